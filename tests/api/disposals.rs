//! Disposal by two people (C16): what stands in its way, and that nothing is left but what accounts for it.

use std::collections::BTreeMap;

use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl};
use sendiass::db::conn::Conn;
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::checkpoints::LOGS;
use crate::family::{Family, merge};
use crate::harness::cluster::by_engine;
use crate::harness::{Reply, Session, TestApp};
use crate::long::stored;
use crate::selfcheck::selfcheck;
use crate::world::{Operation, World, operations};

pub mod files;
mod logged;
mod others;
mod proposals;

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
    refuse_requests(app, family);
    family.close(app);
}

/// Refuses what Mia asks for what is held about herself.
fn refuse_requests(app: &TestApp, family: &Family) {
    let register = app.manager().get("/subject-access-requests?limit=200").ok(200);
    let open = |row: &&Value| row["subjectId"] == *family.mia && !["sent", "refused"].contains(&row["status"].as_str().unwrap());
    for request in register.body["items"].as_array().unwrap().iter().filter(open) {
        let path = format!("/subject-access-requests/{}", request["id"].as_str().unwrap());
        let version = app.manager().get(&path).ok(200).version();
        let refusal = json!({"reason":"She took it back.","rightsNoticeOn":"2026-06-01"});
        app.manager().if_match(version).post(&format!("{path}/refusal"), &refusal).ok(200);
    }
}

fn class(app: &TestApp, case: &str) -> String {
    app.manager().get(&format!("/cases/{case}")).ok(200).body["retention"]["class"].as_str().unwrap().to_owned()
}

fn key() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Proposes to dispose of these cases, because somebody asked for erasure.
pub fn propose(app: &TestApp, cases: &[&str]) -> Reply {
    let body = json!({"caseIds":cases,"class":class(app, cases[0]),"ground":"erasure_request","officer":"Robin Vale","officerAgreedOn":"2026-05-28"});
    app.manager().with("Idempotency-Key", &key()).post("/disposals", &body)
}

pub fn approve(session: &Session<'_>, disposal: &str, version: i64) -> Reply {
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

/// How many rows a query counts.
pub fn count(app: &TestApp, query: &str) -> i64 {
    counted(&mut app.sabotage(), query)
}

fn counted(conn: &mut Conn, query: &str) -> i64 {
    diesel::sql_query(query).get_result::<Count>(conn).unwrap().count
}

fn rows(app: &TestApp) -> BTreeMap<String, i64> {
    let mut conn = app.sabotage();
    let all = tables(&mut conn);
    all.into_iter().map(|table| (table.clone(), counted(&mut conn, &format!("SELECT count(*) AS count FROM {table}")))).collect()
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
    // Whom a concern names who takes no part.
    let stranger = app.adviser().post("/people", &json!({"kind":"child","fullName":"Tam Reed","pseudonymous":false})).ok(201).id();
    let concern =
        json!({"riskTypes":["neglect"],"atRiskPersonIds":[stranger],"summary":"A friend of hers.","knownAt":"2026-06-01T08:00:00.000Z"});
    app.adviser().post(&format!("/cases/{case}/safeguarding-concerns"), &concern).ok(201);
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
    let referred = json!({"source":"self_parent","summary":"Rang again.","riskStated":false,"conflictedStaffIds":[kept_away]});
    let referred = app.adviser().post("/referrals", &referred).ok(201).id();
    let accepted = json!({"decision":"accept","caseId":case});
    app.adviser().if_match(1).post(&format!("/referrals/{referred}/decision"), &accepted).ok(200);
    // What is open, or not decided, is not disposed of, and a hold beats that, such as what somebody asks for.
    propose(&app, &[&case]).problem(409, "retention-hold");
    refuse_requests(&app, family);
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
    let body = |class: &str, ground: &str| json!({"caseIds":[case],"class":class,"ground":ground,"officer":"Robin Vale","officerAgreedOn":"2026-05-28"});
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
    // Nor is what was reopened meanwhile disposed of, or proposed any longer.
    family.reopen(&app);
    approve(&deputy(&app), &proposed.id(), 1).problem(412, "stale-version");
    assert_eq!(app.manager().get(&disposal).ok(200).body["status"], "cancelled");
    family.close(&app);
    let proposed = propose(&app, &[&case]).ok(201);
    let disposal = format!("/disposals/{}", proposed.id());

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
    let reply = app.manager().with("Idempotency-Key", &key()).post("/disposals", &body);
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
