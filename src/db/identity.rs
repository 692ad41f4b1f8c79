//! What must be known of people for a sending, whatever the caller may see of them: what gives them away, and as what they are recorded.

use chrono::NaiveDate;

use super::error::{Error, Result};
use super::people::{self, Known};
use super::tx::Tx;
use crate::authz::{Act, Permit};
use crate::domain::ids::PersonId;
use crate::domain::vocabulary::PersonKind;

/// By what somebody could be recognised in a text (C6).
#[derive(Clone)]
pub struct Identity {
    /// Every name on record.
    pub names: Vec<String>,
    /// Every birth date on record.
    pub birth_dates: Vec<NaiveDate>,
}

/// By what this person could be recognised: as far as the caller knows, and by all that is on record.
pub fn of(tx: &mut Tx<'_>, permit: &Permit<impl Act>, person: PersonId) -> Result<(Identity, Identity)> {
    let sealed = people::open(tx, person)?;
    let in_scope = !people::among(tx, permit.scope(), [person])?.is_empty();
    let seen = sealed.seen(tx, permit.scope())?.map_or(&sealed.known, |side| &side.known);
    let seen: &[&Known] = if in_scope { &[seen] } else { &[] };
    Ok((identity(seen), identity(&sealed.sides().collect::<Vec<_>>())))
}

fn identity(sides: &[&Known]) -> Identity {
    Identity {
        names: sides.iter().flat_map(|known| known.content.names()).map(|name| name.0.clone()).collect(),
        birth_dates: sides.iter().filter_map(|known| known.content.date_of_birth).collect(),
    }
}

/// As what these people are recorded, in their order.
pub fn kinds(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, people: &[PersonId]) -> Result<Vec<(PersonId, PersonKind)>> {
    let kinds = people::kinds(tx, people.iter().copied())?;
    people.iter().map(|person| Ok((*person, *kinds.get(person).ok_or(Error::NotFound)?))).collect()
}
