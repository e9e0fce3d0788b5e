//! How predictions compare with measured runs: plain data that round-trips through JSON.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::busbw_gbps;

/// The schema name of [`Validation`].
pub const VALIDATE_SCHEMA: &str = "railspine.validate/1";

/// Predictions against the measured runs of a folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Validation {
    /// Always `railspine.validate/1`.
    pub schema: String,
    /// Files with at least one predicted point, by name.
    pub files: Vec<FileScore>,
    /// The files and their points in groups.
    pub groups: Vec<GroupScore>,
    /// What is to be reached, and whether it is.
    pub targets: Vec<Target>,
    /// Files without a predicted point.
    pub skipped: Vec<SkippedFile>,
    /// Points that are not predicted, in files of which others may be.
    pub skipped_points: Vec<SkippedPoint>,
    /// How well files are predicted that the constants have not seen, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_validation: Option<Vec<FoldScore>>,
}

/// What is known of a measured run beside its points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunFacts {
    /// The file's name without extension, or what its header says.
    pub id: String,
    /// The hardware generation: `A100`, `H100/H200`, `MPI InfiniBand`.
    pub generation: String,
    /// The operation: `all-reduce`.
    pub collective: String,
    /// Servers that took part.
    pub servers: u32,
    /// Ranks that took part.
    pub ranks: u32,
    /// What ran the collective: `nccl`, `mpi`.
    #[serde(rename = "library")]
    pub software: String,
    /// The stack profile that it is predicted with: `nccl-hopper`.
    pub profile: String,
    /// Where the buffers are: `device` or `host`.
    pub memory: String,
    /// `yes`, `partial` or `no`, as the file says.
    pub healthy: String,
    /// `A`, `B` or `C`, as the file says.
    pub trust: String,
    /// Where the measurement is from.
    pub source: String,
    /// The machine that was drawn of its header, in a line.
    pub system: String,
    /// Keys that the file leaves open and for which the usual value was taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumed: Vec<String>,
    /// What was taken for these keys, and what of the file or the machine is not represented: sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Bus bandwidth over bytes per time.
    pub bus_factor: f64,
}

/// A measured run and its prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileScore {
    /// What is known of it.
    #[serde(flatten)]
    pub run: RunFacts,
    /// What the file counts for.
    pub standing: Standing,
    /// Mean absolute error of time over the points, in percent of what was measured.
    pub mape_pct: f64,
    /// Mean signed error of time over the points, in percent of what was measured: positive where too slow.
    pub bias_pct: f64,
    /// The point with the largest absolute error in percent.
    pub worst: WorstPoint,
    /// The points in the order of the file.
    pub points: Vec<PointPrediction>,
}

impl FileScore {
    /// The bus bandwidth of so many bytes in so many microseconds, in 10^9 bytes per second.
    pub fn busbw_gbps(&self, bytes: u64, microseconds: f64) -> f64 {
        busbw_gbps(bytes, self.run.bus_factor, microseconds)
    }
}

/// What a file counts for. The judged are those that targets are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Healthy, trust A or B.
    Judged,
    /// The same, but a reduction by MPI on host memory: its time has the processor's sums in it.
    HostReduction,
    /// Disturbed, or of an inferred context.
    Doubtful,
}

impl Standing {
    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Judged => "judged",
            Self::HostReduction => "host-reduction",
            Self::Doubtful => "doubtful",
        }
    }
}

/// A measured point and its prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointPrediction {
    /// Size in bytes, as nccl-tests counts it.
    pub bytes: u64,
    /// The algorithm as the row of the file names it; empty where it does not.
    pub algorithm: String,
    /// The measured time, in microseconds.
    pub measured_us: f64,
    /// The predicted time, in microseconds.
    pub predicted_us: f64,
}

impl PointPrediction {
    /// The signed error of time in percent of what was measured: positive where the prediction is too slow.
    pub fn error_pct(&self) -> f64 {
        super::error_pct(self.measured_us, self.predicted_us)
    }
}

/// The worst point of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorstPoint {
    /// Size in bytes.
    pub bytes: u64,
    /// The algorithm.
    pub algorithm: String,
    /// The signed error of time in percent.
    pub error_pct: f64,
}

/// Sizes that are looked at together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum SizeBand {
    /// Below 64 KiB.
    #[serde(rename = "under-64KiB")]
    Tiny,
    /// From 64 KiB to below 1 MiB.
    #[serde(rename = "64KiB-to-1MiB")]
    Small,
    /// From 1 MiB to below 64 MiB.
    #[serde(rename = "1MiB-to-64MiB")]
    Middle,
    /// 64 MiB and over.
    #[serde(rename = "64MiB-and-over")]
    Large,
}

impl SizeBand {
    /// The band that a size is in.
    pub const fn of(bytes: u64) -> Self {
        match bytes {
            0..0x1_0000 => Self::Tiny,
            0x1_0000..0x10_0000 => Self::Small,
            0x10_0000..0x400_0000 => Self::Middle,
            _ => Self::Large,
        }
    }

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tiny => "under-64KiB",
            Self::Small => "64KiB-to-1MiB",
            Self::Middle => "1MiB-to-64MiB",
            Self::Large => "64MiB-and-over",
        }
    }
}

