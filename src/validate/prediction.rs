//! What the prediction of one measured file comes to, before it is scored.

use serde::{Deserialize, Serialize};

use crate::result::{PointPrediction, SkippedFile};

/// What came of one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Prediction {
    /// Its points are predicted, or at least some of them.
    Predicted(Box<FilePrediction>),
    /// It cannot be mapped.
    Skipped(SkippedFile),
}

impl From<FilePrediction> for Prediction {
    fn from(file: FilePrediction) -> Self {
        Self::Predicted(Box::new(file))
    }
}

/// The points of one file as measured and as predicted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FilePrediction {
    /// The file's name without extension, or what its header says.
    pub id: String,
    /// The hardware generation: `A100`, `H100/H200`, `MPI InfiniBand`.
    pub generation: String,
    /// The operation: `all-reduce`; `all_reduce` is the same.
    pub collective: String,
    /// Servers that took part.
    pub servers: u32,
    /// Ranks that took part.
    pub ranks: u32,
    /// What ran the collective: `nccl`, `mpi`.
    pub library: String,
    /// Where the buffers are: `device` or `host`.
    pub memory: String,
    /// `yes`, `partial` or `no`, as the file says.
    pub healthy: String,
    /// `A`, `B` or `C`, as the file says.
    pub trust: String,
    /// Where the measurement is from.
    pub source: String,
    /// Bus bandwidth over bytes per time.
    pub bus_factor: f64,
    /// Keys that the file leaves open and for which the usual value was taken.
    pub assumed: Vec<String>,
    /// The points in the order of the file.
    pub points: Vec<PointPrediction>,
    /// Points that could not be predicted.
    pub skipped_points: Vec<UnpredictedPoint>,
}

/// A point that could not be predicted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnpredictedPoint {
    /// Size in bytes.
    pub bytes: u64,
    /// The algorithm, as the file names it.
    pub algorithm: String,
    /// The reason, as one lower-case sentence.
    pub why: String,
}
