//! Passing information on: what is shared, what is refused, what a risk sets off, and what the log keeps of it.
//!
//! Over 350 lines because it follows one thing, a disclosure, through all that it sets off.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::family::{Family, merge};
use crate::harness::{Reply, TestApp, at};

/// The entry of the log at this place, as an auditor reads it.
fn entry(app: &TestApp, index: &Value) -> Value {
    app.as_role(Role::Auditor).get(&format!("/disclosure-log/entries/{index}")).ok(200).body
}

fn tree_size(app: &TestApp) -> i64 {
    app.manager().get("/disclosure-log?limit=1").ok(200).body["treeSize"].as_i64().unwrap()
}

/// What the openings of an entry say, as the manager reads them.
fn openings(app: &TestApp, index: &Value) -> Vec<(String, String)> {
    let path = format!("/disclosure-log/entries/{index}?openings=true");
    app.manager().get(&path).problem(403, "access-reason-required");
    let entry = app.manager().with("Access-Reason", "supervision").get(&path).ok(200);
    let text = |opening: &Value, key: &str| opening[key].as_str().unwrap().to_owned();
    entry.body["openings"].as_array().unwrap().iter().map(|opening| (text(opening, "label"), text(opening, "value"))).collect()
}

fn rows(app: &TestApp, family: &Family, query: &str) -> Vec<Value> {
    app.adviser().get(&format!("/cases/{}/disclosures{query}", family.case)).ok(200).body["items"].as_array().unwrap().clone()
}

#[test]
fn information_is_refused_then_permitted_and_shared_then_refused_after_withdrawal() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let ask = family.ask(&family.n1(&app), json!({}));

    let refused = family.disclose(&app, &ask).problem(409, "consent-required").rule_at("#/noteIds/0", "consent_missing");
    assert_eq!(refused.body["policy"], json!({"name":"Confidentiality policy","version":"2025-04","rule":"R3","clauses":["C11"]}));
    let first = entry(&app, &refused.body["refusalIndex"]);
    let body = &first["body"];
    assert_eq!((&body["kind"], &body["outcome"]), (&json!("disclosure_refused"), &json!("refused")));
    assert_eq!(body["rules"], json!(["R3/consent_missing"]));
    assert_eq!(
        (&body["recipient"], &body["purpose"], &body["channel"]),
        (&json!(family.council), &json!("liaison"), &json!("secure_email"))
    );
    assert_eq!(body["req"], refused.body["requestId"]);
    assert_eq!(first["display"], json!({"actor":"Adviser","decidedBy":"Adviser","recipient":"Lakeshire Council"}));
    assert!(rows(&app, &family, "").is_empty());

    let permission = family.permit(&app, json!({}));
    let shared = family.disclose(&app, &ask).ok(201);
    assert_eq!(shared.header("location"), format!("/api/v1/disclosures/{}", shared.id()));
    assert_eq!(
        (&shared.body["status"], &shared.body["identified"], &shared.body["decidedByRole"]),
        (&json!("sent"), &json!(true), &json!("adviser"))
    );
    let mut both = [family.ana.clone(), family.mia.clone()];
    both.sort();
    assert_eq!(shared.body["consents"], json!([{"consentId":permission,"version":1,"subjectIds":both}]));
    let logged = shared.body["logEntries"].as_array().unwrap();
    assert_eq!((logged.len(), &logged[0]["kind"]), (1, &json!("disclosure_made")));
    let second = entry(&app, &logged[0]["index"]);
    assert_eq!((&second["body"]["outcome"], &second["body"]["basis"]), (&json!("granted"), &json!("permission")));
    assert_eq!(second["body"]["subjects"].as_array().unwrap().len(), 2);
    assert_eq!(second["body"]["items"][0]["class"], "school_provision");
    let opened = openings(&app, &logged[0]["index"]);
    assert!(opened.iter().any(|(label, value)| label == "consents/0" && *value == format!("{permission}/1")), "{opened:?}");
    // What goes with the notes is committed to as well, as of their kinds.
    assert_eq!(opened.iter().filter(|(label, _)| label.starts_with("items/")).count(), 2, "{opened:?}");
    let bytes: Vec<&Value> = second["body"]["items"].as_array().unwrap().iter().map(|item| &item["bytes"]).collect();
    assert_eq!(bytes, [48, "The note of 20 May.".len()]);
    assert_eq!(app.adviser().get(&format!("/disclosures/{}", shared.id())).ok(200).body, shared.body);
    assert_eq!(app.adviser().get(&format!("/consents/{permission}")).ok(200).body["disclosureIds"], json!([shared.id()]));

    family.withdraw(&app, &permission, json!({})).ok(200);
    let after = family.disclose(&app, &ask).problem(409, "consent-required").rule("consent_withdrawn");
    assert_eq!(after.body["refusalIndex"], json!(logged[0]["index"].as_i64().unwrap() + 1));
    assert_eq!(rows(&app, &family, "").len(), 1);
}

