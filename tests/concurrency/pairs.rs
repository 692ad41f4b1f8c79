//! What excludes each other, sent to two replicas at once: one of both takes effect. On PostgreSQL each checks before the other has acted.

use diesel::connection::SimpleConnection;
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::family::{Family, merge, person};
use crate::harness::{Reply, TestApp, cluster};
use crate::{at_once, figure, insist, race, replicas, rounds, setting, the_log_is_whole};

/// One succeeded; the other was told why it did not.
#[track_caller]
fn one_of(round: usize, (one, two): (Reply, Reply), made: u16, refused: &[u16]) {
    let (winner, loser) = if one.status == made { (&one, &two) } else { (&two, &one) };
    assert!(winner.status == made && refused.contains(&loser.status), "round {round}: {} / {}", one.text, two.text);
}

pub fn correction(family: &Family) -> Value {
    json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["school_provision"],"concern":"It was the other school.",
        "actionTaken":"None.","factOrOpinion":"fact","sensitivity":"ordinary","keepConfidential":false,"correctionReason":"Misheard."})
}

#[test]
fn a_note_is_corrected_once() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    for round in 0..rounds() {
        let path = format!("/notes/{}/correction", family.n1(&app));
        let correct = |app: &TestApp| app.adviser().post(&path, &correction(&family));
        one_of(round, at_once(|| correct(&app), || correct(&other)), 201, &[409]);
    }
}

#[test]
fn a_permission_is_replaced_once() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let path = format!("/cases/{}/consents", family.case);
    for round in 0..rounds() {
        let old = family.permit(&app, json!({}));
        let replace = |app: &TestApp| app.adviser().post(&path, &family.permission(json!({"supersedesId":old})));
        one_of(round, at_once(|| replace(&app), || replace(&other)), 201, &[409]);
    }
}

#[test]
fn somebody_joins_a_case_once() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let path = format!("/cases/{}/participants", family.case);
    for round in 0..rounds() {
        let una = person(&app, &json!({"kind":"parent_carer","fullName":"Una Calder","pseudonymous":false})).id();
        let part = json!({"personId":una,"role":"supporter","relation":"other","servedSeparately":false});
        let join = |app: &TestApp| app.adviser().post(&path, &part);
        one_of(round, at_once(|| join(&app), || join(&other)), 201, &[422]);
    }
}

#[test]
fn somebody_is_found_to_be_another_once() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    for round in 0..rounds() {
        let caller = person(&app, &json!({"kind":"anonymous","pseudonymous":true})).id();
        let found = |app: &TestApp, kept: &str| {
            let (path, found) = (format!("/people/{kept}"), json!({"mergedPersonId":caller,"reason":"Gave a name."}));
            let version = app.manager().get(&path).ok(200).version();
            insist(&app.manager().if_match(version), &format!("{path}/merges"), &found)
        };
        one_of(round, at_once(|| found(&app, &family.mia), || found(&other, &family.finn)), 201, &[409]);
        let merge = app.manager().get(&format!("/people/{caller}")).ok(200).body["merges"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/person-merges/{merge}/reversal");
        let reverse = |app: &TestApp| insist(&app.manager().if_match(1), &path, &json!({"reason":"Not so."}));
        one_of(round, at_once(|| reverse(&app), || reverse(&other)), 200, &[412]);
    }
}

#[test]
fn a_task_is_done_once() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    for round in 0..rounds() {
        let given = family.permit(&app, json!({}));
        family.withdraw(&app, &given, json!({})).ok(200);
        let tasks = app.manager().get("/tasks?status=open&kind=retention_review").ok(200);
        let path = format!("/tasks/{}/completion", tasks.body["items"][0]["id"].as_str().unwrap());
        let complete = |app: &TestApp| app.manager().if_match(1).post(&path, &json!({}));
        one_of(round, at_once(|| complete(&app), || complete(&other)), 200, &[409, 412]);
    }
}

