//! Cases as their users meet them: who sees which, who may work on them, and what closing ends.
//! Over 350 lines because it follows one thing, a case, through its whole life.

use super::*;
use crate::clock::Clock;
use crate::db;
use crate::db::testing::{Scratch, first, holds, now, permit};
use crate::domain::case::NewCase;
use crate::domain::ids::{ConsentId, PersonId};
use crate::domain::page::After;
use crate::domain::participant::{NewParticipant, Participant, ParticipantUpdate};
use crate::domain::person::NewPerson;
use crate::domain::vocabulary::{AccessReason, ConsentStatus, RetentionClass};
use serde_json::{Value, json};

struct House {
    scratch: Scratch,
    app: App,
    jo: Caller,
    kit: Caller,
}

impl House {
    fn new() -> Self {
        let scratch = Scratch::new();
        Self { app: App::on(&scratch), jo: scratch.adviser("Jo Ashdown"), kit: scratch.adviser("Kit Farrow"), scratch }
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.scratch.wait(work)
    }

    fn person(&self, json: &Value) -> PersonId {
        let new: NewPerson = serde_json::from_value(json.clone()).unwrap();
        self.wait(self.app.create_person(permit(&self.jo), new, None)).unwrap().value.id
    }

    fn child(&self, born: &str) -> PersonId {
        self.person(&json!({"kind": "child", "fullName": "Isla Thornbeck", "pseudonymous": false, "dateOfBirth": born}))
    }

    fn parent(&self) -> PersonId {
        self.person(&json!({"kind": "parent_carer", "fullName": "Rowan Thornbeck", "pseudonymous": false}))
    }

    fn try_open(&self, by: &Caller, participants: &Value) -> Result<Case> {
        let new = new_case(participants);
        self.wait(self.app.open_case(permit(by), new, None)).map(|made| made.value)
    }

    fn open(&self, by: &Caller, participants: &Value) -> Case {
        self.try_open(by, participants).unwrap()
    }

    fn read(&self, by: &Caller, id: CaseId) -> Result<Case> {
        self.wait(self.app.read_case(permit(by), id))
    }

    fn listed(&self, by: &Caller) -> Vec<CaseId> {
        let page = PageRequest { include_total: true, ..first(50) };
        let page = self.wait(self.app.list_cases(permit(by), CaseFilter::default(), page)).unwrap();
        assert_eq!(page.total, Some(page.items.len() as u64));
        page.items.into_iter().map(|case| case.id).collect()
    }

    fn restrict(&self, by: &Caller, case: &Case, named: &[&Caller], conflicted: &[&Caller]) -> Result<Case> {
        let ids = |callers: &[&Caller]| callers.iter().map(|caller| caller.staff).collect();
        let wanted = CaseRestriction {
            restricted: !named.is_empty(),
            named_staff_ids: ids(named),
            conflicted_staff_ids: ids(conflicted),
            reason: "The adviser knows the family.".into(),
        };
        self.wait(self.app.restrict_case(permit(by), case.id, case.version, wanted))
    }

    fn assign(&self, by: &Caller, case: &Case, member: &Caller) -> Result<Case> {
        let wanted = CaseAssignment { staff_id: member.staff };
        self.wait(self.app.assign_case(permit(by), case.id, case.version, wanted))
    }

    fn close(&self, by: &Caller, case: &Case) -> Result<Case> {
        let how = serde_json::from_value(json!({"outcome": "agreed"})).unwrap();
        Ok(self.wait(self.app.close_case(permit(by), case.id, case.version, how, None))?.value)
    }

    fn update(&self, by: &Caller, case: &Case, change: impl FnOnce(&mut CaseUpdate) + Send + 'static) -> Result<Case> {
        let merge: Merge<CaseUpdate> = Box::new(|now| {
            let mut then = now.clone();
            change(&mut then);
            Ok(then)
        });
        self.wait(self.app.update_case(permit(by), case.id, case.version, merge))
    }

