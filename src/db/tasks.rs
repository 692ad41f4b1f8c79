//! The work list. A task belongs to a case and is seen by those who see it; one without a case is seen by all casework staff. Of a restricted case a
//! service manager sees without a reason that there is something to do, and not of which case, so that nothing drops out.
//!
//! A task may be about another case than it belongs to, and is then for those who see both. Where no service manager does, those who see its own case see
//! it, and not about which other: somebody has to look. So does whoever sees a case from which every service manager is kept away: what only one of them
//! may do is not done by anybody else, but that it waits is known, and another can be appointed (section (d)). It may be about a referral, from which
//! whoever has a conflict of interest is kept away.

mod due;

pub use due::{reschedule, schedule};

use super::conn::{Conn, Engine};
use chrono::{Datelike, Days, NaiveDate};
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::counted::Counted;
use super::error::Result;
use super::schema::{case_file, referral_staff, task};
use super::scope;
use super::staff::{self, Names, stale_unless};
use super::stored::{AnyId, Day};
use super::total;
use super::tx::Tx;
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::ids::{CaseId, PersonId, StaffId, TaskId};
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::task::{Task, TaskFilter};
use crate::domain::time::{Timestamp, day_after};
use crate::domain::vocabulary::{TaskKind, TaskStatus};

mod overlooked;

use overlooked::overlooked;

/// A task to be put on the list.
#[derive(Clone, Copy, Debug)]
pub struct NewTask {
    /// Why.
    pub kind: TaskKind,
    /// The case it belongs to.
    pub case_id: Option<CaseId>,
    /// What it is about.
    pub about_id: uuid::Uuid,
    /// Whether it is for a service manager.
    pub for_manager: bool,
    /// Who may not do it, where two people are needed.
    pub not_by: Option<StaffId>,
    /// The day by which it is to be done.
    pub due_on: NaiveDate,
    /// The first day on which it is shown; at once, unless it says so.
    pub from_on: Option<NaiveDate>,
    /// The last day on which there is anything to do; from then on it is done by itself.
    pub until_on: Option<NaiveDate>,
}

impl NewTask {
    /// A task, of a case or none, for whoever does tasks of its kind.
    #[must_use]
    pub fn new(kind: TaskKind, case_id: impl Into<Option<CaseId>>, about_id: uuid::Uuid, due_on: NaiveDate) -> Self {
        let for_manager = kind.is_for_manager();
        Self { kind, case_id: case_id.into(), about_id, for_manager, not_by: None, due_on, from_on: None, until_on: None }
    }

    /// A task that is shown once its day is near: four weeks before.
    #[must_use]
    pub fn ahead(kind: TaskKind, case_id: impl Into<Option<CaseId>>, about_id: uuid::Uuid, due_on: NaiveDate) -> Self {
        Self { from_on: due_on.checked_sub_days(Days::new(28)), ..Self::new(kind, case_id, about_id, due_on) }
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = task, treat_none_as_default_value = false)]
struct Row {
    id: TaskId,
    kind: TaskKind,
    status: TaskStatus,
    case_id: Option<CaseId>,
    about_id: AnyId,
    for_manager: bool,
    not_by: Option<StaffId>,
    due_on: Day,
    from_on: Option<Day>,
    until_on: Option<Day>,
    completed_at: Option<Timestamp>,
    completed_by: Option<StaffId>,
    version: i32,
    created_at: Timestamp,
}

impl Row {
    /// As it stands on this day.
    fn view(self, names: &Names, today: NaiveDate) -> Held {
        let by_itself = self.until_on.filter(|last| self.status == TaskStatus::Open && today > last.0);
        let task = Task {
            id: self.id,
            version: self.version,
            kind: self.kind,
            status: if by_itself.is_some() { TaskStatus::Done } else { self.status },
            case_id: self.case_id,
            about_id: Some(self.about_id.0),
            for_manager: self.for_manager,
            due_on: self.due_on.0,
            completed_at: self.completed_at.or(by_itself.map(|last| Timestamp::start_of(day_after(last.0)))),
            completed_by: self.completed_by.map(|id| names.get(id)),
            created_at: self.created_at,
            allowed_actions: Vec::new(),
        };
        (task, self.not_by)
    }
}

/// A condition on a task.
type OnTask = Box<dyn BoxableExpression<task::table, Engine, SqlType = diesel::sql_types::Bool>>;

/// Whether a task is in scope: its case is, and any other case that it is about, and whoever it is for may be the caller; or nobody else would see it.
fn visible(scope: Scope, overlooked: &[TaskId]) -> OnTask {
    let seen = exists(scope::its_case(task::case_id).filter(scope::visible(scope)));
    let hidden = case_file::table.filter(case_file::id.eq(task::about_id)).filter(not(scope::visible(scope)));
    let whole = not(exists(hidden)).or(task::id.eq_any(overlooked.to_vec()));
    let kept_away = referral_staff::table.filter(referral_staff::referral_id.eq(task::about_id));
    let kept_away = exists(kept_away.filter(referral_staff::staff_id.nullable().eq(scope.staff())));
    let seen = task::case_id.is_null().or(seen).and(whole).and(not(kept_away));
    match scope {
        Scope::Nothing => Box::new(task::version.lt(0)),
        Scope::Adviser(_) => Box::new(seen.and(task::for_manager.eq(false).or(task::id.eq_any(overlooked.to_vec())))),
        Scope::Manager(..) => Box::new(seen),
    }
}

