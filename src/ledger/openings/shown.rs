//! What the commitments of entries stand for, shown beside a bundle, and held against it. Where it is shown of every entry it is counted, too: what has
//! nothing to open is of a case that was disposed of, and of such there are as many as the disposals account for (C16).

use std::cmp::Ordering;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use super::commitments;
use crate::domain::ids::EntryId;
use crate::ledger::audit::{Standing, Verdict};
use crate::ledger::commit::{CaseKey, FieldKey};
use crate::ledger::entry::Opening;
use crate::ledger::leaf;

/// What is shown of an entry: a part of the answer of the service to a manager, or a line of what an operator printed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shown {
    /// Its place in the log.
    pub index: u64,
    openings: Vec<ShownOpening>,
}

/// What a commitment stands for, with the key of that field alone.
#[derive(Clone, Serialize, Deserialize)]
struct ShownOpening {
    label: String,
    value: String,
    #[serde(serialize_with = "written", deserialize_with = "read")]
    key: FieldKey,
}

impl std::fmt::Debug for ShownOpening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ShownOpening({})", self.label)
    }
}

fn written<S: Serializer>(key: &FieldKey, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&key.text())
}

fn read<'de, D: Deserializer<'de>>(from: D) -> Result<FieldKey, D::Error> {
    FieldKey::read(&String::deserialize(from)?).ok_or_else(|| de::Error::custom("no key of a field"))
}

impl Shown {
    /// Of this entry, with the key of its case.
    #[must_use]
    pub fn of(index: u64, id: EntryId, openings: Vec<Opening>, key: &CaseKey) -> Self {
        let shown = |Opening { label, value }| ShownOpening { key: key.field_key(id, &label), label, value };
        Self { index, openings: openings.into_iter().map(shown).collect() }
    }
}

/// What was shown, while the entries of a bundle pass by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    /// Whether every entry that has something to open is to be shown, and all of it.
    every: bool,
    /// So many commitments stand for what was shown.
    opened: u64,
    /// So many entries of cases have nothing to open.
    shredded: u64,
    /// So many of them disposals account for.
    accounted: u64,
    /// The first entry that does not say what was shown of it.
    wrong: Option<u64>,
}

impl Count {
    /// Of what is shown of some entries, or of every one.
    #[must_use]
    pub fn new(every: bool) -> Self {
        Self { every, ..Self::default() }
    }

    /// Takes the next entry, in these bytes, with what is shown of it.
    pub fn entry(&mut self, index: u64, line: &[u8], shown: Option<&Shown>) {
        if !self.every && shown.is_none() {
            return;
        }
        let Ok(body) = leaf::read(line) else { return };
        let accounted = body.get("disposed").and_then(|told| told.get("entries")).and_then(Value::as_u64);
        self.accounted += accounted.unwrap_or_default();
        let Some(Shown { openings, .. }) = shown else {
            self.shredded += u64::from(body.contains_key("case"));
            return;
        };
        let committed = commitments(&body);
        let holds = |shown: &ShownOpening| {
            let mut of_label = committed.iter().filter(|(label, _)| *label == shown.label);
            of_label.any(|(label, commitment)| shown.key.commitment(label, &shown.value) == *commitment)
        };
        let labels = || openings.iter().map(|shown| shown.label.as_str()).collect::<std::collections::BTreeSet<_>>().len();
        let complete = !self.every || (body.contains_key("case") && labels() == committed.len());
        if openings.iter().all(holds) && labels() == openings.len() && complete {
            self.opened += openings.len() as u64;
        } else {
            self.wrong.get_or_insert(index);
        }
    }

