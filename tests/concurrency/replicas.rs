//! It does not matter which of two replicas is asked.

use std::collections::BTreeSet;

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::family::{Family, person};
use crate::harness::{Reply, TestApp};
use crate::{at_once, figure, insist, replicas, rounds, the_log_is_whole};

fn somebody(name: &str) -> Value {
    json!({"kind":"parent_carer","fullName":name,"pseudonymous":false})
}

fn keyed(app: &TestApp, key: &str, body: &Value) -> Reply {
    app.adviser().with("Idempotency-Key", key).post("/people", body)
}

#[test]
fn a_request_sent_to_both_takes_effect_once() {
    let (app, other) = replicas();
    for round in 0..rounds() {
        let (key, body) = (format!("the-same-key-{round:04}"), somebody("Una Calder"));
        let (one, two) = at_once(|| keyed(&app, &key, &body), || keyed(&other, &key, &body));
        let replayed: Vec<String> = [&one, &two].map(|reply| reply.header("idempotency-replayed")).into_iter().collect();
        match (one.status, two.status) {
            (201, 201) => {
                assert_eq!(one.body, two.body);
                assert_eq!(replayed.iter().filter(|said| *said == "true").count(), 1, "round {round}: {replayed:?}");
            }
            // Whoever comes while the first still runs may be told so.
            (201, 409) => drop(two.problem(409, "idempotency-in-progress")),
            (409, 201) => drop(one.problem(409, "idempotency-in-progress")),
            _ => panic!("round {round}: {} / {}", one.text, two.text),
        }
        for replica in [&app, &other] {
            assert_eq!(keyed(replica, &key, &body).ok(201).header("idempotency-replayed"), "true");
            keyed(replica, &key, &somebody("Ida Moss")).problem(422, "idempotency-key-reused");
        }
        let (key, one, two) = (format!("another-key-{round:04}"), somebody("Una Calder"), somebody("Ida Moss"));
        let (one, two) = at_once(|| keyed(&app, &key, &one), || keyed(&other, &key, &two));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert!([[201, 409], [201, 422]].contains(&statuses), "round {round}: {} / {}", one.text, two.text);
    }
    assert_eq!(figure(&app, "SELECT count(*) FROM person"), i64::try_from(2 * rounds()).unwrap());
}

