//! Devices in racks: as the canonical layout has them, or where the fabric says.

use std::collections::BTreeMap;

use super::device::{Inventory, Kind, switch};
use super::{Assigned, DrawError};
use crate::ids::number;
use crate::planner::floor::{Equipment, Misfit, RackKind, Slot, Stand, layout};
use crate::result::{PlanDevice, PlanRack};
use crate::units::{Mass, Power};

/// A rack in the sequence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standard {
    pub(super) kind: RackKind,
    pub(super) pod: Option<u32>,
}

/// Racks, and where in them each device stands.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) racks: Vec<Standard>,
    /// By device.
    pub(super) stands: Vec<Stand>,
    /// Slots of racks, where the fabric says.
    pub(super) given: Option<Vec<Slot>>,
}

impl Standing {
    pub(super) fn new(inventory: &Inventory<'_>, parts: &Assigned<'_>) -> Result<Self, DrawError> {
        let all = !inventory.devices.is_empty();
        if all && inventory.devices.iter().all(|device| device.position.is_some()) {
            return Self::told(inventory, parts);
        }
        Self::laid_out(inventory, parts)
    }

    /// By the canonical layout.
    fn laid_out(inventory: &Inventory<'_>, parts: &Assigned<'_>) -> Result<Self, DrawError> {
        let servers = inventory.count(Kind::Server);
        // Switches of no tier stand where one of a tier that the fabric lacks would.
        let mut tiers = [Kind::Leaf, Kind::Spine, Kind::Core];
        if inventory.count(Kind::Switch) > 0 {
            let lacking = [0, 2, 1].into_iter().find(|at: &usize| inventory.count(tiers[*at]) == 0);
            tiers[lacking.ok_or(DrawError::Tiers)?] = Kind::Switch;
        }
        let [leaves, spines, cores] = tiers.map(|kind| inventory.count(kind));
        let [leaf, spine, core] = tiers.map(|kind| switch(parts, kind));
        let (pod_servers, leaves_per_pod) = pod(parts, servers, leaves).unwrap_or((servers, leaves));
        let equipment = Equipment {
            server: parts.server,
            servers,
            pod_servers,
            leaf,
            leaves_per_pod,
            spine,
            spines,
            core,
            cores,
            rack: parts.rack,
        };
        let found = layout(&equipment, parts.per_rack, parts.place)?;
        let mut queues = [found.servers, found.leaves, found.spines, found.cores].map(Vec::into_iter);
        let queue = |kind| tiers.iter().position(|tier| *tier == kind).map_or(0, |at| at + 1);
        let mut each = vec![None; inventory.devices.len()];
        for device in by_pod(inventory, tiers[0], pod_servers) {
            each[device] = queues[queue(inventory.devices[device].kind)].next();
        }
        let stands: Option<Vec<Stand>> = each.into_iter().collect();
        Ok(Self {
            racks: found.racks.iter().map(|rack| Standard { kind: rack.kind, pod: rack.pod }).collect(),
            stands: stands.ok_or(Misfit::Room)?,
            given: None,
        })
    }

    /// By the positions of the fabric's nodes.
    fn told(inventory: &Inventory<'_>, parts: &Assigned<'_>) -> Result<Self, DrawError> {
        if parts.server.liquid && !parts.rack.liquid && inventory.count(Kind::Server) > 0 {
            return Err(Misfit::Liquid.into());
        }
        let positions = inventory.devices.iter().filter_map(|device| device.position);
        let mut racks: BTreeMap<Slot, Vec<u32>> = BTreeMap::new();
        let mut units = Vec::new();
        for (device, position) in (0..).zip(positions) {
            racks.entry(Slot { row: position.row, place: position.rack }).or_default().push(device);
            units.push(position.unit.saturating_add(1));
        }
        let mut stands = vec![Stand { rack: 0, unit: 1 }; units.len()];
        for (rack, (slot, devices)) in (0..).zip(&mut racks) {
            devices.sort_by_key(|device| units[*device as usize]);
            for device in &*devices {
                stands[*device as usize] = Stand { rack, unit: units[*device as usize] };
            }
            check(inventory, parts, *slot, devices, &units)?;
        }
        let (pod_servers, _) = pod(parts, inventory.count(Kind::Server), inventory.count(Kind::Leaf))
            .unwrap_or((inventory.count(Kind::Server), 0));
        let standard = |devices: &Vec<u32>| {
            let kinds = devices.iter().map(|device| inventory.devices[*device as usize].kind);
            let kind = match kinds.min() {
                Some(Kind::Server) => RackKind::Servers,
                Some(Kind::Leaf | Kind::Switch) | None => RackKind::Leaves,
                Some(Kind::Spine) => RackKind::Spines,
                Some(Kind::Core) => RackKind::Cores,
            };
            let servers =
                devices.iter().filter(|device| inventory.devices[**device as usize].kind == Kind::Server);
            // Servers are the first devices, by number.
            let mut pods: Vec<u32> = servers.map(|server| server / pod_servers.max(1)).collect();
            pods.sort_unstable();
            pods.dedup();
            Standard { kind, pod: (pods.len() == 1).then(|| pods[0]) }
        };
        Ok(Self {
            racks: racks.values().map(standard).collect(),
            stands,
            given: Some(racks.into_keys().collect()),
        })
    }

