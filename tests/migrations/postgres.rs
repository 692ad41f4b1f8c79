//! What PostgreSQL refuses whoever asks: by triggers, which hold for the owner of the tables and for a session that plays a replica, too.
//! Over 350 lines because it is one list of what is tried.

use std::io::Write;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use sendiass::db::conn::Place;

use crate::harness::cluster::{self, Scratch};
use crate::harness::scratch;
use crate::{Conn, DEMANDS, DISPOSABLE, attempt, of_a_log, of_both_logs, of_the_access_log, refused, words};

/// One row of each table, with all it refers to; two in the log. `#1` is the first id.
const ROWS: &str = r"
INSERT INTO sealing_key VALUES ('case', decode(repeat('00', 16), 'hex'), 'seal', 1, 'k', '\x00', 'epoch', NULL);
INSERT INTO staff VALUES (#0, 'i', 's', 'n', false, true, true, NULL, 1, 'epoch');
INSERT INTO staff VALUES (#2, 'i', 't', 'n', false, true, true, NULL, 1, 'epoch');
INSERT INTO person VALUES (#1, 'child', '\x00', 1, 'epoch', #0, #1, false, false);
INSERT INTO recipient VALUES (#3, 'school', 'n', false, NULL, NULL, true, 1, 'epoch', #0);
INSERT INTO case_file (id, reference, status, intervention_level, details, sealed, restricted, assigned_to, assigned_by, opened_at, version, created_at,
    recorded_by) VALUES (#4, 'r', 'open', 'l2', '{}', '\x00', false, #0, #0, 'epoch', 1, 'epoch', #0);
INSERT INTO note (id, case_id, kind, sensitivity, occurred_at, recorded_at, recorded_by, worker_id, first_id, supersedes_note_id, details, sealed)
    VALUES (#5, #4, 'k', 's', 'epoch', 'epoch', #0, #0, #5, NULL, '{}', '\x00'), (#6, #4, 'k', 's', 'epoch', 'epoch', #0, #0, #5, #5, '{}', '\x00');
INSERT INTO case_event VALUES (#7, #4, 'k', NULL, NULL, 'epoch', #0);
INSERT INTO safeguarding_concern VALUES (#8, #4, 'raised', '2026-01-01', '{}', '\x00', 1, 'epoch', #0);
INSERT INTO concern_event VALUES (#9, #8, #4, NULL, '\x00', 'epoch', #0);
INSERT INTO named_person VALUES (#4, #1, true);
INSERT INTO capacity_record VALUES (#7, #1, 'd', 'o', '2026-01-01', NULL, NULL, '\x00', 'epoch', #0);
INSERT INTO consent (id, case_id, granter_id, decision, decided_at, starts_at, authority, sealed, version, created_at, recorded_by)
    VALUES (#8, #4, #1, 'given', 'epoch', 'epoch', '{}', '\x00', 1, 'epoch', #0);
INSERT INTO consent_subject VALUES (#8, #1);
INSERT INTO consent_recipient VALUES (#8, 0, #3, NULL, NULL);
INSERT INTO disposal VALUES (#7, 'c', 'g', NULL, NULL, 1, 'executed', 'epoch', #2, 'n', '2026-01-01', 2, 'epoch', #0);
INSERT INTO disposal_entry VALUES (0, #7);
INSERT INTO disclosure VALUES (#9, #4, 'permission', #3, 'epoch', #0, NULL, NULL, '{}', '\x00');
INSERT INTO disclosure_consent VALUES (#8, #9);
INSERT INTO disclosure_annotation VALUES (#a, #9, 'k', '\x00', 'epoch', #0);
INSERT INTO disclosure_address VALUES (#b, #9, #4, '\x00');
INSERT INTO disclosure_entry (idx, body) VALUES (0, '{~at~:~a~,~kind~:~k~,~actor~:~x~}'),
    (1, '{~at~:~b~,~kind~:~k~,~actor~:~x~,~recipient~:~r~,~identified~:true,~copies~:[{}]}');
INSERT INTO disclosure_leaf VALUES (0, ZEROS), (1, ZEROS);
INSERT INTO disclosure_subtree VALUES (1, 0, ZEROS);
INSERT INTO disclosure_checkpoint VALUES (1, 'n');
INSERT INTO disclosure_cosignature VALUES (1, 'w', 'l');
INSERT INTO disclosure_prune VALUES (1);
INSERT INTO disclosure_private VALUES (0, #4, #9, '\x00');
INSERT INTO disclosure_case_ix VALUES (#4, 0);
INSERT INTO access_pending VALUES (#b, '{~at~:~a~,~kind~:~k~,~outcome~:~o~,~actor~:~y~}', '[]');
";

/// The next entry of the log.
const NEXT: &str = "INSERT INTO disclosure_entry (idx, body) VALUES (2, '{~at~:~c~,~kind~:~k~,~actor~:~x~}')";

/// With ids, zeros and quotation marks written out.
fn spelt(sql: &str) -> String {
    let sql = sql.replace("ZEROS", "decode(repeat('00', 32), 'hex')").replace('~', "\"");
    "0123456789ab".chars().fold(sql, |sql, id| sql.replace(&format!("#{id}"), &format!("'00000000-0000-0000-0000-00000000000{id}'")))
}

/// A database with rows, in the half of a test that runs on PostgreSQL.
fn with_rows() -> Option<Scratch> {
    cluster::on_postgres_too();
    let scratch = scratch()?;
    open(&scratch.owner_url()).batch_execute(&spelt(&of_both_logs(ROWS))).unwrap();
    Some(scratch)
}

fn open(url: &str) -> Conn {
    Place::Server(url.to_owned()).connect(DEMANDS).unwrap()
}

/// Within a transaction that is never committed.
fn trying(url: &str) -> Conn {
    let mut conn = open(url);
    conn.batch_execute("BEGIN").unwrap();
    conn
}

/// A superuser whose session plays a replica: no trigger fires but those that always do, and no reference is checked.
fn replica(scratch: &Scratch) -> Conn {
    let mut conn = trying(&scratch.admin_url());
    conn.batch_execute("SET session_replication_role = replica").unwrap();
    conn
}

/// Every table that is written once, the words with which a change is refused, and those for a row that comes out of turn.
pub(super) const WRITTEN_ONCE: &[(&str, &str, &str)] = &[
    ("access_case_ix", "the look-up is never changed", ""),
    ("access_checkpoint", "the log is append-only", "checkpoints grow"),
    ("access_cosignature", "what a witness said stands", ""),
    ("access_entry", "the log is append-only", "the log takes the next entry only"),
    ("access_leaf", "the log is append-only", "the log takes the next leaf only"),
    ("access_pending", "what waits is never changed", ""),
    ("access_prune", "the log is append-only", "the watermark grows within the log"),
    ("access_subtree", "the log is append-only", "the log takes the next subtree only"),
    ("capacity_record", "capacity records are append-only", ""),
    ("case_event", "what happened to a case stands", ""),
    ("concern_event", "what was decided of a concern stands", ""),
    ("consent_recipient", "what was agreed cannot be changed", ""),
    ("consent_subject", "what was agreed cannot be changed", ""),
    ("disclosure", "disclosures are append-only", ""),
    ("disclosure_address", "where something went stands", ""),
    ("disclosure_annotation", "annotations are append-only", ""),
    ("disclosure_case_ix", "the look-up is never changed", ""),
    ("disclosure_checkpoint", "the log is append-only", "checkpoints grow"),
    ("disclosure_consent", "disclosures are append-only", ""),
    ("disclosure_cosignature", "what a witness said stands", ""),
    ("disclosure_entry", "the log is append-only", "the log takes the next entry only"),
    ("disclosure_leaf", "the log is append-only", "the log takes the next leaf only"),
    ("disclosure_private", "openings are never changed", ""),
    ("disclosure_prune", "the log is append-only", "the watermark grows within the log"),
    ("disclosure_subtree", "the log is append-only", "the log takes the next subtree only"),
    ("disposal_entry", "certificates stay", ""),
    ("named_person", "who was named stays", ""),
    ("note", "notes are append-only", ""),
];

/// What is changed, and never emptied. Whoever empties one of them empties what refers to it, and that would refuse, too.
const NOT_EMPTIED: &[&str] = &[
    "case_file",
    "consent",
    "decision_guard",
    "disposal",
    "information_request",
    "legal_extract",
    "legal_request",
    "participant",
    "person",
    "person_merge",
    "referral",
    "retention_hold",
    "safeguarding_concern",
    "subject_access_part",
    "subject_access_request",
];

/// What is written once in a case, and goes row by row when its key is destroyed: not before, whoever asks.
const WITH_THEIR_KEY: &[&str] = &[
    "capacity_record",
    "case_event",
    "concern_event",
    "consent_recipient",
    "consent_subject",
    "disclosure",
    "disclosure_address",
    "disclosure_annotation",
    "disclosure_consent",
    "named_person",
    "note",
];

struct Attempt {
    way: &'static str,
    /// The events that it causes, of which a trigger is told.
    events: &'static [&'static str],
    sql: String,
}

/// Every way of changing, replacing or removing what is in this table, made of its catalog.
fn attempts(conn: &mut Conn, table: &str) -> Vec<Attempt> {
    let columns = words(
        conn,
        &format!(
            "SELECT attname::text AS text FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND attgenerated = '' ORDER BY attnum"
        ),
    );
    let key = words(
        conn,
        &format!(
            "SELECT attname::text AS text FROM pg_attribute JOIN pg_index ON indrelid = attrelid AND indisprimary AND attnum = ANY (indkey) \
             WHERE attrelid = '{table}'::regclass"
        ),
    );
    let (all, first, last) = (columns.join(", "), &columns[0], &columns[columns.len() - 1]);
    let same: Vec<String> = key.iter().map(|column| format!("{table}.{column} = other.{column}")).collect();
    let merge = format!("MERGE INTO {table} USING (SELECT * FROM {table}) AS other ON {} WHEN MATCHED THEN", same.join(" AND "));
    let upsert = format!("INSERT INTO {table} ({all}) SELECT {all} FROM {table} ON CONFLICT ({}) DO UPDATE SET", key.join(", "));
    let mut attempts = vec![
        ("UPDATE", &["UPDATE"][..], format!("UPDATE {table} SET {last} = {last}")),
        ("UPDATE of the key", &["UPDATE"], format!("UPDATE {table} SET {first} = {first}")),
        ("upsert", &["INSERT", "UPDATE"], format!("{upsert} {last} = EXCLUDED.{last}")),
        ("TRUNCATE", &["TRUNCATE"], format!("TRUNCATE {table} CASCADE")),
    ];
    // MERGE came with 15.
    let merges = words(conn, "SELECT (current_setting('server_version_num')::int >= 150000)::text AS text") == ["true"];
    if merges {
        attempts.push(("MERGE", &["UPDATE"], format!("{merge} UPDATE SET {last} = other.{last}")));
    }
    if !DISPOSABLE.contains(&table) {
        attempts.push(("DELETE", &["DELETE"], format!("DELETE FROM {table}")));
        if merges {
            attempts.push(("MERGE that deletes", &["DELETE"], format!("{merge} DELETE")));
        }
    }
    attempts.into_iter().map(|(way, events, sql)| Attempt { way, events, sql }).collect()
}

/// The triggers of these events: of this table, or of all others.
fn triggers(conn: &mut Conn, table: &str, events: &[&str], others: bool) -> Vec<String> {
    let bits: i32 = events
        .iter()
        .map(|event| match *event {
            "INSERT" => 4,
            "DELETE" => 8,
            "UPDATE" => 16,
            _ => 32,
        })
        .sum();
    let which = if others { "<>" } else { "=" };
    words(
        conn,
        &format!(
            "SELECT format('%I ON %I', tgname, relname) AS text FROM pg_trigger JOIN pg_class t ON t.oid = tgrelid \
             WHERE NOT tgisinternal AND tgtype & {bits} <> 0 AND relname {which} '{table}'"
        ),
    )
}

fn drop_all(conn: &mut Conn, triggers: &[String]) {
    for trigger in triggers {
        conn.batch_execute(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
}

#[test]
fn the_list_of_what_is_written_once_is_that_of_the_catalog() {
    let Some(scratch) = with_rows() else { return };
    let mut conn = open(&scratch.owner_url());
    let told: Vec<&str> = WRITTEN_ONCE.iter().map(|(table, _, _)| *table).collect();
    let never_updated = "SELECT relname::text AS text FROM pg_trigger JOIN pg_class t ON t.oid = tgrelid \
        WHERE NOT tgisinternal AND tgqual IS NULL AND tgtype & 18 = 18 ORDER BY 1";
    assert_eq!(words(&mut conn, never_updated), told);
    let of_a_log = of_a_log(&mut conn, "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'");
    let others: Vec<&String> = of_a_log.iter().filter(|table| !told.contains(&table.as_str())).collect();
    assert!(others.is_empty(), "{others:?}");
    // What refuses a change refuses to be emptied, too, and is not skipped by a replica.
    let emptied = "SELECT relname::text AS text FROM pg_trigger JOIN pg_class t ON t.oid = tgrelid \
        WHERE NOT tgisinternal AND tgtype & 34 = 34 AND tgqual IS NULL ORDER BY 1";
    let mut refusing: Vec<&str> = told.iter().chain(NOT_EMPTIED).copied().collect();
    refusing.sort_unstable();
    assert_eq!(words(&mut conn, emptied), refusing);
    let skipped = "SELECT tgname::text AS text FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'A'";
    assert_eq!(words(&mut conn, skipped), Vec::<String>::new());
    let cascades = "SELECT conname::text AS text FROM pg_constraint WHERE contype = 'f' AND (confdeltype <> 'a' OR confupdtype <> 'a')";
    assert_eq!(words(&mut conn, cascades), Vec::<String>::new());
}

#[test]
fn t39_what_is_written_once_refuses_every_way_of_changing_it_whoever_asks() {
    let Some(scratch) = with_rows() else { return };
    let (mut app, mut owner, mut replica) = (trying(&scratch.url()), trying(&scratch.owner_url()), replica(&scratch));
    let mut faults = Vec::new();
    for (table, change, turn) in WRITTEN_ONCE {
        for Attempt { way, events, sql } in attempts(&mut owner, table) {
            let denied = refused(&mut app, &sql).unwrap_or_else(|| "passed".to_owned());
            // Nor is it told any more who moved a note from a case that is gone.
            let moved = *table == "note" && sql.contains("SET moved_by");
            let disposal = moved || events == ["DELETE"] && WITH_THEIR_KEY.contains(table);
            if denied != if disposal { (*change).to_owned() } else { format!("permission denied for table {table}") } {
                faults.push(format!("{way} of {table} by the service: {denied}"));
            }
            for (who, conn) in [("its owner", &mut owner), ("a replica", &mut replica)] {
                let said = refused(conn, &sql).unwrap_or_else(|| "passed".to_owned());
                if said != *change && !(way == "upsert" && said == *turn) {
                    faults.push(format!("{way} of {table} by {who}: {said}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_refusal_is_the_work_of_the_trigger_of_that_table() {
    let Some(scratch) = with_rows() else { return };
    let mut conn = replica(&scratch);
    let mut faults = Vec::new();
    for (table, change, turn) in WRITTEN_ONCE {
        for Attempt { way, events, sql } in attempts(&mut conn, table) {
            let (own, others) = (triggers(&mut conn, table, events, false), triggers(&mut conn, table, events, true));
            conn.batch_execute("SAVEPOINT bare").unwrap();
            // Emptying a table empties those that refer to it, which would refuse, too.
            drop_all(&mut conn, &others);
            let alone = refused(&mut conn, &sql);
            drop_all(&mut conn, &own);
            let bare = refused(&mut conn, &sql);
            conn.batch_execute("ROLLBACK TO bare; RELEASE bare").unwrap();
            if own.is_empty() || !alone.as_ref().is_some_and(|said| said == change || said == turn) || bare.is_some() {
                faults.push(format!("{way} of {table}: {own:?} alone {alone:?}, without {bare:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn a_permission_is_changed_in_its_ending_and_its_use_only() {
    let Some(scratch) = with_rows() else { return };
    let mut owner = trying(&scratch.owner_url());
    let open = ["ended", "ended_at", "ended_sealed", "used_at", "version"];
    let values = words(
        &mut owner,
        "SELECT attname || ' = ' || CASE format_type(atttypid, NULL) WHEN 'uuid' THEN 'gen_random_uuid()' WHEN 'bytea' THEN '''\\x07''' WHEN 'jsonb' THEN '''[7]''' \
            WHEN 'date' THEN '''2030-01-01''' WHEN 'integer' THEN '7' WHEN 'text' THEN '''refused''' ELSE '''2030-01-01''' END AS text \
         FROM pg_attribute WHERE attrelid = 'consent'::regclass AND attnum > 0",
    );
    assert!(values.len() > 15, "{values:?}");
    for value in values {
        let column = value.split(' ').next().unwrap();
        let change =
            if column.starts_with("ended") && column != "ended_sealed" { "ended = 'withdrawn', ended_at = 'epoch'" } else { &value };
        let said = refused(&mut owner, &format!("UPDATE consent SET {change}"));
        let expected = (!open.contains(&column)).then(|| "what was agreed cannot be changed".to_owned());
        assert_eq!(said, expected, "{value}");
    }
}

/// More that is refused to the owner, and by which words.
const REFUSED: &[(&str, &str, &str)] = &[
    ("a key that is not destroyed", "DELETE FROM sealing_key", "keys are destroyed first"),
    (
        "a note while only the key of its text is destroyed",
        "INSERT INTO sealing_key VALUES ('case', uuid_send(#4), 'seal', 1, 'k', ZEROS, 'epoch', NULL); UPDATE sealing_key SET wrapped = NULL; DELETE FROM note",
        "notes are append-only",
    ),
    (
        "a key that was never there",
        "INSERT INTO sealing_key VALUES ('case', uuid_send(#4), 'ledger', 1, 'k', NULL, 'epoch', 'epoch')",
        "keys are made whole",
    ),
    (
        "a second key of what is never exchanged",
        "INSERT INTO sealing_key VALUES ('case', uuid_send(#4), 'ledger', 2, 'k', ZEROS, 'epoch', NULL)",
        "one never exchanged",
    ),
    ("a destroyed key that comes back", "UPDATE sealing_key SET wrapped = NULL; UPDATE sealing_key SET wrapped = ZEROS", "keys stay"),
    ("the key of another", "UPDATE sealing_key SET owner_id = uuid_send(#4)", "keys stay whose they are"),
    (
        "the key of the text of a case on hold",
        "INSERT INTO sealing_key VALUES ('case', uuid_send(#4), 'seal', 1, 'k', ZEROS, 'epoch', NULL); \
         INSERT INTO retention_hold VALUES (#5, #4, 'r', '2026-01-01', ZEROS, NULL, NULL, NULL, 1, 'epoch', #0); UPDATE sealing_key SET wrapped = NULL",
        "the case is on hold",
    ),
    (
        "the key of a case on hold",
        "INSERT INTO sealing_key VALUES ('case', uuid_send(#4), 'ledger', 1, 'k', ZEROS, 'epoch', NULL); \
         INSERT INTO retention_hold VALUES (#5, #4, 'r', '2026-01-01', ZEROS, NULL, NULL, NULL, 1, 'epoch', #0); UPDATE sealing_key SET wrapped = NULL",
        "the case is on hold",
    ),
    (
        "a hold, released twice",
        "INSERT INTO retention_hold VALUES (#5, #4, 'r', '2026-01-01', ZEROS, 'epoch', #0, ZEROS, 1, 'epoch', #0); \
         UPDATE retention_hold SET released_by = #2",
        "a hold stands as it was placed",
    ),
    ("a certificate", "UPDATE disposal SET count = 2", "a disposal stands as it was decided"),
    (
        "a case that joins what is proposed",
        "INSERT INTO disposal VALUES (#8, 'c', 'g', NULL, NULL, 1, 'proposed', NULL, NULL, NULL, NULL, 1, 'epoch', #0); UPDATE disposal SET count = 2 WHERE id = #8",
        "a disposal stands as it was decided",
    ),
    (
        "a disposal by one",
        "INSERT INTO disposal VALUES (#8, 'c', 'g', NULL, NULL, 1, 'executed', 'epoch', #0, 'n', '2026-01-01', 2, 'epoch', #0)",
        "check constraint",
    ),
    ("a case", "DELETE FROM case_file", "cases go by disposal only"),
    ("a person", "DELETE FROM person", "people go by disposal only"),
    (
        "who took part",
        "INSERT INTO participant VALUES (#b, #4, #1, 'subject', 'self', '[]', false, false, NULL, 1, 'epoch', #0); DELETE FROM participant",
        "who took part stands",
    ),
    (
        "a hold",
        "INSERT INTO retention_hold VALUES (#5, #4, 'r', '2026-01-01', ZEROS, NULL, NULL, NULL, 1, 'epoch', #0); DELETE FROM retention_hold",
        "holds are released, not removed",
    ),
    (
        "a hold, put off",
        "INSERT INTO retention_hold VALUES (#5, #4, 'r', '2026-01-01', ZEROS, NULL, NULL, NULL, 1, 'epoch', #0); UPDATE retention_hold SET review_on = '2027-01-01'",
        "a hold stands as it was placed",
    ),
    ("a certificate, removed", "DELETE FROM disposal", "certificates stay"),
    ("cases, emptied", "TRUNCATE case_file CASCADE", "cases go by disposal only"),
    ("people, emptied", "TRUNCATE person CASCADE", "people go by disposal only"),
    ("parts, emptied", "TRUNCATE participant", "who took part stands"),
    ("holds, emptied", "TRUNCATE retention_hold", "holds are released, not removed"),
    ("certificates, emptied", "TRUNCATE disposal CASCADE", "certificates stay"),
    ("what waits, removed", "DELETE FROM access_pending", "what waits leaves only into the log"),
    (
        "what waits, removed while something else is added",
        "INSERT INTO access_entry (idx, body) VALUES (2, '{~at~:~c~,~kind~:~k~,~outcome~:~o~,~actor~:~x~}'); DELETE FROM access_pending",
        "what waits leaves only into the log",
    ),
    ("a gap in the log", "INSERT INTO disclosure_entry (idx, body) VALUES (3, '{~at~:~c~,~kind~:~k~,~actor~:~x~}')", "next entry"),
    ("an entry without a place", "INSERT INTO disclosure_entry (body) VALUES ('{~at~:~c~,~kind~:~k~,~actor~:~x~}')", "next entry"),
    (
        "an entry before the first",
        "INSERT INTO disclosure_entry (idx, body) VALUES (-1, '{~at~:~c~,~kind~:~k~,~actor~:~x~}')",
        "next entry",
    ),
    ("an entry without a time", "INSERT INTO disclosure_entry (idx, body) VALUES (2, '{~kind~:~k~,~actor~:~x~}')", "not-null"),
    ("an entry that is no JSON", "INSERT INTO disclosure_entry (idx, body) VALUES (2, 'at')", "invalid input syntax for type json"),
    (
        "an entry, passed over",
        "INSERT INTO disclosure_entry (idx, body) SELECT idx, body FROM disclosure_entry ON CONFLICT DO NOTHING",
        "next entry",
    ),
    (
        "a computed column, set",
        "INSERT INTO disclosure_entry (idx, body, at) VALUES (2, '{~at~:~c~,~kind~:~k~,~actor~:~x~}', 'd')",
        "cannot insert a non-DEFAULT value",
    ),
    ("a computed column, changed", "UPDATE disclosure_entry SET actor = 'other' WHERE idx = 1", "can only be updated to DEFAULT"),
    ("a leaf beyond the next", "INSERT INTO disclosure_leaf VALUES (3, ZEROS)", "next leaf"),
    ("a leaf without a place", "INSERT INTO disclosure_leaf (h) VALUES (ZEROS)", "next leaf"),
    ("a leaf of another length", r"INSERT INTO disclosure_leaf VALUES (2, '\x00')", "check constraint"),
    ("a subtree beyond the next", "INSERT INTO disclosure_subtree VALUES (1, 2, ZEROS)", "next subtree"),
    ("a smaller checkpoint", "INSERT INTO disclosure_checkpoint VALUES (0, 'n')", "grow"),
    ("a checkpoint of no size", "INSERT INTO disclosure_checkpoint (note) VALUES ('n')", "grow"),
    ("a watermark beyond the log", "INSERT INTO disclosure_prune VALUES (3)", "watermark"),
    ("a watermark of nothing", "INSERT INTO disclosure_prune VALUES (0)", "watermark"),
    ("a watermark without a place", "INSERT INTO disclosure_prune DEFAULT VALUES", "watermark"),
    ("a watermark that does not grow", "INSERT INTO disclosure_prune VALUES (1)", "watermark"),
    ("an entry behind the watermark", "DELETE FROM disclosure_entry WHERE idx = 1", "append-only"),
    ("a leaf before the watermark", "DELETE FROM disclosure_leaf WHERE idx = 0", "append-only"),
    (
        "a pruned entry, written again",
        "DELETE FROM disclosure_entry WHERE idx = 0; INSERT INTO disclosure_entry (idx, body) VALUES (0, '{~at~:~c~,~kind~:~k~,~actor~:~x~}')",
        "next entry",
    ),
    ("a permission, deleted", "DELETE FROM consent", "never removed"),
    ("permissions, emptied", "TRUNCATE consent CASCADE", "never removed"),
    ("an ending, changed", "UPDATE consent SET ended = 'withdrawn', ended_at = 'epoch'; UPDATE consent SET ended = 'expired'", "agreed"),
    (
        "an ending, undone",
        "UPDATE consent SET ended = 'withdrawn', ended_at = 'epoch'; UPDATE consent SET ended = NULL, ended_at = NULL",
        "agreed",
    ),
    (
        "the words of an ending, added later",
        r"UPDATE consent SET ended = 'expired', ended_at = 'epoch'; UPDATE consent SET ended_sealed = '\x02'",
        "agreed",
    ),
    ("a use, undone", "UPDATE consent SET used_at = 'epoch'; UPDATE consent SET used_at = NULL", "agreed"),
    ("an ending without a time", "UPDATE consent SET ended = 'withdrawn'", "check constraint"),
];

#[test]
fn what_must_never_happen_is_refused_in_so_many_words_on_postgresql() {
    let Some(scratch) = with_rows() else { return };
    let mut owner = trying(&scratch.owner_url());
    for (name, sql, expected) in REFUSED {
        for sql in [Some((*sql).to_owned()), of_the_access_log(sql)].into_iter().flatten() {
            let said = refused(&mut owner, &spelt(&sql)).unwrap_or_else(|| panic!("{name}: passed: {sql}"));
            assert!(said.contains(expected), "{name}: {said}: {sql}");
        }
    }
}

#[test]
fn a_table_of_a_session_does_not_stand_in_for_one_of_the_log() {
    let Some(scratch) = with_rows() else { return };
    let mut admin = trying(&scratch.admin_url());
    let shadows = "CREATE TEMP TABLE disclosure_prune (upto bigint); INSERT INTO pg_temp.disclosure_prune VALUES (9); \
                   CREATE TEMP TABLE disclosure_leaf (idx bigint); INSERT INTO pg_temp.disclosure_leaf VALUES (6), (7); ";
    for (sql, expected) in [
        ("DELETE FROM public.disclosure_entry", "the log is append-only"),
        ("INSERT INTO public.disclosure_prune VALUES (8)", "the watermark grows within the log"),
        ("INSERT INTO public.disclosure_leaf VALUES (8, ZEROS)", "the log takes the next leaf only"),
    ] {
        assert_eq!(refused(&mut admin, &spelt(&format!("{shadows} {sql}"))).as_deref(), Some(expected), "{sql}");
    }
}

mod copied {
    diesel::table! {
        disclosure_leaf (idx) {
            idx -> BigInt,
            h -> Binary,
        }
    }
}

/// A leaf, by COPY.
fn copy(conn: &mut Conn, idx: i64) -> QueryResult<()> {
    let Conn::Pg(conn) = conn else { panic!("on PostgreSQL") };
    let row = |copy: &mut dyn Write| {
        writeln!(copy, "{idx}\t\\\\x{}", "00".repeat(32)).unwrap();
        QueryResult::Ok(())
    };
    diesel::copy_from(copied::disclosure_leaf::table).from_raw_data(copied::disclosure_leaf::table, row).execute(conn).map(drop)
}

#[test]
fn what_is_copied_in_comes_in_turn() {
    let Some(scratch) = with_rows() else { return };
    for mut conn in [trying(&scratch.url()), trying(&scratch.owner_url()), replica(&scratch)] {
        for idx in [0, 3] {
            let said = attempt(&mut conn, |conn| copy(conn, idx)).unwrap();
            assert!(said.contains("the log takes the next leaf only"), "{said}");
        }
        assert_eq!(attempt(&mut conn, |conn| copy(conn, 2)), None);
    }
    let mut bare = replica(&scratch);
    bare.batch_execute("DROP TRIGGER disclosure_leaf_next ON disclosure_leaf").unwrap();
    assert_eq!(attempt(&mut bare, |conn| copy(conn, 3)), None, "what refused was that trigger");
}

#[test]
fn the_columns_of_the_log_are_computed_from_the_hashed_bytes_on_postgresql() {
    let Some(scratch) = with_rows() else { return };
    let mut conn = open(&scratch.url());
    let read = "SELECT concat_ws('|', at, kind, actor, coalesce(recipient, '-'), coalesce(identified::text, '-'), copied) AS text FROM disclosure_entry ORDER BY idx";
    assert_eq!(words(&mut conn, read), ["a|k|x|-|-|f", "b|k|x|r|true|t"]);
    let written = "SELECT attname::text AS text FROM pg_attribute WHERE attrelid = 'disclosure_entry'::regclass AND attnum > 0 AND attgenerated = '' ORDER BY 1";
    for written in [written.to_owned(), of_the_access_log(written).unwrap()] {
        assert_eq!(words(&mut conn, &written), ["body", "idx"], "only these are written");
    }
}

/// What the service must be able to do as the role that serves.
const ALLOWED: &[(&str, &str)] = &[
    ("the next entry", NEXT),
    ("the next leaf", "INSERT INTO disclosure_leaf VALUES (2, ZEROS)"),
    ("the next subtree, and the first of a level", "INSERT INTO disclosure_subtree VALUES (1, 1, ZEROS), (2, 0, ZEROS)"),
    ("a larger checkpoint", "INSERT INTO disclosure_checkpoint VALUES (2, 'n')"),
    (
        "moving what waits",
        "INSERT INTO access_entry (idx, body) VALUES (2, '{~actor~:~y~,~at~:~c~,~kind~:~k~,~outcome~:~o~}'); DELETE FROM access_pending",
    ),
    ("disposal: openings", "DELETE FROM disclosure_private"),
    ("disposal: the look-up", "DELETE FROM disclosure_case_ix"),
    ("disposal: the keys", "UPDATE sealing_key SET wrapped = NULL"),
    (
        "an older key of the text of a case on hold",
        "INSERT INTO sealing_key VALUES ('case', uuid_send(#4), 'seal', 1, 'k', ZEROS, 'epoch', NULL), ('case', uuid_send(#4), 'seal', 2, 'k', ZEROS, 'epoch', NULL); \
         INSERT INTO retention_hold VALUES (#5, #4, 'r', '2026-01-01', ZEROS, NULL, NULL, NULL, 1, 'epoch', #0); \
         UPDATE sealing_key SET wrapped = NULL WHERE version = 1 AND owner_id = uuid_send(#4)",
    ),
    ("disposal: that there was a key", "UPDATE sealing_key SET wrapped = NULL; DELETE FROM sealing_key"),
    (
        "disposal: what was written once, when its key is destroyed",
        "INSERT INTO sealing_key VALUES ('case', uuid_send(#4), 'ledger', 1, 'k', ZEROS, 'epoch', NULL); UPDATE sealing_key SET wrapped = NULL; \
         DELETE FROM consent_subject; \
         DELETE FROM consent_recipient; DELETE FROM disclosure_consent; DELETE FROM disclosure_annotation; DELETE FROM disclosure_address; DELETE FROM concern_event; \
         DELETE FROM disclosure_private; DELETE FROM case_event; DELETE FROM disclosure; DELETE FROM safeguarding_concern; DELETE FROM consent; DELETE FROM named_person; DELETE FROM note",
    ),
    (
        "a case that leaves what is proposed",
        "INSERT INTO disposal VALUES (#8, 'c', 'g', NULL, NULL, 2, 'proposed', NULL, NULL, NULL, NULL, 1, 'epoch', #0); \
      UPDATE disposal SET count = 1, version = 2 WHERE id = #8",
    ),
    ("ending a permission", r"UPDATE consent SET ended = 'withdrawn', ended_at = 'epoch', ended_sealed = '\x01', version = 2"),
    ("using a permission", "UPDATE consent SET used_at = 'epoch', version = 2"),
];

#[test]
fn what_must_stay_possible_is_possible_on_postgresql() {
    let Some(scratch) = with_rows() else { return };
    let (mut app, mut owner) = (trying(&scratch.url()), trying(&scratch.owner_url()));
    for (name, sql) in ALLOWED {
        for sql in [Some((*sql).to_owned()), of_the_access_log(sql)].into_iter().flatten() {
            let sql = spelt(&sql);
            let sql = format!("DO $$ DECLARE touched bigint; BEGIN {sql}; GET DIAGNOSTICS touched = ROW_COUNT; ASSERT touched > 0; END $$");
            assert_eq!(refused(&mut app, &sql), None, "{name}: {sql}");
        }
    }
    // Pruning is the owner's.
    for log in ["disclosure_entry", "access_entry"] {
        let prune = format!("DELETE FROM {log} WHERE idx < 1");
        assert_eq!(refused(&mut app, &prune), Some(format!("permission denied for table {log}")));
        assert_eq!(refused(&mut owner, &prune), None);
    }
    let all = format!("INSERT INTO disclosure_prune VALUES (2); DELETE FROM disclosure_entry; {NEXT}");
    assert_eq!(refused(&mut owner, &spelt(&all)), None);
}
