//! The words of the receipt of a permission or refusal, in plain English: who agreed to what, until when, and how they can change their mind.

use chrono::NaiveDate;

use super::letter::{Letter, Part, Unwritten};
use super::words::{labels, written};
use crate::domain::consent::{Condition, SubjectAuthority};
use crate::domain::ids::PersonId;
use crate::domain::receipt::{Noted, Receipt};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ConditionKind, ConsentDecision, ConsentStatus, Direction, GranterRelation, Vocabulary};

/// Of a permission that counts no longer.
const NOTHING_MORE: &str = " We share nothing more because of it.";

/// The receipt as a PDF.
pub fn receipt(receipt: &Receipt) -> Result<Vec<u8>, Unwritten> {
    receipt.letter().pdf()
}

/// The list, or these words where it is empty: in a refusal that means all.
fn or_all(list: Vec<String>, all: &str) -> Vec<String> {
    if list.is_empty() { vec![all.to_owned()] } else { list }
}

impl Receipt {
    fn given(&self) -> bool {
        self.consent.content.decision == ConsentDecision::Given
    }

    fn name(&self, id: PersonId) -> &str {
        self.people.get(&id).map_or("somebody", |person| person.name.as_str())
    }

    fn letter(&self) -> Letter {
        let (said_on, who) = (written(self.consent.content.decided_at.day()), self.name(self.consent.content.granter_id));
        let (title, said) = if self.given() {
            ("Your permission to share information", format!("On {said_on} {who} said that we may share information."))
        } else {
            ("Your decision not to share information", format!("On {said_on} {who} said that we must not share information."))
        };
        let what = if self.given() { "What was agreed" } else { "What was refused" };
        let mut parts = vec![
            Part::Text(format!("{said} This letter says exactly what was said. Please keep it.")),
            Part::Notice(self.standing()),
            Part::Heading(what.to_owned()),
            Part::Rows(self.rows()),
        ];
        parts.extend(self.change_of_mind());
        parts.push(Part::Heading("The one exception".to_owned()));
        parts.push(Part::Text(
            "Without permission we share information only if a child or another person is at risk of harm. If we do, we tell you, unless that \
             would make the risk greater."
                .to_owned(),
        ));
        let foot = format!("Made on {}  ·  Record {}", written(self.made_on), self.consent.id);
        Letter { from: self.service.name.clone(), title: title.to_owned(), parts, foot }
    }

    /// Where it stands.
    fn standing(&self) -> String {
        let (consent, what) = (&self.consent, if self.given() { "permission" } else { "refusal" });
        let nothing = if self.given() { NOTHING_MORE } else { "" };
        match consent.status {
            ConsentStatus::Live if consent.used_at.is_some() => {
                format!("This permission was for one time only, and that time is over.{NOTHING_MORE}")
            }
            ConsentStatus::Live => match (consent.content.starts_at.map(Timestamp::day), consent.content.expires_on) {
                (Some(first), Some(last)) if first > self.made_on => {
                    format!("This permission counts from {} on. Its last day is {}.", written(first), written(last))
                }
                (_, Some(last)) => format!("This permission is in force. Its last day is {}.", written(last)),
                (_, None) => format!("This {what} is in force. It does not end by itself."),
            },
            ConsentStatus::Withdrawn => match &consent.withdrawal {
                Some(how) => {
                    let (day, who) = (written(how.effective_at.day()), self.name(how.withdrawn_by_id));
                    format!("{who} took this {what} back on {day}.{nothing}")
                }
                None => format!("This {what} was taken back.{nothing}"),
            },
            ConsentStatus::Expired => self.ending(),
            ConsentStatus::Superseded => format!("A newer one has taken the place of this {what}. Only the newer one counts."),
            ConsentStatus::EnteredInError => format!("This {what} was written down in error. It does not count, and never did."),
        }
    }

    /// How a permission ended that nobody ended: with its last day, with that of whoever gave it, or with the case; whichever came first.
    fn ending(&self) -> String {
        let (consent, who) = (&self.consent, self.name(self.consent.content.granter_id));
        let closed_on = consent.ended_at.map(Timestamp::day);
        let first = |last: &NaiveDate| closed_on.is_none_or(|closed| *last < closed);
        let last = consent.content.expires_on.filter(first);
        // Somebody who speaks for one of those it is about without an end goes on doing so.
        let ends = consent.authority.iter().map(|held| held.ends_on.unwrap_or(NaiveDate::MAX));
        let Some(held_until) = ends.max() else {
            return format!("This permission does not count: as far as we know now, {who} could not give it.{NOTHING_MORE}");
        };
        match last {
            _ if first(&held_until) && last.is_none_or(|last| held_until < last) => {
                let day = written(held_until);
                format!("This permission ended on {day}. From the next day on {who} could not decide this any more.{NOTHING_MORE}")
            }
            Some(last) => format!("This permission ended on {}.{NOTHING_MORE}", written(last)),
            None => format!("This permission ended when we closed your case.{NOTHING_MORE}"),
        }
    }

