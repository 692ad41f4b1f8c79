//! Whether a number or address can be used without harm (C3): what is unsafe on any side of somebody, or of whoever is one with them, is unsafe, though
//! the side on which it is used does not say so.

use super::among;
use super::sides::{Known, Sealed};
use crate::authz::Scope;
use crate::db::error::Result;
use crate::db::tx::Tx;
use crate::domain::ids::{ContactId, PersonId};
use crate::domain::person::Contact;
use crate::domain::vocabulary::Channel;

/// All sides of those who are one.
fn sides(all: &[(PersonId, Sealed)]) -> impl Iterator<Item = &Known> {
    all.iter().flat_map(|(_, sealed)| sealed.sides())
}

/// Whether no side holds this number or address unsafe, under whatever id and however it is written there (C3).
fn holds_safe(all: &[(PersonId, Sealed)], one: &Contact) -> bool {
    let one = one.contact.as_compared();
    sides(all).flat_map(|known| &known.contacts).filter(|held| held.contact.as_compared() == one).all(|held| held.contact.safe)
}

/// Whether something can be sent to this contact of theirs this way without harm. What is unsafe on any side is unsafe.
pub fn is_safe(all: &[(PersonId, Sealed)], contact: ContactId, channel: Channel) -> bool {
    let mut meant = sides(all).flat_map(|known| &known.contacts).filter(|held| held.id == contact).peekable();
    let avoided = |kind| sides(all).any(|known| known.avoids_kind(kind, channel));
    meant.peek().is_some() && meant.all(|held| holds_safe(all, held) && !avoided(held.contact.kind))
}

/// Whether something can be sent to somebody this way without harm: nothing that is known of them avoids it, and of the contacts that the caller
/// knows there is one for it that no side holds unsafe. Of those who are one, all is sealed here.
pub fn safe_by(tx: &mut Tx<'_>, scope: Scope, all: &[(PersonId, Sealed)], channel: Channel) -> Result<bool> {
    let kinds = channel.contact_kinds();
    let mut reached = kinds.is_empty();
    let in_scope = among(tx, scope, all.iter().map(|(id, _)| *id))?;
    for (_, sealed) in all.iter().filter(|(id, _)| in_scope.contains(id)) {
        let seen = sealed.seen(tx, scope)?.map_or(&sealed.known, |side| &side.known);
        reached |= seen.contacts.iter().any(|held| kinds.contains(&held.contact.kind) && holds_safe(all, held));
    }
    Ok(reached && !sides(all).any(|known| known.avoids(channel)))
}
