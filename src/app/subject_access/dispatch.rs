//! The sending of the answer (C9): by the manager, directly to whoever asked, at an address of their own, through the one exit and in one transaction.

use super::items::held;
use super::letter::{Said, cover, said};
use super::{actions, delivery, is_conflicted, offered, settle, shown, wrong_state};
use crate::app::disclosures::{Answered, Request, Stop};
use crate::app::{App, Error, Result, expect_version, leave, possible};
use crate::authz::{Action, Caller, Permit, act};
use crate::db::counted::Counted;
use crate::db::notes::HeldNote;
use crate::db::subject_access::{self, Held, Right, Step};
use crate::db::{Tx, facts};
use crate::domain::disclosure::{Ask, Refusal, RefusalRule, SarFacts};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, SarId};
use crate::domain::person::{Contact, NewContact};
use crate::domain::subject_access::{NewSarDispatch, SarAddress, SubjectAccessRequest};
use crate::domain::subject_access_letter::OfCase;
use crate::domain::text::{LongText, blank};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ClockEventKind, SarStatus};
use crate::policy::disclosure::Grant;
use crate::policy::subject_access::{Asking, Shown, may_ask};

/// So many notes leave in one disclosure at most.
const AT_ONCE: usize = 200;
/// So many letters are said beside them at most.
const LONGEST: usize = 20_000;

/// Whether whoever asks may, by all that is on record now: not before proof has come that was asked for.
fn authorised(
    tx: &mut Tx<'_>,
    permit: &Permit<act::SarDispatch>,
    request: &SubjectAccessRequest,
    held: &Held,
    now: Timestamp,
) -> Result<bool> {
    let content = &request.content;
    let acting_for = content.acting_for_id.unwrap_or(content.requester_id);
    let (family, [requester, acting_for, subject], said_no) =
        facts::of_asking(tx, permit, [content.requester_id, acting_for, content.subject_id])?;
    let shown = Shown {
        authority: request.clock_events.iter().any(|event| event.content.kind == ClockEventKind::AuthorityReceived),
        best_interests: !blank(request.best_interests.as_ref()),
        said_no: said_no || held.goes_against_their_wish(),
    };
    let asking = Asking { capacity: content.capacity, requester, acting_for, subject };
    Ok(may_ask(&asking, shown, now.day(), &family))
}

/// What is to leave of a case in parcels, each small enough for one disclosure: its notes, and what is said beside them. There is one at least.
fn parcels<N>(notes: Vec<N>, beside: &str) -> Vec<(Vec<N>, Option<LongText>)> {
    let letters: Vec<char> = beside.chars().collect();
    let mut words = letters.chunks(LONGEST).map(|some| LongText(some.iter().collect()));
    let (mut notes, mut parcels) = (notes.into_iter(), Vec::new());
    loop {
        let parcel = (notes.by_ref().take(AT_ONCE).collect::<Vec<N>>(), words.next());
        if parcel.0.is_empty() && parcel.1.is_none() && !parcels.is_empty() {
            return parcels;
        }
        parcels.push(parcel);
    }
}

/// The refusal as it reads in the request to send, which has no basis.
fn of_request(refusal: Refusal) -> Refusal {
    let failings = refusal.failings.into_iter().map(|mut failing| {
        failing.pointer = failing.pointer.replace("#/basis", "#");
        failing
    });
    Refusal { failings: failings.collect(), ..refusal }
}

/// An answer that is to leave, as far as it is known.
struct Answer {
    current: SubjectAccessRequest,
    how: NewSarDispatch,
    /// Whether whoever sends it may not decide about it.
    conflicted: bool,
    /// What else they may do with the request now.
    offered: Vec<Action>,
    known: Answered,
    /// The contact to which it goes, if that is verified.
    to: Option<Contact>,
}

/// What of a case was granted to leave.
struct Leaving {
    case_id: CaseId,
    of_case: OfCase,
    granted: Vec<(Request, (Grant, Counted))>,
}

impl Answer {
    /// All that bears on it, and what it says of each case, behind the guards of everybody it is about. What is not decided says nothing but of which
    /// cases it would be; and so does what the caller may not decide about, who is shown nothing of what is held.
    fn find(
        tx: &mut Tx<'_>,
        permit: &Permit<act::SarDispatch>,
        current: SubjectAccessRequest,
        how: NewSarDispatch,
        now: Timestamp,
    ) -> Result<(Self, Vec<Said>)> {
        let right = Right::from(&current.content);
        let bare = |cases: Vec<CaseId>| {
            cases.into_iter().map(|case_id| Said { case_id, of_case: OfCase::default(), notes: Vec::new() }).collect::<Vec<_>>()
        };
        if is_conflicted(tx, permit, &current)? {
            let cases = subject_access::cases_of_right(tx, permit, right)?;
            let (parts, _) = subject_access::decided(tx, permit, current.id)?;
            let said = bare(parts.into_iter().map(|part| part.case_id).filter(|case| cases.contains(case)).collect());
            let known = Answered { sar: SarFacts::default(), safe: true };
            return Ok((Self { current, how, conflicted: true, offered: Vec::new(), known, to: None }, said));
        }
        let held = held(tx, permit, &current, now)?;
        let to = delivery(tx, permit, &current, current.delivery_contact_id.map(|contact| contact.0))?;
        let to = to.filter(|contact| contact.contact.verified_at.is_some());
        let safe = match &to {
            Some(to) => facts::is_safe(tx, permit, right.requester, to.id, how.channel)?,
            None => true,
        };
        let decided = held.is_decided();
        let built_at = current.built_at.filter(|_| current.status == SarStatus::Ready && decided);
        // While proof is out that was asked for, nobody has shown that they may.
        let authorised = current.status != SarStatus::AwaitingIdentity && authorised(tx, permit, &current, &held, now)?;
        let Held { cases, parts, .. } = held;
        let said = match built_at {
            Some(built_at) => said(tx, permit, &current, built_at, &cases, &parts)?,
            None => bare(cases.into_iter().collect()),
        };
        let known = Answered { sar: SarFacts { decided: built_at.is_some(), verified: to.is_some(), authorised }, safe };
        let offered = possible(permit.caller(), actions(current.status, decided));
        Ok((Self { current, how, conflicted: false, offered, known, to }, said))
    }

