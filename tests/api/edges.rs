//! What the policy says must be tested, clause by clause, where no other test of the contract is about it.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::family::{Family, person};
use crate::harness::{Reply, TestApp, at};

/// Asked both ways, with the same answer.
#[track_caller]
fn both(app: &TestApp, family: &Family, ask: &Value) -> Reply {
    let (check, reply) = (family.check(app, ask).ok(200), family.disclose(app, ask));
    assert_eq!(check.body["allowed"], reply.status == 201, "{} / {}", check.text, reply.text);
    if reply.status != 201 {
        assert_eq!((&check.body["code"], &check.body["reasons"]), (&reply.body["code"], &reply.body["errors"]));
    }
    reply
}

fn body(app: &TestApp, kind: &str, name: &str) -> String {
    app.manager().post("/recipients", &json!({"bodyType":kind,"name":name,"teams":[],"safeguardingFunction":false})).ok(201).id()
}

#[test]
fn c1_the_council_as_corporate_parent_gains_nothing() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.note(&app, &family.ana, &[&family.ana], "school_provision", json!({}));
    let council = person(&app, &json!({"kind":"other","fullName":"Lakeshire Council","pseudonymous":false})).id();
    let part = json!({"personId":council,"role":"other_parent","relation":"la_as_corporate_parent","servedSeparately":false,
        "parentalResponsibility":[{"childId":family.ana,"value":"yes","evidence":"order_seen"}]});
    app.adviser().post(&format!("/cases/{}/participants", family.case), &part).ok(201);
    // It cannot permit that it is told itself.
    let itself = family.permission(json!({"granterId":council,"subjectIds":[family.ana]}));
    let path = format!("/cases/{}/consents", family.case);
    app.adviser().post(&path, &itself).problem(422, "rule-violated").rule_at("#/subjectIds/0", "granter_not_authorised");
    let school = json!({"granterId":council,"subjectIds":[family.ana],"recipients":[{"recipientId":family.school}]});
    family.permit(&app, school);
    both(&app, &family, &family.ask(&note, json!({"recipient":{"recipientId":family.school}}))).ok(201);
    both(&app, &family, &family.ask(&note, json!({}))).problem(409, "consent-required").rule("granter_not_authorised");
    // Nor does its no stand in the way of a parent's yes.
    family.refuse(&app, &council, &[&family.ana]);
    family.permit(&app, json!({}));
    both(&app, &family, &family.ask(&note, json!({}))).ok(201);
}

#[test]
fn c1_separated_parents_with_one_adviser_each_decide_about_their_own_words() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let Family { ana, mia, finn, .. } = &family;
    let his = family.note(&app, finn, &[ana], "school_provision", json!({}));
    let ask = family.ask(&his, json!({}));
    // Either may permit for their child; of what he said himself only he does.
    family.permit(&app, json!({}));
    let refused = both(&app, &family, &ask).problem(409, "consent-required");
    assert_eq!((&refused.body["errors"][0]["rule"], &refused.body["errors"][0]["subjectIds"]), (&json!("consent_missing"), &json!([finn])));
    family.permit(&app, json!({"granterId":finn,"subjectIds":[finn]}));
    let copied = family.ask(&his, json!({"copies":[{"personId":mia,"contactId":family.mia_contact}]}));
    both(&app, &family, &copied).problem(409, "consent-scope-exceeded").rule_at("#/noteIds/0", "copy_not_permitted");
    let made = both(&app, &family, &ask).ok(201).id();
    // And in what left about her, it does not stand.
    for (person, there) in [(finn, true), (ana, true), (mia, false)] {
        let left = app.adviser().get(&format!("/cases/{}/disclosures?subjectId={person}", family.case)).ok(200);
        assert_eq!(left.body["items"].as_array().unwrap().iter().any(|row| row["id"] == json!(made)), there, "{}", left.text);
    }
}

#[test]
fn c3_a_telephone_call_is_a_disclosure_and_stands_in_the_log() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    let call = family.ask(&note, json!({"channel":"phone"}));
    let refused = both(&app, &family, &call).problem(409, "consent-required");
    family.permit(&app, json!({"conditions":[{"kind":"channel_in","channels":["phone","meeting"]}]}));
    both(&app, &family, &family.ask(&note, json!({}))).problem(409, "consent-scope-exceeded").rule("condition_unmet");
    let made = both(&app, &family, &call).ok(201);
    for (index, kind) in [(&refused.body["refusalIndex"], "disclosure_refused"), (&made.body["logEntries"][0]["index"], "disclosure_made")]
    {
        let entry = app.manager().get(&format!("/disclosure-log/entries/{index}")).ok(200);
        assert_eq!((&entry.body["body"]["kind"], &entry.body["body"]["channel"]), (&json!(kind), &json!("phone")));
    }
}

