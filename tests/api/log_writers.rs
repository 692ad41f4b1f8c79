//! Who adds to a log, how many they may be, and what they share (C13): two servers, an old snapshot, a clock that goes back, a second database.

use std::process::Command;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{Binary, Text};
use diesel::{QueryableByName, RunQueryDsl};
use sendiass::clock::Clock;
use sendiass::db::conn::{Conn, Demands, Place};
use sendiass::domain::vocabulary::Role;
use sendiass::startup;
use serde_json::{Value, json};

use crate::checkpoints::{SHORTER, is_closed, newest, unguarded};
use crate::family::Family;
use crate::harness::cluster::{self, Scratch};
use crate::harness::{TestApp, at, config};
use crate::long::stored;

/// The logs checked by the command beside the running service, or once it stopped: the embedded database is one process's alone.
fn is_sound(app: TestApp, sidecar: &[&str]) {
    let check = |folder: &std::path::Path, scratch: Option<&Scratch>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
        command.args(["log", "selfcheck", "--data-dir"]).arg(folder).args(sidecar);
        if let Some(scratch) = scratch {
            command.args(["--unsafe-database", "--database-url", &scratch.url()]);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    };
    if cluster::is_postgres() {
        check(app.folder(), app.scratch.as_deref());
    } else {
        let (folder, scratch) = app.stopped();
        check(folder.path(), scratch.as_ref());
    }
}

#[test]
fn t18_t43_two_servers_on_one_log_and_a_clock_that_goes_back_leave_it_whole() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let risk = family.risk(&family.n1(&app), json!({}));
    if !cluster::is_postgres() {
        let second = startup::build(config(app.folder(), None), Clock::system());
        let said = actix_web::rt::System::new().block_on(second).map(drop).unwrap_err();
        assert!(said.contains("is in use by another process"), "{said}");
    }
    let other = app.replica();
    std::thread::scope(|scope| {
        for app in [&app, &other] {
            scope.spawn(|| {
                for _ in 0..6 {
                    family.disclose(app, &risk).ok(201);
                    newest(app, "disclosure-log");
                }
            });
        }
    });
    drop(other);
    let time = |app: &TestApp| {
        let times: Vec<String> = stored(app, "disclosure")
            .iter()
            .map(|(_, body)| serde_json::from_str::<Value>(body).unwrap()["at"].as_str().unwrap().to_owned())
            .collect();
        assert!(times.is_sorted(), "{times:?}");
        times.last().unwrap().clone()
    };
    let went_back = || {
        let figures = ureq::get(format!("{}/metrics", app.admin)).call().unwrap().body_mut().read_to_string().unwrap();
        figures.lines().find_map(|line| line.strip_prefix("sendiass_log_clock_back_total ")?.parse::<u32>().ok()).unwrap()
    };
    assert_eq!(went_back(), 0);
    let before = time(&app);
    app.as_role(Role::Administrator).put("/test-clock", &json!({"now":"2026-05-31T09:00:00.000Z","frozen":true})).ok(200);
    family.disclose(&app, &risk).ok(201);
    assert_eq!(time(&app), before, "an entry is never older than the one before it");
    assert_eq!(stored(&app, "disclosure").len(), 14);
    assert!(went_back() > 0, "it is told");
    is_sound(app, &[]);
}

