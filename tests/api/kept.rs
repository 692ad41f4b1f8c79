//! What the database itself keeps, whoever asks it: risks, guards, and the words of those who take part (C17, R16).

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use sendiass::domain::vocabulary::{ParticipantRole, Relation, Vocabulary};
use serde_json::json;

use crate::family::{Family, person};
use crate::harness::TestApp;
use crate::harness::cluster::{by_engine, is_postgres};

#[derive(QueryableByName)]
struct Figure {
    #[diesel(sql_type = BigInt)]
    figure: i64,
}

fn figure(app: &TestApp, sql: &str) -> i64 {
    diesel::sql_query(format!("SELECT ({sql}) AS figure")).get_result::<Figure>(&mut app.sabotage()).unwrap().figure
}

#[test]
fn a_damaged_participant_holds_up_what_rests_on_them_and_never_a_risk() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    let teacher = person(&app, &json!({"kind":"professional","fullName":"Lee Tyson","pseudonymous":false})).id();
    let part = json!({"personId":teacher,"role":"professional","relation":"professional","servedSeparately":false});
    app.adviser().post(&format!("/cases/{}/participants", family.case), &part).ok(201);
    let note = family.note(&app, &teacher, &[&family.ana], "school_provision", json!({}));
    let (ask, risk) = (family.ask(&family.n1(&app), json!({})), family.risk(&note, json!({})));
    assert_eq!(family.check(&app, &ask).ok(200).body["allowed"], true);
    app.sabotage().batch_execute("UPDATE participant SET parental_responsibility = '[{}]'").unwrap();
    family.check(&app, &ask).problem(500, "internal");
    family.disclose(&app, &ask).problem(500, "internal");
    assert_eq!(family.check(&app, &risk).ok(200).body["allowed"], true);
    let passed_on = family.disclose(&app, &risk).ok(201);
    // Nor does whoever spoke as a professional become somebody it is about.
    assert_eq!(passed_on.body["dataSubjectIds"], json!([family.ana]));
}

#[test]
fn a_damaged_concern_holds_up_what_goes_to_somebody_it_may_be_kept_from_and_nothing_else() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    family.permit(&app, json!({"recipients":[{"personId":family.finn}]}));
    let note = family.n1(&app);
    let risk =
        json!({"riskTypes":["emotional"],"atRiskPersonIds":[family.ana],"summary":"She is afraid.","knownAt":"2026-06-01T08:00:00.000Z"});
    app.adviser().post(&format!("/cases/{}/safeguarding-concerns", family.case), &risk).ok(201);
    let damaged = by_engine("randomblob(16), id, case_id, NULL, X'00'", "gen_random_uuid(), id, case_id, NULL, '\\x00'");
    let event = format!("INSERT INTO concern_event SELECT {damaged}, created_at, recorded_by FROM safeguarding_concern");
    app.sabotage().batch_execute(&event).unwrap();
    family.check(&app, &family.ask(&note, json!({"recipient":{"personId":family.finn}}))).problem(500, "internal");
    family.disclose(&app, &family.ask(&note, json!({}))).ok(201);
}

#[test]
fn a_risk_waits_for_nobody_whose_word_could_be_changing() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    let note = family.n1(&app);
    let taken = || figure(&app, "SELECT CAST(sum(version) AS BIGINT) FROM decision_guard");
    let before = taken();
    family.disclose(&app, &family.risk(&note, json!({}))).ok(201);
    assert_eq!(taken(), before);
    family.disclose(&app, &family.ask(&note, json!({}))).ok(201);
    assert!(taken() > before);
}

#[test]
fn participants_have_words_of_the_contract_and_no_others() {
    let app = TestApp::spawn();
    Family::record(&app);
    let mut conn = app.sabotage();
    let mut set = |column: &str, word: &str| conn.batch_execute(&format!("UPDATE participant SET {column} = '{word}'"));
    for role in ParticipantRole::ALL {
        set("role", role.as_str()).unwrap();
    }
    for relation in Relation::ALL {
        set("relation", relation.as_str()).unwrap();
    }
    for column in ["role", "relation"] {
        assert!(set(column, "bogus").unwrap_err().to_string().to_lowercase().contains("check"), "{column}");
    }
}

