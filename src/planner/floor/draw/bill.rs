//! What is to be bought, what it costs and what power it takes.

use std::collections::BTreeMap;

use super::cables::Cabled;
use super::device::{Inventory, Kind, Part};
use super::{Assigned, metres};
use crate::fabric::parts::{Medium, MediumKind, Price};
use crate::planner::floor::{STOCK, choice};
use crate::result::{BillLine, PlanCost, PlanPower, UsdRange};
use crate::units::{Money, Power};

/// Hundredths of an hour to lay, plug and label an optical cable: an estimate of AIDC Studio's.
pub const OPTICAL_LABOUR: u64 = 40;
/// Hundredths of an hour for a copper cable, likewise.
pub const COPPER_LABOUR: u64 = 25;
/// What an hour of labour costs: an estimate.
pub const HOUR: Money = Money(6_000);

/// What it costs to lay a cable of this sort.
pub fn labour(kind: MediumKind) -> Price {
    let hundredths = match kind {
        MediumKind::Copper | MediumKind::ActiveCopper => COPPER_LABOUR,
        MediumKind::Multimode | MediumKind::SingleMode => OPTICAL_LABOUR,
    };
    Price::fixed(Money(HOUR.times(hundredths).0 / 100))
}

/// A price in dollars.
pub fn usd_range(price: Price) -> UsdRange {
    UsdRange { low: price.low.usd(), mid: price.mid.usd(), high: price.high.usd() }
}

/// The bill with its sums.
pub(super) struct Bought {
    pub(super) lines: Vec<BillLine>,
    pub(super) cost: Vec<PlanCost>,
    pub(super) capex: Price,
    pub(super) power: Vec<PlanPower>,
}

/// Kinds of lines with the share of cost that they are of, in order.
const SHARES: [(&str, &str); 7] = [
    ("server", "servers"),
    ("adapter", "adapters"),
    ("switch", "switches"),
    ("transceiver", "transceivers"),
    ("cable", "cables"),
    ("rack", "racks"),
    ("labour", "labour"),
];

/// Lines while they are collected.
#[derive(Default)]
struct Lines {
    lines: Vec<BillLine>,
    sums: [Price; SHARES.len()],
}

impl Lines {
    fn add(&mut self, kind: &'static str, part: &str, title: &str, count: u64, price: Price) {
        if count == 0 {
            return;
        }
        let total = price.times(count);
        if let Some(at) = SHARES.iter().position(|(own, _)| *own == kind) {
            self.sums[at] += total;
        }
        self.lines.push(BillLine {
            part: part.into(),
            title: title.into(),
            kind: kind.into(),
            count,
            unit_usd: usd_range(price),
            total_usd: usd_range(total),
        });
    }
}

/// The bill of so many racks, and all that stands in them and between.
pub(super) fn bill(parts: &Assigned<'_>, inventory: &Inventory<'_>, racks: usize, cabled: &Cabled) -> Bought {
    let mut lines = Lines::default();
    let servers = u64::from(inventory.count(Kind::Server));
    lines.add("server", &parts.server.name, &parts.server.title, servers, parts.server.price);
    let adapters = if parts.server.with_nics { 0 } else { servers * u64::from(parts.server.nics) };
    if let Some(nic) = parts.nic {
        lines.add("adapter", &nic.name, &nic.title, adapters, nic.price);
    }
    let mut switches: BTreeMap<&str, (u64, Part<'_>)> = BTreeMap::new();
    for device in inventory.devices.iter().filter(|device| device.kind != Kind::Server) {
        switches.entry(device.part.name()).or_insert((0, device.part)).0 += 1;
    }
    for (count, part) in switches.into_values() {
        if let Some(switch) = part.switch() {
            lines.add("switch", &switch.name, &switch.title, count, switch.price);
        }
    }
    transceivers(&mut lines, parts, cabled);
    for ((medium, at), count) in &cabled.counts {
        let own = &parts.catalogue.media[*medium];
        let length = metres(STOCK[*at]);
        let price = choice(*medium, own, STOCK[*at]).cable;
        let (part, title) = (format!("{} {length} m", own.name), format!("{}, {length} m", own.title));
        lines.add("cable", &part, &title, *count, price);
    }
    let racks = u64::try_from(racks).unwrap_or(u64::MAX);
    lines.add("rack", &parts.rack.name, &parts.rack.title, racks, parts.rack.price);
    let laid = |optical| cabled.counts.iter().filter(move |((at, _), _)| is_optical(parts, *at) == optical);
    let laid = |optical| laid(optical).map(|(_, count)| count).sum::<u64>();
    let rates = [
        (false, "labour-copper", "Laying a copper cable", labour(MediumKind::Copper)),
        (true, "labour-optical", "Laying an optical cable", labour(MediumKind::Multimode)),
    ];
    for (optical, part, title, price) in rates {
        lines.add("labour", part, title, laid(optical), price);
    }
    let cost = SHARES.iter().zip(&lines.sums);
    let cost = cost.map(|((_, what), sum)| PlanCost { what: (*what).into(), usd: usd_range(*sum) });
    Bought {
        cost: cost.collect(),
        capex: lines.sums.iter().fold(Price::default(), |sum, price| sum + *price),
        power: power(parts, inventory, servers, adapters, cabled),
        lines: lines.lines,
    }
}

fn is_optical(parts: &Assigned<'_>, medium: usize) -> bool {
    matches!(parts.catalogue.media[medium].kind, MediumKind::Multimode | MediumKind::SingleMode)
}

/// Modules by name and price; media may share one.
fn transceivers(lines: &mut Lines, parts: &Assigned<'_>, cabled: &Cabled) {
    let media = parts.catalogue.media.iter().zip(&cabled.modules);
    let mut modules: BTreeMap<(&str, [Money; 3]), (&Medium, u64)> = BTreeMap::new();
    for (medium, count) in media.filter(|(medium, count)| !medium.transceiver.is_empty() && **count > 0) {
        let Price { low, mid, high } = medium.transceiver_price;
        modules.entry((&medium.transceiver, [low, mid, high])).or_insert((medium, 0)).1 += count;
    }
    for ((name, _), (medium, count)) in modules {
        let title = format!("Transceiver of {}", medium.title);
        lines.add("transceiver", name, &title, count, medium.transceiver_price);
    }
}

/// Power while all works.
fn power(
    parts: &Assigned<'_>,
    inventory: &Inventory<'_>,
    servers: u64,
    adapters: u64,
    cabled: &Cabled,
) -> Vec<PlanPower> {
    let times = |power: Power, count: u64| Power(power.0.saturating_mul(count)).watts();
    let switches: f64 =
        inventory.devices.iter().filter_map(|device| device.part.switch()).map(|s| s.power.watts()).sum();
    let ends = cabled
        .counts
        .iter()
        .map(|((medium, _), count)| times(parts.catalogue.media[*medium].end_power, count.saturating_mul(2)));
    let mut shares = vec![
        ("servers", times(parts.server.power, servers)),
        ("adapters", parts.nic.map_or(0.0, |nic| times(nic.power, adapters))),
        ("switches", switches),
        ("transceivers", ends.sum()),
    ];
    let equipment: f64 = shares.iter().map(|(_, watts)| watts).sum();
    shares.push(("cooling", (parts.pue - 1.0).max(0.0) * equipment));
    shares.into_iter().map(|(what, watts)| PlanPower { what: what.into(), watts }).collect()
}
