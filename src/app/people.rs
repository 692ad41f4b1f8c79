//! People: recorded with as little as they wish to tell (C2), found, corrected.

use super::{App, Error, Result, allowed, consents, expect_version, faultless, sides};
use crate::authz::{Act, Action, Permit, act};
use crate::db::{Tx, people};
use crate::domain::disclosure::RefusalRule;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::PersonId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::patch::Merge;
use crate::domain::person::{
    ContactUpdate, NewPerson, Person, PersonSearch, PersonSummary, PersonUpdate, contacts_after, unknown_contacts,
};
use crate::domain::time::Timestamp;

/// What may be done with a person: of somebody who counts as another, or is of another side than the caller serves, nothing new is recorded.
fn actions(person: &Person, of_another_side: bool) -> &'static [Action] {
    if person.is_merged() || of_another_side { &[] } else { &[Action::PersonUpdate, Action::CapacityRecord, Action::PersonMerge] }
}

fn shown(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: PersonId) -> Result<Person> {
    let person = people::find(tx, permit, id)?;
    let of_another_side = sides::is_of_another(tx, permit, id)?;
    Ok(Person { allowed_actions: allowed(permit.caller(), actions(&person, of_another_side)), ..person })
}

/// What is new is recorded of the one who stays (C2).
pub(super) fn require_unmerged(person: &Person) -> Result<()> {
    if person.is_merged() { Err(Error::state(RefusalRule::PersonMerged, "#", &[])) } else { Ok(()) }
}

/// Records a person.
pub(super) fn record(tx: &mut Tx<'_>, permit: &Permit<act::PersonCreate>, new: NewPerson, now: Timestamp) -> Result<PersonId> {
    faultless(new.faults(now))?;
    let contacts = new.contacts.into_iter().map(|contact| ContactUpdate { id: None, contact }).collect();
    Ok(people::insert(tx, permit, new.content, contacts_after(&[], contacts), now)?)
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
        self.once(permit, request, move |tx, permit| record(tx, permit, new, now), shown).await
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
        self.look(permit, move |tx, permit| Ok(people::search(tx, permit, &search, &page)?)).await
    }

    /// Corrects a person in scope, who is not of another side than the caller serves.
    pub async fn update_person(
        &self,
        permit: Permit<act::PersonUpdate>,
        id: PersonId,
        version: i32,
        merge: Merge<PersonUpdate>,
    ) -> Result<Person> {
        let now = self.clock.now();
        self.change(permit, move |tx, permit| {
            people::about_to_record(tx, permit, id)?;
            let current = people::find(tx, permit, id)?;
            expect_version(current.version, version)?;
            require_unmerged(&current)?;
            let update = merge(&current.writable()).map_err(Error::Invalid)?;
            let unknown = unknown_contacts(&current.contacts, &update.contacts);
            faultless(update.faults(now).into_iter().chain(unknown).collect())?;
            sides::require_own_side(tx, permit, &[id])?;
            let contacts = contacts_after(&current.contacts, update.contacts);
            people::update(tx, permit, id, version, update.content, contacts)?;
            consents::remind_anew(tx, permit, &[id], now)?;
            shown(tx, permit, id)
        })
        .await
    }
}

#[cfg(test)]
mod tests;
