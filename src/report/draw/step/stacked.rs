//! Bars of parts that stand one behind the other.

use plotters::style::RGBColor;

use crate::report::draw::axis::Axis;
use crate::report::draw::bars::ink_on;
use crate::report::draw::canvas::{Canvas, Frame};
use crate::report::draw::style::{AXIS, FADED, GRID_LINE, INK, LABEL, PAPER, TICK, VALUE};
use crate::report::draw::{DrawError, Picture, heading};
use crate::report::number::percent;

pub(super) const WIDTH: f64 = 800.0;
/// The height of a bar, and of the space below it.
const BAR: f64 = 50.0;
const BAR_GAP: f64 = 14.0;
/// The height of a line of the key.
const LINE: f64 = 20.0;
/// The most room for names of bars.
const NAME_ROOM: f64 = 240.0;
/// The least width of a part, so that none is lost.
const LEAST: f64 = 0.75;

/// A part of a bar.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) size: f64,
    /// Of what the bar is measured by.
    pub(super) percent: f64,
    pub(super) colour: RGBColor,
}

/// A bar.
pub(super) struct Bar {
    /// Beside it; empty where it is the only one.
    pub(super) name: String,
    pub(super) parts: Vec<Part>,
    /// Behind it.
    pub(super) total: String,
}

/// A line of the key: colour, name, value and percent. A mark without a colour is a line for reference.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) colour: Option<RGBColor>,
    pub(super) value: String,
    pub(super) percent: String,
}

/// A chart of bars.
pub(super) struct Chart {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) facts: String,
    /// What the axis shows.
    pub(super) axis: String,
    pub(super) bars: Vec<Bar>,
    pub(super) entries: Vec<Entry>,
    /// A line across the bars, and its name.
    pub(super) mark: Option<(f64, String)>,
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn length(bar: &Bar) -> f64 {
    bar.parts.iter().map(|part| part.size).sum()
}

impl Chart {
    /// Draws it.
    pub(super) fn draw(&self) -> Result<Picture, DrawError> {
        let longest = self.bars.iter().map(length).fold(0.0, f64::max);
        if !longest.is_finite() || longest <= 0.0 {
            return Err(DrawError::Nothing("all parts are nothing".into()));
        }
        let names: Vec<String> = self.bars.iter().map(|bar| LABEL.fit_name(&bar.name, NAME_ROOM)).collect();
        let names_wide = names.iter().map(|name| LABEL.width(name)).fold(0.0, f64::max);
        let totals_wide = self.bars.iter().map(|bar| VALUE.width(&bar.total)).fold(0.0, f64::max);
        let key = Key::new(&self.entries);
        let top = heading::BELOW + if self.mark.is_some() { 26.0 } else { 10.0 };
        let bottom = top + float(self.bars.len()) * (BAR + BAR_GAP);
        let height = bottom + 56.0 + key.height() + 12.0;
        let frame = Frame {
            left: heading::MARGIN + if names_wide > 0.0 { names_wide + 10.0 } else { 0.0 },
            top,
            right: WIDTH - heading::MARGIN - if totals_wide > 0.0 { totals_wide + 10.0 } else { 0.0 },
            bottom,
        };
        let reach = self.mark.as_ref().map_or(longest, |(at, _)| longest.max(*at));
        let x = Axis::from_zero(reach, 8.0);
        let place = |value: f64| frame.left + x.share(value) * frame.width();
        Picture::paint(&self.name, &self.title, (WIDTH, height), |canvas| {
            heading::draw(canvas, &self.title, &self.facts)?;
            for tick in &x.ticks {
                let at = place(tick.value);
                canvas.line(&[(at, frame.top), (at, frame.bottom)], GRID_LINE, 1.0)?;
                canvas.text((at, frame.bottom + 18.0), &tick.label, TICK.centred())?;
            }
            let middle = f64::midpoint(frame.left, frame.right);
            canvas.text((middle, frame.bottom + 40.0), &self.axis, AXIS.centred())?;
            for (i, (bar, name)) in self.bars.iter().zip(&names).enumerate() {
                let top = frame.top + BAR_GAP / 2.0 + float(i) * (BAR + BAR_GAP);
                let row = Frame { top, bottom: top + BAR, ..frame };
                let y = f64::midpoint(row.top, row.bottom);
                canvas.text((frame.left - 10.0, y), name, LABEL.right().halfway())?;
                parts(canvas, row, bar, place)?;
                let end = place(length(bar));
                let total = VALUE.width(&bar.total);
                canvas.rectangle(
                    Frame { left: end + 4.0, top: y - 8.0, right: end + 8.0 + total, bottom: y + 8.0 },
                    PAPER,
                )?;
                canvas.text((end + 6.0, y), &bar.total, VALUE.halfway())?;
            }
            canvas.line(&[(frame.left, frame.top), (frame.left, frame.bottom)], INK, 1.25)?;
            if let Some((at, name)) = &self.mark {
                let at = place(*at);
                canvas.dashes(&[(at, frame.top - 4.0), (at, frame.bottom)], INK, 1.5, (5.0, 3.0))?;
                let half = VALUE.width(name) / 2.0;
                let x = at.clamp(heading::MARGIN + half, WIDTH - heading::MARGIN - half);
                canvas.text((x, frame.top - 8.0), name, VALUE.colour(INK).centred())?;
            }
            key.draw(canvas, &self.entries, frame.bottom + 56.0)
        })
    }
}

