//! Who takes part in a case, and who holds parental responsibility for whom (C1).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::action::ActionName;
use super::fault::Fault;
use super::ids::{CaseId, ParticipantId, PersonId};
use super::staff::StaffRef;
use super::time::Timestamp;
use super::vocabulary::{ParentalResponsibility, ParticipantRole, PrEvidence, Relation};

/// A statement about parental responsibility for one child.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParentalResponsibilityEntry {
    /// The child, who takes part in the case.
    pub child_id: PersonId,
    /// Whether this person holds it.
    pub value: ParentalResponsibility,
    /// What the statement rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub evidence: Option<PrEvidence>,
    /// The first day on which it is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub from_on: Option<NaiveDate>,
    /// The first day on which it is so no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ended_on: Option<NaiveDate>,
}

/// What is recorded of somebody's part in a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantContent {
    /// The part they have.
    pub role: ParticipantRole,
    /// How they stand to the subject of the case.
    pub relation: Relation,
    /// For which children they hold parental responsibility, or not; one entry for each child.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub parental_responsibility: Vec<ParentalResponsibilityEntry>,
    /// Whether they are served apart from everybody else: the case is theirs alone, and restricted.
    pub served_separately: bool,
}

impl ParticipantContent {
    /// The children named.
    pub fn children(&self) -> impl Iterator<Item = PersonId> {
        self.parental_responsibility.iter().map(|entry| entry.child_id)
    }

    /// Whether these two cannot take part in one case: one is served separately, so that the case is theirs alone, and the other is served in it, too.
    #[must_use]
    pub fn excludes(&self, other: &Self) -> bool {
        let serves = |part: &Self| part.role == ParticipantRole::ServiceUser;
        (self.served_separately && serves(other)) || (other.served_separately && serves(self))
    }

    /// The fault of a part that such a one is there beside.
    #[must_use]
    pub fn not_alone(&self, place: &str) -> Fault {
        let field = if self.served_separately { "servedSeparately" } else { "role" };
        let detail = "Whoever is served separately has a case of their own, in which nobody else is served.";
        Fault::new(format!("{place}/{field}"), "contradicting_fields", detail)
    }

    /// What cannot be, for this person among these participants, below this place in the request.
    #[must_use]
    pub fn faults(&self, place: &str, person: PersonId, participants: &[PersonId]) -> Vec<Fault> {
        let mut faults = Vec::new();
        let none = [ParentalResponsibility::No, ParentalResponsibility::NotApplicable];
        if self.role == ParticipantRole::Professional && self.parental_responsibility.iter().any(|entry| !none.contains(&entry.value)) {
            faults.push(Fault::contradicting(format!("{place}/role")));
        }
        for (i, entry) in self.parental_responsibility.iter().enumerate() {
            let place = format!("{place}/parentalResponsibility/{i}");
            if entry.child_id == person {
                faults.push(Fault::contradicting(format!("{place}/childId")));
            } else if !participants.contains(&entry.child_id) {
                faults.push(Fault::not_participant(format!("{place}/childId")));
            } else if self.children().take(i).any(|earlier| earlier == entry.child_id) {
                faults.push(Fault::contradicting(format!("{place}/childId")));
            }
            if entry.from_on.zip(entry.ended_on).is_some_and(|(from, ended)| ended < from) {
                faults.push(Fault::contradicting(format!("{place}/endedOn")));
            }
        }
        faults
    }
}

/// Somebody who shall take part in a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"personId": "01a09f30-a93a-7160-8999-50d836f675cc", "role": "service_user", "relation": "parent",
    "parentalResponsibility": [{"childId": "01a09f2e-3a82-781f-a8e2-5d940ed90475", "value": "yes", "evidence": "self_declared"}],
    "servedSeparately": false}))]
pub struct NewParticipant {
    /// Who.
    pub person_id: PersonId,
    /// What is recorded of it.
    #[serde(flatten)]
    pub content: ParticipantContent,
}

/// What may be changed of somebody's part in a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"endedOn": "2026-12-01"}))]
pub struct ParticipantUpdate {
    /// What is recorded of it.
    #[serde(flatten)]
    pub content: ParticipantContent,
    /// The first day on which they take part no longer. Nobody is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ended_on: Option<NaiveDate>,
}

/// Somebody's part in a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09f37-949f-70ff-b29d-0da9953f48f1", "version": 1, "caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf",
    "personId": "01a09f30-a93a-7160-8999-50d836f675cc", "role": "service_user", "relation": "parent", "parentalResponsibility": [{
    "childId": "01a09f2e-3a82-781f-a8e2-5d940ed90475", "value": "yes", "evidence": "self_declared"}], "servedSeparately": false,
    "createdAt": "2026-09-14T09:20:15.007Z", "recordedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"},
    "allowedActions": ["update"]}))]
pub struct Participant {
    /// The participant.
    pub id: ParticipantId,
    /// The version, for `If-Match`.
    pub version: i32,
    /// The case.
    pub case_id: CaseId,
    /// Who.
    pub person_id: PersonId,
    /// What is recorded of it.
    #[serde(flatten)]
    pub update: ParticipantUpdate,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
    /// What the caller may do with this record now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}
