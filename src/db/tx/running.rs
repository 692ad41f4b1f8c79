//! Where a transaction runs: on a connection of the pool, or in the thread that writes the embedded database.

use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::task::JoinHandle;

use super::{Db, Tx, within_patience};
use crate::db::error::{Error, Result};
use crate::db::pool::{Begin, caught};
use crate::db::writer::{Done, Job};

impl Db {
    /// Begins what goes on whoever ends.
    pub(in crate::db) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        match &self.home {
            Some(home) => home.spawn(work),
            None => tokio::spawn(work),
        }
    }

    /// On a connection of the pool, if no more wait for one than may.
    pub(in crate::db) async fn pooled<T, E>(
        &self,
        begin: Begin,
        f: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let admitted = self.admitted.clone().try_acquire_owned().map_err(|_| self.tally.turned_away())?;
        self.on_pool(admitted, begin, f).await
    }

    /// Writes for many at once to a server: they are not turned away, but wait like one.
    pub(in crate::db) async fn write_for_many(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<()> + Send + 'static) -> Result<()> {
        let admitted = self.admitted.clone().acquire_owned().await.map_err(|_| Error::Unavailable)?;
        self.on_pool(admitted, Begin::Writing, self.logged(f)).await?;
        self.waiting.notify_one();
        Ok(())
    }

    async fn on_pool<T, E>(
        &self,
        admitted: OwnedSemaphorePermit,
        begin: Begin,
        f: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let admitted = Arc::new(Mutex::new(Some(admitted)));
        let of_thread = admitted.clone();
        let (pool, keys, tally) = (self.pool.clone(), self.keys.clone(), self.tally.clone());
        let writing = (begin == Begin::Writing).then(|| self.tally.writing());
        let work = tokio::task::spawn_blocking(move || {
            let (_admitted, _writing) = (of_thread, writing);
            pool.within(begin, &tally, |conn| f(&mut Tx::new(conn, &keys, begin)))
        });
        if self.writer.is_some() {
            return work.await.unwrap_or_else(|_| Err(Error::Panicked.into()));
        }
        if let Some(done) = within_patience(work).await {
            return done.unwrap_or_else(|_| Err(Error::Panicked.into()));
        }
        // A connection on which a server fell silent may be out for ever: whoever waits for no more than that takes nobody's place.
        drop(admitted.lock().unwrap_or_else(PoisonError::into_inner).take());
        Err(self.tally.timed_out().into())
    }

    /// In the thread that writes.
    pub(in crate::db) async fn queued<T, E>(
        &self,
        writer: &SyncSender<Job>,
        f: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let (keys, writing) = (self.keys.clone(), self.tally.writing());
        let job: Job = Box::new(move |conn| {
            let done = caught(|| f(&mut Tx::new(conn, &keys, Begin::Writing)));
            Done {
                keep: done.is_ok(),
                answer: Box::new(move |committed| {
                    // It is not over before the commit.
                    let _writing = writing;
                    let done = if committed || done.is_err() { done } else { Err(Error::Unavailable.into()) };
                    // Whoever asked may have gone away; what was committed stays.
                    drop(answer.send(done));
                }),
            }
        });
        writer.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => self.tally.turned_away(),
            TrySendError::Disconnected(_) => Error::Unavailable,
        })?;
        answered.await.unwrap_or_else(|_| Err(Error::Unavailable.into()))
    }
}
