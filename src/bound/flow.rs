//! Narrow cuts found by maximum flow, on fabrics small enough.
//!
//! Structural cuts miss the narrow places of irregular fabrics. Two cuts of the ranks are looked for: the one of
//! least capacity, which limits broadcast, reduce and all-reduce, and the one of least capacity per rank inside,
//! which is the throughput optimum of all-gather and reduce-scatter (ForestColl, arXiv 2402.06787). Any set of
//! nodes is a valid cut, so nothing here can make a bound too high.

use petgraph::algo::dinics;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

use super::partition::{Partition, Rate, halves, keep};
use crate::fabric::Fabric;
use crate::ids::NodeId;

/// The most ranks times directed links for which flows are worked out: a few milliseconds.
const WORK: usize = 8_000;

/// Adds the narrow cuts to `partitions`.
pub(super) fn add_narrow_cuts(
    fabric: &Fabric,
    nodes: &[NodeId],
    rates: &[Rate],
    partitions: &mut Vec<Partition>,
) {
    let mut places = nodes.to_vec();
    places.sort_unstable();
    places.dedup();
    if places.len() < 3 || places.len() * fabric.links().len() > WORK {
        return;
    }
    let network = Network::new(fabric, rates);
    if let Some(inside) = network.narrowest(&places) {
        keep(partitions, halves(fabric, nodes, rates, &inside));
    }
    let known = partitions.iter().flat_map(|partition| &partition.groups);
    let fullest = known.map(|group| (group.out, u128::from(group.ranks)));
    let Some(start) = fullest.min_by(|(a, m), (b, n)| (a * n).cmp(&(b * m))) else { return };
    if let Some(inside) = network.fullest(nodes, start) {
        keep(partitions, halves(fabric, nodes, rates, &inside));
    }
}

/// The fabric with integer capacities.
struct Network {
    graph: DiGraph<(), Rate>,
}

impl Network {
    fn new(fabric: &Fabric, rates: &[Rate]) -> Self {
        let mut graph = DiGraph::with_capacity(fabric.nodes().len(), fabric.links().len());
        for _ in fabric.nodes() {
            graph.add_node(());
        }
        for (link, capacity) in fabric.links().iter().zip(rates) {
            graph.add_edge(NodeIndex::new(link.from.index()), NodeIndex::new(link.to.index()), *capacity);
        }
        Self { graph }
    }

    /// The source side of the narrowest cut between two of `places`.
    fn narrowest(&self, places: &[NodeId]) -> Option<Vec<bool>> {
        let first = NodeIndex::new(places.first()?.index());
        let mut best: Option<(Rate, Vec<bool>)> = None;
        for place in &places[1..] {
            let other = NodeIndex::new(place.index());
            for (source, sink) in [(first, other), (other, first)] {
                let (value, flows) = dinics(&self.graph, source, sink);
                if best.as_ref().is_none_or(|(least, _)| value < *least) {
                    best = Some((value, source_side(&self.graph, &flows, source)));
                }
            }
        }
        best.map(|(_, inside)| inside)
    }

    /// The set with the least capacity out of it per rank inside, where that is less than `start`, a capacity
    /// and a number of ranks. A rate per rank is feasible when every rank can receive the flow of all of them from
    /// one source; else the cut in the way has less, which is tried next (Dinkelbach's method).
    fn fullest(&self, ranks: &[NodeId], start: (Rate, u128)) -> Option<Vec<bool>> {
        let (mut capacity, mut inside) = start;
        let mut best = None;
        let mut clean = 0;
        for rank in ranks.iter().cycle().take(8 * ranks.len()) {
            let mut graph = self.graph.map(|_, ()| (), |_, link| link * inside);
            let source = graph.add_node(());
            for node in ranks {
                graph.add_edge(source, NodeIndex::new(node.index()), capacity);
            }
            let (value, flows) = dinics(&graph, source, NodeIndex::new(rank.index()));
            if value < capacity * ranks.len() as u128 {
                let side = source_side(&graph, &flows, source);
                inside = ranks.iter().filter(|node| side[node.index()]).count() as u128;
                if inside == 0 {
                    return best;
                }
                let leaves = self.graph.edge_references();
                let leaves = leaves.filter(|e| side[e.source().index()] && !side[e.target().index()]);
                capacity = leaves.map(|link| *link.weight()).sum();
                best = Some(side[..self.graph.node_count()].to_vec());
                clean = 0;
            } else {
                clean += 1;
                if clean == ranks.len() {
                    break;
                }
            }
        }
        best
    }
}

/// The nodes that the source still reaches when `flows` are in place.
fn source_side(graph: &DiGraph<(), Rate>, flows: &[Rate], source: NodeIndex) -> Vec<bool> {
    let mut reached = vec![false; graph.node_count()];
    reached[source.index()] = true;
    let mut stack = vec![source];
    while let Some(node) = stack.pop() {
        let flow = |edge: EdgeIndex| flows[edge.index()];
        let forward = graph.edges(node).filter(|e| flow(e.id()) < *e.weight()).map(|e| e.target());
        let back = graph.edges_directed(node, petgraph::Incoming);
        let back = back.filter(|e| flow(e.id()) > 0).map(|e| e.source());
        for next in forward.chain(back) {
            if !reached[next.index()] {
                reached[next.index()] = true;
                stack.push(next);
            }
        }
    }
    reached
}
