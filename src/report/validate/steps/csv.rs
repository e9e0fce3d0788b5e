//! Predictions against measured step times as CSV, columns named as in the JSON.

use serde::Serialize;

use crate::report::csv::write;
use crate::result::{PairOrder, StepValidation};

#[derive(Serialize)]
struct RowLine<'a> {
    id: &'a str,
    group: &'a str,
    quality: &'a str,
    task: &'a str,
    model: &'a str,
    gpus: u32,
    accelerator: &'a str,
    software: &'a str,
    configuration: &'a str,
    measured_s: f64,
    predicted_s: f64,
    error_pct: f64,
    products_s: f64,
    attention_s: f64,
    moved_s: f64,
    again_s: f64,
    head_s: f64,
    host_s: f64,
    tensor_s: f64,
    context_s: f64,
    experts_s: f64,
    data_s: f64,
    pipeline_s: f64,
    slowdown_s: f64,
    bubble_s: f64,
    optimizer_s: f64,
    other_s: f64,
}

const ROW_HEAD: [&str; 27] = [
    "id",
    "group",
    "quality",
    "task",
    "model",
    "gpus",
    "accelerator",
    "software",
    "configuration",
    "measured_s",
    "predicted_s",
    "error_pct",
    "products_s",
    "attention_s",
    "moved_s",
    "again_s",
    "head_s",
    "host_s",
    "tensor_s",
    "context_s",
    "experts_s",
    "data_s",
    "pipeline_s",
    "slowdown_s",
    "bubble_s",
    "optimizer_s",
    "other_s",
];

#[derive(Serialize)]
struct GroupLine<'a> {
    group: Option<&'a str>,
    quality: &'a str,
    count: u32,
    mae_pct: f64,
    bias_pct: f64,
    worst_id: &'a str,
    worst_error_pct: f64,
    family_pairs: u64,
    family_pairs_right_pct: Option<f64>,
    family_tau_b: Option<f64>,
    all_pairs: u64,
    all_pairs_right_pct: Option<f64>,
    all_tau_b: Option<f64>,
}

const GROUP_HEAD: [&str; 13] = [
    "group",
    "quality",
    "count",
    "mae_pct",
    "bias_pct",
    "worst_id",
    "worst_error_pct",
    "family_pairs",
    "family_pairs_right_pct",
    "family_tau_b",
    "all_pairs",
    "all_pairs_right_pct",
    "all_tau_b",
];

#[derive(Serialize)]
struct FamilyLine<'a> {
    model: &'a str,
    gpus: u32,
    accelerator: &'a str,
    seq: u32,
    gbs: u32,
    precision: &'a str,
    software: &'a str,
    task: &'a str,
    configurations: u32,
    chosen: &'a str,
    chosen_s: f64,
    best: &'a str,
    best_s: f64,
    regret_pct: f64,
    pairs: u64,
    pairs_right_pct: Option<f64>,
    tau_b: Option<f64>,
}

const FAMILY_HEAD: [&str; 17] = [
    "model",
    "gpus",
    "accelerator",
    "seq",
    "gbs",
    "precision",
    "software",
    "task",
    "configurations",
    "chosen",
    "chosen_s",
    "best",
    "best_s",
    "regret_pct",
    "pairs",
    "pairs_right_pct",
    "tau_b",
];

#[derive(Serialize)]
struct IncompleteLine<'a> {
    why: &'a str,
    count: u64,
    trusted: u64,
    ids: String,
}

const INCOMPLETE_HEAD: [&str; 4] = ["why", "count", "trusted", "ids"];

#[derive(Serialize)]
struct LeftOutLine<'a> {
    group: &'a str,
    count: u32,
    trusted: u32,
    mae_pct_before: f64,
    mae_pct_after: f64,
    bias_pct_before: f64,
    bias_pct_after: f64,
    trusted_mae_pct_after: Option<f64>,
}

