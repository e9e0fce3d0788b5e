//! Whether switches are asked only for what they can do: sums where they reduce, copies to several where they
//! multicast.

use super::VerifyFault;
use crate::collective::{Lane, Phase, Schedule};

/// Checks every transfer to and from a switch.
pub(super) fn check(schedule: &Schedule) -> Result<(), VerifyFault> {
    // What leaves switches that cannot multicast: switch, first atom, end, phase.
    let mut single: Vec<(u32, u64, u64, u32)> = Vec::new();
    for (number, phase) in (0..).zip(&schedule.phases) {
        for (index, lane) in phase.pattern.lanes().enumerate() {
            let (from, to) = (switch(schedule, lane.src.0), switch(schedule, lane.dst.0));
            let fault =
                |switch, what| VerifyFault::Incapable { phase: number, name: phase.name, switch, what };
            for end in [from, to].into_iter().flatten() {
                if !schedule.switches[end as usize].any() {
                    return Err(fault(end, "take part"));
                }
            }
            if let Some(to) = to
                && phase.reduce_steps > 0
                && !schedule.switches[to as usize].reduce
            {
                return Err(fault(to, "reduce"));
            }
            if let Some(from) = from
                && !schedule.switches[from as usize].multicast
            {
                add(phase, index, &lane, |start, end| single.push((from, start, end, number)));
            }
        }
    }
    single.sort_unstable();
    for pair in single.windows(2) {
        let ((one, _, end, _), (other, start, _, number)) = (pair[0], pair[1]);
        if one == other && start < end {
            let name = schedule.phases[number as usize].name;
            return Err(VerifyFault::Incapable { phase: number, name, switch: one, what: "multicast" });
        }
    }
    Ok(())
}

/// The number of a switch; `None` for ranks.
const fn switch(schedule: &Schedule, participant: u32) -> Option<u32> {
    participant.checked_sub(schedule.ranks)
}

/// Calls `each` with all that a lane carries: the first atom and the end of every range.
fn add(phase: &Phase, index: usize, lane: &Lane, mut each: impl FnMut(u64, u64)) {
    for step in 0..phase.steps {
        phase.payload.for_each(index, lane, step, |range| {
            if range.len > 0 {
                each(range.start, range.start.saturating_add(range.len));
            }
        });
    }
}
