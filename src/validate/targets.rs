//! What is to be reached, and whether it is.
//!
//! A target is met where the mean over points and the mean over files both keep to it: neither a long file nor one
//! with a single size decides alone.

use std::collections::BTreeMap;

use super::groups::{Means, Members};
use super::score::on_host;
use crate::result::{FileScore, PointPrediction, SizeBand, Standing, Target, TargetWhat};

/// Groups with fewer files are reported, but have no targets.
const LEAST_FILES: usize = 3;

/// A limit and what is aimed at below it, in percent.
struct Limit {
    what: TargetWhat,
    limit: f64,
    aim: Option<f64>,
}

const LARGE: Limit = Limit { what: TargetWhat::LargeError, limit: 10.0, aim: Some(8.0) };
const ALL_SIZES: Limit = Limit { what: TargetWhat::Error, limit: 25.0, aim: Some(15.0) };
const BIAS: Limit = Limit { what: TargetWhat::Bias, limit: 5.0, aim: None };
/// Of all-gather and all-to-all by MPI on host memory, whatever the number of files.
const HOST: Limit = Limit { what: TargetWhat::Error, limit: 20.0, aim: Some(15.0) };

/// The targets of all generations and collectives among the judged files.
pub(super) fn targets(files: &[FileScore]) -> Vec<Target> {
    let mut groups: BTreeMap<(&str, &str), Vec<&FileScore>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.standing == Standing::Judged) {
        groups.entry((&file.run.generation, &file.run.collective)).or_default().push(file);
    }
    let mut targets = Vec::new();
    for ((_, collective), files) in groups {
        let host = files.iter().all(|file| on_host(&file.run.software, &file.run.memory))
            && matches!(collective, "all-gather" | "all-to-all");
        let enough = files.len() >= LEAST_FILES;
        let limits: &[Limit] = match (host, enough) {
            (true, true) => &[HOST, BIAS],
            (true, false) => &[HOST],
            (false, true) => &[LARGE, ALL_SIZES, BIAS],
            (false, false) => &[],
        };
        targets.extend(limits.iter().filter_map(|limit| target(limit, &files)));
    }
    targets
}

/// A target of some files of one generation and collective; `None` where they have no point that counts.
fn target(limit: &Limit, files: &[&FileScore]) -> Option<Target> {
    let counts = |point: &PointPrediction| {
        limit.what != TargetWhat::LargeError || SizeBand::of(point.bytes) == SizeBand::Large
    };
    let members: Members<'_> = files
        .iter()
        .map(|file| (*file, file.points.iter().filter(|point| counts(point)).collect()))
        .collect();
    let means = Means::of(&members)?;
    let (over_points, over_files) = match limit.what {
        TargetWhat::Bias => (means.bias_over_points, means.bias_over_files),
        TargetWhat::LargeError | TargetWhat::Error => (means.mape_over_points, means.mape_over_files),
    };
    let larger = over_points.abs().max(over_files.abs());
    let met = if limit.what == TargetWhat::Bias { larger < limit.limit } else { larger <= limit.limit };
    let first = files.first()?;
    Some(Target {
        generation: first.run.generation.clone(),
        collective: first.run.collective.clone(),
        what: limit.what,
        files: means.files,
        points: means.points,
        limit_pct: limit.limit,
        aim_pct: limit.aim,
        over_points_pct: over_points,
        over_files_pct: over_files,
        met,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::synthetic::{file, scored};

    const BIG: u64 = 1 << 30;

    fn told(files: &[FileScore]) -> Vec<(&'static str, f64, bool)> {
        targets(files).iter().map(|target| (target.what.name(), target.limit_pct, target.met)).collect()
    }

    #[test]
    fn groups_of_three_files_have_targets() {
        let with = |id: &str, predicted: f64| file(id, "A100", "all_reduce", &[(BIG, 100.0, predicted)]);
        assert_eq!(told(&scored(vec![with("a", 100.0), with("b", 100.0)])), []);
        assert_eq!(
            told(&scored(vec![with("a", 110.0), with("b", 110.0), with("c", 90.0)])),
            [("mape-64MiB-and-over", 10.0, true), ("mape", 25.0, true), ("bias", 5.0, true)]
        );
        assert_eq!(
            told(&scored(vec![with("a", 110.0), with("b", 110.0), with("c", 95.0)])),
            [("mape-64MiB-and-over", 10.0, true), ("mape", 25.0, true), ("bias", 5.0, false)]
        );
        let small = |id: &str| file(id, "A100", "all_reduce", &[(8, 100.0, 130.0)]);
        assert_eq!(
            told(&scored(vec![small("a"), small("b"), small("c")])),
            [("mape", 25.0, false), ("bias", 5.0, false)],
            "no point is large"
        );
    }

    #[test]
    fn both_means_must_keep_to_a_target() {
        let long = [(BIG, 100.0, 100.0); 20];
        let files = scored(vec![
            file("a", "A100", "all_reduce", &long),
            file("b", "A100", "all_reduce", &[(BIG, 100.0, 140.0)]),
            file("c", "A100", "all_reduce", &[(BIG, 100.0, 100.0)]),
        ]);
        let targets = targets(&files);
        assert!(targets[0].over_points_pct < 10.0 && targets[0].over_files_pct > 10.0);
        assert!(!targets[0].met);
    }

    #[test]
    fn host_memory_has_its_own() {
        let host = |id: &str, collective: &str| {
            let mut told = file(id, "MPI torus", collective, &[(BIG, 100.0, 82.0)]);
            told.run.software = "mpi".into();
            told.run.memory = "host".into();
            told
        };
        assert_eq!(told(&scored(vec![host("a", "all_to_all")])), [("mape", 20.0, true)]);
        assert_eq!(
            told(&scored(vec![host("a", "all_gather"), host("b", "all_gather"), host("c", "all_gather")])),
            [("mape", 20.0, true), ("bias", 5.0, false)]
        );
        let reductions = scored(vec![host("a", "reduce"), host("b", "reduce"), host("c", "reduce")]);
        assert_eq!(told(&reductions), [], "reductions are reported apart");
    }
}
