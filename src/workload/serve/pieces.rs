//! What a stage does in a pass, piece by piece: computation, and the collectives before and after it.

use super::{ServePhase, Served};
use crate::workload::collectives::{MOST, Moment, Purpose, Use, Uses};
use crate::workload::constant::Constant;
use crate::workload::graph::Part;
use crate::workload::layer::{Block, LayerTime, Pass, Site, exposed, got, waits};
use crate::workload::model::{Attention, LayerKind};
use crate::workload::network::Pattern;

/// A piece of a stage.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Piece {
    /// Seconds of computation by part.
    pub(super) compute: Vec<(Part, f64)>,
    /// Its collectives.
    pub(super) uses: Uses,
}

impl Piece {
    fn of_ends(seconds: f64, uses: Uses) -> Self {
        Self { compute: vec![(Part::Head, seconds)], uses }
    }
}

/// Layers of a stage: as many for each, and what is left for the last.
pub(super) fn layers(served: &Served<'_>, stage: u32) -> std::ops::Range<u32> {
    let (layers, stages) = (served.step.model.layers, served.step.parallel.pp.max(1));
    let each = layers.div_ceil(stages);
    let last = if stage + 1 == stages { layers } else { ((stage + 1) * each).min(layers) };
    (stage * each).min(layers)..last
}

/// Whether a layer attends to everything and not to a window.
pub(super) fn sees_all(served: &Served<'_>, layer: u32) -> bool {
    served.step.model.window.is_none_or(|window| (layer + 1).is_multiple_of(window.every.max(1)))
}

/// The pieces of a stage, in order: embedding or what the stage before sent, two blocks a layer, the head of the last token.
pub(super) fn pieces(served: &Served<'_>, site: &Site, stage: u32) -> Vec<Piece> {
    let step = &served.step;
    let stages = step.parallel.pp.max(1);
    let mut found = Vec::new();
    found.push(if stage == 0 { embedding(served, site) } else { received(served) });
    let mut known: Vec<((LayerKind, bool), [Piece; 2])> = Vec::new();
    for layer in layers(served, stage) {
        let key = (step.model.kind_of(layer), sees_all(served, layer));
        let at = known.iter().position(|(own, _)| *own == key).unwrap_or_else(|| {
            known.push((key, layer_pieces(served, site, key.0, key.1)));
            known.len() - 1
        });
        found.extend(known[at].1.iter().cloned());
    }
    if stage + 1 == stages {
        found.push(head(served, site));
    }
    found
}

/// The message that a stage ends with; the last tells the first which tokens came out, where these go on.
pub(super) fn sent_on(served: &Served<'_>, stage: u32) -> Option<f64> {
    let step = &served.step;
    let stages = step.parallel.pp.max(1);
    if stages == 1 {
        return None;
    }
    if stage + 1 < stages {
        // Tensor-parallel ranks each send their part, and put it together again.
        let bytes = step.tokens() * f64::from(step.model.hidden) * step.precision.activations.bytes();
        return Some(bytes / f64::from(step.parallel.tp.max(1)));
    }
    (served.phase == ServePhase::Decode).then(|| served.made() * TOKEN)
}

/// Bytes of a token's number.
const TOKEN: f64 = 4.0;

fn one(purpose: Purpose, pattern: Pattern, bytes: f64, moment: Moment) -> Use {
    Use { purpose, pattern, bytes, moment }
}

/// One tensor-parallel collective; none without tensor parallelism.
fn tensor(served: &Served<'_>, pattern: Pattern, numbers: f64, moment: Moment) -> Uses {
    let mut uses: Uses = [None; MOST];
    if served.step.parallel.tp > 1 {
        let bytes = numbers * served.step.precision.activations.bytes();
        uses[0] = Some(one(Purpose::Tensor, pattern, bytes, moment));
    }
    uses
}

/// Rows of the embedding are read; each tensor-parallel rank has a part of the vocabulary.
fn embedding(served: &Served<'_>, site: &Site) -> Piece {
    let numbers = served.step.tokens() * f64::from(served.step.model.hidden);
    let uses = tensor(served, Pattern::AllReduce, numbers, Moment::After);
    Piece::of_ends(site.kernels.moved(numbers * 2.0 * 2.0), uses)
}

