//! Competence and capacity records: what somebody can decide, judged for one kind of decision and never by age (C1, R4).

use super::{App, Error, Result};
use crate::authz::{Permit, act};
use crate::clock::Clock;
use crate::db::{capacity, idempotency, people};
use crate::domain::capacity::{CapacityRecord, NewCapacityRecord};
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::PersonId;
use crate::domain::page::{Page, PageRequest};

impl App {
    /// The records of a person in scope.
    pub async fn list_capacity_records(
        &self,
        permit: Permit<act::CapacityRead>,
        person: PersonId,
        page: PageRequest,
    ) -> Result<Page<CapacityRecord>> {
        self.look(permit, move |tx, permit| capacity::list(tx, permit, person, &page)).await
    }

    /// Records an assessment of a person in scope.
    pub async fn record_capacity(
        &self,
        permit: Permit<act::CapacityRecord>,
        person: PersonId,
        new: NewCapacityRecord,
        request: Option<Idempotency>,
    ) -> Result<Created<CapacityRecord>> {
        let now = self.clock.now();
        let (made, _) = self
            .db
            .write(move |tx| {
                let made = idempotency::once(tx, &permit, request.as_ref(), Clock::real(), |tx| {
                    people::require_visible(tx, &permit, &[person])?;
                    let faults = new.faults(now.day());
                    if !faults.is_empty() {
                        return Err(Error::Rule(faults));
                    }
                    Ok(capacity::insert(tx, &permit, person, &new, now)?)
                })?;
                let record = capacity::find(tx, &permit, made.value)?;
                Ok::<_, Error>(Created { value: record, replayed: made.replayed })
            })
            .await?;
        Ok(made)
    }
}
