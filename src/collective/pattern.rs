//! Who sends to whom in a phase, by rule.

use std::sync::Arc;

use crate::ids::Rank;

/// One connection of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane {
    /// The sender.
    pub src: Rank,
    /// The receiver.
    pub dst: Rank,
    /// Place of the sender in its ring or group, from 0.
    pub position: u32,
    /// Which ring or group, from 0.
    pub ring: u32,
    /// Rounds by which this lane starts later than its phase, in lockstep.
    pub stagger: u32,
}

/// The connections of a phase, numbered from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// `order` is cut into rings of `ring` ranks; lane `i` goes from the rank at place `i` to the one
    /// `shift` places further on in the same ring. Empty where `shift` is a multiple of `ring`.
    Shift {
        /// All ranks of all rings, ring by ring.
        order: Arc<[u32]>,
        /// Ranks in a ring; divides the length of `order`.
        ring: u32,
        /// Places further on.
        shift: u32,
    },
    /// `order` is cut into groups of `group` ranks; lane `i` goes from place `i` to place `i ^ mask` of
    /// the same group; `group` is a power of two over `mask`.
    Xor {
        /// All ranks of all groups, group by group.
        order: Arc<[u32]>,
        /// Ranks in a group, a power of two; divides the length of `order`.
        group: u32,
        /// Which bits of the place differ.
        mask: u32,
    },
    /// Everybody to everybody else of their group: `order` is cut into groups of `n = group` ranks; lane
    /// `i` goes from place `i / (n - 1)` to the place `1 + i % (n - 1)` further on, round its group. One
    /// phase of it is what `n - 1` shifts are together, so that one wait can name them all.
    Complete {
        /// All ranks of all groups, group by group.
        order: Arc<[u32]>,
        /// Ranks in a group; divides the length of `order`.
        group: u32,
    },
    /// Listed one by one: `(src, dst, stagger)`.
    Pairs(Arc<[(u32, u32, u32)]>),
}

impl Pattern {
    /// How many lanes there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Shift { order, ring, shift } => {
                if *ring == 0 || shift.is_multiple_of(*ring) {
                    0
                } else {
                    order.len()
                }
            }
            Self::Xor { order, mask, .. } => {
                if *mask == 0 {
                    0
                } else {
                    order.len()
                }
            }
            Self::Complete { order, group } => order.len() * group.saturating_sub(1) as usize,
            Self::Pairs(pairs) => pairs.len(),
        }
    }

    /// True where nobody sends.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A lane.
    ///
    /// # Panics
    /// Where `index` is not less than [`Self::len`].
    #[expect(clippy::cast_possible_truncation, reason = "there are fewer than 2^32 ranks")]
    pub fn lane(&self, index: usize) -> Lane {
        match self {
            Self::Shift { order, ring, shift } => {
                let (group, position) = (index as u32 / ring, index as u32 % ring);
                let peer =
                    group * ring + ((u64::from(position) + u64::from(*shift)) % u64::from(*ring)) as u32;
                let (src, dst) = (Rank(order[index]), Rank(order[peer as usize]));
                Lane { src, dst, position, ring: group, stagger: 0 }
            }
            Self::Xor { order, group, mask } => {
                let (ring, position) = (index as u32 / group, index as u32 % group);
                let peer = ring * group + (position ^ mask);
                Lane { src: Rank(order[index]), dst: Rank(order[peer as usize]), position, ring, stagger: 0 }
            }
            Self::Complete { order, group } => {
                let others = *group as usize - 1;
                let (place, further) = (index / others, 1 + (index % others) as u64);
                let (ring, position) = (place as u32 / group, place as u32 % group);
                let peer = ring * group + ((u64::from(position) + further) % u64::from(*group)) as u32;
                let (src, dst) = (Rank(order[place]), Rank(order[peer as usize]));
                Lane { src, dst, position, ring, stagger: 0 }
            }
            Self::Pairs(pairs) => {
                let (src, dst, stagger) = pairs[index];
                Lane { src: Rank(src), dst: Rank(dst), position: index as u32, ring: 0, stagger }
            }
        }
    }

    /// The ranks by place and how many are in a ring or group, where the pattern has places.
    pub const fn groups(&self) -> Option<(&Arc<[u32]>, u32)> {
        match self {
            Self::Shift { order, ring: size, .. }
            | Self::Xor { order, group: size, .. }
            | Self::Complete { order, group: size } => Some((order, *size)),
            Self::Pairs(_) => None,
        }
    }

    /// All lanes in order.
    pub fn lanes(&self) -> impl Iterator<Item = Lane> + '_ {
        (0..self.len()).map(|index| self.lane(index))
    }
}
