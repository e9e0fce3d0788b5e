//! A binary hypercube.

use super::limits::check_size;
use super::medium::{BANDWIDTH, IDEAL, LATENCY, LENGTH, Medium};
use super::{Family, Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, Node, NodeKind};
use crate::ids::NodeId;

/// `hypercube`.
pub(super) static FAMILY: Family = Family {
    name: "hypercube",
    about: "2^d GPUs, cabled where their numbers differ in one bit",
    params: &[
        Param::required("dimensions", ParamKind::Count { min: 0, max: 28 }, "number of dimensions d"),
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
    let dimensions = values.count("dimensions").min(31);
    let count = 1u32 << dimensions;
    let cables = u128::from(count) * u128::from(dimensions) / 2;
    faults.extend(check_size(builder, "dimensions", count.into(), cables).err());
    let cable = Medium::ONLY.cable(values, builder, &mut faults);
    let (Some(cable), true) = (cable, faults.is_empty()) else { return Err(faults) };
    for i in 0..count {
        builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu).forwarding());
    }
    for i in 0..count {
        for bit in 0..dimensions {
            let other = i ^ (1 << bit);
            if i < other {
                builder.add_cable(NodeId(i), NodeId(other), cable.clone());
            }
        }
    }
    Ok(())
}
