//! Every id of every operation, swapped with that of another family: answered as what does not exist, byte for byte but for the id of the
//! request (C1). Which ids there are is read from the published document, so that whoever adds one meets it here.

use std::collections::BTreeMap;

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::family::{Family, merge};
use crate::harness::{Reply, Session, TestApp};
use crate::world::{Asked, Operation, World, operations, send};

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Case,
    Person,
    Participant,
    Note,
    Consent,
    Disclosure,
    Task,
    Referral,
    Request,
    Legal,
    Capacity,
    Concern,
    Contact,
    Merge,
    Hold,
    Sar,
    /// What all casework staff may see: bodies with their teams, the staff, places in a log.
    NotOfAFamily,
}

/// What is named by a property or parameter of this name.
fn kind(name: &str, pointer: &str) -> Kind {
    match name {
        "caseId" | "caseIds" => Kind::Case,
        "personId"
        | "granterId"
        | "withdrawnById"
        | "fromPersonId"
        | "wishByPersonId"
        | "childId"
        | "mergedPersonId"
        | "subjectId"
        | "requesterId"
        | "actingForId"
        | "subjectIds"
        | "placeholder"
        | "aboutPersonIds"
        | "atRiskPersonIds"
        | "withholdFromPersonIds"
        | "copyTo" => Kind::Person,
        "participantId" => Kind::Participant,
        "noteId" | "noteIds" => Kind::Note,
        "consentId" | "supersedesId" => Kind::Consent,
        "disclosureId" => Kind::Disclosure,
        "taskId" => Kind::Task,
        "referralId" => Kind::Referral,
        "requestId" => Kind::Request,
        "legalRequestId" => Kind::Legal,
        "capacityRecordId" => Kind::Capacity,
        "concernId" => Kind::Concern,
        "contactId" | "deliveryContactId" => Kind::Contact,
        "mergeId" => Kind::Merge,
        "holdId" => Kind::Hold,
        "sarId" => Kind::Sar,
        "id" if pointer.starts_with("/contacts/") => Kind::Contact,
        "id" if pointer.starts_with("/teams/") => Kind::NotOfAFamily,
        "recipientId"
        | "referrerRecipientId"
        | "teamId"
        | "recipient"
        | "staffId"
        | "byStaffId"
        | "aboutStaffIds"
        | "witnessId"
        | "namedStaffIds"
        | "conflictedStaffIds"
        | "actor"
        | "decidedBy"
        | "assignedTo"
        | "index"
        // It names no case.
        | "disposalId" => Kind::NotOfAFamily,
        other => panic!("what does {other} at {pointer} name? Add it to kind()"),
    }
}

/// What another family has on record.
pub struct Other {
    name: &'static str,
    pub ids: BTreeMap<Kind, String>,
    /// Whether its case is one that the caller sees: then it is no secret, but belongs into no other case.
    seen: bool,
}

/// Everything of one case, recorded by a member of staff.
fn of_case(app: &TestApp, name: &'static str, change: impl Fn(&TestApp, &Family)) -> Other {
    let world = World::record(app);
    let family = &world.family;
    let mia = app.adviser().get(&format!("/people/{}", family.mia)).ok(200);
    let concern = family.disclose(app, &family.risk(&world.ids["noteId"], json!({}))).ok(201).str("concernId");
    let assessed = app.adviser().get(&format!("/people/{}/capacity-records", family.ana)).ok(200);
    // Whoever recorded a request sees how it stands.
    let theirs = app.as_staff(Role::Adviser, "Theirs");
    let sar = theirs.post("/subject-access-requests", &family.subject_access(json!({}))).ok(201).id();
    change(app, family);
    let ids = [
        (Kind::Case, family.case.clone()),
        (Kind::Person, family.mia.clone()),
        (Kind::Participant, world.ids["participantId"].clone()),
        (Kind::Note, world.ids["noteId"].clone()),
        (Kind::Consent, world.ids["consentId"].clone()),
        (Kind::Disclosure, world.ids["disclosureId"].clone()),
        (Kind::Task, world.ids["taskId"].clone()),
        (Kind::Referral, world.ids["referralId"].clone()),
        (Kind::Request, world.ids["requestId"].clone()),
        (Kind::Legal, world.ids["legalRequestId"].clone()),
        (Kind::Capacity, assessed.body["items"][0]["id"].as_str().unwrap().to_owned()),
        (Kind::Concern, concern),
        (Kind::Merge, world.ids["mergeId"].clone()),
        (Kind::Hold, world.ids["holdId"].clone()),
        (Kind::Sar, sar),
        (Kind::Contact, mia.body["contacts"][0]["id"].as_str().unwrap().to_owned()),
    ];
    Other { name, ids: ids.into(), seen: false }
}

