//! The front of a plan as CSV, a line a design, columns named as in the JSON.

use serde::Serialize;

use crate::report::csv::write;
use crate::result::{PlanDesign, PlanResult};

const HEAD: [&str; 52] = [
    "plan",
    "id",
    "recommended",
    "family",
    "summary",
    "technology",
    "accelerators",
    "servers",
    "server",
    "tiers",
    "planes",
    "oversubscription",
    "switches",
    "switch_counts",
    "switch_place",
    "servers_per_rack",
    "rack",
    "racks",
    "step_time_ps",
    "lower_bound_ps",
    "capex_usd_low",
    "capex_usd",
    "capex_usd_high",
    "tco_usd_low",
    "tco_usd",
    "tco_usd_high",
    "power_w",
    "network_usd_per_accelerator",
    "cables",
    "cable_metres",
    "cost_servers_usd",
    "cost_adapters_usd",
    "cost_switches_usd",
    "cost_transceivers_usd",
    "cost_cables_usd",
    "cost_racks_usd",
    "cost_labour_usd",
    "cost_other_usd",
    "power_servers_w",
    "power_adapters_w",
    "power_switches_w",
    "power_transceivers_w",
    "power_cooling_w",
    "power_other_w",
    "on_front_at_low",
    "on_front_at_mid",
    "on_front_at_high",
    "limited_by",
    "best_change",
    "best_change_step_time_ps",
    "best_change_saves",
    "title",
];

const COSTS: [&str; 7] = ["servers", "adapters", "switches", "transceivers", "cables", "racks", "labour"];
const POWERS: [&str; 5] = ["servers", "adapters", "switches", "transceivers", "cooling"];

/// What a design is.
#[derive(Serialize)]
struct FactCells<'a> {
    plan: &'a str,
    id: &'a str,
    recommended: bool,
    family: &'a str,
    summary: &'a str,
    technology: &'a str,
    accelerators: u64,
    servers: u64,
    server: &'a str,
    tiers: u32,
    planes: u32,
    oversubscription: Option<f64>,
    switches: String,
    switch_counts: String,
    switch_place: &'a str,
    servers_per_rack: u32,
    rack: &'a str,
    racks: u64,
}

/// What it comes to.
#[derive(Serialize)]
struct TotalCells<'a> {
    step_time_ps: u64,
    lower_bound_ps: u64,
    capex: [f64; 3],
    tco: [f64; 3],
    power_w: f64,
    network_usd_per_accelerator: f64,
    cables: u64,
    cable_metres: f64,
    cost: [f64; 8],
    power: [f64; 6],
    on_front_at: [bool; 3],
    limited_by: &'a str,
    best: (&'a str, Option<u64>, Option<f64>),
    title: &'a str,
}

/// The front, the fastest first.
pub fn csv(plan: &PlanResult) -> String {
    write(&HEAD, plan.front.iter().map(|own| (facts(plan, own), totals(plan, own))))
}

fn facts<'a>(plan: &'a PlanResult, own: &'a PlanDesign) -> FactCells<'a> {
    let counts: Vec<String> = own.switch_counts.iter().map(u64::to_string).collect();
    FactCells {
        plan: &plan.plan,
        id: &own.id,
        recommended: plan.recommended.as_ref() == Some(&own.id),
        family: &own.family,
        summary: &own.summary,
        technology: &own.technology,
        accelerators: own.accelerators,
        servers: own.servers,
        server: &own.server,
        tiers: own.tiers,
        planes: own.planes,
        oversubscription: own.oversubscription,
        switches: own.switches.join(" "),
        switch_counts: counts.join(" "),
        switch_place: &own.switch_place,
        servers_per_rack: own.servers_per_rack,
        rack: &own.rack,
        racks: own.racks,
    }
}

fn totals<'a>(plan: &'a PlanResult, own: &'a PlanDesign) -> TotalCells<'a> {
    // What has no column of its own stands in the last one.
    let mut cost = [0.0; 8];
    for part in &own.cost {
        cost[COSTS.iter().position(|name| *name == part.what).unwrap_or(COSTS.len())] += part.usd.mid;
    }
    let mut power = [0.0; 6];
    for part in &own.power {
        power[POWERS.iter().position(|name| *name == part.what).unwrap_or(POWERS.len())] += part.watts;
    }
    let best = own.sensitivity.first();
    TotalCells {
        step_time_ps: own.step_time_ps,
        lower_bound_ps: own.lower_bound_ps,
        capex: [own.capex.low, own.capex_usd, own.capex.high],
        tco: [own.tco.low, own.tco.mid, own.tco.high],
        power_w: own.power_w,
        network_usd_per_accelerator: own.network_usd_per_accelerator,
        cables: own.cables.iter().map(|tier| tier.cables).fold(0, u64::saturating_add),
        cable_metres: own.cables.iter().fold(0.0, |sum, tier| sum + tier.metres),
        cost,
        power,
        on_front_at: own.on_front_at,
        limited_by: &own.limited_by,
        best: (
            best.map_or("", |own| &own.change),
            best.map(|own| own.step_time_ps),
            best.map(|own| own.saves),
        ),
        title: &plan.title,
    }
}
