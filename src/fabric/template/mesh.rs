//! A mesh of one to four dimensions.

use super::medium::{BANDWIDTH, IDEAL, LATENCY, LENGTH, Medium};
use super::{Family, Fault, Values, grid};
use crate::fabric::Builder;

/// `mesh`.
pub(super) static FAMILY: Family = Family {
    name: "mesh",
    about: "GPUs on a grid of 1 to 4 dimensions, each cabled to its neighbours, without wrap-around",
    params: &[grid::SIDES, BANDWIDTH, IDEAL, LATENCY, LENGTH],
    build,
    counts: None,
};

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let sides = values.sides("sides");
    faults.extend(grid::check(builder, sides).err());
    let cable = Medium::ONLY.cable(values, builder, &mut faults);
    let (Some(cable), true) = (cable, faults.is_empty()) else { return Err(faults) };
    grid::add(builder, sides, false, &cable);
    Ok(())
}
