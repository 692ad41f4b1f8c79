//! A note on the wrong case is moved to the right one, and leaves nothing but a bare marker (C8).

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::apart::own_case;
use crate::family::{Family, merge};
use crate::harness::cluster::by_engine;
use crate::harness::{Reply, Session, TestApp, at};

const NOBODY: &str = "0197a0b0-0000-7000-8000-000000000000";

/// Two families, and a note of the second on the case of the first.
struct Mixed {
    app: TestApp,
    wrong: Family,
    right: Family,
    note: String,
}

impl Mixed {
    fn new(change: Value) -> Self {
        let app = TestApp::spawn();
        let (wrong, right) = (Family::record(&app), Family::record(&app));
        let mut words = json!({"concern":"The lift is broken again.","actionTaken":"Rang the caretaker."});
        merge(&mut words, change);
        let note = wrong.note(&app, &wrong.mia, &[&wrong.ana], "health", words);
        Self { app, wrong, right, note }
    }

    fn belongs(&self, change: Value) -> Value {
        let mut body = json!({"caseId":self.right.case,"reason":"Written in the case of those who rang before.",
            "fromPersonId":self.right.mia,"aboutPersonIds":[self.right.ana]});
        merge(&mut body, change);
        body
    }

    fn relocate(&self, change: Value) -> Reply {
        move_note(&self.app.adviser(), &self.note, &self.belongs(change))
    }

    fn read(&self, id: &str) -> Reply {
        self.app.adviser().get(&format!("/notes/{id}"))
    }

    fn list(&self, family: &Family) -> Vec<Value> {
        self.app.adviser().get(&format!("/cases/{}/notes", family.case)).ok(200).body["items"].as_array().unwrap().clone()
    }
}

fn move_note(session: &Session<'_>, note: &str, body: &Value) -> Reply {
    session.post(&format!("/notes/{note}/relocation"), body)
}

fn plain(reply: &Reply) -> String {
    reply.text.replace(&reply.header("x-request-id"), "")
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = Text)]
    text: String,
}

fn count(app: &TestApp, of: &str) -> i64 {
    diesel::sql_query(format!("SELECT count(*) AS count FROM note WHERE {of}")).get_result::<Count>(&mut app.sabotage()).unwrap().count
}

