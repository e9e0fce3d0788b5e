//! What a training step came to: plain data that round-trips through JSON, enough to tabulate and draw again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Expectation, FabricSummary, StackSummary};

/// The schema name of [`StepResult`].
pub const STEP_SCHEMA: &str = "railspine.step/1";

/// A training step on a fabric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepResult {
    /// Always `railspine.step/1`.
    pub schema: String,
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's title, for plots.
    pub title: String,
    /// The engine: `fluid` for the graph of tasks with collectives played on the fabric, `analytic` for closed forms.
    pub engine: String,
    /// The fabric in short.
    pub fabric: FabricSummary,
    /// What the communication library was taken for; left out where nothing is added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<StackSummary>,
    /// What runs, on what, divided how.
    pub workload: StepFacts,
    /// From the first forward pass until the slowest rank is ready for the next step, in picoseconds.
    pub step_ps: u64,
    /// A time that no software can beat on these accelerators: the model's operations at the data sheet's peak, evenly
    /// divided, in picoseconds.
    pub bound_ps: u64,
    /// The bound over the time, in percent.
    pub bound_percent: f64,
    /// Tokens per second, of all.
    pub tokens_per_s: f64,
    /// Tokens per second of an accelerator.
    pub tokens_per_s_per_gpu: f64,
    /// Operations of the model in a step, forward and backward, attention counted causal.
    pub model_flops: f64,
    /// Those over the time and the 16-bit peak of all accelerators, in percent: causal attention.
    pub mfu_causal_percent: f64,
    /// The same with attention counted whole, as Megatron does.
    pub mfu_full_percent: f64,
    /// Where the time goes on the rank that ends last. The parts sum to `step_ps`.
    pub breakdown: Vec<StepPart>,
    /// The pipeline's bubble on that rank, in percent of the step.
    pub bubble_percent: f64,
    /// What accelerators keep, on the rank that keeps most.
    pub memory: StepMemory,
    /// The collectives of a step, by purpose and size.
    pub collectives: Vec<StepCollective>,
    /// Joules of all accelerators in a step.
    pub energy: StepEnergy,
    /// What each pipeline rank did when, where the engine tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<StepSpan>,
    /// What of the timeline is left out, where it would be too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline_left_out: Option<StepLeftOut>,
    /// Tasks of the graph; 0 for closed forms.
    pub tasks: u64,
    /// What was expected and what came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<Expectation>,
}

/// What runs, on what, divided how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepFacts {
    /// The model's name.
    pub model: String,
    /// Its parameters.
    pub parameters: u64,
    /// The accelerator's name.
    pub accelerator: String,
    /// The software generation's name.
    pub software: String,
    /// Format of matrix products.
    pub format: String,
    /// Sequences of a step.
    pub sequences: u32,
    /// Tokens of a sequence.
    pub sequence_length: u32,
    /// Sequences of a micro-batch.
    pub micro_batch: u32,
    /// Micro-batches of a pipeline in a step.
    pub micro_batches: u32,
    /// Tensor-parallel ranks.
    pub tp: u32,
    /// Pipeline ranks.
    pub pp: u32,
    /// Stages of a pipeline rank.
    pub vpp: u32,
    /// Context-parallel ranks.
    pub cp: u32,
    /// Data-parallel ranks.
    pub dp: u32,
    /// Expert-parallel ranks.
    pub ep: u32,
    /// What is sharded: `zero-1`.
    pub sharding: String,
    /// The pipeline's schedule: `1f1b`.
    pub schedule: String,
    /// What is done again: `full`.
    pub recompute: String,
}

/// A part of a step's time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepPart {
    /// Its name: `products`, `tensor`, `bubble`.
    pub part: String,
    /// In picoseconds.
    pub time_ps: u64,
}

/// Bytes on the rank that keeps most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepMemory {
    /// By kind: `weights`, `gradients`, `optimizer`, `activations`, `working`.
    pub parts: Vec<StepBytes>,
    /// In all.
    pub total: u64,
    /// What an accelerator has.
    pub capacity: u64,
    /// Whether it fits.
    pub fits: bool,
}

/// Bytes of a kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepBytes {
    /// Which kind.
    pub kind: String,
    /// How many.
    pub bytes: u64,
}

/// Collectives of a step that differ in nothing but when they are done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepCollective {
    /// What for: `tensor`, `data`.
    pub purpose: String,
    /// The operation: `all-gather`.
    pub op: String,
    /// The algorithm that ran; empty for closed forms.
    pub algorithm: String,
    /// Ranks of a group.
    pub ranks: u32,
    /// Bytes, as the operation counts them.
    pub bytes: u64,
    /// How often a rank does it in a step, on the pipeline rank that does it most.
    pub count: f64,
    /// How long one takes alone, all groups of its purpose at once, in picoseconds.
    pub time_ps: u64,
}

/// Joules in a step: data sheet's watts while computing, idle watts else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepEnergy {
    /// While computing.
    pub computing_j: f64,
    /// While waiting.
    pub waiting_j: f64,
    /// For a token.
    pub per_token_j: f64,
}

/// What a pipeline rank did for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepSpan {
    /// The pipeline rank.
    pub lane: u32,
    /// `forward`, `backward`, `weights`, `update`.
    pub phase: String,
    /// What: `compute`, or the purpose of a collective.
    pub what: String,
    /// The micro-batch.
    pub micro: u32,
    /// The stage of the model.
    pub stage: u32,
    /// When it began.
    pub start_ps: u64,
    /// When it ended.
    pub end_ps: u64,
}

/// The middle of a timeline that is too long to be told: what began in it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepLeftOut {
    /// How much is left out.
    pub spans: u64,
    /// When the first of it began.
    pub from_ps: u64,
    /// When all of it had begun: what begins later is there again.
    pub until_ps: u64,
}
