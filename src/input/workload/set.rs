//! `[workload.set]`: constants put over those of the software, each in its own unit.

use super::factors;
use crate::input::reader::Item;
use crate::input::section::Section;
use crate::units::{Bytes, Time};
use crate::workload::Constant;

/// Reads them, in their own order.
pub(super) fn read(section: &Section<'_>) -> Vec<(Constant, f64)> {
    factors::constants(section, &[], value)
}

/// The value of a constant. `None` where faults were told.
fn value(item: &Item<'_>, constant: Constant) -> Option<f64> {
    let spec = constant.spec();
    let (least, most) = spec.range;
    let found = match spec.unit {
        "s" => item.number_in::<Time>("s")?,
        "B" => item.number_in::<Bytes>("B")?,
        _ => {
            let range = format!("from {least} to {most}, such as {}", spec.default);
            return item.number(&range, |number| (least..=most).contains(&number)).map(|found| found.value);
        }
    };
    if (least..=most).contains(&found.value) {
        return Some(found.value);
    }
    item.out_of_range(
        format!("`{}` is out of range", item.key),
        format!("expected from {least} {unit} to {most} {unit}", unit = spec.unit),
    );
    None
}
