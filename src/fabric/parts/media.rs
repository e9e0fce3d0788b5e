//! Cables with what is at their ends.

use super::{Price, Provenance, Technology};
use crate::units::{Bandwidth, Length, Power};

/// Sorts of cables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediumKind {
    /// Passive copper.
    Copper,
    /// Copper with amplifiers or retimers in its ends.
    ActiveCopper,
    /// Multimode fibre between transceivers, or an active optical cable.
    Multimode,
    /// Single-mode fibre between transceivers.
    SingleMode,
}

impl MediumKind {
    /// All with their names in files, from the shortest reach to the longest.
    pub const ALL: [(&'static str, Self); 4] = [
        ("copper", Self::Copper),
        ("active-copper", Self::ActiveCopper),
        ("multimode", Self::Multimode),
        ("single-mode", Self::SingleMode),
    ];

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Copper => "copper",
            Self::ActiveCopper => "active-copper",
            Self::Multimode => "multimode",
            Self::SingleMode => "single-mode",
        }
    }
}

/// A sort of cable for one rate, with the transceivers that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Medium {
    /// Its name in files: `dac-400`.
    pub name: String,
    /// Its name in full.
    pub title: String,
    /// What it is.
    pub kind: MediumKind,
    /// What it may carry.
    pub technologies: Vec<Technology>,
    /// Rate of a cable, each direction.
    pub rate: Bandwidth,
    /// The longest cable.
    pub reach: Length,
    /// Price of a cable without its length and transceivers.
    pub cable: Price,
    /// Price of a metre.
    pub metre: Price,
    /// Name of the transceiver module; empty where the cable has its ends fixed.
    pub transceiver: String,
    /// Price of a transceiver module.
    pub transceiver_price: Price,
    /// Cables that share a module: 2 for twin-port modules. A device needs as many modules as its cables of a sort fill.
    pub cables_per_transceiver: u32,
    /// Power of an end of one cable: its part of the module, or of the cable's own end.
    pub end_power: Power,
    /// Where this is from.
    pub provenance: Provenance,
}
