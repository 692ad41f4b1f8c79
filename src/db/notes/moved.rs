//! A note on the wrong case is moved to the right one (C8): with all its versions, sealed anew under the key of that case. Where it was a bare
//! marker stays, which says nothing, and is from and about nobody.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{Details, Row, Text, cell, known};
use crate::authz::{Act, Permit, act};
use crate::db::error::{Error, Result};
use crate::db::named::{self, NamedBy};
use crate::db::schema::note;
use crate::db::stored::Json;
use crate::db::tx::Tx;
use crate::db::{cases, consents, disclosures, guard, legal_extracts, staff, subject_access};
use crate::domain::ids::{CaseId, NoteId, StaffId};
use crate::domain::note::{Note, NoteContent, Relocation};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;

impl Details {
    /// What a bare marker keeps.
    fn emptied(self) -> Self {
        Self {
            channel: None,
            from: None,
            about: Vec::new(),
            categories: Vec::new(),
            wish_by: None,
            wish_on: None,
            names_others: false,
            provenance: None,
            disclosure_id: None,
            ..self
        }
    }

    /// The same, from and about the people that its newest version is from and about where it is now.
    fn among(self, there: &NoteContent) -> Self {
        Self {
            from: self.from.and(there.from_person_id),
            about: there.about_person_ids.clone(),
            wish_by: self.wish_by.and(there.wish_by_person_id),
            disclosure_id: there.disclosure_id,
            ..self
        }
    }
}

/// Where a note went from its marker.
pub(super) struct Move {
    to: NoteId,
    case: CaseId,
    /// When.
    pub at: Timestamp,
    by: StaffId,
}

/// Where these notes went, as far as they were moved.
pub(super) fn away(tx: &mut Tx<'_>, markers: &[NoteId]) -> Result<HashMap<NoteId, Move>> {
    let rows: Vec<Row> = note::table.filter(note::moved_from_id.eq_any(markers.iter().copied())).load(tx.conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((row.moved_from_id?, Move { to: row.id, case: row.case_id, at: row.moved_at?, by: row.moved_by? })))
        .collect())
}

/// The notes in scope that went from this case to another: their markers, when, by whom.
pub(in crate::db) fn left(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId) -> Result<Vec<(NoteId, Timestamp, StaffId)>> {
    let markers: Vec<NoteId> = note::table
        .filter(note::case_id.eq(case))
        .filter(note::sealed.is_null())
        .filter(super::visible(permit.scope()))
        .select(note::id)
        .load(tx.conn)?;
    Ok(away(tx, &markers)?.into_iter().map(|(marker, moved)| (marker, moved.at, moved.by)).collect())
}

/// From where a note came, and to where it went. The other case is told to those who see the note there.
pub(super) fn traces(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    row: &Row,
    text: Option<&Text>,
) -> Result<(Option<Relocation>, Option<Relocation>)> {
    let from = match row.moved_from_id {
        Some(id) => {
            let case: CaseId = note::table.find(id).select(note::case_id).first(tx.conn)?;
            Some((id, case, row.moved_at, row.moved_by))
        }
        None => None,
    };
    let to = away(tx, &[row.id])?.remove(&row.id).map(|moved| (moved.to, moved.case, Some(moved.at), Some(moved.by)));
    let mut told = |end: Option<(NoteId, CaseId, Option<Timestamp>, Option<StaffId>)>, reason: Option<LongText>| {
        let Some((id, case, Some(at), Some(by))) = end else { return Ok::<_, Error>(None) };
        let seen = is_readable(tx, permit, id)?;
        let by = staff::names(tx, [by])?.get(by);
        Ok(Some(Relocation { at, by, case_id: seen.then_some(case), note_id: seen.then_some(id), reason }))
    };
    Ok((told(from, text.and_then(|text| text.relocation_reason.clone()))?, told(to, None)?))
}

