//! What links carried: the busiest by name, and all by tier.

use std::collections::BTreeMap;

use crate::fabric::{Fabric, NodeKind};
use crate::ids::{LinkId, ResourceId};
use crate::result::{BusyLink, TierUse};
use crate::route::Routes;
use crate::units::Time;

/// How many links a case names.
const NAMED: usize = 8;

/// The links of highest utilisation over `span`, busiest first, then by link and lane; idle ones are left out. `bytes`
/// are those on each link that a resource stands for.
pub(super) fn busiest(fabric: &Fabric, routes: &Routes, bytes: &[f64], span: Time) -> Vec<BusyLink> {
    let mut order: Vec<(f64, LinkId, usize)> = Vec::new();
    for (at, bytes) in bytes.iter().enumerate().filter(|(_, bytes)| **bytes > 0.0) {
        let used = utilisation(*bytes, routes.resources()[at].capacity, span);
        // The links of a resource are used alike, so only its lowest can be named.
        let links = routes.links(ResourceId::from_index(at)).iter().take(NAMED);
        order.extend(links.map(|link| (used, *link, at)));
    }
    let lane = |at: usize| routes.resources()[at].lane;
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(lane(a.2).cmp(&lane(b.2))));
    order.truncate(NAMED);
    order
        .into_iter()
        .map(|(utilisation, link, at)| {
            let name = fabric.link_name(link);
            BusyLink {
                link: lane(at).map_or(name.clone(), |lane| format!("{name} #{lane}")),
                bytes: bytes[at].round() as u64,
                utilisation,
            }
        })
        .collect()
}

/// The use of all links of the fabric by the kinds of their ends, in order of kinds.
pub(super) fn tiers(fabric: &Fabric, routes: &Routes, bytes: &[f64], span: Time) -> Vec<TierUse> {
    let mut carried = vec![0.0; fabric.links().len()];
    for (at, bytes) in bytes.iter().enumerate() {
        for link in routes.links(ResourceId::from_index(at)) {
            carried[link.index()] += bytes;
        }
    }
    #[derive(Default)]
    struct Tier {
        links: u32,
        bytes: f64,
        sum: f64,
        most: f64,
    }
    let mut tiers: BTreeMap<(NodeKind, NodeKind), Tier> = BTreeMap::new();
    for (at, link) in fabric.links().iter().enumerate() {
        let kinds = (fabric.node(link.from).kind, fabric.node(link.to).kind);
        let tier = tiers.entry(kinds).or_default();
        let used = utilisation(carried[at], fabric.capacity(LinkId::from_index(at)), span);
        tier.links += 1;
        tier.bytes += carried[at];
        tier.sum += used;
        tier.most = tier.most.max(used);
    }
    tiers
        .into_iter()
        .map(|((from, to), tier)| TierUse {
            tier: format!("{from} -> {to}"),
            links: tier.links,
            bytes: tier.bytes.round() as u64,
            mean_utilisation: tier.sum / f64::from(tier.links),
            max_utilisation: tier.most,
        })
        .collect()
}

/// Bytes over what a capacity could carry in a time.
fn utilisation(bytes: f64, capacity: f64, span: Time) -> f64 {
    if span == Time::ZERO { 0.0 } else { (bytes / (capacity * span.as_secs())).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::{Builder, Cable, LinkClass, Node};
    use crate::ids::PathId;
    use crate::route::{BundleRouter, Bundles, Flow, Router};
    use crate::units::Bandwidth;

    #[test]
    fn resources_that_stand_for_several_links_tell_the_same() {
        let mut builder = Builder::new("spines", LinkClass::builtin());
        let class = builder.class("infiniband").unwrap();
        let cable = Cable::new(class, Bandwidth::from_gbps(400));
        let spines = [0, 1, 2].map(|i| builder.add_node(Node::new(format!("spine{i}"), NodeKind::Spine)));
        for side in 0..3 {
            let leaf = builder.add_node(Node::new(format!("leaf{side}"), NodeKind::Leaf));
            let gpu = builder.add_node(Node::new(format!("gpu{side}"), NodeKind::Gpu));
            builder.add_cable(gpu, leaf, cable.clone());
            spines.iter().for_each(|spine| builder.add_cable(leaf, *spine, cable.clone()));
        }
        let fabric = builder.finish().unwrap();
        let ends = fabric.endpoints();
        let flows = [(0, 1), (2, 1), (1, 0)].map(|(a, b)| Flow { src: ends[a], dst: ends[b], channel: 0 });
        let bundles = Bundles::new(&fabric);
        let (mut plain, mut fast) = (Router::new(&fabric, 1), BundleRouter::new(&fabric, &bundles));
        let (a, b) = (plain.paths(&flows).unwrap(), fast.paths(&flows).unwrap());
        let told = |routes: &Routes, paths: &[PathId]| {
            let mut bytes = vec![0.0; routes.resources().len()];
            for (path, sent) in paths.iter().zip([3e6, 6e6, 3e6]) {
                for hop in routes.hops(*path) {
                    bytes[hop.resource.index()] += sent * f64::from(hop.weight) / f64::from(routes.unit());
                }
            }
            let span = Time::from_ps(1_000_000_000);
            (busiest(&fabric, routes, &bytes, span), tiers(&fabric, routes, &bytes, span))
        };
        let (plain, fast) = (plain.finish(), fast.finish());
        assert!(fast.resources().len() < plain.resources().len());
        let (busy, tiers) = told(&plain, &a);
        assert_eq!((busy.clone(), tiers.clone()), told(&fast, &b));
        assert_eq!((busy[0].link.as_str(), busy[0].bytes), ("leaf1 -> gpu1", 9_000_000));
        assert_eq!(tiers.iter().map(|tier| tier.bytes).sum::<u64>(), 4 * 12_000_000);
    }
}
