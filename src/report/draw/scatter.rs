//! All points of a validation: predicted time against measured time, a colour for each hardware generation.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::canvas::{Canvas, Frame, Point};
use super::heading::Key;
use super::picture::Picture;
use super::style::{GRID_LINE, INK, Look, REFERENCE, lighter};
use super::{DrawError, grid, heading};
use crate::report::number::counted;
use crate::result::{FileScore, Standing, Validation};

const WIDTH: f64 = 800.0;
/// The radius of a point.
const DOT: f64 = 2.3;
/// How much of its colour a point has that is reported apart.
const PALE: f64 = 0.4;
/// Errors that are shown as bands around the diagonal, the wider first.
const BANDS: [(f64, &str); 2] = [(0.25, "within 25 %"), (0.10, "within 10 %")];

fn band_colour(index: usize) -> RGBColor {
    if index == 0 { GRID_LINE } else { lighter(REFERENCE, 0.55) }
}

/// Draws all points.
///
/// # Errors
/// Where there is no point, or the drawing library fails.
pub fn draw_scatter(validation: &Validation) -> Result<Picture, DrawError> {
    let files = &validation.files;
    let points = || files.iter().flat_map(|file| &file.points);
    if points().next().is_none() {
        return Err(DrawError::Nothing("no point is predicted".into()));
    }
    let times: Vec<f64> =
        points().flat_map(|point| [ps(point.measured_us), ps(point.predicted_us)]).collect();
    let axis = Axis::log_times(&times);
    let mut generations: Vec<&str> = files.iter().map(|file| file.generation.as_str()).collect();
    generations.sort_unstable();
    generations.dedup();
    let names: Vec<String> =
        generations.iter().copied().chain(BANDS.map(|(_, name)| name)).map(str::to_string).collect();
    let key = Key::new(&names, WIDTH);
    let left = heading::MARGIN + grid::tick_room(&axis);
    let side = WIDTH - heading::MARGIN - left;
    let top = heading::BELOW + key.height() + 34.0;
    let frame = Frame { left, top, right: left + side, bottom: top + side };
    let size = (WIDTH, frame.bottom + 58.0);
    let title = "Predicted and measured time";
    Picture::paint("scatter", title, size, |canvas| {
        heading::draw(canvas, title, &facts(files))?;
        key.draw(canvas, heading::BELOW, |index, at| {
            if index < generations.len() {
                return Look::of(index).dot(canvas, at, 4.0, 1.0);
            }
            let (x, y) = at;
            let swatch = Frame { left: x - 6.0, top: y - 5.0, right: x + 6.0, bottom: y + 5.0 };
            canvas.rectangle(swatch, band_colour(index - generations.len()))
        })?;
        grid::names(canvas, frame, heading::MARGIN, "Measured time", "Predicted time")?;
        bands(canvas, frame, &axis)?;
        grid::draw(canvas, frame, &axis, &axis)?;
        canvas.line(&[(frame.left, frame.bottom), (frame.right, frame.top)], INK, 1.0)?;
        // Those that are judged are over those that are not.
        for judged in [false, true] {
            for file in files.iter().filter(|file| (file.standing == Standing::Judged) == judged) {
                let look = Look::of(generations.binary_search(&file.generation.as_str()).unwrap_or(0));
                for point in &file.points {
                    let times = (ps(point.measured_us), ps(point.predicted_us));
                    let at = grid::place(frame, &axis, &axis, times);
                    look.dot(canvas, at, DOT, if judged { 1.0 } else { PALE })?;
                }
            }
        }
        Ok(())
    })
}

fn ps(microseconds: f64) -> f64 {
    microseconds * 1e6
}

/// How much is shown.
fn facts(files: &[FileScore]) -> String {
    let points: usize = files.iter().map(|file| file.points.len()).sum();
    let mut facts = format!("{} of {}", counted(points as u64, "point"), counted(files.len() as u64, "file"));
    if files.iter().any(|file| file.standing != Standing::Judged) {
        facts.push_str(" · pale: reported apart");
    }
    facts
}

/// The places around the diagonal where errors are small.
fn bands(canvas: &Canvas<'_>, frame: Frame, axis: &Axis) -> Result<(), DrawError> {
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
