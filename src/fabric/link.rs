//! Directed links.

use crate::ids::{ClassId, LinkId, NodeId};
use crate::units::{Bandwidth, Length, Time};

/// One direction of a cable, or of a bundle of parallel cables with the same ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Where it starts.
    pub from: NodeId,
    /// Where it ends.
    pub to: NodeId,
    /// Its class.
    pub class: ClassId,
    /// Raw rate of one lane, this direction.
    pub bandwidth: Bandwidth,
    /// How many parallel lanes (cables) it bundles, at least 1.
    pub lanes: u32,
    /// Latency of the hop: switch and cable.
    pub latency: Time,
    /// Payload bytes per byte on the wire, in (0, 1].
    pub efficiency: f64,
    /// Length of the cable, if known.
    pub length: Option<Length>,
    /// The other direction.
    pub reverse: LinkId,
}
