//! The clock and who may ask, by the tables of the design.

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
    // It is asked for again two weeks after it was asked for, on the next working day; of several, by the first that is out.
    let since = |received: &str, happened: Happened<'_>| Clock::of(day(received), &events(happened)).chase_on.map(|on| on.to_string());
    let later = [(Kind::IdentityAsked, "2026-05-06"), (Kind::AuthorityAsked, "2026-05-08")];
    for (happened, chased) in
        [(&later[..], Some("2026-05-20")), (&later[1..], Some("2026-05-22")), (&out[..2], Some("2026-05-20")), (&[], None)]
    {
        assert_eq!(since("2026-05-05", happened).as_deref(), chased, "{happened:?}");
    }
    let sunday = [(Kind::ClarificationAsked, "2026-06-07")];
    assert_eq!(since("2026-06-01", &sunday).as_deref(), Some("2026-06-22"));
    assert_eq!(since("2026-06-01", &CLARIFIED), None);
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
    let rows: [(Happened<'_>, Kind, &str, bool); 23] = [
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
        (&[(Kind::ClarificationAsked, "2026-06-02")], Kind::IdentityAsked, "2026-06-03", false),
        (&[(Kind::Extended, "2026-06-02")], Kind::AuthorityAsked, "2026-06-03", false),
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
    let person = |id, kind| PersonFact { id, kind, date_of_birth: None, died_on: None, capacity: Vec::new() };
    let child = PersonFact { date_of_birth: Some(day(born)), capacity: capacity.into_iter().collect(), ..person(CHILD, PersonKind::Child) };
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
    use ParentalResponsibility::{Disputed, No, RestrictedByOrder, Unknown, Yes};
    use RequesterCapacity::{Parent, Representative, Solicitor, Subject};
    let (small, grown) = ("2014-03-12", "2008-03-12");
    let (can, cannot) = (Some(CapacityOutcome::CanDecide), Some(CapacityOutcome::CannotDecide));
    let nothing = Shown::default();
    let authority = Shown { authority: true, ..nothing };
    let best = Shown { best_interests: true, ..nothing };
    let both = Shown { authority: true, best_interests: true, ..nothing };
    let said_no = Shown { said_no: true, ..nothing };
    let (yes, own) = ([Yes, Yes], |person| (person, person));
    let rows = [
        (small, None, yes, Parent, own(PARENT), nothing, true),
        (small, cannot, yes, Parent, own(PARENT), nothing, true),
        (small, None, [Yes, Unknown], Parent, own(PARENT), nothing, true),
        (small, None, [Yes, RestrictedByOrder], Parent, own(PARENT), nothing, false),
        (small, None, [Disputed, Yes], Parent, own(PARENT), nothing, false),
        (small, None, [Yes, No], Parent, own(PARENT), nothing, false),
        (small, None, yes, Parent, own(STRANGER), both, false),
        (small, None, [Unknown, Unknown], Parent, own(PARENT), nothing, false),
        (small, None, yes, Parent, own(STRANGER), nothing, false),
        (small, None, yes, Parent, own(COUNCIL), nothing, false),
        // A child who has said no, and of whom nobody knows whether they decide, is assessed first, unless it is best for them.
        (small, None, yes, Parent, own(PARENT), said_no, false),
        (small, None, yes, Parent, own(PARENT), Shown { best_interests: true, ..said_no }, true),
        (small, None, yes, Parent, own(PARENT), Shown { authority: true, ..said_no }, true),
        (small, None, yes, Solicitor, (STRANGER, PARENT), Shown { authority: true, ..said_no }, false),
        (small, cannot, yes, Parent, own(PARENT), said_no, true),
        (grown, None, yes, Subject, own(CHILD), said_no, true),
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
    // Another child of theirs, or what was so once, takes nothing away.
    for denied in [
        PrFact { child_id: DEPUTY, value: No, from_on: None, ended_on: None },
        PrFact { child_id: CHILD, value: No, from_on: None, ended_on: Some(day("2026-05-01")) },
    ] {
        let mut told = family(small, None, yes);
        told.participants[4].pr.push(denied);
        let asking = Asking { capacity: Parent, requester: PARENT, acting_for: PARENT, subject: CHILD };
        assert!(may_ask(&asking, nothing, day("2026-06-01"), &told), "{denied:?}");
    }
    let mut appointed = family(grown, cannot, yes);
    let deputy = ParticipantFact { person_id: DEPUTY, relation: Relation::Deputy, pr: Vec::new(), ..appointed.participants[3].clone() };
    appointed.participants.push(deputy);
    let asking = Asking { capacity: Representative, requester: DEPUTY, acting_for: CHILD, subject: CHILD };
    let may = |shown| may_ask(&asking, shown, day("2026-06-01"), &appointed);
    assert!(may(authority) && !may(nothing), "a deputy shows the order");
}
