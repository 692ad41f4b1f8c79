use super::forms::{is_base64url, is_instant, is_key, is_key_id, is_reference};
use super::*;
use crate::domain::access_log::AccessLogBody;
use crate::domain::log::LogBody;
use crate::ledger::Malformed;

fn ascends(fields: &[Field]) {
    assert!(fields.windows(2).all(|pair| pair[0].name < pair[1].name), "{fields:?}");
    for field in fields {
        if let Form::Object(fields) | Form::List(Form::Object(fields)) = &field.form {
            ascends(fields);
        }
    }
}

#[test]
fn the_fields_are_those_of_the_contract_in_order() {
    for (fields, named) in [(DISCLOSURE, LogBody::FIELDS), (ACCESS, AccessLogBody::FIELDS)] {
        let (ours, mut theirs) = (fields.iter().map(|field| field.name).collect::<Vec<_>>(), named.to_vec());
        theirs.sort_unstable();
        assert_eq!(ours, theirs);
    }
    ascends(DISCLOSURE);
    ascends(ACCESS);
    // Each name that a kind needs or may not have is a field.
    for (fields, names) in [(DISCLOSURE, [NAMING, DECIDED].concat()), (ACCESS, NAMING.to_vec())] {
        assert_eq!(mask(fields, &[&names]).count_ones() as usize, names.len());
    }
}

const REFUSED: &str = concat!(
    r#"{"actor":"019b8d62-7a80-726b-b2a7-4de452e6b438","at":"2026-09-17T13:05:44.120Z","basis":"permission","#,
    r#""case":"AqbXo7meGmQuCdFzKPV-vA","channel":"secure_email","#,
    r#""copies":[{"person":"FtTm1r_dPbxUB_clMohfuAHMAuQVEyW_bHrYOzxAtPc","role":"parent_carer"}],"#,
    r#""decidedBy":"019b8d62-7a80-726b-b2a7-4de452e6b438","direction":"outbound","id":"01a0af79-18b8-78f5-8ef8-aa3892276658","#,
    r#""identified":true,"items":[{"bytes":65,"class":"concerns_raised","digest":"5_Tk61gMPaBtSnl_9eQAey6VUsj6mBBj4fX3FpyixDM"}],"#,
    r#""kind":"disclosure_refused","lawfulBasis":"public_task","outcome":"refused","purpose":"pass_information","#,
    r#""req":"01a0af79-18b8-72e6-ae97-ba94d0eda82f","rules":["R12/data_not_covered","not_decided"],"v":1}"#
);

fn checked(body: &str) -> Result<(), Wrong> {
    Shape::disclosure().check(body.as_bytes()).map(drop)
}

#[test]
fn a_body_tells_what_is_needed_of_it() {
    let shape = Shape::of("sendiass/disclosure/019b8d62-7a80-726b-b2a7-4de452e6b438").unwrap();
    let facts = shape.check(REFUSED.as_bytes()).unwrap();
    assert_eq!(
        (facts.id, &*facts.at, &*facts.kind),
        (0x01a0_af79_18b8_78f5_8ef8_aa38_9227_6658, "2026-09-17T13:05:44.120Z", "disclosure_refused")
    );
    assert_eq!((facts.related, facts.origin), (None, None));
    assert!(shape.relates() && !Shape::of("x/access/y").unwrap().relates());
    assert!(["", "x", "x/y/z", "x/access", "x/access/y/z"].iter().all(|origin| Shape::of(origin).is_none()));
}

