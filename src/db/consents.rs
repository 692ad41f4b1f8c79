//! Permissions and refusals. What was agreed is sealed as a whole and never changes; only how it ended is written later.

use std::collections::BTreeSet;

use super::conn::Conn;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::counted::Counted;
use super::error::{Error, Result};
use super::named::NamedBy;
use super::schema::{consent, consent_recipient, consent_subject};
use super::sealed::{Cell, Owner};
use super::stored::{Day, Json};
use super::tx::Tx;
use super::{cases, scope, staff};
use crate::authz::{Act, Permit, act};
use crate::domain::consent::{Annulment, Consent, NewConsent, SubjectAuthority, Withdrawal, WithdrawalEffects};
use crate::domain::ids::{CaseId, ConsentId, NoteId, PersonId, StaffId};
use crate::domain::text::LongText;
use crate::domain::time::{Timestamp, day_after};
use crate::domain::vocabulary::{ConsentDecision, ConsentStatus};

mod authority;
mod list;
mod resting;

pub use authority::{Speaks, as_named, authorities, standing};
pub use list::list;
pub use resting::{line, relying, stands};

#[derive(Queryable, Insertable)]
#[diesel(table_name = consent, treat_none_as_default_value = false)]
pub(super) struct Row {
    pub id: ConsentId,
    pub case_id: CaseId,
    granter_id: PersonId,
    decision: ConsentDecision,
    decided_at: Timestamp,
    starts_at: Timestamp,
    pub expires_on: Option<Day>,
    supersedes_id: Option<ConsentId>,
    authority: Json<Vec<SubjectAuthority>>,
    sealed: Vec<u8>,
    pub ended: Option<ConsentStatus>,
    ended_at: Option<Timestamp>,
    ended_sealed: Option<Vec<u8>>,
    pub used_at: Option<Timestamp>,
    pub version: i32,
    created_at: Timestamp,
    recorded_by: StaffId,
}

impl Row {
    fn cell(&self) -> Cell {
        Cell::of("consent", self.id.0, Owner::Case(self.case_id))
    }

    /// What was agreed.
    pub fn content(&self, tx: &mut Tx<'_>) -> Result<NewConsent> {
        tx.open(self.cell(), &self.sealed)
    }

    fn status(&self, now: Timestamp) -> ConsentStatus {
        let past = self.expires_on.is_some_and(|last| now.day() > last.0);
        self.ended.unwrap_or(if past { ConsentStatus::Expired } else { ConsentStatus::Live })
    }
}

/// How a record ended, as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Somebody withdrew it.
    Withdrawn {
        /// Who, and how.
        withdrawal: Withdrawal,
        /// What that set off.
        effects: WithdrawalEffects,
    },
    /// It was an error.
    EnteredInError {
        /// Why.
        reason: LongText,
        /// Who marked it.
        by: StaffId,
    },
    /// Another record took its place.
    Superseded {
        /// Which.
        by: ConsentId,
    },
}

impl Ending {
    fn status(&self) -> ConsentStatus {
        match self {
            Self::Withdrawn { .. } => ConsentStatus::Withdrawn,
            Self::EnteredInError { .. } => ConsentStatus::EnteredInError,
            Self::Superseded { .. } => ConsentStatus::Superseded,
        }
    }
}

