//! Somebody who is served separately: nobody is on both sides, and neither side learns of the other (C1).

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::family::{Family, person};
use crate::harness::{Reply, Session, TestApp};

fn member(app: &TestApp, role: Role, name: &str) -> String {
    app.as_staff(role, name).get("/me").ok(200).id()
}

fn plain(reply: &Reply) -> String {
    reply.text.replace(&reply.header("x-request-id"), "")
}

/// A case of this person's own.
pub fn own_case(session: &Session<'_>, person: &str) -> Reply {
    with_subject(session, person, true)
}

pub fn with_subject(session: &Session<'_>, person: &str, apart: bool) -> Reply {
    let case = json!({"interventionLevel":"l2","referralSource":"self_young_person","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":person,"role":"subject","relation":"self","servedSeparately":apart}]});
    session.post("/cases", &case).ok(201)
}

fn set_apart(session: &Session<'_>, family: &Family, version: i64) -> Reply {
    session.if_match(version).patch(&format!("/participants/{}", family.participant(&family.ana)), &json!({"servedSeparately":true}))
}

/// Ana is served alone here: her mother is there to support her.
fn alone(app: &TestApp) -> Family {
    let family = Family::record(app);
    let path = format!("/participants/{}", family.participant(&family.mia));
    app.adviser().if_match(1).patch(&path, &json!({"role":"supporter"})).ok(200);
    family
}

fn reviews(app: &TestApp, case: &str) -> usize {
    let list = app.manager().with("Access-Reason", "supervision").get("/tasks?kind=conflict_review&status=open&limit=200").ok(200);
    list.body["items"].as_array().unwrap().iter().filter(|task| task["aboutId"] == case).count()
}

#[test]
fn whoever_marks_somebody_as_served_separately_does_not_open_the_case_thereby() {
    let app = TestApp::spawn();
    let family = alone(&app);
    let worker = member(&app, Role::Adviser, "Adviser");
    let passer = || app.as_staff(Role::Adviser, "passing by");
    let marked = set_apart(&passer(), &family, 1).ok(200);
    assert_eq!((&marked.body["servedSeparately"], &marked.body["allowedActions"]), (&json!(true), &json!([])));
    let path = format!("/cases/{}", family.case);
    passer().get(&path).problem(404, "not-found");
    let case = app.adviser().get(&path).ok(200);
    assert_eq!((&case.body["restricted"], &case.body["namedStaffIds"]), (&json!(true), &json!([worker])));
    // Nor does whoever adds somebody so.
    let other = with_subject(&app.adviser(), &person(&app, &json!({"kind":"child","knownAs":"Bo","pseudonymous":false})).id(), false).id();
    let una = person(&app, &json!({"kind":"parent_carer","knownAs":"Una","pseudonymous":false})).id();
    let part = json!({"personId":una,"role":"service_user","relation":"parent","servedSeparately":true});
    let added = passer().post(&format!("/cases/{other}/participants"), &part).ok(201);
    assert_eq!((added.str("personId"), &added.body["allowedActions"]), (una, &json!([])));
    passer().get(&format!("/cases/{other}")).problem(404, "not-found");
    assert_eq!(app.adviser().get(&format!("/cases/{other}")).ok(200).body["namedStaffIds"], json!([worker]));
}

#[test]
fn nobody_who_serves_one_side_makes_the_other() {
    let app = TestApp::spawn();
    let family = alone(&app);
    let path = format!("/cases/{}", family.case);
    let before = app.adviser().get(&path).ok(200).body;
    let hers = || app.as_staff(Role::Adviser, "hers");
    own_case(&hers(), &family.ana);
    set_apart(&hers(), &family, 1).problem(409, "same-person").rule_at("#", "conflict_of_interest");
    // The worker of this case works on another with her, too: whoever sees both is told.
    with_subject(&app.adviser(), &family.ana, false);
    set_apart(&app.as_staff(Role::Adviser, "third"), &family, 1)
        .problem(409, "same-person")
        .rule_at("#/servedSeparately", "conflict_of_interest");
    assert_eq!(app.adviser().get(&path).ok(200).body, before);
    assert_eq!(reviews(&app, &family.case), 0);
}

