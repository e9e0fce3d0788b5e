//! Predictions of training steps against measured ones. What is predicted, and how rows are mapped, is told in
//! `docs/steps.md`.

mod case;
mod catalogue;
mod concordance;
mod error;
mod families;
pub mod fit;
mod generation;
mod groups;
mod leave_out;
mod row;
mod score;
mod targets;

pub use case::StepCase;
pub use catalogue::Catalogue;
pub use error::StepsError;
pub use generation::{GENERATIONS, RULES, Rule, generation};
pub use leave_out::leave_out;
pub use score::{Options, predict_file, predict_rows, score};
