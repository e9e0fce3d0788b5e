//! What joins the servers of a network: a tree of switches, or a fabric of a template that is no tree.

use std::collections::BTreeMap;

use super::Wiring;
use crate::fabric::template::Value;

/// The template of dragonflies.
pub const DRAGONFLY: &str = "server-dragonfly";
/// The template of tori.
pub const TORUS: &str = "server-torus";

/// What joins servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// A tree of switches, as the rest of a wiring says.
    Tree,
    /// Groups of switches.
    Dragonfly(Dragonfly),
    /// Cables from server to server: the sides, the last of which runs fastest; those of 1 are not there.
    Torus([u32; 3]),
}

/// Groups of switches, each joined to all of its group, and groups joined to one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dragonfly {
    /// Groups.
    pub groups: u32,
    /// Switches of a group.
    pub switches: u32,
    /// Ports of a switch to adapters.
    pub down: u32,
    /// Cables between two switches of a group.
    pub local_lanes: u32,
    /// Ports of a switch to other groups.
    pub global: u32,
}

impl Dragonfly {
    /// Ports of a switch in use.
    pub const fn ports(&self) -> u32 {
        self.down + (self.switches - 1) * self.local_lanes + self.global
    }
}

impl Shape {
    /// The template whose fabric it is; `None` of trees, which several have.
    pub const fn template(&self) -> Option<&'static str> {
        match self {
            Self::Tree => None,
            Self::Dragonfly(_) => Some(DRAGONFLY),
            Self::Torus(_) => Some(TORUS),
        }
    }

    /// Whether a rank may send over all adapters of its server: other accelerators pass on what goes another way.
    pub const fn over_all_adapters(&self) -> bool {
        matches!(self, Self::Torus(_))
    }

    /// The names that the two ends of a cable begin with that may fail: of the first to lead from what stands at the
    /// beginning to what is next to it, as far as it may be.
    pub(super) const fn cable(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Tree => None,
            Self::Dragonfly(Dragonfly { groups: 1, .. }) => Some(("group0/switch0", "group0/switch1")),
            Self::Dragonfly(_) => Some(("group0/", "group1/")),
            Self::Torus(_) => Some(("host0/", "host1/")),
        }
    }

    /// Whether a network has that cable, and another way where it fails.
    pub(super) const fn stays_whole(&self) -> bool {
        match self {
            Self::Tree => false,
            Self::Dragonfly(Dragonfly { groups: 1, switches, local_lanes, .. }) => {
                *switches > 2 || (*switches == 2 && *local_lanes > 1)
            }
            Self::Dragonfly(own) => own.groups > 2 || own.switches * own.global > 1,
            // A ring that is cut is a line, and two servers have a cable for either way round.
            Self::Torus(_) => true,
        }
    }
}

impl Wiring {
    /// The parameters of the template of its shape, which a topology file has too; none of trees. Ports of switches are
    /// those in use.
    pub fn params(&self) -> BTreeMap<&'static str, Value> {
        let mut found = BTreeMap::new();
        match self.shape {
            Shape::Tree => return found,
            Shape::Dragonfly(own) => {
                let counts = [
                    ("servers", self.servers),
                    ("groups", own.groups),
                    ("radix", own.ports().max(2)),
                    ("switch_down", own.down),
                    ("group_switches", own.switches),
                    ("local_lanes", own.local_lanes),
                    ("switch_global", own.global),
                ];
                found.extend(counts.map(|(name, count)| (name, Value::Count(count))));
                found.insert("uplink_bandwidth", Value::Bandwidth(self.port_rate));
                found.insert("local_length", Value::Length(self.lengths[1]));
                found.insert("global_length", Value::Length(self.lengths[2]));
            }
            Shape::Torus(sides) => {
                found.insert("sides", Value::Sides(sides.into_iter().filter(|side| *side > 1).collect()));
            }
        }
        let server = self.server;
        found.insert("gpus_per_server", Value::Count(server.gpus));
        found.insert("nics_per_server", Value::Count(server.nics));
        found.insert("class", Value::Word(self.technology.name().into()));
        found.insert("bandwidth", Value::Bandwidth(self.nic_rate));
        found.insert("host_length", Value::Length(self.lengths[0]));
        found.insert("nvlink_bandwidth", Value::Bandwidth(server.scaleup));
        found.insert("nvswitch_in_network", Value::Flag(server.in_network));
        found.insert("pcie_bandwidth", Value::Bandwidth(server.pcie));
        found
    }
}
