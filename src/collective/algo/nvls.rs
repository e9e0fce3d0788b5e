//! Sums and copies made in the NVSwitches of one server (NVLink SHARP, NCCL's NVLS).
//!
//! What is to be summed is sent up to the switch once by every rank, and the switch sends the sum to those who want it;
//! what is to be copied is sent up once by who has it, and the switch sends it to all others. Data is split over the
//! switches by the width of their links, and goes in segments: while one is on its way down, the next goes up. So an
//! all-reduce takes every link of a rank once in each direction, where a ring takes it `2 (N - 1) / N` times.

use super::in_network::{Kind, Lanes, Switches, switches};
use super::step::{number, same_step};
use super::{Request, Unserved, empty, order, pipeline};
use crate::collective::{Algorithm, Op, Schedule};
use crate::fabric::InNetwork;

pub(super) const OPS: &[Op] = &[Op::AllReduce, Op::AllGather, Op::ReduceScatter, Op::Broadcast, Op::Reduce];

pub(super) fn schedule(request: &Request) -> Result<Schedule, Unserved> {
    let algorithm = Algorithm::Nvls;
    let channels = request.channels.unwrap_or(1);
    let segments = pipeline::segments(request, channels);
    if request.ranks == 1 {
        return Ok(empty(request, algorithm, channels, u64::from(channels) * u64::from(segments)));
    }
    let servers = order::servers(request);
    if servers.len() > 1 {
        let across = if request.op == Op::AllReduce { "; across servers there is `nvls-tree`" } else { "" };
        let needs = format!("all ranks in one server (NVLink domain), not in {}{across}", servers.len());
        return Err(Unserved::Placement { algorithm, needs });
    }
    let needs = InNetwork {
        multicast: matches!(request.op, Op::AllReduce | Op::AllGather | Op::Broadcast),
        reduce: matches!(request.op, Op::AllReduce | Op::ReduceScatter | Op::Reduce),
    };
    let found = switches(request, algorithm, &servers, needs)?;
    let Some(switches) = found.first() else { return Ok(empty(request, algorithm, channels, 1)) };
    let sharded = matches!(request.op, Op::AllGather | Op::ReduceScatter);
    let shards = if sharded { u64::from(request.ranks) } else { 1 };
    let shard = u64::from(channels) * u64::from(segments) * switches.block;
    let plan = Plan { request, switches, needs, segments, shards, shard };
    let mut schedule = empty(request, algorithm, channels, shards * shard);
    schedule.switches = request.switches.iter().map(|place| place.in_network).collect();
    for channel in 0..channels {
        plan.push(&mut schedule, channel);
    }
    Ok(schedule)
}

struct Plan<'a> {
    request: &'a Request,
    switches: &'a Switches,
    needs: InNetwork,
    segments: u32,
    /// Shards of the data: one a rank for all-gather and reduce-scatter, else the whole is one.
    shards: u64,
    /// Atoms of a shard.
    shard: u64,
}

impl Plan<'_> {
    fn push(&self, schedule: &mut Schedule, channel: u32) {
        let Request { op, ranks, root, .. } = *self.request;
        let base = u64::from(channel) * u64::from(self.segments) * self.switches.block;
        let (mut up, mut down) = (Lanes::default(), Lanes::default());
        for part in &self.switches.parts {
            // The part of the switch in the first segment of some shards.
            let of = |shards: &mut dyn Iterator<Item = u64>| -> Vec<(u64, u64)> {
                shards.map(|shard| (shard * self.shard + base + part.before, part.width)).collect()
            };
            for rank in 0..ranks {
                let own = u64::from(rank);
                let sent = match op {
                    Op::Broadcast if rank != root.0 => continue,
                    Op::AllGather => of(&mut std::iter::once(own)),
                    _ => of(&mut (0..self.shards)),
                };
                up.add((rank, part.switch), 0, sent);
            }
            for rank in 0..ranks {
                let own = u64::from(rank);
                let got = match op {
                    Op::Broadcast if rank == root.0 => continue,
                    Op::Reduce if rank != root.0 => continue,
                    Op::AllGather => of(&mut (0..self.shards).filter(|shard| *shard != own)),
                    Op::ReduceScatter => of(&mut std::iter::once(own)),
                    _ => of(&mut (0..self.shards)),
                };
                down.add((part.switch, rank), 0, got);
            }
        }
        let kind = |name, reduce, round| Kind {
            name,
            reduce,
            segments: self.segments,
            stride: self.switches.block,
            channel,
            round,
        };
        let first = number(&schedule.phases);
        let InNetwork { multicast, reduce } = self.needs;
        let names = [
            if reduce { "reduce in switch" } else { "to switch" },
            if multicast { "multicast" } else { "sum" },
        ];
        schedule.phases.push(up.phase(kind(names[0], reduce, 0), Vec::new()));
        schedule.phases.push(down.phase(kind(names[1], false, 1), vec![same_step(first)]));
    }
}
