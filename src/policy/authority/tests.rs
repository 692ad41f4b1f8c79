//! Who may permit, on which day.

use super::*;
use crate::domain::disclosure::CapacityFact;
use crate::domain::time::Timestamp;
use uuid::Uuid;

const CASE: CaseId = CaseId(Uuid::from_u128(1));
const CHILD: PersonId = PersonId(Uuid::from_u128(2));
const PARENT: PersonId = PersonId(Uuid::from_u128(3));
const DEPUTY: PersonId = PersonId(Uuid::from_u128(4));

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn row(person_id: PersonId, role: ParticipantRole, relation: Relation) -> ParticipantFact {
    let held = PrFact { child_id: CHILD, value: ParentalResponsibility::Yes, from_on: None, ended_on: None };
    let pr = if relation == Relation::Parent { vec![held] } else { Vec::new() };
    ParticipantFact { case_id: CASE, person_id, role, relation, pr, began_on: None, ended_on: None }
}

fn family(born: &str) -> FamilyFacts {
    let person = |id, kind| PersonFact { id, kind, date_of_birth: None, died_on: None, capacity: Vec::new() };
    FamilyFacts {
        known_less: Vec::new(),
        hidden: Vec::new(),
        case_id: CASE,
        people: vec![
            PersonFact { date_of_birth: Some(day(born)), ..person(CHILD, PersonKind::Child) },
            person(PARENT, PersonKind::ParentCarer),
            person(DEPUTY, PersonKind::Other),
        ],
        participants: vec![
            row(CHILD, ParticipantRole::Subject, Relation::OwnSelf),
            row(PARENT, ParticipantRole::ServiceUser, Relation::Parent),
        ],
    }
}

fn assess(family: &mut FamilyFacts, outcome: CapacityOutcome, on: &str, recorded: i64) {
    let recorded_at = Timestamp::from_micros(recorded * 1000).unwrap();
    family.people[0].capacity.push(CapacityFact { outcome, assessed_on: day(on), recorded_at });
}

fn relation(family: &FamilyFacts, granter: PersonId, on: &str) -> Option<GranterRelation> {
    authority(granter, CHILD, day(on), true, family).map(|authority| authority.relation)
}

#[test]
fn a_parents_permission_counts_through_the_last_friday_of_june_of_the_school_year() {
    for (born, last) in [
        ("2010-08-31", "2026-06-26"),
        ("2010-09-01", "2027-06-25"),
        ("2010-06-26", "2026-06-26"),
        ("2010-06-27", "2026-06-26"),
        ("2007-12-25", "2024-06-28"),
        ("2012-02-29", "2028-06-30"),
        ("2017-02-11", "2033-06-24"),
    ] {
        let family = family(born);
        assert_eq!(age_out_on(day(born)), day(last), "{born}");
        let parent = authority(PARENT, CHILD, day(last), false, &family).unwrap();
        assert_eq!(parent, Authority { relation: GranterRelation::ParentWithPr, ends_on: Some(day(last)) });
        assert_eq!(relation(&family, CHILD, last), None, "{born}");
        let next = day_after(day(last)).to_string();
        assert_eq!((relation(&family, PARENT, &next), relation(&family, CHILD, &next)), (None, Some(GranterRelation::OwnSelf)), "{born}");
    }
}

#[test]
fn the_day_changes_at_midnight_in_london() {
    let second_before = Timestamp::parse("2026-06-26T22:59:59Z").unwrap();
    let midnight = Timestamp::parse("2026-06-26T23:00:00Z").unwrap();
    assert_eq!((second_before.day(), midnight.day()), (day("2026-06-26"), day("2026-06-27")));
}

#[test]
fn the_newest_competence_record_counts_and_of_one_day_the_later_recorded() {
    let mut family = family("2014-03-12");
    assess(&mut family, CapacityOutcome::CanDecide, "2026-04-01", 2);
    assess(&mut family, CapacityOutcome::CannotDecide, "2026-04-01", 1);
    assess(&mut family, CapacityOutcome::CannotDecide, "2026-05-01", 3);
    for (on, parent, child) in [
        ("2026-03-31", Some(GranterRelation::ParentWithPr), None),
        ("2026-04-01", None, Some(GranterRelation::OwnSelf)),
        ("2026-05-01", Some(GranterRelation::ParentWithPr), None),
    ] {
        assert_eq!((relation(&family, PARENT, on), relation(&family, CHILD, on)), (parent, child), "{on}");
    }
}

