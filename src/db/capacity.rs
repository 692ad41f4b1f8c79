//! Competence and capacity records. They are append-only, and sealed as a whole under the key of the person.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};

use super::conn::Engine;
use super::counted::Counted;
use super::error::Result;
use super::schema::{capacity_record, case_file};
use super::sealed::{Cell, Owner};
use super::staff::{self, Names};
use super::stored::Day;
use super::tx::Tx;
use super::{guard, newest, participants, people, scope};
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::capacity::{CapacityRecord, NewCapacityRecord};
use crate::domain::disclosure::CapacityFact;
use crate::domain::ids::{CapacityRecordId, CaseId, PersonId, StaffId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{CapacityOutcome, DecisionKind};

#[derive(Queryable, Insertable)]
#[diesel(table_name = capacity_record, treat_none_as_default_value = false)]
struct Row {
    id: CapacityRecordId,
    person_id: PersonId,
    decision_kind: DecisionKind,
    outcome: CapacityOutcome,
    assessed_on: Day,
    review_on: Option<Day>,
    case_id: Option<CaseId>,
    sealed: Vec<u8>,
    created_at: Timestamp,
    recorded_by: StaffId,
}

fn cell(id: CapacityRecordId, person: PersonId) -> Cell {
    Cell::of("capacity_record", id.0, Owner::Person(person))
}

impl Row {
    fn open(&self, tx: &mut Tx<'_>) -> Result<NewCapacityRecord> {
        tx.open(cell(self.id, self.person_id), &self.sealed)
    }

    fn view(self, tx: &mut Tx<'_>, names: &Names) -> Result<CapacityRecord> {
        Ok(CapacityRecord {
            content: self.open(tx)?,
            id: self.id,
            person_id: self.person_id,
            created_at: self.created_at,
            recorded_by: names.get(self.recorded_by),
        })
    }
}

/// A condition on a record.
type OnRecord = Box<dyn BoxableExpression<capacity_record::table, Engine, SqlType = Nullable<Bool>>>;

/// Whether a record is in scope: one that was made in confidence, in a case of the person's own, is for those who see that case (C1).
fn visible(scope: Scope) -> OnRecord {
    Box::new(capacity_record::case_id.is_null().or(capacity_record::case_id.eq_any(scope::cases(scope).select(case_file::id.nullable()))))
}

/// The records of a person in scope, and of whoever in scope is one with them, newest first.
pub fn list(tx: &mut Tx<'_>, permit: &Permit<act::CapacityRead>, person: PersonId, page: &PageRequest) -> Result<Page<CapacityRecord>> {
    people::require(tx, permit, person)?;
    let theirs = capacity_record::person_id.eq_any(people::ones_in_sight(tx, permit.scope(), person)?);
    let seen = capacity_record::table.filter(theirs).filter(visible(permit.scope())).into_boxed();
    let rows = newest(tx.conn, seen, capacity_record::id, page, None, |row: &Row| row.id)?;
    tx.fetch_keys(rows.items.iter().map(|row| Owner::Person(row.person_id)))?;
    let names = staff::names(tx, rows.items.iter().map(|row| row.recorded_by))?;
    let items = rows.items.into_iter().map(|row| row.view(tx, &names)).collect::<Result<_>>()?;
    Ok(Page { items, next: rows.next, total: rows.total })
}

/// One record of a person in scope.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CapacityRecordId) -> Result<CapacityRecord> {
    let row: Row = capacity_record::table.find(id).filter(visible(permit.scope())).first(tx.conn)?;
    people::require(tx, permit, row.person_id)?;
    if let Some(case) = row.case_id {
        tx.stays_in(case);
    }
    let names = staff::names(tx, [row.recorded_by])?;
    row.view(tx, &names)
}

