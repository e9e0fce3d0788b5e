//! Why a search came to nothing.

use thiserror::Error;

use crate::run::RunError;

/// Why a search came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TuneError {
    /// A scenario of collectives.
    #[error("there is no `[workload]`: only training steps have a division to search")]
    NoStep,
    /// No division keeps the rules and the axes asked for.
    #[error(
        "no division of {ranks} GPUs keeps to `[tune]`: none of {configurations} combinations of its values suits"
    )]
    None {
        /// Ranks that there are.
        ranks: u64,
        /// Combinations of values.
        configurations: u64,
    },
    /// A network or a step that cannot be simulated.
    #[error(transparent)]
    Run(#[from] RunError),
}
