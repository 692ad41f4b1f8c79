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

use std::sync::{Arc, Barrier};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use sendiass::db::conn::{Conn, Demands, Place};
use sendiass::db::keyring::Keyring;
use sendiass::db::sealed::Secret;
use sendiass::db::{Db, Error};
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

/// The tables of the logs, by their names, in a catalog that lists its tables like this.
fn of_a_log(conn: &mut Conn, catalog: &str) -> Vec<String> {
    let tables = words(
        conn,
        &format!(
            "SELECT name AS text FROM ({catalog}) AS tables WHERE name LIKE 'disclosure\\_%' ESCAPE '\\' OR name LIKE 'access\\_%' ESCAPE '\\' ORDER BY 1"
        ),
    );
    assert!(tables.len() >= 18, "{tables:?}");
    tables
}

/// Disposal empties these, row by row; what waits for its place in the log leaves when it has it.
const DISPOSABLE: &[&str] = &["access_case_ix", "access_pending", "disclosure_case_ix", "disclosure_private"];

/// Does this on three connections of a pool, held together.
fn on_three<T: Send + 'static>(place: &Place, f: impl Fn(&mut Conn) -> T + Clone + Send + 'static) -> Vec<T> {
    let keys = Keyring::new("test".to_owned(), &Secret::new([7; 32]), &Secret::new([9; 32]));
    let db = Db::open(place, DEMANDS, keys, 3).unwrap();
    let together = Arc::new(Barrier::new(3));
    let one = || {
        let (f, together) = (f.clone(), together.clone());
        db.read::<_, Error>(move |tx| {
            together.wait();
            Ok(f(tx.conn))
        })
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let done = runtime.block_on(futures_util::future::join_all([one(), one(), one()]));
    done.into_iter().map(Result::unwrap).collect()
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

/// The same words about the access log, whose tables have the same shape; none, if they are not about what both logs have.
fn of_the_access_log(sql: &str) -> Option<String> {
    let tables = ["entry", "leaf", "subtree", "checkpoint", "cosignature", "prune", "case_ix"];
    let other = tables.iter().fold(sql.to_owned(), |sql, table| sql.replace(&format!("disclosure_{table}"), &format!("access_{table}")));
    let outcome = |mark: &str| {
        (format!("{mark}kind{mark}:{mark}k{mark}"), format!("{mark}kind{mark}:{mark}k{mark},{mark}outcome{mark}:{mark}o{mark}"))
    };
    let told = ["\"", "~"].map(outcome).iter().fold(other.clone(), |sql, (kind, with_outcome)| sql.replace(kind, with_outcome));
    (other != sql).then_some(told)
}

/// Statements, and after them the same about the access log.
fn of_both_logs(sql: &str) -> String {
    let others: Vec<String> = sql.split(';').filter_map(of_the_access_log).collect();
    format!("{sql} {};", others.join(";"))
}

fn refused(conn: &mut Conn, sql: &str) -> Option<String> {
    attempt(conn, |conn| conn.batch_execute(sql))
}
