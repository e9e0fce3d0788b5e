//! Predictions against measured step times, told as tables and as CSV.

mod csv;
mod table;

pub use csv::{families, groups, incomplete, leave_out, rows};
pub use table::table;
