//! To whom it goes: not to somebody from whom it is kept (C17). What is drafted is decided again when it is sent (R16): on the same permissions, and an
//! extract for legal proceedings with its copies (C15).

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::items::Item;
use crate::domain::disclosure::{Ask, AskRecipient, ConsentFact, Facts, ReliedOn, WithheldFact};
use crate::domain::ids::{ConsentId, PersonId};

/// Whether an extract for legal proceedings is sent, and not only drafted.
pub(super) fn is_sent_for_proceedings(ask: &Ask, facts: &Facts) -> bool {
    ask.legal_extract && facts.resting_on.is_some()
}

/// Whether whoever permitted gets a copy.
pub(super) fn copied(ask: &Ask, permission: &ConsentFact) -> bool {
    ask.copies.iter().any(|copy| copy.person_id == permission.granter)
}

/// Whether whoever permitted that this receiver gets it has a copy, or will: where the copies of an extract go is said when it is sent, and then all
/// get one who permitted that the officer gets it (C15). Of whoever permitted no more than a copy for somebody that is not so.
pub(super) fn will_be_copied(ask: &Ask, permission: &ConsentFact, receiver: &AskRecipient) -> bool {
    copied(ask, permission) || (ask.legal_extract && *receiver == ask.recipient)
}

/// Whether an item is kept from somebody on this day, who would get it or a copy: it was passed on because of a risk, and they are one whose knowledge
/// would raise it (C17).
pub(super) fn is_kept_from(facts: &Facts, item: &Item<'_>, receiver: PersonId, today: NaiveDate) -> bool {
    let this = |kept: &&WithheldFact| item.note.is_some_and(|note| note.id == kept.note_id);
    facts.withheld.iter().filter(this).any(|kept| kept.from_id == receiver && today <= kept.until_on)
}

/// A draft rests on other permissions or versions than this decision (R16).
pub(super) fn changed(draft: &[(ConsentId, i64)], consents: &[ReliedOn]) -> bool {
    let now: BTreeSet<_> = consents.iter().map(|relied| (relied.consent_id, relied.version)).collect();
    now != draft.iter().copied().collect()
}
