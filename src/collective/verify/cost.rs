//! What it would cost to run a schedule whole.

use crate::collective::{Payload, Phase, Schedule};

/// Atoms that are moved in the time in which a transfer is looked at.
const ATOMS_A_TRANSFER: u64 = 64;

/// Counters that are set up in the time in which a transfer is looked at.
const COUNTERS_A_TRANSFER: u64 = 16;

/// About how many transfers, or ranges of atoms, would be looked at.
pub(super) fn of_walk(schedule: &Schedule) -> u64 {
    let each = |phase: &Phase| {
        let transfers = (phase.pattern.len() as u64).saturating_mul(u64::from(phase.steps));
        let (ranges, atoms) = carried(schedule, phase);
        // What each rank waits for is counted.
        let counters = phase.waits.len() as u64 * u64::from(schedule.participants());
        let each = ranges.max(1).saturating_add(atoms / ATOMS_A_TRANSFER);
        transfers.saturating_mul(each).saturating_add(counters / COUNTERS_A_TRANSFER)
    };
    schedule.phases.iter().fold(0, |sum: u64, phase| sum.saturating_add(each(phase)))
}

/// How many ranges and atoms a transfer of a phase carries, on average.
fn carried(schedule: &Schedule, phase: &Phase) -> (u64, u64) {
    let lanes = (phase.pattern.len() as u64).max(1);
    match &phase.payload {
        Payload::Cyclic { width, len, .. } => (1, width.saturating_mul(u64::from(*len))),
        Payload::Blocks { starts, ranges, .. } => {
            let blocks = starts.len().max(1) as u64;
            (ranges.len() as u64 / blocks, ranges.iter().map(|range| range.len).sum::<u64>() / blocks)
        }
        Payload::Table(ranges) => (1, ranges.iter().map(|range| range.len).sum::<u64>() / lanes),
        Payload::Lists { ranges, .. } | Payload::Strided { ranges, .. } => {
            (ranges.len() as u64 / lanes, ranges.iter().map(|range| range.len).sum::<u64>() / lanes)
        }
        Payload::Segments { width, .. }
        | Payload::SenderShard { width }
        | Payload::ReceiverShard { width }
        | Payload::Shard { width, .. } => (1, *width),
        Payload::Aligned { bit, width, .. } => (1, width.saturating_mul(1 << bit)),
        Payload::GroupShards { width, group, .. } => {
            (u64::from(*group), width.saturating_mul(u64::from(*group)))
        }
        Payload::BruckShards { width, .. } => {
            let shards = u64::from(schedule.ranks) / 2;
            (shards, shards.saturating_mul(*width))
        }
    }
}
