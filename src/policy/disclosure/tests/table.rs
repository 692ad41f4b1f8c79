//! The decision tables of the policy page, row by row, and what they leave open. Over 350 lines because the tables are kept together.
//!
//! D38 (a basis that is switched off) is refused when the body is read, D46 (who may see the case) by scope and role: both are tested through HTTP.

use super::*;
use CapacityOutcome::{CanDecide, CannotDecide};
use ConditionKind::{ChannelIn, CopyToGranter, NotBefore, OnceOnly};
use ConsentStatus::{EnteredInError, Expired, Superseded, Withdrawn};

type Row = (&'static str, fn(&mut World), &'static str);

fn check(rows: &[Row]) {
    let failures: Vec<_> = rows
        .iter()
        .filter_map(|(name, change, expected)| {
            let mut world = world();
            change(&mut world);
            let outcome = world.outcome();
            (outcome != *expected).then(|| format!("{name}: expected {expected}, was {outcome}"))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn aged_out(world: &mut World) {
    world.person(ANA).date_of_birth = Some(day("2010-08-31"));
    world.now = london("2026-06-27 00:00:00");
}

pub(super) fn at_risk(world: &mut World) {
    world.ask.basis = Basis::Safeguarding;
    world.ask.purpose = Purpose::Safeguarding;
    world.ask.recipient = body(HUB, None, None);
    world.facts.recipient = Some(RecipientFact { in_council: true, safeguarding_function: true });
    world.ask.subject_ids = vec![ANA];
    world.ask.told_subject = Some(ToldSubject::No);
    world.ask.told_reason = Some("Telling could raise the risk.".into());
    world.ask.safeguarding = Some(NewSafeguarding {
        risk_types: vec![RiskType::Neglect],
        grounds: RiskGrounds {
            at_risk_person_ids: vec![ANA],
            necessity: Some("Only the hub can check.".into()),
            proportionality: Some("One note.".into()),
            consent_sought: Some(ConsentSought::NotSought),
            no_consent_reason: Some(NoConsentReason::WouldPrejudiceProtection),
            ..RiskGrounds::default()
        },
        ..NewSafeguarding::default()
    });
}

/// Everything that would stop a disclosure by permission.
fn all_refuse(world: &mut World) {
    world.m1().status = Withdrawn;
    world.note(N1).keep_confidential = true;
    world.note(N1).superseded = true;
    for (number, person) in [(201, ANA), (202, MIA), (203, FINN)] {
        world.add(refuses(number, person, &[ANA, MIA], "2026-05-30"));
    }
}

/// All that the answer to a subject access request needs.
const ANSWERED: SarFacts = SarFacts { decided: true, verified: true, authorised: true };

fn anonymised(world: &mut World) {
    world.ask.basis = Basis::Anonymised;
    world.ask.note_ids.clear();
    world.facts.anonymity = Some(AnonymityFacts { families: 8, ..AnonymityFacts::default() });
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn the_decision_table_holds() {
    check(&[
        ("D1", |_| {}, "grant 101(Ana,Mia)"),
        ("D2", |w| w.facts.consents.clear(), "consent-required consent_missing(Ana,Mia)@noteIds/0"),
        ("D3", |w| w.ask.note_ids = vec![N3], "consent-required consent_missing(Sam)@noteIds/0"),
        ("D4", |w| w.facts.consents = vec![permits(102, FINN, &[ANA], "2026-03-01")], "consent-required consent_missing(Mia)@noteIds/0"),
        (
            "D5",
            |w| {
                w.m1().subjects = vec![MIA];
                w.add(permits(102, NELL, &[ANA], "2026-03-02"));
            },
            "consent-required granter_not_authorised(Ana)@noteIds/0",
        ),
        (
            "D6",
            |w| {
                w.m1().subjects = vec![MIA];
                corporate_parent(w);
            },
            "consent-required granter_not_authorised(Ana)@noteIds/0",
        ),
        ("D7", |w| w.part(MIA).pr[0].ended_on = Some(day("2026-05-01")), "consent-required granter_authority_lapsed(Ana)@noteIds/0"),
        ("D8", |w| w.note(N1).names_others = true, "consent-required consent_missing@noteIds/0"),
        (
            "D9",
            |w| {
                aged_out(w);
                w.now = london("2026-06-26 23:59:59");
            },
            "grant 101(Ana,Mia)",
        ),
        ("D10", aged_out, "consent-required granter_authority_lapsed(Ana)@noteIds/0"),
        (
            "D11",
            |w| {
                aged_out(w);
                let now = w.now;
                w.add(permits(102, ANA, &[ANA], "2026-06-26")).decided_at = now;
            },
            "grant 101(Mia) 102(Ana)",
        ),
        (
            "D11, a day too early",
            |w| {
                aged_out(w);
                w.add(permits(102, ANA, &[ANA], "2026-06-26"));
            },
            "consent-required granter_authority_lapsed(Ana)@noteIds/0",
        ),
        (
            "D12",
            |w| {
                aged_out(w);
                w.now = noon("2026-07-01");
                w.assess(ANA, CannotDecide, "2026-06-28");
                w.add(permits(102, MIA, &[ANA, MIA], "2026-06-29"));
            },
            "grant 102(Ana,Mia)",
        ),
        (
            "D13",
            |w| {
                aged_out(w);
                w.now = noon("2026-07-01");
                w.facts.consents = vec![permits(102, MIA, &[ANA, MIA], "2026-06-29")];
            },
            "consent-required granter_not_authorised(Ana)@noteIds/0",
        ),
        ("D14", |w| w.assess(ANA, CanDecide, "2026-04-01"), "consent-required granter_authority_lapsed(Ana)@noteIds/0"),
        (
            "D15",
            |w| {
                w.assess(ANA, CanDecide, "2026-04-01");
                w.add(refuses(102, ANA, &[ANA], "2026-04-02"));
            },
            "consent-required subject_refused(Ana)@noteIds/0",
        ),
        (
            "D16",
            |w| {
                w.add(refuses(102, ANA, &[ANA], "2026-04-02"));
            },
            "consent-required competence_not_assessed(Ana)@noteIds/0",
        ),
        (
            "D17",
            |w| {
                w.assess(ANA, CannotDecide, "2026-04-01");
                w.add(refuses(102, ANA, &[ANA], "2026-04-02"));
            },
            "grant 101(Ana,Mia)",
        ),
        ("D18", |w| w.m1().status = Withdrawn, "consent-required consent_withdrawn(Ana,Mia)@noteIds/0"),
        (
            "D19",
            |w| {
                w.m1().status = Superseded;
                w.add(permits(102, MIA, &[ANA, MIA], "2026-04-01")).recipients = vec![to(SCHOOL, None)];
            },
            "consent-scope-exceeded recipient_not_covered@noteIds/0",
        ),
        ("D20", |w| w.m1().status = EnteredInError, "consent-required consent_entered_in_error(Ana,Mia)@noteIds/0"),
        ("D21", |w| w.now = london("2027-02-28 23:59:59"), "grant 101(Ana,Mia)"),
        ("D22", |w| w.now = london("2027-03-01 00:00:00"), "consent-required consent_expired(Ana,Mia)@noteIds/0"),
        ("D23", |w| w.m1().starts_at = Some(london("2026-07-01 00:00:00")), "consent-required consent_not_started(Ana,Mia)@noteIds/0"),
        ("D24", |w| w.m1().status = Expired, "consent-required consent_expired(Ana,Mia)@noteIds/0"),
        ("D25", |w| w.ask.recipient = body(COUNCIL, Some(SOUTH), None), "consent-scope-exceeded recipient_not_covered@noteIds/0"),
        ("D26", |w| w.m1().recipients[0].person_name = Some("Jo Doe".into()), "consent-scope-exceeded recipient_not_covered@noteIds/0"),
        ("D27", |w| w.ask.purpose = Purpose::Tribunal, "consent-scope-exceeded purpose_not_covered@noteIds/0"),
        ("D28", |w| w.note(N1).categories.push(InformationCategory::Health), "consent-scope-exceeded data_not_covered@noteIds/0"),
        ("D29", |w| w.note(N1).onward_sharing = false, "consent-scope-exceeded onward_sharing_not_covered@noteIds/0"),
        ("D30", |w| w.ask.direction = Direction::InboundRequest, "consent-scope-exceeded direction_not_covered@noteIds/0"),
        ("D31", |w| w.note(N1).keep_confidential = true, "consent-scope-exceeded item_marked_confidential@noteIds/0"),
        (
            "D32",
            |w| {
                w.note(N1).keep_confidential = true;
                w.add(permits(102, MIA, &[ANA, MIA], "2026-05-01")).note_ids = vec![N1];
            },
            "grant 102(Ana,Mia)",
        ),
        ("D33", |w| w.m1().conditions = vec![condition(CopyToGranter)], "consent-scope-exceeded condition_unmet@noteIds/0"),
        (
            "D34",
            |w| {
                w.m1().conditions = vec![condition(CopyToGranter)];
                w.copy_to(MIA);
            },
            "grant 101(Ana,Mia)",
        ),
        (
            "D35",
            |w| {
                w.m1().conditions = vec![condition(OnceOnly)];
                w.m1().used = true;
            },
            "consent-scope-exceeded condition_unmet@noteIds/0",
        ),
        (
            "D36",
            |w| w.add(permits(102, MIA, &[ANA, MIA], "2026-04-01")).conditions = vec![condition(CopyToGranter)],
            "consent-scope-exceeded condition_unmet@noteIds/0",
        ),
        (
            "D37",
            |w| {
                w.facts.resting_on = Some(vec![(ConsentId(Uuid::from_u128(101)), 1)]);
                w.m1().status = Superseded;
                w.add(permits(102, MIA, &[ANA, MIA], "2026-04-01"));
            },
            "consent-required consent_changed@#",
        ),
        (
            "D39",
            |w| {
                at_risk(w);
                all_refuse(w);
            },
            "grant",
        ),
        (
            "D40",
            |w| {
                at_risk(w);
                w.ask.safeguarding.as_mut().unwrap().grounds.necessity = None;
            },
            "rule-violated safeguarding_fields_missing@safeguarding/necessity",
        ),
        (
            "D41",
            |w| {
                at_risk(w);
                w.facts.recipient = Some(RecipientFact { in_council: false, safeguarding_function: false });
            },
            "rule-violated recipient_without_safeguarding_function@recipient",
        ),
        (
            "D42",
            |w| {
                w.ask.basis = Basis::DataSubjectRight;
                w.facts.sar = SarFacts { decided: false, ..ANSWERED };
            },
            "invalid-state sar_not_decided@basis",
        ),
        ("D43", anonymised, "grant"),
        (
            "D44",
            |w| {
                anonymised(w);
                w.facts.anonymity.as_mut().unwrap().families = 7;
            },
            "identifying-details cohort_too_small@cohort",
        ),
        (
            "D45",
            |w| {
                anonymised(w);
                let hit = Failing::at("#/summary", RefusalRule::IdentifierName);
                w.facts.anonymity.as_mut().unwrap().hits = vec![Failing { range: Some(TextRange { start: 0, end: 3 }), ..hit }];
            },
            "identifying-details identifier_name@summary",
        ),
    ]);
}

fn finn_refuses(w: &mut World) -> &mut ConsentFact {
    w.add(refuses(301, FINN, &[ANA], "2026-04-02"))
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn parents_who_disagree_stop_each_other_for_the_child_and_not_for_themselves() {
    const CONFLICT: &str = "consent-required conflicting_refusal(Ana)@noteIds/0";
    fn e6(w: &mut World) {
        w.m1().status = Withdrawn;
        w.add(permits(302, FINN, &[ANA, FINN], "2026-05-10"));
        w.ask.note_ids = vec![N4];
    }
    fn e7(w: &mut World) {
        w.m1().subjects.push(SAM);
        w.add(refuses(301, FINN, &[SAM], "2026-04-02"));
    }
    check(&[
        ("E1", |w| _ = finn_refuses(w), CONFLICT),
        (
            "E2",
            |w| {
                finn_refuses(w);
                w.ask.note_ids = vec![N2];
            },
            "grant 101(Mia)",
        ),
        ("E3", |w| finn_refuses(w).recipients = vec![to(SCHOOL, None)], "grant 101(Ana,Mia)"),
        (
            "E4",
            |w| {
                finn_refuses(w);
                w.part(FINN).pr[0].value = ParentalResponsibility::No;
            },
            "grant 101(Ana,Mia)",
        ),
        (
            "E4 unknown",
            |w| {
                finn_refuses(w);
                w.part(FINN).pr[0].value = ParentalResponsibility::Unknown;
            },
            CONFLICT,
        ),
        (
            "E4 disputed",
            |w| {
                finn_refuses(w);
                w.part(FINN).pr[0].value = ParentalResponsibility::Disputed;
            },
            CONFLICT,
        ),
        (
            "E4 restricted",
            |w| {
                finn_refuses(w);
                w.part(FINN).pr[0].value = ParentalResponsibility::RestrictedByOrder;
            },
            CONFLICT,
        ),
        (
            "E4 a parent of whom nothing is recorded",
            |w| {
                finn_refuses(w);
                w.part(FINN).pr.clear();
            },
            CONFLICT,
        ),
        (
            "E4 ended",
            |w| {
                finn_refuses(w);
                w.part(FINN).pr[0].ended_on = Some(day("2026-06-01"));
            },
            "grant 101(Ana,Mia)",
        ),
        (
            "E5",
            |w| {
                finn_refuses(w);
                w.add(permits(302, FINN, &[ANA], "2026-05-10"));
            },
            "grant 101(Mia) 302(Ana)",
        ),
        ("E6", e6, "grant 302(Ana,Finn)"),
        (
            "E6 objects",
            |w| {
                e6(w);
                w.add(refuses(303, MIA, &[ANA, MIA], "2026-05-20"));
            },
            CONFLICT,
        ),
        (
            "E7",
            |w| {
                e7(w);
                w.ask.note_ids = vec![N3];
            },
            "consent-required conflicting_refusal(Sam)@noteIds/0",
        ),
        ("E7 N1", e7, "grant 101(Ana,Mia)"),
        (
            "E8",
            |w| {
                aged_out(w);
                w.now = noon("2026-07-01");
                w.add(permits(302, ANA, &[ANA], "2026-06-28"));
                w.add(refuses(303, MIA, &[ANA], "2026-06-29"));
                w.add(refuses(304, FINN, &[ANA], "2026-06-29"));
            },
            "grant 101(Mia) 302(Ana)",
        ),
    ]);
}

fn corporate_parent(w: &mut World) {
    let held = vec![pr(ANA, ParentalResponsibility::Yes)];
    w.facts.family.participants.push(participant(COUNCIL_PARENT, ParticipantRole::OtherParent, Relation::LaAsCorporateParent, held));
    w.add(permits(102, COUNCIL_PARENT, &[ANA], "2026-03-02"));
}

#[test]
fn the_corporate_parent_permits_outside_the_council_and_blocks_nothing() {
    fn to_school(w: &mut World) {
        w.ask.recipient = body(SCHOOL, None, None);
        w.facts.recipient = Some(RecipientFact { in_council: false, safeguarding_function: false });
        w.facts.consents.iter_mut().for_each(|record| record.recipients.push(to(SCHOOL, None)));
    }
    check(&[
        (
            "permits",
            |w| {
                w.m1().subjects = vec![MIA];
                corporate_parent(w);
                to_school(w);
            },
            "grant 101(Mia) 102(Ana)",
        ),
        (
            "blocks nothing",
            |w| {
                corporate_parent(w);
                w.facts.consents.pop();
                w.add(refuses(103, COUNCIL_PARENT, &[ANA], "2026-04-01"));
            },
            "grant 101(Ana,Mia)",
        ),
    ]);
}

#[test]
fn a_refusal_in_a_case_the_caller_cannot_see_looks_like_no_permission() {
    fn elsewhere(record: &mut ConsentFact) {
        record.case_id = K2;
        record.visible = false;
    }
    const MISSING: &str = "consent-required consent_missing(Ana)@noteIds/0";
    check(&[
        ("subject", |w| elsewhere(w.add(refuses(102, MIA, &[MIA], "2026-04-01"))), "consent-required consent_missing(Mia)@noteIds/0"),
        ("unassessed child", |w| elsewhere(w.add(refuses(102, ANA, &[ANA], "2026-04-01"))), MISSING),
        ("parent", |w| elsewhere(finn_refuses(w)), MISSING),
        ("seen", |w| finn_refuses(w).case_id = K2, "consent-required conflicting_refusal(Ana)@noteIds/0"),
        (
            "parent known from another case only",
            |w| {
                elsewhere(finn_refuses(w));
                w.part(FINN).case_id = K2;
            },
            MISSING,
        ),
        (
            "a permission of another case takes nothing back",
            |w| {
                finn_refuses(w);
                elsewhere(w.add(permits(302, FINN, &[ANA], "2026-05-10")));
            },
            "consent-required conflicting_refusal(Ana)@noteIds/0",
        ),
        ("a permission of another case permits nothing", |w| w.m1().case_id = K2, "consent-required consent_missing(Ana,Mia)@noteIds/0"),
    ]);
    let mut hidden = world();
    elsewhere(finn_refuses(&mut hidden));
    let refusal = decide(&hidden.ask, &hidden.facts, hidden.now).unwrap_err();
    assert_eq!(refusal.rule(), Some("R3"));
    // The manager still gets a review task, where the refusal is known; if one of this case is, then here.
    assert_eq!(refusal.conflicts, [Conflict { about: ANA, refusals: [(K2, FINN)].into(), shows_here: false }]);
    finn_refuses(&mut hidden).id = ConsentId(Uuid::from_u128(303));
    let refusal = decide(&hidden.ask, &hidden.facts, hidden.now).unwrap_err();
    assert_eq!(refusal.conflicts, [Conflict { about: ANA, refusals: [(K1, FINN), (K2, FINN)].into(), shows_here: true }]);
}

#[test]
fn what_is_kept_from_somebody_because_of_a_risk_does_not_go_to_them() {
    fn kept(w: &mut World, from_id: PersonId, until: &str) {
        w.facts.withheld.push(WithheldFact { note_id: N1, from_id, until_on: day(until) });
    }
    fn to_finn(w: &mut World) {
        w.ask.recipient = AskRecipient::Person(FINN);
        w.m1().recipients.push(ConsentRecipient { person_id: Some(FINN), ..ConsentRecipient::default() });
    }
    const COPY: &str = "consent-scope-exceeded copy_not_permitted@noteIds/0";
    check(&[
        (
            "sent to him",
            |w| {
                to_finn(w);
                kept(w, FINN, "2026-06-01");
            },
            "consent-scope-exceeded withheld_from_recipient@noteIds/0",
        ),
        (
            "once its last day is over",
            |w| {
                to_finn(w);
                kept(w, FINN, "2026-05-31");
            },
            "grant 101(Ana,Mia)",
        ),
        (
            "from another",
            |w| {
                to_finn(w);
                kept(w, MIA, "2026-06-01");
            },
            "grant 101(Ana,Mia)",
        ),
        (
            "another note",
            |w| {
                to_finn(w);
                kept(w, FINN, "2026-06-01");
                w.facts.withheld[0].note_id = N2;
            },
            "grant 101(Ana,Mia)",
        ),
        (
            "a copy",
            |w| {
                w.copy_to(MIA);
                kept(w, MIA, "2026-06-01");
            },
            COPY,
        ),
        (
            "a copy to somebody else",
            |w| {
                w.copy_to(MIA);
                kept(w, FINN, "2026-06-01");
            },
            "grant 101(Ana,Mia)",
        ),
        ("to the team all the same", |w| kept(w, MIA, "2026-06-01"), "grant 101(Ana,Mia)"),
        // A copy of an extract holds what its receiver may have, and here that is nothing.
        (
            "the copy of an extract",
            |w| {
                w.ask.legal_extract = true;
                w.copy_to(MIA);
                kept(w, MIA, "2026-06-01");
            },
            "consent-scope-exceeded copy_not_permitted@copies/0",
        ),
    ]);
}

#[test]
fn a_refusal_lives_until_taken_back_and_lives_again_when_that_ends() {
    fn taken_back(w: &mut World) -> &mut ConsentFact {
        w.add(refuses(102, MIA, &[MIA], "2026-04-01"));
        w.add(permits(103, MIA, &[ANA, MIA], "2026-05-01"))
    }
    const REFUSED: &str = "consent-required subject_refused(Mia)@noteIds/0";
    check(&[
        ("taken back", |w| _ = taken_back(w), "grant 103(Ana,Mia)"),
        ("taken back, ended", |w| taken_back(w).status = Withdrawn, REFUSED),
        ("taken back for something else", |w| taken_back(w).purposes = vec![Purpose::Tribunal], REFUSED),
        ("at the same instant", |w| taken_back(w).decided_at = noon("2026-04-01"), REFUSED),
        ("withdrawn", |w| w.add(refuses(102, MIA, &[MIA], "2026-04-01")).status = Withdrawn, "grant 101(Ana,Mia)"),
        ("closing the case ends no refusal", |w| w.add(refuses(102, MIA, &[MIA], "2026-04-01")).status = Expired, REFUSED),
        (
            "of another team",
            |w| w.add(refuses(102, MIA, &[MIA], "2026-04-01")).recipients = vec![to(COUNCIL, Some(SOUTH))],
            "grant 101(Ana,Mia)",
        ),
        ("of the whole body", |w| w.add(refuses(102, MIA, &[MIA], "2026-04-01")).recipients = vec![to(COUNCIL, None)], REFUSED),
        ("of another note", |w| w.add(refuses(102, MIA, &[MIA], "2026-04-01")).note_ids = vec![N2], "grant 101(Ana,Mia)"),
        ("of this note", |w| w.add(refuses(102, MIA, &[MIA], "2026-04-01")).note_ids = vec![N1], REFUSED),
        (
            "of another category",
            |w| w.add(refuses(102, MIA, &[MIA], "2026-04-01")).categories = vec![InformationCategory::Health],
            "grant 101(Ana,Mia)",
        ),
        (
            "of the officer, asked without a name",
            |w| {
                let mut officer = to(COUNCIL, Some(NORTH));
                officer.person_name = Some("Jo Doe".into());
                w.add(refuses(102, MIA, &[MIA], "2026-04-01")).recipients = vec![officer];
            },
            REFUSED,
        ),
    ]);
}

#[test]
fn authority_that_lapsed_does_not_come_back() {
    const LAPSED: &str = "consent-required granter_authority_lapsed(Ana)@noteIds/0";
    check(&[
        (
            "found competent, then not",
            |w| {
                w.assess(ANA, CanDecide, "2026-04-01");
                w.assess(ANA, CannotDecide, "2026-05-01");
            },
            LAPSED,
        ),
        (
            "aged out, then found without capacity",
            |w| {
                aged_out(w);
                w.now = noon("2026-07-01");
                w.assess(ANA, CannotDecide, "2026-06-28");
            },
            LAPSED,
        ),
        (
            "responsibility ended and began again",
            |w| {
                let from_on = Some(day("2026-05-10"));
                w.part(MIA).pr[0].ended_on = Some(day("2026-05-01"));
                w.part(MIA).pr.push(PrFact { from_on, ..pr(ANA, ParentalResponsibility::Yes) });
            },
            LAPSED,
        ),
        ("left the case", |w| w.part(MIA).ended_on = Some(day("2026-05-01")), LAPSED),
        ("birth date unknown", |w| w.person(ANA).date_of_birth = None, "consent-required granter_not_authorised(Ana)@noteIds/0"),
        (
            "a competent child stays in charge beyond the age-out day",
            |w| {
                aged_out(w);
                w.now = noon("2026-07-01");
                w.assess(ANA, CanDecide, "2026-02-01");
                w.add(permits(102, ANA, &[ANA], "2026-02-02"));
            },
            "grant 101(Mia) 102(Ana)",
        ),
    ]);
}

#[test]
fn a_note_marked_confidential_needs_the_latest_word_of_whose_wish_it_is() {
    const MARKED: &str = "consent-scope-exceeded item_marked_confidential@noteIds/0";
    fn named_then_general(w: &mut World) {
        w.note(N1).keep_confidential = true;
        w.add(permits(102, MIA, &[ANA, MIA], "2026-04-01")).note_ids = vec![N1];
        w.add(permits(103, MIA, &[ANA, MIA], "2026-05-01"));
    }
    check(&[
        ("a later general permission replaces one that named it", named_then_general, MARKED),
        (
            "until it is named again",
            |w| {
                named_then_general(w);
                w.facts.consents[2].note_ids = vec![N1];
            },
            "grant 103(Ana,Mia)",
        ),
        (
            "the wish of somebody else than the author",
            |w| {
                w.note(N1).keep_confidential = true;
                w.note(N1).wish_by = Some(ANA);
                w.m1().subjects = vec![MIA];
                w.add(permits(102, FINN, &[ANA], "2026-03-02")).note_ids = vec![N1];
            },
            "grant 101(Mia) 102(Ana)",
        ),
        (
            "nobody's wish is everybody's",
            |w| {
                w.note(N1).keep_confidential = true;
                w.note(N1).from = None;
                w.note(N1).about = vec![ANA, MIA];
                w.m1().subjects = vec![MIA];
                w.m1().note_ids = vec![N1];
                w.add(permits(102, FINN, &[ANA], "2026-03-02"));
            },
            MARKED,
        ),
    ]);
}

#[test]
fn every_kind_of_condition_is_judged() {
    const UNMET: &str = "consent-scope-exceeded condition_unmet@noteIds/0";
    const GRANT: &str = "grant 101(Ana,Mia)";
    fn not_before(w: &mut World, date: &str) {
        w.m1().conditions = vec![Condition { not_before_on: Some(day(date)), ..condition(NotBefore) }];
    }
    check(&[
        ("on the first day", |w| not_before(w, "2026-06-01"), GRANT),
        ("before it", |w| not_before(w, "2026-06-02"), UNMET),
        ("without a day", |w| w.m1().conditions = vec![condition(NotBefore)], UNMET),
        (
            "channel listed",
            |w| w.m1().conditions = vec![Condition { channels: vec![Channel::Phone, Channel::SecureEmail], ..condition(ChannelIn) }],
            GRANT,
        ),
        ("channel not listed", |w| w.m1().conditions = vec![Condition { channels: vec![Channel::Phone], ..condition(ChannelIn) }], UNMET),
        ("once, unused", |w| w.m1().conditions = vec![condition(OnceOnly)], GRANT),
        ("all must hold", |w| w.m1().conditions = vec![condition(OnceOnly), condition(CopyToGranter)], UNMET),
    ]);
}

#[test]
fn a_copy_is_checked_like_a_sending() {
    const REFUSED: &str = "consent-scope-exceeded copy_not_permitted@noteIds/0";
    fn names_finn(w: &mut World) {
        w.copy_to(FINN);
        w.m1().recipients.push(ConsentRecipient { person_id: Some(FINN), ..ConsentRecipient::default() });
    }
    check(&[
        ("to the granter", |w| w.copy_to(MIA), "grant 101(Ana,Mia)"),
        ("to the other parent", |w| w.copy_to(FINN), REFUSED),
        ("to the subject, of what another said", |w| w.copy_to(ANA), REFUSED),
        ("to somebody the permission names", names_finn, "grant 101(Ana,Mia)"),
        (
            "to somebody named, refused by the subject",
            |w| {
                names_finn(w);
                let only_finn = ConsentRecipient { person_id: Some(FINN), ..ConsentRecipient::default() };
                w.add(refuses(102, MIA, &[MIA], "2026-04-01")).recipients = vec![only_finn];
            },
            REFUSED,
        ),
        (
            "to whoever said it",
            |w| {
                w.ask.note_ids = vec![N4];
                w.m1().subjects.push(FINN);
                w.add(permits(102, FINN, &[FINN], "2026-03-02"));
                w.copy_to(FINN);
            },
            "grant 101(Ana) 102(Finn)",
        ),
        (
            "of a risk to the family",
            |w| {
                at_risk(w);
                w.copy_to(MIA);
            },
            "rule-violated recipient_without_safeguarding_function@copies/0",
        ),
    ]);
}

#[test]
fn the_copy_of_a_legal_extract_holds_only_what_its_receiver_may_have() {
    let mut w = world();
    w.ask.legal_extract = true;
    w.ask.note_ids = vec![N1, N4];
    w.add(permits(102, FINN, &[FINN], "2026-03-02"));
    w.copy_to(FINN);
    let grant = decide(&w.ask, &w.facts, w.now).unwrap();
    assert_eq!(grant.ask().note_ids, [N1, N4]);
    assert_eq!(grant.copies()[0].note_ids(), [N4], "what he said himself");
    w.ask.note_ids = vec![N1];
    assert_eq!(w.outcome(), "consent-scope-exceeded copy_not_permitted@copies/0");
}

#[test]
fn an_extract_is_sent_with_a_copy_to_everybody_who_permitted() {
    let mut w = world();
    w.ask.legal_extract = true;
    w.m1().conditions = vec![condition(ConditionKind::CopyToGranter)];
    assert_eq!(w.outcome(), "grant 101(Ana,Mia)", "while it is drafted nobody gets a copy yet");
    w.facts.resting_on = Some(vec![(ConsentId(Uuid::from_u128(101)), 1)]);
    assert_eq!(w.outcome(), "copy-recipient-required copy_recipient_required@copies", "whether or not it is a condition");
    w.m1().conditions.clear();
    assert_eq!(w.outcome(), "copy-recipient-required copy_recipient_required@copies");
    w.copy_to(MIA);
    assert_eq!(w.outcome(), "grant 101(Ana,Mia)");
    w.note(N4).about = vec![ANA];
    w.ask.note_ids = vec![N1, N4];
    w.add(permits(102, FINN, &[FINN], "2026-03-02"));
    w.facts.resting_on = Some(vec![(ConsentId(Uuid::from_u128(101)), 1), (ConsentId(Uuid::from_u128(102)), 1)]);
    assert_eq!(w.outcome(), "copy-recipient-required copy_recipient_required@copies");
    w.copy_to(FINN);
    assert!(decide(&w.ask, &w.facts, w.now).is_ok());
}

#[test]
fn an_extract_rests_on_whoever_may_have_a_copy_of_something_in_it() {
    let mut w = world();
    w.add(permits(102, FINN, &[ANA], "2026-03-02"));
    assert_eq!(w.outcome(), "grant 101(Mia) 102(Ana)", "whatever else is sent rests on the newest");
    w.ask.legal_extract = true;
    assert_eq!(w.outcome(), "grant 101(Ana,Mia)", "Mia said it, so Finn may not have it");
    w.ask.note_ids = vec![N1, N2];
    assert_eq!(w.outcome(), "grant 101(Ana,Mia)");
    w.note(N4).from = None;
    w.ask.note_ids = vec![N1, N4];
    assert_eq!(w.outcome(), "grant 101(Mia) 102(Ana)", "there is something he may have");
    // It is sent as it was drafted, to whom it was.
    w.facts.resting_on = Some(vec![(ConsentId(Uuid::from_u128(101)), 1), (ConsentId(Uuid::from_u128(102)), 1)]);
    w.copy_to(MIA);
    w.copy_to(FINN);
    let grant = decide(&w.ask, &w.facts, w.now).unwrap();
    assert_eq!([0, 1].map(|i| grant.copies()[i].note_ids().to_vec()), [vec![N1, N4], vec![N4]]);
    // Where both permitted, each may have it, on whose permissions ever it rests.
    w.note(N3).from = None;
    w.ask.note_ids = vec![N3];
    w.add(permits(103, FINN, &[SAM], "2026-03-03"));
    w.add(permits(104, MIA, &[SAM], "2026-03-04"));
    w.facts.resting_on = Some(vec![(ConsentId(Uuid::from_u128(102)), 1), (ConsentId(Uuid::from_u128(104)), 1)]);
    assert_eq!(w.outcome(), "grant 102(Ana) 104(Sam)");
    // From whom it is kept nothing rests on, either.
    w.facts.withheld = vec![WithheldFact { note_id: N3, from_id: FINN, until_on: day("2026-06-01") }];
    w.facts.resting_on = None;
    w.ask.copies.truncate(1);
    assert_eq!(w.outcome(), "grant 101(Ana) 104(Sam)");
}

#[test]
fn whoever_permits_no_more_than_a_copy_of_an_extract_gets_one_if_that_is_the_condition() {
    let mut w = world();
    let to = |people: &[PersonId]| -> Vec<ConsentRecipient> {
        people.iter().map(|person| ConsentRecipient { person_id: Some(*person), ..ConsentRecipient::default() }).collect()
    };
    w.ask.legal_extract = true;
    w.facts.resting_on = Some(vec![(ConsentId(Uuid::from_u128(101)), 1)]);
    w.add(permits(103, FINN, &[ANA], "2026-03-02")).recipients = to(&[NELL, FINN]);
    w.add(permits(104, MIA, &[MIA], "2026-03-02")).recipients = to(&[NELL, FINN]);
    w.copy_to(MIA);
    w.copy_to(NELL);
    assert_eq!(w.outcome(), "grant 101(Ana,Mia)");
    w.facts.consents[1].conditions = vec![condition(ConditionKind::CopyToGranter)];
    assert_eq!(w.outcome(), "consent-scope-exceeded copy_not_permitted@copies/1");
    w.copy_to(FINN);
    assert_eq!(w.outcome(), "grant 101(Ana,Mia)");
}

#[test]
fn what_goes_beyond_notes_is_an_item_and_nothing_is_free() {
    use InformationCategory::{Attendance, Health, SchoolProvision};
    check(&[
        (
            "covered",
            |w| {
                w.ask.note_ids.clear();
                w.ask_beyond(&[ANA], &[SchoolProvision]);
            },
            "grant 101(Ana)",
        ),
        (
            "each category has its pointer",
            |w| w.ask_beyond(&[ANA, SAM], &[Attendance, Health]),
            "consent-required consent_missing(Sam)@informationCategories/0 consent_missing(Sam)@informationCategories/1 data_not_covered@informationCategories/1",
        ),
        ("nobody", |w| w.ask_beyond(&[], &[Health]), "consent-required consent_missing@informationCategories/0"),
        ("nothing", |w| w.ask.note_ids.clear(), "consent-required consent_missing@subjectIds"),
        ("people without categories", |w| w.ask_beyond(&[ANA], &[]), "consent-scope-exceeded data_not_covered@subjectIds"),
        ("a note that is not there", |w| w.facts.notes.clear(), "consent-required consent_missing@noteIds/0"),
        ("a note without category", |w| w.note(N1).categories.clear(), "consent-scope-exceeded data_not_covered@noteIds/0"),
        (
            "a note without category, named",
            |w| {
                w.note(N1).categories.clear();
                w.m1().note_ids = vec![N1];
            },
            "grant 101(Ana,Mia)",
        ),
        (
            "a professional is no data subject",
            |w| {
                w.note(N1).from = Some(TEACHER);
                w.note(N1).about = vec![ANA, TEACHER];
            },
            "grant 101(Ana)",
        ),
        (
            "about professionals only",
            |w| {
                w.note(N1).from = Some(TEACHER);
                w.note(N1).about.clear();
            },
            "consent-required consent_missing@noteIds/0",
        ),
        ("a professional who is a parent here", |w| w.person(MIA).kind = PersonKind::Professional, "grant 101(Ana,Mia)"),
        ("an old version", |w| w.note(N1).superseded = true, "invalid-state note_superseded@noteIds/0"),
    ]);
}

#[test]
fn a_recipient_is_covered_exactly() {
    const NOT: &str = "consent-scope-exceeded recipient_not_covered@noteIds/0";
    fn school(w: &mut World, named: Option<TeamId>, asked: Option<TeamId>) {
        w.facts.recipient = Some(RecipientFact { in_council: false, safeguarding_function: false });
        w.m1().recipients = vec![to(SCHOOL, named)];
        w.ask.recipient = body(SCHOOL, asked, None);
    }
    check(&[
        (
            "the officer named",
            |w| {
                w.m1().recipients[0].person_name = Some("Jo  Doe".into());
                w.ask.recipient = body(COUNCIL, Some(NORTH), Some("JO doe"));
            },
            "grant 101(Ana,Mia)",
        ),
        ("any officer of a team named", |w| w.ask.recipient = body(COUNCIL, Some(NORTH), Some("Jo Doe")), "grant 101(Ana,Mia)"),
        (
            "another officer",
            |w| {
                w.m1().recipients[0].person_name = Some("Jo Doe".into());
                w.ask.recipient = body(COUNCIL, Some(NORTH), Some("Al Doe"));
            },
            NOT,
        ),
        (
            "the whole council",
            |w| {
                w.m1().recipients = vec![to(COUNCIL, None)];
                w.ask.recipient = body(COUNCIL, None, None);
            },
            NOT,
        ),
        (
            "an unknown body is taken for the council",
            |w| {
                w.m1().recipients = vec![to(COUNCIL, None)];
                w.ask.recipient = body(COUNCIL, None, None);
                w.facts.recipient = None;
            },
            NOT,
        ),
        ("a school", |w| school(w, None, None), "grant 101(Ana,Mia)"),
        ("a team of a school covered as a whole", |w| school(w, None, Some(NORTH)), NOT),
        ("a school of which a team is covered", |w| school(w, Some(NORTH), None), NOT),
        (
            "a participant",
            |w| {
                w.m1().recipients = vec![ConsentRecipient { person_id: Some(FINN), ..ConsentRecipient::default() }];
                w.ask.recipient = AskRecipient::Person(FINN);
            },
            "grant 101(Ana,Mia)",
        ),
        ("a participant not named", |w| w.ask.recipient = AskRecipient::Person(FINN), NOT),
    ]);
}

#[test]
fn the_rule_reported_is_that_of_the_permission_which_got_furthest() {
    check(&[
        (
            "direction beats recipient, whichever is newer",
            |w| {
                w.m1().recipients = vec![to(SCHOOL, None)];
                w.add(permits(102, MIA, &[ANA, MIA], "2026-02-01")).directions = vec![Direction::InboundRequest];
            },
            "consent-scope-exceeded direction_not_covered@noteIds/0",
        ),
        (
            "of equals the newest",
            |w| {
                w.m1().status = Withdrawn;
                w.add(permits(102, MIA, &[ANA, MIA], "2026-04-01")).status = Superseded;
            },
            "consent-required consent_superseded(Ana,Mia)@noteIds/0",
        ),
        (
            "one missing permission among too narrow ones decides the code",
            |w| {
                w.ask.note_ids = vec![N1, N4];
                w.note(N1).categories = vec![InformationCategory::Health];
            },
            "consent-required data_not_covered@noteIds/0 consent_missing(Finn)@noteIds/1",
        ),
    ]);
}

#[test]
fn what_is_decided_again_may_rest_on_the_same_permissions_only() {
    let mut w = world();
    w.facts.resting_on = Some(vec![(ConsentId(Uuid::from_u128(101)), 1)]);
    assert_eq!(w.outcome(), "grant 101(Ana,Mia)");
    w.m1().version = 2;
    assert_eq!(w.outcome(), "consent-required consent_changed@#");
    w.m1().status = Withdrawn;
    assert_eq!(w.outcome(), "consent-required consent_withdrawn(Ana,Mia)@noteIds/0", "a refusal reports its own rule");
}

#[test]
fn a_risk_needs_its_fields_and_nothing_else() {
    check(&[
        (
            "all at once",
            |w| {
                at_risk(w);
                w.ask.note_ids.clear();
                w.ask.summary = Some(" ".into());
                w.ask.told_subject = Some(ToldSubject::Later);
                w.ask.told_reason = None;
                w.ask.safeguarding = None;
            },
            "rule-violated safeguarding_fields_missing@noteIds safeguarding_fields_missing@summary safeguarding_fields_missing@safeguarding/riskTypes safeguarding_fields_missing@safeguarding/atRiskPersonIds safeguarding_fields_missing@safeguarding/necessity safeguarding_fields_missing@safeguarding/proportionality safeguarding_fields_missing@safeguarding/consentSought safeguarding_fields_missing@toldReason",
        ),
        (
            "not sought, without reason",
            |w| {
                at_risk(w);
                w.ask.safeguarding.as_mut().unwrap().grounds.no_consent_reason = None;
            },
            "rule-violated safeguarding_fields_missing@safeguarding/noConsentReason",
        ),
        (
            "sought and refused",
            |w| {
                at_risk(w);
                let risk = &mut w.ask.safeguarding.as_mut().unwrap().grounds;
                (risk.consent_sought, risk.no_consent_reason) = (Some(ConsentSought::SoughtRefused), None);
            },
            "grant",
        ),
        (
            "joins a concern",
            |w| {
                at_risk(w);
                let risk = w.ask.safeguarding.as_mut().unwrap();
                risk.concern_id = Some(ConcernId(Uuid::from_u128(70)));
                risk.risk_types.clear();
                risk.grounds.at_risk_person_ids.clear();
            },
            "grant",
        ),
        (
            "joins a concern without a word why",
            |w| {
                at_risk(w);
                let risk = w.ask.safeguarding.as_mut().unwrap();
                risk.concern_id = Some(ConcernId(Uuid::from_u128(70)));
                risk.grounds.necessity = None;
            },
            "rule-violated safeguarding_fields_missing@safeguarding/necessity",
        ),
        (
            "told",
            |w| {
                at_risk(w);
                (w.ask.told_subject, w.ask.told_reason) = (Some(ToldSubject::Yes), None);
            },
            "grant",
        ),
        (
            "however anybody may be reached",
            |w| {
                at_risk(w);
                w.facts.unsafe_contacts = vec![Failing::at("#/channel", RefusalRule::UnsafeContact)];
            },
            "grant",
        ),
        (
            "a night desk named on the spot",
            |w| {
                at_risk(w);
                unregistered(w, RecipientType::Police);
            },
            "grant",
        ),
        (
            "a school named on the spot",
            |w| {
                at_risk(w);
                unregistered(w, RecipientType::School);
            },
            "rule-violated recipient_without_safeguarding_function@recipient",
        ),
        (
            "a participant",
            |w| {
                at_risk(w);
                w.ask.recipient = AskRecipient::Person(FINN);
            },
            "rule-violated recipient_without_safeguarding_function@recipient",
        ),
    ]);
}

fn unregistered(w: &mut World, body_type: RecipientType) {
    let body = UnregisteredRecipient { body_type, name: "Night desk".into() };
    w.ask.recipient = AskRecipient::Unregistered { body, person_name: None, person_role: None };
}

#[test]
fn an_anonymised_text_carries_nobody_with_it() {
    check(&[
        (
            "people, notes, copies",
            |w| {
                anonymised(w);
                w.ask.note_ids = vec![N1];
                w.ask.subject_ids = vec![ANA];
                w.copy_to(MIA);
                w.ask.recipient = AskRecipient::Person(FINN);
            },
            "rule-violated contradicting_fields@subjectIds contradicting_fields@noteIds contradicting_fields@copies contradicting_fields@recipient",
        ),
        (
            "not scanned",
            |w| {
                anonymised(w);
                w.facts.anonymity = None;
            },
            "identifying-details cohort_too_small@cohort",
        ),
        (
            "the same words again",
            |w| {
                anonymised(w);
                w.facts.anonymity.as_mut().unwrap().repeated = true;
            },
            "identifying-details repeated_wording@summary",
        ),
    ]);
}

#[test]
fn an_answer_leaves_once_nothing_is_lacking_and_by_whoever_is_not_close_to_it() {
    let answers = |w: &mut World, sar: SarFacts| {
        w.ask.basis = Basis::DataSubjectRight;
        w.facts.sar = sar;
        w.outcome()
    };
    let mut w = world();
    assert_eq!(answers(&mut w, ANSWERED), "grant");
    assert_eq!(answers(&mut w, SarFacts { verified: false, ..ANSWERED }), "invalid-state address_unverified@#");
    assert_eq!(answers(&mut w, SarFacts { authorised: false, ..ANSWERED }), "invalid-state authority_missing@#");
    assert_eq!(answers(&mut w, SarFacts::default()), "invalid-state sar_not_decided@basis address_unverified@# authority_missing@#");
    // What it lacks is told before how it could be sent, and who may not decide before either.
    w.facts.unsafe_contacts = vec![Failing::at("#/channel", RefusalRule::UnsafeContact)];
    assert_eq!(answers(&mut w, SarFacts { decided: false, ..ANSWERED }), "invalid-state sar_not_decided@basis");
    assert_eq!(answers(&mut w, ANSWERED), "rule-violated unsafe_contact@channel");
    w.facts.conflicted_decider = true;
    assert_eq!(answers(&mut w, SarFacts::default()), "same-person conflicted_decider@#");
    w.ask.basis = Basis::Permission;
    assert_eq!(w.outcome(), "same-person conflicted_decider@#");
    at_risk(&mut w);
    assert_eq!(w.outcome(), "grant");
}

#[test]
fn a_grant_says_what_it_rests_on() {
    let mut w = world();
    w.m1().conditions = vec![condition(OnceOnly), condition(CopyToGranter)];
    w.copy_to(MIA);
    let grant = decide(&w.ask, &w.facts, w.now).unwrap();
    assert_eq!(grant.subject_ids(), [ANA, MIA]);
    assert_eq!(grant.conditions_met(), [CopyToGranter, OnceOnly]);
    assert_eq!(grant.once_only(), [ConsentId(Uuid::from_u128(101))]);
    assert_eq!((grant.copies()[0].to().person_id, grant.copies()[0].note_ids(), grant.copies()[0].beyond_notes()), (MIA, &[N1][..], false));
    assert_eq!((grant.identified(), grant.decided_at(), grant.clauses()), (true, w.now, vec!["C11"]));
    w.ask.basis = Basis::DataSubjectRight;
    w.facts.sar = ANSWERED;
    assert_eq!(w.outcome(), "grant");
}

#[test]
fn a_refusal_names_the_rule_that_decides_and_what_would_help() {
    let mut w = world();
    w.ask.note_ids = vec![N1, N4];
    w.note(N1).categories = vec![InformationCategory::Health];
    let refusal = decide(&w.ask, &w.facts, w.now).unwrap_err();
    assert_eq!((refusal.rule(), refusal.clauses.clone()), (Some("R3"), vec!["C11"]));
    assert_eq!(refusal.remedies(), [Remedy::AskPermission, Remedy::LeaveOut, Remedy::Anonymise]);
    w.ask.note_ids = vec![N1];
    assert_eq!(decide(&w.ask, &w.facts, w.now).unwrap_err().rule(), Some("R12"));
}
