//! Instants and civil dates. Instants have milliseconds and are written in UTC; dates are civil dates in Europe/London.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, SubsecRound, TimeZone, Utc, Weekday};
use chrono_tz::Europe::London;

/// An instant, RFC 3339 in UTC with milliseconds: `2026-09-14T09:12:41.530Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime,
    pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]([.][0-9]{1,3})?Z$")]
pub struct Timestamp(DateTime<Utc>);

/// By how much the clock of a front end may be ahead.
const AHEAD: chrono::TimeDelta = chrono::TimeDelta::seconds(60);

impl Timestamp {
    /// The instant, cut to milliseconds so that what is read back equals what was written.
    #[must_use]
    pub fn new(at: DateTime<Utc>) -> Self {
        Self(at.trunc_subsecs(3))
    }

    /// The instant so many microseconds after 1970, if there is one.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        DateTime::from_timestamp_micros(micros).map(Self::new)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// What a front end says was now, whose clock may be ahead: up to a minute later counts as `now`, by the clock of the service. What is later still
    /// stays, and is refused where nothing may lie in the future.
    #[must_use]
    pub fn settled(self, now: Self) -> Self {
        let ahead = self.0.signed_duration_since(now.0);
        if ahead <= AHEAD { self.min(now) } else { self }
    }

    /// As a `chrono` instant.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// The civil date in London at this instant.
    #[must_use]
    pub fn day(self) -> NaiveDate {
        self.0.with_timezone(&London).date_naive()
    }

    /// The instant at which this day begins in London.
    #[must_use]
    pub fn start_of(day: NaiveDate) -> Self {
        let midnight = day.and_time(NaiveTime::MIN);
        // London changes its clocks at 01:00 UTC, so midnight always exists there, once.
        let at = London.from_local_datetime(&midnight).earliest().map_or_else(|| midnight.and_utc(), |at| at.to_utc());
        Self::new(at)
    }

    /// The instant parsed from RFC 3339 in UTC: with `Z`, and no finer than milliseconds, so that nothing is lost. Programs that write no
    /// more digits than they need are read; other offsets, lower case, leap seconds and spaces are not.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let at = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
        let (seconds, fraction) = text.strip_suffix('Z')?.split_at_checked(19)?;
        let plain = at.format("%Y-%m-%dT%H:%M:%S").to_string() == seconds && !seconds.ends_with("60");
        (plain && matches!(fraction.len(), 0 | 2..=4)).then(|| Self::new(at))
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.format("%Y-%m-%dT%H:%M:%S%.3fZ").fmt(f)
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        // The message never quotes the value.
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 instant"))
    }
}

/// The day so many months later, on the last day of the month where there is no such day.
#[must_use]
pub fn months_after(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

/// The day before.
#[must_use]
pub fn day_before(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(1)).unwrap_or(NaiveDate::MIN)
}

/// The day after.
#[must_use]
pub fn day_after(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX)
}

/// The first day of a year that is not before this day: all that may stand unsealed of a day from which a birth date could be told.
#[must_use]
pub fn new_year_from(day: NaiveDate) -> NaiveDate {
    let year = if day.ordinal() == 1 { day.year() } else { day.year() + 1 };
    NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(NaiveDate::MAX)
}

/// The last Friday of June of this year: the end of compulsory school age.
#[must_use]
fn last_friday_of_june(year: i32) -> NaiveDate {
    let mut day = NaiveDate::from_ymd_opt(year, 6, 30).unwrap_or(NaiveDate::MAX);
    while day.weekday() != Weekday::Fri {
        day = day_before(day);
    }
    day
}

/// R5: the last day on which a parent's permission counts for a child born on this day: the last Friday of June of the school year
/// (1 September to 31 August) in which the child turns 16 (Education Act 1996 s.8; Children and Families Act 2014 s.83).
#[must_use]
pub fn age_out_on(date_of_birth: NaiveDate) -> NaiveDate {
    let years = if date_of_birth.month() <= 8 { 16 } else { 17 };
    last_friday_of_june(date_of_birth.year().saturating_add(years))
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn a_clock_that_is_a_minute_ahead_says_now_and_no_more() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let now = at("2026-09-14T09:12:41.530Z");
        for (said, settled) in [
            ("2026-09-14T09:12:41.529Z", "2026-09-14T09:12:41.529Z"),
            ("2026-09-14T09:12:41.531Z", "2026-09-14T09:12:41.530Z"),
            ("2026-09-14T09:13:41.530Z", "2026-09-14T09:12:41.530Z"),
            ("2026-09-14T09:13:41.531Z", "2026-09-14T09:13:41.531Z"),
        ] {
            assert_eq!(at(said).settled(now), at(settled), "{said}");
        }
    }

    #[test]
    fn an_instant_is_written_in_utc_and_no_finer_than_milliseconds() {
        for (good, whole) in [
            ("2026-09-14T09:12:41.530Z", "2026-09-14T09:12:41.530Z"),
            ("2026-09-14T09:12:41.5Z", "2026-09-14T09:12:41.500Z"),
            ("2026-09-14T09:12:41Z", "2026-09-14T09:12:41.000Z"),
        ] {
            assert_eq!(Timestamp::parse(good).unwrap().to_string(), whole);
        }
        for bad in [
            "2026-09-14T09:12:41.530+00:00",
            "2026-09-14T10:12:41.530+01:00",
            "2026-09-14T09:12:41.530-00:00",
            "2026-09-14t09:12:41.530Z",
            "2026-09-14T09:12:41.530z",
            "2026-09-14 09:12:41.530Z",
            "2026-09-14T09:12:41.5301Z",
            "2026-09-14T09:12:41.Z",
            "2026-09-14T09:12:60.000Z",
            "2026-09-14T9:12:41.000Z",
            "2026-09- 4T09:12:41.000Z",
            "+2026-09-14T09:12:41Z",
            " 2026-09-14T09:12:41Z",
            "2026-09-14T09:12Z",
            "2026-09-14",
            "2026-02-29T09:12:41Z",
            "",
        ] {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
    }
}
