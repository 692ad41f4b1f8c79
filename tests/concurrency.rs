//! R16: nothing comes between what is known of a family and what is decided upon it.
//!
//! One half races changes against disclosures on a running server: once the change is acknowledged, nothing that was asked later leaves.
//! The other half shows for each write that could change an answer that it takes the guard of everybody it concerns: where one writer
//! takes turns, as in the embedded database, a race alone would not miss a forgotten guard.
//!
//! `SENDIASS_RACES` sets the number of rounds of each race.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "shared with the tests of the API, which use all of it")]
#[path = "api/family.rs"]
mod family;
#[expect(dead_code, reason = "shared with the tests of the API, which use all of it")]
#[path = "api/harness.rs"]
mod harness;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Value, json};

use family::Family;
use harness::cluster::by_engine;
use harness::{Reply, TestApp};

const SENDERS: usize = 3;

fn rounds() -> usize {
    std::env::var_os("SENDIASS_RACES").and_then(|text| text.to_str()?.parse().ok()).unwrap_or(20)
}

/// What the senders of one round saw: when each asked, and what came back.
struct Round {
    asked: Vec<(Instant, Reply)>,
    acknowledged: Instant,
}

/// Sends the same ask from several threads until shortly after the change is acknowledged.
fn race(app: &TestApp, family: &Family, ask: &Value, delay: Duration, change: impl FnOnce()) -> Round {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| {
                scope.spawn(|| {
                    let mut asked = Vec::new();
                    // The last one is asked after the change was acknowledged.
                    let mut last = false;
                    while !last {
                        last = stop.load(Ordering::SeqCst);
                        let at = Instant::now();
                        asked.push((at, family.disclose(app, ask)));
                    }
                    asked
                })
            })
            .collect();
        std::thread::sleep(delay);
        change();
        let acknowledged = Instant::now();
        stop.store(true, Ordering::SeqCst);
        Round { asked: senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect(), acknowledged }
    })
}

/// Races a change until both answers were seen often; `undo` makes the next round possible.
fn races(
    rule: &str,
    prepare: impl Fn(&TestApp, &Family) -> String,
    change: impl Fn(&TestApp, &Family, &str),
    undo: impl Fn(&TestApp, &Family),
) {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    let ask = family.ask(&note, json!({}));
    let (mut made, mut refused) = (0, 0);
    for round in 0..rounds() {
        let prepared = prepare(&app, &family);
        let delay = Duration::from_micros(700 * (round as u64 % 9));
        let seen = race(&app, &family, &ask, delay, || change(&app, &family, &prepared));
        for (at, reply) in seen.asked {
            match reply.status {
                201 => {
                    assert!(at < seen.acknowledged, "round {round}: disclosed after the change was acknowledged: {}", reply.text);
                    made += 1;
                }
                409 => {
                    assert!(reply.rules().contains(&rule.to_owned()), "round {round}: {}", reply.text);
                    refused += 1;
                }
                _ => panic!("round {round}: {}", reply.text),
            }
        }
        undo(&app, &family);
    }
    // Otherwise nothing raced.
    assert!(made > rounds() / 4 && refused > rounds() / 4, "{made} made, {refused} refused");
    the_log_is_whole(&app, made + refused);
}

#[derive(QueryableByName)]
struct Figure {
    #[diesel(sql_type = BigInt)]
    figure: i64,
}

fn figure(app: &TestApp, sql: &str) -> i64 {
    diesel::sql_query(format!("SELECT ({sql}) AS figure")).get_result::<Figure>(&mut app.sabotage()).unwrap().figure
}

/// Every answer has its entry; places have no gap; each entry has its leaf.
fn the_log_is_whole(app: &TestApp, answers: usize) {
    let entries = figure(app, "SELECT count(*) FROM disclosure_entry");
    assert_eq!(entries, figure(app, "SELECT max(idx) + 1 FROM disclosure_entry"));
    assert_eq!(entries, figure(app, "SELECT count(*) FROM disclosure_leaf"));
    let answered = figure(app, "SELECT count(*) FROM disclosure_entry WHERE kind IN ('disclosure_made', 'disclosure_refused')");
    assert_eq!(usize::try_from(answered).unwrap(), answers);
    let made = figure(app, "SELECT count(*) FROM disclosure_entry WHERE kind = 'disclosure_made'");
    assert_eq!(made, figure(app, "SELECT count(*) FROM disclosure"));
}

