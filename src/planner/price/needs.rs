//! What a topology needs of the parts it is made of.

use std::collections::BTreeMap;

use super::PriceError;
use crate::fabric::parts::Technology;
use crate::fabric::{Fabric, FlowControl, LinkClass, NodeKind};
use crate::ids::{NodeId, number};
use crate::planner::floor::DrawError;
use crate::units::Bandwidth;

/// Kinds of switches, from servers up, with what messages call them.
pub(super) const KINDS: [(NodeKind, &str); 4] = [
    (NodeKind::Leaf, "leaf"),
    (NodeKind::Spine, "spine"),
    (NodeKind::Core, "core"),
    (NodeKind::Switch, "switch of no tier"),
];

/// A switch of the topology.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) name: String,
    /// Rates and numbers of its cables, in the order in which they are plugged in.
    pub(super) cables: Vec<(Bandwidth, u32)>,
}

impl Use {
    /// Cables in all.
    pub(super) fn count(&self) -> u32 {
        self.cables.iter().fold(0, |sum, (_, lanes)| sum.saturating_add(*lanes))
    }

    /// The highest rate of a cable.
    pub(super) fn rate(&self) -> Bandwidth {
        self.cables.iter().map(|(rate, _)| *rate).max().unwrap_or_default()
    }
}

/// What a topology needs.
#[derive(Debug)]
pub(super) struct Needs {
    /// Servers.
    pub(super) servers: u32,
    /// Accelerators of the fullest.
    pub(super) accelerators: u32,
    /// Adapters of the fullest; nothing where no cable leaves a server.
    pub(super) adapters: u32,
    /// The most that an adapter sends, over all its cables.
    pub(super) adapter_rate: Bandwidth,
    /// The most cables of an adapter.
    pub(super) adapter_ports: u32,
    /// The most that an accelerator sends within its server, other than over PCIe.
    pub(super) scaleup: Bandwidth,
    /// What cables carry; `None` where there are none.
    pub(super) technology: Option<Technology>,
    /// Switches by kind, as in [`KINDS`].
    pub(super) switches: [Vec<Use>; 4],
    /// Networks side by side that an adapter is on.
    pub(super) planes: u32,
    /// Servers of a pod and its leaves, where pods are numbered one after another; else all are one.
    pub(super) pod: (u32, u32),
    /// Devices that the topology gives a place, and all devices.
    pub(super) positioned: (u32, u32),
}

impl Needs {
    /// Looks at a topology; `technology` goes over what its classes say.
    pub(super) fn new(fabric: &Fabric, technology: Option<Technology>) -> Result<Self, PriceError> {
        let nodes = fabric.nodes();
        let is_switch = |id: NodeId| fabric.node(id).kind.is_network_switch();
        let device = |id: NodeId| fabric.node(id).server.ok_or(id);
        let mut network = Parts::new(nodes.len());
        let mut uses: Vec<Vec<(Bandwidth, u32)>> = vec![Vec::new(); nodes.len()];
        let mut told = technology;
        let (mut sent, mut ports) = (vec![0_u64; nodes.len()], vec![0_u32; nodes.len()]);
        for both in fabric.links().chunks(2) {
            let link = &both[0];
            if let (Ok(a), Ok(b)) = (device(link.from), device(link.to))
                && a == b
            {
                continue;
            }
            for end in [link.from, link.to] {
                let node = fabric.node(end);
                if node.server.is_none() && !is_switch(end) {
                    let (node, kind) = (node.name.clone(), node.kind.name());
                    return Err(DrawError::Homeless { node, kind }.into());
                }
            }
            if technology.is_none() {
                let class = fabric.class(link.class);
                let own = speaks(class).ok_or_else(|| PriceError::Class {
                    from: fabric.node(link.from).name.clone(),
                    to: fabric.node(link.to).name.clone(),
                    class: class.name.clone(),
                })?;
                if told.is_some_and(|told| told != own) {
                    return Err(PriceError::Both);
                }
                told = Some(own);
            }
            if is_switch(link.from) && is_switch(link.to) {
                network.join(link.from.index(), link.to.index());
            }
            let rate = both.iter().map(|link| link.bandwidth).max().unwrap_or(link.bandwidth);
            for end in [link.from, link.to] {
                let at = end.index();
                uses[at].push((rate, link.lanes));
                ports[at] = ports[at].saturating_add(link.lanes);
                let all = rate.bits_per_sec().saturating_mul(link.lanes.into());
                sent[at] = sent[at].saturating_add(all);
            }
        }
        let mut servers: BTreeMap<u32, (u32, u32, u32)> = BTreeMap::new();
        let mut needs = Self {
            servers: 0,
            accelerators: 0,
            adapters: 0,
            adapter_rate: Bandwidth(sent_most(fabric, &sent)),
            adapter_ports: 0,
            scaleup: scaleup(fabric),
            technology: told,
            switches: Default::default(),
            planes: planes(fabric, &mut network),
            pod: (0, 0),
            positioned: positioned(fabric),
        };
        for (at, node) in nodes.iter().enumerate() {
            if let Some(server) = node.server {
                let (gpus, nics, plugged) = servers.entry(server).or_default();
                *gpus += u32::from(node.kind == NodeKind::Gpu);
                *nics += u32::from(node.kind == NodeKind::Nic);
                *plugged += u32::from(ports[at] > 0);
                needs.adapter_ports = needs.adapter_ports.max(ports[at]);
            } else if let Some(kind) = KINDS.iter().position(|(kind, _)| *kind == node.kind) {
                let cables = std::mem::take(&mut uses[at]);
                needs.switches[kind].push(Use { name: node.name.clone(), cables });
            }
        }
        needs.servers = number(servers.len());
        for (gpus, nics, plugged) in servers.into_values() {
            needs.accelerators = needs.accelerators.max(gpus);
            // Where there are no adapters, what is plugged in stands for them.
            needs.adapters = needs.adapters.max(if nics > 0 { nics } else { plugged });
        }
        if needs.adapter_ports == 0 {
            needs.adapters = 0;
        }
        let leaves = number(needs.switches[0].len());
        needs.pod = super::pods::pod(fabric, needs.servers, leaves);
        Ok(needs)
    }

