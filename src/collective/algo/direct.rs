//! Everybody sends to everybody who needs it, at once: one latency, and whatever sharing makes of it.
//!
//! All-reduce is a direct reduce-scatter, then a direct all-gather. Send-recv is a shift by one round the
//! ring of ranks.

use std::sync::Arc;

use super::step::{arrived, everything};
use super::{Request, empty};
use crate::collective::{Algorithm, Op, Pattern, Payload, Phase, Schedule};

pub(super) const OPS: &[Op] = &Op::ALL;

pub(super) fn schedule(request: &Request) -> Schedule {
    let (ranks, root) = (request.ranks, request.root.0);
    let n = u64::from(ranks);
    let atoms = match request.op {
        Op::AllToAll | Op::AllToAllV => n * n,
        Op::Broadcast | Op::Reduce => 1,
        _ => n,
    };
    let mut schedule = empty(request, Algorithm::Direct, 1, atoms);
    if ranks == 1 {
        return schedule;
    }
    let order: Arc<[u32]> = (0..ranks).collect();
    let all = Pattern::Complete { order: Arc::clone(&order), group: ranks };
    let others = (0..ranks).filter(|rank| *rank != root);
    let scatter = || phase("reduce-scatter", all.clone(), Payload::ReceiverShard { width: 1 }, 1);
    let gather = || phase("all-gather", all.clone(), Payload::SenderShard { width: 1 }, 0);
    schedule.phases = match request.op {
        Op::AllReduce => {
            vec![scatter(), Phase { waits: vec![arrived(0)], round: 1, ..gather() }]
        }
        Op::ReduceScatter => vec![scatter()],
        Op::AllGather => vec![gather()],
        Op::AllToAll | Op::AllToAllV => vec![phase("all-to-all", all, Payload::Shard { ranks, width: 1 }, 0)],
        Op::Broadcast => {
            let pairs = others.map(|rank| (root, rank, 0));
            vec![phase("broadcast", Pattern::Pairs(pairs.collect()), everything(1), 0)]
        }
        Op::Reduce => {
            // In lockstep the root takes one after the other.
            let pairs = others.zip(0..).map(|(rank, turn)| (rank, root, turn));
            vec![phase("reduce", Pattern::Pairs(pairs.collect()), everything(1), 1)]
        }
        Op::SendRecv => {
            let pattern = Pattern::Shift { order, ring: ranks, shift: 1 };
            vec![phase("send", pattern, Payload::SenderShard { width: 1 }, 0)]
        }
    };
    schedule
}

const fn phase(name: &'static str, pattern: Pattern, payload: Payload, reduce_steps: u32) -> Phase {
    Phase { name, pattern, steps: 1, payload, reduce_steps, waits: Vec::new(), channel: 0, round: 0 }
}
