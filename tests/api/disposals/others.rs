//! Who stands in another case, or is named there, stays; and what still counts there keeps a case (R6, R7).

use diesel::connection::SimpleConnection;
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use super::{approve, conclude, count, counted, deputy, dispose, key, propose, reason, rows};
use crate::family::{Family, merge, person};
use crate::harness::{Session, TestApp};

#[test]
fn whoever_stands_in_another_case_stays_without_what_they_told_in_the_one_that_is_gone() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    deputy(&app).get("/me").ok(200);
    // Ana has a case of her own, where she gave a number; and a note of the family's case was written there by mistake.
    let hers = app.as_staff(Role::Adviser, "Hers");
    let own = json!({"interventionLevel":"l2","referralSource":"self_young_person","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":family.ana,"role":"subject","relation":"self","servedSeparately":true}]});
    let own = hers.post("/cases", &own).ok(201).id();
    let ana = format!("/people/{}", family.ana);
    let number = json!({"contacts":[{"kind":"mobile","value":"+447700900124","safe":true}]});
    let found_by = rows(&app)["blind_index"];
    let version = hers.get(&ana).ok(200).version();
    hers.if_match(version).patch(&ana, &number).ok(200);
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."});
    hers.post(&format!("{ana}/capacity-records"), &assessed).ok(201);
    let assess = |body: &Value| app.adviser().post(&format!("{ana}/capacity-records"), body).ok(201);
    let version = reason(&app.manager()).get(&format!("/cases/{own}")).ok(200).version();
    let close = reason(&app.manager()).if_match(version);
    close.post(&format!("/cases/{own}/closure"), &json!({"outcome":"agreed"})).ok(200);
    let of = reason(&app.manager()).get(&format!("/cases/{own}")).ok(200).body["retention"]["class"].clone();
    let body = json!({"caseIds":[own],"class":of,"ground":"erasure_request"});
    // A restricted case needs a reason of both of them.
    app.manager().with("Idempotency-Key", &key()).post("/disposals", &body).problem(403, "access-reason-required");
    let proposed = reason(&app.manager()).with("Idempotency-Key", &key()).post("/disposals", &body).ok(201).id();
    approve(&deputy(&app), &proposed, 1).problem(403, "access-reason-required");
    assert_eq!(app.adviser().get(&format!("/disposals/{proposed}/cases")).ok(200).body["items"], json!([]));
    assert_eq!(hers.post("/people/search", &json!({"contact":"+447700900124"})).ok(200).body["items"].as_array().unwrap().len(), 1);
    // Without what was assessed there, others would decide for her in the other case: it is assessed there first, and may come out otherwise.
    approve(&reason(&deputy(&app)), &proposed, 1).problem(409, "invalid-state").rule("still_counts");
    let (mut again, cannot) = (assessed, json!({"weighs":false,"outcome":"cannot_decide","assessedOn":"2026-05-20"}));
    merge(&mut again, cannot);
    assess(&again);
    let before = app.adviser().get(&ana).ok(200);
    approve(&reason(&deputy(&app)), &proposed, 1).ok(200);
    let known = app.adviser().get(&ana).ok(200);
    // To those who did not see that case nothing happened.
    assert_eq!((known.header("etag"), &known.body), (before.header("etag"), &before.body));
    assert!(known.body["contacts"].as_array().is_none_or(Vec::is_empty), "{}", known.text);
    for session in [app.adviser(), reason(&app.manager()), hers] {
        assert_eq!(session.post("/people/search", &json!({"contact":"+447700900124"})).ok(200).body["items"], json!([]));
    }
    let assessed = app.adviser().get(&format!("{ana}/capacity-records")).ok(200);
    assert_eq!(assessed.body["items"].as_array().unwrap().iter().map(|row| &row["outcome"]).collect::<Vec<_>>(), ["cannot_decide"]);
    let after = rows(&app);
    assert_eq!((after["case_file"], after["capacity_record"], after["blind_index"]), (1, 1, found_by));
    family.permit(&app, json!({}));
    family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201);
}

