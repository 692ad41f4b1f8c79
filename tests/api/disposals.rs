//! Disposal by two people (C16): what stands in its way, and that nothing is left but what accounts for it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl};
use sendiass::db::conn::Conn;
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::checkpoints::LOGS;
use crate::family::{Family, merge, person};
use crate::harness::cluster::by_engine;
use crate::harness::{Reply, Session, TestApp, at};
use crate::long::stored;
use crate::selfcheck::selfcheck;
use crate::world::{Operation, World, operations};

/// The second person.
pub fn deputy(app: &TestApp) -> Session<'_> {
    app.as_staff(Role::ServiceManager, "Deputy")
}

/// Sees to it that nothing is left to decide in a case, and closes it.
pub fn conclude(app: &TestApp, family: &Family) {
    let of_case = |path: &str| -> Vec<Value> {
        let list = app.manager().get(&format!("{path}?limit=200")).ok(200);
        list.body["items"].as_array().unwrap().iter().filter(|row| row["caseId"] == *family.case).cloned().collect()
    };
    for concern in of_case("/safeguarding-concerns") {
        let path = format!("/safeguarding-concerns/{}", concern["id"].as_str().unwrap());
        let concern = app.manager().get(&path).ok(200);
        let mut version = concern.version();
        if concern.str("status") == "raised" {
            let decided = json!({"outcome":"not_shared","reason":"The hub knows.","necessity":"None.","proportionality":"It stays here.",
                "consentSought":"not_sought","noConsentReason":"cannot_give","toldSubject":"no","toldReason":"She would be afraid."});
            version = app.manager().if_match(version).post(&format!("{path}/outcome"), &decided).ok(200).version();
        }
        deputy(app).if_match(version).post(&format!("{path}/outcome"), &json!({"finding":"upheld","reason":"Rightly so."})).ok(200);
    }
    for request in of_case("/legal-requests") {
        let path = format!("/legal-requests/{}", request["id"].as_str().unwrap());
        let mut request = app.manager().get(&path).ok(200);
        for (from, decision) in [("received", "consider"), ("considering", "refuse")] {
            if request.str("status") == from {
                let body = json!({"decision":decision,"reason":"Not ours to tell."});
                request = app.manager().if_match(request.version()).post(&format!("{path}/decision"), &body).ok(200);
            }
        }
        let dispatch = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}],"toldSubject":"yes"});
        if request.str("status") == "extracted" {
            request = app.manager().if_match(request.version()).post(&format!("{path}/dispatch"), &dispatch).ok(200);
        }
        app.manager().if_match(request.version()).post(&format!("{path}/closure"), &json!({"reason":"It is over."})).ok(200);
    }
    family.close(app);
}

fn class(app: &TestApp, case: &str) -> String {
    app.manager().get(&format!("/cases/{case}")).ok(200).body["retention"]["class"].as_str().unwrap().to_owned()
}

/// Proposes to dispose of these cases, because somebody asked for erasure.
pub fn propose(app: &TestApp, cases: &[&str]) -> Reply {
    let body = json!({"caseIds":cases,"class":class(app, cases[0]),"ground":"erasure_request"});
    app.manager().with("Idempotency-Key", &uuid::Uuid::new_v4().to_string()).post("/disposals", &body)
}

fn approve(session: &Session<'_>, disposal: &str, version: i64) -> Reply {
    let session = session.with("Idempotency-Key", "approval-of-a-disposal").if_match(version);
    session.post(&format!("/disposals/{disposal}/approval"), &json!({"notices":"notified"}))
}

