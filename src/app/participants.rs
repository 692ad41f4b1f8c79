//! Who takes part in a case (C1). Each write takes the guards of everybody in it, and judges behind them (R16).

use super::cases::require_open;
use super::sides::{self, Offer};
use super::{App, Error, Result, consents, expect_version, faultless};
use crate::authz::{Act, Action, Permit, act};
use crate::clock::Clock;
use crate::db::cases::CaseHead;
use crate::db::counted::Counted;
use crate::db::{self, Tx, cases, idempotency, participants, people};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, ParticipantId, PersonId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::participant::{NewParticipant, Participant, ParticipantContent, ParticipantUpdate};
use crate::domain::patch::Merge;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{CaseStatus, ParticipantRole, Role};

/// What may be done with a participant of a case that stands so.
fn actions(status: CaseStatus) -> &'static [Action] {
    match status {
        CaseStatus::Open | CaseStatus::Inactive => &[Action::ParticipantUpdate],
        CaseStatus::Closed => &[],
    }
}

/// The participant with what the caller may do with it.
pub(super) fn offered(permit: &Permit<impl Act>, offer: Offer, status: CaseStatus, participant: Participant) -> Participant {
    Participant { allowed_actions: offer.among(permit.caller(), actions(status)), ..participant }
}

fn view(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ParticipantId) -> Result<Participant> {
    let participant = participants::find(tx, permit, id)?;
    let status = cases::require(tx, permit, participant.case_id)?.status;
    let offer = Offer::of(tx, permit, participant.case_id)?;
    Ok(offered(permit, offer, status, participant))
}

/// The person named at this place is one the caller may see.
pub(super) fn known(tx: &mut Tx<'_>, permit: &Permit<impl Act>, person: PersonId, pointer: String) -> Result<Option<Fault>> {
    match people::require_visible(tx, permit, &[person]) {
        Ok(()) => Ok(None),
        Err(db::Error::NotFound) => Ok(Some(Fault::unknown(pointer))),
        Err(error) => Err(error.into()),
    }
}

/// That somebody is not served separately any longer opens their case to others, so a service manager says it, with a reason (C1).
fn require_manager(permit: &Permit<act::ParticipantUpdate>) -> Result<()> {
    if !permit.caller().is(Role::ServiceManager) {
        return Err(Error::Forbidden);
    }
    if permit.caller().access_reason.is_none() { Err(db::Error::AccessReasonRequired.into()) } else { Ok(()) }
}

/// What is recorded of somebody's part among the others, with everybody as whom they count (C2).
fn counting(
    tx: &mut Tx<'_>,
    content: &ParticipantContent,
    there: &[Participant],
    person: PersonId,
) -> Result<((ParticipantContent, Vec<PersonId>), Counted)> {
    let people: Vec<PersonId> = there.iter().map(|part| part.person_id).collect();
    let (((content, people), _), counted) = Counted::counting(tx, ((content.clone(), people), person))?;
    Ok(((content, people), counted))
}

/// Whoever is served separately is served alone (C1), among those who take part still.
fn beside(content: &ParticipantContent, person: PersonId, there: &[Participant], counted: &Counted) -> Option<Fault> {
    let mut others = there.iter().filter(|part| part.update.ended_on.is_none() && !counted.same(part.person_id, person));
    others.any(|part| content.excludes(&part.update.content)).then(|| content.not_alone("#"))
}

/// Nobody who takes or took part in a case otherwise becomes a professional in it: what is theirs would leave without being asked for.
fn stays_family(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case: CaseId,
    person: PersonId,
    content: &ParticipantContent,
) -> Result<Option<Fault>> {
    let becomes = content.role == ParticipantRole::Professional;
    Ok((becomes && participants::is_of_the_family(tx, permit, case, person)?).then(|| Fault::contradicting("#/role")))
}

/// Once this person takes part so, nobody may be on both sides (C1). If they are served separately the case is restricted, and who recorded
/// that does not open it again unless they work on it.
fn set_apart(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case: &CaseHead,
    person: PersonId,
    content: &ParticipantContent,
    now: Timestamp,
) -> Result<()> {
    let apart = content.served_separately;
    sides::keep_apart(tx, permit, case, &[(person, apart)], apart.then(|| permit.staff()), "#/servedSeparately", now)?;
    if apart {
        cases::set_apart(tx, permit, case.id, now)?;
    }
    Ok(())
}

/// What the caller has just written, with nothing to do to it if it left their scope thereby.
fn written(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ParticipantId) -> Result<Participant> {
    match view(tx, permit, id) {
        Err(Error::Db(db::Error::NotFound | db::Error::AccessReasonRequired)) => Ok(participants::written(tx, permit, id)?),
        seen => seen,
    }
}

