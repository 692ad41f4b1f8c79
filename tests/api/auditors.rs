//! What is handed to those who believe nobody: the tag key of a case, a receipt, and what a witness says (C3, C13).

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diesel::connection::SimpleConnection;
use sendiass::domain::vocabulary::Role;
use sendiass::ledger::bundle::Head;
use sendiass::ledger::receipt::Receipt;
use sendiass::ledger::witness::{Witness, seen};
use sendiass::ledger::{Hash, PublicKey, Signer, note};
use serde_json::{Value, json};

use crate::family::Family;
use crate::harness::TestApp;
use crate::long::{root, stored};
use crate::world::{cosigned, witness};

/// A file that only its owner reads.
fn private(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    path
}

fn log(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_sendiass")).arg("log").args(arguments).env_clear().output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// Who signs a log: the service, or whoever has another key.
fn signer(app: &TestApp, table: &str, other: Option<[u8; 32]>) -> Signer {
    let written = std::fs::read_to_string(app.folder().join("log.key")).unwrap();
    let bytes: Vec<u8> = (0..32).map(|n| u8::from_str_radix(&written[2 * n..2 * n + 2], 16).unwrap()).collect();
    let genesis: Value = serde_json::from_str(&stored(app, table)[0].1).unwrap();
    Signer::new(&other.unwrap_or(bytes.try_into().unwrap()), genesis["origin"].as_str().unwrap())
}

/// The key that signs a log, as an auditor is given it.
fn key(app: &TestApp, table: &str) -> PublicKey {
    signer(app, table, None).public().clone()
}

#[test]
fn t31_the_tag_key_of_a_case_finds_all_its_entries_whatever_the_service_lists() {
    let app = TestApp::spawn();
    let (family, other) = (Family::record(&app), Family::record(&app));
    for family in [&family, &other] {
        let note = family.n1(&app);
        family.disclose(&app, &family.ask(&note, json!({}))).problem(409, "consent-required");
        family.permit(&app, json!({}));
        family.disclose(&app, &family.ask(&note, json!({}))).ok(201);
    }
    let ask = json!({"caseId": family.case, "auditReference": "AUDIT-2026/07"});
    app.adviser().post("/disclosure-log/tag-keys", &ask).problem(403, "forbidden");
    app.as_role(Role::Auditor).post("/disclosure-log/tag-keys", &ask).problem(403, "forbidden");
    app.manager()
        .post("/disclosure-log/tag-keys", &json!({"caseId": uuid::Uuid::now_v7(), "auditReference": "A"}))
        .problem(422, "rule-violated")
        .rule_at("#/caseId", "unknown_reference");
    for wrong in ["", "Ana Marsh", "-x", &"x".repeat(61)] {
        app.manager()
            .post("/disclosure-log/tag-keys", &json!({"caseId": family.case, "auditReference": wrong}))
            .problem(400, "validation-failed");
    }
    let lent = app.manager().post("/disclosure-log/tag-keys", &ask).ok(201);
    assert_eq!(lent.header("location"), format!("/api/v1/cases/{}/access-log", family.case));
    let told: Value = serde_json::from_str(&stored(&app, "access").last().unwrap().1).unwrap();
    assert_eq!((&told["kind"], &told["target"], &told["auditReference"]), (&json!("exported"), &json!("tag_key"), &json!("AUDIT-2026/07")));
    assert!(!told.to_string().contains(&lent.str("tagKey")) && told["cases"].is_array());

    let folder = tempfile::tempdir().unwrap();
    let (whole, bare) = (private(folder.path(), "lent.json", &lent.text), private(folder.path(), "tag.key", &lent.str("tagKey")));
    let exported = |log: &str, format: &str| {
        let text = app.as_role(Role::Auditor).get(&format!("/{log}/export?format={format}")).ok(200).text;
        private(folder.path(), &format!("{log}.{format}"), &text)
    };
    let trust = format!("log {}\nlog {}\n", self::key(&app, "disclosure").text(), self::key(&app, "access").text());
    let trust = private(folder.path(), "trust", &trust);
    let scanned = |file: &Path, key: &Path, trust: &[&str]| {
        log(&[&["case-scan", file.to_str().unwrap(), "--tag-key", key.to_str().unwrap()][..], trust].concat())
    };
    let trusting = ["--trust", trust.to_str().unwrap()];
    let scan = |file: &Path, key: &Path| {
        let (code, out, said) = scanned(file, key, &trusting);
        assert_eq!(code, 0, "{said}");
        // Only a bundle shows that none is missing.
        assert_eq!(said.contains("Nothing shows that these are all"), file.extension().unwrap() == "ndjson", "{said}");
        out
    };
    let listed = |case: &str| {
        let list = app.manager().get(&format!("/disclosure-log?caseId={case}&order=asc&limit=1000")).ok(200).body;
        list["items"].as_array().unwrap().iter().map(|item| item["body"].to_string()).collect::<Vec<_>>()
    };
    let all = listed(&family.case);
    let found = scan(&exported("disclosure-log", "ndjson"), &bare);
    assert_eq!((found.lines().collect::<Vec<_>>(), all.len()), (all.iter().map(String::as_str).collect(), 2));
    assert_eq!(scan(&exported("disclosure-log", "bundle"), &whole), found);
    assert!(scan(&exported("access-log", "ndjson"), &bare).lines().count() > 5, "what was looked at, too");
    // The service hides one: what it lists lacks it, what the key finds does not.
    app.sabotage().batch_execute("DELETE FROM disclosure_case_ix WHERE idx = 2").unwrap();
    assert_eq!(listed(&family.case).len(), 1);
    assert_eq!(scan(&exported("disclosure-log", "ndjson"), &bare), found);
    // It tells nothing of another case, and another key nothing of this one.
    let theirs = app.manager().post("/disclosure-log/tag-keys", &json!({"caseId": other.case, "auditReference": "B"})).ok(201);
    let theirs = private(folder.path(), "other.key", &theirs.str("tagKey"));
    let others = scan(&exported("disclosure-log", "ndjson"), &theirs);
    assert!(others.lines().count() == 2 && others.lines().all(|line| !found.contains(line)));
    // What is no log is not looked through, and of a bundle that is not sound nothing is shown: cut, changed, or signed by whoever knows whom.
    let whole_bundle = exported("disclosure-log", "bundle");
    let text = std::fs::read_to_string(&whole_bundle).unwrap();
    let cut = format!("{}\n", text.trim_end().rsplit_once('\n').unwrap().0);
    let changed = text.replacen("\"identified\":true", "\"identified\":false", 1);
    assert_ne!(changed, text);
    for (what, expected) in [("", 2), ("\n", 2), (&*cut, 2), (&*changed, 1), (&*text, 0)] {
        let (code, out, said) = scanned(&private(folder.path(), "file", what), &bare, &trusting);
        assert_eq!((code, out == found, out.is_empty()), (expected, expected == 0, expected != 0), "{said}");
    }
    assert_eq!(scanned(&whole_bundle, &bare, &[]).0, 3);
    let (code, out, said) = scanned(&bare, &bare, &trusting);
    assert!(code == 2 && out.is_empty() && said.contains("is not one of a log"), "{said}");
    let counted = scanned(&whole_bundle, &bare, &[&trusting[..], &["--count"]].concat());
    assert_eq!((counted.0, counted.1.as_str()), (0, "2\n"));
    // Used wrongly.
    let (code, _, said) = scanned(&whole_bundle, &folder.path().join("none"), &trusting);
    assert!(code == 64 && said.contains("cannot be used"), "{said}");
    assert_eq!([log(&["case-scan"]).0, scanned(&whole_bundle, &whole_bundle, &trusting).0], [64, 64]);
}

#[test]
fn a_receipt_proves_one_entry_far_from_the_service() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    family.disclose(&app, &family.risk(&note, json!({}))).ok(201);
    let reply = app.as_role(Role::Auditor).get("/disclosure-log/entries/1/receipt").ok(200);
    assert_eq!(
        (reply.header("content-type"), reply.header("content-disposition")),
        ("text/plain; charset=utf-8".to_owned(), "attachment; filename=\"entry-1.tlog-proof\"".to_owned())
    );
    let receipt = Receipt::read(&reply.bytes).unwrap();
    let bodies = stored(&app, "disclosure");
    assert_eq!((receipt.index, receipt.body.as_slice()), (1, bodies[1].1.as_bytes()));
    let checkpoint = note::open(&receipt.note, &[key(&app, "disclosure")]).unwrap();
    assert!(receipt.is_in(&checkpoint));
    assert_eq!(checkpoint.root.base64(), root(bodies.iter().map(|(_, body)| body.as_bytes())));
    app.as_role(Role::Auditor).get(&format!("/disclosure-log/entries/{}/receipt", bodies.len())).problem(404, "not-found");
    app.adviser().get("/disclosure-log/entries/1/receipt").problem(403, "forbidden");

    // A change to it is told. What is not all of it, or was made another by a mail program, tells of no change to the log.
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| private(folder.path(), name, text).to_str().unwrap().to_owned();
    let trust = file("trust", &format!("log {}\n", key(&app, "disclosure").text()));
    let text = reply.text;
    let (proof, signed) = text.rsplit_once("\n\nsendiass/").unwrap();
    let forged = format!("{proof}\n\nsendiass/{}", signed.replacen('\n', "\n1", 1));
    for (expected, name, shown) in [
        (0, "whole", text.clone()),
        (1, "forged", forged),
        (2, "cut", text[..text.len() / 2].to_owned()),
        (2, "ended", text.trim_end()[..text.trim_end().len() - 3].to_owned()),
        (2, "crlf", text.replace('\n', "\r\n")),
        (2, "another", std::fs::read_to_string(&trust).unwrap()),
        (2, "empty", String::new()),
    ] {
        let (code, _, said) = log(&["verify-receipt", &file(name, &shown), "--trust", &trust]);
        assert_eq!(code, expected, "{name}: {said}");
    }
}

