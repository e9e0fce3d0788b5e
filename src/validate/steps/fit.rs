//! Constants of software from measured steps: factors at several levels, each held near 1 unless the rows say more.

use rayon::prelude::*;

use super::{Catalogue, StepCase};
use crate::validate::fit::Cholesky;
use crate::workload::{Constant, Constants, Factors, Format, Scope, step_time};

/// Huber's constant: see [`crate::validate::fit`].
const HUBER: f64 = 1.345;

/// Where a factor holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// On a family of accelerators, whatever the software.
    Family(String),
    /// On an accelerator, whatever the software.
    Accelerator(String),
    /// On a family of accelerators in a format, whatever the software.
    Format(String, Format),
    /// In a generation of software.
    Software(String),
    /// In a generation of software on a family of accelerators.
    SoftwareFamily(String, String),
    /// The same in one format.
    SoftwareFormat(String, String, Format),
}

impl Level {
    /// How much of a constant's spread a level may take.
    const fn share(&self) -> f64 {
        match self {
            Self::Family(_) => 0.7,
            Self::Accelerator(_) => 0.3,
            Self::Format(..) => 0.6,
            Self::Software(_) => 1.0,
            Self::SoftwareFamily(..) => 0.4,
            Self::SoftwareFormat(..) => 0.3,
        }
    }
}

/// A free factor.
#[derive(Debug, Clone, PartialEq)]
pub struct Free {
    /// On which constant.
    pub constant: Constant,
    /// Where.
    pub level: Level,
}

/// A fit.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// The free factors.
    pub free: Vec<Free>,
    /// Their logarithms.
    pub at: Vec<f64>,
    /// Predicted seconds of all cases.
    pub predicted: Vec<f64>,
}

/// Cases of one accelerator, software and format have the same constants.
struct Combination {
    accelerator: usize,
    software: usize,
    format: Format,
    levels: Vec<Level>,
}

/// What is fitted.
pub struct Problem<'a> {
    catalogue: &'a Catalogue,
    cases: &'a [StepCase],
    weights: Vec<f64>,
    combinations: Vec<Combination>,
    of_case: Vec<usize>,
    /// The free factors.
    pub free: Vec<Free>,
    /// Of each combination: the free factors that hold there.
    holding: Vec<Vec<usize>>,
    /// How far the logarithm of each free factor may reasonably be from 0.
    priors: Vec<f64>,
    noise: f64,
}

