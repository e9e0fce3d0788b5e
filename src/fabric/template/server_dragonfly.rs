//! GPU servers on a dragonfly: groups of switches in full mesh, and cables between all groups.
//!
//! After Kim et al., "Technology-driven, highly-scalable dragonfly topology" (ISCA 2008), whose p, a and h are
//! `switch_down`, `group_switches` and `switch_global`: a group reaches a h others, so there are at most a h + 1
//! groups of a switches. Routes are shortest paths, of at most one cable in each end's group and one between
//! groups; a path over a third group is taken only where it is as short or shorter.
//!
//! Servers fill switch by switch and group by group, and stay in one group. Where a switch has ports for all
//! adapters of a server, it takes as many whole servers as it has ports for; else a server spans the fewest
//! consecutive switches, with `switch_down` adapters on each but perhaps the last, which serve no other server.

use super::bundles::{Bundle, Join};
use super::counts::Counts;
use super::hosts::{
    GPUS, Hosts, NETWORK_BANDWIDTH, NETWORK_CLASS, NICS, NVLINK_BANDWIDTH, NVLINK_CLASS, NVLINK_LATENCY,
    NVSWITCH_IN_NETWORK, PCIE_BANDWIDTH, PCIE_CLASS, PCIE_LATENCY, SERVERS, Servers,
};
use super::limits::check_size;
use super::medium::LATENCY;
use super::tiers::{HOST_LENGTH, PORTS, RADIX, UPLINK_BANDWIDTH, Uplinks};
use super::{Family, Fault, Param, ParamKind, Values, global_links};
use crate::fabric::{Builder, Node, NodeKind};
use crate::ids::NodeId;

/// `server-dragonfly`. Switch `s` of group `g` is `group{g}/switch{s}`.
pub(super) static FAMILY: Family = Family {
    name: "server-dragonfly",
    about: "GPU servers on groups of fully meshed switches, with cables spread evenly over all pairs of groups",
    params: &[
        SERVERS,
        GPUS,
        NICS,
        Param::optional(
            "groups",
            ParamKind::Count { min: 1, max: 1 << 24 },
            "groups of switches; as many as the servers fill where left out",
        ),
        RADIX,
        Param::optional(
            "switch_down",
            PORTS,
            "ports of a switch to adapters; a quarter of `radix` + 1, rounded down, where left out",
        ),
        Param::optional(
            "group_switches",
            PORTS,
            "switches of a group, each cabled to all others; twice that quarter where left out",
        ),
        Param::new("local_lanes", PORTS, "1", "cables between any two switches of a group"),
        Param::optional(
            "switch_global",
            ParamKind::Count { min: 0, max: 1 << 24 },
            "ports of a switch to other groups; that quarter where left out",
        ),
        NETWORK_BANDWIDTH,
        UPLINK_BANDWIDTH,
        NETWORK_CLASS,
        LATENCY,
        HOST_LENGTH,
        Param::optional("local_length", ParamKind::Length, "length of the cables within a group"),
        Param::optional("global_length", ParamKind::Length, "length of the cables between groups"),
        NVLINK_BANDWIDTH,
        NVLINK_CLASS,
        NVLINK_LATENCY,
        NVSWITCH_IN_NETWORK,
        PCIE_BANDWIDTH,
        PCIE_CLASS,
        PCIE_LATENCY,
    ],
    build,
    counts: Some(counts),
};

/// Where the servers are plugged in.
#[derive(Debug, Clone, Copy)]
struct Layout {
    servers: Servers,
    /// Ports of a switch to adapters.
    down: u32,
    /// Switches of a group.
    switches: u32,
    /// Cables between two of them.
    lanes: u32,
    /// Ports of a group to other groups.
    ports: u64,
    groups: u32,
    /// Servers of a full group.
    group: u32,
}

impl Layout {
    /// Reads groups and ports; `None` where there are faults.
    fn read(values: &Values<'_>, servers: Servers, faults: &mut Vec<Fault>) -> Option<Self> {
        let radix = values.count("radix");
        // a = 2 p = 2 h balances the load: p + a - 1 + h is the radix
        let quarter = (radix.saturating_add(1) / 4).max(1);
        let down = values.optional_count("switch_down").unwrap_or(quarter);
        let switches = values.optional_count("group_switches").unwrap_or(2 * quarter);
        let global = values.optional_count("switch_global").unwrap_or(quarter);
        let lanes = values.count("local_lanes");
        let mesh = u64::from(switches.saturating_sub(1)) * u64::from(lanes);
        if u64::from(down) + mesh + u64::from(global) > u64::from(radix) {
            let message = format!(
                "{down} ports down, {mesh} to the group and {global} to other groups do not fit a switch of {radix} ports"
            );
            faults.push(Fault::new("switch_down", message));
        }
        let group = match down.checked_div(servers.nics) {
            Some(0) if down > 0 => switches / servers.nics.div_ceil(down),
            Some(each) => switches.saturating_mul(each),
            None => 0,
        };
        if group == 0 && servers.nics > 0 {
            let message = format!(
                "a server of {} adapters does not fit a group of {switches} switches with {down} ports down each",
                servers.nics
            );
            faults.push(Fault::new("switch_down", message));
        }
        if !faults.is_empty() {
            return None;
        }
        let needed = servers.count.div_ceil(group);
        let given = values.optional_count("groups");
        let groups = given.unwrap_or(needed);
        if groups < needed {
            let message = format!("{} servers fill {needed} groups of {group}, not {groups}", servers.count);
            faults.push(Fault::new("groups", message));
        }
        let ports = u64::from(switches) * u64::from(global);
        if u64::from(groups) > ports + 1 {
            let message = format!(
                "{groups} groups cannot all be joined: a group has {ports} ports to others; raise `radix` or `switch_global`"
            );
            faults.push(Fault::new(if given.is_some() { "groups" } else { "servers" }, message));
        }
        faults.is_empty().then_some(Self { servers, down, switches, lanes, ports, groups, group })
    }

