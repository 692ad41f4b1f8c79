//! All that the disclosure decision may look at. No personal text, but the names that must be compared.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::consent::{Condition, ConsentRecipient};
use crate::domain::ids::{CaseId, ConsentId, NoteId, PersonId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{
    CapacityOutcome, ConsentDecision, ConsentStatus, Direction, InformationCategory, ParentalResponsibility, ParticipantRole, PersonKind,
    Purpose, Relation,
};

use super::refusal::{Failing, RefusalRule};

/// The facts of one decision, read in the transaction that records its outcome (R16). The order of the lists means nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Facts {
    /// The people concerned and how they stand to each other; of a risk, only who takes part as a professional.
    pub family: FamilyFacts,
    /// The notes asked for.
    pub notes: Vec<NoteFact>,
    /// Every permission and refusal that names a data subject, of every case and whatever became of it; permissions count in the case of the ask
    /// only, refusals everywhere. None, unless the basis is permission.
    pub consents: Vec<ConsentFact>,
    /// The body asked to receive, if it is in the register.
    pub recipient: Option<RecipientFact>,
    /// Contacts that are not safe to send to, ready to be reported (C3): of a copy, or of a participant who receives.
    pub unsafe_contacts: Vec<Failing>,
    /// What is kept from those who would receive it, or a copy, because of a risk (C17). None, unless the basis is permission.
    pub withheld: Vec<WithheldFact>,
    /// What is known about an anonymised text; without it, basis `anonymised` is refused.
    pub anonymity: Option<AnonymityFacts>,
    /// How far the subject access request is that is answered (basis `data_subject_right`).
    pub sar: SarFacts,
    /// Whether whoever decides may not, and another holder of the role must (C9, C15). It is no matter where somebody is at risk.
    pub conflicted_decider: bool,
    /// The permissions and versions a draft rests on that is decided again now; absent for what is no draft.
    pub resting_on: Option<Vec<(ConsentId, i64)>>,
    /// Configuration.
    pub limits: Limits,
}

/// How far a subject access request is. What is not known is not so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SarFacts {
    /// Whether every item is decided, and the answer built.
    pub decided: bool,
    /// Whether the contact to which it goes is on record, and verified to be that of whoever asks.
    pub verified: bool,
    /// Whether whoever asks may, and has shown that.
    pub authorised: bool,
}

/// The figures of the policy that are configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// So many months a permission may last.
    pub permission_months: u32,
    /// So many families must match all that an anonymised text gives away.
    pub families_floor: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { permission_months: 12, families_floor: 8 }
    }
}

/// The people concerned and how they stand to each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FamilyFacts {
    /// The case of the ask. Authority to permit comes from the rows of this case alone.
    pub case_id: CaseId,
    /// Data subjects, granters, participants; nobody, unless the basis is permission.
    pub people: Vec<PersonFact>,
    /// The participants of this case, and, for refusals, those of every case the data subjects are in.
    pub participants: Vec<ParticipantFact>,
    /// What the caller knows of those of whom they do not know all, because it was told in a case they cannot see (C1).
    pub known_less: Vec<PersonFact>,
    /// The cases that the caller cannot see: who takes part in them, and how, they do not know (C1).
    pub hidden: Vec<CaseId>,
}

impl Default for FamilyFacts {
    fn default() -> Self {
        Self {
            case_id: CaseId(uuid::Uuid::nil()),
            people: Vec::new(),
            participants: Vec::new(),
            known_less: Vec::new(),
            hidden: Vec::new(),
        }
    }
}

impl FamilyFacts {
    /// The facts as far as the caller knows them.
    #[must_use]
    pub fn as_known(&self) -> Self {
        let known = |person: &PersonFact| self.known_less.iter().find(|less| less.id == person.id).unwrap_or(person).clone();
        Self {
            case_id: self.case_id,
            people: self.people.iter().map(known).collect(),
            participants: self.participants.iter().filter(|row| !self.hidden.contains(&row.case_id)).cloned().collect(),
            known_less: Vec::new(),
            hidden: Vec::new(),
        }
    }

    /// The rule as it is told: what breaks only by facts the caller may not know looks like no permission at all, as in R6.
    #[must_use]
    pub fn told(&self, rule: RefusalRule, holds: impl Fn(&Self) -> bool) -> RefusalRule {
        if !self.known_less.is_empty() && holds(&self.as_known()) { RefusalRule::ConsentMissing } else { rule }
    }
}

