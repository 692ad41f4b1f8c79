//! Subject access requests (C9): recorded by whoever takes them, and answered by the service manager, who may neither be the subject nor close to them.
//! The clock is in `clock`; what is held and decided, in `items`; the sending, in `dispatch`.

use std::collections::BTreeSet;

use super::participants::known;
use super::{App, Error, Result, allowed, expect_version, faultless, possible, sides};
use crate::authz::{Act, Action, Permit, act};
use crate::db::counted::Counted;
use crate::db::subject_access::{self, Right, Step, cases_of_right};
use crate::db::{self, Tx, people, staff};
use crate::domain::disclosure::RefusalRule;
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, SarId, StaffId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::patch::Merge;
use crate::domain::person::Contact;
use crate::domain::subject_access::{NewSarRefusal, NewSubjectAccessRequest, SarUpdate, SubjectAccessRequest, SubjectAccessRequestSummary};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::SarStatus;

mod clock;
mod dispatch;
mod items;
mod letter;

use clock::{remind, settle, timed};

/// What may be done with a request that stands so, once all that is held now is decided, or before. What was built is no answer any more while it is not.
fn actions(status: SarStatus, decided: bool) -> &'static [Action] {
    match (status, decided) {
        (SarStatus::Received | SarStatus::Running, true) => {
            &[Action::SarUpdate, Action::SarClockEvent, Action::SarDecide, Action::SarBundle, Action::SarRefuse]
        }
        (SarStatus::Received | SarStatus::Running, false) | (SarStatus::AwaitingIdentity | SarStatus::Paused, _) => {
            &[Action::SarUpdate, Action::SarClockEvent, Action::SarDecide, Action::SarRefuse]
        }
        (SarStatus::Ready, true) => {
            &[Action::SarUpdate, Action::SarDecide, Action::SarBundle, Action::SarBundleFile, Action::SarDispatch, Action::SarRefuse]
        }
        (SarStatus::Ready, false) => &[Action::SarUpdate, Action::SarDecide, Action::SarRefuse],
        (SarStatus::Sent, _) => &[Action::SarBundleFile],
        (SarStatus::Refused, _) => &[],
    }
}

/// The request with its clock, as far as the caller sees it.
fn shown(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: SarId, now: Timestamp) -> Result<SubjectAccessRequest> {
    let request = timed(subject_access::find(tx, permit, id)?);
    let caller = permit.caller();
    if request.content.conflicted_staff_ids.contains(&caller.staff) || !caller.may(Action::SarUpdate) {
        return Ok(request.clock_alone());
    }
    let allowed_actions = allowed(caller, &offered(tx, permit, &request, now)?);
    Ok(SubjectAccessRequest { allowed_actions, ..request })
}

/// What the caller may do with a request now: nothing if they may not decide about it, and nothing is built or sent by who is not shown all of it.
fn offered(tx: &mut Tx<'_>, permit: &Permit<impl Act>, request: &SubjectAccessRequest, now: Timestamp) -> Result<Vec<Action>> {
    let Some(cases) = unless_closed(require_unconflicted(tx, permit, request))? else { return Ok(Vec::new()) };
    let decided = match request.status {
        SarStatus::Received | SarStatus::Running | SarStatus::Ready => {
            unless_closed(items::held_in(tx, permit, request, cases, now))?.is_some_and(|held| held.is_decided())
        }
        _ => false,
    };
    Ok(possible(permit.caller(), actions(request.status, decided)))
}

/// What is not the caller's to decide about, or to see without a reason, is none.
fn unless_closed<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Err(Error::SamePerson(_) | Error::Db(db::Error::NotFound | db::Error::AccessReasonRequired)) => Ok(None),
        found => found.map(Some),
    }
}

/// The request for whoever recorded it, also where they do not see a case it is about: then its clock alone, and how it stands.
fn recorded(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: SarId) -> Result<SubjectAccessRequest> {
    Ok(timed(subject_access::written(tx, permit, id)?).clock_alone())
}

/// The request stands so that this cannot be done, but what is offered.
fn wrong_state(offered: Vec<Action>, rule: Option<RefusalRule>) -> Error {
    Error::State { rule: rule.map(|rule| Fault::new("#", rule.as_str(), rule.detail())), allowed: offered }
}

