//! Why a checked scenario could not be run.

use thiserror::Error;

use crate::collective::VerifyFault;
use crate::collective::algo::Unserved;
use crate::route::Unreachable;
use crate::units::Bytes;
use crate::workload::Misfit;

/// Why a checked scenario could not be run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RunError {
    /// An algorithm cannot serve its ranks.
    #[error(transparent)]
    Unserved(#[from] Unserved),
    /// Two ranks cannot reach each other.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// A schedule is wrong: a fault of railspine's own.
    #[error("the schedule of `{algorithm}` is wrong, please report this: {fault}")]
    Schedule {
        /// The algorithm.
        algorithm: &'static str,
        /// What is wrong.
        fault: VerifyFault,
    },
    /// It would need too much memory.
    #[error("this run would need about {}, more than the {} of `--max-memory`", Bytes(*.need), Bytes(*.limit))]
    Memory {
        /// Bytes needed, about.
        need: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A collective does not end within the range of simulated time.
    #[error("`{op}` by `{algorithm}` of {bytes} does not end within 213 days of simulated time")]
    Endless {
        /// The operation.
        op: &'static str,
        /// The algorithm.
        algorithm: &'static str,
        /// The size.
        bytes: Bytes,
    },
    /// A pipeline that has no order.
    #[error("the pipeline cannot be run: {why}")]
    Pipeline {
        /// What is wrong.
        why: String,
    },
    /// A division that suits not all, of a file that leaves it open.
    #[error(
        "the step cannot be divided so: {why}; say how with `[workload.parallel]`, or let `railspine tune` find it"
    )]
    Undivided {
        /// What does not fit.
        why: Misfit,
    },
    /// Stopped from outside.
    #[error("interrupted")]
    Cancelled,
    /// No threads.
    #[error("cannot start threads: {message}")]
    Threads {
        /// What the system said.
        message: String,
    },
}
