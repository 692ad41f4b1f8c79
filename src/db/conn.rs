//! The connection: which database, its settings, its migrations. Only this file and `tx.rs` know which engine is used.

// The derive writes public items of its own, without a word on them.
#![expect(missing_docs, reason = "the derive of `Conn` writes public items without documentation")]

use std::path::PathBuf;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Text};
use diesel::sqlite::SqliteConnection;

use super::error::{Error, Result};
use super::link;
use super::stored::{AnyId, DbJson, DbTs, DbUuid, Json};
use crate::domain::ids::{CaseId, EntryId, SarId, SarPartId};
use crate::domain::time::Timestamp;

pub use self::{MultiBackend as Engine, MultiRawValue as RawValue};

/// A connection to one of the databases.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// PostgreSQL, for production.
    Pg(PgConnection),
    /// The embedded database.
    Sqlite(SqliteConnection),
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// A file of the embedded database.
    File(PathBuf),
    /// The address of a PostgreSQL database, as `libpq` takes it.
    Server(String),
}

impl std::fmt::Debug for Place {
    /// Without the address, in which a password may stand.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Server(_) => f.write_str("Server(…)"),
        }
    }
}

/// How strict the connections are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Demands {
    /// The way to a server that is not on this machine is encrypted: production.
    pub encrypted: bool,
    /// A server that does not keep what it acknowledged is taken all the same: throw-away databases of tests only.
    pub unsafe_server: bool,
}

/// On every connection: an acknowledged commit survives a power cut, references hold, deleted content is overwritten.
const SQLITE: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                      PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;";

