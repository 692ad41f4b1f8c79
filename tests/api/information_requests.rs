//! Information requests, both ways (C12): to ask is a disclosure, to be asked is not, and an answer names what it left by.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::apart::own_case;
use crate::family::Family;
use crate::harness::{Reply, Session, TestApp, at};

fn path(family: &Family) -> String {
    format!("/cases/{}/information-requests", family.case)
}

fn ask(app: &TestApp, family: &Family, change: Value) -> Reply {
    app.adviser().post(&path(family), &family.asked_by_service(change))
}

fn asked(app: &TestApp, family: &Family, change: Value) -> Reply {
    app.adviser().post(&path(family), &family.asked_from_outside(change))
}

fn respond(app: &TestApp, id: &str, version: i64, body: &Value) -> Reply {
    app.adviser().if_match(version).post(&format!("/information-requests/{id}/response"), body)
}

fn read(app: &TestApp, id: &str) -> Reply {
    app.adviser().get(&format!("/information-requests/{id}")).ok(200)
}

fn listed(session: &Session<'_>, query: &str) -> Vec<String> {
    let page = session.get(&format!("/information-requests?limit=200{query}")).ok(200);
    page.body["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// The newest entry of the disclosure log.
fn newest(app: &TestApp) -> Value {
    app.manager().get("/disclosure-log?limit=1").ok(200).body["items"][0]["body"].clone()
}

fn log_size(app: &TestApp) -> i64 {
    app.manager().get("/disclosure-log?limit=1").ok(200).body["treeSize"].as_i64().unwrap()
}

#[test]
fn to_ask_somebody_outside_is_a_disclosure_that_is_decided_and_logged() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let before = log_size(&app);
    // Nobody permitted anything; then something else, the way out; then to somebody else.
    let refused = ask(&app, &family, json!({})).problem(409, "consent-required").rule_at("#/informationCategories/0", "consent_missing");
    assert_eq!((refused.body["refusalIndex"].as_i64(), log_size(&app)), (Some(before), before + 1));
    let entry = newest(&app);
    assert_eq!(
        (&entry["kind"], &entry["direction"], &entry["purpose"]),
        (&json!("disclosure_refused"), &json!("inbound_request"), &json!("request_information"))
    );
    family.permit(&app, json!({"purposes":["request_information"]}));
    let refused = ask(&app, &family, json!({})).problem(409, "consent-scope-exceeded");
    assert_eq!(refused.rules(), ["direction_not_covered"]);
    family.permit_asking(&app, json!({}));
    ask(&app, &family, json!({"recipient":{"recipientId":family.school}}))
        .problem(409, "consent-scope-exceeded")
        .rule("recipient_not_covered");
    ask(&app, &family, json!({"informationCategories":["health"]})).problem(409, "consent-scope-exceeded").rule("data_not_covered");
    assert_eq!(listed(&app.adviser(), ""), Vec::<String>::new(), "what was refused was not asked");
    assert_eq!(app.adviser().get(&format!("/cases/{}/disclosures", family.case)).ok(200).body["items"], json!([]));
    let made = ask(&app, &family, json!({"dueOn":"2026-06-15"})).ok(201);
    assert_eq!(made.header("location"), format!("/api/v1/information-requests/{}", made.id()));
    assert_eq!((made.header("etag"), made.str("status")), ("\"1\"".to_owned(), "asked".to_owned()));
    assert_eq!(made.body["allowedActions"], json!(["respond", "cancel"]));
    assert_eq!(read(&app, &made.id()).body, made.body);
    let sent = app.adviser().get(&format!("/disclosures/{}", made.str("disclosureId"))).ok(200);
    assert_eq!(
        (&sent.body["direction"], &sent.body["summary"], &sent.body["dataSubjectIds"], &sent.body["status"]),
        (&json!("inbound_request"), &made.body["question"], &json!([family.ana]), &json!("sent"))
    );
    let entry = newest(&app);
    assert_eq!((&entry["kind"], &entry["direction"]), (&json!("disclosure_made"), &json!("inbound_request")));
    // It is in the accounting of the child.
    let accounting = app.adviser().get(&format!("/cases/{}/disclosures?subjectId={}", family.case, family.ana)).ok(200);
    assert_eq!(accounting.body["items"][0]["id"], made.body["disclosureId"]);
    // What is not said cannot be asked.
    for (leaves_out, at) in [("channel", "#/channel"), ("question", "#/question"), ("subjectIds", "#/subjectIds")] {
        ask(&app, &family, json!({leaves_out:null})).problem(422, "rule-violated").rule_at(at, "asking_needs_this");
    }
    ask(&app, &family, json!({"purpose":"legal_request"})).problem(422, "rule-violated").rule_at("#/purpose", "contradicting_fields");
    let stranger = crate::family::person(&app, &json!({"kind":"child","fullName":"Kai Other","pseudonymous":false})).id();
    ask(&app, &family, json!({"subjectIds":[stranger]})).problem(422, "rule-violated").rule_at("#/subjectIds/0", "not_participant");
}

#[test]
fn the_same_key_asks_once_and_a_refusal_is_decided_afresh() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let keyed = app.adviser().with("Idempotency-Key", "question-00000001");
    let body = family.asked_by_service(json!({}));
    let first = keyed.post(&path(&family), &body).problem(409, "consent-required");
    let again = keyed.post(&path(&family), &body).problem(409, "consent-required");
    assert_ne!(first.body["refusalIndex"], again.body["refusalIndex"]);
    family.permit_asking(&app, json!({}));
    let made = keyed.post(&path(&family), &body).ok(201);
    let size = log_size(&app);
    let replay = keyed.post(&path(&family), &body).ok(201);
    assert_eq!((replay.body, replay.headers["idempotency-replayed"].to_str().unwrap(), log_size(&app)), (made.body, "true", size));
    let bare = app.adviser().send(&ureq::http::Method::POST, &path(&family), Some(body.to_string()));
    bare.problem(400, "idempotency-key-required");
}

