//! Rack elevations: each sort of rack once, with its units, its devices, and its power against what it provides.

use super::{colours, float, heading};
use crate::report::draw::bars::ink_on;
use crate::report::draw::canvas::{Canvas, Frame};
use crate::report::draw::heading::{BELOW, Key, MARGIN};
use crate::report::draw::style::{FADED, GRID_LINE, INK, LABEL, PAPER, REFERENCE, TICK, VALUE};
use crate::report::draw::{DrawError, Picture, heading as title};
use crate::report::number::{count, counted, short};
use crate::report::plan::{Alike, alike, watts_unit};
use crate::result::{PlanDevice, PlannedDesign};

/// The most sorts of racks that are drawn.
const MOST: usize = 12;
/// Racks side by side.
const ACROSS: usize = 6;
/// The least and the most width of a rack, and that of the room for its numbers with the space between racks.
const RACK: f64 = 136.0;
const WIDE: f64 = 200.0;
const SIDE: f64 = 42.0;
/// The most height of a rack, of a unit of it, and of what is above it.
const TALL: f64 = 560.0;
const UNIT: f64 = 13.0;
const ABOVE: f64 = 70.0;
/// The least width of the picture.
const LEAST: f64 = 660.0;

/// Draws the figure.
pub(super) fn draw(planned: &PlannedDesign) -> Result<Picture, DrawError> {
    let sorts = alike(&planned.racks);
    if sorts.is_empty() {
        return Err(DrawError::Nothing("there is no rack".into()));
    }
    // Those of which there are most, in their order.
    let mut order: Vec<usize> = (0..sorts.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(sorts[*at].racks.len()));
    order.truncate(MOST);
    order.sort_unstable();
    let shown: Vec<&Alike<'_>> = order.iter().map(|at| &sorts[*at]).collect();
    let kinds = kinds(&shown);
    let across = shown.len().min(ACROSS);
    let width = (2.0 * MARGIN + float(across) * (RACK + SIDE)).max(LEAST);
    // Few racks are wider.
    let rack_width = ((width - 2.0 * MARGIN) / float(across) - SIDE).clamp(RACK, WIDE);
    let key = Key::new(&kinds.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>(), width);
    let highest = shown.iter().map(|sort| sort.first.height.max(1)).max().unwrap_or(1);
    let unit = (TALL / f64::from(highest)).min(UNIT);
    let line = ABOVE + f64::from(highest) * unit + 18.0;
    let lines = float(shown.len().div_ceil(ACROSS));
    let top = BELOW + key.height() + 8.0;
    let facts = facts(planned, &sorts, &shown);
    Picture::paint("elevations", heading(planned), (width, top + lines * line + 6.0), |canvas| {
        title::draw(canvas, heading(planned), &facts)?;
        key.draw(canvas, BELOW, |at, (x, y)| {
            let mark = Frame { left: x - 6.0, top: y - 6.0, right: x + 6.0, bottom: y + 6.0 };
            canvas.rectangle(mark, colours::device(kinds[at].1))
        })?;
        for (at, sort) in shown.iter().enumerate() {
            let left = MARGIN + float(at % ACROSS) * (rack_width + SIDE) + 26.0;
            let bottom = top + (float(at / ACROSS) + 1.0) * line - 18.0;
            let height = f64::from(sort.first.height.max(1)) * unit;
            rack(canvas, Frame { left, top: bottom - height, right: left + rack_width, bottom }, unit, sort)?;
        }
        Ok(())
    })
}

/// What the line below the heading tells.
fn facts(planned: &PlannedDesign, sorts: &[Alike<'_>], shown: &[&Alike<'_>]) -> String {
    let mut facts = format!(
        "{} · {} of {}",
        planned.design.id,
        counted(planned.racks.len() as u64, "rack"),
        counted(sorts.len() as u64, "sort"),
    );
    let drawn: usize = shown.iter().map(|sort| sort.racks.len()).sum();
    if shown.len() < sorts.len() {
        facts.push_str(&format!(
            "; {} more {} with {} in all {} not drawn",
            count((sorts.len() - shown.len()) as u64),
            if sorts.len() - shown.len() == 1 { "sort" } else { "sorts" },
            counted((planned.racks.len() - drawn) as u64, "rack"),
            if sorts.len() - shown.len() == 1 { "is" } else { "are" },
        ));
    }
    if shown.iter().any(|sort| sort.racks.len() > 1) {
        facts.push_str(" · devices as in the first rack of each sort");
    }
    facts
}

