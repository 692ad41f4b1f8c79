//! What the keeping of cases goes by (C16), in as many queries for many as for one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::dsl::max;
use diesel::prelude::*;

use super::{Keep, Row, is_subject, require, row};
use crate::authz::{Act, Permit, Scope, act};
use crate::db::counted::Counted;
use crate::db::error::{Error, Result};
use crate::db::people::{self, Known};
use crate::db::schema::{
    case_file, concern_event, consent, disclosure, legal_request, note, safeguarding_concern, subject_access_part, subject_access_request,
};
use crate::db::tx::Tx;
use crate::db::{participants, retention_holds, scope};
use crate::domain::case::{Retention, RetentionFacts, SubjectFact};
use crate::domain::disposal::Standing;
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::participant::Participant;
use crate::domain::retention_hold::RetentionReview;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Basis, CaseStatus, ConcernStatus, LegalRequestStatus, ParticipantRole, PersonKind, Sensitivity};

/// So many closed cases are looked through for one page of those that are due.
const LOOKED_THROUGH: i64 = 500;

/// The last of something in each case.
type Last = HashMap<CaseId, Timestamp>;

fn last(rows: impl IntoIterator<Item = (CaseId, Option<Timestamp>)>) -> Last {
    let mut last = Last::new();
    for (case, at) in rows.into_iter().filter_map(|(case, at)| Some((case, at?))) {
        last.entry(case).and_modify(|known| *known = at.max(*known)).or_insert(at);
    }
    last
}

/// What cases go by beside the people in them.
struct Happened {
    /// Notes, but for restricted ones, or the date would tell of them; and for the markers of those that were never of this case. None is written in a
    /// case that is closed, so that by the day of its closing all of them count.
    notes: Last,
    /// What was passed on because of a risk, or withheld.
    risks: Last,
    /// What was passed on by permission; and what was permitted or refused, and ended, whether or not anything rested on it.
    relied: Last,
    /// Requests for legal proceedings.
    legal: Last,
    /// Subject access requests, from when they were sent or refused.
    asked: Last,
}

impl Happened {
    fn in_each(tx: &mut Tx<'_>, cases: &[CaseId]) -> Result<Self> {
        let cases = cases.to_vec();
        let notes = note::table
            .filter(note::case_id.eq_any(cases.clone()))
            .filter(note::sensitivity.ne(Sensitivity::Restricted))
            .filter(note::sealed.is_not_null())
            .group_by(note::case_id)
            .select((note::case_id, max(note::occurred_at)));
        let agreed = consent::table.filter(consent::case_id.eq_any(cases.clone())).group_by(consent::case_id).select((
            consent::case_id,
            max(consent::created_at),
            max(consent::ended_at),
        ));
        let agreed: Vec<(CaseId, Option<Timestamp>, Option<Timestamp>)> = agreed.load(tx.conn)?;
        let withheld = concern_event::table
            .filter(concern_event::case_id.eq_any(cases.clone()))
            .filter(concern_event::status.eq(ConcernStatus::NotShared))
            .group_by(concern_event::case_id)
            .select((concern_event::case_id, max(concern_event::created_at)));
        let legal = legal_request::table
            .filter(legal_request::case_id.eq_any(cases.clone()))
            .group_by(legal_request::case_id)
            .select((legal_request::case_id, max(legal_request::created_at)));
        let asked = subject_access_part::table
            .inner_join(subject_access_request::table.on(subject_access_request::id.eq(subject_access_part::sar_id)))
            .filter(subject_access_part::case_id.eq_any(cases.clone()))
            .group_by(subject_access_part::case_id)
            .select((subject_access_part::case_id, max(subject_access_request::ended_at)));
        let sent = disclosure::table.filter(disclosure::case_id.eq_any(cases)).group_by((disclosure::case_id, disclosure::basis)).select((
            disclosure::case_id,
            disclosure::basis,
            max(disclosure::decided_at),
        ));
        let sent: Vec<(CaseId, Basis, Option<Timestamp>)> = sent.load(tx.conn)?;
        let on = |wanted: Basis| sent.iter().filter(move |(_, basis, _)| *basis == wanted).map(|(case, _, at)| (*case, *at));
        let withheld: Vec<(CaseId, Option<Timestamp>)> = withheld.load(tx.conn)?;
        let agreed = agreed.into_iter().flat_map(|(case, recorded, ended)| [(case, recorded), (case, ended)]);
        Ok(Self {
            notes: last(notes.load::<(CaseId, Option<Timestamp>)>(tx.conn)?),
            risks: last(withheld.into_iter().chain(on(Basis::Safeguarding))),
            relied: last(agreed.chain(on(Basis::Permission))),
            legal: last(legal.load::<(CaseId, Option<Timestamp>)>(tx.conn)?),
            asked: last(asked.load::<(CaseId, Option<Timestamp>)>(tx.conn)?),
        })
    }
}