fn restrict(app: &TestApp, family: &Family, restricted: bool, conflicted: &[&str]) {
    let (path, other) = (format!("/cases/{}", family.case), app.as_staff(Role::Adviser, "Other").get("/me").ok(200).id());
    let version = || app.adviser().get(&path).ok(200).version();
    app.manager().if_match(version()).put(&format!("{path}/assignment"), &json!({"staffId":other})).ok(200);
    let named = if restricted { vec![other] } else { Vec::new() };
    let body = json!({"restricted":restricted,"namedStaffIds":named,"conflictedStaffIds":conflicted,"reason":"A relative works here."});
    app.manager().if_match(version()).put(&format!("{path}/restriction"), &body).ok(200);
}

/// The case of her own that a child of this very family has, with an adviser of her own and something of every kind in it.
pub fn own_case(app: &TestApp, family: &Family) -> Other {
    let hers = app.as_staff(Role::Adviser, "Hers");
    let case = json!({"interventionLevel":"l2","referralSource":"self_young_person","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":family.ana,"role":"subject","relation":"self","servedSeparately":true}]});
    let case = hers.post("/cases", &case).ok(201);
    let path = format!("/cases/{}", case.id());
    let note = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.ana,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["school_provision"],"concern":"I want to say this alone.",
        "factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false});
    let note = hers.post(&format!("{path}/notes"), &note).ok(201).id();
    let refusal = json!({"decision":"refused","granterId":family.ana,"subjectIds":[family.ana],"method":"written_signed",
        "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"});
    let consent = hers.post(&format!("{path}/consents"), &refusal).ok(201).id();
    let sent = hers.post(&format!("{path}/disclosures"), &family.risk(&note, json!({}))).ok(201);
    let legal = hers.post("/legal-requests", &family.legal_request(json!({"caseId":case.id()}))).ok(201).id();
    let asks = json!({"subjectId":family.ana,"requesterId":family.ana,"capacity":"subject"});
    let sar = hers.post("/subject-access-requests", &family.subject_access(asks)).ok(201).id();
    let asked = hers.post(&format!("{path}/information-requests"), &family.asked_from_outside(json!({}))).ok(201).id();
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."});
    let assessed = hers.post(&format!("/people/{}/capacity-records", family.ana), &assessed).ok(201).id();
    let contact = json!({"contacts":[{"kind":"mobile","value":"+447700900124","safe":true}]});
    let version = hers.get(&format!("/people/{}", family.ana)).ok(200).version();
    let known = hers.if_match(version).patch(&format!("/people/{}", family.ana), &contact).ok(200);
    // Somebody known from her case only, a referral that was accepted into it, and a hold on it.
    let friend = hers.post("/people", &json!({"kind":"other","knownAs":"Io","pseudonymous":false})).ok(201).id();
    let part = json!({"personId":friend,"role":"supporter","relation":"other","servedSeparately":false});
    hers.post(&format!("{path}/participants"), &part).ok(201);
    let referral =
        hers.post("/referrals", &json!({"source":"self_young_person","summary":"Rang herself.","riskStated":false})).ok(201).id();
    let accepted = json!({"decision":"accept","caseId":case.id()});
    hers.if_match(1).post(&format!("/referrals/{referral}/decision"), &accepted).ok(200);
    let hold = json!({"reason":"complaint","reviewOn":"2099-01-01"});
    let hold = app.manager().with("Access-Reason", "supervision").post(&format!("{path}/retention-holds"), &hold).ok(201).id();
    let tasks = app.manager().with("Access-Reason", "supervision").get("/tasks?kind=safeguarding_review&status=open&limit=200").ok(200);
    let about = |task: &&Value| task["aboutId"] == sent.str("concernId").as_str();
    let task = tasks.body["items"].as_array().unwrap().iter().find(about).unwrap()["id"].as_str().unwrap().to_owned();
    let ids = [
        (Kind::Case, case.id()),
        (Kind::Person, friend),
        (Kind::Referral, referral),
        (Kind::Hold, hold),
        (Kind::Participant, case.body["participants"][0]["id"].as_str().unwrap().to_owned()),
        (Kind::Note, note),
        (Kind::Consent, consent),
        (Kind::Disclosure, sent.id()),
        (Kind::Task, task),
        (Kind::Request, asked),
        (Kind::Legal, legal),
        (Kind::Sar, sar),
        (Kind::Capacity, assessed),
        (Kind::Concern, sent.str("concernId")),
        (Kind::Contact, known.body["contacts"][0]["id"].as_str().unwrap().to_owned()),
    ];
    Other { name: "served separately", ids: ids.into(), seen: false }
}

