//! Watching a run from outside.

/// Watches a run; told from several threads.
pub trait Watch: Sync {
    /// The run begins; so many transfers will be simulated.
    fn begin(&self, transfers: u64) {
        let _ = transfers;
    }

    /// So many more transfers were simulated.
    fn advance(&self, transfers: u64) {
        let _ = transfers;
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
