//! People in a real database: sealed, found, and seen by those who may.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::search::Wanted;
use super::*;
use crate::authz::Caller;
use crate::db::testing::{Scratch, first, holds, now, permit};
use crate::domain::page::{Page, PageRequest};
use crate::domain::person::{ContactUpdate, NewPerson, PersonSearch, PersonSummary, contacts_after};
use crate::domain::vocabulary::AccessReason;

const ISLA: &str = r#"{"kind":"child","fullName":"Isla-Mae Thórnbeck","knownAs":"Izzy","formerNames":["Isla Larkbeck"],"pseudonymous":false,
    "dateOfBirth":"2017-02-11","everLookedAfter":false,
    "contacts":[{"kind":"mobile","value":"+44 7700 900123","safe":true},{"kind":"email","value":"Isla@example.org","safe":true}]}"#;

fn told(json: &str) -> (PersonContent, Vec<Contact>) {
    let new: NewPerson = serde_json::from_str(json).unwrap();
    let contacts = new.contacts.into_iter().map(|contact| ContactUpdate { id: None, contact }).collect();
    (new.content, contacts_after(&[], contacts))
}

impl Scratch {
    fn person(&self, by: &Caller, json: &str) -> PersonId {
        let ((content, contacts), leave) = (told(json), permit::<act::PersonCreate>(by));
        self.write(move |tx| insert(tx, &leave, content, contacts, now())).unwrap()
    }

    fn see(&self, by: &Caller, id: PersonId) -> Result<Person> {
        let leave = permit::<act::PersonRead>(by);
        self.read(move |tx| find(tx, &leave, id))
    }

    fn look_for(&self, by: &Caller, json: &str, page: PageRequest) -> Page<PersonSummary> {
        let (wanted, leave) = (serde_json::from_str(json).unwrap(), permit::<act::PersonSearch>(by));
        self.read(move |tx| search(tx, &leave, &wanted, &page)).unwrap()
    }

    fn found(&self, by: &Caller, json: &str) -> Vec<PersonId> {
        self.look_for(by, json, first(50)).items.into_iter().map(|person| person.id).collect()
    }

    fn change(&self, by: &Caller, id: PersonId, version: i32, json: &str) -> Result<()> {
        let ((content, contacts), leave) = (told(json), permit::<act::PersonUpdate>(by));
        self.write(move |tx| update(tx, &leave, id, version, content, contacts))
    }
}

#[test]
fn a_person_reads_back_as_recorded() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let (content, contacts) = told(ISLA);
    let (leave, kept) = (permit::<act::PersonCreate>(&jo), (content.clone(), contacts.clone()));
    let id = scratch.write(move |tx| insert(tx, &leave, content, contacts, now())).unwrap();
    let person = scratch.see(&jo, id).unwrap();
    assert_eq!((person.content, person.contacts), kept);
    assert_eq!(person.age_out_on, NaiveDate::from_ymd_opt(2033, 6, 24));
    assert_eq!((person.version, person.created_at, person.recorded_by.display_name.as_str()), (1, now(), "Jo Ashdown"));
    let (facts, less) = scratch.read(move |tx| facts::all(tx, Scope::Nothing, &BTreeSet::from([id]))).unwrap();
    assert_eq!((facts.len(), less.len(), facts[0].id), (1, 0, id));
    assert_eq!((facts[0].kind, facts[0].date_of_birth), (PersonKind::Child, NaiveDate::from_ymd_opt(2017, 2, 11)));
}

