//! Full dates, however they are written, and which of them are or may be birth dates.

use chrono::{Datelike, Months, NaiveDate};

use super::Hits;
use super::normalise::{Text, Token};
use super::words::{month, number};
use crate::domain::disclosure::RefusalRule::IdentifierBirthDate;

/// A date older than this is taken for a birth date.
const OLD: Months = Months::new(24);

/// Something that can be read as a full date.
pub(super) struct Found {
    first: usize,
    last: usize,
    /// Every day it may mean; the first is the usual reading.
    readings: Vec<NaiveDate>,
    /// Whether it is plainly a date, not numbers that could be read as one.
    plain: bool,
}

/// A part of a date and the token after it.
struct Part<T> {
    value: T,
    next: usize,
}

/// Every full date of the text. Readings may overlap: "3 12/03/2014" hides nothing.
pub(super) fn find(text: &Text, today: NaiveDate) -> Vec<Found> {
    let forms = [day_first, month_first, year_first, numeric, compact];
    (0..text.tokens.len())
        .flat_map(|index| forms.iter().filter_map(move |form| form(text, index, today)))
        .filter(|found| !found.readings.is_empty())
        .collect()
}

/// Which tokens belong to a plain date that is not a part of a longer number.
pub(super) fn tokens_taken(text: &Text, dates: &[Found]) -> Vec<bool> {
    let mut taken = vec![false; text.tokens.len()];
    let (mut begins, mut ends) = (taken.clone(), taken.clone());
    let plain = || dates.iter().filter(|date| date.plain);
    for date in plain() {
        begins.iter_mut().skip(date.first).take(1).for_each(|begins| *begins = true);
        ends.iter_mut().skip(date.last).take(1).for_each(|ends| *ends = true);
    }
    let marked = |marks: &[bool], at: Option<usize>| at.and_then(|at| marks.get(at)).copied().unwrap_or(false);
    for date in plain() {
        let all_digits = (date.first..=date.last).all(|at| text.token(at).is_some_and(Token::is_digits));
        let by_spaces = text.gap(date.last).all(|sign| sign == ' ');
        let joined = |at: usize| text.gap_of(at, 4, " .-()[]{}+") && (by_spaces || text.gap(at).any(|sign| sign != ' '));
        let next = date.last + 1;
        let goes_on = text.token(next).is_some_and(Token::is_digits) && joined(next) && !marked(&begins, Some(next));
        let digits_before = text.before(date.first).is_some_and(Token::is_digits) && joined(date.first);
        let went_before = digits_before && !marked(&ends, date.first.checked_sub(1));
        if !all_digits || !(goes_on || went_before) {
            taken.iter_mut().take(next).skip(date.first).for_each(|taken| *taken = true);
        }
    }
    taken
}

/// Find birth dates.
pub(super) fn scan(text: &Text, dates: &[Found], births: &[NaiveDate], today: NaiveDate, hits: &mut Hits) {
    let oldest = today.checked_sub_months(OLD).unwrap_or(NaiveDate::MIN);
    for date in dates {
        let is_birth = date.readings.iter().any(|day| births.contains(day));
        let is_old = date.plain && date.readings.first().is_some_and(|day| *day < oldest);
        if is_birth || is_old || after_birth_word(text, date.first) {
            hits.add(IdentifierBirthDate, date.first, date.last);
        }
    }
}

/// Whether "born", "DOB", "date of birth" or "birthday" stands within four words before.
fn after_birth_word(text: &Text, index: usize) -> bool {
    (index.saturating_sub(5)..index).any(|at| {
        matches!(text.word(at), "born" | "dob" | "birth" | "birthday" | "birthdate")
            || (text.word(at) == "b" && text.before(at).is_some_and(|before| before.word == "o"))
    })
}

