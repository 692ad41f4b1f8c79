//! The state that bears on one permission, as lists of turns: one of each list makes a world.
//! Over 350 lines because it is one table, read from top to bottom.

use sendiass::domain::consent::ConsentRecipient;
use sendiass::domain::disclosure::{AskRecipient, ParticipantFact};
use sendiass::domain::vocabulary::*;

use crate::world::*;

/// What it is called, and what it changes.
pub type Turn = (&'static str, fn(&mut World));

/// How the granter stands to the child.
pub const GRANTER: &[Turn] = &[
    ("mother", |_| {}),
    ("child herself", |w| w.m1().granter = ANA),
    ("responsibility unknown", |w| w.pr(MIA).value = ParentalResponsibility::Unknown),
    ("responsibility disputed", |w| w.pr(MIA).value = ParentalResponsibility::Disputed),
    ("responsibility restricted", |w| w.pr(MIA).value = ParentalResponsibility::RestrictedByOrder),
    ("responsibility no", |w| w.pr(MIA).value = ParentalResponsibility::No),
    ("responsibility does not apply", |w| w.pr(MIA).value = ParentalResponsibility::NotApplicable),
    ("responsibility ended before", |w| w.pr(MIA).ended_on = Some(day("2026-06-09"))),
    ("responsibility ended on the day of the permission", |w| w.pr(MIA).ended_on = Some(day("2026-06-10"))),
    ("responsibility ended since", |w| w.pr(MIA).ended_on = Some(day("2026-06-20"))),
    ("died since", |w| w.person(MIA).died_on = Some(day("2026-06-20"))),
    ("died on the day of the permission", |w| w.person(MIA).died_on = Some(day("2026-06-10"))),
    ("responsibility ends today", |w| w.pr(MIA).ended_on = Some(day("2026-07-10"))),
    ("responsibility ends tomorrow", |w| w.pr(MIA).ended_on = Some(day("2026-07-11"))),
    ("responsibility came later", |w| w.pr(MIA).from_on = Some(day("2026-06-11"))),
    ("responsibility came that day", |w| w.pr(MIA).from_on = Some(day("2026-06-10"))),
    ("responsibility for another child", |w| w.pr(MIA).child_id = SAM),
    ("grandparent", |w| {
        w.part(MIA).relation = Relation::Grandparent;
        w.part(MIA).pr.clear();
    }),
    ("guardian", |w| w.part(MIA).relation = Relation::Guardian),
    ("council as corporate parent", |w| w.part(MIA).relation = Relation::LaAsCorporateParent),
    ("deputy", |w| {
        w.part(MIA).relation = Relation::Deputy;
        w.part(MIA).pr.clear();
    }),
    ("attorney", |w| {
        w.part(MIA).relation = Relation::Attorney;
        w.part(MIA).pr.clear();
    }),
    ("parent without an entry", |w| w.part(MIA).pr.clear()),
    ("no participant", |w| w.facts.family.participants.retain(|part| part.person_id != MIA)),
    ("left since", |w| w.part(MIA).ended_on = Some(day("2026-06-20"))),
    ("left before", |w| w.part(MIA).ended_on = Some(day("2026-05-01"))),
    ("came back", |w| w.part(MIA).began_on = Some(day("2026-06-14"))),
    ("of another case only", |w| w.part(MIA).case_id = ELSEWHERE),
    ("a deputy beside the mother", |w| {
        let deputy = part(SAM, ParticipantRole::Supporter, Relation::Deputy);
        w.facts.family.participants.push(deputy);
    }),
];

/// Age, and what was found about competence.
pub const SUBJECT: &[Turn] = &[
    ("child", |_| {}),
    ("child that can decide", |w| w.assess(ANA, CapacityOutcome::CanDecide, "2026-05-01")),
    ("child that cannot decide", |w| w.assess(ANA, CapacityOutcome::CannotDecide, "2026-05-01")),
    ("child found able since", |w| w.assess(ANA, CapacityOutcome::CanDecide, "2026-06-14")),
    ("child found able that day", |w| w.assess(ANA, CapacityOutcome::CanDecide, "2026-06-10")),
    ("child found unable since", |w| {
        w.assess(ANA, CapacityOutcome::CanDecide, "2026-05-01");
        w.assess(ANA, CapacityOutcome::CannotDecide, "2026-06-14");
    }),
    ("two findings of one day", |w| {
        w.assess(ANA, CapacityOutcome::CannotDecide, "2026-05-01");
        w.assess(ANA, CapacityOutcome::CanDecide, "2026-05-01");
    }),
    ("found able tomorrow", |w| w.assess(ANA, CapacityOutcome::CanDecide, "2026-07-11")),
    ("aged out since", |w| w.person(ANA).date_of_birth = Some(day("2010-08-31"))),
    ("a day too young to age out", |w| w.person(ANA).date_of_birth = Some(day("2010-09-01"))),
    ("aged out, found unable on the last day", |w| {
        w.person(ANA).date_of_birth = Some(day("2010-08-31"));
        w.assess(ANA, CapacityOutcome::CannotDecide, "2026-06-26");
    }),
    ("aged out, found unable the day after", |w| {
        w.person(ANA).date_of_birth = Some(day("2010-08-31"));
        w.assess(ANA, CapacityOutcome::CannotDecide, "2026-06-27");
    }),
    ("aged out, able as a child", |w| {
        w.person(ANA).date_of_birth = Some(day("2010-01-15"));
        w.assess(ANA, CapacityOutcome::CanDecide, "2026-05-01");
    }),
    ("adult", |w| w.person(ANA).date_of_birth = Some(day("1999-10-05"))),
    ("adult that cannot decide", |w| {
        w.person(ANA).date_of_birth = Some(day("1999-10-05"));
        w.assess(ANA, CapacityOutcome::CannotDecide, "2026-05-01");
    }),
    ("adult found unable since", |w| {
        w.person(ANA).date_of_birth = Some(day("1999-10-05"));
        w.assess(ANA, CapacityOutcome::CannotDecide, "2026-06-14");
    }),
    ("adult no longer unable", |w| {
        w.person(ANA).date_of_birth = Some(day("1999-10-05"));
        w.assess(ANA, CapacityOutcome::CannotDecide, "2026-05-01");
        w.assess(ANA, CapacityOutcome::CanDecide, "2026-06-14");
    }),
    ("child of unknown age", |w| w.person(ANA).date_of_birth = None),
    ("child of unknown age that can decide", |w| {
        w.person(ANA).date_of_birth = None;
        w.assess(ANA, CapacityOutcome::CanDecide, "2026-05-01");
    }),
    ("young person of unknown age", |w| {
        w.person(ANA).date_of_birth = None;
        w.person(ANA).kind = PersonKind::YoungPerson;
    }),
    ("somebody of unknown age", |w| {
        w.person(ANA).date_of_birth = None;
        w.person(ANA).kind = PersonKind::Other;
    }),
    ("no subject of the case, unable", |w| {
        w.part(ANA).role = ParticipantRole::Sibling;
        w.person(ANA).date_of_birth = Some(day("1999-10-05"));
        w.assess(ANA, CapacityOutcome::CannotDecide, "2026-05-01");
    }),
];

/// Who has said no, of what, where and when.
pub const REFUSAL: &[Turn] = &[
    ("nobody refused", |_| {}),
    ("child refused before", |w| _ = w.refuse(ANA, noon("2026-05-01"))),
    ("child refused since", |w| _ = w.refuse(ANA, noon("2026-06-14"))),
    ("child refused at the same instant", |w| _ = w.refuse(ANA, noon("2026-06-10"))),
    ("child refused where it is not seen", |w| {
        let refusal = w.refuse(ANA, noon("2026-06-14"));
        (refusal.case_id, refusal.visible) = (ELSEWHERE, false);
    }),
    ("child refused here and where it is not seen", |w| {
        w.refuse(ANA, noon("2026-06-15"));
        let refusal = w.refuse(ANA, noon("2026-06-14"));
        (refusal.case_id, refusal.visible) = (ELSEWHERE, false);
    }),
    ("child took it back", |w| w.refuse(ANA, noon("2026-06-14")).status = ConsentStatus::Withdrawn),
    ("child refused, entered in error", |w| w.refuse(ANA, noon("2026-06-14")).status = ConsentStatus::EnteredInError),
    ("child refused, superseded", |w| w.refuse(ANA, noon("2026-06-14")).status = ConsentStatus::Superseded),
    ("child refused, case closed", |w| w.refuse(ANA, noon("2026-06-14")).status = ConsentStatus::Expired),
    ("child refused another purpose", |w| w.refuse(ANA, noon("2026-06-14")).purposes = vec![Purpose::Tribunal]),
    ("child refused to ask", |w| w.refuse(ANA, noon("2026-06-14")).directions = vec![Direction::InboundRequest]),
    ("child refused health", |w| w.refuse(ANA, noon("2026-06-14")).categories = vec![InformationCategory::Health]),
    ("child refused the note", |w| w.refuse(ANA, noon("2026-06-14")).note_ids = vec![NOTE]),
    ("child refused another note", |w| w.refuse(ANA, noon("2026-06-14")).note_ids = vec![OTHER_NOTE]),
    ("child refused the council", |w| w.refuse(ANA, noon("2026-06-14")).recipients = vec![council(None)]),
    ("child refused team south", |w| w.refuse(ANA, noon("2026-06-14")).recipients = vec![council(Some(SOUTH))]),
    ("child refused one officer", |w| {
        let doe = ConsentRecipient { person_name: Some("Doe".into()), ..council(Some(NORTH)) };
        w.refuse(ANA, noon("2026-06-14")).recipients = vec![doe];
    }),
    ("father refused", |w| _ = w.refuse(FINN, noon("2026-06-14"))),
    ("father refused before", |w| _ = w.refuse(FINN, noon("2026-05-01"))),
    ("father of unknown responsibility refused", |w| {
        w.pr(FINN).value = ParentalResponsibility::Unknown;
        w.refuse(FINN, noon("2026-06-14"));
    }),
    ("father of disputed responsibility refused", |w| {
        w.pr(FINN).value = ParentalResponsibility::Disputed;
        w.refuse(FINN, noon("2026-06-14"));
    }),
    ("father of restricted responsibility refused", |w| {
        w.pr(FINN).value = ParentalResponsibility::RestrictedByOrder;
        w.refuse(FINN, noon("2026-06-14"));
    }),
    ("father without responsibility refused", |w| {
        w.pr(FINN).value = ParentalResponsibility::No;
        w.refuse(FINN, noon("2026-06-14"));
    }),
    ("father's responsibility ended", |w| {
        w.pr(FINN).ended_on = Some(day("2026-06-24"));
        w.refuse(FINN, noon("2026-06-14"));
    }),
    ("father refused in his own case", |w| {
        let own = ParticipantFact { case_id: ELSEWHERE, ..w.part(FINN).clone() };
        *w.part(FINN) = own;
        w.refuse(FINN, noon("2026-06-14")).case_id = ELSEWHERE;
    }),
    ("father refused in a case that is not seen", |w| {
        let own = ParticipantFact { case_id: ELSEWHERE, ..w.part(FINN).clone() };
        *w.part(FINN) = own;
        let refusal = w.refuse(FINN, noon("2026-06-14"));
        (refusal.case_id, refusal.visible) = (ELSEWHERE, false);
    }),
    ("council as corporate parent refused", |w| {
        w.part(FINN).relation = Relation::LaAsCorporateParent;
        w.refuse(FINN, noon("2026-06-14"));
    }),
    ("father refused for another child", |w| w.refuse(FINN, noon("2026-06-14")).subjects = vec![SAM]),
    ("mother refused before", |w| _ = w.refuse(MIA, noon("2026-05-01"))),
    ("mother refused since", |w| _ = w.refuse(MIA, noon("2026-06-14"))),
    ("mother refused at the same instant", |w| _ = w.refuse(MIA, noon("2026-06-10"))),
    ("father refused and permitted", |w| {
        w.refuse(FINN, noon("2026-05-01"));
        w.facts.consents.push(permission(300, FINN, &[ANA], noon("2026-05-15")));
    }),
    ("deputy refused", |w| {
        w.part(FINN).relation = Relation::Deputy;
        w.part(FINN).pr.clear();
        w.refuse(FINN, noon("2026-06-14"));
    }),
];

/// What became of the permission.
pub const STATUS: &[Turn] = &[
    ("in force", |_| {}),
    ("withdrawn", |w| w.m1().status = ConsentStatus::Withdrawn),
    ("superseded", |w| w.m1().status = ConsentStatus::Superseded),
    ("entered in error", |w| w.m1().status = ConsentStatus::EnteredInError),
    ("ended with the case", |w| w.m1().status = ConsentStatus::Expired),
    ("starts later", |w| w.m1().starts_at = Some(london("2026-07-10 12:01"))),
    ("starts now", |w| w.m1().starts_at = Some(noon("2026-07-10"))),
    ("last day today", |w| w.m1().expires_on = Some(day("2026-07-10"))),
    ("last day yesterday", |w| w.m1().expires_on = Some(day("2026-07-09"))),
    ("without a last day", |w| w.m1().expires_on = None),
    ("given today", |w| w.m1().decided_at = noon("2026-07-10")),
];

/// What the permission covers, against what is asked.
pub const COVER: &[Turn] = &[
    ("covered", |_| {}),
    ("another team", |w| w.ask.recipient = to_council(Some(SOUTH), None)),
    ("no team", |w| w.ask.recipient = to_council(None, None)),
    ("no team, permitted without", |w| {
        w.ask.recipient = to_council(None, None);
        w.m1().recipients = vec![council(None)];
    }),
    ("a team, permitted without", |w| w.m1().recipients = vec![council(None)]),
    ("a school, permitted without team", |w| {
        w.facts.recipient = Some(sendiass::domain::disclosure::RecipientFact { in_council: false, safeguarding_function: false });
        w.ask.recipient = AskRecipient::Body { recipient_id: SCHOOL, team_id: None, person_name: None, person_role: None };
        w.m1().recipients.push(ConsentRecipient { recipient_id: Some(SCHOOL), ..ConsentRecipient::default() });
    }),
    ("a school not named", |w| {
        w.facts.recipient = Some(sendiass::domain::disclosure::RecipientFact { in_council: false, safeguarding_function: false });
        w.ask.recipient = AskRecipient::Body { recipient_id: SCHOOL, team_id: None, person_name: None, person_role: None };
    }),
    ("an officer named", |w| w.m1().recipients[0].person_name = Some("Jo  DOE".into())),
    ("an officer named and asked", |w| {
        w.m1().recipients[0].person_name = Some("Jo  DOE".into());
        w.ask.recipient = to_council(Some(NORTH), Some("jo doe"));
    }),
    ("an officer asked", |w| w.ask.recipient = to_council(Some(NORTH), Some("Jo Doe"))),
    ("the father, named", |w| {
        w.ask.recipient = AskRecipient::Person(FINN);
        w.m1().recipients.push(ConsentRecipient { person_id: Some(FINN), ..ConsentRecipient::default() });
    }),
    ("the father, not named", |w| w.ask.recipient = AskRecipient::Person(FINN)),
    ("another purpose", |w| w.ask.purpose = Purpose::Tribunal),
    ("nothing permitted", |w| w.m1().categories.clear()),
    ("the note, whatever its kind", |w| {
        w.m1().categories.clear();
        w.m1().note_ids.push(NOTE);
    }),
    ("another kind", |w| w.m1().categories = vec![InformationCategory::Health]),
    ("the other direction", |w| w.ask.direction = Direction::InboundRequest),
    ("everything amiss", |w| {
        w.ask.purpose = Purpose::Tribunal;
        w.ask.direction = Direction::InboundRequest;
        w.m1().categories = vec![InformationCategory::Health];
    }),
];

/// What is passed on.
pub const ITEM: &[Turn] = &[
    ("a note", |_| {}),
    ("a note of two kinds", |w| w.note().categories.push(InformationCategory::Health)),
    ("confidential", |w| w.note().keep_confidential = true),
    ("confidential, named", |w| {
        w.note().keep_confidential = true;
        w.m1().note_ids.push(NOTE);
    }),
    ("confidential by the wish of the mother", |w| {
        w.note().keep_confidential = true;
        w.note().about.push(MIA);
        w.note().wish_by = Some(MIA);
        w.m1().subjects.push(MIA);
    }),
    ("confidential, from a professional", |w| {
        w.note().keep_confidential = true;
        w.note().from = Some(TEACHER);
    }),
    ("confidential, from nobody", |w| {
        w.note().keep_confidential = true;
        w.note().from = None;
        w.note().about.push(MIA);
        w.m1().subjects.push(MIA);
    }),
    ("received in confidence", |w| w.note().onward_sharing = false),
    ("received in confidence, named", |w| {
        w.note().onward_sharing = false;
        w.m1().note_ids.push(NOTE);
    }),
    ("names others", |w| w.note().names_others = true),
    ("about a professional only", |w| {
        w.note().from = Some(TEACHER);
        w.note().about = vec![TEACHER];
    }),
    ("about a sibling, too", |w| w.note().about.push(SAM)),
    ("superseded", |w| w.note().superseded = true),
    ("beyond notes", |w| {
        w.ask.note_ids.clear();
        w.ask.subject_ids = vec![ANA];
        w.ask.information_categories = vec![InformationCategory::SchoolProvision];
    }),
    ("beyond notes, of two kinds", |w| {
        w.ask.note_ids.clear();
        w.ask.subject_ids = vec![ANA];
        w.ask.information_categories = vec![InformationCategory::Health, InformationCategory::SchoolProvision];
    }),
    ("a note and more", |w| {
        w.ask.subject_ids = vec![ANA, TEACHER];
        w.ask.information_categories = vec![InformationCategory::SchoolProvision];
    }),
    ("a teacher who is a parent", |w| {
        w.facts.family.participants.push(part(TEACHER, ParticipantRole::ServiceUser, Relation::Parent));
        w.note().about.push(TEACHER);
    }),
    ("a parent who takes part as a professional", |w| {
        w.facts.family.participants.push(part(SAM, ParticipantRole::Professional, Relation::Professional));
        w.note().about.push(SAM);
    }),
];

/// On what conditions, and to whom a copy goes.
pub const CONDITION: &[Turn] = &[
    ("no condition", |_| {}),
    ("copy to granter, none", |w| w.m1().conditions.push(condition(ConditionKind::CopyToGranter))),
    ("copy to granter", |w| {
        w.m1().conditions.push(condition(ConditionKind::CopyToGranter));
        w.copy_to(MIA);
    }),
    ("copy to the father", |w| w.copy_to(FINN)),
    ("copy to the child", |w| w.copy_to(ANA)),
    ("not before today", |w| {
        w.m1()
            .conditions
            .push(sendiass::domain::consent::Condition { not_before_on: Some(day("2026-07-10")), ..condition(ConditionKind::NotBefore) });
    }),
    ("not before tomorrow", |w| {
        w.m1()
            .conditions
            .push(sendiass::domain::consent::Condition { not_before_on: Some(day("2026-07-11")), ..condition(ConditionKind::NotBefore) });
    }),
    ("by phone only", |w| {
        w.m1()
            .conditions
            .push(sendiass::domain::consent::Condition { channels: vec![Channel::Phone], ..condition(ConditionKind::ChannelIn) });
    }),
    ("by phone or email", |w| {
        w.m1().conditions.push(sendiass::domain::consent::Condition {
            channels: vec![Channel::Phone, Channel::SecureEmail],
            ..condition(ConditionKind::ChannelIn)
        });
    }),
    ("once", |w| w.m1().conditions.push(condition(ConditionKind::OnceOnly))),
    ("once, used", |w| {
        w.m1().conditions.push(condition(ConditionKind::OnceOnly));
        w.m1().used = true;
    }),
];