    fn change(&self, part: &Participant, change: impl FnOnce(&mut ParticipantUpdate) + Send + 'static) -> Result<Participant> {
        let merge: Merge<ParticipantUpdate> = Box::new(|now| {
            let mut then = now.clone();
            change(&mut then);
            Ok(then)
        });
        self.wait(self.app.update_participant(permit(&self.jo), part.id, part.version, merge))
    }

    fn consent(&self, case: &Case, granter: PersonId, decision: &str) -> ConsentId {
        let content = serde_json::from_value(json!({
            "granterId": granter, "subjectIds": [granter], "decision": decision, "method": "email", "evidence": {"noticeVersion": "leaflet-3"},
            "decidedAt": now(), "purposes": ["liaison"], "informationCategories": ["sen_needs"], "directions": ["outbound"],
        }))
        .unwrap();
        let (leave, case) = (permit::<act::ConsentRecord>(&self.jo), case.id);
        self.scratch.write(move |tx| db::consents::insert(tx, &leave, case, &content, Vec::new(), now())).unwrap()
    }

    fn stands(&self, id: ConsentId) -> ConsentStatus {
        let leave = permit::<act::ConsentRead>(&self.jo);
        self.scratch.read(move |tx| db::consents::find(tx, &leave, id, now())).unwrap().status
    }
}

fn new_case(participants: &Value) -> NewCase {
    serde_json::from_value(json!({
        "interventionLevel": "l2", "referralSource": "self_parent", "reasonsForContact": [{"reason": "funding", "primary": true}],
        "senNeeds": [{"type": "slcn", "rank": 1}], "setting": "mainstream", "settingName": "Larkbeck Primary", "area": "south",
        "summary": "Support plan not followed since July.", "participants": participants,
    }))
    .unwrap()
}

fn part(person: PersonId, role: &str, relation: &str, apart: bool) -> Value {
    json!({"personId": person, "role": role, "relation": relation, "servedSeparately": apart})
}

fn family(child: PersonId, parent: PersonId) -> Value {
    let mut parent = part(parent, "service_user", "parent", false);
    parent["parentalResponsibility"] = json!([{"childId": child, "value": "yes", "evidence": "self_declared"}]);
    json!([part(child, "subject", "self", false), parent])
}

fn rules(error: Error) -> Vec<(String, &'static str)> {
    match error {
        Error::Rule(faults) | Error::Invalid(faults) => faults.into_iter().map(|fault| (fault.pointer, fault.rule)).collect(),
        Error::SamePerson(fault) => vec![(fault.pointer, fault.rule)],
        other => panic!("{other:?}"),
    }
}

fn is_hidden<T: std::fmt::Debug>(answer: Result<T>) -> bool {
    matches!(answer.unwrap_err(), Error::Db(db::Error::NotFound))
}

#[test]
fn an_opened_case_is_shown_whole_and_as_read_later() {
    let house = House::new();
    let (child, parent) = (house.child("2017-02-11"), house.parent());
    let case = house.open(&house.jo, &family(child, parent));
    assert_eq!((case.reference.as_str(), case.version, case.restricted), ("IASS-2026-000001", 1, false));
    assert_eq!((case.assigned_to.id, case.opened_at), (house.jo.staff, now()));
    assert_eq!(case.retention.class, RetentionClass::Rc03ChildCasework);
    assert_eq!(case.retention.review_on, Some("2042-02-11".parse().unwrap()));
    assert_eq!(case.participants.iter().map(|part| part.person_id).collect::<Vec<_>>(), [child, parent]);
    let verbs: Vec<&str> = case.allowed_actions.iter().map(|action| action.0).collect();
    let working = [
        "update",
        "close",
        "assign",
        "add_participant",
        "add_note",
        "record_consent",
        "check_disclosure",
        "record_disclosure",
        "request_information",
        "raise_concern",
    ];
    assert_eq!(verbs, working);
    assert_eq!(house.read(&house.jo, case.id).unwrap(), case);
    assert_eq!(house.open(&house.jo, &json!([])).reference, "IASS-2026-000002");
    assert!(
        house.read(&house.scratch.manager("Lou Penhale", None), case.id).unwrap().allowed_actions.iter().any(|verb| verb.0 == "restrict")
    );
}

