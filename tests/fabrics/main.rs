//! Fabrics against published component tables and closed forms.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod closed_forms;
mod files;
mod parameters;
mod ports;
mod published;

use railspine::fabric::template::{Fault, Value, Values, family};
use railspine::fabric::{Builder, Fabric, LinkClass};
use railspine::route::metrics::FabricReport;

type Given<'a> = Vec<(&'a str, Value)>;

fn try_build(name: &str, given: Given<'_>) -> Result<Fabric, Vec<Fault>> {
    let family = family(name).unwrap();
    let values = Values::new(family.params, given.into_iter().collect()).unwrap();
    let mut builder = Builder::new(name, LinkClass::builtin());
    (family.build)(&values, &mut builder)?;
    Ok(builder.finish().unwrap())
}

fn build(name: &str, given: Given<'_>) -> Fabric {
    try_build(name, given).unwrap()
}

fn count(n: u32) -> Value {
    Value::Count(n)
}

fn sides(sides: &[u32]) -> Value {
    Value::Sides(sides.to_vec())
}

fn kind(report: &FabricReport, name: &str) -> u32 {
    report.kinds.iter().find(|kind| kind.kind == name).map_or(0, |kind| kind.count)
}

/// Most ports in use on a node of the kind.
fn radix(report: &FabricReport, name: &str) -> u64 {
    report.kinds.iter().find(|kind| kind.kind == name).map_or(0, |kind| kind.ports_max)
}

fn cables(report: &FabricReport, from: &str, to: &str) -> u64 {
    report.cables.iter().filter(|sort| sort.from == from && sort.to == to).map(|sort| sort.cables).sum()
}

const GBPS: u64 = 1_000_000_000;
