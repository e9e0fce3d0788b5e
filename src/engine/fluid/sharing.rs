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

use crate::ids::ResourceId;
use crate::route::Hop;

use super::drain::drain;
use super::network::Network;

/// A flow on a resource: its lane, its weight there, and where its path says so.
#[derive(Debug, Clone, Copy)]
struct Member {
    lane: u32,
    weight: u32,
    /// Slot of this hop in `places`.
    slot: u32,
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
    /// Region in which it was last.
    region: u32,
    /// Solve for which it was dirtied, until its region stands.
    dirty: u32,
}

/// The state of one flow.
#[derive(Debug, Clone, Copy)]
struct Flow {
    /// Bytes per second.
    rate: f64,
    /// What was left at `updated`, in bytes.
    remaining: f64,
    updated: u64,
    /// Its hops that matter, as a range of `Sharing::hops` and `Sharing::places`.
    hops: (u32, u32),
    /// The full resource on which nobody is faster; [`NONE`] for a new flow.
    bottleneck: u32,
    /// Region in which it was last free.
    free: u32,
    /// Filling in which it was last looked at as a kept flow.
    kept: u32,
    /// Filling in which it was last frozen.
    frozen: u32,
    /// Filling in which a bottleneck was last seen.
    confirmed: u32,
}

impl Flow {
    /// Moves on from its old rate to the present one: when it will be sent, if that changed.
    #[inline]
    fn move_on(&mut self, old: f64, now: u64) -> Option<u64> {
        if self.rate.to_bits() == old.to_bits() {
            return None;
        }
        self.remaining -= old * (now - self.updated) as f64 / 1e12;
        self.updated = now;
        Some(now.saturating_add(drain(self.remaining, self.rate)))
    }
}

/// No bottleneck known.
const NONE: u32 = u32::MAX;

/// How often a region may grow before it is the whole component.
const GROWTHS: u32 = 4;
/// How many solves go for the whole component at once after a region came to that.
const PATIENCE: u32 = 15;

/// Flows in flight on shared resources.
pub(super) struct Sharing {
    hops: Vec<Hop>,
    resources: Vec<Shared>,
    members: Vec<Vec<Member>>,
    /// Where each hop of a lane stands among its resource's members.
    places: Vec<u32>,
    flows: Vec<Flow>,
    dirty: Vec<u32>,
    /// Number of the present solve.
    round: u32,
    /// Number of the present region, and of the present filling.
    mark: u32,
    filling: u32,
    /// Solves left that go for whole components.
    whole: u32,
    region: Vec<u32>,
    /// Resources of the region that have open flows while filling.
    open: Vec<u32>,
    free: Vec<u32>,
    kept: Vec<(f64, u32)>,
    freed: Vec<u32>,
    /// Flows that froze at the present level.
    fixed: Vec<u32>,
    touched: Vec<u32>,
    saturated: Vec<u32>,
    old: Vec<f64>,
    solves: u64,
}

impl Sharing {
    /// No flows yet; flows are the lanes of the network.
    pub(super) fn new(network: &Network) -> Self {
        let resources: Vec<Shared> = network
            .capacities
            .iter()
            .map(|capacity| Shared { capacity: *capacity, ..Shared::default() })
            .collect();
        let (hops, starts) = (network.hops.clone(), &network.starts);
        let flows = starts
            .windows(2)
            .map(|range| Flow {
                rate: 0.0,
                remaining: 0.0,
                updated: 0,
                hops: (range[0], range[1]),
                bottleneck: NONE,
                free: 0,
                kept: 0,
                frozen: 0,
                confirmed: 0,
            })
            .collect();
        Self {
            places: vec![0; hops.len()],
            hops,
            members: vec![Vec::new(); resources.len()],
            resources,
            flows,
            dirty: Vec::new(),
            round: 1,
            mark: 0,
            filling: 0,
            whole: 0,
            region: Vec::new(),
            open: Vec::new(),
            free: Vec::new(),
            kept: Vec::new(),
            freed: Vec::new(),
            fixed: Vec::new(),
            touched: Vec::new(),
            saturated: Vec::new(),
            old: Vec::new(),
            solves: 0,
        }
    }

    /// How many regions were solved so far.
    pub(super) fn solves(&self) -> u64 {
        self.solves
    }

    /// Rate and bytes left of a flow, to the last bit, and for how long they have held at `now`.
    pub(super) fn state(&self, lane: usize, now: u64) -> (u64, u64, u64) {
        let flow = &self.flows[lane];
        (flow.rate.to_bits(), flow.remaining.to_bits(), now - flow.updated)
    }

    /// Puts all flows off by so much.
    pub(super) fn shift(&mut self, by: u64) {
        for flow in &mut self.flows {
            flow.updated += by;
        }
    }

