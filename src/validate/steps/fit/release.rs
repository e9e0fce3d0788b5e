//! Which factors rows can tell.

use rayon::prelude::*;

use super::{Free, Level, Problem};
use crate::validate::steps::{Catalogue, StepCase};
use crate::workload::{Constant, Format};

/// A relative change of a row's time below this is none.
const FELT: f64 = 1e-7;

/// Cases of one accelerator, software and format have the same constants.
pub(super) struct Combination {
    pub(super) accelerator: usize,
    pub(super) software: usize,
    pub(super) format: Format,
    family: String,
    levels: Vec<Level>,
}

/// The free factors.
#[derive(Default)]
pub(super) struct Released {
    pub(super) free: Vec<Free>,
    /// How far the logarithm of each may reasonably be from 0.
    pub(super) priors: Vec<f64>,
    /// Of each combination: the free factors that hold there, ascending.
    pub(super) holding: Vec<Vec<usize>>,
}

/// The combinations of cases, and of which each case is.
pub(super) fn combinations(catalogue: &Catalogue, cases: &[StepCase]) -> (Vec<Combination>, Vec<usize>) {
    let mut combinations: Vec<Combination> = Vec::new();
    let mut of_case = Vec::with_capacity(cases.len());
    for case in cases {
        let format = case.precision.matrices;
        let found = combinations.iter().position(|own| {
            own.accelerator == case.accelerator && own.software == case.software && own.format == format
        });
        of_case.push(found.unwrap_or(combinations.len()));
        if found.is_none() {
            let device = &catalogue.accelerators[case.accelerator];
            let (family, software) = (device.like.clone(), catalogue.software[case.software].name.clone());
            combinations.push(Combination {
                accelerator: case.accelerator,
                software: case.software,
                format,
                levels: vec![
                    Level::Family(family.clone()),
                    Level::Accelerator(device.name.clone()),
                    Level::Format(family.clone(), format),
                    Level::Software(software.clone()),
                    Level::SoftwareFamily(software.clone(), family.clone()),
                    Level::SoftwareFormat(software, family.clone(), format),
                ],
                family,
            });
        }
    }
    (combinations, of_case)
}

/// Which constants each combination's rows feel, where they count.
fn felt(problem: &Problem<'_>) -> Vec<Vec<bool>> {
    let of = |own: usize| -> Vec<bool> {
        let base = problem.constants(own, &[]);
        let rows: Vec<usize> = (0..problem.cases.len())
            .filter(|case| problem.of_case[*case] == own && problem.weights[*case] > 0.0)
            .collect();
        let plain: Vec<f64> = rows.iter().map(|case| problem.predict_with(*case, &base)).collect();
        Constant::all()
            .map(|constant| {
                let mut moved = base.clone();
                moved.set(constant, base[constant] * 0.9);
                let change =
                    |(case, plain): (&usize, &f64)| problem.predict_with(*case, &moved) / plain - 1.0;
                rows.iter().zip(&plain).any(|row| change(row).abs() > FELT)
            })
            .collect()
    };
    (0..problem.combinations.len()).into_par_iter().map(of).collect()
}

/// Frees the factors that rows can tell: of levels that hold for the same combinations the first stands for all.
pub(super) fn release(problem: &Problem<'_>) -> Released {
    let combinations = &problem.combinations;
    let felt = felt(problem);
    let mut levels: Vec<(&Level, &str)> = combinations
        .iter()
        .flat_map(|own| own.levels.iter().map(|level| (level, own.family.as_str())))
        .collect();
    levels.sort();
    levels.dedup_by_key(|(level, _)| *level);
    let rows = |own: usize| felt[own].contains(&true);
    let holds: Vec<Vec<usize>> = levels
        .iter()
        .map(|(level, _)| {
            // Where no row counts, nothing tells two levels apart.
            (0..combinations.len())
                .filter(|own| combinations[*own].levels.contains(level) && rows(*own))
                .collect()
        })
        .collect();
    let mut found: Vec<(Constant, usize, f64)> = Vec::new();
    for constant in Constant::all() {
        let first = found.len();
        for (level, own) in holds.iter().enumerate() {
            if !own.iter().any(|combination| felt[*combination][constant.index()]) {
                continue;
            }
            let prior = constant.spec().spread * levels[level].0.share();
            match found[first..].iter_mut().find(|(_, other, _)| holds[*other] == *own) {
                Some((_, _, same)) => *same = f64::hypot(*same, prior),
                None => found.push((constant, level, prior)),
            }
        }
    }
    found.sort_by_key(|(constant, level, _)| {
        let (level, family) = levels[*level];
        (level.place(family), *constant)
    });
    let mut released = Released { holding: vec![Vec::new(); combinations.len()], ..Released::default() };
    for (constant, level, prior) in found {
        let at = released.free.len();
        for (own, combination) in combinations.iter().enumerate() {
            if combination.levels.contains(levels[level].0) {
                released.holding[own].push(at);
            }
        }
        released.free.push(Free { constant, level: levels[level].0.clone() });
        released.priors.push(prior);
    }
    released
}
