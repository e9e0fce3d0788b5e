//! Drawing the fabric of a checked header.

use std::sync::Arc;

use super::keys::{Between, Keys};
use super::media::{self, MEMORY, MEMORY_GIGABYTES, SOCKETS_GIGABYTES, gbps, gigabytes};
use super::network::{self, Adapter, Shape};
use super::product::{Product, pcie_of_adapter};
use super::site::{self, Site};
use super::{Adapters, HostKind, Scaleup, System, Unmapped};
use crate::exchange::{Measured, Placement};
use crate::fabric::{Builder, Cable, Node, NodeKind, Routing};
use crate::ids::NodeId;

/// Accelerators on one PCIe switch of a DGX-1.
const CUBE_MESH_PAIR: u32 = 2;

/// Builds the system.
pub(super) fn build(
    mut keys: Keys,
    measured: &Measured,
    placement: Option<&Placement>,
) -> Result<System, Unmapped> {
    let mut drawing = Drawing {
        builder: Builder::new(measured.id.as_str(), media::classes(keys.product.is_none())),
        keys: &keys,
    };
    let ranks = drawing.endpoints();
    let mut adapters = match (&keys.between, keys.product) {
        (Between::Torus(sides, adapters), _) if keys.is_direct_torus() => {
            drawing.direct_torus(sides, adapters, &ranks);
            Vec::new()
        }
        (_, Some(product)) => drawing.accelerators(product, &ranks),
        (_, None) => drawing.host_memory(&ranks),
    };
    let mut notes = Vec::new();
    match &keys.between {
        Between::Nothing => {}
        Between::Torus(sides, of) => {
            if !adapters.is_empty() {
                drawing.routed_torus(sides, of, &mut adapters);
            }
        }
        Between::Switches(shape, of) => {
            let sites = sites(&keys, *shape, of, placement, &adapters, &mut notes)?;
            if let Some(why) = network::too_many(*shape, &sites) {
                return Err(Unmapped::new(why));
            }
            if let Some(cable) = drawing.cable(of.net, gbps(of.gbps)) {
                network::add(&mut drawing.builder, *shape, &cable, keys.taper, &sites, &adapters);
            }
        }
    }
    let fabric = drawing.builder.finish().map_err(|faults| {
        let told: Vec<String> = faults.iter().take(3).map(ToString::to_string).collect();
        Unmapped::new(format!("no fabric comes of the header: {}", told.join("; ")))
    })?;
    notes.extend(limits(&keys));
    keys.notes.append(&mut notes);
    let description = describe(&keys);
    let adapters = match keys.between {
        Between::Nothing => None,
        Between::Switches(_, adapters) | Between::Torus(_, adapters) => Some(adapters),
    };
    Ok(System {
        fabric: Arc::new(fabric),
        rank_nodes: ranks,
        host: keys.product.map_or(HostKind::Memory { ranks: keys.per_node }, HostKind::Accelerator),
        scaleup: keys.scaleup,
        domain: keys.domain,
        reduces_in_switch: keys.scaleup.reduces_in_switch() && keys.domain > 1,
        adapters,
        description,
        assumed: keys.assumed,
        notes: keys.notes,
    })
}

/// A fabric in the making.
struct Drawing<'a> {
    builder: Builder,
    keys: &'a Keys,
}

