//! One feed of all that happened in a case, and the levels of intervention it had.

use std::collections::BTreeSet;

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::apart::own_case;
use crate::family::Family;
use crate::harness::{Session, TestApp, at};

/// All entries, read in pages of this size.
fn feed(session: &Session<'_>, case: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), Some(format!("/cases/{case}/timeline?limit={limit}")));
    while let Some(path) = next {
        let page = session.get(&path).ok(200);
        let items = page.body["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        all.extend(items.iter().cloned());
        next = page.body["page"]["nextCursor"].as_str().map(|cursor| format!("/cases/{case}/timeline?limit={limit}&cursor={cursor}"));
    }
    all
}

fn told(feed: &[Value]) -> Vec<(&str, &str)> {
    feed.iter().map(|entry| (entry["kind"].as_str().unwrap(), entry["recordId"].as_str().unwrap())).collect()
}

/// Does something of every kind in a case; `tick` comes before each. What it did, in order.
fn live(app: &TestApp, family: &Family, mut tick: impl FnMut()) -> Vec<(&'static str, String)> {
    let case = family.case.clone();
    let path = format!("/cases/{case}");
    let version = || app.adviser().get(&path).ok(200).version();
    let mut done = Vec::new();
    let mut did = |kind, id: String| done.push((kind, id));
    tick();
    let note = family.n1(app);
    did("note_written", note.clone());
    tick();
    let correction = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["school_provision"],"concern":"Said anew.","factOrOpinion":"fact",
        "sensitivity":"ordinary","keepConfidential":false,"correctionReason":"Misheard."});
    let newest = app.adviser().post(&format!("/notes/{note}/correction"), &correction).ok(201).id();
    did("note_corrected", newest.clone());
    tick();
    let consent = family.permit(app, json!({}));
    did("consent_given", consent.clone());
    tick();
    did("disclosure_made", family.disclose(app, &family.ask(&newest, json!({}))).ok(201).id());
    tick();
    family.withdraw(app, &consent, json!({})).ok(200);
    did("consent_ended", consent);
    tick();
    did("consent_refused", family.refuse(app, &family.finn, &[&family.sam]).id());
    tick();
    let risk = family.disclose(app, &family.risk(&newest, json!({}))).ok(201);
    // At one instant the risk comes after what was passed on.
    did("disclosure_made", risk.id());
    did("concern_raised", risk.str("concernId"));
    tick();
    let referral =
        app.adviser().post("/referrals", &json!({"source":"self_parent","summary":"Rang again.","riskStated":false})).ok(201).id();
    let accepted = json!({"decision":"accept","caseId":case});
    app.adviser().if_match(1).post(&format!("/referrals/{referral}/decision"), &accepted).ok(200);
    did("referral_accepted", referral);
    tick();
    let asked = app.adviser().post(&format!("{path}/information-requests"), &family.asked_from_outside(json!({}))).ok(201).id();
    did("information_requested", asked);
    tick();
    app.adviser().if_match(version()).patch(&path, &json!({"interventionLevel":"l3","summary":"More of it."})).ok(200);
    did("level_changed", case.clone());
    // What leaves the level as it is, is no step.
    app.adviser().if_match(version()).patch(&path, &json!({"summary":"Still more."})).ok(200);
    tick();
    let worker = app.adviser().get("/me").ok(200).id();
    app.manager().if_match(version()).put(&format!("{path}/assignment"), &json!({"staffId":worker})).ok(200);
    did("case_assigned", case.clone());
    tick();
    let open = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[],"reason":"Nobody is related."});
    app.manager().if_match(version()).put(&format!("{path}/restriction"), &open).ok(200);
    did("restriction_changed", case.clone());
    tick();
    let set = |session: &Session<'_>, status: &str| {
        session.if_match(version()).patch(&path, &json!({"status":status})).ok(200);
    };
    set(&app.adviser(), "inactive");
    did("case_paused", case.clone());
    tick();
    set(&app.adviser(), "open");
    did("case_resumed", case.clone());
    let part = family.participant(&family.nell).to_owned();
    let nell = |version: i64, change: Value| app.adviser().if_match(version).patch(&format!("/participants/{part}"), &change).ok(200);
    for (version, kind, change) in [
        (1, "responsibility_changed", json!({"parentalResponsibility":[]})),
        (2, "participant_left", json!({"endedOn":"2026-06-01"})),
        (3, "participant_returned", json!({"endedOn":null})),
    ] {
        tick();
        nell(version, change);
        did(kind, part.clone());
    }
    // What is no step is told by the part itself.
    nell(4, json!({"relation":"other"}));
    tick();
    family.close(app);
    did("case_closed", case.clone());
    tick();
    family.reopen(app);
    did("case_reopened", case);
    done
}

