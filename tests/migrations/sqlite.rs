//! What the embedded database refuses, and what it must not refuse.
//! Over 350 lines because it is one list of what is tried.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tempfile::TempDir;

use crate::postgres::WRITTEN_ONCE;
use crate::{Conn, DISPOSABLE, fresh, of_a_log, of_both_logs, of_the_access_log, on_three, refused, words};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Every table, index and trigger as it was written.
fn schema(conn: &mut Conn) -> Vec<String> {
    words(
        conn,
        "SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS text FROM sqlite_master WHERE name NOT LIKE '%\\_\\_diesel%' ESCAPE '\\' ORDER BY 1",
    )
}

#[test]
fn migrations_can_be_taken_back_and_applied_again() {
    let (_folder, _, mut conn) = fresh();
    let before = schema(&mut conn);
    assert!(before.iter().filter(|line| line.starts_with("table ")).count() > 20, "{before:?}");
    while conn.revert().unwrap().is_some() {}
    assert_eq!(schema(&mut conn), Vec::<String>::new());
    conn.migrate().unwrap();
    assert_eq!(schema(&mut conn), before);
}

#[test]
fn the_settings_are_in_force_on_the_writer_and_on_every_reader() {
    let (_folder, place, mut writer) = fresh();
    let expected = [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("secure_delete", "1"), ("trusted_schema", "0")];
    let read = move |conn: &mut Conn| {
        expected.map(|(name, _)| {
            let value = words(conn, &format!("SELECT CAST({name} AS TEXT) AS text FROM pragma_{name}"));
            (name, value.concat())
        })
    };
    assert_eq!(read(&mut writer), expected.map(|(name, value)| (name, value.to_owned())));
    let readers = on_three(&place, move |reader| (read(reader), reader.batch_execute("DELETE FROM revoked_token").is_err()));
    for (settings, refused) in readers {
        assert_eq!(settings, expected.map(|(name, value)| (name, value.to_owned())));
        assert!(refused, "a reader wrote");
    }
}

#[test]
fn tables_are_strict_and_none_has_a_cascade() {
    let (_folder, _, mut conn) = fresh();
    let lax = words(
        &mut conn,
        "SELECT name AS text FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND name NOT LIKE '\\_\\_%' ESCAPE '\\'",
    );
    assert_eq!(lax, Vec::<String>::new());
    let cascades =
        words(&mut conn, "SELECT name AS text FROM sqlite_master WHERE upper(sql) LIKE '%CASCADE%' OR upper(sql) LIKE '%SET NULL%'");
    assert_eq!(cascades, Vec::<String>::new());
}

/// One row of each table that is never changed, with all it refers to; two in the log.
const ROWS: &str = "
INSERT INTO staff VALUES (zeroblob(16), 'i', 's', 'n', 0, 1, 1, NULL, 1, 0);
INSERT INTO person VALUES (x'00000000000000000000000000000001', 'child', x'00', 1, 0, zeroblob(16), x'00000000000000000000000000000001', 0, 0);
INSERT INTO person VALUES (x'00000000000000000000000000000002', 'child', x'00', 1, 0, zeroblob(16), x'00000000000000000000000000000002', 0, 0);
INSERT INTO recipient VALUES (x'00000000000000000000000000000003', 'school', 'n', 0, NULL, NULL, 1, 1, 0, zeroblob(16));
INSERT INTO case_file (id, reference, status, intervention_level, details, sealed, restricted, assigned_to, assigned_by, opened_at, version, created_at, recorded_by)
    VALUES (x'00000000000000000000000000000004', 'r', 'open', 'l2', '{}', x'00', 0, zeroblob(16), zeroblob(16), 0, 1, 0, zeroblob(16));
INSERT INTO note VALUES (x'00000000000000000000000000000005', x'00000000000000000000000000000004', 'k', 's', 0, 0, zeroblob(16), zeroblob(16),
    x'00000000000000000000000000000005', NULL, '{}', x'00', NULL, NULL, NULL);
INSERT INTO note VALUES (x'00000000000000000000000000000006', x'00000000000000000000000000000004', 'k', 's', 0, 0, zeroblob(16), zeroblob(16),
    x'00000000000000000000000000000005', x'00000000000000000000000000000005', '{}', x'00', NULL, NULL, NULL);
