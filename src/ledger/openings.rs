//! What the commitments of an entry stand for, checked against the entry: with the key of the case it proves what the entry says.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use super::commit::{CaseKey, FieldKey};
use super::entry::Opening;
use super::leaf;
use crate::domain::ids::EntryId;

/// The commitments of an entry of the disclosure log: the path of each, and the commitment.
#[must_use]
pub fn commitments(body: &Map<String, Value>) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    for name in ["recipientPerson", "reason", "grounds"] {
        found.extend(body.get(name).and_then(Value::as_str).map(|value| (name.to_owned(), value)));
    }
    for (name, within) in [("subjects", None), ("consents", None), ("copies", Some("person")), ("items", Some("digest"))] {
        for (n, member) in body.get(name).and_then(Value::as_array).into_iter().flatten().enumerate() {
            let (label, value) = match within {
                None => (format!("{name}/{n}"), member),
                Some(field) => (format!("{name}/{n}/{field}"), member.get(field).unwrap_or(&Value::Null)),
            };
            found.extend(value.as_str().map(|value| (label, value)));
        }
    }
    found
}

/// Whether these values are what every commitment of the entry stands for, and there are no others.
#[must_use]
pub fn hold(body: &Map<String, Value>, id: EntryId, openings: &[Opening], key: &CaseKey) -> bool {
    let committed = commitments(body);
    let opened = |(label, commitment): &(String, &str)| {
        let mut of_label = openings.iter().filter(|opening| opening.label == *label);
        of_label.next().is_some_and(|opening| key.commitment(id, label, &opening.value) == *commitment) && of_label.next().is_none()
    };
    committed.len() == openings.len() && committed.iter().all(opened)
}

/// What an auditor was given of one entry: the answer of the service to a manager who asked what its commitments stand for.
#[derive(Deserialize)]
struct Answer {
    index: u64,
    openings: Vec<Field>,
}

/// The value behind one commitment, and its key.
#[derive(Clone, Debug, Deserialize)]
struct Field {
    label: String,
    value: String,
    #[serde(deserialize_with = "field_key")]
    key: FieldKey,
}

fn field_key<'de, D: Deserializer<'de>>(text: D) -> Result<FieldKey, D::Error> {
    FieldKey::read(&String::deserialize(text)?).ok_or_else(|| de::Error::custom("no key of a field"))
}

/// What an auditor was given of some entries, while these pass by.
#[derive(Clone, Debug, Default)]
pub struct Given {
    by_index: BTreeMap<u64, Vec<Field>>,
    opened: u64,
    wrong: Option<u64>,
}

/// What came of what an auditor was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// So many commitments stand for what was given.
    Hold(u64),
    /// The entry at this index does not say what was given of it.
    Differ(u64),
    /// The entry at this index did not pass by.
    Beyond(u64),
}

