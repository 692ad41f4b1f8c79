//! The fields of the entries of each log, and what each may hold.

use super::super::note::is_name;
use super::forms::{is_base64url, is_instant, is_key, is_key_id, is_reference, is_rule, uuid};
use crate::domain::vocabulary::{
    AccessLogKind, AccessReason, AccessTarget, Art9Condition, Basis, Channel, Direction, DisclosureLogKind, DisposalGround, ErasureNotice,
    InformationCategory, LawfulBasis, PersonKind, Purpose, RetentionClass, Role, RotatedKey, ToldSubject, Vocabulary,
};

/// So many members a list has at most.
pub(super) const MOST: usize = 1000;

/// A field of a body, or of an object in it.
pub(super) struct Field {
    pub name: &'static str,
    pub form: Form,
    /// Whether it is always there.
    pub always: bool,
}

/// What a field may hold.
pub(super) enum Form {
    /// The version of the shape.
    Version,
    Flag,
    /// An integer of these.
    Number(i64, i64),
    /// A text that passes a test.
    Text(fn(&str) -> bool),
    /// Some such values, but not none: an empty list is left out.
    List(&'static Form),
    Object(&'static [Field]),
}

const fn always(name: &'static str, form: Form) -> Field {
    Field { name, form, always: true }
}

const fn may(name: &'static str, form: Form) -> Field {
    Field { name, form, always: false }
}

fn word<V: Vocabulary>(text: &str) -> bool {
    V::parse(text).is_some()
}

const ID: Form = Form::Text(|text| uuid(text).is_some());
const DIGEST: Form = Form::Text(|text| is_base64url(text, 32));
const TAG: Form = Form::Text(|text| is_base64url(text, 16));
const NAME: Form = Form::Text(|text| is_name(text) && text.len() <= 200);
const FOLLOWS: Form = Form::Object(&[
    always("origin", NAME),
    always("root", Form::Text(|text| crate::ledger::Hash::read(text).is_some())),
    always("size", Form::Number(0, i64::MAX)),
]);

const ROTATED: Form =
    Form::Object(&[may("from", Form::Text(is_key)), always("key", Form::Text(word::<RotatedKey>)), may("to", Form::Text(is_key))]);

const DISPOSED: Form = Form::Object(&[
    always("disposal", ID),
    always("entries", Form::Number(1, i64::MAX)),
    always("ground", Form::Text(word::<DisposalGround>)),
    always("key", DIGEST),
    always("notices", Form::Text(word::<ErasureNotice>)),
    always("policy", Form::Text(word::<RetentionClass>)),
    always("proposedBy", ID),
]);

/// The fields of the disclosure log, in the order of their names.
pub(super) const DISCLOSURE: &[Field] = &[
    always("actor", ID),
    always("at", Form::Text(is_instant)),
    may("basis", Form::Text(word::<Basis>)),
    may("case", TAG),
    may("channel", Form::Text(word::<Channel>)),
    may("condition", Form::Text(word::<Art9Condition>)),
    may("consents", Form::List(&DIGEST)),
    may("copies", Form::List(&Form::Object(&[always("person", DIGEST), always("role", Form::Text(word::<PersonKind>))]))),
    may("decidedBy", ID),
    may("deployment", ID),
    may("direction", Form::Text(word::<Direction>)),
    may("disposed", DISPOSED),
    may("follows", FOLLOWS),
    may("grounds", DIGEST),
    always("id", ID),
    may("identified", Form::Flag),
    may(
        "items",
        Form::List(&Form::Object(&[
            always("bytes", Form::Number(0, i64::MAX)),
            always("class", Form::Text(word::<InformationCategory>)),
            always("digest", DIGEST),
        ])),
    ),
    may("keyId", Form::Text(is_key_id)),
    always("kind", Form::Text(word::<DisclosureLogKind>)),
    may("lawfulBasis", Form::Text(word::<LawfulBasis>)),
    may("origin", NAME),
    always("outcome", Form::Text(|_| true)),
    may("purpose", Form::Text(word::<Purpose>)),
    may("reason", DIGEST),
    may("recipient", ID),
    may("recipientPerson", DIGEST),
    may("rel", ID),
    always("req", ID),
    may("rotated", ROTATED),
    may("rules", Form::List(&Form::Text(is_rule))),
    may("subjects", Form::List(&DIGEST)),
    may("told", Form::Text(word::<ToldSubject>)),
    always("v", Form::Version),
];

/// The fields of the access log, in the order of their names.
pub(super) const ACCESS: &[Field] = &[
    may("accessReason", Form::Text(word::<AccessReason>)),
    always("actor", ID),
    always("at", Form::Text(is_instant)),
    may("auditReference", Form::Text(is_reference)),
    may("cases", Form::List(&TAG)),
    may("deployment", ID),
    may("follows", FOLLOWS),
    always("id", ID),
    may("keyId", Form::Text(is_key_id)),
    always("kind", Form::Text(word::<AccessLogKind>)),
    may("operation", Form::Text(|text| !text.is_empty() && text.len() <= 100 && text.bytes().all(|b| b.is_ascii_alphabetic()))),
    may("origin", NAME),
    always("outcome", Form::Text(|_| true)),
    always("req", ID),
    may("role", Form::Text(word::<Role>)),
    may("rotated", ROTATED),
    may("rowVersion", Form::Number(1, i32::MAX as i64)),
    may("sealedDigest", DIGEST),
    may("target", Form::Text(word::<AccessTarget>)),
    always("v", Form::Version),
];

/// What names the log itself, in the entries that open or recover it.
pub(super) const NAMING: &[&str] = &["deployment", "keyId", "origin"];
/// What is told of the log itself, or of a case that is gone.
pub(super) const OF_LOG: &[&str] = &["disposed", "follows", "rotated"];
/// What is said of every decision about a disclosure.
pub(super) const DECIDED: &[&str] = &["basis", "case", "channel", "decidedBy", "direction", "identified", "lawfulBasis", "purpose"];

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
