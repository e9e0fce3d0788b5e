//! ZB-H1: 1F1B whose gradients of weights are put off into what was the bubble at the end.
//!
//! Source: Qi et al., "Zero Bubble Pipeline Parallelism" (ICLR 2024), section 2.1: the handcrafted schedule H1, in the
//! published construction. Forward and backward passes are as in 1F1B. Rank `r` starts its passes for weights when it has
//! done `r` more backward passes, so that each rank keeps the activations of as many micro-batches as the first does.

use super::order::Op;

/// The passes of a rank.
pub(super) fn passes(ranks: u32, micro_batches: u32, rank: u32) -> Vec<Op> {
    let ahead = ranks.saturating_sub(1).saturating_sub(rank).min(micro_batches);
    let mut passes = Vec::with_capacity(3 * micro_batches as usize);
    passes.extend((0..ahead).map(|micro| Op::forward(micro, 0)));
    for micro in 0..micro_batches {
        if micro < micro_batches - ahead {
            passes.push(Op::forward(micro + ahead, 0));
        }
        passes.push(Op::backward(micro, 0));
        passes.extend(micro.checked_sub(rank).map(|late| Op::weights(late, 0)));
    }
    passes.extend((micro_batches.saturating_sub(rank)..micro_batches).map(|micro| Op::weights(micro, 0)));
    passes
}
