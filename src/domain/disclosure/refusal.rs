//! The answer that is no: which rule, where, and what would help.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::ids::{CaseId, PersonId};
use crate::domain::vocabulary::Remedy;

/// The problem code of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// 409: no permission in force (R3 to R9, R16).
    ConsentRequired,
    /// 409: a permission in force does not reach this far (R10 to R15).
    ConsentScopeExceeded,
    /// 422: against a rule of the request itself.
    RuleViolated,
    /// 422: an anonymised text tells who is meant (C6).
    IdentifyingDetails,
    /// 422: an extract for legal proceedings without a copy to somebody whose permission it rests on (C15).
    CopyRecipientRequired,
    /// 409: wrong state.
    InvalidState,
    /// 409: whoever decides is too close to it (C9, C15).
    SamePerson,
}

impl RefusalCode {
    /// The code as written in a problem.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConsentRequired => "consent-required",
            Self::ConsentScopeExceeded => "consent-scope-exceeded",
            Self::RuleViolated => "rule-violated",
            Self::IdentifyingDetails => "identifying-details",
            Self::CopyRecipientRequired => "copy-recipient-required",
            Self::InvalidState => "invalid-state",
            Self::SamePerson => "same-person",
        }
    }
}

macro_rules! rules {
    ($($variant:ident = $value:tt, $number:expr, [$($remedy:ident),*], $detail:literal;)+) => {
        /// The finer reason of a refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        pub enum RefusalRule {
            $(#[doc = $detail] #[serde(rename = $value)] $variant,)+
        }

        impl RefusalRule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The rule as written in `errors[]`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $value,)+ }
            }

            /// The number of the rule in the policy, for those that have one.
            #[must_use]
            pub fn number(self) -> Option<&'static str> {
                match self { $(Self::$variant => $number,)+ }
            }

            /// Fixed words for people; no submitted or stored value is ever quoted.
            #[must_use]
            pub fn detail(self) -> &'static str {
                match self { $(Self::$variant => $detail,)+ }
            }

            /// What would make it possible.
            #[must_use]
            pub fn remedies(self) -> &'static [Remedy] {
                match self { $(Self::$variant => &[$(Remedy::$remedy),*],)+ }
            }
        }
    };
}

