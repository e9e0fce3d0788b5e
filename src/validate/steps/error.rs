//! Why a file of step times cannot be validated.

use thiserror::Error;

use crate::exchange::Rejected;

/// Why a file of step times cannot be validated. Rows that cannot be used are not among these: they are left out.
#[derive(Debug, Error)]
pub enum StepsError {
    /// The system could not read it.
    #[error("cannot read `{path}`: {why}")]
    Io {
        /// The file.
        path: String,
        /// What stands against it.
        why: String,
    },
    /// It holds no row that can be used.
    #[error("{0}")]
    Rejected(Rejected),
    /// No threads could be had.
    #[error("cannot start threads: {message}")]
    Threads {
        /// What the system says.
        message: String,
    },
    /// The watch said stop.
    #[error("interrupted")]
    Cancelled,
}
