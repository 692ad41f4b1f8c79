//! The conventions of the contract, met by real resources.
//!
//! Over 350 lines because the conventions are one list, and each is short.

use std::collections::BTreeSet;

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::family::{Family, person};
use crate::harness::{Reply, Session, TestApp};

const NOBODY: &str = "0197a0b0-0000-7000-8000-000000000000";

/// The problem is about this parameter.
#[track_caller]
fn about(reply: &Reply, name: &str) {
    assert!(reply.body["errors"].as_array().unwrap().iter().any(|error| error["parameter"] == name), "{name}: {}", reply.text);
}

fn lists(family: &Family) -> [String; 9] {
    let of_case = |name: &str| format!("/cases/{}/{name}", family.case);
    [
        "/cases".to_owned(),
        "/tasks".to_owned(),
        "/consents".to_owned(),
        "/recipients".to_owned(),
        "/staff".to_owned(),
        of_case("participants"),
        of_case("notes"),
        of_case("consents"),
        of_case("disclosures"),
    ]
}

#[test]
fn a_list_takes_its_own_parameters_once_and_within_their_bounds() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    for list in lists(&family) {
        let get = |query: &str| app.adviser().get(&format!("{list}?{query}"));
        for query in ["limit=", "limit=5&limit=5"] {
            about(&get(query).problem(400, "unknown-parameter"), "limit");
        }
        // What there is not is not repeated: it could be anybody's name. What there is, is told.
        for query in ["marsh=red", "Limit=5", "expand=x", "=x", "marsh=red&shape=round"] {
            let reply = get(query).problem(400, "unknown-parameter");
            let errors = reply.body["errors"].as_array().unwrap();
            let told = (errors.len(), &errors[0]["rule"], errors[0].get("parameter"));
            assert_eq!(told, (1, &json!("unknown"), None), "{query}: {}", reply.text);
            assert!(errors[0]["detail"].as_str().unwrap().contains("cursor, "), "{}", reply.text);
            assert!(!reply.text.contains("marsh"), "{}", reply.text);
        }
        for limit in ["0", "201", "-1", "ten", "5.5", "99999999999999999999", "+5", "%2B5", "%205", "05", "5.0"] {
            about(&get(&format!("limit={limit}")).problem(400, "validation-failed"), "limit");
        }
        assert_eq!(get("limit=200").ok(200).body["page"]["limit"], 200);
        assert_eq!(get("limit=1").ok(200).body["page"]["limit"], 1);
        for cursor in ["x", "AAAA", "%20"] {
            get(&format!("cursor={cursor}")).problem(400, "invalid-cursor");
        }
    }
}

#[test]
fn a_cursor_continues_one_list_for_one_caller_with_its_filters() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    for _ in 0..3 {
        family.n1(&app);
    }
    let list = format!("/cases/{}/notes", family.case);
    let first = app.adviser().get(&format!("{list}?limit=1&kind=discussion")).ok(200);
    let cursor = first.body["page"]["nextCursor"].as_str().unwrap().to_owned();
    assert_eq!(first.header("link"), format!("</api/v1{list}?limit=1&kind=discussion&cursor={cursor}>; rel=\"next\""));
    app.adviser().get(&format!("{list}?limit=2&kind=discussion&cursor={cursor}")).ok(200);
    let (head, tail) = cursor.split_at(10);
    let flipped = format!("{head}{}{}", if tail.starts_with('A') { 'B' } else { 'A' }, &tail[1..]);
    for (session, path) in [
        (app.adviser(), format!("{list}?kind=discussion&cursor={flipped}")),
        (app.adviser(), format!("{list}?kind=internal&cursor={cursor}")),
        (app.adviser(), format!("{list}?cursor={cursor}")),
        (app.adviser(), format!("/cases/{}/consents?cursor={cursor}", family.case)),
        (app.manager(), format!("{list}?kind=discussion&cursor={cursor}")),
    ] {
        session.get(&path).problem(400, "invalid-cursor");
    }
}

