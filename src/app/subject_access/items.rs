//! What is held about the subject of a request, what is decided of each item, and the answer that is built of it (C9).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{offered, require, require_unconflicted, shown, wrong_state};
use crate::app::{App, Result, expect_version, faultless};
use crate::authz::{Act, Action, Permit, act};
use crate::db::Tx;
use crate::db::subject_access::{self, Candidate, Held, Right, Step, held_about};
use crate::domain::disclosure::RefusalRule;
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, NoteId, SarId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::subject_access::{NewSarItems, SarBundle, SarCandidate, SarItem, SubjectAccessRequest};
use crate::domain::text::blank;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{BundleStatus, SarItemDecision, SarStatus};

/// What is held about the subject of this request, for whoever may decide about it.
pub(super) fn held(tx: &mut Tx<'_>, permit: &Permit<impl Act>, request: &SubjectAccessRequest, now: Timestamp) -> Result<Held> {
    let cases = require_unconflicted(tx, permit, request)?;
    held_in(tx, permit, request, cases, now)
}

/// What is held about them in these cases, which are those about which the caller may decide.
pub(super) fn held_in(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    request: &SubjectAccessRequest,
    cases: BTreeSet<CaseId>,
    now: Timestamp,
) -> Result<Held> {
    Ok(held_about(tx, permit, (request.id, Right::from(&request.content)), cases, now.day())?)
}

/// What is wrong with what is decided of this item.
fn faults(item: &SarItem, of: &Candidate, place: &str) -> Vec<Fault> {
    let SarItem { decision, exemption, reason, redacted_text, .. } = item;
    let (whole, part) = (*decision == SarItemDecision::Include, *decision == SarItemDecision::Redact);
    let at = |name: &str| format!("{place}/{name}");
    let wrong = [
        (exemption.is_none() && !whole, Fault::new(at("exemption"), "exemption_missing", "Needs on what ground it does not go as it is.")),
        (exemption.is_some() && whole, Fault::contradicting(at("exemption"))),
        (
            blank(reason.as_ref()) && (!whole || !of.third_parties.is_empty()),
            Fault::new(at("reason"), "decision_reason_missing", "Needs why: it does not go as it is, or it is about others, too."),
        ),
        (part && blank(redacted_text.as_ref()), Fault::new(at("redactedText"), "redacted_text_missing", "Needs the words that go.")),
        (!part && redacted_text.is_some(), Fault::contradicting(at("redactedText"))),
        (
            item.goes() && of.withheld_until.is_some(),
            Fault::new(at("decision"), "withheld_for_now", "It is kept from whoever asks, because of a risk that was passed on."),
        ),
    ];
    wrong.into_iter().filter(|(is, _)| *is).map(|(_, fault)| fault).collect()
}

/// What is decided of the items of a request once these are decided so, by their cases: of those that are not among them what was decided before, as far as
/// they are held still.
fn sorted(held: &Held, items: Vec<SarItem>) -> Result<BTreeMap<CaseId, Vec<SarItem>>> {
    let known: HashMap<NoteId, &Candidate> = held.candidates.iter().map(|candidate| (candidate.note_id, candidate)).collect();
    let (mut seen, mut wrong, mut sorted) = (HashSet::new(), Vec::new(), BTreeMap::<CaseId, Vec<SarItem>>::new());
    for (i, item) in items.into_iter().enumerate() {
        let place = format!("#/items/{i}");
        let Some(candidate) = known.get(&item.note_id) else {
            wrong.push(Fault::unknown(format!("{place}/noteId")));
            continue;
        };
        if !seen.insert(item.note_id) {
            wrong.push(Fault::contradicting(format!("{place}/noteId")));
        }
        wrong.extend(faults(&item, candidate, &place));
        sorted.entry(candidate.case_id).or_default().push(item);
    }
    faultless(wrong)?;
    for part in &held.parts {
        let stands = part.items.iter().filter(|item| known.contains_key(&item.note_id) && !seen.contains(&item.note_id));
        sorted.entry(part.case_id).or_default().extend(stands.cloned());
    }
    // Of a case without items it is on record that it was looked at.
    for case in &held.cases {
        sorted.entry(*case).or_default();
    }
    Ok(sorted)
}

