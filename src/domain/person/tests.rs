//! The forms of a person, checked where they are defined.

use super::*;

fn contact(kind: ContactKind, value: &str) -> NewContact {
    NewContact { kind, value: value.into(), safe: true, verified_at: None }
}

fn person(json: &str) -> NewPerson {
    serde_json::from_str(json).unwrap()
}

#[test]
fn a_person_needs_a_name_or_to_be_pseudonymous() {
    for (json, named) in [
        (r#"{"kind":"anonymous","pseudonymous":true}"#, true),
        (r#"{"kind":"other","pseudonymous":false,"knownAs":"Ro"}"#, true),
        (r#"{"kind":"other","pseudonymous":false,"fullName":"Rowan Thornbeck"}"#, true),
        (r#"{"kind":"other","pseudonymous":false}"#, false),
        (r#"{"kind":"other","pseudonymous":false,"fullName":"  ","formerNames":["Rowan Larkbeck"]}"#, false),
    ] {
        assert_eq!(person(json).validate().is_ok(), named, "{json}");
    }
}

#[test]
fn a_contact_has_the_form_of_its_kind() {
    for (kind, good, bad) in [
        (ContactKind::Email, "ro@example.org", "ro@example@org"),
        (ContactKind::Email, "r@x", "@example.org"),
        (ContactKind::Email, "ro.thornbeck+iass@example.org", "ro thornbeck@example.org"),
        (ContactKind::Mobile, "+44 (0)7700 900123", "07700 9OO123"),
        (ContactKind::Landline, "01632 960-001", "0163"),
        (ContactKind::Postal, "12 Example Row, ZZ99 3WZ", "  "),
    ] {
        assert!(contact(kind, good).validate().is_ok(), "{good}");
        assert!(contact(kind, bad).validate().is_err(), "{bad}");
    }
}

#[test]
fn a_number_or_address_is_safe_or_it_is_not_however_it_is_written() {
    for (one, other, same) in [
        ("+447700900123", "07700 900123", true),
        ("Ro@Example.org", "ro@example.org", true),
        ("12 Example Row, ZZ99 3WZ", "12 example row zz993wz", true),
        ("+447700900123", "07700 900124", false),
    ] {
        let contacts = [contact(ContactKind::Postal, one), NewContact { safe: false, ..contact(ContactKind::Postal, other) }];
        assert_eq!(agree(contacts.iter()).is_err(), same, "{one} {other}");
    }
}

#[test]
fn an_empty_search_is_refused() {
    assert!(serde_json::from_str::<PersonSearch>("{}").unwrap().validate().is_err());
    assert!(serde_json::from_str::<PersonSearch>(r#"{"contact":"ro@example.org"}"#).unwrap().validate().is_ok());
}

#[test]
fn a_changed_address_is_a_new_contact_and_loses_its_verification() {
    let verified = Timestamp::parse("2026-09-14T09:12:41.530Z");
    let kept = Contact { id: ContactId::mint(), contact: contact(ContactKind::Mobile, "07700 900123") };
    let moved = Contact {
        id: ContactId::mint(),
        contact: NewContact { verified_at: verified, ..contact(ContactKind::Postal, "12 Example Row, ZZ99 3WZ") },
    };
    let change = vec![
        ContactUpdate {
            id: Some(moved.id),
            contact: NewContact { verified_at: verified, ..contact(ContactKind::Postal, "14 Example Row, ZZ99 3WZ") },
        },
        ContactUpdate { id: None, contact: contact(ContactKind::Mobile, "07700 900123") },
    ];
    let after = contacts_after(&[kept.clone(), moved.clone()], change);
    assert_ne!(after[0].id, moved.id);
    assert_eq!(after[0].contact.verified_at, None);
    assert_eq!(after[1], kept);
}

#[test]
fn dates_that_cannot_be_are_told() {
    let mut content = person(r#"{"kind":"child","pseudonymous":true,"dateOfBirth":"2017-02-11","diedOn":"2016-01-01"}"#).content;
    let today = NaiveDate::from_ymd_opt(2026, 9, 14).unwrap();
    assert_eq!(content.faults(today), [Fault::new("#/diedOn", "died_before_birth", "Must not be earlier than the birth date.")]);
    content.died_on = None;
    assert!(content.faults(today).is_empty());
    content.date_of_birth = today.succ_opt();
    assert_eq!(content.faults(today), [Fault::new("#/dateOfBirth", "date_in_future", "Must not be later than today.")]);
}

#[test]
fn debug_prints_neither_name_nor_birth_date() {
    let person = person(
        r#"{"kind":"child","pseudonymous":false,"fullName":"Isla Thornbeck","dateOfBirth":"2017-02-11",
        "contacts":[{"kind":"email","value":"isla@example.org","safe":true}]}"#,
    );
    let printed = format!("{person:?}");
    assert!(["Isla", "2017", "example"].iter().all(|told| !printed.contains(told)), "{printed}");
}
