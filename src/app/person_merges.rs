//! Two people on record who are one: explicit, logged, reversible (C2).

use super::{App, Error, Result, allowed, consents, expect_version, sides};
use crate::authz::{Act, Action, Permit, act};
use crate::db::{self, Tx, guard, people, person_merges};
use crate::domain::disclosure::RefusalRule;
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{PersonId, PersonMergeId};
use crate::domain::person_merge::{NewMergeReversal, NewPersonMerge, PersonMerge};
use crate::domain::time::Timestamp;
use crate::policy::merging;

fn shown(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: PersonMergeId) -> Result<PersonMerge> {
    let merge = person_merges::find(tx, permit, id)?;
    let both = [merge.kept_person_id, merge.merged_person_id];
    let may = merge.reversal.is_none() && !sides::any_of_another(tx, permit, &both)?;
    let actions: &[Action] = if may { &[Action::PersonMergeReverse] } else { &[] };
    Ok(PersonMerge { allowed_actions: allowed(permit.caller(), actions), ..merge })
}

fn merge(
    tx: &mut Tx<'_>,
    permit: &Permit<act::PersonMerge>,
    kept: PersonId,
    version: i32,
    new: &NewPersonMerge,
    now: Timestamp,
) -> Result<PersonMergeId> {
    let merged = new.merged_person_id;
    person_merges::require_in_sight(tx, permit, &[kept, merged])?;
    // The version, and all that is judged, is read behind the guards (R16).
    guard::take(tx, [kept, merged])?;
    expect_version(people::find(tx, permit, kept)?.version, version)?;
    let hidden = person_merges::require_in_sight(tx, permit, &[kept, merged])?;
    if kept == merged {
        return Err(Error::Rule(vec![Fault::contradicting("#/mergedPersonId")]));
    }
    sides::require_own_side(tx, permit, &[kept, merged])?;
    // Nobody counts as somebody who counts as another, so that each merge is taken back by itself, whatever came after it.
    let (kept_is_merged, _) = person_merges::is_part_of_one(tx, permit, kept)?;
    if kept_is_merged || person_merges::is_part_of_one(tx, permit, merged)? != (false, false) {
        // With whom, the answer must not tell whoever does not see them (C1).
        let seen = person_merges::are_seen(tx, permit, &[kept, merged])?;
        let told = Error::state(RefusalRule::AlreadyMerged, "#/mergedPersonId", &[]);
        return Err(if seen { told } else { db::Error::NotFound.into() });
    }
    let (stays, goes) = (person_merges::facts(tx, permit, kept)?, person_merges::facts(tx, permit, merged)?);
    if let Some(rule) = merging::objection(&stays, &goes) {
        return Err(Error::state(rule, "#/mergedPersonId", &[]));
    }
    let id = person_merges::insert(tx, permit, (kept, version), merged, &new.reason, now)?;
    sides::review(tx, permit, &hidden, id.0, now)?;
    consents::remind_anew(tx, permit, &[kept], now)?;
    Ok(id)
}

impl App {
    /// Records that two people on record are one. From then on both count as the one who stays.
    pub async fn merge_people(
        &self,
        permit: Permit<act::PersonMerge>,
        kept: PersonId,
        version: i32,
        new: NewPersonMerge,
        request: Option<Idempotency>,
    ) -> Result<Created<PersonMerge>> {
        let now = self.clock.now();
        self.once(permit, request, move |tx, permit| merge(tx, permit, kept, version, &new, now), shown).await
    }

    /// How two people on record came to be one.
    pub async fn read_merge(&self, permit: Permit<act::PersonMergeRead>, id: PersonMergeId) -> Result<PersonMerge> {
        self.look(permit, move |tx, permit| shown(tx, permit, id)).await
    }

    /// Takes it back: everything counts for whom it was recorded of. Nothing on record stands in the way, or an error could not be undone; only it is not
    /// done by whoever serves another side of these people.
    pub async fn reverse_merge(
        &self,
        permit: Permit<act::PersonMergeReverse>,
        id: PersonMergeId,
        version: i32,
        why: NewMergeReversal,
        request: Option<Idempotency>,
    ) -> Result<Created<PersonMerge>> {
        let now = self.clock.now();
        let reverse = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let found = person_merges::find(tx, permit, id)?;
            guard::take(tx, [found.kept_person_id, found.merged_person_id])?;
            let found = person_merges::find(tx, permit, id)?;
            expect_version(found.version, version)?;
            if found.reversal.is_some() {
                return Err(Error::State { rule: None, allowed: Vec::new() });
            }
            sides::require_own_side(tx, permit, &[found.kept_person_id, found.merged_person_id])?;
            let [kept, merged] = [found.kept_person_id, found.merged_person_id].map(|id| person_merges::audiences(tx, permit, id));
            let seen = merging::seen_by_the_same(&kept?, &merged?);
            person_merges::reverse(tx, permit, &found, &why.reason, seen, now)?;
            consents::remind_anew(tx, permit, &[found.kept_person_id, found.merged_person_id], now)?;
            Ok(id)
        };
        self.once(permit, request, reverse, shown).await
    }
}
