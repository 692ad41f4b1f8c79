//! What becomes of every table when cases are disposed of (C16). The keys go first: from then on nothing that was sealed can be read, in whatever
//! copy, and only then do the triggers let the rows go. What is written here of one engine is written of both.

use std::collections::{BTreeSet, HashSet};

use diesel::prelude::*;

use crate::db::counted::Counted;
use crate::db::error::Result;
use crate::db::people;
use crate::db::schema::{
    access_case_ix, blind_index, capacity_record, case_event, case_file, case_staff, concern_event, consent, consent_recipient,
    consent_subject, decision_guard, disclosure, disclosure_annotation, disclosure_case_ix, disclosure_consent, disclosure_private,
    disposal_case, idempotency, information_request, legal_bundle, legal_extract, legal_request, note, participant, person, person_merge,
    referral, retention_hold, safeguarding_concern, sealing_key, task,
};
use crate::db::sealed::Owner;
use crate::db::stored::AnyId;
use crate::db::tx::Tx;
use crate::domain::ids::{CaseId, NoteId, PersonId, ReferralId, StaffId};
use crate::domain::time::Timestamp;

/// So many ids are named in one statement.
const AT_ONCE: usize = 500;

/// All that goes: cases, and with them referrals and people; and of others all but their ids.
struct Going {
    cases: Vec<CaseId>,
    referrals: Vec<ReferralId>,
    people: Vec<PersonId>,
    emptied: Vec<PersonId>,
}

/// Destroys the keys of these cases, of what was referred into them, and of all people who stand nowhere else, and deletes all that they sealed
/// and all that names them. Who is named elsewhere without taking part there stays as an id. The caller holds the cases, the guards of their people,
/// and the ends of both logs.
pub(super) fn erase(tx: &mut Tx<'_>, cases: &[CaseId], now: Timestamp) -> Result<()> {
    let People { going: people, emptied, staying } = people_of(tx, cases)?;
    let referrals = referral::table.filter(referral::case_id.eq_any(cases.to_vec())).select(referral::id).load(tx.conn)?;
    let going = Going { cases: cases.to_vec(), referrals, people, emptied };
    let ids = ids(tx, &going)?;
    going.destroy_keys(tx, now)?;
    people::forget_sides(tx, &staying, &cases.iter().copied().collect())?;
    going.delete_from_cases(tx)?;
    going.delete_people(tx)?;
    forget_ids(tx, &ids)?;
    going.forget_keys(tx)?;
    people::empty(tx, &going.emptied, now)
}

/// What becomes of those who take part in these cases, and of whoever is one with them.
#[derive(Default)]
struct People {
    /// No other case knows of them.
    going: Vec<PersonId>,
    /// Rows of another case name them, or somebody who is one with them, and so their ids stay. But all that was told of them was told here, to those who
    /// saw these cases: nobody else is shown it now (C4).
    emptied: Vec<PersonId>,
    /// They stand in another case, too.
    staying: Vec<PersonId>,
}

/// Who is one with somebody stays or goes with them.
fn people_of(tx: &mut Tx<'_>, cases: &[CaseId]) -> Result<People> {
    let here = participant::table.filter(participant::case_id.eq_any(cases.to_vec())).select(participant::person_id).distinct();
    let here: Vec<PersonId> = here.load(tx.conn)?;
    let counted = Counted::among(tx, here.iter().copied())?;
    let all: Vec<PersonId> = counted.everybody().into_iter().collect();
    let elsewhere = consent::table.filter(consent::case_id.ne_all(cases.to_vec()));
    let (mut taking_part, mut named) = (HashSet::new(), HashSet::new());
    for some in all.chunks(AT_ONCE) {
        let parts = participant::table.filter(participant::person_id.eq_any(some.to_vec()));
        taking_part.extend::<Vec<PersonId>>(
            parts.filter(participant::case_id.ne_all(cases.to_vec())).select(participant::person_id).load(tx.conn)?,
        );
        named.extend::<Vec<PersonId>>(
            elsewhere.clone().filter(consent::granter_id.eq_any(some.to_vec())).select(consent::granter_id).load(tx.conn)?,
        );
        let subjects = consent_subject::table.filter(consent_subject::person_id.eq_any(some.to_vec()));
        let subjects = subjects.filter(consent_subject::consent_id.eq_any(elsewhere.clone().select(consent::id)));
        named.extend::<Vec<PersonId>>(subjects.select(consent_subject::person_id).load(tx.conn)?);
        let recipients = consent_recipient::table.filter(consent_recipient::person_id.eq_any(some.to_vec()));
        let recipients = recipients.filter(consent_recipient::consent_id.eq_any(elsewhere.clone().select(consent::id)));
        named.extend(recipients.select(consent_recipient::person_id).load::<Option<PersonId>>(tx.conn)?.into_iter().flatten());
    }
    let ones = |people: &HashSet<PersonId>| people.iter().map(|person| counted.one(*person)).collect::<HashSet<_>>();
    let (seen_elsewhere, named) = (ones(&taking_part), ones(&named));
    let mut people = People::default();
    for person in all {
        let (one, told_here) = (counted.one(person), here.contains(&person));
        let list = if !seen_elsewhere.contains(&one) && !named.contains(&one) {
            &mut people.going
        } else if !taking_part.contains(&person) && (told_here || !seen_elsewhere.contains(&one)) {
            &mut people.emptied
        } else {
            &mut people.staying
        };
        list.push(person);
    }
    Ok(people)
}

