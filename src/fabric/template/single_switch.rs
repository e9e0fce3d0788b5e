//! All GPUs on one switch.

use super::limits::{MOST, check_size};
use super::medium::{BANDWIDTH, IDEAL, LATENCY, LENGTH, Medium};
use super::{Family, Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, Node, NodeKind};

/// `single-switch`.
pub(super) static FAMILY: Family = Family {
    name: "single-switch",
    about: "all GPUs on one non-blocking switch",
    params: &[
        Param::required("endpoints", ParamKind::Count { min: 1, max: MOST - 1 }, "number of GPUs"),
        BANDWIDTH,
        IDEAL,
        LATENCY,
        LENGTH,
    ],
    build,
    counts: None,
};

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let endpoints = values.count("endpoints");
    faults.extend(check_size(builder, "endpoints", u128::from(endpoints) + 1, endpoints.into()).err());
    let cable = Medium::ONLY.cable(values, builder, &mut faults);
    let (Some(cable), true) = (cable, faults.is_empty()) else { return Err(faults) };
    let gpus: Vec<_> =
        (0..endpoints).map(|i| builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu))).collect();
    let switch = builder.add_node(Node::new("switch0", NodeKind::Switch));
    for gpu in gpus {
        builder.add_cable(gpu, switch, cable.clone());
    }
    Ok(())
}
