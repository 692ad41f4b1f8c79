//! Words that stand in more than one letter.

use chrono::NaiveDate;

use crate::domain::vocabulary::Vocabulary;

/// A day, as a letter says it.
pub(super) fn written(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// What the values are called.
pub(super) fn labels<T: Vocabulary>(values: &[T]) -> Vec<String> {
    values.iter().map(|value| value.label().to_owned()).collect()
}
