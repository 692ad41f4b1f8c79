//! Notes: the concern and the action taken, whose confidence it was, and what they wish (C4, C5, C8, C11). A note is never changed; a
//! correction is a note of its own beside it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::action::ActionName;
use super::fault::Fault;
use super::ids::{CaseId, DisclosureId, NoteId, PersonId, RecipientId};
use super::staff::StaffRef;
use super::text::{LongText, blank};
use super::time::Timestamp;
use super::vocabulary::{Channel, FactOrOpinion, InformationCategory, NoteKind, Sensitivity};

mod relocation;

pub use relocation::{NewRelocation, Relocation};

/// From which outside body something came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provenance {
    /// The body.
    pub recipient_id: RecipientId,
    /// The day on which it came.
    pub received_on: NaiveDate,
    /// Whether whoever gave it agreed that it may be passed on (C12). `information_received` without a provenance may not be.
    pub onward_sharing: bool,
}

/// What a note says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoteContent {
    /// The kind of note. `liaison` is contact with officers or professionals; `information_received` is for a call in which nothing was
    /// confirmed.
    pub kind: NoteKind,
    /// By which way they were in contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub channel: Option<Channel>,
    /// Whose confidence it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub from_person_id: Option<PersonId>,
    /// About whom it is.
    #[schema(max_items = 50)]
    pub about_person_ids: Vec<PersonId>,
    /// What kinds of information it holds, one at least; none in the marker of a note that was moved.
    #[schema(max_items = 50)]
    pub information_categories: Vec<InformationCategory>,
    /// The concern. It or `actionTaken` is needed (C8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub concern: Option<LongText>,
    /// The action taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_taken: Option<LongText>,
    /// Whether it is fact or opinion.
    pub fact_or_opinion: FactOrOpinion,
    /// When what it tells of took place; never in the future. Up to a minute later than now is now, by the clock of the service.
    pub occurred_at: Timestamp,
    /// How sensitive it is. `restricted` is read by whoever the case is assigned to, by staff named on it, and by a service manager with
    /// a reason (C4).
    pub sensitivity: Sensitivity,
    /// Whether it stays in confidence: then only a permission that names this note lets it be shared (C5, R14).
    pub keep_confidential: bool,
    /// Who wishes that, among those it is from or about; if absent, whoever it is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub wish_by_person_id: Option<PersonId>,
    /// The day on which they said so. Needed with a wish, and where a correction lifts one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub wish_on: Option<NaiveDate>,
    /// Whether it names people who do not take part in the case.
    pub names_others: bool,
    /// From which outside body it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub provenance: Option<Provenance>,
    /// The disclosure that allowed the contact; needed for `liaison` (C11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disclosure_id: Option<DisclosureId>,
}

impl NoteContent {
    /// Those it is from and about.
    pub fn people(&self) -> impl Iterator<Item = PersonId> {
        self.about_person_ids.iter().copied().chain(self.from_person_id)
    }

    /// Whose wish it is that it stays in confidence: of whoever said so, else of whom it is from, else of everybody it is about.
    fn wishers(&self) -> BTreeSet<PersonId> {
        match self.wish_by_person_id.or(self.from_person_id) {
            Some(person) => BTreeSet::from([person]),
            None => self.about_person_ids.iter().copied().collect(),
        }
    }

    /// It as the correction of `old`. What protects a note is not lost because a correction leaves it out: whose confidence it is, whose wish,
    /// and where it came from stay as they were unless the correction says otherwise.
    #[must_use]
    pub fn correcting(mut self, old: &Self) -> Self {
        self.from_person_id = self.from_person_id.or(old.from_person_id);
        self.provenance = self.provenance.or_else(|| old.provenance.clone());
        if self.keep_confidential && old.keep_confidential {
            self.wish_by_person_id = self.wish_by_person_id.or(old.wish_by_person_id);
        }
        self
    }

    /// What cannot be done to the wish that `old` stays in confidence (C5): it stays the wish of whoever had it, and only they lift it, on a day
    /// not before they had it.
    fn wish_faults(&self, old: &Self) -> Vec<Fault> {
        if !old.keep_confidential {
            return Vec::new();
        }
        let wishers = old.wishers();
        let whose = if self.keep_confidential { self.wishers() } else { self.wish_by_person_id.into_iter().collect() };
        let mut faults = Vec::new();
        if whose != wishers {
            faults.push(Fault::new("#/wishByPersonId", "wish_details_missing", "A wish is kept or lifted by whoever had it: name them."));
        }
        if !wishers.iter().all(|wisher| self.people().any(|named| named == *wisher)) {
            faults.push(Fault::new(
                "#/aboutPersonIds",
                "contradicting_fields",
                "Whoever wished it in confidence is still one it is from or about.",
            ));
        }
        if self.wish_on.zip(old.wish_on).is_some_and(|(now, then)| now < then) {
            faults.push(Fault::new("#/wishOn", "contradicting_fields", "Must not be before the day of the wish that it changes."));
        }
        faults
    }

