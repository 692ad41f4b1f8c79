//! References: our own, identifiers of systems, and tokens that are announced as a reference or number.

use super::Hits;
use super::normalise::Text;
use crate::domain::disclosure::RefusalRule::IdentifierReference;

/// A reference is read so far and no further, so that no text takes long to scan.
const MOST_TOKENS: usize = 16;

/// Find references.
pub(super) fn scan(text: &Text, ours: &[String], hits: &mut Hits) {
    let ours: Vec<String> = ours.iter().map(|own| Text::new(own).tokens.into_iter().map(|token| token.word).collect()).collect();
    for index in 0..text.tokens.len() {
        if let Some(last) = own_reference(text, index, &ours).or_else(|| our_pattern(text, index)).or_else(|| uuid(text, index)) {
            hits.add(IdentifierReference, index, last);
        }
        if let Some(last) = announced(text, index) {
            hits.add(IdentifierReference, index, last);
        }
    }
}

/// The last token of a known reference that begins here, however it is broken up.
fn own_reference(text: &Text, index: usize, ours: &[String]) -> Option<usize> {
    ours.iter().filter(|own| !own.is_empty()).find_map(|own| {
        let mut rest = own.as_str();
        for at in index.. {
            if at > index && text.gap(at).count() > 3 {
                return None;
            }
            rest = rest.strip_prefix(text.token(at)?.word.as_str())?;
            if rest.is_empty() {
                return Some(at);
            }
        }
        None
    })
}

/// Any reference of the form `IASS-2026-000123`, whosever case it is.
fn our_pattern(text: &Text, index: usize) -> Option<usize> {
    let near = |at: usize| text.gap_of(at, 3, " -./:#");
    let is_ours = text.word(index) == "iass" && near(index + 1) && near(index + 2);
    (is_ours && text.token(index + 1)?.is_year() && text.token(index + 2)?.is_digits()).then_some(index + 2)
}

/// 32 hexadecimal digits, whole or in groups of 8, 4, 4, 4 and 12.
fn uuid(text: &Text, index: usize) -> Option<usize> {
    if text.glued(index) {
        return None;
    }
    let mut groups = vec![0];
    for at in index.. {
        let token = text.token(at)?;
        if !token.word.chars().all(|sign| sign.is_ascii_hexdigit()) {
            return None;
        }
        if at > index && !text.glued(at) {
            if !text.gap_of(at, 2, " -") {
                return None;
            }
            groups.push(0);
        }
        *groups.last_mut()? += token.len;
        if matches!(groups.as_slice(), [32] | [8, 4, 4, 4, 12]) {
            return Some(at);
        }
        if groups.len() > 5 || groups.iter().sum::<usize>() > 32 {
            return None;
        }
    }
    None
}

/// The last token of a number announced by this word: "ref CF/2291", "UPN: A123", "NHS number is 999 000 0018", "case 12345".
fn announced(text: &Text, index: usize) -> Option<usize> {
    let word = text.word(index);
    if !matches!(word, "ref" | "refs" | "reference" | "no" | "nos" | "number" | "id" | "upn" | "uln" | "nhs" | "case" | "file")
        || text.glued(index)
    {
        return None;
    }
    let mut at = index + 1;
    // "The number was 450" counts pupils; "her reference is 450" does not.
    while match text.word(at) {
        "no" | "number" | "num" | "code" | "id" | "ref" | "reference" => true,
        "is" | "was" => {
            !matches!(text.word(at - 1), "no" | "number") || matches!(word, "upn" | "uln" | "nhs" | "ref" | "reference" | "case" | "file")
        }
        _ => false,
    } {
        at += 1;
    }
    let prefix = text.token(at)?;
    let apart = text.gap_of(at + 1, 1, " ") && text.token(at + 1).is_some_and(super::normalise::Token::is_digits);
    if prefix.is_letters() && prefix.shouted && prefix.len <= 4 && apart {
        at += 1;
    }
    let (last, digits) = chunk(text, at)?;
    let first = text.token(at)?;
    let harmless = match word {
        "nhs" => first.word == "111" && digits == 3,
        // "In each case 2024 was the year", "the file 12 of them signed".
        "case" | "file" if at == index + 1 => !first.is_digits() || digits < 4 || first.is_year(),
        "no" => first.is_year() && !text.gap(index + 1).any(|sign| ".:#".contains(sign)),
        _ => false,
    };
    (digits >= 3 && !harmless).then_some(last)
}

/// The last token of what is written without a space from here, and how many digits it has. Further groups of digits alone belong to it.
fn chunk(text: &Text, first: usize) -> Option<(usize, usize)> {
    if !text.gap_of(first, 4, " .:#-()") {
        return None;
    }
    let mut digits = 0;
    let mut last = first;
    for at in first..first + MOST_TOKENS {
        let Some(token) = text.token(at) else { break };
        let spaced = text.gap(at).any(|sign| sign.is_whitespace() || ",;".contains(sign));
        if at > first && spaced && !(token.is_digits() && digits > 0 && text.gap_of(at, 1, " ")) {
            break;
        }
        digits += if token.is_digits() { token.len } else { 0 };
        last = at;
    }
    Some((last, digits))
}
