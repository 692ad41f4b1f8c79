//! A case of somebody's own shows nowhere on the other side of the family: not in what the other side does, and not in any log that those may read who do
//! not see it (C1). That it changes no answer to what they read is asked in `relations`.

use std::collections::BTreeMap;

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::apart;
use crate::family::Family;
use crate::harness::{Reply, TestApp};
use crate::world::{Operation, World, operations, send};

/// What is about no family, and what no two answers have in common: a key, a signature, a time of now.
const OF_NO_FAMILY: &[&str] = &["cosignDisclosureLog", "cosignAccessLog", "setTestClock", "lendTagKey", "updateStaff", "revokeStaffTokens"];

/// A case of Ana's own with something of every kind in it that decides nothing elsewhere, from which the manager of the tests is kept away; the ids of
/// what is in it.
fn own_case(app: &TestApp, family: &Family) -> Vec<String> {
    let hers = app.as_staff(Role::Adviser, "Hers");
    let case = apart::own_case(&hers, &family.ana);
    let path = format!("/cases/{}", case.id());
    let note = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.ana,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["health"],"concern":"I want to say this alone.",
        "factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false});
    let note = hers.post(&format!("{path}/notes"), &note).ok(201).id();
    let version = hers.get(&format!("/people/{}", family.ana)).ok(200).version();
    hers.if_match(version).patch(&format!("/people/{}", family.ana), &json!({"pronouns":"they/them","knownAs":"Alex"})).ok(200);
    let sent = hers.post(&format!("{path}/disclosures"), &family.risk(&note, json!({}))).ok(201);
    let asked = hers.post(&format!("{path}/information-requests"), &family.asked_from_outside(json!({}))).ok(201).id();
    let friend = hers.post("/people", &json!({"kind":"other","knownAs":"Io","pseudonymous":false})).ok(201).id();
    let part = json!({"personId":friend,"role":"supporter","relation":"other","servedSeparately":false});
    hers.post(&format!("{path}/participants"), &part).ok(201);
    let referral =
        hers.post("/referrals", &json!({"source":"self_young_person","summary":"Rang herself.","riskStated":false})).ok(201).id();
    hers.if_match(1).post(&format!("/referrals/{referral}/decision"), &json!({"decision":"accept","caseId":case.id()})).ok(200);
    app.as_staff(Role::ServiceManager, "deputy").get("/me").ok(200);
    let [me, boss] = [hers.get("/me").ok(200).id(), app.manager().get("/me").ok(200).id()];
    let reason = app.manager().with("Access-Reason", "supervision");
    let away = json!({"restricted":true,"namedStaffIds":[me],"conflictedStaffIds":[boss],"reason":"A niece."});
    let version = reason.get(&path).ok(200).version();
    reason.if_match(version).put(&format!("{path}/restriction"), &away).ok(200);
    reason.get(&path).problem(404, "not-found");
    vec![
        case.id(),
        case.body["participants"][0]["id"].as_str().unwrap().to_owned(),
        note,
        sent.id(),
        sent.str("concernId"),
        asked,
        friend,
        referral,
        me,
    ]
}

/// What was answered, with every id as the place at which it came first, and without what grows by every request.
fn plain(reply: &Reply, known: &mut BTreeMap<String, usize>) -> (u16, Value) {
    fn walk(value: &Value, known: &mut BTreeMap<String, usize>) -> Value {
        let grows =
            ["reference", "refusalIndex", "treeSize", "indexFrom", "indexTo", "rootHash", "logEntries", "requestId", "instance", "entries"];
        match value {
            Value::String(text) if uuid::Uuid::parse_str(text).is_ok() => {
                let next = known.len();
                json!(format!("#{}", known.entry(text.clone()).or_insert(next)))
            }
            Value::Array(items) => items.iter().map(|item| walk(item, known)).collect(),
            Value::Object(fields) => {
                let told = fields.iter().filter(|(name, _)| !grows.contains(&name.as_str()));
                Value::Object(told.map(|(name, value)| (name.clone(), walk(value, known))).collect())
            }
            plain => plain.clone(),
        }
    }
    (reply.status, walk(&reply.body, known))
}

/// The answer to this operation on the record of one family, and what it says with ids that are compared.
fn answer(app: &TestApp, world: &mut World, operation: &Operation) -> (Reply, (u16, Value)) {
    let asked = world.prepare(app, &operation.id);
    let reply = send(&app.as_role(asked.role), operation, &world.path(operation, &[]), &asked);
    world.tidy(app, &operation.id);
    let said = plain(&reply, &mut BTreeMap::new());
    (reply, said)
}