    #[inline]
    fn dirty(&mut self, resource: ResourceId) {
        let shared = &mut self.resources[resource.index()];
        if shared.dirty != self.round {
            shared.dirty = self.round;
            self.dirty.push(resource.0);
        }
    }

    /// The slots of a lane's hops.
    #[inline]
    fn slots(&self, lane: u32) -> std::ops::Range<usize> {
        let (start, end) = self.flows[lane as usize].hops;
        start as usize..end as usize
    }

    /// A flow of so many bytes begins.
    pub(super) fn add(&mut self, lane: u32, bytes: u64, now: u64) {
        let flow = &mut self.flows[lane as usize];
        (flow.rate, flow.bottleneck) = (0.0, NONE);
        (flow.remaining, flow.updated) = (bytes as f64, now);
        for slot in self.slots(lane) {
            let Hop { resource, weight } = self.hops[slot];
            let members = &mut self.members[resource.index()];
            self.places[slot] = members.len() as u32;
            members.push(Member { lane, weight, slot: slot as u32 });
            self.dirty(resource);
        }
    }

    /// A flow ends.
    pub(super) fn remove(&mut self, lane: u32) {
        for slot in self.slots(lane) {
            let resource = self.hops[slot].resource;
            let place = self.places[slot];
            let members = &mut self.members[resource.index()];
            members.swap_remove(place as usize);
            if let Some(moved) = members.get(place as usize) {
                self.places[moved.slot as usize] = place;
            }
            self.dirty(resource);
        }
    }

