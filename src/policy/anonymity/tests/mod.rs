//! The scan, by the table of the policy, by planted identifiers, and by ordinary sentences.

mod descriptors;
mod names;
mod ordinary;
mod planted;
mod table;

use chrono::NaiveDate;

use super::{Hit, Known, scan};
use crate::domain::disclosure::RefusalRule;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn today() -> NaiveDate {
    day(2026, 6, 1)
}

/// The family of the policy's examples.
fn family() -> Known {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    Known {
        names: vec![names(&["Zofia Marie Kowalczyk-Hart", "Zosia"]), names(&["Renée O'Neill"]), names(&["Will Hart"])],
        birth_dates: vec![day(2014, 3, 12)],
        references: names(&["IASS-2026-000123"]),
        setting_names: names(&["Larkbeck Primary"]),
    }
}

fn hits(text: &str) -> Vec<Hit> {
    scan(text, &family(), today())
}

fn rules(text: &str) -> Vec<RefusalRule> {
    hits(text).into_iter().map(|hit| hit.rule).collect()
}

/// What stands at a hit in the original.
fn at(text: &str, hit: Hit) -> String {
    text.chars().skip(hit.start).take(hit.end - hit.start).collect()
}
