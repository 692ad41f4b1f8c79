//! Somebody who is served separately has two sides (C1). What is recorded of them by those who see that case of their own stays with that
//! case. Everybody else goes on seeing, and changing, what was recorded before or by themselves, so that nothing tells them of the other
//! side. A decision knows both.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Row, cell, index_again};
use crate::authz::Scope;
use crate::db::counted::Counted;
use crate::db::error::{Error, Result};
use crate::db::schema::{participant, person};
use crate::db::scope;
use crate::db::sealed::Owner;
use crate::db::tx::Tx;
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::person::{Contact, PersonContent};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Channel, ContactKind, Vocabulary as _};

/// What one side knows of a person.
#[derive(Clone, Serialize, Deserialize)]
pub struct Known {
    /// Names, dates, needs.
    pub content: PersonContent,
    /// How they are reached.
    pub contacts: Vec<Contact>,
}

impl Known {
    /// What two records of one person tell together: this one's word counts, and the other fills its gaps.
    fn with(mut self, other: Self) -> Self {
        self.contacts.extend(other.contacts);
        Self { content: self.content.with(&other.content), ..self }
    }

    /// Whether what goes to a contact of theirs of this kind, with something sent by this channel, goes a way to be avoided: by the same channel, if
    /// it reaches such a contact, or by any that does.
    pub fn avoids_kind(&self, kind: ContactKind, sent_by: Channel) -> bool {
        let reaches = |channel: Channel| channel.contact_kinds().contains(&kind);
        if reaches(sent_by) { self.avoids(sent_by) } else { Channel::ALL.iter().any(|channel| reaches(*channel) && self.avoids(*channel)) }
    }

    /// Whether this way of reaching them is to be avoided; it binds every delivery.
    pub fn avoids(&self, channel: Channel) -> bool {
        self.content.safe_contact.as_ref().is_some_and(|rules| rules.avoid_channels.contains(&channel))
    }
}

/// What is sealed of a person as a whole.
#[derive(Serialize, Deserialize)]
pub struct Sealed {
    /// What is known to whoever sees them.
    pub known: Known,
    /// What was told in cases of their own, oldest case first.
    pub own: Vec<Own>,
}

/// Versions of different sides never meet: whoever read one changes no other by the same number (RFC 9110, 13.1.1).
const APART: i32 = 1_000_000;

/// What was told in a case of somebody's own: all that is known of them there, with its own version.
#[derive(Serialize, Deserialize)]
pub struct Own {
    /// The case.
    pub case: CaseId,
    /// The version of this side.
    pub version: i32,
    /// What is known there.
    pub known: Known,
}

impl Sealed {
    /// The side that the caller sees: that of the newest case of the person's own in their scope; none, if they see what all others see.
    pub fn seen(&self, tx: &mut Tx<'_>, scope: Scope) -> Result<Option<&Own>> {
        Ok(self.among(&scope::among(tx, scope, self.cases())?))
    }

    /// The version of a side that is begun now.
    pub fn begun(&self) -> i32 {
        self.own.iter().map(|side| side.version / APART).max().unwrap_or_default().saturating_add(1).saturating_mul(APART)
    }

    /// The cases in which something was told.
    pub fn cases(&self) -> Vec<CaseId> {
        self.own.iter().map(|side| side.case).collect()
    }

    /// The side of the newest of these cases.
    pub fn among(&self, cases: &HashSet<CaseId>) -> Option<&Own> {
        self.own.iter().rev().find(|side| cases.contains(&side.case))
    }

    /// All sides, oldest first.
    pub fn sides(&self) -> impl Iterator<Item = &Known> {
        std::iter::once(&self.known).chain(self.own.iter().map(|side| &side.known))
    }
}

impl Row {
    pub fn open(&self, tx: &mut Tx<'_>) -> Result<Sealed> {
        let sealed: Sealed = tx.open(cell(self.id), &self.sealed)?;
        if sealed.known.content.kind == self.kind { Ok(sealed) } else { Err(Error::Corrupt("person")) }
    }

