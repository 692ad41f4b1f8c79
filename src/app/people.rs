//! People: recorded with as little as they wish to tell (C2), found, corrected.

use super::{App, Error, Result, allowed, expect_version};
use crate::authz::{Act, Action, Permit, act};
use crate::clock::Clock;
use crate::db::{self, Tx, idempotency, people};
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::PersonId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::patch::Merge;
use crate::domain::person::{ContactUpdate, NewPerson, Person, PersonSearch, PersonSummary, PersonUpdate, contacts_after};

const ACTIONS: &[Action] = &[Action::PersonUpdate, Action::CapacityRecord];

fn shown(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: PersonId) -> db::Result<Person> {
    Ok(Person { allowed_actions: allowed(permit.caller(), ACTIONS), ..people::find(tx, permit, id)? })
}

impl App {
    /// Records a person.
    pub async fn create_person(
        &self,
        permit: Permit<act::PersonCreate>,
        new: NewPerson,
        request: Option<Idempotency>,
    ) -> Result<Created<Person>> {
        let now = self.clock.now();
        let (made, _) = self
            .db
            .write(move |tx| {
                let made = idempotency::once(tx, &permit, request.as_ref(), Clock::real(), |tx| {
                    let faults = new.content.faults(now.day());
                    if !faults.is_empty() {
                        return Err(Error::Rule(faults));
                    }
                    let contacts = new.contacts.into_iter().map(|contact| ContactUpdate { id: None, contact }).collect();
                    Ok(people::insert(tx, &permit, new.content, contacts_after(&[], contacts), now)?)
                })?;
                Ok::<_, Error>(Created { value: shown(tx, &permit, made.value)?, replayed: made.replayed })
            })
            .await?;
        Ok(made)
    }

    /// A person in scope.
    pub async fn read_person(&self, permit: Permit<act::PersonRead>, id: PersonId) -> Result<Person> {
        self.look(permit, move |tx, permit| shown(tx, permit, id)).await
    }

    /// People in scope who have this name, birth date or contact.
    pub async fn search_people(
        &self,
        permit: Permit<act::PersonSearch>,
        search: PersonSearch,
        page: PageRequest,
    ) -> Result<Page<PersonSummary>> {
        self.look(permit, move |tx, permit| people::search(tx, permit, &search, &page)).await
    }

    /// Corrects a person in scope.
    pub async fn update_person(
        &self,
        permit: Permit<act::PersonUpdate>,
        id: PersonId,
        version: i32,
        merge: Merge<PersonUpdate>,
    ) -> Result<Person> {
        let today = self.clock.now().day();
        let (person, _) = self
            .db
            .write(move |tx| {
                let current = people::find(tx, &permit, id)?;
                expect_version(current.version, version)?;
                let update = merge(&current.writable()).map_err(Error::Invalid)?;
                let faults = update.content.faults(today);
                if !faults.is_empty() {
                    return Err(Error::Rule(faults));
                }
                let contacts = contacts_after(&current.contacts, update.contacts);
                people::update(tx, &permit, id, version, update.content, contacts)?;
                Ok(shown(tx, &permit, id)?)
            })
            .await?;
        Ok(person)
    }
}

#[cfg(test)]
mod tests;
