//! How many families there are, however many cases they have.

use super::*;
use crate::authz::{Caller, act};
use crate::db::cases;
use crate::db::testing::{Scratch, bare_content, now, permit};
use crate::domain::case::RankedNeed;
use crate::domain::person::{ContactUpdate, NewPerson, contacts_after};
use crate::domain::vocabulary::{AppealType, Outcome, SenNeed, Setting};

fn person(scratch: &Scratch, by: &Caller, json: &str) -> PersonId {
    let new: NewPerson = serde_json::from_str(json).unwrap();
    let contacts = new.contacts.into_iter().map(|contact| ContactUpdate { id: None, contact }).collect();
    let leave = permit::<act::PersonCreate>(by);
    scratch.write(move |tx| people::insert(tx, &leave, new.content, contacts_after(&[], contacts), now())).unwrap()
}

fn child(scratch: &Scratch, by: &Caller, born: &str) -> PersonId {
    let json = format!(
        r#"{{"kind":"child","pseudonymous":true,"dateOfBirth":"{born}","contacts":[{{"kind":"postal","value":"12 Example Row, la9 4xx","safe":true}}]}}"#
    );
    person(scratch, by, &json)
}

fn case(scratch: &Scratch, by: &Caller, of: PersonId) -> CaseId {
    let content = crate::domain::case::CaseContent {
        sen_needs: vec![RankedNeed { need: SenNeed::Slcn, rank: 1 }],
        setting: Some(Setting::Mainstream),
        setting_name: Some("The Larkbeck Primary".into()),
        area: Some("south".into()),
        appeal_types: vec![AppealType::PaperHearing],
        ..bare_content()
    };
    let leave = permit(by);
    let id = scratch.write(move |tx| cases::insert(tx, &leave, content, false, now())).unwrap();
    scratch.subject(by, id, of);
    id
}

fn count(scratch: &Scratch, by: &Caller, cohort: Cohort, at: Timestamp) -> u64 {
    let leave = permit::<act::DisclosureCheck>(by);
    scratch.read(move |tx| families(tx, &leave, &cohort, at)).unwrap()
}

#[test]
fn a_family_with_several_cases_counts_once_even_if_they_are_joined_through_a_third() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let [ana, sam, other] = ["2014-03-12", "2017-02-02", "2016-01-23"].map(|born| child(&scratch, &jo, born));
    case(&scratch, &jo, ana);
    case(&scratch, &jo, ana);
    case(&scratch, &jo, sam);
    case(&scratch, &jo, other);
    assert_eq!(count(&scratch, &jo, Cohort::default(), now()), 3);
    let both = case(&scratch, &jo, ana);
    scratch.subject(&jo, both, sam);
    assert_eq!(count(&scratch, &jo, Cohort::default(), now()), 2);
    // Nobody takes part in it: it could be anybody's, so it counts for no family.
    scratch.bare_case(&jo, false);
    assert_eq!(count(&scratch, &jo, Cohort::default(), now()), 2);
}

#[test]
fn a_restricted_case_counts_for_whoever_asks() {
    let scratch = Scratch::new();
    let (jo, kit) = (scratch.adviser("Jo Ashdown"), scratch.adviser("Kit Farrow"));
    let hidden = scratch.bare_case(&jo, true);
    scratch.subject(&jo, hidden, child(&scratch, &jo, "2014-03-12"));
    assert_eq!(count(&scratch, &kit, Cohort::default(), now()), 1);
}

#[test]
fn every_descriptor_must_match() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    case(&scratch, &jo, child(&scratch, &jo, "2017-02-11"));
    let all = || Cohort {
        sen_need: Some(SenNeed::Slcn),
        setting: Some(Setting::Mainstream),
        setting_name: Some("LARKBECK primary".into()),
        area: Some("south".into()),
        outward_code: Some("LA9".into()),
        age_band: Some(AgeBand::From5To10),
        appeal_type: Some(AppealType::PaperHearing),
    };
    assert_eq!(count(&scratch, &jo, all(), now()), 1);
    for wrong in [
        Cohort { sen_need: Some(SenNeed::Asd), ..all() },
        Cohort { setting: Some(Setting::Special), ..all() },
        Cohort { setting_name: Some("Larkbeck".into()), ..all() },
        Cohort { area: Some("north".into()), ..all() },
        Cohort { outward_code: Some("LA8".into()), ..all() },
        Cohort { age_band: Some(AgeBand::From11To15), ..all() },
        Cohort { appeal_type: Some(AppealType::CeaseToMaintain), ..all() },
    ] {
        assert_eq!(count(&scratch, &jo, wrong.clone(), now()), 0, "{wrong:?}");
    }
}

#[test]
fn a_closed_case_counts_for_24_months() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let id = case(&scratch, &jo, child(&scratch, &jo, "2017-02-11"));
    let leave = permit::<act::CaseClose>(&jo);
    scratch.write(move |tx| cases::close(tx, &leave, id, 1, Outcome::Agreed, now())).unwrap();
    let later = |text: &str| count(&scratch, &jo, Cohort::default(), Timestamp::parse(text).unwrap());
    assert_eq!(later("2028-09-14T20:00:00Z"), 1);
    assert_eq!(later("2028-09-15T08:00:00Z"), 0);
}

#[test]
fn settings_are_known_from_cases_and_from_the_register() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    case(&scratch, &jo, child(&scratch, &jo, "2017-02-11"));
    let lou = permit::<act::RecipientCreate>(&scratch.manager("Lou Penhale", None));
    for json in [
        r#"{"bodyType":"college","name":"Fellside College","teams":[],"safeguardingFunction":false}"#,
        r#"{"bodyType":"police","name":"Lakeshire Police","teams":[],"safeguardingFunction":true}"#,
    ] {
        let (new, lou) = (serde_json::from_str(json).unwrap(), lou.clone());
        scratch.write(move |tx| crate::db::recipients::insert(tx, &lou, &new, now())).unwrap();
    }
    let leave = permit::<act::DisclosureCheck>(&jo);
    let names = scratch.read(move |tx| setting_names(tx, &leave)).unwrap();
    assert_eq!(names, ["Fellside College", "The Larkbeck Primary"]);
}

#[test]
fn an_outward_code_is_read_from_a_postcode_however_it_is_written() {
    for (address, code) in [
        ("12 Example Row, LA9 4XX", Some("LA9")),
        ("12 Example Row LA94XX", Some("LA9")),
        ("flat 3, ec1a 1bb London", Some("EC1A")),
        ("Somewhere, M1 1AE, England", Some("M1")),
        ("12 Example Row", None),
        ("LA9", None),
        ("", None),
        ("Ærø 4XX", None),
    ] {
        assert_eq!(outward_code(address).as_deref(), code, "{address}");
    }
}