#[test]
fn a_note_moves_with_all_its_versions_and_leaves_a_bare_marker() {
    let mixed = Mixed::new(json!({}));
    let Mixed { app, wrong, right, note } = &mixed;
    let correction = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":wrong.mia,
        "aboutPersonIds":[wrong.ana, wrong.sam],"namesOthers":false,"informationCategories":["health"],"concern":"The ramp is broken again.",
        "factOrOpinion":"fact","sensitivity":"ordinary","keepConfidential":false,"correctionReason":"It was the ramp."});
    let newest = app.as_staff(Role::Adviser, "second").post(&format!("/notes/{note}/correction"), &correction).ok(201);
    assert_eq!(newest.body["allowedActions"], json!(["correct", "relocate"]));
    move_note(&app.adviser(), note, &mixed.belongs(json!({}))).problem(409, "invalid-state").rule("note_superseded");
    app.clock.set(at("2026-06-01T11:00:00Z"), true);
    let moved = move_note(&app.adviser(), &newest.id(), &mixed.belongs(json!({}))).ok(201);

    // There it is what it was, from and about the people of that case, with who wrote it and when.
    assert_eq!(moved.header("location"), format!("/api/v1/notes/{}", moved.id()));
    for (name, value) in [
        ("caseId", json!(right.case)),
        ("fromPersonId", json!(right.mia)),
        ("aboutPersonIds", json!([right.ana])),
        ("concern", json!("The ramp is broken again.")),
        ("correctionReason", json!("It was the ramp.")),
        ("recordedAt", newest.body["recordedAt"].clone()),
        ("recordedBy", newest.body["recordedBy"].clone()),
        ("occurredAt", json!("2026-05-20T10:00:00.000Z")),
        ("allowedActions", json!(["correct", "relocate"])),
    ] {
        assert_eq!(moved.body[name], value, "{name}");
    }
    let from = &moved.body["relocatedFrom"];
    assert_eq!((&from["caseId"], &from["noteId"]), (&json!(wrong.case), &json!(newest.id())));
    assert_eq!((&from["at"], &from["by"]["displayName"]), (&json!("2026-06-01T11:00:00.000Z"), &json!("Adviser")));
    assert_eq!(from["reason"], "Written in the case of those who rang before.");
    let first = mixed.read(&moved.str("supersedesNoteId")).ok(200);
    assert_eq!((first.str("concern"), first.str("actionTaken")), ("The lift is broken again.".into(), "Rang the caretaker.".into()));
    assert_eq!((&first.body["aboutPersonIds"], first.str("supersededByNoteId")), (&json!([right.ana]), moved.id()));
    assert_eq!(mixed.list(right).len(), 2);

    // Here a bare marker stays of each version.
    for (old, new) in [(note, first.id()), (&newest.id(), moved.id())] {
        let marker = mixed.read(old).ok(200);
        for name in ["concern", "actionTaken", "correctionReason", "fromPersonId", "channel", "relocatedFrom", "wishOn"] {
            assert_eq!(marker.body.get(name), None, "{name}");
        }
        assert_eq!((&marker.body["aboutPersonIds"], &marker.body["informationCategories"]), (&json!([]), &json!([])));
        assert_eq!((&marker.body["allowedActions"], marker.str("caseId")), (&json!([]), wrong.case.clone()));
        let to = &marker.body["relocatedTo"];
        assert_eq!((&to["caseId"], &to["noteId"], to.get("reason")), (&json!(right.case), &json!(new), None));
        for word in ["lift", "ramp", "caretaker", "rang before", &wrong.mia, &wrong.ana, &wrong.sam, "health"] {
            assert!(!marker.text.contains(word), "{word}: {}", marker.text);
        }
    }
    let left = mixed.list(wrong);
    assert!(left.len() == 2 && left.iter().all(|row| row["relocatedAt"] == "2026-06-01T11:00:00.000Z"), "{left:?}");
    assert!(mixed.list(right).iter().all(|row| row.get("relocatedAt").is_none()));
    assert_eq!(count(app, "sealed IS NULL"), 2);
    let details: Vec<Stored> =
        diesel::sql_query("SELECT CAST(details AS TEXT) AS text FROM note WHERE sealed IS NULL").load(&mut app.sabotage()).unwrap();
    for Stored { text } in details {
        assert!(
            [&wrong.mia, &wrong.ana, &wrong.sam].into_iter().all(|id| !text.contains(id.as_str())) && !text.contains("health"),
            "{text}"
        );
    }

    // Nothing is done with a marker.
    let marker = newest.id();
    app.adviser().post(&format!("/notes/{marker}/correction"), &correction).problem(409, "invalid-state").rule("note_relocated");
    let back = json!({"caseId":right.case,"reason":"Once more.","fromPersonId":right.mia,"aboutPersonIds":[right.ana]});
    move_note(&app.adviser(), &marker, &back).problem(409, "invalid-state").rule("note_relocated");
    wrong.disclose(app, &wrong.ask(&marker, json!({}))).problem(404, "not-found");
    wrong.disclose(app, &wrong.risk(&marker, json!({}))).problem(404, "not-found");
    let named = wrong.permission(json!({"noteIds":[marker]}));
    let consents = format!("/cases/{}/consents", wrong.case);
    app.adviser().post(&consents, &named).problem(422, "rule-violated").rule_at("#/noteIds/0", "unknown_reference");
    // Where it is, it is a note like any other: it can be corrected, permitted, passed on.
    right.permit(app, json!({"noteIds":[moved.id()]}));
    right.disclose(app, &right.ask(&moved.id(), json!({}))).ok(201);
}

