//! Whether the parts of a schedule fit together at all, before it is run.

use rustc_hash::FxHashSet;

use super::{VerifyFault, in_network};
use crate::collective::{Base, Op, Pattern, Payload, Phase, Schedule};

/// Checks everything that does not need the schedule to be run.
pub(super) fn check(schedule: &Schedule) -> Result<(), VerifyFault> {
    let ranks = schedule.ranks;
    let parts = match schedule.op {
        Op::AllGather | Op::ReduceScatter | Op::SendRecv => u64::from(ranks),
        Op::AllToAll | Op::AllToAllV => u64::from(ranks) * u64::from(ranks),
        Op::AllReduce | Op::Broadcast | Op::Reduce => 1,
    };
    if ranks == 0 || schedule.atoms == 0 || !schedule.atoms.is_multiple_of(parts) {
        return Err(VerifyFault::Atoms { atoms: schedule.atoms, ranks });
    }
    if schedule.root.0 >= ranks {
        return Err(VerifyFault::Root { root: schedule.root, ranks });
    }
    let participants = schedule.participants();
    let mut sound = FxHashSet::default();
    for (number, phase) in (0..).zip(&schedule.phases) {
        let malformed =
            |what: &str| VerifyFault::Malformed { phase: number, name: phase.name, what: what.to_owned() };
        pattern(&phase.pattern).map_err(malformed)?;
        payload(phase, ranks).map_err(malformed)?;
        if phase.reduce_steps > phase.steps {
            return Err(malformed("more steps reduce than there are"));
        }
        for wait in &phase.waits {
            if wait.phase as usize >= schedule.phases.len() {
                return Err(VerifyFault::NoPhase { phase: number, name: phase.name, named: wait.phase });
            }
        }
        // Lanes between the places of an order whose ranks are all different need not be looked at one by one.
        if let Some((order, _)) = phase.pattern.groups() {
            let key = (order.as_ptr().addr(), order.len());
            if sound.contains(&key) {
                continue;
            }
            if different(order, participants) {
                sound.insert(key);
                continue;
            }
        }
        for lane in phase.pattern.lanes() {
            if let Some(rank) = [lane.src, lane.dst].into_iter().find(|rank| rank.0 >= participants) {
                return Err(VerifyFault::NoRank { phase: number, name: phase.name, rank, ranks });
            }
            if lane.src == lane.dst {
                return Err(VerifyFault::SelfSend { phase: number, name: phase.name, rank: lane.src });
            }
        }
    }
    if schedule.switches.is_empty() { Ok(()) } else { in_network::check(schedule) }
}

/// True where all take part and none stands twice.
fn different(order: &[u32], participants: u32) -> bool {
    let mut seen = vec![false; participants as usize];
    order.iter().all(|rank| seen.get_mut(*rank as usize).is_some_and(|seen| !std::mem::replace(seen, true)))
}

fn pattern(pattern: &Pattern) -> Result<(), &'static str> {
    match pattern {
        Pattern::Shift { order, ring, shift } if *ring != 0 && !shift.is_multiple_of(*ring) => {
            if !order.len().is_multiple_of(*ring as usize) {
                return Err("its order cannot be cut into rings");
            }
        }
        Pattern::Xor { order, group, mask } if *mask != 0 => {
            if !group.is_power_of_two() || mask >= group {
                return Err("its groups are no power of two over the mask");
            }
            if !order.len().is_multiple_of(*group as usize) {
                return Err("its order cannot be cut into groups");
            }
        }
        Pattern::Complete { order, group } if *group != 0 => {
            if !order.len().is_multiple_of(*group as usize) {
                return Err("its order cannot be cut into groups");
            }
        }
        Pattern::Shift { .. } | Pattern::Xor { .. } | Pattern::Complete { .. } | Pattern::Pairs(_) => {}
    }
    Ok(())
}

/// How many rings the lanes of a pattern name.
fn rings(pattern: &Pattern) -> usize {
    match pattern {
        _ if pattern.is_empty() => 0,
        Pattern::Shift { order, ring: size, .. }
        | Pattern::Xor { order, group: size, .. }
        | Pattern::Complete { order, group: size } => order.len() / *size as usize,
        Pattern::Pairs(_) => 1,
    }
}

fn payload(phase: &Phase, all: u32) -> Result<(), &'static str> {
    let rows = rings(&phase.pattern);
    match &phase.payload {
        Payload::Cyclic { base, blocks, len, .. } => {
            if *blocks == 0 || len > blocks {
                return Err("it carries more blocks than its row has");
            }
            if let Base::PerRing(starts) = base
                && starts.len() < rows
            {
                return Err("some rings have no base");
            }
        }
        Payload::Blocks { rows: of_ring, starts, ranges, blocks, .. } => {
            let all_rows = of_ring.iter().max().map_or(0, |row| *row as usize + 1);
            if *blocks == 0 || of_ring.len() < rows || starts.len() < all_rows * *blocks as usize + 1 {
                return Err("some rings have no row of blocks");
            }
            lists(starts, ranges.len())?;
        }
        Payload::Table(ranges) => {
            if ranges.len() < phase.pattern.len() {
                return Err("some lanes have no range");
            }
        }
        Payload::Lists { starts, ranges } | Payload::Strided { starts, ranges, .. } => {
            if starts.len() <= phase.pattern.len() {
                return Err("some lanes have no list");
            }
            lists(starts, ranges.len())?;
        }
        Payload::BruckShards { bit, .. } | Payload::Aligned { bit, .. } => {
            if *bit >= 32 {
                return Err("no offset or place has that bit");
            }
        }
        Payload::GroupShards { ranks, members, group, group_of, .. } => {
            let groups = members.len() / (*group).max(1) as usize;
            if *ranks != all
                || group_of.len() != all as usize
                || group_of.iter().any(|number| *number as usize >= groups)
            {
                return Err("some ranks have no group");
            }
        }
        Payload::Segments { .. }
        | Payload::SenderShard { .. }
        | Payload::ReceiverShard { .. }
        | Payload::Shard { .. } => {}
    }
    Ok(())
}

fn lists(starts: &[u32], ranges: usize) -> Result<(), &'static str> {
    if !starts.is_sorted() || starts.last().is_some_and(|end| *end as usize > ranges) {
        return Err("its lists are out of order");
    }
    Ok(())
}
