//! What can be wrong with a schedule.

use std::fmt;

use thiserror::Error;

use super::super::Schedule;
use crate::ids::Rank;

/// Names a transfer of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Number of its phase.
    pub phase: u32,
    /// Name of its phase.
    pub name: &'static str,
    /// Step of its lane.
    pub step: u32,
    /// The sender: a rank, or a switch where it is not below `ranks`.
    pub src: Rank,
    /// The receiver, likewise.
    pub dst: Rank,
    /// How many ranks there are.
    pub ranks: u32,
}

impl fmt::Display for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { phase, name, step, src, dst, ranks } = self;
        let end = |end: &Rank| match end.0.checked_sub(*ranks) {
            Some(switch) => format!("switch {switch}"),
            None => format!("rank {}", end.0),
        };
        write!(f, "step {step} of phase {phase} (`{name}`) from {} to {}", end(src), end(dst))
    }
}

/// What is wrong with a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VerifyFault {
    /// The number of atoms does not suit the operation.
    #[error("a schedule of {atoms} atoms cannot be divided among {ranks} ranks")]
    Atoms {
        /// How many atoms.
        atoms: u64,
        /// How many ranks.
        ranks: u32,
    },
    /// The root is not a rank.
    #[error("the root is rank {}, but there are {ranks} ranks", root.0)]
    Root {
        /// The root.
        root: Rank,
        /// How many ranks.
        ranks: u32,
    },
    /// The parts of a phase do not fit together.
    #[error("phase {phase} (`{name}`) is malformed: {what}")]
    Malformed {
        /// Number of the phase.
        phase: u32,
        /// Name of the phase.
        name: &'static str,
        /// What does not fit.
        what: String,
    },
    /// A lane names a rank that does not exist.
    #[error("phase {phase} (`{name}`) names rank {}, but there are {ranks} ranks", rank.0)]
    NoRank {
        /// Number of the phase.
        phase: u32,
        /// Name of the phase.
        name: &'static str,
        /// The rank.
        rank: Rank,
        /// How many ranks there are.
        ranks: u32,
    },
    /// A switch is asked for what it cannot do.
    #[error("phase {phase} (`{name}`) lets switch {switch} {what}, which it cannot do")]
    Incapable {
        /// Number of the phase.
        phase: u32,
        /// Name of the phase.
        name: &'static str,
        /// Which of the schedule's switches, from 0.
        switch: u32,
        /// What it is asked for: `reduce`, `multicast`, `take part`.
        what: &'static str,
    },
    /// A wait names a phase that does not exist.
    #[error("phase {phase} (`{name}`) waits for phase {named}, which does not exist")]
    NoPhase {
        /// Number of the phase.
        phase: u32,
        /// Name of the phase.
        name: &'static str,
        /// The phase waited for.
        named: u32,
    },
    /// A transfer carries atoms that do not exist.
    #[error("{transfer} carries atom {atom}, but there are {atoms} atoms")]
    NoAtom {
        /// The transfer.
        transfer: Transfer,
        /// The last atom of the range.
        atom: u64,
        /// How many atoms there are.
        atoms: u64,
    },
    /// A rank sends to itself.
    #[error("phase {phase} (`{name}`) lets rank {} send to itself", rank.0)]
    SelfSend {
        /// Number of the phase.
        phase: u32,
        /// Name of the phase.
        name: &'static str,
        /// The rank.
        rank: Rank,
    },
    /// Some transfers wait for each other.
    #[error("the schedule never ends: {left} transfers wait for each other, the first is {first}")]
    Stuck {
        /// How many never started.
        left: u64,
        /// The first of them, in order of phases and lanes.
        first: Transfer,
    },
    /// It has more lanes than can be run one by one.
    #[error("the schedule has {lanes} lanes, too many to be run one by one")]
    TooMany {
        /// How many.
        lanes: u64,
    },
    /// A wait is for a later round of lockstep, so that the rounds cannot be gone through in order.
    #[error(
        "phase {phase} (`{name}`) waits for what phase {named} (`{named_name}`) does in the same round or later"
    )]
    Disordered {
        /// Number of the phase.
        phase: u32,
        /// Name of the phase.
        name: &'static str,
        /// Number of the phase waited for.
        named: u32,
        /// Name of the phase waited for.
        named_name: &'static str,
    },
    /// A transfer reads what another one delivers, and nothing makes sure that it has arrived.
    #[error("{transfer} carries atom {atom}, but does not wait for what its sender gets in {delivery}")]
    Unawaited {
        /// The transfer.
        transfer: Transfer,
        /// The atom.
        atom: u64,
        /// What should be waited for.
        delivery: Transfer,
    },
    /// A transfer may land before its receiver has sent what it had, or in another order than the rounds say.
    #[error("{transfer} may change atom {atom} before its receiver has sent what it had of it")]
    Overtaking {
        /// The transfer.
        transfer: Transfer,
        /// The atom.
        atom: u64,
    },
    /// A transfer carries an atom that its sender has nothing of.
    #[error("{transfer} carries atom {atom}, of which its sender has nothing yet")]
    Absent {
        /// The transfer.
        transfer: Transfer,
        /// The atom.
        atom: u64,
    },
    /// A reduction adds a contribution that is there already.
    #[error("{transfer} adds the contribution of rank {} to atom {atom} a second time", contribution.0)]
    Doubled {
        /// The transfer.
        transfer: Transfer,
        /// The atom.
        atom: u64,
        /// Whose contribution.
        contribution: Rank,
    },
    /// A copy replaces a set of contributions by one that lacks some of them.
    #[error("{transfer} overwrites the contribution of rank {} to atom {atom}", contribution.0)]
    Lost {
        /// The transfer.
        transfer: Transfer,
        /// The atom.
        atom: u64,
        /// Whose contribution.
        contribution: Rank,
    },
    /// A rank ends without a contribution that it should have.
    #[error("rank {} ends without the contribution of {} to atom {atom}", rank.0, list(contributions))]
    Missing {
        /// The rank.
        rank: Rank,
        /// The atom.
        atom: u64,
        /// Whose contributions.
        contributions: Vec<Rank>,
    },
    /// A rank ends with a contribution that it should not have.
    #[error("rank {} ends with the contribution of {} to atom {atom}, which is not asked for", rank.0, list(contributions))]
    Surplus {
        /// The rank.
        rank: Rank,
        /// The atom.
        atom: u64,
        /// Whose contributions.
        contributions: Vec<Rank>,
    },
    /// A rank ends with wrong contributions, and there are too many ranks to tell which.
    #[error("rank {} ends with the wrong contributions to atom {atom}", rank.0)]
    Wrong {
        /// The rank.
        rank: Rank,
        /// The atom.
        atom: u64,
    },
}

