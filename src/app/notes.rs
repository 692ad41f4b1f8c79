//! Notes: written, read, corrected beside the original (C4, C5, C8, C11).

use std::collections::BTreeSet;

use super::sides::{self, Offer};
use super::{App, Error, Result, faultless};
use crate::authz::{Act, Action, Permit, act};
use crate::db::notes::{self, Correction};
use crate::db::{self, Tx, disclosures, participants, recipients};
use crate::domain::disclosure::RefusalRule;
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, NoteId};
use crate::domain::note::{NewCorrection, NewNote, NewRelocation, Note, NoteContent, NoteFilter, NoteSummary};
use crate::domain::page::{Page, PageRequest};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{CaseStatus, NoteKind};

/// With what may be done to it now: the newest version of a note in a case that is not closed may be corrected.
fn with_actions(tx: &mut Tx<'_>, permit: &Permit<impl Act>, note: Note) -> Result<Note> {
    let case = db::cases::require(tx, permit, note.case_id)?;
    let open = note.superseded_by_note_id.is_none() && note.relocated_to.is_none() && case.status != CaseStatus::Closed;
    let actions: &[Action] = if open { &[Action::NoteCorrect, Action::NoteRelocate] } else { &[] };
    let offer = Offer::of(tx, permit, note.case_id)?;
    Ok(Note { allowed_actions: offer.among(permit.caller(), actions), ..note })
}

/// Nothing is written in a closed case.
fn require_open(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId) -> Result<()> {
    match db::cases::require(tx, permit, case_id)?.status {
        CaseStatus::Closed => {
            let closed = RefusalRule::CaseClosed;
            Err(instead(tx, permit, case_id, Action::CaseReopen, Fault::new("#", closed.as_str(), closed.detail())))
        }
        CaseStatus::Open | CaseStatus::Inactive => Ok(()),
    }
}

/// It is the note that counts: no correction has taken its place, and it was not moved away.
fn require_current(note: &Note) -> Result<()> {
    if note.superseded_by_note_id.is_some() {
        return Err(Error::state(RefusalRule::NoteSuperseded, "#", &[]));
    }
    if note.relocated_to.is_some() {
        return Err(Error::State {
            rule: Some(Fault::new("#", "note_relocated", "This note was moved to another case.")),
            allowed: Vec::new(),
        });
    }
    Ok(())
}

/// Something of this case stands so that what was asked cannot be done; what else may be, if it is offered to the caller.
fn instead(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId, action: Action, rule: Fault) -> Error {
    sides::wrong_state(tx, permit, case_id, &[action], Some(rule))
}

/// The note stands so that it cannot be moved.
fn stays(tx: &mut Tx<'_>, permit: &Permit<impl Act>, note: &Note, rule: &'static str, detail: &'static str) -> Error {
    instead(tx, permit, note.case_id, Action::NoteCorrect, Fault::new("#", rule, detail))
}

/// Nothing rests on the note in the case where it is: what was passed on is on record there, and so is what was permitted by name (C3, R12).
fn require_unused(tx: &mut Tx<'_>, permit: &Permit<impl Act>, note: &Note, now: Timestamp) -> Result<()> {
    if notes::is_passed_on(tx, permit, note.case_id, note.id)? {
        return Err(stays(tx, permit, note, "note_disclosed", "This note was passed on: it stays where that is on record."));
    }
    if notes::is_permitted(tx, permit, note.case_id, note.id, now)? {
        let detail = "A permission or refusal names this note: withdraw or annul it first.";
        return Err(stays(tx, permit, note, "note_permitted", detail));
    }
    Ok(())
}

/// What somebody says where they are served separately, or what is said of them there, does not go where others read it (C1).
fn require_kept_apart(tx: &mut Tx<'_>, permit: &Permit<impl Act>, note: &Note, to: CaseId) -> Result<()> {
    let there = participants::apart(tx, permit, to)?;
    let theirs = participants::apart(tx, permit, note.case_id)?
        .into_iter()
        .any(|person| note.content.people().any(|of| of == person) && !there.contains(&person));
    if theirs {
        let detail = "Somebody is or was served separately here, and this note is from or about them: it goes to no case but their own.";
        return Err(stays(tx, permit, note, "note_kept_apart", detail));
    }
    Ok(())
}

/// What a note names must exist, and a contact with officers or professionals must have been allowed (C11).
fn check(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case_id: CaseId,
    content: &NoteContent,
    old: Option<&NoteContent>,
    now: Timestamp,
) -> Result<()> {
    let mut faults = content.faults(now, &participants::people(tx, permit, case_id)?, old);
    let left = match (content.disclosure_id, content.kind) {
        (Some(id), NoteKind::Liaison) => {
            disclosures::allows_contact(tx, permit, case_id, id, &content.about_person_ids, ..=content.occurred_at)?
        }
        (Some(id), _) => disclosures::of_case(tx, permit, case_id, id)?.is_some(),
        (None, kind) => kind != NoteKind::Liaison,
    };
    match (left, content.kind) {
        (true, _) => {}
        (false, NoteKind::Liaison) => {
            faults.push(Fault::new(
                "#/disclosureId",
                "disclosure_required",
                "Needs the disclosure that allowed the contact: of this case, about these people, and before it.",
            ));
        }
        (false, _) => faults.push(Fault::unknown("#/disclosureId")),
    }
    if let Some(source) = &content.provenance {
        // Bodies are never taken out of the register, so nothing is locked for it.
        if recipients::names(tx, permit, [source.recipient_id])?.is_empty() {
            faults.push(Fault::unknown("#/provenance/recipientId"));
        }
    }
    faultless(faults)
}

