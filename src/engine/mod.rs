//! Engines: a [`Job`] in, an [`Outcome`] out. All engines take the same job.
//! [`tasks`] is apart: it runs whole steps, of compute and collectives whose time alone is known.

pub mod analytic;
pub mod fluid;
mod fold;
mod job;
mod outcome;
mod probe;
pub mod tasks;

pub use fold::{Fold, FoldedLane};
pub use job::{Collective, Job, Steps};
pub use outcome::{Breakdown, CollectiveOutcome, Outcome, Work};
pub use probe::{Probe, Silent, Timeline, TimelineSpan, TransferRecord};

/// Which engine runs a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngineKind {
    /// Closed forms and a congestion bound.
    Analytic,
    /// Event-driven flows with exact max-min fair sharing.
    Fluid,
}

impl EngineKind {
    /// All engines.
    pub const ALL: [Self; 2] = [Self::Analytic, Self::Fluid];

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Analytic => "analytic",
            Self::Fluid => "fluid",
        }
    }

    /// The engine of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.name() == name)
    }
}
