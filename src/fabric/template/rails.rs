//! Networks over the rails of pods: adapter `i` of every server of a pod plugs into the pod's leaf `i`.
//!
//! With three tiers, the leaves of one rail share their spines (so a rail meets below the cores), or else the
//! pods of a block do.

use super::clos::{Numbers, Plan};
use super::counts::Counts;
use super::hosts::Servers;
use super::pods::Pods;
use super::tiers::{Ports, Uplinks, tiers};
use super::{Fault, Param, ParamKind, Values};
use crate::fabric::{Builder, Cable, NodeKind};
use crate::ids::NodeId;

/// Which leaves share spines.
pub(super) const SPINE_GROUPS: Param = Param::new(
    "spine_groups",
    ParamKind::Choice(&["rail", "pods"]),
    "rail",
    "with 3 tiers, which leaves share spines: those of a rail, or those of neighbouring pods",
);

/// A network over all rails of all pods.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network {
    servers: Servers,
    pods: Pods,
    leaves: u32,
    tiers: u32,
    groups: Groups,
    plan: Plan,
}

impl Network {
    /// Reads the ports, tiers and pods, and plans the switches; `None` where there are faults.
    pub(super) fn read(values: &Values<'_>, servers: Servers, faults: &mut Vec<Fault>) -> Option<Self> {
        let ports = Ports::read(values, None, faults);
        let pods = Pods::read(values, servers, ports.leaf_down, 1, faults);
        if !faults.is_empty() {
            return None;
        }
        let leaves = u64::from(pods.count) * u64::from(servers.nics);
        let Ok(leaves) = u32::try_from(leaves) else {
            faults.push(Fault::new("servers", format!("{leaves} leaves are too many")));
            return None;
        };
        let tiers = tiers(values, &ports, leaves);
        let groups = match (tiers, values.word("spine_groups")) {
            (1 | 2, _) => Groups { pods: pods.count, by_rail: false },
            (_, "pods") => Groups::block(pods.count, ports.spine_down / servers.nics, false),
            _ => Groups::block(pods.count, ports.spine_down, true),
        };
        let (count, size) = groups.shape(pods.count, servers.nics);
        let plan = match tiers {
            1 if leaves == 1 => Ok(Plan::LEAF_ONLY),
            1 => Err(Fault::new("tiers", format!("{leaves} leaves need spines to reach each other"))),
            2 => Plan::two_tiers(&ports, leaves),
            _ => Plan::three_tiers(&ports, count, size),
        };
        let plan = plan.map_err(|fault| faults.push(fault)).ok()?;
        Some(Self { servers, pods, leaves, tiers, groups, plan })
    }

    /// Switches and cables of so many copies of the network over the same servers.
    pub(super) fn counts(&self, copies: u32) -> Counts {
        let host_cables = self.servers.adapters() * u64::from(copies);
        self.plan.counts(copies, self.leaves, self.tiers).with_hosts(self.servers.count.into(), host_cables)
    }

    /// Checks the size of so many copies and makes room for them.
    ///
    /// # Errors
    /// A fault of `servers` where the fabric would be too large.
    pub(super) fn check(&self, builder: &mut Builder, copies: u32) -> Result<(), Fault> {
        let (nodes, cables) = self.servers.size();
        let host_cables = u128::from(self.servers.adapters()) * u128::from(copies);
        self.plan.check(builder, "servers", copies, self.leaves, (nodes, cables + host_cables))
    }

    /// Adds one copy over the adapters of all servers, its cables to them like `host`.
    pub(super) fn add(
        &self,
        builder: &mut Builder,
        numbers: &mut Numbers,
        nics: &[Vec<NodeId>],
        host: &Cable,
        uplinks: &Uplinks,
    ) {
        let rails = self.servers.nics;
        let (count, _) = self.groups.shape(self.pods.count, rails);
        let mut members = vec![Vec::new(); count as usize];
        for (pod, servers) in nics.chunks(self.pods.servers as usize).enumerate() {
            for rail in 0..rails {
                let leaf = numbers.add(builder, NodeKind::Leaf, Some(rail));
                members[self.groups.of(pod as u32, rail, rails) as usize].push(leaf);
                for server in servers {
                    builder.add_cable(server[rail as usize], leaf, host.clone());
                }
            }
        }
        self.plan.add(builder, numbers, &members, uplinks, |group| {
            self.groups.by_rail.then_some((group % rails as usize) as u32)
        });
    }
}

/// Which leaves share spines: blocks of pods, each as one group or split by rail.
#[derive(Debug, Clone, Copy)]
struct Groups {
    /// Pods of a block.
    pods: u32,
    /// Whether each rail of a block is a group of its own.
    by_rail: bool,
}

impl Groups {
    /// Blocks of at most `most` pods, as even as they can be.
    fn block(pods: u32, most: u32, by_rail: bool) -> Self {
        let blocks = pods.div_ceil(most.max(1));
        Self { pods: pods.div_ceil(blocks), by_rail }
    }

    /// The number of groups, and the leaves of a full one.
    fn shape(self, pods: u32, rails: u32) -> (u32, u32) {
        let blocks = pods.div_ceil(self.pods);
        if self.by_rail {
            (blocks.saturating_mul(rails), self.pods)
        } else {
            (blocks, self.pods.saturating_mul(rails))
        }
    }

    /// The group of a leaf.
    fn of(self, pod: u32, rail: u32, rails: u32) -> u32 {
        let block = pod / self.pods;
        if self.by_rail { block * rails + rail } else { block }
    }
}
