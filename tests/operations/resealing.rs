//! Data keys are exchanged: all text is sealed again, and what is written once changes in nothing else.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use sendiass::db::conn::Conn;
use serde_json::json;

use crate::backup::rows;
use crate::family::Family;
use crate::harness::cluster::by_engine;
use crate::harness::{TestApp, connect};
use crate::keys::{column, command, done, record, told};

/// The columns that hold what is sealed, as the catalog has them.
fn sealed_columns(conn: &mut Conn) -> Vec<(String, String)> {
    let query = by_engine(
        "SELECT t.name || '.' || c.name AS text FROM sqlite_master AS t, pragma_table_info(t.name) AS c
         WHERE t.type = 'table' AND c.type = 'BLOB' AND (c.name LIKE '%sealed' OR c.name = 'openings') ORDER BY 1",
        "SELECT table_name || '.' || column_name AS text FROM information_schema.columns
         WHERE table_schema = 'public' AND data_type = 'bytea' AND (column_name LIKE '%sealed' OR column_name = 'openings') ORDER BY 1",
    );
    rows(conn, query).iter().map(|row| row.split_once('.').map(|(table, column)| (table.to_owned(), column.to_owned())).unwrap()).collect()
}

/// The versions of the keys that seal the values of each sealed column.
fn versions(conn: &mut Conn) -> Vec<(String, BTreeSet<String>)> {
    let head = by_engine("hex(substr(@, 3, 4))", "upper(encode(substring(@ FROM 3 FOR 4), 'hex'))");
    let all = sealed_columns(conn);
    let used = |(table, column): (String, String)| {
        let query = format!("SELECT DISTINCT {} AS text FROM {table} WHERE {column} IS NOT NULL", head.replace('@', &column));
        (format!("{table}.{column}"), rows(conn, &query).into_iter().collect())
    };
    all.into_iter().map(used).collect()
}

/// A family with something in every column that is sealed.
fn record_everything(app: &TestApp) -> Family {
    let family = record(app);
    let disclosed = app.adviser().get(&format!("/cases/{}/disclosures", family.case)).ok(200).body["items"][0]["id"].clone();
    let copied = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}]});
    family.disclose(app, &family.ask(&family.n1(app), copied)).ok(201);
    let annotation = json!({"kind":"receipt_confirmed","note":"They rang to say it came."});
    app.adviser().post(&format!("/disclosures/{}/annotations", disclosed.as_str().unwrap()), &annotation).ok(201);
    let referral = json!({"source":"self_parent","childName":"Kit Marsh","familyAgreed":true,"riskStated":false});
    app.adviser().post("/referrals", &referral).ok(201);
    let ending = json!({"withdrawnById":family.finn,"method":"verbal_phone","wordsUsed":"No more, please.","objects":false});
    let given = family.permit(app, json!({}));
    app.adviser().post(&format!("/consents/{given}/withdrawal"), &ending).ok(200);
    let asked = app.adviser().post(&format!("/cases/{}/information-requests", family.case), &family.asked_from_outside(json!({}))).ok(201);
    let answer = json!({"outcome":"refused","response":"That is theirs to tell."});
    app.adviser().if_match(1).post(&format!("/information-requests/{}/response", asked.id()), &answer).ok(200);
    let note = family.n1(app);
    family.permit_proceedings(app, json!({}));
    let legal = family.extracted(app, &note);
    Family::built(app, &legal);
    app.adviser().post("/subject-access-requests", &family.subject_access(json!({}))).ok(201);
    let capacity = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-20","reasons":"Explained it back."});
    app.adviser().post(&format!("/people/{}/capacity-records", family.ana), &capacity).ok(201);
    let hold = json!({"reason":"complaint","note":"About the plan.","reviewOn":"2099-01-01"});
    let hold = app.manager().post(&format!("/cases/{}/retention-holds", family.case), &hold).ok(201).id();
    app.manager().if_match(1).post(&format!("/retention-holds/{hold}/release"), &json!({"reason":"It was answered."})).ok(200);
    let caller = app.adviser().post("/people", &json!({"kind":"anonymous","pseudonymous":true})).ok(201).id();
    let merge = json!({"mergedPersonId":caller,"reason":"Gave her name."});
    let merge = app.manager().if_match(1).post(&format!("/people/{}/merges", family.nell), &merge).ok(201).id();
    app.manager().if_match(1).post(&format!("/person-merges/{merge}/reversal"), &json!({"reason":"It was her sister."})).ok(200);
    family
}

