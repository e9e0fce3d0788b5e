//! Link classes: what links of one technology have in common.

use crate::units::Time;

/// What a link does when the receiver is full. The fluid engine treats all as lossless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowControl {
    /// Credits per virtual lane, cut-through.
    Credits,
    /// ECN marks with priority flow control behind them.
    EcnPfc,
    /// Packets are dropped and sent again.
    Drop,
}

/// How a node chooses among equal-cost next hops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Routing {
    /// Always the first by id: one fixed shortest path.
    Shortest,
    /// By a hash of the flow (source, destination, channel) and the seed, lane by lane.
    Ecmp,
    /// Destination modulo the number of choices, lane by lane, as InfiniBand subnet managers do (D-mod-k).
    Static,
    /// Split equally over all next hops, as packet spraying and adaptive routing do on average.
    Spray,
    /// Along the lowest dimension that still differs, on tori and meshes; equal directions are split.
    DimensionOrder,
}

impl Routing {
    /// All, with the names that files use.
    pub const ALL: [(&'static str, Self); 6] = [
        ("shortest", Self::Shortest),
        ("ecmp", Self::Ecmp),
        ("static", Self::Static),
        ("spray", Self::Spray),
        ("adaptive", Self::Spray),
        ("dimension-order", Self::DimensionOrder),
    ];

    /// The name in files; `adaptive` is an even spray here and is printed so.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shortest => "shortest",
            Self::Ecmp => "ecmp",
            Self::Static => "static",
            Self::Spray => "spray",
            Self::DimensionOrder => "dimension-order",
        }
    }
}

/// What links of one technology have in common. Links may override latency and efficiency.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkClass {
    /// Its name: `nvlink`, `infiniband`, or one of the user's own.
    pub name: String,
    /// Latency of a hop without its cable.
    pub latency: Time,
    /// Latency of the cable, in picoseconds per metre.
    pub ps_per_metre: u64,
    /// Payload bytes per byte on the wire, in (0, 1].
    pub efficiency: f64,
    /// What the receiver's fullness does.
    pub flow_control: FlowControl,
    /// How equal-cost next hops over links of this class are chosen.
    pub routing: Routing,
    /// Cost of a hop for shortest paths, at least 1: inside a server is cheaper than outside.
    pub cost: u32,
}

impl LinkClass {
    /// The built-in classes. Latencies: NVLink, xGMI and ICI are vendors' port-to-port figures halved per link;
    /// InfiniBand and RoCE follow from the end-to-end latencies of DeepSeek-V3 (arXiv 2412.19437, table 5):
    /// 0.45 us and 1.0 us for one switch with its cable. Efficiencies are MTU over MTU plus headers.
    pub fn builtin() -> Vec<Self> {
        let class = |name: &str, ns: u64, ps_per_metre: u64, efficiency, flow_control, routing, cost| Self {
            name: name.into(),
            latency: Time::from_ps(ns * 1_000),
            ps_per_metre,
            efficiency,
            flow_control,
            routing,
            cost,
        };
        use FlowControl::{Credits, Drop, EcnPfc};
        vec![
            class("nvlink", 150, 0, 0.94, Credits, Routing::Spray, 1),
            class("xgmi", 300, 0, 0.9, Credits, Routing::Shortest, 1),
            class("ici", 300, 0, 0.95, Credits, Routing::DimensionOrder, 1),
            class("pcie", 250, 0, 0.92, Credits, Routing::Shortest, 8),
            class("infiniband", 450, 5_000, 4096.0 / (4096.0 + 66.0), Credits, Routing::Spray, 64),
            class("roce", 1_000, 5_000, 4096.0 / (4096.0 + 82.0), EcnPfc, Routing::Ecmp, 64),
            class("ethernet", 1_000, 5_000, 1500.0 / (1500.0 + 78.0), Drop, Routing::Ecmp, 64),
            class("ideal", 0, 0, 1.0, Credits, Routing::Spray, 64),
        ]
    }
}
