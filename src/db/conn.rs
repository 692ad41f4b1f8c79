//! The connection: which database, its settings, its migrations. Only this file and `tx.rs` know which engine is used.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::error::{Error, Result};

/// A connection to the database.
pub type Conn = diesel::SqliteConnection;
/// A pool of connections that only read.
pub type Readers = Pool<ConnectionManager<Conn>>;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// On every connection: an acknowledged commit survives a power cut, references hold, deleted content is overwritten.
const SETTINGS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                        PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;";

/// The settings that must be in force, as they read back.
const EXPECTED: &[(&str, &str)] = &[("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("secure_delete", "1")];

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

fn configure(conn: &mut Conn) -> Result<()> {
    conn.batch_execute(SETTINGS)?;
    for (name, expected) in EXPECTED {
        let query = format!("SELECT CAST({name} AS TEXT) AS value FROM pragma_{name}");
        if diesel::sql_query(query).get_result::<Setting>(conn)?.value != *expected {
            return Err(Error::Unavailable);
        }
    }
    Ok(())
}

/// Opens the database at this place, creating it where it does not exist, and brings its schema up to date.
pub fn open(path: &str) -> Result<Conn> {
    let mut conn = Conn::establish(path).map_err(|_| Error::Unavailable)?;
    configure(&mut conn)?;
    conn.run_pending_migrations(MIGRATIONS).map_err(|_| Error::Corrupt("schema"))?;
    Ok(conn)
}

#[derive(Debug)]
struct ReadOnly;

impl CustomizeConnection<Conn, diesel::r2d2::Error> for ReadOnly {
    fn on_acquire(&self, conn: &mut Conn) -> std::result::Result<(), diesel::r2d2::Error> {
        configure(conn)
            .and_then(|()| Ok(conn.batch_execute("PRAGMA query_only = ON")?))
            .map_err(|_| diesel::r2d2::Error::QueryError(diesel::result::Error::BrokenTransactionManager))
    }
}

/// A pool of readers of the same database. Whoever waits two seconds in vain is turned away.
pub fn readers(path: &str, size: u32) -> Result<Readers> {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .connection_timeout(Duration::from_secs(2))
        .connection_customizer(Box::new(ReadOnly))
        .build(ConnectionManager::new(path))
        .map_err(|_| Error::Unavailable)
}

/// Takes every migration back and applies it again: a test of the migrations themselves.
pub fn revert_and_reapply(conn: &mut Conn) -> Result<()> {
    conn.revert_all_migrations(MIGRATIONS).map_err(|_| Error::Corrupt("schema"))?;
    conn.run_pending_migrations(MIGRATIONS).map_err(|_| Error::Corrupt("schema"))?;
    Ok(())
}
