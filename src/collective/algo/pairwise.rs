//! Pairwise exchange: in round `k` of `N - 1` every rank sends to the one `k` further on, when it has sent
//! what it had for the one before that.

use std::sync::Arc;

use super::step::sent;
use super::{Request, empty};
use crate::collective::{Algorithm, Op, Pattern, Payload, Phase, Schedule};

pub(super) const OPS: &[Op] = &[Op::ReduceScatter, Op::AllToAll, Op::AllToAllV];

pub(super) fn schedule(request: &Request) -> Schedule {
    let ranks = request.ranks;
    let n = u64::from(ranks);
    let (name, atoms, payload, reduce_steps) = if request.op.is_all_to_all() {
        ("all-to-all", n * n, Payload::Shard { ranks, width: 1 }, 0)
    } else {
        ("reduce-scatter", n, Payload::ReceiverShard { width: 1 }, 1)
    };
    let mut schedule = empty(request, Algorithm::Pairwise, 1, atoms);
    let order: Arc<[u32]> = (0..ranks).collect();
    schedule.phases = (1..ranks)
        .map(|shift| Phase {
            name,
            pattern: Pattern::Shift { order: Arc::clone(&order), ring: ranks, shift },
            steps: 1,
            payload: payload.clone(),
            reduce_steps,
            waits: (shift > 1).then(|| sent(shift - 2)).into_iter().collect(),
            channel: 0,
            round: shift - 1,
        })
        .collect();
    schedule
}
