//! Notes. What they say is sealed under the key of their case; whom they are from and about, and what kinds of information they hold, are
//! ids and words. Every finder leaves out restricted notes that the caller may not read (C4).

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::schema::{disclosure, note};
use super::sealed::{Cell, Owner};
use super::staff::{self, Names};
use super::stored::Json;
use super::tx::Tx;
use super::{guard, scope};
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::ids::{CaseId, DisclosureId, NoteId, PersonId, StaffId};
use crate::domain::note::{Note, NoteContent, NoteFilter, NoteSummary, Provenance};
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Channel, FactOrOpinion, InformationCategory, NoteKind, Sensitivity};

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
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Text {
    concern: Option<LongText>,
    action_taken: Option<LongText>,
    correction_reason: Option<LongText>,
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
    supersedes_note_id: Option<NoteId>,
    details: Json<Details>,
    sealed: Vec<u8>,
}

impl Row {
    fn text(&self, tx: &mut Tx<'_>) -> Result<Text> {
        tx.open(cell(self.id, self.case_id), &self.sealed)
    }
}

fn cell(id: NoteId, case: CaseId) -> Cell {
    Cell::of("note", id.0, Owner::Case(case))
}

/// A condition on a note.
type OnNote = Box<dyn BoxableExpression<note::table, Sqlite, SqlType = diesel::sql_types::Bool>>;

/// Whether a note is in scope: its case is, and if it is restricted the caller is close enough to the case.
fn visible(scope: Scope) -> OnNote {
    Box::new(
        note::case_id
            .eq_any(scope::cases(scope))
            .and(note::sensitivity.ne(Sensitivity::Restricted).or(note::case_id.eq_any(scope::cases_with_restricted_notes(scope)))),
    )
}

/// The corrections of these notes.
fn corrections(tx: &mut Tx<'_>, notes: &[NoteId]) -> Result<HashMap<NoteId, NoteId>> {
    let rows: Vec<(Option<NoteId>, NoteId)> = note::table
        .filter(note::supersedes_note_id.eq_any(notes.iter().copied()))
        .select((note::supersedes_note_id, note::id))
        .load(tx.conn)?;
    Ok(rows.into_iter().filter_map(|(old, new)| Some((old?, new))).collect())
}

/// What a disclosure looks at of a note.
#[derive(Clone, Debug)]
pub struct HeldNote {
    /// The note.
    pub id: NoteId,
    /// Whose confidence it is.
    pub from: Option<PersonId>,
    /// About whom it is.
    pub about: Vec<PersonId>,
    /// What kinds of information it holds.
    pub categories: Vec<InformationCategory>,
    /// Whether it stays in confidence.
    pub keep_confidential: bool,
    /// Who wishes that, if not whoever it is from.
    pub wish_by: Option<PersonId>,
    /// Whether it names people who do not take part in the case.
    pub names_others: bool,
    /// Whether it may be passed on, for all that whoever gave it said.
    pub onward_sharing: bool,
    /// Whether a correction has taken its place.
    pub superseded: bool,
    concern: Option<LongText>,
    action_taken: Option<LongText>,
}

impl HeldNote {
    /// What it says: the concern, a line feed, the action taken.
    #[must_use]
    pub fn content(&self) -> String {
        let text = |part: &Option<LongText>| part.as_ref().map_or_else(String::new, |text| text.0.clone());
        format!("{}\n{}", text(&self.concern), text(&self.action_taken))
    }
}

/// Notes to be disclosed, in the order asked. Each is of this case and in scope, or nothing is found.
pub fn for_disclosure(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId, notes: &[NoteId]) -> Result<Vec<HeldNote>> {
    let distinct: HashSet<NoteId> = notes.iter().copied().collect();
    let rows: Vec<Row> = scope::found(permit.scope(), |scope| {
        let rows: Vec<Row> = note::table
            .filter(note::id.eq_any(distinct.iter().copied()))
            .filter(note::case_id.eq(case))
            .filter(visible(scope))
            .load(tx.conn)?;
        if rows.len() == distinct.len() { Ok(rows) } else { Err(diesel::NotFound) }
    })?;
    let corrected = corrections(tx, notes)?;
    let mut held = HashMap::with_capacity(rows.len());
    for row in rows {
        let Text { concern, action_taken, .. } = row.text(tx)?;
        let Details { from, about, categories, keep_confidential, wish_by, names_others, provenance, .. } = row.details.0;
        let onward_sharing = provenance.is_none_or(|source| source.onward_sharing);
        let superseded = corrected.contains_key(&row.id);
        held.insert(
            row.id,
            HeldNote {
                id: row.id,
                from,
                about,
                categories,
                keep_confidential,
                wish_by,
                names_others,
                onward_sharing,
                superseded,
                concern,
                action_taken,
            },
        );
    }
    notes.iter().map(|id| held.get(id).cloned().ok_or(Error::NotFound)).collect()
}

