//! A training step on a fabric: its graph of tasks, with collectives that were played there.

pub(super) mod breakdown;
pub(super) mod network;
pub(super) mod play;
mod rows;
mod tell;

use rayon::prelude::*;

use super::{Proofs, RunError, RunOptions, Scenario, Watch, pool};
use crate::engine::{EngineKind, Probe, tasks};
use crate::ids::NodeId;
use crate::result::StepResult;
use crate::units::Time;
use crate::workload::{Cost, Pattern, Purpose, Step, StepGraph, Workload, graph, step_time};

use play::Played;

/// Runs the training step of a scenario by the first of its engines; `None` where it has none.
///
/// # Errors
/// Where the pipeline has no order, collectives cannot be played, or `watch` says stop.
pub fn run_step(
    scenario: &Scenario,
    options: &RunOptions,
    watch: &dyn Watch,
) -> Result<Option<StepResult>, RunError> {
    let Some(workload) = &scenario.workload else { return Ok(None) };
    pool(options)?.install(|| {
        let proofs = Proofs::default();
        let network = network::network(scenario, workload, network::SIZES, options, watch, &proofs)?;
        let Some(step) = workload.step(network) else { return Ok(None) };
        let engine = scenario.engines.first().copied().unwrap_or(EngineKind::Fluid);
        let ran = match engine {
            EngineKind::Analytic => {
                return Ok(Some(tell::closed(scenario, workload, &step, &step_time(&step))));
            }
            EngineKind::Fluid => fluid(scenario, workload, &step, options, watch, &proofs)?,
        };
        Ok(Some(tell::played(scenario, workload, &step, &ran)))
    })
}

/// A graph that was played.
pub(super) struct Ran {
    pub(super) graph: StepGraph,
    pub(super) outcome: tasks::TaskOutcome,
    /// By lane and class.
    pub(super) played: Vec<Vec<Option<Played>>>,
}

fn fluid(
    scenario: &Scenario,
    workload: &Workload,
    step: &Step<'_>,
    options: &RunOptions,
    watch: &dyn Watch,
    proofs: &Proofs,
) -> Result<Ran, RunError> {
    let graph = graph(step).map_err(|faults| RunError::Pipeline {
        why: faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    })?;
    ran(scenario, workload, graph, options, watch, proofs)
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
    let (rows, costs) = rows::rows(&played);
    let job = graph.job(rows, &costs).map_err(|faults| RunError::Pipeline {
        why: format!("{} faults in the graph of tasks", faults.len()),
    })?;
    let outcome = tasks::run(&job, &mut Stop(watch));
    if outcome.cancelled {
        return Err(RunError::Cancelled);
    }
    Ok(Ran { graph, outcome, played })
}

/// Asks whether to stop.
struct Stop<'a>(&'a dyn Watch);

impl Probe for Stop<'_> {
    fn progress(&mut self, _done: u64, _total: u64) -> bool {
        !self.0.stop()
    }
}

/// Lanes of which collectives are played to see whether all lanes stand alike.
const LOOKED_AT: usize = 4;

/// Plays every class of collectives on every lane. Where some lanes come to the same, first, last and in between, the
/// others are taken to as well: lanes are mostly shifted copies of one another. They use copies of one lane's links, so
/// that collectives of a lane share links there too, but not with other lanes.
fn play_all(
    scenario: &Scenario,
    workload: &Workload,
    graph: &StepGraph,
    options: &RunOptions,
    watch: &dyn Watch,
    proofs: &Proofs,
) -> Result<Vec<Vec<Option<Played>>>, RunError> {
    let nodes = scenario.fabric.endpoints();
    let groups = |purpose: Purpose, lane: u32| -> Vec<Vec<NodeId>> {
        let ranks = workload.parallel.groups(purpose, lane);
        ranks.into_iter().map(|group| group.into_iter().map(|rank| nodes[rank as usize]).collect()).collect()
    };
    let used = used(graph);
    let lanes = graph.lanes as usize;
    let wanted: Vec<(usize, usize)> = (0..lanes)
        .flat_map(|lane| (0..graph.classes.len()).map(move |class| (lane, class)))
        .filter(|(lane, class)| used[*lane][*class])
        .collect();
    let one = |(lane, class): (usize, usize)| -> Result<Option<Played>, RunError> {
        let kind = &graph.classes[class];
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of tensors")]
        let bytes = kind.bytes.ceil() as u64;
        let mut groups = groups(kind.purpose, u32::try_from(lane).unwrap_or(u32::MAX));
        if kind.pattern == Pattern::Send {
            // Both ways at once: activations go on while gradients come back.
            let back: Vec<Vec<NodeId>> =
                groups.iter().map(|pair| pair.iter().rev().copied().collect()).collect();
            groups.extend(back);
        }
        play::play(scenario, (kind.pattern, bytes), &groups, options, watch, proofs)
    };
    let mut found: Vec<Vec<Option<Played>>> = vec![vec![None; graph.classes.len()]; lanes];
    let sample: Vec<usize> = (0..LOOKED_AT).map(|at| at * (lanes - 1) / (LOOKED_AT - 1)).collect();
    let (first, rest): (Vec<_>, Vec<_>) = wanted.iter().copied().partition(|(lane, _)| sample.contains(lane));
    let played: Vec<Option<Played>> = first.par_iter().map(|at| one(*at)).collect::<Result<_, _>>()?;
    for ((lane, class), played) in first.iter().zip(played) {
        found[*lane][*class] = played;
    }
    // Of each class that is the same wherever it was looked at, one lane stands for the others.
    let alike: Vec<Option<Played>> = (0..graph.classes.len())
        .map(|class| {
            // A lane in between stands for the others, before those at the ends.
            let lanes = sample.iter().skip(1).chain(&sample[..1]);
            let mut seen = lanes.filter_map(|lane| found[*lane][class].as_ref());
            let first = seen.next()?;
            let same = |other: &Played| (other.time, other.latency) == (first.time, first.latency);
            seen.all(same).then(|| first.clone())
        })
        .collect();
    let (copied, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(_, class)| alike[*class].is_some());
    for (lane, class) in copied {
        let copy = u32::try_from(lane).unwrap_or(u32::MAX).saturating_add(1);
        found[lane][class] = alike[class].clone().map(|played| Played { copy, ..played });
    }
    let played: Vec<Option<Played>> = rest.par_iter().map(|at| one(*at)).collect::<Result<_, _>>()?;
    for ((lane, class), played) in rest.iter().zip(played) {
        found[*lane][*class] = played;
    }
    Ok(found)
}

/// Which classes of collectives each lane uses.
fn used(graph: &StepGraph) -> Vec<Vec<bool>> {
    let mut used = vec![vec![false; graph.classes.len()]; graph.lanes as usize];
    for task in &graph.tasks {
        if let crate::workload::Work::Collective { class, .. } = task.work {
            used[task.lane as usize][class as usize] = true;
        }
    }
    used
}

/// What a collective that was played costs a task.
fn cost(played: &Played, demands: Vec<(u32, f64)>) -> Cost {
    Cost { latency: played.latency, work: Time::from_ps(played.time.ps() - played.latency.ps()), demands }
}
