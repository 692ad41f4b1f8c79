//! Transactions begin here and nowhere else: `read` and `write`.
//!
//! All writes go through one thread, so that commits can be shared between requests without a use case knowing. A use case is one
//! transaction: its change, its log entries and its idempotency record commit together or not at all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use diesel::connection::SimpleConnection;
use tokio::sync::{Semaphore, oneshot};

use super::conn::{self, Conn, Readers};
use super::error::{Error, Result};
use super::health::{Load, Tally};
use super::ledger::{self, Pending};
use super::sealed::{self, Cell, KeyUse, Keyring, Owner, Secret, Unwrapped};
use crate::domain::time::Timestamp;

/// How many writes may wait before more are turned away.
const QUEUE: usize = 1024;
/// How many reads may wait beyond those that run.
const WAITING_READS: usize = 64;

/// The indexes the queued log entries were given, in the order in which they were queued.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogIndexes(pub Vec<i64>);

/// One transaction.
pub struct Tx<'a> {
    /// The connection it runs on.
    pub conn: &'a mut Conn,
    /// The keys of the deployment.
    pub keys: &'a Keyring,
    unwrapped: Unwrapped,
    pub(super) log: Vec<Pending>,
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tx")
    }
}

impl<'a> Tx<'a> {
    fn new(conn: &'a mut Conn, keys: &'a Keyring) -> Self {
        Self { conn, keys, unwrapped: Unwrapped::default(), log: Vec::new() }
    }

    /// Makes the keys of a new case or person.
    pub fn create_keys(&mut self, owner: Owner, now: Timestamp) -> Result<()> {
        sealed::create(self.conn, self.keys, owner, now)
    }

    /// The key of a case or person for this use.
    pub fn key(&mut self, owner: Owner, usage: KeyUse) -> Result<Secret> {
        sealed::key(self.conn, self.keys, &mut self.unwrapped, owner, usage)
    }

    /// Seals a value for its cell.
    pub fn seal(&mut self, cell: Cell, value: &impl serde::Serialize) -> Result<Vec<u8>> {
        sealed::seal(self.conn, self.keys, &mut self.unwrapped, cell, value)
    }

    /// Opens the sealed value of a cell.
    pub fn open<T: serde::de::DeserializeOwned>(&mut self, cell: Cell, sealed: &[u8]) -> Result<T> {
        sealed::open(self.conn, self.keys, &mut self.unwrapped, cell, sealed)
    }
}

type Job = Box<dyn FnOnce(&mut Conn) + Send>;

/// The database: a pool that reads and a thread that writes.
#[derive(Clone)]
pub struct Db {
    readers: Readers,
    admitted: Arc<Semaphore>,
    writer: SyncSender<Job>,
    keys: Arc<Keyring>,
    tally: Arc<Tally>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Db")
    }
}

impl Db {
    /// Opens the database, migrates it, and starts its writer.
    pub fn open(path: &str, keys: Keyring, readers: u32) -> Result<Self> {
        let conn = conn::open(path)?;
        let (writer, jobs) = sync_channel(QUEUE);
        let pool = conn::readers(path, readers)?;
        std::thread::Builder::new().name("writer".into()).spawn(move || run(conn, &jobs)).map_err(|_| Error::Unavailable)?;
        let admitted = usize::try_from(readers).unwrap_or_default() + WAITING_READS;
        Ok(Self { readers: pool, admitted: Arc::new(Semaphore::new(admitted)), writer, keys: Arc::new(keys), tally: Arc::default() })
    }

    /// The keys of the deployment.
    #[must_use]
    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// What it has to do.
    #[must_use]
    pub fn load(&self) -> Load {
        let pool = self.readers.state();
        let reading = u64::from(pool.connections - pool.idle_connections);
        let places = u64::from(self.readers.max_size()) + WAITING_READS as u64;
        self.tally.load(reading, u64::from(pool.idle_connections), places.saturating_sub(self.admitted.available_permits() as u64))
    }

    /// Reads in one snapshot of the database.
    pub async fn read<T, E>(&self, f: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let admitted = self.admitted.clone().try_acquire_owned().map_err(|_| self.tally.turned_away())?;
        let (readers, keys, tally) = (self.readers.clone(), self.keys.clone(), self.tally.clone());
        let work = tokio::task::spawn_blocking(move || {
            let _admitted = admitted;
            let mut conn = readers.get().map_err(|_| tally.timed_out())?;
            within(&mut conn, "BEGIN", |conn| f(&mut Tx::new(conn, &keys)))
        });
        work.await.unwrap_or_else(|_| Err(Error::Panicked.into()))
    }

    /// Writes. What `f` answers with `Ok` is committed, together with the log entries it queued; an `Err` undoes everything.
    pub async fn write<T, E>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<(T, LogIndexes), E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let (keys, tally, writing) = (self.keys.clone(), self.tally.clone(), self.tally.writing());
        let job: Job = Box::new(move |conn| {
            let _writing = writing;
            let done = within(conn, "BEGIN IMMEDIATE", |conn| {
                let mut tx = Tx::new(conn, &keys);
                let value = f(&mut tx)?;
                Ok((value, ledger::flush(&mut tx).map_err(|error| tally.not_logged(error))?))
            });
            // Whoever asked may have gone away; what was committed stays.
            drop(answer.send(done));
        });
        self.writer.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => self.tally.turned_away(),
            TrySendError::Disconnected(_) => Error::Unavailable,
        })?;
        answered.await.unwrap_or_else(|_| Err(Error::Unavailable.into()))
    }
}

/// One transaction around `f`: committed on `Ok`, undone on `Err` and on a panic.
fn within<T, E: From<Error>>(
    conn: &mut Conn,
    begin: &str,
    f: impl FnOnce(&mut Conn) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    conn.batch_execute(begin).map_err(Error::from)?;
    let result = catch_unwind(AssertUnwindSafe(|| f(conn))).unwrap_or_else(|_| Err(Error::Panicked.into()));
    let ended = match result {
        Ok(value) => conn.batch_execute("COMMIT").map(|()| value).map_err(|error| Error::from(error).into()),
        Err(error) => Err(error),
    };
    if ended.is_err() {
        // After a failed COMMIT the transaction may be over already; then there is nothing left to undo.
        drop(conn.batch_execute("ROLLBACK"));
    }
    ended
}

fn run(mut conn: Conn, jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        job(&mut conn);
    }
}
