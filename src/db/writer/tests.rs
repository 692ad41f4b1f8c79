//! Those who write at the same time share a commit, and nothing else.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::db::schema::revoked_token;
use crate::db::testing::cluster::{by_engine, is_postgres};
use crate::db::testing::{Scratch, now};
use crate::db::{Db, Error, Result, Tx};

type Answer = Pin<Box<dyn Future<Output = Result<()>>>>;

/// Records a row of this name, and then does something.
fn record(db: &Db, name: &'static str, and: impl FnOnce(&mut Tx<'_>) -> Result<()> + Send + 'static) -> Answer {
    let db = db.clone();
    Box::pin(async move {
        let write = db.write::<(), Error>(move |tx| {
            diesel::insert_into(revoked_token::table)
                .values((revoked_token::id.eq(name), revoked_token::expires_at.eq(now())))
                .execute(tx.conn)?;
            and(tx)
        });
        write.await.map(drop)
    })
}

fn kept(scratch: &Scratch) -> Vec<String> {
    scratch.read(|tx| Ok(revoked_token::table.select(revoked_token::id).order(revoked_token::id).load(tx.conn)?)).unwrap()
}

/// Sends them while somebody else holds what they need, so that all wait when it is free. Whether the embedded database takes them into one
/// batch is a matter of milliseconds: that is tried until it does, by `shared`.
fn at_once(scratch: &Scratch, writes: Vec<Answer>) -> Vec<Result<()>> {
    let mut other = scratch.another_connection();
    other.batch_execute(by_engine("BEGIN IMMEDIATE", "BEGIN; LOCK TABLE revoked_token")).unwrap();
    let release = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        other.batch_execute("ROLLBACK").unwrap();
    });
    let answers = scratch.wait(futures_util::future::join_all(writes));
    release.join().unwrap();
    answers
}

/// Tries until these answers came, which they do when all share a batch.
fn shared(writes: impl Fn(&Scratch) -> Vec<Answer>, expected: &[&str], left: &[&str]) -> Scratch {
    for _ in 0..10 {
        let scratch = Scratch::new();
        let answers = at_once(&scratch, writes(&scratch));
        let shown: Vec<String> = answers.iter().map(|answer| format!("{answer:?}")).collect();
        if shown == expected {
            assert_eq!(kept(&scratch), left);
            return scratch;
        }
        // In several batches it must be true all the same: whoever was told of a success is on record.
        assert!(answers.iter().filter(|answer| answer.is_ok()).count() == kept(&scratch).len(), "{shown:?} {:?}", kept(&scratch));
        eprintln!("{shown:?}");
    }
    panic!("never {expected:?}");
}

/// Puts off the check of a reference to nothing until COMMIT, which fails by it.
fn breaks_the_commit(tx: &mut Tx<'_>) -> Result<()> {
    tx.conn.batch_execute("PRAGMA defer_foreign_keys = ON; INSERT INTO decision_guard (person_id, version) VALUES (zeroblob(16), 1)")?;
    Ok(())
}

#[test]
fn what_goes_wrong_in_one_write_touches_no_other_of_its_batch() {
    let scratch = Scratch::new();
    let db = &scratch.db;
    let answers = at_once(
        &scratch,
        vec![
            record(db, "a", |_| Ok(())),
            record(db, "fails", |_| Err(Error::NotFound)),
            record(db, "b", |_| Ok(())),
            record(db, "panics", |_| panic!("on purpose")),
            record(db, "c", |_| Ok(())),
        ],
    );
    let shown: Vec<String> = answers.iter().map(|answer| format!("{answer:?}")).collect();
    assert_eq!(shown, ["Ok(())", "Err(NotFound)", "Ok(())", "Err(Panicked)", "Ok(())"]);
    assert_eq!(kept(&scratch), ["a", "b", "c"]);
    let again = scratch.wait(record(db, "a", |_| Ok(())));
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
}

#[test]
fn a_commit_that_fails_is_told_to_all_of_its_batch_and_leaves_nothing_of_it() {
    if is_postgres() {
        // There no two share a commit.
        return;
    }
    let writes = |scratch: &Scratch| {
        let db = &scratch.db;
        vec![record(db, "a", |_| Ok(())), record(db, "fails", |_| Err(Error::NotFound)), record(db, "breaks", breaks_the_commit)]
    };
    // Whoever was answered before the commit would have been told of a success.
    let scratch = shared(writes, &["Err(Unavailable)", "Err(NotFound)", "Err(Unavailable)"], &[]);
    scratch.wait(record(&scratch.db, "a", |_| Ok(()))).unwrap();
    assert_eq!(kept(&scratch), ["a"]);
}

#[test]
fn a_full_disk_undoes_the_whole_batch_and_no_answer_says_otherwise() {
    if is_postgres() {
        return;
    }
    let fills = |tx: &mut Tx<'_>| {
        // The limit of the one connection that writes stands for the disk.
        tx.conn.batch_execute("PRAGMA max_page_count = 1; INSERT INTO revoked_token VALUES (hex(zeroblob(10000)), 0)")?;
        Ok(())
    };
    let writes = |scratch: &Scratch| {
        let db = &scratch.db;
        // The last has a batch of its own: here, where nothing is begun any more, it would be committed and told otherwise.
        vec![record(db, "a", |_| Ok(())), record(db, "fills", fills), record(db, "b", |_| Ok(()))]
    };
    let scratch = shared(writes, &["Err(Unavailable)", "Err(Unavailable)", "Ok(())"], &["b"]);
    scratch.write(|tx| Ok(tx.conn.batch_execute("PRAGMA max_page_count = 1000000")?)).unwrap();
    scratch.wait(record(&scratch.db, "a", |_| Ok(()))).unwrap();
    assert_eq!(kept(&scratch), ["a", "b"]);
}

#[test]
fn the_queue_is_bounded_and_whoever_finds_it_full_is_turned_away_at_once() {
    let scratch = Scratch::new();
    let writes: Vec<Answer> = (0..1200).map(|_| record(&scratch.db, "again", |_| Ok(()))).collect();
    let turned_away = at_once(&scratch, writes).iter().filter(|answer| matches!(answer, Err(Error::Busy))).count();
    // 1,024 wait in the embedded database, beside the one that waits for the lock; for a server 64, beside the connections, of which there are two.
    let admitted = 1200 - turned_away;
    assert!(if is_postgres() { admitted == 66 } else { [1024, 1025].contains(&admitted) }, "{admitted} were admitted");
    assert_eq!(scratch.db.load().turned_away, turned_away as u64);
}

#[test]
fn an_error_that_a_use_case_swallowed_is_never_a_success() {
    let scratch = Scratch::new();
    let swallow = record(&scratch.db, "swallows", |tx| {
        tx.conn.batch_execute("INSERT INTO nowhere VALUES (1)").unwrap_err();
        Ok(())
    });
    // PostgreSQL has undone everything by then, and would say so in the tag of a COMMIT only; the embedded database has not.
    let answer = scratch.wait(swallow);
    assert_eq!(answer.is_ok(), kept(&scratch) == ["swallows"], "{answer:?}");
}