    fn rows(&self) -> Vec<(String, Vec<String>)> {
        let content = &self.consent.content;
        let names = |people: &[PersonId]| people.iter().map(|id| self.name(*id).to_owned()).collect::<Vec<_>>();
        let mut rows = vec![
            ("Who said it", vec![self.name(content.granter_id).to_owned()]),
            ("In which role", self.consent.authority.iter().map(|held| self.role(*held)).collect()),
            ("About whom", names(&content.subject_ids)),
            (if self.given() { "With whom" } else { "Not with" }, or_all(self.recipients.clone(), "Anybody at all")),
            ("What for", or_all(labels(&content.purposes), "Any purpose")),
            ("Which information", self.information()),
            ("Which way", or_all(content.directions.iter().map(|way| direction(*way)).collect(), "Telling them, and asking them")),
            ("Conditions", content.conditions.iter().map(|condition| self.condition(condition)).collect()),
            ("How long", self.duration()),
            ("How it was said", self.manner()),
        ];
        if !self.consent.disclosure_ids.is_empty() {
            let times = match self.consent.disclosure_ids.len() {
                1 => "Once".to_owned(),
                times => format!("{times} times"),
            };
            rows.push((
                "Shared so far",
                vec![format!("{times}, because of this permission. Ask us, and we tell you what, with whom and when.")],
            ));
        }
        rows.into_iter().filter(|(_, values)| !values.is_empty()).map(|(name, values)| (name.to_owned(), values)).collect()
    }

    fn role(&self, held: SubjectAuthority) -> String {
        if held.granter_relation == GranterRelation::OwnSelf {
            return format!("{}, for themselves", self.name(held.subject_id));
        }
        format!(
            "For {}: {}",
            self.name(held.subject_id),
            held.granter_relation.label().to_lowercase().replace("send regulations", "SEND Regulations")
        )
    }

    fn information(&self) -> Vec<String> {
        let mut information = labels(&self.consent.content.information_categories);
        information.extend(self.notes.iter().map(|note| self.note(note)));
        or_all(information, "All information")
    }

    /// A note, without its text.
    fn note(&self, note: &Noted) -> String {
        let about: Vec<_> = note.about.iter().map(|id| self.name(*id)).collect();
        let kinds: Vec<_> = note.categories.iter().map(|kind| kind.label().to_lowercase()).collect();
        format!("Our note of {} about {} ({})", written(note.on), about.join(" and "), kinds.join(", "))
    }

    fn condition(&self, condition: &Condition) -> String {
        match (condition.kind, condition.not_before_on) {
            (ConditionKind::CopyToGranter, _) => format!("A copy goes to {} each time.", self.name(self.consent.content.granter_id)),
            (ConditionKind::NotBefore, Some(day)) => format!("Not before {}.", written(day)),
            (ConditionKind::NotBefore, None) => condition.kind.label().to_owned(),
            (ConditionKind::ChannelIn, _) => format!("Only this way: {}.", labels(&condition.channels).join(", ")),
            (ConditionKind::OnceOnly, _) => "Once only.".to_owned(),
        }
    }

    /// From when until when, and for whom it cannot last so long.
    fn duration(&self) -> Vec<String> {
        let content = &self.consent.content;
        let first = written(content.starts_at.unwrap_or(content.decided_at).day());
        let Some(last) = content.expires_on else { return vec![format!("From {first} on, until it is taken back.")] };
        let mut lines = vec![format!("From {first} up to and including {}.", written(last))];
        for held in &self.consent.authority {
            let Some(ends_on) = held.ends_on else { continue };
            let (who, day) = (self.name(held.subject_id), written(ends_on));
            let by_age = self.people.get(&held.subject_id).and_then(|person| person.age_out_on) == Some(ends_on);
            let why = if by_age {
                format!(
                    "It is the last Friday in June of the school year in which {who} turns 16. From the next day on {who} decides alone."
                )
            } else {
                format!("From the next day on {} cannot decide this, as far as we know.", self.name(content.granter_id))
            };
            let so_long = if ends_on < last { "ends earlier, with" } else { "could not last longer than" };
            lines.push(format!("For {who} it {so_long} {day}. {why}"));
        }
        lines
    }

    fn manner(&self) -> Vec<String> {
        let content = &self.consent.content;
        let mut lines = vec![format!("{}, on {}.", content.method.label(), written(content.decided_at.day()))];
        if let Some(words) = &content.evidence.words_used {
            lines.push(format!("These were the words: “{}”", words.as_str().trim()));
        }
        lines.push(format!("Our privacy notice at the time: {}.", content.evidence.notice_version.as_str()));
        if content.evidence.capacity_record_id.is_some() {
            lines.push("Somebody looked at who can decide about this, and it rests on that.".to_owned());
        }
        let (by, on) = (&self.consent.recorded_by.display_name, written(self.consent.created_at.day()));
        lines.push(format!("{} wrote it down on {on}.", by.as_str()));
        lines
    }

    fn change_of_mind(&self) -> Vec<Part> {
        let tell = match &self.service.contact {
            Some(contact) => format!("Just tell us: {contact}"),
            None => "Just tell whoever you speak with at the service.".to_owned(),
        };
        let (heading, text) = match (self.given(), self.consent.status == ConsentStatus::Live) {
            (true, true) => (
                "You can change your mind",
                "You can take this permission back at any time. You do not have to say why, and it makes no difference to the help you get from \
                 us. From that moment on we share nothing more because of it, and we tell those who received something that your permission has \
                 ended. What they know already cannot be taken back.",
            ),
            (true, false) => (
                "If you want us to share something again",
                "A permission that has ended does not come back by itself. If you want us to share something, we write down a new one with you. \
                 The help you get from us is the same either way.",
            ),
            (false, true) => (
                "You can change your mind",
                "We keep to this until you tell us otherwise. You can change your mind at any time, and the help you get from us is the same \
                 either way.",
            ),
            (false, false) => (
                "What counts now",
                "This no longer stands. We still share nothing unless somebody who may decide has given permission. The help you get from us is \
                 the same either way.",
            ),
        };
        vec![Part::Heading(heading.to_owned()), Part::Text(text.to_owned()), Part::Text(tell)]
    }
}

fn direction(way: Direction) -> String {
    match way {
        Direction::Outbound => "We may tell them.",
        Direction::InboundRequest => "We may ask them. Asking shows them that we know you.",
    }
    .to_owned()
}
