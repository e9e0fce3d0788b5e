//! What every rank has at the start, and what it must have at the end.

use super::VerifyFault;
use super::state::State;
use crate::collective::{Op, Schedule};
use crate::ids::Rank;

/// Contributions to one atom at one rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// None, or whatever it may be.
    Nothing,
    /// That of one rank.
    One(u32),
    /// Those of all ranks.
    All,
}

/// What a rank (or switch, which has nothing) has of `atom` before anything is sent.
pub(super) fn at_start(schedule: &Schedule, rank: u32, atom: u64) -> Holds {
    let has = match schedule.op {
        _ if rank >= schedule.ranks => false,
        Op::AllReduce | Op::Reduce | Op::ReduceScatter => true,
        Op::Broadcast => rank == schedule.root.0,
        Op::AllGather | Op::AllToAll | Op::AllToAllV | Op::SendRecv => owner(schedule, atom) == rank,
    };
    if has { Holds::One(rank) } else { Holds::Nothing }
}

/// What `rank` must have of `atom` at the end; `Nothing` where it does not matter.
pub(super) fn at_end(schedule: &Schedule, rank: u32, atom: u64) -> Holds {
    match schedule.op {
        Op::AllReduce => Holds::All,
        Op::Reduce if rank == schedule.root.0 => Holds::All,
        Op::ReduceScatter if owner(schedule, atom) == rank => Holds::All,
        Op::Reduce | Op::ReduceScatter => Holds::Nothing,
        Op::Broadcast => Holds::One(schedule.root.0),
        Op::AllGather => Holds::One(owner(schedule, atom)),
        Op::AllToAll | Op::AllToAllV => {
            if destination(schedule, atom) == rank {
                Holds::One(owner(schedule, atom))
            } else {
                Holds::Nothing
            }
        }
        Op::SendRecv => {
            let from = owner(schedule, atom);
            if (from + 1) % schedule.ranks == rank { Holds::One(from) } else { Holds::Nothing }
        }
    }
}

/// The rank whose share of the data an atom is in.
#[expect(clippy::cast_possible_truncation, reason = "less than the number of ranks")]
pub(super) fn owner(schedule: &Schedule, atom: u64) -> u32 {
    (atom / (schedule.atoms / u64::from(schedule.ranks)).max(1)) as u32
}

/// The rank that an atom of an all-to-all is for.
#[expect(clippy::cast_possible_truncation, reason = "less than the number of ranks")]
pub(super) fn destination(schedule: &Schedule, atom: u64) -> u32 {
    let ranks = u64::from(schedule.ranks);
    (atom / (schedule.atoms / (ranks * ranks)).max(1) % ranks) as u32
}

/// Whether every rank ends with what it must.
pub(super) fn check(schedule: &Schedule, state: &State) -> Result<(), VerifyFault> {
    for rank in 0..schedule.ranks {
        for slot in 0..state.slots() {
            let atom = state.atom(slot);
            let goal = at_end(schedule, rank, atom);
            if goal == Holds::Nothing || state.matches(rank, slot, goal) {
                continue;
            }
            let Some((missing, surplus)) = state.difference(rank, slot, goal) else {
                return Err(VerifyFault::Wrong { rank: Rank(rank), atom });
            };
            let (rank, lacks) = (Rank(rank), !missing.is_empty());
            return Err(if lacks {
                VerifyFault::Missing { rank, atom, contributions: missing }
            } else {
                VerifyFault::Surplus { rank, atom, contributions: surplus }
            });
        }
    }
    Ok(())
}