/// The settings that must be in force, as they read back.
const SQLITE_EXPECTED: &[(&str, &str)] =
    &[("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("secure_delete", "1"), ("trusted_schema", "0")];

/// On every connection: nothing waits for ever, and nothing is held open by somebody who went away. Whoever asked has had an answer after
/// 2.3 seconds: what is still open then, and says nothing, only holds up others. No statement is compiled: that pays for reports over all rows, and
/// here adds 10 to 30 ms to a page of a long log.
pub(super) const POSTGRES: &str = "SET statement_timeout = '5s'; SET lock_timeout = '2s'; SET idle_in_transaction_session_timeout = '3s'; \
                        SET default_transaction_isolation = 'read committed'; SET jit = off";

const POSTGRES_EXPECTED: &[(&str, &str)] = &[
    ("statement_timeout", "5s"),
    ("lock_timeout", "2s"),
    ("idle_in_transaction_session_timeout", "3s"),
    ("default_transaction_isolation", "read committed"),
    ("jit", "off"),
    ("TimeZone", "UTC"),
];

/// Switched off, an acknowledged commit may be lost.
const POSTGRES_DURABLE: &[&str] = &["fsync", "full_page_writes", "synchronous_commit"];

/// A server that went away without a word is noticed: by its silence on connecting, and by bytes that nobody confirms.
const POSTGRES_LINK: &[&str] = &[
    "connect_timeout=2",
    "tcp_user_timeout=5000",
    "keepalives_idle=5",
    "keepalives_interval=2",
    "keepalives_count=3",
    "application_name=sendiass",
];

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    value: String,
}

/// Why a database was not opened.
#[derive(Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Nobody answers, or not to this name and password: the first line of what was said.
    Unreachable(String),
    /// A setting that must hold does not.
    Setting(&'static str),
    /// The way to the server is not encrypted.
    Plain,
    /// It is encrypted, and nobody made sure who is at its end.
    Unverified,
    /// It shall be encrypted, and this build cannot do that.
    WithoutTls,
}

fn unreachable(error: &diesel::ConnectionError) -> Unfit {
    let why = error.to_string();
    if why.contains("SSL support is not compiled in") {
        return Unfit::WithoutTls;
    }
    Unfit::Unreachable(why.lines().next().unwrap_or_default().to_owned())
}

/// A connection that does not take its settings.
impl From<diesel::result::Error> for Unfit {
    fn from(error: diesel::result::Error) -> Self {
        Self::Unreachable(error.to_string().lines().next().unwrap_or_default().to_owned())
    }
}

impl Place {
    /// A new connection, with its settings in force.
    pub fn connect(&self, demands: Demands) -> std::result::Result<Conn, Unfit> {
        match self {
            Self::File(path) => {
                let mut conn = SqliteConnection::establish(&path.display().to_string()).map_err(|error| unreachable(&error))?;
                conn.batch_execute(SQLITE)?;
                for (name, expected) in SQLITE_EXPECTED {
                    let query = format!("SELECT '{name}' AS name, CAST({name} AS TEXT) AS value FROM pragma_{name}");
                    if diesel::sql_query(query).get_result::<Setting>(&mut conn)?.value != *expected {
                        return Err(Unfit::Setting(name));
                    }
                }
                Ok(Conn::Sqlite(conn))
            }
            Self::Server(url) => {
                if demands.encrypted {
                    link::is_private(url)?;
                }
                let mut conn = PgConnection::establish(&with_link(url)).map_err(|error| unreachable(&error))?;
                conn.batch_execute(POSTGRES)?;
                let settings = settings(&mut conn)?;
                let is = |name: &str, value: &str| settings.iter().any(|setting| setting.name == name && setting.value == value);
                for (name, expected) in POSTGRES_EXPECTED {
                    if !is(name, expected) {
                        return Err(Unfit::Setting(name));
                    }
                }
                for name in POSTGRES_DURABLE {
                    if !demands.unsafe_server && is(name, "off") {
                        return Err(Unfit::Setting(name));
                    }
                }
                if demands.encrypted {
                    link::was_private(&mut conn, url)?;
                }
                Ok(Conn::Pg(conn))
            }
        }
    }
}

/// The settings that are looked at, in one question. One that the server does not know is an error.
fn settings(conn: &mut PgConnection) -> std::result::Result<Vec<Setting>, Unfit> {
    let names: Vec<&str> = POSTGRES_EXPECTED.iter().map(|(name, _)| *name).chain(POSTGRES_DURABLE.iter().copied()).collect();
    let query = "SELECT name, current_setting(name) AS value FROM unnest($1) AS name";
    Ok(diesel::sql_query(query).bind::<Array<Text>, _>(names).load(conn)?)
}

/// The address with what it does not say itself of the link.
fn with_link(url: &str) -> String {
    let mut url = url.to_owned();
    for setting in POSTGRES_LINK {
        let name = setting.split('=').next().unwrap_or_default();
        if !url.contains(&format!("{name}=")) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(setting);
        }
    }
    url
}

/// What is locked until the transaction ends, where several write at once. The embedded database has one writer, who has locked all.
#[derive(Clone, Copy, Debug)]
pub enum Lock {
    /// The end of the disclosure log, so that its indexes have no gap. Taken last: it is held until COMMIT by each in turn.
    Log,
    /// The end of the access log. Taken after that.
    AccessLog,
    /// A repeated request: whoever comes second waits for the first.
    Request(i32),
    /// Entering somebody who was not on record.
    Staff,
    /// The next reference of a year.
    Reference,
    /// An anonymous wording, so that it does not leave twice at once. Taken behind the guards.
    Wording(i32),
}

