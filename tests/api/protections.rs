//! What protects a family's words does not get lost on the way: not by a correction, not by leaving and coming back, not by a change of part,
//! not by a slip in a date or a word written twice.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::family::{Family, merge, person};
use crate::harness::{Reply, TestApp, at};
use crate::proceedings::{dispatch, extract, granted};

const WISH: &str = "2026-05-21";

struct Told {
    app: TestApp,
    family: Family,
}

impl Told {
    fn new() -> Self {
        let app = TestApp::spawn();
        let family = Family::record(&app);
        Self { app, family }
    }

    /// A note from Mia about Ana in confidence, by her wish.
    fn in_confidence(&self) -> String {
        let wish = json!({"keepConfidential":true,"wishByPersonId":self.family.mia,"wishOn":WISH});
        self.family.note(&self.app, &self.family.mia, &[&self.family.ana], "school_provision", wish)
    }

    /// The same words again, with what is changed.
    fn correct(&self, note: &str, change: Value) -> Reply {
        let mut body = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":self.family.mia,
            "aboutPersonIds":[self.family.ana],"namesOthers":false,"informationCategories":["school_provision"],
            "concern":"Speech therapy has stopped.","actionTaken":"Explained section F.","factOrOpinion":"opinion","sensitivity":"ordinary",
            "keepConfidential":true,"wishByPersonId":self.family.mia,"wishOn":WISH,"correctionReason":"A slip of the pen."});
        merge(&mut body, change);
        self.app.adviser().post(&format!("/notes/{note}/correction"), &body)
    }

    fn may_leave(&self, note: &str) -> bool {
        self.family.check(&self.app, &self.family.ask(note, json!({}))).ok(200).body["allowed"] == true
    }
}

#[test]
fn a_wish_is_lifted_by_whoever_had_it_and_by_nobody_else() {
    let told = Told::new();
    let Family { mia, finn, ana, .. } = &told.family;
    told.family.permit(&told.app, json!({}));
    let note = told.in_confidence();
    assert!(!told.may_leave(&note));
    let lifted = |change: Value| {
        let mut body = json!({"keepConfidential":false,"wishOn":"2026-05-25"});
        merge(&mut body, change);
        body
    };
    for (change, at) in [
        (lifted(json!({"wishByPersonId":finn,"aboutPersonIds":[ana, finn]})), "#/wishByPersonId"),
        (json!({"keepConfidential":false,"wishOn":"2026-05-25","wishByPersonId":null}), "#/wishByPersonId"),
        (lifted(json!({"fromPersonId":finn,"aboutPersonIds":[finn],"wishByPersonId":finn})), "#/aboutPersonIds"),
        (lifted(json!({"wishOn":"2026-05-20"})), "#/wishOn"),
        (json!({"wishByPersonId":ana}), "#/wishByPersonId"),
        (json!({"wishOn":"2026-05-20"}), "#/wishOn"),
    ] {
        let refused = told.correct(&note, change).problem(422, "rule-violated");
        assert!(refused.body["errors"].as_array().unwrap().iter().any(|error| error["pointer"] == at), "{at}: {}", refused.text);
    }
    // A careless correction leaves the speaker and the wish as they were.
    let corrected = told.correct(&note, json!({"fromPersonId":null,"wishByPersonId":null})).ok(201);
    assert_eq!((corrected.str("fromPersonId"), corrected.str("wishByPersonId")), (mia.clone(), mia.clone()));
    assert!(!told.may_leave(&corrected.id()));
    let open = told.correct(&corrected.id(), lifted(json!({}))).ok(201).id();
    assert!(told.may_leave(&open));
}

#[test]
fn where_something_came_from_is_not_lost_in_a_correction() {
    let told = Told::new();
    told.family.permit(&told.app, json!({}));
    let closed = json!({"provenance":{"recipientId":told.family.school,"receivedOn":"2026-05-20","onwardSharing":false}});
    let note = told.family.note(&told.app, &told.family.mia, &[&told.family.ana], "school_provision", closed);
    assert!(!told.may_leave(&note));
    let plain = json!({"keepConfidential":false,"wishByPersonId":null,"wishOn":null});
    let corrected = told.correct(&note, plain).ok(201);
    assert_eq!(corrected.body["provenance"]["onwardSharing"], false);
    assert!(!told.may_leave(&corrected.id()));
}

#[test]
fn what_lapsed_does_not_come_back_with_whoever_takes_part_again() {
    let told = Told::new();
    let Family { case, mia, ana, .. } = &told.family;
    let note = told.family.n1(&told.app);
    told.family.permit(&told.app, json!({}));
    assert!(told.may_leave(&note));
    let part = format!("/participants/{}", told.family.participant(mia));
    told.app.adviser().if_match(1).patch(&part, &json!({"endedOn":"2026-06-01"})).ok(200);
    let again = json!({"personId":mia,"role":"service_user","relation":"parent","servedSeparately":false,
        "parentalResponsibility":[{"childId":ana,"value":"yes","evidence":"self_declared"}]});
    told.app.adviser().post(&format!("/cases/{case}/participants"), &again).ok(201);
    let checked = told.family.check(&told.app, &told.family.ask(&note, json!({}))).ok(200);
    assert_eq!(checked.body["reasons"][0]["rule"], "granter_authority_lapsed", "{}", checked.text);
    // What she permits from now on counts.
    told.family.permit(&told.app, json!({"decidedAt":"2026-06-01T08:00:00.000Z","expiresOn":"2027-05-31"}));
    assert!(told.may_leave(&note));
}

