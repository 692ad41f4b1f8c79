//! The staff: who they are, and an end to their tokens (C10).

use super::{App, Error, Result, allowed, expect_version};
use crate::authz::{Act, Action, Permit, act};
use crate::clock::Clock;
use crate::db::{Tx, staff};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::StaffId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::patch::Merge;
use crate::domain::staff::{Staff, StaffUpdate};

const ACTIONS: &[Action] = &[Action::StaffUpdate, Action::StaffRevokeTokens];

/// With what may be done with them: with the service itself nothing.
fn offered(permit: &Permit<impl Act>, service: StaffId, member: Staff) -> Staff {
    let actions = if member.id == service { &[] } else { ACTIONS };
    Staff { allowed_actions: allowed(permit.caller(), actions), ..member }
}

fn shown(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: StaffId) -> Result<Staff> {
    Ok(offered(permit, staff::service(tx)?, staff::find(tx, permit, id)?))
}

/// The service itself is on record for what it does by itself. It holds no token, and cannot leave.
fn require_member(tx: &mut Tx<'_>, id: StaffId) -> Result<()> {
    if id != staff::service(tx)? {
        return Ok(());
    }
    let rule = Fault::new("#", "the_service_itself", "This is the service itself, which holds no token and cannot be disabled.");
    Err(Error::State { rule: Some(rule), allowed: Vec::new() })
}

impl App {
    /// The staff of the service.
    pub async fn list_staff(&self, permit: Permit<act::StaffList>, page: PageRequest) -> Result<Page<Staff>> {
        self.look(permit, move |tx, permit| {
            let service = staff::service(tx)?;
            Ok(staff::list(tx, permit, &page)?.map(|member| offered(permit, service, member)))
        })
        .await
    }

    /// Disables or enables a member of staff; from the next request on.
    pub async fn update_staff(
        &self,
        permit: Permit<act::StaffUpdate>,
        id: StaffId,
        version: i32,
        merge: Merge<StaffUpdate>,
    ) -> Result<Staff> {
        self.change(permit, move |tx, permit| {
            let current = staff::find(tx, permit, id)?;
            expect_version(current.version, version)?;
            require_member(tx, id)?;
            let update = merge(&current.update).map_err(Error::Invalid)?;
            staff::update(tx, permit, id, version, &update)?;
            shown(tx, permit, id)
        })
        .await
    }

    /// Refuses every token they hold now. A repeated request refuses none that were issued since.
    pub async fn revoke_tokens(
        &self,
        permit: Permit<act::StaffRevokeTokens>,
        id: StaffId,
        request: Option<Idempotency>,
    ) -> Result<Created<Staff>> {
        let revoke = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            require_member(tx, id)?;
            staff::revoke_tokens(tx, permit, id, Clock::real())?;
            Ok(id)
        };
        self.once(permit, request, revoke, shown).await
    }
}
