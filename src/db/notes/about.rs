//! What is held from or about somebody, each version of it: a correction takes nothing away from what they may ask for (C8, C9; R1).

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{Row, corrections, summary, visible};
use crate::authz::Scope;
use crate::db::error::Result;
use crate::db::schema::note;
use crate::db::staff;
use crate::db::tx::Tx;
use crate::domain::ids::{CaseId, NoteId, PersonId};
use crate::domain::note::NoteSummary;

/// A note, and who may have rights in it.
pub(in crate::db) struct About {
    /// The note.
    pub note: NoteSummary,
    /// Its first version.
    pub first_id: NoteId,
    /// Its case.
    pub case_id: CaseId,
    /// Whom it is from.
    pub from: Option<PersonId>,
    /// Whom it is about.
    pub subjects: Vec<PersonId>,
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
    let rows: Vec<Row> = held().order(note::id.desc()).load(tx.conn)?;
    let theirs = |row: &Row| row.details.0.clone().people().iter().any(|person| people.contains(person));
    let rows: Vec<Row> = rows.into_iter().filter(theirs).collect();
    let open: Vec<NoteId> = held().filter(visible(scope)).select(note::id).load(tx.conn)?;
    let open: HashSet<NoteId> = open.into_iter().collect();
    if !rows.iter().all(|row| open.contains(&row.id)) {
        return Ok(None);
    }
    let names = staff::names(tx, rows.iter().map(|row| row.recorded_by))?;
    let corrected = corrections(tx, &rows.iter().map(|row| row.id).collect::<Vec<_>>())?;
    let about = |row: Row| {
        let (first_id, case_id, details, onward_sharing) = (row.first_id, row.case_id, row.details.0.clone(), row.onward_sharing());
        let note = summary(row, &names, &corrected, &HashMap::new());
        About { note, first_id, case_id, from: details.from, subjects: details.about, names_others: details.names_others, onward_sharing }
    };
    Ok(Some(rows.into_iter().map(about).collect()))
}

/// The same of the first versions of these notes; of several versions, the last day.
pub(in crate::db) fn by_first(tx: &mut Tx<'_>, of: &HashMap<NoteId, NaiveDate>) -> Result<HashMap<NoteId, NaiveDate>> {
    let firsts = note::table.filter(note::id.eq_any(of.keys().copied().collect::<Vec<_>>())).select((note::id, note::first_id));
    let mut by_first = HashMap::new();
    for (id, first) in firsts.load::<(NoteId, NoteId)>(tx.conn)? {
        let Some(last) = of.get(&id) else { continue };
        let known = by_first.entry(first).or_insert(*last);
        *known = *last.max(known);
    }
    Ok(by_first)
}
