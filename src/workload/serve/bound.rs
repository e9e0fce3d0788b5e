//! Times that no software can beat on an accelerator.

use super::pieces::sees_all;
use super::{ServePhase, Served};
use crate::workload::model::{Counted, LayerKind};
use crate::workload::precision::Format;

/// What a pass of one rank through all stages asks for at least, in seconds at the data sheet's rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// Weights and, of a step, keys and values over memory bandwidth.
    pub memory: f64,
    /// Operations over the peak.
    pub compute: f64,
}

impl Bound {
    /// The larger.
    pub fn seconds(&self) -> f64 {
        self.memory.max(self.compute)
    }

    /// What binds.
    pub fn by(&self) -> &'static str {
        if self.memory >= self.compute { "memory" } else { "compute" }
    }
}

/// The bound of a phase. A token goes through all stages, so that pipeline ranks make nothing faster.
pub fn serve_bound(served: &Served<'_>) -> Bound {
    let step = &served.step;
    let (model, parallel) = (step.model, &step.parallel);
    let tp = f64::from(parallel.tp.max(1));
    let (weight, ends) = served.weight_bytes();
    let (met, _) = served.met_experts();
    let expert =
        model.experts.map_or(0.0, |experts| 3.0 * f64::from(model.hidden) * f64::from(experts.hidden));
    let tokens = step.tokens();
    let decodes = served.phase == ServePhase::Decode;
    let mut bytes = f64::from(model.vocabulary) * f64::from(model.hidden) / tp * ends;
    let (mut products, mut core) = (0.0, 0.0);
    for layer in 0..model.layers {
        let kind = model.kind_of(layer);
        let full = sees_all(served, layer);
        bytes += step.layer_params(kind)[0] * weight;
        if kind == LayerKind::Sparse {
            bytes += met * expert / f64::from(parallel.etp.max(1)) * weight;
        }
        let seen = if decodes {
            bytes += tokens * served.capped(served.context, full) * served.cache_of_token();
            served.capped(served.context, full)
        } else {
            model.mean_context(served.context, full, Counted::Causal)
        };
        products += tokens * (model.projection_flops() + model.feed_forward_flops(kind)) / tp;
        core += tokens * model.core_flops(seen) / tp;
    }
    products += served.made() * model.head_flops() / tp;
    let wide = step.accelerator.peak(Format::Bf16);
    // Attention's core runs in 16 bits, whatever the products do; the faster of both peaks is still a bound.
    let matrices = step.accelerator.peak(step.precision.matrices).max(wide);
    Bound { memory: bytes / step.accelerator.memory_bandwidth, compute: products / matrices + core / wide }
}