#[test]
fn of_whoever_is_known_from_a_disposed_case_only_nothing_opens_to_those_who_did_not_see_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    deputy(&app).get("/me").ok(200);
    let (hers, boss) = (app.as_staff(Role::Adviser, "Hers"), reason(&app.manager()));
    // Two who called have a case of their own, and are found to be Mia and Finn; of the one that is taken back.
    let call = |name: &str, number: &str| {
        let contacts = json!([{"kind":"mobile","value":number,"safe":true}]);
        hers.post("/people", &json!({"kind":"anonymous","knownAs":name,"pseudonymous":true,"contacts":contacts})).ok(201).id()
    };
    let (quill, bram) = (call("Quillon Dray", "+447700900124"), call("Bram Oster", "+447700900125"));
    let part = |person: &str| json!({"personId":person,"role":"supporter","relation":"other","servedSeparately":false});
    let theirs = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[part(&quill), part(&bram)]});
    let case = hers.post("/cases", &theirs).ok(201).id();
    let merge = |kept: &str, other: &str| {
        let version = boss.get(&format!("/people/{kept}")).ok(200).version();
        let body = json!({"mergedPersonId":other,"reason":"Told what only the other knew."});
        boss.if_match(version).post(&format!("/people/{kept}/merges"), &body).ok(201).id()
    };
    merge(&family.mia, &quill);
    let second = merge(&family.finn, &bram);
    // What each permits in the family's case is recorded under the name they gave.
    family.permit(&app, json!({"granterId":quill,"subjectIds":[family.ana, quill]}));
    let risk = json!({"riskTypes":["neglect"],"atRiskPersonIds":[quill],"summary":"She is afraid.","knownAt":"2026-06-01T08:00:00.000Z"});
    app.adviser().post(&format!("/cases/{}/safeguarding-concerns", family.case), &risk).ok(201);
    family.permit(&app, json!({"granterId":bram,"subjectIds":[bram]}));
    boss.if_match(1).post(&format!("/person-merges/{second}/reversal"), &json!({"reason":"A brother."})).ok(200);
    Family::assess(&app, &bram, true, "2026-05-02");
    let named =
        json!({"restricted":true,"namedStaffIds":[hers.get("/me").ok(200).id()],"conflictedStaffIds":[],"reason":"A relative works here."});
    boss.if_match(1).put(&format!("/cases/{case}/restriction"), &named).ok(200);
    let opens = |session: &Session<'_>| {
        let search = |by: Value| session.post("/people/search", &by).ok(200).body["items"].as_array().unwrap().len();
        let found = [json!({"name":"Quillon Dray"}), json!({"contact":"+447700900124"}), json!({"name":"Bram Oster"})].map(search);
        let merges = session.get(&format!("/people/{}", family.mia)).ok(200).body["merges"].as_array().unwrap().len();
        (found, merges, [&quill, &bram].map(|person| session.get(&format!("/people/{person}")).status))
    };
    let nothing = ([0, 0, 0], 0, [404, 404]);
    assert_eq!((opens(&app.adviser()), opens(&hers)), (nothing, ([1, 1, 1], 1, [200, 200])));
    let disclosed = || family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201);
    disclosed();

    let closing = hers.if_match(hers.get(&format!("/cases/{case}")).ok(200).version());
    closing.post(&format!("/cases/{case}/closure"), &json!({"outcome":"agreed"})).ok(200);
    let of = boss.get(&format!("/cases/{case}")).ok(200).body["retention"]["class"].clone();
    let body = json!({"caseIds":[case],"class":of,"ground":"erasure_request"});
    let proposed = boss.with("Idempotency-Key", &uuid::Uuid::new_v4().to_string()).post("/disposals", &body).ok(201).id();
    let before = rows(&app);
    approve(&reason(&deputy(&app)), &proposed, 1).ok(200);
    for session in [app.adviser(), hers.clone(), boss.clone(), reason(&deputy(&app))] {
        assert_eq!(opens(&session), nothing);
    }
    // All that is left of them is what other rows name, with a key that opens nothing of it; and what they said still counts.
    let after = rows(&app);
    assert_eq!(
        (after["person"], after["decision_guard"], after["sealing_key"]),
        (before["person"], before["decision_guard"], before["sealing_key"] - 2)
    );
    assert_eq!((after["person_merge"], after["capacity_record"]), (0, before["capacity_record"] - 1));
    disclosed();
}

