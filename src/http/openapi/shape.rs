//! What is done to the schemas that the derives give: `null` goes, flattened parts become one flat object, names for mere strings and
//! numbers are written out, what a request may hold is closed, and merge patches are derived.
//!
//! Each step answers a trap of the generators that read the document: `oneOf` with `null` gives wrappers, `allOf` gives inheritance.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Schemas by name.
pub(super) type Schemas = BTreeMap<String, Value>;

const PREFIX: &str = "#/components/schemas/";

/// The schemas without `null`, `allOf` and names for mere values.
pub(super) fn tidy(schemas: &mut Schemas) {
    for schema in schemas.values_mut() {
        walk(schema, &mut |schema| {
            strip_null(schema);
            bound(schema);
            // Who may send what is known only to `close`.
            if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
                schema.remove("additionalProperties");
            }
        });
    }
    let raw = schemas.clone();
    for schema in schemas.values_mut() {
        walk(schema, &mut |schema| flatten(schema, &raw));
    }
    let raw = schemas.clone();
    for schema in schemas.values_mut() {
        walk(schema, &mut |schema| write_out(schema, &raw));
    }
    schemas.retain(|_, schema| !is_mere(schema));
}

/// The same for a schema that stands in an operation.
pub(super) fn tidy_one(schema: &mut Value, mere: &Schemas) {
    walk(schema, &mut strip_null);
    walk(schema, &mut |schema| write_out(schema, mere));
}

/// Calls `act` on every schema inside this one, and then on it.
fn walk(schema: &mut Value, act: &mut impl FnMut(&mut Map<String, Value>)) {
    let Some(object) = schema.as_object_mut() else { return };
    for (key, part) in object.iter_mut() {
        match (key.as_str(), part) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(|property| walk(property, act)),
            ("items" | "additionalProperties", part) => walk(part, act),
            ("allOf" | "oneOf" | "anyOf", Value::Array(members)) => members.iter_mut().for_each(|member| walk(member, act)),
            _ => {}
        }
    }
    act(object);
}

/// What may be absent is absent, never `null`.
fn strip_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    for choice in ["oneOf", "anyOf"] {
        let Some(Value::Array(members)) = schema.get_mut(choice) else { continue };
        members.retain(|member| member.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = members.as_slice() {
            let only = only.clone();
            schema.remove(choice);
            schema.extend(only);
        }
    }
}

/// Whole numbers carry at least the bounds of their type; 64 bits stop where a double does, because clients compute with doubles.
fn bound(schema: &mut Map<String, Value>) {
    let (least, most) = match schema.get("format").and_then(Value::as_str) {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("int64") => (-9_007_199_254_740_991, 9_007_199_254_740_991),
        _ => return,
    };
    schema.entry("minimum").or_insert_with(|| least.into());
    schema.entry("maximum").or_insert_with(|| most.into());
}

/// The parts of `allOf` in one object.
fn flatten(schema: &mut Map<String, Value>, raw: &Schemas) {
    let Some(Value::Array(members)) = schema.remove("allOf") else { return };
    let mut flat = Map::new();
    for member in members {
        let mut member = match target(&member).and_then(|name| raw.get(name)) {
            Some(named) => named.clone(),
            None => member,
        };
        walk(&mut member, &mut |schema| flatten(schema, raw));
        let Value::Object(member) = member else { continue };
        for (key, part) in member {
            match (key.as_str(), flat.get_mut(&key), part) {
                ("properties", Some(Value::Object(held)), Value::Object(more)) => held.extend(more),
                ("required", Some(Value::Array(held)), Value::Array(more)) => held.extend(more),
                // The example of a part is none of the whole.
                ("description", Some(_), _) | ("example", _, _) => {}
                (_, _, part) => {
                    flat.insert(key, part);
                }
            }
        }
    }
    // What the whole says of itself counts more than what a part says.
    flat.extend(std::mem::take(schema));
    *schema = flat;
}

/// Whether this is a string, number or boolean without a list of values: no type of its own in any client.
fn is_mere(schema: &Value) -> bool {
    let simple = schema.get("type").and_then(Value::as_str).is_some_and(|name| !matches!(name, "object" | "array"));
    simple && schema.get("enum").is_none()
}

