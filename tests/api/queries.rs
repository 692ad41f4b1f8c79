//! A list, or a case, takes as many queries for thirty rows, or participants, as for three; so does an answer about many cases, and what goes to many.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::apart::own_case;
use crate::family::Family;
use crate::harness::TestApp;
use crate::harness::cluster::is_postgres;
use crate::world::{Operation, operations};

/// Every query, with the address of the database it was asked of, and the connection: other tests of this process ask theirs meanwhile.
static ASKED: Mutex<Vec<(String, u64, String)>> = Mutex::new(Vec::new());
static CONNECTIONS: AtomicU64 = AtomicU64::new(0);
/// The connections that give entries of the access log their places, which is no part of a request.
static MOVING: Mutex<Vec<u64>> = Mutex::new(Vec::new());

/// Each look is an entry of the access log. A tree of more than 256 leaves has one more level, and now and then an entry completes one: that is one more
/// query to read and one to write.
const LEVELS: usize = 2;

/// What a connection asks.
struct Counting {
    address: String,
    number: u64,
}

impl Default for Counting {
    fn default() -> Self {
        Self { address: String::new(), number: CONNECTIONS.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Instrumentation for Counting {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => url.clone_into(&mut self.address),
            InstrumentationEvent::StartQuery { query, .. } => {
                let query = query.to_string();
                if query.contains("FROM \"access_pending\"") {
                    MOVING.lock().unwrap().push(self.number);
                }
                ASKED.lock().unwrap().push((self.address.clone(), self.number, query));
            }
            _ => {}
        }
    }
}

/// A service whose queries are counted.
fn counting() -> TestApp {
    set_default_instrumentation(|| Some(Box::new(Counting::default()))).unwrap();
    TestApp::spawn()
}

/// What was asked of the database of this service since it was asked last. On PostgreSQL a test is alone in its process.
fn asked(app: &TestApp) -> Vec<String> {
    let folder = app.folder().display().to_string();
    let mut all = ASKED.lock().unwrap();
    let (own, others) = std::mem::take(&mut *all).into_iter().partition(|(address, ..)| is_postgres() || address.starts_with(&folder));
    *all = others;
    let (own, moving): (Vec<(String, u64, String)>, _) = (own, MOVING.lock().unwrap());
    own.into_iter().filter(|(_, number, _)| !moving.contains(number)).map(|(_, _, query)| query).collect()
}

/// Where each list of the document is looked at, by whom, and the body it takes.
fn lists(family: &Family, [legal, sar]: [&str; 2]) -> Vec<(&'static str, Role, String, Option<Value>)> {
    let case = format!("/cases/{}", family.case);
    let (adviser, manager) = (Role::Adviser, Role::ServiceManager);
    // A log holds more than two hundred rows soon.
    let most = |path: &str| if path.ends_with("-log") { 1000 } else { 200 };
    let get = |id, role, path: String| (id, role, format!("{path}?limit={}", most(&path)), None);
    vec![
        get("listCases", adviser, "/cases".to_owned()),
        ("getCase", adviser, case.clone(), None),
        get("listCaseConsents", adviser, format!("{case}/consents")),
        get("listConsents", adviser, "/consents".to_owned()),
        get("listDisclosures", adviser, format!("{case}/disclosures")),
        ("listDisclosures", adviser, format!("{case}/disclosures?limit=200&subjectId={}", family.ana), None),
        get("listNotes", adviser, format!("{case}/notes")),
        get("getTimeline", adviser, format!("{case}/timeline")),
        get("listParticipants", adviser, format!("{case}/participants")),
        get("listCapacityRecords", adviser, format!("/people/{}/capacity-records", family.ana)),
        ("searchPeople", adviser, "/people/search?limit=200".to_owned(), Some(json!({"dateOfBirth":"1990-01-01"}))),
        get("listReferrals", adviser, "/referrals".to_owned()),
        get("listInformationRequests", adviser, "/information-requests".to_owned()),
        get("listLegalRequests", manager, "/legal-requests".to_owned()),
        get("listLegalCandidateItems", manager, format!("/legal-requests/{legal}/candidate-items")),
        get("listSubjectAccessRequests", manager, "/subject-access-requests".to_owned()),
        get("listSubjectAccessCandidateItems", manager, format!("/subject-access-requests/{sar}/candidate-items")),
        get("listSafeguardingConcerns", adviser, "/safeguarding-concerns".to_owned()),
        get("listRetentionReviews", manager, "/retention-reviews".to_owned()),
        get("listRetentionHolds", manager, format!("{case}/retention-holds")),
        get("listDisposals", manager, "/disposals".to_owned()),
        get("listTasks", manager, "/tasks".to_owned()),
        get("listRecipients", adviser, "/recipients".to_owned()),
        get("listStaff", manager, "/staff".to_owned()),
        get("listDisclosureLog", manager, "/disclosure-log".to_owned()),
        get("listDisclosureLogCheckpoints", manager, "/disclosure-log/checkpoints".to_owned()),
        get("listAccessLogCheckpoints", Role::Auditor, "/access-log/checkpoints".to_owned()),
        get("listAccessLog", manager, "/access-log".to_owned()),
        get("listCaseAccess", manager, format!("{case}/access-log")),
    ]
}

/// One more row for every list.
fn add(app: &TestApp, family: &Family, n: usize) {
    let adult = json!({"kind":"parent_carer","fullName":format!("Una Number{n}"),"pseudonymous":false,"dateOfBirth":"1990-01-01"});
    let person = app.adviser().post("/people", &adult).ok(201).id();
    // Of some more is told in a case of their own, which is another side of them.
    let apart = app.adviser().post("/people", &adult).ok(201).id();
    let own = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":apart,"role":"service_user","relation":"parent","servedSeparately":true}]});
    app.adviser().post("/cases", &own).ok(201);
    app.adviser().if_match(1).patch(&format!("/people/{apart}"), &json!({"knownAs":"U."})).ok(200);
    let part = json!({"personId":person,"role":"supporter","relation":"grandparent","servedSeparately":false});
    app.adviser().post(&format!("/cases/{}/participants", family.case), &part).ok(201);
    // Each was known before as somebody who gave no name.
    let caller = app.adviser().post("/people", &json!({"kind":"anonymous","pseudonymous":true,"dateOfBirth":"1990-01-01"})).ok(201).id();
    let merge = json!({"mergedPersonId":caller,"reason":"Gave a name."});
    app.manager().if_match(1).post(&format!("/people/{person}/merges"), &merge).ok(201);
    // A case of each, with a permission in it.
    let case = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"summary":"Alone.","participants":[{"personId":person,"role":"service_user","relation":"parent","servedSeparately":false}]});
    let case = app.adviser().post("/cases", &case).ok(201).id();
    // Mia takes part in it, too: what she asks for is from more cases each time.
    let part = json!({"personId":family.mia,"role":"supporter","relation":"other","servedSeparately":false});
    app.adviser().post(&format!("/cases/{case}/participants"), &part).ok(201);
    let said = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.mia],"namesOthers":false,"informationCategories":["views_and_wishes"],"concern":"She is a friend.",
        "factOrOpinion":"fact","sensitivity":"ordinary","keepConfidential":false});
    app.adviser().post(&format!("/cases/{case}/notes"), &said).ok(201);
    let risk =
        json!({"riskTypes":["emotional"],"summary":"She is afraid.","knownAt":"2026-06-01T08:00:00.000Z","atRiskPersonIds":[family.ana]});
    app.adviser().post(&format!("/cases/{case}/safeguarding-concerns"), &risk).ok(201);
    let refusal = json!({"decision":"refused","granterId":person,"subjectIds":[person],"method":"written_signed",
        "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"});
    app.adviser().post(&format!("/cases/{case}/consents"), &refusal).ok(201);
    let referral = app.adviser().post("/referrals", &json!({"source":"self_parent","summary":"Rang.","riskStated":false})).ok(201).id();
    app.adviser().if_match(1).post(&format!("/referrals/{referral}/decision"), &json!({"decision":"accept","caseId":case})).ok(200);
    let note = family.n1(app);
    family.permit(app, json!({}));
    family.disclose(app, &family.ask(&note, json!({}))).ok(201);
    app.adviser().post(&format!("/cases/{}/information-requests", family.case), &family.asked_from_outside(json!({}))).ok(201);
    app.adviser().post("/legal-requests", &family.legal_request(json!({}))).ok(201);
    app.adviser().post("/subject-access-requests", &family.subject_access(json!({}))).ok(201);
    family.disclose(app, &family.risk(&note, json!({}))).ok(201);
    let hold = json!({"reason":"complaint","reviewOn":"2099-01-01"});
    app.manager().post(&format!("/cases/{}/retention-holds", family.case), &hold).ok(201);
    Family::proposed(app);
    // Of a child whose date of birth nobody knows.
    let child = app.adviser().post("/people", &json!({"kind":"child","fullName":"Tam Reed","pseudonymous":false})).ok(201).id();
    let unknown = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":child,"role":"subject","relation":"self","servedSeparately":false}]});
    let unknown = app.adviser().post("/cases", &unknown).ok(201).id();
    app.adviser().if_match(1).post(&format!("/cases/{unknown}/closure"), &json!({"outcome":"information_given"})).ok(200);
    Family::assess(app, &family.ana, false, "2026-05-01");
    let body = json!({"bodyType":"school","name":format!("School {n}"),"teams":[{"name":"Office"}],"safeguardingFunction":false});
    app.manager().post("/recipients", &body).ok(201);
    app.as_staff(Role::Auditor, &format!("Auditor {n}")).get("/me").ok(200);
    app.manager().get("/disclosure-log/checkpoint").ok(200);
}

