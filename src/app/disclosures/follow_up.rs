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
    let due_on = deadlines::next_working_day(now.day());
    for person in &refusal.conflicts {
        tasks::create_once(tx, permit, NewTask::new(TaskKind::ConflictReview, case_id, person.0, due_on), now)?;
    }
    Ok(())
}

/// A task about a disclosure or what belongs to it, due the next working day.
pub(super) fn task(
    tx: &mut Tx<'_>,
    permit: &Permit<act::DisclosureRecord>,
    case_id: CaseId,
    kind: TaskKind,
    about_id: uuid::Uuid,
    not_by: Option<StaffId>,
    now: Timestamp,
) -> db::Result<()> {
    let due_on = deadlines::next_working_day(now.day());
    tasks::create(tx, permit, NewTask { not_by, ..NewTask::new(kind, case_id, about_id, due_on) }, now)?;
    Ok(())
}