/// The seed of the key of a witness.
const SEED: [u8; 32] = [
    0x8f, 0x02, 0xd1, 0x47, 0x5c, 0xe9, 0x30, 0xaa, 0x16, 0xf4, 0x7b, 0x09, 0xc3, 0x58, 0xed, 0x21, 0x94, 0x6f, 0xb0, 0x3d, 0x72, 0xa5,
    0x1e, 0xc8, 0x4b, 0xd6, 0x05, 0x99, 0xe2, 0x37, 0x60, 0xfb,
];

/// A witness at work: it is given a checkpoint, and the proof that the service gives from the size it knows.
struct AtWork<'a> {
    app: &'a TestApp,
    folder: tempfile::TempDir,
}

impl AtWork<'_> {
    fn witness(&self, note: &str, from: Option<i64>) -> (i32, String, String) {
        log(&self.arguments(note, from).iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn arguments(&self, note: &str, from: Option<i64>) -> Vec<String> {
        let seed = SEED.map(|byte| format!("{byte:02x}")).concat();
        let seed = private(self.folder.path(), "witness.key", &seed);
        let path = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("checkpoint"), note).unwrap();
        let (seed, log_key) = (seed.to_str().unwrap().to_owned(), key(self.app, "disclosure").text());
        let [state, checkpoint, proof] = ["w.state", "checkpoint", "proof"].map(path);
        let named = [("--name", "w.example/1".to_owned()), ("--key", seed), ("--state", state), ("--log-key", log_key)];
        let mut arguments = vec!["witness".to_owned()];
        arguments.extend(named.into_iter().flat_map(|(name, value)| [name.to_owned(), value]));
        arguments.push(checkpoint);
        if let Some(from) = from {
            let to = note.lines().nth(1).unwrap();
            let answer = self.app.as_role(Role::Auditor).get(&format!("/disclosure-log/proofs/consistency?fromSize={from}&toSize={to}"));
            std::fs::write(&proof, answer.text).unwrap();
            arguments.push(proof);
        }
        arguments
    }

    /// It is given a checkpoint and the proof from `from`, and after it read what it remembers, and before it reads the proof, it remembers something
    /// else: the proof is a pipe, which is opened then.
    fn witness_while(&self, note: &str, from: i64, other: &str) -> (i32, String, String) {
        let (mut arguments, pipe) = (self.arguments(note, Some(from)), self.folder.path().join("pipe"));
        let proof = std::fs::read(arguments.pop().unwrap()).unwrap();
        arguments.push(pipe.to_str().unwrap().to_owned());
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        std::thread::scope(|scope| {
            let witness = scope.spawn(|| {
                let done = log(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
                // Whoever waits for it to be read waits no longer.
                drop(std::fs::OpenOptions::new().read(true).write(true).open(&pipe));
                done
            });
            let mut opened = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
            std::fs::write(self.folder.path().join("w.state"), other).unwrap();
            opened.write_all(&proof).unwrap();
            drop(opened);
            witness.join().unwrap()
        })
    }
}

#[test]
fn t25_what_a_witness_says_is_kept_if_it_is_theirs_and_of_a_checkpoint_that_was_signed() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let machine = app.as_role(Role::MachineAudit);
    for (log, from) in [("disclosure-log", "/disclosure-log/cosignatures"), ("access-log", "/access-log/cosignatures")] {
        let note = app.as_role(Role::Auditor).get(&format!("/{log}/checkpoint")).ok(200).text;
        let said = cosigned(&note);
        app.as_role(Role::Auditor).post(from, &said).problem(403, "forbidden");
        let kept = machine.post(from, &said).ok(201);
        let with = format!("{note}{}\n", said["line"].as_str().unwrap());
        assert_eq!((kept.str("note"), kept.header("location")), (with.clone(), format!("/api/v1/{log}/checkpoints")));
        assert_eq!(seen(with.as_bytes(), &[witness().public().clone()]).unwrap().len(), 1);
        // Said again, it is what was said first.
        let now = u64::try_from(sendiass::clock::Clock::real().utc().timestamp()).unwrap();
        let size = said["size"].clone();
        let line = |witness: &Witness, note: &str, time: u64| json!({"size": size, "line": witness.cosign(note.as_bytes(), time).unwrap().trim_end()});
        assert_eq!(machine.post(from, &line(&witness(), &note, now + 1)).ok(201).str("note"), with);
        let list = app.as_role(Role::Auditor).get(&format!("/{log}/checkpoints?limit=200")).ok(200).body;
        assert!(list["items"].as_array().unwrap().iter().any(|row| row["note"] == with.as_str()));
        let stranger = Witness::new(&[7; 32], "other.example/1").unwrap();
        machine.post(from, &line(&stranger, &note, now)).problem(422, "rule-violated").rule_at("#/line", "unknown_witness");
        let impostor = Witness::new(&[7; 32], "witness.example.org/w1").unwrap();
        machine.post(from, &line(&impostor, &note, now)).problem(422, "rule-violated").rule_at("#/line", "unknown_witness");
        let another = note.replacen(&format!("\n{size}\n"), &format!("\n{size}0\n"), 1);
        machine.post(from, &line(&witness(), &another, now)).problem(422, "rule-violated").rule_at("#/line", "not_cosigned");
        machine.post(from, &line(&witness(), &note, now + 3600)).problem(422, "rule-violated").rule_at("#/line", "in_the_future");
        let unsigned = json!({"size": 99_999, "line": said["line"]});
        machine.post(from, &unsigned).problem(422, "rule-violated").rule_at("#/size", "no_checkpoint");
    }
    // It is served with what it is about, wherever that is served.
    let note = app.as_role(Role::Auditor).get("/disclosure-log/checkpoint").ok(200).text;
    assert_eq!(note.matches("witness.example.org/w1").count(), 1, "{note}");
    assert!(app.as_role(Role::Auditor).get("/disclosure-log/export?format=bundle").ok(200).text.contains("witness.example.org/w1"));
    assert!(app.as_role(Role::Auditor).get("/disclosure-log/entries/0/receipt").ok(200).text.contains("witness.example.org/w1"));

    // The command: it remembers, and says so of what goes on from there only.
    let at_work = AtWork { app: &app, folder: tempfile::tempdir().unwrap() };
    let (code, line, said) = at_work.witness(&note, None);
    assert!(code == 0 && line.starts_with("\u{2014} w.example/1 "), "{said}");
    let old = note.lines().nth(1).unwrap().parse::<i64>().unwrap();
    let shared = family.n1(&app);
    family.disclose(&app, &family.risk(&shared, json!({}))).ok(201);
    let new = app.as_role(Role::Auditor).get("/disclosure-log/checkpoint").ok(200).text;
    assert_eq!([log(&["witness"]).0, log(&["witness", "--name", "w", "--key", "/none", "--public"]).0], [64, 64]);
    let (code, line, said) = at_work.witness(&new, Some(0));
    assert!(code == 2 && line.is_empty() && said.contains(&format!("fromSize={old}")), "{said}");
    let (code, line, said) = at_work.witness(&new, None);
    assert!(code == 1 && line.is_empty() && said.contains("does not go on"), "{said}");
    // Another one of this name was quicker: what that one remembers stays.
    let state = || std::fs::read_to_string(at_work.folder.path().join("w.state")).unwrap();
    let (known, newest) = (state(), new.split_inclusive('\n').take(3).collect::<String>());
    let (code, line, said) = at_work.witness_while(&new, old, &newest);
    assert!(code == 2 && line.is_empty() && said.contains("Somebody else changed what this witness remembers"), "{said}");
    assert_eq!(state(), newest);
    private(at_work.folder.path(), "w.state", &known);
    let (code, line, said) = at_work.witness(&new, Some(old));
    assert_eq!(code, 0, "{said}");
    let theirs = Witness::new(&SEED, "w.example/1").unwrap();
    assert_eq!(seen(format!("{new}{line}").as_bytes(), &[theirs.public().clone()]).unwrap().len(), 1);
    // Played back, it is older than what is remembered.
    let (code, line, said) = at_work.witness(&note, None);
    assert!(code == 1 && line.is_empty() && said.contains("older than what this witness knows"), "{said}");
    assert_eq!(state(), newest);
}

