//! The answer to a subject access request as what leaves (C9): of each case the notes that go, in the words in which they go.

use std::cell::RefCell;
use std::collections::HashMap;

use super::Request;
use crate::app::{App, Result};
use crate::authz::{Act, Permit, act};
use crate::db::counted::Counted;
use crate::db::disclosures::{self, Recording};
use crate::db::{Tx, ledger, notes, subject_access};
use crate::domain::disclosure::{Ask, Decided, Disclosure, DisclosureContent, Facts, Failing, RefusalRule};
use crate::domain::ids::{CaseId, DisclosureId, NoteId, SarId};
use crate::domain::text::LongText;
use crate::policy::disclosure::Grant;

/// What is known of the request that is answered.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Answered {
    /// Whether every item is decided.
    pub decided: bool,
    /// Whether the contact to which it goes can be reached this way without harm.
    pub safe: bool,
}

impl Answered {
    /// Puts it to the facts of the decision.
    pub(super) fn tell(self, facts: &mut Facts) {
        facts.sar_decided = self.decided;
        if !self.safe && facts.unsafe_contacts.is_empty() {
            facts.unsafe_contacts.push(Failing::at("#/channel", RefusalRule::UnsafeContact));
        }
    }
}

impl Request {
    /// These notes of a case in scope; of those that are redacted, the words that go.
    pub(in crate::app) fn of_right(
        tx: &mut Tx<'_>,
        permit: &Permit<act::DisclosureRecord>,
        case_id: CaseId,
        ask: Ask,
        redacted: &HashMap<NoteId, LongText>,
        answered: Answered,
    ) -> Result<Self> {
        let held = notes::for_disclosure(tx, permit, case_id, &ask.note_ids)?.into_iter();
        let notes = held.map(|note| {
            let words = redacted.get(&note.id()).cloned();
            note.redacted(words)
        });
        Ok(Self { case_id, ask, notes: notes.collect(), grounds: RefCell::default(), answers: Some(answered) })
    }
}

/// A disclosure without the request that it answered, if that is about a case that the caller does not see (C1).
pub(super) fn told(tx: &mut Tx<'_>, permit: &Permit<impl Act>, mut disclosure: Disclosure) -> Result<Disclosure> {
    if let Some(sar) = disclosure.decided.sar_id {
        disclosure.decided.sar_id = subject_access::is_seen(tx, permit, sar)?.then_some(sar);
    }
    Ok(disclosure)
}

impl App {
    /// Writes that this part of the answer to a request left.
    pub(in crate::app) fn record_answer(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::DisclosureRecord>,
        request: &Request,
        (grant, counted): (Grant, Counted),
        sar: SarId,
    ) -> Result<DisclosureId> {
        let (id, now) = (DisclosureId::mint(), grant.decided_at());
        let decided = Decided { sar_id: Some(sar), ..self.decided(permit, request, &grant, &counted) };
        let logged = request.made(tx, permit, &self.settings, &grant, &counted, None)?;
        let content = DisclosureContent::from(grant.ask());
        let recording = Recording { id, recipient_id: None, decided, wording: None };
        disclosures::record(tx, permit, request.case_id, grant, &content, recording)?;
        ledger::append(tx, permit, logged, request.case_id, Some(id), now);
        Ok(id)
    }
}