    /// The same, where the clock of the front end may have been a little ahead.
    #[must_use]
    pub fn settled(self, now: Timestamp) -> Self {
        Self { occurred_at: self.occurred_at.settled(now), ..self }
    }

    /// What cannot be, as seen on this instant, given who takes part in the case and the note it corrects, if it does.
    #[must_use]
    pub fn faults(&self, now: Timestamp, participants: &[PersonId], old: Option<&Self>) -> Vec<Fault> {
        let mut faults = Vec::new();
        let from = self.from_person_id.map(|person| (person, "#/fromPersonId".to_owned()));
        let about = self.about_person_ids.iter().enumerate().map(|(i, person)| (*person, format!("#/aboutPersonIds/{i}")));
        faults.extend(
            from.into_iter().chain(about).filter(|(person, _)| !participants.contains(person)).map(|(_, at)| Fault::not_participant(at)),
        );
        let days = [("#/wishOn", self.wish_on), ("#/provenance/receivedOn", self.provenance.as_ref().map(|source| source.received_on))];
        let later = days.into_iter().filter(|(_, day)| day.is_some_and(|day| day > now.day())).map(|(at, _)| at);
        for at in (self.occurred_at > now).then_some("#/occurredAt").into_iter().chain(later) {
            faults.push(Fault::new(at, "decided_in_future", "Must not be later than now."));
        }
        faults.extend(old.into_iter().flat_map(|old| self.wish_faults(old)));
        let told_by_outsiders = old.is_some_and(|old| old.kind == NoteKind::InformationReceived && old.provenance.is_none());
        if told_by_outsiders && self.kind != NoteKind::InformationReceived && self.provenance.is_none() {
            let why =
                "What outsiders told is not passed on (C12), whatever kind it is now: say where it came from, and whether they agreed.";
            faults.push(Fault::new("#/provenance", "contradicting_fields", why));
        }
        let was_confidential = old.is_some_and(|old| old.keep_confidential);
        if (self.keep_confidential || was_confidential) && self.wish_on.is_none() {
            faults.push(Fault::new("#/wishOn", "wish_details_missing", "Needs the day on which this wish was told."));
        }
        if self.wish_by_person_id.is_some_and(|person| !self.people().any(|named| named == person)) {
            faults.push(Fault::contradicting("#/wishByPersonId"));
        }
        faults
    }

    fn says_something(&self) -> Result<(), ValidationError> {
        let fault = |code, at: &'static str, detail: &'static str| {
            let mut fault = ValidationError::new(code).with_message(detail.into());
            fault.add_param("at".into(), &at);
            Err(fault)
        };
        if self.information_categories.is_empty() {
            return fault("minItems", "informationCategories", "Needs at least one kind of information.");
        }
        if !blank(self.concern.as_ref()) || !blank(self.action_taken.as_ref()) {
            return Ok(());
        }
        fault("text_missing", "concern", "Needs concern or actionTaken.")
    }
}

/// A note to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[validate(schema(function = "new_says_something", skip_on_field_errors = false))]
#[schema(example = json!({"kind": "discussion", "channel": "phone", "fromPersonId": "01a09f30-a93a-7160-8999-50d836f675cc",
    "aboutPersonIds": ["01a09f2e-3a82-781f-a8e2-5d940ed90475"], "informationCategories": ["views_and_wishes", "school_provision"],
    "concern": "Feels blamed at meetings and no longer wants to go alone.", "actionTaken": "Offered to prepare the next meeting together.",
    "factOrOpinion": "mixed", "occurredAt": "2026-09-14T09:30:00.000Z", "sensitivity": "sensitive", "keepConfidential": true,
    "wishByPersonId": "01a09f30-a93a-7160-8999-50d836f675cc", "wishOn": "2026-09-14", "namesOthers": false}))]
pub struct NewNote {
    /// What it says.
    #[serde(flatten)]
    pub content: NoteContent,
}

fn new_says_something(note: &NewNote) -> Result<(), ValidationError> {
    note.content.says_something()
}

