//! The work list.

use actix_web::web;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::conditional::IfMatch;
use super::extract::Path;
use super::idempotency::IdempotencyKey;
use super::openapi::Operation;
use super::page::{Filters, Listing};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::ids::{StaffId, TaskId};
use crate::domain::staff::Assignee;
use crate::domain::task::{Task, TaskFilter};
use crate::domain::vocabulary::{TaskKind, TaskStatus};
use crate::{op, page_of};

page_of!(TaskPage, Task);

/// Which tasks to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskFilters {
    /// Only those that stand so.
    #[schema(max_items = 5)]
    status: Option<Vec<TaskStatus>>,
    /// Only tasks of these kinds.
    #[schema(max_items = 20)]
    kind: Option<Vec<TaskKind>>,
    /// Only those of the cases this member of staff works on.
    assigned_to: Option<Assignee>,
    /// Only those for a service manager, or only the others.
    for_manager: Option<bool>,
    /// Only those due before this day.
    due_before: Option<NaiveDate>,
}

impl Filters for TaskFilters {
    const TOTAL: bool = true;
}

impl TaskFilters {
    fn asked_by(&self, caller: StaffId) -> TaskFilter {
        TaskFilter {
            status: self.status.clone().unwrap_or_default(),
            kind: self.kind.clone().unwrap_or_default(),
            assigned_to: self.assigned_to.map(|staff| staff.asked_by(caller)),
            for_manager: self.for_manager,
            due_before: self.due_before,
        }
    }
}

/// The path of a task.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskPath {
    /// The task.
    task_id: TaskId,
}

/// List tasks.
///
/// The work list, the most urgent first: reviews of what was passed on, notices that permission has ended, conflicts. Tasks for a service
/// manager are shown to service managers (C16, C17).
#[utoipa::path(get, path = "/tasks", operation_id = "listTasks", tag = "tasks",
    responses((status = 200, description = "A page of tasks.", body = TaskPage)))]
async fn list(permit: Permit<act::TaskRead>, listing: Listing<TaskFilters>, app: web::Data<App>) -> Result<Answer, Problem> {
    let filter = listing.filters.asked_by(permit.staff());
    let page = app.list_tasks(permit, filter, listing.page).await?;
    Ok(listing.answer::<TaskPage>(page))
}

/// Complete a task.
///
/// A review is not done by whoever decided what is reviewed (C16, C17), nor any task of a case by whoever serves another side of its people (C1).
#[utoipa::path(post, path = "/tasks/{taskId}/completion", operation_id = "completeTask", tag = "tasks",
    responses((status = 200, description = "The task, done.", body = Task)))]
async fn complete(
    permit: Permit<act::TaskComplete>,
    path: Path<TaskPath>,
    key: IdempotencyKey,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.without_body()?;
    let task = app.complete_task(permit, path.task_id, read.required()?, request).await?;
    Ok(Answer::ok(&task.value).version(task.value.version).replayed(task.replayed))
}

/// The operations on the work list.
pub fn operations() -> Vec<Operation> {
    vec![op!(list), op!(complete).refuses(&[Code::InvalidState, Code::SamePerson])]
}
