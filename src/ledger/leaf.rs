//! The bytes of an entry and their hash.
//!
//! A body is a JSON object in a restricted form of RFC 8785, so that about 30 lines of any language can write or check it: keys ASCII
//! camelCase in ascending order; values are strings in NFC, integers below 2^53 in size, booleans, arrays and objects, at most [`DEPTH`] deep;
//! no white space; at most [`MAX_BODY`] bytes. One line of an export, without its LF, is the preimage of a leaf.
//!
//! The writer and the [reader](super::read) share no code: what one gets wrong, the other refuses.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use unicode_normalization::is_nfc;

use super::read::Reader;

/// So many bytes a body may have.
pub const MAX_BODY: usize = 64 * 1024;
/// So deep arrays and objects may lie in each other, the body itself counted.
pub const DEPTH: usize = 8;
pub(super) const MAX_INTEGER: u64 = (1 << 53) - 1;

/// A hash of the tree: SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash in these bytes, if they are 32.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The hash in this text, if it is written as [`base64`](Self::base64) writes it.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Self::from_slice(&STANDARD.decode(text).ok()?)
    }

    /// In standard base64 with padding, as the contract writes hashes outside a body.
    #[must_use]
    pub fn base64(&self) -> String {
        STANDARD.encode(self.0)
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.base64())
    }
}

/// The hash of a leaf, `SHA-256(0x00 || body)` (RFC 6962 §2.1).
#[must_use]
pub fn leaf_hash(body: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(body).finalize().into())
}

/// The hash of an inner node, `SHA-256(0x01 || left || right)` (RFC 6962 §2.1).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// Lower-case hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// Why something is no canonical body. It never quotes the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// More than [`MAX_BODY`] bytes.
    TooLong,
    /// Nested more than [`DEPTH`] deep.
    TooDeep,
    /// Not UTF-8.
    NotUtf8,
    /// Not an object.
    NotAnObject,
    /// A key that is not ASCII camelCase.
    Key,
    /// A key that is not greater than the one before it: unsorted or given twice.
    KeyOrder,
    /// `null`, which the form does not have.
    Null,
    /// A fraction, an exponent, `-0`, a leading zero, or an integer of 2^53 or more.
    Number,
    /// A string that is not in NFC.
    NotNfc,
    /// An escape other than the one RFC 8785 writes, or a control character that is not escaped.
    Escape,
    /// White space, a byte order mark, bytes after the end, or no JSON at all.
    Syntax,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the body is too long",
            Self::TooDeep => "the body is nested too deep",
            Self::NotUtf8 => "the body is not UTF-8",
            Self::NotAnObject => "the body is not an object",
            Self::Key => "a key is not camelCase",
            Self::KeyOrder => "the keys are not in ascending order",
            Self::Null => "null has no place in a body",
            Self::Number => "a number is not a plain integer below 2^53",
            Self::NotNfc => "a string is not in NFC",
            Self::Escape => "a character is not escaped as RFC 8785 has it",
            Self::Syntax => "the body is not canonical JSON",
        })
    }
}

impl std::error::Error for Malformed {}

/// The canonical text of a body.
pub fn write(body: &Map<String, Value>) -> Result<String, Malformed> {
    let mut out = String::new();
    write_object(body, DEPTH, &mut out)?;
    if out.len() > MAX_BODY { Err(Malformed::TooLong) } else { Ok(out) }
}

fn write_value(value: &Value, depth: usize, out: &mut String) -> Result<(), Malformed> {
    match value {
        Value::Null => return Err(Malformed::Null),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => {
            let integer = number.as_i64().filter(|n| n.unsigned_abs() <= MAX_INTEGER).ok_or(Malformed::Number)?;
            out.push_str(&integer.to_string());
        }
        Value::String(text) => write_string(text, out)?,
        Value::Array(values) => {
            let inside = depth.checked_sub(1).ok_or(Malformed::TooDeep)?;
            let mut lead = '[';
            for value in values {
                out.push(lead);
                write_value(value, inside, out)?;
                lead = ',';
            }
            out.push_str(if values.is_empty() { "[]" } else { "]" });
        }
        Value::Object(map) => write_object(map, depth, out)?,
    }
    Ok(())
}

fn write_object(map: &Map<String, Value>, depth: usize, out: &mut String) -> Result<(), Malformed> {
    let inside = depth.checked_sub(1).ok_or(Malformed::TooDeep)?;
    // The order of the map is a matter of serde_json's features, so it is not relied on.
    let mut members: Vec<_> = map.iter().collect();
    members.sort_unstable_by_key(|(key, _)| *key);
    let mut lead = '{';
    for (key, value) in members {
        if !is_camel_case(key) {
            return Err(Malformed::Key);
        }
        out.push(lead);
        write_string(key, out)?;
        out.push(':');
        write_value(value, inside, out)?;
        lead = ',';
    }
    out.push_str(if map.is_empty() { "{}" } else { "}" });
    Ok(())
}

fn write_string(text: &str, out: &mut String) -> Result<(), Malformed> {
    if !is_nfc(text) {
        return Err(Malformed::NotNfc);
    }
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => {
                out.push_str(if c < '\u{10}' { "\\u000" } else { "\\u001" });
                out.extend(char::from_digit(u32::from(c) % 16, 16));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    Ok(())
}

pub(super) fn is_camel_case(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_lowercase()) && key.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The body in these bytes, if they are canonical to the last one.
pub fn read(bytes: &[u8]) -> Result<Map<String, Value>, Malformed> {
    let mut reader = Reader::new(bytes)?;
    let value = read_value(&mut reader)?;
    reader.end()?;
    if let Value::Object(body) = value { Ok(body) } else { Err(Malformed::NotAnObject) }
}

fn read_value(reader: &mut Reader<'_>) -> Result<Value, Malformed> {
    match reader.next() {
        Some(b'{') => {
            let mut map = Map::new();
            reader.object(|reader, key| {
                map.insert(key.to_owned(), read_value(reader)?);
                Ok::<_, Malformed>(())
            })?;
            Ok(Value::Object(map))
        }
        Some(b'[') => {
            let mut values = Vec::new();
            reader.array(|reader| {
                values.push(read_value(reader)?);
                Ok::<_, Malformed>(())
            })?;
            Ok(Value::Array(values))
        }
        Some(b'"') => reader.string().map(|text| Value::String(text.into_owned())),
        Some(b'-' | b'0'..=b'9') => reader.integer().map(Value::from),
        _ => reader.boolean().map(Value::Bool),
    }
}

#[cfg(test)]
mod tests;