#[test]
fn what_was_passed_on_or_permitted_by_name_is_not_moved() {
    let mixed = Mixed::new(json!({}));
    let Mixed { app, wrong, note, .. } = &mixed;
    let refused = || mixed.relocate(json!({})).problem(409, "invalid-state");
    let unchanged = || assert_eq!(count(app, "moved_from_id IS NOT NULL OR sealed IS NULL"), 0);
    let consent = wrong.permit(app, json!({"noteIds":[note]}));
    let stays = refused().rule("note_permitted");
    assert_eq!(stays.body["allowedActions"], json!(["correct"]));
    // Nor is what was permitted by name in an earlier version.
    let named = wrong.n1(app);
    wrong.permit(app, json!({"noteIds":[named]}));
    let said = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":wrong.mia,
        "aboutPersonIds":[wrong.ana],"namesOthers":false,"informationCategories":["health"],"concern":"Said otherwise.","factOrOpinion":"fact",
        "sensitivity":"ordinary","keepConfidential":false,"correctionReason":"Misheard."});
    let newer = app.adviser().post(&format!("/notes/{named}/correction"), &said).ok(201).id();
    move_note(&app.adviser(), &newer, &mixed.belongs(json!({}))).problem(409, "invalid-state").rule("note_permitted");
    let refusal = json!({"decision":"refused","granterId":wrong.finn,"subjectIds":[wrong.ana],"noteIds":[note],"method":"email",
        "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-05-21T10:00:00.000Z"});
    let refusal = app.adviser().post(&format!("/cases/{}/consents", wrong.case), &refusal).ok(201).id();
    wrong.withdraw(app, &consent, json!({})).ok(200);
    refused().rule("note_permitted");
    unchanged();
    app.adviser().post(&format!("/consents/{refusal}/annulment"), &json!({"reason":"Another family."})).ok(200);
    // What was permitted without naming it does not hold it.
    wrong.permit(app, json!({"informationCategories":["health"]}));
    let moved = mixed.relocate(json!({})).ok(201);
    // The old records stay, and do not name what is not there any longer.
    assert_eq!(app.adviser().get(&format!("/consents/{consent}")).ok(200).body["noteIds"], json!([]));

    let passed = wrong.n1(app);
    wrong.disclose(app, &wrong.risk(&passed, json!({}))).ok(201);
    let stays = move_note(&app.adviser(), &passed, &mixed.belongs(json!({}))).problem(409, "invalid-state").rule("note_disclosed");
    assert_eq!(stays.body["allowedActions"], json!(["correct"]));
    // Nor by way of a correction.
    let correction = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":wrong.mia,
        "aboutPersonIds":[wrong.ana],"namesOthers":false,"informationCategories":["health"],"concern":"Said otherwise.","factOrOpinion":"fact",
        "sensitivity":"ordinary","keepConfidential":false,"correctionReason":"Misheard."});
    let corrected = app.adviser().post(&format!("/notes/{passed}/correction"), &correction).ok(201).id();
    move_note(&app.adviser(), &corrected, &mixed.belongs(json!({}))).problem(409, "invalid-state").rule("note_disclosed");
    assert_eq!(mixed.read(&moved.id()).ok(200).str("concern"), "The lift is broken again.");
}

#[test]
fn a_note_moves_only_to_where_it_can_belong() {
    let mixed = Mixed::new(json!({}));
    let Mixed { app, wrong, right, note } = &mixed;
    for (change, place, rule) in [
        (json!({"fromPersonId":null,"aboutPersonIds":null}), "#/fromPersonId", "not_participant"),
        (json!({"fromPersonId":null,"aboutPersonIds":null}), "#/aboutPersonIds/0", "not_participant"),
        (json!({"fromPersonId":wrong.mia}), "#/fromPersonId", "not_participant"),
        (json!({"aboutPersonIds":[right.ana, wrong.ana]}), "#/aboutPersonIds/1", "not_participant"),
        (json!({"wishByPersonId":right.finn}), "#/wishByPersonId", "contradicting_fields"),
        (json!({"disclosureId":NOBODY}), "#/disclosureId", "unknown_reference"),
        (json!({"caseId":wrong.case}), "#/caseId", "contradicting_fields"),
        (json!({"caseId":NOBODY}), "#/caseId", "unknown_reference"),
    ] {
        mixed.relocate(change).problem(422, "rule-violated").rule_at(place, rule);
    }
    mixed.relocate(json!({"reason":null})).problem(400, "validation-failed").rule_at("#/reason", "required");
    right.close(app);
    mixed.relocate(json!({})).problem(409, "invalid-state").rule("case_closed");
    right.reopen(app);
    wrong.close(app);
    mixed.relocate(json!({})).problem(409, "invalid-state").rule("case_closed");
    wrong.reopen(app);
    assert_eq!(mixed.read(note).ok(200).str("concern"), "The lift is broken again.");
    // A contact with officers was allowed by a disclosure of the case where the note is (C11).
    let seen = wrong.n1(app);
    wrong.permit(app, json!({}));
    let allowed = wrong.disclose(app, &wrong.ask(&seen, json!({}))).ok(201).id();
    let now = json!({"kind":"liaison","disclosureId":allowed,"occurredAt":"2026-06-01T09:00:00.000Z"});
    let liaison = wrong.note(app, &wrong.mia, &[&wrong.ana], "health", now);
    let to = |change: Value| move_note(&app.adviser(), &liaison, &mixed.belongs(change));
    to(json!({})).problem(422, "rule-violated").rule_at("#/disclosureId", "disclosure_required");
    to(json!({"disclosureId":allowed})).problem(422, "rule-violated").rule_at("#/disclosureId", "disclosure_required");
    right.permit(app, json!({}));
    let there = right.disclose(app, &right.ask(&right.n1(app), json!({}))).ok(201).id();
    assert_eq!(to(json!({"disclosureId":there})).ok(201).str("disclosureId"), there);
    // Once, however often it is sent.
    let session = app.adviser().with("Idempotency-Key", "moved-once-000001");
    let first = move_note(&session, note, &mixed.belongs(json!({}))).ok(201);
    let again = move_note(&session, note, &mixed.belongs(json!({}))).ok(201);
    assert_eq!((again.header("idempotency-replayed"), &again.body), ("true".into(), &first.body));
}

