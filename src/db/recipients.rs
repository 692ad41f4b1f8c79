//! The recipient register. It holds names of bodies, no personal data, so nothing here is sealed. What was named on the spot when a risk was
//! passed on (C17) may be anything until a manager has looked at it: until then it is shown to managers, and to whoever named it.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;

use super::conn::{Engine, RowLock};
use super::error::{Error, Result};
use super::newest;
use super::schema::{consent, consent_recipient, disclosure, disclosure_entry, legal_request, recipient, team};
use super::staff::{self, Names, stale_unless};
use super::stored::Day;
use super::tx::Tx;
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::disclosure::RecipientFact;
use crate::domain::fault::Fault;
use crate::domain::ids::{RecipientId, StaffId, TeamId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::recipient::{NewRecipient, Recipient, RecipientContent, RecipientFilter, RecipientUpdate, Team};
use crate::domain::text::{LongText, Name};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ConsentDecision, RecipientType, Vocabulary};

#[derive(Queryable, Insertable)]
#[diesel(table_name = recipient, treat_none_as_default_value = false)]
struct Row {
    id: RecipientId,
    body_type: RecipientType,
    name: String,
    safeguarding_function: bool,
    address: Option<String>,
    verified_on: Option<Day>,
    active: bool,
    version: i32,
    created_at: Timestamp,
    recorded_by: StaffId,
}

impl Row {
    fn new(permit: &Permit<impl Act>, content: &RecipientContent, active: bool, now: Timestamp) -> Self {
        Self {
            id: RecipientId::mint(),
            body_type: content.body_type,
            name: content.name.0.clone(),
            safeguarding_function: content.safeguarding_function,
            address: content.address.as_ref().map(|address| address.0.clone()),
            verified_on: content.verified_on.map(Day),
            active,
            version: 1,
            created_at: now,
            recorded_by: permit.staff(),
        }
    }

    fn view(self, teams: Vec<Team>, names: &Names) -> Recipient {
        Recipient {
            id: self.id,
            version: self.version,
            content: RecipientContent {
                body_type: self.body_type,
                name: Name(self.name),
                safeguarding_function: self.safeguarding_function,
                address: self.address.map(LongText),
                verified_on: self.verified_on.map(|day| day.0),
            },
            in_council: self.body_type.in_council(),
            teams,
            active: self.active,
            created_at: self.created_at,
            recorded_by: names.get(self.recorded_by),
            allowed_actions: Vec::new(),
        }
    }
}

/// A condition on a body.
type OnBody = Box<dyn BoxableExpression<recipient::table, Engine, SqlType = diesel::sql_types::Bool>>;

/// The rows as they are shown, with their teams and the names of the staff, in one query each.
fn views(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<Vec<Recipient>> {
    let names = staff::names(tx, rows.iter().map(|row| row.recorded_by))?;
    let bodies: Vec<RecipientId> = rows.iter().map(|row| row.id).collect();
    let listed: Vec<(RecipientId, TeamId, String)> = team::table
        .filter(team::recipient_id.eq_any(bodies))
        .filter(team::removed.eq(false))
        .order(team::id.asc())
        .select((team::recipient_id, team::id, team::name))
        .load(tx.conn)?;
    let mut teams: HashMap<RecipientId, Vec<Team>> = HashMap::new();
    for (body, id, name) in listed {
        teams.entry(body).or_default().push(Team { id, name: Name(name) });
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let teams = teams.remove(&row.id).unwrap_or_default();
            row.view(teams, &names)
        })
        .collect())
}

/// Whether the caller may see a body: one that nobody has looked at yet is as it was named on the spot, inactive and never changed.
fn visible(permit: &Permit<impl Act>) -> OnBody {
    let seen = recipient::active.eq(true).or(recipient::version.gt(1)).or(recipient::recorded_by.eq(permit.staff()));
    match permit.scope() {
        Scope::Manager(..) => Box::new(recipient::version.gt(0)),
        Scope::Adviser(_) | Scope::Nothing => Box::new(seen),
    }
}

