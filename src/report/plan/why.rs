//! Why a design is as it is, as a page in Markdown: what it is, what limits it, and what the next dollar should buy.

use super::price::{network, switches};
use super::shares::{self, Rows};
use super::words::{listed, part_of, usd, usd_range, watts};
use crate::report::number::{count, counted, percent, quotient, short, time};
use crate::result::{PlanDesign, PlanSensitivity, PlannedDesign};
use crate::units::Bytes;

/// A change that saves less than this part of the step is not worth money.
const WORTH: f64 = 0.005;

/// The page of a design.
pub fn why_md(planned: &PlannedDesign) -> String {
    let own = &planned.design;
    let mut out = format!("# {}: {}\n\n", own.id, own.summary);
    if !planned.title.is_empty() {
        out.push_str(&format!("A design of the plan \"{}\".\n\n", planned.title));
    }
    out.push_str(&what(planned));
    // Without a step nothing is known of what limits it, and of what would help.
    let stepped = own.step_time_ps > 0;
    if stepped {
        out.push_str("\n## What limits it\n\n");
        out.push_str(&limits(own));
        out.push_str("\n## What the next dollar should buy\n\n");
        out.push_str(&next(own));
    }
    section(&mut out, "What capital goes into", shares::cost(own));
    section(&mut out, "What power goes into", shares::power(own));
    if !own.times.is_empty() {
        section(&mut out, "Times", shares::times(own));
    }
    out.push_str("\n## What placement saves\n\n");
    out.push_str(&placement(planned));
    if stepped {
        out.push_str("\n## At other prices\n\n");
        out.push_str(&prices(own));
    }
    out
}

fn section(out: &mut String, name: &str, rows: Rows) {
    out.push_str(&format!("\n## {name}\n\n{}", markdown(&rows)));
}

/// A table in Markdown.
fn markdown(rows: &Rows) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let marks: Vec<&str> =
        (0..rows.heads.len()).map(|at| if at < rows.words { "---" } else { "---:" }).collect();
    let mut out = line(&rows.heads);
    out.push_str(&format!("|{}|\n", marks.join("|")));
    rows.rows.iter().for_each(|row| out.push_str(&line(row)));
    out
}

fn what(planned: &PlannedDesign) -> String {
    let own = &planned.design;
    let mut out = format!(
        "* {} in {} ({}), {} in a rack\n* network: {}\n* switches: {}\n",
        counted(own.accelerators, "accelerator"),
        counted(own.servers, "server"),
        own.server,
        count(own.servers_per_rack.into()),
        network(own),
        switches(own),
    );
    let tiers: Vec<String> =
        own.cables.iter().map(|tier| format!("{} {}", count(tier.cables), tier.tier)).collect();
    if !tiers.is_empty() {
        let metres: f64 = own.cables.iter().map(|tier| tier.metres).sum();
        let told = if metres >= 1_000.0 {
            format!("{} km", short(metres / 1_000.0))
        } else {
            format!("{} m", short(metres))
        };
        out.push_str(&format!("* cables: {}, {told} in all\n", listed(&tiers)));
    }
    out.push_str(&format!(
        "* racks: {} of {} in {} of {} places\n",
        count(own.racks),
        own.rack,
        counted(planned.floor.rows.into(), "row"),
        count(planned.floor.racks_per_row.into()),
    ));
    if own.step_time_ps > 0 {
        out.push_str(&format!(
            "* step time: {}; no schedule can beat {} ({} % of it)\n",
            time(own.step_time_ps),
            time(own.lower_bound_ps),
            percent(100.0 * quotient(own.lower_bound_ps, own.step_time_ps)),
        ));
    }
    out.push_str(&format!(
        "* capital: {}\n* ownership: {}\n* power: {}\n",
        usd_range(&own.capex),
        usd_range(&own.tco),
        watts(own.power_w),
    ));
    out
}

fn limits(own: &PlanDesign) -> String {
    if own.limited_by.is_empty() {
        "Not told.\n".to_owned()
    } else {
        format!("{}\n", sentence(&own.limited_by))
    }
}

/// What changes would do, the best first, as sentences.
fn next(own: &PlanDesign) -> String {
    let network = own.network_usd_per_accelerator;
    let whole = network * Bytes(own.accelerators).as_f64();
    let now = format!(
        "The network costs {} an accelerator now, {} % of capital.\n",
        usd(network),
        percent(part_of(whole, own.capex.mid))
    );
    let worth: Vec<&PlanSensitivity> = own.sensitivity.iter().filter(|own| own.saves >= WORTH).collect();
    let mut out = match worth.first() {
        None if own.sensitivity.is_empty() => "No change was tried.\n".to_owned(),
        None => format!(
            "Nothing in the network: no change that was tried saves {} % of the step. Money is better spent on more or \
             faster accelerators, or kept.\n",
            percent(100.0 * WORTH)
        ),
        Some(best) => format!(
            "{}: the step would take {} in place of {}, {} % less.\n",
            first_upper(&best.change),
            time(best.step_time_ps),
            time(own.step_time_ps),
            percent(100.0 * best.saves)
        ),
    };
    out.push_str(&now);
    if own.sensitivity.is_empty() {
        return out;
    }
    out.push_str("\nWhat each change would do to the step, whatever it costs:\n\n");
    for change in &own.sensitivity {
        let told = match change.saves {
            saves if saves >= WORTH => format!("saves {} %", percent(100.0 * saves)),
            saves if saves <= -WORTH => format!("costs {} %", percent(-100.0 * saves)),
            _ => "changes next to nothing".to_owned(),
        };
        out.push_str(&format!("* {}: {told} ({})\n", change.change, time(change.step_time_ps)));
    }
    out
}

fn placement(planned: &PlannedDesign) -> String {
    let (plain, placed) = (planned.placement.row_major_usd, planned.placement.placed_usd);
    let saved = plain - placed;
    let mut out = format!(
        "Cables with their transceivers cost {} as the racks are placed, and {} where racks stand row by row in their order",
        usd(placed),
        usd(plain)
    );
    if saved > 0.0 {
        out.push_str(&format!(": placement saves {}, {} %.\n", usd(saved), percent(part_of(saved, plain))));
    } else {
        out.push_str(": placement saves nothing here.\n");
    }
    out
}

fn prices(own: &PlanDesign) -> String {
    let names = ["low", "mid", "high"];
    let pick = |wanted: bool| -> Vec<String> {
        let each = names.iter().zip(own.on_front_at).filter(|(_, on)| *on == wanted);
        each.map(|(name, _)| (*name).to_owned()).collect()
    };
    let (on, off) = (pick(true), pick(false));
    match (on.len(), off.len()) {
        (_, 0) => "It is on the front at low, mid and high prices.\n".to_owned(),
        (0, _) => "It is on the front at none of low, mid and high prices.\n".to_owned(),
        _ => format!(
            "It is on the front at {} prices, and not at {} prices: there another design is as good in all, and better in \
             something.\n",
            listed(&on),
            listed(&off)
        ),
    }
}

fn first_upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A text with a capital at its begin and a stop at its end.
fn sentence(text: &str) -> String {
    let text = first_upper(text.trim());
    if text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}
