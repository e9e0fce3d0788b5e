//! The region around a dirty resource, filled by ascending level and grown until every flow has its bottleneck.

use super::flows::{Flows, NONE, Shared};

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
    /// Those of them that have open flows while filling.
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
        all.resources[resource as usize].region = self.mark;
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
                for place in 0..all.resources[at].members.len() {
                    let lane = all.resources[at].members[place].lane;
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
                shared.region = self.mark;
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
        for &resource in &self.region {
            let mut open = 0;
            for member in &all.resources[resource as usize].members {
                let seen = &mut self.seen[member.lane as usize];
                open += u64::from(member.weight);
                if seen.free != self.mark && seen.kept != filling {
                    seen.kept = filling;
                    self.kept.push((all.flows[member.lane as usize].rate, member.lane));
                }
            }
            let shared = &mut all.resources[resource as usize];
            (shared.frozen, shared.open, shared.level) = (0.0, open, 0);
            if open > 0 {
                self.open.push(resource);
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
            let (resources, saturated) = (&all.resources, &mut self.saturated);
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
                for place in 0..all.resources[resource as usize].members.len() {
                    let lane = all.resources[resource as usize].members[place].lane;
                    let (flow, seen) = (&mut all.flows[lane as usize], &mut self.seen[lane as usize]);
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
            let fixed = std::mem::take(&mut self.fixed);
            for &lane in &fixed {
                self.freeze(all, lane);
            }
            self.fixed = fixed;
            self.fixed.clear();
            for resource in self.touched.drain(..) {
                let shared = &mut all.resources[resource as usize];
                shared.frozen += shared.level as f64 * level;
                shared.open -= shared.level;
                shared.level = 0;
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

    /// Takes a flow out of the open weight of the region's resources.
    fn freeze(&mut self, all: &mut Flows, lane: u32) {
        let Flows { hops, resources, flows, .. } = all;
        for hop in flows[lane as usize].hops(hops) {
            let shared = &mut resources[hop.resource.index()];
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