    /// The group of a server's adapter, and its switch in the group.
    fn place(&self, server: u32, nic: u32) -> (u32, u32) {
        let (group, at) = (server / self.group, server % self.group);
        let each = self.down / self.servers.nics;
        let spans = self.servers.nics.div_ceil(self.down);
        // no whole server fits a switch where `each` is zero
        let switch = at.checked_div(each).unwrap_or(at * spans + nic / self.down);
        (group, switch)
    }

    /// All cables: those of adapters, those within groups, those between groups. Switches are numbered group by group.
    fn bundles(&self, tell: &mut dyn FnMut(Bundle)) {
        let switch = |(group, at): (u32, u32)| group * self.switches + at;
        for server in 0..self.servers.count {
            let mut from = 0;
            while from < self.servers.nics {
                let at = self.place(server, from);
                let same = (from..self.servers.nics).take_while(|nic| self.place(server, *nic) == at).count();
                let lanes = u32::try_from(same).unwrap_or(1);
                tell(Bundle { join: Join::Host, ends: [server, switch(at)], first: from, lanes });
                from += lanes;
            }
        }
        for group in 0..self.groups {
            for (one, other) in
                (0..self.switches).flat_map(|one| (one + 1..self.switches).map(move |to| (one, to)))
            {
                let ends = [switch((group, one)), switch((group, other))];
                tell(Bundle { join: Join::Local, ends, first: 0, lanes: self.lanes });
            }
        }
        for link in global_links::all(self.groups, self.switches, self.ports) {
            tell(Bundle { join: Join::Global, ends: link.ends.map(switch), first: 0, lanes: link.lanes });
        }
    }

    fn counts(&self) -> Counts {
        let (groups, switches) = (u64::from(self.groups), u64::from(self.switches));
        let mesh = (switches * (switches - 1) / 2).saturating_mul(self.lanes.into());
        let switches = Counts {
            leaves: groups * switches,
            spine_cables: groups.saturating_mul(mesh),
            core_cables: global_links::count(self.groups, self.ports),
            tiers: 1,
            ..Counts::default()
        };
        switches.with_hosts(self.servers.count.into(), self.servers.adapters())
    }

    /// Checks the size of the fabric and makes room for it.
    fn check(&self, values: &Values<'_>, builder: &mut Builder) -> Result<(), Fault> {
        let counts = self.counts();
        let (nodes, cables) = self.servers.size();
        let (nodes, cables) = (nodes + u128::from(counts.leaves), cables + u128::from(counts.cables()));
        let param = if values.optional_count("groups").is_some() { "groups" } else { "servers" };
        check_size(builder, param, nodes, cables)
    }
}

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let servers = Servers::read(values, values.count("servers"), &mut faults);
    let layout = Layout::read(values, servers, &mut faults);
    let hosts = Hosts::read(values, builder, servers, false, &mut faults);
    let (Some(layout), Some(hosts), true) = (layout, hosts, faults.is_empty()) else { return Err(faults) };
    layout.check(values, builder).map_err(|fault| vec![fault])?;

    let nics = hosts.add_all(builder);
    let name = |at: u32| format!("group{}/switch{}", at / layout.switches, at % layout.switches);
    let switches: Vec<NodeId> = (0..layout.groups * layout.switches)
        .map(|at| builder.add_node(Node::new(name(at), NodeKind::Switch)))
        .collect();
    let uplinks = Uplinks::named(values, &hosts.network, ["local_length", "global_length"]);
    layout.bundles(&mut |bundle| {
        let [from, to] = bundle.ends.map(|end| end as usize);
        let between = match bundle.join {
            Join::Host => {
                for nic in &nics[from][bundle.first as usize..][..bundle.lanes as usize] {
                    builder.add_cable(*nic, switches[to], hosts.network.clone());
                }
                return;
            }
            Join::Local => &uplinks.spine,
            Join::Global => &uplinks.core,
            Join::Servers => return,
        };
        builder.add_cable(switches[from], switches[to], between.clone().lanes(bundle.lanes));
    });
    Ok(())
}

/// All cables of such a fabric; none where there are faults.
pub(super) fn bundles(values: &Values<'_>, tell: &mut dyn FnMut(Bundle)) {
    let mut faults = Vec::new();
    let servers = Servers::read(values, values.count("servers"), &mut faults);
    if let Some(layout) = Layout::read(values, servers, &mut faults) {
        layout.bundles(tell);
    }
}

fn counts(values: &Values<'_>) -> Result<Counts, Vec<Fault>> {
    let mut faults = Vec::new();
    let servers = Servers::read(values, values.count("servers"), &mut faults);
    Layout::read(values, servers, &mut faults).map(|layout| layout.counts()).ok_or(faults)
}
