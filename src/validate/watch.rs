//! Watching a validation from outside.

use crate::run::Quiet;

/// Watches a validation; told from several threads.
pub trait Watch: Sync {
    /// So many files are to come.
    fn begin(&self, files: usize) {
        let _ = files;
    }

    /// One more file is done.
    fn advance(&self) {}

    /// Whether it should stop.
    fn stop(&self) -> bool {
        false
    }
}

impl Watch for Quiet {}
