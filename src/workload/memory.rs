//! What a step keeps in an accelerator's memory, by kind. Sources: Korthikanti et al. 2022 (arXiv:2205.05198) equations
//! 1 to 6 for activations, Megatron-LM's `dist_optimizer.md` for the state of training, Narayanan et al. 2021
//! (arXiv:2104.04473) for micro-batches in flight, the READMEs of zero-bubble and `DualPipe` for theirs.

use super::model::LayerKind;
use super::parallel::{Recompute, Schedule, Sharding};
use super::precision::Format;
use super::step::Step;

/// Bytes on the rank that keeps most.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Memory {
    /// Parameters as products use them.
    pub weights: f64,
    /// Gradients.
    pub gradients: f64,
    /// The optimiser's state: a master copy in 32 bits and two moments.
    pub optimizer: f64,
    /// Activations kept for the backward pass, of all micro-batches in flight.
    pub activations: f64,
    /// Logits and what a layer's backward pass needs at once.
    pub working: f64,
}

impl Memory {
    /// The parts with their names.
    pub const fn parts(&self) -> [(&'static str, f64); 5] {
        [
            ("weights", self.weights),
            ("gradients", self.gradients),
            ("optimizer", self.optimizer),
            ("activations", self.activations),
            ("working", self.working),
        ]
    }

    /// Bytes in all.
    pub fn total(&self) -> f64 {
        self.parts().iter().map(|(_, part)| part).sum()
    }
}

/// Bytes of the master copy and the two moments of a parameter.
const STATE: f64 = 12.0;

/// What a step keeps on the rank that keeps most: the first of a pipeline, which has most in flight.
pub fn memory(step: &Step<'_>) -> Memory {
    let parallel = &step.parallel;
    let model = step.model;
    let p = f64::from(parallel.pp);
    let layers = (f64::from(model.layers) / (p * f64::from(parallel.vpp.max(1)))).ceil()
        * f64::from(parallel.vpp.max(1));
    let layers = layers.min(f64::from(model.layers));
    let held = step.held(layers);
    let copies = if parallel.schedule == Schedule::DualPipe { 2.0 } else { 1.0 };
    let (shared, experts) = (held.shared * copies, held.experts * copies);
    let replicas = f64::from(parallel.replicas());
    let expert_replicas = f64::from(parallel.expert_replicas());
    // What each kind is divided by, for parameters that all replicas have and for experts'.
    let whole = (1.0, 1.0);
    let over = (replicas, expert_replicas);
    let (weights, gradients, optimizer) = match parallel.sharding {
        Sharding::None => (whole, whole, whole),
        Sharding::Optimizer => (whole, whole, over),
        Sharding::Gradients => (whole, over, over),
        Sharding::Parameters => (over, over, over),
        Sharding::Hybrid(group) => {
            let group = f64::from(group.max(1));
            let over = (group.min(replicas), group.min(expert_replicas));
            (over, over, over)
        }
    };
    let of = |by: (f64, f64)| shared / by.0 + experts / by.1;
    let trained = if step.frozen { 0.0 } else { 1.0 };
    // Gradients in half precision are copied to 32 bits for the optimiser.
    let half = step.precision.gradients == Format::Fp16;
    let state = if half { STATE + 4.0 } else { STATE };
    let tokens = step.tokens();
    let tp = f64::from(parallel.tp.max(1));
    let each = step.kept_by_layer();
    let flight = in_flight(step);
    let number = step.precision.activations.bytes();
    let logits = tokens * f64::from(model.vocabulary) / tp * 4.0 * 2.0;
    let again = if step.recompute == Recompute::Full { step.made_by_layer() } else { 0.0 };
    Memory {
        weights: of(weights) * step.precision.weights.bytes(),
        gradients: trained * of(gradients) * step.precision.gradients.bytes(),
        optimizer: trained * of(optimizer) * state,
        activations: flight * layers * each,
        working: (if parallel.pp == 1 { logits } else { 0.0 }).max(again)
            + tokens * f64::from(model.hidden) * number,
    }
}

/// Micro-batches whose activations the first rank keeps, each of all its layers.
fn in_flight(step: &Step<'_>) -> f64 {
    let parallel = &step.parallel;
    let m = f64::from(step.micro_batches());
    let (p, v) = (f64::from(parallel.pp), f64::from(parallel.vpp.max(1)));
    if parallel.pp <= 1 {
        return 1.0;
    }
    match parallel.schedule {
        Schedule::OneForwardOneBackward if parallel.vpp > 1 => {
            (m * v).min(2.0 * (p - 1.0) + (v - 1.0) * p + 1.0) / v
        }
        Schedule::OneForwardOneBackward | Schedule::ZeroBubble | Schedule::ZeroBubbleV => p.min(m),
        Schedule::DualPipe => (p + 1.0).min(m),
    }
}

impl Step<'_> {
    /// Bytes that a layer keeps of a micro-batch on a rank for its backward pass.
    pub fn kept_by_layer(&self) -> f64 {
        let number = self.precision.activations.bytes();
        let (tokens, h) = (self.tokens(), f64::from(self.model.hidden));
        let tp = f64::from(self.parallel.tp.max(1));
        let divided = if self.parallel.sequence { tp } else { 1.0 };
        match self.recompute {
            Recompute::Full => tokens * h * number / divided,
            _ => self.made_by_layer(),
        }
    }

