//! What a search has finished, so that it can go on where it was interrupted.

use crate::planner::score::{Score, Wiring};

/// Keeps scores of networks. Told and asked from several threads.
pub trait Journal: Sync {
    /// The score of a network that was kept.
    fn known(&self, key: &str) -> Option<Score>;

    /// Keeps a score for good.
    fn keep(&self, key: &str, score: &Score);
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoJournal;

impl Journal for NoJournal {
    fn known(&self, _key: &str) -> Option<Score> {
        None
    }

    fn keep(&self, _key: &str, _score: &Score) {}
}

/// The name of a network in a journal.
pub(super) fn key(base: usize, wiring: &Wiring) -> String {
    format!("{base} {wiring:?}")
}