#[test]
fn pages_show_every_row_once_while_others_are_added() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let grow = |list: &str| match list.rsplit('/').next().unwrap() {
        "notes" => drop(family.n1(&app)),
        "consents" => drop(family.permit(&app, json!({}))),
        "recipients" => drop(
            app.manager()
                .post("/recipients", &json!({"bodyType":"school","name":"A School","teams":[],"safeguardingFunction":false}))
                .ok(201),
        ),
        "participants" => {
            let id = person(&app, &json!({"kind":"professional","fullName":"A Visitor","pseudonymous":false})).id();
            let part = json!({"personId":id,"role":"professional","relation":"professional","servedSeparately":false});
            app.adviser().post(&format!("/cases/{}/participants", family.case), &part).ok(201);
        }
        "disclosures" | "tasks" => drop(family.disclose(&app, &family.risk(&family.n1(&app), json!({}))).ok(201)),
        _ => drop(Family::record(&app)),
    };
    for list in lists(&family).into_iter().filter(|list| list != "/staff") {
        for _ in 0..5 {
            grow(&list);
        }
        let ids = |page: &Reply| -> Vec<String> {
            page.body["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
        };
        let there: BTreeSet<String> = ids(&app.manager().get(&format!("{list}?limit=200")).ok(200)).into_iter().collect();
        let (mut seen, mut path, mut pages) = (Vec::new(), format!("{list}?limit=2"), 0);
        loop {
            let page = app.manager().get(&path).ok(200);
            seen.extend(ids(&page));
            pages += 1;
            let Some(cursor) = page.body["page"]["nextCursor"].as_str() else { break };
            path = format!("{list}?limit=2&cursor={cursor}");
            if pages < 4 {
                grow(&list);
            }
        }
        let once: BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(once.len(), seen.len(), "{list} shows a row twice");
        assert!(there.is_subset(&once), "{list} leaves a row out");
        assert!(pages >= 3, "{list}");
    }
}

#[test]
fn a_change_names_the_version_it_was_made_from() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let path = format!("/people/{}", family.mia);
    let read = app.adviser().get(&path).ok(200);
    assert_eq!((read.header("etag"), read.version()), ("\"1\"".to_owned(), 1));
    let change = json!({"pronouns":"she/her"});
    for session in [app.adviser(), app.adviser().with("If-Match", "*")] {
        session.patch(&path, &change).problem(428, "precondition-required");
    }
    for tag in ["1", "\"1", "\"1\", \"2\"", "w/\"1\""] {
        app.adviser().with("If-Match", tag).patch(&path, &change).problem(400, "malformed-request").rule_at("If-Match", "pattern");
    }
    for stale in ["\"2\"", "\"0\"", "\"first\""] {
        let refused = app.adviser().with("If-Match", stale).patch(&path, &change).problem(412, "stale-version");
        assert_eq!(refused.body["currentVersion"], 1);
    }
    let changed = app.adviser().with("If-Match", "W/\"1\"").patch(&path, &change).ok(200);
    assert_eq!((changed.header("etag"), changed.version(), changed.str("pronouns")), ("\"2\"".to_owned(), 2, "she/her".to_owned()));
    assert_eq!(app.adviser().if_match(1).patch(&path, &change).problem(412, "stale-version").body["currentVersion"], 2);
    let case = format!("/cases/{}", family.case);
    let worker = app.adviser().get(&case).ok(200).body["assignedTo"]["id"].clone();
    let acts: [(Method, String, Value); 5] = [
        (Method::PATCH, case.clone(), json!({"area":"north"})),
        (Method::POST, format!("{case}/closure"), json!({"outcome":"agreed"})),
        (Method::PUT, format!("{case}/assignment"), json!({"staffId":worker})),
        (
            Method::PUT,
            format!("{case}/restriction"),
            json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[],"reason":"None."}),
        ),
        (Method::PATCH, format!("/participants/{}", family.participant(&family.mia)), json!({"role":"service_user"})),
    ];
    for (method, path, body) in acts {
        let send = |session: Session<'_>| session.send(&method, &path, Some(body.to_string()));
        send(app.manager()).problem(428, "precondition-required");
        assert_eq!(send(app.manager().if_match(9)).problem(412, "stale-version").body["currentVersion"], 1, "{path}");
    }
}

#[test]
fn a_patch_keeps_what_it_leaves_out_clears_what_is_null_and_replaces_lists() {
    let app = TestApp::spawn();
    let new = json!({"kind":"parent_carer","fullName":"Rowan Thornbeck","knownAs":"Ro","pseudonymous":false,"formerNames":["A","B"],
        "safeContact":{"preferredChannel":"phone","avoidChannels":["post_tracked"],"note":"No voicemail."}});
    let path = format!("/people/{}", person(&app, &new).id());
    let merge = app.adviser().with("Content-Type", "application/merge-patch+json");
    let body = json!({"knownAs":null,"formerNames":["C"],"safeContact":{"note":null,"avoidChannels":[]}});
    let changed = merge.if_match(1).patch(&path, &body).ok(200);
    assert_eq!(changed.str("fullName"), "Rowan Thornbeck");
    assert!(changed.body.get("knownAs").is_none());
    assert_eq!(changed.body["formerNames"], json!(["C"]));
    let contact = &changed.body["safeContact"];
    assert!(contact["preferredChannel"] == "phone" && contact.get("note").is_none(), "{contact}");
    assert!(contact.get("avoidChannels").is_none_or(|list| *list == json!([])), "{contact}");
    // What must be there cannot be cleared, and the record stands as it was.
    app.adviser().if_match(2).patch(&path, &json!({"fullName":null})).problem(400, "validation-failed");
    app.adviser().if_match(2).patch(&path, &json!({"kind":null})).problem(400, "validation-failed");
    app.adviser().if_match(2).patch(&path, &json!({"id":NOBODY})).problem(400, "validation-failed");
    app.adviser().if_match(2).patch(&path, &json!({"version":7})).problem(400, "validation-failed");
    assert_eq!(app.adviser().get(&path).ok(200).body, changed.body);
}

