//! Names of participants, in the disguises they are written in.

use std::collections::HashMap;

use super::Hits;
use super::normalise::{Text, Token};
use super::words::{ACRONYMS, LONG_TITLES, ORDINARY, SHORT, TITLES};
use crate::domain::disclosure::RefusalRule::IdentifierName;

/// So many parts of names may be run together. A bound, so that no text takes long to scan.
const MOST_PARTS: usize = 5;

/// A broken name is looked for in so many pieces.
const MOST_PIECES: usize = 4;

/// How much a word of a name says by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// Nothing but a name.
    Name,
    /// A word of one or two letters, or an ordinary word: a name only with a capital that no sentence gives it.
    Ordinary,
}

/// The names of all participants, ready to be looked up.
pub(super) struct Names {
    words: HashMap<String, Weight>,
    initials: Vec<Vec<char>>,
}

impl Names {
    pub fn new(participants: &[Vec<String>]) -> Self {
        let mut words = HashMap::new();
        let mut initials = Vec::new();
        for names in participants {
            // A name may have been taken down with letters that only look Latin.
            let seen = names.iter().flat_map(|name| words_of(&Text::seen(name)));
            let names: Vec<Vec<String>> = names.iter().map(|name| words_of(&Text::new(name))).collect();
            for word in names.iter().flatten().cloned().chain(seen) {
                let ordinary = word.chars().count() <= 2 || ORDINARY.contains(&word.as_str());
                words.insert(word, if ordinary { Weight::Ordinary } else { Weight::Name });
            }
            let own: Vec<Vec<char>> = names.iter().map(|words| words.iter().filter_map(|word| word.chars().next()).collect()).collect();
            // Somebody known by another first name is also written with that initial and the surname's.
            for first in own.iter().filter(|own| own.len() == 1) {
                for full in own.iter().filter(|own| own.len() > 1) {
                    initials.push(first.iter().chain(full.iter().skip(1)).copied().collect());
                }
            }
            initials.extend(own.into_iter().filter(|own| own.len() > 1));
        }
        Self { words, initials }
    }

    /// For each participant and name, the initials in order.
    pub fn initials(&self) -> &[Vec<char>] {
        &self.initials
    }

    /// The weight of a word, also in the plural ("the Harts").
    fn weight(&self, word: &str) -> Option<Weight> {
        let whole = |word: &str| self.words.get(word).copied();
        let short = |end: &str| word.strip_suffix(end).filter(|word| word.len() > 2);
        let plural = || short("s").and_then(whole).or_else(|| short("es").and_then(whole));
        // "This" is no family of the name Thi, and "does" none of the name Doe, unless it is written like one.
        whole(word).or_else(|| plural().map(|weight| if SHORT.contains(&word) { Weight::Ordinary } else { weight }))
    }

    fn is_name(&self, word: &str) -> bool {
        self.weight(word) == Some(Weight::Name)
    }

    /// Whether a word is made of nothing but at most so many words of names, run together ("zofiahart").
    fn is_run_together(&self, word: &str, most: usize, named: bool) -> bool {
        most > 0
            && self.words.iter().filter(|(part, _)| part.len() > 1).any(|(part, weight)| {
                word.strip_prefix(part.as_str()).is_some_and(|rest| {
                    let named = named || (*weight == Weight::Name);
                    (named && matches!(rest, "" | "s")) || (!rest.is_empty() && self.is_run_together(rest, most - 1, named))
                })
            })
    }
}

fn words_of(name: &Text) -> Vec<String> {
    let is_title = |word: &str| TITLES.contains(&word) || LONG_TITLES.contains(&word);
    name.tokens.iter().filter(|token| token.is_letters() && !is_title(&token.word)).map(|token| token.word.clone()).collect()
}

/// Find words of names. `dated` tells which tokens belong to a full date: a month is no name there.
pub(super) fn scan(text: &Text, names: &Names, dated: &[bool], hits: &mut Hits) {
    if names.words.is_empty() {
        return;
    }
    for (index, token) in text.tokens.iter().enumerate().filter(|(_, token)| token.is_letters()) {
        let found = match names.weight(&token.word) {
            Some(Weight::Name) => true,
            Some(Weight::Ordinary) => !dated.get(index).copied().unwrap_or(false) && is_name_by_capital(text, index, token),
            None => token.len > 4 && names.is_run_together(&token.word, MOST_PARTS, false),
        };
        if found {
            hits.add(IdentifierName, index, index);
        } else if let Some(first) = broken_name(text, index, names) {
            hits.add(IdentifierName, first, index);
        }
    }
    scan_spaced(text, names, hits);
}

