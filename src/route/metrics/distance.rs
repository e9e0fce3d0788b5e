//! Distances between GPUs.

use std::collections::{BTreeMap, VecDeque};

use super::Hops;
use crate::fabric::Fabric;
use crate::ids::NodeId;

/// Up to so many GPUs, every pair is looked at.
const ALWAYS_EXACT: usize = 2_048;
/// Beyond, sources are sampled so that about so many links are looked at in all.
const BUDGET: usize = 20_000_000;

/// How far a node is: cost first, then links, then network switches, this one included.
type Distance = (u64, u32, u32);

/// Largest and median distances.
pub(super) fn hops(fabric: &Fabric) -> Hops {
    let endpoints = fabric.endpoints();
    let n = endpoints.len();
    let forwarding = |link: &&crate::fabric::Link| fabric.node(link.from).forwards;
    let work = fabric.links().iter().filter(forwarding).count().max(n);
    let sources = if n <= ALWAYS_EXACT { n } else { (BUDGET / work).clamp(1, n) };
    let mut links = Histogram::default();
    let mut switches = Histogram::default();
    let mut unreachable = 0u64;
    let mut search = Search::new(fabric);
    for k in 0..sources {
        let source = endpoints[k * n / sources];
        search.run(source);
        for node in endpoints.iter().filter(|node| **node != source) {
            match search.distances[node.index()] {
                Some((_, hops, crossed)) => {
                    links.add(hops);
                    switches.add(crossed);
                }
                None => unreachable += 1,
            }
        }
    }
    Hops {
        links_max: links.max(),
        links_typical: links.median(),
        switches_max: switches.max(),
        switches_typical: switches.median(),
        unreachable_pairs: unreachable,
        sources: sources as u32,
        exact: sources == n,
    }
}

/// How often each small number came.
#[derive(Default)]
struct Histogram(Vec<u64>);

impl Histogram {
    fn add(&mut self, value: u32) {
        let i = value as usize;
        if i >= self.0.len() {
            self.0.resize(i + 1, 0);
        }
        self.0[i] += 1;
    }

    fn max(&self) -> u32 {
        self.0.len().saturating_sub(1) as u32
    }

    /// The lower median; 0 where nothing came.
    fn median(&self) -> u32 {
        let mut rest = self.0.iter().sum::<u64>().div_ceil(2);
        for (value, count) in (0u32..).zip(&self.0) {
            if rest <= *count {
                return value;
            }
            rest -= count;
        }
        0
    }
}

/// Dijkstra's algorithm with one first-in-first-out queue for every different length of a link: nodes are
/// settled in ascending order, so what enters one queue ascends too, and the least is at the front of one of
/// them.
struct Search {
    /// Where each node's arcs begin.
    starts: Vec<u32>,
    /// The end of each link and the queue of its length, by the node that it leaves.
    arcs: Vec<(NodeId, u32)>,
    forwards: Vec<bool>,
    /// Length of a link, by queue.
    lengths: Vec<Distance>,
    queues: Vec<VecDeque<(Distance, NodeId)>>,
    distances: Vec<Option<Distance>>,
}

impl Search {
    fn new(fabric: &Fabric) -> Self {
        let mut numbers: BTreeMap<Distance, u32> = BTreeMap::new();
        let mut lengths = Vec::new();
        let mut starts = vec![0];
        let mut arcs = Vec::with_capacity(fabric.links().len());
        for node in 0..fabric.nodes().len() {
            for link in fabric.out_links(NodeId::from_index(node)) {
                let link = fabric.link(*link);
                let crossed = u32::from(fabric.node(link.to).kind.is_network_switch());
                let length = (u64::from(fabric.class(link.class).cost), 1, crossed);
                let queue = *numbers.entry(length).or_insert_with(|| {
                    lengths.push(length);
                    lengths.len() as u32 - 1
                });
                arcs.push((link.to, queue));
            }
            starts.push(arcs.len() as u32);
        }
        let queues = lengths.iter().map(|_| VecDeque::new()).collect();
        let forwards: Vec<bool> = fabric.nodes().iter().map(|node| node.forwards).collect();
        Self { starts, arcs, distances: vec![None; forwards.len()], forwards, lengths, queues }
    }

