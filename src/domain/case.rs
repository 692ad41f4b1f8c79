//! Cases: why a family came, what they need, who works with them (C2, C4).
//!
//! Over 350 lines because the contract of a case is one list of documented properties.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::action::ActionName;
use super::ids::{CaseId, PersonId, StaffId};
use super::participant::{NewParticipant, Participant};
use super::staff::StaffRef;
use super::text::{LongText, Name};
use super::time::Timestamp;
use super::vocabulary::{
    AppealType, CaseStatus, InterventionLevel, Outcome, PersonKind, ReasonForContact, ReferralSource, RetentionClass, SenNeed,
    SenProvision, Setting,
};

/// A reason why the family contacted the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContactReason)]
pub struct Reason {
    /// The reason.
    pub reason: ReasonForContact,
    /// Whether it is the main one. Exactly one is.
    pub primary: bool,
}

/// A special educational need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RankedNeed {
    /// Its type.
    #[serde(rename = "type")]
    pub need: SenNeed,
    /// 1 for the main need, 2 for the second.
    #[schema(format = Int32, minimum = 1, maximum = 2)]
    pub rank: u8,
}

/// What is recorded of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaseContent {
    /// The national intervention level.
    pub intervention_level: InterventionLevel,
    /// How the family came to the service.
    pub referral_source: ReferralSource,
    /// Why they came; exactly one reason is the primary one.
    #[schema(min_items = 1, max_items = 29)]
    pub reasons_for_contact: Vec<Reason>,
    /// The needs of the child or young person, at most one of each rank.
    #[serde(default)]
    #[schema(max_items = 2)]
    pub sen_needs: Vec<RankedNeed>,
    /// Special educational provision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sen_provision: Option<SenProvision>,
    /// The kind of educational setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub setting: Option<Setting>,
    /// The name of the educational setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub setting_name: Option<Name>,
    /// The area of the council, one of those configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 100)]
    pub area: Option<String>,
    /// What came of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub outcome: Option<Outcome>,
    /// What a tribunal appeal is about.
    #[serde(default)]
    #[schema(max_items = 8)]
    pub appeal_types: Vec<AppealType>,
    /// What it is about, in a few sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub summary: Option<LongText>,
}

impl CaseContent {
    /// A case at this level, of which nothing is known but how the family came, and why.
    #[must_use]
    pub fn bare(intervention_level: InterventionLevel, referral_source: ReferralSource, reason: ReasonForContact) -> Self {
        Self {
            intervention_level,
            referral_source,
            reasons_for_contact: vec![Reason { reason, primary: true }],
            sen_needs: Vec::new(),
            sen_provision: None,
            setting: None,
            setting_name: None,
            area: None,
            outcome: None,
            appeal_types: Vec::new(),
            summary: None,
        }
    }

    fn coherent(&self) -> Result<(), ValidationError> {
        let fault = |at: &str, code, detail: &'static str| {
            let mut fault = ValidationError::new(code).with_message(detail.into());
            fault.add_param("at".into(), &at);
            Err(fault)
        };
        if self.reasons_for_contact.iter().filter(|reason| reason.primary).count() != 1 {
            return fault("reasonsForContact", "primary_reason", "Exactly one of reasonsForContact must be the primary one.");
        }
        let twice = |rank| self.sen_needs.iter().filter(|need| need.rank == rank).count() > 1;
        if twice(1) || twice(2) || self.sen_needs.iter().any(|need| !(1..=2).contains(&need.rank)) {
            return fault("senNeeds", "need_ranks", "Each of senNeeds has a rank of its own, 1 or 2.");
        }
        Ok(())
    }
}

/// A case to be opened. That never depends on permission to share (R19).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[validate(schema(function = "new_is_coherent", skip_on_field_errors = false))]
#[schema(example = json!({"interventionLevel": "l2", "referralSource": "self_parent", "reasonsForContact": [{"reason":
    "sen_support_school", "primary": true}, {"reason": "attendance_non_attendance", "primary": false}], "senNeeds": [{"type": "slcn",
    "rank": 1}, {"type": "semh", "rank": 2}], "senProvision": "k", "setting": "mainstream", "settingName": "Larkbeck Primary", "area":
    "south", "appealTypes": [], "summary": "Support plan not followed since July.", "participants": [{"personId":
    "01a09f2e-3a82-781f-a8e2-5d940ed90475", "role": "subject", "relation": "self", "servedSeparately": false}, {"personId":
    "01a09f30-a93a-7160-8999-50d836f675cc", "role": "service_user", "relation": "parent", "parentalResponsibility": [{"childId":
    "01a09f2e-3a82-781f-a8e2-5d940ed90475", "value": "yes", "evidence": "self_declared"}], "servedSeparately": false}]}))]
