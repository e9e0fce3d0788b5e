//! Rail-optimised clusters: adapter `i` of every server of a pod plugs into the pod's leaf `i`.
//!
//! As in NVIDIA's DGX SuperPOD reference architectures.

use super::clos::Numbers;
use super::counts::Counts;
use super::hosts::{
    GPUS, Hosts, NETWORK_BANDWIDTH, NETWORK_CLASS, NICS, NVLINK_BANDWIDTH, NVLINK_CLASS, NVLINK_LATENCY,
    NVSWITCH_IN_NETWORK, PCIE_BANDWIDTH, PCIE_CLASS, PCIE_LATENCY, RAIL_RELAY, SERVERS, Servers,
};
use super::medium::LATENCY;
use super::pods::{POD_SERVERS, SPARE};
use super::rails::{Network, SPINE_GROUPS};
use super::tiers::{
    CORE_LENGTH, CORE_RADIX, HOST_LENGTH, LEAF_DOWN, LEAF_UP, RADIX, SPINE_DOWN, SPINE_LENGTH, SPINE_RADIX,
    SPINE_UP, TIERS, UPLINK_BANDWIDTH, Uplinks,
};
use super::{Family, Fault, Values};
use crate::fabric::Builder;

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
        SPINE_GROUPS,
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
        RAIL_RELAY,
    ],
    build,
    counts: Some(counts),
};

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let servers = Servers::read(values, values.count("servers"), &mut faults);
    let network = Network::read(values, servers, &mut faults);
    let hosts = Hosts::read(values, builder, servers, values.flag("gpu_relay"), &mut faults);
    let (Some(network), Some(hosts), true) = (network, hosts, faults.is_empty()) else { return Err(faults) };
    network.check(builder, 1).map_err(|fault| vec![fault])?;
    let nics = hosts.add_all(builder);
    let uplinks = Uplinks::read(values, &hosts.network);
    network.add(builder, &mut Numbers::default(), &nics, &hosts.network, &uplinks);
    Ok(())
}

fn counts(values: &Values<'_>) -> Result<Counts, Vec<Fault>> {
    let mut faults = Vec::new();
    let servers = Servers::read(values, values.count("servers"), &mut faults);
    Network::read(values, servers, &mut faults).map(|network| network.counts(1)).ok_or(faults)
}
