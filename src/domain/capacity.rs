//! Competence and capacity: an assessment for one kind of decision, never a birthday (C1; Mental Capacity Act 2005, s.3).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::fault::Fault;
use super::ids::{CapacityRecordId, PersonId};
use super::staff::StaffRef;
use super::text::LongText;
use super::time::Timestamp;
use super::vocabulary::{CapacityOutcome, DecisionKind};

/// An assessment to be recorded. The assessor is whoever records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the four tests of the Mental Capacity Act are answered one by one")]
#[schema(example = json!({"decisionKind": "share_information", "understands": true, "retains": true, "weighs": true, "communicates":
    true, "outcome": "can_decide", "assessedOn": "2026-09-14", "support": "Symbols and a second talk.", "reasons":
    "Told back in their own words what would be shared, and with whom."}))]
pub struct NewCapacityRecord {
    /// The kind of decision it is about.
    pub decision_kind: DecisionKind,
    /// Whether they understand what the decision is about.
    pub understands: bool,
    /// Whether they keep it in mind long enough to decide.
    pub retains: bool,
    /// Whether they weigh it.
    pub weighs: bool,
    /// Whether they make their decision known, by any means.
    pub communicates: bool,
    /// What follows: `can_decide` only if all four tests are met, `cannot_decide` only if one is not.
    pub outcome: CapacityOutcome,
    /// The day of the assessment.
    pub assessed_on: NaiveDate,
    /// Which support they had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub support: Option<LongText>,
    /// What it rests on.
    pub reasons: LongText,
    /// When to look at it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub review_on: Option<NaiveDate>,
}

impl NewCapacityRecord {
    /// What contradicts itself or cannot be, as seen on this day, of somebody born on that.
    #[must_use]
    pub fn faults(&self, today: NaiveDate, born: Option<NaiveDate>) -> Vec<Fault> {
        let all = self.understands && self.retains && self.weighs && self.communicates;
        let mut faults = Vec::new();
        if all != (self.outcome == CapacityOutcome::CanDecide) {
            faults.push(Fault::new(
                "#/outcome",
                "outcome_contradicts_tests",
                "can_decide needs all four tests to be met, cannot_decide one that is not.",
            ));
        }
        if self.assessed_on > today {
            faults.push(Fault::new("#/assessedOn", "decided_in_future", "Must not be later than today."));
        }
        if born.is_some_and(|born| self.assessed_on < born) {
            faults.push(Fault::contradicting("#/assessedOn"));
        }
        if self.review_on.is_some_and(|day| day < self.assessed_on) {
            faults.push(Fault::contradicting("#/reviewOn"));
        }
        faults
    }
}

/// A recorded assessment. It is never changed: a new one takes its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09f50-11c8-7d0e-9a31-6f2b8c1d4e77", "personId": "01a09f2e-3a82-781f-a8e2-5d940ed90475",
    "decisionKind": "share_information", "understands": true, "retains": true, "weighs": true, "communicates": true, "outcome":
    "can_decide", "assessedOn": "2026-09-14", "support": "Symbols and a second talk.", "reasons":
    "Told back in their own words what would be shared, and with whom.", "createdAt": "2026-09-14T09:47:00.000Z", "recordedBy": {"id":
    "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}}))]
pub struct CapacityRecord {
    /// The record.
    pub id: CapacityRecordId,
    /// Who was assessed.
    pub person_id: PersonId,
    /// What was found.
    #[serde(flatten)]
    pub content: NewCapacityRecord,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(tests: [bool; 4], outcome: CapacityOutcome) -> NewCapacityRecord {
        let [understands, retains, weighs, communicates] = tests;
        NewCapacityRecord {
            decision_kind: DecisionKind::ShareInformation,
            understands,
            retains,
            weighs,
            communicates,
            outcome,
            assessed_on: NaiveDate::from_ymd_opt(2026, 9, 14).unwrap(),
            support: None,
            reasons: "Told back in own words.".into(),
            review_on: None,
        }
    }

    #[test]
    fn somebody_can_decide_if_and_only_if_all_four_tests_are_met() {
        let today = NaiveDate::from_ymd_opt(2026, 9, 14).unwrap();
        for bits in 0..16_u8 {
            let tests = [0, 1, 2, 3].map(|bit| bits >> bit & 1 == 1);
            let (right, wrong) = if bits == 15 {
                (CapacityOutcome::CanDecide, CapacityOutcome::CannotDecide)
            } else {
                (CapacityOutcome::CannotDecide, CapacityOutcome::CanDecide)
            };
            assert!(record(tests, right).faults(today, None).is_empty());
            assert_eq!(record(tests, wrong).faults(today, None)[0].rule, "outcome_contradicts_tests");
        }
    }

    #[test]
    fn nobody_was_assessed_tomorrow() {
        let yesterday = NaiveDate::from_ymd_opt(2026, 9, 13).unwrap();
        assert_eq!(record([true; 4], CapacityOutcome::CanDecide).faults(yesterday, None)[0].rule, "decided_in_future");
    }
}
