//! What ends a request for legal proceedings before anything left (C15, R16, R17): a permission that ended, whoever says no, silence, the manager.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::family::{Family, merge};
use crate::harness::{Session, TestApp, at};
use crate::proceedings::{decide, dispatch, draft, extract, extracted, grant, granted, left, log, path, permit, read, seek, status};

#[test]
fn silence_by_the_last_day_is_a_refusal() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (id, manager) = (log(&app, &family, json!({})), app.manager());
    let other = log(&app, &family, json!({"deadlineOn":null}));
    decide(&manager, &id, &json!({"decision":"consider"})).ok(200);
    decide(&manager, &other, &json!({"decision":"consider"})).ok(200);
    // There is always such a day, and it is not past.
    for late in [json!({"decision":"seek_permission"}), json!({"decision":"seek_permission","answerByOn":"2026-05-31"})] {
        decide(&manager, &other, &late).problem(422, "rule-violated").rule_at("#/answerByOn", "answer_by_missing");
    }
    decide(&manager, &id, &json!({"decision":"seek_permission","answerByOn":"2026-06-10"})).ok(200);
    permit(&app, &family, json!({}));
    let found = |wanted: &str| {
        let page = manager.get(&format!("/legal-requests?status={wanted}")).ok(200);
        page.body["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    app.clock.set(at("2026-06-10T22:59:59Z"), true);
    assert_eq!((status(&app, &id), found("permission_sought")), ("permission_sought".to_owned(), vec![id.clone()]));
    // 00:00 on the 11th in London.
    app.clock.set(at("2026-06-10T23:00:00Z"), true);
    let silent = read(&manager, &id);
    assert_eq!((silent.str("status"), &silent.body["allowedActions"]), ("refused".to_owned(), &json!(["close"])));
    assert_eq!((found("permission_sought"), found("refused")), (vec![], vec![id.clone()]));
    decide(&manager, &id, &grant(&family.ana)).problem(409, "invalid-state");
    // Nobody is asked any more; that it is to be closed, and the officer told, stays on the list.
    assert!(Family::tasks(&app, "seek_permission", &id).is_empty());
    let task = Family::tasks(&app, "legal_request", &id).pop().unwrap();
    let ticked = manager.if_match(1).post(&format!("/tasks/{}/completion", task["id"].as_str().unwrap()), &json!({}));
    assert_eq!(ticked.problem(409, "invalid-state").body["allowedActions"], json!(["close"]));
    let close = manager.if_match(silent.version()).post(&format!("{}/closure", path(&id)), &json!({"reason":"The officer was told."}));
    assert_eq!((close.ok(200).str("status"), found("refused")), ("closed".to_owned(), vec![]));
    assert!(Family::tasks(&app, "seek_permission", &id).is_empty() && Family::tasks(&app, "legal_request", &id).is_empty());
}

#[test]
fn parents_who_disagree_stop_it_before_and_after_it_is_granted() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({}));
    let (id, note) = extracted(&app, &family);
    let first = draft(&app, &id)["disclosureId"].clone();
    let no = family.refuse(&app, &family.finn, &[&family.ana]).id();
    // At once and for good.
    let blocked = read(&manager, &id);
    assert_eq!((blocked.str("status"), &blocked.body["extracts"][0]["status"]), ("blocked".to_owned(), &json!("blocked")));
    assert_eq!(blocked.body["allowedActions"], json!(["decide", "close"]));
    dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).problem(409, "invalid-state");
    assert_eq!(Family::tasks(&app, "legal_request", &id).len(), 1);
    // It is considered anew, and they still disagree.
    seek(&manager, &id);
    decide(&manager, &id, &grant(&family.ana)).problem(409, "consent-required").rule("conflicting_refusal");
    assert_eq!(Family::tasks(&app, "conflict_review", &family.ana).len(), 1);
    // Once they agree another is drafted; the first one stays blocked.
    family.withdraw(&app, &no, json!({"withdrawnById":family.finn})).ok(200);
    decide(&manager, &id, &grant(&family.ana)).ok(200);
    extract(&manager, &id, &[&note]).ok(200);
    let sent = dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).ok(200);
    let stands: Vec<&Value> = sent.body["extracts"].as_array().unwrap().iter().map(|extract| &extract["status"]).collect();
    assert_eq!(stands, ["blocked", "sent"]);
    assert_ne!(sent.body["disclosureIds"], json!([first]));
}

