//! Requests for information, both ways (C12). To ask somebody outside tells that the family is known, so it leaves by the one exit; what
//! somebody outside asks is put on record, and tells nobody anything.

use chrono::NaiveDate;

use super::consents::last_day;
use super::disclosures::{Stop, recipient_fault};
use super::sides::{self, Offer};
use super::{App, Error, Result, expect_version, faultless, leave};
use crate::authz::{Act, Action, Caller, Permit, act};
use crate::db::counted::Counted;
use crate::db::information_requests::{self, Asked, Ending};
use crate::db::tasks::NewTask;
use crate::db::{self, Tx, disclosures, participants, tasks};
use crate::domain::disclosure::{Ask, AskRecipient, DisclosureRecipient, RefusalRule};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, DisclosureId, InformationRequestId};
use crate::domain::information_request::{
    InformationRequest, InformationRequestFilter, InformationRequestSummary, NewInformationCancellation, NewInformationRequest,
    NewInformationResponse,
};
use crate::domain::page::{Page, PageRequest};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{AskedBy, Direction, InformationRequestStatus, TaskKind};
use crate::policy::deadlines;

/// Working days within which whoever asked is answered, if they named no day.
const ANSWER_DAYS: u32 = 5;

/// What may be done with a request that stands so.
fn actions(status: InformationRequestStatus) -> &'static [Action] {
    match status {
        InformationRequestStatus::Asked => &[Action::InformationRequestRespond, Action::InformationRequestCancel],
        InformationRequestStatus::Received => &[Action::InformationRequestRespond],
        _ => &[],
    }
}

fn shown(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: InformationRequestId, today: NaiveDate) -> Result<InformationRequest> {
    let request = information_requests::find(tx, permit, id, today)?;
    let allowed_actions = Offer::of(tx, permit, request.case_id)?.among(permit.caller(), actions(request.status));
    Ok(InformationRequest { allowed_actions, ..request })
}

/// The request allows this as it stands.
fn require(caller: &Caller, request: &InformationRequest, action: Action) -> Result<()> {
    let possible = actions(request.status);
    if possible.contains(&action) {
        return Ok(());
    }
    Err(Error::State { rule: None, allowed: super::possible(caller, possible) })
}

/// All that somebody outside is said to have asked is on record.
fn check(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId, content: &NewInformationRequest) -> Result<()> {
    let mut faults = content.faults_from_outside();
    let people = participants::people(tx, permit, case_id)?;
    match content.recipient.clone().named() {
        None | Some(AskRecipient::Unregistered { .. }) => faults.push(Fault::contradicting("#/recipient")),
        Some(named) => faults.extend(recipient_fault(tx, permit, &named, &people, false)?),
    }
    let strangers = content.subject_ids.iter().enumerate().filter(|(_, person)| !people.contains(person));
    faults.extend(strangers.map(|(i, _)| Fault::not_participant(format!("#/subjectIds/{i}"))));
    faultless(faults)
}

/// Whether what was sent to this recipient answers somebody who asked: the same body and, if the asker named one, team; or the same participant,
/// under whichever id they were named.
fn answers(sent: &DisclosureRecipient, asker: &DisclosureRecipient, counted: &Counted) -> bool {
    let one = |named: &DisclosureRecipient| named.person_id.map(|person| counted.one(person));
    sent.recipient_id == asker.recipient_id && one(sent) == one(asker) && (asker.team_id.is_none() || sent.team_id == asker.team_id)
}

/// The disclosure that a response names is the one by which it was given.
fn check_response(
    tx: &mut Tx<'_>,
    permit: &Permit<act::InformationRequestRespond>,
    request: &InformationRequest,
    response: &NewInformationResponse,
) -> Result<()> {
    let side = request.content.asked_by;
    if !response.outcome.answers(side) {
        return Err(Error::Rule(vec![Fault::contradicting("#/outcome")]));
    }
    let needs = side == AskedBy::Outside && response.outcome.gives();
    match (needs, response.disclosure_id) {
        (true, named) => require_answer(tx, permit, request, named),
        (false, Some(_)) => Err(Error::Rule(vec![Fault::contradicting("#/disclosureId")])),
        (false, None) => Ok(()),
    }
}

fn require_answer(
    tx: &mut Tx<'_>,
    permit: &Permit<act::InformationRequestRespond>,
    request: &InformationRequest,
    named: Option<DisclosureId>,
) -> Result<()> {
    let sent = match named {
        Some(id) => disclosures::of_case(tx, permit, request.case_id, id)?,
        None => None,
    };
    if let Some(sent) = sent.filter(|sent| sent.direction == Direction::Outbound) {
        let people = [&sent.recipient, &request.content.recipient].map(|named| named.person_id);
        let counted = Counted::among(tx, people.into_iter().flatten())?;
        // Not before the day on which it was recorded that they asked: what was asked on the phone may be answered there and then.
        let since = Timestamp::start_of(request.created_at.day());
        let lets_go = |id| disclosures::allows_contact(tx, permit, request.case_id, id, &request.content.subject_ids, since..);
        if answers(&sent.recipient, &request.content.recipient, &counted) && named.map(lets_go).transpose()? == Some(true) {
            return Ok(());
        }
    }
    let rule = RefusalRule::DisclosureRequired;
    Err(Error::rule(
        "#/disclosureId",
        rule.as_str(),
        "Needs the disclosure of this case by which whoever asked was answered: sent since then, about the people they asked about.",
    ))
}

