//! What is held about somebody who asks for it, or for whom somebody asks (C9): the notes from and about them, of every case in which they take part and
//! of which whoever asks may be told.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{Part, hold, parts};
use crate::authz::{Act, Permit, act};
use crate::db::counted::Counted;
use crate::db::error::{Error, Result};
use crate::db::notes::{self, About, Opened};
use crate::db::schema::{participant, person};
use crate::db::tx::Tx;
use crate::db::{disclosures, guard, participants, people};
use crate::domain::ids::{CaseId, NoteId, PersonId, SarId};
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::person::{Contact, PersonContent};
use crate::domain::subject_access::{NewSubjectAccessRequest, SarCandidate, SarItem};
use crate::domain::vocabulary::{ParticipantRole, PersonKind, SarThirdParty};

/// Who asks for what is held about whom.
#[derive(Clone, Copy, Debug)]
pub struct Right {
    /// About whom.
    pub subject: PersonId,
    /// Who asks.
    pub requester: PersonId,
    /// Whose right it is: of whoever asks, or for whom they act. A case of somebody's own is told of to nobody else, and so none of their child's to a
    /// parent or whoever acts for them (C1).
    pub owner: PersonId,
}

impl From<&NewSubjectAccessRequest> for Right {
    fn from(content: &NewSubjectAccessRequest) -> Self {
        let owner = content.acting_for_id.unwrap_or(content.requester_id);
        Self { subject: content.subject_id, requester: content.requester_id, owner }
    }
}

/// An item that is held.
#[derive(Debug)]
pub struct Candidate {
    /// The note.
    pub note_id: NoteId,
    /// Its case.
    pub case_id: CaseId,
    /// Whom it is from.
    pub from: Option<PersonId>,
    /// Whom it is about.
    pub about: Vec<PersonId>,
    /// Why it may be about others, too.
    pub third_parties: Vec<SarThirdParty>,
    /// Until when it is kept from whoever asks (C17).
    pub withheld_until: Option<NaiveDate>,
}

/// What is held, newest first, and what was decided of it.
#[derive(Debug)]
pub struct Held {
    /// The cases it is from.
    pub cases: BTreeSet<CaseId>,
    /// The items.
    pub candidates: Vec<Candidate>,
    /// What was decided, case by case.
    pub parts: Vec<Part>,
}

impl Held {
    /// Whether every case was looked at and every item is decided, nothing else is, and nothing goes that is kept from whoever asks.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        let decided: HashMap<NoteId, bool> =
            self.parts.iter().flat_map(|part| &part.items).map(|item| (item.note_id, item.goes())).collect();
        let settled = |held: &Candidate| decided.get(&held.note_id).is_some_and(|goes| !(*goes && held.withheld_until.is_some()));
        let looked_at = |case: &CaseId| self.parts.iter().any(|part| part.case_id == *case);
        self.cases.iter().all(looked_at) && decided.len() == self.candidates.len() && self.candidates.iter().all(settled)
    }

    /// Whether words of the subject go that are kept in confidence, to somebody else (C5).
    #[must_use]
    pub fn goes_against_their_wish(&self) -> bool {
        use SarThirdParty::{KeptConfidential, SubjectsOwnWords};
        let kept = |held: &&Candidate| [KeptConfidential, SubjectsOwnWords].iter().all(|flag| held.third_parties.contains(flag));
        let kept: BTreeSet<NoteId> = self.candidates.iter().filter(kept).map(|held| held.note_id).collect();
        self.parts.iter().flat_map(|part| &part.items).any(|item| item.goes() && kept.contains(&item.note_id))
    }
}

