//! What is asked: the shapes of the contract, and the one form in which the decision takes them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::domain::anonymity::Cohort;
use crate::domain::concern::RiskGrounds;
use crate::domain::ids::{ConcernId, ConsentId, ContactId, NoteId, PersonId, RecipientId, TeamId};
use crate::domain::text::{LongText, Name};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Basis, Channel, Direction, InformationCategory, Purpose, RecipientType, RiskType, ToldSubject};

/// The grounds a caller may ask on (C3). A subject access request has its own dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AskedBasis {
    /// Permission was given.
    Permission,
    /// A child or person is at risk.
    Safeguarding,
    /// Nobody can be recognised.
    Anonymised,
}

impl From<AskedBasis> for Basis {
    fn from(basis: AskedBasis) -> Self {
        match basis {
            AskedBasis::Permission => Self::Permission,
            AskedBasis::Safeguarding => Self::Safeguarding,
            AskedBasis::Anonymised => Self::Anonymised,
        }
    }
}

/// A body that is not in the register, named on the spot; for a risk only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnregisteredRecipient {
    /// Kind of body.
    pub body_type: RecipientType,
    /// Name of the body.
    pub name: Name,
}

/// Who is to receive: `recipientId` with its team and officer, or `personId`, or, for a risk only, `unregistered`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DisclosureRecipient {
    /// A body of the recipient register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub recipient_id: Option<RecipientId>,
    /// The team of that body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub team_id: Option<TeamId>,
    /// The officer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub person_name: Option<Name>,
    /// What the officer is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub person_role: Option<Name>,
    /// A participant of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub person_id: Option<PersonId>,
    /// A body that is not in the register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unregistered: Option<UnregisteredRecipient>,
}

/// A copy of what is passed on. It is checked like a sending (R15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CopyTo {
    /// The participant who gets it.
    pub person_id: PersonId,
    /// The contact it goes to; one marked safe.
    pub contact_id: ContactId,
}

/// Why a risk is passed on (C17). What is missing is refused with `safeguarding_fields_missing`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewSafeguarding {
    /// The concern it joins, if one is recorded already; otherwise one is opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub concern_id: Option<ConcernId>,
    /// Kinds of risk.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub risk_types: Vec<RiskType>,
    /// When the service came to know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub known_at: Option<Timestamp>,
    /// Who is at risk, and why it must be shared.
    #[serde(flatten)]
    pub grounds: RiskGrounds,
}

/// What is passed on, to whom, and why, whatever the ground.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DisclosureContent {
    /// What for; set by the service for a risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub purpose: Option<Purpose>,
    /// Passed on, or asked for.
    pub direction: Direction,
    /// By which way.
    pub channel: Channel,
    /// To whom.
    pub recipient: DisclosureRecipient,
    /// Whom the information beyond notes is about.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub subject_ids: Vec<PersonId>,
    /// The notes passed on.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub note_ids: Vec<NoteId>,
    /// Kinds of the information beyond notes.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub information_categories: Vec<InformationCategory>,
    /// What is passed on, in words; if anonymised, the exact text.
    pub summary: LongText,
    /// Whether the person was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub told_subject: Option<ToldSubject>,
    /// Why not, or not yet; for a risk only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub told_reason: Option<LongText>,
    /// From whom it is withheld, for a risk only: it is left out of their accounting, and its notes do not go to them.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub withhold_from_person_ids: Vec<PersonId>,
    /// Until when it is withheld; for a risk only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub withhold_until_on: Option<NaiveDate>,
    /// Who gets a copy.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub copies: Vec<CopyTo>,
    /// What an anonymised text gives away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cohort: Option<Cohort>,
    /// Why a risk is passed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub safeguarding: Option<NewSafeguarding>,
}

impl DisclosureContent {
    /// Whom it names: whom it is about, who gets it or a copy, who is at risk, and from whom it is withheld.
    pub fn people(&self) -> impl Iterator<Item = PersonId> {
        let at_risk = self.safeguarding.iter().flat_map(|risk| &risk.grounds.at_risk_person_ids);
        let named = self.subject_ids.iter().chain(&self.recipient.person_id).chain(&self.withhold_from_person_ids).chain(at_risk);
        named.copied().chain(self.copies.iter().map(|copy| copy.person_id))
    }
}

/// Information to pass on. The service decides; nothing in this body can assert a permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"basis": "permission", "purpose": "pass_information", "direction": "outbound", "channel": "secure_email",
    "recipient": {"recipientId": "019b9288-d680-70c6-a6a3-a4506513270e", "teamId": "019b9289-c0e0-7893-923f-0824128b2f33", "personName":
    "Sam Okoro", "personRole": "SEND officer"}, "subjectIds": ["01a09f2e-3a82-781f-a8e2-5d940ed90475",
    "01a09f30-a93a-7160-8999-50d836f675cc"], "noteIds": [], "informationCategories": ["concerns_raised"], "copies": [{"personId":
    "01a09f30-a93a-7160-8999-50d836f675cc", "contactId": "01a09f30-a93a-78d0-9738-f7d93d9c1724"}], "summary":
    "The agreed support at lunchtimes has not been in place this term.", "toldSubject": "yes"}))]
