//! Competence and capacity records: what somebody can decide, judged for one kind of decision and never by age (C1, R4).

use super::people::require_unmerged;
use super::{App, Result, consents, faultless, sides};
use crate::authz::{Permit, act};
use crate::db::tasks::NewTask;
use crate::db::{Tx, capacity, people, tasks};
use crate::domain::capacity::{CapacityRecord, NewCapacityRecord};
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::PersonId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::vocabulary::TaskKind;

impl App {
    /// The records of a person in scope.
    pub async fn list_capacity_records(
        &self,
        permit: Permit<act::CapacityRead>,
        person: PersonId,
        page: PageRequest,
    ) -> Result<Page<CapacityRecord>> {
        self.look(permit, move |tx, permit| Ok(capacity::list(tx, permit, person, &page)?)).await
    }

    /// Records an assessment of a person in scope, who is not of another side than the caller serves.
    pub async fn record_capacity(
        &self,
        permit: Permit<act::CapacityRecord>,
        person: PersonId,
        new: NewCapacityRecord,
        request: Option<Idempotency>,
    ) -> Result<Created<CapacityRecord>> {
        let now = self.clock.now();
        let record = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            people::about_to_record(tx, permit, person)?;
            let known = people::find(tx, permit, person)?;
            faultless(new.faults(now.day(), known.content.date_of_birth))?;
            require_unmerged(&known)?;
            sides::require_own_side(tx, permit, &[person])?;
            let id = capacity::insert(tx, permit, person, &new, now)?;
            // It is the review that those before it waited for.
            for earlier in capacity::earlier(tx, permit, id)? {
                tasks::settle(tx, permit, TaskKind::CapacityReview, earlier.0, now)?;
            }
            if let Some(day) = new.review_on {
                let case = capacity::case_of(tx, permit, id)?;
                tasks::create(tx, permit, NewTask::ahead(TaskKind::CapacityReview, case, id.0, day), now)?;
            }
            consents::remind_anew(tx, permit, &[person], now)?;
            Ok(id)
        };
        self.once(permit, request, record, |tx, permit, id| Ok(capacity::find(tx, permit, id)?)).await
    }
}
