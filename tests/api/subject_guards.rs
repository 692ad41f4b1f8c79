//! What guards a subject access request at its edges (C9): each step in its state, once and of what was seen; who sees what of it; and people who are
//! two on record, in a case of their own, or in none.
//! Over 350 lines because each step, and whoever might take it, is tried in one place.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::apart::{own_case, with_subject};
use crate::asking::{build, deliver, dispatch, event, for_child, held, include, log, path, put, read, withhold, words};
use crate::disposals::dispose;
use crate::family::{Family, merge, person};
use crate::harness::{Reply, Session, TestApp, at};

fn items(held: &[Value]) -> Vec<Value> {
    held.iter().map(|item| include(item["id"].as_str().unwrap())).collect()
}

fn ids(held: &[Value]) -> Vec<&str> {
    held.iter().map(|item| item["id"].as_str().unwrap()).collect()
}

/// Includes all that is held, and builds the answer.
fn ready(session: &Session<'_>, id: &str) {
    put(session, id, &items(&held(session, id))).ok(200);
    build(session, id).ok(202);
}

/// Somebody on record who can be reached, with the contact that is verified to be theirs.
fn reached(app: &TestApp, kind: &str, name: &str) -> (String, String) {
    let contact = json!([{"kind":"email","value":"una@example.org","safe":true,"verifiedAt":"2026-05-30T10:00:00.000Z"}]);
    let made = person(app, &json!({"kind":kind,"fullName":name,"pseudonymous":false,"contacts":contact}));
    (made.id(), made.body["contacts"][0]["id"].as_str().unwrap().to_owned())
}

fn change(session: &Session<'_>, person: &str, change: &Value) {
    let path = format!("/people/{person}");
    session.if_match(session.get(&path).ok(200).version()).patch(&path, change).ok(200);
}

fn update(session: &Session<'_>, id: &str, change: &Value) -> Reply {
    session.if_match(read(session, id).version()).patch(&path(id), change)
}

fn refuse(session: &Session<'_>, id: &str) -> Reply {
    let body = json!({"reason":"She took it back.","rightsNoticeOn":"2026-06-01"});
    session.if_match(read(session, id).version()).post(&format!("{}/refusal", path(id)), &body)
}

/// A note in any case.
fn said(session: &Session<'_>, case: &str, from: &str, about: &[&str], words: &str) -> String {
    let note = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":from,"aboutPersonIds":about,
        "namesOthers":false,"informationCategories":["views_and_wishes"],"concern":words,"factOrOpinion":"opinion","sensitivity":"ordinary",
        "keepConfidential":false});
    session.post(&format!("/cases/{case}/notes"), &note).ok(201).id()
}

/// A case in which this person is served beside nobody.
fn case_of(app: &TestApp, person: &str) -> Reply {
    let case = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":person,"role":"service_user","relation":"parent","servedSeparately":false}]});
    app.adviser().post("/cases", &case).ok(201)
}

fn assessed(session: &Session<'_>, child: &str) {
    let can = json!({"decisionKind":"subject_access","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-30","reasons":"Told it back."});
    session.post(&format!("/people/{child}/capacity-records"), &can).ok(201);
}

fn keyed<'a>(session: &Session<'a>) -> Session<'a> {
    session.with("Idempotency-Key", &uuid::Uuid::new_v4().to_string())
}

