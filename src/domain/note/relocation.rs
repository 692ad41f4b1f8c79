//! A note that was written in the wrong case, and goes to the right one (C8).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::NoteContent;
use crate::domain::ids::{CaseId, DisclosureId, NoteId, PersonId};
use crate::domain::staff::StaffRef;
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;

/// Where a note belongs that was written in the wrong case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"caseId": "01a09f37-949f-7f28-9fb1-7c2390c192d0", "reason": "Written in the case of the family who rang before.",
    "fromPersonId": "01a09f30-a93a-7160-8999-50d836f675cc", "aboutPersonIds": ["01a09f2e-3a82-781f-a8e2-5d940ed90475"]}))]
pub struct NewRelocation {
    /// The case to which it belongs.
    pub case_id: CaseId,
    /// Why. It goes with the note.
    pub reason: LongText,
    /// Whose confidence it is, among those who take part in that case; as it was, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub from_person_id: Option<PersonId>,
    /// About whom it is, among them; as it was, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 50)]
    pub about_person_ids: Option<Vec<PersonId>>,
    /// Who wishes that it stays in confidence, among those it is from or about; as it was, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub wish_by_person_id: Option<PersonId>,
    /// The disclosure of that case that allowed the contact; needed for `liaison` (C11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disclosure_id: Option<DisclosureId>,
}

impl NewRelocation {
    /// What the note says there: whatever it said, from and about the people of that case.
    #[must_use]
    pub fn applied_to(&self, old: &NoteContent) -> NoteContent {
        NoteContent {
            from_person_id: self.from_person_id.or(old.from_person_id),
            about_person_ids: self.about_person_ids.clone().unwrap_or_else(|| old.about_person_ids.clone()),
            wish_by_person_id: self.wish_by_person_id.or(old.wish_by_person_id),
            disclosure_id: self.disclosure_id,
            ..old.clone()
        }
    }
}

/// That a note was moved from one case to another. Which other case that is, is told to those who see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Relocation {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: StaffRef,
    /// The other case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub case_id: Option<CaseId>,
    /// The note as it stands there: a marker, or the note itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub note_id: Option<NoteId>,
    /// Why; told where the note is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<LongText>,
}
