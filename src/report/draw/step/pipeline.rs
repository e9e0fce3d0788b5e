//! What the ranks of a pipeline do when: passes of micro-batches, and communication below them.

use super::breakdown::told;
use super::panel::{Look, float};
use super::window::{Pass, Window, end, passes, windows};
use super::{colours, facts, title};
use crate::report::draw::axis::time_unit;
use crate::report::draw::canvas::Frame;
use crate::report::draw::heading::{self, Key};
use crate::report::draw::style::{AXIS, LABEL, TICK, VALUE, lighter};
use crate::report::draw::{DrawError, Picture};
use crate::report::number::count;
use crate::result::StepResult;
use crate::units::Time;
use crate::workload::Purpose;

const WIDTH: f64 = 1000.0;
/// Ranks shown at most.
const MOST_RANKS: u32 = 32;
/// Over a panel: its name. Below it: its ticks.
const HEAD: f64 = 30.0;
const FOOT: f64 = 28.0;
const PHASES: [&str; 4] = ["forward", "backward", "weights", "update"];

/// Draws what the pipeline's ranks do when: all of it where it is short, else its begin and its end.
///
/// # Errors
///
/// Where the engine tells no timeline.
pub fn draw_step_pipeline(step: &StepResult) -> Result<Picture, DrawError> {
    let lanes = step.timeline.iter().map(|span| span.lane).max().map_or(0, |last| last.saturating_add(1));
    if lanes == 0 {
        return Err(DrawError::Nothing("the engine tells no timeline".into()));
    }
    let shown = lanes.min(MOST_RANKS);
    let passes: Vec<Vec<Pass<'_>>> = (0..shown).map(|lane| passes(step, lane)).collect();
    let windows = windows(step, &passes);
    let stages: Vec<Vec<u32>> = passes.iter().map(|passes| stages(passes)).collect();
    let there = |what: &str| step.timeline.iter().any(|span| span.what == what);
    let purposes: Vec<&'static str> =
        Purpose::ALL.into_iter().map(|(name, _)| name).filter(|name| there(name)).collect();
    let last = Time::from_ps(end(step)).as_secs() * 1e12;
    let (unit, divisor) = time_unit(last);
    let row = match shown {
        0..=8 => 24.0,
        9..=16 => 17.0,
        _ => 12.0,
    };
    let several = stages.iter().any(|stages| stages.len() > 1);
    let look = Look { step, passes, stages, purposes, row, divisor };
    let key = Legend::new(&look, several);
    let top = heading::BELOW + key.key.height() + 2.0;
    let panel = HEAD + look.height() + FOOT;
    let height = top + float(windows.len()) * panel + 44.0;
    let widest = TICK.width(&format!("rank {shown}"));
    let frame = Frame {
        left: heading::MARGIN + widest + 8.0,
        top,
        right: WIDTH - heading::MARGIN - 12.0,
        bottom: height,
    };
    let first = match step.workload.micro_batches {
        1 => "1 micro-batch".to_string(),
        several => format!("{} micro-batches", count(several.into())),
    };
    let title = title(step);
    Picture::paint("pipeline", title, (WIDTH, height), |canvas| {
        heading::draw(canvas, title, &facts(step, &first))?;
        key.draw(canvas)?;
        for (i, window) in windows.iter().enumerate() {
            let top = frame.top + float(i) * panel + HEAD;
            let name = name(step, &windows, *window);
            canvas.text((heading::MARGIN, top - 9.0), name, LABEL.bold())?;
            let left = heading::MARGIN + LABEL.bold().width(name) + 12.0;
            canvas.text((left, top - 9.0), &remark(step, *window), VALUE)?;
            look.draw(canvas, Frame { top, bottom: top + look.height(), ..frame }, *window)?;
        }
        let middle = f64::midpoint(frame.left, frame.right);
        canvas.text((middle, height - 26.0), &format!("Time ({unit})"), AXIS.centred())?;
        let caption = caption(step, lanes - shown);
        let room = WIDTH - 2.0 * heading::MARGIN;
        canvas.text((heading::MARGIN, height - 8.0), &VALUE.fit(&caption, room), VALUE)
    })
}

