//! The extract for legal proceedings as a file (C15): only what was decided, word for word, and nothing of it once permission has ended.

use std::time::Duration;

use diesel::RunQueryDsl;
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::apart::own_case;
use crate::family::Family;
use crate::harness::{Reply, Session, TestApp, at, connect};

fn bundle(id: &str) -> String {
    format!("/legal-requests/{id}/bundle")
}

/// Asks how far it is until it is no longer being made.
fn done(session: &Session<'_>, id: &str) -> Reply {
    for _ in 0..3_000 {
        let reply = session.get(&bundle(id)).ok(200);
        if reply.str("status") != "building" {
            return reply;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it is still being made");
}

fn build(session: &Session<'_>, id: &str) {
    session.send(&ureq::http::Method::POST, &bundle(id), None).ok(202);
    assert_eq!(done(session, id).str("status"), "ready");
}

/// The words of the file, one space between any two.
fn words(session: &Session<'_>, id: &str, query: &str) -> String {
    let file = session.get(&format!("{}/file{query}", bundle(id))).ok(200);
    assert_eq!((file.header("content-type").as_str(), file.header("cache-control").as_str()), ("application/pdf", "no-store"));
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"extract.pdf\"");
    assert!(file.bytes.starts_with(b"%PDF-1.7"));
    pdf_extract::extract_text_from_mem(&file.bytes).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Nothing of it can be had, and this is why.
#[track_caller]
fn shut(session: &Session<'_>, id: &str, rule: Option<&str>) {
    let replies = [
        session.send(&ureq::http::Method::POST, &bundle(id), None),
        session.get(&bundle(id)),
        session.get(&format!("{}/file", bundle(id))),
    ];
    for reply in replies {
        let reply = reply.problem(409, "invalid-state");
        assert_eq!(reply.rules().first().map(String::as_str), rule, "{}", reply.text);
    }
}

/// Says of each note that counts whether it goes, at this version.
fn extract(session: &Session<'_>, id: &str, version: i64, included: &[&str]) {
    let path = format!("/legal-requests/{id}");
    let held = session.get(&format!("{path}/candidate-items?limit=200")).ok(200);
    let item = |held: &Value| {
        let goes = if included.contains(&held["id"].as_str().unwrap()) { "include" } else { "leave_out" };
        json!({"noteId":held["id"],"decision":goes,"reason":"Whether it was asked for."})
    };
    let items: Vec<Value> = held.body["items"].as_array().unwrap().iter().map(item).collect();
    session.if_match(version).put(&format!("{path}/items"), &json!({"items":items,"summary":"School notes."})).ok(200);
}

/// Mia's permission for proceedings, her note about school and one about home, and a request that is granted.
fn granted(app: &TestApp, family: &Family) -> (String, String, String) {
    let given = family.permit_proceedings(app, json!({"informationCategories":["school_provision","attendance"]}));
    let note = family.n1(app);
    let id = app.adviser().post("/legal-requests", &family.legal_request(json!({"officerRole":"Solicitor"}))).ok(201).id();
    let decide = |version: i64, body: &Value| {
        app.manager().if_match(version).post(&format!("/legal-requests/{id}/decision"), body).ok(200);
    };
    for (version, body) in [(1, json!({"decision":"consider"})), (2, json!({"decision":"seek_permission"}))] {
        shut(&app.manager(), &id, Some("not_decided"));
        decide(version, &body);
    }
    let grant = json!({"decision":"grant","reason":"They agreed.","channel":"secure_email","subjectIds":[family.ana],
        "informationCategories":["school_provision","attendance"]});
    decide(3, &grant);
    (id, note, given)
}

#[test]
fn the_file_is_the_extract_as_it_was_decided_and_nothing_else() {
    let app = TestApp::spawn_with(|config| {
        config.service_name = "Lakeshire SEND advice".to_owned();
        config.service_contact = Some("01632 960001".to_owned());
    });
    let family = Family::record(&app);
    let (id, note, given) = granted(&app, &family);
    let said = json!({"concern":"Missed Mondays.\n\nRang twice."});
    let absent = family.note(&app, &family.mia, &[&family.ana], "attendance", said);
    family.note(&app, &family.mia, &[&family.ana], "family_circumstances", json!({"concern":"They may lose the flat."}));
    let manager = app.manager();
    // Granted, but no item is decided.
    shut(&manager, &id, Some("not_decided"));
    extract(&manager, &id, 4, &[&note]);
    for path in [bundle(&id), format!("{}/file", bundle(&id))] {
        manager.get(&path).problem(404, "not-found");
    }
    let asked = manager.send(&ureq::http::Method::POST, &bundle(&id), None).ok(202);
    assert_eq!((asked.header("location"), asked.header("retry-after")), (format!("/api/v1{}", bundle(&id)), "1".to_owned()));
    let read = manager.get(&format!("/legal-requests/{id}")).ok(200);
    assert_eq!((&read.body["version"], &asked.body["disclosureId"]), (&json!(5), &read.body["extracts"][0]["disclosureId"]));
    assert_eq!(done(&manager, &id).str("status"), "ready");
    let text = words(&manager, &id, "");
    for phrase in [
        "Lakeshire SEND advice Extract from our notes",
        "To Sam Okoro Solicitor SEND team North Lakeshire Council",
        "Your request The one that reached us on 29 May 2026",
        "About Ana Marsh Mia Marsh",
        "Enclosed 1 note",
        "Questions 01632 960001",
        "What is enclosed Each note stands below as we wrote it down, word for word. 1 Note of 20 May 2026 (school provision)",
        "What is not enclosed We looked at our notes one by one.",
        "1. Note of 20 May 2026 What kind School provision Speech therapy has stopped. Explained section F.",
        "Page 1 of",
    ] {
        assert!(text.contains(phrase), "{phrase:?} is not in: {text}");
    }
    for untold in [
        "Mondays",
        "flat",
        "They agreed",
        "Whether it was asked",
        "School notes",
        "Finn",
        "IASS-",
        "example.org",
        "Attendance",
        "attendance",
    ] {
        assert!(!text.contains(untold), "{untold:?} is in: {text}");
    }
    // Decided anew: what was made is not it any more, and is made again.
    extract(&manager, &id, 5, &[&absent, &note]);
    let stale = manager.get(&format!("{}/file", bundle(&id))).problem(409, "invalid-state");
    assert_eq!(stale.body["allowedActions"], json!(["decide", "extract", "build_bundle", "dispatch"]));
    assert_eq!(manager.get(&bundle(&id)).ok(200).str("status"), "building");
    assert_eq!(done(&manager, &id).str("status"), "ready");
    let text = words(&manager, &id, "");
    assert!(text.contains("Enclosed 2 notes") && text.contains("Missed Mondays. Rang twice."), "{text}");
    assert!(!text.contains("flat"), "{text}");
    // Who took it away is on record, and that of no-one else.
    let told = manager.get("/access-log?operation=getLegalBundleFile&kind=exported").ok(200);
    assert_eq!(told.body["items"].as_array().unwrap().len(), 2);
    assert_eq!(told.body["items"][0]["body"]["target"], "legal_request");
    let made = manager.get("/access-log?operation=buildLegalBundle&kind=changed").ok(200);
    assert_eq!(made.body["items"].as_array().unwrap().len(), 1);
    for role in [Role::Adviser, Role::Auditor, Role::Analyst, Role::Administrator, Role::MachineAudit] {
        app.as_role(role).get(&format!("{}/file", bundle(&id))).problem(403, "forbidden");
    }
    // A note that is found to be another family's is not in it any more, nor is what it says in what is kept of it here.
    let size = |table: &str| {
        let kept: Vec<Kept> = diesel::sql_query(format!("SELECT sealed FROM {table}")).load(&mut app.sabotage()).unwrap();
        kept[0].sealed.len()
    };
    let (drafted, filed) = (size("legal_extract"), size("legal_bundle"));
    let other = Family::record(&app);
    let moved = json!({"caseId":other.case,"reason":"It is about another family.","fromPersonId":other.mia,"aboutPersonIds":[other.ana]});
    app.adviser().post(&format!("/notes/{absent}/relocation"), &moved).ok(201);
    shut(&manager, &id, Some("note_superseded"));
    let items = manager.get(&format!("/legal-requests/{id}")).ok(200).body["extracts"][0]["items"].clone();
    assert!(items.as_array().unwrap().len() == 2 && !items.to_string().contains(&absent), "{items}");
    assert!(size("legal_extract") + "Missed Mondays.".len() < drafted && size("legal_bundle") < 100, "{drafted}, {filed}");
    // Once a permission has ended, nothing of it is left to be sent.
    family.withdraw(&app, &given, json!({})).ok(200);
    shut(&manager, &id, None);
}

#[test]
fn the_file_holds_the_very_words_that_the_log_commits_to_and_a_copy_those_of_its_receiver() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let (id, hers, _) = granted(&app, &family);
    family.permit_proceedings(&app, json!({"granterId":family.finn,"subjectIds":[family.finn]}));
    let his = family.note(&app, &family.finn, &[&family.ana], "school_provision", json!({"concern":"I was not told."}));
    extract(&manager, &id, 4, &[&hers, &his]);
    build(&manager, &id);
    let officers = words(&manager, &id, "");
    manager.get(&format!("{}/file?copyTo={}", bundle(&id), family.mia)).problem(404, "not-found");
    let finn = app.adviser().get(&format!("/people/{}", family.finn)).ok(200).body["contacts"][0]["id"].clone();
    let copies = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact},{"personId":family.finn,"contactId":finn}]});
    manager.if_match(5).post(&format!("/legal-requests/{id}/dispatch"), &copies).ok(200);
    let entry = manager.get("/disclosure-log?limit=1").ok(200).body["items"][0]["index"].clone();
    let opened = manager.with("Access-Reason", "legal_request").get(&format!("/disclosure-log/entries/{entry}?openings=true")).ok(200);
    let digests: Vec<&Value> = opened.body["openings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|opening| opening["label"].as_str().unwrap().ends_with("/digest"))
        .map(|opening| &opening["value"])
        .collect();
    let mut printed = Vec::new();
    for (said, done) in [("I was not told.", "Explained section F."), ("Speech therapy has stopped.", "Explained section F.")] {
        assert!(officers.contains(&format!("{said} {done}")), "{officers}");
        let digest = <sha2::Sha256 as sha2::Digest>::digest(format!("{said}\n{done}"));
        printed.push(json!(digest.iter().fold(String::new(), |digest, byte| digest + &format!("{byte:02x}"))));
    }
    assert!(digests.starts_with(&printed.iter().collect::<Vec<_>>()), "in the order in which they stand: {digests:?}");
    // With the copies there is more to make.
    // What was sent is what was made before, whatever is known since, and can be read meanwhile.
    app.clock.set(at("2026-06-02T09:00:00Z"), true);
    app.adviser().if_match(1).patch(&format!("/people/{}", family.ana), &json!({"fullName":"Ana Winter"})).ok(200);
    assert_eq!(words(&manager, &id, ""), officers);
    manager.get(&format!("{}/file?copyTo={}", bundle(&id), family.mia)).problem(409, "invalid-state");
    assert_eq!(manager.get(&bundle(&id)).ok(200).body["copyPersonIds"], json!([family.mia, family.finn]));
    assert_eq!(done(&manager, &id).str("status"), "ready");
    assert_eq!(words(&manager, &id, ""), officers);
    let (mias, finns) =
        (words(&manager, &id, &format!("?copyTo={}", family.mia)), words(&manager, &id, &format!("?copyTo={}", family.finn)));
    for (copy, name, own, other) in
        [(&mias, "Mia Marsh", "Speech therapy", "not told"), (&finns, "Finn Calder", "not told", "Speech therapy")]
    {
        assert!(copy.contains(&format!("Copy for {name}")) && copy.contains(own) && copy.contains("Enclosed 1 note"), "{copy}");
        // Nor does it say who else there is.
        let others = [("Mia Marsh", "Finn Calder"), ("Finn Calder", "Mia Marsh")].into_iter().find(|(own, _)| *own == name).unwrap().1;
        assert!(!copy.contains(other) && !copy.contains(others), "{copy}");
    }
    manager.get(&format!("{}/file?copyTo={}", bundle(&id), family.nell)).problem(404, "not-found");
    // Once it is closed no other is made; what was sent can be read.
    manager.if_match(6).post(&format!("/legal-requests/{id}/closure"), &json!({})).ok(200);
    manager.send(&ureq::http::Method::POST, &bundle(&id), None).problem(409, "invalid-state");
    assert_eq!(words(&manager, &id, ""), officers);
}

