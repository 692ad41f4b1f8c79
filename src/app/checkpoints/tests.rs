use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::SimpleConnection;

use super::*;
use crate::db::testing::cluster::is_postgres;
use crate::db::testing::{Scratch, now};

/// A sidecar in memory, which can fail, and which somebody else can write just before.
#[derive(Debug, Default)]
struct Memory {
    held: Mutex<Option<Vec<u8>>>,
    broken: AtomicBool,
    fickle: AtomicBool,
    overtaken: Mutex<Option<Vec<u8>>>,
}

impl Memory {
    fn fails(&self) -> io::Result<()> {
        if self.broken.load(Ordering::SeqCst) { Err(io::Error::other("broken")) } else { Ok(()) }
    }

    fn now(&self) -> Option<Vec<u8>> {
        self.held.lock().unwrap().clone()
    }
}

impl Sidecar for Memory {
    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        Ok(self.now())
    }

    fn replace(&self, old: Option<&[u8]>, new: &[u8]) -> io::Result<bool> {
        self.fails()?;
        let mut held = self.held.lock().unwrap();
        if let Some(other) = self.overtaken.lock().unwrap().take() {
            *held = Some(other);
        }
        if held.as_deref() != old || self.fickle.load(Ordering::SeqCst) {
            return Ok(false);
        }
        *held = Some(new.to_vec());
        Ok(true)
    }
}

fn keys() -> LogKeys {
    LogKeys { now: db::sealed::Secret::new([3; 32]), old: None }
}

async fn kept(scratch: &Scratch, adopting: bool) -> (App, Arc<Memory>, Arc<Memory>) {
    let app = App::on(scratch);
    let names = ledger::KeyNames { index: "index".to_owned(), log: "log".to_owned(), old_log: None };
    app.open_log(names, keys()).await.unwrap();
    let (disclosures, accesses) = (Arc::<Memory>::default(), Arc::<Memory>::default());
    let app = app.keeping(&keys(), disclosures.clone(), accesses.clone(), adopting).await.unwrap();
    (app, disclosures, accesses)
}

async fn stored(app: &App) -> Option<(i64, String)> {
    app.db.read(checkpoints::newest::<Disclosures>).await.unwrap()
}

#[test]
fn in_production_a_sidecar_that_is_gone_closes_the_logs() {
    let scratch = Scratch::new();
    scratch.wait(async {
        let (app, disclosures, _) = kept(&scratch, false).await;
        app.sign_logs().await.unwrap();
        assert_eq!(stored(&app).await.unwrap().1.into_bytes(), disclosures.now().unwrap());
        *disclosures.held.lock().unwrap() = None;
        assert!(matches!(app.sign_logs().await, Err(Unsigned::Missing("disclosure"))));
        assert!(!app.db.takes_entries() && !app.can_work().await);
        if is_postgres() {
            // What waits is given no place, either.
            let size = app.db.read::<_, db::Error>(ledger::size::<Accesses>).await.unwrap();
            let row =
                "INSERT INTO access_pending VALUES ('018bcfe5-6800-7000-8000-000000000001', '{\"at\":\"2026-09-14T09:12:41.530Z\"}', '[]')";
            scratch.another_connection().batch_execute(row).unwrap();
            app.db.sequence().await.unwrap();
            assert_eq!(app.db.read::<_, db::Error>(ledger::size::<Accesses>).await.unwrap(), size);
        }
    });
}

#[test]
fn nothing_is_published_that_the_sidecar_does_not_hold() {
    let scratch = Scratch::new();
    scratch.wait(async {
        let (app, disclosures, _) = kept(&scratch, true).await;
        disclosures.broken.store(true, Ordering::SeqCst);
        assert!(matches!(app.sign_logs().await, Err(Unsigned::Sidecar(_))));
        assert_eq!(stored(&app).await, None);
        // That is no reason to stop: entries are still taken, and it is signed when it can be.
        assert!(app.db.takes_entries() && app.can_work().await);
        disclosures.broken.store(false, Ordering::SeqCst);
        app.sign_logs().await.unwrap();
        assert_eq!(stored(&app).await.unwrap().1.into_bytes(), disclosures.now().unwrap());
    });
}

#[test]
fn two_copies_that_sign_at_once_publish_one_line() {
    let scratch = Scratch::new();
    scratch.wait(async {
        let (app, disclosures, accesses) = kept(&scratch, true).await;
        let other = App::on(&scratch).keeping(&keys(), disclosures.clone(), accesses, true).await.unwrap();
        let (one, two) = tokio::join!(app.sign_logs(), other.sign_logs());
        assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
        assert_eq!(stored(&app).await.unwrap().1.into_bytes(), disclosures.now().unwrap());
    });
}

#[test]
fn what_another_copy_kept_first_is_published_and_not_what_this_one_signed() {
    let scratch = Scratch::new();
    scratch.wait(async {
        let (app, disclosures, _) = kept(&scratch, true).await;
        let standing = app.db.read(|tx| checkpoints::standing::<Disclosures>(tx, None)).await.unwrap();
        let Standing::Continues(1, root) = standing else { panic!("the first entry alone") };
        let signer = app.keepers().unwrap().disclosures.signer.sign(1, root);
        let append = |tx: &mut db::Tx<'_>| {
            let (recalled, _) = entries(DisclosureLogKind::DisclosureRecalled, AccessLogKind::Read, staff::service(tx)?);
            let rel = Some(crate::domain::ids::EntryId::mint());
            ledger::note_disclosures(tx, DisclosureEntry { related: rel, ..recalled }, now());
            Ok::<_, db::Error>(())
        };
        app.db.write(append).await.unwrap();
        *disclosures.overtaken.lock().unwrap() = Some(signer.clone().into_bytes());
        // What the other kept is stored, whether it stored that itself or not, and goes on at once: whoever waits for it was promised all there was.
        app.sign_logs().await.unwrap();
        assert_eq!(app.db.read(|tx| checkpoints::of_size::<Disclosures>(tx, 1)).await.unwrap(), Some(signer));
        assert_eq!(stored(&app).await.map(|(size, _)| size), Some(2));
        assert_eq!(stored(&app).await.unwrap().1.into_bytes(), disclosures.now().unwrap());
        // One that never agrees is told, and not asked for ever.
        app.db.write(append).await.unwrap();
        disclosures.fickle.store(true, Ordering::SeqCst);
        assert!(matches!(app.sign_logs().await, Err(Unsigned::Sidecar(_))));
    });
}
