//! Nodes.

use std::fmt;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// An accelerator: the end point of collectives.
    Gpu,
    /// A processor socket, which forwards between PCIe trees.
    Cpu,
    /// A switch inside a server or rack that joins GPUs (NVSwitch).
    NvSwitch,
    /// A PCIe switch.
    PcieSwitch,
    /// A network adapter.
    Nic,
    /// A network switch that hosts plug into.
    Leaf,
    /// A switch of the second tier.
    Spine,
    /// A switch of the third tier.
    Core,
    /// Any other switch.
    Switch,
}

impl NodeKind {
    /// All kinds, in order.
    pub const ALL: [Self; 9] = [
        Self::Gpu,
        Self::Cpu,
        Self::NvSwitch,
        Self::PcieSwitch,
        Self::Nic,
        Self::Leaf,
        Self::Spine,
        Self::Core,
        Self::Switch,
    ];

    /// The name in files: `gpu`, `pcie-switch`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gpu => "gpu",
            Self::Cpu => "cpu",
            Self::NvSwitch => "nvswitch",
            Self::PcieSwitch => "pcie-switch",
            Self::Nic => "nic",
            Self::Leaf => "leaf",
            Self::Spine => "spine",
            Self::Core => "core",
            Self::Switch => "switch",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// True for switches of every sort: those that can be asked to work on data on its way.
    pub const fn is_switch(self) -> bool {
        self.is_network_switch() || matches!(self, Self::NvSwitch | Self::PcieSwitch)
    }

    /// True for network switches (leaf, spine, core and plain switch).
    pub const fn is_network_switch(self) -> bool {
        matches!(self, Self::Leaf | Self::Spine | Self::Core | Self::Switch)
    }
}

impl fmt::Display for NodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a switch can do with data on its way, beside passing it on (NVLink SHARP in an NVSwitch).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct InNetwork {
    /// It copies what it gets once to several receivers.
    pub multicast: bool,
    /// It adds up what it gets from several senders.
    pub reduce: bool,
}

impl InNetwork {
    /// A plain switch.
    pub const NONE: Self = Self { multicast: false, reduce: false };
    /// A switch that does both.
    pub const BOTH: Self = Self { multicast: true, reduce: true };

    /// Whether it does anything beside passing data on.
    pub const fn any(self) -> bool {
        self.multicast || self.reduce
    }

    /// Whether it does all that `needs` names.
    pub const fn does(self, needs: Self) -> bool {
        (self.multicast || !needs.multicast) && (self.reduce || !needs.reduce)
    }
}

/// Where a node stands: row, rack in the row, and height unit from the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Row of racks, from 0.
    pub row: u32,
    /// Rack in the row, from 0.
    pub rack: u32,
    /// Lowest height unit used, from 0.
    pub unit: u32,
}

/// A node of a fabric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its unique name, such as `host3/gpu1`.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
    /// True where traffic of others may pass through it: switches, and GPUs of direct networks.
    pub forwards: bool,
    /// What it does with data on its way; nothing for nodes that are no switches.
    pub in_network: InNetwork,
    /// The server (scale-up domain) it belongs to, numbered from 0 over the fabric.
    pub server: Option<u32>,
    /// The rail of a rail-optimised fabric, from 0.
    pub rail: Option<u32>,
    /// Where it stands, if known.
    pub position: Option<Position>,
}

impl Node {
    /// A node that belongs to no server; network switches forward and so do NVSwitches, PCIe switches,
    /// CPUs and NICs; GPUs do not.
    pub fn new(name: impl Into<String>, kind: NodeKind) -> Self {
        Self {
            name: name.into(),
            kind,
            forwards: kind != NodeKind::Gpu,
            in_network: InNetwork::NONE,
            server: None,
            rail: None,
            position: None,
        }
    }

    /// The same node in a server.
    #[must_use]
    pub fn in_server(mut self, server: u32) -> Self {
        self.server = Some(server);
        self
    }

    /// The same node on a rail.
    #[must_use]
    pub fn on_rail(mut self, rail: u32) -> Self {
        self.rail = Some(rail);
        self
    }

    /// The same node, a switch that works on data on its way.
    #[must_use]
    pub fn working(mut self, in_network: InNetwork) -> Self {
        self.in_network = in_network;
        self
    }

    /// Whether it is a switch that works on data on its way.
    pub const fn works(&self) -> bool {
        self.kind.is_switch() && self.in_network.any()
    }

    /// The same node, passing traffic of others through.
    #[must_use]
    pub fn forwarding(mut self) -> Self {
        self.forwards = true;
        self
    }
}
