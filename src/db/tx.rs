//! Transactions begin here and nowhere else: `read` and `write`.
//!
//! A use case is one transaction: its change, its log entries and its idempotency record commit together or not at all.
//!
//! In the embedded database all writes go through one thread, which shares commits between those that wait: each is a savepoint of its own,
//! so that what goes wrong in one touches no other, and nobody is answered before the commit. To PostgreSQL they go straight from the pool.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use sha2::Digest;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};

use super::conn::{Conn, Demands, Lock, Place, RowLock};
use super::error::{Error, Result};
use super::health::{Load, Tally};
use super::keyring::Keyring;
use super::ledger::access::Noted;
use super::ledger::{self, Waiting};
use super::pool::{Begin, Connections};
use super::sealed::{self, Cell, KeyUse, Owner, Secret, Unwrapped};
use super::sharing::{QUEUE, Sharing};
use super::stored::AnyId;
use super::writer::{self, Job};
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::time::Timestamp;
use crate::ledger::CaseKey;

mod running;

/// How many may wait for a connection of the pool beyond those that have one.
const WAITING: usize = 64;
/// How many connections there are for what nobody waits for: a second one for when a server fell silent on the first.
const ASIDE: u32 = 2;
/// A server that says nothing for so long gets no more patience: it is unknown what became of the transaction.
const ANSWER_WITHIN: Duration = Duration::from_millis(2300);

tokio::task_local! {
    /// How long one request has waited for the server so far.
    static WAITED: std::cell::Cell<Duration>;
}

/// What `work` waits for a server is counted together: a request is more than one transaction, and is answered within the time of one.
pub async fn as_one_request<F: Future>(work: F) -> F::Output {
    WAITED.scope(std::cell::Cell::default(), work).await
}

/// Waits for a server as long as the request may.
pub(super) async fn within_patience<T>(work: impl Future<Output = T>) -> Option<T> {
    let (since, waited) = (Instant::now(), WAITED.try_with(std::cell::Cell::get).unwrap_or_default());
    let done = tokio::time::timeout(ANSWER_WITHIN.saturating_sub(waited), work).await.ok();
    // Outside a request, nothing is counted.
    let _uncounted = WAITED.try_with(|all| all.set(waited + since.elapsed()));
    done
}

/// The indexes the queued log entries were given, in the order in which they were queued.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogIndexes(pub Vec<i64>);

/// One transaction.
pub struct Tx<'a> {
    /// The connection it runs on.
    pub conn: &'a mut Conn,
    /// The keys of the deployment.
    pub keys: &'a Keyring,
    /// Whether it may write: one that only reads has its snapshot, and needs no lock.
    writing: bool,
    unwrapped: Unwrapped,
    pub(super) waiting: Waiting,
    pub(super) noted: Noted,
    /// Those whose guards it has (R16).
    pub(super) guarded: BTreeSet<PersonId>,
    /// An entry came long before the one that has its place before it.
    pub(super) went_back: bool,
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tx")
    }
}

impl<'a> Tx<'a> {
    pub(super) fn new(conn: &'a mut Conn, keys: &'a Keyring, begin: Begin) -> Self {
        Self {
            conn,
            keys,
            writing: begin == Begin::Writing,
            unwrapped: Unwrapped::default(),
            waiting: Waiting::default(),
            noted: Noted::default(),
            guarded: BTreeSet::new(),
            went_back: false,
        }
    }

    /// Sees to it that what is read from now on of this row stays true until the transaction ends. A case is held before any guard is taken
    /// (R16), so that two transactions never wait for each other.
    pub(super) fn hold(&mut self, row: RowLock, id: uuid::Uuid) -> Result<()> {
        self.hold_each(row, [id])
    }

    /// The same of several rows of a table at once.
    pub(super) fn hold_each(&mut self, row: RowLock, ids: impl IntoIterator<Item = uuid::Uuid>) -> Result<()> {
        if self.writing { self.conn.lock_rows(row, ids.into_iter().map(AnyId).collect()) } else { Ok(()) }
    }

