//! The OpenAPI document, written from the operations, and the checks compiled from it.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize as _;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Map, Value, json};

use super::part::{Body, Place, Sketch};
use super::shape::{self, Schemas, reference, target};
use super::{Contract, Operation, common};
use crate::authz::Action;
use crate::domain::vocabulary::{Role, Vocabulary as _};
use crate::http::BASE;
use crate::http::problem::Code;
use crate::http::schema::Check;

/// The contract of these operations, or everything that is wrong with their descriptions.
pub(super) fn contract(operations: &[Operation]) -> Result<Contract, Vec<String>> {
    let mut gathered = Sketch::default();
    common::add_schemas(&mut gathered);
    let mut mistakes = Vec::new();
    for operation in operations {
        mistakes.extend(operation.sketch.clashes.iter().map(|name| format!("two schemas are named {name}")));
        for (name, schema) in &operation.sketch.schemas {
            gathered.add(name.clone(), schema.clone());
        }
    }
    mistakes.extend(gathered.clashes.drain(..).map(|name| format!("two schemas are named {name}")));
    let mut schemas: Schemas = gathered.schemas;
    let raw = schemas.clone();
    shape::tidy(&mut schemas);

    let sent: Vec<Value> = operations.iter().flat_map(|operation| &operation.sketch.bodies).map(|(_, name, _)| reference(name)).collect();
    let requested = shape::reached(&sent, &schemas);
    let answers: Vec<Value> = operations.iter().filter_map(|operation| operation.described.get("responses").cloned()).collect();
    let answered = shape::reached(answers.iter().chain([&reference("Problem")]), &schemas);
    let twins = shape::close(&mut schemas, &requested, &answered);
    let closed = |name: &String| twins.get(name).unwrap_or(name).clone();

    let mut bodies = HashMap::new();
    for (of, name, body) in operations.iter().flat_map(|operation| &operation.sketch.bodies) {
        let published = published_name(&closed(name), name, *body);
        if *body == Body::Patch && !schemas.contains_key(&published) {
            let patch = shape::patch(schemas.get(&closed(name)).unwrap_or(&Value::Null), &schemas);
            schemas.insert(published.clone(), patch);
        }
        compile(&mut bodies, *of, &reference(&published), &schemas, &mut mistakes);
    }
    let mut parameters = HashMap::new();
    for group in operations.iter().flat_map(|operation| &operation.sketch.parameters) {
        let mut schema = schemas.get(&group.schema).cloned().unwrap_or_default();
        if let (Place::Path, Some(schema)) = (group.place, schema.as_object_mut()) {
            schema.insert("additionalProperties".to_owned(), false.into());
        }
        compile(&mut parameters, group.of, &schema, &schemas, &mut mistakes);
    }

    let mut paths = Map::new();
    for operation in operations {
        let written = write(operation, &schemas, &raw, &closed);
        let item = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        let method = operation.method.as_str().to_ascii_lowercase();
        if item.as_object_mut().is_some_and(|item| item.insert(method, written).is_some()) {
            mistakes.push(format!("{} {} is registered twice", operation.method, operation.path));
        }
    }
    let tagged: BTreeSet<String> = paths
        .values()
        .flat_map(|item| item.as_object().into_iter().flatten())
        .filter_map(|(_, operation)| Some(operation.get("tags")?.get(0)?.as_str()?.to_owned()))
        .collect();
    let names = schemas.values().flat_map(properties).collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "sendiass",
            "summary": "The confidential record of a SEND Information, Advice and Support Service",
            "description": "Nothing leaves the service unless permission was given, or a child or person is at risk. Every rule of the service's confidentiality policy is enforced here, and what was passed on can be proved.\n\nErrors are `application/problem+json` with a machine-readable `code`. Unknown properties and parameters are refused. Clients must accept properties and values that are new to them in answers.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
            "contact": {"name": "The service that runs this deployment"},
        },
        "servers": [{"url": BASE, "description": "This deployment"}],
        "tags": common::tags(|name| tagged.contains(name)),
        "paths": paths,
        "components": {
            "schemas": schemas.into_iter().filter(|(name, _)| !name.contains(' ')).collect::<Map<_, _>>(),
            "responses": common::responses(),
            "headers": common::headers(),
            "parameters": common::parameters(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": "An access token of the council's identity provider, for this service."}},
        },
    });
    mistakes.extend(prune(&mut document));
    if !mistakes.is_empty() {
        mistakes.sort();
        mistakes.dedup();
        return Err(mistakes);
    }
    let written = written(&document);
    Ok(Contract { document, written, names, bodies, parameters })
}