/// The ids of all that goes, by which repeated requests and tasks name it.
fn ids(tx: &mut Tx<'_>, going: &Going) -> Result<BTreeSet<uuid::Uuid>> {
    let mut ids: BTreeSet<uuid::Uuid> = going.cases.iter().map(|id| id.0).collect();
    ids.extend(going.referrals.iter().map(|id| id.0));
    ids.extend(going.people.iter().map(|id| id.0));
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
    for some in going.nothing_told().chunks(AT_ONCE) {
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
    }
    // These are of a day; their routes name ids, too.
    let kept: Vec<(StaffId, String, String, AnyId)> =
        idempotency::table.select((idempotency::actor_id, idempotency::route, idempotency::key, idempotency::resource_id)).load(tx.conn)?;
    for (actor, route, key, resource) in kept {
        let named = route.split('/').filter_map(|part| part.parse::<uuid::Uuid>().ok());
        if ids.contains(&resource.0) || named.into_iter().any(|id| ids.contains(&id)) {
            diesel::delete(idempotency::table.find((actor, route, key))).execute(tx.conn)?;
        }
    }
    Ok(())
}

impl Going {
    /// Those of whom nothing stays that was told.
    fn nothing_told(&self) -> Vec<PersonId> {
        self.people.iter().chain(&self.emptied).copied().collect()
    }

    /// Whose keys go, by their kind.
    fn owners(&self) -> [(&'static str, Vec<Vec<u8>>); 3] {
        let bytes = |owner: Owner| owner.bytes();
        [
            ("case", self.cases.iter().copied().map(Owner::Case).map(bytes).collect()),
            ("referral", self.referrals.iter().copied().map(Owner::Referral).map(bytes).collect()),
            ("person", self.nothing_told().into_iter().map(Owner::Person).map(bytes).collect()),
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
        diesel::delete(
            disclosure_consent::table
                .filter(disclosure_consent::disclosure_id.eq_any(disclosures()).or(disclosure_consent::consent_id.eq_any(consents()))),
        )
        .execute(tx.conn)?;
        diesel::delete(consent_subject::table.filter(consent_subject::consent_id.eq_any(consents()))).execute(tx.conn)?;
        diesel::delete(consent_recipient::table.filter(consent_recipient::consent_id.eq_any(consents()))).execute(tx.conn)?;
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
            case_staff,
            retention_hold,
            disposal_case
        );
        diesel::delete(case_file::table.filter(case_file::id.eq_any(cases()))).execute(tx.conn)?;
        Ok(())
    }

    fn delete_people(&self, tx: &mut Tx<'_>) -> Result<()> {
        for some in self.nothing_told().chunks(AT_ONCE) {
            let some = || some.to_vec();
            diesel::delete(blind_index::table.filter(blind_index::person_id.eq_any(some()))).execute(tx.conn)?;
            diesel::delete(capacity_record::table.filter(capacity_record::person_id.eq_any(some()))).execute(tx.conn)?;
            let merges = person_merge::kept_id.eq_any(some()).or(person_merge::merged_id.eq_any(some()));
            diesel::delete(person_merge::table.filter(merges)).execute(tx.conn)?;
        }
        for some in self.people.chunks(AT_ONCE) {
            diesel::delete(decision_guard::table.filter(decision_guard::person_id.eq_any(some.to_vec()))).execute(tx.conn)?;
        }
        // Those who are one name each other, and go at once.
        diesel::delete(person::table.filter(person::id.eq_any(self.people.clone()))).execute(tx.conn)?;
        Ok(())
    }
}
