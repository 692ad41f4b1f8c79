//! Cases: opened whatever the family permits (R19), assigned, restricted, closed, reopened (C1, C4, C16).

mod opening;

use std::collections::HashMap;

use super::participants::offered;
use super::sides::{self, Offer, conflict};
use super::{App, Error, Result, expect_version, faultless};
use crate::authz::{Act, Action, Caller, Permit, act};
use crate::db::tasks::NewTask;
use crate::db::{Tx, cases, information_requests, legal_extracts, participants, staff, tasks, timeline};
use crate::domain::case::{
    Case, CaseAssignment, CaseClosure, CaseFilter, CaseRestriction, CaseSummary, CaseUpdate, NewReopening, Retention, RetentionFacts,
};
use crate::domain::disclosure::RefusalRule;
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::patch::Merge;
use crate::domain::time::{Timestamp, new_year_from};
use crate::domain::timeline::TimelineEntry;
use crate::domain::vocabulary::{CaseStatus, Outcome, Role, TaskKind};
use crate::policy::{deadlines, retention};

/// What may be done with a case that stands so.
fn actions(status: CaseStatus) -> &'static [Action] {
    match status {
        CaseStatus::Open | CaseStatus::Inactive => &[
            Action::CaseUpdate,
            Action::CaseClose,
            Action::CaseAssign,
            Action::ParticipantAdd,
            Action::NoteAdd,
            Action::ConsentRecord,
            Action::DisclosureCheck,
            Action::DisclosureRecord,
            Action::InformationRequestRecord,
            Action::ConcernRaise,
            Action::CaseRestrict,
        ],
        // Somebody may still refuse, and a risk is still passed on.
        CaseStatus::Closed => &[
            Action::CaseReopen,
            Action::ConsentRecord,
            Action::DisclosureCheck,
            Action::DisclosureRecord,
            Action::InformationRequestRecord,
            Action::ConcernRaise,
        ],
    }
}

/// The case with what the caller may do with it.
fn offering(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: Case) -> Result<Case> {
    let offer = Offer::of(tx, permit, case.id)?;
    let participants = case.participants.into_iter().map(|part| offered(permit, offer, case.status, part)).collect();
    Ok(Case { allowed_actions: offer.among(permit.caller(), actions(case.status)), participants, ..case })
}

/// The case stands so that this cannot be done.
fn wrong_state(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId, status: CaseStatus, rule: Option<Fault>) -> Error {
    let closed = || Fault::new("#", RefusalRule::CaseClosed.as_str(), RefusalRule::CaseClosed.detail());
    let rule = rule.or_else(|| (status == CaseStatus::Closed).then(closed));
    sides::wrong_state(tx, permit, id, actions(status), rule)
}

/// A case in scope, at the version the client saw.
fn seen(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId, version: i32) -> Result<cases::CaseHead> {
    let head = cases::require(tx, permit, id)?;
    expect_version(head.version, version)?;
    Ok(head)
}

/// The same behind the guards of everybody whom its closing or reopening touches (R16).
fn seen_behind_guards(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId, version: i32) -> Result<cases::CaseHead> {
    participants::take_guards(tx, permit, id, None)?;
    seen(tx, permit, id, version)
}

/// The case is not closed.
pub(super) fn require_open(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId, status: CaseStatus) -> Result<()> {
    if status == CaseStatus::Closed { Err(wrong_state(tx, permit, id, status, None)) } else { Ok(()) }
}

/// What stands against putting this member of staff on a case: they are not on record, or do no casework.
pub(super) fn staff_fault(working: &HashMap<StaffId, bool>, member: StaffId, pointer: String) -> Option<Fault> {
    match working.get(&member) {
        Some(true) => None,
        Some(false) => Some(Fault::new(pointer, "no_casework", "This member of staff does not work on cases.")),
        None => Some(Fault::unknown(pointer)),
    }
}

/// Nobody could decide about what is kept from every service manager.
pub(super) fn no_manager_left(pointer: &str) -> Fault {
    Fault::new(pointer, "no_manager_left", "One service manager at least sees each referral and each case.")
}

/// An adviser takes a case themselves; a service manager gives it to anybody.
fn require_giver(caller: &Caller, member: StaffId) -> Result<()> {
    if member == caller.staff || caller.is(Role::ServiceManager) { Ok(()) } else { Err(Error::Forbidden) }
}

/// Those who are named beside whoever works on the case, and where in the request.
fn named(wanted: &CaseRestriction, worker: StaffId) -> Vec<(StaffId, String)> {
    let beside = wanted.named_staff_ids.iter().enumerate().filter(|(_, member)| **member != worker);
    beside.map(|(i, member)| (*member, format!("#/namedStaffIds/{i}"))).collect()
}

