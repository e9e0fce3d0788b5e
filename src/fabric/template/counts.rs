//! Counts of switches and cables without a fabric: what planners ask for thousands of designs.
//!
//! The counts come from the same layouts that the families build from, so the two cannot differ. They take
//! constant time, but for the cutting of spines and cores, which tries the divisors of two numbers of ports.
//! They are told also for fabrics that are too large to be built.

use super::clos::Plan;
use super::tiers::Ports;

/// Servers, switches and cables of a fabric. A bundle of parallel cables counts as many as it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Servers.
    pub servers: u64,
    /// Switches that servers plug into: leaves, and all switches of a dragonfly.
    pub leaves: u64,
    /// Switches of the second tier.
    pub spines: u64,
    /// Switches of the third tier.
    pub cores: u64,
    /// Cables with an adapter at one end, or at both where servers are joined directly.
    pub host_cables: u64,
    /// Cables from leaves to spines, and within the groups of a dragonfly.
    pub spine_cables: u64,
    /// Cables from spines to cores, and between the groups of a dragonfly.
    pub core_cables: u64,
    /// Tiers of switches: 1 for a dragonfly, 0 where servers are joined directly.
    pub tiers: u32,
}

impl Counts {
    /// All switches.
    pub const fn switches(&self) -> u64 {
        self.leaves.saturating_add(self.spines).saturating_add(self.cores)
    }

    /// All cables of the network.
    pub const fn cables(&self) -> u64 {
        self.host_cables.saturating_add(self.spine_cables).saturating_add(self.core_cables)
    }

    /// The same over so many servers with so many cables.
    pub(super) const fn with_hosts(mut self, servers: u64, cables: u64) -> Self {
        self.servers = servers;
        self.host_cables = cables;
        self
    }
}

/// A tree of switches over leaves, in plain numbers. Leaves form groups that share spines; with two tiers there
/// is one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tree {
    /// Ports of a leaf to the spines.
    pub leaf_up: u32,
    /// Leaves of a full group.
    pub leaves_per_group: u32,
    /// Groups of leaves, with three tiers.
    pub groups: u32,
    /// All ports of a spine, which serve leaves where there are two tiers.
    pub spine_radix: u32,
    /// Ports of a spine to the leaves, with three tiers.
    pub spine_down: u32,
    /// Ports of a spine to the cores, with three tiers.
    pub spine_up: u32,
    /// Ports of a core, with three tiers.
    pub core_radix: u32,
    /// Whether there are cores.
    pub three: bool,
}

/// The switches and bundles of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeCounts {
    /// Spines of a group.
    pub spines_per_group: u32,
    /// Cables from each leaf to each spine of its group.
    pub spine_lanes: u32,
    /// Sets of spines that have cores of their own; 0 with two tiers.
    pub planes: u32,
    /// Cores of a plane; 0 with two tiers.
    pub cores_per_plane: u32,
    /// Cables from each spine to each core of its plane; 0 with two tiers.
    pub core_lanes: u32,
}

/// The spines and cores that a tree needs, by the rules of all tiered families; `None` where ports are too few.
pub fn tree(tree: &Tree) -> Option<TreeCounts> {
    let ports = Ports {
        leaf_down: 0,
        leaf_up: tree.leaf_up,
        spine: tree.spine_radix,
        spine_down: tree.spine_down,
        spine_up: tree.spine_up,
        core: tree.core_radix,
    };
    if tree.leaves_per_group == 0 || tree.leaf_up == 0 {
        return None;
    }
    if !tree.three {
        return Plan::fit_two(&ports, tree.leaves_per_group).map(Plan::tree);
    }
    if [tree.groups, tree.spine_down, tree.spine_up, tree.core_radix].contains(&0) {
        return None;
    }
    Plan::fit_three(&ports, tree.groups, tree.leaves_per_group).ok().map(Plan::tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_cut_as_families_cut_them() {
        let sixty_four = Tree {
            leaf_up: 32,
            leaves_per_group: 16,
            groups: 8,
            spine_radix: 64,
            spine_down: 32,
            spine_up: 32,
            core_radix: 64,
            three: true,
        };
        let counts = tree(&sixty_four).unwrap();
        assert_eq!((counts.spines_per_group, counts.spine_lanes), (16, 2));
        assert_eq!((counts.planes, counts.cores_per_plane, counts.core_lanes), (16, 4, 8));
        let two = Tree { three: false, leaves_per_group: 24, ..sixty_four };
        let expected =
            TreeCounts { spines_per_group: 16, spine_lanes: 2, planes: 0, cores_per_plane: 0, core_lanes: 0 };
        assert_eq!(tree(&two), Some(expected));
        for (field, bad) in [
            ("spines short of ports", Tree { leaves_per_group: 33, ..sixty_four }),
            ("cores short of ports", Tree { groups: 65, leaves_per_group: 32, ..sixty_four }),
            ("no uplinks", Tree { leaf_up: 0, ..sixty_four }),
            ("no leaves", Tree { leaves_per_group: 0, ..sixty_four }),
            ("no groups", Tree { groups: 0, ..sixty_four }),
            ("no ports down", Tree { spine_down: 0, ..sixty_four }),
            ("no ports up", Tree { spine_up: 0, ..sixty_four }),
            ("no ports of spines", Tree { spine_radix: 0, three: false, ..sixty_four }),
            ("no ports of cores", Tree { core_radix: 0, ..sixty_four }),
        ] {
            assert_eq!(tree(&bad), None, "{field}");
        }
    }

    #[test]
    fn counts_that_do_not_fit_stay_at_the_largest() {
        let ports = Ports {
            leaf_down: 1,
            leaf_up: 1 << 24,
            spine: 1 << 24,
            spine_down: 1 << 23,
            spine_up: 1 << 23,
            core: 1 << 24,
        };
        let plan = Plan::fit_three(&ports, 1 << 23, 1 << 23).unwrap();
        let counts = plan.counts(u32::MAX, 1 << 31, 3).with_hosts(1, 1);
        assert_eq!((counts.core_cables, counts.cables()), (u64::MAX, u64::MAX));
        assert_eq!(counts.leaves, u64::from(u32::MAX) << 31);
        assert!(counts.switches() > counts.leaves);
    }
}
