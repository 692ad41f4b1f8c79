//! The staff: who they are, and an end to their tokens (C10).

use super::{App, Error, Result, allowed, expect_version};
use crate::authz::{Action, Permit, act};
use crate::clock::Clock;
use crate::db::staff;
use crate::domain::ids::StaffId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::patch::Merge;
use crate::domain::staff::{Staff, StaffUpdate};

const ACTIONS: &[Action] = &[Action::StaffUpdate, Action::StaffRevokeTokens];

impl App {
    /// The staff of the service.
    pub async fn list_staff(&self, permit: Permit<act::StaffList>, page: PageRequest) -> Result<Page<Staff>> {
        self.db
            .read(move |tx| {
                let page = staff::list(tx, &permit, &page)?;
                Ok::<_, Error>(page.map(|row| Staff { allowed_actions: allowed(permit.caller(), ACTIONS), ..row }))
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
        let (staff, _) = self
            .db
            .write(move |tx| {
                let current = staff::find(tx, &permit, id)?;
                expect_version(current.version, version)?;
                let update = merge(&current.update).map_err(Error::Invalid)?;
                staff::update(tx, &permit, id, version, &update)?;
                Ok::<_, Error>(Staff { allowed_actions: allowed(permit.caller(), ACTIONS), ..staff::find(tx, &permit, id)? })
            })
            .await?;
        Ok(staff)
    }

    /// Refuses every token they hold now.
    pub async fn revoke_tokens(&self, permit: Permit<act::StaffRevokeTokens>, id: StaffId) -> Result<Staff> {
        let (staff, _) = self
            .db
            .write(move |tx| {
                staff::revoke_tokens(tx, &permit, id, Clock::real())?;
                Ok::<_, Error>(Staff { allowed_actions: allowed(permit.caller(), ACTIONS), ..staff::find(tx, &permit, id)? })
            })
            .await?;
        Ok(staff)
    }
}
