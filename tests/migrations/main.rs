//! The schema: alike on both databases, taken back and made again, refusing what must never happen, its lists found by an index.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "shared with the tests of the API, which use all of it")]
#[path = "../api/harness.rs"]
mod harness;
mod parity;
mod plans;
mod postgres;
mod roles;
mod sqlite;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use sendiass::db::conn::{Conn, Demands, Place};
use tempfile::TempDir;

const DEMANDS: Demands = Demands { encrypted: false, unsafe_server: true };

#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Text)]
    text: String,
}

/// The column `text` of this query.
fn words(conn: &mut Conn, query: &str) -> Vec<String> {
    let rows: Vec<Words> = diesel::sql_query(query).load(conn).unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.into_iter().map(|row| row.text).collect()
}

/// A new embedded database.
fn fresh() -> (TempDir, Place, Conn) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::File(folder.path().join("schema.db"));
    let mut conn = place.connect(Demands::default()).unwrap();
    conn.migrate().unwrap();
    (folder, place, conn)
}

/// Tries it in a savepoint of its own, which is undone. The words of the refusal, if there was one.
fn attempt(conn: &mut Conn, f: impl FnOnce(&mut Conn) -> QueryResult<()>) -> Option<String> {
    conn.batch_execute("SAVEPOINT attempt").unwrap();
    let result = f(conn);
    conn.batch_execute("ROLLBACK TO attempt; RELEASE attempt").unwrap();
    result.err().map(|error| error.to_string())
}

fn refused(conn: &mut Conn, sql: &str) -> Option<String> {
    attempt(conn, |conn| conn.batch_execute(sql))
}