#[test]
fn c3_one_recipient_at_a_time_and_nobody_asserts_a_permission() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let ask = family.ask(&family.n1(&app), json!({}));
    let recipients = json!([{"recipientId":family.council,"teamId":family.north},{"recipientId":family.school}]);
    for (field, value) in [
        ("recipient", recipients.clone()),
        ("recipients", recipients),
        ("allowed", json!(true)),
        ("override", json!(true)),
        ("consents", json!([])),
        ("policy", json!({"rule":"R3"})),
        ("status", json!("sent")),
        ("decidedAt", json!("2026-06-01T09:00:00.000Z")),
    ] {
        let mut asserted = ask.clone();
        asserted[field] = value;
        family.disclose(&app, &asserted).problem(400, "validation-failed");
        family.check(&app, &asserted).problem(400, "validation-failed");
    }
    assert_eq!(app.adviser().get(&format!("/cases/{}/disclosures", family.case)).ok(200).body["items"], json!([]));
}

#[test]
fn c3_a_court_order_is_no_permission() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    family.permit(&app, json!({}));
    let court = json!({"recipientId":body(&app, "court", "Family Court")});
    family.disclose(&app, &family.ask(&note, json!({"basis":"legal_compulsion","recipient":court}))).problem(400, "validation-failed");
    for recipient in [court, json!({"recipientId":body(&app, "police", "Lakeshire Police")})] {
        let reply = both(&app, &family, &family.ask(&note, json!({"recipient":recipient}))).problem(409, "consent-scope-exceeded");
        assert_eq!(reply.rules(), ["recipient_not_covered"]);
    }
}

#[test]
fn c5_no_general_permission_lifts_a_wish_whenever_it_was_given() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let wish = json!({"keepConfidential":true,"wishByPersonId":family.mia,"wishOn":"2026-05-20"});
    family.permit(&app, json!({}));
    let note = family.note(&app, &family.mia, &[&family.ana], "school_provision", wish);
    let ask = family.ask(&note, json!({}));
    both(&app, &family, &ask).problem(409, "consent-scope-exceeded").rule_at("#/noteIds/0", "item_marked_confidential");
    family.permit(&app, json!({"decidedAt":"2026-05-30T10:00:00.000Z"}));
    both(&app, &family, &ask).problem(409, "consent-scope-exceeded").rule_at("#/noteIds/0", "item_marked_confidential");
    family.disclose(&app, &family.risk(&note, json!({}))).ok(201);
    family.permit(&app, json!({"decidedAt":"2026-05-31T10:00:00.000Z","noteIds":[note]}));
    both(&app, &family, &ask).ok(201);
}

#[test]
fn c6_once_permission_to_say_who_is_withdrawn_the_next_letter_is_anonymous() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    for _ in 0..7 {
        let child = person(&app, &json!({"kind":"child","knownAs":"Pip","pseudonymous":false,"dateOfBirth":"2014-05-01"})).id();
        let case = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"draft_plan","primary":true}],
            "senNeeds":[{"type":"slcn","rank":1}],"setting":"mainstream","area":"south","appealTypes":[],
            "participants":[{"personId":child,"role":"subject","relation":"self","servedSeparately":false}]});
        app.adviser().post("/cases", &case).ok(201);
    }
    let note = family.n1(&app);
    let named = family.ask(&note, json!({"purpose":"identify_in_issue"}));
    // No other purpose implies it.
    family.permit(&app, json!({"purposes":["liaison","pass_information","complaint"]}));
    both(&app, &family, &named).problem(409, "consent-scope-exceeded").rule("purpose_not_covered");
    let given = family.permit(&app, json!({"purposes":["identify_in_issue"],"decidedAt":"2026-05-01T10:00:00.000Z"}));
    both(&app, &family, &named).ok(201);
    family.withdraw(&app, &given, json!({})).ok(200);
    assert_eq!(both(&app, &family, &named).problem(409, "consent-scope-exceeded").rules(), ["purpose_not_covered"]);
    let anonymous = |summary: &str| {
        json!({"basis":"anonymised","purpose":"pass_information","direction":"outbound","channel":"secure_email",
            "recipient":{"recipientId":family.council,"teamId":family.north},"informationCategories":["concerns_raised"],
            "cohort":{"senNeed":"slcn","setting":"mainstream","area":"south","ageBand":"11_15"},"summary":summary})
    };
    both(&app, &family, &anonymous("Speech therapy has stopped for Ana.")).problem(422, "identifying-details").rule("identifier_name");
    both(&app, &family, &anonymous("Speech therapy has stopped in several schools.")).ok(201);
}

