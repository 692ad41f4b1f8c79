//! Requests for legal proceedings (C15): recorded by whoever takes them, considered and decided by the service manager, who may not decide where
//! they serve another side of the family. What may follow, the extract, is in `extract`, and as a file to send in
//! `bundle`; what blocks it, in `drafts`.

use chrono::NaiveDate;

use super::consents::last_day;
use super::disclosures::{Request, Stop, recipient_fault};
use super::sides::{self, Offer};
use super::{App, Error, Result, expect_version, faultless, leave, possible};
use crate::authz::{Act, Action, Caller, Permit, act};
use crate::db::legal_requests::{self, Step};
use crate::db::tasks::NewTask;
use crate::db::{Tx, cases, legal_extracts, tasks};
use crate::domain::disclosure::{Ask, AskRecipient, AskedBasis, DisclosureRecipient, NewDisclosureCheck, RefusalRule};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, LegalRequestId};
use crate::domain::legal_request::{
    LegalRequest, LegalRequestFilter, LegalRequestSummary, NewLegalClosure, NewLegalDecision, NewLegalRequest,
};
use crate::domain::page::{Page, PageRequest};
use crate::domain::text::blank;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Direction, DisclosureStatus, LegalDecision, LegalRequestStatus, Purpose, TaskKind};
use crate::policy::deadlines;

mod bundle;
mod drafts;
mod extract;

pub use bundle::BundleToMake;
pub(super) use bundle::Making;
pub(super) use drafts::{block_resting_on, reconsider};

/// What may be done with a request that stands so.
fn actions(status: LegalRequestStatus) -> &'static [Action] {
    match status {
        LegalRequestStatus::Received | LegalRequestStatus::Considering | LegalRequestStatus::PermissionSought => {
            &[Action::LegalRequestDecide]
        }
        LegalRequestStatus::Granted => &[Action::LegalRequestDecide, Action::LegalRequestExtract],
        LegalRequestStatus::Extracted => {
            &[Action::LegalRequestDecide, Action::LegalRequestExtract, Action::LegalRequestBundle, Action::LegalRequestDispatch]
        }
        LegalRequestStatus::Blocked => &[Action::LegalRequestDecide, Action::LegalRequestClose],
        LegalRequestStatus::SentAndCopied => &[Action::LegalRequestBundle, Action::LegalRequestClose],
        LegalRequestStatus::Refused => &[Action::LegalRequestClose],
        LegalRequestStatus::Closed => &[],
    }
}

fn shown(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: LegalRequestId, today: NaiveDate) -> Result<LegalRequest> {
    let request = legal_requests::find(tx, permit, id, today)?;
    let allowed_actions = Offer::of(tx, permit, request.content.case_id)?.among(permit.caller(), actions(request.status));
    Ok(LegalRequest { allowed_actions, ..request })
}

/// What was recorded, and to whoever may not read it nothing of what became of it since.
fn logged(tx: &mut Tx<'_>, permit: &Permit<act::LegalRequestLog>, id: LegalRequestId, today: NaiveDate) -> Result<LegalRequest> {
    let request = shown(tx, permit, id, today)?;
    if permit.caller().may(Action::LegalRequestRead) {
        return Ok(request);
    }
    Ok(LegalRequest {
        version: 1,
        status: LegalRequestStatus::Received,
        answer_by_on: None,
        permitted_until: None,
        decisions: Vec::new(),
        extracts: Vec::new(),
        disclosure_ids: Vec::new(),
        closing_reason: None,
        ..request
    })
}

/// What the caller may do with a request that stands so, if they may decide about it: whoever may not is told that, before anything else.
fn allowed_now(caller: &Caller, status: LegalRequestStatus) -> Vec<Action> {
    possible(caller, actions(status))
}

