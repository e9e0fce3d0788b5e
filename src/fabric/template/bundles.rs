//! Cables of families of servers without tiers of switches, without a fabric: what planners price.
//!
//! The families build from the same cables, so the two cannot differ.

use super::{Values, server_dragonfly, server_torus};

/// What a bundle of cables joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Join {
    /// A server and a switch.
    Host,
    /// Two servers.
    Servers,
    /// Two switches of a group.
    Local,
    /// Switches of two groups.
    Global,
}

/// Parallel cables between two devices: servers, or switches, each numbered as they are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundle {
    /// What it joins.
    pub join: Join,
    /// Either end; of a server and a switch the server first.
    pub ends: [u32; 2],
    /// The first adapter of the first end, where that is a server; those of its other cables follow.
    pub(super) first: u32,
    /// Cables.
    pub lanes: u32,
}

/// All cables of a fabric of `server-dragonfly` or `server-torus`, in the order in which it is built; none of other
/// families, and none where values have faults.
pub fn bundles(family: &str, values: &Values<'_>, tell: &mut dyn FnMut(Bundle)) {
    match family {
        "server-dragonfly" => server_dragonfly::bundles(values, tell),
        "server-torus" => server_torus::bundles(values, tell),
        _ => {}
    }
}
