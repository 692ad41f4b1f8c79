//! The notes of a case.

use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Valid;
use super::cases::CasePath;
use super::extract::Path;
use super::idempotency::IdempotencyKey;
use super::openapi::Operation;
use super::page::{Filters, Listing};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::idempotency::Created;
use crate::domain::ids::NoteId;
use crate::domain::note::{NewCorrection, NewNote, NewRelocation, Note, NoteFilter, NoteSummary};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::NoteKind;
use crate::{op, page_of};

page_of!(NotePage, NoteSummary);

/// Which notes to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoteFilters {
    /// Only notes of these kinds.
    #[schema(max_items = 10)]
    kind: Option<Vec<NoteKind>>,
    /// Only those that tell of this instant or later.
    from: Option<Timestamp>,
    /// Only those that tell of an instant before this.
    to: Option<Timestamp>,
}

impl Filters for NoteFilters {
    const TOTAL: bool = true;
}

impl From<&NoteFilters> for NoteFilter {
    fn from(asked: &NoteFilters) -> Self {
        Self { kind: asked.kind.clone().unwrap_or_default(), from: asked.from, to: asked.to, current: false }
    }
}

/// The path of a note.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotePath {
    /// The note.
    note_id: NoteId,
}

fn created(made: &Created<Note>) -> Answer {
    Answer::created(&format!("/notes/{}", made.value.id), &made.value).replayed(made.replayed)
}

/// List the notes of a case.
///
/// Newest first, without what they say. Restricted notes are listed and counted for those only who may read them (C4, C8).
#[utoipa::path(get, path = "/cases/{caseId}/notes", operation_id = "listNotes", tag = "notes",
    responses((status = 200, description = "A page of notes.", body = NotePage)))]
async fn list(
    permit: Permit<act::NoteList>,
    path: Path<CasePath>,
    listing: Listing<NoteFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let page = app.list_notes(permit, path.case_id, (&listing.filters).into(), listing.page).await?;
    Ok(listing.answer::<NotePage>(page))
}

/// Write a note.
///
/// The concern, the action taken, whose confidence it is and whether it stays one. A `liaison` note names the disclosure that allowed the
/// contact (C4, C5, C8, C11).
#[utoipa::path(post, path = "/cases/{caseId}/notes", operation_id = "createNote", tag = "notes",
    responses((status = 201, description = "The note as it was written.", body = Note)))]
async fn create(
    permit: Permit<act::NoteAdd>,
    path: Path<CasePath>,
    body: Valid<NewNote>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    Ok(created(&app.add_note(permit, path.case_id, body.into_inner(), request).await?))
}

/// Read a note.
///
/// A corrected note stays as it was and names the note that corrects it. A restricted note is read by whoever the case is assigned to, by
/// staff named on it, and by a service manager with an `Access-Reason` (C4, C8).
#[utoipa::path(get, path = "/notes/{noteId}", operation_id = "getNote", tag = "notes",
    responses((status = 200, description = "The note.", body = Note)))]
async fn read(permit: Permit<act::NoteRead>, path: Path<NotePath>, app: web::Data<App>) -> Result<Answer, Problem> {
    Ok(Answer::ok(&app.read_note(permit, path.note_id).await?))
}

/// Correct a note.
///
/// The corrected note stands beside the original, with the reason. Only the newest version can be corrected (C5, C8).
#[utoipa::path(post, path = "/notes/{noteId}/correction", operation_id = "correctNote", tag = "notes",
    responses((status = 201, description = "The corrected note.", body = Note)))]
async fn correct(
    permit: Permit<act::NoteCorrect>,
    path: Path<NotePath>,
    body: Valid<NewCorrection>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    Ok(created(&app.correct_note(permit, path.note_id, body.into_inner(), request).await?))
}

/// Move a note from the wrong case.
///
/// It goes to another case with all its versions, from and about people of that case. Where it was a bare marker stays, which says nothing. What
/// was passed on, or is named by a live permission or refusal, is not moved (C3, C8).
#[utoipa::path(post, path = "/notes/{noteId}/relocation", operation_id = "relocateNote", tag = "notes",
    responses((status = 201, description = "The note where it is now.", body = Note)))]
async fn relocate(
    permit: Permit<act::NoteRelocate>,
    path: Path<NotePath>,
    body: Valid<NewRelocation>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    Ok(created(&app.relocate_note(permit, path.note_id, body.into_inner(), request).await?))
}

/// The operations on notes.
pub fn operations() -> Vec<Operation> {
    let refusals = &[Code::RuleViolated, Code::SamePerson, Code::InvalidState];
    vec![op!(list), op!(create).refuses(refusals), op!(read), op!(correct).refuses(refusals), op!(relocate).refuses(refusals)]
}