/// A person.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PersonFact {
    /// Who.
    pub id: PersonId,
    /// As recorded; child or young person is computed (R5).
    pub kind: PersonKind,
    /// The birth date, if known.
    pub date_of_birth: Option<NaiveDate>,
    /// The day they died, if they did: from that day on they permit nothing.
    pub died_on: Option<NaiveDate>,
    /// Competence records of kind `share_information`.
    pub capacity: Vec<CapacityFact>,
}

/// A competence record of kind `share_information`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CapacityFact {
    /// What was found.
    pub outcome: CapacityOutcome,
    /// The day of the assessment.
    pub assessed_on: NaiveDate,
    /// When it was recorded; of two of one day the later counts.
    pub recorded_at: Timestamp,
}

/// A person's part in a case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ParticipantFact {
    /// The case.
    pub case_id: CaseId,
    /// Who.
    pub person_id: PersonId,
    /// The part.
    pub role: ParticipantRole,
    /// How the person stands to the subject of the case.
    pub relation: Relation,
    /// Parental responsibility, one entry a child.
    pub pr: Vec<PrFact>,
    /// The day on which this part began, of somebody who had one in the case before; the first began with whatever it explains.
    pub began_on: Option<NaiveDate>,
    /// The first day on which the person is no participant any more.
    pub ended_on: Option<NaiveDate>,
}

/// Parental responsibility for one child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrFact {
    /// The child.
    pub child_id: PersonId,
    /// Whether it is held.
    pub value: ParentalResponsibility,
    /// The first day with.
    pub from_on: Option<NaiveDate>,
    /// The first day without.
    pub ended_on: Option<NaiveDate>,
}

/// A note asked for: one item of the decision.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "four independent marks of the record, not states")]
pub struct NoteFact {
    /// The note.
    pub id: NoteId,
    /// Whom it is from.
    pub from: Option<PersonId>,
    /// Whom it is about.
    pub about: Vec<PersonId>,
    /// What kinds of information it holds.
    pub categories: Vec<InformationCategory>,
    /// Somebody wishes it to stay confidential (C5).
    pub keep_confidential: bool,
    /// Whose wish that is.
    pub wish_by: Option<PersonId>,
    /// Somebody identifiable in it is no participant.
    pub names_others: bool,
    /// `false` for what was received under the term that it is not passed on (C12).
    pub onward_sharing: bool,
    /// A correction has taken its place.
    pub superseded: bool,
}

/// A permission given or refused.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsentFact {
    /// The record.
    pub id: ConsentId,
    /// Its version.
    pub version: i64,
    /// The case it was recorded in.
    pub case_id: CaseId,
    /// Whether the caller may see that case; a refusal in one he may not see is never told (R6, R7).
    pub visible: bool,
    /// Who permitted or refused.
    pub granter: PersonId,
    /// About whom.
    pub subjects: Vec<PersonId>,
    /// Given or refused.
    pub decision: ConsentDecision,
    /// To whom.
    pub recipients: Vec<ConsentRecipient>,
    /// What for.
    pub purposes: Vec<Purpose>,
    /// Which way.
    pub directions: Vec<Direction>,
    /// What kinds of information.
    pub categories: Vec<InformationCategory>,
    /// Which notes, whatever their categories.
    pub note_ids: Vec<NoteId>,
    /// On what conditions.
    pub conditions: Vec<Condition>,
    /// When it was expressed.
    pub decided_at: Timestamp,
    /// From when it counts; `decided_at` if absent.
    pub starts_at: Option<Timestamp>,
    /// The last day covered. A permission without one covers nothing; refusals have none.
    pub expires_on: Option<NaiveDate>,
    /// As stored: `expired` here is the closing of the case. The last day is judged in the decision.
    pub status: ConsentStatus,
    /// Whether a disclosure has relied on it (`once_only`).
    pub used: bool,
}

/// A body of the recipient register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecipientFact {
    /// Part of the council.
    pub in_council: bool,
    /// Hub, police, social care, designated officer, or another body with such a function.
    pub safeguarding_function: bool,
}

/// A note that is kept from somebody: it, or another version of it, was passed on because of a risk that their knowledge would raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithheldFact {
    /// The note.
    pub note_id: NoteId,
    /// From whom.
    pub from_id: PersonId,
    /// The last day of that.
    pub until_on: NaiveDate,
}

/// What is known about an anonymised text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnonymityFacts {
    /// What `policy::anonymity` found in the text and the cohort, ready to be reported.
    pub hits: Vec<Failing>,
    /// How many distinct families match all that the text gives away, counted up to the floor.
    pub families: u64,
    /// The same normalised text went to the same recipient within 12 months.
    pub repeated: bool,
}
