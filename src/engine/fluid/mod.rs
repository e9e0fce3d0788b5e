//! The fluid engine: event-driven flows with exact max-min fair sharing.
//!
//! A transfer is *ready* when all that it depends on has happened. It occupies every link of its route from then until
//! it is *sent* (the integral of its rate has reached its size) and is *received* one path latency later (cut-through).
//! Simultaneous events are one event. Lanes that share no link with any other lane of the job never enter the solver;
//! of the rest, only the connected components that an event touches are solved again.

mod agenda;
mod arrivals;
mod block;
mod component;
mod components;
mod drain;
mod flows;
mod lockstep;
mod needed;
mod network;
mod plan;
pub mod reference;
mod region;
mod repeat;
mod ring;
mod rows;
mod shares;
mod sharing;
mod simulate;
mod waves;
mod windows;

use super::{Job, Outcome, Probe};

/// Which short cuts may be taken. None of them changes what comes out, to the picosecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether links and lanes that play the same role may be simulated as one.
    pub symmetry: bool,
    /// Whether rounds that repeat, or that follow from path windows, may be skipped.
    pub skip: bool,
}

impl Default for Options {
    /// All of them.
    fn default() -> Self {
        Self { symmetry: true, skip: true }
    }
}

impl Options {
    /// None of them: every transfer is simulated.
    pub const PLAIN: Self = Self { symmetry: false, skip: false };
}

/// Runs a job with all short cuts.
pub fn run<P: Probe>(job: &Job<'_>, probe: &mut P) -> Outcome {
    run_with(job, Options::default(), probe)
}

/// Runs a job. Memory is proportional to lanes and their dependencies, not to transfers.
pub fn run_with<P: Probe>(job: &Job<'_>, options: Options, probe: &mut P) -> Outcome {
    let plan = plan::Plan::new(job);
    if options.skip
        && !P::TRANSFERS
        && let Some(outcome) = ring::outcome(&plan)
    {
        return outcome;
    }
    simulate::run(&plan, options.skip, probe)
}
