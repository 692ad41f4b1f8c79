//! Two people on record who are one: an anonymous caller is later known (C2).

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::apart::own_case;
use crate::family::{Family, merge as with, person};
use crate::harness::{Reply, Session, TestApp};
use crate::subject_sent::is_decided_again;

/// Somebody who gives no name.
fn caller(app: &TestApp) -> String {
    person(app, &json!({"kind":"anonymous","knownAs":"the caller of May","pseudonymous":true})).id()
}

fn known(app: &TestApp) -> String {
    let contacts = json!([{"kind":"email","value":"rowan@example.org","safe":true}]);
    person(app, &json!({"kind":"parent_carer","fullName":"Rowan Thornbeck","pseudonymous":false,"contacts":contacts})).id()
}

fn part(person: &str, role: &str, relation: &str) -> Value {
    json!({"personId":person,"role":role,"relation":relation,"servedSeparately":false})
}

fn opened(session: &Session<'_>, participants: &Value) -> Reply {
    let case = json!({"interventionLevel":"l1","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":participants});
    session.post("/cases", &case)
}

/// Says that the one is the other, at the version on record.
fn merged(session: &Session<'_>, kept: &str, other: &str) -> Reply {
    let seen = session.get(&format!("/people/{kept}"));
    let version = seen.body["version"].as_i64().unwrap_or(1);
    session
        .if_match(version)
        .post(&format!("/people/{kept}/merges"), &json!({"mergedPersonId":other,"reason":"Told what only the other knew."}))
}

fn reversed(session: &Session<'_>, merge: &str) -> Reply {
    session.if_match(1).post(&format!("/person-merges/{merge}/reversal"), &json!({"reason":"It was a brother of the same name."}))
}

