//! What is written about a family is found nowhere but behind its keys: in no file of the database, no log, no trace, no figure, no problem.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::Ordering;

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::disposals::files;
use crate::family::{Family, merge};
use crate::harness::cluster::own::Own;
use crate::harness::{TestApp, cluster, connect_to};
use crate::told;
use crate::world::{Asked, World, operations, send};

/// What no file and no problem may hold. Each field has its own, so that a find says where it came from.
pub const MARK: &str = "Canarysong";

fn canary(field: &str) -> String {
    format!("{MARK} {field}")
}

/// All canaries in this body, each once.
fn canaries(body: &Value, found: &mut BTreeSet<String>) {
    match body {
        Value::String(text) if text.to_lowercase().contains(&MARK.to_lowercase()) => drop(found.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| canaries(item, found)),
        Value::Object(properties) => properties.values().for_each(|value| canaries(value, found)),
        _ => {}
    }
}

/// The database of the service on a server of the test's own.
const DATABASE: &str = "canaries";

/// A server of this test's own, in the half that runs on one: what is in its files is of nothing else.
fn own_server() -> Option<Own> {
    cluster::on_postgres_too();
    let own = if cluster::is_postgres() { Own::start(&["fsync=off"])? } else { return None };
    own.database(DATABASE, "", |url| drop(connect_to(url).migrate().unwrap()));
    Some(own)
}

/// Every byte of the files below a folder.
fn below(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(below(&path));
        } else if path.is_file() {
            all.extend(std::fs::read(path).unwrap());
        }
    }
    all
}

