//! The network between nodes: switches over the adapters.
//!
//! The nodes of a job see only a part of a machine, so what is above its switches is drawn as one switch that does not
//! block (or blocks by a published ratio): the number of hops is right, and so is the capacity as far as it is published.

use std::collections::{BTreeMap, BTreeSet};

use super::site::Site;
use crate::fabric::{Builder, Cable, Node, NodeKind};
use crate::ids::NodeId;

/// An adapter, or a bundle of adapters of one accelerator.
#[derive(Debug, Clone, Copy)]
pub(super) struct Adapter {
    pub(super) node: NodeId,
    /// How many.
    pub(super) lanes: u32,
}

/// The shape of a network of switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Leaves that carry whole nodes, and spines over all.
    FatTree,
    /// Leaves that carry one adapter of each node, and spines over all.
    Rails,
    /// Groups of leaves and spines, whose spines are joined to those of every other group.
    DragonflyPlus,
    /// Groups of switches that are all joined to each other, and so are the groups.
    Dragonfly,
}

impl Shape {
    fn name(self) -> &'static str {
        let named = Named::ALL.iter().find(|(_, known)| *known == Named::Switches(self));
        named.map_or("", |(name, _)| name)
    }
}

/// What the key `fabric` may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Switches between nodes.
    Switches(Shape),
    /// No switches but those of the nodes.
    Torus,
    /// No network, which contradicts several nodes.
    OneNode,
}

