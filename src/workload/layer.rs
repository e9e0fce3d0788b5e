//! How long a rank computes for a layer and a micro-batch, and what it sends meanwhile.

use super::constant::Constant;
use super::kernel::Kernels;
use super::model::{Attention, Counted, LayerKind};
use super::network::{Group, Pattern};
use super::parallel::{Axis, ContextExchange, Recompute};
use super::step::Step;

/// Seconds of one pass of a layer for a micro-batch on a rank.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pass {
    /// Matrix products.
    pub products: f64,
    /// Attention's core.
    pub attention: f64,
    /// Kernels that only move data.
    pub moved: f64,
    /// The accelerator waits for its host.
    pub host: f64,
    /// Tensor-parallel collectives, alone.
    pub tensor: f64,
    /// Context-parallel collectives, alone.
    pub context: f64,
    /// Exchanges of tokens, alone.
    pub experts: f64,
}

impl Pass {
    /// Seconds of computation.
    pub fn compute(&self) -> f64 {
        self.products + self.attention + self.moved + self.host
    }

    fn plus(&mut self, other: &Self) {
        self.products += other.products;
        self.attention += other.attention;
        self.moved += other.moved;
        self.host += other.host;
        self.tensor += other.tensor;
        self.context += other.context;
        self.experts += other.experts;
    }

    /// All parts that many times.
    pub fn times(&self, count: f64) -> Self {
        Self {
            products: self.products * count,
            attention: self.attention * count,
            moved: self.moved * count,
            host: self.host * count,
            tensor: self.tensor * count,
            context: self.context * count,
            experts: self.experts * count,
        }
    }

    /// The sum of two.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.plus(other);
        self
    }
}

/// What a layer's passes take for a micro-batch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LayerTime {
    /// Forward.
    pub forward: Pass,
    /// Backward, gradients of activations.
    pub backward: Pass,
    /// Backward, gradients of weights.
    pub weights: Pass,
    /// Forward once more.
    pub again: Pass,
}

/// Kernels of a layer's forward pass that the host launches, dense and with experts.
const LAUNCHED: (f64, f64) = (22.0, 45.0);

/// What tensor-parallel collectives of a pass cost the host, in kernels.
const COLLECTIVES: f64 = 8.0;

/// Groups and kernels of a step, worked out once.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// What kernels get.
    pub kernels: Kernels,
    /// The tensor-parallel group.
    pub tensor: Group,
    /// The context-parallel group.
    pub context: Group,
    /// The expert-parallel group.
    pub experts: Group,
}

impl Site {
    /// Of a step.
    pub fn new(step: &Step<'_>) -> Self {
        let parallel = &step.parallel;
        let domain = step.network.domain;
        Self {
            kernels: Kernels::new(step.accelerator, step.constants, step.precision.matrices),
            tensor: Group::new(parallel.tp, parallel.stride(Axis::Tensor), domain),
            context: Group::new(parallel.cp, parallel.stride(Axis::Context), domain),
            experts: Group::new(parallel.ep, u64::from(parallel.etp), domain),
        }
    }
}

/// Seconds of the products of a weight matrix of `inputs` by `outputs` for `tokens`: forward, gradient of activations,
/// gradient of weights.
fn linear(kernels: &Kernels, tokens: f64, inputs: f64, outputs: f64, copies: f64) -> [f64; 3] {
    [
        kernels.product(tokens, outputs, inputs, copies) + kernels.convert(copies * tokens * inputs),
        kernels.product(tokens, inputs, outputs, copies) + kernels.convert(copies * tokens * outputs),
        kernels.product(inputs, outputs, tokens, copies),
    ]
}

