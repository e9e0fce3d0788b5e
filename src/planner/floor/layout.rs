//! The canonical filling of racks: which device stands in which rack, at which height.
//!
//! Racks form one sequence. Server racks hold a number of consecutive servers and never mix pods; servers stand from the
//! floor up, switches from the top down, both in their order. Switches of the network's own racks follow one another,
//! leaves before spines before cores, a rack taking as many as its height, power and mass allow. "The middle" of the
//! sequence is after the first half of the pods (the larger half, where they are odd in number), that of a pod after the
//! first half of its server racks.

use super::Misfit;
use crate::fabric::parts::{Rack, Server, Switch};
use crate::ids::number;
use crate::input::plan::SwitchPlace;
use crate::units::{Mass, Power};

/// What is to stand in racks.
#[derive(Debug, Clone, Copy)]
pub struct Equipment<'a> {
    /// The sort of servers.
    pub server: &'a Server,
    /// How many.
    pub servers: u32,
    /// Servers of a full pod: pod `p` has those from `p * pod_servers` on.
    pub pod_servers: u32,
    /// The sort of leaves.
    pub leaf: Option<&'a Switch>,
    /// Leaves of a pod: leaf `l` is of pod `l / leaves_per_pod`. A last pod that is not full has as many.
    pub leaves_per_pod: u32,
    /// The sort of spines.
    pub spine: Option<&'a Switch>,
    /// How many.
    pub spines: u32,
    /// The sort of cores.
    pub core: Option<&'a Switch>,
    /// How many.
    pub cores: u32,
    /// The sort of racks.
    pub rack: &'a Rack,
}

impl Equipment<'_> {
    /// Pods, the last of which need not be full.
    pub fn pods(&self) -> u32 {
        self.servers.div_ceil(self.pod_servers.max(1))
    }
}

/// Where a device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stand {
    /// Rack, by its place in the sequence.
    pub rack: u32,
    /// Lowest height unit, from 1.
    pub unit: u32,
}

/// What stands in a rack; in the order in which a plain list has racks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RackKind {
    /// Servers, with switches or without.
    Servers,
    /// Switches, leaves first.
    Leaves,
    /// Switches, spines first.
    Spines,
    /// Cores.
    Cores,
}

/// A rack that is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filled {
    /// What stands in it.
    pub kind: RackKind,
    /// Its pod, where all in it is of one.
    pub pod: Option<u32>,
    /// The most power that its parts take.
    pub power: Power,
    /// Mass of its parts.
    pub mass: Mass,
    /// Height units of its servers, from the floor up.
    pub servers: u32,
    /// Height units of its switches, from the top down.
    pub switches: u32,
}

impl Filled {
    /// Height units in use.
    pub const fn used(&self) -> u32 {
        self.servers + self.switches
    }
}

/// All racks, filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The sequence of racks.
    pub racks: Vec<Filled>,
    /// Where servers stand.
    pub servers: Vec<Stand>,
    /// Where leaves stand.
    pub leaves: Vec<Stand>,
    /// Where spines stand.
    pub spines: Vec<Stand>,
    /// Where cores stand.
    pub cores: Vec<Stand>,
}

impl Layout {
    /// The sequence as a plain list has it: all server racks by number, then those of leaves, of spines and of cores.
    pub fn by_kind(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..number(self.racks.len())).collect();
        order.sort_by_key(|rack| self.racks[*rack as usize].kind);
        order
    }
}

/// Fills racks, `per_rack` servers in each.
///
/// # Errors
/// The first limit of a rack that is broken; of the room nothing is asked here.
pub fn layout(equipment: &Equipment<'_>, per_rack: u32, place: SwitchPlace) -> Result<Layout, Misfit> {
    if equipment.server.liquid && !equipment.rack.liquid && equipment.servers > 0 {
        return Err(Misfit::Liquid);
    }
    let per_rack = per_rack.max(1);
    let pods = equipment.pods();
    let mut filling = Filling::new(equipment, pods);
    let middle = if place == SwitchPlace::EndOfRow { pods } else { pods.div_ceil(2) };
    for pod in 0..pods {
        if pod == middle {
            filling.network(place)?;
        }
        let first = pod * equipment.pod_servers.max(1);
        let servers = equipment.pod_servers.max(1).min(equipment.servers - first);
        let racks = servers.div_ceil(per_rack);
        let start = filling.racks.len();
        let leaves_after = match place {
            SwitchPlace::MiddleOfRow => racks.div_ceil(2),
            SwitchPlace::EndOfRow => racks,
            SwitchPlace::InRack | SwitchPlace::NetworkRacks => 0,
        };
        for rack in 0..racks {
            filling.open(RackKind::Servers, Some(pod));
            for _ in 0..per_rack.min(servers - rack * per_rack) {
                filling.server()?;
            }
            if rack + 1 == leaves_after {
                filling.leaves(equipment.leaves_per_pod, Some(pod))?;
            }
        }
        if place == SwitchPlace::InRack {
            filling.deal(start)?;
        }
    }
    if middle >= pods {
        filling.network(place)?;
    }
    Ok(filling.layout())
}

