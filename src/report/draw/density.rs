//! Timelines of more transfers than can be told apart: how much of each moment a rank spends sending, as a shade.

use plotters::style::RGBColor;

use super::DrawError;
use super::canvas::{Canvas, Frame};
use super::style::{Look, lighter};

/// The width of a column, in pixels.
const COLUMN: f64 = 2.0;
/// Shades between nothing and all of the time.
const SHADES: f64 = 8.0;

/// A transfer on the axis: from and to in pixels, and the index of its phase.
pub(super) type Span = (f64, f64, usize);

/// Draws a row of spans, of which up to `tracks` go on at once, in narrow columns: in the colour of the phase
/// with the most of it, the paler the less of the time is spent sending.
pub(super) fn draw(
    canvas: &Canvas<'_>,
    frame: Frame,
    spans: &[Span],
    phases: usize,
    tracks: f64,
) -> Result<(), DrawError> {
    let columns = whole(frame.width() / COLUMN);
    let mut spent = vec![0.0; columns * phases];
    for &(from, to, phase) in spans {
        let (from, to) = ((from - frame.left) / COLUMN, (to - frame.left) / COLUMN);
        for column in whole(from)..columns.min(whole(to) + 1) {
            let left = position(column);
            let overlap = to.min(left + 1.0) - from.max(left);
            spent[column * phases + phase] += overlap.max(0.0);
        }
    }
    let shade = |column: usize| -> Option<(usize, usize)> {
        let column = &spent[column * phases..(column + 1) * phases];
        let total: f64 = column.iter().sum();
        let level = whole((total / tracks * SHADES).ceil().clamp(0.0, SHADES));
        let most = (0..phases).max_by(|&a, &b| column[a].total_cmp(&column[b]).then(b.cmp(&a)))?;
        (level > 0).then_some((most, level))
    };
    let mut start = 0;
    while start < columns {
        let own = shade(start);
        let mut end = start + 1;
        while end < columns && shade(end) == own {
            end += 1;
        }
        if let Some((phase, level)) = own {
            let place = |column: usize| frame.left + COLUMN * position(column);
            let run = Frame { left: place(start), right: place(end), ..frame };
            canvas.rectangle(run, tint(Look::of(phase).colour, level))?;
        }
        start = end;
    }
    Ok(())
}

/// A colour at one of the shades; the palest can still be seen.
fn tint(colour: RGBColor, level: usize) -> RGBColor {
    lighter(colour, 0.15 + 0.85 * position(level) / SHADES)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn whole(value: f64) -> usize {
    value.min(1e6) as usize
}

fn position(column: usize) -> f64 {
    f64::from(u32::try_from(column).unwrap_or(u32::MAX))
}
