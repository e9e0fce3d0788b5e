//! What a transfer carries, by rule, in atoms of the schedule's data.
//!
//! The data of a collective is a row of atoms: the buffer (all-reduce, broadcast, reduce), the whole
//! output or input (all-gather, reduce-scatter), the shards `(source, destination)` in order of
//! `source * ranks + destination` (all-to-all), or the buffers of all ranks one after another
//! (send-recv). Atoms are of equal size, give or take a byte: see [`super::Schedule::range_bytes`].

use std::sync::Arc;

use super::Lane;

/// Atoms `start .. start + len`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AtomRange {
    /// The first atom.
    pub start: u64,
    /// How many.
    pub len: u64,
}

/// Where the blocks of a lane begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// At the same atom for all lanes.
    At(u64),
    /// At an atom of the lane's ring: `starts[ring]`.
    PerRing(Arc<[u64]>),
}

/// Which atoms lane and step carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// A cyclic row of `blocks` blocks of `width` atoms begins at `base`; step `k` of the lane at place
    /// `p` carries `len` blocks from block `start + per_position * p + per_step * k` (modulo `blocks`).
    Cyclic {
        /// Where the row begins.
        base: Base,
        /// Blocks in the row.
        blocks: u32,
        /// Atoms in a block.
        width: u64,
        /// Block of place 0 at step 0.
        start: i64,
        /// Blocks further on per place.
        per_position: i64,
        /// Blocks further on per step.
        per_step: i64,
        /// Blocks carried at once.
        len: u32,
    },
    /// As [`Self::Cyclic`] with one block at a time, where blocks are sets of atoms that lie apart: step `k`
    /// of the lane at place `p` carries block `b = start + p - k` (modulo `blocks`) of its ring's row `w`,
    /// which is `ranges[starts[w * blocks + b] .. starts[w * blocks + b + 1]]`.
    Blocks {
        /// The row of each ring; rings may share one.
        rows: Arc<[u32]>,
        /// Where the ranges of each block begin, one entry more than blocks in all rows.
        starts: Arc<[u32]>,
        /// All ranges.
        ranges: Arc<[AtomRange]>,
        /// Blocks in a row.
        blocks: u32,
        /// Block of place 0 at step 0.
        start: i64,
    },
    /// Step `k` carries `width` atoms from `base + k * width`: the segments of a pipeline.
    Segments {
        /// The first atom of step 0.
        base: u64,
        /// Atoms a step.
        width: u64,
    },
    /// Lane `i` carries `ranges[i]` at every step.
    Table(Arc<[AtomRange]>),
    /// Lane `i` carries `ranges[starts[i] .. starts[i + 1]]` at every step.
    Lists {
        /// Where each lane's ranges begin, one entry more than lanes.
        starts: Arc<[u32]>,
        /// All ranges.
        ranges: Arc<[AtomRange]>,
    },
    /// Lane `i` at step `k` carries `ranges[starts[i] .. starts[i + 1]]`, each moved on by `k * stride` atoms: the
    /// segments of a pipeline whose lanes carry different parts of each.
    Strided {
        /// Where each lane's ranges begin, one entry more than lanes.
        starts: Arc<[u32]>,
        /// All ranges, as they are at step 0.
        ranges: Arc<[AtomRange]>,
        /// Atoms further on per step.
        stride: u64,
    },
    /// Every lane carries `2^bit` blocks of `width` atoms at every step: those blocks with the numbers of the
    /// places that differ from the sender's in the lowest `bit` bits only, or, where `partner` is set, from
    /// the place whose bit `bit` differs from the sender's.
    Aligned {
        /// Which bit of the place.
        bit: u32,
        /// Whether the blocks are those of the partner's side.
        partner: bool,
        /// Atoms in a block.
        width: u64,
    },
    /// The sender's shard of an all-gather or send-recv, `width` atoms a shard.
    SenderShard {
        /// Atoms in a shard.
        width: u64,
    },
    /// The receiver's shard of a reduce-scatter, `width` atoms a shard.
    ReceiverShard {
        /// Atoms in a shard.
        width: u64,
    },
    /// The lane's own shard `(src, dst)` of an all-to-all among `ranks` ranks, `width` atoms a shard.
    Shard {
        /// Ranks in the collective.
        ranks: u32,
        /// Atoms in a shard.
        width: u64,
    },
    /// The lane's part of an all-to-all among `ranks` ranks, `width` atoms a shard, that goes by way of groups:
    /// `members` is cut into groups of `group` ranks. Where `of_sources` is not set, what the sender has for
    /// every member of the receiver's group; else what every member of the sender's group has for the receiver.
    GroupShards {
        /// Ranks in the collective.
        ranks: u32,
        /// Atoms in a shard.
        width: u64,
        /// All ranks, group by group.
        members: Arc<[u32]>,
        /// Ranks in a group.
        group: u32,
        /// The group of every rank.
        group_of: Arc<[u32]>,
        /// Whether the group is the sender's.
        of_sources: bool,
    },
    /// Round `bit` of Bruck's all-to-all among `ranks` ranks: rank `r` passes on, for every offset
    /// `o < ranks` with that bit set, the shard from `r - (o mod 2^bit)` to that source plus `o`.
    BruckShards {
        /// Ranks in the collective.
        ranks: u32,
        /// Which bit of the offset.
        bit: u32,
        /// Atoms in a shard.
        width: u64,
    },
}

