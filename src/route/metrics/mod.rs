//! What a fabric is: counts, ports, tiers, distances, bisection, oversubscription, cables.

mod bisection;
mod distance;
mod inventory;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fabric::{Fabric, InNetwork};

/// The schema name of [`FabricReport`].
pub const SHOW_SCHEMA: &str = "railspine.show/1";

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// A description of a fabric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FabricReport {
    /// Always `railspine.show/1`.
    pub schema: String,
    /// The fabric's name.
    pub name: String,
    /// Accelerators.
    pub gpus: u32,
    /// Servers (scale-up domains) that nodes say they belong to.
    pub servers: u32,
    /// All nodes.
    pub nodes: u32,
    /// Directed links; bundles of parallel cables count once.
    pub links: u32,
    /// Side lengths, where the fabric is a mesh or torus.
    pub torus: Option<Vec<u32>>,
    /// Nodes by kind.
    pub kinds: Vec<KindCount>,
    /// Switches that copy what they get once to several receivers.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub multicast_switches: u32,
    /// Switches that add up what they get from several senders.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reduce_switches: u32,
    /// Tiers of network switches: 1 for those with hosts on them, 2 for those next to these, and so on.
    pub switch_tiers: u32,
    /// Distances between GPUs.
    pub hops: Hops,
    /// What the two halves of the GPUs can exchange.
    pub bisection: Bisection,
    /// Capacity down and up by tier of network switches, for tiers that have links up.
    pub oversubscription: Vec<TierRatio>,
    /// Cables by the kinds they join, class and rate.
    pub cables: Vec<CableCount>,
}

/// Nodes of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KindCount {
    /// The kind: `leaf`.
    pub kind: String,
    /// How many.
    pub count: u32,
    /// The fewest ports in use on one of them, lanes counted.
    pub ports_min: u64,
    /// The most ports in use on one of them, lanes counted.
    pub ports_max: u64,
}

/// Distances between GPUs along least-cost paths (classes say what a link costs), and along the shortest of
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hops {
    /// Links on the longest path: the diameter.
    pub links_max: u32,
    /// Links on the median path.
    pub links_typical: u32,
    /// Network switches on the path that crosses most.
    pub switches_max: u32,
    /// Network switches on the median path.
    pub switches_typical: u32,
    /// Ordered pairs of GPUs without a path between them (GPUs of most fabrics pass nothing on).
    pub unreachable_pairs: u64,
    /// GPUs from which all others were looked at; all of them where `exact`.
    pub sources: u32,
    /// False where only a sample of sources was looked at.
    pub exact: bool,
}

/// The maximum flow from the first half of the GPUs, in the fabric's order, to the second half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bisection {
    /// Raw rate in bits per second, one direction; `None` where it was not computed.
    pub bits_per_sec: Option<u64>,
    /// The same for each GPU of the first half, rounded down.
    pub bits_per_sec_per_gpu: Option<u64>,
    /// Why it was not computed; empty where it was.
    pub note: String,
}

/// A tier of network switches: capacity towards the hosts against capacity away from them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TierRatio {
    /// The tier, 1 next to the hosts.
    pub tier: u32,
    /// Kinds of its switches, such as `leaf`.
    pub kinds: Vec<String>,
    /// Raw rate of all links down, in bits per second.
    pub down_bits_per_sec: u64,
    /// Raw rate of all links up, in bits per second.
    pub up_bits_per_sec: u64,
    /// Down over up, of the whole tier.
    pub ratio: f64,
    /// The largest such ratio of one switch with links up.
    pub worst: f64,
}

/// Cables of a sort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CableCount {
    /// Kind at the lower end: `leaf`.
    pub from: String,
    /// Kind at the upper end: `spine`.
    pub to: String,
    /// The link class.
    pub class: String,
    /// Raw rate of one cable, each direction, in bits per second; the higher one where a link is lopsided.
    pub bits_per_sec: u64,
    /// Pairs of nodes that are joined.
    pub bundles: u64,
    /// Cables: lanes of all bundles.
    pub cables: u64,
    /// Length of all of them together in millimetres, where every one is known.
    pub length_mm: Option<u64>,
}

/// Tiers of network switches, and how each that has links up is oversubscribed.
pub fn tiers(fabric: &Fabric) -> (u32, Vec<TierRatio>) {
    let tiers = inventory::switch_tiers(fabric);
    (tiers.iter().copied().max().unwrap_or(0), inventory::oversubscription(fabric, &tiers))
}

/// Describes a fabric.
///
/// Distances are exact for up to 2,048 GPUs and, where a sample had to do, say so; the rest is always exact.
pub fn report(fabric: &Fabric) -> FabricReport {
    let tiers = inventory::switch_tiers(fabric);
    let mut servers: Vec<u32> = fabric.nodes().iter().filter_map(|node| node.server).collect();
    servers.sort_unstable();
    servers.dedup();
    let working = |does: fn(InNetwork) -> bool| {
        fabric.nodes().iter().filter(|node| node.works() && does(node.in_network)).count() as u32
    };
    FabricReport {
        schema: SHOW_SCHEMA.into(),
        name: fabric.name().into(),
        gpus: fabric.endpoints().len() as u32,
        servers: servers.len() as u32,
        nodes: fabric.nodes().len() as u32,
        links: fabric.links().len() as u32,
        torus: fabric.torus().map(<[u32]>::to_vec),
        kinds: inventory::kinds(fabric),
        multicast_switches: working(|does| does.multicast),
        reduce_switches: working(|does| does.reduce),
        switch_tiers: tiers.iter().copied().max().unwrap_or(0),
        hops: distance::hops(fabric),
        bisection: bisection::bisection(fabric),
        oversubscription: inventory::oversubscription(fabric, &tiers),
        cables: inventory::cables(fabric),
    }
}