/// Disposes of them.
pub fn dispose(app: &TestApp, cases: &[&str]) -> Reply {
    let proposed = propose(app, cases).ok(201);
    approve(&deputy(app), &proposed.id(), 1).ok(200)
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    text: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn tables(conn: &mut Conn) -> Vec<String> {
    let query = by_engine(
        "SELECT name AS text FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1",
        "SELECT table_name::text AS text FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
    );
    diesel::sql_query(query).load::<Named>(conn).unwrap().into_iter().map(|row| row.text).collect()
}

fn rows(app: &TestApp) -> BTreeMap<String, i64> {
    let mut conn = app.sabotage();
    let mut counted = BTreeMap::new();
    for table in tables(&mut conn) {
        let count = diesel::sql_query(format!("SELECT count(*) AS count FROM {table}")).get_result::<Count>(&mut conn).unwrap().count;
        counted.insert(table, count);
    }
    counted
}

/// The tables in which something stays, and why: whoever makes a new one decides about it here, and in `src/db/disposals/erasing.rs`.
const STAYS: &[(&str, &str)] = &[
    ("__diesel_schema_migrations", "the schema"),
    ("deployment", "the deployment"),
    ("staff", "whoever works here"),
    ("revoked_token", "tokens"),
    ("recipient", "the register of bodies"),
    ("team", "the register of bodies"),
    ("reference_counter", "how many there were"),
    ("idempotency", "requests about what is still there"),
    ("disposal", "the certificate"),
    ("disposal_entry", "what accounts for it"),
    ("disclosure_entry", "the log: ids of staff and bodies, tags and commitments that nothing opens"),
    ("disclosure_leaf", "the log"),
    ("disclosure_subtree", "the log"),
    ("disclosure_checkpoint", "the log"),
    ("disclosure_cosignature", "the log"),
    ("disclosure_prune", "the log"),
    ("access_entry", "the log: ids of staff, tags that nothing recognises"),
    ("access_leaf", "the log"),
    ("access_subtree", "the log"),
    ("access_checkpoint", "the log"),
    ("access_cosignature", "the log"),
    ("access_prune", "the log"),
    ("access_pending", "what waits for its place in the log"),
    ("access_case_ix", "who looked at a case that is still there"),
];

#[test]
fn t33_t38_a_hold_beats_everything_and_nothing_of_a_disposed_case_is_left_in_any_table() {
    let app = TestApp::spawn();
    let mut world = World::record(&app);
    world.prepare(&app, "buildLegalBundle");
    let (family, case) = (&world.family, world.family.case.clone());
    deputy(&app).get("/me").ok(200);
    let received = json!({"kind":"receipt_confirmed","note":"Read receipt of the same day."});
    app.adviser().post(&format!("/disclosures/{}/annotations", world.ids["disclosureId"]), &received).ok(201);
    // The case of nobody that is in it, too.
    approve(&deputy(&app), &world.ids["disposalId"], 1).ok(200);
    let holds = format!("/cases/{case}/retention-holds");
    let hold = |until: &str| json!({"reason":"litigation","note":"Judicial review.","reviewOn":until});
    app.manager().post(&holds, &hold("2026-06-01")).problem(422, "rule-violated").rule_at("#/reviewOn", "contradicting_fields");
    let kin = app.as_staff(Role::ServiceManager, "Kin");
    let (mine, kept_away) = (app.adviser().get("/me").ok(200).id(), kin.get("/me").ok(200).id());
    let named = json!({"restricted":false,"namedStaffIds":[mine],"conflictedStaffIds":[kept_away],"reason":"Her cousin works here."});
    let version = app.manager().get(&format!("/cases/{case}")).ok(200).version();
    app.manager().if_match(version).put(&format!("/cases/{case}/restriction"), &named).ok(200);
    // What is open, or not decided, is not disposed of, and a hold beats that.
    assert_eq!(propose(&app, &[&case]).problem(409, "invalid-state").rules(), ["case_not_closed"]);
    let first = app.manager().post(&holds, &hold("2027-01-01")).ok(201);
    assert_eq!(first.body["allowedActions"], json!(["release"]));
    conclude(&app, family);
    assert_eq!(app.adviser().get(&format!("/cases/{case}")).ok(200).body["retention"]["held"], true);
    propose(&app, &[&case]).problem(409, "retention-hold").rule_at("#/caseIds/0", "on_hold");
    let second = app.manager().post(&holds, &hold("2027-02-01")).ok(201);
    let release = |id: &str, version: i64| {
        app.manager().if_match(version).post(&format!("/retention-holds/{id}/release"), &json!({"reason":"The claim was withdrawn."}))
    };
    assert_eq!(release(&first.id(), 1).ok(200).body["release"]["reason"], "The claim was withdrawn.");
    release(&first.id(), 2).problem(409, "invalid-state");
    propose(&app, &[&case]).problem(409, "retention-hold");
    release(&second.id(), 1).ok(200);
    // Its time is not over; that somebody asked for erasure the manager states, and nobody else.
    let body = |class: &str, ground: &str| json!({"caseIds":[case],"class":class,"ground":ground});
    let key = || uuid::Uuid::new_v4().to_string();
    let ask = |session: Session<'_>, body: Value| session.with("Idempotency-Key", &key()).post("/disposals", &body);
    let of = class(&app, &case);
    assert_eq!(ask(app.manager(), body(&of, "period_over")).problem(409, "invalid-state").rules(), ["period_not_over"]);
    assert_eq!(ask(app.manager(), body(&of, "birth_date_unknown")).problem(409, "invalid-state").rules(), ["birth_date_known"]);
    let other = body("rc01_anonymous_enquiry", "erasure_request");
    assert_eq!(ask(app.manager(), other).problem(409, "invalid-state").rules(), ["other_retention_class"]);
    ask(app.adviser(), body(&of, "erasure_request")).problem(403, "forbidden");
    let mut twice = body(&of, "erasure_request");
    merge(&mut twice, json!({"caseIds":[case,case]}));
    ask(app.manager(), twice).problem(400, "validation-failed").rule_at("#/caseIds", "uniqueItems");
    let proposed = propose(&app, &[&case]).ok(201);
    assert_eq!(propose(&app, &[&case]).problem(409, "invalid-state").rules(), ["disposal_proposed"]);
    let disposal = format!("/disposals/{}", proposed.id());
    assert_eq!(proposed.body["allowedActions"], json!(["list_cases", "cancel"]));
    assert_eq!(app.adviser().get(&format!("{disposal}/cases")).ok(200).body["items"][0]["caseId"], json!(case));
    app.as_role(Role::Auditor).get(&format!("{disposal}/cases")).problem(403, "forbidden");
    // Given up, nobody knows any more of which cases it was; and it can be proposed again.
    app.adviser().if_match(1).send(&Method::POST, &format!("{disposal}/cancellation"), None).ok(200);
    assert_eq!(app.manager().get(&format!("{disposal}/cases")).ok(200).body["items"], json!([]));
    approve(&deputy(&app), &proposed.id(), 2).problem(409, "invalid-state");
    let proposed = propose(&app, &[&case]).ok(201);
    let disposal = format!("/disposals/{}", proposed.id());
    // Two people; and a hold that was placed meanwhile beats both.
    approve(&app.manager(), &proposed.id(), 1).problem(409, "same-person").rule("conflicted_decider");
    approve(&kin, &proposed.id(), 1).problem(409, "same-person").rule("conflicted_decider");
    let unasked = deputy(&app).with("Idempotency-Key", &key()).if_match(1);
    unasked.post(&format!("{disposal}/approval"), &json!({"notices":"not_required"})).problem(422, "rule-violated");
    let third = deputy(&app).post(&holds, &hold("2027-01-01")).ok(201);
    approve(&deputy(&app), &proposed.id(), 1).problem(409, "retention-hold");
    assert_eq!(app.adviser().get(&format!("/cases/{case}")).ok(200).body["retention"]["held"], true);
    assert_eq!(app.manager().get(&holds).ok(200).body["items"].as_array().unwrap().len(), 4);
    release(&third.id(), 1).ok(200);
    // Nor is what was reopened meanwhile disposed of.
    family.reopen(&app);
    approve(&deputy(&app), &proposed.id(), 1).problem(409, "invalid-state").rule("case_not_closed");
    family.close(&app);

    let taken = LOGS.map(|(log, table)| (table, app.as_role(Role::Auditor).get(&format!("/{log}/export?format=bundle")).ok(200).text));
    let before = rows(&app);
    let done = approve(&deputy(&app), &proposed.id(), 1).ok(200);
    certified(&app, &done, &before);
    nothing_answers(&app, &world);
    nothing_is_left(&app, &before);
    // Sent again, nothing is done again; and the answer that was lost is given.
    let again = approve(&deputy(&app), &proposed.id(), 1).ok(200);
    assert_eq!(
        (again.body["certificate"].clone(), again.header("idempotency-replayed")),
        (done.body["certificate"].clone(), "true".into())
    );
    assert_eq!(app.manager().get(&format!("{disposal}/cases")).ok(200).body["items"], json!([]));
    // T33: what was taken away before goes on proving what it proved, and so does what is taken away now.
    for (table, text) in taken {
        crate::bundles::is_sound(&app, table, &text);
    }
    crate::bundles::are_sound(&app);
    let (folder, scratch) = app.stopped();
    let (report, found, code) = selfcheck(&folder, scratch.as_ref());
    assert!(code == Some(0) && found.is_empty(), "{report}");
}

/// The certificate says what was done, and leads to what proves it. Neither names the case.
fn certified(app: &TestApp, done: &Reply, before: &BTreeMap<String, i64>) {
    let certificate = &done.body["certificate"];
    assert_eq!((&done.body["status"], &done.body["count"], done.version()), (&json!("executed"), &json!(1), 2));
    assert_eq!((&certificate["method"], &certificate["notices"]), (&json!("keys_destroyed"), &json!("notified")));
    assert_eq!((&certificate["executedAt"], &certificate["backupsExpireOn"]), (&json!("2026-06-01T09:00:00.000Z"), &json!("2026-07-06")));
    assert_eq!(done.body["recordedBy"]["displayName"], app.manager().get("/me").ok(200).body["displayName"]);
    assert_eq!(certificate["approvedBy"]["displayName"], deputy(app).get("/me").ok(200).body["displayName"]);
    let entries = certificate["entries"].as_array().unwrap();
    let entry = app.as_role(Role::Auditor).get(entries[0]["path"].as_str().unwrap()).ok(200);
    let (body, disposed) = (&entry.body["body"], &entry.body["body"]["disposed"]);
    assert_eq!((entries.len(), &entry.body["index"], &body["kind"]), (1, &entries[0]["index"], &json!("case_disposed")));
    assert_eq!((&disposed["disposal"], &disposed["policy"]), (&done.body["id"], &done.body["class"]));
    assert_eq!((&body["decidedBy"], &disposed["proposedBy"]), (&certificate["approvedBy"]["id"], &done.body["recordedBy"]["id"]));
    assert_eq!((body["case"].as_str().unwrap().len(), disposed["key"].as_str().unwrap().len()), (22, 43));
    assert!(entry.body["inclusion"].is_object());
    // All that was filed under the case, a notice to each body that received something, and the entry itself.
    let told: Vec<Value> = stored(app, "disclosure").iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect();
    let notices = told.iter().filter(|body| body["kind"] == "recipient_notified_of_erasure").count();
    assert!(notices >= 1);
    assert_eq!(disposed["entries"].as_i64().unwrap(), before["disclosure_case_ix"] + i64::try_from(notices).unwrap() + 1);
    let (read, listed) =
        (app.as_role(Role::Auditor).get(&format!("/disposals/{}", done.id())).ok(200), app.adviser().get("/disposals").ok(200));
    assert_eq!((&read.body["certificate"], &listed.body["items"][0]["certificate"]), (certificate, certificate));
    assert_eq!(app.adviser().get("/disposals?status=proposed").ok(200).body["items"], json!([]));
    let access: Vec<Value> = stored(app, "access").iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect();
    let disposed: Vec<&Value> = access.iter().filter(|body| body["kind"] == "case_disposed").collect();
    let last = disposed.last().unwrap();
    assert_eq!((disposed.len(), &last["outcome"], &last["operation"]), (2, &json!("recorded"), &json!("approveDisposal")));
    assert_eq!(last["cases"].as_array().unwrap().len(), 1);
}

/// Every path with an id of the family answers as one with an id of nothing.
fn nothing_answers(app: &TestApp, world: &World) {
    let stays = ["recipientId", "staffId", "index", "disposalId"];
    let mut asked = 0;
    for operation in operations(app).iter().filter(|operation| operation.method == Method::GET) {
        let name = operation.path.split('/').find_map(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')));
        let Some(name) = name.filter(|name| !stays.contains(name)) else { continue };
        let plain = |operation: &Operation, id: &str| {
            let reply =
                app.manager().with("Access-Reason", "retention").get(&world.path(operation, &[(name, id)])).problem(404, "not-found");
            reply.text.replace(&reply.header("x-request-id"), "").replace(id, "ID")
        };
        let (gone, nothing) = (world.ids[name].clone(), uuid::Uuid::now_v7().to_string());
        assert_eq!(plain(operation, &gone), plain(operation, &nothing), "{}", operation.id);
        asked += 1;
    }
    assert!(asked > 20, "{asked}");
    let family = &world.family;
    let case = format!("/cases/{}", family.case);
    family.disclose(app, &family.ask(&world.ids["noteId"], json!({}))).problem(404, "not-found");
    app.manager().if_match(9).post(&format!("{case}/reopening"), &json!({"reason":"They came back."})).problem(404, "not-found");
    app.adviser().if_match(1).patch(&format!("/people/{}", family.ana), &json!({"knownAs":"A."})).problem(404, "not-found");
    propose_gone(app, &family.case);
    for query in [format!("/disclosure-log?caseId={}", family.case), format!("/access-log?caseId={}", family.case)] {
        assert_eq!(app.as_role(Role::Auditor).get(&query).ok(200).body["items"], json!([]), "{query}");
    }
    assert_eq!(app.adviser().post("/people/search", &json!({"name":"Ana Marsh"})).ok(200).body["items"], json!([]));
}

/// With the reason that a restricted case needs.
fn reason<'a>(session: &Session<'a>) -> Session<'a> {
    session.with("Access-Reason", "retention")
}

