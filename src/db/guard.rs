//! R16: the guard of a person. Whoever decides about somebody, or changes what could change a decision, first takes these rows, in the
//! order of their ids, so that nothing can come between the facts and what is decided upon them. Those who are one have each their own, and all
//! of these are taken for any of them: who is one with whom bears on the answer, too (C2).

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::counted::Counted;
use super::error::{Error, Result};
use super::schema::decision_guard;
use super::tx::Tx;
use crate::domain::ids::PersonId;

/// Takes the guards of these people, and of everybody who is one with them, until the transaction ends.
pub fn take(tx: &mut Tx<'_>, people: impl IntoIterator<Item = PersonId>) -> Result<()> {
    let named: BTreeSet<PersonId> = people.into_iter().collect();
    let guarded: BTreeSet<PersonId> = Counted::among(tx, named.iter().copied())?.everybody().union(&named).copied().collect();
    for person in &guarded {
        let taken = diesel::update(decision_guard::table.find(*person))
            .set(decision_guard::version.eq(decision_guard::version + 1))
            .execute(tx.conn)?;
        if taken == 0 {
            return Err(Error::NotFound);
        }
    }
    // While one waited, somebody may have been found to be one of them; then it may be tried again.
    if Counted::among(tx, named)?.everybody().is_subset(&guarded) { Ok(()) } else { Err(Error::Conflict) }
}

/// Makes the guard of a new person.
pub fn create(tx: &mut Tx<'_>, person: PersonId) -> Result<()> {
    diesel::insert_into(decision_guard::table)
        .values((decision_guard::person_id.eq(person), decision_guard::version.eq(1)))
        .execute(tx.conn)?;
    Ok(())
}
