//! Whether a schedule carries atoms that do not exist, from its payload rules.

use super::{Transfer, VerifyFault};
use crate::collective::{AtomRange, Base, Payload, Phase, Schedule};

/// Checks that no transfer carries more than there is. Transfers are looked at one by one only in phases whose rule
/// could reach too far.
pub(super) fn check(schedule: &Schedule) -> Result<(), VerifyFault> {
    for (number, phase) in (0..).zip(&schedule.phases) {
        if phase.pattern.is_empty() || phase.steps == 0 {
            continue;
        }
        if end(schedule, phase).is_none_or(|end| end > schedule.atoms) {
            one_by_one(schedule, number, phase)?;
        }
    }
    Ok(())
}

/// An atom that nothing in the phase reaches, and nothing beyond.
fn end(schedule: &Schedule, phase: &Phase) -> Option<u64> {
    let ranks = u64::from(schedule.ranks);
    let of_ranges = |ranges: &[AtomRange]| {
        let ends = ranges.iter().map(|range| range.start.checked_add(range.len));
        ends.max_by_key(|end| end.unwrap_or(u64::MAX)).unwrap_or(Some(0))
    };
    match &phase.payload {
        Payload::Cyclic { base, blocks, width, .. } => {
            let base = match base {
                Base::At(atom) => *atom,
                Base::PerRing(starts) => starts.iter().max().copied().unwrap_or(0),
            };
            width.checked_mul(u64::from(*blocks))?.checked_add(base)
        }
        Payload::Blocks { ranges, .. } | Payload::Table(ranges) | Payload::Lists { ranges, .. } => {
            of_ranges(ranges)
        }
        Payload::Strided { ranges, stride, .. } => {
            stride.checked_mul(u64::from(phase.steps - 1))?.checked_add(of_ranges(ranges)?)
        }
        Payload::Segments { base, width } => width.checked_mul(u64::from(phase.steps))?.checked_add(*base),
        Payload::Aligned { bit, width, .. } => {
            let size = phase.pattern.groups().map_or(phase.pattern.len() as u64, |(_, size)| u64::from(size));
            width.checked_mul(size.checked_next_multiple_of(2 << bit)?)
        }
        Payload::SenderShard { width } | Payload::ReceiverShard { width } => width.checked_mul(ranks),
        Payload::Shard { ranks: all, width }
        | Payload::GroupShards { ranks: all, width, .. }
        | Payload::BruckShards { ranks: all, width, .. } => {
            // The rule must be for no fewer ranks than there are.
            let all = u64::from(*all);
            (all == ranks).then(|| width.checked_mul(all * all)).flatten()
        }
    }
}

fn one_by_one(schedule: &Schedule, number: u32, phase: &Phase) -> Result<(), VerifyFault> {
    let atoms = schedule.atoms;
    for (index, lane) in phase.pattern.lanes().enumerate() {
        for step in 0..phase.steps {
            let mut beyond = None;
            phase.payload.for_each(index, &lane, step, |range| {
                let end = range.start.checked_add(range.len);
                if end.is_none_or(|end| end > atoms) {
                    beyond.get_or_insert(end.map_or(u64::MAX, |end| end - 1));
                }
            });
            if let Some(atom) = beyond {
                let transfer = Transfer::of(schedule, number, lane.src.0, lane.dst.0, step);
                return Err(VerifyFault::NoAtom { transfer, atom, atoms });
            }
        }
    }
    Ok(())
}