/// `rank 3`, `ranks 3, 5 and 7`, `ranks 3, 5, 7 and 12 others`.
fn list(ranks: &[Rank]) -> String {
    const SHOWN: usize = 4;
    match ranks {
        [] => "nobody".to_owned(),
        [one] => format!("rank {}", one.0),
        _ => {
            let names: Vec<String> = ranks.iter().take(SHOWN).map(|rank| rank.0.to_string()).collect();
            match ranks.len() - names.len() {
                0 => {
                    let (last, before) = (&names[names.len() - 1], &names[..names.len() - 1]);
                    format!("ranks {} and {last}", before.join(", "))
                }
                1 => format!("ranks {} and 1 other", names.join(", ")),
                others => format!("ranks {} and {others} others", names.join(", ")),
            }
        }
    }
}

impl Transfer {
    /// The transfer of lane `lane` of phase `phase` at `step`.
    pub(super) fn of(schedule: &Schedule, phase: u32, src: u32, dst: u32, step: u32) -> Self {
        let name = schedule.phases[phase as usize].name;
        Self { phase, name, step, src: Rank(src), dst: Rank(dst), ranks: schedule.ranks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_ranks_read_well() {
        let ranks = |n: u32| (0..n).map(Rank).collect::<Vec<_>>();
        assert_eq!(list(&ranks(1)), "rank 0");
        assert_eq!(list(&ranks(2)), "ranks 0 and 1");
        assert_eq!(list(&ranks(4)), "ranks 0, 1, 2 and 3");
        assert_eq!(list(&ranks(5)), "ranks 0, 1, 2, 3 and 1 other");
        assert_eq!(list(&ranks(9)), "ranks 0, 1, 2, 3 and 5 others");
    }
}
