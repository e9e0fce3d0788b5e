//! What inference keeps in an accelerator's memory: weights, keys and values, and what a pass needs at once.

use super::Served;
use super::pieces::{layers, sees_all};
use crate::workload::model::Attention;

/// Bytes on the rank that keeps most.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ServeMemory {
    /// Parameters.
    pub weights: f64,
    /// Keys and values of all sequences at their ends.
    pub cache: f64,
    /// What one layer makes in the larger of both passes, and logits.
    pub working: f64,
}

impl ServeMemory {
    /// The parts with their names.
    pub const fn parts(&self) -> [(&'static str, f64); 3] {
        [("weights", self.weights), ("cache", self.cache), ("working", self.working)]
    }

    /// Bytes in all.
    pub fn total(&self) -> f64 {
        self.parts().iter().map(|(_, part)| part).sum()
    }
}

/// What is kept on the first rank of a pipeline, which has most layers.
pub fn serve_memory(prefill: &Served<'_>, decode: &Served<'_>) -> ServeMemory {
    let step = &decode.step;
    let held = layers(decode, 0);
    let count = f64::from(held.end.saturating_sub(held.start));
    let (layer, ends) = decode.weight_bytes();
    let params = step.held(count);
    let weights = (params.layers + params.experts + count * copied(decode)) * layer
        + (params.shared - params.layers) * ends;
    let kept: f64 = held.map(|at| decode.capped(decode.kept, sees_all(decode, at))).sum();
    let logits = |served: &Served<'_>| {
        served.made() * f64::from(step.model.vocabulary) / f64::from(step.parallel.tp.max(1)) * 4.0
    };
    let made = |served: &Served<'_>| served.step.made_by_layer() + logits(served);
    ServeMemory {
        weights,
        cache: f64::from(decode.sequences) * kept * decode.cache_of_token(),
        working: made(prefill).max(made(decode)),
    }
}

/// Parameters of a layer's attention that a rank has beyond its share: copies of heads of keys and values, and the way down to
/// latents, which all ranks do.
fn copied(served: &Served<'_>) -> f64 {
    let model = served.step.model;
    let (h, tp) = (f64::from(model.hidden), f64::from(served.step.parallel.tp.max(1)));
    match model.attention {
        Attention::Grouped { kv_heads, head_dim, .. } => {
            2.0 * h * f64::from(head_dim) * (served.own_kv_heads() - f64::from(kv_heads) / tp)
        }
        Attention::Latent { q_rank, kv_rank, rope_dim, .. } => {
            h * f64::from(q_rank + kv_rank + rope_dim) * (1.0 - 1.0 / tp)
        }
    }
}

/// The most sequences, over all replicas, that fit: 0 where not even one of each replica does. `of` gives the step for a batch.
pub fn largest_batch<'a>(prefill: &Served<'_>, mut of: impl FnMut(u32) -> Option<Served<'a>>) -> u32 {
    let dp = prefill.step.parallel.dp.max(1);
    let mut fits = |each: u32| {
        let decode = each.checked_mul(dp).and_then(&mut of);
        decode.is_some_and(|decode| serve_memory(prefill, &decode).total() <= decode.step.accelerator.memory)
    };
    // Memory grows with the batch, so that what fits is found by halves.
    let (mut least, mut most) = (0, u32::MAX / dp);
    while least < most {
        let middle = least + (most - least).div_ceil(2);
        if fits(middle) {
            least = middle;
        } else {
            most = middle - 1;
        }
    }
    least.saturating_mul(dp)
}
