//! What a search for a division of a training step came to: plain data that round-trips through JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FabricSummary, StackSummary, StepBytes};

/// The schema name of [`TuneResult`].
pub const TUNE_SCHEMA: &str = "railspine.tune/1";

/// A search among the divisions of a training step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TuneResult {
    /// Always `railspine.tune/1`.
    pub schema: String,
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's title, for plots.
    pub title: String,
    /// The fabric in short.
    pub fabric: FabricSummary,
    /// What the communication library was taken for; left out where nothing is added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<StackSummary>,
    /// What is trained, on what.
    pub workload: TuneFacts,
    /// Bytes that a step may take of an accelerator's memory.
    pub memory_limit: u64,
    /// How many divisions there were.
    pub counts: TuneCounts,
    /// How many of the best were simulated.
    pub confirmed: u32,
    /// The best that fit: those that were simulated by their simulated time, then the others by closed forms. Empty where
    /// nothing fits.
    pub best: Vec<TuneCandidate>,
    /// The division as the scenario has it, where it keeps the rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<TuneGiven>,
    /// Where nothing fits, the division that takes least memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<TuneNearest>,
    /// What of all this should be known before it is used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What is trained, on what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TuneFacts {
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
}

/// How many divisions there were. All that keep the rules were looked at, or left out for a reason that is counted here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TuneCounts {
    /// Combinations of values that suit by themselves.
    pub configurations: u64,
    /// Of them, divisions that keep the rules.
    pub valid: u64,
    /// Of those, pipelines that too few micro-batches do not fill: closed forms do not hold for them.
    pub unfilled: u64,
    /// Of those, what does not fit in memory.
    pub unfit: u64,
    /// Of those, what was not looked at one by one: the same with a smaller micro-batch does not fit.
    pub pruned: u64,
    /// Divisions that were timed.
    pub evaluated: u64,
}

/// How a step is divided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TuneDivision {
    /// Tensor-parallel ranks.
    pub tp: u32,
    /// Whether norms are divided along the sequence.
    pub sequence_parallel: bool,
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
    /// Tensor-parallel ranks of an expert.
    pub etp: u32,
    /// What is sharded: `zero-1`.
    pub sharding: String,
    /// The pipeline's schedule: `1f1b`.
    pub schedule: String,
    /// Sequences of a micro-batch.
    pub micro_batch: u32,
    /// Micro-batches of a pipeline in a step.
    pub micro_batches: u32,
    /// What is done again: `full`.
    pub recompute: String,
}

/// A division and what it comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TuneCandidate {
    /// Its place among the best, from 1.
    pub rank: u32,
    /// Its place by closed forms alone.
    pub closed_rank: u32,
    /// The division.
    pub division: TuneDivision,
    /// Seconds of a step by closed forms.
    pub closed_s: f64,
    /// Seconds of a step as simulated on the fabric; left out where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulated_s: Option<f64>,
    /// How much longer than the closed form the simulation is, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference_percent: Option<f64>,
    /// Tokens per second of an accelerator, as simulated, else by closed forms.
    pub tokens_per_s_per_gpu: f64,
    /// Where the time goes by closed forms.
    pub closed: Vec<TunePart>,
    /// Where the time goes as simulated, on the slowest pipeline rank.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub simulated: Vec<TunePart>,
    /// Bytes on the rank that keeps most, by kind.
    pub memory: Vec<StepBytes>,
    /// Bytes on the rank that keeps most, in all.
    pub memory_bytes: u64,
    /// Why it is not the first: what costs more, and what less.
    pub reason: String,
}

/// A part of a step's time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TunePart {
    /// Its name: `products`, `tensor`, `bubble`.
    pub part: String,
    /// In seconds.
    pub seconds: f64,
}

/// The division as the scenario has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TuneGiven {
    /// The division.
    pub division: TuneDivision,
    /// Seconds of a step by closed forms.
    pub closed_s: f64,
    /// Bytes on the rank that keeps most.
    pub memory_bytes: u64,
    /// Whether it fits in memory.
    pub fits: bool,
    /// How many divisions that fit are before it by closed forms.
    pub before: u64,
    /// What costs more than with the first of the best.
    pub reason: String,
}

/// The division that takes least memory of those that do not fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TuneNearest {
    /// The division.
    pub division: TuneDivision,
    /// Bytes on the rank that keeps most, by kind.
    pub memory: Vec<StepBytes>,
    /// Bytes on the rank that keeps most, in all.
    pub memory_bytes: u64,
    /// By how much that is too much.
    pub excess_bytes: u64,
}
