//! Distances between GPUs.

use std::collections::{BTreeMap, VecDeque};

use super::Hops;
use crate::fabric::Fabric;
use crate::ids::NodeId;

/// Up to so many GPUs, every pair is looked at.
const ALWAYS_EXACT: usize = 2_048;
/// Beyond, sources are sampled so that about so many links are looked at in all.
const BUDGET: usize = 50_000_000;

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

/// Dijkstra's algorithm with one first-in-first-out queue for every different length of a link: nodes are settled in
/// ascending order, so what enters one queue ascends too, and the least is at the front of one of them.
struct Search<'a> {
    fabric: &'a Fabric,
    /// Queue of each link's length, by class and whether the link enters a network switch.
    queue_of: Vec<[usize; 2]>,
    lengths: Vec<Distance>,
    queues: Vec<VecDeque<(Distance, NodeId)>>,
    distances: Vec<Option<Distance>>,
}

impl<'a> Search<'a> {
    fn new(fabric: &'a Fabric) -> Self {
        let mut numbers: BTreeMap<Distance, usize> = BTreeMap::new();
        let mut lengths = Vec::new();
        let mut number = |length: Distance| {
            *numbers.entry(length).or_insert_with(|| {
                lengths.push(length);
                lengths.len() - 1
            })
        };
        let queue_of = fabric
            .classes()
            .iter()
            .map(|class| [0, 1].map(|crossed| number((u64::from(class.cost), 1, crossed))))
            .collect();
        let queues = lengths.iter().map(|_| VecDeque::new()).collect();
        Self { fabric, queue_of, lengths, queues, distances: vec![None; fabric.nodes().len()] }
    }

    /// Fills `distances` from `source`; nodes that do not forward are reached but not passed.
    fn run(&mut self, source: NodeId) {
        self.distances.fill(None);
        self.settle(source, (0, 0, 0), true);
        while let Some(queue) = self.nearest() {
            let Some((distance, node)) = self.queues[queue].pop_front() else { break };
            if self.distances[node.index()].is_none() {
                let forwards = self.fabric.node(node).forwards;
                self.settle(node, distance, forwards);
            }
        }
    }

    /// The queue with the least front.
    fn nearest(&self) -> Option<usize> {
        let fronts =
            self.queues.iter().enumerate().filter_map(|(i, queue)| queue.front().map(|front| (front.0, i)));
        fronts.min().map(|(_, i)| i)
    }

    fn settle(&mut self, node: NodeId, distance: Distance, forwards: bool) {
        self.distances[node.index()] = Some(distance);
        if !forwards {
            return;
        }
        for link in self.fabric.out_links(node) {
            let link = self.fabric.link(*link);
            if self.distances[link.to.index()].is_none() {
                let crossed = self.fabric.node(link.to).kind.is_network_switch();
                let queue = self.queue_of[link.class.index()][usize::from(crossed)];
                let length = self.lengths[queue];
                let sum = (distance.0 + length.0, distance.1 + length.1, distance.2 + length.2);
                self.queues[queue].push_back((sum, link.to));
            }
        }
    }
}
