//! Who saw and changed what: every operation on the record leaves exactly one entry, before it is answered or not at all (C10, C13).

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl};
use sendiass::domain::vocabulary::{Role, Vocabulary};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use ureq::http::Method;

use crate::apart::own_case;
use crate::family::{Family, person};
use crate::harness::cluster;
use crate::harness::{Reply, Session, TestApp};
use crate::world::{Asked, Operation, World, operations, send};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    idx: i64,
    #[diesel(sql_type = Text)]
    body: String,
}

/// An entry, as whoever has the database reads it.
#[derive(Debug)]
pub struct Entry {
    pub index: i64,
    pub body: Value,
}

/// The entries of the log from an index on.
pub fn entries(app: &TestApp, from: i64) -> Vec<Entry> {
    let sql = format!("SELECT idx, body FROM access_entry WHERE idx >= {from} ORDER BY idx");
    let rows: Vec<Row> = diesel::sql_query(sql).load(&mut app.sabotage()).unwrap();
    rows.into_iter().map(|row| Entry { index: row.idx, body: serde_json::from_str(&row.body).unwrap() }).collect()
}

pub fn size(app: &TestApp) -> i64 {
    let sql = "SELECT count(*) AS idx, '' AS body FROM access_entry";
    diesel::sql_query(sql).get_result::<Row>(&mut app.sabotage()).unwrap().idx
}

/// Whether an entry is filed under this case.
fn is_about(app: &TestApp, index: i64, case: &str) -> bool {
    let id = if cluster::is_postgres() { format!("'{case}'") } else { format!("x'{}'", case.replace('-', "")) };
    let sql = format!("SELECT idx, '' AS body FROM access_case_ix WHERE idx = {index} AND case_id = {id}");
    !diesel::sql_query(sql).load::<Row>(&mut app.sabotage()).unwrap().is_empty()
}

/// What touches neither a family nor what protects them.
const UNLOGGED: &[&str] =
    &["getService", "getMe", "getReferenceData", "getRetentionSchedule", "listStaff", "listRecipients", "getRecipient", "setTestClock"];
/// What is about no case, and what has kind and target of its own.
const OF_NO_CASE: &[&str] = &[
    "createPerson",
    "createReferral",
    "updateReferral",
    "createRecipient",
    "updateRecipient",
    "updateStaff",
    "revokeStaffTokens",
    "listDisclosureLog",
    "exportDisclosureLog",
    "getDisclosureLogEntry",
    "listAccessLog",
    "exportAccessLog",
    "getAccessLogEntry",
    "getDisclosureLogCheckpoint",
    "listDisclosureLogCheckpoints",
    "getAccessLogCheckpoint",
    "listAccessLogCheckpoints",
    "proveDisclosureLogInclusion",
    "proveDisclosureLogConsistency",
    "proveDisclosureLogRange",
    "proveAccessLogInclusion",
    "proveAccessLogConsistency",
    "proveAccessLogRange",
    "verifyDisclosureLog",
    "verifyAccessLog",
    "getDisclosureLogReceipt",
    "cosignDisclosureLog",
    "cosignAccessLog",
    "listRetentionReviews",
    "listDisposals",
    "getDisposal",
];
/// What is about a case that nothing else is about.
const OF_ANOTHER_CASE: &[&str] = &["proposeDisposal", "listDisposalCases", "cancelDisposal", "approveDisposal"];
/// What is logged as something else than its method tells.
const KINDS: &[(&str, &str)] = &[
    ("searchPeople", "searched"),
    ("checkDisclosure", "read"),
    ("withdrawConsent", "changed"),
    ("decideReferral", "changed"),
    ("relocateNote", "changed"),
    ("relocateReferral", "changed"),
    ("annulConsent", "changed"),
    ("reversePersonMerge", "changed"),
    ("decideSafeguardingConcern", "changed"),
    ("closeCase", "changed"),
    ("reopenCase", "changed"),
    ("completeTask", "changed"),
    ("respondToInformationRequest", "changed"),
    ("cancelInformationRequest", "changed"),
    ("decideLegalRequest", "changed"),
    ("buildLegalBundle", "changed"),
    ("getLegalBundleFile", "exported"),
    ("dispatchLegalRequest", "changed"),
    ("closeLegalRequest", "changed"),
    ("recordSubjectAccessClockEvent", "changed"),
    ("buildSubjectAccessBundle", "changed"),
    ("getSubjectAccessBundleFile", "exported"),
    ("dispatchSubjectAccessRequest", "changed"),
    ("refuseSubjectAccessRequest", "changed"),
    ("revokeStaffTokens", "changed"),
    // What it lists is read.
    ("listSubjectAccessCandidateItems", "read"),
    ("listCapacityRecords", "listed"),
    ("getConsentReceipt", "exported"),
    ("lendTagKey", "exported"),
    ("releaseRetentionHold", "changed"),
    ("cancelDisposal", "changed"),
    ("approveDisposal", "case_disposed"),
    ("listDisclosureLogCheckpoints", "read"),
    ("listAccessLogCheckpoints", "read"),
];

