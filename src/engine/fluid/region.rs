//! The region around a dirty resource, filled by ascending level and grown until every flow has its bottleneck.

use super::flows::{Flows, NONE, Shared};

/// How often a region may grow before it is the whole component.
const GROWTHS: u32 = 4;
/// How many solves go for the whole component at once after a region came to that.
const PATIENCE: u32 = 15;

/// Solves regions one after the other.
#[derive(Debug, Default)]
pub(super) struct Region {
    /// Number of the present region, and of the present filling.
    mark: u32,
    filling: u32,
    /// Solves left that go for whole components.
    whole: u32,
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
    /// Solves the region around a dirty resource.
    pub(super) fn solve(&mut self, all: &mut Flows, resource: u32) {
        self.mark += 1;
        self.region.clear();
        self.free.clear();
        self.old.clear();
        self.include(all, resource);
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
                for place in 0..all.resources[at].members.len() {
                    let lane = all.resources[at].members[place].lane;
                    let flow = &all.flows[lane as usize];
                    let lost = growths >= GROWTHS
                        || flow.bottleneck == NONE
                        || all.resources[flow.bottleneck as usize].dirty == all.round;
                    if lost && flow.free != self.mark {
                        self.set_free(all, lane);
                    }
                }
            }
            self.fill(all);
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
                if all.flows[lane as usize].free != self.mark {
                    self.set_free(all, lane);
                }
            }
            self.freed = freed;
        }
        for &resource in &self.region {
            all.resources[resource as usize].dirty = 0;
        }
    }

    fn include(&mut self, all: &mut Flows, resource: u32) {
        let shared = &mut all.resources[resource as usize];
        if shared.region != self.mark {
            shared.region = self.mark;
            self.region.push(resource);
        }
    }

    fn set_free(&mut self, all: &mut Flows, lane: u32) {
        let flow = &mut all.flows[lane as usize];
        flow.free = self.mark;
        self.free.push(lane);
        self.old.push(flow.rate);
        for slot in all.flows[lane as usize].slots() {
            self.include(all, all.hops[slot].resource.0);
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
                let flow = &mut all.flows[member.lane as usize];
                open += u64::from(member.weight);
                if flow.free != self.mark && flow.kept != filling {
                    flow.kept = filling;
                    self.kept.push((flow.rate, member.lane));
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
        while left > 0 {
            while self
                .kept
                .get(next_kept)
                .is_some_and(|(_, lane)| all.flows[*lane as usize].frozen == filling)
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
                    let flow = &mut all.flows[lane as usize];
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
                if all.flows[lane as usize].frozen != filling {
                    all.flows[lane as usize].frozen = filling;
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
            if inside && flow.confirmed != filling {
                self.freed.push(lane);
            }
        }
    }

    /// Takes a flow out of the open weight of the region's resources.
    fn freeze(&mut self, all: &mut Flows, lane: u32) {
        for slot in all.flows[lane as usize].slots() {
            let hop = all.hops[slot];
            let shared = &mut all.resources[hop.resource.index()];
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
