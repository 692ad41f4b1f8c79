//! What the use cases add to the rows: rules, merging, repetition, and assessments of people.

use super::*;
use crate::authz::Caller;
use crate::db;
use crate::db::testing::{Scratch, permit};
use crate::domain::capacity::NewCapacityRecord;
use crate::domain::ids::Identifier;
use crate::domain::text::Name;

const ROWAN: &str = r#"{"kind":"parent_carer","fullName":"Rowan Thornbeck","knownAs":"Ro","pseudonymous":false,
    "contacts":[{"kind":"mobile","value":"+447700900123","safe":true},{"kind":"email","value":"ro@example.org","safe":true}]}"#;

struct House {
    scratch: Scratch,
    app: App,
    jo: Caller,
}

impl House {
    fn new() -> Self {
        let scratch = Scratch::new();
        Self { app: App::on(&scratch), jo: scratch.adviser("Jo Ashdown"), scratch }
    }

    fn record(&self, json: &str, request: Option<Idempotency>) -> Result<Created<Person>> {
        self.scratch.wait(self.app.create_person(permit(&self.jo), serde_json::from_str(json).unwrap(), request))
    }

    fn change(&self, person: &Person, change: impl FnOnce(&mut PersonUpdate) + Send + 'static) -> Result<Person> {
        let merge: Merge<PersonUpdate> = Box::new(|now| {
            let mut then = now.clone();
            change(&mut then);
            Ok(then)
        });
        self.scratch.wait(self.app.update_person(permit(&self.jo), person.id, person.version, merge))
    }

    fn assess(&self, person: PersonId, outcome: &str, on: &str) -> Result<()> {
        let new: NewCapacityRecord = serde_json::from_value(serde_json::json!({
            "decisionKind": "share_information", "understands": true, "retains": true, "weighs": true, "communicates": true,
            "outcome": outcome, "assessedOn": on, "reasons": "Told it back in own words."
        }))
        .unwrap();
        self.scratch.wait(self.app.record_capacity(permit(&self.jo), person, new, None)).map(drop)
    }
}

fn rules(error: Error) -> Vec<&'static str> {
    match error {
        Error::Rule(faults) => faults.iter().map(|fault| fault.rule).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_recorded_person_is_shown_whole_and_as_read_later() {
    let house = House::new();
    let rowan = house.record(ROWAN, None).unwrap().value;
    assert_eq!(rowan.allowed_actions, ["update", "record_capacity"]);
    let read = house.scratch.wait(house.app.read_person(permit(&house.jo), rowan.id)).unwrap();
    assert_eq!(read, rowan);
    let shown = serde_json::to_value(&rowan).unwrap();
    assert_eq!(shown["fullName"], "Rowan Thornbeck");
    assert_eq!(shown["contacts"][1]["value"], "ro@example.org");
    assert_eq!(shown["contacts"][1]["id"], rowan.contacts[1].id.uuid().to_string());
}

#[test]
fn a_correction_keeps_what_it_does_not_name_and_the_ids_of_contacts_that_stay() {
    let house = House::new();
    let rowan = house.record(ROWAN, None).unwrap().value;
    let changed = house
        .change(&rowan, |person| {
            person.content.pronouns = Some(Name::from("they/them"));
            person.contacts.remove(0);
        })
        .unwrap();
    assert_eq!((changed.version, changed.content.full_name.as_ref()), (2, rowan.content.full_name.as_ref()));
    assert_eq!(changed.contacts, rowan.contacts[1..]);
    let late = house.change(&rowan, |person| person.content.full_name = None);
    assert!(matches!(late, Err(Error::Db(db::Error::Stale { current: 2 }))));
}

#[test]
fn nobody_is_born_tomorrow_or_in_the_year_16() {
    let house = House::new();
    // A slip in a birth date, by which a case of today would be kept long enough already (C16), and a child be grown.
    for long_ago in ["0016-03-12", "1800-01-01", "1906-09-13"] {
        let old = format!(r#"{{"kind":"child","pseudonymous":true,"dateOfBirth":"{long_ago}"}}"#);
        assert_eq!(rules(house.record(&old, None).unwrap_err()), ["date_too_long_ago"], "{long_ago}");
    }
    house.record(r#"{"kind":"parent_carer","pseudonymous":true,"dateOfBirth":"1906-09-14"}"#, None).unwrap();
    let unborn = r#"{"kind":"child","pseudonymous":true,"dateOfBirth":"2026-09-15"}"#;
    assert_eq!(rules(house.record(unborn, None).unwrap_err()), ["date_in_future"]);
    let rowan = house.record(ROWAN, None).unwrap().value;
    let error = house.change(&rowan, |person| person.content.date_of_birth = "2026-09-15".parse().ok()).unwrap_err();
    assert_eq!(rules(error), ["date_in_future"]);
}

#[test]
fn a_repeated_request_records_a_person_once() {
    let house = House::new();
    let request = || Some(Idempotency { route: "POST /people".into(), key: "0123456789abcdef".into(), fingerprint: [1; 32] });
    let one = house.record(ROWAN, request()).unwrap();
    let again = house.record(ROWAN, request()).unwrap();
    assert_eq!((one.value, one.replayed, again.replayed), (again.value, false, true));
    let search = serde_json::from_str(r#"{"name":"rowan thornbeck"}"#).unwrap();
    let found = house.scratch.wait(house.app.search_people(permit(&house.jo), search, db::testing::first(10))).unwrap();
    assert_eq!(found.items.len(), 1);
}

#[test]
fn an_assessment_that_contradicts_itself_or_lies_ahead_leaves_nothing_behind() {
    let house = House::new();
    let rowan = house.record(ROWAN, None).unwrap().value;
    assert_eq!(rules(house.assess(rowan.id, "cannot_decide", "2026-09-14").unwrap_err()), ["outcome_contradicts_tests"]);
    assert_eq!(rules(house.assess(rowan.id, "can_decide", "2026-09-15").unwrap_err()), ["decided_in_future"]);
    let records = || {
        let page = db::testing::first(10);
        house.scratch.wait(house.app.list_capacity_records(permit(&house.jo), rowan.id, page)).unwrap().items
    };
    assert!(records().is_empty());
    house.assess(rowan.id, "can_decide", "2026-09-14").unwrap();
    assert_eq!(records().len(), 1);
}

#[test]
fn an_assessment_of_somebody_out_of_scope_is_not_found_whatever_it_says() {
    let house = House::new();
    let rowan = house.record(ROWAN, None).unwrap().value;
    let kim = house.scratch.adviser("Kim Birch");
    let case = house.scratch.bare_case(&kim, true);
    house.scratch.subject(&kim, case, rowan.id);
    let error = house.assess(rowan.id, "cannot_decide", "2026-09-14").unwrap_err();
    assert!(matches!(error, Error::Db(db::Error::NotFound)));
}
