//! How a network is racked and cabled, and what it costs: bounds in closed form, and the exact price.

use std::collections::BTreeMap;

use super::Structure;
use super::least::{Disc, Floors, floors};
use super::price::Ruler;
use crate::fabric::parts::{MediumKind, Price, Rack, Server, Switch, Technology};
use crate::ids::number;
use crate::input::plan::{Plan, SwitchPlace};
use crate::planner::floor::{Choices, Equipment, Layout, Misfit, Slot, choices, layout, rows, serpentine};
use crate::planner::score::Shape;
use crate::units::{Bandwidth, Length, Money, Power};

/// A way to rack and cable a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Variant {
    /// Index of the rack into the catalogue's.
    pub rack: usize,
    /// Servers of a rack.
    pub per_rack: u32,
    /// Where switches stand.
    pub place: SwitchPlace,
    /// Index into [`Yard::policies`].
    pub media: usize,
}

/// What a design costs at least, at mid prices, and the power that it takes at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Capital cost.
    pub capex: Money,
    /// Power of the facility, in milliwatts.
    pub power: Power,
}

/// What a design costs and takes exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priced {
    /// Capital cost.
    pub capex: Price,
    /// Power of the facility.
    pub power: Power,
    /// Racks.
    pub racks: u32,
}

/// Racks in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rooming {
    /// What stands where.
    pub layout: Layout,
    /// The place of every rack of the sequence.
    pub slots: Vec<Slot>,
}

/// Latency is told by the longest cable that a tier may have, in these steps: what copper, multimode and single-mode fibre
/// reach.
const CLASSES: [u64; 4] = [5_000, 50_000, 100_000, 500_000];

/// What is the same for all designs of a plan.
pub struct Yard<'a> {
    pub(super) plan: &'a Plan,
    /// Sorts of cables that a design may restrict itself to: all that the plan lets it take, all but copper, and so on.
    pub policies: Vec<Vec<MediumKind>>,
    pub(super) choices: BTreeMap<(Technology, Bandwidth), Vec<Choices>>,
    /// Of the same, what cables cost and take at least.
    pub(super) floors: BTreeMap<(Technology, Bandwidth), Vec<Floors>>,
    pub(super) ruler: Ruler,
    pub(super) disc: Disc,
}

impl<'a> Yard<'a> {
    /// The yard of a plan, for networks of some technologies and rates of ports.
    pub fn new(plan: &'a Plan, rates: impl Iterator<Item = (Technology, Bandwidth)>) -> Self {
        let mut kinds = plan.media.clone();
        kinds.sort_unstable();
        kinds.dedup();
        let policies: Vec<Vec<MediumKind>> = (0..kinds.len()).map(|from| kinds[from..].to_vec()).collect();
        let of = |(technology, rate): (Technology, Bandwidth)| {
            let each = |policy: &Vec<MediumKind>| choices(&plan.catalogue, technology, rate, policy);
            ((technology, rate), policies.iter().map(each).collect())
        };
        let choices: BTreeMap<_, Vec<Choices>> = rates.map(of).collect();
        let floors = choices
            .iter()
            .map(|(key, each)| (*key, each.iter().map(|own| floors(&plan.catalogue, own)).collect()))
            .collect();
        let (ruler, disc) = (Ruler::new(&plan.room), Disc::new(&plan.room));
        Self { plan, policies, choices, floors, ruler, disc }
    }