fn propose_gone(app: &TestApp, case: &str) {
    let body = json!({"caseIds":[case],"class":"rc03_child_casework","ground":"erasure_request"});
    let reply = app.manager().with("Idempotency-Key", &uuid::Uuid::new_v4().to_string()).post("/disposals", &body);
    reply.problem(422, "rule-violated").rule_at("#/caseIds/0", "unknown_reference");
}

/// Every table has been decided about: either it is empty, or what stays in it is none of the case.
fn nothing_is_left(app: &TestApp, before: &BTreeMap<String, i64>) {
    let after = rows(app);
    for (table, count) in &after {
        let stays = STAYS.iter().any(|(name, _)| name == table);
        assert!(stays || *count == 0, "{table} holds {count} rows of what was disposed of: decide about it");
        assert!(stays || before[table] > 0, "nothing was in {table}, so that nobody knows what becomes of it");
    }
    for (name, _) in STAYS {
        assert!(after.contains_key(*name), "{name} is no table");
    }
}

#[test]
fn whoever_stands_in_another_case_stays_without_what_they_told_in_the_one_that_is_gone() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    deputy(&app).get("/me").ok(200);
    // Ana has a case of her own, where she gave a number; and a note of the family's case was written there by mistake.
    let hers = app.as_staff(Role::Adviser, "Hers");
    let own = json!({"interventionLevel":"l2","referralSource":"self_young_person","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":family.ana,"role":"subject","relation":"self","servedSeparately":true}]});
    let own = hers.post("/cases", &own).ok(201).id();
    let ana = format!("/people/{}", family.ana);
    let number = json!({"contacts":[{"kind":"mobile","value":"+447700900124","safe":true}]});
    let found_by = rows(&app)["blind_index"];
    let version = hers.get(&ana).ok(200).version();
    hers.if_match(version).patch(&ana, &number).ok(200);
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."});
    hers.post(&format!("{ana}/capacity-records"), &assessed).ok(201);
    let version = reason(&app.manager()).get(&format!("/cases/{own}")).ok(200).version();
    let close = reason(&app.manager()).if_match(version);
    close.post(&format!("/cases/{own}/closure"), &json!({"outcome":"agreed"})).ok(200);
    let of = reason(&app.manager()).get(&format!("/cases/{own}")).ok(200).body["retention"]["class"].clone();
    let body = json!({"caseIds":[own],"class":of,"ground":"erasure_request"});
    // A restricted case needs a reason of both of them.
    let key = || uuid::Uuid::new_v4().to_string();
    app.manager().with("Idempotency-Key", &key()).post("/disposals", &body).problem(403, "access-reason-required");
    let proposed = reason(&app.manager()).with("Idempotency-Key", &key()).post("/disposals", &body).ok(201).id();
    approve(&deputy(&app), &proposed, 1).problem(403, "access-reason-required");
    assert_eq!(app.adviser().get(&format!("/disposals/{proposed}/cases")).ok(200).body["items"], json!([]));
    assert_eq!(hers.post("/people/search", &json!({"contact":"+447700900124"})).ok(200).body["items"].as_array().unwrap().len(), 1);
    approve(&reason(&deputy(&app)), &proposed, 1).ok(200);
    let known = app.adviser().get(&ana).ok(200);
    assert!(known.body["contacts"].as_array().is_none_or(Vec::is_empty), "{}", known.text);
    for session in [app.adviser(), reason(&app.manager()), hers] {
        assert_eq!(session.post("/people/search", &json!({"contact":"+447700900124"})).ok(200).body["items"], json!([]));
    }
    assert_eq!(app.adviser().get(&format!("{ana}/capacity-records")).ok(200).body["items"], json!([]));
    let after = rows(&app);
    assert_eq!((after["case_file"], after["capacity_record"], after["blind_index"]), (1, 0, found_by));
    family.permit(&app, json!({}));
    family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201);
}

