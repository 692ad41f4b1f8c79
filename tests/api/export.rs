//! The logs as files: whole, exactly as they were hashed, and never silently short (C3, C10, C13).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diesel::connection::SimpleConnection;
use sendiass::domain::vocabulary::Role;
use sendiass::ledger::leaf::leaf_hash;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::family::Family;
use crate::harness::{Reply, TestApp};
use crate::long::{lengthen, root, stored};

/// A record with disclosures and refusals.
fn record(app: &TestApp) -> Family {
    let family = Family::record(app);
    let note = family.n1(app);
    family.disclose(app, &family.ask(&note, json!({}))).problem(409, "consent-required");
    family.permit(app, json!({"conditions":[{"kind":"copy_to_granter"}]}));
    let copy = json!([{"personId":family.mia,"contactId":family.mia_contact}]);
    family.disclose(app, &family.ask(&note, json!({"copies":copy}))).ok(201);
    family.disclose(app, &family.risk(&note, json!({}))).ok(201);
    family
}

fn auditor(app: &TestApp, path: &str) -> Reply {
    app.as_role(Role::Auditor).get(path).ok(200)
}

/// The rows of a file, taken apart by another reader than the writer's: no cell of a log holds a quote, a comma or a line feed.
fn cells(text: &str) -> Vec<Vec<String>> {
    let rows: Vec<&str> = text.strip_suffix("\r\n").expect("the last line ends").split("\r\n").collect();
    assert!(!text.contains('"') && rows.iter().all(|row| !row.contains(['\r', '\n'])), "{text}");
    rows.into_iter().map(|row| row.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn an_export_is_the_very_bytes_that_were_hashed_and_the_root_is_theirs() {
    let app = TestApp::spawn();
    record(&app);
    for (log, table) in [("disclosure-log", "disclosure"), ("access-log", "access")] {
        let page = auditor(&app, &format!("/{log}?limit=1"));
        let before = stored(&app, table);
        let file = auditor(&app, &format!("/{log}/export?format=ndjson&indexTo={}", page.body["treeSize"]));
        assert_eq!(file.header("content-type"), "application/x-ndjson");
        assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"{log}-0-{}.ndjson\"", page.body["treeSize"]));
        let lines: Vec<&str> = file.text.strip_suffix('\n').unwrap().split('\n').collect();
        assert!(lines.len() >= 4, "{}", file.text);
        assert_eq!(lines, before.iter().map(|(_, body)| body.as_str()).take(lines.len()).collect::<Vec<_>>());
        assert_eq!(page.body["rootHash"], root(lines.iter().map(|line| line.as_bytes())), "{log}");
        // Without a form it is the same file.
        assert_eq!(auditor(&app, &format!("/{log}/export?indexTo={}", page.body["treeSize"])).text, file.text);
    }
}