#[test]
fn a_note_that_came_from_a_disposed_case_stays_and_does_not_tell_from_where() {
    let app = TestApp::spawn();
    let (family, other) = (Family::record(&app), Family::record(&app));
    deputy(&app).get("/me").ok(200);
    let wrong = family.n1(&app);
    let moved = json!({"caseId":other.case,"reason":"It belongs there.","fromPersonId":other.mia,"aboutPersonIds":[other.ana]});
    let moved = app.adviser().with("Idempotency-Key", &key()).post(&format!("/notes/{wrong}/relocation"), &moved).ok(201);
    assert_eq!(moved.body["relocatedFrom"]["caseId"], json!(family.case), "{}", moved.text);
    app.adviser().with("Idempotency-Key", &key()).post("/legal-requests", &family.legal_request(json!({}))).ok(201);
    conclude(&app, &family);
    let requests = "SELECT count(*) AS count FROM idempotency WHERE route LIKE '%/relocation' OR route LIKE '%/legal-requests'";
    assert_eq!(count(&app, requests), 2);
    dispose(&app, &[&family.case]);
    assert_eq!(count(&app, requests), 0, "one was sent to a path of the case that is gone, one made what is gone");
    let stays = app.adviser().get(&format!("/notes/{}", moved.id())).ok(200);
    assert_eq!((stays.body.get("relocatedFrom"), &stays.body["concern"]), (None, &moved.body["concern"]));
}

/// A case of some of this family, by an adviser who works with them.
fn another_case(app: &TestApp, participants: &Value) -> String {
    let case = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":participants});
    app.adviser().post("/cases", &case).ok(201).id()
}

fn part(person: &str, role: &str, relation: &str) -> Value {
    json!({"personId":person,"role":role,"relation":relation,"servedSeparately":false})
}

