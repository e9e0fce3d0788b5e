//! Every single cable: its ends with their ports, its medium and its length.

use std::collections::BTreeMap;

use super::device::{Inventory, Kind, Line};
use super::stand::Standing;
use super::{Assigned, DrawError, metres};
use crate::fabric::parts::{MediumKind, Switch};
use crate::ids::{NodeId, number};
use crate::planner::floor::{
    Bundle, Choices, End, Floor, Misfit, Modules, STOCK, Slot, Stand, choices, length, level, stock,
};
use crate::result::{PlanCable, PlanEnd, PlanLength, PlanRun, PlanTier};
use crate::units::{Bandwidth, Money};

/// Sorts of cables: one for each rate.
#[derive(Debug)]
pub(super) struct Sorts {
    each: Vec<(Bandwidth, Choices)>,
}

impl Sorts {
    pub(super) fn new(inventory: &Inventory<'_>, parts: &Assigned<'_>) -> Result<Self, DrawError> {
        let mut rates: Vec<Bandwidth> = inventory.lines.iter().map(|line| line.rate).collect();
        rates.sort_unstable();
        rates.dedup();
        let each = rates.into_iter().map(|rate| {
            let found = choices(parts.catalogue, parts.technology, rate, parts.media);
            if found.each.iter().all(Option::is_none) {
                return Err(DrawError::NoMedium { technology: parts.technology.name(), rate });
            }
            Ok((rate, found))
        });
        Ok(Self { each: each.collect::<Result<_, _>>()? })
    }

    /// The place of a line's sort.
    fn of(&self, line: &Line) -> usize {
        self.each.partition_point(|(rate, _)| *rate < line.rate)
    }
}

/// Racks and the cables between them.
pub(super) fn floor(
    parts: &Assigned<'_>,
    inventory: &Inventory<'_>,
    standing: &Standing,
    sorts: &Sorts,
) -> Floor {
    let mut bundles: BTreeMap<Bundle, u32> = BTreeMap::new();
    for line in &inventory.lines {
        let [one, other] = line.ends.map(|(device, _)| {
            let stand = standing.stands[device as usize];
            (stand.rack, level(stand.unit, inventory.devices[device as usize].part.height()))
        });
        if one.0 != other.0 {
            let ((a, level_a), (b, level_b)) = (one.min(other), one.max(other));
            let bundle = Bundle { a, b, level_a, level_b, count: 0, curve: number(sorts.of(line)) };
            *bundles.entry(bundle).or_default() += line.lanes;
        }
    }
    Floor {
        room: parts.room,
        rack_height: parts.rack.height,
        kinds: standing.racks.iter().map(|rack| rack.kind).collect(),
        pods: standing.racks.iter().map(|rack| rack.pod).collect(),
        bundles: bundles.into_iter().map(|(bundle, count)| Bundle { count, ..bundle }).collect(),
        curves: sorts.each.iter().map(|(_, choices)| choices.curve(|price| price.mid)).collect(),
    }
}

/// Cost of the cables within racks, which is the same wherever they stand.
pub(super) fn within(
    parts: &Assigned<'_>,
    inventory: &Inventory<'_>,
    standing: &Standing,
    sorts: &Sorts,
) -> Money {
    let same = |line: &&Line| {
        let [a, b] = line.ends.map(|(device, _)| standing.stands[device as usize].rack);
        a == b
    };
    let corner = Slot { row: 0, place: 0 };
    let cost = |line: &Line| {
        let [a, b] = line.ends.map(|(device, _)| end(inventory, standing, device, corner));
        let choice = sorts.each[sorts.of(line)].1.at(length(&parts.room, parts.rack.height, a, b));
        choice.map_or(Money::ZERO, |choice| choice.price.mid.times(line.lanes.into()))
    };
    inventory.lines.iter().filter(same).map(cost).sum()
}

fn end(inventory: &Inventory<'_>, standing: &Standing, device: u32, slot: Slot) -> End {
    let Stand { unit, .. } = standing.stands[device as usize];
    End { slot, unit, height: inventory.devices[device as usize].part.height() }
}

/// All cables, and what they add up to.
#[derive(Debug)]
pub(super) struct Cabled {
    pub(super) cables: Vec<PlanCable>,
    /// Cables of each medium and stock length: by index into the catalogue's media and place in [`STOCK`].
    pub(super) counts: BTreeMap<(usize, usize), u64>,
    /// Modules of each medium.
    pub(super) modules: Vec<u64>,
    pub(super) tiers: Vec<PlanTier>,
    pub(super) runs: Vec<PlanRun>,
}

/// Names of tiers of cables.
const fn tier(kinds: [Kind; 2]) -> &'static str {
    match kinds {
        [Kind::Server, Kind::Server] => "server-server",
        [Kind::Server, Kind::Leaf] => "server-leaf",
        [Kind::Server, _] => "server-switch",
        [Kind::Leaf, Kind::Spine] => "leaf-spine",
        [Kind::Spine, Kind::Core] => "spine-core",
        [Kind::Leaf, Kind::Leaf] => "leaf-leaf",
        _ => "switch-switch",
    }
}

