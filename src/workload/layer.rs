//! How long a rank computes for a layer and a micro-batch, and what it sends meanwhile.

use super::collectives::{Direction, Groups, Moment, Purpose, Uses, uses};
use super::constant::{Constant, Constants};
use super::kernel::Kernels;
use super::model::{Attention, Counted, LayerKind};
use super::parallel::Recompute;
use super::step::{Overlap, Step};

/// Seconds of a pass for a micro-batch on a rank.
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
    /// Tensor-parallel collectives that nothing hides.
    pub tensor: f64,
    /// Context-parallel ones.
    pub context: f64,
    /// Exchanges of tokens.
    pub experts: f64,
}

impl Pass {
    /// Seconds of computation.
    pub fn compute(&self) -> f64 {
        self.products + self.attention + self.moved + self.host
    }

    /// Seconds in all.
    pub fn total(&self) -> f64 {
        self.compute() + self.tensor + self.context + self.experts
    }

    /// All parts that many times.
    #[must_use]
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
    pub fn and(&self, other: &Self) -> Self {
        Self {
            products: self.products + other.products,
            attention: self.attention + other.attention,
            moved: self.moved + other.moved,
            host: self.host + other.host,
            tensor: self.tensor + other.tensor,
            context: self.context + other.context,
            experts: self.experts + other.experts,
        }
    }
}

/// The passes of a block or a layer.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LayerTime {
    /// Forward.
    pub forward: Pass,
    /// Backward, gradients of activations.
    pub backward: Pass,
    /// Backward, gradients of weights.
    pub weights: Pass,
    /// What is done again before the backward pass.
    pub again: Pass,
}

impl LayerTime {
    /// The sum of two.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            forward: self.forward.and(&other.forward),
            backward: self.backward.and(&other.backward),
            weights: self.weights.and(&other.weights),
            again: self.again.and(&other.again),
        }
    }

    /// All passes that many times.
    #[must_use]
    pub fn times(&self, count: f64) -> Self {
        Self {
            forward: self.forward.times(count),
            backward: self.backward.times(count),
            weights: self.weights.times(count),
            again: self.again.times(count),
        }
    }

    /// Forward, backward and gradients of weights.
    pub fn once(&self) -> Pass {
        self.forward.and(&self.backward).and(&self.weights)
    }

    /// Seconds of everything.
    pub fn total(&self) -> f64 {
        self.once().total() + self.again.total()
    }
}

/// A part of a layer between two sums with the hidden state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Block {
    /// Attention with its projections.
    Attention,
    /// The feed-forward part, dense or of experts.
    FeedForward,
}

/// Kernels of a layer's forward pass that the host launches, dense and with experts.
const LAUNCHED: (f64, f64) = (22.0, 45.0);

/// What collectives of a pass among eight tensor-parallel ranks cost the host, in kernels. Ranks wait for the last of them
/// to launch: among fewer it is less by the square, as steps of single servers show that wait for their hosts.
const COLLECTIVES: f64 = 10.0;

/// Groups and kernels of a step, worked out once.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// What kernels get.
    pub kernels: Kernels,
    /// Who communicates.
    pub groups: Groups,
}

impl Site {
    /// Of a step.
    pub fn new(step: &Step<'_>) -> Self {
        Self {
            kernels: Kernels::new(
                step.accelerator,
                step.constants,
                step.precision.matrices,
                step.precision.gradients,
            ),
            groups: Groups::new(step),
        }
    }
}

/// Seconds of the products of a weight matrix of `inputs` by `outputs` for `tokens`: forward, gradient of activations,
/// gradient of weights.
fn linear(kernels: &Kernels, tokens: f64, inputs: f64, outputs: f64, copies: f64) -> [f64; 3] {
    [
        kernels.product(tokens, outputs, inputs, copies) + kernels.convert(copies * tokens * inputs),
        kernels.product(tokens, inputs, outputs, copies) + kernels.convert(copies * tokens * outputs),
        kernels.product(inputs, outputs, tokens, copies) + kernels.accumulated(copies * inputs * outputs),
    ]
}

impl LayerTime {
    fn add(&mut self, products: [f64; 3]) {
        self.forward.products += products[0];
        self.backward.products += products[1];
        self.weights.products += products[2];
    }

    fn moves(&mut self, forward: f64) {
        self.forward.moved += forward;
        self.backward.moved += 2.0 * forward;
    }
}

