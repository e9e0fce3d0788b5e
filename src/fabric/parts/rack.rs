//! Racks.

use super::{Price, Provenance};
use crate::units::{Mass, Power};

/// A rack with its power distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rack {
    /// Its name in files: `rack-48u-40kw`.
    pub name: String,
    /// Its name in full.
    pub title: String,
    /// Height units.
    pub height: u32,
    /// Power that it can provide and that can be cooled away.
    pub power: Power,
    /// The most mass that it and the floor carry.
    pub mass: Mass,
    /// Whether it cools by liquid.
    pub liquid: bool,
    /// Price, with distribution of power and trays for cables.
    pub price: Price,
    /// Where this is from.
    pub provenance: Provenance,
}