#[test]
fn no_concern_and_no_guard_is_removed_or_becomes_that_of_another() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.disclose(&app, &family.risk(&family.n1(&app), json!({}))).ok(201);
    let other = by_engine("randomblob(16)", "gen_random_uuid()");
    let later = by_engine("created_at + 1", "created_at + interval '1 day'");
    let mut refused = vec![
        ("DELETE FROM safeguarding_concern".to_owned(), "never removed"),
        (format!("UPDATE safeguarding_concern SET id = {other}"), "stay where"),
        (format!("UPDATE safeguarding_concern SET case_id = {other}"), "stay where"),
        (format!("UPDATE safeguarding_concern SET recorded_by = {other}"), "stay where"),
        (format!("UPDATE safeguarding_concern SET created_at = {later}"), "stay where"),
        (format!("UPDATE safeguarding_concern SET details = {}", by_engine("'{}'", "'{}'")), "was told of a risk stays"),
        ("DELETE FROM decision_guard".to_owned(), "guards stay"),
        (format!("UPDATE decision_guard SET person_id = {other}"), "guards stay"),
    ];
    if is_postgres() {
        refused.push(("TRUNCATE safeguarding_concern CASCADE".to_owned(), "never removed"));
        refused.push(("TRUNCATE decision_guard".to_owned(), "guards stay"));
        assert_eq!(figure(&app, "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'A'"), 0);
    } else {
        refused.push(("INSERT OR REPLACE INTO safeguarding_concern SELECT * FROM safeguarding_concern".to_owned(), "never removed"));
        refused.push(("INSERT OR REPLACE INTO decision_guard SELECT person_id, 9 FROM decision_guard".to_owned(), "guards stay"));
    }
    for (sql, words) in refused {
        let said = app.sabotage().batch_execute(&sql).expect_err(&sql).to_string();
        assert!(said.contains(words), "{sql}: {said}");
    }
    app.sabotage().batch_execute("UPDATE safeguarding_concern SET status = status, version = version + 1").unwrap();
}

#[test]
fn who_was_found_to_be_whom_stands() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let anon = crate::family::person(&app, &json!({"kind":"anonymous","pseudonymous":true})).id();
    let found = json!({"mergedPersonId":anon,"reason":"Gave a name."});
    let merge = app.manager().if_match(1).post(&format!("/people/{}/merges", family.mia), &found).ok(201).id();
    let other = by_engine("randomblob(16)", "gen_random_uuid()");
    let refused = |changes: &[String]| {
        let again = by_engine("INSERT OR REPLACE INTO person_merge SELECT * FROM person_merge", "TRUNCATE person_merge");
        for (sql, words) in [("DELETE FROM person_merge", "never removed"), (again, "never removed")] {
            let said = app.sabotage().batch_execute(sql).expect_err(sql).to_string();
            assert!(said.contains(words), "{sql}: {said}");
        }
        let always = ["id", "kept_id", "merged_id", "recorded_by"].map(|column| format!("{column} = {other}"));
        let text = format!("sealed = {}", by_engine("x'07'", r"'\x07'"));
        for change in always.iter().chain([&text]).chain(changes) {
            let sql = format!("UPDATE person_merge SET {change}");
            let said = app.sabotage().batch_execute(&sql).expect_err(&sql).to_string();
            assert!(said.contains("was merged stands"), "{sql}: {said}");
        }
    };
    refused(&[]);
    app.manager().if_match(1).post(&format!("/person-merges/{merge}/reversal"), &json!({"reason":"Her sister."})).ok(200);
    let later = format!("reversed_at = reversed_at + {}", by_engine("1", "interval '1 day'"));
    refused(&[later, format!("reversed_by = {other}"), "reversed_at = NULL, reversed_by = NULL, reversed_sealed = NULL".into()]);
    app.sabotage().batch_execute("UPDATE person_merge SET version = version + 1").unwrap();
}

#[test]
fn what_was_decided_about_a_referral_stands() {
    let app = TestApp::spawn();
    let referral = json!({"source":"self_parent","summary":"Rang.","riskStated":false});
    let id = app.adviser().post("/referrals", &referral).ok(201).id();
    app.sabotage().batch_execute("UPDATE referral SET risk_stated = NOT risk_stated, version = version + 1").unwrap();
    let declined = json!({"decision":"decline","reason":"Lives elsewhere."});
    app.adviser().if_match(2).post(&format!("/referrals/{id}/decision"), &declined).ok(200);
    let other = by_engine("randomblob(16)", "gen_random_uuid()");
    let later = |column: &str| format!("{column} = {column} + {}", by_engine("1", "interval '1 day'"));
    let mut refused = vec![
        ("DELETE FROM referral".to_owned(), "never removed"),
        (format!("UPDATE referral SET id = {other}"), "stands"),
        ("UPDATE referral SET reference = 'x'".to_owned(), "stands"),
        (format!("UPDATE referral SET recorded_by = {other}"), "stands"),
        (format!("UPDATE referral SET {}", later("received_at")), "stands"),
        (format!("UPDATE referral SET {}", later("created_at")), "stands"),
        ("UPDATE referral SET status = 'signposted'".to_owned(), "stands"),
        ("UPDATE referral SET status = 'received', decided_at = NULL, decided_by = NULL".to_owned(), "stands"),
        ("UPDATE referral SET source = 'school'".to_owned(), "stands"),
        ("UPDATE referral SET risk_stated = NOT risk_stated".to_owned(), "stands"),
        (format!("UPDATE referral SET {}", later("decided_at")), "stands"),
        (format!("UPDATE referral SET decided_by = {other}"), "stands"),
    ];
    if is_postgres() {
        refused.push(("TRUNCATE referral CASCADE".to_owned(), "never removed"));
    } else {
        refused.push(("INSERT OR REPLACE INTO referral SELECT * FROM referral".to_owned(), "never removed"));
    }
    for (sql, words) in refused {
        let said = app.sabotage().batch_execute(&sql).expect_err(&sql).to_string();
        assert!(said.contains(words), "{sql}: {said}");
    }
    app.sabotage().batch_execute("UPDATE referral SET sealed = sealed, version = version + 1").unwrap();
}