impl Conn {
    /// Adds entries of a log and their leaves, from this index on, by a statement for each table. False in the embedded database, where a statement
    /// for each row is as quick.
    pub fn add_entries(
        &mut self,
        (entry, leaf): (&str, &str),
        first: i64,
        bodies: impl Iterator<Item = impl AsRef<str>>,
        leaves: impl Iterator<Item = impl AsRef<[u8]>>,
    ) -> QueryResult<bool> {
        let Self::Pg(conn) = self else { return Ok(false) };
        let rows = |table: &str, column: &str| {
            format!(
                "INSERT INTO {table} (idx, {column}) SELECT $1 + n - 1, value FROM unnest($2) WITH ORDINALITY AS new (value, n) ORDER BY n"
            )
        };
        let (bodies, leaves): (Vec<_>, Vec<_>) = (bodies.collect(), leaves.collect());
        let bodies: Vec<&str> = bodies.iter().map(AsRef::as_ref).collect();
        let leaves: Vec<&[u8]> = leaves.iter().map(AsRef::as_ref).collect();
        diesel::sql_query(rows(entry, "body")).bind::<BigInt, _>(first).bind::<Array<Text>, _>(bodies).execute(conn)?;
        diesel::sql_query(rows(leaf, "h")).bind::<BigInt, _>(first).bind::<Array<Binary>, _>(leaves).execute(conn)?;
        Ok(true)
    }

    /// Has entries wait on a server by one statement: the id of each, as it is written, and its cases.
    pub fn add_pending(&mut self, rows: Vec<(EntryId, String, Json<Vec<CaseId>>)>) -> QueryResult<()> {
        let Self::Pg(conn) = self else { return Ok(()) };
        let (mut ids, mut bodies, mut cases) = (Vec::new(), Vec::new(), Vec::new());
        for (id, body, about) in rows {
            ids.push(id);
            bodies.push(body);
            cases.push(about);
        }
        diesel::sql_query("INSERT INTO access_pending (id, body, cases) SELECT * FROM unnest($1, $2, $3)")
            .bind::<Array<DbUuid>, _>(ids)
            .bind::<Array<Text>, _>(bodies)
            .bind::<Array<DbJson>, _>(cases)
            .execute(conn)?;
        Ok(())
    }

    /// Whether an entry waits for longer than this, by the clock of the server. In the embedded database none ever does.
    pub fn is_stuck(&mut self, patience: &str) -> QueryResult<bool> {
        let Self::Pg(conn) = self else { return Ok(false) };
        let waiting = "SELECT FROM access_pending WHERE since < clock_timestamp() - $1::interval LIMIT 1";
        Ok(diesel::sql_query(waiting).bind::<Text, _>(patience).execute(conn)? > 0)
    }

    /// Files entries under their cases, as far as those are on record, by one statement. False in the embedded database.
    pub fn add_lookups(&mut self, table: &str, cases: &[CaseId], indexes: &[i64]) -> QueryResult<bool> {
        let Self::Pg(conn) = self else { return Ok(false) };
        let rows = format!(
            "INSERT INTO {table} (case_id, idx) SELECT case_file.id, new.idx FROM unnest($1, $2) AS new (id, idx) JOIN case_file USING (id)"
        );
        diesel::sql_query(rows).bind::<Array<DbUuid>, _>(cases).bind::<Array<BigInt>, _>(indexes).execute(conn)?;
        Ok(true)
    }

    /// Removes these rows of a table from a server by one statement.
    pub fn remove_rows(&mut self, table: &str, ids: &[EntryId]) -> QueryResult<()> {
        let Self::Pg(conn) = self else { return Ok(()) };
        diesel::sql_query(format!("DELETE FROM {table} WHERE id = ANY ($1)")).bind::<Array<DbUuid>, _>(ids).execute(conn)?;
        Ok(())
    }

    /// Puts these sealed values into rows of a table by one statement.
    pub fn put_sealed(&mut self, table: &str, rows: Vec<(AnyId, Vec<u8>)>) -> QueryResult<()> {
        let Some(values) = places(rows.len(), 2) else { return Ok(()) };
        let put = format!("UPDATE {table} SET sealed = new.column2 FROM (VALUES {values}) AS new WHERE id = new.column1");
        let mut put = diesel::sql_query(put).into_boxed::<Engine>();
        for (id, sealed) in rows {
            put = put.bind::<DbUuid, _>(id).bind::<Binary, _>(sealed);
        }
        put.execute(self).map(drop)
    }