/// Kinds of devices for the key, from servers up: the name and the kind.
fn kinds(shown: &[&Alike<'_>]) -> Vec<(&'static str, &'static str)> {
    [("server", "server"), ("leaf", "leaf"), ("switch", "switch"), ("spine", "spine"), ("core", "core")]
        .into_iter()
        .filter(|(_, kind)| shown.iter().any(|sort| sort.first.devices.iter().any(|own| own.kind == *kind)))
        .collect()
}

fn rack(canvas: &Canvas<'_>, frame: Frame, unit: f64, sort: &Alike<'_>) -> Result<(), DrawError> {
    above(canvas, frame, sort)?;
    let post = Frame {
        left: frame.left - 2.0,
        top: frame.top - 1.0,
        right: frame.right + 2.0,
        bottom: frame.bottom + 1.0,
    };
    canvas.rectangle(post, REFERENCE)?;
    canvas.rectangle(frame, PAPER)?;
    let floor = |below: f64| frame.bottom - below * unit;
    // No number stands on another.
    let step = [1_u32, 2, 5, 10, 20, 50, 100].into_iter().find(|step| f64::from(*step) * unit >= 10.5);
    let step = step.unwrap_or(u32::MAX);
    let height = sort.first.height.max(1);
    for number in (1..=height).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
        let y = floor(f64::from(number) - 0.5);
        canvas.text((frame.left - 6.0, y), &number.to_string(), TICK.sized(8.0).right().halfway())?;
        canvas.line(
            &[(frame.left, floor(f64::from(number))), (frame.right, floor(f64::from(number)))],
            GRID_LINE,
            0.5,
        )?;
    }
    for device in &sort.first.devices {
        let low = f64::from(device.unit.max(1) - 1).min(f64::from(height));
        let high = (low + f64::from(device.height.max(1))).min(f64::from(height));
        let own =
            Frame { left: frame.left + 2.0, right: frame.right - 2.0, top: floor(high), bottom: floor(low) };
        self::device(canvas, own, device)?;
    }
    Ok(())
}

/// The name of a rack, how many are like it, and its power.
fn above(canvas: &Canvas<'_>, frame: Frame, sort: &Alike<'_>) -> Result<(), DrawError> {
    let letters = LABEL.bold();
    canvas.text(
        (frame.left, frame.top - 46.0),
        &letters.fit_name(&sort.first.name, frame.width()),
        letters,
    )?;
    let more = match sort.racks.len() - 1 {
        0 => "the only one".to_owned(),
        1 => "and 1 like it".to_owned(),
        several => format!("and {} like it", count(several as u64)),
    };
    canvas.text((frame.left, frame.top - 31.0), &VALUE.fit(&more, frame.width()), VALUE)?;
    let (power, limit) = (sort.power(), sort.first.power_limit_w);
    let (unit, size) = watts_unit(limit.max(power));
    let told = format!("{} of {} {unit}", short(power / size), short(limit / size));
    canvas.text((frame.left, frame.top - 16.0), &VALUE.fit(&told, frame.width()), VALUE.colour(INK))?;
    let share = if limit > 0.0 && power.is_finite() { (power / limit).clamp(0.0, 1.0) } else { 0.0 };
    let strip = Frame { top: frame.top - 10.0, bottom: frame.top - 5.0, ..frame };
    canvas.rectangle(strip, GRID_LINE)?;
    let colour = if power > limit { colours::share("transceivers") } else { FADED };
    canvas.rectangle(Frame { right: strip.left + share * strip.width(), ..strip }, colour)
}

fn device(canvas: &Canvas<'_>, frame: Frame, device: &PlanDevice) -> Result<(), DrawError> {
    let colour = colours::device(&device.kind);
    canvas.rectangle(frame, REFERENCE)?;
    let inset = if frame.height() > 3.0 { 0.6 } else { 0.0 };
    let inner = Frame {
        left: frame.left + inset,
        right: frame.right - inset,
        top: frame.top + inset,
        bottom: frame.bottom - inset,
    };
    canvas.rectangle(inner, colour)?;
    let (x, y) = (f64::midpoint(frame.left, frame.right), f64::midpoint(frame.top, frame.bottom));
    let letters = VALUE.colour(ink_on(colour)).centred().halfway();
    let room = frame.width() - 8.0;
    if frame.height() >= 30.0 {
        canvas.text((x, y - 7.5), &letters.bold().fit_name(&device.name, room), letters.bold())?;
        return canvas.text((x, y + 8.0), &letters.fit_name(&device.part, room), letters);
    }
    let size = (0.78 * frame.height()).min(10.5);
    if size < 7.0 {
        return Ok(());
    }
    let letters = letters.sized(size);
    let both = format!("{} · {}", device.name, device.part);
    let told = if letters.width(&both) <= room { both } else { letters.fit_name(&device.name, room) };
    canvas.text((x, y), &told, letters)
}
