//! Permissions given and refused: what a person said, as it is recorded.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::ids::{CapacityRecordId, ConsentId, NoteId, PersonId, RecipientId, StaffId, TeamId};
use super::text::{LongText, Name};
use super::time::Timestamp;
use super::vocabulary::{Channel, ConditionKind, ConsentDecision, ConsentMethod, Direction, GranterRelation, InformationCategory, Purpose};

/// Whom a permission or refusal names: an outside body (`recipientId`, with its team and perhaps one officer), or a participant (`personId`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsentRecipient {
    /// The body in the recipient register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub recipient_id: Option<RecipientId>,
    /// The team of that body; a council body always needs one in a permission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub team_id: Option<TeamId>,
    /// The officer, if only this one is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub person_name: Option<Name>,
    /// A participant of the case, instead of a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub person_id: Option<PersonId>,
}

/// One condition of a permission, of a closed list (R15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// Which condition.
    pub kind: ConditionKind,
    /// With `not_before`: the first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub not_before_on: Option<NaiveDate>,
    /// With `channel_in`: the ways information may travel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub channels: Vec<Channel>,
}

/// What a permission or refusal rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsentEvidence {
    /// Version of the privacy notice that was given or read out.
    pub notice_version: Name,
    /// The words used; required if spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub words_used: Option<LongText>,
    /// Language used, a BCP 47 tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub language: Option<Name>,
    /// The member of staff who heard it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub witness_id: Option<StaffId>,
    /// The competence or capacity record it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub capacity_record_id: Option<CapacityRecordId>,
}

/// A permission given or refused, as it is recorded. In a refusal an absent list means "all".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewConsent {
    /// Who permits or refuses; a participant of the case.
    pub granter_id: PersonId,
    /// Whose information it is about.
    #[schema(min_items = 1, max_items = 50)]
    pub subject_ids: Vec<PersonId>,
    /// Given or refused.
    pub decision: ConsentDecision,
    /// To whom.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub recipients: Vec<ConsentRecipient>,
    /// What for.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub purposes: Vec<Purpose>,
    /// Kinds of information.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub information_categories: Vec<InformationCategory>,
    /// Notes, covered whatever their categories.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub note_ids: Vec<NoteId>,
    /// Passing on and asking are permitted separately (C12).
    #[serde(default)]
    #[schema(max_items = 2)]
    pub directions: Vec<Direction>,
    /// All must hold.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub conditions: Vec<Condition>,
    /// How it was expressed.
    pub method: ConsentMethod,
    /// What it rests on.
    pub evidence: ConsentEvidence,
    /// When it was expressed; never in the future.
    pub decided_at: Timestamp,
    /// From when it counts; when it was expressed, unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub starts_at: Option<Timestamp>,
    /// The last day covered; the latest possible day, unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_on: Option<NaiveDate>,
    /// The record this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub supersedes_id: Option<ConsentId>,
}

/// In which capacity somebody permitted for one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubjectAuthority {
    /// For whom.
    pub subject_id: PersonId,
    /// In which capacity.
    pub granter_relation: GranterRelation,
    /// The last day of it, if known: the age-out day, or an earlier end of parental responsibility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ends_on: Option<NaiveDate>,
}