/// The document as it is served and committed: a line for each value, so that a change can be read, and one space a level, a fifth less than two.
fn written(document: &Value) -> Vec<u8> {
    let mut written = Vec::new();
    let formatter = PrettyFormatter::with_indent(b" ");
    // Cannot fail: what is written is JSON already, and memory takes it.
    let _ = document.serialize(&mut Serializer::with_formatter(&mut written, formatter));
    written.push(b'\n');
    written
}

/// The names of the properties in a schema, at any depth.
fn properties(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(parts) => {
            let own = parts.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned();
            own.chain(parts.values().flat_map(properties)).collect()
        }
        Value::Array(parts) => parts.iter().flat_map(properties).collect(),
        _ => Vec::new(),
    }
}

/// `PersonUpdate` is sent as `PersonPatch`.
fn published_name(closed: &str, name: &str, body: Body) -> String {
    match body {
        Body::Whole | Body::Unsent => closed.to_owned(),
        Body::Patch => format!("{}Patch", name.strip_prefix("New").or_else(|| name.strip_suffix("Update")).unwrap_or(name)),
    }
}

fn compile(checks: &mut HashMap<TypeId, Check>, of: TypeId, schema: &Value, schemas: &Schemas, mistakes: &mut Vec<String>) {
    if checks.contains_key(&of) {
        return;
    }
    let needed = shape::reached([schema], schemas);
    let needed = needed.into_iter().filter_map(|name| schemas.get(&name).map(|schema| (name, schema.clone()))).collect();
    match Check::compile(schema, &needed) {
        Ok(check) => {
            checks.insert(of, check);
        }
        Err(mistake) => mistakes.push(mistake),
    }
}

fn write(operation: &Operation, schemas: &Schemas, raw: &Schemas, closed: &impl Fn(&String) -> String) -> Value {
    let sketch = &operation.sketch;
    let mut written = operation.described.as_object().cloned().unwrap_or_default();
    let codes = codes(operation);

    let summary = written.get("summary").and_then(Value::as_str).unwrap_or_default().trim_end_matches('.').to_owned();
    let text = written.get("description").and_then(Value::as_str).map_or_else(|| format!("{summary}."), str::to_owned);
    written.insert("summary".to_owned(), summary.into());
    let roles: Vec<&str> = sketch.action.map(Action::roles).unwrap_or_default().iter().map(|role| role.as_str()).collect();
    let may = if sketch.action.is_some() { roles.join(", ") } else { "none needed".to_owned() };
    written.insert("description".to_owned(), format!("{text}\n\nRoles: {may}.").into());
    written.insert("x-roles".to_owned(), roles.into());
    written.insert("x-policy-clauses".to_owned(), sketch.action.map(Action::clauses).unwrap_or_default().to_vec().into());
    written.insert("x-problem-codes".to_owned(), codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().into());
    written.insert("security".to_owned(), if sketch.action.is_some() { json!([{"bearer": []}]) } else { json!([]) });
    written.insert("parameters".to_owned(), parameters(operation, schemas));

    for (_, name, body) in &sketch.bodies {
        let published = published_name(&closed(name), name, *body);
        let mut media = json!({"schema": reference(&published)});
        with_example(&mut media, schemas);
        let content = match body {
            Body::Whole => json!({"application/json": media}),
            Body::Patch => json!({"application/merge-patch+json": media, "application/json": media}),
            Body::Unsent => continue,
        };
        let description = schemas.get(&published).and_then(|schema| schema.get("description")).cloned().unwrap_or_default();
        written.insert("requestBody".to_owned(), json!({"required": true, "description": description, "content": content}));
    }
    let given = written.remove("responses").and_then(|responses| responses.as_object().cloned()).unwrap_or_default();
    written.insert("responses".to_owned(), responses(given, sketch, &codes, schemas, raw));
    Value::Object(written)
}