/// The keeping of a closed case is on the manager's list for the year after its review day; where no such day is known yet, for the next working day. The
/// day of a task is not sealed, and that of the review is so many years after a birth.
fn review_keeping(tx: &mut Tx<'_>, permit: &Permit<act::CaseClose>, id: CaseId, keep: cases::Keep<'_>, now: Timestamp) -> Result<()> {
    let soon = deadlines::next_working_day(now.day());
    let due_on = cases::retention(tx, permit, id, keep)?.review_on.map_or(soon, |day| new_year_from(day).max(soon));
    tasks::create_once(tx, permit, NewTask::new(TaskKind::RetentionReview, id, id.0, due_on), now)?;
    Ok(())
}

/// What contradicts itself in who may open a case on which this member of staff works, where somebody is served separately or nobody is. Who stands
/// there already may stay, whatever became of them: a conflict of interest outlasts a change of roles.
fn restriction_faults(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    worker: StaffId,
    apart: bool,
    before: &cases::Standings,
    wanted: &CaseRestriction,
) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for (list, members, before) in [
        ("namedStaffIds", &wanted.named_staff_ids, &before.named),
        ("conflictedStaffIds", &wanted.conflicted_staff_ids, &before.conflicted),
    ] {
        let working = staff::working(tx, permit, members)?;
        let new = members.iter().enumerate().filter(|(_, member)| !before.contains(member));
        faults.extend(new.filter_map(|(i, member)| staff_fault(&working, *member, format!("#/{list}/{i}"))));
    }
    for (i, member) in wanted.conflicted_staff_ids.iter().enumerate() {
        if *member == worker || wanted.named_staff_ids.contains(member) {
            faults.push(Fault::contradicting(format!("#/conflictedStaffIds/{i}")));
        }
    }
    if wanted.restricted && !wanted.named_staff_ids.contains(&worker) {
        faults.push(Fault::new("#/namedStaffIds", "contradicting_fields", "Whoever works on a restricted case is named on it."));
    }
    let new = wanted.conflicted_staff_ids.iter().any(|member| !before.conflicted.contains(member));
    if new && !staff::manages_beside(tx, permit, &wanted.conflicted_staff_ids)? {
        faults.push(no_manager_left("#/conflictedStaffIds"));
    }
    if !wanted.restricted && apart {
        faults.push(Fault::new("#/restricted", "contradicting_fields", "The case of somebody who is served separately stays restricted."));
    }
    Ok(faults)
}

impl App {
    /// How long a case with these facts is kept here.
    pub(super) fn keep(&self, facts: &RetentionFacts) -> Retention {
        retention::of(facts, &self.settings.retention)
    }

    fn shown(&self, tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId) -> Result<Case> {
        let case = cases::find(tx, permit, id, &|facts| self.keep(facts))?;
        offering(tx, permit, case)
    }

    /// A case names an area of the service, or the one it named before the configuration changed.
    fn check_area(&self, area: Option<&String>, before: Option<&String>) -> Result<()> {
        if area == before || area.is_none_or(|area| self.settings.areas.contains(area)) {
            return Ok(());
        }
        Err(Error::Invalid(vec![Fault::new("#/area", "enum", "Not one of the areas of the service.")]))
    }

    /// Cases in scope.
    pub async fn list_cases(&self, permit: Permit<act::CaseList>, filter: CaseFilter, page: PageRequest) -> Result<Page<CaseSummary>> {
        self.look(permit, move |tx, permit| Ok(cases::list(tx, permit, &filter, &page)?)).await
    }

    /// A case in scope.
    pub async fn read_case(&self, permit: Permit<act::CaseRead>, id: CaseId) -> Result<Case> {
        let app = self.clone();
        self.look(permit, move |tx, permit| app.shown(tx, permit, id)).await
    }

    /// What happened in a case, newest first.
    pub async fn timeline(&self, permit: Permit<act::CaseRead>, id: CaseId, page: PageRequest) -> Result<Page<TimelineEntry>> {
        self.look(permit, move |tx, permit| Ok(timeline::list(tx, permit, id, &page)?)).await
    }

    /// Changes what is recorded of a case.
    pub async fn update_case(&self, permit: Permit<act::CaseUpdate>, id: CaseId, version: i32, merge: Merge<CaseUpdate>) -> Result<Case> {
        let (now, app) = (self.clock.now(), self.clone());
        self.change(permit, move |tx, permit| {
            let current = app.shown(tx, permit, id)?;
            expect_version(current.version, version)?;
            let writable = current.writable().ok_or_else(|| wrong_state(tx, permit, id, current.status, None))?;
            let update = merge(&writable).map_err(Error::Invalid)?;
            app.check_area(update.content.area.as_ref(), writable.content.area.as_ref())?;
            sides::require_one_side(tx, permit, &[id].into())?;
            cases::update(tx, permit, id, version, update, now)?;
            app.shown(tx, permit, id)
        })
        .await
    }

