//! Throughput against latency: a point for each batch.

use super::line;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Frame, Point};
use crate::report::draw::picture::Picture;
use crate::report::draw::style::{FADED, LABEL, Look, REFERENCE, TICK, VALUE};
use crate::report::draw::{DrawError, grid, heading};
use crate::report::number::count;
use crate::result::ServeResult;
use crate::units::Time;

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 480.0;

/// Draws the figure: batches that do not fit into memory are hollow, beyond a dotted line.
pub(super) fn draw(result: &ServeResult) -> Result<Picture, DrawError> {
    let ms = |ps: u64| Time::from_ps(ps).as_secs() * 1e3;
    let points: Vec<(f64, f64)> =
        result.points.iter().map(|point| (ms(point.tpot_ps), point.tokens_per_s_per_gpu)).collect();
    let most = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).fold(0.0, f64::max);
    let x = Axis::from_zero(most(|point| point.0), 6.0);
    let y = Axis::from_zero(most(|point| point.1), 5.0);
    let frame = Frame {
        left: heading::MARGIN + grid::tick_room(&y),
        top: heading::BELOW + 34.0,
        right: WIDTH - heading::MARGIN - 24.0,
        bottom: HEIGHT - 58.0,
    };
    let across = x.clone().spaced(frame.width(), |label| TICK.width(label));
    let title = format!("{}: throughput and latency", result.title);
    let look = Look::of(0);
    Picture::paint("throughput", &title, (WIDTH, HEIGHT), |canvas| {
        heading::draw(canvas, &title, &line(result))?;
        grid::names(
            canvas,
            frame,
            heading::MARGIN,
            "Time per output token (ms)",
            "Output tokens a second and GPU",
        )?;
        grid::draw(canvas, frame, &across, &y)?;
        let places: Vec<Point> = points.iter().map(|point| grid::place(frame, &x, &y, *point)).collect();
        let fits = result.points.iter().take_while(|point| point.memory.fits).count();
        canvas.line(places.get(..fits).unwrap_or_default(), look.colour, 2.0)?;
        canvas.dashes(
            places.get(fits.saturating_sub(1)..).unwrap_or_default(),
            REFERENCE,
            1.5,
            (1.5, 3.5),
        )?;
        let mut before: Option<Point> = None;
        for (point, place) in result.points.iter().zip(&places) {
            let hollow = usize::from(!point.memory.fits);
            look.variant(hollow).marker(canvas, *place, 4.2)?;
            // Of points that are close to one another, one has a name. The first has it to its left, where no line is.
            let apart = before.is_none_or(|(x, y)| (x - place.0).abs() > 46.0 || (y - place.1).abs() > 16.0);
            if !apart {
                continue;
            }
            let number = count(point.batch.into());
            let (name, at, letters) = if before.is_none() {
                let name = format!("batch {number}");
                let left = place.0 - 10.0 - LABEL.width(&name) < frame.left;
                let at =
                    if left { (place.0 + 10.0, place.1 - 14.0) } else { (place.0 - 10.0, place.1 - 8.0) };
                (name, at, if left { LABEL } else { LABEL.right() })
            } else if place.0 + 10.0 + LABEL.width(&number) > frame.right {
                (number, (place.0 - 10.0, place.1 - 12.0), LABEL.right())
            } else {
                (number, (place.0 + 10.0, place.1 + 6.0), LABEL)
            };
            canvas.text(at, &name, letters.halfway())?;
            before = Some(*place);
        }
        if fits < points.len() {
            let text = "hollow: does not fit into memory";
            canvas.text((frame.right, frame.top - 16.0), text, VALUE.colour(FADED).right())?;
        }
        Ok(())
    })
}
