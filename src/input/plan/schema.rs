//! The JSON schema of plans.

use serde_json::{Map, Value, json};

use super::amount::{MAX_ACCELERATORS, MAX_JOBS};
use super::choice::MAX_OVERSUBSCRIPTION;
use super::goals::MAX_WEIGHT;
use super::room::{ELECTRICITY, MAX_PLACES, PUE, UPKEEP, UTILISATION, YEARS};
use super::spec::{FAMILIES, Objective, SwitchPlace};
use crate::fabric::parts::{MediumKind, Technology};
use crate::input::collective::ops;
use crate::input::parts::MAX_PLANES;
use crate::input::schema::{
    DRAFT, about, count, energy_price, length, mass, money, object, one_or_many, power, size, tables, time,
    words,
};
use crate::input::workload::{PLANNED_SEQUENCE, PLANNED_SOFTWARE, section_schema};
use crate::input::{stack, workload};

/// Keys of inference, and of what is not for a step of a plan to say.
const LEFT_OUT: [&str; 7] =
    ["kind_of_step", "prompt", "output", "prefill_batch", "kv_cache", "accelerator", "accelerator_file"];

/// The schema of plan files.
pub fn plan_schema() -> Value {
    json!({
        "$schema": DRAFT,
        "title": "railspine plan",
        "description": "what is to be trained, what may be bought, and where it may stand",
        "type": "object",
        "additionalProperties": false,
        "required": ["kind"],
        "allOf": [
            { "oneOf": [{ "required": ["accelerators"] }, { "required": ["budget"] }] },
            { "anyOf": [{ "required": ["workload"] }, { "required": ["collective"] }] },
        ],
        "properties": {
            "kind": { "const": "plan" },
            "name": about(json!({ "type": "string" }), "the file's stem unless given; results are stored under it"),
            "title": about(json!({ "type": "string" }), "for plots and tables"),
            "seed": about(json!({ "type": "integer", "minimum": 0, "default": 1 }), "seed of random choices"),
            "heavy": about(json!({ "type": "boolean", "default": false }), "too large for the test suite"),
            "accelerators": about(count(1, MAX_ACCELERATORS), "how many are to be had"),
            "budget": about(money(), "what may be spent on them, network and all, in place of their number"),
            "jobs": about(count(1, MAX_JOBS), "of equal size that run at once, each with all loads; 1 unless given"),
            "workload": tables(&step()),
            "collective": tables(&collective()),
            "fabric": fabric(),
            "parts": parts(),
            "room": room(),
            "racks": racks(),
            "power": running(),
            "objective": objective(),
            "limits": limits(),
            "situations": situations(),
        },
    })
}

fn text(what: &str) -> Value {
    about(json!({ "type": "string" }), what)
}

fn weight(what: &str) -> Value {
    about(json!({ "type": "number", "minimum": 0, "maximum": MAX_WEIGHT }), what)
}

fn range(least: f64, most: f64, what: &str) -> Value {
    about(json!({ "type": "number", "minimum": least, "maximum": most }), what)
}

fn load_weight() -> Value {
    about(
        json!({ "type": "number", "exclusiveMinimum": 0, "maximum": MAX_WEIGHT }),
        "how much it counts beside the others, 1 unless given",
    )
}

/// `[workload]` of scenarios, without what the servers say.
fn step() -> Value {
    let mut step = section_schema();
    let mut own: Map<String, Value> = match step["properties"].take() {
        Value::Object(own) => own,
        _ => Map::new(),
    };
    own.retain(|key, _| !LEFT_OUT.contains(&key.as_str()));
    own.insert("name".into(), text("the model's name unless given"));
    own.insert("weight".into(), load_weight());
    own.insert(
        "batch".into(),
        about(count(1, u32::MAX >> 2), "sequences of a step, over all ranks of a job"),
    );
    for (key, what) in [
        ("sequence", format!("tokens of a sequence, {PLANNED_SEQUENCE} unless given")),
        ("software", format!("a built-in generation of software, `{PLANNED_SOFTWARE}` unless given")),
        (
            "parallel",
            "how the step is divided over the accelerators of a job; searched unless given".to_owned(),
        ),
    ] {
        if let Some(found) = own.get_mut(key) {
            *found = about(found.take(), &what);
        }
    }
    step["properties"] = Value::Object(own);
    step["allOf"] = json!([
        { "oneOf": [{ "required": ["model"] }, { "required": ["model_file"] }] },
        { "not": { "required": ["software", "software_file"] } },
    ]);
    about(step, "a training step")
}

fn collective() -> Value {
    let own = object(
        &["op", "size"],
        &json!({
            "op": about(words(&ops()), "the operation"),
            "size": about(size(), "as nccl-tests counts it"),
            "group": about(count(2, MAX_ACCELERATORS), "neighbouring accelerators of a group, all groups at once; all of a job unless given"),
            "name": text("the operation's unless given"),
            "weight": load_weight(),
        }),
    );
    about(own, "a collective")
}

