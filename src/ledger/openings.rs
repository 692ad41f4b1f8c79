//! What the commitments of an entry stand for, checked against the entry: with the key of the case it proves what the entry says.

mod shown;

use serde_json::{Map, Value};

use super::commit::CaseKey;
use super::entry::Opening;
use crate::domain::ids::EntryId;

pub use shown::{Count, Shown};

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

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::domain::ids::{ConsentId, PersonId, RequestId, StaffId};
    use crate::domain::text::LongText;
    use crate::domain::time::Timestamp;
    use crate::domain::vocabulary::{DisclosureLogKind, InformationCategory, PersonKind};
    use crate::ledger::{Copied, DisclosureEntry, Item, RecipientPerson, leaf};

    pub(super) fn written(key: &CaseKey) -> (Map<String, Value>, EntryId, Vec<Opening>) {
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
}
