//! What is looked at, changed or refused, and its entry in the access log: nobody is answered before it is written.

use super::error::{Error, Refusing, Result};
use super::ledger::access::{self, Asked, Noted, Pending};
use super::pool::Begin;
use super::tx::{Db, LogIndexes, Tx};

/// What became of a transaction that failed, and what it noted until then.
struct Failed<E> {
    error: E,
    noted: Box<Noted>,
}

impl<E: From<Error>> From<Error> for Failed<E> {
    fn from(error: Error) -> Self {
        Self { error: error.into(), noted: Box::default() }
    }
}

/// The same, with what was noted beside the failure.
fn noting<T, E>(tx: &mut Tx<'_>, f: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E>) -> std::result::Result<T, Failed<E>> {
    f(tx).map_err(|error| Failed { error, noted: Box::new(std::mem::take(&mut tx.noted)) })
}

impl Db {
    /// Reads in one snapshot of the database, and has the access log tell of it before anybody is answered: what cannot be logged is not
    /// shown. A refusal is logged as one.
    pub async fn look<T, E>(
        &self,
        asked: Asked,
        f: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Refusing + Send + 'static,
    {
        let read = move |tx: &mut Tx<'_>| noting(tx, f).map(|value| (value, std::mem::take(&mut tx.noted)));
        let (value, noted) = match self.pooled(Begin::Reading, read).await {
            Ok(read) => read,
            Err(failed) => return Err(self.refused(asked, failed).await),
        };
        self.tell(asked.answered(noted)).await?;
        Ok(value)
    }

    /// Writes, with the entry of the access log in the same transaction. A refusal, which changes nothing, is logged by itself.
    pub async fn change<T, E>(
        &self,
        asked: Asked,
        f: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<(T, LogIndexes), E>
    where
        T: Send + 'static,
        E: From<Error> + Refusing + Send + 'static,
    {
        let done = asked.clone();
        let write = move |tx: &mut Tx<'_>| {
            let value = noting(tx, f)?;
            let noted = std::mem::take(&mut tx.noted);
            access::append(tx, done.answered(noted));
            Ok::<_, Failed<E>>(value)
        };
        match self.write(write).await {
            Ok(done) => Ok(done),
            Err(failed) => Err(self.refused(asked, failed).await),
        }
    }

    /// Has the access log tell of something that was refused before anything was looked for.
    pub async fn turn_away(&self, asked: Asked) -> Result<()> {
        self.tell(asked.refused(&Noted::default())).await
    }

    /// What is to be answered: the refusal once it is logged. Where the service itself failed nothing was shown or refused.
    async fn refused<E: From<Error> + Refusing>(&self, asked: Asked, failed: Failed<E>) -> E {
        if !failed.error.is_refusal() {
            return failed.error;
        }
        match self.tell(asked.refused(&failed.noted)).await {
            Ok(()) => failed.error,
            Err(unlogged) => unlogged.into(),
        }
    }

    /// Writes one entry of the access log. The embedded database shares its commits by itself.
    pub(super) async fn tell(&self, entry: Pending) -> Result<()> {
        if self.writer.is_none() {
            return self.share(entry).await;
        }
        let told = self.write(move |tx| {
            access::append(tx, entry);
            Ok(())
        });
        told.await.map(drop)
    }
}
