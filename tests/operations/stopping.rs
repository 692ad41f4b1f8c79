//! How the service stops: nothing that was acknowledged is lost, and nobody is left without an answer.

use std::io::Write;
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::QueryableByName;
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use rustix::process::Signal;
use sendiass::domain::vocabulary::Role;
use serde_json::json;

use crate::harness::cluster::by_engine;
use crate::process::{Process, agent};

/// Puts a child on record: the status, or nothing if the connection was lost.
fn enter(service: &Process, token: &str) -> Option<u16> {
    let person = json!({"kind": "child", "fullName": "Ada Test", "pseudonymous": false, "dateOfBirth": "2014-03-12"});
    let sent = agent()
        .post(format!("{}/api/v1/people", service.api))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("idempotency-key", uuid::Uuid::new_v4().to_string())
        .send(person.to_string());
    sent.ok().map(|answer| answer.status().as_u16())
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn people(service: &Process) -> i64 {
    diesel::sql_query("SELECT count(*) AS count FROM person").get_result::<Count>(&mut service.database()).unwrap().count
}

/// Waits until this many requests wait in the service.
fn waits(service: &Process, requests: u64) {
    let began = Instant::now();
    loop {
        let shown = agent().get(format!("{}/metrics", service.admin)).call().unwrap().body_mut().read_to_string().unwrap();
        if crate::admin::figures(&shown)["sendiass_database_writes"] >= requests {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(5), "they do not wait");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_is_in_flight_when_it_is_told_to_stop_is_answered_and_kept() {
    let mut service = Process::start(&["--drain-seconds", "1"]);
    let token = service.token(Role::Adviser, "Adviser");
    assert_eq!((enter(&service, &token), service.readiness()), (Some(201), 200));
    let mut lock = service.database();
    lock.batch_execute(by_engine("BEGIN IMMEDIATE", "BEGIN; LOCK TABLE person")).unwrap();
    let answers = std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..8).map(|_| scope.spawn(|| enter(&service, &token))).collect();
        waits(&service, 8);
        service.signal(Signal::TERM);
        let told = Instant::now();
        while service.readiness() != 503 {
            assert!(told.elapsed() < Duration::from_millis(500), "it is still ready");
        }
        // It goes on accepting, until whoever sends it requests has taken notice.
        let late = scope.spawn(|| enter(&service, &token));
        std::thread::sleep(Duration::from_millis(1300).saturating_sub(told.elapsed()));
        assert!(agent().get(format!("{}/api/v1/", service.api)).call().is_err(), "it still accepts");
        assert_eq!(agent().get(format!("{}/livez", service.admin)).call().unwrap().status(), 200);
        lock.batch_execute("ROLLBACK").unwrap();
        waiting.into_iter().chain([late]).map(|waiting| waiting.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(answers, vec![Some(201); 9]);
    assert_eq!(service.end().0, Some(0));
    assert_eq!(people(&service), 10);
}

#[test]
fn what_is_acknowledged_under_load_is_there_after_it_stopped() {
    let mut service = Process::start(&[]);
    let token = service.token(Role::Adviser, "Adviser");
    let acknowledged = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| std::iter::repeat_with(|| enter(&service, &token)).take_while(|status| *status == Some(201)).count()))
            .collect();
        std::thread::sleep(Duration::from_secs(1));
        service.signal(Signal::INT);
        writers.into_iter().map(|writer| writer.join().unwrap()).sum::<usize>()
    });
    let (code, took) = service.end();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert!(acknowledged > 8, "{acknowledged}");
    assert_eq!(people(&service), i64::try_from(acknowledged).unwrap());
}

#[test]
fn what_nobody_waits_for_any_more_is_finished_too() {
    let mut service = Process::start(&[]);
    let token = service.token(Role::Adviser, "Adviser");
    assert_eq!(enter(&service, &token), Some(201));
    let mut lock = service.database();
    lock.batch_execute(by_engine("BEGIN IMMEDIATE", "BEGIN; LOCK TABLE person")).unwrap();
    let person = json!({"kind": "child", "fullName": "Ada Test", "pseudonymous": false, "dateOfBirth": "2014-03-12"}).to_string();
    let mut stream = TcpStream::connect(service.api.trim_start_matches("http://")).unwrap();
    let request = format!(
        "POST /api/v1/people HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{person}",
        uuid::Uuid::new_v4(),
        person.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    waits(&service, 1);
    // The connection is reset, and nothing is left of the request but what waits in the database.
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
    std::thread::sleep(Duration::from_millis(200));
    service.signal(Signal::TERM);
    std::thread::sleep(Duration::from_secs(1));
    lock.batch_execute("ROLLBACK").unwrap();
    assert_eq!(service.end().0, Some(0));
    assert_eq!(people(&service), 2);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut service = Process::start(&["--drain-seconds", "60"]);
    let token = service.token(Role::Adviser, "Adviser");
    assert_eq!(enter(&service, &token), Some(201));
    for second_after in [Duration::from_millis(200), Duration::from_millis(200)] {
        service.signal(Signal::TERM);
        std::thread::sleep(second_after);
    }
    let (code, took) = service.end();
    assert_eq!(code, Some(1));
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn a_probe_tells_by_its_exit_code_whether_the_service_is_ready() {
    let mut service = Process::start(&["--drain-seconds", "2"]);
    let address = service.admin.trim_start_matches("http://").to_owned();
    let everywhere = format!("0.0.0.0:{}", address.rsplit_once(':').unwrap().1);
    let probe = |at: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
        // Nothing stands between: a proxy that nobody answers for is not asked.
        let output = command.args(["probe", "--admin-bind", at]).args(more).env("HTTP_PROXY", "http://127.0.0.1:1").output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(probe(&address, &[]), (Some(0), String::new()));
    assert_eq!(probe(&everywhere, &[]), (Some(0), String::new()));
    service.signal(Signal::TERM);
    while service.readiness() == 200 {}
    assert_eq!(probe(&address, &["--live"]), (Some(0), String::new()));
    assert_eq!(probe(&address, &[]), (Some(1), "sendiass: The service is not ready.\n".to_owned()));
    assert_eq!(service.end().0, Some(0));
    let (code, talk) = probe(&address, &[]);
    assert_eq!((code, talk.lines().count()), (Some(1), 1), "{talk}");
    assert!(talk.contains("does not answer"), "{talk}");
}