INSERT INTO case_event VALUES (x'0000000000000000000000000000000b', x'00000000000000000000000000000004', 'k', NULL, NULL, 0, zeroblob(16));
INSERT INTO safeguarding_concern VALUES (x'0000000000000000000000000000000c', x'00000000000000000000000000000004', 'raised', '2026-01-01', '{}', x'00', 1, 0, zeroblob(16));
INSERT INTO concern_event VALUES (x'0000000000000000000000000000000d', x'0000000000000000000000000000000c', x'00000000000000000000000000000004', NULL, x'00', 0, zeroblob(16));
INSERT INTO named_person VALUES (x'00000000000000000000000000000004', x'00000000000000000000000000000001', 1);
INSERT INTO capacity_record VALUES (x'00000000000000000000000000000007', x'00000000000000000000000000000001', 'd', 'o', '2026-01-01', NULL, NULL, x'00', 0, zeroblob(16));
INSERT INTO consent (id, case_id, granter_id, decision, decided_at, starts_at, authority, sealed, version, created_at, recorded_by)
    VALUES (x'00000000000000000000000000000008', x'00000000000000000000000000000004', x'00000000000000000000000000000001', 'given', 0, 0, '{}', x'00', 1, 0, zeroblob(16));
INSERT INTO consent_subject VALUES (x'00000000000000000000000000000008', x'00000000000000000000000000000001');
INSERT INTO consent_recipient VALUES (x'00000000000000000000000000000008', 0, x'00000000000000000000000000000003', NULL, NULL);
INSERT INTO disclosure VALUES (x'00000000000000000000000000000009', x'00000000000000000000000000000004', 'permission', x'00000000000000000000000000000003', 0,
    zeroblob(16), NULL, NULL, '{}', x'00');
INSERT INTO disclosure_consent VALUES (x'00000000000000000000000000000008', x'00000000000000000000000000000009');
INSERT INTO disclosure_annotation VALUES (x'0000000000000000000000000000000a', x'00000000000000000000000000000009', 'k', x'00', 0, zeroblob(16));
INSERT INTO disclosure_address VALUES (x'0000000000000000000000000000000e', x'00000000000000000000000000000009', x'00000000000000000000000000000004', x'00');
INSERT INTO disclosure_entry (idx, body) VALUES (0, '{\"at\":\"a\",\"kind\":\"k\",\"actor\":\"x\"}');
INSERT INTO disclosure_entry (idx, body) VALUES (1, '{\"at\":\"b\",\"kind\":\"k\",\"actor\":\"x\",\"recipient\":\"r\",\"copies\":[{}]}');
INSERT INTO disclosure_leaf VALUES (0, zeroblob(32)), (1, zeroblob(32));
INSERT INTO disclosure_subtree VALUES (1, 0, zeroblob(32));
INSERT INTO disclosure_checkpoint VALUES (1, 'n');
INSERT INTO disclosure_cosignature VALUES (1, 'w', 'l');
INSERT INTO disclosure_private VALUES (0, x'00000000000000000000000000000004', x'00000000000000000000000000000009', x'00');
INSERT INTO disclosure_case_ix VALUES (x'00000000000000000000000000000004', 0);
";

/// Every table that is never changed: its key as a condition, and a column that is not part of the key with another value for it.
const FIXED: &[(&str, &str, &str)] = &[
    ("note", "id = x'00000000000000000000000000000006'", "sealed = x'01'"),
    ("case_event", "id = x'0000000000000000000000000000000b'", "kind = 'z'"),
    ("named_person", "TRUE", "person_id = x'00000000000000000000000000000002'"),
    ("concern_event", "id = x'0000000000000000000000000000000d'", "sealed = x'01'"),
    ("capacity_record", "id = x'00000000000000000000000000000007'", "outcome = 'z'"),
    ("disclosure", "id = x'00000000000000000000000000000009'", "sealed = x'01'"),
    ("disclosure_annotation", "id = x'0000000000000000000000000000000a'", "sealed = x'01'"),
    ("disclosure_address", "id = x'0000000000000000000000000000000e'", "sealed = x'01'"),
    ("disclosure_consent", "TRUE", "consent_id = x'00000000000000000000000000000001'"),
    ("consent_subject", "TRUE", "person_id = x'00000000000000000000000000000002'"),
    ("consent_recipient", "ordinal = 0", "recipient_id = NULL"),
    ("disclosure_entry", "idx = 1", "body = '{\"at\":\"c\",\"kind\":\"k\",\"actor\":\"x\"}'"),
    ("disclosure_leaf", "idx = 1", "h = randomblob(32)"),
    ("disclosure_subtree", "level = 1", "h = randomblob(32)"),
    ("disclosure_checkpoint", "size = 1", "note = 'other'"),
    ("disclosure_cosignature", "size = 1", "line = 'other'"),
];

