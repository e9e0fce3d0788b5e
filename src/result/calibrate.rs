//! What a calibration found: plain data that round-trips through JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{busbw_gbps, error_pct};

/// The schema name of [`Calibration`].
pub const CALIBRATE_SCHEMA: &str = "railspine.calibrate/1";

/// Constants of a profile fitted to logs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Calibration {
    /// Always `railspine.calibrate/1`.
    pub schema: String,
    /// The name of the fitted profile.
    pub profile: String,
    /// The name of the profile that it started from.
    pub start: String,
    /// The library: `nccl`.
    #[serde(rename = "library")]
    pub software: String,
    /// The logs, as they were given.
    pub logs: Vec<CalibratedLog>,
    /// The constants that were free, by part and then as profiles list them.
    pub constants: Vec<FittedConstant>,
    /// Constants that the logs hardly tell apart.
    pub pairs: Vec<FittedPair>,
    /// Errors over all sizes, and over those of 64 MiB and over where there are any.
    pub errors: Vec<FittedErrors>,
    /// How far predictions scatter about what was measured with the fitted constants, in percent, outliers cut.
    pub scatter_pct: f64,
    /// Points less what the constants took of them.
    pub degrees_of_freedom: f64,
    /// By how much variances were widened since residuals of neighbouring sizes go together; 1 where they do not.
    pub widening: f64,
    /// Rounds of the fit.
    pub rounds: u32,
    /// Whether nothing was left to gain when it ended.
    pub settled: bool,
    /// What else is to be known: sentences.
    pub notes: Vec<String>,
    /// All points, in the order of the logs.
    pub points: Vec<FittedPoint>,
}

/// A log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalibratedLog {
    /// Its file's name without extension.
    pub id: String,
    /// The operation: `all-reduce`.
    pub op: String,
    /// Ranks.
    pub ranks: u32,
    /// Servers that they are on.
    pub servers: u32,
    /// The fabric, and which part of it: a line.
    pub place: String,
    /// The release of the library that was taken.
    pub version: String,
    /// `per-gpu`, or `per-node` where one process drives all accelerators of its server.
    pub process: String,
    /// Bus bandwidth over bytes per time.
    pub bus_factor: f64,
    /// Its errors over all sizes.
    pub errors: FittedErrors,
}

impl CalibratedLog {
    /// The bus bandwidth of so many bytes in so many microseconds, in 10^9 bytes per second.
    pub fn busbw_gbps(&self, bytes: u64, microseconds: f64) -> f64 {
        busbw_gbps(bytes, self.bus_factor, microseconds)
    }
}

/// Errors of predicted times in percent of those measured, before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FittedErrors {
    /// Which sizes: `all`, `64MiB-and-over`.
    pub sizes: String,
    /// How many points.
    pub points: u32,
    /// Mean absolute error with the constants of the start.
    pub mape_pct_before: f64,
    /// The same with the fitted ones.
    pub mape_pct_after: f64,
    /// Mean signed error with the constants of the start: positive where predictions are too slow.
    pub bias_pct_before: f64,
    /// The same with the fitted ones.
    pub bias_pct_after: f64,
    /// The largest error with its sign, with the fitted ones.
    pub worst_pct_after: f64,
}

/// A constant that was free.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FittedConstant {
    /// Its key in profiles: `launch.ll`.
    pub key: String,
    /// `host`, `server` or `network`.
    pub part: String,
    /// `us`, `GB/s`, `B`, or nothing for fractions and counts.
    pub unit: String,
    /// Where it started.
    pub start: f64,
    /// Where it ended.
    pub value: f64,
    /// Its standard error; null where it is not determined.
    pub standard_error: Option<f64>,
    /// The lower end of its 95 % confidence interval; null where it is not determined.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// `determined`, `mixed`, `faint`, `unseen` or `searched`.
    pub standing: String,
    /// The constants that it cannot be told apart from where it is mixed, nearest first.
    pub mixed_with: Vec<String>,
    /// Whether it ended at the least or the most that makes sense.
    pub at_limit: bool,
}

/// Two constants that are hardly told apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FittedPair {
    /// The key of one.
    pub a: String,
    /// The key of the other.
    pub b: String,
    /// The correlation of their errors: negative where their sum is known better than each.
    pub correlation: f64,
}

/// A point of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FittedPoint {
    /// The log.
    pub id: String,
    /// Size in bytes, as nccl-tests counts it.
    pub bytes: u64,
    /// The algorithm that the library is taken to choose.
    pub algorithm: String,
    /// Its protocol.
    pub protocol: String,
    /// The measured time, in microseconds.
    pub measured_us: f64,
    /// The time with the constants of the start, in microseconds.
    pub start_us: f64,
    /// The time with the fitted ones, in microseconds.
    pub fitted_us: f64,
}

impl FittedPoint {
    /// The signed errors in percent of what was measured, before and after.
    pub fn errors_pct(&self) -> (f64, f64) {
        (error_pct(self.measured_us, self.start_us), error_pct(self.measured_us, self.fitted_us))
    }
}
