//! A decoder-only language model: its shape, and what follows from it alone.

mod flops;
mod params;

pub use flops::{Counted, Flops};

/// How a layer attends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// Heads of queries that share heads of keys and values: multi-head where both counts are equal, multi-query
    /// where there is one.
    Grouped {
        /// Heads of queries.
        heads: u32,
        /// Heads of keys and values.
        kv_heads: u32,
        /// Width of a head.
        head_dim: u32,
    },
    /// Multi-head latent attention (DeepSeek-V2 and later): queries, keys and values come out of narrow latents.
    Latent {
        /// Heads.
        heads: u32,
        /// Width of the latent of queries; 0 where queries are projected from the hidden state itself.
        q_rank: u32,
        /// Width of the latent of keys and values.
        kv_rank: u32,
        /// Width of a head's part without position.
        nope_dim: u32,
        /// Width of a head's part with rotary position.
        rope_dim: u32,
        /// Width of a head's values.
        value_dim: u32,
    },
}

impl Attention {
    /// Heads of queries.
    pub const fn heads(&self) -> u32 {
        match *self {
            Self::Grouped { heads, .. } | Self::Latent { heads, .. } => heads,
        }
    }

    /// Heads of keys and values that are kept: latent attention trains with as many as queries have.
    pub const fn kv_heads(&self) -> u32 {
        match *self {
            Self::Grouped { kv_heads, .. } => kv_heads,
            Self::Latent { heads, .. } => heads,
        }
    }

    /// Width of a head of queries and keys.
    pub const fn key_dim(&self) -> u32 {
        match *self {
            Self::Grouped { head_dim, .. } => head_dim,
            Self::Latent { nope_dim, rope_dim, .. } => nope_dim + rope_dim,
        }
    }

    /// Width of a head of values.
    pub const fn value_dim(&self) -> u32 {
        match *self {
            Self::Grouped { head_dim, .. } => head_dim,
            Self::Latent { value_dim, .. } => value_dim,
        }
    }
}

/// Layers that see only the tokens just before each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Tokens that a windowed layer sees.
    pub tokens: u32,
    /// Of how many layers one sees everything: 2 where every second does.
    pub every: u32,
}

/// The feed-forward part of a dense layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mlp {
    /// Its inner width.
    pub hidden: u32,
    /// True for three matrices (SwiGLU, GeGLU), false for two (GELU, squared ReLU).
    pub gated: bool,
}

impl Mlp {
    /// Matrices of `hidden` by the model's width.
    pub const fn matrices(&self) -> u32 {
        if self.gated { 3 } else { 2 }
    }
}

/// A mixture of experts in place of the feed-forward part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Experts {
    /// Experts that tokens are routed to.
    pub count: u32,
    /// Experts that a token goes to.
    pub top_k: u32,
    /// Inner width of an expert.
    pub hidden: u32,
    /// Experts of the same width that every token goes to.
    pub shared: u32,
    /// Layers before the first with experts, which are dense.
    pub dense_layers: u32,
}

/// A decoder-only transformer.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Its name in the library or its file.
    pub name: String,
    /// A line for headings.
    pub title: String,
    /// Where its figures are from.
    pub sources: Vec<String>,
    /// Layers, without modules for the prediction of further tokens.
    pub layers: u32,
    /// Width of the hidden state.
    pub hidden: u32,
    /// How layers attend.
    pub attention: Attention,
    /// Layers that see a window only.
    pub window: Option<Window>,
    /// The feed-forward part of dense layers.
    pub mlp: Mlp,
    /// The experts of layers that have them.
    pub experts: Option<Experts>,
    /// Size of the vocabulary as trained, padding included.
    pub vocabulary: u32,
    /// Whether the head's matrix is the embedding's.
    pub tied: bool,
    /// Modules that predict further tokens, each a layer and a projection (DeepSeek-V3's MTP).
    pub extra_tokens: u32,
}

/// A kind of layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LayerKind {
    /// With one feed-forward part for all tokens.
    Dense,
    /// With experts.
    Sparse,
}

impl Model {
    /// Layers with experts.
    pub fn sparse_layers(&self) -> u32 {
        self.experts.map_or(0, |experts| self.layers.saturating_sub(experts.dense_layers))
    }

    /// What kind of layer the one at a place is, from 0.
    pub fn kind_of(&self, layer: u32) -> LayerKind {
        match self.experts {
            Some(experts) if layer >= experts.dense_layers => LayerKind::Sparse,
            _ => LayerKind::Dense,
        }
    }

    /// Layers that attend to everything, of all.
    pub fn full_attention_layers(&self) -> u32 {
        self.window.map_or(self.layers, |window| self.layers / window.every.max(1))
    }
}
