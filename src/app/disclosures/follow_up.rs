//! The tasks that follow from a decision.

use crate::authz::{Permit, act};
use crate::db::tasks::{self, NewTask};
use crate::db::{self, Tx};
use crate::domain::disclosure::Refusal;
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::TaskKind;
use crate::policy::deadlines;

/// Parents who disagree are a matter for the manager, who has no override (R7).
pub(super) fn review_conflict(
    tx: &mut Tx<'_>,
    permit: &Permit<act::DisclosureRecord>,
    case_id: CaseId,
    refusal: &Refusal,
    now: Timestamp,
) -> db::Result<()> {
    for person in &refusal.conflicts {
        let task = NewTask {
            kind: TaskKind::ConflictReview,
            case_id: Some(case_id),
            about_id: person.0,
            for_manager: true,
            not_by: None,
            due_on: deadlines::next_working_day(now.day()),
        };
        tasks::create_once(tx, permit, task, now)?;
    }
    Ok(())
}

/// A task about a disclosure or what belongs to it, due the next working day. Telling the subject is the worker's, the rest the manager's.
pub(super) fn task(
    tx: &mut Tx<'_>,
    permit: &Permit<act::DisclosureRecord>,
    case_id: CaseId,
    kind: TaskKind,
    about_id: uuid::Uuid,
    not_by: Option<StaffId>,
    now: Timestamp,
) -> db::Result<()> {
    let for_manager = kind != TaskKind::TellSubject;
    let due_on = deadlines::next_working_day(now.day());
    tasks::create(tx, permit, NewTask { kind, case_id: Some(case_id), about_id, for_manager, not_by, due_on }, now)?;
    Ok(())
}