#[test]
fn of_whoever_is_known_from_a_disposed_case_only_nothing_opens_to_those_who_did_not_see_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    deputy(&app).get("/me").ok(200);
    let (hers, boss) = (app.as_staff(Role::Adviser, "Hers"), reason(&app.manager()));
    // Two who called have a case of their own, and are found to be Mia and Finn; of the one that is taken back.
    let call = |name: &str, number: &str| {
        let contacts = json!([{"kind":"mobile","value":number,"safe":true}]);
        hers.post("/people", &json!({"kind":"anonymous","knownAs":name,"pseudonymous":true,"contacts":contacts})).ok(201).id()
    };
    let (quill, bram) = (call("Quillon Dray", "+447700900124"), call("Bram Oster", "+447700900125"));
    let part = |person: &str| json!({"personId":person,"role":"supporter","relation":"other","servedSeparately":false});
    let theirs = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[part(&quill), part(&bram)]});
    let case = hers.post("/cases", &theirs).ok(201).id();
    let merge = |kept: &str, other: &str| {
        let version = boss.get(&format!("/people/{kept}")).ok(200).version();
        let body = json!({"mergedPersonId":other,"reason":"Told what only the other knew."});
        boss.if_match(version).post(&format!("/people/{kept}/merges"), &body).ok(201).id()
    };
    merge(&family.mia, &quill);
    let second = merge(&family.finn, &bram);
    // What each permits in the family's case is recorded under the name they gave.
    family.permit(&app, json!({"granterId":quill,"subjectIds":[family.ana, quill]}));
    family.permit(&app, json!({"granterId":bram,"subjectIds":[bram]}));
    boss.if_match(1).post(&format!("/person-merges/{second}/reversal"), &json!({"reason":"A brother."})).ok(200);
    Family::assess(&app, &bram, true, "2026-05-02");
    let named =
        json!({"restricted":true,"namedStaffIds":[hers.get("/me").ok(200).id()],"conflictedStaffIds":[],"reason":"A relative works here."});
    boss.if_match(1).put(&format!("/cases/{case}/restriction"), &named).ok(200);
    let opens = |session: &Session<'_>| {
        let search = |by: Value| session.post("/people/search", &by).ok(200).body["items"].as_array().unwrap().len();
        let found = [json!({"name":"Quillon Dray"}), json!({"contact":"+447700900124"}), json!({"name":"Bram Oster"})].map(search);
        let merges = session.get(&format!("/people/{}", family.mia)).ok(200).body["merges"].as_array().unwrap().len();
        (found, merges, [&quill, &bram].map(|person| session.get(&format!("/people/{person}")).status))
    };
    let nothing = ([0, 0, 0], 0, [404, 404]);
    assert_eq!((opens(&app.adviser()), opens(&hers)), (nothing, ([1, 1, 1], 1, [200, 200])));
    let disclosed = || family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201);
    disclosed();

    let closing = hers.if_match(hers.get(&format!("/cases/{case}")).ok(200).version());
    closing.post(&format!("/cases/{case}/closure"), &json!({"outcome":"agreed"})).ok(200);
    let of = boss.get(&format!("/cases/{case}")).ok(200).body["retention"]["class"].clone();
    let body = json!({"caseIds":[case],"class":of,"ground":"erasure_request"});
    let proposed = boss.with("Idempotency-Key", &uuid::Uuid::new_v4().to_string()).post("/disposals", &body).ok(201).id();
    let before = rows(&app);
    approve(&reason(&deputy(&app)), &proposed, 1).ok(200);
    for session in [app.adviser(), hers.clone(), boss.clone(), reason(&deputy(&app))] {
        assert_eq!(opens(&session), nothing);
    }
    // All that is left of them is what other rows name, with a key that opens nothing of it; and what they said still counts.
    let after = rows(&app);
    assert_eq!(
        (after["person"], after["decision_guard"], after["sealing_key"]),
        (before["person"], before["decision_guard"], before["sealing_key"] - 2)
    );
    assert_eq!((after["person_merge"], after["capacity_record"]), (0, before["capacity_record"] - 1));
    disclosed();
}

