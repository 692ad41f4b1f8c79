//! What is written about a family is found nowhere but behind its keys: in no file of the database, no log, no trace, no figure, no problem.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::family::Family;
use crate::harness::{Reply, TestApp};

/// What no file and no problem may hold. Each field has its own, so that a find says where it came from.
const MARK: &str = "Canarysong";

fn canary(field: &str) -> String {
    format!("{MARK} {field}")
}

/// All canaries in this body, each once.
fn canaries(body: &Value, found: &mut BTreeSet<String>) {
    match body {
        Value::String(text) if text.contains(MARK) => drop(found.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| canaries(item, found)),
        Value::Object(properties) => properties.values().for_each(|value| canaries(value, found)),
        _ => {}
    }
}

/// Every byte of the database: of its files, the write-ahead log among them, or of every table as the server prints it.
fn stored(app: &TestApp) -> Vec<u8> {
    if let Some(dump) = app.dump() {
        return dump;
    }
    let files: Vec<_> = std::fs::read_dir(app.folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let ours: Vec<_> = files.into_iter().filter(|file| file.file_name().unwrap().to_str().unwrap().starts_with("sendiass.db")).collect();
    assert!(ours.len() >= 2, "no write-ahead log: {ours:?}");
    ours.into_iter().flat_map(|file| std::fs::read(file).unwrap()).collect()
}

/// Where the text is found, with what follows it.
fn finds(bytes: &[u8], text: &str) -> BTreeSet<String> {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut found = BTreeSet::new();
    for needle in [text.as_bytes(), text.to_lowercase().as_bytes(), &wide] {
        for (at, _) in bytes.windows(needle.len()).enumerate().filter(|(_, window)| *window == needle) {
            found.insert(String::from_utf8_lossy(&bytes[at..(at + 40).min(bytes.len())]).into_owned());
        }
    }
    found
}

/// The names of the properties of this body that hold a canary.
fn marked(body: &Value, name: &str, found: &mut BTreeSet<String>) {
    match body {
        Value::String(text) if text.contains(MARK) || text.contains("canarysong") => drop(found.insert(name.to_owned())),
        Value::Array(items) => items.iter().for_each(|item| marked(item, name, found)),
        Value::Object(properties) => properties.iter().for_each(|(name, value)| marked(value, name, found)),
        _ => {}
    }
}

/// The names of the free texts that request bodies may hold.
fn texts(document: &Value, schema: &Value, name: &str, found: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        return texts(document, document.pointer(reference.trim_start_matches('#')).unwrap(), name, found);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        texts(document, property, name, found);
    }
    if !schema["items"].is_null() {
        texts(document, &schema["items"], name, found);
    }
    let kind = schema["type"].to_string();
    if kind.contains("\"string\"") && ["enum", "format", "const"].iter().all(|word| schema.get(word).is_none()) {
        found.insert(name.to_owned());
    }
}

/// Texts that are not a family's: the register of outside bodies, words of searches, which are kept nowhere, and of published figures.
const OPEN: &[&str] = &["address", "name", "contact", "area", "outwardCode", "auditReference", "line"];

/// Everything that was sent, with what came back.
struct Sent<'a> {
    app: &'a TestApp,
    marks: BTreeSet<String>,
    canaries: BTreeSet<String>,
}

impl Sent<'_> {
    fn post(&mut self, path: &str, body: &Value) -> Reply {
        marked(body, "", &mut self.marks);
        canaries(body, &mut self.canaries);
        self.app.manager().post(path, body)
    }
}

/// Somebody who gave no name is found to be this person, and then not to be.
fn merge_and_reverse(sent: &mut Sent<'_>, id: &str, canary: &impl Fn(&str) -> String) {
    let boss = sent.app.manager();
    let caller =
        sent.post("/people", &json!({"kind":"anonymous","pseudonymous":true,"knownAs":canary("knownAs of a caller")})).ok(201).id();
    let found = json!({"mergedPersonId":caller,"reason":canary("reason of a merge")});
    let merge = boss.if_match(2).post(&format!("/people/{id}/merges"), &found).ok(201);
    assert_eq!(merge.str("reason"), canary("reason of a merge"));
    let reversal = json!({"reason":canary("reason of a reversal")});
    let reversed = boss.if_match(1).post(&format!("/person-merges/{}/reversal", merge.id()), &reversal).ok(200);
    assert_eq!(reversed.body["reversal"]["reason"], canary("reason of a reversal"));
}

