//! Whoever serves one side of a family writes and decides nothing about another, but what protects (C1, C17).

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::apart::{own_case, with_subject};
use crate::disposals::{approve, deputy};
use crate::family::{Family, person};
use crate::harness::{Reply, Session, TestApp};

/// What is left to an adviser who serves another side of the people of a case.
const LEFT: [&str; 5] = ["record_consent", "check_disclosure", "record_disclosure", "request_information", "raise_concern"];

fn conflict_at(pointer: &str, reply: Reply) {
    reply.problem(409, "same-person").rule_at(pointer, "conflict_of_interest");
}

fn conflict(reply: Reply) {
    conflict_at("#", reply);
}

fn offered(session: &Session<'_>, path: &str) -> Value {
    session.get(path).ok(200).body["allowedActions"].clone()
}

fn hers(app: &TestApp) -> Session<'_> {
    app.as_staff(Role::Adviser, "hers")
}

#[test]
fn whoever_serves_another_side_writes_and_decides_nothing_but_what_protects() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (path, note) = (format!("/cases/{}", family.case), family.n1(&app));
    let consent = family.permit(&app, json!({}));
    family.permit_asking(&app, json!({}));
    let sent = family.disclose(&app, &family.ask(&note, json!({}))).ok(201).id();
    let requests = format!("{path}/information-requests");
    let [asked, received] = [family.asked_by_service(json!({})), family.asked_from_outside(json!({}))]
        .map(|body| format!("/information-requests/{}", app.adviser().post(&requests, &body).ok(201).id()));
    let lia = person(&app, &json!({"kind":"parent_carer","fullName":"Lia Marsh","pseudonymous":false})).id();
    let part = |person: &str| json!({"personId":person,"role":"supporter","relation":"other","servedSeparately":false});
    let joined = || hers(&app).with("Idempotency-Key", "that-lia-joins-them").post(&format!("{path}/participants"), &part(&lia)).ok(201);
    let before = joined();
    own_case(&hers(&app), &family.ana);
    assert_eq!([before, joined()].map(|reply| reply.body["allowedActions"].clone()), [json!(["update"]), json!([])]);
    let theirs = || app.as_staff(Role::ServiceManager, "theirs");
    own_case(&theirs(), &family.sam);
    let una = person(&app, &json!({"kind":"parent_carer","fullName":"Una Marsh","pseudonymous":false})).id();
    let nell = format!("/participants/{}", family.participant(&family.nell));
    let version = app.adviser().get(&path).ok(200).version();
    let holds = format!("{path}/retention-holds");
    let placed = theirs().post(&holds, &json!({"reason":"complaint","reviewOn":"2099-01-01"})).ok(201);
    let hold = placed.id();
    for reply in [
        hers(&app).post(&format!("{path}/consents"), &family.permission(json!({}))),
        hers(&app).post(&format!("/consents/{consent}/annulment"), &json!({"reason":"Another family."})),
        hers(&app).post(&format!("{path}/participants"), &part(&una)),
        hers(&app).if_match(1).patch(&nell, &json!({"relation":"other"})),
        hers(&app).if_match(1).post(&format!("{received}/response"), &json!({"outcome":"refused"})),
        hers(&app).if_match(1).post(&format!("{asked}/cancellation"), &json!({"reason":"It came unasked."})),
        hers(&app).if_match(version).post(&format!("{path}/closure"), &json!({"outcome":"agreed"})),
        theirs().if_match(1).post(&format!("/retention-holds/{hold}/release"), &json!({"reason":"It is settled."})),
    ] {
        conflict(reply);
    }
    // Nor is any of it offered to them, but what is left.
    assert_eq!(offered(&hers(&app), &path), json!(LEFT));
    assert_eq!(offered(&theirs(), &path), json!([&["assign"][..], &LEFT, &["restrict"]].concat()));
    for (place, left) in [(format!("/notes/{note}"), json!(["relocate"])), (format!("/consents/{consent}"), json!(["withdraw"]))] {
        assert_eq!(offered(&hers(&app), &place), left);
    }
    for place in [&asked, &received] {
        assert_eq!((offered(&hers(&app), place), offered(&app.adviser(), place) == json!([])), (json!([]), false));
    }
    let parts = |session: &Session<'_>| {
        let (case, list) = (session.get(&path).ok(200), session.get(&format!("{path}/participants")).ok(200));
        [&case.body["participants"], &list.body["items"]].map(|parts| parts[0]["allowedActions"].clone())
    };
    assert_eq!((parts(&hers(&app)), parts(&app.adviser())), ([json!([]), json!([])], [json!(["update"]), json!(["update"])]));
    let release = |session: &Session<'_>| session.get(&holds).ok(200).body["items"][0]["allowedActions"].clone();
    assert_eq!(
        [&placed.body["allowedActions"], &release(&theirs()), &release(&app.manager())],
        [&json!([]), &json!([]), &json!(["release"])]
    );
    // What would have left is refused by the policy, and that is logged; the check answers as the passing on does (C3, C11).
    let (checks, ask) = (format!("{path}/disclosure-checks"), family.ask(&note, json!({})));
    for refused in [hers(&app).post(&format!("{path}/disclosures"), &ask), hers(&app).post(&requests, &family.asked_by_service(json!({})))]
    {
        let refused = refused.problem(409, "same-person").rule_at("#", "conflicted_decider");
        let entry = app.manager().get(&format!("/disclosure-log/entries/{}", refused.body["refusalIndex"])).ok(200).body["body"].clone();
        assert_eq!((&entry["kind"], &entry["rules"]), (&json!("disclosure_refused"), &json!(["conflicted_decider"])));
    }
    let checked = hers(&app).post(&checks, &ask).ok(200).body;
    let reason = &checked["reasons"][0];
    assert_eq!(
        [&checked["allowed"], &checked["code"], &reason["rule"], &reason["pointer"]],
        [&json!(false), &json!("same-person"), &json!("conflicted_decider"), &json!("#")]
    );
    // A risk is passed on by anybody, whoever says no is heard, what somebody outside asks is put on record, and what was sent is told of.
    let recorded = hers(&app).post(&requests, &family.asked_from_outside(json!({}))).ok(201);
    assert_eq!(recorded.body["allowedActions"], json!([]));
    hers(&app).post("/legal-requests", &family.legal_request(json!({}))).ok(201);
    assert_eq!(hers(&app).post(&checks, &family.risk(&note, json!({}))).ok(200).body["allowed"], true);
    hers(&app).post(&format!("{path}/disclosures"), &family.risk(&note, json!({}))).ok(201);
    let risk =
        json!({"riskTypes":["emotional"],"atRiskPersonIds":[family.ana],"summary":"She is afraid.","knownAt":"2026-06-01T08:00:00.000Z"});
    hers(&app).post(&format!("{path}/safeguarding-concerns"), &risk).ok(201);
    hers(&app).post(&format!("/disclosures/{sent}/annotations"), &json!({"kind":"receipt_confirmed"})).ok(201);
    let withdrawal = json!({"withdrawnById":family.mia,"method":"email","objects":true});
    hers(&app).post(&format!("/consents/{consent}/withdrawal"), &withdrawal).ok(200);
    let refusal = json!({"decision":"refused","granterId":family.finn,"subjectIds":[family.ana],"method":"written_signed",
        "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"});
    hers(&app).post(&format!("{path}/consents"), &refusal).ok(201);
}

