//! A plan as it is asked for, read and checked.

use std::sync::Arc;

use crate::collective::Op;
use crate::fabric::parts::{Catalogue, MediumKind, Server, Technology};
use crate::units::{Bytes, EnergyPrice, Length, Money, Power, Time};
use crate::workload::Workload;

/// What is to be planned.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its name: the file's stem unless it says another.
    pub name: String,
    /// For plots and tables; the name unless it says another.
    pub title: String,
    /// Seed of random choices.
    pub seed: u64,
    /// Too large for the test suite.
    pub heavy: bool,
    /// What the cluster is for, each with its weight; never empty.
    pub loads: Vec<Load>,
    /// How many accelerators, or for how much.
    pub amount: Amount,
    /// Servers that may be taken: indices into the catalogue's, never empty.
    pub servers: Vec<usize>,
    /// Technologies that may be taken, never empty.
    pub technologies: Vec<Technology>,
    /// Families that may be taken, by name, in order; never empty.
    pub families: Vec<String>,
    /// All parts.
    pub catalogue: Arc<Catalogue>,
    /// Names of switches that may be taken; all unless told.
    pub switches: Option<Vec<String>>,
    /// Racks that may be taken: indices into the catalogue's, never empty.
    pub racks: Vec<usize>,
    /// Sorts of cables that may be taken, never empty.
    pub media: Vec<MediumKind>,
    /// The most ports down of a leaf for each port up: 1 for none oversubscribed.
    pub most_oversubscribed: f64,
    /// Network planes that may be taken: 1 for one network, never empty.
    pub planes: Vec<u32>,
    /// Where switches may stand, never empty.
    pub switch_places: Vec<SwitchPlace>,
    /// The room.
    pub room: Room,
    /// Facility power over power of equipment.
    pub pue: f64,
    /// What energy costs.
    pub electricity: EnergyPrice,
    /// Years over which ownership is counted.
    pub years: f64,
    /// Part of capital cost that upkeep takes a year.
    pub upkeep: f64,
    /// Part of full power that equipment takes on average.
    pub utilisation: f64,
    /// Axes of the front, never empty.
    pub objectives: Vec<Objective>,
    /// Weights of objectives for the one design that is recommended, as many as there are objectives.
    pub weights: Vec<f64>,
    /// What may not be exceeded.
    pub limits: Limits,
    /// How much better, as a part, a design must be to stay on the front: 0 for exact dominance.
    pub epsilon: f64,
    /// How much each situation counts.
    pub situations: Situations,
    /// Jobs of equal size that run at once, each with all loads.
    pub jobs: u32,
    /// Name of the communication library's profile and its release; `None` for what suits the accelerator.
    pub stack: Option<String>,
}

/// A part of what the cluster is for.
#[derive(Debug, Clone)]
pub struct Load {
    /// Its name: the model's or the operation's unless it says another.
    pub name: String,
    /// How much it counts.
    pub weight: f64,
    /// What it is.
    pub kind: LoadKind,
}

/// Sorts of loads.
#[derive(Debug, Clone)]
pub enum LoadKind {
    /// A training step on each of the plan's accelerators (by index of the accelerator's name in [`Plan::accelerators`]).
    /// The division is that of the file where it gives one; else it is searched.
    Train {
        /// The step with each accelerator, in the order of [`Plan::accelerators`].
        each: Vec<Arc<Workload>>,
        /// Whether the file leaves the division open.
        open: bool,
    },
    /// A plain collective among groups of neighbouring accelerators, all groups at once.
    Collective {
        /// The operation.
        op: Op,
        /// Its size.
        bytes: Bytes,
        /// Accelerators of a group; all unless told.
        group: Option<u32>,
    },
}

/// Names of families of fabric that can be asked for.
pub const FAMILIES: [&str; 7] =
    ["single-switch", "fat-tree", "rail-optimised", "rail-only", "multi-plane", "dragonfly", "torus"];

