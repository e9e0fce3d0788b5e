//! Why a fabric cannot be drawn up.

use thiserror::Error;

use crate::planner::floor::Misfit;
use crate::units::Bandwidth;

/// Why a fabric cannot be drawn up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DrawError {
    /// A limit of racks, cables or the room.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// A node with cables that is part of no device.
    #[error("`{node}` is a {kind} of no server, so it is nothing that could be bought")]
    Homeless {
        /// The node.
        node: String,
        /// What it is.
        kind: &'static str,
    },
    /// No part is given for what the fabric has.
    #[error("`{name}` needs a part for its {kind}, and none is given")]
    NoPart {
        /// The first that lacks it.
        name: String,
        /// The kind.
        kind: &'static str,
    },
    /// Switches of no tier beside leaves, spines and cores.
    #[error("the fabric has leaves, spines, cores and switches of no tier, which have no racks of their own")]
    Tiers,
    /// More cables than are drawn up.
    #[error("the fabric has {cables} cables, and at most {most} are drawn up")]
    TooMany {
        /// Its cables, single ones.
        cables: u64,
        /// How many may be.
        most: u64,
    },
    /// More cables than ports.
    #[error("`{name}` has more cables than the {ports} ports of a `{part}`")]
    Ports {
        /// The switch.
        name: String,
        /// Its ports.
        ports: u32,
        /// Its part.
        part: String,
    },
    /// A cable that is faster than the port.
    #[error("`{name}` has a cable of {rate}, and a port of a `{part}` has {port}")]
    Rate {
        /// The switch.
        name: String,
        /// Its part.
        part: String,
        /// Rate of the cable.
        rate: Bandwidth,
        /// Rate of the port.
        port: Bandwidth,
    },
    /// No cable of that rate.
    #[error("no cable that may be taken carries {technology} at {rate}")]
    NoMedium {
        /// What it is to carry.
        technology: &'static str,
        /// At which rate.
        rate: Bandwidth,
    },
    /// Two devices at one place.
    #[error("`{a}` and `{b}` stand in the same height units of row {row}, rack {rack}")]
    Overlap {
        /// The lower one.
        a: String,
        /// The upper one.
        b: String,
        /// The row, from 0.
        row: u32,
        /// The rack, from 0.
        rack: u32,
    },
}
