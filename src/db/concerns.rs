//! Safeguarding concerns, as far as passing on a risk opens or joins one (C17).

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::schema::safeguarding_concern;
use super::scope;
use super::sealed::{Cell, Owner};
use super::stored::{Day, Json};
use super::tx::Tx;
use crate::authz::{Permit, act};
use crate::domain::disclosure::{Ask, NewSafeguarding};
use crate::domain::ids::{CaseId, ConcernId, PersonId, StaffId};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ConcernStatus, ConsentSought, NoConsentReason, RiskType, ToldSubject};

/// What is kept in the clear: ids and words of closed lists.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Details {
    risk_types: Vec<RiskType>,
    at_risk_person_ids: Vec<PersonId>,
    known_at: Option<Timestamp>,
    consent_sought: Option<ConsentSought>,
    no_consent_reason: Option<NoConsentReason>,
    told_subject: Option<ToldSubject>,
    withhold_from_person_ids: Vec<PersonId>,
    withhold_until_on: Option<NaiveDate>,
    decided_by: StaffId,
    decided_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Words {
    summary: Option<LongText>,
    at_risk_description: Option<LongText>,
    necessity: Option<LongText>,
    proportionality: Option<LongText>,
    told_reason: Option<LongText>,
}

#[derive(Insertable)]
#[diesel(table_name = safeguarding_concern, treat_none_as_default_value = false)]
struct Row {
    id: ConcernId,
    case_id: CaseId,
    status: ConcernStatus,
    review_due_on: Day,
    details: Json<Details>,
    sealed: Vec<u8>,
    version: i32,
    created_at: Timestamp,
    recorded_by: StaffId,
}

/// Whether there is such a concern in this case, in scope.
pub fn known(tx: &mut Tx<'_>, permit: &Permit<impl crate::authz::Act>, case_id: CaseId, id: ConcernId) -> Result<bool> {
    let found = safeguarding_concern::table
        .find(id)
        .filter(safeguarding_concern::case_id.eq(case_id))
        .filter(safeguarding_concern::case_id.eq_any(scope::cases(permit.scope())))
        .select(safeguarding_concern::id)
        .first::<ConcernId>(tx.conn)
        .optional()?;
    Ok(found.is_some())
}

/// The concern to which a risk that is passed on belongs: the one it names, now shared, or a new one.
pub fn pass_on(
    tx: &mut Tx<'_>,
    permit: &Permit<act::DisclosureRecord>,
    case_id: CaseId,
    ask: &Ask,
    risk: &NewSafeguarding,
    review_due_on: NaiveDate,
    now: Timestamp,
) -> Result<ConcernId> {
    if let Some(id) = risk.concern_id {
        if !known(tx, permit, case_id, id)? {
            return Err(Error::NotFound);
        }
        diesel::update(safeguarding_concern::table.find(id))
            .set((
                safeguarding_concern::status.eq(ConcernStatus::Shared),
                safeguarding_concern::review_due_on.eq(Day(review_due_on)),
                safeguarding_concern::version.eq(safeguarding_concern::version + 1),
            ))
            .execute(tx.conn)?;
        return Ok(id);
    }
    let id = ConcernId::mint();
    let words = Words {
        summary: ask.summary.clone(),
        at_risk_description: risk.at_risk_description.clone(),
        necessity: risk.necessity.clone(),
        proportionality: risk.proportionality.clone(),
        told_reason: ask.told_reason.clone(),
    };
    let row = Row {
        id,
        case_id,
        status: ConcernStatus::Shared,
        review_due_on: Day(review_due_on),
        details: Json(Details {
            risk_types: risk.risk_types.clone(),
            at_risk_person_ids: risk.at_risk_person_ids.clone(),
            known_at: risk.known_at,
            consent_sought: risk.consent_sought,
            no_consent_reason: risk.no_consent_reason,
            told_subject: ask.told_subject,
            withhold_from_person_ids: ask.withhold_from_person_ids.clone(),
            withhold_until_on: ask.withhold_until_on,
            decided_by: permit.staff(),
            decided_at: now,
        }),
        sealed: tx.seal(Cell::of("safeguarding_concern", id.0, Owner::Case(case_id)), &words)?,
        version: 1,
        created_at: now,
        recorded_by: permit.staff(),
    };
    diesel::insert_into(safeguarding_concern::table).values(row).execute(tx.conn)?;
    Ok(id)
}
