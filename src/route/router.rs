//! Finding paths and interning them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;
use thiserror::Error;

use super::choice::{Chooser, Share};
use super::fraction::Fraction;
use super::unit::{unit, weight};
use super::{Distances, Hop, Resource, Routes, home};
use crate::fabric::{Fabric, Routing};
use crate::ids::{LinkId, NodeId, PathId, ResourceId};
use crate::units::Time;

/// What a path is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    /// Where it starts.
    pub src: NodeId,
    /// Where it ends.
    pub dst: NodeId,
    /// Its channel, which ECMP hashes.
    pub channel: u32,
}

/// Two endpoints with no path between them: only forwarding nodes pass traffic on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{from}` cannot reach `{to}`: no path leads there through nodes that forward")]
pub struct Unreachable {
    /// The name of the source.
    pub from: String,
    /// The name of the destination.
    pub to: String,
    /// The source.
    pub src: NodeId,
    /// The destination.
    pub dst: NodeId,
}

/// A path as exact fractions, before all paths get one unit.
struct Draft {
    hops: Vec<(u32, Fraction)>,
    latency: Time,
}

/// Finds paths and interns them.
pub struct Router<'a> {
    fabric: &'a Fabric,
    seed: u64,
    numbers: Vec<u32>,
    places: Vec<u32>,
    by_channel: bool,
    distances: Distances,
    resources: Vec<Resource>,
    resource_ids: FxHashMap<(LinkId, Option<u32>), u32>,
    known: FxHashMap<Flow, PathId>,
    drafts: Vec<Draft>,
}

impl<'a> Router<'a> {
    /// A router for a fabric; `seed` moves the hashes of ECMP.
    pub fn new(fabric: &'a Fabric, seed: u64) -> Self {
        let mut places = Vec::new();
        if fabric.torus().is_some() {
            places = vec![u32::MAX; fabric.nodes().len()];
            for (place, node) in fabric.endpoints().iter().enumerate() {
                places[node.index()] = place as u32;
            }
        }
        Self {
            fabric,
            seed,
            numbers: home::numbers(fabric),
            places,
            by_channel: fabric.classes().iter().any(|class| class.routing == Routing::Ecmp),
            distances: Distances::new(fabric),
            resources: Vec::new(),
            resource_ids: FxHashMap::default(),
            known: FxHashMap::default(),
            drafts: Vec::new(),
        }
    }

    /// The paths of `flows`, in their order. Flows to one destination share the search for it.
    ///
    /// # Errors
    /// The first flow, in the order given, that has no path.
    pub fn paths(&mut self, flows: &[Flow]) -> Result<Vec<PathId>, Unreachable> {
        let keys: Vec<Flow> = flows
            .iter()
            .map(|flow| Flow { channel: if self.by_channel { flow.channel } else { 0 }, ..*flow })
            .collect();
        let mut fresh: Vec<Flow> = keys.iter().copied().filter(|key| !self.known.contains_key(key)).collect();
        fresh.sort_unstable_by_key(|flow| (flow.dst, flow.src, flow.channel));
        fresh.dedup();
        let mut sources = Vec::new();
        for group in fresh.chunk_by(|a, b| a.dst == b.dst) {
            sources.clear();
            sources.extend(group.iter().map(|flow| flow.src));
            sources.dedup();
            self.distances.find(self.fabric, group[0].dst, &sources);
            for flow in group {
                if self.distances.cost(flow.src).is_none() {
                    let bad = flows.iter().find(|f| f.src == flow.src && f.dst == flow.dst).unwrap_or(flow);
                    return Err(self.unreachable(bad));
                }
                let draft = self.draft(flow);
                self.known.insert(*flow, PathId::from_index(self.drafts.len()));
                self.drafts.push(draft);
            }
        }
        Ok(keys.iter().map(|key| self.known[key]).collect())
    }

    fn unreachable(&self, flow: &Flow) -> Unreachable {
        let name = |node| self.fabric.node(node).name.clone();
        Unreachable { from: name(flow.src), to: name(flow.dst), src: flow.src, dst: flow.dst }
    }

