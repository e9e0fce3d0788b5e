//! What a plan came to: plain data that round-trips through JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The schema name of [`PlanResult`].
pub const PLAN_SCHEMA: &str = "railspine.plan/1";
/// The schema name of [`PlannedDesign`].
pub const DESIGN_SCHEMA: &str = "railspine.design/1";

/// A plan: its front, and what the search did to find it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanResult {
    /// Always `railspine.plan/1`.
    pub schema: String,
    /// The plan's name.
    pub plan: String,
    /// The plan's title, for plots.
    pub title: String,
    /// What the cluster is for.
    pub loads: Vec<PlanLoad>,
    /// Axes of the front: `step_time`, `capex`, `tco`, `power`.
    pub objectives: Vec<String>,
    /// How much better, as a part, a design had to be to stay on the front: 0 for exact dominance.
    pub epsilon: f64,
    /// How much each situation counts.
    pub situations: Vec<PlanWeight>,
    /// Jobs of equal size that run at once.
    pub jobs: u32,
    /// What the search looked at.
    pub space: PlanSpace,
    /// What is certain of the front, in words.
    pub certificate: String,
    /// The front, the fastest first. Empty where no design is feasible.
    pub front: Vec<PlanDesign>,
    /// The id of the design that the weights recommend; left out where the front is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommended: Option<String>,
    /// What of all this should be known before it is used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A name and how much it counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanWeight {
    /// What.
    pub name: String,
    /// How much of 1.
    pub weight: f64,
}

/// A load of the cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanLoad {
    /// Its name.
    pub name: String,
    /// How much of 1 it counts.
    pub weight: f64,
    /// What it is, in words: `llama3-405b, 2048 sequences of 8192`.
    pub about: String,
}

/// What the search looked at. `designs = pruned + simulated + infeasible`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanSpace {
    /// Designs of the space.
    pub designs: u64,
    /// Designs that a bound, or a cheaper twin on the same network, proves not to be on the front.
    pub pruned: u64,
    /// Designs whose step time was simulated.
    pub simulated: u64,
    /// Designs that break a limit.
    pub infeasible: u64,
    /// Networks that differ in anything that a step's time depends on.
    pub networks: u64,
    /// Networks that were simulated.
    pub networks_simulated: u64,
    /// Which bounds pruned how many.
    pub pruned_by: Vec<PlanCount>,
    /// Which limits how many designs break; a design is counted at the first.
    pub infeasible_by: Vec<PlanCount>,
}

/// A number of designs, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanCount {
    /// Why: `rack-power`, `dominated-by-bound`.
    pub by: String,
    /// In words.
    pub about: String,
    /// How many designs.
    pub designs: u64,
}

/// A price as an interval, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct UsdRange {
    /// At least.
    pub low: f64,
    /// Likely.
    pub mid: f64,
    /// At most.
    pub high: f64,
}