#[test]
fn the_log_names_nobody_and_holds_no_words() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let officer = json!({"recipient":{"recipientId":family.council,"teamId":family.north,"personName":"Quillon Officer"}});
    let ask = family.ask(&family.n1(&app), officer);
    family.disclose(&app, &ask).problem(409, "consent-required");
    family.permit(&app, json!({}));
    let copied = json!([{"personId":family.mia,"contactId":family.mia_contact}]);
    let shared = family.disclose(&app, &{
        let mut ask = ask.clone();
        merge(&mut ask, json!({"copies":copied}));
        ask
    });
    let shared = shared.ok(201);
    family.disclose(&app, &family.risk(ask["noteIds"][0].as_str().unwrap(), json!({}))).ok(201);
    let note = json!({"kind":"correction","note":"Sent on the Tuesday."});
    app.adviser().post(&format!("/disclosures/{}/annotations", shared.id()), &note).ok(201);
    let log = app.manager().get("/disclosure-log?limit=100").ok(200);
    assert_eq!(log.body["items"].as_array().unwrap().len(), 5, "{}", log.text);
    let ids = [&family.case, &family.ana, &family.mia, &family.finn, &family.sam, &family.mia_contact];
    let words = [
        "Ana",
        "Marsh",
        "Mia",
        "Quillon",
        "example.org",
        "Speech therapy",
        "section F",
        "20 May",
        "Told the hub",
        "Only the hub",
        "Tuesday",
    ];
    // A hash may have the letters of a short name in it by chance: a word counts where it stands by itself.
    let stands = |word: &str| log.text.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=_-".contains(c)).any(|token| token == word);
    for secret in ids.map(String::as_str).iter().chain(&words) {
        let told = if secret.len() < 8 { stands(secret) } else { log.text.contains(secret) };
        assert!(!told, "{secret} is in the log: {}", log.text);
    }
    assert!(stands("Lakeshire"), "what is in the log is found there");
}

#[test]
fn a_refusal_stands_in_the_log_and_nowhere_else() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let ask = family.ask(&family.n1(&app), json!({}));
    let before = tree_size(&app);
    let first = family.disclose(&app, &ask).problem(409, "consent-required");
    // Another answer, another entry: a refusal is decided afresh, even under the same key.
    let key = "the-same-key-0001";
    let path = format!("/cases/{}/disclosures", family.case);
    let second = app.adviser().with("Idempotency-Key", key).post(&path, &ask).problem(409, "consent-required");
    family.permit(&app, json!({}));
    app.adviser().with("Idempotency-Key", key).post(&path, &ask).ok(201);
    assert_eq!((&first.body["refusalIndex"], &second.body["refusalIndex"]), (&json!(before), &json!(before + 1)));
    assert_eq!(tree_size(&app), before + 3);
    // What a fault of the request stops is no decision.
    family.disclose(&app, &family.ask("00000000-0000-7000-8000-000000000000", json!({}))).problem(404, "not-found");
    assert_eq!(tree_size(&app), before + 3);
    family.check(&app, &ask).ok(200);
    assert_eq!(tree_size(&app), before + 3);
}

#[test]
fn the_same_key_shares_once_and_another_body_under_it_is_refused() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    let ask = family.ask(&family.n1(&app), json!({}));
    let path = format!("/cases/{}/disclosures", family.case);
    let keyed = app.adviser().with("Idempotency-Key", "share-once-0000001");
    let first = keyed.post(&path, &ask).ok(201);
    let size = tree_size(&app);
    let again = keyed.post(&path, &ask).ok(201);
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), (String::new(), "true".to_owned()));
    assert_eq!((again.id(), again.header("location")), (first.id(), first.header("location")));
    keyed.post(&path, &family.ask(ask["noteIds"][0].as_str().unwrap(), json!({"channel":"phone"}))).problem(422, "idempotency-key-reused");
    assert_eq!((rows(&app, &family, "").len(), tree_size(&app)), (1, size));
    // The key of one member of staff is not that of another.
    app.manager().with("Idempotency-Key", "share-once-0000001").post(&path, &ask).ok(201);
    assert_eq!(rows(&app, &family, "").len(), 2);
    let unkeyed = app.adviser().send(&ureq::http::Method::POST, &path, Some(ask.to_string()));
    unkeyed.problem(400, "idempotency-key-required").rule_at("Idempotency-Key", "required");
}