#[test]
fn the_file_names_people_as_those_of_its_case_know_them_whoever_has_it_made() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = || app.as_staff(Role::Adviser, "hers");
    let (id, note, _) = granted(&app, &family);
    let own = own_case(&hers(), &family.ana).id();
    let part = json!({"personId":family.mia,"role":"other_parent","relation":"parent","servedSeparately":false});
    hers().post(&format!("/cases/{own}/participants"), &part).ok(201);
    for person in [&family.ana, &family.mia] {
        let path = format!("/people/{person}");
        let version = hers().get(&path).ok(200).version();
        hers().if_match(version).patch(&path, &json!({"fullName":"Alex Quill"})).ok(200);
    }
    // A manager who gave a reason sees her own case, too.
    let manager = app.manager().with("Access-Reason", "legal_request");
    assert_eq!(manager.get(&format!("/people/{}", family.ana)).ok(200).str("fullName"), "Alex Quill");
    extract(&manager, &id, 4, &[&note]);
    build(&manager, &id);
    assert!(words(&manager, &id, "").contains("About Ana Marsh Mia Marsh Enclosed"));
    let copies = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}]});
    manager.if_match(5).post(&format!("/legal-requests/{id}/dispatch"), &copies).ok(200);
    assert_eq!(done(&manager, &id).str("status"), "ready");
    assert!(words(&manager, &id, &format!("?copyTo={}", family.mia)).contains("Copy for Mia Marsh"));
}

