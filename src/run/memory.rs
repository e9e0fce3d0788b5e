//! What a run will need, before it starts.

use super::prepare::{self, Schedules};
use super::{RunError, Scenario};
use crate::engine::EngineKind;

/// Bytes a lane in the tables that all cases share: its path.
const SHARED_PER_LANE: u64 = 12;
/// Bytes a lane while one case runs: plan, state, agenda, dependencies both ways (measured: 330 to 420).
const RUNNING_PER_LANE: u64 = 450;
/// Bytes a hop of a path in the tables: exact fractions while paths are found, weights after.
const PER_HOP: u64 = 56;
/// Hops of a path where spraying multiplies them; more is rare and paths repeat.
const HOPS: u64 = 16;
/// What a proof may take at most, and the program itself.
const FIXED: u64 = 64 << 20;

/// About how many bytes of memory a scenario needs with so many threads.
///
/// # Errors
/// Where an algorithm cannot serve its ranks.
pub fn forecast(scenario: &Scenario, threads: usize) -> Result<u64, RunError> {
    Ok(need(scenario, &prepare::schedules(scenario)?, threads))
}

pub(super) fn need(scenario: &Scenario, schedules: &Schedules, threads: usize) -> u64 {
    let lanes = |number: &(usize, crate::collective::Schedule)| number.1.lane_count() as u64;
    let all: u64 = schedules.list.iter().map(lanes).sum();
    let widest = if scenario.together { all } else { schedules.list.iter().map(lanes).max().unwrap_or(0) };
    let fluid = scenario.engines.contains(&EngineKind::Fluid);
    let running = if fluid { RUNNING_PER_LANE } else { RUNNING_PER_LANE / 4 };
    let per_hop = PER_HOP * HOPS;
    FIXED + all * (SHARED_PER_LANE + per_hop) + widest * running * threads as u64
}
