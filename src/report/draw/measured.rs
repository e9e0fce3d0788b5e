//! A measured run and its prediction: bus bandwidth against size, measured as marks, predicted as lines.
//!
//! Both axes are logarithmic, so that the same error in percent is the same distance everywhere.

use super::axis::Axis;
use super::canvas::{Canvas, Frame, Point};
use super::heading::Key;
use super::picture::Picture;
use super::spread::spread;
use super::style::{LABEL, Look, REFERENCE, TICK, lighter};
use super::{DrawError, grid, heading};
use crate::report::number::significant;
use crate::units::Bytes;

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 500.0;
/// The least distance of two labels at the ends of lines.
const LABEL_GAP: f64 = 17.0;
/// The most room for labels.
const LABEL_ROOM: f64 = 230.0;
/// From the end of the plot to a label's mark, and from there to its text.
const LEADER: f64 = 20.0;
const MARK: f64 = 14.0;

/// A line closer than so many pixels to another hides it.
const HIDDEN: f64 = 1.5;
/// From one dash to the next of a line over others that it would hide, and how much shorter dashes are for each of these:
/// some of every line shows.
const PERIOD: f64 = 24.0;
const SHORTER: f64 = 0.6;

/// A run as measured and as predicted.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredRun {
    /// Its name: the heading.
    pub id: String,
    /// What it is, and how well it is predicted: the line below.
    pub facts: String,
    /// Its points, in any order.
    pub points: Vec<MeasuredPoint>,
}

/// A point of a [`MeasuredRun`].
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredPoint {
    /// Size in bytes.
    pub bytes: u64,
    /// What it is told apart by from others of its size; may be empty.
    pub algorithm: String,
    /// Bus bandwidth as measured, in 10^9 bytes per second.
    pub measured_gbps: f64,
    /// The same as predicted.
    pub predicted_gbps: f64,
}

/// The points of one algorithm.
struct Curve<'a> {
    name: &'a str,
    look: Look,
    /// By size: bytes, and bytes per second as measured and as predicted.
    points: Vec<(f64, f64, f64)>,
}

/// Draws a measured run and its prediction.
///
/// # Errors
/// Where no point has a size, or the drawing library fails.
pub fn draw_measured(run: &MeasuredRun) -> Result<Picture, DrawError> {
    let mut points: Vec<&MeasuredPoint> = run.points.iter().filter(|point| point.bytes > 0).collect();
    points.sort_by_key(|point| point.bytes);
    if points.is_empty() {
        return Err(DrawError::Nothing("no point has a size above zero".into()));
    }
    let curves = curves(run, &points);
    // Where each size is there once, the algorithms are what was chosen for each: one curve in several colours.
    let single = points.windows(2).all(|pair| pair[0].bytes != pair[1].bytes);
    let named = |name: &str| LABEL.fit_name(if name.is_empty() { "not named" } else { name }, LABEL_ROOM);
    let names: Vec<String> = curves.iter().map(|curve| named(curve.name)).collect();
    // A single curve without a name has nothing to be told apart from.
    let keyed = single && curves.iter().any(|curve| !curve.name.is_empty());
    let key = Key::new(if keyed { &names } else { &[] }, WIDTH);
    let widest = names.iter().map(|name| LABEL.width(name)).fold(0.0, f64::max);
    let rates: Vec<f64> =
        curves.iter().flat_map(|curve| &curve.points).flat_map(|point| [point.1, point.2]).collect();
    let y = Axis::log_rates(&rates);
    let rows = if single { 0.0 } else { names.iter().map(|_| LABEL_GAP).sum() };
    let height = (HEIGHT + key.height()).max(170.0 + rows);
    let frame = Frame {
        left: heading::MARGIN + grid::tick_room(&y),
        top: heading::BELOW + key.height() + 34.0,
        right: WIDTH - heading::MARGIN - if single { 0.0 } else { widest + LEADER + MARK },
        bottom: height - 58.0,
    };
    let y = y.spaced(frame.height(), grid::tick_height);
    let mut sizes: Vec<u64> = points.iter().map(|point| point.bytes).collect();
    if sizes.first() == sizes.last() {
        // One size alone says nothing of the scale that it is on.
        sizes.splice(
            ..,
            [sizes[0] / 4, sizes[0], sizes[0].saturating_mul(4)].into_iter().filter(|&size| size > 0),
        );
    }
    let x = Axis::sizes(&sizes, frame.width(), |label| TICK.width(label));
    Picture::paint(&run.id, &run.id, (WIDTH, height), |canvas| {
        heading::draw(canvas, &run.id, &run.facts)?;
        key.draw(canvas, heading::BELOW, |index, at| sample(canvas, curves[index].look, at, 6.5))?;
        grid::names(canvas, frame, heading::MARGIN, "Message size", "Bus bandwidth (GB/s)")?;
        grid::draw(canvas, frame, &x, &y)?;
        let place = |bytes: f64, rate: f64| grid::place(frame, &x, &y, (bytes, rate));
        if single && curves.len() > 1 {
            let whole: Vec<Point> = points
                .iter()
                .map(|point| place(Bytes(point.bytes).as_f64(), point.predicted_gbps * 1e9))
                .collect();
            canvas.line(&whole, REFERENCE, 1.0)?;
        }
        let mut drawn: Vec<Vec<Point>> = Vec::new();
        for curve in &curves {
            let predicted: Vec<Point> =
                curve.points.iter().map(|&(bytes, _, predicted)| place(bytes, predicted)).collect();
            // A line needs two ends.
            let line = match predicted[..] {
                [(x, y)] => vec![(x - 9.0, y), (x + 9.0, y)],
                _ => predicted.clone(),
            };
            let hidden = drawn.iter().filter(|other| meet(&predicted, other)).count();
            if hidden > 0 {
                let on = (0..hidden).fold(PERIOD, |on, _| on * SHORTER);
                canvas.dashes(&line, curve.look.colour, 2.0, (on, PERIOD - on))?;
            } else {
                canvas.line(&line, curve.look.colour, 2.0)?;
            }
            drawn.push(predicted);
        }
        for curve in &curves {
            for &(bytes, measured, _) in &curve.points {
                curve.look.marker(canvas, place(bytes, measured), 3.4)?;
            }
        }
        if let [only] = points[..] {
            return values(canvas, frame, only, |rate| place(Bytes(only.bytes).as_f64(), rate * 1e9));
        }
        if single {
            return Ok(());
        }
        let ends: Vec<Point> = curves
            .iter()
            .filter_map(|curve| curve.points.last())
            .map(|&(bytes, _, predicted)| place(bytes, predicted))
            .collect();
        labels(canvas, frame, &curves, &names, &ends)
    })
}

