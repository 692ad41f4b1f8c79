//! Restricted notes: for the adviser to whom somebody gave the case, for those named, for a manager with a reason, and for nobody who helps
//! themselves (C4).

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::family::Family;
use crate::harness::{Reply, Session, TestApp};

fn note(family: &Family, session: &Session<'_>, sensitivity: &str) -> String {
    session.post(&format!("/cases/{}/notes", family.case), &words(family, sensitivity)).ok(201).id()
}

fn words(family: &Family, sensitivity: &str) -> Value {
    json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,"aboutPersonIds":[family.ana],
        "namesOthers":false,"informationCategories":["school_provision"],"concern":"A word in confidence.","factOrOpinion":"opinion",
        "sensitivity":sensitivity,"keepConfidential":false})
}

fn assign(session: &Session<'_>, family: &Family, member: &str) -> Reply {
    let path = format!("/cases/{}", family.case);
    let version = session.get(&path).ok(200).version();
    session.if_match(version).put(&format!("{path}/assignment"), &json!({"staffId":member})).ok(200)
}

const NONE: [usize; 0] = [];

/// The restricted notes among these that are read, and those that are listed; the two agree.
fn read(session: &Session<'_>, family: &Family, notes: &[&String]) -> Vec<usize> {
    let list = session.get(&format!("/cases/{}/notes?includeTotal=true&limit=200", family.case)).ok(200).body;
    let listed: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
    assert_eq!(list["page"]["total"], listed.len());
    let open = |id: &&String| {
        let status = session.get(&format!("/notes/{id}")).status;
        assert_eq!(status == 200, listed.contains(&&json!(id)), "{status}");
        status == 200
    };
    notes.iter().enumerate().filter(|(_, id)| open(id)).map(|(i, _)| i).collect()
}

#[test]
fn whoever_takes_a_case_themselves_reads_the_restricted_notes_of_their_own_time() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (jo, kit) = (|| app.adviser(), || app.as_staff(Role::Adviser, "kit"));
    let [jos, kits] = [jo(), kit()].map(|session| session.get("/me").ok(200).id());
    let first = note(&family, &jo(), "restricted");
    let by_kit = note(&family, &kit(), "restricted");
    assert_eq!(read(&kit(), &family, &[&first, &by_kit]), NONE);

    assign(&kit(), &family, &kits);
    let second = note(&family, &jo(), "restricted");
    let all = [&first, &by_kit, &second];
    // What they wrote, and what was written while they work on it.
    assert_eq!(read(&kit(), &family, &all), [1, 2]);
    assert_eq!(read(&jo(), &family, &all), NONE);
    // Taking it once more, or back, opens no more than that.
    assign(&kit(), &family, &kits);
    assert_eq!(read(&kit(), &family, &all), [1, 2]);
    assign(&jo(), &family, &jos);
    assert_eq!(read(&jo(), &family, &all), [0, 1, 2]);
    assign(&kit(), &family, &kits);
    assert_eq!(read(&kit(), &family, &all), [1, 2]);
    // Nor does passing them on, or permitting it by name.
    let one = kit().post(&format!("/cases/{}/disclosures", family.case), &family.risk(&first, json!({})));
    one.problem(404, "not-found");
    let named = family.permission(json!({"noteIds":[first]}));
    kit()
        .post(&format!("/cases/{}/consents", family.case), &named)
        .problem(422, "rule-violated")
        .rule_at("#/noteIds/0", "unknown_reference");

    // It is the manager who hands over, and that holds when they take it once more.
    assign(&app.manager(), &family, &kits);
    assert_eq!(read(&kit(), &family, &all), [0, 1, 2]);
    assign(&kit(), &family, &kits);
    assert_eq!(read(&kit(), &family, &all), [0, 1, 2]);
    assert_eq!(read(&app.manager().with("Access-Reason", "complaint"), &family, &all), [0, 1, 2]);
    assert_eq!(read(&app.manager(), &family, &[]), NONE);
    // Whom the manager names reads them, too.
    let ken = || app.as_staff(Role::Adviser, "ken");
    assert_eq!(read(&ken(), &family, &all), NONE);
    let path = format!("/cases/{}", family.case);
    let named =
        json!({"restricted":false,"namedStaffIds":[ken().get("/me").ok(200).id()],"conflictedStaffIds":[],"reason":"He speaks for her."});
    app.manager().if_match(app.manager().get(&path).ok(200).version()).put(&format!("{path}/restriction"), &named).ok(200);
    assert_eq!(read(&ken(), &family, &all), [0, 1, 2]);
}

