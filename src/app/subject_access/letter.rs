//! The answer as a letter (C9): what is on record, the notes in the words that go, and to whom something was passed on.
//!
//! It is set anew whenever it is fetched, from what was decided and is sealed with each case. So there is no file of several cases that would outlive one
//! of them, and none that is older than what was decided.

use std::collections::{BTreeSet, HashMap};

use super::items::built;
use crate::app::receipts::named;
use crate::app::{App, Result, Settings};
use crate::authz::{Permit, act};
use crate::db::subject_access::{self, Right};
use crate::db::{Tx, disclosures, notes, recipients};
use crate::domain::disclosure::DisclosureContent;
use crate::domain::ids::{CaseId, NoteId, PersonId, SarId};
use crate::domain::legal_bundle::Enclosed;
use crate::domain::person::{Contact, PersonContent};
use crate::domain::receipt::Service;
use crate::domain::subject_access::{SarItem, SubjectAccessRequest};
use crate::domain::subject_access_letter::{PassedOn, Released, SubjectAccessLetter};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Purpose, SarItemDecision, Vocabulary as _};

type Leave = Permit<act::SarBundleFile>;

fn name_of(content: &PersonContent) -> Option<String> {
    content.full_name.as_ref().or(content.known_as.as_ref()).map(|name| name.0.clone())
}

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

/// The notes of a case that go, in the words that go.
fn released(tx: &mut Tx<'_>, permit: &Leave, case: CaseId, items: &[SarItem]) -> Result<Vec<(Timestamp, Released)>> {
    let going: HashMap<NoteId, &SarItem> = items.iter().filter(|item| item.goes()).map(|item| (item.note_id, item)).collect();
    let ids: Vec<NoteId> = going.keys().copied().collect();
    let mut released = Vec::with_capacity(ids.len());
    for held in notes::for_disclosure(tx, permit, case, &ids)? {
        let words = going.get(&held.id()).and_then(|item| item.redacted_text.clone());
        let (in_part, held) = (words.is_some(), held.redacted(words));
        let at = notes::find(tx, permit, held.id())?.content.occurred_at;
        let note = Enclosed { on: at.day(), categories: held.categories().to_vec(), words: held.content().as_str().into() };
        released.push((at, Released { note, in_part }));
    }
    Ok(released)
}

/// To whom something was passed on, by name: of a person only that they take part.
fn receiver(tx: &mut Tx<'_>, permit: &Leave, content: &DisclosureContent, requester: PersonId) -> Result<String> {
    let to = &content.recipient;
    let Some(id) = to.recipient_id else {
        return Ok(if to.person_id == Some(requester) { "You" } else { "Somebody who takes part in your case" }.to_owned());
    };
    let body = recipients::find(tx, permit, id)?;
    let team = to.team_id.and_then(|id| body.teams.iter().find(|team| team.id == id)).map(|team| team.name.as_str());
    Ok([Some(body.content.name.as_str()), team].into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn letter(
    tx: &mut Tx<'_>,
    permit: &Leave,
    settings: &Settings,
    request: &SubjectAccessRequest,
    built_at: Timestamp,
) -> Result<SubjectAccessLetter> {
    let right = Right::from(&request.content);
    let parts = subject_access::decided(tx, permit, request.id)?;
    // Of a case that somebody else has for their own by now nothing is told (C1).
    let of_right = subject_access::cases_of_right(tx, permit, right)?;
    let cases: BTreeSet<CaseId> = parts.iter().map(|part| part.case_id).filter(|case| of_right.contains(case)).collect();
    let themselves = right.subject == right.owner;
    let items = || parts.iter().flat_map(|part| &part.items);
    let mut enclosed = Vec::new();
    for part in parts.iter().filter(|part| cases.contains(&part.case_id)) {
        enclosed.extend(released(tx, permit, part.case_id, &part.items)?);
    }
    enclosed.sort_by_key(|(at, _)| *at);
    let mut passed_on = Vec::new();
    // What is beside the notes is decided by nobody, so it is for themselves only.
    let told = if themselves { &cases } else { &BTreeSet::new() };
    for (at, content) in disclosures::passed_on(tx, permit, told, (right.subject, right.requester), request.id, built_at)? {
        let to = receiver(tx, permit, &content, right.requester)?;
        passed_on.push(PassedOn { on: at.day(), to, purpose: content.purpose.unwrap_or(Purpose::Safeguarding) });
    }
    let to = named(tx, permit, [right.requester].into())?.into_values().map(|person| person.name).collect();
    let known = subject_access::on_record(tx, permit, right.subject, &cases)?;
    let about = known.as_ref().and_then(|(content, _)| name_of(content)).unwrap_or_else(|| "somebody you asked for".to_owned());
    Ok(SubjectAccessLetter {
        service: Service { name: settings.service_name.clone(), contact: settings.service_contact.clone() },
        made_on: built_at.day(),
        reference: request.id.to_string(),
        received_on: request.content.received_on,
        to,
        about: (right.subject != right.requester).then_some(about),
        on_record: known.filter(|_| themselves).map(|(content, contacts)| rows(&content, &contacts)).unwrap_or_default(),
        enclosed: enclosed.into_iter().map(|(_, released)| released).collect(),
        passed_on,
        left_out: items().any(|item| item.decision != SarItemDecision::Include),
    })
}

impl App {
    /// What the answer says, to be set as a file, once it is built.
    pub async fn sar_letter(&self, permit: Leave, id: SarId) -> Result<SubjectAccessLetter> {
        let (now, settings) = (self.clock.now(), self.settings.clone());
        self.look(permit, move |tx, permit| {
            let (request, bundle) = built(tx, permit, id, now)?;
            letter(tx, permit, &settings, &request, bundle.built_at)
        })
        .await
    }
}
