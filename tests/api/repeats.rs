//! What is sent twice, because its answer was lost, takes effect once.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::apart::own_case;
use crate::family::Family;
use crate::harness::cluster::by_engine;
use crate::harness::{Reply, Session, TestApp};

/// The second answer is the first one again, and says so.
#[track_caller]
fn repeated(first: &Reply, again: &Reply) {
    let heads = |reply: &Reply| (reply.status, reply.header("etag"), reply.header("idempotency-replayed"));
    assert_eq!(heads(first), (200, format!("\"{}\"", first.version()), String::new()));
    assert_eq!(heads(again), (200, first.header("etag"), "true".to_owned()));
    assert_eq!(again.body, first.body);
}

fn keyed<'a>(session: &Session<'a>, key: &str) -> Session<'a> {
    session.with("Idempotency-Key", key)
}

#[test]
fn a_case_is_closed_and_reopened_once_though_the_version_has_moved() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let case = format!("/cases/{}", family.case);
    let version = || app.adviser().get(&case).ok(200).version();
    let acts: [(&str, Value, Value); 2] = [
        ("closure", json!({"outcome":"agreed"}), json!({"outcome":"information_given"})),
        ("reopening", json!({"reason":"They rang again."}), json!({"reason":"A new plan came."})),
    ];
    for (act, body, other) in &acts {
        let (path, key, seen) = (format!("{case}/{act}"), format!("once-for-{act}-1"), version());
        let session = app.adviser().if_match(seen);
        keyed(&session, "too-short").post(&path, body).problem(400, "malformed-request");
        let first = keyed(&session, &key).post(&path, body).ok(200);
        assert_eq!(first.version(), seen + 1);
        repeated(&first, &keyed(&session, &key).post(&path, body));
        assert_eq!(version(), seen + 1);
        keyed(&session, &key).post(&path, other).problem(422, "idempotency-key-reused");
        // Another request of the same version is too late, and one without a version is none.
        session.post(&path, body).problem(412, "stale-version");
        keyed(&app.adviser(), &key).post(&path, body).problem(428, "precondition-required");
        // The key is that of one caller.
        keyed(&app.manager().if_match(seen), &key).post(&path, body).problem(412, "stale-version");
    }
    // The closure is not done again: the case is shown as it is now.
    let late = keyed(&app.adviser().if_match(1), "once-for-closure-1").post(&format!("{case}/closure"), &acts[0].1).ok(200);
    assert_eq!((late.str("status"), late.header("idempotency-replayed")), ("open".to_owned(), "true".to_owned()));
    assert_eq!(app.adviser().get(&case).ok(200).str("status"), "open");
}

#[test]
fn a_task_is_completed_once() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let given = family.permit(&app, json!({}));
    family.withdraw(&app, &given, json!({})).ok(200);
    let tasks = app.manager().get("/tasks?kind=retention_review").ok(200);
    let path = format!("/tasks/{}/completion", tasks.body["items"][0]["id"].as_str().unwrap());
    let session = app.manager().if_match(1);
    let send = |session: &Session<'_>| session.send(&Method::POST, &path, None);
    send(&keyed(&session, "too-short")).problem(400, "malformed-request");
    let first = send(&keyed(&session, "completed-once-001")).ok(200);
    repeated(&first, &send(&keyed(&session, "completed-once-001")));
    send(&session).problem(412, "stale-version");
    send(&app.manager().if_match(2)).problem(409, "invalid-state");
}

#[test]
fn a_repeated_revocation_refuses_no_token_that_was_issued_since() {
    let app = TestApp::spawn();
    let leaver = || app.as_staff(Role::Adviser, "Leaver");
    leaver().get("/me").ok(200);
    let admin = app.as_role(Role::Administrator);
    let staff = admin.get("/staff").ok(200);
    let id = staff.body["items"].as_array().unwrap().iter().find(|one| one["displayName"] == "Leaver").unwrap()["id"].clone();
    let revoke = |key: &str| keyed(&admin, key).send(&Method::POST, &format!("/staff/{}/token-revocation", id.as_str().unwrap()), None);
    revoke("too-short").problem(400, "malformed-request");
    let first = revoke("revoked-once-00001").ok(200);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let since = leaver();
    since.get("/me").ok(200);
    repeated(&first, &revoke("revoked-once-00001"));
    since.get("/me").ok(200);
    revoke("revoked-again-0001").ok(200);
    since.get("/me").problem(401, "unauthenticated");
}

#[test]
fn a_key_of_what_changes_nothing_is_judged_and_forgotten() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    let check = format!("/cases/{}/disclosure-checks", family.case);
    let mut ask = family.risk(&note, json!({}));
    let with = |key: &str, path: &str, body: &Value| keyed(&app.adviser(), key).post(path, body);
    for (path, body) in [(&check, &ask), (&"/people/search".to_owned(), &json!({"name":"Ana Marsh"}))] {
        with("too-short", path, body).problem(400, "malformed-request").rule_at("Idempotency-Key", "pattern");
        for _ in 0..2 {
            assert_eq!(with("asked-once-000001", path, body).ok(200).header("idempotency-replayed"), "");
        }
    }
    // Another question under the same key is another question.
    ask["recipient"] = json!({"recipientId":family.school});
    assert_eq!(with("asked-once-000001", &check, &ask).ok(200).body["allowed"], false);
}

