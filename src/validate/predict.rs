//! The prediction of a measured run: its points, played by the simulator.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::prediction::{FilePrediction, Prediction, UnpredictedPoint};
use super::score::standing;
use crate::collective::Algorithm;
use crate::engine::Steps;
use crate::result::{PointPrediction, SkippedFile, Standing};
use crate::run::{self, Proofs, RunError, RunOptions, Scenario};
use crate::stack::Profile;
use crate::units::{Bytes, Time};

/// Points of a run that one scenario predicts: those of one algorithm.
#[derive(Debug, Clone)]
pub(super) struct Group {
    scenario: Scenario,
    /// The points, by their place among those of the run, and which size of the scenario each has.
    points: Vec<(usize, usize)>,
    /// The sizes of the scenario by their bytes.
    sizes: BTreeMap<Bytes, usize>,
}

impl Group {
    /// The points, still none, of a scenario of one collective by one algorithm.
    pub(super) const fn new(scenario: Scenario) -> Self {
        Self { scenario, points: Vec::new(), sizes: BTreeMap::new() }
    }

    /// Whether its scenario plays that algorithm so.
    pub(super) fn plays(&self, algorithm: Algorithm, steps: Steps) -> bool {
        let spec = &self.scenario.collectives[0];
        spec.algorithms == [algorithm] && spec.steps == steps
    }

    /// Adds a point of the run.
    pub(super) fn add(&mut self, point: usize, bytes: Bytes) {
        let sizes = &mut self.scenario.collectives[0].sizes;
        let at = *self.sizes.entry(bytes).or_insert_with(|| {
            sizes.push(bytes);
            sizes.len() - 1
        });
        self.points.push((point, at));
    }
}

/// A measured run that is mapped to scenarios.
#[derive(Debug, Clone)]
pub struct Run {
    /// What is known of the run; predictions are still to come.
    pub told: FilePrediction,
    /// Schedules proved so far.
    proofs: Arc<Proofs>,
    groups: Vec<Group>,
    /// Bytes of memory that a simulation may need.
    max_memory: Option<u64>,
}

/// What a run comes to, point by point.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// Predicted times in microseconds; no number where a point could not be played.
    pub times: Vec<f64>,
    /// What no schedule can beat on the fabric, in microseconds.
    pub bounds: Vec<f64>,
    /// Points that could not be played, and why.
    pub refused: Vec<(usize, String)>,
}

/// Measured times below such a part of the bound are faults of the measurement, not of the fabric that stands for the
/// machine.
pub(super) const IMPOSSIBLE: f64 = 0.5;

impl Run {
    /// A run of which nothing is proved yet.
    pub(super) fn new(told: FilePrediction, groups: Vec<Group>) -> Self {
        Self { told, proofs: Arc::default(), groups, max_memory: None }
    }

    /// The run, of whose sizes those are refused that need more bytes of memory.
    #[must_use]
    pub fn within(self, max_memory: Option<u64>) -> Self {
        Self { max_memory, ..self }
    }

    /// Whether constants may be fitted to it and errors counted: healthy, with a trust of B or better.
    pub fn is_sound(&self) -> bool {
        standing(&self.told.run) != Standing::Doubtful
    }

    /// Predicts all points, with the constants of another profile where one is given.
    pub fn play(&self, profile: Option<&Profile>) -> Played {
        let count = self.told.points.len();
        let mut played =
            Played { times: vec![f64::NAN; count], bounds: vec![0.0; count], refused: Vec::new() };
        let options = RunOptions { threads: Some(1), max_memory: self.max_memory, ..RunOptions::default() };
        for group in &self.groups {
            let mut scenario = group.scenario.clone();
            if let (Some(stack), Some(profile)) = (&mut scenario.stack, profile) {
                stack.profile = profile.clone();
            }
            let cases = self.cases(&scenario, &options);
            for (at, size) in &group.points {
                match &cases[*size] {
                    Ok((time, bound)) => (played.times[*at], played.bounds[*at]) = (*time, *bound),
                    Err(why) => played.refused.push((*at, why.clone())),
                }
            }
        }
        played
    }

    /// The time and the bound of every size in microseconds, or why it cannot be played.
    fn cases(&self, scenario: &Scenario, options: &RunOptions) -> Vec<Result<(f64, f64), String>> {
        let us = |ps: u64| Time::from_ps(ps).as_us();
        match run::run_with(scenario, options, &run::Quiet, &self.proofs) {
            Ok(result) => result.cases.iter().map(|case| Ok((us(case.time_ps), us(case.bound_ps)))).collect(),
            Err(error) => match &scenario.collectives[0].sizes[..] {
                [] | [_] => vec![Err(why(&error))],
                // One size must not take the others with it.
                sizes => sizes
                    .iter()
                    .flat_map(|bytes| {
                        let mut alone = scenario.clone();
                        alone.collectives[0].sizes = vec![*bytes];
                        self.cases(&alone, options)
                    })
                    .collect(),
            },
        }
    }

    /// The points that can be and that are predicted, with the constants of another profile where one is given.
    pub fn points(&self, profile: Option<&Profile>) -> Vec<PointPrediction> {
        match self.with(profile) {
            Prediction::Predicted(told) => told.points,
            Prediction::Skipped(_) => Vec::new(),
        }
    }

    /// The prediction with the built-in constants.
    pub fn predict(&self) -> Prediction {
        self.with(None)
    }

    fn with(&self, profile: Option<&Profile>) -> Prediction {
        let played = self.play(profile);
        let mut told = self.told.clone();
        let mut refused = played.refused;
        for (at, point) in told.points.iter_mut().enumerate() {
            point.predicted_us = played.times[at];
            if point.measured_us < IMPOSSIBLE * played.bounds[at] {
                point.predicted_us = f64::NAN;
                refused.push((
                    at,
                    format!(
                        "{} us measured cannot be: no schedule on this fabric takes less than {:.3} us, so the time or \
                         the header is wrong",
                        point.measured_us, played.bounds[at]
                    ),
                ));
            }
        }
        for (at, why) in refused {
            let point = &told.points[at];
            let (bytes, algorithm) = (point.bytes, point.algorithm.clone());
            told.skipped_points.push(UnpredictedPoint { bytes, algorithm, why });
        }
        told.points.retain(|point| point.predicted_us.is_finite());
        if told.points.is_empty() {
            let why = told.skipped_points.first().map_or("it has no point", |point| point.why.as_str());
            return Prediction::Skipped(SkippedFile { id: told.run.id, why: why.into() });
        }
        Prediction::from(told)
    }
}

/// Why a size cannot be played; of memory there is no option here to name.
fn why(error: &RunError) -> String {
    match error {
        RunError::Memory { need, limit } => format!(
            "the simulation would need about {} of memory, more than the {} that it may have",
            Bytes(*need),
            Bytes(*limit)
        ),
        other => other.to_string(),
    }
}
