//! That the bytes are gone: from tables, files, the log of the process, and, once its operator has swept, from those of the server.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use diesel::RunQueryDsl;
use serde_json::json;

use super::{Named, conclude, deputy, dispose};
use crate::family::Family;
use crate::harness::TestApp;
use crate::harness::cluster::by_engine;
use crate::told;

#[test]
fn t34_no_id_key_text_or_tag_of_a_disposed_case_is_in_any_file() {
    told::listen();
    let app = TestApp::spawn();
    let family = Family::record(&app);
    deputy(&app).get("/me").ok(200);
    let lent = json!({"caseId":family.case,"auditReference":"AUDIT-2026/07"});
    let tag_key = app.manager().post("/disclosure-log/tag-keys", &lent).ok(201).str("tagKey");
    family.permit(&app, json!({}));
    let note = family.n1(&app);
    let disclosure = family.disclose(&app, &family.ask(&note, json!({}))).ok(201).id();
    app.adviser().post("/people/search", &json!({"name":"Ana Marsh"})).ok(200);
    conclude(&app, &family);
    let hex = by_engine("lower(hex(@))", "encode(@, 'hex')");
    let keys = format!("SELECT {} AS text FROM sealing_key WHERE owner_kind = 'case'", hex.replace('@', "wrapped"));
    let mut secret: Vec<Vec<u8>> =
        diesel::sql_query(keys).load::<Named>(&mut app.sabotage()).unwrap().iter().map(|row| bytes(&row.text)).collect();
    assert_eq!(secret.len(), 2);
    let tokens = "SELECT CAST(token AS text) AS text FROM blind_index";
    assert!(!diesel::sql_query(tokens).load::<Named>(&mut app.sabotage()).unwrap().is_empty());
    for id in [&family.case, &note, &disclosure, &family.ana, &family.mia] {
        secret.extend([id.clone().into_bytes(), bytes(&id.replace('-', "")), id.replace('-', "").into_bytes()]);
    }
    secret.extend([b"Speech therapy".to_vec(), b"Ana Marsh".to_vec(), tag_key.clone().into_bytes()]);
    secret.push(base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, &tag_key).unwrap());
    // On a server the bytes of a row are printed in hexadecimal digits, too.
    let printed: Vec<Vec<u8>> = secret.iter().map(|bytes| digits(bytes).into_bytes()).collect();
    secret.extend(printed);
    let files = |app: &TestApp| app.dump().unwrap_or_else(|| database(app.folder()));
    let kept = files(&app);
    assert!(found(&kept, &secret).len() >= 5, "before, it is all there");
    // What a server noted for its planner holds values, too.
    if crate::harness::cluster::is_postgres() {
        diesel::sql_query("ANALYZE").execute(&mut app.sabotage()).unwrap();
    }
    // Somebody who still sees it all, as a report that takes long does.
    let reader = crate::harness::cluster::is_postgres().then(|| {
        let mut reader = app.sabotage();
        diesel::sql_query("BEGIN ISOLATION LEVEL REPEATABLE READ").execute(&mut reader).unwrap();
        diesel::sql_query("SELECT 1 FROM deployment").execute(&mut reader).unwrap();
        reader
    });
    dispose(&app, &[&family.case]);
    let kept = files(&app);
    assert_eq!(found(&kept, &secret), Vec::<String>::new());
    let (folder, scratch) = app.stopped();
    let mut sweep = Command::new(env!("CARGO_BIN_EXE_sendiass"));
    sweep.args(["retention", "sweep", "--data-dir"]).arg(folder.path());
    if let Some(scratch) = &scratch {
        let refused = Command::new(env!("CARGO_BIN_EXE_sendiass"))
            .args(["retention", "sweep", "--unsafe-database", "--database-url", &scratch.url(), "--data-dir"])
            .arg(folder.path())
            .output()
            .unwrap();
        assert!(String::from_utf8_lossy(&refused.stderr).contains("name the role that owns them"), "{refused:?}");
        sweep.args(["--unsafe-database", "--database-url", &scratch.owner_url()]);
    }
    let mut sweeping = sweep.stderr(std::process::Stdio::piped()).spawn().unwrap();
    if let Some(reader) = reader {
        std::thread::sleep(std::time::Duration::from_millis(1500));
        assert!(sweeping.try_wait().unwrap().is_none(), "it waits for whoever still sees what was deleted");
        drop(reader);
    }
    let swept = sweeping.wait_with_output().unwrap();
    assert!(swept.status.success(), "{swept:?}");
    if let Some(scratch) = &scratch {
        // What docs/production.md has the superuser of a server do after that; again, as long as a transaction of another database is older.
        assert!(!found(&scratch.files(), &secret).is_empty(), "what the planner knew is there still");
        let since = std::time::Instant::now();
        while !found(&scratch.files(), &secret).is_empty() && since.elapsed().as_secs() < 20 {
            scratch.finish();
        }
        assert_eq!(found(&scratch.written_ahead(), &secret), Vec::<String>::new());
    }
    let all = scratch.as_ref().map_or_else(|| database(folder.path()), crate::harness::cluster::Scratch::files);
    assert_eq!(found(&all, &secret), Vec::<String>::new());
    let heard = told::OURS.lock().unwrap();
    assert!(!heard.is_empty(), "nothing is told at all");
    assert_eq!(found(&heard, &secret), Vec::<String>::new());
}

/// Which of these is in there. In one pass: their first two bytes are looked for, and then the whole.
pub fn found(all: &[u8], wanted: &[Vec<u8>]) -> Vec<String> {
    let mut begins: BTreeMap<[u8; 2], Vec<usize>> = BTreeMap::new();
    for (n, what) in wanted.iter().enumerate() {
        begins.entry([what[0], what[1]]).or_default().push(n);
    }
    let mut known = vec![false; 1 << 16];
    let place = |pair: [u8; 2]| usize::from(u16::from_be_bytes(pair));
    for pair in begins.keys() {
        known[place(*pair)] = true;
    }
    let mut found = BTreeSet::new();
    for (at, pair) in all.windows(2).enumerate() {
        let pair = [pair[0], pair[1]];
        if known[place(pair)] {
            found.extend(begins[&pair].iter().copied().filter(|n| all[at..].starts_with(&wanted[*n])));
        }
    }
    found.into_iter().map(|n| String::from_utf8_lossy(&wanted[n]).into_owned()).collect()
}

fn digits(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// Every byte of the embedded database, its write-ahead log among them.
fn database(folder: &std::path::Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let ours = files.filter(|file| file.file_name().unwrap().to_str().unwrap().starts_with("sendiass.db"));
    ours.flat_map(|file| std::fs::read(file).unwrap()).collect()
}