#[test]
fn all_text_is_sealed_again_under_new_keys_and_the_old_ones_are_destroyed() {
    let app = TestApp::spawn();
    let family = record_everything(&app);
    let was = told(&app, &family);
    let version = |number: u32| BTreeSet::from([format!("{number:08X}")]);
    for (column, used) in versions(&mut app.sabotage()) {
        assert_eq!(used, version(1), "{column}: something must be in it, for this test to see that it is sealed again");
    }
    let (folder, scratch) = app.stopped();
    let (path, place) = (folder.path().to_owned(), scratch.as_ref());
    let mut conn = connect(&path, place);
    let keys = |conn: &mut Conn, purpose: &str, state: &str| {
        let of = format!("sealing_key WHERE purpose = '{purpose}' AND wrapped IS {state}");
        column(conn, if state == "NULL" { "owner_id" } else { "wrapped" }, &of)
    };
    let (seal, ledger) = (keys(&mut conn, "seal", "NOT NULL"), keys(&mut conn, "ledger", "NOT NULL"));

    done(&["reseal", "--older-than", "36500"], &path, place);
    assert_eq!(keys(&mut conn, "seal", "NOT NULL"), seal, "none is as old as that");
    done(&["reseal"], &path, place);
    for (column, used) in versions(&mut conn) {
        assert_eq!(used, version(2), "{column}");
    }
    assert_eq!(keys(&mut conn, "seal", "NOT NULL").len(), 2 * seal.len());
    assert_eq!(keys(&mut conn, "ledger", "NOT NULL"), ledger, "what was committed to could not be opened any more");
    // Whoever began before goes on with the old keys for a while.
    done(&["sweep"], &path, place);
    assert_eq!(keys(&mut conn, "seal", "NULL").len(), 0);
    done(&["sweep", "--replaced-before", "0"], &path, place);
    assert_eq!(keys(&mut conn, "seal", "NULL").len(), seal.len());
    let left = keys(&mut conn, "seal", "NOT NULL");
    assert!(left.len() == seal.len() && left.iter().all(|key| !seal.contains(key)));
    drop(conn);
    // What is destroyed stays under a key that is gone then, and is in nobody's way.
    done(&["rotate-kek"], &path, place);
    // The access log tells of either, once for each run that exchanged something.
    let told_of =
        crate::backup::rows(&mut connect(&path, place), "SELECT body AS text FROM access_entry WHERE kind = 'key_rotated' ORDER BY idx");
    let told_of: Vec<serde_json::Value> = told_of.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    let [data, wrapping] = told_of.as_slice() else { panic!("{told_of:?}") };
    assert_eq!((&data["rotated"], &data["outcome"]), (&json!({"key":"data"}), &json!("recorded")));
    let names = column(&mut connect(&path, place), "kek_id", "sealing_key WHERE wrapped IS NOT NULL");
    assert_eq!(wrapping["rotated"]["key"], "key_encryption");
    assert!(names.iter().all(|name| name.contains(wrapping["rotated"]["to"].as_str().unwrap())), "{wrapping}");
    assert!(wrapping["rotated"]["from"].is_string() && wrapping["rotated"]["from"] != wrapping["rotated"]["to"]);

    let app = TestApp::spawn_on(folder, scratch, |_| {});
    assert_eq!(told(&app, &family), was);
    // And is corrected, added to and searched as before.
    family.note(&app, &family.mia, &[&family.ana], "attendance", json!({}));
    family.refuse(&app, &family.finn, &[&family.ana]);
}

/// What is written once, the column in it that is sealed, and how a change is refused.
const ONCE: [(&str, &str, &str); 11] = [
    ("note", "sealed", "append-only"),
    ("capacity_record", "sealed", "append-only"),
    ("disclosure", "sealed", "append-only"),
    ("disclosure_annotation", "sealed", "append-only"),
    ("disclosure_address", "sealed", "where something went stands"),
    ("disclosure_private", "openings", "never changed"),
    ("consent", "sealed", "cannot be changed"),
    ("concern_event", "sealed", "of a concern stands"),
    ("safeguarding_concern", "sealed", "stay"),
    ("person_merge", "sealed", "was merged stands"),
    ("person_merge", "reversed_sealed", "was merged stands"),
];

/// The columns of a table, each with another value than it has.
fn changes(conn: &mut Conn, table: &str) -> Vec<(String, String)> {
    let query = by_engine(
        "SELECT name || ' = ' || CASE type WHEN 'BLOB' THEN 'randomblob(16)' WHEN 'INTEGER' THEN 'coalesce(' || name || ', 0) + 1'
             ELSE 'coalesce(' || name || ', '''') || ''x''' END AS text FROM pragma_table_info('@')",
        r"SELECT attname || ' = ' || CASE format_type(atttypid, NULL) WHEN 'uuid' THEN 'gen_random_uuid()' WHEN 'bytea' THEN '''\x07'''
             WHEN 'jsonb' THEN '''[7]''' WHEN 'date' THEN '''2030-01-01''' WHEN 'integer' THEN '7777' WHEN 'bigint' THEN '7777'
             WHEN 'text' THEN '''other''' ELSE '''2030-01-01''' END AS text
         FROM pg_attribute WHERE attrelid = '@'::regclass AND attnum > 0",
    );
    rows(conn, &query.replace('@', table)).into_iter().map(|row| (row.split(' ').next().unwrap().to_owned(), row)).collect()
}