impl<'a> Problem<'a> {
    /// Of cases with their weights; those of weight 0 are predicted only.
    pub fn new(catalogue: &'a Catalogue, cases: &'a [StepCase], weights: Vec<f64>, noise: f64) -> Self {
        let mut combinations: Vec<Combination> = Vec::new();
        let mut of_case = Vec::new();
        for case in cases {
            let format = case.precision.matrices;
            let found = combinations.iter().position(|own| {
                own.accelerator == case.accelerator && own.software == case.software && own.format == format
            });
            of_case.push(found.unwrap_or(combinations.len()));
            if found.is_none() {
                let device = &catalogue.accelerators[case.accelerator];
                let (family, software) =
                    (device.like.clone(), catalogue.software[case.software].name.clone());
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
                        Level::SoftwareFormat(software, family, format),
                    ],
                });
            }
        }
        let mut this = Self {
            catalogue,
            cases,
            weights,
            combinations,
            of_case,
            free: Vec::new(),
            priors: Vec::new(),
            holding: Vec::new(),
            noise,
        };
        this.release();
        this
    }

    /// Frees the factors that cases can tell: of levels that hold for the same combinations the widest stands for all.
    fn release(&mut self) {
        let constants = Constant::all().count();
        // Which combinations feel which constant.
        let start = vec![0.0; 0];
        self.holding = vec![Vec::new(); self.combinations.len()];
        let felt: Vec<Vec<bool>> = (0..self.combinations.len())
            .map(|own| {
                let base = self.constants(own, &start);
                let own_cases: Vec<usize> = (0..self.cases.len())
                    .filter(|case| self.of_case[*case] == own && self.weights[*case] > 0.0)
                    .collect();
                let plain: Vec<f64> = own_cases.iter().map(|case| self.predict_with(*case, &base)).collect();
                Constant::all()
                    .map(|constant| {
                        let mut moved = base.clone();
                        moved.set(constant, base[constant] * 0.9);
                        own_cases.iter().zip(&plain).any(|(case, plain)| {
                            (self.predict_with(*case, &moved) / plain - 1.0).abs() > 1e-7
                        })
                    })
                    .collect()
            })
            .collect();
        let mut levels: Vec<&Level> = self.combinations.iter().flat_map(|own| &own.levels).collect();
        levels.sort();
        levels.dedup();
        let holds: Vec<Vec<usize>> = levels
            .iter()
            .map(|level| {
                (0..self.combinations.len())
                    .filter(|own| self.combinations[*own].levels.contains(level))
                    .collect()
            })
            .collect();
        let mut free = Vec::new();
        let mut priors = Vec::new();
        let mut holding = vec![Vec::new(); self.combinations.len()];
        for (constant, at) in Constant::all().zip(0..constants) {
            let spread = constant.spec().spread;
            let mut taken: Vec<(&[usize], usize)> = Vec::new();
            for (level, holds) in levels.iter().zip(&holds) {
                if !holds.iter().any(|own| felt[*own][at]) {
                    continue;
                }
                let prior = spread * level.share();
                if let Some((_, same)) = taken.iter().find(|(own, _)| *own == holds.as_slice()) {
                    priors[*same] = f64::hypot(priors[*same], prior);
                    continue;
                }
                taken.push((holds, free.len()));
                for own in holds {
                    holding[*own].push(free.len());
                }
                free.push(Free { constant, level: (*level).clone() });
                priors.push(prior);
            }
        }
        (self.free, self.priors, self.holding) = (free, priors, holding);
    }

    fn constants(&self, combination: usize, at: &[f64]) -> Constants {
        let own = &self.combinations[combination];
        let mut logs = vec![0.0; Constant::all().count()];
        for held in &self.holding[combination] {
            logs[self.free[*held].constant.index()] += at[*held];
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

    /// Predicts all cases.
    pub fn predict(&self, at: &[f64]) -> Vec<f64> {
        let all: Vec<Constants> = (0..self.combinations.len()).map(|own| self.constants(own, at)).collect();
        (0..self.cases.len())
            .into_par_iter()
            .map(|case| self.predict_with(case, &all[self.of_case[case]]))
            .collect()
    }

    fn prior(&self, free: usize) -> f64 {
        self.priors[free]
    }

    fn cost(&self, at: &[f64], predicted: &[f64]) -> f64 {
        let held: f64 = at.iter().enumerate().map(|(free, log)| (log / self.prior(free)).powi(2) / 2.0).sum();
        let rows: f64 = (0..self.cases.len())
            .map(|case| {
                let off = ((predicted[case] / self.cases[case].measured).ln() / self.noise).abs();
                let loss = if off < HUBER { off * off / 2.0 } else { HUBER * (off - HUBER / 2.0) };
                self.weights[case] * loss
            })
            .sum();
        held + rows
    }

    /// Fits.
    pub fn fit(&self, rounds: usize) -> Fitted {
        self.fit_from(vec![0.0; self.free.len()], rounds)
    }

    /// Fits from a place.
    pub fn fit_from(&self, mut at: Vec<f64>, rounds: usize) -> Fitted {
        let mut predicted = self.predict(&at);
        let mut cost = self.cost(&at, &predicted);
        let mut damping = 1e-2;
        for _ in 0..rounds {
            let (matrix, right) = self.normal(&at, &predicted);
            let mut better = false;
            for _ in 0..6 {
                let mut damped = matrix.clone();
                for (row, line) in damped.iter_mut().enumerate() {
                    line[row] *= 1.0 + damping;
                }
                let Some(factored) = Cholesky::new(&damped) else {
                    damping *= 10.0;
                    continue;
                };
                let step = factored.solve(&right);
                let tried: Vec<f64> =
                    at.iter().zip(&step).map(|(at, step)| at + step.clamp(-0.5, 0.5)).collect();
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
        Fitted { free: self.free.clone(), at, predicted }
    }

    /// The normal equations at a place.
    fn normal(&self, at: &[f64], predicted: &[f64]) -> (Vec<Vec<f64>>, Vec<f64>) {
        const STEP: f64 = 1e-3;
        let count = self.free.len();
        let constants = Constant::all().count();
        // The slope by each constant is the same at all levels.
        let moved: Vec<Vec<Constants>> = (0..self.combinations.len())
            .into_par_iter()
            .map(|own| {
                let base = self.constants(own, at);
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
        let slopes: Vec<Vec<f64>> = (0..self.cases.len())
            .into_par_iter()
            .map(|case| {
                if self.weights[case] == 0.0 {
                    return Vec::new();
                }
                moved[self.of_case[case]]
                    .iter()
                    .map(|constants| (self.predict_with(case, constants) / predicted[case]).ln() / STEP)
                    .collect()
            })
            .collect();
        // Per combination first: all its cases have the same free factors.
        let mut matrix = vec![vec![0.0; count]; count];
        let mut right = vec![0.0; count];
        for own in 0..self.combinations.len() {
            let mut small = vec![vec![0.0; constants]; constants];
            let mut pull = vec![0.0; constants];
            for case in
                (0..self.cases.len()).filter(|case| self.of_case[*case] == own && self.weights[*case] > 0.0)
            {
                let off = (predicted[case] / self.cases[case].measured).ln() / self.noise;
                let weight = self.weights[case] * (HUBER / off.abs()).min(1.0) / (self.noise * self.noise);
                let slope = &slopes[case];
                for i in 0..constants {
                    pull[i] -= weight * slope[i] * off * self.noise;
                    for j in 0..constants {
                        small[i][j] += weight * slope[i] * slope[j];
                    }
                }
            }
            let held = &self.holding[own];
            for a in held {
                let i = self.free[*a].constant.index();
                right[*a] += pull[i];
                for b in held {
                    matrix[*a][*b] += small[i][self.free[*b].constant.index()];
                }
            }
        }
        for free in 0..count {
            let prior = self.prior(free);
            matrix[free][free] += 1.0 / (prior * prior);
            right[free] -= at[free] / (prior * prior);
        }
        (matrix, right)
    }
}

impl Fitted {
    /// The factors by where they hold: of accelerators, then of generations of software.
    pub fn factors(&self) -> Vec<(Level, Factors)> {
        let mut all: Vec<(Level, Factors)> = Vec::new();
        for (free, log) in self.free.iter().zip(&self.at) {
            let factor = (log.exp() * 1000.0).round() / 1000.0;
            if (factor - 1.0).abs() < 5e-4 {
                continue;
            }
            let entry = all.iter().position(|(level, _)| *level == free.level);
            let entry = entry.unwrap_or_else(|| {
                let scope = match &free.level {
                    Level::Family(name) | Level::Accelerator(name) => {
                        Scope { accelerator: Some(name.clone()), format: None }
                    }
                    Level::Format(name, format) | Level::SoftwareFormat(_, name, format) => {
                        Scope { accelerator: Some(name.clone()), format: Some(*format) }
                    }
                    Level::Software(_) => Scope::default(),
                    Level::SoftwareFamily(_, name) => Scope { accelerator: Some(name.clone()), format: None },
                };
                all.push((free.level.clone(), Factors { scope, factors: Vec::new() }));
                all.len() - 1
            });
            all[entry].1.factors.push((free.constant, factor));
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}
