//! GPU servers on a tree of one to three tiers, all adapters of a server on one leaf.
//!
//! The leaf is the switch of the server's rack (top of rack) or pod. With one tier, a single switch joins all
//! servers.

use super::clos::Numbers;
use super::counts::Counts;
use super::hosts::{
    GPUS, Hosts, NETWORK_BANDWIDTH, NETWORK_CLASS, NICS, NVLINK_BANDWIDTH, NVLINK_CLASS, NVLINK_LATENCY,
    NVSWITCH_IN_NETWORK, PCIE_BANDWIDTH, PCIE_CLASS, PCIE_LATENCY, SERVERS, Servers,
};
use super::medium::LATENCY;
use super::pods::{SPARE, Tree};
use super::tiers::{
    CORE_LENGTH, CORE_RADIX, HOST_LENGTH, LEAF_DOWN, LEAF_UP, RADIX, SPINE_DOWN, SPINE_LENGTH, SPINE_RADIX,
    SPINE_UP, TIERS, UPLINK_BANDWIDTH, Uplinks,
};
use super::{Family, Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, NodeKind};

/// `server-tree`.
pub(super) static FAMILY: Family = Family {
    name: "server-tree",
    about: "GPU servers whose adapters all plug into the leaf of their rack, with spines and cores above",
    params: &[
        SERVERS,
        GPUS,
        NICS,
        Param::optional(
            "pod_servers",
            ParamKind::Count { min: 1, max: 1 << 24 },
            "servers of a pod, which has one leaf; as many as the ports down of a leaf take where left out",
        ),
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
    ],
    build,
    counts: Some(counts),
};

/// What a message calls a leaf that is too small for one tier.
const LEAF: &str = "a single leaf";

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let servers = Servers::read(values, values.count("servers"), &mut faults);
    let tree = Tree::read(values, servers, servers.nics, LEAF, &mut faults);
    let hosts = Hosts::read(values, builder, servers, false, &mut faults);
    let (Some(tree), Some(hosts), true) = (tree, hosts, faults.is_empty()) else { return Err(faults) };
    tree.check(builder, 1, servers).map_err(|fault| vec![fault])?;

    let nics = hosts.add_all(builder);
    let mut numbers = Numbers::default();
    let mut leaves = Vec::new();
    for servers in nics.chunks(tree.pods.servers as usize) {
        let leaf = numbers.add(builder, NodeKind::Leaf, None);
        for nic in servers.iter().flatten() {
            builder.add_cable(*nic, leaf, hosts.network.clone());
        }
        leaves.push(leaf);
    }
    let uplinks = Uplinks::read(values, &hosts.network);
    tree.add(builder, &mut numbers, &leaves, &uplinks, None);
    Ok(())
}

fn counts(values: &Values<'_>) -> Result<Counts, Vec<Fault>> {
    let mut faults = Vec::new();
    let servers = Servers::read(values, values.count("servers"), &mut faults);
    let tree = Tree::read(values, servers, servers.nics, LEAF, &mut faults);
    tree.map(|tree| tree.counts(1, servers)).ok_or(faults)
}
