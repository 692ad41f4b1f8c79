//! What becomes of every table when cases are disposed of (C16). The keys go first: from then on nothing that was sealed can be read, in whatever
//! copy, and only then do the triggers let the rows go. What is written here of one engine is written of both.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;

use crate::db::conn::RowLock;
use crate::db::counted::Counted;
use crate::db::error::Result;
use crate::db::schema::{
    access_case_ix, blind_index, capacity_record, case_event, case_file, case_staff, concern_event, consent, consent_recipient,
    consent_subject, decision_guard, disclosure, disclosure_address, disclosure_annotation, disclosure_case_ix, disclosure_consent,
    disclosure_private, disposal_case, information_request, legal_bundle, legal_extract, legal_request, named_person, note, participant,
    person, person_merge, referral, referral_staff, retention_hold, safeguarding_concern, sealing_key, subject_access_part,
    subject_access_request, task,
};
use crate::db::sealed::Owner;
use crate::db::stored::AnyId;
use crate::db::tx::Tx;
use crate::db::{idempotency, people, subject_access};
use crate::domain::ids::{CaseId, NoteId, PersonId, ReferralId, SarId, StaffId};
use crate::domain::time::Timestamp;

/// So many ids are named in one statement.
const AT_ONCE: usize = 500;

/// All that goes: cases, and with them what was referred into them, subject access requests about no other case, and people.
pub(super) struct Going {
    cases: Vec<CaseId>,
    referrals: Vec<ReferralId>,
    requests: Vec<SarId>,
    people: People,
}

/// What becomes of those who take part in these cases or are named there, and of whoever is one with them.
#[derive(Default)]
struct People {
    /// No other case knows of them.
    going: Vec<PersonId>,
    /// Records of another case name them, or they count as somebody who stands there, and so their ids stay. But all that was told of them was told here,
    /// to those who saw these cases: nobody else is shown it now (C4).
    emptied: Vec<PersonId>,
    /// So it is of them; but a risk that is on record in another case names them, and nobody who is one with them takes part there: whoever sees that risk
    /// is to know who they are, and no more (C17).
    by_name: Vec<PersonId>,
    /// They take part in another case, too, or nothing was told of them here, or in a case that is gone.
    staying: Vec<PersonId>,
}

impl People {
    /// Those of these cases, and of whoever is one with them, each held before anybody else is looked for. From now on nobody else lets any of them take
    /// part in a case, or names them there.
    fn of(tx: &mut Tx<'_>, cases: &[CaseId]) -> Result<Self> {
        let here = participant::table.filter(participant::case_id.eq_any(cases.to_vec())).select(participant::person_id).distinct();
        let here: HashSet<PersonId> = here.load(tx.conn)?.into_iter().collect();
        let named = named_person::table.filter(named_person::case_id.eq_any(cases.to_vec())).select(named_person::person_id).distinct();
        let named: Vec<PersonId> = named.load(tx.conn)?;
        let counted = Counted::among(tx, here.iter().copied().chain(named))?;
        let all = counted.everybody();
        for person in &all {
            tx.hold(RowLock::Person, person.0)?;
        }
        let by_name = person::table.filter(person::id.eq_any(all.clone())).filter(person::by_name.eq(true)).select(person::id);
        let by_name: HashSet<PersonId> = by_name.load(tx.conn)?.into_iter().collect();
        let elsewhere = Elsewhere::of(tx, &counted, cases)?;
        let told: HashSet<PersonId> = here.iter().map(|person| counted.one(*person)).collect();
        let mut people = Self::default();
        for person in all {
            let one = counted.one(person);
            let (seen, named) = (elsewhere.ones.contains_key(&one), elsewhere.named.contains(&one));
            let told = here.contains(&person) || by_name.contains(&person) || told.contains(&one) && !seen;
            let list = if !seen && !named {
                &mut people.going
            } else if elsewhere.taking_part.contains(&person) || !told {
                &mut people.staying
            } else if elsewhere.at_risk(person, one) {
                &mut people.by_name
            } else {
                &mut people.emptied
            };
            list.push(person);
        }
        Ok(people)
    }

