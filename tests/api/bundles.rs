//! Bundles of the logs: what an auditor takes away and checks without the service (C3, C10, C13).

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use sendiass::domain::vocabulary::Role;
use sendiass::ledger::PublicKey;
use sendiass::ledger::audit::{Asked, Audit};
use sendiass::ledger::bundle::{Head, HeadReader};
use sendiass::ledger::leaf::leaf_hash;
use sendiass::ledger::note;
use sendiass::ledger::trust::Trust;
use sendiass::ledger::verify::Range;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::checkpoints::{LOGS, key, newest, record, unguarded};
use crate::harness::{TestApp, at, connect};
use crate::long::{hash, stored};

/// A bundle taken apart: its head, and its entries.
fn apart(text: &str) -> (Head, Vec<&str>) {
    let (mut reader, mut lines) = (HeadReader::default(), text.strip_suffix('\n').unwrap().split('\n'));
    let head = lines.by_ref().find_map(|line| reader.line(line.as_bytes()).unwrap()).unwrap();
    (head, lines.collect())
}

#[test]
fn a_bundle_is_a_whole_part_of_the_log_as_it_was_signed_with_the_neighbours_of_its_period() {
    let app = TestApp::spawn();
    let family = record(&app);
    // What was recorded before stands on 1 June at one instant; this on the second and the third.
    for day in ["2026-06-02T09:00:00Z", "2026-06-03T09:00:00Z"] {
        app.clock.set(at(day), true);
        let note = family.n1(&app);
        family.disclose(&app, &family.risk(&note, json!({}))).ok(201);
    }
    for (log, table) in LOGS {
        let first = stored(&app, table).iter().position(|(_, body)| body.contains("\"at\":\"2026-06-02")).unwrap();
        let after = stored(&app, table).iter().position(|(_, body)| body.contains("\"at\":\"2026-06-03")).unwrap();
        let day = "from=2026-06-02T00:00:00Z&to=2026-06-03T00:00:00Z";
        for (query, from, to) in [
            ("", 0, None),
            (day, first - 1, Some(after + 1)),
            ("from=2026-06-02T00:00:00Z", first - 1, None),
            ("to=2026-06-02T00:00:00Z", 0, Some(first + 1)),
            ("indexFrom=1&indexTo=3", 1, Some(3)),
            ("from=2027-06-02T00:00:00Z&to=2028-06-03T00:00:00Z", usize::MAX, None),
        ] {
            let before = stored(&app, table);
            let reply = app.as_role(Role::Auditor).get(&format!("/{log}/export?format=bundle&{query}")).ok(200);
            assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
            let (head, lines) = apart(&reply.text);
            let checkpoint = note::open(&head.note, &[key(&app, table)]).unwrap();
            assert_eq!((checkpoint.size, head.size), (before.len() as u64, checkpoint.size), "{log} {query}");
            let (from, to) = (from.min(before.len() - 1), to.unwrap_or(before.len()));
            assert_eq!((head.from, head.to), (from as u64, to as u64), "{log} {query}");
            assert_eq!(reply.header("content-disposition"), format!("attachment; filename=\"{log}-{from}-{to}.bundle\""));
            assert_eq!(lines, before[from..to].iter().map(|(_, body)| body.as_str()).collect::<Vec<_>>(), "{log} {query}");
            let mut range = Range::begin(head.from, head.to, head.size, &head.proof).unwrap();
            assert!(lines.iter().all(|line| range.push(leaf_hash(line.as_bytes()))));
            assert_eq!(range.finish(), Some(checkpoint.root), "{log} {query}");
        }
        for (filter, name) in [("kind=log_genesis", "kind"), (&*format!("actor={}&indexTo=2", uuid::Uuid::nil()), "actor")] {
            let refused = app.as_role(Role::Auditor).get(&format!("/{log}/export?format=bundle&{filter}"));
            let refused = refused.problem(400, "validation-failed");
            let faults = refused.body["errors"].as_array().unwrap();
            assert_eq!((faults.len(), &faults[0]["parameter"], &faults[0]["rule"]), (1, &json!(name), &json!("not_with_bundle")));
        }
    }
}

/// Both logs, whole, as an auditor takes them away, are sound.
pub fn are_sound(app: &TestApp) {
    for (log, table) in LOGS {
        let text = app.as_role(Role::Auditor).get(&format!("/{log}/export?format=bundle")).ok(200).text;
        is_sound(app, table, &text);
    }
}

