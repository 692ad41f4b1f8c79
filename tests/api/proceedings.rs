//! A request for legal proceedings, step by step (C15): what the tests of it say often.

use serde_json::{Value, json};

use crate::family::Family;
use crate::harness::{Reply, Session, TestApp};

/// A request of an officer of the SEND team North, recorded.
pub fn log(app: &TestApp, family: &Family, change: Value) -> String {
    app.adviser().post("/legal-requests", &family.legal_request(change)).ok(201).id()
}

pub fn path(id: &str) -> String {
    format!("/legal-requests/{id}")
}

pub fn read(session: &Session<'_>, id: &str) -> Reply {
    session.get(&path(id)).ok(200)
}

pub fn status(app: &TestApp, id: &str) -> String {
    read(&app.manager(), id).str("status")
}

/// A decision at the version it has now.
pub fn decide(session: &Session<'_>, id: &str, body: &Value) -> Reply {
    let version = read(session, id).version();
    session.if_match(version).post(&format!("{}/decision", path(id)), body)
}

pub fn seek(session: &Session<'_>, id: &str) {
    decide(session, id, &json!({"decision":"consider"})).ok(200);
    decide(session, id, &json!({"decision":"seek_permission"})).ok(200);
}

pub fn grant(about: &str) -> Value {
    json!({"decision":"grant","reason":"They agreed, and it is narrow.","channel":"secure_email","subjectIds":[about],
        "informationCategories":["school_provision"]})
}

/// Mia's permission for proceedings.
pub fn permit(app: &TestApp, family: &Family, change: Value) -> String {
    family.permit_proceedings(app, change)
}

/// A request that is granted, and its id.
pub fn granted(app: &TestApp, family: &Family) -> String {
    let id = log(app, family, json!({}));
    seek(&app.manager(), &id);
    decide(&app.manager(), &id, &grant(&family.ana)).ok(200);
    id
}

/// Decides every note that counts: those are included, the rest is left out.
pub fn extract(session: &Session<'_>, id: &str, included: &[&str]) -> Reply {
    let candidates = session.get(&format!("{}/candidate-items?limit=200", path(id))).ok(200);
    let items: Vec<Value> = candidates.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| {
            let goes = included.contains(&note["id"].as_str().unwrap());
            let (decision, reason) = if goes { ("include", "It is about school.") } else { ("leave_out", "It is not asked for.") };
            json!({"noteId":note["id"],"decision":decision,"reason":reason})
        })
        .collect();
    put(session, id, &json!({"items":items,"summary":"The notes about school."}))
}

pub fn put(session: &Session<'_>, id: &str, body: &Value) -> Reply {
    let version = read(session, id).version();
    session.if_match(version).put(&format!("{}/items", path(id)), body)
}

pub fn dispatch(session: &Session<'_>, id: &str, copies: &[(&str, &str)]) -> Reply {
    let copies: Vec<Value> = copies.iter().map(|(person, contact)| json!({"personId":person,"contactId":contact})).collect();
    let version = read(session, id).version();
    session.if_match(version).post(&format!("{}/dispatch", path(id)), &json!({"copies":copies,"toldSubject":"yes"}))
}

/// A request whose extract is ready to be sent: its id and the note in it.
pub fn extracted(app: &TestApp, family: &Family) -> (String, String) {
    let note = family.n1(app);
    let id = granted(app, family);
    extract(&app.manager(), &id, &[&note]).ok(200);
    (id, note)
}

pub fn draft(app: &TestApp, id: &str) -> Value {
    read(&app.manager(), id).body["extracts"].as_array().unwrap().last().unwrap().clone()
}

/// What left the case for proceedings.
pub fn left(app: &TestApp, family: &Family) -> Vec<Value> {
    let all = app.adviser().get(&format!("/cases/{}/disclosures?limit=200", family.case)).ok(200);
    all.body["items"].as_array().unwrap().iter().filter(|row| row["purpose"] == "legal_request").cloned().collect()
}

pub fn contact(app: &TestApp, person: &str, i: usize) -> String {
    app.adviser().get(&format!("/people/{person}")).ok(200).body["contacts"][i]["id"].as_str().unwrap().to_owned()
}

pub fn newest(app: &TestApp) -> Value {
    app.manager().get("/disclosure-log?limit=1").ok(200).body["items"][0].clone()
}
