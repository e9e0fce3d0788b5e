//! Bruck's algorithms (Bruck et al. 1997), `ceil(lg N)` rounds for any rank count.
//!
//! All-gather: in round `k` rank `r` sends all it has, `2^k` shards or what is left, to rank `r - 2^k`.
//! All-to-all: in round `k` every shard whose way has bit `k` set goes `2^k` ranks further, so that each
//! rank sends half of its data in each round.

use std::sync::Arc;

use super::step::after_previous;
use super::{Request, empty};
use crate::collective::{Algorithm, Base, Op, Pattern, Payload, Phase, Schedule};

pub(super) const OPS: &[Op] = &[Op::AllGather, Op::AllToAll];

pub(super) fn schedule(request: &Request) -> Schedule {
    let ranks = request.ranks;
    let n = u64::from(ranks);
    let to_all = request.op == Op::AllToAll;
    let mut schedule = empty(request, Algorithm::Bruck, 1, if to_all { n * n } else { n });
    let order: Arc<[u32]> = (0..ranks).collect();
    for bit in 0..ranks.next_power_of_two().ilog2() {
        let distance = 1 << bit;
        let (name, shift, payload) = if to_all {
            ("all-to-all", distance, Payload::BruckShards { ranks, bit, width: 1 })
        } else {
            let payload = Payload::Cyclic {
                base: Base::At(0),
                blocks: ranks,
                width: 1,
                start: 0,
                per_position: 1,
                per_step: 0,
                len: distance.min(ranks - distance),
            };
            ("all-gather", ranks - distance, payload)
        };
        schedule.phases.push(Phase {
            name,
            pattern: Pattern::Shift { order: Arc::clone(&order), ring: ranks, shift },
            steps: 1,
            payload,
            reduce_steps: 0,
            waits: after_previous(&schedule.phases),
            channel: 0,
            round: bit,
        });
    }
    schedule
}
