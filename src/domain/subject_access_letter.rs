//! The answer to a subject access request as a letter (C9). It is no shape of the contract, but what a letter is made from, and what is kept of it once
//! it was sent: what it says of each case apart, so that this goes with the case.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::legal_bundle::Enclosed;
use super::receipt::Service;
use super::subject_access::SubjectAccessRequest;
use super::time::Timestamp;
use super::vocabulary::{Purpose, Vocabulary as _};

/// What the letter says: the items as they were decided, with names in the place of ids.
#[derive(Clone, Debug)]
pub struct SubjectAccessLetter {
    /// The service.
    pub service: Service,
    /// The day on which it was made.
    pub made_on: NaiveDate,
    /// The reference at its foot: the id of the request, never of a case.
    pub reference: String,
    /// The day on which the request arrived.
    pub received_on: NaiveDate,
    /// Who asked, by name: to nobody else does it go.
    pub to: String,
    /// Whom it is about, by name, if somebody else asked.
    pub about: Option<String>,
    /// What is on record of them beside the notes: a name of the field and what stands there.
    pub on_record: Vec<(String, Vec<String>)>,
    /// What is enclosed, oldest first.
    pub enclosed: Vec<Released>,
    /// What was passed on about them, as far as it may be told, oldest first.
    pub passed_on: Vec<PassedOn>,
    /// Whether something was left out, whole or in part. What it is, the letter does not say.
    pub left_out: bool,
}

/// What it says of no case: who writes, and to whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cover {
    /// The service.
    pub service: Service,
    /// Who asked, by name.
    pub to: String,
}

/// What it says of one case, each thing with its time, by which it stands among those of the others.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct OfCase {
    /// Whom it is about, by name, if somebody else asked, and this is the case by which that is told.
    pub about: Option<String>,
    /// What is on record of them beside the notes, if this is the case by which that is told.
    pub on_record: Vec<(String, Vec<String>)>,
    /// Its notes that go, in the words that go.
    pub enclosed: Vec<(Timestamp, Released)>,
    /// What was passed on from it.
    pub passed_on: Vec<(Timestamp, PassedOn)>,
    /// Whether something of it was left out, whole or in part.
    pub left_out: bool,
}

/// A note that is enclosed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Released {
    /// The note, in the words that are released.
    pub note: Enclosed,
    /// Whether part of its words is left out.
    pub in_part: bool,
}

/// Something that was passed on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PassedOn {
    /// The day.
    pub on: NaiveDate,
    /// To whom, by name.
    pub to: String,
    /// What for.
    pub purpose: Purpose,
}

impl OfCase {
    /// Whether it tells more than notes.
    #[must_use]
    pub fn goes_beyond_notes(&self) -> bool {
        self.about.is_some() || !self.on_record.is_empty() || !self.passed_on.is_empty()
    }

    /// All that it says beside the words of its notes, a line each. The log commits to this text, and to the words of each note.
    #[must_use]
    pub fn beside_notes(&self) -> String {
        let day = |on: NaiveDate| on.format("%-d %B %Y").to_string();
        let mut lines: Vec<(&str, String)> = self.about.iter().map(|name| ("About", name.clone())).collect();
        for (name, values) in &self.on_record {
            lines.extend(values.iter().map(|value| (name.as_str(), value.clone())));
        }
        for (_, Released { note, in_part }) in &self.enclosed {
            let kinds: Vec<&str> = note.categories.iter().map(|kind| kind.label()).collect();
            lines.push(("Enclosed", format!("{}, {}", day(note.on), if *in_part { "in part".to_owned() } else { kinds.join(", ") })));
        }
        for (_, PassedOn { on, to, purpose }) in &self.passed_on {
            lines.push(("Passed on", format!("{}, {to}, {}", day(*on), purpose.label())));
        }
        lines.extend(self.left_out.then(|| ("Not enclosed", "some of it".to_owned())));
        // A value of several lines makes no line of its own.
        let line = |(name, value): (&str, String)| format!("{name}: {}", value.replace('\n', "\n    "));
        lines.into_iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl SubjectAccessLetter {
    /// The letter that answers this request, from what it says of each case, in the order of the cases.
    #[must_use]
    pub fn of(request: &SubjectAccessRequest, built_at: Timestamp, cover: Cover, cases: Vec<OfCase>) -> Self {
        let Cover { service, to } = cover;
        let mut all = OfCase::default();
        for case in cases {
            all.about = case.about.or(all.about);
            all.on_record.extend(case.on_record);
            all.enclosed.extend(case.enclosed);
            all.passed_on.extend(case.passed_on);
            all.left_out |= case.left_out;
        }
        all.enclosed.sort_by_key(|(at, _)| *at);
        all.passed_on.sort_by_key(|(at, _)| *at);
        let another = request.content.subject_id != request.content.requester_id;
        Self {
            service,
            made_on: built_at.day(),
            reference: request.id.to_string(),
            received_on: request.content.received_on,
            to,
            about: another.then(|| all.about.unwrap_or_else(|| "somebody you asked for".to_owned())),
            on_record: all.on_record,
            enclosed: all.enclosed.into_iter().map(|(_, released)| released).collect(),
            passed_on: all.passed_on.into_iter().map(|(_, passed)| passed).collect(),
            left_out: all.left_out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::LongText;
    use crate::domain::vocabulary::InformationCategory;

    #[test]
    fn what_is_said_beside_the_notes_is_one_text_and_every_part_of_it_counts() {
        let at = Timestamp::parse("2026-05-20T09:00:00.000Z").unwrap();
        let note = Enclosed { on: at.day(), categories: vec![InformationCategory::Health], words: LongText("Said.".to_owned()) };
        let whole = OfCase {
            about: Some("Ana Lake".to_owned()),
            on_record: vec![("Contact".to_owned(), vec!["Email: a@example.org".to_owned(), "Post: 1 Mill\nLakeshire".to_owned()])],
            enclosed: vec![(at, Released { note: note.clone(), in_part: false }), (at, Released { note, in_part: true })],
            passed_on: vec![(at, PassedOn { on: at.day(), to: "SEND team North".to_owned(), purpose: Purpose::Liaison })],
            left_out: true,
        };
        let lines = [
            "About: Ana Lake",
            "Contact: Email: a@example.org",
            "Contact: Post: 1 Mill",
            "    Lakeshire",
            "Enclosed: 20 May 2026, Health",
            "Enclosed: 20 May 2026, in part",
            "Passed on: 20 May 2026, SEND team North, Speaking with officers and professionals",
            "Not enclosed: some of it",
        ];
        assert_eq!(whole.beside_notes(), lines.join("\n"));
        let notes = OfCase { about: None, on_record: Vec::new(), passed_on: Vec::new(), ..whole.clone() };
        let beyond = |case: OfCase| case.goes_beyond_notes();
        assert!(!beyond(notes.clone()) && OfCase::default().beside_notes().is_empty());
        assert!(beyond(OfCase { about: whole.about, ..notes.clone() }));
        assert!(beyond(OfCase { on_record: whole.on_record, ..notes.clone() }));
        assert!(beyond(OfCase { passed_on: whole.passed_on, ..notes }));
    }
}