#[test]
fn a_wish_goes_with_the_note() {
    let mixed = Mixed::new(json!({"keepConfidential":true,"wishOn":"2026-05-20"}));
    let Mixed { app, right, .. } = &mixed;
    let moved = mixed.relocate(json!({})).ok(201);
    assert_eq!((&moved.body["keepConfidential"], moved.str("wishOn")), (&json!(true), "2026-05-20".into()));
    right.permit(app, json!({"informationCategories":["health"]}));
    let ask = right.ask(&moved.id(), json!({}));
    right.disclose(app, &ask).problem(409, "consent-scope-exceeded").rule("item_marked_confidential");
    right.permit(app, json!({"noteIds":[moved.id()],"informationCategories":["health"]}));
    right.disclose(app, &ask).ok(201);
}

#[test]
fn an_older_version_names_nobody_there_whom_it_did_not_name_before() {
    let mixed = Mixed::new(json!({}));
    let Mixed { app, wrong, right, .. } = &mixed;
    let note = wrong.note(app, &wrong.mia, &[&wrong.ana], "health", json!({"fromPersonId":null}));
    let corrected = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":wrong.mia,
        "aboutPersonIds":[wrong.ana],"namesOthers":false,"informationCategories":["health"],"concern":"The lift is broken again.",
        "factOrOpinion":"fact","sensitivity":"ordinary","keepConfidential":true,"wishByPersonId":wrong.mia,"wishOn":"2026-05-20",
        "correctionReason":"Mia rang back."});
    let newest = app.adviser().post(&format!("/notes/{note}/correction"), &corrected).ok(201).id();
    let moved = move_note(&app.adviser(), &newest, &mixed.belongs(json!({"wishByPersonId":right.mia}))).ok(201);
    assert_eq!((moved.str("fromPersonId"), moved.str("wishByPersonId")), (right.mia.clone(), right.mia.clone()));
    let first = mixed.read(&moved.str("supersedesNoteId")).ok(200);
    assert_eq!((first.body.get("fromPersonId"), first.body.get("wishByPersonId")), (None, None), "{}", first.text);
}

