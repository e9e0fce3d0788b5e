//! Multi-plane clusters: several copies of a rail-optimised network, each with a port of every adapter.
//!
//! An adapter's rate is split evenly over as many ports as there are planes, and plane `p` joins port `p` of
//! all adapters by switches of its own. Planes meet only in the adapters. Alibaba's HPN 7.0 has two planes
//! (SIGCOMM 2024). Packets that are sprayed use all planes alike; a flow that is hashed stays in one.

use super::clos::Numbers;
use super::counts::Counts;
use super::hosts::{
    GPUS, Hosts, NETWORK_CLASS, NICS, NVLINK_BANDWIDTH, NVLINK_CLASS, NVLINK_LATENCY, NVSWITCH_IN_NETWORK,
    PCIE_BANDWIDTH, PCIE_CLASS, PCIE_LATENCY, RAIL_RELAY, SERVERS, Servers,
};
use super::medium::LATENCY;
use super::pods::{POD_SERVERS, SPARE};
use super::rails::{Network, SPINE_GROUPS};
use super::tiers::{
    CORE_LENGTH, CORE_RADIX, HOST_LENGTH, LEAF_DOWN, LEAF_UP, RADIX, SPINE_DOWN, SPINE_LENGTH, SPINE_RADIX,
    SPINE_UP, TIERS, UPLINK_BANDWIDTH, Uplinks,
};
use super::{Family, Fault, Param, ParamKind, Values};
use crate::fabric::Builder;
use crate::units::Bandwidth;

/// `multi-plane`. Leaves, spines and cores are numbered plane by plane.
pub(super) static FAMILY: Family = Family {
    name: "multi-plane",
    about: "GPU servers whose adapters are split into ports, each on a rail-optimised network of its own",
    params: &[
        SERVERS,
        GPUS,
        NICS,
        Param::new(
            "planes",
            ParamKind::Count { min: 1, max: 64 },
            "2",
            "networks side by side; each adapter has one port on each",
        ),
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
        SPINE_GROUPS,
        Param::new(
            "bandwidth",
            ParamKind::Bandwidth,
            "400 Gbps",
            "rate of a whole adapter, each direction, which its ports share evenly",
        ),
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
        RAIL_RELAY,
    ],
    build,
    counts: Some(counts),
};

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let planes = values.count("planes");
    let servers = Servers::read(values, values.count("servers"), &mut faults);
    let network = Network::read(values, servers, &mut faults);
    let hosts = Hosts::read(values, builder, servers, values.flag("gpu_relay"), &mut faults);
    let whole = values.bandwidth("bandwidth").bits_per_sec();
    if !whole.is_multiple_of(planes.into()) {
        let message = format!("{whole} bits a second cannot be split into {planes} equal ports");
        faults.push(Fault::new("planes", message));
    }
    let (Some(network), Some(hosts), true) = (network, hosts, faults.is_empty()) else { return Err(faults) };
    network.check(builder, planes).map_err(|fault| vec![fault])?;
    let nics = hosts.add_all(builder);
    let mut port = hosts.network;
    port.bandwidth = Bandwidth(whole / u64::from(planes));
    port.reverse_bandwidth = port.bandwidth;
    let uplinks = Uplinks::read(values, &port);
    let mut numbers = Numbers::default();
    for _ in 0..planes {
        network.add(builder, &mut numbers, &nics, &port, &uplinks);
    }
    Ok(())
}

fn counts(values: &Values<'_>) -> Result<Counts, Vec<Fault>> {
    let mut faults = Vec::new();
    let servers = Servers::read(values, values.count("servers"), &mut faults);
    let network = Network::read(values, servers, &mut faults);
    network.map(|network| network.counts(values.count("planes"))).ok_or(faults)
}
