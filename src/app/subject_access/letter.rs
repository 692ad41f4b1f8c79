//! The answer as a letter (C9): what is on record, the notes in the words that go, and to whom something was passed on.
//!
//! Until it is sent it is set anew whenever it is fetched, from what was decided. When it is sent, what it says of each case is kept with that case, and
//! from then on it is set from that: no file of several cases outlives one of them, and none says something else than what left.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use super::items::built;
use crate::app::receipts::named;
use crate::app::{App, Result, Settings};
use crate::authz::{Act, Permit, act};
use crate::db::notes::HeldNote;
use crate::db::subject_access::{self, Part, Right};
use crate::db::{Tx, disclosures, notes, recipients};
use crate::domain::disclosure::DisclosureContent;
use crate::domain::ids::{CaseId, PersonId, RecipientId, SarId};
use crate::domain::legal_bundle::Enclosed;
use crate::domain::person::{Contact, PersonContent};
use crate::domain::receipt::Service;
use crate::domain::recipient::Recipient;
use crate::domain::subject_access::{SarItem, SubjectAccessRequest};
use crate::domain::subject_access_letter::{Cover, OfCase, PassedOn, Released, SubjectAccessLetter};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Purpose, SarItemDecision, Vocabulary as _};

/// What is on record beside the notes.
fn rows(content: &PersonContent, contacts: &[Contact]) -> Vec<(String, Vec<String>)> {
    let text = |name: &str, value: Option<String>| (name.to_owned(), value.into_iter().collect());
    let mut rows = vec![
        text("Name", content.full_name.as_ref().map(|name| name.0.clone())),
        text("Known as", content.known_as.as_ref().map(|name| name.0.clone())),
        text("Date of birth", content.date_of_birth.map(|day| day.format("%-d %B %Y").to_string())),
    ];
    rows.extend([
        ("Former names".to_owned(), content.former_names.iter().map(|name| name.0.clone()).collect()),
        text("Pronouns", content.pronouns.as_ref().map(|name| name.0.clone())),
        text("Language", content.preferred_language.as_ref().map(|name| name.0.clone())),
        text("What helps", content.communication_needs.as_ref().map(|needs| needs.0.clone())),
    ]);
    let reached = contacts.iter().map(|held| format!("{}: {}", held.contact.kind.label(), held.contact.value.as_str()));
    rows.push(("Contact".to_owned(), reached.collect()));
    rows.retain(|(_, values): &(String, Vec<String>)| !values.is_empty());
    rows
}

/// These notes, in the words that go.
fn in_words(held: Vec<HeldNote>, items: &[SarItem]) -> Vec<HeldNote> {
    let going = items.iter().filter(|item| item.goes());
    held.into_iter().zip(going).map(|(note, item)| note.redacted(item.redacted_text.clone())).collect()
}

/// The same as they are enclosed.
fn released(notes: &[HeldNote]) -> Vec<(Timestamp, Released)> {
    let enclosed = |held: &HeldNote| {
        let at = held.occurred_at();
        let note = Enclosed { on: at.day(), categories: held.categories().to_vec(), words: held.content().as_str().into() };
        (at, Released { note, in_part: held.is_redacted() })
    };
    notes.iter().map(enclosed).collect()
}

/// Bodies of the register, each looked up once.
type Bodies = HashMap<RecipientId, Recipient>;

