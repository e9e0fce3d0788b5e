//! Progress with an ETA on stderr, and the way out on Ctrl-C.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::run::Watch;

/// Set by Ctrl-C.
fn interrupted() -> &'static Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&flag);
        // Without a handler Ctrl-C still ends the program, only less politely.
        let _ = ctrlc::set_handler(move || seen.store(true, Ordering::Relaxed));
        flag
    })
}

/// A bar that hides itself where stderr is no terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    stop: Arc<AtomicBool>,
}

impl Progress {
    /// A bar, hidden where it is not wanted.
    pub(super) fn new(shown: bool, name: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
        if !shown {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let style = ProgressStyle::with_template("{msg} {bar:32} {percent}% of {len} transfers, {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_message(name.to_string());
        Self { bar, stop: Arc::clone(interrupted()) }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Progress {
    fn begin(&self, transfers: u64) {
        self.bar.set_length(transfers);
        self.bar.enable_steady_tick(Duration::from_millis(500));
    }

    fn advance(&self, transfers: u64) {
        self.bar.inc(transfers);
    }

    fn stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