pub struct NewCase {
    /// What is recorded of it.
    #[serde(flatten)]
    pub content: CaseContent,
    /// Who takes part in it.
    #[schema(min_items = 1, max_items = 50)]
    #[validate(nested)]
    pub participants: Vec<NewParticipant>,
    /// Who works on it; whoever opens it, if that is not said. A service manager may give it to somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub assignment: Option<CaseAssignment>,
    /// Who may open it from its first moment; a service manager says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    #[validate(nested)]
    pub restriction: Option<CaseRestriction>,
}

fn new_is_coherent(case: &NewCase) -> Result<(), ValidationError> {
    case.content.coherent()
}

/// Whether work on a case goes on. Closing and reopening are acts of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkStatus {
    /// It does.
    Open,
    /// It rests.
    Inactive,
}

impl From<WorkStatus> for CaseStatus {
    fn from(status: WorkStatus) -> Self {
        match status {
            WorkStatus::Open => Self::Open,
            WorkStatus::Inactive => Self::Inactive,
        }
    }
}

/// What may be changed of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[validate(schema(function = "still_coherent", skip_on_field_errors = false))]
#[schema(example = json!({"setting": "special", "settingName": null}))]
pub struct CaseUpdate {
    /// What is recorded of it.
    #[serde(flatten)]
    pub content: CaseContent,
    /// Whether work on it goes on.
    pub status: WorkStatus,
}

fn still_coherent(case: &CaseUpdate) -> Result<(), ValidationError> {
    case.content.coherent()
}

/// How a case ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"outcome": "agreed"}))]
pub struct CaseClosure {
    /// What came of it.
    pub outcome: Outcome,
}

/// Why a case begins again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"reason": "The plan was stopped again."}))]
pub struct NewReopening {
    /// Why.
    pub reason: LongText,
}

/// Who shall work on a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"staffId": "019b8d62-7a80-726b-b2a7-4de452e6b438"}))]
pub struct CaseAssignment {
    /// The member of staff.
    pub staff_id: StaffId,
}

/// Who may open a case. It replaces what was so before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"restricted": true, "namedStaffIds": ["019b8d62-7a80-726b-b2a7-4de452e6b438"], "conflictedStaffIds": [],
    "reason": "A member of staff is related to the family."}))]
pub struct CaseRestriction {
    /// Whether only named staff may open it.
    pub restricted: bool,
    /// Staff who may.
    #[schema(max_items = 50)]
    pub named_staff_ids: Vec<StaffId>,
    /// Staff who may never, because of a conflict of interest.
    #[schema(max_items = 50)]
    pub conflicted_staff_ids: Vec<StaffId>,
    /// Why.
    pub reason: LongText,
}

/// That a case began again. Permissions that had ended stay ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reopening {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: StaffRef,
    /// Why.
    pub reason: LongText,
}

/// That it was set who may open a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestrictionSet {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: StaffRef,
    /// Why.
    pub reason: LongText,
}

/// That a case came to a level of intervention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LevelSet {
    /// The level.
    pub intervention_level: InterventionLevel,
    /// Since when.
    pub at: Timestamp,
    /// Who set it.
    pub by: StaffRef,
}

/// How long a record is kept (C16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Retention {
    /// The class of the retention schedule.
    pub class: RetentionClass,
    /// The day on which its keeping is looked at; absent while a date it depends on is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub review_on: Option<NaiveDate>,
    /// Whether a hold keeps it beyond that day.
    pub held: bool,
    /// The day until which something that is in it is kept for itself, whether or not the day of the case is known.
    #[serde(skip)]
    #[schema(ignore)]
    pub items_until: Option<NaiveDate>,
}

