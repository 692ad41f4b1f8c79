//! The work list: whose tasks are shown, and who may do them.

use serde_json::json;

use super::*;
use crate::db;
use crate::db::tasks::NewTask;
use crate::db::testing::{Scratch, first, now, permit};
use crate::domain::case::{CaseClosure, NewReopening};
use crate::domain::ids::CaseId;
use crate::domain::staff::StaffUpdate;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{AccessReason, Outcome, Role, TaskKind};

struct Desk {
    scratch: Scratch,
    app: App,
    jo: Caller,
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

impl Desk {
    fn new() -> Self {
        let scratch = Scratch::new();
        Self { app: App::on(&scratch), jo: scratch.adviser("Jo Ashdown"), scratch }
    }

    fn task(&self, case_id: Option<CaseId>, due_on: &str, change: impl FnOnce(NewTask) -> NewTask) -> TaskId {
        let new = NewTask::new(TaskKind::PermissionEnding, case_id, uuid::Uuid::now_v7(), day(due_on));
        let (new, leave) = (change(new), permit::<act::CaseRead>(&self.jo));
        self.scratch.write(move |tx| tasks::create(tx, &leave, new, now())).unwrap()
    }

    fn list(&self, by: &Caller, filter: TaskFilter) -> Vec<TaskId> {
        let page = PageRequest { include_total: true, ..first(50) };
        let page = self.scratch.wait(self.app.list_tasks(permit(by), filter, page)).unwrap();
        assert_eq!(page.total, Some(page.items.len() as u64));
        page.items.into_iter().map(|task| task.id).collect()
    }

