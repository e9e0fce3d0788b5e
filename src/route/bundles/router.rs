//! Paths on bundles: what [`Router`](crate::route::Router) finds, one hop for all links that carry the same.

use rustc_hash::FxHashMap;
use thiserror::Error;

use super::search::{Search, Step};
use super::shares::Sharer;
use super::{Bundles, NONE};
use crate::fabric::Fabric;
use crate::ids::{LinkId, NodeId, PathId, ResourceId};
use crate::route::fraction::Fraction;
use crate::route::unit::{unit, weight};
use crate::route::{Flow, Hop, Resource, Routes, Unreachable};
use crate::units::Time;

/// Why flows cannot be routed on bundles. In all cases but the first the plain [`Router`](crate::route::Router) can.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BundleFault {
    /// There is no path.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// A node on the way chooses one of several links or lanes, so those of a bundle are not alike.
    #[error("a node on the way chooses one of several links, so links are not alike")]
    Asymmetric {
        /// The node, or one of its cell.
        node: NodeId,
    },
    /// A flow from or to a node that is no endpoint, which bundles may have merged with others.
    #[error("a flow starts or ends at a node that is no endpoint")]
    NoEndpoint {
        /// The node.
        node: NodeId,
    },
    /// A part of a flow is too fine a fraction to be exact.
    #[error("a part of a flow is too fine a fraction to be exact")]
    Inexact,
    /// A weight over a class of links is too large for its field.
    #[error("a weight over a class of links does not fit in 32 bits")]
    TooHeavy,
    /// The flows that a kept flow stands for would not load all links of a class alike, so they are not what they were
    /// said to be.
    #[error("the flows of a class do not load the links of a class alike")]
    Uneven {
        /// A link of the class.
        link: LinkId,
    },
}

/// Paths as exact fractions on bundles, before they get one unit.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    starts: Vec<u32>,
    /// Bundles and the numbers of the parts of them.
    hops: Vec<(u32, u32)>,
    latencies: Vec<Time>,
    parts: Vec<Fraction>,
    numbers: FxHashMap<Fraction, u32>,
}

impl Drafts {
    fn push(&mut self, hops: &[(u32, Fraction)], latency: Time) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        let mut last = None;
        for (bundle, part) in hops {
            // Bundles of one path most often have the same part.
            let number = match last {
                Some((before, number)) if before == *part => number,
                _ => *self.numbers.entry(*part).or_insert_with(|| {
                    self.parts.push(*part);
                    self.parts.len() as u32 - 1
                }),
            };
            last = Some((*part, number));
            self.hops.push((*bundle, number));
        }
        self.starts.push(self.hops.len() as u32);
        self.latencies.push(latency);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.latencies.len()
    }

    /// The unit of all, and the weight in it of every part.
    pub(super) fn weights(&self) -> (u32, Vec<u32>) {
        let unit = unit(self.parts.iter());
        (unit, self.parts.iter().map(|part| weight(*part, unit)).collect())
    }

    /// The bundles of a path, ascending, with the numbers of their parts.
    pub(super) fn hops(&self, path: usize) -> &[(u32, u32)] {
        &self.hops[self.starts[path] as usize..self.starts[path + 1] as usize]
    }

    /// The latency of a path.
    pub(super) fn latency(&self, path: usize) -> Time {
        self.latencies[path]
    }
}

/// Finds paths on bundles and interns them, source by source.
///
/// For every flow between endpoints and every real link, the result has the same weight, unit, latency and rate alone
/// as the plain router's (see [the module](crate::route::bundles) for why), with one resource for all links of a
/// bundle. Where it cannot be so, it is an error. A flow's channel does not matter, as only ECMP reads it.
///
/// A source with few destinations searches from both ends of each, which between neighbours looks at a dozen nodes; one
/// with many searches once, over all that is nearer than the farthest of them.
#[derive(Debug)]
pub struct BundleRouter<'a> {
    fabric: &'a Fabric,
    bundles: &'a Bundles,
    search: Search,
    sharer: Sharer,
    steps: Vec<Step>,
    known: FxHashMap<(NodeId, NodeId), PathId>,
    drafts: Drafts,
}