/// What is asked both ways, and what is asked for proceedings.
fn sing_of_requests(sent: &mut Sent<'_>, family: &Family, note: &str, canary: &dyn Fn(&str) -> String) {
    let app = sent.app;
    let recipient = |who: &str| json!({"recipientId":family.council,"teamId":family.north,"personName":canary(who)});
    let asked = family.asked_from_outside(json!({"question":canary("question"),"recipient":recipient("asker")}));
    let requests = format!("/cases/{}/information-requests", family.case);
    let asked = sent.post(&requests, &asked).ok(201).id();
    let answer = json!({"outcome":"no_permission","response":canary("response")});
    marked(&answer, "", &mut sent.marks);
    let answered = app.manager().if_match(1).post(&format!("/information-requests/{asked}/response"), &answer).ok(200);
    assert_eq!((answered.str("question"), answered.str("response")), (canary("question"), canary("response")));
    family.permit_asking(app, json!({}));
    let question = family.asked_by_service(json!({"question":canary("question of ours"),"recipient":recipient("asked")}));
    let question = sent.post(&requests, &question).ok(201).id();
    let why = json!({"reason":canary("reason of a cancellation")});
    app.manager().if_match(1).post(&format!("/information-requests/{question}/cancellation"), &why).ok(200);
    let unasked = family.asked_by_service(json!({"question":canary("question refused"),"informationCategories":["health"]}));
    assert!(!sent.post(&requests, &unasked).problem(409, "consent-scope-exceeded").text.contains(MARK));
    sing_of_proceedings(sent, family, note, canary);
}

fn sing_of_proceedings(sent: &mut Sent<'_>, family: &Family, note: &str, canary: &dyn Fn(&str) -> String) {
    let (app, mia) = (sent.app, &family.mia);
    family.permit_proceedings(app, json!({}));
    let legal = family.legal_request(json!({"officerName":canary("officerName"),"officerRole":canary("officerRole"),
        "proceedings":canary("proceedings"),"asksFor":canary("asksFor")}));
    let legal = format!("/legal-requests/{}", sent.post("/legal-requests", &legal).ok(201).id());
    for (version, body) in [
        (1, json!({"decision":"consider","reason":canary("reason to consider")})),
        (2, json!({"decision":"seek_permission"})),
        (3, json!({"decision":"grant","reason":canary("reason of a grant"),"channel":"secure_email","noteIds":[note]})),
    ] {
        app.manager().if_match(version).post(&format!("{legal}/decision"), &body).ok(200);
    }
    let held = app.manager().get(&format!("{legal}/candidate-items?limit=200")).ok(200);
    let item = |held: &Value| {
        let goes = if held["id"] == json!(note) { "include" } else { "leave_out" };
        json!({"noteId":held["id"],"decision":goes,"reason":canary("reason of an item")})
    };
    let items: Vec<Value> = held.body["items"].as_array().unwrap().iter().map(item).collect();
    let items = json!({"items":items,"summary":canary("summary of an extract")});
    app.manager().if_match(4).put(&format!("{legal}/items"), &items).ok(200);
    let copies = json!({"copies":[{"personId":mia,"contactId":family.mia_contact}]});
    app.manager().if_match(5).post(&format!("{legal}/dispatch"), &json!({})).problem(422, "copy-recipient-required");
    app.manager().if_match(5).post(&format!("{legal}/dispatch"), &copies).ok(200);
    let closed = app.manager().if_match(6).post(&format!("{legal}/closure"), &json!({"reason":canary("reason of a closure")})).ok(200);
    assert_eq!((closed.str("officerName"), closed.str("closingReason")), (canary("officerName"), canary("reason of a closure")));
}

/// A risk that is told, not shared, and learnt more of.
fn tell_of_a_risk(sent: &mut Sent<'_>, family: &Family, canary: &impl Fn(&str) -> String) {
    let raised = json!({"riskTypes":["physical"],"atRiskPersonIds":[family.ana],"atRiskDescription":canary("atRiskDescription of a concern"),
        "summary":canary("summary of a concern"),"knownAt":"2026-06-01T08:00:00.000Z","necessity":canary("necessity of a concern")});
    let concern = sent.post(&format!("/cases/{}/safeguarding-concerns", family.case), &raised).ok(201).id();
    let (concern, boss) = (format!("/safeguarding-concerns/{concern}"), sent.app.manager());
    let decided = json!({"outcome":"not_shared","reason":canary("reason not to share"),"proportionality":canary("proportionality of a concern"),
        "consentSought":"sought_refused","toldSubject":"no","toldReason":canary("toldReason of a concern")});
    boss.if_match(1).post(&format!("{concern}/outcome"), &decided).ok(200);
    sent.post(&format!("{concern}/annotations"), &json!({"kind":"found_unfounded","note":canary("note of a concern")})).ok(201);
    let kept = boss.get(&concern).ok(200);
    assert_eq!((kept.str("summary"), kept.str("outcomeReason")), (canary("summary of a concern"), canary("reason not to share")));
}

