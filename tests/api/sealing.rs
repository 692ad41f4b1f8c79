//! A key or a sealed text in the wrong place opens nothing.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::json;

use crate::family::Family;
use crate::harness::cluster::{self, by_engine};
use crate::harness::{Reply, TestApp};

fn run(app: &TestApp, sql: &str) -> usize {
    diesel::sql_query(sql).execute(&mut app.sabotage()).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Trigger {
    #[diesel(sql_type = Text)]
    name: String,
}

fn count(app: &TestApp, of: &str) -> i64 {
    diesel::sql_query(format!("SELECT count(*) AS count FROM {of}")).get_result::<Count>(&mut app.sabotage()).unwrap().count
}

/// Takes away what guards the tables: whoever owns the file can.
fn unguard(app: &TestApp) {
    let all = by_engine(
        "SELECT 'DROP TRIGGER ' || name AS name FROM sqlite_master WHERE type = 'trigger'",
        "SELECT 'DROP TRIGGER ' || tgname || ' ON ' || tgrelid::regclass AS name FROM pg_trigger WHERE NOT tgisinternal",
    );
    let triggers: Vec<Trigger> = diesel::sql_query(all).load(&mut app.sabotage()).unwrap();
    for trigger in triggers {
        run(app, &trigger.name);
    }
}

/// An id as a literal.
fn hex(id: &str) -> String {
    if cluster::is_postgres() { format!("'{id}'") } else { owner(id) }
}

/// An id as the owner of a key, which is kept as bytes.
fn owner(id: &str) -> String {
    blob(&id.replace('-', ""))
}

/// Bytes as a literal.
fn blob(hex: &str) -> String {
    if cluster::is_postgres() { format!("'\\x{hex}'::bytea") } else { format!("x'{hex}'") }
}

/// A 500 that says nothing.
#[track_caller]
fn broken(reply: Reply) {
    let reply = reply.problem(500, "internal");
    let mut told: Vec<&str> = reply.body.as_object().unwrap().keys().map(String::as_str).collect();
    told.sort_unstable();
    assert_eq!(told, ["code", "instance", "requestId", "status", "title", "type"], "{}", reply.text);
    for text in ["Marsh", "Calder", "speech", "seal", "key", "sqlite", "decrypt"] {
        assert!(!reply.text.contains(text), "{}", reply.text);
    }
}

struct Written {
    app: TestApp,
    family: Family,
    notes: [String; 2],
}

impl Written {
    fn new() -> Self {
        let app = TestApp::spawn();
        let family = Family::record(&app);
        let notes = [family.n1(&app), family.note(&app, &family.mia, &[&family.sam], "attendance", json!({"concern":"Another."}))];
        unguard(&app);
        Self { app, family, notes }
    }

    fn read(&self, path: &str) -> Reply {
        self.app.adviser().get(path)
    }

    /// Exchanges a column of two rows.
    fn exchange(&self, table: &str, column: &str, [one, other]: [&str; 2]) {
        exchange(&self.app, table, column, &format!("id = {}", hex(one)), &format!("id = {}", hex(other)));
    }
}

/// Exchanges a column of two rows, by way of a copy: one statement would read what it has just written.
fn exchange(app: &TestApp, table: &str, column: &str, one: &str, other: &str) {
    let sql = format!(
        "BEGIN; CREATE TEMP TABLE kept AS SELECT (SELECT {column} FROM {table} WHERE {one}) AS a, (SELECT {column} FROM {table} WHERE {other}) AS b; \
         UPDATE {table} SET {column} = (SELECT b FROM kept) WHERE {one}; UPDATE {table} SET {column} = (SELECT a FROM kept) WHERE {other}; COMMIT"
    );
    app.sabotage().batch_execute(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[test]
fn sealed_texts_of_two_rows_cannot_be_exchanged() {
    let written = Written::new();
    let [one, other] = &written.notes;
    let notes = [format!("/notes/{one}"), format!("/notes/{other}")];
    let people = [format!("/people/{}", written.family.mia), format!("/people/{}", written.family.finn)];
    for path in notes.iter().chain(&people) {
        written.read(path).ok(200);
    }
    written.exchange("note", "sealed", [one, other]);
    written.exchange("person", "sealed", [&written.family.mia, &written.family.finn]);
    for path in notes.iter().chain(&people) {
        broken(written.read(path));
    }
    // Put back, they open again: nothing else was wrong.
    written.exchange("note", "sealed", [one, other]);
    written.exchange("person", "sealed", [&written.family.mia, &written.family.finn]);
    for path in notes.iter().chain(&people) {
        written.read(path).ok(200);
    }
}

#[test]
fn a_sealed_text_cannot_be_copied_to_another_row_or_table() {
    let written = Written::new();
    let note = hex(&written.notes[0]);
    run(&written.app, &format!("UPDATE case_file SET sealed = (SELECT sealed FROM note WHERE id = {note})"));
    broken(written.read(&format!("/cases/{}", written.family.case)));
    written.read(&format!("/notes/{}", written.notes[0])).ok(200);
}

#[derive(QueryableByName)]
struct Sealed {
    #[diesel(sql_type = diesel::sql_types::Binary)]
    sealed: Vec<u8>,
}

#[test]
fn one_flipped_bit_anywhere_is_found() {
    let written = Written::new();
    let [note, _] = &written.notes;
    let (id, path) = (hex(note), format!("/notes/{note}"));
    let mut conn = written.app.sabotage();
    let Sealed { sealed } = diesel::sql_query(format!("SELECT sealed FROM note WHERE id = {id}")).get_result(&mut conn).unwrap();
    let mut put = |bytes: &[u8]| {
        let text = bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        diesel::sql_query(format!("UPDATE note SET sealed = {} WHERE id = {id}", blob(&text))).execute(&mut conn).unwrap();
    };
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1 << (at % 8);
        put(&changed);
        broken(written.read(&path));
    }
    for length in [0, 1, 5, 6, 29, 30, sealed.len() - 1] {
        put(&sealed[..length]);
        broken(written.read(&path));
    }
    put(&sealed);
    written.read(&path).ok(200);
}

#[test]
fn wrapped_keys_cannot_be_exchanged() {
    let written = Written::new();
    let (mia, finn) = (owner(&written.family.mia), owner(&written.family.finn));
    let key = |owner: &str, purpose: &str| format!("owner_id = {owner} AND purpose = '{purpose}'");
    let people = [format!("/people/{}", written.family.mia), format!("/people/{}", written.family.finn)];
    for (one, other, hurt) in [
        (key(&mia, "seal"), key(&finn, "seal"), &people[..]),
        (key(&mia, "seal"), key(&mia, "ledger"), &people[..1]),
        (key(&mia, "seal"), key(&owner(&written.family.case), "seal"), &people[..1]),
    ] {
        exchange(&written.app, "sealing_key", "wrapped", &one, &other);
        for path in hurt {
            broken(written.read(path));
        }
        exchange(&written.app, "sealing_key", "wrapped", &one, &other);
        for path in &people {
            written.read(path).ok(200);
        }
    }
}

#[test]
fn a_changed_key_row_opens_nothing() {
    let later = by_engine("created_at = created_at + 1000000", "created_at = created_at + interval '1 second'");
    let blank = by_engine("wrapped = zeroblob(length(wrapped))", "wrapped = decode(repeat('00', length(wrapped)), 'hex')");
    let empty = by_engine("wrapped = x''", "wrapped = ''");
    for change in ["kek_id = 'another'", later, blank, empty, "version = 2"] {
        let written = Written::new();
        let mia = owner(&written.family.mia);
        assert_eq!(run(&written.app, &format!("UPDATE sealing_key SET {change} WHERE owner_id = {mia}")), 2);
        broken(written.read(&format!("/people/{}", written.family.mia)));
        written.read(&format!("/people/{}", written.family.finn)).ok(200);
    }
}

#[test]
fn without_its_key_a_record_is_not_readable_and_nothing_can_be_added_to_it() {
    let written = Written::new();
    let (case, mia) = (&written.family.case, &written.family.mia);
    let keys = count(&written.app, "sealing_key");
    assert_eq!(run(&written.app, &format!("DELETE FROM sealing_key WHERE owner_id IN ({}, {})", owner(case), owner(mia))), 4);
    assert_eq!(count(&written.app, "sealing_key"), keys - 4);
    broken(written.read(&format!("/people/{mia}")));
    broken(written.read(&format!("/cases/{case}")));
    broken(written.read(&format!("/notes/{}", written.notes[0])));
    let before = count(&written.app, "consent");
    let permission = written.family.permission(json!({}));
    broken(written.app.adviser().post(&format!("/cases/{case}/consents"), &permission));
    assert_eq!(count(&written.app, "consent"), before);
    // Nobody else's record is touched by it.
    written.read(&format!("/people/{}", written.family.finn)).ok(200);
}

#[test]
fn a_damaged_record_of_somebody_holds_up_what_rests_on_it_and_never_a_risk() {
    let written = Written::new();
    let Written { app, family, notes: [note, _] } = &written;
    family.permit(app, json!({}));
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-01","reasons":"Told it back."});
    app.adviser().post(&format!("/people/{}/capacity-records", family.nell), &assessed).ok(201);
    let (ask, risk) = (family.ask(note, json!({})), family.risk(note, json!({})));
    assert_eq!(family.check(app, &ask).ok(200).body["allowed"], true);
    let written_so_far = || ["disclosure", "disclosure_entry", "task", "idempotency"].map(|table| count(app, table));
    let before = written_so_far();
    let (nell, zero) = (hex(&family.nell), blob("00"));
    // Each by itself, and at last all together.
    for damage in [
        format!("UPDATE person SET sealed = {zero} WHERE id = {nell}"),
        format!("UPDATE capacity_record SET sealed = {zero} WHERE person_id = {nell}"),
        format!("UPDATE consent SET sealed = {zero}"),
        format!(
            "UPDATE person SET sealed = {zero}; UPDATE capacity_record SET sealed = {zero}; UPDATE consent SET sealed = {zero}; \
             DELETE FROM sealing_key WHERE owner_kind = 'person'"
        ),
    ] {
        let all = "CREATE TEMP TABLE p AS SELECT * FROM person; CREATE TEMP TABLE r AS SELECT * FROM capacity_record; \
            CREATE TEMP TABLE c AS SELECT * FROM consent";
        let mut kept = app.sabotage();
        kept.batch_execute(&format!("{all}; {damage}")).unwrap();
        broken(family.disclose(app, &ask));
        broken(family.check(app, &ask));
        assert_eq!(written_so_far(), before, "{damage}");
        assert_eq!(family.check(app, &risk).ok(200).body["allowed"], true, "{damage}");
        kept.batch_execute(
            "UPDATE person SET sealed = (SELECT sealed FROM p WHERE p.id = person.id); \
             UPDATE capacity_record SET sealed = (SELECT sealed FROM r WHERE r.id = capacity_record.id); \
             UPDATE consent SET sealed = (SELECT sealed FROM c WHERE c.id = consent.id)",
        )
        .unwrap();
    }
    // Without the keys of all people what they are known by is lost, and the risk is passed on all the same.
    broken(written.read(&format!("/people/{}", family.ana)));
    family.disclose(app, &risk).ok(201);
    // So is what makes it no case for this ground: the answer says so.
    let copied = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}]});
    for change in [copied, json!({"recipient":{"personId":family.mia}})] {
        let refused = family.disclose(app, &family.risk(note, change)).problem(422, "rule-violated");
        assert!(refused.rule("recipient_without_safeguarding_function").body["refusalIndex"].is_i64());
    }
}

#[test]
fn of_what_was_passed_on_about_somebody_a_page_opens_no_more_than_it_shows() {
    let written = Written::new();
    let Written { app, family, notes } = &written;
    family.permit(app, json!({}));
    let [old, _, _] = [(); 3].map(|()| family.disclose(app, &family.ask(&notes[0], json!({}))).ok(201).id());
    run(app, &format!("UPDATE disclosure SET sealed = {} WHERE id = {}", blob("00"), hex(&old)));
    let list = format!("/cases/{}/disclosures?subjectId={}", family.case, family.ana);
    let page = written.read(&format!("{list}&limit=2&includeTotal=true")).ok(200);
    assert_eq!((page.body["items"].as_array().unwrap().len(), &page.body["page"]["total"]), (2, &json!(3)));
    broken(written.read(&list));
}
