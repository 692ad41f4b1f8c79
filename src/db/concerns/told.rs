//! What was decided, found and learnt of a concern: a row each, and the concern as all of them tell it.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{cell, named, row};
use crate::authz::{Act, Permit};
use crate::db::error::{Error, Result};
use crate::db::named::NamedBy;
use crate::db::schema::{concern_event, disclosure, disclosure_annotation, safeguarding_concern};
use crate::db::sealed::{Cell, Owner};
use crate::db::staff::{self, Names};
use crate::db::tx::Tx;
use crate::db::{cases, notes};
use crate::domain::concern::{
    Concern, ConcernAnnotation, ConcernContent, ConcernDecision, ConcernGrounds, ConcernReview, ConcernStanding, NewConcernAnnotation,
};
use crate::domain::ids::{AnnotationId, CaseId, ConcernId, DisclosureId, EntryId, NoteId, PersonId, StaffId};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{AnnotationKind, ConcernAnnotationKind, ConcernOutcome, ConcernStatus, ReviewFinding, Role, ToldSubject};

#[derive(Queryable, Insertable)]
#[diesel(table_name = concern_event, treat_none_as_default_value = false)]
struct EventRow {
    id: AnnotationId,
    concern_id: ConcernId,
    case_id: CaseId,
    status: Option<ConcernStatus>,
    sealed: Vec<u8>,
    created_at: Timestamp,
    recorded_by: StaffId,
}

/// What an event tells, as it is sealed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    /// It was passed on: a disclosure tells what, and to whom. Its words are those of the notes that went with it; so are those told first of a concern
    /// that it opened.
    PassedOn { decision: ConcernDecision, role: Role, note_ids: Vec<NoteId>, opens: bool },
    /// It was decided not to pass it on.
    NotShared { decision: ConcernDecision, reason: LongText, role: Role, entry: EntryId },
    /// A second person looked at what was decided.
    Reviewed { finding: ReviewFinding, reason: LongText },
    /// What was done or learnt later.
    Annotated { annotation: NewConcernAnnotation },
}

impl Told {
    /// How the concern stands after it, if it changes that.
    fn status(&self) -> Option<ConcernStatus> {
        match self {
            Self::PassedOn { .. } => Some(ConcernStatus::Shared),
            Self::NotShared { .. } => Some(ConcernStatus::NotShared),
            Self::Reviewed { .. } => Some(ConcernStatus::Reviewed),
            Self::Annotated { .. } => None,
        }
    }

    /// Whom it names.
    fn people(&self) -> Vec<PersonId> {
        match self {
            Self::PassedOn { decision, .. } | Self::NotShared { decision, .. } => named(&decision.grounds).collect(),
            Self::Reviewed { .. } | Self::Annotated { .. } => Vec::new(),
        }
    }
}

fn event_cell(id: AnnotationId, case: CaseId) -> Cell {
    Cell::of("concern_event", id.0, Owner::Case(case))
}

/// Writes what happened to a concern.
pub(super) fn happened(
    tx: &mut Tx<'_>,
    (concern_id, case_id): (ConcernId, CaseId),
    told: &Told,
    by: StaffId,
    now: Timestamp,
) -> Result<AnnotationId> {
    let id = AnnotationId::mint();
    cases::recorded(tx, case_id, (told.people(), NamedBy::Risk), by, now)?;
    let sealed = tx.seal(event_cell(id, case_id), told)?;
    let row = EventRow { id, concern_id, case_id, status: told.status(), sealed, created_at: now, recorded_by: by };
    diesel::insert_into(concern_event::table).values(row).execute(tx.conn)?;
    Ok(id)
}