#[test]
fn each_step_is_taken_where_it_is_offered_and_nowhere_else() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (manager, contact, note) = (app.manager(), Family::verify(&app, &family.mia), family.n1(&app));
    let id = log(&app, &family, json!({}));
    let offered = || read(&manager, &id).body["allowedActions"].clone();
    let decided = || put(&manager, &id, &[include(&note)]).ok(200);
    // There is nothing to build before its items are decided.
    let undecided = json!(["update", "record_clock_event", "decide_items", "refuse"]);
    assert_eq!(offered(), undecided);
    for early in [build(&manager, &id), manager.get(&format!("{}/bundle", path(&id)))] {
        assert_eq!(early.problem(409, "invalid-state").rule("sar_not_decided").body["allowedActions"], undecided);
    }
    let another = log(&app, &family, json!({}));
    let unasked = event(&manager, &another, "clarification_received", "2026-06-01").problem(409, "invalid-state");
    assert_eq!(unasked.body["allowedActions"], undecided);
    let then = put(&manager, &another, &[include(&note)]).ok(200);
    assert_eq!(then.body["allowedActions"], json!(["update", "record_clock_event", "decide_items", "build_bundle", "refuse"]));
    // While proof is out its items may be decided, and nothing leaves.
    event(&manager, &id, "identity_asked", "2026-05-30").ok(200);
    assert_eq!(
        (decided().str("status"), offered()),
        ("awaiting_identity".into(), json!(["update", "record_clock_event", "decide_items", "refuse"]))
    );
    build(&manager, &id).problem(409, "invalid-state");
    deliver(&manager, &id, &contact).ok(200);
    dispatch(&manager, &id, "secure_email").problem(409, "invalid-state").rule("authority_missing");
    event(&manager, &id, "identity_received", "2026-05-31").ok(200);
    // Proof was asked for at once, and no more is once something else happened.
    event(&manager, &id, "authority_asked", "2026-06-01").problem(409, "invalid-state");
    // Nor does it leave while nobody knows what is meant.
    event(&manager, &id, "clarification_asked", "2026-06-01").ok(200);
    assert_eq!(decided().str("status"), "paused");
    build(&manager, &id).problem(409, "invalid-state");
    dispatch(&manager, &id, "secure_email").problem(409, "invalid-state").rule("sar_not_decided");
    event(&manager, &id, "clarification_received", "2026-06-01").ok(200);
    build(&manager, &id).ok(202);
    let ready = json!(["update", "decide_items", "build_bundle", "bundle_file", "dispatch", "refuse"]);
    assert_eq!(offered(), ready);
    build(&manager, &id).ok(202);
    assert_eq!(event(&manager, &id, "clarification_asked", "2026-06-01").problem(409, "invalid-state").body["allowedActions"], ready);
    assert!(read(&manager, &id).body["builtAt"].is_string());
    let anew = decided();
    assert_eq!((anew.str("status"), anew.body.get("builtAt")), ("running".into(), None));
    // What was moved away since is not sent.
    build(&manager, &id).ok(202);
    let other = Family::record(&app);
    let moved = json!({"caseId":other.case,"reason":"Theirs.","fromPersonId":other.mia,"aboutPersonIds":[other.mia]});
    app.adviser().post(&format!("/notes/{note}/relocation"), &moved).ok(201);
    dispatch(&manager, &id, "secure_email").problem(409, "invalid-state").rule("sar_not_decided");
    // What was built before is none any more, and so is neither offered nor to be had.
    let stale = json!(["update", "decide_items", "refuse"]);
    assert_eq!(offered(), stale);
    let had = ["bundle", "bundle/file"].map(|file| manager.get(&format!("{}/{file}", path(&id))));
    let tried = [build(&manager, &id), dispatch(&manager, &id, "secure_email"), event(&manager, &id, "clarification_asked", "2026-06-01")];
    for reply in had.into_iter().chain(tried) {
        assert_eq!(reply.problem(409, "invalid-state").body["allowedActions"], stale);
    }
    // Nor is what came in its place decided by that.
    family.n1(&app);
    build(&manager, &id).problem(409, "invalid-state").rule("sar_not_decided");
    refuse(&manager, &id).ok(200);
    assert!(dispatch(&manager, &id, "secure_email").problem(409, "invalid-state").rules().is_empty());
    assert!(manager.get(&format!("{}/bundle", path(&id))).problem(409, "invalid-state").rules().is_empty());
    // Nor is proof asked for late where items were decided first.
    let early = log(&app, &family, json!({}));
    put(&manager, &early, &items(&held(&manager, &early))).ok(200);
    event(&manager, &early, "identity_asked", "2026-05-30").problem(409, "invalid-state");
}

