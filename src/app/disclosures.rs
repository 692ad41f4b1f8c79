//! Passing information on: the one exit (C3), and the question before it (C11).

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::concerns::role;
use super::{App, Error, Result, allowed};
use crate::authz::{Act, Action, Permit, act};
use crate::db::counted::Counted;
use crate::db::disclosures::{self, Recording};
use crate::db::notes::{self, HeldNote};
use crate::db::{self, Tx, concerns, facts, ledger, recipients, tasks};
use crate::domain::action::Clause;
use crate::domain::disclosure::{
    Annotation, Ask, AskRecipient, CheckReason, CopyTo, Decided, Disclosure, DisclosureCheck, DisclosureContent, DisclosureRecipient,
    DisclosureSummary, LogEntryRef, NewAnnotation, NewDisclosure, NewDisclosureCheck, PolicyRef,
};
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, DisclosureId, EntryId, LegalRequestId, NoteId, PersonId};
use crate::domain::legal_request::LegalCopy;
use crate::domain::page::{Page, PageRequest};
use crate::domain::text::LongText;
use crate::domain::vocabulary::{AnnotationKind, Basis, DisclosureLogKind, InformationCategory, TaskKind, ToldSubject, Vocabulary};
use crate::ledger::DisclosureEntry;
use crate::policy::deadlines;
use crate::policy::disclosure::{Grant, GrantedCopy, decide};
use crate::policy::safeguarding::withheld_until;

mod anonymous;
mod entry;
mod exit;
mod follow_up;
mod naming;
mod request;
mod right;

pub(super) use exit::Stop;
pub(super) use request::recipient_fault;
pub(super) use right::Answered;

/// So many pairs of item and kind of information leave at once: their commitments must fit one entry of the log. A risk may be more (C17).
pub(super) const MOST_ITEMS: usize = 400;

const ACTIONS: &[Action] = &[Action::DisclosureAnnotate];

/// What is asked of a case, with the notes it names, opened once.
pub(super) struct Request {
    case_id: CaseId,
    ask: Ask,
    notes: Vec<HeldNote>,
    /// What is kept of it, so that it can be decided again.
    grounds: RefCell<Option<LongText>>,
    /// What is known of the subject access request that it answers, if it does.
    answers: Option<Answered>,
    /// Whether whoever asks may not decide about it (C1, C9, C15).
    conflicted: bool,
}

impl Request {
    /// The request, if the case is in scope and all that it names exists.
    pub(super) fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId, mut ask: Ask) -> Result<Self> {
        db::cases::require(tx, permit, case_id)?;
        if let Some(risk) = &mut ask.safeguarding {
            request::drop_unknown(tx, permit, risk)?;
        }
        let notes = notes::for_disclosure(tx, permit, case_id, &ask.note_ids)?;
        let request = Self { case_id, ask, notes, grounds: RefCell::default(), answers: None, conflicted: false };
        request.check(tx, permit)?;
        Ok(request)
    }

    /// What kinds of information the summary holds: those it goes beyond the notes with; or it only goes with the notes, and is of theirs.
    fn classes_of_summary(&self) -> Vec<InformationCategory> {
        let own = &self.ask.information_categories;
        if !own.is_empty() {
            return own.clone();
        }
        let of_notes: BTreeSet<_> = self.notes.iter().flat_map(HeldNote::categories).copied().collect();
        of_notes.into_iter().collect()
    }

    /// The exact words of each note, as the log commits to them.
    pub(super) fn content(&self) -> Vec<(NoteId, LongText)> {
        self.notes.iter().map(|note| (note.id(), LongText(note.content()))).collect()
    }

    /// The notes it names, in the order asked.
    pub(super) fn notes(&self) -> &[HeldNote] {
        &self.notes
    }

    /// What is asked, to be drafted.
    pub(super) fn drafted(&self) -> DisclosureContent {
        DisclosureContent::from(&self.ask)
    }
}

