//! The sides of a family that is served separately are kept apart: nobody works for both (C1).

use std::collections::BTreeSet;

use super::{Error, Result, possible};
use crate::authz::{Act, Action, Caller, Permit};
use crate::db::tasks::NewTask;
use crate::db::{self, Tx, cases, participants, people, tasks};
use crate::domain::action::ActionName;
use crate::domain::fault::Fault;
use crate::domain::ids::{CaseId, PersonId, StaffId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Role, TaskKind};
use crate::policy::deadlines;

/// Whoever would work for both sides.
pub(super) fn conflict(pointer: &str) -> Error {
    Error::SamePerson(Fault::new(pointer, "conflict_of_interest", "This member of staff may not work on this case."))
}

/// Which of these members of staff serve another side of these people, and in which case: those cases that the caller may know of, and those that
/// are hidden from them.
fn serving(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case: Option<CaseId>,
    people: &[(PersonId, bool)],
    members: &BTreeSet<StaffId>,
) -> db::Result<(Vec<StaffId>, BTreeSet<CaseId>)> {
    let serving = cases::serving_other_side(tx, permit, case, people, members)?;
    let known = cases::known(tx, permit, serving.iter().map(|(_, case)| *case))?;
    let (told, hidden): (Vec<_>, Vec<_>) = serving.into_iter().partition(|(_, case)| known.contains(case));
    Ok((told.into_iter().map(|(member, _)| member).collect(), hidden.into_iter().map(|(_, case)| case).collect()))
}

/// The caller does not work for another side of the people of these cases, which they see: staff of a case of somebody's own write in none of the
/// others', and decide nothing about them (C1). That they do in a case which is hidden from them by now is no reason, or they would learn of it.
pub(super) fn require_one_side(tx: &mut Tx<'_>, permit: &Permit<impl Act>, cases: &BTreeSet<CaseId>) -> Result<()> {
    if serves_another(tx, permit, cases)? { Err(conflict("#")) } else { Ok(()) }
}

/// Whether they do. These cases stay as they are until the transaction ends.
pub(super) fn serves_another(tx: &mut Tx<'_>, permit: &Permit<impl Act>, cases: &BTreeSet<CaseId>) -> db::Result<bool> {
    cases::require_all(tx, permit, cases)?;
    stands_elsewhere(tx, permit, cases)
}

fn stands_elsewhere(tx: &mut Tx<'_>, permit: &Permit<impl Act>, cases: &BTreeSet<CaseId>) -> db::Result<bool> {
    Ok(!of_others(tx, permit, cases)?.is_empty())
}

/// Those of these cases of whose people the caller serves another side, as far as they may know of it.
pub(super) fn of_others(tx: &mut Tx<'_>, permit: &Permit<impl Act>, cases: &BTreeSet<CaseId>) -> db::Result<BTreeSet<CaseId>> {
    let sides = cases::other_sides_of(tx, permit, cases)?;
    let known = cases::known(tx, permit, sides.iter().map(|(_, own)| *own))?;
    Ok(sides.into_iter().filter(|(_, own)| known.contains(own)).map(|(case, _)| case).collect())
}

/// What is moved from one case to another comes into none of which the caller serves another side, and goes out of such a case only into one that they
/// work on: it belongs to their side.
pub(super) fn may_move(tx: &mut Tx<'_>, permit: &Permit<impl Act>, from: CaseId, to: CaseId) -> Result<()> {
    require_one_side(tx, permit, &[to].into())?;
    let out = serves_another(tx, permit, &[from].into())?;
    if out && !cases::serves_any(tx, permit, &[to].into())? { Err(conflict("#/caseId")) } else { Ok(()) }
}

/// Whether this person is of another side: of each case that the caller sees in which they take part, the caller serves another side of the people. In
/// one of the caller's own they are on the same.
pub(super) fn is_of_another(tx: &mut Tx<'_>, permit: &Permit<impl Act>, person: PersonId) -> db::Result<bool> {
    let cases = people::cases_of(tx, permit, person)?;
    Ok(!cases.is_empty() && of_others(tx, permit, &cases)? == cases)
}

