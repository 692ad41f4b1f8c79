//! The service is killed while many write.

use std::process::Command;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use rustix::process::Signal;
use sendiass::domain::vocabulary::Role;

use crate::harness::cluster::{by_engine, is_postgres};
use crate::process::{Process, agent};
use crate::record::{count, root_of_the_log};
use crate::writes::Writes;
use crate::{p99, random, times};

/// Both logs are whole, to the last row, the checkpoints and what is kept outside.
pub fn is_sound(mut service: Process) {
    service.signal(Signal::TERM);
    service.end();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
    command.args(["log", "selfcheck", "--data-dir"]).arg(service.folder.path());
    if let Some(url) = service.url() {
        command.args(["--unsafe-database", "--database-url", url]);
    }
    let checked = command.output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn t40_what_was_acknowledged_is_kept_once_and_whole_however_often_the_service_is_killed() {
    let kills = times("SENDIASS_KILLS", 4);
    let mut service = Process::start(&[]);
    let writes = Writes::prepare(&service, &mut service.database());
    let (mut sent, mut starts, mut acknowledged) = (Vec::new(), Vec::new(), 0);
    for _ in 0..kills {
        let killed_after = Duration::from_micros(50_000 + random(600_000));
        let mut round = writes.until_killed(&service, || {
            // It is signed all the while, so that it is killed at every step of that, too.
            let (signing, token) = (agent(), service.token(Role::Auditor, "Auditor"));
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let checkpoint = format!("{}/api/v1/disclosure-log/checkpoint", service.api);
                    while signing.get(&checkpoint).header("authorization", format!("Bearer {token}")).call().is_ok() {}
                });
                std::thread::sleep(killed_after);
                service.signal(Signal::KILL);
            });
        });
        acknowledged += round.iter().filter(|write| write.made().is_some()).count();
        for answer in round.iter().flat_map(|write| &write.answers) {
            assert!(answer.is_done() || answer.status == 503, "{} {}", answer.status, answer.told);
        }
        let began = Instant::now();
        service = service.again();
        while service.readiness() != 200 {
            assert!(began.elapsed() < Duration::from_secs(10), "it does not become ready");
        }
        starts.push(began.elapsed());
        writes.repeat(&service, &mut round);
        sent.append(&mut round);
        writes.are_kept(&service, &mut service.database(), &sent);
    }
    is_sound(service);
    // Otherwise nothing was put to the test.
    assert!(acknowledged > 4 * kills && sent.len() > acknowledged, "{acknowledged} of {} were acknowledged", sent.len());
    println!("{kills} kills: {} writes, {acknowledged} acknowledged before; ready again in {:?} (p99)", sent.len(), p99(starts));
}

#[test]
fn what_was_logged_before_a_kill_has_its_place_after_the_next_start() {
    let mut service = Process::start(&[]);
    let (mut database, token) = (service.database(), service.token(Role::Adviser, "Adviser"));
    let look = |service: &Process| {
        let answer =
            agent().get(format!("{}/api/v1/cases", service.api)).header("Authorization", format!("Bearer {token}")).call().unwrap();
        assert_eq!(answer.status(), 200);
        answer.headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    look(&service);
    // As long as somebody else gives entries their places, nobody here does.
    let mut leader = service.database();
    let leads = "SET idle_in_transaction_session_timeout = 0; BEGIN; SELECT pg_advisory_xact_lock(7, 0)";
    leader.batch_execute(by_engine("SELECT 1", leads)).unwrap();
    let requests: Vec<String> = (0..3).map(|_| look(&service)).collect();
    std::thread::sleep(Duration::from_millis(100));
    let waiting = "SELECT count(*) FROM access_pending";
    assert_eq!(count(&mut database, waiting), if is_postgres() { 3 } else { 0 });
    assert_eq!(service.readiness(), 200);
    if is_postgres() {
        // Two that are there for years, made before the newest of the log: one comes before the others, and one behind them.
        for (id, request) in [("018bcfe5-6800-7000-8000-000000000001", "left"), ("ffffffff-6800-7000-8000-000000000001", "late")] {
            let body = format!(
                r#"{{"actor":"a","at":"2023-11-14T22:13:20.000Z","id":"{id}","kind":"read","outcome":"granted","req":"{request}","v":1}}"#
            );
            database.batch_execute(&format!("INSERT INTO access_pending VALUES ('{id}', '{body}', '[]', '2023-11-14')")).unwrap();
        }
        let since = Instant::now();
        while service.readiness() == 200 {
            assert!(since.elapsed() < Duration::from_secs(3), "it does not tell that an entry waits in vain");
        }
    }
    service.signal(Signal::KILL);
    service.end();
    leader.batch_execute(by_engine("SELECT 1", "ROLLBACK")).unwrap();
    assert_eq!(count(&mut database, waiting), if is_postgres() { 5 } else { 0 });
    service = service.again();
    let mut database = service.database();
    assert_eq!(count(&mut database, waiting), 0);
    for request in requests.iter().map(String::as_str).chain(["left", "late"].into_iter().filter(|_| is_postgres())) {
        let told = format!("SELECT count(*) FROM access_entry WHERE body LIKE '%\"req\":\"{request}\"%'");
        assert_eq!(count(&mut database, &told), 1, "{request}");
    }
    let back = "SELECT count(*) FROM access_entry a JOIN access_entry b ON b.idx = a.idx + 1 WHERE b.at < a.at";
    assert_eq!(count(&mut database, back), 0, "times never decrease");
    root_of_the_log(&mut database);
    assert_eq!(service.readiness(), 200);
}
