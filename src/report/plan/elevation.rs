//! Rack elevations as text: equal racks are shown once, with the names of all of them.

use super::racks::{Alike, alike};
use super::words::watts;
use crate::report::number::{count, counted, significant};
use crate::report::table::{lay_out, text};
use crate::result::{PlanDevice, PlannedDesign};

/// The most letters of a line of names.
const LINE: usize = 100;

/// All sorts of racks from the top down, with the racks that are of that sort.
pub fn elevation_text(planned: &PlannedDesign) -> String {
    let sorts = alike(&planned.racks);
    let mut out = format!("{}: {}\n", planned.design.id, planned.design.summary);
    out.push_str(&format!(
        "{} of {}; devices are named as in the first rack of each sort, power and mass are the most of its racks\n",
        counted(planned.racks.len() as u64, "rack"),
        counted(sorts.len() as u64, "sort"),
    ));
    for sort in &sorts {
        out.push('\n');
        out.push_str(&elevation(sort));
    }
    out
}

fn elevation(sort: &Alike<'_>) -> String {
    let rack = sort.first;
    let mut out = wrapped(&format!("{}:", counted(sort.racks.len() as u64, "rack")), &sort.names());
    out.push_str(&format!(
        "{}, {} U, {} of {}, {} kg\n",
        rack.kind,
        count(rack.height.into()),
        watts(sort.power()),
        watts(rack.power_limit_w),
        significant(sort.mass()),
    ));
    let mut devices: Vec<&PlanDevice> = rack.devices.iter().collect();
    devices.sort_by_key(|device| std::cmp::Reverse(device.unit));
    let mut rows: Vec<Vec<String>> = Vec::new();
    // The lowest unit of what is told already.
    let mut above = u64::from(rack.height) + 1;
    let mut at = 0;
    while let Some(top) = devices.get(at) {
        let run = run(&devices[at..]);
        let bottom = devices.get(at + run).unwrap_or(top);
        if end(top) < above {
            rows.push(free(end(top), above));
        }
        let step = devices.get(at + 1).map_or(top.height, |next| top.unit.saturating_sub(next.unit));
        let apart = if run > 0 && step > top.height { format!(", every {step} U") } else { String::new() };
        rows.push(vec![
            units(bottom.unit.into(), end(top)) + &apart,
            if run == 0 { top.name.clone() } else { format!("{} to {}", bottom.name, top.name) },
            if run == 0 { top.part.clone() } else { format!("{} x {}", run + 1, top.part) },
            format!("{}, {} U", top.kind, top.height),
        ]);
        above = bottom.unit.into();
        at += run + 1;
    }
    if above > 1 {
        rows.push(free(1, above));
    }
    let table = lay_out(&[text(""), text(""), text(""), text("")], rows, None);
    out.extend(table.lines().map(|line| format!("  {line}\n")));
    out
}

/// How many devices follow the first that are told with it: the same part, each as far below the one before. Those that
/// do not touch are at least three.
fn run(devices: &[&PlanDevice]) -> usize {
    let step = |pair: &[&PlanDevice]| pair[0].unit.saturating_sub(pair[1].unit);
    let Some(first) = devices.windows(2).next().map(step) else { return 0 };
    let same = |pair: &&[&PlanDevice]| {
        (&pair[0].part, pair[0].height) == (&pair[1].part, pair[1].height)
            && step(pair) == first
            && first >= pair[0].height
    };
    let run = devices.windows(2).take_while(same).count();
    if devices[0].height == first || run >= 2 { run } else { 0 }
}

/// The unit above a device.
fn end(device: &PlanDevice) -> u64 {
    u64::from(device.unit) + u64::from(device.height)
}

/// Units from `first` up to below `end`.
fn units(first: u64, end: u64) -> String {
    if end <= first + 1 { format!("U{first}") } else { format!("U{first}-{}", end - 1) }
}

fn free(first: u64, end: u64) -> Vec<String> {
    vec![units(first, end), "free".to_owned()]
}

/// Names behind each other, in as many lines as they need.
fn wrapped(head: &str, names: &[String]) -> String {
    let mut out = String::new();
    let mut line = head.to_owned();
    for (at, name) in names.iter().enumerate() {
        let comma = if at + 1 < names.len() { "," } else { "" };
        if line.len() + name.len() + comma.len() + 1 > LINE && at > 0 {
            out.push_str(&line);
            out.push('\n');
            line = " ".to_owned();
        }
        line.push_str(&format!(" {name}{comma}"));
    }
    out.push_str(&line);
    out.push('\n');
    out
}
