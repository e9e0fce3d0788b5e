//! JSON schemas (draft 7) of the kinds of file, for editors. They are made from the same word
//! lists and parameter tables that the readers use.

use serde_json::{Map, Value, json};

use super::classes::{FLOW_CONTROLS, MAX_COST};
use super::collective::{algorithms, ops};
use super::links::MAX_LANES;
use super::nodes::IN_NETWORK;
use super::plots::{KINDS, MAX_TIMELINE};
use super::ranks::ORDERS;
use super::scenario::{STEPS, engines};
use super::{stack, tune, workload};
use crate::collective::algo::{MAX_CHANNELS, MAX_SEGMENTS};
use crate::fabric::template::{FAMILIES, Param, ParamKind};
use crate::fabric::{LinkClass, NodeKind, Routing};

pub(super) const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

const BANDWIDTH: &str = r"^\s*[0-9][0-9_]*(\.[0-9]+)?\s*([kMGT]?bps|[kMGT]?[bB]/s|[KMG]iB/s)\s*$";
const SIZE: &str = r"^\s*[0-9][0-9_]*(\.[0-9]+)?\s*([KMGT]iB|[kMGT]?B)\s*$";
const TIME: &str = r"^\s*[0-9][0-9_]*(\.[0-9]+)?\s*(ps|ns|us|µs|ms|s)\s*$";
const POWER: &str = r"^\s*[0-9][0-9_]*(\.[0-9]+)?\s*([mkM]?W)\s*$";
const FLOP_RATE: &str = r"^\s*[0-9][0-9_]*(\.[0-9]+)?\s*([GTPE]?FLOP/s)\s*$";
const LENGTH: &str = r"^\s*[0-9][0-9_]*(\.[0-9]+)?\s*(mm|cm|m|km)\s*$";
const MONEY: &str = r"^\s*[0-9][0-9_]*(\.[0-9]+)?\s*([kMB]?USD)\s*$";
const ENERGY_PRICE: &str = r"^\s*[0-9][0-9_]*(\.[0-9]+)?\s*(USD/[kM]Wh)\s*$";
const MASS: &str = r"^\s*[0-9][0-9_]*(\.[0-9]+)?\s*(g|kg|t)\s*$";
const PERCENT: &str = r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$";

/// The schema of scenario files.
pub fn scenario_schema() -> Value {
    let mut fabric = topology_properties();
    fabric.insert(
        "file".into(),
        about(json!({ "type": "string" }), "a topology file, relative to the scenario's folder"),
    );
    json!({
        "$schema": DRAFT,
        "title": "railspine scenario",
        "description": "collectives, or a training step, on a fabric",
        "type": "object",
        "additionalProperties": false,
        "required": ["kind", "fabric"],
        "oneOf": [{ "required": ["collective"] }, { "required": ["workload"] }],
        "properties": {
            "kind": { "const": "run" },
            "name": about(json!({ "type": "string" }), "the file's stem unless given; results are stored under it"),
            "title": about(json!({ "type": "string" }), "for plots and tables"),
            "seed": about(json!({ "type": "integer", "minimum": 0, "default": 1 }), "seed of random choices"),
            "heavy": about(json!({ "type": "boolean", "default": false }), "too large for the test suite"),
            "engine": about(one_or_many(&words(&engines())), "every case runs on each of them"),
            "together": about(json!({ "type": "boolean", "default": false }), "all collectives run at once"),
            "steps": about(words(&STEPS), "when a rank's next step may start"),
            "fabric": { "type": "object", "additionalProperties": false, "properties": fabric, "allOf": params_by_template() },
            "stack": about(stack::section_schema(), "what the communication library and the host add; nothing unless given"),
            "collective": tables(&collective()),
            "workload": about(workload::section_schema(), "a training step, in place of collectives"),
            "tune": about(tune::schema(), "which divisions of the training step `railspine tune` looks at; all unless given"),
            "expect": tables(&expect()),
            "plot": tables(&plot()),
        },
    })
}

/// The schema of topology files.
pub fn topology_schema() -> Value {
    json!({
        "$schema": DRAFT,
        "title": "railspine topology",
        "description": "a fabric: a template with parameters, explicit nodes and links, or both",
        "type": "object",
        "additionalProperties": false,
        "properties": topology_properties(),
        "allOf": params_by_template(),
    })
}

/// The schema of stack profiles.
pub fn stack_profile_schema() -> Value {
    json!({
        "$schema": DRAFT,
        "title": "railspine stack profile",
        "description": "constants of a communication library on a generation of hardware",
        "type": "object",
        "additionalProperties": false,
        "anyOf": [{ "required": ["library"] }, { "required": ["based_on"] }],
        "properties": stack::profile_properties(),
    })
}

/// The schema of models.
pub fn model_schema() -> Value {
    json!({
        "$schema": DRAFT,
        "title": "railspine model",
        "description": "the shape of a decoder-only language model",
        "type": "object",
        "additionalProperties": false,
        "required": ["layers", "hidden", "vocabulary", "attention"],
        "anyOf": [{ "required": ["mlp"] }, { "required": ["experts"] }],
        "properties": workload::model_properties(),
    })
}