    /// Adds parts of a subject access request by one statement: the id, the case, and what is sealed of each.
    pub fn add_parts(&mut self, request: SarId, rows: Vec<(SarPartId, CaseId, Vec<u8>)>, now: Timestamp) -> QueryResult<()> {
        let Some(values) = places(rows.len(), 5) else { return Ok(()) };
        let add = format!("INSERT INTO subject_access_part (id, sar_id, case_id, sealed, created_at) VALUES {values}");
        let mut add = diesel::sql_query(add).into_boxed::<Engine>();
        for (id, case, sealed) in rows {
            add =
                add.bind::<DbUuid, _>(id).bind::<DbUuid, _>(request).bind::<DbUuid, _>(case).bind::<Binary, _>(sealed).bind::<DbTs, _>(now);
        }
        add.execute(self).map(drop)
    }

    /// Whether others write at the same time.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Pg(_))
    }

    /// Takes a lock that has no row.
    pub fn lock(&mut self, lock: Lock) -> Result<()> {
        let (kind, key) = match lock {
            Lock::Log => (1, 0),
            Lock::AccessLog => (7, 0),
            Lock::Request(key) => (2, key),
            Lock::Staff => (4, 0),
            Lock::Reference => (5, 0),
            Lock::Wording(key) => (6, key),
        };
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Pg(conn) => {
                let take = diesel::sql_query("SELECT pg_advisory_xact_lock($1, $2)");
                take.bind::<Integer, _>(kind).bind::<Integer, _>(key).execute(conn)?;
                Ok(())
            }
        }
    }

    /// Locks rows of one of these tables until the transaction ends, in the order of their ids, so that what was read of them stays true.
    pub fn lock_rows(&mut self, table: RowLock, ids: Vec<AnyId>) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Pg(conn) => {
                let query = match table {
                    RowLock::Case => "SELECT 1 FROM case_file WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
                    RowLock::Guard => "SELECT 1 FROM decision_guard WHERE person_id = ANY ($1) ORDER BY person_id FOR NO KEY UPDATE",
                    RowLock::Staff => "SELECT 1 FROM staff WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
                    RowLock::Recipient => "SELECT 1 FROM recipient WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
                    RowLock::RecipientAsItIs => "SELECT 1 FROM recipient WHERE id = ANY ($1) ORDER BY id FOR SHARE",
                    RowLock::Person => "SELECT 1 FROM person WHERE id = ANY ($1) ORDER BY id FOR UPDATE",
                    RowLock::PersonAsTheyAre => "SELECT 1 FROM person WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE",
                    RowLock::Disposal => "SELECT 1 FROM disposal WHERE id = ANY ($1) ORDER BY id FOR UPDATE",
                };
                diesel::sql_query(query).bind::<Array<DbUuid>, _>(ids).execute(conn)?;
                Ok(())
            }
        }
    }
}

/// The places of so many rows of values, as a statement names them; none, if there is no row.
fn places(rows: usize, columns: usize) -> Option<String> {
    let row = |row: usize| {
        let columns: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", columns.join(", "))
    };
    (rows > 0).then(|| (0..rows).map(row).collect::<Vec<_>>().join(", "))
}

/// The rows that are locked.
#[derive(Clone, Copy, Debug)]
pub enum RowLock {
    /// A case: what is done in one case is done one after the other.
    Case,
    /// The guard of a person (R16). Taken behind the case.
    Guard,
    /// A member of staff.
    Staff,
    /// A body of the register, which is about to change.
    Recipient,
    /// A body of the register, which several rely on at once.
    RecipientAsItIs,
    /// A person who may be about to go. Taken behind the guards, before the logs.
    Person,
    /// A person who is on record, whatever becomes of what is known of them.
    PersonAsTheyAre,
    /// A disposal. Taken behind its cases.
    Disposal,
}

impl From<Unfit> for Error {
    fn from(_: Unfit) -> Self {
        Self::Unavailable
    }
}
