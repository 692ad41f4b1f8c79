//! What was judged before somebody had to wait is judged again once they hold what they waited for (R16). On PostgreSQL both wait at once; the one
//! writer of the embedded database takes turns, with the same answers.

use diesel::connection::SimpleConnection;
use sendiass::domain::vocabulary::Role;
use serde_json::json;

use crate::family::{Family, person};
use crate::harness::{Reply, Session, TestApp, cluster};
use crate::pairs::{another, correction, on_their_own, own_case};
use crate::{figure, figure_on, insist, replicas};

/// An id as the database writes it.
fn literal(id: &str) -> String {
    if cluster::is_postgres() { format!("'{id}'") } else { format!("X'{}'", id.replace('-', "")) }
}

/// The guard of somebody.
fn guard(person: &str) -> String {
    format!("decision_guard WHERE person_id = {}", literal(person))
}

/// How often it was taken.
fn taken(app: &TestApp, person: &str) -> i64 {
    figure(app, &format!("SELECT CAST(version AS BIGINT) FROM {}", guard(person)))
}

/// The row of a case.
fn held(case: &str) -> String {
    format!("case_file WHERE id = {}", literal(case))
}

/// How many wait for a row.
const WAITING: &str =
    "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()";

/// Sends the one and then the other, which both wait for this row before either has changed anything; what each is answered.
fn one_behind_the_other(
    app: &TestApp,
    row: &str,
    one: impl FnOnce() -> Reply + Send,
    other: impl FnOnce() -> Reply + Send,
) -> (Reply, Reply) {
    if !cluster::is_postgres() {
        return (one(), other());
    }
    let (mut between, mut watching) = (app.sabotage(), app.sabotage());
    // No longer than a request has patience.
    let mut wait_for = |many: i64| {
        for _ in 0..60 {
            std::thread::sleep(std::time::Duration::from_millis(10));
            if figure_on(&mut watching, WAITING) >= many {
                return;
            }
        }
    };
    between.batch_execute(&format!("BEGIN; SELECT 1 FROM {row} FOR UPDATE")).unwrap();
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        wait_for(1);
        let other = scope.spawn(other);
        wait_for(2);
        between.batch_execute("COMMIT").unwrap();
        (one.join().unwrap(), other.join().unwrap())
    })
}

fn merge(session: &Session<'_>, kept: &str, merged: &str) -> Reply {
    let path = format!("/people/{kept}");
    let version = session.get(&path).ok(200).version();
    insist(&session.if_match(version), &format!("{path}/merges"), &json!({"mergedPersonId":merged,"reason":"Told what only they knew."}))
}

#[test]
fn what_both_sides_record_of_somebody_is_kept() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    own_case(&app, &family.ana);
    let path = format!("/people/{}", family.ana);
    let hers = app.as_staff(Role::Adviser, "the other side");
    let (told, known) = one_behind_the_other(
        &app,
        &guard(&family.ana),
        || hers.if_match(1).patch(&path, &json!({"pronouns":"they/them"})),
        || other.adviser().if_match(1).patch(&path, &json!({"preferredLanguage":"cy"})),
    );
    told.ok(200);
    known.ok(200);
    assert_eq!(hers.get(&path).ok(200).body["pronouns"], "they/them");
    assert_eq!(app.adviser().get(&path).ok(200).body["preferredLanguage"], "cy");
}

/// Of whom something is recorded, and how.
type Act<'f> = (&'f str, &'f (dyn Fn(&str) -> Reply + Sync));

