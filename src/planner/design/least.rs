//! What designs cost and take at least, in closed form.
//!
//! A device has only so many racks within so far of its own, and a rack holds only so many devices of a tier: so of the
//! devices that one is cabled to, only so many can be within the reach of a medium, whatever stands where. Where devices of
//! a tier have different numbers of cables the bound is that of even numbers, which is lower: costs rise with distance.

use super::{Bounds, Structure, Variant, Yard};
use crate::fabric::parts::{Catalogue, Price, Switch};
use crate::input::plan::{Room, SwitchPlace};
use crate::planner::floor::{Choices, STOCK, drop, labour, level, stock};
use crate::planner::score::Shape;
use crate::units::{Length, Money, Power};

/// What a cable of each stock length or more costs and takes at least; `None` where none is so long.
pub(super) type Floors = [Option<(Money, Power)>; STOCK.len()];

/// Of cables with some media.
pub(super) fn floors(catalogue: &Catalogue, choices: &Choices) -> Floors {
    let mut least: Option<(Money, Power)> = None;
    let mut found = [None; STOCK.len()];
    for (place, choice) in choices.each.iter().enumerate().rev() {
        if let Some(choice) = choice {
            // What modules cost at least, rounded down, beside the cable and its laying.
            let cost = choice.price.mid + labour(catalogue.media[choice.medium].kind).mid;
            least = Some(
                least.map_or((cost, choice.power), |(one, other)| (one.min(cost), other.min(choice.power))),
            );
        }
        found[place] = least;
    }
    found
}

/// Steps in which distances are told, rounded up.
const STEP: u64 = 100;

/// How many other racks may be within so far of one, along the trays, by [`STEP`]s.
pub(super) struct Disc(Vec<u64>);

impl Disc {
    /// In a room of any number of rows.
    pub(super) fn new(room: &Room) -> Self {
        let within = |far: u64| {
            let places = |left: u64| {
                let each = left.checked_div(room.rack_pitch.mm()).unwrap_or(u64::MAX);
                each.saturating_mul(2).saturating_add(1).min(room.racks_per_row.max(1).into())
            };
            let Some(rows) = far.checked_div(room.row_pitch.mm()) else { return u64::MAX };
            let beside: u64 = (1..=rows).map(|row| places(far - row * room.row_pitch.mm())).sum();
            places(far) - 1 + 2 * beside
        };
        let last = STOCK[STOCK.len() - 1] / STEP;
        Self((0..=last).map(|step| within(step * STEP)).collect())
    }

    fn within(&self, far: u64) -> u64 {
        let step = usize::try_from(far.div_ceil(STEP)).unwrap_or(usize::MAX);
        self.0[step.min(self.0.len() - 1)]
    }
}

/// The cables of a tier, seen from the devices above.
struct Tier {
    /// Devices above.
    above: u64,
    /// Pairs of devices that are joined.
    pairs: u64,
    /// Cables of a pair.
    lanes: u64,
    /// Devices below in a rack, at most.
    in_rack: u64,
    /// Whether a device above may stand in a rack with some below.
    beside: bool,
    /// From ports at both ends up to the trays, with slack, at least.
    ups: u64,
}

