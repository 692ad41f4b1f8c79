//! The recipient register (C3, C11).

use super::{App, Error, Result, allowed, expect_version};
use crate::authz::{Act, Action, Permit, act};
use crate::db::{Tx, recipients};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{RecipientId, TeamId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::patch::Merge;
use crate::domain::recipient::{NewRecipient, Recipient, RecipientFilter, RecipientUpdate, TeamUpdate};

const ACTIONS: &[Action] = &[Action::RecipientUpdate];

fn offered(permit: &Permit<impl Act>, body: Recipient) -> Recipient {
    Recipient { allowed_actions: allowed(permit.caller(), ACTIONS), ..body }
}

fn shown(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: RecipientId) -> Result<Recipient> {
    Ok(offered(permit, recipients::find(tx, permit, id)?))
}

impl App {
    /// Bodies of the register.
    pub async fn list_recipients(
        &self,
        permit: Permit<act::RecipientRead>,
        filter: RecipientFilter,
        page: PageRequest,
    ) -> Result<Page<Recipient>> {
        self.look(permit, move |tx, permit| Ok(recipients::list(tx, permit, &filter, &page)?.map(|body| offered(permit, body)))).await
    }

    /// One body.
    pub async fn read_recipient(&self, permit: Permit<act::RecipientRead>, id: RecipientId) -> Result<Recipient> {
        self.look(permit, move |tx, permit| shown(tx, permit, id)).await
    }

    /// Enters a body in the register.
    pub async fn create_recipient(
        &self,
        permit: Permit<act::RecipientCreate>,
        new: NewRecipient,
        request: Option<Idempotency>,
    ) -> Result<Created<Recipient>> {
        let now = self.clock.now();
        self.once(permit, request, move |tx, permit| Ok(recipients::insert(tx, permit, &new, now)?), shown).await
    }

    /// Changes a body. A team that a live permission names cannot be removed; nor does a body that is on record come to belong to the council, or
    /// cease to: what was agreed and who may agree rest on it (R4, R10).
    pub async fn update_recipient(
        &self,
        permit: Permit<act::RecipientUpdate>,
        id: RecipientId,
        version: i32,
        merge: Merge<RecipientUpdate>,
    ) -> Result<Recipient> {
        let today = self.clock.now().day();
        self.change(permit, move |tx, permit| {
            let current = recipients::find(tx, permit, id)?;
            expect_version(current.version, version)?;
            let update = merge(&current.writable()).map_err(Error::Invalid)?;
            let faults = current.team_faults(&update.teams);
            if !faults.is_empty() {
                return Err(Error::Invalid(faults));
            }
            let gone = |id: &TeamId| update.teams.iter().all(|team| team.id != Some(*id));
            let removed: Vec<TeamId> = current.teams.iter().map(|team| team.id).filter(gone).collect();
            if recipients::in_use(tx, permit, &removed, today)? {
                return Err(Error::InUse(Fault::new("#/teams", "team_in_use", "A live permission names a team that would be removed.")));
            }
            let renamed = |team: &&TeamUpdate| current.teams.iter().any(|known| Some(known.id) == team.id && known.name != team.name);
            let renamed: Vec<TeamId> = update.teams.iter().filter(renamed).filter_map(|team| team.id).collect();
            if recipients::in_use(tx, permit, &renamed, today)? {
                let why = "A live permission names a team that would get another name. Enter another team.";
                return Err(Error::InUse(Fault::new("#/teams", "team_in_use", why)));
            }
            // One that was named on the spot is given its right name when it is looked at.
            let known = current.active || current.version > 1;
            if known && update.content.name != current.content.name && recipients::on_record(tx, permit, id)? {
                let why = "What is on record of this body was agreed and sent by its name. Enter another body.";
                return Err(Error::InUse(Fault::new("#/name", "body_in_use", why)));
            }
            if update.content.body_type.in_council() != current.in_council && recipients::on_record(tx, permit, id)? {
                let why = "What is on record of this body rests on whether it belongs to the council. Enter another body.";
                return Err(Error::InUse(Fault::new("#/bodyType", "body_in_use", why)));
            }
            recipients::update(tx, permit, id, version, &update)?;
            shown(tx, permit, id)
        })
        .await
    }
}

#[cfg(test)]
mod tests;
