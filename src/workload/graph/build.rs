//! A step's graph, pass by pass.

use super::emit::{Emitter, parts};
use super::task::{Class, Compute, Part, Phase, StepGraph, StepTask, Work};
use crate::ids::number;
use crate::workload::closed::{head_seconds, optimizer_seconds};
use crate::workload::collectives::{Direction, Purpose, Uses, uses};
use crate::workload::constant::Constant;
use crate::workload::layer::{Block, LayerTime, Site, block_time, waits};
use crate::workload::model::LayerKind;
use crate::workload::network::Pattern;
use crate::workload::parallel::{Recompute, Sharding};
use crate::workload::pipeline::{Op, OrderFault, PassKind, PipelineOrder, order};
use crate::workload::step::Step;

/// A kind of layer, as its blocks: numbers of computations, and collectives.
struct Kind {
    kind: LayerKind,
    full: bool,
    forward: [(u32, Uses); 2],
    again: [(Option<u32>, Uses); 2],
    backward: [(u32, Uses); 2],
    /// Gradients of weights, where they are a pass of their own.
    weights: u32,
    /// Bytes that data-parallel ranks exchange for it: parameters gathered, gradients reduced; each for those that all
    /// replicas have and for experts'.
    gathered: [f64; 2],
    reduced: [f64; 2],
}

const BLOCKS: [Block; 2] = [Block::Attention, Block::FeedForward];

/// What a rank of a pipeline does in a step, as tasks.
///
/// Layers are dealt to stages evenly, the last stage has what is left, and modules for further tokens, head and loss; the
/// first has the embedding. Each layer is two blocks with their collectives. Parameters that are sharded are gathered a
/// layer ahead of their use; gradients go out, layer by layer, after the last micro-batch's backward pass, or after every
/// one where gradients are sharded with parameters.
///
/// # Errors
/// What is wrong with the pipeline.
pub fn graph(step: &Step<'_>) -> Result<StepGraph, Vec<OrderFault>> {
    let parallel = &step.parallel;
    let order = order(parallel.schedule, parallel.pp, parallel.chunks(), step.micro_batches())?;
    let site = Site::new(step);
    let emitter = Emitter {
        graph: StepGraph {
            lanes: order.ranks(),
            slowdown: step.constants[Constant::SLOWDOWN],
            ..StepGraph::default()
        },
        overlap: step.overlap,
        constants: step.constants,
        open: Vec::new(),
        at: StepTask {
            lane: 0,
            work: Work::Compute(0),
            phase: Phase::Forward,
            micro: 0,
            stage: 0,
            blocks: false,
        },
    };
    let mut builder =
        Builder { step, site, order: &order, emitter, kinds: Vec::new(), host: 0, ends: Vec::new() };
    builder.run();
    Ok(builder.emitter.graph)
}

struct Builder<'a> {
    step: &'a Step<'a>,
    site: Site,
    order: &'a PipelineOrder,
    emitter: Emitter<'a>,
    kinds: Vec<Kind>,
    host: u32,
    /// By rank, chunk, micro-batch and kind of pass: its first task, and what those wait for that need it.
    ends: Vec<Option<(u32, u32)>>,
}

