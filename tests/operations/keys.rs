//! Rotation of the keys: nothing is lost, whenever it is killed, and what was kept is read as before. `SENDIASS_ROTATED_PEOPLE` and
//! `SENDIASS_ROTATION_KILLS` set how many have keys and how often it is killed halfway.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use sendiass::clock::Clock;
use sendiass::db::conn::{Conn, Demands, Place};
use sendiass::db::keyring::Keyring;
use sendiass::db::sealed::{KeyUse, Owner};
use sendiass::db::{self, Db};
use sendiass::domain::ids::PersonId;
use sendiass::keys::{Secrets, fingerprint};
use sendiass::startup;
use serde_json::{Value, json};

use crate::backup::{fails, rows, succeeds};
use crate::family::Family;
use crate::harness::cluster::{self, Scratch, by_engine};
use crate::harness::{TestApp, at, config, connect};

pub fn column(conn: &mut Conn, column: &str, table: &str) -> Vec<String> {
    let text = by_engine("quote(@)", "(@)::text").replace('@', column);
    rows(conn, &format!("SELECT {text} AS text FROM {table} ORDER BY 1"))
}

pub fn command(what: &[&str], folder: &Path, scratch: Option<&Scratch>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
    command.arg("keys").args(what).arg("--data-dir").arg(folder);
    if let Some(scratch) = scratch {
        let owner = matches!(what, ["reseal" | "sweep", ..]);
        command.args(["--unsafe-database", "--database-url", &if owner { scratch.owner_url() } else { scratch.url() }]);
    }
    command
}

#[track_caller]
pub fn done(what: &[&str], folder: &Path, scratch: Option<&Scratch>) -> String {
    String::from_utf8(succeeds(&mut command(what, folder, scratch)).stdout).unwrap()
}

#[track_caller]
fn refused(what: &[&str], folder: &Path, scratch: Option<&Scratch>, sentence: &str) {
    fails(&mut command(what, folder, scratch), sentence);
}

fn starts(folder: &Path, scratch: Option<&Scratch>) -> Result<(), String> {
    let clock = Clock::frozen(at("2026-06-01T09:00:00Z"));
    actix_web::rt::System::new().block_on(startup::build(config(folder, scratch), clock)).map(drop)
}

/// What is told of a family, by everything it is told with.
pub fn told(app: &TestApp, family: &Family) -> Vec<Value> {
    let case = format!("/cases/{}", family.case);
    let lists = ["", "/participants", "/notes", "/consents", "/disclosures"].map(|list| format!("{case}{list}"));
    let people = [&family.mia, &family.ana, &family.finn].map(|person| format!("/people/{person}"));
    let requests = format!("/information-requests?caseId={}", family.case);
    let whole = app.manager().get(&requests).ok(200).body["items"].as_array().unwrap().clone();
    let whole = whole.into_iter().map(|row| format!("/information-requests/{}", row["id"].as_str().unwrap()));
    let proceedings =
        app.manager().get(&format!("/legal-requests?caseId={}", family.case)).ok(200).body["items"].as_array().unwrap().clone();
    let proceedings = proceedings.into_iter().map(|row| format!("/legal-requests/{}", row["id"].as_str().unwrap()));
    let log = std::iter::once("/disclosure-log?limit=200".to_owned());
    lists.into_iter().chain(people).chain(whole).chain(proceedings).chain(log).map(|path| app.manager().get(&path).ok(200).body).collect()
}

pub fn record(app: &TestApp) -> Family {
    let family = Family::record(app);
    let note = family.n1(app);
    family.permit(app, json!({}));
    family.disclose(app, &family.ask(&note, json!({}))).ok(201);
    family.disclose(app, &family.risk(&note, json!({}))).ok(201);
    family
}

const KEK: &str = "key-encryption.key";
const OTHER: &str = "other-key-encryption.key";

