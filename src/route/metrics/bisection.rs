//! Bisection bandwidth: the maximum flow between the two halves of the GPUs.
//!
//! All GPUs of a half act as one: what enters a GPU of the sending half could as well have started there, so
//! a maximum flow never needs GPUs as transit, whether they forward or not. The graph is then made smaller by
//! steps that leave the maximum flow as it is:
//!
//! * a node with one neighbour carries nothing;
//! * a node with two neighbours is a link between them, of the smaller capacity in each direction;
//! * nodes with the same neighbours at the same capacities are one node of all their capacities: a flow through them
//!   can be averaged over their permutations, after which each carries the same.
//!
//! Clos networks of any size shrink to a few nodes; petgraph's Dinic solves the rest.

use std::collections::BTreeMap;

use petgraph::graph::{DiGraph, NodeIndex};

use super::Bisection;
use crate::fabric::Fabric;

/// A graph that is still larger than this is not solved.
const MOST_EDGES: usize = 100_000;
/// The node that stands for the first half of the GPUs.
const SOURCE: usize = 0;
/// The node that stands for the second half.
const SINK: usize = 1;

/// The maximum flow from the first half of the GPUs to the second.
pub(super) fn bisection(fabric: &Fabric) -> Bisection {
    let none = |note: &str| Bisection { bits_per_sec: None, bits_per_sec_per_gpu: None, note: note.into() };
    let half = fabric.endpoints().len() / 2;
    if half == 0 {
        return none("a single GPU has no halves");
    }
    let mut network = Network::new(fabric, half);
    network.shrink();
    if network.edges() > MOST_EDGES {
        return none("the fabric is too large and too irregular for an exact maximum flow");
    }
    match u64::try_from(network.max_flow()) {
        Ok(bits) => Bisection {
            bits_per_sec: Some(bits),
            bits_per_sec_per_gpu: Some(bits / half as u64),
            note: String::new(),
        },
        Err(_) => none("the rate is beyond 2^64 bits per second"),
    }
}

/// Capacities to and from each neighbour, by node; every link is listed at both ends.
struct Network {
    near: Vec<BTreeMap<usize, Pair>>,
}

/// Bits per second to a neighbour and from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Pair {
    out: u128,
    back: u128,
}

impl Network {
    /// The first `half` GPUs are the source, the others the sink; other nodes that do not forward are left
    /// out.
    fn new(fabric: &Fabric, half: usize) -> Self {
        let mut place = vec![None; fabric.nodes().len()];
        for (i, gpu) in fabric.endpoints().iter().enumerate() {
            place[gpu.index()] = Some(if i < half { SOURCE } else { SINK });
        }
        let mut count = 2;
        for (place, node) in place.iter_mut().zip(fabric.nodes()) {
            if place.is_none() && node.forwards {
                *place = Some(count);
                count += 1;
            }
        }
        let mut network = Self { near: vec![BTreeMap::new(); count] };
        for link in fabric.links().iter().step_by(2) {
            let (Some(a), Some(b)) = (place[link.from.index()], place[link.to.index()]) else { continue };
            if a != b {
                let rate = |link: &crate::fabric::Link| {
                    u128::from(link.bandwidth.bits_per_sec()) * u128::from(link.lanes)
                };
                network.join(a, b, Pair { out: rate(link), back: rate(fabric.link(link.reverse)) });
            }
        }
        network
    }

    fn join(&mut self, a: usize, b: usize, pair: Pair) {
        let there = self.near[a].entry(b).or_default();
        (there.out, there.back) = (there.out + pair.out, there.back + pair.back);
        let here = self.near[b].entry(a).or_default();
        (here.out, here.back) = (here.out + pair.back, here.back + pair.out);
    }

    /// Takes a node out and returns its links.
    fn take(&mut self, node: usize) -> BTreeMap<usize, Pair> {
        let links = std::mem::take(&mut self.near[node]);
        for neighbour in links.keys() {
            self.near[*neighbour].remove(&node);
        }
        links
    }

    fn edges(&self) -> usize {
        self.near.iter().map(BTreeMap::len).sum()
    }

