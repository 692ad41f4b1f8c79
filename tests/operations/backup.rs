//! The restore drill: what is restored from a backup is what was there, with its log, its keys, and its life going on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{QueryableByName, RunQueryDsl};
use sendiass::clock::Clock;
use sendiass::db::conn::Conn;
use sendiass::domain::vocabulary::Role;
use sendiass::startup;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::family::Family;
use crate::harness::cluster::{self, Scratch, by_engine};
use crate::harness::{TestApp, at, config, connect};

/// The files that a service of development makes in its folder.
const KEYS: [&str; 4] = ["key-encryption.key", "index.key", "log.key", "development-token-key.pem"];

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

/// The column `text` of what is asked for.
pub fn rows(conn: &mut Conn, query: &str) -> Vec<String> {
    diesel::sql_query(query).load::<Row>(conn).unwrap().into_iter().map(|row| row.text).collect()
}

/// Every table with a hash over all its rows and their number, as one snapshot has them.
fn content(conn: &mut Conn) -> BTreeMap<String, (usize, String)> {
    conn.batch_execute(by_engine("BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")).unwrap();
    let tables = by_engine(
        "SELECT name AS text FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        "SELECT tablename::text AS text FROM pg_tables WHERE schemaname = 'public'",
    );
    let mut all = BTreeMap::new();
    for table in rows(conn, tables) {
        let query = if cluster::is_postgres() {
            format!("SELECT whole::text AS text FROM public.{table} AS whole")
        } else {
            let columns = rows(conn, &format!("SELECT 'quote(' || name || ')' AS text FROM pragma_table_xinfo('{table}')"));
            format!("SELECT {} AS text FROM {table}", columns.join(" || ',' || "))
        };
        let mut whole = rows(conn, &query);
        whole.sort();
        let hash = Sha256::digest(whole.join("\n"));
        all.insert(table, (whole.len(), format!("{hash:x?}")));
    }
    conn.batch_execute("COMMIT").unwrap();
    all
}

#[track_caller]
pub fn succeeds(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn sendiass() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sendiass"))
}

/// A tool of PostgreSQL.
fn tool(name: &str) -> Command {
    let tool = cluster::binaries().expect("the tools of PostgreSQL are installed").join(name);
    assert!(tool.exists(), "{name} is not beside `initdb`: install the client's tools of PostgreSQL");
    Command::new(tool)
}

/// Backs up the database of a running service as docs/production.md says; on PostgreSQL the wrapped keys apart.
fn back_up(app: &TestApp, folder: &Path) {
    match &app.scratch {
        None => {
            let to = folder.join("backup.db");
            succeeds(sendiass().args(["backup", "--to"]).arg(&to).arg("--data-dir").arg(app.folder()));
        }
        Some(scratch) => {
            let url = format!("--dbname={}", scratch.owner_url());
            let dump = |file: &str, what: &[&str]| {
                succeeds(tool("pg_dump").args(["--format=custom", &url, "--file"]).arg(folder.join(file)).args(what));
            };
            dump("record.dump", &["--exclude-table-data=sealing_key"]);
            dump("keys.dump", &["--data-only", "--table=sealing_key"]);
        }
    }
}

/// Puts a backup into a place where nothing was: a folder for the keys, which are not in it, and on PostgreSQL a database.
fn restore(backup: &Path) -> (TempDir, Option<Scratch>) {
    let folder = tempfile::tempdir().unwrap();
    if !cluster::is_postgres() {
        std::fs::copy(backup.join("backup.db"), folder.path().join("sendiass.db")).unwrap();
        return (folder, None);
    }
    let scratch = Scratch::empty();
    let url = format!("--dbname={}", scratch.owner_url());
    for file in ["record.dump", "keys.dump"] {
        let how = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-acl", &url];
        succeeds(tool("pg_restore").args(how).arg(backup.join(file)));
    }
    // Grants the role of the service what it may do.
    succeeds(sendiass().args(["migrate", "run", "--unsafe-database", "--database-url", &scratch.owner_url()]));
    (folder, Some(scratch))
}