/// Bodies of the register, newest first.
pub fn list(tx: &mut Tx<'_>, permit: &Permit<act::RecipientRead>, filter: &RecipientFilter, page: &PageRequest) -> Result<Page<Recipient>> {
    let kinds = RecipientType::ALL.iter().copied().filter(|kind| {
        (filter.body_type.is_empty() || filter.body_type.contains(kind))
            && filter.in_council.is_none_or(|wanted| kind.in_council() == wanted)
    });
    let mut query = recipient::table.filter(visible(permit)).into_boxed();
    if !filter.body_type.is_empty() || filter.in_council.is_some() {
        query = query.filter(recipient::body_type.eq_any(kinds.collect::<Vec<_>>()));
    }
    if let Some(active) = filter.active {
        query = query.filter(recipient::active.eq(active));
    }
    if let Some(wanted) = filter.safeguarding_function {
        query = query.filter(recipient::safeguarding_function.eq(wanted));
    }
    let rows = newest(tx.conn, query, recipient::id, page, None, |row: &Row| row.id)?;
    Ok(Page { items: views(tx, rows.items)?, next: rows.next, total: rows.total })
}

/// One body, active or not.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: RecipientId) -> Result<Recipient> {
    tx.hold(RowLock::Recipient, id.0)?;
    let row: Row = recipient::table.find(id).filter(visible(permit)).first(tx.conn)?;
    views(tx, vec![row])?.pop().ok_or(Error::NotFound)
}

/// The names of these bodies, in one query.
pub fn names(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    ids: impl IntoIterator<Item = RecipientId>,
) -> Result<HashMap<RecipientId, String>> {
    let ids: HashSet<RecipientId> = ids.into_iter().collect();
    let rows: Vec<(RecipientId, String)> = recipient::table
        .filter(recipient::id.eq_any(ids))
        .filter(visible(permit))
        .select((recipient::id, recipient::name))
        .load(tx.conn)?;
    Ok(rows.into_iter().collect())
}

fn add_team(tx: &mut Tx<'_>, body: RecipientId, name: &Name) -> Result<()> {
    diesel::insert_into(team::table)
        .values((team::id.eq(TeamId::mint()), team::recipient_id.eq(body), team::name.eq(name.as_str()), team::removed.eq(false)))
        .execute(tx.conn)?;
    Ok(())
}

/// Enters a body with its teams.
pub fn insert(tx: &mut Tx<'_>, permit: &Permit<act::RecipientCreate>, new: &NewRecipient, now: Timestamp) -> Result<RecipientId> {
    let row = Row::new(permit, &new.content, true, now);
    let id = row.id;
    diesel::insert_into(recipient::table).values(row).execute(tx.conn)?;
    for team in &new.teams {
        add_team(tx, id, &team.name)?;
    }
    Ok(id)
}

/// Which of these bodies belong to the council.
pub fn in_council(
    tx: &mut Tx<'_>,
    _permit: &Permit<impl Act>,
    bodies: impl IntoIterator<Item = RecipientId>,
) -> Result<BTreeSet<RecipientId>> {
    let rows: Vec<(RecipientId, RecipientType)> = recipient::table
        .filter(recipient::id.eq_any(bodies.into_iter().collect::<Vec<_>>()))
        .select((recipient::id, recipient::body_type))
        .load(tx.conn)?;
    Ok(rows.into_iter().filter(|(_, kind)| kind.in_council()).map(|(id, _)| id).collect())
}

/// What the decision must know of a body.
pub(super) fn fact(tx: &mut Tx<'_>, id: RecipientId) -> Result<RecipientFact> {
    let (kind, safeguarding_function): (RecipientType, bool) =
        recipient::table.find(id).select((recipient::body_type, recipient::safeguarding_function)).first(tx.conn)?;
    Ok(RecipientFact { in_council: kind.in_council(), safeguarding_function })
}