fn view(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: DisclosureId) -> Result<Disclosure> {
    let disclosure = disclosures::find(tx, permit, id)?;
    // Its words are those of its notes, and so are for those who may read them all (C4).
    notes::require(tx, permit, disclosure.case_id, &disclosure.content.note_ids)?;
    let remarks = request::remarks(tx, permit, &disclosure)?;
    let disclosure = right::told(tx, permit, disclosure)?;
    Ok(Disclosure { remarks, allowed_actions: allowed(permit.caller(), ACTIONS), ..disclosure })
}

impl App {
    fn policy(&self, rule: Option<&str>, clauses: &[&str]) -> PolicyRef {
        PolicyRef {
            name: self.settings.policy_name.clone(),
            version: self.settings.policy_version.clone(),
            rule: rule.map(str::to_owned),
            clauses: clauses.iter().map(|clause| Clause((*clause).to_owned())).collect(),
        }
    }

    /// Passes information on, if the disclosure policy grants it. The decision, the row, its log entry and the use of the permissions are
    /// one transaction; only after it may the content leave. A refusal is committed and logged, too.
    pub async fn record_disclosure(
        &self,
        permit: Permit<act::DisclosureRecord>,
        case_id: CaseId,
        request: Option<Idempotency>,
        body: NewDisclosure,
    ) -> Result<Created<Disclosure>> {
        let (now, app) = (self.clock.now(), self.clone());
        let record = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let ask = Ask::try_from(body).map_err(Error::failing)?;
            app.disclose(tx, permit, case_id, ask, now)
        };
        let (mut made, log) = self.once_unless_refused(permit, request, record, view).await?;
        // The index of the new entry is known only now. A replayed request made none.
        let kind = DisclosureLogKind::DisclosureMade.as_str().to_owned();
        made.value.log_entries.extend(log.0.iter().map(|index| LogEntryRef { index: *index, kind: kind.clone() }));
        Ok(made)
    }

    /// Writes what was granted: the row, the concern and tasks of a risk, and the log entry.
    fn record(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::DisclosureRecord>,
        request: &Request,
        grant: Grant,
        counted: &Counted,
    ) -> Result<DisclosureId> {
        let (case_id, mut ask, now) = (request.case_id, request.ask.clone(), grant.decided_at());
        if !ask.withhold_from_person_ids.is_empty() {
            ask.withhold_until_on = Some(withheld_until(ask.withhold_until_on, now.day()));
        }
        let mut content = DisclosureContent::from(&ask);
        let recipient_id = match &ask.recipient {
            AskRecipient::Body { recipient_id, .. } => Some(*recipient_id),
            AskRecipient::Person(_) => None,
            AskRecipient::Unregistered { body: named, person_name, person_role } => {
                let id = recipients::enter_unregistered(tx, permit, named.body_type, named.name.clone(), now)?;
                content.recipient = DisclosureRecipient {
                    recipient_id: Some(id),
                    person_name: person_name.clone(),
                    person_role: person_role.clone(),
                    ..DisclosureRecipient::default()
                };
                follow_up::task(tx, permit, case_id, TaskKind::RecipientReview, id.0, None, now)?;
                Some(id)
            }
        };
        let concern_id = match &ask.safeguarding {
            Some(risk) => {
                let due_on = deadlines::next_working_day(now.day());
                Some(concerns::pass_on(tx, permit, case_id, (&ask, risk), role(permit.caller()), due_on, now)?)
            }
            None => None,
        };
        let decided = Decided {
            concern_id,
            review_due_on: concern_id.map(|_| deadlines::next_working_day(now.day())),
            ..self.decided(permit, request, &grant, counted)
        };
        let wording = if ask.basis == Basis::Anonymised { ask.summary.as_ref().map(|text| anonymous::digest(tx, text)) } else { None };
        let logged = request.made(tx, permit, &self.settings, &grant, counted, recipient_id)?;
        let recording = Recording { id: DisclosureId::mint(), recipient_id, decided, wording, to: None };
        let id = disclosures::record(tx, permit, case_id, grant, &content, recording)?;
        ledger::append(tx, permit, logged, case_id, Some(id), now);
        if let Some(concern) = concern_id {
            tasks::settle(tx, permit, TaskKind::SafeguardingDecision, concern.0, now)?;
            let about_staff = ask.safeguarding.as_ref().map_or(&[][..], |risk| &risk.grounds.about_staff_ids);
            super::concerns::keep_away(tx, permit, case_id, about_staff, now)?;
            follow_up::task(tx, permit, case_id, TaskKind::SafeguardingReview, concern.0, Some(permit.staff()), now)?;
        }
        if ask.told_subject == Some(ToldSubject::Later) {
            follow_up::task(tx, permit, case_id, TaskKind::TellSubject, id.0, None, now)?;
        }
        Ok(id)
    }

    /// What the service puts to everything that was granted.
    fn decided(&self, permit: &Permit<act::DisclosureRecord>, request: &Request, grant: &Grant, counted: &Counted) -> Decided {
        Decided {
            identified: grant.identified(),
            data_subject_ids: request.subjects_of(grant, counted),
            lawful_basis: self.settings.lawful_basis,
            art9_condition: self.settings.art9_condition,
            consents: request.relied_on(grant, counted),
            conditions_met: grant.conditions_met().to_vec(),
            concern_id: None,
            legal_request_id: None,
            sar_id: None,
            review_due_on: None,
            decided_by_role: role(permit.caller()),
            decided_at: grant.decided_at(),
            sent_at: grant.decided_at(),
            policy: self.policy(None, &grant.clauses()),
        }
    }

    /// Writes that an extract for legal proceedings was sent, under the id of its draft, with the manager's reason in the log. What each copy holds
    /// is answered.
    pub(super) fn record_extract(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::DisclosureRecord>,
        request: &Request,
        (grant, counted): (Grant, Counted),
        id: DisclosureId,
        (legal_request_id, reason): (LegalRequestId, Option<LongText>),
    ) -> Result<Vec<LegalCopy>> {
        let (ask, now) = (&request.ask, grant.decided_at());
        let recipient_id = if let AskRecipient::Body { recipient_id, .. } = &ask.recipient { Some(*recipient_id) } else { None };
        let decided = Decided { legal_request_id: Some(legal_request_id), ..self.decided(permit, request, &grant, &counted) };
        let logged = DisclosureEntry { reason, ..request.made(tx, permit, &self.settings, &grant, &counted, recipient_id)? };
        let held = ask.copies.iter().zip(grant.copies());
        let copy = |(to, copy): (&CopyTo, &GrantedCopy)| LegalCopy {
            person_id: to.person_id,
            contact_id: to.contact_id,
            note_ids: copy.note_ids().to_vec(),
        };
        let copies = held.map(copy).collect();
        let content = DisclosureContent::from(ask);
        let recording = Recording { id, recipient_id, decided, wording: None, to: None };
        disclosures::record(tx, permit, request.case_id, grant, &content, recording)?;
        ledger::append(tx, permit, logged, request.case_id, Some(id), now);
        if content.told_subject == Some(ToldSubject::Later) {
            follow_up::task(tx, permit, request.case_id, TaskKind::TellSubject, id.0, None, now)?;
        }
        Ok(copies)
    }

    /// May this be passed on? The same function decides as for a disclosure; nothing is recorded but the look.
    pub async fn check_disclosure(
        &self,
        permit: Permit<act::DisclosureCheck>,
        case_id: CaseId,
        body: NewDisclosureCheck,
    ) -> Result<DisclosureCheck> {
        let (now, app) = (self.clock.now(), self.clone());
        self.look(permit, move |tx, permit| {
            let ask = Ask::try_from(body).map_err(Error::failing)?;
            let request = Request::find(tx, permit, case_id, ask)?.asked_from(tx, permit)?;
            let mut judged = facts::facts_now(tx, permit, case_id, &request.ask, &request.notes, app.settings.limits)?;
            judged.facts.anonymity = anonymous::facts(tx, permit, &request, app.settings.limits, now)?;
            judged.facts.conflicted_decider = request.conflicted;
            Ok(match decide(&judged.ask, &judged.facts, now) {
                Ok(grant) => DisclosureCheck {
                    allowed: true,
                    checked_at: now,
                    code: None,
                    consents: request.relied_on(&grant, &judged.counted),
                    conditions_met: grant.conditions_met().to_vec(),
                    objections: request.heard(&grant, &judged.counted),
                    reasons: Vec::new(),
                    remedies: Vec::new(),
                    policy: app.policy(None, &grant.clauses()),
                },
                Err(refusal) => DisclosureCheck {
                    allowed: false,
                    checked_at: now,
                    code: Some(refusal.code.as_str()),
                    consents: Vec::new(),
                    conditions_met: Vec::new(),
                    objections: Vec::new(),
                    remedies: refusal.remedies(),
                    policy: app.policy(refusal.rule(), &refusal.clauses),
                    reasons: request.told_by_name(refusal, &judged.counted).failings.into_iter().map(CheckReason::from).collect(),
                },
            })
        })
        .await
    }

    /// What left a case; for one person, their accounting.
    pub async fn list_disclosures(
        &self,
        permit: Permit<act::DisclosureList>,
        case_id: CaseId,
        subject: Option<PersonId>,
        page: PageRequest,
    ) -> Result<Page<DisclosureSummary>> {
        let now = self.clock.now();
        self.look(permit, move |tx, permit| {
            db::cases::require(tx, permit, case_id)?;
            Ok(disclosures::list(tx, permit, case_id, subject, &page, now)?)
        })
        .await
    }

    /// One disclosure, with its log entries and what happened later.
    pub async fn read_disclosure(&self, permit: Permit<act::DisclosureRead>, id: DisclosureId) -> Result<Disclosure> {
        self.look(permit, move |tx, permit| view(tx, permit, id)).await
    }

    /// Links what happened later to a disclosure; it never needs permission. What changes how the log entry reads is logged with it.
    pub async fn annotate_disclosure(
        &self,
        permit: Permit<act::DisclosureAnnotate>,
        id: DisclosureId,
        request: Option<Idempotency>,
        content: NewAnnotation,
    ) -> Result<Created<Annotation>> {
        let now = self.clock.now();
        let annotate = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let disclosure = disclosures::find(tx, permit, id)?;
            db::cases::require(tx, permit, disclosure.case_id)?;
            let (kind, done): (Option<DisclosureLogKind>, &[TaskKind]) = match content.kind {
                AnnotationKind::ReceiptConfirmed => (None, &[]),
                AnnotationKind::RecallNoticeSent => (Some(DisclosureLogKind::DisclosureRecalled), &[TaskKind::RecallNotice]),
                AnnotationKind::SubjectTold => (Some(DisclosureLogKind::SubjectNotified), &[TaskKind::TellSubject]),
                AnnotationKind::NoticeDeclined => (None, &[TaskKind::TellSubject, TaskKind::RecallNotice]),
                // Of what never left nobody is to be told.
                AnnotationKind::NotSent => (Some(DisclosureLogKind::DisclosureCorrected), &[TaskKind::TellSubject, TaskKind::RecallNotice]),
                AnnotationKind::FoundUnfounded | AnnotationKind::Correction => (Some(DisclosureLogKind::DisclosureCorrected), &[]),
            };
            for kind in done {
                tasks::settle(tx, permit, *kind, id.0, now)?;
            }
            if let Some(kind) = kind {
                let mut entry = DisclosureEntry::new(EntryId::mint(), kind, permit.staff(), permit.caller().request);
                entry.related = ledger::entry_id_of(tx, id)?;
                ledger::append(tx, permit, entry, disclosure.case_id, Some(id), now);
            }
            Ok(disclosures::annotate(tx, permit, id, &content, now)?)
        };
        self.once(permit, request, annotate, |tx, permit, id| Ok(disclosures::annotation(tx, permit, id)?)).await
    }
}