#[test]
fn a_refusal_that_says_something_else_blocks_nothing() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    permit(&app, &family, json!({}));
    let (id, note) = extracted(&app, &family);
    // That it has to be extracted anew is none of it.
    let corrected = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["school_provision"],"concern":"Said anew.","factOrOpinion":"fact",
        "sensitivity":"ordinary","keepConfidential":false,"correctionReason":"Misheard."});
    let newer = app.adviser().post(&format!("/notes/{note}/correction"), &corrected).ok(201).id();
    let refuse = |change: Value| {
        let mut body = json!({"decision":"refused","granterId":family.finn,"subjectIds":[family.ana],"method":"email",
            "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-05-02T10:00:00.000Z"});
        merge(&mut body, change);
        app.adviser().post(&format!("/cases/{}/consents", family.case), &body).ok(201).id()
    };
    refuse(json!({"purposes":["liaison"]}));
    refuse(json!({"recipients":[{"recipientId":family.school}]}));
    refuse(json!({"subjectIds":[family.sam]}));
    refuse(json!({"granterId":family.nell}));
    assert_eq!(status(&app, &id), "extracted");
    let other = granted(&app, &family);
    extract(&app.manager(), &id, &[&newer]).ok(200);
    dispatch(&app.manager(), &id, &[(&family.mia, &family.mia_contact)]).ok(200);
    // What was sent is blocked by nothing; what was not is, also where a note in it was corrected.
    extract(&app.manager(), &other, &[&newer]).ok(200);
    app.adviser().post(&format!("/notes/{newer}/correction"), &corrected).ok(201);
    refuse(json!({}));
    assert_eq!([&id, &other].map(|id| status(&app, id)), ["sent_and_copied", "blocked"].map(str::to_owned));
}

#[test]
fn a_refusal_in_a_case_nobody_here_sees_blocks_and_is_not_told() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = app.as_staff(Role::Adviser, "hers");
    let own = crate::apart::own_case(&hers, &family.ana).id();
    permit(&app, &family, json!({}));
    let (id, _) = extracted(&app, &family);
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."});
    hers.post(&format!("/people/{}/capacity-records", family.ana), &assessed).ok(201);
    assert_eq!(status(&app, &id), "extracted", "it is decided again when it is sent");
    let objects = |purpose: &str| {
        let given = json!({"granterId":family.ana,"subjectIds":[family.ana],"purposes":[purpose],"decidedAt":"2026-05-03T10:00:00.000Z"});
        let given = hers.post(&format!("/cases/{own}/consents"), &family.permission(given)).ok(201).id();
        let ending = json!({"withdrawnById":family.ana,"method":"email","objects":true});
        let withdrawn = hers.post(&format!("/consents/{given}/withdrawal"), &ending).ok(200);
        assert_eq!(withdrawn.body["effects"]["blockedDisclosureIds"], json!([]), "nobody there is told of another case");
    };
    objects("liaison");
    assert_eq!(status(&app, &id), "extracted", "she said no to something else");
    objects("legal_request");
    assert_eq!(status(&app, &id), "blocked");
}