    /// Closes a case: its permissions end, and the clock of its keeping starts. Not while a concern awaits its decision.
    pub async fn close_case(
        &self,
        permit: Permit<act::CaseClose>,
        id: CaseId,
        version: i32,
        how: CaseClosure,
        request: Option<Idempotency>,
    ) -> Result<Created<Case>> {
        let (now, app, shows) = (self.clock.now(), self.clone(), self.clone());
        let close = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let head = seen_behind_guards(tx, permit, id, version)?;
            sides::require_one_side(tx, permit, &[id].into())?;
            require_open(tx, permit, id, head.status)?;
            if how.outcome == Outcome::Ongoing {
                return Err(Error::rule("#/outcome", "contradicting_fields", "What is still going on is not closed."));
            }
            if cases::has_open_concern(tx, permit, id)? {
                let rule = Fault::new("#", "not_decided", "A safeguarding concern of this case awaits its decision.");
                return Err(wrong_state(tx, permit, id, head.status, Some(rule)));
            }
            if legal_extracts::any_open(tx, permit, id, now.day())? {
                let rule = Fault::new("#", "not_decided", "An extract of this case for legal proceedings is drafted and not sent.");
                return Err(wrong_state(tx, permit, id, head.status, Some(rule)));
            }
            cases::close(tx, permit, id, version, how.outcome, now)?;
            information_requests::cancel_of_case(tx, permit, id, now)?;
            tasks::settle_of_case(tx, permit, TaskKind::PermissionEnding, id, now)?;
            review_keeping(tx, permit, id, &|facts| app.keep(facts), now)?;
            Ok(id)
        };
        self.once(permit, request, close, move |tx, permit, id| shows.shown(tx, permit, id)).await
    }

    /// Reopens a closed case. It revives no permission.
    pub async fn reopen_case(
        &self,
        permit: Permit<act::CaseReopen>,
        id: CaseId,
        version: i32,
        why: NewReopening,
        request: Option<Idempotency>,
    ) -> Result<Created<Case>> {
        let (now, shows) = (self.clock.now(), self.clone());
        let reopen = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let head = seen_behind_guards(tx, permit, id, version)?;
            sides::require_one_side(tx, permit, &[id].into())?;
            if head.status != CaseStatus::Closed {
                return Err(wrong_state(tx, permit, id, head.status, None));
            }
            // While it was closed, those on it were free to work for the other side (C1).
            let people = participants::sides(tx, permit, id)?;
            sides::keep_apart(tx, permit, &head, &people, None, "#", now)?;
            cases::reopen(tx, permit, id, version, why.reason, now)?;
            Ok(id)
        };
        self.once(permit, request, reopen, move |tx, permit, id| shows.shown(tx, permit, id)).await
    }

    /// Sets who works on a case: an adviser only themselves, and nobody who works for the other side (C1).
    pub async fn assign_case(&self, permit: Permit<act::CaseAssign>, id: CaseId, version: i32, wanted: CaseAssignment) -> Result<Case> {
        let (now, app, member) = (self.clock.now(), self.clone(), wanted.staff_id);
        self.change(permit, move |tx, permit| {
            require_giver(permit.caller(), member)?;
            let head = seen(tx, permit, id, version)?;
            faultless(staff_fault(&staff::working(tx, permit, &[member])?, member, "#/staffId".to_owned()).into_iter().collect())?;
            if cases::is_conflicted(tx, permit, id, member)? {
                return Err(conflict("#/staffId"));
            }
            sides::join(tx, permit, id, &[(member, "#/staffId".to_owned())], now)?;
            require_open(tx, permit, id, head.status)?;
            let case = cases::assign(tx, permit, id, version, member, now, &|facts| app.keep(facts))?;
            offering(tx, permit, case)
        })
        .await
    }

    /// Restricts a case to named staff, or lifts that, and keeps away whoever has a conflict of interest.
    pub async fn restrict_case(
        &self,
        permit: Permit<act::CaseRestrict>,
        id: CaseId,
        version: i32,
        wanted: CaseRestriction,
    ) -> Result<Case> {
        let (now, app) = (self.clock.now(), self.clone());
        self.change(permit, move |tx, permit| {
            let head = seen(tx, permit, id, version)?;
            let apart = participants::all(tx, permit, id)?.iter().any(|part| part.update.content.served_separately);
            let before = cases::standings(tx, permit, id)?;
            faultless(restriction_faults(tx, permit, head.assigned_to, apart, &before, &wanted)?)?;
            sides::join(tx, permit, id, &named(&wanted, head.assigned_to), now)?;
            require_open(tx, permit, id, head.status)?;
            let case = cases::restrict(tx, permit, id, version, wanted, now, &|facts| app.keep(facts))?;
            offering(tx, permit, case)
        })
        .await
    }
}

#[cfg(test)]
mod tests;