/// A concern of a case in scope, with what of it is not reviewed yet. The words with which it was passed on are for those who may read the notes that
/// went with them (C4).
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ConcernId) -> Result<(Concern, ConcernStanding)> {
    let row = row(tx, permit, id)?;
    let events: Vec<EventRow> =
        concern_event::table.filter(concern_event::concern_id.eq(id)).order(concern_event::id.asc()).load(tx.conn)?;
    let names = staff::names(tx, events.iter().map(|event| event.recorded_by).chain([row.recorded_by]))?;
    let disclosures = disclosure::table.filter(disclosure::concern_id.eq(id)).order(disclosure::id.asc()).select(disclosure::id);
    let disclosure_ids: Vec<DisclosureId> = disclosures.load(tx.conn)?;
    let mut concern = Concern {
        id,
        version: row.version,
        case_id: row.case_id,
        status: row.status,
        content: tx.open::<ConcernContent>(cell(id, row.case_id), &row.sealed)?.into(),
        disclosure_ids,
        review_due_on: row.review_due_on.0,
        outcome: None,
        outcome_reason: None,
        decided_by: None,
        decided_by_role: None,
        decided_at: None,
        reviews: Vec::new(),
        annotations: Vec::new(),
        remarks: Vec::new(),
        created_at: row.created_at,
        recorded_by: names.get(row.recorded_by),
        allowed_actions: Vec::new(),
    };
    let mut standing = ConcernStanding::default();
    let mut later = None;
    for event in events {
        let mut told: Told = tx.open(event_cell(event.id, event.case_id), &event.sealed)?;
        if told.status() != event.status {
            return Err(Error::Corrupt("event of a concern"));
        }
        if let Told::PassedOn { decision, note_ids, opens, .. } = &mut told {
            let readable = notes::known(tx, permit, event.case_id, note_ids)?;
            if !note_ids.iter().all(|note| readable.contains(note)) {
                *decision = std::mem::take(decision).wordless();
                concern.content = if *opens { concern.content.wordless() } else { concern.content };
            }
        }
        if let Told::PassedOn { decision, .. } | Told::NotShared { decision, .. } = &told {
            standing.deciders.push(event.recorded_by);
            later = match decision.grounds.told_subject {
                Some(ToldSubject::Later) => Some(event.created_at),
                Some(ToldSubject::Yes | ToldSubject::No) => None,
                None => later,
            };
        }
        let kind = if let Told::Annotated { annotation } = &told { Some(annotation.kind) } else { None };
        match (&told, kind) {
            (Told::Reviewed { .. }, _) => standing.deciders.clear(),
            (_, Some(ConcernAnnotationKind::SubjectTold | ConcernAnnotationKind::ReasonRenewed)) => later = None,
            _ => {}
        }
        concern = told.added_to(concern, &event, &names);
    }
    standing.to_be_told = match later {
        Some(since) => !told_by_a_disclosure(tx, &concern.disclosure_ids, since)?,
        None => false,
    };
    Ok((concern, standing))
}

impl Told {
    /// The concern with what this event tells.
    fn added_to(self, concern: Concern, event: &EventRow, names: &Names) -> Concern {
        let (at, by) = (event.created_at, names.get(event.recorded_by));
        let decided = |concern: Concern, outcome, decision, role| Concern {
            content: concern.content.decided(decision),
            outcome: Some(outcome),
            outcome_reason: None,
            decided_by: Some(by.clone()),
            decided_by_role: Some(role),
            decided_at: Some(at),
            ..concern
        };
        match self {
            Self::PassedOn { decision, role, .. } => decided(concern, ConcernOutcome::Shared, decision, role),
            Self::NotShared { decision, reason, role, .. } => {
                Concern { outcome_reason: Some(reason), ..decided(concern, ConcernOutcome::NotShared, decision, role) }
            }
            Self::Reviewed { finding, reason } => {
                let review = ConcernReview { finding, reason, at, by };
                Concern { reviews: concern.reviews.into_iter().chain([review]).collect(), ..concern }
            }
            Self::Annotated { annotation: content } => {
                let note = ConcernAnnotation { id: event.id, content, created_at: at, recorded_by: by };
                Concern { annotations: concern.annotations.into_iter().chain([note]).collect(), ..concern }
            }
        }
    }
}