#[test]
fn all_that_happened_is_told_in_order_newest_first() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let mut minute = 0;
    let done = live(&app, &family, || {
        minute += 1;
        app.clock.set(at(&format!("2026-06-01T10:{minute:02}:00Z")), true);
    });
    let all = feed(&app.adviser(), &family.case, 200);
    let expected: Vec<(&str, &str)> = done.iter().rev().map(|(kind, id)| (*kind, id.as_str())).collect();
    assert_eq!(told(&all)[..expected.len()], expected);
    // Before that it was opened, with five people.
    let rest: BTreeSet<(&str, &str)> = told(&all)[expected.len()..].iter().copied().collect();
    let mut first: BTreeSet<(&str, &str)> = family.participants.iter().map(|(_, id)| ("participant_added", id.as_str())).collect();
    first.insert(("case_opened", &family.case));
    assert_eq!((rest, all.len()), (first, expected.len() + 6));
    let of = |kind: &str| all.iter().find(|entry| entry["kind"] == kind).unwrap();
    assert_eq!((&of("case_opened")["interventionLevel"], &of("level_changed")["interventionLevel"]), (&json!("l2"), &json!("l3")));
    assert_eq!((of("note_written").get("interventionLevel"), of("consent_ended").get("by")), (None, None));
    assert_eq!(
        (&of("case_assigned")["by"]["displayName"], &of("note_corrected")["by"]["displayName"]),
        (&json!("ServiceManager"), &json!("Adviser"))
    );
    assert!(all.windows(2).all(|pair| pair[0]["at"].as_str() >= pair[1]["at"].as_str()));
    for limit in [1, 2, 3, 7] {
        assert_eq!(feed(&app.adviser(), &family.case, limit), all, "{limit}");
    }
    // Nothing of what was said is told here.
    let text = app.adviser().get(&format!("/cases/{}/timeline", family.case)).ok(200).text;
    for word in ["Marsh", "speech", "Misheard", "Rang again", "related", "came back"] {
        assert!(!text.contains(word), "{word}");
    }
    // The levels it had.
    let case = app.adviser().get(&format!("/cases/{}", family.case)).ok(200);
    let history = case.body["interventionHistory"].as_array().unwrap();
    let levels: Vec<(&Value, &Value)> = history.iter().map(|level| (&level["interventionLevel"], &level["at"])).collect();
    assert_eq!(levels, [(&json!("l2"), &json!("2026-06-01T09:00:00.000Z")), (&json!("l3"), &json!("2026-06-01T10:10:00.000Z"))]);
    assert_eq!(history[1]["by"]["displayName"], "Adviser");
}

#[test]
fn what_happened_at_one_instant_is_told_once_and_wholly() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    // What came before is not lost behind what came at once.
    let older = family.n1(&app);
    app.clock.set(at("2026-06-01T10:00:00Z"), true);
    let done = live(&app, &family, || ());
    let all = feed(&app.adviser(), &family.case, 200);
    assert_eq!(all.len(), done.len() + 7);
    assert!(told(&all)[done.len()..].contains(&("note_written", &older)));
    let distinct: BTreeSet<String> = all.iter().map(Value::to_string).collect();
    // Of the case itself there is one of each kind.
    assert_eq!(distinct.len(), all.len());
    for limit in [1, 2, 3, 5] {
        assert_eq!(feed(&app.adviser(), &family.case, limit), all, "{limit}");
    }
}