/// A family in which every text is a canary, of its own in each voice: the properties they were sent in, and the canaries.
fn sing(app: &TestApp, voice: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let canary = |field: &str| format!("{} {voice}", canary(field));
    let family = Family::record(app);
    let Family { case, ana, mia, .. } = &family;
    let mut sent = Sent { app, marks: BTreeSet::new(), canaries: BTreeSet::new() };
    let person = json!({"kind":"parent_carer","fullName":canary("fullName"),"knownAs":canary("knownAs"),"formerNames":[canary("formerNames")],
        "pseudonymous":false,"pronouns":canary("pronouns"),"preferredLanguage":canary("preferredLanguage"),
        "communicationNeeds":canary("communicationNeeds"),"contacts":[{"kind":"email","value":"canarysong@example.org","safe":true},
        {"kind":"postal","value":canary("postal"),"safe":false}],"safeContact":{"preferredChannel":"phone","note":canary("safeContact")}});
    let made = sent.post("/people", &person).ok(201);
    let id = made.id();
    let changed = json!({"knownAs":canary("knownAs changed"),"communicationNeeds":canary("communicationNeeds changed")});
    app.manager().if_match(1).patch(&format!("/people/{id}"), &changed).ok(200);
    sent.post("/people/search", &json!({"name":canary("fullName")})).ok(200);
    merge_and_reverse(&mut sent, &id, &canary);
    sent.post(
        &format!("/people/{mia}/capacity-records"),
        &json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,"outcome":"can_decide",
        "assessedOn":"2026-05-01","reasons":canary("reasons"),"support":canary("support")}),
    )
    .ok(201);
    let opened = sent
        .post(
            "/cases",
            &json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"draft_plan","primary":true}],
            "senNeeds":[{"type":"slcn","rank":1}],"senProvision":"k","setting":"mainstream","settingName":canary("settingName"),
            "appealTypes":[],"summary":canary("summary of a case"),"participants":[
            {"personId":ana,"role":"subject","relation":"self","servedSeparately":false}]}),
        )
        .ok(201);
    let other = format!("/cases/{}", opened.id());
    let version = || app.manager().get(&other).ok(200).version();
    app.manager().if_match(version()).patch(&other, &json!({"summary":canary("summary changed")})).ok(200);
    let restriction =
        json!({"restricted":true,"namedStaffIds":[opened.body["assignedTo"]["id"]],"conflictedStaffIds":[],"reason":canary("restriction")});
    app.manager().if_match(version()).put(&format!("{other}/restriction"), &restriction).ok(200);
    app.manager().if_match(version()).post(&format!("{other}/closure"), &json!({"outcome":"information_given"})).ok(200);
    app.manager().if_match(version()).post(&format!("{other}/reopening"), &json!({"reason":canary("reopening")})).ok(200);
    let referral = json!({"source":"school","referrerName":canary("referrerName"),"childName":canary("childName"),
        "parentName":canary("parentName"),"contact":canary("contact of a referral"),"summary":canary("summary of a referral"),
        "familyAgreed":true,"familyAgreedHow":canary("familyAgreedHow"),"familyAgreedOn":"2026-05-29","riskStated":false});
    let referral = format!("/referrals/{}", sent.post("/referrals", &referral).ok(201).id());
    app.manager().if_match(1).patch(&referral, &json!({"summary":canary("summary of a referral changed")})).ok(200);
    let declined = json!({"decision":"decline","reason":canary("reason of a decision")});
    let decided = app.manager().if_match(2).post(&format!("{referral}/decision"), &declined).ok(200);
    assert_eq!((decided.str("childName"), decided.str("decisionReason")), (canary("childName"), canary("reason of a decision")));
    let words = json!({"concern":canary("concern"),"actionTaken":canary("actionTaken")});
    let note = family.note(app, mia, &[ana], "school_provision", words.clone());
    marked(&words, "", &mut sent.marks);
    let correction = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":mia,"aboutPersonIds":[ana],
        "namesOthers":false,"informationCategories":["school_provision"],"concern":canary("concern corrected"),"actionTaken":canary("action corrected"),
        "factOrOpinion":"fact","sensitivity":"ordinary","keepConfidential":false,"correctionReason":canary("correctionReason")});
    let note = sent.post(&format!("/notes/{note}/correction"), &correction).ok(201).id();
    let wrong =
        family.note(app, mia, &[ana], "school_provision", json!({"concern":canary("concern moved"),"actionTaken":canary("action moved")}));
    let elsewhere = json!({"caseId":opened.id(),"reason":canary("reason of a relocation"),"fromPersonId":ana});
    let moved = app.manager().with("Access-Reason", "supervision").post(&format!("/notes/{wrong}/relocation"), &elsewhere).ok(201);
    assert_eq!(moved.str("concern"), canary("concern moved"));
    let evidence = json!({"noticeVersion":canary("noticeVersion"),"language":canary("language"),"wordsUsed":canary("wordsUsed")});
    let permission = family.permission(json!({"method":"verbal_phone","evidence":evidence,
        "recipients":[{"recipientId":family.council,"teamId":family.north,"personName":canary("personName")}]}));
    let consents = format!("/cases/{case}/consents");
    let consent = sent.post(&consents, &permission).ok(201).id();
    let recipient =
        json!({"recipientId":family.council,"teamId":family.north,"personName":canary("personName"),"personRole":canary("personRole")});
    let ask = family.ask(&note, json!({"summary":canary("summary"),"recipient":recipient}));
    let disclosures = format!("/cases/{case}/disclosures");
    let disclosed = sent.post(&disclosures, &ask).ok(201).id();
    sent.post(&format!("/disclosures/{disclosed}/annotations"), &json!({"kind":"receipt_confirmed","note":canary("note")})).ok(201);
    let risk = json!({"purpose":null,"basis":"safeguarding","channel":"phone","recipient":{"recipientId":family.hub,"personName":canary("hub")},"summary":canary("risk"),
        "toldSubject":"no","toldReason":canary("toldReason of a risk"),"safeguarding":{"riskTypes":["physical"],"atRiskPersonIds":[ana],
        "atRiskDescription":canary("atRiskDescription"),"knownAt":"2026-06-01T08:00:00.000Z","necessity":canary("necessity"),
        "proportionality":canary("proportionality"),"consentSought":"not_sought","noConsentReason":"would_prejudice_protection"}});
    let ask = family.ask(&note, risk);
    sent.post(&disclosures, &ask).ok(201);
    sing_of_requests(&mut sent, &family, &note, &canary);
    tell_of_a_risk(&mut sent, &family, &canary);
    let hold = json!({"reason":"complaint","note":canary("note of a hold"),"reviewOn":"2099-01-01"});
    marked(&hold, "", &mut sent.marks);
    let hold = app.manager().post(&format!("/cases/{case}/retention-holds"), &hold).ok(201);
    let release = app.manager().if_match(1).post(&format!("/retention-holds/{}/release", hold.id()), &json!({"reason":canary("release")}));
    assert_eq!((hold.str("note"), &release.ok(200).body["release"]["reason"]), (canary("note of a hold"), &json!(canary("release"))));
    // A refusal is logged, too.
    let elsewhere =
        family.ask(&note, json!({"summary":canary("refused"),"recipient":{"recipientId":family.school,"personName":canary("school")}}));
    assert!(!sent.post(&disclosures, &elsewhere).text.contains(MARK));
    let withdrawn = json!({"withdrawnById":mia,"method":"verbal_phone","objects":true,"wordsUsed":canary("wordsUsed of a withdrawal")});
    sent.post(&format!("/consents/{consent}/withdrawal"), &withdrawn).ok(200);
    let wrong = family.permit(app, json!({"subjectIds":[mia]}));
    sent.post(&format!("/consents/{wrong}/annulment"), &json!({"reason":canary("reason")})).ok(200);
    // It was all kept, and can be read again.
    assert_eq!(app.manager().get(&format!("/people/{id}")).ok(200).str("fullName"), canary("fullName"));
    (sent.marks, sent.canaries)
}

