//! The tasks that follow from a decision.

use std::collections::BTreeSet;

use crate::app::sides;
use crate::authz::{Permit, act};
use crate::db::tasks::{self, NewTask};
use crate::db::{self, Tx, participants};
use crate::domain::disclosure::{Conflict, Refusal};
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::TaskKind;
use crate::policy::deadlines;

/// Parents who disagree are a matter for the manager, who has no override (R7). Of what those who see this case need not know the task stands in the case
/// in which it is known, and is for those who see both (C1).
pub(super) fn review_conflict(
    tx: &mut Tx<'_>,
    permit: &Permit<act::DisclosureRecord>,
    case_id: CaseId,
    refusal: &Refusal,
    now: Timestamp,
) -> db::Result<()> {
    let due_on = deadlines::next_working_day(now.day());
    for Conflict { about, refusals, shows_here } in &refusal.conflicts {
        if *shows_here {
            tasks::create_once(tx, permit, NewTask::new(TaskKind::ConflictReview, case_id, about.0, due_on), now)?;
            continue;
        }
        let (of_this_case, others): (Vec<_>, Vec<_>) = refusals.iter().copied().partition(|(case, _)| *case == case_id);
        let mut cases: BTreeSet<CaseId> = others.into_iter().map(|(case, _)| case).collect();
        if !of_this_case.is_empty() {
            // It counts by what is told of one of them where not everybody sees it.
            let people = of_this_case.into_iter().map(|(_, granter)| granter).chain([*about]);
            cases.extend(participants::closed_cases_of(tx, permit, people)?);
            cases.remove(&case_id);
        }
        sides::review(tx, permit, &cases, case_id.0, now)?;
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