#[test]
fn t6_a_table_says_what_the_hashed_lines_say_and_hides_no_formula() {
    let app = TestApp::spawn();
    record(&app);
    // Hashes in base64 begin as a formula does once in sixty-four: of so many one does.
    lengthen(&app, "access", 1000, 1);
    let mut guarded = 0;
    for (log, table) in [("disclosure-log", "disclosure"), ("access-log", "access")] {
        let size = stored(&app, table).len();
        let file = auditor(&app, &format!("/{log}/export?format=csv&indexTo={size}"));
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8; header=present");
        assert!(file.header("content-disposition").ends_with(&format!("{log}-0-{size}.csv\"")));
        assert!(file.text.starts_with("index,leafHash,at,kind,outcome,actor,"), "{}", file.text);
        let lines = auditor(&app, &format!("/{log}/export?indexTo={size}"));
        let mut rows = cells(&file.text).into_iter();
        let names = rows.next().unwrap();
        assert_eq!((rows.len(), lines.text.lines().count()), (size, size));
        for (index, (row, line)) in rows.zip(lines.text.lines()).enumerate() {
            assert_eq!(row.len(), names.len());
            guarded += row.iter().filter(|cell| cell.starts_with('\'')).count();
            assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{row:?}");
            let body: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
            let hash = BASE64_STANDARD.encode(leaf_hash(line.as_bytes()).0);
            assert_eq!((&row[0], row[1].trim_start_matches('\'')), (&index.to_string(), hash.as_str()));
            for (name, value) in &body {
                let column = names.iter().position(|column| column == name).unwrap_or_else(|| panic!("{name} has no column"));
                let cell = row[column].trim_start_matches('\'');
                let expected = match value {
                    Value::String(text) => text.clone(),
                    Value::Array(all) => all.iter().map(flat).collect::<Vec<_>>().join(" "),
                    plain => plain.to_string(),
                };
                assert_eq!(cell, expected.trim_start_matches('\''), "{name} of {log} {index}");
            }
            let filled = row.iter().skip(2).filter(|cell| !cell.is_empty()).count();
            assert_eq!(filled, body.len(), "{row:?}");
        }
    }
    assert!(guarded > 0, "nothing was guarded");
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => fields.values().map(flat).collect::<Vec<_>>().join(":"),
        plain => plain.to_string(),
    }
}

#[test]
fn an_export_holds_what_the_list_holds_whatever_is_asked_and_goes_on_where_it_broke_off() {
    let app = TestApp::spawn();
    let family = record(&app);
    let me = app.adviser().get("/me").ok(200).id();
    let other = uuid::Uuid::now_v7();
    for query in [
        "disclosure-log?kind=disclosure_refused",
        "disclosure-log?basis=permission,safeguarding&kind=disclosure_made",
        &format!("disclosure-log?recipient={}", family.council),
        &format!("disclosure-log?actor={me}&copied=true"),
        &format!("disclosure-log?caseId={}", family.case),
        &format!("disclosure-log?caseId={other}"),
        "disclosure-log?indexFrom=2&indexTo=3",
        "disclosure-log?from=2026-06-01T00:00:00Z&to=2026-06-02T00:00:00Z",
        "access-log?kind=created&indexTo=20",
        "access-log?operation=createNote&indexTo=20",
        &format!("access-log?caseId={}&indexTo=20", family.case),
        "access-log?role=service_manager&outcome=granted&indexTo=20",
    ] {
        let role = if query.starts_with("access") { Role::Auditor } else { Role::ServiceManager };
        let listed = app.as_role(role).get(&format!("/{query}&order=asc&limit=1000")).ok(200);
        let bodies: Vec<String> = listed.body["items"].as_array().unwrap().iter().map(|item| item["body"].to_string()).collect();
        let (log, filters) = query.split_once('?').unwrap();
        let file = app.as_role(role).get(&format!("/{log}/export?{filters}")).ok(200);
        assert_eq!(file.text.lines().collect::<Vec<_>>(), bodies, "{query}");
        assert_eq!(query.contains(&other.to_string()), bodies.is_empty(), "{query}");
    }
    let whole = auditor(&app, "/disclosure-log/export").text;
    let rest = auditor(&app, "/disclosure-log/export?indexFrom=2");
    // Nobody is told that it is empty who asks about it only.
    let head = app.as_role(Role::Auditor).send(&Method::HEAD, "/disclosure-log/export", None).ok(200);
    assert!(head.headers.get("content-length").is_none() && head.text.is_empty(), "{:?}", head.headers);
    assert_eq!(head.header("content-type"), rest.header("content-type"));
    assert_eq!(rest.text.lines().collect::<Vec<_>>(), whole.lines().skip(2).collect::<Vec<_>>());
    assert!(rest.header("content-disposition").contains("disclosure-log-2-"));
    for wrong in
        ["format=xml", "order=desc", "limit=1", "cursor=x", "includeTotal=true", "indexFrom=99999", "indexFrom=2&indexTo=1", "kind="]
    {
        assert_eq!(app.as_role(Role::Auditor).get(&format!("/disclosure-log/export?{wrong}")).status, 400, "{wrong}");
    }
}

