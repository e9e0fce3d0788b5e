//! GPU servers: GPUs on an NVSwitch, and a PCIe switch with a network adapter for every rail.
//!
//! The NVSwitch chips of a server act as one non-blocking switch, so one node stands for them, with all
//! NVLinks of a GPU as one link. A GPU shares its PCIe switch only with GPUs of the same adapter: real PCIe
//! switches that carry several GPU and adapter pairs do not block between them, and a shared node would offer
//! every GPU adapters of other rails.

use std::fmt;

use super::limits::MOST;
use super::medium::Medium;
use super::{Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, Cable, InNetwork, Node, NodeKind};
use crate::ids::NodeId;

/// Number of servers.
pub(super) const SERVERS: Param =
    Param::required("servers", ParamKind::Count { min: 1, max: MOST }, "number of servers");
/// GPUs of a server.
pub(super) const GPUS: Param =
    Param::new("gpus_per_server", ParamKind::Count { min: 1, max: 1 << 16 }, "8", "GPUs of a server");
/// Network adapters of a server.
pub(super) const NICS: Param = Param::optional(
    "nics_per_server",
    ParamKind::Count { min: 1, max: 1 << 16 },
    "network adapters of a server, each on its own rail; one for each GPU where left out",
);
/// NVLink rate of a GPU.
pub(super) const NVLINK_BANDWIDTH: Param = Param::new(
    "nvlink_bandwidth",
    ParamKind::Bandwidth,
    "450 GB/s",
    "rate between a GPU and the NVSwitches of its server, all links together, each direction",
);
/// Class of NVLink.
pub(super) const NVLINK_CLASS: Param =
    Param::new("nvlink_class", ParamKind::Class, "nvlink", "link class inside the server's GPU domain");
/// Latency of NVLink.
pub(super) const NVLINK_LATENCY: Param = Param::optional(
    "nvlink_latency",
    ParamKind::Time,
    "latency between GPU and NVSwitch; the class's where left out",
);
/// Whether NVSwitches work on data.
pub(super) const NVSWITCH_IN_NETWORK: Param = Param::new(
    "nvswitch_in_network",
    ParamKind::Flag,
    "false",
    "whether NVSwitches multicast and reduce what passes them (NVLink SHARP: NVSwitches of Hopper and newer)",
);
/// PCIe rate.
pub(super) const PCIE_BANDWIDTH: Param = Param::new(
    "pcie_bandwidth",
    ParamKind::Bandwidth,
    "64 GB/s",
    "raw rate of the PCIe links of GPUs and adapters, each direction",
);
/// Class of PCIe.
pub(super) const PCIE_CLASS: Param = Param::new("pcie_class", ParamKind::Class, "pcie", "link class of PCIe");
/// Latency of PCIe.
pub(super) const PCIE_LATENCY: Param =
    Param::optional("pcie_latency", ParamKind::Time, "latency of a PCIe link; the class's where left out");
/// Rate of adapters.
pub(super) const NETWORK_BANDWIDTH: Param =
    Param::new("bandwidth", ParamKind::Bandwidth, "400 Gbps", "rate of an adapter's cable, each direction");
/// Class of the network.
pub(super) const NETWORK_CLASS: Param =
    Param::new("class", ParamKind::Class, "infiniband", "link class of the network");
/// Whether GPUs pass traffic on where leaves of rails share spines.
pub(super) const RAIL_RELAY: Param = Param::new(
    "gpu_relay",
    ParamKind::Flag,
    "false",
    "whether GPUs pass on traffic of their server for their rail (NCCL's PXN)",
);

/// How many servers a fabric has, and how many parts each: all that counts of switches depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Servers {
    /// How many.
    pub(super) count: u32,
    /// GPUs of each.
    pub(super) gpus: u32,
    /// Adapters of each, which are the rails.
    pub(super) nics: u32,
}

impl Servers {
    /// Reads `gpus_per_server` and `nics_per_server`.
    pub(super) fn read(values: &Values<'_>, count: u32, faults: &mut Vec<Fault>) -> Self {
        let gpus = values.count("gpus_per_server");
        let nics = values.optional_count("nics_per_server").unwrap_or(gpus);
        if nics == 0 || !gpus.is_multiple_of(nics) {
            let message = format!("{gpus} GPUs cannot share {nics} adapters evenly");
            faults.push(Fault::new("nics_per_server", message));
        }
        Self { count, gpus, nics }
    }

