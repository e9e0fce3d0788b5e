//! Files of other programs: measured collectives as CSV, what nccl-tests prints, placements of jobs, traces of steps.
//!
//! Readers take bytes and never panic, whatever the bytes are. A file that cannot be used is [`Rejected`] with
//! diagnostics; a row that cannot be used is left out with the reason.

pub mod aicb;
pub mod chakra;
mod lines;
pub mod measured;
pub mod nccl_tests;
pub mod placement;
mod records;
pub mod step_times;
pub mod trace;

use std::fmt;

pub use measured::{Given, Measured, Point, SkippedPoint};
pub use placement::Placement;

use crate::diag::{Diagnostic, FileId, SourceMap};

/// The largest size of a point, 1 PiB: what is beyond is a slip, and would overflow sums.
pub const MAX_BYTES: u64 = 1 << 50;

/// The shortest time of a point, in microseconds: the picosecond that simulated time counts in.
const MIN_TIME_US: f64 = 1e-6;

/// The longest time of a point, in microseconds: ten days.
const MAX_TIME_US: f64 = 864e9;

/// A file that cannot be used, and why.
#[derive(Debug, Clone)]
pub struct Rejected {
    /// The file, for rendering.
    pub sources: SourceMap,
    /// All that is wrong, in the order of places.
    pub diagnostics: Vec<Diagnostic>,
}

impl Rejected {
    /// The first fault with its place and the way out of it, and how many more there are, in one line.
    pub fn why(&self) -> String {
        let Some(first) = self.diagnostics.first() else { return "the file cannot be used".into() };
        let mut why = match first.labels.first() {
            Some(label) => {
                let (line, column) = line_and_column(&self.sources, label.place.file, label.place.span.start);
                format!("line {line}, column {column}: {}", first.message)
            }
            None => first.message.clone(),
        };
        if let Some(help) = first.help.first() {
            why.push_str(&format!("; {help}"));
        }
        match self.diagnostics.len() {
            0 | 1 => {}
            2 => why.push_str("; and one more fault"),
            n => why.push_str(&format!("; and {} more faults", n - 1)),
        }
        why
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.why())
    }
}

impl std::error::Error for Rejected {}

/// The line and the column of a byte of a file, both from 1; the column counts characters.
fn line_and_column(sources: &SourceMap, file: FileId, at: usize) -> (usize, usize) {
    let text = sources.text(file);
    let before = text.get(..at).unwrap_or(text);
    let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
    (line, 1 + before.rsplit('\n').next().unwrap_or_default().chars().count())
}

/// A text in backquotes as it may stand in one line: what cannot be printed is escaped, and long texts are cut.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    let mut told = String::from("`");
    for letter in text.chars().take(MOST) {
        match letter {
            // Marks that only a literal in a program needs to escape.
            '\'' | '"' | '\\' => told.push(letter),
            _ => told.extend(letter.escape_debug()),
        }
    }
    if text.chars().nth(MOST).is_some() {
        told.push_str("...");
    }
    told.push('`');
    told
}

/// Names in backquotes, with commas between them.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A size in bytes above zero: a whole number, which may be written with a fraction of zero or an exponent.
///
/// # Errors
/// What is wrong with it.
fn size(text: &str) -> Result<u64, String> {
    let whole = text.parse::<u64>().ok().or_else(|| {
        let number = text.parse::<f64>().ok()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "in range, as checked"
        )]
        let fits =
            (number >= 0.0 && number <= MAX_BYTES as f64 && number.fract() == 0.0).then_some(number as u64);
        fits
    });
    match whole.filter(|bytes| *bytes <= MAX_BYTES) {
        Some(0) => Err("a size of 0 measures no transfer".into()),
        Some(bytes) => Ok(bytes),
        None => Err(format!("expected a whole number of bytes up to {MAX_BYTES}, found {}", quoted(text))),
    }
}

/// A time in microseconds; `None` where none is given.
///
/// # Errors
/// What is wrong with it.
fn time_us(text: &str) -> Result<Option<f64>, String> {
    if is_absent(text) {
        return Ok(None);
    }
    match text.parse::<f64>().ok().filter(|time| (MIN_TIME_US..=MAX_TIME_US).contains(time)) {
        Some(time) => Ok(Some(time)),
        None => {
            Err(format!("expected microseconds from {MIN_TIME_US} to {MAX_TIME_US}, found {}", quoted(text)))
        }
    }
}

/// True for what stands where a value is not given.
fn is_absent(cell: &str) -> bool {
    ["", "-", "n/a", "na", "none", "unknown"].contains(&cell.to_ascii_lowercase().as_str())
}
