//! The timeline of a case: everything that happened in it, newest first, read where it is on record. Each kind of record gives as many rows as
//! a page may have, and those are put in one order, so that the number of queries is the same whatever there is.

use std::cmp::Ordering;

use diesel::prelude::*;

use super::error::{Error, Result};
use super::schema::{
    case_event, concern_event, consent, disclosure, information_request, note, participant, referral, safeguarding_concern,
};
use super::tx::Tx;
use super::{cases, notes, staff};
use crate::authz::{Permit, act};
use crate::domain::ids::{
    AnnotationId, CaseEventId, CaseId, ConcernId, ConsentId, DisclosureId, Identifier, InformationRequestId, NoteId, ParticipantId,
    ReferralId, StaffId,
};
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::time::Timestamp;
use crate::domain::timeline::TimelineEntry;
use crate::domain::vocabulary::{ConcernStatus, ConsentDecision, InterventionLevel, TimelineKind};

/// More than there are kinds of record: at one instant, those of a higher rank come first.
const RANKS: i64 = 16;

/// Where an entry stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    at: i64,
    rank: i64,
    id: uuid::Uuid,
}

impl Place {
    fn of(after: After) -> Self {
        Self { at: after.key.div_euclid(RANKS), rank: after.key.rem_euclid(RANKS), id: after.id }
    }

    fn after(self) -> After {
        After { key: self.at * RANKS + self.rank, id: self.id }
    }
}

/// An entry as it is on record.
struct Found {
    place: Place,
    at: Timestamp,
    kind: TimelineKind,
    by: Option<StaffId>,
    /// The record that tells it.
    record: uuid::Uuid,
    level: Option<InterventionLevel>,
}

fn found(at: Timestamp, rank: i64, id: uuid::Uuid, by: Option<StaffId>, kind: TimelineKind) -> Found {
    Found { place: Place { at: at.micros(), rank, id }, at, kind, by, record: id, level: None }
}

/// What was done to a case or to a part in it: of which kind, to which level, and to whose part.
type Step = (TimelineKind, Option<InterventionLevel>, Option<ParticipantId>);

/// The rows of one kind of record that come next: `at`, `id` and who are columns of it, `more` decides of which kind the entry is. With what `more`
/// is of each.
macro_rules! rows {
    ($tx:ident, $page:ident, $rank:literal, $rows:expr, $at:expr, $id:expr => $Id:ident, $by:expr => $By:ty, $more:expr => $More:ty, $kind:expr) => {{
        let mut query = $rows.select(($at, $id, $by, $more)).into_boxed();
        if let Some(place) = $page.after.map(Place::of) {
            let (at, id) = (Timestamp::from_micros(place.at).ok_or(Error::Corrupt("place in a list"))?, $Id(place.id));
            query = match place.rank.cmp(&$rank) {
                Ordering::Less => query.filter($at.lt(at)),
                Ordering::Equal => query.filter($at.lt(at).or($at.eq(at).and($id.lt(id)))),
                Ordering::Greater => query.filter($at.le(at)),
            };
        }
        let query = query.order(($at.desc(), $id.desc())).limit(i64::from($page.limit) + 1);
        let rows: Vec<(Timestamp, $Id, $By, $More)> = query.load($tx.conn)?;
        rows.into_iter().map(|(at, id, by, more)| (found(at, $rank, id.uuid(), by.into(), $kind(more)), more))
    }};
}

/// The same, of records that tell no more than that.
macro_rules! next {
    ($($all:tt)*) => { rows!($($all)*).map(|(entry, _)| entry) };
}