    /// Adapters of all servers.
    pub(super) fn adapters(self) -> u64 {
        u64::from(self.count) * u64::from(self.nics)
    }

    /// Nodes and cables of the servers themselves, without cables of the network.
    pub(super) fn size(self) -> (u128, u128) {
        let servers = u128::from(self.count);
        let (gpus, nics) = (u128::from(self.gpus), u128::from(self.nics));
        (servers * (gpus + 1 + 2 * nics), servers * (2 * gpus + nics))
    }
}

/// What every server of a fabric looks like.
#[derive(Debug, Clone)]
pub(super) struct Hosts {
    /// How many, and of what size.
    pub(super) servers: Servers,
    /// GPU to NVSwitch.
    pub(super) nvlink: Cable,
    /// What the NVSwitch does with data on its way.
    pub(super) in_network: InNetwork,
    /// GPU to PCIe switch, and PCIe switch to adapter.
    pub(super) pcie: Cable,
    /// Adapter to leaf.
    pub(super) network: Cable,
    /// Whether GPUs pass on what others send over their rail.
    pub(super) relay: bool,
}

impl Hosts {
    /// Reads the cables; `relay` tells whether GPUs pass traffic on.
    pub(super) fn read(
        values: &Values<'_>,
        builder: &Builder,
        servers: Servers,
        relay: bool,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let medium =
            |class, bandwidth, latency, length| Medium { class, bandwidth, latency: Some(latency), length };
        let nvlink =
            medium("nvlink_class", "nvlink_bandwidth", "nvlink_latency", None).cable(values, builder, faults);
        let pcie =
            medium("pcie_class", "pcie_bandwidth", "pcie_latency", None).cable(values, builder, faults);
        let network =
            medium("class", "bandwidth", "latency", Some("host_length")).cable(values, builder, faults);
        Some(Self {
            servers,
            nvlink: nvlink?,
            in_network: nvswitch_in_network(values),
            pcie: pcie?,
            network: network?,
            relay,
        })
    }

    /// Adds all servers and returns the adapters of each by rail.
    pub(super) fn add_all(&self, builder: &mut Builder) -> Vec<Vec<NodeId>> {
        (0..self.servers.count).map(|server| self.add(builder, server)).collect()
    }

    /// Adds a server and returns its adapters by rail. A server of one GPU has no NVSwitch.
    fn add(&self, builder: &mut Builder, server: u32) -> Vec<NodeId> {
        let node = |part: fmt::Arguments<'_>, kind| {
            Node::new(format!("host{server}/{part}"), kind).in_server(server)
        };
        let per_nic = self.servers.gpus / self.servers.nics;
        let gpus: Vec<NodeId> = (0..self.servers.gpus)
            .map(|i| {
                let gpu = node(format_args!("gpu{i}"), NodeKind::Gpu).on_rail(i / per_nic);
                builder.add_node(if self.relay { gpu.forwarding() } else { gpu })
            })
            .collect();
        if self.servers.gpus > 1 {
            let switch = node(format_args!("nvswitch"), NodeKind::NvSwitch).working(self.in_network);
            let switch = builder.add_node(switch);
            for gpu in &gpus {
                builder.add_cable(*gpu, switch, self.nvlink.clone());
            }
        }
        let mut nics = Vec::with_capacity(self.servers.nics as usize);
        for (i, gpus) in gpus.chunks(per_nic as usize).enumerate() {
            let switch =
                builder.add_node(node(format_args!("pcie{i}"), NodeKind::PcieSwitch).on_rail(i as u32));
            let nic = builder.add_node(node(format_args!("nic{i}"), NodeKind::Nic).on_rail(i as u32));
            for gpu in gpus {
                builder.add_cable(*gpu, switch, self.pcie.clone());
            }
            builder.add_cable(switch, nic, self.pcie.clone());
            nics.push(nic);
        }
        nics
    }
}

/// What NVSwitches do, as [`NVSWITCH_IN_NETWORK`] says.
pub(super) fn nvswitch_in_network(values: &Values<'_>) -> InNetwork {
    if values.flag(NVSWITCH_IN_NETWORK.name) { InNetwork::BOTH } else { InNetwork::NONE }
}