#[test]
fn c17_whom_a_risk_names_in_another_case_stays_by_name_as_long_as_that() {
    let app = TestApp::spawn();
    let (family, other) = (Family::record(&app), Family::record(&app));
    deputy(&app).get("/me").ok(200);
    app.adviser().if_match(1).patch(&format!("/people/{}", family.mia), &json!({"formerNames":["Mia Reed"],"pronouns":"she/her"})).ok(200);
    // What is told, decided and passed on of risks in one case names people of the other.
    let note = other.n1(&app);
    let tam = person(&app, &json!({"kind":"child","fullName":"Tam Reed","pseudonymous":false,"pronouns":"they/them"})).id();
    let raised = json!({"riskTypes":["neglect"],"atRiskPersonIds":[family.ana, tam],"withholdFromPersonIds":[family.finn],
        "summary":"A friend of hers.","knownAt":"2026-06-01T08:00:00.000Z"});
    let concern = app.adviser().post(&format!("/cases/{}/safeguarding-concerns", other.case), &raised).ok(201).id();
    app.adviser().post(&format!("/cases/{}/safeguarding-concerns", family.case), &raised).ok(201);
    let decided = json!({"outcome":"not_shared","reason":"The hub knows.","necessity":"None.","proportionality":"It stays here.",
        "consentSought":"not_sought","noConsentReason":"cannot_give","toldSubject":"no","toldReason":"She would be afraid.",
        "atRiskPersonIds":[family.mia]});
    app.manager().if_match(1).post(&format!("/safeguarding-concerns/{concern}/outcome"), &decided).ok(200);
    other.disclose(&app, &other.risk(&note, json!({"subjectIds":[other.ana,family.sam]}))).ok(201);
    // Finn is found to be one who called, and has a case of that name, in which none of it is on record.
    let caller = person(&app, &json!({"kind":"anonymous","knownAs":"Finlay","pseudonymous":true})).id();
    another_case(&app, &json!([part(&caller, "service_user", "parent")]));
    let one = |kept: &str, other: &str| {
        let found = json!({"mergedPersonId":other,"reason":"Told what only the other knew."});
        app.manager().if_match(1).post(&format!("/people/{kept}/merges"), &found).ok(201);
    };
    one(&family.finn, &caller);
    // Sam, and Una, who stands in another case as well, are found to be two who were recorded without one.
    let una = person(&app, &json!({"kind":"parent_carer","knownAs":"Una","pseudonymous":false})).id();
    app.adviser().post(&format!("/cases/{}/participants", family.case), &part(&una, "supporter", "other")).ok(201);
    another_case(&app, &json!([part(&una, "service_user", "parent")]));
    let loose = |kind: &str| person(&app, &json!({"kind":kind,"knownAs":"Somebody","pseudonymous":false,"pronouns":"they/them"})).id();
    let (as_sam, as_una) = (loose("child"), loose("parent_carer"));
    one(&as_sam, &family.sam);
    one(&as_una, &una);
    conclude(&app, &family);
    dispose(&app, &[&family.case]);
    let seen = |session: &Session<'_>, person: &str| session.get(&format!("/people/{person}")).status;
    let family_of = [&family.ana, &family.sam, &family.finn, &family.mia, &family.nell];
    assert_eq!(family_of.map(|person| seen(&app.adviser(), person)), [200, 200, 200, 200, 404]);
    assert_eq!(count(&app, "SELECT count(*) AS count FROM named_person"), 5);
    // What was told in no case, or in one that goes on, stays; what those told who are gone does not.
    let pronouns = |person: &str| app.adviser().get(&format!("/people/{person}")).ok(200).str("pronouns");
    assert_eq!([&tam, &as_una].map(|person| pronouns(person)), ["they/them", "they/them"]);
    assert_eq!(seen(&app.adviser(), &as_sam), 404);
    // Who they are, and no more of what was told in the case that is gone.
    let mia = app.adviser().get(&format!("/people/{}", family.mia)).ok(200);
    assert_eq!((mia.str("fullName"), mia.str("dateOfBirth")), ("Mia Marsh".to_owned(), "1985-05-05".to_owned()));
    let found = |by: Value| -> Vec<Value> {
        let found = app.adviser().post("/people/search", &by).ok(200);
        found.body["items"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
    };
    assert_eq!((&mia.body["contacts"], found(json!({"contact":"mia@example.org"}))), (&json!([]), vec![json!(other.mia)]));
    assert_eq!(found(json!({"name":"Mia Marsh"})), [json!(other.mia), json!(family.mia)]);
    assert_eq!((mia.body.get("pronouns"), found(json!({"name":"Mia Reed"}))), (None, vec![]));
    let shown = app.manager().get(&format!("/safeguarding-concerns/{concern}")).ok(200);
    assert_eq!(shown.body["atRiskPersonIds"], json!([family.mia]));
    assert!(!shown.text.contains("unknown_reference"), "{}", shown.text);
    // Of somebody in no case they know only who see a case that names them.
    let kin = app.as_staff(Role::Adviser, "Kin");
    let (mine, kept_away) = (app.adviser().get("/me").ok(200).id(), kin.get("/me").ok(200).id());
    let away = json!({"restricted":false,"namedStaffIds":[mine],"conflictedStaffIds":[kept_away],"reason":"Her cousin works here."});
    let version = app.manager().get(&format!("/cases/{}", other.case)).ok(200).version();
    app.manager().if_match(version).put(&format!("/cases/{}/restriction", other.case), &away).ok(200);
    assert_eq!([&family.ana, &other.sam].map(|person| seen(&kin, person)), [404, 404]);
    assert_eq!(seen(&app.adviser(), &family.ana), 200);
    // With the last case that names them they go, too.
    conclude(&app, &other);
    dispose(&app, &[&other.case]);
    assert_eq!(family_of.map(|person| seen(&app.adviser(), person)), [404; 5]);
    assert_eq!((seen(&app.adviser(), &caller), found(json!({"name":"Finn Calder"}))), (200, Vec::new()));
}

#[test]
fn whoever_was_one_with_somebody_is_on_record_where_they_were_named() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let named = || count(&app, "SELECT count(*) AS count FROM named_person");
    // A caller is found to be somebody on record; what is recorded in the caller's case then names that one.
    let anonymous = || {
        let caller = person(&app, &json!({"kind":"anonymous","pseudonymous":true})).id();
        let case = another_case(&app, &json!([part(&caller, "service_user", "parent")]));
        (caller, case)
    };
    let merged = |caller: &str| {
        let kept = person(&app, &json!({"kind":"parent_carer","fullName":"Una Calder","pseudonymous":false})).id();
        let found = json!({"mergedPersonId":caller,"reason":"Told what only she knew."});
        let merge = app.manager().if_match(1).post(&format!("/people/{kept}/merges"), &found).ok(201).id();
        (kept, merge)
    };
    // What is drafted for proceedings about the caller, as far as this step.
    let drafted = |(caller, case): &(String, String), step: &str| {
        let manager = app.manager();
        if step == "asked" {
            let given = json!({"granterId":caller,"subjectIds":[caller],"purposes":["legal_request"],
                "informationCategories":["views_and_wishes"]});
            app.adviser().post(&format!("/cases/{case}/consents"), &family.permission(given)).ok(201);
            let id = app.adviser().post("/legal-requests", &family.legal_request(json!({"caseId":case}))).ok(201).id();
            for (version, decision) in [(1, "consider"), (2, "seek_permission")] {
                manager.if_match(version).post(&format!("/legal-requests/{id}/decision"), &json!({"decision":decision})).ok(200);
            }
            return;
        }
        let all = manager.get("/legal-requests?limit=100").ok(200);
        let id = all.body["items"].as_array().unwrap().iter().find(|row| row["caseId"] == *case).unwrap()["id"].clone();
        let path = format!("/legal-requests/{}", id.as_str().unwrap());
        if step == "granted" {
            let grant = json!({"decision":"grant","reason":"They agreed.","channel":"secure_email","subjectIds":[caller],
                "informationCategories":["views_and_wishes"]});
            manager.if_match(3).post(&format!("{path}/decision"), &grant).ok(200);
        } else {
            let held = manager.get(&format!("{path}/candidate-items")).ok(200).body["items"][0]["id"].clone();
            let items = json!([{"noteId":held,"decision":"include","reason":"What is asked for."}]);
            manager.if_match(4).put(&format!("{path}/items"), &json!({"items":items,"summary":"The note."})).ok(200);
        }
    };
    let note = |from: &str| {
        json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":from,"aboutPersonIds":[from],
            "namesOthers":false,"informationCategories":["views_and_wishes"],"concern":"She rang again.","factOrOpinion":"opinion",
            "sensitivity":"ordinary","keepConfidential":false})
    };
    let refusal = |by: &str| {
        json!({"decision":"refused","granterId":by,"subjectIds":[by],"method":"email","evidence":{"noticeVersion":"leaflet-3"},
            "decidedAt":"2026-04-02T10:00:00.000Z"})
    };
    let mut taken_back = Vec::new();
    for way in ["notes", "relocation", "consents", "withdrawal", "granted", "extracted", "information-requests"] {
        let (caller, case) = anonymous();
        let both = (caller.clone(), case.clone());
        if ["granted", "extracted"].contains(&way) {
            app.adviser().post(&format!("/cases/{case}/notes"), &note(&caller)).ok(201);
            drafted(&both, "asked");
        }
        if way == "extracted" {
            drafted(&both, "granted");
        }
        let (kept, merge) = merged(&caller);
        let before = named();
        match way {
            "notes" => drop(app.adviser().post(&format!("/cases/{case}/notes"), &note(&kept)).ok(201)),
            "relocation" => {
                let wrong = family.n1(&app);
                let there = json!({"caseId":case,"reason":"It belongs there.","fromPersonId":kept,"aboutPersonIds":[kept]});
                drop(app.adviser().post(&format!("/notes/{wrong}/relocation"), &there).ok(201));
            }
            "consents" => drop(app.adviser().post(&format!("/cases/{case}/consents"), &refusal(&kept)).ok(201)),
            "withdrawal" => {
                let said = app.adviser().post(&format!("/cases/{case}/consents"), &refusal(&caller)).ok(201).id();
                let back = json!({"withdrawnById":kept,"method":"email","objects":false});
                drop(app.adviser().post(&format!("/consents/{said}/withdrawal"), &back).ok(200));
            }
            "granted" | "extracted" => drafted(&both, way),
            _ => {
                let asked = family.asked_from_outside(json!({"subjectIds":[kept]}));
                drop(app.adviser().with("Idempotency-Key", &key()).post(&format!("/cases/{case}/{way}"), &asked).ok(201));
            }
        }
        // A draft says whom it was asked about, and not as whom they count (C2).
        let as_named = ["granted", "extracted"].contains(&way);
        assert_eq!(named(), before + i64::from(!as_named), "{way}");
        if !as_named {
            taken_back.push((kept, merge));
        }
    }
    // It was somebody else, and whoever was named stays as long as the case does, as an id.
    for (i, (kept, merge)) in (1..).zip(taken_back) {
        app.manager().if_match(1).post(&format!("/person-merges/{merge}/reversal"), &json!({"reason":"It was her sister."})).ok(200);
        let own = another_case(&app, &json!([part(&kept, "service_user", "parent")]));
        let version = app.adviser().get(&format!("/cases/{own}")).ok(200).version();
        app.adviser().if_match(version).post(&format!("/cases/{own}/closure"), &json!({"outcome":"information_given"})).ok(200);
        let proposed = propose(&app, &[&own]).ok(201).id();
        approve(&deputy(&app), &proposed, 1).ok(200);
        assert_eq!(count(&app, "SELECT count(*) AS count FROM person WHERE emptied = TRUE"), i);
        assert_eq!(app.adviser().get(&format!("/people/{kept}")).status, 404);
    }
}

