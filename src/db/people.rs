//! People. All that is recorded of somebody is sealed as a whole under a key of their own; they are found through the blind index.
//!
//! Somebody is seen by those who see a case they take part in. Whoever takes part in no case yet is seen by all casework staff, or nobody
//! could be recorded before their case is opened. Of those who are one each record is seen by those who see a case it takes part in (C2). Of whom only
//! the id stayed when their case was disposed of is seen by nobody (C16).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::conn::{Conn, Engine};
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::counted::Counted;
use super::error::{Error, Result};
use super::index::{IndexKey, Term};
use super::schema::{blind_index, named_person, participant, person};
use super::sealed::{Cell, Owner};
use super::tx::Tx;
use super::{guard, person_merges, scope, staff};
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::ids::{CaseId, PersonId, StaffId};
use crate::domain::person::{Contact, Person, PersonContent};
use crate::domain::spelling::{normal_contact, normal_name};
use crate::domain::time::{Timestamp, age_out_on};
use crate::domain::vocabulary::PersonKind;

#[derive(Queryable, Insertable)]
#[diesel(table_name = person, treat_none_as_default_value = false)]
struct Row {
    id: PersonId,
    kind: PersonKind,
    sealed: Vec<u8>,
    version: i32,
    created_at: Timestamp,
    recorded_by: StaffId,
    /// As whom they count.
    counts_as: PersonId,
    /// Nothing but their id stayed when their case was disposed of: nobody sees them (C16).
    emptied: bool,
    /// No more than who they are stayed, because a risk names them in another case (C16, C17).
    by_name: bool,
}

fn cell(id: PersonId) -> Cell {
    Cell::of("person", id.0, Owner::Person(id))
}

pub mod facts;
mod safe;
mod search;
mod sides;

pub(super) use safe::{addresses, is_safe, safe_by};
pub use search::search;

pub(super) use sides::{Known, Records, Sealed, forget_sides, known, known_in_each, leave, left, open, own_case, told_in};

/// A condition on a person.
type OnPerson = Box<dyn BoxableExpression<person::table, Engine, SqlType = diesel::sql_types::Bool>>;

/// Whether a person is in scope: they take part in a case in scope; or in none, and then whoever is one with them takes part in one in scope, or in
/// none either, and if any case names them, one in scope does. What is told in a case that somebody does not see is not opened to them by any other
/// case of the same person.
fn visible(scope: Scope) -> OnPerson {
    let same = diesel::alias!(person as same);
    let own = || participant::table.filter(participant::person_id.eq(person::id));
    let parts = || {
        let ones = same.filter(same.field(person::counts_as).eq(person::counts_as)).select(same.field(person::id));
        participant::table.filter(participant::person_id.eq_any(ones))
    };
    match scope {
        Scope::Nothing => Box::new(person::version.lt(0)),
        seen => {
            let with_others = not(exists(parts())).or(exists(parts().filter(participant::case_id.eq_any(scope::cases(seen)))));
            let named = || named_person::table.filter(named_person::person_id.eq(person::id));
            let told = not(exists(named())).or(exists(named().filter(named_person::case_id.eq_any(scope::cases(seen)))));
            let in_none = not(exists(own())).and(with_others).and(told);
            let in_sight = exists(own().filter(participant::case_id.eq_any(scope::cases(seen)))).or(in_none);
            Box::new(person::emptied.eq(false).and(in_sight))
        }
    }
}

/// Those of these people who are in scope.
pub(super) fn among(tx: &mut Tx<'_>, scope: Scope, people: impl IntoIterator<Item = PersonId>) -> Result<HashSet<PersonId>> {
    let people: BTreeSet<PersonId> = people.into_iter().collect();
    if people.is_empty() {
        return Ok(HashSet::new());
    }
    let seen: Vec<PersonId> = person::table.filter(person::id.eq_any(people)).filter(visible(scope)).select(person::id).load(tx.conn)?;
    Ok(seen.into_iter().collect())
}

/// This person and whoever is one with them, those of them who are in scope; nobody, if this one is not, or it would tell with whom they are one.
pub(super) fn ones_in_sight(tx: &mut Tx<'_>, scope: Scope, person: PersonId) -> Result<HashSet<PersonId>> {
    let everybody = Counted::among(tx, [person])?.everybody();
    let seen = among(tx, scope, everybody)?;
    Ok(if seen.contains(&person) { seen } else { HashSet::new() })
}