/// A design of the front, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanDesign {
    /// Its id, which is its folder's name: `d1`.
    pub id: String,
    /// Family of its network: `rail-optimised`.
    pub family: String,
    /// In one line: `rail-optimised, 2 tiers, 1:1, InfiniBand 400 Gbps, 4 servers a rack`.
    pub summary: String,
    /// `infiniband` or `roce`.
    pub technology: String,
    /// Accelerators.
    pub accelerators: u64,
    /// Servers.
    pub servers: u64,
    /// Name of the server.
    pub server: String,
    /// Tiers of switches.
    pub tiers: u32,
    /// Planes of the network.
    pub planes: u32,
    /// Rate down over rate up, at the worst tier: 1 where nothing is oversubscribed; left out where there is nothing up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oversubscription: Option<f64>,
    /// Names of the switches, by tier from the leaves up.
    pub switches: Vec<String>,
    /// How many switches, by tier from the leaves up.
    pub switch_counts: Vec<u64>,
    /// Where switches stand: `middle-of-row`; `as-told` where a topology that is only priced says so itself.
    pub switch_place: String,
    /// Servers of a rack.
    pub servers_per_rack: u32,
    /// Name of the rack.
    pub rack: String,
    /// Racks in all.
    pub racks: u64,
    /// Time of the weighted step, simulated, in picoseconds; 0 where none was, as of a topology that is only priced.
    pub step_time_ps: u64,
    /// What no schedule can beat, in picoseconds: weighted in the same way.
    pub lower_bound_ps: u64,
    /// Time of each load in each situation.
    pub times: Vec<PlanTime>,
    /// Capital cost at mid prices, in US dollars.
    pub capex_usd: f64,
    /// Capital cost.
    pub capex: UsdRange,
    /// Total cost of ownership.
    pub tco: UsdRange,
    /// Power of the facility while it works, in watts.
    pub power_w: f64,
    /// Capital cost of what is between servers, over accelerators, at mid prices.
    pub network_usd_per_accelerator: f64,
    /// Cables by tier from hosts up.
    pub cables: Vec<PlanTier>,
    /// What capital goes into, in the order in which it is drawn: servers, adapters, switches, transceivers, cables, racks.
    pub cost: Vec<PlanCost>,
    /// What power goes into: servers, adapters, switches, transceivers, cooling.
    pub power: Vec<PlanPower>,
    /// Whether it is on the front at low, mid and high prices.
    pub on_front_at: [bool; 3],
    /// What limits it, in words.
    pub limited_by: String,
    /// What a change would do to its step time, the most first.
    pub sensitivity: Vec<PlanSensitivity>,
}

/// The time of a load in a situation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanTime {
    /// The load.
    pub load: String,
    /// The situation: `aligned`, `scattered`, `failed`.
    pub situation: String,
    /// What is failed there, in words; empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub failed: String,
    /// Its time, in picoseconds.
    pub time_ps: u64,
}

/// Cables of a tier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanTier {
    /// What they join: `server-leaf`, `leaf-spine`, `spine-core`.
    pub tier: String,
    /// How many.
    pub cables: u64,
    /// Of each sort and stock length: how many.
    pub lengths: Vec<PlanLength>,
    /// Metres of all.
    pub metres: f64,
}

/// Cables of one sort and length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanLength {
    /// Name of the medium.
    pub medium: String,
    /// Stock length, in metres.
    pub metres: f64,
    /// How many.
    pub cables: u64,
}

/// A share of capital cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanCost {
    /// What: `servers`, `adapters`, `switches`, `transceivers`, `cables`, `racks`, `labour`.
    pub what: String,
    /// How much.
    pub usd: UsdRange,
}

/// A share of power.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanPower {
    /// What.
    pub what: String,
    /// How much, in watts.
    pub watts: f64,
}

/// What a change would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanSensitivity {
    /// The change, in words: `twice the leaf-spine bandwidth`.
    pub change: String,
    /// The step time with it, in picoseconds: as it changes where nothing has failed.
    pub step_time_ps: u64,
    /// Part of the step time that it saves where nothing has failed; negative where it costs.
    pub saves: f64,
}

/// A design drawn up: what its folder holds, and what its drawings need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedDesign {
    /// Always `railspine.design/1`.
    pub schema: String,
    /// The plan's title.
    pub title: String,
    /// The design in short.
    pub design: PlanDesign,
    /// What is to be bought.
    pub bill: Vec<BillLine>,
    /// The room.
    pub floor: PlanFloor,
    /// All racks, by row and place.
    pub racks: Vec<PlanRack>,
    /// All cables between racks and within; left out of JSON, as the cable schedule has them.
    #[serde(skip)]
    pub cables: Vec<PlanCable>,
    /// Bundles of cables between racks, for the floor plan: indices of racks, and how many.
    pub runs: Vec<PlanRun>,
    /// Switches by tier for the network diagram.
    pub diagram: Vec<PlanDiagramTier>,
    /// Cable cost at mid prices where racks stand row by row in their order, and as they are placed, in US dollars.
    pub placement: PlanPlacement,
}