/// What happened in a case in scope, newest first. Restricted notes, and the markers they leave, are there for those only who may read them.
pub fn list(tx: &mut Tx<'_>, permit: &Permit<act::CaseRead>, case: CaseId, page: &PageRequest) -> Result<Page<TimelineEntry>> {
    cases::require(tx, permit, case)?;
    let mut all: Vec<Found> = Vec::new();
    let events = case_event::table.filter(case_event::case_id.eq(case));
    let steps = rows!(tx, page, 0, events, case_event::created_at, case_event::id => CaseEventId, case_event::recorded_by => StaffId,
        (case_event::kind, case_event::intervention_level, case_event::participant_id) => Step, |(kind, ..): Step| kind);
    all.extend(steps.map(|(entry, (_, level, part))| Found { level, record: part.map_or(case.uuid(), Identifier::uuid), ..entry }));
    let parts = participant::table.filter(participant::case_id.eq(case));
    all.extend(next!(tx, page, 1, parts, participant::created_at, participant::id => ParticipantId, participant::recorded_by => StaffId,
        participant::version => i32, |_| TimelineKind::ParticipantAdded));
    let written = note::table.filter(note::case_id.eq(case)).filter(note::moved_from_id.is_null()).filter(notes::visible(permit.scope()));
    all.extend(next!(tx, page, 2, written, note::recorded_at, note::id => NoteId, note::recorded_by => StaffId,
        note::supersedes_note_id => Option<NoteId>, |of: Option<NoteId>| if of.is_some() { TimelineKind::NoteCorrected } else { TimelineKind::NoteWritten }));
    let arrived =
        note::table.filter(note::case_id.eq(case)).filter(note::moved_from_id.is_not_null()).filter(notes::visible(permit.scope()));
    all.extend(next!(tx, page, 3, arrived, note::moved_at.assume_not_null(), note::id => NoteId, note::moved_by => Option<StaffId>,
        note::supersedes_note_id => Option<NoteId>, |_| TimelineKind::NoteReceived));
    let left = notes::left(tx, permit, case)?.into_iter();
    all.extend(left.map(|(id, at, by)| found(at, 4, id.uuid(), Some(by), TimelineKind::NoteRelocated)));
    let agreed = consent::table.filter(consent::case_id.eq(case));
    all.extend(next!(tx, page, 5, agreed, consent::created_at, consent::id => ConsentId, consent::recorded_by => StaffId,
    consent::decision => ConsentDecision, |decision: ConsentDecision| match decision {
        ConsentDecision::Given => TimelineKind::ConsentGiven,
        ConsentDecision::Refused => TimelineKind::ConsentRefused,
    }));
    let ended = consent::table.filter(consent::case_id.eq(case)).filter(consent::ended_at.is_not_null());
    let ended = next!(tx, page, 6, ended, consent::ended_at.assume_not_null(), consent::id => ConsentId, consent::recorded_by => StaffId,
        consent::version => i32, |_| TimelineKind::ConsentEnded);
    // Whoever recorded it need not be who ended it: the record itself tells.
    all.extend(ended.map(|entry| Found { by: None, ..entry }));
    let passed_on = disclosure::table.filter(disclosure::case_id.eq(case));
    all.extend(next!(tx, page, 7, passed_on, disclosure::decided_at, disclosure::id => DisclosureId, disclosure::decided_by => StaffId,
        disclosure::case_id => CaseId, |_| TimelineKind::DisclosureMade));
    let concerns = safeguarding_concern::table.filter(safeguarding_concern::case_id.eq(case));
    all.extend(next!(tx, page, 8, concerns, safeguarding_concern::created_at, safeguarding_concern::id => ConcernId,
        safeguarding_concern::recorded_by => StaffId, safeguarding_concern::version => i32, |_| TimelineKind::ConcernRaised));
    // That a risk was passed on is told of what was passed on.
    let decided = concern_event::table.filter(concern_event::case_id.eq(case));
    let decided = decided.filter(concern_event::status.eq_any([ConcernStatus::NotShared, ConcernStatus::Reviewed]));
    all.extend(next!(tx, page, 11, decided, concern_event::created_at, concern_event::id => AnnotationId,
    concern_event::recorded_by => StaffId, concern_event::status => Option<ConcernStatus>, |status: Option<ConcernStatus>| match status {
        Some(ConcernStatus::Reviewed) => TimelineKind::ConcernReviewed,
        _ => TimelineKind::ConcernDecided,
    }));
    let referrals = referral::table.filter(referral::case_id.eq(case)).filter(referral::moved_at.is_null());
    all.extend(next!(tx, page, 9, referrals, referral::decided_at.assume_not_null(), referral::id => ReferralId,
        referral::decided_by => Option<StaffId>, referral::version => i32, |_| TimelineKind::ReferralAccepted));
    let received = referral::table.filter(referral::case_id.eq(case)).filter(referral::moved_at.is_not_null());
    all.extend(next!(tx, page, 12, received, referral::moved_at.assume_not_null(), referral::id => ReferralId,
        referral::moved_by => Option<StaffId>, referral::version => i32, |_| TimelineKind::ReferralReceived));
    let requests = information_request::table.filter(information_request::case_id.eq(case));
    all.extend(next!(tx, page, 10, requests, information_request::created_at, information_request::id => InformationRequestId,
        information_request::recorded_by => StaffId, information_request::version => i32, |_| TimelineKind::InformationRequested));
    all.retain(|entry| page.after.is_none_or(|after| entry.place < Place::of(after)));
    all.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.place));
    let page = Page::cut(all, page, |entry| entry.place.after(), None);
    let names = staff::names(tx, page.items.iter().filter_map(|entry| entry.by))?;
    Ok(page.map(|entry| TimelineEntry {
        kind: entry.kind,
        at: entry.at,
        by: entry.by.map(|by| names.get(by)),
        record_id: entry.record,
        intervention_level: entry.level,
    }))
}
