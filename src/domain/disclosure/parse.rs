//! From a body of the contract to what is asked. Properties that contradict each other stop here; whether it is allowed is not judged.

use crate::domain::ids::{NoteId, PersonId};
use crate::domain::text::{LongText, blank};
use crate::domain::vocabulary::{Basis, Channel, Direction, InformationCategory, Purpose};

use super::asked::{Ask, AskRecipient, AskedBasis, DisclosureContent, DisclosureRecipient, NewDisclosure, NewDisclosureCheck};
use super::refusal::{Failing, RefusalRule};

impl TryFrom<NewDisclosure> for Ask {
    type Error = Vec<Failing>;

    fn try_from(body: NewDisclosure) -> Result<Self, Self::Error> {
        let (withhold_from_person_ids, withhold_until_on) = (body.content.withhold_from_person_ids.clone(), body.content.withhold_until_on);
        let withheld = !withhold_from_person_ids.is_empty() || withhold_until_on.is_some();
        if withheld && body.basis != AskedBasis::Safeguarding {
            return Err(vec![contradicts("#/withholdFromPersonIds")]);
        }
        let mut ask = Self::try_from(NewDisclosureCheck::from(body))?;
        ask.withhold_from_person_ids = withhold_from_person_ids;
        ask.withhold_until_on = withhold_until_on;
        Ok(ask)
    }
}

/// What is asked, without what only a sending has.
impl From<NewDisclosure> for NewDisclosureCheck {
    fn from(body: NewDisclosure) -> Self {
        let NewDisclosure { basis, content: body } = body;
        Self {
            basis,
            purpose: body.purpose,
            direction: body.direction,
            channel: body.channel,
            recipient: body.recipient,
            subject_ids: body.subject_ids,
            note_ids: body.note_ids,
            information_categories: body.information_categories,
            summary: Some(body.summary),
            told_subject: body.told_subject,
            told_reason: body.told_reason,
            copies: body.copies,
            cohort: body.cohort,
            safeguarding: body.safeguarding,
        }
    }
}

impl Ask {
    /// What an extract for legal proceedings asks. No request can ask for it: only the decision of the service manager does (C15).
    pub fn for_proceedings(body: NewDisclosureCheck) -> Result<Self, Vec<Failing>> {
        let asked = Self::try_from(NewDisclosureCheck { purpose: Some(Purpose::PassInformation), ..body })?;
        Ok(Self { purpose: Purpose::LegalRequest, legal_extract: true, ..asked })
    }
}

impl Ask {
    /// What the answer to a subject access request asks: these notes, to whoever made it; without notes, what it says all the same of the subject by name.
    /// No request can ask for it: only its dispatch does (C9).
    #[must_use]
    pub fn for_right(
        subject: PersonId,
        requester: PersonId,
        channel: Channel,
        note_ids: Vec<NoteId>,
        (words, beyond_notes): (Option<LongText>, bool),
    ) -> Self {
        Self {
            basis: Basis::DataSubjectRight,
            purpose: Purpose::SarResponse,
            direction: Direction::Outbound,
            channel,
            recipient: AskRecipient::Person(requester),
            subject_ids: beyond_notes.then_some(subject).into_iter().collect(),
            note_ids,
            information_categories: beyond_notes.then_some(InformationCategory::ContactDetails).into_iter().collect(),
            summary: Some(words.unwrap_or_else(|| "Answer to a subject access request.".into())),
            told_subject: None,
            told_reason: None,
            withhold_from_person_ids: Vec::new(),
            withhold_until_on: None,
            copies: Vec::new(),
            legal_extract: false,
            cohort: None,
            safeguarding: None,
        }
    }
}

impl TryFrom<NewDisclosureCheck> for Ask {
    type Error = Vec<Failing>;

    fn try_from(body: NewDisclosureCheck) -> Result<Self, Self::Error> {
        let mut failings = contradictions(&body);
        let recipient = body.recipient.named();
        failings.extend(recipient.is_none().then(|| contradicts("#/recipient")));
        let purpose = match body.basis {
            // Nothing but a missing fact may hold up a risk: whatever purpose came with it, this is the one.
            AskedBasis::Safeguarding => Some(Purpose::Safeguarding),
            AskedBasis::Permission | AskedBasis::Anonymised => body.purpose,
        };
        match (recipient, purpose) {
            (Some(recipient), Some(purpose)) if failings.is_empty() => Ok(Self {
                basis: Basis::from(body.basis),
                purpose,
                direction: body.direction,
                channel: body.channel,
                recipient,
                subject_ids: body.subject_ids,
                note_ids: body.note_ids,
                information_categories: body.information_categories,
                summary: body.summary,
                told_subject: body.told_subject,
                told_reason: body.told_reason,
                withhold_from_person_ids: Vec::new(),
                withhold_until_on: None,
                copies: body.copies,
                legal_extract: false,
                cohort: body.cohort,
                safeguarding: body.safeguarding,
            }),
            _ => Err(failings),
        }
    }
}

