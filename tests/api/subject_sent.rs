//! What was sent to whoever asked for what is held stays as it was sent, and what was not sent is on record with its reason (C3, C9).

use std::process::Command;

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::asking::{build, deliver, dispatch, event, held, include, left, log, path, put, read, redact, withhold, words};
use crate::disposals::dispose;
use crate::family::{Family, person};
use crate::harness::{Reply, Session, TestApp};
use crate::subject_answers::{reach, ready, second};

fn file(session: &Session<'_>, id: &str) -> Reply {
    session.get(&format!("{}/bundle/file", path(id)))
}

/// The cases of which something left because somebody asked, or was refused to, by these rules; an entry each.
fn told(app: &TestApp, kind: &str) -> Vec<Vec<String>> {
    let rules =
        |entry: &Value| entry["body"]["rules"].as_array().into_iter().flatten().map(|rule| rule.as_str().unwrap().to_owned()).collect();
    left(app).iter().filter(|entry| entry["body"]["kind"] == kind).map(rules).collect()
}

/// Everything that was decided is decided so again by what is kept beside the log, and what is kept is what the log commits to.
pub fn is_decided_again(app: TestApp) {
    let (folder, scratch) = app.stopped();
    for check in ["replay", "selfcheck"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
        command.args(["log", check, "--data-dir"]).arg(folder.path());
        if let Some(scratch) = &scratch {
            command.args(["--unsafe-database", "--database-url", &scratch.url()]);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn what_was_sent_is_shown_as_it_was_sent_whatever_changed_since() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let contact = Family::verify(&app, &family.mia);
    let (first, kept) = (family.n1(&app), family.note(&app, &family.finn, &[&family.mia], "family_circumstances", json!({})));
    let consent = family.permit(&app, json!({}));
    family.disclose(&app, &family.ask(&first, json!({}))).ok(201);
    let (case, tired) = second(&app, &family);
    let id = log(&app, &family, json!({}));
    put(&manager, &id, &[redact(&first, "Speech therapy has stopped."), withhold(&kept), include(&tired)]).ok(200);
    build(&manager, &id).ok(202);
    deliver(&manager, &id, &contact).ok(200);
    let built = file(&manager, &id).ok(200).bytes;
    let sent = dispatch(&manager, &id, "secure_email").ok(200);
    assert_eq!(sent.body["sentTo"], json!({"channel":"secure_email","kind":"email","value":"mia@example.org"}));
    assert_eq!(read(&app.adviser(), &id).body.get("sentTo"), None);
    assert!(dispatch(&manager, &id, "secure_email").problem(409, "invalid-state").rules().is_empty());
    assert!(told(&app, "disclosure_refused").is_empty(), "once it is sent nothing is asked any more");
    // The log commits to all of it: the words of each note, and what is said beside them.
    let because = manager.with("Access-Reason", "subject_access_request");
    let said: Vec<(String, String)> = sent.body["disclosureIds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| {
            let made = because.get(&format!("/disclosures/{}", id.as_str().unwrap())).ok(200);
            let index = &made.body["logEntries"][0]["index"];
            let opened = because.get(&format!("/disclosure-log/entries/{index}?openings=true")).ok(200);
            let digest = Sha256::digest(made.str("summary")).iter().fold(String::new(), |digest, byte| digest + &format!("{byte:02x}"));
            assert!(opened.text.contains(&digest), "{}", opened.text);
            assert_eq!(
                (&made.body["informationCategories"], &made.body["subjectIds"]),
                (&json!(["contact_details"]), &json!([family.mia]))
            );
            (made.str("caseId"), made.str("summary"))
        })
        .collect();
    let of = |case: &str| said.iter().find(|(of, _)| of == case).unwrap().1.clone();
    assert_eq!(
        of(&family.case),
        "Enclosed: 20 May 2026, in part\nPassed on: 1 June 2026, Lakeshire Council, SEND team North, Speaking with officers and professionals\n\
         Not enclosed: some of it"
    );
    let hers =
        ["Name: Mia Marsh", "Date of birth: 5 May 1985", "Contact: Email: mia@example.org", "Enclosed: 21 May 2026, Views and wishes"];
    assert!(hers.iter().all(|line| of(&case).lines().any(|said| said == *line)), "{}", of(&case));
    // Whatever is put right, removed or moved afterwards.
    reach(&app, &family.mia, &json!({"fullName":"Mia Calder","contacts":[{"kind":"mobile","value":"07700 900123","safe":true}]}));
    family.withdraw(&app, &consent, json!({})).ok(200);
    let version = manager.get(&format!("/recipients/{}", family.council)).ok(200).version();
    let renamed = json!({"teams":[{"id":family.north,"name":"Assessment"},{"id":family.south,"name":"SEND team South"}]});
    manager.if_match(version).patch(&format!("/recipients/{}", family.council), &renamed).ok(200);
    let moved = json!({"caseId":case,"reason":"Hers.","fromPersonId":family.mia,"aboutPersonIds":[family.mia]});
    app.adviser().post(&format!("/notes/{kept}/relocation"), &moved).ok(201);
    app.adviser().post(&format!("/notes/{first}/relocation"), &moved).problem(409, "invalid-state");
    app.clock.set(crate::harness::at("2026-06-09T09:00:00Z"), true);
    assert!(file(&manager, &id).ok(200).bytes == built, "{}", words(&manager, &id));
    assert_eq!(read(&manager, &id).body["sentTo"]["value"], "mia@example.org");
    // What was said of a case goes with it, and nothing else does.
    let version = app.adviser().get(&format!("/cases/{case}")).ok(200).version();
    app.adviser().if_match(version).post(&format!("/cases/{case}/closure"), &json!({"outcome":"agreed"})).ok(200);
    dispose(&app, &[&case]);
    let rest = words(&manager, &id);
    let there = |phrase: &str| rest.contains(phrase);
    assert!(
        there("To Mia Marsh") && there("Enclosed 1 note") && there("Speech therapy has stopped.") && there("SEND team North"),
        "{rest}"
    );
    assert!(!there("Is tired.") && !there("What is on record") && !there("mia@example.org"), "{rest}");
    is_decided_again(app);
}

#[test]
fn what_is_restricted_afterwards_is_shown_for_a_reason_only() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let because = manager.with("Access-Reason", "subject_access_request");
    let words = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.mia],"namesOthers":false,"informationCategories":["views_and_wishes"],"concern":"Is tired.",
        "factOrOpinion":"opinion","sensitivity":"restricted","keepConfidential":false,"correctionReason":"Told in confidence."});
    let correct = |note: &str| app.adviser().post(&format!("/notes/{note}/correction"), &words).ok(201).id();
    let (note, contact) =
        (family.note(&app, &family.mia, &[&family.mia], "views_and_wishes", json!({})), Family::verify(&app, &family.mia));
    let id = log(&app, &family, json!({}));
    deliver(&manager, &id, &contact).ok(200);
    let restricted = correct(&note);
    ready(&because, &id);
    for reply in [file(&manager, &id), manager.get(&format!("{}/bundle", path(&id))), dispatch(&manager, &id, "secure_email")] {
        reply.problem(403, "access-reason-required");
    }
    dispatch(&because, &id, "secure_email").ok(200);
    file(&manager, &id).problem(403, "access-reason-required");
    assert!(crate::asking::words(&because, &id).contains("Is tired."));
    // That it was sent is no secret; nor is it undone by what is corrected once more.
    manager.get(&format!("{}/bundle", path(&id))).ok(200);
    correct(&restricted);
    file(&because, &id).ok(200);
}

