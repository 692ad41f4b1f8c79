//! Who gives the entries of the access log that wait on a server their places: each copy of the service, one at a time, on a connection that is
//! nobody else's.

use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use super::error::{Error, Result};
use super::ledger::pending;
use super::pool::Begin;
use super::tx::{Db, Tx};

/// What nobody here was told of is looked for so often: it was left by a copy of the service that is gone.
const LOOK: Duration = Duration::from_secs(1);

/// So long it may take to move what fits into one transaction.
const ENOUGH: Duration = Duration::from_secs(4);

/// So long somebody who asks waits for it.
const SETTLING: Duration = Duration::from_millis(500);

impl Db {
    /// Returns when an entry waits for its place in the access log, as far as this copy of the service knows, or after a second. In the embedded
    /// database none ever does.
    pub async fn entry_waits(&self) {
        if self.is_embedded() {
            return std::future::pending().await;
        }
        // Either way it is time to look.
        drop(tokio::time::timeout(LOOK, self.waiting.notified()).await);
    }

    /// Gives all entries that wait their places.
    pub async fn sequence(&self) -> Result<()> {
        let turn = self.alone.clone().lock_owned().await;
        self.sequence_all(turn).await
    }

    /// The same for whoever reads the access log and means to see what was logged before. If it takes long, or fails, what is in the log can be
    /// read all the same, and it goes on meanwhile.
    pub async fn settle(&self) {
        if self.is_embedded() {
            return;
        }
        let settled = async {
            // Whoever goes away before it is their turn leaves nothing behind.
            let (turn, db) = (self.alone.clone().lock_owned().await, self.clone());
            self.spawn(async move { db.sequence_all(turn).await }).await
        };
        drop(tokio::time::timeout(SETTLING, settled).await);
    }

    /// Writes what nobody waits for, for as long as it takes.
    pub(super) async fn write_aside<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        if let Some(writer) = &self.writer {
            return self.queued(writer, f).await;
        }
        let (aside, keys, tally) = (self.aside.clone(), self.keys.clone(), self.tally.clone());
        let work =
            tokio::task::spawn_blocking(move || aside.within(Begin::Writing, &tally, |conn| f(&mut Tx::new(conn, &keys, Begin::Writing))));
        work.await.unwrap_or(Err(Error::Panicked))
    }

    fn is_embedded(&self) -> bool {
        self.writer.is_some()
    }

    async fn sequence_all(&self, _turn: OwnedMutexGuard<()>) -> Result<()> {
        while self.sequence_some().await? == pending::BATCH {}
        Ok(())
    }

    async fn sequence_some(&self) -> Result<usize> {
        if self.is_embedded() || !self.takes_entries() {
            return Ok(0);
        }
        // A server that fell silent is not waited for: the next try has another connection.
        let moved = tokio::time::timeout(ENOUGH, self.write_aside(self.logged(pending::sequence))).await;
        moved.unwrap_or(Err(Error::Unavailable)).map(|(moved, _)| moved)
    }
}
