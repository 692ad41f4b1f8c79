//! The clock of a request (C9): what moves it, and what stands on the work list because of it.

use chrono::{Days, NaiveDate};

use super::{offered, require, require_unconflicted, shown, wrong_state};
use crate::app::{App, Result, expect_version, faultless};
use crate::authz::{Act, Action, Permit, act};
use crate::db::subject_access::{self, Listed, Right, Step, home};
use crate::db::tasks::{self, NewTask};
use crate::db::{self, Tx};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::SarId;
use crate::domain::subject_access::{NewSarClockEvent, SarClock, SubjectAccessRequest, SubjectAccessRequestSummary};
use crate::domain::text::blank;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ClockEventKind, SarStatus, TaskKind};
use crate::policy::subject_access::{Clock, ClockEvent, Running};

fn event(happened: &NewSarClockEvent) -> ClockEvent {
    ClockEvent { kind: happened.kind, on: happened.happened_on }
}

fn told(clock: Clock) -> SarClock {
    let Clock { start_on, target_on, alert_on, notice_by_on, due_on, .. } = clock;
    SarClock { start_on, due_on, target_on, alert_on, notice_by_on }
}

/// What moved the clock of a request.
fn events(request: &SubjectAccessRequest) -> Vec<ClockEvent> {
    request.clock_events.iter().map(|happened| event(&happened.content)).collect()
}

/// The request with its clock.
pub(super) fn timed(request: SubjectAccessRequest) -> SubjectAccessRequest {
    SubjectAccessRequest { clock: told(Clock::of(request.content.received_on, &events(&request))), ..request }
}

/// A row of the register with its clock.
pub(super) fn listed((summary, happened): Listed) -> SubjectAccessRequestSummary {
    let events: Vec<ClockEvent> = happened.iter().map(event).collect();
    SubjectAccessRequestSummary { clock: told(Clock::of(summary.received_on, &events)), ..summary }
}

const REMINDERS: [TaskKind; 4] = [TaskKind::SarTarget, TaskKind::SarAlert, TaskKind::SarNotice, TaskKind::SarChase];

/// Nothing is to be done about a request any more.
pub(super) fn settle(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: SarId, now: Timestamp) -> db::Result<()> {
    REMINDERS.into_iter().try_for_each(|kind| tasks::settle(tx, permit, kind, id.0, now))
}

/// Puts on the work list of the managers what the clock says: the day by which it is meant to be answered; once that has come, the day on which it is
/// urgent; and, a week before, the last day to tell that it takes longer. Of what stands still, the day by which to ask again for what it waits for. It
/// stands in one case of the request.
pub(super) fn remind(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    (id, right): (SarId, Right),
    received_on: NaiveDate,
    events: &[ClockEvent],
    now: Timestamp,
) -> db::Result<()> {
    let case = home(tx, permit, right)?;
    let clock = Clock::of(received_on, events);
    let extended = events.iter().any(|event| event.kind == ClockEventKind::Extended);
    let week_before = clock.notice_by_on.and_then(|by| by.checked_sub_days(Days::new(7)));
    let due = match clock.running {
        Running::Yes => [
            (clock.target_on, None),
            (clock.alert_on, clock.target_on),
            (clock.notice_by_on.filter(|_| !extended), week_before),
            (None, None),
        ],
        Running::NotStarted | Running::Paused => [(None, None), (None, None), (None, None), (clock.chase_on, None)],
    };
    for (kind, (due_on, from_on)) in REMINDERS.into_iter().zip(due) {
        match due_on {
            Some(due_on) => tasks::reschedule(tx, permit, NewTask { from_on, ..NewTask::new(kind, case, id.0, due_on) }, now)?,
            None => tasks::settle(tx, permit, kind, id.0, now)?,
        }
    }
    Ok(())
}

/// What is wrong with an event by itself.
fn faults(next: &NewSarClockEvent, received_on: NaiveDate, events: &[ClockEvent], today: NaiveDate) -> Vec<Fault> {
    let (on, at) = (next.happened_on, "#/happenedOn");
    let last = events.iter().map(|event| event.on).fold(received_on, NaiveDate::max);
    let extends = next.kind == ClockEventKind::Extended;
    let notice_by = Clock::of(received_on, events).notice_by_on;
    let mut faults = Vec::new();
    if on > today {
        faults.push(Fault::new(at, "decided_in_future", "Must not be later than today."));
    }
    if on < last {
        faults.push(Fault::new(
            at,
            "contradicting_fields",
            "Must not be before the request arrived, nor before what is on record already.",
        ));
    } else if extends && notice_by.is_some_and(|by| on > by) {
        faults.push(Fault::new(
            at,
            "notice_too_late",
            "The requester is told that it takes longer within the first month, or it does not.",
        ));
    }
    if extends && blank(next.reason.as_ref()) {
        faults.push(Fault::new("#/reason", "decision_reason_missing", "Needs why it takes longer."));
    }
    faults
}

impl App {
    /// Records what moves the clock. Proof of identity or authority is asked for at once or not at all.
    pub async fn record_sar_clock_event(
        &self,
        permit: Permit<act::SarClockEvent>,
        id: SarId,
        version: i32,
        next: NewSarClockEvent,
        request: Option<Idempotency>,
    ) -> Result<Created<SubjectAccessRequest>> {
        let now = self.clock.now();
        let record = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let current = subject_access::find(tx, permit, id)?;
            expect_version(current.version, version)?;
            let (received_on, mut events) = (current.content.received_on, events(&current));
            faultless(faults(&next, received_on, &events, now.day()))?;
            require(tx, permit, &current, Action::SarClockEvent, now)?;
            let at_once = matches!(next.kind, ClockEventKind::IdentityAsked | ClockEventKind::AuthorityAsked);
            let late = at_once && !matches!(current.status, SarStatus::Received | SarStatus::AwaitingIdentity);
            if late || !Clock::allows(received_on, &events, event(&next)) {
                return Err(wrong_state(offered(tx, permit, &current, now)?, None));
            }
            require_unconflicted(tx, permit, &current)?;
            events.push(event(&next));
            let status = match Clock::of(received_on, &events).running {
                Running::Yes => SarStatus::Running,
                Running::NotStarted => SarStatus::AwaitingIdentity,
                Running::Paused => SarStatus::Paused,
            };
            subject_access::take(tx, permit, id, version, status, Step::Event(next), now)?;
            remind(tx, permit, (id, Right::from(&current.content)), received_on, &events, now)?;
            Ok(id)
        };
        self.once(permit, request, record, move |tx, permit, id| shown(tx, permit, id, now)).await
    }
}
