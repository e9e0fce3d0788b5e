//! Fat trees of one to three tiers with GPUs directly on the leaves.
//!
//! With radix k throughout and 3 tiers this is the k-ary fat tree: k^3/4 endpoints, k^2/2 leaves, k^2/2
//! spines and k^2/4 cores (Al-Fares et al., SIGCOMM 2008).

use super::clos::{Numbers, Plan};
use super::limits::MOST;
use super::medium::{BANDWIDTH, IDEAL, LATENCY, Medium};
use super::tiers::{
    CORE_LENGTH, CORE_RADIX, HOST_LENGTH, LEAF_DOWN, LEAF_UP, Ports, RADIX, SPINE_DOWN, SPINE_LENGTH,
    SPINE_RADIX, SPINE_UP, TIERS, UPLINK_BANDWIDTH, Uplinks, tiers,
};
use super::{Family, Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, Node, NodeKind};

/// `fat-tree`.
pub(super) static FAMILY: Family = Family {
    name: "fat-tree",
    about: "a tree of leaf, spine and core switches with GPUs on the leaves, oversubscribed where wanted",
    params: &[
        Param::required("endpoints", ParamKind::Count { min: 1, max: MOST }, "number of GPUs"),
        TIERS,
        RADIX,
        LEAF_DOWN,
        LEAF_UP,
        SPINE_RADIX,
        SPINE_DOWN,
        SPINE_UP,
        CORE_RADIX,
        BANDWIDTH,
        UPLINK_BANDWIDTH,
        IDEAL,
        LATENCY,
        HOST_LENGTH,
        SPINE_LENGTH,
        CORE_LENGTH,
    ],
    build,
    counts: None,
};

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let ports = Ports::read(values, Some(values.count("endpoints")), &mut faults);
    let host = Medium { length: Some("host_length"), ..Medium::ONLY }.cable(values, builder, &mut faults);
    let (Some(host), true) = (host, faults.is_empty()) else { return Err(faults) };
    let uplinks = Uplinks::read(values, &host);

    let endpoints = values.count("endpoints");
    let leaves = endpoints.div_ceil(ports.leaf_down);
    // a group of a fat tree (its "pod") has as many leaves as a spine has ports down
    let groups = leaves.div_ceil(ports.spine_down);
    let per_group = leaves.div_ceil(groups);
    let tiers = tiers(values, &ports, leaves);
    let hosts = (u128::from(endpoints), u128::from(endpoints));
    let plan = match tiers {
        1 if leaves == 1 => Ok(Plan::LEAF_ONLY),
        1 => {
            Err(Fault::new("tiers", format!("a single leaf holds {} GPUs, not {endpoints}", ports.leaf_down)))
        }
        2 => Plan::two_tiers(&ports, leaves),
        _ => Plan::three_tiers(&ports, groups, per_group),
    };
    let plan = plan.and_then(|plan| plan.check(builder, "endpoints", 1, leaves, hosts).map(|()| plan));
    let plan = plan.map_err(|fault| vec![fault])?;

    let gpus: Vec<_> =
        (0..endpoints).map(|i| builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu))).collect();
    let mut numbers = Numbers::default();
    let leaves: Vec<_> = (0..leaves).map(|_| numbers.add(builder, NodeKind::Leaf, None)).collect();
    for (i, gpu) in gpus.iter().enumerate() {
        builder.add_cable(*gpu, leaves[i / ports.leaf_down as usize], host.clone());
    }
    let size = if tiers == 3 { per_group as usize } else { leaves.len() };
    let groups: Vec<_> = leaves.chunks(size).map(<[_]>::to_vec).collect();
    plan.add(builder, &mut numbers, &groups, &uplinks, |_| None);
    Ok(())
}
