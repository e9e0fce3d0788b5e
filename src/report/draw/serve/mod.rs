//! Charts of inference: where the time of its phases goes, and what throughput costs in latency.

mod curve;
mod phases;

use super::DrawError;
use super::picture::Picture;
use crate::report::serve::facts;
use crate::report::stack;
use crate::result::ServeResult;

/// All charts that a result has something for: the phases, and the curve where there are several batches.
///
/// # Errors
/// Where the result has no phase that takes time, or the drawing library fails.
pub fn draw_serve(result: &ServeResult) -> Result<Vec<Picture>, DrawError> {
    let mut pictures = vec![phases::draw(result)?];
    if result.points.len() > 1 {
        pictures.push(curve::draw(result)?);
    }
    Ok(pictures)
}

/// What is below the heading.
fn line(result: &ServeResult) -> String {
    let own = &result.workload;
    let mut facts =
        vec![facts(own), format!("prompt {}, output {}", own.prompt, own.output), result.engine.clone()];
    facts.extend(result.stack.as_ref().map(stack::short));
    facts.join(" · ")
}
