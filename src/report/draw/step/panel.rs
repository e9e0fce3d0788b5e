//! A window of a pipeline's timeline: a row for each rank.

use super::colours;
use super::window::{Pass, Window};
use crate::report::draw::DrawError;
use crate::report::draw::axis::Axis;
use crate::report::draw::bars::ink_on;
use crate::report::draw::canvas::{Canvas, Frame};
use crate::report::draw::style::{FADED, GRID_LINE, INK, PAPER, TICK, VALUE, lighter};
use crate::result::{StepResult, StepSpan};
use crate::units::Time;

/// The height of a strip of communication.
pub(super) const STRIP: f64 = 4.0;
/// The space below a row.
const ROW_GAP: f64 = 7.0;
/// What is nearer than this is drawn as one, in pixels.
const MERGED: f64 = 0.3;
/// How much of its colour the last of several stages of a rank keeps.
const PALEST: f64 = 0.45;

/// What all panels of a picture share.
pub(super) struct Look<'a> {
    pub(super) step: &'a StepResult,
    /// By rank.
    pub(super) passes: Vec<Vec<Pass<'a>>>,
    /// Stages of each rank, ascending.
    pub(super) stages: Vec<Vec<u32>>,
    /// Purposes of communication, a strip each.
    pub(super) purposes: Vec<&'static str>,
    /// The height of computation in a row.
    pub(super) row: f64,
    /// Picoseconds of the axis' unit.
    pub(super) divisor: f64,
}

pub(super) fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn ps(ps: u64) -> f64 {
    Time::from_ps(ps).as_secs() * 1e12
}