#[test]
fn a_wrong_method_is_answered_with_those_there_are_and_head_as_get_without_body() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    for (method, path, allow) in [
        (Method::DELETE, format!("/cases/{}", family.case), "GET, HEAD, PATCH"),
        (Method::PATCH, format!("/notes/{}", family.n1(&app)), "GET, HEAD"),
        (Method::PUT, "/cases".to_owned(), "GET, HEAD, POST"),
        (Method::GET, format!("/consents/{NOBODY}/withdrawal"), "POST"),
    ] {
        // The method is judged before the token.
        let refused = app.with_token(None).send(&method, &path, None).problem(405, "method-not-allowed");
        let mut told: Vec<String> = refused.header("allow").split(',').map(|word| word.trim().to_owned()).collect();
        told.sort();
        assert_eq!(told.join(", "), allow, "{method} {path}");
    }
    app.with_token(None).get("/nothing").problem(404, "not-found");
    app.with_token(None).get("/cases/").problem(404, "not-found");
    let path = format!("/people/{}", family.mia);
    let (head, get) = (app.adviser().send(&Method::HEAD, &path, None).ok(200), app.adviser().get(&path).ok(200));
    assert_eq!((head.text.as_str(), head.header("etag")), ("", get.header("etag")));
    assert_eq!(app.adviser().send(&Method::HEAD, &format!("/people/{NOBODY}"), None).status, 404);
    assert_eq!(app.with_token(None).send(&Method::HEAD, &path, None).status, 401);
}

#[test]
fn a_body_is_json_of_moderate_size_and_depth_said_once_and_in_one_form() {
    let app = TestApp::spawn();
    let post = |body: String| app.adviser().send(&Method::POST, "/people", Some(body));
    let good = r#""kind":"other","pseudonymous":false"#;
    for (body, rule) in [
        ("{".to_owned(), "syntax"),
        (String::new(), "syntax"),
        (format!("{{{good},\"fullName\":\"A\"}} x"), "syntax"),
        (format!("{{{good},\"fullName\":\"A\",\"fullName\":\"B\"}}"), "duplicate_property"),
        (format!("{{{good},\"contacts\":{}1{}}}", "[".repeat(32), "]".repeat(32)), "too_deep"),
    ] {
        post(body).problem(400, "malformed-request").rule(rule);
    }
    // 32 levels are read, and then do not match.
    post(format!("{{{good},\"contacts\":{}1{}}}", "[".repeat(31), "]".repeat(31))).problem(400, "validation-failed");
    for body in ["[]", "7", "\"text\"", "null"] {
        post(body.to_owned()).problem(400, "validation-failed");
    }
    for hidden in ["\\u0000", "\\u0007", "\\u001b"] {
        post(format!("{{{good},\"fullName\":\"A{hidden}B\"}}"))
            .problem(400, "validation-failed")
            .rule_at("#/fullName", "control_character");
    }
    post(format!("{{{good},\"fullName\":\"A\",\"surname\":\"B\"}}")).problem(400, "validation-failed").rule_at("#", "unknown_property");
    post(format!("{{{good},\"fullName\":null}}")).problem(400, "validation-failed");
    let decomposed = post(format!("{{{good},\"fullName\":\"Rene\\u0301e\"}}")).ok(201);
    assert_eq!(decomposed.str("fullName"), "Ren\u{e9}e");
    post(format!("{{{good},\"fullName\":\"{}\"}}", "a".repeat(256 * 1024))).problem(413, "payload-too-large");
    for media in ["text/plain", "application/xml", "application/json; charset=latin1", "multipart/form-data"] {
        app.adviser()
            .with("Content-Type", media)
            .send(&Method::POST, "/people", Some(format!("{{{good}}}")))
            .problem(415, "unsupported-media-type");
    }
    app.adviser().with("Content-Type", "application/merge-patch+json").post("/people", &json!({})).problem(415, "unsupported-media-type");
    app.adviser().with("Content-Encoding", "gzip").post("/people", &json!({})).problem(415, "unsupported-media-type");
    let utf8 = app.adviser().with("Content-Type", "application/json; charset=utf-8");
    utf8.send(&Method::POST, "/people", Some(format!("{{{good},\"fullName\":\"A\"}}"))).ok(201);
}