fn kind(operation: &Operation) -> &'static str {
    if let Some((_, kind)) = KINDS.iter().find(|(id, _)| *id == operation.id) {
        return kind;
    }
    match operation.method.as_str() {
        "GET" if operation.id.starts_with("list") => "listed",
        "GET" if operation.id.starts_with("export") => "exported",
        "GET" => "read",
        "POST" => "created",
        _ => "changed",
    }
}

/// The one entry since then, which is of this request.
#[track_caller]
fn one_entry(app: &TestApp, since: i64, operation: &Operation, reply: &Reply) -> Entry {
    let mut new = entries(app, since);
    assert_eq!(new.len(), 1, "{} leaves exactly one entry: {new:#?} {}", operation.id, reply.text);
    let entry = new.remove(0);
    assert_eq!(entry.body["operation"], operation.id.as_str());
    assert_eq!(entry.body["req"], reply.header("x-request-id"), "{}", operation.id);
    entry
}

#[test]
fn every_operation_on_the_record_leaves_exactly_one_entry_about_its_case() {
    let app = TestApp::spawn();
    let mut world = World::record(&app);
    for operation in operations(&app) {
        let asked = world.prepare(&app, &operation.id);
        let session = app.as_role(asked.role);
        let actor = session.get("/me").ok(200).id();
        let since = size(&app);
        let reply = send(&session, &operation, &world.path(&operation, &[]), &asked);
        assert!((200..300).contains(&reply.status), "{}: {}", operation.id, reply.text);
        if UNLOGGED.contains(&operation.id.as_str()) {
            assert_eq!(size(&app), since, "{}", operation.id);
            continue;
        }
        let Entry { index, body } = one_entry(&app, since, &operation, &reply);
        let role = json!(asked.role);
        let outcome = if operation.id == "approveDisposal" { "recorded" } else { "granted" };
        assert_eq!((&body["kind"], &body["outcome"]), (&json!(kind(&operation)), &json!(outcome)), "{}", operation.id);
        assert_eq!((&body["actor"], &body["role"]), (&json!(actor), &role), "{}", operation.id);
        assert!(body["target"].is_string(), "{}: {body}", operation.id);
        let case = if operation.id == "openCase" { reply.id() } else { world.family.case.clone() };
        let another = OF_ANOTHER_CASE.contains(&operation.id.as_str());
        let about = !another && !OF_NO_CASE.contains(&operation.id.as_str());
        assert_eq!((is_about(&app, index, &case), body["cases"].is_array()), (about, about || another), "{}: {body}", operation.id);
        if let Some(version) = asked.version {
            assert_eq!(body["rowVersion"], version + 1, "{}", operation.id);
        }
        world.tidy(&app, &operation.id);
        if operation.method == Method::GET {
            let since = size(&app);
            let head = session.send(&Method::HEAD, &world.path(&operation, &[]), None).ok(200);
            assert_eq!(one_entry(&app, since, &operation, &head).body["kind"], body["kind"], "HEAD of {}", operation.id);
            // Whoever holds an answer already is answered, and put on record, as anybody else.
            let since = size(&app);
            let again = session.with("If-None-Match", "*").send(&Method::GET, &world.path(&operation, &[]), None).ok(200);
            assert_eq!(one_entry(&app, since, &operation, &again).body["kind"], body["kind"], "{}", operation.id);
        }
    }
    // Whatever was written is what an auditor expects of it.
    crate::bundles::are_sound(&app);
}

