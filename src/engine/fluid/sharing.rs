//! Max-min fair rates of the flows in flight, solved again only where an event touched them.
//!
//! An event dirties the resources of the flows that it starts or ends. Rates can change only in the connected
//! components (of flows and resources) that hold a dirty resource; each is water-filled by ascending level.
//! Arithmetic contract: a resource's share is its capacity less the sum, in ascending order of level, of
//! (weight frozen at the level) x (level), over its open weight. Weights are integers, so their sums do not
//! depend on order, and rates are a pure function of the set of flows.

use crate::ids::{PathId, ResourceId};
use crate::route::{Hop, Routes};

/// A flow on a resource: its lane and which hop of its path.
#[derive(Debug, Clone, Copy)]
struct Member {
    lane: u32,
    hop: u32,
}

/// The state of one resource.
#[derive(Debug, Clone, Copy, Default)]
struct Shared {
    /// Capacity times the weight unit.
    capacity: f64,
    /// Load of frozen flows while filling.
    frozen: f64,
    /// Weight of flows that are not frozen while filling.
    open: u64,
    /// Weight frozen at the present level.
    level: u64,
    /// Solve in which it was last visited.
    visited: u32,
    /// Solve for which it was last marked dirty.
    dirty: u32,
}

/// Flows in flight on shared resources.
pub(super) struct Sharing<'a> {
    routes: &'a Routes,
    resources: Vec<Shared>,
    members: Vec<Vec<Member>>,
    /// First slot of each lane in `places`.
    first_place: Vec<u32>,
    /// Where each hop of a lane stands among its resource's members.
    places: Vec<u32>,
    /// Solve in which each lane was last visited.
    visited: Vec<u32>,
    /// Rates of the flows visited by the present solve.
    rates: Vec<f64>,
    frozen: Vec<bool>,
    dirty: Vec<u32>,
    round: u32,
    component_lanes: Vec<u32>,
    component: Vec<u32>,
    touched: Vec<u32>,
    saturated: Vec<u32>,
    solves: u64,
}

impl<'a> Sharing<'a> {
    /// No flows yet. `paths` has the path of every lane, `None` for lanes that are never given to this.
    pub(super) fn new(routes: &'a Routes, paths: impl Iterator<Item = Option<PathId>>) -> Self {
        let unit = f64::from(routes.unit());
        let resources: Vec<Shared> = routes
            .resources()
            .iter()
            .map(|resource| Shared { capacity: resource.capacity * unit, ..Shared::default() })
            .collect();
        let mut first_place = vec![0u32];
        let mut places = 0;
        for path in paths {
            places += path.map_or(0, |path| routes.hops(path).len() as u32);
            first_place.push(places);
        }
        let lanes = first_place.len() - 1;
        Self {
            routes,
            members: vec![Vec::new(); resources.len()],
            resources,
            first_place,
            places: vec![0; places as usize],
            visited: vec![0; lanes],
            rates: vec![0.0; lanes],
            frozen: vec![false; lanes],
            dirty: Vec::new(),
            round: 1,
            component_lanes: Vec::new(),
            component: Vec::new(),
            touched: Vec::new(),
            saturated: Vec::new(),
            solves: 0,
        }
    }

    /// How many components were filled so far.
    pub(super) fn solves(&self) -> u64 {
        self.solves
    }

    #[inline]
    fn mark(&mut self, resource: ResourceId) {
        let shared = &mut self.resources[resource.index()];
        if shared.dirty != self.round {
            shared.dirty = self.round;
            self.dirty.push(resource.0);
        }
    }

    /// A flow begins.
    pub(super) fn add(&mut self, lane: u32, path: PathId) {
        let routes = self.routes;
        let first = self.first_place[lane as usize];
        for (hop, at) in routes.hops(path).iter().enumerate() {
            let members = &mut self.members[at.resource.index()];
            self.places[first as usize + hop] = members.len() as u32;
            members.push(Member { lane, hop: hop as u32 });
            self.mark(at.resource);
        }
    }

