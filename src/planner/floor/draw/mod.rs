//! A design drawn up: a fabric and its parts, as things that can be ordered and racked.
//!
//! Works for any fabric whose accelerators are in servers, from a family or written out. What belongs to one server is one
//! device, every network switch is one; a link between two devices is as many cables as it has lanes. Racks stand where
//! the file says, if it says so of every device; else they are filled as [`layout`](super::layout()) does and placed.

mod bill;
mod cables;
mod device;
mod diagram;
mod error;
mod stand;

pub use bill::{COPPER_LABOUR, HOUR, OPTICAL_LABOUR, labour, usd_range};
pub use cables::takes;
pub use error::DrawError;

use super::{CableCost, Floor, Misfit, Slot, place, serpentine};
use crate::fabric::parts::{Catalogue, MediumKind, Nic, Price, Rack, Server, Switch, Technology};
use crate::fabric::{Fabric, MAX_ITEMS};
use crate::ids::number;
use crate::input::plan::{Room, SwitchPlace};
use crate::result::{
    BillLine, DESIGN_SCHEMA, PlanCable, PlanCost, PlanDesign, PlanDiagramTier, PlanFloor, PlanPlacement,
    PlanPower, PlanRack, PlanRun, PlanTier, PlannedDesign,
};
use device::Inventory;
use stand::Standing;

/// What a fabric is made of.
#[derive(Debug, Clone, Copy)]
pub struct Assigned<'a> {
    /// Where media are taken from.
    pub catalogue: &'a Catalogue,
    /// Every server.
    pub server: &'a Server,
    /// Every adapter, where the servers come without.
    pub nic: Option<&'a Nic>,
    /// Every leaf.
    pub leaf: Option<&'a Switch>,
    /// Every spine.
    pub spine: Option<&'a Switch>,
    /// Every core.
    pub core: Option<&'a Switch>,
    /// Every switch that is of no tier.
    pub switch: Option<&'a Switch>,
    /// Every rack.
    pub rack: &'a Rack,
    /// What cables carry.
    pub technology: Technology,
    /// Sorts of cables that may be taken.
    pub media: &'a [MediumKind],
    /// Servers of a rack.
    pub per_rack: u32,
    /// Where switches stand.
    pub place: SwitchPlace,
    /// Servers of a full pod, and its leaves. Where the fabric's leaves are not so many a pod, all of it is one pod.
    pub pod: (u32, u32),
    /// The room.
    pub room: Room,
    /// Facility power over power of equipment.
    pub pue: f64,
}

/// Where racks stand.
#[derive(Debug, Clone, Copy)]
pub enum Placing<'a> {
    /// In their sequence, every other row backwards.
    Canonical,
    /// Where their cables cost the least that is found, from this seed of random choices on.
    Annealed(u64),
    /// Here: a slot for each rack of the sequence.
    Given(&'a [Slot]),
}

/// A design drawn up, without what only the search knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// What is to be bought.
    pub bill: Vec<BillLine>,
    /// Shares of capital cost: servers, adapters, switches, transceivers, cables, racks, labour.
    pub cost: Vec<PlanCost>,
    /// Their sum.
    pub capex: Price,
    /// Shares of power: servers, adapters, switches, transceivers, cooling.
    pub power: Vec<PlanPower>,
    /// Their sum, in watts.
    pub watts: f64,
    /// The room.
    pub floor: PlanFloor,
    /// All racks, by row and place.
    pub racks: Vec<PlanRack>,
    /// All cables.
    pub cables: Vec<PlanCable>,
    /// Cables by tier.
    pub tiers: Vec<PlanTier>,
    /// Bundles between racks.
    pub runs: Vec<PlanRun>,
    /// Switches by tier.
    pub diagram: Vec<PlanDiagramTier>,
    /// What placement saved.
    pub placement: PlanPlacement,
}

impl Drawn {
    /// Together with what the search knows.
    pub fn with(self, title: String, design: PlanDesign) -> PlannedDesign {
        let Self { bill, floor, racks, cables, runs, diagram, placement, .. } = self;
        let schema = DESIGN_SCHEMA.into();
        PlannedDesign { schema, title, design, bill, floor, racks, cables, runs, diagram, placement }
    }
}

/// A fabric with its devices in racks, which have no places yet.
#[derive(Debug)]
pub struct Racked<'a> {
    parts: Assigned<'a>,
    inventory: Inventory<'a>,
    standing: Standing,
    sorts: cables::Sorts,
}

