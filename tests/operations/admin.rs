//! The port of the operator.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use serde_json::json;
use ureq::http::{Method, Request};

use crate::family::Family;
use crate::harness::TestApp;
use crate::harness::cluster::{by_engine, is_postgres};
use crate::process::agent;

/// An answer of the admin port: status, body, and how long it took.
fn ask(app: &TestApp, path: &str) -> (u16, String, Duration) {
    let began = Instant::now();
    let mut response = agent().get(format!("{}{path}", app.admin)).call().unwrap();
    let body = response.body_mut().read_to_string().unwrap();
    (response.status().as_u16(), body, began.elapsed())
}

/// The figures by series.
pub fn figures(shown: &str) -> BTreeMap<String, u64> {
    let series = shown.lines().filter(|line| !line.starts_with('#')).map(|line| line.rsplit_once(' ').unwrap());
    // Seconds are the only figures that are not whole.
    series.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
}

fn scrape(app: &TestApp) -> BTreeMap<String, u64> {
    figures(&ask(app, "/metrics").1)
}

/// Waits until the service says this of itself, and fails if it takes longer than that.
#[track_caller]
fn becomes(app: &TestApp, status: u16, within: Duration) {
    let began = Instant::now();
    while ask(app, "/readyz").0 != status {
        assert!(began.elapsed() < within, "it does not become {status} within {within:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_operator_has_three_pages_and_no_more() {
    let app = TestApp::spawn();
    let send = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(format!("{}{path}", app.admin)).body(()).unwrap();
        agent().run(request).unwrap()
    };
    for (path, word, media) in [
        ("/livez", Some("live"), "text/plain; charset=utf-8"),
        ("/readyz", Some("ready"), "text/plain; charset=utf-8"),
        ("/metrics", None, "text/plain; version=0.0.4; charset=utf-8"),
    ] {
        for method in ["GET", "HEAD"] {
            let mut response = send(method, path);
            assert_eq!(response.status(), 200, "{method} {path}");
            for (header, value) in [("content-type", media), ("cache-control", "no-store"), ("x-content-type-options", "nosniff")] {
                assert_eq!(response.headers()[header], value, "{method} {path}");
            }
            let body = response.body_mut().read_to_string().unwrap();
            assert!(word.is_none_or(|word| body == if method == "HEAD" { "" } else { word }), "{body}");
        }
        for method in ["POST", "DELETE", "OPTIONS"] {
            let response = send(method, path);
            assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &"GET, HEAD".parse().unwrap()), "{method} {path}");
        }
    }
    for path in ["/", "/livez/", "/metrics/x", "/api/v1/me", "/openapi.json", "/docs/"] {
        assert_eq!(send("GET", path).status(), 404, "{path}");
    }
}

