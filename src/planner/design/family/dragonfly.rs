//! Dragonflies: groups of switches, each joined to all of its group, and groups joined to one another.
//!
//! A switch takes whole servers. Where possible all switches have as many, and all groups as many switches; else as few
//! places stay free as may be. Ports up are shared out by ratio, as those of leaves are: for each port down a part of a
//! port to other groups, and once or twice as many within the group, where messages to another group pass twice (Kim et
//! al., "Technology-driven, highly-scalable dragonfly topology", ISCA 2008, balance the load so: a = 2p = 2h).

use super::counted::counted;
use super::{Base, PlanFamily, Structure};
use crate::planner::design::PortMode;
use crate::planner::score::{DRAGONFLY, Dragonfly, Shape, Wiring};
use crate::units::Time;

/// `dragonfly`.
pub(super) static FAMILY: PlanFamily = PlanFamily { name: "dragonfly", template: DRAGONFLY, structures };

/// Ports down for each port up that are tried, as quarters, as far as the plan lets them go.
const QUARTERS: [u32; 4] = [4, 8, 16, 32];

/// Of so many places for servers one may stay free.
const FREE: u32 = 16;

/// How servers fill switches, and switches groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Filling {
    /// Servers of a switch.
    each: u32,
    /// Switches of a group.
    switches: u32,
    groups: u32,
    /// Places for servers that stay free.
    free: u32,
}

fn structures(family: usize, base: &Base<'_>) -> Vec<Structure> {
    let server = base.server();
    if server.nics == 0 || !server.accelerators.is_multiple_of(server.nics) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for mode in base.modes(server.nic_rate) {
        let fillings = fillings(base.servers, mode.radix / server.nics);
        let each = fillings.into_iter().map(|own| (own, lanes(base, mode, own)));
        let each: Vec<(Filling, Vec<Dragonfly>)> = each.filter(|(_, lanes)| !lanes.is_empty()).collect();
        // Where all can be filled, nothing is left free.
        let full = each.iter().any(|(filling, _)| filling.free == 0);
        for (filling, lanes) in each.into_iter().filter(|(filling, _)| !full || filling.free == 0) {
            let wiring = |own| wiring(base, mode, filling, own);
            found.extend(lanes.into_iter().filter_map(|own| counted(family, base, wiring(own), Some(mode))));
        }
    }
    found
}

/// Ways to fill switches of so many servers at most, that leave few places free or none.
fn fillings(servers: u32, most: u32) -> Vec<Filling> {
    let mut found = Vec::new();
    for each in 1..=most.min(servers) {
        let all = servers.div_ceil(each);
        // One switch is no dragonfly.
        for switches in 2..=all {
            let groups = all.div_ceil(switches);
            // Of as many groups the smallest.
            if all.div_ceil(groups) != switches {
                continue;
            }
            let places = u64::from(groups) * u64::from(switches) * u64::from(each);
            let free = u32::try_from(places - u64::from(servers)).unwrap_or(u32::MAX);
            if free <= servers / FREE {
                found.push(Filling { each, switches, groups, free });
            }
        }
    }
    found
}

/// Ways to share out the ports of a switch.
fn lanes(base: &Base<'_>, mode: PortMode, filling: Filling) -> Vec<Dragonfly> {
    let Filling { each, switches, groups, .. } = filling;
    let down = each * base.server().nics;
    let mut found: Vec<Dragonfly> = Vec::new();
    for quarters in QUARTERS {
        if f64::from(quarters) > base.plan.most_oversubscribed * 4.0 {
            break;
        }
        let up = (down * 4).div_ceil(quarters);
        let global = if groups > 1 { up } else { 0 };
        // Of two groups all ports go to the other; of more, each must reach all others.
        if u64::from(groups) > u64::from(switches) * u64::from(global) + 1 {
            continue;
        }
        for local in [up, 2 * up] {
            let local_lanes = local.div_ceil(switches - 1);
            let own = Dragonfly { groups, switches, down, local_lanes, global };
            let ports =
                u64::from(down) + u64::from(switches - 1) * u64::from(local_lanes) + u64::from(global);
            if ports <= u64::from(mode.radix) && !found.contains(&own) {
                found.push(own);
            }
        }
    }
    found
}

fn wiring(base: &Base<'_>, mode: PortMode, filling: Filling, own: Dragonfly) -> Wiring {
    let server = base.server();
    // Racks are filled group by group; of a single group, switch by switch.
    let pod = filling.each * if own.groups > 1 { filling.switches } else { 1 };
    let hop = base.catalogue().switches.get(mode.switch).map_or(Time::ZERO, |own| own.latency);
    let all = Wiring::on_one_leaf(server.into(), base.servers, base.technology, server.nic_rate, hop);
    Wiring { pod_servers: pod, shape: Shape::Dragonfly(own), ..all }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fillings_leave_little_free() {
        let told = |servers, most| {
            let each = fillings(servers, most).into_iter().filter(|own| own.free == 0);
            each.map(|own| (own.each, own.switches, own.groups)).collect::<Vec<_>>()
        };
        let twelve = [
            (1, 2, 6),
            (1, 3, 4),
            (1, 4, 3),
            (1, 6, 2),
            (1, 12, 1),
            (2, 2, 3),
            (2, 3, 2),
            (2, 6, 1),
            (3, 2, 2),
            (3, 4, 1),
            (4, 3, 1),
        ];
        assert_eq!(told(12, 4), twelve);
        assert_eq!(told(13, 4), [(1, 13, 1)]);
        assert_eq!(told(4, 8), [(1, 2, 2), (1, 4, 1), (2, 2, 1)]);
        assert!(told(1, 8).is_empty());
        for servers in 2..300u32 {
            for own in fillings(servers, 8) {
                let places = own.each * own.switches * own.groups;
                assert_eq!(places, servers + own.free, "{servers} {own:?}");
                assert!(own.free <= servers / FREE, "{servers} {own:?}");
                // The last group has servers.
                assert!((own.groups - 1) * own.switches * own.each < servers, "{servers} {own:?}");
            }
        }
    }
}