/// What came from the stage before is put together.
fn received(served: &Served<'_>) -> Piece {
    let numbers = served.step.tokens() * f64::from(served.step.model.hidden);
    Piece { compute: Vec::new(), uses: tensor(served, Pattern::AllGather, numbers, Moment::Before) }
}

/// Logits of each sequence's last token, written and read in 32 bits, and gathered to choose from.
fn head(served: &Served<'_>, site: &Site) -> Piece {
    let model = served.step.model;
    let (made, vocabulary) = (served.made(), f64::from(model.vocabulary));
    let own = vocabulary / f64::from(served.step.parallel.tp.max(1));
    let seconds = site.kernels.wide_product(made, own, f64::from(model.hidden))
        + site.kernels.moved(made * own * 4.0 * 2.0);
    Piece::of_ends(seconds, tensor(served, Pattern::AllGather, made * vocabulary, Moment::After))
}

/// The blocks of a layer, each with half of what the host's launches take longer.
fn layer_pieces(served: &Served<'_>, site: &Site, kind: LayerKind, full: bool) -> [Piece; 2] {
    let step = &served.step;
    let uses = [Block::Attention, Block::FeedForward].map(|block| uses(served, block, kind));
    let passes = [attention(served, site, full), feed_forward(served, site, kind)];
    let mut both = passes[0].and(&passes[1]);
    both.tensor = uses.iter().flatten().flatten().map(|found| alone(served, site, found)).sum();
    let host = waits(step, kind, &LayerTime { forward: both, ..LayerTime::default() }).0;
    [0, 1].map(|at| {
        let pass = Pass { host: host / 2.0, ..passes[at] };
        let compute = [
            (Part::Products, pass.products),
            (Part::Attention, pass.attention),
            (Part::Moved, pass.moved),
            (Part::Host, pass.host),
        ];
        Piece { compute: compute.into_iter().filter(|(_, seconds)| *seconds > 0.0).collect(), uses: uses[at] }
    })
}

/// Seconds of a collective that nothing hides, by closed forms.
pub(super) fn alone(served: &Served<'_>, site: &Site, found: &Use) -> f64 {
    let step = &served.step;
    step.network.time(found.pattern, site.groups.of(found.purpose), found.bytes)
        / got(step.constants, found.purpose)
        * exposed(step.overlap, step.constants, found.purpose)
}

/// The collectives of a block: two all-reduces a layer for tensor parallelism, and tokens to experts and back. The second
/// all-reduce also gives each tensor-parallel rank the tokens that others had sent to experts.
fn uses(served: &Served<'_>, block: Block, kind: LayerKind) -> Uses {
    let step = &served.step;
    let (parallel, model) = (&step.parallel, step.model);
    let numbers = step.tokens() * f64::from(model.hidden);
    let mut found = tensor(served, Pattern::AllReduce, numbers, Moment::After);
    if let (Block::FeedForward, LayerKind::Sparse, Some(experts), true) =
        (block, kind, model.experts, parallel.ep > 1)
    {
        let share = f64::from(parallel.etp.max(1)) / f64::from(parallel.tp.max(1));
        let sent = numbers * share * f64::from(experts.top_k);
        let [there, back] =
            [step.precision.dispatch, step.precision.activations].map(|format| sent * format.bytes());
        let exchange = |bytes, moment| Some(one(Purpose::Experts, Pattern::AllToAll, bytes, moment));
        let after = found[0];
        found = [None; MOST];
        found[0] = exchange(there, Moment::Before);
        found[1] = exchange(back, Moment::After);
        found[2] = after;
    }
    found
}

/// Seconds of the product with an `inputs` by `outputs` matrix of weights for each of `tokens`.
fn linear(served: &Served<'_>, site: &Site, tokens: f64, inputs: f64, outputs: f64, copies: f64) -> f64 {
    let kernels = &site.kernels;
    kernels.product_of_kept(served.weight_bytes().0, tokens, outputs, inputs, copies)
        + kernels.convert(copies * tokens * inputs)
}

