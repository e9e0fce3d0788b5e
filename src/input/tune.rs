//! `[tune]` of a scenario: which divisions of its training step a search may look at.

use serde_json::{Map, Value, json};

use super::reader::{At, Item};
use super::schema::{about, count, object, size, words as one_of};
use super::section::Section;
use super::workload::{SCHEDULES, WHOLE_SHARDING};
use crate::diag::{Diagnostic, Place};
use crate::units::Bytes;
use crate::workload::space::possible;
use crate::workload::{Degree, Limit, Recompute, Space, Task, Values, Workload};

/// The most of the best that can be told.
pub(super) const MAX_TOP: u32 = 1000;
/// The most values that a hint lists.
const MAX_LISTED: usize = 12;
/// What messages call the values of a degree.
const EXPECTED: &str = "a whole number, a list of such, or a table with `min` and `max`";

/// Reads it, for a workload on so many ranks; `None` where faults were told. Where the workload is not known, only what is
/// wrong in itself is told.
pub(super) fn read(
    mut section: Section<'_>,
    workload: Option<&Workload>,
    ranks: Option<u64>,
    top: &'static [&'static str],
) -> Option<Space> {
    let faults = section.source.faults;
    let before = faults.errors();
    section.top_keys(top);
    let mut space = Space::default();
    for (key, degree) in Degree::ALL {
        if let Some(item) = section.item(key) {
            let given = values(&item);
            if let (Some(given), Some(workload), Some(ranks)) = (&given, workload, ranks) {
                check(&item, given, degree, workload, ranks);
            }
            space.degrees[degree as usize] = given.map_or(Values::All, |given| given.values);
        }
    }
    if let Some(item) = section.item("sharding") {
        space.shardings = words(&item, "a sharding", &WHOLE_SHARDING);
    }
    if let Some(item) = section.item("recompute") {
        space.recomputes = Some(words(&item, "a kind of recomputation", &Recompute::ALL));
    }
    if let Some(item) = section.item("schedule") {
        space.schedules = words(&item, "a schedule", &SCHEDULES);
    }
    space.limit = section.item("memory_limit").and_then(|item| limit(&item, workload));
    let told = section.item("top").and_then(|item| item.count(1, MAX_TOP));
    space.top = told.map_or(Space::TOP, |told| told.value as usize);
    section.finish();
    (faults.errors() == before).then_some(space)
}

/// Values with their places.
struct Given {
    values: Values,
    each: Vec<At<u32>>,
    whole: Place,
}

fn values(item: &Item<'_>) -> Option<Given> {
    if let toml::de::DeValue::Table(_) = item.value {
        let mut section = item.section(format!("`{}`", item.key))?;
        let whole = section.place();
        let mut end = |key| section.item(key).map(|end| end.count(1, u32::MAX));
        let (least, most) = (end("min"), end("max"));
        section.finish();
        // An end that could not be read is told; the other alone would say another thing.
        let (least, most) =
            (least.map_or(Some(None), |end| end.map(Some))?, most.map_or(Some(None), |end| end.map(Some))?);
        let (first, last) = (least.map_or(1, |end| end.value), most.map_or(u32::MAX, |end| end.value));
        if first > last {
            item.push(
                Diagnostic::error("E0106", format!("`{}` has no value", item.key))
                    .at(whole, format!("`min` {first} is above `max` {last}")),
            );
            return None;
        }
        return Some(Given { values: Values::Range(first, last), each: Vec::new(), whole });
    }
    let numbers = |item: &Item<'_>| match item.value {
        toml::de::DeValue::Integer(_) => item.count(1, u32::MAX),
        _ => {
            item.wrong_type(EXPECTED);
            None
        }
    };
    let items = item.each();
    let each: Vec<At<u32>> = items.iter().filter_map(numbers).collect();
    if each.is_empty() || each.len() < items.len() {
        return None;
    }
    let mut list: Vec<u32> = each.iter().map(|own| own.value).collect();
    list.sort_unstable();
    list.dedup();
    Some(Given { values: Values::List(list), each, whole: item.place() })
}

