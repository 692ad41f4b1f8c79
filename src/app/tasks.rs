//! The work list: reviews, notices, and what else somebody has to look at by a certain day (C16, C17).

use std::collections::{BTreeSet, HashSet};

use chrono::NaiveDate;

use super::{App, Error, Result, allowed, expect_version, sides};
use crate::authz::{Act, Action, Caller, Permit, act};
use crate::db::{Tx, concerns, legal_requests, tasks};
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, ConcernId, LegalRequestId, StaffId, TaskId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::task::{Task, TaskFilter};
use crate::domain::vocabulary::{Role, TaskKind, TaskStatus};

fn shown(tx: &mut Tx<'_>, permit: &Permit<act::TaskComplete>, id: TaskId, today: NaiveDate) -> Result<Task> {
    let (task, not_by) = tasks::find(tx, permit, id, today)?;
    let standing = Standing::of(tx, permit, [&task], today)?;
    Ok(with_actions(permit.caller(), task, not_by, &standing))
}

fn with_actions(caller: &Caller, task: Task, not_by: Option<StaffId>, standing: &Standing) -> Task {
    let open = task.status == TaskStatus::Open && not_by != Some(caller.staff) && (task.case_id.is_some() || task.about_id.is_some());
    let open = open && theirs(caller, &task) && !task.case_id.is_some_and(|case| standing.of_others.contains(&case));
    let actions: &[Action] = if open && standing.done_by(&task).is_none() { &[Action::TaskComplete] } else { &[] };
    Task { allowed_actions: allowed(caller, actions), ..task }
}

/// Whether such a task may be theirs: what is for a service manager is done by one, even if somebody else has to know of it.
fn theirs(caller: &Caller, task: &Task) -> bool {
    !task.for_manager || caller.is(Role::ServiceManager)
}

/// How what some tasks are about stands.
struct Standing {
    /// The concerns that nobody decided yet.
    undecided: HashSet<ConcernId>,
    /// The requests for legal proceedings that silence has refused.
    silent: HashSet<LegalRequestId>,
    /// The cases of whose people the caller serves another side: nothing there is theirs to tick off (C1).
    of_others: BTreeSet<CaseId>,
}

impl Standing {
    fn of<'t>(tx: &mut Tx<'_>, permit: &Permit<impl Act>, tasks: impl IntoIterator<Item = &'t Task>, today: NaiveDate) -> Result<Self> {
        let (mut of_concerns, mut of_requests, mut cases) = (Vec::new(), Vec::new(), BTreeSet::new());
        for task in tasks {
            cases.extend(task.case_id);
            match (task.kind, task.about_id) {
                (TaskKind::SafeguardingDecision, Some(about)) => of_concerns.push(ConcernId(about)),
                (TaskKind::LegalRequest, Some(about)) => of_requests.push(LegalRequestId(about)),
                _ => {}
            }
        }
        let silent = legal_requests::refused_by_silence(tx, permit, of_requests, today)?;
        let of_others = sides::of_others(tx, permit, &cases)?;
        Ok(Self { undecided: concerns::undecided(tx, permit, of_concerns)?, silent, of_others })
    }

    /// The act by which such a task is done, if there is one: it is not ticked off while what it is about stands as it did.
    fn done_by(&self, task: &Task) -> Option<Action> {
        let about = |id: uuid::Uuid| task.about_id == Some(id);
        match task.kind {
            TaskKind::SafeguardingReview => Some(Action::ConcernDecide),
            TaskKind::SafeguardingDecision => self.undecided.iter().any(|id| about(id.0)).then_some(Action::ConcernDecide),
            TaskKind::LegalRequest if self.silent.iter().any(|id| about(id.0)) => Some(Action::LegalRequestClose),
            TaskKind::LegalRequest => Some(Action::LegalRequestDecide),
            TaskKind::SarTarget | TaskKind::SarAlert => Some(Action::SarDispatch),
            // It waits until that comes, or the request is refused.
            TaskKind::SarChase => Some(Action::SarClockEvent),
            TaskKind::InformationRequestDue => Some(Action::InformationRequestRespond),
            // That somebody was told, or why nobody is, is on record with what left; a person at risk is told of a concern that was not shared, too.
            TaskKind::RecallNotice | TaskKind::TellSubject => Some(Action::DisclosureAnnotate),
            // A hold is looked at again until it is released; whoever keeps it on places another, with a day of its own.
            TaskKind::HoldReview => Some(Action::HoldRelease),
            _ => None,
        }
    }
}

impl App {
    /// Tasks in scope, the most urgent first.
    pub async fn list_tasks(&self, permit: Permit<act::TaskRead>, filter: TaskFilter, page: PageRequest) -> Result<Page<Task>> {
        let today = self.clock.now().day();
        self.look(permit, move |tx, permit| {
            let page = tasks::list(tx, permit, &filter, &page, today)?;
            let standing = Standing::of(tx, permit, page.items.iter().map(|(task, _)| task), today)?;
            Ok(page.map(|(task, not_by)| with_actions(permit.caller(), task, not_by, &standing)))
        })
        .await
    }

    /// Marks a task as done. One for a service manager is done by one; where two people are needed, not by the first of them; and none of a case by
    /// whoever serves another side of its people. What has an act of its own, to decide or to answer, is done by that alone.
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
            if !theirs(permit.caller(), &task) {
                return Err(Error::Forbidden);
            }
            if not_by == Some(permit.staff()) {
                return Err(Error::conflicted("#"));
            }
            sides::require_one_side(tx, permit, &task.case_id.into_iter().collect())?;
            if let Some(action) = Standing::of(tx, permit, [&task], now.day())?.done_by(&task) {
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
