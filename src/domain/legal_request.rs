//! Requests for legal proceedings (C15): what officers ask for, what the service manager decides, and the extract that may follow.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::action::ActionName;
use super::disclosure::{CopyTo, ReliedOn};
use super::ids::{CaseId, ContactId, DisclosureId, LegalRequestId, NoteId, PersonId, RecipientId, TeamId};
use super::note::NoteSummary;
use super::staff::StaffRef;
use super::text::{LongText, Name};
use super::time::Timestamp;
use super::vocabulary::{
    Channel, DisclosureStatus, InformationCategory, LegalDecision, LegalItemDecision, LegalRequestStatus, ToldSubject,
};

/// The body that asks: one of the recipient register, with its team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LegalRecipient {
    /// The body.
    pub recipient_id: RecipientId,
    /// Its team; a council body is permitted by team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub team_id: Option<TeamId>,
}

/// A request of an officer for legal proceedings, to be recorded. Recording it tells nobody anything and decides nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf", "recipient": {"recipientId":
    "019b9288-d680-70c6-a6a3-a4506513270e", "teamId": "019b9289-c0e0-7893-923f-0824128b2f33"}, "officerName": "Sam Okoro", "officerRole":
    "Solicitor", "proceedings": "Judicial review of transport.", "asksFor": "All notes about transport since September.",
    "claimsCourtOrder": false, "receivedOn": "2026-09-14", "deadlineOn": "2026-10-05"}))]
pub struct NewLegalRequest {
    /// The case it is about.
    pub case_id: CaseId,
    /// Who asks.
    pub recipient: LegalRecipient,
    /// The officer, by name: to nobody else would the extract go.
    pub officer_name: Name,
    /// What the officer is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub officer_role: Option<Name>,
    /// The proceedings for which it is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub proceedings: Option<LongText>,
    /// What is asked for.
    pub asks_for: LongText,
    /// Whether the letter speaks of a court order. It changes nothing: without permission nothing leaves (section (e) of the policy).
    pub claims_court_order: bool,
    /// The day on which it arrived.
    pub received_on: NaiveDate,
    /// The day by which the officer wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub deadline_on: Option<NaiveDate>,
}

/// What the service manager decides about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"decision": "grant", "reason": "The mother agreed, and what is asked for is narrow.", "channel": "secure_email",
    "subjectIds": ["01a09f2e-3a82-781f-a8e2-5d940ed90475"], "informationCategories": ["school_provision"], "noteIds": []}))]
pub struct NewLegalDecision {
    /// What is decided.
    pub decision: LegalDecision,
    /// Why; to grant or to refuse needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<LongText>,
    /// With `seek_permission`: the last day on which the family may answer; the officer's deadline, unless said otherwise. Silence is a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub answer_by_on: Option<NaiveDate>,
    /// With `grant`: by which way the extract is to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub channel: Option<Channel>,
    /// With `grant`: about whom.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub subject_ids: Vec<PersonId>,
    /// With `grant`: what kinds of information.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub information_categories: Vec<InformationCategory>,
    /// With `grant`: notes that a permission names.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub note_ids: Vec<NoteId>,
}

/// One item that is held, and whether it goes into the extract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LegalItem {
    /// The note.
    pub note_id: NoteId,
    /// Whether it goes.
    pub decision: LegalItemDecision,
    /// Why.
    pub reason: LongText,
}

/// What is extracted: each note that is held, included or left out, with the reason. There is no way to include all at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"items": [{"noteId": "01a09f5e-5039-765a-95e6-0af593bd04cf", "decision": "include", "reason":
    "It is about transport."}], "summary": "The note about transport of 14 September.", "channel": "secure_email"}))]
pub struct NewLegalExtract {
    /// Every note that counts in the case.
    #[schema(min_items = 1, max_items = 1000)]
    pub items: Vec<LegalItem>,
    /// What the extract is, in words.
    pub summary: LongText,
    /// By which way it is to go, if not as it was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub channel: Option<Channel>,
}