#[test]
fn a_side_that_the_caller_does_not_see_is_the_managers_to_look_into() {
    let app = TestApp::spawn();
    let family = alone(&app);
    let third = || app.as_staff(Role::Adviser, "third");
    let hidden = with_subject(&app.adviser(), &family.ana, false);
    let worker = member(&app, Role::Adviser, "Adviser");
    let named = json!({"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[],"reason":"A relative works here."});
    app.manager().if_match(1).put(&format!("/cases/{}/restriction", hidden.id()), &named).ok(200);
    set_apart(&third(), &family, 1).ok(200);
    assert_eq!(reviews(&app, &family.case), 1);
    assert_eq!(third().get("/tasks?limit=200").ok(200).body["items"], json!([]));
}

#[test]
fn a_case_is_not_reopened_by_or_for_somebody_who_has_come_to_serve_the_other_side() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = own_case(&app.as_staff(Role::Adviser, "hers"), &family.ana);
    family.close(&app);
    let worker = member(&app, Role::Adviser, "Adviser");
    let manager = app.manager().with("Access-Reason", "absence_cover");
    manager.if_match(hers.version()).put(&format!("/cases/{}/assignment", hers.id()), &json!({"staffId":worker})).ok(200);
    let path = format!("/cases/{}", family.case);
    let closed = app.adviser().get(&path).ok(200);
    let reopen =
        |session: Session<'_>| session.if_match(closed.version()).post(&format!("{path}/reopening"), &json!({"reason":"A new plan."}));
    for session in [app.adviser(), manager] {
        reopen(session).problem(409, "same-person").rule_at("#", "conflict_of_interest");
    }
    assert_eq!(app.adviser().get(&path).ok(200).body, closed.body);
    // To somebody who does not see her case the answer does not tell of it.
    reopen(app.as_staff(Role::Adviser, "third")).ok(200);
    assert_eq!(reviews(&app, &family.case), 1);
}

/// What somebody who sees the parents' case only is shown of a person, everywhere.
fn shown(session: &Session<'_>, family: &Family) -> Vec<Value> {
    let ana = &family.ana;
    let part = |list: Reply| list.body["items"].as_array().unwrap().iter().find(|row| row["personId"] == **ana).unwrap().clone();
    let search = |by: Value| session.post("/people/search", &by).ok(200).body["items"].clone();
    vec![
        session.get(&format!("/people/{ana}")).ok(200).body,
        session.get(&format!("/people/{ana}/capacity-records")).ok(200).body["items"].clone(),
        part(session.get(&format!("/cases/{}/participants", family.case)).ok(200)),
        search(json!({"name":"Ana Marsh"})),
        search(json!({"name":"Alex Marsh"})),
        search(json!({"contact":"own@example.org"})),
        search(json!({"name":"Marsh","dateOfBirth":"2010-03-12"})),
        session.get(&format!("/cases/{}", family.case)).ok(200).body["retention"].clone(),
    ]
}

fn assessment() -> Value {
    json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back in her own words."})
}

#[test]
fn what_somebody_tells_on_their_own_is_seen_by_nobody_on_the_other_side() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let path = format!("/people/{}", family.ana);
    let records = format!("{path}/capacity-records");
    let old = json!({"contacts":[{"kind":"email","value":"ana@example.org","safe":true}],"safeContact":{"avoidChannels":["phone"]}});
    app.adviser().if_match(1).patch(&path, &old).ok(200);
    app.adviser().post(&records, &assessment()).ok(201);
    let (before, of_manager) = (shown(&app.adviser(), &family), shown(&app.manager(), &family));

    let hers = || app.as_staff(Role::Adviser, "hers");
    own_case(&hers(), &family.ana);
    let seen = hers().get(&path).ok(200);
    let mut contacts = seen.body["contacts"].as_array().unwrap().clone();
    contacts.push(json!({"kind":"mobile","value":"07700 900123","safe":true}));
    contacts.push(json!({"kind":"email","value":"own@example.org","safe":true}));
    let own = json!({"contacts":contacts,"knownAs":"Alex Marsh","pronouns":"they/them","dateOfBirth":"2010-03-12",
        "safeContact":{"avoidChannels":["post_tracked","secure_email"],"note":"Never at home."},"communicationNeeds":"In writing."});
    let told = hers().if_match(seen.version()).patch(&path, &own).ok(200);
    let record = hers().post(&records, &assessment()).ok(201);

    // Not a word, not a version, not a count: it looks as it did.
    assert_eq!(shown(&app.adviser(), &family), before);
    assert_eq!(shown(&app.manager(), &family)[..2], of_manager[..2]);
    // Those of her case see it all, and so does a manager who says why.
    for session in [hers(), app.manager().with("Access-Reason", "supervision")] {
        let seen = session.get(&path).ok(200);
        assert_eq!(
            (seen.str("knownAs"), seen.version(), seen.body["contacts"].as_array().unwrap().len()),
            ("Alex Marsh".into(), told.version(), 3)
        );
        assert_eq!(seen.body["safeContact"]["note"], "Never at home.");
        assert_eq!(session.get(&records).ok(200).body["items"].as_array().unwrap().len(), 2);
        assert_eq!(
            session.post("/people/search", &json!({"contact":"own@example.org"})).ok(200).body["items"].as_array().unwrap().len(),
            1
        );
    }
    // Nor by naming it: it is as unknown as what does not exist.
    let witnessed =
        |id: &str| family.permission(json!({"subjectIds":[family.ana],"evidence":{"noticeVersion":"leaflet-3","capacityRecordId":id}}));
    let consents = format!("/cases/{}/consents", family.case);
    let [hidden, missing] = [record.id(), uuid::Uuid::now_v7().to_string()]
        .map(|id| plain(&app.adviser().post(&consents, &witnessed(&id)).problem(422, "rule-violated")));
    assert_eq!(hidden, missing);

    // Each side changes its own: nothing is overwritten that the caller cannot see.
    let contact = told.body["contacts"][1]["id"].clone();
    let with = |id: &Value| {
        let mut body = json!({"contacts":[{"kind":"landline","value":"01539 000000","safe":true}],"pronouns":"she/her","safeContact":null});
        if !id.is_null() {
            body["contacts"][0]["id"] = id.clone();
        }
        body
    };
    let blind = with(&Value::Null);
    app.adviser().if_match(3).patch(&path, &blind).problem(412, "stale-version");
    // A contact of the other side is as unknown as one that does not exist.
    let [hidden, missing] = [contact.clone(), json!(uuid::Uuid::now_v7())]
        .map(|id| plain(&app.adviser().if_match(2).patch(&path, &with(&id)).problem(422, "rule-violated")));
    assert_eq!(hidden, missing);
    let changed = app.adviser().if_match(2).patch(&path, &blind).ok(200);
    assert_eq!((changed.version(), changed.body["contacts"].as_array().unwrap().len(), changed.str("pronouns")), (3, 1, "she/her".into()));
    assert_eq!((changed.body.get("safeContact"), changed.body.get("knownAs")), (None, None));
    assert_ne!(changed.body["contacts"][0]["id"], contact);
    assert_eq!(hers().get(&path).ok(200).body, told.body);
    let again = hers().if_match(told.version()).patch(&path, &json!({"pronouns":"he/him"})).ok(200);
    assert_eq!((again.version(), again.body["contacts"] == told.body["contacts"]), (told.version() + 1, true));
    assert_eq!(app.adviser().get(&path).ok(200).body, changed.body);

    // Whoever opens a case of her own does not open what was told in this one.
    let curious = || app.as_staff(Role::Adviser, "curious");
    own_case(&curious(), &family.ana);
    assert_eq!(curious().get(&path).ok(200).body, changed.body);
    assert_eq!(curious().get(&records).ok(200).body["items"].as_array().unwrap().len(), 1);
    assert_eq!(hers().get(&path).ok(200).body, again.body);
}

