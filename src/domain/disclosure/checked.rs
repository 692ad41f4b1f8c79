//! The answer to "may I?": what stands in the way, and what was refused and does not.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::ReliedOn;
use super::recorded::PolicyRef;
use super::refusal::{Failing, RefusalRule, TextRange};
use crate::domain::ids::{ConsentId, PersonId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ConditionKind, Remedy};

/// One thing that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckReason {
    /// Where in the request: a JSON pointer.
    #[schema(max_length = 200)]
    pub pointer: String,
    /// Which rule.
    pub rule: RefusalRule,
    /// What it means, in plain words.
    #[schema(max_length = 500)]
    pub detail: &'static str,
    /// Whom it is about, where people are meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub subject_ids: Vec<PersonId>,
    /// Which part of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub range: Option<TextRange>,
}

impl From<Failing> for CheckReason {
    fn from(failing: Failing) -> Self {
        let detail = failing.detail();
        let Failing { pointer, rule, subject_ids, range } = failing;
        Self { pointer, rule, detail, subject_ids, range }
    }
}

/// Why a refusal does not stand in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub enum HeardAs {
    /// It is what a child wishes who was found not to decide this (R6).
    #[serde(rename = "wish_of_child")]
    Wish,
    /// It is of somebody who does not decide this for the other (R7).
    #[serde(rename = "not_theirs_to_decide")]
    NotTheirsToDecide,
}

impl HeardAs {
    /// What it means, in plain words.
    #[must_use]
    pub fn detail(self) -> &'static str {
        match self {
            Self::Wish => "The child does not want this. It was found that they cannot decide it yet; what they wish is to be weighed.",
            Self::NotTheirsToDecide => "Somebody said no who does not decide this for the other. It is on record, and does not stop it.",
        }
    }
}

/// A refusal that does not stand in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The refusal.
    pub consent_id: ConsentId,
    /// Why it does not.
    pub rule: HeardAs,
    /// About whom; sorted.
    pub subject_ids: Vec<PersonId>,
}

/// A refusal of what is allowed all the same: it is shown, so that it can be weighed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckObjection {
    /// The refusal.
    pub consent_id: ConsentId,
    /// Why it does not stand in the way.
    pub rule: HeardAs,
    /// What it means, in plain words.
    #[schema(max_length = 500)]
    pub detail: &'static str,
    /// About whom; sorted.
    #[schema(max_items = 50)]
    pub subject_ids: Vec<PersonId>,
}

impl From<Heard> for CheckObjection {
    fn from(Heard { consent_id, rule, subject_ids }: Heard) -> Self {
        Self { consent_id, rule, detail: rule.detail(), subject_ids }
    }
}

/// Whether something may be passed on. Nothing was recorded but the question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"allowed": false, "checkedAt": "2026-09-17T12:57:40.018Z", "code": "consent-scope-exceeded", "consents": [],
    "conditionsMet": [], "objections": [], "reasons": [{"pointer": "#/noteIds/0", "rule": "data_not_covered", "detail":
    "This note holds information outside the permission given."}], "remedies": ["ask_permission", "leave_out", "anonymise"], "policy": {
    "name": "Confidentiality policy", "version": "2025-04", "clauses": ["C11", "C12"], "rule": "R12"}}))]
pub struct DisclosureCheck {
    /// Whether it may.
    pub allowed: bool,
    /// When that was so; it is decided again when it is done.
    pub checked_at: Timestamp,
    /// The problem code that the disclosure itself would answer with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 50)]
    pub code: Option<&'static str>,
    /// The permissions that cover it.
    #[schema(max_items = 1000)]
    pub consents: Vec<ReliedOn>,
    /// Their conditions, all of which hold.
    #[schema(max_items = 10)]
    pub conditions_met: Vec<ConditionKind>,
    /// What was refused of it and does not stand in the way, as far as the caller knows; only if it is allowed.
    #[schema(max_items = 1000)]
    pub objections: Vec<CheckObjection>,
    /// Everything that stands in the way.
    #[schema(max_items = 1000)]
    pub reasons: Vec<CheckReason>,
    /// What would make it possible.
    #[schema(max_items = 10)]
    pub remedies: Vec<Remedy>,
    /// The policy in force.
    pub policy: PolicyRef,
}