    /// Solves where something changed; calls `told` with every flow whose rate changed, and when it will be sent.
    pub(super) fn solve(&mut self, now: u64, mut told: impl FnMut(u32, u64)) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for resource in dirty.drain(..) {
            let members = &self.members[resource as usize];
            if self.resources[resource as usize].dirty != self.round || members.is_empty() {
                continue;
            }
            self.solves += 1;
            if let [only] = members[..]
                && let Some((rate, bottleneck)) = self.alone(only.lane)
            {
                let lane = only.lane;
                for slot in self.slots(lane) {
                    self.resources[self.hops[slot].resource.index()].dirty = 0;
                }
                let flow = &mut self.flows[lane as usize];
                let old = std::mem::replace(&mut flow.rate, rate);
                flow.bottleneck = bottleneck;
                if let Some(finish) = flow.move_on(old, now) {
                    told(lane, finish);
                }
                continue;
            }
            self.solve_region(resource);
            for (lane, old) in self.free.iter().zip(&self.old) {
                if let Some(finish) = self.flows[*lane as usize].move_on(*old, now) {
                    told(*lane, finish);
                }
            }
        }
        self.dirty = dirty;
        self.round += 1;
    }

    /// The rate and bottleneck of a flow that has its path for itself now; `None` where it has not.
    fn alone(&self, lane: u32) -> Option<(f64, u32)> {
        let mut least = (f64::INFINITY, NONE);
        for hop in &self.hops[self.slots(lane)] {
            if self.members[hop.resource.index()].len() > 1 {
                return None;
            }
            let rate = self.resources[hop.resource.index()].capacity / f64::from(hop.weight);
            if rate < least.0 {
                least = (rate, hop.resource.0);
            }
        }
        Some(least)
    }

    /// Solves the region around a dirty resource.
    fn solve_region(&mut self, resource: u32) {
        self.mark += 1;
        self.region.clear();
        self.free.clear();
        self.old.clear();
        self.include(resource);
        let mut growths = 0;
        let mut looked = 0;
        if self.whole > 0 {
            self.whole -= 1;
            growths = GROWTHS;
        }
        loop {
            // The flows of resources that joined: new ones, those whose bottleneck was dirtied, or all.
            while looked < self.region.len() {
                let at = self.region[looked] as usize;
                looked += 1;
                for place in 0..self.members[at].len() {
                    let lane = self.members[at][place].lane;
                    let flow = &self.flows[lane as usize];
                    let lost = growths >= GROWTHS
                        || flow.bottleneck == NONE
                        || self.resources[flow.bottleneck as usize].dirty == self.round;
                    if lost && flow.free != self.mark {
                        self.set_free(lane);
                    }
                }
            }
            self.fill();
            if self.freed.is_empty() {
                break;
            }
            growths += 1;
            if growths == GROWTHS {
                self.whole = PATIENCE;
                looked = 0;
            }
            let mut freed = std::mem::take(&mut self.freed);
            for lane in freed.drain(..) {
                if self.flows[lane as usize].free != self.mark {
                    self.set_free(lane);
                }
            }
            self.freed = freed;
        }
        for &resource in &self.region {
            self.resources[resource as usize].dirty = 0;
        }
    }

    fn include(&mut self, resource: u32) {
        let shared = &mut self.resources[resource as usize];
        if shared.region != self.mark {
            shared.region = self.mark;
            self.region.push(resource);
        }
    }

    fn set_free(&mut self, lane: u32) {
        let flow = &mut self.flows[lane as usize];
        flow.free = self.mark;
        self.free.push(lane);
        self.old.push(flow.rate);
        for slot in self.slots(lane) {
            self.include(self.hops[slot].resource.0);
        }
    }

    /// Water-fills the region by ascending level. Kept flows that lose their bottleneck end up in `freed`; where there
    /// are none, the free flows have their new rates and bottlenecks.
    fn fill(&mut self) {
        self.filling += 1;
        let filling = self.filling;
        self.kept.clear();
        self.open.clear();
        for &resource in &self.region {
            let mut open = 0;
            for member in &self.members[resource as usize] {
                let flow = &mut self.flows[member.lane as usize];
                open += u64::from(member.weight);
                if flow.free != self.mark && flow.kept != filling {
                    flow.kept = filling;
                    self.kept.push((flow.rate, member.lane));
                }
            }
            let shared = &mut self.resources[resource as usize];
            (shared.frozen, shared.open, shared.level) = (0.0, open, 0);
            if open > 0 {
                self.open.push(resource);
            }
        }
        self.kept.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut next_kept = 0;
        let mut last = 0.0;
        let mut left = self.free.len() + self.kept.len();
        while left > 0 {
            while self
                .kept
                .get(next_kept)
                .is_some_and(|(_, lane)| self.flows[*lane as usize].frozen == filling)
            {
                next_kept += 1;
            }
            let kept_rate = self.kept.get(next_kept).map_or(f64::INFINITY, |kept| kept.0);
            let mut least = kept_rate;
            let (resources, saturated) = (&self.resources, &mut self.saturated);
            saturated.clear();
            self.open.retain(|&resource| {
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
            for at in 0..self.saturated.len() {
                let resource = self.saturated[at];
                for place in 0..self.members[resource as usize].len() {
                    let lane = self.members[resource as usize][place].lane;
                    let flow = &mut self.flows[lane as usize];
                    if flow.frozen == filling {
                        // A flow that froze at this very level has a bottleneck here too.
                        if flow.rate.to_bits() == level.to_bits() && flow.confirmed != filling {
                            flow.confirmed = filling;
                            flow.bottleneck = resource;
                        }
                        continue;
                    }
                    flow.frozen = filling;
                    if flow.free == self.mark {
                        flow.rate = level;
                        flow.bottleneck = resource;
                    } else if flow.rate.to_bits() == level.to_bits() {
                        flow.confirmed = filling;
                        flow.bottleneck = resource;
                    } else {
                        self.freed.push(lane);
                    }
                    self.fixed.push(lane);
                }
            }
            while let Some(&(rate, lane)) = self.kept.get(next_kept) {
                if rate.to_bits() != level.to_bits() && rate > level {
                    break;
                }
                next_kept += 1;
                if self.flows[lane as usize].frozen != filling {
                    self.flows[lane as usize].frozen = filling;
                    self.fixed.push(lane);
                }
            }
            left -= self.fixed.len();
            if left == 0 {
                self.fixed.clear();
                break;
            }
            let fixed = std::mem::take(&mut self.fixed);
            for &lane in &fixed {
                self.freeze(lane);
            }
            self.fixed = fixed;
            self.fixed.clear();
            for resource in self.touched.drain(..) {
                let shared = &mut self.resources[resource as usize];
                shared.frozen += shared.level as f64 * level;
                shared.open -= shared.level;
                shared.level = 0;
            }
        }
        for &(_, lane) in &self.kept {
            let flow = &self.flows[lane as usize];
            let inside = self.resources[flow.bottleneck as usize].region == self.mark;
            if inside && flow.confirmed != filling {
                self.freed.push(lane);
            }
        }
    }

    /// Takes a flow out of the open weight of the region's resources.
    fn freeze(&mut self, lane: u32) {
        for slot in self.slots(lane) {
            let hop = self.hops[slot];
            let shared = &mut self.resources[hop.resource.index()];
            if shared.region != self.mark {
                continue;
            }
            if shared.level == 0 {
                self.touched.push(hop.resource.0);
            }
            shared.level += u64::from(hop.weight);
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
    use crate::ids::PathId;
    use crate::route::Resource;
    use crate::route::Routes;
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
            let mut sharing = Sharing::new(&Network::of_paths(&routes, &paths.iter().copied().map(Some).collect::<Vec<_>>()));
            let mut active = vec![false; paths.len()];
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
                for (rate, flow) in rates.iter_mut().zip(&sharing.flows) {
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