#[test]
fn a_new_key_encryption_key_wraps_all_and_changes_no_text() {
    let app = TestApp::spawn();
    let family = record(&app);
    let (was, text) = (told(&app, &family), column(&mut app.sabotage(), "sealed", "note"));
    let (folder, scratch) = app.stopped();
    let (path, scratch) = (folder.path().to_owned(), scratch);
    let kept = |what: &str| column(&mut connect(&path, scratch.as_ref()), what, "sealing_key");
    let (names, wrapped) = (kept("kek_id"), kept("wrapped"));
    let old = std::fs::read(path.join(KEK)).unwrap();

    let before = done(&["status"], &path, scratch.as_ref());
    assert!(before.contains(&format!("wraps: {} data keys", names.len())), "{before}");
    done(&["rotate-kek"], &path, scratch.as_ref());
    let after = done(&["status"], &path, scratch.as_ref());
    assert!(after.contains(&format!("wraps: {} data keys", names.len())) && after != before, "{after}");

    assert!(kept("kek_id").iter().all(|name| !names.contains(name)));
    assert!(kept("wrapped").iter().all(|key| !wrapped.contains(key)));
    assert_eq!(column(&mut connect(&path, scratch.as_ref()), "sealed", "note"), text);
    assert!(!path.join(OTHER).exists(), "the old key is gone");

    // The old key opens nothing now, and whoever has it only is told so.
    let new = std::fs::read(path.join(KEK)).unwrap();
    std::fs::write(path.join(KEK), &old).unwrap();
    assert!(starts(&path, scratch.as_ref()).unwrap_err().contains("a key-encryption key that was not given"));
    refused(&["rewrap"], &path, scratch.as_ref(), "a key-encryption key that was not given");
    std::fs::write(path.join(KEK), new).unwrap();
    let app = TestApp::spawn_on(folder, scratch, |_| {});
    assert_eq!(told(&app, &family), was);
}

/// All the secrets in a folder.
fn secrets(folder: &Path) -> Secrets {
    Secrets::gather(&Default::default(), folder, false).unwrap()
}

/// The database, opened with the keys that are in the folder now.
pub fn opened(folder: &Path, scratch: Option<&Scratch>) -> Db {
    let secrets = secrets(folder);
    let mut ring = Keyring::new(fingerprint(&secrets.key_encryption), &secrets.key_encryption, &secrets.index);
    if let Some(other) = &secrets.other_key_encryption {
        ring = ring.with_other(fingerprint(other), other);
    }
    let place = scratch.map_or_else(|| Place::File(folder.join("sendiass.db")), |scratch| Place::Server(scratch.url()));
    Db::open(&place, Demands { encrypted: false, unsafe_server: true }, ring, 1).unwrap()
}

/// How many people one transaction is for.
const SOME: usize = 40;

/// Every key of these people, of both purposes.
fn keys_of(db: &Db, people: &[PersonId]) -> Vec<Vec<u8>> {
    let some = |people: &[PersonId]| {
        let people = people.to_vec();
        let read = db.read::<_, db::Error>(move |tx| {
            let mut keys = Vec::new();
            for person in people {
                for usage in [KeyUse::Seal, KeyUse::Ledger] {
                    keys.push(tx.key(Owner::Person(person), usage)?.to_vec());
                }
            }
            Ok(keys)
        });
        actix_web::rt::System::new().block_on(read).unwrap()
    };
    people.chunks(SOME).flat_map(some).collect()
}

#[expect(clippy::disallowed_methods, reason = "a size of the tests, not a setting of the service")]
fn size(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |size| size.parse().unwrap())
}

#[test]
fn a_rotation_killed_in_the_middle_goes_on_where_it_was() {
    // A data key for each person and purpose, wrapped in several transactions.
    let (people, kills) = (size("SENDIASS_ROTATED_PEOPLE", 400), size("SENDIASS_ROTATION_KILLS", 3));
    let (folder, scratch) = TestApp::spawn().stopped();
    let (path, scratch) = (folder.path(), scratch.as_ref());
    let people: Vec<PersonId> = (0..people).map(|_| PersonId::mint()).collect();
    let was = {
        let db = opened(path, scratch);
        for made in people.chunks(SOME) {
            let made = made.to_vec();
            let entered = db.write::<_, db::Error>(move |tx| {
                made.into_iter().try_for_each(|person| tx.create_keys(Owner::Person(person), at("2026-06-01T09:00:00Z")))
            });
            actix_web::rt::System::new().block_on(entered).unwrap();
        }
        keys_of(&db, &people)
    };
    assert_eq!(was.iter().collect::<BTreeSet<_>>().len(), was.len());
    let (mut halves, mut wait) = (0, Duration::from_millis(1));
    for _ in 0..400 {
        let mut child = command(&["rotate-kek"], path, scratch).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(wait);
        child.kill().unwrap();
        let ended = child.wait().unwrap().success();
        let under = column(&mut connect(path, scratch), "kek_id", "sealing_key").into_iter().collect::<BTreeSet<_>>().len();
        if under == 2 {
            // As it was left, everything opens, with the keys that were left.
            assert_eq!(keys_of(&opened(path, scratch), &people), was);
            halves += 1;
        }
        if halves >= kills {
            break;
        }
        // The next try is killed later, until one ends by itself.
        wait = if ended { Duration::from_millis(1) } else { wait + wait / 8 + Duration::from_millis(1) };
    }
    assert!(halves >= kills, "none of them was killed in the middle");
    done(&["rotate-kek"], path, scratch);
    assert_eq!(column(&mut connect(path, scratch), "kek_id", "sealing_key").into_iter().collect::<BTreeSet<_>>().len(), 1);
    assert!(!path.join(OTHER).exists());
    assert_eq!(keys_of(&opened(path, scratch), &people), was);
    starts(path, scratch).unwrap();
}

