//! What must be known of people for a sending, whatever the caller may see of them: what gives them away, and how they can be reached.

use chrono::NaiveDate;

use super::error::Result;
use super::people;
use super::tx::Tx;
use crate::authz::{Act, Permit};
use crate::domain::ids::{ContactId, PersonId};
use crate::domain::vocabulary::{Channel, PersonKind};

/// By what somebody could be recognised in a text (C6).
#[derive(Clone)]
pub struct Identity {
    /// Every name on record.
    pub names: Vec<String>,
    /// The birth date.
    pub date_of_birth: Option<NaiveDate>,
}

/// By what this person could be recognised.
pub fn of(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, person: PersonId) -> Result<Identity> {
    let known = people::known(tx, person)?;
    Ok(Identity { names: known.content.names().map(|name| name.0.clone()).collect(), date_of_birth: known.content.date_of_birth })
}

/// As what this person is recorded.
pub fn kind(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, person: PersonId) -> Result<PersonKind> {
    Ok(people::known(tx, person)?.content.kind)
}

/// Whether a copy may go to this contact by this way: it is theirs, marked safe, and the way is not one to be avoided (C3, C9).
pub fn is_safe(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, person: PersonId, contact: ContactId, channel: Channel) -> Result<bool> {
    let known = people::known(tx, person)?;
    let avoided = known.content.safe_contact.is_some_and(|rules| rules.avoid_channels.contains(&channel));
    Ok(!avoided && known.contacts.iter().any(|held| held.id == contact && held.contact.safe))
}
