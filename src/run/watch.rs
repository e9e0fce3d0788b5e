//! Watching a run from outside.

use super::Forecast;
use crate::engine::Work;

/// Watches a run; told from several threads.
pub trait Watch: Sync {
    /// All is prepared, and this is what is to come.
    fn begin(&self, forecast: &Forecast) {
        let _ = forecast;
    }

    /// So many more transfers are done, of those of all cases. Those that others stand for and those of rounds that are
    /// skipped are done at once.
    fn advance(&self, transfers: u64) {
        let _ = transfers;
    }

    /// A job is done, with so much work.
    fn done(&self, work: &Work) {
        let _ = work;
    }

    /// Whether the run should stop.
    fn stop(&self) -> bool {
        false
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Watch for Quiet {}
