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

#[test]
fn a_body_that_is_on_record_keeps_its_name() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let change = |body: &str, change: Value| {
        let version = app.manager().get(&format!("/recipients/{body}")).ok(200).version();
        app.manager().if_match(version).patch(&format!("/recipients/{body}"), &change)
    };
    change(&family.council, json!({"name":"Lakeshire County Council"})).ok(200);
    let consent = family.permit(&app, json!({}));
    let renamed = json!({"teams":[{"id":family.north,"name":"Debt collection"},{"id":family.south,"name":"SEND team South"}]});
    change(&family.council, json!({"name":"Acme Collectors"})).problem(409, "in-use").rule_at("#/name", "body_in_use");
    change(&family.council, renamed.clone()).problem(409, "in-use").rule_at("#/teams", "team_in_use");
    change(&family.council, json!({"address":"1 New Square"})).ok(200);
    // A team is held by a permission that is live; the body by what is on record.
    family.withdraw(&app, &consent, json!({})).ok(200);
    change(&family.council, renamed).ok(200);
    change(&family.council, json!({"name":"Acme Collectors"})).problem(409, "in-use").rule_at("#/name", "body_in_use");
}

#[test]
fn no_mark_makes_those_a_family_is_in_dispute_with_a_body_that_protects() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    for body in [&family.council, &family.school] {
        let marked = app.manager().if_match(1).patch(&format!("/recipients/{body}"), &json!({"safeguardingFunction":true}));
        marked.problem(400, "validation-failed").rule_at("#/safeguardingFunction", "contradicting_fields");
    }
    for (kind, may) in [("la_send_team", false), ("school", false), ("solicitor", false), ("camhs", true), ("la_designated_officer", true)]
    {
        let new = json!({"bodyType":kind,"name":"Somebody","teams":[],"safeguardingFunction":true});
        let entered = app.manager().post("/recipients", &new);
        assert_eq!(entered.status, if may { 201 } else { 400 }, "{kind}: {}", entered.text);
    }
}

#[test]
fn a_number_or_address_is_safe_or_it_is_not_however_it_is_written() {
    let app = TestApp::spawn();
    let with = |contacts: Value| json!({"kind":"parent_carer","fullName":"Una Reed","pseudonymous":false,"contacts":contacts});
    let two = |kind: &str, one: &str, other: &str, safe: bool| json!([{"kind":kind,"value":one,"safe":false},{"kind":kind,"value":other,"safe":safe}]);
    for (kind, one, other) in [
        ("email", "una@home.example", "Una@Home.example"),
        ("mobile", "07700 900123", "07700-900-123"),
        ("postal", "1 Example Row, ZZ99 3WZ", "1 example row ZZ993WZ"),
    ] {
        let refused = app.adviser().post("/people", &with(two(kind, one, other, true))).problem(400, "validation-failed");
        refused.rule_at("#/contacts", "contradicting_fields");
        let una = app.adviser().post("/people", &with(two(kind, one, other, false))).ok(201);
        let mut contacts = una.body["contacts"].clone();
        contacts[1]["safe"] = json!(true);
        let patched = app.adviser().if_match(1).patch(&format!("/people/{}", una.id()), &json!({"contacts":contacts}));
        patched.problem(400, "validation-failed").rule_at("#/contacts", "contradicting_fields");
    }
    // And a name that shows nothing is none.
    let blank = json!({"kind":"parent_carer","fullName":"\u{200b}","pseudonymous":false});
    app.adviser().post("/people", &blank).problem(400, "validation-failed").rule_at("#/fullName", "name_missing");
}

/// The contacts of somebody, with one changed or added.
fn contacts(reply: &Reply, kind: &str, safe: bool) -> Value {
    let mut contacts = reply.body["contacts"].as_array().unwrap().clone();
    match contacts.iter_mut().find(|contact| contact["kind"] == kind) {
        Some(contact) => contact["safe"] = json!(safe),
        None => contacts.push(json!({"kind":kind,"value":if kind == "mobile" { "07700 900123" } else { "01632 960123" },"safe":safe})),
    }
    json!({"contacts":contacts})
}

