//! How far anybody gets with the record of a family by how they stand to its case: it is theirs or another's, they are named on it, kept away from it or
//! neither, they give a reason or none, it is open, closed or gone (C1, C4, C16). Which operations there are is read from the published document.
//!
//! What it finds is printed to `docs/relation-matrix.txt`, so that a change is read in review. `SENDIASS_BLESS=1` writes it.

use std::fmt::Write;

use sendiass::domain::vocabulary::Role;
use serde_json::json;
use ureq::http::Method;

use crate::disposals::{conclude, deputy, dispose};
use crate::foreign::{Kind, own_case};
use crate::harness::{Session, TestApp};
use crate::world::{Asked, Operation, World, operations, send};

/// The parameters of paths that name something of a family, and those that do not.
const OF_A_FAMILY: &[&str] = &[
    "caseId",
    "personId",
    "participantId",
    "noteId",
    "consentId",
    "disclosureId",
    "taskId",
    "referralId",
    "requestId",
    "legalRequestId",
    "concernId",
    "mergeId",
    "holdId",
    "sarId",
];
const OF_NONE: &[&str] = &["recipientId", "staffId", "disposalId", "index"];

/// What has to be made before it can be read.
const MADE_LATER: &[&str] = &["getLegalBundle", "getLegalBundleFile", "getSubjectAccessBundle", "getSubjectAccessBundleFile"];

/// What somebody gets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gets {
    /// What they ask for.
    All,
    /// The answer to what does not exist.
    Nothing,
    /// That they have to say why.
    AskedWhy,
}

/// How somebody stands to the case.
struct Relation {
    name: &'static str,
    role: Role,
    subject: &'static str,
    with_reason: bool,
    gets: Gets,
}

const fn relation(name: &'static str, role: Role, subject: &'static str, gets: Gets) -> Relation {
    Relation { name, role, subject, with_reason: false, gets }
}

const fn with_reason(name: &'static str, subject: &'static str, gets: Gets) -> Relation {
    Relation { with_reason: true, ..relation(name, Role::ServiceManager, subject, gets) }
}

/// The case is restricted.
const RESTRICTED: &[Relation] = &[
    relation("restricted: the adviser whose it is", Role::Adviser, "Adviser", Gets::All),
    relation("restricted: an adviser who is named", Role::Adviser, "named", Gets::All),
    relation("restricted: an adviser who is not", Role::Adviser, "other", Gets::Nothing),
    relation("restricted: an adviser who is kept away", Role::Adviser, "kin", Gets::Nothing),
    relation("restricted: a manager without a reason", Role::ServiceManager, "ServiceManager", Gets::AskedWhy),
    with_reason("restricted: a manager with a reason", "ServiceManager", Gets::All),
    with_reason("restricted: a manager who is kept away", "uncle", Gets::Nothing),
    relation("restricted: an auditor", Role::Auditor, "Auditor", Gets::All),
];
const OPEN: &[Relation] = &[
    relation("open: the adviser whose it is", Role::Adviser, "Adviser", Gets::All),
    relation("open: another adviser", Role::Adviser, "other", Gets::All),
    relation("open: a manager", Role::ServiceManager, "ServiceManager", Gets::All),
];
const CLOSED: &[Relation] = &[
    relation("closed: another adviser", Role::Adviser, "other", Gets::All),
    relation("closed: a manager", Role::ServiceManager, "ServiceManager", Gets::All),
];
const GONE: &[Relation] = &[
    relation("disposed of: the adviser whose it was", Role::Adviser, "Adviser", Gets::Nothing),
    with_reason("disposed of: a manager with a reason", "ServiceManager", Gets::Nothing),
];