impl<'a> Racked<'a> {
    /// Puts the devices of a fabric into racks.
    ///
    /// # Errors
    /// What is not in a server and no switch, kinds of switches without a part, and limits of racks.
    pub fn new(fabric: &'a Fabric, parts: &Assigned<'a>) -> Result<Self, DrawError> {
        let inventory = Inventory::new(fabric, parts)?;
        let cables = inventory.lines.iter().map(|line| u64::from(line.lanes)).sum();
        let most = u64::from(number(MAX_ITEMS));
        if cables > most {
            return Err(DrawError::TooMany { cables, most });
        }
        if let (false, None, Some(first)) = (parts.server.with_nics, parts.nic, inventory.devices.first()) {
            return Err(DrawError::NoPart { name: first.name.clone(), kind: "adapter" });
        }
        let standing = Standing::new(&inventory, parts)?;
        let sorts = cables::Sorts::new(&inventory, parts)?;
        Ok(Self { parts: *parts, inventory, standing, sorts })
    }

    /// Racks and the cables between them, for placement.
    pub fn floor(&self) -> Floor {
        cables::floor(&self.parts, &self.inventory, &self.standing, &self.sorts)
    }

    /// Racks where they stand if each takes its place of the sequence.
    fn canonical(&self) -> Vec<Slot> {
        (0..number(self.standing.racks.len())).map(|at| serpentine(&self.parts.room, at)).collect()
    }

    /// Draws it up. `stop` is asked while racks are placed.
    ///
    /// # Errors
    /// Ports and reach of cables that do not suffice, and a room that is too small.
    pub fn draw_up(
        &self,
        placing: Placing<'_>,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Drawn, DrawError> {
        let floor = self.floor();
        let racks = number(floor.kinds.len());
        let slots = match (&self.standing.given, placing) {
            (Some(slots), _) => slots.clone(),
            (None, Placing::Annealed(seed)) => place(&floor, seed, stop)?.slots,
            (None, Placing::Given(slots)) if slots.len() == floor.kinds.len() => slots.to_vec(),
            (None, Placing::Given(_)) => return Err(Misfit::Room.into()),
            (None, Placing::Canonical) => self.canonical(),
        };
        let rows = match &self.standing.given {
            Some(slots) => slots.iter().map(|slot| slot.row + 1).max().unwrap_or(0).max(self.parts.room.rows),
            None => super::rows(&self.parts.room, racks)?,
        };
        let order = self.standing.order(&slots);
        let cabled =
            cables::cable(&self.parts, &self.inventory, &self.standing, &self.sorts, &slots, &order)?;
        let bought = bill::bill(&self.parts, &self.inventory, self.standing.racks.len(), &cabled);
        let within = cables::within(&self.parts, &self.inventory, &self.standing, &self.sorts);
        let usd = |cost: CableCost| (cost.cost + within).usd();
        let places = slots.iter().map(|slot| slot.place + 1).max().unwrap_or(0);
        Ok(Drawn {
            bill: bought.lines,
            cost: bought.cost,
            capex: bought.capex,
            watts: bought.power.iter().map(|part| part.watts).sum(),
            power: bought.power,
            floor: PlanFloor {
                rows,
                racks_per_row: self.parts.room.racks_per_row.max(places),
                rack_pitch_m: metres(self.parts.room.rack_pitch.mm()),
                row_pitch_m: metres(self.parts.room.row_pitch.mm()),
            },
            racks: self.standing.draw(&self.inventory, &self.parts, &slots, &order),
            tiers: cabled.tiers,
            runs: cabled.runs,
            diagram: diagram::diagram(&self.parts, &self.inventory),
            placement: PlanPlacement {
                row_major_usd: usd(floor.cost(&floor.row_major())),
                placed_usd: usd(floor.cost(&slots)),
            },
            cables: cabled.cables,
        })
    }
}

/// Draws up a fabric.
///
/// # Errors
/// As [`Racked::new`] and [`Racked::draw_up`].
pub fn draw_up(
    fabric: &Fabric,
    parts: &Assigned<'_>,
    placing: Placing<'_>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Drawn, DrawError> {
    Racked::new(fabric, parts)?.draw_up(placing, stop)
}

#[expect(clippy::cast_precision_loss, reason = "for display only")]
fn metres(mm: u64) -> f64 {
    mm as f64 / 1e3
}

#[cfg(test)]
mod tests;