fn give_keys(from: &Path, to: &Path) {
    for key in KEYS {
        std::fs::copy(from.join(key), to.join(key)).unwrap();
    }
}

/// A page of the disclosure log, which is all of it.
fn log(app: &TestApp) -> Value {
    app.as_role(Role::Auditor).get("/disclosure-log?limit=200").ok(200).body
}

/// A family, what it permitted, what was passed on, and what was refused.
fn record(app: &TestApp) -> (Family, Value) {
    let family = Family::record(app);
    let note = family.n1(app);
    family.permit(app, json!({}));
    let ask = family.ask(&note, json!({}));
    family.disclose(app, &ask).ok(201);
    family.refuse(app, &family.finn, &[&family.ana]);
    family.disclose(app, &ask).problem(409, "consent-required");
    (family, ask)
}

/// Puts people on record until it is told to stop: those that were acknowledged, in their order.
fn enter(app: &TestApp, writer: usize, stop: &AtomicBool, acknowledged: &Mutex<Vec<String>>) {
    let session = app.as_staff(Role::Adviser, &format!("Writer {writer}"));
    while !stop.load(Ordering::SeqCst) {
        let person = json!({"kind":"child","fullName":"Ada Test","pseudonymous":false,"dateOfBirth":"2014-03-12"});
        let id = session.post("/people", &person).ok(201).id();
        acknowledged.lock().unwrap().push(id);
    }
}

/// Waits until everybody has entered so many.
fn entered(lists: &[Mutex<Vec<String>>], many: usize) -> Vec<usize> {
    let began = Instant::now();
    loop {
        let now: Vec<usize> = lists.iter().map(|list| list.lock().unwrap().len()).collect();
        if now.iter().all(|length| *length >= many) {
            return now;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "they do not write");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Those who write stop when this is dropped, however the test ends.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn what_was_acknowledged_before_a_backup_under_load_is_in_it() {
    let app = TestApp::spawn();
    record(&app);
    let backup = tempfile::tempdir().unwrap();
    let lists: Vec<Mutex<Vec<String>>> = (0..4).map(|_| Mutex::default()).collect();
    let stop = AtomicBool::new(false);
    let before = std::thread::scope(|scope| {
        for (writer, list) in lists.iter().enumerate() {
            let (app, stop) = (&app, &stop);
            scope.spawn(move || enter(app, writer, stop, list));
        }
        let _stops = Stops(&stop);
        let before = entered(&lists, 5);
        back_up(&app, backup.path());
        // They went on meanwhile, and go on.
        entered(&lists, before.iter().max().unwrap() + 1);
        before
    });
    let (folder, scratch) = restore(backup.path());
    give_keys(app.folder(), folder.path());
    let restored = TestApp::spawn_on(folder, scratch, |_| {});
    assert_eq!(log(&restored)["rootHash"], log(&app)["rootHash"]);
    for (list, before) in lists.iter().zip(before) {
        let acknowledged = list.lock().unwrap();
        let there = |id: &String| restored.adviser().get(&format!("/people/{id}")).status;
        // Each can be opened: its key is there, too.
        let kept = acknowledged.iter().take_while(|id| there(id) == 200).count();
        assert!(kept >= before, "{before} were acknowledged, {kept} restored");
        // One snapshot: nothing after the first that is missing.
        assert!(acknowledged[kept..].iter().all(|id| there(id) == 404));
        assert!(kept < acknowledged.len(), "the backup was not taken under load");
    }
}

#[test]
fn what_is_restored_is_what_was_there_and_goes_on() {
    let app = TestApp::spawn();
    let (family, ask) = record(&app);
    let backup = tempfile::tempdir().unwrap();
    let was = content(&mut app.sabotage());
    back_up(&app, backup.path());
    assert_eq!(content(&mut app.sabotage()), was);
    assert!(was["disclosure_entry"].0 >= 3 && was["sealing_key"].0 >= 6, "{was:?}");

    let (folder, scratch) = restore(backup.path());
    assert_eq!(content(&mut connect(folder.path(), scratch.as_ref())), was);

    // Without the keys, which no backup holds, it is not served: the new ones that were made here are others.
    let wrong = config(folder.path(), scratch.as_ref());
    let refused = actix_web::rt::System::new().block_on(startup::build(wrong, Clock::frozen(at("2026-06-01T09:00:00Z"))));
    assert!(refused.unwrap_err().contains("a key-encryption key that was not given"));
    assert_eq!(content(&mut connect(folder.path(), scratch.as_ref())), was);

    give_keys(app.folder(), folder.path());
    let restored = TestApp::spawn_on(folder, scratch, |_| {});
    let (old, new) = (log(&app), log(&restored));
    assert!(old["rootHash"].is_string());
    assert_eq!(old, new);
    let mia = format!("/people/{}", family.mia);
    assert_eq!(restored.adviser().get(&mia).ok(200).str("fullName"), "Mia Marsh");
    // It goes on where it was: the refusal still counts, and the next entry follows the last.
    family.disclose(&restored, &ask).problem(409, "consent-required");
    let next = log(&restored);
    assert_eq!(next["items"].as_array().unwrap().len(), old["items"].as_array().unwrap().len() + 1);
    assert_ne!(next["rootHash"], old["rootHash"]);
    family.note(&restored, &family.mia, &[&family.ana], "attendance", json!({}));
}

/// A command that fails, and says in one sentence why.
#[track_caller]
pub fn fails(command: &mut Command, sentence: &str) {
    let output = command.output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), talk.lines().count()), (Some(1), 1), "{talk}");
    assert!(talk.contains(sentence), "{talk}");
}

