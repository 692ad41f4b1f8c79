//! Where something went stays on record as it was then (C3), with those who know of that address (C1), and no longer than the case in which it is (C16).

use diesel::connection::SimpleConnection;
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::apart::own_case;
use crate::asking::{build, deliver, dispatch, include, log, put};
use crate::disposals::{approve, count, deputy};
use crate::family::Family;
use crate::harness::{Reply, Session, TestApp};
use crate::subject_answers::ready;

/// What is shown of where it went.
fn sent_to(session: &Session<'_>, disclosure: &str) -> Value {
    session.get(&format!("/disclosures/{disclosure}")).ok(200).body["sentTo"].clone()
}

/// Replaces all contacts of somebody on the side that the caller sees.
fn reached_by(session: &Session<'_>, person: &str, contacts: &Value) -> Reply {
    let path = format!("/people/{person}");
    let version = session.get(&path).ok(200).version();
    session.if_match(version).patch(&path, &json!({"contacts":contacts})).ok(200)
}

fn email(value: &str) -> Value {
    json!([{"kind":"email","value":value,"safe":true,"verifiedAt":"2026-05-30T10:00:00.000Z"}])
}

fn went(person: &str, value: &str) -> Value {
    json!({"personId":person,"kind":"email","value":value})
}

#[test]
fn where_something_went_stays_on_record_whatever_becomes_of_the_contact() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (Family { mia, finn, .. }, note) = (&family, family.n1(&app));
    family.permit(&app, json!({"recipients":[{"recipientId":family.council,"teamId":family.north},{"personId":finn}]}));
    let copied = |change: Value| {
        let mut ask = family.ask(&note, json!({"copies":[{"personId":mia,"contactId":family.mia_contact}]}));
        crate::family::merge(&mut ask, change);
        family.disclose(&app, &ask).ok(201)
    };
    let (both, mias) = (json!([went(finn, "finn@example.org"), went(mia, "mia@example.org")]), json!([went(mia, "mia@example.org")]));
    let made = [
        (copied(json!({})), &mias),
        (copied(json!({"recipient":{"personId":finn}})), &both),
        // What is handed over goes to no contact, and its copy does.
        (copied(json!({"recipient":{"personId":finn},"channel":"in_person_handover"})), &mias),
    ];
    for (made, expected) in &made {
        assert_eq!(made.body["sentTo"], **expected, "{}", made.text);
    }
    let nobody = family.disclose(&app, &family.ask(&note, json!({}))).ok(201);
    assert_eq!(nobody.body.get("sentTo"), None);
    let contacts: Vec<Value> =
        [mia, finn].iter().map(|person| app.adviser().get(&format!("/people/{person}")).ok(200).body["contacts"].clone()).collect();
    reached_by(&app.adviser(), mia, &email("mia.new@example.org"));
    reached_by(&app.adviser(), finn, &json!([]));
    for (made, expected) in &made {
        assert_eq!(sent_to(&app.adviser(), &made.id()), **expected);
    }
    // Of several to which it can have gone each is told, and none that would not have been used.
    let mut several = contacts[1].as_array().unwrap().clone();
    several.extend(email("finn.work@example.org").as_array().unwrap().clone());
    several.push(json!({"kind":"email","value":"finn.old@example.org","safe":false}));
    for contact in &mut several {
        contact.as_object_mut().unwrap().remove("id");
    }
    reached_by(&app.adviser(), finn, &json!(several));
    let made = family.disclose(&app, &family.ask(&note, json!({"recipient":{"personId":finn}}))).ok(201);
    assert_eq!(made.body["sentTo"], json!([went(finn, "finn.work@example.org"), went(finn, "finn@example.org")]));
}

/// Somebody who is served separately by this adviser, at two addresses of which nobody else knows; the first of them.
fn apart<'a>(app: &'a TestApp, person: &str) -> (Session<'a>, String, String) {
    let hers = app.as_staff(Role::Adviser, "hers");
    let own = own_case(&hers, person).id();
    let two = [email("own@example.org")[0].clone(), email("spare@example.org")[0].clone()];
    let known = reached_by(&hers, person, &json!(two));
    (hers, own, known.body["contacts"][0]["id"].as_str().unwrap().to_owned())
}

#[test]
fn an_address_that_somebody_told_in_a_case_of_their_own_is_shown_to_those_who_see_that_case() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (hers, _, contact) = apart(&app, &family.mia);
    let boss = app.manager().with("Access-Reason", "supervision");
    let note = family.n1(&app);
    family.permit(&app, json!({}));
    let disclosures = format!("/cases/{}/disclosures", family.case);
    let ask = |contact: &str| family.ask(&note, json!({"copies":[{"personId":family.mia,"contactId":contact}]}));
    let copied = boss.post(&disclosures, &ask(&contact)).ok(201);
    let answered = log(&app, &family, json!({}));
    let items: Vec<Value> = crate::asking::held(&boss, &answered).iter().map(|item| include(item["id"].as_str().unwrap())).collect();
    put(&boss, &answered, &items).ok(200);
    deliver(&boss, &answered, &contact).ok(200);
    build(&boss, &answered).ok(202);
    let sent = dispatch(&boss, &answered, "secure_email").ok(200);
    let of_case = |id: &Value| {
        let id = id.as_str().unwrap().to_owned();
        (boss.get(&format!("/disclosures/{id}")).ok(200).str("caseId") == family.case).then_some(id)
    };
    let answer: Vec<String> = sent.body["disclosureIds"].as_array().unwrap().iter().filter_map(of_case).collect();
    assert_eq!(answer.len(), 1, "{}", sent.text);
    for id in [&copied.id(), &answer[0]] {
        let told = json!([went(&family.mia, "own@example.org")]);
        assert_eq!((sent_to(&boss, id), sent_to(&hers, id)), (told.clone(), told));
        for other in [app.adviser(), app.manager()] {
            let seen = other.get(&format!("/disclosures/{id}")).ok(200);
            assert!(seen.body.get("sentTo").is_none() && !seen.text.contains("own@"), "{}", seen.text);
        }
    }
    // What is known on both sides is no secret of hers, however it is written.
    let known = reached_by(&app.adviser(), &family.mia, &email("Own@Example.org"));
    assert_eq!(known.body["contacts"].as_array().unwrap().len(), 1);
    let open = boss.post(&disclosures, &ask(&contact)).ok(201).id();
    assert_eq!(sent_to(&app.adviser(), &open), json!([went(&family.mia, "Own@Example.org")]));
    assert_eq!(sent_to(&app.adviser(), &copied.id()), Value::Null, "what went before was known there only");
}