#[test]
fn restricted_notes_and_hidden_cases_are_not_told_of() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let other = || app.as_staff(Role::Adviser, "other");
    let has = |session: &Session<'_>, kind: &str, id: &str| told(&feed(session, &family.case, 200)).contains(&(kind, id));
    let secret = family.note(&app, &family.mia, &[&family.ana], "health", json!({"sensitivity":"restricted"}));
    assert_eq!((has(&app.adviser(), "note_written", &secret), has(&other(), "note_written", &secret)), (true, false));
    // Nor of where it went; and what came is told where it is now.
    let right = Family::record(&app);
    let body = json!({"caseId":right.case,"reason":"Theirs.","fromPersonId":right.mia,"aboutPersonIds":[right.ana]});
    app.clock.set(at("2026-06-01T11:00:00Z"), true);
    let moved = app.adviser().post(&format!("/notes/{secret}/relocation"), &body).ok(201).id();
    assert_eq!((has(&app.adviser(), "note_relocated", &secret), has(&other(), "note_relocated", &secret)), (true, false));
    let there = feed(&app.adviser(), &right.case, 200);
    assert_eq!(
        (&there[0]["kind"], &there[0]["recordId"], &there[0]["at"]),
        (&json!("note_received"), &json!(moved), &json!("2026-06-01T11:00:00.000Z"))
    );
    assert!(!told(&feed(&other(), &right.case, 200)).contains(&("note_received", &moved)));
    let here = feed(&app.adviser(), &family.case, 1);
    assert_eq!((&here[0]["kind"], &here[0]["by"]["displayName"]), (&json!("note_relocated"), &json!("Adviser")));
    assert_eq!(here, feed(&app.adviser(), &family.case, 200));
    // A case of her own leaves no trace in the parents'.
    let before = feed(&app.adviser(), &family.case, 200);
    let own = own_case(&app.as_staff(Role::Adviser, "hers"), &family.ana).id();
    assert_eq!(feed(&app.adviser(), &family.case, 200), before);
    let path = |case: &str| format!("/cases/{case}/timeline");
    let missing = app.adviser().get(&path("0197a0b0-0000-7000-8000-000000000000")).problem(404, "not-found");
    let hidden = app.adviser().get(&path(&own)).problem(404, "not-found");
    let plain = |reply: &crate::harness::Reply| reply.text.replace(&reply.header("x-request-id"), "");
    assert_eq!(plain(&hidden), plain(&missing));
    app.manager().get(&path(&own)).problem(403, "access-reason-required");
    app.manager().with("Access-Reason", "supervision").get(&path(&own)).ok(200);
}

#[test]
fn that_somebody_is_served_separately_is_told_and_that_they_are_no_longer() {
    let app = TestApp::spawn();
    let ana = crate::family::person(&app, &json!({"kind":"child","knownAs":"Ana","pseudonymous":false})).id();
    let own = own_case(&app.adviser(), &ana);
    let part = own.body["participants"][0]["id"].as_str().unwrap().to_owned();
    for (version, apart) in [(1, false), (2, true)] {
        let manager = app.manager().with("Access-Reason", "supervision");
        manager.if_match(version).patch(&format!("/participants/{part}"), &json!({"servedSeparately":apart})).ok(200);
    }
    let all = feed(&app.adviser(), &own.id(), 200);
    let kinds: Vec<_> = told(&all).into_iter().filter(|(_, id)| *id == part).map(|(kind, _)| kind).collect();
    assert_eq!(
        kinds.iter().copied().collect::<BTreeSet<_>>(),
        BTreeSet::from(["participant_added", "served_together", "served_separately"])
    );
}