#[test]
fn what_was_told_stands_nowhere_in_the_clear() {
    let house = House::new();
    let case = house.open(&house.jo, &json!([]));
    let case = house.close(&house.jo, &case).unwrap();
    let why = NewReopening { reason: "Rowan rang about the autumn plan.".into() };
    house.wait(house.app.reopen_case(permit(&house.jo), case.id, case.version, why, None)).unwrap();
    let bytes = house.scratch.bytes();
    assert!(holds(&bytes, "IASS-2026-000001"));
    for told in ["Larkbeck", "Support plan", "autumn plan"] {
        assert!(!holds(&bytes, told), "{told}");
    }
}

#[test]
fn a_restricted_case_exists_only_for_its_named_staff_and_for_a_manager_with_a_reason() {
    let house = House::new();
    let (lou, with_reason) =
        (house.scratch.manager("Lou Penhale", None), house.scratch.manager("Lou Penhale", Some(AccessReason::Supervision)));
    let case = house.open(&house.jo, &family(house.child("2017-02-11"), house.parent()));
    // The manager restricts it away from themselves, and is still shown what they did.
    let case = house.restrict(&lou, &case, &[&house.jo], &[]).unwrap();
    assert_eq!((case.restricted, case.named_staff_ids.as_slice()), (true, [house.jo.staff].as_slice()));

    let participant = &case.participants[0];
    assert!(is_hidden(house.read(&house.kit, case.id)));
    assert!(is_hidden(house.update(&house.kit, &case, |_| {})));
    assert!(is_hidden(house.close(&house.kit, &case)));
    assert!(is_hidden(house.assign(&house.kit, &case, &house.kit)));
    assert!(is_hidden(house.wait(house.app.list_participants(permit(&house.kit), case.id, first(9)))));
    let (leave, id) = (permit::<act::ParticipantUpdate>(&house.kit), participant.id);
    assert!(matches!(house.scratch.read(move |tx| participants::find(tx, &leave, id)), Err(db::Error::NotFound)));
    let (leave, id) = (permit::<act::NoteAdd>(&house.kit), case.id);
    assert!(matches!(house.scratch.read(move |tx| participants::people(tx, &leave, id)), Err(db::Error::NotFound)));
    assert!(house.listed(&house.kit).is_empty());
    assert!(house.listed(&lou).is_empty());

    assert!(matches!(house.read(&lou, case.id), Err(Error::Db(db::Error::AccessReasonRequired))));
    assert_eq!(house.read(&with_reason, case.id).unwrap().id, case.id);
    assert_eq!(house.listed(&with_reason), [case.id]);
    assert_eq!(house.listed(&house.jo), [case.id]);
}

#[test]
fn a_conflict_of_interest_hides_a_case_from_a_manager_whatever_the_reason() {
    let house = House::new();
    let (lou, ash) = (house.scratch.manager("Lou Penhale", Some(AccessReason::Complaint)), house.scratch.manager("Ash Verrall", None));
    let case = house.open(&house.jo, &json!([]));
    let case = house.restrict(&ash, &case, &[], &[&lou]).unwrap();
    assert_eq!((case.restricted, case.conflicted_staff_ids.as_slice()), (false, [lou.staff].as_slice()));
    let nobody = house.restrict(&ash, &case, &[], &[&lou, &ash]).unwrap_err();
    assert_eq!(rules(nobody), [("#/conflictedStaffIds".into(), "no_manager_left")]);
    assert!(is_hidden(house.read(&lou, case.id)));
    assert!(house.listed(&lou).is_empty());
    assert_eq!(rules(house.assign(&ash, &case, &lou).unwrap_err()), [("#/staffId".into(), "conflict_of_interest")]);
    assert!(house.read(&house.kit, case.id).is_ok());
}

