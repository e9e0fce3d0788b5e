//! Costs of shortest paths to one destination (Dijkstra, backwards).

use super::asides::asides;
use crate::fabric::Fabric;
use crate::ids::NodeId;

/// The cost from every node to one destination, where only forwarding nodes pass traffic on.
#[derive(Debug, Clone)]
pub struct Distances {
    cost: Vec<u32>,
    /// Nodes by cost, in a ring: those that are waiting are no farther apart than a link costs at most.
    ring: Vec<Vec<u32>>,
    touched: Vec<u32>,
    /// By node: the server that it ends in, where no path leads through that.
    aside: Vec<Option<u32>>,
    /// By server: whether a path of the search starts or ends there.
    wanted: Vec<bool>,
}

/// Marks a node from which the destination cannot be reached.
const FAR: u32 = u32::MAX;

impl Distances {
    /// Room for a fabric's nodes.
    pub fn new(fabric: &Fabric) -> Self {
        let most = fabric.classes().iter().map(|class| class.cost).max().unwrap_or(0);
        let ring = vec![Vec::new(); most as usize + 1];
        let aside = asides(fabric);
        let servers = aside.iter().flatten().max().map_or(0, |last| *last as usize + 1);
        Self {
            cost: vec![FAR; fabric.nodes().len()],
            ring,
            touched: Vec::new(),
            aside,
            wanted: vec![false; servers],
        }
    }

    /// Finds the costs to `destination`, as far as needed for `sources` and all on their shortest paths to be final (all
    /// nodes where `sources` is empty). Cost: O(links + cost of the farthest) of the part of the fabric that is nearer,
    /// without servers that no path leads through.
    pub fn find(&mut self, fabric: &Fabric, destination: NodeId, sources: &[NodeId]) {
        self.want(destination, sources, true);
        self.spread(fabric, destination, sources);
        self.want(destination, sources, false);
    }

    /// Marks the servers where paths start and end.
    fn want(&mut self, destination: NodeId, sources: &[NodeId], wanted: bool) {
        for node in sources.iter().chain([&destination]) {
            if let Some(server) = self.aside[node.index()] {
                self.wanted[server as usize] = wanted;
            }
        }
    }

    fn spread(&mut self, fabric: &Fabric, destination: NodeId, sources: &[NodeId]) {
        for node in self.touched.drain(..) {
            self.cost[node as usize] = FAR;
        }
        self.ring.iter_mut().for_each(Vec::clear);
        self.cost[destination.index()] = 0;
        self.touched.push(destination.0);
        self.ring[0].push(destination.0);
        let mut waiting = 1usize;
        let mut left = sources.len();
        let mut cost = 0u32;
        while waiting > 0 {
            let place = cost as usize % self.ring.len();
            let Some(node) = self.ring[place].pop() else {
                cost = cost.saturating_add(1);
                continue;
            };
            waiting -= 1;
            let node = NodeId(node);
            if cost > self.cost[node.index()] {
                continue;
            }
            if left > 0 {
                left -= sources.iter().filter(|source| **source == node).count();
                if left == 0 {
                    return;
                }
            }
            if node != destination && !fabric.node(node).forwards {
                continue;
            }
            for &id in fabric.in_links(node) {
                let link = fabric.link(id);
                let unwanted = |server: u32| !self.wanted[server as usize];
                if !sources.is_empty() && self.aside[link.from.index()].is_some_and(unwanted) {
                    continue;
                }
                let next = cost.saturating_add(fabric.class(link.class).cost);
                let known = &mut self.cost[link.from.index()];
                if next < *known {
                    if *known == FAR {
                        self.touched.push(link.from.0);
                    }
                    *known = next;
                    let place = next as usize % self.ring.len();
                    self.ring[place].push(link.from.0);
                    waiting += 1;
                }
            }
        }
    }

    /// The cost from `node`, if the destination of the last [`Self::find`] can be reached.
    pub fn cost(&self, node: NodeId) -> Option<u32> {
        Some(self.cost[node.index()]).filter(|cost| *cost != FAR)
    }
}
