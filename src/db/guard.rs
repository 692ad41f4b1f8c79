//! R16: the guard of a person. Whoever decides about somebody, or changes what could change a decision, first takes these rows, in the
//! order of their ids, so that nothing can come between the facts and what is decided upon them. Those who are one have each their own, and all
//! of these are taken for any of them: who is one with whom bears on the answer, too (C2).

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::conn::RowLock;
use super::counted::Counted;
use super::error::{Error, Result};
use super::schema::decision_guard;
use super::tx::Tx;
use crate::domain::ids::PersonId;

/// Takes the guards of these people, and of everybody who is one with them, until the transaction ends: all of them at once, but for those that it has.
pub fn take(tx: &mut Tx<'_>, people: impl IntoIterator<Item = PersonId>) -> Result<()> {
    let named: BTreeSet<PersonId> = people.into_iter().filter(|person| !tx.guarded.contains(person)).collect();
    if named.is_empty() {
        return Ok(());
    }
    let guarded: BTreeSet<PersonId> = Counted::among(tx, named.iter().copied())?.everybody().union(&named).copied().collect();
    tx.hold_each(RowLock::Guard, guarded.iter().map(|person| person.0))?;
    let taken = diesel::update(decision_guard::table.filter(decision_guard::person_id.eq_any(guarded.clone())))
        .set(decision_guard::version.eq(decision_guard::version + 1))
        .execute(tx.conn)?;
    if taken < guarded.len() {
        return Err(Error::NotFound);
    }
    // While one waited, somebody may have been found to be one of them; then it may be tried again.
    if !Counted::among(tx, named)?.everybody().is_subset(&guarded) {
        return Err(Error::Conflict);
    }
    tx.guarded.extend(guarded);
    Ok(())
}

/// Makes the guard of a new person.
pub fn create(tx: &mut Tx<'_>, person: PersonId) -> Result<()> {
    diesel::insert_into(decision_guard::table)
        .values((decision_guard::person_id.eq(person), decision_guard::version.eq(1)))
        .execute(tx.conn)?;
    Ok(())
}