fn found(session: &Session<'_>, by: &Value) -> Vec<String> {
    let page = session.post("/people/search", by).ok(200);
    page.body["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

fn ids(page: &Reply) -> Vec<String> {
    page.body["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_an_anonymous_caller_permitted_counts_for_the_known_person_until_it_is_reversed() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (rowan, anon) = (known(&app), caller(&app));
    let holds = json!([{"childId":family.ana,"value":"yes","evidence":"self_declared"}]);
    let mut parent = part(&anon, "service_user", "parent");
    with(&mut parent, json!({"parentalResponsibility":holds}));
    let case = opened(&app.adviser(), &json!([part(&family.ana, "subject", "self"), parent, part(&rowan, "supporter", "other")])).ok(201);
    let case = format!("/cases/{}", case.id());
    let permission = family.permission(json!({"granterId":anon,"subjectIds":[family.ana,anon],"conditions":[{"kind":"copy_to_granter"}]}));
    let consent = app.adviser().post(&format!("{case}/consents"), &permission).ok(201);
    let note = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":rowan,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["school_provision"],"concern":"Speech therapy stopped.",
        "factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false});
    let mut callers = note.clone();
    with(&mut callers, json!({"fromPersonId":anon}));
    let [note, callers] = [note, callers].map(|note| app.adviser().post(&format!("{case}/notes"), &note).ok(201).id());
    let contact = app.adviser().get(&format!("/people/{rowan}")).ok(200).body["contacts"][0]["id"].clone();
    let ask = |copy: &str| family.ask(&note, json!({"copies":[{"personId":copy,"contactId":contact}]}));
    let disclose = |copy: &str| app.adviser().post(&format!("{case}/disclosures"), &ask(copy));
    let check = |copy: &str| app.adviser().post(&format!("{case}/disclosure-checks"), &ask(copy)).ok(200).body["allowed"].clone();

    disclose(&rowan).problem(409, "consent-required").rule("consent_missing");
    assert_eq!((check(&rowan), check(&anon)), (json!(false), json!(false)));
    let merge = merged(&app.manager(), &rowan, &anon).ok(201);
    assert_eq!((merge.str("keptPersonId"), merge.str("mergedPersonId")), (rowan.clone(), anon.clone()));
    assert_eq!(merge.header("location"), format!("/api/v1/person-merges/{}", merge.id()));
    assert_eq!((merge.header("etag"), &merge.body["allowedActions"]), ("\"1\"".into(), &json!(["reverse"])));

    // Whichever of the two is named, and by a contact of either.
    assert_eq!((check(&rowan), check(&anon)), (json!(true), json!(true)));
    let sent = disclose(&rowan).ok(201);
    assert_eq!(sent.body["consents"][0]["consentId"], consent.str("id"));
    let about: Vec<&str> = sent.body["dataSubjectIds"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert!(about.contains(&rowan.as_str()) && !about.contains(&anon.as_str()), "by the ids under which they were named: {about:?}");
    disclose(&anon).ok(201);
    let hers = family.ask(&callers, json!({"copies":[{"personId":rowan,"contactId":contact}]}));
    let about = app.adviser().post(&format!("{case}/disclosures"), &hers).ok(201).body["dataSubjectIds"].clone();
    assert!(about.as_array().unwrap().contains(&json!(anon)) && !about.as_array().unwrap().contains(&json!(rowan)), "{about}");
    // What is on record keeps the ids it was recorded under.
    assert_eq!(app.adviser().get(&format!("/consents/{}", consent.id())).ok(200).str("granterId"), anon);
    // Lists by a person are of both, whichever is asked for.
    for id in [&rowan, &anon] {
        assert_eq!(ids(&app.adviser().get(&format!("/consents?subjectId={id}")).ok(200)), [consent.id()]);
        assert_eq!(ids(&app.adviser().get(&format!("{case}/disclosures?subjectId={id}")).ok(200)).len(), 3);
    }
    // Either may withdraw what the other gave.
    let second = app.adviser().post(&format!("{case}/consents"), &permission).ok(201).id();
    let by = json!({"withdrawnById":rowan,"method":"email","objects":false});
    app.adviser().post(&format!("/consents/{second}/withdrawal"), &by).ok(200);
    // And give what replaces it, each named as they are.
    let change = json!({"granterId":rowan,"subjectIds":[family.ana,rowan],"supersedesId":consent.id()});
    let newer = app.adviser().post(&format!("{case}/consents"), &family.permission(change)).ok(201);
    assert_eq!(
        newer.body["authority"],
        json!([
        {"subjectId":family.ana,"granterRelation":"parent_with_pr","endsOn":"2030-06-28"},
        {"subjectId":rowan,"granterRelation":"self"}])
    );
    disclose(&rowan).ok(201);
    // And what may be sent to the one may be sent to the other.
    let change = json!({"granterId":rowan,"subjectIds":[family.ana,rowan],"recipients":[{"personId":rowan}]});
    let to_rowan = app.adviser().post(&format!("{case}/consents"), &family.permission(change)).ok(201).id();
    let to_anon = family.ask(&note, json!({"recipient":{"personId":anon}}));
    app.adviser().post(&format!("{case}/disclosures"), &to_anon).ok(201);

    let back = reversed(&app.manager(), &merge.id()).ok(200);
    assert_eq!((&back.body["version"], &back.body["allowedActions"]), (&json!(2), &json!([])));
    assert_eq!(back.body["reversal"]["reason"], "It was a brother of the same name.");
    // Rowan has no responsibility for Ana, and what the caller gave is the caller's.
    disclose(&rowan).problem(409, "consent-required");
    assert_eq!(ids(&app.adviser().get(&format!("/consents?subjectId={rowan}")).ok(200)), [to_rowan, newer.id()]);
    let of = |id: &str| ids(&app.adviser().get(&format!("{case}/disclosures?subjectId={id}")).ok(200)).len();
    assert_eq!((of(&rowan), of(&anon)), (4, 1));
}

#[test]
fn a_refusal_of_the_merged_person_blocks_for_the_kept_one_and_a_reversal_brings_the_answer_back() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let anon = caller(&app);
    let hers = format!("/cases/{}", opened(&app.adviser(), &json!([part(&anon, "service_user", "other")])).ok(201).id());
    let refusal = json!({"decision":"refused","granterId":anon,"subjectIds":[anon],"method":"email","evidence":{"noticeVersion":"leaflet-3"},
        "decidedAt":"2026-04-02T10:00:00.000Z"});
    app.adviser().post(&format!("{hers}/consents"), &refusal).ok(201);
    let words = family.note(&app, &family.mia, &[&family.mia], "views_and_wishes", json!({}));
    family.permit(&app, json!({}));
    let ask = family.ask(&words, json!({}));
    let answer = || family.check(&app, &ask).ok(200).body;
    let before = answer();
    assert_eq!(before["allowed"], true);
    let merge = merged(&app.manager(), &family.mia, &anon).ok(201).id();
    family.disclose(&app, &ask).problem(409, "consent-required").rule_at("#/noteIds/0", "subject_refused");
    reversed(&app.manager(), &merge).ok(200);
    assert_eq!(answer(), before);
    // A risk asks nobody.
    merged(&app.manager(), &family.mia, &anon).ok(201);
    family.disclose(&app, &ask).problem(409, "consent-required");
    let withheld = json!({"withholdFromPersonIds":[anon],"subjectIds":[family.mia]});
    family.disclose(&app, &family.risk(&words, withheld)).ok(201);
    // What is withheld from either is withheld from the one.
    let accounting = app.adviser().get(&format!("/cases/{}/disclosures?subjectId={}", family.case, family.mia)).ok(200);
    assert_eq!(accounting.body["items"], json!([]));
}

#[test]
fn those_who_are_one_are_found_by_either_name_and_shown_once() {
    let app = TestApp::spawn();
    let (rowan, anon) = (known(&app), caller(&app));
    let adviser = app.adviser();
    let by = |name: &str| found(&adviser, &json!({"name":name}));
    let merge = merged(&app.manager(), &rowan, &anon).ok(201).id();
    assert_eq!((by("Rowan Thornbeck"), by("The caller of May")), (vec![rowan.clone()], vec![rowan.clone()]));
    let told = json!([{"id":merge,"keptPersonId":rowan,"mergedPersonId":anon}]);
    let (kept, other) = (adviser.get(&format!("/people/{rowan}")).ok(200), adviser.get(&format!("/people/{anon}")).ok(200));
    assert_eq!((&kept.body["merges"], kept.version(), &kept.body["allowedActions"]), (&told, 2, &json!(["update", "record_capacity"])));
    assert_eq!((&other.body["merges"], &other.body["allowedActions"]), (&told, &json!([])));
    assert_eq!(other.str("knownAs"), "the caller of May", "each record of them stays as it is");
    let kept = app.manager().get(&format!("/people/{rowan}")).ok(200);
    assert_eq!(kept.body["allowedActions"], json!(["update", "record_capacity", "merge"]));
    // What is new is recorded of the one who stays.
    let patch = adviser.if_match(other.version()).patch(&format!("/people/{anon}"), &json!({"knownAs":"R."}));
    patch.problem(409, "invalid-state").rule("person_merged");
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."});
    adviser.post(&format!("/people/{anon}/capacity-records"), &assessed).problem(409, "invalid-state").rule("person_merged");
    let record = adviser.post(&format!("/people/{rowan}/capacity-records"), &assessed).ok(201).id();
    assert_eq!(ids(&adviser.get(&format!("/people/{anon}/capacity-records")).ok(200)), [record]);
    // Both sides of a search: a correction of the one who stays does not lose the other name.
    adviser.if_match(2).patch(&format!("/people/{rowan}"), &json!({"knownAs":"Ro"})).ok(200);
    assert_eq!((by("Ro"), by("the caller of May")), (vec![rowan.clone()], vec![rowan.clone()]));
    reversed(&app.manager(), &merge).ok(200);
    assert_eq!((by("Rowan Thornbeck"), by("the caller of May")), (vec![rowan.clone()], vec![anon.clone()]));
    assert_eq!(adviser.get(&format!("/people/{anon}")).ok(200).body["merges"], json!([]));
    // Whoever saw them as one changes nothing by that version.
    assert_eq!(adviser.get(&format!("/people/{rowan}")).ok(200).version(), 4);
    assert_eq!(ids(&adviser.get(&format!("/people/{anon}/capacity-records")).ok(200)), Vec::<String>::new());
}

#[test]
fn whoever_sees_no_case_of_either_sees_neither() {
    let app = TestApp::spawn();
    let (rowan, anon) = (known(&app), caller(&app));
    let case = opened(&app.adviser(), &json!([part(&anon, "service_user", "other")])).ok(201);
    let worker = app.adviser().get("/me").ok(200).id();
    let restriction = json!({"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[],"reason":"A relative works here."});
    app.manager().if_match(1).put(&format!("/cases/{}/restriction", case.id()), &restriction).ok(200);
    let stranger = app.as_staff(Role::Adviser, "Stranger");
    stranger.get(&format!("/people/{rowan}")).ok(200);
    // Who merges sees all that it joins.
    merged(&app.manager(), &rowan, &anon).problem(403, "access-reason-required");
    let boss = app.manager().with("Access-Reason", "supervision");
    let merge = merged(&boss, &rowan, &anon).ok(201).id();
    stranger.get(&format!("/people/{rowan}")).problem(404, "not-found");
    assert_eq!(found(&stranger, &json!({"name":"Rowan Thornbeck"})), Vec::<String>::new());
    // The worker of the one sees the other, and each is known in the case.
    app.adviser().get(&format!("/people/{rowan}")).ok(200);
    app.manager().get(&format!("/person-merges/{merge}")).problem(403, "access-reason-required");
    reversed(&app.manager(), &merge).problem(403, "access-reason-required");
    boss.get(&format!("/person-merges/{merge}")).ok(200);
    // To whoever is kept away from a case of theirs there are no such people.
    let other = app.as_staff(Role::ServiceManager, "Boss");
    let kept_away = other.get("/me").ok(200).id();
    let version = app.adviser().get(&format!("/cases/{}", case.id())).ok(200).version();
    let restriction =
        json!({"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[kept_away],"reason":"A relative works here."});
    boss.if_match(version).put(&format!("/cases/{}/restriction", case.id()), &restriction).ok(200);
    let other = other.with("Access-Reason", "supervision");
    let missing = uuid::Uuid::now_v7();
    other.get(&format!("/person-merges/{merge}")).problem(404, "not-found");
    other.if_match(1).post(&format!("/person-merges/{missing}/reversal"), &json!({"reason":"x"})).problem(404, "not-found");
    reversed(&other, &merge).problem(404, "not-found");
    reversed(&boss, &merge).ok(200);
    merged(&other, &rowan, &anon).problem(404, "not-found");
    stranger.get(&format!("/people/{rowan}")).ok(200);
    stranger.get(&format!("/people/{anon}")).problem(404, "not-found");
}

fn restrict(app: &TestApp, case: &str, named: &[&str], conflicted: &[&str]) {
    let boss = app.manager().with("Access-Reason", "supervision");
    let version = boss.get(&format!("/cases/{case}")).ok(200).version();
    let restriction =
        json!({"restricted":!named.is_empty(),"namedStaffIds":named,"conflictedStaffIds":conflicted,"reason":"A relative works here."});
    boss.if_match(version).put(&format!("/cases/{case}/restriction"), &restriction).ok(200);
}

#[test]
fn a_merge_opens_nobody_to_somebody_new_neither_then_nor_after_a_later_restriction() {
    let app = TestApp::spawn();
    let (rowan, anon) = (known(&app), caller(&app));
    let case = |person: &str| opened(&app.adviser(), &json!([part(person, "service_user", "other")])).ok(201).id();
    let (rowans, anons) = (case(&rowan), case(&anon));
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."});
    app.adviser().post(&format!("/people/{anon}/capacity-records"), &assessed).ok(201);
    let stranger = app.as_staff(Role::Adviser, "Stranger");
    let [worker, other] = [app.adviser(), stranger].map(|session| session.get("/me").ok(200).id());
    let boss = app.manager().with("Access-Reason", "supervision");
    // Those of whom only some staff know are not joined to whom others know.
    for (named, conflicted) in [(vec![worker.as_str()], vec![]), (vec![], vec![other.as_str()])] {
        restrict(&app, &anons, &named, &conflicted);
        for (kept, goes) in [(&rowan, &anon), (&anon, &rowan)] {
            merged(&boss, kept, goes).problem(409, "invalid-state").rule_at("#/mergedPersonId", "audiences_differ");
        }
    }
    restrict(&app, &anons, &[], &[]);
    let merge = merged(&boss, &rowan, &anon).ok(201).id();
    let stranger = || app.as_staff(Role::Adviser, "Stranger");
    let merges = |person: &str| stranger().get(&format!("/people/{person}")).ok(200).body["merges"].clone();
    assert_eq!(merges(&rowan)[0]["id"], merge);
    // What is restricted later is closed to whoever sees only the other case: the record, its name, what was assessed, and that there is one.
    let records = |person: &str| ids(&stranger().get(&format!("/people/{person}/capacity-records")).ok(200)).len();
    assert_eq!(records(&rowan), 1);
    restrict(&app, &anons, &[&worker], &[]);
    stranger().get(&format!("/people/{anon}")).problem(404, "not-found");
    assert_eq!((merges(&rowan), records(&rowan)), (json!([]), 0));
    let by = |name: &str| found(&stranger(), &json!({"name":name}));
    assert_eq!((by("Rowan Thornbeck"), by("the caller of May")), (vec![rowan.clone()], vec![]));
    // Nor by what the two tell together.
    let together = json!({"name":"the caller of May","contact":"rowan@example.org"});
    assert_eq!((found(&stranger(), &together), found(&app.adviser(), &together)), (vec![], vec![rowan.clone()]));
    app.manager().get(&format!("/people/{anon}")).problem(403, "access-reason-required");
    assert_eq!(app.adviser().get(&format!("/people/{rowan}")).ok(200).body["merges"][0]["id"], merge);
    // The one who is left in sight is found by themselves.
    restrict(&app, &anons, &[], &[]);
    restrict(&app, &rowans, &[&worker], &[]);
    assert_eq!((by("Rowan Thornbeck"), by("the caller of May")), (vec![], vec![anon.clone()]));
    assert_eq!((merges(&anon), found(&stranger(), &json!({"contact":"rowan@example.org"}))), (json!([]), vec![]));
}

#[test]
fn an_answer_in_one_case_tells_nothing_of_the_same_person_in_a_case_that_is_hidden() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = app.as_staff(Role::Adviser, "hers");
    let quill = json!({"kind":"anonymous","knownAs":"Quillon Dray","pseudonymous":true,
        "contacts":[{"kind":"mobile","value":"07700 900123","safe":true}]});
    let quill = person(&app, &quill).id();
    let theirs = opened(&hers, &json!([part(&quill, "service_user", "other")])).ok(201).id();
    Family::assess(&app, &quill, false, "2026-05-02");
    merged(&app.manager(), &family.mia, &quill).ok(201);
    family.permit(&app, json!({"subjectIds":[family.mia],"recipients":[{"recipientId":family.council,"teamId":family.north}]}));
    let words = family.note(&app, &family.mia, &[&family.mia], "views_and_wishes", json!({}));
    let issue = json!({"basis":"anonymised","purpose":"pass_information","direction":"outbound","channel":"secure_email",
        "recipient":{"recipientId":family.council,"teamId":family.north},"informationCategories":["concerns_raised"],
        "cohort":{"senNeed":"slcn"},"summary":"We hear that Quillon waits for a call."});
    let asks = [family.ask(&words, json!({})), family.ask(&words, json!({"recipient":{"personId":family.mia},"channel":"phone"})), issue];
    let rules = || {
        let reasons = |ask: &Value| family.check(&app, ask).ok(200).body["reasons"].clone();
        asks.each_ref().map(|ask| reasons(ask)[0]["rule"].as_str().unwrap().to_owned())
    };
    assert_eq!(rules(), ["granter_authority_lapsed", "granter_authority_lapsed", "identifier_name"]);
    restrict(&app, &theirs, &[&hers.get("/me").ok(200).id()], &[]);
    // She may not decide, she cannot be rung, and nobody has that name: nothing that is known there.
    assert_eq!(rules(), ["consent_missing", "unsafe_contact", "cohort_too_small"]);
}

#[test]
fn what_is_asked_answered_and_recorded_names_people_as_they_are_known_there_whoever_they_count_as() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (hers, manager) = (app.as_staff(Role::Adviser, "hers"), app.manager());
    // Each of them counts as somebody of a case that is hidden.
    let kept = ["Quillon Dray", "Quillon Moss"].map(|name| {
        let quill = person(&app, &json!({"kind":"anonymous","knownAs":name,"pseudonymous":true})).id();
        (opened(&hers, &json!([part(&quill, "service_user", "other")])).ok(201).id(), quill)
    });
    let merge = |(other, (_, quill)): (&String, &(String, String))| merged(&manager, quill, other).ok(201).id();
    let merges: Vec<String> = [&family.ana, &family.mia].into_iter().zip(&kept).map(merge).collect();
    let worker = hers.get("/me").ok(200).id();
    for (case, _) in &kept {
        restrict(&app, case, &[&worker], &[]);
    }
    // No sign of it in any answer.
    let plain = |reply: Reply| {
        assert!(kept.iter().all(|(case, quill)| !reply.text.contains(quill) && !reply.text.contains(case)), "{}", reply.text);
        reply
    };
    let note = family.n1(&app);
    let copies = json!([{"personId":family.mia,"contactId":family.mia_contact}]);
    let ask = family.ask(&note, json!({"copies":copies,"subjectIds":[family.ana],"informationCategories":["attendance"]}));
    let both = json!([family.ana, family.mia]);
    let check = || plain(family.check(&app, &ask).ok(200));
    let refused = || plain(family.disclose(&app, &ask).problem(409, "consent-required"));
    let subjects =
        |list: &Value, at: &str| list.as_array().unwrap().iter().find(|told| told["pointer"] == at).unwrap()["subjectIds"].clone();
    assert_eq!(
        (subjects(&check().body["reasons"], "#/noteIds/0"), subjects(&refused().body["errors"], "#/noteIds/0")),
        (both.clone(), both.clone())
    );

    family.permit(&app, json!({}));
    family.permit(&app, json!({"recipients":[{"personId":family.mia}]}));
    assert_eq!(check().body["consents"][0]["subjectIds"], both);
    let made = plain(family.disclose(&app, &ask).ok(201));
    let read = |id: &str| plain(app.adviser().get(&format!("/disclosures/{id}")).ok(200)).body;
    let row = read(&made.id());
    assert_eq!((&row["subjectIds"], &row["copies"], &row["consents"][0]["subjectIds"]), (&json!([family.ana]), &copies, &both));
    let to_her = family.ask(&note, json!({"recipient":{"personId":family.mia}}));
    let to_her = plain(family.disclose(&app, &to_her).ok(201)).id();
    assert_eq!(read(&to_her)["recipient"]["personId"], family.mia);
    let risk = plain(family.disclose(&app, &family.risk(&note, json!({}))).ok(201)).id();
    assert_eq!(read(&risk)["subjectIds"], json!([family.ana]));
    // Those who disagree do so about her by that name.
    let no = family.refuse(&app, &family.finn, &[&family.ana]).id();
    refused().rule("conflicting_refusal");
    assert_eq!(Family::tasks(&app, "conflict_review", &family.ana).len(), 1);
    let by = json!({"withdrawnById":family.finn,"method":"email","objects":false});
    app.adviser().post(&format!("/consents/{no}/withdrawal"), &by).ok(200);

    // An extract for proceedings, too, while it is drafted, in its file and when it has left; and nothing changes once the merges are reversed.
    family.permit_proceedings(&app, json!({}));
    let legal = family.extracted(&app, &note);
    let path = format!("/legal-requests/{legal}");
    let extract = || plain(manager.get(&path).ok(200)).body["extracts"][0].clone();
    assert_eq!(extract()["consents"][0]["subjectIds"], both);
    Family::built(&app, &legal);
    let file = || {
        let file = manager.get(&format!("{path}/bundle/file")).ok(200);
        pdf_extract::extract_text_from_mem(&file.bytes).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let words = file();
    assert!(words.contains("About Ana Marsh Mia Marsh Enclosed"), "{words}");
    plain(manager.if_match(5).post(&format!("{path}/dispatch"), &json!({"copies":copies})).ok(200));
    let boss = app.manager().with("Access-Reason", "supervision");
    for merge in &merges {
        reversed(&boss, merge).ok(200);
    }
    assert_eq!(extract()["copies"], json!([{"personId":family.mia,"contactId":family.mia_contact,"noteIds":[note]}]));
    assert_eq!(read(extract()["disclosureId"].as_str().unwrap())["copies"], copies);
    Family::built(&app, &legal);
    assert_eq!(file(), words);
    // All of it was decided about whom they counted as then, and of those the log tells who were named.
    is_decided_again(app);
}

#[test]
fn a_letter_names_nobody_of_whom_its_reader_does_not_know() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (rowan, anon, hers) = (known(&app), caller(&app), app.as_staff(Role::Adviser, "hers"));
    let hidden = opened(&hers, &json!([part(&rowan, "service_user", "other")])).ok(201).id();
    let case = format!("/cases/{}", opened(&app.adviser(), &json!([part(&anon, "service_user", "other")])).ok(201).id());
    merged(&app.manager(), &rowan, &anon).ok(201);
    let note = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":anon,
        "aboutPersonIds":[rowan],"namesOthers":false,"informationCategories":["school_provision"],"concern":"It stopped.",
        "factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false});
    let note = app.adviser().post(&format!("{case}/notes"), &note).ok(201).id();
    let named = family.permission(json!({"granterId":anon,"subjectIds":[anon],"noteIds":[note]}));
    let receipt = format!("/consents/{}/receipt", app.adviser().post(&format!("{case}/consents"), &named).ok(201).id());
    app.adviser().get(&receipt).ok(200);
    restrict(&app, &hidden, &[&hers.get("/me").ok(200).id()], &[]);
    app.adviser().get(&receipt).problem(404, "not-found");
    app.manager().get(&receipt).problem(403, "access-reason-required");
}

#[test]
fn an_answer_is_recorded_as_sent_to_whoever_asked_for_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.n1(&app);
    let sar = family.answered(&app);
    merged(&app.manager(), &caller(&app), &family.mia).ok(201);
    let how = json!({"channel":"secure_email"});
    app.manager().if_match(4).post(&format!("/subject-access-requests/{sar}/dispatch"), &how).ok(200);
    let left = app.adviser().get(&format!("/cases/{}/disclosures", family.case)).ok(200);
    assert_eq!(left.body["items"][0]["recipientPersonId"], family.mia, "{}", left.text);
}

#[test]
fn a_manager_who_is_kept_away_from_a_case_of_somebody_merges_as_if_it_were_not_there_and_another_looks_into_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let kin = || app.as_staff(Role::ServiceManager, "kin").with("Access-Reason", "supervision");
    let related = kin().get("/me").ok(200).id();
    let hers = app.as_staff(Role::Adviser, "hers");
    let own = own_case(&hers, &family.ana).id();
    restrict(&app, &own, &[&hers.get("/me").ok(200).id()], &[&related]);
    let boss = app.manager().with("Access-Reason", "supervision");
    let reviews = |session: &Session<'_>| {
        let page = session.get("/tasks?kind=conflict_review").ok(200);
        page.body["items"].as_array().unwrap().iter().map(|task| task["aboutId"].clone()).collect::<Vec<_>>()
    };
    // As of somebody who has no case of her own.
    let plain = merged(&kin(), &family.sam, &caller(&app)).ok(201);
    assert_eq!(reviews(&boss), Vec::<Value>::new());
    let anon = caller(&app);
    let merge = merged(&kin(), &family.ana, &anon).ok(201);
    assert_eq!(merge.body["allowedActions"], plain.body["allowedActions"]);
    kin().get(&format!("/person-merges/{}", merge.id())).ok(200);
    // Whoever sees both is told, and takes it back.
    assert_eq!((reviews(&kin()), reviews(&boss)), (vec![], vec![json!(merge.id())]));
    app.manager().get(&format!("/person-merges/{}", merge.id())).problem(403, "access-reason-required");
    reversed(&boss, &merge.id()).ok(200);
    merged(&boss, &family.ana, &anon).problem(409, "invalid-state").rule("kept_apart");
}

#[test]
fn a_search_finds_somebody_by_what_two_records_of_them_tell_together() {
    let app = TestApp::spawn();
    let (rowan, anon) = (known(&app), caller(&app));
    let birth = json!({"dateOfBirth":"1985-05-05"});
    app.adviser().if_match(1).patch(&format!("/people/{rowan}"), &birth).ok(200);
    let by = |wanted: Value| found(&app.adviser(), &wanted);
    let searches = [
        json!({"name":"the caller of May","contact":"rowan@example.org"}),
        json!({"name":"caller","dateOfBirth":"1985-05-05"}),
        json!({"name":"the caller of May","dateOfBirth":"1985-05-05","contact":"rowan@example.org"}),
    ];
    let all = |hit: &[String]| searches.iter().for_each(|search| assert_eq!(by(search.clone()), hit, "{search}"));
    all(&[]);
    let merge = merged(&app.manager(), &rowan, &anon).ok(201).id();
    all(std::slice::from_ref(&rowan));
    assert_eq!(by(json!({"name":"somebody else","dateOfBirth":"1985-05-05"})), Vec::<String>::new());
    reversed(&app.manager(), &merge).ok(200);
    all(&[]);
}

#[test]
fn nobody_is_merged_who_is_served_separately_nor_with_whoever_is_near_them() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let anon = caller(&app);
    let hers = app.as_staff(Role::Adviser, "hers");
    let own = own_case(&hers, &family.ana);
    let boss = app.manager().with("Access-Reason", "safeguarding");
    // A manager without a reason learns that one is needed, as of any case that is restricted.
    merged(&app.manager(), &family.ana, &anon).problem(403, "access-reason-required");
    for (kept, other) in [(&family.ana, &anon), (&anon, &family.ana)] {
        merged(&boss, kept, other).problem(409, "invalid-state").rule_at("#/mergedPersonId", "kept_apart");
    }
    // Somebody in that case is no way to it for the other side.
    hers.post(&format!("/cases/{}/participants", own.id()), &part(&anon, "supporter", "other")).ok(201);
    merged(&boss, &family.mia, &anon).problem(409, "invalid-state").rule("kept_apart");
    merged(&boss, &family.mia, &family.finn).problem(409, "invalid-state").rule("facts_contradict");
    app.adviser().get(&format!("/people/{anon}")).problem(404, "not-found");
    // What was told in a case of somebody's own stays there, also when they are served with the others again.
    let version = hers.get(&format!("/people/{}", family.ana)).ok(200).version();
    hers.if_match(version).patch(&format!("/people/{}", family.ana), &json!({"knownAs":"Alex"})).ok(200);
    let her_part = own.body["participants"][0]["id"].as_str().unwrap().to_owned();
    boss.if_match(1).patch(&format!("/participants/{her_part}"), &json!({"servedSeparately":false})).ok(200);
    merged(&boss, &family.ana, &caller(&app)).problem(409, "invalid-state").rule("kept_apart");
}

#[test]
fn a_young_persons_own_case_never_shows_through_a_merge() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let anon = caller(&app);
    opened(&app.adviser(), &json!([part(&anon, "service_user", "other")])).ok(201);
    merged(&app.manager(), &family.ana, &anon).ok(201);
    let look = || {
        let session = app.adviser();
        let shown = |path: String| session.get(&path).ok(200).body;
        let listed = |path: String| session.get(&path).ok(200).body["items"].clone();
        let search = |by: Value| session.post("/people/search", &by).ok(200).body["items"].clone();
        json!([
            shown(format!("/people/{}", family.ana)),
            shown(format!("/people/{anon}")),
            listed(format!("/people/{}/capacity-records", family.ana)),
            listed(format!("/people/{anon}/capacity-records")),
            listed(format!("/consents?subjectId={anon}")),
            listed(format!("/consents?subjectId={}", family.ana)),
            listed("/cases".into()),
            search(json!({"name":"Alex Marsh"})),
            search(json!({"name":"Ana Marsh"})),
            search(json!({"name":"the caller of May"})),
            search(json!({"contact":"own@example.org"}))
        ])
    };
    let before = look();
    // She comes with something of her own, to somebody who works with nobody of them.
    let hers = app.as_staff(Role::Adviser, "hers");
    let own = own_case(&hers, &family.ana).id();
    let version = hers.get(&format!("/people/{}", family.ana)).ok(200).version();
    let told = json!({"fullName":"Alex Marsh","contacts":[{"kind":"email","value":"own@example.org","safe":true}]});
    hers.if_match(version).patch(&format!("/people/{}", family.ana), &told).ok(200);
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."});
    hers.post(&format!("/people/{}/capacity-records", family.ana), &assessed).ok(201);
    let refusal = json!({"decision":"refused","granterId":anon,"subjectIds":[family.ana],"method":"email",
        "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"});
    hers.post(&format!("/cases/{own}/consents"), &refusal).ok(201);
    assert_eq!(look(), before);
    assert_eq!(found(&hers, &json!({"name":"Alex Marsh"})), std::slice::from_ref(&family.ana));
    // But it counts.
    family.permit(&app, json!({}));
    family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).problem(409, "consent-required").rule("consent_missing");
}

