//! The best of a search on the fabric itself.

use std::sync::Arc;

use super::{Candidate, Found, Plain, Question, Settings, TuneError, Watch};
use crate::engine::EngineKind;
use crate::result::StepResult;
use crate::run::{Proofs, Scenario, run_step_on};
use crate::workload::{Task, Training, Workload};

impl Question<'_> {
    /// The scenario with its step divided so, for the fluid engine.
    pub fn divided(&self, candidate: &Candidate) -> Scenario {
        let Task::Train(training) = self.workload.task else { return self.scenario.clone() };
        let mut batch = training.batch;
        batch.micro = candidate.micro;
        let training = Training { batch, recompute: candidate.recompute, ..training };
        let workload =
            Workload { parallel: candidate.parallel, task: Task::Train(training), ..self.workload.clone() };
        Scenario {
            engines: vec![EngineKind::Fluid],
            workload: Some(Arc::new(workload)),
            ..self.scenario.clone()
        }
    }
}

/// Simulates the first of the best, one after another: each by all threads.
pub(super) fn confirm(
    question: &Question<'_>,
    found: &Found,
    settings: &Settings,
    watch: &dyn Watch,
) -> Result<Vec<StepResult>, TuneError> {
    let chosen: Vec<_> = found.best.iter().take(settings.confirm).collect();
    watch.confirming(chosen.len());
    let proofs = Proofs::default();
    let mut results = Vec::new();
    for rated in chosen {
        let scenario = question.divided(&rated.candidate);
        let ran = run_step_on(&scenario, question.network, &settings.run, &Plain(watch), &proofs)?;
        results.extend(ran);
        watch.confirmed();
    }
    Ok(results)
}
