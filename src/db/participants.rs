//! Who takes part in a case. The parental responsibility they state is ids, dates and words of closed lists, so it stands as JSON.

use std::collections::{BTreeSet, HashMap};

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::conn::Conn;
use super::counted::Counted;
use super::error::Result;
use super::schema::{case_file, case_staff, participant};
use super::stored::{Day, Json};
use super::total;
use super::tx::Tx;
use super::{cases, guard, scope, staff};
use crate::authz::{Act, Permit, act};
use crate::domain::ids::{CaseId, ParticipantId, PersonId, StaffId};
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::participant::{NewParticipant, ParentalResponsibilityEntry, Participant, ParticipantContent, ParticipantUpdate};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ParticipantRole, Relation, TimelineKind};

#[derive(Queryable, Insertable)]
#[diesel(table_name = participant, treat_none_as_default_value = false)]
struct Row {
    id: ParticipantId,
    case_id: CaseId,
    person_id: PersonId,
    role: ParticipantRole,
    relation: Relation,
    parental_responsibility: Json<Vec<ParentalResponsibilityEntry>>,
    served_separately: bool,
    /// They are, or were.
    kept_apart: bool,
    ended_on: Option<Day>,
    version: i32,
    created_at: Timestamp,
    recorded_by: StaffId,
}

impl Row {
    fn view(self, names: &staff::Names) -> Participant {
        Participant {
            id: self.id,
            version: self.version,
            case_id: self.case_id,
            person_id: self.person_id,
            update: ParticipantUpdate {
                content: ParticipantContent {
                    role: self.role,
                    relation: self.relation,
                    parental_responsibility: self.parental_responsibility.0,
                    served_separately: self.served_separately,
                },
                ended_on: self.ended_on.map(|day| day.0),
            },
            created_at: self.created_at,
            recorded_by: names.get(self.recorded_by),
            allowed_actions: Vec::new(),
        }
    }
}

