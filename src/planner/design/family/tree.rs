//! Trees of switches over servers: all ways to share out their ports.

use super::Structure;
use crate::fabric::template::{Tree, TreeCounts, tree};
use crate::planner::design::{Base, PortMode, Switches};
use crate::planner::score::{Attach, Wiring};
use crate::units::{Bandwidth, Time};

/// A sort of trees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sort {
    /// How adapters attach.
    pub(super) attach: Attach,
    /// Whether every rail has a tree of its own.
    pub(super) separate: bool,
    /// Trees side by side.
    pub(super) planes: u32,
    /// The fewest tiers.
    pub(super) least: u32,
    /// The most tiers.
    pub(super) most: u32,
}

/// Ports down for each port up that are tried, as quarters, as far as the plan lets them go.
const QUARTERS: [u32; 10] = [4, 5, 6, 8, 10, 12, 16, 20, 24, 32];

/// Pods as they can be cut with leaves of one sort and ratio.
#[derive(Debug, Clone, Copy)]
struct Cut {
    leaf: PortMode,
    pod_servers: u32,
    pods: u32,
    down: u32,
    up: u32,
}

/// All trees of a sort: of as few tiers as do with their switches.
pub(super) fn trees(family: usize, base: &Base<'_>, sort: Sort) -> Vec<Structure> {
    let server = base.server();
    let whole = server.nic_rate.bits_per_sec();
    let planes = u64::from(sort.planes);
    if server.nics == 0 || !server.accelerators.is_multiple_of(server.nics) || !whole.is_multiple_of(planes) {
        return Vec::new();
    }
    let rate = Bandwidth(whole / planes);
    let modes = base.modes(rate);
    let maker = Maker { family, base, sort, rate };
    let mut found = Vec::new();
    for leaf in &modes {
        if sort.least == 1 {
            found.extend(maker.one(*leaf));
        }
        for cut in maker.cuts(*leaf).into_iter().filter(|_| sort.most > 1) {
            for spine in &modes {
                match maker.two(cut, *spine) {
                    Some(own) => found.push(own),
                    None if sort.most > 2 => {
                        found.extend(modes.iter().flat_map(|core| maker.three(cut, *spine, *core)));
                    }
                    None => {}
                }
            }
        }
    }
    found
}

struct Maker<'a> {
    family: usize,
    base: &'a Base<'a>,
    sort: Sort,
    rate: Bandwidth,
}

