//! How predictions compare with measured step times: plain data that round-trips through JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The schema name of [`StepValidation`].
pub const VALIDATE_STEPS_SCHEMA: &str = "railspine.validate-steps/1";

/// Predictions against the rows of a file of measured step times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepValidation {
    /// Always `railspine.validate-steps/1`.
    pub schema: String,
    /// Rows that are predicted, in the order of the file.
    pub rows: Vec<StepPrediction>,
    /// The rows by group of sources and quality.
    pub groups: Vec<StepGroup>,
    /// Rows that differ in their configuration only, where there are three configurations or more.
    pub families: Vec<StepFamily>,
    /// Mean regret over the families, in percent; null where there is none.
    pub mean_regret_pct: Option<f64>,
    /// Rows whose configuration is incomplete, by what is missing: they are not predicted.
    pub incomplete: Vec<IncompleteRows>,
    /// The first rows that cannot be read.
    pub skipped: Vec<SkippedStepRow>,
    /// How many rows cannot be read.
    pub skipped_count: u64,
    /// What is to be reached, and whether it is.
    pub targets: Vec<StepTarget>,
    /// How well each group is predicted with constants that were fitted without it, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leave_out: Option<Vec<LeftOutGroup>>,
    /// What else is to be said of the file: sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A row and its prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepPrediction {
    /// Its id; `line N` where it has none.
    pub id: String,
    /// Its group of sources.
    pub group: String,
    /// How far it is to be trusted: `A`, `B` or `C`.
    pub quality: String,
    /// What was done: `pretrain`, `lora`, `sft`.
    pub task: String,
    /// The model as the row names it, or its name in the library.
    pub model: String,
    /// Accelerators.
    pub gpus: u32,
    /// The accelerator's name in the library.
    pub accelerator: String,
    /// The generation of software whose constants are used.
    pub software: String,
    /// How the step is divided and what is done again, in a line.
    pub configuration: String,
    /// Seconds of the step as measured.
    pub measured_s: f64,
    /// Seconds of the step as predicted.
    pub predicted_s: f64,
    /// The signed error in percent of what was measured: positive where the prediction is too slow.
    pub error_pct: f64,
    /// Where the predicted time goes.
    pub parts: StepParts,
    /// What was assumed where the row does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumed: Vec<String>,
}

/// Where a step's time goes, in seconds, as the rank sees it that works most. The parts sum to the step.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct StepParts {
    /// Matrix products of layers.
    pub products: f64,
    /// Attention's core.
    pub attention: f64,
    /// Kernels that only move data.
    pub moved: f64,
    /// What is done again.
    pub again: f64,
    /// Embedding, head and loss, and modules for further tokens.
    pub head: f64,
    /// Waiting for the host.
    pub host: f64,
    /// Tensor-parallel collectives that nothing hides.
    pub tensor: f64,
    /// Context-parallel ones.
    pub context: f64,
    /// Exchanges of tokens.
    pub experts: f64,
    /// Data-parallel ones.
    pub data: f64,
    /// Messages between stages.
    pub pipeline: f64,
    /// What computation is slower for what runs beside it.
    pub slowdown: f64,
    /// Idle for the pipeline's filling and draining.
    pub bubble: f64,
    /// The optimiser.
    pub optimizer: f64,
    /// Waiting for the slowest rank, and what a step costs besides.
    pub other: f64,
}

/// How well pairs of rows are put in order. Pairs of equal measured times do not count.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairOrder {
    /// Pairs that count.
    pub pairs: u64,
    /// Those that are predicted in the right order.
    pub right: u64,
    /// The share of those in percent; null where no pair counts.
    pub right_pct: Option<f64>,
    /// Kendall's tau-b over all pairs, ties among them; null where one of the sides has ties only.
    pub tau_b: Option<f64>,
}

/// Rows of one group of sources and one quality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepGroup {
    /// The group of sources; null for all of a quality.
    pub group: Option<String>,
    /// Their quality.
    pub quality: String,
    /// Rows.
    pub count: u32,
    /// Mean absolute error in percent.
    pub mae_pct: f64,
    /// Mean signed error in percent.
    pub bias_pct: f64,
    /// The row of the largest absolute error.
    pub worst_id: String,
    /// Its signed error in percent.
    pub worst_error_pct: f64,
    /// Pairs within a family: rows that differ in their configuration, and in nothing else.
    pub family_pairs: PairOrder,
    /// Pairs of any two rows.
    pub all_pairs: PairOrder,
}

