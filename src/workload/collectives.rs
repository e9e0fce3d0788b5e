//! Which collectives a block of a layer does, over which ranks, of what size, and when.

use super::layer::Block;
use super::model::LayerKind;
use super::network::{Group, Pattern};
use super::parallel::{Axis, ContextExchange};
use super::step::Step;

/// For what kind of parallelism ranks communicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Parts of matrices.
    Tensor,
    /// Parts of sequences.
    Context,
    /// Tokens on their way to experts and back.
    Experts,
    /// Parameters and gradients within the ranks over which parameters are sharded.
    Shard,
    /// Gradients and parameters that all replicas have.
    Data,
    /// Gradients and parameters of experts.
    ExpertData,
    /// Activations and their gradients between stages.
    Pipeline,
}

impl Purpose {
    /// All purposes with their names in results.
    pub const ALL: [(&'static str, Self); 7] = [
        ("tensor", Self::Tensor),
        ("context", Self::Context),
        ("experts", Self::Experts),
        ("shard", Self::Shard),
        ("data", Self::Data),
        ("expert-data", Self::ExpertData),
        ("pipeline", Self::Pipeline),
    ];

    /// The name in results.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, own)| *own == self).map_or("", |(name, _)| name)
    }
}

/// When a collective is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the block computes.
    Before,
    /// While it computes: it waits only for what of the collective is longer.
    Beside,
    /// After it has computed.
    After,
}

/// A collective of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Use {
    /// What for.
    pub purpose: Purpose,
    /// What is done.
    pub pattern: Pattern,
    /// Its size: see [`Pattern`].
    pub bytes: f64,
    /// When.
    pub moment: Moment,
}

/// The most collectives of a block in a pass.
pub(super) const MOST: usize = 5;

/// Collectives of a block in a pass.
pub type Uses = [Option<Use>; MOST];

/// Whether a pass goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Activations.
    Forward,
    /// Their gradients.
    Backward,
}

/// The groups of a step on its tiers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Groups {
    /// Tensor-parallel.
    pub tensor: Group,
    /// Context-parallel.
    pub context: Group,
    /// Expert-parallel.
    pub experts: Group,
    /// Those over which parameters are sharded.
    pub shard: Group,
    /// Those that share parameters; with groups of shards, those that share a shard.
    pub data: Group,
    /// Those that share an expert's.
    pub expert_data: Group,
    /// Two ranks of neighbouring stages.
    pub pipeline: Group,
}

impl Groups {
    /// Of a step.
    pub fn new(step: &Step<'_>) -> Self {
        let parallel = &step.parallel;
        let domain = step.network.domain;
        let each = u64::from(parallel.ep) * u64::from(parallel.etp);
        let near = parallel.stride(Axis::Pipeline) * u64::from(parallel.pp) <= u64::from(domain);
        // Context-parallel ranks share parameters too, and lie between data-parallel ones.
        let stride = parallel.stride(Axis::Data).min(parallel.stride(Axis::Context));
        let all = parallel.replicas();
        let shard = parallel.shard_ranks();
        let (replicas, apart) = if shard < all { (all / shard, shard) } else { (all, 1) };
        Self {
            tensor: Group::new(parallel.tp, parallel.stride(Axis::Tensor), domain),
            context: Group::new(parallel.cp, parallel.stride(Axis::Context), domain),
            experts: Group::new(parallel.ep, u64::from(parallel.etp), domain),
            shard: Group::new(shard, stride, domain),
            data: Group::new(replicas, stride * u64::from(apart), domain),
            expert_data: Group::new(parallel.expert_replicas(), each, domain),
            pipeline: Group { ranks: 2, near: if near { 2 } else { 1 } },
        }
    }

    /// The group for a purpose.
    pub const fn of(&self, purpose: Purpose) -> Group {
        match purpose {
            Purpose::Tensor => self.tensor,
            Purpose::Context => self.context,
            Purpose::Experts => self.experts,
            Purpose::Shard => self.shard,
            Purpose::Data => self.data,
            Purpose::ExpertData => self.expert_data,
            Purpose::Pipeline => self.pipeline,
        }
    }
}

/// The collectives of a block in a pass, in order.
pub fn uses(step: &Step<'_>, block: Block, kind: LayerKind, direction: Direction) -> Uses {
    let mut found: Uses = [None; MOST];
    let mut count = 0;
    let mut add = |purpose, pattern, bytes: f64, moment| {
        found[count] = Some(Use { purpose, pattern, bytes, moment });
        count += 1;
    };
    let parallel = &step.parallel;
    let model = step.model;
    let number = step.precision.activations.bytes();
    let (h, tp) = (f64::from(model.hidden), f64::from(parallel.tp.max(1)));
    let tokens = step.tokens();
    // Experts without tensor parallelism of their own take tokens that stay divided.
    let divided = block == Block::FeedForward && kind == LayerKind::Sparse && parallel.etp == 1;
    if parallel.tp > 1 && !divided {
        let bytes = tokens * h * number;
        if parallel.sequence {
            add(Purpose::Tensor, Pattern::AllGather, bytes, Moment::Before);
            if direction == Direction::Backward {
                // What the block was given was kept divided: it is gathered once more for the gradients of weights.
                add(Purpose::Tensor, Pattern::AllGather, bytes, Moment::Beside);
            }
            add(Purpose::Tensor, Pattern::ReduceScatter, bytes, Moment::After);
        } else {
            add(Purpose::Tensor, Pattern::AllReduce, bytes, Moment::After);
        }
    }
    if parallel.cp > 1 && block == Block::Attention {
        let kv = 2.0 * f64::from(model.attention.kv_heads()) * f64::from(model.attention.key_dim()) / tp;
        let whole = tokens * f64::from(parallel.cp) * kv * number;
        let q = f64::from(model.attention.heads()) * f64::from(model.attention.key_dim()) / tp;
        match (parallel.context, direction) {
            (ContextExchange::Ring, Direction::Forward) => {
                add(Purpose::Context, Pattern::AllGather, whole, Moment::Beside);
            }
            // Keys and values once more, and their gradients with them.
            (ContextExchange::Ring, Direction::Backward) => {
                add(Purpose::Context, Pattern::AllGather, 2.0 * whole, Moment::Beside);
            }
            (ContextExchange::Gather, Direction::Forward) => {
                add(Purpose::Context, Pattern::AllGather, whole, Moment::Before);
            }
            (ContextExchange::Gather, Direction::Backward) => {
                add(Purpose::Context, Pattern::AllGather, whole, Moment::Before);
                add(Purpose::Context, Pattern::ReduceScatter, whole, Moment::After);
            }
            (ContextExchange::AllToAll, _) => {
                add(Purpose::Context, Pattern::AllToAll, tokens * (q + kv) * number, Moment::Before);
                add(Purpose::Context, Pattern::AllToAll, tokens * q * number, Moment::After);
            }
        }
    }
    if let (Block::FeedForward, LayerKind::Sparse, Some(experts), true) =
        (block, kind, model.experts, parallel.ep > 1)
    {
        let numbers = tokens / tp * f64::from(parallel.etp.max(1)) * f64::from(experts.top_k) * h;
        // Gradients are sent as wide as activations.
        let sent = match direction {
            Direction::Forward => step.precision.dispatch.bytes(),
            Direction::Backward => number,
        };
        add(Purpose::Experts, Pattern::AllToAll, numbers * sent, Moment::Before);
        add(Purpose::Experts, Pattern::AllToAll, numbers * number, Moment::After);
    }
    found
}
