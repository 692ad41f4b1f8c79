//! What must hold whatever the facts are.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;

/// One change to the fixture; `Index` picks among what is there.
type Change = (u8, Index, Index);

fn pick<T: Copy>(from: &[T], index: Index) -> T {
    from[index.index(from.len())]
}

const PEOPLE: [PersonId; 5] = [ANA, MIA, FINN, NELL, SAM];
const DAYS: [&str; 6] = ["2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01", "2026-06-27"];

fn apply(world: &mut World, (kind, a, b): &Change, number: u128) {
    let (a, b) = (*a, *b);
    let person = pick(&PEOPLE, a);
    let on = pick(&DAYS, b);
    let pair = [pick(&PEOPLE, b), person];
    match kind {
        0 => world.person(ANA).date_of_birth = pick(&[None, Some(day("2010-08-31")), Some(day("2009-01-01"))], a),
        1 => world.assess(person, pick(&[CapacityOutcome::CanDecide, CapacityOutcome::CannotDecide], b), on),
        2 => {
            let value = pick(ParentalResponsibility::ALL, b);
            world.part(person).pr.iter_mut().for_each(|entry| entry.value = value);
        }
        3 => world.part(person).pr.iter_mut().for_each(|entry| entry.ended_on = Some(day(on))),
        4 => world.part(person).case_id = K2,
        5 => world.ask.note_ids = vec![pick(&[N1, N2, N3, N4], a), pick(&[N1, N2, N3, N4], b)],
        6 => world.note(pick(&[N1, N2], a)).keep_confidential = true,
        7 => world.note(N1).categories.push(pick(InformationCategory::ALL, a)),
        8 => world.note(N1).onward_sharing = false,
        9 => world.note(N1).names_others = true,
        10 => world.ask.purpose = pick(&[Purpose::Liaison, Purpose::Mediation], a),
        11 => world.ask.direction = pick(Direction::ALL, a),
        12 => {
            world.ask.recipient =
                pick(&[Some(NORTH), Some(SOUTH), None], a).map_or(AskRecipient::Person(FINN), |team| body(COUNCIL, Some(team), None));
        }
        13 => world.ask_beyond(&pair, &[pick(&[InformationCategory::Attendance, InformationCategory::Health], a)]),
        14 => world.copy_to(person),
        15 => world.now = noon(pick(&["2026-05-15", "2026-06-26", "2026-06-28", "2027-03-01"], a)),
        // Records: twice as likely to be a permission.
        16 | 17 => {
            world.add(permits(number, person, &pair, on));
        }
        18 => world.add(permits(number, person, &PEOPLE, on)).note_ids = vec![N1, N2, N3, N4],
        19 => world
            .add(permits(number, person, &PEOPLE, on))
            .recipients
            .push(ConsentRecipient { person_id: Some(FINN), ..ConsentRecipient::default() }),
        20 => world.add(permits(number, person, &pair, on)).purposes = vec![Purpose::Mediation],
        21 => {
            world.add(refuses(number, person, &pair, on));
        }
        22 => world.add(refuses(number, person, &PEOPLE, on)).note_ids = vec![pick(&[N1, N2], b)],
        23 => {
            let count = world.facts.consents.len();
            let record = &mut world.facts.consents[a.index(count)];
            record.status = pick(ConsentStatus::ALL, b);
        }
        24 => {
            let count = world.facts.consents.len();
            let record = &mut world.facts.consents[a.index(count)];
            record.conditions.push(condition(pick(&[ConditionKind::CopyToGranter, ConditionKind::OnceOnly, ConditionKind::NotBefore], b)));
        }
        25 => {
            let count = world.facts.consents.len();
            let record = &mut world.facts.consents[a.index(count)];
            (record.case_id, record.visible) = pick(&[(K1, true), (K2, true), (K2, false)], b);
        }
        26 => world.m1().starts_at = Some(noon(on)),
        _ => world.m1().expires_on = pick(&[None, Some(day(on))], a),
    }
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((0u8..28, any::<Index>(), any::<Index>()), 0..7)
}

fn changed(changes: &[Change]) -> World {
    let mut world = world();
    changes.iter().zip(200..).for_each(|(change, number)| apply(&mut world, change, number));
    world
}

