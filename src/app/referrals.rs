//! Referrals: recorded by anybody who takes them, decided by those who do casework (C2, C7). Nothing is sent to whoever refers: even "we have
//! seen them" is a disclosure, with the purpose `feedback_to_referrer`.

mod relocation;

use std::collections::BTreeSet;

use super::cases::{no_manager_left, require_open, staff_fault};
use super::{App, Error, Result, allowed, expect_version, faultless, leave, people, sides};
use crate::authz::{Act, Action, Caller, Permit, act};
use crate::db::referrals::Outcome;
use crate::db::tasks::NewTask;
use crate::db::{self, Tx, cases, recipients, referrals, staff, tasks};
use crate::domain::case::NewCase;
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, PersonId, ReferralId, StaffId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::patch::Merge;
use crate::domain::referral::{
    NewReferral, NewReferralDecision, Newcomer, Referral, ReferralContent, ReferralFilter, ReferralReceipt, ReferralSummary, ReferralUpdate,
};
use crate::domain::text::{LongText, blank};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{CaseStatus, ReferralDecision, ReferralStatus, Role, TaskKind};

/// What may be done with a referral that stands so, and whose case, if it has one that the caller sees, stands so.
fn actions(status: ReferralStatus, case: Option<CaseStatus>) -> &'static [Action] {
    match (status, case) {
        (ReferralStatus::Received, _) => &[Action::ReferralUpdate, Action::ReferralDecide],
        (ReferralStatus::Accepted, Some(CaseStatus::Open | CaseStatus::Inactive)) => &[Action::ReferralRelocate],
        (ReferralStatus::Accepted | ReferralStatus::Declined | ReferralStatus::Signposted, _) => &[],
    }
}

fn shown(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ReferralId) -> Result<Referral> {
    let referral = referrals::find(tx, permit, id)?;
    let case = match referral.case_id {
        Some(case) => Some(cases::require(tx, permit, case)?.status),
        None => None,
    };
    Ok(Referral { allowed_actions: allowed(permit.caller(), actions(referral.status, case)), ..referral })
}

/// A referral that was just decided: whoever accepted it need not see the case into which it went, and then there is nothing more to do to it.
fn decided(tx: &mut Tx<'_>, permit: &Permit<act::ReferralDecide>, id: ReferralId) -> Result<Referral> {
    match shown(tx, permit, id) {
        Err(Error::Db(db::Error::NotFound | db::Error::AccessReasonRequired)) if !tx.is_repeated() => {
            Ok(referrals::written(tx, permit, id)?)
        }
        seen => seen,
    }
}

/// Who is kept away from it. Where a risk is stated nothing is refused: whoever is not on record is left out, and where no service manager is left
/// those who do casework see that it waits (C17).
fn settle_away(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    members: &mut Vec<StaffId>,
    before: &[StaffId],
    risk_stated: bool,
) -> Result<()> {
    let working = staff::working(tx, permit, members)?;
    if risk_stated {
        members.retain(|member| before.contains(member) || working.contains_key(member));
        return Ok(());
    }
    let new = members.iter().enumerate().filter(|(_, member)| !before.contains(member));
    let mut faults: Vec<Fault> =
        new.filter_map(|(i, member)| staff_fault(&working, *member, format!("#/conflictedStaffIds/{i}"))).collect();
    if !members.is_empty() && !staff::manages_beside(tx, permit, members)? {
        faults.push(no_manager_left("#/conflictedStaffIds"));
    }
    faultless(faults)
}

/// Whoever is kept away from a referral is kept away from the case to which it belongs, too: the conflict of interest is with the family (C1). Nobody
/// works on a case from which they are kept away.
fn carry_away(tx: &mut Tx<'_>, permit: &Permit<impl Act>, referral: &Referral, case: CaseId, now: Timestamp) -> Result<()> {
    let away = &referral.conflicted_staff_ids;
    if away.is_empty() {
        return Ok(());
    }
    if away.contains(&cases::require(tx, permit, case)?.assigned_to) {
        return Err(sides::conflict("#/caseId"));
    }
    let all: Vec<StaffId> = cases::standings(tx, permit, case)?.conflicted.into_iter().chain(away.iter().copied()).collect();
    if !referral.content.risk_stated && !staff::manages_beside(tx, permit, &all)? {
        return Err(Error::Rule(vec![no_manager_left("#/caseId")]));
    }
    Ok(cases::keep_away(tx, permit, case, away, now)?)
}