    /// Those of whom nothing stays as it was told.
    fn nothing_told(&self) -> Vec<PersonId> {
        [&self.going, &self.emptied, &self.by_name].into_iter().flatten().copied().collect()
    }
}

/// What other cases know of people.
#[derive(Default)]
struct Elsewhere {
    /// Who takes part there.
    taking_part: HashSet<PersonId>,
    /// As whom they count, and where.
    ones: HashMap<PersonId, HashSet<CaseId>>,
    /// As whom those count who are named there.
    named: HashSet<PersonId>,
    /// Whom a risk names, and where.
    risks: HashMap<PersonId, Vec<CaseId>>,
}

impl Elsewhere {
    fn of(tx: &mut Tx<'_>, counted: &Counted, cases: &[CaseId]) -> Result<Self> {
        let mut found = Self::default();
        let all: Vec<PersonId> = counted.everybody().into_iter().collect();
        for some in all.chunks(AT_ONCE) {
            let parts = participant::table.filter(participant::person_id.eq_any(some.to_vec()));
            let parts = parts.filter(participant::case_id.ne_all(cases.to_vec())).select((participant::person_id, participant::case_id));
            for (person, case) in parts.load::<(PersonId, CaseId)>(tx.conn)? {
                found.taking_part.insert(person);
                found.ones.entry(counted.one(person)).or_default().insert(case);
            }
            let named = named_person::table.filter(named_person::person_id.eq_any(some.to_vec()));
            let named = named.filter(named_person::case_id.ne_all(cases.to_vec()));
            let named = named.select((named_person::person_id, named_person::case_id, named_person::risk));
            for (person, case, risk) in named.load::<(PersonId, CaseId, bool)>(tx.conn)? {
                found.named.insert(counted.one(person));
                if risk {
                    found.risks.entry(person).or_default().push(case);
                }
            }
        }
        Ok(found)
    }

    /// Whether a risk names this person in a case in which nobody takes part who counts as the same.
    fn at_risk(&self, person: PersonId, one: PersonId) -> bool {
        let stands = |case: &CaseId| self.ones.get(&one).is_some_and(|cases| cases.contains(case));
        self.risks.get(&person).is_some_and(|cases| !cases.iter().all(stands))
    }
}

/// The ids of all that goes, by which repeated requests and tasks name it.
fn ids(tx: &mut Tx<'_>, going: &Going) -> Result<BTreeSet<uuid::Uuid>> {
    let mut ids: BTreeSet<uuid::Uuid> = going.cases.iter().map(|id| id.0).collect();
    ids.extend(going.referrals.iter().map(|id| id.0));
    ids.extend(going.people.going.iter().map(|id| id.0));
    macro_rules! of_cases {
        ($($table:ident),+) => {$({
            let rows = $table::table.filter($table::case_id.eq_any(going.cases.clone())).select($table::id);
            ids.extend(rows.load::<AnyId>(tx.conn)?.into_iter().map(|id| id.0));
        })+};
    }
    of_cases!(
        participant,
        note,
        consent,
        safeguarding_concern,
        concern_event,
        disclosure,
        information_request,
        legal_request,
        legal_extract,
        capacity_record,
        retention_hold,
        task
    );
    let annotations = disclosure_annotation::table
        .filter(
            disclosure_annotation::disclosure_id
                .eq_any(disclosure::table.filter(disclosure::case_id.eq_any(going.cases.clone())).select(disclosure::id)),
        )
        .select(disclosure_annotation::id);
    ids.extend(annotations.load::<AnyId>(tx.conn)?.into_iter().map(|id| id.0));
    for some in going.people.nothing_told().chunks(AT_ONCE) {
        let merges =
            person_merge::table.filter(person_merge::kept_id.eq_any(some.to_vec()).or(person_merge::merged_id.eq_any(some.to_vec())));
        ids.extend(merges.select(person_merge::id).load::<AnyId>(tx.conn)?.into_iter().map(|id| id.0));
        let assessed = capacity_record::table.filter(capacity_record::person_id.eq_any(some.to_vec()));
        ids.extend(assessed.select(capacity_record::id).load::<AnyId>(tx.conn)?.into_iter().map(|id| id.0));
    }
    Ok(ids)
}

