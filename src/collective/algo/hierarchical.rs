//! Inside the servers, then across them, then inside again (BlueConnect; NCCL's CollNet and others alike).
//!
//! All-reduce: a ring reduce-scatter inside each server of `g` ranks, a ring all-reduce of `1 / g` of the
//! data across servers among ranks of the same local number (their rail), a ring all-gather inside.
//! Reduce-scatter is its first half, all-gather its second. Segments of the data are pipelined: while one
//! is on its way across, the next is reduced inside.

use std::sync::Arc;

use super::ring::blocks_in_order;
use super::step::{Blocks, arrived, earlier_steps, number, sent};
use super::{Request, Unserved, empty, order};
use crate::collective::{Algorithm, Base, Op, Pattern, Payload, Phase, Schedule};

pub(super) const OPS: &[Op] = &[Op::AllReduce, Op::AllGather, Op::ReduceScatter];

/// From so many bytes for each server on, data are cut in [`SEGMENTS`] segments unless a request says otherwise. A
/// segment waits for the one before at every stage, which costs the latency of a ring across the servers each time;
/// what it saves grows with the size. With links of today both are equal near this size.
const SEGMENTED_FROM: u64 = 4 << 20;
const SEGMENTS: u32 = 4;

pub(super) fn schedule(request: &Request) -> Result<Schedule, Unserved> {
    let algorithm = Algorithm::Hierarchical;
    let servers = order::servers(request);
    let Some(size) = order::equal_size(&servers) else {
        let needs = "servers with equally many ranks each".to_owned();
        return Err(Unserved::Placement { algorithm, needs });
    };
    let count = request.ranks / size;
    let by_size = if request.bytes.get() < SEGMENTED_FROM * u64::from(count) { 1 } else { SEGMENTS };
    let segments = request.segments.unwrap_or(by_size);
    let inside: Arc<[u32]> = servers.iter().flatten().copied().collect();
    let across = (0..size as usize).flat_map(|local| servers.iter().map(move |members| members[local]));
    let plan = Plan { op: request.op, size, count, segments, inside, across: across.collect() };
    let mut schedule = empty(request, algorithm, 1, u64::from(request.ranks) * u64::from(segments));
    for segment in 0..segments {
        plan.push(&mut schedule, segment);
    }
    Ok(schedule)
}

/// One of the three stages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Scatter,
    Across,
    Gather,
}

struct Plan {
    op: Op,
    /// Ranks in a server.
    size: u32,
    /// Servers.
    count: u32,
    segments: u32,
    /// All ranks, server by server.
    inside: Arc<[u32]>,
    /// All ranks, local number by local number.
    across: Arc<[u32]>,
}

impl Plan {
    /// The stages that have something to do, in order.
    fn stages(&self) -> Vec<Stage> {
        let all: &[Stage] = match self.op {
            Op::ReduceScatter => &[Stage::Scatter, Stage::Across],
            Op::AllGather => &[Stage::Across, Stage::Gather],
            _ => &[Stage::Scatter, Stage::Across, Stage::Gather],
        };
        let works = |stage: &Stage| if *stage == Stage::Across { self.count > 1 } else { self.size > 1 };
        all.iter().copied().filter(works).collect()
    }

    fn steps(&self, stage: Stage) -> u32 {
        match stage {
            Stage::Scatter | Stage::Gather => self.size - 1,
            Stage::Across if self.op == Op::AllReduce => 2 * (self.count - 1),
            Stage::Across => self.count - 1,
        }
    }

    fn push(&self, schedule: &mut Schedule, segment: u32) {
        let stages = self.stages();
        let longest = stages.iter().map(|stage| self.steps(*stage)).max().unwrap_or(0);
        for (place, stage) in (0..).zip(&stages) {
            let phases = &mut schedule.phases;
            let itself = number(phases);
            let mut waits = vec![earlier_steps(itself)];
            if place > 0 {
                waits.extend([arrived(itself - 1), sent(itself - 1)]);
            }
            if segment > 0 {
                // The stage is busy with the segment before.
                waits.push(sent(itself - number(&phases[..stages.len()])));
            }
            let steps = self.steps(*stage);
            let (name, pattern, reduce_steps) = match stage {
                Stage::Scatter => ("reduce-scatter inside", self.rings(&self.inside, self.size), steps),
                Stage::Gather => ("all-gather inside", self.rings(&self.inside, self.size), 0),
                Stage::Across => match self.op {
                    Op::ReduceScatter => {
                        ("reduce-scatter across", self.rings(&self.across, self.count), steps)
                    }
                    Op::AllGather => ("all-gather across", self.rings(&self.across, self.count), 0),
                    _ => ("all-reduce across", self.rings(&self.across, self.count), steps / 2),
                },
            };
            phases.push(Phase {
                name,
                pattern,
                steps,
                payload: self.payload(*stage, segment),
                reduce_steps,
                waits,
                channel: 0,
                // Stages of successive segments overlap, in lockstep too.
                round: (segment + place).saturating_mul(longest),
            });
        }
    }

    fn rings(&self, order: &Arc<[u32]>, ring: u32) -> Pattern {
        Pattern::Shift { order: Arc::clone(order), ring, shift: 1 }
    }

    fn payload(&self, stage: Stage, segment: u32) -> Payload {
        let (size, count) = (u64::from(self.size), u64::from(self.count));
        let start = if stage == Stage::Scatter || (stage == Stage::Across && self.op == Op::ReduceScatter) {
            -1
        } else {
            0
        };
        if self.op == Op::AllReduce {
            let base = u64::from(segment) * size * count;
            return match stage {
                Stage::Scatter | Stage::Gather => blocks_in_order(Base::At(base), self.size, count, start),
                Stage::Across => {
                    let bases = (0..size).map(|local| base + local * count).collect();
                    blocks_in_order(Base::PerRing(bases), self.count, 1, start)
                }
            };
        }
        let atom = |rank: &u32| u64::from(*rank) * u64::from(self.segments) + u64::from(segment);
        let mut blocks = Blocks::new();
        let by_local = self.across.chunks(self.count as usize);
        if stage == Stage::Across {
            // A row for each local number, a block for each server.
            by_local.flatten().for_each(|rank| blocks.push(std::iter::once(atom(rank))));
            return blocks.payload((0..self.size).collect(), self.count, start);
        }
        // The same row for all servers, a block for each local number.
        by_local.for_each(|ranks| blocks.push(ranks.iter().map(atom)));
        blocks.payload(vec![0; self.count as usize].into(), self.size, start)
    }
}