/// What a layer takes.
pub fn layer_time(step: &Step<'_>, site: &Site, kind: LayerKind, full: bool) -> LayerTime {
    let mut time = LayerTime::default();
    let kernels = &site.kernels;
    let constants = step.constants;
    let parallel = &step.parallel;
    let model = step.model;
    let (h, tp) = (f64::from(model.hidden), f64::from(parallel.tp.max(1)));
    let tokens = step.tokens();
    let mut add = |products: [f64; 3]| {
        time.forward.products += products[0];
        time.backward.products += products[1];
        time.weights.products += products[2];
    };
    // Attention's projections.
    let heads = f64::from(model.attention.heads());
    match model.attention {
        Attention::Grouped { kv_heads, head_dim, .. } => {
            let d = f64::from(head_dim);
            add(linear(kernels, tokens, h, (heads + 2.0 * f64::from(kv_heads)) * d / tp, 1.0));
            add(linear(kernels, tokens, heads * d / tp, h, 1.0));
        }
        Attention::Latent { q_rank, kv_rank, nope_dim, rope_dim, value_dim, .. } => {
            let [rq, rkv, nope, rope, value] =
                [q_rank, kv_rank, nope_dim, rope_dim, value_dim].map(f64::from);
            if q_rank == 0 {
                add(linear(kernels, tokens, h, heads * (nope + rope) / tp, 1.0));
            } else {
                add(linear(kernels, tokens, h, rq, 1.0));
                add(linear(kernels, tokens, rq, heads * (nope + rope) / tp, 1.0));
            }
            add(linear(kernels, tokens, h, rkv + rope, 1.0));
            add(linear(kernels, tokens, rkv, heads * (nope + value) / tp, 1.0));
            add(linear(kernels, tokens, heads * value / tp, h, 1.0));
        }
    }
    // The feed-forward part, and what of it is moved by kernels between products: per token, in numbers.
    let mut inner = 0.0;
    let mut permuted = 0.0;
    match (kind, model.experts) {
        (LayerKind::Sparse, Some(experts)) => {
            let (ep, etp) = (f64::from(parallel.ep.max(1)), f64::from(parallel.etp.max(1)));
            let (count, top_k) = (f64::from(experts.count), f64::from(experts.top_k));
            let f = f64::from(experts.hidden);
            // Tokens are divided among tensor-parallel ranks before they go to experts.
            let own = tokens / tp * etp;
            let local = count / ep;
            let rows = own * top_k / local;
            let part = constants[Constant::EXPERTS];
            let grouped = |products: [f64; 3]| products.map(|time| time / part);
            let up = grouped(linear(kernels, rows, h, 2.0 * f / etp, local));
            let down = grouped(linear(kernels, rows, f / etp, h, local));
            add(up);
            add(down);
            if experts.shared > 0 {
                let wide = f * f64::from(experts.shared);
                add(linear(kernels, tokens, h, 2.0 * wide / tp, 1.0));
                add(linear(kernels, tokens, wide / tp, h, 1.0));
            }
            let router = kernels.wide_product(tokens / tp, count, h);
            add([router, router, router]);
            inner += 3.0 * (top_k * f / etp + f * f64::from(experts.shared));
            permuted = own * top_k * h;
        }
        _ => {
            let f = f64::from(model.mlp.hidden);
            let gates = if model.mlp.gated { 2.0 } else { 1.0 };
            add(linear(kernels, tokens, h, gates * f / tp, 1.0));
            add(linear(kernels, tokens, f / tp, h, 1.0));
            inner += (gates + 1.0) * f;
        }
    }
    // Attention's core.
    let length = f64::from(step.batch.length);
    let context = model.mean_context(
        length,
        full,
        if step.habits.fused_attention { Counted::Causal } else { Counted::Full },
    );
    let core = tokens * model.core_flops(context) / tp;
    let mut scores = 0.0;
    if step.habits.fused_attention {
        time.forward.attention = core / kernels.attention;
        time.backward.attention = 2.5 * core / kernels.attention_back;
    } else {
        // Two batched products each way, and scores that go through memory.
        time.forward.attention = core / kernels.attention;
        time.backward.attention = 2.0 * core / kernels.attention_back;
        scores = tokens * context * heads / tp * constants[Constant::SCORES];
    }
    // What only moves data: 10 passes over the hidden state, 2 over heads, the inner state.
    let width = f64::from(model.attention.key_dim());
    let between = if parallel.sequence { 1.0 / tp } else { 1.0 };
    let numbers =
        10.0 * h * between + (2.0 * (heads + f64::from(model.attention.kv_heads())) * width + inner) / tp;
    let moved = kernels.moved(tokens * numbers * 2.0 + permuted * constants[Constant::PERMUTE]);
    time.forward.moved = moved + kernels.moved(scores);
    time.backward.moved = 2.0 * (moved + kernels.moved(scores));
    communicate(step, site, kind, &mut time);
    if step.frozen {
        time.weights = Pass::default();
    }
    time.again = match step.recompute {
        Recompute::Full => time.forward,
        Recompute::Selective if !step.habits.fused_attention => {
            Pass { attention: time.forward.attention, moved: kernels.moved(scores), ..Pass::default() }
        }
        _ => Pass::default(),
    };
    wait(step, kind, &mut time);
    time
}

