//! Rail-only clusters: every rail is a network of its own, and rails meet only inside the servers.
//!
//! After Wang et al., "Rail-only" (arXiv 2307.12169): traffic to another rail first crosses NVLink to a GPU
//! of that rail, which passes it on.

use super::clos::Numbers;
use super::counts::Counts;
use super::hosts::{
    GPUS, Hosts, NETWORK_BANDWIDTH, NETWORK_CLASS, NICS, NVLINK_BANDWIDTH, NVLINK_CLASS, NVLINK_LATENCY,
    NVSWITCH_IN_NETWORK, PCIE_BANDWIDTH, PCIE_CLASS, PCIE_LATENCY, SERVERS, Servers,
};
use super::medium::LATENCY;
use super::pods::{POD_SERVERS, SPARE, Tree};
use super::tiers::{
    CORE_LENGTH, CORE_RADIX, HOST_LENGTH, LEAF_DOWN, LEAF_UP, RADIX, SPINE_DOWN, SPINE_LENGTH, SPINE_RADIX,
    SPINE_UP, TIERS, UPLINK_BANDWIDTH, Uplinks,
};
use super::{Family, Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, NodeKind};

/// `rail-only`.
pub(super) static FAMILY: Family = Family {
    name: "rail-only",
    about: "GPU servers with a separate network for every rail; other rails are reached over NVLink",
    params: &[
        SERVERS,
        GPUS,
        NICS,
        POD_SERVERS,
        SPARE,
        TIERS,
        RADIX,
        LEAF_DOWN,
        LEAF_UP,
        SPINE_RADIX,
        SPINE_DOWN,
        SPINE_UP,
        CORE_RADIX,
        NETWORK_BANDWIDTH,
        UPLINK_BANDWIDTH,
        NETWORK_CLASS,
        LATENCY,
        HOST_LENGTH,
        SPINE_LENGTH,
        CORE_LENGTH,
        NVLINK_BANDWIDTH,
        NVLINK_CLASS,
        NVLINK_LATENCY,
        NVSWITCH_IN_NETWORK,
        PCIE_BANDWIDTH,
        PCIE_CLASS,
        PCIE_LATENCY,
        Param::new(
            "gpu_relay",
            ParamKind::Flag,
            "true",
            "whether GPUs pass on traffic of their server for their rail; without it, rails cannot reach each other",
        ),
    ],
    build,
    counts: Some(counts),
};

/// What a message calls a leaf that is too small for one tier.
const LEAF: &str = "a single leaf a rail";

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let servers = Servers::read(values, values.count("servers"), &mut faults);
    let tree = Tree::read(values, servers, 1, LEAF, &mut faults);
    let hosts = Hosts::read(values, builder, servers, values.flag("gpu_relay"), &mut faults);
    let (Some(tree), Some(hosts), true) = (tree, hosts, faults.is_empty()) else { return Err(faults) };
    tree.check(builder, servers.nics, servers).map_err(|fault| vec![fault])?;

    let nics = hosts.add_all(builder);
    let mut numbers = Numbers::default();
    let mut rails = vec![Vec::new(); servers.nics as usize];
    for servers in nics.chunks(tree.pods.servers as usize) {
        for (rail, leaves) in rails.iter_mut().enumerate() {
            let leaf = numbers.add(builder, NodeKind::Leaf, Some(rail as u32));
            for server in servers {
                builder.add_cable(server[rail], leaf, hosts.network.clone());
            }
            leaves.push(leaf);
        }
    }
    let uplinks = Uplinks::read(values, &hosts.network);
    for (rail, leaves) in rails.iter().enumerate() {
        tree.add(builder, &mut numbers, leaves, &uplinks, Some(rail as u32));
    }
    Ok(())
}

fn counts(values: &Values<'_>) -> Result<Counts, Vec<Fault>> {
    let mut faults = Vec::new();
    let servers = Servers::read(values, values.count("servers"), &mut faults);
    let tree = Tree::read(values, servers, 1, LEAF, &mut faults);
    tree.map(|tree| tree.counts(servers.nics, servers)).ok_or(faults)
}
