//! What was let go and not sent after all: it stays on record, and nobody is told that it was shared, or that it is to be forgotten.

use serde_json::json;

use crate::family::Family;
use crate::harness::{Reply, TestApp};

fn not_sent(app: &TestApp, disclosure: &str) -> Reply {
    app.adviser().post(&format!("/disclosures/{disclosure}/annotations"), &json!({"kind":"not_sent","note":"The line was dead."})).ok(201)
}

#[test]
fn nobody_is_told_of_what_was_not_sent() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let given = family.permit(&app, json!({}));
    let note = family.n1(&app);
    let [sent, kept] = [(); 2].map(|()| family.disclose(&app, &family.ask(&note, json!({}))).ok(201).id());
    not_sent(&app, &kept);
    crate::receipts::says(&app, &given, &["Shared so far Once, because of this permission."]);
    let rows = |query: &str| {
        let page = app.adviser().get(&format!("/cases/{}/disclosures?includeTotal=true{query}", family.case)).ok(200);
        let ids: Vec<_> = page.body["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(page.body["page"]["total"], ids.len());
        ids
    };
    let accounting = format!("&subjectId={}", family.mia);
    assert_eq!((rows(""), rows(&accounting)), (vec![kept.clone(), sent.clone()], vec![sent.clone()]));
    let letter = crate::asking::words(&app.manager(), &family.answered(&app));
    assert_eq!(letter.matches("(speaking with officers and professionals)").count(), 1, "{letter}");
    // Nor is it recalled.
    let ended = family.withdraw(&app, &given, json!({})).ok(200);
    let recalled = Family::tasks(&app, "recall_notice", &sent);
    assert_eq!(ended.body["effects"]["recallTaskIds"], json!([recalled[0]["id"]]));
    assert_eq!(ended.body["disclosureIds"], json!([sent, kept]), "both stay on record");
    // So it is where that is found out later.
    not_sent(&app, &sent);
    assert!(Family::tasks(&app, "recall_notice", &sent).is_empty());
    assert_eq!(rows(&accounting), Vec::<String>::new());
}

#[test]
fn what_was_for_one_time_is_permitted_anew_though_nothing_was_sent() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let once = family.permit(&app, json!({"conditions":[{"kind":"once_only"}]}));
    let ask = family.ask(&family.n1(&app), json!({}));
    not_sent(&app, &family.disclose(&app, &ask).ok(201).id());
    family.disclose(&app, &ask).problem(409, "consent-scope-exceeded").rule("condition_unmet");
    assert_eq!(app.adviser().get(&format!("/consents/{once}")).ok(200).body["usedAt"], "2026-06-01T09:00:00.000Z");
    family.permit(&app, json!({"conditions":[{"kind":"once_only"}],"supersedesId":once}));
    family.disclose(&app, &ask).ok(201);
}

#[test]
fn a_risk_that_was_not_passed_on_after_all_is_not_recalled() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let risk = family.risk(&family.n1(&app), json!({"toldSubject":"later"}));
    let made = family.disclose(&app, &risk).ok(201);
    assert_eq!(Family::tasks(&app, "tell_subject", &made.id()).len(), 1);
    not_sent(&app, &made.id());
    assert!(Family::tasks(&app, "tell_subject", &made.id()).is_empty(), "nothing was told of them");
    let concern = format!("/safeguarding-concerns/{}", made.str("concernId"));
    let renewed = json!({"kind":"reason_renewed","note":"Telling could still raise the risk."});
    app.adviser().post(&format!("{concern}/annotations"), &renewed).ok(201);
    let version = app.manager().get(&concern).ok(200).version();
    let review = json!({"finding":"not_justified","reason":"Nobody was at risk."});
    app.manager().if_match(version).post(&format!("{concern}/outcome"), &review).ok(200);
    assert_eq!(Family::tasks(&app, "breach_assessment", &made.str("concernId")).len(), 1);
    assert!(Family::tasks(&app, "recall_notice", &made.id()).is_empty());
}