const LEFT_OUT_HEAD: [&str; 8] = [
    "group",
    "count",
    "trusted",
    "mae_pct_before",
    "mae_pct_after",
    "bias_pct_before",
    "bias_pct_after",
    "trusted_mae_pct_after",
];

/// All predicted rows, one line each.
pub fn rows(validation: &StepValidation) -> String {
    let lines = validation.rows.iter().map(|row| RowLine {
        id: &row.id,
        group: &row.group,
        quality: &row.quality,
        task: &row.task,
        model: &row.model,
        gpus: row.gpus,
        accelerator: &row.accelerator,
        software: &row.software,
        configuration: &row.configuration,
        measured_s: row.measured_s,
        predicted_s: row.predicted_s,
        error_pct: row.error_pct,
        products_s: row.parts.products,
        attention_s: row.parts.attention,
        moved_s: row.parts.moved,
        again_s: row.parts.again,
        head_s: row.parts.head,
        host_s: row.parts.host,
        tensor_s: row.parts.tensor,
        context_s: row.parts.context,
        experts_s: row.parts.experts,
        data_s: row.parts.data,
        pipeline_s: row.parts.pipeline,
        slowdown_s: row.parts.slowdown,
        bubble_s: row.parts.bubble,
        optimizer_s: row.parts.optimizer,
        other_s: row.parts.other,
    });
    write(&ROW_HEAD, lines)
}

/// All groups, one line each.
pub fn groups(validation: &StepValidation) -> String {
    let lines = validation.groups.iter().map(|group| {
        let (PairOrder { pairs: family_pairs, right_pct: family_right, tau_b: family_tau_b, .. }, all) =
            (group.family_pairs, group.all_pairs);
        GroupLine {
            group: group.group.as_deref(),
            quality: &group.quality,
            count: group.count,
            mae_pct: group.mae_pct,
            bias_pct: group.bias_pct,
            worst_id: &group.worst_id,
            worst_error_pct: group.worst_error_pct,
            family_pairs,
            family_pairs_right_pct: family_right,
            family_tau_b,
            all_pairs: all.pairs,
            all_pairs_right_pct: all.right_pct,
            all_tau_b: all.tau_b,
        }
    });
    write(&GROUP_HEAD, lines)
}

/// All families, one line each.
pub fn families(validation: &StepValidation) -> String {
    let lines = validation.families.iter().map(|family| FamilyLine {
        model: &family.model,
        gpus: family.gpus,
        accelerator: &family.accelerator,
        seq: family.seq,
        gbs: family.gbs,
        precision: &family.precision,
        software: &family.software,
        task: &family.task,
        configurations: family.configurations,
        chosen: &family.chosen,
        chosen_s: family.chosen_s,
        best: &family.best,
        best_s: family.best_s,
        regret_pct: family.regret_pct,
        pairs: family.order.pairs,
        pairs_right_pct: family.order.right_pct,
        tau_b: family.order.tau_b,
    });
    write(&FAMILY_HEAD, lines)
}

/// What rows lack that are not predicted, one line a reason.
pub fn incomplete(validation: &StepValidation) -> String {
    let lines = validation.incomplete.iter().map(|rows| IncompleteLine {
        why: &rows.why,
        count: rows.count,
        trusted: rows.trusted,
        ids: rows.ids.join(" "),
    });
    write(&INCOMPLETE_HEAD, lines)
}

/// All groups that were left out, one line each; `None` where that was not asked for.
pub fn leave_out(validation: &StepValidation) -> Option<String> {
    let lines = validation.leave_out.as_ref()?.iter().map(|group| LeftOutLine {
        group: &group.group,
        count: group.count,
        trusted: group.trusted,
        mae_pct_before: group.mae_pct_before,
        mae_pct_after: group.mae_pct_after,
        bias_pct_before: group.bias_pct_before,
        bias_pct_after: group.bias_pct_after,
        trusted_mae_pct_after: group.trusted_mae_pct_after,
    });
    Some(write(&LEFT_OUT_HEAD, lines))
}
