//! Constants of software from measured steps: factors at several levels, each held near 1 unless the rows say more.
//!
//! A constant of a row is its default times one factor for each level that the row is of: its family of accelerators,
//! its accelerator, its generation of software, and so on ([`Level`]). What is sought are the logarithms of the factors.
//! They minimise the sum over rows of Huber's loss of the logarithm of predicted over measured time, in units of
//! `NOISE`, and of the squares of the logarithms, each in units of how far its constant may reasonably be from the
//! default at that level. So a factor moves only as far as rows pull it, what several rows of several sources share
//! goes to the level that they share, and a level without rows stays at 1.
//!
//! Steps are those of Levenberg and Marquardt on the normal equations, which are mostly zeros: see `skyline`.
//! Sums are made in the order of rows, so that the result is the same for any number of threads.

mod factors;
mod level;
mod normal;
mod release;
mod skyline;
#[cfg(test)]
mod synthetic;

use rayon::prelude::*;

pub use factors::Fitted;
pub use level::{Free, Level};

use super::{Catalogue, StepCase};
use crate::workload::{Constant, Constants, step_time};
use release::{Combination, Released};

/// Huber's constant: see the fit of profiles.
const HUBER: f64 = 1.345;

/// The logarithm of predicted over measured time that is taken for one unit of error: 5 %.
const NOISE: f64 = 0.05;

/// The most that the logarithm of a factor moves in a round.
const LONGEST: f64 = 0.5;

/// How much a row counts in a fit: less where it is of quality C, of few accelerators, of one server of a source that
/// has a thousand such rows, or no pretraining.
pub fn weight(case: &StepCase) -> f64 {
    let quality = if case.quality == "C" { 0.1 } else { 1.0 };
    let size = if case.parallel.ranks() < 64 { 0.3 } else { 1.0 };
    let many = case.group == "vTrain-single" || case.task != "pretrain";
    let kind = match (many, case.task == "pretrain") {
        (false, _) => 1.0,
        (true, false) => 0.3,
        (true, true) => 0.1,
    };
    quality * size * kind
}

/// What is fitted.
pub struct Problem<'a> {
    catalogue: &'a Catalogue,
    cases: &'a [StepCase],
    weights: Vec<f64>,
    combinations: Vec<Combination>,
    of_case: Vec<usize>,
    released: Released,
}

impl<'a> Problem<'a> {
    /// Of cases with a weight each; those of weight 0 are predicted only. Factors are on top of the catalogue's own.
    pub fn new(catalogue: &'a Catalogue, cases: &'a [StepCase], weights: Vec<f64>) -> Self {
        let (combinations, of_case) = release::combinations(catalogue, cases);
        let released = Released { holding: vec![Vec::new(); combinations.len()], ..Released::default() };
        let mut this = Self { catalogue, cases, weights, combinations, of_case, released };
        this.released = release::release(&this);
        this
    }

    /// The factors that are free.
    pub fn free(&self) -> &[Free] {
        &self.released.free
    }

    /// The constants of a combination at a place: logarithms of the free factors.
    fn constants(&self, combination: usize, at: &[f64]) -> Constants {
        let own = &self.combinations[combination];
        let mut logs = vec![0.0; Constant::all().count()];
        for held in &self.released.holding[combination] {
            logs[self.released.free[*held].constant.index()] += at[*held];
        }
        let device = &self.catalogue.accelerators[own.accelerator];
        let mut constants = self.catalogue.software[own.software].constants(device, own.format);
        for constant in Constant::all() {
            let (least, most) = constant.spec().range;
            let value = constants[constant] * logs[constant.index()].exp();
            constants.set(constant, value.clamp(least, most));
        }
        constants
    }

    fn predict_with(&self, case: usize, constants: &Constants) -> f64 {
        step_time(&self.cases[case].step(self.catalogue, constants)).total()
    }

    /// Predicted seconds of all cases at a place: logarithms of the free factors.
    pub fn predict(&self, at: &[f64]) -> Vec<f64> {
        let all: Vec<Constants> = (0..self.combinations.len()).map(|own| self.constants(own, at)).collect();
        (0..self.cases.len())
            .into_par_iter()
            .map(|case| self.predict_with(case, &all[self.of_case[case]]))
            .collect()
    }

    /// What is minimised.
    fn cost(&self, at: &[f64], predicted: &[f64]) -> f64 {
        let held: f64 =
            at.iter().zip(&self.released.priors).map(|(log, prior)| (log / prior).powi(2) / 2.0).sum();
        let rows: f64 = (0..self.cases.len())
            .filter(|case| self.weights[*case] > 0.0)
            .map(|case| {
                let off = ((predicted[case] / self.cases[case].measured).ln() / NOISE).abs();
                let loss = if off < HUBER { off * off / 2.0 } else { HUBER * (off - HUBER / 2.0) };
                self.weights[case] * loss
            })
            .sum();
        held + rows
    }