/// Leaves those of these notes of a case that the caller may read: nothing else tells that there are others (C4).
pub(super) fn keep_readable(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId, ids: &mut Vec<NoteId>) -> Result<()> {
    let readable = notes::known(tx, permit, case_id, ids)?;
    ids.retain(|id| readable.contains(id));
    Ok(())
}

/// What was written or moved, and to whoever repeats the request as it is now: if it was restricted since, no more than that it was done (C4).
fn written(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: NoteId) -> Result<Note> {
    if tx.is_repeated() && !notes::is_readable(tx, permit, id)? {
        return Ok(notes::receipt(tx, permit, id)?);
    }
    let note = notes::written(tx, permit, id)?;
    with_actions(tx, permit, note)
}

impl App {
    /// Writes a note.
    pub async fn add_note(
        &self,
        permit: Permit<act::NoteAdd>,
        case_id: CaseId,
        new: NewNote,
        request: Option<Idempotency>,
    ) -> Result<Created<Note>> {
        let now = self.clock.now();
        let add = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let content = new.content.settled(now);
            check(tx, permit, case_id, &content, None, now)?;
            sides::require_one_side(tx, permit, &[case_id].into())?;
            require_open(tx, permit, case_id)?;
            Ok(notes::insert(tx, permit, case_id, content, None, now)?)
        };
        self.once(permit, request, add, written).await
    }

    /// The notes of a case, without what they say. Restricted notes are there for those only who may read them.
    pub async fn list_notes(
        &self,
        permit: Permit<act::NoteList>,
        case_id: CaseId,
        filter: NoteFilter,
        page: PageRequest,
    ) -> Result<Page<NoteSummary>> {
        self.look(permit, move |tx, permit| {
            db::cases::require(tx, permit, case_id)?;
            Ok(notes::list(tx, permit, case_id, &filter, &page)?)
        })
        .await
    }

    /// One note.
    pub async fn read_note(&self, permit: Permit<act::NoteRead>, id: NoteId) -> Result<Note> {
        self.look(permit, move |tx, permit| {
            let note = notes::find(tx, permit, id)?;
            with_actions(tx, permit, note)
        })
        .await
    }

    /// Puts a corrected note beside the newest version of a note, which stays as it is.
    pub async fn correct_note(
        &self,
        permit: Permit<act::NoteCorrect>,
        id: NoteId,
        new: NewCorrection,
        request: Option<Idempotency>,
    ) -> Result<Created<Note>> {
        let now = self.clock.now();
        let correct = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let NewCorrection { correction_reason, content } = new;
            let content = content.settled(now);
            let old = notes::find(tx, permit, id)?;
            let content = content.correcting(&old.content);
            let Some(reason) = correction_reason.filter(|reason| !reason.is_blank()) else {
                let missing = RefusalRule::CorrectionReasonMissing;
                return Err(Error::rule("#/correctionReason", missing.as_str(), missing.detail()));
            };
            check(tx, permit, old.case_id, &content, Some(&old.content), now)?;
            sides::require_one_side(tx, permit, &[old.case_id].into())?;
            require_open(tx, permit, old.case_id)?;
            // Once more, with the case held: another correction may have come first.
            require_current(&notes::find(tx, permit, id)?)?;
            Ok(notes::insert(tx, permit, old.case_id, content, Some(Correction { of: id, reason }), now)?)
        };
        self.once(permit, request, correct, written).await
    }

    /// Moves a note from the wrong case to the right one, both of which the caller sees. A bare marker stays.
    pub async fn relocate_note(
        &self,
        permit: Permit<act::NoteRelocate>,
        id: NoteId,
        new: NewRelocation,
        request: Option<Idempotency>,
    ) -> Result<Created<Note>> {
        let now = self.clock.now();
        let relocate = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let (from, to) = (notes::find(tx, permit, id)?.case_id, new.case_id);
            // In one order, so that two who move notes between the same cases never wait for each other.
            for case in BTreeSet::from([from, to]) {
                match db::cases::require(tx, permit, case) {
                    Err(error) if case == to => return Err(Error::of_named_case(error)),
                    other => other?,
                };
            }
            let old = notes::find(tx, permit, id)?;
            if from == to {
                return Err(Error::Rule(vec![Fault::contradicting("#/caseId")]));
            }
            let there = new.applied_to(&old.content);
            check(tx, permit, to, &there, None, now)?;
            require_kept_apart(tx, permit, &old, to)?;
            sides::may_move(tx, permit, from, to)?;
            require_open(tx, permit, from)?;
            require_open(tx, permit, to)?;
            require_current(&old)?;
            require_unused(tx, permit, &old, now)?;
            Ok(notes::relocate(tx, permit, id, to, &there, &new.reason, now)?)
        };
        self.once(permit, request, relocate, written).await
    }
}

#[cfg(test)]
mod tests;
