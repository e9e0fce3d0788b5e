//! Transfers over time: a row for each sending rank, a bar for each transfer, a panel for each case.

use std::collections::BTreeMap;

use super::axis::{Axis, time_unit};
use super::canvas::{Canvas, Frame};
use super::density;
use super::heading::Key;
use super::picture::Picture;
use super::style::{AXIS, GRID_LINE, INK, LABEL, Look, TICK, VALUE, lighter};
use super::subject::{Shot, Subject};
use super::{DrawError, heading};
use crate::report::number::{counted, time};
use crate::result::TimelineEntry;
use crate::units::Time;

const WIDTH: f64 = 800.0;
/// Panels shown at most.
const MOST_PANELS: usize = 4;
/// Rows shown at most in a panel.
const MOST_RANKS: usize = 64;
/// Tracks side by side in a row at most; what would need more is drawn over the last.
const MOST_TRACKS: usize = 8;
const ROW_GAP: f64 = 4.0;
const PANEL_GAP: f64 = 34.0;
/// How much of its colour the latency keeps.
const TAIL: f64 = 0.35;
/// With more transfers than this on a track, none could be told from the next.
const LEGIBLE: usize = 250;
/// Bars of one kind nearer than this are drawn as one, in pixels: half a pixel of the PNG.
const MERGED: f64 = 0.25;

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn ps(ps: u64) -> f64 {
    Time::from_ps(ps).as_secs() * 1e12
}

/// A transfer in its place: the track of its row.
struct Bar<'a> {
    entry: &'a TimelineEntry,
    track: usize,
}

/// The transfers that one rank, or switch, sends.
struct Row<'a> {
    name: String,
    bars: Vec<Bar<'a>>,
    tracks: usize,
}

struct Panel<'a> {
    name: String,
    rows: Vec<Row<'a>>,
    /// Ranks that found no room.
    hidden: usize,
    row_height: f64,
}

impl<'a> Panel<'a> {
    fn new(shot: &Shot<'a>) -> Self {
        let mut by_rank: BTreeMap<u32, Vec<&'a TimelineEntry>> = BTreeMap::new();
        for entry in &shot.case.timeline {
            by_rank.entry(entry.src).or_default().push(entry);
        }
        // Switches that take part are numbered on from the ranks.
        let name = |rank: u32| match rank.checked_sub(shot.case.ranks) {
            Some(switch) => format!("switch {switch}"),
            None => format!("rank {rank}"),
        };
        let hidden = by_rank.len().saturating_sub(MOST_RANKS);
        let rows: Vec<Row<'a>> =
            by_rank.into_iter().take(MOST_RANKS).map(|(rank, entries)| row(name(rank), entries)).collect();
        let tracks = rows.iter().map(|row| row.tracks).max().unwrap_or(1);
        let row_height = match rows.len() {
            0..=8 => 22.0,
            9..=16 => 17.0,
            _ => 13.0,
        };
        Self { name: shot.name.clone(), rows, hidden, row_height: f64::max(row_height, 3.0 * float(tracks)) }
    }

    fn height(&self) -> f64 {
        float(self.rows.len()) * (self.row_height + ROW_GAP)
    }
}

/// Puts transfers that overlap while they are sent on tracks side by side.
fn row(name: String, mut entries: Vec<&TimelineEntry>) -> Row<'_> {
    entries.sort_by_key(|entry| (entry.start_ps, entry.channel, entry.step, entry.dst));
    let mut busy_until: Vec<u64> = Vec::new();
    let mut bars = Vec::with_capacity(entries.len());
    for entry in entries {
        let free = busy_until.iter().position(|&until| until <= entry.start_ps);
        let track = match free {
            Some(track) => track,
            None if busy_until.len() < MOST_TRACKS => {
                busy_until.push(0);
                busy_until.len() - 1
            }
            None => MOST_TRACKS - 1,
        };
        busy_until[track] = busy_until[track].max(entry.sent_ps);
        bars.push(Bar { entry, track });
    }
    Row { name, bars, tracks: busy_until.len().max(1) }
}