    fn complete(&self, by: &Caller, id: TaskId, version: i32) -> Result<Task> {
        Ok(self.scratch.wait(self.app.complete_task(permit(by), id, version, None))?.value)
    }
}

#[test]
fn tasks_are_shown_to_those_who_see_the_case_and_without_a_case_to_all() {
    let desk = Desk::new();
    let (kit, lou) = (desk.scratch.adviser("Kit Fenwick"), desk.scratch.manager("Lou Marsh", None));
    let (open, closed) = (desk.scratch.bare_case(&desk.jo, false), desk.scratch.bare_case(&desk.jo, true));
    let everywhere = desk.task(None, "2026-09-15", |new| new);
    let of_open = desk.task(Some(open), "2026-09-16", |new| new);
    let of_restricted = desk.task(Some(closed), "2026-09-17", |new| new);
    let for_manager = desk.task(Some(open), "2026-09-18", |new| NewTask { for_manager: true, ..new });
    let all = TaskFilter::default;
    assert_eq!(desk.list(&desk.jo, all()), [everywhere, of_open, of_restricted]);
    assert_eq!(desk.list(&kit, all()), [everywhere, of_open]);
    assert_eq!(desk.list(&lou, all()), [everywhere, of_open, of_restricted, for_manager]);
    let whose = |for_manager| TaskFilter { for_manager: Some(for_manager), ..all() };
    assert_eq!((desk.list(&lou, whose(true)), desk.list(&desk.jo, whose(true))), (vec![for_manager], vec![]));
    assert_eq!(desk.list(&lou, whose(false)), [everywhere, of_open, of_restricted]);
    assert!(matches!(desk.complete(&kit, of_restricted, 1), Err(Error::Db(db::Error::NotFound))));
    assert!(matches!(desk.complete(&lou, of_restricted, 1), Err(Error::Db(db::Error::AccessReasonRequired))));
    assert!(matches!(desk.complete(&kit, for_manager, 1), Err(Error::Db(db::Error::NotFound))));
}

#[test]
fn a_task_is_done_once_and_by_a_caller_who_has_seen_it() {
    let desk = Desk::new();
    let id = desk.task(None, "2026-09-15", |new| new);
    assert!(matches!(desk.complete(&desk.jo, id, 2), Err(Error::Db(db::Error::Stale { current: 1 }))));
    let done = desk.complete(&desk.jo, id, 1).unwrap();
    assert_eq!((done.status, done.version, done.completed_at), (TaskStatus::Done, 2, Some(now())));
    assert_eq!(done.completed_by.unwrap().display_name, "Jo Ashdown");
    assert!(done.allowed_actions.is_empty());
    assert!(matches!(desk.complete(&desk.jo, id, 2), Err(Error::State { rule: None, .. })));
}

#[test]
fn a_review_is_not_done_by_whoever_decided() {
    let desk = Desk::new();
    let (lou, sam) = (desk.scratch.manager("Lou Marsh", None), desk.scratch.manager("Sam Reed", None));
    let decider = lou.staff;
    let id = desk.task(None, "2026-09-15", move |new| NewTask { for_manager: true, not_by: Some(decider), ..new });
    let offered = |by: &Caller| {
        let page = desk.scratch.wait(desk.app.list_tasks(permit(by), TaskFilter::default(), first(10))).unwrap();
        page.items[0].allowed_actions.len()
    };
    assert_eq!((offered(&lou), offered(&sam)), (0, 1));
    assert!(matches!(desk.complete(&lou, id, 1), Err(Error::SamePerson(_))));
    assert!(desk.complete(&sam, id, 1).is_ok());
}

#[test]
fn the_list_is_filtered_and_ordered_by_due_day_across_pages() {
    let desk = Desk::new();
    let kit = desk.scratch.adviser("Kit Fenwick");
    let theirs = desk.scratch.bare_case(&kit, false);
    let late = desk.task(None, "2026-09-17", |new| NewTask { kind: TaskKind::ConflictReview, ..new });
    let soon = desk.task(Some(theirs), "2026-09-15", |new| new);
    let same_day = desk.task(None, "2026-09-15", |new| new);
    desk.complete(&desk.jo, same_day, 1).unwrap();
    for (filter, expected) in [
        (TaskFilter::default(), vec![soon, same_day, late]),
        (TaskFilter { status: vec![TaskStatus::Open], ..TaskFilter::default() }, vec![soon, late]),
        (TaskFilter { kind: vec![TaskKind::ConflictReview], ..TaskFilter::default() }, vec![late]),
        (TaskFilter { assigned_to: Some(kit.staff), ..TaskFilter::default() }, vec![soon]),
        (TaskFilter { due_before: Some(day("2026-09-17")), ..TaskFilter::default() }, vec![soon, same_day]),
    ] {
        assert_eq!(desk.list(&desk.jo, filter.clone()), expected, "{filter:?}");
    }
    let (mut after, mut walked) = (None, Vec::new());
    loop {
        let page = PageRequest { after, ..first(1) };
        let page = desk.scratch.wait(desk.app.list_tasks(permit(&desk.jo), TaskFilter::default(), page)).unwrap();
        walked.extend(page.items.iter().map(|task| task.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(walked, [soon, same_day, late]);
}

#[test]
fn an_open_task_of_the_same_kind_about_the_same_is_kept() {
    let desk = Desk::new();
    let about_id = uuid::Uuid::now_v7();
    let once = |at: &str| {
        let (at, leave) = (Timestamp::parse(at).unwrap(), permit::<act::CaseRead>(&desk.jo));
        let new = NewTask { for_manager: false, ..NewTask::new(TaskKind::ConflictReview, None::<CaseId>, about_id, day("2026-09-15")) };
        desk.scratch.write(move |tx| tasks::create_once(tx, &leave, new, at)).unwrap()
    };
    let first = once("2026-09-14T09:00:00Z");
    assert_eq!(once("2026-09-14T10:00:00Z"), first);
    desk.complete(&desk.jo, first, 1).unwrap();
    assert_ne!(once("2026-09-14T11:00:00Z"), first);
}

#[test]
fn about_those_who_are_one_there_is_one_task() {
    let desk = Desk::new();
    let lou = desk.scratch.manager("Lou Marsh", None);
    let person = |kind: &str| {
        let new = serde_json::from_value(json!({"kind": kind, "pseudonymous": true})).unwrap();
        desk.scratch.wait(desk.app.create_person(permit(&desk.jo), new, None)).unwrap().value.id
    };
    let (kept, merged) = (person("parent_carer"), person("anonymous"));
    let once = |about: uuid::Uuid| {
        let leave = permit::<act::CaseRead>(&desk.jo);
        let new = NewTask::new(TaskKind::ConflictReview, None::<CaseId>, about, day("2026-09-15"));
        desk.scratch.write(move |tx| tasks::create_once(tx, &leave, new, now())).unwrap()
    };
    let first = once(merged.0);
    let merge = serde_json::from_value(json!({"mergedPersonId": merged, "reason": "Gave a name."})).unwrap();
    desk.scratch.wait(desk.app.merge_people(permit(&lou), kept, 1, merge, None)).unwrap();
    assert_eq!((once(kept.0), once(merged.0)), (first, first));
    assert_ne!(once(desk.jo.staff.0), first);
}

#[test]
fn two_tasks_about_the_same_may_be_made_at_one_instant() {
    let desk = Desk::new();
    let about_id = uuid::Uuid::now_v7();
    let one = desk.task(None, "2026-09-21", |new| NewTask { about_id, ..new });
    let two = desk.task(None, "2026-09-21", |new| NewTask { about_id, ..new });
    assert_eq!(desk.list(&desk.jo, TaskFilter::default()), [one, two]);
}

#[test]
fn a_task_of_a_case_that_is_not_seen_does_not_stand_for_that_of_another() {
    let desk = Desk::new();
    let lou = desk.scratch.manager("Lou Marsh", None);
    let (hidden, seen) = (desk.scratch.bare_case(&desk.jo, true), desk.scratch.bare_case(&desk.jo, false));
    let about_id = uuid::Uuid::now_v7();
    let once = |case: CaseId| {
        let leave = permit::<act::CaseRead>(&desk.jo);
        let new = NewTask::new(TaskKind::ConflictReview, case, about_id, day("2026-09-15"));
        desk.scratch.write(move |tx| tasks::create_once(tx, &leave, new, now())).unwrap()
    };
    let (there, here) = (once(hidden), once(seen));
    assert_eq!(desk.list(&lou, TaskFilter::default()), [there, here]);
}

#[test]
fn a_manager_without_a_reason_sees_that_something_is_to_be_done_in_a_restricted_case_and_not_in_which() {
    let desk = Desk::new();
    let closed = desk.scratch.bare_case(&desk.jo, true);
    let id = desk.task(Some(closed), "2026-09-17", |new| NewTask { kind: TaskKind::ReferralRisk, for_manager: true, ..new });
    let done = desk.task(Some(closed), "2026-09-18", |new| new);
    desk.complete(&desk.jo, done, 1).unwrap();
    let lou = desk.scratch.manager("Lou Marsh", None);
    let page = desk.scratch.wait(desk.app.list_tasks(permit(&lou), TaskFilter::default(), first(10))).unwrap();
    let [task] = page.items.as_slice() else { panic!("{:?}", page.items) };
    assert_eq!((task.id, task.kind, task.case_id, task.about_id, task.allowed_actions.len()), (id, TaskKind::ReferralRisk, None, None, 0));
    // Nor by asking whose it is.
    let of_jo = TaskFilter { assigned_to: Some(desk.jo.staff), ..TaskFilter::default() };
    assert_eq!(desk.list(&lou, of_jo.clone()), []);
    assert!(matches!(desk.complete(&lou, id, 1), Err(Error::Db(db::Error::AccessReasonRequired))));
    let lou = desk.scratch.manager("Lou Marsh", Some(AccessReason::Supervision));
    assert_eq!(desk.list(&lou, of_jo), [id, done]);
    assert_eq!(desk.complete(&lou, id, 1).unwrap().case_id, Some(closed));
}

#[test]
fn a_task_about_another_case_is_for_those_who_see_both() {
    let desk = Desk::new();
    let (kit, lou) = (desk.scratch.adviser("Kit Fenwick"), desk.scratch.manager("Lou Marsh", Some(AccessReason::Supervision)));
    let (seen, hidden) = (desk.scratch.bare_case(&kit, false), desk.scratch.bare_case(&kit, true));
    let id = desk.task(Some(seen), "2026-09-17", |new| NewTask { about_id: hidden.0, ..new });
    assert_eq!((desk.list(&desk.jo, TaskFilter::default()), desk.list(&kit, TaskFilter::default())), (vec![], vec![id]));
    assert_eq!(desk.list(&lou, TaskFilter::default()), [id]);
}

#[test]
fn a_task_about_a_case_that_no_manager_sees_beside_its_own_is_for_those_who_see_its_own_and_not_about_which() {
    let desk = Desk::new();
    let manager = |name: &str| desk.scratch.manager(name, Some(AccessReason::Supervision));
    let (lou, sam) = (manager("Lou Marsh"), manager("Sam Reed"));
    let (here, there) = (desk.scratch.bare_case(&desk.jo, false), desk.scratch.bare_case(&desk.jo, false));
    let review = move |new| NewTask { kind: TaskKind::ConflictReview, for_manager: true, about_id: there.0, ..new };
    let id = desk.task(Some(here), "2026-09-17", review);
    let told = |by: &Caller| {
        let page = desk.scratch.wait(desk.app.list_tasks(permit(by), TaskFilter::default(), first(10))).unwrap();
        page.items.into_iter().map(|task| (task.id, task.case_id, task.about_id, task.allowed_actions.len())).collect::<Vec<_>>()
    };
    let keep_away = |case: CaseId, from: &Caller| {
        let (leave, member) = (permit::<act::ConcernRaise>(&desk.jo), from.staff);
        desk.scratch.write(move |tx| db::cases::keep_away(tx, &leave, case, &[member], now())).unwrap();
    };
    let (whole, half) = (vec![(id, Some(here), Some(there.0), 1)], vec![(id, Some(here), None, 1)]);
    keep_away(here, &sam);
    assert_eq!((told(&lou), told(&sam)), (whole.clone(), vec![]));
    keep_away(there, &lou);
    assert_eq!((told(&lou), told(&sam), told(&desk.jo)), (half.clone(), vec![], vec![]));
    // As soon as somebody sees both it is theirs alone, and as long as they work here.
    let kim = manager("Kim Birch");
    assert_eq!((told(&lou), told(&kim)), (vec![], whole));
    let leave = permit::<act::StaffUpdate>(&desk.scratch.caller("Ada Finch", &[Role::Administrator]));
    desk.scratch.write(move |tx| db::staff::update(tx, &leave, kim.staff, 1, &StaffUpdate { disabled: true })).unwrap();
    assert_eq!(told(&lou), half);
    assert_eq!(desk.complete(&lou, id, 1).unwrap().about_id, None);
}

#[test]
fn what_waits_in_a_case_that_no_manager_sees_is_known_to_those_who_do_and_left_to_a_manager() {
    let desk = Desk::new();
    let (kit, lou) = (desk.scratch.adviser("Kit Fenwick"), desk.scratch.manager("Lou Marsh", None));
    let (case, other) = (desk.scratch.bare_case(&desk.jo, false), desk.scratch.bare_case(&desk.jo, false));
    let decision = |case| desk.task(Some(case), "2026-09-15", |new| NewTask { kind: TaskKind::BreachAssessment, for_manager: true, ..new });
    let (id, another) = (decision(case), decision(other));
    let keep_away = |from: &Caller| {
        let (leave, member) = (permit::<act::ConcernRaise>(&desk.jo), from.staff);
        desk.scratch.write(move |tx| db::cases::keep_away(tx, &leave, case, &[member], now())).unwrap();
    };
    let told = || [&desk.jo, &kit, &lou].map(|by| desk.list(by, TaskFilter::default()));
    keep_away(&kit);
    assert_eq!(told(), [vec![], vec![], vec![id, another]]);
    // What is about another case, too, is not opened by it.
    let hidden = desk.scratch.bare_case(&kit, true);
    let half = desk.task(Some(case), "2026-09-16", |new| NewTask { about_id: hidden.0, ..new });
    keep_away(&lou);
    assert_eq!(told(), [vec![id], vec![], vec![another]]);
    let page = desk.scratch.wait(desk.app.list_tasks(permit(&desk.jo), TaskFilter::default(), first(10))).unwrap();
    assert!(page.items[0].for_manager && page.items[0].allowed_actions.is_empty());
    assert!(matches!(desk.complete(&desk.jo, id, 1), Err(Error::Forbidden)));
    // As soon as somebody manages who is not kept away it is theirs alone.
    let sam = desk.scratch.manager("Sam Reed", None);
    assert_eq!((told(), desk.list(&sam, TaskFilter::default())), ([vec![], vec![], vec![another]], vec![id, another, half]));
    assert!(desk.complete(&sam, id, 1).is_ok());
}

#[test]
fn the_keeping_of_a_closed_case_is_on_the_managers_list_for_its_review_day_or_soon_if_there_is_none() {
    let desk = Desk::new();
    let lou = desk.scratch.manager("Lou Marsh", None);
    for (born, due_on) in [(json!("2017-02-11"), "2043-01-01"), (json!(null), "2026-09-15")] {
        let mut child = json!({"kind": "child", "fullName": "Ana Thornbeck", "pseudonymous": false});
        child["dateOfBirth"] = born;
        let new = serde_json::from_value(child).unwrap();
        let child = desk.scratch.wait(desk.app.create_person(permit(&desk.jo), new, None)).unwrap().value.id;
        let case = desk.scratch.bare_case(&desk.jo, false);
        desk.scratch.subject(&desk.jo, case, child);
        let how = CaseClosure { outcome: Outcome::InformationGiven };
        let closed = desk.scratch.wait(desk.app.close_case(permit(&desk.jo), case, 1, how, None)).unwrap().value;
        let page = desk.scratch.wait(desk.app.list_tasks(permit(&lou), TaskFilter::default(), first(50))).unwrap();
        let review = page.items.into_iter().find(|task| task.about_id == Some(case.0)).unwrap();
        assert_eq!((review.kind, review.case_id, review.due_on), (TaskKind::RetentionReview, Some(case), day(due_on)));
        let why = NewReopening { reason: "They rang again.".into() };
        desk.scratch.wait(desk.app.reopen_case(permit(&desk.jo), case, closed.version, why, None)).unwrap();
        desk.scratch.wait(desk.app.close_case(permit(&desk.jo), case, closed.version + 1, how, None)).unwrap();
    }
    assert_eq!(desk.list(&lou, TaskFilter::default()).len(), 2);
    assert!(desk.list(&desk.jo, TaskFilter::default()).is_empty());
}

#[test]
fn a_task_is_shown_from_its_first_day_and_done_by_itself_after_its_last() {
    let desk = Desk::new();
    let (yesterday, today, tomorrow) = (day("2026-09-13"), day("2026-09-14"), day("2026-09-15"));
    desk.task(None, "2026-10-01", |new| NewTask { from_on: Some(tomorrow), ..new });
    let shown = desk.task(None, "2026-10-02", |new| NewTask { from_on: Some(today), until_on: Some(today), ..new });
    let about_id = uuid::Uuid::now_v7();
    let over = desk.task(None, "2026-10-03", |new| NewTask { about_id, until_on: Some(yesterday), ..new });
    let of = |status: TaskStatus| desk.list(&desk.jo, TaskFilter { status: vec![status], ..TaskFilter::default() });
    assert_eq!(
        (of(TaskStatus::Open), of(TaskStatus::Done), desk.list(&desk.jo, TaskFilter::default())),
        (vec![shown], vec![over], vec![shown, over])
    );
    assert!(matches!(desk.complete(&desk.jo, over, 1), Err(Error::State { rule: None, .. })));
    // What is over stands for nothing that is to be done now.
    let leave = permit::<act::CaseRead>(&desk.jo);
    let again = NewTask::new(TaskKind::PermissionEnding, None::<CaseId>, about_id, tomorrow);
    assert_ne!(desk.scratch.write(move |tx| tasks::create_once(tx, &leave, again, now())).unwrap(), over);
}
