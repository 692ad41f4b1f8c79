//! The sides of a family that is served separately are kept apart: nobody works for both (C1).

use super::{Error, Result};
use crate::authz::{Act, Permit};
use crate::db::tasks::NewTask;
use crate::db::{self, Tx, cases, participants, tasks};
use crate::domain::fault::Fault;
use crate::domain::ids::{CaseId, PersonId, StaffId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::TaskKind;
use crate::policy::deadlines;

/// Whoever would work for both sides.
pub(super) fn conflict(pointer: &str) -> Error {
    Error::SamePerson(Fault::new(pointer, "conflict_of_interest", "This member of staff may not work on this case."))
}

/// The people of a case, and which of them are served separately in it.
pub(super) fn people(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId) -> db::Result<Vec<(PersonId, bool)>> {
    let parts = participants::all(tx, permit, case)?;
    Ok(parts.iter().map(|part| (part.person_id, part.update.content.served_separately)).collect())
}

/// None of these members of staff, put on the case at these places in the request, serves its other side.
pub(super) fn may_join(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId, joining: &[(StaffId, String)]) -> Result<()> {
    let people = people(tx, permit, case)?;
    let members = joining.iter().map(|(member, _)| *member).collect();
    let serving = cases::serving_other_side(tx, permit, Some(case), &people, &members, None)?;
    match joining.iter().find(|(member, _)| serving.contains(member)) {
        Some((_, pointer)) => Err(conflict(pointer)),
        None => Ok(()),
    }
}

/// Nobody of those on the case, nor `also`, serves another side of these people of it. To a caller who does not see that other side this
/// is no reason to refuse, or the answer would tell them that it exists: a manager looks into it.
pub(super) fn keep_apart(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case: &cases::CaseHead,
    people: &[(PersonId, bool)],
    also: Option<StaffId>,
    pointer: &str,
    now: Timestamp,
) -> Result<()> {
    let named = cases::standings(tx, permit, case.id)?.named;
    let members = named.into_iter().chain([case.assigned_to]).chain(also).collect();
    if !cases::serving_other_side(tx, permit, Some(case.id), people, &members, Some(permit.scope()))?.is_empty() {
        return Err(conflict(pointer));
    }
    if !cases::serving_other_side(tx, permit, Some(case.id), people, &members, None)?.is_empty() {
        let due_on = deadlines::next_working_day(now.day());
        tasks::create_once(tx, permit, NewTask::new(TaskKind::ConflictReview, case.id, case.id.0, due_on), now)?;
    }
    Ok(())
}
