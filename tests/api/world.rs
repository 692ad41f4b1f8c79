//! A record of everything, and for every operation of the published document a request that succeeds: whoever adds an operation adds it here.

use std::collections::BTreeMap;

use sendiass::clock::Clock;
use sendiass::domain::vocabulary::Role;
use sendiass::ledger::witness::Witness;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::family::{Family, merge};
use crate::harness::{Reply, Session, TestApp};

/// One operation of the document.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    pub path: String,
    /// The schema of its body, with everything it refers to.
    pub body: Option<Value>,
    /// The parameters of its query that are ids.
    pub queried: Vec<String>,
    /// Who may ask for it.
    pub roles: Vec<Role>,
}

/// Every operation of the document, as it is served.
pub fn operations(app: &TestApp) -> Vec<Operation> {
    let document = app.with_token(None).get("//openapi.json").ok(200).body;
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let body = operation["requestBody"]["content"].as_object().and_then(|content| content.values().next());
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let is_id = |parameter: &&Value| resolved(&parameter["schema"], &document, 0)["format"] == "uuid";
            let queried = parameters.filter(|parameter| parameter["in"] == "query").filter(is_id);
            found.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                body: body.map(|body| resolved(&body["schema"], &document, 0)),
                queried: queried.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect(),
                roles: serde_json::from_value(operation["x-roles"].clone()).unwrap(),
            });
        }
    }
    assert!(found.len() > 45, "{}", found.len());
    found
}

/// The schema with what it refers to in its place.
fn resolved(schema: &Value, document: &Value, depth: usize) -> Value {
    assert!(depth < 64, "a schema within itself");
    match schema {
        Value::Object(fields) => match fields.get("$ref").and_then(Value::as_str) {
            Some(reference) => resolved(document.pointer(reference.trim_start_matches('#')).unwrap(), document, depth + 1),
            None => fields.iter().map(|(name, value)| (name.clone(), resolved(value, document, depth + 1))).collect(),
        },
        Value::Array(all) => all.iter().map(|value| resolved(value, document, depth + 1)).collect(),
        plain => plain.clone(),
    }
}

/// What is sent besides the path.
pub struct Asked {
    pub role: Role,
    pub version: Option<i64>,
    pub body: Option<Value>,
}

/// What is on record of one family: the ids by which paths name it.
pub struct World {
    pub family: Family,
    pub ids: BTreeMap<&'static str, String>,
}

/// An adviser's own words about a change, in a form in which everything may be left out.
fn person(name: &str) -> Value {
    json!({"kind":"parent_carer","fullName":name,"pseudonymous":false,"contacts":[{"kind":"email","value":"new@example.org","safe":true}]})
}

/// The witness that tests know.
pub fn witness() -> Witness {
    Witness::new(&[8; 32], "witness.example.org/w1").unwrap()
}

/// What that witness says of a checkpoint.
pub fn cosigned(note: &str) -> Value {
    let line = witness().cosign(note.as_bytes(), u64::try_from(Clock::real().utc().timestamp()).unwrap()).unwrap();
    json!({"size": note.lines().nth(1).unwrap().parse::<i64>().unwrap(), "line": line.trim_end()})
}

