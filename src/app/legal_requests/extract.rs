//! The extract (C15): what is held, which of it goes and why, and the sending, with its copies, in one transaction.

use std::collections::{HashMap, HashSet};

use super::drafts::ask;
use super::{actions, allowed_now, is_conflicted, shown, wrong_state};
use crate::app::consents::last_day;
use crate::app::disclosures::{Request, Stop};
use crate::app::{App, Error, Result, expect_version, faultless, leave};
use crate::authz::{Act, Action, Permit, act};
use crate::db::counted::Counted;
use crate::db::legal_extracts::{self, Draft, Granted};
use crate::db::legal_requests::{self, Step};
use crate::db::notes::HeldNote;
use crate::db::{self, Tx, notes, tasks};
use crate::domain::disclosure::{DisclosureContent, Refusal, RefusalRule};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, LegalRequestId, NoteId};
use crate::domain::legal_request::{LegalCandidate, LegalItem, LegalRequest, NewLegalDispatch, NewLegalExtract};
use crate::domain::note::NoteFilter;
use crate::domain::page::{Page, PageRequest};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{DisclosureStatus, LegalDecision, LegalItemDecision, LegalRequestStatus, TaskKind};

const CURRENT: NoteFilter = NoteFilter { kind: Vec::new(), from: None, to: None, current: true };

/// Every note that counts is decided once, and at least one goes.
fn check(tx: &mut Tx<'_>, permit: &Permit<act::LegalRequestExtract>, case_id: CaseId, items: &[LegalItem]) -> Result<()> {
    let held: HashSet<NoteId> = notes::current(tx, permit, case_id)?.into_iter().collect();
    let (mut seen, mut faults) = (HashSet::new(), Vec::new());
    for (i, item) in items.iter().enumerate() {
        if !held.contains(&item.note_id) {
            faults.push(Fault::unknown(format!("#/items/{i}/noteId")));
        } else if !seen.insert(item.note_id) {
            faults.push(Fault::contradicting(format!("#/items/{i}/noteId")));
        }
        if item.reason.is_blank() {
            faults.push(Fault::new(format!("#/items/{i}/reason"), "decision_reason_missing", "Needs why it goes or is left out."));
        }
    }
    if seen.len() < held.len() {
        faults.push(Fault::new("#/items", "item_undecided", "Needs every note that counts in the case, included or left out."));
    }
    if !items.iter().any(|item| item.decision == LegalItemDecision::Include) {
        faults.push(Fault::new("#/items", "nothing_included", "Needs at least one note that goes; to send nothing is to refuse."));
    }
    faultless(faults)
}

/// The refusal as it reads in the list of items.
fn among(refusal: Refusal, items: &[LegalItem]) -> Refusal {
    let included: Vec<usize> =
        items.iter().enumerate().filter(|(_, item)| item.decision == LegalItemDecision::Include).map(|(i, _)| i).collect();
    let place = |pointer: String| {
        let note: Option<usize> = pointer.strip_prefix("#/noteIds/").and_then(|i| i.parse().ok());
        note.and_then(|i| included.get(i)).map_or(pointer, |i| format!("#/items/{i}"))
    };
    let failings = refusal.failings.into_iter().map(|mut failing| {
        failing.pointer = place(failing.pointer);
        failing
    });
    Refusal { failings: failings.collect(), ..refusal }
}

/// The items that go although the grant names neither the note nor all whom it is about and what it holds. The notes are those that go, in their order.
fn beyond(granted: &Granted, notes: &[HeldNote], items: &[LegalItem], counted: &Counted) -> Vec<Fault> {
    let within = |note: &HeldNote| {
        let about = note.about().iter().all(|person| granted.subject_ids.iter().any(|named| counted.same(*named, *person)));
        let holds = note.categories().iter().all(|category| granted.information_categories.contains(category));
        granted.note_ids.contains(&note.id()) || (about && holds)
    };
    let go = items.iter().enumerate().filter(|(_, item)| item.decision == LegalItemDecision::Include);
    let beyond = go.zip(notes).filter(|(_, note)| !within(note));
    let told = "The decision to grant names neither this note nor all whom it is about and what it holds.";
    beyond.map(|((i, _), _)| Fault::new(format!("#/items/{i}/noteId"), "beyond_grant", told)).collect()
}