    /// The number of each rack when they are told by row and place.
    pub(super) fn order(&self, slots: &[Slot]) -> Vec<u32> {
        let mut racks: Vec<u32> = (0..number(slots.len())).collect();
        racks.sort_by_key(|rack| slots[*rack as usize]);
        let mut order = vec![0; racks.len()];
        for (at, rack) in (0..).zip(racks) {
            order[rack as usize] = at;
        }
        order
    }

    /// All racks with what stands in them, by row and place.
    pub(super) fn draw(
        &self,
        inventory: &Inventory<'_>,
        parts: &Assigned<'_>,
        slots: &[Slot],
        order: &[u32],
    ) -> Vec<PlanRack> {
        let mut racks: Vec<(u32, PlanRack)> = Vec::new();
        for ((own, slot), at) in self.racks.iter().zip(slots).zip(order) {
            let rack = PlanRack {
                name: format!("r{:02}-{:02}", slot.row + 1, slot.place + 1),
                row: slot.row,
                place: slot.place,
                kind: if own.kind == RackKind::Servers { "servers" } else { "network" }.into(),
                pod: own.pod,
                height: parts.rack.height,
                power_w: 0.0,
                power_limit_w: parts.rack.power.watts(),
                mass_kg: 0.0,
                devices: Vec::new(),
            };
            racks.push((*at, rack));
        }
        racks.sort_by_key(|(at, _)| *at);
        let mut racks: Vec<PlanRack> = racks.into_iter().map(|(_, rack)| rack).collect();
        let mut sums = vec![(Power(0), Mass(0)); racks.len()];
        for (device, stand) in inventory.devices.iter().zip(&self.stands) {
            let at = order[stand.rack as usize] as usize;
            let rack = &mut racks[at];
            if device.kind != Kind::Server && rack.kind == "servers" {
                rack.kind = "mixed".into();
            }
            sums[at].0.0 += device.part.max_power().0;
            sums[at].1.0 += device.part.mass().0;
            rack.devices.push(PlanDevice {
                name: device.name.clone(),
                part: device.part.name().into(),
                kind: device.kind.name().into(),
                unit: stand.unit,
                height: device.part.height(),
            });
        }
        for (rack, (power, mass)) in racks.iter_mut().zip(sums) {
            rack.devices.sort_by_key(|device| device.unit);
            (rack.power_w, rack.mass_kg) = (power.watts(), mass.kg());
        }
        racks
    }
}

/// All devices in the order in which they take their stands: leaves pod by pod, told by the first server on each, as planes
/// number them one plane after another; all others in their own order.
fn by_pod(inventory: &Inventory<'_>, leaf: Kind, pod_servers: u32) -> Vec<usize> {
    let mut first: Vec<u32> = vec![u32::MAX; inventory.devices.len()];
    for line in inventory.lines.iter().filter(|line| inventory.kinds(line) == [Kind::Server, leaf]) {
        let [(server, _), (device, _)] = line.ends;
        let own = &mut first[device as usize];
        *own = server.min(*own);
    }
    let pod = |device: usize| {
        let kind = inventory.devices[device].kind;
        // Servers are the first devices, by number.
        (kind, if kind == leaf { first[device] / pod_servers.max(1) } else { 0 })
    };
    let mut order: Vec<usize> = (0..inventory.devices.len()).collect();
    order.sort_by_key(|device| pod(*device));
    order
}

/// Servers and leaves of a pod, where the fabric has so many leaves.
fn pod(parts: &Assigned<'_>, servers: u32, leaves: u32) -> Option<(u32, u32)> {
    let (pod_servers, leaves_per_pod) = parts.pod;
    let pods = servers.div_ceil(pod_servers.max(1));
    (u64::from(pods) * u64::from(leaves_per_pod) == u64::from(leaves))
        .then_some((pod_servers, leaves_per_pod))
}

/// Whether what is told to stand in a rack, from the floor up, does.
fn check(
    inventory: &Inventory<'_>,
    parts: &Assigned<'_>,
    slot: Slot,
    devices: &[u32],
    units: &[u32],
) -> Result<(), DrawError> {
    let (mut power, mut mass) = (0, 0);
    let mut below: Option<(u32, u32)> = None;
    for at in devices {
        let device = &inventory.devices[*at as usize];
        let unit = units[*at as usize];
        if let Some((lower, free)) = below
            && unit < free
        {
            return Err(DrawError::Overlap {
                a: inventory.devices[lower as usize].name.clone(),
                b: device.name.clone(),
                row: slot.row,
                rack: slot.place,
            });
        }
        let free = unit.saturating_add(device.part.height());
        if free > parts.rack.height + 1 {
            return Err(Misfit::Height.into());
        }
        below = Some((*at, free));
        power += device.part.max_power().0;
        mass += device.part.mass().0;
    }
    if power > parts.rack.power.0 {
        return Err(Misfit::Power.into());
    }
    if mass > parts.rack.mass.0 {
        return Err(Misfit::Mass.into());
    }
    Ok(())
}