#[test]
fn whoever_is_being_named_is_waited_for_before_the_logs_are_held() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    deputy(&app).get("/me").ok(200);
    conclude(&app, &family);
    let proposed = propose(&app, &[&family.case]).ok(201).id();
    let (mut naming, mut watching) = (app.sabotage(), app.sabotage());
    if !crate::harness::cluster::is_postgres() {
        return;
    }
    // As a risk does that is told in another case just now.
    naming.batch_execute(&format!("BEGIN; SELECT 1 FROM person WHERE id = '{}' FOR KEY SHARE", family.sam)).unwrap();
    std::thread::scope(|scope| {
        let approving = scope.spawn(|| approve(&deputy(&app), &proposed, 1));
        while counted(&mut watching, WAITS) == 0 {
            assert!(!approving.is_finished(), "it waits for nobody: {}", approving.join().unwrap().text);
        }
        let logs = "SELECT count(*) AS count FROM pg_locks WHERE locktype = 'advisory' AND classid IN (1, 7) AND granted \
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        assert_eq!(counted(&mut watching, logs), 0, "the risk could not be logged, and neither would go on");
        naming.batch_execute("COMMIT").unwrap();
        approving.join().unwrap().ok(200);
    });
}

#[test]
fn a_risk_that_names_whoever_is_disposed_of_just_now_waits_for_that_and_is_refused_for_nothing() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let stranger = person(&app, &json!({"kind":"child","fullName":"Tam Reed","pseudonymous":false})).id();
    let (mut disposing, mut watching) = (app.sabotage(), app.sabotage());
    if !crate::harness::cluster::is_postgres() {
        return;
    }
    let keys = "UPDATE sealing_key SET wrapped = NULL WHERE owner_id = uuid_send('#'); DELETE FROM blind_index WHERE person_id = '#'; \
        DELETE FROM decision_guard WHERE person_id = '#'; DELETE FROM person WHERE id = '#'";
    disposing.batch_execute(&format!("BEGIN; {}", keys.replace('#', &stranger))).unwrap();
    std::thread::scope(|scope| {
        let risk = json!({"riskTypes":["neglect"],"atRiskPersonIds":[stranger],"summary":"A friend.","knownAt":"2026-06-01T08:00:00.000Z"});
        let path = format!("/cases/{}/safeguarding-concerns", family.case);
        let app = &app;
        let raising = scope.spawn(move || app.adviser().post(&path, &risk));
        while counted(&mut watching, WAITS) == 0 {
            assert!(!raising.is_finished(), "it waits for nobody: {}", raising.join().unwrap().text);
        }
        disposing.batch_execute("COMMIT").unwrap();
        let raised = raising.join().unwrap().ok(201);
        assert_eq!(raised.body["remarks"][0]["pointer"], "#/atRiskPersonIds/0", "{}", raised.text);
    });
}

