//! Predictions of training steps against measured ones.

mod case;
pub mod fit;
mod generation;

pub use case::{Catalogue, StepCase};
pub use generation::generation;
