//! Flows in flight and the resources that they share.

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

/// The state of one flow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flow {
    /// Bytes per second.
    pub(super) rate: f64,
    /// What was left at `updated`, in bytes.
    pub(super) remaining: f64,
    pub(super) updated: u64,
    /// Its hops that matter, as a range of slots.
    hops: (u32, u32),
    /// The full resource on which nobody is faster; [`NONE`] for a new flow.
    pub(super) bottleneck: u32,
    /// Region in which it was last free.
    pub(super) free: u32,
    /// Filling in which it was last looked at as a kept flow.
    pub(super) kept: u32,
    /// Filling in which it was last frozen.
    pub(super) frozen: u32,
    /// Filling in which a bottleneck was last seen.
    pub(super) confirmed: u32,
}

impl Flow {
    /// The slots of its hops.
    #[inline]
    pub(super) fn slots(&self) -> std::ops::Range<usize> {
        self.hops.0 as usize..self.hops.1 as usize
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
        let flow = |range: &[u32]| Flow {
            rate: 0.0,
            remaining: 0.0,
            updated: 0,
            hops: (range[0], range[1]),
            bottleneck: NONE,
            free: 0,
            kept: 0,
            frozen: 0,
            confirmed: 0,
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

    /// A flow of so many bytes begins.
    pub(super) fn add(&mut self, lane: u32, bytes: u64, now: u64) {
        let flow = &mut self.flows[lane as usize];
        (flow.rate, flow.bottleneck) = (0.0, NONE);
        (flow.remaining, flow.updated) = (bytes as f64, now);
        for slot in flow.slots() {
            let Hop { resource, weight } = self.hops[slot];
            let members = &mut self.resources[resource.index()].members;
            self.places[slot] = members.len() as u32;
            members.push(Member { lane, weight, slot: slot as u32 });
            self.touch(resource);
        }
    }

    /// A flow ends.
    pub(super) fn remove(&mut self, lane: u32) {
        for slot in self.flows[lane as usize].slots() {
            let resource = self.hops[slot].resource;
            let place = self.places[slot];
            let members = &mut self.resources[resource.index()].members;
            members.swap_remove(place as usize);
            if let Some(moved) = members.get(place as usize) {
                self.places[moved.slot as usize] = place;
            }
            self.touch(resource);
        }
    }

    #[inline]
    fn touch(&mut self, resource: ResourceId) {
        let shared = &mut self.resources[resource.index()];
        if shared.dirty != self.round {
            shared.dirty = self.round;
            self.dirty.push(resource.0);
        }
    }

    /// The rate and bottleneck of a flow that has its path for itself now; `None` where it has not.
    pub(super) fn alone(&self, lane: u32) -> Option<(f64, u32)> {
        let mut least = (f64::INFINITY, NONE);
        for hop in &self.hops[self.flows[lane as usize].slots()] {
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