#[test]
fn of_a_case_that_a_manager_may_not_see_the_logs_show_what_they_show_of_one_that_is_not_there() {
    let app = TestApp::spawn();
    let family = record(&app);
    let boss = app.manager().get("/me").ok(200).id();
    let version = app.adviser().get(&format!("/cases/{}", family.case)).ok(200).version();
    let apart = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[boss],"reason":"A relative."});
    app.as_staff(Role::ServiceManager, "Deputy").if_match(version).put(&format!("/cases/{}/restriction", family.case), &apart).ok(200);
    let deputy = || app.as_staff(Role::ServiceManager, "Deputy");
    let path = format!("/disclosure-log/export?caseId={}", family.case);
    assert_eq!(app.manager().get(&path).ok(200).text, "");
    assert!(!deputy().get(&path).ok(200).text.is_empty());
    for log in ["disclosure-log", "access-log"] {
        let path = format!("/{log}?caseId={}", family.case);
        assert_eq!(app.manager().get(&path).ok(200).body["items"], json!([]), "{log}");
        assert_ne!(deputy().get(&path).ok(200).body["items"], json!([]), "{log}");
    }
}

/// Asks for a path by hand, and reads what comes of the body as it comes.
fn by_hand(app: &TestApp, path: &str, version: &str) -> TcpStream {
    let mut line = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    line.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let token = app.token(&[Role::Auditor], "Auditor");
    write!(line, "GET /api/v1{path} {version}\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n").unwrap();
    line
}

/// Everything until the connection ends or the last chunk is there; and whether the last chunk came.
fn rest(line: &mut TcpStream) -> (Vec<u8>, bool) {
    let (mut all, mut some) = (Vec::new(), [0; 4096]);
    loop {
        let read = line.read(&mut some).unwrap_or(0);
        all.extend_from_slice(&some[..read]);
        let ended = all.ends_with(b"\r\n0\r\n\r\n");
        if read == 0 || ended {
            return (all, ended);
        }
    }
}

#[test]
fn an_export_that_cannot_be_finished_ends_with_a_broken_connection() {
    let app = TestApp::spawn();
    lengthen(&app, "access", 2500, 0);
    let (whole, ended) = rest(&mut by_hand(&app, "/access-log/export?indexTo=2500", "HTTP/1.1"));
    assert!(ended && whole.windows(6).filter(|six| six == b"\"v\":1}").count() == 2500, "{}", whole.len());
    let triggers = crate::harness::cluster::by_engine("DROP TRIGGER access_entry_kept", "DROP TRIGGER access_entry_kept ON access_entry");
    app.sabotage().batch_execute(&format!("{triggers}; DELETE FROM access_entry WHERE idx IN (700, 2499);")).unwrap();
    for (part, missing) in
        [("indexTo=600", false), ("indexTo=800", true), ("indexFrom=701&indexTo=2499", false), ("indexFrom=2000&indexTo=2500", true)]
    {
        let (_, ended) = rest(&mut by_hand(&app, &format!("/access-log/export?format=bundle&{part}"), "HTTP/1.1"));
        assert_eq!(ended, !missing, "{part}: no entry of a bundle may be missing");
    }
    let triggers = crate::harness::cluster::by_engine("DROP TRIGGER access_leaf_kept", "DROP TRIGGER access_leaf_kept ON access_leaf");
    app.sabotage().batch_execute(&format!("{triggers}; DELETE FROM access_leaf WHERE idx = 1700;")).unwrap();
    for format in ["ndjson", "csv"] {
        let (short, ended) = rest(&mut by_hand(&app, &format!("/access-log/export?format={format}&indexFrom=0&indexTo=2500"), "HTTP/1.1"));
        assert!(short.starts_with(b"HTTP/1.1 200") && short.len() > 100_000, "the first batch is there: {}", short.len());
        assert!(!ended, "{format} looks whole");
    }
    // What goes wrong before the first byte is said.
    app.as_role(Role::Auditor).get("/access-log/export?indexFrom=1600").problem(500, "internal");
}

