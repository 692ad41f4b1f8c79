//! How many families there are, however many cases they have.

use super::*;
use crate::authz::{Caller, act};
use crate::db::cases;
use crate::db::schema::person;
use crate::db::testing::{Scratch, bare_content, now, permit};
use crate::domain::case::{CaseContent, CaseUpdate, RankedNeed, WorkStatus};
use crate::domain::person::{ContactUpdate, NewPerson, contacts_after};
use crate::domain::vocabulary::{AppealType, Outcome, SenNeed, Setting};

fn somebody(scratch: &Scratch, by: &Caller, json: &str) -> PersonId {
    let new: NewPerson = serde_json::from_str(json).unwrap();
    let contacts = new.contacts.into_iter().map(|contact| ContactUpdate { id: None, contact }).collect();
    let leave = permit::<act::PersonCreate>(by);
    scratch.write(move |tx| people::insert(tx, &leave, new.content, contacts_after(&[], contacts), now())).unwrap()
}

fn child(scratch: &Scratch, by: &Caller, born: &str) -> PersonId {
    let json = format!(
        r#"{{"kind":"child","pseudonymous":true,"dateOfBirth":"{born}","contacts":[{{"kind":"postal","value":"12 Example Row, la9 4xx","safe":true}}]}}"#
    );
    somebody(scratch, by, &json)
}

fn case(scratch: &Scratch, by: &Caller, of: PersonId) -> CaseId {
    case_at(scratch, by, of, "The Larkbeck Primary")
}

fn case_at(scratch: &Scratch, by: &Caller, of: PersonId, setting: &str) -> CaseId {
    let content = CaseContent {
        sen_needs: vec![RankedNeed { need: SenNeed::Slcn, rank: 1 }],
        setting: Some(Setting::Mainstream),
        setting_name: Some(setting.into()),
        area: Some("south".into()),
        appeal_types: vec![AppealType::PaperHearing],
        ..bare_content()
    };
    let leave = permit(by);
    let id = scratch
        .write(move |tx| cases::insert(tx, &leave, content, Vec::new(), cases::Beginning::with(leave.staff(), false), now()))
        .unwrap();
    scratch.subject(by, id, of);
    id
}

fn counted(scratch: &Scratch, by: &Caller, cohort: Cohort, enough: u64, at: Timestamp) -> Result<u64> {
    let leave = permit::<act::DisclosureCheck>(by);
    scratch.read(move |tx| {
        let settings = Settings::load(tx, &leave)?;
        families(tx, &leave, &cohort, &settings, enough, at)
    })
}

fn count(scratch: &Scratch, by: &Caller, cohort: Cohort, at: Timestamp) -> u64 {
    counted(scratch, by, cohort, u64::MAX, at).unwrap()
}

fn names(scratch: &Scratch, by: &Caller) -> Vec<String> {
    let leave = permit::<act::DisclosureCheck>(by);
    scratch.read(move |tx| Ok(Settings::load(tx, &leave)?.names())).unwrap()
}

fn damage_person(scratch: &Scratch, id: PersonId) {
    scratch.write(move |tx| Ok(diesel::update(person::table.find(id)).set(person::sealed.eq(vec![1u8])).execute(tx.conn)?)).unwrap();
}