/// Racks while they are filled.
struct Filling<'a> {
    equipment: &'a Equipment<'a>,
    racks: Vec<Filled>,
    servers: Vec<Stand>,
    leaves: Vec<Stand>,
    spines: Vec<Stand>,
    cores: Vec<Stand>,
}

impl<'a> Filling<'a> {
    fn new(equipment: &'a Equipment<'a>, pods: u32) -> Self {
        let leaves = equipment.leaf.map_or(0, |_| pods as usize * equipment.leaves_per_pod as usize);
        Self {
            equipment,
            racks: Vec::new(),
            servers: Vec::with_capacity(equipment.servers as usize),
            leaves: Vec::with_capacity(leaves),
            spines: Vec::with_capacity(equipment.spines as usize),
            cores: Vec::with_capacity(equipment.cores as usize),
        }
    }

    fn layout(self) -> Layout {
        let Self { racks, servers, leaves, spines, cores, .. } = self;
        Layout { racks, servers, leaves, spines, cores }
    }

    fn open(&mut self, kind: RackKind, pod: Option<u32>) {
        self.racks.push(Filled { kind, pod, power: Power(0), mass: Mass(0), servers: 0, switches: 0 });
    }

    /// Adds to a rack what it has room for.
    fn put(&mut self, rack: usize, units: u32, power: Power, mass: Mass) -> Result<(), Misfit> {
        let limits = self.equipment.rack;
        let filled = &mut self.racks[rack];
        let power = Power(filled.power.0.saturating_add(power.0));
        let mass = Mass(filled.mass.0.saturating_add(mass.0));
        if filled.used().saturating_add(units) > limits.height {
            return Err(Misfit::Height);
        }
        if power > limits.power {
            return Err(Misfit::Power);
        }
        if mass > limits.mass {
            return Err(Misfit::Mass);
        }
        (filled.power, filled.mass) = (power, mass);
        Ok(())
    }

    /// The next server, into the last rack.
    fn server(&mut self) -> Result<(), Misfit> {
        let server = self.equipment.server;
        let rack = self.racks.len() - 1;
        self.put(rack, server.height, server.max_power, server.mass)?;
        let filled = &mut self.racks[rack];
        self.servers.push(Stand { rack: number(rack), unit: filled.servers + 1 });
        filled.servers += server.height;
        Ok(())
    }

    /// A switch into a rack.
    fn switch(&mut self, rack: usize, switch: &Switch) -> Result<Stand, Misfit> {
        self.put(rack, switch.height, switch.max_power, switch.mass)?;
        let filled = &mut self.racks[rack];
        filled.switches += switch.height;
        let unit = self.equipment.rack.height - filled.switches + 1;
        Ok(Stand { rack: number(rack), unit })
    }

    /// A switch into the last of the network's racks from `start` on, or into a new one where it is full.
    fn stack(
        &mut self,
        start: usize,
        switch: &Switch,
        kind: RackKind,
        pod: Option<u32>,
    ) -> Result<Stand, Misfit> {
        if self.racks.len() > start
            && let Ok(stand) = self.switch(self.racks.len() - 1, switch)
        {
            return Ok(stand);
        }
        self.open(kind, pod);
        self.switch(self.racks.len() - 1, switch)
    }

    /// So many leaves in racks of their own.
    fn leaves(&mut self, count: u32, pod: Option<u32>) -> Result<(), Misfit> {
        let Some(leaf) = self.equipment.leaf else { return Ok(()) };
        let start = self.racks.len();
        for _ in 0..count {
            let stand = self.stack(start, leaf, RackKind::Leaves, pod)?;
            self.leaves.push(stand);
        }
        Ok(())
    }

    /// The next pod's leaves, one after another to its server racks, which are those from `start` on.
    fn deal(&mut self, start: usize) -> Result<(), Misfit> {
        let Some(leaf) = self.equipment.leaf else { return Ok(()) };
        let racks = self.racks.len() - start;
        for number in 0..self.equipment.leaves_per_pod as usize {
            let stand = self.switch(start + number % racks, leaf)?;
            self.leaves.push(stand);
        }
        Ok(())
    }

