//! Racks that hold the same are told once.

use std::collections::BTreeMap;

use crate::result::PlanRack;

/// Racks with the same parts at the same heights.
pub(in crate::report) struct Alike<'a> {
    /// The first of them; names of devices are its own.
    pub(in crate::report) first: &'a PlanRack,
    /// All of them, in their order.
    pub(in crate::report) racks: Vec<&'a PlanRack>,
}

impl Alike<'_> {
    /// The most power that one of them takes, in watts: transceivers may differ.
    pub(in crate::report) fn power(&self) -> f64 {
        self.racks.iter().map(|rack| rack.power_w).fold(0.0, f64::max)
    }

    /// The most mass of one of them, in kilograms.
    pub(super) fn mass(&self) -> f64 {
        self.racks.iter().map(|rack| rack.mass_kg).fold(0.0, f64::max)
    }

    /// The names of all, neighbours of a row joined: `r01-01 to r01-08`, `r02-01`.
    pub(super) fn names(&self) -> Vec<String> {
        let mut runs: Vec<(&PlanRack, &PlanRack)> = Vec::new();
        for rack in &self.racks {
            match runs.last_mut() {
                Some((_, last)) if last.row == rack.row && last.place.checked_add(1) == Some(rack.place) => {
                    *last = rack;
                }
                _ => runs.push((rack, rack)),
            }
        }
        let name = |(first, last): (&PlanRack, &PlanRack)| {
            if first.name == last.name {
                first.name.clone()
            } else {
                format!("{} to {}", first.name, last.name)
            }
        };
        runs.into_iter().map(name).collect()
    }
}

/// What makes racks alike: their size, and parts by place.
type Likeness<'a> = (u32, u64, Vec<(u32, u32, &'a str, &'a str)>);

fn likeness(rack: &PlanRack) -> Likeness<'_> {
    let mut devices: Vec<(u32, u32, &str, &str)> = rack
        .devices
        .iter()
        .map(|device| (device.unit, device.height, device.part.as_str(), device.kind.as_str()))
        .collect();
    devices.sort_unstable();
    (rack.height, rack.power_limit_w.to_bits(), devices)
}

/// All sorts of racks, in the order of their first ones.
pub(in crate::report) fn alike(racks: &[PlanRack]) -> Vec<Alike<'_>> {
    let mut places: BTreeMap<Likeness<'_>, usize> = BTreeMap::new();
    let mut sorts: Vec<Alike<'_>> = Vec::new();
    for rack in racks {
        let at = *places.entry(likeness(rack)).or_insert(sorts.len());
        match sorts.get_mut(at) {
            Some(sort) => sort.racks.push(rack),
            None => sorts.push(Alike { first: rack, racks: vec![rack] }),
        }
    }
    sorts
}