#[test]
fn what_goes_to_a_participant_goes_to_a_contact_marked_safe() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    family.permit(&app, json!({"recipients":[{"personId":family.finn}]}));
    let path = format!("/people/{}", family.finn);
    let sent = |channel: &str, safe: bool| {
        let ask = family.ask(&note, json!({"recipient":{"personId":family.finn},"channel":channel}));
        let check = family.check(&app, &ask).ok(200);
        let reply = family.disclose(&app, &ask);
        assert_eq!((&check.body["allowed"], reply.status), (&json!(safe), if safe { 201 } else { 422 }), "{channel}: {}", check.text);
        if !safe {
            let reply = reply.problem(422, "rule-violated").rule_at("#/channel", "unsafe_contact");
            assert_eq!(check.body["reasons"], reply.body["errors"]);
        }
    };
    let change = |session: &crate::harness::Session<'_>, kind: &str, safe: bool| {
        let now = session.get(&path).ok(200);
        session.if_match(now.version()).patch(&path, &contacts(&now, kind, safe)).ok(200);
    };
    // He has an address that is safe by e-mail and one that is not by post.
    for (channel, safe) in [
        ("secure_email", true),
        ("portal", true),
        ("post_tracked", false),
        ("phone", false),
        ("meeting", true),
        ("video", true),
        ("in_person_handover", true),
    ] {
        sent(channel, safe);
    }
    change(&app.adviser(), "landline", true);
    sent("phone", true);
    change(&app.adviser(), "email", false);
    sent("secure_email", false);
    sent("portal", false);
    change(&app.adviser(), "email", true);
    // What he says on his own binds, and what he can be reached by there is not known here.
    let his = app.as_staff(sendiass::domain::vocabulary::Role::Adviser, "his");
    crate::apart::own_case(&his, &family.finn);
    change(&his, "postal", true);
    sent("post_tracked", false);
    change(&his, "email", false);
    change(&his, "mobile", true);
    sent("secure_email", false);
    change(&his, "landline", false);
    sent("phone", false);
}

#[test]
fn nobody_made_sure_of_a_contact_at_a_time_still_to_come() {
    let app = TestApp::spawn();
    let contacts = |at: &str| {
        json!([{"kind":"email","value":"io@example.org","safe":true},
            {"kind":"mobile","value":"07700 900123","safe":true,"verifiedAt":at}])
    };
    let io = |at: &str| json!({"kind":"other","knownAs":"Io","pseudonymous":false,"contacts":contacts(at)});
    let [now, ahead, later] = ["2026-06-01T09:00:00.000Z", "2026-06-01T09:00:59.000Z", "2026-06-01T09:02:00.000Z"];
    let refused = |reply: Reply, place: &str| {
        reply.problem(422, "rule-violated").rule_at(&format!("{place}/contacts/1/verifiedAt"), "decided_in_future");
    };
    refused(app.adviser().post("/people", &io(later)), "#");
    // The clock of a front end may be a little ahead.
    let path = format!("/people/{}", app.adviser().post("/people", &io(ahead)).ok(201).id());
    let change = |at: &str| app.adviser().if_match(1).patch(&path, &json!({"contacts":contacts(at)}));
    refused(change(later), "#");
    change(now).ok(200);
    let referral = json!({"source":"self_parent","summary":"Rang about a plan.","riskStated":false});
    let path = format!("/referrals/{}/decision", app.adviser().post("/referrals", &referral).ok(201).id());
    let placeholder = uuid::Uuid::now_v7().to_string();
    let accept = json!({"decision":"accept","newCase":Family::bare(&placeholder, json!({})),
        "newPeople":[{"placeholder":placeholder,"person":io(later)}]});
    refused(app.adviser().if_match(1).post(&path, &accept), "#/newPeople/0/person");
}
