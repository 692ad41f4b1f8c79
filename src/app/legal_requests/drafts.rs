//! What blocks a draft for good (R17): the end of a permission it rests on, or a new refusal that would refuse it.

use crate::app::Result;
use crate::authz::{Act, Permit};
use crate::db::legal_extracts::{self, Draft};
use crate::db::tasks::NewTask;
use crate::db::{Tx, facts, legal_requests, tasks};
use crate::domain::disclosure::{Ask, AskedBasis, DisclosureContent, Limits, NewDisclosure, NewDisclosureCheck};
use crate::domain::ids::{CaseId, ConsentId, DisclosureId, PersonId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{DisclosureStatus, TaskKind};
use crate::policy::deadlines;
use crate::policy::disclosure::decide;

/// What a drafted disclosure asks for, to be decided again.
pub(super) fn ask(drafted: DisclosureContent) -> Result<Ask> {
    let drafted = NewDisclosure { basis: AskedBasis::Permission, content: drafted };
    Ask::for_proceedings(NewDisclosureCheck::from(drafted)).map_err(crate::app::Error::failing)
}

/// Blocks the drafts of this case that rest on any of these permissions, which have ended. The caller has taken the guards.
pub(in crate::app) fn block_resting_on(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case_id: CaseId,
    consents: &[ConsentId],
    now: Timestamp,
) -> Result<Vec<DisclosureId>> {
    let mut blocked = Vec::new();
    for draft in legal_extracts::resting_on(tx, permit, case_id, consents)? {
        if block(tx, permit, &draft, now)? {
            blocked.push(draft.id);
        }
    }
    Ok(blocked)
}

/// Decides again, after a new refusal, about every draft that is about any of these people, in whatever case: a refusal holds in all. Those that
/// would be refused now are blocked; those of this case are answered, as nobody is told of another. The caller has taken the guards of these people;
/// what is decided when a draft is sent takes all.
pub(in crate::app) fn reconsider(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case_id: CaseId,
    people: &[PersonId],
    limits: Limits,
    now: Timestamp,
) -> Result<Vec<DisclosureId>> {
    let mut blocked = Vec::new();
    for draft in legal_extracts::about(tx, permit, people)? {
        let ask = ask(draft.extract.disclosure.clone())?;
        let judged = facts::facts_of_draft(tx, permit, draft.case_id, &ask, limits)?;
        if decide(&judged.ask, &judged.facts, now).is_err() && block(tx, permit, &draft, now)? && draft.case_id == case_id {
            blocked.push(draft.id);
        }
    }
    Ok(blocked)
}

fn block(tx: &mut Tx<'_>, permit: &Permit<impl Act>, draft: &Draft, now: Timestamp) -> Result<bool> {
    if !legal_extracts::end(tx, permit, draft.id, DisclosureStatus::Blocked)? {
        return Ok(false);
    }
    legal_requests::block(tx, permit, draft.legal_request_id)?;
    let due_on = deadlines::next_working_day(now.day());
    tasks::create_once(tx, permit, NewTask::new(TaskKind::LegalRequest, draft.case_id, draft.legal_request_id.0, due_on), now)?;
    Ok(true)
}
