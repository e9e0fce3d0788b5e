//! From plotters' drawing to the files: a tidy SVG, and the PNG of it.

use std::fmt::Write;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::DrawError;
use super::canvas::{Canvas, GRID, paint};
use super::font;

/// Pixels of the PNG to a pixel of the SVG.
const PNG_SCALE: f32 = 2.0;

/// A finished picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// File name without extension.
    pub name: String,
    /// The drawing as SVG, with its texts as text.
    pub svg: String,
    /// The same at twice the size, as PNG.
    pub png: Vec<u8>,
}

impl Picture {
    /// Draws a picture of so many pixels.
    pub(super) fn paint(
        name: &str,
        title: &str,
        size: (f64, f64),
        draw: impl FnOnce(&Canvas<'_>) -> Result<(), DrawError>,
    ) -> Result<Self, DrawError> {
        let size = (size.0.ceil(), size.1.ceil());
        let svg = tidy(&paint(size, draw)?, title, size);
        let png = rasterise(&svg)?;
        Ok(Self { name: name.into(), svg, png })
    }
}

/// Shows the fine grid at its true size, and pins down texts: their lines by the heights of the font's capitals
/// (plotters leaves them to each viewer's idea of an `ex`) and their widths, so that labels stay apart also in a
/// viewer that has another font.
fn tidy(drawn: &str, title: &str, (width, height): (f64, f64)) -> String {
    let body = drawn.split_once(">\n").map_or("", |(_, body)| body);
    let mut svg = String::with_capacity(drawn.len());
    let (w, h) = (width * GRID, height * GRID);
    // The strings below cannot fail to be written to.
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {w} {h}\" \
         font-family=\"{}, Helvetica, Arial, sans-serif\" stroke-linejoin=\"round\" role=\"img\">",
        font::FAMILY
    );
    let printable: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(svg, "<title>{}</title>", escape(&printable));
    let family = format!(" font-family=\"{}\"", font::FAMILY);
    let mut lines = body.lines();
    while let Some(line) = lines.next() {
        let line = line.replacen(" opacity=\"1\"", "", 1);
        if !line.starts_with("<text ") {
            let _ = writeln!(svg, "{}", line.replace(" \"/>", "\"/>"));
            continue;
        }
        let content = lines.next().unwrap_or_default();
        let close = lines.next().unwrap_or_default();
        let line = line
            .replacen(&family, "", 1)
            .replacen("dy=\"0.5ex\"", "dy=\"0.364em\"", 1)
            .replacen(" dy=\"-0.5ex\"", "", 1)
            .replacen(" text-anchor=\"start\"", "", 1);
        let _ = writeln!(svg, "{}{content}{close}", sized(&line, content));
    }
    svg
}

/// The opening tag of a text with a round size of letters and its width.
fn sized(tag: &str, content: &str) -> String {
    const SIZE: &str = "font-size=\"";
    let parts = tag.split_once(SIZE).and_then(|(before, rest)| {
        let (size, after) = rest.split_once('"')?;
        Some((before, size.parse::<f64>().ok()?.round(), after))
    });
    let Some((before, size, after)) = parts else { return tag.into() };
    let width = font::width(&unescape(content), size, tag.contains("font-weight=\"bold\"")).round();
    let after = after.strip_suffix('>').unwrap_or(after);
    format!("{before}{SIZE}{size}\"{after} textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\">")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

fn rasterise(svg: &str) -> Result<Vec<u8>, DrawError> {
    let options =
        Options { fontdb: font::database(), font_family: font::FAMILY.into(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(DrawError::backend)?;
    let size = tree.size().to_int_size().scale_by(PNG_SCALE);
    let mut pixmap = size
        .and_then(|size| Pixmap::new(size.width(), size.height()))
        .ok_or_else(|| DrawError::Backend("the picture is too large".into()))?;
    resvg::render(&tree, Transform::from_scale(PNG_SCALE, PNG_SCALE), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(DrawError::backend)
}
