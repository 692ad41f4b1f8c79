use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::*;
use crate::ledger::leaf::{self, leaf_hash};

const SUMMARY: &str = "The agreed support at lunchtimes has not been in place this term.";

fn key() -> CaseKey {
    let mut bytes = Zeroizing::new([0; 32]);
    bytes.iter_mut().zip(0..).for_each(|(byte, value)| *byte = value);
    CaseKey::new(bytes)
}

fn at() -> Timestamp {
    Timestamp::parse("2026-09-17T13:05:44.120Z").unwrap()
}

fn uuid(text: &str) -> Uuid {
    Uuid::parse_str(text).unwrap()
}

fn made() -> DisclosureEntry {
    let staff = StaffId(uuid("019b8d62-7a80-726b-b2a7-4de452e6b438"));
    let (child, parent) = (PersonId(uuid("01a09f2e-3a82-781f-a8e2-5d940ed90475")), PersonId(uuid("01a09f30-a93a-7160-8999-50d836f675cc")));
    DisclosureEntry {
        decided_by: Some(staff),
        direction: Some(Direction::Outbound),
        recipient: Some(RecipientId(uuid("019b9288-d680-70c6-a6a3-a4506513270e"))),
        recipient_person: Some(RecipientPerson::Named("Sam Okoro".into())),
        subjects: vec![child, parent],
        basis: Some(Basis::Permission),
        lawful_basis: Some(LawfulBasis::PublicTask),
        condition: Some(Art9Condition::SubstantialPublicInterest),
        consents: vec![(ConsentId(uuid("01a09f60-bf30-738b-b9eb-dacc0cb1e29c")), 1)],
        purpose: Some(Purpose::PassInformation),
        channel: Some(Channel::SecureEmail),
        identified: Some(true),
        told: Some(ToldSubject::Yes),
        copies: vec![Copied { role: PersonKind::ParentCarer, person: parent }],
        items: vec![Item::new(InformationCategory::ConcernsRaised, SUMMARY)],
        reason: Some("Only the hub can check tonight.\nOne note and no more.".into()),
        ..DisclosureEntry::new(
            EntryId(uuid("01a0af79-18b8-78f5-8ef8-aa3892276658")),
            DisclosureLogKind::DisclosureMade,
            staff,
            RequestId(uuid("01a0af79-18b8-72e6-ae97-ba94d0eda82f")),
        )
    }
}

fn bare(kind: DisclosureLogKind) -> DisclosureEntry {
    DisclosureEntry::new(EntryId(Uuid::max()), kind, StaffId(Uuid::nil()), RequestId(Uuid::nil()))
}

fn parsed(written: &Written) -> Value {
    leaf::read(written.body.as_bytes()).unwrap().into()
}

/// The commitments come from the formula, computed with another language's HMAC.
#[test]
fn a_disclosure_is_written_as_the_contract_shows_it() {
    let written = made().write(at(), Some(&key())).unwrap();
    let expected = concat!(
        r#"{"actor":"019b8d62-7a80-726b-b2a7-4de452e6b438","at":"2026-09-17T13:05:44.120Z","basis":"permission","#,
        r#""case":"AqbXo7meGmQuCdFzKPV-vA","channel":"secure_email","condition":"substantial_public_interest","#,
        r#""consents":["4KAo5MjJY8-4SsfY4gkyyJzc_HOPWS4E7qeLIJRl1pg"],"#,
        r#""copies":[{"person":"FtTm1r_dPbxUB_clMohfuAHMAuQVEyW_bHrYOzxAtPc","role":"parent_carer"}],"#,
        r#""decidedBy":"019b8d62-7a80-726b-b2a7-4de452e6b438","direction":"outbound","id":"01a0af79-18b8-78f5-8ef8-aa3892276658","#,
        r#""identified":true,"items":[{"bytes":65,"class":"concerns_raised","digest":"5_Tk61gMPaBtSnl_9eQAey6VUsj6mBBj4fX3FpyixDM"}],"#,
        r#""kind":"disclosure_made","lawfulBasis":"public_task","outcome":"granted","purpose":"pass_information","#,
        r#""reason":"J-5Mz_Gam7PIx7I7IxKJdxjfkiQWxWnaoO3o1j7Yl7w","recipient":"019b9288-d680-70c6-a6a3-a4506513270e","#,
        r#""recipientPerson":"NMUvFyfB98Cv5ReiRGS-KvgfM_u25ykpnUhYcWRSMH8","req":"01a0af79-18b8-72e6-ae97-ba94d0eda82f","#,
        r#""subjects":["StyEgFzhhqZ3yjeVH9ak8JIDZueXuom5CvYZqHVipWM","td_vlWA7pWqs99Wds9L21omVchxFW16fIVmHFHeThEM"],"#,
        r#""told":"yes","v":1}"#
    );
    assert_eq!(written.body, expected);
    assert_eq!(written.leaf, leaf_hash(expected.as_bytes()));
}