/// Records a permission or refusal. Its start is filled in. The caller has taken the guards of those it is about (R16).
pub fn insert(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case_id: CaseId,
    content: &NewConsent,
    authority: Vec<SubjectAuthority>,
    now: Timestamp,
) -> Result<ConsentId> {
    let id = ConsentId::mint();
    let names = content.subject_ids.iter().copied().chain([content.granter_id]);
    let names = names.chain(content.recipients.iter().filter_map(|named| named.person_id));
    cases::recorded(tx, case_id, (names, NamedBy::Other), permit.staff(), now)?;
    let sealed = tx.seal(Cell::of("consent", id.0, Owner::Case(case_id)), content)?;
    let row = Row {
        id,
        case_id,
        granter_id: content.granter_id,
        decision: content.decision,
        decided_at: content.decided_at,
        starts_at: content.starts_at.unwrap_or(content.decided_at),
        expires_on: content.expires_on.map(Day),
        supersedes_id: content.supersedes_id,
        authority: Json(authority),
        sealed,
        ended: None,
        ended_at: None,
        ended_sealed: None,
        used_at: None,
        version: 1,
        created_at: now,
        recorded_by: permit.staff(),
    };
    diesel::insert_into(consent::table).values(row).execute(tx.conn)?;
    for person in &content.subject_ids {
        diesel::insert_into(consent_subject::table)
            .values((consent_subject::consent_id.eq(id), consent_subject::person_id.eq(*person)))
            .execute(tx.conn)?;
    }
    for (ordinal, recipient) in (0..).zip(&content.recipients) {
        diesel::insert_into(consent_recipient::table)
            .values((
                consent_recipient::consent_id.eq(id),
                consent_recipient::ordinal.eq(ordinal),
                consent_recipient::recipient_id.eq(recipient.recipient_id),
                consent_recipient::team_id.eq(recipient.team_id),
                consent_recipient::person_id.eq(recipient.person_id),
            ))
            .execute(tx.conn)?;
    }
    Ok(id)
}

fn row(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ConsentId) -> Result<Row> {
    let find = |conn: &mut Conn, scope| consent::table.find(id).filter(consent::case_id.eq_any(scope::cases(scope))).first(conn);
    scope::found(tx, permit.scope(), find, |row: &Row| [row.case_id])
}

/// A permission or refusal of a case in scope.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ConsentId, now: Timestamp) -> Result<Consent> {
    let row = row(tx, permit, id)?;
    let content = row.content(tx)?;
    let ending = match &row.ended_sealed {
        Some(sealed) => Some(tx.open::<Ending>(row.cell().column("ended_sealed"), sealed)?),
        None => None,
    };
    let by = if let Some(Ending::EnteredInError { by, .. }) = &ending { Some(*by) } else { None };
    let names = staff::names(tx, by.into_iter().chain([row.recorded_by]))?;
    let (mut withdrawal, mut effects, mut annulment, mut superseded_by_id) = (None, None, None, None);
    match (ending, row.ended_at) {
        (Some(Ending::Withdrawn { withdrawal: how, effects: what }), _) => (withdrawal, effects) = (Some(how), Some(what)),
        (Some(Ending::EnteredInError { reason, by }), Some(annulled_at)) => {
            annulment = Some(Annulment { reason, annulled_at, annulled_by: names.get(by) });
        }
        (Some(Ending::Superseded { by }), _) => superseded_by_id = Some(by),
        (Some(Ending::EnteredInError { .. }) | None, _) => {}
    }
    Ok(Consent {
        id,
        version: row.version,
        case_id: row.case_id,
        status: row.status(now),
        expires_at: content.expires_on.map(|last| Timestamp::start_of(day_after(last))),
        content,
        withdrawal,
        effects,
        annulment,
        superseded_by_id,
        used_at: row.used_at,
        ended_at: row.ended_at,
        disclosure_ids: relying(tx, &[id])?,
        created_at: row.created_at,
        recorded_by: names.get(row.recorded_by),
        authority: row.authority.0,
        allowed_actions: Vec::new(),
    })
}

