//! Subject access requests (C9; UK GDPR Art. 15): who asks for what is held about whom, the clock, and what came of it. Its items are in `items`.

mod items;

pub use items::{NewSarItems, SarBundle, SarCandidate, SarItem};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::action::ActionName;
use super::fault::Fault;
use super::ids::{ContactId, DisclosureId, PersonId, SarId, StaffId};
use super::staff::StaffRef;
use super::text::{LongText, Name};
use super::time::Timestamp;
use super::vocabulary::{Channel, ClockEventKind, ContactKind, RequesterCapacity, SarExemption, SarRoute, SarStatus};

/// A request for what is held about somebody, as it came. It needs no form and no reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"subjectId": "01a09f2e-3a82-781f-a8e2-5d940ed90475", "requesterId": "01a09f30-a93a-7160-8999-50d836f675cc",
    "capacity": "parent", "receivedOn": "2026-09-14", "route": "spoken_phone", "scope": "Everything since September.",
    "conflictedStaffIds": []}))]
pub struct NewSubjectAccessRequest {
    /// About whom it is.
    pub subject_id: PersonId,
    /// Who asks; to nobody else does the answer go.
    pub requester_id: PersonId,
    /// In which capacity they ask.
    pub capacity: RequesterCapacity,
    /// For whom a representative or solicitor acts: the subject, or a parent of theirs. They are told what that one may be told, and no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub acting_for_id: Option<PersonId>,
    /// The day on which it arrived, be it a working day or not.
    pub received_on: NaiveDate,
    /// By which way.
    pub route: SarRoute,
    /// What is asked for, in their words; everything, if they did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scope: Option<LongText>,
    /// The staff who are the subject or the requester themselves, or close to one of them: another holder of the role decides.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub conflicted_staff_ids: Vec<StaffId>,
}

impl NewSubjectAccessRequest {
    /// What cannot be, as seen on this day. `same` says whether requester and subject are one.
    #[must_use]
    pub fn faults(&self, today: NaiveDate, same: bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.received_on > today {
            faults.push(Fault::new("#/receivedOn", "decided_in_future", "Must not be later than today."));
        }
        if same != (self.capacity == RequesterCapacity::Subject) {
            faults.push(Fault::contradicting("#/capacity"));
        }
        match (self.capacity, self.acting_for_id) {
            (RequesterCapacity::Subject | RequesterCapacity::Parent, Some(_)) => faults.push(Fault::contradicting("#/actingForId")),
            (RequesterCapacity::Representative | RequesterCapacity::Solicitor, None) => {
                faults.push(Fault::new("#/actingForId", "acting_for_missing", "Needs for whom they act."));
            }
            _ => {}
        }
        faults
    }
}

/// One search for what is held: it is reasonable and proportionate, and on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SarSearch {
    /// What was searched: a system, a mailbox, a cabinet.
    pub system: Name,
    /// What for.
    pub terms: LongText,
    /// By whom.
    pub by_staff_id: StaffId,
    /// On which day.
    pub searched_on: NaiveDate,
}

/// What may be changed of a request until it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"deliveryContactId": "01a09f30-a93a-78d0-9738-f7d93d9c1724", "searches": [{"system": "Shared mailbox", "terms":
    "Isla Thornbeck", "byStaffId": "019b8d62-7a80-726b-b2a7-4de452e6b438", "searchedOn": "2026-09-16"}]}))]
pub struct SarUpdate {
    /// The contact of the requester to which the answer goes: one that is safe, and verified to be theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub delivery_contact_id: Option<ContactId>,
    /// Why it is clearly in the best interests of a child that a parent has what is held: of one who can decide and did not authorise it, or who has said
    /// no, or wished that what would go stays in confidence, and was not assessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub best_interests: Option<LongText>,
    /// The searches made.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub searches: Vec<SarSearch>,
    /// The staff who decide nothing about it.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub conflicted_staff_ids: Vec<StaffId>,
}

/// What moves the clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"kind": "extended", "happenedOn": "2026-09-28", "reason": "It is about six years, and three people."}))]
pub struct NewSarClockEvent {
    /// What happened.
    pub kind: ClockEventKind,
    /// On which day: not before the request arrived, nor before what is on record already.
    pub happened_on: NaiveDate,
    /// Why it takes longer, or what is asked; an extension needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<LongText>,
}

/// What moved the clock, as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SarClockEvent {
    /// What happened.
    #[serde(flatten)]
    pub content: NewSarClockEvent,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
}

/// That the request is refused, and that the requester was told why and what they can do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "No authority of the client came.", "rightsNoticeOn": "2026-10-12"}))]
pub struct NewSarRefusal {
    /// Why.
    pub reason: LongText,
    /// On what ground of the law, if on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exemption: Option<SarExemption>,
    /// The day on which the requester was told of it, and of their right to complain and to go to court (UK GDPR Art. 12(4)).
    pub rights_notice_on: NaiveDate,
}

/// By which way the answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"channel": "secure_email"}))]
pub struct NewSarDispatch {
    /// By which way; the delivery contact must be one for it.
    pub channel: Channel,
}

/// Where an answer went, as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SarAddress {
    /// By which way.
    pub channel: Channel,
    /// What kind of contact it is.
    pub kind: ContactKind,
    /// The number or address.
    pub value: Name,
}