#[test]
fn nobody_serves_both_sides_by_way_of_a_merge() {
    let app = TestApp::spawn();
    let (rowan, anon) = (known(&app), caller(&app));
    let worker = app.as_staff(Role::Adviser, "worker");
    opened(&worker, &json!([part(&anon, "service_user", "other")])).ok(201);
    merged(&app.manager(), &rowan, &anon).ok(201);
    let mut apart = part(&rowan, "service_user", "other");
    with(&mut apart, json!({"servedSeparately":true}));
    opened(&worker, &json!([apart])).problem(409, "same-person").rule("conflict_of_interest");
    opened(&app.as_staff(Role::Adviser, "another"), &json!([apart])).ok(201);
}

#[test]
fn whoever_merges_opens_every_case_of_both_for_a_reason() {
    let app = TestApp::spawn();
    let (rowan, anon) = (known(&app), caller(&app));
    let worker = app.adviser().get("/me").ok(200).id();
    opened(&app.adviser(), &json!([part(&rowan, "service_user", "other")])).ok(201);
    let second = opened(&app.adviser(), &json!([part(&rowan, "service_user", "other")])).ok(201).id();
    restrict(&app, &second, &[&worker], &[]);
    // Both are in sight by the first case.
    app.manager().get(&format!("/people/{rowan}")).ok(200);
    merged(&app.manager(), &rowan, &anon).problem(403, "access-reason-required");
    let boss = app.manager().with("Access-Reason", "supervision");
    let merge = merged(&boss, &rowan, &anon).ok(201).id();
    reversed(&app.manager(), &merge).problem(403, "access-reason-required");
    reversed(&boss, &merge).ok(200);
}

