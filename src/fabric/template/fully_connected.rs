//! A cable between every two GPUs.

use super::limits::check_size;
use super::medium::{BANDWIDTH, IDEAL, LATENCY, LENGTH, Medium};
use super::{Family, Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, Node, NodeKind};

/// `fully-connected`.
pub(super) static FAMILY: Family = Family {
    name: "fully-connected",
    about: "a cable between every two GPUs",
    params: &[
        Param::required("endpoints", ParamKind::Count { min: 1, max: 1 << 15 }, "number of GPUs"),
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
    let n = u128::from(endpoints);
    faults.extend(check_size(builder, "endpoints", n, n * n.saturating_sub(1) / 2).err());
    let cable = Medium::ONLY.cable(values, builder, &mut faults);
    let (Some(cable), true) = (cable, faults.is_empty()) else { return Err(faults) };
    let gpus: Vec<_> =
        (0..endpoints).map(|i| builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu))).collect();
    for (i, from) in gpus.iter().enumerate() {
        for to in &gpus[i + 1..] {
            builder.add_cable(*from, *to, cable.clone());
        }
    }
    Ok(())
}
