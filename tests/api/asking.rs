//! A subject access request, step by step (C9): what the tests of it say often.

use serde_json::{Value, json};
use ureq::http::Method;

use crate::family::Family;
use crate::harness::{Reply, Session, TestApp};

/// A request that somebody makes, recorded.
pub fn log(app: &TestApp, family: &Family, change: Value) -> String {
    app.adviser().post("/subject-access-requests", &family.subject_access(change)).ok(201).id()
}

/// That of somebody for their child.
pub fn for_child(parent: &str, child: &str) -> Value {
    json!({"subjectId":child,"requesterId":parent,"capacity":"parent"})
}

pub fn path(id: &str) -> String {
    format!("/subject-access-requests/{id}")
}

pub fn read(session: &Session<'_>, id: &str) -> Reply {
    session.get(&path(id)).ok(200)
}

/// An event of the clock at the version the request has now.
pub fn event(session: &Session<'_>, id: &str, kind: &str, on: &str) -> Reply {
    let version = read(session, id).version();
    let body = json!({"kind":kind,"happenedOn":on,"reason":"As it was said."});
    session.if_match(version).post(&format!("{}/clock-events", path(id)), &body)
}

/// What is held, as the manager sees it.
pub fn held(session: &Session<'_>, id: &str) -> Vec<Value> {
    let page = session.get(&format!("{}/candidate-items?limit=200", path(id))).ok(200);
    page.body["items"].as_array().unwrap().clone()
}

pub fn include(note: &str) -> Value {
    json!({"noteId":note,"decision":"include","reason":"They all agreed."})
}

pub fn withhold(note: &str) -> Value {
    json!({"noteId":note,"decision":"withhold","exemption":"s2_p3_rights_of_others","reason":"It is somebody else's to tell."})
}

pub fn redact(note: &str, words: &str) -> Value {
    json!({"noteId":note,"decision":"redact","exemption":"s2_p3_rights_of_others","reason":"It names a neighbour.","redactedText":words})
}

pub fn put(session: &Session<'_>, id: &str, items: &[Value]) -> Reply {
    let version = read(session, id).version();
    session.if_match(version).put(&format!("{}/items", path(id)), &json!({"items":items}))
}

pub fn build(session: &Session<'_>, id: &str) -> Reply {
    session.send(&Method::POST, &format!("{}/bundle", path(id)), None)
}

/// The words of the answer, one space between any two.
pub fn words(session: &Session<'_>, id: &str) -> String {
    let file = session.get(&format!("{}/bundle/file", path(id))).ok(200);
    assert_eq!((file.header("content-type").as_str(), file.header("cache-control").as_str()), ("application/pdf", "no-store"));
    pdf_extract::extract_text_from_mem(&file.bytes).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where the answer goes.
pub fn deliver(session: &Session<'_>, id: &str, contact: &str) -> Reply {
    let version = read(session, id).version();
    session.if_match(version).patch(&path(id), &json!({"deliveryContactId":contact}))
}

pub fn dispatch(session: &Session<'_>, id: &str, channel: &str) -> Reply {
    let version = read(session, id).version();
    session.if_match(version).post(&format!("{}/dispatch", path(id)), &json!({"channel":channel}))
}

/// What left because somebody asked for it, of any case.
pub fn left(app: &TestApp) -> Vec<Value> {
    let log = app.manager().get("/disclosure-log?basis=data_subject_right&limit=200").ok(200);
    log.body["items"].as_array().unwrap().clone()
}
