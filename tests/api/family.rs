//! The family of the policy's decision table, put on record through the API: Ana and her parents Mia and Finn, her grandmother Nell, her
//! brother Sam; one case, and a permission of Mia's.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::Method;

use crate::harness::{Reply, Session, TestApp};

pub struct Family {
    pub case: String,
    pub ana: String,
    pub mia: String,
    pub finn: String,
    pub nell: String,
    pub sam: String,
    /// Mia's e-mail address, which is safe.
    pub mia_contact: String,
    /// Participants by person, for changes of parental responsibility.
    pub participants: Vec<(String, String)>,
    pub council: String,
    pub north: String,
    pub south: String,
    pub hub: String,
    pub school: String,
}

pub fn person(app: &TestApp, body: &Value) -> Reply {
    app.adviser().post("/people", body).ok(201)
}

impl Family {
    pub fn record(app: &TestApp) -> Self {
        let child =
            |name: &str, born: &str| person(app, &json!({"kind":"child","fullName":name,"pseudonymous":false,"dateOfBirth":born})).id();
        let adult = |name: &str, email: &str| {
            person(
                app,
                &json!({"kind":"parent_carer","fullName":name,"pseudonymous":false,"dateOfBirth":"1985-05-05",
                "contacts":[{"kind":"email","value":email,"safe":true},{"kind":"postal","value":"12 Example Row, ZZ99 3WZ","safe":false}]}),
            )
        };
        let (ana, sam) = (child("Ana Marsh", "2014-03-12"), child("Sam Marsh", "2017-02-02"));
        let mia = adult("Mia Marsh", "mia@example.org");
        let mia_contact = mia.body["contacts"][0]["id"].as_str().unwrap().to_owned();
        let (mia, finn, nell) = (mia.id(), adult("Finn Calder", "finn@example.org").id(), adult("Nell Calder", "nell@example.org").id());
        let holds = |value: &str| json!([{"childId":ana,"value":value,"evidence":"self_declared"},{"childId":sam,"value":value,"evidence":"self_declared"}]);
        let case = app
            .adviser()
            .post(
                "/cases",
                &json!({
            "interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"draft_plan","primary":true}],
            "senNeeds":[{"type":"slcn","rank":1}],"senProvision":"k","setting":"mainstream","settingName":"Larkbeck Primary","area":"south",
            "appealTypes":[],"summary":"The draft plan leaves out speech therapy.",
            "participants":[
                {"personId":ana,"role":"subject","relation":"self","servedSeparately":false},
                {"personId":mia,"role":"service_user","relation":"parent","servedSeparately":false,"parentalResponsibility":holds("yes")},
                {"personId":finn,"role":"other_parent","relation":"parent","servedSeparately":false,"parentalResponsibility":holds("yes")},
                {"personId":nell,"role":"supporter","relation":"grandparent","servedSeparately":false,"parentalResponsibility":holds("no")},
                {"personId":sam,"role":"sibling","relation":"sibling","servedSeparately":false}]}),
            )
            .ok(201);
        let participants = case.body["participants"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["personId"].as_str().unwrap().to_owned(), row["id"].as_str().unwrap().to_owned()))
            .collect();
        let body = |kind: &str, name: &str, teams: Value, protects: bool| {
            app.manager().post("/recipients", &json!({"bodyType":kind,"name":name,"teams":teams,"safeguardingFunction":protects})).ok(201)
        };
        let council = body("la_send_team", "Lakeshire Council", json!([{"name":"SEND team North"},{"name":"SEND team South"}]), false);
        let team = |i: usize| council.body["teams"][i]["id"].as_str().unwrap().to_owned();
        Self {
            case: case.id(),
            ana,
            mia,
            finn,
            nell,
            sam,
            mia_contact,
            participants,
            north: team(0),
            south: team(1),
            council: council.id(),
            hub: body("mash_safeguarding_hub", "Safeguarding Hub", json!([]), true).id(),
            school: body("school", "Larkbeck Primary", json!([]), false).id(),
        }
    }

    pub fn participant(&self, person: &str) -> &str {
        &self.participants.iter().find(|(id, _)| id == person).unwrap().1
    }

    /// A note from somebody about somebody.
    pub fn note(&self, app: &TestApp, from: &str, about: &[&str], category: &str, change: Value) -> String {
        let mut body = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":from,"aboutPersonIds":about,
            "namesOthers":false,"informationCategories":[category],"concern":"Speech therapy has stopped.","actionTaken":"Explained section F.",
            "factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false});
        merge(&mut body, change);
        app.adviser().post(&format!("/cases/{}/notes", self.case), &body).ok(201).id()
    }

    /// N1 of the decision table.
    pub fn n1(&self, app: &TestApp) -> String {
        self.note(app, &self.mia, &[&self.ana], "school_provision", json!({}))
    }

    /// M1 of the decision table, with these changes.
    pub fn permission(&self, change: Value) -> Value {
        let mut body = json!({"decision":"given","granterId":self.mia,"subjectIds":[self.ana, self.mia],
            "recipients":[{"recipientId":self.council,"teamId":self.north}],"purposes":["liaison"],"directions":["outbound"],
            "informationCategories":["school_provision","attendance","views_and_wishes"],"noteIds":[],"conditions":[],"method":"written_signed",
            "evidence":{"noticeVersion":"leaflet-3","language":"en"},"decidedAt":"2026-03-01T10:00:00.000Z","expiresOn":"2027-02-28"});
        merge(&mut body, change);
        body
    }

    /// Records a permission or refusal.
    pub fn permit(&self, app: &TestApp, change: Value) -> String {
        app.adviser().post(&format!("/cases/{}/consents", self.case), &self.permission(change)).ok(201).id()
    }

    /// A refusal by this person for these subjects, of everything.
    pub fn refuse(&self, app: &TestApp, by: &str, subjects: &[&str]) -> Reply {
        app.adviser()
            .post(
                &format!("/cases/{}/consents", self.case),
                &json!({"decision":"refused","granterId":by,"subjectIds":subjects,
            "method":"written_signed","evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"}),
            )
            .ok(201)
    }

    /// The ask of the decision table: this note to the SEND team North, for liaison, by secure e-mail.
    pub fn ask(&self, note: &str, change: Value) -> Value {
        let mut body = json!({"basis":"permission","purpose":"liaison","direction":"outbound","channel":"secure_email",
            "recipient":{"recipientId":self.council,"teamId":self.north},"subjectIds":[],"noteIds":[note],"informationCategories":[],
            "summary":"The note of 20 May.","toldSubject":"yes","copies":[]});
        merge(&mut body, change);
        body
    }

    pub fn disclose(&self, app: &TestApp, ask: &Value) -> Reply {
        app.adviser().post(&format!("/cases/{}/disclosures", self.case), ask)
    }

    /// What an officer of the SEND team North asks, to be recorded.
    pub fn asked_from_outside(&self, change: Value) -> Value {
        let mut body = json!({"askedBy":"outside","recipient":{"recipientId":self.council,"teamId":self.north,"personName":"Sam Okoro"},
            "purpose":"liaison","informationCategories":["school_provision"],"question":"What support is there at school?"});
        merge(&mut body, change);
        body
    }

    /// What the service would ask the SEND team North about Ana.
    pub fn asked_by_service(&self, change: Value) -> Value {
        let mut body = json!({"askedBy":"service","recipient":{"recipientId":self.council,"teamId":self.north},"purpose":"request_information",
            "channel":"secure_email","subjectIds":[self.ana],"informationCategories":["attendance"],
            "question":"Which days are recorded as absences?"});
        merge(&mut body, change);
        body
    }

    /// Mia's permission to ask them.
    pub fn permit_asking(&self, app: &TestApp, change: Value) -> String {
        let mut all = json!({"purposes":["request_information"],"directions":["inbound_request"]});
        merge(&mut all, change);
        self.permit(app, all)
    }

    /// What an officer of the SEND team North wants for proceedings, to be recorded.
    pub fn legal_request(&self, change: Value) -> Value {
        let mut body = json!({"caseId":self.case,"recipient":{"recipientId":self.council,"teamId":self.north},"officerName":"Sam Okoro",
            "officerRole":"Solicitor","proceedings":"Judicial review.","asksFor":"What was said about school.","claimsCourtOrder":false,
            "receivedOn":"2026-05-29","deadlineOn":"2026-06-30"});
        merge(&mut body, change);
        body
    }

    /// Mia's permission to answer them.
    pub fn permit_proceedings(&self, app: &TestApp, change: Value) -> String {
        let mut all = json!({"purposes":["legal_request"]});
        merge(&mut all, change);
        self.permit(app, all)
    }

    /// A request for proceedings with an extract of this note that is ready to be sent; its id.
    pub fn extracted(&self, app: &TestApp, note: &str) -> String {
        let manager = app.manager();
        let id = app.adviser().post("/legal-requests", &self.legal_request(json!({}))).ok(201).id();
        let path = format!("/legal-requests/{id}");
        let decide = |version: i64, body: &Value| manager.if_match(version).post(&format!("{path}/decision"), body).ok(200);
        decide(1, &json!({"decision":"consider"}));
        decide(2, &json!({"decision":"seek_permission"}));
        decide(3, &json!({"decision":"grant","reason":"They agreed.","channel":"secure_email","noteIds":[note]}));
        let held = manager.get(&format!("{path}/candidate-items?limit=200")).ok(200);
        let item = |held: &Value| {
            let goes = if held["id"] == note { "include" } else { "leave_out" };
            json!({"noteId":held["id"],"decision":goes,"reason":"What is asked for."})
        };
        let items: Vec<Value> = held.body["items"].as_array().unwrap().iter().map(item).collect();
        manager.if_match(4).put(&format!("{path}/items"), &json!({"items":items,"summary":"The note of 20 May."})).ok(200);
        id
    }

    /// Has the file of an extract made.
    pub fn built(app: &TestApp, legal: &str) {
        let path = format!("/legal-requests/{legal}/bundle");
        app.manager().send(&Method::POST, &path, None).ok(202);
        for _ in 0..200 {
            if app.manager().get(&path).ok(200).str("status") == "ready" {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the file is not made");
    }

    /// Mia asks for what is held about herself, to be recorded.
    pub fn subject_access(&self, change: Value) -> Value {
        let mut body = json!({"subjectId":self.mia,"requesterId":self.mia,"capacity":"subject","receivedOn":"2026-05-29",
            "route":"spoken_phone","scope":"All of it."});
        merge(&mut body, change);
        body
    }

    /// Makes sure that the first contact of somebody is theirs; its id.
    pub fn verify(app: &TestApp, person: &str) -> String {
        let path = format!("/people/{person}");
        let known = app.adviser().get(&path).ok(200);
        let mut contacts = known.body["contacts"].clone();
        contacts[0]["verifiedAt"] = json!("2026-05-30T10:00:00.000Z");
        let known = app.adviser().if_match(known.version()).patch(&path, &json!({"contacts":contacts})).ok(200);
        known.body["contacts"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Mia's request, with an item redacted and all others included, the contact it goes to, and its answer built; its id. It is at version 4.
    pub fn answered(&self, app: &TestApp) -> String {
        let manager = app.manager();
        let contact = Self::verify(app, &self.mia);
        let id = app.adviser().post("/subject-access-requests", &self.subject_access(json!({}))).ok(201).id();
        let path = format!("/subject-access-requests/{id}");
        manager.if_match(1).patch(&path, &json!({"deliveryContactId":contact})).ok(200);
        manager.if_match(2).put(&format!("{path}/items"), &json!({"items":Self::decided(app, &id)})).ok(200);
        manager.send(&Method::POST, &format!("{path}/bundle"), None).ok(202);
        id
    }

    /// A decision about every item of a request: the first is redacted, all others are included.
    pub fn decided(app: &TestApp, sar: &str) -> Vec<Value> {
        let held = app.manager().get(&format!("/subject-access-requests/{sar}/candidate-items?limit=200")).ok(200);
        let ground = json!({"exemption":"s2_p3_rights_of_others","reason":"It names a neighbour."});
        let item = |(i, held): (usize, &Value)| match i {
            _ if held["withheldUntilOn"].is_string() => {
                json!({"noteId":held["id"],"decision":"withhold","exemption":ground["exemption"],"reason":ground["reason"]})
            }
            0 => json!({"noteId":held["id"],"decision":"redact","exemption":"s2_p3_rights_of_others","reason":"It names a neighbour.",
                "redactedText":"Speech therapy has stopped."}),
            _ => json!({"noteId":held["id"],"decision":"include","reason":"They agreed."}),
        };
        held.body["items"].as_array().unwrap().iter().enumerate().map(item).collect()
    }

    /// Asks whether it may be passed on: the same body, without what only a sending has.
    pub fn check(&self, app: &TestApp, ask: &Value) -> Reply {
        let mut body = ask.clone();
        merge(&mut body, json!({"withholdFromPersonIds":null,"withholdUntilOn":null}));
        app.adviser().post(&format!("/cases/{}/disclosure-checks", self.case), &body)
    }

    /// Replaces what is recorded of somebody's parental responsibility for a child.
    pub fn responsibility(&self, app: &TestApp, person: &str, child: &str, change: Value) {
        let mut entry = json!({"childId":child,"value":"yes","evidence":"self_declared"});
        merge(&mut entry, change);
        let path = format!("/participants/{}", self.participant(person));
        app.adviser().if_match(1).patch(&path, &json!({"parentalResponsibility":[entry]})).ok(200);
    }

    /// Corrects somebody's date of birth.
    pub fn born(app: &TestApp, person: &str, day: &str) {
        app.adviser().if_match(1).patch(&format!("/people/{person}"), &json!({"dateOfBirth":day})).ok(200);
    }

    /// Assesses whether somebody can decide about sharing.
    pub fn assess(app: &TestApp, person: &str, can: bool, day: &str) {
        let outcome = if can { "can_decide" } else { "cannot_decide" };
        let body = json!({"decisionKind":"share_information","understands":can,"retains":true,"weighs":true,"communicates":true,
            "outcome":outcome,"assessedOn":day,"reasons":"Told back in own words what would be shared."});
        app.adviser().post(&format!("/people/{person}/capacity-records"), &body).ok(201);
    }

    /// A risk to Ana, passed on to the hub with this note: everything section (d) asks for.
    pub fn risk(&self, note: &str, change: Value) -> Value {
        let mut body = json!({"basis":"safeguarding","direction":"outbound","channel":"phone","recipient":{"recipientId":self.hub},
            "subjectIds":[self.ana],"noteIds":[note],"informationCategories":["family_circumstances"],"summary":"Told the hub what was said.",
            "toldSubject":"no","toldReason":"Telling could raise the risk.","safeguarding":{"riskTypes":["emotional"],
            "atRiskPersonIds":[self.ana],"necessity":"Only the hub can check tonight.","proportionality":"One note and no more.",
            "consentSought":"not_sought","noConsentReason":"would_prejudice_protection"}});
        merge(&mut body, change);
        body
    }

    /// Closes the case.
    pub fn close(&self, app: &TestApp) {
        let case = app.adviser().get(&format!("/cases/{}", self.case)).ok(200);
        let path = format!("/cases/{}/closure", self.case);
        app.adviser().if_match(case.version()).post(&path, &json!({"outcome":"agreed"})).ok(200);
    }

    /// Reopens it.
    pub fn reopen(&self, app: &TestApp) {
        let case = app.adviser().get(&format!("/cases/{}", self.case)).ok(200);
        let path = format!("/cases/{}/reopening", self.case);
        app.adviser().if_match(case.version()).post(&path, &json!({"reason":"They came back."})).ok(200);
    }

    /// The open tasks of this kind about this record, as the manager sees them.
    pub fn tasks(app: &TestApp, kind: &str, about: &str) -> Vec<Value> {
        let list = app.manager().get(&format!("/tasks?kind={kind}&status=open&limit=200")).ok(200);
        list.body["items"].as_array().unwrap().iter().filter(|task| task["aboutId"] == about).cloned().collect()
    }

    /// A case of nobody in particular that is closed, and the disposal that a manager proposes of it: the ids of the disposal and of the case.
    pub fn proposed(app: &TestApp) -> (String, String) {
        Self::proposed_by(app, &app.manager())
    }

    /// The same by this manager.
    pub fn proposed_by(app: &TestApp, manager: &Session<'_>) -> (String, String) {
        let caller = app.adviser().post("/people", &json!({"kind":"anonymous","pseudonymous":true})).ok(201).id();
        let bare = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
            "senNeeds":[],"appealTypes":[],
            "participants":[{"personId":caller,"role":"service_user","relation":"parent","servedSeparately":false}]});
        let case = app.adviser().post("/cases", &bare).ok(201).id();
        app.adviser().if_match(1).post(&format!("/cases/{case}/closure"), &json!({"outcome":"information_given"})).ok(200);
        let body = json!({"caseIds":[case],"class":"rc06_parent_only","ground":"erasure_request"});
        let proposal = manager.with("Idempotency-Key", &uuid::Uuid::new_v4().to_string());
        (proposal.post("/disposals", &body).ok(201).id(), case)
    }

    /// Opens a case of somebody who gives no name, with these changes: who that is, and the case.
    pub fn opened(app: &TestApp, session: &Session<'_>, change: Value) -> (String, String) {
        let caller = app.adviser().post("/people", &json!({"kind":"anonymous","pseudonymous":true})).ok(201).id();
        let made = session.post("/cases", &Self::bare(&caller, change)).ok(201).id();
        (caller, made)
    }

    /// A new case of this person, with these changes.
    pub fn bare(person: &str, change: Value) -> Value {
        let mut body = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
            "senNeeds":[],"appealTypes":[],"participants":[{"personId":person,"role":"service_user","relation":"parent","servedSeparately":false}]});
        merge(&mut body, change);
        body
    }

    pub fn withdraw(&self, app: &TestApp, consent: &str, change: Value) -> Reply {
        let mut body = json!({"withdrawnById":self.mia,"method":"email","objects":false});
        merge(&mut body, change);
        app.adviser().post(&format!("/consents/{consent}/withdrawal"), &body)
    }
}

/// Replaces properties; null removes them.
pub fn merge(body: &mut Value, change: Value) {
    let Value::Object(change) = change else { panic!("a change is an object") };
    for (key, value) in change {
        if value.is_null() {
            body.as_object_mut().unwrap().remove(&key);
        } else {
            body[key] = value;
        }
    }
}
