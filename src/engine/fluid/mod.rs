//! The fluid engine: event-driven flows with exact max-min fair sharing.
//!
//! A transfer is *ready* when all that it depends on has happened. It occupies every link of its route from then until
//! it is *sent* (the integral of its rate has reached its size) and is *received* one path latency later (cut-through).
//! Simultaneous events are one event. Lanes that share no link with any other lane of the job never enter the solver;
//! of the rest, only the connected components that an event touches are solved again.

mod agenda;
mod arrivals;
mod drain;
mod lockstep;
mod needed;
mod plan;
pub mod reference;
mod rows;
mod sharing;
mod simulate;

use super::{Job, Outcome, Probe};

/// Runs a job. Memory is proportional to lanes and their dependencies, not to transfers.
pub fn run<P: Probe>(job: &Job<'_>, probe: &mut P) -> Outcome {
    simulate::run(job, probe)
}
