//! What a step's time depends on of a network: designs of the same wiring take the same time, whatever they cost.

use super::Shape;
use crate::fabric::parts::{Server, Technology};
use crate::units::{Bandwidth, Length, Time};

/// A server as its links go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerWiring {
    /// Accelerators.
    pub gpus: u32,
    /// Adapters, each on its own rail.
    pub nics: u32,
    /// Rate of an accelerator in its domain.
    pub scaleup: Bandwidth,
    /// Whether the domain's switches copy and add.
    pub in_network: bool,
    /// Rate of PCIe.
    pub pcie: Bandwidth,
}

impl From<&Server> for ServerWiring {
    fn from(server: &Server) -> Self {
        Self {
            gpus: server.accelerators,
            nics: server.nics,
            scaleup: server.scaleup,
            in_network: server.in_network,
            pcie: server.pcie,
        }
    }
}

/// How adapters of a server attach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attach {
    /// Each to the leaf of its rail.
    Rail,
    /// All to one leaf.
    Server,
}

/// A network of servers. Most is told of a tree of switches, or of leaves alone; of other [`Shape`]s lengths are those of
/// adapters' cables, of cables within groups and of those between groups, and a pod is what is racked together. Spines of a block of leaves share all traffic evenly, and so do
/// cores and planes, so that only what they carry together is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wiring {
    /// The servers.
    pub server: ServerWiring,
    /// How many servers in all.
    pub servers: u32,
    /// What the network speaks.
    pub technology: Technology,
    /// Rate of an adapter, over all planes.
    pub nic_rate: Bandwidth,
    /// Latency of a hop without its cable.
    pub hop: Time,
    /// How adapters attach.
    pub attach: Attach,
    /// Whether rails meet in servers alone.
    pub separate: bool,
    /// Whether accelerators pass on what goes to another rail.
    pub relay: bool,
    /// Planes that share all traffic.
    pub planes: u32,
    /// Servers that share leaves.
    pub pod_servers: u32,
    /// Tiers of switches.
    pub tiers: u32,
    /// Rate of a port between switches.
    pub port_rate: Bandwidth,
    /// Ports up of a leaf, of one plane.
    pub leaf_up: u32,
    /// Ports up of a leaf that are taken to be lost with a spine.
    pub spine_lanes: u32,
    /// Pods whose leaves share spines, where there are cores.
    pub block_pods: u32,
    /// Whether each rail of a block has spines of its own.
    pub by_rail: bool,
    /// Ports up of all spines of a group together, of one plane.
    pub group_up: u32,
    /// Of those, what is taken to be lost with a core.
    pub core_lanes: u32,
    /// Length of the cables of each tier, from hosts up, that latency is told by.
    pub lengths: [Length; 3],
    /// What joins the servers.
    pub shape: Shape,
}

impl Wiring {
    /// Servers with all adapters on one leaf, with cables of no length: what other wirings differ from.
    pub const fn on_one_leaf(
        server: ServerWiring,
        servers: u32,
        technology: Technology,
        nic_rate: Bandwidth,
        hop: Time,
    ) -> Self {
        Self {
            server,
            servers,
            technology,
            nic_rate,
            hop,
            attach: Attach::Server,
            separate: false,
            relay: false,
            planes: 1,
            pod_servers: servers,
            tiers: 1,
            port_rate: nic_rate,
            leaf_up: 0,
            spine_lanes: 0,
            block_pods: 1,
            by_rail: false,
            group_up: 0,
            core_lanes: 0,
            lengths: [Length(0); 3],
            shape: Shape::Tree,
        }
    }

    /// Pods.
    pub const fn pods(&self) -> u32 {
        self.servers.div_ceil(self.pod_servers)
    }

    /// The pod of a place for a server.
    pub const fn pod(&self, place: u32) -> u32 {
        place / self.pod_servers
    }

    /// The rail of an accelerator.
    pub const fn rail(&self, gpu: u32) -> u32 {
        gpu / (self.server.gpus / self.server.nics)
    }

    /// The leaf of a place and rail: a number of its own.
    pub const fn leaf(&self, place: u32, rail: u32) -> u32 {
        match self.attach {
            Attach::Rail => self.pod(place) * self.server.nics + rail,
            Attach::Server => self.pod(place) * self.server.nics,
        }
    }

    /// The group of spines of a leaf: a number of its own.
    pub const fn group(&self, leaf: u32) -> u32 {
        let (pod, rail) = (leaf / self.server.nics, leaf % self.server.nics);
        let block = if self.tiers >= 3 { pod / self.block_pods } else { 0 };
        if self.separate || (self.tiers >= 3 && self.by_rail) {
            block * self.server.nics + rail
        } else {
            block * self.server.nics
        }
    }

    /// The cores over a group of spines: a number of its own.
    pub const fn top(&self, group: u32) -> u32 {
        if self.separate { group % self.server.nics } else { 0 }
    }

    /// Leaves of one plane that share a group of spines, where there are cores.
    pub const fn group_leaves(&self) -> u32 {
        match self.attach {
            Attach::Rail if !self.by_rail && !self.separate => self.block_pods * self.server.nics,
            _ => self.block_pods,
        }
    }
}
