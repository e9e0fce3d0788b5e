//! The drawing surface: pixels with fractions in, SVG by plotters out.
//!
//! plotters places things on whole units, so everything is drawn four times as large and shown at a quarter.

use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::{Cartesian2d, ChartBuilder, ChartContext, DrawingArea, IntoDrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, IntoTextStyle, RGBColor, ShapeStyle};

use super::axis::Axis;
use super::{DrawError, font, style};

/// Units of the drawing to a pixel of the picture.
pub(super) const GRID: f64 = 4.0;
/// More letters than any line of a figure holds, so that no text takes long to cut.
const MOST_LETTERS: usize = 300;
/// plotters writes sizes of letters divided by this.
const PLOTTERS_SIZE: f64 = 1.24;

/// How a text looks and where it hangs on its point.
#[derive(Clone, Copy)]
pub(super) struct Letters {
    size: f64,
    bold: bool,
    colour: RGBColor,
    anchor: Pos,
}

impl Letters {
    /// Regular ones of `size` pixels in ink, left of the baseline.
    pub(super) const fn new(size: f64) -> Self {
        Self { size, bold: false, colour: style::INK, anchor: Pos { h_pos: HPos::Left, v_pos: VPos::Bottom } }
    }

    /// Bold.
    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// In that colour.
    pub(super) const fn colour(self, colour: RGBColor) -> Self {
        Self { colour, ..self }
    }

    /// Of that size.
    pub(super) const fn sized(self, size: f64) -> Self {
        Self { size, ..self }
    }

    /// Ending at the point.
    pub(super) const fn right(self) -> Self {
        Self { anchor: Pos { h_pos: HPos::Right, v_pos: self.anchor.v_pos }, ..self }
    }

    /// In the middle over the point.
    pub(super) const fn centred(self) -> Self {
        Self { anchor: Pos { h_pos: HPos::Center, v_pos: self.anchor.v_pos }, ..self }
    }

    /// With the middle of its capitals at the height of the point.
    pub(super) const fn halfway(self) -> Self {
        Self { anchor: Pos { h_pos: self.anchor.h_pos, v_pos: VPos::Center }, ..self }
    }

    /// The width of a text in these letters, in pixels.
    pub(super) fn width(&self, text: &str) -> f64 {
        font::width(text, self.size, self.bold)
    }

    /// The text, or as much of it as goes into `width` pixels with `…` behind it.
    pub(super) fn fit(&self, text: &str, width: f64) -> String {
        if self.width(text) <= width {
            return text.into();
        }
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).take(MOST_LETTERS).collect();
        let fits = |end: &&usize| self.width(&format!("{}…", text[..**end].trim_end())) <= width;
        let end = ends.iter().rev().find(fits).copied().unwrap_or(0);
        format!("{}…", text[..end].trim_end())
    }

    /// The name, or its beginning and end with `…` between them: the ends of names tell more than their middles.
    pub(super) fn fit_name(&self, name: &str, width: f64) -> String {
        if self.width(name) <= width {
            return name.into();
        }
        let mut letters: Vec<char> = name.chars().collect();
        if letters.len() > MOST_LETTERS {
            letters.drain(MOST_LETTERS / 2..letters.len() - MOST_LETTERS / 2);
        }
        let shortened = |kept: usize| -> String {
            let tail = kept / 2;
            let head = letters[..kept - tail].iter();
            head.chain(&['…']).chain(&letters[letters.len() - tail..]).collect()
        };
        let kept = (0..letters.len()).rev().find(|&kept| self.width(&shortened(kept)) <= width);
        shortened(kept.unwrap_or(0))
    }
}

/// A point in pixels from the top left.
pub(super) type Point = (f64, f64);

/// A rectangle of the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Frame {
    pub(super) const fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) const fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// A plot with its axes.
pub(super) type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<Axis, Axis>>;

/// What figures are drawn on.
pub(super) struct Canvas<'a> {
    area: Area<'a>,
    width: f64,
    height: f64,
}

