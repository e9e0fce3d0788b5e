//! The hops that can matter to rates.
//!
//! Of resources that the very same lanes cross with the same weights, such as the PCIe and network links of one
//! adapter, only that of least capacity can ever be the first to fill: the others' shares are never smaller, so leaving
//! them out changes no rate, not even in its last bit.

use rustc_hash::FxHashMap;

use crate::ids::PathId;
use crate::rng::mix;
use crate::route::{Hop, Routes};

use super::rows::Rows;

/// The hops of every lane that can matter, lane by lane, and where each lane's begin (one entry more than lanes).
pub(super) fn needed(routes: &Routes, paths: &[Option<PathId>]) -> (Vec<Hop>, Vec<u32>) {
    let mut pairs: Vec<(u32, (u32, u32))> = Vec::new();
    for (lane, path) in (0u32..).zip(paths) {
        for hop in path.map_or(&[][..], |path| routes.hops(path)) {
            pairs.push((hop.resource.0, (lane, hop.weight)));
        }
    }
    let count = routes.resources().len();
    let users = Rows::new(count, &pairs);
    drop(pairs);
    let capacity = |resource: u32| routes.resources()[resource as usize].capacity;
    // Resources by their users; those of one hash are compared in full.
    let mut alike: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
    let mut stands: Vec<u32> = (0..count as u32).collect();
    for resource in 0..count as u32 {
        let row = users.row(resource as usize);
        if row.is_empty() {
            continue;
        }
        let hash = row.iter().fold(row.len() as u64, |hash, (lane, weight)| {
            mix(hash ^ (u64::from(*lane) << 32 | u64::from(*weight)))
        });
        let known = alike.entry(hash).or_default();
        match known.iter_mut().find(|other| users.row(**other as usize) == row) {
            None => known.push(resource),
            Some(other) if capacity(resource) < capacity(*other) => {
                stands[*other as usize] = resource;
                *other = resource;
            }
            Some(other) => stands[resource as usize] = *other,
        }
    }
    let mut hops = Vec::new();
    let mut starts = vec![0];
    for path in paths {
        let own = path.map_or(&[][..], |path| routes.hops(path));
        hops.extend(own.iter().filter(|hop| stands[hop.resource.index()] == hop.resource.0));
        starts.push(hops.len() as u32);
    }
    (hops, starts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{LinkId, ResourceId};
    use crate::route::Resource;
    use crate::units::Time;

    #[test]
    fn of_links_in_a_row_the_narrowest_stays() {
        let resource = |i: u32, capacity| Resource { link: LinkId(i), lane: None, capacity };
        let resources = vec![resource(0, 3.0), resource(1, 2.0), resource(2, 9.0), resource(3, 1.0)];
        let hop = |i: u32| Hop { resource: ResourceId(i), weight: 1 };
        let paths = [(vec![hop(0), hop(1), hop(2)], Time::ZERO), (vec![hop(0), hop(1), hop(3)], Time::ZERO)];
        let routes = Routes::from_parts(resources, 1, &paths);
        let (hops, starts) = needed(&routes, &[Some(PathId(0)), Some(PathId(1))]);
        assert_eq!(hops, [hop(1), hop(2), hop(1), hop(3)]);
        assert_eq!(starts, [0, 2, 4]);
    }
}
