//! What was decided is decided again from what was known then: nothing that the policy would not have granted stays unnamed, nor a fact that was
//! put right afterwards.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

use diesel::QueryableByName;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use sendiass::db;
use sendiass::db::conn::Conn;
use sendiass::db::sealed::{Cell, Owner};
use sendiass::domain::ids::CaseId;
use sendiass::ledger::Opening;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::family::Family;
use crate::harness::cluster::{Scratch, by_engine};
use crate::harness::{TestApp, connect};
use crate::keys::opened;

/// A record with decisions of every kind, and a hand that can write where nobody may.
struct Record {
    folder: TempDir,
    scratch: Option<Scratch>,
    conn: Conn,
    case: CaseId,
    /// What must not be told.
    secrets: Vec<String>,
}

#[derive(QueryableByName)]
struct Entry {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    idx: i64,
    #[diesel(sql_type = diesel::sql_types::Text)]
    body: String,
}

#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = diesel::sql_types::Binary)]
    openings: Vec<u8>,
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    });
    by_engine("x'@'", "'\\x@'::bytea").replace('@', &digits)
}

impl Record {
    /// A disclosure on permission and one of a risk, a refusal for want of permission and one of a text that names somebody.
    fn make() -> Self {
        let app = TestApp::spawn();
        let family = Family::record(&app);
        let note = family.n1(&app);
        family.disclose(&app, &family.ask(&note, json!({}))).problem(409, "consent-required");
        family.permit(&app, json!({}));
        let copies = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}]});
        family.disclose(&app, &family.ask(&note, copies)).ok(201);
        family.disclose(&app, &family.risk(&note, json!({}))).ok(201);
        let named = json!({"basis":"anonymised","purpose":"pass_information","direction":"outbound","channel":"secure_email",
            "recipient":{"recipientId":family.council,"teamId":family.north},"informationCategories":["concerns_raised"],
            "summary":"Ana has missed her hours.","cohort":{}});
        family.disclose(&app, &named).problem(422, "identifying-details");
        let secrets = [&family.ana, &family.mia, &family.finn, &family.case, &note, "Marsh", "Ana", "therapy"].map(str::to_owned).to_vec();
        let case = CaseId(family.case.parse().unwrap());
        let (folder, scratch) = app.stopped();
        let conn = connect(folder.path(), scratch.as_ref());
        Self { folder, scratch, conn, case, secrets }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn replay(&mut self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
        command.args(["log", "replay", "--data-dir"]).arg(self.path()).args(arguments);
        if let Some(scratch) = &self.scratch {
            command.args(["--unsafe-database", "--database-url", &scratch.url()]);
        }
        let output = command.env_clear().env("PATH", "/usr/bin").output().unwrap();
        let told = [&output.stdout, &output.stderr].map(|text| String::from_utf8(text.clone()).unwrap()).concat();
        for secret in &self.secrets {
            assert!(!told.contains(secret.as_str()), "{secret} is told: {told}");
        }
        output
    }

    /// The whole report, and how the command ended.
    fn report(&mut self) -> (Value, i32) {
        let output = self.replay(&["--output", "json"]);
        let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        (report, output.status.code().unwrap())
    }

    /// What is wrong, as lines.
    #[track_caller]
    fn names(&mut self, lines: &[String]) {
        let output = self.replay(&[]);
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(told.lines().collect::<Vec<_>>(), lines, "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(i32::from(!lines.is_empty())));
    }

    fn run(&mut self, sql: &str) {
        self.conn.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The entry of this kind and basis.
    fn entry(&mut self, kind: &str, basis: &str) -> (i64, Value) {
        let query = format!("SELECT idx, body FROM disclosure_entry WHERE kind = '{kind}' AND basis = '{basis}' ORDER BY idx");
        let found: Entry = diesel::sql_query(query).get_result(&mut self.conn).unwrap();
        (found.idx, serde_json::from_str(&found.body).unwrap())
    }

    /// Adds an entry as the service would have done, with what stands beside another one.
    fn plant(&mut self, body: &Value, beside: i64) -> i64 {
        let body = body.to_string();
        let leaf = hex(&Sha256::new().chain_update([0]).chain_update(&body).finalize());
        let end = "SELECT count(*) AS idx, '' AS body FROM disclosure_leaf";
        let index = diesel::sql_query(end).get_result::<Entry>(&mut self.conn).unwrap().idx;
        self.run(&format!("INSERT INTO disclosure_entry (idx, body) VALUES ({index}, '{}')", body.replace('\'', "''")));
        self.run(&format!("INSERT INTO disclosure_leaf (idx, h) VALUES ({index}, {leaf})"));
        self.run(&format!(
            "INSERT INTO disclosure_private (idx, case_id, openings)
             SELECT {index}, case_id, openings FROM disclosure_private WHERE idx = {beside}"
        ));
        self.run(&format!(
            "INSERT INTO disclosure_case_ix (case_id, idx) SELECT case_id, {index} FROM disclosure_private WHERE idx = {index}"
        ));
        index
    }

    /// What is kept beside an entry, opened with the keys of the service, changed, and sealed again; with its grounds as they were.
    fn resealed(&mut self, index: i64, body: &Value, change: impl Fn(&mut Value) + Send + 'static) -> (Vec<u8>, String) {
        let kept: Kept =
            diesel::sql_query(format!("SELECT openings FROM disclosure_private WHERE idx = {index}")).get_result(&mut self.conn).unwrap();
        let id: uuid::Uuid = body["id"].as_str().unwrap().parse().unwrap();
        let cell = Cell::of("disclosure_private", id, Owner::Case(self.case)).column("openings");
        let db = opened(self.path(), self.scratch.as_ref());
        let sealing = db.write::<_, db::Error>(move |tx| {
            let mut openings: Vec<Opening> = tx.open(cell, &kept.openings)?;
            let grounds = openings.iter_mut().find(|opening| opening.label == "grounds").unwrap();
            let was = grounds.value.clone();
            let mut facts: Value = serde_json::from_str(&was).unwrap();
            change(&mut facts);
            grounds.value = facts.to_string();
            Ok((tx.seal(cell, &openings)?, was))
        });
        actix_web::rt::System::new().block_on(sealing).unwrap().0
    }

    /// Changes what is kept beside an entry.
    fn doctor(&mut self, index: i64, body: &Value, change: impl Fn(&mut Value) + Send + 'static) {
        let (sealed, _) = self.resealed(index, body, change);
        self.run(by_engine(
            "DROP TRIGGER disclosure_private_fixed",
            "ALTER TABLE disclosure_private DISABLE TRIGGER disclosure_private_fixed",
        ));
        self.run(&format!("UPDATE disclosure_private SET openings = {} WHERE idx = {index}", hex(&sealed)));
    }
}

#[test]
fn every_decision_is_made_again_from_what_was_known_then() {
    let mut record = Record::make();
    let (told, code) = record.report();
    let same = json!({"entries":4,"same":4,"erased":0,"policyVersions":{"2025-04":4},"wrong":[]});
    assert_eq!((told, code), (same, 0));
    record.names(&[]);

    // A part of the log, and a part in which nothing was decided.
    let (index, _) = record.entry("disclosure_refused", "permission");
    let part = record.replay(&["--from", &index.to_string(), "--to", &(index + 1).to_string(), "--output", "json"]);
    assert_eq!(serde_json::from_slice::<Value>(&part.stdout).unwrap()["entries"], 1);
    let none = record.replay(&["--to", "1"]);
    assert!(none.status.success() && none.stdout.is_empty());
    assert!(String::from_utf8(none.stderr).unwrap().contains("Decided 0 entries again"));
}

#[test]
fn a_disclosure_that_the_policy_would_not_grant_is_named_and_so_is_a_refusal_that_it_would_grant() {
    let mut record = Record::make();
    let (refused, mut body) = record.entry("disclosure_refused", "permission");
    body["kind"] = json!("disclosure_made");
    body["outcome"] = json!("granted");
    body.as_object_mut().unwrap().remove("rules");
    let planted = record.plant(&body, refused);
    let (made, mut body) = record.entry("disclosure_made", "permission");
    body["kind"] = json!("disclosure_refused");
    let withheld = record.plant(&body, made);
    record.names(&[format!("{planted} not_granted R3/consent_missing"), format!("{withheld} not_refused")]);
    let (told, code) = record.report();
    assert_eq!(told["wrong"][0], json!({"index":planted,"finding":"not_granted","rules":["R3/consent_missing"]}));
    assert_eq!((&told["same"], code), (&json!(4), 1));
}

#[test]
fn a_fact_that_was_doctored_is_named_although_the_policy_would_grant_on_it() {
    let mut record = Record::make();
    let (refused, mut body) = record.entry("disclosure_refused", "anonymised");
    body["kind"] = json!("disclosure_made");
    let planted = record.plant(&body, refused);
    record.doctor(planted, &body, |grounds| grounds["facts"]["anonymity"] = json!({"hits":[],"families":8,"repeated":false}));
    record.names(&[format!("{planted} grounds_altered")]);
}

#[test]
fn an_entry_that_tells_of_something_else_than_what_was_decided_is_named() {
    let mut record = Record::make();
    let (made, body) = record.entry("disclosure_made", "permission");
    let mut lines = Vec::new();
    for (field, value) in [("purpose", json!("tribunal")), ("channel", json!("phone")), ("direction", json!("inbound_request"))] {
        let mut other = body.clone();
        other[field] = value;
        lines.push(format!("{} entry_differs", record.plant(&other, made)));
    }
    for field in ["recipient", "told"] {
        let mut other = body.clone();
        other.as_object_mut().unwrap().remove(field);
        lines.push(format!("{} entry_differs", record.plant(&other, made)));
    }
    let mut other = body.clone();
    other["at"] = json!("2026-05-31T09:00:00.000Z");
    lines.push(format!("{} entry_differs", record.plant(&other, made)));
    // Whom it is about, what was told, and who got a copy.
    let changes: [fn(&mut Value); 5] = [
        |body| drop(body["subjects"].as_array_mut().unwrap().pop()),
        |body| body["subjects"].as_array_mut().unwrap().reverse(),
        |body| body["items"][0]["class"] = json!("health"),
        |body| body["items"][0]["digest"] = body["items"][1]["digest"].clone(),
        |body| drop(body.as_object_mut().unwrap().remove("copies")),
    ];
    for change in changes {
        let mut other = body.clone();
        change(&mut other);
        lines.push(format!("{} entry_differs", record.plant(&other, made)));
    }
    let (refused, mut other) = record.entry("disclosure_refused", "permission");
    other["subjects"].as_array_mut().unwrap().pop();
    lines.push(format!("{} entry_differs", record.plant(&other, refused)));
    let mut other = body.clone();
    other["consents"] = json!([]);
    lines.push(format!("{} other_permissions", record.plant(&other, made)));
    let (refused, mut other) = record.entry("disclosure_refused", "permission");
    other["rules"] = json!(["R8/consent_withdrawn"]);
    lines.push(format!("{} other_rules R3/consent_missing", record.plant(&other, refused)));
    record.names(&lines);
}

#[test]
fn grounds_that_are_gone_are_named_unless_their_case_is() {
    let mut record = Record::make();
    let (made, body) = record.entry("disclosure_made", "permission");
    let mut uncommitted = body.clone();
    uncommitted.as_object_mut().unwrap().remove("grounds");
    let uncommitted = record.plant(&uncommitted, made);
    let (risk, _) = record.entry("disclosure_made", "safeguarding");
    record.run(&format!("DELETE FROM disclosure_private WHERE idx = {risk}"));
    let mut lines = vec![format!("{risk} grounds_missing"), format!("{uncommitted} grounds_missing")];
    lines.sort_unstable();
    record.names(&lines);

    // What went with its case is not there to be judged, and nothing is wrong with that.
    record.run(&format!("DELETE FROM disclosure_case_ix WHERE idx = {risk}"));
    record.run(&format!("DELETE FROM disclosure_private WHERE idx = {uncommitted}"));
    record.run(by_engine(
        "DROP TRIGGER disclosure_case_ix_fixed; DELETE FROM disclosure_case_ix WHERE idx > 0",
        "DELETE FROM disclosure_case_ix WHERE idx > 0",
    ));
    let (told, code) = record.report();
    assert_eq!((&told["erased"], &told["same"], code), (&json!(2), &json!(3), 0));

    // Bytes that are no seal are no erasure.
    record
        .run(by_engine("DROP TRIGGER disclosure_private_fixed", "ALTER TABLE disclosure_private DISABLE TRIGGER disclosure_private_fixed"));
    record.run(&format!("UPDATE disclosure_private SET openings = {} WHERE idx = {made}", hex(&[1; 80])));
    record.names(&[format!("{made} unreadable")]);
}

#[test]
fn grounds_are_shown_to_nobody_and_hold_no_words() {
    let mut record = Record::make();
    for (kind, basis) in [("refused", "permission"), ("made", "permission"), ("made", "safeguarding"), ("refused", "anonymised")] {
        let (index, body) = record.entry(&format!("disclosure_{kind}"), basis);
        let (_, grounds) = record.resealed(index, &body, |_| {});
        for words in ["note of 20 May", "therapy", "missed her hours", "Told the hub", "raise the risk", "Only the hub", "no more"] {
            assert!(!grounds.contains(words), "{words} is kept: {grounds}");
        }
    }
    let folder = std::mem::replace(&mut record.folder, tempfile::tempdir().unwrap());
    drop(record.conn);
    let app = TestApp::spawn_on(folder, record.scratch.take(), |_| {});
    for index in 1..5 {
        let entry =
            app.manager().with("Access-Reason", "supervision").get(&format!("/disclosure-log/entries/{index}?openings=true")).ok(200);
        assert!(entry.body["body"]["grounds"].is_string(), "the entry commits to them");
        let openings = entry.body["openings"].as_array().unwrap();
        assert!(!openings.is_empty() && openings.iter().all(|opening| opening["label"] != "grounds"), "{openings:?}");
    }
}

#[test]
fn what_cannot_be_concluded_ends_otherwise_than_what_is_wrong() {
    let mut record = Record::make();
    let key = record.path().join("key-encryption.key");
    let was = std::fs::read(&key).unwrap();
    std::fs::write(&key, was.iter().rev().copied().collect::<Vec<_>>()).unwrap();
    assert_eq!(record.replay(&[]).status.code(), Some(2));
    std::fs::write(&key, was).unwrap();
    record.names(&[]);
}
