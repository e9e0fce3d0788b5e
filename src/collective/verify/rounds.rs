//! Rounds of ranks, for running a schedule in lockstep.

use std::collections::BTreeMap;

use super::graph::LaneState;

/// Transfers not yet received, by rank and round: what lockstep waits for.
pub(super) struct Rounds {
    left: Vec<BTreeMap<u32, u32>>,
}

impl Rounds {
    pub(super) fn new(ranks: u32) -> Self {
        Self { left: vec![BTreeMap::new(); ranks as usize] }
    }

    /// Counts a transfer of a lane.
    pub(super) fn add(&mut self, lane: &LaneState, round: u32) {
        for rank in [lane.src, lane.dst] {
            *self.left[rank as usize].entry(round).or_insert(0) += 1;
        }
    }

    /// True where both ends have received and delivered everything of earlier rounds.
    pub(super) fn may_start(&self, lane: &LaneState, round: u32) -> bool {
        [lane.src, lane.dst].iter().all(|rank| {
            self.left[*rank as usize].first_key_value().is_none_or(|(lowest, _)| round <= *lowest)
        })
    }

    /// Notes that a transfer of a lane was received.
    pub(super) fn received(&mut self, lane: &LaneState, round: u32) {
        for rank in [lane.src, lane.dst] {
            if let Some(left) = self.left[rank as usize].get_mut(&round) {
                *left -= 1;
                if *left == 0 {
                    self.left[rank as usize].remove(&round);
                }
            }
        }
    }
}
