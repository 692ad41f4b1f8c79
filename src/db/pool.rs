//! The connections of the pool, and one transaction on one of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::r2d2::Pool;

use super::conn::{self, Conn, Demands, Door, PATIENCE, Place};
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

/// A panic within is an error like any other: what was begun is undone.
pub(super) fn caught<T, E: From<Error>>(f: impl FnOnce() -> std::result::Result<T, E>) -> std::result::Result<T, E> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|_| Err(Error::Panicked.into()))
}

/// A statement ends after five seconds on any server that lives.
const STUCK: Duration = Duration::from_secs(6);

/// The pool, which is given up for a new one when none of its connections comes back: a server that died without a word leaves them waiting
/// for an answer that never comes.
pub(super) struct Connections {
    place: Place,
    demands: Demands,
    size: u32,
    pool: RwLock<Arc<Live>>,
}

struct Live {
    pool: Pool<Door>,
    /// Connections at work on a transaction, and since when the last of them was given back.
    at_work: AtomicU32,
    returned: RwLock<Instant>,
}

impl Connections {
    /// A pool of at most so many.
    pub(super) fn new(place: Place, demands: Demands, size: u32) -> Self {
        let pool = RwLock::new(Arc::new(Live::new(&place, demands, size)));
        Self { place, demands, size, pool }
    }

    /// How many connections are at work, and how many are idle.
    pub(super) fn used(&self) -> (u64, u64) {
        let pool = self.live().pool.state();
        (u64::from(pool.connections - pool.idle_connections), u64::from(pool.idle_connections))
    }

    /// How many there may be.
    pub(super) fn size(&self) -> u32 {
        self.size
    }

    fn live(&self) -> Arc<Live> {
        self.pool.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One transaction around `f`: committed on `Ok`, undone on `Err` and on a panic.
    pub(super) fn within<T, E: From<Error>>(
        &self,
        begin: Begin,
        tally: &Tally,
        f: impl FnOnce(&mut Conn) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let since = Instant::now();
        loop {
            let live = self.live();
            let left = PATIENCE.saturating_sub(since.elapsed());
            let Ok(mut held) = live.pool.get_timeout(left) else {
                self.renew(&live);
                return Err(tally.timed_out().into());
            };
            let _at_work = AtWork::on(&live);
            let sql = begin.sql(&held.conn);
            if held.conn.batch_execute(sql).is_err() {
                // Nothing was asked of it yet: the connection died while it was idle, and another may live.
                held.broken = true;
                if since.elapsed() < PATIENCE {
                    continue;
                }
                return Err(Error::Unavailable.into());
            }
            let result = caught(|| f(&mut held.conn));
            let ended = match result {
                Ok(value) => held.conn.batch_execute("COMMIT").map(|()| value).map_err(|error| Error::from(error).into()),
                Err(error) => Err(error),
            };
            if ended.is_err() {
                // After a failed COMMIT the transaction may be over already; whatever cannot be undone is not used again.
                held.broken = held.conn.batch_execute("ROLLBACK").is_err();
            }
            return ended;
        }
    }

    /// Takes a new pool when all connections of this one are at work, and none came back for longer than a statement may take.
    fn renew(&self, seen: &Arc<Live>) {
        if !seen.is_stuck(self.size) {
            return;
        }
        let mut pool = self.pool.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&pool, seen) {
            *pool = Arc::new(Live::new(&self.place, self.demands, self.size));
        }
    }
}

impl Live {
    fn new(place: &Place, demands: Demands, size: u32) -> Self {
        let pool = conn::pool(place.clone(), demands, size);
        Self { pool, at_work: AtomicU32::new(0), returned: RwLock::new(Instant::now()) }
    }

    fn is_stuck(&self, size: u32) -> bool {
        let returned = *self.returned.read().unwrap_or_else(PoisonError::into_inner);
        self.at_work.load(Ordering::SeqCst) >= size && returned.elapsed() > STUCK
    }
}

/// A connection that is at work.
struct AtWork<'a>(&'a Live);

impl<'a> AtWork<'a> {
    fn on(live: &'a Live) -> Self {
        live.at_work.fetch_add(1, Ordering::SeqCst);
        Self(live)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::SeqCst);
        *self.0.returned.write().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}
