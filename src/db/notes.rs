//! Notes. What they say is sealed under the key of their case; whom they are from and about, and what kinds of information they hold, are
//! ids and words. Every finder leaves out restricted notes that the caller may not read (C4).

use std::collections::HashMap;

use super::conn::{Conn, Engine};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::Result;
use super::named::{self, NamedBy};
use super::schema::note;
use super::sealed::{Cell, Owner};
use super::staff::{self, Names};
use super::stored::Json;
use super::tx::Tx;
use super::{guard, newest, scope, total};
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::ids::{CaseId, DisclosureId, NoteId, PersonId, StaffId};
use crate::domain::note::{Note, NoteContent, NoteFilter, NoteSummary, Provenance};
use crate::domain::page::{Page, PageRequest};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{AccessReason, Channel, FactOrOpinion, InformationCategory, NoteKind, Sensitivity};

mod about;
mod held;
mod moved;

pub(super) use about::{About, Opened, about, firsts, opened};
pub use held::{HeldNote, for_disclosure, for_disclosure_in, known, require};
pub(super) use held::{facts, of_draft};
pub(super) use moved::left;
pub use moved::{is_passed_on, is_permitted, is_readable, receipt, relocate};

/// What is kept in the clear: ids and words only.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Details {
    channel: Option<Channel>,
    from: Option<PersonId>,
    about: Vec<PersonId>,
    categories: Vec<InformationCategory>,
    fact_or_opinion: FactOrOpinion,
    keep_confidential: bool,
    wish_by: Option<PersonId>,
    wish_on: Option<NaiveDate>,
    names_others: bool,
    provenance: Option<Provenance>,
    disclosure_id: Option<DisclosureId>,
}

impl Details {
    fn people(self) -> Vec<PersonId> {
        self.about.into_iter().chain(self.from).collect()
    }

    /// Whether a note of this kind may be passed on by its term. What outsiders told stays here unless they agreed, and where nothing is recorded nobody
    /// agreed (C12).
    fn onward_sharing(&self, kind: NoteKind) -> bool {
        self.provenance.as_ref().map_or(kind != NoteKind::InformationReceived, |source| source.onward_sharing)
    }
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Text {
    concern: Option<LongText>,
    action_taken: Option<LongText>,
    correction_reason: Option<LongText>,
    relocation_reason: Option<LongText>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = note, treat_none_as_default_value = false)]
struct Row {
    id: NoteId,
    case_id: CaseId,
    kind: NoteKind,
    sensitivity: Sensitivity,
    occurred_at: Timestamp,
    recorded_at: Timestamp,
    recorded_by: StaffId,
    worker_id: StaffId,
    first_id: NoteId,
    supersedes_note_id: Option<NoteId>,
    details: Json<Details>,
    /// Absent in a marker.
    sealed: Option<Vec<u8>>,
    moved_from_id: Option<NoteId>,
    moved_at: Option<Timestamp>,
    moved_by: Option<StaffId>,
}

impl Row {
    /// What it says; nothing, if it is the marker of a note that was moved.
    fn text(&self, tx: &mut Tx<'_>) -> Result<Option<Text>> {
        self.sealed.as_ref().map(|sealed| tx.open(cell(self.id, self.case_id), sealed)).transpose()
    }
}

fn cell(id: NoteId, case: CaseId) -> Cell {
    Cell::of("note", id.0, Owner::Case(case))
}

/// A condition on a note.
pub(super) type OnNote = Box<dyn BoxableExpression<note::table, Engine, SqlType = diesel::sql_types::Bool>>;

/// Whether a note is in scope: its case is, and neither it nor any correction of it is restricted and closed to the caller. Restricted notes
/// are open in the cases where the caller reads all of them; in a case they took themselves those of the time when they worked on it, and
/// their own (C4).
pub(super) fn visible(scope: Scope) -> OnNote {
    let version = diesel::alias!(note as version);
    let staff = scope.staff().unwrap_or(StaffId(uuid::Uuid::nil()));
    let of_their_time = version
        .field(note::case_id)
        .eq_any(scope::cases_worked_on(scope, staff))
        .and(version.field(note::worker_id).eq(staff).or(version.field(note::recorded_by).eq(staff)));
    let open = version.field(note::case_id).eq_any(scope::cases_with_restricted_notes(scope)).or(of_their_time);
    let closed = version
        .filter(version.field(note::first_id).eq(note::first_id))
        .filter(version.field(note::id).ge(note::id))
        .filter(version.field(note::sensitivity).eq(Sensitivity::Restricted))
        .filter(diesel::dsl::not(open));
    Box::new(note::case_id.eq_any(scope::cases(scope)).and(diesel::dsl::not(diesel::dsl::exists(closed))))
}

