//! The grounds that need no permission: a risk, a text without names, a person's own data.

use sendiass::domain::concern::RiskGrounds;
use sendiass::domain::disclosure::*;
use sendiass::domain::vocabulary::*;

use crate::world::*;

/// What a risk needs, and how to leave it out.
const FIELDS: &[fn(&mut Ask)] = &[
    |ask| why(ask).risk_types.clear(),
    |ask| why(ask).grounds.at_risk_person_ids.clear(),
    |ask| why(ask).grounds.at_risk_description = None,
    |ask| why(ask).grounds.necessity = None,
    |ask| why(ask).grounds.proportionality = None,
    |ask| why(ask).grounds.consent_sought = None,
    |ask| why(ask).grounds.no_consent_reason = None,
    |ask| ask.summary = None,
    |ask| ask.told_subject = None,
    |ask| ask.told_reason = None,
    |ask| ask.subject_ids.clear(),
    |ask| ask.note_ids.clear(),
    |ask| ask.information_categories.clear(),
];

fn why(ask: &mut Ask) -> &mut NewSafeguarding {
    ask.safeguarding.as_mut().unwrap()
}

fn risk() -> World {
    let mut world = world();
    world.ask.basis = Basis::Safeguarding;
    world.ask.purpose = Purpose::Safeguarding;
    world.ask.subject_ids = vec![ANA];
    world.ask.information_categories = vec![InformationCategory::Health];
    world.ask.told_subject = Some(ToldSubject::No);
    world.ask.told_reason = Some("It could raise the risk.".into());
    world.ask.safeguarding = Some(NewSafeguarding {
        concern_id: None,
        risk_types: vec![RiskType::Neglect],
        known_at: Some(world.now),
        grounds: RiskGrounds {
            about_staff_ids: Vec::new(),
            at_risk_person_ids: vec![ANA],
            at_risk_description: Some("Another child.".into()),
            necessity: Some("Only they can look tonight.".into()),
            proportionality: Some("One note.".into()),
            consent_sought: Some(ConsentSought::NotSought),
            no_consent_reason: Some(NoConsentReason::WouldPrejudiceProtection),
        },
    });
    world.facts.recipient = Some(RecipientFact { in_council: true, safeguarding_function: true });
    world
}

/// Every set of fields left out, to every kind of body, against everything that may never block a risk.
pub fn risks() -> impl Iterator<Item = (World, String)> {
    (0..1_u32 << FIELDS.len()).flat_map(|missing| {
        (0..8).map(move |turn| {
            let mut world = risk();
            for (place, leave_out) in FIELDS.iter().enumerate() {
                if missing & (1 << place) != 0 {
                    leave_out(&mut world.ask);
                }
            }
            match turn {
                1 => world.facts.recipient = Some(RecipientFact { in_council: true, safeguarding_function: false }),
                2 => world.facts.recipient = None,
                3 => world.ask.recipient = unregistered(RecipientType::Police),
                4 => world.ask.recipient = unregistered(RecipientType::School),
                5 => world.ask.recipient = AskRecipient::Person(FINN),
                6 => {
                    world.m1().status = ConsentStatus::Withdrawn;
                    world.refuse(ANA, noon("2026-06-14"));
                    world.refuse(FINN, noon("2026-06-14"));
                    world.person(ANA).date_of_birth = None;
                    world.part(MIA).pr.clear();
                    let note = world.note();
                    (note.keep_confidential, note.names_others, note.onward_sharing, note.superseded) = (true, true, false, true);
                }
                7 => {
                    world.ask.told_subject = world.ask.told_subject.map(|_| ToldSubject::Yes);
                    if let Some(sought) = why(&mut world.ask).grounds.consent_sought.as_mut() {
                        *sought = ConsentSought::SoughtRefused;
                    }
                }
                _ => {}
            }
            (world, format!("missing {missing:013b}, turn {turn}"))
        })
    })
}

fn unregistered(body_type: RecipientType) -> AskRecipient {
    AskRecipient::Unregistered { body: UnregisteredRecipient { body_type, name: "A body".into() }, person_name: None, person_role: None }
}

/// Everything found in a text, with every size of the cohort.
pub fn anonymous() -> impl Iterator<Item = (World, String)> {
    (0..6).flat_map(|hits| {
        (5..11).flat_map(move |families| {
            [false, true].into_iter().map(move |repeated| {
                let mut world = world();
                world.ask.basis = Basis::Anonymised;
                world.ask.note_ids.clear();
                let rules = [
                    Rule::IdentifierName,
                    Rule::IdentifierPostcode,
                    Rule::CohortDescriptorMissing,
                    Rule::IdentifierName,
                    Rule::IdentifierEmail,
                ];
                let hits = rules[..hits].iter().enumerate().map(|(place, rule)| Failing::at(format!("#/summary/{place}"), *rule)).collect();
                world.facts.anonymity = Some(AnonymityFacts { hits, families, repeated });
                world.m1().status = ConsentStatus::Withdrawn;
                (world, format!("{families} families, repeated {repeated}"))
            })
        })
    })
}

use RefusalRule as Rule;

/// The dispatch of a subject access request, by whoever may not decide about it or may, and with all it needs or not.
pub fn own_data() -> impl Iterator<Item = (World, String)> {
    (0..16).map(|bits| {
        let [decided, verified, authorised, conflicted] = [0, 1, 2, 3].map(|bit| (bits >> bit) & 1 == 1);
        let mut world = world();
        world.ask.basis = Basis::DataSubjectRight;
        world.ask.purpose = Purpose::SarResponse;
        world.facts.sar = SarFacts { decided, verified, authorised };
        world.facts.conflicted_decider = conflicted;
        (world, format!("decided {decided}, verified {verified}, authorised {authorised}, conflicted {conflicted}"))
    })
}