#[test]
fn a_note_that_came_from_a_disposed_case_stays_and_does_not_tell_from_where() {
    let app = TestApp::spawn();
    let (family, other) = (Family::record(&app), Family::record(&app));
    deputy(&app).get("/me").ok(200);
    let wrong = family.n1(&app);
    let moved = json!({"caseId":other.case,"reason":"It belongs there.","fromPersonId":other.mia,"aboutPersonIds":[other.ana]});
    let moved = app.adviser().post(&format!("/notes/{wrong}/relocation"), &moved).ok(201);
    assert_eq!(moved.body["relocatedFrom"]["caseId"], json!(family.case), "{}", moved.text);
    conclude(&app, &family);
    dispose(&app, &[&family.case]);
    let stays = app.adviser().get(&format!("/notes/{}", moved.id())).ok(200);
    assert_eq!((stays.body.get("relocatedFrom"), &stays.body["concern"]), (None, &moved.body["concern"]));
}

#[test]
fn t35_two_disposed_cases_cannot_be_told_apart() {
    let app = TestApp::spawn();
    deputy(&app).get("/me").ok(200);
    let families = [Family::record(&app), Family::record(&app)];
    for family in &families {
        family.permit(&app, json!({}));
        family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201);
        conclude(&app, family);
    }
    let done = dispose(&app, &[&families[0].case, &families[1].case]);
    assert_eq!((&done.body["count"], done.body["certificate"]["entries"].as_array().unwrap().len()), (&json!(2), 2));
    // What may tell two entries apart in itself: when, by whom, to whom, of what kind. Whatever else they say, no two say the same.
    let common = [
        "v",
        "at",
        "kind",
        "outcome",
        "actor",
        "decidedBy",
        "recipient",
        "basis",
        "lawfulBasis",
        "condition",
        "purpose",
        "channel",
        "identified",
        "told",
        "direction",
        "req",
        "role",
        "operation",
        "target",
        "rules",
        "accessReason",
        "rowVersion",
    ];
    let mut seen = BTreeSet::new();
    let mut disposed = Vec::new();
    for (_, table) in LOGS {
        for (_, text) in stored(&app, table) {
            let mut body: Value = serde_json::from_str(&text).unwrap();
            if body["kind"] == "log_genesis" {
                continue;
            }
            if table == "disclosure" && body["kind"] == "case_disposed" {
                let told = body["disposed"].as_object_mut().unwrap();
                assert!(seen.insert(told.remove("key").unwrap().as_str().unwrap().to_owned()));
                disposed.push(body["disposed"].take());
            }
            let fields = body.as_object_mut().unwrap();
            fields.retain(|name, _| !common.contains(&name.as_str()));
            let mut texts = Vec::new();
            gather(&body, &mut texts);
            // Words of closed lists apart.
            let told = |text: &String| text.len() >= 16 && !text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            for text in texts.into_iter().filter(told) {
                assert!(seen.insert(text.clone()), "{table}: {text} stands twice");
            }
        }
    }
    assert!(disposed.len() == 2 && disposed[0] == disposed[1], "{disposed:?}");
    for table in ["disclosure_case_ix", "disclosure_private", "access_case_ix", "sealing_key"] {
        assert_eq!(rows(&app)[table], 0, "{table}");
    }
}