#[test]
fn what_somebody_outside_asks_is_recorded_and_tells_nobody_anything() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let before = log_size(&app);
    let made = asked(&app, &family, json!({"subjectIds":[family.ana],"channel":"phone"})).ok(201);
    // Whoever named no day is answered within a week.
    assert_eq!(Family::tasks(&app, "information_request_due", &made.id())[0]["dueOn"], "2026-06-08");
    assert_eq!((made.str("status"), &made.body["allowedActions"]), ("received".to_owned(), &json!(["respond"])));
    assert!(made.body.get("disclosureId").is_none());
    // The other parent, too, and when the case is closed.
    asked(&app, &family, json!({"recipient":{"personId":family.finn},"question":null})).ok(201);
    family.close(&app);
    asked(&app, &family, json!({})).ok(201);
    assert_eq!((log_size(&app), listed(&app.adviser(), "&status=received").len()), (before, 3));
    for (change, at) in [
        (json!({"purpose":"legal_request"}), "#/purpose"),
        (json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}]}), "#/copies"),
        (json!({"toldSubject":"yes"}), "#/toldSubject"),
        (json!({"recipient":{"unregistered":{"bodyType":"police","name":"Night desk"}}}), "#/recipient"),
        (json!({"recipient":{}}), "#/recipient"),
    ] {
        asked(&app, &family, change).problem(422, "rule-violated").rule_at(at, "contradicting_fields");
    }
    asked(&app, &family, json!({"recipient":{"recipientId":family.council,"teamId":uuid::Uuid::now_v7()}}))
        .problem(422, "rule-violated")
        .rule_at("#/recipient/teamId", "unknown_reference");
    asked(&app, &family, json!({"subjectIds":[uuid::Uuid::now_v7()]}))
        .problem(422, "rule-violated")
        .rule_at("#/subjectIds/0", "not_participant");
    asked(&app, &family, json!({"informationCategories":[]})).problem(400, "validation-failed");
}