    /// The same of what has no row.
    pub(super) fn lock(&mut self, lock: Lock) -> Result<()> {
        if self.writing { self.conn.lock(lock) } else { Ok(()) }
    }

    /// Makes the keys of a new case or person.
    pub fn create_keys(&mut self, owner: Owner, now: Timestamp) -> Result<()> {
        sealed::create(self.conn, self.keys, owner, now)
    }

    /// Makes keys for somebody whose keys were destroyed and forgotten in this transaction.
    pub(super) fn create_keys_anew(&mut self, owner: Owner, now: Timestamp) -> Result<()> {
        self.unwrapped.forget(owner);
        self.create_keys(owner, now)
    }

    /// The key of a case or person for this use.
    pub fn key(&mut self, owner: Owner, usage: KeyUse) -> Result<Secret> {
        sealed::key(self.conn, self.keys, &mut self.unwrapped, owner, usage)
    }

    /// Fetches the keys of all these owners, who are of one kind, at once: what follows opens what they sealed without asking for each.
    pub(super) fn fetch_keys(&mut self, owners: impl Iterator<Item = Owner>) -> Result<()> {
        sealed::fetch(self.conn, self.keys, &mut self.unwrapped, &owners.collect::<Vec<_>>(), KeyUse::Seal)
    }

    /// The keys by which the logs know these cases, fetched at once; a case that was disposed of has none.
    pub(super) fn ledger_keys(&mut self, cases: &[CaseId]) -> Result<Vec<CaseKey>> {
        let owners: Vec<Owner> = cases.iter().copied().map(Owner::Case).collect();
        sealed::fetch(self.conn, self.keys, &mut self.unwrapped, &owners, KeyUse::Ledger)?;
        Ok(self.fetched_ledger_keys(cases))
    }

    /// Those of them that were fetched before.
    pub(super) fn fetched_ledger_keys(&self, cases: &[CaseId]) -> Vec<CaseKey> {
        let newest = |case: &CaseId| self.unwrapped.newest(Owner::Case(*case), KeyUse::Ledger);
        cases.iter().filter_map(newest).map(CaseKey::new).collect()
    }

    /// Seals a value for its cell, and notes what was written.
    pub fn seal(&mut self, cell: Cell, value: &impl serde::Serialize) -> Result<Vec<u8>> {
        let sealed = sealed::seal(self.conn, self.keys, &mut self.unwrapped, cell, value)?;
        self.noted.sealed.get_or_insert_default().update(&sealed);
        Ok(sealed)
    }

    /// The sealed value of a cell, sealed under the newest key of its owner.
    pub(super) fn sealed_again(&mut self, cell: Cell, sealed: &[u8]) -> Result<Vec<u8>> {
        sealed::again(self.conn, self.keys, &mut self.unwrapped, cell, sealed)
    }

    /// Opens the sealed value of a cell.
    pub fn open<T: serde::de::DeserializeOwned>(&mut self, cell: Cell, sealed: &[u8]) -> Result<T> {
        sealed::open(self.conn, self.keys, &mut self.unwrapped, cell, sealed)
    }

    /// Notes for the access log that something of these cases is shown or changed, or is refused to somebody who knows of them.
    pub(super) fn shows(&mut self, cases: impl IntoIterator<Item = CaseId>) {
        self.noted.cases.extend(cases);
    }

    /// Notes that all of it is told of this case alone, whatever others it looks at.
    pub(super) fn stays_in(&mut self, case: CaseId) {
        self.noted.only = Some(case);
    }

    /// The cases of which something is shown so far.
    #[must_use]
    pub fn cases_shown(&self) -> &BTreeSet<CaseId> {
        &self.noted.cases
    }

    /// Notes that a record has this version now. Of several, the first is the one that was asked for.
    pub(super) fn changed(&mut self, version: i32) {
        self.noted.version.get_or_insert(version);
    }

    /// Notes that what was asked is refused, although the transaction is committed.
    pub fn refuses(&mut self) {
        self.noted.refused = true;
    }

    /// Notes that an earlier request did what was asked, and that it is only shown.
    pub(super) fn repeats(&mut self) {
        self.noted.replayed = true;
    }

