//! The words of the letter with which an extract for legal proceedings goes to the officer who asked (C15): what is enclosed, word for word, and that
//! the rest is not.

use super::letter::{Letter, Part, Unwritten};
use super::notes::{contents, number, word_for_word};
use super::words::written;
use crate::domain::legal_bundle::ExtractLetter;

/// The letter and what it encloses as a PDF.
pub fn extract(letter: &ExtractLetter) -> Result<Vec<u8>, Unwritten> {
    letter.letter().pdf()
}

impl ExtractLetter {
    fn letter(&self) -> Letter {
        let whole = self.enclosed.iter().map(|note| (note, false));
        let to = std::iter::once(self.officer.clone()).chain(self.of.iter().cloned()).collect();
        let mut head = vec![
            ("To".to_owned(), to),
            ("Your request".to_owned(), vec![format!("The one that reached us on {}", written(self.received_on))]),
            ("About".to_owned(), self.about.clone()),
            ("Enclosed".to_owned(), vec![number(self.enclosed.len())]),
        ];
        head.retain(|(_, values): &(String, Vec<String>)| !values.is_empty());
        head.extend(self.copy_to.iter().map(|(_, name)| ("Copy for".to_owned(), vec![name.clone()])));
        head.extend(self.service.contact.iter().map(|contact| ("Questions".to_owned(), vec![contact.clone()])));
        let copied = self.copy_to.as_ref().map(|(_, name)| {
            Part::Text(format!(
                "This is the copy for {name} of a letter from us to {}. It holds the part of it that is theirs to see.",
                self.officer
            ))
        });
        let mut parts: Vec<Part> = copied.into_iter().collect();
        parts.extend([
            Part::Rows(head),
            Part::Notice(format!("Confidential. For {} and for the proceedings of the request only.", self.officer)),
            Part::Text(
                "You asked us for information for legal proceedings. This is an extract from our notes. The people it is about, or those who \
                 decide for them, gave permission to send it to you for this purpose. Please do not use it for anything else, and do not pass it \
                 on beyond the proceedings. Those whose permission it rests on get a copy."
                    .to_owned(),
            ),
            Part::Heading("What is enclosed".to_owned()),
            Part::Text("Each note stands below as we wrote it down, word for word.".to_owned()),
            contents(whole.clone()),
        ]);
        if self.left_out {
            parts.push(Part::Heading("What is not enclosed".to_owned()));
            parts.push(Part::Text(
                "We looked at our notes one by one. What is not relevant to the request, or may not be shared, is not enclosed.".to_owned(),
            ));
        }
        parts.extend(word_for_word(whole));
        let foot = format!("Confidential  ·  Made on {}  ·  Request {}", written(self.made_on), self.request);
        let title = if self.copy_to.is_some() { "Copy of an extract from our notes" } else { "Extract from our notes" };
        Letter { from: self.service.name.clone(), title: title.to_owned(), parts, foot }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::legal_bundle::Enclosed;
    use crate::domain::receipt::Service;
    use crate::domain::text::LongText;
    use crate::domain::vocabulary::InformationCategory;

    fn letter(notes: &[&str], left_out: bool) -> ExtractLetter {
        let day = "2026-05-20".parse().unwrap();
        let enclosed =
            |words: &&str| Enclosed { on: day, categories: vec![InformationCategory::Health], words: LongText((*words).to_owned()) };
        ExtractLetter {
            copy_to: None,
            service: Service { name: "Lakeshire".to_owned(), contact: None },
            made_on: day,
            request: crate::domain::ids::LegalRequestId(uuid::Uuid::nil()),
            received_on: day,
            officer: "Sam Okoro".to_owned(),
            of: Vec::new(),
            about: Vec::new(),
            enclosed: notes.iter().map(enclosed).collect(),
            left_out,
        }
    }

    fn said(letter: &ExtractLetter) -> String {
        format!("{:?}", letter.letter().parts)
    }

    #[test]
    fn it_says_whether_something_is_left_out_and_whether_something_cannot_be_printed() {
        let (whole, part, foreign) = (letter(&["Said."], false), letter(&["Said."], true), letter(&["日本"], false));
        for (letter, left_out, unprinted) in [(whole, false, false), (part, true, false), (foreign, false, true)] {
            let said = said(&letter);
            assert_eq!((said.contains("What is not enclosed"), said.contains("cannot be printed here")), (left_out, unprinted), "{said}");
        }
    }

    #[test]
    fn many_long_notes_are_set() {
        let long = "Said at length and in many words.\n".repeat(40);
        assert!(extract(&letter(&vec![long.as_str(); 25], true)).is_ok());
    }
}
