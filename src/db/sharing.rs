//! Entries of the access log that share a transaction. On a server each would else be one of its own: whoever comes while one is under way shares
//! the next, and nobody is answered before its commit.

use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use super::error::{Error, Result};
use super::ledger::access::{self, Pending};
use super::tx::{Db, within_patience};

/// How many may wait for whoever writes for all before more are turned away.
pub(super) const QUEUE: usize = 1024;

/// Those who wait for the next transaction.
#[derive(Default)]
pub(super) struct Sharing {
    waiting: Mutex<Vec<Share>>,
    /// Whoever writes for all: one at a time.
    turn: tokio::sync::Mutex<()>,
}

/// An entry, and whom to tell what became of it.
struct Share {
    entry: Pending,
    answer: oneshot::Sender<Result<()>>,
}

impl Sharing {
    /// One more waits, behind so many, unless too many do.
    fn join(&self, share: Share) -> Option<usize> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let behind = waiting.len();
        (behind < QUEUE).then(|| {
            waiting.push(share);
            behind
        })
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> u64 {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }

    /// Those who wait; who has gone away is left out.
    fn take(&self) -> Vec<Share> {
        let mut waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.retain(|share| !share.answer.is_closed());
        waiting
    }
}

/// Whether an error is about one of those who share, and nothing was committed: no other is touched by it.
fn is_of_one(error: &Error) -> bool {
    match error {
        Error::NotLogged(cause) => matches!(**cause, Error::Corrupt(_)),
        Error::Panicked => true,
        _ => false,
    }
}