/// The request stands so that this can be done.
fn require(tx: &mut Tx<'_>, permit: &Permit<impl Act>, request: &SubjectAccessRequest, action: Action, now: Timestamp) -> Result<()> {
    if actions(request.status, true).contains(&action) {
        return Ok(());
    }
    Err(wrong_state(offered(tx, permit, request, now)?, None))
}

/// Whether the caller is the subject or the requester, or close to one of them, or works for another side of the family (C1). Whoever does not see a case
/// it is about finds nothing.
fn is_conflicted(tx: &mut Tx<'_>, permit: &Permit<impl Act>, request: &SubjectAccessRequest) -> Result<bool> {
    match require_unconflicted(tx, permit, request) {
        Err(Error::SamePerson(_)) => Ok(true),
        other => other.map(|_| false),
    }
}

/// Whoever is the subject or the requester, or close to one of them, or works for another side of the family (C1), does nothing about a request: another
/// holder of the role does (C9). Nor does whoever does not see a case it is about: that is as one that is not there. The answer is these cases, which stay
/// as they are until the transaction ends.
fn require_unconflicted(tx: &mut Tx<'_>, permit: &Permit<impl Act>, request: &SubjectAccessRequest) -> Result<BTreeSet<CaseId>> {
    if request.content.conflicted_staff_ids.contains(&permit.staff()) {
        return Err(Error::conflicted("#"));
    }
    let about = cases_of_right(tx, permit, Right::from(&request.content))?;
    sides::require_one_side(tx, permit, &about)?;
    Ok(about)
}

/// Those of these members of staff who are not on record.
fn strangers(tx: &mut Tx<'_>, permit: &Permit<impl Act>, members: &[(StaffId, String)]) -> Result<Vec<Fault>> {
    let ids: Vec<StaffId> = members.iter().map(|(id, _)| *id).collect();
    let known = staff::on_record(tx, permit, &ids)?;
    Ok(members.iter().filter(|(id, _)| !known.contains(id)).map(|(_, place)| Fault::unknown(place)).collect())
}

fn placed(members: &[StaffId]) -> Vec<(StaffId, String)> {
    members.iter().enumerate().map(|(i, id)| (*id, format!("#/conflictedStaffIds/{i}"))).collect()
}