/// Repeated requests and tasks that name what is gone: of other cases, too, or of none.
fn forget_ids(tx: &mut Tx<'_>, ids: &BTreeSet<uuid::Uuid>) -> Result<()> {
    let every: Vec<AnyId> = ids.iter().copied().map(AnyId).collect();
    for some in every.chunks(AT_ONCE) {
        diesel::delete(task::table.filter(task::about_id.eq_any(some.to_vec()))).execute(tx.conn)?;
        idempotency::forget_those_of(tx, some)?;
    }
    Ok(())
}

impl Going {
    /// What goes with these cases, which the caller holds, behind the guards of their people.
    pub(super) fn find(tx: &mut Tx<'_>, cases: &[CaseId]) -> Result<Self> {
        let people = People::of(tx, cases)?;
        let referrals = referral::table.filter(referral::case_id.eq_any(cases.to_vec())).select(referral::id).load(tx.conn)?;
        let requests = subject_access::going(tx, cases, &people.going)?;
        Ok(Self { cases: cases.to_vec(), referrals, requests, people })
    }

    /// Destroys the keys, and deletes all that they sealed and all that names it. The caller holds the ends of both logs, too.
    pub(super) fn erase(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
        let ids = ids(tx, self)?;
        let left = people::left(tx, &self.people.emptied, &self.people.by_name)?;
        self.destroy_keys(tx, now)?;
        people::forget_sides(tx, &self.people.staying, &self.cases.iter().copied().collect())?;
        self.delete_from_cases(tx)?;
        self.delete_people(tx)?;
        forget_ids(tx, &ids)?;
        self.forget_keys(tx)?;
        people::leave(tx, left, now)
    }

