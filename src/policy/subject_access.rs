//! The clock of a subject access request, and who may ask for what is held about whom (C9; UK GDPR Articles 12A and 15).
//!
//! Computed from recorded events only; the last day is counted to its end. Only what is told last, the day due, is rolled to a working day.

use chrono::{Days, NaiveDate};

use super::authority::{Standing, authority_in, covers, standing};
use super::deadlines::{working_day_from, working_days_after};
use crate::domain::disclosure::{FamilyFacts, PrFact};
use crate::domain::ids::PersonId;
use crate::domain::time::{day_after, day_before, months_after};
use crate::domain::vocabulary::{ClockEventKind, ParentalResponsibility, RequesterCapacity};

/// Something that starts, stops or lengthens the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockEvent {
    /// What it was.
    pub kind: ClockEventKind,
    /// The day of it.
    pub on: NaiveDate,
}

/// Whether the clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    /// It does.
    Yes,
    /// It has not started: proof of who they are, or of their authority, is still out.
    NotStarted,
    /// It stands still until they tell what they want.
    Paused,
}

/// The days of a request, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Whether it runs.
    pub running: Running,
    /// The day from which the month is counted.
    pub start_on: Option<NaiveDate>,
    /// The day by which the service wants to answer.
    pub target_on: Option<NaiveDate>,
    /// The day to warn on: the statute counts the day of receipt, the regulator does not, so it is the earlier of their two last days.
    pub alert_on: Option<NaiveDate>,
    /// The last day on which more time may be taken; not rolled forward.
    pub notice_by_on: Option<NaiveDate>,
    /// The last day to answer.
    pub due_on: Option<NaiveDate>,
    /// The day by which to ask again for what it waits for.
    pub chase_on: Option<NaiveDate>,
}

impl Clock {
    /// The clock of a request that came on this day, by what happened since, in the order of the days.
    #[must_use]
    pub fn of(received_on: NaiveDate, events: &[ClockEvent]) -> Self {
        use ClockEventKind as Kind;
        let identity = answered(events, Kind::IdentityAsked, Kind::IdentityReceived);
        let authority = answered(events, Kind::AuthorityAsked, Kind::AuthorityReceived);
        let (identity, authority) = match (identity, authority) {
            (Ok(identity), Ok(authority)) => (identity, authority),
            (identity, authority) => {
                let chase_on = [identity.err(), authority.err()].into_iter().flatten().min().map(chase_on);
                let (start_on, target_on, alert_on, notice_by_on, due_on) = Default::default();
                return Self { running: Running::NotStarted, start_on, target_on, alert_on, notice_by_on, due_on, chase_on };
            }
        };
        // A full new month from the day the last proof arrives.
        let last = |days: &[(NaiveDate, NaiveDate)]| days.iter().map(|(_, arrived)| *arrived).max();
        let start = [last(&identity), last(&authority)].into_iter().flatten().fold(received_on, NaiveDate::max);
        let asked = answered(events, Kind::ClarificationAsked, Kind::ClarificationReceived);
        let paused = asked.as_deref().ok().map(days_out);
        let later = |months| Some(months_after(start, months).checked_add_days(paused?).unwrap_or(NaiveDate::MAX));
        let raw = later(if events.iter().any(|event| event.kind == Kind::Extended) { 3 } else { 1 });
        Self {
            running: if paused.is_some() { Running::Yes } else { Running::Paused },
            start_on: Some(start),
            target_on: start.checked_add_days(Days::new(28)),
            alert_on: raw.map(day_before),
            notice_by_on: later(1),
            due_on: raw.map(working_day_from),
            chase_on: asked.err().map(chase_on),
        }
    }

    /// Whether this may happen next. Proof is asked for at once or not at all: within the first working days, and not after anything else. What was not
    /// asked for does not arrive, but authority may come late, when it turns out who decides; it restarts nothing. Nothing is asked once the answer is
    /// overdue. More time is taken once, with notice in time.
    #[must_use]
    pub fn allows(received_on: NaiveDate, events: &[ClockEvent], next: ClockEvent) -> bool {
        use ClockEventKind as Kind;
        let clock = Self::of(received_on, events);
        let last = events.iter().map(|event| event.on).fold(received_on, NaiveDate::max);
        let begun = events.iter().any(|event| matches!(event.kind, Kind::ClarificationAsked | Kind::Extended));
        let once = !events.iter().any(|event| event.kind == next.kind);
        next.on >= last
            && match next.kind {
                Kind::IdentityAsked | Kind::AuthorityAsked => once && !begun && next.on <= working_days_after(received_on, AT_ONCE),
                Kind::IdentityReceived => answered(events, Kind::IdentityAsked, Kind::IdentityReceived).is_err(),
                Kind::AuthorityReceived => true,
                Kind::ClarificationAsked => clock.due_on.is_some_and(|due| next.on <= due),
                Kind::ClarificationReceived => clock.running == Running::Paused,
                Kind::Extended => once && clock.notice_by_on.is_some_and(|by| next.on <= by),
            }
    }
}

/// Proof of identity or authority is asked for within so many working days.
const AT_ONCE: u32 = 5;

