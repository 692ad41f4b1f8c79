//! Safeguarding concerns: recorded by any adviser at any hour, decided by a manager, reviewed by a second (C17, section (d)).

use super::{App, Error, Result, allowed, expect_version};
use crate::authz::{Act, Action, Caller, Permit, act};
use crate::db::concerns::{self, Withheld};
use crate::db::tasks::NewTask;
use crate::db::{Tx, cases, disclosures, ledger, participants, people, staff, tasks};
use crate::domain::concern::{
    Concern, ConcernAnnotation, ConcernContent, ConcernDecision, ConcernFilter, ConcernGrounds, ConcernStanding, ConcernSummary,
    NewConcernAnnotation, NewConcernOutcome, RiskGrounds,
};
use crate::domain::disclosure::RefusalRule;
use crate::domain::fault::{Fault, Remark};
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, ConcernId, DisclosureId, EntryId, PersonId, StaffId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{
    Basis, ConcernAnnotationKind, ConcernOutcome, ConcernStatus, DisclosureLogKind, Purpose, ReviewFinding, Role, TaskKind, ToldSubject,
};
use crate::ledger::DisclosureEntry;
use crate::policy::deadlines;
use crate::policy::safeguarding::{self, ReviewObjection};

/// Working days within which a recipient is told that something should not have been passed on.
const RECALL_DAYS: u32 = 5;

/// What may be done with a concern: it is annotated at any time, passed on at any time, decided once, and reviewed by a second person; not by one
/// of the staff whom it is about.
fn actions(caller: &Caller, concern: &Concern, standing: &ConcernStanding) -> Vec<Action> {
    let open =
        concern.status == ConcernStatus::Raised || safeguarding::objection_to_review(concern.status, standing, caller.staff).is_none();
    let about_them = concern.content.grounds.risk.about_staff_ids.contains(&caller.staff);
    let decides = (open && !about_them).then_some(Action::ConcernDecide);
    [Action::ConcernAnnotate, Action::DisclosureRecord].into_iter().chain(decides).collect()
}

fn view(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ConcernId) -> Result<Concern> {
    let (concern, standing) = concerns::find(tx, permit, id)?;
    let actions = actions(permit.caller(), &concern, &standing);
    let people = participants::people(tx, permit, concern.case_id)?;
    let remarks = remarks(tx, permit, &people, &concern.content.grounds, "#")?;
    Ok(Concern { remarks, allowed_actions: allowed(permit.caller(), &actions), ..concern })
}

/// The role in which somebody decides.
pub(super) fn role(caller: &Caller) -> Role {
    if caller.is(Role::ServiceManager) { Role::ServiceManager } else { Role::Adviser }
}

/// What is odd about what was told of a risk in the case of these people. Nothing of it refuses anything, whoever is on record, in sight, or takes
/// part (C17).
pub(super) fn remarks(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    there: &[PersonId],
    grounds: &ConcernGrounds,
    place: &str,
) -> Result<Vec<Remark>> {
    let RiskGrounds { at_risk_person_ids: at_risk, about_staff_ids: about, .. } = &grounds.risk;
    let (seen, known) = (people::in_sight(tx, permit, at_risk)?, staff::on_record(tx, permit, about)?);
    let strangers = at_risk.iter().enumerate().filter(|(_, person)| !seen.contains(person));
    let nobody = about.iter().enumerate().filter(|(_, member)| !known.contains(member));
    let absent = grounds.withhold_from_person_ids.iter().enumerate().filter(|(_, person)| !there.contains(person));
    let faults = strangers.map(|(i, _)| Fault::unknown(format!("{place}/atRiskPersonIds/{i}")));
    let faults = faults.chain(nobody.map(|(i, _)| Fault::unknown(format!("{place}/aboutStaffIds/{i}"))));
    let faults = faults.chain(absent.map(|(i, _)| Fault::not_participant(format!("#/withholdFromPersonIds/{i}"))));
    Ok(faults.map(Remark::from).collect())
}

/// Whether all who are said to be at risk are unknown: then nobody is.
pub(super) fn names_nobody(tx: &mut Tx<'_>, permit: &Permit<impl Act>, at_risk: &[PersonId]) -> Result<bool> {
    Ok(!at_risk.is_empty() && people::in_sight(tx, permit, at_risk)?.is_empty())
}

/// Whom an allegation is about does not open the case from now on; its tasks go to another manager thereby. Whoever reports themselves knows, and
/// is left to the manager.
pub(super) fn keep_away(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId, about_staff: &[StaffId], now: Timestamp) -> Result<()> {
    let known = staff::on_record(tx, permit, about_staff)?;
    let others: Vec<StaffId> = known.into_iter().filter(|member| *member != permit.staff()).collect();
    Ok(cases::keep_away(tx, permit, case, &others, now)?)
}

/// What is withheld from somebody is so for a while.
fn settled(mut grounds: ConcernGrounds, now: Timestamp) -> ConcernGrounds {
    if !grounds.withhold_from_person_ids.is_empty() {
        grounds.withhold_until_on = Some(safeguarding::withheld_until(grounds.withhold_until_on, now.day()));
    }
    grounds
}