#[test]
fn t42_whoever_adds_from_an_old_snapshot_is_refused_and_tries_again_with_a_new_one() {
    let app = TestApp::spawn();
    if !cluster::is_postgres() {
        // Its one writer has locked all.
        return;
    }
    let family = Family::record(&app);
    let risk = family.risk(&family.n1(&app), json!({}));
    let mut old = app.sabotage();
    old.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM disclosure_entry").unwrap();
    family.disclose(&app, &risk).ok(201);
    // Its trigger sees the log as it was, so the index fits; the key does not let it in.
    let next = "INSERT INTO disclosure_entry (idx, body) SELECT max(idx) + 1, min(body) FROM disclosure_entry";
    let said = old.batch_execute(next).unwrap_err().to_string();
    assert!(said.contains("duplicate key value violates unique constraint"), "{said}");
    old.batch_execute("ROLLBACK").unwrap();
    old.batch_execute(&format!("BEGIN ISOLATION LEVEL REPEATABLE READ; {next}; ROLLBACK")).unwrap();
    // The service itself never has such a snapshot, whatever the database says is usual.
    let (folder, scratch) = app.stopped();
    let role = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''repeatable read''', current_database()); END $$";
    drop(old);
    Place::Server(scratch.as_ref().unwrap().admin_url()).connect(DEMANDS).unwrap().batch_execute(role).unwrap();
    let app = TestApp::spawn_on(folder, scratch, |_| ());
    let other = app.replica();
    std::thread::scope(|scope| {
        for app in [&app, &other] {
            scope.spawn(|| (0..4).for_each(|_| drop(family.disclose(app, &risk).ok(201))));
        }
    });
    assert_eq!(stored(&app, "disclosure").len(), 10);
    // Where the server refuses all the same, as it refuses an old snapshot, nothing was done; tried again with the same key, it is done once.
    let once = "CREATE SEQUENCE refusals; CREATE FUNCTION refuse_once() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN \
        IF nextval('refusals') = 1 THEN RAISE EXCEPTION 'could not serialize access' USING ERRCODE = 'serialization_failure'; END IF; RETURN NEW; END $$; \
        CREATE TRIGGER refuse_once BEFORE INSERT ON disclosure_entry FOR EACH ROW EXECUTE FUNCTION refuse_once()";
    app.sabotage().batch_execute(once).unwrap();
    let (path, session) = (format!("/cases/{}/disclosures", family.case), app.adviser().with("Idempotency-Key", "t42-tried-once-more"));
    let refused = session.post(&path, &risk).problem(503, "unavailable");
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(stored(&app, "disclosure").len(), 10);
    let [made, again] = [(); 2].map(|()| session.post(&path, &risk).ok(201));
    assert_eq!((made.header("idempotency-replayed"), again.header("idempotency-replayed")), (String::new(), "true".to_owned()));
    assert_eq!((made.str("id"), stored(&app, "disclosure").len()), (again.str("id"), 11));
    drop(other);
    is_sound(app, &[]);
}

const DEMANDS: Demands = Demands { encrypted: false, unsafe_server: true };

#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = Text)]
    log: String,
    #[diesel(sql_type = Binary)]
    note: Vec<u8>,
}

#[test]
fn a_second_database_remembers_for_all_copies_what_was_signed_last() {
    cluster::on_postgres_too();
    if !cluster::is_postgres() {
        return;
    }
    let second = Scratch::empty();
    let url = second.owner_url();
    let with = |config: &mut sendiass::config::Config| config.sidecar.url = Some(url.as_str().into());
    let kept = |conn: &mut Conn| -> Vec<(String, String)> {
        let rows: Vec<Kept> = diesel::sql_query("SELECT log, note FROM log_sidecar ORDER BY log").load(conn).unwrap();
        rows.into_iter().map(|row| (row.log, String::from_utf8(row.note).unwrap())).collect()
    };
    let mut table = Place::Server(url.clone()).connect(DEMANDS).unwrap_or_else(|unfit| panic!("{unfit:?}"));
    let app = TestApp::spawn_with(with);
    let family = Family::record(&app);
    family.disclose(&app, &family.risk(&family.n1(&app), json!({}))).ok(201);
    let other = app.replica();
    for app in [&app, &other] {
        let notes = ["access-log", "disclosure-log"].map(|log| newest(app, log));
        let [access, disclosure] = [0, 1].map(|place| kept(&mut table)[place].clone());
        assert_eq!((disclosure.0.as_str(), &disclosure.1), ("disclosure", &notes[1]));
        assert_eq!(access.0, "access");
    }
    drop(other);
    assert!(!app.folder().join("checkpoints").exists(), "there is no folder beside it");
    // The command reads it, too; and a database of the service itself is none that could remember.
    let scratch_url = app.scratch.as_ref().unwrap().url();
    let mut same = config(app.folder(), app.scratch.as_deref());
    same.sidecar.url = Some(scratch_url.as_str().into());
    let said =
        actix_web::rt::System::new().block_on(startup::build(same, Clock::frozen(at("2026-06-01T09:00:00Z")))).map(drop).unwrap_err();
    assert!(said.contains("is one of this service: name another"), "{said}");
    newest(&app, "access-log");
    // The database is put back: the copies find out, wherever they run.
    let (folder, scratch) = app.stopped();
    unguarded(&mut crate::harness::connect(folder.path(), scratch.as_ref()), "disclosure", SHORTER);
    let app = TestApp::spawn_on(folder, scratch, with);
    is_closed(&app, "put back");
    drop(app);
}
