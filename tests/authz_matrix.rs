//! Who may do what, asked of the running service: every operation of the published document, as every role and as nobody.
//!
//! What it finds is printed to `docs/role-matrix.txt`, so that a change of anybody's rights is read in review. `SENDIASS_BLESS=1` writes it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "shared with the tests of the API, which use all of it")]
#[path = "api/family.rs"]
mod family;
#[path = "api/forge.rs"]
mod forge;
#[expect(dead_code, reason = "shared with the tests of the API, which use all of it")]
#[path = "api/harness.rs"]
mod harness;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use sendiass::authz::Action;
use sendiass::authz::devkey::Minting;
use sendiass::clock::Clock;
use sendiass::domain::time::Timestamp;
use sendiass::domain::vocabulary::{Role, Vocabulary};
use serde_json::{Value, json};
use ureq::http::Method;

use family::Family;
use harness::{Session, TestApp};

/// Every operation and the action it needs leave for; the one that is open to anybody needs none.
const OPERATIONS: &[(&str, Option<Action>)] = &[
    ("getService", None),
    ("getMe", Some(Action::MeRead)),
    ("getReferenceData", Some(Action::ReferenceDataRead)),
    ("listRetentionReviews", Some(Action::RetentionReview)),
    ("listRetentionHolds", Some(Action::HoldList)),
    ("placeRetentionHold", Some(Action::HoldPlace)),
    ("releaseRetentionHold", Some(Action::HoldRelease)),
    ("listDisposals", Some(Action::DisposalList)),
    ("getDisposal", Some(Action::DisposalRead)),
    ("listDisposalCases", Some(Action::DisposalCases)),
    ("proposeDisposal", Some(Action::DisposalPropose)),
    ("cancelDisposal", Some(Action::DisposalCancel)),
    ("approveDisposal", Some(Action::DisposalApprove)),
    ("getRetentionSchedule", Some(Action::RetentionScheduleRead)),
    ("listStaff", Some(Action::StaffList)),
    ("updateStaff", Some(Action::StaffUpdate)),
    ("revokeStaffTokens", Some(Action::StaffRevokeTokens)),
    ("listRecipients", Some(Action::RecipientRead)),
    ("getRecipient", Some(Action::RecipientRead)),
    ("createRecipient", Some(Action::RecipientCreate)),
    ("updateRecipient", Some(Action::RecipientUpdate)),
    ("listTasks", Some(Action::TaskRead)),
    ("completeTask", Some(Action::TaskComplete)),
    ("createPerson", Some(Action::PersonCreate)),
    ("searchPeople", Some(Action::PersonSearch)),
    ("getPerson", Some(Action::PersonRead)),
    ("updatePerson", Some(Action::PersonUpdate)),
    ("mergePeople", Some(Action::PersonMerge)),
    ("getPersonMerge", Some(Action::PersonMergeRead)),
    ("reversePersonMerge", Some(Action::PersonMergeReverse)),
    ("listCapacityRecords", Some(Action::CapacityRead)),
    ("recordCapacity", Some(Action::CapacityRecord)),
    ("createReferral", Some(Action::ReferralCreate)),
    ("listReferrals", Some(Action::ReferralList)),
    ("getReferral", Some(Action::ReferralRead)),
    ("updateReferral", Some(Action::ReferralUpdate)),
    ("decideReferral", Some(Action::ReferralDecide)),
    ("relocateReferral", Some(Action::ReferralRelocate)),
    ("listCases", Some(Action::CaseList)),
    ("openCase", Some(Action::CaseOpen)),
    ("getCase", Some(Action::CaseRead)),
    ("getTimeline", Some(Action::CaseRead)),
    ("updateCase", Some(Action::CaseUpdate)),
    ("closeCase", Some(Action::CaseClose)),
    ("reopenCase", Some(Action::CaseReopen)),
    ("assignCase", Some(Action::CaseAssign)),
    ("restrictCase", Some(Action::CaseRestrict)),
    ("listParticipants", Some(Action::ParticipantList)),
    ("addParticipant", Some(Action::ParticipantAdd)),
    ("updateParticipant", Some(Action::ParticipantUpdate)),
    ("listNotes", Some(Action::NoteList)),
    ("createNote", Some(Action::NoteAdd)),
    ("getNote", Some(Action::NoteRead)),
    ("correctNote", Some(Action::NoteCorrect)),
    ("relocateNote", Some(Action::NoteRelocate)),
    ("listCaseConsents", Some(Action::ConsentList)),
    ("listConsents", Some(Action::ConsentList)),
    ("recordConsent", Some(Action::ConsentRecord)),
    ("getConsent", Some(Action::ConsentRead)),
    ("getConsentReceipt", Some(Action::ConsentReceipt)),
    ("withdrawConsent", Some(Action::ConsentWithdraw)),
    ("annulConsent", Some(Action::ConsentAnnul)),
    ("checkDisclosure", Some(Action::DisclosureCheck)),
    ("listDisclosures", Some(Action::DisclosureList)),
    ("recordDisclosure", Some(Action::DisclosureRecord)),
    ("getDisclosure", Some(Action::DisclosureRead)),
    ("annotateDisclosure", Some(Action::DisclosureAnnotate)),
    ("listInformationRequests", Some(Action::InformationRequestList)),
    ("requestInformation", Some(Action::InformationRequestRecord)),
    ("getInformationRequest", Some(Action::InformationRequestRead)),
    ("respondToInformationRequest", Some(Action::InformationRequestRespond)),
    ("cancelInformationRequest", Some(Action::InformationRequestCancel)),
    ("listLegalRequests", Some(Action::LegalRequestList)),
    ("logLegalRequest", Some(Action::LegalRequestLog)),
    ("getLegalRequest", Some(Action::LegalRequestRead)),
    ("decideLegalRequest", Some(Action::LegalRequestDecide)),
    ("listLegalCandidateItems", Some(Action::LegalRequestCandidates)),
    ("extractForLegalRequest", Some(Action::LegalRequestExtract)),
    ("buildLegalBundle", Some(Action::LegalRequestBundle)),
    ("getLegalBundle", Some(Action::LegalRequestRead)),
    ("getLegalBundleFile", Some(Action::LegalRequestBundleFile)),
    ("dispatchLegalRequest", Some(Action::LegalRequestDispatch)),
    ("closeLegalRequest", Some(Action::LegalRequestClose)),
    ("listSubjectAccessRequests", Some(Action::SarList)),
    ("logSubjectAccessRequest", Some(Action::SarLog)),
    ("getSubjectAccessRequest", Some(Action::SarRead)),
    ("updateSubjectAccessRequest", Some(Action::SarUpdate)),
    ("recordSubjectAccessClockEvent", Some(Action::SarClockEvent)),
    ("listSubjectAccessCandidateItems", Some(Action::SarCandidates)),
    ("decideSubjectAccessItems", Some(Action::SarDecide)),
    ("buildSubjectAccessBundle", Some(Action::SarBundle)),
    ("getSubjectAccessBundle", Some(Action::SarBundleRead)),
    ("getSubjectAccessBundleFile", Some(Action::SarBundleFile)),
    ("dispatchSubjectAccessRequest", Some(Action::SarDispatch)),
    ("refuseSubjectAccessRequest", Some(Action::SarRefuse)),
    ("listSafeguardingConcerns", Some(Action::ConcernList)),
    ("raiseSafeguardingConcern", Some(Action::ConcernRaise)),
    ("getSafeguardingConcern", Some(Action::ConcernRead)),
    ("annotateSafeguardingConcern", Some(Action::ConcernAnnotate)),
    ("decideSafeguardingConcern", Some(Action::ConcernDecide)),
    ("listDisclosureLog", Some(Action::DisclosureLogList)),
    ("exportDisclosureLog", Some(Action::DisclosureLogExport)),
    ("proveDisclosureLogInclusion", Some(Action::DisclosureLogProve)),
    ("proveDisclosureLogConsistency", Some(Action::DisclosureLogProve)),
    ("proveDisclosureLogRange", Some(Action::DisclosureLogProve)),
    ("verifyDisclosureLog", Some(Action::DisclosureLogProve)),
    ("getDisclosureLogCheckpoint", Some(Action::DisclosureLogProve)),
    ("listDisclosureLogCheckpoints", Some(Action::DisclosureLogProve)),
    ("getDisclosureLogEntry", Some(Action::DisclosureLogRead)),
    ("cosignDisclosureLog", Some(Action::DisclosureLogCosign)),
    ("cosignAccessLog", Some(Action::AccessLogCosign)),
    ("getDisclosureLogReceipt", Some(Action::DisclosureLogProve)),
    ("lendTagKey", Some(Action::DisclosureLogLend)),
    ("listAccessLog", Some(Action::AccessLogList)),
    ("exportAccessLog", Some(Action::AccessLogExport)),
    ("proveAccessLogInclusion", Some(Action::AccessLogProve)),
    ("proveAccessLogConsistency", Some(Action::AccessLogProve)),
    ("proveAccessLogRange", Some(Action::AccessLogProve)),
    ("verifyAccessLog", Some(Action::AccessLogProve)),
    ("getAccessLogCheckpoint", Some(Action::AccessLogProve)),
    ("listAccessLogCheckpoints", Some(Action::AccessLogProve)),
    ("getAccessLogEntry", Some(Action::AccessLogRead)),
    ("listCaseAccess", Some(Action::CaseAccessLog)),
    ("setTestClock", Some(Action::TestClockSet)),
];

