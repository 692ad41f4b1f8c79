use super::*;

fn key(first: u8) -> CaseKey {
    let mut bytes = Zeroizing::new([0; 32]);
    bytes.iter_mut().zip(first..).for_each(|(byte, value)| *byte = value);
    CaseKey::new(bytes)
}

fn id() -> EntryId {
    EntryId(uuid::Uuid::from_u128(0x01a0_af79_18b8_78f5_8ef8_aa38_9227_6658))
}

/// Computed from the formula with another language's HMAC, for the key 00 01 02 .. 1f.
#[test]
fn commitments_and_tags_are_those_of_the_formula() {
    assert_eq!(
        key(0).commitment(id(), "subjects/0", "01a09f2e-3a82-781f-a8e2-5d940ed90475"),
        "StyEgFzhhqZ3yjeVH9ak8JIDZueXuom5CvYZqHVipWM"
    );
    assert_eq!(key(0).commitment(id(), "recipientPerson", "Sam Okoro"), "NMUvFyfB98Cv5ReiRGS-KvgfM_u25ykpnUhYcWRSMH8");
    assert_eq!(key(0).case_tag(id()), "AqbXo7meGmQuCdFzKPV-vA");
    assert_eq!(key(0).fingerprint(), "3WMKJn1RUgIZCOg4NpuXcbosjcuk6I6v1ty7BSgj5Q4");
}

#[test]
fn a_commitment_holds_for_one_key_entry_label_and_value_only() {
    let genuine = key(0).commitment(id(), "subjects/0", "value");
    assert_ne!(key(1).commitment(id(), "subjects/0", "value"), genuine);
    assert_ne!(key(0).commitment(EntryId(uuid::Uuid::nil()), "subjects/0", "value"), genuine);
    assert_ne!(key(0).commitment(id(), "subjects/1", "value"), genuine);
    assert_ne!(key(0).commitment(id(), "subjects/0", "value2"), genuine);
}

#[test]
fn two_entries_of_one_case_have_different_tags() {
    assert_ne!(key(0).case_tag(id()), key(0).case_tag(EntryId(uuid::Uuid::nil())));
    assert_ne!(key(0).case_tag(id()), key(1).case_tag(id()));
}

#[test]
fn the_key_is_never_printed() {
    assert_eq!(format!("{:?}", key(0)), "CaseKey(…)");
}

#[test]
fn a_tag_key_is_lent_as_text_and_makes_the_same_tags() {
    let lent = key(0).tag_key().text();
    assert_eq!(lent.len(), 43);
    let read = TagKey::read(&lent).unwrap();
    assert_eq!(read.tag(&id().to_string()), key(0).case_tag(id()));
    assert_eq!(format!("{read:?}"), "TagKey(…)");
    for other in ["", "AAAA", &lent[1..], &format!("{}=", *lent), &format!("{}A", *lent)] {
        assert!(TagKey::read(other).is_none());
    }
}