rules! {
    NoteSuperseded = "note_superseded", Some("R1"), [LeaveOut], "A correction has taken the place of this note.";
    CaseClosed = "case_closed", Some("R1"), [], "The case is closed.";
    SarNotDecided = "sar_not_decided", Some("R2"), [AskManager], "The manager has not decided every item of this subject access request.";
    AddressUnverified = "address_unverified", None, [AskManager], "The address of the requester is not verified.";
    AuthorityMissing = "authority_missing", None, [AskManager], "The authority to ask for another person is not on record.";
    NotDecided = "not_decided", None, [AskManager], "The manager has not decided yet.";
    ConflictOfInterest = "conflict_of_interest", None, [AskManager], "This member of staff serves another side of the family.";
    ConflictedDecider = "conflicted_decider", None, [AskManager], "Another holder of the role must decide this.";
    ConsentMissing = "consent_missing", Some("R3"), [AskPermission, LeaveOut, Anonymise], "Nobody has given permission for these people.";
    GranterNotAuthorised = "granter_not_authorised", Some("R4"), [AskPermission, LeaveOut, Anonymise], "Permission was given by somebody who could not give it for these people.";
    GranterAuthorityLapsed = "granter_authority_lapsed", Some("R5"), [AskPermission, LeaveOut, Anonymise], "Whoever gave permission may no longer decide for these people.";
    SubjectRefused = "subject_refused", Some("R6"), [LeaveOut, Anonymise], "These people have said no.";
    CompetenceNotAssessed = "competence_not_assessed", Some("R6"), [LeaveOut, Anonymise], "A child has said no; assess first whether the child can decide this.";
    ConflictingRefusal = "conflicting_refusal", Some("R7"), [LeaveOut, Anonymise, AskManager], "Somebody else who decides for these people has said no.";
    ConsentWithdrawn = "consent_withdrawn", Some("R8"), [AskPermission, LeaveOut, Anonymise], "The permission was withdrawn.";
    ConsentSuperseded = "consent_superseded", Some("R8"), [AskPermission, LeaveOut, Anonymise], "Another record has taken the place of the permission.";
    ConsentEnteredInError = "consent_entered_in_error", Some("R8"), [AskPermission, LeaveOut, Anonymise], "The permission was entered in error.";
    ConsentNotStarted = "consent_not_started", Some("R9"), [AskPermission, LeaveOut, Anonymise], "The permission does not count yet.";
    ConsentExpired = "consent_expired", Some("R9"), [AskPermission, LeaveOut, Anonymise], "The permission has ended.";
    RecipientNotCovered = "recipient_not_covered", Some("R10"), [AskPermission, Anonymise], "The permission given does not name this recipient.";
    PurposeNotCovered = "purpose_not_covered", Some("R11"), [AskPermission, Anonymise], "The permission given is not for this purpose.";
    DataNotCovered = "data_not_covered", Some("R12"), [AskPermission, LeaveOut, Anonymise], "This note holds information outside the permission given.";
    OnwardSharingNotCovered = "onward_sharing_not_covered", Some("R12"), [AskPermission, LeaveOut, Anonymise], "This was received in confidence; only a permission naming the note covers passing it on.";
    DirectionNotCovered = "direction_not_covered", Some("R13"), [AskPermission, Anonymise], "The permission given is for the other direction; passing on and asking are permitted separately.";
    ItemMarkedConfidential = "item_marked_confidential", Some("R14"), [AskPermission, LeaveOut, Anonymise], "This note is to stay confidential; only a permission naming it covers it.";
    ConditionUnmet = "condition_unmet", Some("R15"), [AskPermission, Anonymise], "A condition of the permission does not hold.";
    CopyNotPermitted = "copy_not_permitted", Some("R15"), [AskPermission, LeaveOut], "Somebody who would get a copy may not see this.";
    CopyRecipientRequired = "copy_recipient_required", Some("R15"), [], "Somebody whose permission it rests on would get no copy.";
    WithheldFromRecipient = "withheld_from_recipient", Some("R2"), [LeaveOut], "This note was passed on because of a risk, and is kept from whoever would receive it.";
    ConsentChanged = "consent_changed", Some("R16"), [AskPermission], "The permissions have changed since this was decided.";
    ContradictingFields = "contradicting_fields", None, [], "This property does not go with the others.";
    DisclosureRequired = "disclosure_required", None, [], "Name the disclosure that allowed the contact.";
    UnsafeContact = "unsafe_contact", None, [], "This contact is not marked safe, is to be avoided, or is of somebody who has died.";
    SafeguardingFieldsMissing = "safeguarding_fields_missing", Some("R2"), [], "Passing on a risk needs this.";
    RecipientWithoutSafeguardingFunction = "recipient_without_safeguarding_function", Some("R2"), [], "A risk is passed on only to those who protect: hub, police, social care, designated officer.";
    GranterNotParticipant = "granter_not_participant", None, [], "Whoever permits or refuses must be a participant of the case.";
    RecipientTooBroad = "recipient_too_broad", None, [], "Permission to share with the council names a team.";
    VerbalWordsMissing = "verbal_words_missing", None, [], "What is said is recorded with the words used.";
    ExpiryTooLate = "expiry_too_late", None, [], "The last day is later than a permission may last.";
    DecidedInFuture = "decided_in_future", None, [], "This lies in the future.";
    WishDetailsMissing = "wish_details_missing", None, [], "A wish needs whose it is, one of those the note is from or about, and the day.";
    ReferralAgreementMissing = "referral_agreement_missing", None, [], "A professional says how and when the family agreed.";
    PersonNotTold = "person_not_told", None, [], "The person was to be told later: record that they were told, or renew the reason for not telling them.";
    KeptApart = "kept_apart", None, [], "One of them, or somebody in a case of theirs, is or was served separately: nothing is joined to that.";
    AlreadyMerged = "already_merged", None, [], "One of them counts as somebody else already, or others count as the one who would be merged.";
    AudiencesDiffer = "audiences_differ", None, [], "Not the same staff see the cases of both: restrict them alike first, or keep the two apart.";
    FactsContradict = "facts_contradict", None, [], "What is on record of the two cannot be true of one person.";
    PersonMerged = "person_merged", None, [], "This person counts as another now: what is new is recorded of that one.";
    CorrectionReasonMissing = "correction_reason_missing", None, [], "A correction needs a reason.";
    IdentifierName = "identifier_name", Some("R2"), [LeaveOut, AskPermission], "The text holds a word of the name of somebody in this case.";
    IdentifierTitledName = "identifier_titled_name", Some("R2"), [LeaveOut, AskPermission], "The text names somebody by title.";
    IdentifierInitials = "identifier_initials", Some("R2"), [LeaveOut, AskPermission], "The text holds the initials of somebody in this case and names a setting.";
    IdentifierBirthDate = "identifier_birth_date", Some("R2"), [LeaveOut, AskPermission], "The text holds a full date that is or may be a date of birth.";
    IdentifierPostcode = "identifier_postcode", Some("R2"), [LeaveOut, AskPermission], "The text holds a postcode or postcode sector; name a wider area instead.";
    IdentifierAddress = "identifier_address", Some("R2"), [LeaveOut, AskPermission], "The text holds a house number and street.";
    IdentifierEmail = "identifier_email", Some("R2"), [LeaveOut, AskPermission], "The text holds an email address.";
    IdentifierLink = "identifier_link", Some("R2"), [LeaveOut, AskPermission], "The text holds a web address or the name of an online account.";
    IdentifierNumber = "identifier_number", Some("R2"), [LeaveOut, AskPermission], "The text holds a number by which somebody may be found.";
    IdentifierReference = "identifier_reference", Some("R2"), [LeaveOut, AskPermission], "The text holds a reference by which a person or a case may be found.";
    CohortTooSmall = "cohort_too_small", Some("R2"), [LeaveOut, AskPermission], "Too few families match all that the text gives away; say less, or ask for permission to identify.";
    CohortDescriptorMissing = "cohort_descriptor_missing", Some("R2"), [LeaveOut, AskPermission], "The text names a setting or postcode district that the cohort does not list.";
    RepeatedWording = "repeated_wording", Some("R2"), [LeaveOut, AskPermission], "The same wording went to this recipient within the last 12 months.";
    OnHold = "on_hold", None, [], "A hold keeps this case.";
    CaseNotClosed = "case_not_closed", None, [], "Only what is closed is disposed of.";
    Unsettled = "unsettled", None, [], "A request for legal proceedings is not closed, or what was decided about a risk is not reviewed.";
    OtherRetentionClass = "other_retention_class", None, [], "This case belongs to another class of the retention schedule.";
    PeriodNotOver = "period_not_over", None, [], "The period for which this case is kept is not over, or cannot be told.";
    BirthDateKnown = "birth_date_known", None, [], "All that its period depends on is known.";
    DisposalProposed = "disposal_proposed", None, [], "It is proposed for disposal already.";
    OfficerAgreementMissing = "officer_agreement_missing", None, [], "A risk is in this case: say which data protection officer agreed, and when.";
    StillCounts = "still_counts", None, [], "A refusal or an assessment in it counts in another case of somebody: record it there first.";
}