#[test]
fn t37_more_entries_with_nothing_to_open_than_disposals_account_for_are_found() {
    let app = TestApp::spawn();
    deputy(&app).get("/me").ok(200);
    let families = [Family::record(&app), Family::record(&app)];
    for family in &families {
        family.permit(&app, json!({}));
        family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201);
    }
    conclude(&app, &families[0]);
    dispose(&app, &[&families[0].case]);
    let bundle = app.as_role(Role::Auditor).get("/disclosure-log/export?format=bundle").ok(200).text;
    let trust = format!("log {}\n", crate::checkpoints::key(&app, "disclosure").text());
    let (folder, scratch) = app.stopped();
    let place = |name: &str| folder.path().join(name);
    std::fs::write(place("bundle"), bundle).unwrap();
    std::fs::write(place("trust"), trust).unwrap();
    let mut print = Command::new(env!("CARGO_BIN_EXE_sendiass"));
    print.args(["log", "openings", "--data-dir"]).arg(folder.path());
    if let Some(scratch) = &scratch {
        print.args(["--unsafe-database", "--database-url", &scratch.url()]);
    }
    let shown = String::from_utf8(print.output().unwrap().stdout).unwrap();
    let verified = |shown: &str| {
        std::fs::write(place("openings"), shown).unwrap();
        let mut verify = Command::new(env!("CARGO_BIN_EXE_sendiass"));
        verify.args(["log", "verify", "--output", "json"]).arg(place("bundle")).arg("--trust").arg(place("trust"));
        let output = verify.arg("--openings").arg(place("openings")).arg("--every-opening").output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        (output.status.code(), report["openings"]["finding"].as_str().unwrap().to_owned())
    };
    assert!(shown.contains("subjects/0"), "{shown}");
    assert_eq!(verified(&shown), (Some(0), "accounted".to_owned()));
    // As if the last that is open had been erased.
    let less = shown.trim_end().rsplit_once('\n').map_or("", |(rest, _)| rest);
    assert_eq!(verified(less), (Some(1), "unaccounted".to_owned()));
    let (one, other) = (&families[1].ana, &families[1].mia);
    assert_eq!(verified(&shown.replace(one.as_str(), other)), (Some(1), "differ".to_owned()));
    // What is erased in the database otherwise is found there, too.
    let mut owner = crate::harness::connect(folder.path(), scratch.as_ref());
    for table in ["disclosure_private", "disclosure_case_ix"] {
        diesel::sql_query(format!("DELETE FROM {table}")).execute(&mut owner).unwrap();
    }
    drop(owner);
    let (report, found, code) = selfcheck(&folder, scratch.as_ref());
    let faults: BTreeSet<&str> = found.iter().map(|(_, _, fault)| fault.as_str()).collect();
    assert_eq!((code, faults), (Some(1), BTreeSet::from(["erased_unaccounted"])), "{report}");
}