/// What those know of these people who see this case, each of whom is in scope. The caller may know more of them, from a case of somebody's own: in what
/// is written for this one it does not stand (C1).
pub fn known_in(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case: CaseId,
    people: &BTreeSet<PersonId>,
) -> Result<BTreeMap<PersonId, PersonContent>> {
    require_visible(tx, permit, &people.iter().copied().collect::<Vec<_>>())?;
    told_in(tx, case, people)
}

/// Those of these people who exist and are in scope.
pub fn in_sight(tx: &mut Tx<'_>, permit: &Permit<impl Act>, people: &[PersonId]) -> Result<HashSet<PersonId>> {
    among(tx, permit.scope(), people.iter().copied())
}

/// Fails unless every one of these people exists and is in scope.
pub fn require_visible(tx: &mut Tx<'_>, permit: &Permit<impl Act>, people: &[PersonId]) -> Result<()> {
    let wanted: BTreeSet<PersonId> = people.iter().copied().collect();
    let count = i64::try_from(wanted.len()).unwrap_or(i64::MAX);
    let find = |conn: &mut Conn, scope| {
        let seen: i64 = person::table.filter(person::id.eq_any(wanted.iter().copied())).filter(visible(scope)).count().get_result(conn)?;
        if seen == count { Ok(()) } else { Err(diesel::NotFound) }
    };
    // That they exist tells nothing of their cases.
    scope::found(tx, permit.scope(), find, |()| None)
}

/// A person in scope. The access log will name the cases they take part in, as far as the caller sees those, or would see them with a reason.
fn row(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: PersonId) -> Result<Row> {
    let everybody = Counted::among(tx, [id])?.everybody();
    let find = |conn: &mut Conn, scope| {
        let row: Row = person::table.find(id).filter(visible(scope)).first(conn)?;
        Ok((row, cases_in(conn, scope, everybody.clone())?))
    };
    let (row, _) = scope::found(tx, permit.scope(), find, |(_, cases)| cases.clone())?;
    Ok(row)
}

/// Fails unless this person is in scope. The access log will name the cases as for whoever is shown.
pub fn require(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: PersonId) -> Result<()> {
    row(tx, permit, id).map(drop)
}

/// The cases in scope in which this person takes part, or whoever is one with them.
pub fn cases_of(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: PersonId) -> Result<BTreeSet<CaseId>> {
    let everybody = Counted::among(tx, [id])?.everybody();
    Ok(cases_in(tx.conn, permit.scope(), everybody)?.into_iter().collect())
}

/// The cases in a scope in which any of these people takes part.
fn cases_in(conn: &mut Conn, scope: Scope, people: BTreeSet<PersonId>) -> QueryResult<Vec<CaseId>> {
    let parts = participant::table.filter(participant::person_id.eq_any(people));
    parts.filter(participant::case_id.eq_any(scope::cases(scope))).select(participant::case_id).distinct().load(conn)
}

/// A person in scope.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: PersonId) -> Result<Person> {
    let row = row(tx, permit, id)?;
    let (version, Known { content, contacts }) = row.seen(tx, permit.scope())?;
    let names = staff::names(tx, [row.recorded_by])?;
    Ok(Person {
        id,
        version,
        age_out_on: content.date_of_birth.map(age_out_on),
        content,
        contacts,
        merges: person_merges::of(tx, permit.scope(), id)?,
        created_at: row.created_at,
        recorded_by: names.get(row.recorded_by),
        allowed_actions: Vec::new(),
    })
}

/// As what these people are recorded. It stands in the clear, so that nobody's damaged record can hold up what needs no more than that (C17).
pub(super) fn kinds(tx: &mut Tx<'_>, people: impl IntoIterator<Item = PersonId>) -> Result<HashMap<PersonId, PersonKind>> {
    let people: BTreeSet<PersonId> = people.into_iter().collect();
    Ok(person::table.filter(person::id.eq_any(people)).select((person::id, person::kind)).load(tx.conn)?.into_iter().collect())
}

