//! The work list: reviews, notices, and what else somebody has to look at by a certain day (C16, C17).

use std::collections::HashSet;

use chrono::NaiveDate;

use super::{App, Error, Result, allowed, expect_version};
use crate::authz::{Act, Action, Caller, Permit, act};
use crate::db::{Tx, concerns, tasks};
use crate::domain::disclosure::RefusalRule;
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{ConcernId, StaffId, TaskId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::task::{Task, TaskFilter};
use crate::domain::vocabulary::{TaskKind, TaskStatus};

fn shown(tx: &mut Tx<'_>, permit: &Permit<act::TaskComplete>, id: TaskId, today: NaiveDate) -> Result<Task> {
    let (task, not_by) = tasks::find(tx, permit, id, today)?;
    let undecided = undecided(tx, permit, [&task])?;
    Ok(with_actions(permit.caller(), task, not_by, &undecided))
}

fn with_actions(caller: &Caller, task: Task, not_by: Option<StaffId>, undecided: &HashSet<ConcernId>) -> Task {
    let open = task.status == TaskStatus::Open && not_by != Some(caller.staff) && (task.case_id.is_some() || task.about_id.is_some());
    let actions: &[Action] = if open && done_by(&task, undecided).is_none() { &[Action::TaskComplete] } else { &[] };
    Task { allowed_actions: allowed(caller, actions), ..task }
}

/// The act by which such a task is done, if there is one: it is not ticked off while what it is about stands as it did.
fn done_by(task: &Task, undecided: &HashSet<ConcernId>) -> Option<Action> {
    match task.kind {
        TaskKind::SafeguardingReview => Some(Action::ConcernDecide),
        TaskKind::SafeguardingDecision => {
            task.about_id.is_some_and(|about| undecided.contains(&ConcernId(about))).then_some(Action::ConcernDecide)
        }
        TaskKind::LegalRequest => Some(Action::LegalRequestDecide),
        TaskKind::SarTarget | TaskKind::SarAlert => Some(Action::SarDispatch),
        TaskKind::InformationRequestDue => Some(Action::InformationRequestRespond),
        // A hold is looked at again until it is released; whoever keeps it on places another, with a day of its own.
        TaskKind::HoldReview => Some(Action::HoldRelease),
        _ => None,
    }
}

/// The concerns that these tasks want decided and that nobody decided yet.
fn undecided<'t>(tx: &mut Tx<'_>, permit: &Permit<impl Act>, tasks: impl IntoIterator<Item = &'t Task>) -> Result<HashSet<ConcernId>> {
    let of_concern = tasks.into_iter().filter(|task| task.kind == TaskKind::SafeguardingDecision);
    Ok(concerns::undecided(tx, permit, of_concern.filter_map(|task| task.about_id.map(ConcernId)).collect())?)
}

impl App {
    /// Tasks in scope, the most urgent first.
    pub async fn list_tasks(&self, permit: Permit<act::TaskRead>, filter: TaskFilter, page: PageRequest) -> Result<Page<Task>> {
        let today = self.clock.now().day();
        self.look(permit, move |tx, permit| {
            let page = tasks::list(tx, permit, &filter, &page, today)?;
            let undecided = undecided(tx, permit, page.items.iter().map(|(task, _)| task))?;
            Ok(page.map(|(task, not_by)| with_actions(permit.caller(), task, not_by, &undecided)))
        })
        .await
    }

    /// Marks a task as done. One for a service manager is done by one; where two people are needed, not by the first of them. What has an act of
    /// its own, to decide or to answer, is done by that alone.
    pub async fn complete_task(
        &self,
        permit: Permit<act::TaskComplete>,
        id: TaskId,
        version: i32,
        request: Option<Idempotency>,
    ) -> Result<Created<Task>> {
        let now = self.clock.now();
        let complete = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let (task, not_by) = tasks::find(tx, permit, id, now.day())?;
            expect_version(task.version, version)?;
            if task.status == TaskStatus::Done {
                return Err(Error::State { rule: None, allowed: Vec::new() });
            }
            if not_by == Some(permit.staff()) {
                let rule = RefusalRule::ConflictedDecider;
                return Err(Error::SamePerson(Fault::new("#", rule.as_str(), rule.detail())));
            }
            let undecided = undecided(tx, permit, [&task])?;
            if let Some(action) = done_by(&task, &undecided) {
                return Err(Error::State { rule: None, allowed: permit.caller().may(action).then_some(action).into_iter().collect() });
            }
            tasks::complete(tx, permit, id, version, now)?;
            Ok(id)
        };
        self.once(permit, request, complete, move |tx, permit, id| shown(tx, permit, id, now.day())).await
    }
}

#[cfg(test)]
mod tests;