#[test]
fn what_is_recorded_behind_the_opening_of_a_case_of_ones_own_stays_there() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let both = |subject: &str| [&app, &other].map(|app| app.as_staff(Role::Adviser, subject));
    let [[hers, hers_too], [theirs, theirs_too]] = [both("the other side"), both("a third side")];
    let known = |who: &str| hers_too.if_match(1).patch(&format!("/people/{who}"), &json!({"pronouns":"they/them"}));
    let assessed = |who: &str| {
        let body = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
            "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."});
        theirs_too.post(&format!("/people/{who}/capacity-records"), &body)
    };
    // Each works for one of them only: of somebody of another side they record nothing.
    let acts: [(_, Act<'_>); 2] = [(&hers, (&family.ana, &known)), (&theirs, (&family.sam, &assessed))];
    for (session, (who, act)) in acts {
        let open = || session.post("/cases", &on_their_own(who));
        let (opened, recorded) = one_behind_the_other(&app, &guard(who), open, || act(who));
        opened.ok(201);
        assert!(recorded.status < 300, "{}", recorded.text);
    }
    // Neither shows among the looks at the case of all.
    let sides = [&hers, &theirs].map(|session| session.get("/me").ok(200).id());
    let looks = app.manager().get(&format!("/cases/{}/access-log?limit=200", family.case)).ok(200);
    let looks = looks.body["items"].as_array().unwrap();
    assert!(!looks.is_empty() && looks.iter().all(|entry| sides.iter().all(|actor| entry["body"]["actor"] != **actor)), "{looks:#?}");
}

#[test]
fn whoever_has_come_to_be_one_with_somebody_is_guarded_too() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let caller = person(&app, &json!({"kind":"anonymous","pseudonymous":true})).id();
    let permit = || insist(&other.adviser(), &format!("/cases/{}/consents", family.case), &family.permission(json!({})));
    let (merged, permitted) = one_behind_the_other(&app, &guard(&family.mia), || merge(&app.manager(), &family.mia, &caller), permit);
    merged.ok(201);
    permitted.ok(201);
    assert_eq!(taken(&app, &caller), 3, "once to begin with, by the merge, and by the permission");
}

#[test]
fn whoever_has_spoken_for_the_first_time_is_guarded_too() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    let ask = family.ask(&family.n1(&app), json!({}));
    // A refusal counts wherever it was said.
    let part = |person: &str, role: &str| json!({"personId":person,"role":role,"relation":"other","servedSeparately":false});
    let parts = json!({"participants":[part(&family.nell, "service_user"), part(&family.ana, "sibling")]});
    let case = app.adviser().post("/cases", &Family::bare(&family.nell, parts)).ok(201).id();
    let refusal = json!({"decision":"refused","granterId":family.nell,"subjectIds":[family.ana],"method":"email",
        "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"});
    let before = taken(&app, &family.nell);
    let (refused, asked) = one_behind_the_other(
        &app,
        &guard(&family.ana),
        || app.adviser().post(&format!("/cases/{case}/consents"), &refusal),
        || insist(&other.adviser(), &format!("/cases/{}/disclosures", family.case), &ask),
    );
    refused.ok(201);
    // A grandmother without responsibility has no say, and how she stands to the family bears on that.
    asked.ok(201);
    assert_eq!(taken(&app, &family.nell) - before, 2, "by what she said, and by the decision");
}

#[test]
fn a_merge_behind_the_opening_of_a_case_that_is_hidden_is_looked_into() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let (quill, _) = Family::opened(&app, &app.adviser(), json!({}));
    let deputy = other.as_staff(Role::ServiceManager, "deputy");
    let away = json!({"restriction":{"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[deputy.get("/me").ok(200).id()],
        "reason":"A niece."}});
    let open = || app.manager().post("/cases", &Family::bare(&quill, away.clone()));
    let (opened, merged) = one_behind_the_other(&app, &guard(&quill), open, || merge(&deputy, &family.mia, &quill));
    let hidden = opened.ok(201).id();
    let reviews = Family::tasks(&app, "conflict_review", &merged.ok(201).id());
    assert_eq!(reviews.iter().map(|task| &task["caseId"]).collect::<Vec<_>>(), [&json!(hidden)]);
}

