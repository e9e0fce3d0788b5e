//! What the money and the power of designs go into: a bar each, and beside it the part of the network alone, which would be
//! lost beside that of the servers.

use super::{colours, float};
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Canvas, Frame};
use crate::report::draw::heading::Key;
use crate::report::draw::style::{AXIS, GRID_LINE, INK, LABEL, TICK, VALUE};
use crate::report::draw::{DrawError, Picture, heading};
use crate::report::number::{counted, significant};
use crate::report::plan::{is_network, usd_unit, watts_unit};
use crate::result::PlanDesign;

const WIDTH: f64 = 1020.0;
/// Between the two plots.
const BETWEEN: f64 = 26.0;
/// Room behind the longest bar for its value.
const VALUES: f64 = 64.0;
/// The most room for names.
const NAME_ROOM: f64 = 170.0;

/// A share of a bar: what, and how much.
type Share<'a> = (&'a str, f64);

/// What is drawn: for each design its shares.
struct Chart<'a> {
    name: &'static str,
    title: &'a str,
    /// What the axes show: of all, and of the network.
    axes: [&'static str; 2],
    unit: fn(f64) -> (&'static str, f64),
    /// What the front says that all of a design comes to.
    all: fn(&PlanDesign) -> f64,
    designs: &'a [&'a PlanDesign],
    shares: Vec<Vec<Share<'a>>>,
}

/// Capital cost at mid prices.
pub(super) fn cost(title: &str, designs: &[&PlanDesign]) -> Result<Picture, DrawError> {
    let shares = |own: &'_ &PlanDesign| -> Vec<(String, f64)> {
        own.cost.iter().map(|part| (part.what.clone(), part.usd.mid)).collect()
    };
    let kept: Vec<Vec<(String, f64)>> = designs.iter().map(shares).collect();
    Chart {
        name: "cost",
        title,
        axes: ["Capital cost at mid prices", "of it the network"],
        unit: usd_unit,
        all: |own| own.capex.mid,
        designs,
        shares: borrowed(&kept),
    }
    .draw()
}

/// Power of the facility.
pub(super) fn power(title: &str, designs: &[&PlanDesign]) -> Result<Picture, DrawError> {
    let shares = |own: &'_ &PlanDesign| -> Vec<(String, f64)> {
        own.power.iter().map(|part| (part.what.clone(), part.watts)).collect()
    };
    let kept: Vec<Vec<(String, f64)>> = designs.iter().map(shares).collect();
    Chart {
        name: "power",
        title,
        axes: ["Power of the facility", "of it the network, without its cooling"],
        unit: watts_unit,
        all: |own| own.power_w,
        designs,
        shares: borrowed(&kept),
    }
    .draw()
}

fn borrowed(kept: &[Vec<(String, f64)>]) -> Vec<Vec<Share<'_>>> {
    let sane = |size: f64| if size.is_finite() { size.max(0.0) } else { 0.0 };
    kept.iter()
        .map(|shares| shares.iter().map(|(what, size)| (what.as_str(), sane(*size))).collect())
        .collect()
}

