//! Issues raised without names (C6): nobody may be recognisable by the words or by being one of few.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::apart::own_case;
use crate::family::{Family, merge, person};
use crate::harness::{Reply, TestApp, at};

const TEXT: &str = "Calls to the SEND team are not returned for three weeks.";

/// One more family like that of Ana.
fn another(app: &TestApp, child: Option<&str>) -> String {
    let child = child.map_or_else(
        || person(app, &json!({"kind":"child","knownAs":"Pip","pseudonymous":false,"dateOfBirth":"2014-05-01"})).id(),
        str::to_owned,
    );
    let case = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"draft_plan","primary":true}],
        "senNeeds":[{"type":"slcn","rank":1}],"setting":"mainstream","area":"south","appealTypes":[],
        "participants":[{"personId":child,"role":"subject","relation":"self","servedSeparately":false}]});
    app.adviser().post("/cases", &case).ok(201);
    child
}

/// An issue raised without names.
pub fn issue(family: &Family, change: Value) -> Value {
    let mut body = json!({"basis":"anonymised","purpose":"pass_information","direction":"outbound","channel":"secure_email",
        "recipient":{"recipientId":family.council,"teamId":family.north},"informationCategories":["concerns_raised"],
        "cohort":{"senNeed":"slcn","setting":"mainstream","area":"south","ageBand":"11_15"},"summary":TEXT});
    merge(&mut body, change);
    body
}

/// Asked both ways, with the same answer.
#[track_caller]
fn raise(app: &TestApp, family: &Family, ask: &Value) -> Reply {
    let check = family.check(app, ask).ok(200);
    let reply = family.disclose(app, ask);
    assert_eq!(check.body["allowed"], reply.status == 201, "{} / {}", check.text, reply.text);
    if reply.status != 201 {
        assert_eq!((&check.body["code"], &check.body["reasons"]), (&reply.body["code"], &reply.body["errors"]));
    }
    reply
}

/// So many families like that of Ana.
pub fn with_families(count: usize) -> (TestApp, Family) {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    for _ in 1..count {
        another(&app, None);
    }
    (app, family)
}

#[test]
fn an_issue_that_eight_families_could_have_raised_may_be_raised() {
    // D43.
    let (app, family) = with_families(8);
    let raised = raise(&app, &family, &issue(&family, json!({}))).ok(201);
    assert_eq!((&raised.body["identified"], &raised.body["consents"]), (&json!(false), &json!([])));
    assert_eq!((&raised.body["subjectIds"], &raised.body["dataSubjectIds"]), (&json!([]), &json!([])));
    assert_eq!(raised.body["policy"]["clauses"], json!(["C6"]));
    let index = &raised.body["logEntries"][0]["index"];
    let entry = app.manager().get(&format!("/disclosure-log/entries/{index}")).ok(200);
    let body = &entry.body["body"];
    assert_eq!((&body["identified"], &body["basis"]), (&json!(false), &json!("anonymised")));
    assert!(body.get("subjects").is_none(), "{}", entry.text);
}

#[test]
fn with_seven_families_it_is_too_few_and_nobody_learns_how_many() {
    // D44. Two cases of one family are one family.
    let (app, family) = with_families(6);
    let child = another(&app, None);
    another(&app, Some(&child));
    let refused =
        raise(&app, &family, &issue(&family, json!({}))).problem(422, "identifying-details").rule_at("#/cohort", "cohort_too_small");
    assert_eq!(refused.rules(), ["cohort_too_small"]);
    assert_eq!(refused.body["errors"][0]["detail"].as_str().unwrap().chars().filter(|sign| "67".contains(*sign)).count(), 0);
    assert!(refused.body["refusalIndex"].is_i64());
    // Those who match in part do not count, and those who are gone for two years do not either.
    another(&app, None);
    raise(&app, &family, &issue(&family, json!({"cohort":{"senNeed":"slcn","appealType":"cease_to_maintain"}})))
        .problem(422, "identifying-details")
        .rule("cohort_too_small");
    raise(&app, &family, &issue(&family, json!({"cohort":{"senNeed":"slcn","area":"north"}}))).problem(422, "identifying-details");
    raise(&app, &family, &issue(&family, json!({}))).ok(201);
    family.close(&app);
    app.clock.set(at("2028-06-02T09:00:00Z"), true);
    let gone = issue(&family, json!({"cohort":{"senNeed":"slcn"}}));
    raise(&app, &family, &gone).problem(422, "identifying-details").rule("cohort_too_small");
}