/// The command on a folder, and what it must say when it fails.
#[track_caller]
fn refuses(folder: &Path, to: &Path, more: &[&str], sentence: &str) {
    fails(sendiass().args(["backup", "--to"]).arg(to).arg("--data-dir").arg(folder).args(more), sentence);
}

fn names(folder: &Path) -> Vec<PathBuf> {
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names
}

#[test]
fn a_backup_is_private_and_never_overwritten_and_a_failed_one_leaves_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let to = out.path().join("backup.db");
    refuses(folder.path(), &to, &[], "There is no database");
    refuses(folder.path(), &to, &["--database-url", "postgres:///sendiass"], "with its own tools, such as `pg_dump`");
    let database = folder.path().join("sendiass.db");
    let execute = |sql: &str| connect(folder.path(), None).batch_execute(sql).unwrap();
    execute("CREATE TABLE other (x INTEGER)");
    refuses(folder.path(), &to, &[], "is not one of this service");
    std::fs::remove_file(&database).unwrap();
    drop(connect(folder.path(), None).migrate().unwrap());
    for damage in [
        "PRAGMA ignore_check_constraints = ON; \
         INSERT INTO sealing_key (owner_kind, owner_id, purpose, version, kek_id, wrapped, created_at) \
             VALUES ('nobody', zeroblob(16), 'seal', 1, 'k', zeroblob(32), 0)",
        "PRAGMA ignore_check_constraints = ON; UPDATE sealing_key SET wrapped = NULL; DELETE FROM sealing_key; PRAGMA foreign_keys = OFF; INSERT INTO team (id, recipient_id, name, removed) VALUES (zeroblob(16), zeroblob(16), 'x', 0)",
    ] {
        execute(damage);
        refuses(folder.path(), &to, &[], "is damaged");
    }
    std::fs::write(&database, "x".repeat(4096)).unwrap();
    refuses(folder.path(), &to, &[], "cannot be copied");
    assert_eq!(names(out.path()), Vec::<PathBuf>::new());
    refuses(folder.path(), &out.path().join("missing/backup.db"), &[], "cannot be written");

    std::fs::remove_file(&database).unwrap();
    drop(connect(folder.path(), None).migrate().unwrap());
    succeeds(sendiass().args(["backup", "--to"]).arg(&to).arg("--data-dir").arg(folder.path()));
    assert_eq!(std::fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    let whole = std::fs::read(&to).unwrap();
    refuses(folder.path(), &to, &[], "a backup is never overwritten");
    assert_eq!((std::fs::read(&to).unwrap(), names(out.path())), (whole, vec![to]));
}
