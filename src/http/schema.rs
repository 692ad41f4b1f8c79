//! Checks of bodies and parameters against the published schema itself, compiled once. Every fault is reported, with fixed texts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value};
use validator::{ValidationErrors, ValidationErrorsKind};

use super::problem::{self, Code, Problem};
use crate::domain::fault::Fault;
use crate::domain::time::Timestamp;

/// How the text of a parameter becomes a JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Boolean,
    List(Box<Kind>),
}

/// A compiled schema.
#[derive(Debug)]
pub(super) struct Check {
    validator: Validator,
    kinds: BTreeMap<String, Kind>,
}

impl Check {
    /// The check against `schema`, whose references point into `components`.
    pub(super) fn compile(schema: &Value, components: &Map<String, Value>) -> Result<Self, String> {
        let mut root = schema.clone();
        if let Some(root) = root.as_object_mut() {
            root.insert("components".to_owned(), serde_json::json!({ "schemas": components }));
        }
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .with_format("uuid", is_uuid)
            .with_format("date", is_date)
            .with_format("date-time", |text: &str| Timestamp::parse(text).is_some())
            .build(&root)
            .map_err(|error| error.to_string())?;
        let properties = schema.get("properties").and_then(Value::as_object);
        let kinds = properties.into_iter().flatten().map(|(name, schema)| (name.clone(), kind(schema, components))).collect();
        Ok(Self { validator, kinds })
    }

    /// What is wrong with this body, in the order of the pointers.
    pub(super) fn faults(&self, body: &Value) -> Vec<Fault> {
        if self.validator.is_valid(body) {
            return Vec::new();
        }
        let mut faults: Vec<Fault> =
            self.validator.iter_errors(body).flat_map(|error| of_error(error.kind(), error.instance_path().as_str())).collect();
        faults.sort_by(|a, b| (&a.pointer, a.rule).cmp(&(&b.pointer, b.rule)));
        // A pattern beside a format says the same for programs that do not know the format.
        faults.dedup_by(|later, fault| {
            later.pointer == fault.pointer && (later.rule == fault.rule || (later.rule, fault.rule) == ("pattern", "format"))
        });
        faults
    }

    /// The names of the parameters.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.kinds.keys().map(String::as_str)
    }

    /// Whether there is a parameter of this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.kinds.contains_key(name)
    }

    /// The parameters as a JSON object, checked; the faults name the parameter.
    pub(super) fn parameters(&self, pairs: &[(String, String)]) -> Result<Map<String, Value>, Vec<problem::Fault>> {
        let value = pairs.iter().map(|(name, text)| (name.clone(), self.kinds.get(name).unwrap_or(&Kind::Text).read(text))).collect();
        let value = Value::Object(value);
        let name = |fault: &Fault| fault.pointer.split('/').nth(1).unwrap_or_default().to_owned();
        let faults = self.faults(&value).into_iter().map(|fault| problem::Fault::parameter(name(&fault), fault.rule, fault.detail));
        // `status=a,b` with two bad values is one bad parameter.
        let mut faults: Vec<_> = faults.collect();
        faults.dedup();
        match value {
            Value::Object(value) if faults.is_empty() => Ok(value),
            _ => Err(faults),
        }
    }
}

impl Kind {
    fn read(&self, text: &str) -> Value {
        match self {
            Self::Text => text.into(),
            // Plain digits only: no `+1`, which a query reads as a space, no `01`, no `1.0`.
            Self::Integer => text.parse().ok().filter(|number: &i64| number.to_string() == text).map_or_else(|| text.into(), Value::from),
            Self::Boolean => match text {
                "true" => true.into(),
                "false" => false.into(),
                _ => text.into(),
            },
            Self::List(item) => text.split(',').map(|part| item.read(part)).collect(),
        }
    }
}

fn kind(schema: &Value, components: &Map<String, Value>) -> Kind {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return target.rsplit('/').next().and_then(|name| components.get(name)).map_or(Kind::Text, |schema| kind(schema, components));
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("integer") => Kind::Integer,
        Some("boolean") => Kind::Boolean,
        Some("array") => Kind::List(Box::new(schema.get("items").map_or(Kind::Text, |items| kind(items, components)))),
        _ => Kind::Text,
    }
}

/// The usual form with hyphens, in small letters: one identifier has one spelling, so that a list holds it once.
fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok() && !text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// A full date (RFC 3339 section 5.6).
fn is_date(text: &str) -> bool {
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok_and(|day| day.to_string() == text)
}

/// One step down in a JSON Pointer, by a name of the contract or an index.
pub(super) fn step(place: &mut String, name: &str) {
    place.push('/');
    place.push_str(name);
}

fn of_error(kind: &ValidationErrorKind, path: &str) -> Vec<Fault> {
    // What is unknown is not looked into, so this is made of names of the contract.
    let place = format!("#{path}");
    let below = |name: &str| {
        let mut place = place.clone();
        step(&mut place, name);
        place
    };
    match kind {
        ValidationErrorKind::Required { property } => {
            vec![Fault::new(below(property.as_str().unwrap_or_default()), "required", "Is required.")]
        }
        // Its name is the client's, and could be somebody's: it is not repeated.
        ValidationErrorKind::AdditionalProperties { .. } => {
            vec![Fault::new(place, "unknown_property", "Holds a property that does not exist here.")]
        }
        ValidationErrorKind::Format { format } => vec![Fault::new(place, "format", of_format(format))],
        other => {
            let (rule, detail) = of_keyword(other.keyword());
            vec![Fault::new(place, rule, detail)]
        }
    }
}