/// The same of both logs.
fn fixed() -> Vec<(String, &'static str, String)> {
    let own = FIXED.iter().map(|(table, key, change)| ((*table).to_owned(), *key, (*change).to_owned()));
    let other = |(table, key, change): &(&str, &'static str, &str)| {
        let (table, change) =
            of_the_access_log(&format!("{table}|{change}"))?.split_once('|').map(|(a, b)| (a.to_owned(), b.to_owned()))?;
        Some((table, *key, change))
    };
    own.chain(FIXED.iter().filter_map(other)).collect()
}

/// Every column but those that are computed, in the order of the table.
fn columns(conn: &mut Conn, table: &str) -> Vec<String> {
    words(conn, &format!("SELECT name AS text FROM pragma_table_xinfo('{table}') WHERE hidden = 0 ORDER BY cid"))
}

fn with_rows() -> (TempDir, Conn) {
    let (folder, _, mut conn) = fresh();
    conn.batch_execute(&of_both_logs(ROWS)).unwrap();
    (folder, conn)
}

#[test]
fn t39_what_is_written_once_refuses_every_way_of_changing_it() {
    let (_folder, mut conn) = with_rows();
    let mut passed = Vec::new();
    for (table, key, change) in &fixed() {
        let columns = columns(&mut conn, table);
        let (changed, value) = change.split_once(" = ").unwrap();
        let list = columns.join(", ");
        let copy: Vec<&str> = columns.iter().map(|column| if column == changed { value } else { column.as_str() }).collect();
        let copy = format!("SELECT {} FROM {table} WHERE {key}", copy.join(", "));
        let first = &columns[0];
        let mut attempts = vec![
            ("UPDATE", format!("UPDATE {table} SET {change} WHERE {key}")),
            ("UPDATE OR REPLACE", format!("UPDATE OR REPLACE {table} SET {change} WHERE {key}")),
            ("UPDATE OR IGNORE", format!("UPDATE OR IGNORE {table} SET {change} WHERE {key}")),
            ("UPDATE of the key", format!("UPDATE {table} SET {first} = {first} WHERE {key}")),
            ("DELETE", format!("DELETE FROM {table} WHERE {key}")),
            ("DELETE of all", format!("DELETE FROM {table}")),
        ];
        // A row of these is nothing but its key: another is another row, and the same one is no change.
        if !["disclosure_consent", "consent_subject", "named_person"].contains(&table.as_str()) {
            attempts.push(("INSERT OR REPLACE", format!("INSERT OR REPLACE INTO {table} ({list}) {copy}")));
            attempts.push(("INSERT OR IGNORE", format!("INSERT OR IGNORE INTO {table} ({list}) {copy}")));
            attempts.push(("INSERT", format!("INSERT INTO {table} ({list}) {copy}")));
            attempts.push(("UPSERT", format!("INSERT INTO {table} ({list}) {copy} ON CONFLICT DO UPDATE SET {change}")));
            attempts.push(("UPSERT doing nothing", format!("INSERT INTO {table} ({list}) {copy} ON CONFLICT DO NOTHING")));
            let others = columns.iter().skip(1).map(String::as_str).collect::<Vec<_>>().join(", ");
            attempts.push((
                "REPLACE by rowid",
                format!("INSERT OR REPLACE INTO {table} (rowid, {others}) SELECT rowid, {others} FROM {table} WHERE {key}"),
            ));
        }
        for (way, sql) in attempts {
            if refused(&mut conn, &sql).is_none() {
                passed.push(format!("{table}: {way}"));
            }
        }
    }
    assert_eq!(passed, Vec::<String>::new());
}

