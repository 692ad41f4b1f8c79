//! Tokens that must not work, and tokens that work no more: each against who one is, a case, and a disclosure.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::family::Family;
use crate::forge;
use crate::harness::cluster::by_engine;
use crate::harness::{Reply, Session, TestApp};

struct Scene {
    app: TestApp,
    family: Family,
    ask: Value,
}

impl Scene {
    fn new() -> Self {
        let app = TestApp::spawn();
        let family = Family::record(&app);
        let note = family.n1(&app);
        family.permit(&app, json!({}));
        let ask = family.ask(&note, json!({}));
        Self { app, family, ask }
    }

    /// The three requests.
    fn ask(&self, session: &Session<'_>) -> [Reply; 3] {
        let case = &self.family.case;
        [session.get("/me"), session.get(&format!("/cases/{case}")), session.post(&format!("/cases/{case}/disclosures"), &self.ask)]
    }

    #[track_caller]
    fn refused(&self, session: &Session<'_>) {
        for reply in self.ask(session) {
            let reply = reply.problem(401, "unauthenticated");
            assert_eq!(reply.header("www-authenticate"), "Bearer");
            assert_eq!(reply.body.get("errors"), None, "{}", reply.text);
        }
    }

    #[track_caller]
    fn admitted(&self, session: &Session<'_>) {
        let [me, case, disclosure] = self.ask(session);
        me.ok(200);
        case.ok(200);
        disclosure.ok(201);
    }

    /// The record of a member of staff, by the name in the token.
    fn staff(&self, name: &str) -> Value {
        let list = self.app.as_role(Role::Administrator).get("/staff?limit=200").ok(200);
        list.body["items"].as_array().unwrap().iter().find(|row| row["displayName"] == name).unwrap().clone()
    }

    fn disclosures(&self) -> usize {
        let list = self.app.manager().get(&format!("/cases/{}/disclosures?limit=200", self.family.case)).ok(200);
        list.body["items"].as_array().unwrap().len()
    }
}

#[test]
fn a_revoked_token_is_refused_and_others_of_its_holder_are_not() {
    let scene = Scene::new();
    let one = forge::token(&scene.app, &json!({"sub":"mel","jti":"the-lost-one"}));
    scene.admitted(&scene.app.with_token(Some(one.clone())));
    let sql = by_engine(
        "INSERT INTO revoked_token (id, expires_at) VALUES ('the-lost-one', 4000000000000000)",
        "INSERT INTO revoked_token (id, expires_at) VALUES ('the-lost-one', '2096-10-02')",
    );
    diesel::RunQueryDsl::execute(diesel::sql_query(sql), &mut scene.app.sabotage()).unwrap();
    scene.refused(&scene.app.with_token(Some(one)));
    scene.admitted(&scene.app.with_token(Some(forge::token(&scene.app, &json!({"sub":"mel"})))));
}

#[test]
fn a_revocation_of_tokens_holds_from_the_next_request_and_for_those_issued_before() {
    let scene = Scene::new();
    let session = scene.app.as_staff(Role::ServiceManager, "Leaver");
    scene.admitted(&session);
    let id = scene.staff("Leaver")["id"].as_str().unwrap().to_owned();
    let revoke = format!("/staff/{id}/token-revocation");
    scene.app.as_role(Role::Administrator).send(&Method::POST, &revoke, None).ok(200);
    scene.refused(&session);
    // Whoever else calls is not touched.
    scene.admitted(&scene.app.adviser());
    // A token issued in a later second counts again; an earlier one, still unexpired, does not.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let less = scene.app.as_staff(Role::Adviser, "Leaver");
    scene.admitted(&less);
    scene.refused(&session);
    // Nor does the role come back that was taken from them.
    less.get("/subject-access-requests").problem(403, "forbidden");
    // Of whom the role was taken away, no token counts that still runs with it; a new one does without it (C10).
    let moved = scene.app.as_staff(Role::Auditor, "Leaver");
    moved.get("/me").ok(200);
    moved.get("/cases").problem(403, "forbidden");
    session.get("/cases").problem(401, "unauthenticated");
}

#[test]
fn whoever_is_disabled_is_refused_with_every_token_until_enabled_again() {
    let scene = Scene::new();
    let session = scene.app.as_staff(Role::Adviser, "Leaver");
    scene.admitted(&session);
    let before = scene.staff("Leaver");
    let path = format!("/staff/{}", before["id"].as_str().unwrap());
    let administrator = scene.app.as_role(Role::Administrator);
    let disabled = administrator.if_match(&before["version"]).patch(&path, &json!({"disabled":true})).ok(200);
    scene.refused(&session);
    scene.refused(&scene.app.as_staff(Role::Adviser, "Leaver"));
    // Another role in another token does not help.
    scene.refused(&scene.app.as_staff(Role::ServiceManager, "Leaver"));
    administrator.if_match(disabled.version()).patch(&path, &json!({"disabled":false})).ok(200);
    scene.admitted(&session);
}