#[test]
fn an_answer_that_the_service_gives_names_the_disclosure_by_which_it_left() {
    let app = TestApp::spawn();
    let (family, other) = (Family::record(&app), Family::record(&app));
    let note = family.n1(&app);
    let request = asked(&app, &family, json!({"dueOn":"2026-06-10"})).ok(201).id();
    let answer = |disclosure: &Value| respond(&app, &request, 1, &json!({"outcome":"answered","disclosureId":disclosure}));
    let needed = |reply: Reply| drop(reply.problem(422, "rule-violated").rule_at("#/disclosureId", "disclosure_required"));
    needed(respond(&app, &request, 1, &json!({"outcome":"answered"})));
    needed(respond(&app, &request, 1, &json!({"outcome":"partly_answered"})));
    needed(answer(&json!(uuid::Uuid::now_v7())));
    // Of another case; to another body; to another team; by which the service asked itself.
    other.permit(&app, json!({"recipients":[{"recipientId":family.council,"teamId":family.north}]}));
    let theirs = other.n1(&app);
    let to = json!({"recipient":{"recipientId":family.council,"teamId":family.north}});
    needed(answer(&other.disclose(&app, &other.ask(&theirs, to)).ok(201).body["id"]));
    let both = [json!({"recipientId":family.school}), json!({"recipientId":family.council,"teamId":family.south})];
    family.permit(&app, json!({"recipients":both}));
    for recipient in both {
        needed(answer(&family.disclose(&app, &family.ask(&note, json!({"recipient":recipient}))).ok(201).body["id"]));
    }
    family.permit_asking(&app, json!({}));
    needed(answer(&ask(&app, &family, json!({})).ok(201).body["disclosureId"]));
    family.permit(&app, json!({}));
    let shared = || family.disclose(&app, &family.ask(&note, json!({}))).ok(201).body["id"].clone();
    // About others; kept back.
    let of_sam = asked(&app, &family, json!({"subjectIds":[family.sam]})).ok(201).id();
    needed(respond(&app, &of_sam, 1, &json!({"outcome":"answered","disclosureId":shared()})));
    let kept_back = shared();
    app.adviser().post(&format!("/disclosures/{}/annotations", kept_back.as_str().unwrap()), &json!({"kind":"not_sent"})).ok(201);
    needed(answer(&kept_back));
    let sent = shared();
    app.adviser()
        .post(&format!("/information-requests/{request}/response"), &json!({"outcome":"refused"}))
        .problem(428, "precondition-required");
    respond(&app, &request, 7, &json!({"outcome":"answered","disclosureId":sent})).problem(412, "stale-version");
    let task = &Family::tasks(&app, "information_request_due", &request)[0];
    assert_eq!((&task["dueOn"], &task["allowedActions"]), (&json!("2026-06-10"), &json!([])));
    let ticked = app.adviser().if_match(1).post(&format!("/tasks/{}/completion", task["id"].as_str().unwrap()), &json!({}));
    assert_eq!(ticked.problem(409, "invalid-state").body["allowedActions"], json!(["respond"]), "it is answered, not ticked off");
    let done = answer(&sent).ok(200);
    assert_eq!((done.version(), done.str("status"), &done.body["disclosureId"]), (2, "answered".to_owned(), &sent));
    assert_eq!((&done.body["allowedActions"], &done.body["endedBy"]["displayName"]), (&json!([]), &json!("Adviser")));
    assert!(Family::tasks(&app, "information_request_due", &request).is_empty(), "what is answered is no work any more");
    // Once.
    respond(&app, &request, 2, &json!({"outcome":"refused"})).problem(409, "invalid-state");
    // An officer who named no team is answered by any.
    let anybody = asked(&app, &family, json!({"recipient":{"recipientId":family.council}})).ok(201).id();
    respond(&app, &anybody, 1, &json!({"outcome":"partly_answered","disclosureId":sent})).ok(200);
    // What was sent before they asked answers nothing.
    app.clock.set(at("2026-06-01T23:00:00Z"), true);
    let later = asked(&app, &family, json!({})).ok(201).id();
    needed(respond(&app, &later, 1, &json!({"outcome":"answered","disclosureId":sent})));
}