#[test]
fn every_table_of_a_log_refuses_every_change_and_loses_what_it_may_only() {
    let (_folder, mut conn) = with_rows();
    // Here nothing ever waits for its place.
    let rows = "DROP TRIGGER access_pending_new; INSERT INTO access_pending VALUES (zeroblob(16), '{}', '[]', 0); \
        INSERT INTO disclosure_prune VALUES (1); INSERT INTO access_prune VALUES (1)";
    conn.batch_execute(rows).unwrap();
    let tables = of_a_log(&mut conn, "SELECT name FROM sqlite_master WHERE type = 'table'");
    for table in &tables {
        assert!(!words(&mut conn, &format!("SELECT 'row' AS text FROM {table}")).is_empty(), "{table} has no row");
        let updates = columns(&mut conn, table).into_iter().map(|column| format!("UPDATE {table} SET {column} = {column}"));
        for sql in updates.chain([format!("DELETE FROM {table}")]) {
            let said = refused(&mut conn, &sql);
            let lost = sql.starts_with("DELETE") && DISPOSABLE.contains(&table.as_str());
            assert_eq!(said.as_ref().is_none_or(|said| said.contains("constraint failed")), lost, "{sql}: {said:?}");
        }
    }
    // All that is written once, as the other catalog says, is tried in every way; these three are below.
    let mut tried: Vec<String> = fixed().into_iter().map(|(table, ..)| table).collect();
    tried.extend(DISPOSABLE.iter().chain(&["access_prune", "disclosure_prune", "disposal_entry"]).map(|table| (*table).to_owned()));
    tried.sort();
    assert_eq!(tried, WRITTEN_ONCE.iter().map(|(table, ..)| *table).collect::<Vec<_>>());
}

#[test]
fn every_refusal_is_the_work_of_a_trigger_of_that_table() {
    let (_folder, mut conn) = with_rows();
    for (table, key, change) in &fixed() {
        let triggers = words(&mut conn, &format!("SELECT name AS text FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'"));
        assert!(!triggers.is_empty(), "{table}");
        conn.batch_execute("SAVEPOINT bare").unwrap();
        for trigger in triggers {
            conn.batch_execute(&format!("DROP TRIGGER {trigger}")).unwrap();
        }
        // Without them the same words pass: what refused was not something else.
        assert_eq!(
            refused(&mut conn, &format!("PRAGMA defer_foreign_keys = ON; UPDATE {table} SET {change} WHERE {key}")),
            None,
            "{table}"
        );
        conn.batch_execute("ROLLBACK TO bare; RELEASE bare").unwrap();
    }
}