/// How many queries each list took, and how many rows it showed.
fn counted(app: &TestApp, family: &Family, requests: [&str; 2]) -> Vec<(String, usize, Vec<String>)> {
    let look = |(_, role, path, body): (&str, Role, String, Option<Value>)| {
        let session = app.as_role(role);
        session.get("/me").ok(200);
        drop(asked(app));
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let reply = session.send(&method, &path, body.map(|body| body.to_string())).ok(200);
        let rows = reply.body.get("items").unwrap_or(&reply.body["participants"]);
        (path, rows.as_array().unwrap().len(), asked(app))
    };
    lists(family, requests).into_iter().map(look).collect()
}

/// How many queries the answer to a request took: to decide every item of it, to read how it stands, to build it, to ask how far it is, and to set it as a
/// letter.
fn answering(app: &TestApp, sar: &str) -> Vec<(String, Vec<String>)> {
    let (manager, path) = (app.manager(), format!("/subject-access-requests/{sar}"));
    let version = manager.get(&path).ok(200).version();
    let items = json!({"items":Family::decided(app, sar)}).to_string();
    let steps = [
        (Method::PUT, format!("{path}/items"), Some(items), 200),
        (Method::GET, path.clone(), None, 200),
        (Method::POST, format!("{path}/bundle"), None, 202),
        (Method::GET, format!("{path}/bundle"), None, 200),
        (Method::GET, format!("{path}/bundle/file"), None, 200),
    ];
    let ask = |(method, path, body, status): (Method, String, Option<String>, u16)| {
        drop(asked(app));
        let session = if body.is_some() { manager.if_match(version) } else { app.manager() };
        session.send(&method, &path, body).ok(status);
        (format!("{method} {path}"), asked(app))
    };
    steps.into_iter().map(ask).collect()
}

