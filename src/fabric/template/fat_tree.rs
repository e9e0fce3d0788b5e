//! Fat trees of one to three tiers with GPUs directly on the leaves.
//!
//! With radix k throughout and 3 tiers this is the k-ary fat tree: k^3/4 endpoints, k^2/2 leaves, k^2/2 spines and
//! k^2/4 cores (Al-Fares et al., SIGCOMM 2008).

use super::clos::{Numbers, Plan, Ports, Uplinks};
use super::limits::MOST;
use super::medium::{BANDWIDTH, IDEAL, LATENCY, Medium};
use super::{Family, Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, Cable, Node, NodeKind};

/// A number of ports.
pub(super) const PORTS: ParamKind = ParamKind::Count { min: 1, max: 1 << 24 };
/// Tiers of switches.
pub(super) const TIERS: Param = Param::optional(
    "tiers",
    ParamKind::Count { min: 1, max: 3 },
    "tiers of switches; the fewest that suffice where left out",
);
/// Ports of every switch.
pub(super) const RADIX: Param =
    Param::new("radix", ParamKind::Count { min: 2, max: 1 << 24 }, "64", "ports of a switch");
/// Ports of a leaf to its hosts.
pub(super) const LEAF_DOWN: Param = Param::optional(
    "leaf_down",
    PORTS,
    "ports of a leaf to its hosts; what `leaf_up` leaves, else half the radix",
);
/// Ports of a leaf to the spines.
pub(super) const LEAF_UP: Param = Param::optional(
    "leaf_up",
    PORTS,
    "ports of a leaf to the spines; what `leaf_down` leaves, else half the radix",
);
/// Ports of a spine.
pub(super) const SPINE_RADIX: Param =
    Param::optional("spine_radix", PORTS, "ports of a spine; `radix` where left out");
/// Ports of a spine to the leaves.
pub(super) const SPINE_DOWN: Param = Param::optional(
    "spine_down",
    PORTS,
    "ports of a spine to the leaves, with 3 tiers; what `spine_up` leaves, else half of them",
);
/// Ports of a spine to the cores.
pub(super) const SPINE_UP: Param = Param::optional(
    "spine_up",
    PORTS,
    "ports of a spine to the cores, with 3 tiers; what `spine_down` leaves, else half of them",
);
/// Ports of a core.
pub(super) const CORE_RADIX: Param =
    Param::optional("core_radix", PORTS, "ports of a core; `radix` where left out");
/// The rate of the cables between switches.
pub(super) const UPLINK_BANDWIDTH: Param = Param::optional(
    "uplink_bandwidth",
    ParamKind::Bandwidth,
    "rate of a cable between switches; as to hosts where left out",
);
/// Cables from leaves to hosts.
pub(super) const HOST_LENGTH: Param =
    Param::optional("host_length", ParamKind::Length, "length of the cables from hosts to leaves");
/// Cables from leaves to spines.
pub(super) const SPINE_LENGTH: Param =
    Param::optional("spine_length", ParamKind::Length, "length of the cables from leaves to spines");
/// Cables from spines to cores.
pub(super) const CORE_LENGTH: Param =
    Param::optional("core_length", ParamKind::Length, "length of the cables from spines to cores");

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
};

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let ports = Ports::read(values, &mut faults);
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
    let plan = plan.and_then(|plan| plan.check("endpoints", 1, leaves, hosts).map(|()| plan));
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

/// The tiers asked for, or the fewest that reach all leaves.
pub(super) fn tiers(values: &Values<'_>, ports: &Ports, leaves: u32) -> u32 {
    values.optional_count("tiers").unwrap_or_else(|| match leaves {
        1 => 1,
        _ if Plan::two_tiers(ports, leaves).is_ok() => 2,
        _ => 3,
    })
}

impl Uplinks {
    /// Reads `uplink_bandwidth`, `spine_length` and `core_length`; the rest is as the cables to hosts.
    pub(super) fn read(values: &Values<'_>, host: &Cable) -> Self {
        let bandwidth = values.bandwidth("uplink_bandwidth");
        let mut up = host.clone();
        if bandwidth.bits_per_sec() > 0 {
            (up.bandwidth, up.reverse_bandwidth) = (bandwidth, bandwidth);
        }
        Self {
            spine: up.clone().length(values.length("spine_length")),
            core: up.length(values.length("core_length")),
        }
    }
}