/// The contact to which the answer goes, as far as the caller knows it: none of anybody but the requester.
fn delivery(tx: &mut Tx<'_>, permit: &Permit<impl Act>, request: &SubjectAccessRequest, to: Option<uuid::Uuid>) -> Result<Option<Contact>> {
    let Some(wanted) = to else { return Ok(None) };
    match people::find(tx, permit, request.content.requester_id) {
        Ok(requester) => Ok(requester.contacts.into_iter().find(|contact| contact.id.0 == wanted)),
        Err(db::Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl App {
    /// Records that somebody asks for what is held about themselves or another: by any way, and whoever takes it.
    pub async fn log_subject_access(
        &self,
        permit: Permit<act::SarLog>,
        content: NewSubjectAccessRequest,
        request: Option<Idempotency>,
    ) -> Result<Created<SubjectAccessRequest>> {
        let now = self.clock.now();
        let log = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let right = Right::from(&content);
            let mut faults = Vec::new();
            faults.extend(known(tx, permit, right.subject, "#/subjectId".to_owned())?);
            faults.extend(known(tx, permit, right.requester, "#/requesterId".to_owned())?);
            if let Some(other) = content.acting_for_id {
                faults.extend(known(tx, permit, other, "#/actingForId".to_owned())?);
            }
            faults.extend(strangers(tx, permit, &placed(&content.conflicted_staff_ids))?);
            let same = Counted::among(tx, [right.subject, right.requester])?.same(right.subject, right.requester);
            faults.extend(content.faults(now.day(), same));
            faultless(faults)?;
            let received_on = content.received_on;
            let id = subject_access::insert(tx, permit, content, now)?;
            remind(tx, permit, (id, right), received_on, &[], now)?;
            Ok(id)
        };
        let show = move |tx: &mut Tx<'_>, permit: &Permit<_>, id| match shown(tx, permit, id, now) {
            Err(Error::Db(db::Error::NotFound | db::Error::AccessReasonRequired)) => recorded(tx, permit, id),
            shown => shown,
        };
        self.once(permit, request, log, show).await
    }

    /// The register.
    pub async fn list_subject_access(
        &self,
        permit: Permit<act::SarList>,
        status: Vec<SarStatus>,
        page: PageRequest,
    ) -> Result<Page<SubjectAccessRequestSummary>> {
        self.look(permit, move |tx, permit| Ok(subject_access::list(tx, permit, &status, &page)?.map(clock::listed))).await
    }

    /// A request about cases in scope; to whoever may not decide about it, or recorded it without seeing all of them, its clock alone.
    pub async fn read_subject_access(&self, permit: Permit<act::SarRead>, id: SarId) -> Result<SubjectAccessRequest> {
        let now = self.clock.now();
        self.look(permit, move |tx, permit| match shown(tx, permit, id, now) {
            Err(Error::Db(db::Error::NotFound)) => recorded(tx, permit, id),
            shown => shown,
        })
        .await
    }

    /// Changes where the answer goes, what was searched, and who decides nothing about it.
    pub async fn update_subject_access(
        &self,
        permit: Permit<act::SarUpdate>,
        id: SarId,
        version: i32,
        merge: Merge<SarUpdate>,
    ) -> Result<SubjectAccessRequest> {
        let now = self.clock.now();
        self.change(permit, move |tx, permit| {
            let current = subject_access::find(tx, permit, id)?;
            expect_version(current.version, version)?;
            let update = merge(&SarUpdate::from(&current)).map_err(Error::Invalid)?;
            let mut members = placed(&update.conflicted_staff_ids);
            let searched = update.searches.iter().enumerate();
            members.extend(searched.clone().map(|(i, search)| (search.by_staff_id, format!("#/searches/{i}/byStaffId"))));
            let mut faults = strangers(tx, permit, &members)?;
            let to_come = searched.filter(|(_, search)| search.searched_on > now.day());
            faults.extend(
                to_come
                    .map(|(i, _)| Fault::new(format!("#/searches/{i}/searchedOn"), "decided_in_future", "Must not be later than today.")),
            );
            let to = update.delivery_contact_id.map(|contact| contact.0);
            if to.is_some() && delivery(tx, permit, &current, to)?.is_none() {
                faults.push(Fault::unknown("#/deliveryContactId"));
            }
            faultless(faults)?;
            require(tx, permit, &current, Action::SarUpdate, now)?;
            require_unconflicted(tx, permit, &current)?;
            subject_access::take(tx, permit, id, version, current.status, Step::Updated(update), now)?;
            shown(tx, permit, id, now)
        })
        .await
    }

    /// Refuses a request. The requester was told of it, and of what they can do about it.
    pub async fn refuse_subject_access(
        &self,
        permit: Permit<act::SarRefuse>,
        id: SarId,
        version: i32,
        why: NewSarRefusal,
        request: Option<Idempotency>,
    ) -> Result<Created<SubjectAccessRequest>> {
        let now = self.clock.now();
        let refuse = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let current = subject_access::find(tx, permit, id)?;
            expect_version(current.version, version)?;
            let mut faults = Vec::new();
            if why.reason.is_blank() {
                faults.push(Fault::new("#/reason", "decision_reason_missing", "Needs why it is refused."));
            }
            if why.rights_notice_on > now.day() {
                faults.push(Fault::new("#/rightsNoticeOn", "decided_in_future", "Must not be later than today."));
            }
            if why.rights_notice_on < current.content.received_on {
                faults.push(Fault::contradicting("#/rightsNoticeOn"));
            }
            faultless(faults)?;
            require(tx, permit, &current, Action::SarRefuse, now)?;
            require_unconflicted(tx, permit, &current)?;
            subject_access::take(tx, permit, id, version, SarStatus::Refused, Step::Refused(why), now)?;
            settle(tx, permit, id, now)?;
            Ok(id)
        };
        self.once(permit, request, refuse, move |tx, permit, id| shown(tx, permit, id, now)).await
    }
}
