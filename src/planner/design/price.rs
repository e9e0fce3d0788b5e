//! What a design costs exactly, racks in their canonical order: to the cent what the bill of its drawing comes to.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::bundles::{Bundle, TIERS};
use super::{Priced, Rooming, Structure, Variant, Yard};
use crate::fabric::parts::Price;
use crate::ids::number;
use crate::input::plan::Room;
use crate::planner::floor::{Choices, Misfit, STOCK, Stand, drop, labour, level, modules, stock};
use crate::units::Length;

/// Stock lengths, and one place for what is longer.
const WIDTH: usize = STOCK.len() + 1;

/// Cables by stock length.
type ByLength = [u32; WIDTH];

/// Steps of [`Ruler::places`]: all stock lengths are multiples of it.
const STEP: u64 = 500;

/// Where a device's ports are.
#[derive(Debug, Clone, Copy)]
struct Port {
    row: u32,
    place: u32,
    level: u32,
    /// From there up to the trays, in millimetres, with the slack of an end.
    up: u64,
}

/// Tells stock lengths of cables between ports: [`crate::planner::floor::length`], with all that does not change
/// between cables worked out before.
pub(super) struct Ruler {
    row_pitch: u64,
    rack_pitch: u64,
    unit: u64,
    slack: u64,
    /// The place of a length's stock length, by steps of the length.
    places: Vec<u8>,
}

impl Ruler {
    /// For a room.
    pub(super) fn new(room: &Room) -> Self {
        let last = STOCK[STOCK.len() - 1] / STEP;
        let place = |steps: u64| stock(Length(steps * STEP)).unwrap_or(WIDTH - 1);
        let narrow = |place: usize| u8::try_from(place).unwrap_or(u8::MAX);
        Self {
            row_pitch: room.row_pitch.mm(),
            rack_pitch: room.rack_pitch.mm(),
            unit: room.unit.mm(),
            slack: room.slack.mm().saturating_mul(2),
            places: (0..=last).map(|steps| narrow(place(steps))).collect(),
        }
    }

    /// The place of the stock length of a cable; that for what is longer where none is long enough.
    #[inline]
    fn place(&self, a: Port, b: Port) -> usize {
        let mm = if a.row == b.row && a.place == b.place {
            u64::from(a.level.abs_diff(b.level)).saturating_mul(self.unit).saturating_add(self.slack)
        } else {
            let rows = u64::from(a.row.abs_diff(b.row)).saturating_mul(self.row_pitch);
            let places = u64::from(a.place.abs_diff(b.place)).saturating_mul(self.rack_pitch);
            a.up.saturating_add(b.up).saturating_add(rows).saturating_add(places)
        };
        let steps = usize::try_from(mm.div_ceil(STEP)).unwrap_or(usize::MAX);
        self.places.get(steps).map_or(WIDTH - 1, |place| usize::from(*place))
    }

    /// The same for all devices of a shelf, where it is the same: from another rack, lengths go with heights.
    #[inline]
    fn shelf(&self, from: Port, shelf: &Shelf) -> Option<usize> {
        let [high, low] = shelf.ends;
        if (from.row, from.place) == (high.row, high.place) && shelf.devices.len() > 1 {
            return None;
        }
        let place = self.place(from, high);
        (place == self.place(from, low)).then_some(place)
    }
}

/// Devices that follow one another in one rack, which cables from elsewhere reach at much the same length.
struct Shelf {
    /// The highest and the lowest of their ports.
    ends: [Port; 2],
    devices: Range<usize>,
    /// Cables of each of them, by stock length, beside those that are told by device.
    each: ByLength,
}

/// Devices as shelves.
fn shelve(ports: &[Port], devices: Range<u32>, shelves: &mut Vec<Shelf>) {
    let own = devices.start as usize..devices.end as usize;
    for (device, port) in own.clone().zip(&ports[own]) {
        let port = *port;
        match shelves.last_mut() {
            Some(shelf) if (shelf.ends[0].row, shelf.ends[0].place) == (port.row, port.place) => {
                shelf.devices.end = device + 1;
                if port.up < shelf.ends[0].up {
                    shelf.ends[0] = port;
                }
                if port.up > shelf.ends[1].up {
                    shelf.ends[1] = port;
                }
            }
            _ => shelves.push(Shelf { ends: [port; 2], devices: device..device + 1, each: [0; WIDTH] }),
        }
    }
}

