//! A log with many entries, put there as the service would have, but all at once.

use std::collections::BTreeMap;
use std::fmt::Write;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl};
use sendiass::db::conn::Conn;
use sendiass::ledger::merkle::completed;
use sendiass::ledger::{Hash, HashReader, MissingRows, leaf};

use crate::harness::TestApp;
use crate::harness::cluster::by_engine;

/// The hashes of a log, in memory.
#[derive(Default)]
pub struct Tree {
    pub leaves: Vec<Hash>,
    pub subtrees: BTreeMap<(u8, u64), Hash>,
}

impl HashReader for Tree {
    type Error = MissingRows;

    fn hashes(&mut self, level: u8, from: u64, to: u64) -> Result<Vec<Hash>, MissingRows> {
        let row = |n| if level == 0 { self.leaves.get(usize::try_from(n).unwrap()) } else { self.subtrees.get(&(level, n)) };
        (from..to).map(|n| row(n).copied().ok_or(MissingRows)).collect()
    }
}

impl Tree {
    /// Adds a leaf. The subtrees it completes are answered.
    pub fn push(&mut self, leaf: Hash) -> Vec<(u8, u64, Hash)> {
        let done = completed(self, self.leaves.len() as u64, leaf).unwrap();
        self.leaves.push(leaf);
        self.subtrees.extend(done.iter().map(|row| ((row.level, row.n), row.hash)));
        done.into_iter().map(|row| (row.level, row.n, row.hash)).collect()
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    idx: i64,
    #[diesel(sql_type = Text)]
    text: String,
}

/// The entries of a log as they are stored: index and body.
pub fn stored(app: &TestApp, log: &str) -> Vec<(i64, String)> {
    stored_in(&mut app.sabotage(), log)
}

pub fn stored_in(conn: &mut Conn, log: &str) -> Vec<(i64, String)> {
    let rows: Vec<Row> = diesel::sql_query(format!("SELECT idx, body AS text FROM {log}_entry ORDER BY idx")).load(conn).unwrap();
    rows.into_iter().map(|row| (row.idx, row.text)).collect()
}

/// A hash, as SQL has it.
pub fn hash(hash: &Hash) -> String {
    let mut digits = String::new();
    for byte in hash.0 {
        write!(digits, "{byte:02x}").unwrap();
    }
    by_engine("x'@'", "'\\x@'::bytea").replace('@', &digits)
}

/// Adds so many entries about nothing to the access log (`access`) or the disclosure log (`disclosure`), a second apart from 1 July 2026 on, each
/// with this many more bytes.
pub fn lengthen(app: &TestApp, log: &str, count: usize, padding: usize) {
    let mut tree = Tree::default();
    let old = stored(app, log);
    for (_, body) in &old {
        tree.push(leaf::leaf_hash(body.as_bytes()));
    }
    let begin = sendiass::domain::time::Timestamp::parse("2026-07-01T00:00:00.000Z").unwrap().micros();
    let new = (0..count).map(|n| {
        let at = sendiass::domain::time::Timestamp::from_micros(begin + 1_000_000 * i64::try_from(n).unwrap()).unwrap();
        let kind = if log == "access" { "listed" } else { "decided_not_to_share" };
        let body = serde_json::json!({"actor": uuid::Uuid::nil(), "at": at.to_string(), "id": uuid::Uuid::now_v7(), "kind": kind,
            "operation": "x".repeat(padding), "outcome": "granted", "req": uuid::Uuid::now_v7(), "v": 1});
        leaf::write(body.as_object().unwrap()).unwrap()
    });
    let sql = rows(log, &mut tree, new);
    app.sabotage().batch_execute(&format!("BEGIN; {sql} COMMIT")).unwrap();
}

/// Makes a log anew as a whole, of these entries.
pub fn make_anew(conn: &mut Conn, log: &str, bodies: Vec<String>) {
    let rows = rows(log, &mut Tree::default(), bodies.into_iter());
    let gone: String = ["entry", "leaf", "subtree"].map(|table| format!("DELETE FROM {log}_{table};")).concat();
    conn.batch_execute(&format!("BEGIN; {gone} {rows} COMMIT")).unwrap();
}

/// What adds these entries to the tree of a log.
fn rows(log: &str, tree: &mut Tree, bodies: impl Iterator<Item = String>) -> String {
    let mut sql = String::new();
    for body in bodies {
        let (index, hashed) = (tree.leaves.len(), leaf::leaf_hash(body.as_bytes()));
        write!(sql, "INSERT INTO {log}_entry (idx, body) VALUES ({index}, '{body}');").unwrap();
        write!(sql, "INSERT INTO {log}_leaf (idx, h) VALUES ({index}, {});", hash(&hashed)).unwrap();
        for (level, place, root) in tree.push(hashed) {
            write!(sql, "INSERT INTO {log}_subtree (level, n, h) VALUES ({level}, {place}, {});", hash(&root)).unwrap();
        }
    }
    sql
}

/// The root of a log of these bodies, as anybody computes it who keeps a copy.
pub fn root<'a>(bodies: impl Iterator<Item = &'a [u8]>) -> String {
    let mut tree = Tree::default();
    for body in bodies {
        tree.push(leaf::leaf_hash(body));
    }
    let size = tree.leaves.len() as u64;
    BASE64_STANDARD.encode(sendiass::ledger::merkle::root(&mut tree, size).unwrap().0)
}