#[test]
fn c8_a_note_written_later_keeps_when_it_was_and_when_it_was_written() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    app.clock.set(at("2026-06-03T14:00:00Z"), true);
    let note = family.note(&app, &family.mia, &[&family.ana], "attendance", json!({"occurredAt":"2026-05-04T08:30:00.000Z"}));
    let read = app.adviser().get(&format!("/notes/{note}")).ok(200);
    assert_eq!((read.str("occurredAt"), read.str("recordedAt")), ("2026-05-04T08:30:00.000Z".into(), "2026-06-03T14:00:00.000Z".into()));
    let later = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-06-03T14:01:00.001Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["attendance"],"concern":"Later.","factOrOpinion":"opinion",
        "sensitivity":"ordinary","keepConfidential":false});
    let reply = app.adviser().post(&format!("/cases/{}/notes", family.case), &later);
    assert_eq!(reply.status, 422, "nothing is noted before it happens: {}", reply.text);
}

#[test]
fn c11_what_was_permitted_for_one_body_officer_or_meeting_is_for_that_alone() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    let to = |recipient: Value| family.ask(&note, json!({"recipient":recipient}));
    family.permit(&app, json!({"recipients":[{"recipientId":family.school}]}));
    both(&app, &family, &to(json!({"recipientId":family.school}))).ok(201);
    both(&app, &family, &to(json!({"recipientId":family.council,"teamId":family.north}))).problem(409, "consent-scope-exceeded");

    let officer = json!({"recipients":[{"recipientId":family.council,"teamId":family.north,"personName":"Sam Okoro"}],
        "decidedAt":"2026-03-02T10:00:00.000Z"});
    family.permit(&app, officer);
    let ask = |team: &str, name: Value| {
        let mut recipient = json!({"recipientId":family.council,"teamId":team});
        if name.is_string() {
            recipient["personName"] = name;
        }
        to(recipient)
    };
    both(&app, &family, &ask(&family.north, json!(" sam  OKORO"))).ok(201);
    for (team, name) in [(&family.south, json!("Sam Okoro")), (&family.north, json!("Jo Doe")), (&family.north, Value::Null)] {
        let reply = both(&app, &family, &ask(team, name)).problem(409, "consent-scope-exceeded");
        assert_eq!(reply.rules(), ["recipient_not_covered"]);
    }

    let meeting = json!({"purposes":["attend_meeting"],"conditions":[{"kind":"once_only"}],"decidedAt":"2026-03-03T10:00:00.000Z"});
    let meeting = family.permit(&app, meeting);
    let there = family.ask(&note, json!({"purpose":"attend_meeting","channel":"meeting"}));
    let made = both(&app, &family, &there).ok(201);
    assert_eq!(made.body["consents"][0]["consentId"], json!(meeting));
    both(&app, &family, &there).problem(409, "consent-scope-exceeded").rule("condition_unmet");
}

#[test]
fn c12_a_plan_that_was_received_is_not_passed_on_under_a_general_permission() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let received = |onward: bool| {
        let change = json!({"kind":"information_received","fromPersonId":null,
            "provenance":{"recipientId":family.council,"receivedOn":"2026-05-20","onwardSharing":onward}});
        family.note(&app, &family.mia, &[&family.ana], "ehc_plan", change)
    };
    let (kept, free) = (received(false), received(true));
    family.permit(&app, json!({"informationCategories":["ehc_plan"],"recipients":[{"recipientId":family.school}]}));
    let to_school = |note: &str| family.ask(note, json!({"recipient":{"recipientId":family.school}}));
    let reply = both(&app, &family, &to_school(&kept)).problem(409, "consent-scope-exceeded");
    assert_eq!(reply.rules(), ["onward_sharing_not_covered"]);
    both(&app, &family, &to_school(&free)).ok(201);
    family.permit(&app, json!({"noteIds":[kept],"recipients":[{"recipientId":family.school}],"decidedAt":"2026-05-21T10:00:00.000Z"}));
    both(&app, &family, &to_school(&kept)).ok(201);
}