#[test]
fn what_somebody_tells_on_their_own_binds_every_delivery_and_decision() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let path = format!("/people/{}", family.mia);
    let hers = || app.as_staff(Role::Adviser, "hers");
    let note = family.n1(&app);
    family.permit(&app, json!({}));
    let copy = json!([{"personId":family.mia,"contactId":family.mia_contact}]);
    family.check(&app, &family.ask(&note, json!({"copies":copy}))).ok(200);
    assert_eq!(family.check(&app, &family.ask(&note, json!({"copies":copy}))).body["allowed"], true);
    own_case(&hers(), &family.mia);
    let mut contacts = hers().get(&path).ok(200).body["contacts"].clone();
    contacts[0]["safe"] = json!(false);
    let version = hers().if_match(1).patch(&path, &json!({"contacts":contacts})).ok(200).version();
    let refused = family.check(&app, &family.ask(&note, json!({"copies":copy}))).ok(200);
    assert_eq!((&refused.body["allowed"], &refused.body["reasons"][0]["rule"]), (&json!(false), &json!("unsafe_contact")));
    // A name that is known there only gives her away all the same.
    hers().if_match(version).patch(&path, &json!({"knownAs":"Zofia Quell"})).ok(200);
    let text = json!({"basis":"anonymised","purpose":"pass_information","direction":"outbound","channel":"secure_email",
        "recipient":{"recipientId":family.council,"teamId":family.north},"informationCategories":["concerns_raised"],
        "cohort":{"senNeed":"slcn"},"summary":"Zofia waits for a draft plan."});
    app.adviser().post(&format!("/cases/{}/disclosures", family.case), &text).problem(422, "identifying-details").rule("cohort_too_small");
}