fn write_out(schema: &mut Map<String, Value>, raw: &Schemas) {
    let Some(Value::Object(mere)) =
        schema.get("$ref").and_then(Value::as_str).and_then(name_in).and_then(|name| raw.get(name)).filter(|named| is_mere(named))
    else {
        return;
    };
    schema.remove("$ref");
    for (key, part) in mere {
        schema.entry(key.clone()).or_insert_with(|| part.clone());
    }
}

fn name_in(reference: &str) -> Option<&str> {
    reference.strip_prefix(PREFIX)
}

/// The name a schema refers to.
pub(super) fn target(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str).and_then(name_in)
}

/// A reference to the schema of this name.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{PREFIX}{name}") })
}

/// Every name this part of the document refers to, at any depth, following the schemas.
pub(super) fn reached<'a>(from: impl IntoIterator<Item = &'a Value>, schemas: &'a Schemas) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&Value> = from.into_iter().collect();
    while let Some(part) = waiting.pop() {
        if let Some(name) = target(part)
            && found.insert(name.to_owned())
        {
            waiting.extend(schemas.get(name));
        }
        match part {
            Value::Object(parts) => waiting.extend(parts.values()),
            Value::Array(parts) => waiting.extend(parts),
            _ => {}
        }
    }
    found
}

/// Closes what a request may hold: no property but those named, and nothing twice in a list. What an answer holds as well stays open there, because answers may grow, so
/// the request gets a closed twin named `…Input`. Returns the new names.
pub(super) fn close(schemas: &mut Schemas, requested: &BTreeSet<String>, answered: &BTreeSet<String>) -> BTreeMap<String, String> {
    let holds_object = |name: &String| {
        let root = reference(name);
        reached([&root], schemas).iter().any(|name| schemas.get(name).is_some_and(|schema| schema.get("properties").is_some()))
    };
    let twins: BTreeMap<String, String> =
        requested.intersection(answered).filter(|name| holds_object(name)).map(|name| (name.clone(), format!("{name}Input"))).collect();
    for name in requested {
        let Some(mut schema) = schemas.get(name).cloned() else { continue };
        walk(&mut schema, &mut |schema| {
            if schema.get("properties").is_some() && !schema.contains_key("additionalProperties") {
                schema.insert("additionalProperties".to_owned(), false.into());
            }
            if schema.get("type").is_some_and(|kind| kind == "array") {
                schema.insert("uniqueItems".to_owned(), true.into());
            }
            let twin = schema.get("$ref").and_then(Value::as_str).and_then(name_in).and_then(|name| twins.get(name)).cloned();
            if let Some(twin) = twin {
                schema.insert("$ref".to_owned(), format!("{PREFIX}{twin}").into());
            }
        });
        schemas.insert(twins.get(name).unwrap_or(name).clone(), schema);
    }
    twins
}

/// The merge patch of a closed schema: nothing required, and `null` for what may be absent. Objects inside are patched in turn; arrays are
/// replaced whole.
pub(super) fn patch(schema: &Value, schemas: &Schemas) -> Value {
    let required: Vec<&str> = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut patch = schema.as_object().cloned().unwrap_or_default();
    patch.remove("required");
    patch.remove("default");
    patch.insert("description".to_owned(), "What to change: what is absent stays, `null` clears, a list is replaced whole.".into());
    if let Some(Value::Object(properties)) = patch.get_mut("properties") {
        for (name, property) in properties.iter_mut() {
            let clearable = !required.contains(&name.as_str());
            *property = patched(property, clearable, schemas);
        }
    }
    Value::Object(patch)
}