/// The schema of accelerators.
pub fn accelerator_schema() -> Value {
    json!({
        "$schema": DRAFT,
        "title": "railspine accelerator",
        "description": "what an accelerator can do",
        "type": "object",
        "additionalProperties": false,
        "required": [
            "processors", "domain", "memory", "memory_bandwidth", "scaleup", "power", "idle_power", "peak",
        ],
        "properties": workload::accelerator_properties(),
    })
}

/// The schema of generations of software.
pub fn software_schema() -> Value {
    json!({
        "$schema": DRAFT,
        "title": "railspine software",
        "description": "a generation of training software: its habits, and what it gets of accelerators",
        "type": "object",
        "additionalProperties": false,
        "required": ["habits"],
        "properties": workload::software_properties(),
    })
}

pub(super) fn about(mut schema: Value, text: &str) -> Value {
    schema["description"] = json!(text);
    schema
}

pub(super) fn words<T>(list: &[(&str, T)]) -> Value {
    json!({ "enum": list.iter().map(|(word, _)| *word).collect::<Vec<_>>() })
}

fn pattern(pattern: &str, example: &str) -> Value {
    json!({ "type": "string", "pattern": pattern, "examples": [example] })
}

pub(super) fn bandwidth() -> Value {
    pattern(BANDWIDTH, "400 Gbps")
}

pub(super) fn size() -> Value {
    pattern(SIZE, "1 GiB")
}

pub(super) fn time() -> Value {
    pattern(TIME, "2.5 us")
}

pub(super) fn power() -> Value {
    pattern(POWER, "700 W")
}

pub(super) fn length() -> Value {
    pattern(LENGTH, "30 m")
}

pub(super) fn money() -> Value {
    pattern(MONEY, "38 kUSD")
}

pub(super) fn energy_price() -> Value {
    pattern(ENERGY_PRICE, "0.08 USD/kWh")
}

pub(super) fn mass() -> Value {
    pattern(MASS, "130 kg")
}

pub(super) fn flop_rate() -> Value {
    pattern(FLOP_RATE, "989 TFLOP/s")
}

pub(super) fn count(min: u32, max: u32) -> Value {
    json!({ "type": "integer", "minimum": min, "maximum": max })
}

fn fraction() -> Value {
    json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1 })
}

pub(super) fn one_or_many(one: &Value) -> Value {
    json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
}

pub(super) fn object(required: &[&str], properties: &Value) -> Value {
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

/// `[[name]]`, or a single `[name]`.
pub(super) fn tables(one: &Value) -> Value {
    one_or_many(one)
}

fn name_pattern(text: &str) -> Value {
    about(json!({ "type": "string", "examples": ["host{h=0..3}/gpu{0..7}"] }), text)
}

fn number(text: &str) -> Value {
    about(
        json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "examples": ["{h/4}"] }] }),
        text,
    )
}

fn collective() -> Value {
    let range = object(
        &["from", "to"],
        &json!({
            "from": size(), "to": size(), "factor": { "type": "integer", "minimum": 2, "default": 2 },
        }),
    );
    let first = object(&["first"], &json!({ "first": count(1, u32::MAX) }));
    let every = object(&["every"], &json!({ "every": count(1, u32::MAX), "offset": count(0, u32::MAX) }));
    let names = one_or_many(&json!({ "type": "string" }));
    object(
        &["op", "size"],
        &json!({
            "op": about(words(&ops()), "the operation"),
            "algorithm": about(one_or_many(&words(&algorithms())), "each of them runs at every size; `auto` is the choice of the library under a `stack`, else the fastest"),
            "size": about(json!({ "anyOf": [size(), { "type": "array", "items": size(), "minItems": 1 }, range] }), "as nccl-tests counts it"),
            "ranks": about(json!({ "anyOf": [names, first, every], "default": "all" }), "the GPUs that take part"),
            "order": about(words(&ORDERS), "how ranks are numbered"),
            "group": about(json!({ "type": "string" }), "name of its group"),
            "start": about(time(), "when it starts, where all run together"),
            "channels": about(count(1, MAX_CHANNELS), "chosen by the algorithm unless given"),
            "segments": about(count(1, MAX_SEGMENTS), "of pipelines; chosen by the algorithm unless given"),
            "spread": about(json!({ "type": "number", "minimum": 0, "exclusiveMaximum": 1, "default": 0.5 }), "of the sizes of an all-to-all-v around their mean"),
            "root": about(count(0, u32::MAX), "the root of broadcast and reduce"),
            "steps": about(words(&STEPS), "when a rank's next step may start"),
        }),
    )
}