/// The request allows this, and there is a draft of it.
fn open_draft(tx: &mut Tx<'_>, permit: &Permit<impl Act>, request: &LegalRequest, action: Action) -> Result<Draft> {
    let draft = legal_extracts::open_of(tx, permit, request.id)?;
    let allowed = actions(request.status).contains(&action);
    draft.filter(|_| allowed).ok_or_else(|| not_yet(tx, permit, request))
}

fn not_yet(tx: &mut Tx<'_>, permit: &Permit<impl Act>, request: &LegalRequest) -> Error {
    use LegalRequestStatus::{Considering, PermissionSought, Received};
    let undecided = matches!(request.status, Received | Considering | PermissionSought);
    wrong_state(tx, permit, (request.content.case_id, request.status), undecided.then_some(RefusalRule::NotDecided))
}

/// Why it was granted.
fn reason(request: &LegalRequest) -> Option<LongText> {
    let grants = request.decisions.iter().rev().find(|decided| decided.decision == LegalDecision::Grant);
    grants.and_then(|decided| decided.reason.clone())
}

impl App {
    /// The notes that count in the case of a request, newest first, each with what was decided of it: all of them, or a reason is needed (C4).
    pub async fn list_legal_candidates(
        &self,
        permit: Permit<act::LegalRequestCandidates>,
        id: LegalRequestId,
        page: PageRequest,
    ) -> Result<Page<LegalCandidate>> {
        let today = self.clock.now().day();
        self.look(permit, move |tx, permit| {
            let request = legal_requests::find(tx, permit, id, today)?;
            notes::current(tx, permit, request.content.case_id)?;
            let decided = request.extracts.last().map(|extract| extract.items.clone()).unwrap_or_default();
            let mut decided: HashMap<NoteId, LegalItem> = decided.into_iter().map(|item| (item.note_id, item)).collect();
            let page = notes::list(tx, &leave(permit.caller())?, request.content.case_id, &CURRENT, &page)?;
            Ok(page.map(|note| {
                let item = decided.remove(&note.id);
                let (decision, reason) = item.map(|item| (item.decision, item.reason)).unzip();
                LegalCandidate { note, decision, reason }
            }))
        })
        .await
    }

    /// Fixes which notes go into the extract. That is decided like any sending, item by item; the exact words of each note are kept with it.
    pub async fn extract_for_legal_request(
        &self,
        permit: Permit<act::LegalRequestExtract>,
        id: LegalRequestId,
        version: i32,
        wanted: NewLegalExtract,
    ) -> Result<LegalRequest> {
        let (now, app) = (self.clock.now(), self.clone());
        let extract = move |tx: &mut Tx<'_>, permit: &Permit<_>| app.extract(tx, permit, id, version, wanted, now);
        let show = move |tx: &mut Tx<'_>, permit: &Permit<_>, id| shown(tx, permit, id, now.day());
        Ok(self.once_unless_refused(permit, None, extract, show).await?.0.value)
    }

    fn extract(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::LegalRequestExtract>,
        id: LegalRequestId,
        version: i32,
        wanted: NewLegalExtract,
        now: Timestamp,
    ) -> Result<LegalRequestId, Stop> {
        let NewLegalExtract { items, summary, channel } = wanted;
        let current = legal_requests::find(tx, permit, id, now.day())?;
        expect_version(current.version, version)?;
        let case_id = current.content.case_id;
        check(tx, permit, case_id, &items)?;
        let draft = open_draft(tx, permit, &current, Action::LegalRequestExtract)?;
        let conflicted = is_conflicted(tx, permit, case_id)?;
        let included = items.iter().filter(|item| item.decision == LegalItemDecision::Include);
        let drafted = DisclosureContent {
            note_ids: included.map(|item| item.note_id).collect(),
            subject_ids: Vec::new(),
            information_categories: Vec::new(),
            summary,
            channel: channel.unwrap_or(draft.extract.disclosure.channel),
            ..draft.extract.disclosure.clone()
        };
        let exit = leave(permit.caller())?;
        let request = Request::find(tx, &exit, case_id, ask(drafted)?)?.asked_by(conflicted);
        let judged = self.judge(tx, &exit, &request, None, now);
        let (grant, counted) =
            judged.map_err(|stop| stop.reading(|refusal| among(refusal, &items), allowed_now(permit.caller(), current.status)))?;
        faultless(beyond(&draft.extract.granted, request.notes(), &items, &counted))?;
        let permitted_until = last_day(tx, permit, grant.consents(), now)?;
        let (content, resting) = (request.content(), request.resting(&grant, &counted));
        // Behind the guards: what it rested on may have ended meanwhile.
        if !legal_extracts::approve(tx, permit, &draft, request.drafted(), (grant, resting), items, content)? {
            return Err(wrong_state(tx, permit, (case_id, LegalRequestStatus::Blocked), None).into());
        }
        let step = Step { permitted_until, ..Step::to(LegalRequestStatus::Extracted) };
        legal_requests::take(tx, permit, id, version, step, now)?;
        Ok(id)
    }