fn damage_case(scratch: &Scratch, id: CaseId) {
    scratch.write(move |tx| Ok(diesel::update(case_file::table.find(id)).set(case_file::sealed.eq(vec![1u8])).execute(tx.conn)?)).unwrap();
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
fn two_on_record_who_are_one_are_one_family_and_what_is_known_of_either_matches() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let (ana, caller) = (child(&scratch, &jo, "2017-02-11"), somebody(&scratch, &jo, r#"{"kind":"anonymous","pseudonymous":true}"#));
    case(&scratch, &jo, ana);
    case_at(&scratch, &jo, caller, "Elm Primary");
    let at_elm = || Cohort { setting_name: Some("Elm Primary".into()), age_band: Some(AgeBand::From5To10), ..Cohort::default() };
    assert_eq!((count(&scratch, &jo, Cohort::default(), now()), count(&scratch, &jo, at_elm(), now())), (2, 0));
    scratch.write(move |tx| Ok(diesel::update(person::table.find(caller)).set(person::counts_as.eq(ana)).execute(tx.conn)?)).unwrap();
    assert_eq!((count(&scratch, &jo, Cohort::default(), now()), count(&scratch, &jo, at_elm(), now())), (1, 1));
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
    assert_eq!(names(&scratch, &jo), ["Fellside College", "The Larkbeck Primary"]);
}

#[test]
fn each_way_of_writing_a_setting_is_known_and_all_are_one_setting() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    // In a text they are different words, so one cannot stand for the other.
    for name in ["St Mary's", "St Marys", "The St Mary\u{2019}s", "St Mary's", "St Olave"] {
        let of = child(&scratch, &jo, "2017-02-11");
        case_at(&scratch, &jo, of, name);
    }
    assert_eq!(names(&scratch, &jo), ["St Mary's", "St Marys", "St Olave", "The St Mary\u{2019}s"]);
    assert_eq!(count(&scratch, &jo, Cohort { setting_name: Some("ST MARY'S".into()), ..Cohort::default() }, now()), 4);
}

#[test]
fn a_setting_is_known_by_its_new_name_once_that_is_changed() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let id = case(&scratch, &jo, child(&scratch, &jo, "2017-02-11"));
    for (version, name) in [(1, Some("Fellside")), (2, None)] {
        let content = CaseContent { setting_name: name.map(Into::into), ..bare_content() };
        let (leave, update) = (permit(&jo), CaseUpdate { content, status: WorkStatus::Open });
        scratch.write(move |tx| cases::update(tx, &leave, id, version, update, now())).unwrap();
        assert_eq!(names(&scratch, &jo), name.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn one_case_of_each_setting_is_opened_and_nobody_whom_the_question_does_not_need() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let children: Vec<PersonId> = (0..4).map(|_| child(&scratch, &jo, "2017-02-11")).collect();
    let cases: Vec<CaseId> = children.iter().map(|of| case(&scratch, &jo, *of)).collect();
    // The newest stands for all: the others need not open.
    cases[..3].iter().for_each(|case| damage_case(&scratch, *case));
    children[..3].iter().for_each(|person| damage_person(&scratch, *person));
    let here = || Cohort { setting_name: Some("Larkbeck Primary".into()), area: Some("south".into()), ..Cohort::default() };
    assert_eq!(counted(&scratch, &jo, here(), u64::MAX, now()).unwrap(), 4);
    let aged = Cohort { age_band: Some(AgeBand::From5To10), ..here() };
    assert!(matches!(counted(&scratch, &jo, aged.clone(), u64::MAX, now()), Err(Error::Corrupt(_))));
    // Once the age of the subject fits nobody else is opened; where they live is asked of all.
    let grown = child(&scratch, &jo, "1985-05-05");
    damage_person(&scratch, grown);
    let sound = child(&scratch, &jo, "2017-02-11");
    let elsewhere = case_at(&scratch, &jo, sound, "Fellside");
    scratch.takes_part(&jo, elsewhere, grown, ParticipantRole::ServiceUser);
    let fellside = Cohort { setting_name: Some("Fellside".into()), ..aged };
    assert_eq!(counted(&scratch, &jo, fellside.clone(), u64::MAX, now()).unwrap(), 1);
    let lives = Cohort { outward_code: Some("LA8".into()), ..fellside };
    assert!(matches!(counted(&scratch, &jo, lives, u64::MAX, now()), Err(Error::Corrupt(_))));
}

#[test]
fn the_age_that_counts_is_that_of_the_subject() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let id = case(&scratch, &jo, child(&scratch, &jo, "2005-02-11"));
    scratch.takes_part(&jo, id, child(&scratch, &jo, "2017-02-11"), ParticipantRole::ServiceUser);
    for (band, families) in [(AgeBand::From5To10, 0), (AgeBand::From19To25, 1)] {
        assert_eq!(count(&scratch, &jo, Cohort { age_band: Some(band), ..Cohort::default() }, now()), families, "{band:?}");
    }
}

#[test]
fn no_more_families_are_looked_for_than_are_enough() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    for _ in 0..5 {
        case(&scratch, &jo, child(&scratch, &jo, "2017-02-11"));
    }
    for (enough, found) in [(0, 0), (3, 3), (5, 5), (6, 5)] {
        assert_eq!(counted(&scratch, &jo, Cohort::default(), enough, now()).unwrap(), found);
    }
}

#[test]
fn a_closed_case_counts_through_the_day_24_months_later_leap_days_included() {
    for (today, first) in
        [("2026-02-28", "2024-02-28"), ("2026-03-01", "2024-03-01"), ("2028-02-29", "2026-03-01"), ("2028-02-28", "2026-02-28")]
    {
        let (today, first): (NaiveDate, NaiveDate) = (today.parse().unwrap(), first.parse().unwrap());
        assert_eq!(first_counted(today), first, "{today}");
        assert!(months_after(first, MONTHS) >= today && months_after(first.pred_opt().unwrap(), MONTHS) < today, "{today}");
    }
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