#[test]
fn each_side_has_answers_of_its_own() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit_asking(&app, json!({}));
    let ours = ask(&app, &family, json!({})).ok(201);
    let theirs = asked(&app, &family, json!({})).ok(201).id();
    let contradicts = |id: &str, body: Value, at: &str| {
        respond(&app, id, 1, &body).problem(422, "rule-violated").rule_at(at, "contradicting_fields");
    };
    contradicts(&ours.id(), json!({"outcome":"no_permission"}), "#/outcome");
    contradicts(&theirs, json!({"outcome":"no_reply"}), "#/outcome");
    // What is received is no disclosure; nor is a refusal.
    contradicts(&ours.id(), json!({"outcome":"answered","disclosureId":ours.body["disclosureId"]}), "#/disclosureId");
    contradicts(&theirs, json!({"outcome":"no_permission","disclosureId":ours.body["disclosureId"]}), "#/disclosureId");
    let reply = json!({"outcome":"partly_answered","response":"Only for May."});
    let done = respond(&app, &ours.id(), 1, &reply).ok(200);
    assert_eq!((done.str("status"), done.str("response")), ("partly_answered".to_owned(), "Only for May.".to_owned()));
    assert_eq!(done.body["disclosureId"], ours.body["disclosureId"], "that by which it was asked");
    assert_eq!(respond(&app, &theirs, 1, &json!({"outcome":"no_permission"})).ok(200).str("status"), "no_permission");
}

#[test]
fn what_the_service_asked_is_called_off_by_hand_and_what_others_asked_is_not() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit_asking(&app, json!({}));
    let ours = ask(&app, &family, json!({"dueOn":"2026-06-10"})).ok(201).id();
    let theirs = asked(&app, &family, json!({})).ok(201).id();
    let cancel = |id: &str, version: i64| {
        app.adviser().if_match(version).post(&format!("/information-requests/{id}/cancellation"), &json!({"reason":"It came unasked."}))
    };
    let done = cancel(&ours, 1).ok(200);
    assert_eq!(
        (done.str("status"), done.str("cancellationReason"), &done.body["permissionEnded"]),
        ("cancelled".to_owned(), "It came unasked.".to_owned(), &json!(false))
    );
    assert!(Family::tasks(&app, "information_request_due", &ours).is_empty());
    cancel(&ours, 2).problem(409, "invalid-state");
    let refused = cancel(&theirs, 1).problem(409, "invalid-state");
    assert_eq!(refused.body["allowedActions"], json!(["respond"]));
}

#[test]
fn a_withdrawal_calls_off_what_was_asked_on_the_strength_of_it_and_says_so() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let given = family.permit_asking(&app, json!({}));
    let open = [(); 2].map(|()| ask(&app, &family, json!({"dueOn":"2026-06-10"})).ok(201).id());
    let answered = ask(&app, &family, json!({})).ok(201).id();
    respond(&app, &answered, 1, &json!({"outcome":"answered","response":"None."})).ok(200);
    let theirs = asked(&app, &family, json!({})).ok(201).id();
    // One that rests on another permission.
    let school = json!({"recipients":[{"recipientId":family.school}]});
    family.permit_asking(&app, school);
    let elsewhere = ask(&app, &family, json!({"recipient":{"recipientId":family.school}})).ok(201).id();
    // Nor does it matter that another one took the place of the permission since.
    let given = family.permit_asking(&app, json!({"supersedesId":given}));
    let withdrawn = family.withdraw(&app, &given, json!({})).ok(200);
    assert_eq!(withdrawn.body["effects"]["cancelledRequestIds"], json!(open));
    assert_eq!(withdrawn.body["effects"]["recallTaskIds"].as_array().unwrap().len(), 3, "each question was a disclosure");
    for id in &open {
        let request = read(&app, id);
        assert_eq!((request.str("status"), &request.body["permissionEnded"], request.version()), ("cancelled".to_owned(), &json!(true), 2));
        assert!(Family::tasks(&app, "information_request_due", id).is_empty());
        respond(&app, id, 2, &json!({"outcome":"answered"})).problem(409, "invalid-state");
    }
    let stands = |id: &str| read(&app, id).str("status");
    assert_eq!([&answered, &theirs, &elsewhere].map(|id| stands(id)), ["answered", "received", "asked"].map(str::to_owned));
    // A repeated withdrawal tells the same, and calls off nothing more.
    assert_eq!(family.withdraw(&app, &given, json!({})).ok(200).body["effects"], withdrawn.body["effects"]);
}

