//! The heading of a figure, and the key to its colours where labels cannot stand beside the things themselves.

use super::DrawError;
use super::canvas::Canvas;
use super::style::{LABEL, SUBTITLE, TITLE};

/// The left margin of all figures, in pixels.
pub(super) const MARGIN: f64 = 22.0;
/// Where the heading ends.
pub(super) const BELOW: f64 = 66.0;
/// The height of a line of a key.
const KEY_LINE: f64 = 20.0;
/// From the mark to its text, and from a text to the next mark.
const KEY_MARK: f64 = 18.0;
const KEY_GAP: f64 = 20.0;

/// Writes the title and the line below it.
pub(super) fn draw(canvas: &Canvas<'_>, title: &str, facts: &str) -> Result<(), DrawError> {
    let room = canvas.width() - 2.0 * MARGIN;
    // A long line is set a little smaller before it is cut.
    let full = TITLE.width(title).max(1.0);
    let letters = TITLE.sized((17.0 * room / full).clamp(13.5, 17.0));
    canvas.text((MARGIN, 31.0), &letters.fit(title, room), letters)?;
    let full = SUBTITLE.width(facts).max(1.0);
    let letters = SUBTITLE.sized((12.0 * room / full).clamp(9.5, 12.0));
    canvas.text((MARGIN, 51.0), &letters.fit(facts, room), letters)
}

/// A key: one name after the other, in as many lines as they need.
pub(super) struct Key {
    /// `(x, line, name)`.
    places: Vec<(f64, f64, String)>,
    lines: f64,
}

impl Key {
    /// Lays out the names for a picture of that width.
    pub(super) fn new(names: &[String], width: f64) -> Self {
        let room = width - 2.0 * MARGIN;
        let (mut x, mut line) = (0.0, 0.0);
        let mut places = Vec::new();
        for name in names {
            let name = LABEL.fit_name(name, (room - KEY_MARK).min(320.0));
            let wide = KEY_MARK + LABEL.width(&name);
            if x > 0.0 && x + wide > room {
                (x, line) = (0.0, line + 1.0);
            }
            places.push((MARGIN + x, line, name));
            x += wide + KEY_GAP;
        }
        Self { lines: if places.is_empty() { 0.0 } else { line + 1.0 }, places }
    }

    /// The height it takes.
    pub(super) fn height(&self) -> f64 {
        self.lines * KEY_LINE
    }

    /// Draws it from `top` down; `mark` draws the mark of each name around a point.
    pub(super) fn draw(
        &self,
        canvas: &Canvas<'_>,
        top: f64,
        mark: impl Fn(usize, (f64, f64)) -> Result<(), DrawError>,
    ) -> Result<(), DrawError> {
        for (i, (x, line, name)) in self.places.iter().enumerate() {
            let y = top + (line + 0.5) * KEY_LINE;
            mark(i, (x + 6.0, y))?;
            canvas.text((x + KEY_MARK, y), name, LABEL.halfway())?;
        }
        Ok(())
    }
}
