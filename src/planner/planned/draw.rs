//! A design of the front drawn up.

use super::topology::topology;
use super::{PlanError, Planned};
use crate::input::{LoadError, LoadOptions, load_topology};
use crate::planner::floor::{Assigned, Drawn, Placing, draw_up, usd_range};
use crate::result::{PlanDesign, PlannedDesign, UsdRange};
use crate::units::Money;

/// A design as its folder holds it.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// Its bill, racks and cables.
    pub planned: PlannedDesign,
    /// Its topology, as a file that `run` takes.
    pub topology: String,
}

impl Planned<'_> {
    /// Draws a design of the front up, its racks placed by annealing: what it costs is of those places. `stop` is asked
    /// meanwhile.
    ///
    /// # Errors
    /// Where it cannot be drawn up.
    pub fn draw(&self, at: usize, stop: &(dyn Fn() -> bool + Sync)) -> Result<Drawing, PlanError> {
        let design = &self.result.front[at];
        let (drawn, topology) = self.drawn(at, design, Placing::Annealed(self.plan.seed), stop)?;
        let (owned, capex) = (self.axes(), drawn.capex);
        let tco = |price: Money| owned.owned().tco(price, drawn.watts);
        // Cables are what placement changes.
        let network = design.network_usd_per_accelerator * as_count(design.accelerators);
        let network = network - (design.capex_usd - capex.mid.usd());
        let design = PlanDesign {
            capex_usd: capex.mid.usd(),
            capex: usd_range(capex),
            tco: UsdRange { low: tco(capex.low), mid: tco(capex.mid), high: tco(capex.high) },
            power_w: drawn.watts,
            network_usd_per_accelerator: network / as_count(design.accelerators),
            cables: drawn.tiers.clone(),
            cost: drawn.cost.clone(),
            power: drawn.power.clone(),
            ..design.clone()
        };
        Ok(Drawing { planned: drawn.with(self.plan.title.clone(), design), topology })
    }

    /// What cables, costs and power of a design are made of, its racks in the order in which it was priced.
    pub(super) fn break_down(
        &self,
        at: usize,
        design: PlanDesign,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<PlanDesign, PlanError> {
        let (drawn, _) = self.drawn(at, &design, Placing::Canonical, stop)?;
        Ok(PlanDesign { cables: drawn.tiers, cost: drawn.cost, power: drawn.power, ..design })
    }

    /// A design of the front, drawn up, and its topology.
    fn drawn(
        &self,
        at: usize,
        design: &PlanDesign,
        placing: Placing<'_>,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<(Drawn, String), PlanError> {
        let member = &self.found.front[at];
        let structure = &self.space.structures[member.structure as usize];
        let wiring = self.wiring(member.network);
        let catalogue = &self.plan.catalogue;
        let name = format!("{}-{}", self.plan.name, design.id);
        let text = topology(&name, &design.summary, catalogue, structure, wiring);
        let options = LoadOptions { stdin: Some(text.clone()), ..LoadOptions::default() };
        let fabric = load_topology("-", &options).map_err(|error| PlanError::Draw {
            id: design.id.clone(),
            why: match error {
                LoadError::Io { message, .. } => message,
                LoadError::Rejected { diagnostics, .. } => {
                    diagnostics.iter().map(|own| own.message.clone()).collect::<Vec<_>>().join("; ")
                }
            },
        })?;
        let switch = |own: Option<crate::planner::design::Switches>| {
            own.map(|own| &catalogue.switches[own.mode.switch])
        };
        let parts = Assigned {
            catalogue,
            server: &catalogue.servers[structure.server],
            nic: structure.nic.map(|nic| &catalogue.nics[nic]),
            leaf: switch(structure.leaf),
            spine: switch(structure.spine),
            core: switch(structure.core),
            // Switches of a dragonfly are of no tier.
            switch: switch(structure.leaf),
            rack: &catalogue.racks[member.variant.rack],
            technology: wiring.technology,
            media: &self.space.yard.policies[member.variant.media],
            per_rack: member.variant.per_rack,
            place: member.variant.place,
            pod: (wiring.pod_servers, structure.leaves_per_pod),
            room: self.plan.room,
            pue: self.plan.pue,
        };
        let drawn = draw_up(&fabric.value, &parts, placing, stop)
            .map_err(|error| PlanError::draw(&design.id, &error))?;
        Ok((drawn, text))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
const fn as_count(number: u64) -> f64 {
    number as f64
}