    /// What the caller sees of it, with its version.
    pub fn seen(&self, tx: &mut Tx<'_>, scope: Scope) -> Result<(i32, Known)> {
        let sealed = self.open(tx)?;
        let seen = sealed.seen(tx, scope)?.map(|side| (side.version, side.known.clone()));
        Ok(seen.unwrap_or((self.version, sealed.known)))
    }
}

/// What the caller sees of each of these people, in as many queries for many as for one.
pub(super) fn seen(tx: &mut Tx<'_>, scope: Scope, rows: &[Row]) -> Result<Vec<(PersonId, Known)>> {
    tx.fetch_keys(rows.iter().map(|row| Owner::Person(row.id)))?;
    let sealed = rows.iter().map(|row| row.open(tx)).collect::<Result<Vec<Sealed>>>()?;
    let in_scope = scope::among(tx, scope, sealed.iter().flat_map(Sealed::cases).collect())?;
    let known = |(row, sealed): (&Row, Sealed)| {
        let seen = sealed.among(&in_scope).map(|side| side.known.clone());
        (row.id, seen.unwrap_or(sealed.known))
    };
    Ok(rows.iter().zip(sealed).map(known).collect())
}

/// The newest case in scope in which this person takes part and somebody is, or was, served separately: what the caller records of them belongs
/// there, also where it is somebody else who is. What she tells of her mother there is not for her mother's adviser, either.
pub fn own_case(tx: &mut Tx<'_>, scope: Scope, id: PersonId) -> Result<Option<CaseId>> {
    let everybody = Counted::among(tx, [id])?.everybody();
    let other = diesel::alias!(participant as other);
    let apart = other.filter(other.field(participant::kept_apart).eq(true)).select(other.field(participant::case_id));
    let theirs = participant::table.filter(participant::person_id.eq_any(everybody)).filter(participant::case_id.eq_any(apart));
    let theirs = theirs.filter(participant::case_id.eq_any(scope::cases(scope))).order(participant::case_id.desc());
    Ok(theirs.select(participant::case_id).first(tx.conn).optional()?)
}

/// All that is sealed of somebody.
pub fn open(tx: &mut Tx<'_>, id: PersonId) -> Result<Sealed> {
    person::table.find(id).first::<Row>(tx.conn)?.open(tx)
}

/// All that is sealed of some people.
pub struct Records {
    counted: Counted,
    /// By as whom they count.
    sealed: HashMap<PersonId, Vec<(PersonId, Sealed)>>,
}

impl Records {
    /// Opens what is sealed of these people and of whoever is one with any of them, in as many queries for many as for one.
    pub fn open(tx: &mut Tx<'_>, people: impl IntoIterator<Item = PersonId>) -> Result<Self> {
        let counted = Counted::among(tx, people)?;
        let mut rows: Vec<Row> = person::table.filter(person::id.eq_any(counted.everybody())).load(tx.conn)?;
        rows.sort_unstable_by_key(|row| (row.counts_as != row.id, row.id));
        tx.fetch_keys(rows.iter().map(|row| Owner::Person(row.id)))?;
        let mut sealed: HashMap<PersonId, Vec<(PersonId, Sealed)>> = HashMap::new();
        for row in &rows {
            sealed.entry(row.counts_as).or_default().push((row.id, row.open(tx)?));
        }
        Ok(Self { counted, sealed })
    }

    /// That of somebody and of whoever is one with them: that of the one who stays first.
    pub fn of(&self, person: PersonId) -> &[(PersonId, Sealed)] {
        self.sealed.get(&self.counted.one(person)).map_or(&[], Vec::as_slice)
    }

    /// That of everybody.
    pub fn all(&self) -> impl Iterator<Item = &(PersonId, Sealed)> + Clone {
        self.sealed.values().flatten()
    }

    /// What is known of somebody as each of their records tells it.
    fn told<'a>(&'a self, person: PersonId, known: impl Fn(&'a Sealed) -> &'a Known) -> Result<Known> {
        self.of(person).iter().map(|(_, sealed)| known(sealed).clone()).reduce(Known::with).ok_or(Error::Corrupt("person"))
    }
}

