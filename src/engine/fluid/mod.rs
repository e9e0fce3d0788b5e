//! The fluid engine: event-driven flows with exact max-min fair sharing.
//!
//! A transfer is *ready* when all that it depends on has happened. It occupies every link of its route from then until
//! it is *sent* (the integral of its rate has reached its size) and is *received* one path latency later (cut-through).
//! Simultaneous events are one event. Lanes that share no link with any other lane of the job never enter the solver;
//! of the rest, only the connected components that an event touches are solved again.

mod agenda;
mod arrivals;
mod block;
mod classes;
mod component;
mod components;
mod drain;
mod flows;
mod layout;
mod lockstep;
mod members;
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
use classes::Quotient;
use plan::Plan;

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
    // A probe that wants every transfer gets every transfer.
    let options = if P::TRANSFERS { Options::PLAIN } else { options };
    let plan = Plan::new(job);
    match Way::of(&plan, options) {
        Way::Known(outcome) => *outcome,
        Way::Folded(quotient) => {
            let played = simulate::run(&quotient.plan, options.skip, probe);
            played.outcome(&plan, |lane| quotient.class[lane] as usize)
        }
        Way::Whole => simulate::run(&plan, options.skip, probe).outcome(&plan, |lane| lane),
    }
}

/// What playing a job comes to at most, found at the cost of looking for short cuts.
pub fn outlook(job: &Job<'_>, options: Options) -> Outlook {
    let plan = Plan::new(job);
    match Way::of(&plan, options) {
        Way::Known(_) => Outlook { lanes: 0, transfers: 0 },
        Way::Folded(quotient) => Outlook::of(&quotient.plan),
        Way::Whole => Outlook::of(&plan),
    }
}

/// What is to be played of a job: rounds that repeat may make it less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    /// Lanes, one of each class.
    pub lanes: u64,
    /// Transfers of these lanes.
    pub transfers: u64,
}

impl Outlook {
    fn of(plan: &Plan<'_>) -> Self {
        let transfers = plan.lanes.iter().map(|lane| u64::from(lane.steps)).sum();
        Self { lanes: plan.lanes.len() as u64, transfers }
    }
}

/// How a plan is played.
enum Way<'a> {
    /// Not at all: what becomes of it follows without.
    Known(Box<Outcome>),
    /// A lane for each class.
    Folded(Box<Quotient<'a>>),
    /// As it is.
    Whole,
}

impl<'a> Way<'a> {
    fn of(plan: &Plan<'a>, options: Options) -> Self {
        if options.skip
            && let Some(outcome) = ring::outcome(plan)
        {
            return Self::Known(Box::new(outcome));
        }
        match options.symmetry.then(|| classes::quotient(plan)).flatten() {
            Some(quotient) => Self::Folded(Box::new(quotient)),
            None => Self::Whole,
        }
    }
}