#[test]
fn whoever_lacks_the_role_or_asks_for_what_is_not_there_is_on_record() {
    let app = TestApp::spawn();
    let mut world = World::record(&app);
    let sessions = Role::ALL.iter().map(|role| (role, app.as_role(*role))).collect::<Vec<_>>();
    for (_, session) in &sessions {
        session.get("/me").ok(200);
    }
    for operation in operations(&app) {
        let asked = world.prepare(&app, &operation.id);
        let logged = !UNLOGGED.contains(&operation.id.as_str());
        let mut since = size(&app);
        for (role, session) in &sessions {
            let reply = send(session, &operation, &world.path(&operation, &[]), &Asked { version: None, body: None, ..asked });
            if reply.status != 403 {
                since = size(&app);
                continue;
            }
            if !logged {
                assert_eq!(size(&app), since, "{}", operation.id);
                continue;
            }
            let body = one_entry(&app, since, &operation, &reply).body;
            assert_eq!((&body["kind"], &body["outcome"]), (&json!("refused"), &json!("refused")), "{}", operation.id);
            assert_eq!((&body["role"], body.get("cases")), (&json!(role), None), "{}", operation.id);
            since += 1;
        }
        if operation.id == "reopenCase" {
            world.family.reopen(&app);
        }
    }
}

/// The newest entry, without what differs between any two.
fn newest(app: &TestApp) -> Entry {
    let mut entry = entries(app, size(app) - 1).remove(0);
    for name in ["id", "at", "req"] {
        assert!(entry.body.as_object_mut().unwrap().remove(name).is_some(), "{name}");
    }
    entry
}

