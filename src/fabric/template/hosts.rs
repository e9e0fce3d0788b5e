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
/// Servers of a pod.
pub(super) const POD_SERVERS: Param = Param::optional(
    "pod_servers",
    ParamKind::Count { min: 1, max: 1 << 24 },
    "servers of a pod (scalable unit), which has one leaf a rail; as many as a leaf has ports down where left out",
);
/// Places for servers that stay empty.
pub(super) const SPARE: Param = Param::new(
    "spare_servers_per_pod",
    ParamKind::Count { min: 0, max: 1 << 24 },
    "0",
    "places for servers in every pod whose ports serve other things, such as fabric managers",
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

/// What every server of a fabric looks like.
#[derive(Debug, Clone)]
pub(super) struct Hosts {
    /// How many.
    pub(super) servers: u32,
    /// GPUs of each.
    pub(super) gpus: u32,
    /// Adapters of each, which are the rails.
    pub(super) nics: u32,
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
    /// Reads the parameters of this file; `relay` is the name of the flag that lets GPUs pass traffic on.
    pub(super) fn read(
        values: &Values<'_>,
        builder: &Builder,
        relay: &'static str,
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
        let gpus = values.count("gpus_per_server");
        let nics = values.optional_count("nics_per_server").unwrap_or(gpus);
        if nics == 0 || !gpus.is_multiple_of(nics) {
            let message = format!("{gpus} GPUs cannot share {nics} adapters evenly");
            faults.push(Fault::new("nics_per_server", message));
        }
        let servers = values.count("servers");
        Some(Self {
            servers,
            gpus,
            nics,
            nvlink: nvlink?,
            in_network: nvswitch_in_network(values),
            pcie: pcie?,
            network: network?,
            relay: values.flag(relay),
        })
    }

    /// Nodes and cables of all servers, with the cables of their adapters.
    pub(super) fn size(&self) -> (u128, u128) {
        let servers = u128::from(self.servers);
        let (gpus, nics) = (u128::from(self.gpus), u128::from(self.nics));
        (servers * (gpus + 1 + 2 * nics), servers * (2 * gpus + 2 * nics))
    }

    /// Adds a server and returns its adapters by rail. A server of one GPU has no NVSwitch.
    pub(super) fn add(&self, builder: &mut Builder, server: u32) -> Vec<NodeId> {
        let node = |part: fmt::Arguments<'_>, kind| {
            Node::new(format!("host{server}/{part}"), kind).in_server(server)
        };
        let per_nic = self.gpus / self.nics;
        let gpus: Vec<NodeId> = (0..self.gpus)
            .map(|i| {
                let gpu = node(format_args!("gpu{i}"), NodeKind::Gpu).on_rail(i / per_nic);
                builder.add_node(if self.relay { gpu.forwarding() } else { gpu })
            })
            .collect();
        if self.gpus > 1 {
            let switch = node(format_args!("nvswitch"), NodeKind::NvSwitch).working(self.in_network);
            let switch = builder.add_node(switch);
            for gpu in &gpus {
                builder.add_cable(*gpu, switch, self.nvlink.clone());
            }
        }
        let mut nics = Vec::with_capacity(self.nics as usize);
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

/// Pods: which server stands in which.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pods {
    /// Servers of a full pod.
    pub(super) servers: u32,
    /// How many pods.
    pub(super) count: u32,
}

impl Pods {
    /// Reads `pod_servers` and `spare_servers_per_pod` for leaves of so many ports down.
    pub(super) fn read(values: &Values<'_>, leaf_down: u32, faults: &mut Vec<Fault>) -> Self {
        let places = values.optional_count("pod_servers").unwrap_or(leaf_down);
        let spare = values.count("spare_servers_per_pod");
        if places > leaf_down {
            let message = format!(
                "a leaf has {leaf_down} ports down, so a pod holds at most {leaf_down} servers; raise `radix` or `leaf_down`"
            );
            faults.push(Fault::new("pod_servers", message));
        }
        if spare >= places {
            let message = format!("all {places} places of a pod would be spare");
            faults.push(Fault::new("spare_servers_per_pod", message));
        }
        let servers = places.saturating_sub(spare).max(1);
        Self { servers, count: values.count("servers").div_ceil(servers) }
    }
}
