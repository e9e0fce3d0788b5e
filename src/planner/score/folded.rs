//! The part of a network that some groups use, with all switches that share traffic evenly as one.
//!
//! Spines of a group, cores and planes carry equal parts of everything under even spray, and each has the same part of
//! the capacity: one switch with all their lanes gives every flow the same rate. Servers that take no part are left out.
//! `tests/plan_folded.rs` holds this against whole fabrics.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::whole::{Turn, whole};
use super::{Attach, Failure, Shape, Wiring};
use crate::fabric::{Builder, Cable, Fabric, InNetwork, LinkClass, Node, NodeKind, Routing};
use crate::ids::{ClassId, LinkId, NodeId, number};
use crate::units::Bandwidth;

/// A rank as it stands: the place of its server, and its accelerator there.
pub(super) type Seat = (u32, u32);

/// Which parts of a network some groups use. Parts are numbered in the order in which the groups come to them, so that
/// groups that use a network alike have the same outline wherever they stand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Outline {
    /// The wiring, of which only what is used is told apart.
    wiring: Wiring,
    /// What has failed, where it matters.
    failure: Option<Failure>,
    /// By server: its pod.
    pods: Vec<u32>,
    /// By pod: its block.
    blocks: Vec<u32>,
    /// The groups' seats, by number of server.
    groups: Vec<Vec<Seat>>,
    /// Whether only the accelerators that take part are needed: each group is of one rail.
    slim: bool,
    /// Rails that are played: the others, which do the same, use their part of what all share.
    rails: u32,
}

/// Which servers, pods and blocks the numbers of an outline stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    servers: Vec<u32>,
    pods: Vec<u32>,
    blocks: Vec<u32>,
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

/// Numbers things in the order in which they come.
fn numbered(known: &mut Vec<u32>, index: &mut BTreeMap<u32, u32>, thing: u32) -> u32 {
    *index.entry(thing).or_insert_with(|| {
        known.push(thing);
        number(known.len() - 1)
    })
}

impl Outline {
    /// The outline of groups, and what its numbers stand for; with `part`, rails that are not among them do the same.
    pub(super) fn new(
        wiring: &Wiring,
        failure: Option<Failure>,
        seats: &[Vec<Seat>],
        part: bool,
    ) -> (Self, Standing) {
        let mut standing = Standing { servers: Vec::new(), pods: Vec::new(), blocks: Vec::new() };
        let (mut by_server, mut by_pod, mut by_block) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (mut pods, mut blocks) = (Vec::new(), Vec::new());
        let mut groups = Vec::with_capacity(seats.len());
        let (mut crosses, mut leaves_leaf, mut leaves_group, mut slim) = (false, false, false, true);
        for seats in seats {
            let mut group = Vec::with_capacity(seats.len());
            let first = seats.first().copied().unwrap_or_default();
            let leaf = |seat: Seat| wiring.leaf(seat.0, wiring.rail(seat.1));
            for &(place, gpu) in seats {
                let server = numbered(&mut standing.servers, &mut by_server, place);
                if server as usize == pods.len() {
                    let own = wiring.pod(place);
                    let pod = numbered(&mut standing.pods, &mut by_pod, own);
                    pods.push(pod);
                    if pod as usize == blocks.len() {
                        let own = if wiring.tiers >= 3 { own / wiring.block_pods } else { 0 };
                        blocks.push(numbered(&mut standing.blocks, &mut by_block, own));
                    }
                }
                crosses |= place != first.0;
                leaves_leaf |= leaf((place, gpu)) != leaf(first);
                leaves_group |= wiring.group(leaf((place, gpu))) != wiring.group(leaf(first));
                slim &= wiring.rail(gpu) == wiring.rail(first.1);
                group.push((server, gpu));
            }
            groups.push(group);
        }
        if crosses && wiring.shape != Shape::Tree {
            return Self::as_it_stands(wiring, failure, seats);
        }
        let mut rails: Vec<u32> = seats.iter().flatten().map(|seat| wiring.rail(seat.1)).collect();
        rails.sort_unstable();
        rails.dedup();
        let rails = if part { number(rails.len()) } else { wiring.server.nics };
        let mut kept = *wiring;
        kept.servers = 0;
        // What is not reached makes no difference.
        if !(crosses && leaves_leaf) {
            (kept.leaf_up, kept.spine_lanes, kept.lengths[1]) = (0, 0, crate::units::Length(0));
            kept.tiers = kept.tiers.min(1);
        }
        if !(crosses && leaves_group && kept.tiers >= 3) {
            (kept.group_up, kept.core_lanes, kept.lengths[2]) = (0, 0, crate::units::Length(0));
            kept.tiers = kept.tiers.min(2);
        }
        let failure = failure.filter(|failure| match failure {
            Failure::Leaf | Failure::Plane => crosses,
            Failure::Spine => kept.tiers >= 2,
            Failure::Core => kept.tiers >= 3,
            Failure::Cable => false,
        });
        if kept.tiers < 3 {
            (kept.block_pods, kept.by_rail) = (1, false);
            blocks.fill(0);
        }
        if !crosses {
            let server = kept.server;
            kept.nic_rate = Bandwidth(0);
            kept.lengths = [crate::units::Length(0); 3];
            kept.hop = crate::units::Time::ZERO;
            kept.planes = 1;
            kept.pod_servers = 1;
            kept.port_rate = Bandwidth(0);
            (kept.attach, kept.separate, kept.relay) = (Attach::Rail, false, false);
            kept.tiers = 0;
            kept.server = server;
            kept.shape = Shape::Tree;
        }
        if failure.is_none() {
            kept.planes = 1;
            // Only what a failure takes depends on how capacity is cut up.
            (kept.leaf_up, kept.spine_lanes) = (kept.leaf_up.saturating_mul(wiring.planes), 0);
            (kept.group_up, kept.core_lanes) = (kept.group_up.saturating_mul(wiring.planes), 0);
        }
        if kept.tiers > 0 {
            kept.pod_servers = 1;
        }
        (Self { wiring: kept, failure, pods, blocks, groups, slim, rails }, standing)
    }

