//! The extract for legal proceedings (C15): only what was granted, item by item, to the officer by name, and with a copy, or not at all.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::family::{Family, merge};
use crate::harness::TestApp;
use crate::proceedings::{
    contact, decide, dispatch, draft, extract, extracted, grant, granted, left, log, newest, path, permit, put, seek, status,
};

#[test]
fn who_asks_for_the_whole_file_is_answered_item_by_item() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({}));
    let (school, home) = (family.n1(&app), family.note(&app, &family.mia, &[&family.ana], "family_circumstances", json!({})));
    let old = family.n1(&app);
    let corrected = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["school_provision"],"concern":"Said anew.","factOrOpinion":"fact",
        "sensitivity":"ordinary","keepConfidential":false,"correctionReason":"Misheard."});
    let newer = app.adviser().post(&format!("/notes/{old}/correction"), &corrected).ok(201).id();
    let id = log(&app, &family, json!({"asksFor":"The whole file."}));
    seek(&manager, &id);
    decide(&manager, &id, &grant(&family.ana)).ok(200);
    let candidates = manager.get(&format!("{}/candidate-items", path(&id))).ok(200);
    let held: Vec<&str> = candidates.body["items"].as_array().unwrap().iter().map(|note| note["id"].as_str().unwrap()).collect();
    assert_eq!(held, [&newer, &home, &school], "the notes that count");
    let item = |note: &str, decision: &str| json!({"noteId":note,"decision":decision,"reason":"As asked."});
    let items = |items: &[Value]| put(&manager, &id, &json!({"items":items,"summary":"Notes."}));
    // One is missing; one twice; one that does not count; no reason; nothing at all.
    let (one, two, three) = (item(&school, "include"), item(&home, "leave_out"), item(&newer, "leave_out"));
    items(&[one.clone(), two.clone()]).problem(422, "rule-violated").rule_at("#/items", "item_undecided");
    items(&[one.clone(), item(&school, "leave_out"), two.clone(), three.clone()])
        .problem(422, "rule-violated")
        .rule_at("#/items/1/noteId", "contradicting_fields");
    items(&[one.clone(), two.clone(), three.clone(), item(&old, "include")])
        .problem(422, "rule-violated")
        .rule_at("#/items/3/noteId", "unknown_reference");
    items(&[json!({"noteId":school,"decision":"include"})]).problem(400, "validation-failed").rule_at("#/items/0/reason", "required");
    items(&[json!({"noteId":school,"decision":"include","reason":" "}), two.clone(), three.clone()])
        .problem(422, "rule-violated")
        .rule_at("#/items/0/reason", "decision_reason_missing");
    items(&[item(&school, "leave_out"), two.clone(), three.clone()]).problem(422, "rule-violated").rule_at("#/items", "nothing_included");
    // Everything: what no permission covers stays, whoever says "the whole file".
    let refused = items(&[one.clone(), item(&home, "include"), three.clone()]).problem(409, "consent-scope-exceeded");
    refused.rule_at("#/items/1", "data_not_covered");
    assert_eq!(status(&app, &id), "granted");
    let done = items(&[one, two, three]).ok(200);
    assert_eq!((done.str("status"), &done.body["extracts"][0]["status"]), ("extracted".to_owned(), &json!("approved")));
    assert_eq!(done.body["allowedActions"], json!(["decide", "extract", "build_bundle", "dispatch"]));
    let decided = manager.get(&format!("{}/candidate-items", path(&id))).ok(200);
    let decided: Vec<&Value> = decided.body["items"].as_array().unwrap().iter().map(|note| &note["decision"]).collect();
    assert_eq!(decided, ["leave_out", "leave_out", "include"]);
    assert!(left(&app, &family).is_empty(), "what is drafted has not left");
    app.manager().get(&format!("/disclosures/{}", draft(&app, &id)["disclosureId"].as_str().unwrap())).problem(404, "not-found");
}