#[test]
fn whoever_has_not_seen_it_as_it_is_is_told_that_first_and_a_repeat_does_nothing() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let once = |ask: &dyn Fn() -> Reply, status: u16| {
        let (first, again) = (ask().ok(status), ask().ok(status));
        let replayed = [&first, &again].map(|reply| reply.header("idempotency-replayed"));
        assert_eq!((replayed, &first.body), ([String::new(), "true".to_owned()], &again.body));
        first
    };
    let adviser = keyed(&app.adviser());
    let id = once(&|| adviser.post("/subject-access-requests", &family.subject_access(json!({}))), 201).id();
    assert_eq!(manager.get("/subject-access-requests?includeTotal=true").ok(200).body["page"]["total"], 1);
    let base = path(&id);
    let stale = manager.if_match(99);
    for reply in [
        stale.patch(&base, &json!({"deliveryContactId":uuid::Uuid::now_v7()})),
        stale.post(&format!("{base}/refusal"), &json!({"reason":" ","rightsNoticeOn":"2026-06-01"})),
        stale.post(&format!("{base}/clock-events"), &json!({"kind":"extended","happenedOn":"2026-06-30"})),
        stale.put(&format!("{base}/items"), &json!({"items":[include(&id)]})),
        stale.post(&format!("{base}/dispatch"), &json!({"channel":"secure_email"})),
    ] {
        reply.problem(412, "stale-version");
    }
    let session = keyed(&manager).if_match(1);
    let asked = json!({"kind":"clarification_asked","happenedOn":"2026-06-01"});
    once(&|| session.post(&format!("{base}/clock-events"), &asked), 200);
    event(&manager, &id, "clarification_received", "2026-06-01").ok(200);
    put(&manager, &id, &[]).ok(200);
    let session = keyed(&manager);
    once(&|| session.send(&Method::POST, &format!("{base}/bundle"), None), 202);
    let session = keyed(&manager).if_match(read(&manager, &id).version());
    let why = json!({"reason":"She took it back.","rightsNoticeOn":"2026-06-01"});
    once(&|| session.post(&format!("{base}/refusal"), &why), 200);
}

#[test]
fn whoever_may_not_decide_sees_the_clock_alone_to_the_end() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (manager, kin) = (app.manager(), app.as_staff(Role::ServiceManager, "kin"));
    let [me, herself] = [&manager, &kin].map(|session| session.get("/me").ok(200).id());
    let (contact, note) = (Family::verify(&app, &family.mia), family.n1(&app));
    let id = log(&app, &family, json!({"conflictedStaffIds":[herself]}));
    let search = |by: &str, on: &str| json!({"searches":[{"system":"Shared mailbox","terms":"Mia Marsh","byStaffId":by,"searchedOn":on}]});
    let nobody = uuid::Uuid::now_v7().to_string();
    for (change, pointer, rule) in [
        (search(&me, "2026-06-02"), "#/searches/0/searchedOn", "decided_in_future"),
        (search(&nobody, "2026-06-01"), "#/searches/0/byStaffId", "unknown_reference"),
    ] {
        update(&manager, &id, &change).problem(422, "rule-violated").rule_at(pointer, rule);
    }
    let mut all = search(&me, "2026-06-01");
    merge(&mut all, json!({"deliveryContactId":contact,"bestInterests":"She reads it to him."}));
    update(&manager, &id, &all).ok(200);
    event(&manager, &id, "extended", "2026-06-01").ok(200);
    put(&manager, &id, &[include(&note)]).ok(200);
    build(&manager, &id).ok(202);
    let hidden = |reply: &Reply| {
        let told: Vec<&str> = ["scope", "deliveryContactId", "bestInterests", "builtAt", "decidedBy", "refusal"]
            .into_iter()
            .filter(|name| reply.body.get(name).is_some())
            .chain(
                ["searches", "conflictedStaffIds", "disclosureIds", "allowedActions"]
                    .into_iter()
                    .filter(|name| reply.body[name] != json!([])),
            )
            .collect();
        assert!(!reply.text.contains("As it was said."), "{}", reply.text);
        told.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>()
    };
    let outsiders = [app.adviser(), kin];
    for outsider in &outsiders {
        assert_eq!(hidden(&read(outsider, &id)), Vec::<String>::new());
    }
    dispatch(&manager, &id, "secure_email").ok(200);
    for outsider in &outsiders {
        let seen = read(outsider, &id);
        assert_eq!((hidden(&seen), seen.str("status"), seen.body["dueOn"].is_string()), (vec![], "sent".into(), true));
    }
    let whole = read(&manager, &id);
    for name in ["scope", "deliveryContactId", "bestInterests", "builtAt", "decidedBy", "searches", "conflictedStaffIds", "disclosureIds"] {
        assert!(whole.body.get(name).is_some_and(|value| *value != json!([])), "{name}: {}", whole.text);
    }
    // Nor is the answer shown again to whoever is close to them.
    for end in ["bundle", "bundle/file"] {
        outsiders[1].get(&format!("{}/{end}", path(&id))).problem(409, "same-person").rule("conflicted_decider");
    }
}