/// The one action that is asked for by a parameter of an operation that others may use without it.
const BY_PARAMETER: (&str, &str, Action) = ("getDisclosureLogEntry", "?openings=true", Action::DisclosureLogOpenings);

/// One operation of the document.
struct Operation {
    id: String,
    method: Method,
    path: String,
    roles: Vec<String>,
    body: bool,
}

fn operations() -> Vec<Operation> {
    let service = sendiass::http::openapi::Service::build(sendiass::http::operations()).unwrap_or_else(|faults| panic!("{faults:?}"));
    let document = service.contract().document();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                roles: operation["x-roles"].as_array().unwrap().iter().map(|role| role.as_str().unwrap().to_owned()).collect(),
                body: operation.get("requestBody").is_some(),
            });
        }
    }
    found
}

fn action_of(operation: &str) -> Option<Action> {
    let known = OPERATIONS.iter().find(|(id, _)| *id == operation);
    known.unwrap_or_else(|| panic!("{operation} has no fixture: add it to OPERATIONS, and its path parameters to Scene")).1
}

/// A record for every parameter of a path.
struct Scene {
    app: TestApp,
    parameters: BTreeMap<&'static str, String>,
}

impl Scene {
    fn new() -> Self {
        let app = TestApp::spawn();
        let family = Family::record(&app);
        let note = family.n1(&app);
        let consent = family.permit(&app, json!({}));
        let disclosure = family.disclose(&app, &family.ask(&note, json!({}))).ok(201).id();
        // A recall is a task.
        let other = family.permit(&app, json!({"recipients":[{"recipientId":family.school}],"conditions":[]}));
        let sent = family.disclose(&app, &family.ask(&note, json!({"recipient":{"recipientId":family.school}})));
        sent.ok(201);
        family.withdraw(&app, &other, json!({})).ok(200);
        let task = app.adviser().get("/tasks").ok(200).body["items"][0]["id"].as_str().unwrap().to_owned();
        // Somebody whose tokens may be refused without ending the test.
        app.as_staff(Role::Analyst, "Spare").get("/me").ok(200);
        let staff = app.as_role(Role::Administrator).get("/staff").ok(200);
        let spare = staff.body["items"].as_array().unwrap().iter().find(|row| row["displayName"] == "Spare").unwrap()["id"].clone();
        let participant = family.participant(&family.sam).to_owned();
        let referral = app.adviser().post("/referrals", &json!({"source":"self_parent","summary":"Rang.","riskStated":false})).ok(201).id();
        let asked = family.asked_from_outside(json!({}));
        let asked = app.adviser().post(&format!("/cases/{}/information-requests", family.case), &asked).ok(201).id();
        let caller = app.adviser().post("/people", &json!({"kind":"anonymous","pseudonymous":true})).ok(201).id();
        let merge = json!({"mergedPersonId":caller,"reason":"Gave a name."});
        let merge = app.manager().if_match(1).post(&format!("/people/{}/merges", family.nell), &merge).ok(201).id();
        let risk = json!({"riskTypes":["emotional"],"summary":"Afraid.","knownAt":"2026-06-01T08:00:00.000Z"});
        let concern = app.adviser().post(&format!("/cases/{}/safeguarding-concerns", family.case), &risk).ok(201).id();
        let legal = app.adviser().post("/legal-requests", &family.legal_request(json!({}))).ok(201).id();
        let sar = app.adviser().post("/subject-access-requests", &family.subject_access(json!({}))).ok(201).id();
        let hold = json!({"reason":"complaint","reviewOn":"2099-01-01"});
        let hold = app.manager().post(&format!("/cases/{}/retention-holds", family.case), &hold).ok(201).id();
        let disposal = Family::proposed(&app).0;
        let parameters = BTreeMap::from([
            ("holdId", hold),
            ("disposalId", disposal),
            ("legalRequestId", legal),
            ("sarId", sar),
            ("concernId", concern),
            ("mergeId", merge),
            ("referralId", referral),
            ("requestId", asked),
            ("caseId", family.case),
            ("personId", family.sam),
            ("participantId", participant),
            ("noteId", note),
            ("consentId", consent),
            ("disclosureId", disclosure),
            ("recipientId", family.hub),
            ("taskId", task),
            ("staffId", spare.as_str().unwrap().to_owned()),
            ("index", "1".to_owned()),
        ]);
        Self { app, parameters }
    }

