//! The embedded font: a subset of Inter for Latin and Greek texts and the signs of figures, so that
//! pictures are the same on every machine, also on one without any fonts.

use std::sync::{Arc, OnceLock};

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use resvg::usvg::fontdb::Database;

use super::DrawError;

/// The family's name in the font files and towards plotters.
pub(super) const FAMILY: &str = "Inter";

const REGULAR: &[u8] = include_bytes!("font/Inter-Regular.otf");
const BOLD: &[u8] = include_bytes!("font/Inter-Bold.otf");

/// plotters measures by the font's line height, so this is what a size in em is multiplied by for it:
/// (ascender 2728 + descender 680) / 2816 units per em.
const LINE_HEIGHT: f64 = 3408.0 / 2816.0;

/// Makes the font known to plotters, once.
pub(super) fn register() -> Result<(), DrawError> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let registered = *REGISTERED.get_or_init(|| {
        register_font(FAMILY, FontStyle::Normal, REGULAR).is_ok()
            && register_font(FAMILY, FontStyle::Bold, BOLD).is_ok()
    });
    if registered { Ok(()) } else { Err(DrawError::Backend("the embedded font is not readable".into())) }
}

/// The width of a text, in the unit of `em`, the size of its letters; without kerning, which makes it a little
/// narrower.
pub(super) fn width(text: &str, em: f64, bold: bool) -> f64 {
    // plotters rounds to whole units, so it is asked for letters of a thousand.
    const MEASURED: f64 = 1000.0;
    if register().is_err() {
        // Told of by whoever draws.
        return 0.0;
    }
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    let font = FontDesc::new(FontFamily::Name(FAMILY), MEASURED * LINE_HEIGHT, style);
    match font.layout_box(text) {
        Ok(((left, _), (right, _))) => f64::from(right - left) * em / MEASURED,
        Err(_) => 0.0,
    }
}

/// The font for resvg; no other is looked for.
pub(super) fn database() -> Arc<Database> {
    static DATABASE: OnceLock<Arc<Database>> = OnceLock::new();
    let database = DATABASE.get_or_init(|| {
        let mut database = Database::new();
        database.load_font_data(REGULAR.to_vec());
        database.load_font_data(BOLD.to_vec());
        for set in
            [Database::set_sans_serif_family, Database::set_serif_family, Database::set_monospace_family]
        {
            set(&mut database, FAMILY);
        }
        Arc::new(database)
    });
    Arc::clone(database)
}
