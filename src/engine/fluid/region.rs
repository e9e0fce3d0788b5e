//! The region around a dirty resource, filled by ascending level and grown until every flow has its bottleneck.

use super::flows::{Flows, NONE};

/// How often a region may grow before it is the whole component.
pub(super) const GROWTHS: u32 = 4;
/// How many solves go for the whole component at once after a region came to that.
const PATIENCE: u32 = 15;
/// Up to how many flows a whole component is filled here.
pub(super) const SMALL: usize = 64;

/// When a flow was last looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// Region in which it was last free.
    free: u32,
    /// Filling in which it was last looked at as a kept flow.
    kept: u32,
    /// Filling in which it was last frozen.
    frozen: u32,
    /// Filling in which a bottleneck was last seen.
    confirmed: u32,
}

/// A resource while it is filled.
#[derive(Debug, Clone, Copy)]
struct Load {
    capacity: f64,
    /// Load of frozen flows.
    frozen: f64,
    /// Weight of flows that are not frozen.
    open: u64,
    /// Weight frozen at the present level.
    level: u64,
    /// What an open flow of weight 1 would get.
    share: f64,
}

impl Load {
    /// Freezes what froze at a level.
    #[inline]
    fn settle(&mut self, level: f64) {
        self.frozen += self.level as f64 * level;
        self.open -= self.level;
        self.level = 0;
        self.share = (self.capacity - self.frozen).max(0.0) / self.open as f64;
    }
}

/// Solves regions one after the other.
#[derive(Debug, Default)]
pub(super) struct Region {
    /// Limits: see [`GROWTHS`] and [`SMALL`].
    growths: u32,
    small: usize,
    /// Number of the present region, and of the present filling.
    mark: u32,
    filling: u32,
    /// What was done with each flow.
    seen: Vec<Seen>,
    /// Solves left that go for whole components.
    whole: u32,
    /// Flows and resources looked at for it.
    work: usize,
    /// Its resources.
    region: Vec<u32>,
    /// They while filling, and the places of those that have open flows.
    loads: Vec<Load>,
    open: Vec<u32>,
    /// Flows whose rates are sought, and the rates that they had.
    pub(super) free: Vec<u32>,
    pub(super) old: Vec<f64>,
    kept: Vec<(f64, u32)>,
    freed: Vec<u32>,
    /// Flows that froze at the present level.
    fixed: Vec<u32>,
    touched: Vec<u32>,
    saturated: Vec<u32>,
}

impl Region {
    /// Regions that grow so often, and whole components of up to so many flows.
    pub(super) fn new(growths: u32, small: usize) -> Self {
        Self { growths, small, ..Self::default() }
    }

    /// How many flows and resources were looked at for the last region.
    pub(super) fn work(&self) -> usize {
        self.work
    }

    /// Solves the region around a dirty resource; false, with all rates as they were, where that comes to the whole of
    /// a component that is not small.
    pub(super) fn solve(&mut self, all: &mut Flows, resource: u32) -> bool {
        self.seen.resize(all.flows.len(), Seen::default());
        self.mark += 1;
        self.work = 0;
        self.region.clear();
        self.free.clear();
        self.old.clear();
        let first = &mut all.resources[resource as usize];
        (first.region, first.place) = (self.mark, 0);
        self.region.push(resource);
        let mut growths = 0;
        let mut looked = 0;
        if self.whole > 0 {
            self.whole -= 1;
            growths = self.growths;
        }
        loop {
            // The flows of resources that joined: new ones, those whose bottleneck was dirtied, or all.
            while looked < self.region.len() {
                let at = self.region[looked] as usize;
                looked += 1;
                for place in 0..all.resources[at].members.all().len() {
                    let lane = all.resources[at].members.all()[place].lane;
                    let flow = &all.flows[lane as usize];
                    let lost = growths >= self.growths
                        || flow.bottleneck == NONE
                        || all.resources[flow.bottleneck as usize].dirty == all.round;
                    if lost && self.seen[lane as usize].free != self.mark {
                        self.set_free(all, lane);
                    }
                }
                if growths >= self.growths && self.free.len() > self.small {
                    for (lane, old) in self.free.iter().zip(&self.old) {
                        all.flows[*lane as usize].rate = *old;
                    }
                    self.whole = 0;
                    return false;
                }
            }
            self.fill(all);
            if self.freed.is_empty() {
                break;
            }
            growths += 1;
            if growths == self.growths {
                self.whole = PATIENCE;
                looked = 0;
            }
            let mut freed = std::mem::take(&mut self.freed);
            for lane in freed.drain(..) {
                if self.seen[lane as usize].free != self.mark {
                    self.set_free(all, lane);
                }
            }
            self.freed = freed;
        }
        for &resource in &self.region {
            all.resources[resource as usize].dirty = 0;
        }
        true
    }

