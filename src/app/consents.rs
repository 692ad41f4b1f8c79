//! Permissions and refusals: recorded, withdrawn, marked as errors (C3, R4-R9, R17, R18).

use super::sides::{self, Offer};
use super::{App, Error, Result, faultless, legal_requests};
use crate::authz::{Act, Action, Permit, act};
use crate::db::consents::{self, Ending, as_named};
use crate::db::counted::Counted;
use crate::db::tasks::NewTask;
use crate::db::{self, Tx, disclosures, facts, guard, information_requests, participants, recipients, tasks};
use crate::domain::consent::{
    Consent, ConsentEvidence, ConsentFilter, ConsentSummary, NewAnnulment, NewConsent, NewWithdrawal, Withdrawal, WithdrawalEffects,
};
use crate::domain::disclosure::{Failing, Limits, RefusalRule};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, ConsentId, DisclosureId, PersonId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{CaseStatus, ConsentDecision, ConsentStatus, TaskKind};
use crate::policy::{authority, consent as rules, deadlines};

mod lasting;

pub(super) use lasting::{as_it_stands, last_day, remind_anew};
use lasting::{carry_on, remind};

/// Working days within which a recipient is told that permission has ended.
const RECALL_DAYS: u32 = 5;

/// What may be done with it. To take back a no lets something out: whoever serves another side of the family leaves that alone.
fn actions(consent: &Consent, offer: Offer) -> &'static [Action] {
    match (consent.status, consent.content.decision) {
        (ConsentStatus::Live, ConsentDecision::Refused) if offer.is_to_another() => &[],
        (ConsentStatus::Live, _) => &[Action::ConsentWithdraw, Action::ConsentAnnul],
        _ => &[],
    }
}

fn view(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ConsentId, now: Timestamp) -> Result<Consent> {
    let recorded = consents::find(tx, permit, id, now)?;
    let offer = Offer::of(tx, permit, recorded.case_id)?;
    let allowed_actions = offer.among(permit.caller(), actions(&recorded, offer));
    let mut consent = as_it_stands(tx, permit, recorded, now)?;
    super::notes::keep_readable(tx, permit, consent.case_id, &mut consent.content.note_ids)?;
    Ok(Consent { allowed_actions, ..consent })
}

/// Everybody whose guard a change to this record takes: those it is about, and who spoke.
fn concerned(content: &NewConsent) -> impl Iterator<Item = PersonId> {
    content.subject_ids.iter().copied().chain([content.granter_id])
}

