//! Components that are solved as a whole, because what happens to one flow changes most others.

use crate::route::Hop;

use super::component::{Component, Desk, NOWHERE};
use super::flows::{Flows, NONE};

/// How much more is spent on a whole component than on a region that was no better, at most.
const PATIENCE: usize = 512;

/// A region of more work than this makes one look at its component.
const MUCH: usize = 1024;

/// A component, and how long it is solved as a whole.
#[derive(Debug)]
struct Entry {
    component: Component,
    /// Work of the last time.
    work: usize,
    /// Work that goes into the whole before a region is tried again.
    left: usize,
    /// How much of it the next region that comes to the whole buys, in its own work.
    patience: usize,
    /// Round in which it was solved last.
    round: u32,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Components {
    desk: Desk,
    /// Least work that goes into a component.
    least: usize,
    entries: Vec<Option<Entry>>,
    /// Numbers of entries that are none.
    vacant: Vec<u32>,
    /// How many there are.
    count: usize,
}

impl Components {
    /// None. At least so much work goes into a component, and so many flows a resource freeze between two marks.
    pub(super) fn new(least: usize, mark_every: usize) -> Self {
        Self { desk: Desk::new(mark_every), least, entries: Vec::new(), vacant: Vec::new(), count: 0 }
    }

    /// A flow begins.
    #[inline]
    pub(super) fn add(&mut self, lane: u32, hops: &[Hop]) {
        if self.count > 0 {
            self.join(lane, hops);
        }
    }

    fn join(&mut self, lane: u32, hops: &[Hop]) {
        let first = self.home(hops);
        if first != NONE && hops.iter().all(|hop| self.desk.homes[hop.resource.index()].component == first) {
            if let Some(entry) = &mut self.entries[first as usize] {
                entry.component.add(&mut self.desk, lane, hops);
            }
            return;
        }
        // It would join what was apart.
        for hop in hops {
            let home = self.desk.homes[hop.resource.index()];
            if home == NOWHERE {
                continue;
            }
            let idle = self.entries[home.component as usize]
                .as_ref()
                .is_none_or(|entry| entry.component.idle(home.place));
            if idle {
                self.desk.homes[hop.resource.index()] = NOWHERE;
            } else {
                self.forget(home.component);
            }
        }
    }

    /// A flow ends.
    #[inline]
    pub(super) fn remove(&mut self, lane: u32, hops: &[Hop]) {
        if self.count > 0
            && let home = self.home(hops)
            && home != NONE
            && let Some(entry) = &mut self.entries[home as usize]
        {
            entry.component.remove(&self.desk, lane, hops);
        }
    }

    fn home(&self, hops: &[Hop]) -> u32 {
        hops.first().map_or(NONE, |hop| self.desk.homes[hop.resource.index()].component)
    }

    /// The component of a resource, where it has one.
    #[inline]
    fn of(&self, resource: u32) -> Option<u32> {
        if self.count == 0 {
            return None;
        }
        let home = self.desk.homes[resource as usize].component;
        (home != NONE).then_some(home)
    }

    /// Whether the component of a resource was solved in this round.
    #[inline]
    pub(super) fn done(&self, resource: u32, round: u32) -> bool {
        self.of(resource)
            .and_then(|own| self.entries[own as usize].as_ref())
            .is_some_and(|entry| entry.round == round)
    }

    /// Whether a resource is to be solved with its whole component.
    #[inline]
    pub(super) fn wants(&self, resource: u32) -> bool {
        self.of(resource)
            .and_then(|own| self.entries[own as usize].as_ref())
            .is_some_and(|entry| entry.left > 0)
    }

    /// A region of this resource stood after so much work.
    #[inline]
    pub(super) fn stood(&mut self, all: &Flows, resource: u32, work: usize) {
        if self.count > 0 || work > MUCH {
            self.weigh(all, resource, work, true);
        }
    }

    /// A region of this resource came to the whole component after so much work.
    pub(super) fn grew(&mut self, all: &Flows, resource: u32, work: usize) {
        self.weigh(all, resource, work, false);
    }

    /// Whether the next solves go for the whole component.
    fn weigh(&mut self, all: &Flows, resource: u32, work: usize, stood: bool) {
        if let Some(own) = self.of(resource)
            && let Some(entry) = &mut self.entries[own as usize]
        {
            // Rates or bottlenecks are no longer those of its marks.
            entry.component.strike(1);
            if !stood || work > entry.work {
                entry.left = (work * entry.patience).max(self.least);
                entry.patience = (entry.patience * 2).min(PATIENCE);
            } else if entry.component.worn() {
                self.forget(own);
            } else {
                entry.patience = 1;
            }
        } else if !stood || work > MUCH {
            self.desk.homes.resize(all.resources.len(), NOWHERE);
            self.desk.numbers.resize(all.flows.len(), 0);
            let own = self.vacant.pop().unwrap_or(self.entries.len() as u32);
            let component = Component::gather(all, &mut self.desk, resource, own);
            let left = work.max(self.least);
            self.put(own, Entry { component, work, left, patience: 2, round: 0 });
        }
    }

    fn put(&mut self, own: u32, entry: Entry) {
        if own as usize == self.entries.len() {
            self.entries.push(None);
        }
        self.entries[own as usize] = Some(entry);
        self.count += 1;
    }

    /// Solves the component of a resource; calls `told` with every flow whose rate changed, and when it will be sent.
    pub(super) fn solve(&mut self, all: &mut Flows, resource: u32, now: u64, told: impl FnMut(u32, u64)) {
        let Some(own) = self.of(resource) else { return };
        let Some(mut entry) = self.entries[own as usize].take() else { return };
        if entry.component.worn() {
            entry.component.leave(&mut self.desk, own);
            entry.component = Component::gather(all, &mut self.desk, resource, own);
        }
        let work = entry.component.fill(all, &mut self.desk, now, told);
        entry.work = work;
        entry.left = entry.left.saturating_sub(work);
        entry.round = all.round;
        self.entries[own as usize] = Some(entry);
        if self.desk.clock > u32::MAX / 2 {
            self.clear();
        }
    }

    /// Numbers begin anew.
    fn clear(&mut self) {
        for own in 0..self.entries.len() as u32 {
            self.forget(own);
        }
        self.desk.numbers.fill(0);
        self.desk.clock = 0;
    }

    fn forget(&mut self, own: u32) {
        if let Some(entry) = self.entries[own as usize].take() {
            entry.component.leave(&mut self.desk, own);
            self.vacant.push(own);
            self.count -= 1;
        }
    }
}
