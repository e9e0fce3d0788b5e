//! How rings lie in blocks: which lanes share links with one another, where rings leave them for the next ones, and which
//! blocks are alike.

use rustc_hash::FxHashMap;

use super::block::{Block, BlockLane};
use super::network::Network;
use super::plan::Plan;
use super::ring::Rings;
use crate::ids::ResourceId;
use crate::route::Hop;

/// Kinds of blocks that may alternate.
const KINDS: usize = 16;

/// What is known of how the rings lie in blocks.
pub(super) struct Layout {
    /// Exit latency of every block, in the order in which rings pass them.
    pub(super) exits: Vec<u64>,
    /// The kinds, which alternate: block `b` is of kind `b % kinds.len()`.
    pub(super) kinds: Vec<Block>,
}

/// How the rings lie in blocks, if they do.
pub(super) fn layout(plan: &Plan<'_>, rings: &Rings) -> Option<Layout> {
    let cells = cells(plan);
    const NONE: u32 = u32::MAX;
    // The cell of each lane; a lane that shares nothing goes with the one before it.
    let mut turned: Vec<Vec<u32>> = Vec::with_capacity(rings.rings.len());
    let mut cell_of = cells;
    for ring in &rings.rings {
        // Begin where a block begins.
        let sharing = |at: usize| cell_of[ring[at] as usize] != NONE;
        let some = (0..ring.len()).find(|at| sharing(*at))?;
        let mut here = cell_of[ring[some] as usize];
        let mut starts = Vec::new();
        for step in 1..=ring.len() {
            let at = (some + step) % ring.len();
            let lane = ring[at] as usize;
            if cell_of[lane] == NONE {
                cell_of[lane] = here;
            } else if cell_of[lane] != here {
                here = cell_of[lane];
                starts.push(at);
            }
        }
        let start = starts.iter().copied().min().unwrap_or(some);
        turned.push((0..ring.len()).map(|step| ring[(start + step) % ring.len()]).collect());
    }
    // Blocks in the order of the first ring.
    let mut order: Vec<u32> = Vec::new();
    let mut block_of: FxHashMap<u32, u32> = FxHashMap::default();
    for lane in turned.first()? {
        let cell = cell_of[*lane as usize];
        if order.last() != Some(&cell) {
            if block_of.insert(cell, order.len() as u32).is_some() {
                return None;
            }
            order.push(cell);
        }
    }
    let blocks = order.len();
    // Where each ring's lanes of each block begin.
    let mut runs: Vec<Vec<u32>> = Vec::with_capacity(turned.len());
    for ring in &mut turned {
        let block = |lane: &u32| block_of.get(&cell_of[*lane as usize]).copied();
        let first = ring.iter().position(|lane| block(lane) == Some(0))?;
        // The first lane of block 0 that comes from elsewhere.
        let from = (0..ring.len()).map(|step| (first + step) % ring.len()).find(|at| {
            block(&ring[*at]) == Some(0)
                && (blocks == 1 || block(&ring[(at + ring.len() - 1) % ring.len()]) != Some(0))
        })?;
        ring.rotate_left(from);
        let mut starts = Vec::with_capacity(blocks + 1);
        for (at, lane) in ring.iter().enumerate() {
            let here = block(lane)? as usize;
            if here == starts.len() {
                starts.push(at as u32);
            } else if here + 1 != starts.len() {
                return None;
            }
        }
        if starts.len() != blocks {
            return None;
        }
        starts.push(ring.len() as u32);
        runs.push(starts);
    }
    let mut exits = Vec::with_capacity(blocks);
    let mut sequence = Vec::with_capacity(blocks);
    let mut signatures: FxHashMap<Vec<u64>, u32> = FxHashMap::default();
    let mut firsts = Vec::new();
    for block in 0..blocks {
        let exit = (0..turned.len())
            .map(|ring| plan.lanes[turned[ring][runs[ring][block + 1] as usize - 1] as usize].latency)
            .min()?;
        exits.push(exit);
        let signature = signature(plan, &turned, &runs, block, exit);
        let next = signatures.len() as u32;
        let kind = *signatures.entry(signature).or_insert(next);
        if kind == next {
            firsts.push(block);
            if signatures.len() > KINDS {
                return None;
            }
        }
        sequence.push(kind);
    }
    let period = (1..=KINDS.min(blocks)).find(|period| {
        blocks.is_multiple_of(*period) && (*period..blocks).all(|b| sequence[b] == sequence[b - period])
    })?;
    let kinds = (0..period).map(|number| block(plan, &turned, &runs, number, exits[number])).collect();
    Some(Layout { exits, kinds })
}

