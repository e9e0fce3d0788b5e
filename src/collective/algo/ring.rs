//! Rings, one or one a channel (Patarasuk and Yuan 2009; NCCL).
//!
//! All-reduce: `2 (N - 1)` steps, each rank sends `2 (N - 1) / N` of the data. All-gather and
//! reduce-scatter: half of both. Broadcast and reduce go along each ring as a pipelined chain that begins
//! or ends at the root. Data are divided evenly among the channels; see `order::rings` for who follows whom.

use std::sync::Arc;

use super::pipeline;
use super::step::{Blocks, earlier_steps, number};
use super::{Request, empty, order};
use crate::collective::{Algorithm, Base, Op, Pattern, Payload, Phase, Schedule};

pub(super) const OPS: &[Op] = &[Op::AllReduce, Op::AllGather, Op::ReduceScatter, Op::Broadcast, Op::Reduce];

pub(super) fn schedule(request: &Request) -> Schedule {
    let rings = request.rings.clone().unwrap_or_else(|| {
        let channels = request.channels.unwrap_or_else(|| order::rails(request));
        order::rings(request, channels)
    });
    if request.op.is_rooted() {
        let orders = rings.iter().map(|ring| order::turned(ring, request.root.0));
        return pipeline::along(request, Algorithm::Ring, orders.collect());
    }
    of_rings(request, Algorithm::Ring, &rings)
}

/// A schedule in which every ring does its part of the data.
pub(super) fn of_rings(request: &Request, algorithm: Algorithm, rings: &[Arc<[u32]>]) -> Schedule {
    let (n, channels) = (request.ranks, number_of(rings));
    let mut schedule = empty(request, algorithm, channels, u64::from(n) * u64::from(channels));
    if n == 1 {
        return schedule;
    }
    for (channel, order) in (0..).zip(rings) {
        let (name, steps, reduce_steps, payload) = match request.op {
            Op::AllGather => ("all-gather", n - 1, 0, shards(order, channel, channels, 0)),
            Op::ReduceScatter => ("reduce-scatter", n - 1, n - 1, shards(order, channel, channels, -1)),
            _ => {
                let base = Base::At(u64::from(channel) * u64::from(n));
                ("all-reduce", 2 * (n - 1), n - 1, blocks_in_order(base, n, 1, 0))
            }
        };
        let itself = number(&schedule.phases);
        schedule.phases.push(Phase {
            name,
            pattern: Pattern::Shift { order: Arc::clone(order), ring: n, shift: 1 },
            steps,
            payload,
            reduce_steps,
            waits: vec![earlier_steps(itself)],
            channel,
            round: 0,
        });
    }
    schedule
}

/// The payload of a ring of `blocks` blocks in a row of `width` atoms each: the rank at place `p` begins
/// with block `start + p` and goes on with what it was sent last.
pub(super) const fn blocks_in_order(base: Base, blocks: u32, width: u64, start: i64) -> Payload {
    Payload::Cyclic { base, blocks, width, start, per_position: 1, per_step: -1, len: 1 }
}

/// The payload of an all-gather (`start` 0) or reduce-scatter (`start` -1) of the atoms of one channel.
/// The block of place `p` is what the rank there has of its own shard in this channel.
#[expect(clippy::cast_possible_truncation, reason = "there are fewer than 2^32 ranks")]
fn shards(order: &[u32], channel: u32, channels: u32, start: i64) -> Payload {
    if channels == 1 && order.is_sorted() {
        return blocks_in_order(Base::At(0), order.len() as u32, 1, start);
    }
    let mut blocks = Blocks::new();
    for rank in order {
        blocks.push(std::iter::once(u64::from(*rank) * u64::from(channels) + u64::from(channel)));
    }
    blocks.payload([0].into(), order.len() as u32, start)
}

/// How many rings there are.
#[expect(clippy::cast_possible_truncation, reason = "at most MAX_CHANNELS")]
const fn number_of(rings: &[Arc<[u32]>]) -> u32 {
    rings.len() as u32
}
