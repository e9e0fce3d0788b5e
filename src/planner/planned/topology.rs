//! A design as a topology file.

use std::fmt::Write;

use crate::fabric::parts::Catalogue;
use crate::fabric::template::{Value, family as template};
use crate::planner::design::Structure;
use crate::planner::design::family::FAMILIES;
use crate::planner::score::{Attach, Shape, Wiring};
use crate::units::{Bandwidth, Time};

/// The text of a topology file, by the template of the design's family; `wiring` has its lengths.
pub fn topology(
    name: &str,
    about: &str,
    catalogue: &Catalogue,
    structure: &Structure,
    wiring: &Wiring,
) -> String {
    let server = &catalogue.servers[structure.server];
    let family = FAMILIES[structure.family];
    let mut text = String::new();
    let mut line = |args: std::fmt::Arguments<'_>| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{args}");
    };
    line(format_args!("# {about}"));
    line(format_args!(
        "# Latency is told by the longest cable that a tier may have; packets are spread evenly over all paths."
    ));
    line(format_args!("name = \"{name}\""));
    line(format_args!("template = \"{}\"", family.template));
    line(format_args!(""));
    line(format_args!("[class.{}]", wiring.technology.name()));
    line(format_args!("latency = \"{}\"", exact(wiring.hop)));
    line(format_args!("routing = \"spray\""));
    line(format_args!(""));
    line(format_args!("[params]"));
    if wiring.shape != Shape::Tree {
        let mut params = wiring.params();
        if let Some(own) = structure.leaf {
            params.insert("radix", Value::Count(own.mode.radix));
        }
        for param in template(family.template).map_or(&[][..], |own| own.params) {
            if let Some(value) = params.get(param.name) {
                line(format_args!("{} = {}", param.name, written(value)));
            }
        }
        return text;
    }
    line(format_args!("servers = {}", wiring.servers));
    line(format_args!("gpus_per_server = {}", server.accelerators));
    line(format_args!("nics_per_server = {}", server.nics));
    if family.template == "multi-plane" {
        line(format_args!("planes = {}", wiring.planes));
    }
    line(format_args!("pod_servers = {}", wiring.pod_servers));
    line(format_args!("tiers = {}", wiring.tiers));
    line(format_args!("radix = {}", structure.leaf.map_or(0, |own| own.mode.radix)));
    line(format_args!("leaf_down = {}", structure.leaf_down));
    if wiring.tiers >= 2 {
        line(format_args!("leaf_up = {}", wiring.leaf_up));
        let radix = structure.spine.map_or(0, |own| own.mode.radix);
        line(format_args!("spine_radix = {radix}"));
    }
    if wiring.tiers >= 3 {
        line(format_args!("spine_down = {}", structure.spine_ports.0));
        line(format_args!("spine_up = {}", structure.spine_ports.1));
        line(format_args!("core_radix = {}", structure.core.map_or(0, |own| own.mode.radix)));
        if wiring.attach == Attach::Rail && !wiring.separate {
            let groups = if wiring.by_rail { "rail" } else { "pods" };
            line(format_args!("spine_groups = \"{groups}\""));
        }
    }
    line(format_args!("class = \"{}\"", wiring.technology.name()));
    line(format_args!("bandwidth = \"{}\"", rate(wiring.nic_rate)));
    line(format_args!("host_length = \"{}\"", wiring.lengths[0]));
    for (tier, key, length) in [(2, "spine_length", wiring.lengths[1]), (3, "core_length", wiring.lengths[2])]
    {
        if wiring.tiers >= tier {
            line(format_args!("{key} = \"{length}\""));
        }
    }
    line(format_args!("nvlink_bandwidth = \"{}\"", rate(server.scaleup)));
    line(format_args!("nvswitch_in_network = {}", server.in_network));
    line(format_args!("pcie_bandwidth = \"{}\"", rate(server.pcie)));
    text
}

/// A value as a file has it.
fn written(value: &Value) -> String {
    match value {
        Value::Count(count) => count.to_string(),
        Value::Sides(sides) => {
            format!("[{}]", sides.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))
        }
        Value::Bandwidth(own) => format!("\"{}\"", rate(*own)),
        Value::Time(time) => format!("\"{}\"", exact(*time)),
        Value::Length(length) => format!("\"{length}\""),
        Value::Word(word) => format!("\"{word}\""),
        Value::Flag(flag) => flag.to_string(),
    }
}

/// A rate to the bit.
fn rate(own: Bandwidth) -> String {
    let bits = own.bits_per_sec();
    if bits.is_multiple_of(1_000_000_000) {
        format!("{} Gbps", bits / 1_000_000_000)
    } else {
        format!("{bits} bps")
    }
}

/// A time to the picosecond.
fn exact(time: Time) -> String {
    let ps = time.ps();
    if ps.is_multiple_of(1_000) { format!("{} ns", ps / 1_000) } else { format!("{ps} ps") }
}