/// How much is to be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many accelerators.
    Accelerators(u32),
    /// As many accelerators as capital pays for, network and all.
    Budget(Money),
}

/// Where switches stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SwitchPlace {
    /// In the racks of the servers.
    InRack,
    /// In racks in the middle of the row.
    MiddleOfRow,
    /// In racks at the end of the row.
    EndOfRow,
    /// All in racks of the network's own, in the middle of the room.
    NetworkRacks,
}

impl SwitchPlace {
    /// All with their names in files.
    pub const ALL: [(&'static str, Self); 4] = [
        ("in-rack", Self::InRack),
        ("middle-of-row", Self::MiddleOfRow),
        ("end-of-row", Self::EndOfRow),
        ("network-racks", Self::NetworkRacks),
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, own)| *own == self).map_or("", |(name, _)| name)
    }
}

/// Where racks stand, and how cables go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Rows; 0 for as many as are needed.
    pub rows: u32,
    /// Racks of a row.
    pub racks_per_row: u32,
    /// From rack to rack in a row.
    pub rack_pitch: Length,
    /// From row to row, with the aisle.
    pub row_pitch: Length,
    /// From the top of a rack up to the trays.
    pub tray: Length,
    /// Height of a height unit: 44.45 mm.
    pub unit: Length,
    /// What is added at each end.
    pub slack: Length,
}

impl Default for Room {
    /// Racks of 0.7 m, rows every 3 m, trays 0.4 m above racks, 0.5 m of slack an end.
    fn default() -> Self {
        Self {
            rows: 0,
            racks_per_row: 20,
            rack_pitch: Length(700),
            row_pitch: Length(3_000),
            tray: Length(400),
            unit: Length(44),
            slack: Length(500),
        }
    }
}

/// An axis of the front; less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Objective {
    /// The step's time.
    StepTime,
    /// Capital cost.
    Capex,
    /// Total cost of ownership.
    Tco,
    /// Power of the facility.
    Power,
}

impl Objective {
    /// All with their names in files.
    pub const ALL: [(&'static str, Self); 4] =
        [("step_time", Self::StepTime), ("capex", Self::Capex), ("tco", Self::Tco), ("power", Self::Power)];

    /// The name in files.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, own)| *own == self).map_or("", |(name, _)| name)
    }
}

/// What may not be exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Time of the weighted step.
    pub step_time: Option<Time>,
    /// Capital cost, at mid prices.
    pub capex: Option<Money>,
    /// Total cost of ownership, at mid prices.
    pub tco: Option<Money>,
    /// Power of the facility.
    pub power: Option<Power>,
}

/// How much each situation counts in the step's time; they sum up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Situations {
    /// Ranks that are neighbours stand beside one another.
    pub aligned: f64,
    /// Ranks that are neighbours stand under different leaves, as in a cluster whose free servers are where they are.
    pub scattered: f64,
    /// The worst of one failed link, switch or plane.
    pub failed: f64,
}

impl Default for Situations {
    fn default() -> Self {
        Self { aligned: 0.6, scattered: 0.3, failed: 0.1 }
    }
}

impl Plan {
    /// Names of the accelerators of the servers that may be taken, each once, in their order.
    pub fn accelerators(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for server in &self.servers {
            let name = self.catalogue.servers[*server].accelerator.as_str();
            if !found.contains(&name) {
                found.push(name);
            }
        }
        found
    }

    /// What capital may be spent at most: the limit that the plan sets, or its budget, whichever is less.
    pub fn most_capex(&self) -> Option<Money> {
        let budget = match self.amount {
            Amount::Budget(budget) => Some(budget),
            Amount::Accelerators(_) => None,
        };
        self.limits.capex.into_iter().chain(budget).min()
    }

    /// The servers that may be taken.
    pub fn servers(&self) -> impl Iterator<Item = &Server> {
        self.servers.iter().map(|at| &self.catalogue.servers[*at])
    }
}