fn views(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<Vec<Participant>> {
    let names = staff::names(tx, rows.iter().map(|row| row.recorded_by))?;
    Ok(rows.into_iter().map(|row| row.view(&names)).collect())
}

/// Everybody who takes or took part in a case in scope, and whoever is one with any of them, each once.
pub fn people(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId) -> Result<Vec<PersonId>> {
    super::cases::require(tx, permit, case_id)?;
    let parts = participant::table.filter(participant::case_id.eq(case_id)).select(participant::person_id);
    let people: Vec<PersonId> = parts.load(tx.conn)?;
    Ok(Counted::among(tx, people)?.everybody().into_iter().collect())
}

/// The cases in which any of these people takes or took part.
pub(super) fn cases_of(tx: &mut Tx<'_>, people: &[PersonId]) -> Result<Vec<CaseId>> {
    let parts = participant::table.filter(participant::person_id.eq_any(people.to_vec()));
    Ok(parts.select(participant::case_id).distinct().load(tx.conn)?)
}

/// The cases in which each of these people takes or took part; whoever does in none is left out.
pub(super) fn cases_of_each(tx: &mut Tx<'_>, people: &[PersonId]) -> Result<HashMap<PersonId, BTreeSet<CaseId>>> {
    let parts = participant::table.filter(participant::person_id.eq_any(people.to_vec()));
    let parts: Vec<(PersonId, CaseId)> = parts.select((participant::person_id, participant::case_id)).load(tx.conn)?;
    let mut each: HashMap<PersonId, BTreeSet<CaseId>> = HashMap::new();
    for (person, case) in parts {
        each.entry(person).or_default().insert(case);
    }
    Ok(each)
}

/// The cases in which any of these people, or whoever is one with them, takes or took part and which not everybody sees: those that are restricted or
/// kept from some of the staff.
pub fn closed_cases_of(
    tx: &mut Tx<'_>,
    _permit: &Permit<impl Act>,
    people: impl IntoIterator<Item = PersonId>,
) -> Result<BTreeSet<CaseId>> {
    let everybody: Vec<PersonId> = Counted::among(tx, people)?.everybody().into_iter().collect();
    let theirs = cases_of(tx, &everybody)?;
    let kept_away = case_staff::table.filter(case_staff::standing.eq("conflicted")).select(case_staff::case_id);
    let closed = case_file::restricted.eq(true).or(case_file::id.eq_any(kept_away));
    let closed = case_file::table.filter(case_file::id.eq_any(theirs)).filter(closed).select(case_file::id);
    Ok(closed.load::<CaseId>(tx.conn)?.into_iter().collect())
}

/// Those who are, or were, served separately in this case (C1).
pub fn apart(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, case_id: CaseId) -> Result<Vec<PersonId>> {
    let apart = participant::table.filter(participant::case_id.eq(case_id)).filter(participant::kept_apart.eq(true));
    Ok(apart.select(participant::person_id).distinct().load(tx.conn)?)
}

/// The people of a case in scope, and which of them are, or were, served separately in it (C1).
pub fn sides(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId) -> Result<Vec<(PersonId, bool)>> {
    super::cases::require(tx, permit, case_id)?;
    let parts = participant::table.filter(participant::case_id.eq(case_id)).order(participant::id.asc());
    Ok(parts.select((participant::person_id, participant::kept_apart)).load(tx.conn)?)
}

/// Takes the guards of everybody who takes or took part in a case in scope, and of whoever joins it (R16): who takes part, and as what,
/// bears on what may be decided about all of them. The case is held, so that nobody else joins meanwhile.
pub fn take_guards(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId, joins: Option<PersonId>) -> Result<()> {
    let there = people(tx, permit, case_id)?;
    guard::take(tx, there.into_iter().chain(joins))
}

/// The participants of a case, in the order in which they came, whatever the caller may see: the case itself was found in scope.
pub(super) fn of(tx: &mut Tx<'_>, case_id: CaseId) -> Result<Vec<Participant>> {
    let rows = participant::table.filter(participant::case_id.eq(case_id)).order(participant::id.asc()).load::<Row>(tx.conn)?;
    views(tx, rows)
}

/// The same of several cases.
pub(super) fn of_each(tx: &mut Tx<'_>, cases: Vec<CaseId>) -> Result<HashMap<CaseId, Vec<Participant>>> {
    let rows = participant::table.filter(participant::case_id.eq_any(cases)).order(participant::id.asc()).load::<Row>(tx.conn)?;
    let mut each: HashMap<CaseId, Vec<Participant>> = HashMap::new();
    for part in views(tx, rows)? {
        each.entry(part.case_id).or_default().push(part);
    }
    Ok(each)
}

/// The participants of a case in scope, in the order in which they came.
pub fn all(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId) -> Result<Vec<Participant>> {
    super::cases::require(tx, permit, case_id)?;
    of(tx, case_id)
}

/// A page of the participants of a case in scope, in the order in which they came.
pub fn list(tx: &mut Tx<'_>, permit: &Permit<act::ParticipantList>, case_id: CaseId, page: &PageRequest) -> Result<Page<Participant>> {
    super::cases::require(tx, permit, case_id)?;
    let mut query = participant::table
        .filter(participant::case_id.eq(case_id))
        .order(participant::id.asc())
        .limit(i64::from(page.limit) + 1)
        .into_boxed();
    if let Some(after) = page.after {
        query = query.filter(participant::id.gt(ParticipantId(after.id)));
    }
    let total = total(page, || participant::table.filter(participant::case_id.eq(case_id)).count().get_result(tx.conn))?;
    let rows = query.load::<Row>(tx.conn)?;
    let rows = Page::cut(rows, page, |row| After { key: 0, id: row.id.0 }, total);
    Ok(Page { items: views(tx, rows.items)?, next: rows.next, total: rows.total })
}

/// A participant of a case in scope.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ParticipantId) -> Result<Participant> {
    let find = |conn: &mut Conn, scope| participant::table.find(id).filter(participant::case_id.eq_any(scope::cases(scope))).first(conn);
    let row: Row = scope::found(tx, permit.scope(), find, |row: &Row| [row.case_id])?;
    let names = staff::names(tx, [row.recorded_by])?;
    Ok(row.view(&names))
}

