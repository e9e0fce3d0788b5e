//! Network adapters.

use super::{Price, Provenance, Technology};
use crate::units::{Bandwidth, Power};

/// A network adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nic {
    /// Its name in files: `connectx-7`.
    pub name: String,
    /// Its name in full.
    pub title: String,
    /// What it speaks.
    pub technologies: Vec<Technology>,
    /// Its rate in all, each direction.
    pub rate: Bandwidth,
    /// Into how many ports its rate can be split, each to another plane.
    pub planes: u32,
    /// Power while it works, without transceivers.
    pub power: Power,
    /// Price.
    pub price: Price,
    /// Where this is from.
    pub provenance: Provenance,
}
