//! Bus bandwidth or time against size: a line for each series, named at its end.

use plotters::element::PathElement;
use plotters::series::LineSeries;

use super::axis::Axis;
use super::canvas::{Canvas, Chart, Frame, Point, stroke};
use super::picture::Picture;
use super::spread::spread;
use super::style::{AXIS, FADED, GRID_LINE, INK, LABEL, Look, REFERENCE, TICK};
use super::subject::Subject;
use super::{DrawError, heading};
use crate::report::series::Series;
use crate::result::Case;
use crate::units::{Bytes, Time};

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 500.0;
/// The least distance of two labels at the ends of lines.
const LABEL_GAP: f64 = 17.0;
/// The most room for labels.
const LABEL_ROOM: f64 = 230.0;
/// From the end of the plot to a label's mark, and from there to its text.
const LEADER: f64 = 16.0;
const MARK: f64 = 17.0;

/// What is drawn against size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    /// In GB/s, from zero.
    Busbw,
    /// Logarithmic.
    Time,
}

impl Quantity {
    /// The value of a case, where it can be drawn.
    fn of(self, case: &Case) -> Option<f64> {
        let value = match self {
            Self::Busbw => case.busbw_gbps,
            Self::Time => ps(case.time_ps),
        };
        (case.bytes > 0 && value.is_finite() && (value > 0.0 || self == Self::Busbw)).then_some(value)
    }

    /// What the bound of a case comes to.
    fn bound(self, case: &Case) -> Option<f64> {
        if case.bytes == 0 || case.bound_ps == 0 || case.time_ps == 0 {
            return None;
        }
        let value = match self {
            Self::Busbw => case.busbw_gbps * ps(case.time_ps) / ps(case.bound_ps),
            Self::Time => ps(case.bound_ps),
        };
        (value.is_finite() && value > 0.0).then_some(value)
    }
}

