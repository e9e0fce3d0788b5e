//! Flows in flight and the resources that they share.

use std::ops::Range;

use crate::ids::ResourceId;
use crate::route::Hop;

use super::drain::drain;
use super::network::Network;

/// A flow on a resource: its lane, its weight there, and where its path says so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) lane: u32,
    pub(super) weight: u32,
    /// Slot of this hop in `places`.
    slot: u32,
}

/// The state of one resource.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared {
    /// Capacity times the weight unit.
    pub(super) capacity: f64,
    /// The flows on it.
    pub(super) members: Vec<Member>,
    /// Load of frozen flows while filling.
    pub(super) frozen: f64,
    /// Weight of flows that are not frozen while filling.
    pub(super) open: u64,
    /// Weight frozen at the present level.
    pub(super) level: u64,
    /// Region in which it was last.
    pub(super) region: u32,
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
const NEAR: usize = 3;

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
}

impl Flow {
    /// None in flight on a lane with these slots.
    fn new(slots: Range<usize>, hops: &[Hop]) -> Self {
        let mut near = [Hop { resource: ResourceId(0), weight: 0 }; NEAR];
        for (near, hop) in near.iter_mut().zip(&hops[slots.clone()]) {
            *near = *hop;
        }
        let (slot, count) = (slots.start as u32, slots.len() as u32);
        Self { rate: 0.0, remaining: 0.0, updated: 0, bottleneck: NONE, count, slot, near }
    }

    /// Its hops; `all` are those of all lanes.
    #[inline]
    pub(super) fn hops<'h>(&'h self, all: &'h [Hop]) -> &'h [Hop] {
        let count = self.count as usize;
        if count <= NEAR { &self.near[..count] } else { &all[self.slot as usize..self.slot as usize + count] }
    }

    /// Moves on from its old rate to the present one: when it will be sent, if that changed.
    #[inline]
    pub(super) fn move_on(&mut self, old: f64, now: u64) -> Option<u64> {
        if self.rate.to_bits() == old.to_bits() {
            return None;
        }
        self.remaining -= old * (now - self.updated) as f64 / 1e12;
        self.updated = now;
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
        let flow = |range: &[u32]| Flow::new(range[0] as usize..range[1] as usize, &network.hops);
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
            places[slot as usize] = shared.members.len() as u32;
            shared.members.push(Member { lane, weight: hop.weight, slot });
            shared.touch(hop.resource, *round, dirty);
        }
    }

    /// A flow ends.
    pub(super) fn remove(&mut self, lane: u32) {
        let Self { hops, resources, places, flows, dirty, round } = self;
        let flow = &flows[lane as usize];
        for (slot, hop) in (flow.slot..).zip(flow.hops(hops)) {
            let place = places[slot as usize];
            let shared = &mut resources[hop.resource.index()];
            shared.members.swap_remove(place as usize);
            if let Some(moved) = shared.members.get(place as usize) {
                places[moved.slot as usize] = place;
            }
            shared.touch(hop.resource, *round, dirty);
        }
    }

    /// The rate and bottleneck of a flow that has its path for itself now; `None` where it has not.
    pub(super) fn alone(&self, lane: u32) -> Option<(f64, u32)> {
        let mut least = (f64::INFINITY, NONE);
        for hop in self.hops_of(lane) {
            let shared = &self.resources[hop.resource.index()];
            if shared.members.len() > 1 {
                return None;
            }
            let rate = shared.capacity / f64::from(hop.weight);
            if rate < least.0 {
                least = (rate, hop.resource.0);
            }
        }
        Some(least)
    }
}