    pub(super) fn server(&self, structure: &Structure) -> &'a Server {
        &self.plan.catalogue.servers[structure.server]
    }

    pub(super) fn rack(&self, variant: &Variant) -> &'a Rack {
        &self.plan.catalogue.racks[variant.rack]
    }

    pub(super) fn switch(&self, own: Option<super::Switches>) -> Option<&'a Switch> {
        own.map(|own| &self.plan.catalogue.switches[own.mode.switch])
    }

    /// All ways to rack and cable a network, whether or not they fit.
    pub fn variants(&self, structure: &Structure) -> Vec<Variant> {
        let height = self.server(structure).height.max(1);
        // Where there are no switches, it is all the same where they would stand.
        let places = match structure.leaf {
            Some(_) => &self.plan.switch_places[..],
            None => self.plan.switch_places.get(..1).unwrap_or_default(),
        };
        let mut found = Vec::new();
        for &rack in &self.plan.racks {
            let most = (self.plan.catalogue.racks[rack].height / height)
                .clamp(1, structure.wiring.pod_servers.max(1));
            for per_rack in 1..=most {
                for &place in places {
                    let variant = |media| Variant { rack, per_rack, place, media };
                    found.extend((0..self.policies.len()).map(variant));
                }
            }
        }
        found
    }

    /// What is to be racked.
    pub fn equipment(&self, structure: &Structure, variant: &Variant) -> Equipment<'a> {
        Equipment {
            server: self.server(structure),
            servers: structure.wiring.servers,
            pod_servers: structure.wiring.pod_servers,
            leaf: self.switch(structure.leaf),
            leaves_per_pod: structure.leaves_per_pod,
            spine: self.switch(structure.spine),
            spines: structure.spine.map_or(0, |own| own.count),
            core: self.switch(structure.core),
            cores: structure.core.map_or(0, |own| own.count),
            rack: self.rack(variant),
        }
    }

    /// The limit of racks that a design breaks, without racking it: what [`layout`] would say.
    pub fn misfit(&self, structure: &Structure, variant: &Variant) -> Option<Misfit> {
        let (server, rack) = (self.server(structure), self.rack(variant));
        if server.liquid && !rack.liquid {
            return Some(Misfit::Liquid);
        }
        let (per_rack, pod) = (variant.per_rack, structure.wiring.pod_servers);
        let leaf = self.switch(structure.leaf);
        // Racks of a pod, and of the last one, which may have fewer.
        let last = structure.wiring.servers - (structure.wiring.pods() - 1) * pod;
        let in_rack = variant.place == SwitchPlace::InRack;
        let fits = |servers: u32, leaves: u32| {
            let with = |each: u64, leaf: u64| u64::from(servers) * each + u64::from(leaves) * leaf;
            let of = |get: fn(&Switch) -> u64| leaf.map_or(0, get);
            if with(server.height.into(), of(|leaf| leaf.height.into())) > rack.height.into() {
                Some(Misfit::Height)
            } else if with(server.max_power.0, of(|leaf| leaf.max_power.0)) > rack.power.0 {
                Some(Misfit::Power)
            } else if with(server.mass.0, of(|leaf| leaf.mass.0)) > rack.mass.0 {
                Some(Misfit::Mass)
            } else {
                None
            }
        };
        let tops = [leaf.filter(|_| !in_rack), self.switch(structure.spine), self.switch(structure.core)];
        let alone = |own: &Switch| {
            if own.height > rack.height {
                Some(Misfit::Height)
            } else if own.max_power > rack.power {
                Some(Misfit::Power)
            } else if own.mass > rack.mass {
                Some(Misfit::Mass)
            } else {
                None
            }
        };
        for own in tops.into_iter().flatten() {
            if let Some(misfit) = alone(own) {
                return Some(misfit);
            }
        }
        for servers in [pod, last] {
            let racks = servers.div_ceil(per_rack);
            let leaves = if in_rack { structure.leaves_per_pod } else { 0 };
            // Leaves are dealt in turn, so that the first racks have one more, and only the last rack fewer servers.
            let (each, more) = (leaves / racks, leaves % racks);
            let full = per_rack.min(servers);
            let rest = servers - (racks - 1) * per_rack;
            let fault = if racks > 1 { fits(full, each + u32::from(more > 0)) } else { None };
            let last = fits(rest, each);
            if let Some(misfit) = fault.or(last) {
                return Some(misfit);
            }
        }
        rows(&self.plan.room, self.racks_at_least(structure, variant)).err()
    }

    /// The fewest racks that a design may need.
    pub(super) fn racks_at_least(&self, structure: &Structure, variant: &Variant) -> u32 {
        let (wiring, rack) = (&structure.wiring, self.rack(variant));
        let pods = wiring.pods();
        let last = wiring.servers - (pods - 1) * wiring.pod_servers;
        let of_servers =
            (pods - 1) * wiring.pod_servers.div_ceil(variant.per_rack) + last.div_ceil(variant.per_rack);
        let mut height = 0u64;
        let mut power = 0u64;
        let mut add = |own: Option<&Switch>, count: u32| {
            if let Some(own) = own {
                height += u64::from(own.height) * u64::from(count);
                power += own.max_power.0.saturating_mul(u64::from(count));
            }
        };
        if variant.place != SwitchPlace::InRack {
            add(self.switch(structure.leaf), structure.leaf.map_or(0, |own| own.count));
        }
        for own in [structure.spine, structure.core] {
            add(self.switch(own), own.map_or(0, |own| own.count));
        }
        let most = height.div_ceil(u64::from(rack.height.max(1))).max(power.div_ceil(rack.power.0.max(1)));
        of_servers.saturating_add(u32::try_from(most).unwrap_or(u32::MAX))
    }

    /// Lengths of cables by tier that latency is told by: the longest that racks so far apart may need, rounded up.
    pub fn lengths(&self, structure: &Structure, variant: &Variant) -> [Length; 3] {
        let room = &self.plan.room;
        let rack = self.rack(variant);
        let wiring = &structure.wiring;
        let drops = 2 * (u64::from(rack.height) * room.unit.mm() + room.tray.mm() + room.slack.mm());
        let per_row = u64::from(room.racks_per_row.max(1));
        // Racks that follow one another may turn into the next row once more than they fill.
        let span = |racks: u64| {
            let along = racks.min(per_row) * room.rack_pitch.mm();
            drops + along + racks.div_ceil(per_row) * room.row_pitch.mm()
        };
        // Switches of a rack are at least one.
        let pod_racks = u64::from(wiring.pod_servers.div_ceil(variant.per_rack));
        let all = u64::from(self.racks_at_least(structure, variant)) + u64::from(wiring.pods());
        let inside = u64::from(rack.height) * room.unit.mm() + 2 * room.slack.mm();
        let host = match variant.place {
            _ if structure.leaf.is_none() => span(all),
            SwitchPlace::InRack if pod_racks == 1 => inside,
            SwitchPlace::InRack => span(pod_racks),
            SwitchPlace::MiddleOfRow | SwitchPlace::EndOfRow => {
                span(pod_racks + u64::from(structure.leaves_per_pod).min(pod_racks + 2))
            }
            SwitchPlace::NetworkRacks => span(all),
        };
        let class = |mm: u64| Length(CLASSES.into_iter().find(|own| mm <= *own).unwrap_or(CLASSES[3]));
        let up = |tier: u32| if wiring.tiers >= tier { class(span(all)) } else { Length(0) };
        if let Shape::Dragonfly(own) = wiring.shape {
            // A pod is a group, whose switches stand as far apart as its servers from them; or a switch, if that is all.
            return match own.groups {
                1 => [class(host), class(span(all)), Length(0)],
                _ => [class(host), class(host), class(span(all))],
            };
        }
        [class(host), up(2), up(3)]
    }

    /// Price and power of all that does not depend on how a network is racked.
    pub(super) fn fixed(&self, structure: &Structure) -> (Price, u64) {
        let server = self.server(structure);
        let servers = u64::from(structure.wiring.servers);
        let mut price = server.price.times(servers);
        let mut watts = server.power.0.saturating_mul(servers);
        if let Some(nic) = structure.nic {
            let nic = &self.plan.catalogue.nics[nic];
            let count = servers * u64::from(server.nics);
            price += nic.price.times(count);
            watts = watts.saturating_add(nic.power.0.saturating_mul(count));
        }
        for own in [structure.leaf, structure.spine, structure.core].into_iter().flatten() {
            let switch = &self.plan.catalogue.switches[own.mode.switch];
            price += switch.price.times(own.count.into());
            watts = watts.saturating_add(switch.power.0.saturating_mul(own.count.into()));
        }
        (price, watts)
    }

    /// Power of the facility for equipment that takes so much.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "milliwatts below 2^53"
    )]
    pub(super) fn facility(&self, milliwatts: u64) -> Power {
        Power((milliwatts as f64 * self.plan.pue).round() as u64)
    }

    /// Racks a design, in the canonical order.
    ///
    /// # Errors
    /// The limit that it breaks.
    pub fn rooming(&self, structure: &Structure, variant: &Variant) -> Result<Rooming, Misfit> {
        let layout = layout(&self.equipment(structure, variant), variant.per_rack, variant.place)?;
        let racks = number(layout.racks.len());
        rows(&self.plan.room, racks)?;
        let slots = (0..racks).map(|at| serpentine(&self.plan.room, at)).collect();
        Ok(Rooming { layout, slots })
    }
}