#[test]
fn a_disposal_is_approved_once() {
    let (app, other) = replicas();
    for round in 0..rounds() {
        let (disposal, _) = Family::proposed(&app);
        let approve = |app: &TestApp, who: &str| {
            let deputy = app.as_staff(Role::ServiceManager, who).with("Idempotency-Key", &uuid::Uuid::new_v4().to_string());
            deputy.if_match(1).post(&format!("/disposals/{disposal}/approval"), &json!({"notices":"notified"}))
        };
        // Whoever comes second is told how it stands now, and not that they are kept away from what is gone.
        one_of(round, at_once(|| approve(&app, "one deputy"), || approve(&other, "another deputy")), 200, &[412]);
    }
}

#[test]
fn what_is_held_of_somebody_is_sent_once() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    for round in 0..rounds() {
        let path = format!("/subject-access-requests/{}/dispatch", family.answered(&app));
        let send = |app: &TestApp| app.manager().if_match(4).post(&path, &json!({"channel":"secure_email"}));
        one_of(round, at_once(|| send(&app), || send(&other)), 200, &[409, 412]);
    }
    assert_eq!(figure(&app, "SELECT count(*) FROM disclosure"), i64::try_from(rounds()).unwrap());
}

#[test]
fn a_conflict_is_reviewed_once() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let ask = family.ask(&family.n1(&app), json!({}));
    family.permit(&app, json!({}));
    family.refuse(&app, &family.finn, &[&family.ana]);
    for _ in 0..rounds() {
        let refused = |app: &TestApp| family.disclose(app, &ask).problem(409, "consent-required").rule("conflicting_refusal");
        at_once(|| refused(&app), || refused(&other));
        let open = Family::tasks(&app, "conflict_review", &family.ana);
        assert_eq!(open.len(), 1, "{open:?}");
        let path = format!("/tasks/{}/completion", open[0]["id"].as_str().unwrap());
        app.manager().if_match(1).post(&path, &json!({})).ok(200);
    }
}

/// A case of somebody's own, to be opened.
pub fn on_their_own(person: &str) -> Value {
    json!({"interventionLevel":"l2","referralSource":"self_young_person","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":person,"role":"subject","relation":"self","servedSeparately":true}]})
}

pub fn own_case(app: &TestApp, person: &str) -> String {
    app.as_staff(Role::Adviser, "the other side").post("/cases", &on_their_own(person)).ok(201).id()
}

#[test]
fn nobody_is_put_on_both_sides() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let hers = own_case(&app, &family.ana);
    for round in 0..rounds() {
        let worker = app.as_staff(Role::Adviser, &format!("worker {round}")).get("/me").ok(200).id();
        let put = |app: &TestApp, case: &str| {
            let manager = app.manager().with("Access-Reason", "supervision");
            let version = manager.get(&format!("/cases/{case}")).ok(200).version();
            manager.if_match(version).put(&format!("/cases/{case}/assignment"), &json!({"staffId":worker}))
        };
        one_of(round, at_once(|| put(&app, &family.case), || put(&other, &hers)), 200, &[409]);
    }
}

/// A request that draws somebody into a case, and the place of it that names them.
type Draw<'f> = (&'f dyn Fn(&str) -> (String, Value), &'static str);

#[test]
fn nobody_is_drawn_into_a_case_who_came_to_be_known_to_another_side_only() {
    let (app, other) = replicas();
    if !cluster::is_postgres() {
        // Its one writer takes turns.
        return;
    }
    let family = Family::record(&app);
    let part = |person: &str| json!({"personId":person,"role":"sibling","relation":"sibling","servedSeparately":false});
    let draws: [Draw<'_>; 2] = [
        (&|quill| (format!("/cases/{}/participants", family.case), part(quill)), "#/personId"),
        (
            &|quill| {
                let case = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
                    "senNeeds":[],"appealTypes":[],"participants":[part(quill)]});
                ("/cases".to_owned(), case)
            },
            "#/participants/0/personId",
        ),
    ];
    let mut between = app.sabotage();
    for (draw, place) in draws {
        let quill = person(&app, &json!({"kind":"young_person","fullName":"Quill Harrow","pseudonymous":false})).id();
        let (path, body) = draw(&quill);
        // Both have seen that she is in no case yet, and wait for her.
        between.batch_execute(&format!("BEGIN; SELECT 1 FROM decision_guard WHERE person_id = '{quill}' FOR UPDATE")).unwrap();
        std::thread::scope(|scope| {
            let pause = || std::thread::sleep(std::time::Duration::from_millis(500));
            let hers = scope.spawn(|| own_case(&app, &quill));
            pause();
            let late = scope.spawn(|| other.adviser().post(&path, &body));
            pause();
            between.batch_execute("COMMIT").unwrap();
            hers.join().unwrap();
            late.join().unwrap().problem(422, "rule-violated").rule_at(place, "unknown_reference");
        });
    }
}

