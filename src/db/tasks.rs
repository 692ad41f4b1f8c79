//! The work list. A task belongs to a case and is seen by those who see it; one without a case is seen by all casework staff.

use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;
use diesel::sqlite::Sqlite;

use super::error::{Error, Result};
use super::schema::{case_file, task};
use super::scope;
use super::staff::{self, Names, stale_unless};
use super::stored::{AnyId, Day};
use super::tx::Tx;
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::ids::{CaseId, StaffId, TaskId};
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::task::{Task, TaskFilter};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Role, TaskKind, TaskStatus};

/// A task to be put on the list.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// Why.
    pub kind: TaskKind,
    /// The case it belongs to.
    pub case_id: Option<CaseId>,
    /// What it is about.
    pub about_id: uuid::Uuid,
    /// Whether it is for a service manager.
    pub for_manager: bool,
    /// Who may not do it, where two people are needed.
    pub not_by: Option<StaffId>,
    /// The day by which it is to be done.
    pub due_on: NaiveDate,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = task, treat_none_as_default_value = false)]
struct Row {
    id: TaskId,
    kind: TaskKind,
    status: TaskStatus,
    case_id: Option<CaseId>,
    about_id: AnyId,
    for_manager: bool,
    not_by: Option<StaffId>,
    due_on: Day,
    completed_at: Option<Timestamp>,
    completed_by: Option<StaffId>,
    version: i32,
    created_at: Timestamp,
}

impl Row {
    fn view(self, names: &Names) -> Task {
        Task {
            id: self.id,
            version: self.version,
            kind: self.kind,
            status: self.status,
            case_id: self.case_id,
            about_id: self.about_id.0,
            for_manager: self.for_manager,
            due_on: self.due_on.0,
            completed_at: self.completed_at,
            completed_by: self.completed_by.map(|id| names.get(id)),
            created_at: self.created_at,
            allowed_actions: Vec::new(),
        }
    }
}

/// A condition on a task.
type OnTask = Box<dyn BoxableExpression<task::table, Sqlite, SqlType = diesel::sql_types::Bool>>;

fn visible(scope: Scope) -> OnTask {
    match scope {
        Scope::Nothing => Box::new(task::version.lt(0)),
        // `coalesce` by hand: `x IN (..)` of a missing case is unknown, which a condition must not be.
        seen => Box::new(task::case_id.is_null().or(task::case_id.is_not_null().and(of_cases(scope::cases(seen))))),
    }
}

fn of_cases(cases: scope::CaseIds) -> OnTask {
    Box::new(diesel::dsl::exists(case_file::table.filter(case_file::id.nullable().eq(task::case_id)).filter(case_file::id.eq_any(cases))))
}

/// Puts a task on the list.
pub fn create(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, new: NewTask, now: Timestamp) -> Result<TaskId> {
    let id = TaskId::mint();
    let row = Row {
        id,
        kind: new.kind,
        status: TaskStatus::Open,
        case_id: new.case_id,
        about_id: AnyId(new.about_id),
        for_manager: new.for_manager,
        not_by: new.not_by,
        due_on: Day(new.due_on),
        completed_at: None,
        completed_by: None,
        version: 1,
        created_at: now,
    };
    diesel::insert_into(task::table).values(row).execute(tx.conn)?;
    Ok(id)
}

/// Puts a task on the list, unless one of its kind about the same is still open there.
pub fn create_once(tx: &mut Tx<'_>, permit: &Permit<impl Act>, new: NewTask, now: Timestamp) -> Result<TaskId> {
    let open = task::table
        .filter(task::kind.eq(new.kind))
        .filter(task::about_id.eq(AnyId(new.about_id)))
        .filter(task::status.eq(TaskStatus::Open))
        .select(task::id)
        .first(tx.conn)
        .optional()?;
    match open {
        Some(kept) => Ok(kept),
        None => create(tx, permit, new, now),
    }
}
