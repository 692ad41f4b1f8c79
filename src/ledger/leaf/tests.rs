use proptest::prelude::*;
use serde_json::json;

use super::*;

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => panic!("not an object"),
    }
}

fn nested(depth: usize) -> String {
    format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1))
}

#[test]
fn every_departure_from_the_canonical_form_is_refused() {
    use Malformed as M;
    let cases: &[(&[u8], M)] = &[
        (b" {\"a\":1}", M::Syntax),
        (b"{\"a\": 1}", M::Syntax),
        (b"{ \"a\":1}", M::Syntax),
        (b"{\"a\":1 }", M::Syntax),
        (b"{\"a\":[1, 2]}", M::Syntax),
        (b"{\"a\":1}\n", M::Syntax),
        (b"{\"a\":1}\r\n", M::Syntax),
        (b"\xef\xbb\xbf{\"a\":1}", M::Syntax),
        (b"{\"a\":1}{\"a\":1}", M::Syntax),
        (b"", M::Syntax),
        (b"{", M::Syntax),
        (b"{\"a\"", M::Syntax),
        (b"{\"a\":", M::Syntax),
        (b"{\"a\":1", M::Syntax),
        (b"{\"a\":1,}", M::Syntax),
        (b"{,}", M::Syntax),
        (b"{\"a\":[1,]}", M::Syntax),
        (b"{\"a\":[1}", M::Syntax),
        (b"{\"a\":\"b}", M::Syntax),
        (b"{\"a\":True}", M::Syntax),
        (b"{\"a\":NaN}", M::Syntax),
        (b"{\"a\":+1}", M::Syntax),
        (b"{a:1}", M::Syntax),
        (b"{\"a\":1,\"a\":1}", M::KeyOrder),
        (b"{\"b\":1,\"a\":1}", M::KeyOrder),
        (b"{\"a\":1,\"B\":1}", M::Key),
        (b"{\"\":1}", M::Key),
        (b"{\"a_b\":1}", M::Key),
        (b"{\"1a\":1}", M::Key),
        ("{\"é\":1}".as_bytes(), M::Key),
        (b"{\"a\":1.0}", M::Number),
        (b"{\"a\":1.5}", M::Number),
        (b"{\"a\":1e2}", M::Number),
        (b"{\"a\":-0}", M::Number),
        (b"{\"a\":-}", M::Number),
        (b"{\"a\":01}", M::Number),
        (b"{\"a\":9007199254740992}", M::Number),
        (b"{\"a\":-9007199254740992}", M::Number),
        (b"{\"a\":99999999999999999999}", M::Number),
        (b"{\"a\":null}", M::Null),
        (b"{\"a\":\"\\u0041\"}", M::Escape),
        (b"{\"\\u0061\":1}", M::Escape),
        (b"{\"a\":\"\\u000A\"}", M::Escape),
        (b"{\"a\":\"\\u000a\"}", M::Escape),
        (b"{\"a\":\"\\u001F\"}", M::Escape),
        (b"{\"a\":\"\\u0020\"}", M::Escape),
        (b"{\"a\":\"\\u00e9\"}", M::Escape),
        (b"{\"a\":\"\\ud83d\\ude00\"}", M::Escape),
        (b"{\"a\":\"\\u00\"}", M::Escape),
        (b"{\"a\":\"\\/\"}", M::Escape),
        (b"{\"a\":\"\\x\"}", M::Escape),
        (b"{\"a\":\"\n\"}", M::Escape),
        (b"{\"a\":\"\x1f\"}", M::Escape),
        ("{\"a\":\"e\u{301}\"}".as_bytes(), M::NotNfc),
        ("{\"a\":\"\u{212b}\"}".as_bytes(), M::NotNfc),
        (b"{\"a\":\"\xff\"}", M::NotUtf8),
        (b"{\"a\":\"\xed\xa0\x80\"}", M::NotUtf8),
        (b"[]", M::NotAnObject),
        (b"1", M::NotAnObject),
    ];
    for (bytes, fault) in cases {
        assert_eq!(read(bytes), Err(*fault), "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn the_canonical_form_is_written_and_read() {
    let body = object(json!({
        "b": [true, false, -1, 0, 9_007_199_254_740_991_i64, -9_007_199_254_740_991_i64],
        "a": {"z": {}, "y": [], "aB": "", "aA": ""},
        "s": "\"\\/\u{8}\t\n\u{c}\r\u{0}\u{1f}\u{7f}é😀\u{2028}",
    }));
    let text = concat!(
        r#"{"a":{"aA":"","aB":"","y":[],"z":{}},"b":[true,false,-1,0,9007199254740991,-9007199254740991],"#,
        r#""s":"\"\\/\b\t\n\f\r\u0000\u001f"#,
        "\u{7f}é😀\u{2028}\"}"
    );
    assert_eq!(write(&body).as_deref(), Ok(text));
    assert_eq!(read(text.as_bytes()), Ok(body));
}

#[test]
fn what_the_form_does_not_have_is_not_written() {
    for (value, fault) in [
        (json!({"a": null}), Malformed::Null),
        (json!({"a": 1.0}), Malformed::Number),
        (json!({"a": [9_007_199_254_740_992_u64]}), Malformed::Number),
        (json!({"a": u64::MAX}), Malformed::Number),
        (json!({"a": i64::MIN}), Malformed::Number),
        (json!({"a": "e\u{301}"}), Malformed::NotNfc),
        (json!({"a": {"a b": 1}}), Malformed::Key),
        (json!({"A": 1}), Malformed::Key),
        (json!({"": 1}), Malformed::Key),
    ] {
        assert_eq!(write(&object(value)), Err(fault));
    }
}

#[test]
fn a_body_ends_at_64_kib() {
    let body = |letters: usize| object(json!({"a": "x".repeat(letters)}));
    let longest = MAX_BODY - r#"{"a":""}"#.len();
    let text = write(&body(longest)).unwrap();
    assert_eq!(text.len(), 65_536);
    assert!(read(text.as_bytes()).is_ok());
    assert_eq!(write(&body(longest + 1)), Err(Malformed::TooLong));
    assert_eq!(read(format!(r#"{{"a":"{}"}}"#, "x".repeat(longest + 1)).as_bytes()), Err(Malformed::TooLong));
}

#[test]
fn nesting_ends_at_its_limit() {
    // Beside each other there may be more.
    for sibling in ["{}", "[]"] {
        assert!(read(format!("{{\"a\":[{}]}}", [sibling; 20].join(",")).as_bytes()).is_ok(), "{sibling}");
    }
    let deepest = nested(DEPTH);
    assert_eq!(write(&read(deepest.as_bytes()).unwrap()), Ok(deepest));
    let deeper = nested(DEPTH + 1);
    assert_eq!(read(deeper.as_bytes()), Err(Malformed::TooDeep));
    assert_eq!(write(&object(serde_json::from_str(&deeper).unwrap())), Err(Malformed::TooDeep));
    assert_eq!(read("[".repeat(MAX_BODY).as_bytes()), Err(Malformed::TooDeep));
    assert_eq!(read("{\"a\":".repeat(10_000).as_bytes()), Err(Malformed::TooDeep));
}

#[test]
fn leaf_and_node_hashes_have_different_prefixes() {
    // The hash of no bytes under each prefix, by any SHA-256 tool: printf '\x00' | sha256sum.
    let leaf = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    assert_eq!(hex(&leaf_hash(b"").0), leaf);
    let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
    let both = [a.0, b.0].concat();
    assert_ne!(node_hash(&a, &b), leaf_hash(&both));
    assert_ne!(node_hash(&a, &b), node_hash(&b, &a));
    assert_eq!(node_hash(&a, &b), Hash(Sha256::digest([&[1], both.as_slice()].concat()).into()));
}

#[test]
fn a_hash_is_made_of_32_bytes_only() {
    assert_eq!(Hash::from_slice(&[7; 32]), Some(Hash([7; 32])));
    assert_eq!(Hash::from_slice(&[7; 31]), None);
    assert_eq!(Hash::from_slice(&[7; 33]), None);
    assert_eq!(Hash([0; 32]).base64(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
}

fn text() -> impl Strategy<Value = String> {
    use unicode_normalization::UnicodeNormalization;
    prop_oneof![any::<String>(), "[\\x00-\\x22\\\\/\\x7f]{0,6}"].prop_map(|text| text.nfc().collect())
}

fn value() -> impl Strategy<Value = Value> {
    let flat = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    flat.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-z][a-zA-Z0-9]{0,4}", inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn body() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map("[a-z][a-zA-Z0-9]{0,4}", value(), 0..6).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn bodies_are_written_as_rfc_8785_has_it_and_read_back(body in body()) {
        let text = write(&body).unwrap();
        prop_assert_eq!(&text, &serde_json_canonicalizer::to_string(&body).unwrap());
        prop_assert_eq!(read(text.as_bytes()), Ok(body));
    }

    #[test]
    fn one_altered_byte_is_refused_or_makes_another_canonical_body(body in body(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = write(&body).unwrap().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = read(&bytes) {
            let parsed: Map<String, Value> = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(&read, &parsed);
            prop_assert_eq!(serde_json_canonicalizer::to_vec(&parsed).unwrap(), bytes);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(br#"{}[]":,\u0tfn-1"#.to_vec())], 0..60)) {
        if let Ok(body) = read(&bytes) {
            prop_assert_eq!(write(&body).unwrap().into_bytes(), bytes);
        }
    }
}