impl App {
    /// Records a permission or a refusal. A refusal can always be recorded, also by whoever serves another side of the family.
    pub async fn record_consent(
        &self,
        permit: Permit<act::ConsentRecord>,
        case_id: CaseId,
        request: Option<Idempotency>,
        content: NewConsent,
    ) -> Result<Created<Consent>> {
        let (now, limits) = (self.clock.now(), self.settings.limits);
        let content = NewConsent { decided_at: content.decided_at.settled(now), ..content };
        let record = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            // Read before the guards only to know whose they are; whoever joins meanwhile is not guarded, and counts as a stranger.
            let known = participants::people(tx, permit, case_id)?;
            let replaced = replaced(tx, permit, case_id, &content)?;
            let both = concerned(&content).filter(|person| known.contains(person));
            guard::take(tx, both.chain(replaced.iter().flat_map(|old| concerned(&old.content))))?;
            references(tx, permit, case_id, &known, &content)?;
            let family = facts::family(tx, case_id, &concerned(&content).collect::<Vec<_>>())?;
            let named = content.recipients.iter().filter_map(|named| named.recipient_id);
            let council = recipients::in_council(tx, permit, named)?;
            let ((said, family), counted) = Counted::counting(tx, (content.clone(), family))?;
            let accepted = rules::check(&said, &family, &council, &limits, now).map_err(Error::failing)?;
            if let Some(old) = &replaced {
                supersede(tx, &content, old)?;
            }
            let case = db::cases::require(tx, permit, case_id)?;
            let given = content.decision == ConsentDecision::Given;
            if given {
                sides::require_one_side(tx, permit, &[case_id].into())?;
            }
            if given && case.status == CaseStatus::Closed {
                return Err(Error::state(RefusalRule::CaseClosed, "#/decision", &[Action::CaseReopen]));
            }
            let content = NewConsent { starts_at: Some(accepted.starts_at), expires_on: accepted.expires_on, ..content };
            let authority = as_named(&accepted.authority, &content, &counted);
            let id = consents::insert(tx, permit, case_id, &content, authority, now)?;
            if let Some(old) = &replaced {
                consents::end(tx, permit, old.id, &Ending::Superseded { by: id }, now)?;
                tasks::settle(tx, permit, TaskKind::PermissionEnding, old.id.0, now)?;
                carry_on(tx, permit, old, limits, now)?;
            }
            if given {
                remind(tx, permit, &[(id, case_id, content.clone())], now)?;
            }
            if content.decision == ConsentDecision::Refused {
                legal_requests::reconsider(tx, permit, case_id, &content.subject_ids, limits, now)?;
            }
            Ok(id)
        };
        self.once(permit, request, record, move |tx, permit, id| view(tx, permit, id, now)).await
    }

    /// One permission or refusal, with what was disclosed on the strength of it.
    pub async fn read_consent(&self, permit: Permit<act::ConsentRead>, id: ConsentId) -> Result<Consent> {
        let now = self.clock.now();
        self.look(permit, move |tx, permit| view(tx, permit, id, now)).await
    }

    /// Permissions and refusals of one case, or across the cases in scope.
    pub async fn list_consents(
        &self,
        permit: Permit<act::ConsentList>,
        filter: ConsentFilter,
        page: PageRequest,
    ) -> Result<Page<ConsentSummary>> {
        let now = self.clock.now();
        self.look(permit, move |tx, permit| {
            if let Some(case) = filter.case_id {
                db::cases::require(tx, permit, case)?;
            }
            Ok(consents::list(tx, permit, &filter, &page, rules::authority_of, now)?)
        })
        .await
    }

    /// Withdraws a permission or refusal: at once, in one call, without a reason. A repeated withdrawal answers with the first (R17). A permission is
    /// taken back by anybody who hears of it; a refusal by nobody who serves another side of the family.
    pub async fn withdraw_consent(
        &self,
        permit: Permit<act::ConsentWithdraw>,
        id: ConsentId,
        request: Option<Idempotency>,
        how: NewWithdrawal,
    ) -> Result<Created<Consent>> {
        let (now, limits) = (self.clock.now(), self.settings.limits);
        let withdraw = move |tx: &mut Tx<'_>, permit: &Permit<_>| withdraw(tx, permit, id, &how, limits, now);
        self.once(permit, request, withdraw, move |tx, permit, id| view(tx, permit, id, now)).await
    }

    /// Marks a record as entered in error, at once; another member of staff reviews that.
    pub async fn annul_consent(
        &self,
        permit: Permit<act::ConsentAnnul>,
        id: ConsentId,
        request: Option<Idempotency>,
        why: NewAnnulment,
    ) -> Result<Created<Consent>> {
        let now = self.clock.now();
        let annul = move |tx: &mut Tx<'_>, permit: &Permit<_>| annul(tx, permit, id, why, now);
        self.once(permit, request, annul, move |tx, permit, id| view(tx, permit, id, now)).await
    }
}

