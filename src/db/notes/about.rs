//! What is held from or about somebody, each version of it: a correction takes nothing away from what they may ask for (C8, C9; R1).

use std::collections::{BTreeSet, HashMap};

use diesel::dsl::not;
use diesel::prelude::*;

use super::{Details, Row, Text, corrections, summary, visible};
use crate::authz::Scope;
use crate::db::error::{Error, Result};
use crate::db::schema::note;
use crate::db::sealed::Owner;
use crate::db::staff;
use crate::db::stored::Json;
use crate::db::tx::Tx;
use crate::domain::ids::{CaseId, NoteId, PersonId};
use crate::domain::note::NoteSummary;
use crate::domain::text::LongText;
use crate::domain::vocabulary::NoteKind;

/// A note, and who may have rights in it; nothing of what it says.
pub(in crate::db) struct About {
    /// The note.
    pub id: NoteId,
    /// Its first version.
    pub first_id: NoteId,
    /// Its case.
    pub case_id: CaseId,
    /// Whom it is from.
    pub from: Option<PersonId>,
    /// Whom it is about.
    pub subjects: Vec<PersonId>,
    /// Whether it stays in confidence.
    pub keep_confidential: bool,
    /// Whether it names people who do not take part.
    pub names_others: bool,
    /// Whether it may be passed on by its term.
    pub onward_sharing: bool,
}

/// The notes of these cases from or about any of these people, newest first; nothing, if one of them is closed to the caller (C4).
pub(in crate::db) fn about(
    tx: &mut Tx<'_>,
    scope: Scope,
    cases: &BTreeSet<CaseId>,
    people: &BTreeSet<PersonId>,
) -> Result<Option<Vec<About>>> {
    let held = || note::table.filter(note::case_id.eq_any(cases.clone())).filter(note::sealed.is_not_null());
    let theirs = |details: &Details| details.from.iter().chain(&details.about).any(|person| people.contains(person));
    let closed: Vec<Json<Details>> = held().filter(not(visible(scope))).select(note::details).load(tx.conn)?;
    if closed.iter().any(|Json(details)| theirs(details)) {
        return Ok(None);
    }
    let of = (note::id, note::first_id, note::case_id, note::kind, note::details);
    let rows: Vec<(NoteId, NoteId, CaseId, NoteKind, Json<Details>)> = held().order(note::id.desc()).select(of).load(tx.conn)?;
    let rows = rows.into_iter().filter(|(.., Json(details))| theirs(details));
    let about = |(id, first_id, case_id, kind, Json(details)): (_, _, _, _, Json<Details>)| {
        let onward_sharing = details.onward_sharing(kind);
        let Details { from, about: subjects, keep_confidential, names_others, .. } = details;
        About { id, first_id, case_id, from, subjects, keep_confidential, names_others, onward_sharing }
    };
    Ok(Some(rows.map(about).collect()))
}

/// A note as it is read.
pub(in crate::db) struct Opened {
    /// What a list tells of it.
    pub summary: NoteSummary,
    /// What was said.
    pub concern: Option<LongText>,
    /// What was done.
    pub action_taken: Option<LongText>,
}

/// These notes, opened. The caller found that none of them is closed to whoever reads them.
pub(in crate::db) fn opened(tx: &mut Tx<'_>, notes: &[NoteId]) -> Result<HashMap<NoteId, Opened>> {
    let rows: Vec<Row> = note::table.filter(note::id.eq_any(notes.to_vec())).load(tx.conn)?;
    tx.fetch_keys(rows.iter().map(|row| Owner::Case(row.case_id)))?;
    let names = staff::names(tx, rows.iter().map(|row| row.recorded_by))?;
    let corrected = corrections(tx, notes)?;
    let open = |row: Row| {
        let Text { concern, action_taken, .. } = row.text(tx)?.ok_or(Error::NotFound)?;
        Ok((row.id, Opened { summary: summary(row, &names, &corrected, &HashMap::new()), concern, action_taken }))
    };
    rows.into_iter().map(open).collect()
}

/// The first version of each of these notes.
pub(in crate::db) fn firsts(tx: &mut Tx<'_>, notes: impl IntoIterator<Item = NoteId>) -> Result<HashMap<NoteId, NoteId>> {
    let firsts = note::table.filter(note::id.eq_any(notes.into_iter().collect::<Vec<_>>())).select((note::id, note::first_id));
    Ok(firsts.load(tx.conn)?.into_iter().collect())
}