#[test]
fn an_address_goes_with_the_case_in_which_it_is_known_and_with_what_went_there() {
    for own_case_goes in [true, false] {
        let app = TestApp::spawn();
        let family = Family::record(&app);
        let (_, own, contact) = apart(&app, &family.ana);
        deputy(&app).get("/me").ok(200);
        let boss = app.manager().with("Access-Reason", "supervision");
        family.permit(&app, json!({}));
        let copies = json!([{"personId":family.ana,"contactId":contact},{"personId":family.mia,"contactId":family.mia_contact}]);
        let made = boss
            .post(
                &format!("/cases/{}/disclosures", family.case),
                &family.ask(&family.note(&app, &family.ana, &[&family.ana], "school_provision", json!({})), json!({"copies":copies})),
            )
            .ok(201);
        assert_eq!(made.body["sentTo"].as_array().unwrap().len(), 2);
        let kept = || count(&app, "SELECT count(*) AS count FROM disclosure_address");
        assert_eq!(kept(), 2);
        // Neither is taken away before.
        assert!(app.sabotage().batch_execute("DELETE FROM disclosure_address").is_err());
        let case = if own_case_goes { &own } else { &family.case };
        let closing = boss.if_match(boss.get(&format!("/cases/{case}")).ok(200).version());
        closing.post(&format!("/cases/{case}/closure"), &json!({"outcome":"agreed"})).ok(200);
        let class = boss.get(&format!("/cases/{case}")).ok(200).body["retention"]["class"].clone();
        let body = json!({"caseIds":[case],"class":class,"ground":"erasure_request"});
        let proposed = boss.with("Idempotency-Key", &uuid::Uuid::new_v4().to_string()).post("/disposals", &body).ok(201).id();
        approve(&deputy(&app).with("Access-Reason", "supervision"), &proposed, 1).ok(200);
        assert_eq!(kept(), i64::from(own_case_goes));
        if own_case_goes {
            let left = json!([went(&family.mia, "mia@example.org")]);
            assert_eq!((sent_to(&boss, &made.id()), sent_to(&app.adviser(), &made.id())), (left.clone(), left));
        }
    }
}

#[test]
fn an_address_of_somebody_who_is_one_with_them_is_shown_to_those_who_see_that_record() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (hers, boss) = (app.as_staff(Role::Adviser, "hers"), app.manager().with("Access-Reason", "supervision"));
    let contacts = json!([{"kind":"mobile","value":"+447700900124","safe":true}]);
    let caller = hers.post("/people", &json!({"kind":"anonymous","knownAs":"A caller","pseudonymous":true,"contacts":contacts})).ok(201);
    let part = json!({"personId":caller.id(),"role":"service_user","relation":"other","servedSeparately":false});
    let case = json!({"interventionLevel":"l1","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[part]});
    let case = hers.post("/cases", &case).ok(201).id();
    let merge = json!({"mergedPersonId":caller.id(),"reason":"Told what only she knew."});
    boss.if_match(1).post(&format!("/people/{}/merges", family.mia), &merge).ok(201);
    family.permit(&app, json!({}));
    let copies = json!([{"personId":family.mia,"contactId":caller.body["contacts"][0]["id"]}]);
    let made = family.disclose(&app, &family.ask(&family.n1(&app), json!({"copies":copies}))).ok(201);
    let told = json!([{"personId":family.mia,"kind":"mobile","value":"+447700900124"}]);
    assert_eq!(made.body["sentTo"], told);
    let named = json!({"restricted":true,"namedStaffIds":[hers.get("/me").ok(200).id()],"conflictedStaffIds":[],"reason":"A relative."});
    boss.if_match(1).put(&format!("/cases/{case}/restriction"), &named).ok(200);
    assert_eq!((sent_to(&boss, &made.id()), sent_to(&hers, &made.id())), (told.clone(), told));
    assert_eq!((sent_to(&app.adviser(), &made.id()), sent_to(&app.manager(), &made.id())), (Value::Null, Value::Null));
}

#[test]
fn an_answer_went_to_the_contact_that_was_chosen_for_it_and_to_no_other() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let two = json!([email("mia@example.org")[0], email("mia.work@example.org")[0]]);
    let known = reached_by(&app.adviser(), &family.mia, &two);
    family.n1(&app);
    let id = log(&app, &family, json!({}));
    ready(&manager, &id);
    deliver(&manager, &id, known.body["contacts"][1]["id"].as_str().unwrap()).ok(200);
    let sent = dispatch(&manager, &id, "secure_email").ok(200);
    let left = sent.body["disclosureIds"][0].as_str().unwrap();
    assert_eq!(sent_to(&app.adviser(), left), json!([went(&family.mia, "mia.work@example.org")]));
}