impl Builder<'_> {
    fn run(&mut self) {
        let parallel = &self.step.parallel;
        let passes = f64::from(2 * self.order.chunks());
        let seconds = self.step.constants[Constant::MICROBATCH] / passes;
        self.host = self.emitter.compute(Compute { parts: vec![(Part::Host, seconds)] });
        let counts = [parallel.pp, self.order.chunks(), self.order.micro_batches(), 3];
        self.ends = vec![None; counts.into_iter().map(|count| count as usize).product()];
        for rank in 0..self.order.ranks() {
            self.lane(rank);
        }
        for rank in 0..self.order.ranks() {
            for op in self.order.of(rank) {
                let Some((first, _)) = self.ends[self.place(rank, *op)] else { continue };
                for (other, needed) in self.order.waits_for(rank, *op) {
                    if let Some((_, done)) = self.ends[self.place(other, needed)] {
                        self.emitter.graph.after.push((first, done));
                    }
                }
            }
        }
    }

    fn place(&self, rank: u32, op: Op) -> usize {
        let kind = match op.kind {
            PassKind::Forward => 0,
            PassKind::Backward => 1,
            PassKind::Weights => 2,
        };
        let [rank, chunk, micro] = [rank, op.chunk, op.micro].map(|at| at as usize);
        let (chunks, micros) = (self.order.chunks() as usize, self.order.micro_batches() as usize);
        ((rank * chunks + chunk) * micros + micro) * 3 + kind
    }

    /// The layers of a stage; those after the model's own are modules for further tokens.
    fn layers(&self, stage: u32) -> std::ops::Range<u32> {
        let (stages, layers) = (self.order.stages(), self.step.model.layers);
        let each = layers.div_ceil(stages);
        let first = (stage * each).min(layers);
        let last = ((stage + 1) * each).min(layers);
        let extra = if stage + 1 == stages { self.step.model.extra_tokens } else { 0 };
        let last = if stage + 1 == stages { layers } else { last };
        first..last + extra
    }

    /// The kind of a layer, by its place among the kinds.
    fn kind(&mut self, layer: u32) -> usize {
        let model = self.step.model;
        let layer = layer.min(model.layers.saturating_sub(1));
        let kind = model.kind_of(layer);
        let full = model.window.is_none_or(|window| (layer + 1).is_multiple_of(window.every.max(1)));
        let known = self.kinds.iter().position(|own| own.kind == kind && own.full == full);
        known.unwrap_or_else(|| {
            let made = self.make(kind, full);
            self.kinds.push(made);
            self.kinds.len() - 1
        })
    }

    fn make(&mut self, kind: LayerKind, full: bool) -> Kind {
        let step = self.step;
        let mut times = BLOCKS.map(|block| block_time(step, &self.site, kind, full, block));
        let (forward, backward) = waits(step, kind, &times[0].and(&times[1]));
        for time in &mut times {
            time.forward.host = forward / 2.0;
            time.backward.host = backward / 2.0;
            if step.recompute == Recompute::Full {
                time.again.host = forward / 2.0;
            }
        }
        let splits = self.order.splits_weights();
        let emitter = &mut self.emitter;
        let mut of =
            |pass: fn(&LayerTime, bool) -> Compute| times.map(|time| emitter.compute(pass(&time, splits)));
        let forward = of(|time, _| parts(&time.forward, false));
        let backward = of(|time, splits| {
            parts(&if splits { time.backward } else { time.backward.and(&time.weights) }, false)
        });
        let redone = of(|time, _| parts(&time.again, true));
        let weights = emitter.compute(parts(&times[0].weights.and(&times[1].weights), false));
        let there = BLOCKS.map(|block| uses(step, block, kind, Direction::Forward));
        let back = BLOCKS.map(|block| uses(step, block, kind, Direction::Backward));
        let again = [0, 1].map(|at| {
            let found = (times[at].again.compute() > 0.0).then_some(redone[at]);
            (found, if step.recompute == Recompute::Full { there[at] } else { Uses::default() })
        });
        let params = step.layer_params(kind);
        let (g, w) = (step.precision.gradients.bytes(), step.precision.weights.bytes());
        Kind {
            kind,
            full,
            forward: [0, 1].map(|at| (forward[at], there[at])),
            again,
            backward: [0, 1].map(|at| (backward[at], back[at])),
            weights,
            gathered: params.map(|params| params * w),
            reduced: params.map(|params| if step.frozen { 0.0 } else { params * g }),
        }
    }

    /// All passes of a rank, and what is before and after them.
    fn lane(&mut self, rank: u32) {
        let step = self.step;
        let sharding = step.parallel.sharding;
        let mut state = Lane::default();
        self.emitter.go(rank, Phase::Update, 0, 0);
        let early = matches!(sharding, Sharding::Optimizer | Sharding::Gradients) && !step.frozen;
        if early && step.overlap.data {
            for chunk in 0..self.order.chunks() {
                self.gather_stage(self.order.stage(rank, chunk), &mut state, &[]);
            }
        }
        for op in self.order.of(rank) {
            let stage = self.order.stage(rank, op.chunk);
            let first = number(self.emitter.graph.tasks.len());
            self.emitter.open.clear();
            let last = self.emitter.at_last(self.order, rank, *op);
            match op.kind {
                PassKind::Forward => self.forward(rank, *op, stage, &mut state),
                PassKind::Backward => self.backward(rank, *op, stage, last, &mut state),
                PassKind::Weights => self.weights(rank, *op, stage, last, &mut state),
            }
            let done = self.hand_on(*op, stage);
            let place = self.place(rank, *op);
            // What is gathered for a pass may begin before the pass does.
            let first = (first..number(self.emitter.graph.tasks.len()))
                .find(|id| matches!(self.emitter.graph.tasks[*id as usize].work, Work::Compute(_)))
                .unwrap_or(first);
            self.ends[place] = Some((first, done));
        }
        self.emitter.go(rank, Phase::Update, 0, self.order.stage(rank, 0));
        self.emitter.open.clear();
        let end = number(self.emitter.graph.tasks.len()).checked_sub(1);
        if !step.frozen && !step.overlap.data && !self.sharded() {
            let after: Vec<u32> = end.into_iter().collect();
            for chunk in 0..self.order.chunks() {
                self.reduce_stage(self.order.stage(rank, chunk), &mut state, &after);
            }
        }
        self.emitter.open = state.reduced.iter().copied().chain(end).collect();
        let seconds = optimizer_seconds(step, f64::from(self.lane_layers(rank)));
        let optimizer = self.emitter.compute(Compute { parts: vec![(Part::Optimizer, seconds)] });
        let done = self.emitter.computes(optimizer);
        if early && !step.overlap.data {
            for chunk in 0..self.order.chunks() {
                self.gather_stage(self.order.stage(rank, chunk), &mut state, &[done]);
            }
        }
    }

    fn lane_layers(&self, rank: u32) -> u32 {
        let chunks = (0..self.order.chunks()).map(|chunk| self.order.stage(rank, chunk));
        chunks.map(|stage| self.layers(stage).len()).map(number).sum()
    }

    fn forward(&mut self, rank: u32, op: Op, stage: u32, state: &mut Lane) {
        self.emitter.go(rank, Phase::Forward, op.micro, stage);
        self.begin();
        self.ends_ahead(stage, state);
        if stage == 0 {
            self.head_part(0.0, 0.5);
        }
        for layer in self.layers(stage) {
            let kind = self.kind(layer);
            self.ahead(kind, layer, state);
            for block in 0..2 {
                let (compute, uses) = self.kinds[kind].forward[block];
                self.emitter.block(compute, &uses);
            }
            state.passed(&self.emitter.open);
        }
        if stage + 1 == self.order.stages() {
            self.head_part(1.0 / 3.0, 0.0);
        }
    }

    fn backward(&mut self, rank: u32, op: Op, stage: u32, last: bool, state: &mut Lane) {
        self.emitter.go(rank, Phase::Backward, op.micro, stage);
        self.begin();
        if stage + 1 == self.order.stages() {
            self.head_part(2.0 / 3.0, 0.0);
        }
        for layer in self.layers(stage).rev() {
            let kind = self.kind(layer);
            self.ahead(kind, layer, state);
            for block in 0..2 {
                if let (Some(compute), uses) = self.kinds[kind].again[block] {
                    self.emitter.block(compute, &uses);
                }
            }
            for block in (0..2).rev() {
                let (compute, uses) = self.kinds[kind].backward[block];
                self.emitter.block(compute, &uses);
            }
            state.passed(&self.emitter.open);
            if !self.order.splits_weights() {
                self.reduce(kind, last, state);
            }
        }
        if stage == 0 {
            self.head_part(0.0, 0.5);
        }
        if !self.order.splits_weights() {
            self.reduce_bytes(
                [self.end_params(stage) * self.step.precision.gradients.bytes(), 0.0],
                last,
                state,
            );
        }
    }

    fn weights(&mut self, rank: u32, op: Op, stage: u32, last: bool, state: &mut Lane) {
        self.emitter.go(rank, Phase::Weights, op.micro, stage);
        for layer in self.layers(stage).rev() {
            let kind = self.kind(layer);
            let compute = self.kinds[kind].weights;
            self.emitter.computes(compute);
            self.reduce(kind, last, state);
        }
        self.reduce_bytes([self.end_params(stage) * self.step.precision.gradients.bytes(), 0.0], last, state);
    }

    /// What the host takes for a pass.
    fn begin(&mut self) {
        let host = self.host;
        self.emitter.computes(host);
    }

    /// Parts of head and embedding.
    fn head_part(&mut self, head: f64, embedding: f64) {
        let of = head_seconds(self.step, &self.site);
        let seconds = head * of.0 + embedding * of.1;
        let compute = self.emitter.compute(Compute { parts: vec![(Part::Head, seconds)] });
        self.emitter.computes(compute);
    }

    /// Parameters of a layer before its use: gathered now, a layer ahead, where they are sharded; at the step's begin where
    /// the optimiser's state is.
    fn ahead(&mut self, kind: usize, layer: u32, state: &mut Lane) {
        let step = self.step;
        if matches!(step.parallel.sharding, Sharding::Parameters | Sharding::Hybrid(_)) {
            let before =
                if step.overlap.data { state.before_last.clone() } else { self.emitter.open.clone() };
            for (purpose, bytes) in self.purposes().into_iter().zip(self.kinds[kind].gathered) {
                let class =
                    Class { purpose, pattern: Pattern::AllGather, bytes: self.shared(purpose, bytes) };
                let gathered = self.emitter.data(class, &before);
                self.emitter.open.extend(gathered);
            }
        } else if let Some(at) = state.gathered.iter().position(|(own, _)| *own == layer) {
            let (_, gathered) = state.gathered.swap_remove(at);
            self.emitter.open.push(gathered);
        }
    }

    /// Whether parameters are gathered before each use.
    fn sharded(&self) -> bool {
        matches!(self.step.parallel.sharding, Sharding::Parameters | Sharding::Hybrid(_))
    }

    /// What parameters are exchanged for: those that all replicas have, and experts'.
    fn purposes(&self) -> [Purpose; 2] {
        let own = if self.sharded() { Purpose::Shard } else { Purpose::Data };
        [own, Purpose::ExpertData]
    }

    /// Parameters of embedding and head on a stage's ranks.
    fn end_params(&self, stage: u32) -> f64 {
        let model = self.step.model;
        let (first, last) = (stage == 0, stage + 1 == self.order.stages());
        let matrices = f64::from(u8::from(first) + u8::from(last && !(first && model.tied)));
        matrices * f64::from(model.vocabulary) * f64::from(model.hidden)
            / f64::from(self.step.parallel.tp.max(1))
    }

    /// Bytes of a collective among replicas; nothing where there is only one.
    fn shared(&self, purpose: Purpose, bytes: f64) -> f64 {
        if self.site.groups.of(purpose).ranks > 1 { bytes } else { 0.0 }
    }

    /// Embedding and head before their use, where they are sharded.
    fn ends_ahead(&mut self, stage: u32, state: &Lane) {
        let step = self.step;
        if self.sharded() {
            let bytes = self.end_params(stage) * step.precision.weights.bytes();
            let before =
                if step.overlap.data { state.before_last.clone() } else { self.emitter.open.clone() };
            let bytes = self.shared(Purpose::Shard, bytes);
            let class = Class { purpose: Purpose::Shard, pattern: Pattern::AllGather, bytes };
            let gathered = self.emitter.data(class, &before);
            self.emitter.open.extend(gathered);
        }
    }

    /// Gradients of a layer, once they are whole.
    fn reduce(&mut self, kind: usize, last: bool, state: &mut Lane) {
        self.reduce_bytes(self.kinds[kind].reduced, last, state);
    }

    fn reduce_bytes(&mut self, bytes: [f64; 2], last: bool, state: &mut Lane) {
        let step = self.step;
        let every = self.sharded();
        if step.frozen || !(every || last && step.overlap.data) {
            return;
        }
        let pattern = self.reduction();
        let open = self.emitter.open.clone();
        for (purpose, bytes) in self.purposes().into_iter().zip(bytes) {
            let class = Class { purpose, pattern, bytes: self.shared(purpose, bytes) };
            let reduced = self.emitter.data(class, &open);
            state.reduced.extend(reduced);
            if !step.overlap.data {
                self.emitter.open.extend(reduced);
            }
            // Replicas of a shard sum up once, when a step's gradients are whole.
            if let (Sharding::Hybrid(_), true, Purpose::Shard, Some(after)) =
                (step.parallel.sharding, last, purpose, reduced)
            {
                let bytes = bytes / f64::from(step.parallel.shard_ranks());
                let bytes = self.shared(Purpose::Data, bytes);
                let class = Class { purpose: Purpose::Data, pattern: Pattern::AllReduce, bytes };
                let summed = self.emitter.data(class, &[after]);
                state.reduced.extend(summed);
            }
        }
    }

    fn reduction(&self) -> Pattern {
        if self.step.parallel.sharding == Sharding::None {
            Pattern::AllReduce
        } else {
            Pattern::ReduceScatter
        }
    }

    /// Gradients of a stage's layers all at once.
    fn reduce_stage(&mut self, stage: u32, state: &mut Lane, after: &[u32]) {
        let pattern = self.reduction();
        self.stage_data(
            stage,
            pattern,
            after,
            |kind| kind.reduced,
            |_, id, state| state.reduced.push(id),
            state,
        );
    }

    /// Parameters of a stage's layers, for the first micro-batch.
    fn gather_stage(&mut self, stage: u32, state: &mut Lane, after: &[u32]) {
        let keep = |layer, id, state: &mut Lane| state.gathered.push((layer, id));
        self.stage_data(stage, Pattern::AllGather, after, |kind| kind.gathered, keep, state);
    }

    fn stage_data(
        &mut self,
        stage: u32,
        pattern: Pattern,
        after: &[u32],
        bytes: fn(&Kind) -> [f64; 2],
        keep: impl Fn(u32, u32, &mut Lane),
        state: &mut Lane,
    ) {
        for layer in self.layers(stage) {
            let kind = self.kind(layer);
            for (purpose, bytes) in self.purposes().into_iter().zip(bytes(&self.kinds[kind])) {
                let class = Class { purpose, pattern, bytes: self.shared(purpose, bytes) };
                if let Some(id) = self.emitter.data(class, after) {
                    keep(layer, id, state);
                }
            }
        }
    }

    /// The message that a pass ends with, where the next is on another rank; what the next pass waits for.
    fn hand_on(&mut self, op: Op, stage: u32) -> u32 {
        let step = self.step;
        let sends = match op.kind {
            PassKind::Forward => stage + 1 < self.order.stages(),
            PassKind::Backward => stage > 0,
            PassKind::Weights => false,
        };
        let last = number(self.emitter.graph.tasks.len()).saturating_sub(1);
        if !sends || self.order.ranks() < 2 {
            return self.emitter.open.last().copied().unwrap_or(last);
        }
        let bytes = step.tokens() * f64::from(step.model.hidden) * step.precision.activations.bytes()
            / f64::from(step.parallel.tp.max(1));
        self.emitter.send(Class { purpose: Purpose::Pipeline, pattern: Pattern::Send, bytes })
    }
}

/// What a lane remembers from pass to pass.
#[derive(Default)]
struct Lane {
    /// What the layer before the last ended with.
    before_last: Vec<u32>,
    /// What the last layer ended with.
    last: Vec<u32>,
    /// Gradients on their way.
    reduced: Vec<u32>,
    /// Parameters on their way, by layer.
    gathered: Vec<(u32, u32)>,
}

impl Lane {
    fn passed(&mut self, open: &[u32]) {
        self.before_last = std::mem::replace(&mut self.last, open.to_vec());
    }
}

impl Emitter<'_> {
    /// Whether a rank does no more of a stage's gradients after this pass.
    fn at_last(&self, order: &PipelineOrder, rank: u32, op: Op) -> bool {
        let end = if order.splits_weights() { PassKind::Weights } else { PassKind::Backward };
        let last = order.of(rank).iter().rev().find(|own| own.kind == end && own.chunk == op.chunk);
        last == Some(&op)
    }
}