impl World {
    pub fn record(app: &TestApp) -> Self {
        let family = Family::record(app);
        let note = family.n1(app);
        let consent = family.permit(app, json!({}));
        let disclosure = family.disclose(app, &family.ask(&note, json!({}))).ok(201).id();
        Family::assess(app, &family.ana, false, "2026-05-01");
        app.as_staff(Role::Analyst, "Spare").get("/me").ok(200);
        let staff = app.as_role(Role::Administrator).get("/staff").ok(200);
        let spare = staff.body["items"].as_array().unwrap().iter().find(|row| row["displayName"] == "Spare").unwrap()["id"].clone();
        let task = Self::task(app, &family);
        let merge = Self::merge(app, &family);
        let concern = Self::concern(app, &family);
        Self::decide(app, &family);
        let referral = Self::accepted(app, &family);
        let asked = Self::asked(app, &family);
        let legal = app.adviser().post("/legal-requests", &family.legal_request(json!({}))).ok(201).id();
        let sar = app.adviser().post("/subject-access-requests", &family.subject_access(json!({}))).ok(201).id();
        let ids = BTreeMap::from([
            ("sarId", sar),
            ("caseId", family.case.clone()),
            ("personId", family.ana.clone()),
            ("mergeId", merge),
            ("concernId", concern),
            ("participantId", family.participant(&family.sam).to_owned()),
            ("noteId", note),
            ("consentId", consent),
            ("disclosureId", disclosure),
            ("referralId", referral),
            ("recipientId", family.school.clone()),
            ("taskId", task),
            ("requestId", asked),
            ("legalRequestId", legal),
            ("holdId", Self::hold(app, &family)),
            ("disposalId", Family::proposed(app).0),
            ("staffId", spare.as_str().unwrap().to_owned()),
            ("index", "1".to_owned()),
        ]);
        Self { family, ids }
    }

    /// A task of this case for a manager.
    fn task(app: &TestApp, family: &Family) -> String {
        let given = family.permit(app, json!({}));
        app.adviser().post(&format!("/consents/{given}/annulment"), &json!({"reason":"Another family."})).ok(200);
        Family::tasks(app, "annulment_review", &given)[0]["id"].as_str().unwrap().to_owned()
    }

    /// A hold on the case, which is released: it would be in the way of nothing but a disposal.
    fn hold(app: &TestApp, family: &Family) -> String {
        let id = Self::held(app, family);
        app.manager().if_match(1).post(&format!("/retention-holds/{id}/release"), &json!({"reason":"It was answered."})).ok(200);
        id
    }

    fn held(app: &TestApp, family: &Family) -> String {
        let hold = json!({"reason":"complaint","note":"About the plan.","reviewOn":"2099-01-01"});
        app.manager().post(&format!("/cases/{}/retention-holds", family.case), &hold).ok(201).id()
    }

    /// What an officer asked.
    fn asked(app: &TestApp, family: &Family) -> String {
        app.adviser().post(&format!("/cases/{}/information-requests", family.case), &family.asked_from_outside(json!({}))).ok(201).id()
    }

    /// A risk that was told, and awaits its decision.
    fn concern(app: &TestApp, family: &Family) -> String {
        app.adviser().post(&format!("/cases/{}/safeguarding-concerns", family.case), &Self::risk(family)).ok(201).id()
    }

    fn risk(family: &Family) -> Value {
        json!({"riskTypes":["emotional"],"summary":"She is afraid to go home.","knownAt":"2026-06-01T08:00:00.000Z",
            "atRiskPersonIds":[family.ana]})
    }

    /// All that a decision not to share needs.
    fn not_shared() -> Value {
        json!({"outcome":"not_shared","reason":"The hub knows.","necessity":"None.","proportionality":"It stays here.",
            "consentSought":"not_sought","noConsentReason":"cannot_give","toldSubject":"no","toldReason":"She would be afraid."})
    }

    /// Decides about every risk of this family that awaits it: until then its case is not closed.
    fn decide(app: &TestApp, family: &Family) {
        let list = app.manager().get("/safeguarding-concerns?status=raised&limit=200").ok(200);
        for concern in list.body["items"].as_array().unwrap().iter().filter(|concern| concern["caseId"] == *family.case) {
            let path = format!("/safeguarding-concerns/{}", concern["id"].as_str().unwrap());
            app.manager().if_match(Self::version(app, &path)).post(&format!("{path}/outcome"), &Self::not_shared()).ok(200);
        }
    }