/// A key as an operator makes it.
fn fresh() -> String {
    format!("{:x?}", [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(|part| part.simple().to_string()).concat()).replace('"', "")
}

#[test]
fn given_keys_are_exchanged_while_the_service_runs() {
    let (old, new) = (fresh(), fresh());
    let app = TestApp::spawn_with(|config| config.keys.key_encryption_key = Some(old.as_str().into()));
    let family = record(&app);
    let was = told(&app, &family);
    let given = |wraps: &str, opens: Option<&str>| {
        let (wraps, opens) = (wraps.to_owned(), opens.map(str::to_owned));
        move |config: &mut sendiass::config::Config| {
            config.keys.key_encryption_key = Some(wraps.as_str().into());
            config.keys.other_key_encryption_key = opens.as_deref().map(Into::into);
        }
    };
    // First every replica learns to open what the new one wraps; then the two are exchanged.
    let (folder, scratch) = app.stopped();
    let app = TestApp::spawn_on(folder, scratch, given(&old, Some(&new)));
    assert_eq!(told(&app, &family), was);
    let (folder, scratch) = app.stopped();
    let mut app = TestApp::spawn_on(folder, scratch, given(&new, Some(&old)));
    let later = crate::family::person(&app, &json!({"kind":"child","fullName":"Io Marsh","pseudonymous":false})).id();
    let rewrap = ["rewrap", "--key-encryption-key", &new, "--other-key-encryption-key", &old];
    if cluster::is_postgres() {
        std::thread::scope(|scope| {
            let rewrapping = scope.spawn(|| done(&rewrap, app.folder(), app.scratch.as_deref()));
            while !rewrapping.is_finished() {
                assert_eq!(told(&app, &family), was);
            }
        });
    } else {
        refused(&rewrap, app.folder(), None, "is in use by another process");
        let (folder, scratch) = app.stopped();
        done(&rewrap, folder.path(), scratch.as_ref());
        app = TestApp::spawn_on(folder, scratch, given(&new, Some(&old)));
    }
    // Then the old one may go.
    let (folder, scratch) = app.stopped();
    let app = TestApp::spawn_on(folder, scratch, given(&new, None));
    assert_eq!(told(&app, &family), was);
    assert_eq!(app.adviser().get(&format!("/people/{later}")).ok(200).str("fullName"), "Io Marsh");
    // Neither the command nor the service made any key of its own.
    assert!(!app.folder().join(KEK).exists() && !app.folder().join(OTHER).exists());
}

#[test]
fn a_command_that_cannot_be_done_says_why_and_changes_nothing() {
    let (folder, scratch) = TestApp::spawn().stopped();
    let (path, scratch) = (folder.path(), scratch.as_ref());
    let was = std::fs::read(path.join(KEK)).unwrap();
    let key = fresh();
    refused(&["rotate-kek", "--key-encryption-key", &key], path, scratch, "is given to the service, not made by it");
    refused(&["rewrap", "--key-encryption-key", &key, "--other-key-encryption-key", &key], path, scratch, "each secret must be its own");
    refused(&["status", "--key-encryption-key", "short"], path, scratch, "is not 32 bytes");
    let nowhere = tempfile::tempdir().unwrap();
    refused(&["status", "--database-url", "sqlite:nowhere.db"], nowhere.path(), None, "There is no database");
    assert_eq!(std::fs::read_dir(nowhere.path()).unwrap().count(), 0, "nothing is made for a database that is not there");
    assert_eq!(std::fs::read(path.join(KEK)).unwrap(), was);
    starts(path, scratch).unwrap();
}
