//! GPUs in a ring, each linked to its two neighbours.

use super::limits::{MOST, check_size};
use super::medium::{BANDWIDTH, IDEAL, LATENCY, LENGTH, Medium};
use super::{Family, Fault, Param, ParamKind, Values, grid};
use crate::fabric::Builder;

/// `ring`.
pub(super) static FAMILY: Family = Family {
    name: "ring",
    about: "GPUs in a ring, each cabled to the next; two GPUs are joined by both cables of their ring",
    params: &[
        Param::required("endpoints", ParamKind::Count { min: 2, max: MOST }, "number of GPUs"),
        BANDWIDTH,
        IDEAL,
        LATENCY,
        LENGTH,
    ],
    build,
    counts: None,
};

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let endpoints = values.count("endpoints");
    faults.extend(check_size(builder, "endpoints", endpoints.into(), endpoints.into()).err());
    let cable = Medium::ONLY.cable(values, builder, &mut faults);
    let (Some(cable), true) = (cable, faults.is_empty()) else { return Err(faults) };
    grid::add(builder, &[endpoints], true, &cable);
    Ok(())
}
