//! Progress with an ETA on stderr, and the way out on Ctrl-C.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::term::Term;
use crate::engine::Work;
use crate::report::{ForecastReport, work};
use crate::run::{Forecast, Watch};

/// Runs that may take longer than so many seconds are told of.
const LONG: f64 = 2.0;
/// They are when they did not end at once, within this time: where rounds are skipped, long runs are short.
const AT_ONCE: Duration = Duration::from_millis(300);

/// Set by Ctrl-C.
pub(super) fn interrupted() -> &'static Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&flag);
        // Without a handler Ctrl-C still ends the program, only less politely.
        let _ = ctrlc::set_handler(move || seen.store(true, Ordering::Relaxed));
        flag
    })
}

/// A bar that hides itself where stderr is no terminal, and where it is not wanted.
pub(super) fn bar(shown: bool) -> ProgressBar {
    let target = if shown { ProgressDrawTarget::stderr_with_hz(4) } else { ProgressDrawTarget::hidden() };
    ProgressBar::with_draw_target(None, target)
}

/// A bar with an ETA, and what is said before and after.
pub(super) struct Progress<'a> {
    bar: ProgressBar,
    pace: Arc<Pace>,
    stop: Arc<AtomicBool>,
    term: &'a Term,
    name: String,
    shown: bool,
    verbose: bool,
    /// When a long run began and what it will cost, until that is told.
    long: Mutex<Option<(Instant, String)>>,
    /// Lanes, classes, transfers simulated and skipped so far.
    work: [AtomicU64; 4],
}

impl<'a> Progress<'a> {
    /// A bar, hidden where it is not wanted.
    pub(super) fn new(term: &'a Term, shown: bool, verbose: bool, name: &str) -> Self {
        let bar = bar(shown);
        let pace = Arc::new(Pace::default());
        let style = ProgressStyle::with_template("{msg} {bar:32} {percent}% of {len} transfers{left}");
        if let Ok(style) = style {
            let pace = Arc::clone(&pace);
            let left = move |state: &ProgressState, to: &mut dyn fmt::Write| {
                let left = state.len().unwrap_or(0).saturating_sub(state.pos());
                // A bar that cannot be written is no reason to stop.
                let _ =
                    pace.left(state.elapsed(), left).map(|left| write!(to, ", {} left", HumanDuration(left)));
            };
            bar.set_style(style.with_key("left", left));
        }
        bar.set_message(name.to_string());
        let stop = Arc::clone(interrupted());
        let (name, long) = (name.to_string(), Mutex::new(None));
        Self { bar, pace, stop, term, name, shown, verbose, long, work: Default::default() }
    }

    /// Tells what a long run will cost, once.
    fn tell(&self) {
        let due = |long: &mut (Instant, String)| long.0.elapsed() >= AT_ONCE;
        // Who finds it locked need not tell it.
        let told = self.long.try_lock().ok().and_then(|mut long| long.take_if(due));
        if let Some((_, sentence)) = told {
            self.bar.suspend(|| self.term.say(&sentence));
        }
    }

    /// Takes the bar away, and tells what it took where that is wanted.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
        if self.verbose {
            let [lanes, classes, simulated, skipped] =
                [0, 1, 2, 3].map(|which: usize| self.work[which].load(Ordering::Relaxed));
            self.term.say(&format!("{}: {}", self.name, work(&Work { lanes, classes, simulated, skipped })));
        }
    }
}

impl Watch for Progress<'_> {
    fn begin(&self, forecast: &Forecast) {
        let sentence = ForecastReport::new(&self.name, forecast).sentence();
        if self.verbose {
            self.term.say(&sentence);
        } else if self.shown && forecast.seconds > LONG {
            *self.long.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), sentence));
        }
        self.bar.set_length(forecast.transfers);
        self.bar.reset_elapsed();
        self.bar.enable_steady_tick(Duration::from_millis(500));
    }

    fn advance(&self, transfers: u64) {
        self.pace.note(transfers);
        self.bar.inc(transfers);
    }

    fn done(&self, work: &Work) {
        let parts = [work.lanes, work.classes, work.simulated, work.skipped];
        for (sum, part) in self.work.iter().zip(parts) {
            sum.fetch_add(part, Ordering::Relaxed);
        }
    }

    fn stop(&self) -> bool {
        self.tell();
        self.stop.load(Ordering::Relaxed)
    }
}

/// How fast transfers are played. Those that are skipped are done in no time and say nothing about those to come, so
/// leaps are left out.
#[derive(Debug, Default)]
struct Pace {
    steps: AtomicU64,
    transfers: AtomicU64,
}

/// A step of so many times the mean of all before is a leap.
const LEAP: u64 = 64;

impl Pace {
    fn note(&self, transfers: u64) {
        let steps = self.steps.load(Ordering::Relaxed);
        let mean = self.transfers.load(Ordering::Relaxed) / steps.max(1);
        if transfers > 0 && (steps == 0 || transfers / LEAP <= mean) {
            self.steps.fetch_add(1, Ordering::Relaxed);
            self.transfers.fetch_add(transfers, Ordering::Relaxed);
        }
    }

    /// How long so many more transfers will take, if none of them is skipped; `None` while that cannot be said.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn left(&self, elapsed: Duration, left: u64) -> Option<Duration> {
        let played = self.transfers.load(Ordering::Relaxed);
        let seconds = elapsed.as_secs_f64() * left as f64 / played as f64;
        // Nothing was played, or it would take longer than durations last.
        Duration::try_from_secs_f64(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaps_do_not_count() {
        let pace = Pace::default();
        assert_eq!(pace.left(Duration::from_secs(1), 10), None);
        for _ in 0..10 {
            pace.note(1_000);
        }
        pace.note(1 << 40);
        pace.note(2_000);
        let left = pace.left(Duration::from_secs(12), 24_000);
        assert_eq!(left, Some(Duration::from_secs(24)));
        assert_eq!(pace.left(Duration::from_secs(12), 0), Some(Duration::ZERO));
    }
}