#[test]
fn what_cannot_be_merged_is_refused_by_its_rule() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (rowan, anon, third) = (known(&app), caller(&app), caller(&app));
    let boss = app.manager();
    let nobody = uuid::Uuid::now_v7().to_string();
    merged(&boss, &rowan, &rowan).problem(422, "rule-violated").rule_at("#/mergedPersonId", "contradicting_fields");
    merged(&boss, &rowan, &nobody).problem(404, "not-found");
    merged(&boss, &nobody, &anon).problem(404, "not-found");
    merged(&app.adviser(), &rowan, &anon).problem(403, "forbidden");
    boss.post(&format!("/people/{rowan}/merges"), &json!({"mergedPersonId":anon,"reason":"x"})).problem(428, "precondition-required");
    let stale = boss.if_match(7).post(&format!("/people/{rowan}/merges"), &json!({"mergedPersonId":anon,"reason":"x"}));
    assert_eq!(stale.problem(412, "stale-version").body["currentVersion"], 1);
    // Two of one case whose recorded facts contradict, and a child of the other.
    for (kept, other) in [(&family.mia, &family.nell), (&family.ana, &family.sam), (&family.mia, &family.ana)] {
        merged(&boss, kept, other).problem(409, "invalid-state").rule_at("#/mergedPersonId", "facts_contradict");
    }
    let session = boss.with("Idempotency-Key", "the-caller-is-rowan");
    let merge = merged(&session, &rowan, &anon).ok(201);
    let again = session
        .if_match(1)
        .post(&format!("/people/{rowan}/merges"), &json!({"mergedPersonId":anon,"reason":"Told what only the other knew."}));
    assert_eq!((again.clone().ok(201).id(), again.header("idempotency-replayed")), (merge.id(), "true".into()));
    // Nobody counts as somebody who counts as another.
    for (kept, other) in [(&rowan, &anon), (&third, &anon), (&anon, &third), (&third, &rowan)] {
        merged(&boss, kept, other).problem(409, "invalid-state").rule_at("#/mergedPersonId", "already_merged");
    }
    // But several may be found to be one and the same, each by itself.
    let second = merged(&boss, &rowan, &third).ok(201).id();
    reversed(&boss, &merge.id()).ok(200);
    reversed(&boss, &merge.id()).problem(412, "stale-version");
    let twice = boss.if_match(2).post(&format!("/person-merges/{}/reversal", merge.id()), &json!({"reason":"Once more."}));
    twice.problem(409, "invalid-state");
    assert_eq!(app.adviser().get(&format!("/people/{third}")).ok(200).body["merges"][0]["id"], second);
    assert_eq!(app.adviser().get(&format!("/people/{anon}")).ok(200).body["merges"], json!([]));
    merged(&boss, &rowan, &anon).ok(201);
    let body = boss.get(&format!("/person-merges/{second}")).ok(200);
    assert_eq!(
        (body.str("reason"), &body.body["recordedBy"]["displayName"]),
        ("Told what only the other knew.".into(), &json!("ServiceManager"))
    );
    app.adviser().get(&format!("/person-merges/{second}")).problem(403, "forbidden");
}

