//! A schedule folded by symmetry: few lanes that stand for all.
//!
//! Ranks fall into classes such that the lanes of one rank behave as those of any other rank of its class do. Of every
//! class one rank is kept, and of every phase the lanes that leave kept ranks (or fewer still). Links fall into
//! classes in the same way; the paths of a folded schedule are written over classes of links, see
//! [`crate::route::Routes`].

/// A lane that stands for several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoldedLane {
    /// Its phase.
    pub phase: u32,
    /// Its number in the phase.
    pub index: u32,
    /// For how many lanes it stands, itself included.
    pub count: u32,
}

/// Few lanes that stand for all lanes of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// The class of every rank, numbered from 0.
    pub rank_class: Vec<u32>,
    /// How many classes of ranks there are.
    pub classes: u32,
    /// The lanes that are kept: phases ascending, lanes of a phase ascending. Their counts sum to the number of lanes.
    pub lanes: Vec<FoldedLane>,
}
