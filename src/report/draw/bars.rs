//! Bus bandwidth at one size: a bar for each series, and the bound.

use super::axis::Axis;
use super::canvas::{Frame, Letters};
use super::picture::Picture;
use super::style::{AXIS, FADED, GRID_LINE, INK, LABEL, REFERENCE, TICK, VALUE};
use super::subject::{Shot, Subject};
use super::{DrawError, heading};
use crate::report::number::{percent, significant};
use crate::result::Case;
use crate::units::Time;

const WIDTH: f64 = 800.0;
/// The height of a bar with the space around it, and without.
const ROW: f64 = 34.0;
const BAR: f64 = 20.0;
/// The most room for names.
const NAME_ROOM: f64 = 290.0;

/// A bound is shown up to so many times the longest bar.
const FAR: f64 = 8.0;

/// What the bound comes to as a bus bandwidth.
fn bound(case: &Case) -> Option<f64> {
    let ratio = Time::from_ps(case.time_ps).as_secs() / Time::from_ps(case.bound_ps).as_secs();
    let value = case.busbw_gbps * ratio;
    (value.is_finite() && value > 0.0).then_some(value)
}

/// What stands beside a bar.
fn value(case: &Case) -> String {
    format!("{} GB/s, {} % of bound", significant(case.busbw_gbps), percent(case.bound_percent))
}

fn rows(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Draws the figure.
pub(super) fn draw(subject: &Subject<'_>) -> Result<Picture, DrawError> {
    let shots = subject.shots(|case| case.busbw_gbps.is_finite())?;
    let bounds: Vec<Option<f64>> = shots.iter().map(|shot| bound(shot.case)).collect();
    let longest = shots.iter().map(|shot| shot.case.busbw_gbps).fold(0.0, f64::max);
    // A bound that is very far away would leave no bars to look at; the values tell of it.
    let bounds: Vec<Option<f64>> =
        bounds.into_iter().map(|bound| bound.filter(|&bound| bound <= FAR * longest)).collect();
    let longest = bounds.iter().flatten().copied().fold(longest, f64::max);
    let names: Vec<String> = shots.iter().map(|shot| LABEL.fit_name(&shot.name, NAME_ROOM)).collect();
    let name_room = names.iter().map(|name| LABEL.width(name)).fold(0.0, f64::max);
    let height = heading::BELOW + 30.0 + ROW * rows(shots.len()) + 58.0;
    let frame = Frame {
        left: heading::MARGIN + name_room + 10.0,
        top: heading::BELOW + 28.0,
        right: WIDTH - heading::MARGIN - 10.0,
        bottom: height - 56.0,
    };
    let x = Axis::from_zero(longest, 6.0);
    let facts = subject.facts(shots.iter().map(|shot| shot.case));
    Picture::paint(&subject.name, &subject.title, (WIDTH, height), |canvas| {
        heading::draw(canvas, &subject.title, &facts)?;
        let place = |value: f64| frame.left + x.share(value) * frame.width();
        for tick in &x.ticks {
            let at = place(tick.value);
            canvas.line(&[(at, frame.top), (at, frame.bottom)], GRID_LINE, 1.0)?;
            canvas.text((at, frame.bottom + 18.0), &tick.label, TICK.centred())?;
        }
        let middle = f64::midpoint(frame.left, frame.right);
        canvas.text((middle, height - 15.0), "Bus bandwidth (GB/s)", AXIS.centred())?;
        for (i, (shot, name)) in shots.iter().zip(&names).enumerate() {
            let y = frame.top + ROW * (rows(i) + 0.5);
            canvas.text((frame.left - 10.0, y), name, LABEL.right().halfway())?;
            bar(canvas, frame, y, shot, place(shot.case.busbw_gbps))?;
        }
        canvas.line(&[(frame.left, frame.top), (frame.left, frame.bottom)], INK, 1.25)?;
        marks(canvas, frame, &bounds, place)
    })
}

fn bar(
    canvas: &super::canvas::Canvas<'_>,
    frame: Frame,
    y: f64,
    shot: &Shot<'_>,
    end: f64,
) -> Result<(), DrawError> {
    let colour = shot.look.area();
    let (top, bottom) = (y - BAR / 2.0, y + BAR / 2.0);
    canvas.rectangle(Frame { left: frame.left, top, right: end, bottom }, colour)?;
    // Inside the bar where it goes in, so that it is clear of the line of the bound.
    let text = value(shot.case);
    let inside: Letters = VALUE.bold().colour(ink_on(colour));
    if inside.width(&text) + 16.0 <= end - frame.left {
        canvas.text((end - 8.0, y), &text, inside.right().halfway())
    } else {
        // A strip of paper keeps grid and bound away from the letters.
        let left = end + 6.0;
        let strip =
            Frame { left: left - 3.0, top: y - 8.0, right: left + VALUE.width(&text) + 3.0, bottom: y + 8.0 };
        canvas.rectangle(strip, super::style::PAPER)?;
        canvas.text((left, y), &text, VALUE.halfway())
    }
}

/// White or ink, whichever reads better on a colour.
pub(super) fn ink_on(
    plotters::style::RGBColor(r, g, b): plotters::style::RGBColor,
) -> plotters::style::RGBColor {
    // The weights of Rec. 709 for luma.
    let luma = 0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b);
    if luma > 132.0 { INK } else { super::style::PAPER }
}

/// The bound: one line where it is the same for all, else a mark for each.
fn marks(
    canvas: &super::canvas::Canvas<'_>,
    frame: Frame,
    bounds: &[Option<f64>],
    place: impl Fn(f64) -> f64,
) -> Result<(), DrawError> {
    let known: Vec<f64> = bounds.iter().flatten().copied().collect();
    let Some(&first) = known.first() else { return Ok(()) };
    let same = known.len() == bounds.len() && known.iter().all(|bound| (bound - first).abs() <= 1e-6 * first);
    let text = "upper bound";
    let letters = VALUE.colour(FADED);
    let name = |at: f64| {
        // Over the line, pushed inside at the edges.
        let half = letters.width(text) / 2.0;
        let x = at.clamp(frame.left + half, frame.right - half);
        canvas.text((x, frame.top - 7.0), text, letters.centred())
    };
    if same {
        let at = place(first);
        canvas.dashes(&[(at, frame.top - 3.0), (at, frame.bottom)], REFERENCE, 1.5, (4.0, 3.0))?;
        return name(at);
    }
    for (i, bound) in bounds.iter().enumerate() {
        if let Some(bound) = bound {
            let (at, y) = (place(*bound), frame.top + ROW * (rows(i) + 0.5));
            canvas.line(&[(at, y - BAR / 2.0 - 3.0), (at, y + BAR / 2.0 + 3.0)], INK, 1.5)?;
        }
    }
    canvas.text((frame.right, frame.top - 7.0), "marks: upper bound", letters.right())
}
