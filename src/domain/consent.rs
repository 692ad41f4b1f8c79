//! Permissions given and refused: what a person said, as it is recorded.
//!
//! Over 350 lines because the contract of a permission is one list of documented properties.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::action::ActionName;
use super::ids::{
    CapacityRecordId, CaseId, ConsentId, DisclosureId, InformationRequestId, NoteId, PersonId, RecipientId, StaffId, TaskId, TeamId,
};
use super::staff::StaffRef;
use super::text::{LongText, Name};
use super::time::Timestamp;
use super::vocabulary::{
    Channel, ConditionKind, ConsentDecision, ConsentMethod, ConsentStatus, Direction, GranterRelation, InformationCategory, Purpose,
};

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
#[schema(example = json!({"decision": "given", "granterId": "01a09f30-a93a-7160-8999-50d836f675cc", "subjectIds": [
    "01a09f2e-3a82-781f-a8e2-5d940ed90475", "01a09f30-a93a-7160-8999-50d836f675cc"], "purposes": ["liaison", "pass_information"],
    "directions": ["outbound"], "recipients": [{"recipientId": "019b9288-d680-70c6-a6a3-a4506513270e", "teamId":
    "019b9289-c0e0-7893-923f-0824128b2f33"}], "informationCategories": ["concerns_raised", "sen_needs"], "noteIds": [], "conditions": [{
    "kind": "copy_to_granter"}], "method": "verbal_phone", "evidence": {"noticeVersion": "leaflet-3", "wordsUsed":
    "Yes, tell the SEND team, but copy me in.", "language": "en"}, "decidedAt": "2026-09-14T09:40:00.000Z", "startsAt":
    "2026-09-14T09:40:00.000Z", "expiresOn": "2027-09-13"}))]
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
    /// When it was expressed; never in the future. Up to a minute later than now is now, by the clock of the service.
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

/// The end of a permission or refusal, at the word of somebody who may say so (R17). No reason is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"withdrawnById": "01a09f30-a93a-7160-8999-50d836f675cc", "method": "verbal_phone", "wordsUsed":
    "Please stop talking to the SEND team.", "objects": false}))]
pub struct NewWithdrawal {
    /// Who withdraws: the granter, somebody it is about, or whoever decides for them now.
    pub withdrawn_by_id: PersonId,
    /// How it was said.
    pub method: ConsentMethod,
    /// The words used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub words_used: Option<LongText>,
    /// Whether they also refuse the same from now on.
    #[serde(default)]
    pub objects: bool,
}

/// How a permission or refusal was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Withdrawal {
    /// Who withdrew.
    pub withdrawn_by_id: PersonId,
    /// How it was said.
    pub method: ConsentMethod,
    /// The words used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub words_used: Option<LongText>,
    /// From which instant nothing can rest on it.
    pub effective_at: Timestamp,
}

/// What a withdrawal set off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WithdrawalEffects {
    /// Drafts that can never be sent now.
    #[schema(max_items = 1000)]
    pub blocked_disclosure_ids: Vec<DisclosureId>,
    /// Requests to outsiders that were called off.
    #[schema(max_items = 1000)]
    pub cancelled_request_ids: Vec<InformationRequestId>,
    /// Tasks to tell those who received something that permission has ended.
    #[schema(max_items = 1000)]
    pub recall_task_ids: Vec<TaskId>,
    /// Other permissions of the same case by whoever gave this one, which are in force as before. Whoever says "no more" may mean them, too.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub live_consent_ids: Vec<ConsentId>,
    /// The refusal recorded with it, if they objected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub refusal_id: Option<ConsentId>,
}

/// A record that should never have been made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "Recorded on the wrong case."}))]
pub struct NewAnnulment {
    /// Why it was an error.
    pub reason: LongText,
}

/// How a record was marked as entered in error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Annulment {
    /// Why it was an error.
    pub reason: LongText,
    /// When it was marked.
    pub annulled_at: Timestamp,
    /// By whom.
    pub annulled_by: StaffRef,
}

