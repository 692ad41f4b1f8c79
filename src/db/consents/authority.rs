//! For whom who permitted speaks now: by what those know who see the case, as it is on record today. A birth date that is put right, or a
//! responsibility that ended, shows in every permission at once, and nothing is written for it.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::authz::{Act, Permit};
use crate::db::counted::Counted;
use crate::db::error::Result;
use crate::db::tx::Tx;
use crate::db::{facts, recipients};
use crate::domain::consent::{NewConsent, SubjectAuthority};
use crate::domain::disclosure::FamilyFacts;
use crate::domain::ids::{CaseId, PersonId, RecipientId};
use crate::domain::vocabulary::{ConsentDecision, ConsentStatus};

/// In which capacity somebody speaks in a record, to the council or not: the policy, which this floor does not know.
pub type Speaks = fn(&NewConsent, bool, &FamilyFacts) -> Vec<SubjectAuthority>;

/// The authority behind each of these records, by the ids under which they name people; in as many queries for many as for one.
pub fn authorities(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    records: &[(CaseId, &NewConsent)],
    speaks: Speaks,
) -> Result<Vec<Vec<SubjectAuthority>>> {
    let cases: BTreeSet<CaseId> = records.iter().map(|(case, _)| *case).collect();
    let involved: Vec<PersonId> =
        records.iter().flat_map(|(_, content)| content.subject_ids.iter().copied().chain([content.granter_id])).collect();
    let bodies = records.iter().flat_map(|(_, content)| &content.recipients).filter_map(|named| named.recipient_id);
    let council: BTreeSet<RecipientId> = recipients::in_council(tx, permit, bodies)?;
    let families: Vec<FamilyFacts> = facts::families(tx, &cases, &involved)?.into_values().collect();
    let said: Vec<NewConsent> = records.iter().map(|(_, content)| (*content).clone()).collect();
    let ((said, families), counted) = Counted::counting(tx, (said, families))?;
    let of = |((case, content), said): (&(CaseId, &NewConsent), &NewConsent)| {
        let to_council = said.recipients.iter().filter_map(|named| named.recipient_id).any(|body| council.contains(&body));
        let family = families.iter().find(|family| family.case_id == *case);
        as_named(&family.map(|family| speaks(said, to_council, family)).unwrap_or_default(), content, &counted)
    };
    Ok(records.iter().zip(&said).map(of).collect())
}

/// How a record stands that nobody ended, with the authority there is for it now: a permission by somebody who may not speak any longer for anybody
/// it is about has expired (R5).
#[must_use]
pub fn standing(content: &NewConsent, authority: &[SubjectAuthority], today: NaiveDate) -> ConsentStatus {
    let lasts = authority.iter().any(|held| held.ends_on.is_none_or(|last| today <= last));
    if lasts || content.decision == ConsentDecision::Refused { ConsentStatus::Live } else { ConsentStatus::Expired }
}

/// The authority for each of those the record is about, by the id under which it names them.
#[must_use]
pub fn as_named(authority: &[SubjectAuthority], content: &NewConsent, counted: &Counted) -> Vec<SubjectAuthority> {
    let of = |subject: &PersonId| {
        let found = authority.iter().find(|found| found.subject_id == counted.one(*subject))?;
        Some(SubjectAuthority { subject_id: *subject, ..*found })
    };
    content.subject_ids.iter().filter_map(of).collect()
}
