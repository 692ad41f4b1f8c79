//! Notes in a letter: how many, a list of them, and their words.

use super::letter::{Part, can_be_written};
use super::words::{labels, written};
use crate::domain::legal_bundle::Enclosed;

/// How many notes, in words.
pub(super) fn number(notes: usize) -> String {
    match notes {
        1 => "1 note".to_owned(),
        notes => format!("{notes} notes"),
    }
}

/// The list of contents. A note of which only a part goes does not tell of what kinds the whole is.
pub(super) fn contents<'a>(notes: impl Iterator<Item = (&'a Enclosed, bool)>) -> Part {
    let line = |(note, in_part): (&Enclosed, bool)| {
        let kinds: Vec<_> = labels(&note.categories).into_iter().map(|kind| kind.to_lowercase()).collect();
        format!("{} ({})", title(note), if in_part { "in part".to_owned() } else { kinds.join(", ") })
    };
    Part::Rows(notes.zip(1..).map(|(note, n)| (n.to_string(), vec![line(note)])).collect())
}

/// Their words, each under a heading, with whether part of them is left out.
pub(super) fn word_for_word<'a>(notes: impl Iterator<Item = (&'a Enclosed, bool)> + Clone) -> Vec<Part> {
    let unprinted = !notes.clone().all(|(note, _)| can_be_written(note.words.as_str()));
    let square = "A square (□) stands for a sign that cannot be printed here. Please ask us for the exact words.";
    let mut parts: Vec<Part> = unprinted.then(|| Part::Notice(square.to_owned())).into_iter().collect();
    for ((note, in_part), n) in notes.zip(1..) {
        parts.push(Part::Heading(format!("{n}. {}", title(note))));
        parts.push(Part::Rows(vec![if in_part {
            ("In part".to_owned(), vec!["Some of its words are left out.".to_owned()])
        } else {
            ("What kind".to_owned(), labels(&note.categories))
        }]));
        parts.push(Part::Text(note.words.as_str().trim().to_owned()));
    }
    parts
}

fn title(note: &Enclosed) -> String {
    format!("Note of {}", written(note.on))
}