    /// Walks from the source to the destination along links that lie on shortest paths, farthest nodes first,
    /// so that all of a flow that enters a node is known before it is shared out.
    fn draft(&mut self, flow: &Flow) -> Draft {
        let chooser =
            Chooser { fabric: self.fabric, seed: self.seed, numbers: &self.numbers, places: &self.places };
        struct Arrived {
            node: NodeId,
            part: Fraction,
            latency: Time,
            quotient: u64,
        }
        let mut ahead: BinaryHeap<(u32, Reverse<u32>)> = BinaryHeap::new();
        let mut arrived: Vec<Arrived> = Vec::new();
        let cost = |node: NodeId| self.distances.cost(node);
        ahead.push((cost(flow.src).unwrap_or(0), Reverse(flow.src.0)));
        let quotient = chooser.number(flow.dst);
        arrived.push(Arrived { node: flow.src, part: Fraction::ONE, latency: Time::ZERO, quotient });
        let (mut hops, mut shares, mut candidates) = (Vec::new(), Vec::<Share>::new(), Vec::new());
        let mut latency = Time::ZERO;
        while let Some((distance, Reverse(node))) = ahead.pop() {
            let node = NodeId(node);
            let Some(at) = arrived.iter().position(|a| a.node == node) else { continue };
            let mut here = arrived.swap_remove(at);
            if node == flow.dst {
                latency = here.latency;
                continue;
            }
            candidates.clear();
            candidates.extend(self.fabric.out_links(node).iter().copied().filter(|&id| {
                let link = self.fabric.link(id);
                let passes = link.to == flow.dst || self.fabric.node(link.to).forwards;
                let step = self.fabric.class(link.class).cost;
                passes && cost(link.to).is_some_and(|after| after + step == distance)
            }));
            let all = chooser.choose(flow, node, &candidates, &mut here.quotient, &mut shares);
            for share in &shares {
                let link = self.fabric.link(share.link);
                let part = here.part.share(share.part, all);
                let resource = intern(self.fabric, &mut self.resources, &mut self.resource_ids, share);
                hops.push((resource, part));
                let until = here.latency + link.latency;
                if let Some(known) = arrived.iter_mut().find(|a| a.node == link.to) {
                    known.part = known.part.plus(part);
                    known.latency = known.latency.max(until);
                } else {
                    ahead.push((cost(link.to).unwrap_or(0), Reverse(link.to.0)));
                    arrived.push(Arrived { node: link.to, part, latency: until, quotient: here.quotient });
                }
            }
        }
        hops.sort_unstable_by_key(|(resource, _)| *resource);
        Draft { hops, latency }
    }

    /// Freezes the table. The unit is the least common multiple of all denominators where that fits in 31 bits,
    /// else 2^30 with weights rounded to it.
    pub fn finish(self) -> Routes {
        let unit = unit(self.drafts.iter().flat_map(|draft| draft.hops.iter().map(|(_, part)| part)));
        let mut routes = Routes {
            resources: self.resources,
            starts: vec![0],
            hops: Vec::with_capacity(self.drafts.iter().map(|draft| draft.hops.len()).sum()),
            latencies: Vec::with_capacity(self.drafts.len()),
            unit,
            ..Routes::default()
        };
        for draft in self.drafts {
            for (resource, part) in draft.hops {
                let weight = weight(part, unit);
                routes.hops.push(Hop { resource: ResourceId(resource), weight });
            }
            routes.starts.push(routes.hops.len() as u32);
            routes.latencies.push(draft.latency);
        }
        routes.set_alone();
        routes
    }
}