fn is_name_by_capital(text: &Text, index: usize, token: &Token) -> bool {
    token.capital && !text.starts_sentence(index) && !is_letter_of_the_text(text, index, token)
}

/// A short word that is no name although it has a capital: "I", "Section F", "the LA".
fn is_letter_of_the_text(text: &Text, index: usize, token: &Token) -> bool {
    let followed_by_stop = text.gap(index + 1).next() == Some('.');
    match token.len {
        1 => text.after_section_word(index) || (token.word == "i" && !followed_by_stop),
        2 => {
            let shouted = |token: Option<&Token>| token.is_some_and(|token| token.shouted && token.len > 1);
            ACRONYMS.contains(&token.word.as_str()) && token.shouted && !shouted(text.before(index)) && !shouted(text.token(index + 1))
        }
        _ => false,
    }
}

/// Where a name begins that ends with this token and is broken: "O Neill", "Zo-fia", "Mac Donald", "Zo" and "sia" on two lines.
fn broken_name(text: &Text, last: usize, names: &Names) -> Option<usize> {
    let end = text.token(last)?;
    let mut name = end.word.clone();
    let mut told = !SHORT.contains(&end.word.as_str());
    for first in (last.saturating_sub(MOST_PIECES - 1)..last).rev() {
        let (piece, after) = (text.token(first)?, text.token(first + 1)?);
        if !piece.is_letters() || !may_break(text, first + 1) {
            return None;
        }
        name.insert_str(0, &piece.word);
        // "Just in" time is no Justin: somewhere there must be a piece that is no word by itself, or more that says so.
        told |= !SHORT.contains(&piece.word.as_str()) || (piece.capital && after.capital) || text.gap(first + 1).any(|sign| sign == '-');
        let capital = piece.capital && !text.starts_sentence(first) && !ORDINARY.contains(&piece.word.as_str());
        if (told || capital) && names.is_name(&name) {
            return Some(first);
        }
    }
    None
}

/// Whether a word may be broken before this token: by white space, or by a sign or two that end no part of a sentence.
fn may_break(text: &Text, index: usize) -> bool {
    let signs = text.gap(index).filter(|sign| !sign.is_whitespace()).count();
    signs <= 3 && !text.gap(index).any(|sign| ",;:!?()[]\"“”".contains(sign))
}

/// Names spelt with single letters: "Z o f i a", "Z-o-f-i-a", "Z. o. f. i. a."
fn scan_spaced(text: &Text, names: &Names, hits: &mut Hits) {
    let is_letter = |index: usize| text.token(index).is_some_and(|token| token.is_letters() && token.single);
    let mut index = 0;
    while index < text.tokens.len() {
        let first = index;
        index += 1;
        if !is_letter(first) {
            continue;
        }
        while is_letter(index) && text.gap(index).count() <= 5 && text.gap(index).all(|sign| !",;:\n".contains(sign)) {
            index += 1;
        }
        if index > first + 1 {
            scan_letters(text, first, index, names, hits);
        }
    }
}

fn scan_letters(text: &Text, first: usize, end: usize, names: &Names, hits: &mut Hits) {
    let letters: Vec<(char, usize)> = (first..end).flat_map(|at| text.word(at).chars().map(move |letter| (letter, at))).collect();
    // A name of two letters counts only alone and with a capital: single letters stand together for other reasons too.
    let may_be_short = letters.len() == 2 && text.token(first).is_some_and(|token| token.capital) && !text.after_section_word(first);
    for word in names.words.keys() {
        let length = word.chars().count();
        if length < 2 || (length == 2 && !may_be_short) {
            continue;
        }
        for part in letters.windows(length).filter(|part| part.iter().map(|(letter, _)| *letter).eq(word.chars())) {
            if let (Some((_, first)), Some((_, last))) = (part.first(), part.last()) {
                hits.add(IdentifierName, *first, *last);
            }
        }
    }
}
