//! How many cases one may open in an hour (C10). Somebody who reads through the files of many families is stopped, and the operator is told.
//!
//! It is kept in memory, by each copy of the service for itself. Who it was tells the access log, in which the refusal stands like any other.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Error, Result};
use crate::domain::ids::{CaseId, StaffId};

const HOUR: Duration = Duration::from_hours(1);

/// The cases that each member of staff opened within the hour, and when they first did.
#[derive(Debug, Default)]
pub(super) struct Reading {
    most: Option<NonZeroU32>,
    opened: Mutex<HashMap<StaffId, HashMap<CaseId, Instant>>>,
}

impl Reading {
    /// Nobody has opened any. None is no limit.
    pub(super) fn at_most(most: Option<NonZeroU32>) -> Self {
        Self { most, ..Self::default() }
    }

    /// This member of staff opens these cases now. Those they have open already cost nothing.
    pub(super) fn open(&self, reader: StaffId, cases: &BTreeSet<CaseId>, now: Instant) -> Result<()> {
        let Some(most) = self.most else { return Ok(()) };
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = opened.entry(reader).or_default();
        theirs.retain(|_, at| now.duration_since(*at) < HOUR);
        let more = cases.iter().filter(|case| !theirs.contains_key(case)).count();
        if more > 0 && theirs.len().saturating_add(more) > usize::try_from(most.get()).unwrap_or(usize::MAX) {
            // Once the oldest is an hour ago there is room for one.
            let left = theirs.values().min().map_or(HOUR, |oldest| HOUR.saturating_sub(now.duration_since(*oldest)));
            tracing::warn!("a member of staff opens more cases than are allowed in an hour; the access log tells who");
            return Err(Error::TooManyCases {
                most: most.get(),
                wait: u32::try_from(left.as_secs()).unwrap_or(u32::MAX).saturating_add(1),
            });
        }
        for case in cases {
            theirs.entry(*case).or_insert(now);
        }
        Ok(())
    }

    /// Forgets what is more than an hour ago.
    pub(super) fn forget(&self, now: Instant) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|_, theirs| {
            theirs.retain(|_, at| now.duration_since(*at) < HOUR);
            !theirs.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> BTreeSet<CaseId> {
        BTreeSet::from([CaseId::mint()])
    }

    #[test]
    fn a_case_counts_once_for_an_hour() {
        let (reading, adviser, start) = (Reading::at_most(NonZeroU32::new(2)), StaffId::mint(), Instant::now());
        let after = |minutes: u64| start + Duration::from_mins(minutes);
        let (first, second, third) = (one(), one(), one());
        reading.open(adviser, &first, start).unwrap();
        reading.open(adviser, &second, after(20)).unwrap();
        for _ in 0..3 {
            reading.open(adviser, &first, after(30)).unwrap();
        }
        let refused = reading.open(adviser, &third, after(30));
        assert!(matches!(refused, Err(Error::TooManyCases { most: 2, wait: 1801 })), "{refused:?}");
        // Another member of staff has an hour of their own, and what was refused cost nothing.
        reading.open(StaffId::mint(), &third, after(30)).unwrap();
        reading.open(adviser, &third, after(60)).unwrap();
        assert!(reading.open(adviser, &first, after(60)).is_err(), "that it was read again gave it no second hour");
        // Of several at once, all or none.
        assert!(reading.open(adviser, &one().into_iter().chain(one()).collect(), after(81)).is_err());
        reading.open(adviser, &one(), after(81)).unwrap();
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let (reading, start) = (Reading::at_most(NonZeroU32::new(2)), Instant::now());
        reading.open(StaffId::mint(), &one(), start).unwrap();
        reading.forget(start + Duration::from_mins(59));
        assert_eq!(reading.opened.lock().unwrap().len(), 1);
        reading.forget(start + HOUR);
        assert_eq!(reading.opened.lock().unwrap().len(), 0);
    }

    #[test]
    fn without_a_limit_nothing_is_kept() {
        let reading = Reading::at_most(None);
        reading.open(StaffId::mint(), &one(), Instant::now()).unwrap();
        assert!(reading.opened.lock().unwrap().is_empty());
    }
}
