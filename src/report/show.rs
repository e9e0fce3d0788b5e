//! A fabric's description, for people and for programs.

use std::fmt::Write as _;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, LineStyle, Table};

use crate::route::metrics::{Bisection, FabricReport, Hops};
use crate::units::{Bandwidth, Length};

/// The description as text: a summary, then nodes, oversubscription and cables as tables.
pub fn table(report: &FabricReport) -> String {
    let mut text = format!("{}: {}\n\n", report.name, sizes(report));
    for (key, value) in summary(report) {
        let _ = writeln!(text, "{key:<22}{value}");
    }
    let mut nodes = new_table(["nodes", "count", "ports used"], &[1, 2]);
    for kind in &report.kinds {
        let ports = if kind.ports_min == kind.ports_max {
            kind.ports_max.to_string()
        } else {
            format!("{} to {}", kind.ports_min, kind.ports_max)
        };
        nodes.add_row([kind.kind.clone(), kind.count.to_string(), ports]);
    }
    let _ = writeln!(text, "\n{}", nodes.trim_fmt());
    if !report.oversubscription.is_empty() {
        let mut tiers =
            new_table(["oversubscription", "down", "up", "down : up", "worst switch"], &[1, 2, 3, 4]);
        for tier in &report.oversubscription {
            tiers.add_row([
                format!("tier {} ({})", tier.tier, tier.kinds.join(", ")),
                Bandwidth(tier.down_bits_per_sec).to_string(),
                Bandwidth(tier.up_bits_per_sec).to_string(),
                ratio(tier.ratio),
                ratio(tier.worst),
            ]);
        }
        let _ = writeln!(text, "\n{}", tiers.trim_fmt());
    }
    let mut cables = new_table(["cables", "class", "rate", "pairs", "cables", "total length"], &[2, 3, 4, 5]);
    for sort in &report.cables {
        cables.add_row([
            format!("{} - {}", sort.from, sort.to),
            sort.class.clone(),
            Bandwidth(sort.bits_per_sec).to_string(),
            sort.bundles.to_string(),
            sort.cables.to_string(),
            sort.length_mm.map_or_else(|| "not given".into(), |mm| Length(mm).to_string()),
        ]);
    }
    let _ = writeln!(text, "\n{}", cables.trim_fmt());
    text
}

/// `256 GPUs in 32 servers, 620 nodes, 1600 links`.
fn sizes(report: &FabricReport) -> String {
    let servers =
        if report.servers > 0 { format!(" in {}", count(report.servers, "server")) } else { String::new() };
    format!(
        "{}{servers}, {}, {}",
        count(report.gpus, "GPU"),
        count(report.nodes, "node"),
        count(report.links, "directed link"),
    )
}

fn summary(report: &FabricReport) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(sides) = &report.torus {
        let sides: Vec<String> = sides.iter().map(u32::to_string).collect();
        lines.push(("grid", sides.join(" x ")));
    }
    lines.push(("switch tiers", report.switch_tiers.to_string()));
    let working = [("multicast", report.multicast_switches), ("reduce", report.reduce_switches)];
    let working: Vec<String> = working
        .iter()
        .filter(|(_, switches)| *switches > 0)
        .map(|(what, switches)| format!("{} that {what}", count_switches(*switches)))
        .collect();
    if !working.is_empty() {
        lines.push(("work on data", working.join(", ")));
    }
    let Hops { links_max, links_typical, switches_max, switches_typical, .. } = report.hops;
    lines.push(("diameter", format!("{} and {}", count(links_max, "link"), switches(switches_max))));
    lines.push((
        "typical distance",
        format!("{} and {}", count(links_typical, "link"), switches(switches_typical)),
    ));
    if !report.hops.exact {
        lines.push(("", format!("seen from a sample of {}", count(report.hops.sources, "GPU"))));
    }
    if report.hops.unreachable_pairs > 0 {
        lines.push(("unreachable pairs", report.hops.unreachable_pairs.to_string()));
    }
    lines.push(("bisection bandwidth", bisection(&report.bisection)));
    lines
}

fn bisection(bisection: &Bisection) -> String {
    match (bisection.bits_per_sec, bisection.bits_per_sec_per_gpu) {
        (Some(all), Some(each)) => format!("{} ({} a GPU of one half)", Bandwidth(all), Bandwidth(each)),
        _ => format!("not known: {}", bisection.note),
    }
}

/// `1 link`, `2 links`.
fn count(n: u32, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn count_switches(n: u32) -> String {
    format!("{n} switch{}", if n == 1 { "" } else { "es" })
}

fn switches(n: u32) -> String {
    format!("{n} network switch{}", if n == 1 { "" } else { "es" })
}

/// `1 : 1`, `1.75 : 1`.
fn ratio(ratio: f64) -> String {
    let text = format!("{ratio:.3}");
    format!("{} : 1", text.trim_end_matches('0').trim_end_matches('.'))
}

fn new_table<const N: usize>(header: [&str; N], right: &[usize]) -> Table {
    let mut table = Table::new();
    let style = NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));
    table.load_style(style).set_header(header);
    for column in right {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::fabric::template::{Value, Values, family};
    use crate::fabric::{Builder, LinkClass};
    use crate::route::metrics::report;

    #[test]
    fn a_small_fabric_in_full() {
        let family = family("fat-tree").unwrap();
        let given = BTreeMap::from([
            ("endpoints", Value::Count(5)),
            ("radix", Value::Count(6)),
            ("leaf_down", Value::Count(4)),
            ("host_length", Value::Length("1.5 m".parse().unwrap())),
        ]);
        let values = Values::new(family.params, given).unwrap();
        let mut builder = Builder::new("small", LinkClass::builtin());
        (family.build)(&values, &mut builder).unwrap();
        let text = table(&report(&builder.finish().unwrap()));
        let expected = "\
small: 5 GPUs, 8 nodes, 14 directed links

switch tiers          2
diameter              4 links and 3 network switches
typical distance      2 links and 1 network switch
bisection bandwidth   800 Gbps (400 Gbps a GPU of one half)

 nodes   count   ports used
────────────────────────────
 gpu         5            1
 leaf        2       3 to 6
 spine       1            4

 oversubscription        down          up   down : up   worst switch
─────────────────────────────────────────────────────────────────────
 tier 1 (leaf)      2000 Gbps   1600 Gbps    1.25 : 1          2 : 1

 cables         class       rate   pairs   cables   total length
─────────────────────────────────────────────────────────────────
 gpu - leaf     ideal   400 Gbps       5        5          7.5 m
 leaf - spine   ideal   400 Gbps       2        4      not given
";
        assert_eq!(text, expected, "{text}");
    }
}
