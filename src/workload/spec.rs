//! A workload as it is asked for: what a scenario says, read and checked.

use super::accelerator::Accelerator;
use super::constant::{Constant, Constants};
use super::model::Model;
use super::network::Network;
use super::parallel::{Parallel, Recompute};
use super::precision::Precision;
use super::serve::Serving;
use super::software::Software;
use super::step::{Batch, Overlap, Step};

/// A training step's own figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Training {
    /// The batch.
    pub batch: Batch,
    /// What is done again.
    pub recompute: Recompute,
    /// Whether the model's own parameters stay as they are.
    pub frozen: bool,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Forward and backward passes over a batch, and the optimiser.
    Train(Training),
    /// Prompts are read and tokens made.
    Infer(Serving),
}

impl Task {
    /// The names in files.
    pub const NAMES: [&'static str; 2] = ["train", "inference"];

    /// The name in files.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Train(_) => Self::NAMES[0],
            Self::Infer(_) => Self::NAMES[1],
        }
    }
}

/// A model on accelerators, divided, with software and its constants.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// The model.
    pub model: Model,
    /// What it runs on.
    pub accelerator: Accelerator,
    /// What runs it.
    pub software: Software,
    /// What a step does.
    pub task: Task,
    /// How it is divided.
    pub parallel: Parallel,
    /// Number formats.
    pub precision: Precision,
    /// What runs beside computation.
    pub overlap: Overlap,
    /// What software gets of the accelerator with these formats, and what was put over that.
    pub constants: Constants,
    /// The constants that were put over those of the software, in their own order.
    pub set: Vec<Constant>,
}

impl Workload {
    /// The training step over a network; `None` where the task is another.
    pub fn step(&self, network: Network) -> Option<Step<'_>> {
        let Task::Train(training) = &self.task else { return None };
        Some(Step {
            model: &self.model,
            accelerator: &self.accelerator,
            constants: &self.constants,
            habits: self.software.habits,
            batch: training.batch,
            parallel: self.parallel,
            precision: self.precision,
            recompute: training.recompute,
            overlap: self.overlap,
            frozen: training.frozen,
            network,
        })
    }
}
