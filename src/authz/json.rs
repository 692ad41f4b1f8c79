//! JSON read more strictly than `serde_json` reads it. A repeated key lets two readers see two documents, and a derived
//! struct also reads from an array, so both are refused before anything else looks at the text (RFC 8725 3.11, RFC 7515 4).

use std::borrow::Cow;
use std::collections::HashSet;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

/// Why a text is not one plain object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonFault {
    /// Not JSON, or not an object.
    Malformed,
    /// An object, at some depth, has a key twice.
    RepeatedKey,
}

/// Refuses what is not one JSON object in which every object, at any depth, has each key once.
pub(super) fn check_object(text: &[u8]) -> Result<(), JsonFault> {
    if text.trim_ascii_start().first() != Some(&b'{') {
        return Err(JsonFault::Malformed);
    }
    let mut reader = serde_json::Deserializer::from_slice(text);
    let scanned = Scan.deserialize(&mut reader).and_then(|()| reader.end());
    scanned.map_err(|error| if error.is_data() { JsonFault::RepeatedKey } else { JsonFault::Malformed })
}

/// The array of texts at the end of this path of keys; empty if the path leads nowhere.
pub(super) fn texts_at<'a>(text: &'a [u8], path: &[&str]) -> Result<Vec<Text<'a>>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let found = At(path).deserialize(&mut reader)?;
    reader.end()?;
    Ok(found)
}

/// A string, borrowed where it holds no escape.
#[derive(Deserialize, PartialEq, Eq, Hash)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// Whether a member is there, whatever its value; `#[serde(default)]` makes it absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Present(pub(super) bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

/// For an optional member that, when it is there, must have its type: `null` is refused.
pub(super) fn if_there<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Walks a whole value and keeps nothing of it but, for a moment, the keys of the objects it is in.
struct Scan;

impl<'de> DeserializeSeed<'de> for Scan {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scan {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = members.next_key::<Text<'de>>()? {
            if !keys.insert(key) {
                return Err(A::Error::custom("repeated key"));
            }
            members.next_value_seed(Self)?;
        }
        Ok(())
    }
}

struct At<'p>(&'p [&'p str]);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Vec<Text<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() { Deserialize::deserialize(deserializer) } else { deserializer.deserialize_map(self) }
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Vec<Text<'de>>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (name, rest) = self.0.split_first().ok_or_else(|| de::Error::custom("no path"))?;
        let mut found = Vec::new();
        while let Some(key) = members.next_key::<Text<'de>>()? {
            if key.0 == *name {
                found = members.next_value_seed(At(rest))?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}
