//! What a run found: plain data that round-trips through JSON, enough to tabulate and draw again.

mod calibrate;
mod plan;
mod replay;
mod serve;
mod stack;
mod step;
mod tune;
mod validate;
mod validate_steps;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Bytes;

pub use calibrate::{
    CALIBRATE_SCHEMA, CalibratedLog, Calibration, FittedConstant, FittedErrors, FittedPair, FittedPoint,
};
pub use plan::{
    BillLine, DESIGN_SCHEMA, PLAN_SCHEMA, PlanCable, PlanCost, PlanCount, PlanDesign, PlanDevice,
    PlanDiagramTier, PlanEnd, PlanFloor, PlanLength, PlanLoad, PlanPlacement, PlanPower, PlanRack,
    PlanResult, PlanRun, PlanSensitivity, PlanSpace, PlanTier, PlanTime, PlanWeight, PlannedDesign, UsdRange,
};
pub use replay::{REPLAY_SCHEMA, RankUse, ReplayCollective, ReplayResult};
pub use serve::{
    SERVE_SCHEMA, ServeCollective, ServeFacts, ServeMemoryResult, ServePhaseResult, ServePoint, ServeResult,
};
pub use stack::StackSummary;
pub use step::{
    STEP_SCHEMA, StepBytes, StepCollective, StepEnergy, StepFacts, StepLeftOut, StepMemory, StepPart,
    StepResult, StepSpan,
};
pub use tune::{
    TUNE_SCHEMA, TuneCandidate, TuneCounts, TuneDivision, TuneFacts, TuneGiven, TuneNearest, TunePart,
    TuneResult,
};
pub use validate::{
    FileScore, FoldScore, GroupBy, GroupScore, GroupWorst, PointPrediction, RunFacts, SizeBand, SkippedFile,
    SkippedPoint, Standing, Target, TargetWhat, VALIDATE_SCHEMA, Validation, WorstPoint,
};
pub use validate_steps::{
    IncompleteRows, LeftOutGroup, PairOrder, SkippedStepRow, StepFamily, StepGroup, StepParts,
    StepPrediction, StepTarget, StepTargetWhat, StepValidation, VALIDATE_STEPS_SCHEMA,
};

/// The schema name of [`RunResult`].
pub const RUN_SCHEMA: &str = "railspine.run/1";

/// The result of a scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunResult {
    /// Always `railspine.run/1`.
    pub schema: String,
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's title, for plots.
    pub title: String,
    /// The seed of random choices.
    pub seed: u64,
    /// The fabric in short.
    pub fabric: FabricSummary,
    /// What the communication library and the host were taken for; left out where nothing is added to the fabric: without
    /// a `[stack]`, and with `ideal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<StackSummary>,
    /// One entry a collective, algorithm and size.
    pub cases: Vec<Case>,
    /// What was expected and what came.
    pub expectations: Vec<Expectation>,
    /// Plots that the scenario asks for.
    pub plots: Vec<PlotSpec>,
}

/// Bus bandwidth of so many bytes in so many microseconds, in 10^9 bytes per second.
fn busbw_gbps(bytes: u64, bus_factor: f64, microseconds: f64) -> f64 {
    Bytes(bytes).as_f64() * bus_factor / (microseconds * 1e3)
}

/// The signed error of a time in percent of what was measured: positive where it is too long.
pub(crate) fn error_pct(measured: f64, time: f64) -> f64 {
    (time - measured) / measured * 100.0
}

/// A fabric in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FabricSummary {
    /// Its name.
    pub name: String,
    /// Accelerators.
    pub gpus: u32,
    /// All nodes.
    pub nodes: u32,
    /// Directed links.
    pub links: u32,
}

