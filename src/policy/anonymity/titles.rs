//! People who are meant without being named: by title and surname, or by initials.

use super::Hits;
use super::normalise::{Text, Token};
use super::words::{ACRONYMS, LONG_TITLES, OPENERS, PARTICLES, TITLES};
use crate::domain::disclosure::RefusalRule::{IdentifierInitials, IdentifierTitledName};

/// No longer run of capitals is taken for initials.
const MOST_INITIALS: usize = 5;

/// Find titles followed by a name: "Mrs Tyson", "Dr. van Dyk".
pub(super) fn scan_titles(text: &Text, hits: &mut Hits) {
    for (index, title) in text.tokens.iter().enumerate() {
        let long = LONG_TITLES.contains(&title.word.as_str());
        if !long && !TITLES.contains(&title.word.as_str()) || text.glued(index) {
            continue;
        }
        // "They miss Maths": these two are words too.
        if matches!(title.word.as_str(), "miss" | "sir") && !title.capital {
            continue;
        }
        let mut name = index + 1;
        while name <= index + 2 && PARTICLES.contains(&text.word(name)) && text.gap_of(name, 2, " .-\n") {
            name += 1;
        }
        if text.token(name).is_some_and(|token| is_titled(text, index, name, title, token, long)) {
            hits.add(IdentifierTitledName, index, name);
        }
    }
}

fn is_titled(text: &Text, index: usize, name: usize, title: &Token, token: &Token, long: bool) -> bool {
    let word = token.word.as_str();
    if !token.is_letters() || !text.gap_of(name, 3, if long { " \n" } else { " .-\n" }) || TITLES.contains(&word) {
        return false;
    }
    let opens_sentence = OPENERS.contains(&word) && text.gap(index + 1).any(|sign| sign == '.');
    // After these a surname in small letters is a surname all the same.
    let always = matches!(title.word.as_str(), "mr" | "mrs" | "mx" | "cllr") && !matches!(word, "and" | "or");
    (token.capital && !opens_sentence) || always
}

/// Find two or more capitals that are initials of one participant. Called only for texts that name a setting.
pub(super) fn scan_initials(text: &Text, initials: &[Vec<char>], hits: &mut Hits) {
    let is_initial = |index: usize| text.token(index).is_some_and(|token| token.is_letters() && token.shouted && token.len == 1);
    let mut index = 0;
    while let Some(token) = text.token(index) {
        let first = index;
        index += 1;
        // "Plan G" is a plan, and "plan G. C." somebody.
        let goes_on = is_initial(index) && text.gap(index + 1).next() == Some('.');
        if !token.shouted || (text.after_section_word(first) && !goes_on) {
            continue;
        }
        if token.len == 1 {
            while is_initial(index) && text.gap_of(index, 3, " .-") {
                index += 1;
            }
            scan_run(text, first, index, initials, hits);
        } else if token.len <= MOST_INITIALS && !is_acronym(text, first, token) {
            let capitals: Vec<char> = token.word.chars().collect();
            if initials.iter().any(|initials| is_in_order(&capitals, initials)) {
                hits.add(IdentifierInitials, first, first);
            }
        }
    }
}

fn scan_run(text: &Text, first: usize, end: usize, initials: &[Vec<char>], hits: &mut Hits) {
    let capitals: Vec<char> = (first..end).filter_map(|at| text.word(at).chars().next()).collect();
    for from in 0..capitals.len() {
        let longest = (from + 2..=capitals.len().min(from + MOST_INITIALS))
            .rev()
            .find(|to| capitals.get(from..*to).is_some_and(|part| initials.iter().any(|initials| is_in_order(part, initials))));
        if let Some(to) = longest {
            hits.add(IdentifierInitials, first + from, first + to - 1);
            return;
        }
    }
}

/// Whether the capitals are some of the initials, in their order.
fn is_in_order(capitals: &[char], initials: &[char]) -> bool {
    let mut rest = initials.iter();
    capitals.iter().all(|capital| rest.any(|initial| initial == capital))
}

/// An abbreviation of this field; one of two letters only with a word before it that no person has: "the LA", "an EP".
fn is_acronym(text: &Text, index: usize, token: &Token) -> bool {
    let before = index.checked_sub(1).map_or("", |before| text.word(before));
    let is_thing = matches!(before, "the" | "a" | "an" | "our" | "their" | "each" | "every" | "no" | "any" | "one" | "which" | "another");
    ACRONYMS.contains(&token.word.as_str()) && (token.len > 2 || is_thing)
}
