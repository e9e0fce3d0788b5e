//! What inference came to: plain data that round-trips through JSON, enough to tabulate and draw again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FabricSummary, StackSummary, StepBytes, StepPart};

/// The schema name of [`ServeResult`].
pub const SERVE_SCHEMA: &str = "railspine.serve/1";

/// Inference on a fabric: the prefill of prompts, and a decode step for each batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServeResult {
    /// Always `railspine.serve/1`.
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
    pub workload: ServeFacts,
    /// Time to first token: a prompt's pass through all stages, in picoseconds. Nobody waits before it.
    pub ttft_ps: u64,
    /// The prefill.
    pub prefill: ServePhaseResult,
    /// The most sequences at once, over all replicas, that memory has room for; 0 where there is none for any.
    pub largest_batch: u32,
    /// A decode step for each batch, ascending.
    pub points: Vec<ServePoint>,
}

/// What runs, on what, divided how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServeFacts {
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
    /// Format of weights as they are kept.
    pub weights: String,
    /// Format of keys and values as they are kept.
    pub kv_cache: String,
    /// Tokens of a prompt.
    pub prompt: u32,
    /// Tokens made for it.
    pub output: u32,
    /// Prompts that a replica reads at once.
    pub prefill_batch: u32,
    /// Tensor-parallel ranks.
    pub tp: u32,
    /// Pipeline ranks.
    pub pp: u32,
    /// Replicas.
    pub dp: u32,
    /// Expert-parallel ranks.
    pub ep: u32,
    /// Tensor-parallel ranks of an expert.
    pub etp: u32,
}

/// A decode step with a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServePoint {
    /// Sequences at once, over all replicas.
    pub batch: u32,
    /// Of a replica.
    pub of_replica: u32,
    /// Groups of them that go through a pipeline in turns.
    pub groups: u32,
    /// Time per output token: from one token of a sequence to its next, in picoseconds.
    pub tpot_ps: u64,
    /// Tokens made per second by all, while all sequences are in their decode phase.
    pub tokens_per_s: f64,
    /// By a replica.
    pub tokens_per_s_per_replica: f64,
    /// By an accelerator.
    pub tokens_per_s_per_gpu: f64,
    /// Tokens made per second by all where the same accelerators also read the prompts, one prefill after the other.
    pub tokens_per_s_with_prefill: f64,
    /// From a prompt to its last token: the time to first token, and that per token for the others, in picoseconds.
    pub request_ps: u64,
    /// The step.
    pub decode: ServePhaseResult,
    /// What accelerators keep, on the rank that keeps most.
    pub memory: ServeMemoryResult,
}

/// A phase of inference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServePhaseResult {
    /// Its time in picoseconds.
    pub time_ps: u64,
    /// A time that no software can beat on these accelerators, in picoseconds: weights, keys and values over memory
    /// bandwidth, or operations over the peak.
    pub bound_ps: u64,
    /// Which of them it is: `memory` or `compute`.
    pub bound_by: String,
    /// The bound over the time, in percent.
    pub bound_percent: f64,
    /// Where the time goes. The parts sum to `time_ps`.
    pub breakdown: Vec<StepPart>,
    /// Part of the time in collectives and messages, in percent.
    pub communication_percent: f64,
    /// The collectives of a token's way, by purpose and size, those that take longest first.
    pub collectives: Vec<ServeCollective>,
    /// Joules of all accelerators for a token that is read or made: data sheet's watts while computing, idle watts else.
    pub per_token_j: f64,
    /// Tasks of the graph; 0 for closed forms.
    pub tasks: u64,
}

/// Collectives of one purpose and size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServeCollective {
    /// What for: `tensor`, `experts`, `pipeline`.
    pub purpose: String,
    /// The operation: `all-reduce`.
    pub op: String,
    /// The algorithm that ran; empty for closed forms.
    pub algorithm: String,
    /// Ranks of a group.
    pub ranks: u32,
    /// Bytes, as the operation counts them.
    pub bytes: u64,
    /// How often on a token's way through all stages.
    pub count: f64,
    /// How long one takes alone, all groups of its purpose at once, in picoseconds.
    pub time_ps: u64,
    /// What of that passes before and while nothing moves: launch and latency.
    pub latency_ps: u64,
}

/// Bytes on the rank that keeps most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServeMemoryResult {
    /// By kind: `weights`, `cache` (keys and values of all sequences at their ends), `working`.
    pub parts: Vec<StepBytes>,
    /// In all.
    pub total: u64,
    /// What an accelerator has.
    pub capacity: u64,
    /// Whether it fits.
    pub fits: bool,
    /// Bytes too many; 0 where it fits.
    pub missing: u64,
}
