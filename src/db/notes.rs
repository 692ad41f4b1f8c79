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