fn silent(text: &str, secret: &[String], what: &str) {
    for id in secret {
        assert!(!text.contains(id.as_str()), "{what} tells {id}: {text}");
    }
}

#[test]
fn a_case_of_ones_own_changes_no_answer_to_what_the_other_side_does_and_is_in_none_of_their_logs() {
    let app = TestApp::spawn();
    let (mut with, mut without) = (World::record(&app), World::record(&app));
    let secret = own_case(&app, &with.family);
    let acts = operations(&app).into_iter();
    let acts: Vec<Operation> =
        acts.filter(|operation| operation.method != Method::GET && !OF_NO_FAMILY.contains(&operation.id.as_str())).collect();
    let mut faults = Vec::new();
    for operation in &acts {
        let (reply, one) = answer(&app, &mut with, operation);
        let (_, other) = answer(&app, &mut without, operation);
        silent(&reply.text, &secret, &operation.id);
        if one != other {
            faults.push(format!("{}: {one:?}\n    against {other:?}", operation.id));
        }
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), acts.len(), faults.join("\n"));
    assert!(acts.len() > 50, "{}", acts.len());
    logs_are_silent(&app, &with.family, &secret);
}

/// Neither those of the parents' case, nor the manager who is kept away from hers, are told of it by a log.
fn logs_are_silent(app: &TestApp, family: &Family, secret: &[String]) {
    let hers = &secret[0];
    // Who looked at the parents' case is told, and whoever works for her did, at whom both cases know.
    let secret = &secret[..secret.len() - 1];
    let boss = app.manager().with("Access-Reason", "supervision");
    for session in [boss.clone(), app.manager()] {
        for log in ["/access-log", "/disclosure-log"] {
            let of_hers = session.get(&format!("{log}?limit=200&includeTotal=true&caseId={hers}")).ok(200);
            let of_nothing = session.get(&format!("{log}?limit=200&includeTotal=true&caseId={}", uuid::Uuid::now_v7())).ok(200);
            for told in [of_hers, of_nothing] {
                assert_eq!((&told.body["items"], &told.body["page"]["total"]), (&json!([]), &json!(0)), "{log}");
            }
        }
        session.get(&format!("/cases/{hers}/access-log")).problem(404, "not-found");
    }
    for path in [
        format!("/cases/{}/access-log?limit=1000", family.case),
        format!("/access-log?limit=1000&caseId={}", family.case),
        format!("/disclosure-log?limit=200&caseId={}", family.case),
        "/access-log?limit=1000".to_owned(),
        "/disclosure-log?limit=200".to_owned(),
        "/disclosure-log/export".to_owned(),
        "/disclosure-log/export?format=bundle".to_owned(),
    ] {
        silent(&boss.get(&path).ok(200).text, secret, &path);
    }
    // Nor was any look of the parents' side at somebody of both cases a look at hers.
    let adviser = app.adviser().get("/me").ok(200).id();
    let deputy = app.as_staff(Role::ServiceManager, "deputy").with("Access-Reason", "supervision");
    let looks = deputy.get(&format!("/cases/{hers}/access-log?limit=1000")).ok(200);
    let looks = looks.body["items"].as_array().unwrap();
    assert!(looks.len() > 8 && looks.iter().all(|entry| entry["body"]["actor"] != *adviser), "{looks:#?}");
    // What the commitments of its entries stand for is opened for those who see it.
    let entries = deputy.get(&format!("/disclosure-log?limit=200&caseId={hers}")).ok(200);
    let entries = entries.body["items"].as_array().unwrap();
    assert!(!entries.is_empty());
    for entry in entries {
        let path = format!("/disclosure-log/entries/{}?openings=true", entry["index"]);
        let [opened, closed] = [&deputy, &boss].map(|session| session.get(&path).ok(200).body["openings"].clone());
        assert!(!opened.as_array().unwrap().is_empty() && closed == json!([]), "{path}: {opened} {closed}");
    }
    let size = app.as_role(Role::Auditor).get("/disclosure-log?limit=1").ok(200).body["treeSize"].as_u64().unwrap();
    assert!(size > 3, "{size}");
    for index in 0..size {
        let path = format!("/disclosure-log/entries/{index}?openings=true");
        silent(&boss.get(&path).ok(200).text, secret, &path);
    }
}