fn gather(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|one| gather(one, texts)),
        Value::Object(fields) => fields.values().for_each(|one| gather(one, texts)),
        _ => {}
    }
}

#[test]
fn c16_what_is_due_is_listed_and_the_longest_class_wins_for_the_child_of_two_parents() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    deputy(&app).get("/me").ok(200);
    let anonymous = |level: &str| {
        let caller = app.adviser().post("/people", &json!({"kind":"anonymous","pseudonymous":true})).ok(201).id();
        json!({"interventionLevel":level,"referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
            "senNeeds":[],"appealTypes":[],"participants":[{"personId":caller,"role":"service_user","relation":"parent","servedSeparately":false}]})
    };
    let close = |case: &str, outcome: &str| {
        let version = app.adviser().get(&format!("/cases/{case}")).ok(200).version();
        app.adviser().if_match(version).post(&format!("/cases/{case}/closure"), &json!({"outcome":outcome})).ok(200)
    };
    // One parent asked something once, the other had casework about the same child: two cases, each with its class.
    let enquiry = app.adviser().post("/cases", &anonymous("l1")).ok(201).id();
    let unborn = person(&app, &json!({"kind":"child","fullName":"Tam Reed","pseudonymous":false})).id();
    let mut unknown = anonymous("l2");
    merge(&mut unknown, json!({"participants":[{"personId":unborn,"role":"subject","relation":"self","servedSeparately":false}]}));
    let unknown = app.adviser().post("/cases", &unknown).ok(201).id();
    let kin = app.as_staff(Role::ServiceManager, "Kin").with("Access-Reason", "retention");
    let away =
        json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[kin.get("/me").ok(200).id()],"reason":"Her cousin works here."});
    app.manager().if_match(1).put(&format!("/cases/{unknown}/restriction"), &away).ok(200);
    let closed = [close(&enquiry, "information_given"), close(&unknown, "information_given")];
    app.clock.set(at("2026-06-01T10:00:00Z"), true);
    family.disclose(&app, &family.risk(&family.n1(&app), json!({}))).ok(201);
    conclude(&app, &family);
    let casework = app.adviser().get(&format!("/cases/{}", family.case)).ok(200);
    // A child's casework is kept until 2039; the risk that was passed on for 35 years, which wins.
    assert_eq!(casework.body["retention"], json!({"class":"rc08_safeguarding","reviewOn":"2061-06-01","held":false}));
    assert_eq!(closed[0].body["retention"], json!({"class":"rc01_anonymous_enquiry","reviewOn":"2027-06-01","held":false}));
    let due = |query: &str| -> Vec<Value> {
        let list = app.manager().get(&format!("/retention-reviews{query}")).ok(200);
        list.body["items"].as_array().unwrap().iter().map(|row| row["caseId"].clone()).collect()
    };
    assert_eq!(due(""), [json!(unknown)], "what cannot be told is looked at, too");
    assert_eq!(kin.get("/retention-reviews").ok(200).body["items"], json!([]), "but by nobody who is kept away");
    assert_eq!(due("?dueBefore=2027-06-02"), [json!(enquiry), json!(unknown)]);
    assert_eq!(due("?dueBefore=2061-06-01"), [json!(enquiry), json!(unknown)]);
    assert_eq!(due("?dueBefore=2061-06-02"), [json!(enquiry), json!(unknown), json!(family.case)]);
    let first = app.manager().get("/retention-reviews?dueBefore=2061-06-02&limit=2").ok(200);
    let cursor = first.body["page"]["nextCursor"].as_str().unwrap();
    assert_eq!(due(&format!("?dueBefore=2061-06-02&limit=2&cursor={cursor}")), [json!(family.case)]);
    app.adviser().get("/retention-reviews").problem(403, "forbidden");
    // A year later the enquiry is over, and an adviser may propose what is; the other never falls to it by itself.
    app.clock.set(at("2027-06-01T09:00:00Z"), true);
    let ask = |case: &str, class: &str, ground: &str| {
        let body = json!({"caseIds":[case],"class":class,"ground":ground});
        app.manager().with("Idempotency-Key", &uuid::Uuid::new_v4().to_string()).post("/disposals", &body)
    };
    assert_eq!(ask(&unknown, "rc03_child_casework", "period_over").problem(409, "invalid-state").rules(), ["period_not_over"]);
    ask(&unknown, "rc03_child_casework", "birth_date_unknown").ok(201);
    let body = json!({"caseIds":[enquiry],"class":"rc01_anonymous_enquiry","ground":"period_over"});
    let proposed = app.adviser().with("Idempotency-Key", "proposal-of-a-disposal").post("/disposals", &body).ok(201).id();
    let done = deputy(&app).with("Idempotency-Key", "approval-of-a-disposal").if_match(1);
    let done = done.post(&format!("/disposals/{proposed}/approval"), &json!({"notices":"not_required"})).ok(200);
    assert_eq!(done.body["certificate"]["backupsExpireOn"], "2027-07-06");
    app.manager().get(&format!("/cases/{enquiry}")).problem(404, "not-found");
}