/// Nothing was decided yet.
fn require_undecided(referral: &Referral) -> Result<()> {
    if referral.status == ReferralStatus::Received { Ok(()) } else { Err(Error::State { rule: None, allowed: Vec::new() }) }
}

/// What was told can be kept as it is. Where a risk is stated, it is kept in any case: a body that is not on record is left out.
fn settle(tx: &mut Tx<'_>, permit: &Permit<impl Act>, content: &mut ReferralContent, now: Timestamp) -> Result<()> {
    let mut faults = content.faults(now.day());
    if let Some(body) = content.referrer_recipient_id
        && recipients::names(tx, permit, [body])?.is_empty()
    {
        if content.risk_stated {
            content.referrer_recipient_id = None;
        } else {
            faults.push(Fault::unknown("#/referrerRecipientId"));
        }
    }
    faultless(faults)
}

/// A stated risk is a service manager's to look at, on the same day.
fn tell_of_risk(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ReferralId, now: Timestamp) -> Result<()> {
    tasks::create_once(tx, permit, NewTask::new(TaskKind::ReferralRisk, None::<CaseId>, id.0, now.day()), now)?;
    Ok(())
}

/// Records those of whom there is no record yet, and names them in the new case by their ids.
fn record_people(tx: &mut Tx<'_>, caller: &Caller, newcomers: Vec<Newcomer>, case: &mut NewCase, now: Timestamp) -> Result<()> {
    let mut faults = Vec::new();
    for (i, newcomer) in newcomers.iter().enumerate() {
        let twice = newcomers.iter().take(i).any(|earlier| earlier.placeholder == newcomer.placeholder);
        if twice || !case.participants.iter().any(|part| part.person_id == newcomer.placeholder) {
            faults.push(Fault::contradicting(format!("#/newPeople/{i}/placeholder")));
        }
        let place = format!("#/newPeople/{i}/person");
        faults.extend(newcomer.person.faults(now).into_iter().map(|fault| fault.within(&place)));
    }
    faultless(faults)?;
    let recording = leave::<act::PersonCreate>(caller)?;
    for Newcomer { placeholder, person } in newcomers {
        let id = people::record(tx, &recording, person, now)?;
        let named = |person: &mut PersonId| {
            if *person == placeholder {
                *person = id;
            }
        };
        for part in &mut case.participants {
            named(&mut part.person_id);
            part.content.parental_responsibility.iter_mut().for_each(|entry| named(&mut entry.child_id));
        }
    }
    Ok(())
}

/// The case to which it belongs, in scope; whether it is open is asked last.
fn existing(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId) -> Result<CaseStatus> {
    Ok(cases::require(tx, permit, id).map_err(Error::of_named_case)?.status)
}

fn require_reason(decision: ReferralDecision, reason: Option<&LongText>) -> Result<()> {
    if !blank(reason) || decision != ReferralDecision::Decline {
        return Ok(());
    }
    Err(Error::rule("#/reason", "decision_reason_missing", "Needs why it is declined."))
}