#[test]
fn what_is_out_of_scope_leaves_the_entry_of_what_does_not_exist() {
    let app = TestApp::spawn();
    let world = World::record(&app);
    let stranger = app.as_staff(Role::Adviser, "Stranger");
    stranger.get("/me").ok(200);
    let body =
        json!({"restricted":true,"namedStaffIds":[app.adviser().get("/me").ok(200).id()],"conflictedStaffIds":[],"reason":"A relative."});
    let case = format!("/cases/{}", world.family.case);
    app.manager().if_match(app.adviser().get(&case).ok(200).version()).put(&format!("{case}/restriction"), &body).ok(200);
    let nothing = uuid::Uuid::now_v7().to_string();
    let places =
        ["caseId", "personId", "participantId", "noteId", "consentId", "disclosureId", "referralId", "requestId", "concernId", "sarId"];
    let gets = operations(&app).into_iter().filter(|operation| operation.method == Method::GET);
    let mut compared = 0;
    for operation in gets.filter(|operation| places.iter().any(|place| operation.path.contains(place))) {
        let place = places.into_iter().find(|place| operation.path.contains(place)).unwrap();
        // What is a manager's alone.
        if !operation.roles.contains(&Role::Adviser) {
            continue;
        }
        let mut seen = Vec::new();
        for path in [world.path(&operation, &[]), world.path(&operation, &[(place, &nothing)])] {
            for session in [&stranger, &stranger.with("If-None-Match", "*")] {
                let since = size(&app);
                let reply = session.get(&path).problem(404, "not-found");
                one_entry(&app, since, &operation, &reply);
                seen.push((reply.text.replace(&reply.header("x-request-id"), ""), newest(&app).body));
            }
        }
        assert!(seen.iter().all(|told| *told == seen[0]), "{}: {seen:#?}", operation.id);
        assert_eq!((&seen[0].1["kind"], seen[0].1.get("cases")), (&json!("refused"), None));
        compared += 1;
    }
    assert!(compared >= 10, "{compared}");
    // Nor is there a trace of the case where a change was asked for.
    let changed = |id: &str| {
        stranger.if_match(1).patch(&format!("/participants/{id}"), &json!({"relation":"other"})).problem(404, "not-found");
        newest(&app).body
    };
    assert_eq!(changed(&world.ids["participantId"]), changed(&nothing));
    // A manager knows that it is there: the entry says which case they were refused.
    app.manager().get(&case).problem(403, "access-reason-required");
    let refused = newest(&app);
    assert_eq!((&refused.body["kind"], refused.body.get("accessReason")), (&json!("refused"), None));
    assert!(is_about(&app, refused.index, &world.family.case));
    // Also where they asked for somebody who is known from that case only, or for what is recorded of them.
    for path in [format!("/people/{}", world.family.ana), format!("/people/{}/capacity-records", world.family.ana)] {
        app.manager().get(&path).problem(403, "access-reason-required");
        assert!(is_about(&app, newest(&app).index, &world.family.case), "{path}");
    }
    app.manager().with("Access-Reason", "complaint").get(&case).ok(200);
    assert_eq!((&newest(&app).body["accessReason"], &newest(&app).body["kind"]), (&json!("complaint"), &json!("read")));
    // An adviser gives no reason.
    app.adviser().with("Access-Reason", "complaint").get(&case).ok(200);
    assert_eq!(newest(&app).body.get("accessReason"), None);
}

#[test]
fn a_look_at_a_request_for_what_is_held_tells_of_the_cases_it_is_about_and_of_no_other() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (manager, his) = (app.manager(), app.as_staff(Role::ServiceManager, "his"));
    family.note(&app, &family.mia, &[&family.ana], "views_and_wishes", json!({"sensitivity":"restricted"}));
    let id = app.adviser().post("/subject-access-requests", &family.subject_access(json!({}))).ok(201).id();
    let (path, own) = (format!("/subject-access-requests/{id}"), own_case(&his, &family.ana).id());
    // What is held is looked at for what may be done: also without a reason for what is restricted, and where that is nothing.
    for (session, offered) in [(&manager, 4), (&manager.with("Access-Reason", "subject_access_request"), 4), (&his, 0)] {
        let since = size(&app);
        assert_eq!(session.get(&path).ok(200).body["allowedActions"].as_array().unwrap().len(), offered);
        let mut entries = entries(&app, since);
        let Entry { index, body } = entries.pop().unwrap();
        assert_eq!((entries.len(), &body["kind"], &body["outcome"]), (0, &json!("read"), &json!("granted")));
        assert_eq!((body["cases"].as_array().unwrap().len(), is_about(&app, index, &family.case)), (1, true), "{body}");
        assert!(!is_about(&app, index, &own));
    }
}