/// The request stands so that this cannot be done.
fn wrong_state(tx: &mut Tx<'_>, permit: &Permit<impl Act>, of: (CaseId, LegalRequestStatus), rule: Option<RefusalRule>) -> Error {
    let rule = rule.map(|rule| Fault::new("#", rule.as_str(), rule.detail()));
    sides::wrong_state(tx, permit, of.0, actions(of.1), rule)
}

/// Whether the caller works for another side of the family, and so decides nothing here (C15). Whoever is kept away from the case does not find it.
fn is_conflicted(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId) -> Result<bool> {
    Ok(sides::serves_another(tx, permit, &[case].into())?)
}

/// What a decision needs besides.
fn faults(decided: &NewLegalDecision, request: &LegalRequest, today: NaiveDate) -> Vec<Fault> {
    let NewLegalDecision { decision, reason, answer_by_on, channel, subject_ids, information_categories, note_ids } = decided;
    let (grants, seeks) = (*decision == LegalDecision::Grant, *decision == LegalDecision::SeekPermission);
    let mut faults = Vec::new();
    if (grants || *decision == LegalDecision::Refuse) && blank(reason.as_ref()) {
        faults.push(Fault::new("#/reason", "decision_reason_missing", "Needs why it is granted or refused."));
    }
    let answer_by = answer_by_on.or(request.content.deadline_on);
    if seeks && answer_by.is_none_or(|last| last < today) {
        faults.push(Fault::new(
            "#/answerByOn",
            "answer_by_missing",
            "Needs a last day for the answer that is not past: silence is a refusal.",
        ));
    }
    if grants && channel.is_none() {
        faults.push(Fault::new("#/channel", "channel_missing", "Needs by which way the extract is to go."));
    }
    let with_grant = [
        ("#/channel", channel.is_some()),
        ("#/subjectIds", !subject_ids.is_empty()),
        ("#/informationCategories", !information_categories.is_empty()),
        ("#/noteIds", !note_ids.is_empty()),
    ];
    let astray = with_grant.into_iter().filter(|(_, there)| *there && !grants).chain([("#/answerByOn", answer_by_on.is_some() && !seeks)]);
    faults.extend(astray.filter(|(_, there)| *there).map(|(pointer, _)| Fault::contradicting(pointer)));
    faults
}

/// The officer who asked, to whom alone the extract may go.
fn officer(content: &NewLegalRequest) -> DisclosureRecipient {
    DisclosureRecipient {
        recipient_id: Some(content.recipient.recipient_id),
        team_id: content.recipient.team_id,
        person_name: Some(content.officer_name.clone()),
        person_role: content.officer_role.clone(),
        ..DisclosureRecipient::default()
    }
}

/// What a grant of this decision would let out.
fn asked(decided: &NewLegalDecision, request: &LegalRequest) -> Result<Ask> {
    let body = NewDisclosureCheck {
        basis: AskedBasis::Permission,
        purpose: Some(Purpose::LegalRequest),
        direction: Direction::Outbound,
        channel: decided.channel.ok_or_else(|| Error::Rule(vec![Fault::contradicting("#/channel")]))?,
        recipient: officer(&request.content),
        subject_ids: decided.subject_ids.clone(),
        note_ids: decided.note_ids.clone(),
        information_categories: decided.information_categories.clone(),
        summary: None,
        told_subject: None,
        told_reason: None,
        copies: Vec::new(),
        cohort: None,
        safeguarding: None,
    };
    Ask::for_proceedings(body).map_err(Error::failing)
}

/// Where a request comes to by a decision; nowhere, if it does not follow from where it stands.
fn next(from: LegalRequestStatus, decision: LegalDecision) -> Option<LegalRequestStatus> {
    use LegalRequestStatus::{Blocked, Considering, Extracted, Granted, PermissionSought, Received, Refused};
    match (decision, from) {
        (LegalDecision::Consider, Received | Blocked) => Some(Considering),
        (LegalDecision::SeekPermission, Considering) => Some(PermissionSought),
        (LegalDecision::Grant, PermissionSought) => Some(Granted),
        (LegalDecision::Refuse, Considering | PermissionSought | Granted | Extracted) => Some(Refused),
        _ => None,
    }
}