/// More bodies of an operation, in which the ids stand that its usual one leaves out.
fn bodies(app: &TestApp, world: &World, usual: Option<&Value>, operation: &str) -> Vec<Value> {
    let family = &world.family;
    let changed = |mut body: Value, change: Value| {
        merge(&mut body, change);
        body
    };
    let usual = usual.cloned();
    let note = &world.ids["noteId"];
    let mut all: Vec<Value> = usual.iter().cloned().collect();
    match operation {
        "recordConsent" => {
            let assessed = app.adviser().get(&format!("/people/{}/capacity-records", family.ana)).ok(200);
            let evidence = json!({"noticeVersion":"leaflet-3","language":"en","capacityRecordId":assessed.body["items"][0]["id"]});
            all.push(family.permission(json!({"noteIds":[note],"evidence":evidence,"supersedesId":family.permit(app, json!({}))})));
            all.push(family.permission(json!({"recipients":[{"personId":family.nell}]})));
        }
        "checkDisclosure" | "recordDisclosure" => {
            let copies = json!([{"personId":family.mia,"contactId":family.mia_contact}]);
            all.push(family.ask(note, json!({"copies":copies,"subjectIds":[family.ana],"informationCategories":["attendance"]})));
            all.push(family.ask(note, json!({"recipient":{"personId":family.nell}})));
            let concern = family.disclose(app, &family.risk(note, json!({}))).ok(201).str("concernId");
            let mut risk = family.risk(note, json!({}));
            merge(&mut risk["safeguarding"], json!({"concernId":concern}));
            if operation == "recordDisclosure" {
                merge(&mut risk, json!({"withholdFromPersonIds":[family.mia],"withholdUntilOn":"2026-08-01"}));
            }
            all.push(risk);
        }
        "decideLegalRequest" => all.push(json!({"decision":"grant","reason":"Agreed.","channel":"phone","subjectIds":[family.ana],
            "informationCategories":["school_provision"],"noteIds":[note]})),
        "logSubjectAccessRequest" => {
            let acts = json!({"subjectId":family.ana,"requesterId":family.nell,"capacity":"representative","actingForId":family.mia});
            all.push(family.subject_access(acts));
        }
        "requestInformation" => all.push(family.asked_from_outside(json!({"recipient":{"personId":family.nell}}))),
        "raiseSafeguardingConcern" | "decideSafeguardingConcern" => {
            all.push(changed(usual.unwrap(), json!({"atRiskPersonIds":[family.ana],"withholdFromPersonIds":[family.mia]})));
        }
        "relocateNote" => {
            let usual = usual.unwrap();
            all.push(changed(usual, json!({"disclosureId":world.ids["disclosureId"],"wishByPersonId":family.mia})));
        }
        "createNote" | "correctNote" => {
            let usual = usual.unwrap();
            all.push(changed(usual.clone(), json!({"kind":"liaison","disclosureId":world.ids["disclosureId"]})));
            all.push(changed(usual, json!({"keepConfidential":true,"wishByPersonId":family.mia,"wishOn":"2026-05-20"})));
        }
        "decideReferral" => {
            let (child, parent) = (uuid::Uuid::now_v7(), uuid::Uuid::now_v7());
            let whole = |name: &str, kind: &str| json!({"kind":kind,"fullName":name,"pseudonymous":false});
            all.push(json!({"decision":"accept","newPeople":[{"placeholder":child,"person":whole("Isla Thornbeck", "child")},
                {"placeholder":parent,"person":whole("Rowan Thornbeck", "parent_carer")}],
                "newCase":{"interventionLevel":"l2","referralSource":"school","reasonsForContact":[{"reason":"complaint","primary":true}],
                "participants":[{"personId":child,"role":"subject","relation":"self","servedSeparately":false},
                {"personId":parent,"role":"service_user","relation":"parent","servedSeparately":false,
                "parentalResponsibility":[{"childId":child,"value":"yes","evidence":"self_declared"}]}]}}));
        }
        "updateParticipant" => {
            all.push(json!({"parentalResponsibility":[{"childId":family.ana,"value":"no","evidence":"self_declared"}]}));
        }
        "updatePerson" => {
            let known = app.adviser().get(&format!("/people/{}", family.ana)).ok(200);
            assert!(known.body["contacts"].as_array().is_none_or(Vec::is_empty));
            let id = uuid::Uuid::now_v7();
            all.push(json!({"contacts":[{"id":id,"kind":"email","value":"ana@example.org","safe":true}]}));
        }
        _ => {}
    }
    all
}

