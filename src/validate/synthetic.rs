//! Made-up predictions for the tests of this room.

use super::prediction::{FilePrediction, Prediction};
use super::score::score;
use crate::result::{FileScore, PointPrediction, RunFacts};

/// A point by an algorithm of that name, `ring`.
pub(super) fn point(bytes: u64, measured_us: f64, predicted_us: f64) -> PointPrediction {
    PointPrediction { bytes, algorithm: "ring".into(), measured_us, predicted_us }
}

/// A sound file of one server of 8; points are bytes, measured and predicted time.
pub(super) fn file(
    id: &str,
    generation: &str,
    collective: &str,
    points: &[(u64, f64, f64)],
) -> FilePrediction {
    FilePrediction {
        run: RunFacts {
            id: id.into(),
            generation: generation.into(),
            collective: collective.into(),
            servers: 1,
            ranks: 8,
            software: "nccl".into(),
            profile: "nccl-ampere".into(),
            memory: "device".into(),
            healthy: "yes".into(),
            trust: "A".into(),
            source: "a source".into(),
            bus_factor: 1.75,
            system: "1 x 8 A100".into(),
            assumed: Vec::new(),
            notes: Vec::new(),
        },
        points: points
            .iter()
            .map(|&(bytes, measured, predicted)| point(bytes, measured, predicted))
            .collect(),
        skipped_points: Vec::new(),
    }
}

/// The scores of files.
pub(super) fn scored(files: Vec<FilePrediction>) -> Vec<FileScore> {
    score(files.into_iter().map(Prediction::from).collect()).files
}
