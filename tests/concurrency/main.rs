//! R16: nothing comes between what is known of a family and what is decided upon it, and several replicas before one database behave as one.
//!
//! `main` races changes against disclosures on two replicas (on the embedded database, which is one process's alone, on one): once a change is
//! acknowledged, nothing that was asked later leaves. `guards` shows for each write that could change an answer that it takes the guard of
//! everybody it concerns: where one writer takes turns, a race alone would not miss a forgotten guard. `pairs` sends what excludes each other
//! to both replicas at once, `behind` has one wait behind the other and shows what is judged again, `replicas` shows that it does not matter which
//! one is asked, and `workload` mixes everything.
//!
//! `SENDIASS_RACES` sets the number of rounds of each race, `SENDIASS_WORKLOAD` the seconds of the mixed workload.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod behind;
mod extracts;
#[expect(dead_code, reason = "shared with the tests of the API, which use all of it")]
#[path = "../api/family.rs"]
mod family;
mod guards;
#[expect(dead_code, reason = "shared with the tests of the API, which use all of it")]
#[path = "../api/harness.rs"]
mod harness;
mod pairs;
mod replicas;
mod workload;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use sendiass::db::conn::Conn;
use sendiass::domain::time::Timestamp;
use serde_json::{Value, json};

use family::Family;
use harness::{Reply, Session, TestApp, at};

/// On each replica.
const SENDERS: usize = 2;

/// So many rounds, unless the environment asks for more.
fn rounds() -> usize {
    setting("SENDIASS_RACES").unwrap_or(6)
}

fn setting(name: &str) -> Option<usize> {
    std::env::var_os(name).and_then(|text| text.to_str()?.parse().ok())
}

/// What came back to the senders of one round.
struct Round {
    asked: Vec<Reply>,
    /// The last entry of the log once the change was acknowledged. Entries are committed in their order: a later one left after the change.
    last: i64,
}

/// Sends the same ask to both replicas from several threads until shortly after the change is acknowledged. On a machine that has much else to do the
/// change would always come first, so it waits until so many were answered.
fn race(apps: &[&TestApp; 2], family: &Family, ask: &Value, (answers, delay): (usize, Duration), change: impl FnOnce()) -> Round {
    let (stop, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut watching = apps[0].sabotage();
    std::thread::scope(|scope| {
        let senders: Vec<_> = apps
            .repeat(SENDERS)
            .into_iter()
            .map(|app| {
                let (stop, answered) = (&stop, &answered);
                scope.spawn(move || {
                    let mut asked = Vec::new();
                    // The last one is asked after the change was acknowledged.
                    let mut last = false;
                    while !last {
                        last = stop.load(Ordering::SeqCst);
                        asked.push(family.disclose(app, ask));
                        answered.fetch_add(1, Ordering::SeqCst);
                    }
                    asked
                })
            })
            .collect();
        while answered.load(Ordering::SeqCst) < answers && !senders.iter().any(ScopedJoinHandle::is_finished) {
            std::thread::sleep(Duration::from_micros(500));
        }
        std::thread::sleep(delay);
        change();
        let last = figure_on(&mut watching, LAST);
        stop.store(true, Ordering::SeqCst);
        Round { asked: senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect(), last }
    })
}

/// One change that is raced against disclosures.
struct Race<'a> {
    /// What is asked for, once there is a note.
    ask: &'a dyn Fn(&Family, &str) -> Value,
    /// A permission on which the asks of a round rest.
    permit: &'a dyn Fn(&TestApp, &Family) -> String,
    change: &'a dyn Fn(&TestApp, &Family, &str),
    /// Makes the next round possible.
    undo: &'a dyn Fn(&TestApp, &Family),
}

impl Default for Race<'_> {
    fn default() -> Self {
        Self {
            ask: &|family, note| family.ask(note, json!({})),
            permit: &|app, family| family.permit(app, json!({})),
            change: &|_, _, _| (),
            undo: &|_, _| (),
        }
    }
}

/// So many rounds with one family. A decision reads all that was ever said about it: some dozens of records in life, and so here.
const OF_ONE_FAMILY: usize = 25;