#[test]
fn a_manager_who_serves_another_side_or_is_kept_from_a_case_of_it_does_nothing_about_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (manager, deputy) = (app.manager(), app.as_staff(Role::ServiceManager, "deputy"));
    let id = log(&app, &family, json!({}));
    // The manager takes the child's own case.
    own_case(&manager, &family.ana);
    let acts = |session: &Session<'_>| {
        [
            session.get(&format!("{}/candidate-items", path(&id))),
            update(session, &id, &json!({"bestInterests":"Hers."})),
            event(session, &id, "clarification_asked", "2026-06-01"),
            put(session, &id, &[]),
            refuse(session, &id),
        ]
    };
    for reply in acts(&manager) {
        reply.problem(409, "same-person").rule("conflict_of_interest");
    }
    // Nor is any of it offered to them.
    let early = manager.get(&format!("{}/bundle", path(&id))).problem(409, "invalid-state");
    assert_eq!((&read(&manager, &id).body["allowedActions"], early.body.get("allowedActions")), (&json!([]), None));
    assert_eq!(read(&deputy, &id).body["allowedActions"].as_array().unwrap().len(), 5);
    // There are two cases since: one is restricted, and from the other a manager is kept away. That one is not theirs to learn of by a reason.
    let (uncle, worker) = (app.as_staff(Role::ServiceManager, "uncle"), app.adviser().get("/me").ok(200).id());
    let herself = uncle.get("/me").ok(200).id();
    for (restricted, away) in [(true, json!([])), (false, json!([herself]))] {
        let body = json!({"restricted":restricted,"namedStaffIds":[worker],"conflictedStaffIds":away,"reason":"A relative."});
        let case = case_of(&app, &family.mia);
        manager.if_match(case.version()).put(&format!("/cases/{}/restriction", case.id()), &body).ok(200);
    }
    for reply in acts(&uncle) {
        reply.problem(404, "not-found");
    }
    // What is restricted asks for a reason, although nothing is held in it.
    deputy.get(&format!("{}/candidate-items", path(&id))).problem(403, "access-reason-required");
    refuse(&deputy.with("Access-Reason", "subject_access_request"), &id).ok(200);
}

#[test]
fn whoever_is_two_on_record_asks_as_one() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let ((caller, contact), note) = (reached(&app, "anonymous", "Una"), family.n1(&app));
    let second = case_of(&app, &caller).id();
    let told = said(&app.adviser(), &second, &caller, &[&caller], "Is tired.");
    let pip = person(&app, &json!({"kind":"child","knownAs":"Pip","pseudonymous":false})).id();
    let (as_her, as_herself) =
        (json!({"subjectId":family.mia,"requesterId":caller}), json!({"subjectId":pip,"requesterId":family.finn,"capacity":"parent"}));
    let contradicts = |change: Value| {
        app.adviser()
            .post("/subject-access-requests", &family.subject_access(change))
            .problem(422, "rule-violated")
            .rule_at("#/capacity", "contradicting_fields");
    };
    contradicts(as_her.clone());
    for (kept, one) in [(&family.mia, &caller), (&family.ana, &pip)] {
        let found = json!({"mergedPersonId":one,"reason":"Told what only the other knew."});
        manager.if_match(1).post(&format!("/people/{kept}/merges"), &found).ok(201);
    }
    let mut parent = as_her.clone();
    merge(&mut parent, json!({"capacity":"parent"}));
    contradicts(parent);
    let id = log(&app, &family, as_her);
    let found = held(&manager, &id);
    assert_eq!(ids(&found), [told.as_str(), note.as_str()]);
    assert_eq!(found.iter().map(|item| item["thirdParties"].clone()).collect::<Vec<_>>(), [json!([]), json!(["about_another"])]);
    for case in [&family.case, &second] {
        assert_eq!(app.adviser().get(&format!("/cases/{case}")).ok(200).body["retention"]["held"], true);
    }
    // What is kept from one is kept from both, and from nobody by one way of reaching them what another avoids.
    let withheld = json!({"noteIds":[note],"withholdFromPersonIds":[family.mia],"withholdUntilOn":"2026-06-20"});
    let because = app.adviser().post(&format!("/cases/{}/disclosures", family.case), &family.risk(&note, withheld)).ok(201);
    assert_eq!((held(&manager, &id)[1]["withheldUntilOn"].clone(), because.str("basis")), (json!("2026-06-20"), "safeguarding".into()));
    deliver(&manager, &id, &contact).ok(200);
    put(&manager, &id, &[include(&told), withhold(&note)]).ok(200);
    build(&manager, &id).ok(202);
    change(&app.adviser(), &family.mia, &json!({"safeContact":{"avoidChannels":["secure_email"]}}));
    let unsafe_way = dispatch(&manager, &id, "in_person_handover").problem(422, "rule-violated").rule_at("#/channel", "unsafe_contact");
    assert!(unsafe_way.body["refusalIndex"].is_number(), "{}", unsafe_way.text);
    change(&app.adviser(), &family.mia, &json!({"safeContact":null}));
    dispatch(&manager, &id, "secure_email").ok(200);
    // The parent of a child asks for whoever that child is, too.
    let his = log(&app, &family, as_herself);
    assert_eq!(ids(&held(&manager, &his)), [note.as_str()]);
    deliver(&manager, &his, &Family::verify(&app, &family.finn)).ok(200);
    ready(&manager, &his);
    dispatch(&manager, &his, "secure_email").ok(200);
    // What is one's own is told to whoever that one is.
    let hers = app.as_staff(Role::Adviser, "hers");
    let own = own_case(&hers, &family.mia).id();
    let alone = said(&hers, &own, &family.mia, &[&family.mia], "Wants to move.");
    let asked =
        hers.post("/subject-access-requests", &family.subject_access(json!({"subjectId":family.mia,"requesterId":caller}))).ok(201).id();
    let deputy = app.as_staff(Role::ServiceManager, "deputy").with("Access-Reason", "subject_access_request");
    assert_eq!(ids(&held(&deputy, &asked))[0], alone);
}

