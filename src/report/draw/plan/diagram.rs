//! The network by tier: from servers up, with a few of the groups of each tier and the bundles of cables between them.

use super::{colours, float, heading};
use crate::report::draw::canvas::{Canvas, Frame};
use crate::report::draw::heading::{BELOW, MARGIN};
use crate::report::draw::style::{FADED, GRID_LINE, INK, LABEL, PAPER, REFERENCE, VALUE, lighter};
use crate::report::draw::{DrawError, Picture, heading as title};
use crate::report::number::{count, counted, short};
use crate::result::{PlanDiagramTier, PlannedDesign};
use crate::units::Bytes;

const WIDTH: f64 = 1_000.0;
/// The columns of names, of the drawing, and of what the bundles are.
const NAMES: f64 = 178.0;
const BUNDLES: f64 = 176.0;
/// The height of a tier, and between tiers.
const TIER: f64 = 78.0;
const BETWEEN: f64 = 86.0;
/// The most tiers, groups of a tier, and devices of a group that are drawn.
const MOST_TIERS: usize = 6;
const MOST_GROUPS: u64 = 5;
const MOST_DEVICES: u64 = 6;
/// Room for an ellipsis between groups, and between groups without one.
const ELLIPSIS: f64 = 40.0;
const GAP: f64 = 16.0;

/// A group of a tier that is drawn.
struct Group {
    index: u64,
    frame: Frame,
}

/// Draws the figure.
pub(super) fn draw(planned: &PlannedDesign) -> Result<Picture, DrawError> {
    let tiers: Vec<&PlanDiagramTier> = planned.diagram.iter().take(MOST_TIERS).collect();
    if tiers.is_empty() {
        return Err(DrawError::Nothing("there is no tier".into()));
    }
    let bottom = BELOW + 20.0 + float(tiers.len()) * TIER + float(tiers.len() - 1) * BETWEEN;
    let placed: Vec<Vec<Group>> = tiers
        .iter()
        .enumerate()
        .map(|(at, tier)| {
            let floor = bottom - float(at) * (TIER + BETWEEN);
            groups(tier, Frame { left: NAMES, right: WIDTH - BUNDLES, top: floor - TIER, bottom: floor })
        })
        .collect();
    let rate = |tier: &PlanDiagramTier| Bytes(tier.up).as_f64() * tier.up_gbps.max(0.0);
    let most = tiers.iter().map(|tier| rate(tier)).fold(0.0, f64::max);
    let facts = format!("{} · {}", planned.design.id, planned.design.summary);
    Picture::paint("network", heading(planned), (WIDTH, bottom + 50.0), |canvas| {
        title::draw(canvas, heading(planned), &facts)?;
        for (at, pair) in placed.windows(2).enumerate() {
            let width = if most > 0.0 { 1.0 + 3.0 * rate(tiers[at]) / most } else { 1.0 };
            bundles(canvas, (tiers[at], &pair[0]), (tiers[at + 1], &pair[1]), width)?;
            told(canvas, tiers[at], f64::midpoint(pair[0][0].frame.top, pair[1][0].frame.bottom))?;
        }
        for (tier, groups) in tiers.iter().zip(&placed) {
            names(canvas, tier, &groups[0].frame)?;
            self::tier(canvas, tier, groups)?;
            among(canvas, planned, tier, groups)?;
        }
        let note = "Each line is a bundle, wider where all bundles between two tiers carry more. Of many groups and devices only a few are drawn.";
        canvas.text((MARGIN, bottom + 32.0), &VALUE.fit(note, WIDTH - 2.0 * MARGIN), VALUE)
    })
}