    /// What its servers have, in words.
    pub(super) fn server_words(&self) -> String {
        server_words(self.accelerators, self.adapters, self.adapter_rate)
    }

    /// Whether the topology says where every device stands.
    pub(super) const fn stands(&self) -> bool {
        self.positioned.1 > 0 && self.positioned.0 == self.positioned.1
    }
}

/// Accelerators and adapters in words.
pub(super) fn server_words(accelerators: u32, adapters: u32, rate: Bandwidth) -> String {
    let some = |count: u32, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let accelerators = some(accelerators, "accelerator");
    if adapters == 0 {
        return accelerators;
    }
    format!("{accelerators} and {} of {rate}", some(adapters, "adapter"))
}

/// What a class of links carries, where it is of a network: by its name, else by what it does when the receiver is full.
/// Classes of links within servers cost a path less than those between them.
fn speaks(class: &LinkClass) -> Option<Technology> {
    if let Some((_, own)) = Technology::ALL.iter().find(|(name, _)| *name == class.name) {
        return Some(*own);
    }
    let builtin = LinkClass::builtin();
    if let Some(known) = builtin.iter().find(|known| known.name == class.name) {
        // Ethernet that drops is bought as Ethernet that does not.
        return (known.flow_control == FlowControl::Drop).then_some(Technology::Roce);
    }
    let network = builtin.iter().find(|known| known.name == Technology::InfiniBand.name())?;
    (class.cost >= network.cost).then_some(match class.flow_control {
        FlowControl::Credits => Technology::InfiniBand,
        FlowControl::EcnPfc | FlowControl::Drop => Technology::Roce,
    })
}

/// The most that a node of a server sends to other devices, in bits per second.
fn sent_most(fabric: &Fabric, sent: &[u64]) -> u64 {
    let inside = fabric.nodes().iter().zip(sent).filter(|(node, _)| node.server.is_some());
    inside.map(|(_, sent)| *sent).max().unwrap_or(0)
}

/// The most that an accelerator sends to others of its server and their switches.
fn scaleup(fabric: &Fabric) -> Bandwidth {
    let mut sent = vec![0_u64; fabric.nodes().len()];
    for link in fabric.links() {
        let (from, to) = (fabric.node(link.from), fabric.node(link.to));
        let partner = matches!(to.kind, NodeKind::Gpu | NodeKind::NvSwitch);
        if from.kind == NodeKind::Gpu && partner && from.server.is_some() && from.server == to.server {
            let own = &mut sent[link.from.index()];
            *own = own.saturating_add(link.bandwidth.bits_per_sec().saturating_mul(link.lanes.into()));
        }
    }
    Bandwidth(sent.into_iter().max().unwrap_or(0))
}

/// The most networks that a node of a server is on, at least 1.
fn planes(fabric: &Fabric, network: &mut Parts) -> u32 {
    let mut most = 1;
    let mut roots = Vec::new();
    for (at, _) in fabric.nodes().iter().enumerate().filter(|(_, node)| node.server.is_some()) {
        roots.clear();
        for link in fabric.out_links(NodeId::from_index(at)) {
            let to = fabric.link(*link).to;
            if fabric.node(to).kind.is_network_switch() {
                roots.push(network.root(to.index()));
            }
        }
        roots.sort_unstable();
        roots.dedup();
        most = most.max(number(roots.len()));
    }
    most
}

/// Devices with a place, and all.
fn positioned(fabric: &Fabric) -> (u32, u32) {
    let mut servers: BTreeMap<u32, bool> = BTreeMap::new();
    let mut switches = (0, 0);
    for node in fabric.nodes() {
        if let Some(server) = node.server {
            *servers.entry(server).or_default() |= node.position.is_some();
        } else if node.kind.is_network_switch() {
            switches.0 += u32::from(node.position.is_some());
            switches.1 += 1;
        }
    }
    let placed = servers.values().filter(|placed| **placed).count();
    (switches.0 + number(placed), switches.1 + number(servers.len()))
}

/// What is joined to what.
pub(super) struct Parts(Vec<usize>);

impl Parts {
    pub(super) fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    /// The one that stands for all that this is joined to: the least of them.
    pub(super) fn root(&mut self, at: usize) -> usize {
        let mut root = at;
        while self.0[root] != root {
            root = self.0[root];
        }
        let mut at = at;
        while self.0[at] != root {
            at = std::mem::replace(&mut self.0[at], root);
        }
        root
    }

    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}
