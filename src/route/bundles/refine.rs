//! Which nodes no endpoint can tell apart: colour refinement by hashes, then an exact check.

use crate::fabric::Fabric;
use crate::ids::NodeId;
use crate::rng::mix;

/// The cell of every node, cells numbered by their lowest node; every endpoint is alone in its cell.
///
/// Nodes of a cell have the same kind, forward alike, and have the same number of links of each number in `sorts` to
/// each cell. Hashes only propose the cells: where a collision merged too much, every node is a cell of its own.
pub(super) fn cells(fabric: &Fabric, sorts: &[u32]) -> Vec<u32> {
    let groups = groups(fabric, sorts);
    let mut cell = vec![u32::MAX; fabric.nodes().len()];
    let (mut next, mut of_group) = (0, vec![u32::MAX; groups.len()]);
    let mut group_of = vec![u32::MAX; cell.len()];
    for (number, group) in groups.iter().enumerate() {
        for node in group {
            group_of[*node as usize] = number as u32;
        }
    }
    for node in 0..cell.len() {
        let known = of_group.get_mut(group_of[node] as usize);
        cell[node] = match known {
            Some(known) if *known != u32::MAX => *known,
            known => {
                if let Some(known) = known {
                    *known = next;
                }
                next += 1;
                next - 1
            }
        };
    }
    if equitable(fabric, sorts, &groups, &cell) { cell } else { (0..cell.len() as u32).collect() }
}

/// Groups of two and more nodes that refinement does not split.
///
/// Nodes that are alone in their colour need no new one: they are told apart already. So every round looks only at
/// what is still in company.
fn groups(fabric: &Fabric, sorts: &[u32]) -> Vec<Vec<u32>> {
    let mut colour: Vec<u64> =
        fabric.nodes().iter().map(|node| mix(node.kind as u64 * 2 + u64::from(node.forwards))).collect();
    for (index, node) in fabric.endpoints().iter().enumerate() {
        colour[node.index()] = mix(index as u64 | 1 << 40);
    }
    let mut is_end = vec![false; colour.len()];
    for node in fabric.endpoints() {
        is_end[node.index()] = true;
    }
    let mut open: Vec<(u64, u32)> = (0..colour.len() as u32)
        .filter(|node| !is_end[*node as usize])
        .map(|node| (colour[node as usize], node))
        .collect();
    open.sort_unstable();
    let mut before = open.chunk_by(|a, b| a.0 == b.0).count();
    loop {
        for (hash, node) in &mut open {
            let around = fabric.out_links(NodeId(*node)).iter().fold(0u64, |sum, &id| {
                let to = colour[fabric.link(id).to.index()];
                sum.wrapping_add(mix(to ^ u64::from(sorts[id.index()]).rotate_right(16)))
            });
            *hash = mix(*hash ^ mix(around));
        }
        open.sort_unstable();
        for (hash, node) in &open {
            colour[*node as usize] = *hash;
        }
        let (mut now, mut kept) = (0, Vec::new());
        for group in open.chunk_by(|a, b| a.0 == b.0) {
            now += 1;
            if group.len() > 1 {
                kept.extend_from_slice(group);
            }
        }
        let alone = open.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() == 1).count();
        open = kept;
        if now == before || open.is_empty() {
            return open
                .chunk_by(|a, b| a.0 == b.0)
                .map(|group| group.iter().map(|(_, node)| *node).collect())
                .collect();
        }
        before = now - alone;
    }
}

/// Whether all nodes of each group are alike and have the same links into each cell.
fn equitable(fabric: &Fabric, sorts: &[u32], groups: &[Vec<u32>], cell: &[u32]) -> bool {
    let around = |node: u32, found: &mut Vec<(u32, u32)>| {
        found.clear();
        found.extend(
            fabric
                .out_links(NodeId(node))
                .iter()
                .map(|id| (cell[fabric.link(*id).to.index()], sorts[id.index()])),
        );
        found.sort_unstable();
    };
    let (mut first, mut other) = (Vec::new(), Vec::new());
    groups.iter().all(|group| {
        let like = fabric.node(NodeId(group[0]));
        around(group[0], &mut first);
        group[1..].iter().all(|&node| {
            around(node, &mut other);
            let node = fabric.node(NodeId(node));
            first == other && node.kind == like.kind && node.forwards == like.forwards
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::attributes;
    use super::*;
    use crate::fabric::{Builder, Cable, LinkClass, Node, NodeKind};
    use crate::units::Bandwidth;

    /// Two leaves with a GPU each under four spines; the last is slow to the second leaf.
    fn fabric() -> Fabric {
        let mut builder = Builder::new("spines", LinkClass::builtin());
        let class = builder.class("infiniband").unwrap();
        let cable = |gbps| Cable::new(class, Bandwidth::from_gbps(gbps));
        let spines = [0, 1, 2, 3].map(|i| builder.add_node(Node::new(format!("spine{i}"), NodeKind::Spine)));
        for side in 0..2 {
            let leaf = builder.add_node(Node::new(format!("leaf{side}"), NodeKind::Leaf));
            let gpu = builder.add_node(Node::new(format!("gpu{side}"), NodeKind::Gpu));
            builder.add_cable(gpu, leaf, cable(400));
            for (i, spine) in spines.iter().enumerate() {
                builder.add_cable(leaf, *spine, cable(if side == 1 && i == 3 { 100 } else { 400 }));
            }
        }
        builder.finish().unwrap()
    }

    #[test]
    fn cells_are_numbered_by_their_lowest_node() {
        let fabric = fabric();
        let (_, sorts) = attributes::number(&fabric);
        assert_eq!(cells(&fabric, &sorts), [0, 0, 0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn groups_that_are_not_alike_are_seen() {
        let fabric = fabric();
        let (_, sorts) = attributes::number(&fabric);
        let cell = [0, 0, 0, 1, 2, 3, 4, 5];
        assert!(equitable(&fabric, &sorts, &[vec![0, 1, 2]], &cell));
        let wrong = [0, 0, 0, 0, 1, 2, 3, 4];
        assert!(!equitable(&fabric, &sorts, &[vec![0, 1, 2, 3]], &wrong), "the last spine is slower");
        let wrong = [0, 0, 0, 1, 2, 3, 2, 4];
        assert!(!equitable(&fabric, &sorts, &[vec![4, 6]], &wrong), "leaves have different GPUs");
    }
}
