//! The bytes of an entry and their hash.
//!
//! A body is a JSON object in a restricted form of RFC 8785, so that about 30 lines of any language can write or check it: keys ASCII
//! camelCase in ascending order; values are strings in NFC, integers below 2^53 in size, booleans, arrays and objects, at most [`DEPTH`] deep;
//! no white space; at most [`MAX_BODY`] bytes. One line of an export, without its LF, is the preimage of a leaf.
//!
//! The writer and the reader share no code: what one gets wrong, the other refuses.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use unicode_normalization::is_nfc;

/// So many bytes a body may have.
pub const MAX_BODY: usize = 64 * 1024;
/// So deep arrays and objects may lie in each other, the body itself counted.
pub const DEPTH: usize = 8;
const MAX_INTEGER: u64 = (1 << 53) - 1;

/// A hash of the tree: SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash in these bytes, if they are 32.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
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

fn is_camel_case(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_lowercase()) && key.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The body in these bytes, if they are canonical to the last one.
pub fn read(bytes: &[u8]) -> Result<Map<String, Value>, Malformed> {
    if bytes.len() > MAX_BODY {
        return Err(Malformed::TooLong);
    }
    let mut reader = Reader { rest: std::str::from_utf8(bytes).map_err(|_| Malformed::NotUtf8)? };
    let value = reader.value(DEPTH)?;
    match value {
        _ if !reader.rest.is_empty() => Err(Malformed::Syntax),
        Value::Object(body) => Ok(body),
        _ => Err(Malformed::NotAnObject),
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn take(&mut self, text: &str) -> bool {
        let after = self.rest.strip_prefix(text);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn value(&mut self, depth: usize) -> Result<Value, Malformed> {
        match self.rest.bytes().next() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take("true") => Ok(Value::Bool(true)),
            _ if self.take("false") => Ok(Value::Bool(false)),
            _ if self.take("null") => Err(Malformed::Null),
            _ => Err(Malformed::Syntax),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Malformed> {
        let inside = depth.checked_sub(1).ok_or(Malformed::TooDeep)?;
        let mut map = Map::new();
        let mut last = String::new();
        self.skip(1);
        if self.take("}") {
            return Ok(Value::Object(map));
        }
        loop {
            let key = self.string()?;
            if !is_camel_case(&key) {
                return Err(Malformed::Key);
            }
            if key <= last {
                return Err(Malformed::KeyOrder);
            }
            if !self.take(":") {
                return Err(Malformed::Syntax);
            }
            let value = self.value(inside)?;
            last.clone_from(&key);
            map.insert(key, value);
            if self.take("}") {
                return Ok(Value::Object(map));
            }
            if !self.take(",") {
                return Err(Malformed::Syntax);
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Malformed> {
        let inside = depth.checked_sub(1).ok_or(Malformed::TooDeep)?;
        let mut values = Vec::new();
        self.skip(1);
        if self.take("]") {
            return Ok(Value::Array(values));
        }
        loop {
            values.push(self.value(inside)?);
            if self.take("]") {
                return Ok(Value::Array(values));
            }
            if !self.take(",") {
                return Err(Malformed::Syntax);
            }
        }
    }

    /// Everything that could belong to a number is taken, and must read back as it was written.
    fn number(&mut self) -> Result<Value, Malformed> {
        let end = self.rest.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c))).unwrap_or(self.rest.len());
        let digits = self.rest.get(..end).unwrap_or_default();
        let integer: i64 = digits.parse().map_err(|_| Malformed::Number)?;
        if integer.unsigned_abs() > MAX_INTEGER || integer.to_string() != digits {
            return Err(Malformed::Number);
        }
        self.skip(end);
        Ok(Value::from(integer))
    }

    fn string(&mut self) -> Result<String, Malformed> {
        if !self.take("\"") {
            return Err(Malformed::Syntax);
        }
        let mut text = String::new();
        loop {
            let end = self.rest.find(|c| c < ' ' || c == '"' || c == '\\').ok_or(Malformed::Syntax)?;
            text.push_str(self.rest.get(..end).unwrap_or_default());
            self.skip(end);
            if self.take("\"") {
                return if is_nfc(&text) { Ok(text) } else { Err(Malformed::NotNfc) };
            }
            // A control character is no escape, so it is refused here as well.
            text.push(self.escape().ok_or(Malformed::Escape)?);
        }
    }

    fn escape(&mut self) -> Option<char> {
        const SHORT: [(&str, char); 7] =
            [("\\\"", '"'), ("\\\\", '\\'), ("\\b", '\u{8}'), ("\\t", '\t'), ("\\n", '\n'), ("\\f", '\u{c}'), ("\\r", '\r')];
        if let Some((_, c)) = SHORT.iter().find(|(written, _)| self.take(written)) {
            return Some(*c);
        }
        let digits = self.rest.strip_prefix("\\u00")?.get(..2)?;
        let lower = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let c = char::from(u8::from_str_radix(digits, 16).ok().filter(|code| lower && *code < 0x20)?);
        self.skip(6);
        SHORT.iter().all(|(_, short)| *short != c).then_some(c)
    }
}

#[cfg(test)]
mod tests;