#[test]
fn a_case_is_reopened_by_nobody_who_serves_another_side() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    own_case(&hers(&app), &family.ana);
    family.close(&app);
    let path = format!("/cases/{}", family.case);
    let closed = hers(&app).get(&path).ok(200);
    assert_eq!(closed.body["allowedActions"], json!(LEFT));
    let reopened = hers(&app).if_match(closed.version()).post(&format!("{path}/reopening"), &json!({"reason":"A new plan."}));
    conflict(reopened);
    family.reopen(&app);
}

#[test]
fn whoever_serves_another_side_gives_up_what_is_proposed_and_disposes_of_nothing() {
    let app = TestApp::spawn();
    let theirs = app.as_staff(Role::ServiceManager, "theirs");
    let (disposal, case) = Family::proposed(&app);
    let caller = app.adviser().get(&format!("/cases/{case}")).ok(200).body["participants"][0]["personId"].as_str().unwrap().to_owned();
    let offered = |session: &Session<'_>| {
        let (one, all) = (session.get(&format!("/disposals/{disposal}")).ok(200), session.get("/disposals").ok(200));
        assert_eq!(one.body["allowedActions"], all.body["items"][0]["allowedActions"]);
        one.body["allowedActions"].clone()
    };
    let all = offered(&theirs);
    // Another case is the same side, unless somebody is served there on their own who counts as the same.
    let also = app.as_staff(Role::ServiceManager, "also");
    with_subject(&also, &caller, false);
    assert_eq!(offered(&also), all);
    let una = person(&app, &json!({"kind":"anonymous","pseudonymous":true})).id();
    let found = json!({"mergedPersonId":una,"reason":"Told what only the other knew."});
    app.manager().if_match(1).post(&format!("/people/{caller}/merges"), &found).ok(201);
    let own = own_case(&theirs, &una).id();
    let left: Vec<&Value> = all.as_array().unwrap().iter().filter(|verb| *verb != "approve").collect();
    assert_eq!((offered(&deputy(&app)), offered(&theirs), left.len()), (all.clone(), json!(left), 2));
    conflict(approve(&theirs, &disposal, 1));
    theirs.if_match(1).send(&Method::POST, &format!("/disposals/{disposal}/cancellation"), None).ok(200);
    let propose = |session: &Session<'_>| {
        let body = json!({"caseIds":[case],"class":"rc06_parent_only","ground":"erasure_request"});
        session.with("Idempotency-Key", &uuid::Uuid::new_v4().to_string()).post("/disposals", &body)
    };
    conflict(propose(&theirs));
    let anew = propose(&app.manager()).ok(201).id();
    // Of what is hidden from them by now they would learn.
    let herself = theirs.get("/me").ok(200).id();
    let allegation = json!({"riskTypes":["emotional"],"atRiskDescription":"Whoever calls.","summary":"It is about her worker.",
        "knownAt":"2026-06-01T08:00:00.000Z","aboutStaffIds":[herself]});
    let reading = app.manager().with("Access-Reason", "supervision");
    reading.post(&format!("/cases/{own}/safeguarding-concerns"), &allegation).ok(201);
    assert_eq!(theirs.get(&format!("/disposals/{anew}")).ok(200).body["allowedActions"], all);
    approve(&theirs, &anew, 1).ok(200);
}

