//! Schedules that look the same from every rank: one atom of them stands for many.
//!
//! Let every rank take the part of the next one in its order (a rotation), or of its partner across some bits of
//! the place, and rename atoms to suit. Where that leaves the rules, the waits, the start and the goal of a
//! schedule as they are, an atom is right if and only if the atoms are that it can be renamed to. What is told here
//! is only told where it follows from the rules themselves: all phases are of one ring or group of all ranks, so
//! that all ranks do alike, and payloads are blocks that move on with the place, or shards of the ranks.

use std::sync::Arc;

use super::orders::Orders;
use crate::collective::{AtomRange, Base, Op, Pattern, Payload, Schedule};

use super::goal::owner;

/// Up to how many atoms are marked one by one.
const MARKED: u64 = 1 << 26;

/// Atoms that stand for all, at least one of each kind. `None` where that is not known.
pub(super) fn stand_for_all(schedule: &Schedule, orders: &Orders) -> Option<Vec<u64>> {
    if schedule.op.is_rooted() || schedule.phases.is_empty() {
        return None;
    }
    let whole = (0..).zip(&schedule.phases).all(|(number, phase)| {
        let group = phase.pattern.groups().map(|(_, size)| size);
        !phase.pattern.is_empty()
            && group == Some(schedule.ranks)
            && orders.of(number).is_some_and(|places| places.everybody)
    });
    if !whole {
        return None;
    }
    if schedule.phases.iter().all(|phase| matches!(phase.pattern, Pattern::Xor { .. })) {
        return across(schedule, orders);
    }
    if schedule.phases.iter().any(|phase| matches!(phase.pattern, Pattern::Xor { .. })) {
        return None;
    }
    if schedule.phases.iter().all(|phase| moves_on(&phase.payload)) {
        return blocks(schedule, orders);
    }
    shards(schedule, orders)
}

const fn moves_on(payload: &Payload) -> bool {
    matches!(payload, Payload::Cyclic { .. } | Payload::Blocks { .. })
}

/// The order that all phases share.
fn one_order<'a>(schedule: &'a Schedule, orders: &Orders) -> Option<&'a [u32]> {
    let (order, _) = schedule.phases.first()?.pattern.groups()?;
    let phases = u32::try_from(schedule.phases.len()).ok()?;
    (0..phases).all(|phase| orders.same(0, phase)).then_some(&**order)
}

fn ascending(order: &[u32]) -> bool {
    order.iter().zip(0..).all(|(rank, place)| *rank == place)
}

/// Exchanges across bits of the place, of blocks aligned to them: place and block number change together.
fn across(schedule: &Schedule, orders: &Orders) -> Option<Vec<u64>> {
    let order = one_order(schedule, orders)?;
    let ranks = u64::from(schedule.ranks);
    let width = schedule.atoms / ranks;
    let aligned = schedule.phases.iter().all(
        |phase| matches!(phase.payload, Payload::Aligned { width: of, .. } if of * ranks == schedule.atoms),
    );
    let fits = match schedule.op {
        Op::AllReduce => true,
        // The rank at a place owns the block of that number.
        Op::AllGather | Op::ReduceScatter => ascending(order),
        _ => false,
    };
    (aligned && fits && width > 0).then(|| vec![0])
}

/// Shards of ranks, or of pairs of them, that every phase treats alike.
fn shards(schedule: &Schedule, orders: &Orders) -> Option<Vec<u64>> {
    let order = one_order(schedule, orders)?;
    let (ranks, n) = (schedule.ranks, u64::from(schedule.ranks));
    let rotation_is_next = ascending(order);
    let all_alike = schedule.phases.iter().all(|phase| matches!(phase.pattern, Pattern::Complete { .. }));
    if schedule.op.is_all_to_all() {
        let width = schedule.atoms / (n * n);
        let fits = schedule.phases.iter().all(|phase| match phase.payload {
            Payload::Shard { ranks: of, width: each } => of == ranks && each == width,
            Payload::BruckShards { ranks: of, width: each, .. } => {
                of == ranks && each == width && rotation_is_next
            }
            _ => false,
        });
        // All pairs are alike where all places are; else those equally far apart.
        let apart = if all_alike && !has_bruck(schedule) { ranks.min(2) } else { ranks };
        let first = u64::from(*order.first()?);
        let atom = |place: u32| (first * n + u64::from(order[place as usize])) * width;
        return fits.then(|| (0..apart).map(atom).collect());
    }
    let fits = schedule.phases.iter().all(|phase| match phase.payload {
        Payload::SenderShard { width } | Payload::ReceiverShard { width } => width * n == schedule.atoms,
        _ => false,
    });
    let goal = schedule.op != Op::SendRecv || rotation_is_next;
    (fits && goal).then(|| vec![0])
}

