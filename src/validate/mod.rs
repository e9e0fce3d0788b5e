//! Predictions against measured runs, and constants fitted to measurements.

pub mod fit;
pub mod names;
pub mod system;
