//! How many cables lie where: runs between racks go along the tray of the row that they start from, then across.

use std::collections::{BTreeMap, BTreeSet};

use super::colours::MEDIA;
use crate::result::PlannedDesign;

/// Sorts of cables, and one for all others.
pub(super) const SORTS: usize = MEDIA.len() + 1;

/// A line of trays: of a row, by its number, or across all rows at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tray {
    /// Along the row of that number.
    Row(u32),
    /// Across rows at that place.
    Across(u32),
}

/// A stretch of a tray with the same cables all along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) tray: Tray,
    /// From that place or row up to that one.
    pub(super) from: u32,
    pub(super) to: u32,
    /// Cables of each sort, in the order of [`MEDIA`].
    pub(super) cables: [u64; SORTS],
}

impl Stretch {
    /// All of its cables.
    pub(super) fn all(&self) -> u64 {
        self.cables.iter().copied().fold(0, u64::saturating_add)
    }
}

/// Where a sort of cables begins (more) and ends (fewer) along a tray.
type Changes = BTreeMap<u32, [i64; SORTS]>;

/// A run: the row and place of one rack and of the other, the sort of its cables, and how many.
type Run = ((u32, u32), (u32, u32), usize, u32);

/// All stretches, by tray and place.
pub(super) fn stretches(planned: &PlannedDesign) -> Vec<Stretch> {
    let rack = |at: u32| usize::try_from(at).ok().and_then(|at| planned.racks.get(at));
    let runs = planned.runs.iter().filter_map(|run| {
        let (from, to) = (rack(run.from)?, rack(run.to)?);
        let sort = MEDIA.iter().position(|(kind, _)| *kind == run.kind).unwrap_or(MEDIA.len());
        Some(((from.row, from.place), (to.row, to.place), sort, run.cables))
    });
    pile(runs)
}

/// The stretches of runs.
fn pile(runs: impl Iterator<Item = Run>) -> Vec<Stretch> {
    let mut trays: BTreeMap<Tray, Changes> = BTreeMap::new();
    for ((row, place), (other_row, other), sort, cables) in runs {
        for (tray, a, b) in [(Tray::Row(row), place, other), (Tray::Across(other), row, other_row)] {
            if a != b {
                let changes = trays.entry(tray).or_default();
                changes.entry(a.min(b)).or_default()[sort] += i64::from(cables);
                changes.entry(a.max(b)).or_default()[sort] -= i64::from(cables);
            }
        }
    }
    let mut found = Vec::new();
    for (tray, changes) in trays {
        let mut now = [0_i64; SORTS];
        let ends: Vec<u32> = changes.keys().copied().skip(1).collect();
        for ((from, change), to) in changes.iter().zip(ends) {
            for (own, change) in now.iter_mut().zip(change) {
                *own += change;
            }
            if now.iter().any(|own| *own > 0) {
                let cables = now.map(|own| own.max(0).unsigned_abs());
                found.push(Stretch { tray, from: *from, to, cables });
            }
        }
    }
    found
}

/// Racks that have a cable to another, by index.
pub(super) fn joined(planned: &PlannedDesign) -> BTreeSet<u32> {
    planned.runs.iter().filter(|run| run.from != run.to).flat_map(|run| [run.from, run.to]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cables_pile_up_where_runs_share_a_tray() {
        let runs =
            [((0, 0), (2, 5), 0, 8), ((0, 3), (0, 5), 2, 4), ((1, 5), (2, 5), 0, 1), ((1, 1), (1, 1), 0, 9)];
        let told: Vec<(Tray, u32, u32, u64)> =
            pile(runs.into_iter()).iter().map(|own| (own.tray, own.from, own.to, own.all())).collect();
        let expected = [
            (Tray::Row(0), 0, 3, 8),
            (Tray::Row(0), 3, 5, 12),
            (Tray::Across(5), 0, 1, 8),
            (Tray::Across(5), 1, 2, 9),
        ];
        assert_eq!(told, expected);
    }
}
