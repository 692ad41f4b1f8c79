//! The register of those to whom information may go (C3).

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::family::Family;
use crate::harness::{Reply, TestApp};

fn retype(app: &TestApp, body: &str, kind: &str) -> Reply {
    let version = app.manager().get(&format!("/recipients/{body}")).ok(200).version();
    app.manager().if_match(version).patch(&format!("/recipients/{body}"), &json!({"bodyType":kind}))
}

#[test]
fn a_body_that_is_on_record_stays_on_its_side_of_the_council_line() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let legal = || {
        let body = json!({"bodyType":"la_legal","name":"Legal","teams":[{"name":"North"}],"safeguardingFunction":false});
        let body = app.manager().post("/recipients", &body).ok(201);
        (body.id(), json!({"recipientId":body.id(),"teamId":body.body["teams"][0]["id"]}))
    };
    // What nothing names is corrected.
    let (free, _) = legal();
    retype(&app, &free, "school").ok(200);
    retype(&app, &free, "la_legal").ok(200);

    let (permitted, to_permitted) = legal();
    family.permit(&app, json!({"recipients":[to_permitted]}));
    let (refused, to_refused) = legal();
    let refusal = json!({"decision":"refused","granterId":family.finn,"subjectIds":[family.ana],"recipients":[to_refused],
        "method":"written_signed","evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"});
    app.adviser().post(&format!("/cases/{}/consents", family.case), &refusal).ok(201);
    // Asked for in vain, it stands in the log alone.
    let (logged, to_logged) = legal();
    let note = family.n1(&app);
    family.disclose(&app, &family.ask(&note, json!({"recipient":to_logged}))).problem(409, "consent-scope-exceeded");
    let kept = |body: &str, kind: &str| retype(&app, body, kind).problem(409, "in-use").rule_at("#/bodyType", "body_in_use");
    for body in [&permitted, &refused, &logged] {
        kept(body, "school");
        retype(&app, body, "la_other_team").ok(200);
        kept(body, "court");
    }
    // Nor into the council: its permission was given to a school.
    family.permit(&app, json!({"recipients":[{"recipientId":family.school}]}));
    kept(&family.school, "la_send_team");
    // What was sent stays, when the log has been cut.
    family.disclose(&app, &family.risk(&note, json!({}))).ok(201);
    app.sabotage()
        .batch_execute("INSERT INTO disclosure_prune SELECT count(*) FROM disclosure_entry; DELETE FROM disclosure_entry")
        .unwrap();
    kept(&family.hub, "police");
}
