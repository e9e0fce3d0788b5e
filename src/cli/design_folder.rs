//! The folder of a design: its bill, cables, racks, why it is as it is, and pictures.

use super::exit::Failure;
use super::files::OutDir;
use super::pictures::{undrawn, write_picture};
use crate::report::{draw, json, plan as report};
use crate::result::PlannedDesign;

/// Writes all files of a design; its topology is not among them.
pub(super) fn write_design(out: &mut OutDir, own: &PlannedDesign, plots: bool) -> Result<(), Failure> {
    out.write("bill.csv", report::bill_csv(own).as_bytes())?;
    out.write("cables.csv", report::cables_csv(own).as_bytes())?;
    out.write("racks.txt", report::elevation_text(own).as_bytes())?;
    out.write("why.md", report::why_md(own).as_bytes())?;
    out.write("design.json", json::design(own).as_bytes())?;
    if plots {
        for picture in draw::draw_design(own).map_err(|error| undrawn("design", &error))? {
            write_picture(out, &picture)?;
        }
    }
    Ok(())
}