impl Drawing<'_> {
    fn cable(&self, class: &str, rate: crate::units::Bandwidth) -> Option<Cable> {
        self.builder.class(class).map(|class| Cable::new(class, rate))
    }

    /// The domain of a rank where domains join several; else its node.
    fn server(&self, rank: u32) -> u32 {
        if self.keys.domain > 1 { rank / self.keys.domain } else { rank / self.keys.per_node }
    }

    /// The endpoints of all ranks, in their order.
    fn endpoints(&mut self) -> Vec<NodeId> {
        let keys = self.keys;
        let part = if keys.product.is_some() { "gpu" } else { "rank" };
        let direct = keys.is_direct_torus();
        // Where adapters are fewer than accelerators, those of one adapter are on one rail.
        let rails = match &keys.between {
            Between::Switches(_, adapters) | Between::Torus(_, adapters) => {
                adapters.per_node.min(keys.per_node)
            }
            Between::Nothing => keys.per_node,
        };
        (0..keys.ranks)
            .map(|rank| {
                let (host, local) = (rank / keys.per_node, rank % keys.per_node);
                let node = Node::new(format!("host{host}/{part}{local}"), NodeKind::Gpu)
                    .in_server(self.server(rank))
                    .on_rail(share(local, rails, keys.per_node));
                self.builder.add_node(if direct { node.forwarding() } else { node })
            })
            .collect()
    }

    /// Links of domains, PCIe and adapters of all nodes; returns the adapters by node.
    fn accelerators(&mut self, product: &Product, ranks: &[NodeId]) -> Vec<Vec<Adapter>> {
        let keys = self.keys;
        for (number, gpus) in (0..).zip(ranks.chunks(keys.domain as usize)) {
            let first = number * keys.domain;
            let in_one_node = keys.domain == keys.per_node;
            let name = if in_one_node {
                format!("host{}", first / keys.per_node)
            } else {
                format!("domain{number}")
            };
            let server = self.server(first);
            keys.scaleup.link(&mut self.builder, product, &name, server, gpus);
        }
        let network = keys.between != Between::Nothing;
        // Accelerators that share no domain, or no link of it, meet at the processor.
        let through_cpu = keys.per_node > 1 && (keys.domain < keys.per_node || keys.scaleup.needs_pcie());
        if !network && !through_cpu {
            return Vec::new();
        }
        (0..)
            .zip(ranks.chunks(keys.per_node as usize))
            .map(|(host, gpus)| self.pcie(product, host, gpus, through_cpu))
            .collect()
    }

    /// PCIe switches, processors and adapters of one node.
    fn pcie(&mut self, product: &Product, host: u32, gpus: &[NodeId], through_cpu: bool) -> Vec<Adapter> {
        let keys = self.keys;
        let Some(pcie) = self.cable("pcie", gigabytes(product.pcie_gigabytes)) else { return Vec::new() };
        let server = self.server(host * keys.per_node);
        let count = gpus.len() as u32;
        let adapters = match &keys.between {
            Between::Switches(_, adapters) | Between::Torus(_, adapters) => adapters.per_node,
            Between::Nothing => 0,
        };
        let cube = keys.scaleup == Scaleup::CubeMesh;
        let switches = match adapters {
            0 if cube => count.div_ceil(CUBE_MESH_PAIR),
            0 => count,
            adapters => adapters.min(count),
        };
        let mut cpus = Vec::new();
        if through_cpu {
            // A DGX-1 has two sockets; how many others have is not known, and one root joins all.
            for i in 0..if cube && switches > 1 { 2 } else { 1 } {
                let node = Node::new(format!("host{host}/cpu{i}"), NodeKind::Cpu).in_server(server);
                cpus.push(self.builder.add_node(node));
            }
            if let [one, other] = cpus[..] {
                let mut sockets = pcie.clone();
                sockets.bandwidth = gigabytes(SOCKETS_GIGABYTES);
                sockets.reverse_bandwidth = sockets.bandwidth;
                self.builder.add_cable(one, other, sockets);
            }
        }
        let mut found = Vec::new();
        for i in 0..switches {
            let mut node = |part: &str, kind| {
                let node = Node::new(format!("host{host}/{part}{i}"), kind).in_server(server).on_rail(i);
                self.builder.add_node(node)
            };
            let switch = node("pcie", NodeKind::PcieSwitch);
            let adapter = (adapters > 0).then(|| node("nic", NodeKind::Nic));
            for (local, gpu) in (0..).zip(gpus) {
                if share(local, switches, count) == i {
                    self.builder.add_cable(*gpu, switch, pcie.clone());
                }
            }
            if let Some(cpu) = cpus.get((i as usize * cpus.len()) / switches as usize) {
                self.builder.add_cable(switch, *cpu, pcie.clone());
            }
            if let Some(node) = adapter {
                let lanes = part(i, adapters, switches);
                self.builder.add_cable(switch, node, pcie.clone().lanes(lanes));
                found.push(Adapter { node, lanes });
            }
        }
        found
    }

    /// Processes on the memory of their host, and its adapters as one bundle.
    fn host_memory(&mut self, ranks: &[NodeId]) -> Vec<Vec<Adapter>> {
        let keys = self.keys;
        let mut found = Vec::new();
        for (host, processes) in (0..).zip(ranks.chunks(keys.per_node as usize)) {
            let named = |part: &str, kind| Node::new(format!("host{host}/{part}"), kind).in_server(host);
            let cpu = self.builder.add_node(named("cpu0", NodeKind::Cpu));
            if let Some(memory) = self.cable(MEMORY, gigabytes(MEMORY_GIGABYTES)) {
                for process in processes {
                    self.builder.add_cable(*process, cpu, memory.clone());
                }
            }
            let (Between::Switches(_, adapters) | Between::Torus(_, adapters)) = &keys.between else {
                continue;
            };
            let node = self.builder.add_node(named("nic0", NodeKind::Nic));
            let lanes = adapters.per_node;
            if let Some(pcie) = self.cable("pcie", gigabytes(pcie_of_adapter(adapters.gbps))) {
                self.builder.add_cable(cpu, node, pcie.lanes(lanes));
            }
            found.push(vec![Adapter { node, lanes }]);
        }
        found
    }

    /// Processes that are places of a torus themselves: the network is on the processor's chip.
    fn direct_torus(&mut self, sides: &[u32], of: &Adapters, ranks: &[NodeId]) {
        self.grid(sides, of, ranks);
        self.builder.set_torus(sides.to_vec());
        self.builder.set_routing(Routing::DimensionOrder);
    }

    /// A switch at every place of a torus, with the adapters of a node.
    fn routed_torus(&mut self, sides: &[u32], of: &Adapters, adapters: &mut [Vec<Adapter>]) {
        let Some(cable) = self.cable(of.net, gbps(of.gbps)) else { return };
        let mut places = Vec::new();
        for (host, adapters) in adapters.iter().enumerate() {
            let place = self.builder.add_node(Node::new(format!("place{host}"), NodeKind::Switch));
            for adapter in adapters {
                self.builder.add_cable(adapter.node, place, cable.clone().lanes(adapter.lanes));
            }
            places.push(place);
        }
        self.grid(sides, of, &places);
        // Ranks are no places, so nothing tells dimensions apart.
        self.builder.set_routing(Routing::Spray);
    }

    /// Cables between neighbours. A side of 2 has one cable, as Tofu's axes of two nodes have.
    fn grid(&mut self, sides: &[u32], of: &Adapters, places: &[NodeId]) {
        let Some(cable) = self.cable(of.net, gbps(of.gbps)) else { return };
        let count = places.len();
        for at in 0..count {
            let mut stride = count;
            for side in sides {
                let side = *side as usize;
                stride /= side;
                let along = at / stride % side;
                if along + 1 < side {
                    self.builder.add_cable(places[at], places[at + stride], cable.clone());
                } else if side > 2 {
                    self.builder.add_cable(places[at], places[at - along * stride], cable.clone());
                }
            }
        }
    }
}