/// What was asked for and has not come is asked for again after so many days.
const CHASED_AFTER: Days = Days::new(14);

/// The day by which to ask again for what was asked for on this day.
fn chase_on(asked: NaiveDate) -> NaiveDate {
    working_day_from(asked.checked_add_days(CHASED_AFTER).unwrap_or(NaiveDate::MAX))
}

/// The days of what was asked for and arrived, in pairs; while something is still out, the day on which it was asked for. What came without being asked
/// for is not among them.
fn answered(events: &[ClockEvent], asked: ClockEventKind, received: ClockEventKind) -> Result<Vec<(NaiveDate, NaiveDate)>, NaiveDate> {
    let (mut out, mut pairs) = (None, Vec::new());
    for event in events {
        if event.kind == asked {
            out = Some(event.on);
        } else if event.kind == received {
            pairs.extend(out.take().map(|asked| (asked, event.on)));
        }
    }
    out.map_or(Ok(pairs), Err)
}

/// Days on which the clock stood still: the first and the last counted, none if the answer came on the same day.
fn days_out(asked: &[(NaiveDate, NaiveDate)]) -> Days {
    let out = |(asked, told): &(NaiveDate, NaiveDate)| if asked == told { 0 } else { (day_after(*told) - *asked).num_days() };
    Days::new(asked.iter().map(out).filter_map(|days| u64::try_from(days).ok()).sum())
}

/// Who asks for what is held about whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking {
    /// In which capacity they ask.
    pub capacity: RequesterCapacity,
    /// Who asks.
    pub requester: PersonId,
    /// For whom they act: themselves, or, as representative or solicitor, the subject or whoever acts for the subject.
    pub acting_for: PersonId,
    /// About whom.
    pub subject: PersonId,
}

/// On what else than kinship a request rests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Written authority has arrived: of whoever decides for the subject, or of the client of a solicitor or representative.
    pub authority: bool,
    /// The manager has recorded why it is clearly in the best interests of the child.
    pub best_interests: bool,
    /// The subject has said no to whoever asks, or wished that what would go stays in confidence.
    pub said_no: bool,
}

/// Whether somebody may ask for what is held about the subject on this day.
///
/// Competence is that of the decision to ask: the facts hold the records of kind `subject_access`. A child who may decide, a young person and an adult
/// ask for themselves. A parent with parental responsibility asks for a child; where the child can decide, by the authority of the child or clearly in
/// the best interests of the child; so, too, where the child has said no, and nobody has assessed whether the child decides that (R6). Somebody grown
/// who cannot decide is represented as for a permission (R4). A solicitor or representative shows the authority of a client who might ask, and no more
/// than that client might have. The council as corporate parent gains nothing (C1).
#[must_use]
pub fn may_ask(asking: &Asking, shown: Shown, on: NaiveDate, family: &FamilyFacts) -> bool {
    let Asking { capacity, requester, acting_for, subject } = *asking;
    let standing = standing(subject, on, family);
    let decides = matches!(standing, Standing::ChildCanDecide | Standing::Grown);
    let acts = |person| acts_for(person, subject, on, family);
    let asks_for_child = |person, authorised| match standing {
        Standing::ChildCanDecide => authorised || (shown.best_interests && acts_for(person, subject, on, &unassessed(subject, family))),
        Standing::Grown => authorised,
        Standing::ChildUnassessed => acts(person) && (authorised || shown.best_interests || !shown.said_no),
        Standing::ChildCannotDecide | Standing::GrownCannotDecide => acts(person),
    };
    match capacity {
        RequesterCapacity::Subject => requester == subject && decides,
        _ if requester == subject => false,
        RequesterCapacity::Parent => asks_for_child(requester, shown.authority),
        RequesterCapacity::Representative | RequesterCapacity::Solicitor if acting_for == subject => {
            shown.authority && (decides || acts(requester))
        }
        RequesterCapacity::Representative | RequesterCapacity::Solicitor => shown.authority && asks_for_child(acting_for, false),
    }
}

/// Whether this person has authority for the subject by their part in a case of the facts, and no case says that they have not.
fn acts_for(person: PersonId, subject: PersonId, on: NaiveDate, family: &FamilyFacts) -> bool {
    let rows = || family.participants.iter().filter(|row| row.person_id == person);
    // The council as corporate parent has no authority where a council would receive: so not here either.
    let has = |case_id| authority_in(case_id, person, subject, on, true, family).is_some();
    let denied = |entry: &PrFact| {
        use ParentalResponsibility::{Disputed, No, RestrictedByOrder};
        entry.child_id == subject && covers(entry, on) && matches!(entry.value, No | Disputed | RestrictedByOrder)
    };
    rows().any(|row| has(row.case_id)) && !rows().flat_map(|row| &row.pr).any(denied)
}

/// The facts as if nobody had assessed this person.
fn unassessed(person: PersonId, family: &FamilyFacts) -> FamilyFacts {
    let mut family = family.clone();
    family.people.iter_mut().filter(|fact| fact.id == person).for_each(|fact| fact.capacity.clear());
    family
}

#[cfg(test)]
mod tests;