    /// Fits in at most so many rounds, from factors of 1 on.
    pub fn fit(&self, rounds: usize) -> Fitted {
        let mut at = vec![0.0; self.released.free.len()];
        let mut predicted = self.predict(&at);
        let mut cost = self.cost(&at, &predicted);
        let mut damping = 1e-2;
        for _ in 0..rounds {
            let (matrix, right) = normal::equations(self, &at, &predicted);
            let mut better = false;
            for _ in 0..6 {
                let Some(factored) = matrix.damped(damping).factored() else {
                    damping *= 10.0;
                    continue;
                };
                let step = factored.solve(&right);
                let tried: Vec<f64> =
                    at.iter().zip(&step).map(|(at, step)| at + step.clamp(-LONGEST, LONGEST)).collect();
                let there = self.predict(&tried);
                let tried_cost = self.cost(&tried, &there);
                if tried_cost < cost {
                    better = cost - tried_cost > 1e-4 * cost;
                    (at, predicted, cost) = (tried, there, tried_cost);
                    damping = (damping / 5.0).max(1e-6);
                    break;
                }
                damping *= 5.0;
            }
            if !better {
                break;
            }
        }
        Fitted { free: self.released.free.clone(), at, predicted }
    }
}

#[cfg(test)]
mod tests {
    use super::synthetic::{cases, measured_with};
    use super::*;
    use crate::run::threads;
    use crate::workload::{Factors, Scope};

    /// Factors of one generation of software.
    fn with(catalogue: &Catalogue, name: &str, factors: &[(Constant, f64)]) -> Catalogue {
        let mut catalogue = catalogue.clone();
        for software in catalogue.software.iter_mut().filter(|software| software.name == name) {
            software.factors.push(Factors { scope: Scope::default(), factors: factors.to_vec() });
        }
        catalogue
    }

    #[test]
    fn factors_of_synthetic_rows_are_found_again() {
        let start = Catalogue::built_in().without_factors();
        let truth = with(&start, "megatron-2022", &[(Constant::GEMM, 0.8), (Constant::TP, 1.2)]);
        let cases = measured_with(&truth, cases(&start, "A100-80GB", "Megatron-LM 2022"));
        // So much weight that what factors are held by is nothing beside it.
        let problem = Problem::new(&start, &cases, vec![1e4; cases.len()]);
        let fitted = problem.fit(30);
        for (case, predicted) in cases.iter().zip(&fitted.predicted) {
            assert!((predicted / case.measured - 1.0).abs() < 2e-3, "{}: {predicted}", case.id);
        }
        let product = |constant: Constant| {
            let of = fitted.free.iter().zip(&fitted.at).filter(|(free, _)| free.constant == constant);
            of.map(|(_, log)| log).sum::<f64>().exp()
        };
        assert!((product(Constant::GEMM) - 0.8).abs() < 0.03, "{}", product(Constant::GEMM));
        assert!((product(Constant::TP) - 1.2).abs() < 0.12, "{}", product(Constant::TP));
        // What is written predicts the same, but for the digits that are dropped.
        let applied = fitted.apply(&start);
        for (case, predicted) in cases.iter().zip(&fitted.predicted) {
            assert!((case.time(&applied).total() / predicted - 1.0).abs() < 5e-3, "{}", case.id);
        }
    }

    #[test]
    fn levels_without_rows_stay_at_one() {
        let start = Catalogue::built_in().without_factors();
        let truth = with(&start, "megatron-2022", &[(Constant::GEMM, 0.7)]);
        let mut all = cases(&start, "A100-80GB", "Megatron-LM 2022");
        let known = all.len();
        all.extend(cases(&start, "H100", "Megatron-Bridge 26.04"));
        let all = measured_with(&truth, all);
        let weights = (0..all.len()).map(|at| if at < known { 1.0 } else { 0.0 }).collect();
        let problem = Problem::new(&start, &all, weights);
        assert!(!problem.free().is_empty());
        assert!(problem.free().iter().all(|free| match &free.level {
            Level::Family(name) | Level::Format(name, _) => name == "a100",
            Level::Accelerator(name) => name == "a100-80",
            Level::Software(name) | Level::SoftwareFamily(name, _) | Level::SoftwareFormat(name, ..) =>
                name == "megatron-2022",
        }));
        let fitted = problem.fit(10);
        let before = problem.predict(&vec![0.0; problem.free().len()]);
        assert_eq!(fitted.predicted[known..], before[known..], "rows of weight 0 pull nothing");
        assert_ne!(fitted.predicted[..known], before[..known]);
    }

    #[test]
    fn threads_change_nothing() {
        let start = Catalogue::built_in().without_factors();
        let truth = with(&start, "nemo-2023", &[(Constant::GEMM, 0.9), (Constant::MEMORY, 0.8)]);
        let cases = measured_with(&truth, cases(&start, "H100", "NeMo 23.09"));
        let fit = |count: usize| {
            threads(Some(count))
                .unwrap()
                .install(|| Problem::new(&start, &cases, vec![1.0; cases.len()]).fit(5))
        };
        assert_eq!(fit(1), fit(3));
    }
}