#[test]
fn t41_thirty_two_who_write_on_both_leave_no_gap() {
    let (app, other) = replicas();
    // In cases of different families nothing but the log makes them wait for each other.
    let families: Vec<(String, Value)> = (0..8)
        .map(|_| {
            let family = Family::record(&app);
            let ask = family.ask(&family.n1(&app), json!({}));
            family.permit(&app, json!({}));
            (format!("/cases/{}/disclosures", family.case), ask)
        })
        .collect();
    let each = rounds().div_ceil(4);
    let case = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"draft_plan","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[]});
    let told: Vec<(Reply, Reply)> = std::thread::scope(|scope| {
        let writers: Vec<_> = [&app, &other]
            .repeat(16)
            .into_iter()
            .zip(families.iter().cycle())
            .map(|(app, (disclosures, ask))| {
                let case = &case;
                scope.spawn(move || {
                    let child = person(app, &json!({"kind":"child","knownAs":"Pip","pseudonymous":true})).id();
                    let mut case = case.clone();
                    case["participants"] = json!([{"personId":child,"role":"subject","relation":"self","servedSeparately":false}]);
                    let once = || (insist(&app.adviser(), disclosures, ask).ok(201), insist(&app.adviser(), "/cases", &case).ok(201));
                    (0..each).map(|_| once()).collect::<Vec<_>>()
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let references: BTreeSet<String> = told.iter().map(|(_, case)| case.str("reference")).collect();
    let numbers: BTreeSet<u64> = references.iter().map(|reference| reference[10..].parse().unwrap()).collect();
    // The families' own cases were the first.
    assert_eq!(numbers, (9..9 + 32 * each as u64).collect());
    let indexes: BTreeSet<i64> = told.iter().map(|(made, _)| made.body["logEntries"][0]["index"].as_i64().unwrap()).collect();
    // Before them there is the first entry of the log.
    assert_eq!(indexes, (1..=32 * i64::try_from(each).unwrap()).collect());
    assert_eq!(the_log_is_whole(&app), 32 * each);
    for (made, _) in told.iter().take(8) {
        let path = format!("/disclosures/{}", made.id());
        assert_eq!(other.adviser().get(&path).ok(200).body["logEntries"], made.body["logEntries"]);
    }
}

#[test]
fn a_version_shown_by_one_counts_on_the_other() {
    let (app, other) = replicas();
    let una = person(&app, &somebody("Una Calder"));
    let path = format!("/people/{}", una.id());
    let tag = app.adviser().get(&path).ok(200).header("etag");
    let changed = other.adviser().with("If-Match", &tag).patch(&path, &json!({"knownAs":"Uni"})).ok(200);
    app.adviser().with("If-Match", &tag).patch(&path, &json!({"knownAs":"Unity"})).problem(412, "stale-version");
    assert_eq!(app.adviser().get(&path).ok(200).header("etag"), changed.header("etag"));
    for round in 0..rounds() {
        let version = app.adviser().get(&path).ok(200).version();
        let named = |app: &TestApp, name: &str| app.adviser().if_match(version).patch(&path, &json!({"knownAs":name}));
        let (one, two) = at_once(|| named(&app, "Uni"), || named(&other, "Unity"));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "round {round}: {} / {}", one.text, two.text);
    }
}

#[test]
fn a_search_begun_on_one_is_continued_on_the_other() {
    let (app, other) = replicas();
    let mut recorded: BTreeSet<String> = (0..5).map(|_| person(&app, &somebody("Isla Thornbeck")).id()).collect();
    let (mut path, mut turn) = ("/people/search?limit=1".to_owned(), [&app, &other].into_iter().cycle());
    loop {
        let page = turn.next().unwrap().adviser().post(&path, &json!({"name":"Isla Thornbeck"})).ok(200);
        assert!(recorded.remove(page.body["items"][0]["id"].as_str().unwrap()));
        let Some(next) = page.body["page"]["nextCursor"].as_str() else { break };
        path = format!("/people/search?limit=1&cursor={next}");
    }
    assert!(recorded.is_empty());
}

#[test]
fn whoever_is_new_to_both_is_entered_once() {
    let (app, other) = replicas();
    let before = figure(&app, "SELECT count(*) FROM staff");
    for round in 0..rounds() {
        let name = format!("newcomer {round}");
        let me = |app: &TestApp| app.as_staff(Role::Adviser, &name).get("/me").ok(200).id();
        let (one, two) = at_once(|| at_once(|| me(&app), || me(&other)), || at_once(|| me(&app), || me(&other)));
        assert!(one.0 == one.1 && one == two, "round {round}");
    }
    assert_eq!(figure(&app, "SELECT count(*) FROM staff"), before + i64::try_from(rounds()).unwrap());
}

#[test]
fn an_end_of_tokens_on_one_holds_on_the_other_from_the_next_request() {
    let (app, other) = replicas();
    let administrator = app.as_role(Role::Administrator);
    for round in 0..rounds().min(12) {
        let leaver = other.as_staff(Role::Adviser, &format!("leaver {round}"));
        let id = leaver.get("/me").ok(200).id();
        administrator.send(&Method::POST, &format!("/staff/{id}/token-revocation"), None).ok(200);
        assert_eq!(leaver.get("/me").status, 401);
        let other_leaver = other.as_staff(Role::Adviser, &format!("other leaver {round}"));
        let path = format!("/staff/{}", other_leaver.get("/me").ok(200).id());
        administrator.if_match(1).patch(&path, &json!({"disabled":true})).ok(200);
        assert_eq!(other_leaver.get("/me").status, 401);
        administrator.if_match(2).patch(&path, &json!({"disabled":false})).ok(200);
        other_leaver.get("/me").ok(200);
    }
}

#[test]
fn two_that_start_at_once_on_an_empty_database_are_one_service() {
    let (app, other) = TestApp::spawn_two_at_once();
    assert_eq!(figure(&app, "SELECT count(*) FROM deployment"), 1);
    assert_eq!(figure(&app, "SELECT count(*) FROM disclosure_entry WHERE kind = 'log_genesis'"), 1);
    let family = Family::record(&app);
    family.permit(&other, json!({}));
    family.disclose(&app, &family.ask(&family.n1(&other), json!({}))).ok(201);
    assert_eq!(the_log_is_whole(&other), 1);
}