impl Yard<'_> {
    /// What a design costs and takes at least.
    pub fn bounds(&self, structure: &Structure, variant: &Variant) -> Option<Bounds> {
        let key = (structure.wiring.technology, structure.wiring.port_rate);
        let floors = self.floors.get(&key)?.get(variant.media)?;
        let (mut capex, mut watts) = self.fixed(structure);
        let mut add = |(cost, power): (Money, u64)| {
            capex += Price::fixed(cost);
            watts = watts.saturating_add(power);
        };
        if structure.wiring.shape == Shape::Tree {
            for tier in self.tiers(structure, variant) {
                add(self.cabled_at_least(&tier, floors)?);
            }
        } else {
            add(self.laid_at_least(structure, variant, floors)?);
        }
        let racks = self.rack(variant).price.times(self.racks_at_least(structure, variant).into());
        Some(Bounds { capex: (capex + racks).mid, power: self.facility(watts) })
    }

    /// The tiers of a tree.
    fn tiers(&self, structure: &Structure, variant: &Variant) -> Vec<Tier> {
        let (rack, room, wiring) = (self.rack(variant), &self.plan.room, &structure.wiring);
        let (per_rack, server) = (variant.per_rack, self.server(structure));
        let up = |level: u32| drop(room, rack.height, level).mm() + room.slack.mm();
        let top = |own: &Switch| up(level((rack.height + 1).saturating_sub(own.height), own.height));
        let most = |own: &Switch| {
            let by_power = rack.power.0.checked_div(own.max_power.0).unwrap_or(u64::MAX);
            u64::from(rack.height / own.height.max(1)).min(by_power).max(1)
        };
        let mut found = Vec::new();
        let (Some(leaf), Some(leaves)) = (self.switch(structure.leaf), structure.leaf) else { return found };
        let highest = level((per_rack - 1).saturating_mul(server.height).saturating_add(1), server.height);
        let pairs = u64::from(wiring.servers) * u64::from(structure.leaves_per_pod);
        found.push(Tier {
            above: leaves.count.into(),
            pairs,
            lanes: structure.cables[0] / pairs.max(1),
            in_rack: per_rack.into(),
            beside: variant.place == SwitchPlace::InRack,
            ups: up(highest) + top(leaf),
        });
        let (Some(spine), Some(spines)) = (self.switch(structure.spine), structure.spine) else {
            return found;
        };
        let in_rack = match variant.place {
            SwitchPlace::InRack => {
                let last = wiring.servers - (wiring.pods() - 1) * wiring.pod_servers;
                let racks = last.min(wiring.pod_servers).div_ceil(per_rack);
                structure.leaves_per_pod.div_ceil(racks.max(1)).into()
            }
            SwitchPlace::MiddleOfRow | SwitchPlace::EndOfRow => {
                most(leaf).min(structure.leaves_per_pod.into())
            }
            SwitchPlace::NetworkRacks => most(leaf),
        };
        let lanes = u64::from(structure.spine_lanes.max(1));
        found.push(Tier {
            above: spines.count.into(),
            pairs: structure.cables[1] / lanes,
            lanes,
            in_rack,
            beside: variant.place == SwitchPlace::NetworkRacks,
            ups: top(leaf) + top(spine),
        });
        let (Some(core), Some(cores)) = (self.switch(structure.core), structure.core) else { return found };
        let lanes = u64::from(structure.core_lanes.max(1));
        found.push(Tier {
            above: cores.count.into(),
            pairs: structure.cables[2] / lanes,
            lanes,
            in_rack: most(spine),
            beside: true,
            ups: top(spine) + top(core),
        });
        found
    }

    /// What the cables of a tier cost and take at least.
    fn cabled_at_least(&self, tier: &Tier, floors: &Floors) -> Option<(Money, u64)> {
        let near = 2 * self.plan.room.slack.mm();
        let (mut cost, mut watts) = (Money(0), 0u64);
        let above = tier.above.max(1);
        let (each, more) = (tier.pairs / above, tier.pairs % above);
        for (devices, pairs) in [(above - more, each), (more, each + 1)] {
            let mut placed = 0;
            let mut last = None;
            for (place, floor) in STOCK.iter().zip(floors) {
                if placed == pairs || devices == 0 {
                    break;
                }
                let Some((price, power)) = floor else { break };
                last = Some((*price, *power));
                let own = u64::from(tier.beside && *place >= near);
                let others = place.checked_sub(tier.ups).map_or(0, |far| self.disc.within(far));
                let room = tier.in_rack.saturating_mul(own.saturating_add(others));
                let here = pairs.min(room).saturating_sub(placed);
                placed += here;
                let cables = here * devices * tier.lanes;
                cost += price.times(cables);
                watts = watts.saturating_add(power.0.saturating_mul(cables));
            }
            if placed < pairs && devices > 0 {
                // Longer than any: at least as dear as the longest.
                let (price, power) = last?;
                let cables = (pairs - placed) * devices * tier.lanes;
                cost += price.times(cables);
                watts = watts.saturating_add(power.0.saturating_mul(cables));
            }
        }
        Some((cost, watts))
    }

    /// What the cables of a network that is no tree cost and take at least.
    fn laid_at_least(
        &self,
        structure: &Structure,
        variant: &Variant,
        floors: &Floors,
    ) -> Option<(Money, u64)> {
        let room = &self.plan.room;
        let near = 2 * room.slack.mm();
        let apart = near + 2 * room.tray.mm() + room.rack_pitch.mm().min(room.row_pitch.mm());
        let beside = variant.place == SwitchPlace::InRack || structure.leaf.is_none();
        let (mut cost, mut watts) = (Money(0), 0u64);
        for (cables, mm) in structure.cables.into_iter().zip([if beside { near } else { apart }, near, near])
        {
            if cables > 0 {
                let (price, power) = floors[stock(Length(mm))?]?;
                cost += price.times(cables);
                watts = watts.saturating_add(power.0.saturating_mul(cables));
            }
        }
        Some((cost, watts))
    }
}