/// Draws the figure.
pub(super) fn draw(subject: &Subject<'_>) -> Result<Picture, DrawError> {
    let mut shots = subject.shots(|case| !case.timeline.is_empty())?;
    let left_out = shots.len().saturating_sub(MOST_PANELS);
    shots.truncate(MOST_PANELS);
    let panels: Vec<Panel<'_>> = shots.iter().map(Panel::new).collect();
    let dense = panels.iter().flat_map(|panel| &panel.rows).any(|row| row.bars.len() > LEGIBLE * row.tracks);
    let entries = || shots.iter().flat_map(|shot| &shot.case.timeline);
    let mut phases: Vec<String> = Vec::new();
    for entry in entries() {
        if !phases.contains(&entry.phase) {
            phases.push(entry.phase.clone());
        }
    }
    let last = entries().map(|entry| entry.received_ps.max(entry.sent_ps)).max().unwrap_or(0);
    let (unit, divisor) = time_unit(ps(last));
    let x = Axis::from_zero(ps(last) / divisor, 8.0);

    let mut names = phases
        .iter()
        .map(|phase| if phase.is_empty() { "transfer" } else { phase }.to_string())
        .collect::<Vec<_>>();
    names.push(if dense { "paler: part of the time" } else { "paler: sent, not yet received" }.into());
    let key = Key::new(&names, WIDTH);
    let titled = panels.len() > 1 || panels[0].hidden > 0;
    let head = if titled { PANEL_GAP } else { 12.0 };
    let top = heading::BELOW + key.height();
    let height = top + panels.iter().map(|panel| head + panel.height()).sum::<f64>() + 58.0;
    let widest =
        panels.iter().flat_map(|panel| &panel.rows).map(|row| TICK.width(&row.name)).fold(0.0, f64::max);
    let frame = Frame {
        left: heading::MARGIN + widest + 8.0,
        top,
        right: WIDTH - heading::MARGIN - 12.0,
        bottom: height - 56.0,
    };
    let mut facts = subject.facts(shots.iter().map(|shot| shot.case));
    if left_out > 0 {
        facts.push_str(&format!(" · {} more not shown", counted(left_out as u64, "case")));
    }
    Picture::paint(&subject.name, &subject.title, (WIDTH, height), |canvas| {
        heading::draw(canvas, &subject.title, &facts)?;
        key.draw(canvas, heading::BELOW, |i, (x, y)| {
            let swatch = Frame { left: x - 6.0, top: y - 5.0, right: x + 6.0, bottom: y + 5.0 };
            if i < phases.len() {
                return canvas.rectangle(swatch, Look::of(i).colour);
            }
            let first = Look::of(0).colour;
            canvas.rectangle(Frame { right: x, ..swatch }, first)?;
            canvas.rectangle(Frame { left: x, ..swatch }, lighter(first, TAIL))
        })?;
        let place = |ps: f64| frame.left + x.share(ps / divisor) * frame.width();
        let mut top = frame.top;
        for (panel, shot) in panels.iter().zip(&shots) {
            if titled {
                let name = LABEL.bold().fit(&panel.name, 400.0);
                canvas.text((heading::MARGIN, top + 22.0), &name, LABEL.bold())?;
                let left = heading::MARGIN + LABEL.bold().width(&name) + 12.0;
                canvas.text((left, top + 22.0), &remark(panel, shot), VALUE)?;
            }
            top += head;
            let inside = Frame { top, bottom: top + panel.height(), ..frame };
            for tick in &x.ticks {
                let at = place(tick.value * divisor);
                canvas.line(&[(at, inside.top), (at, inside.bottom)], GRID_LINE, 1.0)?;
            }
            for (i, row) in panel.rows.iter().enumerate() {
                let top = inside.top + ROW_GAP / 2.0 + float(i) * (panel.row_height + ROW_GAP);
                let row_frame = Frame { top, bottom: top + panel.row_height, ..frame };
                let middle = f64::midpoint(row_frame.top, row_frame.bottom);
                canvas.text((frame.left - 8.0, middle), &row.name, TICK.right().halfway())?;
                if dense {
                    shades(canvas, row_frame, row, &phases, place)?;
                } else {
                    bars(canvas, row_frame, row, &phases, place)?;
                }
            }
            canvas.line(&[(frame.left, inside.top), (frame.left, inside.bottom)], INK, 1.25)?;
            top = inside.bottom;
        }
        canvas.line(&[(frame.left, frame.bottom), (frame.right, frame.bottom)], INK, 1.25)?;
        for tick in &x.ticks {
            let at = place(tick.value * divisor);
            canvas.line(&[(at, frame.bottom), (at, frame.bottom + 5.0)], INK, 1.0)?;
            canvas.text((at, frame.bottom + 19.0), &tick.label, TICK.centred())?;
        }
        let middle = f64::midpoint(frame.left, frame.right);
        canvas.text((middle, height - 15.0), &format!("Time ({unit})"), AXIS.centred())
    })
}