/// One collective of one size by one algorithm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Case {
    /// The operation: `all-reduce`.
    pub op: String,
    /// The algorithm that ran: `ring`.
    pub algorithm: String,
    /// The algorithm that was asked for: `auto`.
    pub requested_algorithm: String,
    /// The engine that ran: `fluid`.
    pub engine: String,
    /// Name of the collective's group, where the scenario gives one.
    pub group: String,
    /// Ranks that took part.
    pub ranks: u32,
    /// Channels that the schedule used; of the communication library, where there is one.
    pub channels: u32,
    /// The protocol that the communication library chose: `ll128`; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub protocol: String,
    /// `receipt` or `lockstep`.
    pub steps: String,
    /// Size in bytes, as nccl-tests counts it.
    pub bytes: u64,
    /// When it started, in picoseconds.
    pub start_ps: u64,
    /// From its start until the last rank had received everything, in picoseconds.
    pub time_ps: u64,
    /// Bytes over time, in 10^9 bytes per second.
    #[serde(rename = "algbw_GBps")]
    pub algbw_gbps: f64,
    /// algbw times the operation's bus factor, in 10^9 bytes per second.
    #[serde(rename = "busbw_GBps")]
    pub busbw_gbps: f64,
    /// A time that no schedule can beat, in picoseconds.
    pub bound_ps: u64,
    /// Which bound that is: `latency`, `injection`, `cut`.
    pub bound_kind: String,
    /// What the bound is about: `leaving server 3`.
    #[serde(default)]
    pub bound_detail: String,
    /// The bound over the time, in percent: 100 is optimal.
    pub bound_percent: f64,
    /// Where the time on the critical path went.
    pub critical_path: CriticalPath,
    /// The links with the highest utilisation, busiest first.
    pub busiest_links: Vec<BusyLink>,
    /// Use of links by tier.
    pub tiers: Vec<TierUse>,
    /// Transfers of the schedule. How many of them were played one by one is not told here: a result is the same with
    /// and without short cuts.
    pub flows: u64,
    /// Transfers of the ranks on the timeline, where one is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<TimelineEntry>,
}

/// For fields that are left out where they say nothing.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// The parts of a case's time; they sum to `time_ps`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CriticalPath {
    /// What the communication library and the host cost before anything moves.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub launch_ps: u64,
    /// Latency of paths.
    pub latency_ps: u64,
    /// Transfers at the rate that each would have alone.
    pub transfer_ps: u64,
    /// What transfers took longer because links were shared.
    pub sharing_ps: u64,
}

/// A directed link and its use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BusyLink {
    /// `leaf3 -> spine1`, with ` #2` behind it for one lane of several.
    pub link: String,
    /// Bytes that crossed it.
    pub bytes: u64,
    /// Bytes over what it could carry in the time of the case, in 0..=1.
    pub utilisation: f64,
}

/// The links from one kind of node to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TierUse {
    /// `leaf -> spine`.
    pub tier: String,
    /// Directed links (bundles count once).
    pub links: u32,
    /// Bytes that crossed them.
    pub bytes: u64,
    /// Mean over all of them, in 0..=1.
    pub mean_utilisation: f64,
    /// Of the busiest.
    pub max_utilisation: f64,
}

/// A transfer on a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEntry {
    /// The sender: a rank, or a switch that takes part, numbered on from the ranks of the case.
    pub src: u32,
    /// The receiver, likewise.
    pub dst: u32,
    /// The phase of the schedule.
    pub phase: String,
    /// The step of the lane.
    pub step: u32,
    /// The channel.
    pub channel: u32,
    /// Bytes carried.
    pub bytes: u64,
    /// When it began.
    pub start_ps: u64,
    /// When its last byte had left.
    pub sent_ps: u64,
    /// When its last byte arrived.
    pub received_ps: u64,
}

/// An expectation of the scenario and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Expectation {
    /// What was looked at: `all-reduce ring 1 GiB time`.
    pub what: String,
    /// As the scenario says it: `1.82 ms ± 5 %`.
    pub expected: String,
    /// What came, with its unit.
    pub found: String,
    /// Whether it is within the tolerance.
    pub met: bool,
}

/// A plot that a scenario asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlotSpec {
    /// File name without extension.
    pub name: String,
    /// What it shows.
    pub kind: PlotKind,
    /// Size to show, for plots of one size; the largest where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Title; the scenario's where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// Kinds of plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlotKind {
    /// Bus bandwidth against size.
    Busbw,
    /// Time against size.
    Time,
    /// Bars at one size.
    Bars,
    /// Link utilisation by tier at one size.
    Utilisation,
    /// Transfers of chosen ranks over time.
    Timeline,
}
