//! The connections, and one transaction on one of them.
//!
//! Written here, because a connection that a dead server left waiting comes back never: a pool must be able to write one off while it is out,
//! whether it is at work or still being made.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;

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
/// A connection that is out for longer is written off: on any server that lives, a statement ends after five seconds.
const STUCK: Duration = Duration::from_secs(6);
/// So old a connection is not used again, so that a server that moved is found.
const OLD: Duration = Duration::from_mins(30);

/// The connections: at most so many that are not written off.
pub(super) struct Connections {
    place: Place,
    demands: Demands,
    size: usize,
    state: Mutex<State>,
    returned: Condvar,
}

/// A connection, and since when there has been one.
type Made = (Conn, Instant);

#[derive(Default)]
struct State {
    idle: Vec<Made>,
    /// The places that are taken, and since when.
    out: BTreeMap<u64, Instant>,
    next: u64,
}

impl Connections {
    /// At most so many, made when they are needed.
    pub(super) fn new(place: Place, demands: Demands, size: u32) -> Self {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        Self { place, demands, size, state: Mutex::default(), returned: Condvar::new() }
    }

    /// How many connections are at work, and how many are idle.
    pub(super) fn used(&self) -> (u64, u64) {
        let state = self.state();
        (state.out.len() as u64, state.idle.len() as u64)
    }

    /// How many there may be.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One transaction around `f`: committed on `Ok`, undone on `Err` and on a panic.
    pub(super) fn within<T, E: From<Error>>(
        &self,
        begin: Begin,
        tally: &Tally,
        f: impl FnOnce(&mut Conn) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let until = Instant::now() + PATIENCE;
        let (place, mut made) = loop {
            let Some((place, idle)) = self.take(until) else { return Err(tally.timed_out().into()) };
            let fresh = idle.is_none();
            let made = idle.map_or_else(|| self.make(), Ok).and_then(|mut made| {
                made.0.batch_execute(begin.sql(&made.0))?;
                Ok(made)
            });
            match made {
                Ok(made) => break (place, made),
                // Nothing was asked of it yet: it died while it was idle, and another may live.
                Err(_) if !fresh => {}
                Err(error) => return Err(error.into()),
            }
        };
        let result = caught(|| f(&mut made.0));
        let ended = match result {
            Ok(value) => made.0.batch_execute(COMMIT).map(|()| value).map_err(|error| Error::from(error).into()),
            Err(error) => Err(error),
        };
        // After a failed COMMIT the transaction may be over already; whatever cannot be undone is not used again.
        if ended.is_ok() || made.0.batch_execute("ROLLBACK").is_ok() {
            place.give_back(made);
        }
        ended
    }

    /// A place among those that may be out, with a connection if one is idle.
    fn take(&self, until: Instant) -> Option<(Taken<'_>, Option<Made>)> {
        let mut state = self.state();
        loop {
            let out = state.out.len();
            state.out.retain(|_, since| since.elapsed() < STUCK);
            if state.out.len() < out {
                // The server went away without a word, and nobody would tell those that are idle, either.
                state.idle.clear();
            }
            if state.out.len() < self.size {
                let ticket = state.next;
                state.next += 1;
                state.out.insert(ticket, Instant::now());
                return Some((Taken { of: self, ticket }, state.idle.pop()));
            }
            let left = until.checked_duration_since(Instant::now())?;
            state = self.returned.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn make(&self) -> super::error::Result<Made> {
        let mut conn = self.place.connect(self.demands)?;
        if let Conn::Sqlite(_) = conn {
            // Here the embedded database is only read: its one writer has a connection of its own.
            conn.batch_execute("PRAGMA query_only = ON")?;
        }
        Ok((conn, Instant::now()))
    }
}

/// A place that is taken, until this is dropped.
struct Taken<'a> {
    of: &'a Connections,
    ticket: u64,
}

impl Taken<'_> {
    /// Keeps the connection for others, unless it is old or was written off.
    fn give_back(self, made: Made) {
        let mut state = self.of.state();
        if state.out.contains_key(&self.ticket) && made.1.elapsed() < OLD {
            state.idle.push(made);
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.of.state().out.remove(&self.ticket);
        self.of.returned.notify_one();
    }
}

#[cfg(test)]
mod tests;