#[test]
fn a_refusal_is_taken_back_by_nobody_who_serves_another_side() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let path = format!("/consents/{}", family.refuse(&app, &family.finn, &[&family.ana]).id());
    own_case(&hers(&app), &family.ana);
    assert_eq!([offered(&hers(&app), &path), offered(&app.adviser(), &path)], [json!([]), json!(["withdraw", "annul"])]);
    let take_back = |session: &Session<'_>| {
        session.post(&format!("{path}/withdrawal"), &json!({"withdrawnById":family.finn,"method":"email","objects":false}))
    };
    conflict(take_back(&hers(&app)));
    assert_eq!(app.adviser().get(&path).ok(200).body["status"], "live");
    take_back(&app.adviser()).ok(200);
    // Once it is taken back, whoever says so again is answered with that.
    assert_eq!(take_back(&hers(&app)).ok(200).body["status"], "withdrawn");
}

#[test]
fn no_task_of_a_case_is_ticked_off_by_whoever_serves_another_side() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let consent = family.permit(&app, json!({}));
    app.adviser().post(&format!("/consents/{consent}/annulment"), &json!({"reason":"Another family."})).ok(200);
    let theirs = || app.as_staff(Role::ServiceManager, "theirs");
    own_case(&theirs(), &family.sam);
    let task = |session: &Session<'_>| session.get("/tasks?kind=annulment_review&status=open&limit=200").ok(200).body["items"][0].clone();
    assert_eq!([task(&theirs()), task(&app.manager())].map(|task| task["allowedActions"].clone()), [json!([]), json!(["complete"])]);
    let path = format!("/tasks/{}/completion", task(&theirs())["id"].as_str().unwrap());
    let complete = |session: &Session<'_>| session.if_match(1).send(&Method::POST, &path, None);
    conflict(complete(&theirs()));
    complete(&app.manager()).ok(200);
}