/// What a layer takes; `full` where it attends to everything and not to a window.
pub fn layer_time(step: &Step<'_>, site: &Site, kind: LayerKind, full: bool) -> LayerTime {
    let mut time = attention(step, site, kind, full).and(&feed_forward(step, site, kind));
    let (forward, backward) = waits(step, kind, &time);
    time.forward.host = forward;
    time.backward.host = backward;
    if step.recompute == Recompute::Full {
        time.again.host = forward;
    }
    time
}

/// What a block takes, without waits for the host.
pub fn block_time(step: &Step<'_>, site: &Site, kind: LayerKind, full: bool, block: Block) -> LayerTime {
    match block {
        Block::Attention => attention(step, site, kind, full),
        Block::FeedForward => feed_forward(step, site, kind),
    }
}

fn attention(step: &Step<'_>, site: &Site, kind: LayerKind, full: bool) -> LayerTime {
    let mut time = LayerTime::default();
    let kernels = &site.kernels;
    let (parallel, model) = (&step.parallel, step.model);
    let (h, tp) = (f64::from(model.hidden), f64::from(parallel.tp.max(1)));
    let tokens = step.tokens();
    let heads = f64::from(model.attention.heads());
    match model.attention {
        Attention::Grouped { kv_heads, head_dim, .. } => {
            let d = f64::from(head_dim);
            time.add(linear(kernels, tokens, h, (heads + 2.0 * f64::from(kv_heads)) * d / tp, 1.0));
            time.add(linear(kernels, tokens, heads * d / tp, h, 1.0));
        }
        Attention::Latent { q_rank, kv_rank, nope_dim, rope_dim, value_dim, .. } => {
            let [rq, rkv, nope, rope, value] =
                [q_rank, kv_rank, nope_dim, rope_dim, value_dim].map(f64::from);
            if q_rank == 0 {
                time.add(linear(kernels, tokens, h, heads * (nope + rope) / tp, 1.0));
            } else {
                time.add(linear(kernels, tokens, h, rq, 1.0));
                time.add(linear(kernels, tokens, rq, heads * (nope + rope) / tp, 1.0));
            }
            time.add(linear(kernels, tokens, h, rkv + rope, 1.0));
            time.add(linear(kernels, tokens, rkv, heads * (nope + value) / tp, 1.0));
            time.add(linear(kernels, tokens, heads * value / tp, h, 1.0));
        }
    }
    let fused = step.habits.fused_attention;
    let length = f64::from(step.batch.length);
    let counted = if fused { Counted::Causal } else { Counted::Full };
    let context = model.mean_context(length, full, counted);
    let core = tokens * model.core_flops(context) / tp;
    // Fused kernels compute scores once more backward: five products for two.
    let back = if fused { 2.5 } else { 2.0 };
    time.forward.attention = core / kernels.attention;
    time.backward.attention = back * core / kernels.attention_back;
    let scores = if fused {
        0.0
    } else {
        kernels.moved(tokens * context * heads / tp * step.constants[Constant::SCORES])
    };
    // Five passes over the hidden state, two over queries, keys, values and what attention gives.
    let width = f64::from(model.attention.key_dim());
    let between = if parallel.sequence { 1.0 / tp } else { 1.0 };
    let numbers = 5.0 * h * between + 2.0 * (heads + f64::from(model.attention.kv_heads())) * width / tp;
    time.moves(kernels.moved(tokens * numbers * 2.0) + scores);
    communicate(step, site, kind, Block::Attention, &mut time);
    if step.recompute == Recompute::Selective && !fused {
        time.again = Pass { attention: time.forward.attention, moved: scores, ..Pass::default() };
    }
    time
}

