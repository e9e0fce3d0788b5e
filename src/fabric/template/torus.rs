//! A torus of one to four dimensions.

use super::medium::{LATENCY, LENGTH, Medium};
use super::{Family, Fault, Param, ParamKind, Values, grid};
use crate::fabric::Builder;

/// `torus`.
pub(super) static FAMILY: Family = Family {
    name: "torus",
    about: "chips on a grid of 1 to 4 dimensions with wrap-around cables; a side of 2 has two lanes",
    params: &[
        grid::SIDES,
        Param::new("bandwidth", ParamKind::Bandwidth, "50 GB/s", "rate of a cable, each direction"),
        Param::new("class", ParamKind::Class, "ici", "link class of the cables"),
        LATENCY,
        LENGTH,
    ],
    build,
    counts: None,
};

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let sides = values.sides("sides");
    faults.extend(grid::check(builder, sides).err());
    let cable = Medium::ONLY.cable(values, builder, &mut faults);
    let (Some(cable), true) = (cable, faults.is_empty()) else { return Err(faults) };
    grid::add(builder, sides, true, &cable);
    Ok(())
}