/// Races a change until both answers were seen often. Which rule tells of it is asked first, without a race.
fn races(Race { ask, permit, change, undo }: Race<'_>) {
    let (app, other) = replicas();
    let (app, other) = (app.patient(), other.patient());
    let (mut made, mut refused, mut families, mut rule) = (0, 0, 0, String::new());
    for first_round in (0..rounds()).step_by(OF_ONE_FAMILY) {
        let family = Family::record(&app);
        let ask = ask(&family, &family.n1(&app));
        let first = permit(&app, &family);
        change(&app, &family, &first);
        rule = family.disclose(&app, &ask).rules().remove(0);
        families += 1;
        for round in first_round..rounds().min(first_round + OF_ONE_FAMILY) {
            undo(&app, &family);
            let permission = permit(&app, &family);
            let delay = Duration::from_micros(1300 * (round as u64 % 9));
            let seen = race(&[&app, &other], &family, &ask, (round % 3, delay), || change(&other, &family, &permission));
            for reply in seen.asked {
                match reply.status {
                    201 => {
                        let index = reply.body["logEntries"][0]["index"].as_i64().unwrap();
                        assert!(index <= seen.last, "round {round}: disclosed after the change was acknowledged: {}", reply.text);
                        made += 1;
                    }
                    409 | 422 => {
                        assert!(reply.rules().contains(&rule), "round {round}: not {rule}: {}", reply.text);
                        refused += 1;
                    }
                    _ => panic!("round {round}: {}", reply.text),
                }
            }
        }
    }
    // Otherwise nothing raced.
    assert!(made > rounds() / 4 && refused > rounds() / 4, "{made} made, {refused} refused");
    let turned_away: usize = [&app, &other].map(|app| app.turned_away.as_ref().unwrap().load(Ordering::SeqCst)).iter().sum();
    println!(
        "{rule}: {} rounds, {made} disclosed, {refused} refused, 0 after the change, {turned_away} times 503 and asked again",
        rounds()
    );
    // What was turned away may have been decided all the same, and a refusal is decided afresh.
    let answered = the_log_is_whole(&app);
    assert!((made + refused + families..=made + refused + families + turned_away).contains(&answered), "{answered}: {made} + {refused}");
}

/// Two replicas before one database.
fn replicas() -> (TestApp, TestApp) {
    let app = TestApp::spawn();
    let other = app.replica();
    (app, other)
}

/// Does both as nearly at once as can be.
fn at_once<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    let ready = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        let one = scope.spawn(|| {
            ready.wait();
            one()
        });
        ready.wait();
        let other = other();
        (one.join().unwrap(), other)
    })
}

#[derive(QueryableByName)]
struct Figure {
    #[diesel(sql_type = BigInt)]
    figure: i64,
}

const LAST: &str = "SELECT coalesce(max(idx), -1) FROM disclosure_entry";

fn figure(app: &TestApp, sql: &str) -> i64 {
    figure_on(&mut app.sabotage(), sql)
}

fn figure_on(conn: &mut Conn, sql: &str) -> i64 {
    diesel::sql_query(format!("SELECT ({sql}) AS figure")).get_result::<Figure>(conn).unwrap().figure
}