impl App {
    /// Records a referral, and answers no more than that it was received, whoever asks (C7).
    pub async fn create_referral(
        &self,
        permit: Permit<act::ReferralCreate>,
        new: NewReferral,
        request: Idempotency,
    ) -> Result<Created<ReferralReceipt>> {
        let now = self.clock.now();
        let record = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let NewReferral { received_at, mut content, conflicted_staff_ids: mut away } = new;
            let mut received_at = received_at.map_or(now, |at| at.settled(now));
            if received_at > now {
                if !content.risk_stated {
                    return Err(Error::rule("#/receivedAt", "decided_in_future", "Must not be later than now."));
                }
                received_at = now;
            }
            settle(tx, permit, &mut content, now)?;
            let risk = content.risk_stated;
            settle_away(tx, permit, &mut away, &[], risk)?;
            let id = referrals::insert(tx, permit, content, received_at, now)?;
            referrals::keep_away(tx, permit, id, &away)?;
            if risk {
                tell_of_risk(tx, permit, id, now)?;
            }
            Ok(id)
        };
        self.once(permit, Some(request), record, |tx, permit, id| Ok(referrals::receipt(tx, permit, id)?)).await
    }

    /// Referrals in scope.
    pub async fn list_referrals(
        &self,
        permit: Permit<act::ReferralList>,
        filter: ReferralFilter,
        page: PageRequest,
    ) -> Result<Page<ReferralSummary>> {
        self.look(permit, move |tx, permit| Ok(referrals::list(tx, permit, &filter, &page)?)).await
    }

    /// A referral in scope.
    pub async fn read_referral(&self, permit: Permit<act::ReferralRead>, id: ReferralId) -> Result<Referral> {
        self.look(permit, move |tx, permit| shown(tx, permit, id)).await
    }

    /// Changes what was told, until it is decided.
    pub async fn update_referral(
        &self,
        permit: Permit<act::ReferralUpdate>,
        id: ReferralId,
        version: i32,
        merge: Merge<ReferralUpdate>,
    ) -> Result<Referral> {
        let now = self.clock.now();
        self.change(permit, move |tx, permit| {
            let current = referrals::find(tx, permit, id)?;
            expect_version(current.version, version)?;
            let before = current.conflicted_staff_ids.clone();
            let writable = ReferralUpdate { content: current.content.clone(), conflicted_staff_ids: before.clone() };
            let ReferralUpdate { mut content, conflicted_staff_ids: mut away } = merge(&writable).map_err(Error::Invalid)?;
            if before.iter().any(|member| !away.contains(member)) && !permit.caller().is(Role::ServiceManager) {
                // That somebody may look again opens it to them.
                return Err(Error::Forbidden);
            }
            settle(tx, permit, &mut content, now)?;
            settle_away(tx, permit, &mut away, &before, content.risk_stated)?;
            if current.content.risk_stated && !content.risk_stated {
                // Whoever looked at it says what came of it by deciding.
                return Err(Error::rule("#/riskStated", "contradicting_fields", "A risk that was stated is not taken back."));
            }
            require_undecided(&current)?;
            if content.risk_stated && !current.content.risk_stated {
                tell_of_risk(tx, permit, id, now)?;
            }
            referrals::update(tx, permit, id, version, content)?;
            let shown = shown(tx, permit, id)?;
            referrals::keep_away(tx, permit, id, &away)?;
            Ok(Referral { conflicted_staff_ids: referrals::kept_away(tx, permit, id)?, ..shown })
        })
        .await
    }

    /// Decides about a referral. Accepted, it belongs to a case from then on, and is seen by those who see that case.
    pub async fn decide_referral(
        &self,
        permit: Permit<act::ReferralDecide>,
        id: ReferralId,
        version: i32,
        what: NewReferralDecision,
        request: Option<Idempotency>,
    ) -> Result<Created<Referral>> {
        let (now, app) = (self.clock.now(), self.clone());
        let decide = move |tx: &mut Tx<'_>, permit: &Permit<act::ReferralDecide>| {
            let current = referrals::find(tx, permit, id)?;
            expect_version(current.version, version)?;
            let NewReferralDecision { decision, case_id, new_case, new_people, reason } = what;
            require_reason(decision, reason.as_ref())?;
            let joined = match case_id {
                Some(case) => Some((case, existing(tx, permit, case)?)),
                None => None,
            };
            let case_id = match (case_id, new_case) {
                (Some(case), _) => Some(case),
                (None, Some(mut case)) => {
                    record_people(tx, permit.caller(), new_people, &mut case, now)?;
                    let away: BTreeSet<StaffId> = current.conflicted_staff_ids.iter().copied().collect();
                    let opened = app.open(tx, &leave(permit.caller())?, case, &away, now);
                    Some(opened.map_err(|error| error.within("#/newCase"))?)
                }
                (None, None) => None,
            };
            require_undecided(&current)?;
            if let Some((case, status)) = joined {
                sides::require_one_side(tx, permit, &[case].into())?;
                require_open(tx, permit, case, status)?;
                carry_away(tx, permit, &current, case, now)?;
            }
            let status = match decision {
                ReferralDecision::Accept => ReferralStatus::Accepted,
                ReferralDecision::Decline => ReferralStatus::Declined,
                ReferralDecision::Signpost => ReferralStatus::Signposted,
            };
            referrals::decide(tx, permit, id, version, Outcome { status, case_id, reason }, now)?;
            if let Some(case) = case_id {
                tasks::follow(tx, permit, id.0, case)?;
            }
            Ok(id)
        };
        self.once(permit, request, decide, decided).await
    }
}