/// Rows that differ in their configuration only: of one model, number and type of accelerators, sequence length, batch,
/// precision, generation of software and task. Rows of quality C do not count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepFamily {
    /// The model.
    pub model: String,
    /// Accelerators.
    pub gpus: u32,
    /// The accelerator's name in the library.
    pub accelerator: String,
    /// Tokens of a sequence.
    pub seq: u32,
    /// Sequences of a step.
    pub gbs: u32,
    /// The format of matrices.
    pub precision: String,
    /// The generation of software.
    pub software: String,
    /// What was done.
    pub task: String,
    /// Different configurations; times of a configuration that was measured several times are averaged.
    pub configurations: u32,
    /// The configuration that is predicted fastest.
    pub chosen: String,
    /// Its measured seconds.
    pub chosen_s: f64,
    /// The configuration that was measured fastest.
    pub best: String,
    /// Its measured seconds.
    pub best_s: f64,
    /// What choosing by prediction costs, in percent of the best time: `chosen_s / best_s - 1`.
    pub regret_pct: f64,
    /// How well its configurations are put in order.
    pub order: PairOrder,
}

/// Rows that lack the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IncompleteRows {
    /// What is missing or does not suit, as one lower-case sentence.
    pub why: String,
    /// How many rows.
    pub count: u64,
    /// How many of them are of quality A or B.
    pub trusted: u64,
    /// The ids of the first of them.
    pub ids: Vec<String>,
}

/// A row that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SkippedStepRow {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Its id, where it has one.
    pub id: String,
    /// The reason, as one lower-case sentence.
    pub why: String,
}

/// What a target is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum StepTargetWhat {
    /// Mean absolute error of rows of quality A or B that pretrain on 64 accelerators or more.
    #[serde(rename = "pretrain-64-mae")]
    Pretrain,
    /// Mean absolute error of the group `vTrain-multi`.
    #[serde(rename = "vtrain-multi-mae")]
    MultiNode,
    /// Pairs of the group `vTrain-multi` in the right order, within families.
    #[serde(rename = "vtrain-multi-order")]
    MultiNodeOrder,
    /// Mean regret over families of 64 accelerators or more.
    #[serde(rename = "regret-64")]
    Regret,
}

impl StepTargetWhat {
    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pretrain => "pretrain-64-mae",
            Self::MultiNode => "vtrain-multi-mae",
            Self::MultiNodeOrder => "vtrain-multi-order",
            Self::Regret => "regret-64",
        }
    }

    /// How a value must stand to its limit.
    pub const fn relation(self) -> &'static str {
        match self {
            Self::Pretrain => "at most",
            Self::MultiNode | Self::Regret => "less than",
            Self::MultiNodeOrder => "at least",
        }
    }
}

/// A target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepTarget {
    /// What it is about.
    pub what: StepTargetWhat,
    /// Rows, pairs or families that count.
    pub count: u64,
    /// What must be kept to, in percent.
    pub limit_pct: f64,
    /// What is aimed at beyond, in percent.
    pub aim_pct: Option<f64>,
    /// What it is, in percent.
    pub value_pct: f64,
    /// Whether it keeps to the limit.
    pub met: bool,
}

/// A group of sources, predicted with constants that were fitted to all others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOutGroup {
    /// The group.
    pub group: String,
    /// Its rows.
    pub count: u32,
    /// Those of quality A or B.
    pub trusted: u32,
    /// Mean absolute error of all rows in percent, with the constants as they are.
    pub mae_pct_before: f64,
    /// The same with constants fitted without the group.
    pub mae_pct_after: f64,
    /// Mean signed error in percent, with the constants as they are.
    pub bias_pct_before: f64,
    /// The same with constants fitted without the group.
    pub bias_pct_after: f64,
    /// Mean absolute error of rows of quality A or B, with constants fitted without the group; null where there is none.
    pub trusted_mae_pct_after: Option<f64>,
}
