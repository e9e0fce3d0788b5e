//! A training step on a fabric: its graph of tasks, with collectives that were played there.

pub(super) mod breakdown;
mod expect;
mod forecast;
mod lanes;
pub(super) mod network;
pub(super) mod play;
mod rows;
mod tell;

use super::{Proofs, RunError, RunOptions, Scenario, Watch, pool};
use crate::collective::Op;
use crate::engine::{EngineKind, Probe, tasks};
use crate::ids::NodeId;
use crate::result::StepResult;
use crate::units::Bytes;
use crate::workload::{
    Class, Cost, Network, Pattern, Purpose, Step, StepGraph, Task, Tier, Workload, graph, step_time,
};

pub use forecast::{StepForecast, step_forecast};
pub use lanes::on_lanes;
pub use play::{PlayedGroups, play_groups};

use lanes::{cost, sample, used};

/// The graph of a scenario's training step, with no times of collectives in it; `None` where it has none.
///
/// # Errors
/// Where the pipeline has no order.
pub fn step_graph(scenario: &Scenario) -> Result<Option<StepGraph>, RunError> {
    // What ranks compute and send does not depend on the network.
    let tier = Tier { bandwidth: 1.0, latency: 0.0, launch: 0.0 };
    let network = Network { scaleup: tier, scaleout: tier, domain: 1 };
    let step = scenario.workload.as_ref().and_then(|workload| workload.step(network));
    step.map(|step| tasks_of(&step)).transpose()
}

/// Runs the training step of a scenario by the first of its engines; `None` where it has none.
///
/// # Errors
/// Where the pipeline has no order, collectives cannot be played, or `watch` says stop.
pub fn run_step(
    scenario: &Scenario,
    options: &RunOptions,
    watch: &dyn Watch,
) -> Result<Option<StepResult>, RunError> {
    suits(scenario)?;
    pool(options)?.install(|| {
        let proofs = Proofs::default();
        let Some(network) = measured(scenario, options, watch, &proofs)? else { return Ok(None) };
        on(scenario, network, options, watch, &proofs)
    })
}

/// The two tiers that closed forms see of a scenario's fabric; `None` where it has no training step.
///
/// # Errors
/// As [`run_step`].
pub fn step_network(
    scenario: &Scenario,
    options: &RunOptions,
    watch: &dyn Watch,
) -> Result<Option<Network>, RunError> {
    pool(options)?.install(|| measured(scenario, options, watch, &Proofs::default()))
}

/// Runs the training step of a scenario whose tiers are known, as [`run_step`] does; schedules that `proofs` knows are not
/// proved again.
///
/// # Errors
/// As [`run_step`].
pub fn run_step_on(
    scenario: &Scenario,
    network: Network,
    options: &RunOptions,
    watch: &dyn Watch,
    proofs: &Proofs,
) -> Result<Option<StepResult>, RunError> {
    pool(options)?.install(|| on(scenario, network, options, watch, proofs))
}

/// Whether the step can be divided as the scenario says: a file that leaves the division open has one that need not suit.
fn suits(scenario: &Scenario) -> Result<(), RunError> {
    let Some(workload) = &scenario.workload else { return Ok(()) };
    let Task::Train(training) = &workload.task else { return Ok(()) };
    let ranks = scenario.fabric.endpoints().len() as u64;
    let found = workload.parallel.check(&workload.model, &training.batch, ranks);
    found.map_err(|why| RunError::Undivided { why })
}

fn measured(
    scenario: &Scenario,
    options: &RunOptions,
    watch: &dyn Watch,
    proofs: &Proofs,
) -> Result<Option<Network>, RunError> {
    let Some(workload) = &scenario.workload else { return Ok(None) };
    network::network(scenario, workload, network::SIZES, options, watch, proofs).map(Some)
}

fn on(
    scenario: &Scenario,
    network: Network,
    options: &RunOptions,
    watch: &dyn Watch,
    proofs: &Proofs,
) -> Result<Option<StepResult>, RunError> {
    let Some(workload) = &scenario.workload else { return Ok(None) };
    let Some(step) = workload.step(network) else { return Ok(None) };
    suits(scenario)?;
    let engine = scenario.engines.first().copied().unwrap_or(EngineKind::Fluid);
    let mut told = match engine {
        EngineKind::Analytic => tell::closed(scenario, workload, &step, &step_time(&step)),
        EngineKind::Fluid => {
            let ran = fluid(scenario, workload, &step, options, watch, proofs)?;
            tell::played(scenario, workload, &step, &ran)
        }
    };
    told.expectations = expect::check(&scenario.step_expect, &told);
    Ok(Some(told))
}

/// A graph that was played.
pub(super) struct Ran {
    pub(super) graph: StepGraph,
    pub(super) outcome: tasks::TaskOutcome,
    /// By lane and class.
    pub(super) played: Vec<Vec<Option<PlayedGroups>>>,
}

