//! A priced topology in words and numbers.

use super::Asked;
use super::choose::Chosen;
use super::needs::Needs;
use crate::fabric::Fabric;
use crate::fabric::parts::Technology;
use crate::input::plan::SwitchPlace;
use crate::planner::floor::{Drawn, usd_range};
use crate::planner::front::Ownership;
use crate::result::{PlanDesign, UsdRange};
use crate::route::metrics;

/// Where switches stand that the topology itself places.
const TOLD: &str = "as-told";

/// The design in short. What only a simulated step tells is left empty: times are zero, and nothing is said of limits,
/// changes and fronts.
pub(super) fn design(
    fabric: &Fabric,
    needs: &Needs,
    chosen: &Chosen<'_>,
    drawn: &Drawn,
    place: SwitchPlace,
    asked: &Asked,
) -> PlanDesign {
    let (tiers, ratios) = metrics::tiers(fabric);
    let oversubscription = ratios.iter().map(|tier| tier.worst).reduce(f64::max);
    let servers_of =
        |rack: &crate::result::PlanRack| rack.devices.iter().filter(|own| own.kind == "server").count();
    let per_rack = crate::ids::number(drawn.racks.iter().map(servers_of).max().unwrap_or(0));
    let accelerators = fabric.endpoints().len() as u64;
    let between = drawn.cost.iter().filter(|part| part.what != "servers" && part.what != "racks");
    let network: f64 = between.map(|part| part.usd.mid).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let each = if accelerators > 0 { network / accelerators as f64 } else { 0.0 };
    let owned = Ownership::usual();
    let tco = |capex| owned.tco(capex, drawn.watts);
    let technology = needs.technology.map_or("", Technology::name);
    let used: Vec<_> = chosen.switches.iter().zip(&needs.switches).collect();
    let place = if needs.stands() { TOLD } else { place.name() };
    PlanDesign {
        id: fabric.name().to_owned(),
        family: asked.family.clone(),
        summary: summary(needs, chosen, asked, (tiers, oversubscription), (per_rack, place)),
        technology: technology.into(),
        accelerators,
        servers: needs.servers.into(),
        server: chosen.server.name.clone(),
        tiers,
        planes: needs.planes,
        oversubscription,
        switches: used.iter().filter_map(|(part, _)| part.map(|part| part.name.clone())).collect(),
        switch_counts: used
            .iter()
            .filter(|(part, _)| part.is_some())
            .map(|(_, own)| own.len() as u64)
            .collect(),
        switch_place: place.into(),
        servers_per_rack: per_rack,
        rack: chosen.rack.name.clone(),
        racks: drawn.racks.len() as u64,
        step_time_ps: 0,
        lower_bound_ps: 0,
        times: Vec::new(),
        capex_usd: drawn.capex.mid.usd(),
        capex: usd_range(drawn.capex),
        tco: UsdRange { low: tco(drawn.capex.low), mid: tco(drawn.capex.mid), high: tco(drawn.capex.high) },
        power_w: drawn.watts,
        network_usd_per_accelerator: each,
        cables: drawn.tiers.clone(),
        cost: drawn.cost.clone(),
        power: drawn.power.clone(),
        on_front_at: [false; 3],
        limited_by: String::new(),
        sensitivity: Vec::new(),
    }
}

/// In one line.
fn summary(
    needs: &Needs,
    chosen: &Chosen<'_>,
    asked: &Asked,
    (tiers, ratio): (u32, Option<f64>),
    (per_rack, place): (u32, &str),
) -> String {
    let mut words = format!("{}, {tiers} {}", asked.family, if tiers == 1 { "tier" } else { "tiers" });
    if let Some(ratio) = ratio {
        words += &format!(", {}:1", (ratio * 100.0).round() / 100.0);
    }
    if needs.planes > 1 {
        words += &format!(", {} planes", needs.planes);
    }
    if let Some(technology) = needs.technology {
        let name = match technology {
            Technology::InfiniBand => "InfiniBand",
            Technology::Roce => "RoCE",
        };
        words += &format!(", {name} {}", needs.adapter_rate);
    }
    words += &format!(", {per_rack} a rack of {}", chosen.rack.power);
    if needs.switches.iter().all(Vec::is_empty) { words } else { words + &format!(", switches {place}") }
}