/// The cases in which the subject takes or took part, but for those in which somebody is, or was, served separately who is not the one whose right it
/// is: nobody is told of such a case who is not served there (C1). It looks at all cases, whoever asks.
pub fn cases_of_right(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, right: Right) -> Result<BTreeSet<CaseId>> {
    let counted = Counted::among(tx, [right.subject, right.owner])?;
    let ones: Vec<PersonId> = counted.everybody().into_iter().filter(|person| counted.same(*person, right.subject)).collect();
    let cases: BTreeSet<CaseId> = participants::cases_of(tx, &ones)?.into_iter().collect();
    let apart: Vec<(CaseId, PersonId)> = participant::table
        .filter(participant::case_id.eq_any(cases.clone()))
        .filter(participant::kept_apart.eq(true))
        .select((participant::case_id, participant::person_id))
        .load(tx.conn)?;
    let others: BTreeSet<CaseId> =
        apart.into_iter().filter(|(_, person)| !counted.same(*person, right.owner)).map(|(case, _)| case).collect();
    Ok(cases.difference(&others).copied().collect())
}

/// The case whose staff are reminded of a request: that in which the one whose right it is is served separately, so that nobody else is told of it, or
/// else the newest; none, if it is about none.
pub fn home(tx: &mut Tx<'_>, permit: &Permit<impl Act>, right: Right) -> Result<Option<CaseId>> {
    let cases = cases_of_right(tx, permit, right)?;
    let apart = participant::table.filter(participant::case_id.eq_any(cases.clone())).filter(participant::kept_apart.eq(true));
    let apart: Option<CaseId> = apart.select(participant::case_id).order(participant::case_id.desc()).first(tx.conn).optional()?;
    Ok(apart.or(cases.last().copied()))
}

/// Takes these cases, and the guards of everybody in them and of whoever asks: until the transaction ends nothing more is told of the subject (R16).
pub fn take_guards(tx: &mut Tx<'_>, permit: &Permit<impl Act>, right: Right) -> Result<()> {
    let cases = cases_of_right(tx, permit, right)?;
    hold(tx, cases.iter().copied())?;
    let parts = participant::table.filter(participant::case_id.eq_any(cases)).select(participant::person_id);
    let people: Vec<PersonId> = parts.load(tx.conn)?;
    guard::take(tx, people.into_iter().chain([right.subject, right.requester]))
}

/// What is on record of the subject and how they are reached, as it is known in the newest of these cases, and not what they told in a case of their own
/// that is not among them (C1); nothing, if there is no case.
pub fn on_record(
    tx: &mut Tx<'_>,
    _permit: &Permit<impl Act>,
    subject: PersonId,
    cases: &BTreeSet<CaseId>,
) -> Result<Option<(PersonContent, Vec<Contact>)>> {
    let Some(newest) = cases.last() else { return Ok(None) };
    let mut known = people::known_in_each(tx, &[(*newest, [subject].into())].into())?.remove(newest).unwrap_or_default();
    Ok(known.remove(&subject).map(|known| (known.content, known.contacts)))
}

/// What is held about the subject of a request in these cases of it, which the caller found in scope. Where a note is restricted, a service manager gives a
/// reason (C4), so that none stays undecided unseen.
pub fn held_about(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    (id, right): (SarId, Right),
    cases: BTreeSet<CaseId>,
    today: NaiveDate,
) -> Result<Held> {
    let subject = Counted::among(tx, [right.subject])?.everybody();
    let notes = notes::about(tx, permit.scope(), &cases, &subject)?.ok_or(Error::AccessReasonRequired)?;
    // What is kept from whoever asks; of somebody who asks for another, from that one, too.
    let from = Counted::among(tx, [right.requester, right.owner])?.everybody();
    let withheld = disclosures::withheld(tx, &cases, &[from], today)?.pop().unwrap_or_default();
    let professionals = professionals(tx, &cases, notes.iter().flat_map(|note| note.subjects.iter().copied()).collect())?;
    let asking = Counted::among(tx, [right.requester])?.everybody();
    let candidate = |held: About| {
        let third_parties = third_parties(&held, &subject, &asking, &professionals);
        let withheld_until = withheld.get(&held.first_id).copied();
        let About { id: note_id, case_id, from, subjects: about, .. } = held;
        Candidate { note_id, case_id, from, about, third_parties, withheld_until }
    };
    let candidates = notes.into_iter().map(candidate).collect();
    Ok(Held { cases, candidates, parts: parts::of(tx, id)? })
}

