//! The recipient register (C3, C11).

use super::{App, Error, Result, allowed, expect_version};
use crate::authz::{Act, Action, Permit, act};
use crate::clock::Clock;
use crate::db::{Tx, idempotency, recipients};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{RecipientId, TeamId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::patch::Merge;
use crate::domain::recipient::{NewRecipient, Recipient, RecipientFilter, RecipientUpdate};

const ACTIONS: &[Action] = &[Action::RecipientUpdate];

fn shown(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: RecipientId) -> Result<Recipient> {
    Ok(Recipient { allowed_actions: allowed(permit.caller(), ACTIONS), ..recipients::find(tx, permit, id)? })
}

impl App {
    /// Bodies of the register.
    pub async fn list_recipients(
        &self,
        permit: Permit<act::RecipientRead>,
        filter: RecipientFilter,
        page: PageRequest,
    ) -> Result<Page<Recipient>> {
        self.db
            .read(move |tx| {
                let page = recipients::list(tx, &permit, &filter, &page)?;
                Ok(page.map(|body| Recipient { allowed_actions: allowed(permit.caller(), ACTIONS), ..body }))
            })
            .await
    }

    /// One body.
    pub async fn read_recipient(&self, permit: Permit<act::RecipientRead>, id: RecipientId) -> Result<Recipient> {
        self.db.read(move |tx| shown(tx, &permit, id)).await
    }

    /// Enters a body in the register.
    pub async fn create_recipient(
        &self,
        permit: Permit<act::RecipientCreate>,
        new: NewRecipient,
        request: Option<Idempotency>,
    ) -> Result<Created<Recipient>> {
        let now = self.clock.now();
        let (made, _) = self
            .db
            .write(move |tx| {
                let made =
                    idempotency::once(tx, &permit, request.as_ref(), Clock::real(), |tx| recipients::insert(tx, &permit, &new, now))?;
                Ok::<_, Error>(Created { value: shown(tx, &permit, made.value)?, replayed: made.replayed })
            })
            .await?;
        Ok(made)
    }

    /// Changes a body. A team that a live permission names cannot be removed.
    pub async fn update_recipient(
        &self,
        permit: Permit<act::RecipientUpdate>,
        id: RecipientId,
        version: i32,
        merge: Merge<RecipientUpdate>,
    ) -> Result<Recipient> {
        let today = self.clock.now().day();
        let (body, _) = self
            .db
            .write(move |tx| {
                let current = recipients::find(tx, &permit, id)?;
                expect_version(current.version, version)?;
                let update = merge(&current.writable()).map_err(Error::Invalid)?;
                let faults = current.team_faults(&update.teams);
                if !faults.is_empty() {
                    return Err(Error::Invalid(faults));
                }
                let gone = |id: &TeamId| update.teams.iter().all(|team| team.id != Some(*id));
                let removed: Vec<TeamId> = current.teams.iter().map(|team| team.id).filter(gone).collect();
                if recipients::in_use(tx, &permit, &removed, today)? {
                    return Err(Error::InUse(Fault::new(
                        "#/teams",
                        "team_in_use",
                        "A live permission names a team that would be removed.",
                    )));
                }
                recipients::update(tx, &permit, id, version, &update)?;
                shown(tx, &permit, id)
            })
            .await?;
        Ok(body)
    }
}

#[cfg(test)]
mod tests;
