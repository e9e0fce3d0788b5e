//! One training step as a graph of tasks: what each pipeline rank computes and which collectives it joins, in order.
//!
//! A lane stands for all ranks of a pipeline rank: they do the same at the same times. A collective of a lane is one task,
//! for all groups of its purpose there at once. How long it takes is not known here: [`StepGraph::job`] is told.

mod build;
mod emit;
mod job;
mod task;

pub use build::graph;
pub(super) use emit::Emitter;
pub use job::{Cost, closed_costs};
pub use task::{Class, Compute, Part, Phase, StepGraph, StepTask, Work};