/// Where the copies of an extract go. Without a copy to everybody whose permission it rests on, nothing leaves (C15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"copies": [{"personId": "01a09f30-a93a-7160-8999-50d836f675cc", "contactId":
    "01a09f30-a93a-78d0-9738-f7d93d9c1724"}], "toldSubject": "yes"}))]
pub struct NewLegalDispatch {
    /// Who gets a copy.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub copies: Vec<CopyTo>,
    /// Whether the person was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub told_subject: Option<ToldSubject>,
}

/// That nothing more is done about a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "The officer was told."}))]
pub struct NewLegalClosure {
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<LongText>,
}

/// A copy of an extract, and what it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LegalCopy {
    /// The participant who got it.
    pub person_id: PersonId,
    /// The contact it went to.
    pub contact_id: ContactId,
    /// The notes it held: only what its receiver may have (R15).
    #[schema(max_items = 200)]
    pub note_ids: Vec<NoteId>,
}

/// An extract: the disclosure it is to become, or has become.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LegalExtract {
    /// The disclosure. It can be read once it was sent.
    pub disclosure_id: DisclosureId,
    /// Where it stands.
    pub status: DisclosureStatus,
    /// By which way it goes.
    pub channel: Channel,
    /// The permissions it rests on.
    #[schema(max_items = 1000)]
    pub consents: Vec<ReliedOn>,
    /// What was decided of each item.
    #[schema(max_items = 1000)]
    pub items: Vec<LegalItem>,
    /// The copies, once they were sent.
    #[schema(max_items = 50)]
    pub copies: Vec<LegalCopy>,
}

/// One decision about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LegalDecided {
    /// What was decided.
    pub decision: LegalDecision,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<LongText>,
    /// When.
    pub decided_at: Timestamp,
    /// By whom.
    pub decided_by: StaffRef,
}

/// A request for legal proceedings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0b5d1-0a2b-7c3d-8e4f-5a6b7c8d9e0f", "version": 3, "status": "permission_sought", "caseId":
    "01a09f37-949f-7f28-9fb1-7c2390c192cf", "recipient": {"recipientId": "019b9288-d680-70c6-a6a3-a4506513270e", "teamId":
    "019b9289-c0e0-7893-923f-0824128b2f33"}, "officerName": "Sam Okoro", "officerRole": "Solicitor", "proceedings":
    "Judicial review of transport.", "asksFor": "All notes about transport since September.", "claimsCourtOrder": false, "receivedOn":
    "2026-09-14", "deadlineOn": "2026-10-05", "answerByOn": "2026-10-05", "decisions": [{"decision": "consider", "decidedAt":
    "2026-09-15T09:00:00.000Z", "decidedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}}, {"decision":
    "seek_permission", "decidedAt": "2026-09-15T09:05:00.000Z", "decidedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName":
    "Jo Ashdown"}}], "extracts": [], "disclosureIds": [], "createdAt": "2026-09-14T16:20:00.000Z", "recordedBy": {"id":
    "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}, "allowedActions": ["decide"]}))]
pub struct LegalRequest {
    /// The request.
    pub id: LegalRequestId,
    /// The version, for `If-Match`.
    pub version: i32,
    /// Where it stands.
    pub status: LegalRequestStatus,
    /// What is asked.
    #[serde(flatten)]
    pub content: NewLegalRequest,
    /// The last day on which the family may answer. After it, silence is a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub answer_by_on: Option<NaiveDate>,
    /// The last day of the permission on which the newest extract rests. If it was not sent by then, it is blocked for good (R9, R17).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub permitted_until: Option<NaiveDate>,
    /// What was decided, the newest last.
    #[schema(max_items = 1000)]
    pub decisions: Vec<LegalDecided>,
    /// The extracts, the newest last. What ended before it was sent stays here, and can never be sent.
    #[schema(max_items = 1000)]
    pub extracts: Vec<LegalExtract>,
    /// What left.
    #[schema(max_items = 1000)]
    pub disclosure_ids: Vec<DisclosureId>,
    /// What was noted when it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub closing_reason: Option<LongText>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
    /// What the caller may do with it now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}

/// A request for legal proceedings in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0b5d1-0a2b-7c3d-8e4f-5a6b7c8d9e0f", "status": "received", "caseId":
    "01a09f37-949f-7f28-9fb1-7c2390c192cf", "recipientId": "019b9288-d680-70c6-a6a3-a4506513270e", "receivedOn": "2026-09-14",
    "deadlineOn": "2026-10-05", "createdAt": "2026-09-14T16:20:00.000Z"}))]
