//! R16: the guard of a person. Whoever decides about somebody, or changes what could change a decision, first takes these rows, in the
//! order of their ids, so that nothing can come between the facts and what is decided upon them.

use diesel::prelude::*;

use super::error::{Error, Result};
use super::schema::decision_guard;
use super::tx::Tx;
use crate::domain::ids::PersonId;

/// Takes the guards of these people until the transaction ends.
pub fn take(tx: &mut Tx<'_>, people: impl IntoIterator<Item = PersonId>) -> Result<()> {
    let mut people: Vec<PersonId> = people.into_iter().collect();
    people.sort_unstable();
    people.dedup();
    for person in people {
        let taken = diesel::update(decision_guard::table.find(person))
            .set(decision_guard::version.eq(decision_guard::version + 1))
            .execute(tx.conn)?;
        if taken == 0 {
            return Err(Error::NotFound);
        }
    }
    Ok(())
}

/// Makes the guard of a new person.
pub fn create(tx: &mut Tx<'_>, person: PersonId) -> Result<()> {
    diesel::insert_into(decision_guard::table)
        .values((decision_guard::person_id.eq(person), decision_guard::version.eq(1)))
        .execute(tx.conn)?;
    Ok(())
}
