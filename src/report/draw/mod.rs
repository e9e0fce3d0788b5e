//! Charts of results, as SVG and PNG, fit for a paper: the same bytes on every run and on every machine.
//!
//! The SVG is drawn by plotters with an embedded font for measuring; the PNG is that SVG, drawn by resvg with
//! the same font. No font of the system is looked for.

mod axis;
mod bars;
mod canvas;
mod density;
mod font;
mod grid;
mod growth;
mod heading;
mod lines;
mod measured;
mod picture;
mod plan;
mod scatter;
mod serve;
mod spread;
mod step;
mod style;
mod subject;
mod timeline;
mod tuned;
mod utilisation;

use std::collections::BTreeSet;
use std::fmt;

use thiserror::Error;

use crate::result::{PlotKind, PlotSpec, RunResult};
use subject::Subject;

pub use growth::{Growth, draw_growth};
pub use measured::{MeasuredPoint, MeasuredRun, draw_measured};
pub use picture::Picture;
pub use plan::{draw_design, draw_plan};
pub use scatter::{draw_scatter, draw_steps};
pub use serve::draw_serve;
pub use step::{draw_step, draw_step_breakdown, draw_step_compare, draw_step_memory, draw_step_pipeline};
pub use tuned::draw_tuned;

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DrawError {
    /// The result holds nothing that the plot could show.
    #[error("nothing to draw: {0}")]
    Nothing(String),
    /// That kind of plot shows one result only.
    #[error("a `{kind}` plot cannot compare results, expected one of `busbw`, `time`, `bars`, `utilisation`")]
    NotComparable {
        /// The kind asked for.
        kind: &'static str,
    },
    /// The drawing library failed.
    #[error("failed to draw: {0}")]
    Backend(String),
}

impl DrawError {
    fn backend(error: impl fmt::Display) -> Self {
        Self::Backend(error.to_string())
    }
}

/// The name of a kind in files.
const fn kind_name(kind: PlotKind) -> &'static str {
    match kind {
        PlotKind::Busbw => "busbw",
        PlotKind::Time => "time",
        PlotKind::Bars => "bars",
        PlotKind::Utilisation => "utilisation",
        PlotKind::Timeline => "timeline",
    }
}

/// What to draw where the scenario does not say: bus bandwidth and time where there are two sizes or more, bars
/// where there are two algorithms or more, utilisation wherever links were used, and the timeline if there is one.
pub fn default_plots(result: &RunResult) -> Vec<PlotSpec> {
    let sizes: BTreeSet<u64> =
        result.cases.iter().map(|case| case.bytes).filter(|&bytes| bytes > 0).collect();
    let series = super::series::series([result]);
    let mut kinds = Vec::new();
    if sizes.len() >= 2 {
        kinds.extend([PlotKind::Busbw, PlotKind::Time]);
    }
    if series.len() >= 2 {
        kinds.push(PlotKind::Bars);
    }
    if result.cases.iter().any(|case| !case.tiers.is_empty()) {
        kinds.push(PlotKind::Utilisation);
    }
    if result.cases.iter().any(|case| !case.timeline.is_empty()) {
        kinds.push(PlotKind::Timeline);
    }
    kinds
        .into_iter()
        .map(|kind| PlotSpec { name: kind_name(kind).into(), kind, bytes: None, title: None })
        .collect()
}

/// Draws one plot of a result.
///
/// # Errors
///
/// Where the result has nothing to show in such a plot, or none of the size asked for.
pub fn draw(result: &RunResult, plot: &PlotSpec) -> Result<Picture, DrawError> {
    let subject = Subject::of_run(result, plot);
    show(&subject, plot.kind)
}

/// Draws one plot of several results, a line or a bar for each algorithm of each.
///
/// # Errors
///
/// As [`draw`]; also for timelines, which show one result only.
pub fn draw_compare(results: &[RunResult], kind: PlotKind) -> Result<Picture, DrawError> {
    if kind == PlotKind::Timeline {
        return Err(DrawError::NotComparable { kind: kind_name(kind) });
    }
    let subject = Subject::of_comparison(results, kind);
    show(&subject, kind)
}

fn show(subject: &Subject<'_>, kind: PlotKind) -> Result<Picture, DrawError> {
    match kind {
        PlotKind::Busbw => lines::draw(subject, lines::Quantity::Busbw),
        PlotKind::Time => lines::draw(subject, lines::Quantity::Time),
        PlotKind::Bars => bars::draw(subject),
        PlotKind::Utilisation => utilisation::draw(subject),
        PlotKind::Timeline => timeline::draw(subject),
    }
}
