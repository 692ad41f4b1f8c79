//! Holds on cases (C16). Why one was placed stands as a word; what else was said of it is sealed under the key of the case.

use std::collections::HashSet;

use diesel::prelude::*;

use super::conn::Conn;
use super::error::{Error, Result};
use super::schema::retention_hold;
use super::sealed::{Cell, Owner};
use super::staff::{self, Names, stale_unless};
use super::stored::Day;
use super::tx::Tx;
use super::{cases, newest, scope, subject_access};
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::ids::{CaseId, RetentionHoldId, StaffId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::retention_hold::{HoldRelease, NewRetentionHold, RetentionHold};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::HoldReason;

#[derive(Queryable, Insertable)]
#[diesel(table_name = retention_hold, treat_none_as_default_value = false)]
struct Row {
    id: RetentionHoldId,
    case_id: CaseId,
    reason: HoldReason,
    review_on: Day,
    sealed: Vec<u8>,
    released_at: Option<Timestamp>,
    released_by: Option<StaffId>,
    released_sealed: Option<Vec<u8>>,
    version: i32,
    created_at: Timestamp,
    recorded_by: StaffId,
}

fn cell(id: RetentionHoldId, case: CaseId) -> Cell {
    Cell::of("retention_hold", id.0, Owner::Case(case))
}

impl Row {
    fn view(self, tx: &mut Tx<'_>, names: &Names) -> Result<RetentionHold> {
        let cell = cell(self.id, self.case_id);
        let release = match (self.released_at, self.released_by, &self.released_sealed) {
            (Some(at), Some(by), Some(sealed)) => {
                Some(HoldRelease { at, by: names.get(by), reason: tx.open(cell.column("released_sealed"), sealed)? })
            }
            _ => None,
        };
        Ok(RetentionHold {
            id: self.id,
            version: self.version,
            case_id: self.case_id,
            content: NewRetentionHold { reason: self.reason, note: tx.open(cell, &self.sealed)?, review_on: self.review_on.0 },
            release,
            created_at: self.created_at,
            recorded_by: names.get(self.recorded_by),
            allowed_actions: Vec::new(),
        })
    }
}

fn views(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<Vec<RetentionHold>> {
    let names = staff::names(tx, rows.iter().flat_map(|row| row.released_by.into_iter().chain([row.recorded_by])))?;
    rows.into_iter().map(|row| row.view(tx, &names)).collect()
}

/// Those of these cases on which a hold stands; an open subject access request about somebody who takes part is one (C9, C16). To be shown, those of
/// which the caller may know: a request that is about a case hidden from them tells nothing here (C1).
pub(super) fn standing(tx: &mut Tx<'_>, on: &[CaseId], known_to: Option<Scope>) -> Result<HashSet<CaseId>> {
    let held = retention_hold::table.filter(retention_hold::case_id.eq_any(on.to_vec())).filter(retention_hold::released_at.is_null());
    let held: Vec<CaseId> = held.select(retention_hold::case_id).distinct().load(tx.conn)?;
    Ok(subject_access::held_cases(tx, on, known_to)?.into_iter().chain(held).collect())
}

/// Places a hold on a case in scope.
pub fn place(
    tx: &mut Tx<'_>,
    permit: &Permit<act::HoldPlace>,
    case: CaseId,
    new: &NewRetentionHold,
    now: Timestamp,
) -> Result<RetentionHoldId> {
    cases::require(tx, permit, case)?;
    let id = RetentionHoldId::mint();
    let row = Row {
        id,
        case_id: case,
        reason: new.reason,
        review_on: Day(new.review_on),
        sealed: tx.seal(cell(id, case), &new.note)?,
        released_at: None,
        released_by: None,
        released_sealed: None,
        version: 1,
        created_at: now,
        recorded_by: permit.staff(),
    };
    diesel::insert_into(retention_hold::table).values(row).execute(tx.conn)?;
    Ok(id)
}

/// A hold on a case in scope.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: RetentionHoldId) -> Result<RetentionHold> {
    let find =
        |conn: &mut Conn, scope| retention_hold::table.find(id).filter(retention_hold::case_id.eq_any(scope::cases(scope))).first(conn);
    let row: Row = scope::found(tx, permit.scope(), find, |row: &Row| [row.case_id])?;
    views(tx, vec![row])?.pop().ok_or(Error::NotFound)
}

/// The holds on a case in scope, newest first.
pub fn list(tx: &mut Tx<'_>, permit: &Permit<act::HoldList>, case: CaseId, page: &PageRequest) -> Result<Page<RetentionHold>> {
    cases::require(tx, permit, case)?;
    let of_case = retention_hold::table.filter(retention_hold::case_id.eq(case)).into_boxed();
    let rows = newest(tx.conn, of_case, retention_hold::id, page, None, |row: &Row| row.id)?;
    Ok(Page { items: views(tx, rows.items)?, next: rows.next, total: rows.total })
}

/// Releases a hold that stands, as it was read.
pub fn release(tx: &mut Tx<'_>, permit: &Permit<act::HoldRelease>, hold: &RetentionHold, reason: &LongText, now: Timestamp) -> Result<()> {
    let sealed = tx.seal(cell(hold.id, hold.case_id).column("released_sealed"), reason)?;
    let standing =
        retention_hold::table.find(hold.id).filter(retention_hold::version.eq(hold.version)).filter(retention_hold::released_at.is_null());
    let changed = diesel::update(standing)
        .set((
            retention_hold::released_at.eq(now),
            retention_hold::released_by.eq(permit.staff()),
            retention_hold::released_sealed.eq(sealed),
            retention_hold::version.eq(hold.version + 1),
        ))
        .execute(tx.conn)?;
    stale_unless(tx, changed, hold.version + 1, |_| Ok(hold.version))
}
