//! Servers: accelerators that share a scale-up domain.

use super::{Price, Provenance};
use crate::units::{Bandwidth, Mass, Power};

/// A server, or a whole rack of trays, that is one scale-up domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name in files: `hgx-h100`.
    pub name: String,
    /// Its name in full.
    pub title: String,
    /// Name of the accelerator's profile.
    pub accelerator: String,
    /// Accelerators, all in one scale-up domain.
    pub accelerators: u32,
    /// Network adapters.
    pub nics: u32,
    /// Rate of an adapter.
    pub nic_rate: Bandwidth,
    /// Whether its price and power include the adapters.
    pub with_nics: bool,
    /// Rate of an accelerator in its domain, each direction.
    pub scaleup: Bandwidth,
    /// Whether the domain's switches copy and add.
    pub in_network: bool,
    /// Rate of PCIe between accelerator and adapter.
    pub pcie: Bandwidth,
    /// Height units; a system that is a whole rack has those of a rack.
    pub height: u32,
    /// The most power, which racks must provide.
    pub max_power: Power,
    /// Power while it trains.
    pub power: Power,
    /// Mass.
    pub mass: Mass,
    /// Whether it needs liquid.
    pub liquid: bool,
    /// Price.
    pub price: Price,
    /// Where this is from.
    pub provenance: Provenance,
}
