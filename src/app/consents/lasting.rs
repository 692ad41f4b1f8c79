//! How long a permission lasts, and what rests on it with it (R5, R9).

use chrono::NaiveDate;

use crate::app::{Error, Result};
use crate::authz::{Act, Permit};
use crate::db::consents;
use crate::db::counted::Counted;
use crate::db::tasks::{self, NewTask};
use crate::db::{Tx, disclosures, facts, information_requests, legal_extracts, legal_requests};
use crate::domain::consent::{Consent, NewConsent, SubjectAuthority};
use crate::domain::disclosure::{Ask, AskedBasis, DisclosureContent, Limits, NewDisclosure, RefusalRule, ReliedOn};
use crate::domain::ids::{CaseId, ConsentId, DisclosureId, PersonId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ConsentDecision, ConsentStatus, TaskKind};
use crate::policy::consent as rules;
use crate::policy::disclosure::decide;

/// The record as it stands by what is on record now of those it is about (R5).
pub(in crate::app) fn as_it_stands(tx: &mut Tx<'_>, permit: &Permit<impl Act>, mut consent: Consent, now: Timestamp) -> Result<Consent> {
    if consent.status == ConsentStatus::Live {
        let now_held = consents::authorities(tx, permit, &[(consent.case_id, &consent.content)], rules::authority_of)?;
        consent.authority = now_held.into_iter().flatten().collect();
        consent.status = consents::standing(&consent.content, &consent.authority, now.day());
    }
    Ok(consent)
}

/// The last day on which what rests on these permissions rests on all of them: that of the one that ends first, by what is on record now (R5, R9).
/// One whose place another took goes on in that.
pub(in crate::app) fn last_day(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    relied: &[ReliedOn],
    now: Timestamp,
) -> Result<Option<NaiveDate>> {
    let mut last = None;
    for relied in relied {
        let mut consent = consents::find(tx, permit, relied.consent_id, now)?;
        while let Some(next) = consent.superseded_by_id {
            consent = consents::find(tx, permit, next, now)?;
        }
        let held = consents::authorities(tx, permit, &[(consent.case_id, &consent.content)], rules::authority_of)?;
        let counted = Counted::among(tx, consent.content.subject_ids.iter().copied())?;
        let needed = |held: &SubjectAuthority| relied.subject_ids.iter().any(|subject| counted.same(*subject, held.subject_id));
        let lapse = held.into_iter().flatten().filter(needed).filter_map(|held| held.ends_on);
        last = lapse.chain(consent.content.expires_on).chain(last).min();
    }
    Ok(last)
}

/// What was asked or is drafted on the strength of a permission goes on with the one that took its place, for as long as that; what was asked and that
/// one does not cover is called off. What is drafted is decided again when it is sent (R16).
pub(super) fn carry_on(tx: &mut Tx<'_>, permit: &Permit<impl Act>, old: &Consent, limits: Limits, now: Timestamp) -> Result<()> {
    let line = consents::line(tx, permit, old)?;
    for (request, asked, relied) in information_requests::resting_on(tx, permit, &line, now.day())? {
        if is_covered(tx, permit, old.case_id, asked, limits, now)? {
            let until = last_day(tx, permit, &relied, now)?;
            information_requests::last_until(tx, permit, request, until)?;
        } else {
            information_requests::call_off(tx, permit, request, now)?;
        }
    }
    for draft in legal_extracts::resting_on(tx, permit, old.case_id, &line)? {
        let until = last_day(tx, permit, &draft.consents, now)?;
        legal_requests::last_until(tx, permit, draft.legal_request_id, until)?;
    }
    Ok(())
}

/// Whether permissions cover what was asked, as far as those know who see the case: what is hidden from them does not show by its being called off
/// (C1). No refusal calls it off (R17), and how its copies went is no matter any more.
fn is_covered(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case_id: CaseId,
    asked: DisclosureId,
    limits: Limits,
    now: Timestamp,
) -> Result<bool> {
    let Some(content) = disclosures::of_case(tx, permit, case_id, asked)? else { return Ok(false) };
    let content = DisclosureContent { copies: Vec::new(), ..content };
    let ask = Ask::try_from(NewDisclosure { basis: AskedBasis::Permission, content }).map_err(Error::failing)?;
    let facts::Judged { ask, mut facts, .. } = facts::facts_of_draft(tx, permit, case_id, &ask, limits)?;
    facts.consents.retain(|said| said.decision == ConsentDecision::Given);
    facts.family = facts.family.as_known();
    let uncovered = |rule: RefusalRule| (RefusalRule::ConsentMissing..=RefusalRule::DirectionNotCovered).contains(&rule);
    Ok(decide(&ask, &facts, now).err().is_none_or(|refusal| !refusal.failings.iter().any(|failing| uncovered(failing.rule))))
}

/// The permissions about these people, of whom something was put right that bears on who decides for them: whoever gave one is asked by the day on
/// which it ends by what is known now.
pub(in crate::app) fn remind_anew(tx: &mut Tx<'_>, permit: &Permit<impl Act>, people: &[PersonId], now: Timestamp) -> Result<()> {
    let given = consents::lasting(tx, permit, people, now)?;
    remind(tx, permit, &given, now)
}

/// A permission that is about to end, for anybody it is about, is on the work list, so that whoever gave it is asked in time.
pub(super) fn remind(tx: &mut Tx<'_>, permit: &Permit<impl Act>, given: &[(ConsentId, CaseId, NewConsent)], now: Timestamp) -> Result<()> {
    let records: Vec<(CaseId, &NewConsent)> = given.iter().map(|(_, case, content)| (*case, content)).collect();
    let held = consents::authorities(tx, permit, &records, rules::authority_of)?;
    for ((id, case, content), held) in given.iter().zip(held) {
        let last_days = held.iter().filter_map(|held| held.ends_on).chain(content.expires_on);
        // Of what nobody may permit any more there is nothing to ask.
        let stands = consents::standing(content, &held, now.day()) == ConsentStatus::Live;
        match last_days.filter(|last| stands && *last >= now.day()).min() {
            Some(last) => tasks::schedule(tx, permit, NewTask::ahead(TaskKind::PermissionEnding, *case, id.0, last), now)?,
            None => tasks::settle(tx, permit, TaskKind::PermissionEnding, id.0, now)?,
        }
    }
    Ok(())
}
