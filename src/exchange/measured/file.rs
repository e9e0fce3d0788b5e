//! What a measured file holds.

use std::collections::BTreeMap;

use crate::collective::Op;
use crate::exchange::quoted;

/// The most nodes or ranks of a run.
pub(super) const MOST: u32 = 1 << 20;

/// The value of a key that may be left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given<T> {
    /// The value.
    Is(T),
    /// `none`: does not apply, or not set.
    Nothing,
    /// `unknown`, empty, or no such key.
    Unknown,
}

impl<T> Given<T> {
    /// The value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Nothing | Self::Unknown => None,
        }
    }
}

/// One measured time.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The size, as [`Op`] counts it.
    pub bytes: u64,
    /// The name in the `algorithm` column, if there is one.
    pub algorithm: Option<String>,
    /// The time in microseconds: out of place, or in place where only that was measured.
    pub time_us: f64,
    /// The time in place, in microseconds.
    pub time_inplace_us: Option<f64>,
    /// True where `time_us` is the time in place for want of the other.
    pub in_place: bool,
}

/// A row that gives no point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedPoint {
    /// The size, if it could be read.
    pub bytes: Option<u64>,
    /// The name in the `algorithm` column, if there is one.
    pub algorithm: Option<String>,
    /// The line in the file, from 1.
    pub line: usize,
    /// Why, with the line.
    pub why: String,
}

/// A measured run.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Its id: the key `id`, or else the name of the file without folder and extension.
    pub id: String,
    /// The operation.
    pub op: Op,
    /// Nodes (servers) of the run.
    pub nodes: u32,
    /// Ranks of each node; 0 in files that mean one rank of host memory.
    pub gpus_per_node: u32,
    /// All ranks.
    pub ranks: u32,
    /// All keys of the header with their texts, as they stand.
    pub header: BTreeMap<String, String>,
    /// The points, in the order of the file.
    pub points: Vec<Point>,
    /// Rows that give no point.
    pub skipped: Vec<SkippedPoint>,
    /// What else is to be said of the file: sentences, each with its line where it has one.
    pub notes: Vec<String>,
}

impl Measured {
    /// The text of a key.
    pub fn key(&self, name: &str) -> Given<&str> {
        match self.header.get(name).map(String::as_str) {
            None | Some("" | "unknown") => Given::Unknown,
            Some("none") => Given::Nothing,
            Some(text) => Given::Is(text),
        }
    }

    /// A key that holds a whole number.
    ///
    /// # Errors
    /// Where it holds something else, in one sentence.
    pub fn count(&self, name: &str) -> Result<Given<u32>, String> {
        self.parsed(name, "a whole number up to 1048576", |text| {
            text.parse::<u32>().ok().filter(|count| *count <= MOST)
        })
    }

    /// A key that holds a number from a thousandth to a million.
    ///
    /// # Errors
    /// Where it holds something else, in one sentence.
    pub fn number(&self, name: &str) -> Result<Given<f64>, String> {
        self.parsed(name, "a number from 0.001 to 1000000", |text| {
            text.parse::<f64>().ok().filter(|number| (1e-3..=1e6).contains(number))
        })
    }

    fn parsed<T>(
        &self,
        name: &str,
        what: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Given<T>, String> {
        match self.key(name) {
            Given::Is(text) => match parse(text) {
                Some(value) => Ok(Given::Is(value)),
                None => Err(format!("`{name}` is {}, expected {what}", quoted(text))),
            },
            Given::Nothing => Ok(Given::Nothing),
            Given::Unknown => Ok(Given::Unknown),
        }
    }

    /// True where every point is a time in place.
    pub fn in_place_only(&self) -> bool {
        !self.points.is_empty() && self.points.iter().all(|point| point.in_place)
    }
}
