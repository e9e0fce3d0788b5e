//! The front: step time against capital cost with intervals of prices as bars, and below it power against the same cost.

use std::collections::BTreeSet;

use plotters::coord::ranged1d::Ranged;

use super::float;
use super::labels::{self, Placed};
use crate::report::draw::axis::{Axis, time_unit};
use crate::report::draw::canvas::{Canvas, Frame, Letters, Point};
use crate::report::draw::heading::Key;
use crate::report::draw::style::{FADED, INK, LABEL, Look, PAPER, REFERENCE, TICK, VALUE, lighter};
use crate::report::draw::{DrawError, Picture, grid, heading};
use crate::report::number::counted;
use crate::report::plan::{title, usd_unit, watts_unit};
use crate::result::{PlanDesign, PlanResult};
use crate::units::Time;

const WIDTH: f64 = 900.0;
/// The heights of the two plots, and of those of many designs.
const HEIGHTS: (f64, f64) = (430.0, 200.0);
const TALL: (f64, f64) = (560.0, 380.0);
/// More designs than this are many.
const FEW: usize = 12;
/// The radius of a marker.
const MARK: f64 = 5.0;
/// Air around the values, as a part of their range: across, down, and down the lower plot, where labels need more.
const AIR: [f64; 3] = [0.08, 0.12, 0.2];

/// A label of one design, or of several whose marks lie on one another.
struct Label {
    name: String,
    letters: Letters,
    point: Point,
    designs: u64,
}

/// A plot of one quantity against capital cost.
struct Plot<'a> {
    frame: Frame,
    x: Axis,
    y: Axis,
    designs: &'a [PlanDesign],
    /// By design, `(low, mid, high)` on the axis of capital, and the quantity.
    values: Vec<([f64; 3], f64)>,
    families: &'a [&'a str],
    recommended: Option<&'a str>,
}

/// Draws the figure.
pub(super) fn draw(plan: &PlanResult) -> Result<Picture, DrawError> {
    let designs = &plan.front;
    let families: BTreeSet<&str> = designs.iter().map(|own| own.family.as_str()).collect();
    let families: Vec<&str> = families.into_iter().collect();
    let recommended = plan.recommended.as_deref().filter(|id| designs.iter().any(|own| own.id == **id));
    let hollow = designs.iter().any(|own| own.on_front_at.contains(&false));
    let mut names: Vec<String> = families.iter().map(|name| (*name).to_owned()).collect();
    names.extend(recommended.map(|_| "recommended".to_owned()));
    names.extend(hollow.then(|| "hollow: leaves the front at some prices".to_owned()));
    let key = Key::new(&names, WIDTH);

    let most = |of: fn(&PlanDesign) -> f64| designs.iter().map(of).fold(0.0, f64::max);
    let (usd, dollars) = usd_unit(most(|own| own.capex.high));
    let (power, watts) = watts_unit(most(|own| own.power_w));
    let (unit, ps) = time_unit(most(step_ps));
    let capital = |own: &PlanDesign| [own.capex.low, own.capex.mid, own.capex.high].map(|usd| usd / dollars);
    let x = axis(designs.iter().flat_map(capital), 8.0, AIR[0]);
    let times = axis(designs.iter().map(|own| step_ps(own) / ps), 7.0, AIR[1]);
    let powers = axis(designs.iter().map(|own| own.power_w / watts), 4.0, AIR[2]);

    let left = heading::MARGIN + grid::tick_room(&times).max(grid::tick_room(&powers));
    let top = heading::BELOW + key.height() + 36.0;
    let (high, low) = if designs.len() > FEW { TALL } else { HEIGHTS };
    let upper = Frame { left, top, right: WIDTH - heading::MARGIN - 8.0, bottom: top + high };
    let below = upper.bottom + 64.0;
    let lower = Frame { top: below, bottom: below + low, ..upper };
    let x = x.spaced(upper.width(), |label| TICK.width(label));
    let plot = |frame: Frame, y: &Axis, of: &dyn Fn(&PlanDesign) -> f64| Plot {
        frame,
        x: x.clone(),
        y: y.clone().spaced(frame.height(), grid::tick_height),
        designs,
        values: designs.iter().map(|own| (capital(own), of(own))).collect(),
        families: &families,
        recommended,
    };
    let plots =
        [plot(upper, &times, &|own| step_ps(own) / ps), plot(lower, &powers, &|own| own.power_w / watts)];
    let facts = format!(
        "{} on the front of {} · bars from low to high prices, marks at mid prices",
        counted(designs.len() as u64, "design"),
        counted(plan.space.designs, "design"),
    );
    Picture::paint("front", title(plan), (WIDTH, lower.bottom + 58.0), |canvas| {
        heading::draw(canvas, title(plan), &facts)?;
        key.draw(canvas, heading::BELOW, |at, (x, y)| match names[at].as_str() {
            "recommended" if at >= families.len() => ring(canvas, (x, y), 5.0),
            _ if at >= families.len() => hollow_mark(canvas, (x, y)),
            _ => Look::of(at).marker(canvas, (x, y), MARK),
        })?;
        let capital = format!("Capital cost ({usd})");
        grid::names(canvas, upper, heading::MARGIN, "", &format!("Time of the weighted step ({unit})"))?;
        grid::names(canvas, lower, heading::MARGIN, &capital, &format!("Power of the facility ({power})"))?;
        plots.iter().try_for_each(|plot| plot.draw(canvas))
    })
}

