//! What stood between the program and the fabric in a run.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A `[stack]` in short, under the keys of scenarios: what a time depends on beside the fabric and the schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackSummary {
    /// Name of the profile: `nccl-hopper`.
    pub profile: String,
    /// The library whose model it is: `nccl`.
    #[serde(rename = "library")]
    pub software: String,
    /// The release that was taken: `2.20`. Libraries whose model knows no releases have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `per-gpu`, or `per-node` where one process drives all accelerators of its server; likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<String>,
    /// The algorithm that was imposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<String>,
    /// The protocol that was imposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// Threads of a channel that were imposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Least channels that were imposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_channels: Option<u32>,
    /// Most channels that were imposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_channels: Option<u32>,
    /// Most adapters of a message that were imposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rails: Option<u32>,
    /// Constants put over those of the profile, by their keys: in microseconds, 10^9 bytes per second, bytes, or plain.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, f64>,
}
