//! `[workload]` of a scenario: a training step, and the libraries of models, accelerators and software that it names.

mod accelerator;
mod builtin;
mod factors;
mod head;
mod model;
mod software;

pub(super) use accelerator::{WHAT as ACCELERATOR, read as read_accelerator};
pub use builtin::{accelerator, accelerator_names, model, model_names, software, software_names};
pub(super) use head::is_part;
pub(super) use model::{WHAT as MODEL, read as read_model};
pub(super) use software::{WHAT as SOFTWARE, read as read_software};
