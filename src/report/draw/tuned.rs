//! Where the time of the best divisions goes: a bar each, of its parts.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::canvas::{Canvas, Frame};
use super::heading::Key;
use super::picture::Picture;
use super::step::colours::part;
use super::style::{AXIS, GRID_LINE, INK, LABEL, TICK, VALUE};
use super::{DrawError, heading};
use crate::report::number::{counted, significant};
use crate::report::tune::line;
use crate::result::{TuneCandidate, TunePart, TuneResult};

const WIDTH: f64 = 980.0;
/// The height of a bar with the space around it, and without.
const ROW: f64 = 30.0;
const BAR: f64 = 18.0;
/// The most room for names.
const NAME_ROOM: f64 = 400.0;
/// The most bars.
const MOST: usize = 10;

/// Parts from the origin outwards, computation first: every name that closed forms and simulations have.
const PARTS: [&str; 17] = [
    "products",
    "attention",
    "moved",
    "head",
    "again",
    "optimizer",
    "host",
    "slowdown",
    "tensor",
    "context",
    "experts",
    "shard",
    "data",
    "expert-data",
    "pipeline",
    "bubble",
    "other",
];

/// The colour of a part, as in charts of one step.
fn colour(at: usize) -> RGBColor {
    part(PARTS[at])
}

/// The parts of a bar, and its length.
fn parts(own: &TuneCandidate) -> &[TunePart] {
    if own.simulated_s.is_some() { &own.simulated } else { &own.closed }
}

/// Draws the ten best as bars of the parts of their time: as simulated where they were, else by closed forms.
///
/// # Errors
/// Where nothing fits, there is nothing to draw.
pub fn draw_tuned(result: &TuneResult) -> Result<Picture, DrawError> {
    let shown: Vec<&TuneCandidate> = result.best.iter().take(MOST).collect();
    if shown.is_empty() {
        return Err(DrawError::Nothing("no division fits".into()));
    }
    let seconds = |own: &TuneCandidate| own.simulated_s.unwrap_or(own.closed_s);
    let longest = shown.iter().map(|own| seconds(own)).fold(0.0, f64::max);
    // A part that is nowhere to be seen needs no place in the key.
    let used: Vec<usize> = (0..PARTS.len())
        .filter(|at| {
            let share = |own: &&TuneCandidate| {
                parts(own).iter().any(|part| part.part == PARTS[*at] && part.seconds > 0.002 * longest)
            };
            shown.iter().any(share)
        })
        .collect();
    let names: Vec<String> = shown.iter().map(|own| name(own)).collect();
    let names: Vec<String> = names.iter().map(|name| LABEL.fit(name, NAME_ROOM)).collect();
    let name_room = names.iter().map(|name| LABEL.width(name)).fold(0.0, f64::max);
    let key = Key::new(&used.iter().map(|at| PARTS[*at].to_owned()).collect::<Vec<_>>(), WIDTH);
    let rows = f64::from(u32::try_from(shown.len()).unwrap_or(0));
    let top = heading::BELOW + key.height() + 12.0;
    let frame = Frame {
        left: heading::MARGIN + name_room + 10.0,
        top,
        right: WIDTH - heading::MARGIN - 62.0,
        bottom: top + ROW * rows,
    };
    let x = Axis::from_zero(longest, 5.0);
    let facts = &result.workload;
    let subtitle = format!(
        "{} on {} x {}, {}: the best of {} that fit, {}",
        facts.model,
        result.fabric.gpus,
        facts.accelerator,
        facts.software,
        counted(result.counts.evaluated, "division"),
        if result.confirmed > 0 { "simulated" } else { "by closed forms" },
    );
    Picture::paint("best", &result.title, (WIDTH, frame.bottom + 54.0), |canvas| {
        heading::draw(canvas, &result.title, &subtitle)?;
        key.draw(canvas, heading::BELOW, |at, (x, y)| {
            let mark = Frame { left: x - 6.0, top: y - 6.0, right: x + 6.0, bottom: y + 6.0 };
            canvas.rectangle(mark, colour(used[at]))
        })?;
        let place = |value: f64| frame.left + x.share(value) * frame.width();
        for tick in &x.ticks {
            let at = place(tick.value);
            canvas.line(&[(at, frame.top), (at, frame.bottom)], GRID_LINE, 1.0)?;
            canvas.text((at, frame.bottom + 18.0), &tick.label, TICK.centred())?;
        }
        let middle = f64::midpoint(frame.left, frame.right);
        canvas.text((middle, frame.bottom + 40.0), "Time of a step (s)", AXIS.centred())?;
        let mut y = frame.top + ROW / 2.0;
        for (own, name) in shown.iter().zip(&names) {
            canvas.text((frame.left - 10.0, y), name, LABEL.right().halfway())?;
            bar(canvas, parts(own), &used, y, &place)?;
            let end = place(seconds(own));
            let told = format!("{} s", significant(seconds(own)));
            canvas.text((end + 6.0, y), &told, VALUE.halfway())?;
            y += ROW;
        }
        canvas.line(&[(frame.left, frame.top), (frame.left, frame.bottom)], INK, 1.25)
    })
}

fn name(own: &TuneCandidate) -> String {
    let plain = if own.simulated_s.is_some() { "" } else { " (closed form)" };
    let told = line(&own.division).replace(", recompute none", "").replace("micro-batch", "micro");
    format!("{}: {told}{plain}", own.rank)
}

fn bar(
    canvas: &Canvas<'_>,
    parts: &[TunePart],
    used: &[usize],
    y: f64,
    place: &impl Fn(f64) -> f64,
) -> Result<(), DrawError> {
    let mut from = 0.0;
    for at in used {
        let seconds: f64 = parts.iter().filter(|part| part.part == PARTS[*at]).map(|part| part.seconds).sum();
        if seconds <= 0.0 {
            continue;
        }
        let (left, right) = (place(from), place(from + seconds));
        canvas.rectangle(Frame { left, top: y - BAR / 2.0, right, bottom: y + BAR / 2.0 }, colour(*at))?;
        from += seconds;
    }
    Ok(())
}