fn ps(ps: u64) -> f64 {
    Time::from_ps(ps).as_secs() * 1e12
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
enum Stroke {
    /// Solid with markers.
    Own(Look),
    /// Dashed over the lines that it repeats.
    Repeats(Look),
    /// What `auto` chose: dashed, in ink, over the lines it chooses from.
    Auto(Look),
    /// Dotted, without markers.
    Bound,
    /// The same where it leaves the plot at its top.
    CutBound,
}

struct Line {
    name: String,
    stroke: Stroke,
    /// `(bytes, value)`, ascending.
    points: Vec<(f64, f64)>,
}

/// Draws the figure.
pub(super) fn draw(subject: &Subject<'_>, quantity: Quantity) -> Result<Picture, DrawError> {
    let mut lines = lines(subject, quantity);
    if lines.is_empty() {
        return Err(DrawError::Nothing("no case has a size and a time above zero".into()));
    }
    if let Some(bound) = bound(&subject.series, quantity).and_then(|bound| cut(bound, &lines, quantity)) {
        lines.insert(0, bound);
    }
    let values = || lines.iter().flat_map(|line| line.points.iter().map(|point| point.1));
    let sizes: Vec<u64> = subject.series.iter().flat_map(|s| &s.cases).map(|case| case.bytes).collect();
    let sizes: Vec<u64> = sizes.into_iter().filter(|&bytes| bytes > 0).collect();
    let names: Vec<String> = lines.iter().map(|line| LABEL.fit_name(&line.name, LABEL_ROOM)).collect();
    let widest = names.iter().map(|name| LABEL.width(name)).fold(0.0, f64::max);
    let rows = lines.len().max(1);
    let y = match quantity {
        Quantity::Busbw => Axis::from_zero(values().fold(0.0, f64::max), 5.0),
        Quantity::Time => Axis::log_times(&values().collect::<Vec<_>>()),
    };
    let tick_room = y.ticks.iter().map(|tick| TICK.width(&tick.label)).fold(0.0, f64::max);
    let height = HEIGHT.max(170.0 + LABEL_GAP * f64::from(u32::try_from(rows).unwrap_or(u32::MAX)));
    let frame = Frame {
        left: heading::MARGIN + tick_room + 8.0,
        top: heading::BELOW + 34.0,
        right: WIDTH - heading::MARGIN - widest - LEADER - MARK,
        bottom: height - 58.0,
    };
    let x = Axis::sizes(&sizes, frame.width(), |label| TICK.width(label));
    let facts = subject.facts(subject.series.iter().flat_map(|series| series.cases.iter().copied()));
    Picture::paint(&subject.name, &subject.title, (WIDTH, height), |canvas| {
        heading::draw(canvas, &subject.title, &facts)?;
        let name = match quantity {
            Quantity::Busbw => "Bus bandwidth (GB/s)",
            Quantity::Time => "Time",
        };
        canvas.text((heading::MARGIN, frame.top - 16.0), name, AXIS)?;
        let middle = f64::midpoint(frame.left, frame.right);
        canvas.text((middle, height - 16.0), "Message size", AXIS.centred())?;
        let mut chart = canvas.chart(frame, x.clone(), y.clone())?;
        grid(canvas, &mut chart, frame, &x, &y)?;
        let place = |&(bytes, value): &(f64, f64)| {
            (frame.left + x.share(bytes) * frame.width(), frame.bottom - y.share(value) * frame.height())
        };
        for line in &lines {
            let points: Vec<Point> = line.points.iter().map(place).collect();
            strokes(canvas, &mut chart, line, &points)?;
        }
        let ends: Vec<Point> = lines.iter().filter_map(|line| line.points.last()).map(place).collect();
        labels(canvas, frame, &lines, &names, &ends)
    })
}

/// The series with something to draw, those that repeat others last.
fn lines(subject: &Subject<'_>, quantity: Quantity) -> Vec<Line> {
    let series = &subject.series;
    let mut lines: Vec<Line> = Vec::new();
    let mut repeats: Vec<Line> = Vec::new();
    for (index, series) in series.iter().enumerate() {
        let points: Vec<(f64, f64)> = series
            .cases
            .iter()
            .filter_map(|case| quantity.of(case).map(|value| (Bytes(case.bytes).as_f64(), value)))
            .collect();
        if points.is_empty() {
            continue;
        }
        let name = series.name.clone();
        if series.auto {
            repeats.push(Line { name, stroke: Stroke::Auto(subject.look(index)), points });
        } else if lines.iter().any(|other| coincide(&other.points, &points)) {
            repeats.push(Line { name, stroke: Stroke::Repeats(subject.look(index)), points });
        } else {
            lines.push(Line { name, stroke: Stroke::Own(subject.look(index)), points });
        }
    }
    // With no line that it could repeat, `auto` is a line like any other.
    if lines.is_empty() {
        for line in &mut repeats {
            if let Stroke::Auto(look) = line.stroke {
                line.stroke = Stroke::Own(look);
            }
        }
    }
    lines.extend(repeats);
    lines
}

/// The bound as far as it leaves room for the lines: on a linear axis up to a third above the highest.
fn cut(bound: Line, lines: &[Line], quantity: Quantity) -> Option<Line> {
    if quantity == Quantity::Time {
        return Some(bound);
    }
    let highest = lines.iter().flat_map(|line| &line.points).map(|point| point.1).fold(0.0, f64::max);
    let limit = highest * 4.0 / 3.0;
    let mut points: Vec<(f64, f64)> = Vec::new();
    for &(bytes, value) in &bound.points {
        if value <= limit {
            points.push((bytes, value));
            continue;
        }
        // Where it crosses the limit, on the straight line over a logarithmic axis.
        if let Some(&(from, low)) = points.last() {
            let share = (limit - low) / (value - low);
            points.push((from * (bytes / from).powf(share), limit));
        }
        break;
    }
    let whole = points == bound.points;
    let stroke = if whole { Stroke::Bound } else { Stroke::CutBound };
    (points.len() > 1 || whole).then_some(Line { points, stroke, ..bound })
}

/// The bound, where all series have the same at the same size.
fn bound(series: &[Series<'_>], quantity: Quantity) -> Option<Line> {
    let mut cases: Vec<&Case> = series.iter().flat_map(|series| series.cases.iter().copied()).collect();
    cases.sort_by_key(|case| case.bytes);
    let same = |pair: &[&Case]| {
        (&pair[0].op, &pair[0].group, pair[0].ranks) == (&pair[1].op, &pair[1].group, pair[1].ranks)
            && (pair[0].bytes != pair[1].bytes || pair[0].bound_ps == pair[1].bound_ps)
    };
    if !cases.windows(2).all(same) {
        return None;
    }
    cases.dedup_by_key(|case| case.bytes);
    let points: Vec<(f64, f64)> = cases
        .iter()
        .filter_map(|case| quantity.bound(case).map(|value| (Bytes(case.bytes).as_f64(), value)))
        .collect();
    let name = match quantity {
        Quantity::Busbw => "upper bound",
        Quantity::Time => "lower bound",
    };
    (!points.is_empty()).then(|| Line { name: name.into(), stroke: Stroke::Bound, points })
}

/// Whether two lines could not be told apart: within 0.5 % wherever both have a point, over the whole of the second.
fn coincide(one: &[(f64, f64)], other: &[(f64, f64)]) -> bool {
    other.iter().all(|(bytes, value)| {
        one.iter().any(|(b, v)| b.total_cmp(bytes).is_eq() && (v - value).abs() <= 0.005 * value.abs())
    })
}

fn grid<'a>(
    canvas: &Canvas<'a>,
    chart: &mut Chart<'a>,
    frame: Frame,
    x: &Axis,
    y: &Axis,
) -> Result<(), DrawError> {
    use plotters::coord::ranged1d::Ranged;
    let (across, up) = (x.range(), y.range());
    let hairline = stroke(GRID_LINE, 1.0);
    let rows =
        y.ticks.iter().map(|t| PathElement::new([(across.start, t.value), (across.end, t.value)], hairline));
    chart.draw_series(rows).map_err(DrawError::backend)?;
    let columns =
        x.ticks.iter().map(|t| PathElement::new([(t.value, up.start), (t.value, up.end)], hairline));
    chart.draw_series(columns).map_err(DrawError::backend)?;
    for tick in &y.ticks {
        let at = (frame.left - 8.0, frame.bottom - y.share(tick.value) * frame.height());
        canvas.text(at, &tick.label, TICK.right().halfway())?;
    }
    for tick in &x.ticks {
        let at = frame.left + x.share(tick.value) * frame.width();
        canvas.line(&[(at, frame.bottom), (at, frame.bottom + 5.0)], INK, 1.0)?;
        canvas.text((at, frame.bottom + 19.0), &tick.label, TICK.centred())?;
    }
    canvas.line(&[(frame.left, frame.bottom), (frame.right, frame.bottom)], INK, 1.25)
}

fn strokes<'a>(
    canvas: &Canvas<'a>,
    chart: &mut Chart<'a>,
    line: &Line,
    points: &[Point],
) -> Result<(), DrawError> {
    match line.stroke {
        Stroke::Own(look) => {
            if let Some(dashes) = look.dashes() {
                canvas.dashes(points, look.colour, 2.0, dashes)?;
            } else {
                let path = LineSeries::new(line.points.iter().copied(), stroke(look.colour, 2.0));
                chart.draw_series(path).map_err(DrawError::backend)?;
            }
            points.iter().try_for_each(|&at| look.marker(canvas, at, 3.4))
        }
        Stroke::Repeats(look) => {
            canvas.dashes(points, look.colour, 2.0, (7.0, 6.0))?;
            points.iter().try_for_each(|&at| look.marker(canvas, at, 2.4))
        }
        Stroke::Auto(look) => {
            canvas.dashes(points, INK, 1.5, auto_dashes(look))?;
            if let [only] = points {
                canvas.disc(*only, 2.0, INK)?;
            }
            Ok(())
        }
        Stroke::Bound | Stroke::CutBound => {
            canvas.dashes(points, REFERENCE, 1.5, (1.5, 3.5))?;
            if let [(x, y)] = *points {
                canvas.line(&[(x - 9.0, y), (x + 9.0, y)], REFERENCE, 1.5)?;
            }
            Ok(())
        }
    }
}

