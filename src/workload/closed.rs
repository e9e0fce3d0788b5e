//! A step's time by closed forms: the slowest rank's micro-batches, the pipeline's bubble, and what is sent and hidden
//! by nothing.

use super::collectives::Purpose;
use super::constant::Constant;
use super::layer::{LayerTime, Site, got, layer_time};
use super::memory::{Held, memory};
use super::model::LayerKind;
use super::network::Pattern;
use super::parallel::Sharding;
use super::pipeline::{self, Costs};
use super::step::Step;

/// Where a step's time goes, in seconds, as the rank sees it that works most. The parts sum to the step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StepTime {
    /// Matrix products of layers, forward and backward.
    pub products: f64,
    /// Attention's core.
    pub attention: f64,
    /// Kernels that only move data.
    pub moved: f64,
    /// What is done again.
    pub again: f64,
    /// Embedding, head and loss, and modules for further tokens.
    pub head: f64,
    /// Waiting for the host.
    pub host: f64,
    /// Tensor-parallel collectives that nothing hides.
    pub tensor: f64,
    /// Context-parallel ones.
    pub context: f64,
    /// Exchanges of tokens.
    pub experts: f64,
    /// Data-parallel ones: gradients and parameters.
    pub data: f64,
    /// Messages between stages.
    pub pipeline: f64,
    /// What computation is slower for what runs beside it.
    pub slowdown: f64,
    /// Idle for the pipeline's filling and draining.
    pub bubble: f64,
    /// The optimiser.
    pub optimizer: f64,
    /// Waiting for the slowest rank, and what a step costs besides.
    pub other: f64,
}

