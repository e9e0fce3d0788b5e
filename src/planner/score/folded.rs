//! The part of a network that some groups use, with all switches that share traffic evenly as one.
//!
//! Spines of a group, cores and planes carry equal parts of everything under even spray, and each has the same part of
//! the capacity: one switch with all their lanes gives every flow the same rate. Servers that take no part are left out.
//! `tests/plan_folded.rs` holds this against whole fabrics.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::footprint::{Footprint, Reach, Standing};
use super::whole::whole;
use super::{Attach, Failure, Shape, Wiring};
use crate::fabric::{Builder, Cable, Fabric, InNetwork, LinkClass, Node, NodeKind, Routing};
use crate::ids::{ClassId, LinkId, NodeId, number};
use crate::units::{Bandwidth, Length, Time};

/// What the time of some groups depends on, but for their footprint: a wiring of which only what is used is told apart, with
/// what has failed taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Outline {
    /// What is left of the wiring: all lanes of a tier and all planes together.
    wiring: Wiring,
    /// What adapters of the first pod are left with, where its leaves have failed.
    cut: Option<Bandwidth>,
    /// What has failed of a network that is no tree.
    failure: Option<Failure>,
}

/// The fabric of an outline.
pub(super) struct Folded {
    pub(super) fabric: Arc<Fabric>,
    /// The node of every rank of every group.
    pub(super) groups: Vec<Vec<NodeId>>,
    /// What each cable is: in the order of cables.
    pub(super) cables: Vec<Part>,
}

/// What a cable is: its kind, and the numbers of what it joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Scaleup {
        server: u32,
        gpu: u32,
    },
    Pcie {
        server: u32,
        gpu: u32,
    },
    Slot {
        server: u32,
        nic: u32,
    },
    Host {
        server: u32,
        nic: u32,
    },
    Up {
        pod: u32,
        rail: u32,
    },
    Top {
        block: u32,
        rail: u32,
    },
    /// Two switches of a network that is no tree.
    Between {
        from: u32,
        to: u32,
    },
}

impl Outline {
    /// The outline of groups that reach so far; `None` where a failure cuts the network.
    pub(super) fn new(wiring: &Wiring, failure: Option<Failure>, reach: Reach) -> Option<Self> {
        if reach > 0 && wiring.shape != Shape::Tree {
            return Some(Self { wiring: *wiring, cut: None, failure });
        }
        let mut kept = *wiring;
        kept.servers = 0;
        // What is not reached makes no difference.
        kept.tiers = kept.tiers.min(reach);
        let failure = failure.filter(|failure| match failure {
            Failure::Leaf | Failure::Plane => reach > 0,
            Failure::Spine => kept.tiers >= 2,
            Failure::Core => kept.tiers >= 3,
            Failure::Cable => false,
        });
        // Planes share all traffic, and capacity is cut up only for what fails.
        let plane = |lanes: u32| if failure == Some(Failure::Plane) { lanes } else { 0 };
        let left = |lanes: u32, lost: u32| {
            let left = lanes.checked_mul(wiring.planes)?.checked_sub(plane(lanes))?.checked_sub(lost)?;
            (left > 0).then_some(left)
        };
        let lost = |of: Failure, lanes: u32| if failure == Some(of) { lanes } else { 0 };
        (kept.leaf_up, kept.spine_lanes, kept.group_up, kept.core_lanes) = (0, 0, 0, 0);
        if kept.tiers >= 2 {
            kept.leaf_up = left(wiring.leaf_up, lost(Failure::Spine, wiring.spine_lanes))?;
        } else {
            kept.lengths[1] = Length(0);
        }
        if kept.tiers >= 3 {
            kept.group_up = left(wiring.group_up, lost(Failure::Core, wiring.core_lanes))?;
        } else {
            kept.lengths[2] = Length(0);
            (kept.block_pods, kept.by_rail) = (1, false);
        }
        // Of several planes the others stay. With one plane, an adapter that is cut off sends over that of another rail,
        // which both then share.
        let whole = wiring.nic_rate.bits_per_sec();
        let planes = u64::from(wiring.planes);
        let without = if planes > 1 { whole / planes * (planes - 1) } else { whole / 2 };
        let without = Bandwidth(without.max(1));
        let cut = (failure == Some(Failure::Leaf)).then_some(without);
        if failure == Some(Failure::Plane) {
            kept.nic_rate = without;
        }
        (kept.planes, kept.pod_servers) = (1, 1);
        if reach == 0 {
            kept.nic_rate = Bandwidth(0);
            kept.port_rate = Bandwidth(0);
            kept.lengths = [Length(0); 3];
            kept.hop = Time::ZERO;
            (kept.attach, kept.separate, kept.relay) = (Attach::Rail, false, false);
            kept.shape = Shape::Tree;
        }
        Some(Self { wiring: kept, cut, failure: None })
    }

    /// Builds the fabric of groups; `None` where a failure cuts it.
    pub(super) fn fold(&self, print: &Footprint) -> Option<Folded> {
        if self.wiring.shape == Shape::Tree {
            Fold { wiring: &self.wiring, cut: self.cut, print }.build()
        } else {
            whole(&self.wiring, self.failure, &print.groups)
        }
    }
}

