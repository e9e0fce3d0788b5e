//! Files of other programs: measured collectives as CSV, what nccl-tests prints, placements of jobs.
//!
//! Readers take bytes and never panic, whatever the bytes are. A file that cannot be used is [`Rejected`] with
//! diagnostics; a row that cannot be used is left out with the reason.

mod lines;
pub mod measured;
pub mod nccl_tests;
pub mod placement;

use std::fmt;

pub use measured::{Given, Measured, Point, SkippedPoint};
pub use placement::Placement;

use crate::diag::{Diagnostic, FileId, SourceMap};

/// The largest size of a point, 1 PiB: what is beyond is a slip, and would overflow sums.
pub const MAX_BYTES: u64 = 1 << 50;

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
    /// The first fault with its place, and how many more there are, in one line.
    pub fn why(&self) -> String {
        let Some(first) = self.diagnostics.first() else { return "the file cannot be used".into() };
        let mut why = match first.labels.first() {
            Some(label) => {
                let (line, column) = line_and_column(&self.sources, label.place.file, label.place.span.start);
                format!("line {line}, column {column}: {}", first.message)
            }
            None => first.message.clone(),
        };
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

/// A text as it may be quoted in one line: control characters are escaped and long texts cut.
fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    let mut told: String = text.chars().take(MOST).collect();
    if told.len() < text.len() {
        told.push_str("...");
    }
    if told.contains(char::is_control) {
        told = told
            .chars()
            .flat_map(|letter| {
                if letter.is_control() { letter.escape_default().collect::<Vec<_>>() } else { vec![letter] }
            })
            .collect();
    }
    format!("`{told}`")
}

/// A size in bytes: a whole number, which may be written with a fraction of zero or an exponent.
fn size(text: &str) -> Option<u64> {
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
    whole.filter(|bytes| *bytes <= MAX_BYTES)
}

/// A time in microseconds above zero.
fn time_us(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|time| *time > 0.0 && *time <= MAX_TIME_US)
}

/// True for what stands where a value is not given.
fn is_absent(cell: &str) -> bool {
    ["", "-", "n/a", "na", "none", "unknown"].contains(&cell.to_ascii_lowercase().as_str())
}
