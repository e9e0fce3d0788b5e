//! Leave-out cross-validation: some files are left out, constants are fitted on the rest, and those left out are
//! predicted with them.
//!
//! Left out are the largest scale of each hardware generation, and each source. Doubtful files neither train nor
//! are scored.

use std::collections::BTreeMap;

use super::errors::Errors;
use crate::result::{FileScore, FoldScore, PointPrediction, Standing};

/// Predicts the points of a file, by its id, with constants that were fitted.
pub type Fitted<'a> = Box<dyn Fn(&str) -> Vec<PointPrediction> + 'a>;

/// Fits constants on the files of those ids, or says in one lower-case sentence why that cannot be done.
pub type Fit<'a> = dyn Fn(&[&str]) -> Result<Fitted<'a>, String> + 'a;

/// What one fold leaves out, and what is left.
#[derive(Debug, Clone, PartialEq)]
pub struct Fold<'a> {
    /// `largest scale of A100 (32 ranks)`, `source NVIDIA/nccl-tests issue #309`.
    pub name: String,
    /// The files left out.
    pub left_out: Vec<&'a FileScore>,
    /// The ids of those that constants are fitted on.
    pub training: Vec<&'a str>,
}

/// The folds of some files: generations by name, then sources in the order of their first file.
pub fn folds(files: &[FileScore]) -> Vec<Fold<'_>> {
    let sound: Vec<&FileScore> = files.iter().filter(|file| file.standing != Standing::Doubtful).collect();
    let fold = |name: String, leave: &dyn Fn(&FileScore) -> bool| {
        let (left_out, training): (Vec<&FileScore>, Vec<&FileScore>) =
            sound.iter().partition(|file| leave(file));
        Fold { name, left_out, training: training.iter().map(|file| file.run.id.as_str()).collect() }
    };
    let mut largest: BTreeMap<&str, u32> = BTreeMap::new();
    let mut sources: Vec<&str> = Vec::new();
    for file in &sound {
        let ranks = largest.entry(&file.run.generation).or_default();
        *ranks = file.run.ranks.max(*ranks);
        if !sources.contains(&file.run.source.as_str()) {
            sources.push(&file.run.source);
        }
    }
    let mut folds: Vec<Fold<'_>> = largest
        .into_iter()
        .map(|(generation, ranks)| {
            let only = sound.iter().all(|file| file.run.generation != generation || file.run.ranks == ranks);
            let what = if only { "only" } else { "largest" };
            fold(format!("{what} scale of {generation} ({ranks} ranks)"), &|file| {
                file.run.generation == generation && file.run.ranks == ranks
            })
        })
        .collect();
    folds.extend(
        sources.into_iter().map(|source| fold(format!("source {source}"), &|file| file.run.source == source)),
    );
    folds
}

/// Fits constants for each fold and scores the files left out.
pub fn cross_validate(files: &[FileScore], fit: &Fit<'_>) -> Vec<FoldScore> {
    let mut scores = Vec::new();
    for fold in folds(files) {
        let fitted = if fold.training.is_empty() {
            Err("no file is left to fit constants on".into())
        } else {
            fit(&fold.training)
        };
        for standing in [Standing::Judged, Standing::HostReduction] {
            let left_out: Vec<&FileScore> =
                fold.left_out.iter().filter(|file| file.standing == standing).copied().collect();
            scores.extend(row(&fold.name, standing, &left_out, &fitted));
        }
    }
    scores
}