fn contradicts(pointer: &str) -> Failing {
    Failing::at(pointer, RefusalRule::ContradictingFields)
}

/// What an issue is raised for in which nobody is meant. Whatever else is done is done for one family.
const OF_NO_FAMILY: [Purpose; 3] = [Purpose::PassInformation, Purpose::Liaison, Purpose::QualitySurvey];

/// The properties that do not go with the basis, or with each other.
fn contradictions(body: &NewDisclosureCheck) -> Vec<Failing> {
    if body.basis == AskedBasis::Safeguarding {
        return Vec::new();
    }
    let anonymised = body.basis == AskedBasis::Anonymised;
    let lists_differ = body.subject_ids.is_empty() != body.information_categories.is_empty();
    let nothing = body.subject_ids.is_empty() && body.information_categories.is_empty() && body.note_ids.is_empty();
    [
        // Set by the service only, or, for a legal request, the exit of a decision that only the manager takes (C15).
        ("#/purpose", matches!(body.purpose, None | Some(Purpose::Safeguarding | Purpose::SarResponse | Purpose::LegalRequest))),
        // Of what is done for one family whoever hears of it knows the family, however it is worded (C6, C7).
        ("#/purpose", anonymised && body.purpose.is_some_and(|purpose| !OF_NO_FAMILY.contains(&purpose))),
        ("#/direction", anonymised && body.direction != Direction::Outbound),
        ("#/recipient/unregistered", body.recipient.unregistered.is_some()),
        ("#/recipient/personId", anonymised && body.recipient.person_id.is_some()),
        ("#/subjectIds", if anonymised { !body.subject_ids.is_empty() } else { lists_differ || nothing }),
        ("#/noteIds", anonymised && !body.note_ids.is_empty()),
        ("#/copies", anonymised && !body.copies.is_empty()),
        ("#/summary", anonymised && blank(body.summary.as_ref())),
        ("#/cohort", !anonymised && body.cohort.is_some()),
        ("#/safeguarding", body.safeguarding.is_some()),
        ("#/toldReason", body.told_reason.is_some()),
    ]
    .into_iter()
    .filter(|(_, fails)| *fails)
    .map(|(pointer, _)| contradicts(pointer))
    .collect()
}

impl DisclosureRecipient {
    /// The one form in which the recipient is named; none, if that is contradictory.
    #[must_use]
    pub fn named(self) -> Option<AskRecipient> {
        let details = self.team_id.is_some() || self.person_name.is_some() || self.person_role.is_some();
        let Self { recipient_id, team_id, person_name, person_role, person_id, unregistered } = self;
        match (recipient_id, person_id, unregistered) {
            (Some(recipient_id), None, None) => Some(AskRecipient::Body { recipient_id, team_id, person_name, person_role }),
            (None, Some(person), None) if !details => Some(AskRecipient::Person(person)),
            (None, None, Some(body)) if team_id.is_none() => Some(AskRecipient::Unregistered { body, person_name, person_role }),
            _ => None,
        }
    }
}