fn fabric() -> Value {
    let names = |names: &[&str]| one_or_many(&json!({ "enum": names }));
    let profiles: Vec<&str> = stack::builtin_names().collect();
    let accelerators: Vec<&str> = workload::accelerator_names().collect();
    let free = || one_or_many(&json!({ "type": "string" }));
    let own = object(
        &[],
        &json!({
            "families": about(names(&FAMILIES), "all unless given"),
            "technologies": about(one_or_many(&words(&Technology::ALL)), "all that switches speak unless given"),
            "servers": about(free(), "names of the catalogue; those with `h100` unless given, or all where none has it"),
            "accelerator": about(names(&accelerators), "all servers with it, in place of `servers`"),
            "switches": about(free(), "names of the catalogue; all unless given"),
            "media": about(one_or_many(&words(&MediumKind::ALL)), "kinds of cable; all unless given"),
            "oversubscription": range(1.0, MAX_OVERSUBSCRIPTION, "the most ports down of a leaf for each port up, 8 unless given"),
            "planes": about(one_or_many(&count(1, MAX_PLANES)), "networks side by side, 1 or 2 unless given"),
            "switch_places": about(one_or_many(&words(&SwitchPlace::ALL)), "where switches may stand; anywhere unless given"),
            "stack": about(json!({ "enum": profiles }), "a stack profile; what suits the accelerator unless given"),
        }),
    );
    about(own, "what may be taken")
}

fn parts() -> Value {
    let own = object(
        &[],
        &json!({
            "file": text("a parts catalogue, relative to the plan's folder"),
            "only": about(json!({ "type": "boolean", "default": false }), "the file's parts alone, not over the built-in ones"),
        }),
    );
    about(own, "the parts catalogue; the built-in one unless given")
}

fn room() -> Value {
    let own = object(
        &[],
        &json!({
            "rows": about(count(0, MAX_PLACES), "0, as many as are needed, unless given"),
            "racks_per_row": about(count(1, MAX_PLACES), "20 unless given"),
            "rack_pitch": about(length(), "from rack to rack, 0.7 m unless given"),
            "row_pitch": about(length(), "from row to row, 3 m unless given"),
            "tray": about(length(), "from the top of racks up to the trays, 0.4 m unless given"),
            "slack": about(length(), "of a cable at each end, 0.5 m unless given"),
        }),
    );
    about(own, "where racks stand")
}

fn racks() -> Value {
    let own = object(
        &[],
        &json!({
            "names": about(one_or_many(&json!({ "type": "string" })), "names of the catalogue"),
            "power": about(one_or_many(&power()), "in place of names: the cheapest racks that provide it, limited to it"),
            "height": about(count(1, 100), "the most height units"),
            "mass": about(mass(), "the most mass"),
        }),
    );
    about(own, "racks that may be taken; all that hold a server unless given")
}

fn running() -> Value {
    let electricity = format!("{ELECTRICITY} unless given");
    let own = object(
        &[],
        &json!({
            "pue": range(1.0, 10.0, &format!("power of the facility over that of equipment, {PUE} unless given")),
            "electricity": about(energy_price(), &electricity),
            "years": about(json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 100 }), &format!("of ownership, {YEARS} unless given")),
            "upkeep": range(0.0, 1.0, &format!("part of capital cost a year, {UPKEEP} unless given")),
            "utilisation": range(0.0, 1.0, &format!("part of full power that is taken on average, {UTILISATION} unless given")),
        }),
    );
    about(own, "what it takes to run the cluster")
}

fn objective() -> Value {
    let own = object(
        &[],
        &json!({
            "axes": about(one_or_many(&words(&Objective::ALL)), "of the front; `step_time`, `capex` and `power` unless given"),
            "weights": about(json!({ "type": "array", "items": weight("of an axis"), "minItems": 1 }), "one for each axis; all alike unless given"),
            "epsilon": about(json!({ "type": "number", "minimum": 0, "exclusiveMaximum": 1, "default": 0 }), "how much better a design must be to stay on the front"),
        }),
    );
    about(own, "what is better")
}

fn limits() -> Value {
    let own = object(
        &[],
        &json!({
            "step_time": about(time(), "of the weighted step"),
            "capex": about(money(), "at likely prices"),
            "tco": about(money(), "at likely prices"),
            "power": about(power(), "of the facility"),
        }),
    );
    about(own, "what may not be exceeded; nothing unless given")
}

fn situations() -> Value {
    let own = object(
        &[],
        &json!({
            "aligned": weight("neighbouring ranks stand beside one another"),
            "scattered": weight("neighbouring ranks stand under different leaves"),
            "failed": weight("the worst of one failed link, switch or plane"),
        }),
    );
    about(own, "how much each counts; 0.6, 0.3 and 0.1 unless given, 0 where the table leaves one out")
}