#[test]
fn a_restriction_that_contradicts_itself_is_refused() {
    let house = House::new();
    let (lou, gone) = (house.scratch.manager("Lou Penhale", None), Caller { staff: StaffId::mint(), ..house.kit.clone() });
    let case = house.open(&house.jo, &json!([]));
    for (named, conflicted, fault) in [
        (&[&house.kit][..], &[][..], ("#/namedStaffIds", "contradicting_fields")),
        (&[&house.jo], &[&house.jo], ("#/conflictedStaffIds/0", "contradicting_fields")),
        (&[], &[&house.jo], ("#/conflictedStaffIds/0", "contradicting_fields")),
        (&[&house.jo, &gone], &[], ("#/namedStaffIds/1", "unknown_reference")),
    ] {
        let found = rules(house.restrict(&lou, &case, named, conflicted).unwrap_err());
        assert_eq!(found, [(fault.0.to_owned(), fault.1)]);
    }
}

#[test]
fn somebody_served_separately_has_a_case_that_the_other_side_neither_sees_nor_works_on() {
    let house = House::new();
    let lou = house.scratch.manager("Lou Penhale", Some(AccessReason::Supervision));
    let (young, parent) = (house.child("2009-10-02"), house.parent());
    let theirs = house.open(&house.jo, &family(young, parent));
    let own = house.open(&house.kit, &json!([part(young, "service_user", "self", true)]));
    assert_eq!((own.restricted, own.named_staff_ids.as_slice()), (true, [house.kit.staff].as_slice()));
    assert!(is_hidden(house.read(&house.jo, own.id)));
    assert_eq!(house.listed(&house.jo), [theirs.id]);

    assert_eq!(rules(house.assign(&lou, &own, &house.jo).unwrap_err()), [("#/staffId".into(), "conflict_of_interest")]);
    assert_eq!(rules(house.assign(&house.kit, &theirs, &house.kit).unwrap_err()), [("#/staffId".into(), "conflict_of_interest")]);
    let both = house.try_open(&house.jo, &json!([part(young, "service_user", "self", true)]));
    assert_eq!(rules(both.unwrap_err()), [("#/participants".into(), "conflict_of_interest")]);
    assert_eq!(rules(house.restrict(&lou, &own, &[], &[]).unwrap_err()), [("#/restricted".into(), "contradicting_fields")]);

    // Once the other case is closed its worker is free.
    house.close(&house.jo, &theirs).unwrap();
    let assigned = house.assign(&lou, &own, &house.jo).unwrap();
    assert!(assigned.named_staff_ids.contains(&house.jo.staff));
    assert_eq!(house.read(&house.jo, own.id).unwrap().assigned_to.id, house.jo.staff);
}

#[test]
fn an_adviser_takes_a_case_for_themselves_only() {
    let house = House::new();
    let case = house.open(&house.jo, &json!([]));
    assert!(matches!(house.assign(&house.jo, &case, &house.kit), Err(Error::Forbidden)));
    let case = house.assign(&house.kit, &case, &house.kit).unwrap();
    assert_eq!((case.version, case.assigned_to.display_name.as_str()), (2, "Kit Farrow"));
    let lou = house.scratch.manager("Lou Penhale", None);
    let nobody = Caller { staff: StaffId::mint(), ..house.kit.clone() };
    assert_eq!(rules(house.assign(&lou, &case, &nobody).unwrap_err()), [("#/staffId".into(), "unknown_reference")]);
    assert_eq!(house.assign(&lou, &case, &house.jo).unwrap().assigned_to.id, house.jo.staff);
}