#[test]
fn a_number_or_address_that_is_unsafe_on_one_side_is_unsafe_on_all_however_it_is_written() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let path = format!("/people/{}", family.ana);
    let hers = || app.as_staff(Role::Adviser, "hers");
    own_case(&hers(), &family.ana);
    let contacts = |session: Session<'_>, contacts: Value| {
        let version = session.get(&path).ok(200).version();
        session.if_match(version).patch(&path, &json!({"contacts":contacts}))
    };
    // Her mother reads what comes there. On the side of the parents it was recorded afterwards, so that nothing but the address is the same.
    let unsafe_there =
        json!([{"kind":"email","value":"ana@example.org","safe":false},{"kind":"mobile","value":"+44 (0)7700 900123","safe":false}]);
    contacts(hers(), unsafe_there).ok(200);
    let parents = json!([{"kind":"email","value":"Ana@Example.org","safe":true},{"kind":"landline","value":"07700 900123","safe":true},
        {"kind":"mobile","value":"07700 900124","safe":true}]);
    let known = contacts(app.adviser(), parents).ok(200);
    let (note, id) = (family.n1(&app), |i: usize| known.body["contacts"][i]["id"].clone());
    family.permit(&app, json!({}));
    for (channel, i, safe) in [("secure_email", 0, false), ("phone", 1, false), ("phone", 2, true)] {
        let ask = family.ask(&note, json!({"channel":channel,"copies":[{"personId":family.ana,"contactId":id(i)}]}));
        assert_eq!(family.check(&app, &ask).ok(200).text.contains("unsafe_contact"), !safe, "{channel} {i}");
    }
    for (channel, safe) in [("secure_email", false), ("phone", true)] {
        let told = family.check(&app, &family.ask(&note, json!({"channel":channel,"recipient":{"personId":family.ana}}))).ok(200);
        assert_eq!(told.text.contains("unsafe_contact"), !safe, "{channel}");
    }
    // Nor is one number both on one side.
    let both = json!([{"kind":"mobile","value":"+447700900123","safe":false},{"kind":"mobile","value":"07700 900123","safe":true}]);
    contacts(app.adviser(), both).problem(400, "validation-failed").rule_at("#/contacts", "contradicting_fields");
}

