//! What servers without NVSwitch have in common: adapters on PCIe, and one switch where there are several
//! servers.

use super::limits::MOST;
use super::medium::Medium;
use super::{Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, Cable, Node, NodeKind};
use crate::ids::NodeId;

/// Number of servers.
pub(super) const SERVERS: Param = Param::new(
    "servers",
    ParamKind::Count { min: 1, max: MOST },
    "1",
    "number of servers; one switch joins several",
);
/// Adapters without a network.
pub(super) const NICS: Param =
    Param::new("nics", ParamKind::Flag, "false", "whether a lone server has its network adapters too");
/// Class of PCIe.
pub(super) const PCIE_CLASS: Param = Param::new("pcie_class", ParamKind::Class, "pcie", "link class of PCIe");
/// Latency of PCIe.
pub(super) const PCIE_LATENCY: Param =
    Param::optional("pcie_latency", ParamKind::Time, "latency of a PCIe link; the class's where left out");
/// Latency of the network.
pub(super) const NETWORK_LATENCY: Param = Param::optional(
    "network_latency",
    ParamKind::Time,
    "latency of a network hop; the class's where left out",
);
/// Length of network cables.
pub(super) const NETWORK_LENGTH: Param =
    Param::optional("network_length", ParamKind::Length, "length of the cables from adapters to the switch");
/// The cable of an adapter.
pub(super) const NETWORK: Medium = Medium {
    class: "network_class",
    bandwidth: "network_bandwidth",
    latency: Some("network_latency"),
    length: Some("network_length"),
};
/// A PCIe link.
pub(super) const PCIE: Medium =
    Medium { class: "pcie_class", bandwidth: "pcie_bandwidth", latency: Some("pcie_latency"), length: None };

/// Reads whether servers have adapters: where asked for, or where there are several servers.
pub(super) fn has_nics(values: &Values<'_>) -> bool {
    values.flag("nics") || values.count("servers") > 1
}

/// Reads the parameters of PCIe and the network.
pub(super) fn media(
    values: &Values<'_>,
    builder: &Builder,
    faults: &mut Vec<Fault>,
) -> Option<(Cable, Cable)> {
    let pcie = PCIE.cable(values, builder, faults);
    let network = NETWORK.cable(values, builder, faults);
    Some((pcie?, network?))
}

/// Plugs the adapters of several servers into one switch; a lone server's stay unplugged.
pub(super) fn join(builder: &mut Builder, servers: u32, nics: &[NodeId], network: &Cable) {
    if servers > 1 {
        let switch = builder.add_node(Node::new("switch0", NodeKind::Switch));
        for nic in nics {
            builder.add_cable(*nic, switch, network.clone());
        }
    }
}