/// The days of the clock, computed from what is on record. The deadline is the end of the due day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SarClock {
    /// The day from which the period counts; none while proof of identity or authority is awaited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub start_on: Option<NaiveDate>,
    /// The last day for the answer; none while it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub due_on: Option<NaiveDate>,
    /// The day by which it is meant to be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target_on: Option<NaiveDate>,
    /// The day on which it is urgent: by the stricter way of counting it is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub alert_on: Option<NaiveDate>,
    /// The last day to tell the requester that it takes longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub notice_by_on: Option<NaiveDate>,
}

/// A refusal, as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SarRefusal {
    /// Why, and what the requester was told.
    #[serde(flatten)]
    pub content: NewSarRefusal,
    /// When it was decided.
    pub decided_at: Timestamp,
}

/// A subject access request. Whoever may not decide about it sees what it is and its clock, and nothing of what is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0b5d1-0a2b-7c3d-8e4f-5a6b7c8d9e0f", "version": 2, "status": "running", "subjectId":
    "01a09f2e-3a82-781f-a8e2-5d940ed90475", "requesterId": "01a09f30-a93a-7160-8999-50d836f675cc", "capacity": "parent", "receivedOn":
    "2026-09-03", "route": "spoken_phone", "conflictedStaffIds": [], "startOn": "2026-09-03", "dueOn": "2026-10-05", "targetOn":
    "2026-10-01", "alertOn": "2026-10-02", "noticeByOn": "2026-10-03", "clockEvents": [], "searches": [],
    "disclosureIds": [], "createdAt": "2026-09-03T16:20:00.000Z", "recordedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438",
    "displayName": "Jo Ashdown"}, "allowedActions": ["update", "record_clock_event", "decide_items", "refuse"]}))]
pub struct SubjectAccessRequest {
    /// The request.
    pub id: SarId,
    /// The version, for `If-Match`.
    pub version: i32,
    /// Where it stands.
    pub status: SarStatus,
    /// What is asked.
    #[serde(flatten)]
    pub content: NewSubjectAccessRequest,
    /// Its clock.
    #[serde(flatten)]
    pub clock: SarClock,
    /// What moved the clock, the newest last.
    #[schema(max_items = 1000)]
    pub clock_events: Vec<SarClockEvent>,
    /// Where the answer goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub delivery_contact_id: Option<ContactId>,
    /// Why it is clearly in the best interests of the child.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub best_interests: Option<LongText>,
    /// The searches made.
    #[schema(max_items = 200)]
    pub searches: Vec<SarSearch>,
    /// When the bundle was built that may be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub built_at: Option<Timestamp>,
    /// That it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub refusal: Option<SarRefusal>,
    /// When it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sent_at: Option<Timestamp>,
    /// Where it went, whatever became of that contact since.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sent_to: Option<SarAddress>,
    /// Who sent or refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub decided_by: Option<StaffRef>,
    /// What left, of each case.
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

impl SubjectAccessRequest {
    /// What those see of it who may not decide about it: what it is, and its clock.
    #[must_use]
    pub fn clock_alone(self) -> Self {
        let clock_events = self.clock_events.into_iter().map(|mut event| {
            event.content.reason = None;
            event
        });
        Self {
            content: NewSubjectAccessRequest { scope: None, conflicted_staff_ids: Vec::new(), ..self.content },
            clock_events: clock_events.collect(),
            delivery_contact_id: None,
            best_interests: None,
            searches: Vec::new(),
            built_at: None,
            refusal: None,
            sent_to: None,
            decided_by: None,
            disclosure_ids: Vec::new(),
            ..self
        }
    }
}

/// A subject access request in the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0b5d1-0a2b-7c3d-8e4f-5a6b7c8d9e0f", "status": "running", "subjectId":
    "01a09f2e-3a82-781f-a8e2-5d940ed90475", "requesterId": "01a09f30-a93a-7160-8999-50d836f675cc", "capacity": "parent", "receivedOn":
    "2026-09-03", "startOn": "2026-09-03", "dueOn": "2026-10-05", "targetOn": "2026-10-01", "alertOn": "2026-10-02", "noticeByOn":
    "2026-10-03", "createdAt": "2026-09-03T16:20:00.000Z"}))]
pub struct SubjectAccessRequestSummary {
    /// The request.
    pub id: SarId,
    /// Where it stands.
    pub status: SarStatus,
    /// About whom it is.
    pub subject_id: PersonId,
    /// Who asks.
    pub requester_id: PersonId,
    /// In which capacity.
    pub capacity: RequesterCapacity,
    /// The day on which it arrived.
    pub received_on: NaiveDate,
    /// Its clock.
    #[serde(flatten)]
    pub clock: SarClock,
    /// When it was recorded.
    pub created_at: Timestamp,
}

impl From<&SubjectAccessRequest> for SarUpdate {
    fn from(request: &SubjectAccessRequest) -> Self {
        Self {
            delivery_contact_id: request.delivery_contact_id,
            best_interests: request.best_interests.clone(),
            searches: request.searches.clone(),
            conflicted_staff_ids: request.content.conflicted_staff_ids.clone(),
        }
    }
}
