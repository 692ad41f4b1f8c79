//! Working days in England and Wales, by rule: no table runs out, and nothing is refused for want of one.
//!
//! One-off holidays and one-off moves of a holiday are proclaimed year by year and are not among the rules.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use crate::domain::time::day_after;

/// The first working day after this day.
#[must_use]
pub fn next_working_day(day: NaiveDate) -> NaiveDate {
    working_day_from(day_after(day))
}

/// This day, if it is a working day, or the first after it that is.
#[must_use]
pub fn working_day_from(day: NaiveDate) -> NaiveDate {
    day.iter_days().find(|day| is_working_day(*day)).unwrap_or(NaiveDate::MAX)
}

/// The day so many working days after this day, which is not counted itself.
#[must_use]
pub fn working_days_after(day: NaiveDate, count: u32) -> NaiveDate {
    (0..count).fold(day, |day, _| next_working_day(day))
}

fn is_working_day(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !is_bank_holiday(day)
}

/// Banking and Financial Dealings Act 1971, schedule 1, with the days proclaimed every year: New Year and early May; and with the
/// substitute on the next free weekday for a day that falls on a weekend.
fn is_bank_holiday(day: NaiveDate) -> bool {
    let (on, monday) = (day.weekday(), day.weekday() == Weekday::Mon);
    match (day.month(), day.day()) {
        (1, 1) | (12, 25 | 26) => true,
        (1, 2 | 3) => monday,
        (12, 27 | 28) => monday || on == Weekday::Tue,
        (5, 1..=7 | 25..=31) | (8, 25..=31) if monday => true,
        _ => [day.checked_add_days(Days::new(2)), day.checked_sub_days(Days::new(1))].contains(&easter_sunday(day.year())),
    }
}

/// Easter Sunday in the Gregorian calendar: the first Sunday after the ecclesiastical full moon on or after 21 March.
fn easter_sunday(year: i32) -> Option<NaiveDate> {
    let golden = year.rem_euclid(19);
    let century = year.div_euclid(100);
    // Corrections to the 19-year lunar cycle: leap days left out, and the drift of the moon.
    let omitted = century - century.div_euclid(4);
    let drift = (8 * century + 13).div_euclid(25);
    let moon = (19 * golden + omitted - drift + 15).rem_euclid(30);
    // The cycle has 29 places in some years and must not repeat a full moon.
    let moon = moon - i32::from(moon > 28 || (moon == 28 && golden > 10));
    let full = NaiveDate::from_ymd_opt(year, 3, 21)?.checked_add_days(Days::new(u64::try_from(moon).ok()?))?;
    full.iter_days().skip(1).find(|day| day.weekday() == Weekday::Sun)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_that_is_not_a_working_day_rolls_to_the_next_that_is() {
        for (raw, due) in [
            ("2026-10-03", "2026-10-05"),
            ("2026-02-01", "2026-02-02"),
            ("2024-12-25", "2024-12-27"),
            ("2026-02-28", "2026-03-02"),
            ("2028-02-29", "2028-02-29"),
            ("2026-04-03", "2026-04-07"),
            ("2026-12-25", "2026-12-29"),
            ("2026-06-19", "2026-06-19"),
            ("2026-07-11", "2026-07-13"),
            ("2026-09-01", "2026-09-01"),
            ("2027-02-28", "2027-03-01"),
            ("2026-12-26", "2026-12-29"),
        ] {
            assert_eq!(working_day_from(day(raw)), day(due), "raw {raw}");
        }
    }

    #[test]
    fn the_bank_holidays_of_a_year_are_those_that_were_published() {
        for (year, published) in [
            (2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28"),
            (2024, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26"),
            (2025, "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26"),
            (2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
            (2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"),
            (2028, "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26"),
        ] {
            let free = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !is_working_day(*day);
            let days = day(&format!("{year}-01-01")).iter_days().take_while(|day| day.year() == year).filter(free);
            let found: Vec<String> = days.map(|day| day.format("%m-%d").to_string()).collect();
            assert_eq!(found.join(" "), published, "{year}");
        }
    }

    #[test]
    fn easter_falls_on_its_earliest_and_latest_days() {
        for sunday in ["1818-03-22", "1943-04-25", "1954-04-18", "1981-04-19", "2038-04-25", "2049-04-18", "2285-03-22"] {
            assert_eq!(easter_sunday(day(sunday).year()), Some(day(sunday)));
        }
    }

    #[test]
    fn working_days_over_easter_leave_out_friday_monday_and_the_weekend() {
        assert_eq!(working_days_after(day("2026-04-01"), 5), day("2026-04-10"));
        assert_eq!(working_days_after(day("2026-09-14"), 0), day("2026-09-14"));
    }

    #[test]
    fn the_end_of_the_calendar_is_an_answer_too() {
        assert_eq!(next_working_day(NaiveDate::MAX), NaiveDate::MAX);
    }
}