    /// A flow ends.
    pub(super) fn remove(&mut self, lane: u32, path: PathId) {
        let routes = self.routes;
        let first = self.first_place[lane as usize] as usize;
        for (hop, at) in routes.hops(path).iter().enumerate() {
            let place = self.places[first + hop];
            let members = &mut self.members[at.resource.index()];
            members.swap_remove(place as usize);
            if let Some(moved) = members.get(place as usize) {
                let slot = self.first_place[moved.lane as usize] + moved.hop;
                self.places[slot as usize] = place;
            }
            self.mark(at.resource);
        }
    }

    /// Solves where something changed; calls `told` with every flow of the touched components and its rate.
    pub(super) fn solve(&mut self, path: impl Fn(u32) -> PathId, mut told: impl FnMut(u32, f64)) {
        let round = self.round;
        let mut dirty = std::mem::take(&mut self.dirty);
        for resource in dirty.drain(..) {
            if self.members[resource as usize].is_empty()
                || self.resources[resource as usize].visited == round
            {
                continue;
            }
            self.collect(resource, &path);
            self.solves += 1;
            if let [lane] = self.component_lanes[..] {
                self.rates[lane as usize] = self.alone(path(lane));
            } else {
                self.fill(&path);
            }
            for &lane in &self.component_lanes {
                told(lane, self.rates[lane as usize]);
            }
        }
        self.dirty = dirty;
        self.round += 1;
    }

    /// The rate of a flow with nobody else on its path.
    fn alone(&self, path: PathId) -> f64 {
        self.routes.hops(path).iter().fold(f64::INFINITY, |rate, hop| {
            rate.min(self.resources[hop.resource.index()].capacity / f64::from(hop.weight))
        })
    }

    /// Collects the component of a resource.
    fn collect(&mut self, resource: u32, path: &impl Fn(u32) -> PathId) {
        let routes = self.routes;
        self.component.clear();
        self.component_lanes.clear();
        self.component.push(resource);
        self.resources[resource as usize].visited = self.round;
        let mut next = 0;
        while next < self.component.len() {
            let at = self.component[next] as usize;
            next += 1;
            for member in &self.members[at] {
                let seen = &mut self.visited[member.lane as usize];
                if *seen == self.round {
                    continue;
                }
                *seen = self.round;
                self.component_lanes.push(member.lane);
                for hop in routes.hops(path(member.lane)) {
                    let other = &mut self.resources[hop.resource.index()];
                    if other.visited != self.round {
                        other.visited = self.round;
                        self.component.push(hop.resource.0);
                    }
                }
            }
        }
    }

    /// Water-fills the collected component by ascending level.
    fn fill(&mut self, path: &impl Fn(u32) -> PathId) {
        let routes = self.routes;
        for &resource in &self.component {
            let shared = &mut self.resources[resource as usize];
            shared.frozen = 0.0;
            shared.open = 0;
            shared.level = 0;
        }
        for &lane in &self.component_lanes {
            self.frozen[lane as usize] = false;
            for hop in routes.hops(path(lane)) {
                self.resources[hop.resource.index()].open += u64::from(hop.weight);
            }
        }
        let mut last = 0.0;
        let mut left = self.component_lanes.len();
        while left > 0 {
            let mut least = f64::INFINITY;
            let (resources, saturated) = (&mut self.resources, &mut self.saturated);
            self.component.retain(|&resource| {
                let shared = &resources[resource as usize];
                if shared.open == 0 {
                    return false;
                }
                let share = share(shared);
                if share < least {
                    least = share;
                    saturated.clear();
                }
                if share <= least {
                    saturated.push(resource);
                }
                true
            });
            let level = f64::max(least, last);
            last = level;
            for &resource in &self.saturated {
                for member in &self.members[resource as usize] {
                    let lane = member.lane as usize;
                    if std::mem::replace(&mut self.frozen[lane], true) {
                        continue;
                    }
                    self.rates[lane] = level;
                    left -= 1;
                    for Hop { resource, weight } in routes.hops(path(member.lane)) {
                        let shared = &mut self.resources[resource.index()];
                        if shared.level == 0 {
                            self.touched.push(resource.0);
                        }
                        shared.level += u64::from(*weight);
                    }
                }
            }
            self.saturated.clear();
            for resource in self.touched.drain(..) {
                let shared = &mut self.resources[resource as usize];
                shared.frozen += shared.level as f64 * level;
                shared.open -= shared.level;
                shared.level = 0;
            }
        }
    }
}