/// A source searches once for all its destinations where these times this are more than the cells: a search from both
/// ends touches some hundred cells.
const CELLS_PER_SEARCH: usize = 128;

impl<'a> BundleRouter<'a> {
    /// A router for a fabric and the bundles made of it.
    pub fn new(fabric: &'a Fabric, bundles: &'a Bundles) -> Self {
        Self {
            fabric,
            bundles,
            search: Search::new(bundles.cells()),
            sharer: Sharer::default(),
            steps: Vec::new(),
            known: FxHashMap::default(),
            drafts: Drafts::default(),
        }
    }

    /// The paths of `flows`, in their order.
    ///
    /// # Errors
    /// See [`BundleFault`]. The router must not be used further after one.
    pub fn paths(&mut self, flows: &[Flow]) -> Result<Vec<PathId>, BundleFault> {
        let mut fresh: Vec<(NodeId, NodeId)> = flows
            .iter()
            .map(|flow| (flow.src, flow.dst))
            .filter(|key| !self.known.contains_key(key))
            .collect();
        fresh.sort_unstable();
        fresh.dedup();
        self.known.reserve(fresh.len());
        let bundles = self.bundles;
        for group in fresh.chunk_by(|a, b| a.0 == b.0) {
            let source = self.end(group[0].0)?;
            self.search.start(source);
            let together = group.len().saturating_mul(CELLS_PER_SEARCH) > bundles.cells();
            if together {
                let targets: Result<Vec<u32>, _> = group.iter().map(|(_, dst)| self.end(*dst)).collect();
                self.search.reach(bundles, &targets?);
            }
            for (src, dst) in group {
                let target = self.end(*dst)?;
                let found = if together {
                    self.search.settled(bundles, target, &mut self.steps)
                } else {
                    self.search.between(bundles, target, &mut self.steps)
                };
                if !found {
                    let name = |node| self.fabric.node(node).name.clone();
                    let (from, to) = (name(*src), name(*dst));
                    return Err(Unreachable { from, to, src: *src, dst: *dst }.into());
                }
                let latency = self.sharer.share(bundles, (source, target), &self.steps)?;
                self.known.insert((*src, *dst), PathId::from_index(self.drafts.len()));
                self.drafts.push(&self.sharer.hops, latency);
            }
        }
        Ok(flows.iter().map(|flow| self.known[&(flow.src, flow.dst)]).collect())
    }

    /// The cell of an endpoint.
    fn end(&self, node: NodeId) -> Result<u32, BundleFault> {
        let bundles = self.bundles;
        bundles.endpoint(node).map(|_| bundles.cell(node)).ok_or(BundleFault::NoEndpoint { node })
    }

    /// The drafts of all paths.
    pub(super) fn drafts(self) -> Drafts {
        self.drafts
    }

    /// Freezes the table, as [`Router::finish`](crate::route::Router::finish) does; a resource stands for a bundle.
    pub fn finish(self) -> Routes {
        let Self { bundles, mut drafts, known, .. } = self;
        drop(known);
        let (unit, weights) = drafts.weights();
        let mut number = vec![NONE; bundles.len()];
        for (bundle, _) in &drafts.hops {
            number[*bundle as usize] = 0;
        }
        let mut routes = Routes { unit, link_starts: vec![0], ..Routes::default() };
        for bundle in 0..bundles.len() as u32 {
            if number[bundle as usize] != NONE {
                number[bundle as usize] = routes.resources.len() as u32;
                let (links, capacity) = (bundles.links(bundle), bundles.attributes(bundle).capacity);
                routes.resources.push(Resource { link: links[0], lane: None, capacity });
                routes.links.extend_from_slice(links);
                routes.link_starts.push(routes.links.len() as u32);
            }
        }
        let hop = |(bundle, part): (u32, u32)| Hop {
            resource: ResourceId(number[bundle as usize]),
            weight: weights[part as usize],
        };
        // Collected in place: a hop takes as much room as its draft.
        routes.hops = std::mem::take(&mut drafts.hops).into_iter().map(hop).collect();
        routes.starts = if drafts.starts.is_empty() { vec![0] } else { drafts.starts };
        routes.latencies = drafts.latencies;
        routes.set_alone();
        routes
    }
}