/// Runs every cable; racks stand on `slots` and are told in this order.
pub(super) fn cable(
    parts: &Assigned<'_>,
    inventory: &Inventory<'_>,
    standing: &Standing,
    sorts: &Sorts,
    slots: &[Slot],
    order: &[u32],
) -> Result<Cabled, DrawError> {
    let mut ports = Ports::new(inventory);
    let mut modules = Modules::new(parts.catalogue, inventory.devices.len());
    let mut cables = Vec::new();
    let mut counts: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    // Tiers from servers up, in them media and lengths.
    let mut tiers: BTreeMap<([Kind; 2], usize, usize), u64> = BTreeMap::new();
    let mut runs: BTreeMap<([Kind; 2], u32, u32), BTreeMap<MediumKind, u32>> = BTreeMap::new();
    for line in &inventory.lines {
        let racks = line.ends.map(|(device, _)| standing.stands[device as usize].rack);
        let [a, b] =
            [0, 1].map(|at: usize| end(inventory, standing, line.ends[at].0, slots[racks[at] as usize]));
        let span = length(&parts.room, parts.rack.height, a, b);
        let choices = &sorts.each[sorts.of(line)].1;
        let (Some(choice), Some(at)) = (choices.at(span), stock(span)) else {
            return Err(Misfit::Reach.into());
        };
        let medium = &parts.catalogue.media[choice.medium];
        let kinds = inventory.kinds(line);
        let lanes = u64::from(line.lanes);
        *counts.entry((choice.medium, at)).or_default() += lanes;
        *tiers.entry((kinds, choice.medium, at)).or_default() += lanes;
        let [from, to] = racks.map(|rack| order[rack as usize]);
        if from != to {
            *runs.entry((kinds, from, to)).or_default().entry(medium.kind).or_default() += line.lanes;
        }
        for (device, _) in line.ends {
            modules.add(device as usize, choice.medium, line.lanes);
        }
        for _ in 0..line.lanes {
            let mut plug = |at: usize, rack: u32| -> Result<PlanEnd, DrawError> {
                let (device, node) = line.ends[at];
                Ok(PlanEnd {
                    rack,
                    unit: standing.stands[device as usize].unit,
                    device: inventory.devices[device as usize].name.clone(),
                    port: ports.next(inventory, device, node, line.rate)?,
                })
            };
            let (from, to) = (plug(0, from)?, plug(1, to)?);
            let (medium, length_mm) = (medium.name.clone(), STOCK[at]);
            cables.push(PlanCable { tier: tier(kinds), from, to, medium, length_mm });
        }
    }
    Ok(Cabled {
        cables,
        counts,
        modules: modules.count(parts.catalogue),
        tiers: told(parts, &tiers),
        runs: runs.into_iter().map(|((kinds, from, to), each)| run(kinds, from, to, &each)).collect(),
    })
}

/// Cables by tier, medium and length.
fn told(parts: &Assigned<'_>, counts: &BTreeMap<([Kind; 2], usize, usize), u64>) -> Vec<PlanTier> {
    let mut tiers: Vec<PlanTier> = Vec::new();
    for ((kinds, medium, at), cables) in counts {
        let name = tier(*kinds);
        if tiers.iter().all(|tier| tier.tier != name) {
            tiers.push(PlanTier { tier: name.into(), cables: 0, lengths: Vec::new(), metres: 0.0 });
        }
        let Some(tier) = tiers.iter_mut().find(|tier| tier.tier == name) else { continue };
        tier.cables += cables;
        tier.metres += metres(STOCK[*at].saturating_mul(*cables));
        let (medium, metres) = (parts.catalogue.media[*medium].name.clone(), metres(STOCK[*at]));
        tier.lengths.push(PlanLength { medium, metres, cables: *cables });
    }
    tiers
}

/// Cables between two racks.
fn run(kinds: [Kind; 2], from: u32, to: u32, each: &BTreeMap<MediumKind, u32>) -> PlanRun {
    // Of several as many, that of the shortest reach.
    let most = each.iter().max_by_key(|(kind, cables)| (**cables, std::cmp::Reverse(**kind)));
    PlanRun {
        tier: tier(kinds).into(),
        from,
        to,
        cables: each.values().sum(),
        kind: most.map_or("", |(kind, _)| kind.name()).into(),
    }
}

/// The next free port of every device.
struct Ports {
    /// Of switches: parts of ports in use, of which a port has as many as it can be split into.
    switches: Vec<u32>,
    /// Of servers: cables of each node.
    nodes: Vec<u32>,
}

impl Ports {
    fn new(inventory: &Inventory<'_>) -> Self {
        Self { switches: vec![0; inventory.devices.len()], nodes: vec![0; inventory.fabric.nodes().len()] }
    }

    /// The name of the next port: of a switch its number, with a part of it where it is split; of a server the adapter's
    /// name in it and its port.
    fn next(
        &mut self,
        inventory: &Inventory<'_>,
        device: u32,
        node: NodeId,
        rate: Bandwidth,
    ) -> Result<String, DrawError> {
        let own = &inventory.devices[device as usize];
        let Some(switch) = own.part.switch() else {
            let port = &mut self.nodes[node.index()];
            *port += 1;
            let name = inventory.fabric.node(node).name.as_str();
            return Ok(format!("{}/{port}", name.rsplit('/').next().unwrap_or(name)));
        };
        let split = switch.split.max(1);
        let used = &mut self.switches[device as usize];
        let part = takes(switch, rate);
        if part == 0 {
            let (part, port) = (switch.name.clone(), switch.rate);
            return Err(DrawError::Rate { name: own.name.clone(), part, rate, port });
        }
        let start = used.div_ceil(part) * part;
        if start + part > switch.ports.saturating_mul(split) {
            let (name, part) = (own.name.clone(), switch.name.clone());
            return Err(DrawError::Ports { name, ports: switch.ports, part });
        }
        *used = start + part;
        let port = start / split + 1;
        Ok(if part == split { port.to_string() } else { format!("{port}/{}", start % split + 1) })
    }
}

/// How many parts of a split port a cable takes; none where it is too fast.
pub fn takes(switch: &Switch, rate: Bandwidth) -> u32 {
    let split = switch.split.max(1);
    if rate > switch.rate {
        0
    } else if rate.bits_per_sec().saturating_mul(u64::from(split)) <= switch.rate.bits_per_sec() {
        1
    } else {
        split
    }
}
