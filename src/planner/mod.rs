//! The search for a division of a training step: every way to divide it over the ranks of a fabric that keeps the rules,
//! by closed forms; then the best of them on the fabric itself.

mod candidate;
mod confirm;
pub mod design;
mod error;
pub mod floor;
pub mod front;
pub mod planned;
pub mod price;
pub mod score;
mod search;
mod tell;
mod walk;
mod why;

pub use candidate::{Candidate, Rated};
pub use error::TuneError;
pub use search::{Counts, Found, search};
pub use walk::Walk;

use crate::result::TuneResult;
use crate::run::{self, RunOptions, Scenario};
use crate::workload::{Limit, Network, Step, Workload};

/// Watches a search.
pub trait Watch: run::Watch {
    /// The search is done; so many are to be simulated.
    fn confirming(&self, count: usize) {
        let _ = count;
    }

    /// One of them was.
    fn confirmed(&self) {}
}

impl Watch for run::Quiet {}

/// How to search.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many of the best are simulated.
    pub confirm: usize,
    /// How steps are simulated.
    pub run: RunOptions,
}

/// A search among the divisions of a training step.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The scenario, whose `tune` says where to look.
    pub scenario: &'a Scenario,
    /// Its step.
    pub workload: &'a Workload,
    /// What it communicates over.
    pub network: Network,
    /// Ranks that it is divided over.
    pub ranks: u64,
}

impl<'a> Question<'a> {
    /// The step as the scenario divides it, of which all candidates keep what is no axis of the search.
    pub fn base(&self) -> Option<Step<'a>> {
        let mut base = self.workload.step(self.network)?;
        if base.parallel.tp == 1 {
            // Without tensor parallelism nothing says whether it would divide sequences: the software does.
            base.parallel.sequence = base.habits.sequence;
        }
        Some(base)
    }

    /// Ranks that a step is divided over.
    pub const fn ranks(&self) -> u64 {
        self.ranks
    }

    /// Bytes that a step may take of an accelerator's memory.
    pub fn limit(&self) -> f64 {
        let all = self.workload.accelerator.memory;
        match self.scenario.tune.limit {
            None => all,
            Some(Limit::Bytes(bytes)) => bytes,
            Some(Limit::Part(part)) => part * all,
        }
    }
}

/// Searches, simulates the best, and tells.
///
/// # Errors
/// Where the scenario has no training step, no division keeps to the axes asked for, a step cannot be simulated, or
/// `watch` says stop.
pub fn tune(scenario: &Scenario, settings: &Settings, watch: &dyn Watch) -> Result<TuneResult, TuneError> {
    let workload = scenario.workload.as_deref().ok_or(TuneError::NoStep)?;
    let threads = run::threads(settings.run.threads).map_err(|message| run::RunError::Threads { message })?;
    let network = run::step_network(scenario, &settings.run, &Plain(watch))?.ok_or(TuneError::NoStep)?;
    let ranks = scenario.fabric.endpoints().len() as u64;
    let question = Question { scenario, workload, network, ranks };
    let keep = scenario.tune.top.max(settings.confirm);
    let found = threads.install(|| search(&question, keep, &Plain(watch)))?;
    let simulated = confirm::confirm(&question, &found, settings, watch)?;
    tell::tell(&question, &found, simulated)
}

/// Passes on whether to stop, and nothing else: a search plays many runs, none of which is one to tell of.
struct Plain<'a>(&'a dyn Watch);

impl run::Watch for Plain<'_> {
    fn stop(&self) -> bool {
        self.0.stop()
    }
}
