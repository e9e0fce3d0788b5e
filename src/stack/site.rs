//! What a library sees of a fabric: servers, links between accelerators, adapters.

use std::collections::BTreeMap;

use crate::fabric::{Fabric, NodeKind};
use crate::ids::{LinkId, NodeId};

/// What a path goes over, the farthest of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Medium {
    /// Links between accelerators: NVLink, xGMI.
    Scaleup,
    /// PCIe inside a server.
    Pcie,
    /// The network between servers.
    Network,
}

impl Medium {
    /// Of a link of a path.
    pub(super) fn of_link(fabric: &Fabric, link: LinkId) -> Self {
        let link = fabric.link(link);
        let (from, to) = (fabric.node(link.from), fabric.node(link.to));
        let is = |wanted: fn(NodeKind) -> bool| wanted(from.kind) || wanted(to.kind);
        if is(NodeKind::is_network_switch) {
            Self::Network
        } else if is(|kind| matches!(kind, NodeKind::Cpu | NodeKind::PcieSwitch | NodeKind::Nic)) {
            Self::Pcie
        } else if is(|kind| kind == NodeKind::NvSwitch) || (from.server.is_some() && from.server == to.server)
        {
            Self::Scaleup
        } else {
            Self::Network
        }
    }
}

/// What a library sees of a fabric and the nodes of its ranks. Rates are raw, in bytes per second and direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// How many ranks.
    pub ranks: u32,
    /// How many servers they are on; a rank without a server is one of its own.
    pub servers: u32,
    /// Ranks of the server that has the most.
    pub per_server: u32,
    /// Links of an accelerator to others of its server, the least over all ranks; 0 where there are none.
    pub scaleup: f64,
    /// Links of an accelerator to PCIe.
    pub pcie: f64,
    /// Links of a server into the network, the least over all servers; 0 where there are none.
    pub network: f64,
    /// Adapters of a server (network links, where accelerators have them themselves).
    pub adapters: u32,
    /// The class of the network's links: `infiniband`.
    pub transport: String,
    /// Whether a switch of every server with several ranks reduces and multicasts.
    pub reducing: bool,
}

impl Site {
    /// Looks at the nodes of the ranks.
    pub fn new(fabric: &Fabric, nodes: &[NodeId], reducing: bool) -> Self {
        #[derive(Default)]
        struct Server {
            ranks: u32,
            network: f64,
            adapters: u32,
        }
        let mut servers: BTreeMap<u64, Server> = BTreeMap::new();
        let key = |node: NodeId| fabric.node(node).server.map_or(1 << 32 | u64::from(node.0), u64::from);
        let (mut scaleup, mut pcie) = (f64::INFINITY, f64::INFINITY);
        let mut site = Self {
            ranks: u32::try_from(nodes.len()).unwrap_or(u32::MAX),
            servers: 0,
            per_server: 0,
            scaleup: 0.0,
            pcie: 0.0,
            network: 0.0,
            adapters: 0,
            transport: String::new(),
            reducing,
        };
        for node in nodes {
            servers.entry(key(*node)).or_default().ranks += 1;
            let (mut own_scaleup, mut own_pcie) = (0.0, 0.0);
            for link in fabric.out_links(*node) {
                let raw = raw_rate(fabric, *link);
                match Medium::of_link(fabric, *link) {
                    Medium::Scaleup => own_scaleup += raw,
                    Medium::Pcie => own_pcie += raw,
                    Medium::Network => {}
                }
            }
            scaleup = f64::min(scaleup, own_scaleup);
            pcie = f64::min(pcie, own_pcie);
        }
        for (id, link) in (0u32..).map(LinkId).zip(fabric.links()) {
            let from = fabric.node(link.from);
            let leaves = from.kind == NodeKind::Nic || from.kind == NodeKind::Gpu;
            if leaves
                && Medium::of_link(fabric, id) == Medium::Network
                && let Some(server) = servers.get_mut(&key(link.from))
            {
                server.network += raw_rate(fabric, id);
                server.adapters += link.lanes;
                if site.transport.is_empty() {
                    site.transport.clone_from(&fabric.class(link.class).name);
                }
            }
        }
        // Without ranks there are no links.
        let or_none = |rate: f64| if rate.is_finite() { rate } else { 0.0 };
        (site.scaleup, site.pcie) = (or_none(scaleup), or_none(pcie));
        site.servers = u32::try_from(servers.len()).unwrap_or(u32::MAX);
        site.per_server = servers.values().map(|server| server.ranks).max().unwrap_or(0);
        site.network = or_none(servers.values().map(|server| server.network).fold(f64::INFINITY, f64::min));
        site.adapters = servers.values().map(|server| server.adapters).min().unwrap_or(0);
        site
    }

    /// Over what ranks of one server reach each other.
    pub fn inside(&self) -> Medium {
        if self.per_server <= 1 {
            Medium::Network
        } else if self.scaleup > 0.0 {
            Medium::Scaleup
        } else {
            Medium::Pcie
        }
    }
}

/// The raw rate of a link, all its lanes, in bytes per second.
pub(super) fn raw_rate(fabric: &Fabric, link: LinkId) -> f64 {
    let link = fabric.link(link);
    link.bandwidth.bytes_per_sec() * f64::from(link.lanes)
}