#[test]
fn an_export_over_http_1_0_is_refused_because_it_could_be_short_unseen() {
    let app = TestApp::spawn();
    let (answer, _) = rest(&mut by_hand(&app, "/disclosure-log/export", "HTTP/1.0"));
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains(" 400 ") && answer.contains("malformed-request") && answer.contains("HTTP/1.1"), "{answer}");
}

#[test]
fn what_comes_while_an_export_runs_is_not_in_it() {
    let app = TestApp::spawn();
    // More than the buffers of a connection hold, so that most of it is still unread when more is appended.
    lengthen(&app, "access", 1500, 8000);
    let size = stored(&app, "access").len();
    let mut line = by_hand(&app, "/access-log/export", "HTTP/1.1");
    let mut first = [0; 1000];
    line.read_exact(&mut first).unwrap();
    assert!(String::from_utf8_lossy(&first).contains(&format!("access-log-0-{size}.ndjson")));
    for _ in 0..5 {
        auditor(&app, "/access-log?limit=1");
    }
    let (all, ended) = rest(&mut line);
    let entries = all.windows(6).filter(|six| six == b"\"v\":1}").count() + first.windows(6).filter(|six| six == b"\"v\":1}").count();
    assert!(ended && entries.abs_diff(size) <= 1, "{entries} of {size}");
    assert_eq!(stored(&app, "access").len(), size + 6);
}

#[test]
fn who_reads_slowly_gets_the_whole_file_and_who_stops_reading_is_cut() {
    let app = TestApp::spawn();
    lengthen(&app, "access", 2200, 8000);
    let size = stored(&app, "access").len();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut line = by_hand(&app, "/access-log/export", "HTTP/1.1");
            std::thread::sleep(Duration::from_secs(12));
            let (_, ended) = rest(&mut line);
            assert!(!ended, "nobody took it for twelve seconds");
        });
        let mut line = by_hand(&app, &format!("/access-log/export?indexTo={size}"), "HTTP/1.1");
        let (mut all, mut some) = (Vec::new(), vec![0; 1_200_000]);
        for _ in 0..11 {
            line.read_exact(&mut some).unwrap();
            all.extend_from_slice(&some);
            std::thread::sleep(Duration::from_secs(1));
        }
        let (last, ended) = rest(&mut line);
        all.extend(last);
        assert!(ended && all.windows(6).filter(|six| six == b"\"v\":1}").count().abs_diff(size) <= 5, "{}", all.len());
    });
}

#[test]
fn an_export_is_in_the_access_log_before_its_first_byte_or_is_not_made() {
    let app = TestApp::spawn();
    record(&app);
    for (log, operation) in [("disclosure-log", "exportDisclosureLog"), ("access-log", "exportAccessLog")] {
        let size = stored(&app, "access").len();
        let file = auditor(&app, &format!("/{log}/export"));
        let last: Value = serde_json::from_str(&stored(&app, "access").last().unwrap().1).unwrap();
        assert_eq!((&last["kind"], &last["operation"]), (&json!("exported"), &json!(operation)));
        assert_eq!((last["req"].as_str().unwrap(), stored(&app, "access").len()), (&*file.header("x-request-id"), size + 1));
    }
    let table = crate::harness::cluster::by_engine("access_entry", "access_pending");
    app.sabotage().batch_execute(&format!("ALTER TABLE {table} RENAME TO elsewhere")).unwrap();
    app.as_role(Role::Auditor).get("/disclosure-log/export").problem(503, "unavailable");
    app.sabotage().batch_execute(&format!("ALTER TABLE elsewhere RENAME TO {table}")).unwrap();
}
