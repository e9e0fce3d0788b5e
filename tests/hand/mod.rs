//! Schedules written out by hand, random fabrics and a plain simulator, so that tests of engines and bounds stand
//! on nothing but the types.
#![allow(dead_code, reason = "every test file uses its own part")]

use std::sync::Arc;

use proptest::prelude::*;
use railspine::collective::{
    Algorithm, AtomRange, Base, Need, On, Op, Pattern, Payload, Phase, Schedule, Side, Wait, verify,
};
use railspine::engine::{Collective, Steps};
use railspine::fabric::{Builder, Cable, Fabric, LinkClass, Node, NodeKind};
use railspine::ids::{LinkId, NodeId, PathId, Rank, ResourceId};
use railspine::route::{Hop, Resource, Routes};
use railspine::units::{Bandwidth, Bytes, Time};

pub(crate) mod plain;

pub(crate) const fn incoming(phase: u32, need: Need) -> Wait {
    Wait { phase, on: On::Received, side: Side::Incoming, need }
}

pub(crate) const fn sent(phase: u32) -> Wait {
    Wait { phase, on: On::Sent, side: Side::Outgoing, need: Need::All }
}

/// A phase that replaces what the receiver has.
pub(crate) fn phase(pattern: Pattern, steps: u32, payload: Payload, waits: Vec<Wait>, round: u32) -> Phase {
    Phase { name: "test", pattern, steps, payload, reduce_steps: 0, waits, channel: 0, round }
}

/// The same phase, adding in its first so many steps.
pub(crate) fn adding(phase: Phase, reduce_steps: u32) -> Phase {
    Phase { reduce_steps, ..phase }
}

pub(crate) fn schedule(op: Op, ranks: u32, atoms: u64, phases: Vec<Phase>) -> Schedule {
    Schedule {
        op,
        algorithm: Algorithm::Direct,
        ranks,
        switches: Vec::new(),
        root: Rank(0),
        channels: 1,
        atoms,
        spread: None,
        phases,
    }
}

pub(crate) fn order(ranks: u32) -> Arc<[u32]> {
    (0..ranks).collect()
}

pub(crate) fn shift(ranks: u32, shift: u32) -> Pattern {
    Pattern::Shift { order: order(ranks), ring: ranks, shift }
}

/// `len` of `blocks` blocks of one atom, from block `start + position + per_step * step`.
pub(crate) fn blocks(blocks: u32, start: i64, per_step: i64, len: u32) -> Payload {
    Payload::Cyclic { base: Base::At(0), blocks, width: 1, start, per_position: 1, per_step, len }
}

/// A ring over all ranks: all-reduce, all-gather or reduce-scatter.
pub(crate) fn ring(op: Op, ranks: u32) -> Schedule {
    let (start, steps, adds) = match op {
        Op::AllReduce => (0, 2 * (ranks - 1), ranks - 1),
        Op::AllGather => (0, ranks - 1, 0),
        _ => (-1, ranks - 1, ranks - 1),
    };
    let waits = vec![incoming(0, Need::Step { plus: 0 })];
    let ring = adding(phase(shift(ranks, 1), steps, blocks(ranks, start, -1, 1), waits, 0), adds);
    schedule(op, ranks, u64::from(ranks), vec![ring])
}

/// One exchange at distance `mask`.
#[derive(Clone, Copy)]
pub(crate) enum Exchange {
    /// Everything, added.
    Whole,
    /// The shards of the other side, added.
    Halve,
    /// The shards of the own side.
    Double,
}

/// Exchanges one after another among a power of two of ranks.
pub(crate) fn exchanges(op: Op, ranks: u32, rounds: &[(u32, Exchange)]) -> Schedule {
    let phases = (0..).zip(rounds).map(|(index, (mask, exchange))| {
        let range = |place: u32| match exchange {
            Exchange::Whole => AtomRange { start: 0, len: u64::from(ranks) },
            Exchange::Halve => side(place ^ mask, *mask),
            Exchange::Double => side(place, *mask),
        };
        let pattern = Pattern::Xor { order: order(ranks), group: ranks, mask: *mask };
        let waits = if index == 0 { vec![] } else { vec![incoming(index - 1, Need::All), sent(index - 1)] };
        let one = phase(pattern, 1, Payload::Table((0..ranks).map(range).collect()), waits, index);
        adding(one, u32::from(!matches!(exchange, Exchange::Double)))
    });
    schedule(op, ranks, u64::from(ranks), phases.collect())
}

fn side(place: u32, mask: u32) -> AtomRange {
    AtomRange { start: u64::from(place / mask * mask), len: u64::from(mask) }
}

