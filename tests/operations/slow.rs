//! Clients that hold their connections without asking for anything.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use sendiass::domain::vocabulary::Role;

use crate::harness::TestApp;
use crate::process::{Process, agent};

/// What a slow client does once it is connected.
#[derive(Clone, Copy, Debug)]
enum Slow {
    /// Nothing.
    Silent,
    /// One byte of a head from time to time.
    Head,
    /// A whole request, and then one byte of the head of another from time to time.
    SecondHead,
    /// One byte of a body from time to time.
    Body,
    /// One byte of a body nobody asked for, in chunks, from time to time.
    Refused,
    /// It asks for much, and reads nothing.
    Deaf,
}

/// How long it can hold on to its connection.
fn held(app: &TestApp, token: &str, slow: Slow) -> Duration {
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    let began = Instant::now();
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let opening = match slow {
        Slow::Silent => String::new(),
        Slow::Head => "GET /api/v1/me HTTP/1.1\r\nHost: x\r\nX-Filler: ".to_owned(),
        Slow::SecondHead => format!("GET /api/v1/me HTTP/1.1\r\nHost: x\r\n{bearer}\r\nGET /api/v1/me HTTP/1.1\r\nX-Filler: "),
        Slow::Body => {
            let key = uuid::Uuid::new_v4();
            format!(
                "POST /api/v1/people HTTP/1.1\r\nHost: x\r\n{bearer}Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{{"
            )
        }
        Slow::Refused => "POST /api/v1/people HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
        Slow::Deaf => "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(16),
    };
    stream.write_all(opening.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut buffer = [0; 4096];
    loop {
        assert!(began.elapsed() < Duration::from_secs(20), "{slow:?} holds on");
        match slow {
            Slow::Silent => {}
            Slow::Refused => drop(stream.write_all(b"1\r\nx\r\n")),
            Slow::Head | Slow::SecondHead | Slow::Body => drop(stream.write_all(b"x")),
            Slow::Deaf => {
                std::thread::sleep(Duration::from_millis(500));
                // What it wrote meets a closed connection.
                if stream.write_all(b"x").is_err() {
                    return began.elapsed();
                }
                continue;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) => return began.elapsed(),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return began.elapsed(),
        }
    }
}

#[test]
fn slow_clients_are_cut_and_others_are_answered_meanwhile() {
    let app = TestApp::spawn();
    let token = app.token(&[Role::Adviser], "Adviser");
    app.adviser().get("/me").ok(200);
    let (app, token) = (&app, &token);
    std::thread::scope(|scope| {
        let kinds = [Slow::Silent, Slow::Head, Slow::SecondHead, Slow::Body, Slow::Refused, Slow::Deaf];
        let slow: Vec<_> = (0..120).map(|i| kinds[i % 6]).map(|kind| (kind, scope.spawn(move || held(app, token, kind)))).collect();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(8) {
            let asked = Instant::now();
            app.adviser().get("/me").ok(200);
            assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
            std::thread::sleep(Duration::from_millis(20));
        }
        for (kind, client) in slow {
            let held = client.join().unwrap();
            let most = if matches!(kind, Slow::Silent | Slow::Head) { 9 } else { 15 };
            assert!(held < Duration::from_secs(most), "{kind:?}: {held:?}");
        }
    });
}

#[test]
fn a_client_that_takes_its_time_between_requests_keeps_its_connection() {
    let app = TestApp::spawn();
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    for _ in 0..4 {
        stream.write_all(b"GET /api/v1/ HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut buffer = [0; 8192];
        let length = stream.read(&mut buffer).unwrap();
        assert!(buffer[..length].starts_with(b"HTTP/1.1 200"));
        std::thread::sleep(Duration::from_secs(3));
    }
}

#[test]
fn it_takes_all_the_descriptors_it_may_have() {
    assert_eq!(Process::limited("-Sn 300 && ulimit -Hn 900", &[]).open_files(), ["900", "900"]);
}

#[test]
fn more_connections_than_it_can_bear_wait_and_take_no_descriptor_from_the_database() {
    let service = Process::limited("-n 300", &[]);
    let silent: Vec<TcpStream> = (0..300).map(|_| TcpStream::connect(service.api.trim_start_matches("http://")).unwrap()).collect();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        let asked = Instant::now();
        assert_eq!(service.readiness(), 200);
        // Without a descriptor to spare it would wait until the silent ones are cut.
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    }
    drop(silent);
    assert_eq!(agent().get(format!("{}/api/v1/", service.api)).call().unwrap().status(), 200);
}