/// The corrected note, whole, with the reason for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[validate(schema(function = "correction_says_something", skip_on_field_errors = false))]
#[schema(example = json!({"correctionReason": "The meeting was misdated.", "kind": "discussion", "channel": "phone", "fromPersonId": "01a09f30-a93a-7160-8999-50d836f675cc",
    "aboutPersonIds": ["01a09f2e-3a82-781f-a8e2-5d940ed90475"], "informationCategories": ["views_and_wishes", "school_provision"],
    "concern": "Feels blamed at meetings and no longer wants to go alone.", "actionTaken": "Offered to prepare the next meeting together.",
    "factOrOpinion": "mixed", "occurredAt": "2026-09-14T09:30:00.000Z", "sensitivity": "sensitive", "keepConfidential": true,
    "wishByPersonId": "01a09f30-a93a-7160-8999-50d836f675cc", "wishOn": "2026-09-14", "namesOthers": false}))]
pub struct NewCorrection {
    /// Why the note is corrected (C8). A correction without it breaks a rule. Whom the note is from, whose wish its confidence is, and its
    /// provenance stay as they were if they are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub correction_reason: Option<LongText>,
    /// What it says now.
    #[serde(flatten)]
    pub content: NoteContent,
}

fn correction_says_something(note: &NewCorrection) -> Result<(), ValidationError> {
    note.content.says_something()
}

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09f5e-5039-765a-95e6-0af593bd04cf", "caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf", "recordedAt": "2026-09-14T09:41:07.112Z",
    "recordedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"},
    "kind": "discussion", "channel": "phone", "fromPersonId": "01a09f30-a93a-7160-8999-50d836f675cc",
    "aboutPersonIds": ["01a09f2e-3a82-781f-a8e2-5d940ed90475"], "informationCategories": ["views_and_wishes", "school_provision"],
    "concern": "Feels blamed at meetings and no longer wants to go alone.", "actionTaken": "Offered to prepare the next meeting together.",
    "factOrOpinion": "mixed", "occurredAt": "2026-09-14T09:30:00.000Z", "sensitivity": "sensitive", "keepConfidential": true,
    "wishByPersonId": "01a09f30-a93a-7160-8999-50d836f675cc", "wishOn": "2026-09-14", "namesOthers": false, "allowedActions": ["correct", "relocate"]}))]
pub struct Note {
    /// The note.
    pub id: NoteId,
    /// The case it belongs to.
    pub case_id: CaseId,
    /// When it was written.
    pub recorded_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
    /// The note it corrects.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub supersedes_note_id: Option<NoteId>,
    /// The note that corrects it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub superseded_by_note_id: Option<NoteId>,
    /// Why it took the place of the one it corrects.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub correction_reason: Option<LongText>,
    /// That it was written in another case, and moved to this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub relocated_from: Option<Relocation>,
    /// That it was moved to another case. A bare marker stays here: it says nothing, and is from and about nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub relocated_to: Option<Relocation>,
    /// What it says.
    #[serde(flatten)]
    pub content: NoteContent,
    /// What the caller may do with this record now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}

/// A note in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09f5e-5039-765a-95e6-0af593bd04cf", "kind": "discussion", "channel": "phone",
    "occurredAt": "2026-09-14T09:30:00.000Z", "recordedAt": "2026-09-14T09:41:07.112Z",
    "recordedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"},
    "sensitivity": "sensitive", "keepConfidential": true, "informationCategories": ["views_and_wishes", "school_provision"]}))]
pub struct NoteSummary {
    /// The note.
    pub id: NoteId,
    /// The kind of note.
    pub kind: NoteKind,
    /// By which way they were in contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub channel: Option<Channel>,
    /// When what it tells of took place.
    pub occurred_at: Timestamp,
    /// When it was written.
    pub recorded_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
    /// How sensitive it is.
    pub sensitivity: Sensitivity,
    /// Whether it stays in confidence.
    pub keep_confidential: bool,
    /// What kinds of information it holds.
    #[schema(max_items = 50)]
    pub information_categories: Vec<InformationCategory>,
    /// The note that corrects it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub superseded_by_note_id: Option<NoteId>,
    /// When it was moved to another case: a bare marker stays here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub relocated_at: Option<Timestamp>,
}

/// Which notes a list shows.
#[derive(Clone, Debug, Default)]
pub struct NoteFilter {
    /// Of these kinds; of any, if there are none.
    pub kind: Vec<NoteKind>,
    /// Those that tell of this instant or later.
    pub from: Option<Timestamp>,
    /// Those that tell of an instant before this.
    pub to: Option<Timestamp>,
    /// Only those that count: no correction has taken their place, and they were not moved away.
    pub current: bool,
}
