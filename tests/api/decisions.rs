//! The policy's decision table, row by row, as far as the API can make the state. Each row asks twice: whether it may, and then in earnest;
//! the two answers must be the same.
//!
//! Over 350 lines because the table of the policy is one list.

use serde_json::{Value, json};

use crate::family::{Family, merge, person};
use crate::harness::{Reply, TestApp, at};

/// What is asked, and the names of the permissions that an answer may rest on.
type Asked = (Value, Vec<(&'static str, String)>);

struct Row {
    name: &'static str,
    arrange: fn(&TestApp, &Family) -> Asked,
    want: &'static str,
}

const fn row(name: &'static str, arrange: fn(&TestApp, &Family) -> Asked, want: &'static str) -> Row {
    Row { name, arrange, want }
}

/// The clock of the table.
fn noon(app: &TestApp, text: &str) {
    app.clock.set(at(text), true);
}

/// The answer in words: `grant M1`, or the code and each rule with its place and people.
fn told(body: &Value, family: &Family, on_record: &[(&'static str, String)]) -> String {
    let people = [("Ana", &family.ana), ("Finn", &family.finn), ("Mia", &family.mia), ("Nell", &family.nell), ("Sam", &family.sam)];
    let mut names: Vec<(&str, &str)> = people.iter().map(|(name, id)| (*name, id.as_str())).collect();
    names.extend(on_record.iter().map(|(name, id)| (*name, id.as_str())));
    let name = |id: &Value| names.iter().find(|(_, known)| *id == **known).map_or("?", |(name, _)| *name);
    let Some(code) = body["code"].as_str() else {
        let mut on: Vec<&str> = body["consents"].as_array().unwrap().iter().map(|relied| name(&relied["consentId"])).collect();
        on.sort_unstable();
        return format!("grant {}", on.join(" ")).trim_end().to_owned();
    };
    let faults = if body["reasons"].is_array() { &body["reasons"] } else { &body["errors"] };
    let told = faults.as_array().unwrap().iter().map(|fault| {
        let mut whom: Vec<&str> = fault["subjectIds"].as_array().into_iter().flatten().map(name).collect();
        whom.sort_unstable();
        let text = format!("{} {} {}", fault["rule"].as_str().unwrap(), fault["pointer"].as_str().unwrap(), whom.join(" "));
        text.trim_end().to_owned()
    });
    format!("{code}: {}", told.collect::<Vec<_>>().join("; "))
}

fn is_right(code: &Value, reply: &Reply) -> bool {
    reply.status
        == match code.as_str() {
            None => 201,
            Some("consent-required" | "consent-scope-exceeded") => 409,
            Some(_) => 422,
        }
}

#[track_caller]
fn every(rows: &[Row]) {
    let app = TestApp::spawn();
    let mut wrong = Vec::new();
    for Row { name, arrange, want } in rows {
        noon(&app, "2026-06-01T09:00:00Z");
        let family = Family::record(&app);
        let (ask, named) = arrange(&app, &family);
        let check = family.check(&app, &ask).ok(200);
        let reply = family.disclose(&app, &ask);
        let (checked, answered) = (told(&check.body, &family, &named), told(&reply.body, &family, &named));
        if answered != *want || checked != answered || !is_right(&reply.body["code"], &reply) {
            wrong.push(format!("{name}: wanted {want}; the check says {checked}, the call {} {answered}", reply.status));
        }
        if reply.status != 201 && reply.body["refusalIndex"].as_i64().is_none() {
            wrong.push(format!("{name}: the refusal has no place in the log"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// M1, with changes.
fn m1(app: &TestApp, family: &Family, change: Value) -> (&'static str, String) {
    ("M1", family.permit(app, change))
}

/// N1 asked for with M1 on record, the ask changed.
fn asked(app: &TestApp, family: &Family, change: Value) -> Asked {
    let on = vec![m1(app, family, json!({}))];
    (family.ask(&family.n1(app), change), on)
}

/// N1 asked for with M1 changed.
fn given(app: &TestApp, family: &Family, change: Value) -> Asked {
    let on = vec![m1(app, family, change)];
    (family.ask(&family.n1(app), json!({})), on)
}

/// N1 changed.
fn noted(app: &TestApp, family: &Family, change: Value) -> Asked {
    let on = vec![m1(app, family, json!({}))];
    let note = family.note(app, &family.mia, &[&family.ana], "school_provision", change);
    (family.ask(&note, json!({})), on)
}

/// D10: Ana born on 31 August 2010, and what happens on the record before the clock is set.
fn aged_out(app: &TestApp, family: &Family, clock: &str) -> Asked {
    Family::born(app, &family.ana, "2010-08-31");
    let known = asked(app, family, json!({}));
    noon(app, clock);
    known
}

fn confidential(family: &Family) -> Value {
    json!({"keepConfidential":true,"wishByPersonId":family.mia,"wishOn":"2026-05-20"})
}

#[test]
fn permission_counts_when_whoever_gave_it_had_and_has_authority_for_everyone_concerned() {
    every(&[
        row("D1 nothing changed", |app, family| asked(app, family, json!({})), "grant M1"),
        row(
            "D2 no permission at all",
            |app, family| (family.ask(&family.n1(app), json!({})), vec![]),
            "consent-required: consent_missing #/noteIds/0 Ana Mia",
        ),
        row(
            "D3 a note that is about Sam too",
            |app, family| {
                let note = family.note(app, &family.mia, &[&family.ana, &family.sam], "school_provision", json!({}));
                (family.ask(&note, json!({})), vec![m1(app, family, json!({}))])
            },
            "consent-required: consent_missing #/noteIds/0 Sam",
        ),
        row(
            "D4 only Finn permits, for Ana",
            |app, family| given(app, family, json!({"granterId":family.finn,"subjectIds":[family.ana]})),
            "consent-required: consent_missing #/noteIds/0 Mia",
        ),
        row(
            "D5 for Ana only the grandmother permits, whose responsibility turned out to be none",
            |app, family| {
                let known = given(app, family, json!({"subjectIds":[family.mia]}));
                family.responsibility(app, &family.nell, &family.ana, json!({}));
                family.permit(app, json!({"granterId":family.nell,"subjectIds":[family.ana]}));
                let path = format!("/participants/{}", family.participant(&family.nell));
                let none = json!({"parentalResponsibility":[{"childId":family.ana,"value":"no"}]});
                app.adviser().if_match(2).patch(&path, &none).ok(200);
                known
            },
            "consent-required: granter_not_authorised #/noteIds/0 Ana",
        ),
        row(
            "D6 for Ana only the council permits as corporate parent",
            |app, family| {
                let known = given(app, family, json!({"subjectIds":[family.mia]}));
                let council = person(app, &json!({"kind":"other","fullName":"Lakeshire Council","pseudonymous":false})).id();
                let part = json!({"personId":council,"role":"other_parent","relation":"la_as_corporate_parent","servedSeparately":false,
                    "parentalResponsibility":[{"childId":family.ana,"value":"yes","evidence":"order_seen"}]});
                app.adviser().post(&format!("/cases/{}/participants", family.case), &part).ok(201);
                let own = family.permission(json!({"granterId":council,"subjectIds":[family.ana]}));
                app.adviser()
                    .post(&format!("/cases/{}/consents", family.case), &own)
                    .problem(422, "rule-violated")
                    .rule("granter_not_authorised");
                let outside = json!({"granterId":council,"subjectIds":[family.ana],"recipients":[{"recipientId":family.school}]});
                family.permit(app, outside);
                known
            },
            "consent-required: granter_not_authorised #/noteIds/0 Ana",
        ),
        row(
            "D7 Mia's responsibility ended on 1 May",
            |app, family| {
                let known = asked(app, family, json!({}));
                family.responsibility(app, &family.mia, &family.ana, json!({"endedOn":"2026-05-01"}));
                known
            },
            "consent-required: granter_authority_lapsed #/noteIds/0 Ana",
        ),
        row(
            "D8 the note names others",
            |app, family| noted(app, family, json!({"namesOthers":true})),
            "consent-required: consent_missing #/noteIds/0",
        ),
    ]);
}

#[test]
fn a_parents_permission_lapses_at_the_end_of_the_age_out_day() {
    every(&[
        row("D9 the last second", |app, family| aged_out(app, family, "2026-06-26T22:59:59Z"), "grant M1"),
        row(
            "D10 the first instant after",
            |app, family| aged_out(app, family, "2026-06-26T23:00:00Z"),
            "consent-required: granter_authority_lapsed #/noteIds/0 Ana",
        ),
        row(
            "D11 and Ana permits for herself",
            |app, family| {
                let (ask, mut on) = aged_out(app, family, "2026-06-26T23:00:00Z");
                let own = json!({"granterId":family.ana,"subjectIds":[family.ana],"decidedAt":"2026-06-26T23:00:00.000Z"});
                on.push(("A", family.permit(app, own)));
                (ask, on)
            },
            "grant A M1",
        ),
        row(
            "D12 she cannot decide, and Mia permits as her representative",
            |app, family| {
                let (ask, mut on) = aged_out(app, family, "2026-07-01T09:00:00Z");
                Family::assess(app, &family.ana, false, "2026-06-28");
                on.push(("New", family.permit(app, json!({"decidedAt":"2026-06-29T10:00:00.000Z"}))));
                (ask, on)
            },
            "grant New",
        ),
        row(
            "E8 Ana permits, and both parents refuse for her",
            |app, family| {
                let (ask, mut on) = aged_out(app, family, "2026-07-01T09:00:00Z");
                let own = json!({"granterId":family.ana,"subjectIds":[family.ana],"decidedAt":"2026-06-30T10:00:00.000Z"});
                on.push(("A", family.permit(app, own)));
                family.refuse(app, &family.finn, &[&family.ana]);
                family.refuse(app, &family.mia, &[&family.ana]);
                (ask, on)
            },
            "grant A M1",
        ),
    ]);
}

#[test]
fn a_childs_own_word_counts_as_far_as_the_child_can_decide() {
    every(&[
        row(
            "D14 Ana can decide, and is silent",
            |app, family| {
                Family::assess(app, &family.ana, true, "2026-04-01");
                asked(app, family, json!({}))
            },
            "consent-required: granter_authority_lapsed #/noteIds/0 Ana",
        ),
        row(
            "D15 Ana can decide, and refuses",
            |app, family| {
                Family::assess(app, &family.ana, true, "2026-04-01");
                family.refuse(app, &family.ana, &[&family.ana]);
                asked(app, family, json!({}))
            },
            "consent-required: subject_refused #/noteIds/0 Ana",
        ),
        row(
            "D16 Ana refuses, and nobody has assessed her",
            |app, family| {
                family.refuse(app, &family.ana, &[&family.ana]);
                asked(app, family, json!({}))
            },
            "consent-required: competence_not_assessed #/noteIds/0 Ana",
        ),
        row(
            "D17 Ana refuses, and cannot decide",
            |app, family| {
                Family::assess(app, &family.ana, false, "2026-04-01");
                family.refuse(app, &family.ana, &[&family.ana]);
                asked(app, family, json!({}))
            },
            "grant M1",
        ),
    ]);
}

#[test]
fn permission_counts_while_it_is_in_force() {
    every(&[
        row(
            "D18 withdrawn",
            |app, family| {
                let (ask, on) = asked(app, family, json!({}));
                family.withdraw(app, &on[0].1, json!({})).ok(200);
                (ask, on)
            },
            "consent-required: consent_withdrawn #/noteIds/0 Ana Mia",
        ),
        row(
            "D19 superseded by one for the school",
            |app, family| {
                let (ask, on) = asked(app, family, json!({}));
                family.permit(
                    app,
                    json!({"supersedesId":on[0].1,"recipients":[{"recipientId":family.school}],"decidedAt":"2026-04-01T10:00:00.000Z"}),
                );
                (ask, on)
            },
            "consent-scope-exceeded: recipient_not_covered #/noteIds/0",
        ),
        row(
            "D20 entered in error",
            |app, family| {
                let (ask, on) = asked(app, family, json!({}));
                app.adviser().post(&format!("/consents/{}/annulment", on[0].1), &json!({"reason":"The wrong family."})).ok(200);
                (ask, on)
            },
            "consent-required: consent_entered_in_error #/noteIds/0 Ana Mia",
        ),
        row(
            "D21 the last second of the last day",
            |app, family| {
                let known = asked(app, family, json!({}));
                noon(app, "2027-02-28T23:59:59Z");
                known
            },
            "grant M1",
        ),
        row(
            "D22 the first instant after",
            |app, family| {
                let known = asked(app, family, json!({}));
                noon(app, "2027-03-01T00:00:00Z");
                known
            },
            "consent-required: consent_expired #/noteIds/0 Ana Mia",
        ),
        row(
            "D23 not yet started",
            |app, family| given(app, family, json!({"startsAt":"2026-07-01T00:00:00.000Z"})),
            "consent-required: consent_not_started #/noteIds/0 Ana Mia",
        ),
        row(
            "D24 the case was closed and reopened",
            |app, family| {
                let known = asked(app, family, json!({}));
                family.close(app);
                family.reopen(app);
                known
            },
            "consent-required: consent_expired #/noteIds/0 Ana Mia",
        ),
    ]);
}

#[test]
fn permission_covers_what_it_names_and_no_more() {
    every(&[
        row(
            "D25 another team",
            |app, family| asked(app, family, json!({"recipient":{"recipientId":family.council,"teamId":family.south}})),
            "consent-scope-exceeded: recipient_not_covered #/noteIds/0",
        ),
        row(
            "D26 one officer named, the team asked for",
            |app, family| {
                given(app, family, json!({"recipients":[{"recipientId":family.council,"teamId":family.north,"personName":"Jo Doe"}]}))
            },
            "consent-scope-exceeded: recipient_not_covered #/noteIds/0",
        ),
        row(
            "the officer, spelt otherwise",
            |app, family| {
                let named = json!({"recipients":[{"recipientId":family.council,"teamId":family.north,"personName":"Jo Doe"}]});
                let on = vec![m1(app, family, named)];
                let to = json!({"recipient":{"recipientId":family.council,"teamId":family.north,"personName":"JO  doe"}});
                (family.ask(&family.n1(app), to), on)
            },
            "grant M1",
        ),
        row(
            "a council body without team",
            |app, family| asked(app, family, json!({"recipient":{"recipientId":family.council}})),
            "consent-scope-exceeded: recipient_not_covered #/noteIds/0",
        ),
        row(
            "D27 another purpose",
            |app, family| asked(app, family, json!({"purpose":"tribunal"})),
            "consent-scope-exceeded: purpose_not_covered #/noteIds/0",
        ),
        row(
            "D28 the note is about health, too",
            |app, family| noted(app, family, json!({"informationCategories":["school_provision","health"]})),
            "consent-scope-exceeded: data_not_covered #/noteIds/0",
        ),
        row(
            "D29 what the school said in confidence",
            |app, family| {
                let source = json!({"recipientId":family.school,"receivedOn":"2026-05-20","onwardSharing":false});
                noted(app, family, json!({"provenance":source}))
            },
            "consent-scope-exceeded: onward_sharing_not_covered #/noteIds/0",
        ),
        row(
            "D30 asking instead of telling",
            |app, family| asked(app, family, json!({"direction":"inbound_request"})),
            "consent-scope-exceeded: direction_not_covered #/noteIds/0",
        ),
        row(
            "what goes beyond notes",
            |app, family| {
                asked(app, family, json!({"noteIds":[],"subjectIds":[family.ana],"informationCategories":["attendance","exclusion"]}))
            },
            "consent-scope-exceeded: data_not_covered #/informationCategories/1",
        ),
    ]);
}

#[test]
fn what_is_not_covered_is_told_in_words_that_fit_its_place() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    let note = family.note(&app, &family.mia, &[&family.ana], "health", json!({}));
    for (ask, words) in [
        (family.ask(&note, json!({})), "This note holds information outside the permission given."),
        (
            family.ask(&note, json!({"noteIds":[],"subjectIds":[family.ana],"informationCategories":["health"]})),
            "The permission given does not cover this kind of information.",
        ),
    ] {
        let refused = family.disclose(&app, &ask).problem(409, "consent-scope-exceeded").rule("data_not_covered");
        assert_eq!(refused.body["errors"][0]["detail"], words, "{}", refused.text);
        assert_eq!(family.check(&app, &ask).ok(200).body["reasons"][0]["detail"], words);
    }
}

#[test]
fn wishes_and_conditions_bind_and_the_latest_word_governs() {
    every(&[
        row(
            "D31 Mia wishes it kept",
            |app, family| noted(app, family, confidential(family)),
            "consent-scope-exceeded: item_marked_confidential #/noteIds/0",
        ),
        row(
            "D32 and permits this very note",
            |app, family| {
                let (ask, mut on) = noted(app, family, confidential(family));
                let named = json!({"noteIds":ask["noteIds"],"decidedAt":"2026-05-25T10:00:00.000Z"});
                on.push(("New", family.permit(app, named)));
                (ask, on)
            },
            "grant New",
        ),
        row(
            "a later general permission takes the naming back",
            |app, family| {
                let (ask, mut on) = noted(app, family, confidential(family));
                on.push(("New", family.permit(app, json!({"noteIds":ask["noteIds"],"decidedAt":"2026-05-25T10:00:00.000Z"}))));
                on.push(("Later", family.permit(app, json!({"decidedAt":"2026-05-26T10:00:00.000Z"}))));
                (ask, on)
            },
            "consent-scope-exceeded: item_marked_confidential #/noteIds/0",
        ),
        row(
            "D33 a copy to Mia is a condition, and there is none",
            |app, family| given(app, family, json!({"conditions":[{"kind":"copy_to_granter"}]})),
            "consent-scope-exceeded: condition_unmet #/noteIds/0",
        ),
        row(
            "D34 and there is one",
            |app, family| {
                let (mut ask, on) = given(app, family, json!({"conditions":[{"kind":"copy_to_granter"}]}));
                merge(&mut ask, json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}]}));
                (ask, on)
            },
            "grant M1",
        ),
        row(
            "D35 once only, and it was used",
            |app, family| {
                let (ask, on) = given(app, family, json!({"conditions":[{"kind":"once_only"}]}));
                family.disclose(app, &ask).ok(201);
                (ask, on)
            },
            "consent-scope-exceeded: condition_unmet #/noteIds/0",
        ),
        row(
            "by this channel only",
            |app, family| given(app, family, json!({"conditions":[{"kind":"channel_in","channels":["phone","meeting"]}]})),
            "consent-scope-exceeded: condition_unmet #/noteIds/0",
        ),
        row(
            "not before a day",
            |app, family| given(app, family, json!({"conditions":[{"kind":"not_before","notBeforeOn":"2026-06-02"}]})),
            "consent-scope-exceeded: condition_unmet #/noteIds/0",
        ),
        row(
            "D36 a newer equal permission asks for a copy",
            |app, family| {
                let (ask, mut on) = asked(app, family, json!({}));
                let newer = json!({"conditions":[{"kind":"copy_to_granter"}],"decidedAt":"2026-05-10T10:00:00.000Z"});
                on.push(("New", family.permit(app, newer)));
                (ask, on)
            },
            "consent-scope-exceeded: condition_unmet #/noteIds/0",
        ),
        row(
            "a copy to somebody whom nobody permitted",
            |app, family| {
                let nells = app.adviser().get(&format!("/people/{}", family.nell)).ok(200);
                let to = json!({"copies":[{"personId":family.nell,"contactId":nells.body["contacts"][0]["id"]}]});
                asked(app, family, to)
            },
            "consent-scope-exceeded: copy_not_permitted #/noteIds/0",
        ),
    ]);
}

#[test]
fn parents_who_disagree_block_what_concerns_the_child() {
    every(&[
        row(
            "E1 Finn refuses everything for Ana",
            |app, family| {
                family.refuse(app, &family.finn, &[&family.ana]);
                asked(app, family, json!({}))
            },
            "consent-required: conflicting_refusal #/noteIds/0 Ana",
        ),
        row(
            "E2 but Mia may speak of herself",
            |app, family| {
                family.refuse(app, &family.finn, &[&family.ana]);
                let note = family.note(app, &family.mia, &[&family.mia], "views_and_wishes", json!({}));
                (family.ask(&note, json!({})), vec![m1(app, family, json!({}))])
            },
            "grant M1",
        ),
        row(
            "E3 Finn refuses for the school only",
            |app, family| {
                let refusal = json!({"decision":"refused","granterId":family.finn,"subjectIds":[family.ana],"method":"written_signed",
                    "recipients":[{"recipientId":family.school}],"evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"});
                app.adviser().post(&format!("/cases/{}/consents", family.case), &refusal).ok(201);
                asked(app, family, json!({}))
            },
            "grant M1",
        ),
        row(
            "E4 Finn holds no responsibility",
            |app, family| {
                family.refuse(app, &family.finn, &[&family.ana]);
                family.responsibility(app, &family.finn, &family.ana, json!({"value":"no"}));
                asked(app, family, json!({}))
            },
            "grant M1",
        ),
        row(
            "E4 it is not known whether he does",
            |app, family| {
                family.refuse(app, &family.finn, &[&family.ana]);
                family.responsibility(app, &family.finn, &family.ana, json!({"value":"unknown"}));
                asked(app, family, json!({}))
            },
            "consent-required: conflicting_refusal #/noteIds/0 Ana",
        ),
        row(
            "E5 Finn refuses, and later permits",
            |app, family| {
                family.refuse(app, &family.finn, &[&family.ana]);
                let (ask, mut on) = asked(app, family, json!({}));
                let later = json!({"granterId":family.finn,"subjectIds":[family.ana],"decidedAt":"2026-05-10T10:00:00.000Z"});
                on.push(("F", family.permit(app, later)));
                (ask, on)
            },
            "grant F M1",
        ),
        row("E6 Mia withdraws, Finn permits", |app, family| withdrawn_and_permitted(app, family, false), "grant F"),
        row(
            "E6 Mia withdraws and objects, Finn permits",
            |app, family| withdrawn_and_permitted(app, family, true),
            "consent-required: conflicting_refusal #/noteIds/0 Ana",
        ),
        row(
            "E7 Finn refuses for Sam, whom the note is about",
            |app, family| of_sam(app, family, true),
            "consent-required: conflicting_refusal #/noteIds/0 Sam",
        ),
        row("E7 Finn refuses for Sam, whom the note is not about", |app, family| of_sam(app, family, false), "grant M1"),
    ]);
}

fn withdrawn_and_permitted(app: &TestApp, family: &Family, objects: bool) -> Asked {
    let (_, first) = m1(app, family, json!({}));
    family.withdraw(app, &first, json!({"objects":objects})).ok(200);
    let later = json!({"granterId":family.finn,"subjectIds":[family.ana, family.finn],"decidedAt":"2026-05-10T10:00:00.000Z"});
    let on = vec![("M1", first), ("F", family.permit(app, later))];
    let note = family.note(app, &family.finn, &[&family.ana], "school_provision", json!({}));
    (family.ask(&note, json!({})), on)
}

fn of_sam(app: &TestApp, family: &Family, about_him: bool) -> Asked {
    let on = vec![m1(app, family, json!({"subjectIds":[family.ana, family.mia, family.sam]}))];
    family.refuse(app, &family.finn, &[&family.sam]);
    let about: &[&str] = if about_him { &[&family.ana, &family.sam] } else { &[&family.ana] };
    let note = family.note(app, &family.mia, about, "school_provision", json!({}));
    (family.ask(&note, json!({})), on)
}

#[test]
fn a_risk_is_passed_on_whatever_anybody_said_to_whoever_can_protect() {
    /// M1 withdrawn, everybody refuses, and the note is to be kept.
    fn against(app: &TestApp, family: &Family) -> String {
        let (_, first) = m1(app, family, json!({}));
        family.withdraw(app, &first, json!({})).ok(200);
        for granter in [&family.mia, &family.finn, &family.ana] {
            family.refuse(app, granter, &[&family.ana, &family.mia]);
        }
        family.note(app, &family.mia, &[&family.ana], "school_provision", confidential(family))
    }
    every(&[
        row("D39 to the hub", |app, family| (family.risk(&against(app, family), json!({})), vec![]), "grant"),
        row(
            "D40 without necessity",
            |app, family| {
                let mut ask = family.risk(&against(app, family), json!({}));
                merge(&mut ask["safeguarding"], json!({"necessity":null}));
                (ask, vec![])
            },
            "rule-violated: safeguarding_fields_missing #/safeguarding/necessity",
        ),
        row(
            "D41 to the school office",
            |app, family| (family.risk(&against(app, family), json!({"recipient":{"recipientId":family.school}})), vec![]),
            "rule-violated: recipient_without_safeguarding_function #/recipient",
        ),
    ]);
}

#[test]
fn a_ground_that_the_service_does_not_accept_is_a_fault_of_the_body() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    // D38, and the ground that only the dispatch of a subject access request has (D42).
    for basis in ["legal_compulsion", "data_subject_right", "manager_override"] {
        let ask = family.ask(&note, json!({"basis":basis}));
        family.disclose(&app, &ask).problem(400, "validation-failed").rule_at("#/basis", "enum");
        family.check(&app, &ask).problem(400, "validation-failed").rule_at("#/basis", "enum");
    }
    let claimed = family.ask(&note, json!({"allowed":true}));
    family.disclose(&app, &claimed).problem(400, "validation-failed");
    let several = family.ask(&note, json!({"recipient":[{"recipientId":family.school},{"recipientId":family.council}]}));
    family.disclose(&app, &several).problem(400, "validation-failed");
}