#[test]
fn a_merge_is_taken_back_once() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let caller = person(&app, &json!({"kind":"anonymous","pseudonymous":true})).id();
    let path = format!("/person-merges/{}/reversal", merge(&app.manager(), &family.mia, &caller).ok(201).id());
    let reverse = |app: &TestApp| app.manager().if_match(1).post(&path, &json!({"reason":"Not so."}));
    let (one, two) = one_behind_the_other(&app, &guard(&family.mia), || reverse(&app), || reverse(&other));
    one.ok(200);
    assert_eq!(two.problem(412, "stale-version").body["currentVersion"], 2);
}

#[test]
fn a_permission_is_withdrawn_once() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let permission = family.permit(&app, json!({}));
    let sent = family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201).id();
    let withdraw = |app: &TestApp| family.withdraw(app, &permission, json!({}));
    let (one, two) = one_behind_the_other(&app, &guard(&family.mia), || withdraw(&app), || withdraw(&other));
    assert_eq!(one.ok(200).body["effects"], two.ok(200).body["effects"]);
    assert_eq!(Family::tasks(&app, "recall_notice", &sent).len(), 1);
}

#[test]
fn a_permission_is_annulled_once() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let path = format!("/consents/{}/annulment", family.permit(&app, json!({})));
    let annul = |app: &TestApp| app.adviser().post(&path, &json!({"reason":"Another family."}));
    let (one, two) = one_behind_the_other(&app, &guard(&family.mia), || annul(&app), || annul(&other));
    one.ok(200);
    two.problem(409, "invalid-state");
}

#[test]
fn a_note_that_was_corrected_meanwhile_is_neither_corrected_nor_moved() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let part = |person: &str, role: &str| json!({"personId":person,"role":role,"relation":"other","servedSeparately":false});
    let parts = json!({"participants":[part(&family.mia, "service_user"), part(&family.ana, "sibling")]});
    let right = app.adviser().post("/cases", &Family::bare(&family.mia, parts)).ok(201).id();
    let moved = json!({"caseId":right,"reason":"It belongs there.","fromPersonId":family.mia,"aboutPersonIds":[family.ana]});
    for (done, body) in [("correction", correction(&family)), ("relocation", moved)] {
        let path = format!("/notes/{}", family.n1(&app));
        let correct = || app.adviser().post(&format!("{path}/correction"), &correction(&family));
        let late = || other.adviser().post(&format!("{path}/{done}"), &body);
        let (corrected, late) = one_behind_the_other(&app, &held(&family.case), correct, late);
        corrected.ok(201);
        late.problem(409, "invalid-state").rule("note_superseded");
    }
}

#[test]
fn a_referral_is_moved_once() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let referral = json!({"source":"self_parent","summary":"The lift is broken again.","riskStated":false});
    let path = format!("/referrals/{}", app.adviser().post("/referrals", &referral).ok(201).id());
    let accept = json!({"decision":"accept","caseId":family.case});
    app.adviser().if_match(1).post(&format!("{path}/decision"), &accept).ok(200);
    let cases = [another(&app), another(&app)];
    let relocate = |app: &TestApp, to: &str| {
        app.adviser().if_match(2).post(&format!("{path}/relocation"), &json!({"caseId":to,"reason":"It belongs there."}))
    };
    let (one, two) = one_behind_the_other(&app, &held(&family.case), || relocate(&app, &cases[0]), || relocate(&other, &cases[1]));
    assert_eq!(one.ok(200).str("caseId"), cases[0]);
    assert_eq!(two.problem(412, "stale-version").body["currentVersion"], 3);
}

#[test]
fn a_part_in_a_case_is_changed_once() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let path = format!("/participants/{}", family.participant(&family.nell));
    let change = |app: &TestApp, role: &str| app.adviser().if_match(1).patch(&path, &json!({"role":role}));
    let (one, two) = one_behind_the_other(&app, &guard(&family.nell), || change(&app, "service_user"), || change(&other, "other_parent"));
    assert_eq!(one.ok(200).str("role"), "service_user");
    assert_eq!(two.problem(412, "stale-version").body["currentVersion"], 2);
}