/// As people read it.
impl fmt::Display for SizeBand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Tiny => "< 64 KiB",
            Self::Small => "64 KiB to 1 MiB",
            Self::Middle => "1 MiB to 64 MiB",
            Self::Large => ">= 64 MiB",
        })
    }
}

/// What files or points of a group share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GroupBy {
    /// Generation and collective.
    Collective,
    /// Generation, collective and number of servers.
    Servers,
    /// Generation, collective and size.
    Sizes,
    /// Nothing but what they count for.
    All,
}

impl GroupBy {
    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Collective => "collective",
            Self::Servers => "servers",
            Self::Sizes => "sizes",
            Self::All => "all",
        }
    }
}

/// How well a group is predicted. A mean over points counts each point once; a mean over files counts each file
/// once, by the mean over those of its points that are in the group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupScore {
    /// What its members share.
    pub by: GroupBy,
    /// What its files count for.
    pub standing: Standing,
    /// The hardware generation; null in a group of all.
    pub generation: Option<String>,
    /// The operation; null in a group of all.
    pub collective: Option<String>,
    /// Servers, in groups by servers.
    pub servers: Option<u32>,
    /// Sizes, in groups by sizes.
    pub sizes: Option<SizeBand>,
    /// Files with a point in it.
    pub files: u32,
    /// Points.
    pub points: u32,
    /// Mean absolute error in percent, each point counted once.
    pub mape_pct_over_points: f64,
    /// Mean absolute error in percent, each file counted once.
    pub mape_pct_over_files: f64,
    /// Mean signed error in percent, each point counted once.
    pub bias_pct_over_points: f64,
    /// Mean signed error in percent, each file counted once.
    pub bias_pct_over_files: f64,
    /// Its worst point.
    pub worst: GroupWorst,
}

/// The worst point of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupWorst {
    /// The file it is in.
    pub id: String,
    /// Size in bytes.
    pub bytes: u64,
    /// The algorithm.
    pub algorithm: String,
    /// The signed error of time in percent.
    pub error_pct: f64,
}

/// What a target is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum TargetWhat {
    /// Mean absolute error at sizes of 64 MiB and over.
    #[serde(rename = "mape-64MiB-and-over")]
    LargeError,
    /// Mean absolute error over all sizes.
    #[serde(rename = "mape")]
    Error,
    /// Mean signed error over all sizes, without its sign.
    #[serde(rename = "bias")]
    Bias,
}

impl TargetWhat {
    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LargeError => "mape-64MiB-and-over",
            Self::Error => "mape",
            Self::Bias => "bias",
        }
    }

    /// How a value must stand to its limit.
    pub const fn relation(self) -> &'static str {
        match self {
            Self::LargeError | Self::Error => "at most",
            Self::Bias => "less than",
        }
    }
}

/// A target for the judged files of one generation and collective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// The hardware generation.
    pub generation: String,
    /// The operation.
    pub collective: String,
    /// What is to be small.
    pub what: TargetWhat,
    /// Files with a point that counts.
    pub files: u32,
    /// Points that count.
    pub points: u32,
    /// The most it may be, in percent; a bias must be less.
    pub limit_pct: f64,
    /// What is aimed at, in percent, where that is less.
    pub aim_pct: Option<f64>,
    /// What it is with each point counted once, in percent.
    pub over_points_pct: f64,
    /// What it is with each file counted once, in percent.
    pub over_files_pct: f64,
    /// Whether both are within the limit.
    pub met: bool,
}

/// A file that is not predicted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SkippedFile {
    /// The file's name without extension, or what its header says.
    pub id: String,
    /// The reason, as one lower-case sentence.
    pub why: String,
}

/// A point that is not predicted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SkippedPoint {
    /// The file it is in.
    pub id: String,
    /// Size in bytes.
    pub bytes: u64,
    /// The algorithm, as the file names it.
    pub algorithm: String,
    /// The reason, as one lower-case sentence.
    pub why: String,
}

/// Files left out, and how they are predicted with constants fitted on the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FoldScore {
    /// What is left out: `largest scale of A100 (32 ranks)`, `source NVIDIA/nccl-tests issue #309`.
    pub fold: String,
    /// What the files scored here count for; a fold that leaves out several kinds has a row for each.
    pub standing: Standing,
    /// The files left out that are scored here.
    pub left_out: Vec<String>,
    /// Their points.
    pub points: u32,
    /// Mean absolute error over the points in percent, with the constants as they are.
    pub mape_pct_before: f64,
    /// The same with constants fitted on the rest; null where that failed.
    pub mape_pct_after: Option<f64>,
    /// Mean signed error over the points in percent, with the constants as they are.
    pub bias_pct_before: f64,
    /// The same with constants fitted on the rest; null where that failed.
    pub bias_pct_after: Option<f64>,
    /// Why nothing was fitted, where that failed.
    pub why: Option<String>,
}