/// Whether one record covers one need, by the plainest reading, written without the code under test.
fn plainly_covers(record: &ConsentFact, world: &World, subject: PersonId, note: Option<&NoteFact>, category: InformationCategory) -> bool {
    let (ask, now) = (&world.ask, world.now);
    let responsible =
        |row: &ParticipantFact| row.pr.iter().any(|entry| entry.child_id == subject && entry.value == ParentalResponsibility::Yes);
    let speaks_for = record.granter == subject
        || world
            .facts
            .family
            .participants
            .iter()
            .any(|row| row.person_id == record.granter && row.case_id == K1 && (row.relation == Relation::Parent || responsible(row)));
    let recipient = record.recipients.iter().any(|named| match &ask.recipient {
        AskRecipient::Body { recipient_id, team_id, .. } => named.recipient_id == Some(*recipient_id) && named.team_id == *team_id,
        AskRecipient::Person(person) => named.person_id == Some(*person),
        AskRecipient::Unregistered { .. } => false,
    });
    let named = note.is_some_and(|note| record.note_ids.contains(&note.id));
    speaks_for
        && recipient
        && record.decision == ConsentDecision::Given
        && record.case_id == K1
        && record.status == ConsentStatus::Live
        && record.decided_at <= now
        && record.starts_at.is_none_or(|start| start <= now)
        && record.expires_on.is_some_and(|last| now < Timestamp::start_of(last.succ_opt().unwrap()))
        && record.subjects.contains(&subject)
        && record.purposes.contains(&ask.purpose)
        && record.directions.contains(&ask.direction)
        && (named || (record.categories.contains(&category) && note.is_none_or(|note| note.onward_sharing)))
}

