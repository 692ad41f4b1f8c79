//! Email addresses, web addresses and the names of online accounts.

use super::Hits;
use super::normalise::Text;
use super::words::TOP_LEVELS;
use crate::domain::disclosure::RefusalRule::{IdentifierEmail, IdentifierLink};

/// Find addresses. Each begins and ends with a token, so what stands between two tokens decides.
pub(super) fn scan(text: &Text, hits: &mut Hits) {
    for index in 0..text.tokens.len() {
        if text.gap(index).any(|sign| sign == '@') {
            scan_at(text, index, hits);
        }
        if is_at_in_brackets(text, index) {
            hits.add(IdentifierEmail, index - 1, index + 1);
        }
        if is_web_address(text, index) {
            hits.add(IdentifierLink, index.saturating_sub(1), index);
        }
    }
}

/// An at sign before this token.
fn scan_at(text: &Text, index: usize, hits: &mut Hits) {
    let touches_before = index > 0 && text.gap(index).next().is_some_and(|sign| "@([{<".contains(sign));
    let touches_after = text.gap(index).next_back().is_some_and(|sign| "@)]}>".contains(sign));
    let is_domain = (index + 1..index + 5).any(|at| is_top_level(text, at) || is_spaced_out(text, at));
    let between_words = if touches_after { touches_before } else { is_domain };
    if index > 0 && between_words {
        hits.add(IdentifierEmail, index - 1, index);
    } else if touches_after {
        hits.add(IdentifierLink, index, index);
    }
}

/// `(at)`, `[ at ]` and the like, with a word on each side.
fn is_at_in_brackets(text: &Text, index: usize) -> bool {
    let opened = text.gap(index).rfind(|sign| *sign != ' ').is_some_and(|sign| "([{<".contains(sign));
    let closed = text.gap(index + 1).find(|sign| *sign != ' ').is_some_and(|sign| ")]}>".contains(sign));
    text.word(index) == "at" && index > 0 && index + 1 < text.tokens.len() && opened && closed
}

/// Whether this token is the last part of a domain: `.org`, `(dot) org`, `dot org`.
fn is_top_level(text: &Text, index: usize) -> bool {
    let Some(before) = text.before(index) else { return false };
    let dotted = text.gap(index).eq(['.']) || (before.word == "dot" && text.gap(index).count() <= 2);
    dotted && TOP_LEVELS.contains(&text.word(index)) && !text.glued(index + 1)
}

/// The last part of a domain whose dot stands alone: `example . org`.
fn is_spaced_out(text: &Text, index: usize) -> bool {
    text.gap(index).eq([' ', '.', ' ']) && TOP_LEVELS.contains(&text.word(index))
}

fn is_web_address(text: &Text, index: usize) -> bool {
    let after_scheme = index > 0 && text.gap(index).eq([':', '/', '/']);
    let with_path = index > 0 && text.gap(index).eq(['.']) && text.gap_of(index + 1, 1, "/") && !text.glued(index + 1);
    let path_after_letters = with_path && text.token(index).is_some_and(|token| token.is_letters() && token.len > 1);
    after_scheme || text.word(index) == "www" || is_top_level(text, index) || path_after_letters
}