/// The answer of a request that was built, or built and sent; it is none any more once something else is held or decided.
pub(super) fn built(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: SarId, now: Timestamp) -> Result<(SubjectAccessRequest, SarBundle)> {
    let request = subject_access::find(tx, permit, id)?;
    let stands = match request.status {
        SarStatus::Sent => require_unconflicted(tx, permit, &request).map(|_| true)?,
        SarStatus::Ready => held(tx, permit, &request, now)?.is_decided(),
        _ => false,
    };
    let Some(built_at) = request.built_at.filter(|_| stands) else {
        let undecided = (request.status != SarStatus::Refused).then_some(RefusalRule::SarNotDecided);
        return Err(wrong_state(offered(tx, permit, &request, now)?, undecided));
    };
    Ok((request, SarBundle { sar_id: id, status: BundleStatus::Ready, built_at }))
}

impl App {
    /// What is held about the subject, newest first, each with what it says and what was decided of it last.
    pub async fn list_sar_candidates(
        &self,
        permit: Permit<act::SarCandidates>,
        id: SarId,
        page: PageRequest,
    ) -> Result<Page<SarCandidate>> {
        let now = self.clock.now();
        self.look(permit, move |tx, permit| {
            let request = subject_access::find(tx, permit, id)?;
            let held = held(tx, permit, &request, now)?;
            Ok(subject_access::candidates(tx, permit, held, &page)?)
        })
        .await
    }

    /// Decides what becomes of these items; of all others what was decided stands. What was built before is no answer any more.
    pub async fn decide_sar_items(
        &self,
        permit: Permit<act::SarDecide>,
        id: SarId,
        version: i32,
        wanted: NewSarItems,
    ) -> Result<SubjectAccessRequest> {
        let now = self.clock.now();
        self.change(permit, move |tx, permit| {
            let request = subject_access::find(tx, permit, id)?;
            expect_version(request.version, version)?;
            let held = held(tx, permit, &request, now)?;
            let sorted = sorted(&held, wanted.items)?;
            require(tx, permit, &request, Action::SarDecide, now)?;
            subject_access::put(tx, permit, (id, Right::from(&request.content)), sorted, now)?;
            let status = match request.status {
                SarStatus::AwaitingIdentity | SarStatus::Paused => request.status,
                _ => SarStatus::Running,
            };
            subject_access::take(tx, permit, id, version, status, Step::Decided, now)?;
            shown(tx, permit, id, now)
        })
        .await
    }

    /// Builds the answer: what was decided of every item is fixed, and may be sent. Built again, it stays as it is.
    pub async fn build_sar_bundle(
        &self,
        permit: Permit<act::SarBundle>,
        id: SarId,
        request: Option<Idempotency>,
    ) -> Result<Created<SarBundle>> {
        let now = self.clock.now();
        let build = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let request = subject_access::find(tx, permit, id)?;
            require(tx, permit, &request, Action::SarBundle, now)?;
            if !held(tx, permit, &request, now)?.is_decided() {
                return Err(wrong_state(offered(tx, permit, &request, now)?, Some(RefusalRule::SarNotDecided)));
            }
            if request.status != SarStatus::Ready {
                subject_access::take(tx, permit, id, request.version, SarStatus::Ready, Step::Built, now)?;
            }
            Ok(id)
        };
        self.once(permit, request, build, move |tx, permit, id| Ok(built(tx, permit, id, now)?.1)).await
    }

    /// How far the answer is.
    pub async fn sar_bundle(&self, permit: Permit<act::SarBundleRead>, id: SarId) -> Result<SarBundle> {
        let now = self.clock.now();
        self.look(permit, move |tx, permit| Ok(built(tx, permit, id, now)?.1)).await
    }
}
