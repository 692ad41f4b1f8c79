//! The connection: which database, its settings, its migrations. What is done on one engine only stands here and under here.

// The derive writes public items of its own, without a word on them.
#![expect(missing_docs, reason = "the derive of `Conn` writes public items without documentation")]

mod rows;

use std::path::PathBuf;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Text};
use diesel::sqlite::SqliteConnection;

use super::error::{Error, Result};
use super::link;
use super::stored::{AnyId, DbUuid};

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