/// How the line of `auto` is dashed, in the first of several results and in others.
fn auto_dashes(look: Look) -> (f64, f64) {
    if look.dashes().is_none() { (5.0, 5.0) } else { (2.0, 4.0) }
}

/// The names at the ends of lines, moved apart where they would touch, each with a thin line to its end.
fn labels(
    canvas: &Canvas<'_>,
    frame: Frame,
    lines: &[Line],
    names: &[String],
    ends: &[Point],
) -> Result<(), DrawError> {
    // A bound that leaves the plot is named there; a label at the side would say that it ends so high.
    let (lines, names, ends) = match (lines, names, ends) {
        ([Line { stroke: Stroke::CutBound, .. }, lines @ ..], [name, names @ ..], [(x, _), ends @ ..]) => {
            let letters = LABEL.colour(FADED);
            let beside = x + 8.0;
            if beside + letters.width(name) <= frame.right {
                canvas.text((beside, frame.top + 5.0), name, letters.halfway())?;
            } else {
                canvas.text((frame.right, frame.top - 6.0), name, letters.right())?;
            }
            (lines, names, ends)
        }
        all => all,
    };
    let wanted: Vec<f64> = ends.iter().map(|end| end.1).collect();
    let places = spread(&wanted, LABEL_GAP, frame.top - 6.0, frame.bottom - 4.0);
    for (((line, name), &(x, y)), place) in lines.iter().zip(names).zip(ends).zip(places) {
        let colour = match line.stroke {
            Stroke::Own(look) | Stroke::Repeats(look) => look.colour,
            Stroke::Auto(_) => INK,
            Stroke::Bound | Stroke::CutBound => REFERENCE,
        };
        let mark = (frame.right + LEADER, place);
        if (place - y).abs() > 1.5 || frame.right - x > 24.0 {
            let pale = super::style::lighter(colour, 0.55);
            canvas.line(&[(x + 6.0, y), (frame.right.max(x + 6.0), y), (mark.0 - 6.0, place)], pale, 0.75)?;
        }
        match line.stroke {
            Stroke::Own(look) | Stroke::Repeats(look) => {
                if let Some(dashes) = look.dashes() {
                    canvas.dashes(
                        &[(mark.0 - 9.0, place), (mark.0 + 6.5, place)],
                        look.colour,
                        1.5,
                        dashes,
                    )?;
                }
                look.marker(canvas, mark, 3.8)?;
            }
            Stroke::Auto(look) => {
                let ends = [(mark.0 - 6.5, place), (mark.0 + 6.5, place)];
                let (on, _) = auto_dashes(look);
                canvas.dashes(&ends, INK, 1.5, (on, 3.0))?;
            }
            Stroke::Bound | Stroke::CutBound => {
                let dots = [(mark.0 - 6.0, place), (mark.0 + 6.0, place)];
                canvas.dashes(&dots, REFERENCE, 1.5, (1.5, 3.5))?;
            }
        }
        let letters = if matches!(line.stroke, Stroke::Bound) { LABEL.colour(FADED) } else { LABEL };
        canvas.text((mark.0 + MARK - 6.0, place), name, letters.halfway())?;
    }
    Ok(())
}
