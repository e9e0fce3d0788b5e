//! `[[workload]]` and `[[collective]]` of a plan: what the cluster is for.

use std::sync::Arc;

use super::amount::Bought;
use super::goals::{MAX_WEIGHT, normalised};
use super::read::TOP;
use super::spec::{Load, LoadKind};
use crate::diag::{Diagnostic, Place, SourceMap};
use crate::input::collective::ops;
use crate::input::section::Section;
use crate::input::{sizes, workload};
use crate::units::Bytes;
use crate::workload::Accelerator;

/// The most loads of a plan.
const MAX_LOADS: usize = 100;
/// The largest size: what all accelerators have of it then fits in 64 bits.
const MAX_SIZE: Bytes = Bytes(1 << 40);

/// A name that is given, with its place, and a weight.
struct Tag {
    name: Option<(String, Place)>,
    weight: f64,
}

/// Reads all loads; empty where faults were told.
pub(super) fn read(
    root: &mut Section<'_>,
    accelerators: &[Accelerator],
    bought: &Bought,
    path: &str,
    sources: &mut SourceMap,
) -> Vec<Load> {
    let faults = root.source.faults;
    let before = faults.errors();
    let collectives = root.item("collective");
    let steps = match &collectives {
        Some(_) => root.item("workload"),
        None => root.require_with(
            "workload",
            "add a `[workload]` with for example `model = \"llama3-70b\"` and `batch = 1024`, or a `[[collective]]`",
        ),
    };
    let mut found: Vec<(Tag, Load)> = Vec::new();
    for section in steps.as_ref().map(|item| item.sections()).unwrap_or_default() {
        found.extend(train(section, accelerators, bought, path, sources));
    }
    for section in collectives.as_ref().map(|item| item.sections()).unwrap_or_default() {
        found.extend(collective(section, bought));
    }
    if let Some(item) = steps.or(collectives).filter(|_| found.len() > MAX_LOADS) {
        item.out_of_range(
            format!("the plan has {} loads", found.len()),
            format!("expected at most {MAX_LOADS}"),
        );
    }
    if faults.errors() > before {
        return Vec::new();
    }
    let weights: Vec<f64> = found.iter().map(|(tag, _)| tag.weight).collect();
    let weights = normalised(&weights).unwrap_or_default();
    let mut names: Vec<(String, Place)> = Vec::new();
    for (name, place) in found.iter().filter_map(|(tag, _)| tag.name.clone()) {
        if let Some((_, first)) = names.iter().find(|(own, _)| *own == name) {
            faults.push(
                Diagnostic::error("E1002", format!("two loads are named `{name}`"))
                    .at(place.clone(), "the second")
                    .at(first.clone(), "and the first"),
            );
        }
        names.push((name, place));
    }
    let mut taken: Vec<String> = names.into_iter().map(|(name, _)| name).collect();
    let mut loads = Vec::new();
    for ((tag, mut load), weight) in found.into_iter().zip(weights) {
        load.weight = weight;
        load.name = match tag.name {
            Some((name, _)) => name,
            None => free(&load.name, &mut taken),
        };
        loads.push(load);
    }
    loads
}

/// A name that nothing has yet: with a number where it is taken.
fn free(name: &str, taken: &mut Vec<String>) -> String {
    let own = |number: usize| if number == 1 { name.to_owned() } else { format!("{name}-{number}") };
    let free = (1..).map(own).find(|own| !taken.contains(own)).unwrap_or_default();
    taken.push(free.clone());
    free
}

/// Name and weight of a load.
fn tag(section: &mut Section<'_>) -> Tag {
    let name = section.item("name").and_then(|item| item.line());
    let range = "above 0 and up to 1000000, such as 2";
    let weight = section
        .item("weight")
        .and_then(|item| item.number(range, |number| number > 0.0 && number <= MAX_WEIGHT));
    Tag {
        name: name.map(|name| (name.value.to_owned(), name.place)),
        weight: weight.map_or(1.0, |weight| weight.value),
    }
}