/// Puts a task on the list.
pub fn create(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, new: NewTask, now: Timestamp) -> Result<TaskId> {
    let id = TaskId::mint();
    let row = Row {
        id,
        kind: new.kind,
        status: TaskStatus::Open,
        case_id: new.case_id,
        about_id: AnyId(new.about_id),
        for_manager: new.for_manager,
        not_by: new.not_by,
        due_on: Day(new.due_on),
        from_on: new.from_on.map(Day),
        until_on: new.until_on.map(Day),
        completed_at: None,
        completed_by: None,
        version: 1,
        created_at: now,
    };
    diesel::insert_into(task::table).values(row).execute(tx.conn)?;
    Ok(id)
}

/// Puts a task on the list, unless one of its kind about the same, in the same case, is still open there. In another case it would not be
/// seen by those who see this one. About somebody is about whoever is one with them.
pub fn create_once(tx: &mut Tx<'_>, permit: &Permit<impl Act>, new: NewTask, now: Timestamp) -> Result<TaskId> {
    let ones = Counted::among(tx, [PersonId(new.about_id)])?.everybody();
    let about: Vec<AnyId> = ones.into_iter().map(|person| AnyId(person.0)).chain([AnyId(new.about_id)]).collect();
    let open = task::table
        .filter(task::kind.eq(new.kind))
        .filter(task::about_id.eq_any(about))
        .filter(open(now.day()))
        .select(task::id)
        .into_boxed();
    let open = match new.case_id {
        Some(case) => open.filter(task::case_id.eq(case)),
        None => open.filter(task::case_id.is_null()),
    };
    let open: Option<TaskId> = open.first(tx.conn).optional()?;
    match open {
        Some(kept) => Ok(kept),
        None => create(tx, permit, new, now),
    }
}

/// Tasks about this record are this case's from now on, and seen by those who see it: whether they belonged to no case or to the wrong one.
pub fn follow(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, about: uuid::Uuid, case: CaseId) -> Result<()> {
    diesel::update(task::table.filter(task::about_id.eq(AnyId(about))))
        .set((task::case_id.eq(case), task::version.eq(task::version + 1)))
        .execute(tx.conn)?;
    Ok(())
}

/// The open tasks of this kind in this case are done by what was done with it.
pub fn settle_of_case(tx: &mut Tx<'_>, permit: &Permit<impl Act>, kind: TaskKind, case: CaseId, now: Timestamp) -> Result<()> {
    settle_those(
        tx,
        permit,
        Box::new(task::case_id.assume_not_null().eq(case).and(task::case_id.is_not_null()).and(task::kind.eq(kind))),
        now,
    )
}

/// The open tasks of this kind about this record are done by what was done with it.
pub fn settle(tx: &mut Tx<'_>, permit: &Permit<impl Act>, kind: TaskKind, about: uuid::Uuid, now: Timestamp) -> Result<()> {
    settle_those(tx, permit, Box::new(task::about_id.eq(AnyId(about)).and(task::kind.eq(kind))), now)
}