    /// Fills `distances` from `source`; nodes that do not forward are reached but not passed.
    fn run(&mut self, source: NodeId) {
        self.distances.fill(None);
        self.distances[source.index()] = Some((0, 0, 0));
        self.pass(source, (0, 0, 0));
        while let Some(queue) = self.nearest() {
            let Some((distance, node)) = self.queues[queue].pop_front() else { break };
            let known = &mut self.distances[node.index()];
            if known.is_none() {
                *known = Some(distance);
                if self.forwards[node.index()] {
                    self.pass(node, distance);
                }
            }
        }
    }

    /// The queue with the least front.
    fn nearest(&self) -> Option<usize> {
        let fronts =
            self.queues.iter().enumerate().filter_map(|(i, queue)| queue.front().map(|front| (front.0, i)));
        fronts.min().map(|(_, i)| i)
    }

    /// Queues the neighbours of a settled node.
    fn pass(&mut self, node: NodeId, distance: Distance) {
        let range = self.starts[node.index()] as usize..self.starts[node.index() + 1] as usize;
        for (to, queue) in &self.arcs[range] {
            if self.distances[to.index()].is_none() {
                let length = self.lengths[*queue as usize];
                let sum = (distance.0 + length.0, distance.1 + length.1, distance.2 + length.2);
                self.queues[*queue as usize].push_back((sum, *to));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::template::{FAMILIES, Value, Values};
    use crate::fabric::{Builder, LinkClass};

    /// The twin: relaxes every link until nothing changes.
    fn slow(fabric: &Fabric, source: NodeId) -> Vec<Option<Distance>> {
        let mut distances = vec![None; fabric.nodes().len()];
        distances[source.index()] = Some((0, 0, 0));
        loop {
            let before = distances.clone();
            for link in fabric.links() {
                let Some((cost, links, switches)) = distances[link.from.index()] else { continue };
                if link.from == source || fabric.node(link.from).forwards {
                    let crossed = u32::from(fabric.node(link.to).kind.is_network_switch());
                    let sum =
                        (cost + u64::from(fabric.class(link.class).cost), links + 1, switches + crossed);
                    let known = &mut distances[link.to.index()];
                    *known = Some(known.map_or(sum, |known: Distance| known.min(sum)));
                }
            }
            if distances == before {
                return distances;
            }
        }
    }

    #[test]
    fn queues_find_what_relaxation_finds() {
        for family in FAMILIES {
            let mut given = BTreeMap::new();
            for param in family.params {
                let value = match param.name {
                    "endpoints" => Value::Count(20),
                    "servers" => Value::Count(5),
                    "dimensions" => Value::Count(4),
                    "radix" => Value::Count(8),
                    "gpus_per_server" if family.name == "server-torus" => Value::Count(6),
                    "nics_per_server" if matches!(family.name, "server-tree" | "server-dragonfly") => {
                        Value::Count(2)
                    }
                    "sides" => Value::Sides(vec![3, 4, 2]),
                    _ => continue,
                };
                given.insert(param.name, value);
            }
            let values = Values::new(family.params, given).unwrap();
            let mut builder = Builder::new(family.name, LinkClass::builtin());
            (family.build)(&values, &mut builder).unwrap();
            let fabric = builder.finish().unwrap();
            let mut search = Search::new(&fabric);
            for source in fabric.endpoints() {
                search.run(*source);
                assert_eq!(search.distances, slow(&fabric, *source), "{}", family.name);
            }
        }
    }

    #[test]
    fn medians_are_the_lower_ones() {
        let mut histogram = Histogram::default();
        assert_eq!((histogram.median(), histogram.max()), (0, 0));
        for value in [1, 1, 4, 4] {
            histogram.add(value);
        }
        assert_eq!((histogram.median(), histogram.max()), (1, 4));
        histogram.add(4);
        assert_eq!(histogram.median(), 4);
    }
}