fn step_ps(own: &PlanDesign) -> f64 {
    Time::from_ps(own.step_time_ps).as_secs() * 1e12
}

/// An axis around values; one value gets a tenth of itself to each side.
fn axis(values: impl Iterator<Item = f64>, ticks: f64, air: f64) -> Axis {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return Axis::between(0.0, 1.0, ticks);
    }
    let air = if high - low > 1e-3 * high.abs() { air * (high - low) } else { (0.1 * high.abs()).max(1e-9) };
    Axis::between((low - air).max(0.0), high + air, ticks)
}

/// A ring around a marker.
fn ring(canvas: &Canvas<'_>, at: Point, radius: f64) -> Result<(), DrawError> {
    canvas.disc(at, radius, INK)?;
    canvas.disc(at, radius - 1.5, PAPER)
}

fn hollow_mark(canvas: &Canvas<'_>, at: Point) -> Result<(), DrawError> {
    canvas.disc(at, MARK, FADED)?;
    canvas.disc(at, MARK - 1.6, PAPER)
}

impl Plot<'_> {
    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), DrawError> {
        grid::draw(canvas, self.frame, &self.x, &self.y)?;
        let range = self.x.range();
        let inside =
            |value: f64| if value.is_finite() { value.clamp(range.start, range.end) } else { range.start };
        let place = |x: f64, y: f64| {
            let y = if y.is_finite() { y } else { self.y.range().start };
            grid::place(self.frame, &self.x, &self.y, (inside(x), y))
        };
        let mut lines = Vec::new();
        for (own, ([low, _, high], y)) in self.designs.iter().zip(&self.values) {
            let colour = lighter(self.look(own).colour, 0.55);
            let (from, to) = (place(*low, *y), place(*high, *y));
            canvas.line(&[from, to], colour, 1.75)?;
            for (x, y) in [from, to] {
                canvas.line(&[(x, y - 4.0), (x, y + 4.0)], colour, 1.75)?;
            }
            lines.push(Frame { left: from.0, top: from.1 - 2.0, right: to.0, bottom: to.1 + 2.0 });
        }
        let points: Vec<Point> = self.values.iter().map(|([_, mid, _], y)| place(*mid, *y)).collect();
        let labels = self.labels(&points);
        let each: Vec<(Point, f64)> =
            labels.iter().map(|own| (own.point, own.letters.width(&own.name) + 4.0)).collect();
        let placed = labels::place(&each, &points, &lines, self.frame);
        for (place, own) in placed.iter().zip(&labels) {
            if let Some(from) = place.and_then(|place| place.lead) {
                canvas.line(&[from, own.point], REFERENCE, 0.75)?;
            }
        }
        for (own, at) in self.designs.iter().zip(&points) {
            if self.recommended == Some(&own.id) {
                ring(canvas, *at, MARK + 4.5)?;
            }
            let look = self.look(own);
            let whole = !own.on_front_at.contains(&false);
            if whole { look } else { look.variant(1) }.marker(canvas, *at, MARK)?;
        }
        let mut lost = 0;
        for (Label { name, letters, designs, .. }, place) in labels.iter().zip(&placed) {
            let Some(Placed { at: (x, y), .. }) = *place else {
                lost += designs;
                continue;
            };
            // A strip of paper keeps lines away from the letters.
            let half = letters.width(name) / 2.0 + 1.5;
            canvas
                .rectangle(Frame { left: x - half, top: y - 6.0, right: x + half, bottom: y + 6.0 }, PAPER)?;
            canvas.text((x, y), name, letters.centred().halfway())?;
        }
        if lost > 0 {
            let told = format!("{} without room for a label", counted(lost, "design"));
            canvas.text((self.frame.right, self.frame.top - 8.0), &told, VALUE.right())?;
        }
        Ok(())
    }

    /// The labels of designs: the recommended one first, as it must have room.
    fn labels(&self, points: &[Point]) -> Vec<Label> {
        let plain = LABEL.sized(if self.designs.len() > FEW { 11.0 } else { 12.5 });
        let alone = self.designs.iter().position(|own| self.recommended == Some(&own.id));
        let ids: Vec<&str> = self.designs.iter().map(|own| own.id.as_str()).collect();
        let mut piles = labels::piles(points, alone);
        piles.sort_by_key(|pile| pile.first().copied() != alone);
        piles
            .iter()
            .map(|pile| {
                let letters = if pile.first().copied() == alone { plain.bold() } else { plain };
                let mean = |of: fn(&Point) -> f64| {
                    pile.iter().map(|at| of(&points[*at])).sum::<f64>() / float(pile.len())
                };
                Label {
                    name: letters.fit_name(&labels::joined(pile, &ids), 120.0),
                    letters,
                    point: (mean(|at| at.0), mean(|at| at.1)),
                    designs: pile.len() as u64,
                }
            })
            .collect()
    }

    fn look(&self, own: &PlanDesign) -> Look {
        Look::of(self.families.iter().position(|name| *name == own.family).unwrap_or(0))
    }
}
