//! The work list: what somebody has to look at by a certain day.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::action::ActionName;
use super::ids::{CaseId, StaffId, TaskId};
use super::staff::StaffRef;
use super::time::Timestamp;
use super::vocabulary::{TaskKind, TaskStatus};

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0c4a4-593b-7b66-8c38-fb2918f135d2", "version": 1, "kind": "recall_notice", "status": "open",
    "caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf", "aboutId": "01a0af79-18b8-71e2-8a6a-63ec24ede6a4", "forManager": false,
    "dueOn": "2026-09-28", "createdAt": "2026-09-21T15:45:00.219Z", "allowedActions": ["complete"]}))]
pub struct Task {
    /// The task.
    pub id: TaskId,
    /// The version, for `If-Match`.
    pub version: i32,
    /// Why it stands on the list.
    pub kind: TaskKind,
    /// Whether it is done.
    pub status: TaskStatus,
    /// The case it belongs to. Of a restricted case a service manager is told it with an `Access-Reason` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub case_id: Option<CaseId>,
    /// What it is about: a permission, record of capacity, disclosure, concern, request, referral, person, merge, case or body, as its kind says. Absent
    /// of a restricted case for which the caller gave no reason, and where it is another case that the caller does not see.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub about_id: Option<uuid::Uuid>,
    /// Whether it is for a service manager; otherwise for whoever the case is assigned to.
    pub for_manager: bool,
    /// The day by which it is to be done.
    pub due_on: NaiveDate,
    /// When it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub completed_at: Option<Timestamp>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub completed_by: Option<StaffRef>,
    /// When it was put on the list.
    pub created_at: Timestamp,
    /// What the caller may do with this record now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}

/// Which tasks a list shows.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    /// Those that stand so; all, if there are none.
    pub status: Vec<TaskStatus>,
    /// Of these kinds; of any, if there are none.
    pub kind: Vec<TaskKind>,
    /// Those of the cases assigned to this member of staff.
    pub assigned_to: Option<StaffId>,
    /// Those for a service manager, or those for whoever works on the case.
    pub for_manager: Option<bool>,
    /// Those due before this day.
    pub due_before: Option<NaiveDate>,
}

impl TaskKind {
    /// Whether such a task is a service manager's. To tell or ask somebody, and to look again at what somebody can decide, is for whoever works on
    /// the case.
    #[must_use]
    pub fn is_for_manager(self) -> bool {
        match self {
            Self::RecallNotice
            | Self::TellSubject
            | Self::CapacityReview
            | Self::PermissionEnding
            | Self::InformationRequestDue
            | Self::SeekPermission => false,
            Self::SafeguardingDecision
            | Self::SafeguardingReview
            | Self::ConflictReview
            | Self::RetentionReview
            | Self::HoldReview
            | Self::RecipientReview
            | Self::AnnulmentReview
            | Self::BreachAssessment
            | Self::ReferralRisk
            | Self::LegalRequest
            | Self::SarTarget
            | Self::SarAlert
            | Self::SarNotice
            | Self::SarChase => true,
        }
    }
}