/// The stages of a rank's passes, ascending.
fn stages(passes: &[Pass<'_>]) -> Vec<u32> {
    let working = passes.iter().filter(|pass| pass.phase != "update");
    let mut stages: Vec<u32> = working.map(|pass| pass.stage).collect();
    stages.sort_unstable();
    stages.dedup();
    stages
}

fn name(step: &StepResult, windows: &[Window], window: Window) -> &'static str {
    if windows.len() == 1 && window.from_ps == 0 && window.until_ps == end(step) {
        "All tasks"
    } else if window.from_ps == 0 {
        "Begin"
    } else {
        "End"
    }
}

/// What of all is in a window.
fn remark(step: &StepResult, window: Window) -> String {
    let all = end(step);
    let length = window.length();
    if length == all {
        format!("{} of tasks, of {} a step", told(all), told(step.step_ps))
    } else if window.from_ps == 0 {
        format!("the first {} of {}", told(length), told(all))
    } else {
        format!("the last {} of {}", told(length), told(all))
    }
}

/// What is to be known of the picture.
fn caption(step: &StepResult, hidden: u32) -> String {
    let mut words = vec!["numbers: micro-batches, from 0".to_string()];
    let rest = step.step_ps.saturating_sub(end(step));
    if rest > 0 {
        words.push(format!("not shown: {} of other time that belongs to no task", told(rest)));
    }
    if hidden > 0 {
        words.push(format!("{} more ranks not shown", count(hidden.into())));
    }
    words.join("; ")
}

/// The key: passes, then what is paler, then communication.
struct Legend {
    key: Key,
    marks: Vec<Mark>,
}

enum Mark {
    Block(plotters::style::RGBColor),
    Shades(plotters::style::RGBColor),
    Ground(plotters::style::RGBColor),
    Strip(plotters::style::RGBColor),
}

impl Legend {
    fn new(look: &Look<'_>, several: bool) -> Self {
        let all = || look.passes.iter().flatten();
        let mut entries: Vec<(String, Mark)> = PHASES
            .into_iter()
            .filter(|phase| all().any(|pass| pass.phase == *phase))
            .map(|phase| (phase.to_string(), Mark::Block(colours::phase(phase))))
            .collect();
        let forward = colours::phase("forward");
        if several {
            entries.push(("paler: later stages of a rank".into(), Mark::Shades(forward)));
        }
        if all().any(|pass| pass.computing.windows(2).any(|pair| pair[0].1 < pair[1].0)) {
            entries.push(("waits within a pass".into(), Mark::Ground(forward)));
        }
        for purpose in &look.purposes {
            entries.push((format!("{purpose} communication"), Mark::Strip(colours::part(purpose))));
        }
        let (names, marks): (Vec<String>, Vec<Mark>) = entries.into_iter().unzip();
        Self { key: Key::new(&names, WIDTH), marks }
    }

    fn draw(&self, canvas: &crate::report::draw::canvas::Canvas<'_>) -> Result<(), DrawError> {
        self.key.draw(canvas, heading::BELOW, |i, (x, y)| {
            let swatch = Frame { left: x - 6.0, top: y - 6.0, right: x + 6.0, bottom: y + 6.0 };
            match self.marks.get(i) {
                Some(Mark::Block(colour)) => canvas.rectangle(swatch, *colour),
                Some(Mark::Shades(colour)) => {
                    for (at, share) in [(0.0, 1.0), (4.0, 0.7), (8.0, 0.45)] {
                        let left = swatch.left + at;
                        let part = Frame { left, right: left + 4.0, ..swatch };
                        canvas.rectangle(part, lighter(*colour, share))?;
                    }
                    Ok(())
                }
                Some(Mark::Ground(colour)) => canvas.rectangle(swatch, lighter(*colour, 0.3)),
                Some(Mark::Strip(colour)) => {
                    canvas.rectangle(Frame { top: y - 1.5, bottom: y + 1.5, ..swatch }, *colour)
                }
                None => Ok(()),
            }
        })
    }
}
