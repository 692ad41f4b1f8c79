//! JSON read strictly: no property twice at any depth, at most 32 levels, nothing after the value, text in NFC without control characters.

use std::cell::Cell;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use super::problem::{Code, Problem};
use super::schema::step;
use crate::domain::fault::Fault;

/// Objects and arrays inside one another, the outermost included.
const DEEPEST: u8 = 32;

/// The value written in `bytes`, with its texts in NFC and whole numbers as integers. Control characters are all listed, by names that are
/// `known`: any other could be somebody's, and its place is told as that of its parent.
pub(super) fn parse(bytes: &[u8], known: impl Fn(&str) -> bool) -> Result<Value, Problem> {
    let malformed =
        |rule: &'static str, detail: &'static str| Problem::new(Code::MalformedRequest).with_fault(Fault::new("#", rule, detail));
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("encoding", "The body must be UTF-8."))?;
    let flaw = Cell::new(None);
    let mut reader = serde_json::Deserializer::from_str(text);
    let parsed = Strict { depth: 0, flaw: &flaw }.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    let mut value = parsed.map_err(|_| match flaw.get() {
        Some(Flaw::Repeated) => malformed("duplicate_property", "A property is repeated."),
        Some(Flaw::TooDeep) => malformed("too_deep", "The body is nested too deeply."),
        None => malformed("syntax", "The body is not JSON."),
    })?;
    let mut faults = Vec::new();
    tidy(&mut value, &mut String::from("#"), &known, &mut faults);
    faults.dedup();
    if faults.is_empty() { Ok(value) } else { Err(Problem::invalid(faults)) }
}

#[derive(Clone, Copy)]
enum Flaw {
    Repeated,
    TooDeep,
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: u8,
    flaw: &'a Cell<Option<Flaw>>,
}

impl Strict<'_> {
    fn inside<E: Error>(self) -> Result<Self, E> {
        if self.depth == DEEPEST {
            self.flaw.set(Some(Flaw::TooDeep));
            return Err(E::custom("too deep"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let inner = self.inside()?;
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let inner = self.inside()?;
        let mut properties = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            let value = object.next_value_seed(inner)?;
            if properties.insert(name, value).is_some() {
                self.flaw.set(Some(Flaw::Repeated));
                return Err(A::Error::custom("repeated"));
            }
        }
        Ok(Value::Object(properties))
    }
}

/// The largest number up to which every whole number has its own double.
const EXACT: f64 = 9_007_199_254_740_991.0;

/// Characters that no text needs: a name that is written backwards reads as it is shown, and is found by nobody who looks for it.
fn controls(c: char) -> bool {
    (c.is_control() && c != '\t' && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Texts to NFC and their lines to end as on Unix, `3.0` to `3` (JSON Schema counts it as an integer), control characters to faults.
fn tidy(value: &mut Value, place: &mut String, known: &impl Fn(&str) -> bool, faults: &mut Vec<Fault>) {
    match value {
        Value::String(text) => {
            if text.contains('\r') {
                *text = text.replace("\r\n", "\n");
            }
            if text.chars().any(controls) {
                let detail =
                    "Control characters other than tab and line breaks, and those that turn the direction of reading, are not accepted.";
                faults.push(Fault::new(place.clone(), "control_character", detail));
            }
            if !is_nfc(text) {
                *text = text.nfc().collect();
            }
        }
        Value::Number(number) => {
            if let Some(whole) = whole(number) {
                *number = whole;
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                let length = place.len();
                step(place, &index.to_string());
                tidy(item, place, known, faults);
                place.truncate(length);
            }
        }
        Value::Object(properties) => {
            for (name, property) in properties {
                let length = place.len();
                if known(name) {
                    step(place, name);
                }
                tidy(property, place, known, faults);
                place.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn whole(number: &Number) -> Option<Number> {
    let float = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0 && float.abs() <= EXACT)?;
    #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 53 bits")]
    let integer = float as i64;
    Some(Number::from(integer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> Result<Value, Problem> {
        super::parse(bytes, |name| ["a", "b"].contains(&name))
    }

    fn rule(text: &str) -> String {
        let problem = parse(text.as_bytes()).unwrap_err();
        format!("{} {}", problem.code().as_str(), problem.faults()[0].rule)
    }

    #[test]
    fn a_property_may_not_be_repeated_at_any_depth() {
        assert_eq!(rule(r#"{"a":1,"a":1}"#), "malformed-request duplicate_property");
        assert_eq!(rule(r#"{"a":[{"b":{"c":1,"\u0063":2}}]}"#), "malformed-request duplicate_property");
        assert!(parse(br#"{"a":{"b":1},"c":{"b":1}}"#).is_ok());
    }

    #[test]
    fn thirty_two_levels_are_read_and_thirty_three_refused() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(32).as_bytes()).is_ok());
        assert_eq!(rule(&nested(33)), "malformed-request too_deep");
        assert_eq!(rule(&"[".repeat(200_000)), "malformed-request too_deep");
    }

    #[test]
    fn what_follows_the_value_or_is_not_json_is_refused() {
        for text in ["{} {}", "{}x", "", "{", "{'a':1}", "{\"a\":1,}", "[1e999]", "\u{feff}{}", "{\"a\":\"\\ud800\"}", "{\"a\":NaN}"] {
            assert_eq!(rule(text), "malformed-request syntax", "{text}");
        }
        let problem = parse(b"{\"a\":\"\xff\"}").unwrap_err();
        assert_eq!(problem.faults()[0].rule, "encoding");
    }

    #[test]
    fn text_is_brought_to_nfc_and_control_characters_are_all_listed() {
        assert_eq!(parse("{\"a\":\"Zoe\u{308}\\t\\n\"}".as_bytes()).unwrap(), serde_json::json!({"a": "Zo\u{eb}\t\n"}));
        assert_eq!(parse(b"{\"a\":\"one\\r\\ntwo\\n\"}").unwrap(), serde_json::json!({"a": "one\ntwo\n"}));
        for turned in ["\\u202esillE", "E\\u2066llis"] {
            assert!(parse(format!("{{\"a\":\"{turned}\"}}").as_bytes()).is_err(), "{turned}");
        }
        // A name that could be somebody's is not repeated: the pointer stays at its parent.
        let problem = parse(br#"{"a":"x\u0000","b":[{"Thornbeck":"\r"}],"Marsh":{"b":"\r"}}"#).unwrap_err();
        let pointers: Vec<_> = problem.faults().iter().map(|fault| fault.pointer.as_deref().unwrap()).collect();
        assert_eq!(pointers, ["#/b", "#/a", "#/b/0"]);
    }

    #[test]
    fn whole_numbers_are_integers_however_they_are_written() {
        assert_eq!(parse(b"[3.0, 2e2, -1.0, 1.5]").unwrap().to_string(), "[3,200,-1,1.5]");
    }
}