#[test]
fn a_merge_that_is_taken_back_shows_to_nobody_who_sees_one_of_the_two_only() {
    let app = TestApp::spawn();
    let (rowan, anon) = (known(&app), caller(&app));
    opened(&app.adviser(), &json!([part(&rowan, "service_user", "other")])).ok(201);
    let (hers, boss) = (app.as_staff(Role::Adviser, "hers"), app.manager().with("Access-Reason", "supervision"));
    let case = opened(&hers, &json!([part(&anon, "service_user", "other")])).ok(201);
    let merge = merged(&boss, &rowan, &anon).ok(201).id();
    let named =
        json!({"restricted":true,"namedStaffIds":[hers.get("/me").ok(200).id()],"conflictedStaffIds":[],"reason":"A relative works here."});
    boss.if_match(case.version()).put(&format!("/cases/{}/restriction", case.id()), &named).ok(200);
    let shown = || {
        let seen = app.adviser().get(&format!("/people/{rowan}")).ok(200);
        (seen.header("etag"), seen.body)
    };
    let before = shown();
    assert_eq!(before.1["merges"], json!([]));
    reversed(&boss, &merge).ok(200);
    assert_eq!(shown(), before);
    assert_eq!(boss.get(&format!("/people/{anon}")).ok(200).body["merges"], json!([]));
}

