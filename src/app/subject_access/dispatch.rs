//! The sending of the answer (C9): by the manager, directly to whoever asked, at an address of their own, through the one exit and in one transaction.

use std::collections::HashMap;

use super::items::held;
use super::{delivery, require_unconflicted, settle, shown, wrong_state};
use crate::app::disclosures::{Answered, Request, Stop};
use crate::app::{App, Error, Result, expect_version, leave};
use crate::authz::{Permit, act};
use crate::db::subject_access::{self, Part, Right, Step};
use crate::db::{self, Tx, facts};
use crate::domain::disclosure::{Ask, RefusalRule};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{NoteId, SarId};
use crate::domain::subject_access::{NewSarDispatch, SubjectAccessRequest};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ClockEventKind, SarStatus};
use crate::policy::subject_access::{Asking, Shown, may_ask};

/// So many notes leave in one disclosure at most.
const AT_ONCE: usize = 200;

/// Whether whoever asks may, by all that is on record now: not before proof has come that was asked for.
fn authorised(tx: &mut Tx<'_>, permit: &Permit<act::SarDispatch>, request: &SubjectAccessRequest, now: Timestamp) -> Result<bool> {
    let content = &request.content;
    let acting_for = content.acting_for_id.unwrap_or(content.requester_id);
    let (family, [requester, acting_for, subject]) = facts::of_asking(tx, permit, [content.requester_id, acting_for, content.subject_id])?;
    let shown = Shown {
        authority: request.clock_events.iter().any(|event| event.content.kind == ClockEventKind::AuthorityReceived),
        best_interests: request.best_interests.as_ref().is_some_and(|reason| !reason.as_str().trim().is_empty()),
    };
    let asking = Asking { capacity: content.capacity, requester, acting_for, subject };
    Ok(may_ask(&asking, shown, now.day(), &family))
}

/// The notes of a case that go, and of those that are redacted the words.
fn going(part: &Part) -> (Vec<NoteId>, HashMap<NoteId, LongText>) {
    let notes = part.items.iter().filter(|item| item.goes()).map(|item| item.note_id).collect();
    let words = part.items.iter().filter_map(|item| Some((item.note_id, item.redacted_text.clone()?))).collect();
    (notes, words)
}

impl App {
    /// Sends the answer. What leaves of each case is a disclosure on the ground of the right to it, decided and logged like any other; all of them, or none.
    pub async fn dispatch_subject_access(
        &self,
        permit: Permit<act::SarDispatch>,
        id: SarId,
        version: i32,
        how: NewSarDispatch,
        request: Idempotency,
    ) -> Result<Created<SubjectAccessRequest>> {
        let (now, app) = (self.clock.now(), self.clone());
        let dispatch = move |tx: &mut Tx<'_>, permit: &Permit<_>| app.send_answer(tx, permit, id, version, how, now);
        Ok(self.once_unless_refused(permit, Some(request), dispatch, shown).await?.0)
    }

    fn send_answer(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::SarDispatch>,
        id: SarId,
        version: i32,
        how: NewSarDispatch,
        now: Timestamp,
    ) -> Result<SarId, Stop> {
        let current = subject_access::find(tx, permit, id)?;
        expect_version(current.version, version)?;
        let not_yet = |rule| Stop::Error(wrong_state(permit.caller(), current.status, Some(rule)));
        require_unconflicted(tx, permit, &current)?;
        let right = Right::from(&current.content);
        match current.status {
            SarStatus::Ready => {}
            SarStatus::Received | SarStatus::Running | SarStatus::Paused => return Err(not_yet(RefusalRule::SarNotDecided)),
            SarStatus::AwaitingIdentity => return Err(not_yet(RefusalRule::AuthorityMissing)),
            SarStatus::Sent | SarStatus::Refused => return Err(wrong_state(permit.caller(), current.status, None).into()),
        }
        // From here on nothing changes that bears on the answer (R16).
        subject_access::take_guards(tx, permit, right)?;
        let to = delivery(tx, permit, &current, current.delivery_contact_id.map(|contact| contact.0))?;
        let Some(to) = to.filter(|contact| contact.contact.verified_at.is_some()) else {
            return Err(not_yet(RefusalRule::AddressUnverified));
        };
        let reached = how.channel.contact_kinds();
        if !reached.is_empty() && !reached.contains(&to.contact.kind) {
            return Err(Error::Rule(vec![Fault::contradicting("#/channel")]).into());
        }
        if !authorised(tx, permit, &current, now)? {
            return Err(not_yet(RefusalRule::AuthorityMissing));
        }
        let held = held(tx, permit, &current, now)?;
        let safe = facts::is_safe(tx, permit, right.requester, to.id, how.channel)?;
        let answered = Answered { decided: held.is_decided(), safe };
        let exit = leave(permit.caller())?;
        // All is decided before anything is written: a refusal is committed, and nothing else with it.
        let mut granted = Vec::new();
        for part in &held.parts {
            let (notes, words) = going(part);
            let mut parcels: Vec<&[NoteId]> = notes.chunks(AT_ONCE).collect();
            // The answer tells of a case without them, too: not of one of which they may not be told any more (C1).
            if parcels.is_empty() && held.cases.contains(&part.case_id) {
                parcels.push(&[]);
            }
            for some in parcels {
                let ask = Ask::for_right(right.subject, right.requester, how.channel, some.to_vec());
                let request = Request::of_right(tx, &exit, part.case_id, ask, &words, answered).map_err(|error| match error {
                    // A note that was moved away since is not there any more.
                    Error::Db(db::Error::NotFound) => not_yet(RefusalRule::SarNotDecided),
                    other => other.into(),
                })?;
                let grant = self.judge(tx, &exit, &request, None, now)?;
                granted.push((part.case_id, request, grant));
            }
        }
        if !answered.decided {
            return Err(not_yet(RefusalRule::SarNotDecided));
        }
        if !safe {
            let rule = RefusalRule::UnsafeContact;
            return Err(Error::rule("#/channel", rule.as_str(), rule.detail()).into());
        }
        let mut left: HashMap<_, Vec<_>> = HashMap::new();
        for (case, request, grant) in granted {
            left.entry(case).or_default().push(self.record_answer(tx, &exit, &request, grant, id)?);
        }
        for part in &held.parts {
            subject_access::sent(tx, permit, id, part, left.remove(&part.case_id).unwrap_or_default())?;
        }
        subject_access::take(tx, permit, id, version, SarStatus::Sent, Step::Sent, now)?;
        settle(tx, permit, id, now)?;
        Ok(id)
    }
}
