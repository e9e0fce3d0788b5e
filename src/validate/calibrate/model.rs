//! Predictions of all points of all logs from a profile, through the simulator.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::error::CalibrateError;
use super::{Measurement, Settings};
use crate::collective::{Algorithm, Spread};
use crate::ids::NodeId;
use crate::result::Case;
use crate::run::{self, CollectiveSpec, RunError, RunOptions, Scenario};
use crate::stack::{Plan, Profile, Site, Stack};
use crate::units::{Bytes, Time};

/// How many plans a size remembers; with more, it starts anew.
const KNOWN: usize = 256;

/// What was simulated of one size.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    /// The time in microseconds.
    pub(super) us: f64,
    /// The algorithm that the library chose.
    pub(super) algorithm: String,
    /// And its protocol.
    pub(super) protocol: String,
}

/// A log with what simulates it.
struct Run {
    id: String,
    scenario: Scenario,
    stack: Stack,
    site: Site,
    sizes: Vec<Bytes>,
    /// Which size each point has.
    points: Vec<usize>,
    /// What plans came to without their launch, by size. A prediction depends on a profile by its plan alone, most
    /// constants change the plans of few sizes, and a launch comes before everything else.
    known: Vec<Mutex<Vec<(Plan, Told)>>>,
}

/// All logs with what simulates them.
pub(super) struct Model<'a> {
    runs: Vec<Run>,
    options: RunOptions,
    watch: &'a dyn run::Watch,
}

/// What is known of a log before anything is simulated.
pub(super) struct Sight {
    pub(super) place: String,
    pub(super) site: Site,
    pub(super) stack: Stack,
}

impl<'a> Model<'a> {
    /// Places the ranks of all logs.
    pub(super) fn new(
        start: &Profile,
        measurements: &[Measurement],
        settings: &Settings,
        watch: &'a dyn run::Watch,
    ) -> Result<(Self, Vec<Sight>), CalibrateError> {
        let (mut runs, mut sights) = (Vec::new(), Vec::new());
        for measurement in measurements {
            let placed = measurement.machine.place(&measurement.id, &measurement.log)?;
            let stack = settings.stack(start, measurement);
            let run = Run::new(measurement, placed.nodes, stack.clone());
            sights.push(Sight { place: placed.told, site: run.site.clone(), stack });
            runs.push(run);
        }
        // Cases of one prediction are few; predictions run side by side.
        let options =
            RunOptions { threads: Some(1), max_memory: settings.max_memory, ..RunOptions::default() };
        Ok((Self { runs, options, watch }, sights))
    }

    /// What every point comes to, log by log.
    pub(super) fn told(&self, profile: &Profile) -> Result<Vec<Told>, CalibrateError> {
        let told: Vec<Vec<Told>> = self
            .runs
            .par_iter()
            .map(|run| run.told(profile, &self.options, self.watch))
            .collect::<Result<_, _>>()?;
        Ok(told.into_iter().flatten().collect())
    }

    /// The same as times; nothing where something cannot be simulated.
    pub(super) fn times(&self, profile: &Profile) -> Vec<f64> {
        self.told(profile).map(|told| told.into_iter().map(|told| told.us).collect()).unwrap_or_default()
    }
}

impl Run {
    fn new(measurement: &Measurement, nodes: Vec<NodeId>, stack: Stack) -> Self {
        let (fabric, seed) = (measurement.machine.fabric(), measurement.machine.seed());
        let mut sizes: Vec<Bytes> = measurement.log.points.iter().map(|point| Bytes(point.bytes)).collect();
        let points = sizes.clone();
        sizes.sort_unstable();
        sizes.dedup();
        let points = points.iter().map(|bytes| sizes.partition_point(|size| size < bytes)).collect();
        let mut spec = CollectiveSpec::new(measurement.log.op, Algorithm::Auto, nodes);
        spec.spread = Spread::new(0.0, seed, 0);
        let site = spec.site(fabric, &spec.request(fabric, Bytes(0)));
        let mut scenario = Scenario::of_one(&measurement.id, fabric.clone(), None, spec);
        scenario.seed = seed;
        let known = sizes.iter().map(|_| Mutex::default()).collect();
        Self { id: measurement.id.clone(), scenario, stack, site, sizes, points, known }
    }

    fn told(
        &self,
        profile: &Profile,
        options: &RunOptions,
        watch: &dyn run::Watch,
    ) -> Result<Vec<Told>, CalibrateError> {
        let stack = Stack { profile: profile.clone(), ..self.stack.clone() };
        let op = self.scenario.collectives[0].op;
        let plan = |bytes: &Bytes| stack.plan(&self.site, op, Algorithm::Auto, bytes.get());
        let no_model = || CalibrateError::NoConstants { profile: profile.name.clone() };
        let mut plans: Vec<Plan> = self.sizes.iter().map(plan).collect::<Option<_>>().ok_or_else(no_model)?;
        let launches: Vec<Time> =
            plans.iter_mut().map(|plan| std::mem::replace(&mut plan.launch, Time::ZERO)).collect();
        let mut found: Vec<Option<Told>> =
            plans.iter().zip(&self.known).map(|(plan, known)| known_of(known, plan)).collect();
        let missing: Vec<usize> = (0..found.len()).filter(|at| found[*at].is_none()).collect();
        if !missing.is_empty() {
            let mut scenario = self.scenario.clone();
            scenario.collectives[0].sizes = missing.iter().map(|at| self.sizes[*at]).collect();
            scenario.stack = Some(stack);
            let result = run::run(&scenario, options, watch).map_err(|error| match error {
                RunError::Cancelled => CalibrateError::Cancelled,
                RunError::Memory { need, limit } => {
                    CalibrateError::Memory { log: self.id.clone(), need, limit }
                }
                error => CalibrateError::Run { log: self.id.clone(), error: Box::new(error) },
            })?;
            for (at, case) in missing.iter().zip(&result.cases) {
                let told = of_case(case, launches[*at]);
                let mut known = self.known[*at].lock().unwrap_or_else(PoisonError::into_inner);
                if known.len() >= KNOWN {
                    known.clear();
                }
                known.push((plans[*at].clone(), told.clone()));
                found[*at] = Some(told);
            }
        }
        // Every size has its case, so none is left out here.
        let whole = |at: &usize| {
            let told = found[*at].clone()?;
            Some(Told { us: told.us + launches[*at].as_us(), ..told })
        };
        Ok(self.points.iter().filter_map(whole).collect())
    }
}

fn known_of(known: &Mutex<Vec<(Plan, Told)>>, plan: &Plan) -> Option<Told> {
    let known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.iter().rev().find(|(known, _)| known == plan).map(|(_, told)| told.clone())
}

fn of_case(case: &Case, launch: Time) -> Told {
    Told {
        us: (Time::from_ps(case.time_ps) - launch).as_us(),
        algorithm: case.algorithm.clone(),
        protocol: case.protocol.clone(),
    }
}