/// Every problem the operation may answer.
fn codes(operation: &Operation) -> BTreeSet<Code> {
    let sketch = &operation.sketch;
    let mut codes = sketch.codes.clone();
    codes.extend(&operation.refusals);
    codes.extend([Code::MalformedRequest, Code::RateLimited, Code::Internal, Code::Unavailable]);
    if sketch.action.is_some() {
        codes.extend([Code::Unauthenticated, Code::Forbidden]);
    }
    let reads = |place| sketch.parameters.iter().any(|group| group.place == place);
    if reads(Place::Path) {
        codes.insert(Code::NotFound);
    }
    if reads(Place::Query) {
        codes.extend([Code::UnknownParameter, Code::ValidationFailed]);
    }
    if sketch.paged {
        codes.insert(Code::InvalidCursor);
    }
    if !sketch.bodies.is_empty() {
        codes.insert(Code::ValidationFailed);
    }
    if sketch.headers.iter().any(|name| name.ends_with("IdempotencyKey")) {
        codes.insert(Code::IdempotencyKeyRequired);
    }
    if may_meet_restriction(sketch) {
        codes.insert(Code::AccessReasonRequired);
    }
    codes
}

/// Whether it names a record of a case, which may be restricted.
fn may_meet_restriction(sketch: &Sketch) -> bool {
    let casework = |action: Action| {
        let roles = action.roles();
        roles.contains(&Role::ServiceManager) && roles.iter().all(|role| matches!(role, Role::Adviser | Role::ServiceManager))
    };
    sketch.action.is_some_and(casework) && sketch.parameters.iter().any(|group| group.place == Place::Path)
}

/// Whether a service manager with a reason is shown more: of lists, what is restricted too; registers hold nothing of cases.
fn shows_more_with_reason(operation: &Operation) -> bool {
    let sketch = &operation.sketch;
    let roles = sketch.action.map(Action::roles).unwrap_or_default();
    let lists = sketch.paged || sketch.tells.contains(&"Content-Disposition");
    operation.refusals.contains(&Code::AccessReasonRequired)
        || lists && roles.contains(&Role::ServiceManager) && !roles.contains(&Role::Administrator)
}

fn parameters(operation: &Operation, schemas: &Schemas) -> Value {
    let sketch = &operation.sketch;
    let mut parameters = Vec::new();
    for group in &sketch.parameters {
        let Some(schema) = schemas.get(&group.schema) else { continue };
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let mut property = property.clone();
            let described = property.as_object_mut().and_then(|property| property.remove("description")).unwrap_or_default();
            let place = if group.place == Place::Path { "path" } else { "query" };
            let is_list = property.get("type").is_some_and(|name| name == "array");
            let mut parameter = json!({"name": name, "in": place, "description": described,
                "required": group.place == Place::Path || required.contains(&name.as_str()), "schema": property});
            if let Some(parameter) = parameter.as_object_mut().filter(|_| is_list) {
                parameter.extend([("style".to_owned(), "form".into()), ("explode".to_owned(), false.into())]);
            }
            parameters.push(parameter);
        }
    }
    let restricted = (may_meet_restriction(sketch) || shows_more_with_reason(operation)).then_some("AccessReason");
    for name in sketch.headers.iter().copied().chain(restricted).chain(["CorrelationId", "TraceParent"]) {
        parameters.push(json!({"$ref": format!("#/components/parameters/{name}")}));
    }
    parameters.into()
}

