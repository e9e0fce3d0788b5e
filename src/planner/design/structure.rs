//! A network of a design: its family and parameters, its parts and how many of each.

use crate::fabric::parts::{Catalogue, Server, Technology};
use crate::input::plan::Plan;
use crate::planner::score::Wiring;
use crate::units::Bandwidth;

/// A switch with its ports at the rate that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortMode {
    /// Index into the catalogue's switches.
    pub switch: usize,
    /// Ports at that rate, split or not.
    pub radix: u32,
}

/// Switches by tier: their sort, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Switches {
    /// The sort.
    pub mode: PortMode,
    /// How many in all.
    pub count: u32,
}

/// A network with its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Structure {
    /// Index into [`super::family::FAMILIES`].
    pub family: usize,
    /// Index of the server into the catalogue's.
    pub server: usize,
    /// Index of the adapter into the catalogue's, where servers come without.
    pub nic: Option<usize>,
    /// What its time depends on; lengths are told by how it is racked.
    pub wiring: Wiring,
    /// Leaves, or all switches of a dragonfly.
    pub leaf: Option<Switches>,
    /// Spines.
    pub spine: Option<Switches>,
    /// Cores.
    pub core: Option<Switches>,
    /// Leaves of a pod, of all planes.
    pub leaves_per_pod: u32,
    /// Ports of a leaf down in use.
    pub leaf_down: u32,
    /// Ports of a spine down and up, where there are cores.
    pub spine_ports: (u32, u32),
    /// Spines of a group.
    pub spines_per_group: u32,
    /// Cables from each leaf to each spine over it.
    pub spine_lanes: u32,
    /// Cables from each spine to each core over it.
    pub core_lanes: u32,
    /// Cores over a spine.
    pub cores_per_plane: u32,
    /// Cables of each tier, from hosts up; of a dragonfly those of adapters, within groups, and between groups; of a torus
    /// all between servers.
    pub cables: [u64; 3],
}

impl Structure {
    /// Rate down over rate up at the worst tier; `None` where there is nothing up.
    pub fn oversubscription(&self) -> Option<f64> {
        let wiring = &self.wiring;
        if wiring.tiers < 2 {
            return None;
        }
        let leaf = f64::from(self.leaf_down) / f64::from(wiring.leaf_up);
        let group = if wiring.tiers < 3 {
            1.0
        } else {
            f64::from(wiring.group_leaves() * wiring.leaf_up) / f64::from(wiring.group_up)
        };
        Some(leaf.max(1.0) * group.max(1.0))
    }
}

/// What networks are made for.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Index of the server.
    pub server: usize,
    /// How many.
    pub servers: u32,
    /// The technology.
    pub technology: Technology,
    /// Index of the adapter, where servers come without.
    pub nic: Option<usize>,
    /// Planes that the adapter can be split into.
    pub most_planes: u32,
}

impl<'a> Base<'a> {
    /// All bases of a plan for so many accelerators: servers, technologies and adapters that go together.
    pub fn all(plan: &'a Plan, accelerators: u32) -> Vec<Self> {
        let catalogue = &plan.catalogue;
        let mut found = Vec::new();
        for &server in &plan.servers {
            let own = &catalogue.servers[server];
            if own.accelerators == 0 || !accelerators.is_multiple_of(own.accelerators) {
                continue;
            }
            for &technology in &plan.technologies {
                let suits = |nic: &crate::fabric::parts::Nic| {
                    nic.rate == own.nic_rate && nic.technologies.contains(&technology)
                };
                let nics = catalogue.nics.iter().enumerate().filter(|(_, nic)| suits(nic));
                let base = |nic: Option<usize>, most_planes| Self {
                    plan,
                    server,
                    servers: accelerators / own.accelerators,
                    technology,
                    nic,
                    most_planes,
                };
                if own.with_nics {
                    let most = nics.map(|(_, nic)| nic.planes).max().unwrap_or(1);
                    found.push(base(None, most));
                } else {
                    found.extend(nics.map(|(at, nic)| base(Some(at), nic.planes)));
                }
            }
        }
        found
    }

    /// The catalogue.
    pub fn catalogue(&self) -> &'a Catalogue {
        &self.plan.catalogue
    }

    /// The server.
    pub fn server(&self) -> &'a Server {
        &self.plan.catalogue.servers[self.server]
    }

    /// The switches that may be taken with ports at a rate, in the catalogue's order.
    pub fn modes(&self, rate: Bandwidth) -> Vec<PortMode> {
        let allowed =
            |name: &str| self.plan.switches.as_ref().is_none_or(|names| names.iter().any(|own| own == name));
        let mode = |(switch, own): (usize, &crate::fabric::parts::Switch)| {
            if own.technology != self.technology || !allowed(&own.name) {
                return None;
            }
            let split = own.split.max(1);
            let whole = own.rate.bits_per_sec();
            if whole == rate.bits_per_sec() {
                Some(PortMode { switch, radix: own.ports })
            } else if whole.is_multiple_of(u64::from(split))
                && whole / u64::from(split) == rate.bits_per_sec()
            {
                Some(PortMode { switch, radix: own.ports.saturating_mul(split) })
            } else {
                None
            }
        };
        self.catalogue().switches.iter().enumerate().filter_map(mode).collect()
    }
}