#[test]
fn a_narrower_permission_calls_off_what_was_asked_and_it_does_not_cover() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let copy = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}]});
    let given = family.permit_asking(&app, json!({}));
    let first = ask(&app, &family, json!({"dueOn":"2026-06-10"})).ok(201).id();
    let second = ask(&app, &family, copy).ok(201).id();
    let stands = |id: &str| read(&app, id).str("status");
    // She may be known to have said no in confidence: that it goes on tells nothing of it.
    let hers = app.as_staff(Role::Adviser, "hers");
    let own = own_case(&hers, &family.ana).id();
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."});
    hers.post(&format!("/people/{}/capacity-records", family.ana), &assessed).ok(201);
    let no = json!({"decision":"refused","granterId":family.ana,"subjectIds":[family.ana],"method":"email",
        "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-05-03T10:00:00.000Z"});
    hers.post(&format!("/cases/{own}/consents"), &no).ok(201);
    // A wish for a copy each time bears on what is sent from now on.
    let same = family.permit_asking(&app, json!({"supersedesId":given,"conditions":[{"kind":"copy_to_granter"}]}));
    let contacts = app.adviser().get(&format!("/people/{}", family.mia)).ok(200);
    app.adviser().if_match(contacts.version()).patch(&format!("/people/{}", family.mia), &json!({"contacts":[]})).ok(200);
    let more = family.permit_asking(&app, json!({"supersedesId":same,"informationCategories":["attendance"]}));
    assert_eq!([&first, &second].map(|id| stands(id)), ["asked", "asked"]);
    let narrow = family.permit_asking(&app, json!({"supersedesId":more,"recipients":[{"recipientId":family.school}]}));
    for id in [&first, &second] {
        let request = read(&app, id);
        assert_eq!((request.str("status"), &request.body["permissionEnded"]), ("cancelled".to_owned(), &json!(true)));
    }
    assert!(Family::tasks(&app, "information_request_due", &first).is_empty());
    assert_eq!(app.adviser().get(&format!("/consents/{narrow}")).ok(200).str("status"), "live");
}

#[test]
fn an_error_and_the_closing_of_the_case_call_off_what_was_asked_too() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let wrong = family.permit_asking(&app, json!({}));
    let first = ask(&app, &family, json!({})).ok(201).id();
    app.adviser().post(&format!("/consents/{wrong}/annulment"), &json!({"reason":"Another family."})).ok(200);
    family.permit_asking(&app, json!({}));
    let second = ask(&app, &family, json!({})).ok(201).id();
    let theirs = asked(&app, &family, json!({})).ok(201).id();
    assert_eq!(read(&app, &first).str("status"), "cancelled");
    assert_eq!(read(&app, &second).str("status"), "asked");
    family.close(&app);
    let closed = read(&app, &second);
    assert_eq!((closed.str("status"), &closed.body["permissionEnded"]), ("cancelled".to_owned(), &json!(true)));
    // Whoever asked may still be told that there is no permission.
    respond(&app, &theirs, 1, &json!({"outcome":"no_permission"})).ok(200);
    ask(&app, &family, json!({})).problem(409, "consent-required").rule("consent_expired");
}