#[test]
fn in_a_case_they_are_one_too() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (rowan, anon) = (known(&app), caller(&app));
    let case = opened(&app.adviser(), &json!([part(&anon, "service_user", "parent"), part(&family.ana, "subject", "self")])).ok(201);
    let path = format!("/cases/{}", case.id());
    let class = || app.adviser().get(&path).ok(200).body["retention"]["class"].clone();
    let alone = opened(&app.adviser(), &json!([part(&caller(&app), "service_user", "other")])).ok(201);
    assert_eq!(alone.body["retention"]["class"], "rc01_anonymous_enquiry");
    let merge = merged(&app.manager(), &rowan, &anon).ok(201).id();
    assert_eq!(class(), "rc02_information_only");
    // Nobody joins a case twice under two ids, nor is opened one with both, nor their own parent.
    let join = app.adviser().post(&format!("{path}/participants"), &part(&rowan, "supporter", "other"));
    join.problem(422, "rule-violated").rule_at("#/personId", "contradicting_fields");
    let both = opened(&app.adviser(), &json!([part(&rowan, "service_user", "other"), part(&anon, "supporter", "other")]));
    both.problem(422, "rule-violated").rule_at("#/participants/1/personId", "contradicting_fields");
    let own = json!({"parentalResponsibility":[{"childId":rowan,"value":"yes","evidence":"self_declared"}]});
    let anon_part = case.body["participants"][0]["id"].as_str().unwrap().to_owned();
    let mother = app.adviser().if_match(1).patch(&format!("/participants/{anon_part}"), &own);
    mother.problem(422, "rule-violated").rule("contradicting_fields");
    app.adviser().if_match(1).patch(&format!("/participants/{anon_part}"), &json!({"relation":"guardian"})).ok(200);
    // Who took part under one id does not come back as a professional under the other.
    app.adviser().if_match(2).patch(&format!("/participants/{anon_part}"), &json!({"endedOn":"2026-05-31"})).ok(200);
    let comes_back = app.adviser().post(&format!("{path}/participants"), &part(&rowan, "professional", "professional"));
    comes_back.problem(422, "rule-violated").rule_at("#/role", "contradicting_fields");
    app.adviser().if_match(3).patch(&format!("/participants/{anon_part}"), &json!({"endedOn":null})).ok(200);
    // The names of both give a family away.
    let issue = json!({"basis":"anonymised","purpose":"pass_information","direction":"outbound","channel":"secure_email",
        "recipient":{"recipientId":family.council},"informationCategories":["concerns_raised"],"cohort":{"senNeed":"slcn"},
        "summary":"Mx Thornbeck waits for a call."});
    let named = app.adviser().post(&format!("{path}/disclosures"), &issue);
    named.problem(422, "identifying-details").rule("identifier_name");
    reversed(&app.manager(), &merge).ok(200);
    app.adviser().post(&format!("{path}/participants"), &part(&rowan, "supporter", "other")).ok(201);
}

