//! The facts of who may ask for what is held about somebody (C9).

use super::{consents_about, participants_of};
use crate::authz::{Act, Permit};
use crate::db::counted::Counted;
use crate::db::error::Result;
use crate::db::tx::Tx;
use crate::db::{participants, people};
use crate::domain::consent::ConsentRecipient;
use crate::domain::counting::Counting as _;
use crate::domain::disclosure::FamilyFacts;
use crate::domain::ids::PersonId;
use crate::domain::vocabulary::{ConsentDecision, ConsentStatus};

/// How those stand to the last of these people who ask, or act for another, for what is held about them (C9), by every case in which that one takes part,
/// whoever looks; these people, all of them as whom they count; and whether the last one has said no to any of the others, whatever it is about.
pub fn of_asking(tx: &mut Tx<'_>, permit: &Permit<impl Act>, people: [PersonId; 3]) -> Result<(FamilyFacts, [PersonId; 3], bool)> {
    let [.., subject] = people;
    let theirs: Vec<PersonId> = Counted::among(tx, [subject])?.everybody().into_iter().collect();
    let told = consents_about(tx, permit, &theirs)?;
    let cases = participants::cases_of(tx, &theirs)?;
    let all = Counted::among(tx, people)?.everybody();
    let family =
        FamilyFacts { people: people::facts::of_asking(tx, &all)?, participants: participants_of(tx, cases)?, ..FamilyFacts::default() };
    let (family, counted) = Counted::counting(tx, family)?;
    let people @ [requester, acting_for, subject] = people.map(|person| counted.one(person));
    let asks = |to: &ConsentRecipient| [Some(requester), Some(acting_for)].contains(&to.person_id);
    let said_no = told.counting(&|person| counted.one(person)).into_iter().any(|told| {
        let to_them = if told.recipients.is_empty() { told.purposes.is_empty() } else { told.recipients.iter().any(asks) };
        told.decision == ConsentDecision::Refused && told.status == ConsentStatus::Live && told.granter == subject && to_them
    });
    Ok((family, people, said_no))
}
