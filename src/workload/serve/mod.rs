//! Inference: prompts are read in one pass, then each step makes one token of every sequence.
//!
//! Both phases are forward passes and are told as [`Step`]s: of the prefill a micro-batch is the prompts that are read at once,
//! of the decode phase one token of each sequence. Data-parallel ranks are replicas that share nothing but the network, and
//! experts where expert-parallel ranks reach over several.

mod bound;
mod closed;
mod graph;
mod memory;
mod pieces;

pub use bound::{Bound, serve_bound};
pub use closed::{ServeTime, serve_time};
pub use graph::serve_graph;
pub use memory::{ServeMemory, largest_batch, serve_memory};

use super::model::{Attention, Counted};
use super::network::Network;
use super::parallel::{Parallel, Recompute, Schedule, Sharding};
use super::precision::Format;
use super::spec::{Task, Workload};
use super::step::{Batch, Step};

/// What inference serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    /// Sequences at once, over all replicas: each is looked at on its own.
    pub batches: Vec<u32>,
    /// Tokens of a prompt.
    pub prompt: u32,
    /// Tokens that are made for it; the first comes of the prefill.
    pub output: u32,
    /// Prompts that a replica reads at once.
    pub prefill: u32,
    /// Format of the keys and values that are kept.
    pub cache: Format,
}

/// A phase of inference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServePhase {
    /// Prompts are read, up to their first token.
    Prefill,
    /// A further token of each sequence.
    Decode,
}

/// A phase of inference with a batch, as it is run.
#[derive(Debug, Clone, Copy)]
pub struct Served<'a> {
    /// The pass as a step: its micro-batch is what goes through a stage at once.
    pub step: Step<'a>,
    /// Which phase.
    pub phase: ServePhase,
    /// Format of the keys and values that are kept.
    pub cache: Format,
    /// Tokens that a token attends to: of a prompt in all, of a step on the mean over a request's steps.
    pub context: f64,
    /// Tokens of a sequence at its end.
    pub kept: f64,
    /// Sequences of a replica.
    pub sequences: u32,
    /// Groups of them that go through a pipeline in turns: each of the step's micro-batch.
    pub groups: u32,
}

impl Workload {
    fn inference(&self) -> Option<&Serving> {
        match &self.task {
            Task::Infer(serving) => Some(serving),
            Task::Train(_) => None,
        }
    }

    /// A forward pass of `micro` sequences, `length` tokens of each.
    fn pass(&self, micro: u32, length: u32, network: Network) -> Step<'_> {
        let parallel = Parallel {
            // Nothing is kept for a backward pass, and one token cannot be divided.
            sequence: false,
            vpp: 1,
            sharding: Sharding::None,
            schedule: Schedule::OneForwardOneBackward,
            ..self.parallel
        };
        let sequences = micro.saturating_mul(parallel.dp.max(1));
        Step {
            model: &self.model,
            accelerator: &self.accelerator,
            constants: &self.constants,
            habits: self.software.habits,
            batch: Batch { sequences, length, micro },
            parallel,
            precision: self.precision,
            recompute: Recompute::None,
            overlap: self.overlap,
            frozen: true,
            network,
        }
    }

    /// The prefill over a network; `None` where the task is another.
    pub fn prefill(&self, network: Network) -> Option<Served<'_>> {
        let serving = self.inference()?;
        Some(Served {
            step: self.pass(serving.prefill, serving.prompt, network),
            phase: ServePhase::Prefill,
            cache: serving.cache,
            context: f64::from(serving.prompt),
            kept: f64::from(serving.prompt) + f64::from(serving.output),
            sequences: serving.prefill,
            groups: 1,
        })
    }

    /// A step that makes a token of each of `batch` sequences, over all replicas; `None` where the task is another.
    ///
    /// A pipeline has as many groups of sequences as ranks, so that none of them waits where stages are equal.
    pub fn decode(&self, batch: u32, network: Network) -> Option<Served<'_>> {
        let serving = self.inference()?;
        let sequences = batch.div_ceil(self.parallel.dp.max(1)).max(1);
        let groups = self.parallel.pp.clamp(1, sequences);
        Some(Served {
            step: self.pass(sequences.div_ceil(groups), 1, network),
            phase: ServePhase::Decode,
            cache: serving.cache,
            context: f64::from(serving.prompt) + f64::from(serving.output) / 2.0,
            kept: f64::from(serving.prompt) + f64::from(serving.output),
            sequences,
            groups,
        })
    }
}