impl Db {
    /// Writes an entry to a server, with those of others.
    pub(super) async fn share(&self, entry: Pending) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        let behind = self.sharing.join(Share { entry, answer }).ok_or_else(|| self.tally.turned_away())?;
        if behind == 0 {
            // A task for all who come until it has its turn: were there one for each, they would pile up for as long as many write. It is not of the
            // worker of whoever asked: those who go away take nobody with them.
            let db = self.clone();
            self.spawn(async move { db.write_shares().await });
        }
        match within_patience(answered).await {
            Some(told) => told.unwrap_or(Err(Error::Unavailable)),
            None => Err(self.tally.timed_out()),
        }
    }

    /// Writes all that wait by the time it is its turn.
    async fn write_shares(&self) {
        let _turn = self.sharing.turn.lock().await;
        let shares = self.sharing.take();
        if shares.is_empty() {
            return;
        }
        let mut written = self.write_entries(shares.iter().map(|share| share.entry.clone()).collect()).await;
        let one_is_at_fault = shares.len() > 1 && self.takes_entries() && written.as_ref().is_err_and(is_of_one);
        for Share { entry, answer } in shares {
            let told = if !one_is_at_fault {
                // The first hears why, and whoever answers it tells the operator.
                let next = if written.is_ok() { Ok(()) } else { Err(Error::Unavailable) };
                std::mem::replace(&mut written, next)
            } else if answer.is_closed() {
                continue;
            } else {
                self.write_entries(vec![entry]).await
            };
            // Whoever asked may have gone away; what was committed stays.
            drop(answer.send(told));
        }
    }

    async fn write_entries(&self, entries: Vec<Pending>) -> Result<()> {
        self.write_for_many(move |tx| {
            for entry in entries {
                access::append(tx, entry);
            }
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use diesel::connection::SimpleConnection;
    use diesel::prelude::*;
    use diesel::sql_types::BigInt;
    use futures_util::future::join_all;
    use tokio::runtime::Handle;

    use super::*;
    use crate::authz::{Action, Caller};
    use crate::db::keyring::held_by;
    use crate::db::ledger::access::{Asked, Noted};
    use crate::db::ledger::{Accesses, size};
    use crate::db::schema::sealing_key;
    use crate::db::sealed::{KeyUse, Owner};
    use crate::db::testing::cluster::{by_engine, is_postgres};
    use crate::db::testing::{Scratch, now};
    use crate::domain::ids::CaseId;

    fn told_at_once(scratch: &Scratch, by: &Caller, of: &[CaseId]) -> Vec<Result<()>> {
        let told = of.iter().map(|case| {
            let asked = Asked::new(by, Action::CaseRead, now()).unwrap();
            scratch.db.tell(asked.refused(&Noted { cases: [*case].into(), ..Noted::default() }))
        });
        scratch.wait(join_all(told))
    }

    fn log_size(scratch: &Scratch) -> i64 {
        scratch.read(size::<Accesses>).unwrap()
    }

    #[derive(QueryableByName)]
    struct Transactions {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }

    /// How many transactions brought the entries that wait.
    fn transactions(scratch: &Scratch) -> i64 {
        let count = "SELECT count(DISTINCT xmin::text) AS n FROM access_pending";
        diesel::sql_query(by_engine("SELECT 1 AS n", count)).get_result::<Transactions>(&mut scratch.another_connection()).unwrap().n
    }

    #[test]
    fn those_who_come_at_once_share_a_transaction_and_none_is_touched_by_what_is_wrong_with_another() {
        let scratch = Scratch::new();
        let adviser = scratch.adviser("ada");
        let cases: Vec<CaseId> = (0..4).map(|_| scratch.bare_case(&adviser, false)).collect();
        let before = log_size(&scratch);
        let told = told_at_once(&scratch, &adviser, &cases);
        assert!(told.iter().all(Result::is_ok), "{told:?}");
        assert_eq!(transactions(&scratch), 1);
        assert_eq!(log_size(&scratch), before + 4);

        let broken = held_by(Owner::Case(cases[2]), KeyUse::Ledger);
        scratch
            .write(move |tx| {
                Ok(diesel::update(sealing_key::table.filter(broken)).set(sealing_key::wrapped.eq(Some(vec![0]))).execute(tx.conn)?)
            })
            .unwrap();
        let told = told_at_once(&scratch, &adviser, &cases);
        let which: Vec<bool> = told.iter().map(Result::is_ok).collect();
        assert_eq!(which, [true, true, false, true], "{told:?}");
        assert_eq!(log_size(&scratch), before + 7);

        // What is wrong with none of them is wrong with all.
        let mut owner = scratch.another_connection();
        owner.batch_execute(by_engine("ALTER TABLE access_entry RENAME TO gone", "ALTER TABLE access_pending RENAME TO gone")).unwrap();
        let told = told_at_once(&scratch, &adviser, &cases[..2]);
        assert!(told.iter().all(Result::is_err), "{told:?}");
    }

    #[test]
    fn where_too_many_wait_one_more_is_turned_away_and_for_those_who_went_away_nothing_is_written() {
        let scratch = Scratch::new();
        if !is_postgres() {
            return;
        }
        let adviser = scratch.adviser("ada");
        let case = scratch.bare_case(&adviser, false);
        let before = log_size(&scratch);
        for _ in 0..QUEUE {
            let entry = Asked::new(&adviser, Action::CaseRead, now()).unwrap().refused(&Noted::default());
            assert!(scratch.db.sharing.join(Share { entry, answer: oneshot::channel().0 }).is_some());
        }
        assert_eq!(scratch.db.load().entries_waiting, QUEUE as u64);
        let told = told_at_once(&scratch, &adviser, &[case]);
        assert!(matches!(told[..], [Err(Error::Busy)]), "{told:?}");
        scratch.wait(scratch.db.write_shares());
        assert_eq!(scratch.db.load().entries_waiting, 0);
        assert!(told_at_once(&scratch, &adviser, &[case])[0].is_ok());
        assert_eq!(log_size(&scratch), before + 1);
    }

    #[test]
    fn however_long_many_write_no_more_tasks_wait() {
        let scratch = Scratch::new();
        if !is_postgres() {
            return;
        }
        let adviser = scratch.adviser("ada");
        let case = scratch.bare_case(&adviser, false);
        let (db, by, most) = (&scratch.db, &adviser, Cell::new(0));
        let writers = (0..32).map(|_| async {
            for _ in 0..20 {
                let refused = Asked::new(by, Action::CaseRead, now()).unwrap().refused(&Noted { cases: [case].into(), ..Noted::default() });
                db.tell(refused).await.unwrap();
                most.set(most.get().max(Handle::current().metrics().num_alive_tasks()));
            }
        });
        scratch.wait(join_all(writers));
        // One writes, and one waits.
        assert!((1..=4).contains(&most.get()), "{} tasks", most.get());
    }
}
