//! The work list: reviews, notices, and what else somebody has to look at by a certain day (C16, C17).

use super::{App, Error, Result, allowed, expect_version};
use crate::authz::{Action, Caller, Permit, act};
use crate::db::{Tx, tasks};
use crate::domain::disclosure::RefusalRule;
use crate::domain::fault::Fault;
use crate::domain::ids::{StaffId, TaskId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::task::{Task, TaskFilter};
use crate::domain::vocabulary::TaskStatus;

fn shown(tx: &mut Tx<'_>, permit: &Permit<act::TaskComplete>, id: TaskId) -> Result<Task> {
    let (task, not_by) = tasks::find(tx, permit, id)?;
    Ok(with_actions(permit.caller(), task, not_by))
}

fn with_actions(caller: &Caller, task: Task, not_by: Option<StaffId>) -> Task {
    let open = task.status == TaskStatus::Open && not_by != Some(caller.staff);
    let actions: &[Action] = if open { &[Action::TaskComplete] } else { &[] };
    Task { allowed_actions: allowed(caller, actions), ..task }
}

impl App {
    /// Tasks in scope, the most urgent first.
    pub async fn list_tasks(&self, permit: Permit<act::TaskRead>, filter: TaskFilter, page: PageRequest) -> Result<Page<Task>> {
        self.look(permit, move |tx, permit| {
            let page = tasks::list(tx, permit, &filter, &page)?;
            Ok(page.map(|(task, not_by)| with_actions(permit.caller(), task, not_by)))
        })
        .await
    }

    /// Marks a task as done. One for a service manager is done by one; where two people are needed, not by the first of them.
    pub async fn complete_task(&self, permit: Permit<act::TaskComplete>, id: TaskId, version: i32) -> Result<Task> {
        let now = self.clock.now();
        let (task, _) = self
            .db
            .write(move |tx| {
                let (task, not_by) = tasks::find(tx, &permit, id)?;
                expect_version(task.version, version)?;
                if task.status == TaskStatus::Done {
                    return Err(Error::State { rule: None, allowed: Vec::new() });
                }
                if not_by == Some(permit.staff()) {
                    return Err(Error::SamePerson(Fault::new(
                        "#",
                        RefusalRule::ConflictedDecider.as_str(),
                        RefusalRule::ConflictedDecider.detail(),
                    )));
                }
                tasks::complete(tx, &permit, id, version, now)?;
                shown(tx, &permit, id)
            })
            .await?;
        Ok(task)
    }
}

#[cfg(test)]
mod tests;