/// The corrections of these notes.
fn corrections(tx: &mut Tx<'_>, notes: &[NoteId]) -> Result<HashMap<NoteId, NoteId>> {
    let rows: Vec<(Option<NoteId>, NoteId)> = note::table
        .filter(note::supersedes_note_id.eq_any(notes.iter().copied()))
        .select((note::supersedes_note_id, note::id))
        .load(tx.conn)?;
    Ok(rows.into_iter().filter_map(|(old, new)| Some((old?, new))).collect())
}

/// A correction: of which note, and why.
#[derive(Debug)]
pub struct Correction {
    /// The note it takes the place of.
    pub of: NoteId,
    /// Why.
    pub reason: LongText,
}

/// Writes a note. It takes the guards of those it is from and about, and of those its forerunner was: what they wish bears on what may be
/// shared (R14, R16). The caller has seen that the case is in scope.
pub fn insert(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case_id: CaseId,
    content: NoteContent,
    correction: Option<Correction>,
    now: Timestamp,
) -> Result<NoteId> {
    let id = NoteId::mint();
    let worker_id = super::cases::require(tx, permit, case_id)?.assigned_to;
    let (first_id, before) = match &correction {
        Some(correction) => {
            let old = note::table.find(correction.of).select((note::first_id, note::details));
            let (first, details): (NoteId, Json<Details>) = old.first(tx.conn)?;
            (first, details.0.people())
        }
        None => (id, Vec::new()),
    };
    guard::take(tx, content.people().chain(before))?;
    named::note(tx, case_id, content.people(), NamedBy::Other)?;
    let (supersedes_note_id, correction_reason) = correction.map(|correction| (correction.of, correction.reason)).unzip();
    let text = Text { concern: content.concern, action_taken: content.action_taken, correction_reason, relocation_reason: None };
    let row = Row {
        id,
        case_id,
        kind: content.kind,
        sensitivity: content.sensitivity,
        occurred_at: content.occurred_at,
        recorded_at: now,
        recorded_by: permit.staff(),
        worker_id,
        first_id,
        supersedes_note_id,
        details: Json(Details {
            channel: content.channel,
            from: content.from_person_id,
            about: content.about_person_ids,
            categories: content.information_categories,
            fact_or_opinion: content.fact_or_opinion,
            keep_confidential: content.keep_confidential,
            wish_by: content.wish_by_person_id,
            wish_on: content.wish_on,
            names_others: content.names_others,
            provenance: content.provenance,
            disclosure_id: content.disclosure_id,
        }),
        sealed: Some(tx.seal(cell(id, case_id), &text)?),
        moved_from_id: None,
        moved_at: None,
        moved_by: None,
    };
    diesel::insert_into(note::table).values(row).execute(tx.conn)?;
    Ok(id)
}

fn view(tx: &mut Tx<'_>, permit: &Permit<impl Act>, row: Row) -> Result<Note> {
    let text = row.text(tx)?;
    let (relocated_from, relocated_to) = moved::traces(tx, permit, &row, text.as_ref())?;
    let (concern, action_taken, correction_reason) =
        text.map_or((None, None, None), |text| (text.concern, text.action_taken, text.correction_reason));
    // Of a note that took the place of a restricted one, whoever may not read that one sees no more than that it is there.
    let forerunner = known(tx, permit, row.case_id, row.supersedes_note_id.as_slice())?.into_iter().next();
    let names = staff::names(tx, [row.recorded_by])?;
    let superseded_by_note_id = corrections(tx, &[row.id])?.remove(&row.id);
    let Details {
        channel,
        from,
        about,
        categories,
        fact_or_opinion,
        keep_confidential,
        wish_by,
        wish_on,
        names_others,
        provenance,
        disclosure_id,
    } = row.details.0;
    Ok(Note {
        id: row.id,
        case_id: row.case_id,
        recorded_at: row.recorded_at,
        recorded_by: names.get(row.recorded_by),
        supersedes_note_id: forerunner,
        superseded_by_note_id,
        correction_reason: correction_reason.filter(|_| forerunner.is_some()),
        relocated_from,
        relocated_to,
        content: NoteContent {
            kind: row.kind,
            channel,
            from_person_id: from,
            about_person_ids: about,
            information_categories: categories,
            concern,
            action_taken,
            fact_or_opinion,
            occurred_at: row.occurred_at,
            sensitivity: row.sensitivity,
            keep_confidential,
            wish_by_person_id: wish_by,
            wish_on,
            names_others,
            provenance,
            disclosure_id,
        },
        allowed_actions: Vec::new(),
    })
}

