//! Results out: tables, JSON, CSV and drawings.

pub mod show;
