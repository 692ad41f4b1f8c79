//! The connections, and one transaction on one of them.
//!
//! r2d2 keeps the connections. What it cannot do is give one up while it is out or being made, and a server that falls silent never lets go
//! of one. So when one is busy for too long the whole pool is replaced: whatever else it holds leads to the same server.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use r2d2::{ManageConnection, NopErrorHandler, Pool, PooledConnection};

use super::conn::{Conn, Demands, Place};
use super::error::Error;
use super::health::Tally;

/// How a transaction begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// One snapshot, and no writing.
    Reading,
    Writing,
}

impl Begin {
    /// The words for it.
    pub(super) fn sql(self, conn: &Conn) -> &'static str {
        match (self, conn) {
            (Self::Reading, Conn::Sqlite(_)) => "BEGIN",
            (Self::Writing, Conn::Sqlite(_)) => "BEGIN IMMEDIATE",
            (Self::Reading, Conn::Pg(_)) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            // Correctness rests on guards and guarded updates, not on isolation: each statement must see what was committed before it.
            (Self::Writing, Conn::Pg(_)) => "BEGIN ISOLATION LEVEL READ COMMITTED",
        }
    }
}

/// Ends a transaction. After an error that a use case swallowed PostgreSQL undoes everything at COMMIT and calls that a success: a statement
/// before it, in the same message, fails then.
const COMMIT: &str = "SELECT 1; COMMIT";

/// A panic within is an error like any other: what was begun is undone.
pub(super) fn caught<T, E: From<Error>>(f: impl FnOnce() -> std::result::Result<T, E>) -> std::result::Result<T, E> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|_| Err(Error::Panicked.into()))
}

/// How long somebody waits for a connection before being turned away.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often somebody who waits looks whether the pool was replaced.
const LOOK: Duration = Duration::from_millis(200);
/// A pool with a connection that is busy for longer is replaced: on any server that lives, a statement ends after five seconds.
const STUCK: Duration = Duration::from_secs(6);
/// So old a connection is not used again, so that a server that moved is found.
const OLD: Duration = Duration::from_mins(30);

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What r2d2 does not tell of a pool.
#[derive(Default)]
struct Busy {
    tickets: Mutex<Tickets>,
    /// Whether the last connection that was asked for could not be made.
    refused: AtomicBool,
}

/// The connections that are out or being made, and since when.
#[derive(Default)]
struct Tickets {
    since: BTreeMap<u64, Instant>,
    next: u64,
}

impl Busy {
    fn begin(self: &Arc<Self>) -> Ticket {
        let mut tickets = locked(&self.tickets);
        let number = tickets.next;
        tickets.next += 1;
        tickets.since.insert(number, Instant::now());
        Ticket { of: self.clone(), number }
    }

    fn is_stuck(&self) -> bool {
        // The lowest number is the longest.
        locked(&self.tickets).since.first_key_value().is_some_and(|(_, since)| since.elapsed() > STUCK)
    }
}

/// A connection is busy until this is dropped.
struct Ticket {
    of: Arc<Busy>,
    number: u64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        locked(&self.of.tickets).since.remove(&self.number);
    }
}

/// A connection that was not made. It does not say why: the server could quote a value.
#[derive(Debug)]
struct NotMade;

impl std::fmt::Display for NotMade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no connection could be made")
    }
}

impl std::error::Error for NotMade {}

/// A connection, and whether it may be used again.
struct Kept {
    conn: Conn,
    sound: bool,
}

/// Makes connections.
struct Maker {
    place: Place,
    demands: Demands,
    busy: Arc<Busy>,
}

impl ManageConnection for Maker {
    type Connection = Kept;
    type Error = NotMade;

    fn connect(&self) -> Result<Kept, NotMade> {
        let _busy = self.busy.begin();
        let made = self.place.connect(self.demands);
        self.busy.refused.store(made.is_err(), Ordering::Relaxed);
        let mut conn = made.map_err(|_| NotMade)?;
        if let Conn::Sqlite(_) = conn {
            // Here the embedded database is only read: its one writer has a connection of its own.
            conn.batch_execute("PRAGMA query_only = ON").map_err(|_| NotMade)?;
        }
        Ok(Kept { conn, sound: true })
    }

    /// Never asked: a transaction shows it, by its first statement.
    fn is_valid(&self, _: &mut Kept) -> Result<(), NotMade> {
        Ok(())
    }