/// The places of ids in a schema: `/noteIds/*`, `/recipient/personId`.
fn places(schema: &Value, at: &str, found: &mut Vec<String>) {
    if schema["format"] == "uuid" && !found.contains(&at.to_owned()) {
        found.push(at.to_owned());
    }
    for all in ["allOf", "oneOf", "anyOf"] {
        for part in schema[all].as_array().into_iter().flatten() {
            places(part, at, found);
        }
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        places(property, &format!("{at}/{name}"), found);
    }
    if schema["items"].is_object() {
        places(&schema["items"], &format!("{at}/*"), found);
    }
}

fn put(value: &mut Value, steps: &[&str], id: &str) -> bool {
    match steps {
        [] => {
            *value = json!(id);
            true
        }
        ["*", rest @ ..] => value.as_array_mut().is_some_and(|all| all.iter_mut().any(|one| put(one, rest, id))),
        [name, rest @ ..] => value.get_mut(*name).is_some_and(|value| put(value, rest, id)),
    }
}

/// The body with this id at that place, wherever it stands first; none, if it has no such place.
fn swapped(body: &Value, place: &str, id: &str) -> Option<Value> {
    let mut body = body.clone();
    let steps: Vec<&str> = place.split('/').skip(1).collect();
    put(&mut body, &steps, id).then_some(body)
}

/// What was answered, without what tells two requests apart.
fn plain(reply: &Reply, id: &str) -> (u16, String) {
    let text = reply.text.replace(&reply.header("x-request-id"), "").replace(id, "ID");
    let mut body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    // A risk is recorded whoever is named (C17), and what is odd is told alike.
    if let Some(odd) = body.get("remarks") {
        return (reply.status, odd.to_string());
    }
    // A log grows by each look at it, and by each refusal.
    for grows in ["refusalIndex", "treeSize", "indexFrom", "indexTo", "rootHash"] {
        body.as_object_mut().into_iter().for_each(|body| drop(body.remove(grows)));
    }
    let growing = ["refusalIndex", "treeSize"].iter().any(|name| text.contains(name));
    (reply.status, if growing { body.to_string() } else { text })
}

/// What is tried, by whom, and what is wrong with it.
struct Trial<'a> {
    app: &'a TestApp,
    others: Vec<Other>,
    tried: usize,
    faults: Vec<String>,
}

impl Trial<'_> {
    /// The id of each other family's record of this kind, against one of nothing.
    fn each(&mut self, what: &str, kind: Kind, secret_only: bool, ask: impl Fn(&str) -> Reply, denied: Option<u16>) {
        // That is decided once, so it cannot be asked twice; it is settled as what is recorded first is.
        if what.starts_with("decideSafeguardingConcern with another /withholdFromPersonIds") {
            return;
        }
        for other in self.others.iter().filter(|other| !(other.seen && secret_only)) {
            let Some(id) = other.ids.get(&kind) else { continue };
            let nothing = uuid::Uuid::now_v7().to_string();
            let (foreign, missing) = (plain(&ask(id), id), plain(&ask(&nothing), &nothing));
            self.tried += 1;
            if foreign != missing || denied.is_some_and(|status| foreign.0 != status) {
                self.faults.push(format!("{what}, {}: {foreign:?} against {missing:?}", other.name));
            }
        }
    }
}

fn others(app: &TestApp, mine: &World) -> Vec<Other> {
    let me = app.adviser().get("/me").ok(200).id();
    let boss = app.manager().get("/me").ok(200).id();
    // Somebody manages whom no case is hidden from.
    app.as_staff(Role::ServiceManager, "deputy").get("/me").ok(200);
    let seen = Other { seen: true, ..of_case(app, "another case", |_, _| {}) };
    vec![
        of_case(app, "restricted", |app, family| restrict(app, family, true, &[])),
        of_case(app, "conflicted", move |app, family| restrict(app, family, false, &[&me, &boss])),
        own_case(app, &mine.family),
        seen,
    ]
}