/// Bruck's all-gather among a power of two of ranks.
pub(crate) fn bruck_gather(ranks: u32) -> Schedule {
    let phases = (0..ranks.ilog2()).map(|bit| {
        let waits = if bit == 0 { vec![] } else { vec![incoming(bit - 1, Need::All), sent(bit - 1)] };
        phase(shift(ranks, 1 << bit), 1, blocks(ranks, 1 - (1 << bit), 0, 1 << bit), waits, bit)
    });
    schedule(Op::AllGather, ranks, u64::from(ranks), phases.collect())
}

/// Bruck's all-to-all.
pub(crate) fn bruck_exchange(ranks: u32) -> Schedule {
    let phases = (0..ranks.next_power_of_two().ilog2()).map(|bit| {
        let waits = if bit == 0 { vec![] } else { vec![incoming(bit - 1, Need::All), sent(bit - 1)] };
        phase(shift(ranks, 1 << bit), 1, Payload::BruckShards { ranks, bit, width: 1 }, waits, bit)
    });
    schedule(Op::AllToAll, ranks, u64::from(ranks * ranks), phases.collect())
}

/// All-to-all by shifts: one after another, or all at once.
pub(crate) fn shifts(ranks: u32, burst: bool) -> Schedule {
    let phases = (1..ranks).map(|distance| {
        let waits = if burst || distance == 1 { vec![] } else { vec![sent(distance - 2)] };
        let payload = Payload::Shard { ranks, width: 1 };
        phase(shift(ranks, distance), 1, payload, waits, if burst { 0 } else { distance - 1 })
    });
    schedule(Op::AllToAll, ranks, u64::from(ranks * ranks), phases.collect())
}

/// Everybody sends to everybody at once: all-gather, reduce-scatter, or one after the other.
pub(crate) fn direct(op: Op, ranks: u32) -> Schedule {
    let mut phases = Vec::new();
    if op != Op::AllGather {
        let scatter = |distance: u32| {
            adding(phase(shift(ranks, distance), 1, blocks(ranks, i64::from(distance), 0, 1), vec![], 0), 1)
        };
        phases.extend((1..ranks).map(scatter));
    }
    if op != Op::ReduceScatter {
        let before = phases.len() as u32;
        let waits: Vec<Wait> = (0..before).map(|index| incoming(index, Need::All)).collect();
        let gather = |distance| {
            phase(shift(ranks, distance), 1, blocks(ranks, 0, 0, 1), waits.clone(), u32::from(before > 0))
        };
        phases.extend((1..ranks).map(gather));
    }
    schedule(op, ranks, u64::from(ranks), phases)
}

/// Every rank sends to the next.
pub(crate) fn neighbours(ranks: u32) -> Schedule {
    let phases = vec![phase(shift(ranks, 1), 1, blocks(ranks, 0, 0, 1), vec![], 0)];
    schedule(Op::SendRecv, ranks, u64::from(ranks), phases)
}

pub(crate) fn whole(lanes: usize) -> Payload {
    Payload::Table(vec![AtomRange { start: 0, len: 1 }; lanes].into())
}

/// Broadcast from the root to all at once.
pub(crate) fn flat(ranks: u32) -> Schedule {
    let pairs: Vec<(u32, u32, u32)> = (1..ranks).map(|rank| (0, rank, 0)).collect();
    let lanes = pairs.len();
    schedule(Op::Broadcast, ranks, 1, vec![phase(Pattern::Pairs(pairs.into()), 1, whole(lanes), vec![], 0)])
}

/// Broadcast down a binomial tree; every send waits until the rank's sends before were received.
pub(crate) fn binomial(ranks: u32) -> Schedule {
    let mut phases = Vec::new();
    let mut reached = 1;
    while reached < ranks {
        let pairs: Vec<(u32, u32, u32)> =
            (0..reached.min(ranks - reached)).map(|r| (r, r + reached, 0)).collect();
        let waits = (0..phases.len() as u32)
            .flat_map(|before| [incoming(before, Need::All), Wait { on: On::Received, ..sent(before) }]);
        let (waits, lanes, round) = (waits.collect(), pairs.len(), phases.len() as u32);
        phases.push(phase(Pattern::Pairs(pairs.into()), 1, whole(lanes), waits, round));
        reached *= 2;
    }
    schedule(Op::Broadcast, ranks, 1, phases)
}

/// Broadcast down a chain in segments.
pub(crate) fn chain(ranks: u32, segments: u32) -> Schedule {
    let pairs: Vec<(u32, u32, u32)> = (0..ranks - 1).map(|r| (r, r + 1, r)).collect();
    let payload = Payload::Segments { base: 0, width: 1 };
    let waits = vec![incoming(0, Need::Step { plus: 1 })];
    let phases = vec![phase(Pattern::Pairs(pairs.into()), segments, payload, waits, 0)];
    schedule(Op::Broadcast, ranks, u64::from(segments), phases)
}