impl Served<'_> {
    /// Tokens that a token attends to on the mean, in a layer that sees everything or a window.
    fn seen(&self, full: bool) -> f64 {
        let model = self.step.model;
        match self.phase {
            ServePhase::Prefill => {
                let fused = self.step.habits.fused_attention;
                let counted = if fused { Counted::Causal } else { Counted::Full };
                model.mean_context(self.context, full, counted)
            }
            ServePhase::Decode => self.capped(self.context, full),
        }
    }

    /// Tokens of a sequence that a layer keeps or reads.
    fn capped(&self, tokens: f64, full: bool) -> f64 {
        match self.step.model.window {
            Some(window) if !full => tokens.min(f64::from(window.tokens)),
            _ => tokens,
        }
    }

    /// Heads of keys and values on a tensor-parallel rank: at least one, which is then a copy.
    fn own_kv_heads(&self) -> f64 {
        let tp = self.step.parallel.tp.max(1);
        f64::from(self.step.model.attention.kv_heads().div_ceil(tp))
    }

    /// Bytes that a layer keeps of a token on a rank. The latent of keys and values is for all heads, and so on each rank.
    pub fn cache_of_token(&self) -> f64 {
        let numbers = match self.step.model.attention {
            Attention::Grouped { head_dim, .. } => 2.0 * self.own_kv_heads() * f64::from(head_dim),
            Attention::Latent { kv_rank, rope_dim, .. } => f64::from(kv_rank) + f64::from(rope_dim),
        };
        numbers * self.cache.bytes()
    }

    /// Bytes of a weight of layers, and of embedding and head, which stay in 16 bits at least.
    fn weight_bytes(&self) -> (f64, f64) {
        let own = self.step.precision.weights.bytes();
        (own, own.max(2.0))
    }

    /// Sequences that a pass makes a token of.
    fn made(&self) -> f64 {
        f64::from(self.step.batch.micro)
    }

    /// Experts on a rank that at least one token goes to, and how many tokens each of them gets, on the mean: tokens choose
    /// evenly and independently.
    fn met_experts(&self) -> (f64, f64) {
        let Some(experts) = self.step.model.experts else { return (0.0, 0.0) };
        let parallel = &self.step.parallel;
        let [tp, ep, etp] = [parallel.tp, parallel.ep, parallel.etp].map(|degree| f64::from(degree.max(1)));
        let own = self.step.tokens() / tp * etp;
        let chosen = f64::from(experts.top_k) / f64::from(experts.count.max(1));
        let local = f64::from(experts.count) / ep;
        let assigned = own * f64::from(experts.top_k);
        let met = (local * (1.0 - (1.0 - chosen).powf(own * ep))).min(assigned);
        (met, if met > 0.0 { assigned / met } else { 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{
        Accelerator, Constants, Experts, Habits, LayerKind, Mlp, Model, Overlap, Precision, Tier,
    };

    /// All ways in which tokens choose two of four experts, counted one by one.
    #[test]
    fn experts_that_are_met_are_those_of_all_choices() {
        let pairs: Vec<u32> = (0..16u32).filter(|set| set.count_ones() == 2).collect();
        let mut met = [0.0; 4];
        let mut ways = [0.0; 4];
        for (count, (met, ways)) in (1..=3u32).zip(met.iter_mut().zip(&mut ways)) {
            for choice in 0..pairs.len().pow(count) {
                let chosen = (0..count).map(|token| pairs[choice / pairs.len().pow(token) % pairs.len()]);
                *met += f64::from(chosen.fold(0, |all, own| all | own).count_ones());
                *ways += 1.0;
            }
        }
        let model = Model {
            name: "small".into(),
            title: String::new(),
            sources: Vec::new(),
            layers: 1,
            hidden: 8,
            attention: Attention::Grouped { heads: 1, kv_heads: 1, head_dim: 8 },
            window: None,
            mlp: Mlp { hidden: 8, gated: true },
            experts: Some(Experts { count: 4, top_k: 2, hidden: 8, shared: 0, dense_layers: 0 }),
            vocabulary: 16,
            tied: false,
            extra_tokens: 0,
        };
        assert_eq!(model.kind_of(0), LayerKind::Sparse);
        let accelerator = Accelerator {
            name: String::new(),
            title: String::new(),
            sources: Vec::new(),
            like: String::new(),
            peak: vec![(Format::Bf16, 1e12)],
            achieved: Vec::new(),
            factors: Vec::new(),
            processors: 1,
            memory: 1e9,
            memory_bandwidth: 1e9,
            scaleup: 1e9,
            domain: 1,
            power: 1.0,
            idle_power: 1.0,
        };
        let constants = Constants::default();
        let habits = Habits {
            fused_attention: true,
            graphs: true,
            sequence: false,
            recompute: Recompute::None,
            gradients: Format::Bf16,
            sharding: Sharding::None,
        };
        let tier = Tier { bandwidth: 1e9, latency: 0.0, launch: 0.0 };
        for (tokens, all) in (1..=3u32).zip(met.iter().zip(&ways).map(|(met, ways)| met / ways)) {
            let served = |ep: u32, micro: u32| Served {
                step: Step {
                    model: &model,
                    accelerator: &accelerator,
                    constants: &constants,
                    habits,
                    batch: Batch { sequences: micro, length: 1, micro },
                    parallel: Parallel { ep, dp: ep, ..Parallel::ONE },
                    precision: Precision::BF16,
                    recompute: Recompute::None,
                    overlap: Overlap::NONE,
                    frozen: true,
                    network: Network { scaleup: tier, scaleout: tier, domain: 1 },
                },
                phase: ServePhase::Decode,
                cache: Format::Bf16,
                context: 1.0,
                kept: 1.0,
                sequences: micro,
                groups: 1,
            };
            let (found, rows) = served(1, tokens).met_experts();
            assert!((found - all).abs() < 1e-12, "{tokens} tokens: {found} for {all}");
            assert!((found * rows - 2.0 * f64::from(tokens)).abs() < 1e-12, "each token has two");
            // Two ranks have half of the experts each, and see the tokens of both.
            let (half, rows) = served(2, tokens).met_experts();
            let twice = served(1, 2 * tokens).met_experts();
            assert!((half - twice.0 / 2.0).abs() < 1e-12 && (rows - twice.1).abs() < 1e-12);
        }
    }
}