#[test]
fn a_risk_opens_a_concern_and_puts_its_review_to_a_manager_who_did_not_decide() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    // Friday evening: the next working day is Monday.
    app.clock.set(at("2026-06-05T18:00:00Z"), true);
    let ask = family.risk(&family.n1(&app), json!({"toldSubject":"later","toldReason":"When she is safe."}));
    let told = app.manager().post(&format!("/cases/{}/disclosures", family.case), &ask).ok(201);
    assert_eq!((told.str("purpose"), told.str("reviewDueOn")), ("safeguarding".to_owned(), "2026-06-08".to_owned()));
    assert_eq!((&told.body["consents"], &told.body["decidedByRole"]), (&json!([]), &json!("service_manager")));
    let reviews = Family::tasks(&app, "safeguarding_review", &told.str("concernId"));
    assert_eq!((reviews.len(), &reviews[0]["dueOn"], &reviews[0]["forManager"]), (1, &json!("2026-06-08"), &json!(true)));
    assert_eq!(reviews[0]["allowedActions"], json!([]), "the decider does not review");
    let review = format!("/tasks/{}/completion", reviews[0]["id"].as_str().unwrap());
    app.manager().if_match(1).post(&review, &json!({})).problem(409, "same-person");
    app.adviser().if_match(1).post(&review, &json!({})).problem(404, "not-found");
    app.as_staff(sendiass::domain::vocabulary::Role::ServiceManager, "deputy")
        .if_match(1)
        .post(&review, &json!({}))
        .problem(409, "invalid-state");
    assert_eq!(Family::tasks(&app, "safeguarding_review", &told.str("concernId")).len(), 1, "it is reviewed, not ticked off");
    assert_eq!(Family::tasks(&app, "tell_subject", &told.id()).len(), 1);

    let mut more = family.risk(&family.n1(&app), json!({}));
    more["safeguarding"] = json!({"concernId":told.str("concernId"),"necessity":"More was said.","proportionality":"The new note only.",
        "consentSought":"sought_refused"});
    let joined = family.disclose(&app, &more).ok(201);
    assert_eq!(joined.str("concernId"), told.str("concernId"));
}

#[test]
fn nothing_but_a_missing_fact_holds_up_a_risk() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let wish = json!({"keepConfidential":true,"wishByPersonId":family.mia,"wishOn":"2026-05-20","namesOthers":true,
        "provenance":{"recipientId":family.school,"receivedOn":"2026-05-20","onwardSharing":false}});
    let note = family.note(&app, &family.mia, &[&family.ana, &family.sam], "health", wish);
    let permission = family.permit(&app, json!({}));
    family.withdraw(&app, &permission, json!({"objects":true})).ok(200);
    family.refuse(&app, &family.finn, &[&family.ana, &family.sam]);
    Family::assess(&app, &family.ana, true, "2026-04-01");
    family.refuse(&app, &family.ana, &[&family.ana]);
    family.responsibility(&app, &family.mia, &family.ana, json!({"value":"unknown"}));
    app.adviser().if_match(1).patch(&format!("/people/{}", family.ana), &json!({"dateOfBirth":null})).ok(200);
    let correction = app.adviser().get(&format!("/notes/{note}")).ok(200);
    let mut corrected = correction.body.clone();
    merge(
        &mut corrected,
        json!({"id":null,"caseId":null,"recordedAt":null,"recordedBy":null,"allowedActions":null,"correctionReason":"A word was wrong."}),
    );
    app.adviser().post(&format!("/notes/{note}/correction"), &corrected).ok(201);
    family.close(&app);
    family.disclose(&app, &family.ask(&note, json!({}))).problem(409, "invalid-state").rule("note_superseded");
    assert_eq!(family.check(&app, &family.risk(&note, json!({}))).ok(200).body["allowed"], true);
    family.disclose(&app, &family.risk(&note, json!({}))).ok(201);
}

