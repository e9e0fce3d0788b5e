//! Inference on a fabric: the prefill and a decode step for each batch, as graphs of tasks whose collectives are played there.

mod path;
mod tell;

use rayon::prelude::*;

use super::step::{self, Ran, network};
use super::{Proofs, RunError, RunOptions, Scenario, Watch, pool};
use crate::engine::EngineKind;
use crate::result::ServeResult;
use crate::workload::{Network, Served, Task, Workload, serve_graph};

/// Sizes at which tiers are looked at for the closed forms of decode steps, whose collectives are small.
const SMALL: (u64, u64) = (1 << 12, 1 << 20);

/// A phase with what it came to: nothing yet where closed forms will tell.
struct Phase<'a> {
    served: Served<'a>,
    ran: Option<Ran>,
}

/// Runs the inference of a scenario by the first of its engines; `None` where it has none.
///
/// # Errors
/// Where collectives cannot be played, or `watch` says stop.
pub fn run_serve(
    scenario: &Scenario,
    options: &RunOptions,
    watch: &dyn Watch,
) -> Result<Option<ServeResult>, RunError> {
    let Some(workload) = &scenario.workload else { return Ok(None) };
    let Task::Infer(serving) = &workload.task else { return Ok(None) };
    pool(options)?.install(|| {
        let proofs = Proofs::default();
        let tiers = |sizes| network::network(scenario, workload, sizes, options, watch, &proofs);
        let large = tiers(network::SIZES)?;
        let small = tiers(SMALL)?;
        let engine = scenario.engines.first().copied().unwrap_or(EngineKind::Fluid);
        let phase = |served: Option<Served<'_>>| -> Result<Option<Ran>, RunError> {
            let Some(served) = served.filter(|_| engine == EngineKind::Fluid) else { return Ok(None) };
            step::ran(scenario, workload, serve_graph(&served), options, watch, &proofs).map(Some)
        };
        let asked = asked(workload, &serving.batches, large, small);
        let ran: Vec<Option<Ran>> =
            asked.par_iter().map(|served| phase(Some(*served))).collect::<Result<_, _>>()?;
        let mut phases = asked.into_iter().zip(ran).map(|(served, ran)| Phase { served, ran });
        let Some(prefill) = phases.next() else { return Ok(None) };
        let decodes: Vec<Phase<'_>> = phases.collect();
        let largest = crate::workload::largest_batch(&prefill.served, |batch| workload.decode(batch, small));
        Ok(Some(tell::told(scenario, workload, engine, &prefill, &decodes, largest)))
    })
}

/// The prefill, and a decode step for each batch.
fn asked<'a>(workload: &'a Workload, batches: &[u32], large: Network, small: Network) -> Vec<Served<'a>> {
    let decodes = batches.iter().filter_map(|batch| workload.decode(*batch, small));
    workload.prefill(large).into_iter().chain(decodes).collect()
}