#[test]
fn c13_every_answer_says_which_policy_it_was_decided_by() {
    let app = TestApp::spawn_with(|config| {
        config.policy_name = "Our policy".to_owned();
        config.policy_version = "2026-09".to_owned();
    });
    let family = Family::record(&app);
    let ask = family.ask(&family.n1(&app), json!({}));
    let refused = both(&app, &family, &ask).problem(409, "consent-required");
    family.permit(&app, json!({}));
    let made = both(&app, &family, &ask).ok(201);
    for reply in [refused, made, family.check(&app, &ask).ok(200)] {
        assert_eq!((&reply.body["policy"]["name"], &reply.body["policy"]["version"]), (&json!("Our policy"), &json!("2026-09")));
        assert!(reply.body["policy"]["clauses"].as_array().is_some_and(|clauses| !clauses.is_empty()));
    }
}

#[test]
fn c13_what_is_sent_under_a_newer_policy_is_stored_with_that_one() {
    let app = TestApp::spawn_with(|config| config.policy_version = "2025-04".to_owned());
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    family.permit_proceedings(&app, json!({}));
    let note = family.n1(&app);
    let before = both(&app, &family, &family.ask(&note, json!({}))).ok(201).id();
    let legal = family.extracted(&app, &note);
    // Decided by the old version; sent by the new one.
    let (folder, scratch) = app.stopped();
    let app = TestApp::spawn_on(folder, scratch, |config| config.policy_version = "2026-09".to_owned());
    let copies = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}]});
    let sent = app.manager().if_match(5).post(&format!("/legal-requests/{legal}/dispatch"), &copies).ok(200);
    for (id, version) in [(before.as_str(), "2025-04"), (sent.body["disclosureIds"][0].as_str().unwrap(), "2026-09")] {
        assert_eq!(app.adviser().get(&format!("/disclosures/{id}")).ok(200).body["policy"]["version"], version);
    }
    // What is refused when it is sent says so, too.
    let refused = both(&app, &family, &family.ask(&note, json!({"purpose":"tribunal"}))).problem(409, "consent-scope-exceeded");
    assert_eq!(refused.body["policy"]["version"], "2026-09");
}

#[test]
fn c14_only_lists_of_casework_and_the_logs_tell_how_many_there_are_and_none_to_who_reads_statistics() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let case = app.adviser().get(&format!("/cases/{}", family.case)).ok(200);
    let restricted =
        json!({"restricted":true,"namedStaffIds":[case.body["assignedTo"]["id"]],"conflictedStaffIds":[],"reason":"A relative."});
    app.manager().if_match(case.version()).put(&format!("/cases/{}/restriction", family.case), &restricted).ok(200);
    let paths = app.with_token(None).get("//openapi.json").ok(200).body["paths"].take();
    let (mut told, mut lists) = (0, 0);
    for (path, operations) in paths.as_object().unwrap() {
        let (path, list) = (path.replace("{caseId}", &family.case), operations["get"].to_string());
        if path.contains('{') || !list.contains("Page\"}") {
            continue;
        }
        lists += 1;
        let with = |role: Role| app.as_role(role).with("Access-Reason", "supervision").get(&format!("{path}?includeTotal=true"));
        let roles = operations["get"]["x-roles"].as_array().unwrap();
        let reader = if roles.contains(&json!("service_manager")) { Role::ServiceManager } else { Role::Auditor };
        if !list.contains("includeTotal") {
            with(reader).problem(400, "unknown-parameter");
            continue;
        }
        told += 1;
        assert!(with(reader).ok(200).body["page"]["total"].is_u64(), "{path}");
        with(Role::Analyst).problem(403, "forbidden");
        with(Role::MachineStatistics).problem(403, "forbidden");
        // What somebody may not read is not counted to them.
        if !path.contains(&family.case) && roles.contains(&json!("adviser")) {
            let theirs = app.as_staff(Role::Adviser, "somebody else").get(&format!("{path}?includeTotal=true"));
            assert_eq!(theirs.ok(200).body["page"]["total"], 0, "{path}");
        }
    }
    assert!(told >= 12 && lists > told, "{told} of {lists}");
}