/// A tree that is folded.
struct Fold<'a> {
    wiring: &'a Wiring,
    cut: Option<Bandwidth>,
    print: &'a Footprint,
}

impl Fold<'_> {
    fn build(&self) -> Option<Folded> {
        let Self { wiring, print, .. } = *self;
        let technology = wiring.technology.name();
        let mut build = Build { builder: Builder::new("folded", classes(wiring)), cables: Vec::new() };
        let class = |name: &str| build.builder.class(name);
        let (nvlink, pcie, network) = (class("nvlink")?, class("pcie")?, class(technology)?);
        let links = Links {
            scaleup: Cable::new(nvlink, wiring.server.scaleup),
            pcie: Cable::new(pcie, wiring.server.pcie),
            network,
        };
        let mut seats: Vec<BTreeMap<u32, NodeId>> = vec![BTreeMap::new(); self.print.pods.len()];
        for &(server, gpu) in print.groups.iter().flatten() {
            seats[server as usize].insert(gpu, NodeId(0));
        }
        let mut leaves: BTreeMap<(u32, u32), NodeId> = BTreeMap::new();
        for (server, own) in seats.iter_mut().enumerate() {
            self.server(number(server), own, &links, &mut leaves, &mut build);
        }
        self.tiers(&leaves, network, &mut build);
        let groups = print
            .groups
            .iter()
            .map(|group| {
                group.iter().filter_map(|(server, gpu)| seats[*server as usize].get(gpu).copied()).collect()
            })
            .collect();
        let fabric = build.builder.finish().ok()?;
        Some(Folded { fabric: Arc::new(fabric), groups, cables: build.cables })
    }

    /// Adds a server with the accelerators that are needed.
    fn server(
        &self,
        server: u32,
        seats: &mut BTreeMap<u32, NodeId>,
        links: &Links,
        leaves: &mut BTreeMap<(u32, u32), NodeId>,
        build: &mut Build,
    ) {
        let wiring = self.wiring;
        let of = wiring.server;
        let node = |name: String, kind| Node::new(name, kind).in_server(server);
        let gpus: Vec<u32> =
            if self.print.slim { seats.keys().copied().collect() } else { (0..of.gpus).collect() };
        for gpu in &gpus {
            let own = node(format!("s{server}g{gpu}"), NodeKind::Gpu).on_rail(wiring.rail(*gpu));
            seats.insert(*gpu, build.builder.add_node(if wiring.relay { own.forwarding() } else { own }));
        }
        if of.gpus > 1 {
            let works = if of.in_network { InNetwork::BOTH } else { InNetwork::NONE };
            let switch =
                build.builder.add_node(node(format!("s{server}n"), NodeKind::NvSwitch).working(works));
            for gpu in &gpus {
                build.add(seats[gpu], switch, links.scaleup.clone(), Part::Scaleup { server, gpu: *gpu });
            }
        }
        if wiring.tiers == 0 {
            return;
        }
        let mut nics: Vec<u32> = gpus.iter().map(|gpu| wiring.rail(*gpu)).collect();
        nics.dedup();
        let last = nics.last().copied().unwrap_or(0);
        for &rail in &nics {
            let switch =
                build.builder.add_node(node(format!("s{server}p{rail}"), NodeKind::PcieSwitch).on_rail(rail));
            let nic = build.builder.add_node(node(format!("s{server}a{rail}"), NodeKind::Nic).on_rail(rail));
            for gpu in gpus.iter().filter(|gpu| wiring.rail(**gpu) == rail) {
                build.add(seats[gpu], switch, links.pcie.clone(), Part::Pcie { server, gpu: *gpu });
            }
            build.add(switch, nic, links.pcie.clone(), Part::Slot { server, nic: rail });
            let pod = self.print.pods[server as usize];
            let key = match wiring.attach {
                Attach::Rail => (pod, rail),
                Attach::Server => (pod, 0),
            };
            let leaf = *leaves.entry(key).or_insert_with(|| {
                build.builder.add_node(Node::new(format!("leaf{}r{}", key.0, key.1), NodeKind::Leaf))
            });
            build.add(nic, leaf, self.host(pod, links), Part::Host { server, nic: rail });
            let others = of.nics - number(nics.len());
            if self.print.slim && rail == last && others > 0 {
                // What a library chooses depends on all that its servers have; nothing goes over these.
                let idle = build.builder.add_node(node(format!("s{server}a"), NodeKind::Nic));
                let cable = self.host(pod, links).lanes(others);
                build.add(idle, leaf, cable, Part::Host { server, nic: of.nics });
            }
        }
    }

    /// The rate of so many lanes between switches: where all rails share them, the part of those that are played.
    fn part(&self, lanes: u64, shared: bool) -> Bandwidth {
        let all = self.wiring.port_rate.bits_per_sec().saturating_mul(lanes);
        let nics = u64::from(self.wiring.server.nics.max(1));
        Bandwidth(if shared { all.saturating_mul(self.print.rails.into()) / nics } else { all }.max(1))
    }

    /// A cable of an adapter.
    fn host(&self, pod: u32, links: &Links) -> Cable {
        let rate = self.cut.filter(|_| pod == 0).unwrap_or(self.wiring.nic_rate);
        Cable::new(links.network, rate).length(Some(self.wiring.lengths[0]))
    }

    /// Adds what is above the leaves.
    fn tiers(&self, leaves: &BTreeMap<(u32, u32), NodeId>, network: ClassId, build: &mut Build) {
        let wiring = self.wiring;
        if wiring.tiers < 2 {
            return;
        }
        let rail_of = |rail: u32, own: bool| if own { rail } else { 0 };
        let mut spines: BTreeMap<(u32, u32), NodeId> = BTreeMap::new();
        for (&(pod, rail), leaf) in leaves {
            let own = wiring.separate || (wiring.tiers >= 3 && wiring.by_rail);
            let key = (self.print.blocks[pod as usize], rail_of(rail, own));
            let spine = *spines.entry(key).or_insert_with(|| {
                build.builder.add_node(Node::new(format!("spine{}r{}", key.0, key.1), NodeKind::Spine))
            });
            let rate = self.part(u64::from(wiring.leaf_up), wiring.attach == Attach::Server);
            let cable = Cable::new(network, rate).length(Some(wiring.lengths[1]));
            build.add(*leaf, spine, cable, Part::Up { pod, rail });
        }
        if wiring.tiers < 3 {
            return;
        }
        let mut cores: BTreeMap<u32, NodeId> = BTreeMap::new();
        let of_spine = |&(pod, rail): &(u32, u32)| {
            let own = wiring.separate || wiring.by_rail;
            (self.print.blocks[pod as usize], rail_of(rail, own))
        };
        for (&(block, rail), spine) in &spines {
            let key = rail_of(rail, wiring.separate);
            let core = *cores
                .entry(key)
                .or_insert_with(|| build.builder.add_node(Node::new(format!("core{key}"), NodeKind::Core)));
            // Leaves of the group that are left out use their part.
            let here = leaves.keys().filter(|leaf| of_spine(leaf) == (block, rail)).count() as u64;
            let all = self.part(u64::from(wiring.group_up), wiring.attach == Attach::Server);
            let rate = all.bits_per_sec().saturating_mul(here) / u64::from(wiring.group_leaves().max(1));
            let cable = Cable::new(network, Bandwidth(rate.max(1))).length(Some(wiring.lengths[2]));
            build.add(*spine, core, cable, Part::Top { block, rail });
        }
    }
}