#[test]
fn the_extract_and_its_copy_leave_together_or_not_at_all() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({}));
    let (id, note) = extracted(&app, &family);
    let nell = contact(&app, &family.nell, 0);
    // Without a copy; with one to somebody else; with one too many; to an address that is not safe.
    let without = dispatch(&manager, &id, &[]).problem(422, "copy-recipient-required").rule_at("#/copies", "copy_recipient_required");
    assert_eq!(newest(&app)["index"], without.body["refusalIndex"], "it is logged");
    dispatch(&manager, &id, &[(&family.nell, &nell)]).problem(409, "consent-scope-exceeded").rule_at("#/copies/0", "copy_not_permitted");
    let both = [(family.mia.as_str(), family.mia_contact.as_str()), (&family.nell, &nell)];
    dispatch(&manager, &id, &both).problem(409, "consent-scope-exceeded").rule_at("#/copies/1", "copy_not_permitted");
    let postal = contact(&app, &family.mia, 1);
    dispatch(&manager, &id, &[(&family.mia, &postal)]).problem(422, "rule-violated").rule_at("#/copies/0/contactId", "unsafe_contact");
    assert_eq!((left(&app, &family).len(), status(&app, &id)), (0, "extracted".to_owned()));
    let keyed = manager.with("Idempotency-Key", "dispatch-00000001");
    let done = dispatch(&keyed, &id, &[(&family.mia, &family.mia_contact)]).ok(200);
    assert_eq!((done.str("status"), &done.body["allowedActions"]), ("sent_and_copied".to_owned(), &json!(["build_bundle", "close"])));
    let extract = &done.body["extracts"][0];
    assert_eq!(done.body["disclosureIds"], json!([extract["disclosureId"]]));
    assert_eq!(extract["copies"], json!([{"personId":family.mia,"contactId":family.mia_contact,"noteIds":[note]}]));
    let sent = app.adviser().get(&format!("/disclosures/{}", extract["disclosureId"].as_str().unwrap())).ok(200);
    assert_eq!(
        (&sent.body["basis"], &sent.body["purpose"], &sent.body["direction"], &sent.body["noteIds"], &sent.body["decidedByRole"]),
        (&json!("permission"), &json!("legal_request"), &json!("outbound"), &json!([note]), &json!("service_manager"))
    );
    assert_eq!((&sent.body["recipient"]["personName"], &sent.body["legalRequestId"]), (&json!("Sam Okoro"), &json!(id)));
    assert_eq!(sent.body["consents"], extract["consents"]);
    // The log commits to the words that left, to whom they were copied, and to the reason.
    let entry = newest(&app);
    assert_eq!((&entry["body"]["kind"], &entry["body"]["copies"][0]["role"]), (&json!("disclosure_made"), &json!("parent_carer")));
    let index = entry["index"].as_i64().unwrap();
    let opened = manager.with("Access-Reason", "legal_request").get(&format!("/disclosure-log/entries/{index}?openings=true")).ok(200);
    let opening = |label: &str| {
        let all = opened.body["openings"].as_array().unwrap();
        all.iter().find(|opening| opening["label"] == label).unwrap_or_else(|| panic!("{label}: {}", opened.text))["value"].clone()
    };
    let digest = |words: &str| json!(Sha256::digest(words).iter().fold(String::new(), |digest, byte| digest + &format!("{byte:02x}")));
    assert_eq!(opening("items/0/digest"), digest("Speech therapy has stopped.\nExplained section F."));
    assert_eq!(
        (opening("items/1/digest"), opening("reason")),
        (digest("The notes about school."), json!("They agreed, and it is narrow."))
    );
    assert_eq!((opening("copies/0/person"), opening("recipientPerson")), (json!(family.mia), json!("Sam Okoro")));
    assert!(BASE64_URL_SAFE_NO_PAD.decode(entry["body"]["reason"].as_str().unwrap()).is_ok(), "a commitment, not the words");
    // Once: the same key shows it again, another finds it sent.
    let copies = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}],"toldSubject":"yes"});
    let replay = keyed.if_match(1).post(&format!("{}/dispatch", path(&id)), &copies).ok(200);
    assert_eq!((replay.header("idempotency-replayed"), left(&app, &family).len()), ("true".to_owned(), 1));
    dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).problem(409, "invalid-state");
    assert!(Family::tasks(&app, "legal_request", &id).is_empty());
    // What was sent is called back like anything else.
    let consent = extract["consents"][0]["consentId"].as_str().unwrap();
    let effects = family.withdraw(&app, consent, json!({})).ok(200).body["effects"].clone();
    assert_eq!((&effects["blockedDisclosureIds"], effects["recallTaskIds"].as_array().unwrap().len()), (&json!([]), 1));
}