/// Those of these notes that are of this case and in scope.
pub fn known(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId, notes: &[NoteId]) -> Result<HashSet<NoteId>> {
    let found: Vec<NoteId> = note::table
        .filter(note::id.eq_any(notes.iter().copied()))
        .filter(note::case_id.eq(case))
        .filter(visible(permit.scope()))
        .select(note::id)
        .load(tx.conn)?;
    Ok(found.into_iter().collect())
}

/// Whether this disclosure left this case.
pub fn disclosed(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, case: CaseId, id: DisclosureId) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(disclosure::table.find(id).filter(disclosure::case_id.eq(case)))).get_result(tx.conn)?)
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
    let before = match &correction {
        Some(correction) => note::table.find(correction.of).select(note::details).first::<Json<Details>>(tx.conn)?.0.people(),
        None => Vec::new(),
    };
    guard::take(tx, content.people().chain(before))?;
    let (supersedes_note_id, correction_reason) = correction.map(|correction| (correction.of, correction.reason)).unzip();
    let text = Text { concern: content.concern, action_taken: content.action_taken, correction_reason };
    let row = Row {
        id,
        case_id,
        kind: content.kind,
        sensitivity: content.sensitivity,
        occurred_at: content.occurred_at,
        recorded_at: now,
        recorded_by: permit.staff(),
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
        sealed: tx.seal(cell(id, case_id), &text)?,
    };
    diesel::insert_into(note::table).values(row).execute(tx.conn)?;
    Ok(id)
}

fn view(tx: &mut Tx<'_>, row: Row) -> Result<Note> {
    let Text { concern, action_taken, correction_reason } = row.text(tx)?;
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
        supersedes_note_id: row.supersedes_note_id,
        superseded_by_note_id,
        correction_reason,
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
    let row = scope::found(permit.scope(), |scope| note::table.find(id).filter(visible(scope)).first(tx.conn))?;
    view(tx, row)
}

/// A note of a case in scope as it is shown to whoever has just written it: they know what it says, also where it is restricted and they
/// will not be shown it again.
pub fn written(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: NoteId) -> Result<Note> {
    let row = scope::found(permit.scope(), |scope| {
        let own = note::table.find(id).filter(note::recorded_by.eq(permit.staff()));
        own.filter(note::case_id.eq_any(scope::cases(scope))).first(tx.conn)
    })?;
    view(tx, row)
}

fn selected(scope: Scope, case: CaseId, filter: &NoteFilter) -> note::BoxedQuery<'static, Sqlite> {
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
    query
}

/// The notes of a case that are in scope, newest first.
pub fn list(
    tx: &mut Tx<'_>,
    permit: &Permit<act::NoteList>,
    case: CaseId,
    filter: &NoteFilter,
    page: &PageRequest,
) -> Result<Page<NoteSummary>> {
    let total = if page.include_total {
        let count: i64 = selected(permit.scope(), case, filter).count().get_result(tx.conn)?;
        Some(u64::try_from(count).unwrap_or_default())
    } else {
        None
    };
    let mut query = selected(permit.scope(), case, filter).order(note::id.desc()).limit(i64::from(page.limit) + 1);
    if let Some(after) = page.after {
        query = query.filter(note::id.lt(NoteId(after.id)));
    }
    let rows = Page::cut(query.load::<Row>(tx.conn)?, page, |row| After { key: 0, id: row.id.0 }, total);
    let names = staff::names(tx, rows.items.iter().map(|row| row.recorded_by))?;
    let corrected = corrections(tx, &rows.items.iter().map(|row| row.id).collect::<Vec<_>>())?;
    Ok(rows.map(|row| summary(row, &names, &corrected)))
}

fn summary(row: Row, names: &Names, corrected: &HashMap<NoteId, NoteId>) -> NoteSummary {
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
    }
}

#[cfg(test)]
mod tests;
