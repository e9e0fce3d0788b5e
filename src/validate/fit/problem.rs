//! What is minimised: how far predictions are off, and how far constants have moved.

use rayon::prelude::*;

use super::scale::Scale;
use super::{Options, Predict};
use crate::stack::Profile;
use crate::stack::param::Param;

/// Huber's constant: 95 % as good as least squares where errors are normal, and little moved by those that are not.
pub(super) const HUBER: f64 = 1.345;
/// Mean square of normal errors cut at [`HUBER`].
const CUT_SQUARE: f64 = 0.710_16;

/// Measurements, the constants that are free, and how to predict.
pub(super) struct Problem<'a> {
    pub(super) start: &'a Profile,
    pub(super) free: &'a [Param],
    pub(super) scales: Vec<Scale>,
    pub(super) predict: Predict<'a>,
    pub(super) measured: &'a [f64],
    /// How much each point counts, 1 on the mean of those that count; 0 for those left out.
    pub(super) weights: Vec<f64>,
    pub(super) options: &'a Options,
}

/// Where the constants are, and what is predicted there.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    /// The constants, each on its scale.
    pub(super) at: Vec<f64>,
    /// The predicted times in microseconds.
    pub(super) predicted: Vec<f64>,
    /// Logarithms of predicted over measured; 0 for points left out.
    pub(super) residuals: Vec<f64>,
    /// What a small step of each constant does to each residual, per step; empty for whole numbers.
    pub(super) slopes: Option<Vec<Vec<f64>>>,
}

impl Problem<'_> {
    /// The profile with constants at places.
    pub(super) fn profile(&self, at: &[f64]) -> Profile {
        let mut profile = self.start.clone();
        for ((param, scale), at) in self.free.iter().zip(&self.scales).zip(at) {
            // At its start a constant keeps its bits.
            if *at != 0.0 {
                profile.set(*param, scale.value(*at));
            }
        }
        profile
    }

    /// Predicts at a place.
    pub(super) fn spot(&self, at: Vec<f64>) -> Spot {
        let predicted = (self.predict)(&self.profile(&at));
        self.spot_of(at, predicted)
    }

    /// A place whose predictions are known.
    pub(super) fn spot_of(&self, at: Vec<f64>, predicted: Vec<f64>) -> Spot {
        let residuals = self.residuals(&predicted);
        Spot { at, predicted, residuals, slopes: None }
    }

    fn residuals(&self, predicted: &[f64]) -> Vec<f64> {
        let of = |at: usize, measured: &f64, weight: &f64| {
            if *weight > 0.0 { (predicted.get(at).unwrap_or(&f64::NAN) / measured).ln() } else { 0.0 }
        };
        self.measured.iter().zip(&self.weights).enumerate().map(|(at, (m, w))| of(at, m, w)).collect()
    }

    /// Sees what every constant does at a spot, all at once. Points that cannot be predicted a step further count as
    /// not moved.
    pub(super) fn slopes(&self, spot: &Spot) -> Vec<Vec<f64>> {
        (0..self.free.len())
            .into_par_iter()
            .map(|at| {
                let scale = &self.scales[at];
                if scale.whole {
                    return Vec::new();
                }
                let step = scale.step_from(spot.at[at]);
                let mut moved = spot.at.clone();
                moved[at] += step;
                let there = self.residuals(&(self.predict)(&self.profile(&moved)));
                let slope = |(there, here): (&f64, &f64)| {
                    let slope = (there - here) / step;
                    if slope.is_finite() { slope } else { 0.0 }
                };
                there.iter().zip(&spot.residuals).map(slope).collect()
            })
            .collect()
    }

    /// What is minimised; infinite where something cannot be predicted.
    pub(super) fn cost(&self, spot: &Spot, noise: f64) -> f64 {
        let errors: f64 = spot
            .residuals
            .iter()
            .zip(&self.weights)
            .map(|(residual, weight)| {
                let off = (residual / noise).abs();
                let loss = if off <= HUBER { off * off } else { HUBER * (2.0 * off - HUBER) };
                if *weight > 0.0 { weight * loss } else { 0.0 }
            })
            .sum();
        let moved: f64 = spot.at.iter().map(|at| (at / self.options.prior).powi(2)).sum();
        let cost = errors + moved;
        if cost.is_finite() { cost } else { f64::INFINITY }
    }

    /// How much each point counts at a spot: less the farther it is off.
    pub(super) fn influence(&self, spot: &Spot, noise: f64) -> Vec<f64> {
        let of = |(residual, weight): (&f64, &f64)| {
            let off = (residual / noise).abs();
            weight * if off <= HUBER { 1.0 } else { HUBER / off }
        };
        spot.residuals.iter().zip(&self.weights).map(of).collect()
    }

    /// What the points say of the constants: products of slopes, by `influence` over the square of the noise.
    pub(super) fn information(&self, slopes: &[Vec<f64>], influence: &[f64], noise: f64) -> Vec<Vec<f64>> {
        let product = |a: &[f64], b: &[f64]| -> f64 {
            a.iter().zip(b).zip(influence).map(|((a, b), weight)| a * b * weight).sum::<f64>()
                / (noise * noise)
        };
        slopes.iter().map(|a| slopes.iter().map(|b| product(a, b)).collect()).collect()
    }

    /// How many points count.
    pub(super) fn count(&self) -> usize {
        self.weights.iter().filter(|weight| **weight > 0.0).count()
    }

    /// The standard deviation of the residuals that goes with Huber's loss: outliers count as far as they are cut.
    /// `used` is how many points' worth the constants have taken.
    pub(super) fn noise(&self, spot: &Spot, used: f64) -> f64 {
        let left = (self.count() as f64 - used).max(1.0);
        let mut noise = self.options.noise.1;
        for _ in 0..100 {
            let squares: f64 = spot
                .residuals
                .iter()
                .zip(&self.weights)
                .map(|(residual, weight)| weight * residual.abs().min(HUBER * noise).powi(2))
                .sum();
            let next =
                (squares / (left * CUT_SQUARE)).sqrt().clamp(self.options.noise.0, self.options.noise.1);
            let settled = (next / noise - 1.0).abs() < 1e-6;
            noise = next;
            if settled {
                break;
            }
        }
        noise
    }
}
