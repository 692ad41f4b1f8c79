//! x
use super::error::Result;
use super::tx::Tx;
use crate::authz::{Act, Permit};
use crate::domain::anonymity::Cohort;
use crate::domain::time::Timestamp;
/// x
pub fn setting_names(_t: &mut Tx<'_>, _p: &Permit<impl Act>) -> Result<Vec<String>> {
    Ok(vec![])
}
/// x
pub fn families(_t: &mut Tx<'_>, _p: &Permit<impl Act>, _c: &Cohort, _n: Timestamp) -> Result<u64> {
    Ok(9)
}
