//! Tiers of the network diagram.

use std::collections::BTreeSet;

use super::Assigned;
use super::device::{Inventory, Kind};
use crate::result::PlanDiagramTier;
use crate::units::Bandwidth;

/// All tiers that the fabric has, from servers up.
pub(super) fn diagram(parts: &Assigned<'_>, inventory: &Inventory<'_>) -> Vec<PlanDiagramTier> {
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| inventory.count(*kind) > 0).collect();
    let tiers = kinds.iter().enumerate().map(|(at, kind)| {
        let (each, all, rate) =
            kinds.get(at + 1).map_or((0, 0, Bandwidth(0)), |above| up(inventory, *kind, *above));
        let first = inventory.of(*kind).next().map(|(_, device)| device.part);
        let (groups, group) = groups(parts, inventory, *kind);
        PlanDiagramTier {
            tier: tier(*kind).into(),
            part: first.map_or("", |part| part.name()).into(),
            count: inventory.count(*kind).into(),
            groups,
            group: group.into(),
            up_each: each,
            up: all,
            up_gbps: rate.bytes_per_sec() * 8.0 / 1e9,
            ports: first.and_then(|part| part.switch()).map_or(parts.server.nics.into(), |switch| {
                // At the rate of its cables: whole ports, or the parts of split ones.
                let split = u64::from(switch.split.max(1));
                let whole = fastest(inventory, *kind).0.saturating_mul(split) > switch.rate.0;
                u64::from(switch.ports) * if whole { 1 } else { split }
            }),
        }
    });
    tiers.collect()
}

const fn tier(kind: Kind) -> &'static str {
    match kind {
        Kind::Server => "servers",
        Kind::Leaf => "leaves",
        Kind::Spine => "spines",
        Kind::Core => "cores",
        Kind::Switch => "switches",
    }
}

/// Cables to the tier above: of the device that has the most, of all, and the highest rate of one.
fn up(inventory: &Inventory<'_>, kind: Kind, above: Kind) -> (u64, u64, Bandwidth) {
    let mut each = vec![0_u64; inventory.devices.len()];
    let mut rate = Bandwidth(0);
    for line in inventory.lines.iter().filter(|line| inventory.kinds(line) == [kind, above]) {
        each[line.ends[0].0 as usize] += u64::from(line.lanes);
        rate = rate.max(line.rate);
    }
    (each.iter().copied().max().unwrap_or(0), each.iter().sum(), rate)
}

/// The highest rate of a cable of a tier.
fn fastest(inventory: &Inventory<'_>, kind: Kind) -> Bandwidth {
    let own = inventory.lines.iter().filter(|line| inventory.kinds(line).contains(&kind));
    own.map(|line| line.rate).max().unwrap_or(Bandwidth(0))
}

/// Into how many groups a tier falls, and what they are.
fn groups(parts: &Assigned<'_>, inventory: &Inventory<'_>, kind: Kind) -> (u64, &'static str) {
    if matches!(kind, Kind::Server | Kind::Leaf) {
        let (servers, leaves) = parts.pod;
        let pods = inventory.count(Kind::Server).div_ceil(servers.max(1));
        let fits = u64::from(pods) * u64::from(leaves) == u64::from(inventory.count(Kind::Leaf));
        return if fits && pods > 1 { (pods.into(), "pod") } else { (1, "") };
    }
    let rails: Option<BTreeSet<u32>> = inventory.of(kind).map(|(_, device)| device.rail).collect();
    match rails.map(|rails| rails.len()) {
        Some(count @ 2..) => (u64::try_from(count).unwrap_or(u64::MAX), "rail"),
        _ => (1, ""),
    }
}