/// "12th of March 2014", "12-Mar-14", "the twelfth day of March in the year twenty fourteen".
fn day_first(text: &Text, index: usize, today: NaiveDate) -> Option<Found> {
    let day = day(text, index)?;
    let at = connectors(text, day.next);
    let month = month(text.word(at)).filter(|_| near(text, at))?;
    let year = following_year(text, connectors(text, at + 1), today)?;
    Some(named(text, index, &year, month, day.value))
}

/// "March 12th, 2014".
fn month_first(text: &Text, index: usize, today: NaiveDate) -> Option<Found> {
    let month = month(text.word(index))?;
    let day = day(text, connectors(text, index + 1)).filter(|_| near(text, index + 1))?;
    let year = following_year(text, connectors(text, day.next), today)?;
    Some(named(text, index, &year, month, day.value))
}

/// "2014 March 12".
fn year_first(text: &Text, index: usize, today: NaiveDate) -> Option<Found> {
    let year = year(text, index, today).filter(|_| text.token(index).is_some_and(Token::is_year))?;
    let month = month(text.word(year.next)).filter(|_| near(text, year.next))?;
    let day = day(text, year.next + 1).filter(|_| near(text, year.next + 1))?;
    Some(named(text, index, &Part { value: year.value, next: day.next }, month, day.value))
}

fn named(text: &Text, first: usize, year: &Part<Vec<i32>>, month: u32, day: u32) -> Found {
    let last = year.next - 1;
    // "On 3 May 20 families waited" is no date of 2020.
    let counts_something = text.token(last).is_some_and(|token| token.is_digits() && token.len == 2)
        && text.gap(last + 1).eq([' '])
        && text.token(last + 1).is_some_and(|token| token.is_letters() && !is_small_word(&token.word));
    let readings = year.value.iter().filter_map(|year| NaiveDate::from_ymd_opt(*year, month, day)).collect();
    Found { first, last, readings, plain: !counts_something }
}

fn is_small_word(word: &str) -> bool {
    matches!(
        word,
        "and"
            | "at"
            | "but"
            | "for"
            | "from"
            | "has"
            | "he"
            | "in"
            | "is"
            | "it"
            | "or"
            | "she"
            | "the"
            | "they"
            | "to"
            | "was"
            | "when"
            | "who"
            | "with"
    )
}

/// "12/03/2014", "2014-03-12", "12.3.14", "12th/3/14", and the American "03/12/2014".
fn numeric(text: &Text, index: usize, today: NaiveDate) -> Option<Found> {
    let first = text.token(index)?.value()?;
    let second_at = day(text, index).map_or(index + 1, |day| day.next);
    let third_at = second_at + 1;
    let (second, third) = (text.token(second_at)?.value()?, text.token(third_at)?.value()?);
    let lengths = (text.token(index)?.len, text.token(second_at)?.len, text.token(third_at)?.len);
    if !near(text, second_at) || !near(text, third_at) || text.gap(second_at).chain(text.gap(third_at)).any(|sign| sign == ',') {
        return None;
    }
    let date = |year: u32, month: u32, day: u32| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day);
    let readings: Vec<NaiveDate> = match lengths {
        (4, 1..=2, 1..=2) => [date(first, second, third), date(first, third, second)].into_iter().flatten().collect(),
        (1..=2, 1..=2, 4) => [date(third, second, first), date(third, first, second)].into_iter().flatten().collect(),
        (1..=2, 1..=2, 2) => centuries(third, today)
            .into_iter()
            .flat_map(|year| [date(year, second, first), date(year, first, second)])
            .chain(centuries(first, today).into_iter().map(|year| date(year, second, third)))
            .flatten()
            .collect(),
        _ => return None,
    };
    let readings: Vec<NaiveDate> = readings.into_iter().filter(|day| (1900..2100).contains(&day.year())).collect();
    let same_signs = text.gap(second_at).filter(|sign| *sign != ' ').eq(text.gap(third_at).filter(|sign| *sign != ' '));
    let only_spaces = text.gap(second_at).all(|sign| sign == ' ');
    let plain = same_signs && (!only_spaces || lengths.2 == 4 || lengths.0 == 4) && !text.after_section_word(index);
    Some(Found { first: index, last: third_at, readings, plain })
}