#[test]
fn nobody_who_took_part_otherwise_becomes_a_professional_whatever_the_case_holds_of_them() {
    let told = Told::new();
    let Family { mia, finn, nell, ana, .. } = &told.family;
    let professional = json!({"role":"professional","relation":"professional","parentalResponsibility":[]});
    let path = |person: &str| format!("/participants/{}", told.family.participant(person));
    let becomes = |person: &str| told.app.as_staff(Role::Adviser, "other").if_match(1).patch(&path(person), &professional);
    let plain = |reply: Reply| reply.text.replace(&reply.header("x-request-id"), "").replace(&reply.str("instance"), "");
    // Of Nell nothing is on record. Whether it is, in a note that not everybody may read, does not show.
    let nothing = plain(becomes(nell).problem(422, "rule-violated").rule_at("#/role", "contradicting_fields"));
    told.family.note(&told.app, nell, &[ana], "school_provision", json!({"sensitivity":"restricted"}));
    assert_eq!(plain(becomes(nell).problem(422, "rule-violated")), nothing);
    told.family.refuse(&told.app, finn, &[ana]);
    for person in [mia, finn, ana] {
        becomes(person).problem(422, "rule-violated").rule_at("#/role", "contradicting_fields");
    }
    // Nor by leaving and coming back as one.
    told.app.adviser().if_match(1).patch(&path(nell), &json!({"endedOn":"2026-05-31"})).ok(200);
    let joins = |person: &str| {
        let part = json!({"personId":person,"role":"professional","relation":"professional","servedSeparately":false});
        told.app.adviser().post(&format!("/cases/{}/participants", told.family.case), &part)
    };
    joins(nell).problem(422, "rule-violated").rule_at("#/role", "contradicting_fields");
    // Who came as one leaves and comes back as one, also when a note tells what they said.
    let teacher = crate::family::person(&told.app, &json!({"kind":"professional","fullName":"Lee Tyson","pseudonymous":false})).id();
    let part = joins(&teacher).ok(201).id();
    told.family.note(&told.app, &teacher, &[ana], "school_provision", json!({}));
    told.app.adviser().if_match(1).patch(&format!("/participants/{part}"), &json!({"endedOn":"2026-05-31"})).ok(200);
    joins(&teacher).ok(201);
}

#[test]
fn an_assessment_lies_within_a_life_and_is_looked_at_again_after_it_was_made() {
    let told = Told::new();
    let path = format!("/people/{}/capacity-records", told.family.ana);
    let assessed = |on: &str, again: &str| {
        json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,"outcome":"can_decide",
            "assessedOn":on,"reviewOn":again,"reasons":"Told it back."})
    };
    told.app
        .adviser()
        .post(&path, &assessed("2000-01-01", "2027-01-01"))
        .problem(422, "rule-violated")
        .rule_at("#/assessedOn", "contradicting_fields");
    told.app
        .adviser()
        .post(&path, &assessed("2026-05-01", "2026-04-30"))
        .problem(422, "rule-violated")
        .rule_at("#/reviewOn", "contradicting_fields");
    told.app.adviser().post(&path, &assessed("2026-05-01", "2026-05-01")).ok(201);
}

#[test]
fn a_slip_in_the_day_of_withholding_neither_shows_a_risk_nor_hides_it_for_ever() {
    let told = Told::new();
    let note = told.family.n1(&told.app);
    for (asked, kept) in [
        (json!("2020-01-01"), "2026-09-01"),
        (Value::Null, "2026-09-01"),
        (json!("2026-07-01"), "2026-07-01"),
        (json!("9999-01-01"), "2027-06-01"),
    ] {
        let risk = told.family.risk(&note, json!({"withholdFromPersonIds":[told.family.mia],"withholdUntilOn":asked}));
        let made = told.family.disclose(&told.app, &risk).ok(201);
        assert_eq!(made.str("withholdUntilOn"), kept);
    }
    let hers = told.app.adviser().get(&format!("/cases/{}/disclosures?subjectId={}", told.family.case, told.family.mia)).ok(200);
    assert_eq!(hers.body["items"].as_array().unwrap().len(), 0, "{}", hers.text);
}