fn settle_those(tx: &mut Tx<'_>, permit: &Permit<impl Act>, those: OnTask, now: Timestamp) -> Result<()> {
    let open = task::table.filter(those).filter(task::status.eq(TaskStatus::Open));
    diesel::update(open)
        .set((
            task::status.eq(TaskStatus::Done),
            task::completed_at.eq(now),
            task::completed_by.eq(permit.staff()),
            task::version.eq(task::version + 1),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Until when there is something to do about this record; what is open of this kind about it.
pub fn lasts(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, kind: TaskKind, about: uuid::Uuid, until: Option<NaiveDate>) -> Result<()> {
    let open = task::table.filter(task::about_id.eq(AnyId(about))).filter(task::kind.eq(kind)).filter(task::status.eq(TaskStatus::Open));
    diesel::update(open).set(task::until_on.eq(until.map(Day))).execute(tx.conn)?;
    Ok(())
}

/// Whether a task is to be done on this day still.
fn open(today: NaiveDate) -> OnTask {
    let lasts = task::until_on.is_null().or(task::until_on.assume_not_null().ge(Day(today)));
    Box::new(task::status.eq(TaskStatus::Open).and(lasts))
}

/// Those in scope, and those that are open in a case for which a service manager gave no reason; whose case that is is not to be asked.
fn selected(
    permit: &Permit<act::TaskRead>,
    overlooked: &[TaskId],
    filter: &TaskFilter,
    today: NaiveDate,
) -> task::BoxedQuery<'static, Engine> {
    let mut query = task::table.filter(visible(permit.scope(), overlooked)).into_boxed();
    if filter.assigned_to.is_none() {
        query = query.or_filter(visible(permit.scope().with_reason(), overlooked).and(open(today)));
    }
    query = query.filter(task::from_on.is_null().or(task::from_on.assume_not_null().le(Day(today))));
    query = match filter.status[..] {
        [TaskStatus::Open] => query.filter(open(today)),
        [TaskStatus::Done] => query.filter(not(open(today))),
        _ => query,
    };
    if !filter.kind.is_empty() {
        query = query.filter(task::kind.eq_any(filter.kind.clone()));
    }
    if let Some(staff) = filter.assigned_to {
        query = query.filter(exists(scope::its_case(task::case_id).filter(case_file::assigned_to.eq(staff))));
    }
    if let Some(wanted) = filter.for_manager {
        query = query.filter(task::for_manager.eq(wanted));
    }
    if let Some(day) = filter.due_before {
        query = query.filter(task::due_on.lt(Day(day)));
    }
    query
}

/// A task, and who may not do it.
pub type Held = (Task, Option<StaffId>);

/// Tasks in scope, the most urgent first. Those for a service manager are shown to service managers. One of a case for which the caller gave no
/// reason tells neither which nor what it is about.
pub fn list(
    tx: &mut Tx<'_>,
    permit: &Permit<act::TaskRead>,
    filter: &TaskFilter,
    page: &PageRequest,
    today: NaiveDate,
) -> Result<Page<Held>> {
    let overlooked = overlooked(tx, permit.scope())?;
    let total = total(page, || selected(permit, &overlooked, filter, today).count().get_result(tx.conn))?;
    let mut query =
        selected(permit, &overlooked, filter, today).order((task::due_on.asc(), task::id.asc())).limit(i64::from(page.limit) + 1);
    if let Some(after) = page.after {
        let day = i32::try_from(after.key).ok().and_then(NaiveDate::from_num_days_from_ce_opt).map_or(Day(NaiveDate::MAX), Day);
        query = query.filter(task::due_on.gt(day).or(task::due_on.eq(day).and(task::id.gt(TaskId(after.id)))));
    }
    let rows: Vec<Row> = query.load(tx.conn)?;
    let place = |row: &Row| After { key: i64::from(row.due_on.0.num_days_from_ce()), id: row.id.0 };
    let rows = Page::cut(rows, page, place, total);
    let seen = scope::among(tx, permit.scope(), rows.items.iter().filter_map(|row| row.case_id).collect())?;
    tx.shows(seen.iter().copied());
    let others = hidden_among(tx, permit.scope(), rows.items.iter().map(|row| row.about_id))?;
    let names = staff::names(tx, rows.items.iter().filter_map(|row| row.completed_by))?;
    Ok(rows.map(|row| {
        let known = row.case_id.is_none_or(|case| seen.contains(&case));
        let (task, not_by) = row.view(&names, today);
        let task = untold(task, &others);
        if known { (task, not_by) } else { (Task { case_id: None, about_id: None, ..task }, not_by) }
    }))
}

/// Those of these that are cases out of scope.
fn hidden_among(tx: &mut Tx<'_>, scope: Scope, about: impl Iterator<Item = AnyId>) -> Result<Vec<uuid::Uuid>> {
    let hidden = case_file::table.filter(case_file::id.eq_any(about.map(|about| CaseId(about.0)).collect::<Vec<_>>()));
    let hidden: Vec<CaseId> = hidden.filter(not(scope::visible(scope))).select(case_file::id).load(tx.conn)?;
    Ok(hidden.into_iter().map(|case| case.0).collect())
}

/// The task without the other case that it is about, if that is one of these.
fn untold(task: Task, hidden: &[uuid::Uuid]) -> Task {
    Task { about_id: task.about_id.filter(|about| !hidden.contains(about)), ..task }
}

/// A task in scope, even if somebody else is to do it.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: TaskId, today: NaiveDate) -> Result<Held> {
    let overlooked = overlooked(tx, permit.scope())?;
    let find = |conn: &mut Conn, scope| task::table.find(id).filter(visible(scope, &overlooked)).first(conn);
    let row: Row = scope::found(tx, permit.scope(), find, |row: &Row| row.case_id)?;
    let names = staff::names(tx, row.completed_by)?;
    let others = hidden_among(tx, permit.scope(), std::iter::once(row.about_id))?;
    let (task, not_by) = row.view(&names, today);
    Ok((untold(task, &others), not_by))
}

/// Marks an open task as done.
pub fn complete(tx: &mut Tx<'_>, permit: &Permit<act::TaskComplete>, id: TaskId, version: i32, now: Timestamp) -> Result<()> {
    let open = task::table.find(id).filter(task::version.eq(version)).filter(task::status.eq(TaskStatus::Open));
    let changed = diesel::update(open)
        .set((
            task::status.eq(TaskStatus::Done),
            task::completed_at.eq(now),
            task::completed_by.eq(permit.staff()),
            task::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    stale_unless(tx, changed, version + 1, |conn| Ok(task::table.find(id).select(task::version).first(conn)?))
}