    fn has_broken(&self, kept: &mut Kept) -> bool {
        !kept.sound
    }
}

/// A pool, and what of it is busy.
struct Kit {
    pool: Pool<Maker>,
    busy: Arc<Busy>,
}

impl Kit {
    /// Connections are made when they are needed.
    fn new(place: Place, demands: Demands, size: u32) -> Self {
        let busy = Arc::<Busy>::default();
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .idle_timeout(None)
            .max_lifetime(Some(OLD))
            .connection_timeout(PATIENCE)
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(Maker { place, demands, busy: busy.clone() });
        Self { pool, busy }
    }
}

/// The connections: at most so many, beside those of a pool that was replaced.
pub(super) struct Connections {
    place: Place,
    demands: Demands,
    size: u32,
    kit: Mutex<Kit>,
}

impl Connections {
    /// At most so many, made when they are needed.
    pub(super) fn new(place: Place, demands: Demands, size: u32) -> Self {
        let kit = Mutex::new(Kit::new(place.clone(), demands, size));
        Self { place, demands, size, kit }
    }

    /// How many connections are at work, and how many are idle.
    pub(super) fn used(&self) -> (u64, u64) {
        let state = locked(&self.kit).pool.state();
        (state.connections.saturating_sub(state.idle_connections).into(), state.idle_connections.into())
    }

    /// How many there may be.
    pub(super) fn size(&self) -> usize {
        usize::try_from(self.size).unwrap_or(usize::MAX)
    }

    /// One transaction around `f`: committed on `Ok`, undone on `Err` and on a panic.
    pub(super) fn within<T, E: From<Error>>(
        &self,
        begin: Begin,
        tally: &Tally,
        f: impl FnOnce(&mut Conn) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let (_busy, mut kept) = self.begun(begin, tally)?;
        let result = caught(|| f(&mut kept.conn));
        let ended = match result {
            Ok(value) => kept.conn.batch_execute(COMMIT).map(|()| value).map_err(|error| Error::from(error).into()),
            Err(error) => Err(error),
        };
        // After a failed COMMIT the transaction may be over already; whatever cannot be undone is not used again.
        kept.sound = ended.is_ok() || kept.conn.batch_execute("ROLLBACK").is_ok();
        ended
    }

    /// What is done outside of any transaction.
    pub(super) fn outside(&self, sql: &str) -> Result<(), Error> {
        let (_busy, mut kept) = self.take(Instant::now() + PATIENCE).ok_or(Error::Unavailable)?;
        Ok(kept.conn.batch_execute(sql)?)
    }

    /// A connection on which a transaction was begun.
    fn begun(&self, begin: Begin, tally: &Tally) -> Result<(Ticket, PooledConnection<Maker>), Error> {
        let (until, mut died) = (Instant::now() + PATIENCE, 0);
        loop {
            let (busy, mut kept) = self.take(until).ok_or_else(|| tally.timed_out())?;
            // Until it is known that nothing is left open on it.
            kept.sound = false;
            let sql = begin.sql(&kept.conn);
            match kept.conn.batch_execute(sql) {
                Ok(()) => return Ok((busy, kept)),
                // Nothing was asked of it yet: it died while it was idle, as all may have, and a new one may live.
                Err(_) if died < self.size => died += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A connection, unless none is free in time, or there is none and none can be made.
    fn take(&self, until: Instant) -> Option<(Ticket, PooledConnection<Maker>)> {
        loop {
            let (pool, busy) = self.current();
            let left = until.checked_duration_since(Instant::now())?;
            if let Ok(kept) = pool.get_timeout(left.min(LOOK)) {
                return Some((busy.begin(), kept));
            }
            if pool.state().connections == 0 && busy.refused.load(Ordering::Relaxed) {
                return None;
            }
        }
    }

    /// The pool, or another in its place.
    fn current(&self) -> (Pool<Maker>, Arc<Busy>) {
        let mut kit = locked(&self.kit);
        let replaced = kit.busy.is_stuck().then(|| std::mem::replace(&mut *kit, Kit::new(self.place.clone(), self.demands, self.size)));
        let current = (kit.pool.clone(), kit.busy.clone());
        // What was idle in it ends here; what is busy ends by itself.
        drop((kit, replaced));
        current
    }
}

#[cfg(test)]
mod tests;
