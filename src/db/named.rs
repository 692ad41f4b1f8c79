//! Whom the records of a case name although they take no part in it, by the id that is named: a child at risk whom nobody brought into the case, or
//! somebody who was one with a participant when it was written (C2). They stay on record as long as the case does (C16): whom a risk names by who they
//! are, and others as an id, if the cases are gone in which all was told of them.

use std::collections::{BTreeSet, HashSet};

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::conn::RowLock;
use super::error::Result;
use super::schema::{case_file, named_person, participant, person};
use super::tx::Tx;
use crate::authz::{Act, Permit};
use crate::domain::ids::{CaseId, PersonId};

/// What names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// A risk: who they are is to be known to whoever sees it (C17).
    Risk,
    /// Anything else that is on record.
    Other,
}

/// Notes that something in this case names these people. Whoever is not on record, or is gone by now, is named as it was said, and kept by nothing.
pub(super) fn note(tx: &mut Tx<'_>, case: CaseId, people: impl IntoIterator<Item = PersonId>, by: NamedBy) -> Result<()> {
    note_in_each(tx, &[case], people, by)
}

/// The same in several cases, in as many queries for many as for one.
pub(super) fn note_in_each(tx: &mut Tx<'_>, cases: &[CaseId], people: impl IntoIterator<Item = PersonId>, by: NamedBy) -> Result<()> {
    let named: BTreeSet<PersonId> = people.into_iter().collect();
    if named.is_empty() || cases.is_empty() {
        return Ok(());
    }
    let there = participant::table.filter(participant::case_id.eq_any(cases.to_vec())).filter(participant::person_id.eq_any(named.clone()));
    let there: HashSet<(CaseId, PersonId)> =
        there.select((participant::case_id, participant::person_id)).load(tx.conn)?.into_iter().collect();
    let strangers: Vec<PersonId> = named.into_iter().filter(|person| !cases.iter().all(|case| there.contains(&(*case, *person)))).collect();
    if strangers.is_empty() {
        return Ok(());
    }
    // One who is disposed of just now is waited for: they are gone then.
    tx.hold_each(RowLock::PersonAsTheyAre, strangers.iter().map(|person| person.0))?;
    let risk = by == NamedBy::Risk;
    let takes_part = participant::table.filter(participant::case_id.eq(case_file::id)).filter(participant::person_id.eq(person::id));
    let kept = named_person::table
        .filter(named_person::case_id.eq(case_file::id))
        .filter(named_person::person_id.eq(person::id))
        .filter(named_person::risk.eq(risk));
    let new = case_file::table
        .inner_join(person::table.on(person::id.eq_any(strangers)))
        .filter(case_file::id.eq_any(cases.to_vec()))
        .filter(not(exists(takes_part)))
        .filter(not(exists(kept)))
        .select((case_file::id, person::id, risk.into_sql::<Bool>()));
    diesel::insert_into(named_person::table)
        .values(new)
        .into_columns((named_person::case_id, named_person::person_id, named_person::risk))
        .execute(tx.conn)?;
    Ok(())
}

/// Whoever is named in these cases without taking part.
pub fn people(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, cases: &[CaseId]) -> Result<Vec<PersonId>> {
    let named = named_person::table.filter(named_person::case_id.eq_any(cases.to_vec()));
    Ok(named.select(named_person::person_id).distinct().load(tx.conn)?)
}
