//! Whom the records of a case name although they take no part in it, by the id that is named: a child at risk whom nobody brought into the case, or
//! somebody who was one with a participant when it was written (C2). They stay on record as long as the case does (C16): whom a risk names by who they
//! are, and others as an id, if the cases are gone in which all was told of them.

use std::collections::BTreeSet;

use diesel::dsl::exists;
use diesel::prelude::*;

use super::conn::RowLock;
use super::error::Result;
use super::schema::{named_person, participant, person};
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
    let named: BTreeSet<PersonId> = people.into_iter().collect();
    if named.is_empty() {
        return Ok(());
    }
    let there = participant::table.filter(participant::case_id.eq(case)).filter(participant::person_id.eq_any(named.clone()));
    let there: BTreeSet<PersonId> = there.select(participant::person_id).load(tx.conn)?.into_iter().collect();
    let risk = by == NamedBy::Risk;
    for stranger in named.difference(&there) {
        // One who is disposed of just now is waited for: they are gone then.
        tx.hold(RowLock::PersonAsTheyAre, stranger.0)?;
        let kept: bool = diesel::select(exists(named_person::table.find((case, *stranger, risk)))).get_result(tx.conn)?;
        if !kept && diesel::select(exists(person::table.find(*stranger))).get_result::<bool>(tx.conn)? {
            diesel::insert_into(named_person::table)
                .values((named_person::case_id.eq(case), named_person::person_id.eq(*stranger), named_person::risk.eq(risk)))
                .execute(tx.conn)?;
        }
    }
    Ok(())
}

/// Whoever is named in these cases without taking part.
pub fn people(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, cases: &[CaseId]) -> Result<Vec<PersonId>> {
    let named = named_person::table.filter(named_person::case_id.eq_any(cases.to_vec()));
    Ok(named.select(named_person::person_id).distinct().load(tx.conn)?)
}