/// A task about a concern, due the next working day.
fn task(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    concern: (ConcernId, CaseId),
    kind: TaskKind,
    not_by: Option<StaffId>,
    now: Timestamp,
) -> Result<()> {
    let due_on = deadlines::next_working_day(now.day());
    tasks::create(tx, permit, NewTask { not_by, ..NewTask::new(kind, concern.1, concern.0.0, due_on) }, now)?;
    Ok(())
}

impl App {
    /// Records a concern. Nothing of what anybody permitted or wished, and not how the case stands, is asked.
    pub async fn raise_concern(
        &self,
        permit: Permit<act::ConcernRaise>,
        case_id: CaseId,
        new: ConcernContent,
        request: Option<Idempotency>,
    ) -> Result<Created<Concern>> {
        let now = self.clock.now();
        let raise = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            cases::require(tx, permit, case_id)?;
            let content = ConcernContent { known_at: new.known_at.min(now), grounds: settled(new.grounds, now), ..new };
            let due_on = deadlines::next_working_day(now.day());
            let id = concerns::raise(tx, permit, case_id, &content, due_on, now)?;
            task(tx, permit, (id, case_id), TaskKind::SafeguardingDecision, None, now)?;
            keep_away(tx, permit, case_id, &content.grounds.risk.about_staff_ids, now)?;
            Ok(id)
        };
        self.once(permit, request, raise, view).await
    }

    /// Concerns of the cases in scope.
    pub async fn list_concerns(
        &self,
        permit: Permit<act::ConcernList>,
        filter: ConcernFilter,
        page: PageRequest,
    ) -> Result<Page<ConcernSummary>> {
        self.look(permit, move |tx, permit| Ok(concerns::list(tx, permit, &filter, &page)?)).await
    }

    /// One concern, with all that was decided, found and learnt of it.
    pub async fn read_concern(&self, permit: Permit<act::ConcernRead>, id: ConcernId) -> Result<Concern> {
        self.look(permit, move |tx, permit| view(tx, permit, id)).await
    }

    /// Links what was done or learnt later to a concern. What changes how its log entries read is logged with each of them.
    pub async fn annotate_concern(
        &self,
        permit: Permit<act::ConcernAnnotate>,
        id: ConcernId,
        new: NewConcernAnnotation,
        request: Option<Idempotency>,
    ) -> Result<Created<ConcernAnnotation>> {
        let now = self.clock.now();
        let annotate = move |tx: &mut Tx<'_>, permit: &Permit<act::ConcernAnnotate>| {
            let (concern, _) = concerns::find(tx, permit, id)?;
            cases::require(tx, permit, concern.case_id)?;
            let kind = match new.kind {
                ConcernAnnotationKind::SubjectTold => Some(DisclosureLogKind::SubjectNotified),
                ConcernAnnotationKind::FoundUnfounded | ConcernAnnotationKind::Correction => Some(DisclosureLogKind::DisclosureCorrected),
                ConcernAnnotationKind::ReasonRenewed | ConcernAnnotationKind::Information => None,
            };
            if let Some(kind) = kind {
                log_later(tx, permit, &concern, kind, now)?;
            }
            if new.kind == ConcernAnnotationKind::SubjectTold {
                for about in concern.disclosure_ids.iter().map(|disclosure| disclosure.0).chain([id.0]) {
                    tasks::settle(tx, permit, TaskKind::TellSubject, about, now)?;
                }
            }
            Ok(concerns::annotate(tx, permit, id, new, now)?)
        };
        self.once(permit, request, annotate, |tx, permit, id| Ok(concerns::annotation(tx, permit, id)?)).await
    }

    /// Decides not to share a concern, or reviews what was decided about it.
    pub async fn decide_concern(
        &self,
        permit: Permit<act::ConcernDecide>,
        id: ConcernId,
        version: i32,
        new: NewConcernOutcome,
        request: Option<Idempotency>,
    ) -> Result<Created<Concern>> {
        let now = self.clock.now();
        let decide = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let case = concerns::find(tx, permit, id)?.0.case_id;
            // Once more, with the case held: somebody else may have come first.
            cases::require(tx, permit, case)?;
            let (concern, standing) = concerns::find(tx, permit, id)?;
            expect_version(concern.version, version)?;
            if [&concern.content.grounds, &new.decision.grounds]
                .iter()
                .any(|grounds| grounds.risk.about_staff_ids.contains(&permit.staff()))
            {
                return Err(Error::conflicted("#"));
            }
            match (new.outcome, new.finding) {
                (Some(ConcernOutcome::NotShared), None) => withhold(tx, permit, &concern, new, now)?,
                (None, Some(finding)) => review(tx, permit, (&concern, &standing), finding, new, now)?,
                _ => return Err(Error::Rule(vec![Fault::contradicting("#/outcome")])),
            }
            Ok(id)
        };
        self.once(permit, request, decide, view).await
    }
}