/// A participant as they are shown to whoever has just changed them, even if the case is not in their scope any longer.
pub fn written(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, id: ParticipantId) -> Result<Participant> {
    let row: Row = participant::table.find(id).first(tx.conn)?;
    let names = staff::names(tx, [row.recorded_by])?;
    Ok(row.view(&names))
}

/// Whether this person takes or took part in a case in scope, and not as a professional: in it they do not become one, whose words need nobody's
/// permission. What the case holds of them is not asked: the answer would tell whether there is a note that the caller may not read (C4).
pub fn is_of_the_family(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId, person: PersonId) -> Result<bool> {
    super::cases::require(tx, permit, case_id)?;
    let everybody = Counted::among(tx, [person])?.everybody();
    let theirs = participant::table.filter(participant::case_id.eq(case_id)).filter(participant::person_id.eq_any(everybody));
    Ok(diesel::select(exists(theirs.filter(participant::role.ne(ParticipantRole::Professional)))).get_result(tx.conn)?)
}

/// Lets somebody take part in a case in scope. The caller has taken the guards (R16).
pub fn insert(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId, new: NewParticipant, now: Timestamp) -> Result<ParticipantId> {
    super::cases::require(tx, permit, case_id)?;
    enter(tx, permit, case_id, new, now)
}

/// The same in a case that is just opened, whether or not whoever opens it will see it.
pub(super) fn enter(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case_id: CaseId,
    new: NewParticipant,
    now: Timestamp,
) -> Result<ParticipantId> {
    let NewParticipant { person_id, content } = new;
    let id = ParticipantId::mint();
    let row = Row {
        id,
        case_id,
        person_id,
        role: content.role,
        relation: content.relation,
        parental_responsibility: Json(content.parental_responsibility),
        served_separately: content.served_separately,
        kept_apart: content.served_separately,
        ended_on: None,
        version: 1,
        created_at: now,
        recorded_by: permit.staff(),
    };
    diesel::insert_into(participant::table).values(row).execute(tx.conn)?;
    Ok(id)
}

/// Changes somebody's part in a case in scope. The caller has taken the guards (R16).
pub fn update(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ParticipantUpdate>,
    id: ParticipantId,
    version: i32,
    update: ParticipantUpdate,
    now: Timestamp,
) -> Result<()> {
    let current = find(tx, permit, id)?;
    let steps = steps(&current.update, &update);
    let ParticipantUpdate { content, ended_on } = update;
    let changed = diesel::update(participant::table.find(id).filter(participant::version.eq(version)))
        .set((
            participant::role.eq(content.role),
            participant::relation.eq(content.relation),
            participant::parental_responsibility.eq(Json(content.parental_responsibility)),
            participant::served_separately.eq(content.served_separately),
            participant::kept_apart.eq(participant::kept_apart.or(content.served_separately.into_sql::<Bool>())),
            participant::ended_on.eq(ended_on.map(Day)),
            participant::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    staff::stale_unless(tx, changed, version + 1, |_| Ok(current.version))?;
    steps.into_iter().try_for_each(|kind| cases::happened_to(tx, permit, (current.case_id, id), kind, now))
}

/// What the timeline of the case tells of such a change.
fn steps(old: &ParticipantUpdate, new: &ParticipantUpdate) -> Vec<TimelineKind> {
    let turned = |before: bool, after: bool, on, off| (before != after).then_some(if after { on } else { off });
    let left = turned(old.ended_on.is_some(), new.ended_on.is_some(), TimelineKind::ParticipantLeft, TimelineKind::ParticipantReturned);
    let (before, after) = (&old.content, &new.content);
    let apart = turned(before.served_separately, after.served_separately, TimelineKind::ServedSeparately, TimelineKind::ServedTogether);
    let responsible = (before.parental_responsibility != after.parental_responsibility).then_some(TimelineKind::ResponsibilityChanged);
    [left, apart, responsible].into_iter().flatten().collect()
}