/// Classes of links with the network's latency. Libraries know a network by the name of its class.
pub(super) fn classes(wiring: &Wiring) -> Vec<LinkClass> {
    let mut classes = LinkClass::builtin();
    let technology = wiring.technology.name();
    for class in classes.iter_mut().filter(|class| class.name == technology) {
        class.latency = wiring.hop;
        class.routing = Routing::Spray;
    }
    classes
}

/// The sorts of cables.
struct Links {
    scaleup: Cable,
    pcie: Cable,
    network: ClassId,
}

/// A fabric in the making.
struct Build {
    builder: Builder,
    cables: Vec<Part>,
}

impl Build {
    fn add(&mut self, from: NodeId, to: NodeId, cable: Cable, part: Part) {
        self.builder.add_cable(from, to, cable);
        self.cables.push(part);
    }
}

/// The most accelerators or adapters of a server that links are told apart by.
const SUBS: u32 = 1 << 10;

impl Standing {
    /// A name for a directed link of a folded fabric that is the same for all outlines of a network.
    pub(super) fn link(&self, parts: &[Part], link: LinkId) -> LinkId {
        let at = link.index();
        let (kind, whole, part) = match parts[at / 2] {
            Part::Scaleup { server, gpu } => (0, self.servers[server as usize], gpu),
            Part::Pcie { server, gpu } => (1, self.servers[server as usize], gpu),
            Part::Slot { server, nic } => (2, self.servers[server as usize], nic),
            Part::Host { server, nic } => (3, self.servers[server as usize], nic),
            Part::Up { pod, rail } => (4, self.pods[pod as usize], rail),
            Part::Top { block, rail } => (5, self.blocks[block as usize], rail),
            Part::Between { from, to } => {
                // By where it comes from and where it leads, as turned cables may have their ends the other way round.
                let ends = if at.is_multiple_of(2) { [from, to] } else { [to, from] };
                let [from, to] = ends.map(|end| self.pods[end as usize]);
                let between = from.wrapping_mul(number(self.pods.len())).wrapping_add(to);
                return LinkId(between.wrapping_mul(14).wrapping_add(12));
            }
        };
        let name = whole.wrapping_mul(SUBS).wrapping_add(part % SUBS).wrapping_mul(14).wrapping_add(kind * 2);
        LinkId(name.wrapping_add(u32::from(at % 2 == 1)))
    }
}
