//! What a published document must be beyond being valid: each fault is one a client developer would meet.

use std::collections::BTreeSet;

use serde_json::Value;

/// Everything that is wrong with the document, in the order of its parts.
pub fn faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    info(document, &mut faults);
    let mut seen = BTreeSet::new();
    for (path, item) in entries(&document["paths"]) {
        if !path
            .split('/')
            .filter(|part| !part.starts_with('{'))
            .all(|part| part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c)))
        {
            faults.push(format!("{path}: not in kebab-case"));
        }
        for (method, operation) in entries(item) {
            let place = format!("{} {path}", method.to_uppercase());
            let id = text(operation, "operationId");
            if !is_camel(id) || !seen.insert(id.to_owned()) {
                faults.push(format!("{place}: operationId {id:?} is missing, not camelCase, or used twice"));
            }
            self::operation(document, &place, operation, &mut faults);
        }
    }
    for (name, schema) in entries(&document["components"]["schemas"]) {
        if ["OneOf", "AnyOf", "AllOf", "Inner"].iter().any(|word| name.contains(word)) || name.ends_with("_1") {
            faults.push(format!("{name}: the name of a generator's artefact"));
        }
        if schema.get("properties").is_some() && text(schema, "description").is_empty() {
            faults.push(format!("{name}: no description"));
        }
        self::schema(document, name, schema, &mut faults);
    }
    faults
}

/// Every body, answer and problem whose example is missing or does not match its schema.
pub fn example_faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, item) in entries(&document["paths"]) {
        for (method, operation) in entries(item) {
            let place = format!("{} {path}", method.to_uppercase());
            examples(document, &format!("{place} body"), &operation["requestBody"]["content"], &mut faults);
            for (status, response) in entries(&operation["responses"]) {
                if response.get("$ref").is_none() {
                    examples(document, &format!("{place} {status}"), &response["content"], &mut faults);
                }
            }
        }
    }
    for (name, response) in entries(&document["components"]["responses"]) {
        examples(document, name, &response["content"], &mut faults);
    }
    faults
}

fn examples(document: &Value, place: &str, content: &Value, faults: &mut Vec<String>) {
    for (_, content) in entries(content).filter(|(media, _)| media.ends_with("json")) {
        let mut schema = content["schema"].clone();
        schema["components"] = document["components"].clone();
        let check = match jsonschema::options().should_validate_formats(true).build(&schema) {
            Ok(check) => check,
            Err(error) => {
                faults.push(format!("{place}: the schema does not compile: {error}"));
                continue;
            }
        };
        let named = entries(&content["examples"]).map(|(_, example)| &example["value"]);
        let given: Vec<&Value> = content.get("example").into_iter().chain(named).filter(|example| !example.is_null()).collect();
        if given.is_empty() {
            faults.push(format!("{place}: no example"));
        }
        for fault in given.into_iter().flat_map(|example| check.iter_errors(example)) {
            faults.push(format!("{place}: the example breaks `{}` at {}", fault.kind().keyword(), fault.instance_path()));
        }
    }
}

fn info(document: &Value, faults: &mut Vec<String>) {
    for (pointer, what) in [
        ("/info/title", "title"),
        ("/info/version", "version"),
        ("/info/description", "description"),
        ("/info/license/name", "licence name"),
        ("/info/license/identifier", "SPDX licence"),
        ("/info/contact/name", "contact"),
        ("/servers/0/url", "server"),
    ] {
        if document.pointer(pointer).and_then(Value::as_str).is_none_or(str::is_empty) {
            faults.push(format!("info: no {what}"));
        }
    }
}

