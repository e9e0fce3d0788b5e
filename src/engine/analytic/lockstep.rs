//! Lockstep: every round costs its slowest lane, drain and latency, and the next round starts after it.
//!
//! Exact where a rank of the slowest lane is busy in every round (rings, exchanges); else an upper estimate,
//! since ranks only wait for their own transfers. Lanes of one phase that start at different rounds (staggered
//! pipelines) are taken to be all active while the phase lasts.

use super::lanes::PhaseLoad;
use super::load::Loads;
use super::mark::Mark;
use crate::collective::Schedule;

/// When the last round is over.
pub(super) fn finish(
    schedule: &Schedule,
    phases: &[PhaseLoad],
    loads: &mut Loads<'_>,
    solves: &mut u64,
) -> Mark {
    let span = |index: usize| {
        let (phase, load) = (&schedule.phases[index], &phases[index]);
        let start = u64::from(phase.round);
        start..start + u64::from(load.stagger) + u64::from(load.steps)
    };
    let busy: Vec<usize> = (0..phases.len())
        .filter(|index| !phases[*index].lanes.is_empty() && phases[*index].steps > 0)
        .collect();
    let mut by_start = busy.clone();
    by_start.sort_by_key(|index| span(*index).start);
    let mut edges: Vec<u64> = busy.iter().flat_map(|index| [span(*index).start, span(*index).end]).collect();
    edges.sort_unstable();
    edges.dedup();
    let (mut mark, mut active, mut coming) = (Mark::ZERO, Vec::new(), by_start.into_iter().peekable());
    let mut cost = (0, 0, 0);
    for pair in edges.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let before = active.len();
        active.retain(|index| span(*index).end > from);
        let mut changed = active.len() != before;
        while let Some(index) = coming.next_if(|index| span(*index).start <= from) {
            active.push(index);
            changed = true;
        }
        if changed {
            cost = slowest(phases, &active, loads);
            *solves += 1;
        }
        if active.is_empty() {
            continue;
        }
        let (drain, latency, alone) = cost;
        let rounds = to - from;
        mark = mark
            .after_latency(latency.saturating_mul(rounds))
            .after_drain(drain.saturating_mul(rounds), alone.saturating_mul(rounds));
    }
    mark
}

/// Drain, latency and drain alone of the slowest lane when `active` phases run at once.
fn slowest(phases: &[PhaseLoad], active: &[usize], loads: &mut Loads<'_>) -> (u64, u64, u64) {
    let mut worst = (0u64, 0u64, 0u64);
    loads.share(phases, active, |phase, index, drain| {
        let lane = &phases[phase].lanes[index];
        if drain.saturating_add(lane.latency) > worst.0.saturating_add(worst.1) {
            worst = (drain, lane.latency, lane.alone.min(drain));
        }
    });
    worst
}