/// What is known of somebody for a decision, which does not depend on who asks: what they told last on their own, if they did.
pub fn known(tx: &mut Tx<'_>, id: PersonId) -> Result<Known> {
    Records::open(tx, [id])?.told(id, |sealed| sealed.own.last().map_or(&sealed.known, |side| &side.known))
}

/// What is known of these people in each of these cases, in as many queries for many as for one.
pub fn known_in_each(tx: &mut Tx<'_>, cases: &BTreeMap<CaseId, BTreeSet<PersonId>>) -> Result<HashMap<CaseId, BTreeMap<PersonId, Known>>> {
    let records = Records::open(tx, cases.values().flatten().copied())?;
    let known = |case: CaseId, person: PersonId| {
        let here = HashSet::from([case]);
        records.told(person, |sealed| sealed.among(&here).map_or(&sealed.known, |side| &side.known))
    };
    let each = |(case, people): (&CaseId, &BTreeSet<PersonId>)| {
        let known = people.iter().map(|person| Ok((*person, known(*case, *person)?))).collect::<Result<_>>()?;
        Ok((*case, known))
    };
    cases.iter().map(each).collect()
}

/// What those know of these people who see this case, of each by their own record: with whom somebody is one is told nowhere else (C2).
pub fn told_in(tx: &mut Tx<'_>, case: CaseId, people: &BTreeSet<PersonId>) -> Result<BTreeMap<PersonId, PersonContent>> {
    let rows: Vec<Row> = person::table.filter(person::id.eq_any(people.clone())).load(tx.conn)?;
    tx.fetch_keys(rows.iter().map(|row| Owner::Person(row.id)))?;
    let here = HashSet::from([case]);
    let told = |sealed: Sealed| {
        let side = sealed.among(&here).map(|side| side.known.clone());
        side.unwrap_or(sealed.known).content
    };
    rows.iter().map(|row| Ok((row.id, told(row.open(tx)?)))).collect()
}

/// Takes away what these people told in these cases, which are disposed of; others know the same version as before (C1). Their guards are taken (R16).
pub fn forget_sides(tx: &mut Tx<'_>, people: &[PersonId], cases: &HashSet<CaseId>) -> Result<()> {
    for id in people {
        let row: Row = person::table.find(*id).first(tx.conn)?;
        let mut told = row.open(tx)?;
        let before = told.own.len();
        told.own.retain(|side| !cases.contains(&side.case));
        if told.own.len() == before {
            continue;
        }
        let sealed = tx.seal(cell(*id), &told)?;
        diesel::update(person::table.find(*id)).set(person::sealed.eq(sealed)).execute(tx.conn)?;
        index_again(tx, *id, &told)?;
    }
    Ok(())
}

/// What is left of these people when all cases are gone in which anything was told of them: nothing of the first, and of the others who they are.
pub fn left(tx: &mut Tx<'_>, emptied: &[PersonId], by_name: &[PersonId]) -> Result<Vec<(PersonId, Option<PersonContent>)>> {
    let mut left: Vec<(PersonId, Option<PersonContent>)> = emptied.iter().map(|id| (*id, None)).collect();
    for id in by_name {
        left.push((*id, Some(open(tx, *id)?.known.content.who_they_are())));
    }
    Ok(left)
}

/// Leaves nothing else of them but their ids, which rows of other cases name. Their keys are gone; the caller has taken their guards (R16).
pub fn leave(tx: &mut Tx<'_>, people: Vec<(PersonId, Option<PersonContent>)>, now: Timestamp) -> Result<()> {
    for (id, content) in people {
        let emptied = content.is_none();
        let content = content.unwrap_or_else(PersonContent::nobody);
        let kind = content.kind;
        let told = Sealed { known: Known { content, contacts: Vec::new() }, own: Vec::new() };
        tx.create_keys_anew(Owner::Person(id), now)?;
        let sealed = tx.seal(cell(id), &told)?;
        diesel::update(person::table.find(id))
            .set((
                person::kind.eq(kind),
                person::sealed.eq(sealed),
                person::emptied.eq(emptied),
                person::by_name.eq(!emptied),
                person::version.eq(person::version + 1),
            ))
            .execute(tx.conn)?;
        index_again(tx, id, &told)?;
    }
    Ok(())
}