/// An entry in the disclosure log for each that tells of this concern: of what was passed on, or else of the decision not to.
fn log_later(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ConcernAnnotate>,
    concern: &Concern,
    kind: DisclosureLogKind,
    now: Timestamp,
) -> Result<()> {
    let mut related: Vec<(Option<DisclosureId>, Option<EntryId>)> = Vec::new();
    for disclosure in &concern.disclosure_ids {
        related.push((Some(*disclosure), ledger::entry_id_of(tx, *disclosure)?));
    }
    if related.is_empty() {
        related.extend(concerns::entry_of_decision(tx, permit, concern.id)?.map(|entry| (None, Some(entry))));
    }
    for (disclosure, entry_id) in related {
        let mut entry = DisclosureEntry::new(EntryId::mint(), kind, permit.staff(), permit.caller().request);
        entry.related = entry_id;
        ledger::append(tx, permit, entry, concern.case_id, disclosure, now);
    }
    Ok(())
}

/// Decides not to share: with all that sharing would need, a reason, and an entry in the disclosure log.
fn withhold(tx: &mut Tx<'_>, permit: &Permit<act::ConcernDecide>, concern: &Concern, new: NewConcernOutcome, now: Timestamp) -> Result<()> {
    let NewConcernOutcome { reason, mut decision, .. } = new;
    decision.grounds = settled(decision.grounds, now);
    let mut content = concern.content.clone().decided(decision.clone());
    if names_nobody(tx, permit, &content.grounds.risk.at_risk_person_ids)? {
        content.grounds.risk.at_risk_person_ids.clear();
    }
    let missing = safeguarding::missing_to_withhold(&content);
    if !missing.is_empty() {
        return Err(Error::failing(missing));
    }
    if concern.status != ConcernStatus::Raised {
        return Err(Error::State { rule: None, allowed: vec![Action::ConcernAnnotate] });
    }
    let ConcernGrounds { risk, told_subject, .. } = content.grounds;
    let mut entry = DisclosureEntry::new(EntryId::mint(), DisclosureLogKind::DecidedNotToShare, permit.staff(), permit.caller().request);
    entry.decided_by = Some(permit.staff());
    entry.basis = Some(Basis::Safeguarding);
    entry.purpose = Some(Purpose::Safeguarding);
    entry.told = told_subject;
    entry.subjects = risk.at_risk_person_ids;
    entry.reason = Some(reason.clone());
    let review_due_on = deadlines::next_working_day(now.day());
    let withheld = Withheld { decision, reason, role: role(permit.caller()), entry: entry.id, review_due_on };
    ledger::append(tx, permit, entry, concern.case_id, None, now);
    concerns::withhold(tx, permit, concern, withheld, now)?;
    let about = (concern.id, concern.case_id);
    tasks::settle(tx, permit, TaskKind::SafeguardingDecision, concern.id.0, now)?;
    task(tx, permit, about, TaskKind::SafeguardingReview, Some(permit.staff()), now)?;
    if told_subject == Some(ToldSubject::Later) {
        task(tx, permit, about, TaskKind::TellSubject, None, now)?;
    }
    keep_away(tx, permit, concern.case_id, &risk.about_staff_ids, now)
}

/// Records what a second person found. What should not have been passed on is recalled, and the breach is assessed; what should have been passed on
/// is put to a manager again.
fn review(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ConcernDecide>,
    (concern, standing): (&Concern, &ConcernStanding),
    finding: ReviewFinding,
    new: NewConcernOutcome,
    now: Timestamp,
) -> Result<()> {
    if new.decision != ConcernDecision::default() {
        return Err(Error::Rule(vec![Fault::contradicting("#/finding")]));
    }
    match safeguarding::objection_to_review(concern.status, standing, permit.staff()) {
        None => {}
        Some(ReviewObjection::WrongState) => return Err(Error::State { rule: None, allowed: vec![Action::ConcernAnnotate] }),
        Some(ReviewObjection::PersonNotTold) => {
            return Err(Error::state(RefusalRule::PersonNotTold, "#/finding", &[Action::ConcernAnnotate]));
        }
        Some(ReviewObjection::OwnDecision) => return Err(Error::conflicted("#/finding")),
    }
    concerns::review(tx, permit, concern, (finding, new.reason), now)?;
    tasks::settle(tx, permit, TaskKind::SafeguardingReview, concern.id.0, now)?;
    let about = (concern.id, concern.case_id);
    match (finding, concern.status) {
        (ReviewFinding::NotJustified, ConcernStatus::NotShared) => task(tx, permit, about, TaskKind::SafeguardingDecision, None, now),
        (ReviewFinding::NotJustified, _) => {
            let due_on = deadlines::working_days_after(now.day(), RECALL_DAYS);
            for disclosure in disclosures::left(tx, permit, &concern.disclosure_ids)? {
                tasks::create_once(tx, permit, NewTask::new(TaskKind::RecallNotice, concern.case_id, disclosure.0, due_on), now)?;
            }
            task(tx, permit, about, TaskKind::BreachAssessment, None, now)
        }
        (ReviewFinding::Upheld | ReviewFinding::UpheldWithLearning, _) => Ok(()),
    }
}
