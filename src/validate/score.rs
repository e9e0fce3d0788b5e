//! Errors of time: of points, of files, and what a file counts for.

use std::collections::BTreeSet;

use super::errors::{Errors, worst};
use super::groups::groups;
use super::prediction::{FilePrediction, Prediction, UnpredictedPoint};
use super::targets::targets;
use crate::result::{
    FileScore, PointPrediction, RunFacts, SkippedFile, SkippedPoint, Standing, VALIDATE_SCHEMA, Validation,
    WorstPoint,
};

/// Scores predictions: files, groups and targets, in the order of the predictions.
///
/// A point whose measured or predicted time is not above zero has no error in percent: it is skipped, and told of.
pub fn score(predictions: Vec<Prediction>) -> Validation {
    let (mut files, mut skipped, mut skipped_points) = (Vec::new(), Vec::new(), Vec::new());
    let mut ids = BTreeSet::new();
    for prediction in predictions {
        match prediction {
            Prediction::Skipped(file) => skipped.push(file),
            // What is told of a file is told by its id.
            Prediction::Predicted(file) if !ids.insert(file.run.id.clone()) => {
                let why =
                    "another file has its id too, and counts alone; give each an `# id` of its own".into();
                skipped.push(SkippedFile { id: file.run.id, why });
            }
            Prediction::Predicted(mut file) => {
                set_aside_timeless(&mut file);
                skipped_points.extend(file.skipped_points.drain(..).map(|point| SkippedPoint {
                    id: file.run.id.clone(),
                    bytes: point.bytes,
                    algorithm: point.algorithm,
                    why: point.why,
                }));
                let id = file.run.id.clone();
                match file_score(*file) {
                    Some(file) => files.push(file),
                    None => skipped.push(SkippedFile { id, why: "none of its points is predicted".into() }),
                }
            }
        }
    }
    let groups = groups(&files);
    let targets = targets(&files);
    Validation {
        schema: VALIDATE_SCHEMA.into(),
        files,
        groups,
        targets,
        skipped,
        skipped_points,
        cross_validation: None,
    }
}

/// Moves points that have no time to those that are skipped.
fn set_aside_timeless(file: &mut FilePrediction) {
    let FilePrediction { points, skipped_points, .. } = file;
    points.retain(|point| {
        let Some(why) = timeless(point) else { return true };
        let (bytes, algorithm) = (point.bytes, point.algorithm.clone());
        skipped_points.push(UnpredictedPoint { bytes, algorithm, why });
        false
    });
}

/// Why a point has no error in percent, where it has none.
fn timeless(point: &PointPrediction) -> Option<String> {
    let wrong = |time: f64| !time.is_finite() || time <= 0.0;
    if wrong(point.measured_us) {
        Some(format!("the measured time is {} us, expected one above zero", point.measured_us))
    } else if wrong(point.predicted_us) {
        Some(format!("the predicted time is {} us, expected one above zero", point.predicted_us))
    } else {
        None
    }
}

/// The score of a file that has points.
fn file_score(file: FilePrediction) -> Option<FileScore> {
    let Errors { mape_pct, bias_pct } = Errors::over(file.points.iter().map(PointPrediction::error_pct))?;
    let worst = worst(&file.points, |point| point.error_pct())?;
    let mut run = file.run;
    run.collective = run.collective.replace('_', "-");
    let standing = standing(&run);
    Some(FileScore {
        worst: WorstPoint {
            bytes: worst.bytes,
            algorithm: worst.algorithm.clone(),
            error_pct: worst.error_pct(),
        },
        run,
        standing,
        mape_pct,
        bias_pct,
        points: file.points,
    })
}

/// What a run counts for.
pub(super) fn standing(run: &RunFacts) -> Standing {
    if run.healthy != "yes" || !matches!(run.trust.as_str(), "A" | "B") {
        Standing::Doubtful
    } else if on_host(&run.software, &run.memory) && sums(&run.collective) {
        Standing::HostReduction
    } else {
        Standing::Judged
    }
}

/// Whether ranks sum in a collective.
pub(super) fn sums(collective: &str) -> bool {
    matches!(collective, "all-reduce" | "reduce" | "reduce-scatter")
}

/// Whether it is MPI on host memory.
pub(super) fn on_host(library: &str, memory: &str) -> bool {
    library == "mpi" && memory == "host"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::synthetic::file;

    #[test]
    fn a_file_has_means_and_a_worst_point() {
        let scored = score(vec![Prediction::from(file(
            "a",
            "A100",
            "all_gather",
            &[(1024, 10.0, 12.0), (2048, 20.0, 15.0)],
        ))]);
        let file = &scored.files[0];
        assert_eq!((file.mape_pct, file.bias_pct), (22.5, -2.5));
        assert_eq!((file.worst.bytes, file.worst.error_pct), (2048, -25.0));
        assert_eq!(file.run.collective, "all-gather");
        assert_eq!(file.standing, Standing::Judged);
    }

    #[test]
    fn what_a_file_counts_for() {
        let with = |healthy: &str, trust: &str, library: &str, memory: &str, collective: &str| {
            let mut told = file("a", "A100", collective, &[(1, 1.0, 1.0)]);
            told.run.healthy = healthy.into();
            told.run.trust = trust.into();
            told.run.software = library.into();
            told.run.memory = memory.into();
            score(vec![Prediction::from(told)]).files[0].standing
        };
        assert_eq!(with("yes", "B", "nccl", "device", "all_reduce"), Standing::Judged);
        assert_eq!(with("partial", "A", "nccl", "device", "all_reduce"), Standing::Doubtful);
        assert_eq!(with("yes", "C", "mpi", "host", "all_reduce"), Standing::Doubtful);
        assert_eq!(with("yes", "A", "mpi", "host", "all_to_all"), Standing::Judged);
        assert_eq!(with("yes", "A", "mpi", "device", "reduce"), Standing::Judged);
        for reduction in ["all_reduce", "reduce", "reduce-scatter"] {
            assert_eq!(with("yes", "A", "mpi", "host", reduction), Standing::HostReduction);
        }
    }

    #[test]
    fn of_two_files_of_one_id_the_first_counts() {
        let twice = || Prediction::from(file("a", "A100", "all_gather", &[(8, 1.0, 1.0)]));
        let scored = score(vec![twice(), twice()]);
        assert_eq!(scored.files.len(), 1);
        let why = "another file has its id too, and counts alone; give each an `# id` of its own";
        assert_eq!(scored.skipped, [SkippedFile { id: "a".into(), why: why.into() }]);
    }

    #[test]
    fn points_without_a_time_are_skipped_and_told_of() {
        let told = file("a", "A100", "all_gather", &[(8, 0.0, 1.0), (16, 1.0, f64::NAN), (32, 1.0, 1.0)]);
        let none = file("b", "A100", "all_gather", &[(8, -1.0, 1.0)]);
        let scored = score(vec![Prediction::from(told), Prediction::from(none)]);
        assert_eq!(scored.files.len(), 1);
        assert_eq!(scored.files[0].points.len(), 1);
        let whys: Vec<(&str, &str)> =
            scored.skipped_points.iter().map(|point| (point.id.as_str(), point.why.as_str())).collect();
        assert_eq!(
            whys,
            [
                ("a", "the measured time is 0 us, expected one above zero"),
                ("a", "the predicted time is NaN us, expected one above zero"),
                ("b", "the measured time is -1 us, expected one above zero"),
            ]
        );
        assert_eq!(
            scored.skipped,
            [SkippedFile { id: "b".into(), why: "none of its points is predicted".into() }]
        );
    }
}