#[test]
fn a_case_that_becomes_somebodys_own_is_told_of_no_more() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (hers, manager) = (app.as_staff(Role::Adviser, "hers"), app.manager());
    let deputy = app.as_staff(Role::ServiceManager, "deputy").with("Access-Reason", "subject_access_request");
    let (contact, school) = (Family::verify(&app, &family.mia), family.n1(&app));
    let own = with_subject(&hers, &family.ana, false).id();
    let alone = said(&hers, &own, &family.ana, &[&family.ana], "I want to live with Nell.");
    let [mothers, fathers] = [&family.mia, &family.finn].map(|parent| log(&app, &family, for_child(parent, &family.ana)));
    put(&manager, &fathers, &[include(&alone), include(&school)]).ok(200);
    deliver(&manager, &mothers, &contact).ok(200);
    ready(&manager, &mothers);
    dispatch(&manager, &mothers, "secure_email").ok(200);
    assert!(words(&manager, &mothers).contains("live with Nell"));
    let part = hers.get(&format!("/cases/{own}/participants")).ok(200).body["items"][0]["id"].as_str().unwrap().to_owned();
    hers.if_match(1).patch(&format!("/participants/{part}"), &json!({"servedSeparately":true})).ok(200);
    let reached = json!([{"kind":"email","value":"ash@example.org","safe":true,"verifiedAt":"2026-05-30T10:00:00.000Z"}]);
    change(&hers, &family.ana, &json!({"fullName":"Ash Marsh","contacts":reached}));
    // What was sent is shown as it was sent.
    let told = words(&deputy, &mothers);
    assert!(told.contains("live with Nell") && told.contains("What we hold about Ana Marsh") && told.contains("Speech therapy"), "{told}");
    // What was decided of it before is decided no more.
    put(&deputy, &fathers, &[include(&school)]).ok(200);
    build(&deputy, &fathers).ok(202);
    // That she asks herself stands in her own case alone, although there is a newer one, and those of the other learn it neither by the log nor by what
    // left of theirs.
    with_subject(&app.adviser(), &family.ana, false);
    let asks = json!({"subjectId":family.ana,"requesterId":family.ana,"capacity":"subject"});
    let looks = || deputy.get(&format!("/cases/{own}/access-log?limit=200")).ok(200).body["items"].as_array().unwrap().len();
    let before = looks();
    let id = log(&app, &family, asks);
    let known = looks() - before;
    let task = deputy.get("/tasks?kind=sar_target&status=open&limit=200").ok(200).body["items"].take();
    let task = task.as_array().unwrap().iter().find(|task| task["aboutId"] == *id).unwrap().clone();
    assert_eq!((known, &task["caseId"]), (1, &json!(own)), "what the deputy looked at, and no more");
    assessed(&app.adviser(), &family.ana);
    let known = hers.get(&format!("/people/{}", family.ana)).ok(200);
    deliver(&deputy, &id, known.body["contacts"][0]["id"].as_str().unwrap()).ok(200);
    ready(&deputy, &id);
    dispatch(&deputy, &id, "secure_email").ok(200);
    let left = app.adviser().get(&format!("/cases/{}/disclosures?limit=200", family.case)).ok(200);
    let newest = left.body["items"][0]["id"].as_str().unwrap().to_owned();
    let by_which = |session: &Session<'_>| session.get(&format!("/disclosures/{newest}")).ok(200).body.get("sarId").cloned();
    assert_eq!((by_which(&app.adviser()), by_which(&deputy)), (None, Some(json!(id))));
    // Whoever acts for somebody who is served alone is on record with that case, and nobody else learns of them.
    let pip = person(&app, &json!({"kind":"young_person","knownAs":"Pip","pseudonymous":false})).id();
    own_case(&hers, &pip);
    let (solicitor, _) = self::reached(&app, "professional", "Io Reed");
    let acts = json!({"subjectId":pip,"requesterId":solicitor,"capacity":"solicitor","actingForId":pip});
    hers.post("/subject-access-requests", &family.subject_access(acts)).ok(201);
    app.adviser().get(&format!("/people/{solicitor}")).problem(404, "not-found");
    hers.get(&format!("/people/{solicitor}")).ok(200);
}