/// Draws a picture of so many pixels; the SVG is as plotters writes it, on the fine grid.
pub(super) fn paint(
    (width, height): (f64, f64),
    draw: impl FnOnce(&Canvas<'_>) -> Result<(), DrawError>,
) -> Result<String, DrawError> {
    font::register()?;
    let mut svg = String::new();
    {
        let (w, h) = units((width, height));
        let area =
            SVGBackend::with_string(&mut svg, (w.unsigned_abs(), h.unsigned_abs())).into_drawing_area();
        area.fill(&style::PAPER).map_err(DrawError::backend)?;
        let canvas = Canvas { area, width, height };
        draw(&canvas)?;
        canvas.area.present().map_err(DrawError::backend)?;
    }
    Ok(svg)
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and pictures are small")]
fn units((x, y): Point) -> (i32, i32) {
    ((x * GRID).round() as i32, (y * GRID).round() as i32)
}

/// A line of `width` pixels.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates at nothing")]
pub(super) fn stroke(colour: RGBColor, width: f64) -> ShapeStyle {
    colour.stroke_width((width * GRID).round() as u32)
}

impl<'a> Canvas<'a> {
    /// The width in pixels.
    pub(super) const fn width(&self) -> f64 {
        self.width
    }

    /// The coordinates of two axes over a frame.
    pub(super) fn chart(&self, frame: Frame, x: Axis, y: Axis) -> Result<Chart<'a>, DrawError> {
        let (left, top) = units((frame.left, frame.top));
        let (right, bottom) = units((self.width - frame.right, self.height - frame.bottom));
        ChartBuilder::on(&self.area)
            .margin_left(left)
            .margin_top(top)
            .margin_right(right)
            .margin_bottom(bottom)
            .build_cartesian_2d(x, y)
            .map_err(DrawError::backend)
    }

    /// A text at a point. What has no place in a line of text becomes a space.
    pub(super) fn text(&self, at: Point, text: &str, letters: Letters) -> Result<(), DrawError> {
        if text.is_empty() {
            return Ok(());
        }
        let text: String = text.chars().map(|c| if is_printable(c) { c } else { ' ' }).collect();
        let weight = if letters.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = FontDesc::new(FontFamily::Name(font::FAMILY), letters.size * GRID * PLOTTERS_SIZE, weight);
        let style = font.color(&letters.colour).into_text_style(&self.area).pos(letters.anchor);
        self.area.draw(&Text::new(text, units(at), style)).map_err(DrawError::backend)
    }

    /// A line through points.
    pub(super) fn line(&self, points: &[Point], colour: RGBColor, width: f64) -> Result<(), DrawError> {
        let points: Vec<(i32, i32)> = points.iter().copied().map(units).collect();
        self.area.draw(&PathElement::new(points, stroke(colour, width))).map_err(DrawError::backend)
    }

    /// A line of dashes through points.
    pub(super) fn dashes(
        &self,
        points: &[Point],
        colour: RGBColor,
        width: f64,
        (on, off): (f64, f64),
    ) -> Result<(), DrawError> {
        let mut dash: Vec<Point> = points.first().copied().into_iter().collect();
        let (mut drawing, mut left) = (true, on);
        for pair in points.windows(2) {
            let ((mut x, mut y), (x1, y1)) = (pair[0], pair[1]);
            let mut length = ((x1 - x).powi(2) + (y1 - y).powi(2)).sqrt();
            while length > left {
                let part = left / length;
                (x, y) = (x + (x1 - x) * part, y + (y1 - y) * part);
                length -= left;
                if drawing {
                    dash.push((x, y));
                    self.line(&dash, colour, width)?;
                }
                dash = vec![(x, y)];
                drawing = !drawing;
                left = if drawing { on } else { off };
            }
            left -= length;
            dash.push((x1, y1));
        }
        if drawing && dash.len() > 1 { self.line(&dash, colour, width) } else { Ok(()) }
    }

    /// A filled rectangle.
    pub(super) fn rectangle(&self, frame: Frame, colour: RGBColor) -> Result<(), DrawError> {
        let corners = [units((frame.left, frame.top)), units((frame.right, frame.bottom))];
        self.area.draw(&Rectangle::new(corners, colour.filled())).map_err(DrawError::backend)
    }

    /// A filled polygon.
    pub(super) fn polygon(&self, points: &[Point], colour: RGBColor) -> Result<(), DrawError> {
        let points: Vec<(i32, i32)> = points.iter().copied().map(units).collect();
        self.area.draw(&Polygon::new(points, colour)).map_err(DrawError::backend)
    }

    /// A filled circle.
    pub(super) fn disc(&self, at: Point, radius: f64, colour: RGBColor) -> Result<(), DrawError> {
        let (radius, _) = units((radius, 0.0));
        self.area.draw(&Circle::new(units(at), radius, colour.filled())).map_err(DrawError::backend)
    }
}

/// XML has no place for control characters, and a label none for line ends.
fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{2028}' | '\u{2029}')
}