/// Whether a permission or refusal of this case that is live names any of these notes.
pub(super) fn name_any(tx: &mut Tx<'_>, case_id: CaseId, notes: &[NoteId], now: Timestamp) -> Result<bool> {
    for row in consent::table.filter(consent::case_id.eq(case_id)).filter(consent::ended.is_null()).load::<Row>(tx.conn)? {
        if row.status(now) == ConsentStatus::Live && row.content(tx)?.note_ids.iter().any(|named| notes.contains(named)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The other permissions of this case that are in force, and who gave each; the oldest first.
pub fn others_live(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, of: &Consent, now: Timestamp) -> Result<Vec<(ConsentId, PersonId)>> {
    let others = consent::table
        .filter(consent::case_id.eq(of.case_id))
        .filter(consent::id.ne(of.id))
        .filter(consent::decision.eq(ConsentDecision::Given))
        .filter(consent::ended.is_null())
        .filter(consent::expires_on.is_null().or(consent::expires_on.ge(Day(now.day()))))
        .order(consent::id.asc());
    Ok(others.select((consent::id, consent::granter_id)).load(tx.conn)?)
}

/// Ends a live record. Whoever comes second finds it ended. The caller has taken the guards (R16).
pub fn end(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ConsentId, ending: &Ending, now: Timestamp) -> Result<()> {
    let row = row(tx, permit, id)?;
    let sealed = tx.seal(row.cell().column("ended_sealed"), ending)?;
    let changed = diesel::update(consent::table.find(id).filter(consent::ended.is_null()).filter(consent::version.eq(row.version)))
        .set((
            consent::ended.eq(ending.status()),
            consent::ended_at.eq(now),
            consent::ended_sealed.eq(sealed),
            consent::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    if changed != 1 {
        return Err(Error::Conflict);
    }
    tx.changed(row.version + 1);
    let named = match ending {
        Ending::Withdrawn { withdrawal, .. } => Some(withdrawal.withdrawn_by_id),
        Ending::EnteredInError { .. } | Ending::Superseded { .. } => None,
    };
    cases::recorded(tx, row.case_id, (named, NamedBy::Other), permit.staff(), now)
}

/// Marks a `once_only` permission as used, by a guarded update of its own row (R16).
pub fn mark_used(tx: &mut Tx<'_>, _permit: &Permit<act::DisclosureRecord>, id: ConsentId, now: Timestamp) -> Result<()> {
    let changed =
        diesel::update(consent::table.find(id).filter(consent::used_at.is_null())).set(consent::used_at.eq(now)).execute(tx.conn)?;
    if changed == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// The permissions about these people, or whoever is one with them, that nobody ended and whose last day is not past, of every case: which and of which
/// case, and what each says. None of it is shown to whoever asks.
pub fn lasting(
    tx: &mut Tx<'_>,
    _permit: &Permit<impl Act>,
    people: &[PersonId],
    now: Timestamp,
) -> Result<Vec<(ConsentId, CaseId, NewConsent)>> {
    let everybody: Vec<PersonId> = Counted::among(tx, people.iter().copied())?.everybody().into_iter().collect();
    let given = about(tx, &everybody)?
        .into_iter()
        .filter(|(row, _)| row.decision == ConsentDecision::Given && row.status(now) == ConsentStatus::Live);
    Ok(given.map(|(row, content)| (row.id, row.case_id, content)).collect())
}

/// Who permitted or refused anything about these people, or about whoever is one with them.
pub(super) fn granters(tx: &mut Tx<'_>, people: &BTreeSet<PersonId>) -> Result<BTreeSet<PersonId>> {
    let everybody = Counted::among(tx, people.iter().copied())?.everybody();
    let ids = consent_subject::table.filter(consent_subject::person_id.eq_any(everybody)).select(consent_subject::consent_id);
    let granters: Vec<PersonId> = consent::table.filter(consent::id.eq_any(ids)).select(consent::granter_id).distinct().load(tx.conn)?;
    Ok(granters.into_iter().collect())
}

/// Every permission and refusal about these people, in whatever case: the decision looks at all of them (R3, R6, R7).
pub(super) fn about(tx: &mut Tx<'_>, people: &[PersonId]) -> Result<Vec<(Row, NewConsent)>> {
    let ids = consent_subject::table.filter(consent_subject::person_id.eq_any(people.to_vec())).select(consent_subject::consent_id);
    let rows: Vec<Row> = consent::table.filter(consent::id.eq_any(ids)).load(tx.conn)?;
    tx.fetch_keys(rows.iter().map(|row| Owner::Case(row.case_id)))?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let content = row.content(tx)?;
        all.push((row, content));
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
