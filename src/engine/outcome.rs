//! What an engine tells.

use crate::units::Time;

/// Where the time on the critical path of a collective went. The parts sum to its duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Breakdown {
    /// Latency of the paths.
    pub latency: Time,
    /// Transfers at the rate that each would have alone.
    pub transfer: Time,
    /// What transfers took longer because links were shared.
    pub sharing: Time,
}

/// What became of one collective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectiveOutcome {
    /// When it started.
    pub start: Time,
    /// When the last rank had received everything.
    pub finish: Time,
    /// Where the time between went.
    pub breakdown: Breakdown,
}

/// What became of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Of each collective, in the job's order.
    pub collectives: Vec<CollectiveOutcome>,
    /// Bytes that crossed each resource of the routes.
    pub resource_bytes: Vec<f64>,
    /// How many transfers were simulated.
    pub flows: u64,
    /// How many times rates were solved for.
    pub solves: u64,
    /// True where the job was cancelled, so that the rest is of no use.
    pub cancelled: bool,
}
