//! The document of the fictional service.

use serde_json::{Value, json};

use super::kites::{SERVICE, operations};
use super::quality::{example_faults, faults};
use crate::http::openapi::Service;

fn document() -> &'static Value {
    SERVICE.contract().document()
}

#[test]
fn the_document_has_no_fault() {
    assert_eq!(faults(document()), Vec::<String>::new());
}

#[test]
fn the_quality_rules_see_what_is_wrong() {
    let mut bad = document().clone();
    bad["info"]["license"] = Value::Null;
    bad["paths"]["/kites"]["get"]["operationId"] = "register_kite".into();
    bad["paths"]["/kites"]["get"]["summary"] = "x".repeat(61).into();
    bad["paths"]["/kites"]["get"]["tags"] = json!(["unheard-of"]);
    bad["paths"]["/kites"]["post"]["responses"]["201"]["headers"] = json!({});
    bad["components"]["responses"]["NotFound"]["content"] = json!({"text/plain": {}});
    bad["components"]["schemas"]["Tail"]["properties"]["colour"] = json!({"type": "string"});
    bad["components"]["schemas"]["Tail"]["properties"]["metres"] = json!({"type": "integer", "description": "x"});
    bad["components"]["schemas"]["NewKite"]["additionalProperties"] = true.into();
    let found = faults(&bad).join("\n");
    for expected in [
        "no licence name",
        "\"register_kite\" is missing, not camelCase",
        "summary of 61 characters",
        "needs one tag",
        "POST /kites 201: no Location",
        "404: not application/problem+json",
        "Tail.colour: no description",
        "Tail.colour: a string without",
        "Tail.metres: an integer without",
        "is not a closed object",
    ] {
        assert!(found.contains(expected), "{expected} in:\n{found}");
    }
}

#[test]
fn an_operation_carries_the_roles_and_clauses_of_its_permit() {
    let register = &document()["paths"]["/kites"]["post"];
    assert_eq!(register["x-roles"], json!(["service_manager", "administrator"]));
    assert_eq!(register["x-policy-clauses"], json!(["C3", "C11"]));
    assert_eq!(register["security"], json!([{"bearer": []}]));
    assert_eq!(register["description"], "Register a kite.\n\nRoles: service_manager, administrator.");
    assert_eq!(document()["paths"]["/"]["get"]["security"], json!([]));
    assert_eq!(document()["paths"]["/kites/{kiteId}/release"]["post"]["summary"], "Let a kite go");
}

#[test]
fn what_a_handler_reads_is_what_the_document_says() {
    let release = &document()["paths"]["/kites/{kiteId}/release"]["post"];
    let headers: Vec<_> =
        release["parameters"].as_array().unwrap().iter().filter_map(|parameter| parameter["$ref"].as_str()?.rsplit('/').next()).collect();
    assert_eq!(headers, ["MandatoryIdempotencyKey", "IfMatch", "CorrelationId", "TraceParent"]);
    let statuses: Vec<_> = release["responses"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(statuses, ["200", "400", "401", "403", "404", "409", "412", "413", "415", "422", "428", "429", "500", "503", "default"]);
    let list = &document()["paths"]["/kites"]["get"]["parameters"];
    let names: Vec<_> = list.as_array().unwrap().iter().filter_map(|parameter| parameter["name"].as_str()).collect();
    assert_eq!(names, ["caseId", "cursor", "from", "includeTotal", "limit", "wind"]);
    assert_eq!(list[5]["explode"], false);
    assert_eq!(list[5]["schema"], json!({"type": "array", "maxItems": 2, "items": {"$ref": "#/components/schemas/Wind"}}));
}

#[test]
fn answers_stay_open_requests_are_closed_and_patches_are_derived() {
    let schemas = &document()["components"]["schemas"];
    assert_eq!(schemas["NewKite"]["additionalProperties"], false);
    assert!(schemas["Kite"].get("additionalProperties").is_none());
    assert!(schemas["Tail"].get("additionalProperties").is_none());
    assert_eq!(schemas["TailInput"]["additionalProperties"], false);
    assert_eq!(schemas["Kite"]["properties"]["tails"]["items"]["$ref"], "#/components/schemas/Tail");
    assert_eq!(schemas["NewKite"]["properties"]["tails"]["items"]["$ref"], "#/components/schemas/TailInput");
    let patch = &schemas["KitePatch"];
    assert!(patch.get("required").is_none());
    assert_eq!(patch["properties"]["fullName"]["type"], "string");
    assert_eq!(patch["properties"]["line"]["type"], json!(["integer", "null"]));
    assert_eq!(patch["properties"]["bestTail"]["type"], json!(["object", "null"]));
}

#[test]
fn the_document_is_the_same_each_time() {
    let again = Service::build(operations()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    assert_eq!(again.contract().written(), SERVICE.contract().written());
}

#[test]
fn every_body_answer_and_problem_has_an_example_that_matches_its_schema() {
    assert_eq!(example_faults(document()), Vec::<String>::new());
    let mut bad = document().clone();
    bad["paths"]["/kites"]["post"]["requestBody"]["content"]["application/json"]["example"]["wind"] = "hurricane".into();
    bad["paths"]["/kites"]["get"]["responses"]["200"]["content"]["application/json"]["example"] = Value::Null;
    assert_eq!(example_faults(&bad), ["GET /kites 200: no example", "POST /kites body: the example breaks `enum` at /wind"]);
}

#[test]
fn the_words_of_the_vocabulary_are_published_as_they_are_written() {
    use utoipa::PartialSchema as _;

    let role = serde_json::to_value(crate::domain::vocabulary::Role::schema()).unwrap();
    assert_eq!(role["enum"][1], "service_manager");
}

#[test]
fn mistakes_in_the_descriptions_are_told() {
    let twice = operations().into_iter().chain(operations()).collect();
    let mistakes = Service::build(twice).err().unwrap();
    assert!(mistakes.contains(&"GET /kites is registered twice".to_owned()), "{mistakes:?}");
}