#[test]
fn an_assessment_on_one_side_decides_on_the_other_and_is_not_told_there() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (ask, records) = (family.ask(&family.n1(&app), json!({})), format!("/people/{}/capacity-records", family.ana));
    let first = family.permit(&app, json!({}));
    let hers = || app.as_staff(Role::Adviser, "hers");
    own_case(&hers(), &family.ana);
    assert_eq!(family.check(&app, &ask).ok(200).body["allowed"], true);
    hers().post(&records, &assessment()).ok(201);
    // It has ended what her mother may permit, and looks as if nobody had permitted it.
    assert_eq!(family.disclose(&app, &ask).problem(409, "consent-required").rules(), ["consent_missing"]);
    // What is agreed anew is recorded as ever, and covers as little.
    let again = app
        .adviser()
        .post(&format!("/cases/{}/consents", family.case), &family.permission(json!({"decidedAt":"2026-05-20T10:00:00.000Z"})));
    assert_eq!(again.ok(201).body["authority"][0]["granterRelation"], "parent_with_pr");
    assert_eq!(family.disclose(&app, &ask).problem(409, "consent-required").rules(), ["consent_missing"]);
    // Whoever decided before can still take it back.
    family.withdraw(&app, &first, json!({"withdrawnById":family.finn})).ok(200);
    // To whoever knows of it, the rule is told.
    let manager = app.manager().with("Access-Reason", "supervision");
    let told = manager.post(&format!("/cases/{}/disclosures", family.case), &ask).problem(409, "consent-required");
    assert!(!told.rules().contains(&"consent_missing".to_owned()), "{}", told.text);
}

#[test]
fn the_log_is_not_searched_for_a_case_by_a_manager_who_may_not_see_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.disclose(&app, &family.risk(&family.n1(&app), json!({}))).ok(201);
    let kin = || app.as_staff(Role::ServiceManager, "kin");
    let related = member(&app, Role::ServiceManager, "kin");
    let entries = |session: &Session<'_>, case: &str| {
        let page = session.get(&format!("/disclosure-log?caseId={case}&includeTotal=true")).ok(200);
        (page.body["items"].as_array().unwrap().len(), page.body["page"]["total"].clone())
    };
    let nowhere = uuid::Uuid::now_v7().to_string();
    assert_eq!(entries(&kin(), &family.case), (1, json!(1)));
    let kept_away = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[related],"reason":"A niece."});
    app.manager().if_match(1).put(&format!("/cases/{}/restriction", family.case), &kept_away).ok(200);
    for session in [kin(), kin().with("Access-Reason", "complaint")] {
        assert_eq!(entries(&session, &family.case), (0, json!(0)));
        assert_eq!(entries(&session, &nowhere), (0, json!(0)));
    }
    assert_eq!(entries(&app.manager(), &family.case), (1, json!(1)));
    assert_eq!(entries(&app.as_role(Role::Auditor), &family.case), (1, json!(1)), "an auditor checks the log by the ids they were given");
}

