//! Postcodes: whole, as far as the sector, and the outward code alone, which is an area and may be listed in the cohort.

use super::Hits;
use super::normalise::Text;
use super::words::POSTCODE_AREAS;
use crate::domain::disclosure::RefusalRule::IdentifierPostcode;

/// What an outward code looks like: letters and digits.
const OUTWARD: &[&str] = &["A9", "A99", "A9A", "AA9", "AA99", "AA9A"];

/// The area of the pseudo-postcodes of the NHS, which tell about a person although they are no place.
const PSEUDO_AREA: &str = "zz";

/// An outward code in a text.
pub(super) struct Outward {
    pub first: usize,
    pub last: usize,
    pub code: String,
}

/// One sign of a possible postcode.
struct Sign {
    fold: char,
    token: usize,
    /// How many signs stand between this one and the one before.
    gap: usize,
}

/// Find postcodes and postcode sectors.
pub(super) fn scan(text: &Text, hits: &mut Hits) {
    for (index, token) in text.tokens.iter().enumerate() {
        if token.is_letters() && token.len <= 2 && !text.glued(index) {
            let signs = read(text, index);
            if let Some(last) = OUTWARD.iter().find_map(|shape| whole(text, &signs, shape).or_else(|| sector(text, index, &signs, shape))) {
                hits.add(IdentifierPostcode, index, last);
            }
        }
    }
}

/// Every outward code: a real postcode area with digits, in capitals, not after "section" or the like.
pub(super) fn outward_codes(text: &Text) -> Vec<Outward> {
    let mut found = Vec::new();
    for (first, token) in text.tokens.iter().enumerate() {
        let is_area = token.shouted && POSTCODE_AREAS.contains(&token.word.as_str());
        if !is_area || text.glued(first) || !text.glued(first + 1) || text.token(first + 1).is_none_or(|token| token.len > 2) {
            continue;
        }
        let has_letter = text.glued(first + 2) && text.token(first + 2).is_some_and(|token| token.len == 1 && token.shouted);
        let last = if has_letter { first + 2 } else { first + 1 };
        if !text.glued(last + 1) && !is_listed_after_section_word(text, first) {
            found.push(Outward { first, last, code: (first..=last).map(|at| text.word(at)).collect() });
        }
    }
    found
}

/// "Section B1", and "sections B1, B2 and F3" for each of the three.
fn is_listed_after_section_word(text: &Text, index: usize) -> bool {
    let mut at = index;
    for _ in 0..8 {
        if text.after_section_word(at) {
            return true;
        }
        let Some(before) = text.before(at) else { return false };
        let in_list = before.is_digits() || before.len <= 2 || matches!(before.word.as_str(), "and");
        if !in_list || text.gap(at).any(|sign| ".;\n".contains(sign)) {
            return false;
        }
        at -= 1;
    }
    false
}

/// At most eight letters and digits from this token on, as far as only spaces, hyphens and full stops stand between.
fn read(text: &Text, first: usize) -> Vec<Sign> {
    let mut signs = Vec::with_capacity(8);
    for (token, content) in text.tokens.iter().enumerate().skip(first) {
        if signs.len() >= 8 || (token > first && !text.gap_of(token, 3, " -.")) {
            break;
        }
        let gap = if token > first { text.gap(token).count() } else { 0 };
        signs.extend(content.word.chars().enumerate().map(|(at, fold)| Sign { fold, token, gap: if at == 0 { gap } else { 0 } }));
    }
    signs.truncate(8);
    signs
}

fn is_shape(signs: &[Sign], shape: &str) -> bool {
    signs.len() == shape.len()
        && signs
            .iter()
            .zip(shape.chars())
            .all(|(sign, kind)| if kind == 'A' { sign.fold.is_ascii_lowercase() } else { sign.fold.is_ascii_digit() })
}

fn area(outward: &[Sign]) -> String {
    outward.iter().map(|sign| sign.fold).take_while(char::is_ascii_lowercase).collect()
}

/// The last token of a whole postcode of this shape.
fn whole(text: &Text, signs: &[Sign], shape: &str) -> Option<usize> {
    let (outward, rest) = signs.split_at_checked(shape.len())?;
    let (inward, after) = rest.split_at_checked(3)?;
    let area = area(outward);
    if !is_shape(outward, shape) || !is_shape(inward, "9AA") || !(POSTCODE_AREAS.contains(&area.as_str()) || area == PSEUDO_AREA) {
        return None;
    }
    let last = inward.last()?.token;
    let ends = after.first().is_none_or(|sign| sign.token != last && sign.gap > 0) && !text.glued(last + 1);
    let letters = |signs: &[Sign]| {
        signs.iter().filter_map(|sign| text.token(sign.token)).filter(|token| token.is_letters()).all(|token| token.shouted)
    };
    let spelt = outward.iter().chain(inward).filter_map(|sign| text.token(sign.token)).all(|token| token.len == 1);
    // Spaces within the halves only where nothing else can be meant: "LA 9 4 RF", "l a 9 4 r f".
    let inner_gaps = outward.iter().skip(1).chain(inward.iter().skip(1)).any(|sign| sign.gap > 0);
    let may_be_apart = spelt || (letters(outward) && letters(inward));
    let unit: String = inward.iter().skip(1).map(|sign| sign.fold).collect();
    let parted = inward.first().is_some_and(|sign| sign.gap > 0);
    let is_ordinal = parted && letters(outward) && !letters(inward) && matches!(unit.as_str(), "st" | "nd" | "rd" | "th");
    (ends && !is_ordinal && (!inner_gaps || may_be_apart)).then_some(last)
}

/// The last token of a postcode sector of this shape: an outward code, a space and one digit.
fn sector(text: &Text, first: usize, signs: &[Sign], shape: &str) -> Option<usize> {
    let (outward, rest) = signs.split_at_checked(shape.len())?;
    let digit = rest.first()?;
    let area = area(outward);
    let is_outward = is_shape(outward, shape) && outward.iter().all(|sign| sign.gap == 0) && POSTCODE_AREAS.contains(&area.as_str());
    let alone = text.token(digit.token)?.len == 1 && !text.glued(digit.token + 1) && text.gap_of(digit.token, 2, " ") && digit.gap > 0;
    // "s36 2" is the Children and Families Act, "S36 2" a part of Sheffield.
    let is_place = area.len() == 2 || text.token(first)?.shouted;
    (is_outward && digit.fold.is_ascii_digit() && alone && is_place).then_some(digit.token)
}
