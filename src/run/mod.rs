//! The one place where the stages are joined: a [`Scenario`] in, a [`RunResult`] out.
//!
//! Schedules are made and proved, paths are found, and then every case runs on its own, in parallel; results are
//! gathered by number, so they do not depend on threads.

mod cases;
mod error;
mod expect;
mod fold;
mod forecast;
mod links;
mod prepare;
mod proofs;
mod scenario;
mod serve;
mod stacked;
mod step;
mod tell;
mod threads;
mod watch;
mod ways;
mod working;

pub use error::RunError;
pub use forecast::{Effort, Forecast, forecast};
pub use proofs::Proofs;
pub use scenario::{CollectiveSpec, ExpectSpec, ExpectWhat, Scenario, StepExpectSpec, StepExpectWhat};
pub use serve::run_serve;
pub use stacked::summary as stack_summary;
pub use step::{
    PlayedGroups, StepForecast, costs_of, on_lanes, operation, play_costs, play_groups, play_tasks, run_step,
    run_step_on, step_forecast, step_graph, step_network, tasks_of,
};
pub use threads::threads;
pub use watch::{Quiet, Watch};

use rayon::prelude::*;

use crate::engine::fluid;
use crate::result::{FabricSummary, RUN_SCHEMA, RunResult};

/// How to run, none of which changes what comes out.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunOptions {
    /// Which short cuts the fluid engine may take.
    pub fluid: fluid::Options,
    /// Threads; all cores where `None`.
    pub threads: Option<usize>,
    /// Bytes of memory that a run may need; no limit where `None`.
    pub max_memory: Option<u64>,
}

/// Runs a scenario.
///
/// # Errors
/// Where an algorithm cannot serve its ranks, ranks cannot reach each other, memory would not do, or `watch` says stop.
pub fn run(scenario: &Scenario, options: &RunOptions, watch: &dyn Watch) -> Result<RunResult, RunError> {
    run_with(scenario, options, watch, &Proofs::default())
}

/// Runs a scenario; schedules that `proofs` knows are not proved again.
///
/// # Errors
/// As [`run`].
pub fn run_with(
    scenario: &Scenario,
    options: &RunOptions,
    watch: &dyn Watch,
    proofs: &Proofs,
) -> Result<RunResult, RunError> {
    pool(options)?.install(|| run_here(scenario, options, watch, proofs))
}

fn pool(options: &RunOptions) -> Result<rayon::ThreadPool, RunError> {
    threads(options.threads).map_err(|message| RunError::Threads { message })
}

fn run_here(
    scenario: &Scenario,
    options: &RunOptions,
    watch: &dyn Watch,
    proofs: &Proofs,
) -> Result<RunResult, RunError> {
    let schedules = prepare::schedules(scenario)?;
    let mut prepared = prepare::prepare(scenario, schedules, options, proofs)?;
    prepared.bound(scenario);
    let jobs = cases::jobs(scenario, &prepared);
    watch.begin(&forecast::before(scenario, &prepared, &jobs, options.fluid));
    let outcomes: Vec<_> = jobs
        .par_iter()
        .map(|job| cases::play(scenario, &prepared, job, options.fluid, watch))
        .collect::<Result<_, _>>()?;
    let told: Vec<Vec<_>> = jobs
        .par_iter()
        .zip(&outcomes)
        .map(|(job, played)| tell::cases(scenario, &prepared, job, played))
        .collect();
    let cases = cases::in_order(scenario, &prepared, &jobs, &told);
    let fabric = &scenario.fabric;
    Ok(RunResult {
        schema: RUN_SCHEMA.into(),
        scenario: scenario.name.clone(),
        title: scenario.title.clone(),
        seed: scenario.seed,
        fabric: FabricSummary {
            name: fabric.name().into(),
            gpus: fabric.endpoints().len() as u32,
            nodes: fabric.nodes().len() as u32,
            links: fabric.links().len() as u32,
        },
        stack: scenario.stack.as_ref().and_then(stacked::summary),
        expectations: expect::check(&scenario.expect, &cases),
        cases,
        plots: scenario.plots.clone(),
    })
}