#[test]
fn what_does_not_leave_is_in_the_log_of_each_case_with_all_that_is_lacking() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (manager, deputy) = (app.manager(), app.as_staff(Role::ServiceManager, "deputy"));
    let contact = Family::verify(&app, &family.mia);
    family.n1(&app);
    second(&app, &family);
    let id = log(&app, &family, json!({}));
    let refused = |reply: Reply, rules: &[&str], allowed: &[&str]| {
        let reply = reply.problem(409, "invalid-state");
        assert_eq!(
            (reply.rules(), &reply.body["allowedActions"]),
            (rules.iter().map(|rule| rule.rsplit('/').next().unwrap().to_owned()).collect(), &json!(allowed))
        );
        assert!(reply.body["errors"].as_array().unwrap().iter().all(|error| error["pointer"] == "#"), "{}", reply.text);
        let entry = manager.get(&format!("/disclosure-log/entries/{}", reply.body["refusalIndex"])).ok(200).body["body"].clone();
        let mut sorted: Vec<&str> = entry["rules"].as_array().unwrap().iter().map(|rule| rule.as_str().unwrap()).collect();
        sorted.sort_unstable_by_key(|rule| rules.iter().position(|known| known == rule));
        assert_eq!(
            (&entry["kind"], &entry["basis"], sorted.as_slice()),
            (&json!("disclosure_refused"), &json!("data_subject_right"), rules)
        );
        assert_eq!(reply.body["policy"]["clauses"], json!(["C9"]));
    };
    let waiting = ["update", "record_clock_event", "decide_items", "refuse"];
    refused(dispatch(&manager, &id, "secure_email"), &["R2/sar_not_decided", "address_unverified"], &waiting);
    event(&manager, &id, "identity_asked", "2026-05-30").ok(200);
    refused(dispatch(&manager, &id, "secure_email"), &["R2/sar_not_decided", "address_unverified", "authority_missing"], &waiting);
    event(&manager, &id, "identity_received", "2026-06-01").ok(200);
    ready(&manager, &id);
    let built = ["update", "decide_items", "build_bundle", "bundle_file", "dispatch", "refuse"];
    refused(dispatch(&manager, &id, "secure_email"), &["address_unverified"], &built);
    deliver(&manager, &id, &contact).ok(200);
    assert_eq!(told(&app, "disclosure_refused").len(), 6, "one of each case");
    // A conflict that is found after it was decided.
    let herself = manager.get("/me").ok(200).id();
    let version = read(&deputy, &id).version();
    deputy.if_match(version).patch(&path(&id), &json!({"conflictedStaffIds":[herself]})).ok(200);
    let conflicted = dispatch(&manager, &id, "secure_email").problem(409, "same-person").rule("conflicted_decider");
    assert_eq!(conflicted.body.get("allowedActions"), None);
    let entries = told(&app, "disclosure_refused");
    assert_eq!(
        (entries.len(), &entries[0], &entries[1]),
        (8, &vec!["conflicted_decider".to_owned()], &vec!["conflicted_decider".to_owned()])
    );
    assert!(conflicted.body["refusalIndex"].is_number());
    // At a version that is not that of now it is neither sent nor refused.
    manager.if_match(version).post(&format!("{}/dispatch", path(&id)), &json!({"channel":"secure_email"})).problem(412, "stale-version");
    // Whoever serves another side of the family is conflicted, too.
    crate::apart::own_case(&deputy, &family.ana);
    dispatch(&deputy, &id, "secure_email").problem(409, "same-person").rule("conflicted_decider");
    assert_eq!((told(&app, "disclosure_refused").len(), told(&app, "disclosure_made").len()), (10, 0));
    dispatch(&app.as_staff(Role::ServiceManager, "third"), &id, "secure_email").ok(200);
    assert_eq!(told(&app, "disclosure_made").len(), 2);
    is_decided_again(app);
}