/// Whether every data subject of everything asked for has a live permission.
fn plainly_permitted(world: &World) -> bool {
    let ask = &world.ask;
    let notes = ask.note_ids.iter().map(|id| world.facts.notes.iter().find(|note| note.id == *id).unwrap());
    let covered = |subject: PersonId, note: Option<&NoteFact>, categories: &[InformationCategory]| {
        categories.iter().all(|category| world.facts.consents.iter().any(|record| plainly_covers(record, world, subject, note, *category)))
    };
    let notes_covered = notes.into_iter().all(|note| {
        !note.names_others && note.about.iter().chain(&note.from).all(|subject| covered(*subject, Some(note), &note.categories))
    });
    notes_covered && ask.subject_ids.iter().all(|subject| covered(*subject, None, &ask.information_categories))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_granted_without_a_live_permission_for_every_data_subject(changes in changes()) {
        let world = changed(&changes);
        if decide(&world.ask, &world.facts, world.now).is_ok() {
            prop_assert!(plainly_permitted(&world));
        }
    }

    #[test]
    fn a_grant_says_exactly_which_permissions_serve_whom(changes in changes()) {
        let world = changed(&changes);
        if let Ok(grant) = decide(&world.ask, &world.facts, world.now) {
            let served: BTreeSet<_> = grant.consents().iter().flat_map(|relied| relied.subject_ids.clone()).collect();
            prop_assert_eq!(served.into_iter().collect::<Vec<_>>(), grant.subject_ids());
            for relied in grant.consents() {
                let record = world.facts.consents.iter().find(|record| record.id == relied.consent_id).unwrap();
                prop_assert!(record.decision == ConsentDecision::Given && record.status == ConsentStatus::Live);
                prop_assert!(relied.subject_ids.iter().all(|subject| record.subjects.contains(subject)));
            }
        }
    }

    #[test]
    fn a_no_of_somebody_who_decides_alone_is_never_passed_over(changes in changes()) {
        let mut world = changed(&changes);
        let at = noon("2027-02-01").max(world.now);
        world.add(ConsentFact { decided_at: at, ..refuses(400, MIA, &[MIA], "2026-06-01") });
        let about_mia = world.ask.subject_ids.contains(&MIA)
            || world.ask.note_ids.iter().any(|id| world.facts.notes.iter().any(|note| note.id == *id && (note.from == Some(MIA) || note.about.contains(&MIA))));
        if about_mia {
            prop_assert!(decide(&world.ask, &world.facts, world.now).is_err());
        }
    }

    #[test]
    fn a_risk_is_passed_on_whatever_the_permissions_say(changes in changes()) {
        let mut world = changed(&changes);
        super::table::at_risk(&mut world);
        world.ask.copies.clear();
        prop_assert_eq!(world.outcome(), "grant");
    }

    #[test]
    fn a_risk_is_never_refused_for_want_of_permission(changes in changes(), missing in any::<Index>()) {
        let mut world = changed(&changes);
        super::table::at_risk(&mut world);
        match missing.index(4) {
            0 => world.ask.safeguarding = None,
            1 => world.ask.summary = None,
            2 => world.facts.recipient = None,
            _ => world.copy_to(MIA),
        }
        let refusal = decide(&world.ask, &world.facts, world.now).unwrap_err();
        prop_assert_eq!(refusal.code, RefusalCode::RuleViolated);
        prop_assert!(refusal.conflicts.is_empty());
    }

    #[test]
    fn without_scan_families_or_decision_no_other_basis_helps(changes in changes(), basis in select(&[Basis::Anonymised, Basis::DataSubjectRight][..])) {
        let mut world = changed(&changes);
        world.ask.basis = basis;
        prop_assert!(decide(&world.ask, &world.facts, world.now).is_err());
    }

    #[test]
    fn a_narrower_permission_never_grants_more(changes in changes(), which in any::<Index>(), list in 0u8..8, element in any::<Index>()) {
        let mut wide = changed(&changes);
        // One record of each kind by each person: a later word replaces an earlier one, and is not a narrower one.
        let mut seen = BTreeSet::new();
        wide.facts.consents.retain(|record| seen.insert((record.granter, record.decision)));
        let granted = decide(&wide.ask, &wide.facts, wide.now).is_ok();
        let mut narrow = wide;
        let given: Vec<_> = narrow.facts.consents.iter_mut().filter(|record| record.decision == ConsentDecision::Given).collect();
        prop_assume!(!given.is_empty());
        let count = given.len();
        let record = given.into_iter().nth(which.index(count)).unwrap();
        match list {
            0 => cut(&mut record.subjects, element),
            1 => cut(&mut record.recipients, element),
            2 => cut(&mut record.purposes, element),
            3 => cut(&mut record.categories, element),
            4 => cut(&mut record.note_ids, element),
            5 => cut(&mut record.directions, element),
            6 => record.conditions.push(condition(ConditionKind::CopyToGranter)),
            _ => record.expires_on = record.expires_on.map(|last| last - chrono::Days::new(300)),
        }
        prop_assert!(granted || decide(&narrow.ask, &narrow.facts, narrow.now).is_err());
    }

    #[test]
    fn the_order_of_the_facts_decides_nothing(changes in changes(), seed in any::<u64>()) {
        let mut world = changed(&changes);
        let before = format!("{:?}", decide(&world.ask, &world.facts, world.now));
        let mut state = seed | 1;
        let facts = &mut world.facts;
        shuffle(&mut facts.consents, &mut state);
        shuffle(&mut facts.notes, &mut state);
        shuffle(&mut facts.family.people, &mut state);
        shuffle(&mut facts.family.participants, &mut state);
        for record in &mut facts.consents {
            shuffle(&mut record.subjects, &mut state);
            shuffle(&mut record.recipients, &mut state);
            shuffle(&mut record.categories, &mut state);
            shuffle(&mut record.note_ids, &mut state);
            shuffle(&mut record.conditions, &mut state);
        }
        facts.family.people.iter_mut().for_each(|person| shuffle(&mut person.capacity, &mut state));
        facts.family.participants.iter_mut().for_each(|row| shuffle(&mut row.pr, &mut state));
        facts.notes.iter_mut().for_each(|note| shuffle(&mut note.about, &mut state));
        prop_assert_eq!(format!("{:?}", decide(&world.ask, &world.facts, world.now)), before);
    }
}

fn cut<T>(list: &mut Vec<T>, element: Index) {
    if !list.is_empty() {
        list.remove(element.index(list.len()));
    }
}

fn shuffle<T>(list: &mut [T], state: &mut u64) {
    for i in (1..list.len()).rev() {
        // SplitMix64: any mixing will do.
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        list.swap(i, usize::try_from(mixed % (i as u64 + 1)).unwrap());
    }
}

#[test]
fn the_worlds_that_are_tried_are_granted_and_refused_by_every_rule() {
    let mut runner = TestRunner::deterministic();
    let mut grants = 0;
    let mut rules = BTreeSet::new();
    for _ in 0..4000 {
        let world = changed(&changes().new_tree(&mut runner).unwrap().current());
        match decide(&world.ask, &world.facts, world.now) {
            Ok(_) => grants += 1,
            Err(refusal) => rules.extend(refusal.failings.iter().map(|failing| failing.rule)),
        }
    }
    assert!(grants > 300, "{grants}");
    let expected =
        RefusalRule::ALL.iter().copied().filter(|rule| (RefusalRule::ConsentMissing..=RefusalRule::CopyNotPermitted).contains(rule));
    let absent: Vec<_> = expected.filter(|rule| !rules.contains(rule)).collect();
    assert!(absent.is_empty(), "{absent:?}");
}
