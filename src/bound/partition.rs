//! Ways of cutting the ranks into groups, and what can leave and enter each group.
//!
//! A group is cut out by a set of *nodes*; what leaves it is at most the sum of the capacities of the directed
//! links that leave that set. Several sets may cut out the same ranks (with the adapters of a server or
//! without them); each is a valid cut, so the smallest capacity counts.

use super::graph::{FAR, Graph, NONE, Toward};
use crate::fabric::{Fabric, NodeKind};
use crate::ids::{LinkId, NodeId};

/// A capacity in 1/1024 bytes per second, rounded up: sums are exact and do not depend on their order.
pub(super) type Rate = u128;

/// Parts of a [`Rate`] in a byte per second.
pub(super) const RATE_PARTS: f64 = 1024.0;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "capacities are positive")]
pub(super) fn rate(bytes_per_second: f64) -> Rate {
    (bytes_per_second * RATE_PARTS).ceil() as Rate
}

/// The capacity of every directed link, by its id.
pub(super) fn rates(fabric: &Fabric) -> Vec<Rate> {
    (0..fabric.links().len()).map(|link| rate(fabric.capacity(LinkId::from_index(link)))).collect()
}

/// What the groups are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Single nodes with ranks.
    Rank,
    /// Servers (scale-up domains).
    Server,
    /// What stays joined when the named switches are taken out.
    Without(&'static str),
    /// The lower and upper half along a dimension of a torus or mesh.
    Half(u32),
    /// A set of nodes that maximum flow found, and the rest.
    Flow,
}

/// Ranks that are cut out together.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// How many ranks.
    pub(super) ranks: u32,
    /// Its first rank.
    pub(super) first: u32,
    /// What can leave and enter.
    pub(super) out: Rate,
    pub(super) into: Rate,
    /// Least latency of a transfer from a rank inside to one outside, and from one outside to one inside.
    pub(super) leave: u64,
    pub(super) enter: u64,
    /// A rank outside is at least this far from every rank inside.
    pub(super) reach: u64,
}

/// All ranks, in groups; at least two groups.
#[derive(Debug, Clone)]
pub(super) struct Partition {
    pub(super) level: Level,
    /// The group of every rank, numbered by first appearance.
    pub(super) group_of: Vec<u32>,
    pub(super) groups: Vec<Group>,
    /// For each set of nodes that cuts these groups out: the group of every switch that works on data, [`NONE`] for
    /// those in no group. Empty where there are no such switches.
    pub(super) switch_groups: Vec<Vec<u32>>,
}

impl Partition {
    /// From the group of every node ([`NONE`] for nodes in no group); ranks in no group are groups of their
    /// own. `None` where all ranks are in one group.
    fn new(
        fabric: &Fabric,
        nodes: &[NodeId],
        rates: &[Rate],
        level: Level,
        mut label: Vec<u32>,
    ) -> Option<Self> {
        let mut next = label.iter().filter(|l| **l != NONE).max().map_or(0, |l| l + 1);
        for node in nodes {
            if label[node.index()] == NONE {
                label[node.index()] = next;
                next += 1;
            }
        }
        let mut number = vec![NONE; next as usize];
        let mut groups: Vec<Group> = Vec::new();
        let mut group_of = Vec::with_capacity(nodes.len());
        for (rank, node) in nodes.iter().enumerate() {
            let slot = &mut number[label[node.index()] as usize];
            if *slot == NONE {
                *slot = groups.len() as u32;
                let first = rank as u32;
                groups.push(Group { ranks: 0, first, out: 0, into: 0, leave: FAR, enter: FAR, reach: 0 });
            }
            groups[*slot as usize].ranks += 1;
            group_of.push(*slot);
        }
        if groups.len() < 2 {
            return None;
        }
        let group = |node: NodeId| match label[node.index()] {
            NONE => NONE,
            label => number[label as usize],
        };
        for (link, capacity) in fabric.links().iter().zip(rates) {
            let (from, to) = (group(link.from), group(link.to));
            if from != to {
                if from != NONE {
                    groups[from as usize].out += *capacity;
                }
                if to != NONE {
                    groups[to as usize].into += *capacity;
                }
            }
        }
        let switches = working(fabric);
        let of_switches: Vec<u32> = switches.iter().map(|node| group(*node)).collect();
        let switch_groups = if switches.is_empty() { Vec::new() } else { vec![of_switches] };
        Some(Self { level, group_of, groups, switch_groups })
    }

