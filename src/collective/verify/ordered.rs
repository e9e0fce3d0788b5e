//! Whether the lockstep rounds of a schedule respect its waits: then it ends, in lockstep and otherwise, and
//! its transfers may be looked at round by round.

use super::VerifyFault;
use super::orders::Orders;
use crate::collective::{Need, On, Phase, Schedule, Side, Wait};

/// Checks that nothing waits for what happens later: what is waited for belongs to an earlier round, or, where
/// only sending is waited for, to the same round of an earlier phase.
pub(super) fn check(schedule: &Schedule, orders: &Orders) -> Result<(), VerifyFault> {
    for (number, phase) in (0..).zip(&schedule.phases) {
        if phase.steps == 0 || phase.pattern.is_empty() {
            continue;
        }
        for wait in &phase.waits {
            let other = &schedule.phases[wait.phase as usize];
            let Some(margin) = margin(wait, number, phase, other) else { continue };
            let fits = if orders.of(number).is_some() && orders.of(wait.phase).is_some() {
                margin >= 0
            } else {
                let last = last_staggers(schedule, wait.phase, wait.side);
                phase.pattern.lanes().all(|lane| {
                    let last = last[lane.src.index()];
                    last.is_none_or(|last| margin + i64::from(lane.stagger) >= i64::from(last))
                })
            };
            if !fits {
                return Err(VerifyFault::Disordered {
                    phase: number,
                    name: phase.name,
                    named: wait.phase,
                    named_name: other.name,
                });
            }
        }
    }
    Ok(())
}

/// By how many rounds a phase begins late enough, at least, where no lane is staggered. `None` where it waits for
/// nothing.
fn margin(wait: &Wait, number: u32, phase: &Phase, other: &Phase) -> Option<i64> {
    // The further on, the later the wait is satisfied by comparison: the first step that waits is the hardest.
    let step = match wait.need {
        Need::Step { plus: 0 } => 1,
        Need::All | Need::Step { .. } => 0,
    };
    let last = wait.need.count(step, other.steps).checked_sub(1)?;
    if step >= phase.steps || other.pattern.is_empty() {
        return None;
    }
    let starts = i64::from(phase.round) + i64::from(step);
    let over = i64::from(other.round) + i64::from(last);
    let same_round = wait.on == On::Sent && wait.side == Side::Outgoing && wait.phase < number;
    Some(starts - over - i64::from(!same_round))
}

/// The largest stagger of each rank's lanes on one side of a phase.
fn last_staggers(schedule: &Schedule, phase: u32, side: Side) -> Vec<Option<u32>> {
    let mut last = vec![None; schedule.participants() as usize];
    for lane in schedule.phases[phase as usize].pattern.lanes() {
        let rank = if side == Side::Incoming { lane.dst } else { lane.src };
        let entry = &mut last[rank.index()];
        *entry = (*entry).max(Some(lane.stagger));
    }
    last
}