/// What the host's launches take longer than what they launch.
fn wait(step: &Step<'_>, kind: LayerKind, time: &mut LayerTime) {
    if step.habits.graphs {
        return;
    }
    let kernels = if kind == LayerKind::Sparse { LAUNCHED.1 } else { LAUNCHED.0 };
    let collectives = if step.parallel.tp > 1 { COLLECTIVES } else { 0.0 };
    let host = (kernels + collectives) * step.constants[Constant::KERNEL];
    time.forward.host = (host - time.forward.compute() - time.forward.tensor).max(0.0);
    if step.recompute == Recompute::Full {
        time.again.host = time.forward.host;
    }
    let back = time.backward.compute() + time.weights.compute() + time.backward.tensor;
    time.backward.host = (2.0 * host - back).max(0.0);
}

fn communicate(step: &Step<'_>, site: &Site, kind: LayerKind, time: &mut LayerTime) {
    let parallel = &step.parallel;
    let constants = step.constants;
    let model = step.model;
    let number = step.precision.activations.bytes();
    let (h, tp) = (f64::from(model.hidden), f64::from(parallel.tp.max(1)));
    let tokens = step.tokens();
    if parallel.tp > 1 {
        let bytes = tokens * h * number;
        let alone = |pattern| step.network.time(pattern, site.tensor, bytes);
        // Experts without tensor parallelism of their own take the place of one of two pairs.
        let pairs = if kind == LayerKind::Sparse && parallel.etp == 1 { 1.0 } else { 2.0 };
        let one = if parallel.sequence {
            alone(Pattern::AllGather) + alone(Pattern::ReduceScatter)
        } else {
            alone(Pattern::AllReduce)
        };
        time.forward.tensor = pairs * one / constants[Constant::TP];
        time.backward.tensor = time.forward.tensor;
    }
    if parallel.cp > 1 {
        let kv = 2.0 * f64::from(model.attention.kv_heads()) * f64::from(model.attention.key_dim()) / tp;
        let whole = tokens * f64::from(parallel.cp) * kv * number;
        let q = f64::from(model.attention.heads()) * f64::from(model.attention.key_dim()) / tp;
        let alone =
            |pattern, bytes| step.network.time(pattern, site.context, bytes) / constants[Constant::TP];
        match parallel.context {
            ContextExchange::Ring => {
                let ring = alone(Pattern::AllGather, whole);
                // Hidden behind attention as far as that goes.
                time.forward.context = (ring - time.forward.attention).max(0.0);
                time.backward.context = (2.0 * ring - time.backward.attention).max(0.0);
            }
            ContextExchange::Gather => {
                let gather = alone(Pattern::AllGather, whole);
                time.forward.context = gather;
                time.backward.context = gather + alone(Pattern::ReduceScatter, whole);
            }
            ContextExchange::AllToAll => {
                let there = alone(Pattern::AllToAll, tokens * (q + kv) * number);
                let back = alone(Pattern::AllToAll, tokens * q * number);
                time.forward.context = there + back;
                time.backward.context = there + back;
            }
        }
    }
    if let (LayerKind::Sparse, Some(experts), true) = (kind, model.experts, parallel.ep > 1) {
        let own = tokens / tp * f64::from(parallel.etp.max(1));
        let numbers = own * f64::from(experts.top_k) * h;
        let alone =
            |bytes| step.network.time(Pattern::AllToAll, site.experts, bytes) / constants[Constant::EP];
        let hidden = if step.overlap.experts { 1.0 - constants[Constant::EP_HIDDEN] } else { 1.0 };
        let (there, back) = (alone(numbers * step.precision.dispatch.bytes()), alone(numbers * number));
        time.forward.experts = (there + back) * hidden;
        time.backward.experts = 2.0 * back * hidden;
    }
    if step.overlap.tensor {
        let left = 1.0 - constants[Constant::TP_HIDDEN];
        time.forward.tensor *= left;
        time.backward.tensor *= left;
    }
}
