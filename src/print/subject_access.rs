//! The words of the letter that answers a subject access request (C9; UK GDPR Article 15): what is held, where it went, and the rights of whoever it is
//! about.

use super::letter::{Letter, Part, Unwritten};
use super::notes::{contents, number, word_for_word};
use super::words::written;
use crate::domain::legal_bundle::Enclosed;
use crate::domain::subject_access_letter::{PassedOn, SubjectAccessLetter};
use crate::domain::vocabulary::Vocabulary as _;

/// The letter and what it encloses as a PDF.
pub fn subject_access(letter: &SubjectAccessLetter) -> Result<Vec<u8>, Unwritten> {
    letter.letter().pdf()
}

impl SubjectAccessLetter {
    /// The notes, with whether they go only in part.
    fn notes(&self) -> impl Iterator<Item = (&Enclosed, bool)> + Clone {
        self.enclosed.iter().map(|released| (&released.note, released.in_part))
    }

    /// What this letter has of what is held.
    fn holds(&self) -> &'static str {
        match (self.on_record.is_empty(), self.enclosed.is_empty()) {
            (false, false) => "This letter has what is on record and a copy of our notes.",
            (false, true) => "This letter has what is on record. No note is enclosed.",
            (true, false) => "This letter has a copy of our notes.",
            (true, true) => "No note is enclosed.",
        }
    }

    fn letter(&self) -> Letter {
        let held_about = match &self.about {
            Some(name) => format!("What we hold about {name}"),
            None => "What we hold about you".to_owned(),
        };
        let mut head = vec![("To".to_owned(), vec![self.to.clone()])];
        head.extend(self.about.iter().map(|name| ("About".to_owned(), vec![name.clone()])));
        head.extend([
            ("Your request".to_owned(), vec![format!("The one that reached us on {}", written(self.received_on))]),
            ("Enclosed".to_owned(), vec![number(self.enclosed.len())]),
        ]);
        head.extend(self.service.contact.iter().map(|contact| ("Questions".to_owned(), vec![contact.clone()])));
        let mut parts = vec![
            Part::Rows(head),
            Part::Notice(format!("Confidential. For {} only.", self.to)),
            text(&format!(
                "You asked what we hold. {} We also keep permissions, forms and requests as they reached us: please tell us if you want a copy of \
                 those. We hold all this to give information, advice and support about special \
                 educational needs and disabilities (Children and Families Act 2014, section 32). It comes from those who talked or wrote to us. \
                 How long we keep it follows from our retention schedule, which you can ask us for. No decision was made by a machine.",
                self.holds()
            )),
        ];
        if !self.on_record.is_empty() {
            parts.extend([heading("What is on record"), Part::Rows(self.on_record.clone())]);
        }
        if !self.enclosed.is_empty() {
            parts.extend([heading("Our notes"), contents(self.notes())]);
        }
        parts.push(heading("What we passed on"));
        if self.passed_on.is_empty() {
            parts.push(text("We hold nothing that was passed on and that we may tell you of."));
        } else {
            parts.push(Part::Rows(self.passed_on.iter().map(|passed| (written(passed.on), vec![passed.line()])).collect()));
        }
        if self.left_out {
            parts.extend([
                heading("What is not enclosed"),
                text(
                    "We looked at our notes one by one. Some of them are not enclosed, or only in part, because the law does not let us give it to \
                     you: they may be about other people, for example, or could do serious harm to somebody.",
                ),
            ]);
        }
        parts.extend([
            heading("Your rights"),
            text(
                "If something is wrong, you can ask us to put it right. You can also ask us to delete it, to use it less, or not to use it. If you are \
                 not content with this answer, please tell us, and we will look at it again. You can complain to the Information Commissioner \
                 (ico.org.uk), and you can go to court.",
            ),
        ]);
        parts.extend(word_for_word(self.notes()));
        let foot = format!("Confidential  ·  Made on {}  ·  Request {}", written(self.made_on), self.reference);
        Letter { from: self.service.name.clone(), title: held_about, parts, foot }
    }
}

impl PassedOn {
    fn line(&self) -> String {
        format!("{} ({})", self.to, self.purpose.label().to_lowercase())
    }
}

fn heading(title: &str) -> Part {
    Part::Heading(title.to_owned())
}

fn text(words: &str) -> Part {
    Part::Text(words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::receipt::Service;
    use crate::domain::subject_access_letter::Released;
    use crate::domain::text::LongText;
    use crate::domain::vocabulary::{InformationCategory, Purpose};

    fn letter(about: Option<&str>, in_part: bool, left_out: bool, passed_on: Vec<PassedOn>) -> SubjectAccessLetter {
        let day = "2026-05-20".parse().unwrap();
        let note = Enclosed { on: day, categories: vec![InformationCategory::Health], words: LongText("Said.".to_owned()) };
        SubjectAccessLetter {
            service: Service { name: "Lakeshire".to_owned(), contact: None },
            made_on: day,
            reference: "01a0b5d1-0a2b-7c3d-8e4f-5a6b7c8d9e0f".to_owned(),
            received_on: day,
            to: "Mia Lake".to_owned(),
            about: about.map(str::to_owned),
            on_record: vec![("Name".to_owned(), vec!["Ana Lake".to_owned()])],
            enclosed: vec![Released { note, in_part }],
            passed_on,
            left_out,
        }
    }

    #[test]
    fn it_says_no_more_than_that_it_has_what_it_has() {
        let whole = letter(None, false, false, Vec::new());
        let others = SubjectAccessLetter { on_record: Vec::new(), ..letter(Some("Ana Lake"), false, false, Vec::new()) };
        for (letter, told) in [
            (whole.clone(), "This letter has what is on record and a copy of our notes. We"),
            (SubjectAccessLetter { enclosed: Vec::new(), ..whole }, "This letter has what is on record. No note is enclosed. We"),
            (others.clone(), "You asked what we hold. This letter has a copy of our notes. We"),
            (SubjectAccessLetter { enclosed: Vec::new(), ..others }, "You asked what we hold. No note is enclosed. We"),
        ] {
            let said = format!("{:?}", letter.letter().parts);
            assert!(said.contains(told), "{told} is not in {said}");
        }
    }

    #[test]
    fn it_tells_what_is_held_where_it_went_what_is_left_out_and_which_rights_there_are() {
        let passed = PassedOn { on: "2026-05-21".parse().unwrap(), to: "SEND team North".to_owned(), purpose: Purpose::Liaison };
        for (letter, told, untold) in [
            (
                letter(None, false, false, Vec::new()),
                vec!["about you", "nothing that was passed on"],
                vec!["not enclosed", "left out", "About"],
            ),
            (
                letter(Some("Ana Lake"), true, true, vec![passed]),
                vec!["about Ana Lake", "left out", "(in part)", "not enclosed", "21 May 2026", "SEND team North"],
                vec!["about you", "nothing that was passed on"],
            ),
        ] {
            let said = letter.letter();
            let said = format!("{} {:?}", said.title, said.parts);
            for words in told.iter().chain(&["Mia Lake", "Said.", "Information Commissioner", "Name"]) {
                assert!(said.contains(words), "{words} is not in {said}");
            }
            for words in untold {
                assert!(!said.contains(words), "{words} is in {said}");
            }
            assert!(subject_access(&letter).is_ok());
        }
    }
}