fn expect() -> Value {
    object(
        &[],
        &json!({
            "op": words(&ops()),
            "algorithm": words(&algorithms()),
            "size": size(),
            "engine": words(&engines()),
            "time": time(),
            "algbw": bandwidth(),
            "busbw": bandwidth(),
            "step_time": about(time(), "of a training step"),
            "tokens_per_s": about(json!({ "type": "number", "exclusiveMinimum": 0 }), "of a training step, over all accelerators"),
            "mfu": about(pattern(PERCENT, "45 %"), "of a training step, of the 16-bit peak, attention counted causal"),
            "mfu_full": about(pattern(PERCENT, "48 %"), "the same, attention counted whole"),
            "tolerance": about(pattern(PERCENT, "5 %"), "relative, 1 % unless given"),
        }),
    )
}

fn plot() -> Value {
    object(
        &["kind"],
        &json!({
            "kind": words(&KINDS),
            "name": about(json!({ "type": "string" }), "of the files"),
            "title": { "type": "string" },
            "size": about(size(), "the largest unless given"),
            "ranks": about(json!({ "type": "array", "items": count(0, u32::MAX), "minItems": 1, "maxItems": MAX_TIMELINE }), "on a timeline"),
        }),
    )
}

fn topology_properties() -> Map<String, Value> {
    let routing = about(words(&Routing::ALL), "how equal-cost paths are chosen");
    let builtin: Vec<String> = LinkClass::builtin().into_iter().map(|class| class.name).collect();
    let class = object(
        &[],
        &json!({
            "like": about(json!({ "enum": builtin }), "the built-in class that a new one is like"),
            "latency": about(time(), "of a hop, without its cable"),
            "per_metre": about(time(), "of cable"),
            "efficiency": about(fraction(), "payload bytes per byte on the wire"),
            "routing": routing,
            "cost": about(count(1, MAX_COST), "of a hop, for shortest paths"),
            "flow_control": words(&FLOW_CONTROLS),
        }),
    );
    let kinds: Vec<&str> = NodeKind::ALL.iter().map(|kind| kind.name()).collect();
    let node = object(
        &["name", "kind"],
        &json!({
            "name": name_pattern("names of nodes"),
            "kind": { "enum": kinds },
            "server": number("the server that it belongs to"),
            "rail": number("its rail"),
            "forwards": about(json!({ "type": "boolean" }), "whether traffic of others may pass through"),
            "in_network": about(one_or_many(&words(&IN_NETWORK)), "what a switch does with data on its way"),
        }),
    );
    let link = object(
        &["from", "to", "class", "bandwidth"],
        &json!({
            "from": name_pattern("one end"),
            "to": name_pattern("the other end"),
            "class": about(json!({ "type": "string", "examples": builtin }), "a built-in class, or one of this file's"),
            "bandwidth": about(bandwidth(), "of one lane, each direction"),
            "reverse_bandwidth": about(bandwidth(), "of one lane, the other way, where it differs"),
            "lanes": about(count(1, MAX_LANES), "parallel cables"),
            "latency": about(time(), "of the hop; that of the class and the cable's length unless given"),
            "length": about(length(), "of the cable"),
            "efficiency": fraction(),
        }),
    );
    let ends = json!({ "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2 });
    let remove = object(&[], &json!({ "node": name_pattern("nodes to take away"), "link": ends }));
    let position = object(
        &["node", "row", "rack"],
        &json!({
            "node": name_pattern("nodes that stand there"),
            "row": number("row of racks, from 0"),
            "rack": number("rack in the row, from 0"),
            "unit": number("lowest height unit, from 0"),
        }),
    );
    let families: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
    let properties = json!({
        "name": about(json!({ "type": "string" }), "the file's stem unless given"),
        "template": about(json!({ "enum": families }), "a family of fabrics"),
        "params": about(json!({ "type": "object" }), "parameters of the template"),
        "routing": about(words(&Routing::ALL), "for all classes"),
        "class": about(json!({ "type": "object", "additionalProperties": class }), "link classes"),
        "node": tables(&node),
        "link": tables(&link),
        "remove": tables(&remove),
        "position": tables(&position),
    });
    match properties {
        Value::Object(properties) => properties,
        _ => Map::new(),
    }
}

/// What `params` may hold, for each template.
fn params_by_template() -> Value {
    FAMILIES
        .iter()
        .map(|family| {
            let properties: Map<String, Value> =
                family.params.iter().map(|param| (param.name.to_owned(), about(param_schema(param), param.about))).collect();
            json!({
                "if": { "properties": { "template": { "const": family.name } }, "required": ["template"] },
                "then": { "properties": { "params": { "type": "object", "additionalProperties": false, "properties": properties } } },
            })
        })
        .collect()
}

fn param_schema(param: &Param) -> Value {
    match param.kind {
        ParamKind::Count { min, max } => count(min, max),
        ParamKind::Sides => {
            json!({ "type": "array", "items": count(1, 1 << 20), "minItems": 1, "maxItems": 4 })
        }
        ParamKind::Bandwidth => bandwidth(),
        ParamKind::Time => time(),
        ParamKind::Length => length(),
        ParamKind::Class => json!({ "type": "string" }),
        ParamKind::Choice(words) => json!({ "enum": words }),
        ParamKind::Flag => json!({ "type": "boolean" }),
    }
}