/// Whether two lines have a point in common.
fn meet(line: &[Point], drawn: &[Point]) -> bool {
    let near = |a: &Point, b: &Point| (a.0 - b.0).abs() < HIDDEN && (a.1 - b.1).abs() < HIDDEN;
    line.iter().any(|point| drawn.iter().any(|other| near(point, other)))
}

/// The points by algorithm, in order of each one's first in the run.
fn curves<'a>(run: &'a MeasuredRun, points: &[&'a MeasuredPoint]) -> Vec<Curve<'a>> {
    let mut names: Vec<&str> = Vec::new();
    for point in &run.points {
        if !names.contains(&point.algorithm.as_str()) && point.bytes > 0 {
            names.push(&point.algorithm);
        }
    }
    let curve = |(index, name): (usize, &'a str)| Curve {
        name,
        look: Look::of(index),
        points: points
            .iter()
            .filter(|point| point.algorithm == name)
            .map(|point| {
                let rates = (point.measured_gbps * 1e9, point.predicted_gbps * 1e9);
                (Bytes(point.bytes).as_f64(), rates.0, rates.1)
            })
            .collect(),
    };
    names.into_iter().enumerate().map(curve).collect()
}

/// A mark on a piece of line, which reaches `half` pixels to each side.
fn sample(canvas: &Canvas<'_>, look: Look, (x, y): Point, half: f64) -> Result<(), DrawError> {
    canvas.line(&[(x - half, y), (x + half, y)], look.colour, 2.0)?;
    look.marker(canvas, (x, y), 3.4)
}

/// The values of the only point beside it: there is nothing else to see.
fn values(
    canvas: &Canvas<'_>,
    frame: Frame,
    point: &MeasuredPoint,
    place: impl Fn(f64) -> Point,
) -> Result<(), DrawError> {
    let (measured, predicted) = (point.measured_gbps, point.predicted_gbps);
    let ends = [place(measured), place(predicted)];
    let wanted = ends.map(|end| end.1);
    let places = spread(&wanted, LABEL_GAP, frame.top, frame.bottom);
    for ((end, place), (word, rate)) in
        ends.iter().zip(places).zip([("measured", measured), ("predicted", predicted)])
    {
        let text = format!("{word} {}", significant(rate));
        canvas.text((end.0 + LEADER, place), &text, LABEL.halfway())?;
    }
    Ok(())
}

/// The names at the ends of lines, moved apart where they would touch, each with a thin line to its end.
fn labels(
    canvas: &Canvas<'_>,
    frame: Frame,
    curves: &[Curve<'_>],
    names: &[String],
    ends: &[Point],
) -> Result<(), DrawError> {
    let wanted: Vec<f64> = ends.iter().map(|end| end.1).collect();
    let places = spread(&wanted, LABEL_GAP, frame.top - 6.0, frame.bottom - 4.0);
    for (((curve, name), &(x, y)), place) in curves.iter().zip(names).zip(ends).zip(places) {
        let mark = (frame.right + LEADER, place);
        if (place - y).abs() > 1.5 || frame.right - x > 24.0 {
            let pale = lighter(curve.look.colour, 0.55);
            let edge = frame.right.max(x + 6.0);
            canvas.line(&[(x + 6.0, y), (edge, y), (mark.0 - 11.0, place)], pale, 0.75)?;
        }
        sample(canvas, curve.look, mark, 9.0)?;
        canvas.text((mark.0 + MARK, place), name, LABEL.halfway())?;
    }
    Ok(())
}
