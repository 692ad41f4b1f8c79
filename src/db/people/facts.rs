//! What a decision looks at of people, and what of that somebody knows: it knows both sides of whoever is served separately (C1, R16).

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;

use super::sides::{Known, Sealed};
use super::{Row, among};
use crate::authz::Scope;
use crate::db::error::{Error, Result};
use crate::db::schema::person;
use crate::db::sealed::Owner;
use crate::db::tx::Tx;
use crate::db::{capacity, scope};
use crate::domain::disclosure::{CapacityFact, PersonFact};
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::person::PersonContent;
use crate::domain::vocabulary::{DecisionKind, PersonKind};

/// Somebody as they are on record, with what was assessed of them and in which case of their own.
struct Whole {
    id: PersonId,
    counts_as: PersonId,
    sealed: Sealed,
    assessed: capacity::Assessed,
}

fn fact(id: PersonId, known: &Known, capacity: Vec<CapacityFact>) -> PersonFact {
    let PersonContent { kind, date_of_birth, died_on, .. } = known.content;
    PersonFact { id, kind, date_of_birth, died_on, capacity }
}

impl Whole {
    /// What is known for a decision: what they told last on their own, if they did; and that they died, on whichever side that is known.
    fn last(self) -> PersonFact {
        let died_on = self.sealed.sides().filter_map(|known| known.content.died_on).min();
        let last = self.sealed.sides().last().unwrap_or(&self.sealed.known);
        PersonFact { died_on, ..fact(self.id, last, self.assessed.iter().map(|(_, fact)| *fact).collect()) }
    }

    /// The cases of their own in which something was told or assessed.
    fn own(&self) -> impl Iterator<Item = CaseId> {
        self.assessed.iter().filter_map(|(case, _)| *case).chain(self.sealed.own.iter().map(|side| side.case))
    }

    /// What those know of them who see these cases of their own.
    fn known(&self, seen: &HashSet<CaseId>) -> PersonFact {
        let told = self.assessed.iter().filter(|(case, _)| case.is_none_or(|case| seen.contains(&case)));
        let known = self.sealed.among(seen).map_or(&self.sealed.known, |side| &side.known);
        fact(self.id, known, told.map(|(_, fact)| *fact).collect())
    }

    /// What those know of them who do not know of the record: nothing.
    fn unknown(&self) -> PersonFact {
        PersonFact { id: self.id, kind: PersonKind::Anonymous, date_of_birth: None, died_on: None, capacity: Vec::new() }
    }
}

/// All of these people, in as many queries for many as for one.
fn whole(tx: &mut Tx<'_>, people: &BTreeSet<PersonId>, kind: DecisionKind) -> Result<Vec<Whole>> {
    let rows: Vec<Row> = person::table.filter(person::id.eq_any(people.clone())).load(tx.conn)?;
    if rows.len() != people.len() {
        return Err(Error::NotFound);
    }
    tx.fetch_keys(rows.iter().map(|row| Owner::Person(row.id)))?;
    let mut assessed = capacity::facts(tx, people, kind)?;
    let whole = |row: &Row| {
        let assessed = assessed.remove(&row.id).unwrap_or_default();
        Ok(Whole { id: row.id, counts_as: row.counts_as, sealed: row.open(tx)?, assessed })
    };
    rows.iter().map(whole).collect()
}

/// What those who see each of these cases know of these people: what was told and assessed there, or by everybody else.
pub fn in_each(tx: &mut Tx<'_>, people: &BTreeSet<PersonId>, cases: &BTreeSet<CaseId>) -> Result<HashMap<CaseId, Vec<PersonFact>>> {
    let all = whole(tx, people, DecisionKind::ShareInformation)?;
    let known = |case: &CaseId| (*case, all.iter().map(|one| one.known(&HashSet::from([*case]))).collect());
    Ok(cases.iter().map(known).collect())
}

/// What the caller knows of these people, whose records are in scope; and whether any of it was told or assessed in a case of their own.
pub fn known_to(tx: &mut Tx<'_>, scope: Scope, people: &BTreeSet<PersonId>) -> Result<(Vec<PersonFact>, bool)> {
    let all = whole(tx, people, DecisionKind::ShareInformation)?;
    let seen = scope::among(tx, scope, all.iter().flat_map(Whole::own).collect())?;
    Ok((all.iter().map(|one| one.known(&seen)).collect(), !seen.is_empty()))
}

/// What a decision looks at of these people: what they told last on their own, if they did. And what the caller knows of that, of those of whom
/// something was told or assessed in a case of their own, and of those who are one with somebody in scope and are not.
pub fn all(tx: &mut Tx<'_>, scope: Scope, people: &BTreeSet<PersonId>) -> Result<(Vec<PersonFact>, Vec<PersonFact>)> {
    let all = whole(tx, people, DecisionKind::ShareInformation)?;
    let seen = scope::among(tx, scope, all.iter().flat_map(Whole::own).collect())?;
    let is_one = |one: &&Whole| all.iter().any(|other| other.id != one.id && other.counts_as == one.counts_as);
    let ones: Vec<PersonId> = all.iter().filter(is_one).map(|one| one.id).collect();
    let in_scope = among(tx, scope, ones.iter().copied())?;
    let (mut facts, mut known_less) = (Vec::with_capacity(all.len()), Vec::new());
    for one in all {
        if ones.contains(&one.id) && !in_scope.contains(&one.id) {
            known_less.push(one.unknown());
        } else if one.own().next().is_some() {
            known_less.push(one.known(&seen));
        }
        facts.push(one.last());
    }
    Ok((facts, known_less))
}

/// What bears on whether somebody may ask for what is held about one of these people: what they told last on their own, if they did, and what was
/// assessed of that decision (C9).
pub fn of_asking(tx: &mut Tx<'_>, people: &BTreeSet<PersonId>) -> Result<Vec<PersonFact>> {
    Ok(whole(tx, people, DecisionKind::SubjectAccess)?.into_iter().map(Whole::last).collect())
}