/// Reduce: everybody to the root at once.
pub(crate) fn funnel(ranks: u32) -> Schedule {
    let pairs: Vec<(u32, u32, u32)> = (1..ranks).map(|rank| (rank, 0, 0)).collect();
    let lanes = pairs.len();
    let one = adding(phase(Pattern::Pairs(pairs.into()), 1, whole(lanes), vec![], 0), 1);
    schedule(Op::Reduce, ranks, 1, vec![one])
}

/// Reduce up a chain in segments.
pub(crate) fn chain_reduce(ranks: u32, segments: u32) -> Schedule {
    let pairs: Vec<(u32, u32, u32)> = (1..ranks).rev().map(|r| (r, r - 1, ranks - 1 - r)).collect();
    let payload = Payload::Segments { base: 0, width: 1 };
    let waits = vec![incoming(0, Need::Step { plus: 1 })];
    let one = adding(phase(Pattern::Pairs(pairs.into()), segments, payload, waits, 0), segments);
    schedule(Op::Reduce, ranks, u64::from(segments), vec![one])
}

/// All-reduce up and down one binary tree (children `2 r + 1`, `2 r + 2`) in segments.
pub(crate) fn tree(ranks: u32, segments: u32) -> Schedule {
    let up: Vec<(u32, u32, u32)> = (1..ranks).map(|r| (r, (r - 1) / 2, 0)).collect();
    let down: Vec<(u32, u32, u32)> = up.iter().map(|(a, b, stagger)| (*b, *a, *stagger)).collect();
    let payload = Payload::Segments { base: 0, width: 1 };
    let step = Need::Step { plus: 1 };
    let phases = vec![
        adding(
            phase(Pattern::Pairs(up.into()), segments, payload.clone(), vec![incoming(0, step)], 0),
            segments,
        ),
        phase(Pattern::Pairs(down.into()), segments, payload, vec![incoming(0, step), incoming(1, step)], 1),
    ];
    schedule(Op::AllReduce, ranks, u64::from(segments), phases)
}

/// All-reduce by rings along one dimension after the other: the ranks of a ring, ring by ring, and its side. The
/// ring's part of the data shrinks with every dimension on the way in and grows on the way out.
pub(crate) fn dimensions(sides: &[u32]) -> Schedule {
    let ranks: u32 = sides.iter().product();
    let mut phases: Vec<Phase> = Vec::new();
    let mut rows = Vec::new();
    let (mut stride, mut round) = (1, 0);
    for side in sides {
        // Ranks whose places before this dimension agree hold the same part when they begin.
        let mut order = Vec::new();
        let mut starts = Vec::new();
        for first in (0..ranks).filter(|rank| rank / stride % side == 0) {
            order.extend((0..*side).map(|place| first + place * stride));
            let mut start = 0;
            let (mut part, mut place) = (u64::from(ranks), first);
            for before in sides.iter().take(rows.len()) {
                part /= u64::from(*before);
                start += u64::from(place % before) * part;
                place /= before;
            }
            starts.push(start);
        }
        stride *= side;
        rows.push((order, starts, *side, u64::from(ranks / stride)));
    }
    for out in [false, true] {
        let along: Vec<usize> = if out { (0..rows.len()).rev().collect() } else { (0..rows.len()).collect() };
        for dimension in along {
            let (order, starts, side, width) = &rows[dimension];
            let payload = Payload::Cyclic {
                base: Base::PerRing(starts.clone().into()),
                blocks: *side,
                width: *width,
                start: if out { 0 } else { -1 },
                per_position: 1,
                per_step: -1,
                len: 1,
            };
            let index = phases.len() as u32;
            let mut waits: Vec<Wait> = (0..index).map(|before| incoming(before, Need::All)).collect();
            waits.push(incoming(index, Need::Step { plus: 0 }));
            let pattern = Pattern::Shift { order: order.clone().into(), ring: *side, shift: 1 };
            let one = phase(pattern, side - 1, payload, waits, round);
            phases.push(adding(one, if out { 0 } else { side - 1 }));
            round += side - 1;
        }
    }
    schedule(Op::AllReduce, ranks, u64::from(ranks), phases)
}

/// Schedules of every operation for `ranks` ranks.
pub(crate) fn every_schedule(ranks: u32) -> Vec<Schedule> {
    vec![
        ring(Op::AllReduce, ranks),
        ring(Op::AllGather, ranks),
        ring(Op::ReduceScatter, ranks),
        direct(Op::AllGather, ranks),
        direct(Op::ReduceScatter, ranks),
        direct(Op::AllReduce, ranks),
        shifts(ranks, true),
        shifts(ranks, false),
        bruck_exchange(ranks),
        flat(ranks),
        binomial(ranks),
        chain(ranks, 1),
        chain(ranks, 5),
        funnel(ranks),
        chain_reduce(ranks, 5),
        tree(ranks, 1),
        tree(ranks, 6),
        neighbours(ranks),
    ]
}

