//! All parts together.

use super::{Medium, Nic, Rack, Server, Switch};

/// What can be bought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalogue {
    /// Switches.
    pub switches: Vec<Switch>,
    /// Adapters.
    pub nics: Vec<Nic>,
    /// Cables.
    pub media: Vec<Medium>,
    /// Servers.
    pub servers: Vec<Server>,
    /// Racks.
    pub racks: Vec<Rack>,
}