/// What decides how long a case is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionFacts {
    /// The level of intervention.
    pub level: InterventionLevel,
    /// Special educational provision.
    pub provision: Option<SenProvision>,
    /// The day on which it was opened.
    pub opened_on: NaiveDate,
    /// The day on which it was closed, if it is.
    pub closed_on: Option<NaiveDate>,
    /// The last contact.
    pub last_contact_on: NaiveDate,
    /// The child or young person it is about, if anybody is named; several in a case about siblings.
    pub subjects: Vec<SubjectFact>,
    /// Whether anybody in it is known by name.
    pub identified: bool,
    /// The last day on which something was passed on because of a risk, or withheld.
    pub risk_on: Option<NaiveDate>,
    /// The last day on which something was passed on by permission.
    pub relied_on: Option<NaiveDate>,
    /// The day of the last request for legal proceedings.
    pub legal_on: Option<NaiveDate>,
    /// The last day on which a subject access request about it was answered or refused.
    pub sar_on: Option<NaiveDate>,
}

/// A child or young person a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectFact {
    /// The kind of person, as recorded.
    pub kind: PersonKind,
    /// The birth date, if known.
    pub date_of_birth: Option<NaiveDate>,
    /// Whether a council ever looked after them.
    pub looked_after: bool,
    /// Whether they are served for themselves.
    pub own_case: bool,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09f37-949f-7f28-9fb1-7c2390c192cf", "reference": "IASS-2026-000123", "version": 1, "status": "open",
    "restricted": false, "namedStaffIds": [], "conflictedStaffIds": [], "assignedTo": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438",
    "displayName": "Jo Ashdown"}, "openedAt": "2026-09-14T09:20:15.007Z", "createdAt": "2026-09-14T09:20:15.007Z", "recordedBy": {"id":
    "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}, "retention": {"class": "rc03_child_casework", "reviewOn":
    "2042-02-11", "held": false}, "participants": [{"id": "01a09f37-949f-7a0a-a170-b33839263059", "version": 1, "caseId":
    "01a09f37-949f-7f28-9fb1-7c2390c192cf", "personId": "01a09f2e-3a82-781f-a8e2-5d940ed90475", "role": "subject", "relation": "self",
    "servedSeparately": false, "createdAt": "2026-09-14T09:20:15.007Z", "recordedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438",
    "displayName": "Jo Ashdown"}, "allowedActions": ["update"]}, {"id": "01a09f37-949f-70ff-b29d-0da9953f48f1", "version": 1, "caseId":
    "01a09f37-949f-7f28-9fb1-7c2390c192cf", "personId": "01a09f30-a93a-7160-8999-50d836f675cc", "role": "service_user", "relation":
    "parent", "parentalResponsibility": [{"childId": "01a09f2e-3a82-781f-a8e2-5d940ed90475", "value": "yes", "evidence": "self_declared"
    }], "servedSeparately": false, "createdAt": "2026-09-14T09:20:15.007Z", "recordedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438",
    "displayName": "Jo Ashdown"}, "allowedActions": ["update"]}], "reopenings": [], "restrictions": [], "interventionHistory": [{"interventionLevel": "l2", "at": "2026-09-14T09:20:15.007Z", "by": {"id":
    "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}}], "interventionLevel": "l2", "referralSource":
    "self_parent", "reasonsForContact": [{"reason": "sen_support_school", "primary": true}, {"reason": "attendance_non_attendance",
    "primary": false}], "senNeeds": [{"type": "slcn", "rank": 1}, {"type": "semh", "rank": 2}], "senProvision": "k", "setting":
    "mainstream", "settingName": "Larkbeck Primary", "area": "south", "appealTypes": [], "summary":
    "Support plan not followed since July.", "allowedActions": ["update", "close", "assign", "add_participant", "add_note",
    "record_consent", "check_disclosure", "record_disclosure", "request_information"]}))]