fn operation(document: &Value, place: &str, operation: &Value, faults: &mut Vec<String>) {
    let summary = text(operation, "summary");
    if summary.is_empty() || summary.chars().count() > 60 {
        faults.push(format!("{place}: summary of {} characters", summary.chars().count()));
    }
    if text(operation, "description").is_empty() {
        faults.push(format!("{place}: no description"));
    }
    let declared: Vec<&str> = document["tags"].as_array().into_iter().flatten().map(|tag| text(tag, "name")).collect();
    match operation["tags"].as_array().map(Vec::as_slice) {
        Some([Value::String(tag)]) if declared.contains(&tag.as_str()) => {}
        _ => faults.push(format!("{place}: needs one tag, which the document describes")),
    }
    for extension in ["x-roles", "x-policy-clauses", "x-problem-codes"] {
        if !operation[extension].is_array() {
            faults.push(format!("{place}: no {extension}"));
        }
    }
    let mut names = BTreeSet::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let parameter = resolve(document, parameter);
        let name = format!("{place} parameter {}", text(parameter, "name"));
        if !names.insert(name.clone()) {
            faults.push(format!("{name}: given twice"));
        }
        if text(parameter, "description").is_empty() {
            faults.push(format!("{name}: no description"));
        }
        if parameter["in"] != "header" && !is_camel(text(parameter, "name")) {
            faults.push(format!("{name}: not camelCase"));
        }
        schema(document, &name, &parameter["schema"], faults);
    }
    if place.starts_with("POST ") && !names.contains(&format!("{place} parameter Idempotency-Key")) {
        faults.push(format!("{place}: takes no Idempotency-Key"));
    }
    let template = place.split_once(' ').map_or("", |(_, path)| path);
    for part in template.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        if !names.contains(&format!("{place} parameter {part}")) {
            faults.push(format!("{place}: {part} of the path is not described"));
        }
    }
    if let Some(body) = operation.get("requestBody") {
        if text(body, "description").is_empty() || body["required"] != true {
            faults.push(format!("{place}: the body has no description or is not required"));
        }
        for (media, content) in entries(&body["content"]) {
            let sent = resolve(document, &content["schema"]);
            if sent["type"] != "object" || sent["additionalProperties"] != false {
                faults.push(format!("{place}: the body as {media} is not a closed object"));
            }
        }
    }
    responses(document, place, &operation["responses"], faults);
}

fn responses(document: &Value, place: &str, responses: &Value, faults: &mut Vec<String>) {
    if responses.get("default").is_none() || !entries(responses).any(|(status, _)| status.starts_with('2')) {
        faults.push(format!("{place}: needs an answer of success and a default"));
    }
    for (status, response) in entries(responses) {
        let response = resolve(document, response);
        let name = format!("{place} {status}");
        if text(response, "description").is_empty() {
            faults.push(format!("{name}: no description"));
        }
        let failed = status == "default" || status.starts_with('4') || status.starts_with('5');
        let media: Vec<&str> = entries(&response["content"]).map(|(media, _)| media).collect();
        if failed && media != ["application/problem+json"] {
            faults.push(format!("{name}: not application/problem+json"));
        }
        for wanted in [Some("X-Request-Id"), (status == "201").then_some("Location")].into_iter().flatten() {
            if response["headers"].get(wanted).is_none() {
                faults.push(format!("{name}: no {wanted}"));
            }
        }
        for (header, described) in entries(&response["headers"]) {
            let described = resolve(document, described);
            if text(described, "description").is_empty() {
                faults.push(format!("{name} header {header}: no description"));
            }
            schema(document, &format!("{name} header {header}"), &described["schema"], faults);
        }
        for (media, content) in entries(&response["content"]) {
            if media.ends_with("json") {
                schema(document, &name, &content["schema"], faults);
            }
        }
    }
}

/// What a schema says must bound what it describes.
fn schema(document: &Value, place: &str, schema: &Value, faults: &mut Vec<String>) {
    if schema.get("$ref").is_some() {
        if resolve(document, schema).is_null() {
            faults.push(format!("{place}: refers to nothing"));
        }
        return;
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if schema.get(choice).is_some() {
            faults.push(format!("{place}: {choice}"));
        }
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
        _ => Vec::new(),
    };
    let has = |keyword: &str| schema.get(keyword).is_some();
    match types.as_slice() {
        ["string"] if !(has("maxLength") || has("enum") || has("format") || has("const")) => {
            faults.push(format!("{place}: a string without maxLength, enum or format"));
        }
        ["array"] => {
            if !has("maxItems") {
                let closed = resolve(document, &schema["items"]).get("enum").is_some();
                faults.push(format!("{place}: a list without maxItems{}", if closed { " (of an enumeration)" } else { "" }));
            }
            self::schema(document, &format!("{place}[]"), &schema["items"], faults);
        }
        ["integer"] if !(has("format") && has("minimum") && has("maximum")) => {
            faults.push(format!("{place}: an integer without format, minimum or maximum"));
        }
        ["number"] if !(has("minimum") && has("maximum")) => faults.push(format!("{place}: a number without bounds")),
        ["object"] if !has("properties") && !has("additionalProperties") => {
            faults.push(format!("{place}: an object of anything"));
        }
        [] => faults.push(format!("{place}: no type")),
        _ => {}
    }
    for (name, property) in entries(&schema["properties"]) {
        let inner = format!("{place}.{name}");
        if !is_camel(name) {
            faults.push(format!("{inner}: not camelCase"));
        }
        if text(property, "description").is_empty() {
            faults.push(format!("{inner}: no description"));
        }
        self::schema(document, &inner, property, faults);
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if schema["properties"].get(name).is_none() {
            faults.push(format!("{place}: requires {name}, which is not a property"));
        }
    }
}

fn resolve<'a>(document: &'a Value, part: &'a Value) -> &'a Value {
    match part.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null),
        None => part,
    }
}

fn entries(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn is_camel(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}
