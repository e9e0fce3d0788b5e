//! How many bytes must cross a cut, operation by operation.
//!
//! `M` is the size as [`Op`] counts it, `N` the number of ranks. Shards divide `M` to within a byte, so a set of
//! `k` of the `N` shards is counted at its least possible size.

use crate::collective::Op;
use crate::units::Bytes;

/// The least size of any `count` of the `ranks` shards of `bytes`: shards are `M / N` rounded down or up.
pub(super) fn shards(count: u32, ranks: u32, bytes: Bytes) -> u64 {
    let (m, n, k) = (bytes.get(), u64::from(ranks), u64::from(count));
    (k * (m / n)).max(m.saturating_sub((n - k).saturating_mul(m.div_ceil(n))))
}

/// What a group of ranks is to the operation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    /// Ranks in the group, and in all.
    pub(super) inside: u32,
    pub(super) ranks: u32,
    /// Whether the root is inside; of no meaning to operations without one.
    pub(super) root: bool,
    /// Send-recv: neighbours `r`, `r + 1` of which the first is inside and the second outside, and the other
    /// way about.
    pub(super) leaving: u32,
    pub(super) entering: u32,
}

/// What must leave a group, all told; `None` where nothing has to.
///
/// Nothing is less than no bytes: even an operation of no bytes sends its (empty) messages.
pub(super) fn leaving(op: Op, bytes: Bytes, share: Share) -> Option<f64> {
    let (inside, outside) = (share.inside, share.ranks - share.inside);
    let shards = |count| Bytes(shards(count, share.ranks, bytes)).as_f64();
    match op {
        // Every byte of the result outside depends on the inside; partial sums can combine inside first.
        Op::AllReduce => Some(bytes.as_f64()),
        // Every rank outside must come to know every shard inside.
        Op::AllGather => Some(shards(inside)),
        // Every shard outside depends on the inside.
        Op::ReduceScatter => Some(shards(outside)),
        Op::AllToAll | Op::AllToAllV => Some(f64::from(inside) * shards(outside)),
        Op::Broadcast => share.root.then_some(bytes.as_f64()),
        Op::Reduce => (!share.root).then_some(bytes.as_f64()),
        Op::SendRecv => (share.leaving > 0).then_some(f64::from(share.leaving) * bytes.as_f64()),
    }
}

/// What every rank outside must learn from the group, each for itself; `None` where not every one must.
pub(super) fn learned(op: Op, bytes: Bytes, share: Share) -> Option<f64> {
    let shard = Bytes(bytes.get() / u64::from(share.ranks)).as_f64();
    match op {
        Op::AllReduce | Op::AllGather | Op::Broadcast => leaving(op, bytes, share),
        Op::ReduceScatter => Some(shard),
        Op::AllToAll | Op::AllToAllV => Some(f64::from(share.inside) * shard),
        Op::Reduce | Op::SendRecv => None,
    }
}

/// What must enter a group; `None` where nothing has to.
pub(super) fn entering(op: Op, bytes: Bytes, share: Share) -> Option<f64> {
    let (inside, outside) = (share.inside, share.ranks - share.inside);
    let shards = |count| Bytes(shards(count, share.ranks, bytes)).as_f64();
    match op {
        Op::AllReduce => Some(bytes.as_f64()),
        Op::AllGather => Some(shards(outside)),
        Op::ReduceScatter => Some(shards(inside)),
        Op::AllToAll | Op::AllToAllV => Some(f64::from(outside) * shards(inside)),
        Op::Broadcast => (!share.root).then_some(bytes.as_f64()),
        Op::Reduce => share.root.then_some(bytes.as_f64()),
        Op::SendRecv => (share.entering > 0).then_some(f64::from(share.entering) * bytes.as_f64()),
    }
}

/// How often every byte must go from one group to another, all groups together, and whether the capacity into
/// the groups limits that as well as the capacity out of them.
///
/// All-reduce: with one-way messages at least `2 (G - 1)` are needed before each of `G` groups knows of all the
/// others (Harary and Schwenk, "The communication problem on graphs and digraphs", 1974). Broadcast and reduce:
/// every group but one must be reached, or must send. For the other operations the largest cut is never below
/// the sum over all.
pub(super) fn messages(op: Op, groups: usize) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^32 groups")]
    let others = groups as f64 - 1.0;
    match op {
        Op::AllReduce => Some(2.0 * others),
        Op::Broadcast | Op::Reduce => Some(others),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_counted_at_their_least() {
        for ranks in 1..12_u32 {
            for bytes in 0..40_u64 {
                let before = |r: u32| u64::from(r) * bytes / u64::from(ranks);
                let mut sizes: Vec<u64> = (0..ranks).map(|r| before(r + 1) - before(r)).collect();
                sizes.sort_unstable();
                for count in 0..=ranks {
                    let least: u64 = sizes[..count as usize].iter().sum();
                    assert_eq!(
                        shards(count, ranks, Bytes(bytes)),
                        least,
                        "{count} of {ranks}, {bytes} bytes"
                    );
                }
            }
        }
    }
}