/// The parts of a bar, the smallest last so that none of them is covered, each with its name where that goes in.
fn parts(canvas: &Canvas<'_>, row: Frame, bar: &Bar, place: impl Fn(f64) -> f64) -> Result<(), DrawError> {
    let mut from = 0.0;
    let mut placed: Vec<(Frame, &Part)> = Vec::new();
    for part in bar.parts.iter().filter(|part| part.size > 0.0) {
        let (left, right) = (place(from), place(from + part.size));
        from += part.size;
        placed.push((Frame { left, right: right.max(left + LEAST), ..row }, part));
    }
    placed.sort_by(|(a, _), (b, _)| b.width().total_cmp(&a.width()));
    for (frame, part) in placed {
        canvas.rectangle(frame, part.colour)?;
        // A hair of paper between parts that have room for it.
        if frame.width() > 6.0 {
            let hair = Frame { left: frame.right - 0.75, ..frame };
            canvas.rectangle(hair, PAPER)?;
        }
        let letters = VALUE.colour(ink_on(part.colour));
        let (x, y) = (f64::midpoint(frame.left, frame.right), f64::midpoint(row.top, row.bottom));
        let share = format!("{} %", percent(part.percent));
        let fits = |wide: f64| wide + 6.0 <= frame.width();
        let (named, told) = (fits(letters.bold().width(&part.name)), fits(letters.width(&share)));
        if named && told {
            canvas.text((x, y - 8.0), &part.name, letters.bold().centred().halfway())?;
            canvas.text((x, y + 9.0), &share, letters.centred().halfway())?;
        } else if told {
            canvas.text((x, y), &share, letters.centred().halfway())?;
        }
    }
    Ok(())
}

/// The key: a table in as many columns as go in.
struct Key {
    lines: usize,
    name: f64,
    value: f64,
    percent: f64,
}

impl Key {
    fn new(entries: &[Entry]) -> Self {
        let widest = |of: &dyn Fn(&Entry) -> f64| entries.iter().map(of).fold(0.0, f64::max);
        let name = widest(&|entry| LABEL.width(&entry.name)).min(NAME_ROOM);
        let value = widest(&|entry| LABEL.width(&entry.value));
        let percent = widest(&|entry| LABEL.width(&entry.percent));
        let own = Self { lines: 1, name, value, percent };
        let room = WIDTH - 2.0 * heading::MARGIN + 30.0;
        let columns = (1..=4).rev().find(|columns| own.wide() * float(*columns) <= room).unwrap_or(1);
        // No more columns than fill: three lines at least.
        let columns = columns.min(entries.len().div_ceil(3)).max(1);
        Self { lines: entries.len().div_ceil(columns), ..own }
    }

    /// The width of a column with the space behind it.
    fn wide(&self) -> f64 {
        18.0 + self.name + 14.0 + self.value + 12.0 + self.percent + 30.0
    }

    fn height(&self) -> f64 {
        float(self.lines) * LINE
    }

    fn draw(&self, canvas: &Canvas<'_>, entries: &[Entry], top: f64) -> Result<(), DrawError> {
        for (i, entry) in entries.iter().enumerate() {
            let x = heading::MARGIN + self.wide() * float(i / self.lines);
            let y = top + (float(i % self.lines) + 0.5) * LINE;
            match entry.colour {
                Some(colour) => {
                    let swatch = Frame { left: x, top: y - 6.0, right: x + 12.0, bottom: y + 6.0 };
                    canvas.rectangle(swatch, colour)?;
                }
                None => canvas.dashes(&[(x, y), (x + 12.0, y)], INK, 1.5, (4.0, 2.0))?,
            }
            let name = LABEL.fit_name(&entry.name, NAME_ROOM);
            canvas.text((x + 18.0, y), &name, LABEL.halfway())?;
            let value = x + 18.0 + self.name + 14.0 + self.value;
            canvas.text((value, y), &entry.value, LABEL.right().halfway())?;
            let percent = value + 12.0 + self.percent;
            canvas.text((percent, y), &entry.percent, LABEL.colour(FADED).right().halfway())?;
        }
        Ok(())
    }
}