/// The facts of these cases, each with its participants.
fn facts(tx: &mut Tx<'_>, cases: &[(&Row, &[Participant])]) -> Result<Vec<RetentionFacts>> {
    let people: BTreeMap<CaseId, BTreeSet<PersonId>> =
        cases.iter().map(|(row, parts)| (row.id, parts.iter().map(|part| part.person_id).collect())).collect();
    let known = people::known_in_each(tx, &people)?;
    let counted = Counted::among(tx, people.into_values().flatten())?;
    let happened = Happened::in_each(tx, &cases.iter().map(|(row, _)| row.id).collect::<Vec<_>>())?;
    let nobody = BTreeMap::new();
    Ok(cases.iter().map(|(row, parts)| fact(row, parts, known.get(&row.id).unwrap_or(&nobody), &counted, &happened)).collect())
}

fn fact(row: &Row, parts: &[Participant], known: &BTreeMap<PersonId, Known>, counted: &Counted, happened: &Happened) -> RetentionFacts {
    let served_by_others = |person: PersonId| {
        let serves = |part: &&Participant| part.update.content.role == ParticipantRole::ServiceUser;
        parts.iter().filter(serves).any(|part| !counted.same(part.person_id, person))
    };
    let subjects = parts.iter().filter_map(|part| {
        let content = &part.update.content;
        let person = &known.get(&part.person_id)?.content;
        let is_young = !matches!(person.kind, PersonKind::ParentCarer | PersonKind::Professional);
        (is_young && is_subject(content.role, content.relation)).then_some(SubjectFact {
            kind: person.kind,
            date_of_birth: person.date_of_birth,
            looked_after: person.ever_looked_after == Some(true),
            own_case: content.served_separately || !served_by_others(part.person_id),
        })
    });
    let day = |last: &Last| last.get(&row.id).map(|at| at.day());
    RetentionFacts {
        level: row.intervention_level,
        provision: row.sen_provision,
        opened_on: row.opened_at.day(),
        closed_on: row.closed_at.map(Timestamp::day),
        // A note of what was long ago takes nothing away.
        last_contact_on: happened.notes.get(&row.id).map_or(row.opened_at, |last| (*last).max(row.opened_at)).day(),
        subjects: subjects.collect(),
        identified: known.values().any(|known| !known.content.pseudonymous && known.content.kind != PersonKind::Anonymous),
        risk_on: day(&happened.risks),
        relied_on: day(&happened.relied),
        legal_on: day(&happened.legal),
        sar_on: day(&happened.asked),
    }
}

/// How long these cases are kept, each with its participants, and by what; whether a hold does, as far as the caller may know of it.
fn kept(tx: &mut Tx<'_>, scope: Scope, cases: &[(&Row, &[Participant])], keep: Keep<'_>) -> Result<Vec<(RetentionFacts, Retention)>> {
    let ids: Vec<CaseId> = cases.iter().map(|(row, _)| row.id).collect();
    let held = retention_holds::standing(tx, &ids, Some(scope))?;
    let facts = facts(tx, cases)?;
    let kept = |(id, facts): (&CaseId, RetentionFacts)| {
        let retention = Retention { held: held.contains(id), ..keep(&facts) };
        (facts, retention)
    };
    Ok(ids.iter().zip(facts).map(kept).collect())
}

/// The same of cases whose participants were not read.
fn kept_of(tx: &mut Tx<'_>, scope: Scope, rows: &[Row], keep: Keep<'_>) -> Result<Vec<(RetentionFacts, Retention)>> {
    let participants = participants::of_each(tx, rows.iter().map(|row| row.id).collect())?;
    let cases: Vec<(&Row, &[Participant])> =
        rows.iter().map(|row| (row, participants.get(&row.id).map_or(&[][..], Vec::as_slice))).collect();
    kept(tx, scope, &cases, keep)
}

/// How long the only one of these is kept.
fn only(kept: Vec<(RetentionFacts, Retention)>) -> Result<Retention> {
    kept.into_iter().next().map(|(_, retention)| retention).ok_or(Error::Corrupt("case"))
}

