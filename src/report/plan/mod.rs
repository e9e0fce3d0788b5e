//! Plans of clusters: the front as a table and as CSV, and the texts of a design's folder.

mod bill;
mod csv;
mod elevation;
mod price;
mod racks;
mod shares;
mod space;
mod table;
mod why;
mod words;

pub use bill::{bill_csv, cables_csv};
pub use csv::csv;
pub use elevation::elevation_text;
pub use price::price_table;
pub(super) use racks::{Alike, alike};
pub use table::table;
pub use why::why_md;
pub(super) use words::{is_network, title, usd_unit, watts_unit};
