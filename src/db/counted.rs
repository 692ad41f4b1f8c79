//! As whom people count (C2). Whoever was found to be somebody else on record counts as that one, in every decision, list and search; all that
//! was ever recorded keeps the id under which it was recorded, so that a merge is taken back by one word, and nothing has to be written again.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use super::error::Result;
use super::schema::person;
use super::tx::Tx;
use crate::domain::counting::Counting;
use crate::domain::ids::PersonId;

/// Some people, with everybody who counts as the same as one of them.
#[derive(Debug, Default)]
pub struct Counted {
    /// As whom each of them counts.
    ones: HashMap<PersonId, PersonId>,
}

impl Counted {
    /// These people, and whoever is one with any of them.
    pub fn among(tx: &mut Tx<'_>, people: impl IntoIterator<Item = PersonId>) -> Result<Self> {
        let people: BTreeSet<PersonId> = people.into_iter().collect();
        if people.is_empty() {
            return Ok(Self::default());
        }
        let named = diesel::alias!(person as named);
        let ones = named.filter(named.field(person::id).eq_any(people)).select(named.field(person::counts_as));
        let rows: Vec<(PersonId, PersonId)> =
            person::table.filter(person::counts_as.eq_any(ones)).select((person::id, person::counts_as)).load(tx.conn)?;
        Ok(Self { ones: rows.into_iter().collect() })
    }

    /// The same facts with everybody as whom they count, and as whom that is.
    pub fn counting<T: Counting + Clone>(tx: &mut Tx<'_>, facts: T) -> Result<(T, Self)> {
        let named = RefCell::new(BTreeSet::new());
        let counted = |person| {
            named.borrow_mut().insert(person);
            person
        };
        // Whoever is named is found as they will be counted.
        drop(facts.clone().counting(&counted));
        let counted = Self::among(tx, named.into_inner())?;
        Ok((facts.counting(&|person| counted.one(person)), counted))
    }

    /// As whom somebody counts; whoever was not asked about counts as themselves.
    #[must_use]
    pub fn one(&self, person: PersonId) -> PersonId {
        self.ones.get(&person).copied().unwrap_or(person)
    }

    /// Whether these two are one.
    #[must_use]
    pub fn same(&self, one: PersonId, other: PersonId) -> bool {
        self.one(one) == self.one(other)
    }

    /// Everybody, in the order of their ids.
    #[must_use]
    pub fn everybody(&self) -> BTreeSet<PersonId> {
        self.ones.keys().copied().collect()
    }
}
