//! Binomial trees: `ceil(lg N)` rounds of the whole data, in each of which the ranks that have it (broadcast)
//! send it to as many others, or half of those that still have something to add (reduce) send it on.
//! All-reduce is a reduce to rank 0 and a broadcast from it.

use super::step::{arrived, everything, number, sent};
use super::{Request, empty};
use crate::collective::{Algorithm, Op, Pattern, Phase, Schedule, Wait};

pub(super) const OPS: &[Op] = &[Op::AllReduce, Op::Broadcast, Op::Reduce];

pub(super) fn schedule(request: &Request) -> Schedule {
    let mut schedule = empty(request, Algorithm::Binomial, 1, 1);
    let (ranks, root) = (request.ranks, schedule.root.0);
    let rounds = ranks.next_power_of_two().ilog2();
    // Places are counted from the root.
    let rank = |place: u64| (place + u64::from(root)) % u64::from(ranks);
    if request.op != Op::Broadcast {
        for bit in 0..rounds {
            let mask = 1_u64 << bit;
            let senders = (mask..u64::from(ranks)).step_by(2 << bit);
            let waits = (0..number(&schedule.phases)).map(arrived).collect();
            push(&mut schedule, "reduce", senders.map(|place| (rank(place), rank(place - mask))), waits);
        }
    }
    if request.op != Op::Reduce {
        let first = number(&schedule.phases);
        for bit in (0..rounds).rev() {
            let mask = 1_u64 << bit;
            let senders = (0..u64::from(ranks) - mask).step_by(2 << bit);
            let mut waits: Vec<Wait> = (0..number(&schedule.phases)).map(arrived).collect();
            // One send after the other, of the larger subtree first.
            waits.extend(number(&schedule.phases).checked_sub(1).filter(|last| *last >= first).map(sent));
            push(&mut schedule, "broadcast", senders.map(|place| (rank(place), rank(place + mask))), waits);
        }
    }
    schedule
}

#[expect(clippy::cast_possible_truncation, reason = "ranks are below 2^32")]
fn push(
    schedule: &mut Schedule,
    name: &'static str,
    pairs: impl Iterator<Item = (u64, u64)>,
    waits: Vec<Wait>,
) {
    let round = number(&schedule.phases);
    schedule.phases.push(Phase {
        name,
        pattern: Pattern::Pairs(pairs.map(|(src, dst)| (src as u32, dst as u32, 0)).collect()),
        steps: 1,
        payload: everything(1),
        reduce_steps: u32::from(name == "reduce"),
        waits,
        channel: 0,
        round,
    });
}
