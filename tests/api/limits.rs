//! How often one may ask.

use sendiass::domain::vocabulary::Role;
use serde_json::json;

use crate::family::Family;
use crate::harness::{Reply, TestApp};

/// It was one too many for this limit of so many a minute.
#[track_caller]
fn too_many(reply: Reply, name: &str, most: u32) {
    let reply = reply.problem(429, "rate-limited");
    let wait: u32 = reply.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(reply.header("ratelimit"), format!("\"{name}\";r=0;t={wait}"));
    assert_eq!(reply.header("ratelimit-policy"), format!("\"{name}\";q={most};w=60"));
}

#[test]
fn a_member_of_staff_may_ask_so_often_and_the_others_go_on() {
    let app = TestApp::spawn_with(|config| config.caller_requests_per_minute = 5);
    for _ in 0..5 {
        app.adviser().get("/me").ok(200);
    }
    too_many(app.adviser().get("/cases"), "caller", 5);
    // Nothing is looked up for them, and nothing written.
    too_many(app.adviser().post("/people", &serde_json::json!({})), "caller", 5);
    app.manager().get("/me").ok(200);
    app.as_staff(Role::Adviser, "another").get("/me").ok(200);
    // A new token is no new allowance.
    too_many(app.adviser().get("/me"), "caller", 5);
    // What is for the operator is not counted.
    for page in ["livez", "readyz", "metrics"] {
        for _ in 0..6 {
            assert_eq!(ureq::get(format!("{}/{page}", app.admin)).call().unwrap().status().as_u16(), 200);
        }
    }
    let figures = ureq::get(format!("{}/metrics", app.admin)).call().unwrap().body_mut().read_to_string().unwrap();
    assert!(figures.contains("sendiass_problems_total{code=\"rate-limited\"} 3"), "{figures}");
}

#[test]
fn an_address_may_ask_so_often_with_or_without_a_token() {
    let app = TestApp::spawn_with(|config| {
        config.client_requests_per_minute = 5;
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    });
    let from = |address: &str| app.with_token(None).with("X-Forwarded-For", address);
    for _ in 0..3 {
        from("192.0.2.1").get("/me").problem(401, "unauthenticated");
    }
    from("192.0.2.1").get("/").ok(200);
    // What a client says of itself before the proxy wrote where it is counts for nothing.
    from("203.0.113.9, 192.0.2.1").get("/").ok(200);
    too_many(from("192.0.2.1").get("/"), "client", 5);
    too_many(app.adviser().with("X-Forwarded-For", "192.0.2.1").get("/me"), "client", 5);
    app.adviser().with("X-Forwarded-For", "192.0.2.2").get("/me").ok(200);
}

#[test]
fn an_address_that_no_trusted_proxy_vouches_for_is_not_believed() {
    let app = TestApp::spawn_with(|config| config.client_requests_per_minute = 5);
    for last in 0..5 {
        app.with_token(None).with("X-Forwarded-For", &format!("192.0.2.{last}")).get("/").ok(200);
    }
    too_many(app.with_token(None).with("X-Forwarded-For", "192.0.2.9").get("/"), "client", 5);
}

#[test]
fn a_member_of_staff_opens_so_many_cases_in_an_hour() {
    let app = TestApp::spawn_with(|config| config.caller_cases_per_hour = 2);
    let families = [(); 3].map(|()| Family::record(&app));
    let [first, second, third] = families.each_ref().map(|family| &family.case);
    let adviser = app.adviser();
    adviser.get(&format!("/cases/{first}")).ok(200);
    adviser.get(&format!("/cases/{second}/notes")).ok(200);
    for closed in [format!("/cases/{third}"), format!("/cases/{third}/timeline")] {
        let reply = adviser.get(&closed).problem(429, "rate-limited");
        let wait: u32 = reply.header("retry-after").parse().unwrap();
        assert!((1..=3600).contains(&wait), "{wait}");
        assert_eq!(reply.header("ratelimit-policy"), "\"cases\";q=2;w=3600");
    }
    // Nor does a change that changes nothing show what a read would not, while what is withdrawn is withdrawn at once (R17).
    let permitted = families[2].permit(&app, json!({}));
    adviser.if_match(1).patch(&format!("/cases/{third}"), &json!({})).problem(429, "rate-limited");
    adviser.if_match(1).patch(&format!("/people/{}", families[2].sam), &json!({})).problem(429, "rate-limited");
    families[2].withdraw(&app, &permitted, json!({})).ok(200);
    // What is open stays open, a list of cases opens none, and a colleague has an hour of their own.
    adviser.get(&format!("/cases/{first}/timeline")).ok(200);
    adviser.get("/cases").ok(200);
    adviser.get(&format!("/cases/{}", uuid::Uuid::now_v7())).problem(404, "not-found");
    app.manager().get(&format!("/cases/{third}")).ok(200);
    // It never stands between an adviser and a risk (C17).
    let [.., family] = &families;
    let told = family.n1(&app);
    family.disclose(&app, &family.risk(&told, json!({}))).ok(201);
    // Somebody who is in two cases opens both.
    let also = json!({"personId":families[0].mia,"role":"supporter","relation":"other","servedSeparately":false});
    app.manager().post(&format!("/cases/{third}/participants"), &also).ok(201);
    let colleague = app.as_staff(Role::Adviser, "another");
    colleague.get(&format!("/people/{}", families[0].mia)).ok(200);
    colleague.get(&format!("/cases/{second}")).problem(429, "rate-limited");
    let refused = app.manager().get(&format!("/access-log?kind=refused&caseId={third}")).ok(200);
    assert_eq!(refused.body["items"].as_array().unwrap().len(), 4, "{}", refused.body);
}
