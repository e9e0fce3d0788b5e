//! Racks to places of the room, so that their cables cost little: a quadratic assignment, by annealing from several seeds.
//!
//! Seeds are the plain list row by row, the canonical sequence, rows with their network racks in the middle, and a
//! hierarchical one (the graph of racks is cut in two again and again, onto halves of the room, as in Mudigonda, Yalagandula
//! and Mogul, "Taming the Flying Cable Monster", USENIX ATC 2011). A fixed number of annealing runs start from them, each
//! with a random stream of its own, so the result is the same for any number of threads; none is worse than its seed.

mod anneal;
mod bisect;
mod bound;
mod ground;
mod seeds;

use rayon::prelude::*;

use super::{Curve, End, Misfit, RackKind, Slot, length, row_major, rows};
use crate::ids::number;
use crate::input::plan::Room;
use crate::units::{Length, Money};
use anneal::Run;
use ground::{Ground, State};

/// Annealing runs; runs `i` and `i + 4` start from seed `i % 4`, the later ones hotter.
const RUNS: u32 = 8;

/// Cables between two racks that end at the same height units and cost the same by their length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bundle {
    /// One rack.
    pub a: u32,
    /// The other.
    pub b: u32,
    /// Height unit of the ports in rack `a`, as [`level`](super::level) tells.
    pub level_a: u32,
    /// Height unit of the ports in rack `b`.
    pub level_b: u32,
    /// How many cables.
    pub count: u32,
    /// Index into [`Floor::curves`].
    pub curve: u32,
}

/// Racks that want places, and what is between them.
#[derive(Debug, Clone)]
pub struct Floor {
    /// The room.
    pub room: Room,
    /// Height units of every rack.
    pub rack_height: u32,
    /// What stands in each rack, in their sequence.
    pub kinds: Vec<RackKind>,
    /// The pod of each, as many.
    pub pods: Vec<Option<u32>>,
    /// Cables between different racks. Those within racks cost the same wherever racks stand.
    pub bundles: Vec<Bundle>,
    /// What cables cost by their length.
    pub curves: Vec<Curve>,
}

/// What cables come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CableCost {
    /// Their cost; that of one that is too long for all media is counted as of the longest that there is.
    pub cost: Money,
    /// Metres that they span, before they are rounded up to stock lengths.
    pub length: Length,
    /// Cables that are too long for all media.
    pub too_long: u64,
}

/// Racks in their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Where each rack stands.
    pub slots: Vec<Slot>,
    /// What the cables between racks come to.
    pub placed: CableCost,
    /// What they would come to row by row, racks by kind.
    pub row_major: CableCost,
    /// What they would come to in each seed: row by row, canonical, row-middle, hierarchical.
    pub seeds: [CableCost; 4],
}

impl Floor {
    /// Where racks stand as a plain list has them: all server racks in their order, then those of leaves, of spines, of
    /// cores, row by row.
    pub fn row_major(&self) -> Vec<Slot> {
        seeds::by_kind(self).into_iter().map(|at| row_major(&self.room, at)).collect()
    }

    /// What the cables come to where racks stand so: straight from the definition, O(bundles).
    pub fn cost(&self, slots: &[Slot]) -> CableCost {
        let mut sum = CableCost::default();
        for bundle in &self.bundles {
            let end = |rack: u32, level| End { slot: slots[rack as usize], unit: level, height: 1 };
            let span = length(
                &self.room,
                self.rack_height,
                end(bundle.a, bundle.level_a),
                end(bundle.b, bundle.level_b),
            );
            let count = u64::from(bundle.count);
            let curve = &self.curves[bundle.curve as usize];
            let cost = curve.cost(span);
            if cost.is_none() {
                sum.too_long += count;
            }
            let longest = || curve.costs.iter().rev().find_map(|cost| *cost).unwrap_or_default();
            sum.cost += cost.unwrap_or_else(longest).times(count);
            sum.length = Length(sum.length.0.saturating_add(span.mm().saturating_mul(count)));
        }
        sum
    }
}

/// Finds places for racks in the first rows of the room, as few as hold them. `stop` is asked now and then; once it says
/// yes, the best so far is returned.
///
/// # Errors
/// Where the room is too small, or cables are too long in every placement that was found.
pub fn place(floor: &Floor, seed: u64, stop: &(dyn Fn() -> bool + Sync)) -> Result<Placement, Misfit> {
    let racks = number(floor.kinds.len());
    rows(&floor.room, racks)?;
    let ground = Ground::new(floor, racks.div_ceil(floor.room.racks_per_row.max(1)));
    let seeds = seeds::all(floor, &ground);
    let costs = seeds.each_ref().map(|cells| floor.cost(&ground.slots(cells)));
    let run = |index: u32| {
        let start = &seeds[index as usize % seeds.len()];
        let run = Run { ground: &ground, stop, hot: index as usize >= seeds.len() };
        run.anneal(State::new(&ground, start), seed, index)
    };
    let found: Vec<Vec<u32>> = (0..RUNS).into_par_iter().map(run).collect();
    let slots = seeds.iter().chain(&found).map(|cells| ground.slots(cells));
    let rated = slots.map(|slots| (floor.cost(&slots), slots));
    let best = rated.min_by_key(|(cost, _)| (cost.too_long, cost.cost, cost.length));
    let (placed, slots) = best.ok_or(Misfit::Room)?;
    if placed.too_long > 0 {
        return Err(Misfit::Reach);
    }
    Ok(Placement { slots, placed, row_major: costs[0], seeds: costs })
}

#[cfg(test)]
mod tests;
