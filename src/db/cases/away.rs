//! Who is kept away from which case, as somebody related to it or whom a concern is about (C1, C17).

use std::collections::HashSet;

use diesel::dsl::{auto_type, count_star};
use diesel::prelude::*;

use super::CONFLICTED;
use crate::db::error::{Error, Result};
use crate::db::schema::case_staff;
use crate::db::tx::Tx;
use crate::domain::ids::{CaseId, StaffId};

/// Who is kept away from which case.
#[auto_type(no_type_alias)]
fn kept_away() -> _ {
    let conflicted: &'static str = CONFLICTED;
    case_staff::table.filter(case_staff::standing.eq(conflicted))
}

/// The cases from which this member of staff is kept away.
pub(in crate::db) fn kept_away_from(tx: &mut Tx<'_>, member: StaffId) -> Result<Vec<CaseId>> {
    Ok(kept_away().filter(case_staff::staff_id.eq(member)).select(case_staff::case_id).load(tx.conn)?)
}

/// The cases from which every one of these is kept away; none, if there is nobody.
pub(in crate::db) fn all_kept_away_from(tx: &mut Tx<'_>, members: Vec<StaffId>) -> Result<Vec<CaseId>> {
    let all = i64::try_from(members.len()).map_err(|_| Error::Corrupt("count of staff"))?;
    let away = kept_away().filter(case_staff::staff_id.eq_any(members)).group_by(case_staff::case_id);
    Ok(away.having(count_star().eq(all)).select(case_staff::case_id).load(tx.conn)?)
}

/// Who is kept away from which of these cases.
pub(in crate::db) fn who_is_kept_away(tx: &mut Tx<'_>, cases: impl Iterator<Item = CaseId>) -> Result<HashSet<(CaseId, StaffId)>> {
    let away = kept_away().filter(case_staff::case_id.eq_any(cases.collect::<Vec<_>>()));
    Ok(away.select((case_staff::case_id, case_staff::staff_id)).load(tx.conn)?.into_iter().collect())
}
