//! A design that stands alone, as a table: what `price` tells.

use super::shares::{self, Rows};
use super::words::{front_at, part_of, technology, usd, usd_range, usd_unit, watts};
use crate::report::number::{count, counted, percent, quotient, short, significant, time};
use crate::report::table::{Column, lay_out, number, text};
use crate::result::{PlanDesign, PlannedDesign, UsdRange};
use crate::units::Bytes;

/// One design: what it is, what it takes, its bill of materials, shares of cost and power, cables, times. `width` is the
/// most columns a line may take; long cells are then wrapped.
pub fn price_table(planned: &PlannedDesign, width: Option<u16>) -> String {
    let own = &planned.design;
    let title = if planned.title.is_empty() { &own.id } else { &planned.title };
    let mut out = format!("{title}\n{}\n\n", own.summary);
    for (what, told) in totals(planned) {
        out.push_str(&format!("{what:<13}  {told}\n"));
    }
    out.push_str("\nbill of materials\n");
    out.push_str(&bill(planned, width));
    for (name, rows) in [
        ("what power goes into", shares::power(own)),
        ("cables", shares::cables(own)),
        ("time of each load in each situation", shares::times(own)),
    ] {
        if !rows.rows.is_empty() {
            out.push_str(&format!("\n{name}\n"));
            out.push_str(&laid_out(rows, width));
        }
    }
    if !own.limited_by.is_empty() {
        out.push_str(&format!("\nlimited by: {}\n", own.limited_by));
    }
    out
}

/// Facts of a design with their names.
fn totals(planned: &PlannedDesign) -> Vec<(&'static str, String)> {
    let own = &planned.design;
    let mut told = vec![
        (
            "accelerators",
            format!("{} in {}, {}", count(own.accelerators), counted(own.servers, "server"), own.server),
        ),
        ("network", network(own)),
        ("switches", switches(own)),
        (
            "racks",
            format!(
                "{} of {}, {} a rack",
                count(own.racks),
                own.rack,
                counted(own.servers_per_rack.into(), "server")
            ),
        ),
    ];
    if own.step_time_ps > 0 {
        let bound = percent(100.0 * quotient(own.lower_bound_ps, own.step_time_ps));
        told.push(("step time", time(own.step_time_ps)));
        told.push(("lower bound", format!("{}, {bound} % of the time", time(own.lower_bound_ps))));
    }
    let whole = own.network_usd_per_accelerator * Bytes(own.accelerators).as_f64();
    let share = percent(part_of(whole, own.capex.mid));
    told.extend([
        ("capital", usd_range(&own.capex)),
        (
            "network cost",
            format!("{} an accelerator, {share} % of capital", usd(own.network_usd_per_accelerator)),
        ),
        ("ownership", usd_range(&own.tco)),
        ("power", watts(own.power_w)),
    ]);
    if own.on_front_at.iter().any(|on| *on) {
        told.push(("front at", front_at(own.on_front_at)));
    }
    told
}

/// The network in words.
pub(super) fn network(own: &PlanDesign) -> String {
    let mut told =
        vec![own.family.clone(), technology(&own.technology).to_owned(), counted(own.tiers.into(), "tier")];
    told.retain(|word| !word.is_empty());
    if own.planes > 1 {
        told.push(counted(own.planes.into(), "plane"));
    }
    match own.oversubscription {
        Some(ratio) if ratio > 1.0 => {
            told.push(format!("oversubscribed {}:1", short(ratio)));
        }
        Some(_) => told.push("not oversubscribed".to_owned()),
        None => {}
    }
    told.join(", ")
}

/// The switches in words.
pub(super) fn switches(own: &PlanDesign) -> String {
    let tiers: Vec<String> = own
        .switches
        .iter()
        .zip(&own.switch_counts)
        .zip(["leaf", "spine", "core"].into_iter().chain(std::iter::repeat("upper")))
        .map(|((name, number), tier)| format!("{} {tier} {name}", count(*number)))
        .collect();
    if tiers.is_empty() {
        return "none".to_owned();
    }
    format!("{}; {}", tiers.join(", "), place(&own.switch_place))
}

/// Where switches stand, in words.
fn place(name: &str) -> &str {
    match name {
        "in-rack" => "in the racks of the servers",
        "middle-of-row" => "in racks in the middle of each row",
        "end-of-row" => "in racks at the end of each row",
        "as-told" => "where the topology says",
        "network-racks" => "in racks of their own in the middle of the room",
        other => other,
    }
}

/// The bill as a table, with its sum.
fn bill(planned: &PlannedDesign, width: Option<u16>) -> String {
    let sum = |of: fn(&UsdRange) -> f64| planned.bill.iter().map(|line| of(&line.total_usd)).sum();
    let [low, mid, high]: [f64; 3] = [sum(|usd| usd.low), sum(|usd| usd.mid), sum(|usd| usd.high)];
    let (unit, size) = usd_unit(mid);
    let columns: [Column; 7] = [
        text("part"),
        text("what"),
        number("count"),
        number("each\nUSD"),
        number(format!("total\n{unit}")),
        text("\nlow to high"),
        number("%"),
    ];
    let range = |low: f64, high: f64| format!("{} to {}", significant(low / size), significant(high / size));
    let mut rows: Vec<Vec<String>> = planned
        .bill
        .iter()
        .map(|line| {
            vec![
                line.part.clone(),
                line.kind.clone(),
                count(line.count),
                dollars(line.unit_usd.mid),
                significant(line.total_usd.mid / size),
                range(line.total_usd.low, line.total_usd.high),
                percent(part_of(line.total_usd.mid, mid)),
            ]
        })
        .collect();
    let none = String::new;
    rows.push(vec![
        "in all".to_owned(),
        none(),
        none(),
        none(),
        significant(mid / size),
        range(low, high),
        percent(part_of(mid, mid)),
    ]);
    lay_out(&columns, rows, width)
}

/// Whole dollars with thousands apart; cents where it is cheap.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn dollars(amount: f64) -> String {
    if amount >= 100.0 { count(amount.round() as u64) } else { format!("{amount:.2}") }
}

fn laid_out(rows: Rows, width: Option<u16>) -> String {
    let columns: Vec<Column> = rows
        .heads
        .iter()
        .enumerate()
        .map(|(at, head)| if at < rows.words { text(head) } else { number(head.as_str()) })
        .collect();
    lay_out(&columns, rows.rows, width)
}
