//! The JSON schema of parts catalogues.

use serde_json::{Map, Value, json};

use super::entry::YEARS;
use super::medium::MAX_SHARED;
use super::nic::MAX_PLANES;
use super::server::MAX_COUNT;
use super::switch::{MAX_HEIGHT, MAX_PORTS, MAX_SPLIT};
use crate::fabric::parts::{MediumKind, PriceKind, Technology};
use crate::input::schema::{
    DRAFT, about, bandwidth, count, length, mass, money, one_or_many, power, tables, time, words,
};
use crate::input::workload::accelerator_names;

/// The schema of parts catalogues. What a part must have depends on whether it goes over a built-in one, so that only its
/// name is asked for.
pub fn parts_schema() -> Value {
    json!({
        "$schema": DRAFT,
        "title": "railspine parts",
        "description": "what can be bought: parts over the built-in ones of their names, or further ones",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "switch": tables(&part(switch())),
            "nic": tables(&part(nic())),
            "medium": tables(&part(medium())),
            "server": tables(&part(server())),
            "rack": tables(&part(rack())),
        },
    })
}

fn text(what: &str) -> Value {
    about(json!({ "type": "string" }), what)
}

fn flag(what: &str) -> Value {
    about(json!({ "type": "boolean" }), what)
}

fn price(what: &str) -> Value {
    let three = json!({ "type": "array", "items": money(), "minItems": 3, "maxItems": 3 });
    about(json!({ "anyOf": [money(), three] }), what)
}

fn technologies() -> Value {
    about(one_or_many(&words(&Technology::ALL)), "what it speaks")
}

/// A part with what all of them have.
fn part(own: Value) -> Value {
    let (first, last) = YEARS;
    let mut properties = Map::new();
    let head = json!({
        "name": text("its name; that of a built-in part changes that part"),
        "title": text("its name in full"),
        "price_kind": about(words(&PriceKind::ALL), "`estimate` unless given"),
        "year": about(count(first, last), "of the price"),
        "source": text("where its figures are from"),
    });
    for fields in [head, own] {
        if let Value::Object(fields) = fields {
            properties.extend(fields);
        }
    }
    json!({ "type": "object", "additionalProperties": false, "required": ["name"], "properties": properties })
}

fn switch() -> Value {
    json!({
        "technology": about(words(&Technology::ALL), "what it speaks"),
        "ports": about(count(2, MAX_PORTS), "at `rate`"),
        "rate": about(bandwidth(), "of a port, each direction"),
        "split": about(count(1, MAX_SPLIT), "into how many ports of an equal part of the rate a port can be split, 1 unless given"),
        "height": about(count(1, MAX_HEIGHT), "height units"),
        "power": about(power(), "while it works, without transceivers"),
        "max_power": about(power(), "the most with transceivers, which racks must provide"),
        "mass": mass(),
        "latency": about(time(), "of a hop, with its cable's ends"),
        "price": price("one amount, or at least, likely, at most"),
    })
}

fn nic() -> Value {
    json!({
        "technologies": technologies(),
        "rate": about(bandwidth(), "in all, each direction"),
        "planes": about(count(1, MAX_PLANES), "into how many ports it can be split, 1 unless given"),
        "power": about(power(), "while it works, without transceivers"),
        "price": price("one amount, or at least, likely, at most"),
    })
}

fn medium() -> Value {
    json!({
        "kind": about(words(&MediumKind::ALL), "what it is"),
        "technologies": technologies(),
        "rate": about(bandwidth(), "of a cable, each direction"),
        "reach": about(length(), "the longest cable"),
        "cable": price("of a cable without its length and transceivers"),
        "metre": price("of a metre"),
        "transceiver": text("name of the module at its ends; none where they are fixed"),
        "transceiver_price": price("of a module"),
        "cables_per_transceiver": about(count(1, MAX_SHARED), "cables that share a module, 1 unless given"),
        "end_power": about(power(), "of an end of one cable, its part of the module"),
    })
}

fn server() -> Value {
    let accelerators: Vec<&str> = accelerator_names().collect();
    json!({
        "accelerator": about(json!({ "enum": accelerators }), "a built-in accelerator"),
        "accelerators": about(count(1, MAX_COUNT), "of the server, in one scale-up domain"),
        "nics": about(count(1, MAX_COUNT), "adapters to the network"),
        "nic_rate": about(bandwidth(), "of an adapter"),
        "with_nics": flag("price and power include the adapters; `false` unless given"),
        "scaleup": about(bandwidth(), "of an accelerator in its domain, each direction"),
        "in_network": flag("the domain's switches copy and add; `false` unless given"),
        "pcie": about(bandwidth(), "between an accelerator and its adapter"),
        "height": about(count(1, MAX_HEIGHT), "height units"),
        "max_power": about(power(), "which racks must provide"),
        "power": about(power(), "while it trains"),
        "mass": mass(),
        "liquid": flag("needs a rack that cools by liquid; `false` unless given"),
        "price": price("one amount, or at least, likely, at most"),
    })
}

fn rack() -> Value {
    json!({
        "height": about(count(1, MAX_HEIGHT), "height units"),
        "power": about(power(), "that it provides and that is cooled away"),
        "mass": about(mass(), "the most that it and the floor carry"),
        "liquid": flag("cools by liquid; `false` unless given"),
        "price": price("one amount, or at least, likely, at most"),
    })
}
