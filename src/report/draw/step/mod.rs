//! Charts of a training step: where its time goes, what its memory holds, what its pipeline does when.

mod breakdown;
pub(super) mod colours;
mod memory;
mod panel;
mod pipeline;
mod stacked;
mod window;

use super::{DrawError, Picture};
use crate::report::stack;
use crate::report::step::divided;
use crate::result::StepResult;

pub use breakdown::{draw_step_breakdown, draw_step_compare};
pub use memory::draw_step_memory;
pub use pipeline::draw_step_pipeline;

/// All charts of a step: `breakdown`, `memory`, and `pipeline` where the engine tells what was done when.
///
/// # Errors
///
/// Where the step has nothing to show, or drawing fails.
pub fn draw_step(step: &StepResult) -> Result<Vec<Picture>, DrawError> {
    let mut pictures = vec![draw_step_breakdown(step)?, draw_step_memory(step)?];
    if !step.timeline.is_empty() {
        pictures.push(draw_step_pipeline(step)?);
    }
    Ok(pictures)
}

/// The heading of a step.
fn title(step: &StepResult) -> &str {
    if step.title.is_empty() { &step.scenario } else { &step.title }
}

/// What the line below the heading tells of any step, behind `first`.
fn facts(step: &StepResult, first: &str) -> String {
    let own = &step.workload;
    let mut facts = vec![
        first.to_string(),
        format!("{} on {} x {}", own.model, step.fabric.gpus, own.accelerator),
        divided(own),
        format!("{} engine", step.engine),
    ];
    facts.extend(step.stack.as_ref().map(stack::short));
    facts.join(" · ")
}
