//! A case is opened whole: whoever it is given to, named on it or kept away from it is so from its first moment (C1, C4), judged as the same acts are
//! in a case that is there.

use std::collections::BTreeSet;

use super::{named, no_manager_left, offering, require_giver, restriction_faults, staff_fault};
use crate::app::participants::known;
use crate::app::{App, Error, Result, faultless, leave, sides};
use crate::authz::{Permit, act};
use crate::db::cases::{Beginning, Standings};
use crate::db::counted::Counted;
use crate::db::{Tx, cases, guard, staff};
use crate::domain::case::{Case, CaseRestriction, NewCase};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, PersonId, StaffId};
use crate::domain::participant::NewParticipant;
use crate::domain::time::Timestamp;

/// The people of a new case can take part in it.
fn check_participants(tx: &mut Tx<'_>, permit: &Permit<act::CaseOpen>, new: &[NewParticipant]) -> Result<()> {
    let parts: Vec<_> = new.iter().map(|part| (part.person_id, part.content.clone())).collect();
    let (counted, _) = Counted::counting(tx, parts)?;
    let people: Vec<PersonId> = counted.iter().map(|(person, _)| *person).collect();
    let mut faults = Vec::new();
    for (i, (part, (person, content))) in new.iter().zip(&counted).enumerate() {
        let place = format!("#/participants/{i}");
        faults.extend(known(tx, permit, part.person_id, format!("{place}/personId"))?);
        if people.iter().take(i).any(|earlier| earlier == person) {
            faults.push(Fault::contradicting(format!("{place}/personId")));
        }
        faults.extend(content.faults(&place, *person, &people));
        let others = counted.iter().filter(|(other, _)| other != person);
        let shared = content.served_separately && others.into_iter().any(|(_, other)| content.excludes(other));
        faults.extend(shared.then(|| content.not_alone(&place)));
    }
    faultless(faults)
}

/// Who works on the new case, and who may open it. Somebody who is served separately makes it their own: then it is restricted, whatever was said.
fn beginning(
    tx: &mut Tx<'_>,
    permit: &Permit<act::CaseOpen>,
    worker: StaffId,
    wanted: Option<&CaseRestriction>,
    apart: bool,
) -> Result<Beginning> {
    let mut faults = Vec::new();
    if worker != permit.staff() {
        faults.extend(staff_fault(&staff::working(tx, permit, &[worker])?, worker, "#/assignment/staffId".to_owned()));
    }
    let Some(wanted) = wanted else {
        faultless(faults)?;
        return Ok(Beginning::with(worker, apart));
    };
    let contradicting = restriction_faults(tx, permit, worker, apart, &Standings::default(), wanted)?;
    faults.extend(contradicting.into_iter().map(|fault| fault.within("#/restriction")));
    faultless(faults)?;
    let CaseRestriction { restricted, named_staff_ids, conflicted_staff_ids, reason } = wanted.clone();
    let standings = Standings { named: named_staff_ids, conflicted: conflicted_staff_ids };
    Ok(Beginning { worker, restricted, standings, reason: Some(reason) })
}

/// Who comes to the case with its opening, and where in the request: whoever works on it, those who are named, and whoever says that somebody is served
/// separately, since they know of that side from then on.
fn joining(permit: &Permit<act::CaseOpen>, worker: StaffId, wanted: Option<&CaseRestriction>, apart: bool) -> Vec<(StaffId, String)> {
    let opener = permit.staff();
    let mut joining = Vec::new();
    if worker == opener || apart {
        joining.push((opener, "#/participants".to_owned()));
    }
    if worker != opener {
        joining.push((worker, "#/assignment/staffId".to_owned()));
    }
    let named = wanted.into_iter().flat_map(|wanted| named(wanted, worker));
    joining.extend(named.map(|(member, place)| (member, place.replacen('#', "#/restriction", 1))));
    joining
}

impl App {
    /// Opens a case. Somebody who is served separately makes it their own case: restricted at once, with its worker named (C1).
    pub async fn open_case(&self, permit: Permit<act::CaseOpen>, new: NewCase, request: Option<Idempotency>) -> Result<Created<Case>> {
        let (now, app, shows) = (self.clock.now(), self.clone(), self.clone());
        let open = move |tx: &mut Tx<'_>, permit: &Permit<_>| app.open(tx, permit, new, &BTreeSet::new(), now);
        let show = move |tx: &mut Tx<'_>, permit: &Permit<_>, id| {
            if tx.is_repeated() {
                return shows.shown(tx, permit, id);
            }
            let case = cases::opened(tx, permit, id, &|facts| shows.keep(facts))?;
            offering(tx, permit, case)
        };
        self.once(permit, request, open, show).await
    }

    /// Opens a case within a transaction. `away` are kept away from what led to it, and so from the case.
    pub(in crate::app) fn open(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::CaseOpen>,
        new: NewCase,
        away: &BTreeSet<StaffId>,
        now: Timestamp,
    ) -> Result<CaseId> {
        let NewCase { content, participants, assignment, restriction } = new;
        let (opener, restriction) = (permit.caller(), restriction.as_ref());
        let worker = assignment.map_or(opener.staff, |wanted| wanted.staff_id);
        require_giver(opener, worker)?;
        if restriction.is_some() {
            leave::<act::CaseRestrict>(opener)?;
        }
        self.check_area(content.area.as_ref(), None)?;
        check_participants(tx, permit, &participants)?;
        let people: Vec<(PersonId, bool)> = participants.iter().map(|part| (part.person_id, part.content.served_separately)).collect();
        let apart = people.iter().any(|(_, apart)| *apart);
        let mut beginning = beginning(tx, permit, worker, restriction, apart)?;
        let joining = joining(permit, worker, restriction, apart);
        if let Some((_, pointer)) = joining.iter().find(|(member, _)| away.contains(member)) {
            return Err(sides::conflict(pointer));
        }
        beginning.standings.conflicted.extend(away);
        if restriction.is_some() && !away.is_empty() && !staff::manages_beside(tx, permit, &beginning.standings.conflicted)? {
            return Err(Error::Rule(vec![no_manager_left("#/restriction/conflictedStaffIds")]));
        }
        guard::take(tx, people.iter().map(|(person, _)| *person))?;
        // Once more behind the guards: while one waited for them, somebody may have come to be known to another side only (C1, R16).
        check_participants(tx, permit, &participants)?;
        let hidden = sides::may_join(tx, permit, None, &people, &joining)?;
        let id = cases::insert(tx, permit, content, participants, beginning, now)?;
        sides::review(tx, permit, &hidden, id.0, now)?;
        Ok(id)
    }
}