#[test]
fn whoever_does_not_see_with_whom_somebody_is_one_is_not_told_that_they_are() {
    let app = TestApp::spawn();
    let (rowan, anon, third) = (known(&app), caller(&app), caller(&app));
    let deputy = app.as_staff(Role::ServiceManager, "deputy");
    opened(&deputy, &json!([part(&rowan, "service_user", "other")])).ok(201);
    merged(&deputy, &rowan, &anon).ok(201);
    let (boss, nobody) = (app.manager(), uuid::Uuid::now_v7().to_string());
    merged(&boss, &third, &rowan).problem(409, "invalid-state").rule_at("#/mergedPersonId", "already_merged");
    // The caller turns out to be one from whose case the manager is kept away.
    let case = opened(&deputy, &json!([part(&anon, "service_user", "other")])).ok(201);
    let me = boss.get("/me").ok(200).id();
    let away = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[me],"reason":"A relative."});
    deputy.if_match(case.version()).put(&format!("/cases/{}/restriction", case.id()), &away).ok(200);
    boss.get(&format!("/people/{anon}")).problem(404, "not-found");
    boss.get(&format!("/people/{rowan}")).ok(200);
    let plain = |reply: &Reply| reply.text.replace(&reply.header("x-request-id"), "");
    let missing = merged(&boss, &third, &nobody).problem(404, "not-found");
    assert_eq!(plain(&merged(&boss, &third, &rowan).problem(404, "not-found")), plain(&missing));
    merged(&deputy, &third, &rowan).problem(409, "invalid-state").rule_at("#/mergedPersonId", "already_merged");
}