#[test]
fn every_fact_that_a_risk_needs_is_asked_for_and_nothing_is_recorded_without() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    let stranger = uuid::Uuid::now_v7();
    let missing: [(&str, Value, Value); 10] = [
        ("#/noteIds", json!({"noteIds":[],"informationCategories":[],"subjectIds":[]}), json!({})),
        ("#/subjectIds", json!({"subjectIds":[]}), json!({})),
        ("#/toldSubject", json!({"toldSubject":null}), json!({})),
        ("#/toldReason", json!({"toldReason":null}), json!({})),
        ("#/safeguarding/riskTypes", json!({}), json!({"riskTypes":null})),
        ("#/safeguarding/atRiskPersonIds", json!({}), json!({"atRiskPersonIds":null})),
        ("#/safeguarding/atRiskPersonIds", json!({}), json!({"atRiskPersonIds":[stranger],"atRiskDescription":" "})),
        ("#/safeguarding/proportionality", json!({}), json!({"proportionality":"  "})),
        ("#/safeguarding/consentSought", json!({}), json!({"consentSought":null})),
        ("#/safeguarding/noConsentReason", json!({}), json!({"noConsentReason":null})),
    ];
    for (pointer, change, of_risk) in missing {
        let mut ask = family.risk(&note, change);
        merge(&mut ask["safeguarding"], of_risk);
        let refused = family.disclose(&app, &ask).problem(422, "rule-violated").rule_at(pointer, "safeguarding_fields_missing");
        assert_eq!(refused.rules().len(), 1, "{}", refused.text);
        assert_eq!(entry(&app, &refused.body["refusalIndex"])["body"]["kind"], "disclosure_refused");
        assert_eq!(family.check(&app, &ask).ok(200).body["reasons"][0]["pointer"], pointer);
    }
    // Who names no reasons at all is asked for them, and for nothing else: it is a risk all the same.
    let bare =
        family.risk(&note, json!({"safeguarding":null,"subjectIds":[family.ana, stranger],"recipient":{"recipientId":family.school}}));
    let mut rules = family.disclose(&app, &bare).problem(422, "rule-violated").rules();
    rules.sort();
    rules.dedup();
    assert_eq!(rules, ["recipient_without_safeguarding_function", "safeguarding_fields_missing"]);
    assert!(rows(&app, &family, "").is_empty());
    assert!(app.manager().get("/tasks?status=open").ok(200).body["items"].as_array().unwrap().is_empty());
}

#[test]
fn a_body_missing_from_the_register_may_be_told_of_a_risk_and_is_reviewed() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    let to = |kind: &str| json!({"recipient":{"unregistered":{"bodyType":kind,"name":"Night desk"},"personName":"Duty officer"}});
    let told = family.disclose(&app, &family.risk(&note, to("police"))).ok(201);
    let entered = told.body["recipient"]["recipientId"].as_str().unwrap();
    assert_eq!(told.body["recipient"], json!({"recipientId":entered,"personName":"Duty officer"}));
    assert_eq!(app.manager().get(&format!("/recipients/{entered}")).ok(200).str("name"), "Night desk");
    // What somebody called it at night may be anything: until a manager has looked at it nobody else reads it, in the log either.
    let (auditor, other) = (app.as_role(Role::Auditor), app.as_staff(Role::Adviser, "another"));
    let named = || entry(&app, &told.body["logEntries"][0]["index"])["display"]["recipient"].clone();
    for session in [&auditor, &other] {
        session.get(&format!("/recipients/{entered}")).problem(404, "not-found");
        assert!(!session.get("/recipients?limit=200").ok(200).text.contains("Night desk"));
    }
    app.adviser().get(&format!("/recipients/{entered}")).ok(200);
    assert_eq!(named(), json!(null));
    let looked_at = json!({"name":"Lakeshire Police, night desk","active":true});
    app.manager().if_match(1).patch(&format!("/recipients/{entered}"), &looked_at).ok(200);
    assert_eq!(auditor.get(&format!("/recipients/{entered}")).ok(200).str("name"), "Lakeshire Police, night desk");
    assert_eq!(named(), "Lakeshire Police, night desk");
    let review = Family::tasks(&app, "recipient_review", entered);
    assert_eq!((review.len(), &review[0]["forManager"]), (1, &json!(true)));
    assert_eq!(entry(&app, &told.body["logEntries"][0]["index"])["body"]["recipient"], *entered);
    let to_school = family.disclose(&app, &family.risk(&note, to("school"))).problem(422, "rule-violated");
    to_school.rule("recipient_without_safeguarding_function");
    let by_permission = json!({"recipient":{"unregistered":{"bodyType":"police","name":"Night desk"}}});
    family
        .disclose(&app, &family.ask(&note, by_permission))
        .problem(422, "rule-violated")
        .rule_at("#/recipient/unregistered", "contradicting_fields");
}

