//! What hangs on a permission: what rested on it and on those it replaced, and who said no beside it.

use diesel::prelude::*;

use super::Row;
use crate::authz::{Act, Permit};
use crate::db::error::Result;
use crate::db::schema::{consent, disclosure_consent};
use crate::db::tx::Tx;
use crate::domain::consent::{Consent, NewConsent};
use crate::domain::ids::{CaseId, ConsentId, DisclosureId};
use crate::domain::vocabulary::ConsentDecision;

/// What was disclosed on the strength of any of these, the oldest first.
pub fn relying(tx: &mut Tx<'_>, ids: &[ConsentId]) -> Result<Vec<DisclosureId>> {
    Ok(disclosure_consent::table
        .filter(disclosure_consent::consent_id.eq_any(ids.to_vec()))
        .order(disclosure_consent::disclosure_id.asc())
        .select(disclosure_consent::disclosure_id)
        .distinct()
        .load(tx.conn)?)
}

/// It and all whose place it took, one after the other: what rested on those has had no other permission since.
pub fn line(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, of: &Consent) -> Result<Vec<ConsentId>> {
    let mut line = vec![of.id];
    let mut before = of.content.supersedes_id;
    while let Some(id) = before {
        line.push(id);
        before = consent::table.find(id).select(consent::supersedes_id).first(tx.conn)?;
    }
    Ok(line)
}

/// Whether a refusal of the same by the same person is in force in this case.
pub fn stands(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, case_id: CaseId, refusal: &NewConsent) -> Result<bool> {
    let rows: Vec<Row> = consent::table
        .filter(consent::case_id.eq(case_id))
        .filter(consent::granter_id.eq(refusal.granter_id))
        .filter(consent::decision.eq(ConsentDecision::Refused))
        .filter(consent::ended.is_null())
        .load(tx.conn)?;
    for row in rows {
        let said = row.content(tx)?;
        let NewConsent { method, evidence, decided_at, starts_at, .. } = said.clone();
        if said == (NewConsent { method, evidence, decided_at, starts_at, ..refusal.clone() }) {
            return Ok(true);
        }
    }
    Ok(false)
}
