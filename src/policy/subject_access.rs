//! The clock of a subject access request, and who may ask for what is held about whom (C9; UK GDPR Articles 12A and 15).
//!
//! Computed from recorded events only; the last day is counted to its end. Only what is told last, the day due, is rolled to a working day.

use chrono::{Days, NaiveDate};

use super::authority::{Standing, authority, covers, standing};
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
}

impl Clock {
    /// The clock of a request that came on this day, by what happened since, in the order of the days.
    #[must_use]
    pub fn of(received_on: NaiveDate, events: &[ClockEvent]) -> Self {
        use ClockEventKind as Kind;
        let proof = answered(events, Kind::IdentityAsked, Kind::IdentityReceived)
            .and_then(|identity| Some((identity, answered(events, Kind::AuthorityAsked, Kind::AuthorityReceived)?)));
        let Some((identity, authority)) = proof else {
            let (start_on, target_on, alert_on, notice_by_on, due_on) = Default::default();
            return Self { running: Running::NotStarted, start_on, target_on, alert_on, notice_by_on, due_on };
        };
        // A full new month from the day the last proof arrives.
        let last = |days: &[(NaiveDate, NaiveDate)]| days.iter().map(|(_, arrived)| *arrived).max();
        let start = [last(&identity), last(&authority)].into_iter().flatten().fold(received_on, NaiveDate::max);
        let asked = answered(events, Kind::ClarificationAsked, Kind::ClarificationReceived);
        let paused = asked.as_deref().map(days_out);
        let later = |months| Some(months_after(start, months).checked_add_days(paused?).unwrap_or(NaiveDate::MAX));
        let raw = later(if events.iter().any(|event| event.kind == Kind::Extended) { 3 } else { 1 });
        Self {
            running: if paused.is_some() { Running::Yes } else { Running::Paused },
            start_on: Some(start),
            target_on: start.checked_add_days(Days::new(28)),
            alert_on: raw.map(day_before),
            notice_by_on: later(1),
            due_on: raw.map(working_day_from),
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
                Kind::IdentityReceived => answered(events, Kind::IdentityAsked, Kind::IdentityReceived).is_none(),
                Kind::AuthorityReceived => true,
                Kind::ClarificationAsked => clock.due_on.is_some_and(|due| next.on <= due),
                Kind::ClarificationReceived => clock.running == Running::Paused,
                Kind::Extended => once && clock.notice_by_on.is_some_and(|by| next.on <= by),
            }
    }
}

/// Proof of identity or authority is asked for within so many working days.
const AT_ONCE: u32 = 5;

/// The days of what was asked for and arrived, in pairs; nothing while something is still out. What came without being asked for is not among them.
fn answered(events: &[ClockEvent], asked: ClockEventKind, received: ClockEventKind) -> Option<Vec<(NaiveDate, NaiveDate)>> {
    let (mut out, mut pairs) = (None, Vec::new());
    for event in events {
        if event.kind == asked {
            out = Some(event.on);
        } else if event.kind == received {
            pairs.extend(out.take().map(|asked| (asked, event.on)));
        }
    }
    out.is_none().then_some(pairs)
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
}