/// A table of paths, one for every lane.
pub(crate) fn table(
    schedule: &Schedule,
    resources: Vec<Resource>,
    path: impl Fn(u32, u32) -> (Vec<Hop>, Time),
) -> (Routes, Vec<PathId>) {
    let lanes = schedule.phases.iter().flat_map(|phase| phase.pattern.lanes());
    let paths: Vec<(Vec<Hop>, Time)> = lanes.map(|lane| path(lane.src.0, lane.dst.0)).collect();
    let ids = (0..paths.len()).map(PathId::from_index).collect();
    (Routes::from_parts(resources, 1, &paths), ids)
}

pub(crate) const fn hop(resource: u32) -> Hop {
    Hop { resource: ResourceId(resource), weight: 1 }
}

pub(crate) const fn resource(link: u32, capacity: f64) -> Resource {
    Resource { link: LinkId(link), lane: None, capacity }
}

pub(crate) fn collective(schedule: Schedule, bytes: u64, paths: Vec<PathId>, steps: Steps) -> Collective {
    let schedule = verify(schedule).expect("schedules written by hand are right");
    Collective { schedule, bytes: Bytes(bytes), paths, fold: None, start: Time::ZERO, steps }
}

/// A connected fabric of `ranks` GPUs that forward, in servers of three, one GPU that is no rank, and switches of
/// four kinds: a random tree and some more cables.
pub(crate) fn fabric(ranks: u32, cables: &[(u32, u32, u64, u64)]) -> Fabric {
    let mut builder = Builder::new("random", LinkClass::builtin());
    let ideal = builder.class("ideal").unwrap();
    let mut nodes: Vec<NodeId> = (0..=ranks)
        .map(|i| builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu).forwarding().in_server(i / 3)))
        .collect();
    let kinds = [NodeKind::NvSwitch, NodeKind::Nic, NodeKind::Leaf, NodeKind::Spine];
    nodes.extend((0..).zip(kinds).map(|(server, kind)| {
        let node = Node::new(kind.name(), kind);
        builder.add_node(if kind.is_network_switch() { node } else { node.in_server(server) })
    }));
    let count = nodes.len() as u32;
    let mut linked = std::collections::BTreeSet::new();
    for (index, (a, b, rate, latency)) in (0..).zip(cables) {
        // The tree comes first; it puts the nodes in an order that depends on the first cable.
        let place = |i: u32| (i + cables[0].1) % count;
        let (a, b) = if index + 1 < count {
            (place(index + 1), place(a % (index + 1)))
        } else {
            (a % count, b % count)
        };
        if a != b && linked.insert((a.min(b), a.max(b))) {
            let cable = Cable::new(ideal, Bandwidth::from_gigabytes(*rate)).latency(Some(Time(*latency)));
            builder.add_cable(nodes[a as usize], nodes[b as usize], cable);
        }
    }
    builder.finish().unwrap()
}

/// Least-latency paths over the links of a fabric, rank `r` on endpoint `r`.
pub(crate) fn route(fabric: &Fabric, schedule: &Schedule) -> (Routes, Vec<PathId>) {
    let resources = (0..fabric.links().len()).map(|index| {
        let link = LinkId::from_index(index);
        Resource { link, lane: None, capacity: fabric.capacity(link) }
    });
    table(schedule, resources.collect(), |src, dst| {
        let (src, dst) = (fabric.endpoints()[src as usize], fabric.endpoints()[dst as usize]);
        let mut best: Vec<(u64, Option<LinkId>)> = vec![(u64::MAX, None); fabric.nodes().len()];
        best[src.index()].0 = 0;
        for _ in fabric.nodes() {
            for (index, link) in fabric.links().iter().enumerate() {
                let there = best[link.from.index()].0.saturating_add(link.latency.ps());
                if there < best[link.to.index()].0 {
                    best[link.to.index()] = (there, Some(LinkId::from_index(index)));
                }
            }
        }
        let (mut hops, mut node) = (Vec::new(), dst);
        while let Some(link) = best[node.index()].1.filter(|_| node != src) {
            hops.push(Hop { resource: ResourceId(link.0), weight: 1 });
            node = fabric.link(link).from;
        }
        hops.sort_unstable();
        (hops, Time(best[dst.index()].0))
    })
}

pub(crate) fn cables() -> impl Strategy<Value = (u32, Vec<(u32, u32, u64, u64)>)> {
    (2u32..9).prop_flat_map(|ranks| {
        let cable = (0u32..64, 0u32..64, 1u64..20, 0u64..3_000_000);
        let nodes = ranks as usize + 5;
        let count = nodes - 1..2 * nodes;
        (Just(ranks), proptest::collection::vec(cable, count))
    })
}