/// A permission given or refused, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09f60-bf30-738b-b9eb-dacc0cb1e29c", "version": 1, "caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf",
    "status": "live", "decision": "given", "granterId": "01a09f30-a93a-7160-8999-50d836f675cc", "subjectIds": [
    "01a09f2e-3a82-781f-a8e2-5d940ed90475", "01a09f30-a93a-7160-8999-50d836f675cc"], "purposes": ["liaison", "pass_information"],
    "directions": ["outbound"], "recipients": [{"recipientId": "019b9288-d680-70c6-a6a3-a4506513270e", "teamId":
    "019b9289-c0e0-7893-923f-0824128b2f33"}], "informationCategories": ["concerns_raised", "sen_needs"], "noteIds": [], "conditions": [{
    "kind": "copy_to_granter"}], "method": "verbal_phone", "evidence": {"noticeVersion": "leaflet-3", "wordsUsed":
    "Yes, tell the SEND team, but copy me in.", "language": "en"}, "decidedAt": "2026-09-14T09:40:00.000Z", "startsAt":
    "2026-09-14T09:40:00.000Z", "expiresOn": "2027-09-13", "expiresAt": "2027-09-13T23:00:00.000Z", "authority": [{"subjectId":
    "01a09f2e-3a82-781f-a8e2-5d940ed90475", "granterRelation": "parent_with_pr", "endsOn": "2033-06-24"}, {"subjectId":
    "01a09f30-a93a-7160-8999-50d836f675cc", "granterRelation": "self"}], "disclosureIds": [], "createdAt": "2026-09-14T10:05:12.880Z",
    "recordedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}, "allowedActions": ["withdraw", "annul"
    ]}))]
pub struct Consent {
    /// The record.
    pub id: ConsentId,
    /// Its version, for the disclosures that rely on it.
    pub version: i32,
    /// The case it belongs to.
    pub case_id: CaseId,
    /// Where it stands.
    pub status: ConsentStatus,
    /// What was agreed or refused.
    #[serde(flatten)]
    pub content: NewConsent,
    /// The first instant that is not covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_at: Option<Timestamp>,
    /// In which capacity the granter speaks, for each person it is about; none where they have no authority (a refusal is kept all the same). While it
    /// is live, by what is on record now; then as it was recorded.
    #[schema(max_items = 50)]
    pub authority: Vec<SubjectAuthority>,
    /// How it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub withdrawal: Option<Withdrawal>,
    /// What the withdrawal set off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub effects: Option<WithdrawalEffects>,
    /// Why it was an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub annulment: Option<Annulment>,
    /// The record that took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub superseded_by_id: Option<ConsentId>,
    /// When it was used, if it counts once only: nothing more can rest on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub used_at: Option<Timestamp>,
    /// When it ended, if it did before its day: withdrawn, replaced, marked as an error, or with the closing of its case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ended_at: Option<Timestamp>,
    /// What was disclosed on the strength of it; what was not sent after all says so itself.
    #[schema(max_items = 1000)]
    pub disclosure_ids: Vec<DisclosureId>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
    /// What the caller may do with it now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}

/// A permission or refusal in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09f60-bf30-738b-b9eb-dacc0cb1e29c", "caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf", "decision":
    "given", "status": "live", "granterId": "01a09f30-a93a-7160-8999-50d836f675cc", "subjectIds": [
    "01a09f2e-3a82-781f-a8e2-5d940ed90475", "01a09f30-a93a-7160-8999-50d836f675cc"], "recipients": [{"recipientId":
    "019b9288-d680-70c6-a6a3-a4506513270e", "teamId": "019b9289-c0e0-7893-923f-0824128b2f33"}], "purposes": ["liaison",
    "pass_information"], "decidedAt": "2026-09-14T09:40:00.000Z", "expiresOn": "2027-09-13"}))]
pub struct ConsentSummary {
    /// The record.
    pub id: ConsentId,
    /// The case it belongs to.
    pub case_id: CaseId,
    /// Given or refused.
    pub decision: ConsentDecision,
    /// Where it stands.
    pub status: ConsentStatus,
    /// Who permits or refuses.
    pub granter_id: PersonId,
    /// Whose information it is about.
    #[schema(max_items = 50)]
    pub subject_ids: Vec<PersonId>,
    /// To whom.
    #[schema(max_items = 50)]
    pub recipients: Vec<ConsentRecipient>,
    /// What for.
    #[schema(max_items = 50)]
    pub purposes: Vec<Purpose>,
    /// When it was expressed.
    pub decided_at: Timestamp,
    /// The last day covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_on: Option<NaiveDate>,
}

/// Which permissions and refusals a list shows.
#[derive(Clone, Debug, Default)]
pub struct ConsentFilter {
    /// Of this case.
    pub case_id: Option<CaseId>,
    /// About this person.
    pub subject_id: Option<PersonId>,
    /// Naming this body.
    pub recipient_id: Option<RecipientId>,
    /// In force at this instant.
    pub active_at: Option<Timestamp>,
    /// Ending before this day.
    pub expires_before: Option<NaiveDate>,
}
