//! Progress of work that is more than one run: over files, or until it has settled.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::progress::{bar, interrupted};
use crate::planner::planned::Stage;
use crate::{planner, run, validate};

/// A bar, and the way out on Ctrl-C.
pub(super) struct Tally {
    bar: ProgressBar,
    stop: Arc<AtomicBool>,
}

impl Tally {
    /// Over files, where each takes about as long as another; hidden where it is not wanted.
    pub(super) fn of_files(shown: bool, name: &'static str) -> Self {
        let tally = Self::open_ended(shown, name);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:32} {pos} of {len} files, {eta} left") {
            tally.bar.set_style(style);
        }
        tally
    }

    /// Over groups of rows, each of which is much work; nothing is shown before the first begins.
    pub(super) fn of_groups(shown: bool, name: &'static str) -> Self {
        let bar = bar(shown);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:32} {pos} of {len}, {eta} left") {
            bar.set_style(style);
        }
        bar.set_message(name);
        Self { bar, stop: Arc::clone(interrupted()) }
    }

    /// Of work whose end nobody knows: shows that something goes on.
    pub(super) fn open_ended(shown: bool, name: &'static str) -> Self {
        let bar = bar(shown);
        bar.set_message(name);
        bar.enable_steady_tick(Duration::from_millis(500));
        Self { bar, stop: Arc::clone(interrupted()) }
    }

    /// How far a plan is.
    pub(super) fn stage(&self, stage: Stage) {
        let (name, done, all) = match stage {
            Stage::Enumerating => ("enumerating designs", 0, 0),
            Stage::Searching(done, all) => ("deciding networks", done, all),
            Stage::Describing(done, all) => ("looking at the front", done, all),
            Stage::Drawing(done, all) => ("drawing designs up", done, all),
        };
        if self.bar.message() != name {
            self.bar.set_message(name);
            self.bar.reset_elapsed();
        }
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Whether Ctrl-C was pressed.
    pub(super) fn interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl validate::Watch for Tally {
    fn begin(&self, files: usize) {
        self.bar.set_length(files as u64);
        self.bar.reset_elapsed();
    }

    fn advance(&self) {
        self.bar.inc(1);
    }

    fn stop(&self) -> bool {
        self.interrupted()
    }
}

impl run::Watch for Tally {
    fn stop(&self) -> bool {
        self.interrupted()
    }
}

impl planner::Watch for Tally {
    fn confirming(&self, count: usize) {
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:32} {pos} of {len}") {
            self.bar.set_style(style);
        }
        self.bar.set_message("simulating the best");
        self.bar.set_length(count as u64);
    }

    fn confirmed(&self) {
        self.bar.inc(1);
    }
}