/// A whole log, taken away before or now, is sound.
pub fn is_sound(app: &TestApp, table: &str, text: &str) {
    is_sound_by(&key(app, table), text);
}

/// The same for whoever trusts this key; another verifier, which shares nothing with the first, says so as well.
pub fn is_sound_by(key: &PublicKey, text: &str) {
    let trust = format!("log {}\n", key.text());
    let mut audit = Audit::new(Asked { trust: Some(Trust::read(&trust).unwrap()), ..Asked::default() });
    // It says itself what is wrong, if a line is not taken.
    for line in text.strip_suffix('\n').unwrap().split('\n') {
        audit.line(line.as_bytes());
    }
    let report = audit.finish(false);
    assert_eq!((report.exit_code(), report.completeness.finding), (0, "whole"), "{report:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let mut another = Command::new("python3");
    another.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verify_bundle.py")).arg(file("trust", &trust)).arg(file("bundle", text));
    // Where there is no Python a test of its own says so.
    if let Ok(output) = another.output() {
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!((output.status.code(), &*said), (Some(0), "0 sound\n"), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// An auditor's folder, far from the service: what the operator gave them, and what they took away.
struct Auditor(TempDir);

impl Auditor {
    /// With the trust file that the operator printed.
    fn of(app: &TestApp) -> Self {
        let auditor = Self(tempfile::tempdir().unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
        command.args(["log", "trust", "--data-dir"]).arg(app.folder());
        for (log, table) in LOGS {
            newest(app, log);
            command.arg(app.folder().join(format!("checkpoints/{table}.checkpoint")));
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let trust = String::from_utf8(output.stdout).unwrap();
        assert_eq!(trust, LOGS.map(|(_, table)| format!("log {}\n", key(app, table).text())).concat());
        auditor.keep("trust", &trust);
        auditor
    }

    fn keep(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn take(&self, app: &TestApp, name: &str, path: &str) {
        self.keep(name, &app.as_role(Role::Auditor).get(path).ok(200).text);
    }

    /// Runs `sendiass log …` on those files: the exit code, what it prints and what it says.
    fn runs(&self, args: &str) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
        command.current_dir(self.0.path()).arg("log").args(args.split(' ')).args(["--trust", "trust"]);
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn verifies(&self, args: &str) -> (i32, Value) {
        let (code, out, err) = self.runs(&format!("verify {args} --output json"));
        let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        assert_eq!(report["exitCode"], code);
        (code, report)
    }
}

#[test]
fn t30_t32_a_bundle_taken_while_the_log_grows_is_sound_and_answers_what_the_list_answers() {
    let app = TestApp::spawn();
    let family = record(&app);
    let auditor = Auditor::of(&app);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let note = family.n1(&app);
                family.disclose(&app, &family.risk(&note, json!({}))).ok(201);
                std::thread::sleep(Duration::from_millis(30));
            }
        });
        for (log, _) in LOGS.iter().cycle().take(6) {
            let kept = newest(&app, log);
            auditor.keep("kept", &kept);
            auditor.take(&app, "bundle", &format!("/{log}/export?format=bundle"));
            let (code, report) = auditor.verifies("bundle --since kept");
            assert_eq!((code, &report["completeness"]["finding"]), (0, &json!("whole")), "{report}");
            assert!(["same", "continues"].contains(&report["appendOnly"]["finding"].as_str().unwrap()), "{report}");
        }
        stop.store(true, Ordering::Relaxed);
    });
    // A period of which all is there, and one of which it is not.
    app.clock.set(at("2026-06-02T09:00:00Z"), true);
    let note = family.n1(&app);
    family.disclose(&app, &family.risk(&note, json!({}))).ok(201);
    let day = "--from 2026-06-02T00:00:00Z --to 2026-06-03T00:00:00Z";
    auditor.take(&app, "day", "/disclosure-log/export?format=bundle&from=2026-06-02T00:00:00Z&to=2026-06-03T00:00:00Z");
    let (code, report) = auditor.verifies(&format!("day {day}"));
    assert_eq!((code, &report["completeness"]["finding"], &report["entries"]), (0, &json!("complete"), &json!(2)), "{report}");
    let (code, report) = auditor.verifies("day --from 2026-06-01T00:00:00Z");
    assert_eq!((code, &report["completeness"]["finding"]), (2, &json!("begins_late")), "{report}");
    // How old it may be: it is of June 2026, whenever that was.
    auditor.take(&app, "now", "/disclosure-log/export?format=bundle");
    for (age, expected) in [("1s", 2), ("36500d", 0)] {
        let (code, report) = auditor.verifies(&format!("now --max-age {age}"));
        assert_eq!((code, &report["freshness"]["standing"] == "sound"), (expected, expected == 0), "{report}");
    }
    // What is printed for people says the same.
    let (code, out, _) = auditor.runs(&format!("verify day {day}"));
    assert!(code == 0 && out.contains("completeness ok") && out.ends_with("hidden or added.\n"), "{out}");
    // The filters, and the same filters where nothing can be left out.
    auditor.take(&app, "bundle", "/disclosure-log/export?format=bundle");
    for (ours, theirs) in [
        ("--kind disclosure_refused".to_owned(), "kind=disclosure_refused".to_owned()),
        ("--basis safeguarding,permission --identified true".to_owned(), "basis=safeguarding,permission&identified=true".to_owned()),
        (format!("--recipient {} --kind disclosure_made", family.council), format!("recipient={}&kind=disclosure_made", family.council)),
        (day.to_owned(), "from=2026-06-02T00:00:00Z&to=2026-06-03T00:00:00Z".to_owned()),
        ("--index-from 1 --index-to 3 --copied false".to_owned(), "indexFrom=1&indexTo=3&copied=false".to_owned()),
    ] {
        let expected = auditor_lines(&app, &theirs);
        let (code, out, err) = auditor.runs(&format!("query bundle {ours}"));
        assert_eq!((code, out.lines().collect::<Vec<_>>()), (0, expected.lines().collect()), "{ours}: {err}");
        assert_eq!(auditor.runs(&format!("query bundle {ours} --count")).1, format!("{}\n", expected.lines().count()));
        assert!(!expected.is_empty(), "{theirs}");
    }
    assert_eq!(auditor.runs("query day --from 2026-06-01T00:00:00Z").0, 2, "not all of it is there");
    // What no entry of a log could say is no question to it.
    auditor.take(&app, "access", "/access-log/export?format=bundle");
    assert_eq!(auditor.runs("query access --kind read --role auditor").0, 0);
    for wrong in [
        "verify bundle --max-age 3",
        "verify bundle --from yesterday",
        "verify",
        "query - --count",
        "query bundle --kind x",
        "compare bundle",
        "query bundle --role auditor",
        "query bundle --kind disclosure_made,read",
        "query access --basis permission",
        "query access --kind disclosure_made",
        "query access --copied true",
    ] {
        let (code, out, err) = auditor.runs(wrong);
        assert!(code == 64 && out.is_empty() && !err.is_empty(), "{wrong}: {code} {out}{err}");
    }
}

/// Somebody at a terminal who waits is told how far it is; a program that reads what is said is not.
#[test]
fn how_far_it_is_is_told_at_a_terminal() {
    let app = TestApp::spawn();
    record(&app);
    let auditor = Auditor::of(&app);
    let folder = auditor.0.path();
    let bundle = app.as_role(Role::Auditor).get("/disclosure-log/export?format=bundle").ok(200).text;
    assert!(Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
    let verify = format!("{} log verify pipe --trust trust", env!("CARGO_BIN_EXE_sendiass"));
    let said = |command: &mut Command| {
        let child = command.current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut pipe = std::fs::OpenOptions::new().write(true).open(folder.join("pipe")).unwrap();
        let (first, rest) = bundle.split_at(bundle.len() / 2);
        pipe.write_all(first.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(1200));
        pipe.write_all(rest.as_bytes()).unwrap();
        drop(pipe);
        let output = child.wait_with_output().unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    let at_a_terminal = said(Command::new("script").args(["-qefc", &verify, "/dev/null"]).stdin(Stdio::null()));
    assert!(at_a_terminal.contains("% of ") && at_a_terminal.contains("SOUND"), "{at_a_terminal}");
    let to_a_program = said(Command::new("sh").args(["-c", &verify]));
    assert!(!to_a_program.contains("% of ") && to_a_program.contains("SOUND"), "{to_a_program}");
}

fn auditor_lines(app: &TestApp, filters: &str) -> String {
    app.as_role(Role::Auditor).get(&format!("/disclosure-log/export?{filters}")).ok(200).text
}

#[test]
fn t1_t4_t5_t15_t16_an_auditor_finds_what_was_changed_by_whoever_has_the_database_and_even_the_key() {
    let app = TestApp::spawn();
    let family = record(&app);
    let auditor = Auditor::of(&app);
    auditor.keep("kept", &newest(&app, "disclosure-log"));
    auditor.take(&app, "genuine", "/disclosure-log/export?format=bundle");
    // T5: a column by which entries are found comes from what was hashed, and nobody can set it.
    for column in ["kind", "actor", "basis"] {
        let set = app.sabotage().batch_execute(&format!("UPDATE disclosure_entry SET {column} = 'x' WHERE idx = 1"));
        assert!(set.is_err(), "{column}");
    }
    // T1: a word of an entry, in the database alone.
    for (table, from, to) in
        [("disclosure", "\"identified\":true", "\"identified\":false"), ("access", "\"kind\":\"created\"", "\"kind\":\"changed\"")]
    {
        let change = |from: &str, to: &str| format!("UPDATE @_entry SET body = replace(body, '{from}', '{to}') WHERE idx BETWEEN 1 AND 9");
        unguarded(&mut app.sabotage(), table, &change(from, to));
        assert!(stored(&app, table).iter().any(|(_, body)| body.contains(to)));
        auditor.take(&app, "bundle", &format!("/{table}-log/export?format=bundle"));
        let (code, report) = auditor.verifies("bundle");
        assert_eq!((code, &report["integrity"]["finding"]), (1, &json!("root")), "{report}");
        assert_eq!(auditor.runs("query bundle --count").0, 1);
    }
    // T4: the tree as well, all checkpoints that the service has, and signed anew with its key.
    let (bodies, folder, scratch) = {
        let bodies = stored(&app, "disclosure");
        let (folder, scratch) = app.stopped();
        (bodies, folder, scratch)
    };
    let mut sql = String::from("DELETE FROM @_checkpoint;");
    for (index, body) in &bodies {
        write!(sql, "UPDATE @_leaf SET h = {} WHERE idx = {index};", hash(&leaf_hash(body.as_bytes()))).unwrap();
    }
    unguarded(&mut connect(folder.path(), scratch.as_ref()), "disclosure", &sql);
    std::fs::remove_file(folder.path().join("checkpoints/disclosure.checkpoint")).unwrap();
    let app = TestApp::spawn_on(folder, scratch, |_| ());
    auditor.take(&app, "forged", "/disclosure-log/export?format=bundle");
    let (code, report) = auditor.verifies("forged");
    assert_eq!((code, &report["integrity"]["finding"]), (0, &json!("intact")), "nobody kept anything: {report}");
    let (code, report) = auditor.verifies("forged --since kept");
    assert_eq!((code, &report["appendOnly"]["finding"]), (1, &json!("fork")), "{report}");
    // T15, T16: two histories of one size, and of two, with both signatures.
    let (code, _, err) = auditor.runs("compare genuine forged");
    assert!(code == 1 && err.contains("TWO HISTORIES") && err.matches("\u{2014} sendiass/disclosure/").count() == 2, "{err}");
    let note = family.n1(&app);
    family.disclose(&app, &family.risk(&note, json!({}))).ok(201);
    auditor.take(&app, "longer", "/disclosure-log/export?format=bundle");
    assert_eq!(auditor.runs("compare longer kept").0, 1);
    let (code, out, err) = auditor.runs("compare longer forged");
    assert!(code == 0 && out.starts_with("ONE HISTORY"), "{out}{err}");
    auditor.keep("newest", &newest(&app, "disclosure-log"));
    assert_eq!(auditor.runs("compare kept newest").0, 2, "two checkpoints of two sizes do not tell");
    // What was changed or damaged is no second history.
    let whole = std::fs::read_to_string(auditor.0.path().join("longer")).unwrap();
    auditor.keep("changed", &whole.replacen("\"told\":\"no\"", "\"told\":\"on\"", 1));
    auditor.keep("headless", &whole.replacen("\nrange ", "\nranges ", 1));
    auditor.keep("cut", &whole[..whole.len() - 100]);
    auditor.keep("broken", &newest(&app, "disclosure-log").replacen('\n', "\n9", 1));
    for damaged in ["changed", "headless", "cut", "broken"] {
        let (code, out, err) = auditor.runs(&format!("compare {damaged} kept"));
        assert_eq!((code, err.contains("TWO HISTORIES")), (2, false), "{damaged}: {out}{err}");
    }
    auditor.keep("access", &newest(&app, "access-log"));
    assert_eq!(auditor.runs("compare kept access").0, 2, "they are of two logs");
    auditor.keep("trust", "# nobody\n");
    assert_eq!((auditor.runs("compare kept newest").0, auditor.verifies("genuine").0), (3, 3));
}