impl Given {
    /// The answers of the service, one after the other; none, if the text is anything else.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        let mut given = Self::default();
        for answer in serde_json::Deserializer::from_slice(text).into_iter::<Answer>() {
            let Answer { index, openings } = answer.ok()?;
            given.by_index.entry(index).or_default().extend(openings);
        }
        Some(given)
    }

    /// Holds what was given against the entry that is at this index.
    pub fn see(&mut self, index: u64, body: &[u8]) {
        let Some(fields) = self.by_index.remove(&index) else { return };
        let body = leaf::read(body).unwrap_or_default();
        let committed = commitments(&body);
        let holds = |field: &Field| {
            committed.iter().any(|(label, commitment)| *label == field.label && field.key.commitment(label, &field.value) == *commitment)
        };
        if !fields.iter().all(holds) {
            self.wrong.get_or_insert(index);
        }
        self.opened += fields.len() as u64;
    }

    /// At the end of the entries.
    #[must_use]
    pub fn opened(&self) -> Opened {
        match (self.wrong, self.by_index.keys().next()) {
            (Some(index), _) => Opened::Differ(index),
            (None, Some(index)) => Opened::Beyond(*index),
            (None, None) => Opened::Hold(self.opened),
        }
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::domain::ids::{ConsentId, PersonId, RequestId, StaffId};
    use crate::domain::text::LongText;
    use crate::domain::time::Timestamp;
    use crate::domain::vocabulary::{DisclosureLogKind, InformationCategory, PersonKind};
    use crate::ledger::{Copied, DisclosureEntry, Item, RecipientPerson, leaf};

    fn written(key: &CaseKey) -> (Map<String, Value>, EntryId, Vec<Opening>) {
        let id = EntryId::mint();
        let mut entry = DisclosureEntry::new(id, DisclosureLogKind::DisclosureMade, StaffId::mint(), RequestId::mint());
        entry.recipient_person = Some(RecipientPerson::Person(PersonId::mint()));
        entry.subjects = vec![PersonId::mint(), PersonId::mint()];
        entry.consents = vec![(ConsentId::mint(), 2)];
        entry.copies = vec![Copied { role: PersonKind::Child, person: PersonId::mint() }];
        entry.items = vec![Item::new(InformationCategory::Attendance, "Half days.")];
        entry.reason = Some(LongText("The school must know.".to_owned()));
        entry.grounds = Some(LongText("{}".to_owned()));
        let written = entry.write(Timestamp::parse("2026-06-01T09:00:00.000Z").unwrap(), Some(key)).unwrap();
        (leaf::read(written.body.as_bytes()).unwrap(), id, written.openings)
    }

    #[test]
    fn t36_an_opening_proves_one_field_of_one_entry() {
        let key = CaseKey::new(Zeroizing::new([5; 32]));
        let ((body, id, openings), (other, other_id, others)) = (written(&key), written(&key));
        assert_eq!(commitments(&body).len(), 8);
        assert!(hold(&body, id, &openings, &key) && hold(&other, other_id, &others, &key));
        // Of another entry, another case, or under the id of another entry.
        assert!(!hold(&body, id, &others, &key) && !hold(&body, other_id, &openings, &key));
        assert!(!hold(&body, id, &openings, &CaseKey::new(Zeroizing::new([6; 32]))));
        // Two fields exchanged, one left out, one too many, one given twice.
        let subjects = openings.iter().position(|opening| opening.label == "subjects/0").unwrap();
        let mut swapped = openings.clone();
        let value = swapped[subjects].value.clone();
        swapped[subjects].value = std::mem::replace(&mut swapped[subjects + 1].value, value);
        assert!(!hold(&body, id, &swapped, &key));
        assert!(!hold(&body, id, &openings[1..], &key));
        let more = |opening: Opening| openings.iter().cloned().chain([opening]).collect::<Vec<_>>();
        assert!(!hold(&body, id, &more(Opening { label: "subjects/9".to_owned(), value: "x".to_owned() }), &key));
        let mut twice = openings.clone();
        twice[0] = twice[1].clone();
        assert!(!hold(&body, id, &twice, &key));
        // The same value under another label is another commitment.
        assert_ne!(key.commitment(id, "subjects/0", "x"), key.commitment(id, "subjects/1", "x"));
    }

    #[test]
    fn t36_whoever_is_given_some_values_and_their_keys_checks_them_without_the_key_of_the_case() {
        let key = CaseKey::new(Zeroizing::new([5; 32]));
        let ((body, id, openings), (other, ..)) = (written(&key), written(&key));
        let (line, other) = (leaf::write(&body).unwrap(), leaf::write(&other).unwrap());
        let shown = |opening: &Opening, under: &str| {
            let Opening { label, value } = opening;
            serde_json::json!({"label": label, "value": value, "key": key.field_key(id, under).text().to_string()})
        };
        let given = |index: u64, openings: Vec<Value>| {
            let answer = serde_json::json!({"index": index, "leafHash": "passed over", "openings": openings});
            Given::read(format!("{answer}\n{answer:#}").as_bytes()).unwrap()
        };
        let all: Vec<Value> = openings.iter().map(|opening| shown(opening, &opening.label)).collect();
        let seen = |mut given: Given, index: u64, line: &str| {
            given.see(index, line.as_bytes());
            given.opened()
        };
        assert_eq!(seen(given(7, all.clone()), 7, &line), Opened::Hold(16));
        assert_eq!(seen(given(7, all[2..3].to_vec()), 7, &line), Opened::Hold(2));
        assert_eq!(seen(given(7, all.clone()), 8, &line), Opened::Beyond(7));
        assert_eq!(seen(given(7, all), 7, &other), Opened::Differ(7));
        assert_eq!(seen(given(7, vec![shown(&openings[0], "subjects/9")]), 7, &line), Opened::Differ(7));
        let made_up = Opening { value: "made up".to_owned(), ..openings[0].clone() };
        assert_eq!(seen(given(7, vec![shown(&made_up, &made_up.label)]), 7, &line), Opened::Differ(7));
        let elsewhere = Opening { label: "subjects/9".to_owned(), ..openings[0].clone() };
        assert_eq!(seen(given(7, vec![shown(&elsewhere, &elsewhere.label)]), 7, &line), Opened::Differ(7));
        for text in ["{", "[]", "{\"index\":1}", "{\"index\":1,\"openings\":[{\"label\":\"a\",\"value\":\"b\",\"key\":\"c\"}]}"] {
            assert!(Given::read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