fn of_format(format: &str) -> &'static str {
    match format {
        "uuid" => "Must be a UUID.",
        "date" => "Must be a date, YYYY-MM-DD.",
        "date-time" => "Must be a time in UTC: YYYY-MM-DDThh:mm:ss.sssZ.",
        _ => "Does not have the right form.",
    }
}

/// The keyword and what it asks.
fn of_keyword(keyword: &str) -> (&'static str, &'static str) {
    match keyword {
        "enum" => ("enum", "Not one of the allowed values."),
        "const" => ("const", "Not the allowed value."),
        "type" => ("type", "Has the wrong type."),
        "maxLength" => ("maxLength", "Is too long."),
        "minLength" => ("minLength", "Is too short."),
        "pattern" => ("pattern", "Does not have the right form."),
        "maxItems" => ("maxItems", "Has too many items."),
        "minItems" => ("minItems", "Has too few items."),
        "uniqueItems" => ("uniqueItems", "Has the same item twice."),
        "maximum" | "exclusiveMaximum" => ("maximum", "Is too large."),
        "minimum" | "exclusiveMinimum" => ("minimum", "Is too small."),
        "minProperties" => ("minProperties", "Has too few properties."),
        "maxProperties" => ("maxProperties", "Has too many properties."),
        _ => ("schema", "Does not match the schema."),
    }
}

/// A code of `validator` with this beginning is a rule of the request itself (422), not a fault of its form (400).
const RULE: &str = "rule:";

/// What the rules across fields say: those of the request itself, and those of its form. The codes are ours and fixed; so are the
/// messages, never made from a value.
pub(super) fn crossed(errors: &ValidationErrors) -> (Vec<Fault>, Vec<Fault>) {
    let mut found = Vec::new();
    descend(errors, &mut String::from("#"), &mut found);
    found.sort_by(|(_, a), (_, b)| (&a.pointer, a.rule).cmp(&(&b.pointer, b.rule)));
    let (rules, form): (Vec<_>, Vec<_>) = found.into_iter().partition(|(is_rule, _)| *is_rule);
    let fault = |(_, fault)| fault;
    (rules.into_iter().map(fault).collect(), form.into_iter().map(fault).collect())
}

/// The problem they are: of form first.
pub(super) fn crossed_problem(errors: &ValidationErrors) -> Problem {
    let (rules, form) = crossed(errors);
    let (code, faults) = if form.is_empty() { (Code::RuleViolated, rules) } else { (Code::ValidationFailed, form) };
    Problem::new(code).with_faults(faults)
}

fn descend(errors: &ValidationErrors, place: &mut String, found: &mut Vec<(bool, Fault)>) {
    for (field, kind) in errors.errors() {
        let length = place.len();
        if field != "__all__" {
            step(place, &camel(field));
        }
        match kind {
            ValidationErrorsKind::Struct(inner) => descend(inner, place, found),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    let length = place.len();
                    step(place, &index.to_string());
                    descend(inner, place, found);
                    place.truncate(length);
                }
            }
            ValidationErrorsKind::Field(errors) => found.extend(errors.iter().map(|error| one(error, place))),
        }
        place.truncate(length);
    }
}

fn one(error: &validator::ValidationError, place: &str) -> (bool, Fault) {
    // What is not written in the code of the program is not repeated.
    let code = if let Cow::Borrowed(code) = error.code { code } else { "invalid" };
    let (is_rule, rule) = code.strip_prefix(RULE).map_or((false, code), |rule| (true, rule));
    let detail = if let Some(Cow::Borrowed(message)) = error.message { message } else { of_keyword(rule).1 };
    let mut place = place.to_owned();
    // A rule across fields says at which of them it is put right.
    if let Some(Value::String(field)) = error.params.get("at") {
        step(&mut place, field);
    }
    (is_rule, Fault::new(place, rule, detail))
}

fn camel(field: &str) -> String {
    let mut parts = field.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut name, part| {
        let mut letters = part.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_one_spelling_and_a_date_ten_characters() {
        assert!(is_uuid("01a09f30-a93a-7160-8999-50d836f675cc"));
        assert!(!is_uuid("01A09F30-A93A-7160-8999-50D836F675CC"));
        assert!(!is_uuid("01a09f30a93a7160899950d836f675cc"));
        assert!(!is_uuid("{01a09f30-a93a-7160-8999-50d836f675}"));
        assert!(!is_uuid("{01a09f30-a93a-7160-8999-50d836f675cc}"));
        assert!(!is_uuid("urn:uuid:01a09f30-a93a-7160-8999-50d836f675cc"));
        assert!(is_date("2028-02-29"));
        for bad in ["2027-02-29", "2027-2-9", "+2027-2-09", "2027- 2- 9", " 2027-2-9", "20270209", "2027-02-09T00:00:00Z"] {
            assert!(!is_date(bad), "{bad}");
        }
    }
}