/// Ends what is drafted for a request, if anything is.
fn give_up(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: LegalRequestId, as_what: DisclosureStatus) -> Result<()> {
    if let Some(draft) = legal_extracts::open_of(tx, permit, id)? {
        legal_extracts::end(tx, permit, draft.id, as_what)?;
    }
    Ok(())
}

impl App {
    /// Records what an officer asks for. It tells nobody anything, and decides nothing: a claim that a court ordered it changes nothing either.
    pub async fn log_legal_request(
        &self,
        permit: Permit<act::LegalRequestLog>,
        content: NewLegalRequest,
        request: Option<Idempotency>,
    ) -> Result<Created<LegalRequest>> {
        let now = self.clock.now();
        let log = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let case_id = content.case_id;
            cases::require(tx, permit, case_id).map_err(Error::of_named_case)?;
            let named = AskRecipient::Body {
                recipient_id: content.recipient.recipient_id,
                team_id: content.recipient.team_id,
                person_name: None,
                person_role: None,
            };
            let mut faults: Vec<Fault> = recipient_fault(tx, permit, &named, &[], false)?.into_iter().collect();
            if content.received_on > now.day() {
                faults.push(Fault::new("#/receivedOn", "decided_in_future", "Must not be later than today."));
            }
            if content.officer_name.is_blank() {
                faults.push(Fault::new("#/officerName", "officer_missing", "Needs the officer, by name."));
            }
            faultless(faults)?;
            let soon = deadlines::next_working_day(now.day());
            let due_on = content.deadline_on.map_or(soon, |day| day.min(soon).max(now.day()));
            let id = legal_requests::insert(tx, permit, content, now)?;
            tasks::create(tx, permit, NewTask::new(TaskKind::LegalRequest, case_id, id.0, due_on), now)?;
            Ok(id)
        };
        self.once(permit, request, log, move |tx, permit, id| logged(tx, permit, id, now.day())).await
    }

    /// Requests about the cases in scope.
    pub async fn list_legal_requests(
        &self,
        permit: Permit<act::LegalRequestList>,
        filter: LegalRequestFilter,
        page: PageRequest,
    ) -> Result<Page<LegalRequestSummary>> {
        let today = self.clock.now().day();
        self.look(permit, move |tx, permit| Ok(legal_requests::list(tx, permit, &filter, &page, today)?)).await
    }

    /// A request about a case in scope.
    pub async fn read_legal_request(&self, permit: Permit<act::LegalRequestRead>, id: LegalRequestId) -> Result<LegalRequest> {
        let today = self.clock.now().day();
        self.look(permit, move |tx, permit| shown(tx, permit, id, today)).await
    }

    /// Considers a request, has permission sought, grants or refuses it. To grant is decided by the disclosure policy, like any sending: there must
    /// be a permission in force. What is granted is drafted, and a refusal of the policy is committed and logged.
    pub async fn decide_legal_request(
        &self,
        permit: Permit<act::LegalRequestDecide>,
        id: LegalRequestId,
        version: i32,
        decided: NewLegalDecision,
        request: Option<Idempotency>,
    ) -> Result<Created<LegalRequest>> {
        let (now, app) = (self.clock.now(), self.clone());
        let decide = move |tx: &mut Tx<'_>, permit: &Permit<_>| app.decide_legal(tx, permit, id, version, decided, now);
        let show = move |tx: &mut Tx<'_>, permit: &Permit<_>, id| shown(tx, permit, id, now.day());
        Ok(self.once_unless_refused(permit, request, decide, show).await?.0)
    }

    fn decide_legal(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::LegalRequestDecide>,
        id: LegalRequestId,
        version: i32,
        decided: NewLegalDecision,
        now: Timestamp,
    ) -> Result<LegalRequestId, Stop> {
        let current = legal_requests::find(tx, permit, id, now.day())?;
        expect_version(current.version, version)?;
        faultless(faults(&decided, &current, now.day()))?;
        let case_id = current.content.case_id;
        let Some(status) = next(current.status, decided.decision) else {
            return Err(wrong_state(tx, permit, (case_id, current.status), None).into());
        };
        let conflicted = is_conflicted(tx, permit, case_id)?;
        // Who would let something out is refused by the policy, and that is logged.
        if conflicted && status != LegalRequestStatus::Granted {
            return Err(Error::conflicted("#").into());
        }
        let answer_by = (status == LegalRequestStatus::PermissionSought).then(|| decided.answer_by_on.or(current.content.deadline_on));
        let mut permitted_until = None;
        match status {
            LegalRequestStatus::Granted => {
                let exit = leave(permit.caller())?;
                let wanted = Request::find(tx, &exit, case_id, asked(&decided, &current)?)?.asked_by(conflicted);
                let judged = self.judge(tx, &exit, &wanted, None, now);
                let (grant, counted) = judged.map_err(|stop| stop.allowing(allowed_now(permit.caller(), current.status)))?;
                permitted_until = last_day(tx, permit, grant.consents(), now)?;
                let resting = wanted.resting(&grant, &counted);
                legal_extracts::draft(tx, permit, (id, case_id), wanted.drafted(), (grant, resting), now)?;
            }
            LegalRequestStatus::Refused => give_up(tx, permit, id, DisclosureStatus::Cancelled)?,
            // What ended with the last day of its permission is blocked for good.
            LegalRequestStatus::Considering => give_up(tx, permit, id, DisclosureStatus::Blocked)?,
            _ => {}
        }
        let answer_by = answer_by.flatten();
        let step = Step { decision: Some((decided.decision, decided.reason)), answer_by, permitted_until, ..Step::to(status) };
        legal_requests::take(tx, permit, id, version, step, now)?;
        if matches!(status, LegalRequestStatus::Granted | LegalRequestStatus::Refused) {
            tasks::settle(tx, permit, TaskKind::SeekPermission, id.0, now)?;
        }
        if status == LegalRequestStatus::Refused {
            tasks::settle(tx, permit, TaskKind::LegalRequest, id.0, now)?;
        }
        if let Some(due_on) = answer_by {
            // After that day silence is a refusal, and nobody is asked any more.
            let ask = NewTask { until_on: Some(due_on), ..NewTask::new(TaskKind::SeekPermission, case_id, id.0, due_on) };
            tasks::create(tx, permit, ask, now)?;
        }
        Ok(id)
    }

    /// Closes a request about which nothing more is done.
    pub async fn close_legal_request(
        &self,
        permit: Permit<act::LegalRequestClose>,
        id: LegalRequestId,
        version: i32,
        how: NewLegalClosure,
        request: Option<Idempotency>,
    ) -> Result<Created<LegalRequest>> {
        let now = self.clock.now();
        let close = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let current = legal_requests::find(tx, permit, id, now.day())?;
            expect_version(current.version, version)?;
            let case_id = current.content.case_id;
            if !actions(current.status).contains(&Action::LegalRequestClose) {
                return Err(wrong_state(tx, permit, (case_id, current.status), None));
            }
            if is_conflicted(tx, permit, case_id)? {
                return Err(Error::conflicted("#"));
            }
            give_up(tx, permit, id, DisclosureStatus::Blocked)?;
            let step = Step { closing_reason: how.reason, ..Step::to(LegalRequestStatus::Closed) };
            legal_requests::take(tx, permit, id, version, step, now)?;
            for kind in [TaskKind::LegalRequest, TaskKind::SeekPermission] {
                tasks::settle(tx, permit, kind, id.0, now)?;
            }
            Ok(id)
        };
        self.once(permit, request, close, move |tx, permit, id| shown(tx, permit, id, now.day())).await
    }
}
