//! Predictions against measured runs, told as tables, as CSV and as curves to draw.

mod csv;
mod curve;
pub mod steps;
mod table;

pub use csv::{cross_validation, files, groups, points};
pub use curve::curve;
pub use table::table;
