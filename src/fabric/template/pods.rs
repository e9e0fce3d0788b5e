//! Pods of servers on leaves, and the tiers over a row of such leaves.

use super::clos::{Numbers, Plan};
use super::counts::Counts;
use super::hosts::Servers;
use super::tiers::{Ports, Uplinks, tiers};
use super::{Fault, Param, ParamKind, Values};
use crate::fabric::Builder;
use crate::ids::NodeId;

/// Servers of a pod.
pub(super) const POD_SERVERS: Param = Param::optional(
    "pod_servers",
    ParamKind::Count { min: 1, max: 1 << 24 },
    "servers of a pod (scalable unit), which has one leaf a rail; as many as a leaf has ports down where left out",
);
/// Places for servers that stay empty.
pub(super) const SPARE: Param = Param::new(
    "spare_servers_per_pod",
    ParamKind::Count { min: 0, max: 1 << 24 },
    "0",
    "places for servers in every pod whose ports serve other things, such as fabric managers",
);
/// Pods: which server stands in which.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pods {
    /// Servers of a full pod.
    pub(super) servers: u32,
    /// How many pods.
    pub(super) count: u32,
}

impl Pods {
    /// Reads `pod_servers` and `spare_servers_per_pod` for leaves of so many ports down, where each server
    /// takes `ports` of a leaf.
    pub(super) fn read(
        values: &Values<'_>,
        servers: Servers,
        leaf_down: u32,
        ports: u32,
        faults: &mut Vec<Fault>,
    ) -> Self {
        let most = leaf_down / ports.max(1);
        if most == 0 && leaf_down > 0 {
            let message =
                format!("a leaf of {leaf_down} ports down has no room for a server of {ports} adapters");
            faults.push(Fault::new("leaf_down", message));
        }
        let places = values.optional_count("pod_servers").unwrap_or(most);
        let spare = values.count("spare_servers_per_pod");
        if places > most && most > 0 {
            let message = format!(
                "a leaf has {leaf_down} ports down, so a pod holds at most {most} servers; raise `radix` or `leaf_down`"
            );
            faults.push(Fault::new("pod_servers", message));
        }
        if spare >= places && places > 0 {
            let message = format!("all {places} places of a pod would be spare");
            faults.push(Fault::new("spare_servers_per_pod", message));
        }
        let in_pod = places.saturating_sub(spare).max(1);
        Self { servers: in_pod, count: servers.count.div_ceil(in_pod) }
    }
}

/// A leaf for each pod, with spines and cores over all of them. A fabric may have several such trees over the
/// same pods.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree {
    /// The pods.
    pub(super) pods: Pods,
    tiers: u32,
    /// Leaves of a group that shares spines.
    group: u32,
    plan: Plan,
}

impl Tree {
    /// Reads the ports, tiers and pods, and plans the switches, where each server takes `ports` of a leaf;
    /// `leaf` says in words which leaf. `None` where there are faults.
    pub(super) fn read(
        values: &Values<'_>,
        servers: Servers,
        ports: u32,
        leaf: &str,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        // spare places need ports as well
        let places = servers.count.saturating_add(values.count("spare_servers_per_pod"));
        let alone = values.optional_count("pod_servers").is_none().then(|| places.saturating_mul(ports));
        let all = Ports::read(values, alone, faults);
        let pods = Pods::read(values, servers, all.leaf_down, ports, faults);
        if !faults.is_empty() {
            return None;
        }
        let tiers = tiers(values, &all, pods.count);
        let groups = pods.count.div_ceil(all.spine_down);
        let size = pods.count.div_ceil(groups);
        let plan = match tiers {
            1 if pods.count == 1 => Ok(Plan::LEAF_ONLY),
            1 => {
                let message = format!("{leaf} holds {} servers, not {}", pods.servers, servers.count);
                Err(Fault::new("tiers", message))
            }
            2 => Plan::two_tiers(&all, pods.count),
            _ => Plan::three_tiers(&all, groups, size),
        };
        let plan = plan.map_err(|fault| faults.push(fault)).ok()?;
        let group = if tiers == 3 { size } else { pods.count };
        Some(Self { pods, tiers, group, plan })
    }

    /// Switches and cables of so many trees, where each adapter of the servers has one cable.
    pub(super) fn counts(self, trees: u32, servers: Servers) -> Counts {
        let switches = self.plan.counts(trees, self.pods.count, self.tiers);
        switches.with_hosts(servers.count.into(), servers.adapters())
    }

    /// Checks the size of so many trees and makes room for them.
    ///
    /// # Errors
    /// A fault of `servers` where the fabric would be too large.
    pub(super) fn check(self, builder: &mut Builder, trees: u32, servers: Servers) -> Result<(), Fault> {
        let (nodes, cables) = servers.size();
        let hosts = (nodes, cables + u128::from(servers.adapters()));
        self.plan.check(builder, "servers", trees, self.pods.count, hosts)
    }

    /// Adds spines and cores over the leaves of all pods.
    pub(super) fn add(
        self,
        builder: &mut Builder,
        numbers: &mut Numbers,
        leaves: &[NodeId],
        uplinks: &Uplinks,
        rail: Option<u32>,
    ) {
        let groups: Vec<_> = leaves.chunks(self.group as usize).map(<[_]>::to_vec).collect();
        self.plan.add(builder, numbers, &groups, uplinks, |_| rail);
    }
}
