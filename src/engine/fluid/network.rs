//! What the lanes of a plan share: resources, and the hops over them that can matter.

use crate::ids::PathId;
use crate::route::{Hop, Routes};

use super::needed::needed;
use super::plan::PlannedLane;

/// Resources and the hops of every lane over them.
#[derive(Debug, Clone)]
pub(super) struct Network {
    /// What each resource carries, in bytes per second times the unit of weights.
    pub(super) capacities: Vec<f64>,
    /// Hops of all lanes, lane by lane; none of lanes that share nothing.
    pub(super) hops: Vec<Hop>,
    /// Where the hops of each lane begin, one entry more than lanes.
    pub(super) starts: Vec<u32>,
}

impl Network {
    /// The network of lanes that are marked as exclusive or not.
    pub(super) fn new(routes: &Routes, lanes: &[PlannedLane]) -> Self {
        let paths: Vec<Option<PathId>> =
            lanes.iter().map(|lane| (!lane.exclusive).then_some(lane.path)).collect();
        Self::of_paths(routes, &paths)
    }

    /// The network of lanes with these paths; `None` for lanes that share nothing.
    pub(super) fn of_paths(routes: &Routes, paths: &[Option<PathId>]) -> Self {
        let unit = f64::from(routes.unit());
        let capacities = routes.resources().iter().map(|resource| resource.capacity * unit).collect();
        let (hops, starts) = needed(routes, paths);
        Self { capacities, hops, starts }
    }

    /// The hops of a lane.
    pub(super) fn hops(&self, lane: usize) -> &[Hop] {
        &self.hops[self.starts[lane] as usize..self.starts[lane + 1] as usize]
    }
}