#[test]
fn a_no_blocks_by_all_that_is_known_whoever_records_it() {
    let blocked_once = |told: &dyn Fn(&TestApp, &Family, &Session<'_>, &str), no: &dyn Fn(&TestApp, &Family)| {
        let app = TestApp::spawn();
        let family = Family::record(&app);
        Family::assess(&app, &family.ana, false, "2026-02-01");
        permit(&app, &family, json!({}));
        let (id, _) = extracted(&app, &family);
        let hers = app.as_staff(Role::Adviser, "hers");
        told(&app, &family, &hers, &crate::apart::own_case(&hers, &family.ana).id());
        assert_eq!(status(&app, &id), "extracted");
        no(&app, &family);
        assert_eq!(status(&app, &id), "blocked");
    };
    let joins = |family: &Family, hers: &Session<'_>, own: &str, responsible: &str| {
        let part = json!({"personId":family.nell,"role":"supporter","relation":"guardian","servedSeparately":false,
            "parentalResponsibility":[{"childId":family.ana,"value":responsible,"evidence":"order_seen"}]});
        hers.post(&format!("/cases/{own}/participants"), &part).ok(201);
    };
    // She can decide, as she was found alone: to those who see this case it is a wish of hers.
    let found = |_: &TestApp, family: &Family, hers: &Session<'_>, _: &str| {
        let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
            "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."});
        hers.post(&format!("/people/{}/capacity-records", family.ana), &assessed).ok(201);
    };
    blocked_once(&found, &|app, family| drop(family.refuse(app, &family.ana, &[&family.ana])));
    // Her grandmother has responsibility, as she told alone.
    let responsible = |_: &TestApp, family: &Family, hers: &Session<'_>, own: &str| joins(family, hers, own, "yes");
    blocked_once(&responsible, &|app, family| drop(family.refuse(app, &family.nell, &[&family.ana])));
    // Her grandmother said no there, which counts by now, when somebody says no to something else.
    let said_no = |app: &TestApp, family: &Family, hers: &Session<'_>, own: &str| {
        joins(family, hers, own, "no");
        let no = json!({"decision":"refused","granterId":family.nell,"subjectIds":[family.ana],"method":"written_signed",
            "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"});
        hers.post(&format!("/cases/{own}/consents"), &no).ok(201);
        family.responsibility(app, &family.nell, &family.ana, json!({}));
    };
    blocked_once(&said_no, &|app, family| {
        let no = json!({"decision":"refused","granterId":family.finn,"subjectIds":[family.ana],"purposes":["liaison"],"method":"email",
            "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-05-02T10:00:00.000Z"});
        app.adviser().post(&format!("/cases/{}/consents", family.case), &no).ok(201);
    });
}

#[test]
fn a_withdrawal_blocks_what_is_drafted_for_good_and_says_so() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let given = permit(&app, &family, json!({}));
    let (id, _) = extracted(&app, &family);
    let other = granted(&app, &family);
    let drafts = [draft(&app, &id)["disclosureId"].clone(), draft(&app, &other)["disclosureId"].clone()];
    let withdrawn = family.withdraw(&app, &given, json!({})).ok(200);
    assert_eq!(withdrawn.body["effects"]["blockedDisclosureIds"], json!(drafts));
    assert_eq!([&id, &other].map(|id| status(&app, id)), ["blocked", "blocked"].map(str::to_owned));
    dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).problem(409, "invalid-state");
    // A new permission revives nothing.
    let anew = permit(&app, &family, json!({}));
    dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).problem(409, "invalid-state");
    assert_eq!(draft(&app, &id)["status"], "blocked");
    assert!(left(&app, &family).is_empty());
    // A repeated withdrawal tells the same; so does an error that is annulled.
    assert_eq!(family.withdraw(&app, &given, json!({})).ok(200).body["effects"], withdrawn.body["effects"]);
    seek(&manager, &other);
    decide(&manager, &other, &grant(&family.ana)).ok(200);
    app.adviser().post(&format!("/consents/{anew}/annulment"), &json!({"reason":"Another family."})).ok(200);
    assert_eq!(status(&app, &other), "blocked");
}

#[test]
fn whoever_withdraws_and_objects_blocks_what_rests_on_others_too() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let finns = permit(&app, &family, json!({"granterId":family.finn,"subjectIds":[family.ana]}));
    let mias = permit(&app, &family, json!({"decidedAt":"2026-05-01T10:00:00.000Z"}));
    let (id, _) = extracted(&app, &family);
    assert_eq!(draft(&app, &id)["consents"][0]["consentId"], mias);
    let drafted = draft(&app, &id)["disclosureId"].clone();
    let ended = family.withdraw(&app, &finns, json!({"withdrawnById":family.finn,"objects":true})).ok(200);
    assert_eq!(ended.body["effects"]["blockedDisclosureIds"], json!([drafted]));
    assert_eq!(status(&app, &id), "blocked");
}