#[test]
fn after_a_withdrawal_is_acknowledged_nothing_leaves() {
    races(
        "consent_withdrawn",
        |app, family| family.permit(app, json!({})),
        |app, family, consent| drop(family.withdraw(app, consent, json!({})).ok(200)),
        |_, _| (),
    );
}

#[test]
fn after_a_refusal_is_acknowledged_nothing_leaves() {
    let last = std::sync::Mutex::new(String::new());
    races(
        "conflicting_refusal",
        |app, family| family.permit(app, json!({})),
        |app, family, _| *last.lock().unwrap() = family.refuse(app, &family.finn, &[&family.ana]).id(),
        |app, family| drop(family.withdraw(app, &last.lock().unwrap(), json!({"withdrawnById":family.finn})).ok(200)),
    );
}

/// Says of somebody whether they have parental responsibility for Ana.
fn responsible(app: &TestApp, family: &Family, who: &str, value: &str) -> Reply {
    let path = format!("/participants/{}", family.participant(who));
    let list = app.adviser().get(&format!("/cases/{}/participants", family.case)).ok(200);
    let row = list.body["items"].as_array().unwrap().iter().find(|row| row["personId"] == *who).unwrap().clone();
    let held = json!({"parentalResponsibility":[{"childId":family.ana,"value":value,"evidence":"self_declared"}]});
    app.adviser().if_match(&row["version"]).patch(&path, &held).ok(200)
}

#[test]
fn after_the_end_of_parental_responsibility_is_acknowledged_nothing_leaves() {
    let app = TestApp::spawn();
    let rule = {
        // Which rule tells it depends on what else is on record; it is asked once, without a race.
        let family = Family::record(&app);
        let note = family.n1(&app);
        family.permit(&app, json!({}));
        responsible(&app, &family, &family.mia, "no");
        let refused = family.disclose(&app, &family.ask(&note, json!({})));
        assert_eq!(refused.status, 409, "{}", refused.text);
        refused.rules().remove(0)
    };
    races(
        &rule,
        |app, family| family.permit(app, json!({})),
        |app, family, _| drop(responsible(app, family, &family.mia, "no")),
        |app, family| drop(responsible(app, family, &family.mia, "yes")),
    );
}

#[test]
fn a_permission_for_one_time_is_used_one_time() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    let ask = family.ask(&note, json!({}));
    let mut answers = 0;
    for round in 0..rounds() {
        family.permit(&app, json!({"conditions":[{"kind":"once_only"}]}));
        let seen = race(&app, &family, &ask, Duration::from_millis(5), || ());
        let made = seen.asked.iter().filter(|(_, reply)| reply.status == 201).count();
        assert_eq!(made, 1, "round {round}");
        assert!(seen.asked.len() > 1 && seen.asked.iter().all(|(_, reply)| [201, 409].contains(&reply.status)), "round {round}");
        answers += seen.asked.len();
    }
    the_log_is_whole(&app, answers);
    assert_eq!(figure(&app, "SELECT count(*) FROM consent WHERE used_at IS NOT NULL"), i64::try_from(rounds()).unwrap());
}

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
    watch.takes("a withdrawal by another", &[sam, finn, mia], || family.withdraw(&app, &refusal, json!({})).ok(200));
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
    let version = || adviser.get(&format!("/cases/{case}")).ok(200).version();
    watch.takes("closing", &everybody, || {
        adviser.if_match(version()).post(&format!("/cases/{case}/closure"), &json!({"outcome":"information_given"})).ok(200)
    });
    watch.takes("reopening", &everybody, || {
        adviser.if_match(version()).post(&format!("/cases/{case}/reopening"), &json!({"reason":"They called again."})).ok(200)
    });
    watch.takes("opening", &[ana, mia], || {
        let body = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"draft_plan","primary":true}],
            "senNeeds":[{"type":"slcn","rank":1}],"senProvision":"k","setting":"mainstream","appealTypes":[],"participants":[
            {"personId":ana,"role":"subject","relation":"self","servedSeparately":false},
            {"personId":mia,"role":"service_user","relation":"parent","servedSeparately":false}]});
        adviser.post("/cases", &body).ok(201)
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
