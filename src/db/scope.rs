//! The scope of a caller as SQL: which cases they may see (C1, C4). Every query about a case, or about anything in one, goes through here.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sqlite::Sqlite;

use super::error::{Error, Result};
use super::schema::{case_file, case_staff};
use super::stored::DbUuid;
use crate::authz::Scope;
use crate::domain::ids::StaffId;
use crate::domain::vocabulary::AccessReason;

/// A condition on a case.
pub type OnCase = Box<dyn BoxableExpression<case_file::table, Sqlite, SqlType = diesel::sql_types::Bool>>;
/// The ids of the cases in scope, as a subquery: `note::case_id.eq_any(scope::cases(..))`.
pub type CaseIds = case_file::BoxedQuery<'static, Sqlite, DbUuid>;

fn standing(staff: StaffId, standing: &'static str) -> OnCase {
    Box::new(exists(
        case_staff::table
            .filter(case_staff::case_id.eq(case_file::id))
            .filter(case_staff::staff_id.eq(staff))
            .filter(case_staff::standing.eq(standing)),
    ))
}

/// Whether a case is in scope.
#[must_use]
pub fn visible(scope: Scope) -> OnCase {
    match scope {
        Scope::Adviser(staff) | Scope::Manager(staff, None) => {
            Box::new(not(standing(staff, "conflicted")).and(case_file::restricted.eq(false).or(standing(staff, "named"))))
        }
        Scope::Manager(staff, Some(_)) => Box::new(not(standing(staff, "conflicted"))),
        // No case has a null id: nothing is in scope.
        Scope::Nothing => Box::new(case_file::version.lt(0)),
    }
}

/// The cases in scope.
#[must_use]
pub fn cases(scope: Scope) -> CaseIds {
    case_file::table.filter(visible(scope)).select(case_file::id).into_boxed()
}

/// The cases in scope in which the caller may read whatever is marked restricted (C4): those that name them or that somebody else gave them,
/// and for a service manager with a reason all.
#[must_use]
pub fn cases_with_restricted_notes(scope: Scope) -> CaseIds {
    let close: OnCase = match scope {
        Scope::Adviser(staff) | Scope::Manager(staff, None) => {
            Box::new(standing(staff, "named").or(case_file::assigned_to.eq(staff).and(case_file::assigned_by.ne(staff))))
        }
        Scope::Manager(_, Some(_)) => Box::new(case_file::version.ge(0)),
        Scope::Nothing => Box::new(case_file::version.lt(0)),
    };
    case_file::table.filter(visible(scope)).filter(close).select(case_file::id).into_boxed()
}

/// The cases in scope that this member of staff works on, whoever gave them to them.
#[must_use]
pub fn cases_worked_on(scope: Scope, staff: StaffId) -> CaseIds {
    case_file::table.filter(visible(scope)).filter(case_file::assigned_to.eq(staff)).select(case_file::id).into_boxed()
}

/// Finds something in scope. Where a service manager gave no reason for a restricted case, the answer says that one is needed; in every
/// other case what is out of scope is not found, just as what does not exist.
pub fn found<T>(scope: Scope, mut find: impl FnMut(Scope) -> QueryResult<T>) -> Result<T> {
    match (find(scope), scope) {
        (Err(diesel::NotFound), Scope::Manager(staff, None)) => {
            find(Scope::Manager(staff, Some(AccessReason::Supervision)))?;
            Err(Error::AccessReasonRequired)
        }
        (result, _) => Ok(result?),
    }
}
