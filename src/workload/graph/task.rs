//! What a step's graph is made of.

use crate::workload::collectives::Purpose;
use crate::workload::network::Pattern;

/// What a piece of computation is, for the breakdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Matrix products.
    Products,
    /// Attention's core.
    Attention,
    /// Kernels that only move data.
    Moved,
    /// Waiting for the host.
    Host,
    /// What is done again.
    Again,
    /// Embedding, head, loss, and modules for further tokens.
    Head,
    /// The optimiser.
    Optimizer,
}

impl Part {
    /// All parts with their names in results, as the closed form names them.
    pub const ALL: [(&'static str, Self); 7] = [
        ("products", Self::Products),
        ("attention", Self::Attention),
        ("moved", Self::Moved),
        ("host", Self::Host),
        ("again", Self::Again),
        ("head", Self::Head),
        ("optimizer", Self::Optimizer),
    ];
}

/// A piece of computation: seconds alone, by part.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compute {
    /// Seconds by part.
    pub parts: Vec<(Part, f64)>,
}

impl Compute {
    /// Seconds in all.
    pub fn seconds(&self) -> f64 {
        self.parts.iter().map(|(_, seconds)| seconds).sum()
    }
}

/// Collectives that differ in nothing but in who does them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Class {
    /// What for.
    pub purpose: Purpose,
    /// What is done.
    pub pattern: Pattern,
    /// Its size: see [`Pattern`].
    pub bytes: f64,
}

/// In which pass a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Activations.
    Forward,
    /// Their gradients, and what is done again before.
    Backward,
    /// Gradients of weights, where they are a pass of their own.
    Weights,
    /// Parameters before the first use, gradients and the optimiser after the last.
    Update,
}

impl Phase {
    /// The name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
            Self::Weights => "weights",
            Self::Update => "update",
        }
    }
}

/// What a task does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Work {
    /// A piece of [`StepGraph::computes`].
    Compute(u32),
    /// A part of a collective of [`StepGraph::classes`]: 1 for all of it.
    Collective {
        /// Which.
        class: u32,
        /// How much of it.
        share: f64,
    },
}

/// A task of a lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepTask {
    /// The pipeline rank.
    pub lane: u32,
    /// What it does.
    pub work: Work,
    /// In which pass.
    pub phase: Phase,
    /// Of which micro-batch.
    pub micro: u32,
    /// Of which stage of the model.
    pub stage: u32,
    /// Whether the lane's computation stands still for it: a message that nothing hides.
    pub blocks: bool,
}

/// A step as tasks. Tasks of a lane that compute run in their order, and so do its tasks of one purpose.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepGraph {
    /// How many lanes.
    pub lanes: u32,
    /// Kinds of computation.
    pub computes: Vec<Compute>,
    /// Kinds of collectives.
    pub classes: Vec<Class>,
    /// All tasks.
    pub tasks: Vec<StepTask>,
    /// Which task (first) waits for which (second).
    pub after: Vec<(u32, u32)>,
    /// What work takes longer on a lane while a collective runs there: the part of the accelerator that it takes.
    pub slowdown: f64,
}