    /// What it comes to. `whole`: the bundle was the whole log; `beyond`: something is shown of this entry, which did not pass by.
    #[must_use]
    pub fn verdict(self, whole: bool, beyond: Option<u64>) -> Verdict {
        let Self { every, opened, shredded, accounted, wrong } = self;
        if let Some(index) = wrong {
            let says = format!("Entry {index} does not say what is shown of it: something in what is shown was changed or exchanged.");
            return Verdict::new(Standing::Failed, "differ", says).at(index);
        }
        if let Some(index) = beyond {
            let says = format!("Something is shown of entry {index}, which is not in this bundle, or not in the order of the log.");
            return Verdict::new(Standing::Unknown, "not_covered", says).at(index);
        }
        let open = format!("{opened} commitments stand for what is shown");
        let told = format!("{open}; {shredded} entries have nothing to open, and disposals account for {accounted}");
        match (every, whole, shredded.cmp(&accounted)) {
            (false, ..) => Verdict::new(Standing::Sound, "open", format!("{open}: that is what was logged.")),
            (true, true, Ordering::Equal) => Verdict::new(Standing::Sound, "accounted", format!("{told}.")),
            (true, true, Ordering::Less) => {
                let says = format!(
                    "{told}: what a disposal was to erase is still shown. Was it printed before that disposal, or was nothing erased?"
                );
                Verdict::new(Standing::Unknown, "not_erased", says)
            }
            (true, true, Ordering::Greater) => {
                let says = format!("{told}: something was erased without a disposal, or not all is shown.");
                Verdict::new(Standing::Failed, "unaccounted", says)
            }
            (true, false, _) => {
                Verdict::new(Standing::Unknown, "not_whole", format!("{told}: only of a whole log can the two be compared."))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::written as entry;
    use super::*;
    use zeroize::Zeroizing;

    #[test]
    fn t36_whoever_is_shown_some_values_and_their_keys_checks_them_without_the_key_of_the_case() {
        let key = CaseKey::new(Zeroizing::new([5; 32]));
        let ((body, id, openings), (other, ..)) = (entry(&key), entry(&key));
        let (line, other) = (leaf::write(&body).unwrap(), leaf::write(&other).unwrap());
        let shown = |openings: &[Opening]| {
            let text = serde_json::to_string(&Shown::of(7, id, openings.to_vec(), &key)).unwrap();
            // What else an answer of the service has is passed over.
            serde_json::from_str::<Shown>(&text.replacen('{', "{\"leafHash\":\"x\",", 1)).unwrap()
        };
        let found = |every, line: &str, shown: Option<&Shown>| {
            let mut count = Count::new(every);
            count.entry(7, line.as_bytes(), shown);
            count.verdict(true, None).finding
        };
        let (all, one) = (shown(&openings), shown(&openings[2..3]));
        assert_eq!((found(false, &line, Some(&all)), found(true, &line, Some(&all))), ("open", "accounted"));
        assert_eq!((found(false, &line, Some(&one)), found(true, &line, Some(&one))), ("open", "differ"));
        assert_eq!((found(false, &line, None), found(true, &line, None)), ("open", "unaccounted"));
        assert_eq!(found(false, &other, Some(&all)), "differ");
        let with = |label: &str, value: &str| vec![Opening { label: label.to_owned(), value: value.to_owned() }];
        let Opening { label, value } = &openings[0];
        assert_eq!(found(false, &line, Some(&shown(&with(label, value)))), "open");
        for opening in [with(label, "made up"), with("subjects/9", value), [openings[0].clone(), openings[0].clone()].to_vec()] {
            assert_eq!(found(false, &line, Some(&shown(&opening))), "differ");
        }
        // Beside what is shown, what disposals account for.
        let gone = |entries: u64| {
            let mut disposal = body.clone();
            disposal.insert("disposed".to_owned(), serde_json::json!({ "entries": entries }));
            leaf::write(&disposal).unwrap()
        };
        for (accounted, finding) in [(1, "unaccounted"), (2, "accounted"), (3, "not_erased")] {
            let mut count = Count::new(true);
            count.entry(7, line.as_bytes(), Some(&all));
            for gone in [&other, &gone(1), &gone(accounted)] {
                count.entry(8, gone.as_bytes(), None);
            }
            let verdict = count.verdict(true, None);
            let says = format!(
                "8 commitments stand for what is shown; 3 entries have nothing to open, and disposals account for {}",
                1 + accounted
            );
            assert!(verdict.finding == finding && verdict.says.starts_with(&says), "{verdict:?}");
        }
        // A key of another field opens nothing.
        let mut exchanged = shown(&openings[..1]);
        exchanged.openings[0].key = key.field_key(id, &openings[1].label);
        assert_eq!(found(false, &line, Some(&exchanged)), "differ");
        assert_eq!(Count::new(false).verdict(true, Some(3)).finding, "not_covered");
        assert_eq!(Count::new(true).verdict(false, None).finding, "not_whole");
        for text in ["{\"index\":1}", "{\"index\":1,\"openings\":[{\"label\":\"a\",\"value\":\"b\",\"key\":\"c\"}]}"] {
            assert!(serde_json::from_str::<Shown>(text).is_err(), "{text}");
        }
    }
}