/// A bundle of a whole log, signed by whoever can.
fn bundle(bodies: &[String], signer: &Signer, cosigned: &str) -> String {
    let root = Hash::from_slice(&BASE64_STANDARD.decode(root(bodies.iter().map(String::as_bytes))).unwrap()).unwrap();
    let size = bodies.len() as u64;
    let note = signer.sign(size, root) + cosigned;
    let head = Head { note: note.into_bytes(), from: 0, to: size, size, proof: Vec::new() };
    String::from_utf8(head.write()).unwrap() + &bodies.join("\n") + "\n"
}

#[test]
fn t4_t17_t19_t21_what_is_signed_anew_is_caught_by_whoever_remembers() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let shared = family.n1(&app);
    family.disclose(&app, &family.risk(&shared, json!({}))).ok(201);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| private(folder.path(), name, text).to_str().unwrap().to_owned();
    let auditor = app.as_role(Role::Auditor);
    let receipt = file("1.tlog-proof", &auditor.get("/disclosure-log/entries/1/receipt").ok(200).text);
    family.disclose(&app, &family.risk(&shared, json!({}))).ok(201);
    let now = file("now.bundle", &auditor.get("/disclosure-log/export?format=bundle").ok(200).text);
    let (ours, theirs) = (signer(&app, "disclosure", None), signer(&app, "disclosure", Some([9; 32])));
    let trust = file("trust", &format!("log {}\n", ours.public().text()));
    let verified = |arguments: &[&str]| {
        let (code, out, said) = log(arguments);
        (code, out + &said)
    };

    // The receipt alone, and beside the log of now.
    let (code, said) = verified(&["verify-receipt", &receipt, "--trust", &trust]);
    assert!(code == 0 && said.contains("\"kind\":\"disclosure_made\"") && said.contains("Entry 1 is in the log"), "{said}");
    assert_eq!(verified(&["verify-receipt", &receipt, &now, "--trust", &trust]).0, 0);
    // Beside a log of which a byte was changed, or the end was cut off.
    let shown = std::fs::read_to_string(&now).unwrap();
    let tampered = file("tampered.bundle", &shown.replacen("\"told\":\"no\"", "\"told\":\"on\"", 1));
    assert_ne!(std::fs::read_to_string(&tampered).unwrap(), shown);
    let (code, said) = verified(&["verify-receipt", &receipt, &tampered, "--trust", &trust]);
    assert!(code == 1 && said.contains("was changed or damaged"), "{said}");
    let cut = file("cut.bundle", shown.trim_end().rsplit_once('\n').unwrap().0);
    assert_eq!(verified(&["verify-receipt", &receipt, &cut, "--trust", &trust]).0, 2);
    // Nobody vouches for it; or somebody else does. A receipt never brings its own key.
    assert_eq!(verified(&["verify-receipt", &receipt]).0, 3);
    let other = file("other", &format!("log {}\n", theirs.public().text()));
    assert_eq!(verified(&["verify-receipt", &receipt, "--trust", &other]).0, 3, "t19");
    let text = std::fs::read_to_string(&receipt).unwrap();
    let changed = file("changed", &text.replacen("index 1", "index 0", 1));
    assert_eq!(verified(&["verify-receipt", &changed, "--trust", &trust]).0, 1);

    // The whole history is written anew and signed with the real key: only who remembers finds out.
    let mut bodies: Vec<String> = stored(&app, "disclosure").into_iter().map(|(_, body)| body).collect();
    assert_eq!(verified(&["verify", &file("same", &bundle(&bodies, &ours, "")), "--trust", &trust]).0, 0);
    let genuine = bodies.clone();
    bodies[1] = bodies[1].replace("\"told\":\"no\"", "\"told\":\"yes\"");
    assert_ne!(bodies[1], genuine[1]);
    let fork = file("fork.bundle", &bundle(&bodies, &ours, ""));
    assert_eq!(verified(&["verify", &fork, "--trust", &trust]).0, 0, "t4: by itself it is sound");
    let (code, said) = verified(&["verify-receipt", &receipt, &fork, "--trust", &trust]);
    assert!(code == 1 && said.contains("two histories"), "t17: {said}");
    // Signed by somebody else it is no history at all.
    let own = file("own.bundle", &bundle(&bodies, &theirs, ""));
    assert_eq!(verified(&["verify-receipt", &receipt, &own, "--trust", &trust]).0, 3, "t19");
    let kept = file(
        "kept",
        &note::claimed(Receipt::read(text.as_bytes()).unwrap().note.as_slice()).map(|kept| ours.sign(kept.size, kept.root)).unwrap(),
    );
    assert_eq!(verified(&["verify", &own, "--since", &kept, "--trust", &trust]).0, 3, "t19");
    assert_eq!(verified(&["verify", &fork, "--since", &kept, "--trust", &trust]).0, 1);

    // A quorum of witnesses: the service's own checkpoint has none, and so is nothing that can be concluded.
    let witness = Witness::new(&[5; 32], "w.example/5").unwrap();
    let wanted = file("wanted", &format!("log {}\nwitness {}\nquorum 1\n", ours.public().text(), witness.public().text()));
    let (code, said) = verified(&["verify", &fork, "--trust", &wanted]);
    assert!(code == 2 && said.contains("0 of your witnesses"), "t4, t25: {said}");
    let plain = bundle(&genuine, &ours, "");
    let note = ours.sign(
        genuine.len() as u64,
        note::claimed(plain.split_once('\n').unwrap().1.split_once("range ").unwrap().0.as_bytes()).unwrap().root,
    );
    let line = |time: u64| witness.cosign(note.as_bytes(), time).unwrap();
    let today = u64::try_from(sendiass::clock::Clock::real().utc().timestamp()).unwrap();
    let seen = file("seen", &bundle(&genuine, &ours, &line(today)));
    let (code, said) = verified(&["verify", &seen, "--trust", &wanted]);
    assert!(code == 0 && said.contains("1 of your witnesses saw"), "{said}");
    let early = file("early", &bundle(&genuine, &ours, &line(today + 3600)));
    assert_eq!(verified(&["verify", &early, "--trust", &wanted]).0, 1, "t25: in the future");
    assert_eq!(verified(&["query", &early, "--trust", &wanted, "--count"]).0, 1, "t25: in the future");
    assert_eq!(verified(&["query", &seen, "--trust", &wanted, "--count"]).0, 0);
    // A receipt is witnessed by its own lines, or by those of a log that goes on from it.
    let witnessed = |name: &str, time: u64| {
        let mut receipt = Receipt::read(text.as_bytes()).unwrap();
        let line = witness.cosign(&receipt.note, time).unwrap();
        receipt.note.extend_from_slice(line.as_bytes());
        file(name, &String::from_utf8(receipt.write()).unwrap())
    };
    for (receipt, beside, expected) in [
        (receipt.clone(), None, 2),
        (receipt.clone(), Some(&now), 2),
        (receipt.clone(), Some(&seen), 0),
        (witnessed("witnessed", today), None, 0),
        (witnessed("ahead", today + 3600), None, 1),
        (witnessed("ahead", today + 3600), Some(&seen), 1),
        (receipt.clone(), Some(&early), 1),
    ] {
        let arguments: Vec<&str> =
            ["verify-receipt", &receipt].into_iter().chain(beside.map(String::as_str)).chain(["--trust", &wanted]).collect();
        let (code, said) = verified(&arguments);
        assert_eq!(code, expected, "t25: {arguments:?} {said}");
    }
    let two = file("two", &format!("{}quorum 2\n", std::fs::read_to_string(&wanted).unwrap().replace("quorum 1\n", "")));
    assert_eq!(verified(&["verify", &seen, "--trust", &two]).0, 2, "t25: one is not two");

    // Another key signs, which the auditor was given, and no entry tells of it.
    let both = file("both", &format!("log {}\nlog {}\n", ours.public().text(), theirs.public().text()));
    let unlogged = file("unlogged", &bundle(&genuine, &theirs, ""));
    let (code, said) = verified(&["verify", &unlogged, "--trust", &both]);
    assert!(code == 1 && said.contains("was not logged"), "t21: {said}");
}