fn patched(property: &Value, clearable: bool, schemas: &Schemas) -> Value {
    let named = target(property).and_then(|name| schemas.get(name));
    let mut schema = match named {
        // An enumeration that must stay keeps its name.
        Some(named) if !clearable && named.get("enum").is_some() => return property.clone(),
        Some(named) => named.clone(),
        None => property.clone(),
    };
    if schema.get("properties").is_some() {
        schema = patch(&schema, schemas);
    }
    if let (Some(schema), Some(text)) = (schema.as_object_mut(), property.get("description")) {
        schema.insert("description".to_owned(), text.clone());
    }
    if let Some(object) = schema.as_object_mut() {
        object.remove("default");
        if clearable {
            if let Some(Value::String(name)) = object.get("type") {
                let name = name.clone();
                object.insert("type".to_owned(), json!([name, "null"]));
            }
            if let Some(Value::Array(values)) = object.get_mut("enum") {
                values.push(Value::Null);
            }
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schemas(value: Value) -> Schemas {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn null_allof_and_names_of_mere_values_leave_the_schemas() {
        let mut all = schemas(json!({
            "Name": {"type": "string", "maxLength": 9, "description": "A name."},
            "Kind": {"type": "string", "enum": ["a"]},
            "New": {"type": "object", "description": "New.", "required": ["name"], "properties": {
                "name": {"$ref": "#/components/schemas/Name", "description": "Its name."},
                "kind": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Kind", "description": "Its kind."}]},
                "many": {"type": ["array", "null"], "items": {"$ref": "#/components/schemas/Name"}}}},
            "Whole": {"description": "Whole.", "allOf": [{"$ref": "#/components/schemas/New"},
                {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}]},
        }));
        tidy(&mut all);
        assert!(!all.contains_key("Name"));
        assert_eq!(
            all["Whole"],
            json!({"description": "Whole.", "type": "object", "required": ["name", "id"], "properties": {
                "id": {"type": "string"},
                "name": {"type": "string", "maxLength": 9, "description": "Its name."},
                "kind": {"$ref": "#/components/schemas/Kind", "description": "Its kind."},
                "many": {"type": "array", "items": {"type": "string", "maxLength": 9, "description": "A name."}}}})
        );
    }

    #[test]
    fn what_is_both_sent_and_answered_is_closed_in_a_twin_only() {
        let mut all = schemas(json!({
            "New": {"type": "object", "properties": {"part": {"$ref": "#/components/schemas/Part"}, "kind": {"$ref": "#/components/schemas/Kind"}}},
            "Part": {"type": "object", "properties": {}}, "Kind": {"type": "string", "enum": ["a"]},
        }));
        let sent = ["New", "Part", "Kind"].map(str::to_owned).into();
        let answered = ["Part", "Kind"].map(str::to_owned).into();
        let twins = close(&mut all, &sent, &answered);
        assert_eq!(twins.into_iter().collect::<Vec<_>>(), [("Part".to_owned(), "PartInput".to_owned())]);
        assert_eq!(all["Part"], json!({"type": "object", "properties": {}}));
        assert_eq!(all["PartInput"], json!({"type": "object", "properties": {}, "additionalProperties": false}));
        assert_eq!(all["New"]["properties"]["part"], reference("PartInput"));
        assert_eq!(all["New"]["properties"]["kind"], reference("Kind"));
        assert_eq!(all["New"]["additionalProperties"], false);
    }

    #[test]
    fn a_patch_requires_nothing_and_clears_only_what_may_be_absent() {
        let all = schemas(json!({"Kind": {"type": "string", "enum": ["a"]},
            "Part": {"type": "object", "required": ["x"], "additionalProperties": false, "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}}}));
        let whole = json!({"type": "object", "required": ["name", "kind"], "additionalProperties": false, "properties": {
            "name": {"type": "string"}, "kind": {"$ref": "#/components/schemas/Kind"}, "other": {"$ref": "#/components/schemas/Kind"},
            "part": {"$ref": "#/components/schemas/Part"}, "list": {"type": "array", "items": {"type": "string"}}}});
        let text = "What to change: what is absent stays, `null` clears, a list is replaced whole.";
        assert_eq!(
            patch(&whole, &all),
            json!({"type": "object", "description": text, "additionalProperties": false, "properties": {
                "name": {"type": "string"}, "kind": {"$ref": "#/components/schemas/Kind"}, "other": {"type": ["string", "null"], "enum": ["a", null]},
                "part": {"type": ["object", "null"], "description": text, "additionalProperties": false, "properties": {"x": {"type": "integer"}, "y": {"type": ["integer", "null"]}}},
                "list": {"type": ["array", "null"], "items": {"type": "string"}}}})
        );
    }
}
