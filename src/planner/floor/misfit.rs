//! Why equipment does not fit.

use thiserror::Error;

/// The limit that equipment breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
pub enum Misfit {
    /// The most power of a rack's parts.
    #[error("the parts of a rack take more power than it provides")]
    Power,
    /// The height units of a rack's parts.
    #[error("the parts of a rack are higher than it")]
    Height,
    /// The mass of a rack's parts.
    #[error("the parts of a rack weigh more than it carries")]
    Mass,
    /// Servers need liquid.
    #[error("the servers need liquid, and the rack has none")]
    Liquid,
    /// Racks of the room.
    #[error("the room has too few places for the racks")]
    Room,
    /// Reach of cables.
    #[error("no cable that may be taken is long enough")]
    Reach,
}