#[test]
fn a_note_that_is_restricted_by_its_correction_is_restricted_in_every_version() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let other = || app.as_staff(Role::Adviser, "other");
    let correct = |id: &str, sensitivity: &str| {
        let mut body = words(&family, sensitivity);
        body["correctionReason"] = json!("It was told in confidence.");
        app.adviser().post(&format!("/notes/{id}/correction"), &body).ok(201)
    };
    let first = note(&family, &app.adviser(), "ordinary");
    let second = correct(&first, "sensitive").id();
    assert_eq!(read(&other(), &family, &[&first, &second]), [0, 1]);
    let third = correct(&second, "restricted").id();
    assert_eq!(read(&other(), &family, &[&first, &second, &third]), NONE);
    assert_eq!(read(&app.adviser(), &family, &[&first, &second, &third]), [0, 1, 2]);
    // Once it is open again it is read from there, and tells nothing of what was before.
    let fourth = correct(&third, "ordinary");
    assert_eq!(fourth.body["supersedesNoteId"], third);
    let id = fourth.id();
    assert_eq!(read(&other(), &family, &[&first, &second, &third, &id]), [3]);
    let seen = other().get(&format!("/notes/{id}")).ok(200).body;
    assert_eq!((seen.get("supersedesNoteId"), seen.get("correctionReason")), (None, None));
    assert_eq!(seen["concern"], "A word in confidence.");
}

#[test]
fn what_names_a_restricted_note_does_not_show_its_id_to_those_who_may_not_read_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (open, secret) = (note(&family, &app.adviser(), "ordinary"), note(&family, &app.adviser(), "restricted"));
    let consent = family.permit(&app, json!({"noteIds":[open, secret]}));
    let told = family.disclose(&app, &family.ask(&open, json!({"noteIds":[secret, open]}))).ok(201);
    assert_eq!(told.body["noteIds"], json!([secret, open]));
    let (consent_path, told_path) = (format!("/consents/{consent}"), format!("/disclosures/{}", told.id()));
    for session in [app.as_staff(Role::Adviser, "other"), app.manager()] {
        assert_eq!(session.get(&consent_path).ok(200).body["noteIds"], json!([open]));
        for path in [
            format!("/cases/{}", family.case),
            format!("/cases/{}/notes", family.case),
            format!("/cases/{}/consents", family.case),
            format!("/cases/{}/disclosures", family.case),
            format!("/cases/{}/disclosures?subjectId={}", family.case, family.ana),
            "/consents".to_owned(),
            "/tasks".to_owned(),
            "/disclosure-log".to_owned(),
        ] {
            assert!(!session.get(&path).text.contains(&secret), "{path}");
        }
    }
    for session in [app.adviser(), app.manager().with("Access-Reason", "supervision")] {
        assert_eq!(session.get(&consent_path).ok(200).body["noteIds"], json!([open, secret]));
        assert_eq!(session.get(&told_path).ok(200).body["noteIds"], json!([secret, open]));
    }
    // Whoever withdraws it without having read the note refuses what was permitted, all of it, and is shown no more than before.
    let ended = app
        .as_staff(Role::Adviser, "other")
        .post(&format!("{consent_path}/withdrawal"), &json!({"withdrawnById":family.mia,"method":"email","objects":true}));
    let ended = ended.ok(200);
    assert_eq!(ended.body["noteIds"], json!([open]));
    let refusal = ended.body["effects"]["refusalId"].as_str().unwrap().to_owned();
    assert_eq!(app.adviser().get(&format!("/consents/{refusal}")).ok(200).body["noteIds"], json!([open, secret]));
}