/// What stands beside a panel's name.
fn remark(panel: &Panel<'_>, shot: &Shot<'_>) -> String {
    let time = time(shot.case.time_ps).replace(" us", " µs");
    if panel.hidden == 0 {
        return time;
    }
    format!("{time}, {} more not shown", counted(panel.hidden as u64, "rank"))
}

/// The index of a transfer's phase.
fn phase_of(entry: &TimelineEntry, phases: &[String]) -> usize {
    phases.iter().position(|phase| *phase == entry.phase).unwrap_or(0)
}

/// A row of more transfers than can be told apart.
fn shades(
    canvas: &Canvas<'_>,
    frame: Frame,
    row: &Row<'_>,
    phases: &[String],
    place: impl Fn(f64) -> f64,
) -> Result<(), DrawError> {
    let span = |bar: &Bar<'_>| {
        let entry = bar.entry;
        (place(ps(entry.start_ps)), place(ps(entry.sent_ps)), phase_of(entry, phases))
    };
    let spans: Vec<density::Span> = row.bars.iter().map(span).collect();
    density::draw(canvas, frame, &spans, phases.len(), float(row.tracks))
}

/// The bars of a row: the latencies below, the transfers above them.
fn bars(
    canvas: &Canvas<'_>,
    frame: Frame,
    row: &Row<'_>,
    phases: &[String],
    place: impl Fn(f64) -> f64,
) -> Result<(), DrawError> {
    let track_height = frame.height() / float(row.tracks);
    for tails in [true, false] {
        for track in 0..row.tracks {
            let top = frame.top + track_height * float(track);
            let bottom = top + track_height - if row.tracks > 1 { 0.5 } else { 0.0 };
            // What is drawn next, grown as long as the next is of the same kind and touches.
            let mut pending: Option<(f64, f64, usize)> = None;
            let flush = |pending: Option<(f64, f64, usize)>| {
                let Some((left, right, phase)) = pending else { return Ok(()) };
                let colour = Look::of(phase).colour;
                let colour = if tails { lighter(colour, TAIL) } else { colour };
                // A hair between bars that follow each other, and never nothing.
                let right = if right - left > 3.0 { right - 0.5 } else { right.max(left + MERGED) };
                canvas.rectangle(Frame { left, top, right, bottom }, colour)
            };
            for bar in row.bars.iter().filter(|bar| bar.track == track) {
                let entry = bar.entry;
                let (from, to) =
                    if tails { (entry.sent_ps, entry.received_ps) } else { (entry.start_ps, entry.sent_ps) };
                if to <= from && tails {
                    continue;
                }
                let (left, right) = (place(ps(from)), place(ps(to.max(from))));
                let phase = phase_of(entry, phases);
                pending = match pending {
                    Some((l, r, p))
                        if p == phase && right - left < 1.0 && left - r < MERGED && r - l < 3.0 =>
                    {
                        Some((l, r.max(right), p))
                    }
                    other => {
                        flush(other)?;
                        Some((left, right, phase))
                    }
                };
            }
            flush(pending)?;
        }
    }
    Ok(())
}
