//! All points of a validation: predicted time against measured time, and below it their quotient, in a colour for each
//! hardware generation or group of sources.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use plotters::style::RGBColor;

use super::axis::Axis;
use super::canvas::{Canvas, Frame, Point};
use super::heading::Key;
use super::picture::Picture;
use super::style::{GRID_LINE, INK, Look, REFERENCE, TICK, lighter};
use super::{DrawError, grid, heading};
use crate::report::number::counted;
use crate::result::{FileScore, Standing, StepValidation, Validation};

const WIDTH: f64 = 800.0;
/// The heights of the two plots.
const TIMES: f64 = 500.0;
const QUOTIENTS: f64 = 240.0;
/// The radius of a point.
const DOT: f64 = 2.3;
/// How much of its colour a point has that is reported apart.
const PALE: f64 = 0.4;
/// Errors that are shown as bands, the wider first.
const BANDS: [(f64, &str); 2] = [(0.25, "within 25 %"), (0.10, "within 10 %")];

fn band_colour(index: usize) -> RGBColor {
    if index == 0 { GRID_LINE } else { lighter(REFERENCE, 0.55) }
}

/// A point: times in picoseconds, and of which series it is.
struct Dot {
    series: usize,
    measured: f64,
    predicted: f64,
    judged: bool,
}

impl Dot {
    fn quotient(&self) -> f64 {
        self.predicted / self.measured
    }
}

/// What is drawn.
struct Cloud {
    title: &'static str,
    /// What the key names, in the order of their colours.
    series: Vec<String>,
    /// Later ones lie over earlier ones, and judged ones over others.
    dots: Vec<Dot>,
    facts: String,
}

/// Draws all points of measured runs.
///
/// # Errors
/// Where there is no point, or the drawing library fails.
pub fn draw_scatter(validation: &Validation) -> Result<Picture, DrawError> {
    let files = &validation.files;
    let mut generations: Vec<&str> = files.iter().map(|file| file.run.generation.as_str()).collect();
    generations.sort_unstable();
    generations.dedup();
    let dot = |file: &FileScore, measured_us: f64, predicted_us: f64| Dot {
        series: generations.binary_search(&file.run.generation.as_str()).unwrap_or(0),
        measured: measured_us * 1e6,
        predicted: predicted_us * 1e6,
        judged: file.standing == Standing::Judged,
    };
    let dots = files
        .iter()
        .flat_map(|file| file.points.iter().map(move |point| (file, point)))
        .map(|(file, point)| dot(file, point.measured_us, point.predicted_us))
        .collect();
    draw(Cloud {
        title: "Predicted and measured time",
        series: generations.iter().map(|name| (*name).to_owned()).collect(),
        dots,
        facts: facts(files),
    })
}

/// Draws all rows of measured steps.
///
/// # Errors
/// Where there is no row, or the drawing library fails.
pub fn draw_steps(validation: &StepValidation) -> Result<Picture, DrawError> {
    let rows = &validation.rows;
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *groups.entry(&row.group).or_default() += 1;
    }
    // Few rows lie over many.
    let mut order: Vec<(&str, usize)> = groups.into_iter().collect();
    order.sort_by_key(|(name, count)| (Reverse(*count), *name));
    let series = |name: &str| order.iter().position(|(own, _)| *own == name).unwrap_or(0);
    let mut dots: Vec<Dot> = rows
        .iter()
        .map(|row| Dot {
            series: series(&row.group),
            measured: row.measured_s * 1e12,
            predicted: row.predicted_s * 1e12,
            judged: row.quality != "C",
        })
        .collect();
    dots.sort_by_key(|dot| dot.series);
    let mut facts =
        format!("{} of {}", counted(rows.len() as u64, "step"), counted(order.len() as u64, "source"));
    if dots.iter().any(|dot| !dot.judged) {
        facts.push_str(" · pale: quality C");
    }
    let named = |name: &str| if name.is_empty() { "no group".to_owned() } else { name.to_owned() };
    let series = order.iter().map(|(name, _)| named(name)).collect();
    draw(Cloud { title: "Predicted and measured time of training steps", series, dots, facts })
}