#[test]
fn the_same_subject_at_another_issuer_is_somebody_else() {
    let scene = Scene::new();
    // Only one issuer signs here, so the other's row is put on record by hand: disabled, with the same subject.
    let sql = by_engine(
        "INSERT INTO staff VALUES (randomblob(16), 'https://elsewhere.example', 'Twin', 'Twin', 1, 1, 0, 4000000000000000, 1, 0)",
        "INSERT INTO staff VALUES (gen_random_uuid(), 'https://elsewhere.example', 'Twin', 'Twin', true, true, false, '2096-10-02', 1, now())",
    );
    diesel::RunQueryDsl::execute(diesel::sql_query(sql), &mut scene.app.sabotage()).unwrap();
    scene.admitted(&scene.app.as_staff(Role::Adviser, "Twin"));
    // And a token that names the other issuer is nobody's, though our key signed it.
    scene.refused(&scene.app.with_token(Some(forge::token(&scene.app, &json!({"iss":"https://elsewhere.example","sub":"Twin"})))));
}

#[test]
fn a_token_counts_in_its_header_only() {
    let scene = Scene::new();
    let token = scene.app.token(&[Role::Adviser], "Adviser");
    let nobody = scene.app.with_token(None);
    scene.refused(&nobody);
    scene.refused(&nobody.with("Cookie", &format!("access_token={token}; Authorization={token}")));
    scene.refused(&nobody.with("X-Authorization", &format!("Bearer {token}")));
    scene.refused(&nobody.with("Proxy-Authorization", &format!("Bearer {token}")));
    let case = &scene.family.case;
    for query in [format!("access_token={token}"), format!("token={token}"), format!("Authorization=Bearer%20{token}")] {
        nobody.get(&format!("/me?{query}")).problem(401, "unauthenticated");
        nobody.get(&format!("/cases/{case}?{query}")).problem(401, "unauthenticated");
        nobody.post(&format!("/cases/{case}/disclosures?{query}"), &scene.ask).problem(401, "unauthenticated");
    }
    let mut body = scene.ask.clone();
    body["access_token"] = json!(token);
    nobody.post(&format!("/cases/{case}/disclosures"), &body).problem(401, "unauthenticated");
    let form = format!("access_token={token}");
    let posted = nobody.with("Content-Type", "application/x-www-form-urlencoded");
    posted.send(&Method::POST, &format!("/cases/{case}/disclosures"), Some(form)).problem(401, "unauthenticated");
    assert_eq!(scene.disclosures(), 0);
}

#[test]
fn two_headers_are_refused_even_if_both_are_good() {
    let scene = Scene::new();
    let token = scene.app.token(&[Role::Adviser], "Adviser");
    let session = scene.app.with_token(Some(token.clone()));
    scene.admitted(&session);
    scene.refused(&session.with("Authorization", &format!("Bearer {token}")));
    scene.refused(&session.with("Authorization", "Basic dTpw"));
}

#[test]
fn the_scheme_is_written_in_one_way() {
    let scene = Scene::new();
    let token = scene.app.token(&[Role::Adviser], "Adviser");
    let nobody = scene.app.with_token(None);
    for text in [
        token.clone(),
        format!("Bearer\t{token}"),
        format!("Bearer,{token}"),
        format!("Bearer  {token}"),
        format!("Bearer {token},"),
        format!("Bearer {token} {token}"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Basic {token}"),
        "Bearer".to_owned(),
        "Bearer a.b.c".to_owned(),
        format!("Bearer {}", json!({"payload":token,"signatures":[]})),
        format!("Bearer {token}.{token}"),
    ] {
        scene.refused(&nobody.with("Authorization", &text));
    }
}

#[test]
fn a_token_of_more_than_8_kib_is_refused_and_one_of_8_kib_is_not() {
    let scene = Scene::new();
    // A claim that is ignored makes it as long as wanted; base64 grows by whole groups, and `kid` of the header stays what it is.
    let sized = |length: usize| {
        let mut filler = length;
        loop {
            let token = forge::token(&scene.app, &json!({"jti":"fixed","filler":"x".repeat(filler)}));
            if token.len() <= length {
                return token;
            }
            filler -= 1.max((token.len() - length) / 2);
        }
    };
    let limit = 8 * 1024 - "Bearer ".len();
    let largest = sized(limit);
    assert!(largest.len() > limit - 4, "{}", largest.len());
    scene.admitted(&scene.app.with_token(Some(largest)));
    scene.refused(&scene.app.with_token(Some(sized(limit + 4))));
    scene.refused(&scene.app.with_token(Some("x".repeat(limit + 1))));
}

#[test]
fn roles_in_conflict_are_told_apart_from_missing_ones() {
    let scene = Scene::new();
    for other in [Role::Auditor, Role::Analyst, Role::Administrator] {
        let token = scene.app.token(&[Role::Adviser, other], "Both");
        for reply in scene.ask(&scene.app.with_token(Some(token))) {
            reply.problem(403, "forbidden").rule_at("authorization", "role_conflict");
        }
    }
    for reply in scene.ask(&scene.app.with_token(Some(forge::token(&scene.app, &json!({"roles":["visitor"]}))))) {
        let reply = reply.problem(403, "forbidden");
        assert!(reply.rules().is_empty(), "{}", reply.text);
    }
    assert_eq!(scene.disclosures(), 0);
}
