//! What no software can beat.

use super::model::Counted;
use super::precision::Format;
use super::step::Step;

/// Seconds that a step takes at least: its floating-point operations by the accelerators' peaks, with no causal masking
/// wasted. Attention's core runs in 16 bits, whatever the products do; the faster of both peaks is still a bound.
pub fn step_bound(step: &Step<'_>) -> f64 {
    let length = step.batch.length;
    let tokens = f64::from(step.batch.sequences) * f64::from(length);
    #[expect(clippy::cast_precision_loss, reason = "ranks are few")]
    let ranks = step.parallel.ranks() as f64;
    let causal = step.model.flops(length, Counted::Causal);
    let passes = if step.frozen { 2.0 } else { 3.0 };
    let wide = step.accelerator.peak(Format::Bf16);
    let matrices = step.accelerator.peak(step.precision.matrices).max(wide);
    let core = tokens * passes * causal.core;
    ((tokens * passes * causal.forward() - core) / matrices + core / wide) / ranks
}
