//! The staff, and whether their tokens still count.

use std::collections::HashMap;

use diesel::prelude::*;

use super::conn::{Conn, Lock, RowLock};
use super::error::{Error, Result};
use super::schema::{revoked_token, staff};
use super::tx::Tx;
use crate::authz::{Act, Permit, act, does_casework};
use crate::domain::ids::StaffId;
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::staff::{Staff, StaffRef, StaffUpdate};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::Role;

#[derive(Queryable, Insertable)]
#[diesel(table_name = staff, treat_none_as_default_value = false)]
struct Row {
    id: StaffId,
    issuer: String,
    subject: String,
    display_name: String,
    disabled: bool,
    casework: bool,
    manages: bool,
    not_before: Option<Timestamp>,
    version: i32,
    created_at: Timestamp,
}

impl Row {
    fn view(self) -> Staff {
        Staff {
            id: self.id,
            version: self.version,
            display_name: self.display_name,
            update: StaffUpdate { disabled: self.disabled },
            not_before: self.not_before,
            created_at: self.created_at,
            allowed_actions: Vec::new(),
        }
    }
}

/// In which roles somebody last came, as far as it decides where they may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CameAs {
    /// With a role that works on cases.
    pub casework: bool,
    /// As a service manager.
    pub manages: bool,
}

impl CameAs {
    /// As these roles say.
    #[must_use]
    pub fn of(roles: &[Role]) -> Self {
        Self { casework: does_casework(roles), manages: roles.contains(&Role::ServiceManager) }
    }
}

/// What the record says about whoever shows a token. Needs no permit: it is asked before there can be one.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The member of staff.
    pub id: StaffId,
    /// The name on record.
    pub display_name: String,
    /// Whether every token of theirs is refused.
    pub disabled: bool,
    /// In which roles they last came.
    pub came_as: CameAs,
    /// Tokens issued before this instant are refused.
    pub not_before: Option<Timestamp>,
    /// Whether this very token was revoked.
    pub revoked: bool,
}

/// The member of staff behind a token's subject, if they came before.
pub fn standing(tx: &mut Tx<'_>, issuer: &str, subject: &str, token_id: &str) -> Result<Option<Standing>> {
    let row = staff::table.filter(staff::issuer.eq(issuer)).filter(staff::subject.eq(subject)).first::<Row>(tx.conn).optional()?;
    let revoked = diesel::select(diesel::dsl::exists(revoked_token::table.find(token_id))).get_result(tx.conn)?;
    Ok(row.map(|row| Standing {
        id: row.id,
        display_name: row.display_name,
        disabled: row.disabled,
        came_as: CameAs { casework: row.casework, manages: row.manages },
        not_before: row.not_before,
        revoked,
    }))
}

/// The issuer under which the service itself is on record, as the actor of what it does by itself. No token has it.
pub const SERVICE: &str = "sendiass";

/// The service's own place among the staff.
pub fn service(tx: &mut Tx<'_>) -> Result<StaffId> {
    Ok(staff::table.filter(staff::issuer.eq(SERVICE)).select(staff::id).first(tx.conn)?)
}

/// Enters whoever shows their first valid token, their new name, or that they begin or cease to work on cases or to manage.
pub fn enter(tx: &mut Tx<'_>, issuer: &str, subject: &str, display_name: &str, came_as: CameAs, now: Timestamp) -> Result<()> {
    let CameAs { casework, manages } = came_as;
    tx.conn.lock(Lock::Staff)?;
    let known = diesel::update(staff::table.filter(staff::issuer.eq(issuer)).filter(staff::subject.eq(subject)))
        .set((staff::display_name.eq(display_name), staff::casework.eq(casework), staff::manages.eq(manages)))
        .execute(tx.conn)?;
    if known == 0 {
        let row = Row {
            id: StaffId::mint(),
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            display_name: display_name.to_owned(),
            disabled: false,
            casework,
            manages,
            not_before: None,
            version: 1,
            created_at: now,
        };
        diesel::insert_into(staff::table).values(row).execute(tx.conn)?;
    }
    Ok(())
}

/// The same, and answers who they are.
pub fn entered(tx: &mut Tx<'_>, issuer: &str, subject: &str, display_name: &str, came_as: CameAs, now: Timestamp) -> Result<StaffId> {
    enter(tx, issuer, subject, display_name, came_as, now)?;
    Ok(staff::table.filter(staff::issuer.eq(issuer)).filter(staff::subject.eq(subject)).select(staff::id).first(tx.conn)?)
}

/// Those of these members of staff who are on record and not disabled, and whether they last came with a role that works on cases.
pub fn working(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, members: &[StaffId]) -> Result<HashMap<StaffId, bool>> {
    let rows: Vec<(StaffId, bool)> = staff::table
        .filter(staff::id.eq_any(members.to_vec()))
        .filter(staff::disabled.eq(false))
        .select((staff::id, staff::casework))
        .load(tx.conn)?;
    Ok(rows.into_iter().collect())
}

