//! Counting: nodes, ports, tiers, cables.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{CableCount, KindCount, TierRatio};
use crate::fabric::{Fabric, Link, NodeKind};
use crate::ids::NodeId;

/// Nodes by kind with the ports that they use.
pub(super) fn kinds(fabric: &Fabric) -> Vec<KindCount> {
    let mut kinds: BTreeMap<NodeKind, KindCount> = BTreeMap::new();
    for (i, node) in fabric.nodes().iter().enumerate() {
        let out = fabric.out_links(NodeId::from_index(i));
        let ports = out.iter().map(|link| u64::from(fabric.link(*link).lanes)).sum();
        let kind = kinds.entry(node.kind).or_insert_with(|| KindCount {
            kind: node.kind.name().into(),
            count: 0,
            ports_min: ports,
            ports_max: ports,
        });
        kind.count += 1;
        kind.ports_min = kind.ports_min.min(ports);
        kind.ports_max = kind.ports_max.max(ports);
    }
    kinds.into_values().collect()
}

/// The tier of every node: 0 for nodes that are no network switches, else one more than the distance in
/// switches to the nearest switch with a host on it.
pub(super) fn switch_tiers(fabric: &Fabric) -> Vec<u32> {
    let is_switch = |node: NodeId| fabric.node(node).kind.is_network_switch();
    let mut tiers = vec![0u32; fabric.nodes().len()];
    let mut queue = VecDeque::new();
    for link in fabric.links() {
        if !is_switch(link.from) && is_switch(link.to) && tiers[link.to.index()] == 0 {
            tiers[link.to.index()] = 1;
            queue.push_back(link.to);
        }
    }
    while let Some(node) = queue.pop_front() {
        for link in fabric.out_links(node) {
            let to = fabric.link(*link).to;
            if is_switch(to) && tiers[to.index()] == 0 {
                tiers[to.index()] = tiers[node.index()] + 1;
                queue.push_back(to);
            }
        }
    }
    tiers
}

/// Raw rate of all lanes of a link, in bits per second.
fn rate(link: &Link) -> u64 {
    link.bandwidth.bits_per_sec().saturating_mul(u64::from(link.lanes))
}

/// Capacity down and up of each tier that has links up.
pub(super) fn oversubscription(fabric: &Fabric, tiers: &[u32]) -> Vec<TierRatio> {
    #[derive(Default)]
    struct Sum {
        kinds: BTreeSet<NodeKind>,
        down: u64,
        up: u64,
        worst: f64,
    }
    let mut sums: BTreeMap<u32, Sum> = BTreeMap::new();
    for (i, node) in fabric.nodes().iter().enumerate().filter(|(i, _)| tiers[*i] > 0) {
        let (mut down, mut up) = (0u64, 0u64);
        for link in fabric.out_links(NodeId::from_index(i)) {
            let link = fabric.link(*link);
            match tiers[link.to.index()].cmp(&tiers[i]) {
                std::cmp::Ordering::Less => down = down.saturating_add(rate(fabric.link(link.reverse))),
                std::cmp::Ordering::Greater => up = up.saturating_add(rate(link)),
                std::cmp::Ordering::Equal => {}
            }
        }
        let sum = sums.entry(tiers[i]).or_default();
        sum.kinds.insert(node.kind);
        sum.down = sum.down.saturating_add(down);
        sum.up = sum.up.saturating_add(up);
        if up > 0 {
            sum.worst = sum.worst.max(down as f64 / up as f64);
        }
    }
    sums.into_iter()
        .filter(|(_, sum)| sum.up > 0)
        .map(|(tier, sum)| TierRatio {
            tier,
            kinds: sum.kinds.iter().map(|kind| kind.name().into()).collect(),
            down_bits_per_sec: sum.down,
            up_bits_per_sec: sum.up,
            ratio: sum.down as f64 / sum.up as f64,
            worst: sum.worst,
        })
        .collect()
}

/// Cables by the kinds that they join, class and rate.
pub(super) fn cables(fabric: &Fabric) -> Vec<CableCount> {
    let mut sorts: BTreeMap<_, CableCount> = BTreeMap::new();
    // the two directions of a cable are neighbours
    for link in fabric.links().iter().step_by(2) {
        let (a, b) = (fabric.node(link.from).kind, fabric.node(link.to).kind);
        let (low, high) = (a.min(b), a.max(b));
        let bits = link.bandwidth.max(fabric.link(link.reverse).bandwidth).bits_per_sec();
        let count = sorts.entry((low, high, link.class, bits)).or_insert_with(|| CableCount {
            from: low.name().into(),
            to: high.name().into(),
            class: fabric.class(link.class).name.clone(),
            bits_per_sec: bits,
            bundles: 0,
            cables: 0,
            length_mm: Some(0),
        });
        count.bundles += 1;
        count.cables += u64::from(link.lanes);
        count.length_mm = count.length_mm.zip(link.length).and_then(|(sum, length)| {
            length.mm().checked_mul(u64::from(link.lanes)).and_then(|all| sum.checked_add(all))
        });
    }
    sorts.into_values().collect()
}
