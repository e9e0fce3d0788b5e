//! How many parameters a model has. Sources: Narayanan et al. 2021 (arXiv:2104.04473) for dense layers, the reports of
//! DeepSeek-V2 and -V3 for latent attention.

use super::{Attention, LayerKind, Model};

impl Model {
    /// Parameters of a layer's attention, without norms.
    pub fn attention_params(&self) -> u64 {
        let h = u64::from(self.hidden);
        match self.attention {
            Attention::Grouped { heads, kv_heads, head_dim } => {
                let (queries, keys) =
                    (u64::from(heads) * u64::from(head_dim), u64::from(kv_heads) * u64::from(head_dim));
                2 * h * queries + 2 * h * keys
            }
            Attention::Latent { heads, q_rank, kv_rank, nope_dim, rope_dim, value_dim } => {
                let [a, rq, rkv, nope, rope, value] =
                    [heads, q_rank, kv_rank, nope_dim, rope_dim, value_dim].map(u64::from);
                let queries = if rq == 0 { h * a * (nope + rope) } else { h * rq + rq * a * (nope + rope) };
                queries + h * (rkv + rope) + rkv * a * (nope + value) + a * value * h
            }
        }
    }

    /// Parameters of one expert; 0 without experts.
    pub fn expert_params(&self) -> u64 {
        self.experts.map_or(0, |experts| 3 * u64::from(self.hidden) * u64::from(experts.hidden))
    }

    /// Parameters of a layer that are the same on all ranks of its expert-parallel group: attention, norms, the dense
    /// feed-forward part or the router and the shared experts.
    pub fn layer_params(&self, kind: LayerKind) -> u64 {
        let h = u64::from(self.hidden);
        let rest = match (kind, self.experts) {
            (LayerKind::Sparse, Some(experts)) => {
                h * u64::from(experts.count) + u64::from(experts.shared) * self.expert_params()
            }
            _ => u64::from(self.mlp.matrices()) * h * u64::from(self.mlp.hidden),
        };
        self.attention_params() + rest + 2 * h
    }

    /// Parameters of all routed experts of a layer.
    pub fn routed_params(&self, kind: LayerKind) -> u64 {
        match (kind, self.experts) {
            (LayerKind::Sparse, Some(experts)) => u64::from(experts.count) * self.expert_params(),
            _ => 0,
        }
    }

    /// Parameters of the embedding, which the head has once more unless tied.
    pub fn embedding_params(&self) -> u64 {
        u64::from(self.vocabulary) * u64::from(self.hidden)
    }

    /// Parameters of a module that predicts a further token: a projection of two states to one, and a layer.
    pub fn extra_token_params(&self) -> u64 {
        let h = u64::from(self.hidden);
        let kind = if self.experts.is_some() { LayerKind::Sparse } else { LayerKind::Dense };
        2 * h * h + self.layer_params(kind) + self.routed_params(kind)
    }

    /// All parameters, without modules for further tokens.
    pub fn params(&self) -> u64 {
        let of = |kind| self.layer_params(kind) + self.routed_params(kind);
        let sparse = u64::from(self.sparse_layers());
        let dense = u64::from(self.layers) - sparse;
        let ends = if self.tied { 1 } else { 2 };
        dense * of(LayerKind::Dense) + sparse * of(LayerKind::Sparse) + ends * self.embedding_params()
    }

    /// Parameters that a token meets.
    pub fn active_params(&self) -> u64 {
        let met = self.experts.map_or(0, |experts| u64::from(experts.top_k) * self.expert_params());
        let all: u64 = u64::from(self.sparse_layers()) * self.routed_params(LayerKind::Sparse);
        self.params() - all + u64::from(self.sparse_layers()) * met
    }
}
