//! How somebody is found: by a name, a date of birth or a contact, as far as the caller sees them.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{Known, Row, cases_in, sides, visible};
use crate::authz::{Act, Permit, act};
use crate::db::counted::Counted;
use crate::db::error::Result;
use crate::db::index::{IndexKey, Term};
use crate::db::schema::{blind_index, person};
use crate::db::tx::Tx;
use crate::domain::ids::PersonId;
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::person::{PersonContent, PersonSearch, PersonSummary};
use crate::domain::spelling::{normal_contact, normal_name};

/// So many are looked through at a time,
const AT_A_TIME: i64 = 200;
/// and so often for one page: of those whom many have a term in common with, the next page shows more.
const TURNS: usize = 5;

/// What is looked for, in the forms in which it is compared.
pub(super) struct Wanted {
    name: Option<String>,
    born: Option<NaiveDate>,
    contact: Option<String>,
}

impl Wanted {
    /// What is looked for; nothing if a name or contact has nothing in it that is compared.
    pub(super) fn new(search: &PersonSearch) -> Option<Self> {
        let wanted = Self {
            name: search.name.as_ref().map(|name| normal_name(name.as_str())),
            born: search.date_of_birth,
            contact: search.contact.as_ref().map(|contact| normal_contact(contact.as_str())),
        };
        let empty = |text: &Option<String>| text.as_ref().is_some_and(String::is_empty);
        (!empty(&wanted.name) && !empty(&wanted.contact)).then_some(wanted)
    }

    /// Whoever is wanted has all of these tokens. Others may have them, too.
    pub(super) fn tokens(&self, keys: &IndexKey) -> Vec<i32> {
        // With the birth date part of a name is enough, so that only the date finds: few are born on one day, and each is compared.
        let name = self.name.as_ref().filter(|_| self.born.is_none()).map(|name| keys.token(Term::Name, name));
        let born = self.born.map(|born| keys.token(Term::Birth, &born.to_string()));
        let contact = self.contact.as_ref().map(|contact| keys.token(Term::Contact, contact));
        name.into_iter().chain(born).chain(contact).collect()
    }

    /// Whether all of it is told by these records of one person together.
    pub(super) fn is(&self, records: &[&Known]) -> bool {
        let named = |wanted: &String| {
            records.iter().flat_map(|known| known.content.names()).any(|name| {
                let name = normal_name(name.as_str());
                let words: Vec<&str> = name.split(' ').collect();
                if self.born.is_some() { wanted.split(' ').all(|word| words.contains(&word)) } else { name == *wanted }
            })
        };
        let mut contacts = records.iter().flat_map(|known| &known.contacts);
        let reached = |wanted: &String| contacts.any(|known| normal_contact(known.contact.value.as_str()) == *wanted);
        self.name.as_ref().is_none_or(named)
            && self.born.is_none_or(|born| records.iter().any(|known| known.content.date_of_birth == Some(born)))
            && self.contact.as_ref().is_none_or(reached)
    }
}

/// Notes for the access log that something of these people is shown: of the cases they take part in, as far as the caller sees those.
fn note_cases(tx: &mut Tx<'_>, permit: &Permit<impl Act>, people: impl Iterator<Item = PersonId>) -> Result<()> {
    let everybody = Counted::among(tx, people)?.everybody();
    let cases = cases_in(tx.conn, permit.scope(), everybody)?;
    tx.shows(cases);
    Ok(())
}

/// People in scope who are looked for, newest first. Tokens are short, so each hit is compared again once it is opened; that goes on until
/// the page is full, or a thousand were looked through: then the next page goes on from there, however few were found. Those who are one are found by
/// what all their records in scope tell together, and shown once, as the one who stays; if that one is not in scope, each of the others by itself, as if
/// there were no merge.
pub fn search(
    tx: &mut Tx<'_>,
    permit: &Permit<act::PersonSearch>,
    search: &PersonSearch,
    page: &PageRequest,
) -> Result<Page<PersonSummary>> {
    look_through(tx, permit, search, page, (AT_A_TIME, TURNS))
}

/// The same, of so many at a time and so often at most.
pub(super) fn look_through(
    tx: &mut Tx<'_>,
    permit: &Permit<act::PersonSearch>,
    search: &PersonSearch,
    page: &PageRequest,
    (at_a_time, turns): (i64, usize),
) -> Result<Page<PersonSummary>> {
    let Some(wanted) = Wanted::new(search) else { return Ok(Page { items: Vec::new(), next: None, total: None }) };
    let tokens = wanted.tokens(&tx.keys.index);
    let enough = usize::try_from(page.limit).unwrap_or(usize::MAX).saturating_add(1);
    let (mut found, mut left) = (Vec::new(), true);
    let mut after = page.after.map(|after| PersonId(after.id));
    for _ in 0..turns {
        let seen = person::table.filter(visible(permit.scope()));
        let mut query = seen.order(person::id.desc()).limit(at_a_time).into_boxed();
        for token in &tokens {
            let holders = blind_index::table.filter(blind_index::token.eq(*token)).select(blind_index::person_id);
            let holder = diesel::alias!(person as holder);
            let ones = holder.filter(holder.field(person::id).eq_any(holders)).select(holder.field(person::counts_as));
            query = query.filter(person::counts_as.eq_any(ones));
        }
        if let Some(after) = after {
            query = query.filter(person::id.lt(after));
        }
        let rows: Vec<Row> = query.load(tx.conn)?;
        after = rows.last().map(|row| row.id).or(after);
        left = i64::try_from(rows.len()).is_ok_and(|count| count == at_a_time);
        let groups: Vec<PersonId> = rows.iter().map(|row| row.counts_as).collect();
        let records: Vec<Row> = person::table.filter(person::counts_as.eq_any(groups)).filter(visible(permit.scope())).load(tx.conn)?;
        let known = sides::seen(tx, permit.scope(), &records)?;
        for row in &rows {
            let stays = records.iter().any(|record| record.id == row.counts_as);
            if stays && row.id != row.counts_as {
                continue;
            }
            let one = |record: &Row| if stays { record.counts_as == row.counts_as } else { record.id == row.id };
            let told: Vec<&Known> = records.iter().zip(&known).filter(|(record, _)| one(record)).map(|(_, (_, known))| known).collect();
            let own = known.iter().find(|(id, _)| *id == row.id);
            if let Some((id, own)) = own.filter(|_| wanted.is(&told)) {
                found.push(summary(*id, own.content.clone()));
            }
        }
        if !left || found.len() >= enough {
            break;
        }
    }
    let mut found = Page::cut(found, page, |person: &PersonSummary| After { key: 0, id: person.id.0 }, None);
    found.next = found.next.or(after.filter(|_| left).map(|last| After { key: 0, id: last.0 }));
    note_cases(tx, permit, found.items.iter().map(|person| person.id))?;
    Ok(found)
}

fn summary(id: PersonId, content: PersonContent) -> PersonSummary {
    PersonSummary {
        id,
        kind: content.kind,
        full_name: content.full_name,
        known_as: content.known_as,
        date_of_birth: content.date_of_birth,
        pseudonymous: content.pseudonymous,
    }
}
