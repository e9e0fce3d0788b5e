//! Flows in flight and the resources that they share.

use std::ops::Range;

use crate::ids::ResourceId;
use crate::route::Hop;

use super::drain::{drain, float};
use super::members::{Member, Members};
use super::network::Network;

/// The state of one resource: a line of cache.
#[derive(Debug, Clone, Default)]
#[repr(align(64))]
pub(super) struct Shared {
    /// Capacity times the weight unit.
    pub(super) capacity: f64,
    /// The flows on it.
    pub(super) members: Members,
    /// Region in which it was last, and its place there.
    pub(super) region: u32,
    pub(super) place: u32,
    /// Solve for which it was dirtied, until its region stands.
    pub(super) dirty: u32,
}

impl Shared {
    /// It is to be solved.
    #[inline]
    fn touch(&mut self, own: ResourceId, round: u32, dirty: &mut Vec<u32>) {
        if self.dirty != round {
            self.dirty = round;
            dirty.push(own.0);
        }
    }
}

/// Hops that are kept with a flow.
const NEAR: usize = 2;

/// The state of one flow: a line of cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Flow {
    /// Bytes per second.
    pub(super) rate: f64,
    /// What was left at `updated`, in bytes.
    pub(super) remaining: f64,
    pub(super) updated: u64,
    /// The full resource on which nobody is faster; [`NONE`] for a new flow.
    pub(super) bottleneck: u32,
    /// Its hops that matter: how many, and their first slot.
    count: u32,
    slot: u32,
    /// They themselves, where they are few.
    near: [Hop; NEAR],
    /// The rate that it has where no other flow is on its path, and the resource that sets it.
    alone: f64,
    narrowest: u32,
}

impl Flow {
    /// None in flight on a lane with these slots.
    fn new(slots: Range<usize>, hops: &[Hop], capacities: &[f64]) -> Self {
        let mut near = [Hop { resource: ResourceId(0), weight: 0 }; NEAR];
        for (near, hop) in near.iter_mut().zip(&hops[slots.clone()]) {
            *near = *hop;
        }
        let (slot, count) = (slots.start as u32, slots.len() as u32);
        let (mut alone, mut narrowest) = (f64::INFINITY, NONE);
        for hop in &hops[slots] {
            let rate = capacities[hop.resource.index()] / f64::from(hop.weight);
            if rate < alone {
                (alone, narrowest) = (rate, hop.resource.0);
            }
        }
        let bottleneck = NONE;
        Self { rate: 0.0, remaining: 0.0, updated: 0, bottleneck, count, slot, near, alone, narrowest }
    }

    /// Its hops; `all` are those of all lanes.
    #[inline]
    pub(super) fn hops<'h>(&'h self, all: &'h [Hop]) -> &'h [Hop] {
        let count = self.count as usize;
        if count <= NEAR { &self.near[..count] } else { &all[self.slot as usize..self.slot as usize + count] }
    }

    /// How many resources that matter it crosses.
    #[inline]
    pub(super) fn crosses(&self) -> usize {
        self.count as usize
    }

    /// Moves on from its old rate to the present one: when it will be sent, if that changed.
    #[inline]
    pub(super) fn move_on(&mut self, old: f64, now: u64) -> Option<u64> {
        if self.rate.to_bits() == old.to_bits() {
            return None;
        }
        if old > 0.0 {
            self.remaining -= old * float(now - self.updated) / 1e12;
            self.updated = now;
        }
        Some(now.saturating_add(drain(self.remaining, self.rate)))
    }
}

/// No bottleneck known.
pub(super) const NONE: u32 = u32::MAX;

/// All flows, by lane, and who crosses which resource.
pub(super) struct Flows {
    pub(super) hops: Vec<Hop>,
    pub(super) resources: Vec<Shared>,
    /// Where each hop of a lane stands among its resource's members.
    places: Vec<u32>,
    pub(super) flows: Vec<Flow>,
    /// Resources that flows joined or left since the last solve.
    pub(super) dirty: Vec<u32>,
    /// Number of the present solve.
    pub(super) round: u32,
}

impl Flows {
    /// The lanes of a network, none in flight.
    pub(super) fn new(network: &Network) -> Self {
        let shared = |capacity: &f64| Shared { capacity: *capacity, ..Shared::default() };
        let flow = |range: &[u32]| {
            Flow::new(range[0] as usize..range[1] as usize, &network.hops, &network.capacities)
        };
        Self {
            places: vec![0; network.hops.len()],
            hops: network.hops.clone(),
            resources: network.capacities.iter().map(shared).collect(),
            flows: network.starts.windows(2).map(flow).collect(),
            dirty: Vec::new(),
            round: 1,
        }
    }

    /// The hops of a lane.
    #[inline]
    pub(super) fn hops_of(&self, lane: u32) -> &[Hop] {
        self.flows[lane as usize].hops(&self.hops)
    }

    /// A flow of so many bytes begins.
    pub(super) fn add(&mut self, lane: u32, bytes: u64, now: u64) {
        let Self { hops, resources, places, flows, dirty, round } = self;
        let flow = &mut flows[lane as usize];
        (flow.rate, flow.bottleneck) = (0.0, NONE);
        (flow.remaining, flow.updated) = (bytes as f64, now);
        for (slot, hop) in (flow.slot..).zip(flow.hops(hops)) {
            let shared = &mut resources[hop.resource.index()];
            shared.members.add(Member { lane, weight: hop.weight, slot }, places);
            shared.touch(hop.resource, *round, dirty);
        }
    }

    /// A flow ends.
    pub(super) fn remove(&mut self, lane: u32) {
        let Self { hops, resources, places, flows, dirty, round } = self;
        let flow = &flows[lane as usize];
        for (slot, hop) in (flow.slot..).zip(flow.hops(hops)) {
            let shared = &mut resources[hop.resource.index()];
            shared.members.remove(slot, places);
            shared.touch(hop.resource, *round, dirty);
        }
    }

    /// Gives a flow the rate that it has alone, if no other is on its path: that which it had.
    #[inline]
    pub(super) fn alone(&mut self, lane: u32) -> Option<f64> {
        let Self { hops, resources, flows, .. } = self;
        let flow = &mut flows[lane as usize];
        if flow.hops(hops).iter().any(|hop| resources[hop.resource.index()].members.several()) {
            return None;
        }
        for hop in flow.hops(hops) {
            resources[hop.resource.index()].dirty = 0;
        }
        flow.bottleneck = flow.narrowest;
        Some(std::mem::replace(&mut flow.rate, flow.alone))
    }
}