/// To whom something was passed on, by name: of a person only that they take part.
fn receiver(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    known: &mut Bodies,
    content: &DisclosureContent,
    requester: PersonId,
) -> Result<String> {
    let to = &content.recipient;
    let Some(id) = to.recipient_id else {
        return Ok(if to.person_id == Some(requester) { "You" } else { "Somebody who takes part in your case" }.to_owned());
    };
    let body = match known.entry(id) {
        Entry::Occupied(body) => body.into_mut(),
        Entry::Vacant(new) => new.insert(recipients::find(tx, permit, id)?),
    };
    let team = to.team_id.and_then(|id| body.teams.iter().find(|team| team.id == id)).map(|team| team.name.as_str());
    Ok([Some(body.content.name.as_str()), team].into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// What the answer says of a case, with the notes it encloses.
pub(super) struct Said {
    /// The case.
    pub case_id: CaseId,
    /// What it says.
    pub of_case: OfCase,
    /// Its notes that go, in the words that go.
    pub notes: Vec<HeldNote>,
}

/// What the answer says of each of these cases, by what was decided and by what is on record now; what was passed on, until it was built.
pub(super) fn said(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    request: &SubjectAccessRequest,
    built_at: Timestamp,
    cases: &BTreeSet<CaseId>,
    parts: &[Part],
) -> Result<Vec<Said>> {
    let right = Right::from(&request.content);
    // What is beside the notes is decided by nobody, so it is for themselves only.
    let themselves = right.subject == right.owner;
    let told = if themselves { cases } else { &BTreeSet::new() };
    let mut told = disclosures::passed_on(tx, permit, told, (right.subject, right.requester), request.id, built_at)?;
    let parts: Vec<&Part> = parts.iter().filter(|part| cases.contains(&part.case_id)).collect();
    let mut held = notes::for_disclosure_in(tx, permit, &parts.iter().map(|part| (part.case_id, part.going())).collect())?;
    let (mut all, mut bodies) = (Vec::with_capacity(cases.len()), Bodies::new());
    for part in parts {
        let notes = in_words(held.remove(&part.case_id).unwrap_or_default(), &part.items);
        let mut passed_on = Vec::new();
        for (at, content) in told.remove(&part.case_id).unwrap_or_default() {
            let to = receiver(tx, permit, &mut bodies, &content, right.requester)?;
            passed_on.push((at, PassedOn { on: at.day(), to, purpose: content.purpose.unwrap_or(Purpose::Safeguarding) }));
        }
        let left_out = part.items.iter().any(|item| item.decision != SarItemDecision::Include);
        let of_case = OfCase { enclosed: released(&notes), passed_on, left_out, ..OfCase::default() };
        all.push(Said { case_id: part.case_id, of_case, notes });
    }
    let newest = cases.last().and_then(|newest| all.iter_mut().find(|said| said.case_id == *newest));
    if let (Some(said), Some((content, contacts))) = (newest, subject_access::on_record(tx, permit, right.subject, cases)?) {
        said.of_case.about = content.called().filter(|_| right.subject != right.requester).map(|name| name.0.clone());
        said.of_case.on_record = if themselves { rows(&content, &contacts) } else { Vec::new() };
    }
    Ok(all)
}

/// Who writes to whom, as it is on record now.
pub(super) fn cover(tx: &mut Tx<'_>, permit: &Permit<impl Act>, settings: &Settings, requester: PersonId) -> Result<Cover> {
    let to = named(tx, permit, [requester].into())?.into_values().map(|person| person.name).collect();
    let service = Service { name: settings.service_name.clone(), contact: settings.service_contact.clone() };
    Ok(Cover { service, to })
}

impl App {
    /// What the answer says, to be set as a file, once it is built; from when it was sent on, what it said then, as far as its cases are still there. It is
    /// for those who may read all its notes (C4).
    pub async fn sar_letter(&self, permit: Permit<act::SarBundleFile>, id: SarId) -> Result<SubjectAccessLetter> {
        let (now, settings) = (self.clock.now(), self.settings.clone());
        self.look(permit, move |tx, permit| {
            let (request, bundle) = built(tx, permit, id, now)?;
            let (parts, sent) = subject_access::decided(tx, permit, id)?;
            let (cover, of_cases) = if let Some(cover) = sent {
                for part in &parts {
                    notes::require(tx, permit, part.case_id, &part.going())?;
                }
                (cover, parts.into_iter().filter_map(|part| part.said).collect())
            } else {
                let cases = subject_access::cases_of_right(tx, permit, Right::from(&request.content))?;
                let said = said(tx, permit, &request, bundle.built_at, &cases, &parts)?;
                let cover = cover(tx, permit, &settings, request.content.requester_id)?;
                (cover, said.into_iter().map(|said| said.of_case).collect())
            };
            Ok(SubjectAccessLetter::of(&request, bundle.built_at, cover, of_cases))
        })
        .await
    }
}
