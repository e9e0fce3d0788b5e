//! Playing a trace on a fabric: nodes become tasks, collectives are played by the fluid engine, and the task engine plays
//! them all, with links that are shared while they are used at once.

mod lower;
mod network;
mod tell;

use crate::engine::{Probe, tasks};
use crate::result::ReplayResult;
use crate::run::{Proofs, RunError, RunOptions, Scenario, Watch};
use crate::workload::{Accelerator, Format};

use super::Trace;
use lower::lower;
use network::Network;

/// What a trace is played on.
pub struct Ground<'a> {
    /// The fabric and the library, as a scenario; its collectives and its workload are not looked at.
    pub scenario: &'a Scenario,
    /// For nodes that tell operations or bytes and no time.
    pub accelerator: Option<&'a Accelerator>,
    /// What a pipeline's bubble adds, as a part of the trace's time.
    pub bubble_share: f64,
    /// The format that the trace came from.
    pub format: &'a str,
}

/// Why a trace could not be played.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// More ranks than the fabric has accelerators.
    #[error("the trace is of {ranks} ranks, and the fabric has {gpus} accelerators")]
    Ranks {
        /// Ranks of the job.
        ranks: u32,
        /// Accelerators of the fabric.
        gpus: usize,
    },
    /// A node whose time is not known.
    #[error(
        "rank {rank}, node {id} {name}: it tells no time, only operations or bytes; name an accelerator with `--accelerator`"
    )]
    NoTime {
        /// The rank.
        rank: u32,
        /// The node's id.
        id: u64,
        /// Its name.
        name: String,
    },
    /// A collective that cannot be played.
    #[error("`{op}` is not simulated: rank {rank}, node {id} {name}")]
    NotSimulated {
        /// The operation.
        op: &'static str,
        /// The rank.
        rank: u32,
        /// The node's id.
        id: u64,
        /// Its name.
        name: String,
    },
    /// The trace does not fit together.
    #[error("the trace does not fit together: {0}")]
    Unsound(String),
    /// The fabric cannot serve it.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Plays a trace.
///
/// A node waits for its data dependencies, as in programs that play Chakra traces. Nodes of one rank that compute at once
/// share its accelerator. A collective begins when all ranks of its group that the trace holds have come to it, and a
/// group does one at a time; a message begins when its sender comes to it and its receiver waits for it. Ranks that the trace
/// does not hold are taken to come in time.
///
/// # Errors
/// See [`ReplayError`].
pub fn replay(
    trace: &Trace,
    ground: &Ground<'_>,
    options: &RunOptions,
    watch: &dyn Watch,
) -> Result<ReplayResult, ReplayError> {
    let gpus = ground.scenario.fabric.endpoints().len();
    if trace.size as usize > gpus {
        return Err(ReplayError::Ranks { ranks: trace.size, gpus });
    }
    let proofs = Proofs::default();
    let mut network = Network::new(ground.scenario, options, watch, &proofs);
    let lowered = lower(trace, ground.accelerator, &mut network)?;
    let outcome = tasks::run(&lowered.job, &mut Stop(watch));
    if outcome.cancelled {
        return Err(RunError::Cancelled.into());
    }
    Ok(tell::tell(trace, ground, &lowered, &outcome))
}

/// Seconds of operations and bytes on an accelerator: the longer of both, at the most that was measured of its 16-bit peak
/// and at four fifths of its memory bandwidth.
fn seconds(accelerator: &Accelerator, flops: f64, bytes: f64) -> f64 {
    let rate = accelerator.peak(Format::Bf16) * accelerator.achieved(Format::Bf16).unwrap_or(0.8);
    (flops / rate).max(bytes / (0.8 * accelerator.memory_bandwidth))
}

/// Asks whether to stop.
struct Stop<'a>(&'a dyn Watch);

impl Probe for Stop<'_> {
    fn progress(&mut self, _done: u64, _total: u64) -> bool {
        !self.0.stop()
    }
}
