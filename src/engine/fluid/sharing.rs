//! Max-min fair rates of the flows in flight, solved again only where an event changes them.
//!
//! An event dirties the resources of the flows that it starts or ends. Around them a *region* is solved: the flows whose
//! bottleneck was dirtied, and the new ones, are *free*; all others keep their rates. The region is water-filled by
//! ascending level, the kept flows freezing at the rates that they have. The result stands if every kept flow still
//! has its bottleneck: a full resource on which nobody is faster. Those that have not are freed too, the region grows
//! by their resources, and is filled again; in the end it is the connected component. Max-min fair rates are the only
//! ones in which every flow has a bottleneck (Bertsekas and Gallager), so a small region that stands is exact.
//!
//! Arithmetic contract: a resource's share is its capacity less the sum, in ascending order of level, of
//! (weight frozen at the level) x (level), over its open weight. Weights are integers, so their sums do not
//! depend on order; kept flows enter at their level like all others; so rates are a pure function of the set of flows,
//! to the last bit, whatever the region was.

use super::component::MARK_EVERY;
use super::components::Components;
use super::flows::Flows;
use super::network::Network;
use super::region::{GROWTHS, Region, SMALL};

/// Flows in flight on shared resources.
pub(super) struct Sharing {
    all: Flows,
    region: Region,
    components: Components,
    solves: u64,
}

impl Sharing {
    /// No flows yet; flows are the lanes of the network.
    pub(super) fn new(network: &Network) -> Self {
        Self::by(network, Region::new(GROWTHS, SMALL), Components::new(0, MARK_EVERY))
    }

    fn by(network: &Network, region: Region, components: Components) -> Self {
        Self { all: Flows::new(network), region, components, solves: 0 }
    }

    /// How many regions were solved so far.
    pub(super) fn solves(&self) -> u64 {
        self.solves
    }

    /// Rate and bytes left of a flow, to the last bit, and for how long they have held at `now`.
    pub(super) fn state(&self, lane: usize, now: u64) -> (u64, u64, u64) {
        let flow = &self.all.flows[lane];
        (flow.rate.to_bits(), flow.remaining.to_bits(), now - flow.updated)
    }

    /// Puts all flows off by so much.
    pub(super) fn shift(&mut self, by: u64) {
        for flow in &mut self.all.flows {
            flow.updated += by;
        }
    }

    /// A flow of so many bytes begins.
    pub(super) fn add(&mut self, lane: u32, bytes: u64, now: u64) {
        self.all.add(lane, bytes, now);
        self.components.add(lane, self.all.hops_of(lane));
    }

    /// A flow ends.
    pub(super) fn remove(&mut self, lane: u32) {
        self.all.remove(lane);
        self.components.remove(lane, self.all.hops_of(lane));
    }

    /// Solves where something changed; calls `told` with every flow whose rate changed, and when it will be sent.
    pub(super) fn solve(&mut self, now: u64, mut told: impl FnMut(u32, u64)) {
        let Self { all, region, components, solves } = self;
        let mut dirty = std::mem::take(&mut all.dirty);
        for resource in dirty.drain(..) {
            let shared = &all.resources[resource as usize];
            if shared.dirty != all.round || shared.members.is_empty() || components.done(resource, all.round)
            {
                continue;
            }
            *solves += 1;
            if let Some(lane) = shared.members.only()
                && let Some(old) = all.alone(lane)
            {
                if let Some(finish) = all.flows[lane as usize].move_on(old, now) {
                    told(lane, finish);
                }
                continue;
            }
            if !components.wants(resource) {
                if region.solve(all, resource) {
                    for (lane, old) in region.free.iter().zip(&region.old) {
                        if let Some(finish) = all.flows[*lane as usize].move_on(*old, now) {
                            told(*lane, finish);
                        }
                    }
                    components.stood(all, resource, region.work());
                    continue;
                }
                components.grew(all, resource, region.work());
            }
            components.solve(all, resource, now, &mut told);
        }
        all.dirty = dirty;
        all.round += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::fluid::reference;
    use crate::ids::{LinkId, PathId, ResourceId};
    use crate::route::{Hop, Resource, Routes};
    use crate::units::Time;

    /// Random tables: every path crosses some resources with weights of 1 to 6 sixths.
    fn tables() -> impl Strategy<Value = Routes> {
        let resources = prop::collection::vec(1u32..50, 1..12);
        resources.prop_flat_map(|capacities| {
            let count = capacities.len() as u32;
            let hop = (0..count, 1u32..=6);
            let path = prop::collection::btree_map(0..count, hop.prop_map(|(_, weight)| weight), 1..5);
            prop::collection::vec(path, 1..60).prop_map(move |paths| {
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

    /// The solver as it is, with components as soon as a region grows, and with components only.
    fn ways() -> impl Strategy<Value = (Region, Components)> {
        (0..3u8).prop_map(|way| match way {
            0 => (Region::new(GROWTHS, SMALL), Components::new(0, MARK_EVERY)),
            1 => (Region::new(1, 0), Components::new(0, 0)),
            _ => (Region::new(0, 0), Components::new(usize::MAX, 0)),
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// Flows come and go at random; after every solve the rates are those of the plain twin to the last bit, and
        /// every flow has a bottleneck: a full resource on which no flow is faster.
        #[test]
        fn rates_are_max_min_fair(
            routes in tables(),
            (region, components) in ways(),
            all in any::<bool>(),
            toggles in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..60),
        ) {
            let paths: Vec<PathId> = (0..routes.len()).map(PathId::from_index).collect();
            let own: Vec<_> = paths.iter().copied().map(Some).collect();
            let mut sharing = Sharing::by(&Network::of_paths(&routes, &own), region, components);
            let mut active = vec![all; paths.len()];
            if all {
                (0..paths.len() as u32).for_each(|lane| sharing.add(lane, 1, 0));
                sharing.solve(0, |_, _| {});
            }
            let mut rates = vec![0.0; paths.len()];
            for (index, solve) in toggles {
                let lane = index.index(paths.len());
                if active[lane] {
                    sharing.remove(lane as u32);
                } else {
                    sharing.add(lane as u32, 1, 0);
                }
                active[lane] = !active[lane];
                if !solve {
                    continue;
                }
                sharing.solve(0, |_, _| {});
                for (rate, flow) in rates.iter_mut().zip(&sharing.all.flows) {
                    *rate = flow.rate;
                }
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