    /// Sends the extract to the officer who asked, and its copies. All of it is one transaction, in which it is decided again: on the permissions it
    /// was drafted on, in the versions they had (R16), and with a copy to everybody who gave one. Otherwise nothing leaves.
    pub async fn dispatch_legal_request(
        &self,
        permit: Permit<act::LegalRequestDispatch>,
        id: LegalRequestId,
        version: i32,
        how: NewLegalDispatch,
        request: Idempotency,
    ) -> Result<Created<LegalRequest>> {
        let (now, app) = (self.clock.now(), self.clone());
        let dispatch = move |tx: &mut Tx<'_>, permit: &Permit<_>| app.dispatch(tx, permit, id, version, how, now);
        let show = move |tx: &mut Tx<'_>, permit: &Permit<_>, id| shown(tx, permit, id, now.day());
        Ok(self.once_unless_refused(permit, Some(request), dispatch, show).await?.0)
    }

    fn dispatch(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::LegalRequestDispatch>,
        id: LegalRequestId,
        version: i32,
        how: NewLegalDispatch,
        now: Timestamp,
    ) -> Result<LegalRequestId, Stop> {
        let current = legal_requests::find(tx, permit, id, now.day())?;
        expect_version(current.version, version)?;
        let case_id = current.content.case_id;
        let draft = match legal_extracts::open_of(tx, permit, id)? {
            // What ended with the last day of its permission is decided again all the same: the refusal says by which rule, and is logged.
            Some(draft) if current.status == LegalRequestStatus::Blocked && draft.status == DisclosureStatus::Approved => draft,
            _ => open_draft(tx, permit, &current, Action::LegalRequestDispatch)?,
        };
        let conflicted = is_conflicted(tx, permit, case_id)?;
        let drafted = DisclosureContent { copies: how.copies, told_subject: how.told_subject, ..draft.extract.disclosure.clone() };
        let exit = leave(permit.caller())?;
        let request = Request::find(tx, &exit, case_id, ask(drafted)?).map_err(|error| match error {
            // A note that was moved away since is not there any more.
            Error::Db(db::Error::NotFound) => wrong_state(tx, permit, (case_id, current.status), Some(RefusalRule::NoteSuperseded)),
            other => other,
        })?;
        let request = request.asked_by(conflicted);
        let rests_on = draft.consents.iter().map(|relied| (relied.consent_id, relied.version)).collect();
        let judged = self.judge(tx, &exit, &request, Some(rests_on), now);
        let judged = judged.map_err(|stop| stop.allowing(allowed_now(permit.caller(), current.status)))?;
        let copies = self.record_extract(tx, &exit, &request, judged, draft.id, (id, reason(&current)))?;
        // Behind the guards: what it rested on may have ended meanwhile, and then nothing of this is kept.
        let may = current.status != LegalRequestStatus::Blocked && draft.status == DisclosureStatus::Approved;
        if !may || !legal_extracts::sent(tx, permit, draft, copies)? {
            return Err(wrong_state(tx, permit, (case_id, LegalRequestStatus::Blocked), None).into());
        }
        legal_requests::take(tx, permit, id, version, Step::to(LegalRequestStatus::SentAndCopied), now)?;
        tasks::settle(tx, permit, TaskKind::LegalRequest, id.0, now)?;
        Ok(id)
    }
}