#[test]
fn a_field_that_is_unknown_missing_or_wrong_is_named() {
    let with = |from: &str, to: &str| {
        assert!(REFUSED.contains(from), "{from}");
        checked(&REFUSED.replacen(from, to, 1))
    };
    for (from, to, wrong) in [
        (r#","v":1}"#, r#","v":1,"w":1}"#, Wrong::Field),
        (r#"{"actor":"#, r#"{"aa":1,"actor":"#, Wrong::Field),
        (r#""role":"parent_carer"}"#, r#""role":"parent_carer","rolf":1}"#, Wrong::Field),
        (r#","v":1}"#, "}", Wrong::Missing("v")),
        (r#""bytes":65,"#, "", Wrong::Missing("bytes")),
        (r#","role":"parent_carer""#, "", Wrong::Missing("role")),
        (r#""id":"01a0af79-18b8-78f5-8ef8-aa3892276658","#, "", Wrong::Missing("id")),
        (r#""v":1}"#, r#""v":2}"#, Wrong::Value("v")),
        ("01a0af79-18b8-78f5", "01A0af79-18b8-78f5", Wrong::Value("id")),
        ("01a0af79-18b8-78f5", "01a0af7918b8-78f5-", Wrong::Value("id")),
        ("01a0af79-18b8-78f5", "01a0af79018b8-78f5", Wrong::Value("id")),
        ("01a0af79-18b8-78f5", "01a0a-79-18b8-78f5", Wrong::Value("id")),
        ("13:05:44.120Z", "13:05:44.12Z", Wrong::Value("at")),
        ("AqbXo7meGmQuCdFzKPV-vA", "AqbXo7meGmQuCdFzKPV-vB", Wrong::Value("case")),
        ("AqbXo7meGmQuCdFzKPV-vA", "AqbXo7meGmQuCdFzKPV+vA", Wrong::Value("case")),
        ("3FpyixDM", "3FpyixDMAA", Wrong::Value("digest")),
        (r#""bytes":65"#, r#""bytes":-1"#, Wrong::Value("bytes")),
        ("concerns_raised", "concern_raised", Wrong::Value("class")),
        ("R12/data_not_covered", "R11/data_not_covered", Wrong::Value("rules")),
        ("R12/data_not_covered", "data_not_covered", Wrong::Value("rules")),
        (r#"["R12/data_not_covered","not_decided"]"#, "[]", Wrong::Value("rules")),
        (r#""rules":["R12/data_not_covered","not_decided"],"#, "", Wrong::Kind),
        (r#""case":"AqbXo7meGmQuCdFzKPV-vA","#, "", Wrong::Kind),
        (r#""outcome":"refused""#, r#""outcome":"granted""#, Wrong::Kind),
        (r#""purpose":"#, r#""origin":"x","purpose":"#, Wrong::Form(Malformed::KeyOrder)),
        (r#""outcome":"#, r#""origin":"x","outcome":"#, Wrong::Kind),
        (r#""identified":true"#, r#""identified":1"#, Wrong::Form(Malformed::Syntax)),
        (r#""identified":true"#, r#""identified":null"#, Wrong::Form(Malformed::Null)),
        (r#""basis":"permission""#, r#""basis":["permission"]"#, Wrong::Form(Malformed::Syntax)),
        (r#","v":1}"#, r#","v":1}}"#, Wrong::Form(Malformed::Syntax)),
    ] {
        assert_eq!(with(from, to), Err(wrong), "{from} as {to}");
    }
    assert_eq!(checked(REFUSED), Ok(()));
}

/// A value of each field, in the order of their names; what says which kind of entry it is, is not among them.
const SAMPLES: &[(&str, &str)] = &[
    ("actor", r#""019b8d62-7a80-726b-b2a7-4de452e6b438""#),
    ("at", r#""2026-09-17T13:05:44.120Z""#),
    ("auditReference", r#""A/1""#),
    ("basis", r#""permission""#),
    ("case", r#""AqbXo7meGmQuCdFzKPV-vA""#),
    ("cases", r#"["AqbXo7meGmQuCdFzKPV-vA"]"#),
    ("channel", r#""secure_email""#),
    ("decidedBy", r#""019b8d62-7a80-726b-b2a7-4de452e6b438""#),
    ("deployment", r#""019b8d62-7a80-726b-b2a7-4de452e6b438""#),
    ("direction", r#""outbound""#),
    (
        "disposed",
        concat!(
            r#"{"disposal":"019b8d62-7a80-726b-b2a7-4de452e6b438","entries":1,"ground":"period_over","key":"FtTm1r_dPbxUB_clMohfuAHMAuQVEyW_bHrYOzxAtPc","#,
            r#""notices":"not_required","policy":"rc06_parent_only","proposedBy":"019b8d62-7a80-726b-b2a7-4de452e6b438"}"#
        ),
    ),
    ("follows", r#"{"origin":"x","root":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","size":1}"#),
    ("id", r#""01a0af79-18b8-78f5-8ef8-aa3892276658""#),
    ("identified", "true"),
    ("keyId", r#""0123abcd""#),
    ("kind", ""),
    ("lawfulBasis", r#""public_task""#),
    ("origin", r#""x""#),
    ("outcome", ""),
    ("purpose", r#""pass_information""#),
    ("reason", r#""FtTm1r_dPbxUB_clMohfuAHMAuQVEyW_bHrYOzxAtPc""#),
    ("recipient", r#""01a0af79-18b8-78f5-8ef8-aa3892276658""#),
    ("rel", r#""01a0af79-18b8-78f5-8ef8-aa3892276658""#),
    ("req", r#""01a0af79-18b8-78f5-8ef8-aa3892276658""#),
    ("role", r#""adviser""#),
    ("rotated", r#"{"key":"log"}"#),
    ("rules", r#"["not_decided"]"#),
    ("v", "1"),
];

/// Each kind of entry, its outcome, the fields it needs, and those it may not have.
type Belongs = (&'static str, &'static str, &'static str, &'static str);

const OF_DISCLOSURES: &[Belongs] = &[
    (
        "disclosure_made",
        "granted",
        "basis case channel decidedBy direction identified lawfulBasis purpose",
        "deployment disposed follows keyId origin rotated rules",
    ),
    (
        "disclosure_refused",
        "refused",
        "basis case channel decidedBy direction identified lawfulBasis purpose rules",
        "deployment disposed follows keyId origin rotated",
    ),
    ("disclosure_recalled", "recorded", "case", "deployment disposed follows keyId origin rotated rules"),
    ("disclosure_corrected", "recorded", "case", "deployment disposed follows keyId origin rotated rules"),
    ("decided_not_to_share", "recorded", "case decidedBy reason", "deployment disposed follows keyId origin rotated rules"),
    ("subject_notified", "recorded", "case", "deployment disposed follows keyId origin rotated rules"),
    ("recipient_notified_of_erasure", "recorded", "case decidedBy", "deployment disposed follows keyId origin rel rotated rules"),
    ("case_disposed", "recorded", "case decidedBy disposed", "deployment follows keyId origin recipient rel rotated rules"),
    ("key_rotated", "recorded", "rotated", "case deployment disposed follows keyId origin rel rules"),
    ("log_genesis", "recorded", "deployment keyId origin", "case disposed follows rel rotated rules"),
    ("log_recovered", "recorded", "deployment keyId origin", "case disposed rel rotated rules"),
    ("log_pruned", "recorded", "", ""),
    ("period_sealed", "recorded", "", ""),
];

const OF_ACCESSES: &[Belongs] = &[
    ("read", "granted", "", "deployment follows keyId origin rotated"),
    ("listed", "granted", "", "deployment follows keyId origin rotated"),
    ("searched", "granted", "", "deployment follows keyId origin rotated"),
    ("created", "granted", "", "deployment follows keyId origin rotated"),
    ("changed", "granted", "", "deployment follows keyId origin rotated"),
    ("exported", "granted", "", "deployment follows keyId origin rotated"),
    ("refused", "refused", "", "deployment follows keyId origin rotated"),
    ("case_disposed", "recorded", "cases", "auditReference deployment follows keyId origin rotated"),
    ("key_rotated", "recorded", "rotated", "auditReference cases deployment follows keyId origin"),
    ("log_genesis", "recorded", "deployment keyId origin", "auditReference cases follows rotated"),
    ("log_recovered", "recorded", "deployment keyId origin", "auditReference cases rotated"),
    ("log_pruned", "recorded", "", ""),
];

#[test]
fn what_an_entry_says_belongs_to_its_kind() {
    for (shape, all, kinds) in [
        (Shape::disclosure(), OF_DISCLOSURES, DisclosureLogKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>()),
        (Shape::access(), OF_ACCESSES, AccessLogKind::ALL.iter().map(|kind| kind.as_str()).collect()),
    ] {
        assert_eq!(all.iter().map(|(kind, ..)| *kind).collect::<Vec<_>>(), kinds);
        for (kind, outcome, needs, bars) in all {
            let belongs = |present: &dyn Fn(&Field) -> bool| {
                let fields = shape.fields.iter().filter(|field| field.always || present(field)).map(|field| {
                    let sample = SAMPLES.iter().find(|(name, _)| *name == field.name).map(|(_, sample)| *sample);
                    match field.name {
                        "kind" => format!("\"kind\":\"{kind}\""),
                        "outcome" => format!("\"outcome\":\"{outcome}\""),
                        name => format!("\"{name}\":{}", sample.unwrap()),
                    }
                });
                let body = format!("{{{}}}", fields.collect::<Vec<_>>().join(","));
                match shape.check(body.as_bytes()) {
                    Ok(_) => true,
                    Err(Wrong::Kind) => false,
                    Err(other) => panic!("{other}: {body}"),
                }
            };
            let needed = |field: &Field| needs.split(' ').any(|name| name == field.name);
            assert!(belongs(&needed), "{kind}");
            for field in shape.fields.iter().filter(|field| !field.always && SAMPLES.iter().any(|(name, _)| *name == field.name)) {
                let barred = bars.split(' ').any(|name| name == field.name);
                assert_eq!(belongs(&|other| needed(other) || other.name == field.name), !barred, "{kind} with {field:?}");
                assert_eq!(belongs(&|other| needed(other) && other.name != field.name), !needed(field), "{kind} without {field:?}");
            }
        }
    }
}

/// What a text under this name is tested by.
fn text_of(fields: &'static [Field], name: &str) -> fn(&str) -> bool {
    match fields.iter().find(|field| field.name == name).map(|field| &field.form) {
        Some(Form::Text(passes)) => *passes,
        _ => panic!("{name} is no text"),
    }
}

#[test]
fn texts_have_the_signs_and_the_length_that_they_may() {
    let (letters, signs) = ("x".repeat(400), "._/-".repeat(20));
    for (passes, length, good, bad) in [
        (is_key_id as fn(&str) -> bool, None, &["0123abef"][..], &["0123abe", "0123abef0", "0123ABEF", "0123abeg", ""][..]),
        (is_key, Some(300), &["x+0123abef+AAAA", "~!"], &["", "two words", "\u{e9}", "\n"]),
        (is_reference, Some(60), &["AUDIT-2026/07", "a._/-", "9"], &["", "-x", "two words", "\u{e9}", &signs]),
        (text_of(ACCESS, "operation"), Some(100), &["getCase"], &["", "get_case", "getCase1"]),
        (text_of(DISCLOSURE, "origin"), Some(200), &["sendiass/disclosure/x"], &["", "two words", "a+b"]),
    ] {
        for (text, taken) in good.iter().map(|text| (text, true)).chain(bad.iter().map(|text| (text, false))) {
            assert_eq!(passes(text), taken, "{text:?}");
        }
        if let Some(length) = length {
            assert!(passes(&letters[..length]) && !passes(&letters[..=length]), "{length}");
        }
    }
    assert!(is_base64url("AAAA", 3) && !is_base64url("AAAAA", 3) && !is_base64url("AAA", 3));
    assert!(is_base64url("AAc", 2) && !is_base64url("AAe", 2), "no bits beyond the bytes");
}

#[test]
fn instants_are_those_of_the_calendar() {
    for good in ["2026-09-17T13:05:44.120Z", "2024-02-29T00:00:00.000Z", "2000-02-29T23:59:59.999Z", "0001-01-01T00:00:00.000Z"] {
        assert!(is_instant(good), "{good}");
    }
    for bad in [
        "2026-02-29T00:00:00.000Z",
        "1900-02-29T00:00:00.000Z",
        "2026-04-31T00:00:00.000Z",
        "2026-13-01T00:00:00.000Z",
        "2026-00-01T00:00:00.000Z",
        "2026-01-00T00:00:00.000Z",
        "2026-01-32T00:00:00.000Z",
        "2026-01-01T24:00:00.000Z",
        "2026-01-01T00:60:00.000Z",
        "2026-01-01T00:00:60.000Z",
        "2026-01-01T00:00:00.000z",
        "2026-01-01 00:00:00.000Z",
        "2026-01-01T00:00:00.00Z",
        "2026-01-01T00:00:00Z",
        "+026-01-01T00:00:00.000Z",
    ] {
        assert!(!is_instant(bad), "{bad}");
    }
}