#[test]
fn a_permission_that_is_replaced_is_found_when_it_is_sent() {
    // D37.
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let first = permit(&app, &family, json!({}));
    let (id, note) = extracted(&app, &family);
    let copy = [(family.mia.as_str(), family.mia_contact.as_str())];
    permit(&app, &family, json!({"supersedesId":first,"decidedAt":"2026-05-01T10:00:00.000Z"}));
    assert_eq!(status(&app, &id), "extracted", "a replacement by itself blocks nothing");
    let changed = dispatch(&manager, &id, &copy).problem(409, "consent-required");
    assert_eq!((changed.rules(), &changed.body["policy"]["rule"]), (vec!["consent_changed".to_owned()], &json!("R16")));
    assert!(left(&app, &family).is_empty());
    // Extracted once more it rests on the new one.
    extract(&manager, &id, &[&note]).ok(200);
    // What has run out by then is refused by its own rule.
    app.clock.set(at("2027-03-01T00:00:00Z"), true);
    dispatch(&manager, &id, &copy).problem(409, "consent-required").rule("consent_expired");
    app.clock.set(at("2027-02-28T23:59:59Z"), true);
    dispatch(&manager, &id, &copy).ok(200);
}

#[test]
fn what_is_refused_is_given_up_and_a_case_with_a_draft_is_not_closed() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({}));
    let (id, _) = extracted(&app, &family);
    let case = format!("/cases/{}", family.case);
    let version = app.adviser().get(&case).ok(200).version();
    app.adviser()
        .if_match(version)
        .post(&format!("{case}/closure"), &json!({"outcome":"agreed"}))
        .problem(409, "invalid-state")
        .rule("not_decided");
    let refused = decide(&manager, &id, &json!({"decision":"refuse","reason":"It was withdrawn by the officer."})).ok(200);
    assert_eq!((refused.str("status"), &refused.body["extracts"][0]["status"]), ("refused".to_owned(), &json!("cancelled")));
    dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).problem(409, "invalid-state");
    decide(&manager, &id, &json!({"decision":"consider"})).problem(409, "invalid-state");
    family.close(&app);
    let closed = manager.if_match(refused.version()).post(&format!("{}/closure", path(&id)), &json!({})).ok(200);
    assert_eq!((closed.str("status"), &closed.body["allowedActions"]), ("closed".to_owned(), &json!([])));
    manager.if_match(closed.version()).post(&format!("{}/closure", path(&id)), &json!({})).problem(409, "invalid-state");
    assert!(left(&app, &family).is_empty());
}

#[test]
fn what_ended_with_its_day_is_not_sent_though_the_policy_would_grant_it_again() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    Family::born(&app, &family.ana, "2010-08-31");
    permit(&app, &family, json!({}));
    let (id, _) = extracted(&app, &family);
    assert_eq!(read(&app.manager(), &id).str("permittedUntil"), "2026-06-26");
    app.clock.set(at("2026-06-27T09:00:00Z"), true);
    assert_eq!(status(&app, &id), "blocked");
    // The date of birth was wrong: her mother may permit, and what was blocked is so for good.
    app.adviser().if_match(2).patch(&format!("/people/{}", family.ana), &json!({"dateOfBirth":"2014-03-12"})).ok(200);
    family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).problem(409, "consent-scope-exceeded").rule("purpose_not_covered");
    dispatch(&app.manager(), &id, &[(&family.mia, &family.mia_contact)]).problem(409, "invalid-state");
    assert_eq!((status(&app, &id), left(&app, &family)), ("blocked".to_owned(), vec![]));
}