impl Relation {
    fn session<'a>(&self, app: &'a TestApp) -> Session<'a> {
        let session = app.as_staff(self.role, self.subject);
        if self.with_reason { session.with("Access-Reason", "supervision") } else { session }
    }

    /// Asks, and says what was got: `x` for what was asked for, a blank for what is not asked because it would change the record.
    fn asks(&self, app: &TestApp, world: &World, operation: &Operation, asked: &Asked) -> &'static str {
        let may = operation.roles.contains(&self.role);
        let changes = operation.method != Method::GET || MADE_LATER.contains(&operation.id.as_str());
        if may && changes && self.gets == Gets::All {
            return " ";
        }
        let session = self.session(app);
        // Whoever is no manager puts nobody else on a case, whichever it is.
        let me = (operation.id == "assignCase").then(|| json!({"staffId":session.get("/me").ok(200).id()}));
        let asked = Asked { body: me.or_else(|| asked.body.clone()), ..*asked };
        let reply = send(&session, operation, &world.path(operation, &[]), &asked);
        let (expected, shown) = match self.gets {
            _ if !may => ((403, "forbidden"), "-"),
            Gets::All => ((200, ""), "x"),
            Gets::Nothing => ((404, "not-found"), "."),
            Gets::AskedWhy => ((403, "access-reason-required"), "?"),
        };
        assert_eq!((reply.status, reply.str("code").as_str()), expected, "{} for {}: {}", operation.id, self.name, reply.text);
        shown
    }
}

/// The operations that name something of a family in their path, each with a request that is well formed.
fn of_a_family(app: &TestApp, world: &mut World) -> Vec<(Operation, Asked)> {
    let ids = world.ids.clone();
    let mut found = Vec::new();
    for operation in operations(app) {
        let names: Vec<&str> =
            operation.path.split('/').filter_map(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}'))).collect();
        for name in &names {
            assert!(OF_A_FAMILY.contains(name) || OF_NONE.contains(name), "what does {name} name?");
        }
        if !names.iter().any(|name| OF_A_FAMILY.contains(name)) {
            continue;
        }
        // To be moved a note needs another case, in which everybody would be seen.
        let asked = if operation.id == "relocateNote" {
            Asked { role: Role::Adviser, version: None, body: Some(json!({"caseId":uuid::Uuid::now_v7(),"reason":"It belongs there."})) }
        } else {
            world.prepare(app, &operation.id)
        };
        if operation.id == "reopenCase" {
            world.family.reopen(app);
        }
        found.push((operation, asked));
    }
    world.ids = ids;
    assert!(found.len() > 45, "{}", found.len());
    found
}

#[test]
fn how_far_anybody_gets_depends_on_how_they_stand_to_the_case() {
    let app = TestApp::spawn();
    let (mut restricted, other) = (World::record(&app), World::record(&app));
    deputy(&app).get("/me").ok(200);
    let asked = of_a_family(&app, &mut restricted);
    let member = |role: Role, name: &str| app.as_staff(role, name).get("/me").ok(200).id();
    let [worker, named, kin] = ["Adviser", "named", "kin"].map(|name| member(Role::Adviser, name));
    let body = json!({"restricted":true,"namedStaffIds":[worker,named],"conflictedStaffIds":[kin,member(Role::ServiceManager, "uncle")],
        "reason":"A relative works here."});
    let path = format!("/cases/{}", restricted.family.case);
    let version = app.adviser().get(&path).ok(200).version();
    app.manager().if_match(version).put(&format!("{path}/restriction"), &body).ok(200);

    let mut columns: Vec<Vec<&str>> = Vec::new();
    let mut ask = |world: &World, relations: &[Relation]| {
        columns.extend(
            relations.iter().map(|relation| asked.iter().map(|(operation, asked)| relation.asks(&app, world, operation, asked)).collect()),
        );
    };
    ask(&restricted, RESTRICTED);
    ask(&other, OPEN);
    conclude(&app, &other.family);
    ask(&other, CLOSED);
    dispose(&app, &[&other.family.case]);
    ask(&other, GONE);

    let mut matrix = String::from(
        "How far anybody gets with what belongs to a case, by how they stand to it: x as they ask, . as if there were none, ? to be asked why, - their role\n\
         may not; a blank is not asked, because it would change the record. Written by the test `how_far_anybody_gets` (SENDIASS_BLESS=1).\n\n",
    );
    for (column, relation) in [RESTRICTED, OPEN, CLOSED, GONE].into_iter().flatten().enumerate() {
        writeln!(matrix, "{:64}{}{}", "", "| ".repeat(column), relation.name).unwrap();
    }
    for (row, (operation, _)) in asked.iter().enumerate() {
        let cells: Vec<&str> = columns.iter().map(|column| column[row]).collect();
        writeln!(matrix, "{}", format!("{:<6} {:<56} {}", operation.method.as_str(), operation.path, cells.join(" ")).trim_end()).unwrap();
    }
    compare(&matrix);
}

