//! The symbolic schedule: phases of lanes, each lane a row of transfers in order.

use super::{Algorithm, AtomRange, Lane, Op, Pattern, Payload, Spread};
use crate::fabric::InNetwork;
use crate::ids::Rank;
use crate::units::Bytes;

/// What of another transfer is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Its data has arrived.
    Received,
    /// Its connection is free again.
    Sent,
}

/// Which lanes of the other phase, seen from the waiting lane's sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Those that deliver to it.
    Incoming,
    /// Those that leave from it.
    Outgoing,
}

/// How many transfers of each such lane must have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// All of them.
    All,
    /// At step `k`: `k + plus`, but never fewer than none or more than the lane has.
    Step {
        /// 0: those of earlier steps; 1: that of this step too.
        plus: u32,
    },
}

impl Need {
    /// How many of a lane of `steps` transfers must have happened before step `step`.
    pub fn count(self, step: u32, steps: u32) -> u32 {
        match self {
            Self::All => steps,
            Self::Step { plus } => step.saturating_add(plus).min(steps),
        }
    }
}

/// A dependency of every transfer of a phase: on all lanes of `phase` on that `side` of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// The phase waited for; may be the phase itself.
    pub phase: u32,
    /// Received or sent.
    pub on: On,
    /// Incoming or outgoing lanes.
    pub side: Side,
    /// How many transfers of them.
    pub need: Need,
}

/// A pattern of lanes, repeated `steps` times. Transfers of one lane go in order: each starts when the
/// one before is sent and all `waits` hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// What it is, for timelines: `reduce-scatter`, `up`.
    pub name: &'static str,
    /// Who sends to whom.
    pub pattern: Pattern,
    /// Transfers a lane.
    pub steps: u32,
    /// What they carry.
    pub payload: Payload,
    /// The first so many steps add to what the receiver has; later ones replace it. What is to be added
    /// waits in a receive buffer until the receiver gets to it: see [`mod@super::verify`].
    pub reduce_steps: u32,
    /// What each transfer waits for.
    pub waits: Vec<Wait>,
    /// The channel of its connections; ECMP hashes it.
    pub channel: u32,
    /// The lockstep round of its first step; step `k` of a lane is round `round + stagger + k`.
    pub round: u32,
}

/// A collective as a DAG of transfers, by rule. Memory is that of its patterns, never of its transfers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// What it does.
    pub op: Op,
    /// How; never `auto`.
    pub algorithm: Algorithm,
    /// How many ranks take part.
    pub ranks: u32,
    /// What the switches that take part can do; they are numbered on from the ranks, `ranks`, `ranks + 1` and so on,
    /// as senders and receivers. A switch begins with nothing and need not end with anything.
    pub switches: Vec<InNetwork>,
    /// The root of rooted operations, else rank 0.
    pub root: Rank,
    /// How many channels it uses.
    pub channels: u32,
    /// How many atoms its data has; a multiple of `ranks` for all-gather, reduce-scatter and send-recv,
    /// of `ranks` squared for all-to-all and all-to-all-v.
    pub atoms: u64,
    /// How the sizes of shards differ; for all-to-all-v only.
    pub spread: Option<Spread>,
    /// The phases.
    pub phases: Vec<Phase>,
}

impl Schedule {
    /// How many take part: ranks, and switches after them.
    pub fn participants(&self) -> u32 {
        self.ranks.saturating_add(u32::try_from(self.switches.len()).unwrap_or(u32::MAX))
    }

    /// The bytes of all data that the atoms divide, for a collective of `bytes` (see [`Op`]); for all-to-all-v
    /// about so many.
    pub fn data_bytes(&self, bytes: Bytes) -> u64 {
        match self.op {
            Op::AllToAll | Op::AllToAllV | Op::SendRecv => bytes.get() * u64::from(self.ranks),
            _ => bytes.get(),
        }
    }

    /// The bytes of the atoms before `atom`: `floor(atom * data / atoms)`, so sizes differ by a byte at most.
    /// For all-to-all and send-recv each rank's own data is divided so, and all ranks alike. For all-to-all-v
    /// this is before sizes are spread; see [`Self::range_bytes`].
    #[expect(clippy::cast_possible_truncation, reason = "at most the data, which fits")]
    pub fn bytes_before(&self, atom: u64, bytes: Bytes) -> u64 {
        match self.op {
            Op::AllToAll | Op::AllToAllV | Op::SendRecv => {
                let per_rank = (self.atoms / u64::from(self.ranks)).max(1);
                let (rank, inner) = (atom / per_rank, atom % per_rank);
                rank * bytes.get()
                    + (u128::from(inner) * u128::from(bytes.get()) / u128::from(per_rank)) as u64
            }
            _ => (u128::from(atom) * u128::from(bytes.get()) / u128::from(self.atoms.max(1))) as u64,
        }
    }

    /// The bytes of some atoms.
    pub fn range_bytes(&self, range: AtomRange, bytes: Bytes) -> u64 {
        let even = |start, end| self.bytes_before(end, bytes) - self.bytes_before(start, bytes);
        let Some(spread) = self.spread else { return even(range.start, range.start + range.len) };
        let pairs = u64::from(self.ranks) * u64::from(self.ranks);
        let width = (self.atoms / pairs.max(1)).max(1);
        let before = |shard: u64, atoms: u64| {
            let size = spread.bytes(shard, even(shard * width, (shard + 1) * width));
            u128::from(size) * u128::from(atoms) / u128::from(width)
        };
        let (mut atom, end, mut sum) = (range.start, range.start + range.len, 0);
        while atom < end {
            let (shard, inner) = (atom / width, atom % width);
            let until = width.min(inner + end - atom);
            sum += before(shard, until) - before(shard, inner);
            atom += until - inner;
        }
        u64::try_from(sum).unwrap_or(u64::MAX)
    }

    /// The bytes of an atom, where all have the same.
    pub fn atom_bytes(&self, bytes: Bytes) -> Option<u64> {
        if self.spread.is_some() {
            return None;
        }
        let atoms = match self.op {
            Op::AllToAll | Op::AllToAllV | Op::SendRecv => self.atoms / u64::from(self.ranks.max(1)),
            _ => self.atoms,
        };
        (atoms > 0 && bytes.get().is_multiple_of(atoms)).then(|| bytes.get() / atoms)
    }

    /// The bytes that `lane` (number `index` of `phase`) carries at `step`.
    pub fn transfer_bytes(&self, phase: &Phase, index: usize, lane: &Lane, step: u32, bytes: Bytes) -> u64 {
        if let Some((atom, atoms)) = self.atom_bytes(bytes).zip(phase.payload.atoms(index)) {
            return atom * atoms;
        }
        let mut sum = 0;
        phase.payload.for_each(index, lane, step, |range| {
            sum += self.range_bytes(range, bytes);
        });
        sum
    }

    /// How many lanes all phases have.
    pub fn lane_count(&self) -> usize {
        self.phases.iter().map(|phase| phase.pattern.len()).sum()
    }

    /// How many transfers there are in all.
    pub fn transfer_count(&self) -> u64 {
        self.phases.iter().map(|phase| phase.pattern.len() as u64 * u64::from(phase.steps)).sum()
    }

    /// The shard of a rank in an all-gather, reduce-scatter or send-recv, in atoms.
    pub fn shard(&self, rank: Rank) -> std::ops::Range<u64> {
        let width = self.atoms / u64::from(self.ranks.max(1));
        u64::from(rank.0) * width..(u64::from(rank.0) + 1) * width
    }
}
