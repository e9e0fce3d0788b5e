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
    /// What it took.
    pub work: Work,
    /// True where the job was cancelled, so that the rest is of no use.
    pub cancelled: bool,
}

/// What a job took: how much of it was played, and how much followed from that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Lanes of all collectives.
    pub lanes: u64,
    /// Lanes that were played for them: as many, unless some stand for several.
    pub classes: u64,
    /// Transfers that were played one by one.
    pub simulated: u64,
    /// Transfers that were not: those of lanes that others stand for, and of rounds that repeat or follow from path
    /// windows.
    pub skipped: u64,
}