static LINES: AtomicUsize = AtomicUsize::new(0);
static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Listens to all that is traced, and keeps the lines in which there is a canary.
struct Listener;

impl Write for Listener {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        LINES.fetch_add(1, Ordering::Relaxed);
        if !finds(line, MARK).is_empty() {
            HEARD.lock().unwrap().push(String::from_utf8_lossy(line).into_owned());
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn of_a_hundred_canaries_none_is_in_the_database_the_log_the_traces_or_the_figures() {
    let app = TestApp::spawn();
    // Another test of this process may have begun to listen already; nobody else does.
    drop(tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(|| Listener).try_init());
    let (_, mut all) = sing(&app, "high");
    for voice in ["middle", "low"] {
        all.extend(sing(&app, voice).1);
    }
    assert!(all.len() >= 100, "{}: {all:?}", all.len());
    assert_eq!(finds(&stored(&app), MARK), BTreeSet::new());
    let figures = ureq::get(format!("{}/metrics", app.admin)).call().unwrap().body_mut().read_to_string().unwrap();
    assert!(figures.contains("sendiass_") && finds(figures.as_bytes(), MARK).is_empty(), "{figures}");
    // They are read back, looked for and refused meanwhile, too.
    for path in
        ["/cases", "/referrals", "/information-requests", "/legal-requests", "/tasks", "/consents", "/disclosure-log", "/access-log"]
    {
        let role = if path.ends_with("-log") { Role::Auditor } else { Role::ServiceManager };
        let text = app.as_role(role).get(&format!("{path}?limit=100")).ok(200).text;
        assert!(!path.ends_with("-log") || !text.contains(MARK), "{path}: {text}");
    }
    assert!(LINES.load(Ordering::Relaxed) > 100, "nothing is traced at all");
    assert_eq!(*HEARD.lock().unwrap(), Vec::<String>::new());
}

#[test]
fn no_text_about_a_family_stands_in_the_files_of_the_database() {
    let app = TestApp::spawn();
    let (marks, _) = sing(&app, "alone");
    let service = sendiass::http::openapi::Service::build(sendiass::http::operations()).unwrap_or_else(|faults| panic!("{faults:?}"));
    let document = service.contract().document();
    let mut known = BTreeSet::new();
    for (_, item) in document["paths"].as_object().unwrap() {
        for (_, operation) in item.as_object().unwrap() {
            for (_, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                texts(document, &content["schema"], "", &mut known);
            }
        }
    }
    assert!(known.len() > 20, "{known:?}");
    let silent: Vec<&String> = known.iter().filter(|name| !OPEN.contains(&name.as_str()) && !marks.contains(*name)).collect();
    assert!(silent.is_empty(), "give these texts a canary: {silent:?}");
    let bytes = stored(&app);
    assert_eq!(finds(&bytes, MARK), BTreeSet::new());
    // Names of the family that every test records, and what a search would find: what is on record in the clear is found.
    for text in ["Ana Marsh", "mia@example.org", "2014-03-12", "12 Example Row", "speech therapy"] {
        assert_eq!(finds(&bytes, text), BTreeSet::new(), "{text}");
    }
    assert!(!finds(&bytes, "Lakeshire Council").is_empty(), "the search finds nothing at all");
}

#[test]
fn no_problem_quotes_what_was_sent() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let service = sendiass::http::openapi::Service::build(sendiass::http::operations()).unwrap_or_else(|faults| panic!("{faults:?}"));
    let document = service.contract().document();
    let mut asked = 0;
    for (template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(_, operation)| !operation["requestBody"].is_null()) {
            let mut path = template.replace("{caseId}", &family.case).replace("{personId}", &family.ana);
            while let Some((before, after)) = path.clone().split_once('{') {
                path = format!("{before}{}{}", uuid::Uuid::now_v7(), after.split_once('}').unwrap().1);
            }
            let mut names = BTreeSet::new();
            for (_, content) in operation["requestBody"]["content"].as_object().unwrap() {
                let schema = &content["schema"];
                let schema = schema["$ref"].as_str().map_or(schema, |at| document.pointer(at.trim_start_matches('#')).unwrap());
                names.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
            }
            let role = if operation["x-roles"].as_array().unwrap().contains(&json!("service_manager")) {
                Role::ServiceManager
            } else {
                Role::Administrator
            };
            let session = app.as_role(role).if_match(1).with("Idempotency-Key", &uuid::Uuid::new_v4().to_string());
            let method: Method = method.to_uppercase().parse().unwrap();
            let wrong: Value = names.iter().map(|name| (name.clone(), json!({canary("inner"): [canary(name)]}))).collect();
            let long: Value = names.iter().map(|name| (name.clone(), json!(MARK.repeat(3000)))).collect();
            let bodies = [
                wrong.to_string(),
                long.to_string(),
                json!({canary("property"): MARK}).to_string(),
                format!("{{\"{MARK}\": {MARK}"),
                format!("{{\"a\":\"{MARK}\",\"a\":\"{MARK}\"}}"),
                format!("\"{MARK}\""),
            ];
            for body in bodies {
                let reply = session.send(&method, &path, Some(body.clone()));
                assert!((400..500).contains(&reply.status), "{method} {path}: {} {}", reply.status, reply.text);
                assert!(!reply.text.contains(MARK), "{method} {path}: {}", reply.text);
                asked += 1;
            }
        }
    }
    assert!(asked > 50, "{asked}");
}