    /// Bytes that a layer makes of a micro-batch on a rank and needs again, nothing recomputed but what is told as
    /// selective.
    pub fn made_by_layer(&self) -> f64 {
        let model = self.model;
        let number = self.precision.activations.bytes();
        let (tokens, h) = (self.tokens(), f64::from(model.hidden));
        let tp = f64::from(self.parallel.tp.max(1));
        let divided = if self.parallel.sequence { tp } else { 1.0 };
        if !self.habits.fused_attention {
            // With dropout and its masks of a byte: 34 s b h + 5 a s^2 b in 16 bits, 10 of the 34 not divided by
            // tensor parallelism alone.
            let scores = 5.0 * f64::from(model.attention.heads()) * f64::from(self.batch.length) / tp;
            let scores = if self.recompute == Recompute::Selective { 0.0 } else { scores };
            return tokens * (h * (10.0 / divided + 24.0 / tp) + scores) * number / 2.0;
        }
        let attention = &model.attention;
        let heads = f64::from(attention.heads()) * f64::from(attention.key_dim() + attention.value_dim());
        let keys = f64::from(attention.kv_heads()) * f64::from(attention.key_dim() + attention.value_dim());
        let sparse = f64::from(model.sparse_layers()) / f64::from(model.layers.max(1));
        let dense = f64::from(model.mlp.hidden) * if model.mlp.gated { 3.0 } else { 2.0 };
        let mixed = model.experts.map_or(0.0, |experts| {
            let met = f64::from(experts.top_k) / f64::from(self.parallel.etp.max(1)) * tp;
            // Tokens on their way to experts are kept too.
            let sent = f64::from(experts.top_k) * h;
            3.0 * f64::from(experts.hidden) * (met / tp + f64::from(experts.shared)) + sent
        });
        let inner = (1.0 - sparse) * dense + sparse * mixed;
        // Both norms' inputs and outputs; queries and what attention gives; keys and values; the inner state.
        tokens * number * (4.0 * h / divided + (heads + keys + inner) / tp)
    }

    /// Parameters of one layer on a rank: those that all replicas have, and routed experts'.
    pub fn layer_params(&self, kind: LayerKind) -> [f64; 2] {
        let parallel = &self.parallel;
        let each = f64::from(parallel.ep.max(1)) * f64::from(parallel.etp.max(1));
        let tp = f64::from(parallel.tp.max(1));
        [count(self.model.layer_params(kind)) / tp, count(self.model.routed_params(kind)) / each]
    }

    /// Parameters of that many layers on a rank, with the embedding or the head where the rank has one.
    pub fn held(&self, layers: f64) -> Held {
        let model = self.model;
        let parallel = &self.parallel;
        let tp = f64::from(parallel.tp.max(1));
        let all = f64::from(model.layers.max(1));
        let sparse = f64::from(model.sparse_layers()) / all;
        let of = |kind| count(model.layer_params(kind));
        let layer = (1.0 - sparse) * of(LayerKind::Dense) + sparse * of(LayerKind::Sparse);
        let routed = sparse * count(model.routed_params(LayerKind::Sparse));
        let ends = if parallel.pp == 1 && !model.tied { 2.0 } else { 1.0 };
        let each = f64::from(parallel.ep.max(1)) * f64::from(parallel.etp.max(1));
        Held {
            layers: layers * layer / tp,
            shared: (layers * layer + ends * count(model.embedding_params())) / tp,
            experts: layers * routed / each,
        }
    }
}

/// Parameters on a rank.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Held {
    /// Of layers, without routed experts.
    pub layers: f64,
    /// The same, and embedding and head.
    pub shared: f64,
    /// Of routed experts.
    pub experts: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts of parameters are below 2^53")]
fn count(params: u64) -> f64 {
    params as f64
}
