//! A referral that was accepted into the wrong case, and goes to the right one (C8).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::domain::ids::CaseId;
use crate::domain::staff::StaffRef;
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;

/// Where a referral belongs that was accepted into the wrong case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"caseId": "01a09f37-949f-7f28-9fb1-7c2390c192d0", "reason": "Another family of the same name."}))]
pub struct NewReferralRelocation {
    /// The case to which it belongs.
    pub case_id: CaseId,
    /// Why. It goes with the referral.
    pub reason: LongText,
}

/// That a referral was moved from a case to which it did not belong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferralMove {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: StaffRef,
    /// The case from which it came, told to those who see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub from_case_id: Option<CaseId>,
    /// Why.
    pub reason: LongText,
}