#[test]
fn what_a_restart_cut_off_is_made_by_the_next_look_at_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (id, note, _) = granted(&app, &family);
    let restricted = json!({"concern":"Missed Mondays.","sensitivity":"restricted"});
    let absent = family.note(&app, &family.mia, &[&family.ana], "attendance", restricted);
    let manager = app.manager().with("Access-Reason", "legal_request");
    // Every note that counts is decided, also one that is not listed without a reason.
    let seen = json!({"items":[{"noteId":note,"decision":"include","reason":"Asked for."}],"summary":"School notes."});
    app.manager().if_match(4).put(&format!("/legal-requests/{id}/items"), &seen).problem(403, "access-reason-required");
    extract(&manager, &id, 4, &[&note]);
    build(&manager, &id);
    // What was decided of a note, and why, is for those who may read it (C4).
    let decided = |session: &Session<'_>| {
        let request = session.get(&format!("/legal-requests/{id}")).ok(200);
        let items = request.body["extracts"][0]["items"].as_array().unwrap().iter();
        (items.map(|item| item["noteId"].clone()).collect::<Vec<_>>(), request.text.contains(&absent))
    };
    assert_eq!(decided(&manager), (vec![json!(absent), json!(note)], true));
    assert_eq!(decided(&app.manager()), (vec![json!(note)], false));
    // As the database is left if the process ends before the file of the new items is kept: with that of the old ones.
    let kept: Vec<Kept> = diesel::sql_query("SELECT sealed FROM legal_bundle").load(&mut app.sabotage()).unwrap();
    extract(&manager, &id, 5, &[&absent, &note]);
    assert_eq!(done(&manager, &id).str("status"), "ready");
    // What a restricted note says is for those who may read it (C4).
    for path in [bundle(&id), format!("{}/file", bundle(&id))] {
        app.manager().get(&path).problem(403, "access-reason-required");
    }
    let (folder, scratch) = app.stopped();
    let by_engine = crate::harness::cluster::by_engine("UPDATE legal_bundle SET sealed = ?", "UPDATE legal_bundle SET sealed = $1");
    let put = diesel::sql_query(by_engine).bind::<diesel::sql_types::Binary, _>(kept[0].sealed.clone());
    assert_eq!(put.execute(&mut connect(folder.path(), scratch.as_ref())).unwrap(), 1);
    let app = TestApp::spawn_on(folder, scratch, |_| {});
    let manager = app.manager().with("Access-Reason", "legal_request");
    manager.get(&format!("{}/file", bundle(&id))).problem(409, "invalid-state");
    assert_eq!(manager.get(&bundle(&id)).ok(200).str("status"), "building");
    assert_eq!(done(&manager, &id).str("status"), "ready");
    assert!(words(&manager, &id, "").contains("Missed Mondays."));
    // Nor does what a copy held tell of the note.
    let family_copy = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}]});
    let sent = manager.if_match(6).post(&format!("/legal-requests/{id}/dispatch"), &family_copy).ok(200);
    assert_eq!(sent.body["extracts"][0]["copies"][0]["noteIds"], json!([absent, note]));
    let seen = app.manager().get(&format!("/legal-requests/{id}")).ok(200);
    assert_eq!(seen.body["extracts"][0]["copies"][0]["noteIds"], json!([note]));
}