#[test]
fn who_does_not_see_the_other_case_learns_nothing_of_it_from_a_marker() {
    let mixed = Mixed::new(json!({}));
    let Mixed { app, wrong, right, note } = &mixed;
    let worker = app.adviser().get("/me").ok(200).id();
    let restriction = json!({"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[],"reason":"A relative works here."});
    app.manager().if_match(1).put(&format!("/cases/{}/restriction", right.case), &restriction).ok(200);
    let other = || app.as_staff(Role::Adviser, "other");
    // To a case they do not see nobody moves anything: it is as unknown as one that does not exist.
    let [hidden, missing] = [json!(right.case), json!(NOBODY)]
        .map(|case| plain(&move_note(&other(), note, &mixed.belongs(json!({"caseId":case}))).problem(422, "rule-violated")));
    assert_eq!(hidden, missing);
    move_note(&app.manager(), note, &mixed.belongs(json!({}))).problem(403, "access-reason-required");
    let moved = mixed.relocate(json!({})).ok(201);
    let marker = other().get(&format!("/notes/{note}")).ok(200);
    let mut told: Vec<&str> = marker.body["relocatedTo"].as_object().unwrap().keys().map(String::as_str).collect();
    told.sort_unstable();
    assert_eq!(told, ["at", "by"]);
    assert!(!marker.text.contains(&right.case) && !marker.text.contains(&moved.id()));
    let [hidden, missing] =
        [moved.id(), NOBODY.to_owned()].map(|id| plain(&other().get(&format!("/notes/{id}")).problem(404, "not-found")));
    assert_eq!(hidden, missing);
    // Nor the other way round.
    let restriction = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[],"reason":"They left."});
    let manager = app.manager().with("Access-Reason", "supervision");
    manager.if_match(2).put(&format!("/cases/{}/restriction", right.case), &restriction).ok(200);
    let restriction = json!({"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[],"reason":"A relative works here."});
    app.manager().if_match(1).put(&format!("/cases/{}/restriction", wrong.case), &restriction).ok(200);
    let seen = other().get(&format!("/notes/{}", moved.id())).ok(200);
    assert!(seen.body["relocatedFrom"].get("caseId").is_none() && !seen.text.contains(note.as_str()), "{}", seen.text);
    assert_eq!(seen.str("concern"), "The lift is broken again.");
}

#[test]
fn a_restricted_note_and_its_marker_are_for_those_who_may_read_it() {
    let mixed = Mixed::new(json!({"sensitivity":"restricted"}));
    let Mixed { app, wrong, right, note } = &mixed;
    let other = || app.as_staff(Role::Adviser, "other");
    move_note(&other(), note, &mixed.belongs(json!({}))).problem(404, "not-found");
    // The right case is somebody else's, who took it themselves: it comes in their time. Whoever moves it sees it in the answer, and not again.
    let theirs = || app.as_staff(Role::Adviser, "theirs");
    let id = theirs().get("/me").ok(200).id();
    theirs().if_match(1).put(&format!("/cases/{}/assignment", right.case), &json!({"staffId":id})).ok(200);
    let session = app.as_staff(Role::Adviser, "named");
    let (named, worker) = (session.get("/me").ok(200).id(), app.adviser().get("/me").ok(200).id());
    let restriction = json!({"restricted":false,"namedStaffIds":[named, worker],"conflictedStaffIds":[],"reason":"Cover."});
    app.manager().if_match(1).put(&format!("/cases/{}/restriction", wrong.case), &restriction).ok(200);
    let moved = move_note(&session, note, &mixed.belongs(json!({}))).ok(201);
    assert_eq!(moved.str("concern"), "The lift is broken again.");
    session.get(&format!("/notes/{}", moved.id())).problem(404, "not-found");
    theirs().get(&format!("/notes/{}", moved.id())).ok(200);
    for id in [note, &moved.id()] {
        other().get(&format!("/notes/{id}")).problem(404, "not-found");
    }
    assert_eq!(other().get(&format!("/cases/{}/notes", wrong.case)).ok(200).body["items"], json!([]));
    let marker = app.adviser().get(&format!("/notes/{note}")).ok(200);
    // The case is one they see, and the note in it is not.
    assert_eq!((marker.body["relocatedTo"].get("noteId"), marker.body["relocatedTo"].get("caseId")), (None, None));
}

#[test]
fn a_note_of_a_young_person_found_in_the_parents_case_goes_to_her_own() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = own_case(&app.as_staff(Role::Adviser, "hers"), &family.ana).id();
    let note = family.note(&app, &family.ana, &[&family.ana], "health", json!({"concern":"A word of her own."}));
    let body = json!({"caseId":hers,"reason":"She said it in confidence."});
    // The parents' adviser cannot tell that she has a case of her own; a manager who says why moves it.
    move_note(&app.adviser(), &note, &body).problem(422, "rule-violated").rule_at("#/caseId", "unknown_reference");
    let moved = move_note(&app.manager().with("Access-Reason", "supervision"), &note, &body).ok(201).id();
    assert_eq!(app.as_staff(Role::Adviser, "hers").get(&format!("/notes/{moved}")).ok(200).str("concern"), "A word of her own.");
    let marker = app.adviser().get(&format!("/notes/{note}")).ok(200);
    let list = app.adviser().get(&format!("/cases/{}/notes", family.case)).ok(200);
    for text in [&marker.text, &list.text] {
        assert!(
            !text.contains(&hers) && !text.contains(&moved) && !text.contains("word of her own") && !text.contains(&family.ana),
            "{text}"
        );
    }
    app.adviser().get(&format!("/notes/{moved}")).problem(404, "not-found");
}

#[test]
fn what_is_said_where_somebody_is_served_separately_goes_to_no_case_of_others() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = || app.as_staff(Role::Adviser, "hers");
    let case = own_case(&hers(), &family.ana).id();
    let told = |sensitivity: &str| {
        let note = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.ana,
            "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["health"],"concern":"A word of her own.",
            "factOrOpinion":"fact","sensitivity":sensitivity,"keepConfidential":true,"wishOn":"2026-05-20"});
        hers().post(&format!("/cases/{case}/notes"), &note).ok(201).id()
    };
    let body = json!({"caseId":family.case,"reason":"A wrong id."});
    for note in [told("ordinary"), told("restricted")] {
        for session in [hers(), app.manager().with("Access-Reason", "supervision")] {
            move_note(&session, &note, &body).problem(409, "invalid-state").rule("note_kept_apart");
        }
        assert_eq!(hers().get(&format!("/notes/{note}")).ok(200).str("concern"), "A word of her own.");
    }
    // She is served with the others again only if a manager says so, and why; and what was told until then goes nowhere.
    let part = hers().get(&format!("/cases/{case}/participants")).ok(200).body["items"][0]["id"].as_str().unwrap().to_owned();
    let boss = app.manager().with("Access-Reason", "supervision");
    let [worker, manager] = [hers(), app.manager()].map(|session| session.get("/me").ok(200).id());
    let named = json!({"restricted":true,"namedStaffIds":[worker, manager],"conflictedStaffIds":[],"reason":"Cover."});
    boss.if_match(1).put(&format!("/cases/{case}/restriction"), &named).ok(200);
    let together = |session: Session<'_>| session.if_match(1).patch(&format!("/participants/{part}"), &json!({"servedSeparately":false}));
    together(hers()).problem(403, "forbidden");
    together(app.manager()).problem(403, "access-reason-required");
    let note = told("ordinary");
    together(boss.clone()).ok(200);
    for session in [hers(), boss.clone()] {
        move_note(&session, &note, &body).problem(409, "invalid-state").rule("note_kept_apart");
    }
    // Nor does anything else open to the other side by it: what is recorded there, who works for whom, what her mother may ask for.
    let ana = format!("/people/{}", family.ana);
    let before = app.adviser().get(&ana).ok(200).body;
    hers().if_match(1).patch(&ana, &json!({"knownAs":"Alex"})).ok(200);
    assert_eq!(app.adviser().get(&ana).ok(200).body, before);
    let assign = boss.if_match(app.adviser().get(&format!("/cases/{}", family.case)).ok(200).version());
    let assigned = assign.put(&format!("/cases/{}/assignment", family.case), &json!({"staffId":worker}));
    assigned.problem(409, "same-person").rule_at("#/staffId", "conflict_of_interest");
    let asks = family.subject_access(json!({"subjectId":family.ana,"capacity":"parent"}));
    let asked = app.adviser().post("/subject-access-requests", &asks).ok(201).id();
    let deputy = app.as_staff(Role::ServiceManager, "deputy").with("Access-Reason", "supervision");
    let held = deputy.get(&format!("/subject-access-requests/{asked}/candidate-items?limit=200")).ok(200);
    assert!(!held.text.contains(&note), "{}", held.text);
    // To another case of her own it goes.
    let another = own_case(&app.as_staff(Role::Adviser, "later"), &family.ana).id();
    move_note(&deputy, &told("ordinary"), &json!({"caseId":another,"reason":"The later one."})).ok(201);
    // Where nobody is named any more, whoever works for the others sees her case, and writes nothing in it.
    let open = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[],"reason":"She is served with them."});
    let version = hers().get(&format!("/cases/{case}")).ok(200).version();
    boss.if_match(version).put(&format!("/cases/{case}/restriction"), &open).ok(200);
    let seen = app.adviser().get(&format!("/cases/{case}")).ok(200).version();
    let write = app.adviser().if_match(seen).patch(&format!("/cases/{case}"), &json!({"summary":"From the other side."}));
    write.problem(409, "same-person").rule("conflict_of_interest");
}