#[test]
fn a_team_is_not_removed_from_under_a_permission() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let path = format!("/recipients/{}", family.council);
    for round in 0..rounds() {
        let body = app.manager().get(&path).ok(200);
        let mut teams = body.body["teams"].as_array().unwrap().clone();
        let kept = teams.clone();
        teams.push(json!({"name":format!("Team {round}")}));
        let body = app.manager().if_match(body.version()).patch(&path, &json!({"teams":teams})).ok(200);
        let team = body.body["teams"].as_array().unwrap().iter().find(|team| !kept.contains(team)).unwrap()["id"].clone();
        let permission = family.permission(json!({"recipients":[{"recipientId":family.council,"teamId":team}]}));
        let permit = || app.adviser().post(&format!("/cases/{}/consents", family.case), &permission);
        let remove = || other.manager().if_match(body.version()).patch(&path, &json!({"teams":kept}));
        let (permitted, removed) = at_once(permit, remove);
        assert!(
            [(201, 409), (422, 200)].contains(&(permitted.status, removed.status)),
            "round {round}: {} / {}",
            permitted.text,
            removed.text
        );
        if permitted.status == 201 {
            family.withdraw(&app, &permitted.id(), json!({})).ok(200);
            app.manager().if_match(body.version()).patch(&path, &json!({"teams":kept})).ok(200);
        }
    }
}

/// One more case of that kind, so that the cohort is large enough.
pub fn another(app: &TestApp) -> String {
    let child = person(app, &json!({"kind":"child","knownAs":"Pip","pseudonymous":false,"dateOfBirth":"2014-05-01"})).id();
    let case = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"draft_plan","primary":true}],
        "senNeeds":[{"type":"slcn","rank":1}],"setting":"mainstream","area":"south","appealTypes":[],
        "participants":[{"personId":child,"role":"subject","relation":"self","servedSeparately":false}]});
    app.adviser().post("/cases", &case).ok(201).id()
}

#[test]
fn the_same_anonymous_words_leave_once() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let cases: Vec<String> = (0..7).map(|_| another(&app)).collect();
    for round in 0..rounds() {
        let letters: String = round.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect();
        let body = json!({"basis":"anonymised","purpose":"pass_information","direction":"outbound","channel":"secure_email",
            "recipient":{"recipientId":family.council,"teamId":family.north},"informationCategories":["concerns_raised"],
            "cohort":{"senNeed":"slcn","setting":"mainstream"},"summary":format!("Calls are not returned, they say {letters}.")});
        let raise = |app: &TestApp, case: &str| app.adviser().post(&format!("/cases/{case}/disclosures"), &body);
        one_of(round, at_once(|| raise(&app, &family.case), || raise(&other, &cases[0])), 201, &[422]);
    }
}

#[test]
fn a_note_is_not_written_while_the_case_is_closed() {
    let (app, other) = replicas();
    if !cluster::is_postgres() {
        // Its one writer takes turns.
        return;
    }
    let family = Family::record(&app);
    let note = correction(&family);
    let permission = family.permit(&app, json!({}));
    let mut between = app.sabotage();
    // Closing has looked at the case and waits for this row; the note must wait for the closing, and then see it.
    between.batch_execute(&format!("BEGIN; SELECT 1 FROM consent WHERE id = '{permission}' FOR UPDATE")).unwrap();
    std::thread::scope(|scope| {
        let pause = || std::thread::sleep(std::time::Duration::from_millis(500));
        let closing = scope.spawn(|| family.close(&app));
        pause();
        let late = scope.spawn(|| {
            let mut note = note.clone();
            merge(&mut note, json!({"correctionReason":null}));
            other.adviser().post(&format!("/cases/{}/notes", family.case), &note)
        });
        pause();
        between.batch_execute("COMMIT").unwrap();
        closing.join().unwrap();
        late.join().unwrap().problem(409, "invalid-state").rule("case_closed");
    });
}

