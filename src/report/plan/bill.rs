//! What is to be bought, and how it is cabled, as CSV.

use serde::Serialize;

use crate::report::csv::write;
use crate::result::{BillLine, PlanEnd, PlannedDesign};

const BILL_HEAD: [&str; 10] = [
    "part",
    "title",
    "kind",
    "count",
    "unit_usd_low",
    "unit_usd",
    "unit_usd_high",
    "total_usd_low",
    "total_usd",
    "total_usd_high",
];

const CABLES_HEAD: [&str; 11] = [
    "tier",
    "from_rack",
    "from_unit",
    "from_device",
    "from_port",
    "to_rack",
    "to_unit",
    "to_device",
    "to_port",
    "medium",
    "length_m",
];

/// A line of the bill.
#[derive(Serialize)]
struct BillCells<'a> {
    part: &'a str,
    title: &'a str,
    kind: &'a str,
    count: u64,
    unit_usd: [f64; 3],
    total_usd: [f64; 3],
}

/// An end of a cable.
#[derive(Serialize)]
struct EndCells<'a> {
    rack: &'a str,
    unit: u32,
    device: &'a str,
    port: &'a str,
}

/// The bill of materials, a line a part.
pub fn bill_csv(planned: &PlannedDesign) -> String {
    write(&BILL_HEAD, planned.bill.iter().map(bill_line))
}

fn bill_line(line: &BillLine) -> BillCells<'_> {
    let BillLine { part, title, kind, count, unit_usd, total_usd } = line;
    BillCells {
        part,
        title,
        kind,
        count: *count,
        unit_usd: [unit_usd.low, unit_usd.mid, unit_usd.high],
        total_usd: [total_usd.low, total_usd.mid, total_usd.high],
    }
}

/// The cable schedule, a line a cable.
pub fn cables_csv(planned: &PlannedDesign) -> String {
    let lines = planned.cables.iter().map(|cable| {
        let ends = (end(planned, &cable.from), end(planned, &cable.to));
        (cable.tier, ends, &cable.medium, metres(cable.length_mm))
    });
    write(&CABLES_HEAD, lines)
}

fn end<'a>(planned: &'a PlannedDesign, end: &'a PlanEnd) -> EndCells<'a> {
    let rack = usize::try_from(end.rack).ok().and_then(|rack| planned.racks.get(rack));
    EndCells {
        rack: rack.map_or("", |rack| &rack.name),
        unit: end.unit,
        device: &end.device,
        port: &end.port,
    }
}

/// Millimetres as metres with the decimals that they need.
fn metres(mm: u64) -> String {
    let text = format!("{}.{:03}", mm / 1_000, mm % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::metres;

    #[test]
    fn lengths_have_no_more_decimals_than_they_need() {
        assert_eq!([500, 3_000, 12_750, 30_000, 0].map(metres), ["0.5", "3", "12.75", "30", "0"]);
    }
}