impl RefusalRule {
    /// Whether the refusal says whom it is about (R3 to R9): with the later rules the item says enough.
    #[must_use]
    pub fn names_people(self) -> bool {
        (Self::ConsentMissing..=Self::ConsentExpired).contains(&self)
    }
}

impl std::fmt::Display for RefusalRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A part of a text, in characters: from `start` up to, but without, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TextRange {
    /// The first character.
    #[schema(minimum = 0, maximum = 20_000)]
    pub start: u32,
    /// The first character after it.
    #[schema(minimum = 0, maximum = 20_000)]
    pub end: u32,
}

/// One thing that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failing {
    /// Where in the request, as a JSON pointer fragment: `#/noteIds/0`.
    pub pointer: String,
    /// Why.
    pub rule: RefusalRule,
    /// Whom it is about, where people are meant; sorted.
    pub subject_ids: Vec<PersonId>,
    /// Which part of the text, for what identifies somebody.
    pub range: Option<TextRange>,
}

impl Failing {
    /// A failing of the request, about nobody in particular.
    #[must_use]
    pub fn at(pointer: impl Into<String>, rule: RefusalRule) -> Self {
        Self { pointer: pointer.into(), rule, subject_ids: Vec::new(), range: None }
    }

    /// What it means, in fixed words: those of the rule, unless they do not fit the place.
    #[must_use]
    pub fn detail(&self) -> &'static str {
        match self.rule {
            RefusalRule::DataNotCovered if self.pointer.starts_with("#/informationCategories") => {
                "The permission given does not cover this kind of information."
            }
            RefusalRule::DataNotCovered if self.pointer.starts_with("#/subjectIds") => {
                "The permission given covers no information about these people."
            }
            rule => rule.detail(),
        }
    }
}

/// A disclosure that was refused. It is committed and logged like one that was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The problem code.
    pub code: RefusalCode,
    /// Everything that fails, in the order of the request; never empty.
    pub failings: Vec<Failing>,
    /// Clauses of the policy that bear on what was asked.
    pub clauses: Vec<&'static str>,
    /// Where people who decide together disagree: a review task for the manager (R7). Not for the caller, who may not know of it.
    pub conflicts: Vec<Conflict>,
}

/// People who decide together disagree about somebody (R7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// About whom.
    pub about: PersonId,
    /// The refusals, each by its case and who said no.
    pub refusals: BTreeSet<(CaseId, PersonId)>,
    /// Whether those who see the case that is asked of know that one of this case counts.
    pub shows_here: bool,
}

impl Refusal {
    /// Of the conflicts that show in this case to the caller, only those do that show to everybody who sees it.
    pub fn conflicts_seen_by_all(&mut self, by_all: &[Conflict]) {
        for conflict in &mut self.conflicts {
            conflict.shows_here &= by_all.iter().any(|seen| seen.about == conflict.about && seen.shows_here);
        }
    }

    /// The number of the rule that decides: that of the first failing which led to the code.
    #[must_use]
    pub fn rule(&self) -> Option<&'static str> {
        let required = |rule: RefusalRule| rule.names_people() || rule == RefusalRule::ConsentChanged;
        let decisive = self.failings.iter().find(|failing| (self.code == RefusalCode::ConsentRequired) == required(failing.rule));
        decisive.or(self.failings.first()).and_then(|failing| failing.rule.number())
    }

    /// What would make it possible, in the order of the vocabulary.
    #[must_use]
    pub fn remedies(&self) -> Vec<Remedy> {
        let mut remedies: Vec<_> = self.failings.iter().flat_map(|failing| failing.rule.remedies()).copied().collect();
        remedies.sort_unstable();
        remedies.dedup();
        remedies
    }
}