pub struct NewDisclosure {
    /// On what ground.
    pub basis: AskedBasis,
    /// What is passed on, and to whom.
    #[serde(flatten)]
    pub content: DisclosureContent,
}

/// May this be passed on? The same question as a disclosure, decided by the same function, without effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"basis": "permission", "purpose": "pass_information", "direction": "outbound", "channel": "secure_email",
    "recipient": {"recipientId": "019b9288-d680-70c6-a6a3-a4506513270e", "teamId": "019b9289-c0e0-7893-923f-0824128b2f33"},
    "subjectIds": ["01a09f2e-3a82-781f-a8e2-5d940ed90475", "01a09f30-a93a-7160-8999-50d836f675cc"], "noteIds": [],
    "informationCategories": ["concerns_raised"], "copies": [{"personId": "01a09f30-a93a-7160-8999-50d836f675cc", "contactId":
    "01a09f30-a93a-78d0-9738-f7d93d9c1724"}]}))]
pub struct NewDisclosureCheck {
    /// On what ground.
    pub basis: AskedBasis,
    /// What for; set by the service for a risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub purpose: Option<Purpose>,
    /// Passed on, or asked for.
    pub direction: Direction,
    /// By which way.
    pub channel: Channel,
    /// To whom.
    pub recipient: DisclosureRecipient,
    /// Whom the information beyond notes is about.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub subject_ids: Vec<PersonId>,
    /// The notes passed on.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub note_ids: Vec<NoteId>,
    /// Kinds of the information beyond notes.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub information_categories: Vec<InformationCategory>,
    /// What is to be passed on, in words; if anonymised, the exact text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub summary: Option<LongText>,
    /// Whether the person was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub told_subject: Option<ToldSubject>,
    /// Why not, or not yet; for a risk only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub told_reason: Option<LongText>,
    /// Who gets a copy.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub copies: Vec<CopyTo>,
    /// What an anonymised text gives away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cohort: Option<Cohort>,
    /// Why a risk is passed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub safeguarding: Option<NewSafeguarding>,
}

/// A permission a disclosure rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReliedOn {
    /// The permission.
    pub consent_id: ConsentId,
    /// Its version when it was relied on.
    #[schema(minimum = 1)]
    pub version: i64,
    /// For whom; sorted.
    #[schema(max_items = 50)]
    pub subject_ids: Vec<PersonId>,
}

/// Who is to receive: exactly one of the three forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum AskRecipient {
    /// A body of the register.
    Body {
        /// Which.
        recipient_id: RecipientId,
        /// Its team.
        team_id: Option<TeamId>,
        /// The officer.
        person_name: Option<Name>,
        /// What the officer is.
        person_role: Option<Name>,
    },
    /// A participant of the case.
    Person(PersonId),
    /// A body that is not in the register; for a risk only.
    Unregistered {
        /// Which.
        body: UnregisteredRecipient,
        /// The officer.
        person_name: Option<Name>,
        /// What the officer is.
        person_role: Option<Name>,
    },
}

/// What is asked, free of contradictions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ask {
    /// On what ground.
    pub basis: Basis,
    /// What for.
    pub purpose: Purpose,
    /// Passed on, or asked for.
    pub direction: Direction,
    /// By which way.
    pub channel: Channel,
    /// To whom.
    pub recipient: AskRecipient,
    /// Whom the information beyond notes is about.
    pub subject_ids: Vec<PersonId>,
    /// The notes passed on.
    pub note_ids: Vec<NoteId>,
    /// Kinds of the information beyond notes.
    pub information_categories: Vec<InformationCategory>,
    /// What is passed on, in words; only a check may leave it out.
    pub summary: Option<LongText>,
    /// Whether the person was told.
    pub told_subject: Option<ToldSubject>,
    /// Why not, or not yet.
    pub told_reason: Option<LongText>,
    /// From whose accounting the entry is withheld.
    pub withhold_from_person_ids: Vec<PersonId>,
    /// Until when.
    pub withhold_until_on: Option<NaiveDate>,
    /// Who gets a copy.
    pub copies: Vec<CopyTo>,
    /// Whether this is an extract for legal proceedings: its copies hold only what their receivers may have (R15). No request can ask for it.
    pub legal_extract: bool,
    /// What an anonymised text gives away.
    pub cohort: Option<Cohort>,
    /// Why a risk is passed on.
    pub safeguarding: Option<NewSafeguarding>,
}
