//! What blocks a draft for good (R17): the end of a permission it rests on, or a new refusal that is about it.

use crate::app::Result;
use crate::authz::{Act, Permit};
use crate::db::legal_extracts::{self, Draft};
use crate::db::tasks::NewTask;
use crate::db::{Tx, facts, legal_requests, tasks};
use crate::domain::disclosure::{Ask, AskedBasis, DisclosureContent, Facts, Limits, NewDisclosure, NewDisclosureCheck, RefusalRule};
use crate::domain::ids::{CaseId, ConsentId, DisclosureId, PersonId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{DisclosureStatus, TaskKind};
use crate::policy::deadlines;
use crate::policy::disclosure::decide;

/// By which somebody's no stands against something.
const BY_A_NO: [RefusalRule; 3] = [RefusalRule::SubjectRefused, RefusalRule::CompetenceNotAssessed, RefusalRule::ConflictingRefusal];

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

/// Decides again, after a new refusal, about every draft that is about any of these people, in whatever case: a refusal holds in all. Those against
/// which a no stands now are blocked; those of this case are answered, as nobody is told of another. Whatever else would refuse one, such as a note
/// that was corrected, is found when it is sent, and may be mended until then. The caller has taken the guards of these people; what is decided when
/// a draft is sent takes all.
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
        let refused = decide(&judged.ask, &in_the_open(judged.facts), now).err();
        let by_a_no = refused.is_some_and(|refusal| refusal.failings.iter().any(|failing| BY_A_NO.contains(&failing.rule)));
        if by_a_no && block(tx, permit, &draft, now)? && draft.case_id == case_id {
            blocked.push(draft.id);
        }
    }
    Ok(blocked)
}

/// The facts as they are: the answer is told to nobody, so it need hide nothing, nor stop at a correction.
fn in_the_open(mut facts: Facts) -> Facts {
    facts.consents.iter_mut().for_each(|said| said.visible = true);
    facts.notes.iter_mut().for_each(|note| note.superseded = false);
    facts.family.known_less.clear();
    facts.family.hidden.clear();
    facts
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
