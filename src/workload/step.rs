//! One training step: what is trained, on what, divided how.

use super::accelerator::Accelerator;
use super::constant::Constants;
use super::model::Model;
use super::network::Network;
use super::parallel::{Parallel, Recompute, Sharding};
use super::precision::{Format, Precision};

/// What a step trains on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// Sequences of a step, over all ranks.
    pub sequences: u32,
    /// Tokens of a sequence.
    pub length: u32,
    /// Sequences of a micro-batch.
    pub micro: u32,
}

/// What runs beside computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// Tensor-parallel collectives beside the products that they feed or follow.
    pub tensor: bool,
    /// Gradients beside the backward pass, parameters beside the forward pass.
    pub data: bool,
    /// Messages between stages beside the other passes.
    pub pipeline: bool,
    /// Exchanges of tokens beside another micro-batch.
    pub experts: bool,
}

impl Overlap {
    /// Nothing beside anything.
    pub const NONE: Self = Self { tensor: false, data: false, pipeline: false, experts: false };
}

/// How software does what every software does differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habits {
    /// Whether attention's core is one kernel that keeps no scores (flash attention).
    pub fused_attention: bool,
    /// Whether kernels are launched as recorded graphs, without the host's time for each.
    pub graphs: bool,
    /// Whether norms are divided along the sequence among tensor-parallel ranks, unless told.
    pub sequence: bool,
    /// What is done again, unless told.
    pub recompute: Recompute,
    /// What gradients are summed up in, unless told.
    pub gradients: Format,
    /// What is sharded, unless told.
    pub sharding: Sharding,
}

/// A training step to be predicted.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The model.
    pub model: &'a Model,
    /// What it runs on.
    pub accelerator: &'a Accelerator,
    /// What software gets of it.
    pub constants: &'a Constants,
    /// How software does things.
    pub habits: Habits,
    /// The batch.
    pub batch: Batch,
    /// How it is divided.
    pub parallel: Parallel,
    /// Number formats.
    pub precision: Precision,
    /// What is done again.
    pub recompute: Recompute,
    /// What runs beside computation.
    pub overlap: Overlap,
    /// Whether the model's own parameters stay as they are, small adapters beside them are trained (LoRA).
    pub frozen: bool,
    /// What it communicates over.
    pub network: Network,
}

impl Step<'_> {
    /// Micro-batches that a pipeline does in a step.
    pub fn micro_batches(&self) -> u32 {
        let each = u64::from(self.parallel.dp.max(1)) * u64::from(self.batch.micro.max(1));
        u32::try_from(u64::from(self.batch.sequences) / each).unwrap_or(u32::MAX).max(1)
    }

    /// Tokens of a micro-batch on a context-parallel rank.
    pub fn tokens(&self) -> f64 {
        f64::from(self.batch.micro) * f64::from(self.batch.length) / f64::from(self.parallel.cp.max(1))
    }
}
