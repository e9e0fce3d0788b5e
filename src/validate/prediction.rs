//! What the prediction of one measured file comes to, before it is scored.

use serde::{Deserialize, Serialize};

use crate::result::{PointPrediction, RunFacts, SkippedFile};

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
    /// What is known of the run; `all_reduce` is `all-reduce` too.
    pub run: RunFacts,
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