/// How this change is refused, if it is; undone in any case.
fn said_of(conn: &mut Conn, table: &str, set: &str) -> Option<String> {
    let said = conn.batch_execute(&format!("BEGIN; UPDATE {table} SET {set}; ROLLBACK")).err().map(|error| error.to_string());
    // After a refusal it is still to be undone.
    drop(conn.batch_execute("ROLLBACK"));
    said
}

#[test]
fn what_is_written_once_is_sealed_again_under_a_newer_key_of_its_owner_and_changes_in_nothing_else() {
    let app = TestApp::spawn();
    let family = record_everything(&app);
    let mut conn = app.sabotage();
    let sealed = |version: u8| by_engine("x'0101000000@'", r"'\x0101000000@'").replace('@', &format!("{version:02}"));
    // No key is newer yet.
    for (table, column, words) in ONCE {
        let said = said_of(&mut conn, table, &format!("{column} = {}", sealed(2)));
        assert!(said.as_ref().is_some_and(|said| said.contains(words)), "{table}: {said:?}");
    }
    // One for everybody but Ana: nobody is sealed under the key of another, or of another purpose.
    let another = |whose: &str, purpose: &str| {
        format!(
            "INSERT INTO sealing_key SELECT owner_kind, owner_id, '{purpose}', 2, kek_id, wrapped, created_at, NULL FROM sealing_key
             WHERE purpose = 'seal' AND version = 1 AND {whose}"
        )
    };
    let ana = uuid::Uuid::parse_str(&family.ana).unwrap().simple().to_string();
    let ana = by_engine("owner_id = x'@'", r"owner_id = '\x@'").replace('@', &ana);
    conn.batch_execute(&another(&format!("NOT ({ana})"), "seal")).unwrap();
    assert!(conn.batch_execute(&another(&ana, "ledger")).is_err(), "of the key that is never exchanged there is one");
    let said = said_of(&mut conn, "capacity_record", &format!("sealed = {}", sealed(2)));
    assert!(said.is_some_and(|said| said.contains("append-only")), "under the keys of others");
    conn.batch_execute(&another(&ana, "seal")).unwrap();
    for (table, column, words) in ONCE {
        assert_eq!(said_of(&mut conn, table, &format!("{column} = {}", sealed(2))), None, "{table}");
        for other in [1, 3] {
            let said = said_of(&mut conn, table, &format!("{column} = {}", sealed(other)));
            assert!(said.as_ref().is_some_and(|said| said.contains(words)), "{table}, key {other}: {said:?}");
        }
        let all = changes(&mut conn, table);
        assert!(all.len() > 3, "{table}: {all:?}");
        // A permission is used, ends and gets a new version, which is another matter.
        let may = |name: &str| {
            name == column
                || table == "consent" && ["ended", "ended_at", "ended_sealed", "used_at", "version"].contains(&name)
                || table == "person_merge" && name == "version"
                || table == "safeguarding_concern" && ["status", "review_due_on", "version"].contains(&name)
        };
        for (name, change) in all.iter().filter(|(name, _)| !may(name)) {
            let said = said_of(&mut conn, table, &format!("{column} = {}, {change}", sealed(2)));
            assert!(said.as_ref().is_some_and(|said| said.contains(words)), "{table}.{name}: {said:?}");
        }
    }
    // Of what ended, how it ended is sealed again, too, and not otherwise.
    let ended = "ended_sealed = @ WHERE ended_sealed IS NOT NULL";
    assert_eq!(said_of(&mut conn, "consent", &ended.replace('@', &sealed(2))), None);
    assert!(said_of(&mut conn, "consent", &ended.replace('@', &sealed(3))).is_some_and(|said| said.contains("cannot be changed")));
}

#[test]
fn what_is_sealed_again_is_read_as_before_whenever_that_is_killed() {
    let app = TestApp::spawn();
    let family = record_everything(&app);
    let was = told(&app, &family);
    let (folder, scratch) = app.stopped();
    for wait in (4..64).step_by(6) {
        let mut child = command(&["reseal"], folder.path(), scratch.as_ref()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    done(&["sweep", "--replaced-before", "0"], folder.path(), scratch.as_ref());
    let app = TestApp::spawn_on(folder, scratch, |_| {});
    assert_eq!(told(&app, &family), was);
}

#[test]
fn who_may_not_rewrite_does_not_seal_again() {
    let (folder, scratch) = TestApp::spawn().stopped();
    let Some(scratch) = scratch else { return };
    for what in [["keys", "reseal"], ["keys", "sweep"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
        let command = command.args(what).arg("--data-dir").arg(folder.path()).args(["--unsafe-database", "--database-url", &scratch.url()]);
        let output = command.output().unwrap();
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && talk.contains("name the role that owns the tables"), "{talk}");
    }
}