/// Which of `parts` a member of `count` belongs to: parts are filled in order, as evenly as can be.
fn share(member: u32, parts: u32, count: u32) -> u32 {
    (u64::from(member) * u64::from(parts.min(count)) / u64::from(count.max(1))) as u32
}

/// How many of `count` things belong to part `i` of `parts`.
fn part(i: u32, count: u32, parts: u32) -> u32 {
    let upto = |i: u32| u64::from(i) * u64::from(count) / u64::from(parts.max(1));
    (upto(i + 1) - upto(i)) as u32
}

/// Where the nodes of the run hang.
fn sites(
    keys: &Keys,
    shape: Shape,
    of: &Adapters,
    placement: Option<&Placement>,
    adapters: &[Vec<Adapter>],
    notes: &mut Vec<String>,
) -> Result<Vec<Site>, Unmapped> {
    let lanes: u32 = match (shape, adapters.first()) {
        (Shape::Rails, Some(first)) => first.iter().map(|adapter| adapter.lanes).max().unwrap_or(1),
        (_, Some(first)) => first.iter().map(|adapter| adapter.lanes).sum(),
        (_, None) => 1,
    };
    let per_leaf = (network::leaf_ports(of.gbps) / lanes.max(1)).max(1);
    let Some(placement) = placement else { return Ok(site::in_order(keys.nodes, per_leaf)) };
    // Ranks of one node must share a node of the placement, and those of two must not.
    let node_of = |rank: u32| placement.node_of(rank, keys.ranks);
    let used: Vec<usize> = (0..keys.nodes).map(|node| node_of(node * keys.per_node)).collect();
    let apart = used.windows(2).all(|pair| pair[0] < pair[1]);
    if !apart || (0..keys.ranks).any(|rank| node_of(rank) != used[(rank / keys.per_node) as usize]) {
        return Err(Unmapped::new(format!(
            "the placement has {} nodes, which do not hold {} ranks on {} nodes; expected {} nodes, or a multiple",
            placement.nodes.len(),
            keys.ranks,
            keys.nodes,
            keys.nodes
        )));
    }
    match site::placed(placement, &used) {
        Some(sites) => Ok(sites),
        None => {
            notes.push("the placement does not tell switches; nodes fill switches in order".into());
            Ok(site::in_order(keys.nodes, per_leaf))
        }
    }
}

