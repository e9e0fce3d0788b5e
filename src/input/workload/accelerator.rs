//! An accelerator in a file.

use super::{accelerator_likes, factors, head};
use crate::diag::Diagnostic;
use crate::input::names::unknown_name;
use crate::input::quantity::Quantity;
use crate::input::reader::{At, Item};
use crate::input::section::Section;
use crate::units::{Bandwidth, Bytes, FlopRate, Power};
use crate::workload::{Accelerator, Format};

/// What messages call such a file.
pub(in crate::input) const WHAT: &str = "the accelerator";
/// With its article, in a sentence.
pub(super) const A: &str = "an accelerator";

/// The most multiprocessors, and accelerators of a scale-up domain.
pub(super) const MAX_COUNT: u32 = 1 << 20;

/// Reads an accelerator from the keys of `root`. `path` gives the name where the file has none. `None` where faults were
/// told.
pub(in crate::input) fn read(mut root: Section<'_>, path: &str) -> Option<Accelerator> {
    let faults = root.source.faults;
    let before = faults.errors();
    if head::is_other(&root, A) {
        return None;
    }
    let head = head::read(&mut root, path, "accelerator");
    let like =
        root.item("like").and_then(|item| item.string_as("the name of a built-in accelerator or family"));
    if let Some(like) = &like
        && like.value != head.name
        && !accelerator_likes().any(|name| name == like.value)
    {
        unknown_name("E0604", "built-in accelerator or family", like, accelerator_likes(), faults);
    }
    let processors = root.require("processors", "processors = 132").and_then(|item| item.count(1, MAX_COUNT));
    let domain = root.require("domain", "domain = 8").and_then(|item| item.count(1, MAX_COUNT));
    let memory = root.require("memory", "memory = \"80 GB\"").and_then(|item| figure::<Bytes>(&item, "B"));
    let memory_bandwidth = root
        .require("memory_bandwidth", "memory_bandwidth = \"3.35 TB/s\"")
        .and_then(|item| figure::<Bandwidth>(&item, "B/s"));
    let scaleup =
        root.require("scaleup", "scaleup = \"450 GB/s\"").and_then(|item| figure::<Bandwidth>(&item, "B/s"));
    let power = root.require("power", "power = \"700 W\"").and_then(|item| figure::<Power>(&item, "W"));
    let idle =
        root.require("idle_power", "idle_power = \"70 W\"").and_then(|item| figure::<Power>(&item, "W"));
    if let (Some(power), Some(idle)) = (&power, &idle)
        && idle.value > power.value
    {
        faults.push(
            Diagnostic::error("E0106", "`idle_power` is above `power`")
                .at(idle.place.clone(), "when idle")
                .at(power.place.clone(), "and under load"),
        );
    }
    let peak = root
        .require_with("peak", "add a `[peak]` with for example `bf16 = \"989 TFLOP/s\"`")
        .and_then(|item| item.section("`[peak]`"))
        .map(|section| rates(section, true));
    let achieved = root
        .item("achieved")
        .and_then(|item| item.section("`[achieved]`"))
        .map(|section| rates(section, false))
        .unwrap_or_default();
    let achieved = peak.as_ref().map(|peak| parts(&root, peak, &achieved));
    let factors = factors::read(&mut root, &["format"]);
    root.finish();
    if faults.errors() > before {
        return None;
    }
    let like = like.map_or_else(|| head.name.clone(), |like| like.value.to_owned());
    Some(Accelerator {
        name: head.name,
        title: head.title,
        sources: head.sources,
        like,
        peak: peak?.into_iter().map(|(format, rate)| (format, rate.value)).collect(),
        achieved: achieved?,
        factors,
        processors: processors?.value,
        memory: memory?.value,
        memory_bandwidth: memory_bandwidth?.value,
        scaleup: scaleup?.value,
        domain: domain?.value,
        power: power?.value,
        idle_power: idle?.value,
    })
}

/// A quantity as a number of `unit`, at least 1, not rounded.
fn figure<T: Quantity>(item: &Item<'_>, unit: &str) -> Option<At<f64>> {
    let found = item.number_in::<T>(unit)?;
    let most = T::number_in(&T::MAX.to_string(), unit).unwrap_or(f64::MAX);
    if (1.0..=most).contains(&found.value) {
        return Some(found);
    }
    let range = format!("expected from 1 {unit} to {}", T::MAX);
    item.out_of_range(format!("`{}` is out of range", item.key), range);
    None
}

/// Rates by number format, in the order of formats; `needed` where there must be one.
fn rates(mut section: Section<'_>, needed: bool) -> Vec<(Format, At<f64>)> {
    let mut found = Vec::new();
    for (name, format) in Format::ALL {
        if let Some(item) = section.item(name) {
            found.extend(figure::<FlopRate>(&item, "FLOP/s").map(|rate| (format, rate)));
        }
    }
    if needed && section.entries().is_empty() {
        section.source.faults.push(
            Diagnostic::error("E0103", "`[peak]` has no number format")
                .at(section.place(), "at least one must be given")
                .help("add for example `bf16 = \"989 TFLOP/s\"`"),
        );
    }
    section.finish();
    found
}

/// What was achieved, as parts of the peak.
fn parts(
    root: &Section<'_>,
    peak: &[(Format, At<f64>)],
    achieved: &[(Format, At<f64>)],
) -> Vec<(Format, f64)> {
    let mut parts = Vec::new();
    for (format, rate) in achieved {
        let Some((_, most)) = peak.iter().find(|(own, _)| own == format) else {
            root.source.faults.push(
                Diagnostic::error("E0103", format!("`{}` is achieved without a peak", format.name()))
                    .at(rate.place.clone(), format!("`[peak]` has no `{}`", format.name())),
            );
            continue;
        };
        if rate.value > most.value {
            root.source.faults.push(
                Diagnostic::error("E0106", format!("`{}` is above its peak", format.name()))
                    .at(rate.place.clone(), "achieved")
                    .at(most.place.clone(), "and the peak"),
            );
        }
        parts.push((*format, rate.value / most.value));
    }
    parts
}