#[test]
fn names_and_dates_are_pointed_at_and_never_repeated() {
    // D45 and the examples of the policy.
    let (app, family) = with_families(8);
    let app_ref = &app;
    for (before, hit, after, rule) in [
        ("Speech therapy for ", "Ana", " has stopped.", "identifier_name"),
        ("The ", "MARSH", " family waits.", "identifier_name"),
        ("They rang ", "Nell", " about it.", "identifier_name"),
        ("The pupil was born ", "12/03/2014", " and waits.", "identifier_birth_date"),
        ("Write to ", "parent.one (at) example.org", " about it.", "identifier_email"),
        ("They live in ", "ZZ99 3WZ", " and wait.", "identifier_postcode"),
        ("See our file ", "IASS-2026-000001", " for it.", "identifier_reference"),
    ] {
        let text = format!("{before}{hit}{after}");
        let refused = raise(app_ref, &family, &issue(&family, json!({"summary":text})))
            .problem(422, "identifying-details")
            .rule_at("#/summary", rule);
        // An address holds a domain, too, and a reference many digits.
        let too = match rule {
            "identifier_email" => Some("identifier_link"),
            "identifier_reference" => Some("identifier_number"),
            _ => None,
        };
        assert_eq!(refused.rules(), [rule].into_iter().chain(too).collect::<Vec<_>>(), "{}", refused.text);
        let errors = refused.body["errors"].as_array().unwrap();
        let error = errors.iter().find(|error| error["rule"] == rule).unwrap();
        let (start, end) = (error["range"]["start"].as_u64().unwrap(), error["range"]["end"].as_u64().unwrap());
        let found: String = text.chars().skip(start.try_into().unwrap()).take((end - start).try_into().unwrap()).collect();
        assert!(found.contains(hit) || hit.contains(&found) && !found.is_empty(), "{found} for {hit}");
        assert!(!refused.text.contains(hit), "{}", refused.text);
    }
}

#[test]
fn what_the_text_gives_away_must_be_said() {
    let (app, family) = with_families(8);
    let named = issue(&family, json!({"summary":"At Larkbeck Primary plans arrive late."}));
    raise(&app, &family, &named).problem(422, "identifying-details").rule_at("#/summary", "cohort_descriptor_missing");
    let outward = issue(&family, json!({"summary":"Families in LA9 wait longer than others."}));
    raise(&app, &family, &outward).problem(422, "identifying-details").rule("cohort_descriptor_missing");
    // Said, it is one family.
    let said = issue(&family, json!({"summary":"At Larkbeck Primary plans arrive late.","cohort":{"settingName":"larkbeck  primary"}}));
    let refused = raise(&app, &family, &said).problem(422, "identifying-details");
    assert_eq!(refused.rules(), ["cohort_too_small"]);
}

#[test]
fn the_same_words_do_not_go_twice_to_the_same_body_within_a_year() {
    let (app, family) = with_families(8);
    let first = raise(&app, &family, &issue(&family, json!({}))).ok(201).id();
    // What did not go did not go twice.
    app.adviser().post(&format!("/disclosures/{first}/annotations"), &json!({"kind":"not_sent"})).ok(201);
    raise(&app, &family, &issue(&family, json!({}))).ok(201);
    for text in [TEXT, "calls to the SEND-team are not returned  for three weeks"] {
        let again = issue(&family, json!({"summary":text,"recipient":{"recipientId":family.council,"teamId":family.south}}));
        raise(&app, &family, &again).problem(422, "identifying-details").rule_at("#/summary", "repeated_wording");
    }
    raise(&app, &family, &issue(&family, json!({"recipient":{"recipientId":family.school}}))).ok(201);
    raise(&app, &family, &issue(&family, json!({"summary":"Nobody rings back."}))).ok(201);
    app.clock.set(at("2027-05-31T12:00:00Z"), true);
    raise(&app, &family, &issue(&family, json!({"cohort":{"senNeed":"slcn"}})))
        .problem(422, "identifying-details")
        .rule("repeated_wording");
    app.clock.set(at("2027-06-01T12:00:00Z"), true);
    raise(&app, &family, &issue(&family, json!({"cohort":{"senNeed":"slcn"}}))).ok(201);
}

#[test]
fn nothing_that_names_somebody_goes_with_it() {
    let (app, family) = with_families(8);
    let note = family.n1(&app);
    let copy = json!([{"personId":family.mia,"contactId":family.mia_contact}]);
    for (change, place) in [
        (json!({"subjectIds":[family.ana]}), "#/subjectIds"),
        (json!({"noteIds":[note]}), "#/noteIds"),
        (json!({"copies":copy}), "#/copies"),
        (json!({"recipient":{"personId":family.mia}}), "#/recipient/personId"),
        (json!({"purpose":null}), "#/purpose"),
        // What is done for one family tells whose it is, whatever is said: "we have seen them" to whoever referred them (C7).
        (json!({"purpose":"feedback_to_referrer"}), "#/purpose"),
        (json!({"purpose":"identify_in_issue"}), "#/purpose"),
        (json!({"purpose":"attend_meeting"}), "#/purpose"),
        (json!({"purpose":"request_information"}), "#/purpose"),
        (json!({"purpose":"mediation"}), "#/purpose"),
        (json!({"purpose":"tribunal"}), "#/purpose"),
        (json!({"purpose":"complaint"}), "#/purpose"),
        (json!({"direction":"inbound_request"}), "#/direction"),
    ] {
        let ask = issue(&family, change);
        family.disclose(&app, &ask).problem(422, "rule-violated").rule_at(place, "contradicting_fields");
        family.check(&app, &ask).problem(422, "rule-violated").rule_at(place, "contradicting_fields");
    }
    raise(&app, &family, &issue(&family, json!({"purpose":"liaison"}))).ok(201);
}