    /// Whose keys go, by their kind.
    fn owners(&self) -> [(&'static str, Vec<Vec<u8>>); 4] {
        let bytes = |owner: Owner| owner.bytes();
        [
            ("case", self.cases.iter().copied().map(Owner::Case).map(bytes).collect()),
            ("referral", self.referrals.iter().copied().map(Owner::Referral).map(bytes).collect()),
            ("subject_access", self.requests.iter().copied().map(Owner::SubjectAccess).map(bytes).collect()),
            ("person", self.people.nothing_told().into_iter().map(Owner::Person).map(bytes).collect()),
        ]
    }

    fn destroy_keys(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
        for (kind, owners) in self.owners() {
            for some in owners.chunks(AT_ONCE) {
                let keys = sealing_key::table.filter(sealing_key::owner_kind.eq(kind)).filter(sealing_key::owner_id.eq_any(some.to_vec()));
                diesel::update(keys).set((sealing_key::wrapped.eq(None::<Vec<u8>>), sealing_key::destroyed_at.eq(now))).execute(tx.conn)?;
            }
        }
        Ok(())
    }

    /// Not even that there was a key is remembered.
    fn forget_keys(&self, tx: &mut Tx<'_>) -> Result<()> {
        for (kind, owners) in self.owners() {
            for some in owners.chunks(AT_ONCE) {
                let keys = sealing_key::table.filter(sealing_key::owner_kind.eq(kind)).filter(sealing_key::owner_id.eq_any(some.to_vec()));
                diesel::delete(keys).execute(tx.conn)?;
            }
        }
        Ok(())
    }

    /// What belongs to the cases, whatever refers to something before that.
    fn delete_from_cases(&self, tx: &mut Tx<'_>) -> Result<()> {
        let cases = || self.cases.clone();
        // A note that came from one of them stays where it is now, and does not tell from where it came.
        let markers: Vec<AnyId> =
            note::table.filter(note::case_id.eq_any(cases())).filter(note::sealed.is_null()).select(note::id).load(tx.conn)?;
        for some in markers.chunks(AT_ONCE) {
            diesel::update(note::table.filter(note::moved_from_id.eq_any(some.to_vec())).filter(note::case_id.ne_all(cases())))
                .set((note::moved_from_id.eq(None::<NoteId>), note::moved_at.eq(None::<Timestamp>), note::moved_by.eq(None::<StaffId>)))
                .execute(tx.conn)?;
        }
        let disclosures = || disclosure::table.filter(disclosure::case_id.eq_any(cases())).select(disclosure::id);
        let consents = || consent::table.filter(consent::case_id.eq_any(cases())).select(consent::id);
        let entries = disclosure_case_ix::table.filter(disclosure_case_ix::case_id.eq_any(cases())).select(disclosure_case_ix::idx);
        diesel::delete(disclosure_private::table.filter(disclosure_private::idx.eq_any(entries))).execute(tx.conn)?;
        diesel::delete(disclosure_annotation::table.filter(disclosure_annotation::disclosure_id.eq_any(disclosures()))).execute(tx.conn)?;
        // Where something went of these cases, and what was told in them of where something of others went.
        let addresses = disclosure_address::disclosure_id.eq_any(disclosures()).or(disclosure_address::case_id.eq_any(cases()));
        diesel::delete(disclosure_address::table.filter(addresses)).execute(tx.conn)?;
        diesel::delete(
            disclosure_consent::table
                .filter(disclosure_consent::disclosure_id.eq_any(disclosures()).or(disclosure_consent::consent_id.eq_any(consents()))),
        )
        .execute(tx.conn)?;
        diesel::delete(consent_subject::table.filter(consent_subject::consent_id.eq_any(consents()))).execute(tx.conn)?;
        diesel::delete(consent_recipient::table.filter(consent_recipient::consent_id.eq_any(consents()))).execute(tx.conn)?;
        diesel::delete(referral_staff::table.filter(referral_staff::referral_id.eq_any(self.referrals.clone()))).execute(tx.conn)?;
        macro_rules! delete_from {
            ($($table:ident),+) => {$(
                diesel::delete($table::table.filter($table::case_id.eq_any(cases()))).execute(tx.conn)?;
            )+};
        }
        delete_from!(
            disclosure_case_ix,
            access_case_ix,
            information_request,
            legal_bundle,
            legal_extract,
            legal_request,
            subject_access_part,
            concern_event,
            disclosure,
            safeguarding_concern,
            consent,
            note,
            task,
            case_event,
            capacity_record,
            referral,
            participant,
            named_person,
            case_staff,
            retention_hold,
            disposal_case
        );
        diesel::delete(case_file::table.filter(case_file::id.eq_any(cases()))).execute(tx.conn)?;
        diesel::delete(subject_access_request::table.filter(subject_access_request::id.eq_any(self.requests.clone()))).execute(tx.conn)?;
        Ok(())
    }

    fn delete_people(&self, tx: &mut Tx<'_>) -> Result<()> {
        for some in self.people.nothing_told().chunks(AT_ONCE) {
            let some = || some.to_vec();
            diesel::delete(blind_index::table.filter(blind_index::person_id.eq_any(some()))).execute(tx.conn)?;
            diesel::delete(capacity_record::table.filter(capacity_record::person_id.eq_any(some()))).execute(tx.conn)?;
            let merges = person_merge::kept_id.eq_any(some()).or(person_merge::merged_id.eq_any(some()));
            diesel::delete(person_merge::table.filter(merges)).execute(tx.conn)?;
        }
        for some in self.people.going.chunks(AT_ONCE) {
            diesel::delete(decision_guard::table.filter(decision_guard::person_id.eq_any(some.to_vec()))).execute(tx.conn)?;
        }
        // Those who are one name each other, and go at once.
        diesel::delete(person::table.filter(person::id.eq_any(self.people.going.clone()))).execute(tx.conn)?;
        Ok(())
    }
}
