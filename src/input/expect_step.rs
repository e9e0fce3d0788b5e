//! `[[expect]]` of a training step: what it must come to.

use super::expect::DEFAULT_TOLERANCE;
use super::section::Section;
use crate::diag::Diagnostic;
use crate::run::{StepExpectSpec, StepExpectWhat};
use crate::units::Time;

/// Keys of values that a step comes to.
pub(super) const VALUES: [&str; 4] = ["step_time", "tokens_per_s", "mfu", "mfu_full"];
/// Keys of expectations of collectives.
const OTHERS: [&str; 7] = ["op", "algorithm", "size", "engine", "time", "algbw", "busbw"];

/// Reads all expectations of a step; `None` where faults were told.
pub(super) fn read(root: &mut Section<'_>, top: &'static [&'static str]) -> Option<Vec<StepExpectSpec>> {
    let Some(list) = root.item("expect") else { return Some(Vec::new()) };
    let before = root.source.faults.errors();
    let mut found = Vec::new();
    for mut section in list.sections() {
        section.top_keys(top);
        refuse(&mut section, &OTHERS, "is of collectives", "a training step has", &VALUES);
        let what = read_what(&mut section);
        let tolerance = section.item("tolerance").and_then(|item| item.percent());
        section.finish();
        let tolerance = tolerance.map_or(DEFAULT_TOLERANCE, |tolerance| tolerance.value);
        found.extend(what.map(|what| StepExpectSpec { what, tolerance }));
    }
    (root.source.faults.errors() == before).then_some(found)
}

/// Says of keys that are for scenarios of the other kind that they are.
pub(super) fn refuse(
    section: &mut Section<'_>,
    keys: &[&'static str],
    why: &str,
    instead: &str,
    these: &[&str],
) {
    for key in keys {
        let Some(item) = section.item(key) else { continue };
        let these: Vec<String> = these.iter().map(|key| format!("`{key}`")).collect();
        item.push(
            Diagnostic::error("E0406", format!("`{key}` {why}, and this scenario has none"))
                .at(section.key_place(key).unwrap_or_else(|| item.place()), "not for this kind of scenario")
                .help(format!("{instead} {}", these.join(", "))),
        );
    }
}

/// One of [`VALUES`]: exactly one.
fn read_what(section: &mut Section<'_>) -> Option<StepExpectWhat> {
    let [time, tokens, causal, full] = VALUES.map(|key| section.item(key));
    let mut clash = false;
    for (at, first) in VALUES.iter().enumerate() {
        for second in &VALUES[at + 1..] {
            clash = clash || section.exclusive(first, second, "write one `[[expect]]` for each");
        }
    }
    if clash {
        return None;
    }
    if let Some(time) = time {
        return time.quantity::<Time>().map(|time| StepExpectWhat::Time(time.value));
    }
    if let Some(tokens) = tokens {
        let rate = tokens.number("over 0, such as 250_000", |rate| rate > 0.0 && rate.is_finite());
        return rate.map(|rate| StepExpectWhat::TokensPerSecond(rate.value));
    }
    if let Some(causal) = causal {
        return causal.percent().map(|part| StepExpectWhat::MfuCausal(part.value));
    }
    if let Some(full) = full {
        return full.percent().map(|part| StepExpectWhat::MfuFull(part.value));
    }
    if !OTHERS.iter().any(|key| section.has(key)) {
        section.source.faults.push(
            Diagnostic::error("E0103", "the expectation expects nothing")
                .at(section.place(), "one of `step_time`, `tokens_per_s`, `mfu` and `mfu_full` must be given")
                .help("add for example `step_time = \"33 s\"`"),
        );
    }
    None
}