#[test]
fn nothing_leaves_a_case_without_a_disclosure_and_of_no_case_there_is_nothing_to_disclose() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let id = family.answered(&app);
    // A case that came later, with or without anything in it, was not looked at.
    let case = crate::apart::with_subject(&app.adviser(), &family.mia, false).id();
    for reply in [dispatch(&manager, &id, "secure_email"), file(&manager, &id), build(&manager, &id)] {
        reply.problem(409, "invalid-state").rule("sar_not_decided");
    }
    assert_eq!(told(&app, "disclosure_refused").len(), 2, "that case is told of it");
    put(&manager, &id, &Family::decided(&app, &id)).ok(200);
    build(&manager, &id).ok(202);
    let sent = dispatch(&manager, &id, "secure_email").ok(200);
    assert_eq!(sent.body["disclosureIds"].as_array().unwrap().len(), 2);
    let of_case = app.adviser().get(&format!("/cases/{case}/disclosures")).ok(200);
    assert_eq!(of_case.body["items"][0]["recipientPersonId"], json!(family.mia));
    // Somebody who is on record, and in no case.
    let io = person(
        &app,
        &json!({"kind":"parent_carer","fullName":"Io Reed","pseudonymous":false,"dateOfBirth":"1985-05-05",
        "contacts":[{"kind":"email","value":"io@example.org","safe":true}]}),
    )
    .id();
    let id = log(&app, &family, json!({"subjectId":io,"requesterId":io}));
    let entries = left(&app).len();
    let refused = dispatch(&manager, &id, "secure_email").problem(409, "invalid-state").rule("sar_not_decided").rule("address_unverified");
    assert_eq!(refused.body.get("refusalIndex"), None);
    let seen = manager.get("/access-log?operation=dispatchSubjectAccessRequest&kind=refused&limit=1").ok(200);
    assert_eq!(seen.body["items"][0]["body"].get("cases"), None, "{}", seen.text);
    deliver(&manager, &id, &Family::verify(&app, &io)).ok(200);
    ready(&manager, &id);
    let sent = dispatch(&manager, &id, "secure_email").ok(200);
    assert_eq!((&sent.body["disclosureIds"], left(&app).len()), (&json!([]), entries));
    assert!(words(&manager, &id).contains("To Io Reed"));
}