impl App {
    /// The participants of a case in scope.
    pub async fn list_participants(
        &self,
        permit: Permit<act::ParticipantList>,
        case_id: CaseId,
        page: PageRequest,
    ) -> Result<Page<Participant>> {
        self.look(permit, move |tx, permit| {
            let status = cases::require(tx, permit, case_id)?.status;
            let offer = Offer::of(tx, permit, case_id)?;
            Ok(participants::list(tx, permit, case_id, &page)?.map(|participant| offered(permit, offer, status, participant)))
        })
        .await
    }

    /// Lets somebody take part in a case.
    pub async fn add_participant(
        &self,
        permit: Permit<act::ParticipantAdd>,
        case_id: CaseId,
        new: NewParticipant,
        request: Option<Idempotency>,
    ) -> Result<Created<Participant>> {
        let now = self.clock.now();
        self.change(permit, move |tx, permit| {
            let made = idempotency::once(tx, permit, request.as_ref(), Clock::real(), |tx| {
                let case = cases::require(tx, permit, case_id)?;
                let mut faults: Vec<Fault> = known(tx, permit, new.person_id, "#/personId".to_owned())?.into_iter().collect();
                participants::take_guards(tx, permit, case_id, faults.is_empty().then_some(new.person_id))?;
                if faults.is_empty() {
                    // Once more behind the guards: while one waited for them, they may have come to be known to another side only (C1, R16).
                    faults.extend(known(tx, permit, new.person_id, "#/personId".to_owned())?);
                }
                let there = participants::all(tx, permit, case_id)?;
                let ((content, people), counted) = counting(tx, &new.content, &there, new.person_id)?;
                if there.iter().any(|part| counted.same(part.person_id, new.person_id) && part.update.ended_on.is_none()) {
                    faults.push(Fault::contradicting("#/personId"));
                }
                faults.extend(content.faults("#", counted.one(new.person_id), &people));
                faults.extend(stays_family(tx, permit, case_id, new.person_id, &new.content)?);
                faults.extend(beside(&new.content, new.person_id, &there, &counted));
                faultless(faults)?;
                sides::require_one_side(tx, permit, &[case_id].into())?;
                require_open(tx, permit, case_id, case.status)?;
                let id = participants::insert(tx, permit, case_id, new.clone(), now)?;
                let people = participants::people(tx, permit, case_id)?;
                consents::remind_anew(tx, permit, &people, now)?;
                set_apart(tx, permit, &case, new.person_id, &new.content, now)?;
                Ok::<_, Error>(id)
            })?;
            let value = if made.replayed { view(tx, permit, made.value)? } else { written(tx, permit, made.value)? };
            Ok(Created { value, replayed: made.replayed })
        })
        .await
    }

    /// Changes or ends somebody's part in a case.
    pub async fn update_participant(
        &self,
        permit: Permit<act::ParticipantUpdate>,
        id: ParticipantId,
        version: i32,
        merge: Merge<ParticipantUpdate>,
    ) -> Result<Participant> {
        let now = self.clock.now();
        self.change(permit, move |tx, permit| {
            // Its version is asked for once more as it is written.
            let current = participants::find(tx, permit, id)?;
            participants::take_guards(tx, permit, current.case_id, None)?;
            let case = cases::require(tx, permit, current.case_id)?;
            expect_version(current.version, version)?;
            let update = merge(&current.update).map_err(Error::Invalid)?;
            if current.update.content.served_separately && !update.content.served_separately {
                require_manager(permit)?;
            }
            let there = participants::all(tx, permit, case.id)?;
            let ((content, people), counted) = counting(tx, &update.content, &there, current.person_id)?;
            let mut faults = content.faults("#", counted.one(current.person_id), &people);
            if current.update.content.role != update.content.role {
                faults.extend(stays_family(tx, permit, case.id, current.person_id, &update.content)?);
            }
            if update.ended_on.is_none() {
                faults.extend(beside(&update.content, current.person_id, &there, &counted));
            }
            if update.ended_on.is_some_and(|day| day > now.day()) {
                faults.push(Fault::new("#/endedOn", "date_in_future", "Must not be later than today."));
            }
            // Those who are found to be one in a case keep their parts there; only somebody who left does not come back as a second.
            let takes_part =
                |part: &Participant| part.id != id && counted.same(part.person_id, current.person_id) && part.update.ended_on.is_none();
            if update.ended_on.is_none() && current.update.ended_on.is_some() && there.iter().any(takes_part) {
                faults.push(Fault::contradicting("#/endedOn"));
            }
            faultless(faults)?;
            sides::require_one_side(tx, permit, &[case.id].into())?;
            require_open(tx, permit, case.id, case.status)?;
            participants::update(tx, permit, id, version, update.clone(), now)?;
            let people = participants::people(tx, permit, case.id)?;
            consents::remind_anew(tx, permit, &people, now)?;
            set_apart(tx, permit, &case, current.person_id, &update.content, now)?;
            written(tx, permit, id)
        })
        .await
    }
}