fn responses(given: Map<String, Value>, sketch: &Sketch, codes: &BTreeSet<Code>, schemas: &Schemas, raw: &Schemas) -> Value {
    let mut responses = Map::new();
    for (status, mut response) in given {
        let mut headers = vec!["X-Request-Id"];
        if matches!(status.as_str(), "201" | "202") {
            headers.push("Location");
        }
        if status == "202" {
            headers.push("Retry-After");
        }
        if let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) {
            if content.contains_key("application/pdf") {
                headers.push("Content-Disposition");
            }
            for media in content.values_mut() {
                if let Some(schema) = media.get_mut("schema") {
                    shape::tidy_one(schema, raw);
                    let named = target(schema).and_then(|name| schemas.get(name));
                    if named.is_some_and(|named| named.pointer("/properties/version").is_some()) || sketch.cached {
                        headers.push("ETag");
                    }
                }
                with_example(media, schemas);
            }
        }
        headers.extend(sketch.tells.iter().copied().chain(sketch.cached.then_some("Cache-Control")));
        if let Some(response) = response.as_object_mut() {
            response.insert("headers".to_owned(), common::header_references(&headers));
        }
        responses.insert(status, response);
    }
    if sketch.cached {
        let headers = common::header_references(&["X-Request-Id", "ETag", "Cache-Control"]);
        responses.insert("304".to_owned(), json!({"description": "What the caller holds is still right.", "headers": headers}));
    }
    let statuses: BTreeSet<u16> = codes.iter().map(|code| code.status().as_u16()).collect();
    for status in statuses {
        responses.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{}", common::response_name(status))}));
    }
    responses.insert("default".to_owned(), json!({"$ref": "#/components/responses/Problem"}));
    Value::Object(responses)
}

/// The example of the schema, where readers of the document look for it. That of a page is made from that of its rows.
fn with_example(media: &mut Value, schemas: &Schemas) {
    let example_of = |schema: &Value| schemas.get(target(schema)?)?.get("example").cloned();
    let Some(schema) = media.get("schema").and_then(target).and_then(|name| schemas.get(name)) else { return };
    let row = || schema.pointer("/properties/page").and(schema.pointer("/properties/items/items")).and_then(example_of);
    let example = schema.get("example").cloned().or_else(|| row().map(|row| json!({"items": [row], "page": {"limit": 50}})));
    if let (Some(example), Some(media)) = (example, media.as_object_mut()) {
        media.entry("example").or_insert(example);
    }
}

/// Drops the components that nothing refers to, and tells the references to nothing.
fn prune(document: &mut Value) -> Vec<String> {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut mistakes = Vec::new();
    {
        let mut waiting: Vec<&Value> = document.get("paths").into_iter().collect();
        while let Some(part) = waiting.pop() {
            if let Some(reference) = part.get("$ref").and_then(Value::as_str) {
                let mut names = reference.trim_start_matches("#/components/").splitn(2, '/');
                let (group, name) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
                match document.get("components").and_then(|all| all.get(group)?.get(name)) {
                    Some(component) if used.entry(group.to_owned()).or_default().insert(name.to_owned()) => waiting.push(component),
                    Some(_) => {}
                    None => mistakes.push(format!("nothing is named {reference}")),
                }
            }
            match part {
                Value::Object(parts) => waiting.extend(parts.values()),
                Value::Array(parts) => waiting.extend(parts),
                _ => {}
            }
        }
    }
    if let Some(Value::Object(groups)) = document.get_mut("components") {
        for (group, components) in groups.iter_mut().filter(|(group, _)| *group != "securitySchemes") {
            if let Some(components) = components.as_object_mut() {
                components.retain(|name, _| used.get(group).is_some_and(|used| used.contains(name)));
            }
        }
    }
    mistakes
}