/// Records an assessment of a person in scope. It takes their guard, because it may move a decision (R16).
pub fn insert(
    tx: &mut Tx<'_>,
    permit: &Permit<act::CapacityRecord>,
    person: PersonId,
    content: &NewCapacityRecord,
    now: Timestamp,
) -> Result<CapacityRecordId> {
    people::require_visible(tx, permit, &[person])?;
    guard::take(tx, [person])?;
    let id = CapacityRecordId::mint();
    let row = Row {
        id,
        person_id: person,
        decision_kind: content.decision_kind,
        outcome: content.outcome,
        assessed_on: Day(content.assessed_on),
        review_on: content.review_on.map(Day),
        case_id: people::own_case(tx, permit.scope(), person)?,
        sealed: tx.seal(cell(id, person), content)?,
        created_at: now,
        recorded_by: permit.staff(),
    };
    diesel::insert_into(capacity_record::table).values(row).execute(tx.conn)?;
    Ok(id)
}

/// The records of the same kind of decision, of this person or whoever is one with them, that this one comes after; of one side of a family only.
pub fn earlier(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, id: CapacityRecordId) -> Result<Vec<CapacityRecordId>> {
    let row: Row = capacity_record::table.find(id).first(tx.conn)?;
    let ones = Counted::among(tx, [row.person_id])?.everybody();
    let all = capacity_record::table.filter(capacity_record::person_id.eq_any(ones)).filter(capacity_record::id.lt(id));
    let alike = all.filter(capacity_record::decision_kind.eq(row.decision_kind)).select((capacity_record::id, capacity_record::case_id));
    let rows: Vec<(CapacityRecordId, Option<CaseId>)> = alike.load(tx.conn)?;
    Ok(rows.into_iter().filter(|(_, case)| *case == row.case_id).map(|(id, _)| id).collect())
}

/// The case whose staff look at a record again: that of the person's own in which it was made, or else the newest in scope in which they take part.
pub fn case_of(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CapacityRecordId) -> Result<Option<CaseId>> {
    let (person, own): (PersonId, Option<CaseId>) =
        capacity_record::table.find(id).select((capacity_record::person_id, capacity_record::case_id)).first(tx.conn)?;
    if own.is_some() {
        return Ok(own);
    }
    let ones: Vec<PersonId> = Counted::among(tx, [person])?.everybody().into_iter().collect();
    let cases = participants::cases_of(tx, &ones)?;
    Ok(scope::among(tx, permit.scope(), cases)?.into_iter().max())
}

/// What was assessed, and in which case of the person's own.
pub(super) type Assessed = Vec<(Option<CaseId>, CapacityFact)>;