    /// The path with the ids of records, or with ids of nothing.
    fn path(&self, template: &str, real: bool) -> String {
        let parts = template.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            None => part.to_owned(),
            Some(name) => {
                let known = self.parameters.get(name).unwrap_or_else(|| panic!("{name} has no fixture: add it to Scene"));
                match (real, name) {
                    (true, _) => known.clone(),
                    (false, "index") => "999999".to_owned(),
                    (false, _) => uuid::Uuid::now_v7().to_string(),
                }
            }
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// The status and code of the smallest request.
    fn ask(&self, session: &Session<'_>, operation: &Operation, real: bool, query: &str) -> (u16, String) {
        let session = session.if_match(1).with("Idempotency-Key", &uuid::Uuid::new_v4().to_string());
        let path = format!("{}{query}", self.path(&operation.path, real));
        let media = if operation.method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        let session = session.with("Content-Type", media);
        let reply = session.send(&operation.method, &path, operation.body.then(|| "{}".to_owned()));
        (reply.status, reply.str("code"))
    }
}

#[test]
fn every_operation_and_every_action_has_a_fixture() {
    let published: BTreeSet<String> = operations().into_iter().map(|operation| operation.id).collect();
    let known: BTreeSet<String> = OPERATIONS.iter().map(|(id, _)| (*id).to_owned()).collect();
    assert_eq!(published, known);
    let used: BTreeSet<Action> = OPERATIONS.iter().filter_map(|(_, action)| *action).chain([BY_PARAMETER.2]).collect();
    let unused: Vec<&Action> = Action::ALL.iter().filter(|action| !used.contains(action)).collect();
    assert!(unused.is_empty(), "no operation asks for {unused:?}");
}

#[test]
fn the_document_names_the_roles_of_the_table() {
    for operation in operations() {
        let roles: Vec<&str> = action_of(&operation.id).map_or(&[][..], Action::roles).iter().map(|role| role.as_str()).collect();
        assert_eq!(operation.roles, roles, "{}", operation.id);
    }
}

/// So many minutes ago.
fn minutes_ago(minutes: i64) -> Timestamp {
    Timestamp::from_micros(Clock::real().micros() - minutes * 60_000_000).unwrap()
}

#[test]
fn nobody_gets_further_than_their_token() {
    let scene = Scene::new();
    let app = &scene.app;
    let minting = Minting { roles: &[Role::ServiceManager], subject: "late", minutes: 60, name: "late" };
    let expired = app.key.mint(&minting, minutes_ago(61)).unwrap();
    let nearly = app.key.mint(&minting, minutes_ago(58)).unwrap();
    app.with_token(Some(nearly)).get("/me").ok(200);
    let roles = json!(["service_manager"]);
    let others = [
        ("no token", None, 401, "unauthenticated"),
        ("an expired token", Some(expired), 401, "unauthenticated"),
        ("a token for another audience", Some(forge::token(app, &json!({"aud":"another","roles":roles}))), 401, "unauthenticated"),
        ("a token for nobody", Some(forge::token(app, &json!({"aud":null,"roles":roles}))), 401, "unauthenticated"),
        ("a token without roles", Some(forge::token(app, &json!({"roles":[]}))), 403, "forbidden"),
        ("a token with an unknown role", Some(forge::token(app, &json!({"roles":["Adviser"]}))), 403, "forbidden"),
    ];
    for operation in operations().iter().filter(|operation| action_of(&operation.id).is_some()) {
        for (name, token, status, code) in &others {
            for real in [true, false] {
                let (got, said) = scene.ask(&app.with_token(token.clone()), operation, real, "");
                assert_eq!((got, said.as_str()), (*status, *code), "{} with {name}, real ids: {real}", operation.id);
            }
        }
    }
    let public = operations().into_iter().find(|operation| action_of(&operation.id).is_none()).unwrap();
    assert_eq!(scene.ask(&app.with_token(None), &public, true, "").0, 200);
}

#[test]
fn every_role_may_do_what_the_table_says_and_nothing_else() {
    let scene = Scene::new();
    let mut matrix = heading();
    for operation in operations() {
        let action = action_of(&operation.id);
        row(&mut matrix, &scene, &operation, "", action);
        if operation.id == BY_PARAMETER.0 {
            row(&mut matrix, &scene, &operation, BY_PARAMETER.1, Some(BY_PARAMETER.2));
        }
    }
    matrix.push_str("\nPermissions that `GET /me` lists, by role\n");
    for role in Role::ALL {
        let me = scene.app.as_role(*role).get("/me").ok(200);
        let mut told: Vec<&str> = me.body["permissions"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let mut tabled: Vec<&str> =
            Action::ALL.iter().filter(|action| action.roles().contains(role)).map(|action| action.permission()).collect();
        told.sort_unstable();
        tabled.sort_unstable();
        assert_eq!(told, tabled, "{}", role.as_str());
        writeln!(matrix, "\n{}", role.as_str()).unwrap();
        for name in told {
            writeln!(matrix, "  {name}").unwrap();
        }
    }
    compare(&matrix);
}

fn heading() -> String {
    let mut text = String::from(
        "Who may do what, as the running service answers: x may, - may not. Written by the test `authz_matrix` (SENDIASS_BLESS=1).\n\n",
    );
    for (column, role) in Role::ALL.iter().enumerate() {
        writeln!(text, "{:54}{}{}", "", "| ".repeat(column), role.as_str()).unwrap();
    }
    text
}

/// Asks as every role, and writes what was answered.
fn row(matrix: &mut String, scene: &Scene, operation: &Operation, query: &str, action: Option<Action>) {
    let mut line = format!("{:<6} {:<46} ", operation.method.as_str(), format!("{}{query}", operation.path));
    for role in Role::ALL {
        let session = scene.app.as_role(*role).with("Access-Reason", "supervision");
        let what = format!("{}{query} as {}", operation.id, role.as_str());
        let (status, code) = scene.ask(&session, operation, true, query);
        let allowed = action.is_none_or(|action| action.roles().contains(role));
        if allowed {
            assert!(status < 500 && ![401, 403, 404, 405].contains(&status), "{what}: {status} {code}");
        } else {
            assert_eq!((status, code.as_str()), (403, "forbidden"), "{what}");
            // The same answer for what does not exist: nothing was looked up.
            assert_eq!(scene.ask(&session, operation, false, query), (403, "forbidden".to_owned()), "{what}");
        }
        line.push_str(if status == 403 { " -" } else { " x" });
    }
    writeln!(matrix, "{line}").unwrap();
}

fn compare(matrix: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/role-matrix.txt");
    if std::env::var_os("SENDIASS_BLESS").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap();
        std::fs::write(path, matrix).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == matrix, "docs/role-matrix.txt is not what the service does now; it should be:\n{matrix}");
}

#[test]
fn roles_that_nobody_may_hold_together_are_refused() {
    let app = TestApp::spawn();
    let all: Vec<Role> = Role::ALL.to_vec();
    let apart = [Role::Auditor, Role::Analyst, Role::Administrator];
    let casework = [Role::Adviser, Role::ServiceManager];
    for one in &all {
        for other in all.iter().filter(|other| *other > one) {
            let machines = [one, other].into_iter().filter(|role| role.as_str().starts_with("machine_")).count();
            let refused =
                machines == 1 || (apart.contains(one) && casework.contains(other)) || (casework.contains(one) && apart.contains(other));
            let token = app.token(&[*one, *other], "both");
            let reply = app.with_token(Some(token)).get("/me");
            let what = format!("{} with {}", one.as_str(), other.as_str());
            // A machine role in a person's token is no role of theirs, and the other way round.
            match refused {
                true => assert_eq!(reply.status, 403, "{what}: {}", reply.text),
                false if machines == 2 => {}
                false => assert_eq!(reply.status, 200, "{what}: {}", reply.text),
            }
            if refused && machines == 0 {
                assert_eq!(reply.body["errors"][0]["rule"], json!("role_conflict"), "{what}");
            }
        }
    }
    assert_eq!(Value::Null, app.with_token(Some(app.token(&[Role::Adviser, Role::ServiceManager], "deputy"))).get("/me").body["errors"]);
}