impl Payload {
    /// Calls `each` with every range that `lane` (number `index` of its phase) carries at `step`.
    pub fn for_each(&self, index: usize, lane: &Lane, step: u32, mut each: impl FnMut(AtomRange)) {
        match self {
            Self::Cyclic { base, blocks, width, start, per_position, per_step, len } => {
                let base = match base {
                    Base::At(atom) => *atom,
                    Base::PerRing(starts) => starts[lane.ring as usize],
                };
                let blocks_i = i64::from(*blocks);
                let moved = per_position * i64::from(lane.position) + per_step * i64::from(step);
                let first = u64::from((start + moved).rem_euclid(blocks_i).unsigned_abs() as u32);
                let (len, blocks) = (u64::from(*len), u64::from(*blocks));
                let straight = len.min(blocks - first);
                each(AtomRange { start: base + first * width, len: straight * width });
                if straight < len {
                    each(AtomRange { start: base, len: (len - straight) * width });
                }
            }
            Self::Blocks { rows, starts, ranges, blocks, start } => {
                let moved = start + i64::from(lane.position) - i64::from(step);
                let block = moved.rem_euclid(i64::from(*blocks)).unsigned_abs() as usize;
                let entry = rows[lane.ring as usize] as usize * *blocks as usize + block;
                for range in &ranges[starts[entry] as usize..starts[entry + 1] as usize] {
                    each(*range);
                }
            }
            Self::Segments { base, width } => {
                each(AtomRange { start: base + u64::from(step) * width, len: *width });
            }
            Self::Table(ranges) => each(ranges[index]),
            Self::Lists { starts, ranges } => {
                for range in &ranges[starts[index] as usize..starts[index + 1] as usize] {
                    each(*range);
                }
            }
            Self::Strided { starts, ranges, stride } => {
                for range in &ranges[starts[index] as usize..starts[index + 1] as usize] {
                    each(AtomRange { start: range.start + u64::from(step) * stride, len: range.len });
                }
            }
            Self::Aligned { bit, partner, width } => {
                let place = u64::from(lane.position) ^ (u64::from(*partner) << bit);
                each(AtomRange { start: (place >> bit << bit) * width, len: width << bit });
            }
            Self::SenderShard { width } => {
                each(AtomRange { start: u64::from(lane.src.0) * width, len: *width });
            }
            Self::ReceiverShard { width } => {
                each(AtomRange { start: u64::from(lane.dst.0) * width, len: *width });
            }
            Self::Shard { ranks, width } => {
                let shard = u64::from(lane.src.0) * u64::from(*ranks) + u64::from(lane.dst.0);
                each(AtomRange { start: shard * width, len: *width });
            }
            Self::GroupShards { ranks, width, members, group, group_of, of_sources } => {
                let end = if *of_sources { lane.src } else { lane.dst };
                let first = group_of[end.index()] as usize * *group as usize;
                for member in &members[first..first + *group as usize] {
                    let (source, destination) =
                        if *of_sources { (*member, lane.dst.0) } else { (lane.src.0, *member) };
                    let shard = u64::from(source) * u64::from(*ranks) + u64::from(destination);
                    each(AtomRange { start: shard * width, len: *width });
                }
            }
            Self::BruckShards { ranks, bit, width } => {
                let n = u64::from(*ranks);
                for offset in (0..n).filter(|offset| offset >> bit & 1 == 1) {
                    let source = (u64::from(lane.src.0) + n - (offset & ((1 << bit) - 1))) % n;
                    let destination = (source + offset) % n;
                    each(AtomRange { start: (source * n + destination) * width, len: *width });
                }
            }
        }
    }

    /// How many atoms lane `index` carries at every step, where it is told without looking at all steps.
    pub fn atoms(&self, index: usize) -> Option<u64> {
        Some(match self {
            Self::Cyclic { width, len, .. } => width * u64::from(*len),
            Self::Blocks { .. } => return None,
            Self::Segments { width, .. }
            | Self::Shard { width, .. }
            | Self::SenderShard { width }
            | Self::ReceiverShard { width } => *width,
            Self::Table(ranges) => ranges[index].len,
            Self::Lists { starts, ranges } | Self::Strided { starts, ranges, .. } => {
                let own = &ranges[starts[index] as usize..starts[index + 1] as usize];
                own.iter().map(|range| range.len).sum()
            }
            Self::Aligned { bit, width, .. } => width << bit,
            Self::GroupShards { width, group, .. } => width * u64::from(*group),
            Self::BruckShards { ranks, bit, width } => offsets_with_bit(*ranks, *bit) * width,
        })
    }
}

/// How many numbers less than `ranks` have `bit` set.
fn offsets_with_bit(ranks: u32, bit: u32) -> u64 {
    let (n, half) = (u64::from(ranks), 1u64 << bit);
    n / (2 * half) * half + (n % (2 * half)).saturating_sub(half)
}