#[test]
fn t34_no_id_key_text_or_tag_of_a_disposed_case_is_in_any_file() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    deputy(&app).get("/me").ok(200);
    let lent = json!({"caseId":family.case,"auditReference":"AUDIT-2026/07"});
    let tag_key = app.manager().post("/disclosure-log/tag-keys", &lent).ok(201).str("tagKey");
    family.permit(&app, json!({}));
    let note = family.n1(&app);
    let disclosure = family.disclose(&app, &family.ask(&note, json!({}))).ok(201).id();
    app.adviser().post("/people/search", &json!({"name":"Ana Marsh"})).ok(200);
    conclude(&app, &family);
    let hex = by_engine("lower(hex(@))", "encode(@, 'hex')");
    let keys = format!("SELECT {} AS text FROM sealing_key WHERE owner_kind = 'case'", hex.replace('@', "wrapped"));
    let mut secret: Vec<Vec<u8>> =
        diesel::sql_query(keys).load::<Named>(&mut app.sabotage()).unwrap().iter().map(|row| bytes(&row.text)).collect();
    assert_eq!(secret.len(), 2);
    let tokens = "SELECT CAST(token AS text) AS text FROM blind_index";
    assert!(!diesel::sql_query(tokens).load::<Named>(&mut app.sabotage()).unwrap().is_empty());
    for id in [&family.case, &note, &disclosure, &family.ana, &family.mia] {
        secret.extend([id.clone().into_bytes(), bytes(&id.replace('-', "")), id.replace('-', "").into_bytes()]);
    }
    secret.extend([b"Speech therapy".to_vec(), b"Ana Marsh".to_vec(), tag_key.clone().into_bytes()]);
    secret.push(base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, &tag_key).unwrap());
    // On a server the bytes of a row are printed in hexadecimal digits, too.
    let printed: Vec<Vec<u8>> = secret.iter().map(|bytes| digits(bytes).into_bytes()).collect();
    secret.extend(printed);
    let files = |app: &TestApp| app.dump().unwrap_or_else(|| database(app.folder()));
    let kept = files(&app);
    assert!(found(&kept, &secret).len() >= 5, "before, it is all there");
    // Somebody who still sees it all, as a report that takes long does.
    let reader = crate::harness::cluster::is_postgres().then(|| {
        let mut reader = app.sabotage();
        diesel::sql_query("BEGIN ISOLATION LEVEL REPEATABLE READ").execute(&mut reader).unwrap();
        diesel::sql_query("SELECT 1 FROM deployment").execute(&mut reader).unwrap();
        reader
    });
    dispose(&app, &[&family.case]);
    let kept = files(&app);
    assert_eq!(found(&kept, &secret), Vec::<String>::new());
    let (folder, scratch) = app.stopped();
    let mut sweep = Command::new(env!("CARGO_BIN_EXE_sendiass"));
    sweep.args(["retention", "sweep", "--data-dir"]).arg(folder.path());
    if let Some(scratch) = &scratch {
        let refused = Command::new(env!("CARGO_BIN_EXE_sendiass"))
            .args(["retention", "sweep", "--unsafe-database", "--database-url", &scratch.url(), "--data-dir"])
            .arg(folder.path())
            .output()
            .unwrap();
        assert!(String::from_utf8_lossy(&refused.stderr).contains("name the role that owns them"), "{refused:?}");
        sweep.args(["--unsafe-database", "--database-url", &scratch.owner_url()]);
    }
    let mut sweeping = sweep.stderr(std::process::Stdio::piped()).spawn().unwrap();
    if let Some(reader) = reader {
        std::thread::sleep(std::time::Duration::from_millis(1500));
        assert!(sweeping.try_wait().unwrap().is_none(), "it waits for whoever still sees what was deleted");
        drop(reader);
    }
    let swept = sweeping.wait_with_output().unwrap();
    assert!(swept.status.success(), "{swept:?}");
    let all = scratch.as_ref().map_or_else(|| database(folder.path()), crate::harness::cluster::Scratch::files);
    assert_eq!(found(&all, &secret), Vec::<String>::new());
}

/// Which of these is in there. In one pass: their first two bytes are looked for, and then the whole.
fn found(all: &[u8], wanted: &[Vec<u8>]) -> Vec<String> {
    let mut begins: BTreeMap<[u8; 2], Vec<usize>> = BTreeMap::new();
    for (n, what) in wanted.iter().enumerate() {
        begins.entry([what[0], what[1]]).or_default().push(n);
    }
    let mut known = vec![false; 1 << 16];
    let place = |pair: [u8; 2]| usize::from(u16::from_be_bytes(pair));
    for pair in begins.keys() {
        known[place(*pair)] = true;
    }
    let mut found = BTreeSet::new();
    for (at, pair) in all.windows(2).enumerate() {
        let pair = [pair[0], pair[1]];
        if known[place(pair)] {
            found.extend(begins[&pair].iter().copied().filter(|n| all[at..].starts_with(&wanted[*n])));
        }
    }
    found.into_iter().map(|n| String::from_utf8_lossy(&wanted[n]).into_owned()).collect()
}

fn digits(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// Every byte of the embedded database, its write-ahead log among them.
fn database(folder: &std::path::Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let ours = files.filter(|file| file.file_name().unwrap().to_str().unwrap().starts_with("sendiass.db"));
    ours.flat_map(|file| std::fs::read(file).unwrap()).collect()
}