/// The lanes of a block, ring by ring.
fn lanes_of<'p>(
    turned: &'p [Vec<u32>],
    runs: &'p [Vec<u32>],
    block: usize,
) -> impl Iterator<Item = (u32, bool)> + 'p {
    turned.iter().zip(runs).flat_map(move |(ring, runs)| {
        let end = runs[block + 1];
        (runs[block]..end).map(move |at| (ring[at as usize], at + 1 == end))
    })
}

/// All that makes a block what it is, but its exit latency.
fn signature(plan: &Plan<'_>, turned: &[Vec<u32>], runs: &[Vec<u32>], block: usize, exit: u64) -> Vec<u64> {
    let mut told = Vec::new();
    let mut local: FxHashMap<u32, u64> = FxHashMap::default();
    for (lane, last) in lanes_of(turned, runs, block) {
        let planned = &plan.lanes[lane as usize];
        let latency = planned.latency - if last { exit } else { 0 };
        told.extend([planned.bytes.unwrap_or(0), planned.rate.to_bits(), planned.alone.to_bits(), latency]);
        let hops = if planned.exclusive { &[][..] } else { plan.network.hops(lane as usize) };
        told.push((hops.len() as u64) << 2 | u64::from(planned.exclusive) << 1 | u64::from(last));
        for hop in hops {
            let next = local.len() as u64;
            let number = *local.entry(hop.resource.0).or_insert(next);
            told.extend([
                number << 32 | u64::from(hop.weight),
                plan.network.capacities[hop.resource.index()].to_bits(),
            ]);
        }
    }
    told
}

/// A block to play with.
fn block(plan: &Plan<'_>, turned: &[Vec<u32>], runs: &[Vec<u32>], block: usize, exit: u64) -> Block {
    let mut local: FxHashMap<u32, u32> = FxHashMap::default();
    let mut network = Network { capacities: Vec::new(), hops: Vec::new(), starts: vec![0] };
    let mut lanes = Vec::new();
    for (lane, last) in lanes_of(turned, runs, block) {
        let planned = &plan.lanes[lane as usize];
        lanes.push(BlockLane {
            bytes: planned.bytes.unwrap_or(0),
            rate: planned.rate,
            alone: planned.alone,
            exclusive: planned.exclusive,
            latency: planned.latency - if last { exit } else { 0 },
            last,
        });
        for hop in if planned.exclusive { &[][..] } else { plan.network.hops(lane as usize) } {
            let next = local.len() as u32;
            let number = *local.entry(hop.resource.0).or_insert(next);
            if number == next {
                network.capacities.push(plan.network.capacities[hop.resource.index()]);
            }
            network.hops.push(Hop { resource: ResourceId(number), weight: hop.weight });
        }
        network.starts.push(network.hops.len() as u32);
    }
    let mut first = vec![0];
    for runs in runs {
        first.push(first[first.len() - 1] + runs[block + 1] - runs[block]);
    }
    Block::new(lanes, first, &network)
}

/// The connected component of every lane that shares links, named by one of its lanes; `u32::MAX` for lanes that
/// share none.
fn cells(plan: &Plan<'_>) -> Vec<u32> {
    const NONE: u32 = u32::MAX;
    let count = plan.lanes.len();
    let mut parent: Vec<u32> = (0..count as u32).collect();
    fn root(parent: &mut [u32], mut at: u32) -> u32 {
        while parent[at as usize] != at {
            parent[at as usize] = parent[parent[at as usize] as usize];
            at = parent[at as usize];
        }
        at
    }
    let mut user = vec![NONE; plan.network.capacities.len()];
    for lane in 0..count {
        if plan.lanes[lane].exclusive {
            continue;
        }
        for hop in plan.network.hops(lane) {
            let user = &mut user[hop.resource.index()];
            if *user == NONE {
                *user = lane as u32;
            } else {
                let (a, b) = (root(&mut parent, *user), root(&mut parent, lane as u32));
                parent[a.max(b) as usize] = a.min(b);
            }
        }
    }
    (0..count)
        .map(|lane| if plan.lanes[lane].exclusive { NONE } else { root(&mut parent, lane as u32) })
        .collect()
}