/// More that is refused, and by which words.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "a note by its second unique column",
        "INSERT OR REPLACE INTO note SELECT x'000000000000000000000000000000ff', case_id, kind, sensitivity, occurred_at, recorded_at, recorded_by, worker_id, first_id, \
         supersedes_note_id, details, sealed, NULL, NULL, NULL FROM note WHERE supersedes_note_id IS NOT NULL",
        "append-only",
    ),
    (
        "a gap in the log",
        "INSERT INTO disclosure_entry (idx, body) VALUES (3, '{\"at\":\"c\",\"kind\":\"k\",\"actor\":\"x\"}')",
        "next entry",
    ),
    (
        "an entry without a place",
        "INSERT INTO disclosure_entry (body) VALUES ('{\"at\":\"c\",\"kind\":\"k\",\"actor\":\"x\"}')",
        "next entry",
    ),
    (
        "an entry before the first",
        "INSERT INTO disclosure_entry (idx, body) VALUES (-1, '{\"at\":\"c\",\"kind\":\"k\",\"actor\":\"x\"}')",
        "next entry",
    ),
    ("an entry without a time", "INSERT INTO disclosure_entry (idx, body) VALUES (2, '{\"kind\":\"k\",\"actor\":\"x\"}')", "NOT NULL"),
    (
        "a computed column, set",
        "INSERT INTO disclosure_entry (idx, body, at) VALUES (2, '{\"at\":\"c\",\"kind\":\"k\",\"actor\":\"x\"}', 'd')",
        "generated",
    ),
    ("a computed column, changed", "UPDATE disclosure_entry SET actor = 'other' WHERE idx = 1", "generated"),
    ("a leaf beyond the next", "INSERT INTO disclosure_leaf VALUES (3, zeroblob(32))", "next leaf"),
    ("a leaf without a place", "INSERT INTO disclosure_leaf (h) VALUES (zeroblob(32))", "next leaf"),
    ("a leaf of another length", "INSERT INTO disclosure_leaf VALUES (2, zeroblob(31))", "CHECK"),
    ("a subtree beyond the next", "INSERT INTO disclosure_subtree VALUES (1, 2, zeroblob(32))", "next subtree"),
    ("a smaller checkpoint", "INSERT INTO disclosure_checkpoint VALUES (0, 'n')", "grow"),
    ("a checkpoint of no size", "INSERT INTO disclosure_checkpoint (note) VALUES ('n')", "grow"),
    ("a watermark beyond the log", "INSERT INTO disclosure_prune VALUES (3)", "watermark"),
    ("a watermark of nothing", "INSERT INTO disclosure_prune VALUES (0)", "watermark"),
    ("a watermark without a place", "INSERT INTO disclosure_prune DEFAULT VALUES", "watermark"),
    ("a watermark, changed", "INSERT INTO disclosure_prune VALUES (1); UPDATE disclosure_prune SET upto = 2", "append-only"),
    ("a watermark, deleted", "INSERT INTO disclosure_prune VALUES (1); DELETE FROM disclosure_prune", "append-only"),
    ("a watermark that shrinks", "INSERT INTO disclosure_prune VALUES (2); INSERT INTO disclosure_prune VALUES (1)", "watermark"),
    ("a watermark, replaced", "INSERT INTO disclosure_prune VALUES (1); INSERT OR REPLACE INTO disclosure_prune VALUES (1)", "watermark"),
    ("an entry behind the watermark", "INSERT INTO disclosure_prune VALUES (1); DELETE FROM disclosure_entry WHERE idx = 1", "append-only"),
    ("a leaf before the watermark", "INSERT INTO disclosure_prune VALUES (1); DELETE FROM disclosure_leaf WHERE idx = 0", "append-only"),
    (
        "a pruned entry, written again",
        "INSERT INTO disclosure_prune VALUES (1); DELETE FROM disclosure_entry WHERE idx = 0; \
         INSERT INTO disclosure_entry (idx, body) VALUES (0, '{\"at\":\"c\",\"kind\":\"k\",\"actor\":\"x\"}')",
        "next entry",
    ),
    ("openings, changed", "UPDATE disclosure_private SET openings = x'01'", "openings"),
    (
        "openings, replaced",
        "INSERT OR REPLACE INTO disclosure_private SELECT idx, case_id, NULL, x'01' FROM disclosure_private",
        "openings",
    ),
    (
        "openings, replaced by rowid",
        "INSERT OR REPLACE INTO disclosure_private (rowid, case_id, openings) SELECT 0, case_id, x'01' FROM disclosure_private",
        "openings",
    ),
    (
        "openings, by upsert",
        "INSERT INTO disclosure_private SELECT idx, case_id, NULL, x'01' FROM disclosure_private WHERE TRUE \
         ON CONFLICT DO UPDATE SET openings = x'01'",
        "openings",
    ),
    ("an entry that waits", "INSERT INTO access_pending VALUES (zeroblob(16), '{}', '[]', 0)", "their place at once"),
    ("the look-up, changed", "UPDATE disclosure_case_ix SET idx = 1", "look-up"),
    (
        "the look-up, by upsert",
        "INSERT INTO disclosure_case_ix SELECT * FROM disclosure_case_ix WHERE TRUE ON CONFLICT DO UPDATE SET idx = 1",
        "look-up",
    ),
    ("a permission, deleted", "DELETE FROM consent", "never removed"),
    ("a permission, replaced", "INSERT OR REPLACE INTO consent SELECT * FROM consent", "agreed"),
    ("a permission, ignored", "INSERT OR IGNORE INTO consent SELECT * FROM consent", "agreed"),
    ("a permission, by upsert", "INSERT INTO consent SELECT * FROM consent WHERE TRUE ON CONFLICT DO UPDATE SET version = 9", "agreed"),
    ("an ending, changed", "UPDATE consent SET ended = 'withdrawn', ended_at = 1; UPDATE consent SET ended = 'expired'", "agreed"),
    (
        "an ending, undone",
        "UPDATE consent SET ended = 'withdrawn', ended_at = 1; UPDATE consent SET ended = NULL, ended_at = NULL",
        "agreed",
    ),
    ("the time of an ending, changed", "UPDATE consent SET ended = 'withdrawn', ended_at = 1; UPDATE consent SET ended_at = 2", "agreed"),
    (
        "the words of an ending, changed",
        "UPDATE consent SET ended = 'withdrawn', ended_at = 1, ended_sealed = x'01'; UPDATE consent SET ended_sealed = x'02'",
        "agreed",
    ),
    (
        "the words of an ending, added later",
        "UPDATE consent SET ended = 'expired', ended_at = 1; UPDATE consent SET ended_sealed = x'02'",
        "agreed",
    ),
    ("a use, undone", "UPDATE consent SET used_at = 1; UPDATE consent SET used_at = NULL", "agreed"),
    (
        "a key that was never there",
        "INSERT INTO sealing_key VALUES ('case', zeroblob(16), 'ledger', 1, 'k', NULL, 1, 1)",
        "keys are made whole",
    ),
    (
        "a second key of what is never exchanged",
        "INSERT INTO sealing_key VALUES ('case', zeroblob(16), 'ledger', 2, 'k', zeroblob(32), 1, NULL)",
        "one never exchanged",
    ),
    (
        "a destroyed key that comes back",
        "INSERT INTO sealing_key VALUES ('case', zeroblob(16), 'ledger', 1, 'k', zeroblob(32), 1, NULL); \
         UPDATE sealing_key SET wrapped = NULL; UPDATE sealing_key SET wrapped = zeroblob(32)",
        "keys stay",
    ),
    (
        "the key of another",
        "INSERT INTO sealing_key VALUES ('person', zeroblob(16), 'ledger', 1, 'k', zeroblob(32), 1, NULL); UPDATE sealing_key SET owner_kind = 'case'",
        "keys stay whose they are",
    ),
    (
        "a key that is not destroyed",
        "INSERT INTO sealing_key VALUES ('case', x'00000000000000000000000000000004', 'ledger', 1, 'k', zeroblob(32), 1, NULL); DELETE FROM sealing_key",
        "keys are destroyed first",
    ),
    (
        "the key of a case on hold",
        "INSERT INTO sealing_key VALUES ('case', x'00000000000000000000000000000004', 'ledger', 1, 'k', zeroblob(32), 1, NULL); INSERT INTO retention_hold VALUES (x'0000000000000000000000000000000e', x'00000000000000000000000000000004', 'r', '2026-01-01', x'00', NULL, NULL, NULL, 1, 0, zeroblob(16)); UPDATE sealing_key SET wrapped = NULL",
        "the case is on hold",
    ),
    ("a case", "DELETE FROM case_file", "cases go by disposal only"),
    ("a case, replaced", "INSERT OR REPLACE INTO case_file SELECT * FROM case_file", "cases go by disposal only"),
    ("a person", "DELETE FROM person", "people go by disposal only"),
    ("a person, replaced", "INSERT OR REPLACE INTO person SELECT * FROM person", "people go by disposal only"),
    (
        "who took part",
        "INSERT INTO participant VALUES (x'0000000000000000000000000000000f', x'00000000000000000000000000000004', x'00000000000000000000000000000001', 'subject', 'self', '[]', 0, 0, NULL, 1, 0, zeroblob(16)); DELETE FROM participant",
        "who took part stands",
    ),
    (
        "who took part, replaced",
        "INSERT INTO participant VALUES (x'0000000000000000000000000000000f', x'00000000000000000000000000000004', x'00000000000000000000000000000001', 'subject', 'self', '[]', 0, 0, NULL, 1, 0, zeroblob(16)); INSERT OR REPLACE INTO participant SELECT * FROM participant",
        "who took part stands",
    ),
    (
        "a hold",
        "INSERT INTO retention_hold VALUES (x'0000000000000000000000000000000e', x'00000000000000000000000000000004', 'r', '2026-01-01', x'00', NULL, NULL, NULL, 1, 0, zeroblob(16)); DELETE FROM retention_hold",
        "holds are released, not removed",
    ),
    (
        "a hold, replaced",
        "INSERT INTO retention_hold VALUES (x'0000000000000000000000000000000e', x'00000000000000000000000000000004', 'r', '2026-01-01', x'00', NULL, NULL, NULL, 1, 0, zeroblob(16)); INSERT OR REPLACE INTO retention_hold SELECT * FROM retention_hold",
        "holds are released, not removed",
    ),
    (
        "a hold, put off",
        "INSERT INTO retention_hold VALUES (x'0000000000000000000000000000000e', x'00000000000000000000000000000004', 'r', '2026-01-01', x'00', NULL, NULL, NULL, 1, 0, zeroblob(16)); UPDATE retention_hold SET review_on = '2027-01-01'",
        "a hold stands as it was placed",
    ),
    (
        "a case that joins what is proposed",
        "INSERT INTO disposal VALUES (x'00000000000000000000000000000010', 'c', 'g', NULL, NULL, 1, 'proposed', NULL, NULL, NULL, NULL, 1, 0, zeroblob(16)); UPDATE disposal SET count = 2",
        "a disposal stands as it was decided",
    ),
    (
        "what is proposed, of another class",
        "INSERT INTO disposal VALUES (x'00000000000000000000000000000010', 'c', 'g', NULL, NULL, 1, 'proposed', NULL, NULL, NULL, NULL, 1, 0, zeroblob(16)); UPDATE disposal SET class = 'd'",
        "a disposal stands as it was decided",
    ),
    (
        "a certificate, changed",
        "INSERT INTO staff VALUES (x'00000000000000000000000000000002', 'i', 't', 'n', 0, 1, 1, NULL, 1, 0); INSERT INTO disposal VALUES (x'00000000000000000000000000000010', 'c', 'g', NULL, NULL, 1, 'executed', 0, x'00000000000000000000000000000002', 'n', '2026-01-01', 2, 0, zeroblob(16)); UPDATE disposal SET notices = 'm'",
        "a disposal stands as it was decided",
    ),
    (
        "a certificate",
        "INSERT INTO staff VALUES (x'00000000000000000000000000000002', 'i', 't', 'n', 0, 1, 1, NULL, 1, 0); INSERT INTO disposal VALUES (x'00000000000000000000000000000010', 'c', 'g', NULL, NULL, 1, 'executed', 0, x'00000000000000000000000000000002', 'n', '2026-01-01', 2, 0, zeroblob(16)); DELETE FROM disposal",
        "certificates stay",
    ),
    (
        "a certificate, replaced",
        "INSERT INTO staff VALUES (x'00000000000000000000000000000002', 'i', 't', 'n', 0, 1, 1, NULL, 1, 0); INSERT INTO disposal VALUES (x'00000000000000000000000000000010', 'c', 'g', NULL, NULL, 1, 'executed', 0, x'00000000000000000000000000000002', 'n', '2026-01-01', 2, 0, zeroblob(16)); INSERT OR REPLACE INTO disposal SELECT * FROM disposal",
        "certificates stay",
    ),
    (
        "an entry of a certificate, changed",
        "INSERT INTO staff VALUES (x'00000000000000000000000000000002', 'i', 't', 'n', 0, 1, 1, NULL, 1, 0); INSERT INTO disposal VALUES (x'00000000000000000000000000000010', 'c', 'g', NULL, NULL, 1, 'executed', 0, x'00000000000000000000000000000002', 'n', '2026-01-01', 2, 0, zeroblob(16)); INSERT INTO disposal_entry VALUES (0, x'00000000000000000000000000000010'); UPDATE disposal_entry SET idx = 1",
        "certificates stay",
    ),
    (
        "an entry of a certificate",
        "INSERT INTO staff VALUES (x'00000000000000000000000000000002', 'i', 't', 'n', 0, 1, 1, NULL, 1, 0); INSERT INTO disposal VALUES (x'00000000000000000000000000000010', 'c', 'g', NULL, NULL, 1, 'executed', 0, x'00000000000000000000000000000002', 'n', '2026-01-01', 2, 0, zeroblob(16)); INSERT INTO disposal_entry VALUES (0, x'00000000000000000000000000000010'); DELETE FROM disposal_entry",
        "certificates stay",
    ),
    (
        "an entry of a certificate, replaced",
        "INSERT INTO staff VALUES (x'00000000000000000000000000000002', 'i', 't', 'n', 0, 1, 1, NULL, 1, 0); INSERT INTO disposal VALUES (x'00000000000000000000000000000010', 'c', 'g', NULL, NULL, 1, 'executed', 0, x'00000000000000000000000000000002', 'n', '2026-01-01', 2, 0, zeroblob(16)); INSERT INTO disposal_entry VALUES (0, x'00000000000000000000000000000010'); INSERT OR REPLACE INTO disposal_entry SELECT * FROM disposal_entry",
        "certificates stay",
    ),
    ("an ending without a time", "UPDATE consent SET ended = 'withdrawn'", "CHECK"),
];

