//! Pipelines along chains of ranks: each passes on one segment after the other.

use super::step::{number, same_step};
use super::{Request, empty};
use crate::collective::{Algorithm, Op, Pattern, Payload, Phase, Schedule};

/// Pipelines aim at segments of so many bytes: large enough that latency is a small part of a step at
/// hundreds of gigabits per second, small enough that filling the pipeline is cheap.
const SEGMENT_BYTES: u64 = 256 << 10;
/// The most segments that are chosen by size.
const MOST_SEGMENTS: u64 = 128;

/// How many segments the data of a channel are cut in, where `parts` channels share all of them evenly:
/// what the request says, else as many as make segments of 256 KiB, at least 1 and at most 128.
pub(super) fn segments(request: &Request, parts: u32) -> u32 {
    let chosen = request.bytes.get().div_ceil(u64::from(parts).max(1)).div_ceil(SEGMENT_BYTES);
    request.segments.unwrap_or_else(|| u32::try_from(chosen.clamp(1, MOST_SEGMENTS)).unwrap_or(1))
}

/// A chain for each order, which begins at the root; each carries its part of the data.
///
/// Reduce goes from the far end to the root, broadcast from the root to the far end, all-reduce does the
/// one, then the other, segment by segment.
#[expect(clippy::cast_possible_truncation, reason = "there are at most MAX_CHANNELS chains")]
pub(super) fn along(request: &Request, algorithm: Algorithm, orders: Vec<Vec<u32>>) -> Schedule {
    let channels = orders.len() as u32;
    let segments = segments(request, channels);
    let mut schedule = empty(request, algorithm, channels, u64::from(channels) * u64::from(segments));
    if request.ranks == 1 {
        return schedule;
    }
    for (channel, order) in (0..).zip(orders) {
        let payload = Payload::Segments { base: u64::from(channel) * u64::from(segments), width: 1 };
        let phases = &mut schedule.phases;
        let mut round = 0;
        let mut waits = Vec::new();
        if request.op != Op::Broadcast {
            let itself = number(phases);
            let inwards = order.iter().rev().copied();
            phases.push(Phase {
                name: "reduce",
                pattern: chain(inwards),
                steps: segments,
                payload: payload.clone(),
                reduce_steps: segments,
                waits: vec![same_step(itself)],
                channel,
                round,
            });
            round = request.ranks - 1;
            waits.push(same_step(itself));
        }
        if request.op != Op::Reduce {
            waits.push(same_step(number(phases)));
            phases.push(Phase {
                name: "broadcast",
                pattern: chain(order.into_iter()),
                steps: segments,
                payload,
                reduce_steps: 0,
                waits,
                channel,
                round,
            });
        }
    }
    schedule
}

/// Each rank sends to the next, a round later than the one before it.
fn chain(order: impl Iterator<Item = u32> + Clone) -> Pattern {
    let next = order.clone().skip(1);
    Pattern::Pairs(order.zip(next).zip(0..).map(|((src, dst), place)| (src, dst, place)).collect())
}