#[test]
fn the_letter_tells_themselves_to_whom_something_was_passed_on_and_nobody_else() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let Family { mia, finn, ana, .. } = &family;
    let (contact, note) = (Family::verify(&app, mia), family.n1(&app));
    let police = json!({"bodyType":"police","name":"Lakeshire Police","teams":[],"safeguardingFunction":true});
    let police = manager.post("/recipients", &police).ok(201).id();
    let passed = |to: Value, about: Value| {
        family.permit(&app, json!({"recipients":[to],"subjectIds":about}));
        family
            .disclose(
                &app,
                &family.ask(&note, json!({"recipient":to,"subjectIds":about,"noteIds":[],"informationCategories":["attendance"]})),
            )
            .ok(201);
    };
    passed(json!({"personId":mia}), json!([mia]));
    passed(json!({"personId":finn}), json!([mia]));
    passed(json!({"recipientId":family.school}), json!([ana]));
    let trust = json!({"bodyType":"health_nhs","name":"Lakeshire Trust","teams":[],"safeguardingFunction":true});
    let trust = manager.post("/recipients", &trust).ok(201).id();
    let (solicitor, his) = reached(&app, "professional", "Io Reed");
    let risk = |change: Value| {
        let mut told = family.risk(&note, json!({"subjectIds":[mia],"noteIds":[],"toldSubject":"yes","toldReason":null}));
        merge(&mut told, change);
        family.disclose(&app, &told).ok(201);
    };
    risk(json!({}));
    risk(json!({"recipient":{"recipientId":police},"withholdFromPersonIds":[mia],"withholdUntilOn":"2026-06-20"}));
    risk(json!({"recipient":{"recipientId":trust},"withholdFromPersonIds":[solicitor],"withholdUntilOn":"2026-06-20"}));
    let (by_herself, of_ana) = (log(&app, &family, json!({})), log(&app, &family, for_child(mia, ana)));
    let acts = json!({"requesterId":solicitor,"capacity":"solicitor","actingForId":mia});
    for (change, pointer, rule) in [
        (json!({"actingForId":mia}), "#/actingForId", "contradicting_fields"),
        (json!({"requesterId":solicitor,"capacity":"solicitor","actingForId":uuid::Uuid::now_v7()}), "#/actingForId", "unknown_reference"),
    ] {
        app.adviser().post("/subject-access-requests", &family.subject_access(change)).problem(422, "rule-violated").rule_at(pointer, rule);
    }
    let by_solicitor = log(&app, &family, acts);
    deliver(&manager, &by_solicitor, &contact).problem(422, "rule-violated").rule_at("#/deliveryContactId", "unknown_reference");
    deliver(&manager, &by_solicitor, &his).ok(200);
    for id in [&by_herself, &of_ana, &by_solicitor] {
        ready(&manager, id);
    }
    // What is passed on once it is made is for another.
    app.clock.set(at("2026-06-01T10:00:00Z"), true);
    passed(json!({"recipientId":family.council,"teamId":family.south}), json!([mia]));
    for (id, themselves) in [(&by_herself, true), (&of_ana, false), (&by_solicitor, true)] {
        let told = words(&manager, id);
        for (phrase, there) in [
            ("Safeguarding Hub (", themselves),
            ("Lakeshire Trust (", id == &by_herself),
            ("You (", themselves && id == &by_herself),
            ("Somebody who takes part in your case (", themselves),
            ("Larkbeck Primary", false),
            ("Lakeshire Police", false),
            ("team South", false),
        ] {
            assert_eq!(told.contains(phrase), there, "{phrase:?} in {told}");
        }
    }
    // Why it is in somebody's interests is said in words.
    assessed(&app.adviser(), ana);
    update(&manager, &of_ana, &json!({"deliveryContactId":contact,"bestInterests":" "})).ok(200);
    dispatch(&manager, &of_ana, "secure_email").problem(409, "invalid-state").rule("authority_missing");
    // Nor does what is kept from a solicitor, or from whom they act for.
    for (from, until) in [(&solicitor, "2026-06-18"), (mia, "2026-06-20")] {
        family.disclose(&app, &family.risk(&note, json!({"withholdFromPersonIds":[from],"withholdUntilOn":until}))).ok(201);
        assert_eq!(held(&manager, &by_solicitor)[0]["withheldUntilOn"], until);
    }
    build(&manager, &by_solicitor).problem(409, "invalid-state").rule("sar_not_decided");
}

