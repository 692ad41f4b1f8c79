//! How the database fares, for the operator: what it has to do, what it had to turn away, and whether it can do its work at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::prelude::*;

use super::error::{Error, Result};
use super::ledger::{Accesses, Disclosures, Log, pending};
use super::schema::revoked_token;
use super::tx::Tx;
use crate::domain::time::Timestamp;

/// What the database has to do at the moment, and what it could not do since the service began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Connections at work: those that read the embedded database, or those to PostgreSQL.
    pub reading: u64,
    /// Connections that are idle.
    pub idle: u64,
    /// Those that wait for a connection.
    pub reads_waiting: u64,
    /// Writes that wait or run.
    pub writes: u64,
    /// Entries of the access log that wait for a transaction which they share, on a server.
    pub entries_waiting: u64,
    /// Requests turned away because too much waited already.
    pub turned_away: u64,
    /// Those that waited in vain for a connection, or for an answer.
    pub timed_out: u64,
    /// Transactions undone because their log entries could not be written.
    pub not_logged: u64,
    /// Transactions that gave an entry of a log the time of the one before, because its own was more than five seconds earlier.
    pub went_back: u64,
    /// The commits of the embedded database, by how many writes shared each: at most so many, and more than the place before says.
    pub batches: [(u32, u64); 7],
    /// The writes that were in them.
    pub batched: u64,
}

/// The sizes of batches that are told apart. The last is the largest there is.
pub(super) const SIZES: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];

/// Counts what a pool does not know of itself.
#[derive(Debug, Default)]
pub(super) struct Tally {
    writes: AtomicU64,
    turned_away: AtomicU64,
    timed_out: AtomicU64,
    not_logged: AtomicU64,
    went_back: AtomicU64,
    batches: [AtomicU64; 7],
    batched: AtomicU64,
}

/// A write that waits or runs, until this is dropped.
pub(super) struct Writing(Arc<Tally>);

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.writes.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Tally {
    pub fn writing(self: &Arc<Self>) -> Writing {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Writing(self.clone())
    }

    /// Too much waits already.
    pub fn turned_away(&self) -> Error {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        Error::Busy
    }

    /// No connection was free in time.
    pub fn timed_out(&self) -> Error {
        self.timed_out.fetch_add(1, Ordering::Relaxed);
        Error::Unavailable
    }

    /// The log entries of a transaction could not be written: the request is refused as the log is (503), whatever is wrong with it.
    pub fn not_logged(&self, error: Error) -> Error {
        self.not_logged.fetch_add(1, Ordering::Relaxed);
        Error::NotLogged(Box::new(error))
    }

    /// An entry of a log came long before the one that has its place before it.
    pub fn went_back(&self) {
        self.went_back.fetch_add(1, Ordering::Relaxed);
    }

    /// So many writes shared a commit.
    pub fn shared(&self, writes: u64) {
        if let Some((_, count)) = SIZES.iter().zip(&self.batches).find(|(size, _)| writes <= u64::from(**size)) {
            count.fetch_add(1, Ordering::Relaxed);
            self.batched.fetch_add(writes, Ordering::Relaxed);
        }
    }

    /// The counts, beside what the pool of readers says of itself: how many read, how many are idle, how many were admitted; and how many entries wait.
    pub fn load(&self, reading: u64, idle: u64, admitted: u64, entries_waiting: u64) -> Load {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut sizes = SIZES.into_iter();
        Load {
            reading,
            idle,
            reads_waiting: admitted.saturating_sub(reading),
            writes: count(&self.writes),
            entries_waiting,
            turned_away: count(&self.turned_away),
            timed_out: count(&self.timed_out),
            not_logged: count(&self.not_logged),
            went_back: count(&self.went_back),
            batches: self.batches.each_ref().map(|batches| (sizes.next().unwrap_or_default(), count(batches))),
            batched: count(&self.batched),
        }
    }
}

/// Tries what every use case needs: the logs can be read, nothing waits in vain for its place in one, and a commit reaches the disk. The row it writes is gone in the same transaction,
/// but its page is written all the same; an update that changes nothing would not be.
pub fn probe(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    let _last = (Disclosures::last(tx.conn)?, Accesses::last(tx.conn)?);
    if pending::is_stuck(tx)? {
        return Err(Error::Corrupt("waiting entry of the access log"));
    }
    let token = "(none: the service tries whether it can write)";
    diesel::insert_into(revoked_token::table).values((revoked_token::id.eq(token), revoked_token::expires_at.eq(now))).execute(tx.conn)?;
    diesel::delete(revoked_token::table.find(token)).execute(tx.conn)?;
    Ok(())
}
