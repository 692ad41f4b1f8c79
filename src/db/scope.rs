//! The scope of a caller as SQL: which cases they may see (C1, C4). Every query about a case, or about anything in one, goes through here.

use std::collections::{BTreeSet, HashSet};

use diesel::dsl::{self, Eq, Filter, auto_type, exists, not};
use diesel::expression::{ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::sql_types::Nullable;

use super::conn::Conn;
use super::error::{Error, Result};
use super::schema::{case_file, case_staff};
use super::stored::DbUuid;
use super::tx::Tx;
use crate::authz::Scope;
use crate::domain::ids::{CaseId, Identifier, StaffId};

/// Any case, or none, as the least version it must have: the shape of a condition is the same whoever asks, so that it may stand within
/// another query on either database.
fn cases_if(any: bool) -> i32 {
    if any { 0 } else { i32::MAX }
}

#[auto_type]
fn standing(staff: StaffId, standing: &'static str) -> _ {
    exists(
        case_staff::table
            .filter(case_staff::case_id.eq(case_file::id))
            .filter(case_staff::staff_id.eq(staff))
            .filter(case_staff::standing.eq(standing)),
    )
}

#[auto_type]
fn seen_by(staff: StaffId, some: i32, restricted: i32) -> _ {
    let conflicted: standing = standing(staff, "conflicted");
    let named: standing = standing(staff, "named");
    case_file::version.ge(some).and(not(conflicted)).and(case_file::restricted.eq(false).or(named).or(case_file::version.ge(restricted)))
}

#[auto_type]
fn close_to(staff: StaffId, all: i32) -> _ {
    let named: standing = standing(staff, "named");
    named.or(case_file::assigned_to.eq(staff).and(case_file::assigned_by.ne(staff))).or(case_file::version.ge(all))
}

/// Who asks, and whether with a reason for what is restricted.
fn asking(scope: Scope) -> Option<(StaffId, bool)> {
    match scope {
        Scope::Adviser(staff) => Some((staff, false)),
        Scope::Manager(staff, reason) => Some((staff, reason.is_some())),
        Scope::Nothing => None,
    }
}

/// Whether a case is in scope.
#[must_use]
pub fn visible(scope: Scope) -> seen_by {
    let (staff, reason) = asking(scope).unwrap_or((StaffId::from_uuid(uuid::Uuid::nil()), false));
    seen_by(staff, cases_if(scope != Scope::Nothing), cases_if(reason))
}

/// The ids of the cases in scope, as a subquery: `note::case_id.eq_any(scope::cases(..))`.
pub type CaseIds = diesel::dsl::Select<diesel::dsl::Filter<case_file::table, seen_by>, case_file::id>;

/// The cases in scope.
#[must_use]
pub fn cases(scope: Scope) -> CaseIds {
    case_file::table.filter(visible(scope)).select(case_file::id)
}

/// The ids of the cases in scope in which restricted notes may be read, too.
pub type CloseCaseIds = diesel::dsl::Select<diesel::dsl::Filter<diesel::dsl::Filter<case_file::table, seen_by>, close_to>, case_file::id>;

/// The cases in scope in which the caller may read whatever is marked restricted (C4): those that name them or that somebody else gave them,
/// and for a service manager with a reason all.
#[must_use]
pub fn cases_with_restricted_notes(scope: Scope) -> CloseCaseIds {
    let (staff, reason) = asking(scope).unwrap_or((StaffId::from_uuid(uuid::Uuid::nil()), false));
    case_file::table.filter(visible(scope)).filter(close_to(staff, cases_if(reason))).select(case_file::id)
}

/// The cases in scope that this member of staff works on, whoever gave them to them.
#[must_use]
pub fn cases_worked_on(scope: Scope, staff: StaffId) -> worked_on {
    worked_on(scope, staff)
}

#[auto_type]
fn worked_on(scope: Scope, staff: StaffId) -> _ {
    let visible: seen_by = visible(scope);
    case_file::table.filter(visible).filter(case_file::assigned_to.eq(staff)).select(case_file::id)
}

/// The case to which a row belongs, for a condition on the row: `exists(scope::its_case(task::case_id).filter(..))`.
pub fn its_case<C>(of: C) -> Filter<case_file::table, Eq<dsl::Nullable<case_file::id>, C>>
where
    C: Expression<SqlType = Nullable<DbUuid>> + ValidGrouping<(), IsAggregate = is_aggregate::No>,
{
    case_file::table.filter(case_file::id.nullable().eq(of))
}

/// Those of the cases that are in scope, in one query.
pub fn among(tx: &mut Tx<'_>, scope: Scope, cases: Vec<CaseId>) -> Result<HashSet<CaseId>> {
    if cases.is_empty() {
        return Ok(HashSet::new());
    }
    let seen: Vec<CaseId> =
        case_file::table.filter(case_file::id.eq_any(cases)).filter(visible(scope)).select(case_file::id).load(tx.conn)?;
    Ok(seen.into_iter().collect())
}

/// Finds something in scope. Where a service manager gave no reason for a restricted case, the answer says that one is needed; in every
/// other case what is out of scope is not found, just as what does not exist.
///
/// `cases` says of which cases it tells something: the access log will name them, also where a reason is needed. What is not found has none, so
/// that its entry is that of something that does not exist.
pub fn found<T, C: IntoIterator<Item = CaseId>>(
    tx: &mut Tx<'_>,
    scope: Scope,
    mut find: impl FnMut(&mut Conn, Scope) -> QueryResult<T>,
    cases: impl FnOnce(&T) -> C,
) -> Result<T> {
    match (find(tx.conn, scope), scope) {
        (Err(diesel::NotFound), Scope::Manager(_, None)) => {
            let closed = find(tx.conn, scope.with_reason())?;
            tx.shows(cases(&closed));
            Err(Error::AccessReasonRequired)
        }
        (result, _) => {
            let found = result?;
            tx.shows(cases(&found));
            Ok(found)
        }
    }
}

/// All of these cases are in scope, or nothing is found; where one is closed to a service manager who gave no reason, one is needed.
pub fn all(tx: &mut Tx<'_>, scope: Scope, cases: &BTreeSet<CaseId>) -> Result<()> {
    let find = |conn: &mut Conn, scope| {
        let seen = case_file::table.filter(case_file::id.eq_any(cases.clone())).filter(visible(scope)).count();
        let seen: i64 = seen.get_result(conn)?;
        if usize::try_from(seen) == Ok(cases.len()) { Ok(()) } else { Err(diesel::NotFound) }
    };
    found(tx, scope, find, |()| cases.iter().copied())
}