impl App {
    /// Asks somebody outside, if the disclosure policy grants it: the decision, the disclosure with its log entry and the request are one
    /// transaction, and a refusal is committed and logged. Or records what somebody outside asked.
    pub async fn request_information(
        &self,
        permit: Permit<act::InformationRequestRecord>,
        case_id: CaseId,
        request: Idempotency,
        content: NewInformationRequest,
    ) -> Result<Created<InformationRequest>> {
        let (now, app) = (self.clock.now(), self.clone());
        let record = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let asked = match content.asked_by {
                AskedBy::Service => Some(app.ask_outside(tx, permit, case_id, &content, now)?),
                AskedBy::Outside => {
                    db::cases::require(tx, permit, case_id)?;
                    check(tx, permit, case_id, &content)?;
                    None
                }
            };
            let id = information_requests::insert(tx, permit, case_id, &content, asked, now)?;
            let soon = (content.asked_by == AskedBy::Outside).then(|| deadlines::working_days_after(now.day(), ANSWER_DAYS));
            if let Some(due_on) = content.due_on.or(soon) {
                let due = NewTask::new(TaskKind::InformationRequestDue, case_id, id.0, due_on);
                tasks::create(tx, permit, NewTask { until_on: asked.and_then(|(_, until)| until), ..due }, now)?;
            }
            Ok(id)
        };
        let show = move |tx: &mut Tx<'_>, permit: &Permit<_>, id| shown(tx, permit, id, now.day());
        Ok(self.once_unless_refused(permit, Some(request), record, show).await?.0)
    }

    /// To ask is to tell that the family is known: a disclosure like any other. What is not answered by the last day of the permission is called off.
    fn ask_outside(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::InformationRequestRecord>,
        case_id: CaseId,
        content: &NewInformationRequest,
        now: Timestamp,
    ) -> Result<Asked, Stop> {
        let ask = Ask::try_from(content.ask().map_err(Error::Rule)?).map_err(Error::failing)?;
        let id = self.disclose(tx, &leave(permit.caller())?, case_id, ask, now)?;
        let relied = disclosures::find(tx, permit, id)?.decided.consents;
        Ok((id, last_day(tx, permit, &relied, now)?))
    }

    /// Requests of the cases in scope.
    pub async fn list_information_requests(
        &self,
        permit: Permit<act::InformationRequestList>,
        filter: InformationRequestFilter,
        page: PageRequest,
    ) -> Result<Page<InformationRequestSummary>> {
        let today = self.clock.now().day();
        self.look(permit, move |tx, permit| Ok(information_requests::list(tx, permit, &filter, &page, today)?)).await
    }

    /// A request of a case in scope.
    pub async fn read_information_request(
        &self,
        permit: Permit<act::InformationRequestRead>,
        id: InformationRequestId,
    ) -> Result<InformationRequest> {
        let today = self.clock.now().day();
        self.look(permit, move |tx, permit| shown(tx, permit, id, today)).await
    }

    /// Records what came of a request. An answer that the service gave names its disclosure.
    pub async fn respond_to_information_request(
        &self,
        permit: Permit<act::InformationRequestRespond>,
        id: InformationRequestId,
        version: i32,
        response: NewInformationResponse,
        request: Option<Idempotency>,
    ) -> Result<Created<InformationRequest>> {
        let now = self.clock.now();
        let respond = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let current = information_requests::find(tx, permit, id, now.day())?;
            expect_version(current.version, version)?;
            check_response(tx, permit, &current, &response)?;
            sides::require_one_side(tx, permit, &[current.case_id].into())?;
            require(permit.caller(), &current, Action::InformationRequestRespond)?;
            let ending = Ending {
                status: response.outcome.into(),
                disclosure_id: response.disclosure_id,
                response: response.response,
                reason: None,
                permission_ended: false,
            };
            information_requests::conclude(tx, permit, id, version, ending, now)?;
            Ok(id)
        };
        self.once(permit, request, respond, move |tx, permit, id| shown(tx, permit, id, now.day())).await
    }

    /// Calls off what the service asked.
    pub async fn cancel_information_request(
        &self,
        permit: Permit<act::InformationRequestCancel>,
        id: InformationRequestId,
        version: i32,
        why: NewInformationCancellation,
        request: Option<Idempotency>,
    ) -> Result<Created<InformationRequest>> {
        let now = self.clock.now();
        let cancel = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let current = information_requests::find(tx, permit, id, now.day())?;
            expect_version(current.version, version)?;
            sides::require_one_side(tx, permit, &[current.case_id].into())?;
            require(permit.caller(), &current, Action::InformationRequestCancel)?;
            information_requests::conclude(tx, permit, id, version, Ending::cancelled(why.reason, false), now)?;
            Ok(id)
        };
        self.once(permit, request, cancel, move |tx, permit, id| shown(tx, permit, id, now.day())).await
    }
}
