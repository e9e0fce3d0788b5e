//! Where the time of a step goes: a bar of its parts; several steps below each other.

use super::stacked::{Bar, Chart, Entry, Part};
use super::{colours, facts, title};
use crate::report::draw::axis::time_unit;
use crate::report::draw::{DrawError, Picture};
use crate::report::number::{percent, quotient, time};
use crate::report::series::distinct_names;
use crate::report::step::part_names;
use crate::result::StepResult;
use crate::units::Time;

fn ps(ps: u64) -> f64 {
    Time::from_ps(ps).as_secs() * 1e12
}

/// A time of four digits, as figures write it.
pub(super) fn told(ps: u64) -> String {
    time(ps).replace(" us", " µs")
}

/// The parts of a step, in the order of `names`.
fn bar(step: &StepResult, names: &[String], divisor: f64) -> Vec<Part> {
    let of = |name: &String| step.breakdown.iter().find(|part| part.part == *name);
    let parts = names.iter().filter_map(of).map(|part| Part {
        name: part.part.clone(),
        size: ps(part.time_ps) / divisor,
        percent: 100.0 * quotient(part.time_ps, step.step_ps),
        colour: colours::part(&part.part),
    });
    parts.collect()
}

/// Draws where the time of one step goes.
///
/// # Errors
///
/// Where it took no time.
pub fn draw_step_breakdown(step: &StepResult) -> Result<Picture, DrawError> {
    let (unit, divisor) = time_unit(ps(step.step_ps));
    let names = part_names(std::slice::from_ref(step));
    let entries = step.breakdown.iter().map(|part| Entry {
        name: part.part.clone(),
        colour: Some(colours::part(&part.part)),
        value: told(part.time_ps),
        percent: format!("{} %", percent(100.0 * quotient(part.time_ps, step.step_ps))),
    });
    let first = format!("{} a step, MFU {} % (causal)", told(step.step_ps), percent(step.mfu_causal_percent));
    let chart = Chart {
        name: "breakdown".into(),
        title: title(step).into(),
        facts: facts(step, &first),
        axis: format!("Time of a step on the pipeline rank that ends last ({unit})"),
        bars: vec![Bar { name: String::new(), parts: bar(step, &names, divisor), total: String::new() }],
        entries: entries.collect(),
        mark: None,
    };
    chart.draw()
}

/// Draws where the time of several steps goes, a bar each.
///
/// # Errors
///
/// Where there is none, or none of them took time.
pub fn draw_step_compare(steps: &[StepResult]) -> Result<Picture, DrawError> {
    let longest = steps.iter().map(|step| step.step_ps).max().unwrap_or(0);
    let (unit, divisor) = time_unit(ps(longest));
    let names = part_names(steps);
    let scenarios = distinct_names(steps.iter().map(|step| step.scenario.as_str()));
    let bars = steps.iter().zip(&scenarios).map(|(step, name)| Bar {
        name: name.clone(),
        parts: bar(step, &names, divisor),
        total: told(step.step_ps),
    });
    let entries = names.iter().map(|name| Entry {
        name: name.clone(),
        colour: Some(colours::part(name)),
        value: String::new(),
        percent: String::new(),
    });
    let mut models: Vec<String> = Vec::new();
    for step in steps {
        let own = format!("{} on {} x {}", step.workload.model, step.fabric.gpus, step.workload.accelerator);
        if !models.contains(&own) {
            models.push(own);
        }
    }
    let chart = Chart {
        name: "compare-breakdown".into(),
        title: scenarios.join(" against "),
        facts: models.join(" · "),
        axis: format!("Time of a step on the pipeline rank that ends last ({unit})"),
        bars: bars.collect(),
        entries: entries.collect(),
        mark: None,
    };
    chart.draw()
}