#[test]
fn a_copy_goes_to_a_safe_contact_of_somebody_who_takes_part() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    let note = family.n1(&app);
    let mia = app.adviser().get(&format!("/people/{}", family.mia)).ok(200);
    let unsafe_contact = &mia.body["contacts"][1]["id"];
    let copy = |person: &str, contact: &Value, channel: &str| {
        family.ask(&note, json!({"channel":channel,"copies":[{"personId":person,"contactId":contact}]}))
    };
    let posted = copy(&family.mia, unsafe_contact, "post_tracked");
    let check = family.check(&app, &posted).ok(200);
    assert_eq!((&check.body["allowed"], &check.body["reasons"][0]["rule"]), (&json!(false), &json!("unsafe_contact")));
    let refused = family.disclose(&app, &posted).problem(422, "rule-violated").rule_at("#/copies/0/contactId", "unsafe_contact");
    let index = refused.body["refusalIndex"].as_i64().expect("a refusal is in the log (C3)");
    let entry = app.manager().get(&format!("/disclosure-log/entries/{index}")).ok(200);
    assert_eq!(entry.body["body"]["rules"], json!(["unsafe_contact"]));
    // The contact of somebody else.
    let of_mia = json!(family.mia_contact);
    family.disclose(&app, &copy(&family.finn, &of_mia, "secure_email")).problem(422, "rule-violated").rule("unsafe_contact");
    let stranger = crate::family::person(&app, &json!({"kind":"other","fullName":"Someone Else","pseudonymous":false})).id();
    family
        .disclose(&app, &copy(&stranger, &of_mia, "secure_email"))
        .problem(422, "rule-violated")
        .rule_at("#/copies/0/personId", "not_participant");
    family.disclose(&app, &copy(&family.mia, &of_mia, "secure_email")).ok(201);
}

#[test]
fn what_is_sent_to_a_participant_heeds_the_ways_to_be_avoided() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    family.permit(&app, json!({"recipients":[{"personId":family.finn}]}));
    let finn = app.adviser().get(&format!("/people/{}", family.finn)).ok(200);
    // He can be rung, and must not be.
    let avoid = json!({"safeContact":{"avoidChannels":["phone"]},"contacts":[{"kind":"mobile","value":"07700 900126","safe":true},
        {"kind":"email","value":"finn@example.org","safe":true}]});
    app.adviser().if_match(finn.version()).patch(&format!("/people/{}", family.finn), &avoid).ok(200);
    let by = |channel: &str| family.ask(&note, json!({"recipient":{"personId":family.finn},"channel":channel}));
    family.disclose(&app, &by("phone")).problem(422, "rule-violated").rule_at("#/channel", "unsafe_contact");
    family.disclose(&app, &by("secure_email")).ok(201);
    // A copy goes by the way its contact is reached, not by that of what it is a copy of.
    family.permit(&app, json!({}));
    let mia = app.adviser().get(&format!("/people/{}", family.mia)).ok(200);
    let home = json!({"contacts":[{"kind":"postal","value":"1 Fell Lane","safe":true},{"kind":"email","value":"mia@example.org","safe":true}],
        "safeContact":{"avoidChannels":["post_tracked","phone"]}});
    let mia = app.adviser().if_match(mia.version()).patch(&format!("/people/{}", family.mia), &home).ok(200);
    let copy = |contact: &Value, channel: &str| {
        family.disclose(&app, &family.ask(&note, json!({"channel":channel,"copies":[{"personId":family.mia,"contactId":contact["id"]}]})))
    };
    let [post, email] = [0, 1].map(|i| &mia.body["contacts"][i]);
    copy(post, "secure_email").problem(422, "rule-violated").rule_at("#/copies/0/contactId", "unsafe_contact");
    copy(post, "phone").problem(422, "rule-violated").rule_at("#/copies/0/contactId", "unsafe_contact");
    copy(email, "phone").ok(201);
}

#[test]
fn nothing_is_withheld_from_somebody_for_ever() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let risk = json!({"basis":"safeguarding","direction":"outbound","channel":"phone","recipient":{"recipientId":family.hub},
        "subjectIds":[family.ana],"noteIds":[],"informationCategories":["family_circumstances"],"summary":"Told the hub.",
        "toldSubject":"no","toldReason":"It could raise the risk.","withholdFromPersonIds":[family.mia],
        "safeguarding":{"riskTypes":["physical"],"atRiskPersonIds":[family.ana],"necessity":"Tonight.","proportionality":"No more.",
            "consentSought":"not_sought","noConsentReason":"would_prejudice_protection"}});
    assert_eq!(family.disclose(&app, &risk).ok(201).body["withholdUntilOn"], "2026-09-01");
}