/// The concerns of these cases that anything said of them withholds from one of these people on this day, each with the last day of that: what of them
/// was passed on is hidden with them, whether or not that was said of it, too (C17).
pub(in crate::db) fn hidden_from(
    tx: &mut Tx<'_>,
    cases: &BTreeSet<CaseId>,
    people: &BTreeSet<PersonId>,
    today: NaiveDate,
) -> Result<HashMap<ConcernId, NaiveDate>> {
    Ok(hidden_from_each(tx, cases, std::slice::from_ref(people), today)?.pop().unwrap_or_default())
}

/// The same of each of these groups of people by itself, in as many queries for many as for one.
pub(in crate::db) fn hidden_from_each(
    tx: &mut Tx<'_>,
    cases: &BTreeSet<CaseId>,
    groups: &[BTreeSet<PersonId>],
    today: NaiveDate,
) -> Result<Vec<HashMap<ConcernId, NaiveDate>>> {
    if groups.is_empty() {
        // Nothing that is raised can hold up what nobody is kept from.
        return Ok(Vec::new());
    }
    let mut hidden = vec![HashMap::new(); groups.len()];
    let mut hide = |concern: ConcernId, grounds: &ConcernGrounds| {
        let last = grounds.withhold_until_on.unwrap_or(NaiveDate::MAX);
        if last < today {
            return;
        }
        for (people, hidden) in groups.iter().zip(&mut hidden) {
            if grounds.withhold_from_person_ids.iter().any(|person| people.contains(person)) {
                let known = hidden.entry(concern).or_insert(last);
                *known = last.max(*known);
            }
        }
    };
    let raised = safeguarding_concern::table.filter(safeguarding_concern::case_id.eq_any(cases.clone()));
    let raised = raised.select((safeguarding_concern::id, safeguarding_concern::case_id, safeguarding_concern::sealed));
    let raised: Vec<(ConcernId, CaseId, Vec<u8>)> = raised.load(tx.conn)?;
    tx.fetch_keys(raised.iter().map(|(_, case, _)| Owner::Case(*case)))?;
    for (id, case, sealed) in raised {
        hide(id, &tx.open::<ConcernContent>(cell(id, case), &sealed)?.grounds);
    }
    for event in concern_event::table.filter(concern_event::case_id.eq_any(cases.clone())).load::<EventRow>(tx.conn)? {
        if let Told::PassedOn { decision, .. } | Told::NotShared { decision, .. } =
            tx.open(event_cell(event.id, event.case_id), &event.sealed)?
        {
            hide(event.concern_id, &decision.grounds);
        }
    }
    Ok(hidden)
}

/// Whether it stands with one of these disclosures that the person was told since then.
fn told_by_a_disclosure(tx: &mut Tx<'_>, disclosures: &[DisclosureId], since: Timestamp) -> Result<bool> {
    let told = disclosure_annotation::table
        .filter(disclosure_annotation::disclosure_id.eq_any(disclosures.to_vec()))
        .filter(disclosure_annotation::kind.eq(AnnotationKind::SubjectTold))
        .filter(disclosure_annotation::created_at.ge(since));
    Ok(diesel::select(diesel::dsl::exists(told)).get_result(tx.conn)?)
}

/// One annotation of a concern in scope.
pub fn annotation(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: AnnotationId) -> Result<ConcernAnnotation> {
    let event: EventRow = concern_event::table.find(id).first(tx.conn)?;
    let (concern, _) = find(tx, permit, event.concern_id)?;
    concern.annotations.into_iter().find(|annotation| annotation.id == id).ok_or(Error::NotFound)
}

/// The entry of the newest decision not to share this concern, if there is one.
pub fn entry_of_decision(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ConcernId) -> Result<Option<EntryId>> {
    row(tx, permit, id)?;
    let events = concern_event::table.filter(concern_event::concern_id.eq(id)).filter(concern_event::status.eq(ConcernStatus::NotShared));
    let newest: Option<EventRow> = events.order(concern_event::id.desc()).first(tx.conn).optional()?;
    let Some(event) = newest else { return Ok(None) };
    match tx.open(event_cell(event.id, event.case_id), &event.sealed)? {
        Told::NotShared { entry, .. } => Ok(Some(entry)),
        _ => Err(Error::Corrupt("event of a concern")),
    }
}