#[test]
fn what_left_with_a_restricted_note_is_listed_and_its_words_are_for_those_who_may_read_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (open, secret) = (note(&family, &app.adviser(), "ordinary"), note(&family, &app.adviser(), "restricted"));
    family.permit(&app, json!({"noteIds":[open, secret]}));
    let disclose =
        |notes: Value| family.disclose(&app, &family.ask(&open, json!({"noteIds":notes,"summary":"A word in confidence."}))).ok(201);
    let plain = disclose(json!([open])).id();
    for notes in [json!([secret]), json!([open, secret])] {
        let id = disclose(notes.clone()).id();
        let path = format!("/disclosures/{id}");
        let other = app.as_staff(Role::Adviser, "other");
        other.get(&path).problem(404, "not-found");
        app.manager().get(&path).problem(403, "access-reason-required");
        for session in [app.adviser(), app.manager().with("Access-Reason", "supervision")] {
            assert_eq!(session.get(&path).ok(200).body["noteIds"], notes);
        }
        // What was done and to whom is no secret to those who work on the case, and a recall never waits.
        let list = other.get(&format!("/cases/{}/disclosures", family.case)).ok(200);
        assert!(list.text.contains(&id) && !list.text.contains("confidence"), "{}", list.text);
        other.post(&format!("{path}/annotations"), &json!({"kind":"recall_notice_sent"})).ok(201);
    }
    assert_eq!(app.as_staff(Role::Adviser, "other").get(&format!("/disclosures/{plain}")).ok(200).body["noteIds"], json!([open]));
}

#[test]
fn the_words_with_which_a_restricted_note_was_passed_on_are_not_shown_by_the_concern_either() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let other = || app.as_staff(Role::Adviser, "other");
    let (open, secret) = (note(&family, &app.adviser(), "ordinary"), note(&family, &app.adviser(), "restricted"));
    let grounds = |text: &str, concern: Value| {
        json!({"concernId":concern,"riskTypes":["emotional"],"atRiskPersonIds":[family.ana],"atRiskDescription":text,"necessity":text,
            "proportionality":text,"consentSought":"not_sought","noConsentReason":"would_prejudice_protection"})
    };
    let pass_on = |notes: Value, text: &str, concern: Value| {
        let mut risk = grounds(text, concern);
        if risk["concernId"].is_null() {
            risk.as_object_mut().unwrap().remove("concernId");
        }
        let words = json!({"noteIds":notes,"summary":text,"toldReason":text,"safeguarding":risk});
        family.disclose(&app, &family.risk(&open, words)).ok(201).str("concernId")
    };
    let (hidden, shown) = ("What was told in confidence.", "What everybody may know.");
    let read = |session: &Session<'_>, concern: &str| session.get(&format!("/safeguarding-concerns/{concern}")).ok(200);
    let opened = pass_on(json!([open, secret]), hidden, Value::Null);
    for session in [other(), app.manager()] {
        let seen = read(&session, &opened);
        assert!(!seen.text.contains(hidden) && seen.body.get("summary").is_none(), "{}", seen.text);
        assert_eq!((&seen.body["atRiskPersonIds"], seen.str("outcome")), (&json!([family.ana]), "shared".into()));
        assert!(seen.body["allowedActions"].as_array().unwrap().contains(&json!("annotate")));
    }
    for session in [app.adviser(), app.manager().with("Access-Reason", "safeguarding")] {
        let seen = read(&session, &opened);
        let told = ["summary", "atRiskDescription", "necessity", "proportionality", "toldReason"].map(|name| seen.str(name));
        assert_eq!(told, [hidden; 5]);
    }
    // With it nothing stands in the way of whoever acts on it (C17), and what is said later of notes that they may read they are shown.
    let told = json!({"kind":"information","note":"Rang back."});
    other().post(&format!("/safeguarding-concerns/{opened}/annotations"), &told).ok(201);
    pass_on(json!([open]), shown, json!(opened));
    assert_eq!((read(&other(), &opened).str("necessity"), read(&other(), &opened).body.get("summary")), (shown.into(), None));
    // What was told of a concern before a restricted note went stays to be read.
    let first = pass_on(json!([open]), shown, Value::Null);
    pass_on(json!([secret]), hidden, json!(first));
    let seen = read(&other(), &first);
    assert!(!seen.text.contains(hidden) && seen.str("summary") == shown && seen.str("necessity") == shown, "{}", seen.text);
    assert_eq!(read(&app.adviser(), &first).str("necessity"), hidden);
}