#[test]
fn what_is_drafted_is_blocked_with_the_last_day_of_its_permission() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let first = permit(&app, &family, json!({"expiresOn":"2026-07-03"}));
    let (id, note) = extracted(&app, &family);
    assert_eq!(read(&manager, &id).str("permittedUntil"), "2026-07-03");
    // The one that takes its place carries it on.
    permit(&app, &family, json!({"supersedesId":first,"expiresOn":"2026-07-10"}));
    let found = |wanted: &str| {
        let page = manager.get(&format!("/legal-requests?status={wanted}")).ok(200);
        page.body["items"].as_array().unwrap().iter().map(|row| (row["id"].clone(), row["status"].clone())).collect::<Vec<_>>()
    };
    app.clock.set(at("2026-07-10T22:59:59Z"), true);
    assert_eq!((status(&app, &id), found("blocked")), ("extracted".to_owned(), vec![]));
    app.clock.set(at("2026-07-10T23:00:00Z"), true);
    let ended = read(&manager, &id);
    assert_eq!((ended.str("status"), &ended.body["extracts"][0]["status"]), ("blocked".to_owned(), &json!("blocked")));
    assert_eq!((ended.str("permittedUntil"), &ended.body["allowedActions"]), ("2026-07-10".to_owned(), &json!(["decide", "close"])));
    let blocked = vec![(json!(id), json!("blocked"))];
    assert_eq!((found("granted,extracted"), found("blocked"), found("blocked,refused")), (vec![], blocked.clone(), blocked));
    assert_eq!(found("refused"), []);
    extract(&manager, &id, &[&note]).problem(409, "invalid-state");
    manager.send(&Method::POST, &format!("{}/bundle", path(&id)), None).problem(409, "invalid-state");
    let copy = [(family.mia.as_str(), family.mia_contact.as_str())];
    dispatch(&manager, &id, &copy).problem(409, "consent-required").rule("consent_expired");
    // With another permission another is drafted; the first one stays blocked.
    permit(&app, &family, json!({"decidedAt":"2026-07-10T10:00:00.000Z"}));
    dispatch(&manager, &id, &copy).problem(409, "consent-required").rule("consent_changed");
    extract(&manager, &id, &[&note]).problem(409, "invalid-state");
    decide(&manager, &id, &json!({"decision":"consider"})).ok(200);
    assert_eq!(draft(&app, &id)["status"], "blocked");
    decide(&manager, &id, &json!({"decision":"seek_permission","answerByOn":"2026-07-20"})).ok(200);
    decide(&manager, &id, &grant(&family.ana)).ok(200);
    extract(&manager, &id, &[&note]).ok(200);
    let sent = dispatch(&manager, &id, &copy).ok(200);
    let stands: Vec<&Value> = sent.body["extracts"].as_array().unwrap().iter().map(|extract| &extract["status"]).collect();
    assert_eq!(stands, ["blocked", "sent"]);
    // So it is where it was granted and nothing decided of the items; nothing of it is in the way of closing the case, or the request.
    let other = log(&app, &family, json!({"deadlineOn":"2026-12-31"}));
    seek(&manager, &other);
    decide(&manager, &other, &grant(&family.ana)).ok(200);
    app.clock.set(at("2027-02-28T12:00:00Z"), true);
    let close = |version| app.adviser().if_match(version).post(&format!("/cases/{}/closure", family.case), &json!({"outcome":"agreed"}));
    let version = app.adviser().get(&format!("/cases/{}", family.case)).ok(200).version();
    close(version).problem(409, "invalid-state").rule("not_decided");
    app.clock.set(at("2027-03-01T00:00:00Z"), true);
    assert_eq!((status(&app, &other), draft(&app, &other)["status"].clone()), ("blocked".to_owned(), json!("blocked")));
    dispatch(&manager, &other, &copy).problem(409, "invalid-state");
    close(version).ok(200);
    let version = read(&manager, &other).version();
    manager.if_match(version).post(&format!("{}/closure", path(&other)), &json!({})).ok(200);
    assert_eq!(draft(&app, &other)["status"], "blocked");
}
