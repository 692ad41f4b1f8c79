//! How values are written in a body: each in one form only.

use crate::domain::disclosure::RefusalRule;

/// The number of a UUID in its one form: lower case, with hyphens.
pub fn uuid(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return None;
    }
    let mut number = 0_u128;
    for (place, byte) in bytes.iter().enumerate() {
        let digit = match byte {
            b'-' if matches!(place, 8 | 13 | 18 | 23) => continue,
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        if matches!(place, 8 | 13 | 18 | 23) {
            return None;
        }
        number = number << 4 | u128::from(digit);
    }
    Some(number)
}

/// `2026-09-17T13:05:44.120Z`: always of this length, so that instants sort as texts do.
pub fn is_instant(text: &str) -> bool {
    const PATTERN: &[u8] = b"0000-00-00T00:00:00.000Z";
    let fits = |(byte, pattern): (&u8, &u8)| if *pattern == b'0' { byte.is_ascii_digit() } else { byte == pattern };
    if text.len() != PATTERN.len() || !text.as_bytes().iter().zip(PATTERN).all(fits) {
        return false;
    }
    let number = |from, to| text.get(from..to).and_then(|digits| digits.parse::<u32>().ok()).unwrap_or(u32::MAX);
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day) && number(11, 13) < 24 && number(14, 16) < 60 && number(17, 19) < 60
}

/// So many bytes in base64url without padding, in their one form.
pub fn is_base64url(text: &str, bytes: usize) -> bool {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    };
    // The bits that the last character has too many are zero.
    let spare = (text.len() * 6).checked_sub(bytes * 8).filter(|spare| *spare < 6);
    let last = text.bytes().last().and_then(value);
    spare.zip(last).is_some_and(|(spare, last)| last.trailing_zeros() as usize >= spare) && text.bytes().all(|byte| value(byte).is_some())
}

/// Eight hexadecimal digits, as the id of a key is written.
pub fn is_key_id(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A rule of the disclosure policy, as [`written_rule`](crate::ledger::entry::written_rule) writes it.
pub fn is_rule(text: &str) -> bool {
    let (number, code) = text.split_once('/').map_or((None, text), |(number, code)| (Some(number), code));
    RefusalRule::ALL.iter().any(|rule| rule.as_str() == code && rule.number() == number)
}

/// A public key of a log, or the public name of another key.
pub fn is_key(text: &str) -> bool {
    !text.is_empty() && text.len() <= 300 && text.bytes().all(|b| b.is_ascii_graphic())
}

/// The reference of an audit: nobody's name.
pub fn is_reference(text: &str) -> bool {
    let sign = |b: u8| b.is_ascii_alphanumeric() || b"._/-".contains(&b);
    text.len() <= 60 && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric()) && text.bytes().all(sign)
}