#[test]
fn of_two_who_send_it_at_once_one_does() {
    let app = TestApp::spawn();
    let other = app.replica();
    let family = Family::record(&app);
    family.n1(&app);
    for _ in 0..3 {
        let id = family.answered(&app);
        let before = told(&app, "disclosure_made").len();
        let replies = std::thread::scope(|scope| {
            let sending = [&app, &other].map(|app| {
                let id = &id;
                scope.spawn(move || {
                    let manager = app.manager().if_match(4);
                    manager.post(&format!("{}/dispatch", path(id)), &json!({"channel":"secure_email"}))
                })
            });
            sending.map(|sent| sent.join().unwrap())
        });
        let mut ended = replies.map(|reply| reply.status);
        ended.sort_unstable();
        assert_eq!(ended, [200, 412]);
        assert_eq!(told(&app, "disclosure_made").len(), before + 1);
    }
    assert!(told(&app, "disclosure_refused").is_empty());
}

#[test]
fn who_is_found_to_be_one_with_the_subject_reopens_what_was_decided_and_its_reversal_closes_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    family.n1(&app);
    let id = family.answered(&app);
    let caller = person(&app, &json!({"kind":"anonymous","pseudonymous":true})).id();
    let case = json!({"interventionLevel":"l1","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":caller,"role":"service_user","relation":"parent","servedSeparately":false}]});
    let case = app.adviser().post("/cases", &case).ok(201).id();
    let note = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":caller,
        "aboutPersonIds":[caller],"namesOthers":false,"informationCategories":["views_and_wishes"],"concern":"Is tired.",
        "factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false});
    app.adviser().post(&format!("/cases/{case}/notes"), &note).ok(201);
    let version = manager.get(&format!("/people/{}", family.mia)).ok(200).version();
    let found = json!({"mergedPersonId":caller,"reason":"Told what only she knew."});
    let merge = manager.if_match(version).post(&format!("/people/{}/merges", family.mia), &found).ok(201).id();
    assert_eq!(held(&manager, &id).len(), 2);
    dispatch(&manager, &id, "secure_email").problem(409, "invalid-state").rule("sar_not_decided");
    manager.if_match(1).post(&format!("/person-merges/{merge}/reversal"), &json!({"reason":"Her sister."})).ok(200);
    let sent = dispatch(&manager, &id, "secure_email").ok(200);
    assert_eq!(sent.body["disclosureIds"].as_array().unwrap().len(), 1);
    assert!(!words(&manager, &id).contains("Is tired."));
}
