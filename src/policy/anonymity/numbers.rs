//! Long numbers, however they are broken up, and National Insurance numbers.

use super::Hits;
use super::normalise::{Text, Token};
use crate::domain::disclosure::RefusalRule::IdentifierNumber;

/// So many digits are a telephone, pupil, health or learner number.
const MANY: usize = 8;

/// Find numbers. `dated` tells which tokens belong to a full date; those break a number.
pub(super) fn scan(text: &Text, dated: &[bool], hits: &mut Hits) {
    let is_free = |at: usize| text.token(at).is_some_and(Token::is_digits) && !dated.get(at).copied().unwrap_or(false);
    let mut index = 0;
    while index < text.tokens.len() {
        let first = index;
        index += 1;
        if let Some(last) = national_insurance(text, first) {
            hits.add(IdentifierNumber, first, last);
        }
        if !is_free(first) {
            continue;
        }
        while is_free(index) && continues(text, index) {
            index += 1;
        }
        let digits: usize = (first..index).filter_map(|at| text.token(at)).map(|token| token.len).sum();
        if digits >= MANY && !is_years(text, first, index) && !is_times(text, first, index) {
            hits.add(IdentifierNumber, first, index - 1);
        }
    }
}

fn continues(text: &Text, index: usize) -> bool {
    let starts_with_year = text.token(index).is_some_and(Token::is_year) && text.gap(index).eq(['.', ' ']);
    text.gap_of(index, 4, " .-()[]{}+") && !starts_with_year
}

/// Whether these are years and ranges of years alone: "2024-25", "2023 2024 2025".
fn is_years(text: &Text, first: usize, end: usize) -> bool {
    (first..end).all(|at| {
        let follows = || at > first && text.before(at).is_some_and(Token::is_year) && text.token(at).is_some_and(|token| token.len == 2);
        text.token(at).is_some_and(Token::is_year) || follows()
    })
}

/// Whether this is a range of times of day: "10.30-11.30".
fn is_times(text: &Text, first: usize, end: usize) -> bool {
    let at = |offset: usize, below: u32| text.token(first + offset).and_then(Token::value).is_some_and(|value| value < below);
    end - first == 4 && at(0, 24) && at(1, 60) && at(2, 24) && at(3, 60) && text.gap(first + 1).eq(['.']) && text.gap(first + 3).eq(['.'])
}

/// The last token of a National Insurance number that begins here: two letters, six digits, a letter from A to D.
fn national_insurance(text: &Text, first: usize) -> Option<usize> {
    if text.glued(first) || !text.token(first)?.is_letters() {
        return None;
    }
    let mut at = first;
    let mut take = |kind: fn(&Token) -> bool, count: usize| {
        let mut length = 0;
        while length < count {
            let token = text.token(at).filter(|token| kind(token))?;
            if at > first && !text.gap_of(at, 3, " .-") {
                return None;
            }
            length += token.len;
            at += 1;
        }
        (length == count).then_some(at - 1)
    };
    take(Token::is_letters, 2)?;
    take(Token::is_digits, 6)?;
    let last = take(Token::is_letters, 1)?;
    let suffix = text.token(last)?;
    let is_suffix = matches!(suffix.word.as_str(), "a" | "b" | "c" | "d") && (suffix.capital || text.glued(last));
    is_suffix.then_some(last)
}