fn withdraw(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ConsentWithdraw>,
    id: ConsentId,
    how: &NewWithdrawal,
    limits: Limits,
    now: Timestamp,
) -> Result<ConsentId> {
    let by_whom = || Error::failing(vec![Failing::at("#/withdrawnById", RefusalRule::GranterNotAuthorised)]);
    // Read before the guards only to know whose they are. Nobody is taken out of a case.
    let found = consents::find(tx, permit, id, now)?;
    if !participants::people(tx, permit, found.case_id)?.contains(&how.withdrawn_by_id) {
        return Err(by_whom());
    }
    let people: Vec<PersonId> = concerned(&found.content).chain([how.withdrawn_by_id]).collect();
    guard::take(tx, people.iter().copied())?;
    // Once more, behind the guards: another withdrawal may have come first.
    let found = consents::find(tx, permit, id, now)?;
    match found.status {
        ConsentStatus::Live => {}
        ConsentStatus::Withdrawn if how.objects => {}
        ConsentStatus::Withdrawn => return Ok(id),
        _ => return Err(ended()),
    }
    let family = facts::family(tx, found.case_id, &people)?;
    let content = &found.content;
    let refusal = objection(content, how, now);
    let (((said, by), (refused, family)), counted) =
        Counted::counting(tx, ((content.clone(), how.withdrawn_by_id), (refusal.clone(), family)))?;
    let may = match said.decision {
        ConsentDecision::Given => authority::may_withdraw,
        ConsentDecision::Refused => authority::may_take_back,
    };
    if !may(by, said.granter_id, &said.subject_ids, now.day(), &family) {
        return Err(by_whom());
    }
    let objects = how.objects && !consents::stands(tx, permit, found.case_id, &refusal)?;
    let object = |tx: &mut Tx<'_>| -> Result<(ConsentId, Vec<DisclosureId>)> {
        // Recorded as it was said: a withdrawal never fails for its form, nor does the refusal that goes with it (R17).
        let named = refusal.recipients.iter().filter_map(|named| named.recipient_id);
        let to_council = !recipients::in_council(tx, permit, named)?.is_empty();
        let authority = as_named(&rules::authority_of(&refused, to_council, &family), &refusal, &counted);
        let recorded = consents::insert(tx, permit, found.case_id, &refusal, authority, now)?;
        Ok((recorded, legal_requests::reconsider(tx, permit, found.case_id, &refusal.subject_ids, limits, now)?))
    };
    if found.status == ConsentStatus::Withdrawn {
        // It has ended already, and whoever says no as well is heard all the same.
        if objects {
            object(tx)?;
        }
        return Ok(id);
    }
    if content.decision == ConsentDecision::Refused {
        sides::require_one_side(tx, permit, &[found.case_id].into())?;
    }
    let withdrawal =
        Withdrawal { withdrawn_by_id: how.withdrawn_by_id, method: how.method, words_used: how.words_used.clone(), effective_at: now };
    let mut effects = WithdrawalEffects::default();
    let due_on = deadlines::working_days_after(now.day(), RECALL_DAYS);
    let line = consents::line(tx, permit, &found)?;
    let relying = consents::relying(tx, &line)?;
    for disclosure in disclosures::left(tx, permit, &relying)? {
        let recall = NewTask::new(TaskKind::RecallNotice, found.case_id, disclosure.0, due_on);
        effects.recall_task_ids.push(tasks::create(tx, permit, recall, now)?);
    }
    let left = consents::others_live(tx, permit, &found, now)?;
    effects.live_consent_ids = left.iter().filter(|(_, granter)| *granter == content.granter_id).map(|(id, _)| *id).collect();
    if content.decision == ConsentDecision::Given && left.is_empty() {
        // Withdrawing the only permission puts the keeping of the record on the manager's list (`domain.md`, retention rule 8).
        tasks::create(tx, permit, NewTask::new(TaskKind::RetentionReview, found.case_id, id.0, due_on), now)?;
    }
    effects.blocked_disclosure_ids = legal_requests::block_resting_on(tx, permit, found.case_id, &line, now)?;
    effects.cancelled_request_ids = information_requests::cancel_resting_on(tx, permit, &line, now)?;
    if objects {
        let (refusal, blocked) = object(tx)?;
        effects.refusal_id = Some(refusal);
        effects.blocked_disclosure_ids.extend(blocked);
    }
    consents::end(tx, permit, id, &Ending::Withdrawn { withdrawal, effects }, now)?;
    tasks::settle(tx, permit, TaskKind::PermissionEnding, id.0, now)?;
    Ok(id)
}

fn annul(tx: &mut Tx<'_>, permit: &Permit<act::ConsentAnnul>, id: ConsentId, why: NewAnnulment, now: Timestamp) -> Result<ConsentId> {
    // Read before the guards only to know whose they are.
    let found = consents::find(tx, permit, id, now)?;
    db::cases::require(tx, permit, found.case_id)?;
    guard::take(tx, concerned(&found.content))?;
    sides::require_one_side(tx, permit, &[found.case_id].into())?;
    let found = consents::find(tx, permit, id, now)?;
    if found.status != ConsentStatus::Live {
        return Err(ended());
    }
    consents::end(tx, permit, id, &Ending::EnteredInError { reason: why.reason, by: permit.staff() }, now)?;
    tasks::settle(tx, permit, TaskKind::PermissionEnding, id.0, now)?;
    let line = consents::line(tx, permit, &found)?;
    legal_requests::block_resting_on(tx, permit, found.case_id, &line, now)?;
    information_requests::cancel_resting_on(tx, permit, &line, now)?;
    let due_on = deadlines::next_working_day(now.day());
    let review = NewTask { not_by: Some(permit.staff()), ..NewTask::new(TaskKind::AnnulmentReview, found.case_id, id.0, due_on) };
    tasks::create(tx, permit, review, now)?;
    Ok(id)
}

