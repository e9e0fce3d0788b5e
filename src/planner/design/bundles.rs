//! All cables of a network, as bundles from a device to those above it.

use std::ops::Range;

use super::Structure;
use crate::fabric::template::{Join, Values, bundles, family};
use crate::planner::score::{Attach, Shape};

/// Tiers of devices: servers, leaves, spines, cores.
pub(super) const TIERS: usize = 4;

/// Cables from a device to each of several that follow one another. Devices of a tier are numbered as they are racked:
/// leaves by pod, plane and rail; spines and cores tree by tree and group by group, as in topologies.
#[derive(Debug, Clone)]
pub(super) struct Bundle {
    /// The tier of the device.
    pub(super) tier: usize,
    /// The device.
    pub(super) low: u32,
    /// The tier of the others.
    pub(super) above: usize,
    /// The others.
    pub(super) high: Range<u32>,
    /// Cables to each of them.
    pub(super) lanes: u32,
}

impl Structure {
    /// All bundles, tier by tier.
    pub(super) fn each_bundle(&self, mut tell: impl FnMut(Bundle)) {
        if self.wiring.shape != Shape::Tree {
            return self.laid(&mut tell);
        }
        self.hosts(&mut tell);
        if self.spine.is_some() {
            self.ups(&mut tell);
        }
        if self.core.is_some() {
            self.tops(&mut tell);
        }
    }

    /// Those of a network that is no tree, as its template lays them: devices are racked as topologies number them.
    fn laid(&self, tell: &mut impl FnMut(Bundle)) {
        let Some(template) = self.wiring.shape.template().and_then(family) else { return };
        let Ok(values) = Values::new(template.params, self.wiring.params()) else { return };
        bundles(template.name, &values, &mut |bundle| {
            let (tier, above) = match bundle.join {
                Join::Host => (0, 1),
                Join::Servers => (0, 0),
                Join::Local | Join::Global => (1, 1),
            };
            let [low, other] = bundle.ends;
            tell(Bundle { tier, low, above, high: other..other + 1, lanes: bundle.lanes });
        });
    }

    /// Rails that have leaves of their own.
    fn rails(&self) -> u32 {
        if self.wiring.attach == Attach::Rail { self.wiring.server.nics } else { 1 }
    }

    /// Groups of spines of a tree, and whether each rail of a block has one.
    fn groups(&self) -> (u32, bool) {
        let wiring = &self.wiring;
        if wiring.tiers < 3 {
            return (1, false);
        }
        let blocks = wiring.pods().div_ceil(wiring.block_pods);
        let split = wiring.by_rail && !wiring.separate;
        (if split { blocks * self.rails() } else { blocks }, split)
    }

    /// From servers to leaves.
    fn hosts(&self, tell: &mut impl FnMut(Bundle)) {
        let wiring = &self.wiring;
        let lanes = if wiring.attach == Attach::Rail { 1 } else { wiring.server.nics };
        for server in 0..wiring.servers {
            let first = wiring.pod(server) * self.leaves_per_pod;
            let high = first..first + wiring.planes * self.rails();
            tell(Bundle { tier: 0, low: server, above: 1, high, lanes });
        }
    }

    /// From leaves to spines; those under the same spines follow one another.
    fn ups(&self, tell: &mut impl FnMut(Bundle)) {
        let (wiring, rails) = (&self.wiring, self.rails());
        let (groups, split) = self.groups();
        for at in 0..wiring.planes * rails {
            for pod in 0..wiring.pods() {
                let block = if wiring.tiers >= 3 { pod / wiring.block_pods } else { 0 };
                let (plane, rail) = (at / rails, at % rails);
                let (tree, group) = match (wiring.separate, split) {
                    (true, _) => (plane * rails + rail, block),
                    (false, true) => (plane, block * rails + rail),
                    (false, false) => (plane, block),
                };
                let first = (tree * groups + group) * self.spines_per_group;
                let high = first..first + self.spines_per_group;
                let low = pod * self.leaves_per_pod + at;
                tell(Bundle { tier: 1, low, above: 2, high, lanes: self.spine_lanes });
            }
        }
    }

    /// From spines to cores; those under the same cores follow one another.
    fn tops(&self, tell: &mut impl FnMut(Bundle)) {
        let wiring = &self.wiring;
        let (groups, _) = self.groups();
        let trees = wiring.planes * if wiring.separate { self.rails() } else { 1 };
        let per_tree = self.core.map_or(0, |own| own.count) / trees.max(1);
        let sets = (per_tree / self.cores_per_plane.max(1)).max(1);
        let per_set = (self.spines_per_group / sets).max(1);
        for tree in 0..trees {
            for from in (0..self.spines_per_group).step_by(per_set as usize) {
                let first = tree * per_tree + from / per_set * self.cores_per_plane;
                let high = first..first + self.cores_per_plane;
                for group in 0..groups {
                    for own in from..(from + per_set).min(self.spines_per_group) {
                        let low = (tree * groups + group) * self.spines_per_group + own;
                        tell(Bundle { tier: 2, low, above: 3, high: high.clone(), lanes: self.core_lanes });
                    }
                }
            }
        }
    }
}
