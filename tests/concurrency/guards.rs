//! Every write that could change an answer takes the guard of everybody it concerns, on either database.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Value, json};
use ureq::http::Method;

use crate::family::{self, Family, merge};
use crate::harness::TestApp;
use crate::harness::cluster::by_engine;
use crate::responsible;

#[derive(QueryableByName)]
struct Guard {
    #[diesel(sql_type = Text)]
    person: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
}

fn guards(app: &TestApp) -> BTreeMap<String, i64> {
    let rows: Vec<Guard> = diesel::sql_query(by_engine(
        "SELECT lower(hex(person_id)) AS person, CAST(version AS BIGINT) AS version FROM decision_guard",
        "SELECT replace(person_id::text, '-', '') AS person, version::bigint AS version FROM decision_guard",
    ))
    .load(&mut app.sabotage())
    .unwrap();
    rows.into_iter().map(|row| (row.person, row.version)).collect()
}

fn merged(mut body: Value, change: Value) -> Value {
    merge(&mut body, change);
    body
}

/// Does it, and tells whose guards were taken.
struct Watched<'a> {
    app: &'a TestApp,
    missed: Vec<String>,
}

impl Watched<'_> {
    fn takes<T>(&mut self, name: &str, people: &[&str], f: impl FnOnce() -> T) -> T {
        let before = guards(self.app);
        let done = f();
        let after = guards(self.app);
        for person in people {
            let key = person.replace('-', "");
            if after[&key] <= before.get(&key).copied().unwrap_or_default() {
                self.missed.push(format!("{name} does not take the guard of {person}"));
            }
        }
        done
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one family, and all that may happen to it, one after the other")]
fn whatever_could_change_an_answer_takes_the_guard_of_everybody_it_concerns() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let Family { case, ana, mia, finn, nell, sam, .. } = &family;
    let everybody = [ana.as_str(), mia, finn, nell, sam];
    let mut watch = Watched { app: &app, missed: Vec::new() };
    let adviser = app.adviser();
    let aunt = family::person(&app, &json!({"kind":"parent_carer","fullName":"Una Calder","pseudonymous":false})).id();

    let note = watch.takes("a note", &[ana, mia], || family.n1(&app));
    let consent = watch.takes("a permission", &[ana, mia], || family.permit(&app, json!({})));
    let tribunal = json!({"purposes":["tribunal"],"subjectIds":[mia]});
    let replaced = family.permit(&app, tribunal);
    watch.takes("a replacement", &[ana, mia], || family.permit(&app, json!({"purposes":["tribunal"],"supersedesId":replaced})));
    let refusal = watch.takes("a refusal", &[sam, finn], || family.refuse(&app, finn, &[sam]).id());
    watch.takes("a disclosure", &[ana, mia], || family.disclose(&app, &family.ask(&note, json!({}))).ok(201));
    watch.takes("a refused disclosure", &[ana, mia], || {
        let elsewhere = json!({"recipient":{"recipientId":family.school}});
        assert_eq!(family.disclose(&app, &family.ask(&note, elsewhere)).status, 409);
    });
    let attendance = |change| {
        let body = json!({"noteIds":[],"subjectIds":[ana],"informationCategories":["attendance"]});
        family.disclose(&app, &family.ask(&note, merged(body, change)))
    };
    let proceedings = family.permit_proceedings(&app, json!({}));
    let legal = family.extracted(&app, &note);
    watch.takes("an extract that is sent", &[ana, mia], || {
        let copies = json!({"copies":[{"personId":mia,"contactId":family.mia_contact}]});
        app.manager().if_match(5).post(&format!("/legal-requests/{legal}/dispatch"), &copies).ok(200)
    });
    family.withdraw(&app, &proceedings, json!({})).ok(200);
    let answer = family.answered(&app);
    watch.takes("an answer to a request for what is held", &everybody, || {
        app.manager().if_match(4).post(&format!("/subject-access-requests/{answer}/dispatch"), &json!({"channel":"secure_email"})).ok(200)
    });
    let contact = json!([{"kind":"email","value":"io@example.org","safe":true,"verifiedAt":"2026-05-30T10:00:00.000Z"}]);
    let lone = family::person(&app, &json!({"kind":"parent_carer","fullName":"Io Reed","pseudonymous":false,"contacts":contact}));
    let asks = family.subject_access(json!({"subjectId":lone.id(),"requesterId":lone.id()}));
    let path = format!("/subject-access-requests/{}", adviser.post("/subject-access-requests", &asks).ok(201).id());
    app.manager().if_match(1).patch(&path, &json!({"deliveryContactId":lone.body["contacts"][0]["id"]})).ok(200);
    app.manager().if_match(2).put(&format!("{path}/items"), &json!({"items":[]})).ok(200);
    app.manager().send(&Method::POST, &format!("{path}/bundle"), None).ok(202);
    watch.takes("an answer about no case", &[&lone.id()], || {
        app.manager().if_match(4).post(&format!("{path}/dispatch"), &json!({"channel":"secure_email"})).ok(200)
    });
    watch.takes("a question to somebody outside", &[ana, mia], || {
        let path = format!("/cases/{case}/information-requests");
        adviser.post(&path, &family.asked_by_service(json!({"subjectIds":[ana, mia]}))).problem(409, "consent-scope-exceeded")
    });
    watch.takes("what goes to somebody", &[ana, finn], || {
        assert_eq!(attendance(json!({"recipient":{"personId":finn}})).status, 409);
    });
    family.refuse(&app, nell, &[ana]);
    watch.takes("a disclosure about somebody of whom another spoke", &[ana, nell], || attendance(json!({})).ok(201));
    watch.takes("an anonymous issue", &everybody, || {
        let body = json!({"basis":"anonymised","purpose":"pass_information","direction":"outbound","channel":"secure_email",
            "recipient":{"recipientId":family.council},"informationCategories":["concerns_raised"],"cohort":{"senNeed":"slcn"},
            "summary":"Calls are not returned."});
        family.disclose(&app, &body).problem(422, "identifying-details")
    });
    watch.takes("the end of a refusal", &[sam, finn], || family.withdraw(&app, &refusal, json!({"withdrawnById":finn})).ok(200));
    let tribunal = family.permit(&app, json!({"purposes":["tribunal"],"subjectIds":[mia, ana]}));
    watch.takes("a withdrawal by another", &[ana, mia, finn], || family.withdraw(&app, &tribunal, json!({"withdrawnById":finn})).ok(200));
    watch.takes("a withdrawal", &[ana, mia], || family.withdraw(&app, &consent, json!({})).ok(200));
    let wrong = family.permit(&app, json!({}));
    watch.takes("an annulment", &[ana, mia], || {
        adviser.post(&format!("/consents/{wrong}/annulment"), &json!({"reason":"Another family."})).ok(200)
    });
    watch.takes("a correction", &[ana, mia, sam], || {
        let body = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":mia,"aboutPersonIds":[sam],
            "namesOthers":false,"informationCategories":["school_provision"],"concern":"It was about Sam.","actionTaken":"None.",
            "factOrOpinion":"fact","sensitivity":"ordinary","keepConfidential":false,"correctionReason":"The wrong child."});
        adviser.post(&format!("/notes/{note}/correction"), &body).ok(201)
    });
    watch.takes("a new participant", &[ana, mia, finn, nell, sam, &aunt], || {
        let body = json!({"personId":aunt,"role":"supporter","relation":"other","servedSeparately":false,
            "parentalResponsibility":[{"childId":ana,"value":"yes","evidence":"self_declared"}]});
        adviser.post(&format!("/cases/{case}/participants"), &body).ok(201)
    });
    watch.takes("a change of parental responsibility", &everybody, || responsible(&app, &family, mia, "no"));
    watch.takes("the end of a part", &everybody, || {
        adviser.if_match(1).patch(&format!("/participants/{}", family.participant(nell)), &json!({"endedOn":"2026-05-31"})).ok(200)
    });
    watch.takes("a capacity record", &[sam], || {
        let body = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
            "outcome":"can_decide","assessedOn":"2026-05-01","reasons":"Told it back."});
        adviser.post(&format!("/people/{sam}/capacity-records"), &body).ok(201)
    });
    watch.takes("a birth date", &[ana], || {
        adviser.if_match(1).patch(&format!("/people/{ana}"), &json!({"dateOfBirth":"2013-03-12"})).ok(200)
    });
    let caller = family::person(&app, &json!({"kind":"anonymous","pseudonymous":true})).id();
    let found = json!({"mergedPersonId":caller,"reason":"Told what only she knew."});
    let merge = watch.takes("a merge", &[nell, &caller], || {
        let version = adviser.get(&format!("/people/{nell}")).ok(200).version();
        app.manager().if_match(version).post(&format!("/people/{nell}/merges"), &found).ok(201).id()
    });
    watch.takes("a refusal of somebody who is two on record", &[ana, nell, &caller], || family.refuse(&app, nell, &[ana]));
    watch.takes("a reversal", &[nell, &caller], || {
        app.manager().if_match(1).post(&format!("/person-merges/{merge}/reversal"), &json!({"reason":"Her sister."})).ok(200)
    });
    let version = || adviser.get(&format!("/cases/{case}")).ok(200).version();
    watch.takes("closing", &everybody, || {
        adviser.if_match(version()).post(&format!("/cases/{case}/closure"), &json!({"outcome":"information_given"})).ok(200)
    });
    watch.takes("reopening", &everybody, || {
        adviser.if_match(version()).post(&format!("/cases/{case}/reopening"), &json!({"reason":"They called again."})).ok(200)
    });
    let opened = watch.takes("opening", &[ana, mia], || {
        let body = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"draft_plan","primary":true}],
            "senNeeds":[{"type":"slcn","rank":1}],"senProvision":"k","setting":"mainstream","appealTypes":[],"participants":[
            {"personId":ana,"role":"subject","relation":"self","servedSeparately":false},
            {"personId":mia,"role":"service_user","relation":"parent","servedSeparately":false},
            {"personId":nell,"role":"supporter","relation":"grandparent","servedSeparately":false}]});
        adviser.post("/cases", &body).ok(201).id()
    });
    let wrong = family.note(&app, mia, &[ana, sam], "school_provision", json!({}));
    watch.takes("a note that moves", &[ana, mia, sam, nell], || {
        let body = json!({"caseId":opened,"reason":"It belongs there.","fromPersonId":nell,"aboutPersonIds":[ana]});
        adviser.post(&format!("/notes/{wrong}/relocation"), &body).ok(201)
    });
    assert!(watch.missed.is_empty(), "\n{}", watch.missed.join("\n"));
}

#[test]
fn what_changes_no_answer_leaves_the_guards_alone() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    let before = guards(&app);
    app.adviser().get(&format!("/cases/{}/consents", family.case)).ok(200);
    let mut check =
        family.ask(&family.council, json!({"noteIds":[],"informationCategories":["school_provision"],"subjectIds":[family.ana]}));
    check.as_object_mut().unwrap().remove("summary");
    check.as_object_mut().unwrap().remove("toldSubject");
    app.adviser().post(&format!("/cases/{}/disclosure-checks", family.case), &check).ok(200);
    assert_eq!(guards(&app), before);
}