#[test]
fn requests_are_found_by_side_state_case_day_and_worker() {
    let app = TestApp::spawn();
    let (family, other) = (Family::record(&app), Family::record(&app));
    family.permit_asking(&app, json!({}));
    let ours = ask(&app, &family, json!({"dueOn":"2026-06-10"})).ok(201).id();
    let theirs = asked(&app, &family, json!({"dueOn":"2026-06-20"})).ok(201).id();
    let elsewhere = asked(&app, &other, json!({})).ok(201).id();
    let taker = app.as_staff(Role::Adviser, "Taker");
    let me = taker.get("/me").ok(200).id();
    let version = app.adviser().get(&format!("/cases/{}", other.case)).ok(200).version();
    app.manager().if_match(version).put(&format!("/cases/{}/assignment", other.case), &json!({"staffId":me})).ok(200);
    let of = |query: &str| listed(&app.adviser(), query);
    assert_eq!(of(""), [&elsewhere, &theirs, &ours].map(String::clone));
    assert_eq!(of("&askedBy=service"), std::slice::from_ref(&ours));
    assert_eq!(of("&status=received,asked&askedBy=outside"), [&elsewhere, &theirs].map(String::clone));
    assert_eq!(of(&format!("&caseId={}", family.case)), [&theirs, &ours].map(String::clone));
    assert_eq!(of("&dueBefore=2026-06-20"), std::slice::from_ref(&ours));
    assert_eq!(of("&dueBefore=2026-06-21"), [&theirs, &ours].map(String::clone));
    assert_eq!(listed(&taker, "&assignedTo=me"), std::slice::from_ref(&elsewhere));
    assert_eq!(of(&format!("&assignedTo={me}")), std::slice::from_ref(&elsewhere));
    let first = app.adviser().get("/information-requests?limit=2&includeTotal=true").ok(200);
    assert_eq!((&first.body["page"]["total"], first.body["items"].as_array().unwrap().len()), (&json!(3), 2));
    let next = first.body["page"]["nextCursor"].as_str().unwrap();
    let second = app.adviser().get(&format!("/information-requests?limit=2&includeTotal=true&cursor={next}")).ok(200);
    assert_eq!(second.body["items"][0]["id"], json!(ours));
    assert!(!first.text.contains("What support"), "a list holds no words");
    app.adviser().get("/information-requests?dueBefore=soon").problem(400, "validation-failed");
    // The tasks that follow from a due day, by the filters of the work list.
    let due = |query: &str| {
        let page = taker.get(&format!("/tasks?kind=information_request_due{query}")).ok(200);
        page.body["items"].as_array().unwrap().iter().map(|task| task["aboutId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(due("&status=open"), [&elsewhere, &ours, &theirs].map(String::clone), "the most urgent first");
    assert_eq!(due("&dueBefore=2026-06-11"), [&elsewhere, &ours].map(String::clone));
    assert_eq!(due("&assignedTo=me"), std::slice::from_ref(&elsewhere));
    respond(&app, &ours, 1, &json!({"outcome":"no_reply"})).ok(200);
    assert_eq!((due("&status=open"), due("&status=done")), (vec![elsewhere, theirs], vec![ours]));
}

#[test]
fn the_requests_of_a_young_persons_own_case_show_nowhere_else() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = app.as_staff(Role::Adviser, "hers");
    let own = own_case(&hers, &family.ana).id();
    let secret =
        hers.post(&format!("/cases/{own}/information-requests"), &family.asked_from_outside(json!({"dueOn":"2026-06-10"}))).ok(201).id();
    assert_eq!(listed(&hers, ""), std::slice::from_ref(&secret));
    for session in [app.adviser(), app.manager()] {
        assert!(listed(&session, "").is_empty());
        assert!(listed(&session, &format!("&caseId={own}")).is_empty());
        let total = session.get("/information-requests?includeTotal=true").ok(200);
        assert_eq!(total.body["page"]["total"], 0);
    }
    // The manager sees that there is something to do, and not of whom.
    let due = |session: Session<'_>| session.get("/tasks?kind=information_request_due").ok(200).body["items"].as_array().unwrap().clone();
    assert!(due(app.adviser()).is_empty());
    let [task] = &due(app.manager())[..] else { panic!("one") };
    assert!(task.get("caseId").is_none() && task.get("aboutId").is_none(), "{task}");
    let missing = app.adviser().get(&format!("/information-requests/{}", uuid::Uuid::now_v7())).problem(404, "not-found");
    let hidden = app.adviser().get(&format!("/information-requests/{secret}")).problem(404, "not-found");
    let plain = |reply: &Reply| reply.text.replace(&reply.header("x-request-id"), "");
    assert_eq!(plain(&hidden), plain(&missing));
    app.manager().get(&format!("/information-requests/{secret}")).problem(403, "access-reason-required");
    respond(&app, &secret, 1, &json!({"outcome":"refused"})).problem(404, "not-found");
    app.manager().with("Access-Reason", "supervision").get(&format!("/information-requests/{secret}")).ok(200);
}

#[test]
fn what_the_service_asked_is_called_off_with_the_last_day_of_the_permission() {
    let app = TestApp::spawn();
    let (family, other) = (Family::record(&app), Family::record(&app));
    let given = family.permit_asking(&app, json!({"expiresOn":"2026-06-20"}));
    let asked_for = ask(&app, &family, json!({"dueOn":"2026-06-15"})).ok(201);
    assert_eq!(asked_for.str("permittedUntil"), "2026-06-20");
    // The one that takes its place carries it on.
    let longer = family.permit_asking(&app, json!({"supersedesId":given,"expiresOn":"2026-06-25"}));
    let id = asked_for.id();
    let theirs = asked(&app, &family, json!({})).ok(201).id();
    app.clock.set(at("2026-06-25T22:59:59Z"), true);
    assert_eq!((read(&app, &id).str("status"), Family::tasks(&app, "information_request_due", &id).len()), ("asked".to_owned(), 1));
    app.clock.set(at("2026-06-25T23:00:00Z"), true);
    let ended = read(&app, &id);
    assert_eq!(
        (ended.str("status"), &ended.body["permissionEnded"], &ended.body["allowedActions"]),
        ("cancelled".into(), &json!(true), &json!([]))
    );
    assert_eq!((ended.str("permittedUntil"), ended.str("endedAt")), ("2026-06-25".to_owned(), "2026-06-25T23:00:00.000Z".to_owned()));
    let of = |query: &str| listed(&app.adviser(), query);
    assert_eq!(
        (of("&status=asked"), of("&status=cancelled"), of("&status=asked,received")),
        (vec![], vec![id.clone()], vec![theirs.clone()])
    );
    let row = app.adviser().get("/information-requests?status=cancelled").ok(200).body["items"][0]["status"].clone();
    assert_eq!(row, "cancelled");
    respond(&app, &id, 1, &json!({"outcome":"answered"})).problem(409, "invalid-state");
    app.adviser().if_match(1).post(&format!("/information-requests/{id}/cancellation"), &json!({})).problem(409, "invalid-state");
    // Nor is it anybody's work any more, and the list says since when.
    let done = |query: &str| app.manager().get(&format!("/tasks?kind=information_request_due&includeTotal=true{query}")).ok(200);
    let open = done("&status=open");
    assert_eq!((&open.body["page"]["total"], &open.body["items"][0]["aboutId"]), (&json!(1), &json!(theirs)));
    let task = &done("&status=done").body["items"][0];
    assert_eq!(
        (&task["aboutId"], &task["completedAt"], &task["allowedActions"]),
        (&json!(id), &json!("2026-06-25T23:00:00.000Z"), &json!([]))
    );
    let complete = app.adviser().if_match(1).post(&format!("/tasks/{}/completion", task["id"].as_str().unwrap()), &json!({}));
    complete.problem(409, "invalid-state");
    assert_eq!(Family::tasks(&app, "permission_ending", &longer)[0]["dueOn"], "2026-06-25", "whoever gave it may be asked again");
    // What a parent permitted ends with the age-out day (R5).
    Family::born(&app, &other.ana, "2010-08-31");
    other.permit_asking(&app, json!({}));
    let of_young = ask(&app, &other, json!({"dueOn":"2026-06-20"})).ok(201);
    assert_eq!((of_young.str("permittedUntil"), of_young.str("status")), ("2026-06-26".to_owned(), "asked".to_owned()));
    app.clock.set(at("2026-06-26T23:00:00Z"), true);
    assert_eq!(read(&app, &of_young.id()).str("status"), "cancelled");
    assert!(Family::tasks(&app, "information_request_due", &of_young.id()).is_empty());
}