/// Every byte of the database: of its files, the write-ahead log among them; of a server every table as it prints it, which packs long values, all files
/// of its data, and its own log.
fn stored(app: &TestApp, own: Option<&Own>) -> Vec<u8> {
    if let Some(own) = own {
        own.execute(DATABASE, "CHECKPOINT");
        let mut all = cluster::dump(&own.url("postgres", DATABASE));
        all.extend(below(own.folder()));
        return all;
    }
    if let Some(dump) = app.dump() {
        return dump;
    }
    let files: Vec<_> = std::fs::read_dir(app.folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let ours: Vec<_> = files.into_iter().filter(|file| file.file_name().unwrap().to_str().unwrap().starts_with("sendiass.db")).collect();
    assert!(ours.len() >= 2, "no write-ahead log: {ours:?}");
    ours.into_iter().flat_map(|file| std::fs::read(file).unwrap()).collect()
}

/// What no table shows any longer is found in the files of a server, its write-ahead log and its own log.
fn files_are_searched(own: &Own) {
    own.execute(DATABASE, "CREATE TABLE passing (word text)");
    own.execute(DATABASE, "INSERT INTO passing VALUES ('Larkspur passed')");
    own.execute(DATABASE, "DELETE FROM passing");
    own.execute(DATABASE, "DO $$ BEGIN RAISE WARNING 'Larkspur passed'; END $$");
    own.execute(DATABASE, "CHECKPOINT");
    let word = ["Larkspur passed".as_bytes().to_vec()];
    let data = own.folder().join("data");
    let log = std::fs::read(own.folder().join("server.log")).unwrap();
    for (name, bytes) in [("base", below(&data.join("base"))), ("pg_wal", below(&data.join("pg_wal"))), ("the log", log)] {
        assert_eq!(files::found(&bytes, &word).len(), 1, "{name}");
    }
    assert!(files::found(&cluster::dump(&own.url("postgres", DATABASE)), &word).is_empty());
}

/// The ways in which a text may be written.
fn written(text: &str) -> [Vec<u8>; 3] {
    [text.as_bytes().to_vec(), text.to_lowercase().into_bytes(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()]
}

/// Where the text is found, with what follows it.
pub fn finds(bytes: &[u8], text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for needle in written(text) {
        for (at, _) in bytes.windows(needle.len()).enumerate().filter(|(_, window)| *window == needle) {
            found.insert(String::from_utf8_lossy(&bytes[at..(at + 40).min(bytes.len())]).into_owned());
        }
    }
    found
}

/// Texts that are not a family's: the register of outside bodies, also of those named on the spot, words of published figures, references of audits, and
/// the data protection officer.
const OPEN: &[&str] = &["/area", "/outwardCode", "/unregistered/name", "/auditReference", "/line", "/officer"];
const REGISTER: &[&str] = &["createRecipient", "updateRecipient"];

/// The places of the free texts of a family that this schema lets in: `/contacts/*/value`.
fn texts(schema: &Value, at: &str, found: &mut BTreeSet<String>) {
    for all in ["allOf", "oneOf", "anyOf"] {
        schema[all].as_array().into_iter().flatten().for_each(|part| texts(part, at, found));
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        texts(property, &format!("{at}/{name}"), found);
    }
    if schema["items"].is_object() {
        texts(&schema["items"], &format!("{at}/*"), found);
    }
    let text =
        schema["type"].to_string().contains("\"string\"") && ["enum", "format", "const"].iter().all(|word| schema.get(word).is_none());
    if text && !OPEN.iter().any(|open| at.ends_with(open)) {
        found.insert(at.to_owned());
    }
}

/// Puts a canary at this place of a body, in the form that belongs there; whether the body has such a place.
fn put(body: &mut Value, steps: &[&str], canary: &str) -> bool {
    match (steps, body) {
        ([name], Value::Object(fields)) => {
            let email = *name == "value" && fields.get("kind").is_some_and(|kind| kind == "email");
            let text =
                if email { format!("{}@example.org", canary.to_lowercase().replace([' ', '/', '*'], ".")) } else { canary.to_owned() };
            fields.insert((*name).to_owned(), json!(text));
            true
        }
        ([name, "*"], Value::Object(fields)) => {
            fields.insert((*name).to_owned(), json!([canary]));
            true
        }
        ([name, rest @ ..], Value::Object(fields)) => fields.get_mut(*name).is_some_and(|field| put(field, rest, canary)),
        (["*", rest @ ..], Value::Array(items)) => items.first_mut().is_some_and(|item| put(item, rest, canary)),
        _ => false,
    }
}

/// More bodies of an operation, in which there is a place for the texts that its usual one has none for.
fn bodies(world: &World, usual: &Value, operation: &str) -> Vec<Value> {
    let family = &world.family;
    let with = |change: Value| {
        let mut body = usual.clone();
        merge(&mut body, change);
        body
    };
    let contacts = json!([{"kind":"email","value":"","safe":true}]);
    match operation {
        "createPerson" | "updatePerson" => vec![with(json!({"contacts":contacts,"safeContact":{}}))],
        "recordConsent" => {
            let recipients = json!([{"recipientId":family.council,"teamId":family.north}]);
            vec![with(json!({"method":"verbal_phone","recipients":recipients}))]
        }
        "checkDisclosure" | "recordDisclosure" => {
            let issue = json!({"basis":"anonymised","purpose":"pass_information","direction":"outbound","channel":"secure_email",
                "recipient":{"recipientId":family.council},"informationCategories":["concerns_raised"],"cohort":{"settingName":""},"summary":""});
            let risk = family.risk(&world.ids["noteId"], json!({}));
            // What is refused is logged, and what is told of a risk is kept.
            vec![usual.clone(), with(json!({"recipient":{"recipientId":family.school}})), risk, issue]
        }
        "openCase" => vec![usual.clone(), with(json!({"restriction":open_to_all()}))],
        "requestInformation" => vec![usual.clone(), family.asked_from_outside(json!({}))],
        "decideReferral" => {
            let child = uuid::Uuid::now_v7();
            let person = json!({"kind":"child","pseudonymous":false,"contacts":contacts,"safeContact":{}});
            let case = json!({"interventionLevel":"l2","referralSource":"school","reasonsForContact":[{"reason":"complaint","primary":true}],
                "participants":[{"personId":child,"role":"subject","relation":"self","servedSeparately":false}],"restriction":open_to_all()});
            vec![json!({"decision":"accept","newPeople":[{"placeholder":child,"person":person}],"newCase":case})]
        }
        "respondToInformationRequest" => vec![with(json!({"outcome":"no_permission","disclosureId":null}))],
        "withdrawConsent" => vec![with(json!({"method":"verbal_phone","objects":true}))],
        "extractForLegalRequest" => {
            let mut body = usual.clone();
            // Of what goes out and of what stays.
            let at = body["items"].as_array().unwrap().iter().position(|item| item["decision"] == "include").unwrap();
            body["items"].as_array_mut().unwrap().swap(0, at);
            vec![body]
        }
        _ => vec![usual.clone()],
    }
}

/// That anybody may open a case, and why that is said.
fn open_to_all() -> Value {
    json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[],"reason":""})
}