    fn set_free(&mut self, all: &mut Flows, lane: u32) {
        self.seen[lane as usize].free = self.mark;
        self.free.push(lane);
        let Flows { hops, resources, flows, .. } = all;
        let flow = &flows[lane as usize];
        self.old.push(flow.rate);
        for hop in flow.hops(hops) {
            let shared = &mut resources[hop.resource.index()];
            if shared.region != self.mark {
                (shared.region, shared.place) = (self.mark, self.region.len() as u32);
                self.region.push(hop.resource.0);
            }
        }
    }

    /// Water-fills the region by ascending level. Kept flows that lose their bottleneck end up in `freed`; where there
    /// are none, the free flows have their new rates and bottlenecks.
    fn fill(&mut self, all: &mut Flows) {
        self.filling += 1;
        let filling = self.filling;
        self.kept.clear();
        self.open.clear();
        self.loads.clear();
        for (place, &resource) in (0..).zip(&self.region) {
            let Flows { resources, flows, .. } = &*all;
            let shared = &resources[resource as usize];
            let mut open = 0;
            for member in shared.members.all() {
                let seen = &mut self.seen[member.lane as usize];
                open += u64::from(member.weight);
                if seen.free != self.mark && seen.kept != filling {
                    seen.kept = filling;
                    self.kept.push((flows[member.lane as usize].rate, member.lane));
                }
            }
            let (capacity, share) = (shared.capacity, shared.capacity / open as f64);
            self.loads.push(Load { capacity, frozen: 0.0, open, level: 0, share });
            if open > 0 {
                self.open.push(place);
            }
        }
        self.kept.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut next_kept = 0;
        let mut last = 0.0;
        let mut left = self.free.len() + self.kept.len();
        self.work += left + self.region.len();
        while left > 0 {
            while self
                .kept
                .get(next_kept)
                .is_some_and(|(_, lane)| self.seen[*lane as usize].frozen == filling)
            {
                next_kept += 1;
            }
            let kept_rate = self.kept.get(next_kept).map_or(f64::INFINITY, |kept| kept.0);
            let mut least = kept_rate;
            let (loads, saturated) = (&self.loads, &mut self.saturated);
            saturated.clear();
            self.open.retain(|&place| {
                let load = &loads[place as usize];
                if load.open == 0 {
                    return false;
                }
                if load.share < least {
                    least = load.share;
                    saturated.clear();
                }
                if load.share <= least {
                    saturated.push(place);
                }
                true
            });
            let level = f64::max(least, last);
            last = level;
            for &place in &self.saturated {
                let resource = self.region[place as usize];
                let Flows { resources, flows, .. } = &mut *all;
                for member in resources[resource as usize].members.all() {
                    let lane = member.lane;
                    let (flow, seen) = (&mut flows[lane as usize], &mut self.seen[lane as usize]);
                    if seen.frozen == filling {
                        // A flow that froze at this very level has a bottleneck here too.
                        if flow.rate.to_bits() == level.to_bits() && seen.confirmed != filling {
                            seen.confirmed = filling;
                            flow.bottleneck = resource;
                        }
                        continue;
                    }
                    seen.frozen = filling;
                    if seen.free == self.mark {
                        flow.rate = level;
                        flow.bottleneck = resource;
                    } else if flow.rate.to_bits() == level.to_bits() {
                        seen.confirmed = filling;
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
                if self.seen[lane as usize].frozen != filling {
                    self.seen[lane as usize].frozen = filling;
                    self.fixed.push(lane);
                }
            }
            left -= self.fixed.len();
            if left == 0 {
                self.fixed.clear();
                break;
            }
            for lane in self.fixed.drain(..) {
                for hop in all.hops_of(lane) {
                    let shared = &all.resources[hop.resource.index()];
                    if shared.region != self.mark {
                        continue;
                    }
                    let load = &mut self.loads[shared.place as usize];
                    if load.level == 0 {
                        self.touched.push(shared.place);
                    }
                    load.level += u64::from(hop.weight);
                }
            }
            for place in self.touched.drain(..) {
                self.loads[place as usize].settle(level);
            }
        }
        for &(_, lane) in &self.kept {
            let flow = &all.flows[lane as usize];
            let inside = all.resources[flow.bottleneck as usize].region == self.mark;
            if inside && self.seen[lane as usize].confirmed != filling {
                self.freed.push(lane);
            }
        }
    }
}