#[test]
fn what_is_answered_is_counted_by_template_and_status_and_what_is_refused_by_code_and_rule() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    family.disclose(&app, &family.ask(&note, json!({}))).problem(409, "consent-required");
    // Against a rule of the policy, too, but no disclosure.
    let ahead = family.permission(json!({"decidedAt": "2026-08-01T10:00:00.000Z"}));
    app.adviser().post(&format!("/cases/{}/consents", family.case), &ahead).problem(422, "rule-violated").rule("decided_in_future");
    app.adviser().get(&format!("/people/{}", family.ana)).ok(200);
    app.adviser().get(&format!("/people/{}", uuid::Uuid::now_v7())).problem(404, "not-found");
    app.adviser().send(&Method::HEAD, "/me", None).ok(200);
    let seen = scrape(&app);
    let figure = |name: &str| seen.get(name).copied();
    assert_eq!(figure(r#"sendiass_requests_total{method="GET",route="/api/v1/people/{personId}",status="200"}"#), Some(1), "{seen:#?}");
    assert_eq!(figure(r#"sendiass_requests_total{method="GET",route="/api/v1/people/{personId}",status="404"}"#), Some(1));
    assert_eq!(figure(r#"sendiass_requests_total{method="HEAD",route="/api/v1/me",status="200"}"#), Some(1));
    assert_eq!(figure(r#"sendiass_request_seconds_count{method="GET",route="/api/v1/people/{personId}"}"#), Some(2));
    assert_eq!(figure(r#"sendiass_problems_total{code="not-found"}"#), Some(1));
    assert_eq!(figure(r#"sendiass_problems_total{code="consent-required"}"#), Some(1));
    assert_eq!(figure(r#"sendiass_disclosures_refused_total{rule="consent_missing"}"#), Some(1));
    assert_eq!(seen.keys().filter(|name| name.starts_with("sendiass_disclosures_refused_total")).count(), 1);
    assert_eq!(figure("sendiass_requests_in_flight"), Some(0));
    assert_eq!(figure("sendiass_database_writes"), Some(0));
    assert_eq!(figure("sendiass_log_entries_waiting"), Some(0));
    assert_eq!(figure("sendiass_log_failures_total"), Some(0));
    assert!(figure("sendiass_database_idle") >= Some(1));
    assert!(figure("process_resident_memory_bytes") > Some(1_000_000) && figure("process_open_fds") > Some(5));
}

#[test]
fn commits_are_counted_by_how_many_writes_shared_them() {
    let app = TestApp::spawn();
    let batches = |size: &str| scrape(&app)[&format!(r#"sendiass_database_batch_writes_bucket{{le="{size}"}}"#)];
    let written = || {
        let sum =
            ask(&app, "/metrics").1.lines().find_map(|line| line.strip_prefix("sendiass_database_batch_writes_sum ")?.parse::<f64>().ok());
        sum.unwrap()
    };
    let (before, sum) = ((batches("1"), batches("+Inf")), written());
    let mut lock = app.sabotage();
    lock.batch_execute(by_engine("BEGIN IMMEDIATE", "BEGIN; LOCK TABLE person")).unwrap();
    let somebody = json!({"kind":"parent_carer","fullName":"Una Calder","pseudonymous":false});
    std::thread::scope(|scope| {
        let nine: Vec<_> = (0..9).map(|_| scope.spawn(|| app.adviser().post("/people", &somebody).ok(201))).collect();
        while scrape(&app)["sendiass_database_writes"] < 9 {}
        lock.batch_execute("ROLLBACK").unwrap();
        for one in nine {
            drop(one.join().unwrap());
        }
    });
    let (after, more) = ((batches("1"), batches("+Inf")), written() - sum);
    if is_postgres() {
        // There each has a commit of its own.
        return assert_eq!((after, more), (before, 0.0));
    }
    // Nine writes, or some that said no more than that somebody came, in fewer commits.
    assert!(more >= 9.0 && f64::from(u32::try_from(after.1 - before.1).unwrap()) < more, "{before:?} {after:?} {more}");
    assert!(after.1 - before.1 > after.0 - before.0, "{before:?} {after:?}");
}

#[test]
fn a_thousand_unknown_paths_and_methods_make_one_series_each() {
    let app = TestApp::spawn();
    let strange = |i: usize| {
        let id = uuid::Uuid::now_v7();
        let path = match i % 4 {
            0 => format!("//{id}"),
            1 => format!("/{id}"),
            2 => format!("/cases/{id}/{id}"),
            _ => format!("/people/{id}/%2e%2e/{id}?a={id}"),
        };
        app.adviser().send(&Method::GET, &path, None).problem(404, "not-found");
        let made_up = Request::builder().method(format!("X{}", id.simple()).as_str()).uri(format!("{}/{id}", app.base));
        assert_eq!(agent().run(made_up.body(()).unwrap()).unwrap().status(), 404);
    };
    (0..4).for_each(strange);
    let before = scrape(&app);
    (0..500).for_each(strange);
    let after = scrape(&app);
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    let counted = |method: &str| after[&format!(r#"sendiass_requests_total{{method="{method}",route="unknown",status="404"}}"#)];
    assert_eq!((counted("GET"), counted("other")), (504, 504));
}

#[test]
fn a_database_that_hangs_is_told_in_two_seconds_and_nothing_piles_up() {
    let app = TestApp::spawn();
    becomes(&app, 200, Duration::from_secs(1));
    std::thread::sleep(Duration::from_millis(1100));
    let mut lock = app.sabotage();
    lock.batch_execute(by_engine("BEGIN IMMEDIATE", "BEGIN; LOCK TABLE revoked_token")).unwrap();
    std::thread::scope(|scope| {
        let askers: Vec<_> = (0..40).map(|_| scope.spawn(|| ask(&app, "/readyz"))).collect();
        assert_eq!(ask(&app, "/livez").0, 200);
        for asker in askers {
            let (status, word, took) = asker.join().unwrap();
            assert_eq!((status, word.as_str()), (503, "unready"));
            assert!(took < Duration::from_secs(2), "{took:?}");
        }
    });
    assert_eq!(scrape(&app)["sendiass_database_writes"], 1, "one try at a time");
    lock.batch_execute("ROLLBACK").unwrap();
    becomes(&app, 200, Duration::from_secs(5));
}

#[test]
fn a_database_that_cannot_log_or_write_is_not_ready_until_it_can() {
    let app = TestApp::spawn();
    for table in ["disclosure_entry", "revoked_token"] {
        becomes(&app, 200, Duration::from_secs(3));
        app.sabotage().batch_execute(&format!("ALTER TABLE {table} RENAME TO elsewhere")).unwrap();
        becomes(&app, 503, Duration::from_secs(3));
        app.sabotage().batch_execute(&format!("ALTER TABLE elsewhere RENAME TO {table}")).unwrap();
    }
    becomes(&app, 200, Duration::from_secs(3));
}

#[test]
fn whether_it_is_ready_is_tried_by_a_commit_that_reaches_the_disk_and_leaves_nothing() {
    let app = TestApp::spawn();
    if is_postgres() {
        // Its files belong to a server that others write, too.
        return;
    }
    let disk = || std::fs::read(app.folder().join("sendiass.db-wal")).unwrap();
    becomes(&app, 200, Duration::from_secs(3));
    let before = disk();
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(ask(&app, "/readyz").0, 200);
    assert!(disk() != before, "nothing was written");
    let left = diesel::sql_query("DELETE FROM revoked_token").execute(&mut app.sabotage()).unwrap();
    assert_eq!(left, 0);
}

#[test]
fn what_was_found_out_is_good_for_half_a_second() {
    let app = TestApp::spawn();
    if is_postgres() {
        // Its files belong to a server that others write, too.
        return;
    }
    let disk = || std::fs::read(app.folder().join("sendiass.db-wal")).unwrap();
    becomes(&app, 200, Duration::from_secs(3));
    std::thread::sleep(Duration::from_millis(1100));
    let (began, before) = (Instant::now(), disk());
    let mut written = std::collections::BTreeSet::from([before]);
    while began.elapsed() < Duration::from_millis(400) {
        assert_eq!(ask(&app, "/readyz").0, 200);
        written.insert(disk());
    }
    assert_eq!(written.len(), 2, "one try in half a second");
}

#[test]
fn a_log_that_cannot_be_written_is_counted_and_nothing_leaves() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let ask = family.ask(&family.n1(&app), json!({}));
    app.sabotage().batch_execute("ALTER TABLE disclosure_leaf RENAME TO elsewhere").unwrap();
    family.disclose(&app, &ask).problem(503, "unavailable");
    assert_eq!(scrape(&app)["sendiass_log_failures_total"], 1);
}