/// What a decision of this kind looks at of each of these people: the records about it, as they were sealed, and the case of the person's own to which
/// each belongs.
pub(super) fn facts(tx: &mut Tx<'_>, people: &BTreeSet<PersonId>, kind: DecisionKind) -> Result<HashMap<PersonId, Assessed>> {
    let all = capacity_record::table.filter(capacity_record::person_id.eq_any(people.clone()));
    let rows: Vec<Row> = all.order(capacity_record::id.asc()).load(tx.conn)?;
    let mut facts: HashMap<PersonId, Assessed> = HashMap::new();
    for row in rows {
        let content = row.open(tx)?;
        if content.decision_kind == kind {
            let fact = CapacityFact { outcome: content.outcome, assessed_on: content.assessed_on, recorded_at: row.created_at };
            facts.entry(row.person_id).or_default().push((row.case_id, fact));
        }
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authz::Caller;
    use crate::db::error::Error;
    use crate::db::schema::decision_guard;
    use crate::db::testing::{Scratch, first, holds, now, permit};
    use crate::domain::person::PersonContent;

    fn assessed(kind: &str, outcome: &str, on: &str) -> NewCapacityRecord {
        let all = outcome == "can_decide";
        serde_json::from_value(serde_json::json!({
            "decisionKind": kind, "understands": true, "retains": true, "weighs": all, "communicates": true, "outcome": outcome,
            "assessedOn": on, "reasons": "Told it back in own words.", "reviewOn": "2027-01-10"
        }))
        .unwrap()
    }

    impl Scratch {
        fn somebody(&self, by: &Caller) -> PersonId {
            let leave = permit::<act::PersonCreate>(by);
            let content: PersonContent = serde_json::from_str(r#"{"kind":"young_person","pseudonymous":true}"#).unwrap();
            self.write(move |tx| people::insert(tx, &leave, content, Vec::new(), now())).unwrap()
        }

        fn assess(&self, by: &Caller, person: PersonId, new: NewCapacityRecord) -> Result<CapacityRecordId> {
            let leave = permit::<act::CapacityRecord>(by);
            self.write(move |tx| insert(tx, &leave, person, &new, now()))
        }
    }

    #[test]
    fn records_are_sealed_listed_newest_first_and_never_changed() {
        let scratch = Scratch::new();
        let jo = scratch.adviser("Jo Ashdown");
        let person = scratch.somebody(&jo);
        let news = [
            assessed("share_information", "cannot_decide", "2026-09-01"),
            assessed("own_case", "can_decide", "2026-09-02"),
            assessed("share_information", "can_decide", "2026-09-03"),
        ];
        let ids = news.clone().map(|new| scratch.assess(&jo, person, new).unwrap());
        let leave = permit::<act::CapacityRead>(&jo);
        let listed = scratch.read(move |tx| list(tx, &leave, person, &first(2))).unwrap();
        let shown: Vec<_> = listed.items.iter().map(|record| (record.id, record.content.clone())).collect();
        assert_eq!(shown, [(ids[2], news[2].clone()), (ids[1], news[1].clone())]);
        assert!(listed.next.is_some());
        assert!(!holds(&scratch.bytes(), "own words"));
        let change = diesel::update(capacity_record::table).set(capacity_record::outcome.eq(CapacityOutcome::CanDecide));
        assert!(scratch.write(move |tx| Ok(change.execute(tx.conn)?)).is_err());
        assert!(scratch.write(move |tx| Ok(diesel::delete(capacity_record::table).execute(tx.conn)?)).is_err());
    }

    #[test]
    fn a_decision_sees_only_the_records_about_its_kind() {
        let scratch = Scratch::new();
        let jo = scratch.adviser("Jo Ashdown");
        let person = scratch.somebody(&jo);
        scratch.assess(&jo, person, assessed("own_case", "can_decide", "2026-09-02")).unwrap();
        scratch.assess(&jo, person, assessed("share_information", "cannot_decide", "2026-09-03")).unwrap();
        let seen: Vec<_> = scratch.read(move |tx| facts(tx, &BTreeSet::from([person]), DecisionKind::ShareInformation)).unwrap()[&person]
            .iter()
            .map(|(_, fact)| *fact)
            .collect();
        let assessed_on = "2026-09-03".parse().unwrap();
        assert_eq!(seen, [CapacityFact { outcome: CapacityOutcome::CannotDecide, assessed_on, recorded_at: now() }]);
    }

    #[test]
    fn an_assessment_takes_the_guard_of_the_person() {
        let scratch = Scratch::new();
        let jo = scratch.adviser("Jo Ashdown");
        let person = scratch.somebody(&jo);
        scratch.assess(&jo, person, assessed("own_case", "can_decide", "2026-09-02")).unwrap();
        let version =
            scratch.read(move |tx| Ok(decision_guard::table.find(person).select(decision_guard::version).first::<i32>(tx.conn)?));
        assert_eq!(version.unwrap(), 2);
    }

    #[test]
    fn records_of_somebody_out_of_scope_are_not_there() {
        let scratch = Scratch::new();
        let (jo, kim) = (scratch.adviser("Jo Ashdown"), scratch.adviser("Kim Birch"));
        let person = scratch.somebody(&jo);
        let id = scratch.assess(&jo, person, assessed("own_case", "can_decide", "2026-09-02")).unwrap();
        let case = scratch.bare_case(&jo, true);
        scratch.subject(&jo, case, person);
        let leave = permit::<act::CapacityRead>(&kim);
        assert!(matches!(scratch.read(move |tx| list(tx, &leave, person, &first(2))), Err(Error::NotFound)));
        let leave = permit::<act::CapacityRead>(&kim);
        assert!(matches!(scratch.read(move |tx| find(tx, &leave, id)), Err(Error::NotFound)));
        let again = scratch.assess(&kim, person, assessed("own_case", "can_decide", "2026-09-02"));
        assert!(matches!(again, Err(Error::NotFound)));
    }
}