/// The refusal that goes with a withdrawal: the same subjects and lists, by whoever withdraws, from now on.
fn objection(content: &NewConsent, how: &NewWithdrawal, now: Timestamp) -> NewConsent {
    NewConsent {
        granter_id: how.withdrawn_by_id,
        decision: ConsentDecision::Refused,
        conditions: Vec::new(),
        method: how.method,
        evidence: ConsentEvidence { words_used: how.words_used.clone(), ..content.evidence.clone() },
        decided_at: now,
        starts_at: Some(now),
        expires_on: None,
        supersedes_id: None,
        ..content.clone()
    }
}

/// The record is ended already, and nothing more is done with it.
fn ended() -> Error {
    Error::State { rule: None, allowed: Vec::new() }
}

/// The record that this one says it replaces: one of the same case, which is held, so that nobody ends it meanwhile. What has run out may be
/// replaced too, so that its last day is left out.
fn replaced(tx: &mut Tx<'_>, permit: &Permit<act::ConsentRecord>, case_id: CaseId, content: &NewConsent) -> Result<Option<Consent>> {
    let Some(id) = content.supersedes_id else { return Ok(None) };
    match consents::find(tx, permit, id, Timestamp::start_of(chrono::NaiveDate::MIN)) {
        Ok(old) if old.case_id == case_id => Ok(Some(old)),
        Ok(_) | Err(db::Error::NotFound) => Err(Error::Rule(vec![Fault::unknown("#/supersedesId")])),
        Err(error) => Err(error.into()),
    }
}

/// Whether the new record may take its place, and whether it is still live.
fn supersede(tx: &mut Tx<'_>, content: &NewConsent, old: &Consent) -> Result<()> {
    let ((said, before), _) = Counted::counting(tx, (content.clone(), old.content.clone()))?;
    if !rules::may_replace(&said, &before) {
        return Err(Error::Rule(vec![Fault::contradicting("#/supersedesId")]));
    }
    if old.status == ConsentStatus::Live { Ok(()) } else { Err(ended()) }
}

/// What the record names must exist: participants, of those who are guarded; bodies with their teams; notes of this case; what it rests on.
fn references(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ConsentRecord>,
    case_id: CaseId,
    guarded: &[PersonId],
    content: &NewConsent,
) -> Result<()> {
    let participants = participants::people(tx, permit, case_id)?;
    let takes_part = |person: &PersonId| participants.contains(person) && guarded.contains(person);
    if !takes_part(&content.granter_id) {
        return Err(Error::failing(vec![Failing::at("#/granterId", RefusalRule::GranterNotParticipant)]));
    }
    let mut faults = Vec::new();
    for (i, subject) in content.subject_ids.iter().enumerate() {
        if !takes_part(subject) {
            faults.push(Fault::not_participant(format!("#/subjectIds/{i}")));
        }
    }
    for (i, named) in content.recipients.iter().enumerate() {
        match (named.recipient_id, named.person_id) {
            (Some(body), None) => faults.extend(recipients::unknown(tx, permit, body, named.team_id, false, &format!("#/recipients/{i}"))?),
            (None, Some(person)) if takes_part(&person) => {}
            (None, Some(_)) => faults.push(Fault::not_participant(format!("#/recipients/{i}/personId"))),
            (_, _) => faults.push(Fault::contradicting(format!("#/recipients/{i}"))),
        }
    }
    let known = db::notes::known(tx, permit, case_id, &content.note_ids)?;
    for (i, note) in content.note_ids.iter().enumerate() {
        if !known.contains(note) {
            faults.push(Fault::unknown(format!("#/noteIds/{i}")));
        }
    }
    if let Some(witness) = content.evidence.witness_id
        && !db::staff::working(tx, permit, &[witness])?.contains_key(&witness)
    {
        faults.push(Fault::unknown("#/evidence/witnessId"));
    }
    if let Some(record) = content.evidence.capacity_record_id {
        let everybody = Counted::among(tx, concerned(content))?.everybody();
        match db::capacity::find(tx, permit, record) {
            Ok(found) if everybody.contains(&found.person_id) => {}
            Ok(_) | Err(db::Error::NotFound) => faults.push(Fault::unknown("#/evidence/capacityRecordId")),
            Err(error) => return Err(error.into()),
        }
    }
    faultless(faults)
}