    /// Whether an earlier request did what was asked.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.noted.replayed
    }
}

/// The database.
#[derive(Clone)]
pub struct Db {
    pool: Arc<Connections>,
    admitted: Arc<Semaphore>,
    /// The thread that writes the embedded database.
    pub(super) writer: Option<SyncSender<Job>>,
    /// The connections to a server for what nobody waits for, so that it takes no request's place.
    pub(super) aside: Arc<Connections>,
    /// Who gives waiting entries of the access log their places: here, one at a time.
    pub(super) alone: Arc<tokio::sync::Mutex<()>>,
    /// Tells that one waits.
    pub(super) waiting: Arc<Notify>,
    /// Entries of the access log that share a transaction on a server.
    pub(super) sharing: Arc<Sharing>,
    pub(super) keys: Arc<Keyring>,
    /// Where it was opened: what is begun for several goes on there, whoever ends.
    home: Option<Handle>,
    pub(super) tally: Arc<Tally>,
    /// Whether nothing may be added to the logs any more.
    closed: Arc<AtomicBool>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Db")
    }
}

impl Db {
    /// Opens a database whose schema is up to date, with a pool of so many connections.
    pub fn open(place: &Place, demands: Demands, keys: Keyring, connections: u32) -> Result<Self> {
        let tally = Arc::<Tally>::default();
        let writer = match place {
            Place::Server(_) => None,
            Place::File(_) => {
                let conn = place.connect(demands)?;
                let (writer, jobs) = sync_channel(QUEUE);
                let counting = tally.clone();
                std::thread::Builder::new()
                    .name("writer".into())
                    .spawn(move || writer::run(conn, &jobs, &counting))
                    .map_err(|_| Error::Unavailable)?;
                Some(writer)
            }
        };
        let pool = Connections::new(place.clone(), demands, connections);
        let aside = Arc::new(Connections::new(place.clone(), demands, ASIDE));
        let admitted = Arc::new(Semaphore::new(pool.size() + WAITING));
        Ok(Self {
            pool: Arc::new(pool),
            admitted,
            writer,
            aside,
            alone: Arc::default(),
            waiting: Arc::default(),
            sharing: Arc::default(),
            keys: Arc::new(keys),
            home: Handle::try_current().ok(),
            tally,
            closed: Arc::default(),
        })
    }

    /// The keys of the deployment.
    #[must_use]
    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// From now on nothing may be added to the logs, and so nothing is answered that must be logged; or again it may.
    pub fn close_logs(&self, closed: bool) {
        self.closed.store(closed, Ordering::SeqCst);
    }

    /// Whether something may be added to the logs.
    #[must_use]
    pub fn takes_entries(&self) -> bool {
        !self.closed.load(Ordering::SeqCst)
    }

    /// What it has to do.
    #[must_use]
    pub fn load(&self) -> Load {
        let (at_work, idle) = self.pool.used();
        let admitted = (self.pool.size() + WAITING).saturating_sub(self.admitted.available_permits());
        self.tally.load(at_work, idle, admitted as u64, self.sharing.waiting())
    }

    /// Reads in one snapshot of the database.
    pub async fn read<T, E>(&self, f: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.pooled(Begin::Reading, f).await
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
        match &self.writer {
            Some(writer) => self.queued(writer, self.logged(f)).await,
            None => self.pooled(Begin::Writing, self.logged(f)).await.inspect(|_| self.waiting.notify_one()),
        }
    }

    /// The same with what it queued for the logs, and with a word if a clock went back.
    pub(super) fn logged<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
    ) -> impl FnOnce(&mut Tx<'_>) -> std::result::Result<(T, LogIndexes), E> + Send + 'static {
        let (tally, closed) = (self.tally.clone(), self.closed.clone());
        move |tx| {
            let value = f(tx)?;
            if closed.load(Ordering::SeqCst) && !tx.waiting.is_empty() {
                return Err(tally.not_logged(Error::Corrupt("log")).into());
            }
            let indexes = ledger::flush(tx).map_err(|error| tally.not_logged(error))?;
            if tx.went_back {
                tally.went_back();
            }
            Ok((value, indexes))
        }
    }
}