#[test]
fn the_openings_hold_each_committed_value_under_its_path() {
    let openings = made().write(at(), Some(&key())).unwrap().openings;
    let digest = hex(&Sha256::digest(SUMMARY));
    let expected = [
        ("recipientPerson", "Sam Okoro"),
        ("reason", "Only the hub can check tonight.\nOne note and no more."),
        ("subjects/0", "01a09f2e-3a82-781f-a8e2-5d940ed90475"),
        ("subjects/1", "01a09f30-a93a-7160-8999-50d836f675cc"),
        ("consents/0", "01a09f60-bf30-738b-b9eb-dacc0cb1e29c/1"),
        ("copies/0/person", "01a09f30-a93a-7160-8999-50d836f675cc"),
        ("items/0/digest", &digest),
    ];
    assert_eq!(openings.iter().map(|o| (o.label.as_str(), o.value.as_str())).collect::<Vec<_>>(), expected);
}

#[test]
fn the_length_of_an_item_is_counted_in_bytes() {
    let body = parsed(
        &DisclosureEntry { items: vec![Item::new(InformationCategory::Health, "é😀")], ..made() }.write(at(), Some(&key())).unwrap(),
    );
    assert_eq!(body["items"][0]["bytes"], 6);
}

#[test]
fn a_refusal_names_its_rules_and_leaves_empty_lists_out() {
    let refused = DisclosureEntry {
        kind: DisclosureLogKind::DisclosureRefused,
        rules: vec![RefusalRule::DataNotCovered, RefusalRule::ConflictOfInterest],
        consents: Vec::new(),
        copies: Vec::new(),
        items: Vec::new(),
        reason: None,
        told: None,
        recipient_person: None,
        ..made()
    };
    let body = parsed(&refused.write(at(), Some(&key())).unwrap());
    assert_eq!(body["outcome"], "refused");
    assert_eq!(body["rules"], json!(["R12/data_not_covered", "conflict_of_interest"]));
    for absent in ["consents", "copies", "items", "reason", "told", "recipientPerson", "rel"] {
        assert_eq!(body.get(absent), None, "{absent}");
    }
}

#[test]
fn what_came_later_points_at_the_entry_it_is_about() {
    for kind in [DisclosureLogKind::DisclosureRecalled, DisclosureLogKind::DisclosureCorrected, DisclosureLogKind::SubjectNotified] {
        let later = DisclosureEntry { related: Some(made().id), ..bare(kind) };
        let body = parsed(&later.write(at(), Some(&key())).unwrap());
        assert_eq!(body["kind"], kind.as_str());
        assert_eq!(body["outcome"], "recorded");
        assert_eq!(body["rel"], "01a0af79-18b8-78f5-8ef8-aa3892276658");
    }
}

#[test]
fn the_first_entry_of_a_log_needs_no_case() {
    let genesis = Genesis { origin: "sendiass.example/disclosure/1".into(), deployment: Uuid::nil(), key: "none".into(), follows: None };
    let written = DisclosureEntry { genesis: Some(genesis), ..bare(DisclosureLogKind::LogGenesis) }.write(at(), None).unwrap();
    let expected = json!({
        "v": 1, "id": Uuid::max().to_string(), "at": "2026-09-17T13:05:44.120Z", "kind": "log_genesis", "outcome": "recorded",
        "actor": Uuid::nil().to_string(), "req": Uuid::nil().to_string(),
        "origin": "sendiass.example/disclosure/1", "deployment": Uuid::nil().to_string(), "keyId": "none",
    });
    assert_eq!(parsed(&written), expected);
    assert_eq!(written.openings, []);
}

#[test]
fn a_personal_value_without_a_key_is_an_error_and_never_in_the_clear() {
    let person = PersonId(Uuid::nil());
    let kind = DisclosureLogKind::DisclosureMade;
    for entry in [
        DisclosureEntry { recipient_person: Some(RecipientPerson::Person(person)), ..bare(kind) },
        DisclosureEntry { subjects: vec![person], ..bare(kind) },
        DisclosureEntry { consents: vec![(ConsentId(Uuid::nil()), 1)], ..bare(kind) },
        DisclosureEntry { copies: vec![Copied { role: PersonKind::Child, person }], ..bare(kind) },
        DisclosureEntry { items: vec![Item::new(InformationCategory::Health, "x")], ..bare(kind) },
        DisclosureEntry { reason: Some("x".into()), ..bare(kind) },
    ] {
        assert_eq!(entry.write(at(), None).unwrap_err(), EntryError::NoCaseKey);
    }
}

#[test]
fn an_entry_that_would_be_too_long_is_an_error() {
    let items = vec![Item::new(InformationCategory::ViewsAndWishes, "x"); 1_000];
    let error = DisclosureEntry { items, ..made() }.write(at(), Some(&key())).unwrap_err();
    assert_eq!(error, EntryError::Malformed(Malformed::TooLong));
}

