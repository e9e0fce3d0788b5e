//! One division of a step, and what it comes to.

use std::cmp::Ordering;

use crate::workload::{Parallel, Recompute, Sharding, Step};

/// A division of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// How ranks are divided.
    pub parallel: Parallel,
    /// Sequences of a micro-batch.
    pub micro: u32,
    /// What is done again.
    pub recompute: Recompute,
}

impl Candidate {
    /// As a step is divided.
    pub const fn of(step: &Step<'_>) -> Self {
        Self { parallel: step.parallel, micro: step.batch.micro, recompute: step.recompute }
    }

    /// The step, divided so.
    pub fn step<'a>(&self, base: &Step<'a>) -> Step<'a> {
        let mut step = *base;
        step.parallel = self.parallel;
        step.batch.micro = self.micro;
        step.recompute = self.recompute;
        step
    }

    /// What decides between candidates that are alike in time and memory: less is first.
    fn order(&self) -> [u32; 11] {
        let Parallel { tp, pp, vpp, cp, dp, ep, etp, sharding, schedule, .. } = self.parallel;
        let sharding = match sharding {
            Sharding::None => 0,
            Sharding::Optimizer => 1,
            Sharding::Gradients => 2,
            Sharding::Parameters => 3,
            Sharding::Hybrid(group) => group.saturating_add(4),
        };
        [tp, pp, vpp, cp, dp, ep, etp, sharding, schedule as u32, self.recompute as u32, self.micro]
    }
}

/// A candidate with its time and memory by closed forms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rated {
    /// The division.
    pub candidate: Candidate,
    /// Seconds of a step.
    pub seconds: f64,
    /// Bytes on the rank that keeps most.
    pub bytes: f64,
}

impl Rated {
    /// The faster first, then that with less memory, then that with less of each degree: no two are equal, so that the
    /// order of candidates is one whatever the order in which they were found.
    pub fn before(&self, other: &Self) -> Ordering {
        self.seconds
            .total_cmp(&other.seconds)
            .then_with(|| self.bytes.total_cmp(&other.bytes))
            .then_with(|| self.candidate.order().cmp(&other.candidate.order()))
    }

    /// That with less memory first, whatever its time; then as [`Self::before`].
    pub fn smaller(&self, other: &Self) -> Ordering {
        self.bytes.total_cmp(&other.bytes).then_with(|| self.candidate.order().cmp(&other.candidate.order()))
    }
}