/// A note in scope.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: NoteId) -> Result<Note> {
    let find = |conn: &mut Conn, scope| note::table.find(id).filter(visible(scope)).first(conn);
    let row = scope::found(tx, permit.scope(), find, |row: &Row| [row.case_id])?;
    view(tx, permit, row)
}

/// A note of a case in scope that the caller wrote or moved.
fn own(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: NoteId) -> Result<Row> {
    let find = |conn: &mut Conn, scope| {
        let own = note::table.find(id).filter(note::recorded_by.nullable().eq(permit.staff()).or(note::moved_by.eq(permit.staff())));
        own.filter(note::case_id.eq_any(scope::cases(scope))).first(conn)
    };
    scope::found(tx, permit.scope(), find, |row: &Row| [row.case_id])
}

/// A note of a case in scope as it is shown to whoever has just written or moved it: they know what it says, also where it is restricted and
/// they will not be shown it again.
pub fn written(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: NoteId) -> Result<Note> {
    let row = own(tx, permit, id)?;
    view(tx, permit, row)
}

fn selected(scope: Scope, case: CaseId, filter: &NoteFilter) -> note::BoxedQuery<'static, Engine> {
    let mut query = note::table.filter(note::case_id.eq(case)).filter(visible(scope)).into_boxed();
    if !filter.kind.is_empty() {
        query = query.filter(note::kind.eq_any(filter.kind.clone()));
    }
    if let Some(from) = filter.from {
        query = query.filter(note::occurred_at.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(note::occurred_at.lt(to));
    }
    if filter.current {
        let later = diesel::alias!(note as later);
        let corrected = later.filter(later.field(note::supersedes_note_id).eq(note::id.nullable()));
        query = query.filter(note::sealed.is_not_null()).filter(diesel::dsl::not(diesel::dsl::exists(corrected)));
    }
    query
}

/// The notes of a case that count, all of them: where one is restricted, a service manager needs a reason (C4), so that none stays undecided unseen.
pub fn current(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId) -> Result<Vec<NoteId>> {
    let filter = NoteFilter { current: true, ..NoteFilter::default() };
    let all = Scope::Manager(permit.staff(), Some(AccessReason::LegalRequest));
    let find = |conn: &mut Conn, scope| {
        let seen: Vec<NoteId> = selected(scope, case, &filter).select(note::id).load(conn)?;
        let held: i64 = selected(all, case, &filter).count().get_result(conn)?;
        if usize::try_from(held) == Ok(seen.len()) { Ok(seen) } else { Err(diesel::NotFound) }
    };
    scope::found(tx, permit.scope(), find, |_| [case])
}

/// The notes of a case that are in scope, newest first.
pub fn list(
    tx: &mut Tx<'_>,
    permit: &Permit<act::NoteList>,
    case: CaseId,
    filter: &NoteFilter,
    page: &PageRequest,
) -> Result<Page<NoteSummary>> {
    let total = total(page, || selected(permit.scope(), case, filter).count().get_result(tx.conn))?;
    let rows = newest(tx.conn, selected(permit.scope(), case, filter), note::id, page, total, |row: &Row| row.id)?;
    let names = staff::names(tx, rows.items.iter().map(|row| row.recorded_by))?;
    let ids: Vec<NoteId> = rows.items.iter().map(|row| row.id).collect();
    let (corrected, moved) = (corrections(tx, &ids)?, moved::away(tx, &ids)?);
    Ok(rows.map(|row| summary(row, &names, &corrected, &moved)))
}

fn summary(row: Row, names: &Names, corrected: &HashMap<NoteId, NoteId>, moved: &HashMap<NoteId, moved::Move>) -> NoteSummary {
    let details = row.details.0;
    NoteSummary {
        id: row.id,
        kind: row.kind,
        channel: details.channel,
        occurred_at: row.occurred_at,
        recorded_at: row.recorded_at,
        recorded_by: names.get(row.recorded_by),
        sensitivity: row.sensitivity,
        keep_confidential: details.keep_confidential,
        information_categories: details.categories,
        superseded_by_note_id: corrected.get(&row.id).copied(),
        relocated_at: moved.get(&row.id).map(|moved| moved.at),
    }
}

#[cfg(test)]
mod tests;
