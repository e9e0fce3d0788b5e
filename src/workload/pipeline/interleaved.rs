//! One forward, one backward: `PipeDream`-flush, and interleaved as in Megatron-LM.
//!
//! Sources: Narayanan et al., "Efficient Large-Scale Language Model Training on GPU Clusters Using Megatron-LM" (SC'21),
//! section 2.2; Megatron-LM, `schedules.py`, for the counts of the start and for groups of micro-batches.
//!
//! Micro-batches go in groups: all of a group through chunk 0, then through chunk 1, and so on. Where the number of
//! micro-batches is a multiple of the ranks, groups are as large as the ranks are many. A group smaller than that
//! stalls the pipeline, and with more chunks locks it, so Megatron-LM wants groups, the last one too, of at least as many
//! micro-batches as ranks. Here, `m` micro-batches make `m / p` groups, rounded down and at least 1, whose sizes differ
//! by at most 1, the larger ones first. The price is memory, the gain that the bubble is what it is for a multiple.

use super::order::Op;

/// The sizes of groups: how many there are, and the first of how many is larger by 1, and the smaller size.
fn groups(ranks: u32, micro_batches: u32) -> (u32, u32, u32) {
    let count = (micro_batches / ranks.max(1)).max(1);
    (count, micro_batches % count, micro_batches / count)
}

/// The size of the largest group.
pub(super) fn largest_group(ranks: u32, micro_batches: u32) -> u32 {
    let (_, larger, size) = groups(ranks, micro_batches);
    size + u32::from(larger > 0)
}

/// How many forward passes a rank does before its first pair of a forward and a backward pass.
///
/// Without interleaving those that reach the last rank before the first backward pass is back. With it, one group
/// through all chunks but the last, and twice the distance to the last rank, because a chunk's backward passes start only
/// when those of the chunk after it have come round.
fn ahead(ranks: u32, chunks: u32, micro_batches: u32, rank: u32) -> u64 {
    let distance = u64::from(ranks.saturating_sub(1).saturating_sub(rank));
    let all = u64::from(micro_batches) * u64::from(chunks);
    let ahead = if chunks <= 1 {
        distance
    } else {
        let group = ranks.max(largest_group(ranks, micro_batches));
        2 * distance + u64::from(chunks - 1) * u64::from(group)
    };
    ahead.min(all)
}

/// Chunk-micro-batches whose activations a rank keeps at most: those ahead and one more.
pub(super) fn in_flight(ranks: u32, chunks: u32, micro_batches: u32, rank: u32) -> u64 {
    let all = u64::from(micro_batches) * u64::from(chunks);
    (ahead(ranks, chunks, micro_batches, rank) + 1).min(all)
}

/// All forward passes of a rank in order, or, with chunks from the last to the first, all backward passes.
fn turns(ranks: u32, chunks: u32, micro_batches: u32, back: bool) -> impl Iterator<Item = (u32, u32)> {
    let (count, larger, size) = groups(ranks, micro_batches);
    (0..count).flat_map(move |group| {
        let first = group * size + group.min(larger);
        let end = first + size + u32::from(group < larger);
        (0..chunks).flat_map(move |chunk| {
            let chunk = if back { chunks - 1 - chunk } else { chunk };
            (first..end).map(move |micro| (micro, chunk))
        })
    })
}

/// The passes of a rank.
pub(super) fn passes(ranks: u32, chunks: u32, micro_batches: u32, rank: u32) -> Vec<Op> {
    let mut forward =
        turns(ranks, chunks, micro_batches, false).map(|(micro, chunk)| Op::forward(micro, chunk));
    let backward = turns(ranks, chunks, micro_batches, true).map(|(micro, chunk)| Op::backward(micro, chunk));
    let mut passes = Vec::with_capacity(2 * micro_batches as usize * chunks as usize);
    for _ in 0..ahead(ranks, chunks, micro_batches, rank) {
        passes.extend(forward.next());
    }
    for backward in backward {
        passes.extend(forward.next());
        passes.push(backward);
    }
    passes
}
