//! An extract for legal proceedings and the end of what it rests on: whichever comes first, nothing is sent after the end is acknowledged, and
//! nothing is sent twice.

use std::time::Duration;

use serde_json::json;

use crate::family::Family;
use crate::harness::{Reply, TestApp};
use crate::{LAST, OF_ONE_FAMILY, at_once, figure, replicas, rounds, the_log_is_whole};

fn dispatch(app: &TestApp, family: &Family, id: &str) -> Reply {
    let copies = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}]});
    app.manager().if_match(5).post(&format!("/legal-requests/{id}/dispatch"), &copies)
}

/// Where the entry of what was sent stands in the log.
fn index(app: &TestApp, disclosure: &str) -> i64 {
    app.adviser().get(&format!("/disclosures/{disclosure}")).ok(200).body["logEntries"][0]["index"].as_i64().unwrap()
}

#[test]
fn after_a_withdrawal_is_acknowledged_no_extract_is_sent() {
    let (app, other) = replicas();
    let (app, other) = (app.patient(), other.patient());
    let (mut family, mut note) = (None, String::new());
    let (mut sent, mut blocked) = (0, 0);
    for round in 0..rounds().max(6) {
        if round % OF_ONE_FAMILY == 0 {
            let new = Family::record(&app);
            note = new.n1(&app);
            family = Some(new);
        }
        let family = family.as_ref().unwrap();
        let given = family.permit_proceedings(&app, json!({}));
        let id = family.extracted(&app, &note);
        let draft = app.manager().get(&format!("/legal-requests/{id}")).ok(200).body["extracts"][0]["disclosureId"].clone();
        // One comes first, then the other, then both at once.
        let (late, later) = [(25, 0), (0, 25), (0, 0)][round % 3];
        let (tried, (withdrawn, last)) = at_once(
            || {
                std::thread::sleep(Duration::from_millis(late));
                dispatch(&app, family, &id)
            },
            || {
                std::thread::sleep(Duration::from_millis(later));
                let withdrawn = family.withdraw(&other, &given, json!({})).ok(200);
                (withdrawn, figure(&other, LAST))
            },
        );
        let blocking = &withdrawn.body["effects"]["blockedDisclosureIds"];
        if tried.status == 200 {
            assert!(index(&app, draft.as_str().unwrap()) <= last, "round {round}: sent after the withdrawal was acknowledged");
            assert_eq!(blocking, &json!([]), "round {round}");
            sent += 1;
        } else {
            assert!([409, 412].contains(&tried.status), "round {round}: {}", tried.text);
            assert_eq!(blocking, &json!([draft]), "round {round}");
            blocked += 1;
        }
        // What is asked later finds the same.
        assert_ne!(dispatch(&other, family, &id).status, 200, "round {round}");
    }
    assert!(sent > 0 && blocked > 0, "{sent} sent, {blocked} blocked");
    println!("{sent} sent, {blocked} blocked, 0 after the withdrawal");
    assert_eq!(figure(&app, "SELECT count(*) FROM disclosure"), sent);
    the_log_is_whole(&app);
}

#[test]
fn an_extract_is_sent_once() {
    let (app, other) = replicas();
    let (app, other) = (app.patient(), other.patient());
    let (mut family, mut note) = (None, String::new());
    for round in 0..rounds() {
        if round % OF_ONE_FAMILY == 0 {
            let new = Family::record(&app);
            note = new.n1(&app);
            new.permit_proceedings(&app, json!({}));
            family = Some(new);
        }
        let family = family.as_ref().unwrap();
        let id = family.extracted(&app, &note);
        let (one, two) = at_once(|| dispatch(&app, family, &id), || dispatch(&other, family, &id));
        let statuses = [one.status, two.status];
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "round {round}: {} {}", one.text, two.text);
    }
    assert_eq!(figure(&app, "SELECT count(*) FROM disclosure"), i64::try_from(rounds()).unwrap());
    the_log_is_whole(&app);
}
