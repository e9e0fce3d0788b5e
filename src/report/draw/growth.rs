//! How the work of the program grows with the number of ranks: a line for each collective, both axes logarithmic.

use super::axis::Axis;
use super::canvas::{Frame, Point};
use super::picture::Picture;
use super::spread::spread;
use super::style::{AXIS, FADED, LABEL, Look, REFERENCE, TICK};
use super::{DrawError, grid, heading};

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 480.0;
/// The least distance of two labels at the ends of lines.
const LABEL_GAP: f64 = 17.0;

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// What it is of.
    pub name: String,
    /// Ranks, and the work at so many, in instructions; ascending.
    pub points: Vec<(u64, f64)>,
}

/// Draws lines of work against ranks, with a dotted line that grows by `most` for each factor of four, from the lowest
/// first point on.
///
/// # Errors
/// Where a line has no point, or one that is zero.
pub fn draw_growth(name: &str, title: &str, lines: &[Growth], most: f64) -> Result<Picture, DrawError> {
    let points = || lines.iter().flat_map(|line| line.points.iter().copied());
    let bad = points().any(|(ranks, work)| ranks == 0 || work <= 0.0);
    if bad || lines.iter().any(|line| line.points.is_empty()) || lines.is_empty() {
        return Err(DrawError::Nothing("a line needs points above zero".into()));
    }
    let first = points().min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))).unwrap_or((1, 1.0));
    let last = points().map(|(ranks, _)| ranks).max().unwrap_or(1);
    let fours = (last as f64 / first.0 as f64).log(4.0);
    let guide = [first, (last, first.1 * most.powf(fours))];
    let works: Vec<f64> = points().map(|(_, work)| work).chain(guide.map(|(_, work)| work)).collect();
    let ranks: Vec<u64> = points().map(|(ranks, _)| ranks).collect();
    let names: Vec<String> = lines
        .iter()
        .map(|line| line.name.clone())
        .chain([format!("{most:.0} times for each factor of 4")])
        .collect();
    let widest = names.iter().map(|name| LABEL.width(name)).fold(0.0, f64::max);
    let y = Axis::log_counts(&works);
    let tick_room = y.ticks.iter().map(|tick| TICK.width(&tick.label)).fold(0.0, f64::max);
    let frame = Frame {
        left: heading::MARGIN + tick_room + 8.0,
        top: heading::BELOW + 34.0,
        right: WIDTH - heading::MARGIN - widest - 33.0,
        bottom: HEIGHT - 58.0,
    };
    let x = Axis::ranks(&ranks);
    Picture::paint(name, title, (WIDTH, HEIGHT), |canvas| {
        heading::draw(canvas, title, "whole program, one thread, no plots")?;
        canvas.text((heading::MARGIN, frame.top - 16.0), "Instructions", AXIS)?;
        let middle = f64::midpoint(frame.left, frame.right);
        canvas.text((middle, HEIGHT - 16.0), "Ranks", AXIS.centred())?;
        let place = |&(ranks, work): &(u64, f64)| -> Point {
            (
                frame.left + x.share(ranks as f64) * frame.width(),
                frame.bottom - y.share(work) * frame.height(),
            )
        };
        grid::draw(canvas, frame, &x, &y)?;
        let guide: Vec<Point> = guide.iter().map(place).collect();
        canvas.dashes(&guide, REFERENCE, 1.5, (1.5, 3.5))?;
        for (index, line) in lines.iter().enumerate() {
            let look = Look::of(index);
            let points: Vec<Point> = line.points.iter().map(place).collect();
            canvas.line(&points, look.colour, 2.0)?;
            points.iter().try_for_each(|&at| look.marker(canvas, at, 3.4))?;
        }
        let ends = lines.iter().filter_map(|line| line.points.last()).map(place).chain(guide.last().copied());
        let ends: Vec<f64> = ends.map(|end| end.1).collect();
        let places = spread(&ends, LABEL_GAP, frame.top - 6.0, frame.bottom - 4.0);
        for (index, (name, place)) in names.iter().zip(places).enumerate() {
            let mark = (frame.right + 16.0, place);
            if index < lines.len() {
                Look::of(index).marker(canvas, mark, 3.8)?;
                canvas.text((mark.0 + 11.0, place), name, LABEL.halfway())?;
            } else {
                canvas.dashes(&[(mark.0 - 6.0, place), (mark.0 + 6.0, place)], REFERENCE, 1.5, (1.5, 3.5))?;
                canvas.text((mark.0 + 11.0, place), name, LABEL.colour(FADED).halfway())?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_their_guide_are_drawn() {
        let line = |name: &str, points: &[(u64, f64)]| Growth { name: name.into(), points: points.to_vec() };
        let lines = [line("ring", &[(1024, 2e7), (4096, 6e7)]), line("direct", &[(1024, 3e7), (4096, 9e7)])];
        let picture = draw_growth("growth", "Work", &lines, 5.0).unwrap();
        for text in ["ring", "direct", "5 times for each factor of 4", "1,024", "4,096", "100 M"] {
            assert!(picture.svg.contains(text), "{text}");
        }
        assert!(draw_growth("growth", "Work", &[line("none", &[])], 5.0).is_err());
    }
}
