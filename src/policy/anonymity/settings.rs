//! Settings known to the service, as texts name them.

use std::collections::HashMap;

use super::normalise::Text;
use super::words::{ORDINARY, SCHOOL_WORDS};

/// A setting named in a text.
pub(super) struct Found {
    pub first: usize,
    pub last: usize,
    /// As much of its name as the text gives.
    pub words: Vec<String>,
}

/// The words of a setting's name, without a leading "the".
pub(super) fn words(name: &str) -> Vec<String> {
    let words = Text::new(name).tokens.into_iter().map(|token| token.word);
    words.skip_while(|word| word == "the").collect()
}

/// How many words of the name say which setting it is: "Larkbeck" of "Larkbeck Primary School".
fn telling(words: &[String]) -> usize {
    let length = words.iter().rposition(|word| !SCHOOL_WORDS.contains(&word.as_str())).map_or(words.len(), |last| last + 1);
    match words.first() {
        Some(only) if length == 1 && (only.chars().count() < 4 || ORDINARY.contains(&only.as_str())) => words.len().min(2),
        _ => length,
    }
}

/// Every known setting in the text, the longest first where one name begins with another.
pub(super) fn find(text: &Text, names: &[String]) -> Vec<Found> {
    let names: Vec<Vec<String>> = names.iter().map(|name| words(name)).collect();
    let mut by_first: HashMap<&str, Vec<&[String]>> = HashMap::new();
    for name in &names {
        if let Some(first) = name.first() {
            by_first.entry(first).or_default().push(name);
        }
    }
    let mut found = Vec::new();
    for (index, token) in text.tokens.iter().enumerate() {
        let Some(candidates) = by_first.get(token.word.as_str()) else { continue };
        let longest = candidates.iter().filter_map(|name| length_named(text, index, name).and_then(|length| name.get(..length)));
        if let Some(name) = longest.max_by_key(|name| name.len()) {
            found.push(Found { first: index, last: index + name.len() - 1, words: name.to_vec() });
        }
    }
    found
}

/// How many words of this name stand at this place, if they tell which setting is meant. A shortened name needs its capital.
fn length_named(text: &Text, index: usize, name: &[String]) -> Option<usize> {
    let length = name.iter().zip(index..).take_while(|(word, at)| text.word(*at) == word.as_str()).count();
    let capital = text.token(index).is_some_and(|token| token.capital);
    (length == name.len() || (length >= telling(name) && capital)).then_some(length)
}
