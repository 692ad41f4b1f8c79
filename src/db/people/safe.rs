//! Whether a number or address can be used without harm (C3): what is unsafe on any side of somebody, or of whoever is one with them, is unsafe, though
//! the side on which it is used does not say so. So is every way to somebody who has died: whoever has their letters now is somebody else.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::among;
use super::sides::{Known, Records, Sealed};
use crate::authz::Scope;
use crate::db::error::Result;
use crate::db::tx::Tx;
use crate::db::{participants, scope};
use crate::domain::disclosure::SentTo;
use crate::domain::ids::{CaseId, ContactId, PersonId};
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

/// Whether they have died, on whichever side that is known.
fn have_died(all: &[(PersonId, Sealed)]) -> bool {
    sides(all).any(|known| known.content.died_on.is_some())
}

/// Whether something can be sent to this contact of theirs this way without harm. What is unsafe on any side is unsafe.
pub fn is_safe(all: &[(PersonId, Sealed)], contact: ContactId, channel: Channel) -> bool {
    let mut meant = sides(all).flat_map(|known| &known.contacts).filter(|held| held.id == contact).peekable();
    let avoided = |kind| sides(all).any(|known| known.avoids_kind(kind, channel));
    !have_died(all) && meant.peek().is_some() && meant.all(|held| holds_safe(all, held) && !avoided(held.contact.kind))
}

/// What the caller sees of some records.
struct Seen {
    /// The records.
    people: HashSet<PersonId>,
    /// The cases of somebody's own of which they tell.
    cases: HashSet<CaseId>,
}

impl Seen {
    fn of<'a>(tx: &mut Tx<'_>, scope: Scope, records: impl Iterator<Item = &'a (PersonId, Sealed)> + Clone) -> Result<Self> {
        let people = among(tx, scope, records.clone().map(|(id, _)| *id))?;
        let cases = scope::among(tx, scope, records.flat_map(|(_, sealed)| sealed.cases()).collect())?;
        Ok(Self { people, cases })
    }

    /// The contacts that the caller knows of those who are one, all of whom is sealed here, by which this way reaches them and that no side holds unsafe.
    fn reached<'a>(&self, all: &'a [(PersonId, Sealed)], channel: Channel) -> Vec<&'a Contact> {
        let kinds = channel.contact_kinds();
        let known = |sealed: &'a Sealed| sealed.among(&self.cases).map_or(&sealed.known, |side| &side.known);
        let in_scope = all.iter().filter(|(id, _)| self.people.contains(id));
        let contacts = in_scope.flat_map(|(_, sealed)| &known(sealed).contacts);
        contacts.filter(|held| kinds.contains(&held.contact.kind) && holds_safe(all, held)).collect()
    }
}

/// Whether something can be sent to somebody this way without harm: nothing that is known of them avoids it, and of the contacts that the caller
/// knows there is one for it that no side holds unsafe. Of those who are one, all is sealed here.
pub fn safe_by(tx: &mut Tx<'_>, scope: Scope, all: &[(PersonId, Sealed)], channel: Channel) -> Result<bool> {
    let reached = channel.contact_kinds().is_empty() || !Seen::of(tx, scope, all.iter())?.reached(all, channel).is_empty();
    Ok(reached && !have_died(all) && !sides(all).any(|known| known.avoids(channel)))
}

/// By which case each of these records is known to those who see this case: by this one, if it takes part in it or in none; or else by the newest in which it
/// does, of those in the caller's scope.
fn homes(tx: &mut Tx<'_>, scope: Scope, records: Vec<PersonId>, here: CaseId) -> Result<HashMap<PersonId, CaseId>> {
    let parts = participants::cases_of_each(tx, &records)?;
    let seen = scope::among(tx, scope, parts.values().flatten().copied().collect())?;
    let home = |cases: &BTreeSet<CaseId>| {
        let newest = cases.iter().rev().find(|case| seen.contains(case)).or(cases.last());
        newest.filter(|_| !cases.contains(&here)).copied().unwrap_or(here)
    };
    Ok(records.into_iter().map(|record| (record, parts.get(&record).map_or(here, home))).collect())
}

/// Where something of this case goes that goes to these contacts of people, or, if it is not said to which, to any by which this way reaches them. Each with
/// the case in which it is known: this one, unless it was told in another only (C1). It takes as many queries for many people as for one.
pub fn addresses(
    tx: &mut Tx<'_>,
    scope: Scope,
    here: CaseId,
    sent: &[(PersonId, Option<ContactId>)],
    channel: Channel,
) -> Result<Vec<(CaseId, SentTo)>> {
    let records = Records::open(tx, sent.iter().map(|(person, _)| *person))?;
    let seen = Seen::of(tx, scope, records.all())?;
    let homes = homes(tx, scope, records.all().map(|(id, _)| *id).collect(), here)?;
    let mut found = Vec::new();
    for (person_id, to) in sent {
        let all = records.of(*person_id);
        let mut held: Vec<(CaseId, &Contact)> = Vec::new();
        for (record, sealed) in all {
            held.extend(homes.get(record).into_iter().flat_map(|home| sealed.known.contacts.iter().map(|contact| (*home, contact))));
            held.extend(sealed.own.iter().flat_map(|side| side.known.contacts.iter().map(|contact| (side.case, contact))));
        }
        let meant: BTreeSet<String> = match to {
            Some(to) => held.iter().filter(|(_, contact)| contact.id == *to).map(|(_, contact)| contact.contact.as_compared()).collect(),
            None => seen.reached(all, channel).into_iter().map(|contact| contact.contact.as_compared()).collect(),
        };
        // Where it is told in several cases, it is no secret of any of them.
        held.sort_by_key(|(case, _)| *case != here);
        let known = |one: &String| held.iter().find(|(_, contact)| contact.contact.as_compared() == *one);
        found.extend(meant.iter().filter_map(known).map(|(case, Contact { contact, .. })| {
            (*case, SentTo { person_id: *person_id, kind: contact.kind, value: contact.value.clone() })
        }));
    }
    Ok(found)
}