#[test]
fn t36_what_a_manager_opens_is_held_against_the_log_by_whoever_is_given_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    let made = family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201);
    let path = format!("/disclosure-log/entries/{}?openings=true", made.body["logEntries"][0]["index"]);
    let opened = app.manager().with("Access-Reason", "complaint").get(&path).ok(200);
    assert!(opened.body["openings"].as_array().unwrap().iter().any(|field| field["value"] == *family.ana));
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| private(folder.path(), name, text).to_str().unwrap().to_owned();
    let trust = file("trust", &format!("log {}\n", key(&app, "disclosure").text()));
    let bundle = file("bundle", &app.as_role(Role::Auditor).get("/disclosure-log/export?format=bundle").ok(200).text);
    let verified = |openings: &str| log(&["verify", &bundle, "--trust", &trust, "--openings", &file("openings", openings)]);
    let (code, said, _) = verified(&opened.text);
    assert!(code == 0 && said.contains("openings     ok         "), "{said}");
    let (code, said, _) = verified(&opened.text.replace(&family.ana, &family.sam));
    assert!(code == 1 && said.contains("openings     WRONG      ") && said.contains("integrity    ok"), "{said}");
    let (code, _, said) = verified("index,label");
    assert!(code == 64 && said.contains("openings") && said.lines().count() == 1, "{said}");
}