#[test]
fn a_corrected_note_is_shared_in_its_newest_form_only() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    let note = family.n1(&app);
    let mut corrected = app.adviser().get(&format!("/notes/{note}")).ok(200).body;
    merge(
        &mut corrected,
        json!({"id":null,"caseId":null,"recordedAt":null,"recordedBy":null,"allowedActions":null,"correctionReason":"The day was wrong."}),
    );
    let newer = app.adviser().post(&format!("/notes/{note}/correction"), &corrected).ok(201).id();
    let old = family.ask(&note, json!({}));
    family.disclose(&app, &old).problem(409, "invalid-state").rule_at("#/noteIds/0", "note_superseded");
    assert_eq!(family.check(&app, &old).ok(200).body["reasons"][0]["rule"], "note_superseded");
    family.disclose(&app, &family.ask(&newer, json!({}))).ok(201);
}

#[test]
fn an_accounting_leaves_out_what_is_withheld_from_that_person_until_the_day_is_over() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    family.permit(&app, json!({}));
    let open = family.disclose(&app, &family.ask(&note, json!({}))).ok(201).id();
    let withheld = json!({"withholdFromPersonIds":[family.mia],"withholdUntilOn":"2026-12-17"});
    let hidden = family.disclose(&app, &family.risk(&note, withheld)).ok(201).id();
    let seen_by = |person: &str| {
        let page = app.adviser().get(&format!("/cases/{}/disclosures?subjectId={person}&includeTotal=true", family.case)).ok(200);
        let ids: Vec<String> = page.body["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(page.body["page"]["total"], ids.len());
        ids
    };
    assert_eq!(seen_by(&family.mia), std::slice::from_ref(&open));
    assert_eq!(seen_by(&family.ana), [hidden.clone(), open.clone()]);
    assert!(seen_by(&family.finn).is_empty());
    assert_eq!(rows(&app, &family, "").len(), 2, "staff see all");
    app.clock.set(at("2026-12-17T23:59:59Z"), true);
    assert_eq!(seen_by(&family.mia), std::slice::from_ref(&open));
    app.clock.set(at("2026-12-18T00:00:00Z"), true);
    assert_eq!(seen_by(&family.mia), [hidden, open]);
}

#[test]
fn what_happens_later_is_linked_to_the_disclosure_and_logged_as_what_it_is() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let permission = family.permit(&app, json!({}));
    let shared = family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201);
    let made = entry(&app, &shared.body["logEntries"][0]["index"])["body"]["id"].clone();
    family.withdraw(&app, &permission, json!({})).ok(200);
    let path = format!("/disclosures/{}/annotations", shared.id());
    let kinds = [
        ("receipt_confirmed", None),
        ("recall_notice_sent", Some("disclosure_recalled")),
        ("subject_told", Some("subject_notified")),
        ("notice_declined", None),
        ("not_sent", Some("disclosure_corrected")),
        ("found_unfounded", Some("disclosure_corrected")),
        ("correction", Some("disclosure_corrected")),
    ];
    for (kind, logged) in kinds {
        let size = tree_size(&app);
        let annotated = app.adviser().post(&path, &json!({"kind":kind,"note":"By telephone."})).ok(201);
        assert_eq!((annotated.str("kind"), annotated.str("note")), (kind.to_owned(), "By telephone.".to_owned()));
        match logged {
            None => assert_eq!(tree_size(&app), size, "{kind}"),
            Some(logged) => {
                assert_eq!(tree_size(&app), size + 1, "{kind}");
                let body = entry(&app, &json!(size))["body"].clone();
                assert_eq!((&body["kind"], &body["rel"]), (&json!(logged), &made), "{kind}");
            }
        }
    }
    let now = app.adviser().get(&format!("/disclosures/{}", shared.id())).ok(200);
    let told: Vec<&str> = now.body["annotations"].as_array().unwrap().iter().map(|note| note["kind"].as_str().unwrap()).collect();
    assert_eq!(told, kinds.map(|(kind, _)| kind));
    assert_eq!(now.body["logEntries"].as_array().unwrap().len(), 6);
    app.adviser().post(&path, &json!({"kind":"correction"})).problem(422, "rule-violated").rule("correction_reason_missing");
    app.adviser().post(&path, &json!({"kind":"notice_declined"})).problem(422, "rule-violated").rule("decision_reason_missing");
    let keyed = app.adviser().with("Idempotency-Key", "annotate-once-0001");
    let (one, size) = (keyed.post(&path, &json!({"kind":"not_sent"})).ok(201), tree_size(&app));
    assert_eq!(keyed.post(&path, &json!({"kind":"not_sent"})).ok(201).id(), one.id());
    assert_eq!(tree_size(&app), size);
}