#[test]
fn an_answer_about_no_case_is_judged_as_any_other() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let (una, contact) = reached(&app, "parent_carer", "Una Reed");
    let asks = || {
        let id = log(&app, &family, json!({"subjectId":una,"requesterId":una}));
        deliver(&manager, &id, &contact).ok(200);
        put(&manager, &id, &[]).ok(200);
        build(&manager, &id).ok(202);
        id
    };
    let (first, second) = (asks(), asks());
    change(&app.adviser(), &una, &json!({"safeContact":{"avoidChannels":["secure_email"]}}));
    for channel in ["secure_email", "in_person_handover"] {
        dispatch(&manager, &first, channel).problem(422, "rule-violated").rule_at("#/channel", "unsafe_contact");
    }
    change(&app.adviser(), &una, &json!({"safeContact":null}));
    assert_eq!(dispatch(&manager, &first, "secure_email").ok(200).body["disclosureIds"], json!([]));
    assert!(words(&manager, &first).contains("What we hold about you"));
    // Something is held by now.
    let case = case_of(&app, &una).id();
    let note = said(&app.adviser(), &case, &una, &[&una], "Is tired.");
    dispatch(&manager, &second, "secure_email").problem(409, "invalid-state").rule("sar_not_decided");
    // Of a case in which nothing is held it is told, too.
    let bare = case_of(&app, &una).id();
    put(&manager, &second, &[include(&note)]).ok(200);
    build(&manager, &second).ok(202);
    assert_eq!(dispatch(&manager, &second, "secure_email").ok(200).body["disclosureIds"].as_array().unwrap().len(), 2);
    // A request about none goes with whom it names; what names whoever asked stays with its case alone.
    let lone = person(&app, &json!({"kind":"child","knownAs":"Bo","pseudonymous":false})).id();
    let about_none = log(&app, &family, json!({"subjectId":lone,"requesterId":una,"capacity":"parent"}));
    refuse(&manager, &about_none).ok(200);
    for case in [&case, &bare] {
        app.adviser().if_match(1).post(&format!("/cases/{case}/closure"), &json!({"outcome":"agreed"})).ok(200);
    }
    dispose(&app, &[&case, &bare]);
    for id in [&first, &second, &about_none] {
        manager.get(&path(id)).problem(404, "not-found");
    }
    app.adviser().get(&format!("/people/{una}")).problem(404, "not-found");
    app.adviser().get(&format!("/people/{lone}")).ok(200);
    // So does one about whoever had a case of their own alone, of which whoever asks is told nothing.
    let hers = app.as_staff(Role::Adviser, "hers");
    let pip = person(&app, &json!({"kind":"young_person","knownAs":"Pip","pseudonymous":false,"dateOfBirth":"2008-03-12"})).id();
    let own = own_case(&hers, &pip).id();
    let asked = json!({"subjectId":pip,"requesterId":lone,"capacity":"parent"});
    let asked = hers.post("/subject-access-requests", &family.subject_access(asked)).ok(201).id();
    assert_eq!(held(&manager, &asked), Vec::<Value>::new());
    refuse(&manager, &asked).ok(200);
    let shut = hers.if_match(1).post(&format!("/cases/{own}/closure"), &json!({"outcome":"agreed"})).ok(200);
    let body = json!({"caseIds":[own],"class":shut.body["retention"]["class"],"ground":"erasure_request"});
    let proposed = keyed(&manager.with("Access-Reason", "retention")).post("/disposals", &body).ok(201).id();
    let deputy = keyed(&app.as_staff(Role::ServiceManager, "Deputy").with("Access-Reason", "retention")).if_match(1);
    deputy.post(&format!("/disposals/{proposed}/approval"), &json!({"notices":"notified"})).ok(200);
    manager.get(&path(&asked)).problem(404, "not-found");
}