/// How long a case with these participants is kept.
pub(super) fn of(tx: &mut Tx<'_>, scope: Scope, row: &Row, participants: &[Participant], keep: Keep<'_>) -> Result<Retention> {
    only(kept(tx, scope, &[(row, participants)], keep)?)
}

/// How long a case in scope is kept.
pub fn retention(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId, keep: Keep<'_>) -> Result<Retention> {
    let row = row(tx, permit, id)?;
    only(kept_of(tx, permit.scope(), &[row], keep)?)
}

/// Closed cases in scope whose time is over, and those of which that cannot be told; the one that was closed first first.
pub fn reviews(
    tx: &mut Tx<'_>,
    permit: &Permit<act::RetentionReview>,
    is_due: impl Fn(NaiveDate) -> bool,
    keep: Keep<'_>,
    page: &PageRequest,
) -> Result<Page<RetentionReview>> {
    let mut query = case_file::table
        .filter(scope::visible(permit.scope()))
        .filter(case_file::status.eq(CaseStatus::Closed))
        .order((case_file::closed_at.asc(), case_file::id.asc()))
        .limit(LOOKED_THROUGH)
        .into_boxed();
    if let Some(after) = page.after {
        let (id, at) = (CaseId(after.id), Timestamp::from_micros(after.key).ok_or(Error::Corrupt("place in a list"))?);
        query = query.filter(case_file::closed_at.gt(at).or(case_file::closed_at.eq(at).and(case_file::id.gt(id))));
    }
    let rows: Vec<Row> = query.load(tx.conn)?;
    let kept = kept_of(tx, permit.scope(), &rows, keep)?;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let mut more = i64::try_from(rows.len()).is_ok_and(|count| count == LOOKED_THROUGH);
    let (mut items, mut seen) = (Vec::new(), None);
    for (row, (_, retention)) in rows.into_iter().zip(kept) {
        let closed_at = row.closed_at.ok_or(Error::Corrupt("case"))?;
        if retention.review_on.is_none_or(&is_due) {
            if items.len() == limit {
                more = true;
                break;
            }
            items.push(RetentionReview { case_id: row.id, reference: row.reference, closed_at, retention });
        }
        seen = Some(After { key: closed_at.micros(), id: row.id.0 });
    }
    tx.shows(items.iter().map(|item| item.case_id));
    Ok(Page { items, next: seen.filter(|_| more), total: None })
}

/// How these cases, all in scope, stand towards their disposal, in this order. Until the transaction ends nothing is changed in them.
pub fn standing(tx: &mut Tx<'_>, permit: &Permit<impl Act>, ids: &[CaseId], keep: Keep<'_>) -> Result<Vec<Standing>> {
    for id in ids {
        require(tx, permit, *id)?;
    }
    let found: Vec<Row> = case_file::table.filter(case_file::id.eq_any(ids.to_vec())).load(tx.conn)?;
    let mut found: HashMap<CaseId, Row> = found.into_iter().map(|row| (row.id, row)).collect();
    let rows: Vec<Row> = ids.iter().filter_map(|id| found.remove(id)).collect();
    let kept = kept_of(tx, permit.scope(), &rows, keep)?;
    let mut unknown = retention_holds::standing(tx, ids, None)?;
    unknown.retain(|id| !rows.iter().zip(&kept).any(|(row, (_, retention))| row.id == *id && retention.held));
    let unknown: Vec<CaseId> = unknown.into_iter().collect();
    if !unknown.is_empty() && !retention_holds::standing(tx, &unknown, Some(permit.scope().with_reason()))?.is_empty() {
        return Err(Error::AccessReasonRequired);
    }
    let requests: Vec<CaseId> = legal_request::table
        .filter(legal_request::case_id.eq_any(ids.to_vec()))
        .filter(legal_request::status.ne(LegalRequestStatus::Closed))
        .select(legal_request::case_id)
        .load(tx.conn)?;
    let concerns: Vec<CaseId> = safeguarding_concern::table
        .filter(safeguarding_concern::case_id.eq_any(ids.to_vec()))
        .filter(safeguarding_concern::status.ne(ConcernStatus::Reviewed))
        .select(safeguarding_concern::case_id)
        .load(tx.conn)?;
    let standing = |(row, (facts, retention)): (&Row, (RetentionFacts, Retention))| Standing {
        closed: row.status == CaseStatus::Closed,
        undecided: requests.contains(&row.id) || concerns.contains(&row.id),
        risk: facts.risk_on.is_some(),
        retention,
        held_unknown: unknown.contains(&row.id),
    };
    Ok(rows.iter().zip(kept).map(standing).collect())
}