#[test]
fn c17_an_adviser_alone_passes_on_a_risk_to_an_adult_whom_nobody_has_on_record() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    // Nobody with another role has ever been here but for whoever entered the bodies.
    let mut risk = family.risk(&note, json!({"subjectIds":[family.nell]}));
    risk["safeguarding"]["riskTypes"] = json!(["adult_at_risk"]);
    risk["safeguarding"]["atRiskPersonIds"] = json!([]);
    risk["safeguarding"]["atRiskDescription"] = json!("The neighbour who looks after them.");
    app.clock.set(at("2026-06-06T23:30:00Z"), true);
    let made = both(&app, &family, &risk).ok(201);
    assert_eq!(made.str("reviewDueOn"), "2026-06-08", "what is told at the weekend is reviewed on Monday");
    assert_eq!(made.str("decidedByRole"), "adviser");
}

#[test]
fn a_check_says_what_would_make_it_possible() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    let ask = family.ask(&note, json!({}));
    let told = |ask: &Value| {
        let check = family.check(&app, ask).ok(200);
        (check.body["reasons"][0]["rule"].clone(), check.body["remedies"].clone(), check.body["policy"]["rule"].clone())
    };
    assert_eq!(told(&ask), (json!("consent_missing"), json!(["ask_permission", "leave_out", "anonymise"]), json!("R3")));
    family.permit(&app, json!({}));
    let other = family.ask(&note, json!({"purpose":"tribunal"}));
    assert_eq!(told(&other), (json!("purpose_not_covered"), json!(["ask_permission", "anonymise"]), json!("R11")));
    let refusal = family.refuse(&app, &family.finn, &[&family.ana]).id();
    assert_eq!(told(&ask), (json!("conflicting_refusal"), json!(["leave_out", "anonymise", "ask_manager"]), json!("R7")));
    family.withdraw(&app, &refusal, json!({"withdrawnById":family.finn})).ok(200);
    family.refuse(&app, &family.mia, &[&family.mia]);
    assert_eq!(told(&ask), (json!("subject_refused"), json!(["leave_out", "anonymise"]), json!("R6")));
    // Each missing element, with words for people, and no other trace than the look.
    let many = family.ask(
        &note,
        json!({"purpose":"tribunal","direction":"inbound_request","subjectIds":[family.sam],
        "informationCategories":["health","attendance"]}),
    );
    let check = family.check(&app, &many).ok(200);
    let places: Vec<_> = check.body["reasons"].as_array().unwrap().iter().map(|reason| reason["pointer"].as_str().unwrap()).collect();
    for place in ["#/noteIds/0", "#/informationCategories/0", "#/informationCategories/1"] {
        assert!(places.contains(&place), "{}", check.text);
    }
    assert!(check.body["reasons"].as_array().unwrap().iter().all(|reason| reason["detail"].as_str().is_some_and(|words| words.len() > 20)));
    assert_eq!(app.manager().get("/disclosure-log").ok(200).body["treeSize"], 1, "a check leaves nothing in the log");
}

#[test]
fn a_spoken_permission_is_one_short_request_and_counts_at_once() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    let said = json!({"decision":"given","granterId":family.mia,"subjectIds":[family.ana, family.mia],
        "recipients":[{"recipientId":family.council,"teamId":family.north}],"purposes":["liaison"],"directions":["outbound"],
        "informationCategories":["school_provision"],"method":"verbal_phone",
        "evidence":{"noticeVersion":"leaflet-3","wordsUsed":"Yes, tell them."},"decidedAt":"2026-06-01T09:00:00.000Z"});
    let path = format!("/cases/{}/consents", family.case);
    let given = app.adviser().post(&path, &said).ok(201);
    assert_eq!((given.str("status"), given.str("startsAt")), ("live".into(), "2026-06-01T09:00:00.000Z".into()));
    assert_eq!((given.str("expiresOn"), given.str("expiresAt")), ("2027-05-31".into(), "2027-05-31T23:00:00.000Z".into()));
    assert_eq!((&given.body["noteIds"], &given.body["conditions"]), (&json!([]), &json!([])));
    assert_eq!(given.body["authority"][0], json!({"subjectId":family.ana,"granterRelation":"parent_with_pr","endsOn":"2030-06-28"}));
    both(&app, &family, &family.ask(&note, json!({}))).ok(201);
    // Nothing less is enough.
    for field in said.as_object().unwrap().keys().filter(|field| *field != "decision") {
        let mut less = said.clone();
        less.as_object_mut().unwrap().remove(field);
        let status = app.adviser().post(&path, &less).status;
        assert!([400, 422].contains(&status), "without {field}: {status}");
    }
}