/// Gives devices what their shelves counted for them.
fn empty(shelves: &mut Vec<Shelf>, devices: &mut [ByLength]) {
    for shelf in shelves.drain(..) {
        for device in &mut devices[shelf.devices] {
            for (sum, own) in device.iter_mut().zip(shelf.each) {
                *sum += own;
            }
        }
    }
}

/// The cables of a design.
struct Cables {
    /// By stock length.
    lengths: [u64; WIDTH],
    /// Devices with the same cables, and how many of them there are.
    devices: Vec<(ByLength, u64)>,
}

impl<'a> Yard<'a> {
    /// Prices a design exactly, racks in their canonical order: as the bill of its drawing does.
    ///
    /// # Errors
    /// The limit that it breaks.
    pub fn price(&self, structure: &Structure, variant: &Variant) -> Result<Priced, Misfit> {
        self.prices(structure, variant)?.swap_remove(variant.media)
    }

    /// Prices a design with each of [`Self::policies`] of cables, whatever its own is: lengths are the same for all.
    ///
    /// # Errors
    /// The limit that it breaks with all of them; in the list, that each breaks.
    pub fn prices(
        &self,
        structure: &Structure,
        variant: &Variant,
    ) -> Result<Vec<Result<Priced, Misfit>>, Misfit> {
        let rooming = self.rooming(structure, variant)?;
        let key = (structure.wiring.technology, structure.wiring.port_rate);
        let choices = self.choices.get(&key).ok_or(Misfit::Reach)?;
        let cables = self.cables(structure, variant, &rooming);
        let racks = number(rooming.slots.len());
        let (mut capex, watts) = self.fixed(structure);
        capex += self.rack(variant).price.times(racks.into());
        let priced = |choices: &Choices| {
            let (price, power) = self.cabled(choices, &cables)?;
            let power = self.facility(watts.saturating_add(power));
            Ok(Priced { capex: capex + price, power, racks })
        };
        Ok(choices.iter().map(priced).collect())
    }

    /// The cables of a design in its racks.
    fn cables(&self, structure: &Structure, variant: &Variant, rooming: &Rooming) -> Cables {
        let ruler = &self.ruler;
        let (room, height) = (&self.plan.room, self.rack(variant).height);
        let heights: [u32; TIERS] = [
            self.server(structure).height,
            self.switch(structure.leaf).map_or(1, |own| own.height),
            self.switch(structure.spine).map_or(1, |own| own.height),
            self.switch(structure.core).map_or(1, |own| own.height),
        ];
        let layout = &rooming.layout;
        let stands: [&[Stand]; TIERS] = [&layout.servers, &layout.leaves, &layout.spines, &layout.cores];
        let port = |tier: usize, stand: &Stand| {
            let slot = rooming.slots[stand.rack as usize];
            let level = level(stand.unit, heights[tier]);
            let up = drop(room, height, level).mm().saturating_add(room.slack.mm());
            Port { row: slot.row, place: slot.place, level, up }
        };
        let ports: [Vec<Port>; TIERS] =
            std::array::from_fn(|tier| stands[tier].iter().map(|stand| port(tier, stand)).collect());
        let mut devices: [Vec<ByLength>; TIERS] =
            std::array::from_fn(|tier| vec![[0; WIDTH]; ports[tier].len()]);
        let mut lengths = [0u64; WIDTH];
        let mut shelves: Vec<Shelf> = Vec::new();
        let mut last = (0, 0..0);
        structure.each_bundle(|Bundle { tier, low, above, high, lanes }| {
            if (above, &high) != (last.0, &last.1) {
                empty(&mut shelves, &mut devices[last.0]);
                shelve(&ports[above], high.clone(), &mut shelves);
                last = (above, high);
            }
            let one = ports[tier][low as usize];
            let mut own: ByLength = [0; WIDTH];
            for shelf in &mut shelves {
                if let Some(place) = ruler.shelf(one, shelf) {
                    own[place] += lanes * number(shelf.devices.len());
                    shelf.each[place] += lanes;
                    continue;
                }
                for device in shelf.devices.clone() {
                    let place = ruler.place(one, ports[above][device]);
                    own[place] += lanes;
                    devices[above][device][place] += lanes;
                }
            }
            for ((sum, of_device), own) in lengths.iter_mut().zip(&mut devices[tier][low as usize]).zip(own) {
                *sum += u64::from(own);
                *of_device += own;
            }
        });
        empty(&mut shelves, &mut devices[last.0]);
        let mut known: FxHashMap<ByLength, usize> = FxHashMap::default();
        let mut alike: Vec<(ByLength, u64)> = Vec::new();
        // Those that follow one another are often the same.
        let mut at = 0;
        for device in devices.iter().flatten() {
            if alike.get(at).is_none_or(|(own, _)| own != device) {
                at = *known.entry(*device).or_insert_with(|| {
                    alike.push((*device, 0));
                    alike.len() - 1
                });
            }
            alike[at].1 += 1;
        }
        Cables { lengths, devices: alike }
    }

