//! What is on record, as whoever has the database can check it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Binary, Text};
use diesel::{QueryableByName, RunQueryDsl};
use sendiass::db::conn::Conn;
use sha2::{Digest, Sha256};

const HALF_WRITTEN: &[(&str, &str)] = &[
    (
        "disclosures without exactly one entry",
        "SELECT count(*) FROM disclosure d WHERE (SELECT count(*) FROM disclosure_private p JOIN disclosure_entry e ON e.idx = p.idx \
         WHERE p.disclosure_id = d.id AND e.kind = 'disclosure_made') <> 1",
    ),
    (
        "entries without their disclosure",
        "SELECT count(*) FROM disclosure_entry e WHERE e.kind = 'disclosure_made' AND NOT EXISTS \
         (SELECT 1 FROM disclosure_private p JOIN disclosure d ON d.id = p.disclosure_id WHERE p.idx = e.idx)",
    ),
    (
        "entries not filed under their case",
        "SELECT count(*) FROM disclosure_private p WHERE (SELECT count(*) FROM disclosure_case_ix c WHERE c.idx = p.idx AND c.case_id = p.case_id) <> 1",
    ),
    (
        "filed entries without their private row",
        "SELECT count(*) FROM disclosure_case_ix c WHERE NOT EXISTS (SELECT 1 FROM disclosure_private p WHERE p.idx = c.idx AND p.case_id = c.case_id)",
    ),
    (
        "disclosures without exactly one permission",
        "SELECT count(*) FROM disclosure d WHERE (SELECT count(*) FROM disclosure_consent c WHERE c.disclosure_id = d.id) <> 1",
    ),
];

/// What is written together is there together.
pub fn nothing_is_half_written(database: &mut Conn) {
    for (what, sql) in HALF_WRITTEN {
        assert_eq!(count(database, sql), 0, "{what}");
    }
    let there: BTreeSet<String> =
        ["person", "note", "disclosure", "case_file", "consent", "recipient"].iter().flat_map(|table| ids(database, table)).collect();
    assert!(bytes(database, "SELECT resource_id AS bytes FROM idempotency").is_subset(&there), "keys without what they made");
    let owners = bytes(database, "SELECT owner_id AS bytes FROM sealing_key");
    assert!(ids(database, "person").is_subset(&owners), "people without keys");
}

/// The entries of both logs stand without a gap, each beside the hash of its bytes; the root of those of the disclosure log.
pub fn root_of_the_log(database: &mut Conn) -> String {
    root_of("access", database);
    root_of("disclosure", database)
}

fn root_of(log: &str, database: &mut Conn) -> String {
    // All of it as it is at one moment: the service may be at work.
    let begin = if database.is_shared() { "BEGIN ISOLATION LEVEL REPEATABLE READ" } else { "BEGIN" };
    database.batch_execute(begin).unwrap();
    let sql = format!("SELECT e.idx, e.body, l.h FROM {log}_entry e JOIN {log}_leaf l ON l.idx = e.idx ORDER BY e.idx");
    let rows: Vec<Row> = diesel::sql_query(sql).load(database).unwrap();
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(usize::try_from(row.idx).unwrap(), index, "a gap in the log");
        assert_eq!(row.h, hash(&[&[0], row.body.as_bytes()]), "the leaf of entry {index}");
    }
    for table in ["entry", "leaf"].map(|table| format!("{log}_{table}")) {
        assert_eq!(usize::try_from(count(database, &format!("SELECT count(*) FROM {table}"))).unwrap(), rows.len(), "{table}");
    }
    database.batch_execute("COMMIT").unwrap();
    let leaves: Vec<Vec<u8>> = rows.into_iter().map(|row| row.h).collect();
    BASE64_STANDARD.encode(root(&leaves))
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    idx: i64,
    #[diesel(sql_type = Text)]
    body: String,
    #[diesel(sql_type = Binary)]
    h: Vec<u8>,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = Text)]
    id: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

pub fn count(database: &mut Conn, sql: &str) -> i64 {
    diesel::sql_query(format!("SELECT ({sql}) AS count")).get_result::<Count>(database).unwrap().count
}

/// An id as the tables know it.
pub fn plain(id: &str) -> String {
    id.replace('-', "")
}

/// The ids of a table.
pub fn ids(database: &mut Conn, table: &str) -> BTreeSet<String> {
    let text = match database {
        Conn::Sqlite(_) => "lower(hex(id))",
        Conn::Pg(_) => "id::text",
    };
    let rows: Vec<Id> = diesel::sql_query(format!("SELECT {text} AS id FROM {table}")).load(database).unwrap();
    rows.into_iter().map(|row| plain(&row.id)).collect()
}

/// The requests of which the access log tells, and how often.
pub fn requests_logged(database: &mut Conn) -> BTreeMap<String, usize> {
    // What waits is logged, too.
    let rows: Vec<Told> =
        diesel::sql_query("SELECT body FROM access_pending UNION ALL SELECT body FROM access_entry").load(database).unwrap();
    let mut requests = BTreeMap::new();
    for row in rows {
        let body: serde_json::Value = serde_json::from_str(&row.body).unwrap();
        *requests.entry(body["req"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    requests
}

#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = Text)]
    body: String,
}

#[derive(QueryableByName)]
struct Bytes {
    #[diesel(sql_type = Binary)]
    bytes: Vec<u8>,
}

fn bytes(database: &mut Conn, sql: &str) -> BTreeSet<String> {
    let rows: Vec<Bytes> = diesel::sql_query(sql).load(database).unwrap();
    rows.into_iter().map(|row| uuid::Uuid::from_slice(&row.bytes).unwrap().simple().to_string()).collect()
}

fn hash(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().to_vec()
}

/// The root of a tree (RFC 6962, section 2.1), from its leaves alone.
fn root(leaves: &[Vec<u8>]) -> Vec<u8> {
    match leaves {
        [] => hash(&[]),
        [leaf] => leaf.clone(),
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            hash(&[&[1], &root(left), &root(right)])
        }
    }
}
