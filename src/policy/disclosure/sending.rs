//! What is drafted is decided again when it is sent (R16): on the same permissions, and an extract for legal proceedings with its copies (C15).

use std::collections::BTreeSet;

use crate::domain::disclosure::{Ask, ConsentFact, Facts, ReliedOn};
use crate::domain::ids::ConsentId;

/// Whether an extract for legal proceedings is sent, and not only drafted.
pub(super) fn is_sent_for_proceedings(ask: &Ask, facts: &Facts) -> bool {
    ask.legal_extract && facts.resting_on.is_some()
}

/// Whether whoever permitted gets a copy.
pub(super) fn copied(ask: &Ask, permission: &ConsentFact) -> bool {
    ask.copies.iter().any(|copy| copy.person_id == permission.granter)
}

/// Whether whoever permitted gets a copy, or will: where the copies of a drafted extract go is said when it is sent, and then everybody gets one.
pub(super) fn will_be_copied(ask: &Ask, facts: &Facts, permission: &ConsentFact) -> bool {
    copied(ask, permission) || (ask.legal_extract && !is_sent_for_proceedings(ask, facts))
}

/// A draft rests on other permissions or versions than this decision (R16).
pub(super) fn changed(draft: &[(ConsentId, i64)], consents: &[ReliedOn]) -> bool {
    let now: BTreeSet<_> = consents.iter().map(|relied| (relied.consent_id, relied.version)).collect();
    now != draft.iter().copied().collect()
}