#[test]
fn closing_a_case_ends_its_permissions_and_reopening_revives_none() {
    let house = House::new();
    let parent = house.parent();
    let case = house.open(&house.jo, &json!([part(parent, "service_user", "parent", false)]));
    let (given, refused) = (house.consent(&case, parent, "given"), house.consent(&case, parent, "refused"));
    let elsewhere = house.open(&house.jo, &json!([part(parent, "service_user", "parent", false)]));
    let other = house.consent(&elsewhere, parent, "given");

    let closed = house.close(&house.jo, &case).unwrap();
    assert_eq!((closed.status, closed.closed_at), (CaseStatus::Closed, Some(now())));
    assert_eq!(
        closed.allowed_actions,
        ["reopen", "record_consent", "check_disclosure", "record_disclosure", "request_information", "raise_concern"]
    );
    assert!(closed.participants[0].allowed_actions.is_empty());
    // A refusal protects, and nobody took it back.
    assert_eq!([given, refused, other].map(|id| house.stands(id)), [ConsentStatus::Expired, ConsentStatus::Live, ConsentStatus::Live]);

    assert!(matches!(house.close(&house.jo, &closed), Err(Error::State { rule: Some(rule), .. }) if rule.rule == "case_closed"));
    assert!(matches!(house.update(&house.jo, &closed, |_| {}), Err(Error::State { .. })));
    let why = NewReopening { reason: "A new plan came.".into() };
    let open = house.wait(house.app.reopen_case(permit(&house.jo), case.id, closed.version, why.clone(), None)).unwrap().value;
    assert_eq!((open.status, open.closed_at, open.reopenings.len()), (CaseStatus::Open, None, 1));
    assert_eq!((open.reopenings[0].by.id, open.reopenings[0].reason.as_str()), (house.jo.staff, "A new plan came."));
    assert_eq!(house.stands(given), ConsentStatus::Expired);
    let again = house.wait(house.app.reopen_case(permit(&house.jo), case.id, open.version, why, None));
    assert!(matches!(again, Err(Error::State { .. })));
}

#[test]
fn a_case_is_not_closed_while_a_concern_awaits_its_decision() {
    let house = House::new();
    let (case, other) = (house.open(&house.jo, &json!([])), house.open(&house.jo, &json!([])));
    house.scratch.raised_concern(&house.jo, case.id);
    let refused = house.close(&house.jo, &case).unwrap_err();
    assert!(
        matches!(refused, Error::State { rule: Some(rule), allowed } if rule.rule == "not_decided" && allowed.contains(&Action::CaseUpdate))
    );
    assert_eq!(house.read(&house.jo, case.id).unwrap().status, CaseStatus::Open);
    house.close(&house.jo, &other).unwrap();
}

#[test]
fn a_change_of_an_old_version_is_stale() {
    let house = House::new();
    let case = house.open(&house.jo, &json!([]));
    let changed = house.update(&house.kit, &case, |update| update.content.summary = None).unwrap();
    assert_eq!((changed.version, &changed.content.summary), (2, &None));
    for stale in [house.update(&house.jo, &case, |_| {}), house.close(&house.jo, &case), house.assign(&house.jo, &case, &house.jo)] {
        assert!(matches!(stale, Err(Error::Db(db::Error::Stale { current: 2 }))));
    }
    let case = house.open(&house.jo, &json!([part(house.parent(), "service_user", "parent", false)]));
    let ended = house.change(&case.participants[0], |update| update.ended_on = Some(now().day())).unwrap();
    assert_eq!((ended.version, ended.update.ended_on), (2, Some(now().day())));
    let stale = house.change(&case.participants[0], |_| {});
    assert!(matches!(stale, Err(Error::Db(db::Error::Stale { current: 2 }))));
}

#[test]
fn a_case_names_an_area_of_the_service_or_the_one_it_had() {
    let house = House::new();
    let mut new = new_case(&json!([]));
    new.content.area = Some("atlantis".into());
    let refused = house.wait(house.app.open_case(permit(&house.jo), new, None)).unwrap_err();
    assert_eq!(rules(refused), [("#/area".into(), "enum")]);
    let case = house.open(&house.jo, &json!([]));
    let mut app = house.app.clone();
    app.settings.areas.clear();
    let merge: Merge<CaseUpdate> = Box::new(|now| Ok(now.clone()));
    assert!(house.wait(app.update_case(permit(&house.jo), case.id, case.version, merge)).is_ok());
}