/// Whether one of these people is.
pub(super) fn any_of_another(tx: &mut Tx<'_>, permit: &Permit<impl Act>, people: &[PersonId]) -> db::Result<bool> {
    for person in people {
        if is_of_another(tx, permit, *person)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// None of these people is.
pub(super) fn require_own_side(tx: &mut Tx<'_>, permit: &Permit<impl Act>, people: &[PersonId]) -> Result<()> {
    if any_of_another(tx, permit, people)? { Err(conflict("#")) } else { Ok(()) }
}

/// What of a case is offered to the caller: to whoever serves another side of its people no more than [`is_left`] to them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    elsewhere: bool,
}

impl Offer {
    /// Of a case that is shown to the caller.
    pub(super) fn of(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId) -> db::Result<Self> {
        Ok(Self { elsewhere: stands_elsewhere(tx, permit, &[case].into())? })
    }

    /// Whether it is to somebody who serves another side.
    pub(super) fn is_to_another(self) -> bool {
        self.elsewhere
    }

    /// The verbs of those of these actions that the caller may take: `allowedActions`.
    pub(super) fn among(self, caller: &Caller, actions: &[Action]) -> Vec<ActionName> {
        self.possible(caller, actions).into_iter().map(|action| ActionName(action.verb())).collect()
    }

    /// Those of these actions that the caller may take.
    pub(super) fn possible(self, caller: &Caller, actions: &[Action]) -> Vec<Action> {
        possible(caller, actions).into_iter().filter(|action| !self.elsewhere || is_left(caller, *action)).collect()
    }
}

/// Something of this case stands so that what was asked cannot be done; and what else may be, of these actions, if it is offered to the caller.
pub(super) fn wrong_state(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId, actions: &[Action], rule: Option<Fault>) -> Error {
    Offer::of(tx, permit, case).map_or_else(Error::from, |offer| Error::State { rule, allowed: offer.possible(permit.caller(), actions) })
}

/// Whether this is left to whoever serves another side: somebody may still refuse or withdraw, a risk is passed on by anybody (C17), what somebody
/// outside asks is put on record, what belongs elsewhere goes away, a service manager says who works on a case and who is kept from it, and a file of
/// what another decided is no decision.
fn is_left(caller: &Caller, action: Action) -> bool {
    match action {
        Action::ConsentRecord
        | Action::ConsentWithdraw
        | Action::DisclosureCheck
        | Action::DisclosureRecord
        | Action::InformationRequestRecord
        | Action::ConcernRaise
        | Action::NoteRelocate
        | Action::CaseRestrict
        | Action::LegalRequestBundle => true,
        Action::CaseAssign => caller.is(Role::ServiceManager),
        _ => false,
    }
}

/// None of these members of staff, put on a case at these places in the request, serves another side of these people of it. The answer is the cases
/// for [`review`]: to a caller who does not see that other side it is no reason to refuse, or the answer would tell them that it exists.
pub(super) fn may_join(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case: Option<CaseId>,
    people: &[(PersonId, bool)],
    joining: &[(StaffId, String)],
) -> Result<BTreeSet<CaseId>> {
    let members = joining.iter().map(|(member, _)| *member).collect();
    cases::hold_staff(tx, permit, &members)?;
    let (serving, hidden) = serving(tx, permit, case, people, &members)?;
    match joining.iter().find(|(member, _)| serving.contains(member)) {
        Some((_, pointer)) => Err(conflict(pointer)),
        None => Ok(hidden),
    }
}

/// Has those managers look into it who see the case that was hidden from the caller. The task stands there, so that the caller does not see it; a
/// manager who sees that case alone is shown it, without the other, where nobody sees both.
pub(super) fn review(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    hidden: &BTreeSet<CaseId>,
    about: uuid::Uuid,
    now: Timestamp,
) -> db::Result<()> {
    let due_on = deadlines::next_working_day(now.day());
    for case in hidden {
        tasks::create_once(tx, permit, NewTask::new(TaskKind::ConflictReview, *case, about, due_on), now)?;
    }
    Ok(())
}

/// Nobody of those put on the case at these places in the request serves another side of its people.
pub(super) fn join(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId, joining: &[(StaffId, String)], now: Timestamp) -> Result<()> {
    let people = participants::sides(tx, permit, case)?;
    let hidden = may_join(tx, permit, Some(case), &people, joining)?;
    Ok(review(tx, permit, &hidden, case.0, now)?)
}

/// Nobody of those on the case, nor `also`, serves another side of these people of it.
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
    let there: Vec<_> = named.into_iter().chain([case.assigned_to]).chain(also).map(|member| (member, pointer.to_owned())).collect();
    let hidden = may_join(tx, permit, Some(case.id), people, &there)?;
    Ok(review(tx, permit, &hidden, case.id.0, now)?)
}
