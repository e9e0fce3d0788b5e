//! How well constants are known.

use super::cholesky::Cholesky;
use super::descend::{Descent, pulled, taken};
use super::problem::Problem;
use super::{Constant, Pair, Standing};

/// A constant is determined where the points leave less of its uncertainty than this part of what it had before.
const DETERMINED: f64 = 0.5;
/// Constants whose errors go together more than this are not told apart.
const TOGETHER: f64 = 0.9;
/// And this is enough to name what an undetermined one is mixed up with.
const MIXED: f64 = 0.25;

/// What is known of each constant, and which go together.
pub(super) struct Confidence {
    pub(super) constants: Vec<Constant>,
    pub(super) pairs: Vec<Pair>,
    /// Points less what the constants took.
    pub(super) freedom: f64,
    /// By how much neighbouring residuals that go together widen variances.
    pub(super) widening: f64,
}

/// Looks at the slopes where a descent ended.
pub(super) fn confidence(problem: &Problem<'_>, descent: &Descent) -> Confidence {
    let (spot, prior) = (&descent.spot, problem.options.prior);
    let empty = Vec::new();
    let slopes = spot.slopes.as_ref().unwrap_or(&empty);
    let influence = problem.influence(spot, descent.noise);
    let widening = widening(problem, &spot.residuals);
    let mut information = problem.information(slopes, &influence, descent.noise);
    information.iter_mut().flatten().for_each(|cell| *cell /= widening);
    let spread =
        Cholesky::new(&pulled(&information, prior)).map(|factor| factor.inverse()).unwrap_or_default();
    let freedom = (problem.count() as f64 - taken(problem, descent)).max(1.0);
    let correlation = |i: usize, j: usize| spread[i][j] / (spread[i][i] * spread[j][j]).sqrt();
    let size = spread.len();
    let alone = |at: usize| (information[at][at] + 1.0 / (prior * prior)).sqrt().recip();
    let constants = (0..size)
        .map(|at| {
            let (param, scale) = (problem.free[at], &problem.scales[at]);
            let value = problem.profile(&spot.at).get(param);
            let deviation = spread[at][at].sqrt();
            let standing = if scale.whole {
                Standing::Searched
            } else if deviation < DETERMINED * prior {
                Standing::Determined
            } else if alone(at) < DETERMINED * prior {
                let mut with: Vec<usize> =
                    (0..size).filter(|j| *j != at && correlation(at, *j).abs() > MIXED).collect();
                with.sort_by(|a, b| correlation(at, *b).abs().total_cmp(&correlation(at, *a).abs()));
                Standing::Mixed(with.into_iter().map(|j| problem.free[j]).collect())
            } else if information[at][at] > 0.0 {
                Standing::Faint
            } else {
                Standing::Unseen
            };
            let reach = student_975(freedom) * deviation;
            let place = |at: f64| scale.value(scale.within(at));
            Constant {
                param,
                start: problem.start.get(param),
                value,
                error: (!scale.whole).then(|| deviation * scale.slope(spot.at[at])),
                interval: (standing == Standing::Determined)
                    .then(|| (place(spot.at[at] - reach), place(spot.at[at] + reach))),
                at_limit: spot.at[at] <= scale.range.0 || spot.at[at] >= scale.range.1,
                standing,
            }
        })
        .collect();
    let mut pairs = Vec::new();
    for i in 0..size {
        for j in i + 1..size {
            let correlation = correlation(i, j);
            if correlation.abs() > TOGETHER {
                pairs.push(Pair { a: problem.free[i], b: problem.free[j], correlation });
            }
        }
    }
    Confidence { constants, pairs, freedom, widening }
}

/// Where the model has the wrong shape, residuals of neighbouring points go together and say less than so many points
/// would: by (1 + r) / (1 - r) where r is the correlation of neighbours, if it is more than chance.
fn widening(problem: &Problem<'_>, residuals: &[f64]) -> f64 {
    let seen: Vec<f64> = residuals
        .iter()
        .zip(&problem.weights)
        .filter(|(_, weight)| **weight > 0.0)
        .map(|(r, _)| *r)
        .collect();
    let squares: f64 = seen.iter().map(|r| r * r).sum();
    let neighbours: f64 = seen.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let chance = 2.0 / (seen.len().max(1) as f64).sqrt();
    let together = if squares > 0.0 { neighbours / squares } else { 0.0 };
    if together > chance { ((1.0 + together) / (1.0 - together)).clamp(1.0, 19.0) } else { 1.0 }
}

/// The 97.5 % point of Student's distribution, by its expansion about the normal one (Abramowitz and Stegun 26.7.5).
fn student_975(freedom: f64) -> f64 {
    const Z: f64 = 1.959_963_985;
    let (z3, z5) = (Z.powi(3), Z.powi(5));
    let z7 = Z.powi(7);
    Z + (z3 + Z) / (4.0 * freedom)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * Z) / (96.0 * freedom.powi(2))
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * Z) / (384.0 * freedom.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_as_tabulated() {
        for (freedom, tabulated, within) in
            [(3.0, 3.182, 0.03), (5.0, 2.571, 0.01), (10.0, 2.228, 0.002), (30.0, 2.042, 0.001)]
        {
            assert!((student_975(freedom) - tabulated).abs() < within, "{freedom}: {}", student_975(freedom));
        }
    }
}
