//! The normal equations of a fit at a place.

use rayon::prelude::*;

use super::skyline::Skyline;
use super::{HUBER, NOISE, Problem};
use crate::workload::{Constant, Constants};

/// By how much the logarithm of a constant is moved to see what it does.
const STEP: f64 = 1e-3;

/// The matrix and the right side for the step from `at`, where cases take `predicted` seconds.
pub(super) fn equations(problem: &Problem<'_>, at: &[f64], predicted: &[f64]) -> (Skyline, Vec<f64>) {
    let holding = &problem.released.holding;
    let slopes = slopes(problem, at, predicted);
    let mut matrix = Skyline::new(problem.released.free.len(), holding);
    let mut right = vec![0.0; problem.released.free.len()];
    let mut of_combination: Vec<Vec<usize>> = vec![Vec::new(); problem.combinations.len()];
    for (case, own) in problem.of_case.iter().enumerate() {
        if problem.weights[case] > 0.0 {
            of_combination[*own].push(case);
        }
    }
    // Per combination first: all its cases have the same free factors.
    for (cases, held) in of_combination.iter().zip(holding) {
        let (small, pull) = combination(problem, cases, &slopes, predicted);
        for (place, a) in held.iter().enumerate() {
            let i = problem.released.free[*a].constant.index();
            right[*a] += pull[i];
            for b in &held[..=place] {
                matrix.add(*a, *b, small[i][problem.released.free[*b].constant.index()]);
            }
        }
    }
    for (free, prior) in problem.released.priors.iter().enumerate() {
        matrix.add(free, free, 1.0 / (prior * prior));
        right[free] -= at[free] / (prior * prior);
    }
    (matrix, right)
}

/// The slope of each case's logarithm of time by the logarithm of each constant, which is the same at all levels.
fn slopes(problem: &Problem<'_>, at: &[f64], predicted: &[f64]) -> Vec<Vec<f64>> {
    let moved: Vec<Vec<Constants>> = (0..problem.combinations.len())
        .map(|own| {
            let base = problem.constants(own, at);
            Constant::all()
                .map(|constant| {
                    let mut moved = base.clone();
                    let (least, most) = constant.spec().range;
                    moved.set(constant, (base[constant] * STEP.exp()).clamp(least, most));
                    moved
                })
                .collect()
        })
        .collect();
    (0..problem.cases.len())
        .into_par_iter()
        .map(|case| {
            if problem.weights[case] == 0.0 {
                return Vec::new();
            }
            moved[problem.of_case[case]]
                .iter()
                .map(|constants| (problem.predict_with(case, constants) / predicted[case]).ln() / STEP)
                .collect()
        })
        .collect()
}

/// The equations of the cases of one combination by constants.
fn combination(
    problem: &Problem<'_>,
    cases: &[usize],
    slopes: &[Vec<f64>],
    predicted: &[f64],
) -> (Vec<Vec<f64>>, Vec<f64>) {
    let constants = Constant::all().count();
    let mut small = vec![vec![0.0; constants]; constants];
    let mut pull = vec![0.0; constants];
    for case in cases {
        let off = (predicted[*case] / problem.cases[*case].measured).ln() / NOISE;
        // Beyond Huber's constant an error pulls no more than at it.
        let trust = if off.abs() > HUBER { HUBER / off.abs() } else { 1.0 };
        let weight = problem.weights[*case] * trust / (NOISE * NOISE);
        let slope = &slopes[*case];
        for (i, row) in small.iter_mut().enumerate() {
            pull[i] -= weight * slope[i] * off * NOISE;
            for (cell, other) in row.iter_mut().zip(slope) {
                *cell += weight * slope[i] * other;
            }
        }
    }
    (small, pull)
}
