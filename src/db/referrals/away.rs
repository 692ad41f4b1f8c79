//! Who is kept away from a referral: a conflict of interest with the family, before there is a case (C1).

use std::collections::BTreeSet;

use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::authz::{Act, Permit};
use crate::db::error::{Error, Result};
use crate::db::schema::referral_staff;
use crate::db::tx::Tx;
use crate::domain::ids::{ReferralId, StaffId};

/// Who is kept away from a referral that the caller records, or has found.
pub fn kept_away(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, id: ReferralId) -> Result<Vec<StaffId>> {
    let away = referral_staff::table.filter(referral_staff::referral_id.eq(id)).order(referral_staff::staff_id.asc());
    Ok(away.select(referral_staff::staff_id).load(tx.conn)?)
}

/// Keeps these members of staff away from it from now on, and nobody else.
pub fn keep_away(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, id: ReferralId, members: &[StaffId]) -> Result<()> {
    diesel::delete(referral_staff::table.filter(referral_staff::referral_id.eq(id))).execute(tx.conn)?;
    for member in members.iter().collect::<BTreeSet<_>>() {
        let row = (referral_staff::referral_id.eq(id), referral_staff::staff_id.eq(member));
        diesel::insert_into(referral_staff::table).values(row).execute(tx.conn)?;
    }
    Ok(())
}

/// The referrals from which every one of these is kept away; none, if there is nobody.
pub(in crate::db) fn all_kept_away_from(tx: &mut Tx<'_>, members: Vec<StaffId>) -> Result<Vec<ReferralId>> {
    let all = i64::try_from(members.len()).map_err(|_| Error::Corrupt("count of staff"))?;
    let away = referral_staff::table.filter(referral_staff::staff_id.eq_any(members)).group_by(referral_staff::referral_id);
    Ok(away.having(count_star().eq(all)).select(referral_staff::referral_id).load(tx.conn)?)
}