impl Maker<'_> {
    /// Ports of a leaf that a server takes.
    fn ports(&self) -> u32 {
        match self.sort.attach {
            Attach::Rail => 1,
            Attach::Server => self.base.server().nics,
        }
    }

    /// Leaves of a pod in one plane.
    fn leaves(&self) -> u32 {
        match self.sort.attach {
            Attach::Rail => self.base.server().nics,
            Attach::Server => 1,
        }
    }

    /// Trees in all: planes, and rails where each has its own.
    fn copies(&self) -> u32 {
        self.sort.planes * if self.sort.separate { self.base.server().nics } else { 1 }
    }

    /// Leaves of a pod in one tree.
    fn leaves_in_tree(&self) -> u32 {
        if self.sort.separate { 1 } else { self.leaves() }
    }

    fn wiring(&self, cut: Cut, hop: Time) -> Wiring {
        let (sort, server) = (self.sort, self.base.server());
        let (servers, technology) = (self.base.servers, self.base.technology);
        Wiring {
            attach: sort.attach,
            separate: sort.separate,
            relay: sort.separate,
            planes: sort.planes,
            pod_servers: cut.pod_servers,
            port_rate: self.rate,
            block_pods: cut.pods,
            ..Wiring::on_one_leaf(server.into(), servers, technology, server.nic_rate, hop)
        }
    }

    /// The largest latency of some switches.
    fn hop(&self, modes: &[PortMode]) -> Time {
        let latency = |mode: &PortMode| self.base.catalogue().switches[mode.switch].latency;
        modes.iter().map(latency).max().unwrap_or(Time::ZERO)
    }

    fn structure(&self, cut: Cut, wiring: Wiring) -> Option<Structure> {
        let leaves = cut.pods.checked_mul(self.leaves())?.checked_mul(self.sort.planes)?;
        let adapters = u64::from(self.base.servers) * u64::from(self.base.server().nics);
        Some(Structure {
            family: self.family,
            server: self.base.server,
            nic: self.base.nic,
            wiring,
            leaf: Some(Switches { mode: cut.leaf, count: leaves }),
            spine: None,
            core: None,
            leaves_per_pod: self.leaves() * self.sort.planes,
            leaf_down: cut.down,
            spine_ports: (0, 0),
            spines_per_group: 0,
            spine_lanes: 0,
            core_lanes: 0,
            cores_per_plane: 0,
            cables: [adapters * u64::from(self.sort.planes), u64::from(leaves) * u64::from(cut.up), 0],
        })
    }

    /// All servers on one leaf of each tree.
    fn one(&self, leaf: PortMode) -> Option<Structure> {
        let servers = self.base.servers;
        let down = servers.checked_mul(self.ports())?;
        let joined = self.sort.separate || self.leaves() == 1;
        if down > leaf.radix || !joined {
            return None;
        }
        let cut = Cut { leaf, pod_servers: servers, pods: 1, down, up: 0 };
        self.structure(cut, self.wiring(cut, self.hop(&[leaf])))
    }

    /// Pods by ratio: as large as ports allow where all can be alike and at least half as large as that, else as even as
    /// they can be.
    fn cuts(&self, leaf: PortMode) -> Vec<Cut> {
        let (servers, ports) = (self.base.servers, self.ports());
        let mut found: Vec<Cut> = Vec::new();
        for quarters in QUARTERS {
            if f64::from(quarters) > self.base.plan.most_oversubscribed * 4.0 {
                break;
            }
            let most = leaf.radix.saturating_mul(quarters) / (4 + quarters) / ports;
            if most == 0 {
                continue;
            }
            let largest = most.min(servers);
            let alike = (largest.div_ceil(2)..=largest).rev().find(|size| servers.is_multiple_of(*size));
            let even = servers.div_ceil(servers.div_ceil(largest));
            let pod_servers = alike.unwrap_or(even);
            let down = pod_servers * ports;
            let up = (down * 4).div_ceil(quarters).max(1);
            let pods = servers.div_ceil(pod_servers);
            let cut = Cut { leaf, pod_servers, pods, down, up };
            let same = |own: &Cut| (own.pod_servers, own.up) == (pod_servers, up);
            if down + up <= leaf.radix && !found.iter().any(same) {
                found.push(cut);
            }
        }
        found
    }

    /// With spines over all leaves; `None` where they have too few ports, or join nothing.
    fn two(&self, cut: Cut, spine: PortMode) -> Option<Structure> {
        let leaves = cut.pods.checked_mul(self.leaves_in_tree())?;
        let counts = tree(&Tree {
            leaf_up: cut.up,
            leaves_per_group: leaves,
            groups: 1,
            spine_radix: spine.radix,
            spine_down: spine.radix,
            spine_up: 0,
            core_radix: 0,
            three: false,
        })?;
        let mut wiring = self.wiring(cut, self.hop(&[cut.leaf, spine]));
        (wiring.tiers, wiring.leaf_up) = (2, cut.up);
        wiring.spine_lanes = share(cut.up, counts.spine_lanes);
        let mut own = self.structure(cut, wiring)?;
        (own.spines_per_group, own.spine_lanes) = (counts.spines_per_group, counts.spine_lanes);
        own.spine =
            Some(Switches { mode: spine, count: counts.spines_per_group.checked_mul(self.copies())? });
        Some(own)
    }

    /// With spines over groups of leaves and cores over those.
    fn three(&self, cut: Cut, spine: PortMode, core: PortMode) -> Vec<Structure> {
        let mut found = Vec::new();
        for quarters in [4, 8, 16] {
            if f64::from(quarters) > self.base.plan.most_oversubscribed * 4.0 {
                break;
            }
            let down = spine.radix.saturating_mul(quarters) / (4 + quarters);
            let up = (down * 4).div_ceil(quarters);
            let whole = self.sort.attach == Attach::Rail && !self.sort.separate;
            for by_rail in [false, true] {
                // Only rails of one tree can be told apart.
                if by_rail && !whole {
                    continue;
                }
                let most = if by_rail || !whole { down } else { down / self.leaves() };
                if most == 0 || up == 0 {
                    continue;
                }
                let blocks = cut.pods.div_ceil(most);
                let block_pods = cut.pods.div_ceil(blocks);
                let blocks = cut.pods.div_ceil(block_pods);
                let (groups, leaves) = match (whole, by_rail) {
                    (true, true) => (blocks * self.leaves(), block_pods),
                    (true, false) => (blocks, block_pods * self.leaves()),
                    (false, _) => (blocks, block_pods),
                };
                let counts = tree(&Tree {
                    leaf_up: cut.up,
                    leaves_per_group: leaves,
                    groups,
                    spine_radix: spine.radix,
                    spine_down: down,
                    spine_up: up,
                    core_radix: core.radix,
                    three: true,
                });
                let shape = Grouping { counts, groups, block_pods, by_rail, ports: (down, up) };
                found.extend(self.with_cores(cut, spine, core, shape));
            }
        }
        found
    }

    fn with_cores(&self, cut: Cut, spine: PortMode, core: PortMode, shape: Grouping) -> Option<Structure> {
        let counts = shape.counts?;
        let each = counts.cores_per_plane * counts.core_lanes;
        let mut wiring = self.wiring(cut, self.hop(&[cut.leaf, spine, core]));
        wiring.tiers = 3;
        (wiring.leaf_up, wiring.spine_lanes) = (cut.up, share(cut.up, counts.spine_lanes));
        (wiring.block_pods, wiring.by_rail) = (shape.block_pods, shape.by_rail);
        wiring.group_up = counts.spines_per_group * each;
        let core_takes = counts.spines_per_group / counts.planes.max(1) * counts.core_lanes;
        wiring.core_lanes = share(wiring.group_up, core_takes);
        let mut own = self.structure(cut, wiring)?;
        let spines = counts.spines_per_group.checked_mul(shape.groups)?.checked_mul(self.copies())?;
        let cores = counts.planes.checked_mul(counts.cores_per_plane)?.checked_mul(self.copies())?;
        own.spine = Some(Switches { mode: spine, count: spines });
        own.core = Some(Switches { mode: core, count: cores });
        own.spine_ports = shape.ports;
        own.spines_per_group = counts.spines_per_group;
        own.spine_lanes = counts.spine_lanes;
        (own.core_lanes, own.cores_per_plane) = (counts.core_lanes, counts.cores_per_plane);
        own.cables[2] = u64::from(spines) * u64::from(each);
        Some(own)
    }
}

/// How groups of leaves are cut.
struct Grouping {
    counts: Option<TreeCounts>,
    groups: u32,
    block_pods: u32,
    by_rail: bool,
    ports: (u32, u32),
}

/// What is taken to be lost with a switch that has `lanes` of `all` ports up: the next larger of a half, a quarter, and so
/// on, so that networks which differ in little else are one.
fn share(all: u32, lanes: u32) -> u32 {
    if lanes >= all {
        return all;
    }
    let mut part = 2u32;
    while part < 64 && lanes * part * 2 <= all {
        part *= 2;
    }
    all.div_ceil(part).max(lanes).min(all)
}