/// Every GET by an id, each with the ids it could name.
fn reads(family: &Family, note: &str, consent: &str, disclosure: &str) -> Vec<(String, String)> {
    let of = |before: &str, id: &str, after: &str| (format!("{before}{id}{after}"), format!("{before}{NOBODY}{after}"));
    let mut paths = vec![
        of("/people/", &family.ana, ""),
        of("/people/", &family.ana, "/capacity-records"),
        of("/notes/", note, ""),
        of("/consents/", consent, ""),
        of("/disclosures/", disclosure, ""),
    ];
    paths.extend(["", "/participants", "/notes", "/consents", "/disclosures"].map(|after| of("/cases/", &family.case, after)));
    paths
}

/// What an answer says, but for the request's id, the hour, and what depends on the connection: whether it is kept, and the order in
/// which a thread of the server lists the headers that browsers may read.
fn said(reply: &Reply) -> (u16, String, Vec<(String, String)>) {
    let id = reply.header("x-request-id");
    let headers =
        reply.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "date" | "connection" | "access-control-expose-headers"));
    let mut headers: Vec<(String, String)> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().replace(&id, "ID"))).collect();
    headers.sort();
    (reply.status, reply.text.replace(&id, "ID"), headers)
}

/// A method, the path for an id, an id that is hidden, a body.
type Write<'a> = (Method, &'a dyn Fn(&str) -> String, &'a str, &'a Value);