#[test]
fn whoever_is_to_be_told_is_on_the_work_list_until_it_is_on_record_that_they_were() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let given = family.permit(&app, json!({}));
    let note = family.n1(&app);
    let later = json!({"toldSubject":"later"});
    let shared = family.disclose(&app, &family.ask(&note, later.clone())).ok(201).id();
    family.permit_asking(&app, json!({}));
    let question = family.asked_by_service(later);
    let asked = app.adviser().post(&format!("/cases/{}/information-requests", family.case), &question).ok(201).str("disclosureId");
    family.permit_proceedings(&app, json!({}));
    let legal = family.extracted(&app, &note);
    let how = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}],"toldSubject":"later"});
    let sent = app.manager().if_match(5).post(&format!("/legal-requests/{legal}/dispatch"), &how).ok(200).body["disclosureIds"][0].clone();
    family.withdraw(&app, &given, json!({})).ok(200);
    let open = |kind: &str, about: &str| Family::tasks(&app, kind, about);
    let annotate = |id: &str, kind: &str| {
        app.adviser().post(&format!("/disclosures/{id}/annotations"), &json!({"kind":kind,"note":"By telephone."})).ok(201);
    };
    for (kind, about, fact) in [
        ("tell_subject", shared.as_str(), "subject_told"),
        ("recall_notice", shared.as_str(), "recall_notice_sent"),
        ("tell_subject", asked.as_str(), "subject_told"),
        ("tell_subject", sent.as_str().unwrap(), "notice_declined"),
    ] {
        let tasks = open(kind, about);
        assert_eq!((tasks.len(), &tasks[0]["allowedActions"]), (1, &json!([])), "{kind}");
        let ticked = app.adviser().if_match(1).post(&format!("/tasks/{}/completion", tasks[0]["id"].as_str().unwrap()), &json!({}));
        assert_eq!(ticked.problem(409, "invalid-state").body["allowedActions"], json!(["annotate"]), "{kind}");
        annotate(about, fact);
        assert!(open(kind, about).is_empty(), "{kind}");
    }
    // Whoever permitted may not wish that anybody is told that it has ended.
    let other = family.permit(&app, json!({}));
    let shared = family.disclose(&app, &family.ask(&note, json!({}))).ok(201).id();
    family.withdraw(&app, &other, json!({})).ok(200);
    assert_eq!(open("recall_notice", &shared).len(), 1);
    annotate(&shared, "notice_declined");
    assert!(open("recall_notice", &shared).is_empty());
}

#[test]
fn parents_who_disagree_are_put_to_the_manager_once() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    family.refuse(&app, &family.finn, &[&family.ana]);
    let ask = family.ask(&family.n1(&app), json!({}));
    family.check(&app, &ask).ok(200);
    assert!(Family::tasks(&app, "conflict_review", &family.ana).is_empty(), "a question puts nothing on the list");
    for _ in 0..2 {
        family.disclose(&app, &ask).problem(409, "consent-required").rule("conflicting_refusal");
    }
    let tasks = Family::tasks(&app, "conflict_review", &family.ana);
    assert_eq!((tasks.len(), &tasks[0]["forManager"], &tasks[0]["dueOn"]), (1, &json!(true), &json!("2026-06-02")));
    // The manager has no override.
    let again: Reply = app.manager().post(&format!("/cases/{}/disclosures", family.case), &ask);
    again.problem(409, "consent-required").rule("conflicting_refusal");
}

