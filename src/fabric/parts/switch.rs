//! Network switches.

use super::{Price, Provenance, Technology};
use crate::units::{Bandwidth, Mass, Power, Time};

/// A network switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// Its name in files: `qm9790`.
    pub name: String,
    /// Its name in full.
    pub title: String,
    /// What it speaks.
    pub technology: Technology,
    /// Ports at `rate`.
    pub ports: u32,
    /// Rate of a port, each direction.
    pub rate: Bandwidth,
    /// Into how many ports of an equal part of the rate each port can be split; 1 where not.
    pub split: u32,
    /// Height units.
    pub height: u32,
    /// Power while it works, without transceivers.
    pub power: Power,
    /// The most that it can take with transceivers, which racks must provide.
    pub max_power: Power,
    /// Mass.
    pub mass: Mass,
    /// Latency of a hop, with its cable's ends: what a link to it takes, in the model of link classes.
    pub latency: Time,
    /// Price.
    pub price: Price,
    /// Where this is from.
    pub provenance: Provenance,
}