#[test]
fn what_must_never_happen_is_refused_in_so_many_words() {
    let (_folder, mut conn) = with_rows();
    for (name, sql, words) in REFUSED {
        for sql in [Some((*sql).to_owned()), of_the_access_log(sql)].into_iter().flatten() {
            let said = refused(&mut conn, &sql).unwrap_or_else(|| panic!("{name}: passed: {sql}"));
            assert!(said.contains(words), "{name}: {said}: {sql}");
        }
    }
}

#[test]
fn what_was_agreed_cannot_be_changed_in_any_column() {
    let (_folder, mut conn) = with_rows();
    let open = ["ended", "ended_at", "ended_sealed", "used_at", "version"];
    for column in columns(&mut conn, "consent") {
        let value = match column.as_str() {
            "id" | "case_id" | "granter_id" | "recorded_by" | "supersedes_id" | "sealed" => "randomblob(16)",
            "decision" => "'refused'",
            "expires_on" | "authority" => "'other'",
            _ => "7",
        };
        let (change, fixed) = match column.as_str() {
            "ended" | "ended_at" => ("ended = 'withdrawn', ended_at = 7".to_owned(), false),
            "ended_sealed" => ("ended_sealed = x'01'".to_owned(), false),
            other => (format!("{other} = {value}"), !open.contains(&other)),
        };
        let said = refused(&mut conn, &format!("PRAGMA defer_foreign_keys = ON; UPDATE consent SET {change}"));
        assert_eq!(said.as_ref().is_some_and(|said| said.contains("agreed")), fixed, "{column}: {said:?}");
    }
}

