//! How long a permission lasts, and what rests on it with it (R5, R9).

use chrono::NaiveDate;

use crate::app::Result;
use crate::authz::{Act, Permit};
use crate::db::consents;
use crate::db::counted::Counted;
use crate::db::tasks::{self, NewTask};
use crate::db::{Tx, information_requests, legal_extracts, legal_requests};
use crate::domain::consent::{Consent, SubjectAuthority};
use crate::domain::disclosure::ReliedOn;
use crate::domain::ids::{CaseId, ConsentId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::TaskKind;
use crate::policy::consent as rules;

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

/// What was asked or is drafted on the strength of a permission goes on with the one that took its place, for as long as that.
pub(super) fn carry_on(tx: &mut Tx<'_>, permit: &Permit<impl Act>, old: &Consent, now: Timestamp) -> Result<()> {
    let line = consents::line(tx, permit, old)?;
    for (request, relied) in information_requests::resting_on(tx, permit, &line, now.day())? {
        let until = last_day(tx, permit, &relied, now)?;
        information_requests::last_until(tx, permit, request, until)?;
    }
    for draft in legal_extracts::resting_on(tx, permit, old.case_id, &line)? {
        let until = last_day(tx, permit, &draft.consents, now)?;
        legal_requests::last_until(tx, permit, draft.legal_request_id, until)?;
    }
    Ok(())
}

/// A permission that is about to end is on the work list, so that whoever gave it is asked in time.
pub(super) fn remind(tx: &mut Tx<'_>, permit: &Permit<impl Act>, (id, case_id): (ConsentId, CaseId), now: Timestamp) -> Result<()> {
    let recorded = consents::find(tx, permit, id, now)?;
    let everybody = ReliedOn { consent_id: id, version: i64::from(recorded.version), subject_ids: recorded.content.subject_ids };
    if let Some(last) = last_day(tx, permit, &[everybody], now)?.filter(|last| *last >= now.day()) {
        tasks::create(tx, permit, NewTask::ahead(TaskKind::PermissionEnding, case_id, id.0, last), now)?;
    }
    Ok(())
}
