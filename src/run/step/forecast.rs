//! What a step will cost: its tasks and the collectives that are played for them.

use super::{sample, tasks_of, used};
use crate::engine::EngineKind;
use crate::run::{RunError, RunOptions, Scenario};
use crate::workload::{Network, Tier};

/// What a step will cost, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepForecast {
    /// Pipeline ranks, each of which stands for all that do the same.
    pub lanes: u64,
    /// Tasks of the graph; 0 for closed forms.
    pub tasks: u64,
    /// Collectives that differ in purpose, operation or size.
    pub classes: u64,
    /// Collectives that are played where all lanes come to the same.
    pub least_played: u64,
    /// Collectives that are played where every lane comes to something else.
    pub most_played: u64,
}

/// Counts what a step will play, and plays nothing; `None` where the scenario has no step.
///
/// # Errors
/// Where the pipeline has no order, or threads cannot be had.
pub fn step_forecast(scenario: &Scenario, options: &RunOptions) -> Result<Option<StepForecast>, RunError> {
    let Some(workload) = &scenario.workload else { return Ok(None) };
    // The graph does not depend on how fast links are.
    let tier = Tier { bandwidth: f64::INFINITY, latency: 0.0, launch: 0.0 };
    let network = Network { scaleup: tier, scaleout: tier, domain: workload.accelerator.domain };
    let Some(step) = workload.step(network) else { return Ok(None) };
    let engine = scenario.engines.first().copied().unwrap_or(EngineKind::Fluid);
    if engine == EngineKind::Analytic {
        let lanes = u64::from(step.parallel.pp);
        return Ok(Some(StepForecast { lanes, tasks: 0, classes: 0, least_played: 0, most_played: 0 }));
    }
    let graph = crate::run::pool(options)?.install(|| tasks_of(&step))?;
    let used = used(&graph);
    let looked_at = sample(used.len());
    let of = |lane: &Vec<bool>| lane.iter().filter(|used| **used).count() as u64;
    let first = used.iter().enumerate().filter(|(lane, _)| looked_at.contains(lane));
    Ok(Some(StepForecast {
        lanes: u64::from(graph.lanes),
        tasks: graph.tasks.len() as u64,
        classes: graph.classes.len() as u64,
        least_played: first.map(|(_, lane)| of(lane)).sum(),
        most_played: used.iter().map(of).sum(),
    }))
}