#[test]
fn a_note_is_emptied_in_the_database_only_once_it_stands_elsewhere() {
    let mixed = Mixed::new(json!({}));
    let Mixed { app, .. } = &mixed;
    let refused = |sql: &str| {
        let said = app.sabotage().batch_execute(sql).expect_err(sql).to_string();
        assert!(said.contains("append-only"), "{sql}: {said}");
    };
    refused("UPDATE note SET sealed = NULL");
    mixed.relocate(json!({})).ok(201);
    let (byte, here, there) = (by_engine("x'01'", "'\\x01'"), "sealed IS NULL", "moved_from_id IS NOT NULL");
    for sql in [
        format!("UPDATE note SET sealed = {byte} WHERE {here}"),
        format!("UPDATE note SET details = '{{}}' WHERE {here}"),
        format!("UPDATE note SET sealed = NULL WHERE {there}"),
        format!("UPDATE note SET moved_at = NULL, moved_by = NULL, moved_from_id = NULL WHERE {there}"),
    ] {
        refused(&sql);
    }
    assert_eq!((count(app, here), count(app, there)), (1, 1));
}

#[test]
fn what_is_drafted_for_proceedings_keeps_no_word_of_a_note_that_was_moved() {
    let mixed = Mixed::new(json!({}));
    let Mixed { app, wrong, .. } = &mixed;
    let words = "The lift is broken again. ".repeat(200);
    let note = wrong.note(app, &wrong.mia, &[&wrong.ana], "school_provision", json!({"concern":words}));
    wrong.permit_proceedings(app, json!({}));
    let legal = wrong.extracted(app, &note);
    Family::built(app, &legal);
    // What is sealed is as long as what it says.
    let sealed = || {
        ["legal_extract", "legal_bundle"]
            .map(|table| crate::disposals::count(app, &format!("SELECT CAST(length(sealed) AS BIGINT) AS count FROM {table}")))
    };
    let [extract, file] = sealed();
    let words = i64::try_from(words.len()).unwrap();
    assert!(extract > words && file > words, "{extract} {file}");
    move_note(&app.adviser(), &note, &mixed.belongs(json!({}))).ok(201);
    let [left, no_file] = sealed();
    assert!(left < extract - words && no_file < 100, "{left} {no_file}");
    let refused = app.manager().get(&format!("/legal-requests/{legal}/bundle"));
    refused.problem(409, "invalid-state").rule("note_superseded");
}

#[test]
fn what_was_sent_for_proceedings_stays_as_it_was_when_a_note_is_moved_that_was_left_out_of_it() {
    let mixed = Mixed::new(json!({}));
    let Mixed { app, wrong, note: left_out, .. } = &mixed;
    wrong.permit_proceedings(app, json!({}));
    let legal = wrong.extracted(app, &wrong.n1(app));
    let (manager, path) = (app.manager(), format!("/legal-requests/{legal}"));
    let copies = json!({"copies":[{"personId":wrong.mia,"contactId":wrong.mia_contact}]});
    manager.if_match(5).post(&format!("{path}/dispatch"), &copies).ok(200);
    Family::built(app, &legal);
    let file = || manager.get(&format!("{path}/bundle/file")).ok(200).bytes;
    let items = || manager.get(&path).ok(200).body["extracts"][0]["items"].as_array().unwrap().len();
    let sent = file();
    assert_eq!(items(), 2);
    move_note(&app.adviser(), left_out, &mixed.belongs(json!({}))).ok(201);
    assert!(file() == sent);
    // What was decided of another family's note is told to nobody here any more.
    assert_eq!(items(), 1);
}
