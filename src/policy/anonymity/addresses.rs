//! House numbers with the name of a street.

use super::Hits;
use super::normalise::{Text, Token};
use super::words::{COURTS_OF_LAW, NO_STREET, STREETS, STREETS_WITH_CAPITAL, month, number};
use crate::domain::disclosure::RefusalRule::IdentifierAddress;

/// Find a number followed by one to four words of which the last is "Street", "Lane" or the like.
pub(super) fn scan(text: &Text, dated: &[bool], hits: &mut Hits) {
    for index in 0..text.tokens.len() {
        if dated.get(index).copied().unwrap_or(false) {
            continue;
        }
        let Some(street) = after_house_number(text, index) else { continue };
        if let Some(last) = street_end(text, street) {
            hits.add(IdentifierAddress, index, last);
        }
    }
}

/// The token after a house number that begins here: "14", "14a", "14 A", "fourteen".
fn after_house_number(text: &Text, index: usize) -> Option<usize> {
    let token = text.token(index)?;
    if text.glued(index) {
        return None;
    }
    if token.is_digits() {
        let suffix = text.token(index + 1)?;
        let has_suffix = suffix.is_letters() && suffix.len == 1 && text.gap_of(index + 1, 1, " ");
        return (token.len <= 4 && !token.is_year()).then_some(if has_suffix { index + 2 } else { index + 1 });
    }
    let (_, length) = number(&token.word, text.word(index + 1))?;
    let street = index + length;
    // "One High Street" may be anything; "fourteen Castle Lane" is a house.
    (!token.capital && text.token(street)?.capital).then_some(street)
}

/// The last word of the street's name that begins here.
fn street_end(text: &Text, first: usize) -> Option<usize> {
    let mut all_capital = true;
    for at in first..first + 5 {
        let token = text.token(at)?;
        let word = token.word.as_str();
        let near = text.gap_of(at, 2, if at == first { " ,-" } else { " -." });
        if !near || !token.is_letters() || (at == first && text.glued(at)) {
            return None;
        }
        if at > first {
            let in_any_case = STREETS.contains(&word) && (all_capital || at <= first + 2);
            let with_capital = STREETS_WITH_CAPITAL.contains(&word) && all_capital && !is_court_of_law(text, at);
            if in_any_case || with_capital {
                return Some(at);
            }
        } else if month(word).is_some() && !text.token(at + 1).is_some_and(Token::is_letters) {
            return None;
        }
        all_capital &= token.capital;
        if !all_capital && NO_STREET.contains(&word) {
            return None;
        }
    }
    None
}

fn is_court_of_law(text: &Text, index: usize) -> bool {
    text.word(index) == "court" && text.before(index).is_some_and(|before| COURTS_OF_LAW.contains(&before.word.as_str()))
}