/// Sends it until it is not turned away, always as the same request.
fn insist(session: &Session<'_>, path: &str, body: &Value) -> Reply {
    let session = session.with("Idempotency-Key", &uuid::Uuid::new_v4().to_string());
    loop {
        let reply = session.post(path, body);
        if reply.status != 503 && reply.body["code"] != "idempotency-in-progress" {
            return reply;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// In both logs places have no gap, times never decrease and each entry has its leaf; every disclosure has its entry. How many answers are in it.
fn the_log_is_whole(app: &TestApp) -> usize {
    for log in ["disclosure", "access"] {
        // Each in one statement: what waits for its place in the access log may be given it meanwhile.
        for wrong in [
            "SELECT count(*) - max(idx) - 1 FROM @_entry",
            "SELECT (SELECT count(*) FROM @_entry) - (SELECT count(*) FROM @_leaf)",
            "SELECT count(*) FROM @_entry e WHERE NOT EXISTS (SELECT 1 FROM @_leaf l WHERE l.idx = e.idx)",
            "SELECT count(*) FROM @_entry a JOIN @_entry b ON b.idx = a.idx + 1 WHERE b.at < a.at",
        ] {
            assert_eq!(figure(app, &wrong.replace('@', log)), 0, "{log}: {wrong}");
        }
    }
    assert!(figure(app, "SELECT count(*) FROM access_entry") > 1, "nobody looked at anything");
    let answered = figure(app, "SELECT count(*) FROM disclosure_entry WHERE kind IN ('disclosure_made', 'disclosure_refused')");
    let made = figure(app, "SELECT count(*) FROM disclosure_entry WHERE kind = 'disclosure_made'");
    assert_eq!(made, figure(app, "SELECT count(*) FROM disclosure"));
    usize::try_from(answered).unwrap()
}

/// The clock of the domain goes on, so that what is recorded next is later.
fn tick(app: &TestApp) {
    static TICKS: AtomicI64 = AtomicI64::new(1);
    let start = at("2026-06-01T09:00:00Z").micros();
    app.clock.set(Timestamp::from_micros(start + 1000 * TICKS.fetch_add(1, Ordering::SeqCst)).unwrap(), true);
}

#[test]
fn after_a_withdrawal_is_acknowledged_nothing_leaves() {
    races(Race { change: &|app, family, permission| drop(family.withdraw(app, permission, json!({})).ok(200)), ..Race::default() });
}

#[test]
fn after_an_annulment_is_acknowledged_nothing_leaves() {
    races(Race {
        change: &|app, _, permission| {
            let why = json!({"reason":"Another family."});
            app.adviser().post(&format!("/consents/{permission}/annulment"), &why).ok(200);
        },
        ..Race::default()
    });
}

#[test]
fn after_a_refusal_is_acknowledged_nothing_leaves() {
    races(Race {
        change: &|app, family, _| drop(family.refuse(app, &family.finn, &[&family.ana])),
        undo: &|app, family| {
            let live = app.adviser().get(&format!("/cases/{}/consents?limit=1", family.case)).ok(200);
            let last = live.body["items"][0]["id"].as_str().unwrap();
            family.withdraw(app, last, json!({"withdrawnById":family.finn})).ok(200);
        },
        ..Race::default()
    });
}

#[test]
fn after_a_refusal_in_another_case_is_acknowledged_nothing_leaves() {
    let second = Mutex::new(BTreeMap::new());
    let consents = |app: &TestApp, family: &Family| {
        let mut second = second.lock().unwrap();
        let case: &mut String = second.entry(family.case.clone()).or_insert_with(|| {
            let part = |person: &str, role: &str, relation: &str| json!({"personId":person,"role":role,"relation":relation,"servedSeparately":false});
            let case = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
                "senNeeds":[],"appealTypes":[],"participants":[part(&family.ana, "subject", "self"), part(&family.finn, "service_user", "parent")]});
            app.adviser().post("/cases", &case).ok(201).id()
        });
        format!("/cases/{case}/consents")
    };
    let refusal = |family: &Family| {
        json!({"decision":"refused","granterId":family.finn,"subjectIds":[family.ana],"method":"written_signed",
            "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"})
    };
    races(Race {
        change: &|app, family, _| drop(app.adviser().post(&consents(app, family), &refusal(family)).ok(201)),
        undo: &|app, family| {
            let live = app.adviser().get(&format!("{}?limit=1", consents(app, family))).ok(200);
            let last = live.body["items"][0]["id"].as_str().unwrap();
            family.withdraw(app, last, json!({"withdrawnById":family.finn})).ok(200);
        },
        ..Race::default()
    });
}

/// A change that was turned away and done all the same has moved the version: then it is read again.
fn until_it_is_the_version(change: impl Fn() -> Reply) -> Reply {
    loop {
        let reply = change();
        if reply.status != 412 {
            return reply.ok(200);
        }
    }
}

/// Says of somebody whether they have parental responsibility for Ana.
fn responsible(app: &TestApp, family: &Family, who: &str, value: &str) -> Reply {
    let path = format!("/participants/{}", family.participant(who));
    let held = json!({"parentalResponsibility":[{"childId":family.ana,"value":value,"evidence":"self_declared"}]});
    until_it_is_the_version(|| {
        let list = app.adviser().get(&format!("/cases/{}/participants", family.case)).ok(200);
        let row = list.body["items"].as_array().unwrap().iter().find(|row| row["personId"] == *who).unwrap().clone();
        app.adviser().if_match(&row["version"]).patch(&path, &held)
    })
}

#[test]
fn after_the_end_of_parental_responsibility_is_acknowledged_nothing_leaves() {
    races(Race {
        change: &|app, family, _| drop(responsible(app, family, &family.mia, "no")),
        undo: &|app, family| drop(responsible(app, family, &family.mia, "yes")),
        ..Race::default()
    });
}

#[test]
fn after_the_closing_of_the_case_is_acknowledged_nothing_leaves() {
    races(Race { change: &|app, family, _| family.close(app), undo: &|app, family| family.reopen(app), ..Race::default() });
}

/// Corrects somebody, whatever version they have.
fn correct(app: &TestApp, person: &str, change: &Value) {
    let path = format!("/people/{person}");
    until_it_is_the_version(|| app.adviser().if_match(app.adviser().get(&path).ok(200).version()).patch(&path, change));
}

#[test]
fn after_the_birth_date_of_somebody_grown_up_is_acknowledged_nothing_leaves() {
    races(Race {
        change: &|app, family, _| correct(app, &family.ana, &json!({"dateOfBirth":"2005-03-12"})),
        undo: &|app, family| correct(app, &family.ana, &json!({"dateOfBirth":"2014-03-12"})),
        ..Race::default()
    });
}

#[test]
fn after_a_child_is_found_to_decide_alone_nothing_leaves_on_a_parents_word() {
    fn assess(app: &TestApp, family: &Family, can: bool) {
        tick(app);
        Family::assess(app, &family.ana, can, "2026-02-01");
    }
    races(Race { change: &|app, family, _| assess(app, family, true), undo: &|app, family| assess(app, family, false), ..Race::default() });
}

#[test]
fn after_a_way_to_somebody_is_known_to_be_unsafe_nothing_is_sent_to_them_by_it() {
    races(Race {
        ask: &|family, note| family.ask(note, json!({"recipient":{"personId":family.finn}})),
        permit: &|app, family| family.permit(app, json!({"recipients":[{"personId":family.finn}]})),
        change: &|app, family, _| correct(app, &family.finn, &json!({"safeContact":{"avoidChannels":["secure_email"]}})),
        undo: &|app, family| correct(app, &family.finn, &json!({"safeContact":null})),
    });
}