/// A line of the bill of materials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BillLine {
    /// Name of the part in the catalogue, with a cable's length.
    pub part: String,
    /// Its name in full.
    pub title: String,
    /// `server`, `adapter`, `switch`, `transceiver`, `cable`, `rack`, `labour`.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// Price of one.
    pub unit_usd: UsdRange,
    /// Price of all.
    pub total_usd: UsdRange,
}

/// The room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanFloor {
    /// Rows.
    pub rows: u32,
    /// Places of a row.
    pub racks_per_row: u32,
    /// From rack to rack, in metres.
    pub rack_pitch_m: f64,
    /// From row to row, in metres.
    pub row_pitch_m: f64,
}

/// A rack and what stands in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanRack {
    /// Its name: `r03-12` for row 3, place 12, both from 1.
    pub name: String,
    /// Its row, from 0.
    pub row: u32,
    /// Its place in the row, from 0.
    pub place: u32,
    /// `servers`, `network` or `mixed`.
    pub kind: String,
    /// The pod of its servers, from 0, where it has servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<u32>,
    /// Height units.
    pub height: u32,
    /// The most power that its parts take, in watts.
    pub power_w: f64,
    /// What it provides, in watts.
    pub power_limit_w: f64,
    /// Mass of its parts, in kilograms.
    pub mass_kg: f64,
    /// What stands in it, from the floor up.
    pub devices: Vec<PlanDevice>,
}

/// A device in a rack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanDevice {
    /// Its name, as in the topology: `host12`, `leaf3`.
    pub name: String,
    /// Name of the part.
    pub part: String,
    /// `server`, `leaf`, `spine`, `core`, `switch`.
    pub kind: String,
    /// Lowest height unit, from 1.
    pub unit: u32,
    /// Height units.
    pub height: u32,
}

/// A cable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanCable {
    /// `server-leaf`, `leaf-spine`, `spine-core`.
    pub tier: &'static str,
    /// One end.
    pub from: PlanEnd,
    /// The other.
    pub to: PlanEnd,
    /// Name of the medium.
    pub medium: String,
    /// Stock length in millimetres.
    pub length_mm: u64,
}

/// An end of a cable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanEnd {
    /// Index of the rack in [`PlannedDesign::racks`].
    pub rack: u32,
    /// Height unit, from 1.
    pub unit: u32,
    /// Name of the device.
    pub device: String,
    /// Its port, from 1; of a server the adapter and its port: `nic3/1`.
    pub port: String,
}

/// Cables between two racks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanRun {
    /// `server-leaf`, `leaf-spine`, `spine-core`.
    pub tier: String,
    /// Index of one rack.
    pub from: u32,
    /// Index of the other.
    pub to: u32,
    /// How many.
    pub cables: u32,
    /// Medium of the most of them: `copper`, `active-copper`, `multimode`, `single-mode`.
    pub kind: String,
}

/// A tier of the network diagram, from servers up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanDiagramTier {
    /// `servers`, `leaves`, `spines`, `cores`.
    pub tier: String,
    /// Name of the part.
    pub part: String,
    /// How many.
    pub count: u64,
    /// Into how many equal groups they fall: pods, planes.
    pub groups: u64,
    /// What a group is: `pod`, `rail`, `plane`; empty where there are none.
    pub group: String,
    /// Cables of one to the tier above; 0 at the top.
    pub up_each: u64,
    /// Cables in all to the tier above.
    pub up: u64,
    /// Rate of such a cable, in Gbps.
    pub up_gbps: f64,
    /// Ports of one.
    pub ports: u64,
}

/// What placement saved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanPlacement {
    /// Cables with transceivers where racks stand row by row in their order.
    pub row_major_usd: f64,
    /// The same as they are placed.
    pub placed_usd: f64,
}