impl Named {
    /// All, with their names in headers.
    pub(super) const ALL: [(&'static str, Self); 6] = [
        ("fat-tree", Self::Switches(Shape::FatTree)),
        ("rail-optimized", Self::Switches(Shape::Rails)),
        ("dragonfly-plus", Self::Switches(Shape::DragonflyPlus)),
        ("dragonfly", Self::Switches(Shape::Dragonfly)),
        ("torus", Self::Torus),
        ("single-node", Self::OneNode),
    ];
}

/// Ports of a leaf towards nodes, by the rate of the port: half of what the usual switch of its time has.
pub(super) fn leaf_ports(gbps: f64) -> u32 {
    match gbps {
        ..=100.0 => 18,
        ..=200.0 => 20,
        ..=400.0 => 32,
        _ => 72,
    }
}

/// The most switches of a group, and groups, that are joined pair by pair.
const MOST_JOINED: u32 = 1 << 10;

/// Why a network of that shape over nodes on such sites is not drawn, where it is not.
pub(super) fn too_many(shape: Shape, sites: &[Site]) -> Option<String> {
    if !matches!(shape, Shape::Dragonfly | Shape::DragonflyPlus) {
        return None;
    }
    let mut groups: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for site in sites {
        groups.entry(site.group).or_default().insert(site.leaf);
    }
    let most = groups.values().map(BTreeSet::len).max().unwrap_or(0);
    let (count, what, help) = if groups.len() > MOST_JOINED as usize {
        (groups.len(), "groups of switches", "")
    } else if shape == Shape::Dragonfly && most > MOST_JOINED as usize {
        (most, "switches in one group", "; a `placement` tells groups")
    } else {
        return None;
    };
    let shape = shape.name();
    Some(format!(
        "`fabric` is `{shape}`, but {count} {what} are more than the {MOST_JOINED} that are drawn{help}"
    ))
}

/// Adds the switches over `adapters` (by node) and cables them. `taper` is how many times more capacity there is below
/// leaves than above.
pub(super) fn add(
    builder: &mut Builder,
    shape: Shape,
    cable: &Cable,
    taper: f64,
    sites: &[Site],
    adapters: &[Vec<Adapter>],
) {
    let mut leaves =
        Leaves { rails: if shape == Shape::Rails { most(adapters) } else { 1 }, ..Leaves::default() };
    let count = sites.iter().map(|site| site.leaf + 1).max().unwrap_or(0);
    for leaf in 0..count * leaves.rails {
        let kind = if shape == Shape::Dragonfly { NodeKind::Switch } else { NodeKind::Leaf };
        let mut node = Node::new(format!("{kind}{leaf}"), kind);
        node.rail = (leaves.rails > 1).then_some(leaf % leaves.rails);
        leaves.nodes.push(builder.add_node(node));
        leaves.lanes.push(0);
        leaves.groups.push(0);
    }
    for (site, adapters) in sites.iter().zip(adapters) {
        for (number, adapter) in (0..).zip(adapters) {
            let leaf = (site.leaf * leaves.rails + number % leaves.rails) as usize;
            builder.add_cable(adapter.node, leaves.nodes[leaf], cable.clone().lanes(adapter.lanes));
            leaves.lanes[leaf] += adapter.lanes;
            leaves.groups[leaf] = site.group;
        }
    }
    if leaves.nodes.len() < 2 {
        return;
    }
    let groups = leaves.groups.iter().max().map_or(0, |last| last + 1);
    match shape {
        Shape::FatTree | Shape::Rails => {
            let spine = builder.add_node(Node::new("spine0", NodeKind::Spine));
            leaves.rise(builder, &tapered(cable, taper), |_| Some(spine));
        }
        Shape::DragonflyPlus => {
            let tops: Vec<NodeId> = (0..groups)
                .map(|i| builder.add_node(Node::new(format!("spine{i}"), NodeKind::Spine)))
                .collect();
            leaves.rise(builder, &tapered(cable, taper), |group| tops.get(group as usize).copied());
            leaves.join(builder, &tops, cable);
        }
        Shape::Dragonfly => {
            for (one, from) in leaves.nodes.iter().enumerate() {
                for (other, to) in leaves.nodes.iter().enumerate().skip(one + 1) {
                    if leaves.groups[one] == leaves.groups[other] {
                        let lanes = leaves.lanes[one].min(leaves.lanes[other]).max(1);
                        builder.add_cable(*from, *to, cable.clone().lanes(lanes));
                    }
                }
            }
            if groups > 1 {
                let ways: Vec<NodeId> = (0..groups)
                    .map(|i| builder.add_node(Node::new(format!("group{i}"), NodeKind::Switch)))
                    .collect();
                leaves.rise(builder, cable, |group| ways.get(group as usize).copied());
                leaves.join(builder, &ways, cable);
            }
        }
    }
}

/// The leaves of a network with what hangs on them.
#[derive(Default)]
struct Leaves {
    /// Leaves of one site.
    rails: u32,
    nodes: Vec<NodeId>,
    /// Adapters of each.
    lanes: Vec<u32>,
    /// Group of each.
    groups: Vec<u32>,
}

impl Leaves {
    /// Cables every leaf to what is above its group, with as many lanes as it has below.
    fn rise(&self, builder: &mut Builder, cable: &Cable, above: impl Fn(u32) -> Option<NodeId>) {
        for ((leaf, lanes), group) in self.nodes.iter().zip(&self.lanes).zip(&self.groups) {
            if let Some(above) = above(*group) {
                builder.add_cable(*leaf, above, cable.clone().lanes((*lanes).max(1)));
            }
        }
    }

    /// Cables groups to each other, each pair with as many lanes as the smaller has adapters.
    fn join(&self, builder: &mut Builder, tops: &[NodeId], cable: &Cable) {
        let lanes: Vec<u32> = (0..tops.len() as u32)
            .map(|group| {
                self.lanes
                    .iter()
                    .zip(&self.groups)
                    .filter(|(_, of)| **of == group)
                    .map(|(lanes, _)| lanes)
                    .sum()
            })
            .collect();
        for (one, from) in tops.iter().enumerate() {
            for (other, to) in tops.iter().enumerate().skip(one + 1) {
                builder.add_cable(*from, *to, cable.clone().lanes(lanes[one].min(lanes[other]).max(1)));
            }
        }
    }
}

fn most(adapters: &[Vec<Adapter>]) -> u32 {
    adapters.iter().map(|adapters| adapters.len() as u32).max().unwrap_or(1).max(1)
}

fn tapered(cable: &Cable, taper: f64) -> Cable {
    let mut cable = cable.clone();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a smaller rate"
    )]
    let rate =
        crate::units::Bandwidth((cable.bandwidth.bits_per_sec() as f64 / taper.max(1.0)).round() as u64);
    (cable.bandwidth, cable.reverse_bandwidth) = (rate, rate);
    cable
}