#[test]
fn what_is_being_made_of_a_note_that_is_moved_meanwhile_is_not_kept() {
    let app = TestApp::spawn();
    let (family, other) = (Family::record(&app), Family::record(&app));
    let manager = app.manager();
    let long = |family: &Family| {
        let said = json!({"concern":"They had a word with us. ".repeat(700)});
        family.note(&app, &family.mia, &[&family.ana], "attendance", said)
    };
    let ([(id, ..), (later, ..)], note) = ([&family, &other].map(|family| granted(&app, family)), long(&family));
    extract(&manager, &id, 4, &[&note]);
    extract(&manager, &later, 4, &[&long(&other), &long(&other)]);
    manager.send(&ureq::http::Method::POST, &bundle(&id), None).ok(202);
    let moved = json!({"caseId":other.case,"reason":"It is about another family.","fromPersonId":other.mia,"aboutPersonIds":[other.ana]});
    app.adviser().post(&format!("/notes/{note}/relocation"), &moved).ok(201);
    // By the time something is made that is asked for later and is longer, this is.
    build(&manager, &later);
    let kept: Vec<Kept> = diesel::sql_query("SELECT sealed FROM legal_bundle").load(&mut app.sabotage()).unwrap();
    let mut sizes: Vec<usize> = kept.iter().map(|kept| kept.sealed.len()).collect();
    sizes.sort_unstable();
    assert!(sizes.len() == 2 && sizes[0] < 100 && sizes[1] > 100, "{sizes:?}");
}

#[derive(diesel::QueryableByName)]
struct Kept {
    #[diesel(sql_type = diesel::sql_types::Binary)]
    sealed: Vec<u8>,
}