#[test]
fn a_competence_record_lapses_with_the_age_out_day() {
    let mut family = family("2010-08-31");
    assess(&mut family, CapacityOutcome::CannotDecide, "2026-06-26", 1);
    assert_eq!(standing(CHILD, day("2026-06-26"), &family), Standing::ChildCannotDecide);
    assert_eq!(standing(CHILD, day("2026-06-27"), &family), Standing::Grown);
    assess(&mut family, CapacityOutcome::CannotDecide, "2026-06-27", 2);
    assert_eq!(standing(CHILD, day("2026-06-27"), &family), Standing::GrownCannotDecide);
}

#[test]
fn a_deputy_comes_before_a_parent_and_nobody_represents_whom_the_case_is_not_about() {
    let mut family = family("2005-03-12");
    assess(&mut family, CapacityOutcome::CannotDecide, "2026-04-01", 1);
    assert_eq!(relation(&family, PARENT, "2026-05-01"), Some(GranterRelation::RepresentativeReg64));
    assert!(may_object(PARENT, CHILD, day("2026-05-01"), &family));
    family.participants.push(row(DEPUTY, ParticipantRole::Supporter, Relation::Deputy));
    assert_eq!(relation(&family, PARENT, "2026-05-01"), None);
    assert_eq!(relation(&family, DEPUTY, "2026-05-01"), Some(GranterRelation::Deputy));
    family.participants[0].role = ParticipantRole::Sibling;
    assert_eq!(relation(&family, DEPUTY, "2026-05-01"), None);
}

#[test]
fn contradicting_statements_of_responsibility_permit_nothing() {
    let mut family = family("2014-03-12");
    let disputed = PrFact { value: ParentalResponsibility::Disputed, ..family.participants[1].pr[0] };
    family.participants[1].pr.push(disputed);
    assert_eq!(relation(&family, PARENT, "2026-05-01"), None);
    assert!(may_object(PARENT, CHILD, day("2026-05-01"), &family));
}

#[test]
fn the_granter_the_subject_and_whoever_decides_now_may_withdraw() {
    let family = family("2014-03-12");
    let may = |person| may_withdraw(person, DEPUTY, &[CHILD], day("2026-05-01"), &family);
    let stranger = PersonId(Uuid::from_u128(9));
    assert!(may(DEPUTY) && may(CHILD) && may(PARENT) && !may(stranger));
}

#[test]
fn authority_lasts_until_the_day_before_whatever_ends_it() {
    let last = |change: fn(&mut FamilyFacts)| {
        let mut family = family("2014-03-12");
        change(&mut family);
        let until = lasts_until(PARENT, CHILD, day("2026-05-01"), true, &family);
        for (today, then) in [("2026-05-19", true), ("2026-05-20", false)] {
            assert_eq!(lasts(PARENT, CHILD, day("2026-05-01"), day(today), true, &family), then || until > Some(day("2026-05-19")));
        }
        until.map(|day| day.to_string())
    };
    let may = Some("2026-05-19".to_owned());
    assert_eq!(last(|_| {}), Some("2030-06-28".to_owned()));
    assert_eq!(last(|family| family.participants[1].pr[0].ended_on = Some(day("2026-05-20"))), may);
    assert_eq!(last(|family| family.participants[1].ended_on = Some(day("2026-05-20"))), may);
    assert_eq!(last(|family| assess(family, CapacityOutcome::CanDecide, "2026-05-20", 1)), may);
    assert_eq!(last(|family| assess(family, CapacityOutcome::CannotDecide, "2026-05-20", 1)), Some("2030-06-28".to_owned()));
    assert_eq!(last(|family| family.people[1].died_on = Some(day("2026-05-20"))), may);
}

#[test]
fn whoever_has_died_neither_decides_nor_objects_nor_comes_before_another() {
    let mut family = family("2014-03-12");
    let says = |family: &FamilyFacts, person, on| (relation(family, person, on).is_some(), may_object(person, CHILD, day(on), family));
    family.people[1].died_on = Some(day("2026-05-20"));
    assert_eq!((says(&family, PARENT, "2026-05-19"), says(&family, PARENT, "2026-05-20")), ((true, true), (false, false)));
    family.people[0].date_of_birth = Some(day("2005-03-12"));
    assess(&mut family, CapacityOutcome::CannotDecide, "2026-04-01", 1);
    family.participants.push(row(DEPUTY, ParticipantRole::Supporter, Relation::Deputy));
    family.people[1].died_on = None;
    family.people[2].died_on = Some(day("2026-05-20"));
    for (on, deputy, parent) in [("2026-05-19", true, false), ("2026-05-20", false, true)] {
        assert_eq!((says(&family, DEPUTY, on), says(&family, PARENT, on)), ((deputy, deputy), (parent, parent)), "{on}");
    }
}