/// Everything that was said, and where it could have been.
#[derive(Default)]
struct Sung {
    /// The places of texts, by operation.
    known: BTreeSet<String>,
    /// Those at which a canary was sent.
    sent: BTreeSet<String>,
    canaries: BTreeSet<String>,
}

/// Sends a canary of its own at each place of each operation that takes a text of a family, with a request that is answered as any other.
fn sing(app: &TestApp) -> Sung {
    let (mut world, mut sung) = (World::record(app), Sung::default());
    for operation in operations(app) {
        let mut places = BTreeSet::new();
        operation.body.iter().filter(|_| !REGISTER.contains(&operation.id.as_str())).for_each(|schema| texts(schema, "", &mut places));
        if places.is_empty() {
            continue;
        }
        sung.known.extend(places.iter().map(|place| format!("{} {place}", operation.id)));
        let asked = world.prepare(app, &operation.id);
        for mut body in bodies(&world, asked.body.as_ref().unwrap(), &operation.id) {
            // Who may open a new case a service manager says.
            let restricted = [&body["restriction"], &body["newCase"]["restriction"]].iter().any(|said| said.is_object());
            let session = app.as_role(if restricted { Role::ServiceManager } else { asked.role });
            let mut here = Vec::new();
            for place in &places {
                let steps: Vec<&str> = place.split('/').skip(1).collect();
                let asks = match body["basis"].as_str() {
                    Some("anonymised") => matches!(steps[..], ["summary"] | ["cohort", ..]),
                    Some("permission") => place != "/toldReason",
                    _ => true,
                };
                if asks && put(&mut body, &steps, &canary(&format!("{} {place}", operation.id))) {
                    here.push(format!("{} {place}", operation.id));
                }
            }
            let reply = send(&session, &operation, &world.path(&operation, &[]), &Asked { body: Some(body.clone()), ..asked });
            let refused = reply.status == 409 || body["basis"] == "anonymised";
            assert!(
                matches!(reply.status, 200..300) || (operation.id == "recordDisclosure" && refused),
                "{}: {}",
                operation.id,
                reply.text
            );
            assert!(reply.status < 400 || !reply.text.contains(MARK), "{}: {}", operation.id, reply.text);
            canaries(&body, &mut sung.canaries);
            sung.sent.extend(here);
        }
        world.tidy(app, &operation.id);
    }
    // It was all kept, and can be read again.
    let case = app.adviser().get(&format!("/cases/{}", world.family.case)).ok(200);
    assert_eq!(case.str("summary"), canary("updateCase /summary"));
    sung
}

#[test]
fn of_a_hundred_canaries_none_is_in_the_database_the_log_the_traces_or_the_figures() {
    let own = own_server();
    let app = TestApp::spawn_with(|config| {
        config.database.url = own.as_ref().map_or(config.database.url.take(), |own| Some(own.url("sendiass_app", DATABASE).into()));
    });
    told::listen();
    let Sung { known, sent, canaries } = sing(&app);
    let silent: Vec<&String> = known.difference(&sent).collect();
    assert!(silent.is_empty(), "give these texts a canary: {silent:#?}");
    assert!(canaries.len() >= 100, "{}: {canaries:?}", canaries.len());
    // A file is made, too.
    let family = Family::record(&app);
    family.permit_proceedings(&app, json!({}));
    Family::built(&app, &family.extracted(&app, &family.n1(&app)));
    let bytes = stored(&app, own.as_ref());
    // Names of the family that every test records, the first bytes of a file in Base64, and what a search would find: what is on record in the clear is
    // found.
    let secret = [MARK, "Ana Marsh", "mia@example.org", "2014-03-12", "12 Example Row", "speech therapy", "JVBERi0x"];
    let secret: Vec<Vec<u8>> = secret.into_iter().flat_map(written).collect();
    let found = files::found(&bytes, &secret);
    assert!(found.is_empty(), "{found:?}: {:?}", finds(&bytes, MARK));
    assert!(!files::found(&bytes, &[b"Lakeshire Council".to_vec()]).is_empty(), "the search finds nothing at all");
    own.iter().for_each(files_are_searched);
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
    assert!(told::LINES.load(Ordering::Relaxed) > 100, "nothing is traced at all");
    assert_eq!(*told::MARKED.lock().unwrap(), Vec::<String>::new());
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