#[test]
fn what_cannot_be_logged_is_neither_shown_nor_done() {
    let app = TestApp::spawn();
    let world = World::record(&app);
    let (family, note) = (&world.family, &world.ids["noteId"]);
    let case = format!("/cases/{}", family.case);
    let count = |table: &str| {
        let sql = format!("SELECT count(*) AS idx, '' AS body FROM {table}");
        diesel::sql_query(sql).get_result::<Row>(&mut app.sabotage()).unwrap().idx
    };
    let before = ["note", "disclosure", "disclosure_entry", "access_entry", "idempotency"].map(count);
    // The entry itself, its leaf, and the look-up by case, which comes last; on a server, what waits for all of that.
    let tables: &[&str] = if cluster::is_postgres() { &["access_pending"] } else { &["access_entry", "access_leaf", "access_case_ix"] };
    for table in tables {
        let (away, back) = (format!("ALTER TABLE {table} RENAME TO elsewhere"), format!("ALTER TABLE elsewhere RENAME TO {table}"));
        app.sabotage().batch_execute(&away).unwrap();
        for path in [&case, &format!("/notes/{note}"), &"/cases".to_owned()] {
            let shown = app.adviser().get(path).problem(503, "unavailable");
            assert!(!shown.text.contains("Speech") && !shown.text.contains("IASS"), "{}", shown.text);
        }
        app.adviser()
            .post(
                &format!("{case}/notes"),
                &json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z",
            "fromPersonId":family.mia,"aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["school_provision"],
            "concern":"A second call.","factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false}),
            )
            .problem(503, "unavailable");
        family.disclose(&app, &family.ask(note, json!({}))).problem(503, "unavailable");
        // What nobody may ask for, and what is not there, is about no case.
        if *table != "access_case_ix" {
            app.as_role(Role::Auditor).get(&case).problem(503, "unavailable");
            app.adviser().get(&format!("/cases/{}", uuid::Uuid::now_v7())).problem(503, "unavailable");
            app.adviser().get("/me").ok(200);
        }
        app.sabotage().batch_execute(&back).unwrap();
        app.adviser().get(&case).ok(200);
    }
    let after = ["note", "disclosure", "disclosure_entry", "access_entry", "idempotency"].map(count);
    assert_eq!(after[..3], before[..3], "nothing was done");
    assert_eq!(usize::try_from(after[3] - before[3]).unwrap(), tables.len(), "what is shown once the log is back");
    assert_eq!(after[4], before[4]);
}

#[test]
fn an_entry_tells_what_was_written_what_was_refused_and_what_was_only_shown_again() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    let id = if cluster::is_postgres() { format!("'{note}'") } else { format!("x'{}'", note.replace('-', "")) };
    let hex = cluster::by_engine("lower(hex(sealed))", "encode(sealed, 'hex')");
    let sql = format!("SELECT CAST(0 AS bigint) AS idx, {hex} AS body FROM note WHERE id = {id}");
    let sealed = diesel::sql_query(sql).get_result::<Row>(&mut app.sabotage()).unwrap().body;
    let bytes: Vec<u8> = (0..sealed.len()).step_by(2).map(|at| u8::from_str_radix(&sealed[at..at + 2], 16).unwrap()).collect();
    let digest = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, Sha256::digest(&bytes));
    assert_eq!(newest(&app).body["sealedDigest"], digest);
    // A disclosure that is refused is committed, and is a refusal all the same.
    family.disclose(&app, &family.ask(&note, json!({}))).problem(409, "consent-required");
    let refused = newest(&app);
    assert_eq!((&refused.body["kind"], &refused.body["target"]), (&json!("refused"), &json!("disclosure")));
    assert!(is_about(&app, refused.index, &family.case));
    // So is what breaks a rule, or has the wrong version: of a case that the caller knows.
    let case = format!("/cases/{}", family.case);
    app.adviser().if_match(9).patch(&case, &json!({"summary":"Other."})).problem(412, "stale-version");
    let stale = newest(&app);
    assert_eq!((&stale.body["kind"], stale.body.get("rowVersion")), (&json!("refused"), None));
    assert_eq!((&stale.body["operation"], &stale.body["target"]), (&json!("updateCase"), &json!("case")));
    assert!(is_about(&app, stale.index, &family.case));
    app.adviser().if_match(9).patch(&format!("/people/{}", family.ana), &json!({"knownAs":"A."})).problem(412, "stale-version");
    let stale = newest(&app);
    assert_eq!((&stale.body["operation"], &stale.body["target"]), (&json!("updatePerson"), &json!("person")));
    assert!(is_about(&app, stale.index, &family.case));
    // What an earlier request did is shown.
    let session = app.adviser().with("Idempotency-Key", "once-and-no-more-1");
    for kind in ["created", "read"] {
        session.post(&format!("{case}/consents"), &family.permission(json!({}))).ok(201);
        let entry = newest(&app);
        assert_eq!((&entry.body["kind"], entry.body.get("sealedDigest").is_some()), (&json!(kind), kind == "created"));
    }
}