/// What an open flow of weight 1 would get of a resource.
#[inline]
fn share(shared: &Shared) -> f64 {
    (shared.capacity - shared.frozen).max(0.0) / shared.open as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::fluid::reference;
    use crate::ids::LinkId;
    use crate::route::Resource;
    use crate::units::Time;

    /// Random tables: every path crosses some resources with weights of 1 to 6 sixths.
    fn tables() -> impl Strategy<Value = Routes> {
        let resources = prop::collection::vec(1u32..50, 1..12);
        resources.prop_flat_map(|capacities| {
            let count = capacities.len() as u32;
            let hop = (0..count, 1u32..=6);
            let path = prop::collection::btree_map(0..count, hop.prop_map(|(_, weight)| weight), 1..5);
            prop::collection::vec(path, 1..20).prop_map(move |paths| {
                let resources = capacities
                    .iter()
                    .enumerate()
                    .map(|(i, c)| Resource {
                        link: LinkId(i as u32),
                        lane: None,
                        capacity: f64::from(*c) * 1e9,
                    })
                    .collect();
                let paths: Vec<_> = paths
                    .into_iter()
                    .map(|path| {
                        let hop = |(resource, weight)| Hop { resource: ResourceId(resource), weight };
                        (path.into_iter().map(hop).collect(), Time::ZERO)
                    })
                    .collect();
                Routes::from_parts(resources, 6, &paths)
            })
        })
    }

    proptest! {
        /// Flows come and go at random; after every solve the rates are those of the plain twin to the last bit, and
        /// every flow has a bottleneck: a full resource on which no flow is faster.
        #[test]
        fn rates_are_max_min_fair(
            routes in tables(),
            toggles in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..60),
        ) {
            let paths: Vec<PathId> = (0..routes.len()).map(PathId::from_index).collect();
            let mut sharing = Sharing::new(&routes, paths.iter().copied().map(Some));
            let mut active = vec![false; paths.len()];
            let mut rates = vec![0.0; paths.len()];
            for (index, solve) in toggles {
                let lane = index.index(paths.len());
                if active[lane] {
                    sharing.remove(lane as u32, paths[lane]);
                } else {
                    sharing.add(lane as u32, paths[lane]);
                }
                active[lane] = !active[lane];
                if !solve {
                    continue;
                }
                sharing.solve(|lane| paths[lane as usize], |lane, rate| rates[lane as usize] = rate);
                let on: Vec<usize> = (0..paths.len()).filter(|i| active[*i]).collect();
                let own: Vec<PathId> = on.iter().map(|i| paths[*i]).collect();
                for (i, expected) in on.iter().zip(reference::component_rates(&routes, &own)) {
                    prop_assert_eq!(rates[*i].to_bits(), expected.to_bits());
                }
                let load = |r: usize| -> f64 {
                    let loads = on.iter().flat_map(|i| routes.hops(paths[*i]).iter().map(|hop| (*i, *hop)));
                    loads
                        .filter(|(_, hop)| hop.resource.index() == r)
                        .map(|(i, hop)| rates[i] * f64::from(hop.weight) / 6.0)
                        .sum()
                };
                for i in &on {
                    let bottleneck = routes.hops(paths[*i]).iter().any(|hop| {
                        let r = hop.resource.index();
                        let full = load(r) >= routes.resources()[r].capacity * (1.0 - 1e-9);
                        let fastest = on
                            .iter()
                            .filter(|j| routes.hops(paths[**j]).iter().any(|h| h.resource == hop.resource))
                            .all(|j| rates[*j] <= rates[*i] * (1.0 + 1e-9));
                        full && fastest
                    });
                    prop_assert!(bottleneck, "flow {} has a bottleneck", i);
                }
            }
        }
    }
}
