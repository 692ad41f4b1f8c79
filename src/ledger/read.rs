//! The strict reader of a body. Values are pulled from it one after the other, and nothing is copied but texts that have an escape.
//!
//! Whatever is not in the one form that [`write`](super::leaf::write) gives a body is [`Malformed`]. The writer and this share no code.

use std::borrow::Cow;

use unicode_normalization::is_nfc;

use super::leaf::{DEPTH, MAX_BODY, MAX_INTEGER, Malformed, is_camel_case};

/// What is left of a body to read.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a str,
    /// How much deeper arrays and objects may lie in each other from here.
    depth: usize,
}

impl<'a> Reader<'a> {
    /// At the beginning of these bytes.
    pub fn new(body: &'a [u8]) -> Result<Self, Malformed> {
        if body.len() > MAX_BODY {
            return Err(Malformed::TooLong);
        }
        Ok(Self { rest: std::str::from_utf8(body).map_err(|_| Malformed::NotUtf8)?, depth: DEPTH })
    }

    /// The byte with which the next value begins: it says what the value is.
    #[must_use]
    pub fn next(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    /// Nothing comes any more.
    pub fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed::Syntax) }
    }

    /// An object: `member` is called with each key, and pulls its value.
    pub fn object<E: From<Malformed>>(&mut self, mut member: impl FnMut(&mut Self, &'a str) -> Result<(), E>) -> Result<(), E> {
        self.enter("{")?;
        let (mut last, mut done) = ("", self.take("}"));
        while !done {
            let Cow::Borrowed(key) = self.string()? else { return Err(Malformed::Key.into()) };
            if !is_camel_case(key) {
                return Err(Malformed::Key.into());
            }
            if key <= last {
                return Err(Malformed::KeyOrder.into());
            }
            if !self.take(":") {
                return Err(Malformed::Syntax.into());
            }
            member(self, key)?;
            last = key;
            done = self.closed("}")?;
        }
        self.depth += 1;
        Ok(())
    }

    /// An array: `element` is called for each value, and pulls it.
    pub fn array<E: From<Malformed>>(&mut self, mut element: impl FnMut(&mut Self) -> Result<(), E>) -> Result<(), E> {
        self.enter("[")?;
        let mut done = self.take("]");
        while !done {
            element(self)?;
            done = self.closed("]")?;
        }
        self.depth += 1;
        Ok(())
    }

    /// A text.
    pub fn string(&mut self) -> Result<Cow<'a, str>, Malformed> {
        if !self.take("\"") {
            return Err(self.unexpected());
        }
        let mut text = Cow::Borrowed("");
        loop {
            let end = self.rest.bytes().position(|b| b < b' ' || b == b'"' || b == b'\\').ok_or(Malformed::Syntax)?;
            let (plain, rest) = self.rest.split_at_checked(end).ok_or(Malformed::Syntax)?;
            text += plain;
            self.rest = rest;
            if self.take("\"") {
                return if text.is_ascii() || is_nfc(&text) { Ok(text) } else { Err(Malformed::NotNfc) };
            }
            // A control character is no escape, so it is refused here as well.
            text.to_mut().push(self.escape().ok_or(Malformed::Escape)?);
        }
    }

    /// An integer. Everything that could belong to a number is taken, and must read back as it was written.
    pub fn integer(&mut self) -> Result<i64, Malformed> {
        let end = self.rest.bytes().position(|b| !(b.is_ascii_digit() || b"+-.eE".contains(&b))).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at_checked(end).filter(|(digits, _)| !digits.is_empty()).ok_or_else(|| self.unexpected())?;
        let integer: i64 = digits.parse().map_err(|_| Malformed::Number)?;
        let bare = digits.strip_prefix('-').filter(|_| integer < 0).unwrap_or(digits);
        if integer.unsigned_abs() > MAX_INTEGER || !bare.starts_with(|c: char| c.is_ascii_digit()) || (bare.starts_with('0') && bare != "0")
        {
            return Err(Malformed::Number);
        }
        self.rest = rest;
        Ok(integer)
    }

    /// `true` or `false`.
    pub fn boolean(&mut self) -> Result<bool, Malformed> {
        if self.take("true") {
            return Ok(true);
        }
        if self.take("false") { Ok(false) } else { Err(self.unexpected()) }
    }

    fn take(&mut self, text: &str) -> bool {
        let after = self.rest.strip_prefix(text);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn unexpected(&self) -> Malformed {
        if self.rest.starts_with("null") { Malformed::Null } else { Malformed::Syntax }
    }

    fn enter(&mut self, open: &str) -> Result<(), Malformed> {
        if !self.take(open) {
            return Err(self.unexpected());
        }
        self.depth = self.depth.checked_sub(1).ok_or(Malformed::TooDeep)?;
        Ok(())
    }

    /// Whether it ends here; else a comma says that it goes on.
    fn closed(&mut self, close: &str) -> Result<bool, Malformed> {
        if self.take(close) {
            return Ok(true);
        }
        if self.take(",") { Ok(false) } else { Err(Malformed::Syntax) }
    }

    fn escape(&mut self) -> Option<char> {
        const SHORT: [(&str, char); 7] =
            [("\\\"", '"'), ("\\\\", '\\'), ("\\b", '\u{8}'), ("\\t", '\t'), ("\\n", '\n'), ("\\f", '\u{c}'), ("\\r", '\r')];
        if let Some((_, c)) = SHORT.iter().find(|(written, _)| self.take(written)) {
            return Some(*c);
        }
        let after = self.rest.strip_prefix("\\u00")?;
        let (digits, rest) = after.split_at_checked(2)?;
        let lower = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let c = char::from(u8::from_str_radix(digits, 16).ok().filter(|code| lower && *code < 0x20)?);
        self.rest = rest;
        SHORT.iter().all(|(_, short)| *short != c).then_some(c)
    }
}