/// The groups that are drawn: all, or the first ones and the last.
fn groups(tier: &PlanDiagramTier, frame: Frame) -> Vec<Group> {
    let all = tier.groups.max(1);
    let shown = all.min(MOST_GROUPS - u64::from(all > MOST_GROUPS));
    let ellipsis = if all > shown { ELLIPSIS - GAP } else { 0.0 };
    let number = Bytes(shown).as_f64();
    let wide = (frame.width() - ellipsis - GAP * (number - 1.0)) / number;
    // A single group need not be wider than what it holds.
    let wide = if all == 1 { wide.min(360.0) } else { wide };
    let start = if all == 1 { f64::midpoint(frame.left, frame.right) - wide / 2.0 } else { frame.left };
    (0..shown)
        .map(|at| {
            let last = at + 1 == shown && all > shown;
            let left = start + Bytes(at).as_f64() * (wide + GAP) + if last { ellipsis } else { 0.0 };
            Group {
                index: if last { all - 1 } else { at },
                frame: Frame { left, right: left + wide, ..frame },
            }
        })
        .collect()
}

/// The name of a tier and what it is of.
fn names(canvas: &Canvas<'_>, tier: &PlanDiagramTier, frame: &Frame) -> Result<(), DrawError> {
    let room = NAMES - MARGIN - 12.0;
    let y = f64::midpoint(frame.top, frame.bottom);
    let name =
        format!("{} {}", count(tier.count), if tier.count == 1 { single(&tier.tier) } else { &tier.tier });
    canvas.text((MARGIN, y - 9.0), &LABEL.bold().fit(&name, room), LABEL.bold())?;
    canvas.text((MARGIN, y + 8.0), &VALUE.fit_name(&tier.part, room), VALUE.colour(INK))?;
    let ports = format!("{} each", counted(tier.ports, "port"));
    if tier.ports > 0 { canvas.text((MARGIN, y + 24.0), &VALUE.fit(&ports, room), VALUE) } else { Ok(()) }
}

/// One of a tier.
fn single(tier: &str) -> &str {
    match tier {
        "leaves" => "leaf",
        "switches" => "switch",
        other => other.strip_suffix('s').unwrap_or(other),
    }
}

/// The lines between the groups of two tiers: between groups of one name where both fall into the same, else between all.
fn bundles(
    canvas: &Canvas<'_>,
    (lower, below): (&PlanDiagramTier, &[Group]),
    (upper, above): (&PlanDiagramTier, &[Group]),
    width: f64,
) -> Result<(), DrawError> {
    let same = lower.groups > 1 && (lower.groups, &lower.group) == (upper.groups, &upper.group);
    for from in below {
        for to in above.iter().filter(|to| !same || to.index == from.index) {
            let start = (f64::midpoint(from.frame.left, from.frame.right), from.frame.top);
            let end = (f64::midpoint(to.frame.left, to.frame.right), to.frame.bottom);
            canvas.line(&[start, end], lighter(REFERENCE, 0.8), width)?;
        }
    }
    Ok(())
}

/// What the bundles above a tier are, beside them.
fn told(canvas: &Canvas<'_>, tier: &PlanDiagramTier, y: f64) -> Result<(), DrawError> {
    let left = WIDTH - BUNDLES + 16.0;
    let room = BUNDLES - 16.0 - MARGIN;
    let lines = [
        counted(tier.up, "cable"),
        format!("of {} Gbps", short(tier.up_gbps)),
        format!("{} up from each", count(tier.up_each)),
    ];
    let mut at = y - 16.0;
    for (index, line) in lines.iter().enumerate() {
        let letters = if index == 0 { LABEL } else { VALUE };
        canvas.text((left, at), &letters.fit(line, room), letters.halfway())?;
        at += 17.0;
    }
    Ok(())
}

/// The cables among the devices of a tier, as a loop above it: of a dragonfly's switches, of a torus' servers.
fn among(
    canvas: &Canvas<'_>,
    planned: &PlannedDesign,
    tier: &PlanDiagramTier,
    groups: &[Group],
) -> Result<(), DrawError> {
    let own = single(&tier.tier);
    let looped = |name: &str| name.split_once('-').is_some_and(|(from, to)| from == own && to == own);
    let cables: u64 = planned.design.cables.iter().filter(|of| looped(&of.tier)).map(|of| of.cables).sum();
    let (Some(first), Some(last)) = (groups.first(), groups.last()) else { return Ok(()) };
    if cables == 0 {
        return Ok(());
    }
    let (top, rise) = (first.frame.top, 11.0);
    let (left, right) =
        (first.frame.left + 0.25 * first.frame.width(), last.frame.right - 0.25 * last.frame.width());
    let corners = [(left, top), (left, top - rise), (right, top - rise), (right, top)];
    canvas.line(&corners, lighter(REFERENCE, 0.8), 2.0)?;
    let x = WIDTH - BUNDLES + 16.0;
    let room = BUNDLES - 16.0 - MARGIN;
    canvas.text((x, top - rise), &LABEL.fit(&counted(cables, "cable"), room), LABEL.halfway())?;
    let told = format!("among {}", tier.tier);
    canvas.text((x, top - rise + 17.0), &VALUE.fit(&told, room), VALUE.halfway())
}