#[test]
fn a_copy_holds_only_what_its_receiver_may_have() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({}));
    permit(&app, &family, json!({"granterId":family.finn,"subjectIds":[family.finn]}));
    let (hers, his) = (family.n1(&app), family.note(&app, &family.finn, &[&family.ana], "school_provision", json!({})));
    let id = granted(&app, &family);
    extract(&manager, &id, &[&hers, &his]).ok(200);
    let finn = contact(&app, &family.finn, 0);
    // Both were needed, so both get a copy, each of what they said.
    let one = [(family.mia.as_str(), family.mia_contact.as_str())];
    dispatch(&manager, &id, &one).problem(422, "copy-recipient-required");
    let done = dispatch(&manager, &id, &[one[0], (&family.finn, &finn)]).ok(200);
    let held = |i: usize| done.body["extracts"][0]["copies"][i]["noteIds"].clone();
    assert_eq!((held(0), held(1)), (json!([hers]), json!([his])));
}

#[test]
fn that_a_copy_is_a_condition_asks_for_no_more_than_that_they_get_one() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({"conditions":[{"kind":"copy_to_granter"}]}));
    let (id, _) = extracted(&app, &family);
    let version = manager.get(&path(&id)).ok(200).version();
    let bare = manager.if_match(version).post(&format!("{}/dispatch", path(&id)), &json!({}));
    let without = dispatch(&manager, &id, &[]);
    for reply in [bare, without] {
        assert_eq!(reply.problem(422, "copy-recipient-required").rule_at("#/copies", "copy_recipient_required").rules().len(), 1);
    }
    let done = dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).ok(200);
    assert_eq!((done.str("status"), left(&app, &family).len()), ("sent_and_copied".to_owned(), 1));
}

