//! Everything at once on two replicas, for a while: nobody waits in a circle, nothing breaks, and what was acknowledged is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::family::{Family, merge, person};
use crate::harness::{Reply, Session, TestApp, cluster};
use crate::{figure, replicas, setting, the_log_is_whole};

const THREADS: usize = 16;

/// Numbers that look random and are the same in each run (Weyl sequence, mixed as in `SplitMix64`).
fn number(below: usize) -> usize {
    static STATE: AtomicU64 = AtomicU64::new(0);
    let state = STATE.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((mixed ^ (mixed >> 31)) % below as u64).unwrap()
}

fn one<T: Clone>(of: &[T]) -> T {
    of[number(of.len())].clone()
}

/// The families, and their second cases: the same people in another order, so that cases and people are locked criss-cross.
struct Scene {
    families: Vec<(Family, String, String)>,
    staff: Vec<String>,
}

impl Scene {
    fn record(app: &TestApp) -> Self {
        let families = (0..2)
            .map(|_| {
                let family = Family::record(app);
                let note = family.n1(app);
                family.permit(app, json!({}));
                let part = |person: &str, role: &str, relation: &str| json!({"personId":person,"role":role,"relation":relation,"servedSeparately":false});
                let second = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"draft_plan","primary":true}],
                    "senNeeds":[],"appealTypes":[],"participants":[part(&family.sam, "subject", "self"), part(&family.mia, "service_user", "parent"),
                    part(&family.ana, "sibling", "sibling")]});
                let second = app.adviser().post("/cases", &second).ok(201).id();
                (family, note, second)
            })
            .collect();
        let staff =
            (0..4).map(|i| app.as_staff(sendiass::domain::vocabulary::Role::Adviser, &format!("worker {i}")).get("/me").ok(200).id());
        let staff = staff.chain([app.adviser().get("/me").ok(200).id()]).collect();
        Self { families, staff }
    }

    /// Does something, and answers with what it was and what came of it.
    fn act(&self, app: &TestApp) -> (&'static str, Reply) {
        let (family, note, second) = &self.families[number(2)];
        let case = one(&[&family.case, second]);
        let who = one(&[&family.ana, &family.mia, &family.finn, &family.sam]);
        let manager = || app.manager().with("Access-Reason", "supervision");
        let version = |session: &Session<'_>, path: &str| session.get(path).body["version"].as_i64().unwrap_or(1);
        match number(14) {
            0..3 => ("disclosure", family.disclose(app, &family.ask(note, json!({})))),
            3 => ("consent", app.adviser().post(&format!("/cases/{}/consents", family.case), &family.permission(json!({})))),
            4 => {
                let list = app.adviser().get(&format!("/cases/{}/consents?limit=3", family.case));
                let id = list.body["items"].as_array().filter(|items| !items.is_empty()).map(|items| one(items)["id"].clone());
                let id = id.and_then(|id| id.as_str().map(str::to_owned)).unwrap_or_default();
                ("withdrawal", family.withdraw(app, &id, json!({"objects":number(4) == 0})))
            }
            5 | 6 => {
                let mut body = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
                    "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["school_provision"],"concern":"They rang.",
                    "actionTaken":"None.","factOrOpinion":"fact","sensitivity":"ordinary","keepConfidential":false});
                if number(2) == 0 {
                    let source = json!({"recipientId":family.council,"receivedOn":"2026-05-20","onwardSharing":true});
                    merge(&mut body, json!({"kind":"information_received","provenance":source}));
                }
                ("note", app.adviser().post(&format!("/cases/{case}/notes"), &body))
            }
            7 => {
                let path = format!("/people/{who}");
                let adviser = app.adviser();
                let body = json!({"knownAs":one(&["Uni", "Pip", "Bo"])});
                ("person", adviser.if_match(version(&adviser, &path)).patch(&path, &body))
            }
            8 => {
                let body = json!({"decisionKind":"own_case","understands":true,"retains":true,"weighs":true,"communicates":true,
                    "outcome":"can_decide","assessedOn":"2026-05-01","reasons":"Told it back."});
                ("capacity", app.adviser().post(&format!("/people/{who}/capacity-records"), &body))
            }
            9 => {
                let (path, session) = (format!("/cases/{case}"), manager());
                let (act, body) = one(&[("closure", r#"{"outcome":"agreed"}"#), ("reopening", r#"{"reason":"They rang again."}"#)]);
                let body: Value = serde_json::from_str(body).unwrap();
                ("closing or reopening", app.adviser().if_match(version(&session, &path)).post(&format!("{path}/{act}"), &body))
            }
            10 => {
                let (path, session) = (format!("/cases/{case}"), manager());
                let mut named = self.staff.clone();
                named.rotate_left(number(5));
                let body = json!({"restricted":true,"namedStaffIds":named,"conflictedStaffIds":[],"reason":"Staff know the family."});
                ("restriction", session.if_match(version(&session, &path)).put(&format!("{path}/restriction"), &body))
            }
            11 => {
                let (path, session) = (format!("/recipients/{}", family.council), manager());
                let body = json!({"address":one(&["1 Civic Square", "2 Civic Square"])});
                ("body", session.if_match(version(&session, &path)).patch(&path, &body))
            }
            12 => {
                let una = person(app, &json!({"kind":"parent_carer","fullName":"Una Calder","pseudonymous":false})).id();
                let part = json!({"personId":una,"role":"supporter","relation":"other","servedSeparately":false});
                ("participant", app.adviser().post(&format!("/cases/{case}/participants"), &part))
            }
            _ => ("risk", family.disclose(app, &family.risk(note, json!({})))),
        }
    }
}

