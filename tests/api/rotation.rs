//! Another key takes the place of the one that signs the logs: both sign for a while, the logs say so, and nothing else passes (C13).

use std::process::Command;

use diesel::connection::SimpleConnection;
use sendiass::clock::Clock;
use sendiass::config::Config;
use sendiass::db::sealed::Secret;
use sendiass::domain::vocabulary::Role;
use sendiass::ledger::{PublicKey, Signer, note};
use sendiass::{keys, startup};
use serde_json::Value;
use tempfile::TempDir;

use crate::family::Family;
use crate::harness::cluster::Scratch;
use crate::harness::{TestApp, at, config, connect};
use crate::long::stored;

fn seed(n: u8) -> String {
    bytes(n).map(|byte| format!("{byte:02x}")).concat()
}

fn bytes(n: u8) -> [u8; 32] {
    std::array::from_fn(|place| u8::try_from(place).unwrap().wrapping_mul(37) ^ n)
}

/// The settings with these keys of the log: that of now, and the one before.
fn with(now: u8, old: Option<u8>) -> impl Fn(&mut Config) {
    move |config| {
        config.keys.log_key = Some(seed(now).as_str().into());
        config.keys.old_log_key = old.map(|old| seed(old).as_str().into());
    }
}

fn starts(folder: &TempDir, scratch: Option<&Scratch>, change: impl Fn(&mut Config)) -> Result<Option<String>, String> {
    let mut config = config(folder.path(), scratch);
    change(&mut config);
    let clock = Clock::frozen(at("2026-06-01T09:00:00Z"));
    actix_web::rt::System::new().block_on(startup::build(config, clock)).map(|ready| ready.forked)
}

fn newest(app: &TestApp, log: &str) -> String {
    app.as_role(Role::Auditor).get(&format!("/{log}/checkpoint")).ok(200).text
}

/// Which of these keys signed a note; the strict reader must find them sound.
fn signed_by(note: &str, seeds: &[u8]) -> Vec<u8> {
    let origin = note::claimed_origin(note.as_bytes()).unwrap();
    let key = |n: &u8| Signer::new(&bytes(*n), &origin).public().clone();
    seeds.iter().copied().filter(|n| note::open(note.as_bytes(), &[key(n)]).is_ok()).collect()
}

fn selfcheck(folder: &TempDir, scratch: Option<&Scratch>, now: u8) -> (String, Option<i32>) {
    log(folder, scratch, &["selfcheck"], now)
}

fn log(folder: &TempDir, scratch: Option<&Scratch>, what: &[&str], now: u8) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
    command.arg("log").args(what).args(["--log-key", &seed(now), "--data-dir"]).arg(folder.path());
    if let Some(scratch) = scratch {
        command.args(["--unsafe-database", "--database-url", &scratch.url()]);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (String::from_utf8(output.stdout).unwrap() + if output.status.success() { "" } else { &said }, output.status.code())
}