fn feed_forward(step: &Step<'_>, site: &Site, kind: LayerKind) -> LayerTime {
    let mut time = LayerTime::default();
    let kernels = &site.kernels;
    let (parallel, model) = (&step.parallel, step.model);
    let (h, tp) = (f64::from(model.hidden), f64::from(parallel.tp.max(1)));
    let tokens = step.tokens();
    let inner;
    let mut permuted = 0.0;
    if let (LayerKind::Sparse, Some(experts)) = (kind, model.experts) {
        let (ep, etp) = (f64::from(parallel.ep.max(1)), f64::from(parallel.etp.max(1)));
        let (count, top_k) = (f64::from(experts.count), f64::from(experts.top_k));
        let f = f64::from(experts.hidden);
        // Tokens are divided among tensor-parallel ranks before they go to experts.
        let own = tokens / tp * etp;
        let local = count / ep;
        let rows = own * top_k / local;
        let part = step.constants[Constant::EXPERTS];
        let grouped = |products: [f64; 3]| products.map(|time| time / part);
        time.add(grouped(linear(kernels, rows, h, 2.0 * f / etp, local)));
        time.add(grouped(linear(kernels, rows, f / etp, h, local)));
        if experts.shared > 0 {
            let wide = f * f64::from(experts.shared);
            time.add(linear(kernels, tokens, h, 2.0 * wide / tp, 1.0));
            time.add(linear(kernels, tokens, wide / tp, h, 1.0));
        }
        let router = kernels.wide_product(tokens / tp, count, h);
        time.add([router, router, router]);
        inner = 3.0 * (top_k * f / etp + f * f64::from(experts.shared));
        permuted = own * top_k * h * step.constants[Constant::PERMUTE];
    } else {
        let f = f64::from(model.mlp.hidden);
        let gates = if model.mlp.gated { 2.0 } else { 1.0 };
        time.add(linear(kernels, tokens, h, gates * f / tp, 1.0));
        time.add(linear(kernels, tokens, f / tp, h, 1.0));
        inner = (gates + 1.0) * f;
    }
    let between = if parallel.sequence { 1.0 / tp } else { 1.0 };
    let numbers = 5.0 * h * between + inner / tp;
    time.moves(kernels.moved(tokens * numbers * 2.0 + permuted));
    communicate(step, site, kind, Block::FeedForward, &mut time);
    time
}

/// What the host's launches of a layer take longer than what they launch, forward and backward.
pub fn waits(step: &Step<'_>, kind: LayerKind, time: &LayerTime) -> (f64, f64) {
    if step.habits.graphs {
        return (0.0, 0.0);
    }
    let kernels = if kind == LayerKind::Sparse { LAUNCHED.1 } else { LAUNCHED.0 };
    let others = (f64::from(step.parallel.tp.max(1)) - 1.0) / 7.0;
    let collectives = COLLECTIVES * others * others;
    let host = (kernels + collectives) * step.constants[Constant::KERNEL];
    let forward = host - time.forward.compute() - time.forward.tensor;
    let back = time.backward.compute() + time.weights.compute() + time.backward.tensor;
    (forward.max(0.0), (2.0 * host - back).max(0.0))
}

/// The part of collectives that nothing hides: one purpose's, with overlap as asked.
pub fn exposed(overlap: Overlap, constants: &Constants, purpose: Purpose) -> f64 {
    match purpose {
        Purpose::Tensor if overlap.tensor => 1.0 - constants[Constant::TP_HIDDEN],
        Purpose::Experts if overlap.experts => 1.0 - constants[Constant::EP_HIDDEN],
        _ => 1.0,
    }
}

/// What collectives for a purpose get of links, in closed forms.
pub fn got(constants: &Constants, purpose: Purpose) -> f64 {
    match purpose {
        Purpose::Tensor | Purpose::Context => constants[Constant::TP],
        Purpose::Experts => constants[Constant::EP],
        Purpose::Shard | Purpose::Data | Purpose::ExpertData => constants[Constant::DP],
        Purpose::Pipeline => constants[Constant::PP],
    }
}

fn communicate(step: &Step<'_>, site: &Site, kind: LayerKind, block: Block, time: &mut LayerTime) {
    let weights = time.weights.compute();
    let add = |found: &Uses, pass: &mut Pass, behind: f64| {
        for one in found.iter().flatten() {
            let alone = step.network.time(one.pattern, site.groups.of(one.purpose), one.bytes)
                / got(step.constants, one.purpose);
            let left = match (one.purpose, one.moment) {
                (Purpose::Context, Moment::Beside) => (alone - pass.attention).max(0.0),
                (_, Moment::Beside) => (alone - behind).max(0.0),
                _ => alone * exposed(step.overlap, step.constants, one.purpose),
            };
            match one.purpose {
                Purpose::Tensor => pass.tensor += left,
                Purpose::Context => pass.context += left,
                _ => pass.experts += left,
            }
        }
    };
    add(&uses(step, block, kind, Direction::Forward), &mut time.forward, 0.0);
    // What is beside a block's gradients hides behind all of them.
    let behind = time.backward.compute() + weights;
    add(&uses(step, block, kind, Direction::Backward), &mut time.backward, behind);
    if step.frozen {
        time.weights = Pass::default();
    }
    if step.recompute == Recompute::Full {
        time.again = time.forward;
    }
}
