//! Predictions against measured runs.

pub mod names;
pub mod system;