#[test]
fn everything_at_once_breaks_nothing_and_loses_nothing() {
    let (app, other) = replicas();
    let scene = Scene::record(&app);
    let end = Instant::now() + Duration::from_secs(setting("SENDIASS_WORKLOAD").unwrap_or(3) as u64);
    let told: Vec<(&str, Reply)> = std::thread::scope(|scope| {
        let callers: Vec<_> = [&app, &other]
            .repeat(THREADS / 2)
            .into_iter()
            .map(|app| {
                let scene = &scene;
                scope.spawn(move || {
                    let mut told = Vec::new();
                    while Instant::now() < end {
                        told.push(scene.act(app));
                    }
                    told
                })
            })
            .collect();
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });
    let mut figures: BTreeMap<(&str, u16), usize> = BTreeMap::new();
    for (what, reply) in &told {
        assert_ne!(reply.status, 500, "{what}: {}", reply.text);
        *figures.entry((what, reply.status)).or_default() += 1;
    }
    println!("{figures:?}");
    let count = |what: &str, status: u16| figures.get(&(what, status)).copied().unwrap_or_default();
    if cluster::is_postgres() {
        assert_eq!(figure(&app, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), 0);
    }
    // Each acknowledged effect is there, and nothing else, but for what was turned away while it was under way.
    let there = |sql: &str| usize::try_from(figure(&app, sql)).unwrap();
    let all = |sql: &str, before: usize, acts: &[&str]| {
        let (acknowledged, unknown) = acts.iter().fold((before, 0), |(a, u), act| (a + count(act, 201), u + count(act, 503)));
        let there = there(sql);
        assert!(
            (acknowledged..=acknowledged + unknown).contains(&there),
            "{sql}: {there}, and {acknowledged} to {unknown} more acknowledged"
        );
    };
    all("SELECT count(*) FROM note", 2, &["note"]);
    all("SELECT count(*) FROM capacity_record", 0, &["capacity"]);
    all("SELECT count(*) FROM disclosure", 0, &["disclosure", "risk"]);
    all("SELECT count(*) FROM participant", 2 * (5 + 3), &["participant"]);
    let objections = told.iter().filter_map(|(_, reply)| reply.body["effects"]["refusalId"].as_str()).collect::<BTreeSet<_>>().len();
    all("SELECT count(*) FROM consent WHERE decision = 'given'", 2, &["consent"]);
    // Whoever objects to what was withdrawn before is heard, too, and the first withdrawal does not tell of it.
    let refusals = there("SELECT count(*) FROM consent WHERE decision = 'refused'");
    assert!((objections..=count("withdrawal", 200) + count("withdrawal", 503)).contains(&refusals), "{refusals} refusals");
    let refused = told.iter().filter(|(_, reply)| reply.body["refusalIndex"].is_i64()).count();
    assert!(the_log_is_whole(&app) >= count("disclosure", 201) + count("risk", 201) + refused);
}