    /// The racks of switches that are of no pod.
    fn network(&mut self, place: SwitchPlace) -> Result<(), Misfit> {
        let start = self.racks.len();
        let equipment = self.equipment;
        if place == SwitchPlace::NetworkRacks {
            self.leaves(equipment.pods().saturating_mul(equipment.leaves_per_pod), None)?;
        }
        if let Some(spine) = equipment.spine {
            for _ in 0..equipment.spines {
                let stand = self.stack(start, spine, RackKind::Spines, None)?;
                self.spines.push(stand);
            }
        }
        if let Some(core) = equipment.core {
            for _ in 0..equipment.cores {
                let stand = self.stack(start, core, RackKind::Cores, None)?;
                self.cores.push(stand);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{leaf, rack, server};
    use super::*;
    use crate::units::Power;

    /// Two pods of 5 servers and a third of 2; 3 leaves a pod; 2 spines and a core.
    fn sample<'a>(server: &'a Server, switch: &'a Switch, rack: &'a Rack) -> Equipment<'a> {
        Equipment {
            server,
            servers: 12,
            pod_servers: 5,
            leaf: Some(switch),
            leaves_per_pod: 3,
            spine: Some(switch),
            spines: 2,
            core: Some(switch),
            cores: 1,
            rack,
        }
    }

    /// Kinds as letters, with pods.
    fn told(layout: &Layout) -> String {
        let each = layout.racks.iter().map(|rack| {
            let kind = match rack.kind {
                RackKind::Servers => "s",
                RackKind::Leaves => "l",
                RackKind::Spines => "p",
                RackKind::Cores => "c",
            };
            rack.pod.map_or_else(|| kind.to_string(), |pod| format!("{kind}{pod}"))
        });
        each.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn racks_stand_as_told() {
        let (server, switch, rack) = (server(), leaf(), rack());
        let sample = sample(&server, &switch, &rack);
        let at = |place| told(&layout(&sample, 2, place).unwrap());
        assert_eq!(at(SwitchPlace::InRack), "s0 s0 s0 s1 s1 s1 p s2");
        assert_eq!(at(SwitchPlace::MiddleOfRow), "s0 s0 l0 s0 s1 s1 l1 s1 p s2 l2");
        assert_eq!(at(SwitchPlace::EndOfRow), "s0 s0 s0 l0 s1 s1 s1 l1 s2 l2 p");
        assert_eq!(at(SwitchPlace::NetworkRacks), "s0 s0 s0 s1 s1 s1 l s2");
    }

    #[test]
    fn units_from_the_floor_and_from_the_top() {
        let (server, switch, rack) = (server(), leaf(), rack());
        let sample = sample(&server, &switch, &rack);
        let filled = layout(&sample, 2, SwitchPlace::InRack).unwrap();
        assert_eq!(
            filled.servers[..3].iter().map(|s| (s.rack, s.unit)).collect::<Vec<_>>(),
            [(0, 1), (0, 9), (1, 1)]
        );
        // The first pod's leaves go to one rack each; the last pod has one rack, which takes all three.
        let leaves: Vec<_> = filled.leaves.iter().map(|s| (s.rack, s.unit)).collect();
        assert_eq!(leaves, [(0, 48), (1, 48), (2, 48), (3, 48), (4, 48), (5, 48), (7, 48), (7, 47), (7, 46)]);
        assert_eq!(filled.spines, [Stand { rack: 6, unit: 48 }, Stand { rack: 6, unit: 47 }]);
        assert_eq!(filled.cores, [Stand { rack: 6, unit: 46 }]);
        assert_eq!(filled.racks[0].power, Power(2 * server.max_power.0 + switch.max_power.0));
        assert_eq!(filled.racks[7].used(), 2 * 8 + 3);
        assert_eq!(filled.by_kind(), [0, 1, 2, 3, 4, 5, 7, 6]);
    }

    #[test]
    fn network_racks_are_filled_up_to_their_limits() {
        let (server, switch) = (server(), leaf());
        let rack = Rack { power: Power(2 * switch.max_power.0), ..rack() };
        let mut sample = sample(&server, &switch, &rack);
        sample.servers = 0;
        sample.spines = 5;
        let filled = layout(&sample, 1, SwitchPlace::EndOfRow).unwrap();
        assert_eq!(filled.racks.iter().map(Filled::used).collect::<Vec<_>>(), [2, 2, 2]);
        assert_eq!(filled.racks.iter().map(|rack| rack.kind).collect::<Vec<_>>(), [RackKind::Spines; 3]);
        assert_eq!(filled.cores, [Stand { rack: 2, unit: 47 }]);
    }

    #[test]
    fn limits_are_named() {
        let (server, switch, rack) = (server(), leaf(), rack());
        let sample = sample(&server, &switch, &rack);
        let fault = |sample: &Equipment<'_>, per_rack, place| layout(sample, per_rack, place).unwrap_err();
        let end = SwitchPlace::EndOfRow;
        let weak = Rack { power: Power(20_000_000), ..rack.clone() };
        assert_eq!(fault(&Equipment { rack: &weak, ..sample }, 2, end), Misfit::Power);
        let light = Rack { mass: Mass(200_000), ..rack.clone() };
        assert_eq!(fault(&Equipment { rack: &light, ..sample }, 2, end), Misfit::Mass);
        let wet = Server { liquid: true, ..server.clone() };
        assert_eq!(fault(&Equipment { server: &wet, ..sample }, 2, end), Misfit::Liquid);
        // A system that is a whole rack leaves no room for switches.
        let whole = Server { height: 48, ..server.clone() };
        let whole = Equipment { server: &whole, ..sample };
        assert_eq!(fault(&whole, 1, SwitchPlace::InRack), Misfit::Height);
        assert_eq!(fault(&whole, 2, end), Misfit::Height);
        assert!(layout(&whole, 1, end).is_ok());
    }
}
