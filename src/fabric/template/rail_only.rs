//! Rail-only clusters: every rail is a network of its own, and rails meet only inside the servers.
//!
//! After Wang et al., "Rail-only" (arXiv 2307.12169): traffic to another rail first crosses NVLink to a GPU
//! of that rail, which passes it on.

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
};

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let places = values.optional_count("pod_servers").is_none().then(|| values.count("servers"));
    let ports = Ports::read(values, places, &mut faults);
    let pods = Pods::read(values, ports.leaf_down, &mut faults);
    let hosts = Hosts::read(values, builder, "gpu_relay", &mut faults);
    let (Some(hosts), true) = (hosts, faults.is_empty()) else { return Err(faults) };

    let tiers = tiers(values, &ports, pods.count);
    let groups = pods.count.div_ceil(ports.spine_down);
    let size = pods.count.div_ceil(groups);
    let plan = match tiers {
        1 if pods.count == 1 => Ok(Plan::LEAF_ONLY),
        1 => {
            let message =
                format!("a single leaf a rail holds {} servers, not {}", pods.servers, hosts.servers);
            Err(Fault::new("tiers", message))
        }
        2 => Plan::two_tiers(&ports, pods.count),
        _ => Plan::three_tiers(&ports, groups, size),
    };
    let plan = plan
        .and_then(|plan| plan.check(builder, "servers", hosts.nics, pods.count, hosts.size()).map(|()| plan));
    let plan = plan.map_err(|fault| vec![fault])?;

    let nics: Vec<Vec<NodeId>> = (0..hosts.servers).map(|server| hosts.add(builder, server)).collect();
    let mut numbers = Numbers::default();
    let mut rails = vec![Vec::new(); hosts.nics as usize];
    for servers in nics.chunks(pods.servers as usize) {
        for (rail, leaves) in rails.iter_mut().enumerate() {
            let leaf = numbers.add(builder, NodeKind::Leaf, Some(rail as u32));
            for server in servers {
                builder.add_cable(server[rail], leaf, hosts.network.clone());
            }
            leaves.push(leaf);
        }
    }
    let uplinks = Uplinks::read(values, &hosts.network);
    let size = if tiers == 3 { size as usize } else { pods.count as usize };
    for (rail, leaves) in rails.iter().enumerate() {
        let groups: Vec<_> = leaves.chunks(size).map(<[_]>::to_vec).collect();
        plan.add(builder, &mut numbers, &groups, &uplinks, |_| Some(rail as u32));
    }
    Ok(())
}
