//! What is written about a family is found nowhere but behind its keys, and a key or a text in the wrong place opens nothing.
//! Over 350 lines because every record is looked for in the same places.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::family::Family;
use crate::harness::cluster::{self, by_engine};
use crate::harness::{Reply, TestApp};

/// What no file and no problem may hold. Each field has its own, so that a find says where it came from.
const MARK: &str = "Canarysong";

fn canary(field: &str) -> String {
    format!("{MARK} {field}")
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
const OPEN: &[&str] = &["address", "name", "contact", "area", "outwardCode"];

/// Everything that was sent, with what came back.
struct Sent<'a> {
    app: &'a TestApp,
    marks: BTreeSet<String>,
}

impl Sent<'_> {
    fn post(&mut self, path: &str, body: &Value) -> Reply {
        marked(body, "", &mut self.marks);
        self.app.manager().post(path, body)
    }
}

/// A family in which every text is a canary.
fn sing(app: &TestApp) -> BTreeSet<String> {
    let family = Family::record(app);
    let Family { case, ana, mia, .. } = &family;
    let mut sent = Sent { app, marks: BTreeSet::new() };
    let person = json!({"kind":"parent_carer","fullName":canary("fullName"),"knownAs":canary("knownAs"),"formerNames":[canary("formerNames")],
        "pseudonymous":false,"pronouns":canary("pronouns"),"preferredLanguage":canary("preferredLanguage"),
        "communicationNeeds":canary("communicationNeeds"),"contacts":[{"kind":"email","value":"canarysong@example.org","safe":true},
        {"kind":"postal","value":canary("postal"),"safe":false}],"safeContact":{"preferredChannel":"phone","note":canary("safeContact")}});
    let made = sent.post("/people", &person).ok(201);
    let id = made.id();
    let changed = json!({"knownAs":canary("knownAs changed"),"communicationNeeds":canary("communicationNeeds changed")});
    app.manager().if_match(1).patch(&format!("/people/{id}"), &changed).ok(200);
    sent.post("/people/search", &json!({"name":canary("fullName")})).ok(200);
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
    sent.marks
}