    /// Whether some switch that works on data stands in no group, so that groups may leave work to it.
    pub(super) fn has_helpers(&self) -> bool {
        self.switch_groups.iter().flatten().any(|group| *group == NONE)
    }

    /// Calls `each` with the group of every switch that works on data and stands in one, and its number.
    fn switches_inside(&self, mut each: impl FnMut(u32, usize)) {
        for groups in &self.switch_groups {
            for (switch, group) in groups.iter().enumerate().filter(|(_, group)| **group != NONE) {
                each(*group, switch);
            }
        }
    }

    /// Which groups have a switch that works on data.
    pub(super) fn with_switches(&self) -> Vec<bool> {
        let mut found = vec![false; self.groups.len()];
        self.switches_inside(|group, _| found[group as usize] = true);
        found
    }

    /// The least of a latency over what takes part in every group, given those of all ranks and of all switches that
    /// work on data.
    pub(super) fn least(&self, of_ranks: &[u64], of_switches: &[u64]) -> Vec<u64> {
        let mut least = vec![FAR; self.groups.len()];
        for (group, latency) in self.group_of.iter().zip(of_ranks) {
            let slot = &mut least[*group as usize];
            *slot = (*slot).min(*latency);
        }
        self.switches_inside(|group, switch| {
            let slot = &mut least[group as usize];
            *slot = (*slot).min(of_switches[switch]);
        });
        least
    }

    /// Least latencies out of and into every group.
    pub(super) fn measure(&mut self, graph: &Graph, nodes: &[NodeId], switches: &[NodeId]) {
        let least = |groups: &mut [Group], toward, field: fn(&mut Group) -> &mut u64| {
            let ranks = (nodes, &self.group_of[..]);
            let near = graph.nearest_foreign(ranks, ranks, toward);
            for (group, latency) in self.group_of.iter().zip(near) {
                let slot = field(&mut groups[*group as usize]);
                *slot = (*slot).min(latency);
            }
        };
        least(&mut self.groups, Toward::Given, |group| &mut group.leave);
        if graph.is_symmetric() {
            for group in &mut self.groups {
                group.enter = group.leave;
            }
        } else {
            least(&mut self.groups, Toward::Others, |group| &mut group.enter);
        }
        self.measure_switches(graph, nodes, switches);
        for group in &mut self.groups {
            group.reach = group.leave;
        }
    }

    /// What leaves a group may come from a switch in it that works on data, and what enters it from one outside.
    fn measure_switches(&mut self, graph: &Graph, nodes: &[NodeId], switches: &[NodeId]) {
        for of_switches in &self.switch_groups {
            // Those in no group are foreign to all.
            let of_switches: Vec<u32> =
                of_switches.iter().map(|group| if *group == NONE { NONE - 1 } else { *group }).collect();
            let (ranks, switches) = ((nodes, &self.group_of[..]), (switches, &of_switches[..]));
            let out = graph.nearest_foreign(ranks, switches, Toward::Given);
            for (group, latency) in of_switches.iter().zip(out) {
                if let Some(group) = self.groups.get_mut(*group as usize) {
                    group.leave = group.leave.min(latency);
                }
            }
            let into = graph.nearest_foreign(switches, ranks, Toward::Others);
            for (group, latency) in self.group_of.iter().zip(into) {
                let enter = &mut self.groups[*group as usize].enter;
                *enter = (*enter).min(latency);
            }
        }
    }

    /// Takes note of how far every rank, and every switch that works on data, is from `target`.
    pub(super) fn note_distances(&mut self, target: u32, of_ranks: &[u64], of_switches: &[u64]) {
        let least = self.least(of_ranks, of_switches);
        let own = self.group_of[target as usize] as usize;
        for (index, (group, latency)) in self.groups.iter_mut().zip(least).enumerate() {
            if index != own {
                group.reach = group.reach.max(latency);
            }
        }
    }
}

/// Keeps `partition`, or, where its groups are known already, their smaller capacities.
pub(super) fn keep(partitions: &mut Vec<Partition>, partition: Option<Partition>) {
    let Some(partition) = partition else { return };
    let Some(known) = partitions.iter_mut().find(|known| known.group_of == partition.group_of) else {
        partitions.push(partition);
        return;
    };
    for (known, group) in known.groups.iter_mut().zip(partition.groups) {
        known.out = known.out.min(group.out);
        known.into = known.into.min(group.into);
    }
    for groups in partition.switch_groups {
        if !known.switch_groups.contains(&groups) {
            known.switch_groups.push(groups);
        }
    }
}

