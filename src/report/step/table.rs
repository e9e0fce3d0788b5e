//! A step as text tables for a terminal.

use std::collections::BTreeMap;

use super::words::{divided, gigabytes, joules, often, parameters, room, times};
use crate::report::number::{count, counted, percent, quotient, significant, time};
use crate::report::stack;
use crate::report::table::{expectations, lay_out, number, text};
use crate::result::{StepCollective, StepResult};
use crate::units::Bytes;

/// What a step came to: what ran, its time and rates, where the time went, memory, communication, energy, expectations.
/// `width` is the most columns a line may take; long cells are then wrapped.
pub fn table(step: &StepResult, width: Option<u16>) -> String {
    let mut out = head(step);
    out.push('\n');
    out.push_str(&totals(step));
    out.push_str("\nwhere the time went, on the pipeline rank that ends last\n");
    out.push_str(&breakdown(step, width));
    out.push_str("\nmemory, on the rank that keeps most\n");
    out.push_str(&memory(step, width));
    let purposes = purposes(step);
    if !purposes.is_empty() {
        out.push_str("\ncommunication, alone and where nothing hides it\n");
        out.push_str(&communication(step, &purposes, width));
    }
    if !step.collectives.is_empty() {
        out.push_str("\ncollectives of a step\n");
        out.push_str(&collectives(&step.collectives, width));
    }
    if !step.expectations.is_empty() {
        out.push_str("\nexpectations\n");
        out.push_str(&expectations(&step.expectations, width));
    }
    out
}

/// A warning of a step that does not fit in memory; `None` where it does.
pub fn unfit(step: &StepResult) -> Option<String> {
    let memory = &step.memory;
    (!memory.fits).then(|| {
        format!(
            "{}: the step does not fit in memory: it keeps {}, and {} has {}: {} too much",
            step.scenario,
            gigabytes(memory.total),
            step.workload.accelerator,
            gigabytes(memory.capacity),
            gigabytes(memory.total.saturating_sub(memory.capacity)),
        )
    })
}

fn head(step: &StepResult) -> String {
    let mut out = String::new();
    if step.title.is_empty() || step.title == step.scenario {
        out.push_str(&format!("{}\n", step.scenario));
    } else {
        out.push_str(&format!("{}: {}\n", step.scenario, step.title));
    }
    let (facts, fabric) = (&step.workload, &step.fabric);
    out.push_str(&format!(
        "{}: {}; {} of {}\n",
        facts.model,
        parameters(facts.parameters),
        counted(facts.sequences.into(), "sequence"),
        counted(facts.sequence_length.into(), "token"),
    ));
    out.push_str(&format!(
        "{} x {}: {}; {} of {}\n",
        count(fabric.gpus.into()),
        facts.accelerator,
        divided(facts),
        match facts.micro_batches {
            1 => "1 micro-batch".into(),
            several => format!("{} micro-batches", count(several.into())),
        },
        counted(facts.micro_batch.into(), "sequence"),
    ));
    let mut habits = vec![format!("sharding {}", facts.sharding)];
    if facts.pp > 1 {
        habits.push(format!("schedule {}", facts.schedule));
    }
    habits.push(format!("recompute {}", facts.recompute));
    out.push_str(&format!("software {}: {}, {}\n", facts.software, facts.format, habits.join(", ")));
    out.push_str(&format!(
        "fabric {}: {}, {}, {}\n",
        fabric.name,
        counted(fabric.gpus.into(), "GPU"),
        counted(fabric.nodes.into(), "node"),
        counted(fabric.links.into(), "directed link"),
    ));
    if let Some(own) = &step.stack {
        out.push_str(&format!("stack {}\n", stack::line(own)));
    }
    out.push_str(&match step.tasks {
        0 => format!("engine {}\n", step.engine),
        tasks => format!("engine {}, {}\n", step.engine, counted(tasks, "task")),
    });
    out
}