impl Look<'_> {
    fn row_height(&self) -> f64 {
        self.row + STRIP * float(self.purposes.len()) + ROW_GAP
    }

    /// The height of the rows of a panel.
    pub(super) fn height(&self) -> f64 {
        float(self.passes.len()) * self.row_height()
    }

    /// The colour of a pass: paler for later stages of its rank.
    pub(super) fn colour(&self, lane: usize, pass: &Pass<'_>) -> plotters::style::RGBColor {
        let stages = self.stages.get(lane).map_or(&[][..], Vec::as_slice);
        let at = stages.iter().position(|stage| *stage == pass.stage).unwrap_or(0);
        let last = stages.len().saturating_sub(1).max(1);
        lighter(colours::phase(pass.phase), 1.0 - (1.0 - PALEST) * float(at) / float(last))
    }

    /// Draws a window into a frame, with ticks below it.
    pub(super) fn draw(&self, canvas: &Canvas<'_>, frame: Frame, window: Window) -> Result<(), DrawError> {
        let x = Axis::between(ps(window.from_ps) / self.divisor, ps(window.until_ps) / self.divisor, 8.0);
        let place = |at: u64| frame.left + x.share(ps(at) / self.divisor) * frame.width();
        for tick in &x.ticks {
            let at = frame.left + x.share(tick.value) * frame.width();
            canvas.line(&[(at, frame.top), (at, frame.bottom)], GRID_LINE, 1.0)?;
            canvas.line(&[(at, frame.bottom), (at, frame.bottom + 5.0)], INK, 1.0)?;
            canvas.text((at, frame.bottom + 18.0), &tick.label, TICK.centred())?;
        }
        for (lane, passes) in self.passes.iter().enumerate() {
            let top = frame.top + float(lane) * self.row_height() + ROW_GAP / 2.0;
            let row = Frame { top, bottom: top + self.row, ..frame };
            let middle = f64::midpoint(row.top, row.bottom);
            canvas.text((frame.left - 8.0, middle), &format!("rank {lane}"), TICK.right().halfway())?;
            for pass in passes {
                self.pass(canvas, row, (lane, pass), window, place)?;
            }
            let mut strip = Frame { top: row.bottom + 1.0, bottom: row.bottom + STRIP, ..frame };
            for purpose in &self.purposes {
                let number = u32::try_from(lane).unwrap_or(u32::MAX);
                let own = |span: &&StepSpan| span.lane == number && span.what == *purpose;
                let spans = self.step.timeline.iter().filter(own).map(|span| (span.start_ps, span.end_ps));
                run(canvas, strip, spans, window, place, colours::part(purpose))?;
                strip = Frame { top: strip.top + STRIP, bottom: strip.bottom + STRIP, ..strip };
            }
        }
        canvas.line(&[(frame.left, frame.top), (frame.left, frame.bottom)], INK, 1.25)?;
        canvas.line(&[(frame.left, frame.bottom), (frame.right, frame.bottom)], INK, 1.25)
    }

    fn pass(
        &self,
        canvas: &Canvas<'_>,
        row: Frame,
        (lane, pass): (usize, &Pass<'_>),
        window: Window,
        place: impl Fn(u64) -> f64 + Copy,
    ) -> Result<(), DrawError> {
        let Some((from, until)) = window.inside(pass.start_ps, pass.end_ps) else { return Ok(()) };
        let colour = self.colour(lane, pass);
        let (left, right) = (place(from), place(until));
        // What it waits for within: a paler ground.
        canvas.rectangle(Frame { left, right: right.max(left + MERGED), ..row }, lighter(colour, 0.3))?;
        run(canvas, row, pass.computing.iter().copied(), window, place, colour)?;
        if right - left > 3.0 {
            canvas.rectangle(Frame { left: right - 0.5, right, ..row }, PAPER)?;
        }
        if pass.phase == "update" {
            return Ok(());
        }
        let text = pass.micro.to_string();
        let full = (row.height() * 0.55).clamp(7.5, 11.0);
        let fits = |size: f64, room: f64| VALUE.sized(size).width(&text) + 2.0 <= room;
        // Where it computes for long enough, else in the middle; a little smaller before it is left out.
        let (from, until) = widest(&pass.computing, window, place);
        let (from, until, ground) =
            if fits(full, until - from) { (from, until, false) } else { (left, right, true) };
        let Some(size) = [full, 0.82 * full].into_iter().find(|size| fits(*size, until - from)) else {
            return Ok(());
        };
        let at = (f64::midpoint(from, until), f64::midpoint(row.top, row.bottom));
        // Over much waiting the ground is what the number stands on.
        let busy = pass.computing.iter().map(|(start, end)| end.saturating_sub(*start));
        let busy = busy.fold(0, u64::saturating_add);
        let pale = ground && busy.saturating_mul(2) < pass.end_ps.saturating_sub(pass.start_ps);
        let ink = if pale { FADED } else { ink_on(colour) };
        canvas.text(at, &text, VALUE.sized(size).colour(ink).centred().halfway())
    }
}

/// The widest of spans, those that touch joined.
fn widest(spans: &[(u64, u64)], window: Window, place: impl Fn(u64) -> f64) -> (f64, f64) {
    let (mut best, mut now) = ((0.0, 0.0), (0.0, 0.0));
    for (start, end) in spans.iter().filter_map(|(start, end)| window.inside(*start, *end)) {
        let (left, right) = (place(start), place(end));
        now = if left - now.1 < MERGED { (now.0, right) } else { (left, right) };
        if now.1 - now.0 > best.1 - best.0 {
            best = now;
        }
    }
    best
}

/// Spans in one colour; those that touch, or nearly, are one.
fn run(
    canvas: &Canvas<'_>,
    frame: Frame,
    spans: impl Iterator<Item = (u64, u64)>,
    window: Window,
    place: impl Fn(u64) -> f64,
    colour: plotters::style::RGBColor,
) -> Result<(), DrawError> {
    let mut pending: Option<(f64, f64)> = None;
    let draw = |(left, right): (f64, f64)| {
        canvas.rectangle(Frame { left, right: right.max(left + MERGED), ..frame }, colour)
    };
    for (start, end) in spans {
        let Some((start, end)) = window.inside(start, end) else { continue };
        let (left, right) = (place(start), place(end));
        pending = match pending {
            Some((from, until)) if left - until < MERGED => Some((from, until.max(right))),
            Some(before) => {
                draw(before)?;
                Some((left, right))
            }
            None => Some((left, right)),
        };
    }
    pending.map_or(Ok(()), draw)
}
