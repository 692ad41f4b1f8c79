//! The identifier scan of an anonymous issue (C6): what in a text gives somebody away.
//!
//! The text is normalised and cut into tokens once; each scanner reads the tokens. A hit is a rule and a range, never the text.

mod addresses;
mod dates;
mod electronic;
mod looks;
mod names;
mod normalise;
mod numbers;
mod postcodes;
mod references;
mod settings;
#[cfg(test)]
mod tests;
mod titles;
mod words;

use chrono::NaiveDate;

use crate::domain::anonymity::Cohort;
use crate::domain::disclosure::RefusalRule;
use normalise::Text;

/// What the service knows and a text must not give away. It has no `Debug`: it is made of names.
#[derive(Clone, Default)]
pub struct Known {
    /// For each participant of the case, the full, former and known-as names.
    pub names: Vec<Vec<String>>,
    /// The birth dates of the participants.
    pub birth_dates: Vec<NaiveDate>,
    /// Our own references of the case.
    pub references: Vec<String>,
    /// All settings known to the service.
    pub setting_names: Vec<String>,
}

/// Something in a text that gives somebody away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The rule it breaks.
    pub rule: RefusalRule,
    /// Where it begins in the text as submitted, in Unicode scalar values from 0.
    pub start: usize,
    /// Where it ends, exclusive.
    pub end: usize,
}

/// The hits of one scan, by token range.
struct Hits<'a> {
    text: &'a Text,
    found: Vec<Hit>,
}

impl Hits<'_> {
    fn add(&mut self, rule: RefusalRule, first: usize, last: usize) {
        let (start, end) = self.text.range(first, last);
        self.found.push(Hit { rule, start, end });
    }
}

/// Every identifier of a text, as it is written and as it is seen, in the order of the text. `today` decides which dates are old enough to be
/// birth dates.
#[must_use]
pub fn scan(text: &str, known: &Known, today: NaiveDate) -> Vec<Hit> {
    let mut found = scan_one(&Text::new(text), known, today);
    if !text.is_ascii() {
        found.extend(scan_one(&Text::seen(text), known, today));
    }
    in_order(found)
}

fn scan_one(text: &Text, known: &Known, today: NaiveDate) -> Vec<Hit> {
    let mut hits = Hits { text, found: Vec::new() };
    let dates = dates::find(text, today);
    let taken = dates::tokens_taken(text, &dates);
    let names = names::Names::new(&known.names);
    names::scan(text, &names, &taken, &mut hits);
    titles::scan_titles(text, &mut hits);
    if !settings::find(text, &known.setting_names).is_empty() {
        titles::scan_initials(text, names.initials(), &mut hits);
    }
    dates::scan(text, &dates, &known.birth_dates, today, &mut hits);
    postcodes::scan(text, &mut hits);
    addresses::scan(text, &taken, &mut hits);
    electronic::scan(text, &mut hits);
    numbers::scan(text, &taken, &mut hits);
    references::scan(text, &known.references, &mut hits);
    hits.found
}

fn in_order(mut found: Vec<Hit>) -> Vec<Hit> {
    found.sort_by_key(|hit| (hit.start, hit.end, hit.rule));
    found.dedup();
    found
}

/// Every known setting and every postcode district in the text that the cohort does not list.
#[must_use]
pub fn descriptors_missing(text: &str, cohort: &Cohort, setting_names: &[String]) -> Vec<Hit> {
    let text = &Text::seen(text);
    let mut hits = Hits { text, found: Vec::new() };
    let listed_setting = cohort.setting_name.as_ref().map(|name| settings::words(name.as_str())).unwrap_or_default();
    for found in settings::find(text, setting_names) {
        if !listed_setting.starts_with(&found.words) {
            hits.add(RefusalRule::CohortDescriptorMissing, found.first, found.last);
        }
    }
    let listed_code = cohort.outward_code.as_deref().map(str::trim).unwrap_or_default();
    for found in postcodes::outward_codes(text) {
        if !found.code.eq_ignore_ascii_case(listed_code) {
            hits.add(RefusalRule::CohortDescriptorMissing, found.first, found.last);
        }
    }
    in_order(hits.found)
}

/// A text in the form in which two wordings count as the same: normalised, as it is seen, and without what stands between the words.
#[must_use]
pub fn normalised_wording(text: &str) -> String {
    normalise::wording(&Text::seen(text))
}
