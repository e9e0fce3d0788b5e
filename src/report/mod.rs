//! Results out: tables, JSON, CSV and drawings. Everything here is a pure function of saved results,
//! so that a run can be tabulated and drawn again without simulating.

pub mod calibrate;
mod compare;
pub mod csv;
pub mod draw;
mod forecast;
pub mod json;
mod number;
pub mod plan;
pub mod replay;
mod series;
pub mod serve;
pub mod show;
mod stack;
pub mod step;
pub mod table;
pub mod tune;
pub mod validate;

pub use compare::{COMPARE_SCHEMA, Comparison, ComparisonRow, Side, Subject};
pub use forecast::{FORECAST_SCHEMA, ForecastReport, work};