    /// The outline of groups on a network that is no tree, of which all is used: places keep their numbers, but that where
    /// nothing has failed the network is turned, if all then stand on servers.
    fn as_it_stands(wiring: &Wiring, failure: Option<Failure>, seats: &[Vec<Seat>]) -> (Self, Standing) {
        let all = || seats.iter().flatten();
        let mut turn = Turn::new(wiring, all().next().map_or(0, |seat| seat.0));
        if failure.is_some() || all().any(|seat| turn.place(seat.0) >= wiring.servers) {
            turn = Turn::new(wiring, 0);
        }
        let (servers, switches) = turn.back();
        // In place of pods there are switches.
        let standing = Standing { servers, pods: switches, blocks: Vec::new() };
        let turned =
            |group: &Vec<Seat>| group.iter().map(|(place, gpu)| (turn.place(*place), *gpu)).collect();
        let outline = Self {
            wiring: *wiring,
            failure,
            pods: Vec::new(),
            blocks: Vec::new(),
            groups: seats.iter().map(turned).collect(),
            slim: false,
            rails: wiring.server.nics,
        };
        (outline, standing)
    }

    /// Builds the fabric; `None` where a failure cuts it.
    pub(super) fn fold(&self) -> Option<Folded> {
        let wiring = &self.wiring;
        if wiring.shape != Shape::Tree {
            return whole(wiring, self.failure, &self.groups);
        }
        let technology = wiring.technology.name();
        let mut build = Build { builder: Builder::new("folded", classes(wiring)), cables: Vec::new() };
        let class = |name: &str| build.builder.class(name);
        let (nvlink, pcie, network) = (class("nvlink")?, class("pcie")?, class(technology)?);
        let links = Links {
            scaleup: Cable::new(nvlink, wiring.server.scaleup),
            pcie: Cable::new(pcie, wiring.server.pcie),
            network,
        };
        let mut seats: Vec<BTreeMap<u32, NodeId>> = vec![BTreeMap::new(); self.pods.len()];
        for &(server, gpu) in self.groups.iter().flatten() {
            seats[server as usize].insert(gpu, NodeId(0));
        }
        let mut leaves: BTreeMap<(u32, u32), NodeId> = BTreeMap::new();
        for (server, own) in seats.iter_mut().enumerate() {
            self.server(number(server), own, &links, &mut leaves, &mut build);
        }
        self.tiers(&leaves, network, &mut build)?;
        let groups = self
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
        let wiring = &self.wiring;
        let of = wiring.server;
        let node = |name: String, kind| Node::new(name, kind).in_server(server);
        let gpus: Vec<u32> = if self.slim { seats.keys().copied().collect() } else { (0..of.gpus).collect() };
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
            let pod = self.pods[server as usize];
            let key = match wiring.attach {
                Attach::Rail => (pod, rail),
                Attach::Server => (pod, 0),
            };
            let leaf = *leaves.entry(key).or_insert_with(|| {
                build.builder.add_node(Node::new(format!("leaf{}r{}", key.0, key.1), NodeKind::Leaf))
            });
            build.add(nic, leaf, self.host(pod, links), Part::Host { server, nic: rail });
            let others = of.nics - number(nics.len());
            if self.slim && rail == last && others > 0 {
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
        Bandwidth(if shared { all.saturating_mul(self.rails.into()) / nics } else { all }.max(1))
    }

    /// A cable of an adapter.
    fn host(&self, pod: u32, links: &Links) -> Cable {
        let rate = self.host_rate(pod);
        Cable::new(links.network, rate).length(Some(self.wiring.lengths[0]))
    }

    /// The rate of an adapter's cables, after what has failed.
    ///
    /// Of several planes the others stay. With one plane, an adapter that is cut off sends over that of another rail,
    /// which both then share.
    fn host_rate(&self, pod: u32) -> Bandwidth {
        let whole = self.wiring.nic_rate.bits_per_sec();
        let planes = u64::from(self.wiring.planes);
        let without = if planes > 1 { whole / planes * (planes - 1) } else { whole / 2 };
        let hit = match self.failure {
            Some(Failure::Leaf) => pod == 0,
            Some(Failure::Plane) => true,
            Some(Failure::Spine | Failure::Core | Failure::Cable) | None => false,
        };
        Bandwidth(if hit { without.max(1) } else { whole })
    }

    /// Adds what is above the leaves.
    fn tiers(
        &self,
        leaves: &BTreeMap<(u32, u32), NodeId>,
        network: ClassId,
        build: &mut Build,
    ) -> Option<()> {
        let wiring = &self.wiring;
        if wiring.tiers < 2 {
            return Some(());
        }
        let rail_of = |rail: u32, own: bool| if own { rail } else { 0 };
        let mut spines: BTreeMap<(u32, u32), NodeId> = BTreeMap::new();
        let plane = |lanes: u32, lost: u32| -> Option<u32> {
            let all = lanes.checked_mul(wiring.planes)?;
            let left = match self.failure {
                Some(Failure::Plane) => all.checked_sub(lanes)?,
                Some(Failure::Spine) if lost > 0 => all.checked_sub(lost)?,
                _ => all,
            };
            (left > 0).then_some(left)
        };
        for (&(pod, rail), leaf) in leaves {
            let own = wiring.separate || (wiring.tiers >= 3 && wiring.by_rail);
            let key = (self.blocks[pod as usize], rail_of(rail, own));
            let spine = *spines.entry(key).or_insert_with(|| {
                build.builder.add_node(Node::new(format!("spine{}r{}", key.0, key.1), NodeKind::Spine))
            });
            let lanes = plane(wiring.leaf_up, wiring.spine_lanes)?;
            let rate = self.part(u64::from(lanes), wiring.attach == Attach::Server);
            let cable = Cable::new(network, rate).length(Some(wiring.lengths[1]));
            build.add(*leaf, spine, cable, Part::Up { pod, rail });
        }
        if wiring.tiers < 3 {
            return Some(());
        }
        let mut cores: BTreeMap<u32, NodeId> = BTreeMap::new();
        let of_spine = |&(pod, rail): &(u32, u32)| {
            let own = wiring.separate || wiring.by_rail;
            (self.blocks[pod as usize], rail_of(rail, own))
        };
        for (&(block, rail), spine) in &spines {
            let key = rail_of(rail, wiring.separate);
            let core = *cores
                .entry(key)
                .or_insert_with(|| build.builder.add_node(Node::new(format!("core{key}"), NodeKind::Core)));
            let all = wiring.group_up.checked_mul(wiring.planes)?;
            let left = match self.failure {
                Some(Failure::Plane) => all.checked_sub(wiring.group_up)?,
                Some(Failure::Core) => all.checked_sub(wiring.core_lanes)?,
                _ => all,
            };
            if left == 0 {
                return None;
            }
            // Leaves of the group that are left out use their part.
            let here = leaves.keys().filter(|leaf| of_spine(leaf) == (block, rail)).count() as u64;
            let all = self.part(u64::from(left), wiring.attach == Attach::Server);
            let rate = all.bits_per_sec().saturating_mul(here) / u64::from(wiring.group_leaves().max(1));
            let cable = Cable::new(network, Bandwidth(rate.max(1))).length(Some(wiring.lengths[2]));
            build.add(*spine, core, cable, Part::Top { block, rail });
        }
        Some(())
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