fn totals(step: &StepResult) -> String {
    let energy = step.energy.computing_j + step.energy.waiting_j;
    let rows = [
        ("step time", time(step.step_ps)),
        (
            "tokens/s",
            format!("{}, {} an accelerator", rate(step.tokens_per_s), significant(step.tokens_per_s_per_gpu)),
        ),
        (
            "MFU",
            format!(
                "{} % causal attention, {} % full; of the 16-bit peak",
                percent(step.mfu_causal_percent),
                percent(step.mfu_full_percent)
            ),
        ),
        ("bound", format!("{}, {} % of the time", time(step.bound_ps), percent(step.bound_percent))),
        ("bubble", format!("{} %", percent(step.bubble_percent))),
        ("energy", format!("{} a step, {} a token", joules(energy), joules(step.energy.per_token_j))),
    ];
    rows.iter().map(|(what, value)| format!("{what:<9}  {value}\n")).collect()
}

/// A rate in whole tokens where it is large.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn rate(tokens: f64) -> String {
    if tokens >= 1_000.0 { count(tokens.round() as u64) } else { significant(tokens) }
}

fn breakdown(step: &StepResult, width: Option<u16>) -> String {
    let columns = [text("part"), number("time"), number("%")];
    let row =
        |name: &str, ps: u64| vec![name.to_string(), time(ps), percent(100.0 * quotient(ps, step.step_ps))];
    let mut rows: Vec<Vec<String>> =
        step.breakdown.iter().map(|part| row(&part.part, part.time_ps)).collect();
    rows.push(row("step", step.breakdown.iter().map(|part| part.time_ps).sum()));
    lay_out(&columns, rows, width)
}

fn memory(step: &StepResult, width: Option<u16>) -> String {
    let memory = &step.memory;
    let columns = [text("kind"), number("size"), number("% of capacity")];
    let row = |name: &str, bytes: u64| {
        vec![name.to_string(), gigabytes(bytes), percent(100.0 * quotient(bytes, memory.capacity))]
    };
    let mut rows: Vec<Vec<String>> = memory.parts.iter().map(|part| row(&part.kind, part.bytes)).collect();
    rows.push(row("in all", memory.total));
    rows.push(row("capacity", memory.capacity));
    format!("{}{}\n", lay_out(&columns, rows, width), room(memory))
}

/// A purpose of communication: how long it takes alone, and how much of that nothing hides.
struct Told {
    alone: Option<u64>,
    exposed: u64,
}

/// By purpose: first those of the breakdown, then those that are hidden altogether.
fn purposes(step: &StepResult) -> Vec<(String, Told)> {
    let mut alone: BTreeMap<&str, u64> = BTreeMap::new();
    for one in &step.collectives {
        *alone.entry(&one.purpose).or_default() += often(one.count, one.time_ps);
    }
    let names = crate::workload::Purpose::ALL.map(|(name, _)| name);
    let exposed = |name: &str| step.breakdown.iter().find(|part| part.part == name).map(|part| part.time_ps);
    names
        .into_iter()
        .filter(|name| alone.contains_key(name) || exposed(name).is_some())
        .map(|name| {
            let told = Told { alone: alone.get(name).copied(), exposed: exposed(name).unwrap_or(0) };
            (name.to_string(), told)
        })
        .collect()
}

fn communication(step: &StepResult, purposes: &[(String, Told)], width: Option<u16>) -> String {
    let known = purposes.iter().any(|(_, told)| told.alone.is_some());
    let mut columns = vec![text("purpose")];
    if known {
        columns.push(number("alone"));
    }
    columns.extend([number("exposed"), number("% of step")]);
    let rows = purposes.iter().map(|(name, told)| {
        let mut cells = vec![name.clone()];
        if known {
            cells.push(told.alone.map_or("-".into(), time));
        }
        cells.extend([time(told.exposed), percent(100.0 * quotient(told.exposed, step.step_ps))]);
        cells
    });
    lay_out(&columns, rows.collect(), width)
}

fn collectives(collectives: &[StepCollective], width: Option<u16>) -> String {
    let columns = [
        text("purpose"),
        text("op"),
        text("algorithm"),
        number("ranks"),
        number("size"),
        number("count"),
        number("time alone"),
        number("in all"),
    ];
    let rows = collectives.iter().map(|one| {
        vec![
            one.purpose.clone(),
            one.op.clone(),
            one.algorithm.clone(),
            count(one.ranks.into()),
            Bytes(one.bytes).to_string(),
            times(one.count),
            time(one.time_ps),
            time(often(one.count, one.time_ps)),
        ]
    });
    lay_out(&columns, rows.collect(), width)
}
