//! Leaf, spine and core tiers: how many switches, and how they are cabled.
//!
//! Every leaf reaches every spine of its group with an equal bundle. The number of spines is the smallest
//! that has enough ports and divides a leaf's uplinks; this reproduces the component tables of NVIDIA's
//! DGX SuperPOD reference architectures (H100, B200 and B300), also where it gives more spines than ports
//! alone would need. Cores follow the same rule, plane by plane.

use super::Fault;
use super::counts::{Counts, TreeCounts};
use super::limits::check_size;
use super::tiers::{Ports, Uplinks};
use crate::fabric::{Builder, Node, NodeKind};
use crate::ids::NodeId;

/// What has too few ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Short {
    /// Spines, for the leaves of their group.
    Spines,
    /// Cores, for the spines of all groups.
    Cores,
}

/// The switches above a set of leaves: groups of leaves with their spines, and cores over all groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    groups: u32,
    spines: u32,
    spine_lanes: u32,
    planes: u32,
    cores: u32,
    core_lanes: u32,
}

impl Plan {
    /// No switches above a single leaf.
    pub(super) const LEAF_ONLY: Self =
        Self { groups: 1, spines: 0, spine_lanes: 0, planes: 0, cores: 0, core_lanes: 0 };

    /// Spines over `leaves` leaves.
    ///
    /// # Errors
    /// A fault of `tiers` where spines have too few ports.
    pub(super) fn two_tiers(ports: &Ports, leaves: u32) -> Result<Self, Fault> {
        Self::fit_two(ports, leaves).ok_or_else(|| {
            let most = ports.spine;
            Fault::new(
                "tiers",
                format!("{leaves} leaves need a third tier: a spine of {} ports reaches {most}", ports.spine),
            )
        })
    }

    /// Spines over `leaves` leaves, if they have the ports.
    pub(super) fn fit_two(ports: &Ports, leaves: u32) -> Option<Self> {
        let (spines, spine_lanes) = spines(ports.leaf_up, leaves, ports.spine)?;
        Some(Self { groups: 1, spines, spine_lanes, planes: 0, cores: 0, core_lanes: 0 })
    }

    /// Spines over `groups` groups of at most `leaves` leaves each, and cores over the groups.
    ///
    /// A spine has as many uplinks as downlinks in use (or their share, where it is oversubscribed). Planes
    /// are sets of spines, the same in every group, that have their own cores; of all ways to cut planes, the
    /// one with the fewest cores is taken, then the one with the thickest bundles.
    ///
    /// # Errors
    /// Faults of the ports that are too few.
    pub(super) fn three_tiers(ports: &Ports, groups: u32, leaves: u32) -> Result<Self, Fault> {
        Self::fit_three(ports, groups, leaves).map_err(|short| match short {
            Short::Spines => Fault::new(
                "spine_down",
                format!("a group of {leaves} leaves is too large for {} ports", ports.spine_down),
            ),
            Short::Cores => {
                let message = format!(
                    "a core of {} ports cannot reach {groups} groups of spines; raise `radix` or `core_radix`",
                    ports.core
                );
                Fault::new("core_radix", message)
            }
        })
    }

    /// As [`Self::three_tiers`], without words for what is short of ports.
    pub(super) fn fit_three(ports: &Ports, groups: u32, leaves: u32) -> Result<Self, Short> {
        let (spines, spine_lanes) = spines(ports.leaf_up, leaves, ports.spine_down).ok_or(Short::Spines)?;
        let used = u64::from(leaves) * u64::from(spine_lanes);
        let share = (used * u64::from(ports.spine_up)).div_ceil(u64::from(ports.spine_down));
        let up = u32::try_from(share).unwrap_or(ports.spine_up).min(ports.spine_up);
        let wanted = u128::from(spines) * u128::from(groups) * u128::from(up);
        let mut best: Option<(u64, u32, u32)> = None;
        for planes in divisors(spines) {
            for cores in divisors(up) {
                let all = u64::from(planes) * u64::from(cores);
                let enough = u128::from(all) * u128::from(ports.core) >= wanted;
                if enough && best.is_none_or(|b| (all, cores) < (b.0, b.1)) {
                    best = Some((all, cores, planes));
                }
            }
        }
        let (_, cores, planes) = best.ok_or(Short::Cores)?;
        Ok(Self { groups, spines, spine_lanes, planes, cores, core_lanes: up / cores })
    }

    /// Switches and cables of so many copies of the plan over `leaves` leaves each; hosts are left at zero.
    /// What does not fit in 64 bits stays at the largest number.
    pub(super) fn counts(self, copies: u32, leaves: u32, tiers: u32) -> Counts {
        let of = |factors: &[u32]| {
            factors.iter().fold(u64::from(copies), |product, n| product.saturating_mul(u64::from(*n)))
        };
        Counts {
            leaves: of(&[leaves]),
            spines: of(&[self.groups, self.spines]),
            cores: of(&[self.planes, self.cores]),
            spine_cables: of(&[leaves, self.spines, self.spine_lanes]),
            core_cables: of(&[self.groups, self.spines, self.cores, self.core_lanes]),
            tiers,
            ..Counts::default()
        }
    }

    /// The numbers of the plan, for those who count without a file's values.
    pub(super) const fn tree(self) -> TreeCounts {
        TreeCounts {
            spines_per_group: self.spines,
            spine_lanes: self.spine_lanes,
            planes: self.planes,
            cores_per_plane: self.cores,
            core_lanes: self.core_lanes,
        }
    }