#[test]
fn of_two_who_permit_it_rests_on_whoever_may_have_a_copy() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let mias = permit(&app, &family, json!({}));
    let his = json!({"granterId":family.finn,"subjectIds":[family.ana, family.finn],"decidedAt":"2026-04-01T10:00:00.000Z",
        "conditions":[{"kind":"copy_to_granter"}]});
    let finns = permit(&app, &family, his);
    let rests_on = |id: &str| {
        let drafted = draft(&app, id)["consents"].clone();
        drafted.as_array().unwrap().iter().map(|relied| relied["consentId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // What Mia said of herself Finn permits to nobody, and he may have none of it: it waits for no copy to him.
    let (id, note) = extracted(&app, &family);
    assert_eq!(rests_on(&id), [mias.as_str()]);
    let (mia, finn) = ((family.mia.as_str(), family.mia_contact.as_str()), contact(&app, &family.finn, 0));
    dispatch(&manager, &id, &[mia, (&family.finn, &finn)])
        .problem(409, "consent-scope-exceeded")
        .rule_at("#/copies/1", "copy_not_permitted");
    let done = dispatch(&manager, &id, &[mia]).ok(200);
    assert_eq!((done.str("status"), left(&app, &family).len()), ("sent_and_copied".to_owned(), 1));
    // With something that he said he may have a copy, and his is the newest about Ana.
    let told = family.note(&app, &family.finn, &[&family.ana], "school_provision", json!({}));
    let id = granted(&app, &family);
    extract(&manager, &id, &[&note, &told]).ok(200);
    assert_eq!(rests_on(&id), [mias.as_str(), finns.as_str()]);
    dispatch(&manager, &id, &[mia]).problem(422, "copy-recipient-required");
    let done = dispatch(&manager, &id, &[mia, (&family.finn, &finn)]).ok(200);
    let held = |i: usize| done.body["extracts"][0]["copies"][i]["noteIds"].clone();
    assert_eq!((held(0), held(1)), (json!([note]), json!([told])));
}

#[test]
fn no_note_is_missing_unseen_among_those_that_could_be_extracted() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({}));
    let note = family.n1(&app);
    let id = granted(&app, &family);
    let closed = family.note(&app, &family.mia, &[&family.mia], "views_and_wishes", json!({"sensitivity":"restricted"}));
    let items = |session: &crate::harness::Session<'_>| session.get(&format!("{}/candidate-items?limit=1", path(&id)));
    let only = json!({"items":[{"noteId":note,"decision":"include","reason":"It is about school."}],"summary":"Notes."});
    for reply in [items(&manager), put(&manager, &id, &only)] {
        reply.problem(403, "access-reason-required");
    }
    let because = manager.with("Access-Reason", "legal_request");
    assert_eq!(items(&because).ok(200).body["items"][0]["id"], closed.as_str());
    extract(&because, &id, &[&note]).ok(200);
    items(&manager).problem(403, "access-reason-required");
}

#[test]
fn a_young_persons_own_case_is_copied_to_them_and_to_a_parent_only_if_they_permit() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = app.as_staff(Role::Adviser, "hers");
    let manager = app.manager().with("Access-Reason", "legal_request");
    let own = json!({"interventionLevel":"l2","referralSource":"self_young_person","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":family.ana,"role":"subject","relation":"self","servedSeparately":true},
        {"personId":family.mia,"role":"other_parent","relation":"parent","servedSeparately":false,
         "parentalResponsibility":[{"childId":family.ana,"value":"yes","evidence":"self_declared"}]}]});
    let own = hers.post("/cases", &own).ok(201).id();
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."});
    hers.post(&format!("/people/{}/capacity-records", family.ana), &assessed).ok(201);
    let version = hers.get(&format!("/people/{}", family.ana)).ok(200).version();
    let contacts = json!({"contacts":[{"kind":"email","value":"ana@example.org","safe":true}]});
    let known = hers.if_match(version).patch(&format!("/people/{}", family.ana), &contacts).ok(200);
    let ana = known.body["contacts"][0]["id"].as_str().unwrap().to_owned();
    let mut note = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.ana,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["school_provision"],"concern":"I want my transport back.",
        "factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false});
    merge(&mut note, json!({}));
    let note = hers.post(&format!("/cases/{own}/notes"), &note).ok(201).id();
    let says = |change: Value| {
        let mut body =
            json!({"granterId":family.ana,"subjectIds":[family.ana],"purposes":["legal_request"],"decidedAt":"2026-05-03T10:00:00.000Z"});
        merge(&mut body, change);
        hers.post(&format!("/cases/{own}/consents"), &family.permission(body)).ok(201).id()
    };
    let id = hers.post("/legal-requests", &family.legal_request(json!({"caseId":own}))).ok(201).id();
    // Nobody sees it who does not see her case.
    app.manager().get(&path(&id)).problem(403, "access-reason-required");
    assert_eq!(app.manager().get("/legal-requests?includeTotal=true").ok(200).body["page"]["total"], 0);
    seek(&manager, &id);
    // Her mother's permission is not hers.
    hers.post(
        &format!("/cases/{own}/consents"),
        &family.permission(json!({"subjectIds":[family.ana],"purposes":["legal_request"],"decidedAt":"2026-05-03T10:00:00.000Z"})),
    )
    .problem(422, "rule-violated")
    .rule("granter_not_authorised");
    decide(&manager, &id, &grant(&family.ana)).problem(409, "consent-required");
    says(json!({}));
    decide(&manager, &id, &grant(&family.ana)).ok(200);
    extract(&manager, &id, &[&note]).ok(200);
    let (to_ana, to_mia) = ((family.ana.as_str(), ana.as_str()), (family.mia.as_str(), family.mia_contact.as_str()));
    dispatch(&manager, &id, &[to_mia]).problem(409, "consent-scope-exceeded").rule_at("#/copies/0", "copy_not_permitted");
    dispatch(&manager, &id, &[to_ana, to_mia]).problem(409, "consent-scope-exceeded").rule_at("#/copies/1", "copy_not_permitted");
    // She lets her mother have it, too: then both, and never the mother alone.
    says(json!({"recipients":[{"personId":family.mia}]}));
    dispatch(&manager, &id, &[to_mia]).problem(422, "copy-recipient-required");
    let done = dispatch(&manager, &id, &[to_ana, to_mia]).ok(200);
    let copied: Vec<&Value> = done.body["extracts"][0]["copies"].as_array().unwrap().iter().map(|copy| &copy["personId"]).collect();
    assert_eq!(copied, [&family.ana, &family.mia]);
    assert!(left(&app, &family).is_empty(), "not from the parents' case");
}