/// Whether a note or marker is in scope.
pub fn is_readable(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: NoteId) -> Result<bool> {
    let found = note::table.find(id).filter(super::visible(permit.scope())).select(note::id).first::<NoteId>(tx.conn);
    Ok(found.optional()?.is_some())
}

/// That the caller wrote or moved a note which they may not read any longer: neither what it says nor what became of it (C4).
pub fn receipt(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: NoteId) -> Result<Note> {
    let row = super::own(tx, permit, id)?;
    let details = Json(row.details.0.emptied());
    let bare = super::view(tx, permit, Row { details, sealed: None, supersedes_note_id: None, moved_from_id: None, ..row })?;
    Ok(Note { superseded_by_note_id: None, relocated_to: None, ..bare })
}

/// All versions of a note, oldest first.
fn versions(tx: &mut Tx<'_>, id: NoteId) -> Result<Vec<Row>> {
    let first: NoteId = note::table.find(id).select(note::first_id).first(tx.conn)?;
    Ok(note::table.filter(note::first_id.eq(first)).order(note::id.asc()).load(tx.conn)?)
}

fn ids(tx: &mut Tx<'_>, id: NoteId) -> Result<Vec<NoteId>> {
    Ok(versions(tx, id)?.iter().map(|row| row.id).collect())
}

/// Whether any version of a note in scope was passed on.
pub fn is_passed_on(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId, id: NoteId) -> Result<bool> {
    known(tx, permit, case, &[id])?;
    let ids = ids(tx, id)?;
    disclosures::name_any(tx, case, &ids)
}

/// Whether a live permission or refusal names any version of a note in scope.
pub fn is_permitted(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId, id: NoteId, now: Timestamp) -> Result<bool> {
    known(tx, permit, case, &[id])?;
    let ids = ids(tx, id)?;
    consents::name_any(tx, case, &ids, now)
}

/// Moves a note in scope with all its versions to another case in scope, where its newest one reads like this. It takes the guards of those it was
/// from and about, and of those it is: what they wish bears on what may be shared (R14, R16). Who wrote it and when stays as it was.
pub fn relocate(
    tx: &mut Tx<'_>,
    permit: &Permit<act::NoteRelocate>,
    id: NoteId,
    to: CaseId,
    there: &NoteContent,
    reason: &LongText,
    now: Timestamp,
) -> Result<NoteId> {
    let worker_id = cases::require(tx, permit, to)?.assigned_to;
    let versions = versions(tx, id)?;
    guard::take(tx, there.people().chain(versions.iter().flat_map(|row| row.details.0.clone().people())))?;
    named::note(tx, to, there.people(), NamedBy::Other)?;
    if let Some(from) = versions.first().map(|row| row.case_id) {
        let moving: Vec<NoteId> = versions.iter().map(|row| row.id).collect();
        legal_extracts::forget(tx, from, &moving)?;
        subject_access::forget(tx, from, &moving)?;
    }
    let mut moved: HashMap<NoteId, NoteId> = HashMap::new();
    for old in versions {
        let new_id = NoteId::mint();
        let text = Text { relocation_reason: Some(reason.clone()), ..old.text(tx)?.ok_or(Error::NotFound)? };
        moved.insert(old.id, new_id);
        let new = Row {
            id: new_id,
            case_id: to,
            worker_id,
            first_id: moved.get(&old.first_id).copied().unwrap_or(new_id),
            supersedes_note_id: old.supersedes_note_id.and_then(|version| moved.get(&version).copied()),
            details: Json(old.details.0.clone().among(there)),
            sealed: Some(tx.seal(cell(new_id, to), &text)?),
            moved_from_id: Some(old.id),
            moved_at: Some(now),
            moved_by: Some(permit.staff()),
            ..old
        };
        diesel::insert_into(note::table).values(new).execute(tx.conn)?;
        diesel::update(note::table.find(old.id))
            .set((note::details.eq(Json(old.details.0.emptied())), note::sealed.eq(None::<Vec<u8>>)))
            .execute(tx.conn)?;
    }
    moved.remove(&id).ok_or(Error::NotFound)
}