/// A page of what is held, each item with what it says, as far as that was decided with what was decided of it.
pub fn candidates(tx: &mut Tx<'_>, _permit: &Permit<act::SarCandidates>, held: Held, page: &PageRequest) -> Result<Page<SarCandidate>> {
    let decided = held.parts.into_iter().flat_map(|part| part.items);
    let mut decided: HashMap<NoteId, SarItem> = decided.map(|item| (item.note_id, item)).collect();
    let after = |candidate: &Candidate| page.after.is_none_or(|after| candidate.note_id.0 < after.id);
    let rows: Vec<Candidate> = held.candidates.into_iter().filter(after).collect();
    let page = Page::cut(rows, page, |row| After { key: 0, id: row.note_id.0 }, None);
    let mut opened = notes::opened(tx, &page.items.iter().map(|item| item.note_id).collect::<Vec<_>>())?;
    let read = |held: Candidate| {
        let Opened { summary: note, concern, action_taken } = opened.remove(&held.note_id).ok_or(Error::NotFound)?;
        let (decision, exemption, reason, redacted_text) = decided
            .remove(&held.note_id)
            .map_or((None, None, None, None), |item| (Some(item.decision), item.exemption, item.reason, item.redacted_text));
        Ok(SarCandidate {
            note,
            case_id: held.case_id,
            from_person_id: held.from,
            about_person_ids: held.about,
            concern,
            action_taken,
            third_parties: held.third_parties,
            withheld_until_on: held.withheld_until,
            decision,
            exemption,
            reason,
            redacted_text,
        })
    };
    page.try_map(read)
}

/// Those of these people who are on record as professionals, or take part as such.
fn professionals(tx: &mut Tx<'_>, cases: &BTreeSet<CaseId>, people: BTreeSet<PersonId>) -> Result<BTreeSet<PersonId>> {
    let recorded = person::table.filter(person::id.eq_any(people)).filter(person::kind.eq(PersonKind::Professional)).select(person::id);
    let part = participant::table.filter(participant::case_id.eq_any(cases.clone()));
    let part = part.filter(participant::role.eq(ParticipantRole::Professional)).select(participant::person_id);
    Ok(recorded.load::<PersonId>(tx.conn)?.into_iter().chain(part.load::<PersonId>(tx.conn)?).collect())
}

fn third_parties(
    held: &About,
    subject: &BTreeSet<PersonId>,
    asking: &BTreeSet<PersonId>,
    professionals: &BTreeSet<PersonId>,
) -> Vec<SarThirdParty> {
    let from = |people: &BTreeSet<PersonId>| held.from.is_some_and(|person| people.contains(&person));
    let another = |person: &PersonId| !subject.contains(person);
    let (others, officers): (Vec<PersonId>, Vec<PersonId>) =
        held.subjects.iter().copied().filter(another).partition(|person| !professionals.contains(person));
    [
        (SarThirdParty::FromAnother, held.from.as_ref().is_some_and(another)),
        (SarThirdParty::AboutAnother, !others.is_empty()),
        (SarThirdParty::NamesOthers, held.names_others),
        (SarThirdParty::NamesProfessional, !officers.is_empty()),
        (SarThirdParty::ReceivedInConfidence, !held.onward_sharing),
        (SarThirdParty::SubjectsOwnWords, from(subject) && !from(asking)),
        (SarThirdParty::KeptConfidential, held.keep_confidential && !from(asking)),
    ]
    .into_iter()
    .filter(|(_, is)| *is)
    .map(|(third, _)| third)
    .collect()
}
