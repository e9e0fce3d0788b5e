//! Levenberg's and Marquardt's descent, with noise found on the way.

use rayon::prelude::*;

use super::cholesky::Cholesky;
use super::problem::{Problem, Spot};

/// Dampings tried at once, as multiples of the last that served.
const DAMPINGS: [f64; 4] = [0.1, 1.0, 10.0, 100.0];
/// A round that gains less than this part of the cost was the last.
const GAIN: f64 = 1e-4;
/// How often the noise is looked at anew.
const PASSES: usize = 5;

/// Where a descent ended.
pub(super) struct Descent {
    pub(super) spot: Spot,
    pub(super) noise: f64,
    pub(super) rounds: usize,
    /// Whether it ended because nothing was left to gain.
    pub(super) settled: bool,
}

/// Goes down from a spot. Noise weighs the measurements against the pull to the start, so the two are found in turn:
/// first with much noise, then with that of the residuals.
pub(super) fn descend(problem: &Problem<'_>, spot: Spot, rounds: usize) -> Descent {
    let noise = problem.noise(&spot, 0.0);
    let mut descent = Descent { spot, noise, rounds: 0, settled: false };
    for _ in 0..PASSES {
        descend_at(problem, &mut descent, rounds);
        let used = taken(problem, &descent);
        let noise = problem.noise(&descent.spot, used);
        let same = (noise / descent.noise - 1.0).abs() < 0.05;
        descent.noise = noise;
        if same || descent.rounds >= rounds {
            break;
        }
    }
    descent
}

/// How many points' worth the constants take: each counts as far as the points and not the pull to its start set it.
pub(super) fn taken(problem: &Problem<'_>, descent: &Descent) -> f64 {
    let Some(slopes) = &descent.spot.slopes else { return 0.0 };
    let influence = problem.influence(&descent.spot, descent.noise);
    let information = problem.information(slopes, &influence, descent.noise);
    let pulled = pulled(&information, problem.options.prior);
    let Some(factor) = Cholesky::new(&pulled) else { return 0.0 };
    let size = information.len();
    (0..size).map(|at| factor.solve(&information[at])[at]).sum()
}

/// Information with that of the pull.
pub(super) fn pulled(information: &[Vec<f64>], prior: f64) -> Vec<Vec<f64>> {
    let mut pulled = information.to_vec();
    for (at, row) in pulled.iter_mut().enumerate() {
        row[at] += 1.0 / (prior * prior);
    }
    pulled
}

fn descend_at(problem: &Problem<'_>, descent: &mut Descent, rounds: usize) {
    let noise = descent.noise;
    let mut cost = problem.cost(&descent.spot, noise);
    let mut damping = 1e-2;
    descent.settled = false;
    loop {
        if descent.spot.slopes.is_none() {
            descent.spot.slopes = Some(problem.slopes(&descent.spot));
        }
        if descent.rounds >= rounds {
            return;
        }
        descent.rounds += 1;
        // Where no damping serves, far smaller steps are tried once: the way may lead over the edge of a choice.
        let tried = [damping, damping * 1e4].into_iter().find_map(|around| {
            let spots: Vec<(f64, Spot)> = DAMPINGS
                .par_iter()
                .filter_map(|times| {
                    Some((around * times, step(problem, &descent.spot, noise, around * times)?))
                })
                .collect();
            let costs = spots.into_iter().map(|(damping, spot)| (problem.cost(&spot, noise), damping, spot));
            costs.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|best| best.0 < cost)
        });
        let Some((least, served, spot)) = tried else {
            descent.settled = true;
            return;
        };
        let gain = cost - least;
        (cost, damping) = (least, served.clamp(1e-6, 1e3));
        descent.spot = spot;
        if gain <= GAIN * cost {
            descent.spot.slopes = Some(problem.slopes(&descent.spot));
            descent.settled = true;
            return;
        }
    }
}

/// The spot a damped step away; `None` where there is no step.
fn step(problem: &Problem<'_>, spot: &Spot, noise: f64, damping: f64) -> Option<Spot> {
    let slopes = spot.slopes.as_ref()?;
    let influence = problem.influence(spot, noise);
    let prior = problem.options.prior;
    let pull = 1.0 / (prior * prior);
    let uphill: Vec<f64> = slopes
        .iter()
        .zip(&spot.at)
        .map(|(slope, at)| {
            let errors: f64 =
                slope.iter().zip(&spot.residuals).zip(&influence).map(|((s, r), w)| s * r * w).sum();
            errors / (noise * noise) + at * pull
        })
        .collect();
    let held = |at: usize| {
        let range = problem.scales[at].range;
        problem.scales[at].whole
            || (spot.at[at] >= range.1 && uphill[at] < 0.0)
            || (spot.at[at] <= range.0 && uphill[at] > 0.0)
    };
    let free: Vec<usize> = (0..spot.at.len()).filter(|at| !held(*at)).collect();
    let all = pulled(&problem.information(slopes, &influence, noise), prior);
    let matrix: Vec<Vec<f64>> = free
        .iter()
        .map(|i| free.iter().map(|j| all[*i][*j] * if i == j { 1.0 + damping } else { 1.0 }).collect())
        .collect();
    let right: Vec<f64> = free.iter().map(|at| -uphill[*at]).collect();
    let by = Cholesky::new(&matrix)?.solve(&right);
    let mut to = spot.at.clone();
    for (at, by) in free.into_iter().zip(by) {
        // No constant moves by more than a factor of e at once: slopes say nothing of what is that far.
        to[at] = problem.scales[at].within(to[at] + by.clamp(-1.0, 1.0));
    }
    (to != spot.at).then(|| problem.spot(to))
}