#[test]
fn each_professional_is_told_apart_and_the_last_day_of_withholding_counts() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let part = |kind: &str, role: &str| {
        let id = person(&app, &json!({"kind":kind,"fullName":"Ada Brook","pseudonymous":false})).id();
        let part = json!({"personId":id,"role":role,"relation":"professional","servedSeparately":false});
        app.adviser().post(&format!("/cases/{}/participants", family.case), &part).ok(201);
        id
    };
    let professionals = [part("professional", "supporter"), part("other", "professional")];
    let named = professionals.map(|id| family.note(&app, &family.mia, &[&family.mia, &id], "views_and_wishes", json!({})));
    let wish = family.note(&app, &family.mia, &[&family.mia], "views_and_wishes", json!({"keepConfidential":true,"wishOn":"2026-05-20"}));
    let id = log(&app, &family, json!({}));
    let found = held(&manager, &id);
    assert_eq!(ids(&found), [&wish, &named[1], &named[0]]);
    assert_eq!(
        found.iter().map(|item| item["thirdParties"].clone()).collect::<Vec<_>>(),
        [json!([]), json!(["names_professional"]), json!(["names_professional"])]
    );
    // Each once, however it is paged.
    let first = manager.get(&format!("{}/candidate-items?limit=2", path(&id))).ok(200);
    let rest = first.body["page"]["nextCursor"].as_str().unwrap().to_owned();
    let rest = manager.get(&format!("{}/candidate-items?limit=2&cursor={rest}", path(&id))).ok(200);
    assert_eq!([ids(first.body["items"].as_array().unwrap()), ids(rest.body["items"].as_array().unwrap())].concat(), ids(&found));
    // What is kept from her since is not sent, though it was decided.
    put(&manager, &id, &items(&found)).ok(200);
    let kept = |note: &str, until: &str| {
        family.disclose(&app, &family.risk(note, json!({"withholdFromPersonIds":[family.mia],"withholdUntilOn":until}))).ok(201);
    };
    kept(&wish, "2026-06-10");
    build(&manager, &id).problem(409, "invalid-state").rule("sar_not_decided");
    kept(&wish, "2026-06-20");
    assert_eq!(held(&manager, &id)[0]["withheldUntilOn"], "2026-06-20");
    let corrected = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.mia],"namesOthers":false,"informationCategories":["views_and_wishes"],"concern":"Said anew.",
        "factOrOpinion":"fact","sensitivity":"ordinary","keepConfidential":true,"wishOn":"2026-05-20","correctionReason":"Misheard."});
    let anew = app.adviser().post(&format!("/notes/{wish}/correction"), &corrected).ok(201).id();
    kept(&anew, "2026-06-25");
    let all: Vec<Value> = held(&manager, &id).iter().map(|item| item["withheldUntilOn"].clone()).collect();
    assert_eq!(all, [json!("2026-06-25"), json!("2026-06-25"), Value::Null, Value::Null]);
}