/// What this caller is answered by every operation that reads something, without what no two answers have in common.
fn all_answers(session: &Session<'_>, role: Role, world: &World, reads: &[Operation]) -> Vec<(String, u16, String)> {
    let mut answers = Vec::new();
    for operation in reads.iter().filter(|operation| operation.roles.contains(&role)) {
        let path = world.path(operation, &[]);
        let lists = operation.id.starts_with("list") && !path.contains('?');
        let reply = session.get(&if lists { format!("{path}?limit=200") } else { path });
        answers.push((operation.id.clone(), reply.status, reply.text.replace(&reply.header("x-request-id"), "")));
    }
    answers
}

#[test]
fn a_case_of_ones_own_changes_no_answer_of_any_endpoint_to_the_other_side() {
    let app = TestApp::spawn();
    let world = World::record(&app);
    let kin = app.as_staff(Role::ServiceManager, "kin").with("Access-Reason", "supervision");
    let other = app.as_staff(Role::Adviser, "other");
    let [related, hers, _] = [&kin, &app.as_staff(Role::Adviser, "Hers"), &other].map(|session| session.get("/me").ok(200).id());
    // A log grows by each look at it, and tells of everybody; whose case an entry is about only those know who see it.
    let ends = |operation: &Operation| {
        ["Log", "Checkpoint", "Checkpoints", "LogEntry", "LogReceipt", "Access"].iter().any(|end| operation.id.ends_with(end))
    };
    let of_a_log = |operation: &Operation| ends(operation) || operation.id.starts_with("prove") || operation.id.starts_with("verify");
    let reads: Vec<Operation> =
        operations(&app).into_iter().filter(|operation| operation.method == Method::GET && !of_a_log(operation)).collect();
    // What is asked of the parents' case holds it already, and would hide that what is asked of hers does.
    let ended = json!({"reason":"Withdrawn.","rightsNoticeOn":"2026-05-30"});
    app.manager().if_match(1).post(&format!("/subject-access-requests/{}/refusal", world.ids["sarId"]), &ended).ok(200);
    assert_eq!(app.adviser().get(&format!("/cases/{}", world.family.case)).ok(200).body["retention"]["held"], false);
    let sides = [(app.adviser(), Role::Adviser), (other, Role::Adviser), (kin, Role::ServiceManager)];
    let answers = || sides.each_ref().map(|(session, role)| all_answers(session, *role, &world, &reads));
    let before = answers();
    assert!(before.iter().all(|answers| answers.iter().filter(|(_, status, _)| *status == 200).count() > 25));
    let own = own_case(&app, &world.family).ids[&Kind::Case].clone();
    let boss = app.manager().with("Access-Reason", "supervision");
    let away = json!({"restricted":true,"namedStaffIds":[hers],"conflictedStaffIds":[related],"reason":"A niece."});
    let version = boss.get(&format!("/cases/{own}")).ok(200).version();
    boss.if_match(version).put(&format!("/cases/{own}/restriction"), &away).ok(200);
    for (before, after) in before.iter().zip(&answers()) {
        for (one, other) in before.iter().zip(after) {
            assert_eq!(one, other);
        }
    }
}

fn compare(matrix: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/relation-matrix.txt");
    if std::env::var_os("SENDIASS_BLESS").is_some() {
        std::fs::write(path, matrix).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == matrix, "docs/relation-matrix.txt is not what the service does now; it should be:\n{matrix}");
}
