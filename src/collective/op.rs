//! Operations and algorithms by name, and the bandwidth conventions of nccl-tests.

use std::fmt;

/// What a collective does. Sizes are as nccl-tests counts them: the buffer (all-reduce, broadcast,
/// reduce, send-recv), the whole output (all-gather), the whole input (reduce-scatter), what one rank
/// sends in all, its own share included (all-to-all; for all-to-all-v on average).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// Every rank ends with the sum of all buffers.
    AllReduce,
    /// Every rank ends with all shards.
    AllGather,
    /// Rank `r` ends with the sum of all shards `r`.
    ReduceScatter,
    /// Rank `d` ends with shard `d` of every rank.
    AllToAll,
    /// As all-to-all, with shards of sizes that differ by pair: see [`super::Spread`].
    AllToAllV,
    /// Every rank ends with the root's buffer.
    Broadcast,
    /// The root ends with the sum of all buffers.
    Reduce,
    /// Rank `r` sends its buffer to rank `r + 1`, round the ring, as nccl-tests' sendrecv does.
    SendRecv,
}

impl Op {
    /// All operations.
    pub const ALL: [Self; 8] = [
        Self::AllReduce,
        Self::AllGather,
        Self::ReduceScatter,
        Self::AllToAll,
        Self::AllToAllV,
        Self::Broadcast,
        Self::Reduce,
        Self::SendRecv,
    ];

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllReduce => "all-reduce",
            Self::AllGather => "all-gather",
            Self::ReduceScatter => "reduce-scatter",
            Self::AllToAll => "all-to-all",
            Self::AllToAllV => "all-to-all-v",
            Self::Broadcast => "broadcast",
            Self::Reduce => "reduce",
            Self::SendRecv => "send-recv",
        }
    }

    /// The operation of that name; measured files write `_` for `-`.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.replace('_', "-");
        Self::ALL.into_iter().find(|op| op.name() == name)
    }

    /// True where every rank has something of its own for every other.
    pub const fn is_all_to_all(self) -> bool {
        matches!(self, Self::AllToAll | Self::AllToAllV)
    }

    /// True where one rank is special.
    pub const fn is_rooted(self) -> bool {
        matches!(self, Self::Broadcast | Self::Reduce)
    }

    /// busbw over algbw, as nccl-tests' PERFORMANCE.md defines it for `ranks` ranks.
    pub fn bus_factor(self, ranks: u32) -> f64 {
        let n = f64::from(ranks);
        match self {
            _ if ranks <= 1 => 1.0,
            Self::AllReduce => 2.0 * (n - 1.0) / n,
            Self::AllGather | Self::ReduceScatter | Self::AllToAll | Self::AllToAllV => (n - 1.0) / n,
            Self::Broadcast | Self::Reduce | Self::SendRecv => 1.0,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How a collective is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// Chunks go round a ring (or one ring per channel).
    Ring,
    /// Two rings, one each way, half the data each.
    RingBidirectional,
    /// Whole vectors (all-reduce) or growing sets of shards exchanged at doubling distances.
    RecursiveDoubling,
    /// Recursive halving, then recursive doubling (Rabenseifner); any rank count.
    HalvingDoubling,
    /// A binomial tree.
    Binomial,
    /// Two complementary binary trees, half the data each, pipelined (Sanders, Speck, Traeff).
    DoubleTree,
    /// A pipelined chain.
    Chain,
    /// Everybody sends to everybody who needs it, at once.
    Direct,
    /// One peer at a time.
    Pairwise,
    /// Bruck's logarithmic exchange.
    Bruck,
    /// Rings along each dimension of a torus, one dimension after the other.
    MultiRing,
    /// Inside the servers, then across them, then inside again.
    Hierarchical,
    /// All-to-all inside the servers, then along the rails.
    TwoLevel,
    /// Sums and copies made in the switches of one server (NVLink SHARP).
    Nvls,
    /// The same inside each server, with double trees between the servers.
    NvlsTree,
    /// Whichever of those that serve is predicted to be fastest.
    Auto,
}

impl Algorithm {
    /// All algorithms.
    pub const ALL: [Self; 16] = [
        Self::Ring,
        Self::RingBidirectional,
        Self::RecursiveDoubling,
        Self::HalvingDoubling,
        Self::Binomial,
        Self::DoubleTree,
        Self::Chain,
        Self::Direct,
        Self::Pairwise,
        Self::Bruck,
        Self::MultiRing,
        Self::Hierarchical,
        Self::TwoLevel,
        Self::Nvls,
        Self::NvlsTree,
        Self::Auto,
    ];

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::RingBidirectional => "ring-bidirectional",
            Self::RecursiveDoubling => "recursive-doubling",
            Self::HalvingDoubling => "halving-doubling",
            Self::Binomial => "binomial",
            Self::DoubleTree => "double-tree",
            Self::Chain => "chain",
            Self::Direct => "direct",
            Self::Pairwise => "pairwise",
            Self::Bruck => "bruck",
            Self::MultiRing => "multi-ring",
            Self::Hierarchical => "hierarchical",
            Self::TwoLevel => "two-level",
            Self::Nvls => "nvls",
            Self::NvlsTree => "nvls-tree",
            Self::Auto => "auto",
        }
    }

    /// The algorithm of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