#[test]
fn a_name_that_the_caller_cannot_know_is_not_found_out_by_trying() {
    let (app, family) = with_families(8);
    let hers = || app.as_staff(Role::Adviser, "hers");
    own_case(&hers(), &family.mia);
    hers().if_match(1).patch(&format!("/people/{}", family.mia), &json!({"knownAs":"Zofia Quell"})).ok(200);
    let told = |text: &str| raise(&app, &family, &issue(&family, json!({"summary":text})));
    assert_eq!(family.check(&app, &issue(&family, json!({"summary":"Iris, Rosa and Omar wait."}))).body["allowed"], true);
    for text in ["Zofia waits for a draft plan.", "Iris, Rosa, Zofia and Omar wait.", "The Quell family waits."] {
        let refused = told(text).problem(422, "identifying-details");
        let error = json!({"pointer":"#/cohort","rule":"cohort_too_small","detail":refused.body["errors"][0]["detail"]});
        assert_eq!(refused.body["errors"], json!([error]), "{}", refused.text);
    }
    // Beside a name that they know, nothing more is said.
    assert_eq!(told("Mia and Zofia wait for a plan.").rules(), told("Mia and Rosa wait for a plan.").rules());
    // Those who know it are shown where it stands.
    let manager = app.manager().with("Access-Reason", "supervision");
    let known = manager.post(&format!("/cases/{}/disclosure-checks", family.case), &issue(&family, json!({"summary":"Zofia waits."})));
    let reason = &known.ok(200).body["reasons"][0];
    assert_eq!((&reason["rule"], &reason["range"]), (&json!("identifier_name"), &json!({"start":0,"end":5})));
}

#[test]
fn a_setting_that_only_a_hidden_case_names_is_not_found_out_by_trying() {
    let (app, family) = with_families(8);
    let hers = || app.as_staff(Role::Adviser, "hers");
    let child = person(&app, &json!({"kind":"child","knownAs":"Kit","pseudonymous":false,"dateOfBirth":"2014-05-01"})).id();
    let case = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"draft_plan","primary":true}],
        "senNeeds":[{"type":"hi","rank":1}],"setting":"special","settingName":"Fellgate Academy","area":"south","appealTypes":[],
        "participants":[{"personId":child,"role":"subject","relation":"self","servedSeparately":false}]});
    let opened = hers().post("/cases", &case).ok(201);
    let told = |text: &str, cohort: Value| raise(&app, &family, &issue(&family, json!({"summary":text,"cohort":cohort})));
    let wide = || json!({"senNeed":"slcn"});
    told("At Fellgate Academy plans arrive late.", wide())
        .problem(422, "identifying-details")
        .rule_at("#/summary", "cohort_descriptor_missing");
    let worker = opened.body["assignedTo"]["id"].as_str().unwrap();
    let hide = json!({"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[],"reason":"A family known here."});
    app.manager().if_match(opened.version()).put(&format!("/cases/{}/restriction", opened.id()), &hide).ok(200);
    for (text, cohort) in [
        ("At Fellgate Academy plans arrive late.", wide()),
        // Initials count where a setting is named, which must not tell that it is one.
        ("AM had no place at Fellgate Academy.", wide()),
        ("At Fellgate Academy plans arrive late.", json!({"senNeed":"slcn","settingName":"Fellgate Academy"})),
    ] {
        let refused = told(text, cohort).problem(422, "identifying-details");
        let error = json!({"pointer":"#/cohort","rule":"cohort_too_small","detail":refused.body["errors"][0]["detail"]});
        assert_eq!(refused.body["errors"], json!([error]), "{}", refused.text);
    }
    let ask = issue(&family, json!({"summary":"At Fellgate Academy plans arrive late.","cohort":wide()}));
    let known = hers().post(&format!("/cases/{}/disclosure-checks", family.case), &ask).ok(200);
    assert_eq!(known.body["reasons"][0]["rule"], "cohort_descriptor_missing", "{}", known.text);
}
