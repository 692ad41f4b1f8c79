//! The grounds of a decision: what was asked and all that was known when it was made, so that it can be made again (C3, C13).

use serde::{Deserialize, Serialize};

use super::asked::{Ask, AskRecipient};
use super::facts::Facts;
use crate::domain::ids::PersonId;
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;

/// The form in which grounds are written now.
const FORM: u32 = 1;

/// What one decision rested on. It is kept sealed beside its entry in the log, which commits to it, and goes with the case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Grounds {
    /// The form in which this is written.
    pub form: u32,
    /// The version of the confidentiality policy that was in force.
    pub policy_version: String,
    /// The instant of the decision.
    pub decided_at: Timestamp,
    /// What was asked, without its words: of a text it is kept only whether there was one.
    pub ask: Ask,
    /// What was known.
    pub facts: Facts,
    /// Whom the entry names: what is decided knows them as whom they count.
    pub as_named: AsNamed,
}

/// People by the ids under which they were named, each with the one as whom they count.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AsNamed {
    /// Whom it is from and about, in the order of their ids.
    pub subjects: Vec<(PersonId, PersonId)>,
    /// Who gets a copy, in the order asked.
    pub copies: Vec<(PersonId, PersonId)>,
}

impl Grounds {
    /// What this decision rests on.
    #[must_use]
    pub fn of(ask: &Ask, facts: &Facts, as_named: AsNamed, policy_version: &str, decided_at: Timestamp) -> Self {
        Self { form: FORM, policy_version: policy_version.to_owned(), decided_at, ask: wordless(ask), facts: facts.clone(), as_named }
    }
}

/// The same ask. No decision looks at words but whether there are any; what is found in an anonymous text stands in the facts.
fn wordless(ask: &Ask) -> Ask {
    let mut ask = ask.clone();
    let of_risk = ask.safeguarding.as_mut().map(|risk| &mut risk.grounds);
    let of_risk = of_risk.map(|risk| [&mut risk.at_risk_description, &mut risk.necessity, &mut risk.proportionality]);
    for text in [&mut ask.summary, &mut ask.told_reason].into_iter().chain(of_risk.into_iter().flatten()) {
        if let Some(text) = text.as_mut().filter(|text| !text.is_blank()) {
            *text = LongText::from("…");
        }
    }
    ask.cohort = None;
    match &mut ask.recipient {
        // Which officer it is, a permission may say.
        AskRecipient::Body { person_role, .. } => *person_role = None,
        AskRecipient::Person(_) => {}
        AskRecipient::Unregistered { body, person_name, person_role } => {
            body.name = "…".into();
            (*person_name, *person_role) = (None, None);
        }
    }
    ask
}