/// Who waits for a lock in this database.
const WAITS: &str =
    "SELECT count(*) AS count FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()";

#[test]
fn r6_r7_no_case_is_disposed_of_while_a_no_in_it_protects_somebody_in_another() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    deputy(&app).get("/me").ok(200);
    let finns = another_case(&app, &json!([part(&family.ana, "subject", "self"), part(&family.finn, "service_user", "parent")]));
    family.refuse(&app, &family.finn, &[&family.ana]);
    conclude(&app, &family);
    let proposed = propose(&app, &[&family.case]).ok(201).id();
    approve(&deputy(&app), &proposed, 1).problem(409, "invalid-state").rule("still_counts");
    // Whoever is kept away from the other case is not told of it.
    let kin = app.as_staff(Role::ServiceManager, "Kin");
    let (mine, kept_away) = (app.adviser().get("/me").ok(200).id(), kin.get("/me").ok(200).id());
    let away = json!({"restricted":false,"namedStaffIds":[mine],"conflictedStaffIds":[kept_away],"reason":"Her cousin works here."});
    let version = app.manager().get(&format!("/cases/{finns}")).ok(200).version();
    app.manager().if_match(version).put(&format!("/cases/{finns}/restriction"), &away).ok(200);
    approve(&kin, &proposed, 1).problem(409, "same-person").rule("conflicted_decider");
    // Recorded there, it goes on standing.
    let no = json!({"decision":"refused","granterId":family.finn,"subjectIds":[family.ana],"method":"written_signed",
        "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"});
    app.adviser().post(&format!("/cases/{finns}/consents"), &no).ok(201);
    approve(&deputy(&app), &proposed, 1).ok(200);
}
