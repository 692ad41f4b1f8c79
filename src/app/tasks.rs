//! The work list: reviews, notices, and what else somebody has to look at by a certain day (C16, C17).

use super::{App, Error, Result, allowed, expect_version};
use crate::authz::{Action, Caller, Permit, act};
use crate::db::{Tx, tasks};
use crate::domain::disclosure::RefusalRule;
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{StaffId, TaskId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::task::{Task, TaskFilter};
use crate::domain::vocabulary::TaskStatus;

fn shown(tx: &mut Tx<'_>, permit: &Permit<act::TaskComplete>, id: TaskId) -> Result<Task> {
    let (task, not_by) = tasks::find(tx, permit, id)?;
    Ok(with_actions(permit.caller(), task, not_by))
}

fn with_actions(caller: &Caller, task: Task, not_by: Option<StaffId>) -> Task {
    let open = task.status == TaskStatus::Open && not_by != Some(caller.staff) && task.about_id.is_some();
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
    pub async fn complete_task(
        &self,
        permit: Permit<act::TaskComplete>,
        id: TaskId,
        version: i32,
        request: Option<Idempotency>,
    ) -> Result<Created<Task>> {
        let now = self.clock.now();
        let complete = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let (task, not_by) = tasks::find(tx, permit, id)?;
            expect_version(task.version, version)?;
            if task.status == TaskStatus::Done {
                return Err(Error::State { rule: None, allowed: Vec::new() });
            }
            if not_by == Some(permit.staff()) {
                let rule = RefusalRule::ConflictedDecider;
                return Err(Error::SamePerson(Fault::new("#", rule.as_str(), rule.detail())));
            }
            tasks::complete(tx, permit, id, version, now)?;
            Ok(id)
        };
        self.once(permit, request, complete, shown).await
    }
}

#[cfg(test)]
mod tests;