    /// Makes the network smaller until nothing more can be left out.
    fn shrink(&mut self) {
        self.contract((2..self.near.len()).collect());
        loop {
            let touched = self.merge_twins();
            if touched.is_empty() {
                return;
            }
            self.contract(touched);
        }
    }

    /// Takes out nodes of one or two neighbours among `work`, and those that become so.
    fn contract(&mut self, mut work: Vec<usize>) {
        while let Some(node) = work.pop() {
            if node <= SINK || self.near[node].is_empty() || self.near[node].len() > 2 {
                continue;
            }
            let links: Vec<(usize, Pair)> = self.take(node).into_iter().collect();
            if let [(a, to_a), (b, to_b)] = links[..] {
                self.join(a, b, Pair { out: to_a.back.min(to_b.out), back: to_b.back.min(to_a.out) });
            }
            work.extend(links.iter().map(|(neighbour, _)| *neighbour));
        }
    }

    /// Merges nodes with equal links and tells which nodes have changed.
    fn merge_twins(&mut self) -> Vec<usize> {
        let mut twins: BTreeMap<Vec<(usize, Pair)>, Vec<usize>> = BTreeMap::new();
        for (node, links) in self.near.iter().enumerate().skip(2).filter(|(_, links)| !links.is_empty()) {
            twins.entry(links.iter().map(|(k, v)| (*k, *v)).collect()).or_default().push(node);
        }
        let mut touched = Vec::new();
        for (links, nodes) in twins {
            let [first, others @ ..] = &nodes[..] else { continue };
            // a merge before this one in the same pass may have changed the links of these
            let same =
                |node: &usize| self.near[*node].iter().map(|(k, v)| (*k, *v)).eq(links.iter().copied());
            if others.is_empty() || !nodes.iter().all(same) {
                continue;
            }
            for other in others {
                self.take(*other);
                for (neighbour, pair) in &links {
                    self.join(*first, *neighbour, *pair);
                }
            }
            touched.push(*first);
            touched.extend(links.iter().map(|(neighbour, _)| *neighbour));
        }
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    fn max_flow(&self) -> u128 {
        let mut graph: DiGraph<(), u128> = DiGraph::new();
        for _ in &self.near {
            graph.add_node(());
        }
        for (node, links) in self.near.iter().enumerate() {
            for (neighbour, pair) in links {
                graph.add_edge(NodeIndex::new(node), NodeIndex::new(*neighbour), pair.out);
            }
        }
        petgraph::algo::dinics(&graph, NodeIndex::new(SOURCE), NodeIndex::new(SINK)).0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::fabric::template::{FAMILIES, ParamKind, Value, Values};
    use crate::fabric::{Builder, LinkClass};

    /// The twin: Dinic on the whole graph.
    fn whole(fabric: &Fabric) -> u128 {
        Network::new(fabric, fabric.endpoints().len() / 2).max_flow()
    }

    #[test]
    fn shrinking_keeps_the_maximum_flow() {
        for family in FAMILIES {
            for count in [5, 12, 18, 40] {
                let mut given = BTreeMap::new();
                for param in family.params {
                    let value = match (param.name, param.kind) {
                        ("radix", _) if family.name == "server-dragonfly" => Value::Count(16),
                        ("radix", _) => Value::Count(8),
                        ("nics_per_server", _) if family.counts.is_some() => Value::Count(4),
                        ("dimensions", _) => Value::Count(4),
                        ("leaf_down", _) => Value::Count(5),
                        ("servers", _) => Value::Count(count / 2),
                        (_, ParamKind::Sides) => Value::Sides(vec![3, count / 3]),
                        ("endpoints", _) => Value::Count(count),
                        _ => continue,
                    };
                    given.insert(param.name, value);
                }
                let values = Values::new(family.params, given).unwrap();
                let mut builder = Builder::new(family.name, LinkClass::builtin());
                (family.build)(&values, &mut builder).unwrap();
                let fabric = builder.finish().unwrap();
                let told = bisection(&fabric).bits_per_sec.map(u128::from);
                assert_eq!(told, Some(whole(&fabric)), "{} {count}", family.name);
            }
        }
    }
}