/// A manager who is kept away from a young person's own case; her worker; a manager who sees it.
#[test]
fn a_manager_who_is_kept_away_from_a_case_learns_nothing_of_it_from_the_answers_of_another() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let path = format!("/cases/{}", family.case);
    let kin = || app.as_staff(Role::ServiceManager, "kin").with("Access-Reason", "supervision");
    let (related, hers) = (kin().get("/me").ok(200).id(), member(&app, Role::Adviser, "hers"));
    let own = own_case(&app.as_staff(Role::Adviser, "hers"), &family.ana);
    let boss = || app.manager().with("Access-Reason", "supervision");
    let kept_away = json!({"restricted":true,"namedStaffIds":[hers],"conflictedStaffIds":[related],"reason":"A niece."});
    boss().if_match(own.version()).put(&format!("/cases/{}/restriction", own.id()), &kept_away).ok(200);
    let version = || app.adviser().get(&path).ok(200).version();
    let assign = |session: Session<'_>| session.if_match(version()).put(&format!("{path}/assignment"), &json!({"staffId":hers}));
    let name = |session: Session<'_>| {
        let named = json!({"restricted":false,"namedStaffIds":[hers],"conflictedStaffIds":[],"reason":"She covers."});
        session.if_match(version()).put(&format!("{path}/restriction"), &named)
    };
    // Whoever may know of her case is refused, also who gave no reason yet.
    for session in [boss(), app.manager()] {
        assign(session).problem(409, "same-person").rule_at("#/staffId", "conflict_of_interest");
    }
    name(boss()).problem(409, "same-person").rule_at("#/namedStaffIds/0", "conflict_of_interest");
    // Whoever may not is answered as if there were none, and those who see both cases look into it.
    name(kin()).ok(200);
    assign(kin()).ok(200);
    let reviews = |session: Session<'_>| {
        let page = session.get("/tasks?kind=conflict_review").ok(200);
        page.body["items"].as_array().unwrap().iter().map(|task| (task["caseId"].clone(), task["aboutId"].clone())).collect::<Vec<_>>()
    };
    assert_eq!((reviews(kin()), reviews(boss())), (vec![], vec![(json!(own.id()), json!(family.case))]));
    // Nor does a look at somebody of both cases tell of the other.
    app.as_staff(Role::Adviser, "hers").get(&format!("/people/{}", family.ana)).ok(200);
    // All who work on cases are shown the same, or it would tell who is kept away.
    for session in [kin(), boss()] {
        for list in [format!("{path}/access-log"), "/access-log".to_owned()] {
            let seen = session.get(&format!("{list}?limit=1000")).ok(200);
            let entries = seen.body["items"].as_array().unwrap();
            let looks: Vec<_> =
                entries.iter().filter(|entry| entry["body"]["operation"] == "getPerson" && entry["body"]["actor"] == hers).collect();
            assert_eq!((looks.len(), seen.body.get("rootHash")), (1, None), "{list}");
            for entry in entries {
                let told = |field: &str| entry.get(field).or(entry["body"].get(field));
                assert_eq!(["leafHash", "cases", "rowVersion", "sealedDigest"].map(told), [None; 4], "{entry}");
            }
        }
        // A hash tells, too, by which of two guesses it is the hash of.
        for whole in [
            "entries/1",
            "export",
            "export?format=bundle",
            "checkpoint",
            "checkpoints",
            "verification?indexFrom=0&indexTo=1",
            "proofs/inclusion?index=1",
            "proofs/consistency?fromSize=1",
            "proofs/range?indexFrom=0&indexTo=1",
        ] {
            session.get(&format!("/access-log/{whole}")).problem(403, "forbidden");
        }
        let mine = session.get("/me").ok(200).body["permissions"].to_string();
        assert!(
            mine.contains("access_log:list")
                && !["read", "export", "prove"].iter().any(|act| mine.contains(&format!("\"access_log:{act}")))
        );
    }
    // Whoever works on both sides records nothing of her; so the parents' case goes back first.
    let first = app.adviser().get("/me").ok(200).id();
    kin().if_match(version()).put(&format!("{path}/assignment"), &json!({"staffId":first})).ok(200);
    let nobody = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[],"reason":"She does not cover any longer."});
    kin().if_match(version()).put(&format!("{path}/restriction"), &nobody).ok(200);
    // And what is told on her side, or was not because it came too late, is in the log of her case alone.
    let (ana, keyed) =
        (format!("/people/{}", family.ana), app.as_staff(Role::Adviser, "hers").with("Idempotency-Key", "assessed-once-00001"));
    let change = |version: i64| keyed.if_match(version).patch(&ana, &json!({"pronouns":"they/them"}));
    change(7).problem(412, "stale-version");
    let begun = change(1).ok(200).version();
    change(begun).ok(200);
    (0..2).for_each(|_| drop(keyed.post(&format!("{ana}/capacity-records"), &assessment()).ok(201)));
    let written = |session: Session<'_>, case: &str| {
        let log = session.get(&format!("/cases/{case}/access-log?limit=1000")).ok(200);
        let entries = log.body["items"].as_array().unwrap().iter().map(|entry| entry["body"]["operation"].as_str().unwrap().to_owned());
        entries.filter(|operation| ["updatePerson", "recordCapacity"].contains(&operation.as_str())).count()
    };
    assert_eq!((written(kin(), &family.case), written(boss(), &family.case), written(boss(), &own.id())), (0, 0, 5));
    app.adviser().if_match(1).patch(&ana, &json!({"preferredLanguage":"cy"})).ok(200);
    assert_eq!(written(kin(), &family.case), 1);
    let whole = app.as_role(Role::Auditor).get("/access-log?operation=getPerson&limit=1").ok(200);
    assert_eq!(whole.body["items"][0]["body"]["cases"].as_array().unwrap().len(), 2);
    assert!(whole.body["items"][0]["leafHash"].is_string());
}