    /// Nodes and cables (bundles count once) of so many copies of the plan over `leaves` leaves each.
    ///
    /// # Errors
    /// A fault of `param` where it and the hosts given would be too large.
    pub(super) fn check(
        self,
        builder: &mut Builder,
        param: &'static str,
        copies: u32,
        leaves: u32,
        hosts: (u128, u128),
    ) -> Result<(), Fault> {
        let copies = u128::from(copies);
        let spines = u128::from(self.spines) * u128::from(self.groups);
        let cores = u128::from(self.planes) * u128::from(self.cores);
        let nodes = copies * (u128::from(leaves) + spines + cores);
        let cables =
            copies * (u128::from(leaves) * u128::from(self.spines) + spines * u128::from(self.cores));
        check_size(builder, param, nodes + hosts.0, cables + hosts.1)
    }

    /// Adds spines and cores over the leaves, group by group, and cables them. `rail` tells the rail of a
    /// group's spines, if they have one.
    pub(super) fn add(
        self,
        builder: &mut Builder,
        numbers: &mut Numbers,
        groups: &[Vec<NodeId>],
        uplinks: &Uplinks,
        rail: impl Fn(usize) -> Option<u32>,
    ) {
        let per_plane = self.spines.checked_div(self.planes).unwrap_or(0);
        let spines: Vec<Vec<NodeId>> = groups
            .iter()
            .enumerate()
            .map(|(group, _)| {
                (0..self.spines).map(|_| numbers.add(builder, NodeKind::Spine, rail(group))).collect()
            })
            .collect();
        let cores: Vec<NodeId> =
            (0..self.planes * self.cores).map(|_| numbers.add(builder, NodeKind::Core, None)).collect();
        for (leaves, spines) in groups.iter().zip(&spines) {
            for leaf in leaves {
                for spine in spines {
                    builder.add_cable(*leaf, *spine, uplinks.spine.clone().lanes(self.spine_lanes));
                }
            }
        }
        for spines in &spines {
            for (i, spine) in spines.iter().enumerate() {
                let Some(plane) = (i as u32).checked_div(per_plane) else { continue };
                let first = (plane * self.cores) as usize;
                for core in &cores[first..first + self.cores as usize] {
                    builder.add_cable(*spine, *core, uplinks.core.clone().lanes(self.core_lanes));
                }
            }
        }
    }
}

/// Names switches by kind, counting over the whole fabric.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    leaves: u32,
    spines: u32,
    cores: u32,
}

impl Numbers {
    /// Adds the next leaf, spine or core.
    pub(super) fn add(&mut self, builder: &mut Builder, kind: NodeKind, rail: Option<u32>) -> NodeId {
        let next = match kind {
            NodeKind::Spine => &mut self.spines,
            NodeKind::Core => &mut self.cores,
            _ => &mut self.leaves,
        };
        let mut node = Node::new(format!("{kind}{next}"), kind);
        node.rail = rail;
        *next += 1;
        builder.add_node(node)
    }
}

/// How many spines a group of leaves needs, and the lanes from each leaf to each spine: the fewest spines
/// that have the ports and divide a leaf's uplinks.
fn spines(leaf_up: u32, leaves: u32, spine_ports: u32) -> Option<(u32, u32)> {
    let least = (u64::from(leaves) * u64::from(leaf_up)).div_ceil(u64::from(spine_ports.max(1)));
    divisors(leaf_up).into_iter().find(|s| u64::from(*s) >= least).map(|s| (s, leaf_up / s))
}

/// The divisors of a number, ascending.
fn divisors(n: u32) -> Vec<u32> {
    let small: Vec<u32> = (1..)
        .take_while(|d| u64::from(*d) * u64::from(*d) <= u64::from(n))
        .filter(|d| n.is_multiple_of(*d))
        .collect();
    let large: Vec<u32> = small.iter().rev().map(|d| n / d).filter(|d| small.last() != Some(d)).collect();
    [small, large].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIXTY_FOUR: Ports =
        Ports { leaf_down: 32, leaf_up: 32, spine: 64, spine_down: 32, spine_up: 32, core: 64 };

    #[test]
    fn divisors_ascend_without_repeats() {
        assert_eq!(divisors(1), [1]);
        assert_eq!(divisors(36), [1, 2, 3, 4, 6, 9, 12, 18, 36]);
        assert_eq!(divisors(32), [1, 2, 4, 8, 16, 32]);
    }

    #[test]
    fn spines_divide_the_uplinks() {
        let spines = |leaves| Plan::two_tiers(&SIXTY_FOUR, leaves).unwrap().spines;
        assert_eq!([8, 16, 24, 32, 64].map(spines), [4, 8, 16, 16, 32]);
        assert_eq!(Plan::two_tiers(&SIXTY_FOUR, 65).unwrap_err().param, "tiers");
    }

    #[test]
    fn cores_are_the_fewest_with_equal_bundles() {
        // 16 SU of B200: 8 rail groups of 16 leaves, 16 spines each, 64 cores
        let plan = Plan::three_tiers(&SIXTY_FOUR, 8, 16).unwrap();
        assert_eq!(
            (plan.spines, plan.spine_lanes, plan.planes, plan.cores, plan.core_lanes),
            (16, 2, 16, 4, 8)
        );
        // 40-port switches, 8 rail groups of 7 leaves: planes of 5 spines a group, each with 14 cores
        let forty = Ports { leaf_down: 20, leaf_up: 20, spine: 40, spine_down: 20, spine_up: 20, core: 40 };
        let plan = Plan::three_tiers(&forty, 8, 7).unwrap();
        assert_eq!((plan.spines, plan.planes * plan.cores), (10, 28));
        assert_eq!(Plan::three_tiers(&SIXTY_FOUR, 65, 32).unwrap_err().param, "core_radix");
        assert_eq!(Plan::three_tiers(&SIXTY_FOUR, 8, 33).unwrap_err().param, "spine_down");
    }
}