#[test]
fn nothing_is_recorded_of_people_of_another_side() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let una = person(&app, &json!({"kind":"anonymous","pseudonymous":true})).id();
    let theirs = app.as_staff(Role::ServiceManager, "theirs");
    own_case(&theirs, &family.ana);
    let [mia, ana, una_at] = [&family.mia, &family.ana, &una].map(|id| format!("/people/{id}"));
    let assess = |path: &str| {
        let body = json!({"decisionKind":"share_information","understands":false,"retains":true,"weighs":true,"communicates":true,
            "outcome":"cannot_decide","assessedOn":"2026-05-01","reasons":"Did not tell back what would be shared."});
        theirs.post(&format!("{path}/capacity-records"), &body)
    };
    let born = |path: &str| theirs.if_match(theirs.get(path).ok(200).version()).patch(path, &json!({"dateOfBirth":"1984-04-04"}));
    let merge = |session: &Session<'_>, kept: &str, merged: &str| {
        session.if_match(1).post(&format!("{kept}/merges"), &json!({"mergedPersonId":merged,"reason":"Told what only she knew."}))
    };
    for refused in [assess(&mia), born(&mia), merge(&theirs, &mia, &una), merge(&theirs, &una_at, &family.mia)] {
        conflict(refused);
    }
    let all = json!(["update", "record_capacity", "merge"]);
    assert_eq!([&mia, &ana, &una_at].map(|path| offered(&theirs, path)), [json!([]), all.clone(), all.clone()]);
    assert_eq!(offered(&app.manager(), &mia), all);
    // Nor are two taken for two again.
    let merged = merge(&app.manager(), &mia, &una).ok(201);
    let path = format!("/person-merges/{}", merged.id());
    assert_eq!((offered(&theirs, &path), &merged.body["allowedActions"]), (json!([]), &json!(["reverse"])));
    let reverse = |session: &Session<'_>| session.if_match(1).post(&format!("{path}/reversal"), &json!({"reason":"It was her sister."}));
    conflict(reverse(&theirs));
    reverse(&app.manager()).ok(200);
    // Of the one who is served alone all of it is recorded, and so it is of whoever is in no case, or in another of theirs.
    assess(&ana).ok(201);
    born(&una_at).ok(200);
    with_subject(&theirs, &family.mia, false);
    assess(&mia).ok(201);
}

#[test]
fn what_leaves_the_case_of_the_others_goes_into_a_case_of_ones_own() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let own = own_case(&hers(&app), &family.ana).id();
    let (caller, strange) = Family::opened(&app, &app.adviser(), json!({}));
    let note = family.n1(&app);
    let goes = |to: &str, about: &str| {
        let body = json!({"caseId":to,"reason":"It belongs there.","fromPersonId":about,"aboutPersonIds":[about]});
        hers(&app).post(&format!("/notes/{note}/relocation"), &body)
    };
    conflict_at("#/caseId", goes(&strange, &caller));
    goes(&own, &family.ana).ok(201);
}

#[test]
fn what_is_refused_for_how_it_stands_offers_no_more_than_is_left() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    let (path, note, sent) = (format!("/cases/{}", family.case), family.n1(&app), family.n1(&app));
    family.disclose(&app, &family.ask(&sent, json!({}))).ok(201);
    let own = own_case(&hers(&app), &family.ana).id();
    let theirs = app.as_staff(Role::ServiceManager, "theirs");
    own_case(&theirs, &family.sam);
    let goes = |note: &str| {
        let body = json!({"caseId":own,"reason":"It belongs there.","fromPersonId":family.ana,"aboutPersonIds":[family.ana]});
        hers(&app).post(&format!("/notes/{note}/relocation"), &body)
    };
    let instead = |reply: Reply, rule: &str| {
        let refused = reply.problem(409, "invalid-state").rule(rule);
        refused.body.get("allowedActions").cloned().unwrap_or_default()
    };
    assert_eq!(instead(goes(&sent), "note_disclosed"), Value::Null);
    family.close(&app);
    assert_eq!(instead(goes(&note), "case_closed"), Value::Null);
    let adviser = app.adviser().get("/me").ok(200).id();
    let changed = |session: &Session<'_>, version: i64| session.if_match(version).patch(&path, &json!({"summary":"As Ana tells it."}));
    let version = app.adviser().get(&path).ok(200).version();
    let restriction = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[],"reason":"Anybody may know."});
    for refused in [
        changed(&hers(&app), version),
        theirs.if_match(version).put(&format!("{path}/assignment"), &json!({"staffId":adviser})),
        theirs.if_match(version).put(&format!("{path}/restriction"), &restriction),
    ] {
        assert_eq!(instead(refused, "case_closed"), json!(LEFT));
    }
    let whole = instead(changed(&app.adviser(), version), "case_closed");
    assert_eq!(whole, json!([&["reopen"][..], &LEFT].concat()));
}
