//! A compact copy of the fabric's graph, and least latencies over it.
//!
//! Every node may pass traffic on here, GPUs too: a schedule may relay data through any rank, so only
//! paths through everything are short enough for a bound.

use super::agenda::Agenda;
use crate::fabric::Fabric;
use crate::ids::NodeId;

/// Farther than anything.
pub(super) const FAR: u64 = u64::MAX;

/// No node, no group.
pub(super) const NONE: u32 = u32::MAX;

/// The neighbours of every node, in compressed rows: the node, and the number of its latency.
#[derive(Debug, Clone)]
struct Rows {
    start: Vec<u32>,
    arcs: Vec<(u32, u32)>,
}

impl Rows {
    fn of(&self, node: u32) -> &[(u32, u32)] {
        &self.arcs[self.start[node as usize] as usize..self.start[node as usize + 1] as usize]
    }
}

/// Which way latencies are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Toward {
    /// From every node to the given ones.
    Given,
    /// From the given nodes to every one.
    Others,
}

/// Who is linked to whom, with what latency.
#[derive(Debug, Clone)]
pub(super) struct Graph {
    out: Rows,
    into: Rows,
    /// The different latencies of arcs, in picoseconds, ascending.
    latencies: Vec<u64>,
    symmetric: bool,
}

impl Graph {
    pub(super) fn new(fabric: &Fabric) -> Self {
        let mut latencies: Vec<u64> = Vec::new();
        for link in fabric.links() {
            let latency = link.latency.ps();
            // Neighbouring links are mostly alike.
            if latencies.last() != Some(&latency) {
                latencies.push(latency);
            }
        }
        latencies.sort_unstable();
        latencies.dedup();
        let rows = |outward: bool| {
            let nodes = fabric.nodes().len();
            let mut start = Vec::with_capacity(nodes + 1);
            start.push(0);
            let mut rows = Rows { start, arcs: Vec::with_capacity(fabric.links().len()) };
            for index in 0..fabric.nodes().len() {
                let node = NodeId::from_index(index);
                let links = if outward { fabric.out_links(node) } else { fabric.in_links(node) };
                for &id in links {
                    let link = fabric.link(id);
                    let other = if outward { link.to } else { link.from };
                    let latency = latencies.partition_point(|known| *known < link.latency.ps());
                    rows.arcs.push((other.0, latency as u32));
                }
                rows.start.push(rows.arcs.len() as u32);
            }
            rows
        };
        let symmetric = fabric.links().iter().all(|link| fabric.link(link.reverse).latency == link.latency);
        let (out, into) = (rows(true), rows(false));
        Self { out, into, latencies, symmetric }
    }

    /// True where every link has the latency of its reverse, so that both ways cost the same.
    pub(super) fn is_symmetric(&self) -> bool {
        self.symmetric
    }

    /// Directed links.
    pub(super) fn links(&self) -> usize {
        self.out.arcs.len()
    }

    fn rows(&self, toward: Toward) -> &Rows {
        match toward {
            Toward::Given => &self.into,
            Toward::Others => &self.out,
        }
    }

    /// An agenda with a queue for every latency, and one for where a search begins.
    fn agenda<T>(&self) -> Agenda<T> {
        Agenda::new(self.latencies.len().max(1))
    }

    /// The least latency between every node and `given`, by node.
    pub(super) fn latencies(&self, given: NodeId, toward: Toward) -> Vec<u64> {
        let rows = self.rows(toward);
        let mut best = vec![FAR; rows.start.len() - 1];
        let mut agenda = self.agenda();
        agenda.push(0, 0, given.0);
        best[given.index()] = 0;
        while let Some((so_far, node)) = agenda.pop() {
            if so_far > best[node as usize] {
                continue;
            }
            for &(next, latency) in rows.of(node) {
                let total = so_far.saturating_add(self.latencies[latency as usize]);
                if total < best[next as usize] {
                    best[next as usize] = total;
                    agenda.push(latency, total, next);
                }
            }
        }
        best
    }

    /// The component of every node once those of `gone` are taken out, which are in none ([`NONE`]). Cables go both
    /// ways, so it does not matter in which direction they are followed.
    pub(super) fn components(&self, mut gone: Vec<bool>) -> Vec<u32> {
        let mut label = vec![NONE; gone.len()];
        let mut component = Vec::new();
        for first in 0..gone.len() {
            if std::mem::replace(&mut gone[first], true) {
                continue;
            }
            component.push(first as u32);
            while let Some(node) = component.pop() {
                label[node as usize] = first as u32;
                for &(next, _) in self.out.of(node) {
                    if !std::mem::replace(&mut gone[next as usize], true) {
                        component.push(next);
                    }
                }
            }
        }
        label
    }

