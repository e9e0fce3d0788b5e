//! Recursive doubling (Thakur, Rabenseifner and Gropp 2005).
//!
//! All-reduce: partners at distance 1, 2, 4, ... exchange whole vectors, `lg N` times. Ranks beyond the
//! largest power of two first add their vector to a neighbour's and get the result from it at the end.
//! All-gather: the same partners exchange all shards that they have so far; powers of two only.

use super::halving_doubling::{Core, doubling, power_of_two};
use super::step::{after_previous, everything, number};
use super::{Request, Unserved, empty};
use crate::collective::{Algorithm, Op, Pattern, Phase, Schedule};

pub(super) const OPS: &[Op] = &[Op::AllReduce, Op::AllGather];

pub(super) fn schedule(request: &Request) -> Result<Schedule, Unserved> {
    let ranks = request.ranks;
    if request.op == Op::AllGather {
        power_of_two(Algorithm::RecursiveDoubling, request)?;
        let mut schedule = empty(request, Algorithm::RecursiveDoubling, 1, u64::from(ranks));
        doubling(&mut schedule.phases, &(0..ranks).collect());
        return Ok(schedule);
    }
    let mut schedule = empty(request, Algorithm::RecursiveDoubling, 1, 1);
    let core = Core::new(ranks);
    core.fold_in(&mut schedule);
    for bit in 0..core.places().ilog2() {
        let pattern = Pattern::Xor { order: core.order.clone(), group: core.places(), mask: 1 << bit };
        let waits = after_previous(&schedule.phases);
        let round = number(&schedule.phases);
        schedule.phases.push(Phase {
            name: "exchange",
            pattern,
            steps: 1,
            payload: everything(1),
            reduce_steps: 1,
            waits,
            channel: 0,
            round,
        });
    }
    core.after_fold(&mut schedule.phases);
    core.fold_out(&mut schedule);
    Ok(schedule)
}