/// A bundle is sound by these lines of a trust file.
fn verifies(bundle: &str, trust: &str) {
    let folder = tempfile::tempdir().unwrap();
    let [bundle, trust] = [("bundle", bundle), ("trust", trust)].map(|(name, text)| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
    let output = command.args(["log", "verify"]).arg(bundle).arg("--trust").arg(trust).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "t20: {}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn t20_t21_a_key_takes_the_place_of_another_if_the_logs_say_so() {
    let app = TestApp::spawn_with(with(1, None));
    Family::record(&app);
    assert_eq!(signed_by(&newest(&app, "disclosure-log"), &[1, 2]), [1]);
    newest(&app, "access-log");
    let (folder, scratch) = app.stopped();
    // Another key alone is none of this database, nor is one whose predecessor is another.
    for change in [with(2, None), with(2, Some(3))] {
        let said = starts(&folder, scratch.as_ref(), change).unwrap_err();
        assert!(said.contains("was opened with other keys"), "{said}");
    }
    assert!(starts(&folder, scratch.as_ref(), with(1, Some(1))).unwrap_err().contains("each secret must be its own"));

    let before = stored_keys(&folder, scratch.as_ref());
    let app = TestApp::spawn_on(folder, scratch, with(2, Some(1)));
    for (log, table) in [("disclosure-log", "disclosure"), ("access-log", "access")] {
        let note = newest(&app, log);
        assert_eq!(
            (signed_by(&note, &[1, 2]), note.lines().filter(|line| line.starts_with('\u{2014}')).count()),
            (vec![1, 2], 2),
            "{note}"
        );
        let origin = note::claimed_origin(note.as_bytes()).unwrap();
        let [old, new] = [1, 2].map(|n| Signer::new(&bytes(n), &origin).public().clone());
        assert!(note::open(note.as_bytes(), &[old.clone(), new.clone()]).is_ok());
        // Whoever was not given the new key yet is not left behind.
        let bundle = app.as_role(Role::Auditor).get(&format!("/{log}/export?format=bundle")).ok(200).text;
        for key in [&old, &new] {
            verifies(&bundle, &format!("log {}\n", key.text()));
        }
        let told: Vec<Value> = stored(&app, table).iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect();
        let told: Vec<&Value> = told.iter().filter(|body| body["kind"] == "key_rotated").collect();
        let [one] = told.as_slice() else { panic!("{told:?}") };
        let rotated = serde_json::json!({"key": "log", "from": old.text(), "to": new.text()});
        assert_eq!((&one["rotated"], &one["outcome"]), (&rotated, &serde_json::json!("recorded")));
        assert_eq!(PublicKey::read(one["rotated"]["to"].as_str().unwrap()), Some(new));
    }
    // Once, however often it starts with both.
    let (folder, scratch) = app.stopped();
    let rotated = stored_keys(&folder, scratch.as_ref());
    assert_ne!(rotated, before);
    assert_eq!(starts(&folder, scratch.as_ref(), with(2, Some(1))), Ok(None));
    assert_eq!(stored_keys(&folder, scratch.as_ref()), rotated);
    // The old one alone signs no more, and does not come back.
    assert!(starts(&folder, scratch.as_ref(), with(1, None)).unwrap_err().contains("was opened with other keys"));
    assert!(starts(&folder, scratch.as_ref(), with(1, Some(2))).unwrap_err().contains("was replaced"));
    assert_eq!(stored_keys(&folder, scratch.as_ref()), rotated);

    let app = TestApp::spawn_on(folder, scratch, with(2, None));
    let family = Family::record(&app);
    family.disclose(&app, &family.risk(&family.n1(&app), serde_json::json!({}))).ok(201);
    assert_eq!(signed_by(&newest(&app, "access-log"), &[1, 2]), [2]);
    let bundles =
        ["disclosure-log", "access-log"].map(|log| app.as_role(Role::Auditor).get(&format!("/{log}/export?format=bundle")).ok(200).text);
    for bundle in &bundles {
        let origin = bundle.lines().nth(1).unwrap();
        crate::bundles::is_sound_by(Signer::new(&bytes(2), origin).public(), bundle);
    }
    newest(&app, "disclosure-log");
    let (folder, scratch) = app.stopped();
    // What the old key signed is known by what the log says of it.
    let (told, code) = selfcheck(&folder, scratch.as_ref(), 2);
    assert_eq!(code, Some(0), "{told}");

    let lines = log(&folder, scratch.as_ref(), &["keys"], 2);
    assert_eq!(lines.0.lines().count(), 4, "{}", lines.0);
    for (table, pair) in ["disclosure", "access"].into_iter().zip(lines.0.lines().collect::<Vec<_>>().chunks(2)) {
        let [old, new] = [0, 1].map(|place| pair[place].split(' ').collect::<Vec<_>>());
        let sizes = [old[2], old[3], new[2]].map(|size| size.parse::<i64>().unwrap());
        assert!(sizes[0] == 0 && 0 < sizes[2] && sizes[2] <= sizes[1] && new.len() == 3, "{pair:?}");
        assert!(
            old[1].starts_with(&format!("sendiass/{table}/")) && PublicKey::read(old[1]).is_some() && PublicKey::read(new[1]).is_some()
        );
        assert_ne!(old[1], new[1]);
    }

    // By these lines the logs are sound, and the exchange is what they tell.
    for bundle in &bundles {
        verifies(bundle, &lines.0);
    }

    // A rotation that no log tells of: the database is made to believe that it was always this key.
    let [two, four] = [2, 4].map(|n| keys::fingerprint(&Secret::new(bytes(n))));
    let forged = format!("UPDATE deployment SET keys = replace(keys, '{two}', '{four}')");
    connect(folder.path(), scratch.as_ref()).batch_execute(&forged).unwrap();
    let said = starts(&folder, scratch.as_ref(), with(4, None)).unwrap();
    assert!(said.is_some_and(|said| said.contains("is not the one that was signed last")), "t21: it takes no entry");
}

/// What the database says its keys are, and how many entries its logs have that tell of another key.
fn stored_keys(folder: &TempDir, scratch: Option<&Scratch>) -> (String, i64) {
    use diesel::RunQueryDsl;
    use diesel::sql_types::{BigInt, Text};
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        keys: String,
        #[diesel(sql_type = BigInt)]
        told: i64,
    }
    let sql = "SELECT keys, (SELECT count(*) FROM disclosure_entry WHERE kind = 'key_rotated')
        + (SELECT count(*) FROM access_entry WHERE kind = 'key_rotated') AS told FROM deployment";
    let row: Row = diesel::sql_query(sql).get_result(&mut connect(folder.path(), scratch)).unwrap();
    (row.keys, row.told)
}