#[test]
fn one_record_takes_the_place_of_one_and_says_so_on_both_sides() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (path, read) = (format!("/cases/{}/consents", family.case), |id: &str| app.adviser().get(&format!("/consents/{id}")).ok(200));
    let first = family.permit(&app, json!({}));
    let second = family.permit(&app, json!({"supersedesId":first,"decidedAt":"2026-05-01T10:00:00.000Z"}));
    let third = family.permit(&app, json!({"supersedesId":second,"decidedAt":"2026-05-02T10:00:00.000Z"}));
    for (id, status, before, after) in [
        (&first, "superseded", None, Some(&second)),
        (&second, "superseded", Some(&first), Some(&third)),
        (&third, "live", Some(&second), None),
    ] {
        let consent = read(id);
        assert_eq!(consent.str("status"), status);
        assert_eq!(
            (consent.body["supersedesId"].as_str(), consent.body["supersededById"].as_str()),
            (before.map(String::as_str), after.map(String::as_str))
        );
    }
    // A chain has no branches, and what ended is never live again (R18).
    let branch = family.permission(json!({"supersedesId":first,"decidedAt":"2026-05-03T10:00:00.000Z"}));
    app.adviser().post(&path, &branch).problem(409, "invalid-state");
    app.adviser().post(&format!("/consents/{third}/annulment"), &json!({"reason":"Said by somebody else."})).ok(200);
    assert_eq!((read(&second).str("status"), read(&third).str("status")), ("superseded".into(), "entered_in_error".into()));
    both(&app, &family, &family.ask(&family.n1(&app), json!({}))).problem(409, "consent-required").rule("consent_entered_in_error");
}

#[test]
fn a_deputy_an_attorney_and_a_parent_speak_for_an_adult_who_cannot_and_in_that_order() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    Family::born(&app, &family.ana, "2005-01-05");
    Family::assess(&app, &family.ana, false, "2026-02-01");
    let note = family.note(&app, &family.ana, &[&family.ana], "school_provision", json!({}));
    let path = format!("/cases/{}/consents", family.case);
    let by = |who: &str, on: &str| family.permission(json!({"granterId":who,"subjectIds":[family.ana],"decidedAt":on}));
    let given = app.adviser().post(&path, &by(&family.mia, "2026-03-01T10:00:00.000Z")).ok(201);
    assert_eq!(given.body["authority"][0]["granterRelation"], "representative_reg64");
    app.adviser().post(&path, &by(&family.nell, "2026-03-01T10:00:00.000Z")).problem(422, "rule-violated").rule("granter_not_authorised");
    app.adviser().post(&path, &by(&family.ana, "2026-03-01T10:00:00.000Z")).problem(422, "rule-violated").rule("granter_not_authorised");
    both(&app, &family, &family.ask(&note, json!({}))).ok(201);
    for relation in ["attorney", "deputy"] {
        let id = person(&app, &json!({"kind":"other","fullName":"Kim Lund","pseudonymous":false})).id();
        let part = json!({"personId":id,"role":"supporter","relation":relation,"servedSeparately":false});
        app.adviser().post(&format!("/cases/{}/participants", family.case), &part).ok(201);
        let given = app.adviser().post(&path, &by(&id, "2026-06-01T08:00:00.000Z")).ok(201);
        assert_eq!(given.body["authority"][0]["granterRelation"], relation);
        // Where there is one, a parent speaks no more.
        app.adviser()
            .post(&path, &by(&family.mia, "2026-06-01T08:00:00.000Z"))
            .problem(422, "rule-violated")
            .rule("granter_not_authorised");
        let made = both(&app, &family, &family.ask(&note, json!({}))).ok(201);
        assert_eq!(made.body["consents"][0]["consentId"], given.body["id"]);
    }
}