/// Six or eight digits without a break, which count only where they are a birth date or follow "born".
fn compact(text: &Text, index: usize, today: NaiveDate) -> Option<Found> {
    let token = text.token(index).filter(|token| token.is_digits())?;
    let part = |from: usize, to: usize| token.word.get(from..to).and_then(|digits| digits.parse::<u32>().ok());
    let years = |year: u32| if token.len == 8 { vec![year] } else { centuries(year, today) };
    let orders: &[_] = match token.len {
        6 => &[(4..6, 2..4, 0..2), (4..6, 0..2, 2..4), (0..2, 2..4, 4..6)],
        8 => &[(4..8, 2..4, 0..2), (4..8, 0..2, 2..4), (0..4, 4..6, 6..8)],
        _ => return None,
    };
    let mut readings = Vec::new();
    for (year, month, day) in orders {
        let (year, month, day) = (part(year.start, year.end)?, part(month.start, month.end)?, part(day.start, day.end)?);
        readings.extend(years(year).into_iter().filter_map(|year| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)));
    }
    readings.retain(|day| (1900..2100).contains(&day.year()));
    Some(Found { first: index, last: index, readings, plain: false })
}

/// Both centuries two digits may mean, the one not after this year first.
fn centuries(short: u32, today: NaiveDate) -> Vec<u32> {
    if i32::try_from(2000 + short).is_ok_and(|year| year <= today.year()) {
        vec![2000 + short, 1900 + short]
    } else {
        vec![1900 + short, 2000 + short]
    }
}

fn near(text: &Text, index: usize) -> bool {
    text.gap_of(index, 3, " -/.,\n\\|()_")
}

/// The first token from here that is not "of", "the" or another word within a date.
fn connectors(text: &Text, index: usize) -> usize {
    (index..index + 4).find(|at| !matches!(text.word(*at), "of" | "the" | "in" | "day" | "year") || !near(text, *at)).unwrap_or(index)
}

/// "12", "12th", "twelfth", "thirty-first".
fn day(text: &Text, index: usize) -> Option<Part<u32>> {
    let token = text.token(index)?;
    let (value, next) = if token.is_digits() {
        let is_ordinal = matches!(text.word(index + 1), "st" | "nd" | "rd" | "th") && text.gap_of(index + 1, 1, " ");
        (token.value().filter(|_| token.len <= 2)?, index + if is_ordinal { 2 } else { 1 })
    } else {
        let (value, words) = number(&token.word, text.word(index + 1))?;
        (value, index + words)
    };
    (1..=31).contains(&value).then_some(Part { value, next })
}

fn following_year(text: &Text, index: usize, today: NaiveDate) -> Option<Part<Vec<i32>>> {
    if near(text, index) { year(text, index, today) } else { None }
}

/// "2014", "14", "twenty fourteen", "two thousand and fourteen".
fn year(text: &Text, index: usize, today: NaiveDate) -> Option<Part<Vec<i32>>> {
    let token = text.token(index)?;
    if token.is_digits() {
        let years = match token.len {
            4 if token.is_year() => vec![token.value()?],
            2 => centuries(token.value()?, today),
            _ => return None,
        };
        return Some(Part { value: years.into_iter().filter_map(|year| i32::try_from(year).ok()).collect(), next: index + 1 });
    }
    let (century, at) = match (token.word.as_str(), text.word(index + 1)) {
        ("two", "thousand") => (2000, if text.word(index + 2) == "and" { index + 3 } else { index + 2 }),
        ("twenty", _) => (2000, index + 1),
        ("nineteen", _) => (1900, index + 1),
        _ => return None,
    };
    let (value, words) = number(text.word(at), text.word(at + 1))?;
    Some(Part { value: vec![century + i32::try_from(value).ok()?], next: at + words })
}