#[test]
fn whoever_receives_something_is_guarded_while_it_is_decided() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({"recipients":[{"personId":family.nell}]}));
    let guard = by_engine("lower(hex(person_id))", "replace(person_id::text, '-', '')");
    let version = |person: &str| {
        figure(&app, &format!("SELECT CAST(version AS BIGINT) FROM decision_guard WHERE {guard} = '{}'", person.replace('-', "")))
    };
    let before = version(&family.nell);
    family.disclose(&app, &family.ask(&family.n1(&app), json!({"recipient":{"personId":family.nell}}))).ok(201);
    assert_eq!(version(&family.nell), before + 1);
    // Before an answer to a subject access request is sent, everybody of its cases: what is recorded of any of them bears on what is held.
    let id = family.answered(&app);
    let before = version(&family.finn);
    crate::asking::dispatch(&app.manager(), &id, "secure_email").ok(200);
    assert_eq!(version(&family.finn), before + 1);
}

#[test]
fn what_was_asked_and_what_came_of_it_stands() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (note, manager) = (family.n1(&app), app.manager());
    family.permit_proceedings(&app, json!({}));
    let legal = family.extracted(&app, &note);
    let copies = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}]});
    manager.if_match(5).post(&format!("/legal-requests/{legal}/dispatch"), &copies).ok(200);
    let asked = format!("/cases/{}/information-requests", family.case);
    let asked = app.adviser().post(&asked, &family.asked_from_outside(json!({}))).ok(201).id();
    app.adviser().if_match(1).post(&format!("/information-requests/{asked}/response"), &json!({"outcome":"no_permission"})).ok(200);
    let sar = family.answered(&app);
    // Until it is answered no key of a case is destroyed in which its subject takes part.
    let held = app.sabotage().batch_execute("UPDATE sealing_key SET wrapped = NULL WHERE owner_kind = 'case'").unwrap_err().to_string();
    assert!(held.contains("on hold"), "{held}");
    manager.if_match(4).post(&format!("/subject-access-requests/{sar}/dispatch"), &json!({"channel":"secure_email"})).ok(200);
    let (another, later) = (by_engine("randomblob(16)", "gen_random_uuid()"), by_engine("created_at + 1", "created_at + interval '1 day'"));
    let ended = by_engine("ended_at + 1", "ended_at + interval '1 day'");
    for (table, columns) in [
        ("information_request", "id case_id disclosure_id recorded_by created_at asked_by due_on status ended_at"),
        ("legal_request", "id case_id recipient_id recorded_by created_at received_on deadline_on"),
        ("legal_extract", "id case_id legal_request_id created_at status details"),
        ("subject_access_request", "id subject_id requester_id recorded_by created_at capacity received_on status"),
        ("subject_access_part", "id case_id sar_id created_at"),
    ] {
        let value = |column: &str| match column {
            "created_at" => later,
            "ended_at" => ended,
            "asked_by" => "'service'",
            "capacity" => "'solicitor'",
            "status" => "'received'",
            "details" => "'{}'",
            date if date.ends_with("_on") => "'2026-01-01'",
            _ => another,
        };
        let mut refused: Vec<_> =
            columns.split(' ').map(|column| (format!("UPDATE {table} SET {column} = {}", value(column)), "stands")).collect();
        refused.push((format!("DELETE FROM {table}"), "never removed"));
        let replaced = if is_postgres() {
            format!("TRUNCATE {table} CASCADE")
        } else {
            format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
        };
        refused.push((replaced, "never removed"));
        for (sql, words) in refused {
            let said = app.sabotage().batch_execute(&sql).expect_err(&sql).to_string();
            assert!(said.contains(words), "{sql}: {said}");
        }
        app.sabotage().batch_execute(&format!("UPDATE {table} SET sealed = sealed")).unwrap();
    }
}
