//! Rail-optimised clusters: adapter `i` of every server of a pod plugs into the pod's leaf `i`.
//!
//! As in NVIDIA's DGX SuperPOD reference architectures. With three tiers, the leaves of one rail share their
//! spines (so a rail meets below the cores), or else the pods of a block do.

use super::clos::{Numbers, Plan};
use super::hosts::{
    GPUS, Hosts, NETWORK_BANDWIDTH, NETWORK_CLASS, NICS, NVLINK_BANDWIDTH, NVLINK_CLASS, NVLINK_LATENCY,
    NVSWITCH_IN_NETWORK, PCIE_BANDWIDTH, PCIE_CLASS, PCIE_LATENCY, POD_SERVERS, Pods, SERVERS, SPARE,
};
use super::medium::LATENCY;
use super::tiers::{
    CORE_LENGTH, CORE_RADIX, HOST_LENGTH, LEAF_DOWN, LEAF_UP, Ports, RADIX, SPINE_DOWN, SPINE_LENGTH,
    SPINE_RADIX, SPINE_UP, TIERS, UPLINK_BANDWIDTH, Uplinks, tiers,
};
use super::{Family, Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, NodeKind};
use crate::ids::NodeId;

/// `rail-optimised`.
pub(super) static FAMILY: Family = Family {
    name: "rail-optimised",
    about: "GPU servers whose adapters plug into one leaf a rail and pod, with spines and cores over all rails",
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
        Param::new(
            "spine_groups",
            ParamKind::Choice(&["rail", "pods"]),
            "rail",
            "with 3 tiers, which leaves share spines: those of a rail, or those of neighbouring pods",
        ),
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
            "false",
            "whether GPUs pass on traffic of their server for their rail (NCCL's PXN)",
        ),
    ],
    build,
};

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let ports = Ports::read(values, None, &mut faults);
    let pods = Pods::read(values, ports.leaf_down, &mut faults);
    let hosts = Hosts::read(values, builder, "gpu_relay", &mut faults);
    let (Some(hosts), true) = (hosts, faults.is_empty()) else { return Err(faults) };

    let leaves = u64::from(pods.count) * u64::from(hosts.nics);
    let leaves = u32::try_from(leaves)
        .map_err(|_| vec![Fault::new("servers", format!("{leaves} leaves are too many"))])?;
    let tiers = tiers(values, &ports, leaves);
    let groups = match (tiers, values.word("spine_groups")) {
        (1 | 2, _) => Groups { pods: pods.count, by_rail: false },
        (_, "pods") => Groups::block(pods.count, ports.spine_down / hosts.nics, false),
        _ => Groups::block(pods.count, ports.spine_down, true),
    };
    let (count, size) = groups.shape(pods.count, hosts.nics);
    let plan = match tiers {
        1 if leaves == 1 => Ok(Plan::LEAF_ONLY),
        1 => Err(Fault::new("tiers", format!("{leaves} leaves need spines to reach each other"))),
        2 => Plan::two_tiers(&ports, leaves),
        _ => Plan::three_tiers(&ports, count, size),
    };
    let plan = plan.and_then(|plan| plan.check(builder, "servers", 1, leaves, hosts.size()).map(|()| plan));
    let plan = plan.map_err(|fault| vec![fault])?;

    let nics: Vec<Vec<NodeId>> = (0..hosts.servers).map(|server| hosts.add(builder, server)).collect();
    let mut numbers = Numbers::default();
    let mut members = vec![Vec::new(); count as usize];
    for (pod, servers) in nics.chunks(pods.servers as usize).enumerate() {
        for rail in 0..hosts.nics {
            let leaf = numbers.add(builder, NodeKind::Leaf, Some(rail));
            members[groups.of(pod as u32, rail, hosts.nics) as usize].push(leaf);
            for server in servers {
                builder.add_cable(server[rail as usize], leaf, hosts.network.clone());
            }
        }
    }
    let uplinks = Uplinks::read(values, &hosts.network);
    let rails = hosts.nics as usize;
    plan.add(builder, &mut numbers, &members, &uplinks, |group| {
        groups.by_rail.then_some((group % rails) as u32)
    });
    Ok(())
}

/// Which leaves share spines: blocks of pods, each as one group or split by rail.
#[derive(Debug, Clone, Copy)]
struct Groups {
    /// Pods of a block.
    pods: u32,
    /// Whether each rail of a block is a group of its own.
    by_rail: bool,
}

impl Groups {
    /// Blocks of at most `most` pods, as even as they can be.
    fn block(pods: u32, most: u32, by_rail: bool) -> Self {
        let blocks = pods.div_ceil(most.max(1));
        Self { pods: pods.div_ceil(blocks), by_rail }
    }

    /// The number of groups, and the leaves of a full one.
    fn shape(self, pods: u32, rails: u32) -> (u32, u32) {
        let blocks = pods.div_ceil(self.pods);
        if self.by_rail {
            (blocks.saturating_mul(rails), self.pods)
        } else {
            (blocks, self.pods.saturating_mul(rails))
        }
    }

    /// The group of a leaf.
    fn of(self, pod: u32, rail: u32, rails: u32) -> u32 {
        let block = pod / self.pods;
        if self.by_rail { block * rails + rail } else { block }
    }
}