fn items(reply: &Reply) -> Vec<Value> {
    reply.body["items"].as_array().unwrap().clone()
}

#[test]
fn the_log_is_listed_by_who_what_when_and_about_whom() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let other = person(&app, &json!({"kind":"child","fullName":"Kai Other","pseudonymous":false})).id();
    let (case, me) = (format!("/cases/{}", family.case), app.adviser().get("/me").ok(200).id());
    app.adviser().get(&case).ok(200);
    app.as_staff(Role::Adviser, "Curious").get(&case).ok(200);
    app.as_staff(Role::Adviser, "Curious").get(&format!("/people/{other}")).ok(200);
    app.as_role(Role::Auditor).get(&case).problem(403, "forbidden");
    let auditor = app.as_role(Role::Auditor);
    let asked = |query: &str| auditor.get(&format!("/access-log?limit=1000{query}")).ok(200);
    let all = asked("");
    assert_eq!(all.body["treeSize"], size(&app) - 1, "this request comes after it");
    assert_eq!(json!(items(&all).len()), all.body["treeSize"]);
    assert_eq!(items(&all).last().unwrap()["body"]["kind"], "log_genesis");
    assert_eq!(items(&all).last().unwrap()["body"]["origin"].as_str().unwrap().split('/').nth(1), Some("access"));
    let told = |query: &str| {
        let page = asked(query);
        items(&page).iter().map(|row| row["body"]["operation"].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(told(&format!("&actor={me}&kind=read")), ["getCase"]);
    assert_eq!(told("&outcome=refused"), ["getCase"]);
    assert_eq!(told("&outcome=refused&kind=read"), Vec::<String>::new());
    assert_eq!(told("&role=auditor&outcome=refused"), ["getCase"]);
    assert_eq!(told("&operation=getPerson"), ["getPerson"]);
    assert_eq!(told("&operation=openCase&kind=created,changed"), ["openCase"]);
    assert_eq!(told("&outcome=recorded"), ["-"]);
    assert_eq!(told(&format!("&caseId={}", family.case)), ["getCase", "getCase", "openCase"]);
    assert_eq!(told(&format!("&caseId={}", uuid::Uuid::now_v7())), Vec::<String>::new());
    assert_eq!(told("&indexFrom=0&indexTo=1&order=asc"), ["-"]);
    assert_eq!(told("&to=2020-01-01T00:00:00.000Z"), Vec::<String>::new());
    for (query, status) in [("?kind=looked", 400), ("?indexFrom=999999", 400), ("?unknown=1", 400), ("?operation=a%20b", 400)] {
        assert_eq!(auditor.get(&format!("/access-log{query}")).status, status, "{query}");
    }
    // An entry by itself, with its leaf.
    let entry = auditor.get("/access-log/entries/0").ok(200);
    assert_eq!(entry.body["leafHash"], items(&all).last().unwrap()["leafHash"]);
    auditor.get("/access-log/entries/999999").problem(404, "not-found");
    app.adviser().get("/access-log").problem(403, "forbidden");
    // Pages go on where they began, although each of them is an entry itself.
    let mut path = "/access-log?limit=4&order=asc&includeTotal=true".to_owned();
    let (mut indexes, mut total) = (Vec::new(), 0);
    loop {
        let page = auditor.get(&path).ok(200);
        indexes.extend(items(&page).iter().map(|row| row["index"].as_i64().unwrap()));
        total = total.max(page.body["page"]["total"].as_i64().unwrap());
        let Some(cursor) = page.body["page"]["nextCursor"].as_str() else { break };
        path = format!("/access-log?limit=4&order=asc&includeTotal=true&cursor={cursor}");
    }
    assert_eq!(indexes, (0..total).collect::<Vec<_>>());
}

#[test]
fn a_manager_sees_who_looked_at_a_case() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let case = format!("/cases/{}", family.case);
    let curious = app.as_staff(Role::Adviser, "Curious");
    curious.get("/cases").ok(200);
    curious.post("/people/search", &json!({"name":"Mia Marsh"})).ok(200);
    let path = format!("{case}/access-log?limit=1000");
    let page = app.manager().get(&path).ok(200);
    let told: Vec<(String, String)> = items(&page)
        .iter()
        .map(|row| (row["display"]["actor"].as_str().unwrap().to_owned(), row["body"]["operation"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [("Curious", "searchPeople"), ("Curious", "listCases"), ("Adviser", "openCase")];
    assert_eq!(told, expected.map(|(who, what)| (who.to_owned(), what.to_owned())));
    // To look who looked is a look, too.
    assert_eq!(items(&app.manager().get(&path).ok(200)).len(), 4);
    assert_eq!(items(&app.manager().get(&format!("{path}&kind=searched")).ok(200)).len(), 1);
    app.adviser().get(&path).problem(403, "forbidden");
    app.as_role(Role::Auditor).get(&path).problem(403, "forbidden");
    app.manager().get(&format!("/cases/{}/access-log", uuid::Uuid::now_v7())).problem(404, "not-found");
    let version = app.adviser().get(&case).ok(200).version();
    let me = app.adviser().get("/me").ok(200).id();
    let body = json!({"restricted":true,"namedStaffIds":[me],"conflictedStaffIds":[],"reason":"A relative."});
    app.manager().if_match(version).put(&format!("{case}/restriction"), &body).ok(200);
    app.manager().get(&path).problem(403, "access-reason-required");
    app.manager().with("Access-Reason", "complaint").get(&path).ok(200);
}

fn hash(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize().to_vec()
}

fn root(leaves: &[Vec<u8>]) -> Vec<u8> {
    if let [leaf] = leaves {
        return leaf.clone();
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    hash(&[&[1], &root(left), &root(right)])
}

#[test]
fn the_root_of_the_access_log_is_that_of_its_entries() {
    let app = TestApp::spawn();
    Family::record(&app);
    let session: Session<'_> = app.as_role(Role::Auditor);
    let page = session.get("/access-log?limit=1000&order=asc").ok(200);
    let bodies: Vec<Row> = diesel::sql_query("SELECT idx, body FROM access_entry ORDER BY idx").load(&mut app.sabotage()).unwrap();
    let size = usize::try_from(page.body["treeSize"].as_u64().unwrap()).unwrap();
    let leaves: Vec<Vec<u8>> = bodies[..size].iter().map(|row| hash(&[&[0], row.body.as_bytes()])).collect();
    let expected = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, root(&leaves));
    assert_eq!(page.body["rootHash"], expected);
    assert!(size > 8, "{size}");
}

#[test]
fn to_ask_a_log_about_a_case_is_a_look_at_it_for_those_only_who_see_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let kin = app.as_staff(Role::ServiceManager, "kin").with("Access-Reason", "supervision");
    let body = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[kin.get("/me").ok(200).id()],"reason":"A niece."});
    app.manager().if_match(1).put(&format!("/cases/{}/restriction", family.case), &body).ok(200);
    for log in ["/access-log", "/disclosure-log"] {
        for (session, sees) in [(app.manager(), true), (kin.clone(), false)] {
            session.get(&format!("{log}?caseId={}", family.case)).ok(200);
            let entry = newest(&app);
            assert_eq!((is_about(&app, entry.index, &family.case), entry.body["cases"].is_array()), (sees, sees), "{log}");
        }
    }
}
