//! Why a pipeline has no order.

use thiserror::Error;

/// What is wrong with the shape of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OrderFault {
    /// A count of 0.
    #[error("a pipeline of 0 {0}: it needs at least 1")]
    None(&'static str),
    /// Stages per rank that a schedule has no order for.
    #[error("`{schedule}` has {expected} on each rank, not {found}")]
    Chunks {
        /// The schedule's name in files.
        schedule: &'static str,
        /// How many it has, in words.
        expected: &'static str,
        /// What was given.
        found: u32,
    },
    /// Ranks that cannot be cut in two halves.
    #[error("`{schedule}` runs from both ends to the middle: it needs an even number of ranks, not {found}")]
    Odd {
        /// The schedule's name in files.
        schedule: &'static str,
        /// What was given.
        found: u32,
    },
    /// More passes than 32 bits can number.
    #[error(
        "{ranks} ranks with {micro_batches} micro-batches make {passes} passes: {} is the most",
        u32::MAX
    )]
    TooMany {
        /// How many ranks there are.
        ranks: u32,
        /// How many micro-batches there are.
        micro_batches: u32,
        /// How many passes the construction goes through.
        passes: u128,
    },
}