/// The queries by which the sending of an answer takes what nobody else may change meanwhile.
fn holding(app: &TestApp, sar: &str, contact: &str) -> Vec<String> {
    let (manager, path) = (app.manager(), format!("/subject-access-requests/{sar}"));
    let version = manager.get(&path).ok(200).version();
    manager.if_match(version).patch(&path, &json!({"deliveryContactId":contact})).ok(200);
    drop(asked(app));
    manager.if_match(version + 1).post(&format!("{path}/dispatch"), &json!({"channel":"secure_email"})).ok(200);
    let holds = |query: &String| query.contains("decision_guard") || query.contains("FOR NO KEY UPDATE");
    asked(app).into_iter().filter(holds).collect()
}

#[test]
fn every_list_takes_as_many_queries_for_thirty_rows_as_for_three() {
    let app = counting();
    let family = Family::record(&app);
    let contact = Family::verify(&app, &family.mia);
    let legal = app.adviser().post("/legal-requests", &family.legal_request(json!({}))).ok(201).id();
    let sar = app.adviser().post("/subject-access-requests", &family.subject_access(json!({}))).ok(201).id();
    // Two more that are sent.
    let [first, second] = [0, 1].map(|_| app.adviser().post("/subject-access-requests", &family.subject_access(json!({}))).ok(201).id());
    let requests = [legal.as_str(), sar.as_str()];
    let known: Vec<&str> = lists(&family, requests).iter().map(|(id, ..)| *id).collect();
    // The cases of a disposal are those that were proposed, and are read by one query.
    let grows = |one: &&Operation| one.id != "listDisposalCases" && (one.id.starts_with("list") || one.id.starts_with("search"));
    for operation in operations(&app).iter().filter(grows) {
        assert!(known.contains(&operation.id.as_str()), "{} is not counted: add it to lists()", operation.id);
    }
    // Whoever looks at what is proposed serves somebody on their own: by that they are asked for what is not theirs to approve.
    own_case(&app.manager(), &app.adviser().post("/people", &json!({"kind":"anonymous","pseudonymous":true})).ok(201).id());
    (0..3).for_each(|n| add(&app, &family, n));
    let (few, answered_few) = (counted(&app, &family, requests), answering(&app, &sar));
    answering(&app, &first);
    let held = holding(&app, &first, &contact);
    // Many were born on one day: whom a name looks for among them is found at once, however many are not them.
    let look = json!({"name":"Una Number0","dateOfBirth":"1990-01-01"});
    let searched = || {
        drop(asked(&app));
        let found = app.adviser().post("/people/search?limit=1", &look).ok(200);
        assert_eq!(found.body["items"].as_array().unwrap().len(), 1);
        asked(&app).len()
    };
    let search = searched();
    (3..30).for_each(|n| add(&app, &family, n));
    assert!(search > 1 && searched() <= search + 2, "one of many takes more queries than one of few");
    let (many, answered_many) = (counted(&app, &family, requests), answering(&app, &sar));
    answering(&app, &second);
    assert!(!held.is_empty(), "nothing was held");
    assert_eq!(holding(&app, &second, &contact).len(), held.len(), "what is held of more cases takes more queries");
    let mut faults = Vec::new();
    for ((step, asked), (_, asked_more)) in answered_few.into_iter().zip(answered_many) {
        assert!(asked.len() > 1, "{step}: nothing was counted");
        if asked_more.len() > asked.len() + LEVELS {
            faults.push(format!("{step}: {} queries, {} for more cases", asked.len(), asked_more.len()));
        }
    }
    for ((path, rows, asked), (_, more, asked_more)) in few.into_iter().zip(many) {
        assert!(asked.len() > 1, "{path}: nothing was counted");
        assert!(rows >= 3 && more >= 20 + rows, "{path}: {rows} and then {more} rows");
        if !(asked.len()..=asked.len() + LEVELS).contains(&asked_more.len()) {
            let extra: Vec<String> = asked_more.iter().skip(asked.len()).take(3).cloned().collect();
            faults.push(format!("{path}: {} queries, {} for more rows: {extra:#?}", asked.len(), asked_more.len()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_goes_to_many_takes_as_many_queries_as_what_goes_to_few() {
    let app = counting();
    let family = Family::record(&app);
    let join = |n: usize| {
        let email = format!("una{n}@example.org");
        let una = json!({"kind":"parent_carer","fullName":format!("Una Number{n}"),"pseudonymous":false,
            "contacts":[{"kind":"email","value":email,"safe":true}]});
        let una = app.adviser().post("/people", &una).ok(201);
        let part = json!({"personId":una.id(),"role":"supporter","relation":"grandparent","servedSeparately":false});
        app.adviser().post(&format!("/cases/{}/participants", family.case), &part).ok(201);
        json!({"personId":una.id(),"contactId":una.body["contacts"][0]["id"]})
    };
    let copies: Vec<Value> = (0..20).map(join).collect();
    let mut recipients = vec![json!({"recipientId":family.council,"teamId":family.north})];
    recipients.extend(copies.iter().map(|copy| json!({"personId":copy["personId"]})));
    family.permit(&app, json!({"recipients":recipients}));
    let note = family.n1(&app);
    // Something is kept from one of them, so that it is asked of all.
    let withheld = json!({"withholdFromPersonIds":[copies[0]["personId"]],"withholdUntilOn":"2026-06-20"});
    family.disclose(&app, &family.risk(&family.n1(&app), withheld)).ok(201);
    let passed_on = |copies: &[Value]| {
        drop(asked(&app));
        let made = family.disclose(&app, &family.ask(&note, json!({"copies":copies}))).ok(201);
        assert_eq!(made.body["sentTo"].as_array().unwrap().len(), copies.len());
        asked(&app)
    };
    let (few, many) = (passed_on(&copies[..2]), passed_on(&copies));
    let extra: Vec<&String> = many.iter().filter(|query| !few.contains(query)).take(5).collect();
    assert!(few.len() > 1 && many.len() <= few.len() + LEVELS, "{} queries, {} for more copies: {extra:#?}", few.len(), many.len());
}