fn has_bruck(schedule: &Schedule) -> bool {
    schedule.phases.iter().any(|phase| matches!(phase.payload, Payload::BruckShards { .. }))
}

/// Rows of as many blocks as there are ranks, that move on by one block with each place.
fn blocks(schedule: &Schedule, orders: &Orders) -> Option<Vec<u64>> {
    if schedule.atoms > MARKED {
        return None;
    }
    let mut marked = vec![0_u64; usize::try_from(schedule.atoms.div_ceil(64)).ok()?];
    let mut left = schedule.atoms;
    let mut found = Vec::new();
    // The first phase of every row.
    let mut rows: Vec<u32> = Vec::new();
    for number in 0..u32::try_from(schedule.phases.len()).ok()? {
        if rows.iter().any(|row| orders.same(*row, number) && same_row(schedule, *row, number)) {
            continue;
        }
        rows.push(number);
        found.push(mark(schedule, number, &mut marked, &mut left)?);
    }
    (left == 0).then_some(found)
}

/// True where the blocks of two phases are the same and move on alike.
fn same_row(schedule: &Schedule, one: u32, other: u32) -> bool {
    let payload = |phase: u32| &schedule.phases[phase as usize].payload;
    match (payload(one), payload(other)) {
        (
            Payload::Cyclic { base: Base::At(base), blocks, width, per_position, .. },
            Payload::Cyclic {
                base: Base::At(base_2),
                blocks: blocks_2,
                width: width_2,
                per_position: per_2,
                ..
            },
        ) => (base, blocks, width, per_position) == (base_2, blocks_2, width_2, per_2),
        (
            Payload::Blocks { rows, starts, ranges, blocks, .. },
            Payload::Blocks { rows: rows_2, starts: starts_2, ranges: ranges_2, blocks: blocks_2, .. },
        ) => {
            rows.first() == rows_2.first()
                && blocks == blocks_2
                && Arc::ptr_eq(starts, starts_2)
                && Arc::ptr_eq(ranges, ranges_2)
        }
        _ => false,
    }
}

/// Marks the atoms of a phase's row, none of which may be marked yet, checks that blocks are alike, and gives one
/// atom of them.
fn mark(schedule: &Schedule, number: u32, marked: &mut [u64], left: &mut u64) -> Option<u64> {
    let phase = &schedule.phases[number as usize];
    let (order, _) = phase.pattern.groups()?;
    let n = u64::from(schedule.ranks);
    let owned = match schedule.op {
        Op::AllReduce => false,
        Op::AllGather | Op::ReduceScatter => true,
        _ => return None,
    };
    let mut first = None;
    let (mut offset, mut size) = (None, None);
    // Whose block it is, in places from the block's number on, must be the same for all blocks.
    let places = owned.then(|| {
        let mut places = vec![0_u64; order.len()];
        (0..).zip(order.iter()).for_each(|(place, rank)| places[*rank as usize] = place);
        places
    });
    let mut block = |number: u64, ranges: &[AtomRange], per_position: i64| {
        let atoms = ranges.iter().map(|range| range.len).sum::<u64>();
        if *size.get_or_insert(atoms) != atoms || atoms == 0 {
            return None;
        }
        for range in ranges {
            let end = range.start.checked_add(range.len).filter(|end| *end <= schedule.atoms)?;
            for atom in range.start..end {
                let word = marked.get_mut(usize::try_from(atom / 64).ok()?)?;
                if *word >> (atom % 64) & 1 == 1 {
                    return None;
                }
                *word |= 1 << (atom % 64);
                *left -= 1;
                first.get_or_insert(atom);
                if let Some(places) = &places {
                    let place = places.get(owner(schedule, atom) as usize)?;
                    let number = if per_position == 1 { number } else { (n - number) % n };
                    let distance = (place + n - number) % n;
                    if *offset.get_or_insert(distance) != distance {
                        return None;
                    }
                }
            }
        }
        Some(())
    };
    match &phase.payload {
        Payload::Cyclic { base: Base::At(base), blocks, width, per_position: way @ (1 | -1), .. }
            if *blocks == schedule.ranks =>
        {
            for number in 0..n {
                let start = width.checked_mul(number)?.checked_add(*base)?;
                block(number, &[AtomRange { start, len: *width }], *way)?;
            }
        }
        Payload::Blocks { rows, starts, ranges, blocks, .. } if *blocks == schedule.ranks => {
            let row = *rows.first()? as usize * *blocks as usize;
            for (number, ends) in (0..n).zip(starts.get(row..)?.windows(2)) {
                block(number, ranges.get(ends[0] as usize..ends[1] as usize)?, 1)?;
            }
        }
        _ => return None,
    }
    first
}