fn draw(cloud: Cloud) -> Result<Picture, DrawError> {
    let Cloud { title, series, dots, mut facts } = cloud;
    if dots.is_empty() {
        return Err(DrawError::Nothing("no point is predicted".into()));
    }
    let times: Vec<f64> = dots.iter().flat_map(|dot| [dot.measured, dot.predicted]).collect();
    let axis = Axis::log_times(&times);
    let farthest = dots.iter().map(|dot| dot.quotient().max(1.0 / dot.quotient())).fold(1.0, f64::max);
    let most = (farthest * 1.1).clamp(2.0, 10.0);
    let quotients = Axis::log_quotients(most);
    let names: Vec<String> = series.iter().cloned().chain(BANDS.map(|(_, name)| name.to_owned())).collect();
    let key = Key::new(&names, WIDTH);
    let left = heading::MARGIN + grid::tick_room(&axis).max(grid::tick_room(&quotients));
    let top = heading::BELOW + key.height() + 34.0;
    // Half a label may hang over the end of the axis.
    let widest = axis.ticks.iter().map(|tick| TICK.width(&tick.label)).fold(0.0, f64::max);
    let right = WIDTH - heading::MARGIN.max(widest / 2.0 + 6.0);
    let upper = Frame { left, top, right, bottom: top + TIMES };
    let below = upper.bottom + 70.0;
    let lower = Frame { top: below, bottom: below + QUOTIENTS, ..upper };
    let across = axis.clone().spaced(upper.width(), |label| TICK.width(label));
    let up = axis.clone().spaced(upper.height(), grid::tick_height);
    if farthest > most {
        facts.push_str(" · beyond a factor of 10 at the edge below");
    }
    Picture::paint("scatter", title, (WIDTH, lower.bottom + 58.0), |canvas| {
        heading::draw(canvas, title, &facts)?;
        key.draw(canvas, heading::BELOW, |index, at| {
            if index < series.len() {
                return Look::of(index).dot(canvas, at, 4.0, 1.0);
            }
            let (x, y) = at;
            let swatch = Frame { left: x - 6.0, top: y - 5.0, right: x + 6.0, bottom: y + 5.0 };
            canvas.rectangle(swatch, band_colour(index - series.len()))
        })?;
        diagonal_bands(canvas, upper, &axis)?;
        level_bands(canvas, lower, &quotients)?;
        grid::names(canvas, upper, heading::MARGIN, "", "Predicted time")?;
        grid::names(canvas, lower, heading::MARGIN, "Measured time", "Predicted over measured time")?;
        grid::draw(canvas, upper, &across, &up)?;
        grid::draw(canvas, lower, &across, &quotients)?;
        canvas.line(&[(upper.left, upper.bottom), (upper.right, upper.top)], INK, 1.0)?;
        let level = lower.bottom - quotients.share(1.0) * lower.height();
        canvas.line(&[(lower.left, level), (lower.right, level)], INK, 1.0)?;
        // Those that are judged are over those that are not.
        for judged in [false, true] {
            for dot in dots.iter().filter(|dot| dot.judged == judged) {
                let (look, share) = (Look::of(dot.series), if judged { 1.0 } else { PALE });
                let place = (dot.measured, dot.predicted);
                look.dot(canvas, grid::place(upper, &axis, &axis, place), DOT, share)?;
                let place = (dot.measured, dot.quotient().clamp(1.0 / most, most));
                look.dot(canvas, grid::place(lower, &axis, &quotients, place), DOT, share)?;
            }
        }
        Ok(())
    })
}

/// How much is shown, and how.
fn facts(files: &[FileScore]) -> String {
    let points: usize = files.iter().map(|file| file.points.len()).sum();
    let mut facts = format!("{} of {}", counted(points as u64, "point"), counted(files.len() as u64, "file"));
    if files.iter().any(|file| file.standing != Standing::Judged) {
        facts.push_str(" · pale: reported apart");
    }
    facts
}

/// The places around the diagonal where errors are small.
fn diagonal_bands(canvas: &Canvas<'_>, frame: Frame, axis: &Axis) -> Result<(), DrawError> {
    use plotters::coord::ranged1d::Ranged;
    let range = axis.range();
    let whole = (range.end / range.start).ln();
    for (index, (error, _)) in BANDS.into_iter().enumerate() {
        // On a logarithmic axis a factor is a distance; none is wider than the plot.
        let up = ((1.0 + error).ln() / whole).min(1.0);
        let down = (-(1.0 - error).ln() / whole).min(1.0);
        let corners = [(0.0, 0.0), (0.0, up), (1.0 - up, 1.0), (1.0, 1.0), (1.0, 1.0 - down), (down, 0.0)];
        let corners: Vec<Point> = corners
            .iter()
            .map(|(x, y)| (frame.left + x * frame.width(), frame.bottom - y * frame.height()))
            .collect();
        canvas.polygon(&corners, band_colour(index))?;
    }
    Ok(())
}

/// The same around a quotient of 1.
fn level_bands(canvas: &Canvas<'_>, frame: Frame, quotients: &Axis) -> Result<(), DrawError> {
    for (index, (error, _)) in BANDS.into_iter().enumerate() {
        let height = |value: f64| frame.bottom - quotients.share(value) * frame.height();
        let band = Frame { top: height(1.0 + error), bottom: height(1.0 - error), ..frame };
        canvas.rectangle(band, band_colour(index))?;
    }
    Ok(())
}