/// The resource of a share, made where it is new.
fn intern(
    fabric: &Fabric,
    resources: &mut Vec<Resource>,
    ids: &mut FxHashMap<(LinkId, Option<u32>), u32>,
    share: &Share,
) -> u32 {
    *ids.entry((share.link, share.lane)).or_insert_with(|| {
        let lanes = if share.lane.is_some() { f64::from(fabric.link(share.link).lanes) } else { 1.0 };
        let capacity = fabric.capacity(share.link) / lanes;
        resources.push(Resource { link: share.link, lane: share.lane, capacity });
        resources.len() as u32 - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::{Builder, Cable, LinkClass, Node, NodeKind};
    use crate::units::Bandwidth;

    /// Two leaves of two GPUs each, two spines, `lanes` cables between each leaf and spine.
    fn two_tier(routing: Routing, lanes: u32) -> Fabric {
        let mut builder = Builder::new("two-tier", LinkClass::builtin());
        builder.set_routing(routing);
        let class = builder.class("infiniband").unwrap();
        let cable = Cable::new(class, Bandwidth::from_gbps(400));
        let spines = [0, 1].map(|i| builder.add_node(Node::new(format!("spine{i}"), NodeKind::Spine)));
        for leaf in 0..2 {
            let switch = builder.add_node(Node::new(format!("leaf{leaf}"), NodeKind::Leaf));
            for spine in spines {
                builder.add_cable(switch, spine, cable.clone().lanes(lanes));
            }
            for gpu in 0..2 {
                let node = builder.add_node(Node::new(format!("gpu{}", 2 * leaf + gpu), NodeKind::Gpu));
                builder.add_cable(node, switch, cable.clone());
            }
        }
        builder.finish().unwrap()
    }

    fn route(
        fabric: &Fabric,
        src: usize,
        dst: usize,
        channel: u32,
    ) -> (Vec<(String, Option<u32>, f64)>, Time) {
        let mut router = Router::new(fabric, 1);
        let ends = fabric.endpoints();
        let path = router.paths(&[Flow { src: ends[src], dst: ends[dst], channel }]).unwrap()[0];
        let routes = router.finish();
        let hops = routes.hops(path).iter().map(|hop| {
            let resource = routes.resources()[hop.resource.index()];
            let weight = f64::from(hop.weight) / f64::from(routes.unit());
            (fabric.link_name(resource.link), resource.lane, weight)
        });
        (hops.collect(), routes.latency(path))
    }

    #[test]
    fn spray_splits_evenly_and_sums_to_one_over_each_cut() {
        let fabric = two_tier(Routing::Spray, 3);
        let (hops, latency) = route(&fabric, 0, 2, 0);
        assert_eq!(latency, Time(4 * 450_000));
        assert_eq!(hops.len(), 6);
        let up: f64 = hops.iter().filter(|(name, ..)| name.starts_with("leaf0 ->")).map(|hop| hop.2).sum();
        assert_eq!(up, 1.0);
        assert!(hops.contains(&("leaf0 -> spine1".into(), None, 0.5)), "{hops:?}");
        let (near, latency) = route(&fabric, 0, 1, 0);
        assert_eq!((near.len(), latency), (2, Time(900_000)));
    }

    #[test]
    fn static_routing_spreads_destinations_and_keeps_each_on_one_path() {
        let fabric = two_tier(Routing::Static, 1);
        let spine = |dst| route(&fabric, 0, dst, 0).0.iter().find(|h| h.0.starts_with("leaf0 -> s")).cloned();
        assert_ne!(spine(2).unwrap().0, spine(3).unwrap().0);
        assert_eq!(route(&fabric, 0, 2, 0), route(&fabric, 0, 2, 7));
    }

    #[test]
    fn ecmp_is_fixed_by_seed_and_varies_by_channel() {
        let fabric = two_tier(Routing::Ecmp, 2);
        let paths: Vec<_> = (0..16).map(|channel| route(&fabric, 0, 2, channel)).collect();
        assert_eq!(paths[3], route(&fabric, 0, 2, 3));
        assert!(paths.iter().any(|path| path != &paths[0]), "16 channels on 4 cables do not all collide");
        assert!(paths.iter().all(|path| path.0.iter().all(|hop| hop.2 == 1.0)));
    }

    #[test]
    fn dimension_order_turns_once_and_splits_the_antipode() {
        let mut builder = Builder::new("torus", LinkClass::builtin());
        let class = builder.class("ici").unwrap();
        let nodes: Vec<_> = (0..16)
            .map(|i| builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu).forwarding()))
            .collect();
        for i in 0..16 {
            let (row, column) = (i / 4, i % 4);
            builder.add_cable(nodes[i], nodes[row * 4 + (column + 1) % 4], Cable::new(class, Bandwidth(1)));
            builder.add_cable(nodes[i], nodes[(row + 1) % 4 * 4 + column], Cable::new(class, Bandwidth(1)));
        }
        builder.set_torus(vec![4, 4]);
        let fabric = builder.finish().unwrap();
        let names =
            |src, dst| route(&fabric, src, dst, 0).0.into_iter().map(|h| (h.0, h.2)).collect::<Vec<_>>();
        let mut turn = names(0, 5);
        turn.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(turn, [("gpu0 -> gpu4".to_string(), 1.0), ("gpu4 -> gpu5".to_string(), 1.0)]);
        let antipode = names(0, 2);
        assert_eq!(antipode.len(), 4);
        assert!(antipode.iter().all(|hop| hop.1 == 0.5), "{antipode:?}");
    }

    #[test]
    fn gpus_that_do_not_forward_are_no_way_through() {
        let mut builder = Builder::new("chain", LinkClass::builtin());
        let class = builder.class("nvlink").unwrap();
        let nodes: Vec<_> =
            (0..3).map(|i| builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu))).collect();
        builder.add_cable(nodes[0], nodes[1], Cable::new(class, Bandwidth(1)));
        builder.add_cable(nodes[1], nodes[2], Cable::new(class, Bandwidth(1)));
        let fabric = builder.finish().unwrap();
        let error = Router::new(&fabric, 1).paths(&[Flow { src: nodes[0], dst: nodes[2], channel: 0 }]);
        let text = "`gpu0` cannot reach `gpu2`: no path leads there through nodes that forward";
        assert_eq!(error.unwrap_err().to_string(), text);
    }
}
