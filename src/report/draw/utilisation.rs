//! Link utilisation by tier at one size: for each tier and series the mean as a bar, and a line to the busiest link.

use super::axis::Axis;
use super::canvas::{Canvas, Frame};
use super::heading::Key;
use super::picture::Picture;
use super::style::{AXIS, GRID_LINE, INK, LABEL, TICK, VALUE};
use super::subject::{Shot, Subject};
use super::{DrawError, heading};
use crate::report::number::{counted, percent};
use crate::result::TierUse;

const WIDTH: f64 = 800.0;
/// Space between tiers.
const TIER_GAP: f64 = 14.0;
/// The least height of a tier: its name and the count of its links.
const TIER_LEAST: f64 = 32.0;
/// Utilisation up to which the axis ends there and not at 100 %.
const ZOOM: f64 = 0.25;
/// The most room for names of tiers.
const NAME_ROOM: f64 = 220.0;

struct Tier {
    name: String,
    links: String,
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The tiers that carried something, in order of their first mention; all of them if none did.
fn tiers(shots: &[Shot<'_>]) -> Vec<Tier> {
    let all: Vec<&TierUse> = shots.iter().flat_map(|shot| &shot.case.tiers).collect();
    let used = |tier: &TierUse| tier.bytes > 0 || tier.max_utilisation > 0.0;
    let any = all.iter().any(|tier| used(tier));
    let mut tiers: Vec<(&str, u32)> = Vec::new();
    for tier in &all {
        let shown = !any || all.iter().any(|other| other.tier == tier.tier && used(other));
        if shown && !tiers.iter().any(|(name, _)| *name == tier.tier) {
            tiers.push((&tier.tier, tier.links));
        }
    }
    tiers
        .into_iter()
        .map(|(name, links)| Tier { name: name.into(), links: counted(links.into(), "link") })
        .collect()
}

fn share(value: f64) -> f64 {
    if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 }
}

/// Draws the figure.
pub(super) fn draw(subject: &Subject<'_>) -> Result<Picture, DrawError> {
    let shots = subject.shots(|case| !case.tiers.is_empty())?;
    let tiers = tiers(&shots);
    let bar = match shots.len() {
        0..=4 => 13.0,
        5..=8 => 10.0,
        _ => 7.0,
    };
    let tier_height = (bar * float(shots.len())).max(TIER_LEAST);
    let names: Vec<String> = tiers.iter().map(|tier| LABEL.fit_name(&arrow(&tier.name), NAME_ROOM)).collect();
    let name_room = names
        .iter()
        .map(|name| LABEL.width(name))
        .chain(tiers.iter().map(|tier| VALUE.width(&tier.links)))
        .fold(0.0, f64::max);
    let series: Vec<String> = shots.iter().map(|shot| shot.name.clone()).collect();
    let key = Key::new(if series.len() > 1 { &series } else { &[] }, WIDTH);
    let top = heading::BELOW + key.height() + 8.0;
    let height = top + float(tiers.len()) * (tier_height + TIER_GAP) + 58.0;
    let frame = Frame {
        left: heading::MARGIN + name_room + 10.0,
        top,
        // Room for the value of a link that is always busy.
        right: WIDTH - heading::MARGIN - 92.0,
        bottom: height - 56.0,
    };
    let highest = shots
        .iter()
        .flat_map(|shot| &shot.case.tiers)
        .map(|tier| share(tier.mean_utilisation).max(share(tier.max_utilisation)))
        .fold(0.0, f64::max);
    // The whole range, so that figures can be compared, unless there would be next to nothing to see.
    let x = if highest > ZOOM { Axis::percent() } else { Axis::from_zero(100.0 * highest, 5.0) };
    let facts = subject.facts(shots.iter().map(|shot| shot.case));
    Picture::paint(&subject.name, &subject.title, (WIDTH, height), |canvas| {
        heading::draw(canvas, &subject.title, &facts)?;
        key.draw(canvas, heading::BELOW, |i, (x, y)| {
            let colour = shots[i].look.area();
            canvas.rectangle(Frame { left: x - 6.0, top: y - 5.0, right: x + 6.0, bottom: y + 5.0 }, colour)
        })?;
        for tick in &x.ticks {
            let at = frame.left + x.share(tick.value) * frame.width();
            canvas.line(&[(at, frame.top), (at, frame.bottom)], GRID_LINE, 1.0)?;
            canvas.text((at, frame.bottom + 18.0), &tick.label, TICK.centred())?;
        }
        let middle = f64::midpoint(frame.left, frame.right);
        let name = "Link utilisation (%): bar to the mean over all links of the fabric, idle ones too; line to the busiest";
        canvas.text((middle, height - 15.0), name, AXIS.centred())?;
        for (i, (tier, name)) in tiers.iter().zip(&names).enumerate() {
            let top = frame.top + TIER_GAP / 2.0 + float(i) * (tier_height + TIER_GAP);
            let centre = top + tier_height / 2.0;
            canvas.text((frame.left - 10.0, centre - 8.0), name, LABEL.right().halfway())?;
            canvas.text((frame.left - 10.0, centre + 8.0), &tier.links, VALUE.right().halfway())?;
            let first = centre - bar * float(shots.len()) / 2.0;
            for (j, shot) in shots.iter().enumerate() {
                if let Some(used) = shot.case.tiers.iter().find(|other| other.tier == tier.name) {
                    let row =
                        Frame { top: first + bar * float(j), bottom: first + bar * float(j + 1), ..frame };
                    tier_bar(canvas, row, &x, shot, used)?;
                }
            }
        }
        canvas.line(&[(frame.left, frame.top), (frame.left, frame.bottom)], INK, 1.25)
    })
}

fn tier_bar(
    canvas: &Canvas<'_>,
    row: Frame,
    x: &Axis,
    shot: &Shot<'_>,
    used: &TierUse,
) -> Result<(), DrawError> {
    let colour = shot.look.colour;
    let (mean, max) = (share(used.mean_utilisation), share(used.max_utilisation));
    let place = |share: f64| row.left + x.share(100.0 * share) * row.width();
    let y = f64::midpoint(row.top, row.bottom);
    canvas.rectangle(
        Frame { left: row.left, top: row.top + 1.0, right: place(mean), bottom: row.bottom - 1.0 },
        shot.look.area(),
    )?;
    if max > mean {
        canvas.line(&[(place(mean), y), (place(max), y)], colour, 1.5)?;
        canvas.line(&[(place(max), row.top + 2.0), (place(max), row.bottom - 2.0)], colour, 1.5)?;
    }
    // Below that height the letters of two rows would touch.
    if row.height() >= 12.0 {
        let text = format!("{} / {}", percent(100.0 * mean), percent(100.0 * max));
        let letters = super::canvas::Letters::new(10.0).colour(super::style::FADED);
        let left = place(max.max(mean)) + 6.0;
        canvas.rectangle(
            Frame {
                left: left - 2.0,
                top: row.top + 1.0,
                right: left + letters.width(&text) + 2.0,
                bottom: row.bottom - 1.0,
            },
            super::style::PAPER,
        )?;
        canvas.text((left, y), &text, letters.halfway())?;
    }
    Ok(())
}

/// A tier's name as figures write it.
fn arrow(tier: &str) -> String {
    tier.replace(" -> ", " → ")
}
