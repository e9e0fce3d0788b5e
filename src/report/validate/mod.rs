//! Predictions against measured runs, told as tables and as CSV.

mod csv;
mod table;

pub use csv::{cross_validation, files, groups, points};
pub use table::table;
