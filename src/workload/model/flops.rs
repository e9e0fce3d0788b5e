//! Operations that a model asks for, per token; a multiplication and an addition are two. Sources: Narayanan et al.
//! 2021 (arXiv:2104.04473) equation 3, Korthikanti et al. 2022 (arXiv:2205.05198) appendix A, PaLM appendix B, the
//! DeepSeek-V3 report.

use super::{Attention, LayerKind, Model};

/// What attention's core is counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// Half of the square, which causal kernels do.
    Causal,
    /// The whole square, as Megatron counts.
    Full,
}

impl Counted {
    /// The name in files and results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Causal => "causal",
            Self::Full => "full",
        }
    }
}

/// Operations of the forward pass, per token, by part.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Flops {
    /// Projections to and from heads, of all layers.
    pub projections: f64,
    /// Scores and weighted sums, of all layers.
    pub core: f64,
    /// Dense feed-forward parts, routers, shared and routed experts, of all layers.
    pub feed_forward: f64,
    /// The head.
    pub head: f64,
    /// Modules that predict further tokens.
    pub extra_tokens: f64,
}

impl Flops {
    /// Of the forward pass.
    pub fn forward(&self) -> f64 {
        self.projections + self.core + self.feed_forward + self.head + self.extra_tokens
    }

    /// Of a training step: the backward pass asks for twice the forward pass.
    pub fn training(&self) -> f64 {
        3.0 * self.forward()
    }
}

impl Model {
    /// Operations of the projections of a layer's attention, per token.
    pub fn projection_flops(&self) -> f64 {
        let h = f64::from(self.hidden);
        match self.attention {
            Attention::Grouped { heads, kv_heads, head_dim } => {
                let [a, k, d] = [heads, kv_heads, head_dim].map(f64::from);
                2.0 * h * a * d + 4.0 * h * k * d + 2.0 * a * d * h
            }
            Attention::Latent { heads, q_rank, kv_rank, nope_dim, rope_dim, value_dim } => {
                let [a, rq, rkv, nope, rope, value] =
                    [heads, q_rank, kv_rank, nope_dim, rope_dim, value_dim].map(f64::from);
                let queries = if q_rank == 0 {
                    2.0 * h * a * (nope + rope)
                } else {
                    2.0 * h * rq + 2.0 * rq * a * (nope + rope)
                };
                queries + 2.0 * h * (rkv + rope) + 2.0 * rkv * a * (nope + value) + 2.0 * a * value * h
            }
        }
    }

    /// Tokens that a token of a sequence attends to on the mean, in a layer that sees everything or a window.
    pub fn mean_context(&self, sequence: f64, full: bool, counted: Counted) -> f64 {
        let whole = match counted {
            Counted::Causal => f64::midpoint(sequence, 1.0),
            Counted::Full => sequence,
        };
        match self.window {
            Some(window) if !full => whole.min(f64::from(window.tokens)),
            _ => whole,
        }
    }

    /// Operations of the core of a layer's attention, per token that attends to `context` tokens.
    pub fn core_flops(&self, context: f64) -> f64 {
        let attention = &self.attention;
        2.0 * f64::from(attention.heads())
            * (f64::from(attention.key_dim()) + f64::from(attention.value_dim()))
            * context
    }

    /// Operations of a layer's feed-forward part, per token.
    pub fn feed_forward_flops(&self, kind: LayerKind) -> f64 {
        let h = f64::from(self.hidden);
        match (kind, self.experts) {
            (LayerKind::Sparse, Some(experts)) => {
                let met = f64::from(experts.top_k) + f64::from(experts.shared);
                2.0 * h * f64::from(experts.count) + met * 6.0 * h * f64::from(experts.hidden)
            }
            _ => 2.0 * f64::from(self.mlp.matrices()) * h * f64::from(self.mlp.hidden),
        }
    }

    /// Operations of the head, per token.
    pub fn head_flops(&self) -> f64 {
        2.0 * f64::from(self.hidden) * f64::from(self.vocabulary)
    }

    /// Operations of the forward pass, per token of a sequence.
    pub fn flops(&self, sequence: u32, counted: Counted) -> Flops {
        let sequence = f64::from(sequence);
        let full = f64::from(self.full_attention_layers());
        let layers = f64::from(self.layers);
        let sparse = f64::from(self.sparse_layers());
        let core = |full| self.core_flops(self.mean_context(sequence, full, counted));
        let last = if self.experts.is_some() { LayerKind::Sparse } else { LayerKind::Dense };
        let h = f64::from(self.hidden);
        let module = 4.0 * h * h
            + self.projection_flops()
            + core(true)
            + self.feed_forward_flops(last)
            + self.head_flops();
        Flops {
            projections: layers * self.projection_flops(),
            core: full * core(true) + (layers - full) * core(false),
            feed_forward: (layers - sparse) * self.feed_forward_flops(LayerKind::Dense)
                + sparse * self.feed_forward_flops(LayerKind::Sparse),
            head: self.head_flops(),
            extra_tokens: f64::from(self.extra_tokens) * module,
        }
    }
}