fn no_deadlock(app: &TestApp) {
    if cluster::is_postgres() {
        assert_eq!(figure(app, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), 0);
    }
}

#[test]
fn two_restrictions_that_name_the_same_staff_do_not_wait_for_each_other() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let cases = [family.case.clone(), another(&app)];
    let mut named: Vec<String> = (0..12).map(|i| app.as_staff(Role::Adviser, &format!("worker {i}")).get("/me").ok(200).id()).collect();
    let worker = app.adviser().get("/me").ok(200).id();
    named.push(worker);
    let turned: Vec<String> = named.iter().rev().cloned().collect();
    for _ in 0..rounds() {
        let restrict = |app: &TestApp, case: &str, named: &[String]| {
            let path = format!("/cases/{case}");
            let manager = app.manager().with("Access-Reason", "supervision");
            let version = manager.get(&path).ok(200).version();
            let wanted = json!({"restricted":true,"namedStaffIds":named,"conflictedStaffIds":[],"reason":"Staff know the family."});
            manager.if_match(version).put(&format!("{path}/restriction"), &wanted).ok(200)
        };
        at_once(|| restrict(&app, &cases[0], &named), || restrict(&other, &cases[1], &turned));
    }
    no_deadlock(&app);
}

#[test]
fn a_note_of_what_a_body_told_and_a_permission_for_it_do_not_wait_for_each_other() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let second = another(&app);
    for person in [&family.ana, &family.mia] {
        let (role, relation) = if person == &family.ana { ("sibling", "sibling") } else { ("service_user", "parent") };
        let part = json!({"personId":person,"role":role,"relation":relation,"servedSeparately":false});
        app.adviser().post(&format!("/cases/{second}/participants"), &part).ok(201);
    }
    for _ in 0..rounds() {
        let mut note = correction(&family);
        merge(
            &mut note,
            json!({"correctionReason":null,"kind":"information_received","provenance":{"recipientId":family.council,"onwardSharing":true,
                "receivedOn":"2026-05-20"}}),
        );
        at_once(|| app.adviser().post(&format!("/cases/{second}/notes"), &note).ok(201), || family.permit(&other, json!({})));
    }
    no_deadlock(&app);
}

#[test]
fn a_permission_for_one_time_is_used_one_time() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let note = family.n1(&app);
    let ask = family.ask(&note, json!({}));
    let mut answers = 0;
    for round in 0..rounds() {
        family.permit(&app, json!({"conditions":[{"kind":"once_only"}]}));
        let seen = race(&[&app, &other], &family, &ask, (0, std::time::Duration::from_millis(5)), || ());
        let made = seen.asked.iter().filter(|reply| reply.status == 201).count();
        assert_eq!(made, 1, "round {round}");
        assert!(seen.asked.len() > 1 && seen.asked.iter().all(|reply| [201, 409].contains(&reply.status)), "round {round}");
        answers += seen.asked.len();
    }
    assert_eq!(the_log_is_whole(&app), answers);
    assert_eq!(figure(&app, "SELECT count(*) FROM consent WHERE used_at IS NOT NULL"), i64::try_from(rounds()).unwrap());
}

#[test]
fn of_many_at_once_one_uses_a_permission_for_one_time() {
    let (app, other) = replicas();
    let family = Family::record(&app);
    let ask = family.ask(&family.n1(&app), json!({}));
    family.permit(&app, json!({"conditions":[{"kind":"once_only"}]}));
    // More than both replicas have connections; two hundred uses where races are asked for. Whoever is turned away comes again.
    let each = if setting("SENDIASS_RACES").is_some() { 5 } else { 1 };
    let made: usize = std::thread::scope(|scope| {
        let callers: Vec<_> = [&app, &other]
            .repeat(20)
            .into_iter()
            .map(|app| {
                let (path, ask) = (format!("/cases/{}/disclosures", family.case), &ask);
                scope.spawn(move || {
                    let asked = (0..each).map(|_| insist(&app.adviser(), &path, ask));
                    asked.filter(|reply| reply.status == 201 || reply.clone().problem(409, "consent-scope-exceeded").status == 0).count()
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).sum()
    });
    assert_eq!((made, figure(&app, "SELECT count(*) FROM disclosure")), (1, 1));
    assert!(the_log_is_whole(&app) >= 40 * each);
}