fn total(shares: &[Share<'_>]) -> f64 {
    shares.iter().map(|(_, size)| size).sum()
}

impl Chart<'_> {
    fn draw(&self) -> Result<Picture, DrawError> {
        let network: Vec<Vec<Share<'_>>> = self
            .shares
            .iter()
            .map(|shares| shares.iter().copied().filter(|(what, _)| is_network(what)).collect())
            .collect();
        let longest = |of: &[Vec<Share<'_>>]| of.iter().map(|shares| total(shares)).fold(0.0, f64::max);
        if longest(&self.shares) <= 0.0 {
            return Err(DrawError::Nothing("all parts are nothing".into()));
        }
        // In the order in which they are first met.
        let mut used: Vec<&str> = Vec::new();
        for (what, size) in self.shares.iter().flatten() {
            if *size > 0.0 && !used.contains(what) {
                used.push(what);
            }
        }
        let names: Vec<String> = self
            .designs
            .iter()
            .map(|own| LABEL.fit_name(&format!("{} · {}", own.id, own.family), NAME_ROOM))
            .collect();
        let name_room = names.iter().map(|name| LABEL.width(name)).fold(0.0, f64::max);
        let key = Key::new(&used.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), WIDTH);
        let row = if self.designs.len() > 12 { 22.0 } else { 30.0 };
        let top = heading::BELOW + key.height() + 12.0;
        let left = heading::MARGIN + name_room + 10.0;
        let wide = (WIDTH - heading::MARGIN - left - BETWEEN - 2.0 * VALUES) / 2.0;
        let first = Frame { left, top, right: left + wide, bottom: top + row * float(self.designs.len()) };
        let from = first.right + VALUES + BETWEEN;
        let second = Frame { left: from, right: from + wide, ..first };
        // The front is of racks in their canonical order; a design that was drawn up has other cables.
        let placed = self.designs.iter().zip(&self.shares).any(|(own, shares)| {
            let (all, drawn) = ((self.all)(own), total(shares));
            (all - drawn).abs() > 1e-6 * all.abs()
        });
        let mut facts = match self.designs {
            [own] => own.summary.clone(),
            several => format!("{} of the front, the fastest first", counted(several.len() as u64, "design")),
        };
        if placed {
            facts.push_str(" · cables as racks were placed, so sums may be less than on the front");
        }
        Picture::paint(self.name, self.title, (WIDTH, first.bottom + 54.0), |canvas| {
            heading::draw(canvas, self.title, &facts)?;
            key.draw(canvas, heading::BELOW, |at, (x, y)| {
                let mark = Frame { left: x - 6.0, top: y - 6.0, right: x + 6.0, bottom: y + 6.0 };
                canvas.rectangle(mark, colours::share(used[at]))
            })?;
            for (at, name) in names.iter().enumerate() {
                let y = top + row * (float(at) + 0.5);
                canvas.text((left - 10.0, y), name, LABEL.right().halfway())?;
            }
            self.plot(canvas, first, (row, self.axes[0]), &self.shares)?;
            self.plot(canvas, second, (row, self.axes[1]), &network)
        })
    }

    fn plot(
        &self,
        canvas: &Canvas<'_>,
        frame: Frame,
        (row, axis): (f64, &str),
        shares: &[Vec<Share<'_>>],
    ) -> Result<(), DrawError> {
        let longest = shares.iter().map(|shares| total(shares)).fold(0.0, f64::max);
        let (unit, size) = (self.unit)(longest);
        let x = Axis::from_zero(longest / size, 7.0).spaced(frame.width(), |label| TICK.width(label));
        let place = |value: f64| frame.left + x.share(value / size) * frame.width();
        for tick in &x.ticks {
            let at = place(tick.value * size);
            canvas.line(&[(at, frame.top), (at, frame.bottom)], GRID_LINE, 1.0)?;
            canvas.text((at, frame.bottom + 18.0), &tick.label, TICK.centred())?;
        }
        let middle = f64::midpoint(frame.left, frame.right);
        canvas.text((middle, frame.bottom + 40.0), &format!("{axis} ({unit})"), AXIS.centred())?;
        for (at, shares) in shares.iter().enumerate() {
            let y = frame.top + row * (float(at) + 0.5);
            let (top, bottom) = (y - 0.3 * row, y + 0.3 * row);
            let mut from = 0.0;
            for (what, size) in shares {
                let (left, right) = (place(from), place(from + size));
                canvas.rectangle(Frame { left, top, right, bottom }, colours::share(what))?;
                from += size;
            }
            canvas.text((place(from) + 6.0, y), &significant(from / size), VALUE.halfway())?;
        }
        canvas.line(&[(frame.left, frame.top), (frame.left, frame.bottom)], INK, 1.25)
    }
}