fn attention(served: &Served<'_>, site: &Site, full: bool) -> Pass {
    let step = &served.step;
    let (kernels, model) = (&site.kernels, step.model);
    let (h, tp) = (f64::from(model.hidden), f64::from(step.parallel.tp.max(1)));
    let tokens = step.tokens();
    let heads = f64::from(model.attention.heads()) / tp;
    let linear = |inputs, outputs, copies| linear(served, site, tokens, inputs, outputs, copies);
    let seen = served.seen(full);
    let mut core = tokens * model.core_flops(seen) / tp;
    let mut keys = served.own_kv_heads();
    let products = match model.attention {
        Attention::Grouped { head_dim, .. } => {
            let d = f64::from(head_dim);
            linear(h, (heads + 2.0 * keys) * d, 1.0) + linear(heads * d, h, 1.0)
        }
        Attention::Latent { q_rank, kv_rank, nope_dim, rope_dim, value_dim, .. } => {
            let [rq, rkv, nope, rope, value] =
                [q_rank, kv_rank, nope_dim, rope_dim, value_dim].map(f64::from);
            let queries = if q_rank == 0 {
                linear(h, heads * (nope + rope), 1.0)
            } else {
                linear(h, rq, 1.0) + linear(rq, heads * (nope + rope), 1.0)
            };
            let around = queries + linear(h, rkv + rope, 1.0) + linear(heads * value, h, 1.0);
            match served.phase {
                ServePhase::Prefill => around + linear(rkv, heads * (nope + value), 1.0),
                // Heads look at the latent itself: what would make their keys and values of it is put on queries and on what
                // comes out (DeepSeek-V2, arXiv:2405.04434, section 2.1.2).
                ServePhase::Decode => {
                    core = tokens * 2.0 * heads * (2.0 * rkv + rope) * seen;
                    keys = 0.0;
                    around + linear(nope, rkv, heads) + linear(rkv, value, heads)
                }
            }
        }
    };
    // Keys and values are written once; of a step, those of all tokens before are read.
    let kept = served.cache_of_token() * tokens;
    let read = match served.phase {
        ServePhase::Prefill => kept,
        ServePhase::Decode => kept * seen,
    };
    let scores = if step.habits.fused_attention {
        0.0
    } else {
        kernels.moved(tokens * seen * heads * step.constants[Constant::SCORES])
    };
    let numbers = 5.0 * h + 2.0 * (heads + keys) * f64::from(model.attention.key_dim());
    Pass {
        products,
        attention: (core / kernels.attention).max(kernels.moved(read)),
        moved: kernels.moved(tokens * numbers * 2.0 + kept) + scores,
        ..Pass::default()
    }
}

fn feed_forward(served: &Served<'_>, site: &Site, kind: LayerKind) -> Pass {
    let step = &served.step;
    let (kernels, parallel, model) = (&site.kernels, &step.parallel, step.model);
    let (h, tp) = (f64::from(model.hidden), f64::from(parallel.tp.max(1)));
    let tokens = step.tokens();
    let linear = |rows, inputs, outputs, copies| linear(served, site, rows, inputs, outputs, copies);
    let (products, inner, permuted);
    if let (LayerKind::Sparse, Some(experts)) = (kind, model.experts) {
        let etp = f64::from(parallel.etp.max(1));
        let f = f64::from(experts.hidden);
        let (met, rows) = served.met_experts();
        let routed = linear(rows, h, 2.0 * f / etp, met) + linear(rows, f / etp, h, met);
        let wide = f * f64::from(experts.shared) / tp;
        let shared = linear(tokens, h, 2.0 * wide, 1.0) + linear(tokens, wide, h, 1.0);
        let router = kernels.wide_product(tokens, f64::from(experts.count), h);
        products = routed / step.constants[Constant::EXPERTS] + shared + router;
        let own = met * rows;
        inner = 3.0 * (own * f / etp + tokens * wide);
        permuted = own * h * step.constants[Constant::PERMUTE];
    } else {
        let f = f64::from(model.mlp.hidden) / tp;
        let gates = if model.mlp.gated { 2.0 } else { 1.0 };
        products = linear(tokens, h, gates * f, 1.0) + linear(tokens, f, h, 1.0);
        inner = tokens * (gates + 1.0) * f;
        permuted = 0.0;
    }
    let moved = kernels.moved((5.0 * h * tokens + inner) * 2.0 + permuted);
    Pass { products, moved, ..Pass::default() }
}