#[test]
fn a_key_counts_for_a_day_and_is_forgotten_after_it() {
    let app = TestApp::spawn();
    let person = |name: &str| json!({"kind":"parent_carer","fullName":name,"pseudonymous":false});
    let session = keyed(&app.adviser(), "for-a-day-and-no-more");
    let first = session.post("/people", &person("Una Calder")).ok(201);
    let aged = |hours: i64| {
        let sql = match by_engine("embedded", "postgres") {
            "postgres" => format!("UPDATE idempotency SET created_at = now() - interval '{hours} hours'"),
            _ => format!("UPDATE idempotency SET created_at = (unixepoch() - {hours} * 3600) * 1000000"),
        };
        assert_eq!(diesel::RunQueryDsl::execute(diesel::sql_query(sql), &mut app.sabotage()).unwrap(), 1);
    };
    aged(23);
    assert_eq!(session.post("/people", &person("Una Calder")).ok(201).id(), first.id());
    session.post("/people", &person("Una Marsh")).problem(422, "idempotency-key-reused");
    aged(25);
    let other = session.post("/people", &person("Una Marsh")).ok(201);
    assert_eq!(other.header("idempotency-replayed"), "");
    assert_ne!(other.id(), first.id());
}

#[test]
fn a_note_that_was_restricted_since_is_not_shown_to_whoever_sends_it_once_more() {
    let app = TestApp::spawn();
    let (family, right) = (Family::record(&app), Family::record(&app));
    let helper = || app.as_staff(Role::Adviser, "helper");
    let words = |sensitivity: &str| {
        json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
            "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["health"],"concern":"A word in confidence.",
            "factOrOpinion":"fact","sensitivity":sensitivity,"keepConfidential":false})
    };
    let corrected = |change: &str| {
        let mut body = words(change);
        body["correctionReason"] = json!("It was told in confidence.");
        body
    };
    let theirs = json!({"caseId":right.case,"reason":"Theirs.","fromPersonId":right.mia,"aboutPersonIds":[right.ana]});
    let other = family.n1(&app);
    let requests = [(format!("/cases/{}/notes", family.case), words("ordinary")), (format!("/notes/{other}/relocation"), theirs)];
    let send = |(path, body): &(String, Value)| keyed(&helper(), "written-once-000001").post(path, body).ok(201);
    let first = requests.each_ref().map(send);
    let correction = (format!("/notes/{}/correction", first[0].id()), corrected("ordinary"));
    let first = first.into_iter().chain([send(&correction)]).collect::<Vec<_>>();
    let requests = requests.into_iter().chain([correction]).collect::<Vec<_>>();
    // As long as it may be read, it is shown as it is now.
    let again: Vec<Reply> = requests.iter().map(send).collect();
    assert_eq!((&again[2].body, again[0].str("supersededByNoteId")), (&first[2].body, first[2].id()));
    let restrict = |id: &str, about: &Family| {
        let mut body = corrected("restricted");
        crate::family::merge(&mut body, json!({"fromPersonId":about.mia,"aboutPersonIds":[about.ana]}));
        app.adviser().post(&format!("/notes/{id}/correction"), &body).ok(201).id()
    };
    let secret = [restrict(&first[2].id(), &family), restrict(&first[1].id(), &right)];
    for (request, first) in requests.iter().zip(&first) {
        let again = send(request);
        assert_eq!(
            (again.header("idempotency-replayed"), again.id(), again.str("caseId")),
            ("true".into(), first.id(), first.str("caseId"))
        );
        for name in ["concern", "fromPersonId", "correctionReason", "supersedesNoteId", "supersededByNoteId", "relocatedFrom"] {
            assert_eq!(again.body.get(name), None, "{name}");
        }
        assert_eq!((&again.body["aboutPersonIds"], &again.body["allowedActions"]), (&json!([]), &json!([])));
        assert!(secret.iter().all(|id| !again.text.contains(id)), "{}", again.text);
        helper().get(&format!("/notes/{}", first.id())).problem(404, "not-found");
    }
}

#[test]
fn what_was_assessed_is_shown_again_to_those_only_who_see_it_still() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = app.as_staff(Role::Adviser, "hers").with("Idempotency-Key", "assessed-once-00001");
    let case = own_case(&app.as_staff(Role::Adviser, "hers"), &family.ana);
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back in her own words."});
    let records = format!("/people/{}/capacity-records", family.ana);
    let first = hers.post(&records, &assessed).ok(201);
    assert_eq!(hers.post(&records, &assessed).ok(201).body, first.body);
    let next = app.as_staff(Role::Adviser, "next").get("/me").ok(200).id();
    let boss = app.manager().with("Access-Reason", "absence_cover");
    let path = format!("/cases/{}", case.id());
    let given = boss.if_match(case.version()).put(&format!("{path}/assignment"), &json!({"staffId":next})).ok(200);
    let named = json!({"restricted":true,"namedStaffIds":[next],"conflictedStaffIds":[],"reason":"Somebody else works for her now."});
    boss.if_match(given.version()).put(&format!("{path}/restriction"), &named).ok(200);
    let told = hers.post(&records, &assessed).problem(404, "not-found");
    assert!(!told.text.contains(&first.id()), "{}", told.text);
}
