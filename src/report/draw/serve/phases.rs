//! Where the time of each phase goes: a bar of parts for the prefill and for a step of each batch.

use plotters::style::RGBColor;

use super::line;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Canvas, Frame};
use crate::report::draw::heading::{self, Key};
use crate::report::draw::picture::Picture;
use crate::report::draw::style::{AXIS, GRID_LINE, INK, LABEL, Look, REFERENCE, TICK, VALUE, lighter};
use crate::report::draw::{DrawError, grid};
use crate::report::number::{quotient, time};
use crate::report::serve::{parts, phases};
use crate::result::{ServePhaseResult, ServeResult};

const WIDTH: f64 = 800.0;
/// The height of a bar with the space around it, and without.
const ROW: f64 = 34.0;
const BAR: f64 = 22.0;
/// Room for the time at the end of a bar.
const TIME_ROOM: f64 = 74.0;

/// The colour of a part: computation in cool ones, collectives in warm ones, waiting in grey.
fn colour(part: &str) -> RGBColor {
    match part {
        "products" => Look::of(0).colour,
        "attention" => Look::of(5).colour,
        "moved" => Look::of(2).colour,
        "head" => Look::of(6).colour,
        "host" => Look::of(9).colour,
        "slowdown" => Look::of(7).colour,
        "tensor" => Look::of(1).colour,
        "experts" => Look::of(4).colour,
        "pipeline" => Look::of(3).colour,
        _ => lighter(REFERENCE, 0.6),
    }
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Draws the figure.
pub(super) fn draw(result: &ServeResult) -> Result<Picture, DrawError> {
    let phases = phases(result);
    let parts = parts(result);
    if parts.is_empty() {
        return Err(DrawError::Nothing("no phase takes any time".into()));
    }
    let names: Vec<String> = parts.iter().map(|part| (*part).to_string()).collect();
    let key = Key::new(&names, WIDTH);
    let name_room = phases.iter().map(|(name, _)| LABEL.width(name)).fold(0.0, f64::max);
    let top = heading::BELOW + key.height() + 8.0;
    let height = top + ROW * float(phases.len()) + 58.0;
    let frame = Frame {
        left: heading::MARGIN + name_room + 10.0,
        top,
        right: WIDTH - heading::MARGIN - TIME_ROOM,
        bottom: height - 56.0,
    };
    let x = Axis::percent();
    let title = format!("{}: where the time goes", result.title);
    Picture::paint("phases", &title, (WIDTH, height), |canvas| {
        heading::draw(canvas, &title, &line(result))?;
        key.draw(canvas, heading::BELOW, |index, (x, y)| {
            let swatch = Frame { left: x - 6.0, top: y - 5.0, right: x + 6.0, bottom: y + 5.0 };
            canvas.rectangle(swatch, colour(parts[index]))
        })?;
        for tick in &x.ticks {
            let (at, _) = grid::place(frame, &x, &x, (tick.value, 0.0));
            canvas.line(&[(at, frame.top), (at, frame.bottom)], GRID_LINE, 1.0)?;
            canvas.text((at, frame.bottom + 18.0), &tick.label, TICK.centred())?;
        }
        let middle = f64::midpoint(frame.left, frame.right);
        let name = "Part of the time to the first token, and of that per token (%)";
        canvas.text((middle, height - 15.0), name, AXIS.centred())?;
        for (at, (name, phase)) in phases.iter().enumerate() {
            let y = frame.top + ROW * (float(at) + 0.5);
            canvas.text((frame.left - 10.0, y), name, LABEL.right().halfway())?;
            bar(canvas, frame, y, &parts, phase)?;
            canvas.text((frame.right + 8.0, y), &time(phase.time_ps), VALUE.colour(INK).halfway())?;
        }
        canvas.line(&[(frame.left, frame.top), (frame.left, frame.bottom)], INK, 1.25)
    })
}

fn bar(
    canvas: &Canvas<'_>,
    frame: Frame,
    y: f64,
    parts: &[&str],
    phase: &ServePhaseResult,
) -> Result<(), DrawError> {
    let mut before = 0;
    let place = |ps: u64| frame.left + quotient(ps, phase.time_ps) * frame.width();
    for part in parts {
        let Some(found) = phase.breakdown.iter().find(|own| own.part == *part) else { continue };
        let (left, right) = (place(before), place(before + found.time_ps));
        before += found.time_ps;
        canvas.rectangle(Frame { left, top: y - BAR / 2.0, right, bottom: y + BAR / 2.0 }, colour(part))?;
    }
    Ok(())
}
