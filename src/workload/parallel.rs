//! How a step is divided among ranks: degrees of parallelism, what is sharded, and which ranks are neighbours.

/// A way of dividing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Axis {
    /// Matrices of a layer, by columns and rows.
    Tensor,
    /// A sequence.
    Context,
    /// Layers.
    Pipeline,
    /// The batch.
    Data,
}

impl Axis {
    /// All axes with their names in files.
    pub const ALL: [(&'static str, Self); 4] =
        [("tp", Self::Tensor), ("cp", Self::Context), ("pp", Self::Pipeline), ("dp", Self::Data)];
}

/// Which axis changes from rank to rank first: `tp-cp-dp-pp` puts the ranks of a tensor-parallel group side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order(pub [Axis; 4]);

impl Order {
    /// As Megatron-LM does unless told.
    pub const MEGATRON: Self = Self([Axis::Tensor, Axis::Context, Axis::Data, Axis::Pipeline]);
}

/// What of the training state each data-parallel rank keeps only a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sharding {
    /// Everything everywhere; gradients are all-reduced.
    None,
    /// The optimiser's state (ZeRO-1, Megatron's distributed optimizer).
    Optimizer,
    /// And gradients (ZeRO-2).
    Gradients,
    /// And parameters (ZeRO-3, FSDP): they are gathered before each use.
    Parameters,
    /// Parameters within groups of that many ranks, replicated beyond (HSDP).
    Hybrid(u32),
}

/// In what order a pipeline's ranks do forward and backward passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Schedule {
    /// One forward, one backward, interleaved where a rank has several stages.
    OneForwardOneBackward,
    /// ZB-H1: gradients of weights are put off into the bubble.
    ZeroBubble,
    /// ZB-V: two stages a rank in the shape of a V, no bubble where passes are equal.
    ZeroBubbleV,
    /// `DualPipe`: from both ends at once, each rank with two stages.
    DualPipe,
}

impl Schedule {
    /// All schedules with their names in files.
    pub const ALL: [(&'static str, Self); 4] = [
        ("1f1b", Self::OneForwardOneBackward),
        ("zb-h1", Self::ZeroBubble),
        ("zb-v", Self::ZeroBubbleV),
        ("dualpipe", Self::DualPipe),
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, schedule)| *schedule == self).map_or("", |(name, _)| name)
    }
}

/// How a sequence's parts get one another's keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContextExchange {
    /// Passed round a ring, hidden behind attention.
    Ring,
    /// Gathered before attention.
    Gather,
    /// Heads are exchanged for tokens (Ulysses).
    AllToAll,
}

/// What of the forward pass is done again in the backward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recompute {
    /// Nothing.
    None,
    /// Attention's core where it was kept, else nothing (fused attention keeps none).
    Selective,
    /// Whole layers.
    Full,
}

impl Recompute {
    /// All kinds with their names in files.
    pub const ALL: [(&'static str, Self); 3] =
        [("none", Self::None), ("selective", Self::Selective), ("full", Self::Full)];
}

/// How a step is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parallel {
    /// Tensor-parallel ranks.
    pub tp: u32,
    /// Whether norms and what is between tensor-parallel parts are divided along the sequence.
    pub sequence: bool,
    /// Pipeline ranks.
    pub pp: u32,
    /// Stages of each pipeline rank.
    pub vpp: u32,
    /// Context-parallel ranks.
    pub cp: u32,
    /// Data-parallel ranks.
    pub dp: u32,
    /// Expert-parallel ranks, out of those of one pipeline rank.
    pub ep: u32,
    /// Tensor-parallel ranks of an expert.
    pub etp: u32,
    /// What is sharded over data-parallel ranks.
    pub sharding: Sharding,
    /// The pipeline's schedule.
    pub schedule: Schedule,
    /// How keys and values get about.
    pub context: ContextExchange,
    /// Which ranks are neighbours.
    pub order: Order,
}

impl Parallel {
    /// Nothing divided.
    pub const ONE: Self = Self {
        tp: 1,
        sequence: false,
        pp: 1,
        vpp: 1,
        cp: 1,
        dp: 1,
        ep: 1,
        etp: 1,
        sharding: Sharding::None,
        schedule: Schedule::OneForwardOneBackward,
        context: ContextExchange::Ring,
        order: Order::MEGATRON,
    };

    /// Ranks in all.
    pub const fn ranks(&self) -> u64 {
        self.tp as u64 * self.pp as u64 * self.cp as u64 * self.dp as u64
    }

    /// Stages that a pipeline rank has: `DualPipe` has two, one for each way.
    pub const fn chunks(&self) -> u32 {
        match self.schedule {
            Schedule::DualPipe => 2,
            _ => self.vpp,
        }
    }

    /// Ranks of an axis.
    pub const fn degree(&self, axis: Axis) -> u32 {
        match axis {
            Axis::Tensor => self.tp,
            Axis::Context => self.cp,
            Axis::Pipeline => self.pp,
            Axis::Data => self.dp,
        }
    }

    /// How far apart neighbours of an axis are in rank.
    pub fn stride(&self, axis: Axis) -> u64 {
        self.order.0.iter().take_while(|own| **own != axis).map(|own| u64::from(self.degree(*own))).product()
    }

    /// Ranks that share a layer's parameters that are not experts': over those gradients are summed.
    pub const fn replicas(&self) -> u32 {
        self.dp * self.cp
    }

    /// Ranks over which parameters are sharded: groups of HSDP, else all that share them.
    pub fn shard_ranks(&self) -> u32 {
        match self.sharding {
            Sharding::Hybrid(group) => group.clamp(1, self.replicas().max(1)),
            _ => self.replicas().max(1),
        }
    }

    /// Ranks that share an expert's parameters.
    pub fn expert_replicas(&self) -> u32 {
        let ranks = u64::from(self.dp) * u64::from(self.cp) * u64::from(self.tp);
        let each = u64::from(self.ep) * u64::from(self.etp);
        u32::try_from(ranks / each.max(1)).unwrap_or(u32::MAX).max(1)
    }
}