/// Records a person: their keys, their guard, what is known of them, and how they are found.
pub fn insert(
    tx: &mut Tx<'_>,
    permit: &Permit<act::PersonCreate>,
    content: PersonContent,
    contacts: Vec<Contact>,
    now: Timestamp,
) -> Result<PersonId> {
    let id = PersonId::mint();
    tx.create_keys(Owner::Person(id), now)?;
    let kind = content.kind;
    let person = Sealed { known: Known { content, contacts }, own: Vec::new() };
    let sealed = tx.seal(cell(id), &person)?;
    let row =
        Row { id, kind, sealed, version: 1, created_at: now, recorded_by: permit.staff(), counts_as: id, emptied: false, by_name: false };
    diesel::insert_into(person::table).values(row).execute(tx.conn)?;
    guard::create(tx, id)?;
    index(tx, id, &person)?;
    Ok(id)
}

/// Notes that the caller is about to record something of this person. Where somebody is served separately it stays, and so does what the access log
/// tells of it: whoever may look at that of another case does not learn that anything was told here (C1).
pub fn about_to_record(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: PersonId) -> Result<()> {
    if let Some(case) = own_case(tx, permit.scope(), id)? {
        tx.stays_in(case);
    }
    Ok(())
}

/// Changes a person, on the side that the caller sees. It takes their guard, because the birth date bears on what may be decided about them
/// (R5, R16), and because both sides are one row.
pub fn update(
    tx: &mut Tx<'_>,
    permit: &Permit<act::PersonUpdate>,
    id: PersonId,
    version: i32,
    content: PersonContent,
    contacts: Vec<Contact>,
) -> Result<()> {
    require_visible(tx, permit, &[id])?;
    guard::take(tx, [id])?;
    let row = row(tx, permit, id)?;
    let mut person = row.open(tx)?;
    let known = Known { content, contacts };
    let seen = person.seen(tx, permit.scope())?.map(|side| (side.case, side.version));
    let current = seen.map_or(row.version, |(_, version)| version);
    if current != version {
        return Err(Error::Stale { current });
    }
    let (mut kind, mut open) = (row.kind, row.version);
    let own = match seen {
        Some((case, _)) => Some(case),
        None => own_case(tx, permit.scope(), id)?,
    };
    let next = if seen.is_none() && own.is_some() { person.begun() } else { version + 1 };
    if let Some(case) = own {
        tx.stays_in(case);
        person.own.retain(|side| side.case != case);
        person.own.push(sides::Own { case, version: next, known });
        person.own.sort_by_key(|side| side.case);
    } else {
        (kind, open) = (known.content.kind, next);
        person.known = known;
    }
    let sealed = tx.seal(cell(id), &person)?;
    let changed = diesel::update(person::table.find(id).filter(person::version.eq(row.version)))
        .set((person::kind.eq(kind), person::sealed.eq(sealed), person::version.eq(open)))
        .execute(tx.conn)?;
    staff::stale_unless(tx, changed, next, |_| Ok(current))?;
    index_again(tx, id, &person)
}

/// What they were looked for by before finds them no more.
fn index_again(tx: &mut Tx<'_>, id: PersonId, person: &Sealed) -> Result<()> {
    diesel::delete(blind_index::table.filter(blind_index::person_id.eq(id))).execute(tx.conn)?;
    index(tx, id, person)
}

/// They are looked for by what is known on any side; whether the caller may find them by it is seen once they are opened.
fn index(tx: &mut Tx<'_>, id: PersonId, person: &Sealed) -> Result<()> {
    for token in tokens(&tx.keys.index, person) {
        diesel::insert_into(blind_index::table).values((blind_index::token.eq(token), blind_index::person_id.eq(id))).execute(tx.conn)?;
    }
    Ok(())
}

/// By what somebody is found.
fn tokens(keys: &IndexKey, person: &Sealed) -> BTreeSet<i32> {
    let mut tokens = BTreeSet::new();
    for known in person.sides() {
        let born = known.content.date_of_birth;
        tokens.extend(born.iter().map(|born| keys.token(Term::Birth, &born.to_string())));
        tokens.extend(known.content.names().map(|name| keys.token(Term::Name, &normal_name(name.as_str()))));
        tokens.extend(known.contacts.iter().map(|known| keys.token(Term::Contact, &normal_contact(known.contact.value.as_str()))));
    }
    tokens
}

#[cfg(test)]
mod tests;