/// The row of a fold for the files that count for the same; `None` where it leaves out none.
fn row(
    fold: &str,
    standing: Standing,
    left_out: &[&FileScore],
    fitted: &Result<Fitted<'_>, String>,
) -> Option<FoldScore> {
    let points = left_out.iter().flat_map(|file| &file.points);
    let published = Errors::over(points.map(PointPrediction::error_pct))?;
    let before: usize = left_out.iter().map(|file| file.points.len()).sum();
    let after = match fitted {
        Err(why) => Err(why.clone()),
        Ok(predict) => {
            let mut points: Vec<PointPrediction> =
                left_out.iter().flat_map(|file| predict(&file.run.id)).collect();
            points.retain(|point| point.error_pct().is_finite());
            // A mean over other points than before would not be comparable.
            let all = (points.len() == before).then_some(&points);
            all.and_then(|points| Errors::over(points.iter().map(PointPrediction::error_pct))).ok_or_else(
                || format!("with the constants fitted, {} of {before} points are predicted", points.len()),
            )
        }
    };
    let means = after.as_ref().ok();
    Some(FoldScore {
        fold: fold.into(),
        standing,
        left_out: left_out.iter().map(|file| file.run.id.clone()).collect(),
        points: u32::try_from(before).unwrap_or(u32::MAX),
        mape_pct_before: published.mape_pct,
        mape_pct_after: means.map(|means| means.mape_pct),
        bias_pct_before: published.bias_pct,
        bias_pct_after: means.map(|means| means.bias_pct),
        why: after.err(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::synthetic::{file, point, scored};

    fn three() -> Vec<FileScore> {
        let with = |id: &str, generation: &str, ranks: u32, source: &str| {
            let mut told =
                file(id, generation, "all_reduce", &[(1 << 20, 100.0, 110.0), (1 << 26, 100.0, 80.0)]);
            told.run.ranks = ranks;
            told.run.source = source.into();
            told
        };
        let mut doubtful = with("d", "A100", 64, "y");
        doubtful.run.trust = "C".into();
        scored(vec![
            with("a", "A100", 8, "x"),
            with("b", "A100", 16, "y"),
            with("c", "V100", 8, "x"),
            doubtful,
        ])
    }

    #[test]
    fn folds_leave_out_the_largest_scale_and_each_source() {
        let files = three();
        let told: Vec<(String, Vec<&str>, Vec<&str>)> = folds(&files)
            .into_iter()
            .map(|fold| {
                let out = fold.left_out.iter().map(|file| file.run.id.as_str()).collect();
                (fold.name, out, fold.training)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("largest scale of A100 (16 ranks)".into(), vec!["b"], vec!["a", "c"]),
                ("only scale of V100 (8 ranks)".into(), vec!["c"], vec!["a", "b"]),
                ("source x".into(), vec!["a", "c"], vec!["b"]),
                ("source y".into(), vec!["b"], vec!["a", "c"]),
            ]
        );
    }

    #[test]
    fn files_left_out_are_scored_with_what_was_fitted() {
        let files = three();
        let fit = |training: &[&str]| -> Result<Fitted<'_>, String> {
            if training == ["b"] {
                return Err("one file is not enough".into());
            }
            let lost = training == ["a", "b"];
            Ok(Box::new(move |id: &str| {
                assert!(id == "b" || id == "c");
                let mut points = vec![point(1 << 20, 100.0, 150.0), point(1 << 26, 100.0, 100.0)];
                points.truncate(if lost { 1 } else { 2 });
                points
            }))
        };
        let rows = cross_validate(&files, &fit);
        assert_eq!(rows.len(), 4);
        assert_eq!((rows[0].points, rows[0].mape_pct_before, rows[0].mape_pct_after), (2, 15.0, Some(25.0)));
        assert_eq!((rows[0].bias_pct_before, rows[0].bias_pct_after), (-5.0, Some(25.0)));
        assert_eq!(rows[0].why, None);
        assert_eq!(rows[1].why.as_deref(), Some("with the constants fitted, 1 of 2 points are predicted"));
        assert_eq!((rows[2].mape_pct_after, rows[2].bias_pct_after), (None, None));
        assert_eq!(rows[2].why.as_deref(), Some("one file is not enough"));
        assert_eq!(rows[2].left_out, ["a", "c"]);
    }

    #[test]
    fn reductions_on_host_memory_have_rows_of_their_own() {
        let mut reduction = file("r", "MPI", "reduce", &[(8, 1.0, 2.0)]);
        reduction.run.software = "mpi".into();
        reduction.run.memory = "host".into();
        let mut gather = reduction.clone();
        (gather.run.id, gather.run.collective) = ("g".into(), "all_gather".into());
        let rows = cross_validate(&scored(vec![reduction, gather]), &|_| Err("not asked".into()));
        let told: Vec<(&str, Standing, Option<&str>)> =
            rows.iter().map(|row| (row.left_out[0].as_str(), row.standing, row.why.as_deref())).collect();
        let why = Some("no file is left to fit constants on");
        let pair = [("g", Standing::Judged, why), ("r", Standing::HostReduction, why)];
        assert_eq!(told, [pair, pair].concat());
    }
}