#[test]
fn a_list_holds_each_thing_once() {
    let told = Told::new();
    let Family { case, ana, .. } = &told.family;
    let note = told.family.n1(&told.app);
    let consents = format!("/cases/{case}/consents");
    let twice = told.family.permission(json!({"subjectIds":[ana, ana]}));
    told.app.adviser().post(&consents, &twice).problem(400, "validation-failed").rule_at("#/subjectIds", "uniqueItems");
    let shouted = told.family.permission(json!({"subjectIds":[ana, ana.to_uppercase()]}));
    told.app.adviser().post(&consents, &shouted).problem(400, "validation-failed").rule_at("#/subjectIds/1", "format");
    let ask = told.family.ask(&note, json!({"noteIds":[note, note]}));
    told.family.disclose(&told.app, &ask).problem(400, "validation-failed").rule_at("#/noteIds", "uniqueItems");
    let risk = told.family.risk(&note, json!({"informationCategories":["attendance","attendance"]}));
    told.family.disclose(&told.app, &risk).problem(400, "validation-failed").rule_at("#/informationCategories", "uniqueItems");
}

#[test]
fn what_outsiders_told_is_not_passed_on_because_it_is_called_something_else() {
    let told = Told::new();
    told.family.permit(&told.app, json!({}));
    let received = json!({"kind":"information_received","keepConfidential":false});
    let note = told.family.note(&told.app, &told.family.mia, &[&told.family.ana], "school_provision", received);
    assert!(!told.may_leave(&note));
    let renamed = json!({"keepConfidential":false,"wishByPersonId":null,"wishOn":null});
    told.correct(&note, renamed.clone()).problem(422, "rule-violated").rule_at("#/provenance", "contradicting_fields");
    let mut told_whence = renamed;
    merge(&mut told_whence, json!({"provenance":{"recipientId":told.family.school,"receivedOn":"2026-05-20","onwardSharing":false}}));
    assert!(!told.may_leave(&told.correct(&note, told_whence).ok(201).id()));
}

#[test]
fn what_was_passed_on_goes_to_nobody_from_whom_it_is_withheld() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let note = family.note(&app, &family.ana, &[&family.ana], "school_provision", json!({}));
    let other = family.note(&app, &family.ana, &[&family.ana], "school_provision", json!({}));
    // From whoever he was on the phone, which is known of him by now.
    let caller = person(&app, &json!({"kind":"anonymous","knownAs":"a caller","pseudonymous":true})).id();
    let merge_of = json!({"mergedPersonId":family.finn,"reason":"Told what only he knew."});
    manager.if_match(1).post(&format!("/people/{caller}/merges"), &merge_of).ok(201);
    let risk = family.risk(&note, json!({"withholdFromPersonIds":[caller],"withholdUntilOn":"2026-06-10"}));
    family.disclose(&app, &risk).ok(201);
    // He holds responsibility, and permits all of it.
    let by_finn = |change: Value| {
        let mut his = json!({"granterId":family.finn,"subjectIds":[family.ana],"recipients":[{"recipientId":family.council,"teamId":family.north},
            {"personId":family.finn}]});
        merge(&mut his, change);
        family.permit(&app, his)
    };
    by_finn(json!({}));
    let email = app.adviser().get(&format!("/people/{}", family.finn)).ok(200).body["contacts"][0]["id"].clone();
    let his_copy = json!([{"personId":family.finn,"contactId":email}]);
    let to_him = |note: &str| family.ask(note, json!({"recipient":{"personId":family.finn}}));
    let copied = |note: &str| family.ask(note, json!({"copies":his_copy}));
    let kept = |note: &str| {
        for (ask, rule) in [(to_him(note), "withheld_from_recipient"), (copied(note), "copy_not_permitted")] {
            family.disclose(&app, &ask).problem(409, "consent-scope-exceeded").rule_at("#/noteIds/0", rule);
            assert_eq!(family.check(&app, &ask).ok(200).body["reasons"][0]["rule"], rule);
        }
    };
    kept(&note);
    // Not a correction of it either; what else there is goes, and the team is told.
    let anew = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.ana,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["school_provision"],"concern":"Said anew.",
        "factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false,"correctionReason":"Misheard."});
    let newer = app.adviser().post(&format!("/notes/{note}/correction"), &anew).ok(201).id();
    kept(&newer);
    for ask in [to_him(&other), copied(&other), family.ask(&newer, json!({}))] {
        family.disclose(&app, &ask).ok(201);
    }
    // Nor where it was a correction that was passed on, which is corrected again.
    let correct = |note: &str| app.adviser().post(&format!("/notes/{note}/correction"), &anew).ok(201).id();
    let second = correct(&family.note(&app, &family.ana, &[&family.ana], "school_provision", json!({})));
    family.disclose(&app, &family.risk(&second, json!({"withholdFromPersonIds":[caller],"withholdUntilOn":"2026-06-10"}))).ok(201);
    kept(&correct(&second));
    // His copy of an extract that rests on his word holds the rest of it.
    by_finn(json!({"purposes":["legal_request"]}));
    let id = granted(&app, &family);
    extract(&manager, &id, &[&newer, &other]).ok(200);
    let sent = dispatch(&manager, &id, &[(&family.finn, email.as_str().unwrap())]).ok(200);
    assert_eq!(sent.body["extracts"][0]["copies"][0]["noteIds"], json!([other]));
    // Until its last day.
    app.clock.set(at("2026-06-11T09:00:00Z"), true);
    for ask in [to_him(&newer), copied(&newer)] {
        family.disclose(&app, &ask).ok(201);
    }
}