impl StepTime {
    /// The parts with their names, in the order of charts.
    pub fn parts(&self) -> [(&'static str, f64); 15] {
        [
            ("products", self.products),
            ("attention", self.attention),
            ("moved", self.moved),
            ("again", self.again),
            ("head", self.head),
            ("host", self.host),
            ("tensor", self.tensor),
            ("context", self.context),
            ("experts", self.experts),
            ("data", self.data),
            ("pipeline", self.pipeline),
            ("slowdown", self.slowdown),
            ("bubble", self.bubble),
            ("optimizer", self.optimizer),
            ("other", self.other),
        ]
    }

    /// Seconds of the step.
    pub fn total(&self) -> f64 {
        self.parts().iter().map(|(_, part)| part).sum()
    }
}

/// Bytes that the optimiser moves for a parameter: gradient, master copy and two moments read, all but the gradient
/// written, and the copy in 16 bits.
const OPTIMIZER_BYTES: f64 = 30.0;
/// The part of memory beyond which allocation slows a step.
const NEARLY_FULL: f64 = 0.75;
/// What long streams get of memory bandwidth.
const STREAM: f64 = 0.8;

/// The mean layer of a model on a rank.
fn mean_layer(step: &Step<'_>, site: &Site) -> LayerTime {
    let model = step.model;
    let layers = f64::from(model.layers.max(1));
    let sparse = f64::from(model.sparse_layers()) / layers;
    let full = f64::from(model.full_attention_layers()) / layers;
    let mut mean = LayerTime::default();
    for (kind, of_kind) in [(LayerKind::Dense, 1.0 - sparse), (LayerKind::Sparse, sparse)] {
        for (whole, of_whole) in [(true, full), (false, 1.0 - full)] {
            let share = of_kind * of_whole;
            if share > 0.0 {
                mean = mean.and(&layer_time(step, site, kind, whole).times(share));
            }
        }
    }
    mean
}

/// What layers of a step take, worked out once for all steps that differ in what is sharded alone.
#[derive(Debug, Clone, Copy)]
pub struct Layers {
    site: Site,
    mean: LayerTime,
}

impl Layers {
    /// Of a step.
    pub fn new(step: &Step<'_>) -> Self {
        let site = Site::new(step);
        Self { site, mean: mean_layer(step, &site) }
    }
}

/// Predicts a step.
pub fn step_time(step: &Step<'_>) -> StepTime {
    step_time_with(step, &Layers::new(step))
}

/// Predicts a step whose layers are known: those of a step that differs in what is sharded alone.
pub fn step_time_with(step: &Step<'_>, layers: &Layers) -> StepTime {
    let Layers { site, mean } = *layers;
    let parallel = &step.parallel;
    let constants = step.constants;
    let model = step.model;
    let m = f64::from(step.micro_batches());
    let (p, v) = (f64::from(parallel.pp), f64::from(parallel.vpp.max(1)));
    let layers = f64::from(model.layers);
    // The most layers of a rank, and those of the last, which has the head.
    let most = (layers / (p * v)).ceil() * v;
    let last = (layers - (p - 1.0) * most).clamp(0.0, most);
    let head = head_time(step, &site, &mean);
    let again = mean.again.total();
    let whole = mean.once();
    let each = whole.total() + again;
    let heads_last = if parallel.pp == 1 { true } else { last * each + head > most * each };
    let (own, head) =
        if heads_last { (if parallel.pp == 1 { layers } else { last }, head) } else { (most, 0.0) };
    let mut time = StepTime {
        products: m * own * whole.products,
        attention: m * own * whole.attention,
        moved: m * own * whole.moved,
        again: m * own * again,
        head: m * head,
        host: m * (own * whole.host + constants[Constant::MICROBATCH]),
        tensor: m * own * whole.tensor,
        context: m * own * whole.context,
        experts: m * own * whole.experts,
        ..StepTime::default()
    };
    let waits = sharded(step, &site, &mean, own * m, &mut time);
    time.bubble = bubble(step, &mean, waits, constants[Constant::MICROBATCH]);
    messages(step, &site, m, &mut time);
    gradients(step, &site, &mean, own, &mut time);
    time.optimizer = optimizer_seconds(step, own);
    time.other = other(step, time.total());
    time
}

/// What a step costs besides, after so many seconds of work: waiting for the slowest rank, memory that is nearly full, and
/// what is fixed.
pub fn other(step: &Step<'_>, seconds: f64) -> f64 {
    let (parallel, constants) = (&step.parallel, step.constants);
    #[expect(clippy::cast_precision_loss, reason = "ranks are few")]
    let doublings = (parallel.ranks() as f64 / 8.0).log2().max(0.0);
    let shares = parallel.pp > 1 && parallel.tp > 1 && parallel.tp < step.network.domain;
    let shared = if shares { constants[Constant::SHARED] } else { 0.0 };
    let full = memory(step).total() / step.accelerator.memory;
    let pressed = constants[Constant::PRESSURE] * (full - NEARLY_FULL).clamp(0.0, 1.0 - NEARLY_FULL);
    seconds * (pressed + constants[Constant::STRAGGLE] * doublings + shared) + constants[Constant::STEP]
}

/// Seconds of head, loss, embedding and modules for further tokens, for a micro-batch.
fn head_time(step: &Step<'_>, site: &Site, mean: &LayerTime) -> f64 {
    let (head, embedding) = head_seconds(step, site);
    head + embedding + f64::from(step.model.extra_tokens) * mean.total()
}

/// Seconds of head and loss, once for each token that is predicted, and of the embedding, for a micro-batch, forward and
/// backward.
pub(super) fn head_seconds(step: &Step<'_>, site: &Site) -> (f64, f64) {
    let model = step.model;
    let kernels = &site.kernels;
    let tp = f64::from(step.parallel.tp.max(1));
    let tokens = step.tokens();
    let (h, vocabulary) = (f64::from(model.hidden), f64::from(model.vocabulary) / tp);
    let products = if step.frozen { 2.0 } else { 3.0 };
    // Logits in 32 bits: written, read for the maximum and the sum, their gradient written and read.
    let loss = kernels.moved(tokens * vocabulary * 4.0 * 5.0);
    let once = products * kernels.wide_product(tokens, vocabulary, h) + loss;
    let extra = f64::from(model.extra_tokens);
    let joined = extra * 3.0 * kernels.product(tokens, h, 2.0 * h, 1.0);
    (once * (1.0 + extra) + joined, kernels.moved(tokens * h * 2.0 * 4.0))
}

/// Seconds of the optimiser on a rank with that many layers.
pub(super) fn optimizer_seconds(step: &Step<'_>, layers: f64) -> f64 {
    if step.frozen {
        return 0.0;
    }
    let parallel = &step.parallel;
    let held = step.held(layers);
    let (shard, expert_shard) = match parallel.sharding {
        Sharding::None => (1.0, 1.0),
        Sharding::Hybrid(group) => (f64::from(group.max(1)), f64::from(parallel.expert_replicas())),
        _ => (f64::from(parallel.replicas()), f64::from(parallel.expert_replicas())),
    };
    let params = held.shared / shard + held.experts / expert_shard;
    step.constants[Constant::OPTIMIZER] * params * OPTIMIZER_BYTES
        / (STREAM * step.accelerator.memory_bandwidth)
}

/// What a pipeline takes longer than the work of its rank: `mean` is a layer's time for a micro-batch, `waits` its waits for
/// what is sharded, forward and backward, and `fixed` what is neither forward nor backward of a rank's.
fn bubble(step: &Step<'_>, mean: &LayerTime, waits: (f64, f64), fixed: f64) -> f64 {
    let parallel = &step.parallel;
    if parallel.pp <= 1 {
        return 0.0;
    }
    // DualPipe's two stages are each for half of the micro-batches.
    let stages = f64::from(parallel.pp) * f64::from(parallel.vpp.max(1));
    let layers = f64::from(step.model.layers) / stages;
    let fixed = fixed / f64::from(parallel.vpp.max(1)) / 2.0;
    let costs = Costs {
        forward: layers * (mean.forward.total() + waits.0) + fixed,
        backward: layers * (mean.backward.total() + mean.again.total() + waits.1) + fixed,
        weights: layers * mean.weights.total(),
    };
    let m = step.micro_batches();
    let whole = pipeline::step_time(parallel.schedule, parallel.pp, parallel.chunks(), m, costs);
    (whole - f64::from(m) * f64::from(parallel.vpp.max(1)) * costs.all()).max(0.0)
}

/// Messages between stages.
fn messages(step: &Step<'_>, site: &Site, m: f64, time: &mut StepTime) {
    let parallel = &step.parallel;
    if parallel.pp <= 1 {
        return;
    }
    let (p, v) = (f64::from(parallel.pp), f64::from(parallel.vpp.max(1)));
    let h = f64::from(step.model.hidden);
    // Tensor-parallel ranks each send their part.
    let bytes = step.tokens() * h * step.precision.activations.bytes() / f64::from(parallel.tp.max(1));
    let one = step.network.time(Pattern::Send, site.groups.pipeline, bytes)
        / got(step.constants, Purpose::Pipeline);
    let steady = if step.overlap.pipeline { 0.0 } else { 2.0 * m * v };
    time.pipeline = one * (2.0 * (p - 1.0) + steady);
}

/// Parameters that are gathered before use and gradients that are scattered after, where parameters are sharded; what a layer
/// waits for them, forward and backward.
fn sharded(step: &Step<'_>, site: &Site, mean: &LayerTime, layers: f64, time: &mut StepTime) -> (f64, f64) {
    let parallel = &step.parallel;
    if !matches!(parallel.sharding, Sharding::Parameters | Sharding::Hybrid(_)) {
        return (0.0, 0.0);
    }
    let constants = step.constants;
    let (g, w) = (step.precision.gradients.bytes(), step.precision.weights.bytes());
    let alone = |pattern, purpose, bytes| {
        step.network.time(pattern, site.groups.of(purpose), bytes) / got(constants, purpose)
    };
    let both = |pattern, of: Held, each: f64| {
        alone(pattern, Purpose::Shard, of.layers * each)
            + alone(pattern, Purpose::ExpertData, of.experts * each)
    };
    let layer = step.held(1.0);
    let trained = if step.frozen { 0.0 } else { 1.0 };
    let gather = both(Pattern::AllGather, layer, w);
    let scatter = trained * both(Pattern::ReduceScatter, layer, g);
    let hide = if step.overlap.data { constants[Constant::DP_HIDDEN] } else { 0.0 };
    let forward = hide * mean.forward.compute();
    let backward = hide * (mean.backward.compute() + mean.weights.compute() + mean.again.compute());
    let waits = ((gather - forward).max(0.0), (gather + scatter - backward).max(0.0));
    let beside = gather.min(forward) + (gather + scatter).min(backward);
    // Embedding and head: nothing is there yet that would hide the first, nor any more for the last.
    let ends = layer.shared - layer.layers;
    let bare = alone(Pattern::AllGather, Purpose::Shard, ends * w)
        + trained * alone(Pattern::ReduceScatter, Purpose::Shard, ends * g) / 2.0;
    let m = f64::from(step.micro_batches());
    time.data += layers * (waits.0 + waits.1) + m * bare;
    time.slowdown += layers * beside * constants[Constant::SLOWDOWN];
    waits
}

/// Gradients and parameters once a step.
fn gradients(step: &Step<'_>, site: &Site, mean: &LayerTime, layers: f64, time: &mut StepTime) {
    let parallel = &step.parallel;
    let constants = step.constants;
    if step.frozen {
        return;
    }
    let held = step.held(layers);
    let (shared, experts) = (held.shared, held.experts);
    let groups = &site.groups;
    let alone = |pattern, each: f64| {
        step.network.time(pattern, groups.data, shared * each)
            + step.network.time(pattern, groups.expert_data, experts * each)
    };
    let (g, w) = (step.precision.gradients.bytes(), step.precision.weights.bytes());
    let (reduce, gather) = match parallel.sharding {
        Sharding::None => (alone(Pattern::AllReduce, g), 0.0),
        Sharding::Optimizer | Sharding::Gradients => {
            (alone(Pattern::ReduceScatter, g), alone(Pattern::AllGather, w))
        }
        Sharding::Parameters => return,
        Sharding::Hybrid(_) => {
            let bytes = shared / f64::from(parallel.shard_ranks()) * g;
            (step.network.time(Pattern::AllReduce, groups.data, bytes), 0.0)
        }
    };
    let (reduce, gather) = (reduce / constants[Constant::DP], gather / constants[Constant::DP]);
    if !step.overlap.data {
        time.data += reduce + gather;
        return;
    }
    let (p, v) = (f64::from(parallel.pp), f64::from(parallel.vpp.max(1)));
    let m = f64::from(step.micro_batches());
    let hide = constants[Constant::DP_HIDDEN];
    let back = layers * (mean.backward.total() + mean.weights.total() + mean.again.total());
    let forward = layers * mean.forward.total();
    // Stages that end before the last leave the passes of the others to hide behind; one stage has its own layers'.
    let (window, pieces) =
        if v > 1.0 { ((v - 1.0) / v * m.min(p), v) } else { (1.0 - 1.0 / layers.max(1.0), layers.max(1.0)) };
    let mut exposed = |whole: f64, work: f64| {
        let window = hide * window * work;
        let left = (whole / pieces).max(whole - window);
        time.data += left;
        time.slowdown += (whole - left) * constants[Constant::SLOWDOWN];
    };
    exposed(reduce, back);
    exposed(gather, forward);
}