    /// Somebody who gave no name and was found to be Finn.
    fn merge(app: &TestApp, family: &Family) -> String {
        let path = format!("/people/{}", family.finn);
        let body = json!({"mergedPersonId":Self::caller(app),"reason":"Told what only he knew."});
        app.manager().if_match(Self::version(app, &path)).post(&format!("{path}/merges"), &body).ok(201).id()
    }

    /// Somebody who gives no name.
    fn caller(app: &TestApp) -> String {
        app.adviser().post("/people", &json!({"kind":"anonymous","pseudonymous":true})).ok(201).id()
    }

    /// A referral of no case.
    fn referral(app: &TestApp) -> String {
        let told = json!({"source":"self_parent","childName":"Isla Thornbeck","summary":"Would like help.","riskStated":false});
        app.adviser().post("/referrals", &told).ok(201).id()
    }

    /// One that was accepted into the case.
    fn accepted(app: &TestApp, family: &Family) -> String {
        let referral = Self::referral(app);
        let accepted = json!({"decision":"accept","caseId":family.case});
        app.adviser().if_match(1).post(&format!("/referrals/{referral}/decision"), &accepted).ok(200);
        referral
    }

    /// The path of an operation, with the ids of this family but for those that are named.
    pub fn path(&self, operation: &Operation, but: &[(&str, &str)]) -> String {
        let parts = operation.path.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            None => part.to_owned(),
            Some(name) => match but.iter().find(|(other, _)| *other == name) {
                Some((_, id)) => (*id).to_owned(),
                None => self.ids.get(name).unwrap_or_else(|| panic!("{name} has no fixture: add it to World")).clone(),
            },
        });
        let query = match operation.id.rsplit_once("Log") {
            Some((log, "Inclusion")) if log.starts_with("prove") => "?index=1",
            Some((log, "Consistency")) if log.starts_with("prove") => "?fromSize=1",
            Some((log, "Range")) if log.starts_with("prove") => "?indexFrom=1&indexTo=2",
            Some((log, "")) if log.starts_with("verify") => "?indexFrom=1&indexTo=2",
            _ => "",
        };
        parts.collect::<Vec<_>>().join("/") + query
    }

    fn version(app: &TestApp, path: &str) -> i64 {
        app.adviser().get(path).ok(200).version()
    }

    #[expect(clippy::too_many_lines, reason = "it is one list")]
    /// Puts the record so that this operation can succeed, and says what to send.
    pub fn prepare(&mut self, app: &TestApp, operation: &str) -> Asked {
        let family = &self.family;
        let case = format!("/cases/{}", family.case);
        let ask = |body: Value| Asked { role: Role::Adviser, version: None, body: Some(body) };
        let look = |role: Role| Asked { role, version: None, body: None };
        match operation {
            "getService"
            | "getMe"
            | "getReferenceData"
            | "getRetentionSchedule"
            | "listRecipients"
            | "getRecipient"
            | "listCases"
            | "getCase"
            | "listCaseConsents"
            | "listConsents"
            | "getConsent"
            | "getConsentReceipt"
            | "listDisclosures"
            | "getDisclosure"
            | "listNotes"
            | "getTimeline"
            | "getNote"
            | "listParticipants"
            | "getPerson"
            | "listCapacityRecords"
            | "listReferrals"
            | "listSafeguardingConcerns"
            | "getSafeguardingConcern"
            | "getReferral"
            | "getSubjectAccessRequest"
            | "listInformationRequests"
            | "getInformationRequest" => look(Role::Adviser),
            "listLegalRequests"
            | "getLegalRequest"
            | "listLegalCandidateItems"
            | "listSubjectAccessRequests"
            | "listSubjectAccessCandidateItems"
            | "listTasks"
            | "listDisclosureLog"
            | "exportDisclosureLog"
            | "getDisclosureLogEntry"
            | "listAccessLog"
            | "getDisclosureLogCheckpoint"
            | "listDisclosureLogCheckpoints"
            | "proveDisclosureLogInclusion"
            | "proveDisclosureLogConsistency"
            | "proveDisclosureLogRange"
            | "getDisclosureLogReceipt"
            | "verifyDisclosureLog"
            | "getPersonMerge"
            | "listRetentionReviews"
            | "listRetentionHolds"
            | "listDisposals"
            | "getDisposal"
            | "listCaseAccess" => look(Role::ServiceManager),
            "exportAccessLog"
            | "getAccessLogCheckpoint"
            | "listAccessLogCheckpoints"
            | "proveAccessLogInclusion"
            | "proveAccessLogConsistency"
            | "proveAccessLogRange"
            | "verifyAccessLog"
            | "getAccessLogEntry" => look(Role::Auditor),
            "cosignDisclosureLog" | "cosignAccessLog" => {
                let log = if operation == "cosignAccessLog" { "access-log" } else { "disclosure-log" };
                let note = app.as_role(Role::Auditor).get(&format!("/{log}/checkpoint")).ok(200).text;
                Asked { role: Role::MachineAudit, ..ask(cosigned(&note)) }
            }
            "placeRetentionHold" => {
                Asked { role: Role::ServiceManager, ..ask(json!({"reason":"complaint","note":"About the plan.","reviewOn":"2099-01-01"})) }
            }
            "releaseRetentionHold" => {
                let hold = Self::held(app, family);
                self.ids.insert("holdId", hold);
                Asked { role: Role::ServiceManager, version: Some(1), ..ask(json!({"reason":"It was answered."})) }
            }
            "proposeDisposal" => {
                let (disposal, case) = Family::proposed(app);
                app.manager().if_match(1).send(&Method::POST, &format!("/disposals/{disposal}/cancellation"), None).ok(200);
                let body = json!({"caseIds":[case],"class":"rc06_parent_only","ground":"erasure_request"});
                Asked { role: Role::ServiceManager, ..ask(body) }
            }
            "listDisposalCases" | "cancelDisposal" | "approveDisposal" => {
                let manager = if operation == "approveDisposal" { app.as_staff(Role::ServiceManager, "deputy") } else { app.manager() };
                let disposal = Family::proposed_by(app, &manager).0;
                self.ids.insert("disposalId", disposal);
                match operation {
                    "listDisposalCases" => look(Role::ServiceManager),
                    "cancelDisposal" => Asked { version: Some(1), ..look(Role::ServiceManager) },
                    // It was proposed by another.
                    _ => Asked { role: Role::ServiceManager, version: Some(1), ..ask(json!({"notices":"impossible"})) },
                }
            }
            "lendTagKey" => Asked { role: Role::ServiceManager, ..ask(json!({"caseId":family.case,"auditReference":"AUDIT-2026/07"})) },
            "listStaff" | "revokeStaffTokens" => look(Role::Administrator),
            "updateStaff" => {
                let staff = app.as_role(Role::Administrator).get("/staff").ok(200);
                let row = staff.body["items"].as_array().unwrap().iter().find(|row| row["id"] == self.ids["staffId"].as_str()).cloned();
                Asked { role: Role::Administrator, version: row.unwrap()["version"].as_i64(), body: Some(json!({"disabled":false})) }
            }
            "createRecipient" => Asked {
                role: Role::ServiceManager,
                ..ask(json!({"bodyType":"school","name":"Elm Primary","teams":[],"safeguardingFunction":false}))
            },
            "updateRecipient" => Asked {
                role: Role::ServiceManager,
                version: Some(Self::version(app, &format!("/recipients/{}", family.school))),
                body: Some(json!({"active":true})),
            },
            "setTestClock" => Asked { role: Role::Administrator, ..ask(json!({"now":"2026-06-01T09:00:00.000Z","frozen":true})) },
            "completeTask" => {
                let task = Self::task(app, family);
                self.ids.insert("taskId", task);
                Asked { role: Role::ServiceManager, version: Some(1), body: None }
            }
            "createReferral" => ask(json!({"source":"self_parent","childName":"Isla Thornbeck","summary":"Rang.","riskStated":false})),
            "updateReferral" | "decideReferral" => {
                let accept = operation == "decideReferral";
                let body = if accept { json!({"decision":"accept","caseId":family.case}) } else { json!({"summary":"Rang twice."}) };
                let referral = Self::referral(app);
                self.ids.insert("referralId", referral);
                Asked { version: Some(1), ..ask(body) }
            }
            "relocateReferral" => {
                let referral = Self::accepted(app, family);
                self.ids.insert("referralId", referral);
                let (_, other) = Family::opened(app, &app.adviser(), json!({}));
                Asked { version: Some(2), ..ask(json!({"caseId":other,"reason":"Another family of the same name."})) }
            }
            "createPerson" => ask(person("New Person")),
            "searchPeople" => ask(json!({"name":"Ana Marsh"})),
            "updatePerson" => {
                Asked { version: Some(Self::version(app, &format!("/people/{}", family.ana))), ..ask(json!({"knownAs":"Annie"})) }
            }
            "mergePeople" => Asked {
                role: Role::ServiceManager,
                version: Some(Self::version(app, &format!("/people/{}", family.ana))),
                body: Some(json!({"mergedPersonId":Self::caller(app),"reason":"Gave her name on the third call."})),
            },
            "reversePersonMerge" => {
                let merge = Self::merge(app, family);
                self.ids.insert("mergeId", merge);
                Asked { role: Role::ServiceManager, version: Some(1), body: Some(json!({"reason":"It was his brother."})) }
            }
            "recordCapacity" => ask(json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,
                "communicates":true,"outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."})),
            "openCase" => ask(
                json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
                "senNeeds":[],"appealTypes":[],"participants":[
                    {"personId":family.ana,"role":"subject","relation":"self","servedSeparately":false},
                    {"personId":family.mia,"role":"service_user","relation":"parent","servedSeparately":false,
                     "parentalResponsibility":[{"childId":family.ana,"value":"yes","evidence":"self_declared"}]}]}),
            ),
            "updateCase" => Asked { version: Some(Self::version(app, &case)), ..ask(json!({"summary":"Speech therapy was left out."})) },
            "raiseSafeguardingConcern" => ask(Self::risk(family)),
            "annotateSafeguardingConcern" => ask(json!({"kind":"information","note":"She rang again."})),
            "decideSafeguardingConcern" => {
                let concern = Self::concern(app, family);
                self.ids.insert("concernId", concern);
                Asked { role: Role::ServiceManager, version: Some(1), body: Some(Self::not_shared()) }
            }
            "closeCase" => {
                Self::decide(app, family);
                Asked { version: Some(Self::version(app, &case)), ..ask(json!({"outcome":"agreed"})) }
            }
            "reopenCase" => {
                Self::decide(app, family);
                family.close(app);
                Asked { version: Some(Self::version(app, &case)), ..ask(json!({"reason":"They came back."})) }
            }
            "assignCase" => {
                let me = app.adviser().get("/me").ok(200).id();
                Asked { version: Some(Self::version(app, &case)), ..ask(json!({"staffId":me})) }
            }
            "restrictCase" => Asked {
                role: Role::ServiceManager,
                version: Some(Self::version(app, &case)),
                body: Some(json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[],"reason":"Nobody is related."})),
            },
            "addParticipant" => {
                let grown = app.adviser().post("/people", &person("Una Calder")).ok(201).id();
                ask(json!({"personId":grown,"role":"supporter","relation":"grandparent","servedSeparately":false,
                    "parentalResponsibility":[{"childId":family.ana,"value":"no","evidence":"self_declared"}]}))
            }
            "updateParticipant" => {
                let path = format!("{case}/participants?limit=200");
                let all = app.adviser().get(&path).ok(200);
                let row = all.body["items"].as_array().unwrap().iter().find(|row| row["id"] == self.ids["participantId"].as_str()).cloned();
                Asked { version: row.unwrap()["version"].as_i64(), ..ask(json!({"relation":"sibling"})) }
            }
            "createNote" => ask(self.note()),
            "correctNote" => {
                let note = family.n1(app);
                self.ids.insert("noteId", note);
                let mut body = self.note();
                merge(&mut body, json!({"correctionReason":"The day was wrong."}));
                ask(body)
            }
            "relocateNote" => {
                let case = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
                    "senNeeds":[],"appealTypes":[],"participants":[
                        {"personId":family.ana,"role":"subject","relation":"self","servedSeparately":false},
                        {"personId":family.mia,"role":"service_user","relation":"parent","servedSeparately":false}]});
                let other = app.adviser().post("/cases", &case).ok(201).id();
                let note = family.n1(app);
                let body = json!({"caseId":other,"reason":"It belongs there.","fromPersonId":family.mia,"aboutPersonIds":[family.ana]});
                self.ids.insert("noteId", note);
                ask(body)
            }
            "recordConsent" => ask(family.permission(json!({}))),
            "withdrawConsent" => {
                let consent = family.permit(app, json!({}));
                let body = json!({"withdrawnById":family.mia,"method":"email","objects":false});
                self.ids.insert("consentId", consent);
                ask(body)
            }
            "annulConsent" => {
                let consent = family.permit(app, json!({}));
                self.ids.insert("consentId", consent);
                ask(json!({"reason":"Entered twice."}))
            }
            "checkDisclosure" | "recordDisclosure" => {
                let (note, _) = (family.n1(app), family.permit(app, json!({})));
                ask(family.ask(&note, json!({})))
            }
            "requestInformation" => {
                family.permit_asking(app, json!({}));
                ask(family.asked_by_service(json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}]})))
            }
            "respondToInformationRequest" => {
                let asked = Self::asked(app, family);
                let answer = json!({"outcome":"answered","disclosureId":self.ids["disclosureId"]});
                self.ids.insert("requestId", asked);
                Asked { version: Some(1), ..ask(answer) }
            }
            "cancelInformationRequest" => {
                family.permit_asking(app, json!({}));
                let path = format!("{case}/information-requests");
                let asked = app.adviser().post(&path, &family.asked_by_service(json!({"subjectIds":[family.mia]}))).ok(201).id();
                self.ids.insert("requestId", asked);
                Asked { version: Some(1), ..ask(json!({"reason":"Not needed any more."})) }
            }
            "logLegalRequest" => ask(family.legal_request(json!({}))),
            "decideLegalRequest" => {
                let legal = app.adviser().post("/legal-requests", &family.legal_request(json!({}))).ok(201).id();
                self.ids.insert("legalRequestId", legal);
                Asked {
                    role: Role::ServiceManager,
                    version: Some(1),
                    body: Some(json!({"decision":"consider","reason":"Judicial review."})),
                }
            }
            "extractForLegalRequest" | "dispatchLegalRequest" | "closeLegalRequest" => {
                let words = json!({"subjectIds":[family.mia],"informationCategories":["views_and_wishes"]});
                family.permit_proceedings(app, words);
                let note = family.note(app, &family.mia, &[&family.mia], "views_and_wishes", json!({}));
                let legal = family.extracted(app, &note);
                let copies = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}],"toldSubject":"yes"});
                let path = format!("/legal-requests/{legal}");
                let (version, body) = match operation {
                    "extractForLegalRequest" => {
                        let held = app.manager().get(&format!("{path}/candidate-items?limit=200")).ok(200);
                        let item = |held: &Value| json!({"noteId":held["id"],"decision":held["decision"],"reason":held["reason"]});
                        let items: Vec<Value> = held.body["items"].as_array().unwrap().iter().map(item).collect();
                        (5, json!({"items":items,"summary":"What she said herself."}))
                    }
                    "dispatchLegalRequest" => (5, copies),
                    _ => {
                        app.manager().if_match(5).post(&format!("{path}/dispatch"), &copies).ok(200);
                        (6, json!({"reason":"The officer was told."}))
                    }
                };
                self.ids.insert("legalRequestId", legal);
                Asked { role: Role::ServiceManager, version: Some(version), body: Some(body) }
            }
            "buildLegalBundle" | "getLegalBundle" | "getLegalBundleFile" => {
                family.permit_proceedings(app, json!({"subjectIds":[family.mia],"informationCategories":["views_and_wishes"]}));
                let note = family.note(app, &family.mia, &[&family.mia], "views_and_wishes", json!({}));
                let legal = family.extracted(app, &note);
                Family::built(app, &legal);
                self.ids.insert("legalRequestId", legal);
                look(Role::ServiceManager)
            }
            "logSubjectAccessRequest" => ask(family.subject_access(json!({}))),
            "updateSubjectAccessRequest" | "recordSubjectAccessClockEvent" | "decideSubjectAccessItems" | "refuseSubjectAccessRequest" => {
                let sar = app.adviser().post("/subject-access-requests", &family.subject_access(json!({}))).ok(201).id();
                let boss = app.manager().get("/me").ok(200).id();
                let body = match operation {
                    "updateSubjectAccessRequest" => json!({"deliveryContactId":family.mia_contact,"bestInterests":"She would know.",
                        "searches":[{"system":"Shared mailbox","terms":"Marsh","byStaffId":boss,"searchedOn":"2026-06-01"}]}),
                    "recordSubjectAccessClockEvent" => {
                        json!({"kind":"clarification_asked","happenedOn":"2026-06-01","reason":"Which years?"})
                    }
                    "decideSubjectAccessItems" => json!({"items":Family::decided(app, &sar)}),
                    _ => json!({"reason":"She took it back.","rightsNoticeOn":"2026-06-01"}),
                };
                self.ids.insert("sarId", sar);
                Asked { role: Role::ServiceManager, version: Some(1), body: Some(body) }
            }
            "buildSubjectAccessBundle" | "getSubjectAccessBundle" | "getSubjectAccessBundleFile" | "dispatchSubjectAccessRequest" => {
                let sar = family.answered(app);
                self.ids.insert("sarId", sar);
                match operation {
                    "dispatchSubjectAccessRequest" => {
                        Asked { role: Role::ServiceManager, version: Some(4), body: Some(json!({"channel":"secure_email"})) }
                    }
                    _ => look(Role::ServiceManager),
                }
            }
            "annotateDisclosure" => ask(json!({"kind":"receipt_confirmed","note":"Read receipt of the same day."})),
            other => panic!("{other} has no request that succeeds: add it to World"),
        }
    }

    fn note(&self) -> Value {
        json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":self.family.mia,
            "aboutPersonIds":[self.family.ana],"namesOthers":false,"informationCategories":["school_provision"],
            "concern":"Speech therapy has stopped.","actionTaken":"Explained section F.","factOrOpinion":"opinion","sensitivity":"ordinary",
            "keepConfidential":false})
    }

    /// What an operation leaves behind that would be in the way of others.
    pub fn tidy(&mut self, app: &TestApp, operation: &str) {
        match operation {
            "closeCase" => self.family.reopen(app),
            "relocateNote" => drop(self.ids.insert("noteId", self.family.n1(app))),
            "relocateReferral" => drop(self.ids.insert("referralId", Self::accepted(app, &self.family))),
            _ => {}
        }
    }
}

/// Sends it.
pub fn send(session: &Session<'_>, operation: &Operation, path: &str, asked: &Asked) -> Reply {
    let mut session = session.with("Idempotency-Key", &uuid::Uuid::new_v4().to_string());
    if let Some(version) = asked.version {
        session = session.if_match(version);
    }
    session.send(&operation.method, path, asked.body.as_ref().map(Value::to_string))
}