#[test]
fn a_page_looks_through_so_many_and_the_next_goes_on_from_there() {
    let scratch = Scratch::new();
    let (jo, kim) = (scratch.adviser("Jo Ashdown"), scratch.adviser("Kim Birch"));
    let isla = scratch.person(&jo, ISLA);
    let ro = r#"{"kind":"child","fullName":"Ro","pseudonymous":false,"dateOfBirth":"2017-02-11"}"#;
    let others: Vec<PersonId> = (0..5).map(|_| scratch.person(&jo, ro)).collect();
    let look = |by: &Caller, page: PageRequest| {
        let wanted: PersonSearch = serde_json::from_str(r#"{"name":"Izzy","dateOfBirth":"2017-02-11"}"#).unwrap();
        let leave = permit::<act::PersonSearch>(by);
        let found = scratch.read(move |tx| super::search::look_through(tx, &leave, &wanted, &page, (2, 2))).unwrap();
        (found.items.into_iter().map(|person| person.id).collect::<Vec<_>>(), found.next)
    };
    let (none, next) = look(&jo, first(1));
    assert!(none.is_empty() && next.is_some());
    assert_eq!(look(&jo, PageRequest { after: next, ..first(1) }), (vec![isla], None));
    assert_eq!(scratch.found(&jo, r#"{"name":"Izzy","dateOfBirth":"2017-02-11"}"#), [isla]);
    // To whoever does not see them a next page does not tell that there are some.
    let closed = scratch.bare_case(&jo, true);
    for person in others {
        scratch.subject(&jo, closed, person);
    }
    assert_eq!(look(&kim, first(1)), (vec![isla], None));
}

#[test]
fn no_name_birth_date_or_contact_stands_in_the_files_of_the_database() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    scratch.person(&jo, ISLA);
    let bytes = scratch.bytes();
    assert!(holds(&bytes, "Jo Ashdown"), "what is not sealed is seen, so the look itself works");
    for secret in ["Isla", "isla", "rnbeck", "Izzy", "Larkbeck", "2017-02-11", "7700 900123", "900123", "example.org"] {
        assert!(!holds(&bytes, secret), "{secret} stands in the clear");
    }
}

#[test]
fn a_person_is_found_by_any_name_birth_date_or_contact_however_it_is_written() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let isla = scratch.person(&jo, ISLA);
    scratch.person(&jo, r#"{"kind":"child","fullName":"Isla Thornbeck","pseudonymous":false,"dateOfBirth":"2016-02-11"}"#);
    for (search, hit) in [
        (r#"{"name":"isla mae  THORNBECK"}"#, true),
        (r#"{"name":"Isla‐Mae Tho\u0301rnbeck"}"#, true),
        (r#"{"name":"izzy"}"#, true),
        (r#"{"name":"Isla Larkbeck"}"#, true),
        (r#"{"name":"thornbeck","dateOfBirth":"2017-02-11"}"#, true),
        (r#"{"name":"Thornbeck Isla","dateOfBirth":"2017-02-11"}"#, true),
        (r#"{"dateOfBirth":"2017-02-11"}"#, true),
        (r#"{"contact":"07700 900 123"}"#, true),
        (r#"{"contact":"0044 7700-900123"}"#, true),
        (r#"{"contact":"isla@EXAMPLE.org"}"#, true),
        (r#"{"name":"Izzy","contact":"isla@example.org","dateOfBirth":"2017-02-11"}"#, true),
        (r#"{"name":"Isla"}"#, false),
        (r#"{"name":"Rowan","dateOfBirth":"2017-02-11"}"#, false),
        (r#"{"name":"Thornbeck Larkbeck","dateOfBirth":"2017-02-11"}"#, false),
        (r#"{"name":"thornbeck","dateOfBirth":"2017-02-12"}"#, false),
        (r#"{"contact":"rowan@example.org"}"#, false),
        (r#"{"name":"-","dateOfBirth":"2017-02-11"}"#, false),
    ] {
        assert_eq!(scratch.found(&jo, search), if hit { vec![isla] } else { vec![] }, "{search}");
    }
}

#[test]
fn somebody_else_with_the_same_token_is_not_found() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let rowan = scratch.person(&jo, r#"{"kind":"other","fullName":"Rowan Thornbeck","pseudonymous":false}"#);
    let sam = scratch.person(&jo, r#"{"kind":"other","fullName":"Sam Okoro","pseudonymous":false}"#);
    scratch
        .write(move |tx| {
            let token = tx.keys.index.token(Term::Name, "rowan thornbeck");
            diesel::insert_into(blind_index::table)
                .values((blind_index::token.eq(token), blind_index::person_id.eq(sam)))
                .execute(tx.conn)?;
            Ok(())
        })
        .unwrap();
    assert_eq!(scratch.found(&jo, r#"{"name":"Rowan Thornbeck"}"#), [rowan]);
}

#[test]
fn pages_are_full_and_complete_though_false_hits_lie_between() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let mut real = Vec::new();
    for index in 0..14 {
        let name = if index % 3 == 0 { "Ash Example" } else { "Rowan Thornbeck" };
        let id = scratch.person(&jo, &format!(r#"{{"kind":"other","fullName":"{name}","pseudonymous":false}}"#));
        if index % 3 == 0 {
            real.push(id);
        }
        scratch
            .write(move |tx| {
                let token = tx.keys.index.token(Term::Name, "ash example");
                diesel::delete(blind_index::table.find((token, id))).execute(tx.conn)?;
                diesel::insert_into(blind_index::table)
                    .values((blind_index::token.eq(token), blind_index::person_id.eq(id)))
                    .execute(tx.conn)?;
                Ok(())
            })
            .unwrap();
    }
    real.reverse();
    let (mut seen, mut page, mut sizes) = (Vec::new(), first(2), Vec::new());
    loop {
        let shown = scratch.look_for(&jo, r#"{"name":"Ash Example"}"#, page);
        sizes.push(shown.items.len());
        seen.extend(shown.items.into_iter().map(|person| person.id));
        let Some(next) = shown.next else { break };
        page.after = Some(next);
    }
    assert_eq!((seen, sizes), (real, vec![2, 2, 1]));
}

#[test]
fn whoever_takes_part_in_a_case_out_of_scope_only_is_not_there() {
    let scratch = Scratch::new();
    let (jo, kim) = (scratch.adviser("Jo Ashdown"), scratch.adviser("Kim Birch"));
    let isla = scratch.person(&jo, ISLA);
    assert!(scratch.see(&kim, isla).is_ok(), "of no case yet");
    let closed = scratch.bare_case(&jo, true);
    scratch.subject(&jo, closed, isla);
    assert!(scratch.see(&jo, isla).is_ok());
    let search = r#"{"dateOfBirth":"2017-02-11"}"#;
    assert_eq!(scratch.found(&jo, search), [isla]);
    assert!(matches!(scratch.see(&kim, isla), Err(Error::NotFound)));
    assert!(matches!(scratch.change(&kim, isla, 1, ISLA), Err(Error::NotFound)));
    assert!(scratch.found(&kim, search).is_empty());
    let leave = permit::<act::CaseOpen>(&kim);
    assert!(matches!(scratch.read(move |tx| require_visible(tx, &leave, &[isla])), Err(Error::NotFound)));
    let open = scratch.bare_case(&jo, false);
    scratch.subject(&jo, open, isla);
    assert!(scratch.see(&kim, isla).is_ok(), "of a second case, which is in scope");
}

#[test]
fn a_manager_needs_a_reason_for_somebody_of_restricted_cases_only() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let isla = scratch.person(&jo, ISLA);
    let case = scratch.bare_case(&jo, true);
    scratch.subject(&jo, case, isla);
    let without = scratch.manager("Pat Fernley", None);
    let with = scratch.manager("Pat Fernley", Some(AccessReason::Supervision));
    assert!(matches!(scratch.see(&without, isla), Err(Error::AccessReasonRequired)));
    assert!(scratch.see(&with, isla).is_ok());
    assert!(scratch.found(&without, r#"{"dateOfBirth":"2017-02-11"}"#).is_empty());
    assert!(matches!(scratch.see(&without, PersonId::mint()), Err(Error::NotFound)));
}

#[test]
fn everyone_named_must_be_visible() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let isla = scratch.person(&jo, ISLA);
    let ask = |people: Vec<PersonId>| {
        let leave = permit::<act::CaseOpen>(&jo);
        scratch.read(move |tx| require_visible(tx, &leave, &people))
    };
    assert!(ask(vec![isla, isla]).is_ok());
    assert!(matches!(ask(vec![isla, PersonId::mint()]), Err(Error::NotFound)));
}

#[test]
fn a_sealed_person_moved_to_another_row_is_corrupt() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let (isla, sam) = (scratch.person(&jo, ISLA), scratch.person(&jo, ISLA));
    scratch
        .write(move |tx| {
            let sealed = |tx: &mut Tx<'_>, id: PersonId| person::table.find(id).select(person::sealed).first::<Vec<u8>>(tx.conn);
            let (one, other) = (sealed(tx, isla)?, sealed(tx, sam)?);
            diesel::update(person::table.find(isla)).set(person::sealed.eq(other)).execute(tx.conn)?;
            diesel::update(person::table.find(sam)).set(person::sealed.eq(one)).execute(tx.conn)?;
            Ok(())
        })
        .unwrap();
    assert!(matches!(scratch.see(&jo, isla), Err(Error::Corrupt(_))));
    assert!(matches!(scratch.see(&jo, sam), Err(Error::Corrupt(_))));
}

#[test]
fn a_change_takes_the_guard_and_is_found_by_the_new_values_only() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let id = scratch.person(&jo, ISLA);
    let guarded = || {
        use crate::db::schema::decision_guard;
        scratch.read(move |tx| Ok(decision_guard::table.find(id).select(decision_guard::version).first::<i32>(tx.conn)?)).unwrap()
    };
    assert_eq!(guarded(), 1);
    let changed = r#"{"kind":"young_person","fullName":"Isla Birch","pseudonymous":false,"dateOfBirth":"2009-05-05"}"#;
    scratch.change(&jo, id, 1, changed).unwrap();
    assert_eq!(guarded(), 2);
    let person = scratch.see(&jo, id).unwrap();
    assert_eq!((person.version, person.content.kind, person.contacts.len()), (2, PersonKind::YoungPerson, 0));
    assert_eq!(scratch.found(&jo, r#"{"name":"Isla Birch"}"#), [id]);
    for old in [r#"{"name":"Izzy"}"#, r#"{"dateOfBirth":"2017-02-11"}"#, r#"{"contact":"isla@example.org"}"#] {
        assert!(scratch.found(&jo, old).is_empty(), "{old}");
    }
    let tokens: i64 =
        scratch.read(move |tx| Ok(blind_index::table.filter(blind_index::person_id.eq(id)).count().get_result(tx.conn)?)).unwrap();
    assert_eq!(tokens, 2, "the name and the birth date");
}

#[test]
fn a_stale_change_does_nothing() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let id = scratch.person(&jo, ISLA);
    scratch.change(&jo, id, 1, ISLA).unwrap();
    let late = r#"{"kind":"child","fullName":"Late","pseudonymous":false}"#;
    assert!(matches!(scratch.change(&jo, id, 1, late), Err(Error::Stale { current: 2 })));
    assert!(scratch.found(&jo, r#"{"name":"Late"}"#).is_empty());
    assert_eq!(scratch.found(&jo, r#"{"name":"Izzy"}"#), [id]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 500, failure_persistence: None, ..proptest::prelude::ProptestConfig::default() })]

    /// Whoever is looked for by what is recorded of them is found, however it is written: they have all the tokens that are asked for, and are
    /// known again when they are opened.
    #[test]
    fn nobody_is_missed_who_is_looked_for_by_what_is_on_record(
        name in "[A-Za-zÀ-žΑ-ωА-я]{1,9}( |-|')[A-Za-zÀ-žßłø]{1,9}",
        number in "0[1-9][0-9]{9}",
        account in "[a-z]{1,9}",
        day in 0_i64..9_000,
        forms in proptest::collection::vec(0_u8..9, 1..4),
        (by_name, by_birth, by_contact, by_number) in proptest::prelude::any::<(bool, bool, bool, bool)>(),
        dialled in 0_usize..5,
    ) {
        let written = |text: &str| forms.iter().fold(text.to_owned(), |text, form| crate::domain::spelling::rewritten(&text, *form));
        let born = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + chrono::TimeDelta::days(day);
        let email = format!("{account}@example.org");
        let (content, contacts) = told(&serde_json::json!({"kind": "child", "fullName": name, "pseudonymous": false, "dateOfBirth": born,
            "contacts": [{"kind": "mobile", "value": number, "safe": true}, {"kind": "email", "value": email, "safe": true}]}).to_string());
        let person = Sealed { known: Known { content, contacts }, own: Vec::new() };
        let rest = &number[1..];
        let numbers = [format!("+44 {rest}"), format!("0044{rest}"), format!("+44(0){rest}"), format!("44 {rest}"), written(&number)];
        let contact = if by_number { numbers[dialled].clone() } else { written(&email) };
        let search = PersonSearch {
            name: by_name.then(|| written(&name).as_str().into()),
            date_of_birth: by_birth.then_some(born),
            contact: (by_contact || !(by_name || by_birth)).then(|| contact.as_str().into()),
        };
        let keys = IndexKey::new(&crate::db::sealed::Secret::new([7; 32]));
        let wanted = Wanted::new(&search).unwrap();
        let held = tokens(&keys, &person);
        proptest::prop_assert!(wanted.tokens(&keys).iter().all(|token| held.contains(token)), "{:?} {:?}", search.name, contact);
        proptest::prop_assert!(wanted.is(&[&person.known]), "{name} {contact}");
    }
}