/// Whether there is a service manager besides these members of staff who is not disabled.
pub fn manages_beside(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, members: &[StaffId]) -> Result<bool> {
    let managers = staff::table.filter(staff::manages.eq(true)).filter(staff::disabled.eq(false));
    Ok(diesel::select(diesel::dsl::exists(managers.filter(staff::id.ne_all(members.to_vec())))).get_result(tx.conn)?)
}

/// The service managers who are not disabled.
pub(super) fn managers(tx: &mut Tx<'_>) -> Result<Vec<StaffId>> {
    let managers = staff::table.filter(staff::manages.eq(true)).filter(staff::disabled.eq(false));
    Ok(managers.select(staff::id).load(tx.conn)?)
}

/// Those of these members of staff who are on record, whatever became of them.
pub fn on_record(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, members: &[StaffId]) -> Result<Vec<StaffId>> {
    Ok(staff::table.filter(staff::id.eq_any(members.to_vec())).select(staff::id).load(tx.conn)?)
}

/// The staff, oldest first.
pub fn list(tx: &mut Tx<'_>, _permit: &Permit<act::StaffList>, page: &PageRequest) -> Result<Page<Staff>> {
    let mut query = staff::table.order(staff::id.asc()).limit(i64::from(page.limit) + 1).into_boxed();
    if let Some(after) = page.after {
        query = query.filter(staff::id.gt(StaffId(after.id)));
    }
    let rows = query.load::<Row>(tx.conn)?;
    Ok(Page::cut(rows, page, |row| After { key: 0, id: row.id.0 }, None).map(Row::view))
}

/// One member of staff.
pub fn find(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, id: StaffId) -> Result<Staff> {
    Ok(staff::table.find(id).first::<Row>(tx.conn)?.view())
}

/// Disables or enables a member of staff.
pub fn update(tx: &mut Tx<'_>, _permit: &Permit<act::StaffUpdate>, id: StaffId, version: i32, update: &StaffUpdate) -> Result<()> {
    let changed = diesel::update(staff::table.find(id).filter(staff::version.eq(version)))
        .set((staff::disabled.eq(update.disabled), staff::version.eq(version + 1)))
        .execute(tx.conn)?;
    stale_unless(tx, changed, version + 1, |conn| Ok(staff::table.find(id).select(staff::version).first(conn)?))
}

/// Refuses every token issued to them until now, and none less than before.
pub fn revoke_tokens(tx: &mut Tx<'_>, _permit: &Permit<act::StaffRevokeTokens>, id: StaffId, now: Timestamp) -> Result<()> {
    tx.hold(RowLock::Staff, id.0)?;
    let before: Option<Timestamp> = staff::table.find(id).select(staff::not_before).first(tx.conn)?;
    let from = before.map_or(now, |before| before.max(now));
    diesel::update(staff::table.find(id)).set((staff::not_before.eq(from), staff::version.eq(staff::version + 1))).execute(tx.conn)?;
    Ok(())
}

/// The row that was changed has this version now, which the access log will tell. If none was changed its version was another, or there is no
/// such row.
pub(super) fn stale_unless(tx: &mut Tx<'_>, changed: usize, version: i32, current: impl FnOnce(&mut Conn) -> Result<i32>) -> Result<()> {
    if changed != 1 {
        return Err(Error::Stale { current: current(tx.conn)? });
    }
    tx.changed(version);
    Ok(())
}

/// Names of staff for the records that mention them.
#[derive(Debug, Default)]
pub struct Names(HashMap<StaffId, String>);

impl Names {
    /// A reference with the name.
    #[must_use]
    pub fn get(&self, id: StaffId) -> StaffRef {
        StaffRef { id, display_name: self.0.get(&id).cloned().unwrap_or_default() }
    }
}

/// The names of these members of staff, in one query.
pub fn names(tx: &mut Tx<'_>, ids: impl IntoIterator<Item = StaffId>) -> Result<Names> {
    let mut ids: Vec<StaffId> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let rows: Vec<(StaffId, String)> = staff::table.filter(staff::id.eq_any(ids)).select((staff::id, staff::display_name)).load(tx.conn)?;
    Ok(Names(rows.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::{Scratch, now, permit};
    use crate::domain::vocabulary::Role;

    #[test]
    fn a_revocation_with_a_clock_that_is_behind_revives_no_token() {
        let scratch = Scratch::new();
        let jo = scratch.caller("Jo Ashdown", &[Role::Administrator]);
        let revoke = |at: Timestamp| {
            let leave = permit::<act::StaffRevokeTokens>(&jo);
            let id = jo.staff;
            scratch.write(move |tx| revoke_tokens(tx, &leave, id, at)).unwrap();
            let leave = permit::<act::StaffList>(&jo);
            scratch.read(move |tx| find(tx, &leave, id)).unwrap().not_before
        };
        let earlier = Timestamp::from_micros(now().micros() - 1);
        assert_eq!(revoke(now()), Some(now()));
        assert_eq!(revoke(earlier.unwrap()), Some(now()));
    }
}
