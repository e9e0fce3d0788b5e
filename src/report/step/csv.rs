//! A step as CSV, columns named as in the JSON.

use serde::Serialize;

use super::words::often;
use crate::report::csv::write;
use crate::report::number::quotient;
use crate::report::stack;
use crate::result::StepResult;

const STEP_HEAD: [&str; 44] = [
    "scenario",
    "engine",
    "fabric",
    "gpus",
    "stack",
    "model",
    "parameters",
    "accelerator",
    "software",
    "format",
    "sequences",
    "sequence_length",
    "micro_batch",
    "micro_batches",
    "tp",
    "pp",
    "vpp",
    "cp",
    "dp",
    "ep",
    "sharding",
    "schedule",
    "recompute",
    "step_ps",
    "bound_ps",
    "bound_percent",
    "tokens_per_s",
    "tokens_per_s_per_gpu",
    "model_flops",
    "mfu_causal_percent",
    "mfu_full_percent",
    "bubble_percent",
    "weights_bytes",
    "gradients_bytes",
    "optimizer_bytes",
    "activations_bytes",
    "working_bytes",
    "memory_bytes",
    "capacity_bytes",
    "fits",
    "computing_j",
    "waiting_j",
    "per_token_j",
    "tasks",
];

const BREAKDOWN_HEAD: [&str; 4] = ["scenario", "part", "time_ps", "percent"];
const COLLECTIVES_HEAD: [&str; 9] =
    ["scenario", "purpose", "op", "algorithm", "ranks", "bytes", "count", "time_ps", "total_ps"];

/// The facts of a step, before what it came to. Two parts, since the line is long.
#[derive(Serialize)]
struct FactCells<'a> {
    scenario: &'a str,
    engine: &'a str,
    fabric: &'a str,
    gpus: u32,
    stack: String,
    model: &'a str,
    parameters: u64,
    accelerator: &'a str,
    software: &'a str,
    format: &'a str,
    batch: [u32; 4],
    degrees: [u32; 6],
    sharding: &'a str,
    schedule: &'a str,
    recompute: &'a str,
}

/// What a step came to.
#[derive(Serialize)]
struct TotalCells {
    step_ps: u64,
    bound_ps: u64,
    bound_percent: f64,
    tokens_per_s: f64,
    tokens_per_s_per_gpu: f64,
    model_flops: f64,
    mfu_causal_percent: f64,
    mfu_full_percent: f64,
    bubble_percent: f64,
    memory: [u64; 5],
    memory_bytes: u64,
    capacity_bytes: u64,
    fits: bool,
    computing_j: f64,
    waiting_j: f64,
    per_token_j: f64,
    tasks: u64,
}

/// Facts and totals of a step, in one line.
pub fn step(step: &StepResult) -> String {
    let facts = &step.workload;
    let kept = |kind: &str| step.memory.parts.iter().find(|part| part.kind == kind).map_or(0, |p| p.bytes);
    let facts = FactCells {
        scenario: &step.scenario,
        engine: &step.engine,
        fabric: &step.fabric.name,
        gpus: step.fabric.gpus,
        stack: step.stack.as_ref().map(stack::line).unwrap_or_default(),
        model: &facts.model,
        parameters: facts.parameters,
        accelerator: &facts.accelerator,
        software: &facts.software,
        format: &facts.format,
        batch: [facts.sequences, facts.sequence_length, facts.micro_batch, facts.micro_batches],
        degrees: [facts.tp, facts.pp, facts.vpp, facts.cp, facts.dp, facts.ep],
        sharding: &facts.sharding,
        schedule: &facts.schedule,
        recompute: &facts.recompute,
    };
    let totals = TotalCells {
        step_ps: step.step_ps,
        bound_ps: step.bound_ps,
        bound_percent: step.bound_percent,
        tokens_per_s: step.tokens_per_s,
        tokens_per_s_per_gpu: step.tokens_per_s_per_gpu,
        model_flops: step.model_flops,
        mfu_causal_percent: step.mfu_causal_percent,
        mfu_full_percent: step.mfu_full_percent,
        bubble_percent: step.bubble_percent,
        memory: ["weights", "gradients", "optimizer", "activations", "working"].map(kept),
        memory_bytes: step.memory.total,
        capacity_bytes: step.memory.capacity,
        fits: step.memory.fits,
        computing_j: step.energy.computing_j,
        waiting_j: step.energy.waiting_j,
        per_token_j: step.energy.per_token_j,
        tasks: step.tasks,
    };
    write(&STEP_HEAD, std::iter::once((facts, totals)))
}

/// Where the time of a step went, a line for each part.
pub fn breakdown(step: &StepResult) -> String {
    let lines = step.breakdown.iter().map(|part| {
        let percent = 100.0 * quotient(part.time_ps, step.step_ps);
        (&step.scenario, &part.part, part.time_ps, percent)
    });
    write(&BREAKDOWN_HEAD, lines)
}

/// The collectives of a step, a line for each purpose, operation and size.
pub fn collectives(step: &StepResult) -> String {
    let lines = step.collectives.iter().map(|one| {
        let total = often(one.count, one.time_ps);
        let names = (&step.scenario, &one.purpose, &one.op, &one.algorithm);
        (names, one.ranks, one.bytes, one.count, one.time_ps, total)
    });
    write(&COLLECTIVES_HEAD, lines)
}
