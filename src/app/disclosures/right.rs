//! The answer to a subject access request as what leaves (C9): of each case the notes that go, in the words in which they go, and what is said beside.

use std::cell::RefCell;

use super::{Request, Stop};
use crate::app::{App, Result};
use crate::authz::{Act, Permit, act};
use crate::db::counted::Counted;
use crate::db::disclosures::{self, Recording};
use crate::db::notes::HeldNote;
use crate::db::{Tx, ledger, subject_access};
use crate::domain::disclosure::{Ask, Decided, Disclosure, DisclosureContent, Facts, Failing, RefusalRule, SarFacts};
use crate::domain::ids::{CaseId, ContactId, DisclosureId, SarId};
use crate::domain::time::Timestamp;
use crate::policy::disclosure::{Grant, decide};

/// What is known of the request that is answered.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Answered {
    /// How far it is.
    pub sar: SarFacts,
    /// Whether the contact to which it goes can be reached this way without harm.
    pub safe: bool,
}

impl Answered {
    /// Puts it to the facts of the decision.
    pub(super) fn tell(self, facts: &mut Facts) {
        facts.sar = self.sar;
        if !self.safe && facts.unsafe_contacts.is_empty() {
            facts.unsafe_contacts.push(Failing::at("#/channel", RefusalRule::UnsafeContact));
        }
    }
}

impl Request {
    /// These notes of a case, which were found in scope, in the words that go.
    pub(in crate::app) fn of_right(case_id: CaseId, ask: Ask, notes: Vec<HeldNote>, answered: Answered) -> Self {
        Self { case_id, ask, notes, grounds: RefCell::default(), answers: Some(answered), conflicted: false }
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
    /// Decides about an answer that is about no case. Nothing leaves by it, and a refusal has no entry in the disclosure log: whom it is about stands
    /// there under the key of a case or not at all.
    pub(in crate::app) fn judge_without_case(
        tx: &mut Tx<'_>,
        ask: &Ask,
        answered: Answered,
        conflicted_decider: bool,
        now: Timestamp,
    ) -> Result<(), Stop> {
        let mut facts = Facts { conflicted_decider, ..Facts::default() };
        answered.tell(&mut facts);
        match decide(ask, &facts, now) {
            Ok(_) => Ok(()),
            Err(refusal) => {
                tx.refuses();
                Err(Stop::Refused(refusal, Vec::new()))
            }
        }
    }

    /// Writes that this part of the answer to a request left, to this contact.
    pub(in crate::app) fn record_answer(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::DisclosureRecord>,
        request: &Request,
        (grant, counted): (Grant, Counted),
        (sar, to): (SarId, Option<ContactId>),
    ) -> Result<DisclosureId> {
        let (id, now) = (DisclosureId::mint(), grant.decided_at());
        let decided = Decided { sar_id: Some(sar), ..self.decided(permit, request, &grant, &counted) };
        let logged = request.made(tx, permit, &self.settings, &grant, &counted, None)?;
        let content = DisclosureContent::from(&request.ask);
        let recording = Recording { id, recipient_id: None, decided, wording: None, to };
        disclosures::record(tx, permit, request.case_id, grant, &content, recording)?;
        ledger::append(tx, permit, logged, request.case_id, Some(id), now);
        Ok(id)
    }
}
