//! Whether a permission is in force, what it covers, and what a refusal is about: recipient, purpose, note or category, direction.
//!
//! The two are read differently. A permission covers what it lists, exactly. A refusal is about everything it leaves open, and also about an ask that
//! is wider than the refusal and so could reach whom it names.

use unicode_normalization::UnicodeNormalization;

use crate::domain::consent::ConsentRecipient;
use crate::domain::disclosure::{Ask, AskRecipient, ConsentFact, RefusalRule};
use crate::domain::ids::NoteId;
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ConsentStatus, InformationCategory};

/// What of an item is looked at: one category of one note, or of what goes beyond notes. A note without category is covered by name only.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matter {
    pub note: Option<NoteId>,
    pub category: Option<InformationCategory>,
}

/// Who would receive, as far as it matters to a permission.
#[derive(Clone, Copy)]
pub(super) struct Receiver<'a> {
    pub who: &'a AskRecipient,
    /// A council body: it always needs a team.
    pub in_council: bool,
}

/// Recipient covered (R10): same body, same team, and that person if the permission names one; or the same participant. No hierarchy.
pub(super) fn recipient_covered(permission: &ConsentFact, to: Receiver<'_>) -> bool {
    permission.recipients.iter().any(|named| match to.who {
        AskRecipient::Body { recipient_id, team_id, person_name, .. } => {
            named.recipient_id == Some(*recipient_id)
                && named.team_id == *team_id
                && (team_id.is_some() || !to.in_council)
                && named.person_name.as_ref().is_none_or(|name| person_name.as_ref().is_some_and(|asked| same_name(name, asked)))
        }
        AskRecipient::Person(person) => named.person_id == Some(*person),
        AskRecipient::Unregistered { .. } => false,
    })
}

/// Category or note covered (R12, second half).
pub(super) fn data_covered(permission: &ConsentFact, matter: Matter) -> bool {
    note_named(permission, matter.note) || matter.category.is_some_and(|category| permission.categories.contains(&category))
}

/// Whether the permission names the note.
pub(super) fn note_named(permission: &ConsentFact, note: Option<NoteId>) -> bool {
    note.is_some_and(|note| permission.note_ids.contains(&note))
}

/// Whether a permission is for recipient, purpose, matter and direction of the ask; says nothing of its authority or time.
pub(super) fn permits(permission: &ConsentFact, ask: &Ask, to: Receiver<'_>, matter: Matter) -> bool {
    recipient_covered(permission, to)
        && permission.purposes.contains(&ask.purpose)
        && data_covered(permission, matter)
        && permission.directions.contains(&ask.direction)
}

/// Whether a refusal is about the ask. An absent list means "all", a body without team all its teams, notes without categories those notes.
pub(super) fn refuses(refusal: &ConsentFact, ask: &Ask, to: Receiver<'_>, matter: Matter) -> bool {
    let recipient = refusal.recipients.is_empty() || refusal.recipients.iter().any(|named| could_reach(named, to.who));
    let purpose = refusal.purposes.is_empty() || refusal.purposes.contains(&ask.purpose);
    let direction = refusal.directions.is_empty() || refusal.directions.contains(&ask.direction);
    let everything = refusal.note_ids.is_empty() && refusal.categories.is_empty();
    let category = match matter.category {
        Some(category) => refusal.categories.contains(&category),
        None => !refusal.categories.is_empty(),
    };
    recipient && purpose && direction && (everything || category || note_named(refusal, matter.note))
}

/// Whether an ask could reach whom a refusal names: one without team or person could reach any.
fn could_reach(named: &ConsentRecipient, who: &AskRecipient) -> bool {
    match who {
        AskRecipient::Body { recipient_id, team_id, person_name, .. } => {
            named.recipient_id == Some(*recipient_id)
                && named.team_id.is_none_or(|team| team_id.is_none_or(|asked| asked == team))
                && named.person_name.as_ref().is_none_or(|name| person_name.as_ref().is_none_or(|asked| same_name(name, asked)))
        }
        AskRecipient::Person(person) => named.person_id == Some(*person),
        // A body named on the spot cannot be told from one in the register.
        AskRecipient::Unregistered { .. } => named.recipient_id.is_some(),
    }
}

/// Names are compared after NFKC, case folding, single spaces.
fn same_name(one: &Name, other: &Name) -> bool {
    folded(one.as_str()) == folded(other.as_str())
}

fn folded(name: &str) -> String {
    let plain: String = name.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// R8, R9: not ended, started, and not past its last day.
pub(super) fn in_force(permission: &ConsentFact, now: Timestamp) -> Result<(), (u8, RefusalRule)> {
    let started = permission.starts_at.unwrap_or(permission.decided_at).max(permission.decided_at);
    match permission.status {
        ConsentStatus::Withdrawn => Err((8, RefusalRule::ConsentWithdrawn)),
        ConsentStatus::Superseded => Err((8, RefusalRule::ConsentSuperseded)),
        ConsentStatus::EnteredInError => Err((8, RefusalRule::ConsentEnteredInError)),
        ConsentStatus::Expired => Err((9, RefusalRule::ConsentExpired)),
        ConsentStatus::Live if now < started => Err((9, RefusalRule::ConsentNotStarted)),
        ConsentStatus::Live if permission.expires_on.is_none_or(|last| last < now.day()) => Err((9, RefusalRule::ConsentExpired)),
        ConsentStatus::Live => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_width_or_spacing() {
        for (one, other, same) in [
            ("Jo  Doe", " jo doe ", true),
            ("ＪＯ DOE", "jo doe", true),
            ("Zoe\u{308} Strauß", "ZOË STRAUSS", true),
            ("Jo Doe", "Joe Doe", false),
            ("Jo Doe", "JoDoe", false),
        ] {
            assert_eq!(same_name(&one.into(), &other.into()), same, "{one} / {other}");
        }
    }
}
