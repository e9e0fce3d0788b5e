//! A design of the front drawn up.

use super::topology::topology;
use super::{PlanError, Planned};
use crate::input::{LoadError, LoadOptions, load_topology};
use crate::planner::floor::{Assigned, Placing, draw_up};
use crate::result::{PlanDesign, PlannedDesign};

/// A design as its folder holds it.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// Its bill, racks and cables.
    pub planned: PlannedDesign,
    /// Its topology, as a file that `run` takes.
    pub topology: String,
}

impl Planned<'_> {
    /// Draws a design of the front up, its racks placed by annealing; `stop` is asked meanwhile.
    ///
    /// # Errors
    /// Where it cannot be drawn up.
    pub fn draw(&self, at: usize, stop: &(dyn Fn() -> bool + Sync)) -> Result<Drawing, PlanError> {
        let (member, design) = (&self.found.front[at], &self.result.front[at]);
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
        let drawn = draw_up(&fabric.value, &parts, Placing::Annealed(self.plan.seed), stop)
            .map_err(|error| PlanError::draw(&design.id, &error))?;
        let design = PlanDesign {
            cables: drawn.tiers.clone(),
            cost: drawn.cost.clone(),
            power: drawn.power.clone(),
            ..design.clone()
        };
        Ok(Drawing { planned: drawn.with(self.plan.title.clone(), design), topology: text })
    }
}
