//! Levenberg's and Marquardt's descent, with noise found on the way.

use rayon::prelude::*;

use super::cholesky::Cholesky;
use super::problem::{Problem, Spot};

/// Dampings tried, as multiples of the last that served, two at once: the next two where none of the first gains. The
/// last are for ways that lead over the edge of a choice, where only small steps go down.
const DAMPINGS: [[f64; 2]; 4] = [[0.1, 1.0], [10.0, 100.0], [1e3, 1e4], [1e5, 1e6]];
/// A round that gains less than this was the last: constants would move by a small part of their errors.
const GAIN: f64 = 0.02;
/// And so was one that gains less than this part of the cost.
const PART: f64 = 1e-4;
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

/// Goes down with a given noise until little is left to gain. Slopes cost a prediction for every constant, so after a
/// step they are only corrected by what it showed, and seen anew when that leads no further.
fn descend_at(problem: &Problem<'_>, descent: &mut Descent, rounds: usize) {
    let noise = descent.noise;
    let mut cost = problem.cost(&descent.spot, noise);
    let mut damping = 1e-2;
    let mut fresh = true;
    descent.settled = false;
    loop {
        let spot = &mut descent.spot;
        if spot.slopes.is_none() || (!fresh && descent.rounds >= rounds) {
            spot.slopes = Some(problem.slopes(spot));
            fresh = true;
        }
        if descent.rounds >= rounds {
            return;
        }
        descent.rounds += 1;
        let tried = DAMPINGS.into_iter().find_map(|pair| {
            let spots: Vec<(f64, Spot)> = pair
                .into_par_iter()
                .filter_map(|times| {
                    Some((damping * times, step(problem, &descent.spot, noise, damping * times)?))
                })
                .collect();
            let costs = spots.into_iter().map(|(damping, spot)| (problem.cost(&spot, noise), damping, spot));
            costs.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|best| best.0 < cost)
        });
        let gain = tried.as_ref().map_or(0.0, |tried| cost - tried.0);
        let little = gain <= GAIN + PART * cost;
        if let Some((least, served, mut spot)) = tried {
            (cost, damping) = (least, served.clamp(1e-6, 1e3));
            spot.slopes = corrected(&descent.spot, &spot);
            descent.spot = spot;
        }
        if little && fresh {
            // So short a step leaves slopes as they are.
            descent.settled = true;
            return;
        }
        if little {
            descent.spot.slopes = None;
        }
        fresh = false;
    }
}

/// Slopes of one spot corrected so that they give the residuals of another (Broyden 1965).
fn corrected(from: &Spot, to: &Spot) -> Option<Vec<Vec<f64>>> {
    let mut slopes = from.slopes.clone()?;
    let way: Vec<f64> = to.at.iter().zip(&from.at).map(|(to, from)| to - from).collect();
    let square: f64 = way.iter().map(|by| by * by).sum();
    for (point, (there, here)) in to.residuals.iter().zip(&from.residuals).enumerate() {
        let told: f64 = slopes.iter().zip(&way).filter_map(|(slope, by)| Some(slope.get(point)? * by)).sum();
        let missed = there - here - told;
        for (slope, by) in slopes.iter_mut().zip(&way) {
            if let Some(slope) = slope.get_mut(point) {
                *slope += missed * by / square;
            }
        }
    }
    Some(slopes)
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