/// What the drawing leaves out.
fn limits(keys: &Keys) -> Vec<String> {
    let mut notes = Vec::new();
    if keys.scaleup == Scaleup::Pcie {
        notes.push(
            "accelerators meet at one processor; traffic through host memory is not limited by its rate"
                .into(),
        );
    }
    if let Between::Switches(Shape::Dragonfly | Shape::DragonflyPlus, _) = keys.between {
        notes.push("links between groups are drawn so that they do not block".into());
    }
    notes
}

fn describe(keys: &Keys) -> String {
    let Keys { nodes, per_node, domain, scaleup, .. } = keys;
    let ends = match keys.product {
        None => format!("{nodes} x {per_node} processes on host memory"),
        Some(product) => {
            let name = product.name;
            match scaleup {
                Scaleup::Alone => format!("{nodes} x {per_node} {name}"),
                Scaleup::Pcie | Scaleup::ChipToChip => {
                    format!("{nodes} x {per_node} {name}, {} domains of {domain}", scaleup.name())
                }
                _ => {
                    let links = format!("{} x {} GB/s", product.links, product.link_gigabytes);
                    format!("{nodes} x {per_node} {name}, {} domains of {domain} ({links})", scaleup.name())
                }
            }
        }
    };
    let of = |adapters: &Adapters| format!("{} x {} Gbps {}", adapters.per_node, adapters.gbps, adapters.net);
    match &keys.between {
        Between::Nothing => ends,
        Between::Switches(shape, adapters) => {
            let shape = match shape {
                Shape::FatTree => "fat tree",
                Shape::Rails => "rails",
                Shape::DragonflyPlus => "dragonfly+",
                Shape::Dragonfly => "dragonfly",
            };
            format!("{ends}, {} a node, {shape}", of(adapters))
        }
        Between::Torus(sides, adapters) => {
            let sides: Vec<String> = sides.iter().map(u32::to_string).collect();
            format!("{ends}, {} a node, {} torus", of(adapters), sides.join("x"))
        }
    }
}