    /// What is asked of one case, or, without notes and words, of none.
    fn ask(&self, notes: &[HeldNote], words: Option<LongText>, beyond_notes: bool) -> Ask {
        let Right { subject, requester, .. } = Right::from(&self.current.content);
        let beyond_notes = beyond_notes || notes.is_empty();
        Ask::for_right(subject, requester, self.how.channel, notes.iter().map(HeldNote::id).collect(), (words, beyond_notes))
    }

    /// Where it goes, if that is known: it must be of a kind that is reached by the way asked.
    fn address(&self) -> Result<Option<SarAddress>> {
        let channel = self.how.channel;
        let Some(Contact { contact: NewContact { kind, value, .. }, .. }) = &self.to else { return Ok(None) };
        if !channel.contact_kinds().is_empty() && !channel.contact_kinds().contains(kind) {
            return Err(Error::Rule(vec![Fault::contradicting("#/channel")]));
        }
        Ok(Some(SarAddress { channel, kind: *kind, value: value.clone() }))
    }
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
        Ok(self.once_unless_refused(permit, Some(request), dispatch, move |tx, permit, id| shown(tx, permit, id, now)).await?.0)
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
        if matches!(current.status, SarStatus::Sent | SarStatus::Refused) {
            return Err(wrong_state(offered(tx, permit, &current, now)?, None).into());
        }
        // From here on nothing changes that bears on the answer (R16).
        subject_access::take_guards(tx, permit, Right::from(&current.content))?;
        let (answer, said) = Answer::find(tx, permit, current, how, now)?;
        let to = answer.address()?;
        let judged = self.judge_answer(tx, permit.caller(), &answer, said, now);
        let leaving = judged.map_err(|stop| stop.reading(of_request, answer.offered.clone()))?;
        let to = to.ok_or_else(|| wrong_state(answer.offered.clone(), Some(RefusalRule::AddressUnverified)))?;
        let (exit, contact) = (leave(permit.caller())?, answer.to.as_ref().map(|contact| contact.id));
        for Leaving { case_id, of_case, granted } in leaving {
            let mut left = Vec::with_capacity(granted.len());
            for (request, grant) in granted {
                left.push(self.record_answer(tx, &exit, &request, grant, (id, contact))?);
            }
            subject_access::sent(tx, permit, (id, case_id), of_case, left)?;
        }
        let cover = cover(tx, permit, &self.settings, answer.current.content.requester_id)?;
        subject_access::take(tx, permit, id, version, SarStatus::Sent, Step::Sent(cover, to), now)?;
        settle(tx, permit, id, now)?;
        Ok(id)
    }

    /// Decides about all that is to leave before anything is written. A refusal is one of each case, and is committed with its entries.
    fn judge_answer(
        &self,
        tx: &mut Tx<'_>,
        caller: &Caller,
        answer: &Answer,
        said: Vec<Said>,
        now: Timestamp,
    ) -> Result<Vec<Leaving>, Stop> {
        if said.is_empty() {
            Self::judge_without_case(tx, &answer.ask(&[], None, true), answer.known, answer.conflicted, now)?;
        }
        let exit = leave(caller)?;
        let (mut leaving, mut refused) = (Vec::with_capacity(said.len()), None);
        for Said { case_id, of_case, notes } in said {
            let mut granted = Vec::new();
            for (notes, words) in parcels(notes, &of_case.beside_notes()) {
                let beyond_notes = words.is_some() && of_case.goes_beyond_notes();
                let ask = answer.ask(&notes, words, beyond_notes);
                let request = Request::of_right(case_id, ask, notes, answer.known).asked_by(answer.conflicted);
                match self.judge(tx, &exit, &request, None, now) {
                    Ok(grant) => granted.push((request, grant)),
                    Err(stop @ Stop::Refused(..)) => refused = refused.or(Some(stop)),
                    Err(error @ Stop::Error(_)) => return Err(error),
                }
            }
            leaving.push(Leaving { case_id, of_case, granted });
        }
        refused.map_or(Ok(leaving), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_is_parted_where_it_is_too_much_for_one_disclosure() {
        let sizes = |notes: usize, letters: usize| {
            let parcels = parcels(vec![(); notes], &"é".repeat(letters));
            parcels
                .iter()
                .map(|(notes, words)| (notes.len(), words.as_ref().map_or(0, |words| words.0.chars().count())))
                .collect::<Vec<_>>()
        };
        assert_eq!(sizes(0, 0), [(0, 0)], "a case of which nothing goes, too");
        assert_eq!(sizes(200, 20_000), [(200, 20_000)]);
        assert_eq!(sizes(401, 20_001), [(200, 20_000), (200, 1), (1, 0)]);
        assert_eq!(sizes(1, 40_001), [(1, 20_000), (0, 20_000), (0, 1)]);
    }
}