#[test]
fn an_id_of_another_family_is_answered_as_one_of_nothing_in_every_path_and_every_body() {
    let app = TestApp::spawn();
    let mut mine = World::record(&app);
    let others = others(&app, &mine);
    let mut trial = Trial { app: &app, others, tried: 0, faults: Vec::new() };
    for operation in operations(&app) {
        let asked = mine.prepare(&app, &operation.id);
        // What an adviser may do a manager may, too: in the path and query they are asked both ways.
        for role in [asked.role, Role::ServiceManager].into_iter().take(if asked.role == Role::Adviser { 2 } else { 1 }) {
            let session = app.as_role(role).with("Access-Reason", if role == Role::Adviser { "" } else { "supervision" });
            // By which role a case is out of scope: a manager with a reason is kept away by a conflict alone.
            let hidden = |other: &Other| role == Role::Adviser || other.name == "conflicted" || other.seen;
            let (within, beyond): (Vec<Other>, Vec<Other>) = std::mem::take(&mut trial.others).into_iter().partition(hidden);
            trial.others = within;
            path_ids(&mut trial, &mine, &operation, &session, &asked);
            // To an auditor a log is whole, whichever case they ask for.
            if role != Role::Auditor {
                query_ids(&mut trial, &mine, &operation, &session);
            }
            if role == asked.role {
                body_ids(&mut trial, &mine, &operation, &session, &asked);
            }
            trial.others.extend(beyond);
        }
        if operation.id == "reopenCase" {
            mine.family.reopen(&app);
        }
    }
    assert!(trial.faults.is_empty(), "{} of {}:\n{}", trial.faults.len(), trial.tried, trial.faults.join("\n"));
    assert!(trial.tried > 150, "{}", trial.tried);
}

fn path_ids(trial: &mut Trial<'_>, mine: &World, operation: &Operation, session: &Session<'_>, asked: &Asked) {
    let names: Vec<&str> =
        operation.path.split('/').filter_map(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}'))).collect();
    for name in names {
        let kind = kind(name, &operation.path);
        if kind == Kind::NotOfAFamily {
            continue;
        }
        let ask = |id: &str| send(session, operation, &mine.path(operation, &[(name, id)]), asked);
        trial.each(&format!("{} with another {name}", operation.id), kind, true, ask, Some(404));
    }
}

fn query_ids(trial: &mut Trial<'_>, mine: &World, operation: &Operation, session: &Session<'_>) {
    for name in &operation.queried {
        let kind = kind(name, &operation.path);
        if kind == Kind::NotOfAFamily || operation.method != Method::GET {
            continue;
        }
        let ask = |id: &str| session.get(&format!("{}?{name}={id}", mine.path(operation, &[])));
        // A list of nothing is one; a file for nobody is none.
        let status = if operation.id.ends_with("File") { 404 } else { 200 };
        trial.each(&format!("{} with ?{name}", operation.id), kind, true, ask, Some(status));
    }
}

fn body_ids(trial: &mut Trial<'_>, mine: &World, operation: &Operation, session: &Session<'_>, asked: &Asked) {
    let mut found = Vec::new();
    operation.body.iter().for_each(|schema| places(schema, "", &mut found));
    if found.is_empty() {
        return;
    }
    let bodies = bodies(trial.app, mine, asked.body.as_ref(), &operation.id);
    for place in found {
        let name = place.split('/').rfind(|step| *step != "*").unwrap();
        let kind = kind(name, &place);
        if kind == Kind::NotOfAFamily {
            continue;
        }
        let body = bodies.iter().find(|body| swapped(body, &place, "").is_some());
        let body = body.unwrap_or_else(|| panic!("no body of {} has {place}: add one to bodies()", operation.id));
        let path = mine.path(operation, &[]);
        let ask = |id: &str| send(session, operation, &path, &Asked { body: swapped(body, &place, id), ..*asked });
        // Whoever is seen may join a case, and be at risk in it; a referral may belong to any case that is seen.
        let free = match operation.id.as_str() {
            "openCase" | "addParticipant" => &["personId"][..],
            "decideReferral" => &["caseId", "personId"],
            "relocateNote" | "relocateReferral" | "logLegalRequest" | "lendTagKey" => &["caseId"],
            "proposeDisposal" => &["caseIds"],
            "logSubjectAccessRequest" => &["subjectId", "requesterId", "actingForId"],
            "mergePeople" => &["mergedPersonId"],
            _ => &["atRiskPersonIds"],
        };
        let joins = free.contains(&name);
        trial.each(&format!("{} with another {place}", operation.id), kind, joins, ask, None);
    }
}
