//! What nobody would see for whom it is, and so somebody else does.

use diesel::prelude::*;

use crate::authz::Scope;
use crate::db::error::Result;
use crate::db::schema::task;
use crate::db::stored::AnyId;
use crate::db::tx::Tx;
use crate::db::{cases, referrals, staff};
use crate::domain::ids::{CaseId, StaffId, TaskId};

/// Those tasks that nobody would see for whom they are; of which cases, is not asked here.
pub(super) fn overlooked(tx: &mut Tx<'_>, scope: Scope) -> Result<Vec<TaskId>> {
    match scope {
        Scope::Manager(staff, _) => seen_in_part(tx, staff),
        Scope::Adviser(_) => without_manager(tx),
        Scope::Nothing => Ok(Vec::new()),
    }
}

/// Those for a service manager in cases, or about referrals, from which every one of them is kept away.
fn without_manager(tx: &mut Tx<'_>) -> Result<Vec<TaskId>> {
    let managers = staff::managers(tx)?;
    let cases = cases::all_kept_away_from(tx, managers.clone())?;
    let referrals = referrals::all_kept_away_from(tx, managers)?;
    if cases.is_empty() && referrals.is_empty() {
        return Ok(Vec::new());
    }
    let of_cases = task::case_id.is_not_null().and(task::case_id.assume_not_null().eq_any(cases));
    let about_referrals = task::about_id.eq_any(referrals.into_iter().map(|id| AnyId(id.0)).collect::<Vec<_>>());
    let theirs = task::table.filter(of_cases.or(about_referrals)).filter(task::for_manager.eq(true));
    Ok(theirs.select(task::id).load(tx.conn)?)
}

/// Those which are about another case, from which this service manager is kept away, where every other service manager is kept away from one of the
/// two as well.
fn seen_in_part(tx: &mut Tx<'_>, staff: StaffId) -> Result<Vec<TaskId>> {
    let hidden = cases::kept_away_from(tx, staff)?;
    if hidden.is_empty() {
        return Ok(Vec::new());
    }
    let half: Vec<(TaskId, CaseId, AnyId)> = task::table
        .filter(task::about_id.eq_any(hidden.into_iter().map(|case| AnyId(case.0)).collect::<Vec<_>>()))
        .filter(task::case_id.is_not_null())
        .select((task::id, task::case_id.assume_not_null(), task::about_id))
        .load(tx.conn)?;
    if half.is_empty() {
        return Ok(Vec::new());
    }
    let managers = staff::managers(tx)?;
    let away = cases::who_is_kept_away(tx, half.iter().flat_map(|(_, case, other)| [*case, CaseId(other.0)]))?;
    let sees = |case: CaseId, manager: StaffId| !away.contains(&(case, manager));
    let by_nobody =
        half.into_iter().filter(|(_, case, other)| !managers.iter().any(|one| sees(*case, *one) && sees(CaseId(other.0), *one)));
    Ok(by_nobody.map(|(id, ..)| id).collect())
}
