//! Cases. What was told about a family is sealed under a key of the case; what is counted or filtered stands in closed words beside it.

use diesel::prelude::*;

use super::error::Result;
use super::schema::case_file;
use super::scope;
use super::tx::Tx;
use crate::authz::{Act, Permit};
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::vocabulary::CaseStatus;

/// What other records need to know of their case.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct CaseHead {
    /// The case.
    pub id: CaseId,
    /// The reference by which people name it.
    pub reference: String,
    /// Where it stands.
    pub status: CaseStatus,
    /// Whether only named staff may open it.
    pub restricted: bool,
    /// Who works on it.
    pub assigned_to: StaffId,
    /// Its version.
    pub version: i32,
}

/// The head of a case in scope.
pub fn require(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId) -> Result<CaseHead> {
    scope::found(permit.scope(), |scope| {
        case_file::table
            .find(id)
            .filter(scope::visible(scope))
            .select((
                case_file::id,
                case_file::reference,
                case_file::status,
                case_file::restricted,
                case_file::assigned_to,
                case_file::version,
            ))
            .first(tx.conn)
    })
}