pub struct Case {
    /// The case.
    pub id: CaseId,
    /// The reference by which people name it, `IASS-2026-000123`.
    #[schema(max_length = 40, example = "IASS-2026-000123")]
    pub reference: String,
    /// The version, for `If-Match`.
    pub version: i32,
    /// Where it stands.
    pub status: CaseStatus,
    /// Whether only named staff may open it.
    pub restricted: bool,
    /// Staff who may.
    #[schema(max_items = 50)]
    pub named_staff_ids: Vec<StaffId>,
    /// Staff who may never.
    #[schema(max_items = 50)]
    pub conflicted_staff_ids: Vec<StaffId>,
    /// Who works on it.
    pub assigned_to: StaffRef,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub closed_at: Option<Timestamp>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
    /// How long it is kept.
    pub retention: Retention,
    /// Who takes part in it.
    #[schema(max_items = 1000)]
    pub participants: Vec<Participant>,
    /// How often it began again, and why.
    #[schema(max_items = 1000)]
    pub reopenings: Vec<Reopening>,
    /// How often it was set who may open it, and why.
    #[schema(max_items = 1000)]
    pub restrictions: Vec<RestrictionSet>,
    /// The levels of intervention it had, oldest first; the last is that of now.
    #[schema(max_items = 1000)]
    pub intervention_history: Vec<LevelSet>,
    /// What is recorded of it.
    #[serde(flatten)]
    pub content: CaseContent,
    /// What the caller may do with this record now.
    #[schema(max_items = 20)]
    pub allowed_actions: Vec<ActionName>,
}

impl Case {
    /// What may be changed, as it is now; nothing of a closed case.
    #[must_use]
    pub fn writable(&self) -> Option<CaseUpdate> {
        let status = match self.status {
            CaseStatus::Open => WorkStatus::Open,
            CaseStatus::Inactive => WorkStatus::Inactive,
            CaseStatus::Closed => return None,
        };
        Some(CaseUpdate { content: self.content.clone(), status })
    }
}

/// A case in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09f37-949f-7f28-9fb1-7c2390c192cf", "reference": "IASS-2026-000123", "status": "open",
    "interventionLevel": "l2", "restricted": false, "assignedTo": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName":
    "Jo Ashdown"}, "openedAt": "2026-09-14T09:20:15.007Z"}))]
pub struct CaseSummary {
    /// The case.
    pub id: CaseId,
    /// The reference by which people name it.
    #[schema(max_length = 40)]
    pub reference: String,
    /// Where it stands.
    pub status: CaseStatus,
    /// The national intervention level.
    pub intervention_level: InterventionLevel,
    /// Whether only named staff may open it.
    pub restricted: bool,
    /// Who works on it.
    pub assigned_to: StaffRef,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub closed_at: Option<Timestamp>,
}

/// Which cases to list.
#[derive(Clone, Debug, Default)]
pub struct CaseFilter {
    /// Only those that stand so; empty: all.
    pub status: Vec<CaseStatus>,
    /// Only those this member of staff works on.
    pub assigned_to: Option<StaffId>,
    /// Only those in which this person takes or took part, or whoever is one with them (C2).
    pub person_id: Option<PersonId>,
    /// Only the one that has this reference.
    pub reference: Option<String>,
    /// Only those at these levels; empty: all.
    pub intervention_level: Vec<InterventionLevel>,
    /// Only those of this area.
    pub area: Option<String>,
    /// Only those that are restricted, or those that are not.
    pub restricted: Option<bool>,
    /// Only those opened from this instant on.
    pub opened_from: Option<Timestamp>,
    /// Only those opened before this instant.
    pub opened_to: Option<Timestamp>,
    /// The oldest first, instead of the newest.
    pub oldest_first: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(reasons: &[bool], ranks: &[u8]) -> CaseContent {
        let reason = |primary: &bool| Reason { reason: ReasonForContact::Funding, primary: *primary };
        CaseContent {
            reasons_for_contact: reasons.iter().map(reason).collect(),
            sen_needs: ranks.iter().map(|rank| RankedNeed { need: SenNeed::Slcn, rank: *rank }).collect(),
            ..CaseContent::bare(InterventionLevel::L2, ReferralSource::SelfParent, ReasonForContact::Funding)
        }
    }

    #[test]
    fn a_case_has_exactly_one_primary_reason_and_one_need_of_each_rank() {
        for (reasons, ranks, code) in [
            (&[true][..], &[][..], None),
            (&[true, false], &[2, 1], None),
            (&[false], &[], Some("primary_reason")),
            (&[true, true], &[], Some("primary_reason")),
            (&[true], &[1, 1], Some("need_ranks")),
            (&[true], &[3], Some("need_ranks")),
        ] {
            let found = content(reasons, ranks).coherent().err();
            assert_eq!(found.as_ref().map(|error| error.code.as_ref()), code, "{reasons:?} {ranks:?}");
        }
    }
}
