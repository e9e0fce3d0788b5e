//! Paths of few flows that stand for all, over classes of links.

use rustc_hash::FxHashMap;

use super::{BundleFault, BundleRouter, Bundles, LinkClasses, NONE};
use crate::fabric::Fabric;
use crate::ids::{PathId, ResourceId};
use crate::route::{Flow, Hop, Resource, Routes};

/// Routes kept flows, each of which stands for so many flows (itself included): those that the automorphisms of the
/// classes make of it, all at the same rate. Gives the table and the path of each flow, in their order.
///
/// A resource is a class of links, one link of which stands for all ([`Routes::links`]); the weight of a hop is what
/// *all the flows stood for* put on *each* link of the class, so a rate times it is the load of the link. Flows of one
/// orbit put the same in all on every link of an orbit of links, as automorphisms take the ones with the others; so that
/// is `count` times the sum over the class of what the kept flow puts on it, shared equally by its links. Latency and
/// rate alone are those of the kept flow's own path.
///
/// # Errors
/// See [`BundleFault`]: besides routing, a count that the classes cannot share equally, or a weight that is too large.
pub fn fold(
    fabric: &Fabric,
    bundles: &Bundles,
    classes: &LinkClasses,
    flows: &[(Flow, u64)],
) -> Result<(Routes, Vec<PathId>), BundleFault> {
    let mut router = BundleRouter::new(fabric, bundles);
    let kept: Vec<Flow> = flows.iter().map(|(flow, _)| *flow).collect();
    let plain = router.paths(&kept)?;
    let drafts = router.drafts();
    let (unit, weights) = drafts.weights();
    let mut routes = Routes { unit, starts: vec![0], link_starts: vec![0], ..Routes::default() };
    let mut known: FxHashMap<(PathId, u64), PathId> = FxHashMap::default();
    let mut paths = Vec::with_capacity(flows.len());
    let mut on: Vec<(u32, u128)> = Vec::new();
    for (path, (_, count)) in plain.iter().zip(flows) {
        if let Some(known) = known.get(&(*path, *count)) {
            paths.push(*known);
            continue;
        }
        let made = PathId::from_index(routes.len());
        known.insert((*path, *count), made);
        paths.push(made);
        on.clear();
        let mut alone = f64::INFINITY;
        for (bundle, part) in drafts.hops(path.index()) {
            let weight = weights[*part as usize];
            let capacity = bundles.attributes(*bundle).capacity * f64::from(unit);
            alone = alone.min(capacity / f64::from(weight));
            on.push((classes.of(*bundle), u128::from(weight) * u128::from(bundles.count(*bundle))));
        }
        on.sort_unstable();
        for class in on.chunk_by(|a, b| a.0 == b.0) {
            let links = classes.links(class[0].0);
            let all = class.iter().map(|(_, weight)| weight).sum::<u128>() * u128::from(*count);
            if !all.is_multiple_of(links.len() as u128) {
                return Err(BundleFault::Uneven { link: links[0] });
            }
            let weight = u32::try_from(all / links.len() as u128).map_err(|_| BundleFault::TooHeavy)?;
            // Classes for now; resources are numbered when it is known which are in use.
            routes.hops.push(Hop { resource: ResourceId(class[0].0), weight });
        }
        routes.starts.push(routes.hops.len() as u32);
        routes.latencies.push(drafts.latency(path.index()));
        routes.alone.push(alone);
    }
    number_resources(bundles, classes, &mut routes);
    Ok((routes, paths))
}

/// Makes resources of the classes that hops are on, ascending.
fn number_resources(bundles: &Bundles, classes: &LinkClasses, routes: &mut Routes) {
    let mut number = vec![NONE; classes.len()];
    for hop in &routes.hops {
        number[hop.resource.index()] = 0;
    }
    for (class, number) in number.iter_mut().enumerate().filter(|(_, number)| **number == 0) {
        *number = routes.resources.len() as u32;
        let links = classes.links(class as u32);
        let capacity = bundles.attributes(bundles.bundle(links[0])).capacity;
        routes.resources.push(Resource { link: links[0], lane: None, capacity });
        routes.links.extend_from_slice(links);
        routes.link_starts.push(routes.links.len() as u32);
    }
    for hop in &mut routes.hops {
        hop.resource = ResourceId(number[hop.resource.index()]);
    }
}