/// The switches that work on data on its way.
pub(super) fn working(fabric: &Fabric) -> Vec<NodeId> {
    let nodes = fabric.nodes().iter().enumerate().filter(|(_, node)| node.works());
    nodes.map(|(index, _)| NodeId::from_index(index)).collect()
}

/// Every structural way of cutting: single ranks, servers, what hangs together below each tier of switches,
/// halves of tori. Single ranks come first.
pub(super) fn structural(fabric: &Fabric, graph: &Graph, nodes: &[NodeId], rates: &[Rate]) -> Vec<Partition> {
    let mut partitions = Vec::new();
    let mut add = |level, label| keep(&mut partitions, Partition::new(fabric, nodes, rates, level, label));
    add(Level::Rank, vec![NONE; fabric.nodes().len()]);
    for inside in [any as fn(NodeKind) -> bool, no_adapter, scale_up] {
        let label = |node: &crate::fabric::Node| match node.server {
            Some(server) if inside(node.kind) => server,
            _ => NONE,
        };
        add(Level::Server, fabric.nodes().iter().map(label).collect());
    }
    // A GPU with the adapter of its own, or the GPUs that share one.
    add(Level::Without(SWITCHES.0), components(fabric, graph, SWITCHES.1));
    let mut before = 0;
    for (name, taken) in TIERS {
        let count = fabric.nodes().iter().filter(|node| taken(node.kind)).count();
        if count > before {
            add(Level::Without(name), components(fabric, graph, taken));
            before = count;
        }
    }
    if let Some(sides) = fabric.torus() {
        let mut stride = fabric.endpoints().len() as u32;
        for (dimension, side) in sides.iter().enumerate() {
            stride /= side;
            let mut label = vec![NONE; fabric.nodes().len()];
            for (index, node) in fabric.endpoints().iter().enumerate() {
                label[node.index()] = u32::from(index as u32 / stride % side >= side / 2);
            }
            add(Level::Half(dimension as u32), label);
        }
    }
    partitions
}

/// Two groups: the ranks on the nodes for which `inside` holds, and the others.
pub(super) fn halves(
    fabric: &Fabric,
    nodes: &[NodeId],
    rates: &[Rate],
    inside: &[bool],
) -> Option<Partition> {
    let label = inside.iter().map(|inside| u32::from(!inside)).collect();
    Partition::new(fabric, nodes, rates, Level::Flow, label)
}

/// Says whether a node of a kind is taken out.
type Taken = fn(NodeKind) -> bool;

/// Kinds of node that are taken out to see what hangs together below, each with all those before it.
const TIERS: [(&str, Taken); 6] = [
    ("core switches", |kind| kind == NodeKind::Core),
    ("spine and core switches", |kind| matches!(kind, NodeKind::Core | NodeKind::Spine)),
    ("plain, spine and core switches", |kind| {
        matches!(kind, NodeKind::Core | NodeKind::Spine | NodeKind::Switch)
    }),
    ("network switches", |kind| kind.is_network_switch()),
    ("network switches and CPUs", |kind| kind.is_network_switch() || kind == NodeKind::Cpu),
    ("network switches, CPUs, PCIe switches and adapters", |kind| {
        kind.is_network_switch() || matches!(kind, NodeKind::Cpu | NodeKind::PcieSwitch | NodeKind::Nic)
    }),
];

/// What joins GPUs with several others: without it every GPU has left what is its own.
const SWITCHES: (&str, Taken) = ("NVSwitches, network switches and CPUs", |kind| {
    kind.is_network_switch() || matches!(kind, NodeKind::NvSwitch | NodeKind::Cpu)
});

fn any(_: NodeKind) -> bool {
    true
}

fn no_adapter(kind: NodeKind) -> bool {
    kind != NodeKind::Nic
}

fn scale_up(kind: NodeKind) -> bool {
    matches!(kind, NodeKind::Gpu | NodeKind::NvSwitch)
}

/// The component of every node that is not `taken`, when those that are have gone.
fn components(fabric: &Fabric, graph: &Graph, taken: Taken) -> Vec<u32> {
    graph.components(fabric.nodes().iter().map(|node| taken(node.kind)).collect())
}
