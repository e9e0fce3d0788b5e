//! Colours, letters and markers: one look for all figures.

use plotters::style::RGBColor;

use super::DrawError;
use super::canvas::{Canvas, Letters, Point};

/// The background.
pub(super) const PAPER: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);
/// Texts and axes.
pub(super) const INK: RGBColor = RGBColor(0x22, 0x26, 0x2B);
/// What matters less.
pub(super) const FADED: RGBColor = RGBColor(0x5B, 0x64, 0x6E);
/// Bounds and other lines for reference.
pub(super) const REFERENCE: RGBColor = RGBColor(0x8A, 0x93, 0x9C);
/// Grid lines.
pub(super) const GRID_LINE: RGBColor = RGBColor(0xE3, 0xE6, 0xE9);

/// Okabe and Ito's palette without yellow, which is too pale for lines on white, then four of Tol's muted ones.
/// They can be told apart by readers with any of the common colour deficiencies.
const COLOURS: [RGBColor; 10] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x56, 0xB4, 0xE9),
    RGBColor(0x33, 0x22, 0x88),
    RGBColor(0x88, 0x22, 0x55),
    RGBColor(0x99, 0x99, 0x33),
    RGBColor(0x6F, 0x4E, 0x37),
];

/// The heading.
pub(super) const TITLE: Letters = Letters::new(17.0).bold();
/// What is below the heading.
pub(super) const SUBTITLE: Letters = Letters::new(12.0).colour(FADED);
/// Names of axes.
pub(super) const AXIS: Letters = Letters::new(12.5);
/// Values on axes.
pub(super) const TICK: Letters = Letters::new(12.0).colour(FADED);
/// Names of series and rows.
pub(super) const LABEL: Letters = Letters::new(12.5);
/// Values beside bars.
pub(super) const VALUE: Letters = Letters::new(11.5).colour(FADED);

/// The form of a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Disc,
    Square,
    Up,
    Diamond,
    Down,
    Cross,
    Plus,
}

const FORMS: [Form; 7] =
    [Form::Disc, Form::Square, Form::Up, Form::Diamond, Form::Down, Form::Cross, Form::Plus];

/// How a series is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Its colour.
    pub(super) colour: RGBColor,
    form: Form,
    variant: usize,
}

impl Look {
    /// The first of that index.
    pub(super) fn of(index: usize) -> Self {
        Self { colour: COLOURS[index % COLOURS.len()], form: FORMS[index % FORMS.len()], variant: 0 }
    }

    /// The same in another of several results: lines are dashed, markers hollow and areas paler.
    pub(super) const fn variant(self, variant: usize) -> Self {
        Self { variant, ..self }
    }

    /// The colour of areas.
    pub(super) fn area(self) -> RGBColor {
        match self.variant {
            0 => self.colour,
            1 => lighter(self.colour, 0.6),
            _ => lighter(self.colour, 0.35),
        }
    }

    /// The lengths of dashes and of the gaps between them; none for solid lines.
    pub(super) const fn dashes(self) -> Option<(f64, f64)> {
        match self.variant {
            0 => None,
            1 => Some((8.0, 4.0)),
            _ => Some((2.0, 3.5)),
        }
    }

    /// The marker, in a thin margin of white that keeps it apart from lines.
    pub(super) fn marker(self, canvas: &Canvas<'_>, at: Point, radius: f64) -> Result<(), DrawError> {
        self.form(canvas, at, radius + 1.0, PAPER)?;
        self.form(canvas, at, radius, self.colour)?;
        if self.variant == 0 { Ok(()) } else { self.form(canvas, at, radius - 1.6, PAPER) }
    }

    /// The marker alone, for clouds of points; `share` of 1 is its full colour, less is paler.
    pub(super) fn dot(
        self,
        canvas: &Canvas<'_>,
        at: Point,
        radius: f64,
        share: f64,
    ) -> Result<(), DrawError> {
        self.form(canvas, at, radius, lighter(self.colour, share))
    }

    fn form(self, canvas: &Canvas<'_>, (x, y): Point, r: f64, colour: RGBColor) -> Result<(), DrawError> {
        let polygon = |points: &[(f64, f64)]| {
            let points: Vec<Point> = points.iter().map(|(dx, dy)| (x + dx * r, y + dy * r)).collect();
            canvas.polygon(&points, colour)
        };
        match self.form {
            Form::Disc => canvas.disc((x, y), r, colour),
            Form::Square => polygon(&[(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)]),
            Form::Up => polygon(&[(0.0, -1.2), (1.1, 0.75), (-1.1, 0.75)]),
            Form::Down => polygon(&[(0.0, 1.2), (1.1, -0.75), (-1.1, -0.75)]),
            Form::Diamond => polygon(&[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)]),
            Form::Plus => polygon(&PLUS.map(|(dx, dy)| (1.2 * dx, 1.2 * dy))),
            // The plus turned by 45 degrees.
            Form::Cross => polygon(&PLUS.map(|(dx, dy)| (0.85 * (dx - dy), 0.85 * (dx + dy)))),
        }
    }
}

const PLUS: [(f64, f64); 12] = [
    (-0.3, -1.0),
    (0.3, -1.0),
    (0.3, -0.3),
    (1.0, -0.3),
    (1.0, 0.3),
    (0.3, 0.3),
    (0.3, 1.0),
    (-0.3, 1.0),
    (-0.3, 0.3),
    (-1.0, 0.3),
    (-1.0, -0.3),
    (-0.3, -0.3),
];

/// The colour mixed with white; `share` of 1 leaves it as it is.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of two bytes is a byte")]
pub(super) fn lighter(RGBColor(r, g, b): RGBColor, share: f64) -> RGBColor {
    let mix = |byte: u8| (255.0 - (255.0 - f64::from(byte)) * share).round() as u8;
    RGBColor(mix(r), mix(g), mix(b))
}
