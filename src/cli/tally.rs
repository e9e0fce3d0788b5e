//! Progress over files, where each takes about as long as another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::progress::{bar, interrupted};
use crate::validate::Watch;

/// A bar over files.
pub(super) struct Tally {
    bar: ProgressBar,
    stop: Arc<AtomicBool>,
}

impl Tally {
    /// A bar, hidden where it is not wanted.
    pub(super) fn new(shown: bool, name: &'static str) -> Self {
        let bar = bar(shown);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:32} {pos} of {len} files, {eta} left") {
            bar.set_style(style);
        }
        bar.set_message(name);
        Self { bar, stop: Arc::clone(interrupted()) }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Tally {
    fn begin(&self, files: usize) {
        self.bar.set_length(files as u64);
        self.bar.reset_elapsed();
        self.bar.enable_steady_tick(Duration::from_millis(500));
    }

    fn advance(&self) {
        self.bar.inc(1);
    }

    fn stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
