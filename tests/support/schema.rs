//! Whether JSON keeps to its schema: of draft 7, as far as the schemas of outputs use it.

use serde_json::{Map, Value};

/// Keywords that say nothing of a value.
const SILENT: [&str; 7] = ["$schema", "title", "description", "definitions", "default", "format", "examples"];

/// Checks a value; a key that the schema does not name is a fault, so that outputs do not outgrow it.
pub(crate) fn check(schema: &str, told: &str) {
    let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    let told: Value = serde_json::from_str(told).expect("the output is JSON");
    if let Err(fault) = keeps(&schema, &schema, &told, "$") {
        panic!("{fault}");
    }
}

fn keeps(schema: &Value, root: &Value, value: &Value, at: &str) -> Result<(), String> {
    let schema = match schema {
        Value::Bool(true) => return Ok(()),
        Value::Object(schema) => schema,
        other => return Err(format!("{at}: the schema is {other}")),
    };
    for (keyword, told) in schema {
        match keyword.as_str() {
            "$ref" => {
                let name = told.as_str().and_then(|name| name.strip_prefix("#/definitions/"));
                let named = name.and_then(|name| root["definitions"].get(name));
                keeps(named.ok_or_else(|| format!("{at}: {told} leads nowhere"))?, root, value, at)?;
            }
            "allOf" => list(told).iter().try_for_each(|part| keeps(part, root, value, at))?,
            "anyOf" | "oneOf" => {
                let faults: Vec<String> =
                    list(told).iter().filter_map(|part| keeps(part, root, value, at).err()).collect();
                let fit = list(told).len() - faults.len();
                if fit == 0 || (keyword == "oneOf" && fit > 1) {
                    return Err(format!("{at}: {value} fits {fit} of {keyword}: {faults:?}"));
                }
            }
            "type" if !is(told, value) => return Err(format!("{at}: {value} is no {told}")),
            "const" if told != value => return Err(format!("{at}: {value} is not {told}")),
            "enum" if !list(told).contains(value) => return Err(format!("{at}: {value} is none of {told}")),
            "minimum" | "maximum" => {
                let (Some(value), Some(limit)) = (value.as_f64(), told.as_f64()) else { continue };
                if if keyword == "minimum" { value < limit } else { value > limit } {
                    return Err(format!("{at}: {value} is past the {keyword} {limit}"));
                }
            }
            "items" => {
                let mut values = value.as_array().into_iter().flatten().enumerate();
                values.try_for_each(|(index, value)| keeps(told, root, value, &format!("{at}[{index}]")))?;
            }
            "minItems" | "maxItems" => {
                let (Some(limit), Some(values)) = (told.as_u64(), value.as_array()) else { continue };
                let count = values.len() as u64;
                if if keyword == "minItems" { count < limit } else { count > limit } {
                    return Err(format!("{at}: {count} items are past the {keyword} {limit}"));
                }
            }
            "required" => {
                let missing = |key: &&Value| value.get(key.as_str().unwrap_or_default()).is_none();
                if let Some(key) = list(told).iter().find(|key| value.is_object() && missing(key)) {
                    return Err(format!("{at}: {key} is missing"));
                }
            }
            "type" | "const" | "enum" | "properties" | "additionalProperties" => {}
            other if SILENT.contains(&other) => {}
            other => return Err(format!("{at}: nothing here checks `{other}`")),
        }
    }
    match value {
        Value::Object(fields) => fields.iter().try_for_each(|field| known(schema, root, field, at)),
        _ => Ok(()),
    }
}

/// Whether a field is known to the schema of an object and keeps to it.
fn known(
    schema: &Map<String, Value>,
    root: &Value,
    (key, value): (&String, &Value),
    at: &str,
) -> Result<(), String> {
    // What only refers to the schemas of objects names no field itself.
    if !schema.contains_key("properties") && !schema.contains_key("additionalProperties") {
        return if schema.contains_key("type") {
            Err(format!("{at}: `{key}` is not in the schema"))
        } else {
            Ok(())
        };
    }
    let own = schema.get("properties").and_then(|properties| properties.get(key));
    let other = schema.get("additionalProperties").filter(|other| **other != Value::Bool(false));
    match own.or(other) {
        Some(schema) => keeps(schema, root, value, &format!("{at}.{key}")),
        None => Err(format!("{at}: `{key}` is not in the schema")),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Whether a value is of a type, or of one of several.
fn is(types: &Value, value: &Value) -> bool {
    match types.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => list(types).iter().any(|one| is(one, value)),
    }
}

#[test]
fn what_breaks_a_schema_is_found() {
    let schema = r##"{"type": "object", "required": ["a"], "properties": {
        "a": {"type": "integer", "minimum": 0}, "b": {"type": ["number", "null"]}, "c": {"$ref": "#/definitions/c"},
        "d": {"type": "array", "items": {"type": "boolean"}}, "e": {"anyOf": [{"$ref": "#/definitions/e"}, {"type": "null"}]}},
        "definitions": {"c": {"oneOf": [{"const": "x"}, {"enum": ["y", "z"]}]},
            "e": {"type": "object", "additionalProperties": {"type": "string"}}}}"##;
    let root: Value = serde_json::from_str(schema).expect("it is JSON");
    let told = |text: &str| {
        let value: Value = serde_json::from_str(text).expect("it is JSON");
        keeps(&root, &root, &value, "$").err().unwrap_or_default()
    };
    check(schema, r#"{"a": 1, "b": 0.5, "c": "z", "d": [true], "e": {"f": "g"}}"#);
    check(schema, r#"{"a": 0, "b": null, "e": null}"#);
    for (text, fault) in [
        ("{}", "$: \"a\" is missing"),
        (r#"{"a": 1.5}"#, "$.a: 1.5 is no \"integer\""),
        (r#"{"a": -1}"#, "$.a: -1 is past the minimum 0"),
        (r#"{"a": 1, "b": true}"#, "$.b: true is no [\"number\",\"null\"]"),
        (r#"{"a": 1, "d": [true, 1]}"#, "$.d[1]: 1 is no \"boolean\""),
        (r#"{"a": 1, "d": {}}"#, "$.d: {} is no \"array\""),
        (r#"{"a": 1, "f": 1}"#, "$: `f` is not in the schema"),
        ("[]", "$: [] is no \"object\""),
    ] {
        assert_eq!(told(text), fault, "{text}");
    }
    for text in [r#"{"a": 1, "c": "w"}"#, r#"{"a": 1, "c": null}"#, r#"{"a": 1, "e": {"f": 1}}"#] {
        assert!(told(text).contains(" fits 0 of "), "{text}: {}", told(text));
    }
}
