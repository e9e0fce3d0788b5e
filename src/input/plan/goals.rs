//! `[objective]`, `[limits]` and `[situations]`: what is better, what is too much, and what counts.

use super::spec::{Limits, Objective, Situations};
use crate::diag::Diagnostic;
use crate::input::quantity::Quantity;
use crate::input::reader::Item;
use crate::input::section::Section;
use crate::input::tune::words;
use crate::units::{Money, Power, Time};

/// The most power of a facility: 10 GW.
const MAX_FACILITY: Power = Power(10_000_000_000_000);
/// The largest weight.
pub(super) const MAX_WEIGHT: f64 = 1e6;
/// Axes of plans that name none.
const USUAL: [Objective; 3] = [Objective::StepTime, Objective::Capex, Objective::Power];

/// `[objective]`.
pub(super) struct Goals {
    pub(super) axes: Vec<Objective>,
    pub(super) weights: Vec<f64>,
    pub(super) epsilon: f64,
}

/// A weight that may be nothing.
pub(super) fn weight(item: &Item<'_>) -> Option<f64> {
    let range = "from 0 to 1000000, such as 2";
    item.number(range, |number| (0.0..=MAX_WEIGHT).contains(&number)).map(|found| found.value)
}

/// The weights with a sum of 1; `None` where all are nothing.
pub(super) fn normalised(weights: &[f64]) -> Option<Vec<f64>> {
    let sum: f64 = weights.iter().sum();
    (sum > 0.0).then(|| weights.iter().map(|weight| weight / sum).collect())
}

/// Reads `[objective]`.
pub(super) fn read(mut section: Section<'_>) -> Goals {
    let faults = section.source.faults;
    let axes = section.item("axes").map(|item| words(&item, "an axis", &Objective::ALL));
    let axes = axes.filter(|axes| !axes.is_empty()).unwrap_or_else(|| USUAL.to_vec());
    let weights = section.item("weights").map(|item| {
        let before = faults.errors();
        let found: Vec<f64> = item.each().iter().filter_map(weight).collect();
        if faults.errors() > before {
            return Vec::new();
        }
        let fault = if found.len() == axes.len() {
            None
        } else {
            let names: Vec<&str> = axes.iter().map(|axis| axis.name()).collect();
            Some((
                format!("there are {} weights for {} axes", found.len(), axes.len()),
                format!("expected one for each of `{}`", names.join("`, `")),
            ))
        };
        let nothing = || ("no axis has any weight".to_owned(), "expected at least one above 0".to_owned());
        let fault = fault.or_else(|| normalised(&found).is_none().then(nothing));
        if let Some((message, label)) = fault {
            item.push(Diagnostic::error("E1007", message).at(item.place(), label));
        }
        found
    });
    let epsilon = section.item("epsilon").and_then(|item| item.below_one());
    section.finish();
    let weights = weights.unwrap_or_else(|| vec![1.0; axes.len()]);
    Goals {
        weights: normalised(&weights).unwrap_or_default(),
        axes,
        epsilon: epsilon.map_or(0.0, |told| told.value),
    }
}

/// A limit above nothing.
fn limit<T: Quantity + Default>(section: &mut Section<'_>, key: &'static str, max: T) -> Option<T> {
    let item = section.item(key)?;
    let found = item.quantity_to::<T>(max)?;
    if found.value > T::default() {
        return Some(found.value);
    }
    item.out_of_range(format!("`{key}` allows nothing"), "expected more than 0");
    None
}

/// Reads `[limits]`.
pub(super) fn limits(mut section: Section<'_>) -> Limits {
    let limits = Limits {
        step_time: limit(&mut section, "step_time", Time::MAX),
        capex: limit(&mut section, "capex", Money::MAX),
        tco: limit(&mut section, "tco", Money::MAX),
        power: limit(&mut section, "power", MAX_FACILITY),
    };
    section.finish();
    limits
}

/// Reads `[situations]`: what a table leaves out does not count.
pub(super) fn situations(section: Option<Section<'_>>) -> Situations {
    let Some(mut section) = section else { return Situations::default() };
    let faults = section.source.faults;
    let before = faults.errors();
    let mut told = |key| section.item(key).map_or(Some(0.0), |item| weight(&item)).unwrap_or(0.0);
    let counts = [told("aligned"), told("scattered"), told("failed")];
    let place = section.place();
    section.finish();
    if let Some([aligned, scattered, failed]) = normalised(&counts).as_deref() {
        return Situations { aligned: *aligned, scattered: *scattered, failed: *failed };
    }
    if faults.errors() == before {
        faults.push(
            Diagnostic::error("E1007", "no situation counts")
                .at(place, "all are 0, as those that are left out")
                .help("add for example `aligned = 1`, or leave the table out"),
        );
    }
    Situations::default()
}