fn fluid(
    scenario: &Scenario,
    workload: &Workload,
    step: &Step<'_>,
    options: &RunOptions,
    watch: &dyn Watch,
    proofs: &Proofs,
) -> Result<Ran, RunError> {
    ran(scenario, workload, tasks_of(step)?, options, watch, proofs)
}

/// Plays a graph: its collectives on the fabric, then its tasks, which share the links.
pub(super) fn ran(
    scenario: &Scenario,
    workload: &Workload,
    graph: StepGraph,
    options: &RunOptions,
    watch: &dyn Watch,
    proofs: &Proofs,
) -> Result<Ran, RunError> {
    let played = play_all(scenario, workload, &graph, options, watch, proofs)?;
    let (_, outcome) = play_tasks(&graph, &played, watch)?;
    Ok(Ran { graph, outcome, played })
}

/// Plays the tasks of a graph whose collectives were played, by lane and class: they share the links that these use.
///
/// # Errors
/// Where the graph is faulty, or `watch` says stop.
pub fn play_tasks(
    graph: &StepGraph,
    played: &[Vec<Option<PlayedGroups>>],
    watch: &dyn Watch,
) -> Result<(tasks::TaskJob, tasks::TaskOutcome), RunError> {
    let (rows, costs) = costs_of(played);
    play_costs(graph, rows, &costs, watch)
}

/// The rows of links that collectives share, and what each costs by lane and class: all that their tasks' times depend on.
pub fn costs_of(played: &[Vec<Option<PlayedGroups>>]) -> (u32, Vec<Vec<Cost>>) {
    rows::rows(played)
}

/// Plays the tasks of a graph whose collectives cost that.
///
/// # Errors
/// As [`play_tasks`].
pub fn play_costs(
    graph: &StepGraph,
    rows: u32,
    costs: &[Vec<Cost>],
    watch: &dyn Watch,
) -> Result<(tasks::TaskJob, tasks::TaskOutcome), RunError> {
    let job = graph.job(rows, costs).map_err(|faults| RunError::Pipeline {
        why: format!("{} faults in the graph of tasks", faults.len()),
    })?;
    let outcome = tasks::run(&job, &mut Stop(watch));
    if outcome.cancelled { Err(RunError::Cancelled) } else { Ok((job, outcome)) }
}

/// The graph of a step.
///
/// # Errors
/// Where the pipeline has no order, or there would be too many tasks.
pub fn tasks_of(step: &Step<'_>) -> Result<StepGraph, RunError> {
    let tasks =
        u64::from(step.model.layers).saturating_mul(u64::from(step.micro_batches())).saturating_mul(TASKS);
    if tasks > MOST_TASKS {
        let why = format!(
            "it would be about {tasks} tasks, and {MOST_TASKS} is the most; fewer micro-batches make fewer"
        );
        return Err(RunError::Pipeline { why });
    }
    graph(step).map_err(|faults| RunError::Pipeline {
        why: faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    })
}

/// About how many tasks a layer makes of a micro-batch.
const TASKS: u64 = 26;
/// The most tasks of a step that is played: they take about 15 GiB.
const MOST_TASKS: u64 = 50_000_000;

/// Asks whether to stop.
struct Stop<'a>(&'a dyn Watch);

impl Probe for Stop<'_> {
    fn progress(&mut self, _done: u64, _total: u64) -> bool {
        !self.0.stop()
    }
}

/// Plays every class of collectives on every lane of a scenario's fabric: see [`lanes::on_lanes`].
fn play_all(
    scenario: &Scenario,
    workload: &Workload,
    graph: &StepGraph,
    options: &RunOptions,
    watch: &dyn Watch,
    proofs: &Proofs,
) -> Result<Vec<Vec<Option<PlayedGroups>>>, RunError> {
    let nodes = scenario.fabric.endpoints();
    let groups = |purpose: Purpose, lane: u32| -> Vec<Vec<NodeId>> {
        let ranks = workload.parallel.groups(purpose, lane);
        ranks.into_iter().map(|group| group.into_iter().map(|rank| nodes[rank as usize]).collect()).collect()
    };
    lanes::on_lanes(graph, &|lane, class| {
        let kind = &graph.classes[class as usize];
        let mut groups = groups(kind.purpose, lane);
        if kind.pattern == Pattern::Send {
            // Both ways at once: activations go on while gradients come back.
            let back: Vec<Vec<NodeId>> =
                groups.iter().map(|pair| pair.iter().rev().copied().collect()).collect();
            groups.extend(back);
        }
        play_groups(scenario, operation(kind), &groups, options, watch, proofs)
    })
}

/// The operation of a class of collectives, and its size.
pub fn operation(class: &Class) -> (Op, Bytes) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of tensors")]
    let bytes = Bytes(class.bytes.ceil() as u64);
    (play::op(class.pattern), bytes)
}