#[test]
fn people_take_part_once_and_hold_responsibility_for_those_who_take_part() {
    let house = House::new();
    let (child, parent) = (house.child("2017-02-11"), house.parent());
    let twice = json!([part(child, "subject", "self", false), part(child, "sibling", "sibling", false)]);
    assert_eq!(rules(house.try_open(&house.jo, &twice).unwrap_err()), [("#/participants/1/personId".into(), "contradicting_fields")]);
    let nobody = json!([part(PersonId::mint(), "subject", "self", false)]);
    assert_eq!(rules(house.try_open(&house.jo, &nobody).unwrap_err()), [("#/participants/0/personId".into(), "unknown_reference")]);

    let case = house.open(&house.jo, &json!([part(parent, "service_user", "parent", false)]));
    let add = |who: &Value| {
        let new: NewParticipant = serde_json::from_value(who.clone()).unwrap();
        house.wait(house.app.add_participant(permit(&house.jo), case.id, new, None)).map(|made| made.value)
    };
    assert_eq!(rules(add(&part(parent, "other_parent", "parent", false)).unwrap_err()), [("#/personId".into(), "contradicting_fields")]);
    let holds = serde_json::from_value(json!([{"childId": child, "value": "yes"}])).unwrap();
    let entries: Vec<crate::domain::participant::ParentalResponsibilityEntry> = holds;
    let (one, other) = (entries.clone(), entries);
    let refused = house.change(&case.participants[0], |update| update.content.parental_responsibility = one).unwrap_err();
    assert_eq!(rules(refused), [("#/parentalResponsibility/0/childId".into(), "not_participant")]);
    add(&part(child, "subject", "self", false)).unwrap();
    house.change(&case.participants[0], |update| update.content.parental_responsibility = other).unwrap();
    assert_eq!(house.read(&house.jo, case.id).unwrap().participants.len(), 2);
}

#[test]
fn marking_somebody_as_served_separately_restricts_the_case_at_once() {
    let house = House::new();
    let case = house.open(&house.jo, &json!([part(house.child("2009-10-02"), "service_user", "self", false)]));
    assert!(house.read(&house.kit, case.id).is_ok());
    house.change(&case.participants[0], |update| update.content.served_separately = true).unwrap();
    assert!(is_hidden(house.read(&house.kit, case.id)));
    let read = house.read(&house.jo, case.id).unwrap();
    assert_eq!((read.restricted, read.version), (true, 2));
}

#[test]
fn a_repeated_request_opens_one_case() {
    let house = House::new();
    let request = || Some(Idempotency { route: "POST /cases".into(), key: "0123456789abcdef".into(), fingerprint: [1; 32] });
    let open = || house.wait(house.app.open_case(permit(&house.jo), new_case(&json!([])), request())).unwrap();
    let (made, again) = (open(), open());
    assert!(!made.replayed && again.replayed);
    assert_eq!(made.value, again.value);
    assert_eq!(house.listed(&house.jo), [made.value.id]);
}

#[test]
fn a_list_goes_on_where_the_page_before_ended_in_either_order() {
    let house = House::new();
    let mut cases = Vec::new();
    // Two at each instant, so that the id breaks ties.
    for hour in [9, 9, 10, 10, 11] {
        let at = crate::domain::time::Timestamp::parse(&format!("2026-09-14T{hour:02}:00:00Z")).unwrap();
        let app = App { clock: Clock::frozen(at), ..house.app.clone() };
        cases.push(house.wait(app.open_case(permit(&house.jo), new_case(&json!([])), None)).unwrap().value.id);
    }
    for oldest_first in [true, false] {
        let filter =
            CaseFilter { oldest_first, assigned_to: Some(house.jo.staff), status: vec![CaseStatus::Open], ..CaseFilter::default() };
        let (mut after, mut seen): (Option<After>, Vec<CaseId>) = (None, Vec::new());
        loop {
            let page = PageRequest { after, ..first(2) };
            let page = house.wait(house.app.list_cases(permit(&house.jo), filter.clone(), page)).unwrap();
            seen.extend(page.items.iter().map(|case| case.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut wanted = cases.clone();
        if !oldest_first {
            wanted.reverse();
        }
        assert_eq!(seen, wanted);
    }
    let filter = CaseFilter { assigned_to: Some(house.kit.staff), ..CaseFilter::default() };
    assert!(house.wait(house.app.list_cases(permit(&house.jo), filter, first(9))).unwrap().items.is_empty());
}