/// What was asked as the contract writes it, with what the service put to it.
impl From<&Ask> for DisclosureContent {
    fn from(ask: &Ask) -> Self {
        let Ask { purpose, direction, channel, withhold_until_on, .. } = *ask;
        Self {
            purpose: Some(purpose),
            direction,
            channel,
            recipient: match &ask.recipient {
                AskRecipient::Body { recipient_id, team_id, person_name, person_role } => DisclosureRecipient {
                    recipient_id: Some(*recipient_id),
                    team_id: *team_id,
                    person_name: person_name.clone(),
                    person_role: person_role.clone(),
                    ..DisclosureRecipient::default()
                },
                AskRecipient::Person(person) => DisclosureRecipient { person_id: Some(*person), ..DisclosureRecipient::default() },
                AskRecipient::Unregistered { body, person_name, person_role } => DisclosureRecipient {
                    unregistered: Some(body.clone()),
                    person_name: person_name.clone(),
                    person_role: person_role.clone(),
                    ..DisclosureRecipient::default()
                },
            },
            subject_ids: ask.subject_ids.clone(),
            note_ids: ask.note_ids.clone(),
            information_categories: ask.information_categories.clone(),
            summary: ask.summary.clone().unwrap_or_else(|| "".into()),
            told_subject: ask.told_subject,
            told_reason: ask.told_reason.clone(),
            withhold_from_person_ids: ask.withhold_from_person_ids.clone(),
            withhold_until_on,
            copies: ask.copies.clone(),
            cohort: ask.cohort.clone(),
            safeguarding: ask.safeguarding.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<Ask, Vec<String>> {
        let body: NewDisclosure = serde_json::from_str(body).expect("a body of the contract");
        Ask::try_from(body).map_err(|failings| failings.into_iter().map(|failing| failing.pointer).collect())
    }

    const BODY: &str = r#""recipientId":"019b9288-d680-70c6-a6a3-a4506513270e","teamId":"019b9289-c0e0-7893-923f-0824128b2f33""#;
    const SUBJECT: &str = "01a09f2e-3a82-781f-a8e2-5d940ed90475";

    #[test]
    fn the_examples_of_the_contract_are_read() {
        let permission = format!(
            r#"{{"basis":"permission","purpose":"pass_information","direction":"outbound","channel":"secure_email","recipient":{{{BODY},"personName":"Sam Okoro","personRole":"SEND officer"}},
            "subjectIds":["{SUBJECT}"],"noteIds":[],"informationCategories":["concerns_raised"],"summary":"Nothing yet.","toldSubject":"yes","copies":[{{"personId":"{SUBJECT}","contactId":"{SUBJECT}"}}]}}"#
        );
        assert_eq!(parse(&permission).expect("permission").basis, Basis::Permission);
        let anonymised = format!(
            r#"{{"basis":"anonymised","purpose":"pass_information","direction":"outbound","channel":"secure_email","recipient":{{{BODY}}},
            "informationCategories":["concerns_raised"],"cohort":{{"senNeed":"slcn","setting":"mainstream","ageBand":"5_10"}},"summary":"Some text."}}"#
        );
        assert_eq!(parse(&anonymised).expect("anonymised").basis, Basis::Anonymised);
        let risk = format!(
            r#"{{"basis":"safeguarding","direction":"outbound","channel":"phone","recipient":{{"unregistered":{{"bodyType":"police","name":"Night desk"}}}},"subjectIds":["{SUBJECT}"],
            "informationCategories":["family_circumstances"],"summary":"Told.","toldSubject":"no","toldReason":"Risk.","withholdFromPersonIds":["{SUBJECT}"],"withholdUntilOn":"2026-12-17",
            "safeguarding":{{"riskTypes":["emotional"],"atRiskPersonIds":["{SUBJECT}"],"knownAt":"2026-09-17T18:20:00.000Z","necessity":"N.","proportionality":"P.",
            "consentSought":"not_sought","noConsentReason":"would_prejudice_protection"}}}}"#
        );
        let ask = parse(&risk).expect("safeguarding");
        assert_eq!((ask.purpose, ask.withhold_from_person_ids.len()), (Purpose::Safeguarding, 1));
    }

    #[test]
    fn contradictions_are_pointed_at() {
        let ask = |basis: &str, recipient: &str, rest: &str| {
            parse(&format!(
                r#"{{"basis":"{basis}","direction":"outbound","channel":"phone","recipient":{{{recipient}}},"summary":"S.",{rest}}}"#
            ))
            .map(drop)
        };
        let subject = format!(r#""subjectIds":["{SUBJECT}"]"#);
        let both = format!(r#"{subject},"informationCategories":["health"],"purpose":"liaison""#);
        let at = |pointer: &str| Err(vec![pointer.to_owned()]);
        assert_eq!(ask("permission", BODY, &both), Ok(()));
        assert_eq!(ask("permission", "", &both), at("#/recipient"));
        assert_eq!(ask("permission", &format!(r#"{BODY},"personId":"{SUBJECT}""#), &both), at("#/recipient"));
        assert_eq!(ask("permission", r#""unregistered":{"bodyType":"police","name":"X"}"#, &both), at("#/recipient/unregistered"));
        assert_eq!(ask("permission", BODY, &format!(r#"{subject},"purpose":"liaison""#)), at("#/subjectIds"));
        assert_eq!(ask("permission", BODY, r#""purpose":"liaison""#), at("#/subjectIds"));
        assert_eq!(ask("permission", BODY, &both.replace("liaison", "sar_response")), at("#/purpose"));
        assert_eq!(ask("permission", BODY, &both.replace("liaison", "legal_request")), at("#/purpose"));
        assert_eq!(ask("permission", BODY, &format!(r#"{both},"cohort":{{}}"#)), at("#/cohort"));
        assert_eq!(ask("permission", BODY, &format!(r#"{both},"safeguarding":{{}}"#)), at("#/safeguarding"));
        assert_eq!(ask("permission", BODY, &format!(r#"{both},"toldReason":"X.""#)), at("#/toldReason"));
        assert_eq!(ask("permission", BODY, &format!(r#"{both},"withholdUntilOn":"2026-01-01""#)), at("#/withholdFromPersonIds"));
        assert_eq!(ask("anonymised", BODY, &both), at("#/subjectIds"));
        assert_eq!(ask("anonymised", &format!(r#""personId":"{SUBJECT}""#), r#""purpose":"liaison""#), at("#/recipient/personId"));
        assert_eq!(ask("safeguarding", BODY, r#""purpose":"liaison""#), Ok(()));
    }

    #[test]
    fn only_three_grounds_can_be_asked_for() {
        let accepted = ["permission", "safeguarding", "anonymised", "data_subject_right", "legal_compulsion"]
            .map(|basis| serde_json::from_value::<AskedBasis>(basis.into()).is_ok());
        assert_eq!(accepted, [true, true, true, false, false]);
    }
}
