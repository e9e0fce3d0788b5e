//! Several steps side by side.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::words::{gigabytes, joules};
use crate::report::csv::write;
use crate::report::number::{percent, quotient, significant, time};
use crate::report::series::distinct_names;
use crate::report::stack;
use crate::report::table::{lay_out, number, text};
use crate::result::{FabricSummary, StackSummary, StepFacts, StepResult};

/// The schema name of [`StepComparison`].
pub const STEP_COMPARE_SCHEMA: &str = "railspine.step-compare/1";

/// Several steps side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepComparison {
    /// Always `railspine.step-compare/1`.
    pub schema: String,
    /// What is compared; ratios are to the first.
    pub steps: Vec<StepSide>,
    /// Where the time went: one entry a part that at least one of them has.
    pub parts: Vec<StepComparisonPart>,
}

/// One of the steps that are compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepSide {
    /// The scenario's name, with ` #2` behind it for the second of one name.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// The engine that ran.
    pub engine: String,
    /// Its fabric in short.
    pub fabric: FabricSummary,
    /// What the communication library and the host were taken for, where they add anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<StackSummary>,
    /// What runs, on what, divided how.
    pub workload: StepFacts,
    /// The time of a step, in picoseconds.
    pub step_ps: u64,
    /// The time over the first step's; null where that took no time.
    pub time_ratio: Option<f64>,
    /// Tokens per second, of all.
    pub tokens_per_s: f64,
    /// Tokens per second of an accelerator.
    pub tokens_per_s_per_gpu: f64,
    /// Model FLOPs over time and 16-bit peak, in percent: causal attention.
    pub mfu_causal_percent: f64,
    /// The same with attention counted whole.
    pub mfu_full_percent: f64,
    /// The pipeline's bubble, in percent of the step.
    pub bubble_percent: f64,
    /// Bytes on the rank that keeps most.
    pub memory_bytes: u64,
    /// Whether they fit.
    pub fits: bool,
    /// Joules for a token.
    pub per_token_j: f64,
}

/// A part of the time in all the steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepComparisonPart {
    /// Its name: `products`, `tensor`, `bubble`.
    pub part: String,
    /// One entry a step, in picoseconds; null where it has no such part.
    pub time_ps: Vec<Option<u64>>,
}

const HEAD: [&str; 5] = ["scenario", "part", "time_ps", "percent", "time_ratio"];

impl StepComparison {
    /// Sets steps side by side; the first is what the others are measured by.
    pub fn new(results: &[StepResult]) -> Self {
        let names = distinct_names(results.iter().map(|step| step.scenario.as_str()));
        let base = results.first().map_or(0, |step| step.step_ps);
        let steps = results.iter().zip(names).map(|(step, scenario)| StepSide {
            scenario,
            title: step.title.clone(),
            engine: step.engine.clone(),
            fabric: step.fabric.clone(),
            stack: step.stack.clone(),
            workload: step.workload.clone(),
            step_ps: step.step_ps,
            time_ratio: ratio(step.step_ps, base),
            tokens_per_s: step.tokens_per_s,
            tokens_per_s_per_gpu: step.tokens_per_s_per_gpu,
            mfu_causal_percent: step.mfu_causal_percent,
            mfu_full_percent: step.mfu_full_percent,
            bubble_percent: step.bubble_percent,
            memory_bytes: step.memory.total,
            fits: step.memory.fits,
            per_token_j: step.energy.per_token_j,
        });
        let parts = part_names(results).into_iter().map(|name| StepComparisonPart {
            time_ps: results.iter().map(|step| part_of(step, &name)).collect(),
            part: name,
        });
        Self { schema: STEP_COMPARE_SCHEMA.into(), steps: steps.collect(), parts: parts.collect() }
    }
}

/// The names of all parts: a part that only a later step has stands behind what is before it there.
pub(in crate::report) fn part_names(results: &[StepResult]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for step in results {
        let mut place = 0;
        for part in &step.breakdown {
            match names.iter().position(|name| *name == part.part) {
                Some(known) => place = known + 1,
                None => {
                    names.insert(place.min(names.len()), part.part.clone());
                    place += 1;
                }
            }
        }
    }
    names
}