#[test]
fn what_was_corrected_or_moved_since_is_not_sent() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({}));
    let (id, note) = extracted(&app, &family);
    let copy = [(family.mia.as_str(), family.mia_contact.as_str())];
    let corrected = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["school_provision"],"concern":"Said anew.","factOrOpinion":"fact",
        "sensitivity":"ordinary","keepConfidential":false,"correctionReason":"Misheard."});
    let newer = app.adviser().post(&format!("/notes/{note}/correction"), &corrected).ok(201).id();
    dispatch(&manager, &id, &copy).problem(409, "invalid-state").rule("note_superseded");
    extract(&manager, &id, &[&newer]).ok(200);
    let right = Family::record(&app);
    let body = json!({"caseId":right.case,"reason":"Theirs.","fromPersonId":right.mia,"aboutPersonIds":[right.ana]});
    app.adviser().post(&format!("/notes/{newer}/relocation"), &body).ok(201);
    dispatch(&manager, &id, &copy).problem(409, "invalid-state").rule("note_superseded");
    assert!(left(&app, &family).is_empty());
}

#[test]
fn an_item_beyond_what_was_granted_is_refused_and_pointed_at() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({"subjectIds":[family.ana, family.mia, family.sam]}));
    let note = |about: &[&str], category: &str| family.note(&app, &family.mia, about, category, json!({}));
    let school = family.n1(&app);
    let absent = note(&[&family.ana], "attendance");
    let both = note(&[&family.ana, &family.sam], "school_provision");
    let named = note(&[&family.sam], "attendance");
    let id = log(&app, &family, json!({"asksFor":"The whole file."}));
    seek(&manager, &id);
    let mut narrow = grant(&family.ana);
    merge(&mut narrow, json!({"noteIds":[named]}));
    decide(&manager, &id, &narrow).ok(200);
    // Everything is permitted; what was granted is Ana's school provision, and one note.
    let beyond = |notes: &[&str]| extract(&manager, &id, notes).problem(422, "rule-violated");
    beyond(&[&school, &absent]).rule_at("#/items/2/noteId", "beyond_grant");
    beyond(&[&school, &both]).rule_at("#/items/1/noteId", "beyond_grant");
    assert_eq!(beyond(&[&both, &absent]).rules(), ["beyond_grant"; 2]);
    assert_eq!(status(&app, &id), "granted");
    extract(&manager, &id, &[&school, &named]).ok(200);
    // That is kept, however often the items are decided.
    beyond(&[&absent]).rule_at("#/items/2/noteId", "beyond_grant");
    extract(&manager, &id, &[&school]).ok(200);
    dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).ok(200);
}