fn tier(canvas: &Canvas<'_>, tier: &PlanDiagramTier, groups: &[Group]) -> Result<(), DrawError> {
    let all = tier.groups.max(1);
    for pair in groups.windows(2).filter(|pair| pair[1].index > pair[0].index + 1) {
        let x = f64::midpoint(pair[0].frame.right, pair[1].frame.left);
        let y = f64::midpoint(pair[0].frame.top, pair[0].frame.bottom);
        dots(canvas, (x, y), 8.0, 2.0)?;
    }
    let each = tier.count.div_ceil(all);
    for group in groups {
        let frame = group.frame;
        canvas.rectangle(frame, REFERENCE)?;
        let inner = Frame {
            left: frame.left + 0.75,
            top: frame.top + 0.75,
            right: frame.right - 0.75,
            bottom: frame.bottom - 0.75,
        };
        canvas.rectangle(inner, PAPER)?;
        canvas.rectangle(inner, lighter(GRID_LINE, 0.45))?;
        let least = if tier.count.is_multiple_of(all) { "" } else { "up to " };
        let caption = if tier.group.is_empty() {
            format!("{least}{} in {}", count(each), if all == 1 { "all" } else { "each" })
        } else {
            format!("{} {}: {least}{}", tier.group, group.index, count(each))
        };
        let middle = f64::midpoint(frame.left, frame.right);
        let letters = VALUE.colour(FADED);
        canvas.text(
            (middle, frame.bottom - 9.0),
            &letters.fit(&caption, frame.width() - 10.0),
            letters.centred(),
        )?;
        devices(canvas, tier, Frame { bottom: frame.bottom - 28.0, top: frame.top + 10.0, ..frame }, each)?;
    }
    Ok(())
}

/// A few boxes for the devices of a group, with dots between where there are more.
fn devices(canvas: &Canvas<'_>, tier: &PlanDiagramTier, frame: Frame, each: u64) -> Result<(), DrawError> {
    let shown = each.min(if each > MOST_DEVICES { 4 } else { MOST_DEVICES });
    let more = each > shown;
    let slots = Bytes(shown + u64::from(more)).as_f64();
    let pitch = ((frame.width() - 16.0) / slots).min(52.0);
    let wide = (pitch - 6.0).max(2.0);
    let start = f64::midpoint(frame.left, frame.right) - slots * pitch / 2.0;
    for at in 0..shown {
        // The last of many stands behind the dots.
        let slot = if more && at + 1 == shown { at + 1 } else { at };
        let left = start + Bytes(slot).as_f64() * pitch + (pitch - wide) / 2.0;
        let own = Frame { left, right: left + wide, ..frame };
        canvas.rectangle(own, REFERENCE)?;
        let inner = Frame {
            left: own.left + 0.75,
            top: own.top + 0.75,
            right: own.right - 0.75,
            bottom: own.bottom - 0.75,
        };
        canvas.rectangle(inner, colours::device(&tier.tier))?;
    }
    if more {
        let x = start + (slots - 1.5) * pitch;
        dots(canvas, (x, f64::midpoint(frame.top, frame.bottom)), (pitch / 4.5).min(7.0), 1.5)?;
    }
    Ok(())
}

fn dots(canvas: &Canvas<'_>, (x, y): (f64, f64), apart: f64, radius: f64) -> Result<(), DrawError> {
    for at in [-apart, 0.0, apart] {
        canvas.disc((x + at, y), radius, FADED)?;
    }
    Ok(())
}