#[test]
fn what_does_not_exist_is_never_passed_on() {
    let app = TestApp::spawn();
    let (family, other) = (Family::record(&app), Family::record(&app));
    family.permit(&app, json!({}));
    let (note, elsewhere) = (family.n1(&app), other.n1(&app));
    let both = family.ask(&note, json!({"noteIds":[note, elsewhere]}));
    family.disclose(&app, &both).problem(404, "not-found");
    family.check(&app, &both).problem(404, "not-found");
    let unknown = "00000000-0000-7000-8000-000000000000";
    let no_body = family.ask(&note, json!({"recipient":{"recipientId":unknown}}));
    family.disclose(&app, &no_body).problem(422, "rule-violated").rule("unknown_reference");
    let no_team = family.ask(&note, json!({"recipient":{"recipientId":family.council,"teamId":unknown}}));
    family.disclose(&app, &no_team).problem(422, "rule-violated").rule("unknown_reference");
    let their_team = family.ask(&note, json!({"recipient":{"recipientId":family.council,"teamId":other.north}}));
    family.disclose(&app, &their_team).problem(422, "rule-violated").rule("unknown_reference");
    assert!(rows(&app, &family, "").is_empty());
}

#[test]
fn no_slip_and_no_length_holds_up_a_risk_and_what_is_odd_is_told() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let stranger = uuid::Uuid::now_v7().to_string();
    let kinds = json!([
        "contact_details",
        "concerns_raised",
        "views_and_wishes",
        "sen_needs",
        "ehc_plan",
        "school_provision",
        "attendance",
        "exclusion",
        "health",
        "social_care",
        "family_circumstances",
        "referral_details",
        "legal_papers"
    ]);
    let many: Vec<String> =
        (0..31).map(|_| family.note(&app, &family.mia, &[&family.ana], "health", json!({"informationCategories":kinds}))).collect();
    let at_risk = |ids: &[&String], concern: Value| {
        let mut ask = family.risk(
            &many[0],
            json!({"noteIds":many,"withholdFromPersonIds":[stranger],"subjectIds":[family.ana, stranger],
            "recipient":{"recipientId":family.hub,"teamId":stranger}}),
        );
        merge(&mut ask["safeguarding"], json!({"atRiskPersonIds":ids,"aboutStaffIds":[stranger],"concernId":concern}));
        family.disclose(&app, &ask)
    };
    let sent = at_risk(&[&family.ana, &stranger], json!(null)).ok(201);
    let odd: Vec<(&Value, &Value)> = sent.body["remarks"].as_array().unwrap().iter().map(|it| (&it["pointer"], &it["rule"])).collect();
    let told = [
        ("#/safeguarding/atRiskPersonIds/1", "unknown_reference"),
        ("#/safeguarding/aboutStaffIds/0", "unknown_reference"),
        ("#/withholdFromPersonIds/0", "not_participant"),
        ("#/subjectIds/1", "not_participant"),
        ("#/recipient/teamId", "unknown_reference"),
    ]
    .map(|(pointer, rule)| (json!(pointer), json!(rule)));
    assert_eq!(odd, told.iter().map(|(pointer, rule)| (pointer, rule)).collect::<Vec<_>>());
    assert_eq!(app.adviser().get(&format!("/disclosures/{}", sent.id())).ok(200).body["remarks"], sent.body["remarks"]);
    // Too much for an entry, item by item: the log commits to it kind by kind.
    let body = entry(&app, &sent.body["logEntries"][0]["index"])["body"].clone();
    let classes: Vec<&str> = body["items"].as_array().unwrap().iter().map(|item| item["class"].as_str().unwrap()).collect();
    assert_eq!((classes.len(), body["items"][8]["class"].clone()), (13, json!("health")));
    let words = "Speech therapy has stopped.\nExplained section F.\n".len() * 31 - 1;
    assert_eq!(body["items"][8]["bytes"], words);
    // Anything else goes in parts.
    let all = family.ask(&many[0], json!({"noteIds":many}));
    family.disclose(&app, &all).problem(422, "rule-violated").rule_at("#/noteIds", "too_much_at_once");
    // Somebody must be at risk, and somebody told.
    at_risk(&[&stranger], json!(null))
        .problem(422, "rule-violated")
        .rule_at("#/safeguarding/atRiskPersonIds", "safeguarding_fields_missing");
    at_risk(&[&stranger], sent.body["concernId"].clone()).ok(201);
    // Where words say who it is, an id that nobody knows is kept as it was said.
    let mut described = family.risk(&many[0], json!({}));
    merge(&mut described["safeguarding"], json!({"atRiskPersonIds":[stranger],"atRiskDescription":"The boy next door."}));
    assert_eq!(family.disclose(&app, &described).ok(201).body["safeguarding"]["atRiskPersonIds"], json!([stranger]));
    let unknown = family.risk(&many[0], json!({"recipient":{"recipientId":stranger}}));
    family.disclose(&app, &unknown).problem(422, "rule-violated").rule_at("#/recipient/recipientId", "unknown_reference");
}