fn part_of(step: &StepResult, name: &str) -> Option<u64> {
    step.breakdown.iter().find(|part| part.part == name).map(|part| part.time_ps)
}

fn ratio(ps: u64, base: u64) -> Option<f64> {
    (base > 0).then(|| quotient(ps, base))
}

/// Steps side by side as a table: totals, then parts, with the ratio of each to the first's.
pub fn compare_table(results: &[StepResult], width: Option<u16>) -> String {
    let told = StepComparison::new(results);
    let Some(first) = told.steps.first() else { return "no steps\n".into() };
    let mut columns = vec![text("")];
    for (at, step) in told.steps.iter().enumerate() {
        columns.push(number(step.scenario.clone()));
        columns.extend((at > 0).then(|| number("ratio")));
    }
    let row = |name: &str, cells: Vec<(String, Option<f64>)>| {
        let mut line = vec![name.to_string()];
        for (at, (cell, ratio)) in cells.into_iter().enumerate() {
            line.push(cell);
            if at > 0 {
                line.push(ratio.map_or("-".into(), |ratio| format!("{}x", significant(ratio))));
            }
        }
        line
    };
    let number = |name: &str, of: &dyn Fn(&StepSide) -> f64, show: &dyn Fn(f64) -> String| {
        let base = of(first);
        let over = |value: f64| (base > 0.0).then(|| value / base);
        row(name, told.steps.iter().map(|step| (show(of(step)), over(of(step)))).collect())
    };
    let mut rows = vec![
        row("step time", told.steps.iter().map(|step| (time(step.step_ps), step.time_ratio)).collect()),
        number("tokens/s", &|step| step.tokens_per_s, &significant),
        number("tokens/s an accelerator", &|step| step.tokens_per_s_per_gpu, &significant),
        number("MFU % causal attention", &|step| step.mfu_causal_percent, &percent),
        number("MFU % full attention", &|step| step.mfu_full_percent, &percent),
        number("bubble %", &|step| step.bubble_percent, &percent),
        row(
            "memory",
            told.steps
                .iter()
                .map(|step| (gigabytes(step.memory_bytes), ratio(step.memory_bytes, first.memory_bytes)))
                .collect(),
        ),
        number("energy a token", &|step| step.per_token_j, &joules),
        Vec::new(),
    ];
    for part in &told.parts {
        let base = part.time_ps.first().copied().flatten().unwrap_or(0);
        let cell = |ps: &Option<u64>| (ps.map_or("-".into(), time), ps.and_then(|ps| ratio(ps, base)));
        rows.push(row(&part.part, part.time_ps.iter().map(cell).collect()));
    }
    let mut out = lay_out(&columns, rows, width);
    out.push_str(&format!("\nratios are over {}\n", first.scenario));
    for step in &told.steps {
        let facts = &step.workload;
        out.push_str(&format!(
            "{}: {}, {} x {}, {}, software {}, engine {}{}{}\n",
            step.scenario,
            facts.model,
            step.fabric.gpus,
            facts.accelerator,
            super::divided(facts),
            facts.software,
            step.engine,
            step.stack.as_ref().map_or_else(String::new, |own| format!(", stack {}", stack::line(own))),
            if step.fits { "" } else { "; does not fit in memory" },
        ));
    }
    out
}

/// Steps side by side as CSV: for each step a line for all of it, then one for each part.
pub fn compare_csv(results: &[StepResult]) -> String {
    let told = StepComparison::new(results);
    let lines = told.steps.iter().enumerate().flat_map(|(at, step)| {
        let whole = (&step.scenario, "step", step.step_ps, 100.0, step.time_ratio);
        let parts = told.parts.iter().filter_map(move |part| {
            let ps = part.time_ps.get(at).copied().flatten()?;
            let base = part.time_ps.first().copied().flatten().unwrap_or(0);
            let share = 100.0 * quotient(ps, step.step_ps);
            Some((&step.scenario, part.part.as_str(), ps, share, ratio(ps, base)))
        });
        std::iter::once(whole).chain(parts)
    });
    write(&HEAD, lines)
}