/// Tells values that no division of the step has, each by itself, and ranges without any.
fn check(item: &Item<'_>, given: &Given, degree: Degree, workload: &Workload, ranks: u64) {
    let Task::Train(training) = &workload.task else { return };
    let fit = possible(degree, &workload.model, &training.batch, ranks);
    let mut listed: Vec<String> = fit.iter().map(u32::to_string).take(MAX_LISTED).collect();
    if fit.len() > MAX_LISTED {
        listed.push(format!("... {}", fit.last().copied().unwrap_or(1)));
    }
    let model = &workload.model.name;
    let help = format!("with `{model}` on {ranks} GPUs, `{}` may be {}", item.key, listed.join(", "));
    if let Values::Range(least, most) = given.values
        && !fit.iter().any(|value| (least..=most).contains(value))
    {
        item.push(
            Diagnostic::error("E0906", format!("no division of the step has such a `{}`", item.key))
                .at(given.whole.clone(), "none of these values suits")
                .help(help),
        );
        return;
    }
    let mut seen: Vec<u32> = Vec::new();
    for own in &given.each {
        if !fit.contains(&own.value) {
            item.push(
                Diagnostic::error(
                    "E0906",
                    format!("no division of the step has `{}` {}", item.key, own.value),
                )
                .at(own.place.clone(), "this value suits nothing")
                .help(help.clone()),
            );
        } else if seen.contains(&own.value) {
            item.push(super::collective::listed_twice(&own.value.to_string(), &own.place));
        }
        seen.push(own.value);
    }
}

/// A list of words, each once.
pub(super) fn words<T: Copy + PartialEq>(item: &Item<'_>, what: &str, words: &[(&str, T)]) -> Vec<T> {
    let mut found: Vec<T> = Vec::new();
    for item in item.each() {
        let Some(word) = item.word(what, words) else { continue };
        if found.contains(&word.value) {
            let name = words.iter().find(|(_, own)| *own == word.value).map_or("", |(name, _)| name);
            item.push(super::collective::listed_twice(name, &word.place));
        } else {
            found.push(word.value);
        }
    }
    found
}

/// A size, or a part of what the accelerator has.
fn limit(item: &Item<'_>, workload: Option<&Workload>) -> Option<Limit> {
    match item.value {
        toml::de::DeValue::String(_) => {
            let size = item.quantity::<Bytes>()?;
            #[expect(clippy::cast_precision_loss, reason = "sizes are at most 2^50")]
            let bytes = size.value.get() as f64;
            if bytes <= 0.0 {
                item.out_of_range("`memory_limit` is out of range", "expected more than nothing");
                return None;
            }
            if let Some(workload) = workload.filter(|own| bytes > own.accelerator.memory) {
                let accelerator = &workload.accelerator;
                item.out_of_range(
                    "`memory_limit` is more than there is",
                    format!("`{}` has {} GB", accelerator.name, accelerator.memory / 1e9),
                );
                return None;
            }
            Some(Limit::Bytes(bytes))
        }
        toml::de::DeValue::Float(_) | toml::de::DeValue::Integer(_) => {
            item.fraction().map(|part| Limit::Part(part.value))
        }
        _ => {
            item.wrong_type("a size such as \"72 GB\", or a part such as 0.9");
            None
        }
    }
}

/// What the schema of scenarios says of it.
pub(super) fn schema() -> Value {
    let number = || count(1, u32::MAX);
    let list = |of: Value| json!({ "anyOf": [of, { "type": "array", "items": of, "minItems": 1 }] });
    let degree = json!({ "anyOf": [
        number(),
        { "type": "array", "items": number(), "minItems": 1 },
        object(&[], &json!({ "min": number(), "max": number() })),
    ]});
    let mut properties: Map<String, Value> = Degree::ALL
        .iter()
        .map(|(key, _)| {
            (
                (*key).to_owned(),
                about(degree.clone(), "values that are looked at; all that suit unless given"),
            )
        })
        .collect();
    let part = json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1 });
    let more = [
        ("sharding", about(list(one_of(&WHOLE_SHARDING)), "all of them unless given")),
        ("recompute", about(list(one_of(&Recompute::ALL)), "all that differ unless given")),
        ("schedule", about(list(one_of(&SCHEDULES)), "`1f1b` unless given, with any stages a rank")),
        (
            "memory_limit",
            about(
                json!({ "anyOf": [size(), part] }),
                "what a step may take; all of the accelerator's unless given",
            ),
        ),
        ("top", about(count(1, MAX_TOP), "how many of the best are told, 10 unless given")),
    ];
    properties.extend(more.map(|(key, value)| (key.to_owned(), value)));
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}