#[test]
fn what_is_hidden_and_what_does_not_exist_are_told_in_the_same_words() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (note, consent) = (family.n1(&app), family.permit(&app, json!({})));
    let disclosure = family.disclose(&app, &family.ask(&note, json!({}))).ok(201).id();
    family.withdraw(&app, &consent, json!({})).ok(200);
    let case = app.adviser().get(&format!("/cases/{}", family.case)).ok(200);
    let worker = &case.body["assignedTo"]["id"];
    let hide = json!({"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[],"reason":"A relative works here."});
    app.manager().if_match(case.version()).put(&format!("/cases/{}/restriction", family.case), &hide).ok(200);
    let stranger = || app.as_staff(Role::Adviser, "another adviser");
    let route = app.with_token(None).get("/nothing").problem(404, "not-found");
    for (hidden, missing) in reads(&family, &note, &consent, &disclosure) {
        app.adviser().get(&hidden).ok(200);
        let (hidden, missing) = (stranger().get(&hidden).problem(404, "not-found"), stranger().get(&missing).problem(404, "not-found"));
        assert_eq!(said(&hidden), said(&missing));
        assert_eq!(said(&hidden).1, said(&route).1);
    }
    let task = app.adviser().get("/tasks?kind=recall_notice").ok(200).body["items"][0]["id"].as_str().unwrap().to_owned();
    let reason = json!({"reason":"Wrong."});
    let part = family.participant(&family.mia).to_owned();
    let of_case = |act: &str, id: &str| format!("/cases/{id}/{act}");
    let note_body = json!({"kind":"discussion","occurredAt":"2026-05-20T10:00:00.000Z","aboutPersonIds":[family.ana],"namesOthers":false,
        "informationCategories":["health"],"concern":"X.","factOrOpinion":"fact","sensitivity":"ordinary","keepConfidential":false});
    let mut unseen = note_body.clone();
    crate::family::merge(&mut unseen, json!({"concern":" ","actionTaken":"\u{200b}"}));
    app.adviser().post(&of_case("notes", &family.case), &unseen).problem(400, "validation-failed").rule_at("#/concern", "text_missing");
    let ask = family.ask(&note, json!({}));
    let (empty, role, outcome, level) = (json!({}), json!({"role":"sibling"}), json!({"outcome":"agreed"}), json!({"area":"north"}));
    let (withdrawal, staff, kind) = (
        json!({"withdrawnById":family.mia,"method":"email"}),
        json!({"staffId":stranger().get("/me").ok(200).id()}),
        json!({"kind":"not_sent"}),
    );
    let permission = family.permission(json!({}));
    let mut check = ask.clone();
    crate::family::merge(&mut check, json!({"summary":null}));
    let writes: [Write<'_>; 13] = [
        (Method::PATCH, &|id| format!("/people/{id}"), &family.ana, &json!({"pronouns":"she"})),
        (Method::PATCH, &|id| format!("/cases/{id}"), &family.case, &level),
        (Method::POST, &|id| of_case("closure", id), &family.case, &outcome),
        (Method::POST, &|id| of_case("reopening", id), &family.case, &reason),
        (Method::PUT, &|id| of_case("assignment", id), &family.case, &staff),
        (Method::POST, &|id| of_case("notes", id), &family.case, &note_body),
        (Method::POST, &|id| of_case("consents", id), &family.case, &permission),
        (Method::POST, &|id| of_case("disclosures", id), &family.case, &ask),
        (Method::POST, &|id| of_case("disclosure-checks", id), &family.case, &check),
        (Method::PATCH, &|id| format!("/participants/{id}"), &part, &role),
        (Method::POST, &|id| format!("/consents/{id}/withdrawal"), &consent, &withdrawal),
        (Method::POST, &|id| format!("/disclosures/{id}/annotations"), &disclosure, &kind),
        (Method::POST, &|id| format!("/tasks/{id}/completion"), &task, &empty),
    ];
    for (method, path, hidden, body) in writes {
        let send = |id: &str| {
            let session = stranger().if_match(1).with("Idempotency-Key", &uuid::Uuid::new_v4().to_string());
            session.send(&method, &path(id), Some(body.to_string())).problem(404, "not-found")
        };
        assert_eq!(said(&send(hidden)), said(&send(NOBODY)), "{method} {}", path(hidden));
    }
}

#[test]
fn checks_come_in_one_order() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let auditor = app.as_role(Role::Auditor);
    let send = |session: &Session<'_>, method: Method, path: &str, body: &str| session.send(&method, path, Some(body.to_owned()));
    let anybody = app.with_token(None);
    let person = format!("/people/{}", family.mia);
    send(&anybody, Method::POST, "/people", "{").problem(401, "unauthenticated");
    anybody.get("/cases?colour=red").problem(401, "unauthenticated");
    send(&auditor, Method::POST, "/people", "{").problem(403, "forbidden");
    auditor.get(&format!("/cases/{NOBODY}")).problem(403, "forbidden");
    auditor.get("/cases/not-an-id").problem(403, "forbidden");
    send(&app.adviser(), Method::PATCH, &person, "{").problem(400, "malformed-request");
    send(&app.adviser(), Method::PATCH, &format!("/people/{NOBODY}"), r#"{"kind":"cat"}"#).problem(400, "validation-failed");
    send(&app.adviser(), Method::PATCH, &format!("/people/{NOBODY}"), r#"{"pronouns":"x"}"#).problem(428, "precondition-required");
    send(&app.adviser().if_match(9), Method::PATCH, &format!("/people/{NOBODY}"), r#"{"pronouns":"x"}"#).problem(404, "not-found");
    // What fits no record is found after the version, and the state after that.
    send(&app.adviser().if_match(9), Method::PATCH, &person, r#"{"fullName":null}"#).problem(412, "stale-version");
    family.close(&app);
    let case = format!("/cases/{}", family.case);
    send(&app.adviser().if_match(1), Method::PATCH, &case, r#"{"area":"north"}"#).problem(412, "stale-version");
    send(&app.adviser().if_match(2), Method::PATCH, &case, r#"{"area":"north"}"#).problem(409, "invalid-state").rule("case_closed");
    let large = format!("{{\"kind\":\"{}\"}}", "a".repeat(257 * 1024));
    send(&auditor, Method::POST, "/people", &large).problem(403, "forbidden");
    for path in [
        "/cases/not-an-id",
        "/notes/7",
        "/consents/x",
        "/disclosures/x",
        "/people/x",
        "/recipients/x",
        "/cases/x/notes",
        "/disclosure-log/entries/x",
    ] {
        let session = if path.starts_with("/disclosure-log") { app.manager() } else { app.adviser() };
        session.get(path).problem(400, "malformed-request");
    }
}

#[test]
fn every_answer_has_its_request_and_is_stored_nowhere() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let mut seen = BTreeSet::new();
    for path in ["/cases", "/people/x", "/nothing", "/me", &format!("/people/{}", family.mia)] {
        let reply = app.adviser().get(path);
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        assert_eq!(
            (reply.header("x-content-type-options"), reply.header("strict-transport-security").is_empty()),
            ("nosniff".to_owned(), false)
        );
        assert!(seen.insert(reply.header("x-request-id")), "a request id twice");
    }
    // The caller's own ids are read, checked, and not taken for ours.
    for (name, good, bad) in [
        ("X-Correlation-Id", "order-42.b_C", "order 42"),
        ("X-Correlation-Id", "a", &*"a".repeat(65)),
        ("X-Correlation-Id", "A-z", "<script>"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-0-0-0"),
    ] {
        let read = app.adviser().with(name, good).get("/me").ok(200);
        assert_ne!(read.header("x-request-id"), good);
        let refused = app.adviser().with(name, bad).get("/me").problem(400, "malformed-request");
        assert!(!format!("{:?}{}", refused.headers, refused.text).contains(bad), "{}", refused.text);
        app.with_token(None).with(name, bad).get("/me").problem(401, "unauthenticated");
    }
    let own = app.adviser().with("X-Request-Id", NOBODY).get("/me").ok(200);
    assert_ne!(own.header("x-request-id"), NOBODY);
}

#[test]
fn what_rarely_changes_is_sent_once() {
    let app = TestApp::spawn();
    for (session, path) in
        [(app.adviser(), "/reference-data"), (app.adviser(), "/retention-schedule"), (app.with_token(None), "//openapi.json")]
    {
        let first = session.get(path).ok(200);
        let tag = first.header("etag");
        assert!(tag.starts_with('"') && !first.header("cache-control").contains("no-store"), "{path}: {}", first.header("cache-control"));
        for held in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = session.with("If-None-Match", &held).get(path).ok(304);
            assert_eq!((again.text.as_str(), again.header("etag")), ("", tag.clone()));
        }
        session.with("If-None-Match", "\"other\"").get(path).ok(200);
    }
}

#[test]
fn the_documentation_loads_nothing_from_elsewhere() {
    let app = TestApp::spawn();
    let open = app.with_token(None);
    let page = open.get("//docs/").ok(200);
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'self'") && !policy.contains("http"), "{policy}");
    let attributes = page.text.split(['"', '\'']).filter(|text| text.starts_with("http") || text.starts_with("//"));
    assert_eq!(attributes.collect::<Vec<_>>(), Vec::<&str>::new());
    let assets: Vec<&str> = page.text.split(['"', '\'']).filter(|text| matches!(text.rsplit('.').next(), Some("js" | "css"))).collect();
    assert!(assets.len() >= 3, "{assets:?}");
    for asset in assets {
        open.get(&format!("//docs/{}", asset.trim_start_matches("./"))).ok(200);
    }
    open.get("//docs/../Cargo.toml").problem(404, "not-found");
    // Each problem leads to a page that explains it.
    let problem = open.get("/cases").problem(401, "unauthenticated");
    let page = open.get(&format!("/{}", problem.str("type"))).ok(200);
    assert!(page.text.contains("<code>unauthenticated</code>") && page.header("content-type").starts_with("text/html"));
    open.get("//problems/Not-A-Code").problem(404, "not-found");
    open.send(&Method::POST, "//openapi.json", None).problem(405, "method-not-allowed");
}

#[test]
fn browsers_of_listed_origins_may_send_versions_and_changes() {
    let app = TestApp::spawn_with(|config| config.cors_origins = vec!["https://intranet.example".to_owned()]);
    let preflight = |origin: &str, headers: &str| {
        let asks = app.with_token(None).with("Origin", origin).with("Access-Control-Request-Method", "PATCH");
        asks.with("Access-Control-Request-Headers", headers).send(&Method::OPTIONS, "/cases/x", None)
    };
    let allowed = preflight("https://intranet.example", "authorization,content-type,if-match,idempotency-key,access-reason");
    assert!(allowed.status < 300, "{}", allowed.status);
    assert_eq!(allowed.header("access-control-allow-origin"), "https://intranet.example");
    assert!(allowed.header("access-control-allow-methods").contains("PATCH"));
    assert!(allowed.header("access-control-allow-headers").to_lowercase().contains("if-match"));
    assert_eq!(
        (allowed.header("access-control-max-age"), allowed.header("access-control-allow-credentials")),
        ("7200".to_owned(), String::new())
    );
    assert_eq!(preflight("https://elsewhere.example", "if-match").header("access-control-allow-origin"), "");
    let call = app.adviser().with("Origin", "https://intranet.example").get("/cases").ok(200);
    let exposed = call.header("access-control-expose-headers").to_lowercase();
    for name in ["etag", "location", "link", "x-request-id", "idempotency-replayed", "retry-after"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    let refused = app.adviser().with("Origin", "https://intranet.example").get("/cases/x").problem(400, "malformed-request");
    assert_eq!(refused.header("access-control-allow-origin"), "https://intranet.example", "a browser reads problems, too");
}

#[test]
fn nothing_that_was_sent_comes_back_in_a_problem() {
    const BIRD: &str = "Kanarienvogel";
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    let free = |reply: Reply| {
        assert!((400..500).contains(&reply.status), "{} {}", reply.status, reply.text);
        assert_eq!(reply.header("content-type"), "application/problem+json");
        assert!(!reply.text.contains(BIRD) && !format!("{:?}", reply.headers).contains(BIRD), "{}", reply.text);
    };
    // Refusals of what is well formed quote no more than those of what is not.
    let bird = json!(BIRD);
    free(family.disclose(
        &app,
        &family.ask(
            &note,
            json!({"summary":bird,"recipient":{"recipientId":family.council,"teamId":family.north,"personName":bird,"personRole":bird}}),
        ),
    ));
    free(family.disclose(
        &app,
        &family.risk(&note, json!({"recipient":{"recipientId":family.school,"personName":bird},"summary":bird,"toldReason":bird})),
    ));
    let issue = json!({"basis":"anonymised","purpose":"pass_information","direction":"outbound","channel":"phone","recipient":{"recipientId":family.school},
        "cohort":{"settingName":bird,"area":bird},"summary":format!("Mrs {BIRD} at 14 {BIRD} Lane, {BIRD}@example.org")});
    free(family.disclose(&app, &issue));
    let named = json!({"recipients":[{"recipientId":family.council,"personName":bird}],"method":"verbal_phone","evidence":{"noticeVersion":bird,"language":bird}});
    free(app.adviser().post(&format!("/cases/{}/consents", family.case), &family.permission(named)));
    free(
        app.adviser()
            .post(&format!("/cases/{}/consents", family.case), &json!({format!("{BIRD} {BIRD}"):BIRD,"decision":BIRD,"granterId":BIRD})),
    );
    free(app.adviser().post("/people/search", &json!({"name":BIRD,"dateOfBirth":BIRD})));
    free(app.adviser().if_match(7).patch(&format!("/people/{}", family.mia), &json!({"fullName":BIRD})));
    for path in [
        "/cases/BIRD",
        "/cases?assignedTo=BIRD",
        "/cases?status=BIRD",
        "/cases?cursor=BIRD",
        "/cases?limit=BIRD",
        "/BIRD",
        "/people/BIRD/BIRD",
        "/cases?x=BIRD",
        "/cases?BIRD%20x=1",
    ] {
        free(app.adviser().get(&path.replace("BIRD", BIRD)));
    }
    for name in ["If-Match", "Idempotency-Key", "X-Correlation-Id", "traceparent", "Content-Type"] {
        let sent = app.adviser().with(name, &format!("<{BIRD} {BIRD}>"));
        free(sent.send(
            &Method::PATCH,
            &format!("/people/{}", family.mia),
            Some(json!({"contacts":[{"kind":"email","value":BIRD,"safe":true}]}).to_string()),
        ));
    }
    free(app.with_token(Some(BIRD.to_owned())).get("/cases"));
    let reason = app.manager().with("Access-Reason", BIRD);
    let case = app.adviser().get(&format!("/cases/{}", family.case)).ok(200);
    let hide = json!({"restricted":true,"namedStaffIds":[case.body["assignedTo"]["id"]],"conflictedStaffIds":[],"reason":BIRD});
    app.manager().if_match(case.version()).put(&format!("/cases/{}/restriction", family.case), &hide).ok(200);
    free(reason.get(&format!("/cases/{}", family.case)).problem(403, "access-reason-required"));
}

#[test]
fn a_query_is_refused_where_none_is_read_and_after_the_role_was_judged() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let strange = |reply: Reply| drop(reply.problem(400, "unknown-parameter").rule("unknown"));
    for path in ["/", "/me", "/reference-data", &format!("/cases/{}", family.case), &format!("/people/{}", family.ana)] {
        strange(app.adviser().get(&format!("{path}?x=1")));
    }
    strange(app.adviser().post("/people?x=1", &json!({"kind":"child","fullName":"Una Calder","pseudonymous":false})));
    strange(app.adviser().if_match(1).patch(&format!("/cases/{}?x=1", family.case), &json!({"area":"north"})));
    assert_eq!(app.adviser().get(&format!("/cases/{}", family.case)).ok(200).str("area"), "south");
    app.as_role(Role::Auditor).get(&format!("/cases/{}?x=1", family.case)).problem(403, "forbidden");
    app.with_token(None).get("/me?x=1").problem(401, "unauthenticated");
    // A name that could be anything is not said again.
    for name in ["Ana%20Marsh", "Marsh", ""] {
        let reply = app.adviser().get(&format!("/me?{name}=1")).problem(400, "unknown-parameter");
        assert!(!reply.text.contains("Marsh") && !reply.text.contains("parameter\":"), "{}", reply.text);
    }
    for body in [json!({"kind":"child","fullName":"Una","pseudonymous":false,"Marsh":1}), json!({"Marsh":"\u{0}"})] {
        let reply = app.adviser().post("/people", &body).problem(400, "validation-failed");
        assert!(!reply.text.contains("Marsh"), "{}", reply.text);
    }
}

#[test]
fn a_time_is_written_in_utc_and_an_id_in_one_way() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    for at in ["2026-05-20T10:00:00.000%2B01:00", "2026-05-20T10:00:00.000%2B00:00", "2026-05-20T10:00:00.000000Z", "2026-05-20"] {
        about(&app.manager().get(&format!("/disclosure-log?from={at}")).problem(400, "validation-failed"), "from");
    }
    let note = |at: &str, about: &str| {
        let body = json!({"kind":"discussion","channel":"phone","occurredAt":at,"fromPersonId":family.mia,"aboutPersonIds":[about],
            "namesOthers":false,"informationCategories":["school_provision"],"concern":"x","factOrOpinion":"fact","sensitivity":"ordinary",
            "keepConfidential":false});
        app.adviser().post(&format!("/cases/{}/notes", family.case), &body)
    };
    for at in ["2026-05-20T11:00:00.000+01:00", "2026-05-20T10:00:00.000+00:00", "2026-05-20T10:00:00.000000Z", "2026-05-20 10:00:00.000Z"]
    {
        note(at, &family.ana).problem(400, "validation-failed").rule_at("#/occurredAt", "format");
    }
    note("2026-05-20T10:00:00Z", &family.ana).ok(201);
    for id in [family.ana.to_uppercase(), format!("{{{}}}", family.ana), format!("urn:uuid:{}", family.ana), family.ana.replace('-', "")] {
        note("2026-05-20T10:00:00.000Z", &id).problem(400, "validation-failed").rule_at("#/aboutPersonIds/0", "format");
        app.adviser().get(&format!("/people/{id}").replace('{', "%7B").replace('}', "%7D")).problem(400, "malformed-request");
        about(&app.adviser().get(&format!("/tasks?assignedTo={id}")).problem(400, "validation-failed"), "assignedTo");
    }
    for day in ["2016-5-20", "2016- 5- 2", "20160520", "2016-05-20T00:00:00.000Z"] {
        let child = json!({"kind":"child","fullName":"Una","pseudonymous":false,"dateOfBirth":day});
        app.adviser().post("/people", &child).problem(400, "validation-failed").rule_at("#/dateOfBirth", "format");
    }
}

#[test]
fn what_is_asked_beyond_the_log_is_refused_and_never_clamped() {
    let app = TestApp::spawn();
    let log = |query: &str| app.as_role(Role::Auditor).get(&format!("/disclosure-log?{query}"));
    let size = log("limit=1").ok(200).body["treeSize"].as_i64().unwrap();
    assert_eq!(log(&format!("indexFrom={size}&indexTo={size}")).ok(200).body["items"], json!([]));
    for (query, name) in [
        (format!("indexTo={}", size + 1), "indexTo"),
        (format!("indexFrom={}", size + 1), "indexFrom"),
        ("indexFrom=1&indexTo=0".to_owned(), "indexTo"),
        ("from=2026-09-18T00:00:00.000Z&to=2026-09-17T00:00:00.000Z".to_owned(), "to"),
    ] {
        log(&query).problem(400, "validation-failed").rule_at(name, "out_of_range");
    }
}

#[test]
fn a_rule_across_fields_points_at_one_of_them() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let case = |change: Value| {
        let mut body = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"draft_plan","primary":true}],
            "senNeeds":[{"type":"slcn","rank":1}],"senProvision":"k","setting":"mainstream","appealTypes":[],"participants":[
            {"personId":family.ana,"role":"subject","relation":"self","servedSeparately":false}]});
        crate::family::merge(&mut body, change);
        app.adviser().post("/cases", &body).problem(400, "validation-failed")
    };
    case(json!({"reasonsForContact":[{"reason":"draft_plan","primary":false}]})).rule_at("#/reasonsForContact", "primary_reason");
    case(json!({"senNeeds":[{"type":"slcn","rank":1},{"type":"semh","rank":1}]})).rule_at("#/senNeeds", "need_ranks");
    app.adviser()
        .post("/people", &json!({"kind":"child","pseudonymous":false}))
        .problem(400, "validation-failed")
        .rule_at("#/fullName", "name_missing");
    let unknown = json!({"contacts":[{"id":"01a09f30-a93a-7160-8999-50d836f675cc","kind":"email","value":"a@example.org","safe":true}]});
    app.adviser()
        .if_match(1)
        .patch(&format!("/people/{}", family.ana), &unknown)
        .problem(422, "rule-violated")
        .rule_at("#/contacts/0/id", "unknown_reference");
    let blank = json!({"basis":"anonymised","purpose":"pass_information","direction":"outbound","channel":"secure_email",
        "recipient":{"recipientId":family.council,"teamId":family.north},"informationCategories":["concerns_raised"],
        "cohort":{"senNeed":"slcn"},"summary":" \n "});
    family.disclose(&app, &blank).problem(422, "rule-violated").rule_at("#/summary", "contradicting_fields");
}
