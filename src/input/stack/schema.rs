//! What schemas say of stacks and their profiles.

use serde_json::{Map, Value, json};

use super::imposed::{MAX_CHANNELS, MAX_RAILS, THREADS, words};
use super::names;
use crate::input::schema::{about, bandwidth, count, size, time, words as one_of};
use crate::stack::param::{SPECS, Spec, Unit};
use crate::stack::{Generation, Library, PROCESSES, Protocol};

/// Properties of a profile.
pub(in crate::input) fn profile_properties() -> Map<String, Value> {
    let mut properties = constants();
    for (key, schema) in [
        ("name", about(json!({ "type": "string" }), "the file's stem unless given")),
        ("title", about(json!({ "type": "string" }), "what it is of, in a line")),
        (
            "library",
            about(one_of(&Library::ALL), "which library, and so which model its constants belong to"),
        ),
        ("generation", about(one_of(&Generation::ALL), "whose table of predictions the library uses")),
        ("based_on", about(built_in(), "the built-in profile that gives what is not said here")),
        (
            "sources",
            about(
                json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }] }),
                "where the constants come from",
            ),
        ),
    ] {
        properties.insert(key.into(), schema);
    }
    properties
}

/// `[stack]` of a scenario.
pub(in crate::input) fn section() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "oneOf": [{ "required": ["profile"] }, { "required": ["file"] }],
        "properties": {
            "profile": about(built_in(), "a built-in profile"),
            "file": about(json!({ "type": "string" }), "a stack profile, relative to the scenario's folder"),
            "version": about(json!({ "type": "string", "pattern": r"^2\.[0-9]+(\..*)?$", "examples": ["2.18.5"] }), "release of the library, the newest known unless given"),
            "process": about(one_of(&PROCESSES), "what a process drives: one accelerator, or all of its server"),
            "algorithm": about(one_of(&words()), "of collectives that ask for `auto`: NCCL_ALGO"),
            "protocol": about(one_of(&Protocol::ALL), "NCCL_PROTO"),
            "threads": about(count(THREADS.0, THREADS.1), "of a channel: NCCL_NTHREADS, NCCL_LL128_NTHREADS"),
            "min_channels": about(count(1, MAX_CHANNELS), "NCCL_MIN_CTAS, NCCL_MIN_NCHANNELS"),
            "max_channels": about(count(1, MAX_CHANNELS), "NCCL_MAX_CTAS, NCCL_MAX_NCHANNELS"),
            "rails": about(count(1, MAX_RAILS), "most adapters that a message of MPI uses: UCX_MAX_RNDV_RAILS"),
            "set": about(json!({ "type": "object", "additionalProperties": false, "properties": constants() }), "constants put over those of the profile"),
        },
    })
}

fn built_in() -> Value {
    json!({ "enum": names().collect::<Vec<_>>() })
}

/// All constants, as tables along their dotted keys.
fn constants() -> Map<String, Value> {
    let mut root = Map::new();
    for spec in SPECS {
        let path: Vec<&str> = spec.key.split('.').collect();
        insert(&mut root, &path, about(constant(spec), spec.about));
    }
    root
}

fn insert(table: &mut Map<String, Value>, path: &[&str], schema: Value) {
    match path {
        [] => {}
        [key] => {
            table.insert((*key).to_owned(), schema);
        }
        [key, rest @ ..] => {
            let inner = table.entry(*key).or_insert_with(
                || json!({ "type": "object", "additionalProperties": false, "properties": {} }),
            );
            if let Some(properties) = inner["properties"].as_object_mut() {
                insert(properties, rest, schema);
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the ranges of counts are small")]
fn constant(spec: &Spec) -> Value {
    let (least, most) = spec.range;
    match spec.unit {
        Unit::Time => time(),
        Unit::Rate => bandwidth(),
        Unit::Bytes => size(),
        Unit::Fraction => json!({ "type": "number", "minimum": least, "maximum": most }),
        Unit::Count => count(least as u32, most as u32),
    }
}