#[test]
fn the_longest_ordinary_disclosure_fits() {
    // 200 notes of two categories each, 50 subjects and copies, 20 permissions.
    let entry = DisclosureEntry {
        items: vec![Item::new(InformationCategory::FamilyCircumstances, &"x".repeat(40_001)); 400],
        subjects: vec![PersonId(Uuid::max()); 50],
        copies: vec![Copied { role: PersonKind::Professional, person: PersonId(Uuid::max()) }; 50],
        consents: vec![(ConsentId(Uuid::max()), i64::MAX); 20],
        ..made()
    };
    assert!(entry.write(at(), Some(&key())).is_ok());
}

#[test]
fn personal_values_are_never_printed() {
    let entry = made();
    let written = entry.clone().write(at(), Some(&key())).unwrap();
    let printed = format!("{entry:?} {written:?}");
    for secret in ["Okoro", "hub can check", "lunchtimes", &hex(&Sha256::digest(SUMMARY))] {
        assert!(!printed.contains(secret));
    }
}

/// The commitment in the body at the path of an opening.
fn at_label<'a>(body: &'a Value, label: &str) -> Option<&'a str> {
    body.pointer(&format!("/{label}")).and_then(Value::as_str)
}

fn any_of<V: Vocabulary + std::fmt::Debug>() -> impl Strategy<Value = V> {
    prop::sample::select(V::ALL.to_vec())
}

fn any_uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

prop_compose! {
    fn entry()(
        ids in (any_uuid(), any_uuid(), any_uuid()),
        kind in any_of::<DisclosureLogKind>(),
        words in prop::option::of((any_of::<Direction>(), any_of::<Basis>(), any_of::<Purpose>(), any_of::<Channel>(), any_of::<ToldSubject>())),
        grounds in prop::option::of((any_of::<LawfulBasis>(), any_of::<Art9Condition>(), any::<bool>())),
        persons in prop::collection::vec(any_uuid(), 0..5),
        consents in prop::collection::vec((any_uuid(), 1..1000_i64), 0..3),
        copies in prop::collection::vec((any_of::<PersonKind>(), any_uuid()), 0..3),
        items in prop::collection::vec((any_of::<InformationCategory>(), any::<String>()), 0..4),
        reason in prop::option::of(any::<String>()),
        named in prop::option::of(any::<String>()),
        rules in prop::collection::vec(prop::sample::select(RefusalRule::ALL.to_vec()), 0..4),
    ) -> DisclosureEntry {
        DisclosureEntry {
            direction: words.map(|w| w.0),
            basis: words.map(|w| w.1),
            purpose: words.map(|w| w.2),
            channel: words.map(|w| w.3),
            told: words.map(|w| w.4),
            lawful_basis: grounds.map(|g| g.0),
            condition: grounds.map(|g| g.1),
            identified: grounds.map(|g| g.2),
            subjects: persons.into_iter().map(PersonId).collect(),
            consents: consents.into_iter().map(|(id, version)| (ConsentId(id), version)).collect(),
            copies: copies.into_iter().map(|(role, person)| Copied { role, person: PersonId(person) }).collect(),
            items: items.iter().map(|(class, content)| Item::new(*class, content)).collect(),
            reason: reason.map(LongText),
            recipient_person: named.map(|name| RecipientPerson::Named(Name(name))),
            rules,
            ..DisclosureEntry::new(EntryId(ids.0), kind, StaffId(ids.1), RequestId(ids.2))
        }
    }
}

proptest! {
    #[test]
    fn every_entry_is_canonical_and_every_commitment_opens(entry in entry()) {
        let (id, key) = (entry.id, key());
        let written = entry.write(at(), Some(&key)).unwrap();
        let body = parsed(&written);
        prop_assert_eq!(&written.body, &serde_json_canonicalizer::to_string(&body).unwrap());
        prop_assert_eq!(written.leaf, leaf_hash(written.body.as_bytes()));
        for Opening { label, value } in &written.openings {
            let commitment = key.commitment(id, label, value);
            prop_assert_eq!(at_label(&body, label), Some(commitment.as_str()), "{}", label);
            prop_assert!(value.len() < 32 || !written.body.contains(value.as_str()), "{} is in the clear", label);
        }
    }
}

#[test]
fn an_entry_that_waited_is_moved_to_where_times_do_not_decrease_and_is_nothing_but_itself() {
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let body = r#"{"at":"2026-09-14T09:12:41.530Z","kind":"read","v":1}"#.to_owned();
    let (same, when) = Written::again(body.clone(), at("2026-09-14T09:12:41.530Z")).unwrap();
    assert_eq!((&same.body, same.leaf, when), (&body, leaf::leaf_hash(body.as_bytes()), at("2026-09-14T09:12:41.530Z")));
    let (later, when) = Written::again(body.clone(), at("2026-09-14T09:12:41.531Z")).unwrap();
    assert_eq!(later.body, body.replace(".530Z", ".531Z"));
    assert_eq!((later.leaf, when), (leaf::leaf_hash(later.body.as_bytes()), at("2026-09-14T09:12:41.530Z")), "the time it had");
    for malformed in [r#"{"v":1}"#, r#"{"at":"soon"}"#, r#"{ "at":"2026-09-14T09:12:41.530Z"}"#, "[]"] {
        assert!(Written::again(malformed.to_owned(), when).is_err(), "{malformed}");
    }
}
