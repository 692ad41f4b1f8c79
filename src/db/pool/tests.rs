//! Connections that die, or fall silent.

use std::future::Future;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use futures_util::future::join_all;

use crate::db::conn::{Demands, Place};
use crate::db::keyring::Keyring;
use crate::db::sealed::Secret;
use crate::db::testing::Scratch;
use crate::db::testing::cluster::is_postgres;
use crate::db::{Db, Error, Result, Tx, as_one_request};

type Answer = Pin<Box<dyn Future<Output = Result<()>>>>;

/// Reads for so long.
fn busy(scratch: &Scratch, long: Duration) -> Answer {
    let db = scratch.db.clone();
    Box::pin(async move {
        db.read::<(), Error>(move |tx| {
            std::thread::sleep(long);
            Ok(tx.conn.batch_execute("SELECT 1")?)
        })
        .await
    })
}

/// Both connections of the pool at once.
fn both(scratch: &Scratch) -> Vec<Result<()>> {
    scratch.wait(join_all([busy(scratch, Duration::from_millis(50)), busy(scratch, Duration::from_millis(50))]))
}

#[test]
fn where_nobody_listens_nobody_waits_until_patience_ends() {
    let scratch = Scratch::new();
    let nowhere = Place::Server("postgres://nobody@127.0.0.1:1/nothing".to_owned());
    let keys = Keyring::new("test".to_owned(), &Secret::new([7; 32]), &Secret::new([9; 32]));
    let db = Db::open(&nowhere, Demands::default(), keys, 2).unwrap();
    for _ in 0..3 {
        let since = Instant::now();
        let told = scratch.wait(db.read::<(), Error>(|_| Ok(())));
        assert!(matches!(told, Err(Error::Unavailable)), "{told:?}");
        assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    }
}

fn end(tx: &mut Tx<'_>, which: &str) -> Result<()> {
    let sql = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND usename = current_user AND pid {which} pg_backend_pid()"
    );
    Ok(tx.conn.batch_execute(&sql)?)
}

#[test]
fn a_connection_that_died_while_it_was_idle_is_replaced_and_nobody_notices() {
    let scratch = Scratch::new();
    if !is_postgres() {
        return;
    }
    assert!(both(&scratch).iter().all(Result::is_ok));
    assert_eq!(scratch.db.load().idle, 2);
    scratch.read(|tx| end(tx, "<>")).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let answers = both(&scratch);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

#[test]
fn a_connection_that_died_at_work_is_unavailable_and_not_used_again() {
    let scratch = Scratch::new();
    if !is_postgres() {
        return;
    }
    scratch.read(|_| Ok(())).unwrap();
    assert_eq!(scratch.db.load().idle, 1);
    let died = scratch.write(|tx| end(tx, "="));
    assert!(matches!(died, Err(Error::Unavailable)), "{died:?}");
    assert_eq!((scratch.db.load().idle, scratch.db.load().reading), (0, 0));
    scratch.read(|_| Ok(())).unwrap();
}

#[test]
fn connections_from_which_nothing_is_heard_any_more_are_written_off_and_others_are_made() {
    let scratch = Scratch::new();
    let since = Instant::now();
    let silent = Duration::from_secs(8);
    let all = async {
        let stuck = join_all([busy(&scratch, silent), busy(&scratch, silent)]);
        let others = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            // While they may still answer, nobody gets more connections than there may be.
            let early = scratch.db.read::<(), Error>(|_| Ok(())).await;
            assert!(matches!(early, Err(Error::Unavailable)), "{early:?}");
            assert_eq!(scratch.db.load().timed_out, if is_postgres() { 3 } else { 1 });
            // Whoever waits already when they are written off has another at once.
            tokio::time::sleep(Duration::from_millis(4500).saturating_sub(since.elapsed())).await;
            scratch.db.read::<(), Error>(|_| Ok(())).await.unwrap();
            assert!((6..7).contains(&since.elapsed().as_secs()), "{:?}", since.elapsed());
            assert_eq!((scratch.db.load().reading, scratch.db.load().idle), (0, 1));
            // Nor do they take the place of somebody who waits. A file on this machine is waited for.
            assert_eq!(scratch.db.load().reads_waiting, if is_postgres() { 0 } else { 2 });
        };
        futures_util::future::join(stuck, others).await.0
    };
    let stuck = scratch.wait(all);
    // Whoever asked a server was answered in time; the file on this machine is waited for.
    assert!(stuck.iter().all(|answer| answer.is_ok() != is_postgres()), "{stuck:?}");
    // What was written off does not come back.
    std::thread::sleep(Duration::from_millis(8300).saturating_sub(since.elapsed()));
    assert_eq!((scratch.db.load().reading, scratch.db.load().idle), (0, 1));
}

#[test]
fn connections_that_are_never_made_are_written_off_too() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = Place::Server(format!("postgres://nobody@{}/nothing?sslmode=disable", listener.local_addr().unwrap()));
    let came = Arc::new(AtomicUsize::new(0));
    let counted = came.clone();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let _greeting = client.read(&mut [0; 1024]).unwrap();
            // Welcome, and ready; and then not a word more.
            client.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            kept.push(client);
        }
    });
    let keys = Keyring::new("test".to_owned(), &Secret::new([7; 32]), &Secret::new([9; 32]));
    let db = Db::open(&nowhere, Demands::default(), keys, 2).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let since = Instant::now();
    while came.load(Ordering::SeqCst) <= 2 {
        let told = runtime.block_on(db.read::<(), Error>(|_| Ok(())));
        assert!(matches!(told, Err(Error::Unavailable)), "{told:?}");
        assert!(since.elapsed() < Duration::from_secs(10), "nobody tries again");
    }
    assert!(since.elapsed() > Duration::from_secs(6), "more than there may be after {:?}", since.elapsed());
}

#[test]
fn a_request_of_several_transactions_waits_for_a_server_no_longer_than_one_of_them_may() {
    let scratch = Scratch::new();
    if !is_postgres() {
        return;
    }
    let since = Instant::now();
    let long = Duration::from_millis(1500);
    let (first, second) = scratch.wait(as_one_request(async { (busy(&scratch, long).await, busy(&scratch, long).await) }));
    assert!(first.is_ok() && matches!(second, Err(Error::Unavailable)), "{first:?} {second:?}");
    assert!(since.elapsed() < Duration::from_millis(2500), "{:?}", since.elapsed());
    // The next request begins anew.
    scratch.wait(as_one_request(busy(&scratch, long))).unwrap();
}
