//! The lines and labels of two axes.

use super::DrawError;
use super::axis::Axis;
use super::canvas::{Canvas, Frame, Point};
use super::style::{AXIS, GRID_LINE, INK, TICK};

/// Of a line of labels, in pixels.
const TICK_HEIGHT: f64 = 12.0;

/// The room that labels of a vertical axis take, their gap included.
pub(super) fn tick_room(y: &Axis) -> f64 {
    y.ticks.iter().map(|tick| TICK.width(&tick.label)).fold(0.0, f64::max) + 8.0
}

/// The room that a label takes on a vertical axis.
pub(super) fn tick_height(_: &str) -> f64 {
    TICK_HEIGHT
}

/// The place of two values over a frame.
pub(super) fn place(frame: Frame, x: &Axis, y: &Axis, (a, b): (f64, f64)) -> Point {
    (frame.left + x.share(a) * frame.width(), frame.bottom - y.share(b) * frame.height())
}

/// Draws a line for each tick, with its label, and the horizontal axis.
pub(super) fn draw(canvas: &Canvas<'_>, frame: Frame, x: &Axis, y: &Axis) -> Result<(), DrawError> {
    for tick in &y.ticks {
        let at = frame.bottom - y.share(tick.value) * frame.height();
        canvas.line(&[(frame.left, at), (frame.right, at)], GRID_LINE, 1.0)?;
        canvas.text((frame.left - 8.0, at), &tick.label, TICK.right().halfway())?;
    }
    for tick in &x.ticks {
        let at = frame.left + x.share(tick.value) * frame.width();
        canvas.line(&[(at, frame.top), (at, frame.bottom)], GRID_LINE, 1.0)?;
        canvas.line(&[(at, frame.bottom), (at, frame.bottom + 5.0)], INK, 1.0)?;
        canvas.text((at, frame.bottom + 19.0), &tick.label, TICK.centred())?;
    }
    canvas.line(&[(frame.left, frame.bottom), (frame.right, frame.bottom)], INK, 1.25)
}

/// Names the axes: the vertical above its labels, the horizontal below.
pub(super) fn names(canvas: &Canvas<'_>, frame: Frame, left: f64, x: &str, y: &str) -> Result<(), DrawError> {
    canvas.text((left, frame.top - 16.0), y, AXIS)?;
    let middle = f64::midpoint(frame.left, frame.right);
    canvas.text((middle, frame.bottom + 42.0), x, AXIS.centred())
}