pub struct LegalRequestSummary {
    /// The request.
    pub id: LegalRequestId,
    /// Where it stands.
    pub status: LegalRequestStatus,
    /// The case it is about.
    pub case_id: CaseId,
    /// The body that asks.
    pub recipient_id: RecipientId,
    /// The day on which it arrived.
    pub received_on: NaiveDate,
    /// The day by which the officer wants it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub deadline_on: Option<NaiveDate>,
    /// The last day on which the family may answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub answer_by_on: Option<NaiveDate>,
    /// When it was recorded.
    pub created_at: Timestamp,
}

/// A note that could go into an extract, with what was decided of it last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09f5e-5039-765a-95e6-0af593bd04cf", "kind": "discussion", "channel": "phone",
    "occurredAt": "2026-09-14T09:30:00.000Z", "recordedAt": "2026-09-14T09:41:07.112Z",
    "recordedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"},
    "sensitivity": "sensitive", "keepConfidential": true, "informationCategories": ["views_and_wishes", "school_provision"],
    "decision": "leave_out", "reason": "It is not about transport."}))]
pub struct LegalCandidate {
    /// The note.
    #[serde(flatten)]
    pub note: NoteSummary,
    /// Whether it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub decision: Option<LegalItemDecision>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<LongText>,
}

/// Which requests a list shows.
#[derive(Clone, Debug, Default)]
pub struct LegalRequestFilter {
    /// Those that stand so; all, if there are none.
    pub status: Vec<LegalRequestStatus>,
    /// About this case.
    pub case_id: Option<CaseId>,
    /// Those the officer wants before this day.
    pub deadline_before: Option<NaiveDate>,
}

impl LegalRequestStatus {
    /// Where a request stands on this day: if the family has not answered by the day that was named, that is a refusal (C15); and what is drafted is
    /// blocked with the last day of the permission it rests on (R9).
    #[must_use]
    pub fn on(self, today: NaiveDate, answer_by: Option<NaiveDate>, permitted_until: Option<NaiveDate>) -> Self {
        let past = |last: Option<NaiveDate>| last.is_some_and(|last| today > last);
        match self {
            Self::PermissionSought if past(answer_by) => Self::Refused,
            Self::Granted | Self::Extracted if past(permitted_until) => Self::Blocked,
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_a_refusal_and_what_is_drafted_is_blocked_from_the_day_after() {
        use LegalRequestStatus::{Blocked, Considering, Extracted, Granted, PermissionSought, Refused, SentAndCopied};
        let [last, after] = ["2026-06-10", "2026-06-11"].map(|day| day.parse::<NaiveDate>().unwrap());
        let (some, over) = (Some(last), Some(NaiveDate::MIN));
        for (status, then) in [(Granted, Blocked), (Extracted, Blocked), (Considering, Considering), (SentAndCopied, SentAndCopied)] {
            assert_eq!((status.on(last, over, some), status.on(after, over, some), status.on(after, over, None)), (status, then, status));
        }
        assert_eq!(
            [(last, some), (after, some), (after, None)].map(|(day, by)| PermissionSought.on(day, by, over)),
            [PermissionSought, Refused, PermissionSought]
        );
    }
}