/// What of a body and its team is not in the register; nothing, if both are and the team belongs to the body.
pub fn unknown(
    tx: &mut Tx<'_>,
    _permit: &Permit<impl Act>,
    body: RecipientId,
    team: Option<TeamId>,
    inactive_too: bool,
    pointer: &str,
) -> Result<Option<Fault>> {
    tx.hold(RowLock::RecipientAsItIs, body.0)?;
    let active: Option<bool> = recipient::table.find(body).select(recipient::active).first(tx.conn).optional()?;
    if !active.is_some_and(|active| active || inactive_too) {
        return Ok(Some(Fault::unknown(format!("{pointer}/recipientId"))));
    }
    let Some(team) = team else { return Ok(None) };
    let owner: Option<RecipientId> =
        team::table.find(team).filter(team::removed.eq(false)).select(team::recipient_id).first(tx.conn).optional()?;
    Ok((owner != Some(body)).then(|| Fault::unknown(format!("{pointer}/teamId"))))
}

/// Enters a body that was named on the spot when a risk was passed on (C17). It is inactive until somebody has looked at it.
pub fn enter_unregistered(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    body_type: RecipientType,
    name: Name,
    now: Timestamp,
) -> Result<RecipientId> {
    let content = RecipientContent { body_type, name, safeguarding_function: true, address: None, verified_on: None };
    let row = Row::new(permit, &content, false, now);
    let id = row.id;
    diesel::insert_into(recipient::table).values(row).execute(tx.conn)?;
    Ok(id)
}

/// Whether a permission that is live on this day names one of these teams.
pub fn in_use(tx: &mut Tx<'_>, _permit: &Permit<act::RecipientUpdate>, teams: &[TeamId], today: NaiveDate) -> Result<bool> {
    let named = consent_recipient::table.filter(consent_recipient::team_id.eq_any(teams.to_vec())).select(consent_recipient::consent_id);
    let live = consent::table
        .filter(consent::id.eq_any(named))
        .filter(consent::decision.eq(ConsentDecision::Given))
        .filter(consent::ended.is_null())
        .filter(consent::expires_on.is_null().or(consent::expires_on.ge(Day(today))));
    Ok(diesel::select(exists(live)).get_result(tx.conn)?)
}

/// Whether any permission, refusal, disclosure, request for proceedings or log entry names this body.
pub fn on_record(tx: &mut Tx<'_>, _permit: &Permit<act::RecipientUpdate>, id: RecipientId) -> Result<bool> {
    let agreed = exists(consent_recipient::table.filter(consent_recipient::recipient_id.eq(id)));
    let sent = exists(disclosure::table.filter(disclosure::recipient_id.eq(id)));
    let logged = exists(disclosure_entry::table.filter(disclosure_entry::recipient.eq(id.to_string())));
    let asked = exists(legal_request::table.filter(legal_request::recipient_id.eq(id)));
    Ok(diesel::select(agreed.or(sent).or(logged).or(asked)).get_result(tx.conn)?)
}

/// Changes a body and its teams: those listed with an id are kept, those without are new, those not listed are removed.
pub fn update(
    tx: &mut Tx<'_>,
    _permit: &Permit<act::RecipientUpdate>,
    id: RecipientId,
    version: i32,
    update: &RecipientUpdate,
) -> Result<()> {
    let content = &update.content;
    let changed = diesel::update(recipient::table.find(id).filter(recipient::version.eq(version)))
        .set((
            recipient::body_type.eq(content.body_type),
            recipient::name.eq(content.name.as_str()),
            recipient::safeguarding_function.eq(content.safeguarding_function),
            recipient::address.eq(content.address.as_ref().map(LongText::as_str)),
            recipient::verified_on.eq(content.verified_on.map(Day)),
            recipient::active.eq(update.active),
            recipient::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    stale_unless(tx, changed, version + 1, |conn| Ok(recipient::table.find(id).select(recipient::version).first(conn)?))?;
    let kept: HashSet<TeamId> = update.teams.iter().filter_map(|team| team.id).collect();
    diesel::update(team::table.filter(team::recipient_id.eq(id)).filter(team::id.ne_all(kept)))
        .set(team::removed.eq(true))
        .execute(tx.conn)?;
    for wanted in &update.teams {
        match wanted.id {
            Some(known) => {
                diesel::update(team::table.find(known).filter(team::recipient_id.eq(id)))
                    .set(team::name.eq(wanted.name.as_str()))
                    .execute(tx.conn)?;
            }
            None => add_team(tx, id, &wanted.name)?,
        }
    }
    Ok(())
}
