//! A referral that was accepted into the wrong case goes to the right one (C8). What was told is sealed under its own key and so leaves no word
//! behind; where it was, the timeline of the case keeps that it went.

use std::collections::HashSet;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Told, cell, row, standing};
use crate::authz::{Act, Permit, act};
use crate::db::error::{Error, Result};
use crate::db::schema::referral;
use crate::db::staff::{self, stale_unless};
use crate::db::tx::Tx;
use crate::db::{cases, scope};
use crate::domain::ids::{CaseId, ReferralId, StaffId};
use crate::domain::referral::ReferralMove;
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ReferralStatus, TimelineKind};

/// That it was moved, and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Moved {
    at: Timestamp,
    by: StaffId,
    from: CaseId,
    reason: LongText,
}

/// From where it came, for those who see that.
pub(super) fn moves(tx: &mut Tx<'_>, permit: &Permit<impl Act>, moved: Vec<Moved>) -> Result<Vec<ReferralMove>> {
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let names = staff::names(tx, moved.iter().map(|one| one.by))?;
    let seen: HashSet<CaseId> = scope::among(tx, permit.scope(), moved.iter().map(|one| one.from).collect())?;
    let told =
        |Moved { at, by, from, reason }| ReferralMove { at, by: names.get(by), from_case_id: seen.contains(&from).then_some(from), reason };
    Ok(moved.into_iter().map(told).collect())
}

/// Moves an accepted referral in scope to another case, which the caller holds, as they do the one in which it is.
pub fn relocate(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ReferralRelocate>,
    id: ReferralId,
    version: i32,
    to: CaseId,
    reason: LongText,
    now: Timestamp,
) -> Result<()> {
    let row = row(tx, permit, id)?;
    let from = row.case_id.ok_or(Error::NotFound)?;
    let mut told: Told = tx.open(cell(id), &row.sealed)?;
    told.moves.push(Moved { at: now, by: permit.staff(), from, reason });
    let sealed = tx.seal(cell(id), &told)?;
    let changed = diesel::update(standing(id, version, ReferralStatus::Accepted))
        .set((
            referral::case_id.eq(to),
            referral::moved_at.eq(now),
            referral::moved_by.eq(permit.staff()),
            referral::sealed.eq(sealed),
            referral::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    stale_unless(tx, changed, version + 1, |_| Ok(row.version))?;
    cases::happened(tx, permit, from, TimelineKind::ReferralRelocated, None, now)
}
