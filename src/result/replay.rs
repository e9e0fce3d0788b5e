//! What a trace came to when it was played on a fabric: plain data that round-trips through JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FabricSummary, StackSummary};

/// The schema name of [`ReplayResult`].
pub const REPLAY_SCHEMA: &str = "railspine.replay/1";

/// A trace of a step, played on a fabric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayResult {
    /// Always `railspine.replay/1`.
    pub schema: String,
    /// The trace's name.
    pub trace: String,
    /// Its format: `chakra`, `aicb`.
    pub format: String,
    /// The fabric in short.
    pub fabric: FabricSummary,
    /// What the communication library was taken for; left out where nothing is added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<StackSummary>,
    /// The accelerator that operations without a time were taken for; empty where none was needed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub accelerator: String,
    /// Ranks of the job.
    pub size: u32,
    /// Ranks that the trace holds.
    pub held: u32,
    /// Nodes of all ranks.
    pub nodes: u64,
    /// From the first node until the last is done, with the bubble, in picoseconds.
    pub time_ps: u64,
    /// What a pipeline's bubble adds, which traces of AICB do not hold, in picoseconds.
    pub bubble_ps: u64,
    /// Each rank's time, in the order of ranks.
    pub ranks: Vec<RankUse>,
    /// Collectives and messages by operation, group size and size, the longest in all first.
    pub collectives: Vec<ReplayCollective>,
}

/// Where a rank's time went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RankUse {
    /// The rank.
    pub rank: u32,
    /// At least one node computed, in picoseconds.
    pub computing_ps: u64,
    /// None computed, and at least one communicated.
    pub exposed_ps: u64,
    /// Neither.
    pub idle_ps: u64,
}

/// Collectives of a kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayCollective {
    /// The operation: `all-reduce`, `send-recv`.
    pub op: String,
    /// The algorithm that ran; empty where nothing is sent.
    pub algorithm: String,
    /// Ranks of a group.
    pub ranks: u32,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many there are.
    pub count: u64,
    /// How long one takes alone, in picoseconds: the longest of them.
    pub alone_ps: u64,
    /// How long all took, one after another, in picoseconds.
    pub total_ps: u64,
}