/// A training step.
fn train(
    mut section: Section<'_>,
    accelerators: &[Accelerator],
    bought: &Bought,
    path: &str,
    sources: &mut SourceMap,
) -> Option<(Tag, Load)> {
    let faults = section.source.faults;
    section.what = "`[workload]`".into();
    let tag = tag(&mut section);
    let infers = section.item("kind_of_step").filter(|item| item.value.as_str() == Some("inference"));
    if let Some(item) = infers {
        item.push(
            Diagnostic::error("E1008", "plans are for training steps, not for inference")
                .at(item.place(), "this step is inference")
                .help("`railspine run` runs inference on a fabric"),
        );
        return None;
    }
    for key in ["accelerator", "accelerator_file"] {
        if let (Some(item), Some(place)) = (section.item(key), section.key_place(key)) {
            item.push(
                Diagnostic::error("E1008", format!("`{key}` is not for a step of a plan to say"))
                    .at(place, "a step runs on the accelerators of servers")
                    .help("servers are chosen by `servers` or `accelerator` in `[fabric]`"),
            );
        }
    }
    let open = !section.has("parallel");
    if let (false, true, Some(place)) = (open, bought.is_budget(), section.key_place("parallel")) {
        let fault = Diagnostic::error("E0108", "`budget` and `parallel` exclude each other")
            .at(place, "a division is of a known number of accelerators");
        faults.push(match &bought.amount {
            Some(amount) => fault.at(amount.place.clone(), "a budget leaves it open"),
            None => fault,
        });
    }
    // Of how many, a budget does not say: one stands for them while the division is open.
    let ranks = if bought.is_budget() { open.then_some(1) } else { bought.job().map(u64::from) };
    let each = workload::read_each(section, accelerators, ranks, path, sources, TOP)?;
    let name = each.first().map(|step| step.model.name.clone()).unwrap_or_default();
    let kind = LoadKind::Train { each: each.into_iter().map(Arc::new).collect(), open };
    Some((tag, Load { name, weight: 0.0, kind }))
}

/// A plain collective.
fn collective(mut section: Section<'_>, bought: &Bought) -> Option<(Tag, Load)> {
    section.top_keys(TOP);
    let tag = tag(&mut section);
    let op = section.require("op", "op = \"all-reduce\"").and_then(|item| item.word("an operation", &ops()));
    let size = section.require("size", "size = \"1 GiB\"").and_then(|item| {
        let size = sizes::one(&item)?;
        if size.value > MAX_SIZE {
            item.out_of_range("`size` is out of range", format!("expected at most {MAX_SIZE}"));
            return None;
        }
        Some(size)
    });
    let group = section.item("group").map(|item| (item.count(2, super::amount::MAX_ACCELERATORS), item));
    let job = bought.job();
    if let (Some((Some(group), item)), Some(job)) = (&group, job)
        && !job.is_multiple_of(group.value)
    {
        let below = (1..=group.value.min(job)).rev().find(|size| job.is_multiple_of(*size));
        let above = (group.value..=job).find(|size| job.is_multiple_of(*size));
        let near: Vec<String> = [below, above]
            .into_iter()
            .flatten()
            .filter(|size| *size > 1)
            .map(|size| size.to_string())
            .collect();
        let fault = Diagnostic::error("E1005", format!("groups of {} do not divide a job", group.value))
            .at(item.place(), format!("a job has {job} accelerators"));
        item.push(if near.is_empty() {
            fault
        } else {
            fault.help(format!("the nearest that suits is {}", near.join(" or ")))
        });
    }
    section.finish();
    let group = match group {
        Some((found, _)) => Some(found?.value),
        None => None,
    };
    let op = op?.value;
    let kind = LoadKind::Collective { op, bytes: size?.value, group };
    Some((tag, Load { name: op.name().to_owned(), weight: 0.0, kind }))
}