    /// For every node that is asked about, the least latency between it and a member of another group than its own;
    /// both are nodes with their groups. One run for all: every node keeps the two nearest groups, since of any two one
    /// is foreign.
    pub(super) fn nearest_foreign(
        &self,
        (members, groups): (&[NodeId], &[u32]),
        asked: (&[NodeId], &[u32]),
        toward: Toward,
    ) -> Vec<u64> {
        let rows = self.rows(toward);
        let mut near = vec![[(FAR, NONE); 2]; rows.start.len() - 1];
        let mut agenda = self.agenda();
        for (node, group) in members.iter().zip(groups) {
            agenda.push(0, 0, (*group, node.0));
        }
        while let Some((so_far, (group, node))) = agenda.pop() {
            let slots = &mut near[node as usize];
            if slots[0].1 == group || slots[1].1 != NONE {
                continue;
            }
            let free = usize::from(slots[0].1 != NONE);
            slots[free] = (so_far, group);
            for &(next, latency) in rows.of(node) {
                let there = &near[next as usize];
                if there[1].1 == NONE && there[0].1 != group {
                    let total = so_far.saturating_add(self.latencies[latency as usize]);
                    agenda.push(latency, total, (group, next));
                }
            }
        }
        let foreign = |(node, group): (&NodeId, &u32)| {
            let slots = near[node.index()];
            slots.iter().find(|slot| slot.1 != *group && slot.1 != NONE).map_or(FAR, |slot| slot.0)
        };
        asked.0.iter().zip(asked.1).map(foreign).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::{Builder, Cable, LinkClass, Node, NodeKind};
    use crate::rng::stream;
    use crate::units::{Bandwidth, Time};
    use rand::RngExt;

    /// GPUs with cables at random and few different latencies, zero among them; joined by a chain.
    fn random(seed: u64, count: usize) -> Fabric {
        let mut random = stream(seed, "bound graph", 0);
        let mut builder = Builder::new("random", LinkClass::builtin());
        let class = builder.class("ideal").unwrap();
        let nodes: Vec<NodeId> = (0..count)
            .map(|i| builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu).forwarding()))
            .collect();
        for b in 1..count {
            for a in 0..b {
                if a + 1 == b || random.random_range(0..4) == 0 {
                    let latency = Time::from_ps([0, 3, 5, 40][random.random_range(0..4)]);
                    let cable = Cable::new(class, Bandwidth::from_gbps(100)).latency(Some(latency));
                    builder.add_cable(nodes[a], nodes[b], cable);
                }
            }
        }
        builder.finish().unwrap()
    }

    /// All pairs by Floyd and Warshall.
    fn pairs(fabric: &Fabric) -> Vec<Vec<u64>> {
        let count = fabric.nodes().len();
        let mut far = vec![vec![FAR; count]; count];
        (0..count).for_each(|node| far[node][node] = 0);
        for link in fabric.links() {
            far[link.from.index()][link.to.index()] = link.latency.ps();
        }
        for by in 0..count {
            for from in 0..count {
                for to in 0..count {
                    far[from][to] = far[from][to].min(far[from][by].saturating_add(far[by][to]));
                }
            }
        }
        far
    }

    #[test]
    fn latencies_are_those_of_all_pairs() {
        for seed in 0..60 {
            let count = 2 + seed as usize % 9;
            let fabric = random(seed, count);
            let (graph, far) = (Graph::new(&fabric), pairs(&fabric));
            for (node, far) in (0..).map(NodeId).zip(&far) {
                assert_eq!(&graph.latencies(node, Toward::Given), far);
                assert_eq!(&graph.latencies(node, Toward::Others), far);
            }
            let groups: Vec<u32> = (0..count as u32).map(|node| node % (1 + seed as u32 % 4)).collect();
            let members: Vec<NodeId> = (0..count as u32).map(NodeId).collect();
            let expected: Vec<u64> = (0..count)
                .map(|from| {
                    let others = (0..count).filter(|to| groups[*to] != groups[from]);
                    others.map(|to| far[from][to]).min().unwrap_or(FAR)
                })
                .collect();
            assert_eq!(
                graph.nearest_foreign((&members, &groups), (&members, &groups), Toward::Given),
                expected
            );
        }
    }

    #[test]
    fn components_are_what_hangs_together() {
        let fabric = random(7, 9);
        let graph = Graph::new(&fabric);
        assert_eq!(graph.components(vec![false; 9]), [0; 9]);
        let gone: Vec<bool> = (0..9).map(|node| node != 2 && node != 6).collect();
        let label = graph.components(gone);
        let joined = fabric.links().iter().any(|link| (link.from, link.to) == (NodeId(2), NodeId(6)));
        assert_eq!((label[2], label[6]), (2, if joined { 2 } else { 6 }));
        assert!((0..9).all(|node| node == 2 || node == 6 || label[node] == NONE));
    }
}
