//! A training step or inference: a model, divided over accelerators, as computation and collectives with their times.

mod accelerator;
mod bound;
mod closed;
mod collectives;
mod constant;
mod graph;
mod kernel;
mod layer;
mod memory;
pub mod model;
mod network;
mod parallel;
pub mod pipeline;
mod placement;
mod precision;
pub mod rules;
mod serve;
mod software;
pub mod space;
mod spec;
mod step;

pub use accelerator::Accelerator;
pub use bound::step_bound;
pub use closed::{Layers, StepTime, other, step_time, step_time_with};
pub use collectives::{Direction, Groups, Moment, Purpose, Use, Uses, uses};
pub use constant::{Constant, Constants, SPECS, Spec};
pub use graph::{Class, Compute, Cost, Part, Phase, StepGraph, StepTask, Work, closed_costs, graph};
pub use kernel::Kernels;
pub use layer::{Block, LayerTime, Pass, Site, block_time, exposed, got, layer_time, waits};
pub use memory::{Held, Memory, memory};
pub use model::{Attention as ModelAttention, Counted, Experts, LayerKind, Mlp, Model, Window};
pub use network::{Group, Network, Pattern, Tier};
pub use parallel::{Axis, ContextExchange, Order, Parallel, Recompute, Schedule, Sharding};
pub use placement::Coordinates;
pub use precision::{Format, Precision};
pub use rules::Misfit;
pub use serve::{
    Bound, ServeMemory, ServePhase, ServeTime, Served, Serving, largest_batch, serve_bound, serve_graph,
    serve_memory, serve_time,
};
pub use software::{Factors, Scope, Software};
pub use space::{Degree, Limit, Space, Values};
pub use spec::{Task, Training, Workload};
pub use step::{Batch, Habits, Overlap, Step};