    /// What cables cost and take with some media.
    fn cabled(&self, choices: &Choices, cables: &Cables) -> Result<(Price, u64), Misfit> {
        let catalogue = &self.plan.catalogue;
        let reaches =
            |place: usize| cables.lengths[place] == 0 || choices.each.get(place).is_some_and(Option::is_some);
        if !(0..WIDTH).all(reaches) {
            return Err(Misfit::Reach);
        }
        let (mut capex, mut watts) = (Price::default(), 0u64);
        // Stock lengths that are made of one medium, in use.
        let mut by_medium: Vec<(usize, Vec<usize>)> = Vec::new();
        for (place, (count, choice)) in cables.lengths.iter().zip(&choices.each).enumerate() {
            let Some(choice) = choice.filter(|_| *count > 0) else { continue };
            let laying = labour(catalogue.media[choice.medium].kind);
            capex += choice.cable.times(*count) + laying.times(*count);
            watts = watts.saturating_add(choice.power.0.saturating_mul(*count));
            match by_medium.iter_mut().find(|(medium, _)| *medium == choice.medium) {
                Some((_, places)) => places.push(place),
                None => by_medium.push((choice.medium, vec![place])),
            }
        }
        for (medium, places) in by_medium {
            let medium = &catalogue.media[medium];
            if medium.transceiver.is_empty() {
                continue;
            }
            let of = |(device, alike): &(ByLength, u64)| {
                u64::from(modules(medium, places.iter().map(|place| device[*place]).sum())) * alike
            };
            let count: u64 = cables.devices.iter().map(of).sum();
            capex += medium.transceiver_price.times(count);
        }
        Ok((capex, watts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::floor::{End, Slot, length};

    /// The ruler is a fast twin of lengths.
    #[test]
    fn rulers_tell_what_lengths_are() {
        assert!(STOCK.iter().all(|mm| mm.is_multiple_of(STEP)));
        let rooms = [
            Room::default(),
            Room { unit: Length(45), slack: Length(0), tray: Length(0), ..Room::default() },
            Room { rack_pitch: Length(1_234), row_pitch: Length(40_000), ..Room::default() },
        ];
        for room in &rooms {
            let ruler = Ruler::new(room);
            let end = |at: u32| End {
                slot: Slot { row: at % 3, place: at * 7 % 20 },
                unit: 1 + at * 11 % 40,
                height: 1 + at % 8,
            };
            let port = |end: End| Port {
                row: end.slot.row,
                place: end.slot.place,
                level: end.level(),
                up: drop(room, 48, end.level()).mm() + room.slack.mm(),
            };
            for one in 0..60 {
                for other in 0..60 {
                    let (one, other) = (end(one), end(other));
                    let told = stock(length(room, 48, one, other)).unwrap_or(WIDTH - 1);
                    assert_eq!(ruler.place(port(one), port(other)), told, "{one:?} {other:?}");
                }
            }
        }
    }
}
