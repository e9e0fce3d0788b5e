//! A training step told as tables and as CSV, alone and beside others.

mod compare;
mod csv;
mod forecast;
mod table;
mod words;

pub(super) use compare::part_names;
pub use compare::{
    STEP_COMPARE_SCHEMA, StepComparison, StepComparisonPart, StepSide, compare_csv, compare_table,
};
pub use csv::{breakdown, collectives, step};
pub use forecast::{STEP_FORECAST_SCHEMA, StepForecastReport};
pub use table::{table, unfit};
pub(super) use words::{divided, gigabytes, room};