/// What must stay possible.
const ALLOWED: &[(&str, &str)] = &[
    ("the next entry", "INSERT INTO disclosure_entry (idx, body) VALUES (2, '{\"at\":\"c\",\"kind\":\"k\",\"actor\":\"x\"}')"),
    ("the next leaf", "INSERT INTO disclosure_leaf VALUES (2, zeroblob(32))"),
    ("the next subtree, and the first of a level", "INSERT INTO disclosure_subtree VALUES (1, 1, zeroblob(32)), (2, 0, zeroblob(32))"),
    ("a larger checkpoint", "INSERT INTO disclosure_checkpoint VALUES (2, 'n')"),
    ("disposal: openings", "DELETE FROM disclosure_private"),
    ("disposal: the look-up", "DELETE FROM disclosure_case_ix"),
    ("disposal: the keys", "UPDATE sealing_key SET wrapped = NULL"),
    ("pruning", "INSERT INTO disclosure_prune VALUES (1); DELETE FROM disclosure_entry WHERE idx < 1"),
    (
        "pruning of all, and the entry after it",
        "INSERT INTO disclosure_prune VALUES (2); DELETE FROM disclosure_entry; \
         INSERT INTO disclosure_entry (idx, body) VALUES (2, '{\"at\":\"c\",\"kind\":\"k\",\"actor\":\"x\"}')",
    ),
    (
        "a case that leaves what is proposed",
        "INSERT INTO disposal VALUES (x'00000000000000000000000000000010', 'c', 'g', NULL, NULL, 2, 'proposed', NULL, NULL, NULL, NULL, 1, 0, zeroblob(16)); UPDATE disposal SET count = 1, version = 2",
    ),
    ("ending a permission", "UPDATE consent SET ended = 'withdrawn', ended_at = 1, ended_sealed = x'01', version = 2"),
    ("using a permission", "UPDATE consent SET used_at = 1, version = 2"),
];

#[test]
fn what_must_stay_possible_is_possible() {
    let (_folder, mut conn) = with_rows();
    for (name, sql) in ALLOWED {
        for sql in [Some((*sql).to_owned()), of_the_access_log(sql)].into_iter().flatten() {
            assert_eq!(refused(&mut conn, &sql), None, "{name}: {sql}");
        }
    }
}

#[test]
fn the_columns_of_the_log_are_computed_from_the_hashed_bytes() {
    let (_folder, mut conn) = with_rows();
    let read =
        words(&mut conn, "SELECT at || kind || actor || coalesce(recipient, '-') || copied AS text FROM disclosure_entry ORDER BY idx");
    assert_eq!(read, ["akx-0", "bkxr1"]);
    for log in ["disclosure_entry", "access_entry"] {
        let columns = format!("SELECT count(*) AS count FROM pragma_table_xinfo('{log}')");
        let computed: Vec<Count> = diesel::sql_query(format!("{columns} WHERE hidden = 3")).load(&mut conn).unwrap();
        let all: Vec<Count> = diesel::sql_query(columns).load(&mut conn).unwrap();
        assert_eq!(computed[0].count, all[0].count - 2, "only idx and body are written");
    }
}