#[test]
fn no_text_about_a_family_stands_in_the_files_of_the_database() {
    let app = TestApp::spawn();
    let marks = sing(&app);
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

fn run(app: &TestApp, sql: &str) -> usize {
    diesel::sql_query(sql).execute(&mut app.sabotage()).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Trigger {
    #[diesel(sql_type = Text)]
    name: String,
}

fn count(app: &TestApp, of: &str) -> i64 {
    diesel::sql_query(format!("SELECT count(*) AS count FROM {of}")).get_result::<Count>(&mut app.sabotage()).unwrap().count
}

/// Takes away what guards the tables: whoever owns the file can.
fn unguard(app: &TestApp) {
    let all = by_engine(
        "SELECT 'DROP TRIGGER ' || name AS name FROM sqlite_master WHERE type = 'trigger'",
        "SELECT 'DROP TRIGGER ' || tgname || ' ON ' || tgrelid::regclass AS name FROM pg_trigger WHERE NOT tgisinternal",
    );
    let triggers: Vec<Trigger> = diesel::sql_query(all).load(&mut app.sabotage()).unwrap();
    for trigger in triggers {
        run(app, &trigger.name);
    }
}

/// An id as a literal.
fn hex(id: &str) -> String {
    if cluster::is_postgres() { format!("'{id}'") } else { owner(id) }
}

/// An id as the owner of a key, which is kept as bytes.
fn owner(id: &str) -> String {
    blob(&id.replace('-', ""))
}

/// Bytes as a literal.
fn blob(hex: &str) -> String {
    if cluster::is_postgres() { format!("'\\x{hex}'::bytea") } else { format!("x'{hex}'") }
}

/// A 500 that says nothing.
#[track_caller]
fn broken(reply: Reply) {
    let reply = reply.problem(500, "internal");
    let mut told: Vec<&str> = reply.body.as_object().unwrap().keys().map(String::as_str).collect();
    told.sort_unstable();
    assert_eq!(told, ["code", "instance", "requestId", "status", "title", "type"], "{}", reply.text);
    for text in ["Marsh", "Calder", "speech", "seal", "key", "sqlite", "decrypt"] {
        assert!(!reply.text.contains(text), "{}", reply.text);
    }
}

struct Written {
    app: TestApp,
    family: Family,
    notes: [String; 2],
}

impl Written {
    fn new() -> Self {
        let app = TestApp::spawn();
        let family = Family::record(&app);
        let notes = [family.n1(&app), family.note(&app, &family.mia, &[&family.sam], "attendance", json!({"concern":"Another."}))];
        unguard(&app);
        Self { app, family, notes }
    }

    fn read(&self, path: &str) -> Reply {
        self.app.adviser().get(path)
    }

    /// Exchanges a column of two rows.
    fn exchange(&self, table: &str, column: &str, [one, other]: [&str; 2]) {
        exchange(&self.app, table, column, &format!("id = {}", hex(one)), &format!("id = {}", hex(other)));
    }
}

/// Exchanges a column of two rows, by way of a copy: one statement would read what it has just written.
fn exchange(app: &TestApp, table: &str, column: &str, one: &str, other: &str) {
    let sql = format!(
        "BEGIN; CREATE TEMP TABLE kept AS SELECT (SELECT {column} FROM {table} WHERE {one}) AS a, (SELECT {column} FROM {table} WHERE {other}) AS b; \
         UPDATE {table} SET {column} = (SELECT b FROM kept) WHERE {one}; UPDATE {table} SET {column} = (SELECT a FROM kept) WHERE {other}; COMMIT"
    );
    app.sabotage().batch_execute(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[test]
fn sealed_texts_of_two_rows_cannot_be_exchanged() {
    let written = Written::new();
    let [one, other] = &written.notes;
    let notes = [format!("/notes/{one}"), format!("/notes/{other}")];
    let people = [format!("/people/{}", written.family.mia), format!("/people/{}", written.family.finn)];
    for path in notes.iter().chain(&people) {
        written.read(path).ok(200);
    }
    written.exchange("note", "sealed", [one, other]);
    written.exchange("person", "sealed", [&written.family.mia, &written.family.finn]);
    for path in notes.iter().chain(&people) {
        broken(written.read(path));
    }
    // Put back, they open again: nothing else was wrong.
    written.exchange("note", "sealed", [one, other]);
    written.exchange("person", "sealed", [&written.family.mia, &written.family.finn]);
    for path in notes.iter().chain(&people) {
        written.read(path).ok(200);
    }
}

#[test]
fn a_sealed_text_cannot_be_copied_to_another_row_or_table() {
    let written = Written::new();
    let note = hex(&written.notes[0]);
    run(&written.app, &format!("UPDATE case_file SET sealed = (SELECT sealed FROM note WHERE id = {note})"));
    broken(written.read(&format!("/cases/{}", written.family.case)));
    written.read(&format!("/notes/{}", written.notes[0])).ok(200);
}

#[derive(QueryableByName)]
struct Sealed {
    #[diesel(sql_type = diesel::sql_types::Binary)]
    sealed: Vec<u8>,
}

#[test]
fn one_flipped_bit_anywhere_is_found() {
    let written = Written::new();
    let [note, _] = &written.notes;
    let (id, path) = (hex(note), format!("/notes/{note}"));
    let mut conn = written.app.sabotage();
    let Sealed { sealed } = diesel::sql_query(format!("SELECT sealed FROM note WHERE id = {id}")).get_result(&mut conn).unwrap();
    let mut put = |bytes: &[u8]| {
        let text = bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        diesel::sql_query(format!("UPDATE note SET sealed = {} WHERE id = {id}", blob(&text))).execute(&mut conn).unwrap();
    };
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1 << (at % 8);
        put(&changed);
        broken(written.read(&path));
    }
    for length in [0, 1, 5, 6, 29, 30, sealed.len() - 1] {
        put(&sealed[..length]);
        broken(written.read(&path));
    }
    put(&sealed);
    written.read(&path).ok(200);
}

#[test]
fn wrapped_keys_cannot_be_exchanged() {
    let written = Written::new();
    let (mia, finn) = (owner(&written.family.mia), owner(&written.family.finn));
    let key = |owner: &str, purpose: &str| format!("owner_id = {owner} AND purpose = '{purpose}'");
    let people = [format!("/people/{}", written.family.mia), format!("/people/{}", written.family.finn)];
    for (one, other, hurt) in [
        (key(&mia, "seal"), key(&finn, "seal"), &people[..]),
        (key(&mia, "seal"), key(&mia, "ledger"), &people[..1]),
        (key(&mia, "seal"), key(&owner(&written.family.case), "seal"), &people[..1]),
    ] {
        exchange(&written.app, "sealing_key", "wrapped", &one, &other);
        for path in hurt {
            broken(written.read(path));
        }
        exchange(&written.app, "sealing_key", "wrapped", &one, &other);
        for path in &people {
            written.read(path).ok(200);
        }
    }
}

#[test]
fn a_changed_key_row_opens_nothing() {
    let later = by_engine("created_at = created_at + 1000000", "created_at = created_at + interval '1 second'");
    let blank = by_engine("wrapped = zeroblob(length(wrapped))", "wrapped = decode(repeat('00', length(wrapped)), 'hex')");
    let empty = by_engine("wrapped = x''", "wrapped = ''");
    for change in ["kek_id = 'another'", later, blank, empty, "version = 2"] {
        let written = Written::new();
        let mia = owner(&written.family.mia);
        assert_eq!(run(&written.app, &format!("UPDATE sealing_key SET {change} WHERE owner_id = {mia}")), 2);
        broken(written.read(&format!("/people/{}", written.family.mia)));
        written.read(&format!("/people/{}", written.family.finn)).ok(200);
    }
}

#[test]
fn without_its_key_a_record_is_not_readable_and_nothing_can_be_added_to_it() {
    let written = Written::new();
    let (case, mia) = (&written.family.case, &written.family.mia);
    let keys = count(&written.app, "sealing_key");
    assert_eq!(run(&written.app, &format!("DELETE FROM sealing_key WHERE owner_id IN ({}, {})", owner(case), owner(mia))), 4);
    assert_eq!(count(&written.app, "sealing_key"), keys - 4);
    broken(written.read(&format!("/people/{mia}")));
    broken(written.read(&format!("/cases/{case}")));
    broken(written.read(&format!("/notes/{}", written.notes[0])));
    let before = count(&written.app, "consent");
    let permission = written.family.permission(json!({}));
    broken(written.app.adviser().post(&format!("/cases/{case}/consents"), &permission));
    assert_eq!(count(&written.app, "consent"), before);
    // Nobody else's record is touched by it.
    written.read(&format!("/people/{}", written.family.finn)).ok(200);
}

#[test]
fn a_damaged_record_of_somebody_holds_up_what_rests_on_it_and_never_a_risk() {
    let written = Written::new();
    let Written { app, family, notes: [note, _] } = &written;
    family.permit(app, json!({}));
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-01","reasons":"Told it back."});
    app.adviser().post(&format!("/people/{}/capacity-records", family.nell), &assessed).ok(201);
    let (ask, risk) = (family.ask(note, json!({})), family.risk(note, json!({})));
    assert_eq!(family.check(app, &ask).ok(200).body["allowed"], true);
    let written_so_far = || ["disclosure", "disclosure_entry", "task", "idempotency"].map(|table| count(app, table));
    let before = written_so_far();
    let (nell, zero) = (hex(&family.nell), blob("00"));
    // Each by itself, and at last all together.
    for damage in [
        format!("UPDATE person SET sealed = {zero} WHERE id = {nell}"),
        format!("UPDATE capacity_record SET sealed = {zero} WHERE person_id = {nell}"),
        format!("UPDATE consent SET sealed = {zero}"),
        format!(
            "UPDATE person SET sealed = {zero}; UPDATE capacity_record SET sealed = {zero}; UPDATE consent SET sealed = {zero}; \
             DELETE FROM sealing_key WHERE owner_kind = 'person'"
        ),
    ] {
        let all = "CREATE TEMP TABLE p AS SELECT * FROM person; CREATE TEMP TABLE r AS SELECT * FROM capacity_record; \
            CREATE TEMP TABLE c AS SELECT * FROM consent";
        let mut kept = app.sabotage();
        kept.batch_execute(&format!("{all}; {damage}")).unwrap();
        broken(family.disclose(app, &ask));
        broken(family.check(app, &ask));
        assert_eq!(written_so_far(), before, "{damage}");
        assert_eq!(family.check(app, &risk).ok(200).body["allowed"], true, "{damage}");
        kept.batch_execute(
            "UPDATE person SET sealed = (SELECT sealed FROM p WHERE p.id = person.id); \
             UPDATE capacity_record SET sealed = (SELECT sealed FROM r WHERE r.id = capacity_record.id); \
             UPDATE consent SET sealed = (SELECT sealed FROM c WHERE c.id = consent.id)",
        )
        .unwrap();
    }
    // Without the keys of all people what they are known by is lost, and the risk is passed on all the same.
    broken(written.read(&format!("/people/{}", family.ana)));
    family.disclose(app, &risk).ok(201);
    // So is what makes it no case for this ground: the answer says so.
    let copied = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}]});
    for change in [copied, json!({"recipient":{"personId":family.mia}})] {
        let refused = family.disclose(app, &family.risk(note, change)).problem(422, "rule-violated");
        assert!(refused.rule("recipient_without_safeguarding_function").body["refusalIndex"].is_i64());
    }
}
