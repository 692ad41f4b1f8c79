//! What must be known about an anonymous issue before it is judged (C6): whom its text could name, and how many families it could be about.

use super::Request;
use crate::authz::{Act, Permit};
use crate::db::{self, Tx, disclosures, identity};
use crate::domain::disclosure::{AnonymityFacts, AskRecipient, Failing, Limits, TextRange};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::Basis;
use crate::policy::anonymity::{self, Hit, Known};

/// The facts of an anonymous text; none for another basis.
pub(super) fn facts(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    request: &Request,
    limits: Limits,
    now: Timestamp,
) -> db::Result<Option<AnonymityFacts>> {
    let Request { case_id, ask, .. } = request;
    let (Basis::Anonymised, Some(text)) = (ask.basis, &ask.summary) else { return Ok(None) };
    let participants = db::participants::people(tx, permit, *case_id)?;
    let settings = db::cohort::Settings::load(tx, permit)?;
    let mut known = Known { setting_names: settings.names_in_scope(), ..Known::default() };
    known.references.push(db::cases::require(tx, permit, *case_id)?.reference);
    let mut all = Known { setting_names: settings.names(), ..known.clone() };
    for person in participants {
        let (seen, recorded) = identity::of(tx, permit, person)?;
        for (known, person) in [(&mut known, seen), (&mut all, recorded)] {
            known.names.push(person.names);
            known.birth_dates.extend(person.birth_dates);
        }
    }
    let cohort = ask.cohort.clone().unwrap_or_default();
    let given_away = |known: &Known| {
        let mut hits = anonymity::scan(text.as_str(), known, now.day());
        hits.extend(anonymity::descriptors_missing(text.as_str(), &cohort, &known.setting_names));
        hits
    };
    let hits: Vec<Failing> = given_away(&known).iter().map(failing).collect();
    let hidden = hits.is_empty() && !given_away(&all).is_empty();
    let repeated = match &ask.recipient {
        AskRecipient::Body { recipient_id, .. } => disclosures::repeats(tx, permit, &digest(tx, text), *recipient_id, now)?,
        AskRecipient::Person(_) | AskRecipient::Unregistered { .. } => false,
    };
    // What somebody told on a side, or a case, that the caller does not see is about one family. To point at the word would tell the name, or
    // that somebody of that setting is known, to whoever tries enough of them (C1).
    let families = if hidden { 0 } else { db::cohort::families(tx, permit, &cohort, &settings, limits.families_floor, now)? };
    Ok(Some(AnonymityFacts { hits, families, repeated }))
}

fn failing(hit: &Hit) -> Failing {
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Failing { range: Some(TextRange { start: place(hit.start), end: place(hit.end) }), ..Failing::at("#/summary", hit.rule) }
}

/// The keyed digest of a wording, so that the same letter is known again without being kept.
pub(super) fn digest(tx: &Tx<'_>, text: &LongText) -> [u8; 32] {
    tx.keys.index.digest(db::index::Term::Wording, &anonymity::normalised_wording(text.as_str()))
}