/// Whether somebody may ask for what is held about the subject on this day.
///
/// Competence is that of the decision to ask: the facts hold the records of kind `subject_access`. A child who may decide, a young person and an adult
/// ask for themselves. A parent with parental responsibility asks for a child; where the child can decide, by the authority of the child or clearly in
/// the best interests of the child. Somebody grown who cannot decide is represented as for a permission (R4). A solicitor or representative shows the
/// authority of a client who might ask, and no more than that client might have. The council as corporate parent gains nothing (C1).
#[must_use]
pub fn may_ask(asking: &Asking, shown: Shown, on: NaiveDate, family: &FamilyFacts) -> bool {
    let Asking { capacity, requester, acting_for, subject } = *asking;
    let standing = standing(subject, on, family);
    let decides = matches!(standing, Standing::ChildCanDecide | Standing::Grown);
    let acts = |person| acts_for(person, subject, on, family);
    let asks_for_child = |person, authorised| match standing {
        Standing::ChildCanDecide => authorised || (shown.best_interests && acts_for(person, subject, on, &unassessed(subject, family))),
        Standing::Grown => authorised,
        Standing::ChildUnassessed | Standing::ChildCannotDecide | Standing::GrownCannotDecide => acts(person),
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
    let has = |case_id| authority(person, subject, on, true, &FamilyFacts { case_id, ..family.clone() }).is_some();
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
mod tests {
    use super::*;
    use crate::domain::disclosure::{CapacityFact, ParticipantFact, PersonFact};
    use crate::domain::ids::CaseId;
    use crate::domain::time::Timestamp;
    use crate::domain::vocabulary::{CapacityOutcome, ParticipantRole, PersonKind, Relation};
    use ClockEventKind as Kind;
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn events(of: &[(Kind, &str)]) -> Vec<ClockEvent> {
        of.iter().map(|(kind, on)| ClockEvent { kind: *kind, on: day(on) }).collect()
    }

    type Happened<'a> = &'a [(Kind, &'a str)];

    const CLARIFIED: [(Kind, &str); 2] = [(Kind::ClarificationAsked, "2026-06-10"), (Kind::ClarificationReceived, "2026-06-19")];

    #[test]
    fn the_clock_counts_a_month_from_the_last_proof_and_adds_the_days_it_stood_still() {
        let identity = [(Kind::IdentityAsked, "2026-05-06"), (Kind::IdentityReceived, "2026-05-19")];
        let extended = |on| (Kind::Extended, on);
        let both = [CLARIFIED[0], CLARIFIED[1], extended("2026-06-20")];
        let same_day = [(Kind::ClarificationAsked, "2026-06-10"), (Kind::ClarificationReceived, "2026-06-10")];
        let rows: [(&str, Happened<'_>, &str, &str, &str); 13] = [
            ("2026-09-03", &[], "2026-10-03", "2026-10-05", "2026-10-03"),
            ("2026-01-01", &[], "2026-02-01", "2026-02-02", "2026-02-01"),
            ("2024-11-25", &[], "2024-12-25", "2024-12-27", "2024-12-25"),
            ("2026-01-31", &[], "2026-02-28", "2026-03-02", "2026-02-28"),
            ("2028-01-31", &[], "2028-02-29", "2028-02-29", "2028-02-29"),
            ("2026-03-03", &[], "2026-04-03", "2026-04-07", "2026-04-03"),
            ("2026-11-25", &[], "2026-12-25", "2026-12-29", "2026-12-25"),
            ("2026-05-05", &identity, "2026-06-19", "2026-06-19", "2026-06-19"),
            ("2026-06-01", &CLARIFIED, "2026-07-11", "2026-07-13", "2026-07-11"),
            ("2026-06-01", &[extended("2026-06-30")], "2026-09-01", "2026-09-01", "2026-07-01"),
            ("2026-06-01", &both, "2026-09-11", "2026-09-11", "2026-07-11"),
            ("2026-11-30", &[extended("2026-12-01")], "2027-02-28", "2027-03-01", "2026-12-30"),
            ("2026-06-01", &same_day, "2026-07-01", "2026-07-01", "2026-07-01"),
        ];
        for (received, happened, raw, due, notice_by) in rows {
            let clock = Clock::of(day(received), &events(happened));
            let days = (clock.running, clock.due_on, clock.alert_on, clock.notice_by_on);
            let told = (Running::Yes, Some(day(due)), Some(day_before(day(raw))), Some(day(notice_by)));
            assert_eq!(days, told, "received {received}, {happened:?}");
        }
        assert_eq!(Clock::of(day("2026-09-03"), &[]).target_on, Some(day("2026-10-01")));
    }

    #[test]
    fn while_something_is_out_no_day_is_told_that_depends_on_it() {
        let received = day("2026-05-05");
        let out = [(Kind::IdentityAsked, "2026-05-06"), (Kind::AuthorityAsked, "2026-05-06"), (Kind::IdentityReceived, "2026-05-19")];
        let waiting = Clock::of(received, &events(&out));
        assert_eq!((waiting.running, waiting.start_on, waiting.due_on), (Running::NotStarted, None, None));
        let arrived = [&out[..], &[(Kind::AuthorityReceived, "2026-05-22")]].concat();
        assert_eq!(Clock::of(received, &events(&arrived)).start_on, Some(day("2026-05-22")));
        let paused = Clock::of(day("2026-06-01"), &events(&CLARIFIED[..1]));
        let unasked = Clock::of(received, &events(&[(Kind::AuthorityReceived, "2026-05-22")]));
        assert_eq!(unasked, Clock::of(received, &[]));
        let days = (paused.running, paused.start_on, paused.alert_on, paused.notice_by_on, paused.due_on);
        assert_eq!(days, (Running::Paused, Some(day("2026-06-01")), None, None, None));
    }

    #[test]
    fn what_may_happen_next_follows_from_what_happened() {
        let received = "2026-06-01";
        let rows: [(Happened<'_>, Kind, &str, bool); 21] = [
            (&[], Kind::IdentityAsked, "2026-06-08", true),
            (&[], Kind::AuthorityAsked, "2026-06-09", false),
            (&[], Kind::AuthorityReceived, "2026-06-30", true),
            (&[], Kind::ClarificationAsked, "2026-07-01", true),
            (&[], Kind::ClarificationAsked, "2026-07-02", false),
            (&[], Kind::IdentityAsked, "2026-05-31", false),
            (&[], Kind::IdentityReceived, "2026-06-02", false),
            (&[], Kind::ClarificationReceived, "2026-06-02", false),
            (&[], Kind::Extended, "2026-07-01", true),
            (&[], Kind::Extended, "2026-07-02", false),
            (&[(Kind::IdentityAsked, "2026-06-02")], Kind::IdentityAsked, "2026-06-03", false),
            (&[(Kind::IdentityAsked, "2026-06-02")], Kind::AuthorityAsked, "2026-06-02", true),
            (&[(Kind::IdentityAsked, "2026-06-02")], Kind::AuthorityReceived, "2026-06-03", true),
            (&[(Kind::IdentityAsked, "2026-06-02")], Kind::IdentityReceived, "2026-06-01", false),
            (&[(Kind::IdentityAsked, "2026-06-02")], Kind::ClarificationAsked, "2026-06-03", false),
            (&CLARIFIED[..1], Kind::ClarificationReceived, "2026-06-10", true),
            (&CLARIFIED[..1], Kind::Extended, "2026-06-20", false),
            (&CLARIFIED, Kind::Extended, "2026-07-11", true),
            (&CLARIFIED, Kind::IdentityAsked, "2026-06-19", false),
            (&CLARIFIED, Kind::ClarificationAsked, "2026-06-19", true),
            (&[(Kind::Extended, "2026-06-02")], Kind::Extended, "2026-06-03", false),
        ];
        for (happened, kind, on, allowed) in rows {
            let next = ClockEvent { kind, on: day(on) };
            assert_eq!(Clock::allows(day(received), &events(happened), next), allowed, "{kind:?} on {on} after {happened:?}");
        }
    }

    const CHILD: PersonId = PersonId(Uuid::from_u128(1));
    const PARENT: PersonId = PersonId(Uuid::from_u128(2));
    const STRANGER: PersonId = PersonId(Uuid::from_u128(3));
    const COUNCIL: PersonId = PersonId(Uuid::from_u128(4));
    const DEPUTY: PersonId = PersonId(Uuid::from_u128(5));

    /// A child with a case of their own and one with a parent; in a third the parental responsibility of the parent is told again.
    fn family(born: &str, assessed: Option<CapacityOutcome>, held: [ParentalResponsibility; 2]) -> FamilyFacts {
        let recorded_at = Timestamp::start_of(day("2026-05-01"));
        let capacity = assessed.map(|outcome| CapacityFact { outcome, assessed_on: day("2026-05-01"), recorded_at });
        let person = |id, kind| PersonFact { id, kind, date_of_birth: None, capacity: Vec::new() };
        let child =
            PersonFact { date_of_birth: Some(day(born)), capacity: capacity.into_iter().collect(), ..person(CHILD, PersonKind::Child) };
        let row = |case, person_id, relation, held: Option<ParentalResponsibility>| ParticipantFact {
            case_id: CaseId(Uuid::from_u128(case)),
            person_id,
            role: if person_id == CHILD { ParticipantRole::Subject } else { ParticipantRole::ServiceUser },
            relation,
            pr: held.into_iter().map(|value| PrFact { child_id: CHILD, value, from_on: None, ended_on: None }).collect(),
            began_on: None,
            ended_on: None,
        };
        let subject = |case| row(case, CHILD, Relation::OwnSelf, None);
        let mut participants = vec![subject(7), subject(8), subject(9)];
        participants.push(row(9, PARENT, Relation::Parent, Some(held[0])));
        participants.push(row(8, PARENT, Relation::Parent, Some(held[1])));
        participants.push(row(9, COUNCIL, Relation::LaAsCorporateParent, Some(ParentalResponsibility::Yes)));
        FamilyFacts {
            people: vec![child, person(PARENT, PersonKind::ParentCarer), person(STRANGER, PersonKind::Professional)],
            participants,
            ..FamilyFacts::default()
        }
    }

    #[test]
    fn who_may_ask_is_whoever_decides_or_whoever_they_authorise() {
        use ParentalResponsibility::{Disputed, RestrictedByOrder, Unknown, Yes};
        use RequesterCapacity::{Parent, Representative, Solicitor, Subject};
        let (small, grown) = ("2014-03-12", "2008-03-12");
        let (can, cannot) = (Some(CapacityOutcome::CanDecide), Some(CapacityOutcome::CannotDecide));
        let nothing = Shown::default();
        let authority = Shown { authority: true, ..nothing };
        let best = Shown { best_interests: true, ..nothing };
        let both = Shown { authority: true, best_interests: true };
        let (yes, own) = ([Yes, Yes], |person| (person, person));
        let rows = [
            (small, None, yes, Parent, own(PARENT), nothing, true),
            (small, cannot, yes, Parent, own(PARENT), nothing, true),
            (small, None, [Yes, Unknown], Parent, own(PARENT), nothing, true),
            (small, None, [Yes, RestrictedByOrder], Parent, own(PARENT), nothing, false),
            (small, None, [Disputed, Yes], Parent, own(PARENT), nothing, false),
            (small, None, [Unknown, Unknown], Parent, own(PARENT), nothing, false),
            (small, None, yes, Parent, own(STRANGER), nothing, false),
            (small, None, yes, Parent, own(COUNCIL), nothing, false),
            (small, can, yes, Parent, own(PARENT), nothing, false),
            (small, can, yes, Parent, own(PARENT), authority, true),
            (small, can, yes, Parent, own(PARENT), best, true),
            (small, can, [Yes, Disputed], Parent, own(PARENT), best, false),
            (small, can, yes, Parent, own(STRANGER), best, false),
            (small, can, yes, Parent, own(COUNCIL), best, false),
            (grown, None, yes, Parent, own(PARENT), nothing, false),
            (grown, None, yes, Parent, own(PARENT), best, false),
            (grown, None, yes, Parent, own(PARENT), authority, true),
            (grown, cannot, yes, Parent, own(PARENT), nothing, true),
            (small, None, yes, Subject, own(CHILD), nothing, false),
            (small, can, yes, Subject, own(CHILD), nothing, true),
            (small, cannot, yes, Subject, own(CHILD), authority, false),
            (grown, None, yes, Subject, own(CHILD), nothing, true),
            (grown, cannot, yes, Subject, own(CHILD), nothing, false),
            (grown, None, yes, Subject, own(PARENT), authority, false),
            (grown, None, yes, Parent, own(CHILD), authority, false),
            (small, None, yes, Solicitor, (STRANGER, PARENT), nothing, false),
            (small, None, yes, Solicitor, (STRANGER, PARENT), best, false),
            (small, None, yes, Solicitor, (STRANGER, PARENT), authority, true),
            (small, None, [Yes, RestrictedByOrder], Solicitor, (STRANGER, PARENT), authority, false),
            (small, None, yes, Solicitor, own(STRANGER), authority, false),
            (small, None, yes, Solicitor, (STRANGER, CHILD), authority, false),
            (small, can, yes, Solicitor, (STRANGER, CHILD), authority, true),
            (small, can, yes, Solicitor, (STRANGER, PARENT), authority, false),
            (small, can, yes, Solicitor, (STRANGER, PARENT), both, true),
            (grown, None, yes, Representative, (STRANGER, CHILD), nothing, false),
            (grown, None, yes, Representative, (STRANGER, CHILD), authority, true),
            (grown, None, yes, Representative, (STRANGER, PARENT), both, false),
            (grown, cannot, yes, Representative, (STRANGER, CHILD), authority, false),
        ];
        for (row, (born, assessed, held, capacity, (requester, acting_for), shown, may)) in rows.into_iter().enumerate() {
            let asking = Asking { capacity, requester, acting_for, subject: CHILD };
            assert_eq!(may_ask(&asking, shown, day("2026-06-01"), &family(born, assessed, held)), may, "row {row}");
        }
        let mut appointed = family(grown, cannot, yes);
        let deputy = ParticipantFact { person_id: DEPUTY, relation: Relation::Deputy, pr: Vec::new(), ..appointed.participants[3].clone() };
        appointed.participants.push(deputy);
        let asking = Asking { capacity: Representative, requester: DEPUTY, acting_for: CHILD, subject: CHILD };
        let may = |shown| may_ask(&asking, shown, day("2026-06-01"), &appointed);
        assert!(may(authority) && !may(nothing), "a deputy shows the order");
    }
}
